/*
 * frozen.c - maps of captured tables: made when a program that looks into one is loaded, and shared by all programs of
 * the context whose tables hold the same, so that a program that takes another's place takes its tables, too.
 *
 * Nobody writes them once they are filled: programs cannot, and their descriptors are handed to nobody.
 */
#include "api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct api_frozen {
	struct api_frozen *next;
	unsigned refs;             /* programs that look into it */
	int fd;
	uint64_t hash;
	struct ir_frozen is;       /* its keys and values lie behind */
	uint8_t bytes[];
};

static size_t key_bytes(const struct ir_frozen *f)
{
	return f->array ? 0 : (size_t)f->n * f->key_size;
}

static size_t value_bytes(const struct ir_frozen *f)
{
	return (size_t)f->n * f->value_size;
}

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t word;
		memcpy(&word, bytes + i, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 29;
	}
	return hash;
}

static uint64_t hash_of(const struct ir_frozen *f)
{
	return mix(mix(f->n, f->keys, key_bytes(f)), f->values, value_bytes(f));
}

static bool same(const struct ir_frozen *a, const struct ir_frozen *b)
{
	return a->array == b->array && a->n == b->n && a->key_size == b->key_size && a->value_size == b->value_size &&
	       (a->array || !memcmp(a->keys, b->keys, key_bytes(a))) && !memcmp(a->values, b->values, value_bytes(a));
}

/* The verifier would read an array's frozen value at a constant offset itself, and refuses (-524) where there are
 * several (check_mem_access, bpf_map_direct_read). */
static int make(pg_ctx *ctx, const struct ir_frozen *f)
{
	struct kern_map_spec s = { .type = f->array ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH, .key_size = f->key_size,
				   .value_size = f->value_size, .entries = f->n, .flags = BPF_F_RDONLY_PROG,
				   .name = "pg_table", .numa = -1 };
	int fd = kern_map_create(&s);
	int r = fd < 0 ? fd : kern_map_fill(fd, f->keys, f->key_size, f->values, f->value_size, f->n);
	if (r >= 0 && !f->array)
		r = kern_map_freeze(fd);
	if (r >= 0)
		return fd;
	kern_close(fd);
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	return rights ? api_fail(ctx, r, "%s", rights)
		      : api_fail(ctx, r, "cannot make a map of a captured table with %u keys: %s", f->n, strerror(-r));
}

static struct api_frozen *copy_of(const struct ir_frozen *f, uint64_t hash)
{
	size_t keys = key_bytes(f), values = value_bytes(f);
	struct api_frozen *t = malloc(sizeof *t + keys + values);
	if (!t)
		return NULL;
	*t = (struct api_frozen){ .refs = 1, .fd = -1, .hash = hash, .is = *f };
	if (keys)
		memcpy(t->bytes, f->keys, keys);
	memcpy(t->bytes + keys, f->values, values);
	t->is.keys = f->array ? NULL : t->bytes;
	t->is.values = t->bytes + keys;
	return t;
}

int frozen_take(pg_ctx *ctx, const struct ir_frozen *f, struct api_frozen **out)
{
	uint64_t hash = hash_of(f);
	for (struct api_frozen *t = ctx->frozen; t; t = t->next)
		if (t->hash == hash && same(&t->is, f)) {
			t->refs++;
			*out = t;
			return t->fd;
		}
	struct api_frozen *t = *out = copy_of(f, hash);
	if (!t)
		return api_fail(ctx, -ENOMEM, "out of memory");
	t->fd = make(ctx, f);
	if (t->fd < 0) {
		int r = t->fd;
		*out = NULL;
		free(t);
		return r;
	}
	t->next = ctx->frozen;
	ctx->frozen = t;
	return t->fd;
}

void frozen_drop(pg_ctx *ctx, struct api_frozen *t)
{
	if (!t || --t->refs)
		return;
	struct api_frozen **p = &ctx->frozen;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	kern_close(t->fd);
	free(t);
}
