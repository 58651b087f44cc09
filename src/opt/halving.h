/* halving.h - loops that shift a value to the right in each turn, until it is 0. */
#ifndef OPT_HALVING_H
#define OPT_HALVING_H

#include "ir/ir.h"

/* How often loop h is entered at most, when a value that each turn shifts to the right decides whether there is
 * another one (*value: as a parameter of h): the verifier sees that end too. 0: it is no such loop. Needs order. */
uint32_t halving_turns(const struct ir_fn *f, ir_blk h, ir_ref *value);
/* What parameter p of h grows by at most, over all turns of such a loop. False: nothing is known of it. */
bool halving_grows(const struct ir_fn *f, ir_blk h, uint32_t p, uint64_t *by);

#endif
