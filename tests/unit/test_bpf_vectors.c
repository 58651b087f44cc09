/*
 * test_bpf_vectors.c - what each instruction does, by the rows of bpf_vectors.h, in the small machine of the tests and, where
 * this process may load programs, in the kernel. That every instruction which the compiler may emit has a row is a test, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf_vectors.h"

#include "../vm-bpf/vm.h"

#include "bpf/code.h"
#include "kern/kern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* Where in the packet things are: operands, r1 and r2 as they were left, the word and its neighbours. */
enum { AT_A = 16, AT_B = 24, AT_R1 = 32, AT_R2 = 40, AT_BEFORE = 64, AT_WORD = 72, AT_AFTER = 80, BYTES = 96 };
enum { LIST, VALUES, MAPS, LIST_ENTRIES = 4, VALUES_WORDS = 3 };
enum { FAR = 40000, ROOM = FAR + 100, PASS = 2 };

struct fixture {
	struct arena a;
	lua_State *L;
	struct kern_features has;
	int map[MAPS];           /* descriptors, or numbers of our own */
	uint64_t fuel;
	unsigned wrong;
};

static jmp_buf oom;
static const uint64_t list[LIST_ENTRIES] = { WORD, HI | 1, ALL, MIN64 };
static const uint64_t values[VALUES_WORDS] = { BEFORE, WORD, AFTER };

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){ .map = { 1, 2 }, .fuel = 1 };
	arena_init(&f.a, 0, &oom);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->a);
	return 0;
}

/* ---- programs around an instruction ---- */

struct code { struct bpf_insn p[ROOM]; uint32_t n; };
static struct code code;

#define MOV(reg, k) (struct bpf_insn){ .code = K64(BPF_MOV), .dst_reg = (reg), .imm = (k) }
#define COPY(reg, from) (struct bpf_insn){ .code = X64(BPF_MOV), .dst_reg = (reg), .src_reg = (from) }
#define ADD(reg, k) (struct bpf_insn){ .code = K64(BPF_ADD), .dst_reg = (reg), .imm = (k) }
#define READ(size, reg, base, at)                                                                   \
	(struct bpf_insn){ .code = BPF_LDX | BPF_MEM | (size), .dst_reg = (reg), .src_reg = (base), .off = (at) }
#define WRITE(size, base, at, reg)                                                                  \
	(struct bpf_insn){ .code = BPF_STX | BPF_MEM | (size), .dst_reg = (base), .src_reg = (reg), .off = (at) }
#define GOTO(by) (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = (by) }
#define GOTOL(by) (struct bpf_insn){ .code = BPF_JMP32 | BPF_JA, .imm = (by) }
#define LEAVE (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT }

static void add(struct code *c, struct bpf_insn i) { c->p[c->n++] = i; }

/* The packet's length is checked, and the operands are where bpf_vectors.h says; the word in the packet or on the stack. */
static void begin(struct code *c, bool stack)
{
	c->n = 0;
	add(c, READ(BPF_W, 6, 1, 0));
	add(c, READ(BPF_W, 7, 1, 4));
	add(c, COPY(8, 6));
	add(c, ADD(8, BYTES));
	add(c, (struct bpf_insn){ .code = JX(BPF_JLE), .dst_reg = 8, .src_reg = 7, .off = 2 });
	add(c, MOV(0, 0));
	add(c, LEAVE);
	for (int k = 0; stack && k < 3; k++) {
		add(c, READ(BPF_DW, 0, 6, (int16_t)(AT_BEFORE + 8 * k)));
		add(c, WRITE(BPF_DW, 10, (int16_t)(8 * k - 24), 0));
	}
	add(c, COPY(3, stack ? 10 : 6));
	add(c, ADD(3, stack ? -16 : AT_WORD));
	add(c, READ(BPF_DW, 1, 6, AT_A));
	add(c, READ(BPF_DW, 2, 6, AT_B));
}

