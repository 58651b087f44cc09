/* map.c - reading and writing a map's entries, by the user half's rules and by kernel code's. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what went wrong, in words ---- */

static const char *in_map(const pg_map *m, char *buf, size_t n)
{
	static const char *const roles[] = {
		[PG_ROLE_MAP] = "map", [PG_ROLE_STATE] = "state", [PG_ROLE_PERCPU] = "per-CPU state",
		[PG_ROLE_EVENTS] = "event", [PG_ROLE_QUEUE] = "map", [PG_ROLE_FILTER] = "map",
		[PG_ROLE_REDIRECT] = "map", [PG_ROLE_OUTER] = "map",
		[PG_ROLE_STORAGE] = "map", [PG_ROLE_SOCKETS] = "map", [PG_ROLE_RING] = "map",
	};
	if (*m->name)
		snprintf(buf, n, "%s '%s'", roles[m->role], m->name);
	else
		snprintf(buf, n, "%s", roles[m->role]);
	return buf;
}

static const char *called(const pg_value *v)
{
	return v->kind == PG_VIEW ? pg_view_name(v->view) : ct_value_name(v);
}

/* As compiled code puts it, where the value is not known but its type is. */
static int kernel_field_misfit(pg_map *m, const struct ct_field *f, const pg_value *v, int rc)
{
	char text[256];
	ct_text(f->type, text, sizeof text);
	if (rc == -ERANGE)
		return api_fail(m->ctx, rc, "value does not fit %s (field '%s')", text, f->name);
	return api_fail(m->ctx, rc, "bad field '%s' (%s expected, got %s)", f->name, text, called(v));
}

/* The first field that was refused; *v its value in the record. */
static const struct ct_field *refused(const struct ctype *t, const struct pg_record *rec,
				      const pg_value **v)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ct_field *f = &t->fields[i];
		*v = ct_record_get(rec, f->name);
		uint8_t *to = *v && (*v)->kind != PG_NIL ? calloc(1, f->type->size) : NULL;
		int rc = to ? ct_store(f->type, to, *v, false, NULL, 0) : 0;
		free(to);
		if (rc)
			return f;
	}
	return NULL;
}

static int kernel_misfit(pg_map *m, bool is_key, const pg_value *v, int rc, const char *why)
{
	const struct ctype *t = is_key ? m->key : m->value;
	const char *what = is_key ? "key" : "value";
	char text[256], map[96];
	if (t->kind == CT_STRUCT && v->kind == PG_RECORD) {
		const pg_value *fv;
		const struct ct_field *f = refused(t, v->rec, &fv);
		return f ? kernel_field_misfit(m, f, fv, rc) : api_fail(m->ctx, rc, "%s", why);
	}
	ct_text(t, text, sizeof text);
	if (rc == -ERANGE)
		return api_fail(m->ctx, rc, "%s does not fit %s", what, text);
	return api_fail(m->ctx, rc, "bad %s for %s (%s expected, got %s)", what,
			in_map(m, map, sizeof map), text, called(v));
}

static int user_misfit(pg_map *m, const char *what, int rc, const char *why)
{
	char map[96];
	return api_fail(m->ctx, rc, "bad %s for %s: %s", what, in_map(m, map, sizeof map), why);
}

int map_misfit(pg_map *m, enum pg_mode mode, bool is_key, const pg_value *v, int rc,
	       const char *why)
{
	return mode == PG_KERNEL ? kernel_misfit(m, is_key, v, rc, why)
				 : user_misfit(m, is_key ? "key" : "value", rc, why);
}

static int full(pg_map *m, enum pg_mode mode)
{
	char map[96];
	if (mode == PG_KERNEL)
		return api_fail(m->ctx, -E2BIG, "map full");
	uint32_t at;
	in_map(m, map, sizeof map);
	if (m->array) {
		memcpy(&at, m->kbuf, 4);
		return api_fail(m->ctx, -E2BIG, "map full: %s has the keys 0 to %u, not %u", map,
				m->entries - 1, at);
	}
	return api_fail(m->ctx, -E2BIG, "map full: %s holds %u entries at most", map, m->entries);
}

