/*
 * bound.c - the run of a twin ends, as a program's does: where the kernel counts turns, instructions are counted here.
 *
 * Turns cannot be counted from outside of Lua's machine, nor does the kernel count each (unrolled loops, entries of maps),
 * so what a twin may take is far more than any program may. When it is used up, the next jump back is waited for, for the
 * error names a line of the loop: a line that does not follow the one before it in the same call.
 *
 * The error is raised again at the next instruction, for no pcall may catch it. Hooks of others are called as before, and
 * come back afterwards; who counts instructions himself keeps his own bound instead of this one.
 */
#include "lua/pgl.h"

/* BY_LINE: where somebody hears of each line, which takes some hundred times as long (`perigee test`). */
enum { SLICE = 1000000, SLICES = 100, SLICES_BY_LINE = 5, LINES = 10000 };

static const char exhausted_key; /* registry: the error's text, while a twin runs that has raised it */

static unsigned levels(lua_State *L)
{
	lua_Debug ar;
	unsigned n = 0;
	while (lua_getstack(L, (int)n, &ar))
		n++;
	return n;
}

static void exhaust(lua_State *L, struct pgl_bound *b, lua_Debug *ar, int line)
{
	if (!b->exhausted) {
		b->exhausted = true;
		lua_getinfo(L, "S", ar);
		lua_pushfstring(L, "%s:%d: loop budget exhausted", ar->short_src, line);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &exhausted_key);
	}
	lua_sethook(L, b->hook, b->mask | LUA_MASKCOUNT, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &exhausted_key);
	lua_error(L);
}

/* From now on each line counts. Of calls that are under way it is known where they are; the innermost one is in the middle
 * of a line, which may be met once more without a jump. */
static void watch(lua_State *L, struct pgl_bound *b)
{
	lua_Debug ar;
	unsigned n = levels(L);
	b->known = n < PGL_DEEP ? n : PGL_DEEP;
	for (unsigned i = 0; i < b->known; i++) {
		lua_getstack(L, (int)(n - 1 - i), &ar);
		lua_getinfo(L, "l", &ar);
		b->line[i] = i + 1 < n ? ar.currentline : 0;
	}
	lua_sethook(L, b->hook, b->mask | LUA_MASKCALL | LUA_MASKLINE, 0);
}

static void watched(lua_State *L, struct pgl_bound *b, lua_Debug *ar)
{
	unsigned at = levels(L) - 1;
	bool deep = at >= PGL_DEEP;
	if (ar->event != LUA_HOOKLINE) {
		if (!deep)
			b->line[at] = 0;
		b->known = deep ? b->known : at + 1;
		return;
	}
	int before = !deep && at < b->known ? b->line[at] : 0;
	if (deep || ++b->lines > LINES)
		exhaust(L, b, ar, ar->currentline);
	if (before > 0 && ar->currentline <= before)
		exhaust(L, b, ar, before);
	b->line[at] = ar->currentline;
	b->known = at + 1;
}

static void tick(lua_State *L, lua_Debug *ar)
{
	static const int masks[] = {
		[LUA_HOOKCALL] = LUA_MASKCALL, [LUA_HOOKTAILCALL] = LUA_MASKCALL, [LUA_HOOKRET] = LUA_MASKRET,
		[LUA_HOOKLINE] = LUA_MASKLINE, [LUA_HOOKCOUNT] = 0,
	};
	struct pgl_bound *b = pgl_get(L)->bound;
	if (!b || b->of != L)
		return; /* a coroutine made meanwhile, which has its maker's hook */
	if (masks[ar->event] & b->mask)
		b->old(L, ar);
	if (b->exhausted)
		exhaust(L, b, ar, 0);
	else if (b->watching)
		watched(L, b, ar);
	else if (ar->event == LUA_HOOKCOUNT && ++b->slices == (b->mask & LUA_MASKLINE ? SLICES_BY_LINE : SLICES))
		b->watching = true, watch(L, b);
}

int pgl_bounded_call(lua_State *L, int nargs, int nresults)
{
	struct pgl *s = pgl_get(L);
	struct pgl_bound b = { .outer = s->bound, .of = L, .hook = tick, .old = lua_gethook(L), .mask = lua_gethookmask(L),
			       .count = lua_gethookcount(L) };
	bool mine = !(b.mask & LUA_MASKCOUNT);
	if (!mine)
		return lua_pcall(L, nargs, nresults, 0);
	s->bound = &b;
	lua_sethook(L, tick, b.mask | LUA_MASKCOUNT, SLICE);
	int rc = lua_pcall(L, nargs, nresults, 0);
	s->bound = b.outer;
	if (lua_gethook(L) == tick)
		lua_sethook(L, b.old, b.mask, b.count);
	if (!b.exhausted)
		return rc;
	lua_settop(L, lua_gettop(L) - (rc == LUA_OK ? nresults : 1));
	lua_rawgetp(L, LUA_REGISTRYINDEX, &exhausted_key);
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &exhausted_key);
	return LUA_ERRRUN;
}
