/* test_kern_api.c - load, test, attach, replace, run-time errors and print through perigee.h, with a
 * unit made by hand: no compiler is involved. */
#include "api/api.h"
#include "kern/bpf_abi.h"
#include "kernel/leak.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof *(v))
#define FP(d, off) \
	ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, 10, 0, 0), ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, off)
#define STORE(size, off, v) ABI_INSN(BPF_ST | BPF_MEM | (size), 10, 0, off, v)
#define LD64(d) ABI_INSN(BPF_LD | BPF_DW | BPF_IMM, d, 0, 0, 0)

enum { RING_OUTPUT = 130, PRINT_ID = 7, RECORD = 72, NERRORS = 2, GOES_WRONG = 1, PRINTS = 2 };

/*
 * The program: byte 0 of the packet says what it does, byte 1 is its verdict.
 *   GOES_WRONG  counts error 1 and aborts
 *   PRINTS      prints 42, byte 1 as an integer or nil (0), "const", 10.0.0.1, "abc", a mac
 */
static const struct bpf_insn program[] = {
	/* 0 */ ABI_MOV_IMM(2, 0), FP(3, -8), ABI_MOV_IMM(4, 8), ABI_CALL(ABI_XDP_LOAD_BYTES),
	/* 5 */ ABI_INSN(BPF_LDX | BPF_MEM | BPF_B, 6, 10, -8, 0),
	/* 6 */ ABI_INSN(BPF_LDX | BPF_MEM | BPF_B, 7, 10, -7, 0),
	/* 7 */ ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 3, GOES_WRONG),
	/* 8 */ ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 8, PRINTS),
	/* 9 */ ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 7, 0, 0), ABI_EXIT(),
	/* 11: error 1 */
	LD64(1), ABI_INSN(0, 0, 0, 0, IR_DATA_ERRORS + 8), ABI_MOV_IMM(2, 1),
	/* 14 */ ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD), ABI_MOV_IMM(0, 0), ABI_EXIT(),
	/* 17: print */
	STORE(BPF_W, -80, PRINT_ID), STORE(BPF_W, -76, RECORD), STORE(BPF_DW, -72, 42),
	/* 20 */ STORE(BPF_DW, -64, IR_NIL),
	/* 21 */ ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1, 0), STORE(BPF_DW, -64, IR_INT),
	/* 23 */ ABI_INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 7, -56, 0),
	/* 24 */ STORE(BPF_DW, -48, 0x0100000a), STORE(BPF_DW, -40, 0x636261),
	/* 26 */ STORE(BPF_DW, -32, 0), STORE(BPF_DW, -24, 0x04030201), STORE(BPF_DW, -16, 0),
	/* 29 */ LD64(1), ABI_INSN(0, 0, 0, 0, 0), FP(2, -80), ABI_MOV_IMM(3, RECORD),
	/* 34 */ ABI_MOV_IMM(4, 0), ABI_CALL(RING_OUTPUT),
	/* 36 */ ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4, 0),
	/* 37 */ LD64(1), ABI_INSN(0, 0, 0, 0, IR_DATA_LOST), ABI_MOV_IMM(2, 1),
	/* 40 */ ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD),
	/* 41 */ ABI_MOV_IMM(0, XDP_PASS), ABI_EXIT(),
};

struct made {
	pg_ctx *ctx;
	pg_unit unit;
	struct ir_unit ir;
	struct be_code code;
	struct be_reloc relocs[3];
	struct be_line lines[2];
	struct ir_error errors[NERRORS];
	struct ir_print print;
	struct ir_print_arg args[6];
	pg_value constant;
	char text[8];
};

