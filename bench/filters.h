/* filters.h - the filters of push.lua, as the programs that measure them open them. */
#ifndef FILTERS_H
#define FILTERS_H

#include "perigee.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

PG_API int luaopen_perigee(lua_State *L);

static inline uint64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void filter_fail(lua_State *L)
{
	fprintf(stderr, "bench: %s\n", lua_tostring(L, -1));
	exit(1);
}

/* Leaves the filter's name and maker on the stack; false past the last. */
static inline bool filter_open(lua_State *L, unsigned i)
{
	luaL_openlibs(L);
	luaL_requiref(L, "bpf", luaopen_perigee, 1);
	if (luaL_dofile(L, "bench/push.lua"))
		filter_fail(L);
	if (lua_geti(L, -1, i + 1) == LUA_TNIL)
		return false;
	lua_geti(L, -1, 1);
	lua_geti(L, -2, 2);
	return true;
}

/* Pushes a new function value. */
static inline void filter_make(lua_State *L, int maker)
{
	lua_pushvalue(L, maker);
	if (lua_pcall(L, 0, 1, 0))
		filter_fail(L);
}

#endif
