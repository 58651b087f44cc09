/* map_held.c - what the handle of a map knows of its entries and the kernel does not tell, hashed by key (m->kbuf). */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 256 };

int held_new(pg_map *m)
{
	m->held = calloc(BUCKETS, sizeof *m->held);
	return m->held ? 0 : api_fail(m->ctx, -ENOMEM, "out of memory");
}

static struct map_held **place(const pg_map *m)
{
	uint32_t hash = 2166136261u, n = map_key_size(m);
	for (uint32_t i = 0; i < n; i++)
		hash = (hash ^ m->kbuf[i]) * 16777619u;
	struct map_held **p = &m->held[(hash ^ hash >> 16) % BUCKETS];
	while (*p && memcmp((*p)->key, m->kbuf, n))
		p = &(*p)->next;
	return p;
}

static void let_go(struct map_held **p)
{
	struct map_held *h = *p;
	*p = h->next;
	pg_map_unref(h->map);
	free(h);
}

struct map_held *held_at(const pg_map *m)
{
	return *place(m);
}

struct map_held *held_prepare(const pg_map *m)
{
	return calloc(1, sizeof(struct map_held) + map_key_size(m));
}

void held_put(pg_map *m, struct map_held *h)
{
	struct map_held **p = place(m);
	if (*p)
		let_go(p);
	h->next = *p;
	memcpy(h->key, m->kbuf, map_key_size(m));
	*p = h;
}

void held_drop(pg_map *m)
{
	struct map_held **p = m->held ? place(m) : NULL;
	if (p && *p)
		let_go(p);
}

void held_free(pg_map *m)
{
	for (unsigned i = 0; m->held && i < BUCKETS; i++)
		while (m->held[i])
			let_go(&m->held[i]);
	free(m->held);
}
