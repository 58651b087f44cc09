/*
 * map_prefix.c - which prefix of an lpm_trie a key was found by: a look-up does not say, and only by its own key is an
 * entry written.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>

/* A key: struct { u32 length in bits; u8 address[]; } */
enum { MOST = 4 + 16 };

static uint32_t bits_of(const uint8_t *key)
{
	return (uint32_t)map_number(key, 4);
}

/* Is b within prefix a? */
static bool holds(const uint8_t *a, const uint8_t *b)
{
	uint32_t bits = bits_of(a), whole = bits / 8;
	if (bits > bits_of(b) || memcmp(a + 4, b + 4, whole))
		return false;
	return bits % 8 == 0 || (a[4 + whole] ^ b[4 + whole]) >> (8 - bits % 8) == 0;
}

int map_prefix_found(pg_map *m)
{
	uint8_t at[MOST], best[MOST];
	bool found = false;
	int rc = kern_map_next_key(m->fd, NULL, at);
	for (; rc >= 0; rc = kern_map_next_key(m->fd, at, at))
		if (holds(at, m->kbuf) && (!found || bits_of(at) > bits_of(best))) {
			memcpy(best, at, map_key_size(m));
			found = true;
		}
	if (rc != -ENOENT)
		return map_fail(m, rc, "read");
	if (found)
		memcpy(m->kbuf, best, map_key_size(m));
	return found;
}
