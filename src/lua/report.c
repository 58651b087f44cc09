/* report.c - what programs say of themselves: print lines, run-time errors, what was lost. */
#include "lua/pgl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- print ---- */

/* Pushes what string.format makes of the values at v: a mark, the format, how many others there are, those. Returns how many
 * values that is. */
static int push_formatted(lua_State *L, const pg_value *v)
{
	int n = (int)v[2].i;
	luaL_checkstack(L, n + 4, NULL);
	pgl_table(L, PGL_LIB);
	lua_getfield(L, -1, PGL_FORMAT);
	pgl_push(L, &v[1]);
	for (int i = 0; i < n; i++)
		pgl_push(L, &v[3 + i]);
	lua_call(L, n + 1, 1);
	return n + 3;
}

static int push_printed(lua_State *L, const pg_value *v)
{
	if (v->kind == PG_LIB)
		return push_formatted(L, v);
	pgl_push(L, v);
	return 1;
}

static int in_print(lua_State *L)
{
	const pg_value *v = lua_touserdata(L, 1);
	int n = (int)lua_tointeger(L, 2);
	for (int i = 0; i < n;) {
		size_t len;
		if (i)
			fputc('\t', stdout);
		i += push_printed(L, &v[i]);
		const char *text = luaL_tolstring(L, -1, &len);
		fwrite(text, 1, len, stdout);
		lua_settop(L, 2);
	}
	fputc('\n', stdout);
	return 0;
}

static void print(void *arg, const pg_value *v, int n)
{
	lua_State *L = arg;
	lua_pushcfunction(L, in_print);
	lua_pushlightuserdata(L, (void *)v);
	lua_pushinteger(L, n);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		lua_pop(L, 1);
}

void pgl_report_prints(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	luaL_checkstack(L, 6, NULL);
	if (pg_print_fd(s->ctx) < 0)
		return;
	pg_print_read(s->ctx, print, L);
}

/* ---- run-time errors ---- */

/* A site that raised: shown at once the first time, then at growing distances while it goes on. */
struct pgl_shown {
	char *text, *site, *where; /* the last text, and what stays the same of all */
	bool loss;              /* it was no error */
	uint64_t total, said;   /* counted, and as last shown */
	uint64_t at, wait;      /* when last shown, how long to hold back; ns */
};

#define FIRST_WAIT 1000000000u
#define LONGEST_WAIT 60000000000u

struct reading {
	struct pgl *s;
	lua_State *L;
	int calls;              /* stack index of a list of errors for on_error, or 0 */
	bool failed;
};

