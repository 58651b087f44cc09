/*
 * perigee.h - the one public header of libperigee: compile Lua functions to eBPF, load and attach
 * them, and reach their maps.
 *
 * Conventions: every function that can fail returns 0 or a negative errno; the sentence that says
 * why is then in pg_error(ctx). Handles are opaque and freed by the function named beside them.
 * Option structs start with their own size (set it with PG_OPTS), so that they may grow. A pg_ctx
 * and what was made from it belong to one thread at a time; two contexts never share anything.
 */
#ifndef PERIGEE_H
#define PERIGEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PG_VERSION "0.1.0"
#define PG_API __attribute__((visibility("default")))
#define PG_OPTS(type, ...) ((type){ .size = sizeof(type), ##__VA_ARGS__ })

typedef struct pg_ctx pg_ctx;   /* options, feature cache, print sites; pg_ctx_free */
typedef struct pg_unit pg_unit; /* a compiled function, no kernel object yet; pg_unit_free */
typedef struct pg_prog pg_prog; /* a loaded program; pg_prog_free */
typedef struct pg_link pg_link; /* an attachment; pg_link_free detaches it, unless it is pinned */
typedef struct pg_map pg_map;   /* a map, state, or event channel; counted; pg_map_unref */
typedef struct pg_event pg_event; /* host twin of a tracing hook's event; pg_event_free */
typedef struct pg_view pg_view; /* host twin of a packet view or header; pg_view_free */

/* ---- values ------------------------------------------------------------------------------- */

enum pg_kind {
	PG_NIL,
	PG_FALSE,
	PG_TRUE,
	PG_INT,
	PG_FLOAT, /* compile-time only */
	PG_STR,
	PG_IP4,
	PG_IP6,
	PG_MAC,
	PG_CIDR,  /* addr + prefix length: bpf.cidr(...) */
	PG_RECORD, /* a table of named fields: struct values */
	PG_VIEW,  /* twin of a packet view */
	PG_MAP,   /* also state and events: see pg_map_role */
	/* what only a capture describes: */
	PG_TABLE, /* a captured Lua table: id names it to the capture's callbacks */
	PG_FUNC,  /* a captured Lua function: likewise */
	PG_LIB,   /* a library function known by identity: lib is its row's name ("math.ult") */
	PG_HOST,  /* any other host value (userdata, thread ...): str is its type name for messages */
	PG_NKINDS
};

struct pg_record;

/* What a captured table has: a metatable, and an __eq in it. */
enum { PG_TABLE_EQ = 1, PG_TABLE_META = 2 };

typedef struct pg_value {
	enum pg_kind kind;
	uint8_t prefix;   /* PG_CIDR: prefix length in bits; family by .n: 4 or 16 bytes */
	uint32_t n;       /* PG_STR: bytes at str; PG_CIDR: 4 or 16; PG_TABLE: PG_TABLE_META and PG_TABLE_EQ; PG_RECORD:
			     1: it was an entry, which messages call it */
	union {
		int64_t i;        /* PG_INT */
		double f;         /* PG_FLOAT */
		const char *str;  /* PG_STR: n bytes, may hold NULs; PG_HOST: NUL-terminated type name */
		uint8_t addr[16]; /* PG_IP4: 4 bytes, PG_IP6: 16, PG_MAC: 6, network order */
		pg_map *map;      /* PG_MAP */
		pg_view *view;    /* PG_VIEW */
		const char *lib;  /* PG_LIB */
		uint64_t id;      /* PG_TABLE, PG_FUNC: the capture's own name for it */
		struct pg_record *rec; /* PG_RECORD */
	};
} pg_value;

/* Named values: a struct's fields. Owned by whoever made it; pg_record_free frees values it copied. */
struct pg_record {
	uint32_t n;
	struct pg_field_value {
		char name[64];
		pg_value v;      /* PG_STR points into buf */
		char buf[64];
	} *fields;
};

/* ---- context ------------------------------------------------------------------------------ */

PG_API int pg_ctx_new(pg_ctx **out);
PG_API void pg_ctx_free(pg_ctx *ctx);
/* The last failure's text: one or more lines, no final newline. Owned by ctx, until the next call. */
PG_API const char *pg_error(const pg_ctx *ctx);

/* Rows of the feature table (kern/feature): one line each through `line`, probed now. */
PG_API int pg_features(pg_ctx *ctx, void (*line)(void *arg, const char *name, bool there,
						  const char *since, const char *what),
		       void *arg);
