/*
 * entry.c - m[k] where the value is a struct: fields are read from the map and written to it.
 *
 * An entry that has gone from the map keeps reading as it was when it was looked up: that is what
 * a kernel program sees through its pointer.
 */
#include "lua/pgl.h"

#include <errno.h>
#include <string.h>

enum { MAP = 1, KEY, SNAPSHOT, NUV = 3 };

void pgl_entry(lua_State *L, int map, int key, const pg_value *now)
{
	luaL_checkstack(L, 10, NULL);
	map = lua_absindex(L, map);
	key = lua_absindex(L, key);
	int running = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	lua_newuserdatauv(L, 1, NUV);
	pgl_record(L, now->rec);
	for (uint32_t i = 0; i < now->rec->n; i++) { /* names in their order */
		lua_pushstring(L, now->rec->fields[i].name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setiuservalue(L, -2, SNAPSHOT);
	lua_pushvalue(L, map);
	lua_setiuservalue(L, -2, MAP);
	if (lua_istable(L, key)) { /* the script may change its key */
		pg_value k;
		int top = lua_gettop(L);
		pgl_value(L, key, &k);
		pgl_push(L, &k);
		lua_replace(L, top + 1);
		lua_settop(L, top + 1);
	} else {
		lua_pushvalue(L, key);
	}
	lua_setiuservalue(L, -2, KEY);
	pgl_setclass(L, PGL_ENTRY);
	if (running)
		lua_gc(L, LUA_GCRESTART);
}

/* Leaves map and key at the top. */
static pg_map *entry_of(lua_State *L, int idx, pg_value *key)
{
	pgl_check(L, idx, PGL_ENTRY, "entry");
	lua_getiuservalue(L, idx, MAP);
	pg_map *m = pgl_map(L, -1);
	lua_getiuservalue(L, idx, KEY);
	pgl_value(L, -1, key);
	return m;
}

static int entry_index(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	const char *name = luaL_checkstring(L, 2);
	pg_value key, v;
	pg_map *m = entry_of(L, 1, &key);
	int err = pg_map_get_field(m, pgl_rules(s), &key, name, &v);
	if (err == -ENOENT) {
		lua_getiuservalue(L, 1, SNAPSHOT);
		lua_pushvalue(L, 2);
		lua_rawget(L, -2);
		return 1;
	}
	if (err < 0)
		return pgl_raise(L, s, err);
	pgl_push(L, &v);
	return 1;
}

static int entry_newindex(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	const char *name = luaL_checkstring(L, 2);
	pg_value key, v;
	pg_map *m = entry_of(L, 1, &key);
	pgl_value(L, 3, &v);
	int err = pg_map_set_field(m, pgl_rules(s), &key, name, &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

/* State: the entry; upvalue 1: how many names were given. */
static int entry_next(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(1)) + 1;
	pgl_check(L, 1, PGL_ENTRY, "entry");
	for (;; i++) {
		lua_settop(L, 1);
		lua_getiuservalue(L, 1, SNAPSHOT);
		if (lua_rawgeti(L, -1, i) == LUA_TNIL)
			return 0;
		lua_pushvalue(L, -1);
		lua_gettable(L, 1);
		if (!lua_isnil(L, -1))
			break;
	}
	lua_pushinteger(L, i);
	lua_replace(L, lua_upvalueindex(1));
	return 2;
}

static int entry_pairs(lua_State *L)
{
	pgl_check(L, 1, PGL_ENTRY, "entry");
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, entry_next, 1);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

static int entry_tostring(lua_State *L)
{
	luaL_Buffer b;
	pgl_check(L, 1, PGL_ENTRY, "entry");
	lua_getiuservalue(L, 1, SNAPSHOT);
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "{");
	for (lua_Integer i = 1;; i++) {
		if (lua_rawgeti(L, 2, i) == LUA_TNIL)
			break;
		const char *name = lua_tostring(L, -1);
		lua_pushvalue(L, -1);
		lua_gettable(L, 1);
		const char *text = luaL_tolstring(L, -1, NULL);
		lua_pushfstring(L, "%s %s = %s", i > 1 ? "," : "", name, text);
		lua_replace(L, -4);
		lua_pop(L, 2);
		luaL_addvalue(&b);
	}
	lua_pop(L, 1);
	luaL_addstring(&b, " }");
	luaL_pushresult(&b);
	return 1;
}

static const luaL_Reg meta[] = {
	{ "__index", entry_index },
	{ "__newindex", entry_newindex },
	{ "__pairs", entry_pairs },
	{ "__tostring", entry_tostring },
	{ NULL, NULL },
};

void pgl_open_entry(lua_State *L)
{
	pgl_class(L, PGL_ENTRY, "entry", meta, NULL);
}
