/*
 * test_bpf_code.c - what the back end makes of small programs, instruction by instruction; what it
 * refuses; far jumps; program BTF.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../vm-bpf/world.h"

#include "core/feature.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static jmp_buf oom;
static char log_text[1 << 16];

struct fixture {
	struct arena a;
	struct diag_list diag;
};

static const bool v4[FEAT_COUNT] = { [FEAT_isa_v4] = true, [FEAT_may_goto] = true };
static const bool v3[FEAT_COUNT] = { [FEAT_isa_v4] = false };

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){ 0 };
	arena_init(&f.a, 0, &oom);
	f.diag.arena = &f.a;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->a);
	return 0;
}

#define HEAD "maps 3\nmain 0\nfn 0 \"f\" params 0 machine at f.lua:1\n"
/* two words of the data map, unknown to the verifier, in v2 and v3 */
#define TWO HEAD "slot 8 align 8\nb1:\n    v1 = mapval .0 #16\n    v2 = load64 v1 #0\n    v3 = load64 v1 #8\n"
#define TWO_ASM "r5 = map[0]+0\nr4 = *(u64 *)(r5 +16)\nr0 = *(u64 *)(r5 +24)\n"

static struct ir_unit *must_read(struct fixture *f, const char *text, const bool *features)
{
	const char *err = NULL;
	struct ir_unit *u = ir_read(&f->a, &f->diag, &world_target, text, &err);
	if (!u)
		fail_msg("%s in\n%s", err, text);
	assert_null(ir_check(u));
	u->features = features;
	return u;
}

/* The disassembly without numbers. */
static const char *bare(struct fixture *f, const struct be_code *c)
{
	char *s = (char *)(uintptr_t)be_disasm(&f->a, c->insns, c->n, NULL, 0), *to = s;
	for (char *line = s, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		line = strchr(line, ':') + 2;
		memmove(to, line, (size_t)(end + 1 - line));
		to += end + 1 - line;
	}
	*to = 0;
	return s;
}

