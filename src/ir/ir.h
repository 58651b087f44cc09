/*
 * ir.h - the program between Lua and BPF: SSA with block arguments, on two levels.
 *
 * A value is named by the number of the instruction that made it (0: no value); a block parameter is
 * an instruction of op `param` kept in its block's parameter list. Instructions of a block form a
 * list that ends with one terminator; its successors carry the arguments of their blocks'
 * parameters. Everything lives in the compilation's arena.
 *
 * An operation that raises ends the program, unless it names a guard, whose successor 1 it then goes to.
 * A guard stands right before what it guards, so what is known there is known where the error is caught.
 * After `lower`, errors are ordinary branches.
 */
#ifndef IR_IR_H
#define IR_IR_H

#include "core/arena.h"
#include "core/diag.h"
#include "perigee.h"

#include <stdbool.h>
#include <stdint.h>

struct ctype;
struct ir_target;
struct ir_lib;
struct refusal;

typedef uint32_t ir_ref; /* a value: number of its instruction; 0: none */
typedef uint32_t ir_blk; /* a block: its number; 0: none; the entry is block 1 */

/* ---- kinds: what a Lua value can be at run time ---- */

enum ir_kind {
	IR_NIL,
	IR_FALSE,
	IR_TRUE,
	IR_INT,
	IR_IP4,
	IR_IP6,
	IR_MAC,
	IR_STR,
	IR_FLOAT,  /* constants only */
	IR_REC,    /* a record under construction or finished */
	IR_FUNC,   /* a known function */
	IR_HOST,   /* a captured object: map, table, library function, module, CIDR */
	IR_MULTI,  /* several results */
	IR_CELL,   /* a variable shared with inner functions */
	IR_ENTRY,  /* live entry of a map whose value is a struct */
	IR_MSG,    /* the message of a run-time error that was caught: a string, known by its number */
	IR_PENDING,/* in infer: may be anything, for it hangs on a call that is not inlined yet */
	IR_SLICE,  /* a string: bytes of the packet, by offset and length */
	IR_TEXT,   /* a string made at run time: its length and its bytes */
	IR_MAP,    /* a map out of a map of maps: its address */
	IR_LONG,   /* a string in scratch memory, made at run time: where it begins, and its length */
	IR_VIEW0,  /* views: IR_VIEW0 + row in target->views */
	IR_NKINDS = 64
};

#define IR_BIT(kind) ((uint64_t)1 << (kind))
#define IR_BOOL (IR_BIT(IR_FALSE) | IR_BIT(IR_TRUE))
#define IR_FALSY (IR_BIT(IR_NIL) | IR_BIT(IR_FALSE))
#define IR_STRINGS (IR_BIT(IR_STR) | IR_BIT(IR_SLICE) | IR_BIT(IR_TEXT) | IR_BIT(IR_LONG))
/* With what Lua calls a string, too, and has no bytes at run time. */
#define IR_ALL_STRINGS (IR_STRINGS | IR_BIT(IR_MSG))
#define IR_VIEWS (~(IR_BIT(IR_VIEW0) - 1))
#define IR_ANY (~(uint64_t)0)

/* One kind at most? */
static inline bool ir_single(uint64_t kinds) { return !(kinds & (kinds - 1)); }
/* With one kind of strings all of them: what differs is where their bytes are. */
static inline uint64_t ir_alike(uint64_t kinds) { return kinds & IR_STRINGS ? kinds | IR_STRINGS : kinds; }
static inline unsigned ir_first_kind(uint64_t kinds) { return (unsigned)__builtin_ctzll(kinds); }
enum ir_kind ir_kind_of(enum pg_kind k); /* of a constant */

