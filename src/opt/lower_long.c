/*
 * lower_long.c - strings of more than 64 bytes, made at run time: up to 4096 in scratch memory.
 *
 * Scratch memory is a map of one value, cut into slots. A run claims one before it makes its first long string,
 * and gives it back on every way out (opt/scratch.c). A slot is claimed by counting up its first word, which the
 * run has if the count is then 1: so it does not matter who interrupts or preempts whom, or on which CPU.
 *
 * A long string is an offset in that map and a length, two numbers that may go anywhere; a part of one is the same,
 * nothing is copied. Only what looks at bytes makes an address of it, with the offset masked so that it lies in the
 * map whatever it is.
 *
 * Each place in the program that makes one has a room of its own in the slot, written anew each time. An older
 * string of the same place can only be known by a parameter of a loop or as the result of a shared body: what
 * goes there is copied (lower_long_kept).
 *
 * Bytes behind a string, up to the end of its last word, are of no meaning. Words are read and written at aligned
 * addresses only, as not every machine can do otherwise.
 */
#include "opt/lower.h"
#include "opt/passes.h"

#include "core/ctype.h"
#include "core/mutant.h"

enum {
	WORD = 8,
	COUNT_WORD = 8,        /* of a slot: what is counted */
	BEHIND = 80,           /* of a room: a text of 64 bytes may be put anywhere in it, in whole words */
	MOST_SLOT = 65536,
	MOST_MAP = 4 << 20,    /* older kernels have no bigger values */
	LEVELS = 4,            /* slots for each CPU: a task, and what may interrupt it */
	TRIES = 16,
	HELPER_CPU = 8,
};

/* A parameter of a loop that may be a long string: its two rooms. */
struct kept { ir_ref param; uint32_t room[2]; };

struct lw_scratch {
	ir_ref base;           /* offset of the run's slot: known when all is lowered */
	ir_ref mask, words;    /* constants, set then: of an offset, and of that of a word */
	uint32_t used;
	struct kept *kept;
	uint32_t nkept, cap_kept;
};

static ir_ref placeholder(struct lw *w)
{
	ir_ref r = ir_ins_new(w->fn, IRO(imm), 0, NULL);
	ir_insert_before(w->fn, w->imms_at, r);
	return r;
}

static struct lw_scratch *scratch(struct lw *w)
{
	struct ir_unit *u = w->unit;
	if (w->scratch)
		return w->scratch;
	struct lw_scratch *s = w->scratch = arena_new(u->scratch, struct lw_scratch);
	s->base = ir_ins_new(w->fn, IRO(imm), 0, NULL);
	s->mask = placeholder(w);
	s->words = placeholder(w);
	s->used = COUNT_WORD;
	u->scratch_map.map = u->nmaps;
	arena_push(u->arena, u->maps, u->nmaps, u->cap_maps, NULL);
	return s;
}

/* ---- places ---- */

uint32_t lw_long_number(struct lw *w, uint32_t bytes)
{
	struct lw_scratch *s = scratch(w);
	uint32_t at = s->used;
	s->used += (bytes + WORD - 1) / WORD * WORD + BEHIND;
	return at;
}

ir_ref lw_long_in_slot(struct lw *w, uint32_t at)
{
	return lw_op2i(w, IRO(add64), scratch(w)->base, at);
}

ir_ref lw_long_room(struct lw *w, uint32_t bytes)
{
	return lw_long_in_slot(w, lw_long_number(w, bytes));
}

ir_ref lw_long_at(struct lw *w, ir_ref off)
{
	ir_ref inside = lw_op2(w, IRO(and64), off, scratch(w)->mask);
	return lw_op2(w, IRO(add64), lw_mapval(w, w->unit->scratch_map.map, 0), inside);
}

ir_ref lw_long_word_at(struct lw *w, ir_ref off)
{
	ir_ref inside = lw_op2(w, IRO(and64), off, scratch(w)->words);
	return lw_op2(w, IRO(add64), lw_mapval(w, w->unit->scratch_map.map, 0), inside);
}

ir_ref lw_room(struct lw *w, uint32_t bytes)
{
	enum { SMALL = 16 };
	if (!w->unit->roomy || bytes <= SMALL)
		return lw_slot(w, bytes, WORD);
	return lw_long_word_at(w, lw_long_room(w, bytes));
}

