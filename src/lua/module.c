/* module.c - opens the module: its state, the table `bpf`, what it is made of. */
#include "lua/pgl.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char state_key, type_key, class_key[PGL_LINK + 1];

uint64_t pgl_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- the state ---- */

static struct pgl *state(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
	struct pgl *s = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return s;
}

struct pgl *pgl_get(lua_State *L)
{
	struct pgl *s = state(L);
	if (!s || !s->ctx)
		luaL_error(L, "the module is closed");
	return s;
}

void pgl_table(lua_State *L, const char *name)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
	lua_getiuservalue(L, -1, 1);
	lua_getfield(L, -1, name);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* At the state's end: what is left to run and to say, then everything detaches. */
static int last_words(lua_State *L)
{
	pgl_loop_exit(L);
	return 0;
}

static int last_reports(lua_State *L)
{
	pgl_report_prints(L);
	pgl_report_errors(L, true);
	pgl_report_lost(L);
	return 0;
}

/* For the command, which calls it when the script has ended and everything is still open. */
static int finish(lua_State *L)
{
	pgl_get(L);
	last_words(L);
	return last_reports(L);
}

static void last_call(lua_State *L, lua_CFunction f)
{
	lua_pushcfunction(L, f);
	if (lua_pcall(L, 0, 0, 0) == LUA_OK)
		return;
	lua_warning(L, "perigee: ", 1);
	lua_warning(L, lua_isstring(L, -1) ? lua_tostring(L, -1) : "error at exit", 0);
	lua_pop(L, 1);
}

static int state_gc(lua_State *L)
{
	struct pgl *s = lua_touserdata(L, 1);
	if (!s->ctx)
		return 0;
	last_call(L, last_words);
	last_call(L, last_reports);
	pgl_loop_free(L, s);
	pgl_report_free(s);
	pg_ctx_free(s->ctx);
	s->ctx = NULL;
	return 0;
}

/* The features listed in the table at the top. */
static void switch_off(lua_State *L, struct pgl *s)
{
	for (int i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		int err = pg_feature_off(s->ctx, lua_tostring(L, -1));
		if (err)
			pgl_raise(L, s, err);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* The command's wishes: a table in the registry, put there before the module is opened. */
static void read_options(lua_State *L, struct pgl *s)
{
	if (lua_getfield(L, LUA_REGISTRYINDEX, "perigee.options") == LUA_TTABLE) {
		lua_getfield(L, -1, "mode");
		const char *mode = lua_tostring(L, -1);
		if (mode && !strcmp(mode, "test"))
			s->mode = PGL_TEST;
		if (mode && !strcmp(mode, "check"))
			s->mode = PGL_CHECK;
		if (mode && !strcmp(mode, "dump"))
			s->mode = PGL_DUMP;
		lua_getfield(L, -2, "stage");
		const char *stage = lua_tostring(L, -1);
		if (stage && strlen(stage) < sizeof(s->stage))
			strcpy(s->stage, stage);
		lua_getfield(L, -3, "timing");
		s->timing = lua_toboolean(L, -1);
		lua_getfield(L, -4, "pass");
		const char *pass = lua_tostring(L, -1);
		s->quiet = pass && !strcmp(pass, "kernel");
		lua_pop(L, 4);
		if (lua_getfield(L, -1, "without") == LUA_TTABLE)
			switch_off(L, s);
		if (lua_getfield(L, -2, "share") == LUA_TNUMBER)
			pg_share(s->ctx, (uint32_t)lua_tointeger(L, -1));
		lua_getfield(L, -3, "scratch");
		pg_scratch(s->ctx, lua_toboolean(L, -1));
		lua_getfield(L, -4, "apart");
		pg_apart(s->ctx, lua_toboolean(L, -1));
		lua_pop(L, 4);
	}
	lua_pop(L, 1);
}

static void new_table(lua_State *L, const char *name, const char *mode)
{
	lua_newtable(L);
	if (mode) {
		lua_createtable(L, 0, 1);
		lua_pushstring(L, mode);
		lua_setfield(L, -2, "__mode");
		lua_setmetatable(L, -2);
	}
	lua_setfield(L, -2, name);
}

static struct pgl *new_state(lua_State *L)
{
	struct pgl *s = lua_newuserdatauv(L, sizeof(*s), 1);
	memset(s, 0, sizeof(*s));
	s->loop.epoll = s->loop.timer = s->loop.signals = s->loop.print = -1;
	lua_newtable(L);
	new_table(L, PGL_LINKS, NULL);
	new_table(L, PGL_CHANNELS, "k");
	new_table(L, PGL_HEARD, NULL);
	new_table(L, PGL_LIB, NULL);
	new_table(L, PGL_ADDRS, "v");
	new_table(L, PGL_MAPS, "v");
	new_table(L, PGL_METHODS, NULL);
	new_table(L, PGL_VIEWS, NULL);
	new_table(L, PGL_ON_EXIT, NULL);
	new_table(L, PGL_ON_ERROR, NULL);
	lua_setiuservalue(L, -2, 1);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, state_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
	int err = pg_ctx_new(&s->ctx);
	if (err)
		luaL_error(L, "perigee: %s", strerror(-err));
	return s;
}

/* ---- userdata ---- */

void pgl_metatable(lua_State *L, enum pgl_type type, const char *name, const luaL_Reg *meta,
		   const luaL_Reg *methods)
{
	lua_newtable(L);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pushinteger(L, type);
	lua_rawsetp(L, -2, &type_key);
	/* Methods are upvalue 1 of every metamethod; without an __index they are the index. */
	lua_newtable(L);
	if (methods)
		luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__index");
	luaL_setfuncs(L, meta, 1);
}

void pgl_class(lua_State *L, enum pgl_type type, const char *name, const luaL_Reg *meta,
	       const luaL_Reg *methods)
{
	pgl_metatable(L, type, name, meta, methods);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &class_key[type]);
}

void pgl_setclass(lua_State *L, enum pgl_type type)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &class_key[type]);
	lua_setmetatable(L, -2);
}