static const struct { const char *name; const bool *features; const char *ir, *code; } cases[] = {
	{ "immediates and masks", v4,
	  TWO "    v5 = imm #5\n    v6 = sub64 v2, v5\n    v7 = imm #4294967295\n    v8 = and64 v6, v7\n"
	      "    v9 = imm #4294967280\n    v10 = and64 v8, v9\n    v11 = imm #16\n"
	      "    v12 = udiv64 v10, v11\n    v13 = umod64 v12, v11\n    v14 = imm #1099511627776\n"
	      "    v15 = add64 v14, v13\n    ret v15\n",
	  "r5 = map[0]+0\nr5 = *(u64 *)(r5 +16)\nr5 -= 5\nw0 = w5\nw0 &= -16\nr0 >>= 4\n"
	  "r0 &= 15\nr5 = 0x10000000000 ll\nr0 += r5\nexit\n" },
	{ "zero extensions", v4,
	  TWO "    v5 = load8 v1 #3\n    v6 = zext8 v5\n    v7 = zext32 v6\n    v8 = zext32 v2\n"
	      "    v9 = zext16 v3\n    v10 = xor64 v7, v8\n    v11 = xor64 v10, v9\n    ret v11\n",
	  "r5 = map[0]+0\nr4 = *(u64 *)(r5 +16)\nr3 = *(u64 *)(r5 +24)\n"
	  "r0 = *(u8 *)(r5 +19)\nw5 = w4\nr3 &= 65535\nr0 ^= r5\nr0 ^= r3\nexit\n" },
	{ "clear has the successors of set", v4,
	  TWO "    v5 = imm #12\n    br32 v2, v5 clear -> b2, b3\nb2:\n    br v2, v3 clear -> b3, b4\n"
	      "b3:\n    ret v5\nb4:\n    ret v3\n",
	  TWO_ASM "if w4 & 0xc goto pc+3\nif r4 & r0 goto pc+1\ngoto pc+1\nexit\nr0 = 12\nexit\n" },
	{ "a constant on the left is compared from the right", v4,
	  TWO "    v5 = imm #12\n    br v5, v2 ult -> b2, b3\nb2:\n    ret v5\nb3:\n    ret v3\n",
	  TWO_ASM "if r4 <= 0xc goto pc+2\nr0 = 12\nexit\nexit\n" },
	{ "stack bytes are reached from r10", v4,
	  TWO "    v5 = slot .0\n    v6 = imm #4\n    v7 = add64 v5, v6\n    v8 = imm #300\n"
	      "    store8 v7, v8 #1\n    store32 v5, v2 #0\n    v9 = load32 v7 #-4\n"
	      "    v11 = sub64 v9, v3\n    ret v11\n",
	  "r5 = map[0]+0\nr4 = *(u64 *)(r5 +16)\nr5 = *(u64 *)(r5 +24)\n"
	  "*(u8 *)(r10 -3) = 44\n*(u32 *)(r10 -8) = r4\nr0 = *(u32 *)(r10 -8)\nr0 -= r5\n"
	  "exit\n" },
	{ "opaque", v4,
	  TWO "    v8 = imm #300\n    v10 = opaque v8\n    ret v10\n",
	  "r5 = map[0]+0\nr0 = *(u64 *)(r5 +0)\nr0 += 300\nexit\n" },
	{ "arguments go straight to their registers", v4,
	  TWO "    v5 = slot .0\n    store64 v5, v2 #0\n    v6 = imm #8\n"
	      "    v7 = helper v5, v6, v5, v6, v3 .28\n    ret v7\n",
	  "r4 = map[0]+0\nr3 = *(u64 *)(r4 +16)\nr5 = *(u64 *)(r4 +24)\n"
	  "*(u64 *)(r10 -8) = r3\nr1 = r10\nr1 += -8\nr4 = 8\nr3 = r10\nr3 += -8\nr2 = 8\n"
	  "call bpf_csum_diff#28\nexit\n" },
	{ "what lives through a call is in r6-r9", v4,
	  TWO "    v7 = helper .5\n    v8 = sub64 v2, v3\n    ret v8\n",
	  "r5 = map[0]+0\nr6 = *(u64 *)(r5 +16)\nr7 = *(u64 *)(r5 +24)\n"
	  "call bpf_ktime_get_ns#5\nr0 = r6\nr0 -= r7\nexit\n" },
	{ "signed operations, v4", v4, TWO "    v5 = sdiv64 v2, v3\n    v6 = sext8 v5\n    ret v6\n",
	  "r5 = map[0]+0\nr4 = *(u64 *)(r5 +16)\nr5 = *(u64 *)(r5 +24)\nr4 s/= r5\n"
	  "r0 = (s8)r4\nexit\n" },
	{ "signed operations before v4", v3,
	  TWO "    v4 = imm #-7\n    v5 = smod64 v2, v4\n    v6 = sext8 v5\n    ret v6\n",
	  "r5 = map[0]+0\nr0 = *(u64 *)(r5 +16)\nr5 = r0\nr5 s>>= 63\nr0 ^= r5\nr0 -= r5\n"
	  "r0 %= 7\nr0 ^= r5\nr0 -= r5\nr0 <<= 56\nr0 s>>= 56\nexit\n" },
	{ "a loop's values stay where they are", v4,
	  TWO "    jmp -> b2(v2, v3)\nb2(v5, v6):\n    v7 = imm #1\n    v8 = add64 v6, v5\n"
	      "    v9 = sub64 v5, v7\n    fuel -> b3, b4\nb3:\n    v10 = imm #0\n"
	      "    br v9, v10 sgt -> b2(v9, v8), b4\nb4:\n    ret v8\n",
	  TWO_ASM "r0 += r4\nr4 -= 1\nmay_goto pc+1\nif r4 s> 0x0 goto pc-4\nexit\n" },
	{ "the swap of a loop", v4,
	  TWO "    jmp -> b2(v2, v3)\nb2(v5, v6):\n    fuel -> b2(v6, v5), b3\nb3:\n    ret v6\n",
	  "r5 = map[0]+0\nr0 = *(u64 *)(r5 +16)\nr5 = *(u64 *)(r5 +24)\nmay_goto pc+4\n"
	  "r1 = r5\nr5 = r0\nr0 = r1\ngoto pc-5\nr0 = r5\nexit\n" },
	{ "cold blocks are last, unused ones and nops gone", v4,
	  TWO "    nop\n    v20 = mul64 v2, v3\n    br v2, v3 eq -> b2, b3\nb2 cold:\n    ret v2\n"
	      "b3:\n    jmp -> b4\nb4:\n    ret v3\n",
	  TWO_ASM "if r4 == r0 goto pc+1\nexit\nr0 = r4\nexit\n" },
};

static void selection(void **state)
{
	struct fixture *f = *state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		struct ir_unit *u = must_read(f, cases[k].ir, cases[k].features);
		struct be_code *c = world_compile(u, true);
		if (!c)
			fail_msg("%s: %s", cases[k].name, diag_text(&f->diag, DIAG_ERROR));
		const char *got = bare(f, c);
		if (strcmp(got, cases[k].code))
			fail_msg("%s: got\n%s\nwant\n%s", cases[k].name, got, cases[k].code);
	}
}