struct lw_val lw_long(ir_ref off, ir_ref len, uint32_t cap)
{
	struct lw_val v = lw_words(IR_LONG, 2, (ir_ref[]){ off, len });
	v.cap = cap;
	return v;
}

struct lw_str lw_long_str(struct lw *w, const struct lw_val *v)
{
	return (struct lw_str){ .off = lw_word(w, v, 0), .len = lw_word(w, v, 1), .most = v->cap, .far = true,
				.slot = lw_mapval(w, w->unit->scratch_map.map, 0), .mask = scratch(w)->mask };
}

/* ---- words at any place ---- */

static ir_ref bits_of(struct lw *w, ir_ref off)
{
	return lw_op2i(w, IRO(shl64), lw_op2i(w, IRO(and64), off, WORD - 1), 3);
}

/* Bytes of `low` from `bits` on, and of `high` behind them. */
static ir_ref across(struct lw *w, ir_ref low, ir_ref high, ir_ref bits)
{
	ir_ref left = lw_op2(w, IRO(sub64), lw_imm(w, 63), bits);
	ir_ref up = lw_op2(w, IRO(shl64), lw_op2i(w, IRO(shl64), high, 1), left);
	return lw_op2(w, IRO(or64), lw_op2(w, IRO(shr64), low, bits), up);
}

static ir_ref word_from(struct lw *w, ir_ref off, unsigned i)
{
	ir_ref at = lw_long_word_at(w, off);
	ir_ref low = lw_text_bytes(w, lw_load(w, WORD, at, WORD * i));
	return across(w, low, lw_text_bytes(w, lw_load(w, WORD, at, WORD * i + WORD)), bits_of(w, off));
}

ir_ref lw_long_word(struct lw *w, const struct lw_str *s, unsigned i)
{
	return lw_text_bytes(w, word_from(w, s->off, i));
}

/* The bytes before `off` in its word. */
static ir_ref bytes_before(struct lw *w, ir_ref off)
{
	ir_ref below = lw_op2i(w, IRO(sub64), lw_op2(w, IRO(shl64), lw_imm(w, 1), bits_of(w, off)), 1);
	return lw_op2(w, IRO(and64), lw_text_bytes(w, lw_load(w, WORD, lw_long_word_at(w, off), 0)), below);
}

/* What does not fit the word that a word was put into, at `bits`. */
static ir_ref carried(struct lw *w, ir_ref word, ir_ref bits)
{
	return lw_op2(w, IRO(shr64), lw_op2i(w, IRO(shr64), word, 1), lw_op2(w, IRO(sub64), lw_imm(w, 63), bits));
}

/* ---- putting bytes at an offset ---- */

static void put_text(struct lw *w, ir_ref to, const struct lw_val *text)
{
	ir_ref at = lw_long_word_at(w, to), bits = bits_of(w, to), carry = bytes_before(w, to);
	for (unsigned i = 1; i < text->n; i++) {
		ir_ref word = lw_text_bytes(w, text->w[i]);
		ir_ref low = lw_op2(w, IRO(or64), carry, lw_op2(w, IRO(shl64), word, bits));
		lw_store(w, WORD, at, WORD * (i - 1), lw_text_bytes(w, low));
		carry = carried(w, word, bits);
	}
	lw_store(w, WORD, at, WORD * (text->n - 1u), lw_text_bytes(w, carry));
}

/* Of a text known when it is compiled, each word that it begins in is known, too. */
static void put_const(struct lw *w, ir_ref to, const pg_value *k)
{
	struct lw_val part = { .kinds = IR_BIT(IR_TEXT) };
	for (uint32_t at = 0; at < k->n; at += LW_MAXSTR) {
		uint32_t n = k->n - at < LW_MAXSTR ? k->n - at : (uint32_t)LW_MAXSTR;
		part.n = (uint8_t)(1 + (n + WORD - 1) / WORD);
		for (unsigned i = 0; i < (n + WORD - 1) / WORD; i++)
			part.w[1 + i] = lw_imm(w, lw_const_word(k, at / WORD + i));
		put_text(w, lw_op2i(w, IRO(add64), to, at), &part);
	}
}

