/*
 * either.c - a warning for `pkt.len == 5 or 6` as a condition: it is (pkt.len == 5) or 6, and 6 is true.
 *
 * Lua's compiler drops the constant, and leaves a test of which both outcomes go on at one place. So does a test with an empty
 * body, which is why the source line has the last word.
 */
#include "core/source.h"
#include "front/build.h"
#include "front/tokens.h"

static bool is_test(uint32_t op)
{
	return op >= LUA_EQ && op <= LUA_TEST;
}

/* Behind the constant only what belongs to a condition? */
static bool is_condition(const struct tokens *t, uint32_t i)
{
	while (token_is(t, i, ")"))
		i++;
	return token_among(t, i, "then do and or");
}

/* The constant that an `or` in the line ends with; NULL: there is none. */
static const struct token *constant_in(const struct tokens *t, uint32_t line)
{
	for (uint32_t i = 1; i + 1 < t->n && t->v[i].line <= line; i++)
		if (t->v[i].line == line && token_is(t, i - 1, "or") &&
		    (t->v[i].kind == TOKEN_NUMBER || t->v[i].kind == TOKEN_STRING) && is_condition(t, i + 1))
			return &t->v[i];
	return NULL;
}

static void warn(struct build *b, uint32_t pc, const struct token *constant)
{
	const struct front_proto *p = b->p;
	struct arena *a = b->u->arena;
	const char *it = arena_printf(a, "%.*s", (int)constant->n, constant->s);
	struct diag *d = diag_add(b->u->diag, DIAG_WARNING, (struct diag_pos){ p->file, p->lines[pc], pc, p },
				  "'or %s' makes this condition always true", it);
	d->at = constant->kind == TOKEN_NUMBER ? it : "or";
	d->help = arena_printf(a, constant->kind == TOKEN_NUMBER ? "compare with each: x == 1 or x == %s"
								 : "compare with each: x == \"a\" or x == %s", it);
}

/* Does Lua's compiler leave such a test there? */
static bool goes_on(const struct front_proto *p, uint32_t pc)
{
	return lua_op(p->code[pc]) == LUA_JMP && !lua_sj(p->code[pc]) && is_test(lua_op(p->code[pc - 1]));
}

void build_warn_either(struct build *b)
{
	const struct front_proto *p = b->p;
	struct arena *a = b->u->scratch;
	struct arena_mark mark = arena_mark(a);
	struct tokens t = { .n = 0 };
	const char *source = NULL;
	size_t n;
	for (uint32_t pc = 1; pc < p->ncode; pc++) {
		if (!goes_on(p, pc))
			continue;
		if (!source && (!(source = source_text(a, p->file, &n)) || !tokens_read(a, source, n, &t)))
			break;
		const struct token *constant = constant_in(&t, p->lines[pc]);
		if (constant)
			warn(b, pc, constant);
	}
	arena_release(a, mark);
}