/* ---- refusals ---- */

static const struct { const char *ir; const bool *features; const char *text; } refused[] = {
	{ HEAD "b1:\n    jmp -> b2\nb2:\n    fuel -> b2, b3\nb3:\n    v1 = imm #0\n    ret v1\n", v3,
	  "internal error in 'f': loop fuel is left, and there is no may_goto" },
	{ HEAD "b1:\n    v1 = pktlen\n    ret v1\n", v4,
	  "internal error in 'f': operation 'pktlen' has no instruction" },
	{ HEAD "b1:\n    v1 = imm #0\n    v2 = helper v1, v1, v1, v1, v1, v1 .5\n    ret v2\n", v4,
	  "internal error in 'f': helper 5 has 6 arguments" },
	{ HEAD "slot 516 align 8\nb1:\n    v1 = slot .0\n    v2 = imm #0\n"
	       "    store8 v1, v2 #0\n    ret v2\n", v4,
	  "'f' needs 520 bytes of stack; the kernel allows 512" },
};

/* What is read of a map before a call, so many words, and needed behind it. */
static const char *held(struct arena *a, uint32_t words)
{
	const char *reads = "", *sums = "";
	for (uint32_t i = 0; i < words; i++) {
		reads = arena_printf(a, "%s    v%u = load64 v1 #%u\n", reads, 10 + i, 8 * i);
		sums = arena_printf(a, "%s    v%u = xor64 v%u, v%u\n", sums, 201 + i, 200 + i, 10 + i);
	}
	return arena_printf(a, HEAD "b1:\n    v1 = mapval .0 #0\n%s    v200 = helper .5\n%s    ret v%u\n", reads, sums, 200 + words);
}

static void frames(void **state)
{
	struct fixture *f = *state;
	const char *slots = HEAD "slot 516 align 8\nb1:\n    v1 = slot .0\n    v2 = imm #0\n    store8 v1, v2 #0\n    ret v2\n";
	const struct { const char *ir, *help; } big[] = {
		{ slots, "keep fewer strings and big entries at the same time, or shorter ones: s:sub(1, 16)" },
		{ held(&f->a, 80), "keep fewer values at the same time: read them where they are used, or put them into a map" },
	};
	assert_non_null(world_compile(must_read(f, held(&f->a, 60), v4), true));
	for (size_t k = 0; k < sizeof(big) / sizeof(*big); k++) {
		f->diag = (struct diag_list){ .arena = &f->a };
		struct ir_unit *u = must_read(f, big[k].ir, v4);
		assert_null(world_compile(u, true));
		assert_true(u->tight);
		assert_int_equal(u->crowded, k);
		assert_non_null(strstr(f->diag.v[0].text, "bytes of stack; the kernel allows 512"));
		assert_string_equal(f->diag.v[0].help, big[k].help);
	}
}

static void refusals(void **state)
{
	struct fixture *f = *state;
	for (size_t k = 0; k < sizeof(refused) / sizeof(*refused); k++) {
		f->diag = (struct diag_list){ .arena = &f->a };
		struct ir_unit *u = must_read(f, refused[k].ir, refused[k].features);
		assert_null(world_compile(u, true));
		assert_int_equal(f->diag.n, 1);
		assert_string_equal(f->diag.v[0].text, refused[k].text);
	}
}

/* ---- far jumps ---- */

/* b1 leaves for the far end by `last`; n instructions lie between: additions, or helper calls. */
static struct ir_unit *far_by(struct fixture *f, const char *last, const bool *features, int n, bool calls)
{
	struct ir_unit *u = must_read(f, arena_printf(&f->a, TWO "    jmp -> b2\nb2:\n    %s -> b3, b4\n"
		"b3:\n    jmp -> b5\nb4:\n    v20 = imm #4\n    jmp -> b6(v20)\nb5:\n    v21 = imm #5\n"
		"    jmp -> b6(v21)\nb6(v30):\n    ret v30\n", last), features);
	struct ir_fn *m = u->main;
	for (int k = 0; k < n; k++) {
		ir_ref r = ir_ins_new(m, calls ? IRO(helper) : IRO(atomadd64), calls ? 0 : 2, (ir_ref[]){ 1, 2 });
		ir_at(m, r)->aux = calls ? 5 : 0;
		ir_append(m, 5, r);
		ir_remove(m, r);
		ir_insert_before(m, ir_block(m, 5)->first, r);
	}
	return u;
}