static void make(struct made *m, pg_ctx *ctx)
{
	memset(m, 0, sizeof *m);
	m->ctx = ctx;
	strcpy(m->text, "const");
	m->constant = (pg_value){ .kind = PG_STR, .str = m->text, .n = 5 };
	m->args[0] = (struct ir_print_arg){ .kinds = IR_BIT(IR_INT), .offset = 8 };
	m->args[1] = (struct ir_print_arg){ .kinds = IR_BIT(IR_INT) | IR_BIT(IR_NIL), .offset = 16 };
	m->args[2] = (struct ir_print_arg){ .kinds = IR_BIT(IR_STR), .k = &m->constant };
	m->args[3] = (struct ir_print_arg){ .kinds = IR_BIT(IR_IP4), .offset = 32 };
	m->args[4] = (struct ir_print_arg){ .kinds = IR_BIT(IR_STR), .cap = 16, .offset = 40 };
	m->args[5] = (struct ir_print_arg){ .kinds = IR_BIT(IR_MAC), .offset = 56 };
	m->print = (struct ir_print){ .id = PRINT_ID, .nargs = LEN(m->args), .size = RECORD,
				      .args = m->args };
	m->errors[0] = (struct ir_error){ .pos = { "a.lua", 3 }, .text = "never" };
	m->errors[1] = (struct ir_error){ .pos = { "f.lua", 14 }, .text = "attempt to do it" };
	m->relocs[0] = (struct be_reloc){ 11, BE_MAP_VALUE, IR_MAP_DATA };
	m->relocs[1] = (struct be_reloc){ 29, BE_MAP_FD, IR_MAP_PRINT };
	m->relocs[2] = (struct be_reloc){ 37, BE_MAP_VALUE, IR_MAP_DATA };
	m->lines[0] = (struct be_line){ 0, { .file = "f.lua", .line = 12 } };
	m->lines[1] = (struct be_line){ 11, { .file = "f.lua", .line = 14 } };
	m->ir.target = hook_find("xdp", NULL)->family->target;
	m->ir.errors = m->errors;
	m->ir.nerrors = NERRORS;
	m->ir.prints = &m->print;
	m->ir.nprints = 1;
	m->ir.nmaps = IR_MAP_USER;
	m->ir.uses_print = true;
	m->code.insns = (struct bpf_insn *)(uintptr_t)program;
	m->code.n = LEN(program);
	m->code.relocs = m->relocs;
	m->code.nrelocs = LEN(m->relocs);
	m->code.lines = m->lines;
	m->code.nlines = LEN(m->lines);
	m->unit = (pg_unit){ .refs = 1, .ctx = ctx, .hook = hook_find("xdp", NULL),
			     .kind = "xdp", .ir = &m->ir,
			     .code = &m->code, .name = "filter" };
}

static pg_prog *load(pg_ctx *ctx)
{
	struct made m;
	pg_prog *p;
	make(&m, ctx);
	int r = pg_load(&m.unit, &p);
	if (r)
		print_message("%s\n", pg_error(ctx));
	assert_int_equal(r, 0);
	memset(&m, 0xee, sizeof m); /* the unit may go */
	return p;
}

static pg_ctx *context(void)
{
	pg_ctx *ctx;
	assert_int_equal(pg_ctx_new(&ctx), 0);
	assert_string_equal(pg_error(ctx), "");
	return ctx;
}

static struct pg_test_result run(pg_prog *p, int what, int verdict)
{
	uint8_t in[64] = { (uint8_t)what, (uint8_t)verdict };
	struct pg_test_result r;
	assert_int_equal(pg_test(p, in, sizeof in, &r), 0);
	return r;
}

static void run_fd(int fd, int what, uint32_t times)
{
	uint8_t in[64] = { (uint8_t)what };
	struct kern_test t = { .in = in, .in_len = sizeof in, .repeat = times };
	assert_int_equal(kern_prog_test(fd, &t), 0);
}

/* Runs without pg_test looking at the counters. */
static void run_unseen(pg_prog *p, int what, uint32_t times)
{
	run_fd(pg_prog_fd(p), what, times);
}

/* ---- test ---- */

static void verdicts_are_neutral(void **state)
{
	static const struct { int native; int64_t neutral; } rows[] = {
		{ XDP_ABORTED, PG_ABORTED }, { XDP_DROP, PG_DROP }, { XDP_PASS, PG_PASS },
		{ XDP_TX, PG_TX }, { 77, 77 },
	};
	(void)state;
	pg_ctx *ctx = context();
	pg_prog *p = load(ctx);
	for (unsigned i = 0; i < LEN(rows); i++) {
		struct pg_test_result r = run(p, 0, rows[i].native);
		assert_int_equal(r.verdict, rows[i].neutral);
		assert_int_equal(r.packet_len, 64);
		assert_int_equal(((const uint8_t *)r.packet)[1], rows[i].native);
		assert_null(r.error);
	}
	assert_true(pg_prog_timing(p)->load > 0);
	pg_prog_free(p);
	pg_ctx_free(ctx);
}

