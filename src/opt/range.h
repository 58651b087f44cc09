/* range.h - the greatest value that a word may have: what is true, and what the verifier knows too. */
#ifndef OPT_RANGE_H
#define OPT_RANGE_H

#include "ir/ir.h"

/* Unsigned upper bounds, kept as what they lack to 2^64 - 1, so that zero is a value nothing is known of.
 * sure: what is true. seen: what the verifier can see, on any kernel that the program may be loaded by:
 * only this may take away a check or a mask. */
struct range { uint64_t sure, seen; };

static inline uint64_t range_sure(const struct range *r) { return ~r->sure; }
static inline uint64_t range_seen(const struct range *r) { return ~r->seen; }

/* Of r, an operation whose arguments' ranges are in v. */
struct range range_of(const struct ir_fn *f, const struct range *v, ir_ref r);
/* Of a parameter: what range_join makes of range_start and of all that it may get. */
struct range range_start(bool joins_seen);
struct range range_join(struct range a, struct range b);
/* The same and up to `by` more, of which the verifier knows nothing. */
struct range range_plus(struct range a, uint64_t by);
/* Does the verifier know the bounds of a value that may have been on the stack, and met others in a join? Not
 * in functions with loops, where `veil` may keep from it what enters joins. */
bool range_joins_seen(const struct ir_unit *u);
/* Of all values, by number. Needs order. */
struct range *range_all(struct arena *a, const struct ir_fn *f);

#endif
