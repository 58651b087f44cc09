/*
 * api.h - what stands behind the opaque handles of perigee.h, shared by the files of src/api/.
 *
 * Handles that outlive each other hold counted references: units, programs and links hold their
 * context, a link holds its program. pg_ctx_free gives up the caller's reference; the context goes
 * with the last one, so the order in which a garbage collector frees handles does not matter.
 */
#ifndef API_API_H
#define API_API_H

#include "bpf/code.h"
#include "core/arena.h"
#include "hook/hook.h"
#include "ir/ir.h"
#include "kern/kern.h"
#include "perigee.h"

#include <stdarg.h>
#include <time.h>

/* ---- context ---- */

struct api_sites;  /* error counters of one loaded program (errors.c) */
struct api_frozen; /* a map of a captured table (frozen.c) */
struct api_prints; /* registry of print sites, the ring they come through (print.c) */

struct pg_ctx {
	unsigned refs;
	char *error;                   /* text of the last failure, or NULL */
	struct kern_features features;
	struct api_sites *sites;       /* of programs alive, and of freed ones not yet reported */
	unsigned reporting;            /* pg_errors_read is running: keep what is on the list */
	struct api_prints *prints;     /* NULL until a program that prints is loaded */
	uint32_t print_id;             /* number of the last print site handed out */
	uint64_t print_lost;           /* by programs that are gone */
	struct api_frozen *frozen;     /* maps of captured tables that programs look into (frozen.c) */
	uint32_t share;                /* pg_share */
	bool roomy;                    /* pg_scratch */
	bool apart;                    /* pg_apart */
	int hand_cpu;                  /* that a twin's run began on, or -1: the thread's own (map_cpu.c) */
	int hand_socket;               /* that packets made by hand belong to, or -1 (map_storage.c) */
	char *keep_stage;              /* pg_dump_stage; malloc'd or NULL */
	void *pool;                    /* memory for one unit at a time (ctx.c), or NULL */
	struct net_added *added;       /* protocols of the script's own, or NULL */
	struct pg_unit *pool_user;     /* the unit whose arena is in it, or NULL */
};

enum { API_POOL = 2 << 20 };

pg_ctx *ctx_ref(pg_ctx *ctx);
void ctx_unref(pg_ctx *ctx);

/* Sets the context's error text and returns err (negative), so that `return api_fail(...)` reads
 * well. The text may be longer than a line; it is cut only when memory runs out. */
int api_fail(pg_ctx *ctx, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int api_vfail(pg_ctx *ctx, int err, const char *fmt, va_list ap);
struct refusal;
/* The same, of a function at pos that is refused when it is compiled no more: in the row's text %s is its name. since: of the
 * kernel that the help speaks of, or NULL. */
int api_refuse(pg_ctx *ctx, int err, struct diag_pos pos, const struct refusal *r, const char *name, const char *since);

/* For ir_unit.next_print: arg is the pg_ctx. */
uint32_t api_next_print(void *ctx);
bool api_has(pg_ctx *ctx, enum feature which); /* probes when it must */
bool api_lacks(const pg_ctx *ctx, enum feature which); /* is known to; asks nobody */
/* The path of the option `pin`: malloc'd. */
int api_pin_path(pg_ctx *ctx, const char *pin, char **out);
int api_needs(pg_ctx *ctx, const char *who, enum feature which); /* "WHO X (Linux N or later)"; -EOPNOTSUPP */

/* ---- units: made by compile.c ---- */

struct unit_stage { const char *name, *text; }; /* in the unit's arena */

struct pg_unit {
	unsigned refs;
	pg_ctx *ctx;                   /* counted */
	const struct hook *hook;
	const char *kind;              /* hook and point: "xdp", "tracepoint:sched:sched_switch"; in arena */
	struct arena arena;            /* ir and code live here */
	struct ir_unit *ir;
	struct be *be;                 /* what code was made of */
	struct be_code *code;
	struct pg_timing timing;       /* capture, compile, insns */
	struct hook_made made;
	char name[64];
	const char *warnings;          /* in arena; "" when none */
	const char *said;              /* what is wrong if no attempt succeeds, in arena; NULL: none failed */
	struct unit_stage *stages;     /* kept texts, in arena */
	uint32_t nstages, cap_stages;
};

/* The unit's code once more, with other distances (be_lay_out). */
int unit_lay_out(pg_unit *u, uint32_t layout);
pg_unit *unit_ref(pg_unit *u);
void unit_unref(pg_unit *u);           /* the last one drops maps, arena, context (compile.c) */

/* ---- programs ---- */

struct pg_prog {
	unsigned refs;                 /* the handle and each link that runs it */
	pg_ctx *ctx;                   /* counted */
	const struct hook *hook;
	char *kind;                    /* the unit's */
	int fd;
	struct hook_made made;
	char name[64];
	struct pg_timing timing;
	struct api_sites *sites;       /* owned by the context's list */
	struct api_frozen **tables;    /* captured ones that it looks into, each counted */
	uint32_t ntables;
	struct bpf_insn *insns;        /* as loaded, for "asm" */
	uint32_t ninsns;
	struct be_line *lines;         /* file names in the same block of memory */
	uint32_t nlines;
	char *dump;                    /* last text handed out */
	uint8_t *packet;               /* pg_test's buffers */
	size_t packet_cap;
	char *error;
};

pg_prog *prog_ref(pg_prog *p);
void prog_unref(pg_prog *p);

/* ---- run-time errors (errors.c) ---- */

/* Copies the unit's error texts; maps the data map's memory. data_fd stays the caller's. */
int sites_new(pg_ctx *ctx, const struct ir_unit *ir, int data_fd, struct api_sites **out);
/* Its program is gone: what is left is reported once, then it goes too. */
void sites_dead(pg_ctx *ctx, struct api_sites *s);
void sites_where(struct api_sites *s, const char *where); /* "xdp eth0" */
/* Counters as they are now, to compare with afterwards; *text: the error whose count grew since. */
void sites_mark(struct api_sites *s);
const char *sites_grown(struct api_sites *s); /* and forgets it: not reported again */
uint64_t sites_lost(const pg_ctx *ctx); /* print records that could not be sent */
void sites_free_all(pg_ctx *ctx);
size_t sites_bytes(const struct ir_unit *ir);  /* size of the data map's value */

/* ---- kernel print (print.c) ---- */

int prints_ring(pg_ctx *ctx);          /* its map's descriptor; made if need be; -errno with text */
int prints_add(pg_ctx *ctx, struct ir_unit *ir, const void *owner); /* copies its decoders */
void prints_dead(pg_ctx *ctx, const void *owner); /* forget them once what is in flight was read */
void prints_free(pg_ctx *ctx);

/* ---- captured tables (frozen.c) ---- */

/* A map that holds what f says: its descriptor, borrowed, or -errno with a text. *out is counted. */
int frozen_take(pg_ctx *ctx, const struct ir_frozen *f, struct api_frozen **out);
void frozen_drop(pg_ctx *ctx, struct api_frozen *t);

/* ---- links ---- */

struct pg_link {
	pg_ctx *ctx;                   /* counted */
	pg_prog *prog;                 /* counted; NULL when detached */
	struct hook_link at;
	char *pin;                     /* its path, or NULL */
	int counting;                  /* kern_count_runs, or -1 */
	struct kern_prog_info gone;    /* counters of the programs that it ran before, less what they
					* and this one had counted before it */
};

/* monotonic nanoseconds */
static inline uint64_t api_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
