/* machines.c - compiled programs run in the small machine and in the kernel. */
#include "world.h"

#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct be_code *world_compile(struct ir_unit *u, bool legalise)
{
	if (legalise)
		be_legalise(u);
	struct be *b = be_new(u);
	if (be_select(b) || be_allocate(b) || be_frame(b) || be_emit(b) || be_annotate(b))
		return NULL;
	return be_code(b);
}

/* ---- the small machine ---- */

static uint64_t address(const void *p) { return (uint64_t)(uintptr_t)p; }

static uint64_t vm_map(struct vm *vm, int32_t map, bool value, uint32_t off)
{
	struct world *w = vm->arg;
	if (value && map == IR_MAP_DATA)
		return address(w->data) + off;
	if (!value && map == WORLD_MAP)
		return 0x4d4150;
	vm->error = "no such map";
	return 0;
}

static uint64_t vm_helper(struct vm *vm, int32_t id, const uint64_t r[5])
{
	struct world *w = vm->arg;
	uint32_t key = 0;
	if (id == BPF_FUNC_get_smp_processor_id || id == BPF_FUNC_csum_diff || id == BPF_FUNC_get_prandom_u32)
		return 0x123456789abcdef;
	if (r[0] != 0x4d4150) {
		vm->error = "not a map";
		return 0;
	}
	memcpy(&key, (const void *)(uintptr_t)r[1], 4);
	if (id == BPF_FUNC_map_lookup_elem)
		return key < WORLD_ARRAY ? address(&w->array[key]) : 0;
	if (id != BPF_FUNC_map_update_elem)
		vm->error = "unknown helper";
	if (key >= WORLD_ARRAY)
		return (uint64_t)-7;
	memcpy(&w->array[key], (const void *)(uintptr_t)r[2], 8);
	return 0;
}

static struct bpf_insn *relocated(const struct be_code *c, const int fds[WORLD_MAP + 1])
{
	struct bpf_insn *p = malloc(sizeof(*p) * c->n);
	memcpy(p, c->insns, sizeof(*p) * c->n);
	for (uint32_t k = 0; k < c->nrelocs; k++)
		p[c->relocs[k].insn].imm = fds[c->relocs[k].map];
	return p;
}

const char *world_vm(const struct be_code *c, struct world *w)
{
	static _Thread_local char why[128];
	const struct vm_region regions[] = {
		{ w->data, sizeof(w->data), true }, { w->array, sizeof(w->array), true },
		{ w->pkt, sizeof(w->pkt), true },   { w->ctx, sizeof(w->ctx), false },
	};
	struct vm vm = {
		.arg = w, .ctx = w->ctx, .regions = regions, .nregions = 4, .data_end_at = 4,
		.data = w->pkt, .data_end = w->pkt + sizeof(w->pkt), .helper = vm_helper, .map = vm_map,
		.fuel = w->fuel,
	};
	struct bpf_insn *p = relocated(c, (const int[]){ 0, 1, 2 });
	uint64_t r0 = 0;
	bool ok = vm_run(&vm, p, c->n, &r0);
	free(p);
	w->ret = (uint32_t)r0;
	snprintf(why, sizeof(why), "%s at %u", vm.error ? vm.error : "", vm.pc);
	return ok ? NULL : why;
}

/* ---- the kernel ---- */

static int sys_bpf(int cmd, union bpf_attr *a)
{
	long r = syscall(__NR_bpf, cmd, a, sizeof(*a));
	return r < 0 ? -errno : (int)r;
}

static int map_new(uint32_t value_size, uint32_t entries)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = value_size,
			     .max_entries = entries };
	return sys_bpf(BPF_MAP_CREATE, &a);
}

static int map_put(int fd, uint32_t key, const void *value)
{
	union bpf_attr a = { .map_fd = (uint32_t)fd, .key = address(&key), .value = address(value) };
	return sys_bpf(BPF_MAP_UPDATE_ELEM, &a);
}

static int map_get(int fd, uint32_t key, void *value)
{
	union bpf_attr a = { .map_fd = (uint32_t)fd, .key = address(&key), .value = address(value) };
	return sys_bpf(BPF_MAP_LOOKUP_ELEM, &a);
}

bool world_kernel_there(void)
{
	int fd = map_new(8, 1);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int load_btf(const struct be_code *c)
{
	union bpf_attr a = { .btf = address(c->btf), .btf_size = c->btf_len };
	return sys_bpf(BPF_BTF_LOAD, &a);
}

int world_load(const struct be_code *c, struct world *w, char *log, size_t loglen, int maps[2])
{
	maps[0] = map_new(sizeof(w->data), 1);
	maps[1] = map_new(8, WORLD_ARRAY);
	map_put(maps[0], 0, w->data);
	for (uint32_t k = 0; k < WORLD_ARRAY; k++)
		map_put(maps[1], k, &w->array[k]);
	int btf = load_btf(c);
	struct bpf_insn *p = relocated(c, (const int[]){ maps[0], -1, maps[1] });
	union bpf_attr a = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = c->n, .insns = address(p),
		.license = address("Dual MIT/GPL"), .log_level = 1, .log_buf = address(log),
		.log_size = (uint32_t)loglen, .prog_btf_fd = (uint32_t)btf, .prog_name = "perigee_test",
		.func_info_rec_size = sizeof(struct bpf_func_info), .func_info = address(c->func_info),
		.func_info_cnt = c->nfunc_info, .line_info_rec_size = sizeof(struct bpf_line_info),
		.line_info = address(c->line_info), .line_info_cnt = c->nline_info,
	};
	*log = 0;
	int fd = btf < 0 ? btf : sys_bpf(BPF_PROG_LOAD, &a);
	if (btf < 0)
		snprintf(log, loglen, "BTF refused");
	else
		close(btf);
	free(p);
	return fd;
}

const char *world_kernel(const struct be_code *c, struct world *w, char *log, size_t loglen)
{
	static _Thread_local char why[64];
	int maps[2], err = 0;
	uint8_t out[WORLD_PKT];
	int fd = world_load(c, w, log, loglen, maps);
	if (fd >= 0) {
		union bpf_attr t = { .test = { .prog_fd = (uint32_t)fd, .data_size_in = WORLD_PKT,
					       .data_in = address(w->pkt), .data_out = address(out),
					       .data_size_out = sizeof(out) } };
		err = sys_bpf(BPF_PROG_TEST_RUN, &t);
		w->ret = t.test.retval;
		memcpy(w->pkt, out, sizeof(out));
		map_get(maps[0], 0, w->data);
		for (uint32_t k = 0; k < WORLD_ARRAY; k++)
			map_get(maps[1], k, &w->array[k]);
		close(fd);
	}
	close(maps[0]);
	close(maps[1]);
	if (fd >= 0 && !err)
		return NULL;
	snprintf(why, sizeof(why), "%s: %s", fd < 0 ? "load" : "run", strerror(fd < 0 ? -fd : -err));
	return why;
}
