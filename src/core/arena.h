/* arena.h - memory that is dropped whole: one arena per compilation.
 *
 * An allocation never returns NULL. When memory (or the arena's limit) runs out, control unwinds
 * once to the arena's `oom` jump buffer, set by the API entry, which gives -ENOMEM. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	char *at, *end;
	size_t used, limit;   /* bytes asked of malloc; 0: no limit */
	jmp_buf *oom;         /* must be set before the first allocation */
	struct arena *parent; /* an arena within another: where its memory comes from ... */
	char *base;           /* ... and where the piece begins that it uses now */
	void *lent;           /* what it uses first, and is another's; or NULL */
	size_t nlent;
};

void arena_init(struct arena *a, size_t limit, jmp_buf *oom);
/* Lends memory to use first: n bytes at mem, which stay the caller's. Before any allocation. */
void arena_lend(struct arena *a, void *mem, size_t n);
/* An arena in n bytes of another one, and more of them when they are used up; it goes with the other.
 * For what is needed for a while only: what was made since a mark goes when the arena is released to
 * it, and the same bytes are used again. */
void arena_within(struct arena *a, struct arena *parent, size_t n);
void arena_free(struct arena *a);
void *arena_slow(struct arena *a, size_t n);

/* Under the address sanitizer nothing may be read or written behind a piece. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { ARENA_GAP = 16 };
static inline void arena_bound(void *p, size_t n, size_t whole)
{
	__asan_unpoison_memory_region(p, n);
	__asan_poison_memory_region((char *)p + n, whole - n);
}
/* Before others use these bytes: what is mapped there next would still be marked. */
static inline void arena_unbound(void *p, size_t n)
{
	__asan_unpoison_memory_region(p, n);
}
#else
enum { ARENA_GAP = 0 };
static inline void arena_bound(void *p, size_t n, size_t whole)
{
	(void)p, (void)n, (void)whole;
}
static inline void arena_unbound(void *p, size_t n)
{
	(void)p, (void)n;
}
#endif

/* Not zeroed, for what is written at once; 8-byte aligned. */
static inline void *arena_room(struct arena *a, size_t n)
{
	size_t whole = ((n + 7) & ~(size_t)7) + ARENA_GAP;
	void *p = a->at;
	if ((size_t)(a->end - a->at) < whole)
		p = arena_slow(a, whole);
	else
		a->at += whole;
	arena_bound(p, n, whole);
	return p;
}

struct arena_mark { char *base, *at; };

static inline struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->base, a->at };
}

/* Of an arena within another. When it took a bigger piece since, it stays with that. */
static inline void arena_release(struct arena *a, struct arena_mark m)
{
	a->at = a->base == m.base ? m.at : a->base;
#ifdef PG_CHECK
	memset(a->at, 0xa5, (size_t)(a->end - a->at)); /* who still looks there shall notice */
#endif
}

/* Zeroed. */
static inline void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_room(a, n), 0, n);
}

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
#define arena_spare(a, type, n) ((type *)arena_room((a), sizeof(type) * (size_t)(n)))

void *arena_copy(struct arena *a, const void *p, size_t n); /* a NUL is put behind it */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);

/* Grows an arena array: makes room, not zeroed, for one more item past n. */
#define arena_grow(a, ptr, n, cap)                                                        \
	do {                                                                              \
		if ((n) == (cap)) {                                                       \
			(cap) = (cap) ? (cap) * 2 : 8;                                    \
			void *new_ = arena_room((a), sizeof(*(ptr)) * (size_t)(cap));     \
			if (n)                                                            \
				memcpy(new_, (ptr), sizeof(*(ptr)) * (size_t)(n));        \
			(ptr) = new_;                                                     \
		}                                                                         \
	} while (0)
#define arena_push(a, ptr, n, cap, ...)                                                   \
	do {                                                                              \
		arena_grow(a, ptr, n, cap);                                               \
		(ptr)[(n)++] = (__VA_ARGS__);                                             \
	} while (0)

#endif
