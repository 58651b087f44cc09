/* map_new.c - map handles: made and checked at once, the kernel's map when first needed. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_RING = 256 * 1024 };

/* ---- checks ---- */

static int parse(pg_map *m, const char *what, const char *text, struct ctype **out)
{
	char err[400];
	int rc = ct_parse(text, out, err, sizeof err);
	return rc ? api_fail(m->ctx, rc, "%s type \"%s\": %s", what, text, err) : 0;
}

static bool by_name(const pg_map *m)
{
	return m->role != PG_ROLE_MAP && m->role <= PG_ROLE_EVENTS;
}

static int set_key(pg_map *m, const struct pg_map_opts *o)
{
	bool number = m->array || m->of->keys == MAP_KEYS_NUMBER;
	const char *key = o->key ? o->key : number ? "u32" : m->of->keys == MAP_KEYS_ID ? "u64" : NULL;
	if (by_name(m))
		return 0;
	if (m->of->keys == MAP_KEYS_NONE)
		return key ? api_fail(m->ctx, -EINVAL, "a %s has no keys, only values", m->of->name) : 0;
	if (!key)
		return api_fail(m->ctx, -EINVAL, "a %s map needs a key type: key = \"u32\"", m->of->name);
	int rc = parse(m, "key", key, &m->key);
	return rc ? rc : map_check_key(m);
}

static int set_types(pg_map *m, const struct pg_map_opts *o)
{
	int rc;
	const char *value = o->value ? o->value : m->of->value;
	if (m->of->outer && o->value)
		return api_fail(m->ctx, -EINVAL, "the values of %s are maps: inner = { \"hash\", key = \"u32\", value = "
				"\"u64\", entries = 1024 }", m->of->name);
	if (m->of->value && strcmp(value, m->of->value))
		return api_fail(m->ctx, -EINVAL, "the values of a %s are %s, not %s", m->of->name, m->of->value, value);
	if (!value)
		return api_fail(m->ctx, -EINVAL, "a map needs a value type: value = \"u64\"");
	if ((rc = set_key(m, o)) || (rc = parse(m, "value", value, &m->value)))
		return rc;
	if (m->value->kind == CT_PREFIX4 || m->value->kind == CT_PREFIX6)
		return api_fail(m->ctx, -EINVAL, "a prefix is for keys of lpm_trie maps, not a value");
	if (by_name(m) && m->value->kind != CT_STRUCT)
		return api_fail(m->ctx, -EINVAL, "state and events have named fields: "
						 "\"struct { u32 n; }\", not \"%s\"", o->value);
	/* the user half would find the method, kernel code the field */
	if (m->role == PG_ROLE_PERCPU && ct_field(m->value, "each", strlen("each")))
		return api_fail(m->ctx, -EINVAL, "the name 'each' of a field is taken: st:each(name) gives the field of every CPU");
	return 0;
}

/* A ring is a power of two, whole pages, and has room for one record at least. */
static int ring_bytes(pg_map *m, uint32_t asked)
{
	uint64_t n = (uint64_t)sysconf(_SC_PAGESIZE), want = asked ? asked : DEFAULT_RING;
	uint64_t record = sizeof(struct map_event) + m->value->size + BPF_RINGBUF_HDR_SZ;
	if (want < record)
		want = record;
	while (n < want)
		n *= 2;
	if (n > 1u << 30)
		return api_fail(m->ctx, -EINVAL, "an event ring of %u bytes is larger than 1 GiB", asked);
	m->entries = (uint32_t)n;
	return 0;
}

/* Behind the value's own fields. */
static int set_lock(pg_map *m)
{
	if (!m->of->locks || m->value->kind != CT_STRUCT)
		return api_fail(m->ctx, -EINVAL, "lock = true is for hash and array maps of structs; m:add(k, n) is "
				"atomic without");
	m->lock = (m->value->size + 3) & ~3u;
	m->slot = m->lock + 4;
	return 0;
}

static int set_size(pg_map *m, const struct pg_map_opts *o)
{
	if (m->role == PG_ROLE_EVENTS)
		return ring_bytes(m, o->entries);
	m->entries = by_name(m) ? 1 : o->entries;
	if (m->role == PG_ROLE_STORAGE && m->entries)
		return api_fail(m->ctx, -EINVAL, "a %s has as many entries as there are %ss that keep something: "
				"leave out 'entries'", m->of->name, storage_holder(m));
	if (!m->entries && m->role != PG_ROLE_STORAGE)
		return api_fail(m->ctx, -EINVAL, "a %s map needs its greatest number of entries: "
						 "entries = 1024", m->of->name);
	m->ncpus = m->percpu ? kern_ncpus() : 1;
	m->slot = m->percpu ? (m->value->size + 7) & ~7u : m->value->size;
	if (m->role == PG_ROLE_RING)
		return ring_size(m);
	return o->lock ? set_lock(m) : 0;
}

