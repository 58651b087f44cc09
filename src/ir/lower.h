/*
 * lower.h - the hand-hold of lowering: what rows of stdlib/ and net/ use to emit machine operations.
 *
 * There is always a current block. Emitting appends to it; a branch ends it, and lw_enter opens the
 * next. A Lua value is a `lw_val`: its set of kinds and, by them, the words that represent it:
 *
 *   kinds == one kind          no tag; the kind's payload words
 *   several kinds              a tag word (LW_TAG: the kind's number) and as many words as the
 *                              widest kind needs; unused words are 0
 *   constants                  k set; words are made when first needed
 *
 * Payload words: nil false true 0 · int 1 · ip4 1 (4 bytes as loaded) · mac 1 (6 bytes as loaded,
 * little end first) · ip6 2 (two 8-byte loads) · str (cap + 7) / 8 (bytes as loaded, padded with
 * zeros) · text 1 (length) and those of str, which may hold zeros · slice 2 (offset in the packet,
 * length) · long 2 (offset in scratch memory, length) · entry 1 (pointer to the map value) · map 1 (its address) · views: target->views[].words.
 */
#ifndef IR_LOWER_H
#define IR_LOWER_H

#include "ir/ir.h"
#include "core/refusal.h"
#include "ir/target.h"

struct ct_field;
struct map_shape;

enum { LW_MAXSTR = 64, LW_MAXLONG = 4096, LW_MAXWORDS = 1 + LW_MAXSTR / 8, LW_IMMS = 64 };

struct lw_val {
	uint64_t kinds;
	const pg_value *k;          /* constant */
	ir_ref tag;                 /* several kinds: word that holds the kind's number */
	uint8_t n;                  /* words in w */
	ir_ref w[LW_MAXWORDS];
	uint32_t cap;               /* str, text, long */
	const struct ctype *layout; /* entry */
	uint32_t model;             /* map */
	uint32_t most;              /* slice */
	uint32_t below;             /* int: what it is less than, and not negative; 0: that is not known */
	ir_ref def;                 /* rec: the Lua-level `record` instruction */
};

struct lw {
	struct ir_unit *unit;
	struct ir_fn *from;         /* Lua level */
	struct ir_fn *fn;           /* machine level, being made */
	ir_blk cur;                 /* 0 after a block was ended */
	uint32_t site;              /* source position of what is being lowered */
	struct lw_val *val;         /* by Lua-level value */
	ir_blk *block;              /* by Lua-level block: where it begins */
	uint32_t *uses;             /* likewise */
	struct lw_val **results;    /* likewise: of calls that give several */
	ir_ref *each;               /* by each, subcall: the mapeach or subcall that it became; NULL: there is none */
	struct lw_val **subs;       /* by shared body: its results, as words from 1 */
	ir_blk error_exit;
	ir_ref ctx;
	const struct ir_ins *at;    /* the Lua instruction being lowered (names of operands) */
	unsigned operand;           /* of it, from 1, that an error being made names; 0: none */
	ir_ref imms_at;             /* constants go before it, in the entry block; 0: to where they are used */
	ir_ref imm_of[LW_IMMS];     /* by a hash of the value: the constant made last */
	struct lw_known *known;     /* lw_remember */
	struct lw_question *questions; /* lower_message_is */
	struct lw_scratch *scratch; /* lower_long.c; NULL: no long string is made */
	struct { ir_blk join; ir_ref br; } flag; /* what lw_bool made last */
};

