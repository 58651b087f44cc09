/*
 * events.c - bpf.events{...}: records sent by programs, read in the user half.
 *
 * What is in the ring is first taken into the channel's queue (a Lua table); handlers, :read() and
 * :poll() take from there.
 */
#include "lua/pgl.h"

#include <string.h>

static struct pgl_map *check_events(lua_State *L, int idx)
{
	struct pgl_map *m = pgl_check(L, idx, PGL_EVENTS, "events");
	luaL_argcheck(L, m->m, idx, "the channel is closed");
	return m;
}

/* ---- the queue ---- */

struct taking {
	lua_State *L;
	struct pgl_map *m;
	int queue; /* stack index */
	bool failed;
};

static int in_take(lua_State *L)
{
	struct taking *t = lua_touserdata(L, 2);
	pgl_record(L, lua_touserdata(L, 3));
	lua_rawseti(L, 1, ++t->m->last);
	return 0;
}

static void take(void *arg, const struct pg_record *rec)
{
	struct taking *t = arg;
	lua_State *L = t->L;
	lua_pushcfunction(L, in_take);
	lua_pushvalue(L, t->queue);
	lua_pushlightuserdata(L, t);
	lua_pushlightuserdata(L, (void *)rec);
	if (lua_pcall(L, 3, 0, 0) == LUA_OK)
		return;
	lua_pop(L, 1);
	t->failed = true;
}

static void fill(lua_State *L, int idx)
{
	struct pgl *s = pgl_get(L);
	struct pgl_map *m = check_events(L, idx);
	luaL_checkstack(L, 10, NULL);
	lua_getiuservalue(L, idx, PGL_MAP_QUEUE);
	struct taking t = { .L = L, .m = m, .queue = lua_gettop(L) };
	int rc = pg_events_read(m->m, take, &t);
	lua_pop(L, 1);
	if (rc < 0)
		pgl_raise(L, s, rc);
	if (t.failed)
		luaL_error(L, "out of memory");
}

/* Pushes the oldest event: true, or false and nothing. */
static bool pop(lua_State *L, int idx)
{
	struct pgl_map *m = check_events(L, idx);
	if (m->first > m->last)
		return false;
	lua_getiuservalue(L, idx, PGL_MAP_QUEUE);
	lua_rawgeti(L, -1, m->first);
	lua_pushnil(L);
	lua_rawseti(L, -3, m->first++);
	lua_replace(L, -2);
	if (m->first > m->last) {
		m->first = 1;
		m->last = 0;
	}
	return true;
}

/* Calls the handlers that were there when it began; one may add others. */
static void dispatch(lua_State *L, int handlers)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, handlers);
	for (lua_Integer i = 1; i <= n; i++) { /* event at the top */
		lua_rawgeti(L, handlers, i);
		lua_pushvalue(L, -2);
		lua_call(L, 1, 0);
	}
}

void pgl_events_drain(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	fill(L, idx);
	luaL_checkstack(L, 10, NULL);
	lua_getiuservalue(L, idx, PGL_MAP_HANDLERS);
	int handlers = lua_gettop(L);
	while (lua_rawlen(L, handlers) && pop(L, idx)) {
		dispatch(L, handlers);
		lua_settop(L, handlers);
	}
	lua_settop(L, handlers - 1);
}

/* ---- methods ---- */