/* What is known of a value. */
struct ir_type {
	uint64_t kinds;        /* set of kinds; 0: nothing reaches it */
	const pg_value *k;     /* the constant it always is, or NULL */
	ir_ref def;            /* func, rec: the closure, newtable or record it always is, or 0 */
	uint32_t cap : 31;     /* str, text, long: greatest length in bytes */
	uint32_t unlike : 1;   /* entry, map: of which layout or model differs by the way taken; these are of one of the ways */
	const struct ctype *layout; /* entry: its struct */
	union {
		uint32_t model;    /* map: what it is like, a number in unit->models */
		uint32_t below;    /* int, and no map, as an argument of rows that ask (IR_BOUNDED): what it is less than; 0: unknown */
	};
	union {
		uint32_t most;     /* slice: greatest length in bytes */
		uint32_t entries;  /* map, and no slice: of an array how many it has; 0: unknown */
	};
	const struct ir_lib *row; /* func: the library row it always is, or NULL */
};

/* What an argument of a row that asks for it is less than; 0: that is not known. */
static inline uint32_t ir_type_below(const struct ir_type *t)
{
	return t->kinds & (IR_BIT(IR_MAP) | IR_BIT(IR_HOST)) ? 0 : t->below;
}

/* How many entries the map has that it may be; 0: that is not known, or it is no array. */
static inline uint32_t ir_type_entries(const struct ir_type *t)
{
	return t->kinds & IR_BIT(IR_MAP) && !(t->kinds & IR_BIT(IR_SLICE)) ? t->entries : 0;
}

/* ---- operations ---- */

enum ir_op {
#define IR_OP(name, level, nargs, result, immediate, effects, ends, what) IR_##name##_,
#include "ir/ops.def"
#undef IR_OP
	IR_NOPS
};
#define IRO(name) IR_##name##_

/* Of the aux of a constant nil: a reader sees that it is never had, though the compiler does not (opt/inside.c). */
enum { IR_NEVER = 1 };

/* Of the aux of pi: it is of those kinds though nothing may be known of its argument yet. */
enum { IR_SURELY = 1 };

/* Of the aux of call, several and return: the last argument is itself several; the last ones may not be
 * there at all, for paths that give different numbers of values met, and are nil then; and there may be others
 * behind them, which nobody must ask for. Of call: it is a statement, nobody wants what it gives. */
enum { IR_OPEN = 1, IR_PADDED = 2, IR_MORE = 4, IR_LAST = IR_PADDED | IR_MORE, IR_DROPPED = 8 };

/* Of the aux of pktstore: how many bytes; and that a checksum beside them changes by as much. */
enum { IR_PKT_BYTES = 15, IR_PKT_EVEN = 16 };

/* Of the aux of helper: from IR_CALL_FN on functions of the unit, which get the frame that they share with whoever
 * calls them and give 0, or 1 after an error that was counted; from IR_CALL_KFUNC on the kernel's own, by enum kfunc. */
enum { IR_CALL_FN = 1 << 16, IR_CALL_KFUNC = 1 << 17 };

enum { IR_E_READ = 1, IR_E_WRITE = 2, IR_E_RAISE = 4 };

struct ir_opinfo {
	const char *name;
	char level;      /* 'L', 'M', 'B' */
	int8_t nargs;
	char result;     /* 'N', 'V', 'W', 'P' */
	char immediate;  /* 0, 'I', 'A', 'X', 'S', 'K' */
	uint8_t effects;
	int8_t ends;
	const char *what;
};
extern const struct ir_opinfo ir_ops[IR_NOPS];

/* Conditions of br, br32. The complement of c is c ^ 1. */
enum ir_cc { IR_EQ, IR_NE, IR_ULT, IR_UGE, IR_ULE, IR_UGT, IR_SLT, IR_SGE, IR_SLE, IR_SGT, IR_SET, IR_CLEAR };
extern const char *const ir_cc_name[]; /* "eq" ... "set" (a & b != 0), "clear" */

/* How the source names an operand, for messages: (local 'n'). */
struct ir_name {
	enum { IR_N_NONE, IR_N_LOCAL, IR_N_UPVALUE, IR_N_GLOBAL, IR_N_FIELD, IR_N_METHOD, IR_N_CONSTANT } how;
	const char *name;
};
extern const char *const ir_name_how[]; /* "local" ... "constant" */
/* The i-th of names (or NULL) where it is one that stands in the source; a key known only at run time, a number as a key and a
 * constant have none: NULL. */