/* `len` bytes from the offset `from`, a word each turn; what `each` makes of it. */
static void put_words(struct lw *w, ir_ref to, ir_ref from, ir_ref len, lw_word_fn *each, const void *arg)
{
	enum { LEFT, TO, FROM, CARRY, PARAMS };
	ir_blk head = lw_block(w, PARAMS), more = lw_block(w, 0), end = lw_block(w, 0);
	ir_ref bits = bits_of(w, to), v[PARAMS];
	ir_ref words = lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(add64), len, WORD - 1), 3);
	v[LEFT] = lw_op2i(w, IRO(and64), words, 2 * LW_MAXLONG / WORD - 1);
	v[TO] = to;
	v[FROM] = from;
	v[CARRY] = bytes_before(w, to);
	lw_jmp(w, head, PARAMS, v);
	lw_enter(w, head);
	for (unsigned i = 0; i < PARAMS; i++)
		v[i] = lw_param(w, head, i);
	lw_bri(w, IR_NE, v[LEFT], 0, more, end);
	lw_enter(w, more);
	ir_ref word = word_from(w, v[FROM], 0);
	word = each ? each(w, word, arg) : word;
	ir_ref low = lw_op2(w, IRO(or64), v[CARRY], lw_op2(w, IRO(shl64), word, bits));
	lw_store(w, WORD, lw_long_word_at(w, v[TO]), 0, lw_text_bytes(w, low));
	lw_jmp(w, head, PARAMS, (ir_ref[]){ lw_op2i(w, IRO(sub64), v[LEFT], 1), lw_op2i(w, IRO(add64), v[TO], WORD),
					    lw_op2i(w, IRO(add64), v[FROM], WORD), carried(w, word, bits) });
	lw_enter(w, end);
	lw_store(w, WORD, lw_long_word_at(w, v[TO]), 0, lw_text_bytes(w, v[CARRY]));
}

/* Bytes of the packet, one by one, where no helper copies them. */
static void put_bytes(struct lw *w, ir_ref to, const struct lw_str *s)
{
	ir_blk head = lw_block(w, 1), more = lw_block(w, 0), end = lw_block(w, 0);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_imm(w, 0) });
	lw_enter(w, head);
	ir_ref i = lw_param(w, head, 0);
	lw_br(w, IR_ULT, i, s->len, more, end);
	lw_enter(w, more);
	ir_ref byte = lw_str_byte(w, s, lw_op2(w, IRO(add64), s->off, i));
	lw_store(w, 1, lw_long_at(w, lw_op2(w, IRO(add64), to, i)), 0, byte);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), i, 1) });
	lw_enter(w, end);
}

static void put_slice(struct lw *w, ir_ref to, const struct lw_str *s)
{
	if (!w->unit->target->helper_load_bytes) {
		put_bytes(w, to, s);
		return;
	}
	ir_blk longer = lw_block(w, 0), on = lw_block(w, 0);
	lw_str_copy(w, s, lw_long_at(w, to), 0, LW_MAXLONG, longer);
	lw_jmp(w, on, 0, NULL);
	lw_enter(w, longer);
	lw_raise(w, "string too long"); /* never reached: it was seen before */
	lw_enter(w, on);
}

/* ---- copies of typed memory ---- */

/* How many bytes are before it: below the lowest bit, whole bytes and seven bits more. */
static ir_ref before_zero(struct lw *w, ir_ref zeros)
{
	ir_ref lowest = lw_op2(w, IRO(and64), zeros, lw_op2(w, IRO(sub64), lw_imm(w, 0), zeros));
	ir_ref ones = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(sub64), lowest, 1), 0x0101010101010101);
	return lw_op2i(w, IRO(sub64), lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(mul64), ones, 0x0101010101010101), 56), 1);
}

struct lw_words lw_each_word(struct lw *w, uint32_t whole)
{
	struct lw_words k = { .head = lw_block(w, 1), .end = lw_block(w, 0) };
	ir_blk more = lw_block(w, 0);
	lw_jmp(w, k.head, 1, (ir_ref[]){ lw_imm(w, 0) });
	lw_enter(w, k.head);
	k.at = lw_param(w, k.head, 0);
	k.seen = lw_op1(w, IRO(own), k.at);
	lw_bri(w, IR_ULE, k.seen, whole - WORD, more, k.end);
	lw_enter(w, more);
	return k;
}

