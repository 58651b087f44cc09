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

/* Blocks that return (n of a body's) go on to one outside that does. */
void behind_returns(struct ir_fn *f, const ir_blk *blocks, uint32_t n);

/* A question of a branch, `of` a value and a constant, and its answer. */
struct asked { ir_ref of; int64_t with; uint32_t how; bool yes; };

/* What the body `in` (by block) of the loop of that head has asked of values from outside on each of its ways to block
 * `to`: how many questions; they are in f's arena. Needs dominators. */
uint32_t behind_find(struct ir_fn *f, const bool *in, ir_blk head, ir_blk to, struct asked **out);
/* Asks again at the end of block b, which has none yet: goes to `never`, which has no parameters, or to the block that is
 * returned, which has no end yet. */
ir_blk behind_ask(struct ir_fn *f, ir_blk b, const struct asked *a, ir_blk never, uint32_t site);

/* Does some way from behind the loop `in` (by block, of those before `limit`) lead to its head again? */
bool behind_again(const struct ir_fn *f, const bool *in, uint32_t limit, ir_blk head);

#endif
