/*
 * links.c - bpf.xdp and the like, one function for each hook: programs at work.
 *
 * A link lives until it is detached or the state ends, whether or not the script keeps the
 * variable: the module keeps attached links in a table, so __gc sees only what is over.
 */
#include "lua/pgl.h"

#include <stdio.h>
#include <string.h>

enum { FUNC = 1, OPTS, KIND, NUV = 3 };

struct link {
	pg_link *l;          /* NULL: detached, or at arm's length */
	char name[128];      /* "xdp eth0" */
	uint64_t before;     /* errors of earlier ones of that name */
	struct pg_timing last; /* of the last push; attach: the attach or the swap */
};

static struct link *check_link(lua_State *L, int idx)
{
	return pgl_check(L, idx, PGL_LINK, "link");
}

static void keep(lua_State *L, int idx, bool yes)
{
	idx = lua_absindex(L, idx);
	pgl_table(L, PGL_LINKS);
	lua_pushvalue(L, idx);
	if (yes)
		lua_pushboolean(L, 1);
	else
		lua_pushnil(L);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static void keep_args(lua_State *L, int link, int func)
{
	link = lua_absindex(L, link);
	lua_pushvalue(L, func);
	lua_setiuservalue(L, link, FUNC);
	if (!lua_istable(L, func - 1))
		return;
	lua_pushvalue(L, func - 1);
	lua_setiuservalue(L, link, OPTS);
}

static void note_timing(struct pgl *s, struct link *l, struct pgl_program *p, const char *last,
			uint64_t ns)
{
	l->last = *pg_unit_timing(p->u);
	l->last.load = pg_prog_timing(p->p)->load;
	l->last.attach = ns;
	pgl_show_timing(s, p->u, p->p, l->name, last, ns);
}

/* ---- bpf.xdp and the like ---- */

/* One word of what a hook's attachment names, read at idx. */
static void name_dev(lua_State *L, int idx, struct pg_attach_opts *a)
{
	a->dev = luaL_checkstring(L, idx);
}

static void name_socket(lua_State *L, int idx, struct pg_attach_opts *a)
{
	int same;
	a->fd = (int)lua_tointegerx(L, idx, &same);
	if (!same || lua_type(L, idx) != LUA_TNUMBER)
		a->dev = luaL_checkstring(L, idx);
}

static void name_direction(lua_State *L, int idx, struct pg_attach_opts *a)
{
	static const char *const names[] = { "ingress", "egress", NULL };
	a->direction = names[luaL_checkoption(L, idx, NULL, names)];
}

/* At arm's length it is not made. */
static void name_map(lua_State *L, int idx, struct pg_attach_opts *a)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, idx);
	a->fd = s->mode == PGL_RUN ? pg_map_fd(m) : -1;
	if (s->mode == PGL_RUN && a->fd < 0)
		pgl_raise(L, s, a->fd);
}

static void name_point(lua_State *L, int idx, struct pg_attach_opts *a)
{
	a->point = luaL_checkstring(L, idx);
}

static const struct {
	const char *word;
	void (*read)(lua_State *L, int idx, struct pg_attach_opts *a);
} words[] = {
	{ "dev", name_dev },
	{ "socket", name_socket },
	{ "direction", name_direction },
	{ "map", name_map },
	{ "point", name_point },
};

static void read_name(lua_State *L, const char *word, size_t len, int idx, struct pg_attach_opts *a)
{
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(word, words[i].word, len) && !words[i].word[len])
			words[i].read(L, idx, a);
}

/* Reads the arguments that the hook's attachment names, from 1 on. Returns how many; pushes the
 * attachment's name ("tc eth0 ingress") and the kind to compile for ("tracepoint:sched:sched_switch"),
 * behind what options and function there may be. */
