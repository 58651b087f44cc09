/*
 * bpf_preload.c - preloaded into the command: bpf(2) is answered here, by kernel/, and by no kernel. All that
 * loads, tests and reads runs as any user then; what attaches finds nothing to attach to.
 *
 *     LD_PRELOAD=build/tests/bpf_preload.so build/perigee tests/lang/maps.lua
 */
#include "../preload.h"
#include "kernel/kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- objects, by the numbers of their files ---- */

struct object { enum object_kind kind; uint32_t id; void *what; };
struct file { ino_t ino; uint32_t object; };

static struct object *objects;
static uint32_t nobjects;
static struct file *files; /* hashed by ino; ino 0: free */
static uint32_t nfiles, file_mask;

static struct file *file_place(ino_t ino)
{
	uint32_t k = (uint32_t)(ino * 0x9e3779b97f4a7c15u >> 32) & file_mask;
	while (files[k].ino && files[k].ino != ino)
		k = (k + 1) & file_mask;
	return &files[k];
}

static void more_files(void)
{
	struct file *old = files;
	uint32_t n = file_mask + 1;
	file_mask = file_mask * 2 + 1 > 255 ? file_mask * 2 + 1 : 255;
	files = calloc(file_mask + 1u, sizeof(*files));
	for (uint32_t k = 0; old && k < n; k++)
		if (old[k].ino)
			*file_place(old[k].ino) = old[k];
	free(old);
}

static int name_file(uint32_t object)
{
	struct stat st;
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!files || nfiles * 2 > file_mask)
		more_files();
	struct file *f = file_place(st.st_ino);
	nfiles += !f->ino;
	*f = (struct file){ st.st_ino, object };
	return fd;
}

int object_new(enum object_kind kind, void *what, uint32_t *id)
{
	if (!(nobjects & (nobjects + 1)))
		objects = realloc(objects, (nobjects + 1) * 2 * sizeof(*objects));
	*id = ++nobjects;
	objects[nobjects - 1] = (struct object){ kind, *id, what };
	return name_file(*id);
}

static struct object *object(uint32_t id) { return id && id <= nobjects ? &objects[id - 1] : NULL; }

int object_fd(enum object_kind kind, uint32_t id)
{
	struct object *o = object(id);
	return o && o->kind == kind ? name_file(id) : -ENOENT;
}

enum object_kind object_of_fd(int fd, void **what)
{
	struct stat st;
	if (!files || fd < 0 || fstat(fd, &st))
		return NO_OBJECT;
	struct file *f = file_place(st.st_ino);
	struct object *o = f->ino ? object(f->object) : NULL;
	*what = o ? o->what : NULL;
	return o ? o->kind : NO_OBJECT;
}

static void *of_kind(int fd, enum object_kind kind)
{
	void *what;
	return object_of_fd(fd, &what) == kind ? what : NULL;
}

struct map *map_of_fd(int fd) { return of_kind(fd, MAP_OBJECT); }
struct prog *prog_of_fd(int fd) { return of_kind(fd, PROG_OBJECT); }

struct map *object_map(uint32_t id)
{
	struct object *o = object(id);
	return o && o->kind == MAP_OBJECT ? o->what : NULL;
}

/* ---- elements ---- */

static void *pointer(uint64_t v) { return (void *)(uintptr_t)v; }

static int element_lookup(struct map *m, union bpf_attr *a)
{
	uint8_t *v = pointer(a->value);
	if (m->ops->keyless)
		return m->ops->peek ? m->ops->peek(m, v, false) : -EOPNOTSUPP;
	uint8_t *p = m->ops->lookup(m, pointer(a->key));
	if (!p)
		return -ENOENT;
	uint32_t each = m->ops->percpu ? m->value_room : m->value_size;
	memcpy(v, p, (size_t)each * (size_t)m->cpus);
	if (m->ops->outer) {
		uint32_t id;
		memcpy(&id, p, 4);
		return id ? 0 : -ENOENT;
	}
	return 0;
}