void pgl_closer(lua_State *L, const void *key, lua_CFunction f)
{
	lua_createtable(L, 0, 3);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pushcfunction(L, f);
	lua_setfield(L, -2, "__close");
	lua_pushcfunction(L, f);
	lua_setfield(L, -2, "__gc");
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

enum pgl_type pgl_type(lua_State *L, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx))
		return PGL_OTHER;
	lua_rawgetp(L, -1, &type_key);
	lua_Integer t = lua_tointeger(L, -1);
	lua_pop(L, 2);
	return (enum pgl_type)t;
}

void *pgl_check(lua_State *L, int idx, enum pgl_type type, const char *what)
{
	if (pgl_type(L, idx) != type)
		luaL_typeerror(L, idx, what);
	return lua_touserdata(L, idx);
}

/* ---- errors ---- */

static void remember(lua_State *L, int err)
{
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.error");
	lua_pushinteger(L, -err);
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.errno");
}

static const char *error_text(struct pgl *s, int err)
{
	const char *text = pg_error(s->ctx);
	return text && *text ? text : strerror(-err);
}

int pgl_raise(lua_State *L, struct pgl *s, int err)
{
	luaL_where(L, 1);
	lua_pushstring(L, error_text(s, err));
	lua_concat(L, 2);
	remember(L, err);
	return lua_error(L);
}

int pgl_throw(lua_State *L, int err, const char *text)
{
	lua_pushstring(L, text);
	remember(L, err);
	return lua_error(L);
}

int pgl_fail(lua_State *L, struct pgl *s, int err)
{
	const char *text = error_text(s, err);
	return strstr(text, "error: ") ? pgl_throw(L, err, text) : pgl_raise(L, s, err);
}

/* ---- small functions, in both halves ---- */

static int f_ktime(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)pgl_now());
	return 1;
}

static int f_cpu(lua_State *L)
{
	lua_pushinteger(L, sched_getcpu());
	return 1;
}

