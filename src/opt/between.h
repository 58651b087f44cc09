/* between.h - between which integers a key of a table made in the function lies. */
#ifndef OPT_BETWEEN_H
#define OPT_BETWEEN_H

#include "opt/opt.h"

struct bounds { int64_t least, most; };

struct between {
	const struct ir_fn *f;
	/* 0, or #t of each table for which is_it says yes; at_most: it may be less */
	int64_t length;
	bool at_most;
	bool (*is_it)(const void *arg, ir_ref table);
	const void *arg;
	uint32_t steps;
};

/* Is r, where it is a number, an integer within bounds that are found? Needs the tree of loops. */
bool between(struct between *s, ir_ref r, struct bounds *out);

#endif
