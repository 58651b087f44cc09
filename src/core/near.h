/* near.h - how far two names are from each other, for "did you mean". */
#ifndef CORE_NEAR_H
#define CORE_NEAR_H

#include <stddef.h>

enum { NEAR_ENOUGH = 2 }; /* edits that a slip of the hand makes */

/* Edits from a (n bytes) to b; more than NEAR_ENOUGH for what is not near, though not how many. */
unsigned near_distance(const char *a, size_t n, const char *b);

#endif
