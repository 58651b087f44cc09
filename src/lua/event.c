/*
 * event.c - the twin of a tracepoint's event: a table of fields, read as kernel code reads them. What
 * is not given is 0, "" or false.
 */
#include "lua/pgl.h"

#include <stdio.h>
#include <string.h>

/* An array is its event, in the user value, and the field's name. */
struct event {
	pg_event *e;         /* NULL: an array */
	char array[64];
};

static struct event *self(lua_State *L)
{
	return pgl_check(L, 1, PGL_EVENT, "event");
}

static struct event *new_event(lua_State *L, const char *name, const luaL_Reg *meta);

static int event_gc(lua_State *L)
{
	struct event *v = self(L);
	if (v->e)
		pg_event_free(v->e);
	v->e = NULL;
	return 0;
}

static int event_newindex(lua_State *L)
{
	return luaL_error(L, "the fields of an event are read-only");
}

/* array:ip() */
static int array_ip(lua_State *L)
{
	struct event *v = self(L);
	pg_value out;
	luaL_argcheck(L, !v->e, 1, "array expected");
	lua_getiuservalue(L, 1, 1);
	struct event *of = lua_touserdata(L, -1);
	int rc = pg_event_ip(pgl_get(L)->ctx, of->e, v->array, &out);
	if (rc < 0)
		return pgl_raise(L, pgl_get(L), rc);
	pgl_push(L, &out);
	return 1;
}

static int array_index(lua_State *L)
{
	struct event *v = self(L);
	pg_value out;
	if (lua_type(L, 2) == LUA_TSTRING && !strcmp(lua_tostring(L, 2), "ip")) {
		lua_pushcfunction(L, array_ip);
		return 1;
	}
	if (lua_isnil(L, 2) || lua_isboolean(L, 2))
		return lua_pushnil(L), 1;
	if (!lua_isinteger(L, 2))
		return luaL_error(L, "'%s' is an array; its elements have numbers", v->array);
	lua_getiuservalue(L, 1, 1);
	struct event *of = lua_touserdata(L, -1);
	lua_Integer at = lua_tointeger(L, 2);
	int rc = at < 0 ? 0 : pg_event_get(pgl_get(L)->ctx, of->e, v->array, at, &out);
	if (rc < 0)
		return pgl_raise(L, pgl_get(L), rc);
	if (at < 0)
		lua_pushnil(L);
	else
		pgl_push(L, &out);
	return 1;
}

static const luaL_Reg array_meta[] = {
	{ "__index", array_index }, { "__newindex", event_newindex }, { NULL, NULL },
};

static int event_index(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct event *v = self(L);
	pg_value out;
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "a field of '%s' has a name, not a %s key", pg_event_name(v->e),
				  luaL_typename(L, 2));
	const char *name = lua_tostring(L, 2);
	int rc = pg_event_get(s->ctx, v->e, name, PG_EVENT_WHOLE, &out);
	if (rc < 0)
		return pgl_raise(L, s, rc);
	if (rc != 2) {
		pgl_push(L, &out);
		return 1;
	}
	struct event *array = new_event(L, name, array_meta);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	snprintf(array->array, sizeof(array->array), "%s", name);
	return 1;
}

static const luaL_Reg meta[] = {
	{ "__index", event_index }, { "__newindex", event_newindex }, { "__gc", event_gc }, { NULL, NULL },
};

/* One class for each name, so that Lua's own messages say it. */
static struct event *new_event(lua_State *L, const char *name, const luaL_Reg *m)
{
	struct event *v = lua_newuserdatauv(L, sizeof(*v), 1);
	v->e = NULL;
	pgl_table(L, PGL_VIEWS);
	lua_pushfstring(L, m == meta ? "event %s" : "array %s", name);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) == LUA_TNIL) {
		lua_pop(L, 1);
		pgl_metatable(L, PGL_EVENT, m == meta ? name : "array", m, NULL);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, -5);
	}
	lua_setmetatable(L, -4);
	lua_pop(L, 2);
	return v;
}

static void set(lua_State *L, struct pgl *s, pg_event *e, const char *name, int64_t index)
{
	pg_value v;
	if (!pgl_simple(L, -1, &v))
		v = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, -1) };
	int rc = pg_event_set(s->ctx, e, name, index, &v);
	if (rc < 0)
		pgl_raise(L, s, rc);
}

/* The elements of the table at the top. */
static void set_elements(lua_State *L, struct pgl *s, pg_event *e, const char *name)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 0)
			luaL_error(L, "the elements of '%s' have numbers from 0 on", name);
		set(L, s, e, name, lua_tointeger(L, -2));
	}
}

void pgl_event(lua_State *L, const char *kind, int input)
{
	struct pgl *s = pgl_get(L);
	pg_event *e;
	if (!lua_isnoneornil(L, input))
		luaL_checktype(L, input, LUA_TTABLE);
	int rc = pg_event_new(s->ctx, kind, &e);
	if (rc < 0)
		pgl_fail(L, s, rc);
	new_event(L, pg_event_name(e), meta)->e = e;
	if (!lua_istable(L, input))
		return;
	for (lua_pushnil(L); lua_next(L, input); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "an event's fields have names, not a %s key", luaL_typename(L, -2));
		const char *name = lua_tostring(L, -2);
		if (lua_istable(L, -1))
			set_elements(L, s, e, name);
		else
			set(L, s, e, name, -1);
	}
}
