/*
 * script.c - runs a script's user half in a Lua state of its own.
 *
 * The command and the module speak through the registry: "perigee.options" goes in; the text and
 * errno of the library's last error ("perigee.error", "perigee.errno"), what `check` found
 * ("perigee.checked", "perigee.refused"), what tests are ended with ("perigee.tests") or why there can be none
 * ("perigee.untested") and the last call ("perigee.finish") come out.
 */
#include "cli/cli.h"
#include "perigee.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int luaopen_perigee(lua_State *L);

static bool registry_is(lua_State *L, const char *name, int idx)
{
	idx = lua_absindex(L, idx);
	lua_getfield(L, LUA_REGISTRYINDEX, name);
	bool same = lua_rawequal(L, -1, idx);
	lua_pop(L, 1);
	return same;
}

/* A library's error says where it comes from by itself; any other gets a traceback. */
static int message(lua_State *L)
{
	const char *text = lua_tostring(L, 1);
	if (text && registry_is(L, "perigee.error", 1)) {
		return 1;
	} else if (!text) {
		if (luaL_callmeta(L, 1, "__tostring") && lua_isstring(L, -1))
			return 1;
		text = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
	}
	luaL_traceback(L, L, text, 1);
	return 1;
}

/* The error at the top: shown, and turned into an exit code. */
static int report(lua_State *L)
{
	int code = CLI_SCRIPT;
	const char *text = lua_tostring(L, -1);
	if (text && registry_is(L, "perigee.error", -1)) {
		lua_getfield(L, LUA_REGISTRYINDEX, "perigee.errno");
		int err = (int)lua_tointeger(L, -1);
		lua_pop(L, 1);
		if (err == EPERM || err == EOPNOTSUPP || err == ENOSYS)
			code = CLI_KERNEL;
	}
	fflush(stdout);
	fprintf(stderr, "%s%s\n", code == CLI_KERNEL ? "perigee: " : "",
		text ? text : "the script failed");
	lua_pop(L, 1);
	return code;
}