static struct ir_unit *far_unit(struct fixture *f, const char *last, const bool *features)
{
	return far_by(f, last, features, 40000, false);
}

static bool has_far_jump(const struct be_code *c)
{
	bool found = false;
	for (uint32_t n = 0; n < c->n; n++)
		found |= c->insns[n].code == (BPF_JMP32 | BPF_JA);
	return found;
}

/* The kernel writes more in place of some instructions, and jumps over them must still fit. */
static void growing_jumps(void **state)
{
	struct fixture *f = *state;
	assert_false(has_far_jump(world_compile(far_by(f, "br v2, v3 eq", v4, 6000, false), true)));
	assert_true(has_far_jump(world_compile(far_by(f, "br v2, v3 eq", v4, 6000, true), true)));
}

static void far_jumps(void **state)
{
	struct fixture *f = *state;
	static const char *const last[] = { "br v2, v3 eq", "br v2, v3 set", "fuel" };
	for (size_t k = 0; k < 3; k++)
		for (int taken = 0; taken < 2; taken++) {
			struct ir_unit *u = far_unit(f, last[k], v4);
			struct world w = { .fuel = taken };
			w.data[2] = 7;
			w.data[3] = taken ? 7 : 8;
			struct be_code *c = world_compile(u, true);
			assert_non_null(c);
			const char *err = world_vm(c, &w);
			if (err)
				fail_msg("%s", err);
			assert_int_equal(w.ret, taken ? 5 : 4);
			assert_true(has_far_jump(c));
		}
	assert_null(world_compile(far_unit(f, last[0], v3), true));
	assert_string_equal(f->diag.v[0].text, "'f' is too long: it jumps over more than 32767 instructions, "
					       "which needs Linux 6.6 or later");
}

/* ---- program BTF ---- */

static const char *string_at(const struct be_code *c, uint32_t off)
{
	const struct btf_header *h = c->btf;
	assert_in_range(off, 0, h->str_len - 1);
	return (const char *)c->btf + h->hdr_len + h->str_off + off;
}

static void program_btf(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/perigee-btf-XXXXXX";
	int fd = mkstemp(path);
	static const char source[] = "-- a comment\n\tlocal x = 1\nreturn x";
	assert_true(fd >= 0 && write(fd, source, sizeof(source) - 1) == (ssize_t)sizeof(source) - 1);
	close(fd);
	struct ir_unit *u = must_read(f, arena_printf(&f->a,
		"maps 3\nmain 0\nfn 0 \"two words/9\" params 0 machine at %s:1\nb1:\n"
		"    v1 = mapval .0 #16\n    v2 = load64 v1 #0 @%s:2\n    v3 = load32 v1 #8 @%s:2\n"
		"    v4 = sub64 v2, v3 @%s:3\n    ret v4 @\"[string \\\"x\\\"]\":9\n", path, path, path, path), v4);
	struct be_code *c = world_compile(u, true);
	unlink(path);
	assert_non_null(c);
	static const struct { uint32_t insn, line; const char *text; } want[] = {
		{ 0, 2, "local x = 1" }, { 4, 3, "return x" }, { 5, 9, "" } };
	assert_int_equal(c->nline_info, 3);
	for (int k = 0; k < 3; k++) {
		const struct bpf_line_info *l = &c->line_info[k];
		assert_int_equal(l->insn_off, want[k].insn);
		assert_int_equal(BPF_LINE_INFO_LINE_NUM(l->line_col), want[k].line);
		assert_string_equal(string_at(c, l->line_off), want[k].text);
		assert_string_equal(string_at(c, l->file_name_off), k < 2 ? path : "[string \"x\"]");
	}
	const struct btf_header *h = c->btf;
	const uint32_t *func = (const uint32_t *)((const char *)c->btf + h->hdr_len + h->type_len) - 3;
	assert_string_equal(string_at(c, func[0]), "two_words_9");
	if (!world_kernel_there())
		return;
	struct world w = { 0 };
	int maps[2];
	fd = world_load(c, &w, log_text, sizeof(log_text), maps);
	close(maps[0]);
	close(maps[1]);
	if (fd < 0)
		fail_msg("%s\n%s", strerror(-fd), log_text);
	close(fd);
}

int main(void)
{
	if (setjmp(oom))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(selection, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(frames, setup, teardown),
		cmocka_unit_test_setup_teardown(far_jumps, setup, teardown),
		cmocka_unit_test_setup_teardown(growing_jumps, setup, teardown),
		cmocka_unit_test_setup_teardown(program_btf, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
