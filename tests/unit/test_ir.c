/* test_ir.c - the IR prints and reads back; the checker finds each kind of damage; order, dominators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir/target.h"

#include <stdio.h>

static jmp_buf oom;

struct fixture {
	struct arena a;
	struct diag_list diag;
};

static const struct ir_view pkt_view = { .name = "pkt", .words = 1 };
static const struct ir_view *const views[] = { &pkt_view, NULL };
static const struct ir_lib libs[] = { { .name = "math.ult" }, { 0 } };
static const struct ir_target target = { .hook = "test", .views = views, .libs = libs };

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

static struct ir_unit *must_read(struct fixture *x, const char *text)
{
	const char *err = NULL;
	struct ir_unit *u = ir_read(&x->a, &x->diag, &target, text, &err);
	if (!u)
		print_error("%s\nin:\n%s\n", err, text);
	assert_non_null(u);
	return u;
}

/* Every feature of the text, as ir_print writes it. */
static const char *const identical[] = {
	"fn 0 \"f\" params 0\nb1:\n    return .0\n",
	"maps 4\n"
	"error \"attempt to \\\"do\\\" \\\\ \\x0a it\" @filter.lua:7\n"
	"error \"map full\" @filter.lua:9 loss\n"
	"inline @a/b-c.lua:3 fn 0 parent 0\n"
	"inline @\"[string \\\"x y\\\"]\":4^1 fn 0 parent 1\n"
	"print 5 size 48 nil|int cap 0 at 16, str cap 8 at 32 = \"x\"\n"
	"main 0\n"
	"fn 0 \"odd name\" params 2 upvals 3 proto 4 host 12345678901234567890 vararg at x.lua:9\n"
	"b1(v1: pkt, v2: int = -4):\n"
	"    v3 = const nil : nil = nil\n"
	"    v4 = const true @f.lua:1\n"
	"    v5 = const -9223372036854775808\n"
	"    v6 = const float 0x1.8p+1 : float = float 0x1.8p+1\n"
	"    v7 = const \"a\\x00b\" : str cap 3 = \"a\\x00b\"\n"
	"    v8 = const ip4 0x0a000001\n"
	"    v9 = const ip6 0x20010db8000000000000000000000001\n"
	"    v10 = const mac 0x525400123456\n"
	"    v11 = const cidr 0x0a000000 8\n"
	"    v12 = const cidr 0x20010db8000000000000000000000000 32\n"
	"    v13 = const map 3\n"
	"    v14 = const table 7\n"
	"    v15 = const func 8\n"
	"    v16 = const lib \"math.ult\" : func row \"math.ult\"\n"
	"    v17 = const host \"thread\"\n"
	"    v18 = const false\n"
	"    v30 = upcell .2\n"
	"    v31 = closure v30 .0 : func def v31\n"
	"    v32 = pi v2 .0 #~nil|false : any\n"
	"    v33 = pi v2 .0 #nil|bool|view1\n"
	"    v34 = record \"src\" v2, \"port\" v3\n"
	"    v35 = newtable .1 #0 : entry like 2\n"
	"    setlist v35, v2 .1 #0\n"
	"    v36 = refuse v2 \"not yet\"\n"
	"    v43 = located v2 \"f.lua:3: \"\n"
	"    v44 = concat v2, v3, v2 {local \"x\", -, -, field \"y\"}\n"
	"    v39 = raised\n"
	"    guard v39 -> b4, b3(v39)\n"
	"b2(v40, v41):\n"
	"    return v40, v41 .0\n"
	"b3(v42) cold:\n"
	"    jmp -> b2(v42, v42)\n"
	"b4:\n"
	"    v37 = call v31, v2 .0 !v39\n"
	"    v38 = result v37 .0 {local \"x\", -, field \"y\"} @f.lua:3^2\n"
	"    branch v38 -> b2(v38, v2), b5\n"
	"b5:\n"
	"    raise v37\n",
	"fn 0 \"m\" params 0 error b4 machine\n"
	"slot 16 align 8\n"
	"slot 4 align 4 at -20\n"
	"b1:\n"
	"    v1 = imm #-1\n"
	"    v2 = slot .1\n"
	"    store32 v2, v1 #-8\n"
	"    v3 = mapval .1 #64\n"
	"    br v1, v3 ule -> b2, b3\n"
	"b2:\n"
	"    v4 = pkt v1 #4 -> b5, b3\n"
	"b3:\n"
	"    ret v1\n"
	"b4(v5):\n"
	"    ret v5\n"
	"b5:\n"
	"    v6 = pktload v4, v1 .4 #2\n"
	"    ret v6\n"
	"fn 1 \"g\" params 0\n"
	"b1:\n"
	"    return .0\n",
};

