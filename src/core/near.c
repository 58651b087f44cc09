/* near.c - the edit distance of two names. */
#include "core/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 255, FAR = NEAR_ENOUGH + 1, LETTERS = 3 /* for each edit */ };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's, one row of the table at a time; two neighbours exchanged are one edit. */
unsigned near_distance(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b);
	unsigned rows[2][LONGEST + 1], *row = rows[0], *before = rows[1];
	if (n > LONGEST || m > LONGEST || (n > m ? n - m : m - n) > NEAR_ENOUGH)
		return FAR;
	for (size_t j = 0; j <= m; j++)
		row[j] = before[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0], swapped = FAR;
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned above = row[j];
			bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			row[j] = least(diagonal + (a[i - 1] != b[j - 1]), least(above, row[j - 1]) + 1);
			row[j] = exchanged ? least(row[j], swapped + 1) : row[j];
			swapped = before[j - 1];
			before[j - 1] = diagonal;
			diagonal = above;
		}
		before[m] = diagonal;
	}
	return row[m];
}

/* Has a (n bytes) a number, and is it apart from that b, with another one or none? */
static bool is_numbered_otherwise(const char *a, size_t n, const char *b)
{
	bool numbered = false;
	size_t i = 0;
	for (;;) {
		for (; i < n && isdigit((unsigned char)a[i]); i++)
			numbered = true;
		while (isdigit((unsigned char)*b))
			b++;
		if (i == n || !*b)
			return numbered && i == n && !*b;
		if (a[i++] != *b++)
			return false;
	}
}

unsigned near_slip(const char *a, size_t n, const char *b)
{
	const unsigned d = near_distance(a, n, b);
	const size_t m = strlen(b), longer = n > m ? n : m;
	if (d > 1 && d * LETTERS > longer)
		return FAR;
	return d && is_numbered_otherwise(a, n, b) ? FAR : d;
}
