/* test_bpf_vm.c - what the small BPF machine of the tests stops at, and the disassembler. What instructions do: bpf_vectors.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../vm-bpf/vm.h"

#include "bpf/code.h"

#include <string.h>

#define X64(op) (BPF_ALU64 | BPF_X | (op))
#define K64(op) (BPF_ALU64 | BPF_K | (op))

struct fixture { struct arena a; };
static jmp_buf oom;

static int setup(void **state)
{
	static struct fixture f;
	arena_init(&f.a, 0, &oom);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->a);
	return 0;
}

#define MOV(reg, k) { .code = K64(BPF_MOV), .dst_reg = (reg), .imm = (k) }
#define LEAVE { .code = BPF_JMP | BPF_EXIT }

static const struct bpf_insn leave = LEAVE;

/* What instructions are that bpf_vectors.h has no rows of. */
static const struct { const char *text; struct bpf_insn i; } texts[] = {
	{ "call bpf_map_lookup_elem#1", { .code = BPF_JMP | BPF_CALL, .imm = 1 } },
	{ "call #99999", { .code = BPF_JMP | BPF_CALL, .imm = 99999 } },
	{ "exit", { .code = BPF_JMP | BPF_EXIT } },
};

static void disassembly(void **state)
{
	struct fixture *f = *state;
	struct bpf_insn p[3] = { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = 2, .imm = 3 },
				 { .imm = 16 }, leave };
	const struct be_line lines[] = { { 0, { .file = "f.lua", .line = 4 } }, { 2, { .file = "f.lua", .line = 5 } } };
	for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++) {
		const char *want = arena_printf(&f->a, "   0: %s\n", texts[k].text);
		assert_string_equal(be_disasm(&f->a, &texts[k].i, 1, NULL, 0), want);
	}
	assert_string_equal(be_disasm(&f->a, p, 3, lines, 2),
			    "; f.lua:4\n   0: r1 = map[3]+16\n; f.lua:5\n   2: exit\n");
	p[0].src_reg = 0;
	assert_string_equal(be_disasm(&f->a, p, 2, NULL, 0), "   0: r1 = 0x1000000003 ll\n");
	p[0].src_reg = 1;
	assert_string_equal(be_disasm(&f->a, p, 2, NULL, 0), "   0: r1 = map[3]\n");
}

#define AT(c, base, reg, at) { .code = (c), .dst_reg = (base), .src_reg = (reg), .off = (at) }
#define ATOMIC(size, op, at) { .code = BPF_STX | BPF_ATOMIC | (size), .dst_reg = 10, .src_reg = 10, .off = (at), .imm = (op) }
#define CALL(by) { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = (by) }
#define CODE(c) { .code = (c), .dst_reg = 1, .src_reg = 1 }

