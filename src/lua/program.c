/* program.c - bpf.compile, bpf.program, bpf.twin: functions compiled, loaded and run on given input. */
#include "lua/pgl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* User values of units and programs: the function and the options it was compiled with. */
enum { FUNC = 1, OPTS, KIND, NUV = 3 };

/* ---- options ---- */

/* The options of a unit or program, again; strings belong to its user values. Pushes three. */
static void own_args(lua_State *L, int idx, struct pgl_opts *o)
{
	idx = lua_absindex(L, idx);
	lua_getiuservalue(L, idx, OPTS);
	lua_getiuservalue(L, idx, FUNC);
	lua_getiuservalue(L, idx, KIND);
	int table = lua_gettop(L) - 2;
	pgl_args(L, lua_istable(L, table) ? table : table + 1, lua_tostring(L, -1), o);
}

/* ---- units ---- */

static void keep_args(lua_State *L, int func, const struct pgl_opts *o)
{
	lua_pushvalue(L, func);
	lua_setiuservalue(L, -2, FUNC);
	if (func > 1 && lua_istable(L, func - 1)) {
		lua_pushvalue(L, func - 1);
		lua_setiuservalue(L, -2, OPTS);
	}
	lua_pushstring(L, o->compile.hook);
	lua_setiuservalue(L, -2, KIND);
}

static struct pgl_program *new_program(lua_State *L, enum pgl_type type)
{
	struct pgl_program *p = lua_newuserdatauv(L, sizeof(*p), NUV);
	p->u = NULL;
	p->p = NULL;
	pgl_setclass(L, type);
	return p;
}

static int program_gc(lua_State *L)
{
	struct pgl_program *p = lua_touserdata(L, 1);
	if (p->p)
		pg_prog_free(p->p);
	if (p->u)
		pg_unit_free(p->u);
	p->p = NULL;
	p->u = NULL;
	return 0;
}

/* Once for each text: a program may be replaced a thousand times, and a file of tests has a second pass. */
static void warn(lua_State *L, pg_unit *u)
{
	const char *text = pg_unit_warnings(u);
	if (!text || !*text || pgl_get(L)->quiet)
		return;
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "perigee.warned");
	if (lua_getfield(L, -1, text) == LUA_TNIL) {
		fflush(stdout);
		fprintf(stderr, "%s\n", text);
		lua_pushboolean(L, true);
		lua_setfield(L, -3, text);
	}
	lua_pop(L, 2);
}

/* Has the next compilations keep the text after a pass; what is no pass ("ir", "asm") is there anyway. */
static int keep_stage(struct pgl *s, const char *stage)
{
	const char *name;
	for (unsigned i = 0; (name = pg_stage(i, NULL)); i++)
		if (!strcmp(name, stage))
			return pg_dump_stage(s->ctx, stage);
	return 0;
}

/* Compiles into p; in `dump` mode the stage is kept. */
static int compile(lua_State *L, struct pgl *s, int func, const struct pgl_opts *o,
		   struct pgl_program *p)
{
	int err = 0;
	if (s->mode == PGL_DUMP)
		err = keep_stage(s, s->stage);
	if (!err)
		err = pgl_compile(L, func, o, &p->u);
	if (!err)
		warn(L, p->u);
	return err;
}

void pgl_note(lua_State *L, pg_unit *u, const char *where)
{
	struct pgl *s = pgl_get(L);
	if (s->mode == PGL_DUMP) {
		const char *text = pg_unit_dump(u, s->stage);
		printf("; %s, stage %s\n%s\n", where, s->stage, text ? text : pg_error(s->ctx));
		return;
	}
	lua_getfield(L, LUA_REGISTRYINDEX, PGL_CHECKED);
	if (u)
		lua_pushfstring(L, "%s: %d instructions", where, (int)pg_unit_timing(u)->insns);
	else
		lua_pushfstring(L, "%s: refused", where);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
}