/* ---- words ---- */
ir_ref lw_imm(struct lw *w, int64_t v);
ir_ref lw_op1(struct lw *w, enum ir_op op, ir_ref a);
ir_ref lw_op2(struct lw *w, enum ir_op op, ir_ref a, ir_ref b);
ir_ref lw_op2i(struct lw *w, enum ir_op op, ir_ref a, int64_t b);
ir_ref lw_ctx(struct lw *w);
ir_ref lw_load(struct lw *w, unsigned bytes, ir_ref ptr, int64_t off);   /* 1, 2, 4, 8; zero extended */
ir_ref lw_loadp(struct lw *w, ir_ref ptr, int64_t off);                    /* a pointer */
void lw_store(struct lw *w, unsigned bytes, ir_ref ptr, int64_t off, ir_ref v);
ir_ref lw_slot(struct lw *w, uint32_t size, uint32_t align);              /* address of new stack bytes */
ir_ref lw_mapfd(struct lw *w, uint32_t map);
ir_ref lw_map(struct lw *w, const struct lw_val *v);                       /* a map, as a helper's argument ... */
void lw_map_shape(const struct lw *w, const struct lw_val *v, struct map_shape *out); /* ... and what it is like */
ir_ref lw_mapval(struct lw *w, uint32_t map, int64_t off);
ir_ref lw_fact(struct lw *w, uint32_t id); /* a helper without arguments that says the same all the time */
ir_ref lw_helper(struct lw *w, uint32_t id, uint32_t n, const ir_ref *args);
ir_ref lw_pktload(struct lw *w, unsigned bytes, ir_ref ptr, ir_ref off, int64_t k);
/* even: a checksum in the packet changes by as much */
void lw_pktstore(struct lw *w, unsigned bytes, bool even, ir_ref ptr, ir_ref off, int64_t k, ir_ref v);
ir_ref lw_pktlen(struct lw *w);

/* Words that every way to here has made already: what was remembered by a key in this Lua instruction or in
 * one that dominates it. Only what an access makes of a receiver of one kind, before it branches, is kept. */
bool lw_recall(struct lw *w, const void *key, ir_ref words[2]);
void lw_remember(struct lw *w, const void *key, ir_ref a, ir_ref b);

/* ---- control ---- */
ir_blk lw_block(struct lw *w, uint32_t nparams);  /* a new block; not entered */
ir_ref lw_param(struct lw *w, ir_blk b, uint32_t i);
void lw_enter(struct lw *w, ir_blk b);
void lw_jmp(struct lw *w, ir_blk b, uint32_t n, const ir_ref *args);
void lw_br(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, ir_blk yes, ir_blk no); /* blocks without parameters */
void lw_bri(struct lw *w, enum ir_cc cc, ir_ref a, int64_t b, ir_blk yes, ir_blk no);
/* Pointer to packet bytes [off, off + size): continues in a new block where it may be used; goes
 * to `absent` (no parameters) when they are not all inside. size may be 0 (is off within?). */
ir_ref lw_pkt(struct lw *w, ir_ref off, int64_t size, ir_blk absent);

/* ---- errors: text as Lua says it, without position ---- */
/* That what is lowered raises e: warnings say so. */
void lw_note_origin(const struct lw *w, struct ir_error *e);
/* number: of the error, a word; a guard catches it, or it ends the program */
void lw_raise_number(struct lw *w, ir_ref number);
void lw_raise(struct lw *w, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* ends the block */
void lw_raise_if(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));  /* goes on in a new block */
/* " (local 'n')" for operand i of the instruction being lowered, or "". */
const char *lw_operand_name(struct lw *w, unsigned i);
/* What Lua calls the function that is called, in "bad argument #1 to 'fmod'": as the call names it, or the
 * row's whole name where pcall calls it. */
const char *lw_callee_name(const struct lw *w, const struct ir_lib *row);