void lw_next_word(struct lw *w, const struct lw_words *k)
{
	lw_jmp(w, k->head, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), k->at, WORD) });
	lw_enter(w, k->end);
}

/* A word each turn, of a char[N] up to its first zero byte. */
struct lw_val lw_long_load(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off)
{
	uint32_t whole = t->size & ~7u, rest = t->size & 7u;
	bool text = t->kind == CT_CHAR;
	ir_ref room = lw_long_room(w, t->size), zeros, word;
	ir_blk done = lw_block(w, 1);
	struct lw_words k = lw_each_word(w, whole);
	word = lw_load_bytes(w, lw_op2(w, IRO(add64), ptr, k.seen), off, WORD);
	lw_store(w, WORD, lw_long_word_at(w, lw_op2(w, IRO(add64), room, k.at)), 0, lw_text_bytes(w, word));
	if (text) {
		ir_blk last = lw_block(w, 0), again = lw_block(w, 0);
		zeros = lw_zero_bytes(w, word);
		lw_bri(w, IR_NE, zeros, 0, last, again);
		lw_enter(w, last);
		lw_jmp(w, done, 1, (ir_ref[]){ lw_op2(w, IRO(add64), k.at, before_zero(w, zeros)) });
		lw_enter(w, again);
	}
	lw_next_word(w, &k);
	ir_ref len = lw_imm(w, t->size);
	if (rest) {
		word = lw_load_bytes(w, ptr, off + whole, rest);
		lw_store(w, WORD, lw_long_word_at(w, lw_op2i(w, IRO(add64), room, whole)), 0, lw_text_bytes(w, word));
		len = text ? lw_op2i(w, IRO(add64), before_zero(w, lw_zero_bytes(w, word)), whole) : len;
	}
	lw_jmp(w, done, 1, &len);
	lw_enter(w, done);
	return lw_long(room, lw_param(w, done, 0), t->size);
}

bool lw_long_within(const struct ctype *t)
{
	bool any = (t->kind == CT_CHAR || t->kind == CT_BYTES) && t->size > LW_MAXSTR;
	for (uint32_t i = 0; t->kind == CT_STRUCT && i < t->nfields && !any; i++)
		any = lw_long_within(t->fields[i].type);
	return any;
}

/* ---- one behind the other ---- */

struct long_builder {
	ir_ref to, len;        /* where it begins; bytes so far */
	uint64_t most;         /* bytes that it may get */
};

/* Where a piece of n bytes goes; it is counted. */
static ir_ref take(struct lw *w, struct long_builder *b, ir_ref n, uint32_t cap)
{
	ir_ref at = lw_op2(w, IRO(add64), b->to, b->len);
	b->len = lw_op2(w, IRO(add64), b->len, n);
	b->most += cap;
	if (b->most > LW_MAXLONG)
		lw_raise_if(w, IR_UGT, b->len, lw_imm(w, LW_MAXLONG), "string too long");
	return at;
}

static void add_one(struct lw *w, struct long_builder *b, const struct lw_val *v)
{
	if (v->k && v->k->kind == PG_STR) {
		put_const(w, take(w, b, lw_imm(w, v->k->n), v->k->n), v->k);
	} else if (v->kinds == IR_BIT(IR_LONG)) {
		ir_ref at = take(w, b, lw_word(w, v, 1), v->cap);
		put_words(w, at, lw_word(w, v, 0), lw_word(w, v, 1), NULL, NULL);
	} else if (v->kinds == IR_BIT(IR_SLICE) && v->most > LW_MAXSTR) {
		struct lw_str s = lw_str_of(w, v);
		put_slice(w, take(w, b, s.len, v->most), &s);
	} else {
		struct lw_val text = lw_text(w, v);
		put_text(w, take(w, b, text.w[0], text.cap), &text);
	}
}

