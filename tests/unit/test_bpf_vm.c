/* test_bpf_vm.c - the small BPF machine of the tests, and the disassembler: one row an instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../vm-bpf/vm.h"

#include "bpf/code.h"

#define X64(op) (BPF_ALU64 | BPF_X | (op))
#define K64(op) (BPF_ALU64 | BPF_K | (op))
#define X32(op) (BPF_ALU | BPF_X | (op))
#define K32(op) (BPF_ALU | BPF_K | (op))
#define JX(op) (BPF_JMP | BPF_X | (op))
#define JK(op) (BPF_JMP | BPF_K | (op))
#define JX32(op) (BPF_JMP32 | BPF_X | (op))
#define MIN64 ((uint64_t)INT64_MIN)

/* r1 := a, r2 := b; the instruction on them; r1 is the result. Jumps: 1 taken, 0 not. */
static const struct row {
	const char *text;
	uint8_t code;
	int16_t off;
	int32_t imm;
	uint64_t a, b, want;
} rows[] = {
	{ "r1 += r2", X64(BPF_ADD), 0, 0, 3, UINT64_MAX, 2 },
	{ "r1 -= r2", X64(BPF_SUB), 0, 0, 3, 5, (uint64_t)-2 },
	{ "r1 *= r2", X64(BPF_MUL), 0, 0, 1ull << 62, 6, 1ull << 63 },
	{ "r1 /= r2", X64(BPF_DIV), 0, 0, UINT64_MAX, 2, INT64_MAX },
	{ "r1 /= r2", X64(BPF_DIV), 0, 0, 5, 0, 0 },
	{ "r1 %= r2", X64(BPF_MOD), 0, 0, UINT64_MAX, 10, 5 },
	{ "r1 %= r2", X64(BPF_MOD), 0, 0, 5, 0, 5 },
	{ "r1 s/= r2", X64(BPF_DIV), 1, 0, (uint64_t)-7, 2, (uint64_t)-3 },
	{ "r1 s%= r2", X64(BPF_MOD), 1, 0, (uint64_t)-7, 2, (uint64_t)-1 },
	{ "r1 s/= -2", K64(BPF_DIV), 1, -2, (uint64_t)-7, 0, 3 },
	{ "r1 |= r2", X64(BPF_OR), 0, 0, 5, 10, 15 },
	{ "r1 &= -16", K64(BPF_AND), 0, -16, UINT64_MAX, 0, (uint64_t)-16 },
	{ "w1 &= -16", K32(BPF_AND), 0, -16, UINT64_MAX, 0, 0xfffffff0 },
	{ "r1 ^= r2", X64(BPF_XOR), 0, 0, 5, 6, 3 },
	{ "r1 <<= r2", X64(BPF_LSH), 0, 0, 1, 65, 2 },
	{ "r1 >>= 4", K64(BPF_RSH), 0, 4, MIN64, 0, 1ull << 59 },
	{ "r1 s>>= 4", K64(BPF_ARSH), 0, 4, MIN64, 0, (uint64_t)(INT64_MIN >> 4) },
	{ "w1 s>>= 4", K32(BPF_ARSH), 0, 4, 0x80000000, 0, 0xf8000000 },
	{ "r1 = -r1", BPF_ALU64 | BPF_NEG, 0, 0, 5, 0, (uint64_t)-5 },
	{ "r1 = r2", X64(BPF_MOV), 0, 0, 1, MIN64, MIN64 },
	{ "r1 = -1", K64(BPF_MOV), 0, -1, 0, 0, UINT64_MAX },
	{ "w1 = -1", K32(BPF_MOV), 0, -1, 0, 0, 0xffffffff },
	{ "w1 = w2", X32(BPF_MOV), 0, 0, 0, UINT64_MAX, 0xffffffff },
	{ "r1 = (s8)r2", X64(BPF_MOV), 8, 0, 0, 0x180, (uint64_t)-128 },
	{ "r1 = (s16)r2", X64(BPF_MOV), 16, 0, 0, 0x18000, (uint64_t)-32768 },
	{ "r1 = (s32)r2", X64(BPF_MOV), 32, 0, 0, 0x80000000, (uint64_t)INT32_MIN },
	{ "r1 = be16 r1", BPF_ALU | BPF_END | BPF_TO_BE, 0, 16, 0x99abcd, 0, 0xcdab },
	{ "r1 = be32 r1", BPF_ALU | BPF_END | BPF_TO_BE, 0, 32, 0x9912345678, 0, 0x78563412 },
	{ "r1 = be64 r1", BPF_ALU | BPF_END | BPF_TO_BE, 0, 64, 1, 0, 1ull << 56 },
	{ "if r1 == r2 goto pc+1", JX(BPF_JEQ), 1, 0, 4, 4, 1 },
	{ "if r1 != r2 goto pc+1", JX(BPF_JNE), 1, 0, 4, 4, 0 },
	{ "if r1 > r2 goto pc+1", JX(BPF_JGT), 1, 0, MIN64, 1, 1 },
	{ "if r1 >= r2 goto pc+1", JX(BPF_JGE), 1, 0, 1, MIN64, 0 },
	{ "if r1 < r2 goto pc+1", JX(BPF_JLT), 1, 0, 1, MIN64, 1 },
	{ "if r1 <= r2 goto pc+1", JX(BPF_JLE), 1, 0, MIN64, 1, 0 },
	{ "if r1 s> r2 goto pc+1", JX(BPF_JSGT), 1, 0, MIN64, 1, 0 },
	{ "if r1 s>= r2 goto pc+1", JX(BPF_JSGE), 1, 0, 1, MIN64, 1 },
	{ "if r1 s< r2 goto pc+1", JX(BPF_JSLT), 1, 0, MIN64, 1, 1 },
	{ "if r1 s<= r2 goto pc+1", JX(BPF_JSLE), 1, 0, 1, MIN64, 0 },
	{ "if r1 & r2 goto pc+1", JX(BPF_JSET), 1, 0, 6, 2, 1 },
	{ "if r1 & 0x9 goto pc+1", JK(BPF_JSET), 1, 9, 6, 2, 0 },
	{ "if w1 == w2 goto pc+1", JX32(BPF_JEQ), 1, 0, 1ull << 32, 0, 1 },
	{ "if w1 s< w2 goto pc+1", JX32(BPF_JSLT), 1, 0, 0x80000000, 0, 1 },
	{ "goto pc+1", BPF_JMP | BPF_JA, 1, 0, 0, 0, 1 },
	{ "gotol pc+1", BPF_JMP32 | BPF_JA, 0, 1, 0, 0, 1 },
	{ "may_goto pc+1", BPF_JMP | 0xe0, 1, 0, 0, 0, 1 },
};

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

