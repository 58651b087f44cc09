/* outline.h - loops as callbacks of the kernel. */
#ifndef OPT_OUTLINE_H
#define OPT_OUTLINE_H

#include "opt/passes.h"
#include "opt/range.h"

/* The loop of this head becomes a call of bpf_loop; negative where it cannot. Needs ir_order, and undoes it. */
int outline_loop(struct ir_unit *u, struct ir_fn *f, ir_blk head, uint32_t site);

/* Addresses on the stack that are made in the blocks `in` (by block) and needed outside are made again there.
 * Blocks from `limit` on are outside. True: some were; then order and dominators are to be found anew. */
bool outline_outward(struct ir_fn *f, const bool *in, uint32_t limit, const struct range *range);

#endif