static void input_that_is_not_tested(void **state)
{
	static uint8_t in[100000];
	static const struct { size_t n; const char *says; } rows[] = {
		{ 0, "14 bytes of input or more, not with 0" },
		{ 13, "14 bytes of input or more, not with 13" },
		{ sizeof in, "not with 100000" },
	};
	(void)state;
	struct pg_test_result r;
	pg_ctx *ctx = context();
	pg_prog *p = load(ctx);
	for (unsigned i = 0; i < LEN(rows); i++) {
		assert_true(pg_test(p, in, rows[i].n, &r) < 0);
		assert_non_null(strstr(pg_error(ctx), rows[i].says));
	}
	assert_int_equal(pg_test(p, in, 14, &r), 0);
	pg_prog_free(p);
	pg_ctx_free(ctx);
}

/* ---- run-time errors ---- */

struct reported { int calls; uint64_t total, fresh; char text[64], where[64]; };

static void report(void *arg, const struct pg_runtime_error *e)
{
	struct reported *r = arg;
	r->calls++;
	r->total = e->total;
	r->fresh = e->fresh;
	snprintf(r->text, sizeof r->text, "%s", e->text);
	snprintf(r->where, sizeof r->where, "%s", e->where);
}

#define READ(ctx, n) \
	({ struct reported r_ = { 0 }; assert_int_equal(pg_errors_read(ctx, report, &r_), n); \
	   assert_int_equal(r_.calls, n); r_; })

static void errors_are_told_once(void **state)
{
	(void)state;
	pg_ctx *ctx = context();
	pg_prog *p = load(ctx);
	READ(ctx, 0);
	struct pg_test_result t = run(p, GOES_WRONG, 0);
	assert_string_equal(t.error, "f.lua:14: attempt to do it");
	assert_int_equal(t.verdict, PG_ABORTED);
	READ(ctx, 0); /* pg_test has told it */
	assert_null(run(p, 0, XDP_PASS).error);

	run_unseen(p, GOES_WRONG, 2);
	assert_string_equal(run(p, GOES_WRONG, 0).error, "f.lua:14: attempt to do it");
	struct reported r = READ(ctx, 1);
	assert_int_equal(r.total, 4);
	assert_int_equal(r.fresh, 2);
	assert_string_equal(r.text, "f.lua:14: attempt to do it");
	assert_string_equal(r.where, "program");
	READ(ctx, 0);

	run_unseen(p, GOES_WRONG, 5);
	pg_prog_free(p);
	r = READ(ctx, 1);
	assert_int_equal(r.fresh, 5);
	assert_null(ctx->sites);
	READ(ctx, 0);
	pg_ctx_free(ctx);
}

/* ---- print ---- */

struct printed { int calls, n; pg_value v[8]; char str[2][16]; };

static void printed(void *arg, const pg_value *v, int n)
{
	struct printed *p = arg;
	p->calls++;
	p->n = n;
	memcpy(p->v, v, (size_t)n * sizeof *v);
	memcpy(p->str[0], v[2].str, v[2].n);
	memcpy(p->str[1], v[4].str, v[4].n);
}

