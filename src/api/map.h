/*
 * map.h - what stands behind a pg_map: a map, state, per-CPU state or an event channel.
 *
 * Event records, as compiled code sends them: struct map_event, then the bytes of m->value.
 */
#ifndef API_MAP_H
#define API_MAP_H

#include "core/ctype.h"
#include "core/shape.h"
#include "kern/kern.h"
#include "perigee.h"

#include <string.h>

enum map_keys { MAP_KEYS_ANY, MAP_KEYS_INDEX, MAP_KEYS_NUMBER, MAP_KEYS_ID, MAP_KEYS_PREFIX, MAP_KEYS_NONE };

/* A type of map: one row. */
struct map_type {
	const char *name;          /* as scripts call it */
	uint32_t type;             /* BPF_MAP_TYPE_* */
	enum pg_map_role role;     /* which operations it has */
	enum map_keys keys;
	uint32_t flags;            /* that it always has */
	bool percpu;               /* a value for each CPU */
	const char *value;         /* the one type of values it has; NULL: any */
	bool devices;              /* values are network devices */
	bool locks;                /* a value may have a spin lock */
	bool outer;                /* values are maps */
	bool sockets;              /* values are sockets */
	enum map_holder holder;    /* STORAGE: what it hangs on */
	const char *since;         /* the Linux that it came with, if our oldest has it not; said when it is refused */
};

struct pg_map {
	unsigned refs;
	pg_ctx *ctx;               /* counted */
	enum pg_map_role role;
	const struct map_type *of;
	char name[64];             /* "" when it has none */
	struct ctype *key;         /* NULL: state, per-CPU state, events, and what has no keys */
	struct ctype *value;
	uint32_t entries, flags;   /* events: bytes of the ring */
	int numa;
	int fd;                    /* -1 until made */
	char *pin;                 /* path where it is pinned, or NULL */
	bool percpu, array;
	int ncpus;                 /* slots of a per-CPU value; else 1 */
	uint32_t slot;             /* bytes of one CPU's value */
	uint32_t lock;             /* where a value's spin lock lies; 0: it has none */

	uint8_t *mem;              /* STATE: the value itself, shared with the kernel */
	int lost_fd;               /* EVENTS: one-entry array, u64 at 0: records that found it full */
	uint64_t *lost;
	uint64_t foreign;          /* EVENTS: records that did not decode */
	struct kern_ring *ring;
	struct kern_user_ring *written; /* RING; NULL until it is used */
	struct map_sent *sent, **sent_end; /* EVENTS: by twins, not yet read */
	size_t sent_bytes;

	uint8_t *kbuf, *vbuf;      /* one key; one value as the kernel hands it over (all slots) */
	uint8_t *tmp;              /* one value */
	char *text;                /* string handed out last */
	struct pg_record *rec;     /* record handed out last */
	pg_value *each;            /* pg_map_each's results, one per CPU */
	char *each_text;
	struct pg_map_iter *iters; /* running */
	uint64_t changes;          /* writes through this handle */
	uint32_t way[2];           /* as map_shape has it */

	pg_map *inner;             /* OUTER: what the maps in it are like; never made */
	struct map_held **held;    /* OUTER, sockets: what was put in, hashed by key */
};

enum { MAP_EVENT_MAGIC = 0x50474556 };

struct map_event {
	uint32_t magic, size;      /* size: bytes behind this header */
};

/* An unsigned integer of 4 or 8 bytes, as keys and values have it. */
static inline uint64_t map_number(const uint8_t *at, uint32_t size)
{
	uint32_t half;
	uint64_t all;
	memcpy(&half, at, sizeof half);
	if (size == sizeof half)
		return half;
	memcpy(&all, at, sizeof all);
	return all;
}

int map_open(pg_map *m);       /* makes the kernel map; 0 or -errno with a text */
/* EVENTS: the lost counter's array; borrowed; or -errno with a text. */
int map_lost_fd(pg_map *m);
uint32_t map_key_size(const pg_map *m);
uint32_t map_kernel_key_size(const pg_map *m); /* as bpf(2) has it */
uint32_t map_value_bytes(const pg_map *m); /* all slots */

/* ---- inside the map files ---- */

/* The row of the type that the options name, or NULL with a text. */
const struct map_type *map_type_of(pg_ctx *ctx, const struct pg_map_opts *o);
const char *map_type_name(uint32_t type); /* or NULL */
int map_check_key(pg_map *m);  /* May maps of this type have m->key? 0 or -EINVAL with a text. */

/* Puts the key's bytes into m->kbuf. 1; 0: no such key can be there; or -errno with a text. */
int map_key(pg_map *m, enum pg_mode mode, const pg_value *key);
/* The same for a write: a key that does not fit is an error. */
int map_key_write(pg_map *m, enum pg_mode mode, const pg_value *key);
/* Reads the value at m->kbuf into m->vbuf: 1, 0: absent, -errno with a text. */
int map_fetch(pg_map *m);
/* Writes m->vbuf to the key in m->kbuf. */
int map_put(pg_map *m, enum pg_mode mode, uint64_t flags);
/* Decodes m->vbuf (f NULL: the whole value; *rec: where its record is kept; text: its strings). */
void map_decode(pg_map *m, enum pg_mode mode, const struct ct_field *f, pg_value *out,
		struct pg_record **rec, char *text);