const char *ir_source_name(const struct ir_name *names, unsigned i);

struct ir_edge {
	ir_blk to;
	uint32_t nargs;
	ir_ref *args;
};

struct ir_ins {
	uint16_t op;
	uint8_t nsucc;
	uint8_t mark;          /* scratch for passes */
	uint32_t nargs;
	ir_ref *args;
	struct ir_edge *succ;  /* terminators: nsucc edges */
	int64_t imm;
	uint32_t aux;
	uint32_t site;         /* source position: unit->sites */
	union {
		const pg_value *k; /* op const; str of refuse */
		const char **list; /* op record: nargs field names */
	};
	const struct ir_name *names; /* of args 0, 1 and of the result, and of concat those of the other args behind it; or NULL */
	ir_blk block;
	ir_ref prev, next;     /* neighbours in the block; 0 at its ends (parameters are in no list) */
	ir_ref raised;         /* the `raised` of the guard that catches what it raises; 0: none does */
	uint64_t spare;        /* 128 bytes: from number to instruction is a shift */
	struct ir_type type;   /* Lua level: set by infer */
};
/* Every pass goes from number to instruction all the time: a shift does it. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct ir_ins) == 128, "struct ir_ins grew");

struct ir_block {
	ir_ref first, last;    /* list of instructions; last is the terminator */
	uint32_t nparams, cap_params;
	ir_ref *params;
	bool cold;             /* error paths: laid out last */
	bool walked;           /* heads a loop that ends by itself after a few turns: it gets no fuel */
	bool loop;             /* target of a back edge (set by ir_order) */
	uint32_t order;        /* position in fn->rpo, from 1; 0: unreachable (set by ir_order) */
	ir_blk idom;           /* set by ir_dominators */
	uint32_t dom_in, dom_out; /* likewise: a dominates b when b's dom_in lies in a's range */
	uint32_t npreds;       /* set by ir_order: edges that lead here */
	struct ir_pred { ir_blk from; uint32_t succ; } *preds; /* succ: index of the terminator's edge */
	uint64_t spare;        /* 64 bytes: from number to block is a shift */
};

struct ir_slot {
	uint32_t size, align;
	int32_t offset;        /* from the frame pointer, set by frame */
};

struct ir_fn {
	struct ir_unit *unit;
	const char *name;      /* for messages, BTF: "filter" */
	uint32_t id;           /* dense over the unit */
	uint32_t nparams;      /* they are the entry block's parameters */
	bool vararg;
	bool native;           /* stands for a function of C: a tail call of it leaves its caller where it was */
	bool machine;          /* level M */
	bool veiled;           /* the verifier is told as little as can be: opt/veil.c */
	bool veiled_whole;     /* ... outside of loops too */
	bool ordered, treed;   /* no edge changed since ir_order, and since ir_tree */
	struct ir_ins *ins;    /* 1..nins-1 */
	uint32_t nins, cap_ins;
	struct ir_block *blocks; /* 1..nblocks-1 */
	uint32_t nblocks, cap_blocks;
	struct ir_slot *slots; /* 0..nslots-1 */
	uint32_t nslots, cap_slots;
	ir_blk *rpo;           /* reverse post order, set by ir_order */
	uint32_t nrpo, cap_rpo;
	struct ir_pred *preds; /* of all blocks, likewise */
	uint32_t cap_preds;
	uint32_t nupvals;
	uint64_t host;         /* the capture's id of the function value (root), 0 for inner ones */
	uint32_t proto;        /* which prototype: unit->protos */
	struct diag_pos pos;   /* where it is defined */
	uint32_t last_line;    /* ... to here */
	struct ir_fn *caller;  /* of a function that a helper calls, or others of the unit: whose body it was; or
				  NULL */
	uint32_t frame_arg;    /* ... and which of its arguments, from 1, is the frame they share: its first
				  word is the context. 1: functions call it, not a helper */
	ir_blk failed;         /* machine level: ends it after an error that was counted; or 0 */
	ir_blk error_exit;     /* machine level: block whose parameter 0 is the error's number; or 0 */
	ir_blk anew;           /* machine level: where the program begins again, its packet in one piece; or 0 */
};