static void print_comes_through(void **state)
{
	(void)state;
	static const uint8_t ip[] = { 10, 0, 0, 1 }, mac[] = { 1, 2, 3, 4, 0, 0 };
	pg_ctx *ctx = context();
	assert_int_equal(pg_print_fd(ctx), -1);
	assert_int_equal(pg_print_read(ctx, printed, NULL), 0);
	pg_prog *p = load(ctx);
	assert_true(pg_print_fd(ctx) >= 0);
	run(p, PRINTS, 9);
	struct printed got = { .calls = 0 };
	assert_int_equal(pg_print_read(ctx, printed, &got), 1);
	assert_int_equal(got.n, 6);
	assert_int_equal(got.v[0].kind, PG_INT);
	assert_int_equal(got.v[0].i, 42);
	assert_int_equal(got.v[1].kind, PG_INT);
	assert_int_equal(got.v[1].i, 9);
	assert_int_equal(got.v[2].kind, PG_STR);
	assert_int_equal(got.v[2].n, 5);
	assert_string_equal(got.str[0], "const");
	assert_int_equal(got.v[3].kind, PG_IP4);
	assert_memory_equal(got.v[3].addr, ip, 4);
	assert_int_equal(got.v[4].kind, PG_STR);
	assert_int_equal(got.v[4].n, 3);
	assert_string_equal(got.str[1], "abc");
	assert_int_equal(got.v[5].kind, PG_MAC);
	assert_memory_equal(got.v[5].addr, mac, 6);

	run(p, PRINTS, 0);
	assert_int_equal(pg_print_read(ctx, printed, &got), 1);
	assert_int_equal(got.v[1].kind, PG_NIL);

	/* what is in flight when the program goes still decodes */
	run(p, PRINTS, 1);
	run(p, PRINTS, 1);
	int running = dup(pg_prog_fd(p));
	pg_prog_free(p);
	assert_int_equal(pg_print_read(ctx, printed, &got), 2);
	run_fd(running, PRINTS, 1);
	assert_int_equal(pg_print_read(ctx, printed, &got), 1);
	assert_int_equal(pg_print_read(ctx, printed, &got), 0);
	run_fd(running, PRINTS, 1); /* long gone: its decoders are, too */
	assert_int_equal(pg_print_read(ctx, printed, &got), 0);
	kern_close(running);
	assert_int_equal(pg_print_lost(ctx), 0);
	assert_int_equal(pg_print_unread(ctx).gone, 1);
	assert_int_equal(pg_print_unread(ctx).broken, 0);
	pg_ctx_free(ctx);
}

/* What is sent in another form than the decoder was told. */
static void print_that_cannot_be_read_is_counted(void **state)
{
	(void)state;
	pg_ctx *ctx = context();
	struct made m;
	pg_prog *p;
	struct printed got = { .calls = 0 };
	assert_int_equal(pg_print_unread(ctx).broken, 0);
	make(&m, ctx);
	m.args[4].kinds = IR_BIT(IR_TEXT); /* its first word is no length */
	assert_int_equal(pg_load(&m.unit, &p), 0);
	run(p, PRINTS, 9);
	run(p, PRINTS, 9);
	assert_int_equal(pg_print_read(ctx, printed, &got), 0);
	assert_int_equal(got.calls, 0);
	assert_int_equal(pg_print_unread(ctx).broken, 2);
	assert_int_equal(pg_print_unread(ctx).gone, 0);
	pg_prog_free(p);
	pg_ctx_free(ctx);
}

static void print_without_ring_is_refused(void **state)
{
	(void)state;
	struct made m;
	pg_prog *p;
	pg_ctx *ctx = context();
	assert_int_equal(pg_feature_off(ctx, "ringbuf"), 0);
	make(&m, ctx);
	assert_int_equal(pg_load(&m.unit, &p), -EOPNOTSUPP);
	assert_non_null(strstr(pg_error(ctx), "Linux 5.8 or later"));
	pg_ctx_free(ctx);
}

static void lost_prints_are_counted(void **state)
{
	(void)state;
	enum { TIMES = 5000, FIT = (256 << 10) / (RECORD + 8) };
	pg_ctx *ctx = context();
	pg_prog *p = load(ctx);
	struct printed got = { .calls = 0 };
	run_unseen(p, PRINTS, TIMES);
	assert_true(pg_print_lost(ctx) >= TIMES - FIT);
	uint64_t lost = pg_print_lost(ctx);
	assert_int_equal(pg_print_read(ctx, printed, &got), TIMES - lost);
	pg_prog_free(p);
	READ(ctx, 0); /* buries the program; its losses stay counted */
	assert_int_equal(pg_print_lost(ctx), lost);
	pg_ctx_free(ctx);
}

