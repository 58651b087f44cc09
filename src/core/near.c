/* near.c - the edit distance of two names. */
#include "core/near.h"

#include <string.h>

enum { LONGEST = 255, FAR = NEAR_ENOUGH + 1 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's, one row of the table at a time. */
unsigned near_distance(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b);
	unsigned row[LONGEST + 1];
	if (n > LONGEST || m > LONGEST || (n > m ? n - m : m - n) > NEAR_ENOUGH)
		return FAR;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned above = row[j];
			row[j] = least(diagonal + (a[i - 1] != b[j - 1]), least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[m];
}