/* Programs that must stop with an error: what the compiler is not to emit, or nobody may do. */
static const struct { const char *error; struct bpf_insn p[7]; uint32_t n; } wrong[] = {
	{ "register was not written", { { .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 3 }, LEAVE }, 2 },
	{ "register was not written", { { .code = K64(BPF_ADD), .dst_reg = 0 }, LEAVE }, 2 },
	{ "register was not written", { { .code = BPF_JMP | BPF_JEQ | BPF_X, .dst_reg = 1, .src_reg = 2 }, LEAVE }, 2 },
	{ "register was not written", { { .code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = 2 }, LEAVE }, 2 },
	{ "register was not written", { AT(BPF_STX | BPF_MEM | BPF_DW, 10, 2, -8), LEAVE }, 2 },
	{ "register was not written", { AT(BPF_LDX | BPF_MEM | BPF_DW, 1, 2, 0), LEAVE }, 2 },
	{ "register was not written", { LEAVE }, 1 },
	{ "register cannot be written", { MOV(10, 1), LEAVE }, 2 },
	{ "stack byte was not written", { AT(BPF_LDX | BPF_MEM | BPF_W, 0, 10, -8), LEAVE }, 2 },
	{ "stack byte was not written",
	  { AT(BPF_STX | BPF_MEM | BPF_W, 10, 1, -8), AT(BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -8), LEAVE }, 3 },
	{ "stack byte was not written", { ATOMIC(BPF_DW, BPF_ADD, -8), LEAVE }, 2 },
	{ "access outside of every region", { AT(BPF_ST | BPF_MEM | BPF_W, 10, 0, -513), LEAVE }, 2 },
	{ "access outside of every region", { AT(BPF_ST | BPF_MEM | BPF_W, 1, 0, 0), LEAVE }, 2 },
	{ "access outside of every region", { AT(BPF_ST | BPF_MEM | BPF_W, 10, 0, -3), LEAVE }, 2 },
	{ "access outside of every region", { AT(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 5), LEAVE }, 2 },
	{ "access outside of every region", { AT(BPF_LDX | BPF_MEM | BPF_B, 0, 1, -1), LEAVE }, 2 },
	{ "atomic operation on an odd address",
	  { AT(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8), ATOMIC(BPF_W, BPF_ADD, -6), LEAVE }, 3 },
	{ "unknown store", { ATOMIC(BPF_DW, BPF_ADD | 1, -8), LEAVE }, 2 }, /* and what was there: BPF_FETCH */
	{ "unknown store", { ATOMIC(BPF_DW, 0xe1, -8), LEAVE }, 2 },        /* BPF_XCHG */
	{ "unknown store", { ATOMIC(BPF_H, BPF_ADD, -8), LEAVE }, 2 },
	{ "unknown load", { AT(BPF_LDX | 0x80 | BPF_DW, 0, 1, 0), LEAVE }, 2 }, /* a sign above all bits */
	{ "unknown 64-bit load", { { .code = BPF_LD | BPF_IMM | BPF_DW } }, 1 },
	{ "unknown arithmetic", { CODE(BPF_ALU64 | 0xe0), LEAVE }, 2 },
	{ "unknown arithmetic", { AT(X64(BPF_ADD), 1, 1, 1), LEAVE }, 2 },
	{ "unknown arithmetic", { AT(X64(BPF_DIV), 1, 1, 2), LEAVE }, 2 },
	{ "unknown arithmetic", { AT(X64(BPF_MOV), 1, 1, 24), LEAVE }, 2 },
	{ "unknown arithmetic", { AT(BPF_ALU | BPF_MOV | BPF_X, 1, 1, 32), LEAVE }, 2 },
	{ "unknown arithmetic", { AT(K64(BPF_MOV), 1, 0, 8), LEAVE }, 2 },
	{ "byte swap of an unknown form", { { .code = BPF_ALU64 | BPF_END, .dst_reg = 1, .imm = 16 }, LEAVE }, 2 },
	{ "byte swap of an unknown form", { { .code = BPF_ALU | BPF_END, .dst_reg = 1, .imm = 16 }, LEAVE }, 2 },
	{ "unknown call", { { .code = BPF_JMP | BPF_CALL, .imm = 1 }, LEAVE }, 2 },
	{ "unknown jump", { CODE(BPF_JMP | 0xf0), LEAVE }, 2 },
	{ "unknown jump", { CODE(BPF_JMP | BPF_EXIT | BPF_X), LEAVE }, 2 },
	{ "unknown jump", { CODE(BPF_JMP32 | BPF_EXIT), LEAVE }, 2 },
	{ "unknown jump", { CODE(BPF_JMP32 | BPF_CALL), LEAVE }, 2 },
	{ "unknown jump", { CODE(BPF_JMP32 | 0xe0), LEAVE }, 2 },
	{ "calls too deep", { CALL(-1), LEAVE }, 2 },
	{ "register was not written", { MOV(6, 1), CALL(1), LEAVE, { .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 6 } }, 4 },
	{ "register was not written",
	  { CALL(2), { .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 1 }, LEAVE, MOV(0, 1), LEAVE }, 5 },
	{ "register was not written", { MOV(0, 1), CALL(1), LEAVE, LEAVE }, 4 },
	{ "stack byte was not written", /* by this function, though by the one before */
	  { CALL(2), CALL(4), LEAVE, AT(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8), MOV(0, 1), LEAVE,
	    AT(BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -8) }, 7 },
	{ "left the program", { CALL(9), LEAVE }, 2 },
	{ "too many steps", { { .code = BPF_JMP | BPF_JA, .off = -1 } }, 1 },
	{ "left the program", { MOV(0, 1) }, 1 },
	{ "left the program", { { .code = BPF_JMP | BPF_JA, .off = -9 } }, 1 },
};

static void errors(void **state)
{
	(void)state;
	static const uint64_t ctx;
	const struct vm_region region = { &ctx, sizeof(ctx), false };
	for (size_t k = 0; k < sizeof(wrong) / sizeof(*wrong); k++) {
		struct vm vm = { .ctx = (void *)(uintptr_t)&ctx, .regions = &region, .nregions = 1 };
		uint64_t r0;
		if (vm_run(&vm, wrong[k].p, wrong[k].n, &r0))
			fail_msg("row %zu is no error", k);
		if (strcmp(vm.error, wrong[k].error) != 0)
			fail_msg("row %zu: %s, not %s", k, vm.error, wrong[k].error);
	}
}

static uint64_t helper(struct vm *vm, int32_t id, const uint64_t r[5])
{
	(void)vm;
	return (uint64_t)id + r[4];
}

/* A helper, or a function of the kernel's, leaves nothing in r1 to r5, and the others as they were. */
static void helper_leaves(uint8_t kind)
{
	for (uint8_t reg = 1; reg <= 9; reg++) {
		const struct bpf_insn p[] = {
			MOV(5, 30), MOV(reg & 15, 40), { .code = BPF_JMP | BPF_CALL, .src_reg = kind & 15, .imm = 2 },
			{ .code = X64(BPF_ADD), .dst_reg = 0, .src_reg = reg & 15 }, LEAVE,
		};
		struct vm vm = { .helper = kind ? NULL : helper, .kfunc = kind ? helper : NULL };
		uint64_t r0 = 0;
		bool kept = vm_run(&vm, p, sizeof(p) / sizeof(*p), &r0);
		assert_int_equal(kept, reg > 5);
		if (kept)
			assert_int_equal(r0, 2 + 30 + 40);
		else
			assert_string_equal(vm.error, "register was not written");
	}
}

static void helpers(void **state)
{
	(void)state;
	helper_leaves(0);
	helper_leaves(BPF_PSEUDO_KFUNC_CALL);
}

int main(void)
{
	if (setjmp(oom))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(disassembly, setup, teardown),
		cmocka_unit_test(errors),
		cmocka_unit_test(helpers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
