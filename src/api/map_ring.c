/* map_ring.c - rings that the user half writes and programs read: push, and what no program has read yet. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As many bytes as that many records take: a power of two, whole pages. */
int ring_size(pg_map *m)
{
	uint64_t n = (uint64_t)sysconf(_SC_PAGESIZE), record = ((m->value->size + 7) & ~7u) + BPF_RINGBUF_HDR_SZ;
	while (n < record * m->entries)
		n *= 2;
	if (n > 1u << 30)
		return api_fail(m->ctx, -EINVAL, "a %s of %u entries is larger than 1 GiB", m->of->name, m->entries);
	m->entries = (uint32_t)n;
	return 0;
}

static int open_ring(pg_map *m)
{
	int rc = map_open(m);
	if (!rc && !m->written)
		rc = kern_user_ring_new(m->fd, m->entries, &m->written);
	return rc && !m->written && m->fd >= 0 ? map_fail(m, rc, "map the memory of") : rc;
}

int ring_push(pg_map *m)
{
	int rc = open_ring(m);
	rc = rc ? rc : kern_user_ring_write(m->written, m->vbuf, m->value->size);
	return rc == -E2BIG ? api_fail(m->ctx, rc, "map full") : rc;
}

int ring_next(pg_map *m, pg_value *out)
{
	int rc = open_ring(m);
	rc = rc ? rc : kern_user_ring_take(m->written, m->vbuf, m->value->size);
	map_forget(m);
	if (rc == -ENOENT)
		return 0;
	if (rc)
		return rc == -EIO ? map_fail(m, rc, "read") : rc;
	map_decode(m, PG_KERNEL, NULL, out, &m->rec, m->text);
	return 1;
}

int ring_clear(pg_map *m)
{
	pg_value v;
	int rc;
	while ((rc = ring_next(m, &v)) > 0)
		;
	return rc;
}
