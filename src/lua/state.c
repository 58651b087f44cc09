/* state.c - bpf.state and bpf.percpu: variables shared by both halves. */
#include "lua/pgl.h"

#include <string.h>

static int read_shadow(lua_State *L)
{
	pgl_shadow_get(L, 1, 2);
	if (lua_isnil(L, -1))
		lua_pushinteger(L, 0);
	return 1;
}

static int state_index(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value v;
	const char *name = luaL_checkstring(L, 2);
	lua_pushvalue(L, 2);
	if (pg_map_role(m) == PG_ROLE_PERCPU && lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	lua_settop(L, 2);
	if (pgl_shadowed(L))
		return read_shadow(L);
	int err = pg_map_get_field(m, pgl_rules(s), NULL, name, &v);
	if (err < 0)
		return pgl_raise(L, s, err);
	pgl_push(L, &v);
	return 1;
}

static int state_newindex(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value v;
	const char *name = luaL_checkstring(L, 2);
	if (pgl_shadowed(L))
		return pgl_shadow_set(L, 1, 2, 3);
	pgl_value(L, 3, &v);
	int err = pg_map_set_field(m, pgl_rules(s), NULL, name, &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

/* st:each("n"): a list with the value of every CPU, CPU 0 first. */
static int state_each(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value nil = { .kind = PG_NIL }, *v = NULL;
	int n = 0;
	const char *name = luaL_checkstring(L, 2);
	if (pgl_shadowed(L)) {
		lua_createtable(L, 1, 0);
		read_shadow(L);
		lua_rawseti(L, 3, 1);
		lua_settop(L, 3);
		return 1;
	}
	int err = pg_map_each(m, &nil, name, &v, &n);
	if (err < 0)
		return pgl_raise(L, s, err);
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		pgl_push(L, &v[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static int new_state(lua_State *L, enum pg_map_role role)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = role, .numa = -1);
	if (lua_rawgeti(L, 1, 1) == LUA_TSTRING) /* bpf.state{ "struct { ... }" } */
		o.value = lua_tostring(L, -1);
	else
		o.value = pgl_type_text(L, 1, false);
	pgl_map_new(L, PGL_STATE, &o);
	return 1;
}

static int f_state(lua_State *L)
{
	return new_state(L, PG_ROLE_STATE);
}

static int f_percpu(lua_State *L)
{
	return new_state(L, PG_ROLE_PERCPU);
}

static const luaL_Reg meta[] = {
	{ "__index", state_index },
	{ "__newindex", state_newindex },
	{ "__gc", pgl_map_gc },
	{ NULL, NULL },
};

static const luaL_Reg methods[] = { { "each", state_each }, { NULL, NULL } };

static const luaL_Reg functions[] = {
	{ "state", f_state }, { "percpu", f_percpu }, { NULL, NULL },
};

void pgl_open_state(lua_State *L)
{
	pgl_class(L, PGL_STATE, "state", meta, methods);
	luaL_setfuncs(L, functions, 0);
}
