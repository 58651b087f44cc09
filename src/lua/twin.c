/*
 * twin.c - runs a kernel function under stock Lua by the kernel's rules: the first oracle.
 *
 * Maps are read and written as a program would, the result becomes the hook's verdict, an error the
 * text that a test run gives.
 */
#include "lua/pgl.h"

#include <string.h>

static const char guard_class; /* kernel rules end, whatever happens */

static int guard_close(lua_State *L)
{
	struct pgl **g = lua_touserdata(L, 1);
	if (*g)
		(*g)->kernel--;
	*g = NULL;
	return 0;
}

static void kernel_rules(lua_State *L, struct pgl *s)
{
	struct pgl **g = lua_newuserdatauv(L, sizeof(*g), 0);
	*g = NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &guard_class);
	lua_setmetatable(L, -2);
	*g = s;
	s->kernel++;
	lua_toclose(L, -1);
}

/* (function, packet) -> its first result; by kernel rules. */
static int in_twin(lua_State *L)
{
	kernel_rules(L, pgl_get(L));
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	lua_call(L, 1, 1);
	return 1;
}

static void push_packet(lua_State *L, struct pgl *s, const struct pgl_opts *o, int input)
{
	size_t n;
	pg_view *v;
	struct pg_hook h;
	if (pg_hook_find(o->compile.hook, &h) && h.input == PG_INPUT_EVENT) {
		pgl_event(L, o->compile.hook, input);
		return;
	}
	if (pgl_type(L, input) == PGL_VIEW) {
		lua_pushvalue(L, input);
		return;
	}
	const char *bytes = luaL_checklstring(L, input, &n);
	int err = pg_packet_new(s->ctx, o->compile.hook, bytes, n, &v);
	if (err)
		pgl_fail(L, s, err);
	pgl_view(L, v);
}

/* The verdict of the value at the top; false: pg_error says why it is none. */
static bool verdict(lua_State *L, struct pgl *s, const struct pgl_opts *o, int64_t *out)
{
	pg_value v;
	if (!pgl_simple(L, -1, &v))
		v = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, -1) };
	return pg_twin_verdict(s->ctx, o->compile.hook, &v, out) == 0;
}

static int64_t verdict_on_error(struct pgl *s, const struct pgl_opts *o)
{
	pg_value nil = { .kind = PG_NIL };
	int64_t v = 0;
	if (o->compile.on_error)
		return o->compile.on_error;
	pg_twin_verdict(s->ctx, o->compile.hook, &nil, &v);
	return v;
}

int pgl_twin(lua_State *L, const struct pgl_opts *o, int func, int input)
{
	struct pgl *s = pgl_get(L);
	int64_t out = 0;
	size_t n;
	push_packet(L, s, o, input);
	int packet = lua_gettop(L);
	lua_pushcfunction(L, in_twin);
	lua_pushvalue(L, func);
	lua_pushvalue(L, packet);
	uint64_t start = pgl_now();
	int rc = lua_pcall(L, 2, 1, 0);
	uint64_t ns = pgl_now() - start;
	if (rc == LUA_OK && !verdict(L, s, o, &out)) {
		lua_pushstring(L, pg_error(s->ctx));
		rc = LUA_ERRRUN;
	}
	if (rc == LUA_ERRMEM)
		return lua_error(L);
	int error = rc == LUA_OK ? 0 : lua_gettop(L);
	lua_pushinteger(L, error ? verdict_on_error(s, o) : out);
	const char *bytes = pg_view_packet(pgl_toview(L, packet), &n);
	lua_pushlstring(L, bytes, n);
	lua_pushinteger(L, (lua_Integer)ns);
	if (error)
		luaL_tolstring(L, error, NULL);
	else
		lua_pushnil(L);
	return 4;
}

void pgl_open_twin(lua_State *L)
{
	pgl_closer(L, &guard_class, guard_close);
}
