/* test_chunk.c - binary chunks, whole and damaged: everything is read, or refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lua_chunk.h"

static jmp_buf oom;

/* One of everything a chunk can hold. */
static const char everything[] =
	"local t, u <const> = 5, {1, 2.5, 'short', x = 3, [70000] = -1}\n"
	"local function f(a, b, ...)\n"
	"  local s = 'a string that is longer than forty bytes, so that it is not kept once'\n"
	"  for i = 1, 10, 2 do if i > 3 and a then goto out end s = s .. i end ::out::\n"
	"  while a < b do a = a << 1 + b // 3 - t end\n"
	"  repeat local k = a; u[#u + 1] = function() k = k + 1 return k end until not b\n"
	"\n\n\n\n  return u:m(select(2, ...)), { ... }, -a, ~b, a == nil, b ~= 'x', a >= 2.0\n"
	"end\n"
	"for k, v in pairs(u) do print(k, v) end\n"
	"do local c <close> = nil end\n"
	"return f(f, g.h.i), true, false, nil\n";

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){ 0 };
	arena_init(&f.a, 0, &oom);
	f.diag.arena = &f.a;
	f.L = luaL_newstate();
	f.c = chunk_of(f.L, everything, "@dir/all.lua");
	*state = &f;
	return 0;
}

static const char *read_chunk(struct fixture *x, struct front_proto **p)
{
	return front_read(&x->a, x->c.bytes, x->c.n, p);
}

static void test_fields(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p = NULL;
	assert_null(read_chunk(x, &p));
	assert_string_equal(p->file, "dir/all.lua");
	assert_int_equal(p->line, 0);
	assert_true(p->vararg);
	assert_int_equal(p->nprotos, 1);
	assert_int_equal(p->nupvals, 1);
	assert_string_equal(p->upvals[0].name, "_ENV");
	assert_string_equal(p->locals[1].name, "u");
	const struct front_proto *f = p->protos[0];
	assert_ptr_equal(f->parent, p);
	assert_string_equal(f->file, "dir/all.lua");
	assert_int_equal(f->line, 2);
	assert_int_equal(f->last_line, 12);
	assert_int_equal(f->nparams, 2);
	assert_true(f->vararg);
	assert_string_equal(f->locals[1].name, "b");
	assert_int_equal(f->locals[1].reg, 1);
	assert_int_equal(f->lines[f->ncode - 1], 12);
	assert_int_equal(f->lines[f->ncode - 2], 11);
	const struct front_upval *u = f->protos[0]->upvals;
	assert_string_equal(u->name, "k");
	assert_true(u->instack);
	bool floats = false, longs = false;
	for (uint32_t i = 0; i < f->nk; i++)
		longs |= f->k[i].kind == PG_STR && f->k[i].n > 40 && !f->k[i].str[f->k[i].n];
	for (uint32_t i = 0; i < p->nk; i++)
		floats |= p->k[i].kind == PG_FLOAT && p->k[i].f == 2.5;
	assert_true(longs);
	assert_true(floats);
}

/* Registers of local variables, as Lua's own luaF_getlocalname counts them. */
static void test_registers_of_locals(void **state)
{
	struct fixture *x = *state;
	static const struct { const char *name; uint32_t reg; } want[] = {
		{ "a", 0 }, { "b", 1 }, { "c", 1 }, { "(for state)", 1 }, { "(for state)", 2 },
		{ "(for state)", 3 }, { "i", 4 }, { "j", 5 }, { "d", 1 }, { "e", 2 },
	};
	free(x->c.bytes);
	x->c = chunk_of(x->L, "local a do local b = a end do local c = a end for i = 1, 2 do local j = i a = j end "
			      "local d, e = a", "=t");
	struct front_proto *p = NULL;
	assert_null(read_chunk(x, &p));
	assert_int_equal(p->nlocals, sizeof(want) / sizeof(*want));
	for (uint32_t i = 0; i < p->nlocals; i++) {
		assert_string_equal(p->locals[i].name, want[i].name);
		assert_int_equal(p->locals[i].reg, want[i].reg);
	}
}

/* One variable's scope ends where the next one's starts when both are set by one LOADNIL. */
static void test_register_taken_over(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p = NULL;
	free(x->c.bytes);
	x->c = chunk_of(x->L, "do local a end local b return b", "=t");
	assert_null(read_chunk(x, &p));
	assert_int_equal(p->locals[0].end, p->locals[1].start);
	assert_int_equal(p->locals[1].reg, 0);
}

