/* build.h - inside of the builder: from bytecode registers to SSA. */
#ifndef FRONT_BUILD_H
#define FRONT_BUILD_H

#include "front/front.h"
#include "front/proto.h"
#include "front/ssa.h"

/* A local variable that inner functions share lives in a cell, a new one whenever control enters
 * the variable's scope. */
struct build_scope {
	uint32_t begin, end;   /* begin <= pc < end */
	uint32_t reg;
	uint32_t var;          /* SSA variable that holds the cell */
	bool fresh;            /* `local function`: nothing in the register yet */
	const struct front_local *local;
};

struct build {
	struct ir_unit *u;
	struct ir_fn *f;
	const struct front_proto *p;
	struct ssa s;
	uint32_t pc;
	ir_blk cur;            /* 0: the last block has ended */
	ir_blk *block_at;      /* by pc: the block that starts there, or 0 */
	ir_blk *land_at;       /* by pc: where all that enters a scope beginning there meets first, or 0 */
	uint8_t *flags;        /* by pc: BUILD_* */
	uint32_t *preds;       /* by pc, of what jumps or falls to a block's start */
	enum ir_op op;         /* of the instruction's row */
	uint32_t site, line;
	ir_ref several;        /* results of the instruction before, on their way to this one ... */
	uint32_t several_reg;  /* ... from this register on */
	uint32_t *local_at;    /* by register: number + 1 of the local variable last seen in it */
	uint32_t next_local;
	uint32_t *first_pred;  /* by pc of a block's start: the first that leads there */
	struct build_set { ir_ref v; uint32_t pc; const char *local; } *set; /* by register: the last instruction, in their order,
									     * that set it; from which local variable */
	struct build_scope *scopes;
	uint32_t nscopes, cap_scopes;
	bool shared[256];      /* by register: some scope is in it */
};

enum { BUILD_REACHED = 1, BUILD_START = 2, BUILD_SCOPE = 4 };

/* An operand and how the source names it. */
struct operand {
	ir_ref v;
	struct ir_name name;
};

ir_ref build_emit(struct build *b, enum ir_op op, uint32_t n, const ir_ref *args);
/* Names of arguments 0, 1 and of the result. */
void build_names(struct build *b, ir_ref i, struct ir_name n0, struct ir_name n1, struct ir_name result);
ir_ref build_const(struct build *b, const pg_value *k);
ir_ref build_refuse(struct build *b, uint32_t n, const ir_ref *args, const struct refusal *row);
ir_ref build_get(struct build *b, uint32_t reg);
void build_set(struct build *b, uint32_t reg, ir_ref v);
struct operand build_operand(struct build *b, uint32_t reg);
struct operand build_operand_k(struct build *b, uint32_t k);
/* Moves on to the local variables of b->pc. */
void build_locals(struct build *b);
/* The local variable that lives in the register at pc, or NULL. */
const struct front_local *build_local(const struct build *b, uint32_t reg, uint32_t pc);

/* Ends the block with a branch on c. On each side the value v, in every register known to hold it, is
 * of the kinds given (0: nothing is known); then `side` may emit what happens on the way, v being what
 * it is called there. */
struct branch_side {
	uint32_t to;           /* pc */
	uint64_t kinds;
	void (*side)(struct build *b, ir_ref v);
};
void build_branch(struct build *b, struct operand c, ir_ref v, struct branch_side yes, struct branch_side no);

/* unreached.c: warns of code that no way leads to. */
void build_warn_unreached(struct build *b);
/* either.c: warns of conditions that a constant makes true. */
void build_warn_either(struct build *b);

/* scope.c */
void scope_find(struct build *b);
const struct build_scope *scope_of(const struct build *b, uint32_t reg);
/* Control goes on from one pc to another: cells for the variables whose scope that enters. */
void scope_enter(struct build *b, uint32_t from, uint32_t to);
/* Does going on from one pc to another enter a scope that begins there? */
bool scope_begins(const struct build *b, uint32_t from, uint32_t to);

/* build_ops.c */
struct build_row {
	void (*build)(struct build *b, uint32_t i);
	enum ir_op op;
};
extern const struct build_row build_rows[LUA_NOPS];

#endif