static void test_identity(void **state)
{
	for (unsigned i = 0; i < sizeof(identical) / sizeof(*identical); i++) {
		struct ir_unit *u = must_read(*state, identical[i]);
		const char *wrong = ir_check(u);
		if (wrong)
			print_error("%s\n", wrong);
		assert_null(wrong);
		assert_string_equal(ir_print(u), identical[i]);
	}
}

/* Every operation prints and reads back with whatever its row says it has. */
static void test_every_operation(void **state)
{
	struct fixture *x = *state;
	for (unsigned op = 0; op < IR_NOPS; op++) {
		const struct ir_opinfo *o = &ir_ops[op];
		if (op == IRO(param))
			continue;
		struct ir_unit *u = ir_unit_new(&x->a, &x->diag, &target);
		struct ir_fn *f = ir_fn_new(u, o->name);
		f->machine = o->level == 'M';
		ir_blk b1 = ir_block_new(f), b2 = ir_block_new(f);
		ir_ref p = ir_param_add(f, b1);
		f->nparams = 1;
		ir_ref args[3] = { p, p, p };
		ir_ref i = ir_ins_new(f, op, o->nargs < 0 ? 2 : (uint32_t)o->nargs, args);
		struct ir_ins *ins = ir_at(f, i);
		static const char *fields[] = { "a", "b" };
		ins->list = op == IRO(record) ? fields : NULL;
		ins->aux = o->immediate == 'A' || o->immediate == 'X' ? 1 : 0;
		ins->imm = o->immediate == 'I' || o->immediate == 'X' ? 12 : 0;
		if (o->immediate == 'K')
			ins->k = ir_const(u, (pg_value){ .kind = PG_STR, .n = 2, .str = "hi" });
		for (unsigned s = 0; s < ins->nsucc; s++)
			ir_succ(f, i, s, b2, 1, &p);
		ir_append(f, b1, i);
		ir_param_add(f, b2);
		const char *text = ir_print(u);
		struct ir_unit *again = must_read(x, text);
		assert_string_equal(ir_print(again), text);
		const struct ir_ins *got = ir_at(again->fns[0], ir_block(again->fns[0], 1)->last);
		assert_int_equal(got->op, op);
		assert_int_equal(got->aux, ir_at(f, i)->aux);
		assert_int_equal(got->imm, ir_at(f, i)->imm);
	}
}

#define M "fn 0 \"f\" params 0 machine\nb1:\n"
#define L "fn 0 \"f\" params 1\nb1(v1):\n"