static void end(struct code *c, bool stack)
{
	add(c, WRITE(BPF_DW, 6, AT_R1, 1));
	add(c, WRITE(BPF_DW, 6, AT_R2, 2));
	for (int k = 0; stack && k < 3; k++) {
		add(c, READ(BPF_DW, 0, 10, (int16_t)(8 * k - 24)));
		add(c, WRITE(BPF_DW, 6, (int16_t)(AT_BEFORE + 8 * k), 0));
	}
	add(c, MOV(0, PASS));
	add(c, LEAVE);
}

static bool is_jump(const struct bpf_insn *i)
{
	return (i->code & 7) == BPF_JMP || (i->code & 7) == BPF_JMP32;
}

static bool is_store(const struct bpf_insn *i)
{
	return (i->code & 7) == BPF_ST || (i->code & 7) == BPF_STX;
}

static bool is_wide(const struct bpf_insn *i) { return i->code == (BPF_LD | BPF_IMM | BPF_DW); }

/* r1 := whether it is taken. One without a condition is led to, or not, so that what is behind it can be reached. */
static void add_jump(struct code *c, struct bpf_insn i, bool back)
{
	bool guard = (i.code & 0xf0) == BPF_JA;
	int by = back ? -3 - guard : 2;
	if (i.code == (BPF_JMP32 | BPF_JA))
		i.imm = by;
	else
		i.off = (int16_t)by;
	if (back) {
		add(c, GOTO(2));
		add(c, MOV(1, 1));
		add(c, GOTO(2 + guard));
	}
	if (guard)
		add(c, (struct bpf_insn){ .code = JK(BPF_JNE), .dst_reg = 2, .off = 1 });
	add(c, i);
	add(c, MOV(1, 0));
	if (!back) {
		add(c, GOTO(1));
		add(c, MOV(1, 1));
	}
}

/* where: a jump back, or memory on the stack. */
static void around(struct code *c, const struct vector *v, bool where)
{
	bool stack = where && !is_jump(&v->i);
	begin(c, stack);
	if (is_jump(&v->i))
		add_jump(c, v->i, where);
	else
		add(c, v->i);
	if (is_wide(&v->i))
		add(c, (struct bpf_insn){ .imm = v->high });
	end(c, stack);
}

static bool both_ways(const struct vector *v)
{
	return is_jump(&v->i) || is_store(&v->i) || (v->i.code & 7) == BPF_LDX;
}

/* ---- the two machines ---- */

static void put_word(uint8_t *packet, int at, uint64_t v) { memcpy(packet + at, &v, 8); }

static uint64_t word(const uint8_t *packet, int at)
{
	uint64_t v;
	memcpy(&v, packet + at, 8);
	return v;
}

static void fill(uint8_t *packet, const struct input *in)
{
	memset(packet, 0xa5, BYTES);
	put_word(packet, AT_A, in->a);
	put_word(packet, AT_B, in->b);
	put_word(packet, AT_BEFORE, BEFORE);
	put_word(packet, AT_WORD, in->a);
	put_word(packet, AT_AFTER, AFTER);
}

static uint64_t address(const void *p) { return (uint64_t)(uintptr_t)p; }

static uint64_t vm_map(struct vm *vm, int32_t fd, bool value, uint32_t off)
{
	const struct fixture *f = vm->arg;
	if (!value && fd == f->map[LIST])
		return 0x4d4150;
	if (value && fd == f->map[VALUES])
		return address(values) + off;
	vm->error = "no such map";
	return 0;
}

static uint64_t vm_lookup(struct vm *vm, int32_t id, const uint64_t r[5])
{
	uint32_t key;
	if (id != BPF_FUNC_map_lookup_elem || r[0] != 0x4d4150) {
		vm->error = "not a look-up";
		return 0;
	}
	memcpy(&key, (const void *)(uintptr_t)r[1], 4);
	return key < LIST_ENTRIES ? address(&list[key]) : 0;
}

