/* helper.c - the kernel's helpers that packet programs call, one row each (include/uapi/linux/bpf.h). */
#include "kernel.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FAILED(e) ((uint64_t)(int64_t)-(e))

typedef uint64_t helper_fn(struct vm *vm, struct packet_run *run, const uint64_t *r);

static void *at(uint64_t v) { return (void *)(uintptr_t)v; }

static uint64_t stopped(struct vm *vm, const char *why)
{
	if (!vm->error)
		vm->error = why;
	return 0;
}

/* ---- maps ---- */

uint64_t map_value(struct packet_run *run, struct map *m)
{
	for (uint32_t k = 0; k < run->nmaps; k++)
		if (run->maps[k] == m)
			return (uint64_t)0xa9 << 56 | m->id;
	if (run->nmaps == run->room)
		run->maps = realloc(run->maps, (run->room = run->room * 2 + 8) * sizeof(*run->maps));
	run->maps[run->nmaps++] = m;
	return (uint64_t)0xa9 << 56 | m->id;
}

struct map *map_given(struct vm *vm, uint64_t v)
{
	struct map *m = v >> 32 == (uint64_t)0xa9 << 24 ? object_map((uint32_t)v) : NULL;
	if (!m)
		stopped(vm, "a helper got no map");
	return m;
}

static uint64_t found(struct packet_run *run, struct map *m, void *p)
{
	uint32_t id = 0;
	if (!p || !m->ops->outer)
		return (uint64_t)(uintptr_t)p;
	memcpy(&id, p, 4);
	return id ? map_value(run, object_map(id)) : 0;
}

static uint64_t lookup(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	if (!m || !m->ops->lookup)
		return stopped(vm, "a map that is not looked into");
	return found(run, m, m->ops->lookup(m, at(r[1])));
}

static uint64_t update(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	(void)run;
	if (!m || !m->ops->update || m->ops->outer)
		return stopped(vm, "a map that programs do not write");
	return (uint64_t)(int64_t)m->ops->update(m, at(r[1]), at(r[2]), r[3]);
}

static uint64_t delete(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	(void)run;
	if (!m || !m->ops->remove)
		return stopped(vm, "a map that nothing is taken out of");
	return (uint64_t)(int64_t)m->ops->remove(m, at(r[1]));
}

static uint64_t push(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	(void)run;
	return m && m->ops->push ? (uint64_t)(int64_t)m->ops->push(m, at(r[1]), r[2]) : stopped(vm, "no queue");
}

static uint64_t take(struct vm *vm, const uint64_t *r, bool pop)
{
	struct map *m = map_given(vm, r[0]);
	if (!m || !m->ops->peek)
		return stopped(vm, "no queue");
	return (uint64_t)(int64_t)m->ops->peek(m, at(r[1]), pop);
}

static uint64_t pop(struct vm *vm, struct packet_run *run, const uint64_t *r) { (void)run; return take(vm, r, true); }
static uint64_t peek(struct vm *vm, struct packet_run *run, const uint64_t *r) { (void)run; return take(vm, r, false); }

static uint64_t nothing(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return 0;
}

/* Calls back for each element; a call-back ends it with 1. The elements there are when it starts. */
static uint64_t for_each(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	uint64_t n = 0, more = 0;
	if (!m || !m->ops->lookup || r[3])
		return FAILED(EINVAL);
	for (uint32_t i = 0; i < m->max && !more; i++) {
		if (m->used && !m->used[i])
			continue;
		memcpy(run->key, m->key_room ? map_element(m, i) : (const void *)&i, m->key_room ? m->key_size : 4);
		uint64_t value = (uint64_t)(uintptr_t)map_element(m, i) + m->key_room + (m->ops->percpu ? map_cpu * m->value_room : 0);
		uint64_t key = (uint64_t)(uintptr_t)run->key;
		if (!vm_callback(vm, r[1], (const uint64_t[5]){ r[0], key, value, r[2] }, &more))
			return 0;
		n++;
	}
	return n;
}

static uint64_t loop(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	uint64_t more = 0, n = 0;
	(void)run;
	if (r[3])
		return FAILED(EINVAL);
	if ((uint32_t)r[0] > 1 << 23)
		return FAILED(E2BIG);
	while (n < (uint32_t)r[0] && !more) {
		if (!vm_callback(vm, r[1], (const uint64_t[5]){ n, r[2] }, &more))
			return 0;
		n++;
	}
	return n;
}