static void test_damaged_local(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p = NULL;
	free(x->c.bytes);
	x->c = chunk_of(x->L, "local zz = 1 return zz", "=t");
	char *at = memmem(x->c.bytes, x->c.n, "\x83zz", 3);
	assert_non_null(at);
	assert_null(read_chunk(x, &p));
	at[4] = (char)0xff;
	assert_string_equal(read_chunk(x, &p), "the binary chunk has a local variable out of range");
	at[4] = (char)0x80;
	assert_string_equal(read_chunk(x, &p), "the binary chunk has a local variable out of range");
}

/* Counts that promise more than the bytes hold allocate nothing. */
static void test_great_counts(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p;
	static const unsigned char rest[] = {
		0x80, 0x80, 0x80, 0, 0, 2, 0x81, LUA_RETURN0, 0, 0, 0, /* 1 instruction */
		0x07, 0x7f, 0x7f, 0x7f, 0xff,                          /* 2^31 - 1 constants */
	};
	char bytes[32 + sizeof(rest)];
	memcpy(bytes, x->c.bytes, 32);
	memcpy(bytes + 32, rest, sizeof(rest));
	x->a.limit = 1 << 20;
	assert_string_equal(front_read(&x->a, bytes, sizeof(bytes), &p), "the binary chunk is truncated");
}

/* ---- foreign and damaged heads ---- */

static const struct { unsigned at; unsigned char to; const char *err; } heads[] = {
	{ 0, 'x', "this is not a Lua binary chunk" },
	{ 3, 'x', "this is not a Lua binary chunk" },
	{ 4, 0x53, "the binary chunk is not of Lua 5.4" },
	{ 4, 0x55, "the binary chunk is not of Lua 5.4" },
	{ 5, 1, "the binary chunk is of another format" },
	{ 6, 0, "the binary chunk is damaged" },
	{ 11, '\r', "the binary chunk is damaged" },
	{ 12, 8, "the binary chunk has other sizes of instructions or numbers" },
	{ 13, 4, "the binary chunk has other sizes of instructions or numbers" },
	{ 14, 4, "the binary chunk has other sizes of instructions or numbers" },
	{ 15, 0, "the binary chunk has numbers of another form" },
	{ 23, 1, "the binary chunk has numbers of another form" },
	{ 31, 9, "the binary chunk disagrees with itself on its upvalues" },
	{ 32, 0x00, "the binary chunk holds a number out of range" },
};

static void test_heads(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p;
	for (unsigned i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		char keep = x->c.bytes[heads[i].at];
		x->c.bytes[heads[i].at] = (char)heads[i].to;
		if (heads[i].to == 0x00 && heads[i].at == 32)
			memset(x->c.bytes + 33, 0x7f, 8);
		const char *err = read_chunk(x, &p);
		assert_non_null(err);
		assert_string_equal(err, heads[i].err);
		assert_null(p);
		x->c.bytes[heads[i].at] = keep;
	}
}

static void test_stripped(void **state)
{
	struct fixture *x = *state;
	struct front_proto *p;
	struct chunk stripped = { 0 };
	lua_dump(x->L, chunk_write, &stripped, 1);
	const char *err = front_read(&x->a, stripped.bytes, stripped.n, &p);
	free(stripped.bytes);
	assert_string_equal(err, "the function has no line information (it was stripped)");
}

/* ---- code that Lua would never write ---- */