/* NULL, or why it stopped. */
static const char *run_vm(struct fixture *f, const struct code *c, uint8_t *packet)
{
	uint32_t ctx[6] = { 0 };
	const struct vm_region regions[] = {
		{ ctx, sizeof(ctx), false }, { packet, BYTES, true }, { list, sizeof(list), false },
		{ values, sizeof(values), false },
	};
	struct vm vm = { .arg = f, .ctx = ctx, .regions = regions, .nregions = 4, .data = packet,
			 .data_end = packet + BYTES, .data_end_at = 4, .helper = vm_lookup, .map = vm_map, .fuel = f->fuel };
	uint64_t r0 = 0;
	if (!vm_run(&vm, c->p, c->n, &r0))
		return vm.error;
	f->fuel = vm.fuel;
	return r0 == PASS ? NULL : "another r0";
}

static int load_kernel(const struct code *c, char **log)
{
	return kern_prog_load(&(struct kern_prog_spec){ .type = BPF_PROG_TYPE_XDP, .insns = c->p, .n = c->n, .name = "vector" }, log);
}

static const char *run_kernel(int fd, uint8_t *packet)
{
	uint8_t out[BYTES];
	struct kern_test t = { .in = packet, .in_len = BYTES, .out = out, .out_len = sizeof(out) };
	if (kern_prog_test(fd, &t))
		return "no test run";
	memcpy(packet, out, BYTES);
	return t.retval == PASS ? NULL : "another r0";
}

/* ---- one row in them ---- */

static void check(struct fixture *f, const char *text, bool store, const char *machine, const struct input *in,
		  const uint8_t *packet, const char *stopped)
{
	uint64_t got = word(packet, store ? AT_WORD : AT_R1);
	bool beside = word(packet, AT_BEFORE) != BEFORE || word(packet, AT_AFTER) != AFTER || word(packet, AT_R2) != in->b ||
		      (!store && word(packet, AT_WORD) != in->a);
	if (!stopped && !beside && got == in->want)
		return;
	print_error("%s, of %#llx and %#llx, in the %s: %#llx, not %#llx%s%s%s\n", text, (unsigned long long)in->a,
		    (unsigned long long)in->b, machine, (unsigned long long)got, (unsigned long long)in->want,
		    beside ? "; something else changed" : "", stopped ? ": " : "", stopped ? stopped : "");
	f->wrong++;
}

static void in_vm(struct fixture *f, const struct vector *v)
{
	uint8_t packet[BYTES];
	for (int where = 0; where <= both_ways(v); where++)
		for (unsigned k = 0; k < v->n; k++) {
			around(&code, v, where);
			fill(packet, &v->in[k]);
			f->fuel = 1;
			const char *stopped = run_vm(f, &code, packet);
			check(f, v->text, is_store(&v->i), "small machine", &v->in[k], packet, stopped);
		}
}

static bool too_old(struct fixture *f, const struct bpf_insn *i)
{
	unsigned class = i->code & 7;
	bool v4 = (class == BPF_LDX && (i->code & 0xe0) == MEMSX) || i->code == (BPF_JMP32 | BPF_JA) ||
		  ((class == BPF_ALU || class == BPF_ALU64) && i->off);
	return (v4 && !kern_has(&f->has, FEAT_isa_v4)) || (i->code == MAY_GOTO && !kern_has(&f->has, FEAT_may_goto));
}

static void judge(struct fixture *f, const struct vector *v)
{
	uint8_t packet[BYTES];
	char *log = NULL;
	int fd = load_kernel(&code, &log);
	if ((fd < 0) != v->refused) {
		print_error("%s is %s by the kernel\n%s", v->text, fd < 0 ? "refused" : "let pass", log ? log : "");
		f->wrong++;
	}
	for (unsigned k = 0; fd >= 0 && k < v->n; k++) {
		fill(packet, &v->in[k]);
		const char *stopped = run_kernel(fd, packet);
		check(f, v->text, is_store(&v->i), "kernel", &v->in[k], packet, stopped);
	}
	kern_close(fd);
	free(log);
}

