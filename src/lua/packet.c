/* packet.c - bpf.packet(bytes): the twin of a packet view and of the headers in it. */
#include "lua/pgl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct view {
	pg_view *v;
};

pg_view *pgl_toview(lua_State *L, int idx)
{
	struct view *v = pgl_check(L, idx, PGL_VIEW, "packet");
	luaL_argcheck(L, v->v, idx, "the packet is closed");
	return v->v;
}

/* Raises the error on the top as Lua words it for a method: the object is not counted. */
static int as_method(lua_State *L, const char *name)
{
	const char *text = lua_tostring(L, -1), *rest;
	int n;
	if (!text || sscanf(text, "bad argument #%d to ", &n) != 1 || !(rest = strchr(text, '(')))
		return lua_error(L);
	return luaL_error(L, "bad argument #%d to '%s' %s", n - 1, name, rest);
}

/* Calls string.NAME, upvalue 1, with the bytes of the view. */
static int call_string(lua_State *L)
{
	size_t n;
	const char *bytes = pg_view_bytes(pgl_toview(L, 1), &n);
	lua_pushlstring(L, bytes, n);
	lua_replace(L, 1);
	if (!strcmp(lua_tostring(L, lua_upvalueindex(2)), "unpack")) { /* Lua's has the format first */
		lua_settop(L, lua_gettop(L) < 2 ? 2 : lua_gettop(L));
		lua_pushvalue(L, 1);
		lua_pushvalue(L, 2);
		lua_replace(L, 1);
		lua_replace(L, 2);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	if (lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == LUA_OK)
		return lua_gettop(L);
	return as_method(L, lua_tostring(L, lua_upvalueindex(2)));
}

/* Pushes the method that is string.NAME. */
static void string_method(lua_State *L, const char *name)
{
	lua_pushliteral(L, "");
	luaL_getmetafield(L, -1, "__index");
	lua_getfield(L, -1, name);
	lua_pushstring(L, name);
	lua_pushcclosure(L, call_string, 2);
}

/* Calls the method that is upvalue 1. */
static int call_method(lua_State *L)
{
	enum { MOST = 256 };
	struct pgl *s = pgl_get(L);
	pg_value args[16], out[MOST];
	int n = lua_gettop(L) - 1, nout = MOST;
	pg_view *v = pgl_toview(L, 1);
	luaL_argcheck(L, n <= 16, 18, "too many arguments");
	if (n != 1 && !strcmp(lua_tostring(L, lua_upvalueindex(1)), "byte")) { /* p:byte(i) is its own, others are Lua's */
		string_method(L, "byte");
		lua_insert(L, 1);
		lua_settop(L, n + 2);
		lua_call(L, n + 1, LUA_MULTRET);
		return lua_gettop(L);
	}
	for (int i = 0; i < n; i++)
		pgl_value(L, i + 2, &args[i]);
	int err = pg_view_call(s->ctx, v, lua_tostring(L, lua_upvalueindex(1)), args, n, out, &nout);
	if (err < 0)
		return pgl_raise(L, s, err);
	luaL_checkstack(L, nout + 10, "too many results");
	for (int i = 0; i < nout; i++)
		pgl_push(L, &out[i]);
	return nout;
}

static int view_index(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_value out;
	pg_view *v = pgl_toview(L, 1);
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "a field of '%s' has a name, not a %s key", pg_view_name(v),
				  luaL_typename(L, 2));
	int rc = pg_view_get(s->ctx, v, lua_tostring(L, 2), &out);
	if (rc < 0)
		return pgl_raise(L, s, rc);
	if (rc == 3) {
		string_method(L, lua_tostring(L, 2));
		return 1;
	}
	if (rc != 2) {
		pgl_push(L, &out);
		return 1;
	}
	pgl_table(L, PGL_METHODS);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, -2) != LUA_TNIL)
		return 1;
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, call_method, 1);
	lua_pushvalue(L, -1);
	lua_insert(L, -3); /* table, nil, function, name, function */
	lua_rawset(L, -5);
	return 1;
}

static int view_newindex(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_view *v = pgl_toview(L, 1);
	pg_value value;
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "a field of '%s' has a name, not a %s key", pg_view_name(v),
				  luaL_typename(L, 2));
	if (pgl_type(L, 3) == PGL_VIEW)
		value = (pg_value){ .kind = PG_VIEW, .view = pgl_toview(L, 3) };
	else
		pgl_value(L, 3, &value);
	int rc = pg_view_set(s->ctx, v, lua_tostring(L, 2), &value);
	return rc < 0 ? pgl_raise(L, s, rc) : 0;
}

static int view_len(lua_State *L)
{
	pg_view *v = pgl_toview(L, 1);
	if (pg_view_gone(v))
		return luaL_error(L, "attempt to get length of a nil value");
	lua_pushinteger(L, (lua_Integer)pg_view_len(v));
	return 1;
}

static int view_eq(lua_State *L)
{
	bool both = pgl_type(L, 1) == PGL_VIEW && pgl_type(L, 2) == PGL_VIEW;
	lua_pushboolean(L, both && pg_view_eq(pgl_toview(L, 1), pgl_toview(L, 2)));
	return 1;
}

static int view_tostring(lua_State *L)
{
	pg_view *v = pgl_toview(L, 1);
	lua_pushfstring(L, "%s: %I bytes", pg_view_name(v), (LUAI_UACINT)pg_view_len(v));
	return 1;
}

static int view_gc(lua_State *L)
{
	struct view *v = lua_touserdata(L, 1);
	if (v->v)
		pg_view_free(v->v);
	v->v = NULL;
	return 0;
}

static const luaL_Reg meta[] = {
	{ "__index", view_index },
	{ "__newindex", view_newindex },
	{ "__len", view_len },
	{ "__eq", view_eq },
	{ "__tostring", view_tostring },
	{ "__gc", view_gc },
	{ NULL, NULL },
};

/* One metatable for each kind of view, so that Lua's own messages name it. */
static void push_class(lua_State *L, const char *name)
{
	pgl_table(L, PGL_VIEWS);
	if (lua_getfield(L, -1, name) == LUA_TNIL) {
		lua_pop(L, 1);
		pgl_metatable(L, PGL_VIEW, name, meta, NULL);
		lua_pushvalue(L, -1);
		lua_setfield(L, -3, name);
	}
	lua_replace(L, -2);
}

/* The class may raise for want of memory before the userdata owns the view; that leaks one view,
 * in a state that is out of memory. */
void pgl_view(lua_State *L, pg_view *v)
{
	luaL_checkstack(L, 8, NULL);
	struct view *u = lua_newuserdatauv(L, sizeof(*u), 0);
	u->v = NULL;
	push_class(L, pg_view_name(v));
	u->v = v;
	lua_setmetatable(L, -2);
}

static int f_packet(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	size_t n;
	pg_view *v;
	const char *bytes = luaL_checklstring(L, 1, &n);
	int err = pg_packet_new(s->ctx, luaL_optstring(L, 2, "xdp"), bytes, n, &v);
	if (err)
		return pgl_raise(L, s, err);
	pgl_view(L, v);
	return 1;
}

void pgl_open_packet(lua_State *L)
{
	lua_pushcfunction(L, f_packet);
	lua_setfield(L, -2, "packet");
}