/* ---- values ---- */
struct lw_val lw_nil(void);
struct lw_val lw_bool_const(bool b);
struct lw_val lw_int(ir_ref word);
struct lw_val lw_words(unsigned kind, uint32_t n, const ir_ref *words); /* of one kind */
struct lw_val lw_const(struct lw *w, const pg_value *k);
struct lw_val lw_bool(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b);  /* a comparison as a value */
/* word i of a constant, as memory would hold it */
int64_t lw_const_word(const pg_value *k, unsigned i);
/* word i of v, which is of one kind (constants included) */
ir_ref lw_word(struct lw *w, const struct lw_val *v, unsigned i);
/* the word of an int; ip4 ... */
static inline ir_ref lw_int_word(struct lw *w, const struct lw_val *v) { return lw_word(w, v, 0); }
/* the integer of the word of a mac, and the word of a mac of its integer: bytes the other way round */
ir_ref lw_mac_turned(struct lw *w, ir_ref v);
/* v with its kinds cut down to `kinds`, which it is known to be of here */
struct lw_val lw_narrow(struct lw *w, const struct lw_val *v, uint64_t kinds);
/* v as a value of more kinds (representation `as`: kinds, cap) */
struct lw_val lw_widen(struct lw *w, const struct lw_val *v, const struct lw_val *as);
/* Branches on whether v is of one of the kinds; blocks without parameters. */
void lw_br_kind(struct lw *w, const struct lw_val *v, uint64_t kinds, ir_blk yes, ir_blk no);
/* Branches on whether the first n words are equal. Ends the block. */
void lw_equal_words(struct lw *w, const struct lw_val *a, const struct lw_val *b, unsigned n, ir_blk yes, ir_blk no);
/* Branches on a < b, as Lua compares any two values; raises where it does. Ends the block. */
void lw_less(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no);
/* Where v may be of other kinds than `kinds`, raises the text made of fmt, in which %K stands for
 * what Lua calls the kind found; goes on with v narrowed. `must`: v cannot be one at all. */
struct lw_val lw_check_kind(struct lw *w, const struct lw_val *v, uint64_t kinds, const char *fmt);

/* A place where values of several kinds meet: make, add from each block (ends it), then end. */
struct lw_join {
	ir_blk block;
	struct lw_val as;
};
struct lw_join lw_join_new(struct lw *w, uint64_t kinds, uint32_t cap);
void lw_join_add(struct lw *w, struct lw_join *j, const struct lw_val *v);
struct lw_val lw_join_end(struct lw *w, struct lw_join *j);

/* ---- strings ---- */

/* Bytes of a string that lie somewhere: `len` of them from `off` of the packet, or of memory: the stack (where it
 * is 0), or scratch memory (`far`). */
struct lw_str {
	ir_ref off, len, slot;
	ir_ref mask;                /* of memory: what of an offset counts */
	bool far;
	const ir_ref *words;        /* of those on the stack */
	uint32_t most;              /* no more than that */
};
enum { LW_STR_MOST = 0xffff };      /* of strings of which no more is known; further no packet is read */

/* Of a string of one kind, or of a view with bytes. */
struct lw_str lw_str_of(struct lw *w, const struct lw_val *v);
struct lw_val lw_slice(ir_ref off, ir_ref len, uint32_t most);
/* Length of a string of any kind. */
ir_ref lw_str_len(struct lw *w, const struct lw_val *v);
/* What `make` makes, a string of the kind `as`, of each kind that v may be of. */
typedef struct lw_val lw_str_fn(struct lw *w, const struct lw_val *v);
struct lw_val lw_str_each(struct lw *w, const struct lw_val *v, unsigned as, uint32_t cap, lw_str_fn *make);
/* The kinds `from` of v as `make` makes them, of the kind `as`; others as they are. cap: of all that are texts then. */
struct lw_val lw_remade(struct lw *w, const struct lw_val *v, uint64_t from, unsigned as, uint32_t cap, lw_str_fn *make);
/* The string that v is, of one kind, of scratch memory where it may be long and one of several: views become slices. */
struct lw_val lw_str_one(struct lw *w, const struct lw_val *v);
/* v with slices of their bytes where it may be a view. */
struct lw_val lw_str_slices(struct lw *w, const struct lw_val *v);
/* Is a string of these kinds, slices with so many bytes, one of scratch memory, once it is one of a single kind? */
static inline bool lw_str_far(uint64_t kinds, uint32_t most)
{
	if (kinds & IR_BIT(IR_LONG))
		return true;
	bool many = kinds & IR_VIEWS || (kinds & IR_BIT(IR_SLICE) && most > LW_MAXSTR);
	return many && kinds & (IR_BIT(IR_STR) | IR_BIT(IR_TEXT));
}
/* The byte at offset `at`, which lies in s. */
ir_ref lw_str_byte(struct lw *w, const struct lw_str *s, ir_ref at);
/* The unsigned integer of 1 to 8 bytes there, all of which lie in s. */
ir_ref lw_str_int(struct lw *w, const struct lw_str *s, ir_ref at, unsigned size, bool big);
/* Branches on whether the n bytes at offset `at`, all of which lie in s, are these; n > 0. */
void lw_str_is(struct lw *w, const struct lw_str *s, ir_ref at, const char *bytes, uint32_t n, ir_blk yes,
	       ir_blk no);