/* Where functions and captured values come from: front/ fills it, infer asks. */
struct ir_source {
	/* the function of a closure operation's prototype; cached; NULL: refused, diagnostics given */
	struct ir_fn *(*inner)(struct ir_unit *u, struct ir_fn *parent, uint32_t proto);
	/* the function of a captured Lua function value; likewise */
	struct ir_fn *(*host)(struct ir_unit *u, uint64_t func);
	int (*upvalue)(struct ir_unit *u, struct ir_fn *f, unsigned i, pg_value *out);
	int (*index)(struct ir_unit *u, uint64_t table, const pg_value *key, pg_value *out);
	/* s[key] of any text; of key NULL, the table that texts are indexed in; may be NULL */
	int (*text)(struct ir_unit *u, const pg_value *key, pg_value *out);
	/* all pairs of a table, keys and values by turns; owned by the capture */
	int (*pairs)(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n);
	/* what pairs() gives of a table, in its order; -ENOTSUP: not known, or a metamethod says */
	int (*own)(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n);
	/* what the tables that indexing this one leads through end at, where that is none, and which of them has it as its
	 * __index; and the pairs of all of them. -ENOTSUP: they end at a table */
	int (*beyond)(struct ir_unit *u, uint64_t table, pg_value *by, pg_value *of, const pg_value **out, uint32_t *n);
	/* a table with these keys and values by turns, as if it was captured: its id; the keys are numbers, texts, booleans
	 * or addresses */
	uint64_t (*table)(struct ir_unit *u, const pg_value *kv, uint32_t n);
	/* #table; -ENOTSUP likewise */
	int (*len)(struct ir_unit *u, uint64_t table, int64_t *out);
	/* a name like this one that the table has, or that a variable has there (line 0: none is meant); NULL */
	const char *(*meant)(struct ir_unit *u, uint64_t table, struct diag_pos at, const char *name);
};

/* A source position: one per instruction that needs it, deduplicated by whoever adds them. */
struct ir_site {
	struct diag_pos pos;
	uint32_t inlined_at;   /* which inlining brought it here: unit->inlines; 0: none */
	bool parted;           /* it is there several times, for several objects (opt/ways.c) */
};

/* A global that an __index function was asked for: where, and by which table. */
struct ir_computed { uint32_t site; uint64_t table; const char *name; bool told; };

/* One call that was inlined; or of a library function that calls (fn IR_NATIVE): what it calls has no
 * position of its own. */
enum { IR_NATIVE = -1 };
struct ir_inline {
	uint32_t site;         /* of the call */
	uint32_t fn;           /* id of the function called */
	uint32_t parent;       /* the inlining that the call itself came from, or 0 */
	bool tail;             /* a tail call: `return f()` */
	uint32_t sub;          /* one body for several calls: its number in unit->subs, from 1; 0: a copy */
};

/* A function whose body several calls share (opt/share.c), until it is a function of its own (opt/calls.c). */
struct ir_sub {
	uint32_t fn;           /* id of the Lua function */
	const char *name;
	struct diag_pos pos;
	ir_blk entry, exit;    /* Lua level: where its body begins; its subret's block */
	uint32_t inl;
	uint64_t calls;        /* which subs it calls, and those which, one bit each */
};
/* Functions by where they are defined. */
struct ir_places { struct diag_pos *v; uint32_t n, cap; };
enum { IR_SHARE_BY_COST = 0 }; /* of share, below; no function has UINT32_MAX instructions */

