/* across.h - what lives on across calls of our own functions. */
#ifndef OPT_ACROSS_H
#define OPT_ACROSS_H

#include "ir/ir.h"

struct across {
	bool *value;           /* by value: may it be there before such a call, and needed behind it? */
	bool *before;          /* by block: may such a call come, in it or later? */
};

/* False: f calls none, and `a` is left alone. The arrays are in `m`. Needs no order, and makes one. */
bool across_find(struct arena *m, struct ir_fn *f, struct across *a);

#endif