static uint64_t output(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	(void)run;
	return m ? (uint64_t)(int64_t)ring_output(m, at(r[1]), r[2]) : 0;
}

/* A dynptr of 16 bytes: where, how many. */
static uint64_t dynptr_read(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	uint64_t d[2];
	(void)vm, (void)run;
	memcpy(d, at(r[2]), sizeof(d));
	if (r[3] > d[1] || r[1] > d[1] - r[3])
		return FAILED(E2BIG);
	memcpy(at(r[0]), (const uint8_t *)at(d[0]) + r[3], r[1]);
	return 0;
}

static uint64_t drain(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	const void *p;
	uint64_t done = 0, more = 0;
	uint32_t n;
	while (m && !more && done < 128 * 1024 && (p = ring_next(m, &n))) {
		memcpy(run->key, &(uint64_t[2]){ (uint64_t)(uintptr_t)p, n }, 16);
		if (!vm_callback(vm, r[1], (const uint64_t[5]){ (uint64_t)(uintptr_t)run->key, r[2] }, &more))
			return 0;
		ring_taken(m);
		done++;
	}
	return done;
}

/* ---- who runs ---- */

static uint64_t ktime(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct timespec t;
	(void)vm, (void)run, (void)r;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t chance(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return (uint32_t)random() << 1 ^ (uint32_t)random();
}

static uint64_t process(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
}

static uint64_t cpu(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return map_cpu;
}

static uint64_t users(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return (uint64_t)getgid() << 32 | getuid();
}

static uint64_t command(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	char name[16] = "";
	(void)vm, (void)run;
	prctl(PR_GET_NAME, name);
	memset(at(r[0]), 0, r[1]);
	memcpy(at(r[0]), name, r[1] < 16 ? r[1] : 16);
	return 0;
}

/* (device, inode of a PID namespace, to, 8): the process as that one numbers it. */
static uint64_t process_in(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct stat st;
	(void)vm, (void)run;
	memset(at(r[2]), 0, 8);
	if (stat("/proc/self/ns/pid", &st) || st.st_ino != r[1])
		return FAILED(EINVAL);
	memcpy(at(r[2]), &(uint32_t[2]){ (uint32_t)syscall(SYS_gettid), (uint32_t)getpid() }, 8);
	return 0;
}

/* ---- packets ---- */

static uint8_t *bytes(struct packet_run *run, uint64_t off, uint64_t n)
{
	uint64_t len = (uint64_t)(run->end - run->data);
	return off <= len && n <= len - off ? run->data + off : NULL;
}

/* (context, offset, to, n); of XDP a range that is not there is -EINVAL, of others -EFAULT and zeros. */
static uint64_t load_bytes(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	const uint8_t *p = bytes(run, (uint32_t)r[1], (uint32_t)r[3]);
	(void)vm;
	if (p)
		memcpy(at(r[2]), p, (uint32_t)r[3]);
	else
		memset(at(r[2]), 0, (uint32_t)r[3]);
	return p ? 0 : FAILED(run->prog->type == BPF_PROG_TYPE_XDP ? EINVAL : EFAULT);
}

static uint64_t store_bytes(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	uint8_t *p = bytes(run, (uint32_t)r[1], (uint32_t)r[3]);
	(void)vm;
	if (!p)
		return FAILED(run->prog->type == BPF_PROG_TYPE_XDP ? EINVAL : EFAULT);
	memcpy(p, at(r[2]), (uint32_t)r[3]);
	return 0;
}

static uint64_t length(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)r;
	return (uint64_t)(run->end - run->data);
}

static uint64_t move_head(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	int64_t d = (int32_t)r[1], room = run->data - run->start - 40 /* struct xdp_frame */;
	if (-d > room || d > (int64_t)run->linear - 14)
		return FAILED(EINVAL);
	if (d < 0)
		memset(run->data + d, 0, (size_t)-d);
	run->data += d;
	run->linear -= (uint32_t)d;
	packet_moved(vm);
	return 0;
}

static uint64_t move_tail(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	int64_t d = (int32_t)r[1], len = run->end - run->data;
	if (len + d < 14 || run->data - run->start + (int64_t)run->linear + d > HEADROOM + LINEAR_MOST)
		return FAILED(EINVAL);
	if (d > 0)
		memset(run->end, 0, (size_t)d);
	run->end += d;
	run->linear += (uint32_t)d;
	packet_moved(vm);
	return 0;
}