/* Strings that lie somewhere by themselves, and the rest as text. */
static void add(struct lw *w, struct long_builder *b, const struct lw_val *v)
{
	uint64_t apart = v->kinds & (IR_BIT(IR_LONG) | (v->most > LW_MAXSTR ? IR_BIT(IR_SLICE) : 0));
	if (ir_single(v->kinds) || !apart) {
		add_one(w, b, v);
		return;
	}
	ir_blk meet = lw_block(w, 1);
	struct lw_val rest = *v;
	uint64_t most = b->most;
	ir_ref len = b->len;
	while (rest.kinds) {
		uint64_t one = apart ? apart & -apart : rest.kinds;
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		struct long_builder part = { b->to, len, b->most };
		lw_br_kind(w, &rest, one, mine, next);
		lw_enter(w, mine);
		struct lw_val x = lw_narrow(w, v, one);
		add_one(w, &part, &x);
		most = part.most > most ? part.most : most;
		lw_jmp(w, meet, 1, &part.len);
		lw_enter(w, next);
		rest.kinds &= ~one;
		apart &= ~one;
	}
	lw_raise(w, "a value of no kind"); /* never reached */
	lw_enter(w, meet);
	*b = (struct long_builder){ b->to, lw_param(w, meet, 0), most };
}

struct lw_val lw_long_join(struct lw *w, uint32_t n, const struct lw_val *v, uint32_t cap)
{
	struct long_builder b = { .to = lw_long_room(w, cap), .len = lw_imm(w, 0) };
	for (uint32_t i = 0; i < n; i++)
		add(w, &b, &v[i]);
	return lw_long(b.to, b.len, cap);
}

static uint32_t cap_of(const struct lw_val *v)
{
	uint32_t cap = lw_text_cap(v->kinds, v->cap, v->most);
	return cap < LW_MAXLONG ? cap : (uint32_t)LW_MAXLONG;
}

/* What is one already stays where it is. */
struct lw_val lw_long_of(struct lw *w, const struct lw_val *v)
{
	if (v->kinds == IR_BIT(IR_LONG))
		return *v;
	if (v->kinds & IR_VIEWS) {
		struct lw_val slices = lw_str_slices(w, v);
		return lw_long_of(w, &slices);
	}
	if (!(v->kinds & IR_BIT(IR_LONG)))
		return lw_long_join(w, 1, v, cap_of(v));
	struct lw_join j = lw_join_new(w, IR_BIT(IR_LONG), cap_of(v));
	struct lw_val x = lw_narrow(w, v, IR_BIT(IR_LONG)), rest = lw_narrow(w, v, ~IR_BIT(IR_LONG));
	ir_blk mine = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_LONG), mine, other);
	lw_enter(w, mine);
	lw_join_add(w, &j, &x);
	lw_enter(w, other);
	rest = lw_long_of(w, &rest);
	lw_join_add(w, &j, &rest);
	return lw_join_end(w, &j);
}

/* A slice has no cap: of all strings together it is that of the longest. */
struct lw_val lw_long_strings(struct lw *w, const struct lw_val *v)
{
	struct lw_val strings = lw_narrow(w, v, IR_STRINGS);
	return strings.kinds ? lw_remade(w, v, strings.kinds, IR_LONG, MUTANT(long_cap) ? v->cap : cap_of(&strings), lw_long_of) : *v;
}

struct lw_val lw_long_map(struct lw *w, const struct lw_val *v, lw_word_fn *each, const void *arg)
{
	struct lw_val from = lw_long_of(w, v);
	ir_ref to = lw_long_room(w, from.cap), len = lw_word(w, &from, 1);
	put_words(w, to, lw_word(w, &from, 0), len, each, arg);
	return lw_long(to, len, from.cap);
}

