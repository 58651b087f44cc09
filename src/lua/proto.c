/* proto.c - bpf.proto{...}: protocols that a script adds itself. */
#include "lua/pgl.h"

#include <string.h>

enum type { TEXT, NUMBERS };

#define AT(field) offsetof(struct pg_proto_opts, field)

static const struct option {
	const char *name;
	enum type type;
	size_t at;
} options[] = {
	{ "over",   TEXT,    AT(over) },
	{ "fields", TEXT,    AT(fields) },
	{ "length", TEXT,    AT(length) },
	{ "next",   TEXT,    AT(next) },
	{ "type",   NUMBERS, AT(type) },
	{ "proto",  NUMBERS, AT(proto) },
	{ "port",   NUMBERS, AT(port) },
	{ "sport",  NUMBERS, AT(sport) },
};
enum { NOPTIONS = sizeof options / sizeof *options };

static const struct option *find(lua_State *L, int key)
{
	const char *name = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : NULL;
	for (unsigned i = 0; name && i < NOPTIONS; i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	luaL_error(L, "bpf.proto has no option '%s': there are the name (the first), over, type, proto, port, sport, fields, "
		   "length, next", luaL_tolstring(L, key, NULL));
	return NULL;
}

static void add_number(lua_State *L, const char *name, struct pg_numbers *to)
{
	int ok;
	lua_Integer v = lua_tointegerx(L, -1, &ok);
	if (lua_type(L, -1) != LUA_TNUMBER || !ok || v < 0 || v > UINT16_MAX)
		luaL_error(L, "option '%s' is a number from 0 to 65535 or a list of them, not %s", name,
			   luaL_tolstring(L, -1, NULL));
	if (to->n == PG_NUMBERS)
		luaL_error(L, "option '%s': at most %d numbers", name, PG_NUMBERS);
	to->v[to->n++] = (uint32_t)v;
}

/* The value on the top. */
static void numbers(lua_State *L, const char *name, struct pg_numbers *to)
{
	if (lua_type(L, -1) != LUA_TTABLE) {
		add_number(L, name, to);
		return;
	}
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		add_number(L, name, to);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static int f_proto(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pg_proto_opts o = PG_OPTS(struct pg_proto_opts);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	luaL_checkstack(L, 8, NULL);
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		bool first = lua_isinteger(L, 2) && lua_tointeger(L, 2) == 1;
		const struct option *option = first ? NULL : find(L, 2);
		if (option && option->type == NUMBERS) {
			numbers(L, option->name, (struct pg_numbers *)((char *)&o + option->at));
			continue;
		}
		if (lua_type(L, 3) != LUA_TSTRING)
			luaL_error(L, first ? "the name of a protocol is a string, not a %s" : "option '%s' is a string, not a %s",
				   first ? luaL_typename(L, 3) : option->name, luaL_typename(L, 3));
		*(const char **)(first ? (char *)&o.name : (char *)&o + option->at) = lua_tostring(L, 3);
	}
	int err = pg_proto(s->ctx, &o);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

void pgl_open_proto(lua_State *L)
{
	lua_pushcfunction(L, f_proto);
	lua_setfield(L, -2, "proto");
}