/* Copies s to stack bytes, cap of them at ptr + off, all zero; what is longer goes to `longer`. */
void lw_str_copy(struct lw *w, const struct lw_str *s, ir_ref ptr, int64_t off, uint32_t cap, ir_blk longer);
/* A string as text of at most cap bytes (LW_MAXSTR), to `misfit` what is longer or holds a zero byte. */
struct lw_val lw_str_text(struct lw *w, const struct lw_val *v, uint32_t cap, ir_blk misfit);
/* The same, whatever bytes it has; zeros behind them. */
struct lw_val lw_str_bytes(struct lw *w, const struct lw_val *v, uint32_t cap, ir_blk misfit);
/* The words of a string of one kind, padded with zeros, and its length; what is longer than LW_MAXSTR goes to
 * `longer`. */
struct lw_val lw_str_words(struct lw *w, const struct lw_val *v, ir_ref *len, ir_blk longer);
/* Branches on a == b, a < b of two strings, each of one kind. End the block. */
void lw_str_equal(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no);
void lw_str_less(struct lw *w, const struct lw_val *a, const struct lw_val *b, bool or_equal, ir_blk yes, ir_blk no);
/* Strings made at run time. The most bytes that values of these kinds have as text; such a value as text;
 * several, one behind the other; an integer; its digits, unsigned, by base 8, 10 or 16. */
uint32_t lw_text_cap(uint64_t kinds, uint32_t cap, uint32_t most);
/* Likewise, of an integer below that; 0: any. */
uint32_t lw_text_cap_below(uint64_t kinds, uint32_t cap, uint32_t most, uint32_t below);
/* How many digits numbers below that have, to that base; 0: any number. */
uint32_t lw_digits_below(uint64_t end, unsigned base);
struct lw_val lw_text(struct lw *w, const struct lw_val *v);
struct lw_val lw_text_join(struct lw *w, uint32_t n, const struct lw_val *v, uint32_t cap); /* at most so long */
/* `len` bytes from offset `from` on of a string on the stack, at most `most`; of any string, as std_part_kind says. */
struct lw_val lw_text_part(struct lw *w, const struct lw_str *s, ir_ref from, ir_ref len, uint32_t most);
struct lw_val lw_str_part(struct lw *w, const struct lw_str *s, ir_ref from, ir_ref len, uint32_t most);
/* Stack bytes for a text of `most` bytes any of which may be looked at by a masked offset. */
uint32_t lw_text_room(uint32_t most);
/* A word with its first byte in the lowest bits, or back. */
ir_ref lw_text_bytes(struct lw *w, ir_ref word);
/* Not 0 where one of the word's bytes is. Of the first such byte, counted from the lowest, the high bit is set, and no bit
 * below it. */