/* A run-time error that the program can raise: counted by its number. */
/* What raises an error, on the Lua level: the same one may come from several places of a line. */
struct ir_raiser {
	struct ir_raiser *next;
	struct diag_pos pos;
	const struct ir_ins *at;
	unsigned operand;      /* the one that the error's text names, from 1; 0: not known */
};
struct ir_error {
	struct diag_pos pos;
	bool loss;             /* it ends nothing: the program leaves out what had no room, and goes on */
	bool worded;           /* its text is made at run time, where the counts of the IR_MADE errors behind it would be */
	bool room;             /* one of those: it is none */
	const char *text;      /* "attempt to perform arithmetic on a nil value (local 'n')" */
	struct ir_fn *in;      /* for warnings: the function of the Lua level that it was lowered from; or NULL */
	struct ir_raiser *raisers; /* there, in the order of lowering; or NULL */
};

/* A value printed or sent: how the user half decodes a record. */
struct ir_print_arg {
	uint64_t kinds;
	const pg_value *k;     /* constant: not sent */
	uint32_t cap, most;    /* str, slice */
	uint32_t offset;       /* in the record: u64 tag when several kinds, then payload words; of a long string its
				  length, and its bytes behind all words, in the order of the arguments */
};
struct ir_print {
	uint32_t id;           /* unique in the context */
	uint32_t nargs, size;  /* size: bytes of the record, header included, without long strings */
	struct ir_print_arg *args;
};

/* A captured table as a map that nobody writes any more: what `index` by a key known only at run time looks in.
 * One for each kind of key; made when a program is loaded, where none yet holds the same. */
struct ir_frozen {
	uint64_t table;        /* the capture's id */
	unsigned kind;         /* of its keys */
	uint32_t map;          /* number in unit->maps */
	bool array;            /* keys are u32, 0 to n-1, in order */
	uint32_t key_size, value_size, n;
	const uint8_t *keys, *values;
};

/* Scratch memory, where long strings are made: a map of one value, made anew for each program that is loaded.
 *   `slots` times `size` bytes, both powers of two: the first word of each counts the runs that have it or ask for
 *   it; behind them IR_SCRATCH_BEHIND bytes, so that what begins in a slot may be read and written beyond it. */
struct ir_scratch {
	uint32_t map;          /* number in unit->maps; 0: there is none */
	uint32_t size, slots;
	uint32_t held;         /* main's stack slot that says which one it has: 1 and its offset; 0: none */
};
enum { IR_SCRATCH_BEHIND = 16384 };

/* Elements of a list that lie there (opt/elems.c). */
struct ir_elems {
	uint32_t most;         /* places */
	struct ir_type type;   /* of all that is put there (found by infer) */
	uint32_t room;         /* where they begin (opt/lower_elems.c); 0: not known yet */
};

enum { IR_MAP_DATA = 0, IR_MAP_PRINT = 1, IR_MAP_USER = 2 }; /* unit->maps: two of our own, then captured */

/* The data map of a unit (one value, shared, memory-mapped by the user half):
 *   +0  u64 zero: never written; what `opaque` adds
 *   +8  u64 lost: print records that found the ring full
 *   +16 u64 spare[6]
 *   +64 u64 errors[nerrors]: how often each error was raised */
enum { IR_DATA_ZERO = 0, IR_DATA_LOST = 8, IR_DATA_ERRORS = 64 };
/* The text of an error, made at run time, as words: its length, and as many bytes as are kept of it. */
enum { IR_MADE = 32, IR_MADE_BYTES = (IR_MADE - 1) * 8 };

