/* events.c - event channels: the ring that programs write, what they could not, and decoding. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An event that a twin sent: it waits here as a program's would wait in the ring. */
struct map_sent {
	struct map_sent *next;
	uint64_t bytes[]; /* the value */
};

static int not_events(pg_map *m)
{
	return api_fail(m->ctx, -EINVAL, "'%s' is a map, not an event channel", m->name);
}

int map_lost_fd(pg_map *m)
{
	if (m->role != PG_ROLE_EVENTS)
		return not_events(m);
	if (m->lost_fd >= 0)
		return m->lost_fd;
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				   .entries = 1, .flags = BPF_F_MMAPABLE, .name = "lost", .numa = -1 };
	int fd = kern_map_create(&s);
	if (fd < 0)
		return map_fail(m, fd, "make the counter of");
	m->lost = kern_map_mmap(fd, sizeof *m->lost);
	if (!m->lost) {
		int rc = map_fail(m, -errno, "map the memory of");
		kern_close(fd);
		return rc;
	}
	m->lost_fd = fd;
	return fd;
}

void events_free(pg_map *m)
{
	kern_ring_free(m->ring);
	kern_map_munmap(m->lost, sizeof *m->lost);
	kern_close(m->lost_fd);
	for (struct map_sent *s = m->sent, *next; s; s = next) {
		next = s->next;
		free(s);
	}
}

/* ---- reading ---- */

struct reading {
	pg_map *m;
	void (*each)(void *arg, const struct pg_record *rec);
	void *arg;
	int n;
};

static void hand_out(struct reading *r, const void *value)
{
	pg_value v;
	ct_load(r->m->value, value, &v, r->m->text);
	if (v.kind != PG_RECORD) {
		r->m->foreign++;
		return;
	}
	r->n++;
	r->each(r->arg, v.rec);
	ct_record_free(v.rec);
}

static void from_ring(void *arg, const void *data, size_t n)
{
	struct reading *r = arg;
	struct map_event head;
	uint32_t size = r->m->value->size;
	if (n < sizeof head + size) {
		r->m->foreign++;
		return;
	}
	memcpy(&head, data, sizeof head);
	if (head.magic != MAP_EVENT_MAGIC || head.size != size)
		r->m->foreign++;
	else
		hand_out(r, (const char *)data + sizeof head);
}

static void from_twins(struct reading *r)
{
	struct map_sent *s = r->m->sent;
	r->m->sent = NULL;
	r->m->sent_end = &r->m->sent;
	r->m->sent_bytes = 0;
	for (struct map_sent *next; s; s = next) {
		next = s->next;
		hand_out(r, s->bytes);
		free(s);
	}
}

int pg_events_read(pg_map *m, void (*each)(void *arg, const struct pg_record *rec), void *arg)
{
	struct reading r = { m, each, arg, 0 };
	if (m->role != PG_ROLE_EVENTS)
		return not_events(m);
	from_twins(&r);
	if (m->fd < 0)
		return r.n; /* no program sends to it yet */
	int rc = m->ring ? 0 : kern_ring_new(m->fd, m->entries, &m->ring);
	if (!rc)
		rc = kern_ring_read(m->ring, from_ring, &r);
	return rc < 0 ? map_fail(m, rc, "read") : r.n;
}

uint64_t pg_events_lost(pg_map *m)
{
	uint64_t n = m->foreign;
	return m->lost ? n + __atomic_load_n(m->lost, __ATOMIC_RELAXED) : n;
}

/* ---- sending, from twins ---- */

int events_send(pg_map *m, enum pg_mode mode, const pg_value *v)
{
	char why[400];
	int rc = ct_store(m->value, m->tmp, v, mode == PG_USER, why, sizeof why);
	if (rc)
		return map_misfit(m, mode, false, v, rc, why);
	size_t n = sizeof(struct map_event) + m->value->size + BPF_RINGBUF_HDR_SZ;
	struct map_sent *s = m->sent_bytes + n > m->entries ? NULL
			     : malloc(sizeof *s + m->value->size);
	if (!s) {
		m->foreign++; /* the ring is full: lost, as a program's would be */
		return 0;
	}
	s->next = NULL;
	memcpy(s->bytes, m->tmp, m->value->size);
	*m->sent_end = s;
	m->sent_end = &s->next;
	m->sent_bytes += n;
	return 0;
}