ir_ref lw_zero_bytes(struct lw *w, ir_ref word);
/* Bytes of word i (the first is 0) that a text of that length has, as a mask. */
ir_ref lw_text_mask(struct lw *w, ir_ref len, unsigned i);
struct lw_val lw_text_int(struct lw *w, ir_ref n, uint32_t below);
/* Puts the `len` bytes (under 8) of `part` before those of the n words, the first byte lowest; other bytes of it are 0. */
void lw_text_push(struct lw *w, ir_ref *words, unsigned n, ir_ref part, ir_ref len);
/* The text of an IPv4 address in host order, so in words; its length. */
void lw_text_ip4_words(struct lw *w, ir_ref ip, ir_ref words[2], ir_ref *len);
/* a, but 0 where it is negative, and at most so much; no branches. */
ir_ref lw_at_least_0(struct lw *w, ir_ref a);
ir_ref lw_at_most(struct lw *w, ir_ref a, int64_t most);
/* Of n, without leading zeros: to base 8, 10 or 16, letters in capitals or not. It is below that; 0: it may be any. */
struct lw_digits { unsigned base; bool upper; uint64_t below; };
struct lw_val lw_text_digits(struct lw *w, ir_ref n, const struct lw_digits *d);
/* Texts of memory and those made at run time meet as the latter, short ones and long ones as long ones: the kinds of
 * such a value; a value as one of those kinds. */
static inline uint64_t lw_text_meets(uint64_t kinds)
{
	if (kinds & IR_BIT(IR_LONG))
		return kinds & ~(IR_BIT(IR_STR) | IR_BIT(IR_TEXT));
	return kinds & IR_BIT(IR_TEXT) ? kinds & ~IR_BIT(IR_STR) : kinds;
}
struct lw_val lw_text_as(struct lw *w, const struct lw_val *v, uint64_t kinds);
enum { LW_TEXTUAL = 1 << IR_NIL | 1 << IR_FALSE | 1 << IR_TRUE | 1 << IR_INT | 1 << IR_IP4 | 1 << IR_IP6 |
       1 << IR_MAC };
enum { LW_IP6_CAP = 39 };
struct lw_val lw_text_ip6(struct lw *w, const struct lw_val *v);
/* ---- long strings: in scratch memory ---- */
struct lw_val lw_long(ir_ref off, ir_ref len, uint32_t cap);
/* All that is a string in v, and what has a text, as one; what is longer than LW_MAXLONG raises. */
struct lw_val lw_long_of(struct lw *w, const struct lw_val *v);
struct lw_val lw_long_join(struct lw *w, uint32_t n, const struct lw_val *v, uint32_t cap);
/* Room for so many bytes, and for a text behind them: its offset. The address of an offset. */
ir_ref lw_long_room(struct lw *w, uint32_t bytes);
/* The same room as a number of the slot's byte; its offset; the address of the word that an offset is in. */
uint32_t lw_long_number(struct lw *w, uint32_t bytes);
ir_ref lw_long_in_slot(struct lw *w, uint32_t at);
ir_ref lw_long_word_at(struct lw *w, ir_ref off);
/* Address of new bytes, aligned to 8, in which no pointer is put: on the stack, or where that is too small, not there. */
ir_ref lw_room(struct lw *w, uint32_t bytes);
ir_ref lw_long_at(struct lw *w, ir_ref off);
struct lw_str lw_long_str(struct lw *w, const struct lw_val *v);
/* Word i of a string there, with all eight bytes. */
ir_ref lw_long_word(struct lw *w, const struct lw_str *s, unsigned i);
/* A copy of the char[N] or bytes[N] at ptr + off, of more than LW_MAXSTR bytes. */
struct lw_val lw_long_load(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off);
/* A loop over the words of `whole` bytes, a multiple of 8 and not 0, a turn each: what lies between the two calls. at: how far
 * the word is; seen: the same, where the verifier must see the whole word inside. */
struct lw_words { ir_blk head, end; ir_ref at, seen; };
struct lw_words lw_each_word(struct lw *w, uint32_t whole);
void lw_next_word(struct lw *w, const struct lw_words *k);
/* Has t such bytes? They are not read from the stack, where nothing is at an offset that changes. */
bool lw_long_within(const struct ctype *t);
/* The strings that v may be as long ones, what else it may be as it is. */
struct lw_val lw_long_strings(struct lw *w, const struct lw_val *v);
/* A copy of a string with each word, its first byte in the lowest bits, as `each` makes it; v n times, a word, with
 * `sep` between. */
