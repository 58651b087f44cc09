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
/* Parameter r goes by way of the stack to where it is needed behind such calls, less `zero` there: before them it stays what it
 * is. Needs an order, and edges that stay as they are. */
void across_by_stack(struct ir_fn *f, ir_ref r, ir_ref zero);

#endif