/* At arm's length an error does not end the script: the rest is checked too. */
static void refused(lua_State *L, struct pgl *s, const char *where)
{
	fflush(stdout);
	fprintf(stderr, "%s\n", pg_error(s->ctx));
	lua_pushboolean(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.refused");
	if (s->mode == PGL_CHECK)
		pgl_note(L, NULL, where);
}

void pgl_show_timing(struct pgl *s, pg_unit *u, pg_prog *p, const char *where, const char *last,
		     uint64_t ns)
{
	if (!s->timing)
		return;
	const struct pg_timing *t = pg_unit_timing(u);
	fflush(stdout);
	fprintf(stderr, "perigee: %s: capture %.1f us, compile %.1f us, load %.1f us", where,
		(double)t->capture / 1e3, (double)t->compile / 1e3,
		(double)pg_prog_timing(p)->load / 1e3);
	if (last)
		fprintf(stderr, ", %s %.1f us", last, (double)ns / 1e3);
	fprintf(stderr, " (%u instructions)\n", t->insns);
}

/* Where the verifier gave up: with loops of other forms, which have other ways; what has as many instructions as before has
 * none. What it gave up on first is what is said. */
static void load_otherwise(lua_State *L, struct pgl *s, int func, const struct pgl_opts *o, struct pgl_program *p, int err)
{
	const char *said = lua_pushstring(L, pg_error(s->ctx));
	struct pgl_opts other = *o;
	for (other.compile.loops = PG_LOOPS_COUNTED; !p->p && other.compile.loops <= PG_LOOPS_CALLED; other.compile.loops++) {
		pg_unit *u;
		if (pgl_compile(L, func, &other, &u))
			continue;
		bool loaded = pg_unit_timing(u)->insns != pg_unit_timing(p->u)->insns && !pg_load(u, &p->p);
		pg_unit_free(loaded ? p->u : u);
		p->u = loaded ? u : p->u;
	}
	if (!p->p)
		pgl_throw(L, err, said);
	lua_pop(L, 1);
}

struct pgl_program *pgl_program(lua_State *L, int func, const struct pgl_opts *o, const char *where)
{
	struct pgl *s = pgl_get(L);
	func = lua_absindex(L, func);
	struct pgl_program *p = new_program(L, PGL_PROGRAM);
	keep_args(L, func, o);
	int err = compile(L, s, func, o, p);
	if (err && !pgl_at_arms_length(s))
		pgl_fail(L, s, err);
	if (s->mode != PGL_RUN)
		pgl_tested(L);
	if (err)
		refused(L, s, where);
	else if (pgl_at_arms_length(s))
		pgl_note(L, p->u, where);
	if (pgl_at_arms_length(s))
		return p;
	err = pg_load(p->u, &p->p);
	if (err == -E2BIG)
		load_otherwise(L, s, func, o, p, err);
	else if (err)
		pgl_fail(L, s, err);
	s->loaded++;
	return p;
}

/* bpf.compile(kind, [opts,] f): the unit, or nil and the diagnostics. */
static int f_compile(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_opts o;
	int func = pgl_args(L, 2, luaL_checkstring(L, 1), &o);
	struct pgl_program *p = new_program(L, PGL_UNIT);
	keep_args(L, func, &o);
	int err = compile(L, s, func, &o, p);
	if (!err) {
		if (pgl_at_arms_length(s))
			pgl_note(L, p->u, o.compile.hook);
		return 1;
	}
	lua_pushnil(L);
	lua_pushstring(L, pg_error(s->ctx));
	return 2;
}

static int unit_load(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_program *u = pgl_check(L, 1, PGL_UNIT, "unit");
	struct pgl_program *p = new_program(L, PGL_PROGRAM);
	for (int i = 1; i <= NUV; i++) {
		lua_getiuservalue(L, 1, i);
		lua_setiuservalue(L, -2, i);
	}
	if (pgl_at_arms_length(s))
		return 1;
	int err = pg_load(u->u, &p->p);
	if (err)
		return pgl_fail(L, s, err);
	s->loaded++;
	pgl_show_timing(s, u->u, p->p, "program", NULL, 0);
	return 1;
}

/* Text of a stage: the unit's own, or of one compiled again with that stage kept. */
static int dump_stage(lua_State *L, struct pgl *s, struct pgl_program *u, const char *stage)
{
	struct pgl_opts o;
	const char *text = u && u->u ? pg_unit_dump(u->u, stage) : NULL;
	if (!text) {
		int err = keep_stage(s, stage);
		if (err)
			return pgl_raise(L, s, err);
		own_args(L, 1, &o);
		int func = lua_gettop(L) - 1;
		struct pgl_program *again = new_program(L, PGL_UNIT);
		err = pgl_compile(L, func, &o, &again->u);
		pg_dump_stage(s->ctx, NULL);
		if (err)
			return pgl_fail(L, s, err);
		text = pg_unit_dump(again->u, stage);
	}
	if (!text)
		return luaL_error(L, "%s", pg_error(s->ctx));
	lua_pushstring(L, text);
	return 1;
}

static int unit_dump(lua_State *L)
{
	struct pgl_program *u = pgl_check(L, 1, PGL_UNIT, "unit");
	return dump_stage(L, pgl_get(L), u, luaL_optstring(L, 2, "asm"));
}

/* ---- programs ---- */

static int f_program(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_opts o;
	int func = pgl_args(L, 2, luaL_checkstring(L, 1), &o);
	struct pgl_program *p = pgl_program(L, func, &o, "program");
	if (p->p)
		pgl_show_timing(s, p->u, p->p, "program", NULL, 0);
	return 1;
}

static int twin_of(lua_State *L)
{
	struct pgl_opts o;
	pgl_check(L, 1, PGL_PROGRAM, "program");
	own_args(L, 1, &o);
	return pgl_twin(L, &o, lua_gettop(L) - 1, 2);
}

/* Verdict, packet afterwards, nanoseconds, and the error's text or nil. */
static int program_test(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_program *p = pgl_check(L, 1, PGL_PROGRAM, "program");
	struct pg_test_result r;
	size_t n;
	if (pgl_at_arms_length(s))
		return twin_of(L);
	int err = pg_testable(p->p);
	if (err)
		return pgl_raise(L, s, err);
	const char *in = luaL_checklstring(L, 2, &n);
	err = pg_test(p->p, in, n, &r);
	if (err)
		return pgl_raise(L, s, err);
	pgl_report_prints(L);
	lua_pushinteger(L, r.verdict);
	lua_pushlstring(L, r.packet, r.packet_len);
	lua_pushinteger(L, (lua_Integer)r.ns);
	lua_pushstring(L, r.error);
	return 4;
}

static int program_dump(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_program *p = pgl_check(L, 1, PGL_PROGRAM, "program");
	const char *what = luaL_optstring(L, 2, "asm");
	bool of_program = !strcmp(what, "asm") || !strcmp(what, "xlated") || !strcmp(what, "jited");
	if (!p->p || !of_program)
		return dump_stage(L, s, p, what);
	const char *text = pg_prog_dump(p->p, what);
	if (!text)
		return luaL_error(L, "%s", pg_error(s->ctx));
	lua_pushstring(L, text);
	return 1;
}

/* ---- bpf.twin ---- */

static int f_twin(lua_State *L)
{
	struct pgl_opts o;
	int func = pgl_args(L, 2, luaL_checkstring(L, 1), &o);
	return pgl_twin(L, &o, func, func + 1);
}

static const luaL_Reg meta[] = { { "__gc", program_gc }, { NULL, NULL } };

static const luaL_Reg unit_methods[] = {
	{ "load", unit_load }, { "dump", unit_dump }, { NULL, NULL },
};

static const luaL_Reg program_methods[] = {
	{ "test", program_test }, { "twin", twin_of }, { "dump", program_dump }, { NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "compile", f_compile }, { "program", f_program }, { "twin", f_twin }, { NULL, NULL },
};

void pgl_open_program(lua_State *L)
{
	pgl_class(L, PGL_UNIT, "unit", meta, unit_methods);
	pgl_class(L, PGL_PROGRAM, "program", meta, program_methods);
	luaL_setfuncs(L, functions, 0);
}