static int f_random(lua_State *L)
{
	uint32_t v = 0;
	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		v = (uint32_t)pgl_now();
	lua_pushinteger(L, v);
	return 1;
}

static int f_pid(lua_State *L)
{
	lua_pushinteger(L, getpid());
	return 1;
}

static int f_tid(lua_State *L)
{
	lua_pushinteger(L, gettid());
	return 1;
}

static int f_uid(lua_State *L)
{
	lua_pushinteger(L, getuid());
	return 1;
}

static int f_gid(lua_State *L)
{
	lua_pushinteger(L, getgid());
	return 1;
}

/* The number of a cgroup is the inode of its directory in the version 2 tree; 0: not to be found. */
static int f_cgroup_id(lua_State *L)
{
	char tree[256] = "", line[1024], path[sizeof(tree) + sizeof(line)];
	struct stat st = { .st_ino = 0 };
	FILE *mounts = fopen("/proc/self/mounts", "re"), *own = fopen("/proc/self/cgroup", "re");
	while (mounts && !*tree && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %255s cgroup2 ", tree) == 1 && !strstr(line, " cgroup2 "))
			*tree = 0;
	while (own && *tree && fgets(line, sizeof(line), own))
		if (!strncmp(line, "0::", 3)) {
			snprintf(path, sizeof(path), "%s%.*s", tree, (int)strcspn(line + 3, "\n"), line + 3);
			if (stat(path, &st))
				st.st_ino = 0;
		}
	if (mounts)
		fclose(mounts);
	if (own)
		fclose(own);
	lua_pushinteger(L, (lua_Integer)st.st_ino);
	return 1;
}

/* Text at an address of this process, as kernel code reads it: "" where nothing can be read. A page
 * at a time, for the text may end right before one that is not there. */
static int f_str(lua_State *L)
{
	enum { MOST = 4096, DEFAULT = 64, PAGE = 4096 };
	char text[MOST];
	size_t at = (size_t)luaL_checkinteger(L, 1), n = 0;
	lua_Integer most = luaL_optinteger(L, 2, DEFAULT);
	luaL_argcheck(L, most >= 1 && most <= MOST, 2, "a length from 1 to 4096");
	while (n < (size_t)most) {
		size_t left = PAGE - (at + n) % PAGE, want = (size_t)most - n < left ? (size_t)most - n : left;
		struct iovec to = { text + n, want }, from = { (void *)(at + n), want };
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)want) {
			n = 0; /* no NUL before what cannot be read: nothing of it, as in the kernel */
			break;
		}
		size_t end = strnlen(text + n, want);
		n += end;
		if (end < want)
			break;
	}
	lua_pushlstring(L, text, n);
	return 1;
}

/* A process sees none of the kernel's memory. */
static int f_kstr(lua_State *L)
{
	luaL_checkinteger(L, 1);
	luaL_optinteger(L, 2, 1);
	lua_pushliteral(L, "");
	return 1;
}

static int f_comm(lua_State *L)
{
	char name[17] = "";
	prctl(PR_GET_NAME, name);
	lua_pushstring(L, name);
	return 1;
}

static int f_trunc(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);
	lua_Integer most = luaL_checkinteger(L, 2);
	luaL_argcheck(L, most >= 0, 2, "negative length");
	lua_pushlstring(L, text, (lua_Unsigned)most < n ? (size_t)most : n);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "ktime", f_ktime }, { "cpu", f_cpu },   { "random", f_random }, { "pid", f_pid },
	{ "tid", f_tid },     { "comm", f_comm }, { "trunc", f_trunc },
	{ "uid", f_uid },     { "gid", f_gid },   { "cgroup_id", f_cgroup_id },
	{ "str", f_str },     { "kstr", f_kstr }, { NULL, NULL },
};

/* ---- opening ---- */

