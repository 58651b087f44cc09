/* map.c - maps whose elements are in an array, as they are, or found by hash; which types there are. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t round8(uint32_t n) { return (n + 7) & ~7u; }

static int cpus(void)
{
	static int n;
	FILE *f = n ? NULL : fopen("/sys/devices/system/cpu/possible", "r");
	unsigned last = 0;
	if (n)
		return n;
	if (f && fscanf(f, "0-%u", &last) != 1)
		last = 0;
	if (f)
		fclose(f);
	return n = (int)last + 1;
}

uint32_t map_cpu;

/* Of an element's values the one that is meant. */
static void *value_of(struct map *m, uint32_t i)
{
	return (uint8_t *)map_element(m, i) + m->key_room + (m->ops->percpu ? map_cpu * m->value_room : 0);
}

static void *memory(size_t n)
{
	void *p = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

int map_memory(struct map *m, uint32_t key_room, int ncpus)
{
	m->cpus = ncpus;
	m->key_room = key_room;
	m->value_room = round8(m->value_size);
	m->stride = key_room + m->value_room * (uint32_t)ncpus;
	m->size = (size_t)m->stride * m->max;
	if (!m->slab)
		m->slab = memory(m->size);
	if (!m->ops->fixed)
		m->used = memory(m->max);
	return m->slab && (m->used || m->ops->fixed) ? 0 : -ENOMEM;
}

void *map_element(struct map *m, uint32_t i)
{
	return m->slab + (size_t)i * m->stride;
}

bool map_holds(struct map *m, uint64_t at, size_t n, bool write)
{
	uint64_t base = (uint64_t)(uintptr_t)m->slab;
	if (!m->stride || at < base || at - base >= m->size || m->ops->outer || m->ops->keyless)
		return false;
	uint64_t off = (at - base) % m->stride;
	if (off < m->key_room)
		return !write && off + n <= m->key_size;
	if (write && m->flags & BPF_F_RDONLY_PROG)
		return false;
	off -= m->key_room;
	if (m->cpus == 1 && m->ops->fixed && !m->key_room)
		return off + n <= m->stride; /* of state: its bytes are one */
	return off % m->value_room + n <= m->value_room;
}

/* ---- arrays ---- */

static int array_make(struct map *m)
{
	if (m->key_size != 4 || !m->value_size || !m->max)
		return -EINVAL;
	return map_memory(m, 0, m->ops->percpu ? cpus() : 1);
}

static void *array_lookup(struct map *m, const void *key)
{
	uint32_t i;
	memcpy(&i, key, 4);
	return i < m->max ? value_of(m, i) : NULL;
}

static int array_update(struct map *m, const void *key, const void *value, uint64_t flags)
{
	void *at = array_lookup(m, key);
	if ((flags & 3) == BPF_NOEXIST)
		return -EEXIST;
	if (!at)
		return -E2BIG;
	memcpy(at, value, m->value_size);
	return 0;
}

static int array_remove(struct map *m, const void *key)
{
	(void)m, (void)key;
	return -EINVAL;
}

/* What redirects: an element that nothing was put into is not there. */
static int slots_make(struct map *m)
{
	int r = array_make(m);
	m->used = memory(m->max);
	return r || m->used ? r : -ENOMEM;
}

static void *slots_lookup(struct map *m, const void *key)
{
	uint8_t *at = array_lookup(m, key);
	return at && m->used[(size_t)(at - m->slab) / m->stride] ? at : NULL;
}

static int slots_update(struct map *m, const void *key, const void *value, uint64_t flags)
{
	uint32_t i;
	memcpy(&i, key, 4);
	if ((flags & 3) == BPF_NOEXIST && slots_lookup(m, key))
		return -EEXIST;
	int r = array_update(m, key, value, 0);
	if (!r)
		m->used[i] = 1;
	return r;
}

static int slots_remove(struct map *m, const void *key)
{
	uint32_t i;
	memcpy(&i, key, 4);
	if (i >= m->max)
		return -EINVAL;
	m->used[i] = 0;
	memset(map_element(m, i), 0, m->stride);
	return 0;
}

/* ---- hashes ---- */

static uint32_t hash(const struct map *m, const void *key)
{
	uint32_t h = 0x811c9dc5;
	for (uint32_t i = 0; i < m->key_size; i++)
		h = (h ^ ((const uint8_t *)key)[i]) * 0x01000193;
	return (h ^ h >> 15) & m->mask;
}

static bool forgets(const struct map *m)
{
	return m->type == BPF_MAP_TYPE_LRU_HASH || m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int hash_make(struct map *m)
{
	if (!m->key_size || !m->value_size || !m->max)
		return -EINVAL;
	for (m->mask = 1; m->mask < m->max; m->mask = m->mask * 2 + 1)
		;
	m->heads = memory(((size_t)m->mask + 1) * 4);
	m->next = memory((size_t)m->max * 4);
	m->touched = forgets(m) ? memory((size_t)m->max * 8) : NULL;
	if (!m->heads || !m->next || (forgets(m) && !m->touched))
		return -ENOMEM;
	return map_memory(m, round8(m->key_size), m->ops->percpu ? cpus() : 1);
}

/* Where the number of key's element stands: 0 is there where it is none. */
static uint32_t *hash_place(struct map *m, const void *key)
{
	uint32_t *p = &m->heads[hash(m, key)];
	while (*p && memcmp(map_element(m, *p - 1), key, m->key_size))
		p = &m->next[*p - 1];
	return p;
}

static void touch(struct map *m, uint32_t i)
{
	static uint64_t now;
	if (m->touched)
		m->touched[i] = ++now;
}

static void *hash_lookup(struct map *m, const void *key)
{
	uint32_t i = *hash_place(m, key);
	if (i)
		touch(m, i - 1);
	return i ? value_of(m, i - 1) : NULL;
}

static int hash_remove(struct map *m, const void *key)
{
	uint32_t *p = hash_place(m, key), i = *p;
	if (!i)
		return -ENOENT;
	*p = m->next[i - 1];
	m->next[i - 1] = m->spare;
	m->spare = i;
	m->used[i - 1] = 0;
	m->count--;
	return 0;
}

static void forget_oldest(struct map *m)
{
	uint32_t oldest = m->max;
	for (uint32_t i = 0; i < m->max; i++)
		if (m->used[i] && (oldest == m->max || m->touched[i] < m->touched[oldest]))
			oldest = i;
	uint8_t key[512];
	memcpy(key, map_element(m, oldest), m->key_size);
	hash_remove(m, key);
}

static uint32_t hash_add(struct map *m, const void *key, uint32_t *place)
{
	uint32_t i = m->spare ? m->spare : ++m->ever;
	if (m->spare)
		m->spare = m->next[i - 1];
	*place = i;
	m->next[i - 1] = 0;
	m->used[i - 1] = 1;
	m->count++;
	memset(map_element(m, i - 1), 0, m->stride);
	memcpy(map_element(m, i - 1), key, m->key_size);
	return i;
}

static int hash_update(struct map *m, const void *key, const void *value, uint64_t flags)
{
	uint32_t *place = hash_place(m, key), i = *place;
	flags &= 3;
	if (i && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!i && flags == BPF_EXIST)
		return -ENOENT;
	if (!i && m->count == m->max && !forgets(m))
		return -E2BIG;
	if (!i && m->count == m->max) {
		forget_oldest(m);
		place = hash_place(m, key);
	}
	i = i ? i : hash_add(m, key, place);
	touch(m, i - 1);
	memcpy(value_of(m, i - 1), value, m->value_size);
	return 0;
}

/* ---- all of them ---- */

#define ARRAY .make = array_make, .lookup = array_lookup, .update = array_update, .remove = array_remove, .fixed = true
#define SLOTS .make = slots_make, .lookup = slots_lookup, .update = slots_update, .remove = slots_remove, .fixed = true
#define HASH .make = hash_make, .lookup = hash_lookup, .update = hash_update, .remove = hash_remove

static const struct map_ops array_ops = { ARRAY }, percpu_array_ops = { ARRAY, .percpu = true }, hash_ops = { HASH },
			    percpu_hash_ops = { HASH, .percpu = true }, slots_ops = { SLOTS },
			    device_hash_ops = { HASH }, outer_array_ops = { SLOTS, .outer = true },
			    outer_hash_ops = { HASH, .outer = true };

static const struct map_ops *const types[] = {
	[BPF_MAP_TYPE_HASH] = &hash_ops,
	[BPF_MAP_TYPE_ARRAY] = &array_ops,
	[BPF_MAP_TYPE_PERCPU_HASH] = &percpu_hash_ops,
	[BPF_MAP_TYPE_PERCPU_ARRAY] = &percpu_array_ops,
	[BPF_MAP_TYPE_LRU_HASH] = &hash_ops,
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = &percpu_hash_ops,
	[BPF_MAP_TYPE_LPM_TRIE] = &lpm_ops,
	[BPF_MAP_TYPE_QUEUE] = &queue_ops,
	[BPF_MAP_TYPE_STACK] = &stack_ops,
	[BPF_MAP_TYPE_BLOOM_FILTER] = &filter_ops,
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = &outer_array_ops,
	[BPF_MAP_TYPE_HASH_OF_MAPS] = &outer_hash_ops,
	[BPF_MAP_TYPE_DEVMAP] = &slots_ops,
	[BPF_MAP_TYPE_DEVMAP_HASH] = &device_hash_ops,
	[BPF_MAP_TYPE_CPUMAP] = &slots_ops,
	[BPF_MAP_TYPE_RINGBUF] = &ring_ops,
	[BPF_MAP_TYPE_USER_RINGBUF] = &user_ring_ops,
};

/* State, and rings, are shared with the process: their memory is the descriptor's file. */
static int share(struct map *m, int fd)
{
	long page = sysconf(_SC_PAGESIZE);
	m->file = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (m->file < 0 || ftruncate(fd, ((off_t)m->size + page - 1) / page * page))
		return -errno;
	if (m->ops->keyless)
		return 0; /* mapped when it is used */
	void *p = mmap(m->slab, m->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	return p == MAP_FAILED ? -errno : 0;
}

static bool is_shared(const struct map *m)
{
	return m->flags & BPF_F_MMAPABLE || m->ops == &ring_ops || m->ops == &user_ring_ops;
}

int map_create(const union bpf_attr *a)
{
	uint32_t type = a->map_type;
	const struct map_ops *ops = type < sizeof(types) / sizeof(*types) ? types[type] : NULL;
	struct map *m = ops ? calloc(1, sizeof(*m)) : NULL;
	if (!m)
		return ops ? -ENOMEM : -EINVAL;
	*m = (struct map){ .ops = ops, .type = type, .key_size = a->key_size, .value_size = a->value_size,
			   .max = a->max_entries, .flags = a->map_flags };
	memcpy(m->name, a->map_name, sizeof(m->name));
	if (ops->outer) {
		m->like = map_of_fd((int)a->inner_map_fd);
		m->value_size = 4;
	}
	int r = ops->outer && !m->like ? -EBADF : ops->make(m);
	int fd = r ? r : object_new(MAP_OBJECT, m, &m->id);
	r = fd >= 0 && is_shared(m) ? share(m, fd) : 0;
	return r ? r : fd;
}

static uint32_t index_of(struct map *m, const void *key)
{
	for (uint32_t i = 0; i < m->max; i++)
		if ((!m->used || m->used[i]) && !memcmp(map_element(m, i), key, m->key_size))
			return i;
	return m->max;
}

static int array_next(struct map *m, const void *key, void *next)
{
	uint32_t i = 0;
	if (key)
		memcpy(&i, key, 4);
	i = !key || i >= m->max ? 0 : i + 1;
	if (i >= m->max)
		return -ENOENT;
	memcpy(next, &i, 4);
	return 0;
}

int map_next_key(struct map *m, const void *key, void *next)
{
	if (!m->ops->lookup)
		return -EOPNOTSUPP;
	if (m->ops->fixed)
		return array_next(m, key, next);
	uint32_t i = 0;
	if (key && m->heads)
		i = *hash_place(m, key); /* the one behind it, or the first */
	else if (key)
		i = index_of(m, key) + 1 > m->max ? 0 : index_of(m, key) + 1;
	while (i < m->max && !m->used[i])
		i++;
	if (i >= m->max)
		return -ENOENT;
	memcpy(next, map_element(m, i), m->key_size);
	return 0;
}