static const struct { const char *text, *wrong; } damaged[] = {
	{ M "    v1 = imm #1\n", "f0 b1 v1 imm: ends its block and is no terminator" },
	{ M "    v1 = imm #1\n    ret v1\n    ret v1\n", "f0 b1 v2 ret: is a terminator inside its block" },
	{ M "    v1 = const 1\n    ret v1\n", "f0 b1 v1 const: is an operation of level L in a function of level M" },
	{ L "    v2 = imm #1\n    return .0\n", "f0 b1 v2 imm: is an operation of level M in a function of level L" },
	{ M "    v1 = imm #1\n    v2 = add64 v1\n    ret v1\n", "f0 b1 v2 add64: has 1 arguments instead of 2" },
	{ M "    v2 = add64 v3, v3\n    v3 = imm #1\n    ret v2\n", "f0 b1 v2 add64: argument v3 does not dominate it" },
	{ M "    ret v9\n", "f0 b1 v10 ret: argument v9 (nop) is no value of a block" },
	{ M "    jmp -> b2\n", "f0 b1 v1 jmp: leads to b2, which is empty" },
	{ M "    jmp -> b1\n", "f0 b1 v1 jmp: an edge leads to the entry" },
	{ M "    v1 = imm #1\n    jmp -> b2(v1)\nb2:\n    ret v1\n", "f0 b1 v2 jmp: an edge gives 1 arguments to b2, which has 0 parameters" },
	{ M "    v1 = imm #1\n    br v1, v1 eq -> b2, b3\nb2:\n    v2 = imm #2\n    jmp -> b3\nb3:\n    ret v2\n",
	  "f0 b3 v5 ret: argument v2 does not dominate it" },
	{ M "    v1 = imm #1\n    v2 = pkt v1 #4 -> b2, b3\nb2:\n    ret v1\nb3:\n    ret v2\n",
	  "f0 b3 v4 ret: argument v2 does not dominate it" },
	{ M "    v1 = imm #1\n    v2 = pkt v1 #4 -> b2, b2\nb2:\n    ret v2\n",
	  "f0 b2 v3 ret: argument v2 does not dominate it" },
	{ M "    v1 = slot .0\n    ret v1\n", "f0 b1 v1 slot: has no such slot 0" },
	{ M "    v1 = mapfd .2\n    ret v1\n", "f0 b1 v1 mapfd: has no such map 2" },
	{ M "    v1 = imm #1\n    v2 = pktload v1, v1 .3 #0\n    ret v2\n", "f0 b1 v2 pktload: reads 3 bytes" },
	{ L "    v2 = upval .0\n    return v2 .0\n", "f0 b1 v2 upval: has no such upvalue 0" },
	{ L "    v2 = const\n    return v2 .0\n", "f0 b1 v2 const: has no constant" },
	{ L "    v2 = refuse 4\n    return v2 .0\n", "f0 b1 v2 refuse: has no text" },
	{ L "    v2 = record v1\n    return v2 .0\n", "f0 b1 v2 record: has no names" },
	{ L "    v2 = call v1 .1\n    return .0\n", "f0 b1 v2 call: has no last argument that is several" },
	{ L "    return .1\n", "f0 b1 v2 return: has no last argument that is several" },
	{ L "    v2 = not v1 !v1\n    return .0\n", "f0 b1 v2 not: names a guard and cannot raise" },
	{ L "    v2 = unm v1 !v1\n    return .0\n", "f0 b1 v2 unm: is not guarded by v1" },
	{ "fn 0 \"f\" params 1 upvals 1\nb1(v1):\n    v2 = upcell .0\n    return v2 .0\n",
	  "f0 b1 v3 return: argument v2 is an upvalue itself" },
	{ "fn 0 \"f\" params 2\nb1(v1):\n    return .0\n", "f0: has 2 parameters and its entry 1" },
	{ "fn 0 \"f\" params 0\n", "f0: has no block" },
	{ "fn 0 \"f\" params 0\nb1:\n    return .0\nb2(v1):\n", "f0 b2: is empty" },
};

static void test_damage(void **state)
{
	for (unsigned i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		const char *wrong = ir_check(must_read(*state, damaged[i].text));
		assert_non_null(wrong);
		assert_string_equal(wrong, damaged[i].wrong);
	}
}

/* Damage that text cannot say. */
static void test_damaged_links(void **state)
{
	static const char text[] = "fn 0 \"f\" params 0\nb1:\n    v1 = const 1\n    v2 = const 2\n"
				   "    jmp -> b2(v1)\nb2(v4):\n    return .0\n";
	struct ir_unit *u = must_read(*state, text);
	ir_at(u->fns[0], 2)->prev = 0;
	assert_string_equal(ir_check(u), "f0 b1 v2 const: is badly linked");
	u = must_read(*state, text);
	ir_at(u->fns[0], 2)->next = 1;
	assert_string_equal(ir_check(u), "f0 b1 v1 const: is badly linked");
	u = must_read(*state, text);
	ir_block(u->fns[0], 1)->last = 2;
	assert_string_equal(ir_check(u), "f0 b1: its last instruction is not the end of its list");
	u = must_read(*state, text);
	ir_at(u->fns[0], 4)->aux = 1;
	assert_string_equal(ir_check(u), "f0 b2: v4 is not its parameter 0");
	u = must_read(*state, text);
	u->fns[0]->id = 3;
	assert_string_equal(ir_check(u), "f3: is function 0 of the unit");
	u = must_read(*state, text);
	ir_at(u->fns[0], 2)->site = 9;
	assert_string_equal(ir_check(u), "f0 b1 v2 const: has no such source position 9");
}

