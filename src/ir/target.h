/*
 * target.h - what the passes know of hooks, packets and library functions: data, filled in by
 * hook/, net/ and stdlib/. No pass names a hook, a protocol or a library function.
 */
#ifndef IR_TARGET_H
#define IR_TARGET_H

#include "ir/ir.h"

struct lw;
struct lw_val;
struct infer;
struct cparam;

/* A library function or method: one row. */
struct ir_lib {
	const char *name;     /* functions: "math.ult"; methods: "u16", "add" */
	int8_t min, max;      /* arguments, self not counted; max -1: any number */
	uint64_t args[4];     /* kinds each argument may have (0: any); the last row repeats. A value
				 that cannot be one is refused; that may not be one is checked */
	uint64_t ret;         /* kinds of its one result; 0: none */
	uint32_t cap;         /* of a str result */
	uint32_t effects;     /* IR_E_*; pure functions of constants are folded. And IR_CAP_*: what of the
				 hook it lives by */
	/* Beyond .args/.ret, or NULL. Fills *out (result 0); false: refused, diagnostics given.
	 * a[0] is self for methods. out->k set: the call is that constant and is not lowered. */
	bool (*type)(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out);
	/* Emits it. args as typed above; out: one result (out->kinds is preset to what infer found). */
	void (*lower)(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
	uint32_t imm;         /* the row's own: a width, an offset, an enum ir_expand ... */
	const char *what;     /* one line of documentation */
};

/* What programs of a hook have beyond their arguments. */
enum {
	IR_CAP_TASK = 1 << 8,   /* a process that they run for */
	IR_CAP_MEMORY = 1 << 9, /* any memory of the kernel and of that process, to read */
	IR_CAP_SOCKET = 1 << 10, /* the packet's socket, which it may have: ctx_socket */
	IR_CAP_INODE = 1 << 11, /* an inode; no hook yet */
	IR_CAPS = IR_CAP_TASK | IR_CAP_MEMORY | IR_CAP_SOCKET | IR_CAP_INODE,
};

/* What else a row may say beside its effects; all bits in one place, for they share a word with IR_CAPS. */
enum {
	/* It gives several results. `out` of its callbacks is then an array of IR_RESULTS; `type` fills one for each
	 * result, all others stay without kinds; all of them filled: there may be more. */
	IR_SEVERAL = 1 << 12,
	/* It may give fewer, as Lua's does: one of several, or none instead of one; none of several. */
	IR_FEWER = 1 << 13, IR_NONE = 1 << 14,
	/* It does something, but what it gives must be used for it to mean anything. */
	IR_MATTERS = 1 << 15,
	/* Its first argument is a key of the map that it is a method of. */
	IR_KEYED = 1 << 16,
	/* It raises nothing, whatever it is given. */
	IR_CALM = 1 << 17,
	/* It moves the packet's bytes, and no view of them but the packet itself outlives it. */
	IR_MOVES = 1 << 18,
	/* Its result is a text, or nil, by the kind of its one argument alone. */
	IR_TELLS = 1 << 19,
	/* It looks at the bytes of a text that it is given (as functions of strings do). */
	IR_BYTES = 1 << 20,
	/* It gives an integer of imm % 16 bytes without a sign, or nil; the least of its arguments. */
	IR_UNSIGNED = 1 << 21, IR_LEAST = 1 << 22,
	/* It gives a part of argument 0, from argument 1 to argument 2: of the last one `most` is then 1 more than the most bytes
	 * of that, by what is known of the two; 0: nothing. */
	IR_PART = 1 << 23,
	/* It checks the kind of each argument itself, when it has done with those before. */
	IR_IN_TURN = 1 << 24,
	/* What it makes is as long as its integers can get: it wants to know how great they are at most. */
	IR_BOUNDED = 1 << 25,
	/* It sends its arguments to the user half; what follows ir_format_values there is formatted there. */
	IR_PRINTS = 1 << 26,
	/* It computes with floats where it is given no integers: a text is one to it, whatever it says. */
	IR_REAL = 1 << 27,
	/* Its argument 0 (a format), or 1 (a pattern), must be known when it is compiled. */
	IR_FORMAT = 1 << 28, IR_PATTERN = 1 << 29,
};

/* As what a function of Lua's library takes a text that it is given instead of a number; or (IR_AS_TEXT) a number instead of a
 * text. */
enum ir_taken { IR_NOT_TAKEN, IR_AS_INTEGER, IR_AS_FLOAT, IR_AS_NUMBER, IR_AS_TEXT };

enum { IR_RESULTS = 35 };

/* Rows without type and lower are control flow: their calls become branches before anything is
 * lowered; imm says which. */
enum ir_expand {
	IR_EXPAND_ASSERT, IR_EXPAND_SELECT, IR_EXPAND_ERROR, IR_EXPAND_PCALL, IR_EXPAND_XPCALL, IR_EXPAND_LOCKED,
	IR_EXPAND_PAIRS, IR_EXPAND_IPAIRS, IR_EXPAND_NEXT, IR_EXPAND_STEP, IR_EXPAND_GMATCH, IR_EXPAND_PACK, IR_EXPAND_UNPACK, IR_EXPAND_INSERT,
	IR_EXPAND_RAWEQUAL, IR_EXPAND_HANDLE,
};
static inline bool ir_lib_expands(const struct ir_lib *row) { return !row->type && !row->lower; }
/* May the number of its arguments differ by the way taken? */
static inline bool ir_lib_takes_padded(const struct ir_lib *row)
{
	return ir_lib_expands(row) && (row->imm == IR_EXPAND_SELECT || row->imm == IR_EXPAND_PCALL);
}

/* A field of a view: one row. */
struct ir_field {
	const char *name;
	uint64_t kinds;       /* what reading gives; 0: kernel code cannot read it, `fixed` says why or what else */
	uint32_t cap;         /* greatest length of a str */
	void (*get)(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out);
	/* Assigns v, which is of a kind in `takes` or raises. NULL: cannot be assigned. */
	void (*set)(struct lw *w, const struct ir_field *f, const struct lw_val *obj, const struct lw_val *v);
	uint64_t takes;       /* kinds it can be assigned */
	uint8_t bits;         /* of an integer that is assigned: 0 to 2^bits - 1 */
	bool walks;           /* reading goes through other bytes, to another view or to its end */
	bool tunnel;          /* reading leads into a packet within the packet */
	bool leads;           /* what other views are found by: assigning may change what walks find */
	bool carries;         /* likewise, but of what this view carries alone, in the rows that ... */
	bool carried;         /* ... are `carried`: a port says whether it is there */
	bool beside;          /* it lies beside the packet's bytes: assigning changes none of them */
	const char *fixed;    /* without set: what to do instead */
	const char *address;  /* of a number that is the address of something: what is said where it is indexed */
	const void *arg;      /* the row's own data, for get, set and the twin */
};

/* What is refused with help from a field's `fixed` and from a target's `read_only`: rows stand where those do. */
#define IR_FIELD_FIXED "the field '%s' of %s cannot be assigned"
#define IR_READ_ONLY "packets cannot be written here"

/* A type of view. Its kind is IR_VIEW0 + its row in target->views. */
struct ir_view {
	const char *name;     /* "pkt", "ipv4" */
	const char *kind;     /* what messages call a value of it; NULL: its name */
	const char *use;      /* how it is used: advice where it is taken for something else; NULL: by its fields */
	uint8_t words;        /* machine words that represent one */
	bool is_str_like;     /* #v, v:byte ... are bytes of the packet */
	/* Where its bytes are, as strings have them; NULL: it has none, or not all of them. */
	void (*bytes)(struct lw *w, const struct lw_val *obj, ir_ref *off, ir_ref *len);
	const struct ir_field *fields; /* ends with a NULL name */
	const struct ir_lib *methods;  /* ends with a NULL name */
	void (*len)(struct lw *w, const struct lw_val *obj, struct lw_val *out); /* #v, or NULL */
	const struct ir_lib *at; /* v[k] where k is no name: a row of one argument, or NULL */
	uint32_t count;          /* ... v[0] to v[count - 1] are there; 0: not known */
	const void *own;         /* the room's own data: of a header, its protocol table */
	/* What field f holds where the header of this name is next; -1: it does not say. NULL: no field does. For messages only. */
	int64_t (*number)(const struct ir_view *v, const struct ir_field *f, const char *name);
	/* How many bytes one has at least; NULL: none. For warnings only. */
	uint32_t (*least)(const struct ir_view *v);
	uint64_t carried_by;     /* kinds of the views that a packet with this one has, too: for warnings only */
};

/* How the kernel moves an end of a packet: (ctx, difference) or (ctx, new length, 0) -> 0. */
struct ir_move {
	uint32_t helper;      /* 0: it does not */
	bool to;              /* it takes the length */
	uint32_t most;        /* how long the kernel's test run lets a packet get, and the twin likewise */
};

struct ir_verdict { int64_t neutral, native; };

enum { IR_PARAMS = 8 };

struct ir_target {
	const char *hook;              /* "xdp" */
	uint32_t prog_type, attach_type; /* bpf(2)'s numbers */
	uint32_t nparams;              /* what the Lua function receives ... */
	uint64_t params[IR_PARAMS];    /* ... and each one's kinds */
	void (*param)(struct lw *w, uint32_t i, struct lw_val *out); /* emits one; NULL: they take no words */
	const struct cparam *types;    /* of parameters that are a C function's */
	const char *params_help;       /* more parameters than these are refused, with this advice; NULL: they
					  are nil */
	const struct ir_view *const *views; /* NULL-terminated */
	const struct ir_verdict *verdicts;  /* ends with neutral 0 */
	int64_t default_verdict;       /* neutral; nil means it */
	bool integer_results;          /* a plain integer is a result of its own (bytes to keep) ... */
	int64_t integer_most;          /* ... from 0 to this; 0: any */
	int64_t if_true, if_false;     /* neutral: what booleans mean; 0: they are no results */
	const char *results;           /* what to return instead of what is none; NULL: a verdict */
	uint32_t caps;                 /* IR_CAP_* */
	uint32_t ctx_socket;           /* IR_CAP_SOCKET: where in the context the pointer to it is */
	void (*enter)(struct lw *w);   /* emits what every program starts with, or NULL */
	const struct ir_lib *libs;     /* library functions, ends with a NULL name */
	const struct ir_lib *const *map_rows; /* by enum pg_map_role: methods and rows, "get" "set" "add" ... */
	const struct ir_lib *addr_rows; /* methods of ip4, ip6 and mac values */
	const struct ir_lib *cidr_rows; /* methods of prefixes */
	const struct ir_lib *str_rows; /* methods of strings, and of views as far as those have none of the name */
	/* Of those whose first argument, a format, says how many others they need: 1: more than `given`, *before is then what comes before
	 * the one that lacks; 0: no more (any other row, too); negative: that is not known. */
	int (*lacks)(const struct ir_lib *row, const pg_value *format, uint32_t given, pg_value *before);
	/* As what it takes argument i where that is a text, or a number in the place of one; `first` is the first one, where that is known. */
	enum ir_taken (*takes)(const struct ir_lib *row, const pg_value *first, uint32_t i);
	/* Is it the row that makes a text by a format, and this one that only the user half can follow? */
	bool (*prints)(const struct ir_lib *row, const pg_value *format);
	/* how packet bytes are reached */
	uint32_t ctx_data, ctx_data_end;  /* offsets of u32 data, data_end in the context */
	uint32_t helper_load_bytes;       /* (ctx, offset, to, len) -> 0: for copy access; 0: none */
	uint32_t helper_store_bytes;      /* (ctx, offset, from, len) -> 0: likewise */
	/* Does the checksum of its own header even out what is assigned, in sums that cover both? */
	bool (*evens_out)(const struct ir_target *t, unsigned kind, const struct ir_field *f);
	/* Where the kernel keeps sums of its own: which fields can be stored directly all the same ... */
	bool (*stores_directly)(unsigned kind, const struct ir_field *f);
	uint32_t unsummed;                /* ... the first bytes, which it does not sum (the store helper then
					     has flags, too: 1: its sum is to be kept) */
	uint32_t helper_l4_csum;          /* (ctx, offset, 0, difference, flags) -> 0: a checksum there */
	uint32_t helper_csum_update;      /* (ctx, difference): its sum, after a direct store that no checksum evens out */
	const char *read_only;            /* why packets cannot be written here; NULL: they can */
	bool spin_locks;                  /* entries of maps can be locked */
	uint32_t helper_redirect;         /* (ifindex, flags): out through a device; 0: none */
	bool redirects_in;                /* its flags may be BPF_F_INGRESS */
	uint32_t helper_redirect_map;     /* (map, key, flags) -> 0: there is no key; 0: none */
	uint32_t helper_redirect_sockmap; /* (ctx, map, key, flags) -> 1: to the socket there; 0: none */
	uint32_t helper_redirect_sockhash; /* (ctx, map, pointer to key, flags): likewise */
	uint32_t helper_clone;            /* (ctx, ifindex, flags) -> 0: a copy of the packet; 0: none */
	struct ir_move move_head, move_tail;
	uint32_t helper_sk_assign;        /* (ctx, socket, flags) -> 0: it has the connection; 0: none */
	uint32_t helper_pkt_len;          /* helper that gives the frame's length; 0: data_end - data, or ... */
	bool has_len;                     /* ... the u32 at ctx_len */
	uint32_t ctx_len;
	uint32_t helper_pull;             /* (ctx, n) -> 0: what lies in pieces in one; 0: nothing ever does */
	const uint8_t *repeatable;        /* helpers whose calls change nothing; ends with 0 (with pull) */
};

/* Verdicts, or integers, or nothing at all: then the program ends with 0. */
static inline bool ir_has_results(const struct ir_target *t)
{
	return t->integer_results || (t->verdicts && t->verdicts->neutral);
}

/* Is it one of t->str_rows? */
bool ir_row_of_string(const struct ir_target *t, const struct ir_lib *row);
/* What the first of the capabilities in `missing` is refused with: its text takes the row and the hook. */
const struct refusal *ir_cap_refusal(uint32_t missing);
/* The row by name, or NULL. */
const struct ir_lib *ir_lib_find(const struct ir_lib *rows, const char *name);
const struct ir_field *ir_field_find(const struct ir_view *v, const char *name);
const struct ir_view *ir_view_of(const struct ir_target *t, unsigned kind);
/* What is said where a view has no such field or method, and the nearest one that it has, or NULL. */
const char *ir_no_field(struct arena *a, const struct ir_view *v, const char *name);
const char *ir_nearest_field(const struct ir_view *v, const char *name);
/* The nearest of the names that this one may be a slip of the hand for, or NULL: for "did you mean". */
const char *ir_nearest(const char *name, const char *const *names, uint32_t n);

#endif
