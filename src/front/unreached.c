/*
 * unreached.c - a warning for code that no way leads to, whatever constants say: behind a loop without an end, behind
 * `do return end`, `goto` and `do break end`, and behind error(...) and assert(false). What constants decide is left
 * alone, `if false then` too: that is how scripts are made to fit, and how lines are put aside.
 */
#include "core/source.h"
#include "front/build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct unreached {
	struct build *b;
	const struct front_proto *p;
	bool *raises;          /* by pc: a call, as a statement, that never comes back */
	bool *led;             /* by pc: some way leads here */
};

/* ---- calls that never come back ---- */

/* What a call in this register would be of, if the instruction is the look-up of such a name: the library's function
 * that it has now; else NULL. */
static const char *looked_up(struct unreached *w, uint32_t i)
{
	const struct front_proto *p = w->p;
	bool global = lua_op(i) == LUA_GETTABUP;
	const char *name = global ? p->k[lua_c(i)].str : lua_op(i) == LUA_GETUPVAL ? p->upvals[lua_b(i)].name : "";
	pg_value v, f;
	if ((strcmp(name, "error") && strcmp(name, "assert")) || front_upvalue(w->b->u, w->b->f, lua_b(i), &v))
		return NULL;
	if (!global)
		return v.kind == PG_LIB ? v.lib : NULL;
	if (v.kind != PG_TABLE || front_index(w->b->u, v.id, &p->k[lua_c(i)], &f))
		return NULL;
	return f.kind == PG_LIB ? f.lib : NULL;
}

/* Is its A no register that it writes? */
static bool only_reads(uint32_t op)
{
	return op == LUA_JMP || op == LUA_EXTRAARG || op == LUA_SETTABUP || (op >= LUA_MMBIN && op <= LUA_MMBINK) ||
	       (op >= LUA_EQ && op <= LUA_TEST);
}

/* The call of what the instruction at pc put into its register, where it is a statement: its pc; else 0. */
static uint32_t call_of(const struct front_proto *p, uint32_t pc)
{
	uint32_t reg = lua_a(p->code[pc]);
	while (++pc < p->ncode) {
		uint32_t i = p->code[pc], op = lua_op(i);
		if (lua_a(i) > reg || only_reads(op))
			continue;
		return op == LUA_CALL && lua_a(i) == reg && lua_c(i) == 1 ? pc : 0;
	}
	return 0;
}

static bool is_test(uint32_t op)
{
	return op == LUA_TEST || op == LUA_TESTSET;
}

/* Is the first argument, which the instruction at pc puts into the register, always false? */
static bool gives_false(const struct front_proto *p, uint32_t pc, uint32_t reg)
{
	uint32_t op = lua_op(p->code[pc]);
	return (op == LUA_LOADFALSE || op == LUA_LOADNIL) && lua_a(p->code[pc]) == reg && !is_test(lua_op(p->code[pc + 1]));
}

static void find_raising(struct unreached *w)
{
	const struct front_proto *p = w->p;
	for (uint32_t pc = 0; pc + 2 < p->ncode; pc++) {
		uint32_t i = p->code[pc];
		const char *lib = w->b->flags[pc] & BUILD_REACHED ? looked_up(w, i) : NULL;
		if (lib && (!strcmp(lib, "error") || (!strcmp(lib, "assert") && gives_false(p, pc + 1, lua_a(i) + 1))))
			w->raises[call_of(p, pc)] = true;
	}
	w->raises[0] = false; /* no call */
}

/* ---- what leads where ---- */

static void follow(struct unreached *w)
{
	uint32_t *todo = arena_array(w->b->u->scratch, uint32_t, w->p->ncode + 1), n = 0;
	todo[n++] = 0;
	while (n) {
		uint32_t pc = todo[--n];
		while (!w->led[pc]) {
			uint32_t t[2];
			bool jumps;
			unsigned nt = front_next(w->p, pc, t, &jumps);
			w->led[pc] = true;
			if (w->raises[pc])
				break;
			if (nt == 2 && !w->led[t[1]])
				todo[n++] = t[1];
			if (nt)
				pc = t[0];
		}
	}
}

static bool goes_back(const struct front_proto *p, uint32_t pc)
{
	return lua_op(p->code[pc]) == LUA_JMP && lua_sj(p->code[pc]) < 0;
}