static void constants(lua_State *L)
{
	for (int64_t v = PG_VERDICT_BASE + 1; v < PG_VERDICT_END; v++) {
		const char *name = pg_verdict_name(v);
		if (!name)
			continue;
		lua_pushinteger(L, v);
		lua_setfield(L, -2, name);
	}
	lua_pushliteral(L, "Perigee " PG_VERSION);
	lua_setfield(L, -2, "_VERSION");
}

/* Remembers every C function of the table on the top by its row's name. */
static void remember_lib(lua_State *L, const char *prefix)
{
	pgl_table(L, PGL_LIB);
	lua_pushnil(L);
	while (lua_next(L, -3)) {
		if (lua_iscfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
			lua_pushfstring(L, "%s%s", prefix, lua_tostring(L, -2));
			lua_rawset(L, -4);
		} else {
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
}

static void remember_libs(lua_State *L)
{
	static const char *const libs[][2] = {
		{ "_G", "" },         { "math", "math." },   { "string", "string." },
		{ "table", "table." }, { "utf8", "utf8." },   { "os", "os." },
		{ "io", "io." },      { "debug", "debug." }, { "coroutine", "coroutine." },
	};
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	for (size_t i = 0; i < sizeof(libs) / sizeof(libs[0]); i++) {
		if (lua_getfield(L, -1, libs[i][0]) == LUA_TTABLE)
			remember_lib(L, libs[i][1]);
		lua_pop(L, 1);
	}
	pgl_table(L, PGL_LIB);
	lua_getfield(L, -2, "string");
	lua_getfield(L, -1, "format");
	lua_setfield(L, -3, PGL_FORMAT);
	lua_pop(L, 3);
}

static int refuse(lua_State *L)
{
	return luaL_error(L, "kernel code never calls this");
}

/* Whatever is called so in the table of rows at `lib` is from now on what `written` has by that name. */
static void replace_written(lua_State *L, int lib, int written)
{
	for (lua_pushnil(L); lua_next(L, lib); lua_settop(L, written + 1)) {
		if (lua_type(L, -1) != LUA_TSTRING || lua_rawget(L, written) != LUA_TFUNCTION)
			continue;
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, lib);
	}
	for (lua_pushnil(L); lua_next(L, written);) {
		lua_pushboolean(L, 1);
		lua_rawset(L, lib);
	}
}

/* Those of Lua's functions that are Lua in kernel code: lua/library.lua. */
static void remember_written(lua_State *L)
{
	extern const char pgl_source_library[], pgl_source_library_end[];
	int top = lua_gettop(L);
	pgl_table(L, PGL_LIB);
	lua_pushcfunction(L, refuse);
	lua_pushliteral(L, "table.concat of such a value");
	lua_rawset(L, -3);
	if (luaL_loadbufferx(L, pgl_source_library, (size_t)(pgl_source_library_end - pgl_source_library), "=perigee", "t") != LUA_OK)
		lua_error(L);
	lua_pushcfunction(L, refuse);
	lua_call(L, 1, 1);
	replace_written(L, top + 1, top + 2);
	lua_settop(L, top);
}

PG_API int luaopen_perigee(lua_State *L);

int luaopen_perigee(lua_State *L)
{
	luaL_checkversion(L);
	if (state(L))
		return luaL_error(L, "the module 'perigee' is open already");
	struct pgl *s = new_state(L);
	read_options(L, s);
	lua_newtable(L);
	lua_setfield(L, LUA_REGISTRYINDEX, PGL_CHECKED);
	lua_pushcfunction(L, finish);
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.finish");
	lua_newtable(L);
	luaL_setfuncs(L, functions, 0);
	constants(L);
	pgl_open_addr(L);
	pgl_open_maps(L);
	pgl_open_entry(L);
	pgl_open_state(L);
	pgl_open_events(L);
	pgl_open_packet(L);
	pgl_open_proto(L);
	pgl_open_program(L);
	pgl_open_twin(L);
	pgl_open_links(L);
	pgl_open_loop(L);
	remember_lib(L, "bpf.");
	remember_libs(L);
	remember_written(L);
	pgl_open_tests(L);
	return 1;
}