const struct ct_field *map_field(pg_map *m, const char *name)
{
	const struct ct_field *f = ct_field(m->value, name, strlen(name));
	if (f)
		return f;
	char text[256], map[96];
	const char *near = ct_nearest(m->value, name, strlen(name));
	if (near)
		api_fail(m->ctx, -EINVAL, "there is no field '%s'; did you mean '%s'?", name, near);
	else
		api_fail(m->ctx, -EINVAL, "there is no field '%s' in %s of %s", name,
			 ct_text(m->value, text, sizeof text), in_map(m, map, sizeof map));
	return NULL;
}

void map_forget(pg_map *m)
{
	ct_record_free(m->rec);
	m->rec = NULL;
	for (int i = 0; m->each && i < m->ncpus; i++) {
		if (m->each[i].kind == PG_RECORD)
			ct_record_free(m->each[i].rec);
		m->each[i].kind = PG_NIL;
	}
}

/* ---- keys and bytes ---- */

static int key_bytes(pg_map *m, enum pg_mode mode, const pg_value *key, char *why, size_t n)
{
	static const pg_value nil = { .kind = PG_NIL };
	if (m->of->keys == MAP_KEYS_NONE) {
		if (m->role == PG_ROLE_EVENTS)
			snprintf(why, n, "events are read in their order, not by key");
		else
			snprintf(why, n, "a %s has no keys; it is used by %s", m->of->name, m->role == PG_ROLE_RING ?
				 "m:push(v), and in programs by for v in pairs(m)" : m->role == PG_ROLE_QUEUE ?
				 "m:push(v), m:pop() and m:peek()" : "m:push(v) and m:peek(v)");
		return -EINVAL;
	}
	if (!m->key) { /* state has one entry */
		memset(m->kbuf, 0, 4);
		return 0;
	}
	return ct_store(m->key, m->kbuf, key ? key : &nil, mode == PG_USER, why, n);
}

static bool names_holder(const pg_map *m, enum pg_mode mode, const pg_value *key)
{
	return m->of->holder == MAP_HELD_BY_CGROUP && mode == PG_USER && key && key->kind == PG_STR;
}

int map_key_write(pg_map *m, enum pg_mode mode, const pg_value *key)
{
	static const pg_value nil = { .kind = PG_NIL };
	char why[400];
	bool named = names_holder(m, mode, key);
	int rc = named ? storage_named(m, key) : key_bytes(m, mode, key, why, sizeof why);
	if (rc && named)
		return rc;
	if (rc && m->key)
		return map_misfit(m, mode, true, key ? key : &nil, rc, why);
	if (rc)
		return api_fail(m->ctx, rc, "%s", why);
	rc = map_open(m);
	return rc ? rc : 1;
}

int map_key(pg_map *m, enum pg_mode mode, const pg_value *key)
{
	int rc = map_key_write(m, mode, key);
	return rc == -ERANGE ? 0 : rc;
}

int map_fetch(pg_map *m)
{
	if (m->role == PG_ROLE_STATE) {
		map_state_read(m, m->vbuf);
		return 1;
	}
	if (m->of->sockets)
		return socket_fetch(m);
	int rc = m->role == PG_ROLE_STORAGE ? storage_lookup(m, m->vbuf)
		 : kern_map_lookup(m->fd, m->kbuf, m->vbuf, m->lock ? BPF_F_LOCK : 0);
	if (rc == -ENOENT)
		return 0;
	return rc ? map_fail(m, rc, "read") : 1;
}

int map_put(pg_map *m, enum pg_mode mode, uint64_t flags)
{
	m->changes++;
	if (m->lock)
		flags |= BPF_F_LOCK;
	int rc = m->role == PG_ROLE_STORAGE ? storage_update(m, m->vbuf, flags)
		 : kern_map_update(m->fd, map_key_size(m) ? m->kbuf : NULL, m->vbuf, flags);
	if (rc == -E2BIG || (rc == -ENOSPC && m->of->type == BPF_MAP_TYPE_LPM_TRIE))
		return full(m, mode);
	if (rc == -EEXIST || rc == -ENOENT) /* what the flags asked for */
		return rc;
	return rc ? map_fail(m, rc, "write") : 0;
}

