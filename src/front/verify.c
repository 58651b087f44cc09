/* verify.c - what must hold of a function's code before anything is built from it. */
#include "front/proto.h"

#include <stdio.h>

/* The letters of opcodes.def. */
enum { ABC, ABX, AX, SJ };
enum { CH_R = 1, CH_X, CH_K, CH_S, CH_N, CH_I, CH_U, CH_P, CH__ = 0 };
enum { NX__ = 0, NX_E, NX_J, NX_M, NX_V, NX_C, NX_x };

static const struct opinfo { uint8_t format, a, b, c, next; } ops[LUA_NOPS] = {
#define LUA_OP(name, format, a, b, c, next, build, op) \
	[LUA_##name] = { format, CH_##a, CH_##b, CH_##c, NX_##next },
#include "front/opcodes.def"
#undef LUA_OP
};

struct verify {
	const struct front_proto *p;
	uint8_t *marks;        /* by pc */
	uint32_t pc;
	const char *err;
};

enum { SECOND = 1, TARGET = 2 }; /* second half of a pair; target of a jump */

static void wrong(struct verify *v, const char *err)
{
	if (!v->err)
		v->err = err;
}

static bool operand_ok(const struct front_proto *p, unsigned check, uint32_t n, bool is_k)
{
	bool k = n < p->nk;
	switch (check) {
	case CH_R: return n < p->nregs;
	case CH_X: return is_k ? k : n < p->nregs;
	case CH_K: return k;
	case CH_S: return k && p->k[n].kind == PG_STR;
	case CH_N: return k && (p->k[n].kind == PG_INT || p->k[n].kind == PG_FLOAT);
	case CH_I: return k && p->k[n].kind == PG_INT;
	case CH_U: return n < p->nupvals;
	case CH_P: return n < p->nprotos;
	}
	return true;
}

static void operands(struct verify *v, uint32_t i)
{
	const struct opinfo *o = &ops[lua_op(i)];
	bool bx = o->format == ABX;
	if (!operand_ok(v->p, o->a, lua_a(i), false) ||
	    !operand_ok(v->p, o->b, bx ? lua_bx(i) : lua_b(i), lua_k(i)) ||
	    (!bx && !operand_ok(v->p, o->c, lua_c(i), lua_k(i))))
		wrong(v, "the binary chunk has an instruction with an operand out of range");
}

/* How many registers from A on an instruction reads or writes, beyond what its row says. */
static uint32_t span(uint32_t i)
{
	uint32_t b = lua_b(i), c = lua_c(i);
	switch (lua_op(i)) {
	case LUA_SELF:     return 2;
	case LUA_LOADNIL:  return b + 1;
	case LUA_CONCAT:   return b;
	case LUA_CALL:     return b >= c ? b : c - 1;
	case LUA_TAILCALL: return b;
	case LUA_RETURN:   return b ? b - 1 : 0;
	case LUA_VARARG:   return c ? c - 1 : 0;
	case LUA_SETLIST:  return b + 1;
	case LUA_FORPREP:
	case LUA_FORLOOP:
	case LUA_TFORPREP: return 4;
	case LUA_TFORLOOP: return 5;
	case LUA_TFORCALL: return 4 + c;
	}
	return 0;
}

static void counts(struct verify *v, uint32_t i)
{
	uint32_t op = lua_op(i);
	if (span(i) && lua_a(i) + span(i) > v->p->nregs)
		wrong(v, "the binary chunk has an instruction with registers out of range");
	if (op == LUA_CONCAT && lua_b(i) < 2)
		wrong(v, "the binary chunk concatenates too little");
	if (op == LUA_VARARG && !v->p->vararg)
		wrong(v, "the binary chunk has '...' in a function without it");
}

/* The events of MMBIN (Lua's ltm.h) by the operation of an arithmetic instruction. */
enum { TM_SUB = 7, TM_SHL = 16 };
static const uint8_t event_of[LUA_NOPS] = {
	[LUA_ADDI] = 6,   [LUA_ADDK] = 6,   [LUA_ADD] = 6,   [LUA_SUBK] = 7,   [LUA_SUB] = 7,
	[LUA_MULK] = 8,   [LUA_MUL] = 8,    [LUA_MODK] = 9,  [LUA_MOD] = 9,    [LUA_POWK] = 10,
	[LUA_POW] = 10,   [LUA_DIVK] = 11,  [LUA_DIV] = 11,  [LUA_IDIVK] = 12, [LUA_IDIV] = 12,
	[LUA_BANDK] = 13, [LUA_BAND] = 13,  [LUA_BORK] = 14, [LUA_BOR] = 14,   [LUA_BXORK] = 15,
	[LUA_BXOR] = 15,  [LUA_SHLI] = 16,  [LUA_SHL] = 16,  [LUA_SHRI] = 17,  [LUA_SHR] = 17,
};

/* The MMBIN that follows must speak of the same operation and operands: build reads only it.
 * x - 5 is ADDI with -5, x << 5 is SHRI with -5. */
static bool mmbin_ok(uint32_t i, uint32_t mm)
{
	uint32_t op = lua_op(i), event = lua_c(mm);
	if (lua_b(i) != lua_a(mm))
		return false;
	if (event == event_of[op])
		return lua_c(i) == lua_b(mm) && (op != LUA_SHLI || lua_k(mm)) &&
		       (op != LUA_SHRI || !lua_k(mm));
	bool negated = (op == LUA_ADDI && event == TM_SUB) || (op == LUA_SHRI && event == TM_SHL);
	return negated && !lua_k(mm) && lua_sc(i) == -lua_sb(mm);
}

static void followed_by(struct verify *v, uint32_t i, uint32_t op)
{
	const struct front_proto *p = v->p;
	uint32_t next = v->pc + 1 < p->ncode ? p->code[v->pc + 1] : LUA_RETURN0;
	if (lua_op(next) != op) {
		wrong(v, "the binary chunk has an incomplete instruction");
		return;
	}
	if (op != LUA_JMP)
		v->marks[v->pc + 1] |= SECOND;
	if ((op == LUA_MMBIN || op == LUA_MMBINI || op == LUA_MMBINK) && !mmbin_ok(i, next))
		wrong(v, "the binary chunk has an incomplete instruction");
	if (lua_op(i) == LUA_LOADKX && lua_ax(next) >= p->nk)
		wrong(v, "the binary chunk has an instruction with an operand out of range");
}

static void pairs(struct verify *v, uint32_t i)
{
	static const uint8_t follower[] = {
		[NX_E] = LUA_EXTRAARG, [NX_J] = LUA_JMP,    [NX_M] = LUA_MMBIN,
		[NX_V] = LUA_MMBINI,   [NX_C] = LUA_MMBINK, [NX_x] = LUA_EXTRAARG,
	};
	unsigned next = ops[lua_op(i)].next;
	if (next && (next != NX_x || lua_k(i)))
		followed_by(v, i, follower[next]);
}

static bool makes_several(uint32_t i)
{
	uint32_t op = lua_op(i);
	return op == LUA_TAILCALL || ((op == LUA_CALL || op == LUA_VARARG) && !lua_c(i));
}

/* The register from which on an instruction takes several, or -1. */
static int takes_several(uint32_t i)
{
	uint32_t op = lua_op(i);
	if (lua_b(i) || (op != LUA_CALL && op != LUA_TAILCALL && op != LUA_RETURN && op != LUA_SETLIST))
		return -1;
	return (int)lua_a(i) + (op != LUA_RETURN);
}

/* Several results go from the instruction that makes them to the next one, and nowhere else. */
static void several(struct verify *v, uint32_t i)
{
	const struct front_proto *p = v->p;
	uint32_t before = v->pc ? p->code[v->pc - 1] : LUA_MOVE;
	uint32_t next = v->pc + 1 < p->ncode ? p->code[v->pc + 1] : LUA_MOVE;
	int from = takes_several(i);
	if (makes_several(i) && takes_several(next) < 0)
		wrong(v, "the binary chunk has several results that go nowhere");
	if (from >= 0 && (!makes_several(before) || (int)lua_a(before) < from))
		wrong(v, "the binary chunk takes several results from nowhere");
}

static void loop_pair(struct verify *v, uint32_t i)
{
	const struct front_proto *p = v->p;
	uint64_t end = (uint64_t)v->pc + 1 + lua_bx(i);
	bool generic = lua_op(i) == LUA_TFORPREP;
	if (!generic && lua_op(i) != LUA_FORPREP)
		return;
	uint32_t at = end < p->ncode ? p->code[end] : LUA_MOVE;
	if (lua_op(at) != (generic ? LUA_TFORCALL : LUA_FORLOOP) || lua_a(at) != lua_a(i))
		wrong(v, "the binary chunk has a loop without its end");
	if (!generic && lua_bx(at) != lua_bx(i) + 1)
		wrong(v, "the binary chunk has a loop without its end");
}

unsigned front_next(const struct front_proto *p, uint32_t pc, uint32_t t[2], bool *jumps)
{
	uint32_t i = p->code[pc];
	unsigned next = ops[lua_op(i)].next;
	*jumps = true;
	switch (lua_op(i)) {
	case LUA_RETURN:
	case LUA_RETURN0:
	case LUA_RETURN1:
	case LUA_TAILCALL:
		return 0;
	case LUA_JMP:
		t[0] = pc + 1 + (uint32_t)lua_sj(i);
		return 1;
	case LUA_LFALSESKIP:
		t[0] = pc + 2;
		return 1;
	case LUA_FORPREP:
		t[0] = pc + 1;
		t[1] = pc + 2 + lua_bx(i);
		return 2;
	case LUA_FORLOOP:
	case LUA_TFORLOOP:
		t[0] = pc + 1 - lua_bx(i);
		t[1] = pc + 1;
		return 2;
	case LUA_TFORPREP:
		t[0] = pc + 1 + lua_bx(i);
		return 1;
	}
	if (next == NX_J) {
		t[0] = pc + 2 + (uint32_t)lua_sj(p->code[pc + 1]);
		t[1] = pc + 2;
		return 2;
	}
	*jumps = false;
	t[0] = pc + 1 + (next && (next != NX_x || lua_k(i)));
	return 1;
}

static void targets(struct verify *v)
{
	uint32_t t[2];
	bool jumps;
	unsigned n = front_next(v->p, v->pc, t, &jumps);
	for (unsigned i = 0; i < n; i++) {
		if (t[i] >= v->p->ncode)
			wrong(v, "the binary chunk jumps out of its code");
		else if (jumps)
			v->marks[t[i]] |= TARGET;
	}
}

static void whole_pairs(struct verify *v, uint32_t i)
{
	uint32_t op = lua_op(i), before = v->pc ? v->p->code[v->pc - 1] : LUA_MOVE;
	bool second = op == LUA_EXTRAARG || op == LUA_MMBIN || op == LUA_MMBINI || op == LUA_MMBINK;
	uint8_t m = v->marks[v->pc];
	if (second != !!(m & SECOND))
		wrong(v, "the binary chunk has an incomplete instruction");
	if ((m & TARGET) && (second || takes_several(i) >= 0))
		wrong(v, "the binary chunk jumps into an instruction");
	if (op == LUA_TFORLOOP && (m & TARGET || lua_op(before) != LUA_TFORCALL || lua_a(before) != lua_a(i)))
		wrong(v, "the binary chunk has a loop without its end");
}

const char *front_verify(struct arena *a, const struct front_proto *p)
{
	struct verify v = { .p = p, .marks = arena_array(a, uint8_t, p->ncode) };
	for (v.pc = 0; v.pc < p->ncode && !v.err; v.pc++) {
		uint32_t i = p->code[v.pc];
		if (lua_op(i) >= LUA_NOPS)
			return "the binary chunk has an unknown instruction";
		operands(&v, i);
		counts(&v, i);
		pairs(&v, i);
	}
	for (v.pc = 0; v.pc < p->ncode && !v.err; v.pc++) {
		several(&v, p->code[v.pc]);
		loop_pair(&v, p->code[v.pc]);
		targets(&v);
	}
	for (v.pc = 0; v.pc < p->ncode && !v.err; v.pc++)
		whole_pairs(&v, p->code[v.pc]);
	return v.err;
}
