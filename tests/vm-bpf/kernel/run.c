/* run.c - BPF_PROG_TEST_RUN, as net/bpf/test_run.c does it: XDP, and socket buffers of tc and of sockets. */
#include "kernel.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKB_DATA = offsetof(struct __sk_buff, data), SKB_END = offsetof(struct __sk_buff, data_end), LEAST = 14 };

/* Turns that loops may take together, and what all of a run may. */
enum { TURNS = 1 << 23 };
static const uint64_t MOST_STEPS = (uint64_t)1 << 32;

static void ctx_put(struct packet_run *r, size_t off, uint32_t v) { r->ctx[off / 4] = v; }

void packet_moved(struct vm *vm)
{
	struct packet_run *r = vm->arg;
	vm->data = r->data;
	vm->data_end = r->data + r->linear;
	if (r->prog->type != BPF_PROG_TYPE_XDP)
		ctx_put(r, offsetof(struct __sk_buff, len), (uint32_t)(r->end - r->data));
}

/* The room before the packet is not the program's, nor what lies in pieces. */
static bool more(struct vm *vm, uint64_t at, size_t n, bool write)
{
	struct packet_run *r = vm->arg;
	uint64_t data = (uint64_t)(uintptr_t)r->data, key = (uint64_t)(uintptr_t)r->key;
	if (at >= data && at - data <= r->linear && r->linear - (at - data) >= n)
		return true;
	if (at >= key && at - key + n <= sizeof(r->key))
		return !write;
	for (uint32_t k = r->nmaps; k-- > 0;)
		if (map_holds(r->maps[k], at, n, write))
			return true;
	return false;
}

static uint64_t given_map(struct vm *vm, int32_t id, bool value, uint32_t off)
{
	struct packet_run *r = vm->arg;
	struct map *m = object_map((uint32_t)id);
	uint64_t v = map_value(r, m);
	return value ? (uint64_t)(uintptr_t)m->slab + off : v;
}

static void fill_context(struct packet_run *r, struct vm *vm)
{
	if (r->prog->type == BPF_PROG_TYPE_XDP) {
		ctx_put(r, offsetof(struct xdp_md, ingress_ifindex), 1);
		vm->data_at = offsetof(struct xdp_md, data);
		vm->data_end_at = offsetof(struct xdp_md, data_end);
	} else {
		ctx_put(r, offsetof(struct __sk_buff, protocol), r->protocol);
		ctx_put(r, offsetof(struct __sk_buff, ifindex), 1);
		vm->data_at = SKB_DATA;
		vm->data_end_at = SKB_END;
	}
	packet_moved(vm);
}

static bool executed(struct packet_run *r, uint64_t *verdict)
{
	const struct vm_region ctx = { r->ctx, sizeof(r->ctx), r->prog->type != BPF_PROG_TYPE_XDP };
	struct vm vm = { .arg = r, .ctx = r->ctx, .regions = &ctx, .nregions = 1, .helper = helper_call, .kfunc = kfunc_call,
			 .map = given_map, .more = more, .fuel = TURNS, .max_steps = MOST_STEPS };
	int cpu = sched_getcpu();
	fill_context(r, &vm);
	map_cpu = cpu > 0 ? (uint32_t)cpu : 0;
	bool ended = vm_run(&vm, r->prog->insns, r->prog->n, verdict);
	map_cpu = 0;
	if (!ended)
		fprintf(stderr, "bpf: '%s' stopped at instruction %u: %s\n", r->prog->name, vm.pc, vm.error);
	return ended;
}

/* What was taken off the packet for the program comes back as zeros. */
static int give(struct packet_run *r, union bpf_attr *a, uint64_t verdict, int skipped)
{
	r->data -= skipped;
	memset(r->data, 0, (size_t)skipped);
	uint32_t len = (uint32_t)(r->end - r->data), room = a->test.data_size_out;
	a->test.retval = (uint32_t)verdict;
	a->test.duration = 1;
	a->test.data_size_out = len;
	if (a->test.data_out)
		memcpy((void *)(uintptr_t)a->test.data_out, r->data, len < room ? len : room);
	return a->test.data_out && len > room ? -ENOSPC : 0;
}

/* Where the program's packet starts in what was given: sockets get it from the network layer on. -1: programs of
 * this type are not tested. */
static int skipped(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:     return 0;
	case BPF_PROG_TYPE_SOCKET_FILTER: return LEAST;
	}
	return -1;
}

int prog_test(struct prog *p, union bpf_attr *a)
{
	uint32_t n = a->test.data_size_in;
	int skip = skipped(p->type);
	if (skip < 0)
		return -EOPNOTSUPP;
	if (n < LEAST || n > PACKET_MOST)
		return -EINVAL;
	struct packet_run *r = calloc(1, sizeof(*r));
	uint8_t *room = r ? calloc(1, HEADROOM + PACKET_MOST) : NULL;
	uint64_t verdict = 0;
	int err = room ? 0 : -ENOMEM;
	if (room) {
		r->prog = p;
		r->start = room;
		r->data = room + HEADROOM;
		r->end = r->data + n;
		memcpy(r->data, (const void *)(uintptr_t)a->test.data_in, n);
		memcpy(&r->protocol, r->data + 12, 2);
		r->data += skip;
		n -= (uint32_t)skip;
		r->linear = n < LINEAR_MOST ? n : LINEAR_MOST;
		err = executed(r, &verdict) ? give(r, a, verdict, skip) : -ENOEXEC;
		free(r->maps);
	}
	free(room);
	free(r);
	return err;
}
