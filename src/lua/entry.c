/*
 * entry.c - m[k] where the value is a struct: fields are read from the map and written to it.
 *
 * An entry that has gone from the map keeps reading as it was when it was looked up: that is what
 * a kernel program sees through its pointer. What was taken from a queue or stack is an entry, too,
 * whose fields are its own.
 */
#include "lua/pgl.h"

#include <errno.h>
#include <string.h>

enum { MAP = 1, KEY, SNAPSHOT, NUV = 3 };

struct entry {
	size_t n; /* bytes of its own; 0: they are in the map */
	uint8_t own[];
};

/* Pushes it; uservalue MAP is set. */
static struct entry *new_entry(lua_State *L, int map, size_t n, int nuv)
{
	map = lua_absindex(L, map);
	struct entry *e = lua_newuserdatauv(L, sizeof(*e) + n, nuv);
	e->n = n;
	lua_pushvalue(L, map);
	lua_setiuservalue(L, -2, MAP);
	return e;
}

/* The key as it is now: the script may change a table, and the fields of an entry. */
static void push_key(lua_State *L, int key)
{
	if (!lua_istable(L, key) && pgl_type(L, key) != PGL_ENTRY) {
		lua_pushvalue(L, key);
		return;
	}
	pg_value k;
	int top = lua_gettop(L);
	pgl_value(L, key, &k);
	pgl_push(L, &k);
	lua_replace(L, top + 1);
	lua_settop(L, top + 1);
}

void pgl_entry(lua_State *L, int map, int key, const pg_value *now)
{
	luaL_checkstack(L, 10, NULL);
	key = lua_absindex(L, key);
	int running = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	new_entry(L, map, 0, NUV);
	pgl_record(L, now->rec);
	lua_setiuservalue(L, -2, SNAPSHOT);
	push_key(L, key);
	lua_setiuservalue(L, -2, KEY);
	pgl_setclass(L, PGL_ENTRY);
	if (running)
		lua_gc(L, LUA_GCRESTART);
}

void pgl_taken(lua_State *L, int map)
{
	size_t n;
	int running = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP); /* the bytes live in the handle that a finalizer might use */
	const void *bytes = pg_map_taken(pgl_map(L, map), &n);
	memcpy(new_entry(L, map, n, MAP)->own, bytes, n);
	pgl_setclass(L, PGL_ENTRY);
	if (running)
		lua_gc(L, LUA_GCRESTART);
}

/* Leaves its map at the top. */
static struct entry *entry_of(lua_State *L, pg_map **m)
{
	struct entry *e = pgl_check(L, 1, PGL_ENTRY, "entry");
	lua_getiuservalue(L, 1, MAP);
	*m = pgl_map(L, -1);
	return e;
}

/* Leaves the key at the top. */
static const pg_value *key_of(lua_State *L, pg_value *key)
{
	lua_getiuservalue(L, 1, KEY);
	pgl_value(L, -1, key);
	return key;
}

static int entry_index(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	const char *name = luaL_checkstring(L, 2);
	pg_value key, v;
	pg_map *m;
	struct entry *e = entry_of(L, &m);
	int err = e->n ? pg_taken_get(m, e->own, name, &v) : pg_map_get_field(m, pgl_rules(s), key_of(L, &key), name, &v);
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
	pg_map *m;
	struct entry *e = entry_of(L, &m);
	const pg_value *k = e->n ? NULL : key_of(L, &key);
	pgl_value(L, 3, &v);
	int err = e->n ? pg_taken_set(m, pgl_rules(s), e->own, name, &v) : pg_map_set_field(m, pgl_rules(s), k, name, &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

/* Pushes the name of field i, counted from 0, and what it is; false: there is no such field. */
static bool push_field(lua_State *L, lua_Integer i)
{
	pg_map *m;
	entry_of(L, &m);
	const char *name = pg_map_field_name(m, (unsigned)i);
	lua_pop(L, 1);
	if (!name)
		return false;
	lua_pushstring(L, name);
	lua_pushvalue(L, -1);
	lua_gettable(L, 1);
	return true;
}

/* State: the entry; upvalue 1: how many names were given. */
static int entry_next(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(1));
	do {
		lua_settop(L, 1);
		if (!push_field(L, i++))
			return 0;
	} while (lua_isnil(L, -1));
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
	lua_settop(L, 1);
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "{");
	for (lua_Integer i = 0; push_field(L, i); i++) {
		lua_pushfstring(L, "%s %s = ", i ? "," : "", lua_tostring(L, -2));
		luaL_tolstring(L, -2, NULL); /* name, value, what goes before it, its text, which may hold any bytes */
		lua_concat(L, 2);
		lua_replace(L, -3);
		lua_pop(L, 1);
		luaL_addvalue(&b);
	}
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