static int ev_on(lua_State *L)
{
	check_events(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_getiuservalue(L, 1, PGL_MAP_HANDLERS);
	lua_pushvalue(L, 2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	pgl_table(L, PGL_HEARD);
	lua_pushvalue(L, 1);
	lua_pushboolean(L, 1);
	lua_rawset(L, -3);
	return 0;
}

/* Waits for an event, at most until the time or bpf.stop; pushes it, or nil. */
static int wait_one(lua_State *L, int idx, uint64_t until)
{
	struct pgl *s = pgl_get(L);
	while (!s->loop.stop) {
		fill(L, idx);
		if (pop(L, idx))
			return 1;
		if (until && pgl_now() >= until)
			break;
		pgl_loop_step(L, until);
	}
	lua_pushnil(L);
	return 1;
}

/* In the epoll set while someone waits: the set of channels that are heard. */
static void hear(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	pgl_table(L, PGL_HEARD);
	lua_pushvalue(L, idx);
	lua_pushboolean(L, 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static int ev_poll(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	check_events(L, 1);
	lua_settop(L, 2);
	uint64_t until = pgl_now() + (lua_isnil(L, 2) ? 0 : pgl_time(L, 2));
	if (pgl_at_arms_length(s))
		return 0;
	fill(L, 1);
	if (pop(L, 1))
		return 1;
	if (lua_isnil(L, 2))
		return 0;
	if (!s->loop.running)
		s->loop.stop = false;
	hear(L, 1);
	pgl_loop_enter(L, 1);
	lua_toclose(L, -1);
	return wait_one(L, 1, until);
}

static int read_next(lua_State *L)
{
	lua_settop(L, 1);
	return wait_one(L, 1, 0);
}

/* for e in ev:read() do: the loop's guard is the fourth value, closed when the loop ends. */
static int ev_read(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	check_events(L, 1);
	lua_settop(L, 1);
	lua_pushcfunction(L, read_next);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	if (pgl_at_arms_length(s)) {
		s->loop.stop = true;
		return 3;
	}
	if (!s->loop.running)
		s->loop.stop = false;
	hear(L, 1);
	pgl_loop_enter(L, 1);
	return 4;
}

/* The twin of sending: the event waits in the channel as a program's would. */
static int ev_send(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct pgl_map *m = check_events(L, 1);
	pg_value v, nil = { .kind = PG_NIL };
	if (s->kernel || pgl_type(L, 2) != PGL_ENTRY)
		luaL_checktype(L, 2, LUA_TTABLE);
	if (pgl_at_arms_length(s))
		return 0;
	pgl_value(L, 2, &v);
	int err = pg_map_set(m->m, pgl_rules(s), &nil, &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

static int ev_lost(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)pg_events_lost(check_events(L, 1)->m));
	return 1;
}

/* ---- making ---- */

static int f_events(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = PG_ROLE_EVENTS, .numa = -1);
	if (lua_getfield(L, 1, "size") == LUA_TNUMBER) { /* as a string it is a field's type */
		lua_Integer n = luaL_checkinteger(L, -1);
		luaL_argcheck(L, n > 0 && n <= INT32_MAX, 1, "size is a number of bytes");
		o.entries = (uint32_t)n;
	}
	if (lua_rawgeti(L, 1, 1) == LUA_TSTRING)
		o.value = lua_tostring(L, -1);
	else
		o.value = pgl_type_text(L, 1, true);
	pgl_map_new(L, PGL_EVENTS, &o);
	struct pgl_map *m = lua_touserdata(L, -1);
	m->first = 1;
	lua_newtable(L);
	lua_setiuservalue(L, -2, PGL_MAP_HANDLERS);
	lua_newtable(L);
	lua_setiuservalue(L, -2, PGL_MAP_QUEUE);
	pgl_table(L, PGL_CHANNELS);
	lua_pushvalue(L, -2);
	lua_pushboolean(L, 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
	return 1;
}

static int ev_gc(lua_State *L)
{
	struct pgl_map *m = lua_touserdata(L, 1);
	if (m->m)
		pgl_report_channel(m);
	return pgl_map_gc(L);
}

static const luaL_Reg meta[] = { { "__gc", ev_gc }, { NULL, NULL } };

static const luaL_Reg methods[] = {
	{ "on", ev_on },     { "poll", ev_poll }, { "read", ev_read },
	{ "send", ev_send }, { "lost", ev_lost }, { NULL, NULL },
};

void pgl_open_events(lua_State *L)
{
	pgl_class(L, PGL_EVENTS, "events", meta, methods);
	lua_pushcfunction(L, f_events);
	lua_setfield(L, -2, "events");
}