/* How often, none less than never, and no text is none however often. Raises where that is too long. */
static ir_ref times(struct lw *w, ir_ref n, ir_ref unit, ir_ref sep)
{
	ir_ref zero = lw_imm(w, 0);
	ir_blk some = lw_block(w, 0), meet = lw_block(w, 1);
	n = lw_pick(w, IR_SGT, n, zero, n, zero);
	ir_blk none = lw_block(w, 0);
	lw_bri(w, IR_EQ, unit, 0, none, some);
	lw_enter(w, none);
	lw_jmp(w, meet, 1, &zero);
	lw_enter(w, some);
	ir_ref most = lw_op2(w, IRO(udiv64), lw_op2i(w, IRO(add64), sep, LW_MAXLONG), unit);
	lw_raise_if(w, IR_UGT, n, most, "string too long");
	lw_jmp(w, meet, 1, &n);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

struct lw_val lw_long_rep(struct lw *w, const struct lw_val *v, ir_ref n, const struct lw_val *sep, uint32_t cap)
{
	struct lw_val pieces[2] = { *v, *sep };
	uint64_t one = (uint64_t)cap_of(v) + cap_of(sep);
	struct lw_val unit = lw_long_join(w, 2, pieces, one < LW_MAXLONG ? (uint32_t)one : LW_MAXLONG);
	ir_ref room = lw_long_room(w, cap + cap_of(sep)), len = lw_word(w, &unit, 1), between = lw_str_len(w, sep);
	n = times(w, n, len, between);
	ir_blk head = lw_block(w, 2), more = lw_block(w, 0), end = lw_block(w, 0);
	lw_jmp(w, head, 2, (ir_ref[]){ n, room });
	lw_enter(w, head);
	ir_ref left = lw_param(w, head, 0), to = lw_param(w, head, 1);
	lw_bri(w, IR_NE, left, 0, more, end);
	lw_enter(w, more);
	put_words(w, to, lw_word(w, &unit, 0), len, NULL, NULL);
	lw_jmp(w, head, 2, (ir_ref[]){ lw_op2i(w, IRO(sub64), left, 1), lw_op2(w, IRO(add64), to, len) });
	lw_enter(w, end);
	ir_ref all = lw_op2(w, IRO(sub64), to, room), zero = lw_imm(w, 0);
	return lw_long(room, lw_pick(w, IR_EQ, n, zero, zero, lw_op2(w, IRO(sub64), all, between)), cap);
}

ir_ref lw_long_put(struct lw *w, ir_ref to, const struct lw_val *v)
{
	struct lw_val mine = lw_narrow(w, v, IR_BIT(IR_LONG));
	if (!mine.kinds)
		return to;
	ir_blk some = lw_block(w, 0), none = lw_block(w, 0), meet = lw_block(w, 1);
	lw_br_kind(w, v, IR_BIT(IR_LONG), some, none);
	lw_enter(w, some);
	ir_ref len = lw_word(w, &mine, 1), words = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(add64), len, WORD - 1), -WORD);
	put_words(w, to, lw_word(w, &mine, 0), len, NULL, NULL);
	lw_jmp(w, meet, 1, (ir_ref[]){ lw_op2(w, IRO(add64), to, words) });
	lw_enter(w, none);
	lw_jmp(w, meet, 1, &to);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* ---- strings that outlive what is made in their place ---- */

static struct lw_val copied(struct lw *w, const struct lw_val *v, ir_ref room)
{
	put_words(w, room, lw_word(w, v, 0), lw_word(w, v, 1), NULL, NULL);
	return lw_long(room, lw_word(w, v, 1), v->cap);
}

struct lw_val lw_long_keep(struct lw *w, const struct lw_val *v, ir_ref room)
{
	struct lw_val mine = lw_narrow(w, v, IR_BIT(IR_LONG)), rest = lw_narrow(w, v, ~IR_BIT(IR_LONG));
	if (!mine.kinds || v->k)
		return *v;
	if (!rest.kinds)
		return copied(w, v, room);
	struct lw_join j = lw_join_new(w, v->kinds, v->cap);
	ir_blk is = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_LONG), is, other);
	lw_enter(w, is);
	mine = copied(w, &mine, room);
	lw_join_add(w, &j, &mine);
	lw_enter(w, other);
	lw_join_add(w, &j, &rest);
	return lw_join_end(w, &j);
}

static const struct kept *kept_of(struct lw *w, ir_ref param, uint32_t cap)
{
	struct lw_scratch *s = scratch(w);
	for (uint32_t i = 0; i < s->nkept; i++)
		if (s->kept[i].param == param)
			return &s->kept[i];
	struct kept k = { param, { lw_long_number(w, cap), lw_long_number(w, cap) } };
	arena_push(w->unit->scratch, s->kept, s->nkept, s->cap_kept, k);
	return &s->kept[s->nkept - 1];
}

/* The room of the two that the parameter's string is not in now. */
static ir_ref other_room(struct lw *w, const struct kept *k, const struct lw_val *now)
{
	ir_ref first = lw_long_in_slot(w, k->room[0]), second = lw_long_in_slot(w, k->room[1]);
	ir_ref from = lw_op2(w, IRO(sub64), lw_word(w, now, 0), first);
	return lw_pick(w, IR_ULT, from, lw_imm(w, k->room[1] - k->room[0]), second, first);
}