static int alloc_buffers(pg_map *m)
{
	size_t text = m->value->size + 1;
	m->kbuf = calloc(1, map_key_size(m) + 1);
	m->vbuf = calloc((size_t)m->ncpus, m->slot);
	m->tmp = calloc(1, m->slot);
	m->text = calloc(1, text);
	if (m->percpu) {
		m->each = calloc((size_t)m->ncpus, sizeof *m->each);
		m->each_text = calloc((size_t)m->ncpus, text);
	}
	bool all = m->kbuf && m->vbuf && m->tmp && m->text && (!m->percpu || (m->each && m->each_text));
	return all ? 0 : api_fail(m->ctx, -ENOMEM, "out of memory");
}

/* ---- the handle ---- */

int pg_map_new(pg_ctx *ctx, const struct pg_map_opts *given, pg_map **out)
{
	struct pg_map_opts o = { .numa = -1 };
	memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
	*out = NULL;
	const struct map_type *t = map_type_of(ctx, &o);
	if (!t)
		return -EINVAL;
	pg_map *m = calloc(1, sizeof *m);
	if (!m)
		return api_fail(ctx, -ENOMEM, "out of memory");
	*m = (pg_map){ .refs = 1, .ctx = ctx_ref(ctx), .role = t->role, .of = t,
		       .flags = o.flags | t->flags, .numa = o.numa, .fd = -1, .lost_fd = -1,
		       .percpu = t->percpu, .array = t->keys == MAP_KEYS_INDEX, .ncpus = 1 };
	m->sent_end = &m->sent;
	if (o.name)
		strncpy(m->name, o.name, sizeof m->name - 1);
	int rc = set_types(m, &o);
	if (!rc)
		rc = set_size(m, &o);
	if (!rc)
		rc = outer_new(m, &o);
	if (!rc)
		rc = storage_new(m);
	if (!rc && t->sockets)
		rc = held_new(m);
	if (!rc && o.pin)
		rc = map_pin_path(m, o.pin);
	if (!rc && m->role == PG_ROLE_EVENTS)
		m->slot = m->value->size;
	if (!rc)
		rc = alloc_buffers(m);
	if (rc)
		pg_map_unref(m);
	else
		*out = m;
	return rc;
}

pg_map *pg_map_ref(pg_map *m)
{
	m->refs++;
	return m;
}

void pg_map_unref(pg_map *m)
{
	if (!m || --m->refs)
		return;
	events_free(m);
	held_free(m);
	kern_user_ring_free(m->written);
	pg_map_unref(m->inner);
	kern_map_munmap(m->mem, m->value ? m->value->size : 0);
	kern_close(m->fd);
	free(m->pin);
	map_forget(m);
	ct_free(m->key);
	ct_free(m->value);
	free(m->kbuf);
	free(m->vbuf);
	free(m->tmp);
	free(m->text);
	free(m->each);
	free(m->each_text);
	ctx_unref(m->ctx);
	free(m);
}

enum pg_map_role pg_map_role(const pg_map *m)
{
	return m->role;
}

const char *pg_map_type(const pg_map *m)
{
	return m->of->name;
}

const char *pg_map_name(const pg_map *m)
{
	return m->name;
}

bool pg_map_is_percpu(const pg_map *m)
{
	return m->percpu;
}

bool pg_map_value_is_struct(const pg_map *m)
{
	return m->value->kind == CT_STRUCT;
}

void map_shape(const pg_map *m, struct map_shape *out)
{
	*out = (struct map_shape){
		.type = m->of->name,
		.role = m->role,     .name = m->name,       .key = m->key,
		.value = m->value,   .entries = m->entries, .array = m->array && m->key,
		.percpu = m->percpu, .lpm = m->of->keys == MAP_KEYS_PREFIX,
		.bytes = m->lock ? m->slot : m->value->size, .lock = m->lock, .inner = m->inner,
		.holder = m->of->holder, .way = m->way, .pinned = m->pin,
	};
}

uint32_t map_key_size(const pg_map *m)
{
	return m->key ? m->key->size : m->of->keys == MAP_KEYS_NONE ? 0 : 4;
}

/* Storage is held by descriptors, whatever its keys are here. */
uint32_t map_kernel_key_size(const pg_map *m)
{
	return m->role == PG_ROLE_STORAGE ? sizeof(int) : map_key_size(m);
}

uint32_t map_value_bytes(const pg_map *m)
{
	return m->slot * (uint32_t)m->ncpus;
}

/* ---- the kernel's map ---- */