static void group(char *buf, size_t n, uint64_t v)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	size_t at = 0;
	for (int i = 0; i < len && at + 2 < n; i++) {
		if (i && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = 0;
}

static void show(struct pgl_shown *e, uint64_t now)
{
	char times[40];
	group(times, sizeof(times), e->total);
	fflush(stdout);
	if (e->total == 1)
		fprintf(stderr, "%s   [%s]\n", e->text, e->where);
	else
		fprintf(stderr, "%s   [%s, %s times]\n", e->text, e->where, times);
	e->wait = !e->wait ? FIRST_WAIT : e->wait < LONGEST_WAIT / 2 ? e->wait * 2 : LONGEST_WAIT;
	e->said = e->total;
	e->at = now;
}

static struct pgl_shown *renewed(struct pgl_shown *v, const char *text)
{
	char *now = strcmp(v->text, text) ? strdup(text) : NULL;
	if (now) {
		free(v->text);
		v->text = now;
	}
	return v;
}

static struct pgl_shown *find(struct pgl *s, const struct pg_runtime_error *e)
{
	for (unsigned i = 0; i < s->nshown; i++)
		if (!strcmp(s->shown[i].site, e->site) && !strcmp(s->shown[i].where, e->where))
			return renewed(&s->shown[i], e->text);
	struct pgl_shown *v = realloc(s->shown, (s->nshown + 1) * sizeof(*v));
	if (!v)
		return NULL;
	s->shown = v;
	v += s->nshown;
	*v = (struct pgl_shown){ .text = strdup(e->text), .site = strdup(e->site), .where = strdup(e->where), .loss = e->loss };
	if (!v->text || !v->site || !v->where) {
		free(v->text);
		free(v->site);
		free(v->where);
		return NULL;
	}
	s->nshown++;
	return v;
}

static int in_error(lua_State *L)
{
	const struct pg_runtime_error *e = lua_touserdata(L, 2);
	lua_createtable(L, 0, 5);
	lua_pushstring(L, e->text);
	lua_setfield(L, -2, "text");
	lua_pushstring(L, e->where);
	lua_setfield(L, -2, "where");
	lua_pushinteger(L, (lua_Integer)e->total);
	lua_setfield(L, -2, "total");
	lua_pushinteger(L, (lua_Integer)e->fresh);
	lua_setfield(L, -2, "fresh");
	lua_pushboolean(L, e->loss);
	lua_setfield(L, -2, "loss");
	lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
	return 0;
}

static void collect(void *arg, const struct pg_runtime_error *e)
{
	struct reading *r = arg;
	struct pgl_shown *v = find(r->s, e);
	if (v)
		v->total += e->fresh;
	if (!r->calls)
		return;
	lua_pushcfunction(r->L, in_error);
	lua_pushvalue(r->L, r->calls);
	lua_pushlightuserdata(r->L, (void *)e);
	if (lua_pcall(r->L, 2, 0, 0) != LUA_OK)
		lua_pop(r->L, 1);
}

/* Each error to each of the script's functions. */
static void call_handlers(lua_State *L, int handlers, int errors)
{
	for (lua_Integer i = 1; lua_rawgeti(L, errors, i) == LUA_TTABLE; i++) {
		int e = lua_gettop(L);
		for (lua_Integer k = 1; lua_rawgeti(L, handlers, k) == LUA_TFUNCTION; k++) {
			lua_getfield(L, e, "text");
			lua_pushvalue(L, e);
			lua_call(L, 2, 0);
		}
		lua_settop(L, e - 1);
	}
	lua_pop(L, 1);
}

void pgl_report_errors(lua_State *L, bool all)
{
	struct pgl *s = pgl_get(L);
	uint64_t now = pgl_now();
	luaL_checkstack(L, 10, NULL);
	int top = lua_gettop(L);
	struct reading r = { .s = s, .L = L };
	pgl_table(L, PGL_ON_ERROR);
	lua_newtable(L);
	bool handled = lua_rawlen(L, top + 1) > 0;
	r.calls = handled ? top + 2 : 0;
	pg_errors_read(s->ctx, collect, &r);
	for (unsigned i = 0; i < s->nshown; i++) {
		struct pgl_shown *e = &s->shown[i];
		if (handled)
			e->said = e->total;
		else if (e->total > e->said && (all || now - e->at >= e->wait))
			show(e, now);
	}
	if (handled)
		call_handlers(L, top + 1, top + 2);
	lua_settop(L, top);
}

void pgl_report_free(struct pgl *s)
{
	for (unsigned i = 0; i < s->nshown; i++) {
		free(s->shown[i].text);
		free(s->shown[i].site);
		free(s->shown[i].where);
	}
	free(s->shown);
	s->shown = NULL;
	s->nshown = 0;
}

uint64_t pgl_errors_at(struct pgl *s, const char *where)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < s->nshown; i++)
		if (!s->shown[i].loss && !strcmp(s->shown[i].where, where))
			n += s->shown[i].total;
	return n;
}

/* ---- what was lost ---- */

#define FULL "the ring was full"

static void lost(uint64_t now, uint64_t *said, const char *what, const char *why)
{
	char n[40];
	if (now <= *said)
		return;
	group(n, sizeof(n), now - *said);
	*said = now;
	fflush(stdout);
	fprintf(stderr, "perigee: %s %s lost: %s\n", n, what, why);
}

void pgl_report_channel(struct pgl_map *m)
{
	lost(pg_events_lost(m->m), &m->lost, "events", FULL);
}

void pgl_report_lost(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	luaL_checkstack(L, 6, NULL);
	lost(pg_print_lost(s->ctx), &s->print_lost, "print lines", FULL);
	struct pg_unread unread = pg_print_unread(s->ctx);
	lost(unread.gone, &s->print_gone, "print lines", "the program that printed them was detached long before");
	lost(unread.broken, &s->print_broken, "print lines", "they cannot be read, which is a bug in Perigee, not in the script");
	pgl_table(L, PGL_CHANNELS);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		struct pgl_map *m = lua_touserdata(L, -2);
		if (m->m)
			pgl_report_channel(m);
	}
	lua_pop(L, 1);
}
