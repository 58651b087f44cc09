/* map_queue.c - maps without keys: queues and stacks hand their values out again, filters only know them. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <string.h>

static int has(pg_map *m, enum pg_map_role role, const char *method)
{
	if (m->role == role || (role == PG_ROLE_MAP && (m->role == PG_ROLE_QUEUE || m->role == PG_ROLE_FILTER)) ||
	    (m->role == PG_ROLE_RING && !strcmp(method, "push")))
		return map_open(m);
	return api_fail(m->ctx, -EINVAL, "a %s has no %s", m->of->name, method);
}

/* v's bytes into m->vbuf. */
static int encode(pg_map *m, enum pg_mode mode, const pg_value *v)
{
	char why[400];
	int rc = ct_store(m->value, m->tmp, v, mode == PG_USER, why, sizeof why);
	if (rc)
		return map_misfit(m, mode, false, v, rc, why);
	memcpy(m->vbuf, m->tmp, m->slot);
	return 0;
}

int pg_map_push(pg_map *m, enum pg_mode mode, const pg_value *v)
{
	int rc = has(m, PG_ROLE_MAP, "push");
	if (!rc)
		rc = encode(m, mode, v);
	if (!rc && m->role == PG_ROLE_RING)
		return ring_push(m);
	return rc ? rc : map_put(m, mode, BPF_ANY);
}

/* The value in m->vbuf, or nil where there was none. */
static int hand_out(pg_map *m, enum pg_mode mode, int rc, pg_value *out)
{
	map_forget(m);
	if (rc == -ENOENT)
		return 0;
	if (rc)
		return map_fail(m, rc, "read");
	map_decode(m, mode, NULL, out, &m->rec, m->text);
	return 0;
}

int pg_map_pop(pg_map *m, enum pg_mode mode, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	int rc = has(m, PG_ROLE_QUEUE, "pop");
	return rc ? rc : hand_out(m, mode, kern_map_pop(m->fd, NULL, m->vbuf), out);
}

/* Is v in the filter? */
static int known(pg_map *m, enum pg_mode mode, const pg_value *v, pg_value *out)
{
	int rc = encode(m, mode, v);
	if (rc == -ERANGE) { /* it cannot have been put in */
		out->kind = PG_FALSE;
		return 0;
	}
	if (rc)
		return rc;
	rc = kern_map_lookup(m->fd, NULL, m->vbuf, 0);
	if (rc && rc != -ENOENT)
		return map_fail(m, rc, "read");
	out->kind = rc ? PG_FALSE : PG_TRUE;
	return 0;
}

int pg_map_peek(pg_map *m, enum pg_mode mode, const pg_value *v, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	int rc = has(m, PG_ROLE_MAP, "peek");
	if (rc)
		return rc;
	if (m->role == PG_ROLE_FILTER)
		return known(m, mode, v, out);
	return hand_out(m, mode, kern_map_lookup(m->fd, NULL, m->vbuf, 0), out);
}

int queue_clear(pg_map *m)
{
	int rc = has(m, PG_ROLE_QUEUE, "clear");
	while (!rc)
		rc = kern_map_pop(m->fd, NULL, m->vbuf);
	return rc == -ENOENT ? 0 : rc == -EINVAL ? rc : map_fail(m, rc, "empty");
}
