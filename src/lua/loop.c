/*
 * loop.c - the event loop: timers, events, kernel print, signals; bpf.run and bpf.stop.
 *
 * Waits nest (a timer's function may poll a channel). While there is one, SIGINT and SIGTERM are
 * blocked and read from a descriptor; the guard that pgl_loop_enter leaves on the stack undoes
 * that, also when an error passes through.
 */
#include "lua/pgl.h"


#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { TICK = 200 * 1000 * 1000 }; /* ns between two looks at run-time errors */
#define SECOND 1e9

/* ---- times ---- */

static bool unit_ns(const char *unit, double *ns)
{
	static const struct { const char *name; double ns; } units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", SECOND }, { "m", 60 * SECOND },
		{ "h", 3600 * SECOND },
	};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		*ns = units[i].ns;
		return true;
	}
	return false;
}

uint64_t pgl_time(lua_State *L, int idx)
{
	double v, scale = SECOND;
	if (lua_type(L, idx) == LUA_TNUMBER) {
		v = lua_tonumber(L, idx);
	} else {
		const char *text = luaL_checkstring(L, idx);
		char *end;
		v = strtod(text, &end);
		if (end == text || strspn(text, "0123456789.") != (size_t)(end - text) ||
		    !unit_ns(end, &scale))
			luaL_error(L, "'%s' is no time: write \"1s\", \"250ms\", \"1.5s\", or a "
				   "number of seconds", text);
	}
	if (!(v >= 0) || v * scale > 9e18)
		luaL_error(L, "a time is not negative and less than 280 years");
	return (uint64_t)(v * scale);
}

/* ---- descriptors ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int add(struct pgl_loop *l, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
	int rc = epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
	return rc && errno != EEXIST ? -errno : 0;
}

static void leave(struct pgl_loop *l)
{
	if (--l->depth)
		return;
	close_fd(&l->signals);
	sigprocmask(SIG_SETMASK, &l->mask, NULL);
}

struct guard {
	struct pgl *s;     /* NULL: closed */
	struct pgl_map *m; /* the channel that is waited for, kept by the user value */
};

static int guard_close(lua_State *L)
{
	struct guard *g = lua_touserdata(L, 1);
	if (g->s && g->m)
		g->m->waiting--;
	if (g->s)
		leave(&g->s->loop);
	g->s = NULL;
	return 0;
}

static const char guard_class;

static int cannot_wait(lua_State *L, int err)
{
	luaL_where(L, 1);
	const char *where = lua_tostring(L, -1);
	return pgl_throw(L, err, lua_pushfstring(L, "%scannot wait for events: %s", where, strerror(-err)));
}

/* The set, and the timer in it: both or none. */
static int open_set(struct pgl_loop *l)
{
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer = l->epoll < 0 ? -1 : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->timer >= 0 && !add(l, l->timer))
		return 0;
	int err = -errno;
	close_fd(&l->timer);
	close_fd(&l->epoll);
	return err;
}

static int open_all(struct pgl_loop *l, const sigset_t *set)
{
	int err = l->epoll < 0 ? open_set(l) : 0;
	if (err)
		return err;
	l->signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	return l->signals < 0 ? -errno : add(l, l->signals);
}

void pgl_loop_enter(lua_State *L, int channel)
{
	struct pgl *s = pgl_get(L);
	struct pgl_loop *l = &s->loop;
	struct guard *g = lua_newuserdatauv(L, sizeof(*g), 1);
	*g = (struct guard){ .s = NULL };
	lua_rawgetp(L, LUA_REGISTRYINDEX, &guard_class);
	lua_setmetatable(L, -2);
	if (!l->depth) {
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, &l->mask);
		int err = open_all(l, &set);
		if (err) {
			close_fd(&l->signals);
			sigprocmask(SIG_SETMASK, &l->mask, NULL);
			cannot_wait(L, err);
		}
	}
	l->depth++;
	g->s = s;
	if (channel) {
		g->m = lua_touserdata(L, channel);
		g->m->waiting++;
		lua_pushvalue(L, channel);
		lua_setiuservalue(L, -2, 1);
	}
}

void pgl_loop_free(lua_State *L, struct pgl *s)
{
	struct pgl_loop *l = &s->loop;
	for (unsigned i = 0; i < l->ntimers; i++)
		luaL_unref(L, LUA_REGISTRYINDEX, l->timers[i].ref);
	free(l->timers);
	l->timers = NULL;
	l->ntimers = l->cap_timers = 0;
	close_fd(&l->signals);
	close_fd(&l->timer);
	close_fd(&l->epoll);
}

