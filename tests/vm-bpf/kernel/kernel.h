/*
 * kernel.h - as much of the kernel's bpf(2) as packet programs need, in user space and without rights: maps,
 * programs run by the machine of vm.h, helpers. bpf_preload.c puts it in place of the system call.
 *
 * What a caller gets instead of the kernel's descriptors are those of empty files (memfd); what an object is
 * hangs on the file's number, so that a duplicate is the same object. Nothing is let go before the process
 * ends. It is for one thread.
 */
#ifndef VM_BPF_KERNEL_H
#define VM_BPF_KERNEL_H

#include "../vm.h"

#include <stdbool.h>
#include <stdint.h>

struct map;

/* What a type of maps does. Each gives 0 or -errno; those that are NULL give -EOPNOTSUPP. */
struct map_ops {
	int (*make)(struct map *m);                                 /* checks sizes, takes its memory */
	void *(*lookup)(struct map *m, const void *key);            /* the value's place, or NULL */
	int (*update)(struct map *m, const void *key, const void *value, uint64_t flags);
	int (*remove)(struct map *m, const void *key);
	int (*push)(struct map *m, const void *value, uint64_t flags);
	int (*peek)(struct map *m, void *value, bool pop);          /* of filters: is the value there? */
	bool keyless;                                               /* bpf(2), too, pushes and peeks */
	bool percpu;
	bool outer;                                                 /* holds maps: a value is one's number */
	bool fixed;                                                 /* elements are there from the start */
};

struct map {
	const struct map_ops *ops;
	uint32_t id, type, key_size, value_size, max, flags;
	char name[16];
	bool frozen;
	int cpus;                  /* of a value: 1, but of per-CPU maps */
	uint32_t key_room, value_room, stride; /* an element: key, then a value for each CPU */
	uint8_t *slab;             /* max elements */
	size_t size;               /* of slab */
	uint8_t *used;             /* one byte an element; NULL: all are */
	uint64_t *touched;         /* of those that forget: when last */
	uint32_t *heads, *next, mask; /* hashed: by hash, then the next one and one; 0: none */
	uint32_t spare, ever, count;  /* list of elements given back (and one); how many ever were, are */
	uint32_t first;            /* of a queue */
	int file;                  /* of what the process maps: its descriptor, kept */
	struct map *like;          /* of an outer one: what it holds is made like it */
};

struct prog {
	uint32_t id, type, n;
	char name[16];
	struct bpf_insn *insns;    /* descriptors replaced by numbers of objects */
};

enum object_kind { NO_OBJECT, MAP_OBJECT, PROG_OBJECT, BTF_OBJECT };

/* Objects by number, from 1 on; NULL when it is none of that kind. */
struct map *object_map(uint32_t id);
struct map *map_of_fd(int fd);
struct prog *prog_of_fd(int fd);
/* A descriptor for what `what` is, and its number. -errno. */
int object_new(enum object_kind kind, void *what, uint32_t *id);
/* Another descriptor of the object. -errno. */
int object_fd(enum object_kind kind, uint32_t id);
/* The kind of what a descriptor is, or NO_OBJECT; *what: the object. */
enum object_kind object_of_fd(int fd, void **what);

/* Whose value of a per-CPU map is meant: the process's own while a program runs, else the first, behind which
 * the others are. */
extern uint32_t map_cpu;
/* maps. -errno. attr: of BPF_MAP_CREATE. */
int map_create(const union bpf_attr *attr);
/* The element after key's, the first one where key is NULL or not there. -ENOENT: there is none. */
int map_next_key(struct map *m, const void *key, void *next);
void *map_element(struct map *m, uint32_t i);
/* The memory at `at` as it may be used by programs. */
bool map_holds(struct map *m, uint64_t at, size_t n, bool write);
/* A place of a ring buffer's pages in *fd's file; NULL: as it fails. */
void *ring_mmap(struct map *m, int fd, size_t len, int prot, size_t off);
int ring_output(struct map *m, const void *data, uint64_t n);
/* The next record that the process wrote into a ring that programs read; NULL: none. ring_taken goes on. */
const void *ring_next(struct map *m, uint32_t *n);
void ring_taken(struct map *m);
int map_memory(struct map *m, uint32_t key_room, int cpus);
extern const struct map_ops ring_ops, user_ring_ops, lpm_ops, queue_ops, stack_ops, filter_ops;

/* BPF_PROG_TEST_RUN, as the kernel does it for the program's type. -errno; -ENOEXEC: the machine stopped, and
 * why is on stderr. */
int prog_test(struct prog *p, union bpf_attr *attr);

/* helper.c: what a run has, for helpers. The packet is in one piece; the linear part of it is what the
 * program sees through pointers. */
enum { HEADROOM = 256, LINEAR_MOST = 3520, PACKET_MOST = LINEAR_MOST + 17 * 4096 };
struct packet_run {
	struct prog *prog;
	uint8_t *start;            /* of the room */
	uint8_t *data, *end;
	uint32_t linear;           /* bytes */
	uint16_t protocol;         /* as it is on the wire */
	uint32_t ctx[48];          /* struct xdp_md, or struct __sk_buff */
	struct map **maps;         /* that the program has met */
	uint32_t nmaps, room;
	uint8_t key[512];          /* of an element that a call-back gets */
};
uint64_t helper_call(struct vm *vm, int32_t id, const uint64_t r[5]);
uint64_t kfunc_call(struct vm *vm, int32_t id, const uint64_t r[5]);
bool helper_known(int32_t id);
/* A map as programs have it in a register, and back (NULL: it is none). */
uint64_t map_value(struct packet_run *r, struct map *m);
struct map *map_given(struct vm *vm, uint64_t v);
void packet_moved(struct vm *vm);

/* The name of type `id` of the kernel's own BTF, or NULL. */
const char *kernel_type(uint32_t id);

#endif
