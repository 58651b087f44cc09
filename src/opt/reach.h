/* reach.h - what can still happen after an instruction, on the Lua level. */
#ifndef OPT_REACH_H
#define OPT_REACH_H

#include "ir/ir.h"

/* The first instruction for which is_use says yes on some way that starts behind `from` and does not
 * pass `def` (which would make the thing anew), or 0. */
ir_ref reach_use(struct ir_fn *f, ir_ref from, ir_ref def, bool (*is_use)(const void *arg, ir_ref r),
		 const void *arg);
/* An is_use: is r the very one that `arg` points to, an ir_ref? */
bool reach_is(const void *arg, ir_ref r);
/* Is r in a loop: can it be reached from itself? */
bool reach_again(struct ir_fn *f, ir_ref r);
/* A use of `value`, as more than a condition, on some way on which it was made and `write` came after that;
 * or 0. */
ir_ref reach_outlived(struct ir_fn *f, ir_ref value, ir_ref write);
/* Likewise, of a value that is an address: where ways join it goes on unread, and what counts is what is done with it there. */
ir_ref reach_read(struct ir_fn *f, ir_ref value, ir_ref write);
/* Marks by value what may be one of those that are marked: what a test made of it, unless `may` (or NULL) says no of its type,
 * and parameters that it goes to. */
void reach_values(struct ir_fn *f, bool *is, bool (*may)(const struct ir_type *t));
/* Has a always come before where b is reached? Needs ir_need_tree. */
bool reach_before(const struct ir_fn *f, ir_ref a, ir_ref b);

#endif