void map_decode(pg_map *m, enum pg_mode mode, const struct ct_field *f, pg_value *out,
		struct pg_record **rec, char *text)
{
	if (m->percpu && mode == PG_USER) {
		map_cpu_sum(m, f, out, rec, text);
		return;
	}
	if (m->inner) {
		outer_get(m, out);
		return;
	}
	if (m->of->sockets) {
		socket_get(m, out);
		return;
	}
	const uint8_t *from = m->percpu ? map_cpu_slot(m, mode) : m->vbuf;
	if (f) {
		ct_load_field(f, from, out, text);
		return;
	}
	ct_load(m->value, from, out, text);
	if (out->kind == PG_RECORD)
		*rec = out->rec;
}

/* ---- m[k] ---- */

int pg_map_get(pg_map *m, enum pg_mode mode, const pg_value *key, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	int rc = map_key(m, mode, key);
	if (rc > 0)
		rc = map_fetch(m);
	map_forget(m); /* not before the key was read: it may be what was handed out last */
	if (rc > 0)
		map_decode(m, mode, NULL, out, &m->rec, m->text);
	return rc < 0 ? rc : 0;
}

static int delete(pg_map *m, enum pg_mode mode, const pg_value *key)
{
	char map[96];
	if ((!m->key && m->of->keys != MAP_KEYS_NONE) || m->array)
		return api_fail(m->ctx, -EINVAL, "the entries of %s cannot be deleted, only written",
				m->key ? m->of->name : in_map(m, map, sizeof map));
	int rc = map_key(m, mode, key);
	if (rc > 0 && m->of->sockets)
		rc = socket_fetch(m);
	if (rc <= 0)
		return rc;
	m->changes++;
	map_iter_deleted(m, m->kbuf);
	rc = m->role == PG_ROLE_STORAGE ? storage_delete(m) : kern_map_delete(m->fd, m->kbuf);
	held_drop(m);
	return rc && rc != -ENOENT ? map_fail(m, rc, "delete from") : 0;
}

/* A device by its name. */
static int device(pg_map *m, const pg_value *name, pg_value *out)
{
	char text[IF_NAMESIZE] = "";
	if (name->n < sizeof text)
		memcpy(text, name->str, name->n);
	*out = (pg_value){ .kind = PG_INT, .i = if_nametoindex(text) };
	return out->i ? 0 : api_fail(m->ctx, -ENODEV, "there is no network device '%.*s'", (int)name->n, name->str);
}

int pg_map_set(pg_map *m, enum pg_mode mode, const pg_value *key, const pg_value *v)
{
	char why[400];
	pg_value dev;
	if (m->of->devices && mode == PG_USER && v->kind == PG_STR) {
		int no = device(m, v, &dev);
		if (no)
			return no;
		v = &dev;
	}
	if (m->role == PG_ROLE_EVENTS)
		return events_send(m, mode, v);
	if (v->kind == PG_NIL)
		return delete(m, mode, key);
	int rc = map_key_write(m, mode, key);
	if (rc < 0)
		return rc;
	if (m->inner)
		return outer_set(m, mode, v);
	rc = ct_store(m->value, m->tmp, v, mode == PG_USER, why, sizeof why);
	if (rc)
		return map_misfit(m, mode, false, v, rc, why);
	if (m->role == PG_ROLE_STATE) {
		map_state_write(m, m->tmp, NULL);
		return 0;
	}
	if (m->of->sockets)
		return (rc = socket_set(m)) == -E2BIG ? full(m, mode) : rc;
	if (!m->percpu) {
		memcpy(m->vbuf, m->tmp, m->slot);
		return map_put(m, mode, BPF_ANY);
	}
	rc = map_fetch(m);
	if (rc < 0)
		return rc;
	if (!rc)
		memset(m->vbuf, 0, map_value_bytes(m));
	map_cpu_spread(m, mode, NULL);
	return map_put(m, mode, BPF_ANY);
}