static void in_kernel(struct fixture *f, const struct vector *v)
{
	bool atomic = is_store(&v->i) && (v->i.code & 0xe0) == BPF_ATOMIC; /* in no packet */
	for (int where = atomic; where <= both_ways(v); where++) {
		around(&code, v, where);
		judge(f, v);
	}
}

enum { NVECTORS = sizeof(vectors) / sizeof(*vectors) };

static void small_machine(void **state)
{
	struct fixture *f = *state;
	for (unsigned k = 0; k < NVECTORS; k++)
		in_vm(f, &vectors[k]);
	assert_int_equal(f->wrong, 0);
}

static void kernel(void **state)
{
	struct fixture *f = *state;
	if (kern_rights_missing())
		skip();
	for (unsigned k = 0; k < NVECTORS; k++)
		if (!too_old(f, &vectors[k].i))
			in_kernel(f, &vectors[k]);
	assert_int_equal(f->wrong, 0);
}

/* ---- what takes more than one instruction ---- */

/* r2: a key. r1 := its entry of the list, or -1. */
static const struct bpf_insn look_up[] = {
	{ .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 2, .off = -8 },
	{ .code = X64(BPF_MOV), .dst_reg = 2, .src_reg = 10 },
	{ .code = K64(BPF_ADD), .dst_reg = 2, .imm = -8 },
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = LIST }, { 0 },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
	{ .code = K64(BPF_MOV), .dst_reg = 1, .imm = -1 },
	{ .code = JK(BPF_JEQ), .dst_reg = 0, .off = 1 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 0 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 6, .off = AT_B },
};
static const struct bpf_insn value[] = {
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = VALUES }, { .imm = 8 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 1, .off = 8 },
};

#define CALL_FUNCTION { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL }
#define RESULT { .code = X64(BPF_MOV), .dst_reg = 1, .src_reg = 0 }
#define OPERAND { .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 6, .off = AT_B }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

/* r1 := the difference, by a function with registers of its own. */
static const struct bpf_insn called[] = { CALL_FUNCTION, RESULT, OPERAND };
static const struct bpf_insn differ[] = {
	{ .code = X64(BPF_MOV), .dst_reg = 0, .src_reg = 1 },
	{ .code = X64(BPF_SUB), .dst_reg = 0, .src_reg = 2 },
	{ .code = K64(BPF_MOV), .dst_reg = 6 }, { .code = K64(BPF_MOV), .dst_reg = 9 }, EXIT,
};
/* r1 := twice as much, by a function with a stack of its own that reads its caller's, and writes it. */
static const struct bpf_insn lends[] = {
	{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -16 },
	{ .code = X64(BPF_MOV), .dst_reg = 1, .src_reg = 10 },
	{ .code = K64(BPF_ADD), .dst_reg = 1, .imm = -16 },
	CALL_FUNCTION,
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 10, .off = -8 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 10, .off = -16 },
	{ .code = X64(BPF_ADD), .dst_reg = 1, .src_reg = 2 }, OPERAND,
};
static const struct bpf_insn borrows[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 1 },
	{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -16, .imm = 77 },
	{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 0, .off = 8 }, EXIT,
};

#define BODY(p) p, sizeof(p) / sizeof(*p)

static const struct whole {
	const char *what;
	const struct bpf_insn *p;
	unsigned len;
	struct input in[3];
	unsigned n;
	const struct bpf_insn *function;
	unsigned function_len;
} wholes[] = {
	{ "a look-up", BODY(look_up), { { 0, 1, HI | 1 }, { 0, 3, MIN64 }, { 0, LIST_ENTRIES, ALL } }, 3, NULL, 0 },
	{ "a map's value", BODY(value), { { ALL, 0, AFTER } }, 1, NULL, 0 },
	{ "a call", BODY(called), { { 10, 3, 7 }, { MIN64, 1, MAX64 } }, 2, BODY(differ) },
	{ "a call with an address", BODY(lends), { { 5, 0, 10 }, { MIN64 | 1, 0, 2 } }, 2, BODY(borrows) },
};