/* Switches a probed feature off for this context ("may_goto", "ringbuf", ...): tests and --without. */
PG_API int pg_feature_off(pg_ctx *ctx, const char *name);

/* Functions of `least` instructions of the IR and more are called by all who call them, instead of copied for each
 * call. 0, which is the default: those that make a big program much smaller so; UINT32_MAX: none is. */
PG_API void pg_share(pg_ctx *ctx, uint32_t least);
/* Keys, texts and records lie in scratch memory even where they have room on the stack: tests and --scratch. */
PG_API void pg_scratch(pg_ctx *ctx, int always);
/* Where tables or functions meet, what follows is compiled for each of them apart, even where the program compiles without
 * that: tests and --apart. */
PG_API void pg_apart(pg_ctx *ctx, int always);

/* ---- maps, state, events ------------------------------------------------------------------ */

/* What can be done with it. */
enum pg_map_role {
	PG_ROLE_MAP,         /* m[k] */
	PG_ROLE_STATE, PG_ROLE_PERCPU, PG_ROLE_EVENTS, /* named fields */
	PG_ROLE_QUEUE,       /* push, pop, peek; made as a ROLE_MAP of that type, as all that follow */
	PG_ROLE_FILTER,      /* push, peek */
	PG_ROLE_REDIRECT,    /* in kernel code redirect; else m[k] */
	PG_ROLE_OUTER,       /* m[k] is a map; kernel code reads it only */
	PG_ROLE_STORAGE,     /* what each thread, socket ... keeps: m[its number]; kernel code: that of the one it runs for */
	PG_ROLE_SOCKETS,     /* in kernel code assign; else m[k], a descriptor */
	PG_ROLE_RING,        /* the user half pushes; kernel code goes over what was pushed, which takes it out */
	PG_ROLE_END
};

struct pg_map_opts {
	size_t size;
	enum pg_map_role role;
	const char *type;    /* ROLE_MAP: "hash", "array", ...: the rows of api/map_type.c */
	const char *name;    /* optional; shown by bpftool, cut to 15 characters */
	const char *key;     /* type string: "u32", "ip4/prefix", "struct { ... }"; NULL: it has none */
	const char *value;   /* type string; STATE, PERCPU and EVENTS: a struct */
	uint32_t entries;    /* EVENTS: bytes of the ring (rounded up to pages), 0: default */
	uint32_t flags;      /* BPF_F_* as bpf(2) takes them */
	int numa;            /* -1: any */
	const char *pin;     /* where it outlives the process: a path in a bpf file system, or a name in
				/sys/fs/bpf; one that is there and of the same types is taken. NULL: nowhere */
	bool lock;           /* entries can be locked: hashes and arrays of structs */
	pg_map *inner;       /* maps of maps: one like those that it will hold; taken for its types alone */
};

/* The struct that a table of fields means, as a type string: fields by falling size, then name. */
PG_API int pg_struct_type(pg_ctx *ctx, unsigned n, const char *const *names,
			  const char *const *types, char *buf, size_t buflen);

/* The handle is complete at once; the kernel map is made by the first call that needs it. */
PG_API int pg_map_new(pg_ctx *ctx, const struct pg_map_opts *opts, pg_map **out);
PG_API pg_map *pg_map_ref(pg_map *m);
PG_API void pg_map_unref(pg_map *m);
PG_API enum pg_map_role pg_map_role(const pg_map *m);
PG_API const char *pg_map_type(const pg_map *m);
PG_API const char *pg_map_name(const pg_map *m);
PG_API int pg_map_fd(pg_map *m); /* makes it if need be; borrowed; or -errno */

/* How a key or value is read: the user half's syntax (addresses and prefixes as text), or exactly
 * as kernel code would (no text; per-CPU values are this CPU's). */
enum pg_mode { PG_USER, PG_KERNEL };

/* Reads m[key]. *out: PG_NIL when absent. Strings and records live in the map handle until its
 * next call; so do maps out of a map, unless they are referenced. Per-CPU in PG_USER: the sum. -EINVAL with a
 * message: the key's kind is wrong. */
