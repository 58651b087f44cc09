/* value.c - Lua values to the library's and back. */
#include "lua/pgl.h"

#include "core/mutant.h"

#include <string.h>

void pgl_record(lua_State *L, const struct pg_record *r)
{
	luaL_checkstack(L, 6, NULL);
	lua_createtable(L, 0, (int)r->n);
	for (uint32_t i = 0; i < r->n; i++) {
		pgl_push(L, &r->fields[i].v);
		lua_setfield(L, -2, r->fields[i].name);
	}
}

void pgl_push(lua_State *L, const pg_value *v)
{
	switch (v->kind) {
	case PG_FALSE:
	case PG_TRUE:
		lua_pushboolean(L, v->kind == PG_TRUE);
		break;
	case PG_INT:
		lua_pushinteger(L, v->i);
		break;
	case PG_FLOAT:
		lua_pushnumber(L, v->f);
		break;
	case PG_STR:
		lua_pushlstring(L, v->str, v->n);
		break;
	case PG_IP4:
	case PG_IP6:
	case PG_MAC:
	case PG_CIDR:
		pgl_addr(L, v);
		break;
	case PG_RECORD: {
		/* The record lives in a handle that a finalizer might use: none may run now. */
		int running = lua_gc(L, LUA_GCISRUNNING);
		lua_gc(L, LUA_GCSTOP);
		pgl_record(L, v->rec);
		if (running)
			lua_gc(L, LUA_GCRESTART);
		break;
	}
	case PG_VIEW:
		pgl_view(L, v->view);
		break;
	case PG_MAP:
		pgl_map_push(L, v->map);
		break;
	default:
		lua_pushnil(L);
	}
}

static bool userdata(lua_State *L, int idx, pg_value *out)
{
	const pg_value *addr = pgl_toaddr(L, idx);
	if (addr) {
		*out = *addr;
		return true;
	}
	switch (pgl_type(L, idx)) {
	case PGL_MAP:
	case PGL_STATE:
	case PGL_EVENTS:
		*out = (pg_value){ .kind = PG_MAP, .map = pgl_map(L, idx) };
		return true;
	default:
		return false;
	}
}

bool pgl_simple(lua_State *L, int idx, pg_value *out)
{
	size_t n;
	*out = (pg_value){ .kind = PG_NIL };
	switch (lua_type(L, idx)) {
	case LUA_TNIL:
	case LUA_TNONE:
		return true;
	case LUA_TBOOLEAN:
		out->kind = lua_toboolean(L, idx) ? PG_TRUE : PG_FALSE;
		return true;
	case LUA_TNUMBER:
		if (lua_isinteger(L, idx) || (MUTANT(float_cut) && lua_tointegerx(L, idx, NULL)))
			*out = (pg_value){ .kind = PG_INT, .i = lua_tointeger(L, idx) };
		else
			*out = (pg_value){ .kind = PG_FLOAT, .f = lua_tonumber(L, idx) };
		return true;
	case LUA_TSTRING:
		out->kind = PG_STR;
		out->str = lua_tolstring(L, idx, &n);
		out->n = (uint32_t)n;
		return true;
	case LUA_TUSERDATA:
		if (userdata(L, idx, out))
			return true;
		break;
	case LUA_TTABLE:
	case LUA_TFUNCTION:
		return false;
	}
	*out = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, idx) };
	return true;
}

static void to_record(lua_State *L, int idx, pg_value *out)
{
	uint32_t n = 0;
	luaL_checkstack(L, 6, "record nested too deeply");
	idx = lua_absindex(L, idx);
	lua_pushnil(L);
	while (lua_next(L, idx)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "a record's fields have names, not a %s key",
				   luaL_typename(L, -2));
		n++;
		lua_pop(L, 1);
	}
	struct pg_record *r = lua_newuserdatauv(L, sizeof(*r), 1);
	lua_createtable(L, (int)n, 0); /* what nested records live in */
	r->n = 0;
	r->fields = lua_newuserdatauv(L, (n + 1) * sizeof(*r->fields), 0);
	lua_rawseti(L, -2, 1);
	lua_setiuservalue(L, -2, 1);
	lua_pushnil(L);
	while (lua_next(L, idx)) {
		size_t len;
		const char *name = lua_tolstring(L, -2, &len);
		struct pg_field_value *f = &r->fields[r->n];
		if (len >= sizeof(f->name) || memchr(name, 0, len))
			luaL_error(L, "no field can be called '%s'", name);
		memcpy(f->name, name, len + 1);
		int top = lua_gettop(L);
		pgl_value(L, -1, &f->v);
		if (lua_gettop(L) > top) { /* keep a nested record's memory with ours */
			lua_getiuservalue(L, top - 2, 1);
			lua_insert(L, -2);
			lua_rawseti(L, -2, (lua_Integer)r->n + 2);
		}
		lua_settop(L, top - 1);
		r->n++;
	}
	*out = (pg_value){ .kind = PG_RECORD, .rec = r };
}

static void push_entry_table(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	lua_newtable(L);
	luaL_getmetafield(L, idx, "__pairs");
	lua_pushvalue(L, idx);
	lua_call(L, 1, 3);
	for (;;) { /* table, next, state, control */
		lua_pushvalue(L, -3);
		lua_pushvalue(L, -3);
		lua_pushvalue(L, -3);
		lua_call(L, 2, 2);
		if (lua_isnil(L, -2))
			break;
		lua_pushvalue(L, -2);
		lua_insert(L, -3); /* table, next, state, control, key, key, value */
		lua_rawset(L, -7);
		lua_replace(L, -2);
	}
	lua_pop(L, 5);
}

void pgl_entry_table(lua_State *L, int idx)
{
	push_entry_table(L, idx);
	lua_replace(L, idx);
}

/* A live entry given as a value means what it holds now. */
static void entry_record(lua_State *L, int idx, pg_value *out)
{
	push_entry_table(L, idx);
	to_record(L, -1, out);
	out->n = 1;
	lua_replace(L, -2);
}

lua_Integer pgl_checkinteger(lua_State *L, int idx)
{
	if (lua_type(L, idx) == LUA_TSTRING)
		luaL_typeerror(L, idx, lua_typename(L, LUA_TNUMBER));
	return luaL_checkinteger(L, idx);
}

void pgl_value(lua_State *L, int idx, pg_value *out)
{
	if (lua_type(L, idx) == LUA_TTABLE)
		to_record(L, idx, out);
	else if (pgl_type(L, idx) == PGL_ENTRY)
		entry_record(L, idx, out);
	else if (!pgl_simple(L, idx, out))
		*out = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, idx) };
}