/* ---- m:add(k, n) ---- */

static void add_to(const struct ctype *t, uint8_t *at, int64_t n)
{
	if (t->size == 8) {
		uint64_t v;
		memcpy(&v, at, 8);
		v += (uint64_t)n;
		memcpy(at, &v, 8);
	} else {
		uint32_t v;
		memcpy(&v, at, 4);
		v += (uint32_t)n;
		memcpy(at, &v, 4);
	}
}

/* An entry that was found, by the key that it has itself. 1; 0: it has gone; or -errno with a text. */
static int own_key(pg_map *m)
{
	return m->of->keys == MAP_KEYS_PREFIX ? map_prefix_found(m) : 1;
}

/* In PG_KERNEL what finds no room is left out, as compiled code does. Not atomic against programs
 * that run meanwhile: bpf(2) has no such operation. */
int pg_map_add(pg_map *m, enum pg_mode mode, const pg_value *key, int64_t n)
{
	const struct ctype *t = m->value;
	char text[256];
	if (!m->key || (m->role != PG_ROLE_MAP && m->role != PG_ROLE_STORAGE) || t->kind != CT_INT || t->size < 4 || t->big)
		return api_fail(m->ctx, -EINVAL, "add is for maps of u32, u64, i32 or i64, not of %s",
				ct_text(t, text, sizeof text));
	int rc = map_key_write(m, mode, key);
	if (rc < 0)
		return rc;
	do { /* again when another has made or deleted the entry meanwhile */
		int found = map_fetch(m);
		found = found > 0 ? own_key(m) : found;
		if (found < 0)
			return found;
		if (!found)
			memset(m->vbuf, 0, map_value_bytes(m));
		add_to(t, m->percpu ? map_cpu_slot(m, mode) : m->vbuf, n);
		rc = map_put(m, mode, m->array ? BPF_ANY : found ? BPF_EXIST : BPF_NOEXIST);
	} while (rc == -EEXIST || rc == -ENOENT);
	return rc == -E2BIG && mode == PG_KERNEL ? 0 : rc;
}

/* ---- fields in place ---- */

static int absent(pg_map *m)
{
	return api_fail(m->ctx, -ENOENT, "attempt to index a nil value");
}

/* Reads the entry into m->vbuf and finds its field. 0 or -errno with a text. */
static int fetch_field(pg_map *m, enum pg_mode mode, const pg_value *key, const char *field,
		       const struct ct_field **f)
{
	*f = map_field(m, field);
	if (!*f)
		return -EINVAL;
	int rc = map_key(m, mode, key);
	if (rc > 0)
		rc = map_fetch(m);
	if (rc > 0)
		return 0;
	return rc ? rc : absent(m);
}

int pg_map_get_field(pg_map *m, enum pg_mode mode, const pg_value *key, const char *field,
		     pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	const struct ct_field *f;
	int rc = fetch_field(m, mode, key, field, &f);
	if (rc)
		return rc;
	map_forget(m);
	map_decode(m, mode, f, out, &m->rec, m->text);
	return 0;
}

/* Writes v into m->tmp as field f. */
static int encode_field(pg_map *m, enum pg_mode mode, const struct ct_field *f, const pg_value *v)
{
	char why[400];
	int rc = ct_store_field(f, m->tmp, v, mode == PG_USER, why, sizeof why);
	if (!rc)
		return 0;
	return mode == PG_KERNEL ? kernel_field_misfit(m, f, v, rc) : user_misfit(m, "value", rc, why);
}

/* Field f from m->tmp. */
static void put_field(const pg_map *m, uint8_t *to, const struct ct_field *f)
{
	memcpy(to + f->offset, m->tmp + f->offset, f->type->size);
	if (f->nil_offset)
		to[f->nil_offset] = m->tmp[f->nil_offset];
}