static uint32_t wide(struct bpf_insn *p, uint8_t reg, uint64_t v)
{
	p[0] = (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = reg, .imm = (int32_t)v };
	p[1] = (struct bpf_insn){ .imm = (int32_t)(v >> 32) };
	return 2;
}

#define MOV(reg, k) { .code = K64(BPF_MOV), .dst_reg = (reg), .imm = (k) }
#define LEAVE { .code = BPF_JMP | BPF_EXIT }

static const struct bpf_insn leave = LEAVE, zero = MOV(0, 0), one = MOV(0, 1);

static bool jumps(const struct row *r)
{
	return (r->code & 7) == BPF_JMP || (r->code & 7) == BPF_JMP32;
}

static void instructions(void **state)
{
	struct fixture *f = *state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
		const struct row *r = &rows[k];
		bool unconditional = jumps(r) && ((r->code & 0xf0) == BPF_JA || (r->code & 0xf0) == 0xe0);
		bool reg = (r->code & BPF_X) && !unconditional;
		if ((r->code & 0xf0) == BPF_END && (r->code & 7) == BPF_ALU)
			reg = false;
		struct bpf_insn p[12];
		uint32_t n = wide(p, 1, r->a);
		n += wide(p + n, 2, r->b);
		p[n++] = (struct bpf_insn){ .code = r->code, .dst_reg = unconditional ? 0 : 1,
					    .src_reg = reg ? 2 : 0, .off = r->off, .imm = r->imm };
		const struct bpf_insn *it = &p[n - 1];
		if (jumps(r)) {
			p[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = 2 };
			p[n++] = one;
			p[n++] = leave;
			p[n++] = zero;
		} else {
			p[n++] = (struct bpf_insn){ .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 1 };
		}
		p[n++] = leave;
		struct vm vm = { 0 };
		uint64_t got = 0xbad;
		assert_string_equal(be_disasm(&f->a, it, 1, NULL, 0),
				    arena_printf(&f->a, "   0: %s\n", r->text));
		if (!vm_run(&vm, p, n, &got))
			fail_msg("%s: %s", r->text, vm.error);
		if (got != r->want)
			fail_msg("%s: got %#llx, want %#llx", r->text, (unsigned long long)got,
				 (unsigned long long)r->want);
	}
}