/* One string alone goes to the room that it cannot be a part of. Of several each may be a part of any: they all are
 * copied to second rooms, and then to the first. */
void lower_long_kept(struct lw *w, uint32_t n, const ir_ref *params, struct lw_val *v)
{
	uint32_t several = 0, last = 0;
	for (uint32_t i = 0; i < n && !MUTANT(long_overwritten); i++)
		if (params[i] && v[i].kinds & IR_BIT(IR_LONG)) {
			several++;
			last = i;
		}
	if (several == 1) {
		const struct lw_val *p = &w->val[params[last]];
		v[last] = lw_long_keep(w, &v[last], other_room(w, kept_of(w, params[last], p->cap), p));
		return;
	}
	for (unsigned to = 2; several && to-- > 0;)
		for (uint32_t i = 0; i < n; i++)
			if (params[i] && v[i].kinds & IR_BIT(IR_LONG))
				v[i] = lw_long_keep(w, &v[i], lw_long_in_slot(w, kept_of(w, params[i], w->val[params[i]].cap)->room[to]));
}

/* ---- the slot ---- */

static bool uses(const struct ir_ins *i, ir_ref v)
{
	for (uint32_t a = 0; a < i->nargs; a++)
		if (i->args[a] == v)
			return true;
	return false;
}

static ir_blk meet_above(const struct ir_fn *f, ir_blk a, ir_blk b)
{
	while (a && !ir_dominates(f, a, b))
		a = ir_block(f, a)->idom;
	return a;
}

/* Can b be come to again from itself? */
static bool goes_round(struct lw *w, ir_blk b)
{
	const struct ir_fn *f = w->fn;
	bool *seen = arena_array(w->unit->scratch, bool, f->nblocks);
	ir_blk *work = arena_array(w->unit->scratch, ir_blk, f->nblocks + 1);
	uint32_t n = 0;
	for (work[n++] = b; n;) {
		const struct ir_ins *t = ir_at(f, ir_block(f, work[--n])->last);
		for (uint32_t s = 0; s < t->nsucc; s++) {
			if (t->succ[s].to == b)
				return true;
			if (!seen[t->succ[s].to]) {
				seen[t->succ[s].to] = true;
				work[n++] = t->succ[s].to;
			}
		}
	}
	return false;
}

static bool in_shared_body(const struct lw *w, ir_blk b)
{
	for (uint32_t s = 0; s < w->unit->nsubs; s++) {
		ir_blk entry = w->block[w->unit->subs[s].entry];
		if (entry && ir_block(w->fn, entry)->order && ir_dominates(w->fn, entry, b))
			return true;
	}
	return false;
}

/* Where the slot is claimed: before all that needs it, once. */
static ir_blk claimed_in(struct lw *w, uint32_t *site)
{
	struct ir_fn *f = w->fn;
	ir_blk b = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (uses(ir_at(f, r), w->scratch->base)) {
				*site = b ? *site : ir_at(f, r)->site;
				b = b ? meet_above(f, b, f->rpo[o]) : f->rpo[o];
			}
	while (b && b != 1 && (in_shared_body(w, b) || goes_round(w, b)))
		b = ir_block(f, b)->idom;
	return b;
}

static unsigned log2_of(uint32_t power)
{
	return (unsigned)__builtin_ctz(power);
}

/* Counts itself in, one slot after the other, until it is the only one there. Gives the slot's offset. */
static ir_ref claim(struct lw *w, ir_ref held)
{
	const struct ir_scratch *s = &w->unit->scratch_map;
	ir_blk head = lw_block(w, 1), taken = lw_block(w, 0), again = lw_block(w, 0), none = lw_block(w, 0);
	ir_blk mine = lw_block(w, 0);
	ir_ref first = lw_op2i(w, IRO(shl64), lw_helper(w, HELPER_CPU, 0, NULL), log2_of(LEVELS));
	lw_jmp(w, head, 1, (ir_ref[]){ lw_imm(w, 0) });
	ir_block(w->fn, head)->walked = true;
	lw_enter(w, head);
	ir_ref i = lw_param(w, head, 0);
	ir_ref slot = lw_op2i(w, IRO(and64), lw_op2(w, IRO(add64), first, i), s->slots - 1);
	ir_ref off = lw_op2i(w, IRO(shl64), slot, log2_of(s->size));
	ir_ref count = lw_op2(w, IRO(add64), lw_mapval(w, s->map, 0), off);
	lw_op2(w, IRO(atomadd64), count, lw_imm(w, 1));
	lw_bri(w, MUTANT(scratch_shared) ? IR_UGE : IR_EQ, lw_load(w, WORD, count, 0), 1, mine, taken);
	lw_enter(w, taken);
	lw_op2(w, IRO(atomadd64), count, lw_imm(w, -1));
	ir_ref next = lw_op2i(w, IRO(add64), i, 1);
	lw_bri(w, IR_NE, next, s->slots < TRIES ? s->slots : (uint32_t)TRIES, again, none);
	lw_enter(w, again);
	lw_jmp(w, head, 1, &next);
	lw_enter(w, none);
	lw_raise(w, "no scratch memory left: too many runs use it at once");
	lw_enter(w, mine);
	lw_store(w, WORD, held, 0, lw_op2i(w, IRO(add64), off, 1));
	return off;
}