/* A map that holds maps keeps the number of one that is like its own. */
static int outer_update(struct map *m, union bpf_attr *a)
{
	int fd;
	memcpy(&fd, pointer(a->value), 4);
	struct map *in = map_of_fd(fd);
	if (!in)
		return -EBADF;
	const struct map *like = m->like;
	if (in->type != like->type || in->key_size != like->key_size || in->value_size != like->value_size ||
	    (in->max != like->max && in->ops->fixed && !in->ops->keyless && !(like->flags & BPF_F_INNER_MAP)))
		return -EINVAL;
	return m->ops->update(m, pointer(a->key), &in->id, a->flags);
}

/* Of each CPU: the element is made, then all of it is written. */
static int percpu_update(struct map *m, union bpf_attr *a)
{
	const uint8_t *v = pointer(a->value);
	int r = m->ops->update(m, pointer(a->key), v, a->flags);
	if (!r)
		memcpy(m->ops->lookup(m, pointer(a->key)), v, (size_t)m->value_room * (size_t)m->cpus);
	return r;
}

static int element_update(struct map *m, union bpf_attr *a)
{
	if (m->frozen)
		return -EPERM;
	if (m->ops->keyless)
		return m->ops->push ? m->ops->push(m, pointer(a->value), a->flags) : -EOPNOTSUPP;
	if (m->ops->outer)
		return outer_update(m, a);
	if (m->ops->percpu)
		return percpu_update(m, a);
	return m->ops->update(m, pointer(a->key), pointer(a->value), a->flags);
}

static int element_delete(struct map *m, union bpf_attr *a)
{
	if (m->frozen)
		return -EPERM;
	return m->ops->remove ? m->ops->remove(m, pointer(a->key)) : -EOPNOTSUPP;
}

static int element_next(struct map *m, union bpf_attr *a)
{
	return map_next_key(m, pointer(a->key), pointer(a->next_key));
}

static int element_take(struct map *m, union bpf_attr *a)
{
	if (m->ops->keyless)
		return m->ops->peek ? m->ops->peek(m, pointer(a->value), true) : -EOPNOTSUPP;
	int r = element_lookup(m, a);
	return r ? r : element_delete(m, a);
}

static int element(union bpf_attr *a, int (*f)(struct map *, union bpf_attr *))
{
	struct map *m = map_of_fd((int)a->map_fd);
	return m ? f(m, a) : -EBADF;
}

/* ---- commands ---- */

static int lookup(union bpf_attr *a) { return element(a, element_lookup); }
static int update(union bpf_attr *a) { return element(a, element_update); }
static int delete(union bpf_attr *a) { return element(a, element_delete); }
static int next(union bpf_attr *a) { return element(a, element_next); }
static int take(union bpf_attr *a) { return element(a, element_take); }
static int create(union bpf_attr *a) { return map_create(a); }

static int freeze(union bpf_attr *a)
{
	struct map *m = map_of_fd((int)a->map_fd);
	if (m)
		m->frozen = true;
	return m ? 0 : -EBADF;
}

/* The kernel takes batches of hashes and arrays, or none: the caller goes one by one then. */
static int no_batch(union bpf_attr *a)
{
	(void)a;
	return -524;
}

static int btf_load(union bpf_attr *a)
{
	uint32_t id;
	(void)a;
	return object_new(BTF_OBJECT, "", &id);
}

/* Is it the question whether a helper is there? The kernel's answer is that it lacks its arguments. */
static bool asks_helper(const struct bpf_insn *i, uint32_t n)
{
	return n == 2 && i->code == (BPF_JMP | BPF_CALL) && !i->src_reg;
}

static int use_maps(struct prog *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		struct bpf_insn *i = &p->insns[k];
		if (i->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		struct map *m = i->src_reg == BPF_PSEUDO_MAP_FD || i->src_reg == BPF_PSEUDO_MAP_VALUE ? map_of_fd(i->imm) : NULL;
		if (i->src_reg && i->src_reg != BPF_PSEUDO_FUNC && !m)
			return -EBADF;
		if (m)
			i->imm = (int32_t)m->id;
		k++;
	}
	return 0;
}

static int prog_load(union bpf_attr *a)
{
	const struct bpf_insn *insns = pointer(a->insns);
	if (asks_helper(insns, a->insn_cnt))
		return helper_known(insns->imm) ? -EACCES : -EINVAL;
	struct prog *p = calloc(1, sizeof(*p));
	*p = (struct prog){ .type = a->prog_type, .n = a->insn_cnt, .insns = malloc(a->insn_cnt * sizeof(*insns)) };
	memcpy(p->insns, insns, a->insn_cnt * sizeof(*insns));
	memcpy(p->name, a->prog_name, sizeof(p->name));
	int r = use_maps(p);
	return r ? r : object_new(PROG_OBJECT, p, &p->id);
}