static void set_options(lua_State *L, const struct cli_script *s)
{
	lua_newtable(L);
	lua_pushstring(L, s->mode);
	lua_setfield(L, -2, "mode");
	lua_pushstring(L, s->stage);
	lua_setfield(L, -2, "stage");
	lua_pushboolean(L, s->timing);
	lua_setfield(L, -2, "timing");
	lua_createtable(L, s->nwithout, 0);
	for (int i = 0; i < s->nwithout; i++) {
		lua_pushstring(L, s->without[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "without");
	if (s->tests) {
		lua_pushstring(L, s->tests->pass);
		lua_setfield(L, -2, "pass");
		lua_pushstring(L, s->tests->before);
		lua_setfield(L, -2, "before");
	}
	lua_pushinteger(L, s->share);
	lua_setfield(L, -2, "share");
	lua_pushboolean(L, s->scratch);
	lua_setfield(L, -2, "scratch");
	lua_pushboolean(L, s->apart);
	lua_setfield(L, -2, "apart");
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.options");
}

/* `arg` as the lua command makes it: 0 is the script, the command's own words are negative. */
static void set_arg(lua_State *L, const struct cli_script *s)
{
	lua_createtable(L, s->argc, 1);
	for (int i = 0; i < s->argc; i++) {
		lua_pushstring(L, s->argv[i]);
		lua_rawseti(L, -2, i - s->script);
	}
	lua_setglobal(L, "arg");
}

/* os.exit closes the state unless told not to: what programs still have to say is said. */
static int exit_closing(lua_State *L)
{
	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		lua_pushboolean(L, 1);
		lua_replace(L, 2);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 2, 0);
	return 0;
}

static void close_on_exit(lua_State *L)
{
	lua_getglobal(L, "os");
	lua_getfield(L, -1, "exit");
	lua_pushcclosure(L, exit_closing, 1);
	lua_setfield(L, -2, "exit");
	lua_pop(L, 1);
}

/* Text only: a binary chunk can break the Lua that runs it. */
static int load(lua_State *L, const struct cli_script *s)
{
	if (s->code)
		return luaL_loadbufferx(L, s->code, strlen(s->code), "=(command line)", "t");
	const char *file = s->argv[s->script];
	return luaL_loadfilex(L, strcmp(file, "-") ? file : NULL, "t");
}

/* The string at the top, taken from it. */
static char *take_text(lua_State *L)
{
	const char *text = lua_tostring(L, -1);
	char *copy = text ? strdup(text) : NULL;
	lua_pop(L, 1);
	return copy;
}

/* Are there tests to be, and cannot programs be loaded for them? */
static bool untested(lua_State *L, struct cli_tests *t)
{
	if (!t || lua_getfield(L, LUA_REGISTRYINDEX, "perigee.tests") == LUA_TFUNCTION)
		return false;
	lua_getfield(L, LUA_REGISTRYINDEX, "perigee.untested");
	t->why = take_text(L);
	return true;
}

/* -> what the tests found. */
static int end_tests(lua_State *L)
{
	struct cli_tests *t = lua_touserdata(L, 1);
	lua_getfield(L, LUA_REGISTRYINDEX, "perigee.tests");
	lua_call(L, 0, 3);
	t->passed = (int)lua_tointeger(L, -3);
	t->failed = (int)lua_tointeger(L, -2);
	t->found = take_text(L);
	return 0;
}

static int in_state(lua_State *L)
{
	const struct cli_script *s = lua_touserdata(L, 1);
	luaL_openlibs(L);
	close_on_exit(L);
	set_options(L, s);
	luaL_requiref(L, "perigee", luaopen_perigee, 0);
	lua_setglobal(L, "bpf");
	set_arg(L, s);
	if (untested(L, s->tests))
		return 0;
	int n = s->code ? 0 : s->argc - s->script - 1;
	if (load(L, s) != LUA_OK) { /* its text needs no traceback */
		lua_pushvalue(L, -1);
		lua_setfield(L, LUA_REGISTRYINDEX, "perigee.error");
		lua_pushinteger(L, EINVAL);
		lua_setfield(L, LUA_REGISTRYINDEX, "perigee.errno");
		return lua_error(L);
	}
	luaL_checkstack(L, n + 1, "too many arguments");
	for (int i = 0; i < n; i++)
		lua_pushstring(L, s->argv[s->script + 1 + i]);
	lua_call(L, n, 0);
	return 0;
}

static int call(lua_State *L, int nargs)
{
	int base = lua_gettop(L) - nargs;
	lua_pushcfunction(L, message);
	lua_insert(L, base);
	int rc = lua_pcall(L, nargs, 0, base);
	int code = rc == LUA_OK ? CLI_OK : report(L);
	lua_remove(L, base);
	return code;
}

/* What `check` tells in the end. */
static int checked(lua_State *L, const struct cli_script *s)
{
	const char *file = s->code ? "(command line)" : s->argv[s->script];
	lua_getfield(L, LUA_REGISTRYINDEX, "perigee.refused");
	int code = lua_toboolean(L, -1) ? CLI_SCRIPT : CLI_OK;
	if (!strcmp(s->mode, "check")) {
		printf("%s: ran the user half; nothing was loaded or attached\n", file);
		lua_getfield(L, LUA_REGISTRYINDEX, "perigee.checked");
		for (int i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
			printf("  %s\n", lua_tostring(L, -1));
			lua_pop(L, 1);
		}
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
	return code;
}

/* All that runs is protected but what calls it, where nothing but memory can fail. What is attached
 * goes with the process. */
static int out_of_memory(lua_State *L)
{
	(void)L;
	fputs("perigee: out of memory\n", stderr);
	exit(CLI_SCRIPT);
}

int cli_script(const struct cli_script *s)
{
	lua_State *L = luaL_newstate();
	if (!L)
		return out_of_memory(NULL);
	lua_atpanic(L, out_of_memory);
	lua_pushcfunction(L, in_state);
	lua_pushlightuserdata(L, (void *)s);
	int code = call(L, 1);
	if (!code && s->tests && !s->tests->why) {
		lua_pushcfunction(L, end_tests);
		lua_pushlightuserdata(L, s->tests);
		code = call(L, 1);
	}
	if (lua_getfield(L, LUA_REGISTRYINDEX, "perigee.finish") == LUA_TFUNCTION) {
		int last = call(L, 0);
		code = code ? code : last;
	} else {
		lua_pop(L, 1);
	}
	if (!code && s->mode && !s->tests)
		code = checked(L, s);
	lua_close(L);
	if (fflush(stdout) && !code)
		code = CLI_SCRIPT;
	return code;
}