static uint64_t redirect(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	bool xdp = run->prog->type == BPF_PROG_TYPE_XDP;
	(void)vm;
	if (xdp ? r[1] : r[1] & ~(uint64_t)BPF_F_INGRESS)
		return xdp ? XDP_ABORTED : 2 /* TC_ACT_SHOT */;
	return xdp ? XDP_REDIRECT : 7 /* TC_ACT_REDIRECT */;
}

/* (map, key, flags): what to do where there is nothing is the flags' last bits. */
static uint64_t redirect_map(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	struct map *m = map_given(vm, r[0]);
	(void)run;
	if (!m || !m->ops->lookup)
		return stopped(vm, "a map that does not redirect");
	return m->ops->lookup(m, &(uint32_t){ (uint32_t)r[1] }) ? XDP_REDIRECT : r[2] & 3;
}

/* ---- sums ---- */

static uint32_t add_words(uint32_t sum, const uint8_t *p, uint64_t n, bool negative)
{
	uint64_t all = sum;
	for (uint64_t k = 0; k + 4 <= n; k += 4) {
		uint32_t w;
		memcpy(&w, p + k, 4);
		all += negative ? ~w : w;
	}
	while (all >> 32)
		all = (uint32_t)all + (all >> 32);
	return (uint32_t)all;
}

/* (from, its bytes, to, its bytes, seed) */
static uint64_t difference(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run;
	if ((r[1] | r[3]) & 3 || !(r[1] | r[3]) || r[1] + r[3] > 512)
		return FAILED(EINVAL);
	uint32_t sum = add_words((uint32_t)r[4], at(r[0]), r[1], true);
	return add_words(sum, at(r[2]), r[3], false);
}

/* Of a socket buffer: (context, where the sum is, from, to, flags), whose last bits say how wide both are, 0: `to` is
 * the difference. */
static uint64_t replace_sum(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	enum { WIDTH = 15, ZERO_IS_NONE = 1 << 5 };
	uint8_t *p = bytes(run, (uint32_t)r[1], 2);
	uint16_t sum;
	(void)vm;
	if (!p || r[1] & 1)
		return FAILED(EFAULT);
	memcpy(&sum, p, 2);
	if (!sum && r[4] & ZERO_IS_NONE)
		return 0;
	uint64_t all = (uint64_t)(uint32_t)~(uint32_t)sum + (uint32_t)r[3];
	if (r[4] & WIDTH)
		all += (uint32_t)~(uint32_t)r[2];
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	sum = (uint16_t)~all;
	if (!sum && r[4] & ZERO_IS_NONE)
		sum = 0xffff;
	memcpy(p, &sum, 2);
	return 0;
}

/* The sum of the card's own, which a test run has none of. */
static uint64_t no_sum(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run, (void)r;
	return FAILED(524);
}

static uint64_t change_tail(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	uint32_t len = (uint32_t)r[1], old = (uint32_t)(run->end - run->data);
	if (r[2] || len > 16384 - 320 || len < 14)
		return FAILED(EINVAL);
	if (len > old)
		memset(run->end, 0, len - old);
	run->end = run->data + len;
	run->linear = len;
	packet_moved(vm);
	return 0;
}

static uint64_t pull(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	uint32_t len = (uint32_t)(run->end - run->data), n = (uint32_t)r[1];
	if (n > len)
		return FAILED(ENOMEM);
	run->linear = n > run->linear ? n : run->linear;
	packet_moved(vm);
	return 0;
}

static uint64_t clone(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	char name[IF_NAMESIZE];
	(void)vm, (void)run;
	return if_indextoname((uint32_t)r[1], name) ? 0 : FAILED(EINVAL);
}

/* ---- all of them ---- */

/* What the arguments point to, one letter each: k, v: a key, a value of the map in the first one, read; o: a value, written;
 * r, w: as many bytes as the next argument says, read or written; 8: as many as that, both. */
