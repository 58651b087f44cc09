/*
 * ring.c - ring buffers (Documentation/bpf/ringbuf.rst): a page of the reader's, one of the writer's, and the
 * data, which are in the descriptor's file and mapped twice in a row.
 */
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HEADER = BPF_RINGBUF_HDR_SZ };

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static int ring_make(struct map *m)
{
	if (m->key_size || m->value_size || !m->max || m->max & (m->max - 1) || m->max % page_size())
		return -EINVAL;
	m->size = 2 * page_size() + m->max;
	return 0;
}

static void *map_at(void *where, size_t n, int prot, int fd, size_t off)
{
	long p = syscall(SYS_mmap, where, n, prot, MAP_SHARED | (where ? MAP_FIXED : 0), fd, off);
	return (void *)p;
}

/* All of it, as this side has it. */
static bool ring_pages(struct map *m)
{
	if (m->slab)
		return true;
	int fd = m->file;
	size_t head = 2 * page_size();
	void *p = mmap(NULL, head + 2 * (size_t)m->max, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || map_at(p, head + m->max, PROT_READ | PROT_WRITE, fd, 0) == MAP_FAILED)
		return false;
	m->slab = p;
	return map_at(m->slab + head + m->max, m->max, PROT_READ | PROT_WRITE, fd, head) != MAP_FAILED;
}

void *ring_mmap(struct map *m, int fd, size_t len, int prot, size_t off)
{
	size_t page = page_size();
	if (off + len <= m->size)
		return map_at(NULL, len, prot, fd, off);
	if (off != page || len != page + 2 * (size_t)m->max)
		return errno = EINVAL, MAP_FAILED;
	uint8_t *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || map_at(p, page + m->max, prot, fd, page) == MAP_FAILED)
		return MAP_FAILED;
	return map_at(p + page + m->max, m->max, prot, fd, 2 * page) == MAP_FAILED ? MAP_FAILED : p;
}

struct ring { unsigned long *consumer, *producer; uint8_t *data; };

static struct ring ring_of(struct map *m)
{
	size_t page = page_size();
	return (struct ring){ (void *)m->slab, (void *)(m->slab + page), m->slab + 2 * page };
}

static unsigned long whole(uint64_t n) { return (n + HEADER + 7) & ~7ul; }

int ring_output(struct map *m, const void *data, uint64_t n)
{
	if (m->type != BPF_MAP_TYPE_RINGBUF || n > m->max || !ring_pages(m))
		return -EINVAL;
	struct ring r = ring_of(m);
	if (*r.producer - *r.consumer + whole(n) > m->max - 1)
		return -EAGAIN;
	uint8_t *at = r.data + (*r.producer & (m->max - 1));
	memcpy(at, &(uint32_t[2]){ (uint32_t)n, 0 }, HEADER);
	memcpy(at + HEADER, data, n);
	*r.producer += whole(n);
	return 0;
}

const void *ring_next(struct map *m, uint32_t *n)
{
	if (m->type != BPF_MAP_TYPE_USER_RINGBUF || !ring_pages(m))
		return NULL;
	struct ring r = ring_of(m);
	while (*r.consumer != *r.producer) {
		const uint8_t *at = r.data + (*r.consumer & (m->max - 1));
		memcpy(n, at, 4);
		if (*n & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		if (!(*n & BPF_RINGBUF_DISCARD_BIT))
			return at + HEADER;
		*r.consumer += whole(*n & ~BPF_RINGBUF_DISCARD_BIT);
	}
	return NULL;
}

void ring_taken(struct map *m)
{
	struct ring r = ring_of(m);
	uint32_t n;
	memcpy(&n, r.data + (*r.consumer & (m->max - 1)), 4);
	*r.consumer += whole(n);
}

const struct map_ops ring_ops = { .make = ring_make, .keyless = true, .fixed = true };
const struct map_ops user_ring_ops = { .make = ring_make, .keyless = true, .fixed = true };