/* ---- loading ---- */

static void rejection_is_our_bug(void **state)
{
	(void)state;
	const struct bpf_insn bad[] = { ABI_INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 3, 0, 0), ABI_EXIT() };
	pg_ctx *ctx = context();
	struct made m;
	pg_prog *p = (pg_prog *)1;
	make(&m, ctx);
	m.code.insns = (struct bpf_insn *)(uintptr_t)bad;
	m.code.n = 2;
	m.code.nrelocs = 0;
	m.code.nlines = 1;
	assert_int_equal(pg_load(&m.unit, &p), -EACCES);
	assert_null(p);
	static const char *const says[] = { "'filter'", "bug in Perigee", "R3 !read_ok", "report it" };
	for (unsigned i = 0; i < LEN(says); i++)
		assert_non_null(strstr(pg_error(ctx), says[i]));
	assert_null(ctx->sites);
	pg_ctx_free(ctx);
}

static void user_map_is_linked(void **state)
{
	(void)state;
	const struct bpf_insn insns[] = { /* value 0 of the map += 3 */
		LD64(1), ABI_INSN(0, 0, 0, 0, 0), STORE(BPF_W, -4, 0), FP(2, -4),
		ABI_CALL(1 /* lookup */), ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0), ABI_MOV_IMM(1, 3),
		ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD), ABI_MOV_IMM(0, 2), ABI_EXIT(),
	};
	pg_ctx *ctx = context();
	pg_map *map;
	pg_map *maps[3] = { NULL };
	pg_value key = { .kind = PG_INT }, v;
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = PG_ROLE_MAP, .type = "array",
				       .key = "u32", .value = "u64", .entries = 4, .numa = -1);
	assert_int_equal(pg_map_new(ctx, &o, &map), 0);
	struct made m;
	pg_prog *p;
	make(&m, ctx);
	maps[IR_MAP_USER] = map;
	m.ir.maps = maps;
	m.ir.nmaps = 3;
	m.ir.uses_print = false;
	m.relocs[0] = (struct be_reloc){ 0, BE_MAP_FD, IR_MAP_USER };
	m.code.nrelocs = 1;
	m.code.insns = (struct bpf_insn *)(uintptr_t)insns;
	m.code.n = LEN(insns);
	m.code.nlines = 0;
	assert_int_equal(pg_load(&m.unit, &p), 0);
	run(p, 0, 0);
	run(p, 0, 0);
	assert_int_equal(pg_map_get(map, PG_USER, &key, &v), 0);
	assert_int_equal(v.i, 6);
	assert_int_equal(pg_print_fd(ctx), -1);
	pg_prog_free(p);
	pg_map_unref(map);
	pg_ctx_free(ctx);
}

static void dumps(void **state)
{
	(void)state;
	pg_ctx *ctx = context();
	pg_prog *p = load(ctx);
	const char *text = pg_prog_dump(p, "asm");
	assert_non_null(text);
	assert_non_null(strstr(text, "exit"));
	assert_non_null(strstr(text, "f.lua:14"));
	text = pg_prog_dump(p, "xlated");
	assert_non_null(text);
	assert_non_null(strstr(text, "exit"));
	text = pg_prog_dump(p, "jited");
	assert_true(text ? !strncmp(text, "     0: ", 8) && text[8] != '\n' : strstr(pg_error(ctx), "machine code") != NULL);
	assert_null(pg_prog_dump(p, "nosuch"));
	assert_non_null(strstr(pg_error(ctx), "'nosuch'"));
	pg_prog_free(p);
	pg_ctx_free(ctx);
}

/* ---- links ---- */

static const struct pg_attach_opts at_vb = { .size = sizeof at_vb, .dev = "vb" };

