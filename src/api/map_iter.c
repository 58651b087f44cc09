/*
 * map_iter.c - walking a map.
 *
 * Pairs come in batches where the kernel hands them out so (5.6 and later); an LPM trie, and what
 * cannot be batched, has its keys collected first: asking for the key after one that was deleted
 * meanwhile would start over. What this handle deletes or writes while a batch is on its way is
 * seen: deleted keys are struck out, values read again.
 */
#include "api/api.h"

#include "core/mutant.h"
#include "api/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

struct pg_map_iter {
	pg_map *m;                  /* counted */
	struct pg_map_iter *next;   /* of the same map */
	bool batched, done;         /* done: nothing comes after what is pending */
	bool started;
	uint32_t at, n, cap;        /* pending pairs */
	uint8_t *keys, *values;     /* values: batched only */
	bool *dead;
	uint64_t changes;           /* of the map when the batch came */
	uint8_t *token;             /* the kernel's place between batches */
	char *key_text, *text;
	struct pg_record *key_rec, *rec;
};

static void forget(pg_map_iter *it)
{
	ct_record_free(it->key_rec);
	ct_record_free(it->rec);
	it->key_rec = it->rec = NULL;
}

void pg_map_iter_free(pg_map_iter *it)
{
	if (!it)
		return;
	for (pg_map_iter **p = &it->m->iters; *p; p = &(*p)->next) {
		if (*p == it) {
			*p = it->next;
			break;
		}
	}
	forget(it);
	free(it->keys);
	free(it->values);
	free(it->dead);
	free(it->token);
	free(it->key_text);
	free(it->text);
	pg_map_unref(it->m);
	free(it);
}

static bool reserve(pg_map_iter *it, uint32_t cap)
{
	pg_map *m = it->m;
	if (cap <= it->cap)
		return true;
	uint8_t *keys = realloc(it->keys, (size_t)cap * map_key_size(m));
	if (keys)
		it->keys = keys;
	bool *dead = realloc(it->dead, cap * sizeof *dead);
	if (dead)
		it->dead = dead;
	uint8_t *values = it->batched ? realloc(it->values, (size_t)cap * map_value_bytes(m)) : NULL;
	if (values)
		it->values = values;
	if (!keys || !dead || (it->batched && !values))
		return false;
	it->cap = cap;
	return true;
}

static pg_map_iter *iter_new(pg_map *m)
{
	pg_map_iter *it = calloc(1, sizeof *it);
	if (!it)
		return NULL;
	it->m = pg_map_ref(m);
	it->next = m->iters;
	m->iters = it;
	uint32_t key = map_key_size(m);
	it->batched = m->of->type != BPF_MAP_TYPE_LPM_TRIE && !m->held;
	it->token = calloc(2, key < 4 ? 4 : key); /* in and out */
	it->key_text = malloc(key + 1);
	it->text = malloc(m->value->size + 1);
	if (it->token && it->key_text && it->text &&
	    reserve(it, m->entries < BATCH ? m->entries : BATCH))
		return it;
	pg_map_iter_free(it);
	return NULL;
}

/* ---- filling ---- */

static int collect_keys(pg_map_iter *it)
{
	pg_map *m = it->m;
	uint32_t size = map_key_size(m);
	const uint8_t *last = NULL;
	it->done = true;
	while (it->n < m->entries) { /* more can only be the same ones again */
		if (it->n == it->cap && !reserve(it, it->cap * 2))
			return -ENOMEM;
		if (it->n)
			last = it->keys + (size_t)(it->n - 1) * size;
		int rc = kern_map_next_key(m->fd, last, it->keys + (size_t)it->n * size);
		if (rc == -ENOENT)
			break;
		if (rc)
			return rc;
		it->n++;
	}
	return 0;
}

