/*
 * ring.c - reading a BPF ring buffer (Documentation/bpf/ringbuf.rst).
 *
 *   page 0      consumer position, ours to write
 *   page 1      producer position, read only
 *   then        the data, mapped twice in a row so that no record is ever split
 *
 * Each record is preceded by 8 bytes: u32 length with two flag bits, u32 of the kernel's own. The
 * length is published with the busy bit cleared, so it is read with acquire.
 */
#include "kern/kern.h"

#include "core/mutant.h"
#include "kern/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEADER = BPF_RINGBUF_HDR_SZ };

struct kern_ring {
	struct kern_ring_pages m;
};

int kern_ring_map(int map_fd, uint32_t bytes, bool reading, struct kern_ring_pages *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int reader = PROT_READ | (reading ? PROT_WRITE : 0), writer = PROT_READ | (reading ? 0 : PROT_WRITE);
	void *c = mmap(NULL, page, reader, MAP_SHARED, map_fd, 0);
	void *p = c == MAP_FAILED ? c : mmap(NULL, page + 2 * (size_t)bytes, writer, MAP_SHARED, map_fd, (off_t)page);
	if (p == MAP_FAILED) {
		int err = -errno;
		if (c != MAP_FAILED)
			munmap(c, page);
		return err;
	}
	*out = (struct kern_ring_pages){ c, p, (uint8_t *)p + page, page, bytes };
	return 0;
}

void kern_ring_unmap(struct kern_ring_pages *m)
{
	munmap(m->consumer, m->page);
	munmap(m->producer, m->page + 2 * m->size);
}

int kern_ring_new(int map_fd, uint32_t bytes, struct kern_ring **out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	if (!bytes || bytes & (bytes - 1) || bytes % page)
		return -EINVAL;
	struct kern_ring *r = calloc(1, sizeof *r);
	int err = r ? kern_ring_map(map_fd, bytes, true, &r->m) : -ENOMEM;
	if (err) {
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

void kern_ring_free(struct kern_ring *r)
{
	if (!r)
		return;
	kern_ring_unmap(&r->m);
	free(r);
}

int kern_ring_take(const struct kern_ring_pages *m, void (*each)(void *arg, const void *data, size_t n), void *arg)
{
	unsigned long at = *m->consumer;
	unsigned long end = __atomic_load_n(m->producer, __ATOMIC_ACQUIRE);
	int n = 0;
	/* Whoever else has the map can write where we are: nowhere that reading ever comes to. */
	if ((long)(end - at) > 0 && (end - at > m->size || at % 8))
		return -EIO;
	while ((long)(end - at) > 0) { /* positions may wrap */
		const uint8_t *rec = m->data + (at & (m->size - 1));
		uint32_t head = __atomic_load_n((const uint32_t *)(const void *)rec, __ATOMIC_ACQUIRE);
		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		uint32_t len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		if (len > m->size - HEADER)
			return -EIO;
		if (!(head & BPF_RINGBUF_DISCARD_BIT) || MUTANT(ring_discarded)) {
			each(arg, rec + HEADER, len);
			n++;
		}
		at += (len + HEADER + (MUTANT(ring_unrounded) ? 3 : 7)) & ~7ul;
		__atomic_store_n(m->consumer, at, __ATOMIC_RELEASE);
	}
	return n;
}

int kern_ring_read(struct kern_ring *r, void (*each)(void *arg, const void *data, size_t n), void *arg)
{
	return kern_ring_take(&r->m, each, arg);
}