static void around_whole(struct fixture *f, struct code *c, const struct whole *w)
{
	uint32_t call = 0;
	begin(c, false);
	for (unsigned k = 0; k < w->len; k++) {
		struct bpf_insn i = w->p[k];
		if (is_wide(&i))
			i.imm = f->map[i.imm];
		if (i.src_reg == BPF_PSEUDO_CALL && i.code == (BPF_JMP | BPF_CALL))
			call = c->n;
		add(c, i);
	}
	end(c, false);
	if (w->function)
		c->p[call].imm = (int32_t)(c->n - call - 1);
	for (unsigned k = 0; k < w->function_len; k++)
		add(c, w->function[k]);
}

static void make_maps(struct fixture *f)
{
	const struct kern_map_spec spec[MAPS] = {
		[LIST] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .entries = LIST_ENTRIES, .numa = -1 },
		[VALUES] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(values), .entries = 1, .numa = -1 },
	};
	for (int k = 0; k < MAPS; k++)
		assert_true((f->map[k] = kern_map_create(&spec[k])) >= 0);
	for (uint32_t k = 0; k < LIST_ENTRIES; k++)
		assert_int_equal(kern_map_update(f->map[LIST], &k, &list[k], 0), 0);
	assert_int_equal(kern_map_update(f->map[VALUES], &(uint32_t){ 0 }, values, 0), 0);
}

static void run_both(struct fixture *f, const char *what, const struct input *in, unsigned n, bool load)
{
	uint8_t packet[BYTES];
	char *log = NULL;
	int fd = load ? load_kernel(&code, &log) : -1;
	if (load && fd < 0)
		fail_msg("%s is refused by the kernel\n%s", what, log ? log : "");
	for (unsigned k = 0; k < n; k++) {
		fill(packet, &in[k]);
		const char *stopped = run_vm(f, &code, packet);
		check(f, what, false, "small machine", &in[k], packet, stopped);
		if (!load)
			continue;
		fill(packet, &in[k]);
		stopped = run_kernel(fd, packet);
		check(f, what, false, "kernel", &in[k], packet, stopped);
	}
	if (load)
		kern_close(fd);
}

static void maps_and_calls(void **state)
{
	struct fixture *f = *state;
	bool there = !kern_rights_missing();
	if (there)
		make_maps(f);
	for (unsigned k = 0; k < sizeof(wholes) / sizeof(*wholes); k++) {
		around_whole(f, &code, &wholes[k]);
		run_both(f, wholes[k].what, wholes[k].in, wholes[k].n, there);
	}
	for (int k = 0; there && k < MAPS; k++)
		kern_close(f->map[k]);
	assert_int_equal(f->wrong, 0);
}

/* There and back over more than a jump of 16 bits can. */
static void far(void **state)
{
	struct fixture *f = *state;
	const struct bpf_insn there = GOTOL(FAR + 4), back = GOTOL(-FAR - 3);
	const struct input in[] = { { 0, 0, 1 }, { 0, 1, 0 } };
	begin(&code, false);
	add(&code, (struct bpf_insn){ .code = JK(BPF_JNE), .dst_reg = 2, .off = 1 });
	add(&code, there);
	add(&code, MOV(1, 0));
	add(&code, GOTO(1));
	add(&code, MOV(1, 1));
	for (int k = 0; k < FAR; k++)
		add(&code, MOV(3, k));
	add(&code, GOTO(1));
	add(&code, back);
	end(&code, false);
	run_both(f, "gotol over 40,000 instructions", in, 2, !kern_rights_missing() && !too_old(f, &there));
	assert_int_equal(f->wrong, 0);
}

