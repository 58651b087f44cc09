/* map_type.c - the types of maps there are: one row each, and what their keys and values may be. */
#include "api/api.h"
#include "api/map.h"
#include "kern/bpf_abi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct map_type map_types[] = {
	{ "hash",            BPF_MAP_TYPE_HASH,            .role = PG_ROLE_MAP, .locks = true },
	{ "array",           BPF_MAP_TYPE_ARRAY,           .role = PG_ROLE_MAP, .keys = MAP_KEYS_INDEX, .locks = true },
	{ "lru_hash",        BPF_MAP_TYPE_LRU_HASH,        .role = PG_ROLE_MAP },
	{ "percpu_hash",     BPF_MAP_TYPE_PERCPU_HASH,     .role = PG_ROLE_MAP, .percpu = true },
	{ "percpu_array",    BPF_MAP_TYPE_PERCPU_ARRAY,    .role = PG_ROLE_MAP, .keys = MAP_KEYS_INDEX, .percpu = true },
	{ "lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, .role = PG_ROLE_MAP, .percpu = true },
	{ "lpm_trie",        BPF_MAP_TYPE_LPM_TRIE,        .role = PG_ROLE_MAP, .keys = MAP_KEYS_PREFIX,
	  .flags = BPF_F_NO_PREALLOC },
	{ "queue",           BPF_MAP_TYPE_QUEUE,           .role = PG_ROLE_QUEUE, .keys = MAP_KEYS_NONE },
	{ "stack",           BPF_MAP_TYPE_STACK,           .role = PG_ROLE_QUEUE, .keys = MAP_KEYS_NONE },
	{ "bloom_filter",    BPF_MAP_TYPE_BLOOM_FILTER,    .role = PG_ROLE_FILTER, .keys = MAP_KEYS_NONE,
	  .since = "5.16" },
	{ "user_ringbuf",    BPF_MAP_TYPE_USER_RINGBUF,    .role = PG_ROLE_RING, .keys = MAP_KEYS_NONE, .since = "6.1" },
	{ "array_of_maps",   BPF_MAP_TYPE_ARRAY_OF_MAPS,   .role = PG_ROLE_OUTER, .keys = MAP_KEYS_NUMBER, .value = "u32",
	  .outer = true },
	{ "hash_of_maps",    BPF_MAP_TYPE_HASH_OF_MAPS,    .role = PG_ROLE_OUTER, .value = "u32", .outer = true },
	{ "task_storage",    BPF_MAP_TYPE_TASK_STORAGE,    .role = PG_ROLE_STORAGE, .keys = MAP_KEYS_NUMBER,
	  .flags = BPF_F_NO_PREALLOC, .holder = MAP_HELD_BY_TASK, .since = "5.12" },
	{ "sk_storage",      BPF_MAP_TYPE_SK_STORAGE,      .role = PG_ROLE_STORAGE, .keys = MAP_KEYS_NUMBER,
	  .flags = BPF_F_NO_PREALLOC, .holder = MAP_HELD_BY_SOCKET },
	{ "cgrp_storage",    ABI_MAP_CGRP_STORAGE,         .role = PG_ROLE_STORAGE, .keys = MAP_KEYS_ID,
	  .flags = BPF_F_NO_PREALLOC, .holder = MAP_HELD_BY_CGROUP, .since = "6.2" },
	{ "inode_storage",   BPF_MAP_TYPE_INODE_STORAGE,   .role = PG_ROLE_STORAGE, .keys = MAP_KEYS_NUMBER,
	  .flags = BPF_F_NO_PREALLOC, .holder = MAP_HELD_BY_INODE },
	{ "devmap",          BPF_MAP_TYPE_DEVMAP,          .role = PG_ROLE_REDIRECT, .keys = MAP_KEYS_NUMBER, .value = "u32",
	  .devices = true },
	{ "devmap_hash",     BPF_MAP_TYPE_DEVMAP_HASH,     .role = PG_ROLE_REDIRECT, .keys = MAP_KEYS_NUMBER, .value = "u32",
	  .devices = true },
	{ "xskmap",          BPF_MAP_TYPE_XSKMAP,          .role = PG_ROLE_REDIRECT, .keys = MAP_KEYS_NUMBER, .value = "u32",
	  .sockets = true },
	{ "sockmap",         BPF_MAP_TYPE_SOCKMAP,         .role = PG_ROLE_SOCKETS, .keys = MAP_KEYS_NUMBER, .value = "u64",
	  .sockets = true },
	{ "sockhash",        BPF_MAP_TYPE_SOCKHASH,        .role = PG_ROLE_SOCKETS, .value = "u64", .sockets = true },
	{ "cpumap",          BPF_MAP_TYPE_CPUMAP,          .role = PG_ROLE_REDIRECT, .keys = MAP_KEYS_NUMBER, .value = "u32" },
};
enum { NTYPES = sizeof map_types / sizeof map_types[0] };

