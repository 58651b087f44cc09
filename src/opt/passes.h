/* passes.h - the passes of the machine level: each works in place on every function of the unit. */
#ifndef OPT_PASSES_H
#define OPT_PASSES_H

#include "ir/ir.h"
#include "ir/target.h"

/* Folds, numbers, threads and drops. Semantics are kept exactly; a packet check is never parted
 * from its use, memory is never read earlier or less often than another could write it. */
void opt_simplify(struct ir_unit *u);
/* The same, where no pass will raise errors any more: the error exit is then a block like others. */
void opt_simplify_last(struct ir_unit *u);
void opt_drop_unused(struct ir_unit *u); /* functions that nothing leads to any more */
/* Name of part i, which bit i of unit->without leaves out; NULL past the last. */
const char *opt_simplify_part(unsigned i);
/* Does the script's code go round anywhere? */
bool opt_has_loops(struct ir_unit *u);
/* Bodies that several calls share become functions of the program. */
void opt_calls(struct ir_unit *u);
/* Bodies of loops over maps become functions that the kernel calls (outline.c). */
int opt_outline(struct ir_unit *u);
/* May loops become calls on a hook that moves packets when it pulls them in one piece? */
bool opt_may_call(const struct ir_unit *u);
/* Gives every loop a form that ends and that the verifier accepts (docs/loops.md). 0 or -errno
 * with a diagnostic. */
int opt_loops(struct ir_unit *u);
/* Turns pkt, pktload, pktstore and pktlen into comparisons, loads and stores, or into helper
 * copies. 0 or -errno with a diagnostic. */
int opt_guard(struct ir_unit *u);

/* Warns of what is left of checks that a value is not nil. 0, or -EINVAL where warnings are errors. */
int opt_doubts(struct ir_unit *u);
/* Arithmetic that no turn of a loop changes moves before it. */
void opt_hoist(struct ir_unit *u);
/* Packet checks ask for all that each way from them will ask for. */
void opt_checks(struct ir_unit *u);
/* Stores to the stack: none that another one makes up for, none that waits for a call. */
void opt_stores(struct ir_unit *u);
/* What was locked is unlocked on every way out; refuses what must not be done meanwhile: 0 or -EINVAL. */
int opt_locks(struct ir_unit *u);
/* The slot of scratch memory that a run holds is given back on every way out. */
int opt_scratch(struct ir_unit *u);
/* Chains of comparisons of one value with constants become trees. */
void opt_trees(struct ir_unit *u);
/* 32-bit forms. */
void opt_narrow(struct ir_unit *u);
void opt_ordered(struct ir_unit *u); /* a part of narrow */
/* Keeps from the verifier what it need not know, where knowing would cost it too much. */
void opt_veil(struct ir_unit *u);
/* A part of guard, where packets may lie in pieces: the context, data and data_end of a program that
 * begins again with the packet in one piece when it needs that. */
void opt_pull(struct ir_unit *u, struct ir_fn *f, ir_ref *ctx, ir_ref *data, ir_ref *end);

/* ---- editing machine code (edit.c) ---- */

/* New instructions go before `at`, in order, with source position `site`. */
struct edit {
	struct ir_fn *f;
	ir_ref at;
	uint32_t site;
};
ir_ref edit_imm(struct edit *e, int64_t v);
ir_ref edit_op(struct edit *e, enum ir_op op, ir_ref a, ir_ref b); /* b 0: one argument; a 0: none */
ir_ref edit_load(struct edit *e, unsigned bytes, ir_ref ptr, int64_t off);
ir_ref edit_store(struct edit *e, unsigned bytes, ir_ref ptr, int64_t off, ir_ref v);
/* The terminator `term` becomes op with its successors cleared. */
void edit_terminator(struct ir_fn *f, ir_ref term, enum ir_op op, uint32_t aux, ir_ref a, ir_ref b);
void edit_edge(struct ir_fn *f, ir_ref term, uint32_t which, const struct ir_edge *e);
/* Moves `at` and what follows it to a new block, which is returned; the old one is left without
 * a terminator. */
ir_blk edit_split(struct ir_fn *f, ir_ref at);
/* Block b of f once more, at the end of g: what is in it still has the arguments and successors of f's. By value of f,
 * ref[] becomes the one of g. */
ir_blk edit_copy_block(const struct ir_fn *f, ir_blk b, struct ir_fn *g, ir_ref *ref);
/* Appends a terminator to an unfinished block. */
ir_ref edit_end(struct ir_fn *f, ir_blk b, uint32_t site, enum ir_op op, uint32_t aux, ir_ref a, ir_ref b2);
/* A new block that raises the error `text` at the site; cold. */
ir_blk edit_raise(struct ir_fn *f, uint32_t site, const char *text);
/* Where f ends after an error that was counted: main with its verdict, others with 1, which tells who called. */
ir_blk edit_failed(struct ir_fn *f);
/* Gives f, which is not main, an error exit: counts the error, as main's does, and goes on at `then`. */
void edit_count_errors(struct ir_fn *f, ir_blk then);
/* By value: how often it is an argument, of edges too. Needs ir_order. */
uint32_t *edit_uses(struct arena *a, const struct ir_fn *f);
enum ir_op edit_load_op(unsigned bytes);
enum ir_op edit_store_op(unsigned bytes);

static inline bool is_imm(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->op == IRO(imm);
}

#endif
