/* shape.h - what the compiler and its rows need to know of a map handle. */
#ifndef CORE_SHAPE_H
#define CORE_SHAPE_H

#include "core/ctype.h"

/* What a storage hangs on. */
enum map_holder { MAP_HELD_NOWHERE, MAP_HELD_BY_TASK, MAP_HELD_BY_SOCKET, MAP_HELD_BY_CGROUP, MAP_HELD_BY_INODE };

struct map_shape {
	enum pg_map_role role;
	enum map_holder holder;    /* STORAGE */
	const uint32_t *way;       /* MAP_HELD_BY_CGROUP: offsets of the pointers that lead there from a task */
	const char *type;          /* "hash" */
	const char *name;          /* as messages call it; "" when it has none */
	const struct ctype *key;   /* NULL: state and events */
	const struct ctype *value;
	uint32_t entries;
	bool array;                /* keys 0 to entries - 1, never nil inside */
	bool percpu;
	bool lpm;
	bool pinned;               /* another handle may be the same map of the kernel, if that is pinned too */
	uint32_t bytes;            /* of a value, as the kernel has it */
	uint32_t lock;             /* where in it a spin lock lies; 0: none */
	const pg_map *inner;       /* what the maps in it are like; NULL: it holds none */
};

/* Filled by whoever owns map handles (api/). Pointers live as long as the handle. */
void map_shape(const pg_map *m, struct map_shape *out);

#endif