static const struct { const char *text, *err; } unreadable[] = {
	{ "b1:\n", "line 1: 'fn' expected near 'b1:\n'" },
	{ "fn 1 \"f\" params 0\n", "line 1: functions are numbered from 0" },
	{ "fn 0 \"f\" params 0 caller 999 frame 0\n", "line 1: a function's caller comes before it" },
	{ "fn 0 \"f\" params 0\n\n    return .0\n", "line 3: a block's head expected near 'return .0\n'" },
	{ M "    frob\n", "line 3: unknown operation 'frob'" },
	{ M "    v1 = ret v1\n", "line 3: ret gives no value" },
	{ M "    imm #1\n", "line 3: imm gives a value" },
	{ M "    v1 = imm #x\n", "line 3: number expected near 'x\n'" },
	{ M "    v1 = imm #1\n    v1 = imm #2\n", "line 4: v1 is defined twice" },
	{ M "    v1 = imm #1 2\n", "line 3: end of line expected near '2\n'" },
	{ M "    br v1, v1 foo -> b2, b3\n", "line 3: condition expected near 'foo -> b2, b3\n'" },
	{ M "    v1 = imm #1 : nix\n", "line 3: unknown kind 'nix'" },
	{ L "    v2 = const map 2\n", "line 3: map 2 is not one of the unit's" },
	{ L "    v2 = const ip4 0x1\n", "line 3: 4 bytes in hexadecimal expected" },
	{ L "    v2 = const foo\n", "line 3: constant expected near 'foo\n'" },
	{ L "    v2 = const \"x\n", "line 3: '\"' expected near '\n'" },
	{ L "    v2 = not v1 {x}\n", "line 3: name of an operand expected near 'x}\n'" },
	{ L "    v2 = not v1: func row \"x\"\n", "line 3: unknown library row 'x'" },
	{ L "    v2 = record \"a\" v1, v1\n", "line 3: a name for each argument or for none expected" },
	{ M "    v9999999 = imm #1\n", "line 1: too great a number of values or blocks" },
	{ "fn 0 \"f\" params 0\nb1:\n    return .0\nb1:\n", "line 4: b1 is defined twice" },
};

static void test_unreadable(void **state)
{
	struct fixture *x = *state;
	for (unsigned i = 0; i < sizeof(unreadable) / sizeof(*unreadable); i++) {
		const char *err = NULL;
		assert_null(ir_read(&x->a, &x->diag, &target, unreadable[i].text, &err));
		assert_non_null(err);
		assert_string_equal(err, unreadable[i].err);
	}
}

/* Text cut short or with a byte changed: an error, or a unit that prints. */
static void test_mangled(void **state)
{
	struct fixture *x = *state;
	const char *text = identical[1];
	size_t n = strlen(text);
	uint32_t seed = 1;
	char *copy = test_malloc(n + 1);
	for (unsigned i = 0; i < 2 * n; i++) {
		strcpy(copy, text);
		if (i < n)
			copy[i] = 0;
		else
			copy[(seed >> 8) % n] = (char)(32 + (seed >> 16) % 95);
		seed = seed * 1103515245 + 12345;
		const char *err = NULL;
		struct ir_unit *u = ir_read(&x->a, &x->diag, &target, copy, &err);
		if (u)
			assert_non_null(ir_print(u));
		if (u)
			ir_check(u);
		arena_free(&x->a);
	}
	test_free(copy);
}

static void test_order(void **state)
{
	struct ir_unit *u = must_read(*state,
		M "    v1 = imm #1\n    br v1, v1 eq -> b2, b3\n"
		  "b2:\n    br v1, v1 eq -> b4, b5\n"
		  "b3:\n    jmp -> b5\n"
		  "b4:\n    jmp -> b2\n"
		  "b5:\n    ret v1\n"
		  "b6:\n    jmp -> b5\n");
	struct ir_fn *f = u->fns[0];
	ir_need_tree(f);
	assert_int_equal(f->nrpo, 5);
	assert_int_equal(f->rpo[0], 1);
	assert_int_equal(f->rpo[1], 2);
	assert_int_equal(f->rpo[2], 4);
	assert_int_equal(f->rpo[3], 3);
	assert_int_equal(f->rpo[4], 5);
	assert_int_equal(ir_block(f, 6)->order, 0);
	assert_true(ir_block(f, 2)->loop);
	assert_false(ir_block(f, 5)->loop);
	assert_int_equal(ir_block(f, 5)->npreds, 2);
	assert_int_equal(ir_block(f, 2)->npreds, 2);
	assert_int_equal(ir_block(f, 5)->idom, 1);
	assert_int_equal(ir_block(f, 4)->idom, 2);
	assert_int_equal(ir_block(f, 1)->idom, 0);
	assert_true(ir_dominates(f, 1, 5));
	assert_true(ir_dominates(f, 2, 2));
	assert_true(ir_dominates(f, 2, 4));
	assert_false(ir_dominates(f, 2, 5));
	for (uint32_t p = 0; p < ir_block(f, 5)->npreds; p++)
		assert_int_equal(ir_pred_edge(f, &ir_block(f, 5)->preds[p])->to, 5);
}

