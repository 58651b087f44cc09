/* near.h - how far two names are from each other, for "did you mean". */
#ifndef CORE_NEAR_H
#define CORE_NEAR_H

#include <stddef.h>

enum { NEAR_ENOUGH = 2 }; /* edits that a slip of the hand makes */

/* Edits from a (n bytes) to b; more than NEAR_ENOUGH for what is not near, though not how many. */
unsigned near_distance(const char *a, size_t n, const char *b);
/* The same of names that a program gives things, where a slip of the hand may have made a of b: two edits of a name of six
 * letters or more, and none that is but another number (`u24` is no slip for `u64`). Otherwise more than NEAR_ENOUGH. */
unsigned near_slip(const char *a, size_t n, const char *b);

#endif