PG_API int pg_map_get(pg_map *m, enum pg_mode mode, const pg_value *key, pg_value *out);
/* What m[key] is as long as nobody has written it: for a key of an array zeros, else PG_NIL. Makes no map. */
PG_API void pg_map_born(pg_map *m, const pg_value *key, pg_value *out);
/* Writes m[key] = v (PG_NIL deletes). -ERANGE: does not fit; -E2BIG: full; -EINVAL: wrong kind. */
PG_API int pg_map_set(pg_map *m, enum pg_mode mode, const pg_value *key, const pg_value *v);
PG_API int pg_map_add(pg_map *m, enum pg_mode mode, const pg_value *key, int64_t n);
/* A field of a struct value in place (m[k].f), or of a state (key NULL). */
PG_API int pg_map_get_field(pg_map *m, enum pg_mode mode, const pg_value *key, const char *field,
			    pg_value *out);
PG_API int pg_map_set_field(pg_map *m, enum pg_mode mode, const pg_value *key, const char *field,
			    const pg_value *v);
/* Iterates: *cursor NULL starts; returns 1 with a pair, 0 at the end. Deleting while iterating is
 * allowed. pg_map_iter_free may be called at any time (the end frees it too). */
typedef struct pg_map_iter pg_map_iter;
PG_API int pg_map_next(pg_map *m, pg_map_iter **cursor, pg_value *key, pg_value *value);
PG_API void pg_map_iter_free(pg_map_iter *it);
/* Queues and stacks: -E2BIG: full; *out as of pg_map_get. Filters: peek says whether v was pushed, true also
 * for some that were not. */
PG_API int pg_map_push(pg_map *m, enum pg_mode mode, const pg_value *v);
PG_API int pg_map_pop(pg_map *m, enum pg_mode mode, pg_value *out);
PG_API int pg_map_peek(pg_map *m, enum pg_mode mode, const pg_value *v, pg_value *out);
PG_API int pg_map_clear(pg_map *m);
PG_API int64_t pg_map_count(pg_map *m); /* entries present (array: all) */
/* Per-CPU forms: the value on each CPU; n is set to the number of CPUs; PG_NIL key for PERCPU state. */
PG_API int pg_map_each(pg_map *m, const pg_value *key, const char *field, pg_value **out, int *n);
PG_API bool pg_map_is_percpu(const pg_map *m);
/* STORAGE: the key of what kernel code that this thread ran would use: the thread itself, its cgroup; for sockets that
 * of packets made by hand, which is another one from pg_hand_renew on. All that goes by kernel rules from then on is on the CPU
 * where that was called, until it is called again; before, on the thread's. */
PG_API int pg_map_own(pg_map *m, pg_value *key);
PG_API void pg_hand_renew(pg_ctx *ctx);
PG_API bool pg_map_value_is_struct(const pg_map *m);
PG_API const char *pg_map_field_name(const pg_map *m, unsigned i); /* of a struct value, in C order; NULL past the end */
/* The bytes of the struct that pop or peek has just given, for a copy that is the caller's own; and a field of such a copy:
 * as pg_map_get_field and pg_map_set_field have it of an entry. */
PG_API const void *pg_map_taken(const pg_map *m, size_t *n);
PG_API int pg_taken_get(pg_map *m, const void *copy, const char *field, pg_value *out);
PG_API int pg_taken_set(pg_map *m, enum pg_mode mode, void *copy, const char *field, const pg_value *v);

/* EVENTS: calls `each` for every record now in the ring, its fields in rec (valid in the call).
 * Returns how many. pg_map_fd is readable (epoll) when there are some. */
PG_API int pg_events_read(pg_map *m, void (*each)(void *arg, const struct pg_record *rec), void *arg);
PG_API uint64_t pg_events_lost(pg_map *m); /* since the map was made */

/* Kernel-side print: one ring for the context. -1 until a program that prints was loaded. Of the values that `each` gets one
 * of the kind PG_LIB is no value: what is printed is string.format of the format behind it, and of as many values as the
 * integer says that follows, which come next. */
PG_API int pg_print_fd(pg_ctx *ctx);
PG_API int pg_print_read(pg_ctx *ctx, void (*each)(void *arg, const pg_value *v, int n), void *arg);
PG_API uint64_t pg_print_lost(pg_ctx *ctx);
/* Lines that came, since the context was made, and that `each` did not get: of programs that were gone for two readings, or of
 * a form that is not the one they are to have, which is a bug. */
struct pg_unread { uint64_t gone, broken; };
PG_API struct pg_unread pg_print_unread(pg_ctx *ctx);