int map_fail(pg_map *m, int err, const char *doing)
{
	const char *rights = err == -EPERM ? kern_rights_missing() : NULL;
	const char *quote = *m->name ? " '" : "", *end = *m->name ? "'" : "";
	return api_fail(m->ctx, err, "cannot %s %s map%s%s%s: %s%s%s", doing, m->of->name, quote,
			m->name, end, strerror(-err), rights ? "; " : "", rights ? rights : "");
}

int map_make_fail(pg_map *m, const pg_map *model, int err)
{
	if (err != -EINVAL || !model->of->since)
		return map_fail(m, err, "make");
	return api_fail(m->ctx, err, "cannot make %s map: %s (the type came with Linux %s)", model->of->name, strerror(EINVAL),
			model->of->since);
}

static int create(pg_map *m)
{
	bool ring = m->role == PG_ROLE_EVENTS || m->role == PG_ROLE_RING;
	struct kern_map_spec s = {
		.type = m->of->type,   .key_size = map_kernel_key_size(m),
		.value_size = ring ? 0 : m->lock ? m->slot : m->value->size,
		.entries = m->entries, .flags = m->flags,
		.name = *m->name ? m->name : NULL, .numa = m->numa,
	};
	if (m->role == PG_ROLE_EVENTS && api_lacks(m->ctx, FEAT_ringbuf))
		return api_needs(m->ctx, "events need the", FEAT_ringbuf);
	if (m->inner && (s.inner_fd = outer_model(m)) < 0)
		return s.inner_fd;
	s.btf_fd = m->pin || m->lock || m->role == PG_ROLE_STORAGE ? map_btf(m, &s.btf_key, &s.btf_value) : -1;
	int fd = kern_map_create(&s);
	if (fd < 0 && s.btf_fd >= 0 && !m->lock) { /* not every type of map takes it */
		kern_close(s.btf_fd);
		s.btf_fd = -1;
		fd = kern_map_create(&s);
	}
	kern_close(s.btf_fd);
	kern_close(m->inner ? s.inner_fd : -1);
	return fd < 0 ? map_make_fail(m, m, fd) : fd;
}

static bool has_nullable(const pg_map *m)
{
	bool any = false;
	for (uint32_t i = 0; i < m->value->nfields; i++)
		any |= m->value->fields[i].nullable;
	return any;
}

/* What arrays are born with, into vbuf: zeros; a field that may hold nil is born nil. */
static void first_value(pg_map *m)
{
	struct pg_record none = { .n = 0 };
	pg_value v = { .kind = PG_RECORD, .rec = &none };
	memset(m->vbuf, 0, map_value_bytes(m));
	for (int cpu = 0; has_nullable(m) && cpu < m->ncpus; cpu++)
		ct_store(m->value, m->vbuf + (size_t)cpu * m->slot, &v, false, NULL, 0);
}

void pg_map_born(pg_map *m, const pg_value *key, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	if (!m->array || m->inner || !m->value || key->kind != PG_INT || key->i < 0 || key->i >= m->entries)
		return;
	map_forget(m);
	first_value(m);
	map_decode(m, PG_USER, NULL, out, &m->rec, m->text);
}

static int prime(pg_map *m)
{
	if (!m->array || !has_nullable(m))
		return 0;
	first_value(m);
	int rc = 0;
	for (uint32_t i = 0; i < m->entries && !rc; i++)
		rc = kern_map_update(m->fd, &i, m->vbuf, BPF_ANY);
	return rc ? map_fail(m, rc, "write") : 0;
}

static int attach_memory(pg_map *m)
{
	if (m->role != PG_ROLE_STATE)
		return 0;
	m->mem = kern_map_mmap(m->fd, m->value->size);
	return m->mem ? 0 : map_fail(m, -errno, "map the memory of");
}

static int make(pg_map *m)
{
	int fd = create(m);
	if (fd < 0)
		return fd;
	m->fd = fd;
	/* callers have put their key into kbuf already; prime uses vbuf alone */
	return prime(m);
}

static int make_pinned(pg_map *m)
{
	for (int rc = -EEXIST, turn = 0;; turn++) {
		m->fd = map_pin_find(m);
		if (m->fd != -ENOENT)
			return m->fd < 0 ? m->fd : 0;
		if ((rc = make(m)))
			return rc;
		rc = map_pin_put(m, m->fd);
		if (rc != -EEXIST || turn)
			return rc;
		kern_close(m->fd); /* another process made it meanwhile */
	}
}

int map_open(pg_map *m)
{
	if (m->fd >= 0)
		return 0;
	int rc = m->pin ? make_pinned(m) : make(m);
	if (!rc)
		rc = attach_memory(m);
	if (rc) {
		kern_close(m->fd);
		m->fd = -1;
	}
	return rc;
}

int pg_map_fd(pg_map *m)
{
	int rc = map_open(m);
	return rc ? rc : m->fd;
}