#define ABC_(op, a, k, b, c) \
	((uint32_t)LUA_##op | (uint32_t)(a) << 7 | (uint32_t)(k) << 15 | (uint32_t)(b) << 16 | (uint32_t)(c) << 24)
#define ABX_(op, a, bx) ((uint32_t)LUA_##op | (uint32_t)(a) << 7 | (uint32_t)(bx) << 15)
#define SJ_(sj) ((uint32_t)LUA_JMP | (uint32_t)((sj) + 16777215) << 7)
#define RET ABC_(RETURN0, 0, 0, 0, 0)
#define RANGE "the binary chunk has an instruction with an operand out of range"
#define REGS "the binary chunk has an instruction with registers out of range"
#define HALF "the binary chunk has an incomplete instruction"
#define INTO "the binary chunk jumps into an instruction"
#define OUT "the binary chunk jumps out of its code"

/* A function of 4 registers, 1 upvalue, no inner function, constants 7, "s", 1.5. */
static const struct { uint32_t code[6]; const char *err; } codes[] = {
	{ { RET }, NULL },
	{ { 0x7f, RET }, "the binary chunk has an unknown instruction" },
	{ { LUA_NOPS, RET }, "the binary chunk has an unknown instruction" },
	{ { ABC_(MOVE, 4, 0, 0, 0), RET }, RANGE },
	{ { ABC_(MOVE, 0, 0, 4, 0), RET }, RANGE },
	{ { ABC_(MOVE, 3, 0, 3, 0), RET }, NULL },
	{ { ABX_(LOADK, 0, 3), RET }, RANGE },
	{ { ABX_(LOADK, 0, 2), RET }, NULL },
	{ { ABC_(GETUPVAL, 0, 0, 1, 0), RET }, RANGE },
	{ { ABC_(GETTABUP, 0, 0, 0, 0), RET }, RANGE },
	{ { ABC_(GETTABUP, 0, 0, 0, 1), RET }, NULL },
	{ { ABC_(GETFIELD, 0, 0, 0, 2), RET }, RANGE },
	{ { ABC_(SETTABUP, 1, 0, 1, 0), RET }, RANGE },
	{ { ABC_(SETFIELD, 0, 1, 1, 3), RET }, RANGE },
	{ { ABC_(SETFIELD, 0, 1, 1, 2), RET }, NULL },
	{ { ABC_(SETFIELD, 0, 0, 1, 4), RET }, RANGE },
	{ { ABX_(CLOSURE, 0, 0), RET }, RANGE },
	{ { ABC_(SELF, 3, 0, 0, 0), RET }, REGS },
	{ { ABC_(LOADNIL, 2, 0, 2, 0), RET }, REGS },
	{ { ABC_(LOADNIL, 2, 0, 1, 0), RET }, NULL },
	{ { ABC_(CONCAT, 3, 0, 2, 0), RET }, REGS },
	{ { ABC_(CONCAT, 3, 0, 1, 0), RET }, "the binary chunk concatenates too little" },
	{ { ABC_(CALL, 2, 0, 3, 1), RET }, REGS },
	{ { ABC_(CALL, 2, 0, 1, 4), RET }, REGS },
	{ { ABC_(CALL, 2, 0, 2, 3), RET }, NULL },
	{ { ABC_(RETURN, 2, 0, 4, 0) }, REGS },
	{ { ABC_(VARARG, 0, 0, 0, 2), RET }, "the binary chunk has '...' in a function without it" },
	{ { ABC_(SETLIST, 2, 0, 2, 0), RET }, REGS },
	{ { ABC_(ADDK, 0, 0, 0, 1), ABC_(MMBINK, 0, 0, 1, 6), RET }, RANGE },
	{ { ABC_(BANDK, 0, 0, 0, 2), ABC_(MMBINK, 0, 0, 2, 13), RET }, RANGE },
	{ { ABC_(ADDK, 0, 0, 0, 2), ABC_(MMBINK, 0, 0, 2, 6), RET }, NULL },
	{ { ABC_(ADD, 0, 0, 0, 1), RET }, HALF },
	{ { ABC_(ADD, 0, 0, 0, 1), ABC_(MMBIN, 0, 0, 1, 7), RET }, HALF },
	{ { ABC_(ADD, 0, 0, 0, 1), ABC_(MMBIN, 1, 0, 1, 6), RET }, HALF },
	{ { ABC_(ADD, 0, 0, 0, 1), ABC_(MMBIN, 0, 0, 2, 6), RET }, HALF },
	{ { ABC_(ADD, 0, 0, 0, 1), ABC_(MMBINI, 0, 0, 1, 6), RET }, HALF },
	{ { ABC_(ADD, 0, 0, 0, 1), ABC_(MMBIN, 0, 0, 1, 6), RET }, NULL },
	{ { ABC_(ADDI, 0, 0, 0, 122), ABC_(MMBINI, 0, 0, 132, 7), RET }, NULL },
	{ { ABC_(ADDI, 0, 0, 0, 122), ABC_(MMBINI, 0, 0, 122, 7), RET }, HALF },
	{ { ABC_(SHLI, 0, 0, 0, 130), ABC_(MMBINI, 0, 0, 130, 16), RET }, HALF },
	{ { ABC_(SHLI, 0, 0, 0, 130), ABC_(MMBINI, 0, 1, 130, 16), RET }, NULL },
	{ { ABC_(MMBIN, 0, 0, 1, 6), RET }, HALF },
	{ { ABC_(EXTRAARG, 0, 0, 0, 0), RET }, HALF },
	{ { ABC_(NEWTABLE, 0, 0, 0, 0), RET }, HALF },
	{ { ABX_(LOADKX, 0, 0), RET }, HALF },
	{ { ABX_(LOADKX, 0, 0), (uint32_t)LUA_EXTRAARG | 3u << 7, RET }, RANGE },
	{ { ABX_(LOADKX, 0, 0), (uint32_t)LUA_EXTRAARG | 2u << 7, RET }, NULL },
	{ { ABC_(SETLIST, 0, 1, 1, 0), RET }, HALF },
	{ { ABC_(EQ, 0, 0, 1, 0), RET }, HALF },
	{ { ABC_(TEST, 0, 0, 0, 0), SJ_(0), RET }, NULL },
	{ { ABC_(TEST, 0, 0, 0, 0), SJ_(5), RET }, OUT },
	{ { SJ_(-2), RET }, OUT },
	{ { SJ_(-1), RET }, NULL },
	{ { ABC_(MOVE, 0, 0, 0, 0) }, OUT },
	{ { SJ_(1), ABC_(ADD, 0, 0, 0, 1), ABC_(MMBIN, 0, 0, 1, 6), RET }, INTO },
	{ { ABC_(LFALSESKIP, 0, 0, 0, 0), RET }, OUT },
	{ { ABC_(CALL, 0, 0, 1, 0), RET }, "the binary chunk has several results that go nowhere" },
	{ { ABC_(RETURN, 0, 0, 0, 0) }, "the binary chunk takes several results from nowhere" },
	{ { ABC_(CALL, 0, 0, 1, 0), ABC_(RETURN, 1, 0, 0, 0) }, "the binary chunk takes several results from nowhere" },
	{ { ABC_(CALL, 0, 0, 1, 0), ABC_(RETURN, 0, 0, 0, 0) }, NULL },
	{ { ABC_(TEST, 0, 0, 0, 0), SJ_(1), ABC_(CALL, 0, 0, 1, 0), ABC_(RETURN, 0, 0, 0, 0) }, INTO },
	{ { ABX_(FORPREP, 1, 0), RET }, REGS },
	{ { ABX_(FORPREP, 0, 0), RET, RET }, "the binary chunk has a loop without its end" },
	{ { ABX_(FORPREP, 0, 0), ABX_(FORLOOP, 0, 2), RET }, "the binary chunk has a loop without its end" },
	{ { ABX_(FORPREP, 0, 0), ABX_(FORLOOP, 0, 1), RET }, NULL },
	{ { ABX_(FORLOOP, 0, 4), RET }, OUT },
	{ { ABX_(TFORPREP, 0, 0), RET }, "the binary chunk has a loop without its end" },
	{ { ABC_(TFORCALL, 0, 0, 0, 1), RET }, REGS },
	{ { ABX_(TFORLOOP, 0, 0), RET }, REGS },
};

static void test_code(void **state)
{
	struct fixture *x = *state;
	static const char s[] = "s";
	for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		pg_value k[] = { { .kind = PG_INT, .i = 7 },
				 { .kind = PG_STR, .n = 1, .str = s },
				 { .kind = PG_FLOAT, .f = 1.5 } };
		struct front_upval up = { .name = "u" };
		uint32_t code[6], lines[6] = { 1, 1, 1, 1, 1, 1 };
		struct front_proto p = { .file = "t", .nregs = 4, .code = code, .lines = lines, .k = k,
					 .nk = 3, .upvals = &up, .nupvals = 1, .number = 1 };
		memcpy(code, codes[i].code, sizeof(code));
		for (p.ncode = 6; p.ncode > 1 && !code[p.ncode - 1]; p.ncode--)
			;
		const char *err = front_verify(&x->a, &p);
		if (err != codes[i].err && (!err || !codes[i].err || strcmp(err, codes[i].err)))
			fail_msg("code %u: %s instead of %s", i, err, codes[i].err);
		if (err)
			continue;
		struct ir_unit *u = ir_unit_new(&x->a, &x->diag, NULL);
		front_build(u, &p);
		assert_null(ir_check(u));
	}
}