static int read_names(lua_State *L, const struct pg_hook *h, struct pg_attach_opts *a)
{
	int n = 0;
	for (const char *at = h->args; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		read_name(L, at, len, ++n, a);
		at += len;
	}
	if (lua_gettop(L) < n + 2)
		lua_settop(L, n + 2);
	lua_pushstring(L, h->name);
	for (int i = 1; i <= n; i++) {
		const char *word = luaL_tolstring(L, i, NULL);
		lua_pushfstring(L, "%s %s", lua_tostring(L, -2), word);
		lua_replace(L, -3);
		lua_pop(L, 1);
	}
	if (a->point)
		lua_pushfstring(L, "%s:%s", h->name, a->point);
	else
		lua_pushstring(L, h->name);
	return n;
}

static struct link *new_link(lua_State *L, const char *name)
{
	struct link *l = lua_newuserdatauv(L, sizeof(*l), NUV);
	memset(l, 0, sizeof(*l));
	pgl_setclass(L, PGL_LINK);
	snprintf(l->name, sizeof(l->name), "%s", name);
	return l;
}

/* bpf.HOOK(names..., [opts,] f); the hook's number is the upvalue. */
static int f_hook(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pg_hook h;
	struct pgl_opts o;
	struct pg_attach_opts names = { 0 };
	pg_hook((unsigned)lua_tointeger(L, lua_upvalueindex(1)), &h);
	int n = read_names(L, &h, &names);
	int kind = lua_gettop(L);
	int func = pgl_args(L, n + 1, lua_tostring(L, kind), &o);
	struct link *l = new_link(L, lua_tostring(L, kind - 1));
	int link = lua_gettop(L);
	lua_pushvalue(L, kind);
	lua_setiuservalue(L, link, KIND);
	keep_args(L, link, func);
	struct pgl_program *p = pgl_program(L, func, &o, l->name);
	if (s->mode == PGL_RUN) {
		o.attach.dev = names.dev;
		o.attach.fd = names.fd;
		o.attach.direction = names.direction;
		o.attach.point = names.point;
		uint64_t start = pgl_now();
		int err = pg_attach(p->p, &o.attach, &l->l);
		if (err)
			return pgl_raise(L, s, err);
		snprintf(l->name, sizeof(l->name), "%s", pg_link_name(l->l));
		l->before = pgl_errors_at(s, l->name);
		keep(L, link, true);
		note_timing(s, l, p, "attach", pgl_now() - start);
	}
	lua_settop(L, link);
	return 1;
}

/* bpf.HOOK(...) of one that this version has not; its name is the upvalue. */
static int f_absent(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	return pgl_raise(L, s, pg_no_hook(s->ctx, lua_tostring(L, lua_upvalueindex(1))));
}

/* ---- methods ---- */

static void push(lua_State *L, struct link *l, struct pgl_program *p)
{
	struct pgl *s = pgl_get(L);
	uint64_t ns = 0;
	if (s->mode != PGL_RUN)
		return;
	if (!l->l)
		luaL_error(L, "%s is detached", l->name);
	int err = pg_link_replace(l->l, p->p, &ns);
	if (err)
		pgl_raise(L, s, err);
	if (p->u)
		note_timing(s, l, p, "swap", ns);
}

/* link:replace([opts,] f) or link:replace(program); without options those of the link hold. */
static int link_replace(lua_State *L)
{
	struct link *l = check_link(L, 1);
	struct pgl_opts o;
	if (pgl_type(L, 2) == PGL_PROGRAM) {
		push(L, l, lua_touserdata(L, 2));
		return 0;
	}
	if (lua_isfunction(L, 2)) {
		lua_settop(L, 2);
		lua_getiuservalue(L, 1, OPTS);
		lua_insert(L, 2);
		if (lua_isnil(L, 2))
			lua_remove(L, 2);
	}
	lua_getiuservalue(L, 1, KIND);
	const char *kind = lua_tostring(L, -1);
	lua_pop(L, 1); /* the link holds it */
	int func = pgl_args(L, 2, kind, &o);
	if (pgl_get(L)->mode == PGL_RUN && !l->l)
		return luaL_error(L, "%s is detached", l->name);
	push(L, l, pgl_program(L, func, &o, l->name));
	keep_args(L, 1, func);
	return 0;
}