/* ---- compiling ---------------------------------------------------------------------------- */

/* How the compiler asks about captured values. Strings and bytes handed out stay valid until
 * pg_compile returns. Functions and tables are named by ids of the capture's choosing: the same
 * object always gets the same id. */
struct pg_capture {
	void *arg;
	/* the Lua 5.4 binary chunk of function id (lua_dump with debug information). 1: it stands for a function of C,
	 * whose lines nobody names */
	int (*chunk)(void *arg, uint64_t func, const void **bytes, size_t *n);
	/* upvalue i (0-based) of function id */
	int (*upvalue)(void *arg, uint64_t func, unsigned i, pg_value *out);
	/* table[key], __index resolved; PG_NIL when absent; -ENOTSUP where an __index function finds it */
	int (*index)(void *arg, uint64_t table, const pg_value *key, pg_value *out);
	/* All n pairs that indexing the table can find, __index resolved: key, value, key, value ... in any
	 * order. Negative errno when they are not known (an __index function). May be NULL: never known. */
	int (*pairs)(void *arg, uint64_t table, const pg_value **out, uint32_t *n);
	/* What pairs() gives of the table, in its order. Negative errno when a metamethod gives it. May be
	 * NULL: never known. */
	int (*own)(void *arg, uint64_t table, const pg_value **out, uint32_t *n);
	/* #table. Negative errno when a metamethod gives it. May be NULL: never known. */
	int (*len)(void *arg, uint64_t table, int64_t *out);
	/* s[key] of any text s, whose __index is the table `string`: PG_NIL when absent; of key NULL, that table. Negative
	 * errno when a metamethod gives it. May be NULL: what Lua's own library has. */
	int (*text)(void *arg, const pg_value *key, pg_value *out);
	/* The chunk that Lua makes of source text, when there is something to say of a function: from it comes the column.
	 * Negative errno when it makes none. May be NULL: messages show a caret where a name is in its line once. */
	int (*load)(void *arg, const char *text, size_t len, const void **bytes, size_t *n);
	/* Where indexing the table ends at something that is no table, an __index function: *by is that, *of the table whose
	 * __index it is; and all n pairs that are found before it, as `pairs` gives them. Negative errno where it ends at a
	 * table. May be NULL: what such functions find is not known. */
	int (*beyond)(void *arg, uint64_t table, pg_value *by, pg_value *of, const pg_value **out, uint32_t *n);
};

/* How loops count their turns. What has more ways through it than the verifier looks at (-E2BIG of pg_load) may have fewer
 * to it in another form. */
enum pg_loops {
	PG_LOOPS_BEST,        /* by what the kernel has, and what costs least */
	PG_LOOPS_COUNTED,     /* by an iterator, where it has that */
	PG_LOOPS_CALLED,      /* each is a function that the kernel calls, or walked */
};

struct pg_compile_opts {
	size_t size;
	const char *hook;     /* the kind of program: a hook and what its point adds: "xdp",
				 "tracepoint:sched:sched_switch" */
	const char *name;     /* program name; NULL: the function's */
	int64_t on_error;     /* neutral verdict, or 0 for the hook's default */
	uint64_t budget;      /* loop turns a run may take; 0: the kernel's own */
	uint64_t pid;         /* tracing: run for this process only, as bpf.pid() numbers it; 0: for all */
	bool ret;             /* uprobe: at the function's return, which is what uretprobe means */
	const char *args;     /* uprobe: the function's parameters as C writes them, "char *path, int flags";
				 at the return: the type of its result. NULL: whole registers */
	bool frags;           /* xdp: frames may lie in several buffers, as big ones of native drivers do */
	bool strict;          /* what is warned about is refused */
	bool copy_access;     /* reach packet bytes by helper copy instead of directly (tests) */
	bool check;           /* run the IR checker after every pass (debug builds always do) */
	enum pg_loops loops;
};

struct pg_timing {        /* nanoseconds */
	uint64_t capture, compile, load, attach;
	unsigned insns;       /* BPF instructions, in 8-byte slots */
};

PG_API int pg_compile(pg_ctx *ctx, const struct pg_capture *cap, uint64_t func,
		      const struct pg_compile_opts *opts, pg_unit **out);
PG_API void pg_unit_free(pg_unit *u);

/* Without callbacks, for hosts that keep no Lua values: a script that is one kernel function. Its chunk
 * is filled by lua_dump(L, pg_chunk_write, &chunk, 0), from { 0 }, and freed by pg_chunk_free. */
