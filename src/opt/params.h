/* params.h - adding and dropping block parameters together with the arguments of their edges. */
#ifndef OPT_PARAMS_H
#define OPT_PARAMS_H

#include "ir/ir.h"

/* One more argument at the end of the edge. */
void edge_push(struct ir_fn *f, struct ir_edge *e, ir_ref v);
/* Drops parameters i of b for which drop[i], and the arguments of all edges to it. Needs preds. */
void params_drop(struct ir_fn *f, ir_blk b, const bool *drop);

#endif