static int link_refresh(lua_State *L)
{
	check_link(L, 1);
	lua_settop(L, 1);
	lua_getiuservalue(L, 1, FUNC);
	return link_replace(L);
}

static int link_detach(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct link *l = check_link(L, 1);
	if (!l->l)
		return 0;
	pgl_report_prints(L);
	pgl_report_errors(L, true);
	int err = pg_link_detach(l->l);
	pg_link_free(l->l);
	l->l = NULL;
	keep(L, 1, false);
	return err ? pgl_raise(L, s, err) : 0;
}

static int link_gc(lua_State *L)
{
	struct link *l = lua_touserdata(L, 1);
	if (l->l)
		pg_link_free(l->l);
	l->l = NULL;
	return 0;
}

static void set_us(lua_State *L, const char *name, uint64_t ns)
{
	lua_pushnumber(L, (lua_Number)ns / 1e3);
	lua_setfield(L, -2, name);
}

static void count_of(lua_State *L, const char *name, uint64_t n)
{
	lua_pushinteger(L, (lua_Integer)n);
	lua_setfield(L, -2, name);
}

static void set_counters(lua_State *L, struct pgl *s, struct link *l)
{
	struct pg_link_stats c = PG_OPTS(struct pg_link_stats);
	int err = l->l ? pg_link_stats(l->l, &c) : 0;
	if (err)
		pgl_fail(L, s, err);
	count_of(L, "missed", c.missed);
	if (!c.counted)
		return;
	count_of(L, "runs", c.runs);
	count_of(L, "ns", c.ns);
}

/* errors so far; runs the kernel left out; with `stats`, runs and their time; of the last push: instructions, and microseconds by stage */
static int link_stats(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct link *l = check_link(L, 1);
	pgl_report_errors(L, false);
	lua_createtable(L, 0, 10);
	set_counters(L, s, l);
	lua_pushinteger(L, (lua_Integer)(pgl_errors_at(s, l->name) - l->before));
	lua_setfield(L, -2, "errors");
	lua_pushinteger(L, l->last.insns);
	lua_setfield(L, -2, "insns");
	lua_pushstring(L, l->l ? pg_link_mode(l->l) : NULL);
	lua_setfield(L, -2, "mode");
	set_us(L, "capture", l->last.capture);
	set_us(L, "compile", l->last.compile);
	set_us(L, "load", l->last.load);
	set_us(L, "swap", l->last.attach);
	return 1;
}

static int link_tostring(lua_State *L)
{
	struct link *l = check_link(L, 1);
	const char *how = l->l ? pg_link_mode(l->l) : "detached";
	lua_pushfstring(L, *how ? "%s (%s)" : "%s", l->name, how);
	return 1;
}

static const luaL_Reg meta[] = {
	{ "__gc", link_gc }, { "__close", link_detach }, { "__tostring", link_tostring },
	{ NULL, NULL },
};

static const luaL_Reg methods[] = {
	{ "detach", link_detach },
	{ "replace", link_replace },
	{ "refresh", link_refresh },
	{ "stats", link_stats },
	{ NULL, NULL },
};

void pgl_open_links(lua_State *L)
{
	pgl_class(L, PGL_LINK, "link", meta, methods);
	struct pg_hook h;
	for (unsigned i = 0; pg_hook(i, &h); i++) {
		lua_pushinteger(L, i);
		lua_pushcclosure(L, f_hook, 1);
		lua_setfield(L, -2, h.name);
	}
	const char *name;
	for (unsigned i = 0; (name = pg_absent_hook(i)); i++) {
		lua_pushstring(L, name);
		lua_pushcclosure(L, f_absent, 1);
		lua_setfield(L, -2, name);
	}
}
