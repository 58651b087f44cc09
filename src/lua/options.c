/* options.c - the options of programs and hooks, one row each, and where they stand: a table before
 * the function. */
#include "lua/pgl.h"

#include <string.h>

#define UPROBE " uprobe uretprobe "
#define TRACING " tracepoint" UPROBE

enum type { TEXT, FLAG, COUNT, VERDICT };

static const struct option {
	const char *name;
	enum type type;
	size_t at;           /* in struct pgl_opts */
	const char *hooks;   /* those that have it, each between spaces; NULL: all */
	const char *what;    /* COUNT: what the number is; NULL: not listed in messages */
} options[] = {
#define COMPILE(field) offsetof(struct pgl_opts, compile.field)
#define ATTACH(field) offsetof(struct pgl_opts, attach.field)
	{ "name",     TEXT,    COMPILE(name),        NULL,    "name of the program" },
	{ "on_error", VERDICT, COMPILE(on_error),    NULL,    "verdict" },
	{ "budget",   COUNT,   COMPILE(budget),      NULL,    "a number of loop turns" },
	{ "pid",      COUNT,   COMPILE(pid),         TRACING, "the number of a process" },
	{ "args",     TEXT,    COMPILE(args),        UPROBE,  "C types of what it receives" },
	{ "ret",      FLAG,    COMPILE(ret),         UPROBE,  "at the return" },
	{ "mode",     TEXT,    ATTACH(mode),         " xdp ", "how it is attached" },
	{ "pin",      TEXT,    ATTACH(pin),          " xdp tc ", "where the link outlives the process" },
	{ "frags",    FLAG,    COMPILE(frags),       " xdp ", "whether frames may lie in several buffers" },
	{ "stats",    FLAG,    ATTACH(stats),        NULL,    "whether runs and their time are counted" },
	{ "strict",   FLAG,    COMPILE(strict),      NULL,    "whether warnings are errors" },
	{ "copy",     FLAG,    COMPILE(copy_access), NULL,    NULL },
	{ "check",    FLAG,    COMPILE(check),       NULL,    NULL },
#undef COMPILE
#undef ATTACH
};
enum { NOPTIONS = sizeof(options) / sizeof(*options) };

static bool has(const struct option *o, const char *hook, size_t n)
{
	const char *at = o->hooks;
	if (!at)
		return true;
	for (; (at = strchr(at, ' ')); at++)
		if (!strncmp(at + 1, hook, n) && at[n + 1] == ' ')
			return true;
	return false;
}

/* "there is no option 'x' for xdp: there are name, on_error, budget, mode" */
static void unknown(lua_State *L, const char *name, const char *hook, size_t n)
{
	luaL_Buffer b;
	struct pg_hook h;
	const char *sep = "";
	struct pgl *s = pgl_get(L);
	if (!pg_hook_find(hook, &h))
		pgl_raise(L, s, pg_no_hook(s->ctx, hook));
	luaL_buffinit(L, &b);
	for (unsigned i = 0; i < NOPTIONS; i++)
		if (options[i].what && has(&options[i], hook, n)) {
			luaL_addstring(&b, sep);
			luaL_addstring(&b, options[i].name);
			sep = ", ";
		}
	luaL_pushresult(&b);
	lua_pushlstring(L, hook, n);
	luaL_error(L, "there is no option '%s' for %s: there are %s", name, lua_tostring(L, -1),
		   lua_tostring(L, -2));
}

static const struct option *find(const char *name, const char *hook, size_t n)
{
	for (unsigned i = 0; i < NOPTIONS; i++)
		if (!strcmp(options[i].name, name) && has(&options[i], hook, n))
			return &options[i];
	return NULL;
}

static int64_t integer(lua_State *L, const char *name, const char *what)
{
	int same;
	lua_Integer n = lua_tointegerx(L, -1, &same);
	if (!same || n < 1)
		luaL_error(L, "option '%s' is %s", name, what);
	return n;
}

static int64_t verdict(lua_State *L, const char *name)
{
	int same;
	lua_Integer v = lua_tointegerx(L, -1, &same);
	if (!same || !pg_verdict_name(v))
		luaL_error(L, "option '%s' is a verdict such as bpf.DROP", name);
	return v;
}

static const char *text(lua_State *L, const char *name)
{
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "option '%s' is a string, not a %s", name, luaL_typename(L, -1));
	return lua_tostring(L, -1);
}

/* The value at the top. */
static void read_one(lua_State *L, const struct option *o, struct pgl_opts *out)
{
	void *at = (char *)out + o->at;
	switch (o->type) {
	case TEXT:
		*(const char **)at = text(L, o->name);
		break;
	case FLAG:
		*(bool *)at = lua_toboolean(L, -1);
		break;
	case COUNT:
		*(uint64_t *)at = (uint64_t)integer(L, o->name, o->what);
		break;
	case VERDICT:
		*(int64_t *)at = verdict(L, o->name);
		break;
	}
}

static void read_all(lua_State *L, int table, struct pgl_opts *o)
{
	const char *hook = o->compile.hook;
	size_t n = strcspn(hook, ":");
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "an option has a name, not a %s key", luaL_typename(L, -2));
		const char *name = lua_tostring(L, -2);
		const struct option *row = find(name, hook, n);
		if (!row)
			unknown(L, name, hook, n);
		read_one(L, row, o);
	}
}

int pgl_args(lua_State *L, int first, const char *kind, struct pgl_opts *o)
{
	*o = (struct pgl_opts){ .compile = PG_OPTS(struct pg_compile_opts, .hook = kind),
				.attach = PG_OPTS(struct pg_attach_opts) };
	if (lua_isfunction(L, first))
		return first;
	if (lua_istable(L, first))
		read_all(L, first++, o);
	else if (!lua_isnoneornil(L, first + 1))
		luaL_typeerror(L, first, "table of options");
	luaL_checktype(L, first, LUA_TFUNCTION);
	return first;
}