struct pg_chunk { char *bytes; size_t n, room; };
struct lua_State;
PG_API int pg_chunk_write(struct lua_State *L, const void *bytes, size_t n, void *chunk); /* a lua_Writer */
PG_API void pg_chunk_free(struct pg_chunk *c);

/* What a global name of the script stands for; a list ends with a NULL name. Read when compiled. */
struct pg_global { const char *name; pg_value value; };

/* Compiles the main function of a script: what the hook gives is its `...`. Its globals are those of
 * the list (NULL: none) and what kernel code may call (`bpf`, `math`, `print` ...); others are nil. */
PG_API int pg_compile_chunk(pg_ctx *ctx, const struct pg_chunk *chunk, const struct pg_global *globals,
			    const struct pg_compile_opts *opts, pg_unit **out);
/* stage: a pass's name ("build", "infer", ...), "ir" (the last IR), "asm". For stages before the
 * last, the context must have been told beforehand with pg_dump_stage. Text owned by the unit. */
PG_API const char *pg_unit_dump(pg_unit *u, const char *stage);
PG_API int pg_dump_stage(pg_ctx *ctx, const char *stage); /* keep the text after this pass; NULL: none */
/* i-th pass's name and one-line description; NULL past the end. */
PG_API const char *pg_stage(unsigned i, const char **what);
/* The i-th operation of the IR, as a row of the table in docs/ir.md: "| `add64` | M | ...". Writes at
 * most n bytes; -ENOENT past the end. i = -1: the head of the table. */
PG_API int pg_operation_row(int i, char *buf, size_t n);
/* The i-th refusal: what legal Lua does not do in kernel code, as a row of the table in docs/language.md; otherwise as
 * pg_operation_row. Rows that begin a part of the table come with its heading before them. */
PG_API int pg_refusal_row(int i, char *buf, size_t n);
/* Warnings of the compilation, as text; "" when none. */
PG_API const char *pg_unit_warnings(const pg_unit *u);
PG_API const struct pg_timing *pg_unit_timing(const pg_unit *u);

/* ---- programs and links ------------------------------------------------------------------- */

/* The i-th hook, as a row of the table in docs/hooks.md; otherwise as pg_operation_row. */
PG_API int pg_hook_row(int i, char *buf, size_t n);
/* A unit may be loaded more than once and freed while its programs live. */
PG_API int pg_load(pg_unit *u, pg_prog **out); /* -E2BIG: the verifier gave up: enum pg_loops */
PG_API void pg_prog_free(pg_prog *p);
PG_API int pg_prog_fd(const pg_prog *p); /* borrowed */
PG_API const struct pg_timing *pg_prog_timing(const pg_prog *p);
/* what: "asm", "xlated" (what the kernel kept, disassembled), "jited" (bytes of the machine's code) */
PG_API const char *pg_prog_dump(pg_prog *p, const char *what);

struct pg_test_result {
	int64_t verdict;      /* neutral verdict, or the hook's integer */
	const void *packet;   /* packet afterwards; owned by the program until its next test */
	size_t packet_len;
	uint64_t ns;
	const char *error;    /* run-time error of this run, NULL when none; owned likewise */
};
/* -EOPNOTSUPP with a message where the kernel test-runs no programs of this hook. */
PG_API int pg_testable(const pg_prog *p);
PG_API int pg_test(pg_prog *p, const void *in, size_t n, struct pg_test_result *out);

/* The hooks, one after the other: false past the end. args: the words of what an attachment names, in
 * the order of pg_attach_opts: "dev", "dev direction", "point". */
enum pg_input { PG_INPUT_PACKET, PG_INPUT_EVENT, PG_INPUT_ARGS }; /* what a hook's function receives */
struct pg_hook { const char *name, *args, *what; enum pg_input input; };
PG_API bool pg_hook(unsigned i, struct pg_hook *out);
PG_API bool pg_hook_find(const char *kind, struct pg_hook *out); /* the hook of a kind; false: there is none */
PG_API int pg_no_hook(pg_ctx *ctx, const char *kind); /* -EINVAL: pg_error says that there is none, and what is nearest */
/* The one of the names that is nearest to this one, of which it may be a misspelling; NULL: none is. */
PG_API const char *pg_nearest(const char *name, const char *const *names, unsigned n);
PG_API const char *pg_absent_hook(unsigned i); /* those that the kernel has and this version has not: NULL past the end */