typedef ir_ref lw_word_fn(struct lw *w, ir_ref word, const void *arg);
struct lw_val lw_long_map(struct lw *w, const struct lw_val *v, lw_word_fn *each, const void *arg);
struct lw_val lw_long_rep(struct lw *w, const struct lw_val *v, ir_ref n, const struct lw_val *sep, uint32_t cap);
/* Puts the bytes of v, if it is a long string, at the offset `to`: the next word's offset behind them. */
ir_ref lw_long_put(struct lw *w, ir_ref to, const struct lw_val *v);
/* Copies v's strings to the room: they are not what is made anew where they are now. Two rooms: to the other one. */
struct lw_val lw_long_keep(struct lw *w, const struct lw_val *v, ir_ref room);
/* The message that v is, of one kind, as a string in scratch memory. (opt/lower_error.c) */
enum { LW_MESSAGE = 512 };
struct lw_val lw_message_text(struct lw *w, const struct lw_val *v);
/* x when the comparison holds, else y. */
ir_ref lw_pick(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, ir_ref x, ir_ref y);

/* ---- typed memory ---- */
/* Stores v (already of a kind that t takes) as t at ptr + off. Does not fit: goes to `misfit`
 * (no parameters), or raises "value does not fit u8 (field 'x')" when misfit is 0. */
void lw_store_type(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off,
		   const struct lw_val *v, ir_blk misfit, const char *what);
/* Warns where the constant key is none of an array of so many entries; writes: else it is looked for. (opt/misfit.c) */
void lw_warn_element(struct lw *w, const struct lw_val *key, uint32_t entries, bool writes);
/* Where v can be stored as t, in a place of `bytes` bytes: the stack, or scratch memory when it is big or long texts are in v. */
ir_ref lw_store_room(struct lw *w, const struct ctype *t, uint32_t bytes, const struct lw_val *v);
/* n bytes as a word, the first in its lowest bits. */
ir_ref lw_load_bytes(struct lw *w, ir_ref ptr, int64_t off, unsigned n);
/* Loads a t from ptr + off. */
struct lw_val lw_load_type(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off);
/* The same for a struct's field, which may hold nil too; base: offset of the struct. */
struct lw_val lw_load_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base);
void lw_store_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base, const struct lw_val *v);
/* The fields of t from a record (what it lacks is 0, "" or nil), all bytes written. */
void lw_store_record(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off, const struct lw_val *rec);
struct ir_type type_of_memory(const struct ctype *t); /* what reading gives */
uint64_t lw_type_kinds(const struct ctype *t); /* what loading gives and storing takes */
/* Value of a record's field: its `record` instruction's argument, or NULL when it has none. */
const struct lw_val *lw_rec_field(struct lw *w, const struct lw_val *rec, const char *name);

/* ---- for type callbacks (infer) ---- */
struct ir_unit *infer_unit(struct infer *in);
/* What Lua calls the first of these kinds that t is of: "userdata", "table". */
const char *infer_called(const struct infer *in, const struct ir_type *t, uint64_t kinds);
/* The entry, which counts for nothing where nothing is said in this round. */
struct diag *infer_error(struct infer *in, uint32_t site, const char *help, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for what is legal Lua: a row of the table of refusals. */
#define infer_refuse(in, site, on, advice, text_, ...)                                             \
	infer_refuse_by(in, site, NULL, on, advice, text_, ##__VA_ARGS__)
/* With advice of its own, where that is not NULL. */
#define infer_refuse_by(in, site, own, on, advice, text_, ...)                                     \
	({                                                                                         \
		const struct refusal *refused_ = REFUSAL(on, advice, text_);                       \
		const char *own_ = (own);                                                          \
		diag_advise(infer_error(in, site, own_ ? own_ : refused_->help, text_, ##__VA_ARGS__), refused_); \
	})
/* May the field `name` that holds these kinds be given v? Diagnostics where it surely may not; of what is not known yet,
 * nothing is said. (opt/remedy.c) */
bool infer_held(struct infer *in, uint32_t site, const char *name, uint64_t holds, const struct ir_type *v);
/* Interns a constant in the unit's arena. */
const pg_value *infer_const(struct infer *in, pg_value v);

#endif