static void test_a_guard_has_two_ways(void **state)
{
	struct ir_unit *u = must_read(*state,
		L "    v2 = raised\n    guard v2 -> b2, b3(v2)\nb2:\n    v3 = unm v1 !v2\n    return v3 .0\n"
		"b3(v4):\n    return v4 .0\n");
	struct ir_fn *f = u->fns[0];
	ir_order(f);
	assert_null(ir_check(u));
	assert_int_equal(ir_block(f, 3)->npreds, 1);
	assert_ptr_equal(ir_caught(f, 2), ir_pred_edge(f, &ir_block(f, 3)->preds[0]));
}

static void test_edit(void **state)
{
	struct ir_unit *u = must_read(*state,
		M "    v1 = imm #1\n    v2 = imm #2\n    v3 = add64 v1, v2\n    ret v3\n");
	struct ir_fn *f = u->fns[0];
	ir_ref i = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_at(f, i)->imm = 7;
	ir_insert_before(f, 3, i);
	ir_ref first = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_insert_before(f, 1, first);
	ir_remove(f, 2);
	ir_ref *to = arena_array(u->arena, ir_ref, f->nins);
	to[2] = first;
	to[first] = i;
	ir_rename(f, to);
	assert_string_equal(ir_print(u), M "    v6 = imm #0\n    v1 = imm #1\n    v5 = imm #7\n"
				       "    v3 = add64 v1, v5\n    ret v3\n");
	assert_null(ir_check(u));
	ir_remove(f, first);
	assert_int_equal(ir_block(f, 1)->first, 1);
}

static void test_tables(void **state)
{
	struct fixture *x = *state;
	struct ir_unit *u = ir_unit_new(&x->a, &x->diag, &target);
	pg_map *m = (pg_map *)x, *m2 = (pg_map *)u;
	assert_int_equal(ir_map(u, m), IR_MAP_USER);
	assert_int_equal(ir_map(u, m2), IR_MAP_USER + 1);
	assert_int_equal(ir_map(u, m), IR_MAP_USER);
	struct diag_pos p = { .file = "f.lua", .line = 3 };
	assert_int_equal(ir_site(u, p, 0), 1);
	assert_int_equal(ir_site(u, p, 0), 1);
	assert_int_equal(ir_site(u, p, 1), 2);
	assert_string_equal(ir_kinds_text(u, IR_BIT(IR_NIL) | IR_BOOL | IR_BIT(IR_VIEW0)), "nil|bool|pkt");
	assert_string_equal(ir_kinds_text(u, 0), "none");
	assert_string_equal(ir_kind_lua(u, IR_INT), "number");
	assert_string_equal(ir_kind_lua(u, IR_VIEW0), "pkt");
	assert_ptr_equal(ir_lib_find(libs, "math.ult"), &libs[0]);
	assert_null(ir_lib_find(libs, "math.ul"));
	static const char *const near[] = { "src", "dst", "proto", "payload" };
	assert_string_equal(ir_nearest("srk", near, 4), "src");
	assert_string_equal(ir_nearest("paylaod", near, 4), "payload");
	assert_null(ir_nearest("checksum", near, 4));
	assert_null(ir_nearest("x", near, 4));
	assert_null(ir_nearest("id", (const char *const[]){ "xy" }, 1));
}

int main(void)
{
	if (setjmp(oom))
		return 2;
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_identity), T(test_every_operation), T(test_damage), T(test_damaged_links),
		T(test_unreadable), T(test_mangled), T(test_order), T(test_a_guard_has_two_ways),
		T(test_edit), T(test_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