/* Every hook reads what its args name, and the options that it has. */
struct pg_attach_opts {
	size_t size;
	const char *dev;      /* interface name */
	int fd;               /* socket: a descriptor, where dev is NULL; stays the caller's */
	const char *direction;/* "ingress", "egress" */
	const char *point;    /* "sched:sched_switch" */
	const char *mode;     /* xdp: NULL automatic, "native", "skb" */
	bool stats;           /* runs and their time are counted (pg_link_stats) */
	const char *pin;      /* xdp, tc: where it outlives the process: a path in a bpf file system, or a name in
				 /sys/fs/bpf. A link that is there already goes on with this program */
};
PG_API int pg_attach(pg_prog *p, const struct pg_attach_opts *opts, pg_link **out);
/* Takes the program's place while it runs; on failure the old one goes on. The link holds its own
 * reference: both programs may be freed. *ns: time of the swap itself, may be NULL. */
PG_API int pg_link_replace(pg_link *l, pg_prog *p, uint64_t *ns);
/* Since it was attached, over all the programs it ran. The kernel counts runs and time while any link of
 * the machine asks for it (stats), at about 20 ns a run of any BPF program; and by program: one that is
 * attached twice is counted twice. */
struct pg_link_stats {
	size_t size;
	bool counted;         /* runs and ns are known */
	uint64_t runs, ns;
	uint64_t missed;      /* runs that the kernel left out, to not run a program within itself */
};
PG_API int pg_link_stats(pg_link *l, struct pg_link_stats *out);
PG_API int pg_link_detach(pg_link *l); /* takes its pin away, too */
PG_API void pg_link_free(pg_link *l);
PG_API const char *pg_link_name(const pg_link *l); /* "xdp eth0" */
PG_API const char *pg_link_mode(const pg_link *l); /* "native" or "skb"; "" where there is one way only */

/* Run-time errors: calls `each` for every site whose count grew since the last call (of any prog:
 * all programs of the context, freed ones included, until they have been reported once). */
struct pg_runtime_error {
	const char *text;     /* "filter.lua:14: attempt to ..." */
	const char *where;    /* "xdp eth0", "program" */
	uint64_t total, fresh;
	bool loss;            /* no error: the program went on without what had no room */
	const char *site;     /* the text, or what it is of, where it was made at run time: then `text` is the last one */
};
PG_API int pg_errors_read(pg_ctx *ctx, void (*each)(void *arg, const struct pg_runtime_error *e),
			  void *arg);

/* Neutral verdicts: fixed, outside the range of lengths and error numbers. */
#define PG_VERDICT_BASE 0x50470000
enum {
	PG_PASS = PG_VERDICT_BASE + 1,
	PG_DROP,
	PG_TX,
	PG_ABORTED,
	PG_ACCEPT,
	PG_ALLOW,
	PG_DENY,
	PG_REDIRECT,
	PG_VERDICT_END
};
/* "PASS" for PG_PASS; NULL for what is none. */
PG_API const char *pg_verdict_name(int64_t v);
/* What a hook's function returned in a twin run -> what pg_test would say. -EINVAL with a message. */
PG_API int pg_twin_verdict(pg_ctx *ctx, const char *hook, const pg_value *ret, int64_t *out);

/* ---- addresses and host twins ------------------------------------------------------------- */

PG_API int pg_parse_ip(const char *text, pg_value *out);   /* v4 or v6 */
PG_API int pg_parse_mac(const char *text, pg_value *out);
PG_API int pg_parse_cidr(const char *text, pg_value *out); /* "10.0.0.0/8" */
PG_API bool pg_within(const pg_value *addr, const pg_value *cidr);
PG_API bool pg_value_eq(const pg_value *a, const pg_value *b); /* Lua's ==, addresses by value */
/* "10.0.0.1", "2001:db8::1", "52:54:00:12:34:56"; buf of 64 bytes is enough. */
PG_API const char *pg_addr_text(const pg_value *v, char *buf, size_t n);

/* a:method(args), as kernel code would: "int", "byte", "within". -ENOENT: no such method. */
PG_API int pg_addr_call(pg_ctx *ctx, const pg_value *self, const char *method,
			const pg_value *args, int n, pg_value *out);

/* A protocol of the script's own: what is compiled, and the packets that are made, from now on know it. */
enum { PG_NUMBERS = 4 };
struct pg_numbers { uint32_t n, v[PG_NUMBERS]; };

