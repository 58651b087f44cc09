/* simplify.h - what the parts of pass `simplify` share: simplify.c (order of events), fold.c (rules on
 * one operation), cancel.c (sums compared), asked.c (flags compared), number.c (equal values), thread.c (jumps),
 * spans.c (bytes of the packet), part.c (ways that part again), tails.c (returns), sweep.c (what is not needed). */
#ifndef OPT_SIMPLIFY_H
#define OPT_SIMPLIFY_H

#include "opt/passes.h"
#include "opt/range.h"

/* What a branch decided on the way to `block`: `a cc b` holds there. Or b is the check that found bytes from a on. */
struct fact {
	ir_blk block;
	ir_ref a, b;
	enum ir_cc cc;
	uint32_t next;         /* in the chain of a, or of what a is the sum of with a constant; 0: none */
};

/* The packet was written to by `by`, and by `before` before that. by 0: who knows by what. */
struct write {
	uint32_t before;
	ir_ref by;
};

/* What can be left out, to see what it does: bits of unit->without. */
enum simp_part { SIMP_FOLD, SIMP_EQUAL, SIMP_DECIDE, SIMP_THREAD, SIMP_PART, SIMP_TAILS, SIMP_MERGE, SIMP_SWEEP,
		 SIMP_PARTS };

struct simp {
	struct ir_unit *u;
	struct ir_fn *f;
	struct arena *scratch;
	bool changed;
	bool parted;           /* simp_part made copies of some blocks */
	ir_ref *to;            /* by value: what it became, or 0 */
	struct range *range;   /* by value */
	bool joins_seen;       /* range_joins_seen */
	uint32_t cap;          /* of to, range, next, place and fact_of */
	ir_ref anchor;         /* constants go before it, in the entry block */
	ir_ref *bucket, *next; /* values by hash; next by value */
	uint32_t mask;
	ir_ref *imms;          /* constants by hash */
	uint32_t imm_mask, nimms;
	bool rename_all;       /* not only edges have arguments that became something else */
	bool *reached;         /* by block: seen, and led to by a live edge */
	uint32_t *written;     /* by block, of programs that write packets: the last write at its end;
				* NULL: of others. A write is a row of writes, and so is not knowing which */
	uint32_t *read_after;  /* by packet load: the last write before it */
	uint32_t write;        /* the last one here */
	uint32_t *place;       /* by what is made anew when it is far behind: where it stood among what was numbered; NULL: nothing is */
	uint32_t now;          /* ... and where that stands which is numbered */
	struct write *writes;
	uint32_t nwrites, cap_writes;
	struct fact *facts;
	uint32_t nfacts, cap_facts;
	uint32_t *fact_of;     /* by value: first fact */
};

static inline bool simp_does(const struct simp *s, enum simp_part part)
{
	return !(s->u->without >> part & 1);
}

static inline ir_ref simp_now(const struct simp *s, ir_ref r)
{
	while (s->to[r])
		r = s->to[r];
	return r;
}

ir_ref simp_imm(struct simp *s, int64_t v);
/* a op b in front of `at`, or a value that is equal to it. Only while numbering. */
ir_ref simp_op2(struct simp *s, ir_ref at, enum ir_op op, ir_ref a, ir_ref b);
/* data, or something added to it */
bool simp_is_packet_pointer(const struct simp *s, ir_ref r);
/* Does `store` (or a helper that writes a checksum) surely leave alone what `load` reads in block b? spans.c */
bool simp_apart(const struct simp *s, ir_ref store, const struct ir_ins *load, ir_blk b);
/* The context, or a word of it: perhaps a pointer. */
bool simp_is_ctx(const struct simp *s, ir_ref r);
void simp_gone(struct simp *s, ir_ref r, ir_ref now); /* takes r out; now: what it became, or 0 */

/* What r, an operation on canonical arguments, is: another value, r itself when it was changed in
 * place and is to be looked at again, or 0. */
ir_ref fold_value(struct simp *s, ir_ref r);
/* Whether `a cc b` holds: 1, 0, or -1 when it is not known. */
int fold_condition(struct simp *s, bool narrow, enum ir_cc cc, ir_ref a, ir_ref b);
/* Rewrite the operands of a br; true: they changed. */
bool fold_branch(struct simp *s, ir_ref r);
bool fold_sums(struct simp *s, ir_ref r);
bool fold_asked(struct simp *s, ir_ref r);
/* The value that a parameter always is though its edges say otherwise, or 0. */
ir_ref fold_either(struct simp *s, ir_ref param);
bool fold_holds(enum ir_cc cc, uint64_t a, uint64_t b); /* a cc b */
/* The edge a predecessor of `to` stands for, after branches were decided: NULL when it is gone. */
const struct ir_edge *simp_edge(const struct ir_fn *f, const struct ir_pred *p, ir_blk to);

/* Dominators, made anew when edges changed since. */
static inline void simp_edges_changed(struct simp *s)
{
	s->changed = true;
	s->f->ordered = false;
}
void simp_number(struct simp *s);
void simp_thread(struct simp *s);
bool simp_part(struct simp *s);
void simp_tails(struct simp *s);
void simp_merge(struct simp *s);
void simp_sweep(struct simp *s);

#endif