/* Channels that are heard, and the ring of kernel print, join the set when they come to be. */
static void join(lua_State *L, struct pgl *s)
{
	struct pgl_loop *l = &s->loop;
	int fd = pg_print_fd(s->ctx);
	if (fd >= 0 && fd != l->print && !add(l, fd))
		l->print = fd;
	pgl_table(L, PGL_HEARD);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		struct pgl_map *m = lua_touserdata(L, -2);
		if (m->polled)
			continue;
		fd = pg_map_fd(m->m);
		if (fd < 0)
			pgl_raise(L, s, fd);
		m->polled = !add(l, fd);
	}
	lua_pop(L, 1);
}

/* ---- timers ---- */

static void new_timer(lua_State *L, bool repeat)
{
	struct pgl_loop *l = &pgl_get(L)->loop;
	uint64_t t = pgl_time(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	luaL_argcheck(L, t || !repeat, 1, "a period is longer than 0");
	if (l->ntimers == l->cap_timers) {
		unsigned cap = l->cap_timers ? l->cap_timers * 2 : 8;
		struct pgl_timer *v = realloc(l->timers, cap * sizeof(*v));
		if (!v)
			luaL_error(L, "out of memory");
		l->timers = v;
		l->cap_timers = cap;
	}
	lua_pushvalue(L, 2);
	l->timers[l->ntimers++] = (struct pgl_timer){
		.at = pgl_now() + t, .period = repeat ? t : 0, .id = ++l->next_id,
		.ref = luaL_ref(L, LUA_REGISTRYINDEX) };
}

static int f_every(lua_State *L)
{
	new_timer(L, true);
	return 0;
}

static int f_after(lua_State *L)
{
	new_timer(L, false);
	return 0;
}

static struct pgl_timer *earliest(struct pgl_loop *l)
{
	struct pgl_timer *t = NULL;
	for (unsigned i = 0; i < l->ntimers; i++)
		if (!t || l->timers[i].at < t->at || (l->timers[i].at == t->at && l->timers[i].id < t->id))
			t = &l->timers[i];
	return t;
}

/* Turns that were missed (a slow function, a stopped process) are left out, the beat is kept. */
static void run_timers(lua_State *L, struct pgl_loop *l)
{
	uint64_t now = pgl_now();
	struct pgl_timer *t;
	while (!l->stop && (t = earliest(l)) && t->at <= now) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, t->ref);
		if (t->period) {
			t->at += ((now - t->at) / t->period + 1) * t->period;
		} else {
			luaL_unref(L, LUA_REGISTRYINDEX, t->ref);
			*t = l->timers[--l->ntimers];
		}
		lua_call(L, 0, 0);
	}
}

/* ---- one step ---- */

/* A timer that could not be set would never come: nobody would wake this process. */
static int arm(struct pgl *s, uint64_t until)
{
	struct pgl_timer *t = earliest(&s->loop);
	uint64_t at = t ? t->at : 0;
	if (until && (!at || until < at))
		at = until;
	if (s->loaded) {
		uint64_t tick = pgl_now() + TICK;
		if (!at || tick < at)
			at = tick;
	}
	struct itimerspec when = { .it_value = { (time_t)(at / 1000000000), (long)(at % 1000000000) } };
	return timerfd_settime(s->loop.timer, TFD_TIMER_ABSTIME, &when, NULL) ? -errno : 0;
}

static void read_signal(struct pgl_loop *l)
{
	struct signalfd_siginfo info;
	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		l->signal = (int)info.ssi_signo;
		l->stop = true;
	}
}

/* A channel that nobody waits for any longer keeps its events in the ring, where they are bounded. */
static void drain(lua_State *L, struct pgl_loop *l, int heard)
{
	struct pgl_map *m = lua_touserdata(L, -1);
	lua_getiuservalue(L, -1, PGL_MAP_HANDLERS);
	bool wanted = m->waiting || lua_rawlen(L, -1);
	lua_pop(L, 1);
	if (wanted) {
		pgl_events_drain(L, -1);
		return;
	}
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, pg_map_fd(m->m), NULL);
	m->polled = false;
	lua_pushvalue(L, -1);
	lua_pushnil(L);
	lua_rawset(L, heard);
}

static void drain_channels(lua_State *L)
{
	struct pgl_loop *l = &pgl_get(L)->loop;
	pgl_table(L, PGL_HEARD);
	int heard = lua_gettop(L), n = 0;
	/* A handler may change the set: its members first. */
	for (lua_pushnil(L); lua_next(L, heard); n++) {
		luaL_checkstack(L, 4, NULL);
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
	}
	for (; n; n--) {
		drain(L, l, heard);
		lua_pop(L, 1);
	}
	lua_settop(L, heard - 1);
}

