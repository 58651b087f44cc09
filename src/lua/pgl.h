/*
 * pgl.h - what the files of the Lua module share: its state, userdata types, values in and out.
 *
 * One `struct pgl` per lua_State, in the registry. Library calls never see a Lua error: callbacks
 * that touch the Lua state run protected, and C memory held across Lua calls is owned by userdata.
 */
#ifndef LUA_PGL_H
#define LUA_PGL_H

#include "perigee.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Types of our userdata, kept in their metatables. */
enum pgl_type {
	PGL_OTHER, /* not ours */
	PGL_ADDR,
	PGL_CIDR,
	PGL_MAP,
	PGL_STATE, /* state and percpu */
	PGL_EVENTS,
	PGL_ENTRY,
	PGL_VIEW,
	PGL_EVENT,
	PGL_UNIT,
	PGL_PROGRAM,
	PGL_LINK,
};

/* How far the kernel is: for tests programs are loaded, but attached to nothing, and bpf.run returns at once;
 * `check` and `dump` keep the kernel at arm's length. */
enum pgl_mode { PGL_RUN, PGL_TEST, PGL_CHECK, PGL_DUMP };

/* Named tables that the module keeps (fields of one table in the registry). */
#define PGL_LINKS    "links"    /* set of attached links: they live without a variable */
#define PGL_CHANNELS "channels" /* weak set of event channels */
#define PGL_HEARD    "heard"    /* set of event channels with handlers */
#define PGL_LIB      "lib"      /* C function -> its row's name, or what it is in Lua; that -> true */
#define PGL_FORMAT   "format"   /* there: what print's texts are formatted by */
#define PGL_MAPS     "maps"     /* weak: the library's map -> its userdata */
#define PGL_ADDRS    "addrs"    /* weak: bytes -> address or cidr userdata */
#define PGL_METHODS  "methods"  /* name -> function that calls a view's method */
#define PGL_VIEWS    "views"    /* view's name -> metatable */
#define PGL_ON_EXIT  "on_exit"  /* list of functions */
#define PGL_ON_ERROR "on_error" /* list of functions */
#define PGL_CHECKED  "perigee.checked" /* registry: list of lines for `check` */

struct pgl_timer {
	uint64_t at, period; /* ns; period 0: once */
	int ref;             /* the function, in the registry; LUA_NOREF: free slot */
	unsigned id;
};

struct pgl_loop {
	int epoll, timer, signals;
	int print;           /* descriptor of the print ring in the epoll set, or -1 */
	unsigned depth;      /* how many waits are nested */
	bool running, stop;
	int signal;          /* that stopped it, or 0 */
	sigset_t mask;       /* as it was before the outermost wait */
	struct pgl_timer *timers;
	unsigned ntimers, cap_timers, next_id;
};

struct pgl_shown;            /* report.c: a run-time error's site as last shown */

/* What bounds the run of a twin: bound.c. */
enum { PGL_DEEP = 64 };
struct pgl_bound {
	struct pgl_bound *outer; /* of the twin that this one runs in */
	lua_State *of;
	lua_Hook hook, old;      /* ours; what was there before, with its mask and count */
	int mask, count;
	unsigned slices;         /* of instructions, so far */
	bool watching, exhausted;
	unsigned lines, known;
	int line[PGL_DEEP];      /* by the depth of a call: where it is; 0: not known */
};

struct pgl {
	pg_ctx *ctx;         /* NULL once closed */
	unsigned kernel;     /* > 0: a twin runs, maps follow the kernel's rules */
	enum pgl_mode mode;
	char stage[48];      /* PGL_DUMP */
	bool timing;
	bool quiet;          /* no warnings */
	unsigned loaded;     /* programs loaded so far: whether there can be errors to report */
	struct pgl_bound *bound; /* of the twin that runs; NULL: none does */
	struct pgl_loop loop;
	struct pgl_shown *shown;
	unsigned nshown;
	uint64_t print_lost, print_gone, print_broken;
};

static inline enum pg_mode pgl_rules(const struct pgl *s)
{
	return s->kernel ? PG_KERNEL : PG_USER;
}