void map_forget(pg_map *m);    /* strings and records handed out last */
/* The field, or NULL with a text. */
const struct ct_field *map_field(pg_map *m, const char *name);
/* Says that v does not fit as t or has the wrong kind; rc and why are ct_store's. */
int map_misfit(pg_map *m, enum pg_mode mode, bool is_key, const pg_value *v, int rc,
	       const char *why);
int map_fail(pg_map *m, int err, const char *doing); /* a system call's error, in words */
int map_make_fail(pg_map *m, const pg_map *model, int err); /* of making one like model: the kernel may be too old for it */

/* map_cpu.c: values with a slot for each CPU, in m->vbuf */
unsigned map_this_cpu(const pg_map *m);
uint8_t *map_cpu_slot(const pg_map *m, enum pg_mode mode); /* the slot that mode writes */
/* Spreads m->tmp (or only field f of it) over the slots, so that mode reads it back. */
void map_cpu_spread(pg_map *m, enum pg_mode mode, const struct ct_field *f);
/* The sum of the slots: integers added, anything else from the first CPU that has some. */
void map_cpu_sum(pg_map *m, const struct ct_field *f, pg_value *out, struct pg_record **rec,
		 char *text);

/* map_state.c: STATE's shared memory */
void map_state_read(pg_map *m, uint8_t *to);
void map_state_write(pg_map *m, const uint8_t *from, const struct ct_field *f);

/* map_iter.c */
void map_iter_deleted(pg_map *m, const void *key);

/* map_prefix.c: the prefix by which the key in m->kbuf is found in its place. 1; 0: there is none any more; or -errno with
 * a text. The kernel does not tell: it goes over all prefixes. */
int map_prefix_found(pg_map *m);

/* map_btf.c: BTF of the key's and the value's type: fd, or -errno */
int map_btf(const pg_map *m, uint32_t *key, uint32_t *value);
void map_types_text(const pg_map *m, char *buf, size_t n); /* "ip4 -> u64" */
bool map_btf_text(uint32_t id, char *out, size_t n); /* the same, of a map made by map_btf; false: it was not */

/* map_pin.c */
int map_pin_path(pg_map *m, const char *pin);
int map_pin_find(pg_map *m); /* fd; -ENOENT: nothing is pinned there; -errno with a text */
int map_pin_put(pg_map *m, int fd); /* 0; -EEXIST: there is one by now; -errno with a text */

/* map_storage.c: the storage of what m->kbuf names, as kern_map_lookup and so on */
int storage_new(pg_map *m);
const char *storage_holder(const pg_map *m); /* "thread" */
int storage_lookup(pg_map *m, void *value);
int storage_update(pg_map *m, const void *value, uint64_t flags);
int storage_delete(pg_map *m);
int storage_named(pg_map *m, const pg_value *name); /* the key of the holder of that name into m->kbuf */
int map_unlisted(pg_map *m); /* says that nobody can go over it: -EOPNOTSUPP */

/* map_outer.c: maps whose values are maps */
int outer_new(pg_map *m, const struct pg_map_opts *o);
int outer_model(pg_map *m);    /* fd of a kernel map like those in it, for its making: the caller's; or -errno */
int outer_set(pg_map *m, enum pg_mode mode, const pg_value *v); /* m->kbuf */
void outer_get(const pg_map *m, pg_value *out); /* likewise; PG_NIL: none was put there */

/* map_held.c: what the handle keeps of the entry at m->kbuf, where the kernel does not give it back */
struct map_held {
	struct map_held *next;
	pg_map *map;               /* OUTER: what was put in, counted */
	int fd;                    /* sockets: by which descriptor it was put in ... */
	uint64_t cookie;           /* ... and which one that was */
	uint8_t key[];
};
int held_new(pg_map *m);
struct map_held *held_at(const pg_map *m);      /* or NULL */
struct map_held *held_prepare(const pg_map *m); /* to be filled, then put; NULL: out of memory */
void held_put(pg_map *m, struct map_held *h);   /* in the place of what was there */
void held_drop(pg_map *m);
void held_free(pg_map *m);

/* map_socket.c: maps of sockets */
int socket_fetch(pg_map *m);   /* as map_fetch */
void socket_get(const pg_map *m, pg_value *out); /* a descriptor; PG_TRUE: one that another put in */
int socket_set(pg_map *m);     /* m->tmp */

/* map_ring.c: rings that the user half writes */
int ring_size(pg_map *m);
int ring_push(pg_map *m);      /* m->vbuf */
int ring_next(pg_map *m, pg_value *out); /* 1; 0: there is none */
int ring_clear(pg_map *m);

/* map_queue.c */
int queue_clear(pg_map *m);

/* events.c */
int events_send(pg_map *m, enum pg_mode mode, const pg_value *v);
void events_free(pg_map *m);

#endif