/* What stands behind a role that no type names. */
static const struct map_type own_types[] = {
	[PG_ROLE_STATE] = { "array", BPF_MAP_TYPE_ARRAY, .role = PG_ROLE_STATE, .keys = MAP_KEYS_INDEX,
			    .flags = BPF_F_MMAPABLE },
	[PG_ROLE_PERCPU] = { "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, .role = PG_ROLE_PERCPU,
			     .keys = MAP_KEYS_INDEX, .percpu = true },
	[PG_ROLE_EVENTS] = { "ringbuf", BPF_MAP_TYPE_RINGBUF, .role = PG_ROLE_EVENTS, .keys = MAP_KEYS_NONE },
};

/* Types of the kernel that scripts do not make, and what they use instead. */
static const struct { const char *name, *instead; } other_types[] = {
	{ "prog_array", "a prog_array holds programs, which a script cannot name as values; link:replace(f) changes "
			"what a hook runs" },
	{ "ringbuf", "what programs send is read from bpf.events { ... }" },
	{ "perf_event_array", "what programs send is read from bpf.events { ... }" },
	{ "stack_trace", "a stack_trace holds stacks, which kernel code has none of yet" },
	{ "cgroup_array", "a cgroup_array is asked for a task's cgroup: bpf.cgroup_id() is a key of any map" },
	{ "cgroup_storage", "what a cgroup keeps is in a cgrp_storage (Linux 6.2 or later)" },
	{ "percpu_cgroup_storage", "what a cgroup keeps is in a cgrp_storage (Linux 6.2 or later)" },
	{ "reuseport_sockarray", "a socket is chosen in bpf.sk_lookup, from a sockmap or sockhash: m:assign(k)" },
	{ "struct_ops", "a struct_ops holds functions of the kernel, which a script cannot give it yet" },
	{ "arena", "kernel code has no use for an arena; what changes is kept in maps and bpf.state { ... }" },
};

static void no_type(pg_ctx *ctx, const char *asked, const char *const *names)
{
	char all[400] = "";
	const char *near = asked ? ir_nearest(asked, names, NTYPES) : NULL;
	for (unsigned i = 0; asked && i < sizeof other_types / sizeof other_types[0]; i++) {
		if (strcmp(asked, other_types[i].name))
			continue;
		api_fail(ctx, -EINVAL, "%s", other_types[i].instead);
		return;
	}
	if (near) {
		api_fail(ctx, -EINVAL, "there is no map type '%s'; did you mean '%s'?", asked, near);
		return;
	}
	for (size_t i = 0, at = 0; i < NTYPES && at < sizeof all; i++)
		at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", names[i]);
	api_fail(ctx, -EINVAL, "%s%s%s; types are %s", asked ? "there is no map type '" : "a map needs a type",
		 asked ? asked : "", asked ? "'" : "", all);
}

const struct map_type *map_type_of(pg_ctx *ctx, const struct pg_map_opts *o)
{
	const char *names[NTYPES];
	if (o->role != PG_ROLE_MAP && o->role < sizeof own_types / sizeof own_types[0])
		return &own_types[o->role];
	for (unsigned i = 0; i < NTYPES; i++) {
		names[i] = map_types[i].name;
		if (o->type && !strcmp(o->type, names[i]))
			return &map_types[i];
	}
	no_type(ctx, o->type, names);
	return NULL;
}

const char *map_type_name(uint32_t type)
{
	for (unsigned i = 0; i < NTYPES; i++)
		if (map_types[i].type == type)
			return map_types[i].name;
	return NULL;
}

static bool is_prefix(const struct ctype *t)
{
	return t->kind == CT_PREFIX4 || t->kind == CT_PREFIX6;
}

static bool is_number(const struct ctype *t, uint32_t size)
{
	return t->kind == CT_INT && t->size == size && !t->big && !t->is_signed;
}

int map_check_key(pg_map *m)
{
	enum map_keys want = m->of->keys;
	char text[256];
	ct_text(m->key, text, sizeof text);
	if (want == MAP_KEYS_PREFIX && !is_prefix(m->key))
		return api_fail(m->ctx, -EINVAL, "the key of an %s is ip4/prefix or ip6/prefix, not %s", m->of->name,
				text);
	if (want != MAP_KEYS_PREFIX && is_prefix(m->key))
		return api_fail(m->ctx, -EINVAL, "%s keys are for lpm_trie maps, not %s", text, m->of->name);
	if (want == MAP_KEYS_ID && !is_number(m->key, 8))
		return api_fail(m->ctx, -EINVAL, "the key of a %s is u64, not %s", m->of->name, text);
	if ((want == MAP_KEYS_INDEX || want == MAP_KEYS_NUMBER) && !is_number(m->key, 4))
		return api_fail(m->ctx, -EINVAL, "the key of %s %s is u32, not %s",
				want == MAP_KEYS_INDEX ? "an" : "a", want == MAP_KEYS_INDEX ? "array" : m->of->name, text);
	return 0;
}