struct ir_unit {
	struct arena *arena;
	struct arena *scratch; /* what a pass needs for itself: emptied after each */
	struct diag_list *diag;
	const struct ir_target *target;
	struct ir_fn **fns;    /* densely numbered */
	uint32_t nfns, cap_fns;
	struct ir_fn *main;
	struct ir_site *sites; /* 1..nsites-1 */
	uint32_t nsites, cap_sites;
	struct ir_inline *inlines; /* 1..ninlines-1 */
	uint32_t ninlines, cap_inlines;
	struct ir_sub *subs;
	uint32_t nsubs, cap_subs;
	struct ir_places copied; /* turned out to be no subs */
	struct ir_places called; /* are to be subs, by what that saves (opt/weigh.c) */
	uint32_t weigh_at;     /* as soon as main has so many values, that is looked at (again) */
	bool settled;          /* all calls of them are there: what they are given is known */
	uint32_t share;        /* functions of so many instructions and more become subs, or IR_SHARE_BY_COST */
	struct ir_error *errors; /* 0..nerrors-1 */
	uint32_t nerrors, cap_errors;
	struct ir_print *prints;
	uint32_t nprints, cap_prints;
	struct ir_frozen *frozen;
	uint32_t nfrozen, cap_frozen;
	struct ir_scratch scratch_map;
	struct ir_elems *elems;
	uint32_t nelems, cap_elems;
	bool roomy;            /* what else is on the stack lies in scratch memory: keys, texts, records (set by pg_compile) */
	bool tight;            /* the stack is too small (set by be_frame) ... */
	bool crowded;          /* ... and more of it is words of values that got no register than anything else */
	bool rereads;          /* what was read of the packet far before is read anew (set by pg_compile) */
	int (*cpus)(void);     /* how many may run it; NULL: one */
	struct table_shape *shapes; /* opt/frozen.c */
	struct sorted_pairs *sorted; /* captured tables' pairs, by key (opt/choose.c) */
	pg_map **maps;         /* [IR_MAP_DATA] and [IR_MAP_PRINT] are NULL, and frozen tables': made at load */
	uint32_t nmaps, cap_maps;
	pg_map **models;       /* 1..nmodels: what maps out of maps of maps are like; no two alike */
	uint32_t nmodels, cap_models;
	bool uses_print;
	bool asks_bytes;       /* a message of an error is asked for its bytes (set by infer) */
	unsigned ways;         /* 1, 2: it is refused otherwise (set by pg_compile): opt/ways.c ... */
	bool chose;            /* arms were made for what is one of few objects (opt/choose.c) */
	const char **asked;    /* look-ups in captured tables that are tested somewhere, as the source has them (opt/asking.c) */
	uint32_t nasked, cap_asked;
	bool handles;          /* a handler of xpcall is there several times (opt/expand.c) */
	uint32_t parted;       /* how many values were copied for that ... */
	unsigned next_ways;    /* ... with so much, more would be done; 0: never (set by infer) */
	bool computes;         /* a look-up may come to an __index function (set by infer) */
	struct ir_computed *computed; /* those of globals that did (opt/computed.c) */
	uint32_t ncomputed, cap_computed;
	bool tells;            /* kinds of values are asked for by name (set by infer) */
	bool copy_access;      /* packet bytes by helper copy ... */
	bool copy_stores;      /* ... those that are written; what is read after one, too */
	bool loops;            /* the script's code goes round somewhere (set before the first simplify) */
	uint32_t layout;       /* 0; else loops are made longer, the more the higher (bpf/emit.c) */
	bool called_loops;     /* functions that loops of others call have loops of their own (set by veil) */
	bool locks;            /* entries of maps are locked (likewise) */
	bool tunnels;          /* the script looks into packets within packets (likewise) */
	bool writes_beside;    /* what lies beside the packet may change (likewise) */
	bool moves_packet;     /* ... may move, and the packet's length change (likewise) */
	bool moves_known;      /* ... which was known from the beginning (set by pg_compile) */
	bool writes_packet;    /* packet bytes may change while the program runs (set by infer) */
	uint32_t without;      /* parts of simplify left out, one bit each (opt_simplify_part): for measuring */
	uint64_t budget;
	int64_t on_error;      /* native verdict */
	uint64_t only_pid;     /* the one process it runs for; 0: all */
	struct ir_pidns { uint64_t dev, ino; } pidns; /* that process numbers are of; 0: the first one */
	const bool *features;  /* indexed by enum kern_feature; what lowerings may use */
	uint32_t (*next_print)(void *arg); /* gives numbers for prints */
	void *next_print_arg;
	/* names that captured tables lack, and whether that is the module; and those that one made in kernel code may lack there,
	 * of which these fields are assigned */
	struct ir_absent { uint64_t table; const char *name; struct diag_pos at; bool of_bpf; const char *const *made; uint32_t nmade; } *absent;
	uint32_t nabsent, cap_absent;
	struct front *front;   /* what capture keeps: protos, describer */
	const struct ir_source *source;
};