static inline bool pgl_at_arms_length(const struct pgl *s)
{
	return s->mode >= PGL_CHECK;
}

uint64_t pgl_now(void); /* CLOCK_MONOTONIC, ns */

/* ---- module.c ---- */

struct pgl *pgl_get(lua_State *L);                  /* raises when closed */
void pgl_table(lua_State *L, const char *name);     /* pushes one of the named tables */
/* Makes a metatable: type, __name, functions; leaves it on the stack. */
void pgl_metatable(lua_State *L, enum pgl_type type, const char *name, const luaL_Reg *meta,
		   const luaL_Reg *methods);
/* Registers / pushes the metatable of a type with one metatable. */
void pgl_class(lua_State *L, enum pgl_type type, const char *name, const luaL_Reg *meta,
	       const luaL_Reg *methods);
void pgl_setclass(lua_State *L, enum pgl_type type);
/* Registers under key the metatable of a userdata that only calls f when it is closed or collected. */
void pgl_closer(lua_State *L, const void *key, lua_CFunction f);
enum pgl_type pgl_type(lua_State *L, int idx);
void *pgl_check(lua_State *L, int idx, enum pgl_type type, const char *what);
/* A library call failed: raises pg_error with the caller's position, and remembers the code for the
 * command's exit status. pgl_fail is for what may give diagnostics: they name places of
 * their own. */
int pgl_fail(lua_State *L, struct pgl *s, int err);
int pgl_throw(lua_State *L, int err, const char *text); /* the same with a text of diagnostics */
int pgl_raise(lua_State *L, struct pgl *s, int err);

/* ---- value.c ---- */

void pgl_push(lua_State *L, const pg_value *v);
/* Reads a value; strings and handles belong to the Lua value. A table becomes a record, whose
 * memory is pushed on the stack (and only then is something pushed). */
void pgl_value(lua_State *L, int idx, pg_value *out);
/* An integer as kernel code's own functions take it: no text, of which Lua's own would make one. */
lua_Integer pgl_checkinteger(lua_State *L, int idx);
/* What a captured value is, but for tables, functions and floats: false when it is one of these. */
bool pgl_simple(lua_State *L, int idx, pg_value *out);
void pgl_record(lua_State *L, const struct pg_record *r); /* pushes a table */

/* ---- addr.c ---- */

void pgl_open_addr(lua_State *L); /* each opens its part: module's table on top */
void pgl_addr(lua_State *L, const pg_value *v);
const pg_value *pgl_toaddr(lua_State *L, int idx); /* address or cidr, or NULL */

/* ---- maps.c, state.c, events.c, shadow.c ---- */

struct pgl_map {
	pg_map *m;
	uint64_t lost;       /* EVENTS: as last shown */
	bool polled;         /* EVENTS: in the loop's epoll set */
	unsigned waiting;    /* EVENTS: waits for it that are under way */
	lua_Integer first, last; /* EVENTS: queue in the user value */
};
enum { PGL_MAP_SHADOW = 1, PGL_MAP_HANDLERS = 1, PGL_MAP_QUEUE = 2, PGL_MAP_NUV = 2 };

void pgl_open_maps(lua_State *L);
void pgl_open_entry(lua_State *L);
void pgl_open_state(lua_State *L);
void pgl_open_events(lua_State *L);
extern const luaL_Reg pgl_queue_methods[], pgl_ring_methods[];
int pgl_map_gc(lua_State *L);
int pgl_map_clear(lua_State *L);
pg_map *pgl_map(lua_State *L, int idx);   /* raises when it is none */
/* A new map of the role in a userdata on the stack. */
void pgl_map_new(lua_State *L, enum pgl_type type, struct pg_map_opts *o);
void pgl_map_push(lua_State *L, pg_map *m); /* the handle that there is of it, or a new one */
/* Pushes the type string that the value at idx means: text, or a table of fields; `skip`: number
 * values are options, left out. */
