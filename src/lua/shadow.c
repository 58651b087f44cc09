/* shadow.c - maps with the kernel at arm's length (`check`, `dump`): a Lua table in their place. */
#include "lua/pgl.h"

bool pgl_shadowed(lua_State *L)
{
	return pgl_at_arms_length(pgl_get(L));
}

void pgl_shadow(lua_State *L, int map)
{
	map = lua_absindex(L, map);
	if (lua_getiuservalue(L, map, PGL_MAP_SHADOW) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, map, PGL_MAP_SHADOW);
}

/* What arrays are born with comes into being where it is read: a struct is written field by field. */
static void born(lua_State *L, int map, int key)
{
	pg_value k, v;
	pgl_value(L, key, &k);
	pg_map_born(pgl_map(L, map), &k, &v);
	pgl_push(L, &v);
	if (lua_isnil(L, -1))
		return;
	lua_pushvalue(L, key);
	lua_pushvalue(L, -2);
	lua_rawset(L, -4);
}

int pgl_shadow_get(lua_State *L, int map, int key)
{
	map = lua_absindex(L, map);
	key = lua_absindex(L, key);
	pgl_shadow(L, map);
	lua_pushvalue(L, key);
	if (lua_rawget(L, -2) == LUA_TNIL && lua_isinteger(L, key)) {
		lua_pop(L, 1);
		born(L, map, key);
	}
	lua_replace(L, -2);
	return 1;
}

int pgl_shadow_set(lua_State *L, int map, int key, int value)
{
	luaL_argcheck(L, !lua_isnoneornil(L, key), 2, "nil is no key");
	pgl_shadow(L, map);
	lua_pushvalue(L, key);
	lua_pushvalue(L, value);
	lua_rawset(L, -3);
	return 0;
}

int pgl_shadow_add(lua_State *L, int map, int key, lua_Integer n)
{
	pgl_shadow_get(L, map, key);
	lua_pushinteger(L, (lua_Integer)((lua_Unsigned)lua_tointeger(L, -1) + (lua_Unsigned)n));
	return pgl_shadow_set(L, map, key, lua_gettop(L));
}

int pgl_shadow_pairs(lua_State *L, int map)
{
	lua_getglobal(L, "next");
	pgl_shadow(L, map);
	lua_pushnil(L);
	return 3;
}

lua_Integer pgl_shadow_count(lua_State *L, int map)
{
	lua_Integer n = 0;
	pg_value first = { .kind = PG_INT, .i = 0 }, v;
	pg_map_born(pgl_map(L, map), &first, &v);
	if (v.kind != PG_NIL) /* an array, which has all its entries */
		return pg_map_count(pgl_map(L, map));
	pgl_shadow(L, map);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		n++;
	lua_pop(L, 1);
	return n;
}
