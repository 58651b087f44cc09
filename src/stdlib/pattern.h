/* pattern.h - Lua's patterns, read into a list of items. */
#ifndef STDLIB_PATTERN_H
#define STDLIB_PATTERN_H

#include "core/arena.h"
#include "core/refusal.h"

#include <stdbool.h>
#include <stdint.h>

enum { PAT_CAPTURES = 32 };

/* A set of bytes. */
struct pat_set { uint64_t bits[4]; };

static inline bool pat_has(const struct pat_set *s, unsigned c) { return s->bits[c >> 6] >> (c & 63) & 1; }
static inline void pat_add(struct pat_set *s, unsigned c) { s->bits[c >> 6] |= (uint64_t)1 << (c & 63); }
/* How many are in it; whether two have none in common. */
unsigned pat_count(const struct pat_set *s);
bool pat_disjoint(const struct pat_set *a, const struct pat_set *b);

enum pat_what {
	PAT_BYTE,      /* one of the set, as often as rep says */
	PAT_OPEN,      /* capture number `capture` starts here ... */
	PAT_CLOSE,     /* ... or ends */
	PAT_POSITION,  /* it is this position */
	PAT_BALANCE,   /* %bxy */
	PAT_FRONTIER,  /* %f[set] */
	PAT_END,       /* $ */
};

enum pat_rep { PAT_ONCE = 0, PAT_MAYBE = '?', PAT_MANY = '*', PAT_SOME = '+', PAT_FEW = '-' };

struct pat_item {
	uint8_t what, rep;
	uint8_t capture;
	uint8_t x, y;
	bool keeps;            /* fewer turns than the most that there are never help what follows */
	uint32_t rest;         /* of `.-`: what pat_rest says of the items behind it */
	struct pat_set set;
};

struct pat {
	bool anchored;         /* starts with ^ */
	bool sure;             /* matches from wherever it is tried */
	uint32_t n, ncaptures;
	struct pat_item *items;
	bool position[PAT_CAPTURES];
};

/* Reads a pattern. What is wrong with it, as Lua says it, or NULL. */
const struct refusal *pat_read(struct arena *a, const char *s, size_t n, struct pat *out);
/* Is from item i on nothing left but a run of one set that reaches to the end of the text, or this end? Which item that is: of all
 * places to start at the first one is then found from the end on. 0: there is more; all else is 1 more than the item's number. */
uint32_t pat_rest(const struct pat *p, uint32_t i);
/* The items as text, for tests: "^ a*! (1 )1 $". */
const char *pat_text(struct arena *a, const struct pat *p);

#endif