static int next_batch(pg_map_iter *it)
{
	pg_map *m = it->m;
	uint32_t size = map_key_size(m) < 4 ? 4 : map_key_size(m);
	for (;;) {
		uint32_t n = it->cap;
		int rc = kern_map_lookup_batch(m->fd, it->started ? it->token : NULL,
					       it->token + size, it->keys, it->values, &n);
		if (rc == -ENOSPC) { /* a bucket holds more than there is room for */
			if (!reserve(it, it->cap * 2))
				return -ENOMEM;
			continue;
		}
		if (rc == -EINTR)
			continue;
		if (rc && rc != -ENOENT)
			return rc;
		memcpy(it->token, it->token + size, size);
		it->started = true;
		it->done = rc == -ENOENT;
		it->n = n;
		return 0;
	}
}

static int fill(pg_map_iter *it)
{
	it->at = it->n = 0;
	int rc = it->batched ? next_batch(it) : -EOPNOTSUPP;
	if ((rc == -EOPNOTSUPP || rc == -EINVAL) && !it->started) {
		it->batched = false;
		it->started = true;
		rc = collect_keys(it);
	}
	if (rc)
		return map_fail(it->m, rc, "walk");
	memset(it->dead, 0, it->n * sizeof *it->dead);
	it->changes = it->m->changes;
	return 0;
}

void map_iter_deleted(pg_map *m, const void *key)
{
	uint32_t size = map_key_size(m);
	for (pg_map_iter *it = m->iters; it; it = it->next)
		for (uint32_t i = it->at; i < it->n; i++)
			if (!memcmp(it->keys + (size_t)i * size, key, size))
				it->dead[i] = true;
}

/* ---- handing out ---- */

/* The value of pending pair i into m->vbuf: 1, 0: it is gone, -errno. */
static int value_of(pg_map_iter *it, uint32_t i)
{
	pg_map *m = it->m;
	uint32_t size = map_value_bytes(m);
	if (it->dead[i] && !MUTANT(dead_pair))
		return 0;
	if (it->batched && it->changes == m->changes) {
		memcpy(m->vbuf, it->values + (size_t)i * size, size);
		return 1;
	}
	memcpy(m->kbuf, it->keys + (size_t)i * map_key_size(m), map_key_size(m));
	return map_fetch(m);
}

static void hand_out(pg_map_iter *it, uint32_t i, pg_value *key, pg_value *value)
{
	pg_map *m = it->m;
	ct_load(m->key, it->keys + (size_t)i * map_key_size(m), key, it->key_text);
	if (key->kind == PG_RECORD)
		it->key_rec = key->rec;
	map_decode(m, PG_USER, NULL, value, &it->rec, it->text);
}

static int start(pg_map *m, pg_map_iter **cursor)
{
	if (!m->key && m->role > PG_ROLE_EVENTS)
		return api_fail(m->ctx, -EINVAL, "a %s has no keys to walk", m->of->name);
	if (!m->key)
		return api_fail(m->ctx, -EINVAL, "%s has fields, not entries to walk",
				m->role == PG_ROLE_EVENTS ? "an event channel" : "state");
	if (m->role == PG_ROLE_STORAGE)
		return map_unlisted(m);
	int rc = map_open(m);
	if (rc)
		return rc;
	*cursor = iter_new(m);
	return *cursor ? 0 : api_fail(m->ctx, -ENOMEM, "out of memory");
}

int pg_map_next(pg_map *m, pg_map_iter **cursor, pg_value *key, pg_value *value)
{
	if (m->role == PG_ROLE_RING) {
		*value = (pg_value){ .kind = PG_NIL };
		return ring_next(m, key);
	}
	int rc = *cursor ? 0 : start(m, cursor);
	pg_map_iter *it = *cursor;
	if (it)
		forget(it);
	while (!rc) {
		if (it->at == it->n) {
			if (it->done)
				break;
			rc = fill(it);
			continue;
		}
		uint32_t i = it->at++;
		rc = value_of(it, i);
		if (rc > 0) {
			hand_out(it, i, key, value);
			return 1;
		}
	}
	pg_map_iter_free(it);
	*cursor = NULL;
	return rc;
}
