/* probe.c - one row per feature: how the running kernel is asked whether it has it. */
#include "core/kfunc.h"
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <unistd.h>

/* A probe's answer: what the system call gave; `good` of the row says which result means "there". */
struct probe {
	int (*ask)(const struct probe *p);
	int good;                       /* -errno that means there; 0: any success */
	const struct bpf_insn *insns;   /* ask_prog */
	uint32_t n;
	uint32_t number;                /* ask_helper, ask_link */
};

static int load_as(uint32_t type, const struct bpf_insn *insns, uint32_t n)
{
	struct kern_prog_spec s = { .type = type, .insns = insns, .n = n, .name = "pg_probe" };
	return kern_prog_load(&s, NULL);
}

static int load_insns(const struct bpf_insn *insns, uint32_t n)
{
	return load_as(BPF_PROG_TYPE_XDP, insns, n);
}

static int closed(int fd)
{
	kern_close(fd);
	return fd < 0 ? fd : 0;
}

static int ask_prog(const struct probe *p)
{
	return closed(load_insns(p->insns, p->n));
}

/* A helper that exists is refused for its missing arguments (EACCES); one that does not, EINVAL. */
static int ask_helper(const struct probe *p)
{
	const struct bpf_insn insns[] = { ABI_CALL((int)p->number), ABI_EXIT() };
	return closed(load_insns(insns, 2));
}

static int ask_ringbuf(const struct probe *p)
{
	(void)p;
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_RINGBUF, .name = "pg_probe", .numa = -1,
				   .entries = (uint32_t)sysconf(_SC_PAGESIZE) };
	return closed(kern_map_create(&s));
}

static int ask_btf_func(const struct probe *p)
{
	(void)p;
	static const struct {
		struct btf_header head;
		struct btf_type proto, func;
		char names[3];
	} blob = {
		.head = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof blob.head,
			  .type_len = 2 * sizeof blob.proto, .str_off = 2 * sizeof blob.proto,
			  .str_len = sizeof blob.names },
		.proto = { .info = BTF_KIND_FUNC_PROTO << 24 },
		.func = { .name_off = 1, .info = BTF_KIND_FUNC << 24, .type = 1 },
		.names = "\0f",
	};
	uint32_t len = (uint32_t)(sizeof blob.head + 2 * sizeof blob.proto + sizeof blob.names);
	return closed(kern_btf_load(&blob, len, NULL));
}

/* A kernel that knows links of this type looks at the program first (EBADF); others refuse the type.
 * From 5.9 on all look at the program first: what came later asks with one. */
static int ask_link(const struct probe *p)
{
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)-1;
	a.link_create.target_ifindex = 1;
	a.link_create.attach_type = p->number;
	return closed(kern_bpf(BPF_LINK_CREATE, &a));
}

/* A kernel with such links looks for the event, which is none (EBADF); others refuse the type. */
static int ask_perf_link(const struct probe *p)
{
	int fd = load_as(BPF_PROG_TYPE_TRACEPOINT, p->insns, p->n);
	if (fd < 0)
		return fd;
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)fd;
	a.link_create.target_fd = (uint32_t)-1;
	a.link_create.attach_type = BPF_PERF_EVENT;
	int r = closed(kern_bpf(BPF_LINK_CREATE, &a));
	kern_close(fd);
	return r;
}

/* A kernel with tcx looks for the device, which is none; others refuse the type. */
static int ask_tcx(const struct probe *p)
{
	int fd = load_as(BPF_PROG_TYPE_SCHED_CLS, p->insns, p->n);
	if (fd < 0)
		return fd;
	int r = closed(kern_tcx_link(INT32_MAX, false, fd));
	kern_close(fd);
	return r;
}

static int ask_test_run(const struct probe *p)
{
	uint8_t packet[64] = { 0 };
	struct kern_test t = { .in = packet, .in_len = sizeof packet };
	int fd = load_insns(p->insns, p->n);
	if (fd < 0)
		return fd;
	int r = kern_prog_test(fd, &t);
	kern_close(fd);
	return r;
}