struct pg_proto_opts {
	size_t size;
	const char *name;
	const char *over;      /* "eth", "ip", "udp", "tcp"; NULL: it is found by `next` of others alone */
	struct pg_numbers type, proto, port, sport; /* EtherTypes; IP protocol; destination and source ports */
	const char *fields;    /* "u8 flags; u24 _; u24 vni; u8 _" */
	const char *length;    /* of the header, from a field: "ihl * 4", "words * 4 + 8"; NULL: its fields are all */
	const char *next;      /* the header right behind it: "eth", "ipv4", one that was added before; or NULL */
};
PG_API int pg_proto(pg_ctx *ctx, const struct pg_proto_opts *opts);

/* A packet view made by hand: the twin of a hook's pkt. Copies the bytes. hook: "xdp". */
PG_API int pg_packet_new(pg_ctx *ctx, const char *hook, const void *bytes, size_t n, pg_view **out);
PG_API void pg_view_free(pg_view *v);
PG_API const char *pg_view_name(const pg_view *v); /* "pkt", "ipv4" */
PG_API size_t pg_view_len(const pg_view *v);       /* #v; 0 when it is gone */
/* Headers that were found before a packet was moved (adjust_head, adjust_tail) are looked up anew there: is there none any
 * more? Then reading and writing it fails as of nil. */
PG_API bool pg_view_gone(const pg_view *v);
PG_API bool pg_view_eq(const pg_view *a, const pg_view *b); /* the same place of the same packet */
/* v.name: 1 found (views in *out are new, to be freed), 2: it is a method, 3: it is a method of strings, on
 * its bytes, -ENOENT: no such field (pg_error names it and suggests). */
PG_API int pg_view_get(pg_ctx *ctx, pg_view *v, const char *name, pg_value *out);
/* v.name = value, as kernel code would, checksums included. -ENOENT: no such field; -EINVAL: not to be
 * assigned, or not that value. */
PG_API int pg_view_set(pg_ctx *ctx, pg_view *v, const char *name, const pg_value *value);
/* The bytes of the whole packet as they are now, valid until something writes it or the last view of
 * it is freed. */
PG_API const void *pg_view_packet(const pg_view *v, size_t *n);
/* The bytes of the view itself that lie in the packet's first 65,535, as a string of it has them; likewise. */
PG_API const void *pg_view_bytes(const pg_view *v, size_t *n);
/* v:name(args): up to *nout results. -EINVAL: bad argument, text in pg_error. */
PG_API int pg_view_call(pg_ctx *ctx, pg_view *v, const char *name, const pg_value *args, int n,
			pg_value *out, int *nout);

/* What the function of a probe receives when the probed one has these arguments; opts say their types. Fewer
 * are filled up with 0; text stands for its address. Returns how many. */
enum { PG_MAX_ARGS = 8 };
PG_API int pg_twin_args(pg_ctx *ctx, const struct pg_compile_opts *opts, const pg_value *in, int n,
			pg_value out[PG_MAX_ARGS]);

/* An event made by hand: the twin of what a tracing hook gives; all fields are 0, "" or false. kind:
 * "tracepoint:sched:sched_switch". */
PG_API int pg_event_new(pg_ctx *ctx, const char *kind, pg_event **out);
PG_API void pg_event_free(pg_event *e);
PG_API const char *pg_event_name(const pg_event *e); /* "sched_switch" */
enum { PG_EVENT_WHOLE = -1 };
/* Element index of an array, PG_EVENT_WHOLE for every other field. -EINVAL: wrong kind; -ERANGE: does
 * not fit; -ENOENT: no such field. Strings are copied; for 64 bits without a sign one stands for its address, and
 * stays the caller's. */
PG_API int pg_event_set(pg_ctx *ctx, pg_event *e, const char *field, int64_t index, const pg_value *v);
/* 1 found, PG_NIL outside of an array (strings are the event's); 2: the field is an array. */
PG_API int pg_event_get(pg_ctx *ctx, const pg_event *e, const char *field, int64_t index, pg_value *out);
/* An array of 4 or 16 bytes as the address it holds; -ENOENT: the field is none. */
PG_API int pg_event_ip(pg_ctx *ctx, const pg_event *e, const char *field, pg_value *out);

#ifdef __cplusplus
}
#endif
#endif
