/*
 * map_outer.c - maps whose values are maps.
 *
 * The kernel takes a descriptor and keeps a reference of its own; it gives back a number that only an
 * administrator may open. So the handle keeps those that it put in, by key: nobody else writes there.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what may be in it ---- */

static int no_inner(pg_map *m, const struct pg_map_opts *o)
{
	if (!o->inner)
		return api_fail(m->ctx, -EINVAL, "%s needs to know what the maps in it are like: inner = { \"hash\", "
				"key = \"u32\", value = \"u64\", entries = 1024 }", m->of->name);
	if (o->inner->role != PG_ROLE_MAP && o->inner->role != PG_ROLE_QUEUE && o->inner->role != PG_ROLE_FILTER)
		return api_fail(m->ctx, -EINVAL, "a map within a map is one by key, a queue, a stack or a filter, not %s",
				o->inner->of->name);
	if (o->inner->lock)
		return api_fail(m->ctx, -EINVAL, "entries of a map within a map cannot be locked");
	return o->pin ? api_fail(m->ctx, -EINVAL, "a map of maps lives with its script and is not pinned; pin those in it")
		      : 0;
}

int outer_new(pg_map *m, const struct pg_map_opts *o)
{
	if (!m->of->outer)
		return !o->inner ? 0 : api_fail(m->ctx, -EINVAL, "inner is for array_of_maps and hash_of_maps, not for %s",
						m->of->name);
	int rc = no_inner(m, o);
	if (rc)
		return rc;
	m->inner = pg_map_ref(o->inner);
	return held_new(m);
}

/* Of a hash the kernel wants to know the types, of an array its length, too. */
int outer_model(pg_map *m)
{
	const pg_map *i = m->inner;
	struct kern_map_spec s = {
		.type = i->of->type, .key_size = map_key_size(i), .value_size = i->value->size,
		.entries = i->array ? i->entries : 1, .flags = i->flags, .numa = i->numa,
	};
	int fd = kern_map_create(&s);
	return fd < 0 ? map_make_fail(m, i, fd) : fd;
}

static bool same_type(const struct ctype *a, const struct ctype *b)
{
	return a == b || (a && b && ct_equal(a, b));
}

static bool alike(const pg_map *a, const pg_map *b)
{
	return a->of == b->of && same_type(a->key, b->key) && same_type(a->value, b->value) && a->lock == b->lock &&
	       a->flags == b->flags && (!a->array || a->entries == b->entries);
}

/* "array of u32 -> u64, 8 entries" */
static void in_words(const pg_map *m, char *buf, size_t n)
{
	char types[1000], more[64] = "";
	map_types_text(m, types, sizeof types);
	if (m->array)
		snprintf(more, sizeof more, ", %u entries", m->entries);
	snprintf(buf, n, "%s of %s%s%s", m->of->name, types, more, m->lock ? ", with a lock" : "");
	if (m->flags)
		snprintf(buf + strlen(buf), n - strlen(buf), ", flags 0x%x", m->flags);
}

static int unlike(pg_map *m, const pg_map *v)
{
	char has[1200], wants[1200];
	in_words(v, has, sizeof has);
	in_words(m->inner, wants, sizeof wants);
	return api_fail(m->ctx, -EINVAL, "the maps in this %s are each %s; this one is %s", m->of->name, wants, has);
}

/* ---- what is in it ---- */

int outer_set(pg_map *m, enum pg_mode mode, const pg_value *v)
{
	if (v->kind != PG_MAP)
		return api_fail(m->ctx, -EINVAL, "bad value for %s: it holds maps, not %s", m->of->name,
				ct_kind_name(v->kind));
	if (!alike(v->map, m->inner))
		return unlike(m, v->map);
	struct map_held *h = held_prepare(m);
	if (!h)
		return api_fail(m->ctx, -ENOMEM, "out of memory");
	int fd = pg_map_fd(v->map), rc = fd < 0 ? fd : 0;
	memcpy(m->vbuf, &fd, sizeof fd);
	if (rc || (rc = map_put(m, mode, BPF_ANY))) {
		free(h);
		return rc;
	}
	h->map = pg_map_ref(v->map);
	held_put(m, h);
	return 0;
}

void outer_get(const pg_map *m, pg_value *out)
{
	const struct map_held *h = held_at(m);
	*out = h ? (pg_value){ .kind = PG_MAP, .map = h->map } : (pg_value){ .kind = PG_NIL };
}