static void link_lives_on_its_own(void **state)
{
	(void)state;
	pg_ctx *ctx = context();
	pg_prog *a = load(ctx), *b = load(ctx);
	pg_link *l, *none;
	uint64_t ns = 0;
	assert_int_equal(pg_attach(a, &at_vb, &l), 0);
	assert_string_equal(pg_link_name(l), "xdp vb");
	assert_string_equal(pg_link_mode(l), "native");
	assert_int_equal(pg_attach(b, &at_vb, &none), -EBUSY);
	assert_null(none);
	assert_non_null(strstr(pg_error(ctx), "already"));
	run_unseen(a, GOES_WRONG, 1);
	assert_string_equal(READ(ctx, 1).where, "xdp vb");
	pg_prog_free(a);
	assert_int_equal(pg_link_replace(l, b, &ns), 0);
	assert_true(ns > 0);
	assert_int_equal(pg_link_replace(l, b, NULL), 0);
	run_unseen(b, GOES_WRONG, 1);
	pg_prog_free(b);
	assert_string_equal(READ(ctx, 1).where, "xdp vb");
	assert_int_equal(pg_link_detach(l), 0);
	assert_int_equal(pg_link_detach(l), 0);
	b = load(ctx);
	assert_int_equal(pg_link_replace(l, b, NULL), -ENOLINK);
	assert_int_equal(pg_attach(b, &at_vb, &none), 0); /* the device is free again */
	pg_link_free(none);
	pg_link_free(l);
	pg_link_free(NULL);
	pg_prog_free(b);
	pg_prog_free(NULL);
	pg_ctx_free(ctx);
}

static void handles_go_in_any_order(void **state)
{
	(void)state;
	for (int order = 0; order < 6; order++) {
		static const char orders[6][4] = { "cpl", "clp", "pcl", "plc", "lcp", "lpc" };
		pg_ctx *ctx = context();
		pg_prog *p = load(ctx);
		pg_link *l;
		assert_int_equal(pg_attach(p, &at_vb, &l), 0);
		run_unseen(p, PRINTS, 3);
		for (int i = 0; i < 3; i++)
			switch (orders[order][i]) {
			case 'c': pg_ctx_free(ctx); break;
			case 'p': pg_prog_free(p); break;
			case 'l': pg_link_free(l); break;
			}
	}
}

/* ---- features ---- */

static void count_feature(void *arg, const char *name, bool there, const char *since, const char *what)
{
	int *n = arg;
	assert_true(*name && *since && *what);
	if (!strcmp(name, "may_goto"))
		assert_false(there);
	(*n)++;
}

static void features(void **state)
{
	(void)state;
	int n = 0;
	pg_ctx *ctx = context();
	assert_int_equal(pg_feature_off(ctx, "may_goto"), 0);
	assert_int_equal(pg_feature_off(ctx, "mayhem"), -EINVAL);
	assert_non_null(strstr(pg_error(ctx), "'mayhem'"));
	assert_int_equal(pg_features(ctx, count_feature, &n), 0);
	assert_int_equal(n, FEAT_COUNT);
	assert_false(api_has(ctx, FEAT_may_goto));
	assert_true(api_has(ctx, FEAT_ringbuf));
	pg_ctx_free(ctx);
}

static struct leak_snapshot before;
static int old_netns;

static int start(void **state)
{
	(void)state;
	old_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (leak_take(&before) || unshare(CLONE_NEWNET))
		return -1;
	return system("ip link add va type veth peer name vb && ip link set va up && ip link set vb up");
}

/* Last: a failing teardown would not make the program fail. */
static void nothing_is_left(void **state)
{
	(void)state;
	assert_int_equal(setns(old_netns, CLONE_NEWNET), 0);
	close(old_netns);
	int leaks = leak_compare(&before, 3000, stderr);
	leak_free(&before);
	assert_int_equal(leaks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_neutral),
		cmocka_unit_test(input_that_is_not_tested),
		cmocka_unit_test(errors_are_told_once),
		cmocka_unit_test(print_comes_through),
		cmocka_unit_test(print_that_cannot_be_read_is_counted),
		cmocka_unit_test(print_without_ring_is_refused),
		cmocka_unit_test(lost_prints_are_counted),
		cmocka_unit_test(rejection_is_our_bug),
		cmocka_unit_test(user_map_is_linked),
		cmocka_unit_test(dumps),
		cmocka_unit_test(link_lives_on_its_own),
		cmocka_unit_test(handles_go_in_any_order),
		cmocka_unit_test(features),
		cmocka_unit_test(nothing_is_left),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