/* Of a loop with so many turns at most, that ends by itself after so many others: how many there were, what is left. */
static void fuel(void **state)
{
	struct fixture *f = *state;
	static const struct { uint64_t fuel, left; struct input in; } turns[] = {
		{ 0, 0, { 0, 5, 1 } }, { 1, 0, { 0, 5, 2 } }, { 4, 0, { 0, 5, 5 } }, { 10, 6, { 0, 5, 5 } },
	};
	uint8_t packet[BYTES];
	for (unsigned k = 0; k < sizeof(turns) / sizeof(*turns); k++) {
		begin(&code, false);
		add(&code, ADD(1, 1));
		add(&code, (struct bpf_insn){ .code = JX(BPF_JGE), .dst_reg = 1, .src_reg = 2, .off = 2 });
		add(&code, (struct bpf_insn){ .code = MAY_GOTO, .off = 1 });
		add(&code, GOTO(-4));
		end(&code, false);
		fill(packet, &turns[k].in);
		f->fuel = turns[k].fuel;
		const char *stopped = run_vm(f, &code, packet);
		check(f, "a loop by may_goto", false, "small machine", &turns[k].in, packet, stopped);
		assert_int_equal(f->fuel, turns[k].left);
	}
	assert_int_equal(f->wrong, 0);
}

/* ---- every instruction has a row: the list is that of the fuzzer ---- */

static const char cover[] =
	"local cover, seen = dofile 'tests/fuzz/cover.lua', {}\n"
	"local list, known, lacking = cover.shapes(), {}, {}\n"
	"function tested(text) seen['ins ' .. cover.shape(text)] = true end\n"
	"function apart(text) if seen['ins ' .. text] then error(text .. ' has a row') end tested(text) end\n"
	"function lacks()\n"
	"  for _, ins in ipairs(list) do known[ins] = true if not seen[ins] then lacking[#lacking + 1] = ins end end\n"
	"  for ins in pairs(seen) do if not known[ins] then lacking[#lacking + 1] = 'in the list: ' .. ins end end\n"
	"  return table.concat(lacking, '; ')\n"
	"end\n";

/* What it does is the kernel's business; what it leaves in registers: unit/bpf_vm. */
static const char *const apart[] = { "call kernel function" };

static void tell(lua_State *L, const char *function, const char *text)
{
	lua_getglobal(L, function);
	lua_pushstring(L, text);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
}

/* The instruction's text, without its number and its end of line. */
static const char *text_of(struct fixture *f, const struct bpf_insn *p)
{
	const char *all = be_disasm(&f->a, p, is_wide(p) ? 2 : 1, NULL, 0);
	return arena_printf(&f->a, "%.*s", (int)strlen(all) - 7, all + 6);
}

static void tell_rows(struct fixture *f)
{
	for (unsigned k = 0; k < NVECTORS; k++) {
		const struct vector *v = &vectors[k];
		const struct bpf_insn p[2] = { v->i, { .imm = v->high } };
		assert_string_equal(text_of(f, p), v->text);
		assert_true(v->n > 0);
		if (!v->refused)
			tell(f->L, "tested", v->text);
	}
	tell(f->L, "tested", text_of(f, &look_up[3]));
	tell(f->L, "tested", text_of(f, &look_up[5]));
	tell(f->L, "tested", text_of(f, &value[0]));
	tell(f->L, "tested", text_of(f, &called[0]));
	tell(f->L, "tested", text_of(f, &LEAVE));
	for (unsigned k = 0; k < sizeof(apart) / sizeof(*apart); k++)
		tell(f->L, "apart", apart[k]);
}

static void all_of_them(void **state)
{
	struct fixture *f = *state;
	f->L = luaL_newstate();
	luaL_openlibs(f->L);
	if (luaL_dostring(f->L, cover))
		fail_msg("%s", lua_tostring(f->L, -1));
	tell_rows(f);
	lua_getglobal(f->L, "lacks");
	lua_call(f->L, 0, 1);
	if (*lua_tostring(f->L, -1))
		fail_msg("no row for %s", lua_tostring(f->L, -1));
	lua_close(f->L);
}

int main(void)
{
	if (setjmp(oom))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(maps_and_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(far, setup, teardown),
		cmocka_unit_test_setup_teardown(fuel, setup, teardown),
		cmocka_unit_test_setup_teardown(all_of_them, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
