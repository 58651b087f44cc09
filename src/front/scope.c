/* scope.c - which local variables inner functions share, and when each gets its cell. */
#include "front/build.h"

#include "core/mutant.h"

/* A variable's own capture (`local function`) comes before all others, so the first one says where
 * its scope begins. */
static void add(struct build *b, const struct front_local *v, uint32_t begin)
{
	for (uint32_t i = 0; i < b->nscopes; i++)
		if (b->scopes[i].local == v)
			return;
	struct build_scope s = {
		.begin = begin,
		.end = v->end,
		.reg = v->reg,
		.var = b->p->nregs + b->nscopes,
		.fresh = begin < v->start,
		.local = v,
	};
	b->shared[v->reg] = true;
	b->flags[begin] |= BUILD_SCOPE;
	arena_push(b->u->arena, b->scopes, b->nscopes, b->cap_scopes, s);
}

/* `local function f` sees itself: its scope starts, for us, with the instruction that makes it, one
 * before the chunk says. */
static const struct front_local *coming(const struct build *b, uint32_t reg)
{
	const struct front_proto *p = b->p;
	for (uint32_t i = b->next_local; i < p->nlocals && p->locals[i].start == b->pc + 1; i++)
		if (p->locals[i].reg == reg && p->locals[i].end > b->pc + 1)
			return &p->locals[i];
	return NULL;
}

static void captures(struct build *b, uint32_t i)
{
	const struct front_proto *inner = b->p->protos[lua_bx(i)];
	for (uint32_t u = 0; u < inner->nupvals; u++) {
		uint32_t reg = inner->upvals[u].idx;
		if (!inner->upvals[u].instack)
			continue;
		const struct front_local *v = build_local(b, reg, b->pc);
		const struct front_local *next = lua_a(i) == reg ? coming(b, reg) : NULL;
		if (next)
			add(b, next, b->pc);
		else if (v)
			add(b, v, v->start);
	}
}

void scope_find(struct build *b)
{
	if (!b->p->nprotos)
		return;
	for (b->pc = 0; b->pc < b->p->ncode; b->pc++) {
		build_locals(b);
		if (lua_op(b->p->code[b->pc]) == LUA_CLOSURE)
			captures(b, b->p->code[b->pc]);
	}
	memset(b->local_at, 0, sizeof(*b->local_at) * b->p->nregs);
	b->next_local = 0;
	b->pc = 0;
}

static bool inside(const struct build_scope *s, uint32_t pc)
{
	return s->begin <= pc && pc < s->end;
}

const struct build_scope *scope_of(const struct build *b, uint32_t reg)
{
	if (!b->shared[reg])
		return NULL;
	for (uint32_t i = 0; i < b->nscopes; i++)
		if (b->scopes[i].reg == reg && inside(&b->scopes[i], b->pc))
			return &b->scopes[i];
	return NULL;
}

bool scope_begins(const struct build *b, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < b->nscopes; i++)
		if (b->scopes[i].begin == to && !inside(&b->scopes[i], from))
			return true;
	return false;
}

void scope_enter(struct build *b, uint32_t from, uint32_t to)
{
	static const pg_value nil = { .kind = PG_NIL };
	for (uint32_t i = 0; i < b->nscopes; i++) {
		const struct build_scope s = b->scopes[i];
		if (!inside(&s, to) || (inside(&s, from) && !MUTANT(cell_anew)))
			continue;
		ir_ref v = s.fresh ? build_const(b, &nil) : ssa_read(&b->s, b->cur, s.reg);
		ssa_write(&b->s, b->cur, s.var, build_emit(b, IRO(cell), 1, &v));
	}
}