const char *pgl_type_text(lua_State *L, int idx, bool skip);
void pgl_entry(lua_State *L, int map, int key, const pg_value *now);
void pgl_taken(lua_State *L, int map);    /* the struct that was just taken from there: an entry with bytes of its own */
void pgl_entry_table(lua_State *L, int idx); /* the entry there becomes a table of what it holds */
/* Maps at arm's length: a Lua table in their place. */
bool pgl_shadowed(lua_State *L);
void pgl_shadow(lua_State *L, int map);   /* pushes it */
int pgl_shadow_get(lua_State *L, int map, int key);
int pgl_shadow_set(lua_State *L, int map, int key, int value);
int pgl_shadow_add(lua_State *L, int map, int key, lua_Integer n);
int pgl_shadow_pairs(lua_State *L, int map);
lua_Integer pgl_shadow_count(lua_State *L, int map);
/* Takes what is in the channel's ring into its queue; then calls its handlers, if it has any. */
void pgl_events_drain(lua_State *L, int idx);

/* ---- packet.c ---- */

void pgl_open_packet(lua_State *L);
void pgl_open_proto(lua_State *L);   /* proto.c */
void pgl_view(lua_State *L, pg_view *v);  /* pushes; takes ownership */
void pgl_event(lua_State *L, const char *kind, int input); /* pushes the event made of a table, or nil */
pg_view *pgl_toview(lua_State *L, int idx);

/* ---- bound.c ---- */

/* lua_pcall without a handler, for as many instructions as any program may take at most: then it is the error that a
 * program's loops raise, whatever the function catches. */
int pgl_bounded_call(lua_State *L, int nargs, int nresults);

/* ---- capture.c, program.c, twin.c, links.c ---- */

/* Texts in it belong to the Lua values that they were read from. */
struct pgl_opts {
	struct pg_compile_opts compile;
	struct pg_attach_opts attach;
};

/* Compiles the function at idx. The caller owns *out. -errno with pg_error. */
int pgl_compile(lua_State *L, int idx, const struct pgl_opts *o, pg_unit **out);
/* ([opts,] f) at `first`: the index of f, the options read from the table before it (options.c). */
int pgl_args(lua_State *L, int first, const char *kind, struct pgl_opts *o);

struct pgl_program {
	pg_unit *u;
	pg_prog *p;
};
/* Compiles and loads the function at idx (its options, if any, just before it); pushes the program.
 * At arm's length it is not loaded, and has no unit when it was refused. */
struct pgl_program *pgl_program(lua_State *L, int idx, const struct pgl_opts *o, const char *where);
/* The line of --timing; last: what came after the load ("attach", "swap"), or NULL. */
void pgl_show_timing(struct pgl *s, pg_unit *u, pg_prog *p, const char *where, const char *last,
		     uint64_t ns);
/* One line for `check`, the dump for `dump`. */
void pgl_note(lua_State *L, pg_unit *u, const char *where);
void pgl_open_program(lua_State *L);
int pgl_twin(lua_State *L, const struct pgl_opts *o, int func, int input); /* 4 results */
void pgl_open_twin(lua_State *L);

/* ---- tests.c ---- */

void pgl_open_tests(lua_State *L);
void pgl_tested(lua_State *L); /* the program at the top is one that tests find */
void pgl_open_links(lua_State *L);

/* ---- loop.c, report.c ---- */

void pgl_open_loop(lua_State *L);
uint64_t pgl_time(lua_State *L, int idx); /* "250ms" or seconds -> ns; raises */
/* Begins a wait, for the channel at the index if it is not 0; waits nest. Pushes a guard that ends
 * it when it is closed. */
void pgl_loop_enter(lua_State *L, int channel);
/* Waits for something, at most until `until` (0: no limit), and does what is due. */
void pgl_loop_step(lua_State *L, uint64_t until);
void pgl_loop_exit(lua_State *L);         /* runs what on_exit was given */
void pgl_loop_free(lua_State *L, struct pgl *s);

void pgl_report_prints(lua_State *L);     /* kernel print lines to stdout */
void pgl_report_errors(lua_State *L, bool all); /* all: also those held back by rate */
void pgl_report_lost(lua_State *L);
void pgl_report_channel(struct pgl_map *m);
uint64_t pgl_errors_at(struct pgl *s, const char *where); /* run-time errors so far */
void pgl_report_free(struct pgl *s);

#endif