static uint32_t power_above(uint32_t n)
{
	return n <= 1 ? 1 : 2u << (31 - __builtin_clz(n - 1));
}

/* Do elements of lists lie there? */
static bool has_lists(const struct ir_unit *u)
{
	for (uint32_t e = 0; e < u->nelems; e++)
		if (u->elems[e].room)
			return true;
	return false;
}

static bool set_sizes(struct lw *w)
{
	struct ir_unit *u = w->unit;
	struct ir_scratch *m = &u->scratch_map;
	m->size = power_above(w->scratch->used);
	m->slots = power_above(LEVELS * (u->cpus ? (uint32_t)u->cpus() : 1));
	while (m->size <= MOST_SLOT && m->slots * m->size > MOST_MAP)
		m->slots /= 2;
	ir_at(w->fn, w->scratch->mask)->imm = (int64_t)m->slots * m->size - 1;
	ir_at(w->fn, w->scratch->words)->imm = (int64_t)m->slots * m->size - WORD;
	if (m->size <= MOST_SLOT)
		return true;
	if (has_lists(u))
		diag_refuse(u->diag, w->from->pos, ON_SIZE, "keep fewer fields in the tables of lists, and shorter texts: s:sub(1, 16)",
			    "the lists and long strings of this function take %u bytes of scratch memory, and there are %d",
			    w->scratch->used, MOST_SLOT);
	else
		diag_refuse(u->diag, w->from->pos, ON_SIZE, "make fewer, or shorter ones: s:sub(1, 64)",
			    "the long strings of this function take %u bytes of scratch memory, and there are %d", w->scratch->used,
			    MOST_SLOT);
	return false;
}

/* The word on the stack that says which slot is held, if any: 0 at first. */
static ir_ref hold_none(struct lw *w, ir_blk entry)
{
	struct edit e = { w->fn, ir_block(w->fn, entry)->last, 0 };
	w->unit->scratch_map.held = ir_slot(w->fn, WORD, WORD);
	ir_ref held = edit_op(&e, IRO(slot), 0, 0);
	ir_at(w->fn, held)->aux = w->unit->scratch_map.held;
	edit_store(&e, WORD, held, 0, edit_imm(&e, 0));
	return held;
}

void lower_long_claim(struct lw *w)
{
	struct ir_fn *f = w->fn;
	uint32_t site = 0;
	if (!w->scratch || !set_sizes(w))
		return;
	ir_need_tree(f);
	ir_blk b = claimed_in(w, &site);
	ir_ref held = hold_none(w, 1);
	if (!b) { /* nothing that is reached makes such a text, so none is held where the function ends */
		ir_insert_before(f, w->imms_at, w->scratch->base);
		return;
	}
	ir_blk rest = edit_split(f, b == 1 ? ir_block(f, b)->last : ir_block(f, b)->first);
	w->imms_at = 0;
	w->at = NULL;
	w->site = site;
	lw_enter(w, b);
	ir_ref base = lw_op1(w, IRO(opaque), claim(w, held)); /* what the kernel calls back gets it without its bounds */
	lw_jmp(w, rest, 0, NULL);
	ir_ref *to = arena_array(w->unit->scratch, ir_ref, f->nins);
	to[w->scratch->base] = base;
	ir_rename(f, to);
	f->ordered = f->treed = false;
}