enum { IR_MOST_ABSENT = 256 };

/* ---- making ---- */

struct ir_unit *ir_unit_new(struct arena *a, struct diag_list *diag, const struct ir_target *t);
struct ir_fn *ir_fn_new(struct ir_unit *u, const char *name);
/* Room for as many instructions and blocks as a new function is expected to need. */
void ir_fn_reserve(struct ir_fn *f, uint32_t nins, uint32_t nblocks);
ir_blk ir_block_new(struct ir_fn *f);
ir_ref ir_param_add(struct ir_fn *f, ir_blk b);
/* A new instruction, in no block; args are copied. */
ir_ref ir_ins_new(struct ir_fn *f, enum ir_op op, uint32_t nargs, const ir_ref *args);
void ir_append(struct ir_fn *f, ir_blk b, ir_ref i);
void ir_insert_before(struct ir_fn *f, ir_ref at, ir_ref i);
void ir_remove(struct ir_fn *f, ir_ref i);  /* out of its block's list */
/* Sets successor `which`; args are copied. */
void ir_succ(struct ir_fn *f, ir_ref term, uint32_t which, ir_blk to, uint32_t nargs, const ir_ref *args);
/* How the source names argument a: NULL where it is not told, or not by a name. */
const struct ir_name *ir_arg_name(const struct ir_ins *i, unsigned a);
/* " (local 'n')", as Lua's messages have it; "" for NULL. */
const char *ir_named(struct arena *a, const struct ir_name *n);
unsigned ir_nnames(const struct ir_ins *i); /* how many entries names has, if any */
/* The edge to where what `raised` stands for is caught. */
struct ir_edge *ir_caught(const struct ir_fn *f, ir_ref raised);
/* The site, or that of the call that led there when it has no position. */
uint32_t ir_site_shown(const struct ir_unit *u, uint32_t site);
/* The line of r; of what a library function calls, that of the call of it. */
uint32_t ir_line(const struct ir_unit *u, const struct ir_fn *f, ir_ref r);
/* The edge a predecessor stands for. */
struct ir_edge *ir_pred_edge(const struct ir_fn *f, const struct ir_pred *p);
uint32_t ir_site(struct ir_unit *u, struct diag_pos pos, uint32_t inlined_at);
uint32_t ir_slot(struct ir_fn *f, uint32_t size, uint32_t align);
/* The number of the run-time error `text` at pos, added if new. */
uint32_t ir_error(struct ir_unit *u, struct diag_pos pos, const char *text);
/* What `refuse` carries: the row's text and, on a second line, its help. */
pg_value ir_refusal(struct ir_unit *u, const struct refusal *row);
/* "file:line: text" of the error, in the unit's arena. */
const char *ir_error_text(struct ir_unit *u, uint32_t number);
/* The number of map m in the unit, added if new. */
uint32_t ir_map(struct ir_unit *u, pg_map *m);

/* The number of the model of maps that are like m, added if new. */
uint32_t ir_model(struct ir_unit *u, const pg_map *m);
/* The map that a value of this type is, or one like it: to know its shape by. NULL: it is none. */
pg_map *ir_map_like(const struct ir_unit *u, const struct ir_type *t);

/* Is it the same value, as rawequal says? But 1 and 1.0 differ. NULL is the same as itself alone. */
bool ir_same_value(const pg_value *a, const pg_value *b);
/* .n of the function that pairs gives: `next` of a table, an iterator of its own of a map, in each call another; or it is not
 * known which. */