static const struct row { int32_t id; helper_fn *f; const char *args; } rows[] = {
	{ 1, lookup, "-k" }, { 2, update, "-kv" }, { 3, delete, "-k" }, { 5, ktime, "" }, { 7, chance, "" }, { 8, cpu, "" },
	{ 9, store_bytes, "--r" }, { 11, replace_sum, "" }, { 13, clone, "" }, { 14, process, "" }, { 15, users, "" },
	{ 16, command, "w" }, { 23, redirect, "" }, { 26, load_bytes, "--w" }, { 28, difference, "r-r" },
	{ 38, change_tail, "" }, { 39, pull, "" }, { 40, no_sum, "" }, { 44, move_head, "" }, { 51, redirect_map, "" },
	{ 65, move_tail, "" }, { 87, push, "-v" }, { 88, pop, "-o" }, { 89, peek, "-o" },
	{ 93, nothing /* locks: nobody else runs */, "" }, { 94, nothing, "" }, { 120, process_in, "--w" }, { 130, output, "-r" },
	{ 164, for_each, "" }, { 181, loop, "" }, { 188, length, "" }, { 189, load_bytes, "--w" }, { 190, store_bytes, "--r" },
	{ 201, dynptr_read, "w" }, { 209, drain, "" },
};

/* Bytes that argument a points to; *write: they are written. */
static uint64_t pointed(struct vm *vm, char what, const uint64_t *r, int a, bool *write)
{
	const struct map *m = strchr("kvo", what) ? map_given(vm, r[0]) : NULL;
	*write = what == 'w' || what == '8' || (what == 'o' && m && m->ops != &filter_ops);
	switch (what) {
	case 'k': return m ? m->key_size : 0;
	case 'v':
	case 'o': return m ? m->value_size : 0;
	case 'r':
	case 'w': return (uint32_t)r[a + 1];
	case '8': return 8;
	}
	return 0;
}

static bool may(struct vm *vm, const char *args, const uint64_t *r)
{
	bool write;
	for (int a = 0; args[a]; a++) {
		uint64_t n = args[a] == '-' ? 0 : pointed(vm, args[a], r, a, &write);
		if (n && !vm_may(vm, r[a], n, write))
			return false;
	}
	return true;
}

static const struct row *row_of(int32_t id)
{
	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++)
		if (rows[k].id == id)
			return &rows[k];
	return NULL;
}

bool helper_known(int32_t id)
{
	return row_of(id);
}

uint64_t helper_call(struct vm *vm, int32_t id, const uint64_t r[5])
{
	const struct row *row = row_of(id);
	uint64_t a[5];
	memcpy(a, r, sizeof(a)); /* call-backs run in the same registers */
	if (!row)
		return stopped(vm, "a helper that is not there");
	return may(vm, row->args, a) ? row->f(vm, vm->arg, a) : 0;
}

/* ---- functions of the kernel: the iterator that counts, of 8 bytes: the number, the end ---- */

static uint64_t iter_new(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	int32_t from = (int32_t)r[1], end = (int32_t)r[2];
	int r0 = from > end ? -EINVAL : (int64_t)end - from > 1 << 23 ? -E2BIG : 0;
	(void)vm, (void)run;
	int32_t it[2] = { from - 1, end };
	if (r0 || from == end)
		it[0] = it[1] = 0;
	memcpy(at(r[0]), it, 8);
	return (uint64_t)(int64_t)r0;
}

static uint64_t iter_next(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	int32_t it[2];
	(void)vm, (void)run;
	memcpy(it, at(r[0]), 8);
	if ((int64_t)it[0] + 1 >= it[1]) {
		memset(at(r[0]), 0, 8);
		return 0;
	}
	it[0]++;
	memcpy(at(r[0]), it, 8);
	return r[0];
}

static uint64_t iter_destroy(struct vm *vm, struct packet_run *run, const uint64_t *r)
{
	(void)vm, (void)run;
	memset(at(r[0]), 0, 8);
	return 0;
}

uint64_t kfunc_call(struct vm *vm, int32_t id, const uint64_t r[5])
{
	static const struct { const char *name; helper_fn *f; } functions[] = {
		{ "bpf_iter_num_new", iter_new }, { "bpf_iter_num_next", iter_next }, { "bpf_iter_num_destroy", iter_destroy },
	};
	static int32_t ids[sizeof(functions) / sizeof(*functions)];
	for (size_t k = 0; k < sizeof(ids) / sizeof(*ids); k++) {
		const char *name = ids[k] ? NULL : kernel_type((uint32_t)id);
		if (name && !strcmp(name, functions[k].name))
			ids[k] = id;
		if (ids[k] == id)
			return may(vm, "8", r) ? functions[k].f(vm, vm->arg, r) : 0;
	}
	return stopped(vm, "a function of the kernel's that is not there");
}