/* The rest of the value is read and written back: not atomic against programs, but for state. */
int pg_map_set_field(pg_map *m, enum pg_mode mode, const pg_value *key, const char *field,
		     const pg_value *v)
{
	const struct ct_field *f;
	int rc = fetch_field(m, mode, key, field, &f);
	if (rc)
		return rc;
	rc = own_key(m);
	if (rc <= 0)
		return rc ? rc : absent(m);
	rc = encode_field(m, mode, f, v);
	if (rc)
		return rc;
	if (m->role == PG_ROLE_STATE) {
		map_state_write(m, m->tmp, f);
		return 0;
	}
	if (m->percpu)
		map_cpu_spread(m, mode, f);
	else
		put_field(m, m->vbuf, f);
	rc = map_put(m, mode, BPF_EXIST);
	return rc == -ENOENT ? absent(m) : rc;
}

const char *pg_map_field_name(const pg_map *m, unsigned i)
{
	return i < m->value->nfields ? m->value->fields[i].name : NULL;
}

/* ---- fields of a copy ---- */

const void *pg_map_taken(const pg_map *m, size_t *n)
{
	*n = m->slot;
	return m->vbuf;
}

int pg_taken_get(pg_map *m, const void *copy, const char *field, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	const struct ct_field *f = map_field(m, field);
	if (!f)
		return -EINVAL;
	ct_load_field(f, copy, out, m->text);
	return 0;
}

int pg_taken_set(pg_map *m, enum pg_mode mode, void *copy, const char *field, const pg_value *v)
{
	const struct ct_field *f = map_field(m, field);
	int rc = f ? encode_field(m, mode, f, v) : -EINVAL;
	if (!rc)
		put_field(m, copy, f);
	return rc;
}

/* ---- the whole map ---- */

static int clear_array(pg_map *m)
{
	int rc = 0;
	struct pg_record none = { .n = 0 };
	pg_value zero = { .kind = PG_RECORD, .rec = &none };
	memset(m->vbuf, 0, map_value_bytes(m));
	for (int cpu = 0; m->value->kind == CT_STRUCT && cpu < m->ncpus; cpu++)
		ct_store(m->value, m->vbuf + (size_t)cpu * m->slot, &zero, false, NULL, 0);
	if (m->role == PG_ROLE_STATE) {
		map_state_write(m, m->vbuf, NULL);
		return 0;
	}
	for (uint32_t i = 0; i < m->entries && !rc; i++) {
		memcpy(m->kbuf, &i, 4);
		rc = map_put(m, PG_USER, BPF_ANY);
	}
	return rc;
}

int pg_map_clear(pg_map *m)
{
	if (m->role == PG_ROLE_EVENTS)
		return api_fail(m->ctx, -EINVAL, "an event channel is emptied by reading it");
	if (m->role == PG_ROLE_RING)
		return ring_clear(m);
	if (m->of->keys == MAP_KEYS_NONE)
		return queue_clear(m);
	if (m->role == PG_ROLE_STORAGE)
		return map_unlisted(m);
	int rc = map_open(m);
	if (rc || m->array)
		return rc ? rc : clear_array(m);
	pg_map_iter *it = NULL;
	pg_value k, v;
	while ((rc = pg_map_next(m, &it, &k, &v)) > 0) {
		rc = delete(m, PG_USER, &k);
		if (rc)
			break;
	}
	pg_map_iter_free(it);
	return rc;
}

int64_t pg_map_count(pg_map *m)
{
	if (m->role == PG_ROLE_EVENTS)
		return api_fail(m->ctx, -EINVAL, "an event channel has no number of entries");
	if (m->of->keys == MAP_KEYS_NONE)
		return api_fail(m->ctx, -EINVAL, "the kernel does not tell how many values a %s holds",
				m->of->name);
	if (m->role == PG_ROLE_STORAGE)
		return map_unlisted(m);
	if (m->array)
		return m->entries;
	pg_map_iter *it = NULL;
	pg_value k, v;
	int64_t n = 0;
	int rc;
	while ((rc = pg_map_next(m, &it, &k, &v)) > 0)
		n++;
	return rc ? rc : n;
}