/* Loops that an iterator counts, in a program as we make them: each turn leaves what the verifier cannot know. */
static int ask_iter_num(const struct probe *p)
{
	uint32_t ids[KFUNC_COUNT];
	int r = kern_btf_functions(NULL, kfunc_names, ids, KFUNC_COUNT);
	if (r)
		return r;
	const struct bpf_insn insns[] = {
		ABI_INSN(BPF_LDX | BPF_MEM | BPF_W, 6, 1, 16, 0),
		ABI_ITERATOR(), ABI_MOV_IMM(2, 0), ABI_MOV_IMM(3, 1 << 23), ABI_CALL_KFUNC(ids[KFUNC_iter_num_new]),
		ABI_ITERATOR(), ABI_CALL_KFUNC(ids[KFUNC_iter_num_next]),
		ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_X, 6, 6, 0, 0),
		ABI_INSN(BPF_JMP | BPF_JA, 0, 0, -6, 0),
		ABI_ITERATOR(), ABI_CALL_KFUNC(ids[KFUNC_iter_num_destroy]),
		ABI_MOV_IMM(0, 2), ABI_EXIT(),
	};
	(void)p;
	return closed(load_insns(insns, sizeof insns / sizeof *insns));
}

static const struct bpf_insn pass[] = { ABI_MOV_IMM(0, 2), ABI_EXIT() };

static const struct bpf_insn signed_div[] = {
	ABI_MOV_IMM(0, 4),
	ABI_INSN(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, ABI_OFF_SIGNED, 2),
	ABI_EXIT(),
};

static const struct bpf_insn may_goto[] = {
	ABI_MOV_IMM(0, 2),
	ABI_INSN(BPF_JMP | ABI_JCOND, 0, 0, 1, 0),
	ABI_INSN(BPF_JMP | BPF_JA, 0, 0, -2, 0),
	ABI_EXIT(),
};

/* A number below 8 goes through the stack and is added to a packet pointer. */
static const struct bpf_insn spill_range[] = {
	ABI_INSN(BPF_LDX | BPF_MEM | BPF_W, 6, 1, 0, 0),
	ABI_CALL(BPF_FUNC_get_prandom_u32),
	ABI_INSN(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 7),
	ABI_INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 0, -8, 0),
	ABI_INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -8, 0),
	ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_X, 6, 0, 0, 0),
	ABI_MOV_IMM(0, 2),
	ABI_EXIT(),
};

#define PROG(v) .ask = ask_prog, .insns = v, .n = sizeof v / sizeof *v

static const struct probe probes[FEAT_COUNT] = {
	[FEAT_ringbuf]   = { .ask = ask_ringbuf },
	[FEAT_btf_func]  = { .ask = ask_btf_func },
	[FEAT_xdp_link]  = { .ask = ask_link, .good = -EBADF, .number = BPF_XDP },
	[FEAT_perf_link] = { .ask = ask_perf_link, .good = -EBADF, .insns = pass, .n = 2 },
	[FEAT_tcx]       = { .ask = ask_tcx, .good = -ENODEV, .insns = pass, .n = 2 },
	[FEAT_xdp_load]  = { .ask = ask_helper, .good = -EACCES, .number = ABI_XDP_LOAD_BYTES },
	[FEAT_for_each]  = { .ask = ask_helper, .good = -EACCES, .number = ABI_FOR_EACH },
	[FEAT_bpf_loop]  = { .ask = ask_helper, .good = -EACCES, .number = ABI_LOOP },
	[FEAT_spill_range] = { PROG(spill_range) },
	[FEAT_iter_num]  = { .ask = ask_iter_num },
	[FEAT_isa_v4]    = { PROG(signed_div) },
	[FEAT_may_goto]  = { PROG(may_goto) },
	[FEAT_prog_test] = { .ask = ask_test_run, .insns = pass, .n = 2 },
};

int kern_probe(unsigned which)
{
	const struct probe *p = &probes[which];
	int r = p->ask(p);
	/* want of rights or memory tells nothing of the kernel */
	if (r == -EPERM || r == -ENOMEM || r == -EMFILE || r == -ENFILE || r == -ENOSYS)
		return 0;
	return r == p->good ? 1 : -1;
}