static int test_run(union bpf_attr *a)
{
	struct prog *p = prog_of_fd((int)a->test.prog_fd);
	return p ? prog_test(p, a) : -EBADF;
}

static void tell(union bpf_attr *a, const void *info, size_t n)
{
	memcpy(pointer(a->info.info), info, n < a->info.info_len ? n : a->info.info_len);
}

static int info(union bpf_attr *a)
{
	void *what;
	const struct map *m;
	const struct prog *p;
	switch (object_of_fd((int)a->info.bpf_fd, &what)) {
	case MAP_OBJECT:
		m = what;
		tell(a, &(struct bpf_map_info){ .type = m->type, .id = m->id, .key_size = m->key_size, .value_size = m->value_size,
						.max_entries = m->max, .map_flags = m->flags }, sizeof(struct bpf_map_info));
		return 0;
	case PROG_OBJECT:
		p = what;
		tell(a, &(struct bpf_prog_info){ .type = p->type, .id = p->id, .xlated_prog_len = p->n * 8 },
		     sizeof(struct bpf_prog_info));
		return 0;
	default:
		return -EBADF;
	}
}

static int map_by_id(union bpf_attr *a) { return object_fd(MAP_OBJECT, a->map_id); }

/* Nothing can be attached; what asks whether it could is told so. */
static int link_create(union bpf_attr *a)
{
	enum { TCX_INGRESS = 46, TCX_EGRESS };
	uint32_t type = a->link_create.attach_type;
	bool tcx = type == TCX_INGRESS || type == TCX_EGRESS;
	return tcx && prog_of_fd((int)a->link_create.prog_fd) ? -ENODEV : -EBADF;
}

static int (*const commands[])(union bpf_attr *) = {
	[BPF_MAP_CREATE] = create, [BPF_MAP_LOOKUP_ELEM] = lookup, [BPF_MAP_UPDATE_ELEM] = update,
	[BPF_MAP_DELETE_ELEM] = delete, [BPF_MAP_GET_NEXT_KEY] = next, [BPF_MAP_LOOKUP_AND_DELETE_ELEM] = take,
	[BPF_MAP_FREEZE] = freeze, [BPF_MAP_LOOKUP_BATCH] = no_batch, [BPF_MAP_UPDATE_BATCH] = no_batch,
	[BPF_BTF_LOAD] = btf_load, [BPF_PROG_LOAD] = prog_load, [BPF_PROG_TEST_RUN] = test_run,
	[BPF_OBJ_GET_INFO_BY_FD] = info, [BPF_MAP_GET_FD_BY_ID] = map_by_id, [BPF_LINK_CREATE] = link_create,
};

static int bpf(unsigned long cmd, union bpf_attr *a)
{
	return cmd < sizeof(commands) / sizeof(*commands) && commands[cmd] ? commands[cmd](a) : -EINVAL;
}

/* ---- what stands before the C library ---- */

long syscall(long number, ...)
{
	long a[6];
	TAKE_ARGUMENTS(number, a);
	if (number == SYS_bpf) {
		int r = bpf((unsigned long)a[0], (union bpf_attr *)a[1]);
		errno = r < 0 ? -r : errno;
		return r < 0 ? -1 : r;
	}
	return real_syscall(number, a);
}

void *mmap(void *where, size_t len, int prot, int flags, int fd, off_t off)
{
	struct map *m = fd >= 0 ? map_of_fd(fd) : NULL;
	if (m && (m->ops == &ring_ops || m->ops == &user_ring_ops))
		return ring_mmap(m, fd, len, prot, (size_t)off);
	return (void *)real_syscall(SYS_mmap, (const long[6]){ (long)where, (long)len, prot, flags, fd, off });
}

/* Files of memory are always ready, which epoll does not take for an answer. */
int epoll_ctl(int set, int op, int fd, struct epoll_event *e)
{
	static int (*real)(int, int, int, struct epoll_event *);
	if (!real)
		real = (int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT, "epoll_ctl");
	return map_of_fd(fd) ? 0 : real(set, op, fd, e);
}
