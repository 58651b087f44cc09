/*
 * map_btf.c - the types of a map's keys and values as the kernel keeps them (BTF), so that bpftool shows their
 * fields, and whoever opens a pinned map sees what is in it.
 *
 * Behind the names stands one text that no type refers to: "perigee: ip4 -> u64", the types as scripts write
 * them.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "perigee: ";

struct words { uint32_t *at, n, cap; };

struct writer {
	struct words types;
	char *names;
	uint32_t nnames, cap_names, ntypes;
	uint32_t byte;             /* the type u8, or 0 */
	bool failed;
};

static void put(struct writer *w, uint32_t word)
{
	struct words *t = &w->types;
	if (t->n == t->cap) {
		uint32_t *more = realloc(t->at, (t->cap * 2 + 64) * sizeof *more);
		if (!more) {
			w->failed = true;
			return;
		}
		t->at = more;
		t->cap = t->cap * 2 + 64;
	}
	t->at[t->n++] = word;
}

static uint32_t name(struct writer *w, const char *s)
{
	uint32_t at = w->nnames, len = (uint32_t)strlen(s) + 1;
	if (w->cap_names - w->nnames < len) {
		char *more = realloc(w->names, w->cap_names * 2 + len);
		if (!more) {
			w->failed = true;
			return 0;
		}
		w->names = more;
		w->cap_names = w->cap_names * 2 + len;
	}
	memcpy(w->names + at, s, len);
	w->nnames += len;
	return at;
}

static uint32_t head(struct writer *w, const char *called, unsigned kind, unsigned vlen, uint32_t size_or_type)
{
	put(w, *called ? name(w, called) : 0);
	put(w, kind << 24 | vlen);
	put(w, size_or_type);
	return ++w->ntypes;
}

static uint32_t scalar(struct writer *w, const char *called, uint32_t size, uint32_t encoding)
{
	uint32_t id = head(w, called, BTF_KIND_INT, 0, size);
	put(w, encoding << 24 | size * 8);
	return id;
}

static uint32_t bytes(struct writer *w, uint32_t n)
{
	if (!w->byte)
		w->byte = scalar(w, "u8", 1, 0);
	uint32_t id = head(w, "", BTF_KIND_ARRAY, 0, 0);
	put(w, w->byte);
	put(w, w->byte);
	put(w, n);
	return id;
}

static uint32_t type(struct writer *w, const struct ctype *t, const char *called);

static uint32_t structure(struct writer *w, const struct ctype *t, const char *called)
{
	uint32_t *ids = calloc(t->nfields + 1, sizeof *ids);
	if (!ids) {
		w->failed = true;
		return 0;
	}
	for (uint32_t i = 0; i < t->nfields; i++)
		ids[i] = type(w, t->fields[i].type, "");
	uint32_t id = head(w, called, BTF_KIND_STRUCT, t->nfields, t->size);
	for (uint32_t i = 0; i < t->nfields; i++) {
		put(w, name(w, t->fields[i].name));
		put(w, ids[i]);
		put(w, t->fields[i].offset * 8);
	}
	free(ids);
	return id;
}

/* As the kernel wants the keys of longest prefix maps: a struct. */
static uint32_t prefix(struct writer *w, const struct ctype *t)
{
	uint32_t len = scalar(w, "u32", 4, 0), addr = bytes(w, t->size - 4);
	uint32_t id = head(w, "prefix", BTF_KIND_STRUCT, 2, t->size);
	const uint32_t members[] = { name(w, "len"), len, 0, name(w, "addr"), addr, 32 };
	for (unsigned i = 0; i < 6; i++)
		put(w, members[i]);
	return id;
}

static uint32_t type(struct writer *w, const struct ctype *t, const char *called)
{
	char text[64];
	switch (t->kind) {
	case CT_INT:
		return scalar(w, ct_text(t, text, sizeof text), t->size, t->is_signed ? BTF_INT_SIGNED : 0);
	case CT_BOOL:
		return scalar(w, "bool", 1, BTF_INT_BOOL);
	case CT_STRUCT:
		return structure(w, t, called);
	case CT_PREFIX4: case CT_PREFIX6:
		return prefix(w, t);
	default:
		return bytes(w, t->size);
	}
}

/* The value, and the lock behind it, which the kernel finds by its type's name. */
static uint32_t with_lock(struct writer *w, const pg_map *m)
{
	uint32_t value = type(w, m->value, "value"), val = scalar(w, "unsigned int", 4, 0);
	uint32_t lock = head(w, "bpf_spin_lock", BTF_KIND_STRUCT, 1, 4);
	put(w, name(w, "val"));
	put(w, val);
	put(w, 0);
	uint32_t id = head(w, "locked", BTF_KIND_STRUCT, 2, m->slot);
	const uint32_t members[] = { name(w, "value"), value, 0, name(w, "lock"), lock, m->lock * 8 };
	for (unsigned i = 0; i < 6; i++)
		put(w, members[i]);
	return id;
}

void map_types_text(const pg_map *m, char *buf, size_t n)
{
	char key[1024] = "", value[1024];
	if (m->key)
		ct_text(m->key, key, sizeof key);
	snprintf(buf, n, "%s%s%s", key, m->key ? " -> " : "", ct_text(m->value, value, sizeof value));
}

/* fd, and the numbers of the types of keys and values; -errno: the map goes without. */
int map_btf(const pg_map *m, uint32_t *key, uint32_t *value)
{
	struct writer w = { .ntypes = 0 };
	char text[2200] = "";
	int fd = -ENOMEM;
	memcpy(text, mark, sizeof mark);
	map_types_text(m, text + sizeof mark - 1, sizeof text - sizeof mark);
	name(&w, "");
	*key = m->key && m->role != PG_ROLE_STORAGE ? type(&w, m->key, "key") : type(&w, &(struct ctype){ .kind = CT_INT, .size = 4 }, "");
	*value = m->lock ? with_lock(&w, m) : type(&w, m->value, "value");
	name(&w, text);
	uint32_t len = w.types.n * 4;
	struct btf_header h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof h, .type_len = len,
				.str_off = len, .str_len = w.nnames };
	char *blob = w.failed ? NULL : malloc(sizeof h + len + w.nnames), *log = NULL;
	if (blob) {
		memcpy(blob, &h, sizeof h);
		memcpy(blob + sizeof h, w.types.at, len);
		memcpy(blob + sizeof h + len, w.names, w.nnames);
		fd = kern_btf_load(blob, (uint32_t)sizeof h + len + w.nnames, &log);
	}
	free(log);
	free(blob);
	free(w.types.at);
	free(w.names);
	return fd;
}

bool map_btf_text(uint32_t id, char *out, size_t n)
{
	char raw[16384];
	uint32_t len = sizeof raw;
	if (kern_btf_raw(id, raw, &len) || len < sizeof(struct btf_header))
		return false;
	/* the last text of all */
	const char *end = raw + len - 1, *at = end;
	while (at > raw && !*end && at[-1])
		at--;
	if (*end || (size_t)(end - at) < sizeof mark || memcmp(at, mark, sizeof mark - 1))
		return false;
	snprintf(out, n, "%s", at + sizeof mark - 1);
	return true;
}
