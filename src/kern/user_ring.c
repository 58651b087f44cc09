/*
 * user_ring.c - writing a user ring buffer, which programs read (6.1; kernel/bpf/ringbuf.c).
 *
 *   page 0      consumer position, the kernel's
 *   page 1      producer position, ours
 *   then        the data, mapped twice in a row so that no record is ever split
 *
 * Each record is preceded by 8 bytes, of which the first four are its length with two flag bits: busy while it is
 * being written, and discarded, which the kernel passes over. That is how a record is taken back that no program
 * has read.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = BPF_RINGBUF_HDR_SZ };

struct kern_user_ring {
	struct kern_ring_pages m;
};

int kern_user_ring_new(int map_fd, uint32_t bytes, struct kern_user_ring **out)
{
	struct kern_user_ring *r = calloc(1, sizeof *r);
	int err = r ? kern_ring_map(map_fd, bytes, false, &r->m) : -ENOMEM;
	if (err) {
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

void kern_user_ring_free(struct kern_user_ring *r)
{
	if (!r)
		return;
	kern_ring_unmap(&r->m);
	free(r);
}

static uint32_t *head_at(const struct kern_ring_pages *m, unsigned long at)
{
	return (uint32_t *)(void *)(m->data + (at & (m->size - 1)));
}

static unsigned long whole(size_t n)
{
	return (n + HEADER + 7) & ~7ul;
}

int kern_user_ring_write(struct kern_user_ring *r, const void *data, uint32_t n)
{
	unsigned long at = *r->m.producer, read = __atomic_load_n(r->m.consumer, __ATOMIC_ACQUIRE);
	if (whole(n) > r->m.size - (at - read))
		return -E2BIG;
	uint32_t *head = head_at(&r->m, at);
	__atomic_store_n(head, n | BPF_RINGBUF_BUSY_BIT, __ATOMIC_RELAXED);
	head[1] = 0;
	__atomic_store_n(r->m.producer, at + whole(n), __ATOMIC_RELEASE);
	memcpy(head + 2, data, n);
	__atomic_store_n(head, n, __ATOMIC_RELEASE);
	return 0;
}

int kern_user_ring_back(const struct kern_ring_pages *m, void *out, uint32_t n)
{
	unsigned long at = __atomic_load_n(m->consumer, __ATOMIC_ACQUIRE), end = *m->producer;
	/* Whoever else has the map can write it all: a position that no writing comes to would mean going round for ever. */
	if ((long)(end - at) > 0 && (end - at > m->size || at % 8))
		return -EIO;
	while ((long)(end - at) > 0) {
		uint32_t *head = head_at(m, at), len = *head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		bool there = !(*head & BPF_RINGBUF_DISCARD_BIT);
		if (len > m->size - HEADER)
			return -EIO;
		if (there) {
			memcpy(out, head + 2, len < n ? len : n);
			__atomic_store_n(head, len | BPF_RINGBUF_DISCARD_BIT, __ATOMIC_RELEASE);
			return 0;
		}
		at += whole(len);
	}
	return -ENOENT;
}

int kern_user_ring_take(struct kern_user_ring *r, void *out, uint32_t n)
{
	return kern_user_ring_back(&r->m, out, n);
}