static const struct { const char *text; struct bpf_insn i; } texts[] = {
	{ "r3 = *(u8 *)(r1 +4)", { .code = BPF_LDX | BPF_MEM | BPF_B, .dst_reg = 3, .src_reg = 1, .off = 4 } },
	{ "r3 = *(u16 *)(r1 -4)", { .code = BPF_LDX | BPF_MEM | BPF_H, .dst_reg = 3, .src_reg = 1, .off = -4 } },
	{ "r3 = *(u32 *)(r1 +0)", { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 1 } },
	{ "r3 = *(u64 *)(r1 +0)", { .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 3, .src_reg = 1 } },
	{ "*(u16 *)(r10 -8) = 7", { .code = BPF_ST | BPF_MEM | BPF_H, .dst_reg = 10, .off = -8, .imm = 7 } },
	{ "*(u64 *)(r10 -8) = r1", { .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -8 } },
	{ "lock *(u64 *)(r1 +8) += r2", { .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 1, .src_reg = 2, .off = 8 } },
	{ "lock *(u32 *)(r1 +8) += w2", { .code = BPF_STX | BPF_ATOMIC | BPF_W, .dst_reg = 1, .src_reg = 2, .off = 8 } },
	{ "call bpf_map_lookup_elem#1", { .code = BPF_JMP | BPF_CALL, .imm = 1 } },
	{ "call #99999", { .code = BPF_JMP | BPF_CALL, .imm = 99999 } },
	{ "exit", { .code = BPF_JMP | BPF_EXIT } },
};

static void disassembly(void **state)
{
	struct fixture *f = *state;
	struct bpf_insn p[3] = { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = 2, .imm = 3 },
				 { .imm = 16 }, leave };
	const struct be_line lines[] = { { 0, { "f.lua", 4 } }, { 2, { "f.lua", 5 } } };
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

/* Programs that must stop with an error. */
static const struct { const char *error; struct bpf_insn p[3]; uint32_t n; } wrong[] = {
	{ "register was not written", { { .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 3 }, LEAVE }, 2 },
	{ "register was not written", { LEAVE }, 1 },
	{ "register cannot be written", { MOV(10, 1), LEAVE }, 2 },
	{ "stack byte was not written",
	  { { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 10, .off = -8 }, LEAVE }, 2 },
	{ "access outside of every region",
	  { { .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -2 }, LEAVE }, 2 },
	{ "access outside of every region",
	  { { .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -513 }, LEAVE }, 2 },
	{ "access outside of every region",
	  { { .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 1 }, LEAVE }, 2 },
	{ "unknown arithmetic", { { .code = BPF_ALU64 | 0xe0, .dst_reg = 1 }, LEAVE }, 2 },
	{ "unknown call", { { .code = BPF_JMP | BPF_CALL, .imm = 1 }, LEAVE }, 2 },
	{ "too many steps", { { .code = BPF_JMP | BPF_JA, .off = -1 } }, 1 },
	{ "left the program", { MOV(0, 1) }, 1 },
};

static void errors(void **state)
{
	(void)state;
	static const uint64_t ctx;
	const struct vm_region region = { &ctx, sizeof(ctx), false };
	for (size_t k = 0; k < sizeof(wrong) / sizeof(*wrong); k++) {
		struct vm vm = { .ctx = (void *)(uintptr_t)&ctx, .regions = &region, .nregions = 1 };
		uint64_t r0;
		assert_false(vm_run(&vm, wrong[k].p, wrong[k].n, &r0));
		assert_string_equal(vm.error, wrong[k].error);
	}
}

int main(void)
{
	if (setjmp(oom))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(instructions, setup, teardown),
		cmocka_unit_test_setup_teardown(disassembly, setup, teardown),
		cmocka_unit_test(errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