void pgl_loop_step(lua_State *L, uint64_t until)
{
	struct pgl *s = pgl_get(L);
	struct pgl_loop *l = &s->loop;
	struct epoll_event e[8];
	join(L, s);
	fflush(stdout);
	int err = arm(s, until);
	if (!err && epoll_wait(l->epoll, e, 8, -1) < 0 && errno != EINTR)
		err = -errno;
	if (err)
		cannot_wait(L, err);
	read_signal(l);
	pgl_report_prints(L);
	drain_channels(L);
	pgl_report_errors(L, false);
	pgl_report_lost(L);
	run_timers(L, l);
}

/* ---- bpf.run ---- */

static void on_exit_all(lua_State *L)
{
	pgl_table(L, PGL_ON_EXIT);
	int list = lua_gettop(L);
	while (lua_rawlen(L, list)) { /* in the order they were given; each once */
		lua_Integer n = (lua_Integer)lua_rawlen(L, list);
		lua_rawgeti(L, list, 1);
		for (lua_Integer i = 1; i <= n; i++) {
			lua_rawgeti(L, list, i + 1);
			lua_rawseti(L, list, i);
		}
		lua_call(L, 0, 0);
	}
	lua_settop(L, list - 1);
}

void pgl_loop_exit(lua_State *L)
{
	on_exit_all(L);
}

static uint64_t run_until(lua_State *L)
{
	uint64_t until = 0;
	if (lua_isnoneornil(L, 1))
		return 0;
	luaL_checktype(L, 1, LUA_TTABLE);
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "for"))
			luaL_error(L, "bpf.run has one option: bpf.run{ [\"for\"] = \"10s\" }");
		until = pgl_now() + pgl_time(L, lua_gettop(L));
	}
	return until;
}

static int stopped(lua_State *L)
{
	struct pgl **g = lua_touserdata(L, 1);
	if (*g)
		(*g)->loop.running = false;
	return 0;
}

static const char run_class;

/* Returns what ended it: "stop", "time", "SIGINT" or "SIGTERM". */
static int f_run(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	uint64_t until = run_until(L);
	if (s->loop.running)
		return luaL_error(L, "bpf.run is running already");
	if (s->mode != PGL_RUN) {
		lua_pushliteral(L, "stop");
		return 1;
	}
	pgl_loop_enter(L, 0);
	lua_toclose(L, -1);
	struct pgl **g = lua_newuserdatauv(L, sizeof(*g), 0);
	*g = s;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &run_class);
	lua_setmetatable(L, -2);
	lua_toclose(L, -1);
	s->loop.running = true;
	s->loop.stop = false;
	s->loop.signal = 0;
	bool time = false;
	while (!s->loop.stop && !time) {
		pgl_loop_step(L, until);
		time = until && pgl_now() >= until;
	}
	const char *why = s->loop.signal == SIGINT    ? "SIGINT"
			  : s->loop.signal == SIGTERM ? "SIGTERM"
			  : s->loop.stop              ? "stop"
						      : "time";
	on_exit_all(L);
	pgl_report_prints(L);
	pgl_report_errors(L, true);
	pgl_report_lost(L);
	lua_pushstring(L, why);
	return 1;
}

static int f_stop(lua_State *L)
{
	pgl_get(L)->loop.stop = true;
	return 0;
}

static int append(lua_State *L, const char *list)
{
	pgl_get(L);
	luaL_checktype(L, 1, LUA_TFUNCTION);
	pgl_table(L, list);
	lua_pushvalue(L, 1);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return 0;
}

/*
 * Functions that no bpf.run has called run when the state closes. That happens in a finalizer that
 * was made with the last of them: so most of what they use is still open.
 */
static const char exit_class;

static int exit_gc(lua_State *L)
{
	bool *current = lua_touserdata(L, 1);
	if (*current)
		on_exit_all(L);
	return 0;
}

static int f_on_exit(lua_State *L)
{
	append(L, PGL_ON_EXIT);
	if (lua_getfield(L, -1, "last") == LUA_TUSERDATA)
		*(bool *)lua_touserdata(L, -1) = false;
	lua_pop(L, 1);
	bool *current = lua_newuserdatauv(L, sizeof(*current), 0);
	*current = true;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &exit_class);
	lua_setmetatable(L, -2);
	lua_setfield(L, -2, "last");
	return 0;
}

static int f_on_error(lua_State *L)
{
	return append(L, PGL_ON_ERROR);
}

static const luaL_Reg functions[] = {
	{ "every", f_every },     { "after", f_after },       { "run", f_run }, { "stop", f_stop },
	{ "on_exit", f_on_exit }, { "on_error", f_on_error }, { NULL, NULL },
};

void pgl_open_loop(lua_State *L)
{
	pgl_closer(L, &guard_class, guard_close);
	pgl_closer(L, &run_class, stopped);
	pgl_closer(L, &exit_class, exit_gc);
	luaL_setfuncs(L, functions, 0);
}
