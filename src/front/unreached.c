/*
 * unreached.c - a warning for code that no way leads to, whatever constants say: behind a loop without an end, and
 * behind `do return end`. What constants decide is left alone, `if false then` too: that is how scripts are made
 * to fit, and how lines are put aside.
 */
#include "front/build.h"

/* What Lua's compiler itself leaves where a block does not end: jumps, the ends of loops, the last return, and one
 * behind each tail call. */
static bool is_left_over(const struct front_proto *p, uint32_t pc)
{
	switch (lua_op(p->code[pc])) {
	case LUA_JMP: case LUA_FORLOOP: case LUA_TFORCALL: case LUA_TFORLOOP: case LUA_CLOSE:
		return true;
	case LUA_RETURN:
		return pc == p->ncode - 1 || lua_op(p->code[pc - 1]) == LUA_TAILCALL;
	default:
		return pc == p->ncode - 1;
	}
}

static bool goes_back(const struct front_proto *p, uint32_t pc)
{
	return lua_op(p->code[pc]) == LUA_JMP && lua_sj(p->code[pc]) < 0;
}

static bool leads_on(const struct front_proto *p, uint32_t pc)
{
	switch (lua_op(p->code[pc])) {
	case LUA_JMP:
		return !goes_back(p, pc); /* over something: `if false`, break, goto */
	case LUA_RETURN: case LUA_RETURN0: case LUA_RETURN1: case LUA_TAILCALL:
		return false;
	default:
		return true;
	}
}

/* From pc on, behind what does not go on. Returns where it looked to. */
static uint32_t look(struct build *b, uint32_t pc)
{
	const struct front_proto *p = b->p;
	uint32_t before = p->lines[pc - 1];
	bool loop = goes_back(p, pc - 1);
	for (; pc < p->ncode && !(b->flags[pc] & BUILD_REACHED) && is_left_over(p, pc); pc++)
		loop |= goes_back(p, pc);
	if (pc < p->ncode && !(b->flags[pc] & BUILD_REACHED))
		diag_add(b->u->diag, DIAG_WARNING, (struct diag_pos){ p->file, p->lines[pc] }, "this is never reached")
			->note = loop ? "the loop before it has no end" : arena_printf(b->u->arena, "line %u returns", before);
	return pc;
}

void build_warn_unreached(struct build *b)
{
	for (uint32_t pc = 1; pc < b->p->ncode; pc++)
		if (!(b->flags[pc] & BUILD_REACHED) && b->flags[pc - 1] & BUILD_REACHED && !leads_on(b->p, pc - 1))
			pc = look(b, pc);
}