/* ---- damage ---- */

/* A damaged chunk is refused, or what is built of it is well formed. Counts what was built. */
static unsigned survive(const struct chunk *c)
{
	struct arena a;
	jmp_buf out;
	arena_init(&a, 64u << 20, &out);
	unsigned built = 0;
	if (!setjmp(out)) {
		struct diag_list diag = { .arena = &a };
		struct chunk copy = *c;
		struct ir_unit *u = chunk_build(&a, &diag, &copy);
		const char *wrong = u ? ir_check(u) : NULL;
		if (wrong)
			print_error("%s\n", wrong);
		assert_null(wrong);
		assert_true(u || diag.errors);
		built = u != NULL;
	}
	arena_free(&a);
	return built;
}

static void test_whole_survives(void **state)
{
	assert_int_equal(survive(&((struct fixture *)*state)->c), 1);
}

static void test_truncated(void **state)
{
	struct fixture *x = *state;
	for (size_t n = 0; n < x->c.n; n++) {
		struct chunk cut = { .bytes = malloc(n ? n : 1), .n = n };
		memcpy(cut.bytes, x->c.bytes, n);
		assert_int_equal(survive(&cut), 0);
		free(cut.bytes);
	}
	x->c.bytes = realloc(x->c.bytes, x->c.n + 1);
	x->c.bytes[x->c.n++] = 0;
	assert_int_equal(survive(&x->c), 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* One to four bytes changed, behind the header. */
static void test_flipped(void **state)
{
	struct fixture *x = *state;
	uint32_t seed = 12345;
	unsigned built = 0;
	for (unsigned i = 0; i < 20000; i++) {
		struct chunk c = { .bytes = malloc(x->c.n), .n = x->c.n };
		memcpy(c.bytes, x->c.bytes, c.n);
		for (unsigned n = i % 4 + 1; n--;) {
			size_t at = 32 + next_random(&seed) % (c.n - 32);
			c.bytes[at] = i & 8 ? (char)(c.bytes[at] ^ 1 << next_random(&seed) % 8)
					    : (char)next_random(&seed);
		}
		built += survive(&c);
		free(c.bytes);
	}
	/* names, constants and lines may change: some of them are built, and most are not */
	assert_in_range(built, 500, 19500);
}

/* Functions nested deeper than Lua's compiler goes. */
static void test_nested(void **state)
{
	struct fixture *x = *state;
	free(x->c.bytes);
	x->c = chunk_of(x->L, "return function() return 1 end", "=t");
	enum { DEEP = 300 };
	struct front_proto *p;
	assert_null(read_chunk(x, &p));
	/* a function up to its count of inner functions, 1: no source, lines 0, no parameters, 2
	 * registers, one instruction (RETURN0), no constants, no upvalues */
	const unsigned char inner_head[] = { 0x80, 0x80, 0x80, 0, 0, 2, 0x81, LUA_RETURN0, 0, 0, 0, 0x80, 0x80, 0x81 };
	size_t at = 0;
	for (size_t i = 32; i + 3 < x->c.n && !at; i++)
		if (x->c.bytes[i] == (char)0x81 && x->c.bytes[i + 1] == (char)0x80 && i > 50)
			at = i + 1;
	assert_true(at > 0);
	size_t n = at + DEEP * sizeof(inner_head);
	char *bytes = malloc(n);
	memcpy(bytes, x->c.bytes, at);
	for (unsigned i = 0; i < DEEP; i++)
		memcpy(bytes + at + i * sizeof(inner_head), inner_head, sizeof(inner_head));
	const char *err = front_read(&x->a, bytes, n, &p);
	free(bytes);
	assert_string_equal(err, "the binary chunk's functions are nested too deep");
}

int main(void)
{
	if (setjmp(oom))
		return 2;
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_fields), T(test_registers_of_locals), T(test_register_taken_over),
		T(test_damaged_local), T(test_great_counts), T(test_heads), T(test_stripped), T(test_code),
		T(test_whole_survives), T(test_truncated), T(test_flipped), T(test_nested),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
