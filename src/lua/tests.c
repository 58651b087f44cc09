/*
 * tests.c - bpf.test, which `perigee test` gives a script: written in Lua, made of the texts in sources.S.
 *
 * The command says in "perigee.options" which pass this is and what the first one found; what is to be called in
 * the end comes back as "perigee.tests", or why there can be no test as "perigee.untested".
 */
#include "lua/pgl.h"

#define SOURCE(name)                          \
	extern const char pgl_source_##name[];      \
	extern const char pgl_source_##name##_end[]
SOURCE(test);
SOURCE(lines);
SOURCE(packet);
SOURCE(pcap);

static const struct { const char *name, *from, *to; } parts[] = {
	{ "lines",  pgl_source_lines,  pgl_source_lines_end },
	{ "packet", pgl_source_packet, pgl_source_packet_end },
	{ "pcap",   pgl_source_pcap,   pgl_source_pcap_end },
};

static void load(lua_State *L, const char *name, const char *from, const char *to)
{
	if (luaL_loadbufferx(L, from, (size_t)(to - from), name, "t") != LUA_OK)
		lua_error(L);
}

void pgl_tested(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "perigee.tested");
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
}

static void push_parts(lua_State *L, int module)
{
	lua_newtable(L);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		load(L, "=perigee.test", parts[i].from, parts[i].to);
		lua_pushvalue(L, module);
		lua_call(L, 1, 1);
		lua_setfield(L, -2, parts[i].name);
	}
}

void pgl_open_tests(lua_State *L)
{
	int module = lua_gettop(L);
	if (lua_getfield(L, LUA_REGISTRYINDEX, "perigee.options") != LUA_TTABLE ||
	    lua_getfield(L, -1, "pass") != LUA_TSTRING) {
		lua_settop(L, module);
		return;
	}
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "perigee.tested");
	load(L, "=perigee.test", pgl_source_test, pgl_source_test_end);
	lua_pushvalue(L, module);
	lua_getfield(L, module + 1, "pass");
	push_parts(L, module);
	lua_getfield(L, module + 1, "before");
	lua_call(L, 4, 2);
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.untested");
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.tests");
	lua_settop(L, module);
}
