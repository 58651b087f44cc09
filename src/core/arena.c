/* arena.c - bump allocation in growing chunks, unwound once when memory runs out. */
#include "core/arena.h"

#include <stdio.h>
#include <stdlib.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	char bytes[];
};

enum { FIRST_CHUNK = 64 * 1024 };

void arena_init(struct arena *a, size_t limit, jmp_buf *oom)
{
	*a = (struct arena){ .limit = limit, .oom = oom };
}

void arena_lend(struct arena *a, void *mem, size_t n)
{
	a->at = a->lent = mem;
	a->end = a->at + n;
	a->nlent = n;
}

static void *take_piece(struct arena *a, size_t n, size_t size)
{
	a->base = arena_room(a->parent, size);
	a->at = a->base + n;
	a->end = a->base + size;
	return a->base;
}

void arena_within(struct arena *a, struct arena *parent, size_t n)
{
	*a = (struct arena){ .parent = parent };
	take_piece(a, 0, n);
}

void arena_free(struct arena *a)
{
	for (struct arena_chunk *c = a->head, *next; c; c = next) {
		next = c->next;
		arena_unbound(c->bytes, c->size);
		free(c);
	}
	arena_unbound(a->lent, a->nlent);
	a->head = NULL;
	a->lent = NULL;
	a->nlent = 0;
	a->at = a->end = NULL;
	a->used = 0;
}

void *arena_slow(struct arena *a, size_t n)
{
	if (a->parent) {
		size_t twice = 2 * (size_t)(a->end - a->base);
		return take_piece(a, n, twice > n ? twice : n);
	}
	size_t size = a->head ? a->head->size * 2 : FIRST_CHUNK;
	if (size > 8u << 20)
		size = 8u << 20;
	if (size < n)
		size = n;
	struct arena_chunk *c = NULL;
	if (!a->limit || a->used + size <= a->limit)
		c = malloc(sizeof(*c) + size);
	if (!c)
		longjmp(*a->oom, 1);
	c->next = a->head;
	c->size = size;
	a->head = c;
	a->used += size;
	a->at = c->bytes + n;
	a->end = c->bytes + size;
	return c->bytes;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
	char *q = arena_room(a, n + 1);
	if (n)
		memcpy(q, p, n);
	q[n] = 0;
	return q;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	size_t room = (size_t)(a->end - a->at); /* it mostly fits */
	arena_bound(a->at, room, room);
	int n = vsnprintf(a->at, room, fmt, ap);
	const char *there = a->at;
	char *s = arena_room(a, (size_t)n + 1);
	if (s != there)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
