/* map_more.c - maps that are no arrays and no hashes: by longest prefix, queues, stacks, filters. */
#include "kernel.h"

#include <errno.h>
#include <string.h>

/* ---- longest prefix: a key is the bits that count, u32, and the bytes ---- */

static int lpm_make(struct map *m)
{
	if (m->key_size < 5 || !m->value_size || !m->max || !(m->flags & BPF_F_NO_PREALLOC))
		return -EINVAL;
	return map_memory(m, (m->key_size + 7) & ~7u, 1);
}

static uint32_t bits_of(const void *key)
{
	uint32_t n;
	memcpy(&n, key, 4);
	return n;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	uint32_t whole = bits / 8, rest = bits % 8;
	return !memcmp(a + 4, b + 4, whole) && (!rest || !((a[4 + whole] ^ b[4 + whole]) >> (8 - rest)));
}

/* The element of this prefix itself (exact), or the longest one that key has; m->max: none. */
static uint32_t lpm_find(struct map *m, const void *key, bool exact)
{
	uint32_t best = m->max, most = 0, bits = bits_of(key);
	for (uint32_t i = 0; i < m->ever; i++) {
		const void *at = map_element(m, i);
		uint32_t n = bits_of(at);
		if (!m->used[i] || n > bits || (exact && n != bits) || !same_bits(at, key, n))
			continue;
		if (best == m->max || n > most) {
			best = i;
			most = n;
		}
	}
	return best;
}

static void *lpm_lookup(struct map *m, const void *key)
{
	uint32_t i = bits_of(key) > (m->key_size - 4) * 8 ? m->max : lpm_find(m, key, false);
	return i < m->max ? (uint8_t *)map_element(m, i) + m->key_room : NULL;
}

static int lpm_update(struct map *m, const void *key, const void *value, uint64_t flags)
{
	if (bits_of(key) > (m->key_size - 4) * 8)
		return -EINVAL;
	uint32_t i = lpm_find(m, key, true);
	if (i < m->max && flags == BPF_NOEXIST)
		return -EEXIST;
	if (i == m->max && flags == BPF_EXIST)
		return -ENOENT;
	if (i == m->max)
		for (i = 0; i < m->max && m->used[i]; i++)
			;
	if (i == m->max)
		return -ENOSPC;
	m->ever = i + 1 > m->ever ? i + 1 : m->ever;
	m->used[i] = 1;
	memcpy(map_element(m, i), key, m->key_size);
	memcpy((uint8_t *)map_element(m, i) + m->key_room, value, m->value_size);
	return 0;
}

static int lpm_remove(struct map *m, const void *key)
{
	if (bits_of(key) > (m->key_size - 4) * 8)
		return -EINVAL;
	uint32_t i = lpm_find(m, key, true);
	if (i == m->max)
		return -ENOENT;
	m->used[i] = 0;
	return 0;
}

const struct map_ops lpm_ops = { .make = lpm_make, .lookup = lpm_lookup, .update = lpm_update, .remove = lpm_remove };

/* ---- queues and stacks ---- */

static int queue_make(struct map *m)
{
	return m->key_size || !m->value_size || !m->max ? -EINVAL : map_memory(m, 0, 1);
}

static int queue_push(struct map *m, const void *value, uint64_t flags)
{
	if (flags & ~(uint64_t)BPF_EXIST)
		return -EINVAL;
	if (m->count == m->max && !(flags & BPF_EXIST))
		return -E2BIG;
	if (m->count == m->max) {
		m->first = (m->first + 1) % m->max;
		m->count--;
	}
	memcpy(map_element(m, (m->first + m->count++) % m->max), value, m->value_size);
	return 0;
}

static int queue_peek(struct map *m, void *value, bool pop)
{
	memset(value, 0, m->value_size);
	if (!m->count)
		return -ENOENT;
	bool last = m->type == BPF_MAP_TYPE_STACK;
	memcpy(value, map_element(m, (m->first + (last ? m->count - 1 : 0)) % m->max), m->value_size);
	if (pop && !last)
		m->first = (m->first + 1) % m->max;
	m->count -= pop;
	return 0;
}

const struct map_ops queue_ops = { .make = queue_make, .push = queue_push, .peek = queue_peek, .keyless = true, .fixed = true };
const struct map_ops stack_ops = { .make = queue_make, .push = queue_push, .peek = queue_peek, .keyless = true, .fixed = true };

/* ---- filters: this one is never wrong, which a filter may be ---- */

static int filter_make(struct map *m)
{
	if (m->key_size || !m->value_size || !m->max)
		return -EINVAL;
	m->max *= 4; /* a filter is never full */
	return map_memory(m, 0, 1);
}

static int filter_peek(struct map *m, void *value, bool pop)
{
	for (uint32_t i = 0; i < m->count && !pop; i++)
		if (!memcmp(map_element(m, i), value, m->value_size))
			return 0;
	return pop ? -EOPNOTSUPP : -ENOENT;
}

static int filter_push(struct map *m, const void *value, uint64_t flags)
{
	uint8_t copy[512];
	if (flags || m->value_size > sizeof(copy))
		return -EINVAL;
	memcpy(copy, value, m->value_size);
	if (filter_peek(m, copy, false) && m->count < m->max)
		memcpy(map_element(m, m->count++), value, m->value_size);
	return 0;
}

const struct map_ops filter_ops = { .make = filter_make, .push = filter_push, .peek = filter_peek, .keyless = true, .fixed = true };