static bool goes_forth(const struct front_proto *p, uint32_t pc)
{
	return lua_op(p->code[pc]) == LUA_JMP && !goes_back(p, pc);
}

/* What Lua's compiler itself leaves where a block does not end: jumps, the ends of loops, a return of nothing, and one
 * behind each tail call. */
static bool is_left_over(const struct front_proto *p, uint32_t pc)
{
	switch (lua_op(p->code[pc])) {
	case LUA_JMP: case LUA_FORLOOP: case LUA_TFORCALL: case LUA_TFORLOOP: case LUA_CLOSE: case LUA_RETURN0:
		return true;
	case LUA_RETURN:
		return pc == p->ncode - 1 || lua_b(p->code[pc]) == 1 || lua_op(p->code[pc - 1]) == LUA_TAILCALL;
	default:
		return pc == p->ncode - 1;
	}
}

/* ---- goto and break ---- */

static const char *behind_word(const char *s, const char *word)
{
	size_t n = strlen(word);
	return !strncmp(s, word, n) && !isalnum((unsigned char)s[n]) && s[n] != '_' ? s + n : NULL;
}

/* The jump that a source line begins with, by itself or as a block; else NULL. The jump over an `else` looks like one of
 * these two, and has the line of what stands before it, which may be the `end` behind a jump. */
static const char *jumps_by(const char *line)
{
	const char *s = line + strspn(line, " \t"), *block = behind_word(s, "do");
	s = block ? block + strspn(block, " \t") : s;
	if (!block && strstr(s, "end"))
		return NULL;
	return behind_word(s, "goto") ? "goto" : behind_word(s, "break") ? "break" : NULL;
}

/* What is said of the jump at pc, where it is a goto or a break; else NULL. */
static const char *leaves(struct arena *a, const struct front_proto *p, uint32_t pc)
{
	uint32_t at = p->lines[pc];
	bool second = pc && goes_forth(p, pc - 1) && p->lines[pc - 1] == at; /* over the `else` behind the first */
	char *line = second ? NULL : source_line(p->file, at);
	const char *word = line ? jumps_by(line) : NULL;
	free(line);
	return word ? arena_printf(a, *word == 'b' ? "line %u leaves the loop" : "line %u goes elsewhere", at) : NULL;
}

/* ---- what is said ---- */

/* Why the instruction at pc does not lead on; NULL: it does, or what it passes over is put aside. */
static const char *ends(const struct unreached *w, uint32_t pc)
{
	struct arena *a = w->b->u->arena;
	uint32_t line = w->p->lines[pc];
	if (w->raises[pc])
		return arena_printf(a, "line %u raises an error", line);
	switch (lua_op(w->p->code[pc])) {
	case LUA_JMP:
		return goes_back(w->p, pc) ? "the loop before it has no end" : leaves(a, w->p, pc);
	case LUA_RETURN: case LUA_RETURN0: case LUA_RETURN1: case LUA_TAILCALL:
		return arena_printf(a, "line %u returns", line);
	default:
		return NULL;
	}
}

/* From pc on, behind what does not go on. Returns where it looked to. */
static uint32_t look(const struct unreached *w, uint32_t pc)
{
	const struct front_proto *p = w->p;
	uint32_t last = pc - 1;
	for (; pc < p->ncode && !w->led[pc] && is_left_over(p, pc); pc++)
		if (lua_op(p->code[pc]) == LUA_JMP)
			last = pc; /* which may be over an `else`, that a constant puts aside */
	const char *why = pc == p->ncode || w->led[pc] ? NULL : ends(w, last); /* it may read the source: only now */
	if (!why)
		return pc;
	struct diag *d = diag_add(w->b->u->diag, DIAG_WARNING, (struct diag_pos){ p->file, p->lines[pc], pc, p }, "this is never reached");
	d->note = why;
	d->help = "take it out, or put it before that";
	return pc;
}

void build_warn_unreached(struct build *b)
{
	uint32_t n = b->p->ncode;
	struct unreached w = { .b = b, .p = b->p };
	w.raises = arena_array(b->u->scratch, bool, n);
	w.led = arena_array(b->u->scratch, bool, n);
	find_raising(&w);
	follow(&w);
	for (uint32_t pc = 1; pc < n; pc++)
		if (!w.led[pc] && w.led[pc - 1])
			pc = look(&w, pc);
}
