/* between.h - between which integers a key of a table made in the function lies. */
#ifndef OPT_BETWEEN_H
#define OPT_BETWEEN_H

#include "opt/opt.h"

struct bounds { int64_t least, most; };

struct between {
	const struct ir_fn *f;
	ir_blk at;             /* where it is asked: by the tests that were passed before; 0: anywhere */
	/* 0, or #t of each table for which is_it says yes; at_most: it may be less */
	int64_t length;
	bool at_most;
	bool (*is_it)(const void *arg, ir_ref table);
	const void *arg;
	uint32_t steps;
	unsigned left;         /* of BOUNDS_STEPS, for all that is asked of bounds.c */
};

/* A length that is not known, for what is only told and not proved: it is more than any constant that a script has. */
enum { BETWEEN_LONGEST = 1 << 30, BETWEEN_SOME = BETWEEN_LONGEST >> 8 };
/* From 1 on, and up to such a length? */
static inline bool between_length(const struct bounds *in)
{
	return in->least >= 1 && in->most >= BETWEEN_SOME && in->most <= BETWEEN_LONGEST;
}

/* Is r, where it is a number, an integer within bounds that are found? Needs the tree of loops. */
bool between(struct between *s, ir_ref r, struct bounds *out);
/* A numeric for: the edge into it, what is added to its index with each turn, and which parameter counts the turns that are left. */
struct turns { const struct ir_edge *in; int64_t step; uint32_t count; };
/* Is parameter p, of a loop's head, the index of a numeric for? */
bool between_turns(const struct ir_fn *f, const struct ir_ins *p, struct turns *out);
/* Is parameter `index` that of a numeric for? Then from where to where it goes: its start and its limit, the lesser one first. */
bool between_ends(const struct ir_fn *f, const struct ir_ins *index, ir_ref *least, ir_ref *most);

#endif