enum { IR_OF_TABLE, IR_OF_MAP, IR_OF_EITHER };
/* Keys of a captured table under which ir_source.index gives what pairs() gives of it, as two lists. */
extern const pg_value ir_pairs_keys, ir_pairs_values;
bool ir_is_half(const pg_value *key);
/* Likewise: what a look-up in it is made of. A table of the pairs that are found before an __index function is asked; that function,
 * and the table that it is given, or nil where none is. */
enum { IR_PART_OWN = 1, IR_PART_BY, IR_PART_OF };
extern const pg_value ir_parts;
/* No value that a program has, either. Among the arguments of print: behind it come a format, how many values it takes, and those.
 * As the last argument of the call that formats: it only looks at them. */
extern const pg_value ir_format_values;
/* What Lua says where a loop has no table to go over, or nothing to call; %s: of what kind it is. */
#define IR_NO_TABLE "bad argument #1 to 'for iterator' (table expected, got %s)"
#define IR_NO_ITERATOR "attempt to call a %s value (for iterator 'for iterator')"
/* A copy of k in the unit's arena, its text included. */
const pg_value *ir_const(struct ir_unit *u, pg_value k);

static inline struct ir_ins *ir_at(const struct ir_fn *f, ir_ref r) { return &f->ins[r]; }
static inline struct ir_block *ir_block(const struct ir_fn *f, ir_blk b) { return &f->blocks[b]; }

/* Is v an argument of the instruction, or of one of its edges? */
bool ir_uses(const struct ir_ins *i, ir_ref v);

/* r as it was before tests told something of it. */
static inline ir_ref ir_untested(const struct ir_fn *f, ir_ref r)
{
	while (ir_at(f, r)->op == IRO(pi))
		r = ir_at(f, r)->args[0];
	return r;
}

/* & | ~ << >>: of these Lua's texts have no metamethod. */
static inline bool ir_is_bitwise(enum ir_op op)
{
	return op == IRO(band) || op == IRO(bor) || op == IRO(bxor) || op == IRO(shl) || op == IRO(shr) || op == IRO(bnot);
}

static inline bool ir_calls_fn(const struct ir_ins *i)
{
	return i->op == IRO(helper) && i->aux >= IR_CALL_FN && i->aux < IR_CALL_KFUNC;
}

/* ---- analysis ---- */

void ir_order(struct ir_fn *f);      /* rpo, order, preds, loop */
void ir_need_order(struct ir_fn *f); /* the same, unless it still holds */
void ir_need_tree(struct ir_fn *f);  /* that, and idom and ir_dominates, unless they still hold */
bool ir_dominates(const struct ir_fn *f, ir_blk a, ir_blk b);
/* Every use of value `from` becomes `to[from]` where that is not 0 (chains followed). */
void ir_rename(struct ir_fn *f, const ir_ref *to);

/* ---- text ---- */

const char *ir_print(struct ir_unit *u);                /* in the unit's arena */
/* Reads what ir_print wrote. NULL and a sentence in err (arena) with the line on failure. */
struct ir_unit *ir_read(struct arena *a, struct diag_list *diag, const struct ir_target *t,
			const char *text, const char **err);
/* NULL when the unit is well formed, else what is wrong: "f0 b3 v17 add64: argument v12 does not
 * dominate it". */
const char *ir_check(struct ir_unit *u);
const char *ir_kinds_text(struct ir_unit *u, uint64_t kinds); /* "nil|int", "~nil|false", "any" */
/* The set of kinds that ir_kinds_text calls by this one name ("int", "bool"), or 0. */
uint64_t ir_kinds_named(const struct ir_unit *u, const char *name, size_t n);
/* What Lua calls a kind in messages: "nil", "boolean", "number", "string", "function", "table",
 * or a view's name. */
const char *ir_kind_lua(const struct ir_unit *u, unsigned kind);

#endif
