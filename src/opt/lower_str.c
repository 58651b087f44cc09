/*
 * lower_str.c - strings in machine operations: slices of the packet, and texts in registers.
 *
 * A slice is an offset in the packet and a length; its bytes are read where they are needed, by checked
 * loads or, where many are needed at once, by the kernel's helper that copies. Other strings are at most 64
 * bytes in words, padded with zeros: those of typed memory, which hold no zero byte, and those made at run
 * time, whose length is in a word of its own.
 */
#include "core/feature.h"
#include "opt/lower.h"

#define HIGHS 0x8080808080808080u
#define ONES 0x0101010101010101u

struct lw_val lw_slice(ir_ref off, ir_ref len, uint32_t most)
{
	struct lw_val v = lw_words(IR_SLICE, 2, (ir_ref[]){ off, len });
	v.most = most;
	return v;
}

/* The smallest power of two that is no less than a text of `most` bytes and 8. */
uint32_t lw_text_room(uint32_t most)
{
	uint32_t n = 8;
	while (n < most)
		n *= 2;
	return n;
}

/* Words on the stack, with as many bytes as a masked offset can reach. */
static struct lw_str on_stack(struct lw *w, const struct lw_val *v)
{
	struct lw_str s = { .off = lw_imm(w, 0) };
	struct lw_val text = lw_str_words(w, v, &s.len, 0);
	unsigned n = (text.cap + 7) / 8;
	ir_ref *words = arena_array(w->unit->scratch, ir_ref, n + 1);
	s.most = text.cap;
	s.words = words;
	s.slot = lw_room(w, lw_text_room(s.most));
	s.mask = lw_imm(w, lw_text_room(s.most) - 1);
	for (unsigned i = 0; i < n; i++)
		words[i] = lw_word(w, &text, i);
	for (unsigned i = 0; i < lw_text_room(s.most) / 8; i++)
		lw_store(w, 8, s.slot, 8 * i, i < n ? words[i] : lw_imm(w, 0));
	return s;
}

struct lw_str lw_str_of(struct lw *w, const struct lw_val *v)
{
	struct lw_str s = { .most = LW_STR_MOST };
	if (v->kinds == IR_BIT(IR_LONG) || (v->k && v->k->n > LW_MAXSTR)) {
		struct lw_val far = lw_long_of(w, v);
		return lw_long_str(w, &far);
	}
	if (v->kinds & (IR_BIT(IR_STR) | IR_BIT(IR_TEXT)))
		return on_stack(w, v);
	if (v->kinds & IR_VIEWS) {
		ir_view_of(w->unit->target, ir_first_kind(v->kinds))->bytes(w, v, &s.off, &s.len);
		return s;
	}
	return (struct lw_str){ .off = lw_word(w, v, 0), .len = lw_word(w, v, 1), .most = v->most };
}

ir_ref lw_pick(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, ir_ref x, ir_ref y)
{
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0), meet = lw_block(w, 1);
	lw_br(w, cc, a, b, yes, no);
	lw_enter(w, yes);
	lw_jmp(w, meet, 1, &x);
	lw_enter(w, no);
	lw_jmp(w, meet, 1, &y);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* ---- lengths ---- */

/* The top bit of each byte of a word up to its last that is not zero, the first in its lowest bits; of all of them,
 * where a word behind it has some. No branches: each would leave the verifier two lengths to follow. */
static ir_ref bytes_in(struct lw *w, ir_ref word, ir_ref behind)
{
	const int64_t lows = (int64_t)~HIGHS;
	ir_ref carry = lw_op2i(w, IRO(add64), lw_op2i(w, IRO(and64), word, lows), lows);
	ir_ref some = lw_op2i(w, IRO(and64), lw_op2(w, IRO(or64), carry, word), (int64_t)HIGHS);
	for (unsigned bits = 8; bits <= 32; bits *= 2)
		some = lw_op2(w, IRO(or64), some, lw_op2i(w, IRO(shr64), some, bits));
	if (!behind)
		return some;
	ir_ref any = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(shr64), behind, 7), 1);
	ir_ref all = lw_op2i(w, IRO(and64), lw_op2(w, IRO(sub64), lw_imm(w, 0), any), (int64_t)HIGHS);
	return lw_op2(w, IRO(or64), some, all);
}

static ir_ref text_len(struct lw *w, const struct lw_val *v)
{
	ir_ref here = 0, sum = v->n ? 0 : lw_imm(w, 0);
	for (unsigned i = v->n; i-- > 0;) {
		here = bytes_in(w, lw_text_bytes(w, lw_word(w, v, i)), here);
		ir_ref ones = lw_op2i(w, IRO(shr64), here, 7);
		sum = sum ? lw_op2(w, IRO(add64), sum, ones) : ones;
	}
	ir_ref n = lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(mul64), sum, (int64_t)ONES), 56);
	return lw_op2i(w, IRO(and64), n, 2 * lw_text_room(v->cap) - 1); /* no more than that, which the verifier is to know */
}

ir_ref lw_str_len(struct lw *w, const struct lw_val *v)
{
	if (v->k)
		return lw_imm(w, v->k->n);
	if (v->kinds == IR_BIT(IR_TEXT) || v->kinds == IR_BIT(IR_LONG))
		return lw_word(w, v, v->kinds == IR_BIT(IR_LONG));
	return v->kinds == IR_BIT(IR_STR) ? text_len(w, v) : lw_str_of(w, v).len;
}

struct lw_val lw_str_each(struct lw *w, const struct lw_val *v, unsigned as, uint32_t cap, lw_str_fn *make)
{
	if (ir_single(v->kinds))
		return make(w, v);
	struct lw_join j = lw_join_new(w, IR_BIT(as), cap);
	for (uint64_t left = v->kinds, one; left; left &= ~one) {
		one = left & -left;
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		struct lw_val rest = *v;
		rest.kinds = left;
		lw_br_kind(w, &rest, one, mine, next);
		lw_enter(w, mine);
		struct lw_val x = lw_narrow(w, v, one);
		x = make(w, &x);
		lw_join_add(w, &j, &x);
		lw_enter(w, next);
	}
	lw_raise(w, "%s", "a value of no kind"); /* never reached */
	return lw_join_end(w, &j);
}

static struct lw_val as_slice(struct lw *w, const struct lw_val *v)
{
	if (!(v->kinds & IR_VIEWS))
		return *v;
	struct lw_str s = lw_str_of(w, v);
	return lw_slice(s.off, s.len, s.most);
}

static struct lw_val all_slices(struct lw *w, const struct lw_val *v)
{
	return lw_str_each(w, v, IR_SLICE, 0, as_slice);
}

struct lw_val lw_str_slices(struct lw *w, const struct lw_val *v)
{
	return lw_remade(w, v, v->kinds & (IR_VIEWS | IR_BIT(IR_SLICE)), IR_SLICE, v->cap, all_slices);
}

struct lw_val lw_str_one(struct lw *w, const struct lw_val *v)
{
	if (!ir_single(v->kinds) && lw_str_far(v->kinds, v->most))
		return lw_long_of(w, v);
	if (!ir_single(v->kinds) && v->kinds & (IR_BIT(IR_STR) | IR_BIT(IR_TEXT)))
		return lw_text(w, v);
	return all_slices(w, v);
}

/* ---- bytes of the packet ---- */

static void unreadable(struct lw *w, ir_blk b)
{
	ir_blk back = w->cur;
	lw_enter(w, b);
	lw_raise(w, "packet byte not readable");
	lw_enter(w, back);
}

static ir_ref stack_byte(struct lw *w, const struct lw_str *s, ir_ref at)
{
	return lw_load(w, 1, lw_op2(w, IRO(add64), s->slot, lw_op2(w, IRO(and64), at, s->mask)), 0);
}

ir_ref lw_str_byte(struct lw *w, const struct lw_str *s, ir_ref at)
{
	if (s->slot)
		return stack_byte(w, s, at);
	ir_blk absent = lw_block(w, 0);
	ir_ref ptr = lw_pkt(w, at, 1, absent), byte = lw_pktload(w, 1, ptr, at, 0);
	unreadable(w, absent);
	return byte;
}

ir_ref lw_str_int(struct lw *w, const struct lw_str *s, ir_ref at, unsigned size, bool big)
{
	static const enum ir_op swap[] = { [2] = IRO(be16), [4] = IRO(be32), [8] = IRO(be64) };
	bool at_once = size <= 8 && !(size & (size - 1)) && (big || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	ir_blk absent = s->slot ? 0 : lw_block(w, 0);
	ir_ref ptr = s->slot ? 0 : lw_pkt(w, at, size, absent), v = 0;
	if (ptr && at_once) {
		v = lw_pktload(w, size, ptr, at, 0);
		v = big && size > 1 ? lw_op1(w, swap[size], v) : v;
	}
	for (unsigned i = 0; i < size && !(ptr && at_once); i++) {
		ir_ref byte = ptr ? lw_pktload(w, 1, ptr, at, i) : stack_byte(w, s, lw_op2i(w, IRO(add64), at, i));
		ir_ref in = lw_op2i(w, IRO(shl64), byte, 8 * (big ? size - 1 - i : i));
		v = v ? lw_op2(w, IRO(or64), v, in) : in;
	}
	if (ptr)
		unreadable(w, absent);
	return v;
}

/* n bytes as a load of them gives them. */
static int64_t as_loaded(const char *bytes, unsigned n)
{
	uint64_t v8 = 0;
	uint32_t v4;
	uint16_t v2;
	switch (n) {
	case 8: memcpy(&v8, bytes, 8); return (int64_t)v8;
	case 4: memcpy(&v4, bytes, 4); return v4;
	case 2: memcpy(&v2, bytes, 2); return v2;
	default: return (uint8_t)*bytes;
	}
}

static void stack_is(struct lw *w, const struct lw_str *s, ir_ref at, const char *bytes, uint32_t n, ir_blk yes,
		     ir_blk no)
{
	for (uint32_t i = 0; i < n; i++) {
		ir_blk next = i + 1 < n ? lw_block(w, 0) : yes;
		ir_ref byte = stack_byte(w, s, i ? lw_op2i(w, IRO(add64), at, i) : at);
		lw_bri(w, IR_EQ, byte, (uint8_t)bytes[i], next, no);
		lw_enter(w, next);
	}
	w->cur = 0;
}

void lw_str_is(struct lw *w, const struct lw_str *s, ir_ref at, const char *bytes, uint32_t n, ir_blk yes,
	       ir_blk no)
{
	if (s->slot) {
		stack_is(w, s, at, bytes, n, yes, no);
		return;
	}
	ir_blk absent = lw_block(w, 0);
	ir_ref ptr = lw_pkt(w, at, n, absent);
	for (uint32_t i = 0, step; i < n; i += step) {
		step = n - i >= 8 ? 8 : n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
		ir_blk next = i + step < n ? lw_block(w, 0) : yes;
		lw_bri(w, IR_EQ, lw_pktload(w, step, ptr, at, i), as_loaded(bytes + i, step), next, no);
		lw_enter(w, next);
	}
	unreadable(w, absent);
	w->cur = 0;
}

/* ---- copies ---- */

/* Where the hook has no helper that copies: byte by byte, while there are some. */
static void copy_bytes(struct lw *w, const struct lw_str *s, ir_ref ptr, int64_t off, uint32_t cap, ir_blk end)
{
	for (uint32_t i = 0; i < cap; i++) {
		ir_blk more = lw_block(w, 0);
		lw_bri(w, IR_UGT, s->len, i, more, end);
		lw_enter(w, more);
		lw_store(w, 1, ptr, off + i, lw_str_byte(w, s, lw_op2i(w, IRO(add64), s->off, i)));
	}
	lw_jmp(w, end, 0, NULL);
}

/* A long string's words, without what lies behind it. */
static void copy_words(struct lw *w, const struct lw_str *s, ir_ref ptr, int64_t off, uint32_t cap, ir_blk longer)
{
	ir_blk fits = lw_block(w, 0);
	lw_bri(w, IR_UGT, s->len, cap, longer, fits);
	lw_enter(w, fits);
	for (unsigned i = 0; i < (cap + 7) / 8; i++)
		lw_store(w, 8, ptr, off + 8 * i, lw_op2(w, IRO(and64), lw_long_word(w, s, i), lw_text_mask(w, s->len, i)));
}

/* Goes on where s has 1 to cap bytes; how many, as the verifier knows it. Before 6.8 it learns nothing from a test for
 * 0, so the bound is of what is one less there; it takes more ways, where there are loops. */
static ir_ref some_bytes(struct lw *w, const struct lw_str *s, uint32_t cap, ir_blk none, ir_blk longer)
{
	const bool *has = w->unit->features;
	ir_blk some = lw_block(w, 0), fits = lw_block(w, 0);
	if (cap && has && !has[FEAT_may_goto]) {
		lw_bri(w, IR_EQ, s->len, 0, none, some);
		lw_enter(w, some);
		ir_ref less = lw_op1(w, IRO(own), lw_op2i(w, IRO(sub64), s->len, 1));
		lw_bri(w, IR_UGT, less, cap - 1, longer, fits);
		lw_enter(w, fits);
		return lw_op2i(w, IRO(add64), less, 1);
	}
	ir_ref len = lw_op1(w, IRO(own), s->len);
	lw_bri(w, IR_UGT, len, cap, longer, fits);
	lw_enter(w, fits);
	lw_bri(w, IR_EQ, len, 0, none, some);
	lw_enter(w, some);
	return len;
}

void lw_str_copy(struct lw *w, const struct lw_str *s, ir_ref ptr, int64_t off, uint32_t cap, ir_blk longer)
{
	if (s->far) {
		copy_words(w, s, ptr, off, cap, longer);
		return;
	}
	uint32_t helper = w->unit->target->helper_load_bytes;
	ir_blk end = lw_block(w, 0);
	ir_ref len = some_bytes(w, s, cap, end, longer);
	if (!helper) {
		copy_bytes(w, s, ptr, off, cap, end);
	} else {
		ir_ref to = off ? lw_op2i(w, IRO(add64), ptr, off) : ptr;
		ir_ref r = lw_helper(w, helper, 4, (ir_ref[]){ lw_ctx(w), s->off, to, len });
		lw_raise_if(w, IR_NE, r, lw_imm(w, 0), "packet byte not readable");
		lw_jmp(w, end, 0, NULL);
	}
	lw_enter(w, end);
}

/* s as words of a text, padded with zeros; it may hold zero bytes of its own. */
static struct lw_val padded(struct lw *w, const struct lw_str *s, uint32_t cap, ir_blk longer)
{
	struct lw_val v = { .kinds = IR_BIT(IR_STR), .cap = cap, .n = (uint8_t)((cap + 7) / 8) };
	if (s->far) {
		ir_blk fits = lw_block(w, 0);
		lw_bri(w, IR_UGT, s->len, cap, longer, fits);
		lw_enter(w, fits);
		for (unsigned i = 0; i < v.n; i++)
			v.w[i] = lw_op2(w, IRO(and64), lw_long_word(w, s, i), lw_text_mask(w, s->len, i));
		return v;
	}
	ir_ref slot = lw_room(w, v.n ? v.n * 8u : 8);
	for (unsigned i = 0; i < v.n; i++)
		lw_store(w, 8, slot, 8 * i, lw_imm(w, 0));
	lw_str_copy(w, s, slot, 0, cap, longer);
	for (unsigned i = 0; i < v.n; i++)
		v.w[i] = lw_load(w, 8, slot, 8 * i);
	return v;
}

ir_ref lw_zero_bytes(struct lw *w, ir_ref word)
{
	ir_ref less = lw_op2i(w, IRO(sub64), word, (int64_t)ONES);
	ir_ref not_set = lw_op2(w, IRO(and64), less, lw_op2i(w, IRO(xor64), word, -1));
	return lw_op2i(w, IRO(and64), not_set, (int64_t)HIGHS);
}

/* To `misfit` where one of the first len bytes of v is zero: the lowest bit that is left of the usual test
 * for one is right, and those of the padding are masked out. */
static void no_zeros(struct lw *w, const struct lw_val *v, ir_ref len, ir_blk misfit)
{
	for (unsigned i = 0; i < v->n; i++) {
		ir_ref word = v->w[i], all = lw_imm(w, -1);
		if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
			word = lw_op1(w, IRO(be64), word);
		ir_ref zeros = lw_zero_bytes(w, word);
		ir_blk part = lw_block(w, 0), whole = lw_block(w, 0), next = lw_block(w, 0), end = lw_block(w, 0);
		lw_bri(w, IR_UGE, len, 8 * i + 8, whole, part);
		lw_enter(w, part);
		lw_bri(w, IR_ULE, len, 8 * i, end, next);
		lw_enter(w, next);
		ir_ref bits = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(shl64), lw_op2i(w, IRO(sub64), len, 8 * i), 3), 63);
		ir_ref mask = lw_op2(w, IRO(xor64), lw_op2(w, IRO(shl64), all, bits), all);
		lw_bri(w, IR_EQ, lw_op2(w, IRO(and64), zeros, mask), 0, end, misfit);
		lw_enter(w, whole);
		lw_bri(w, IR_EQ, zeros, 0, end, misfit);
		lw_enter(w, end);
	}
}

/* The words of a text, its length left out. */
static struct lw_val bytes_of(const struct lw_val *v)
{
	struct lw_val b = { .kinds = IR_BIT(IR_STR), .cap = v->cap, .n = (uint8_t)(v->n - 1) };
	memcpy(b.w, v->w + 1, sizeof(b.w[0]) * b.n);
	return b;
}

/* A text made at run time, of at most cap bytes. */
static struct lw_val shortened(struct lw *w, const struct lw_val *v, uint32_t cap, ir_blk misfit)
{
	struct lw_val b = bytes_of(v);
	ir_ref len = lw_word(w, v, 0);
	if (b.cap > cap) {
		ir_blk fits = lw_block(w, 0);
		lw_bri(w, IR_UGT, len, cap, misfit, fits);
		lw_enter(w, fits);
		b.cap = cap;
		b.n = (uint8_t)((cap + 7) / 8);
	}
	return b;
}

struct lw_val lw_str_bytes(struct lw *w, const struct lw_val *v, uint32_t cap, ir_blk misfit)
{
	if (v->kinds == IR_BIT(IR_TEXT))
		return shortened(w, v, cap, misfit);
	struct lw_str s = lw_str_of(w, v);
	return padded(w, &s, cap, misfit);
}

struct lw_val lw_str_text(struct lw *w, const struct lw_val *v, uint32_t cap, ir_blk misfit)
{
	struct lw_val text = lw_str_bytes(w, v, cap, misfit);
	no_zeros(w, &text, v->kinds == IR_BIT(IR_TEXT) ? lw_word(w, v, 0) : lw_str_len(w, v), misfit);
	return text;
}

struct lw_val lw_str_words(struct lw *w, const struct lw_val *v, ir_ref *len, ir_blk longer)
{
	*len = lw_str_len(w, v);
	if (v->kinds == IR_BIT(IR_STR))
		return *v;
	if (v->kinds == IR_BIT(IR_TEXT))
		return bytes_of(v);
	struct lw_str s = lw_str_of(w, v);
	return padded(w, &s, s.most < LW_MAXSTR ? s.most : LW_MAXSTR, longer);
}

/* ---- comparisons ---- */

static void equal_const(struct lw *w, const struct lw_str *s, const pg_value *k, ir_blk yes, ir_blk no)
{
	ir_blk same = k->n ? lw_block(w, 0) : yes;
	if (k->n > s->most) {
		lw_jmp(w, no, 0, NULL);
		return;
	}
	lw_bri(w, IR_EQ, s->len, k->n, same, no);
	if (!k->n)
		return;
	lw_enter(w, same);
	lw_str_is(w, s, s->off, k->str, k->n, yes, no);
}

/* To `same` when the first n bytes of both are; goes on where they differ first, with those bytes. */
static void differ(struct lw *w, const struct lw_str *a, const struct lw_str *b, ir_ref n, ir_blk same, ir_ref bytes[2])
{
	ir_blk head = lw_block(w, 1), more = lw_block(w, 0), on = lw_block(w, 0), here = lw_block(w, 0);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_imm(w, 0) });
	lw_enter(w, head);
	ir_ref i = lw_param(w, head, 0);
	lw_br(w, IR_ULT, i, n, more, same);
	lw_enter(w, more);
	bytes[0] = lw_str_byte(w, a, lw_op2(w, IRO(add64), a->off, i));
	bytes[1] = lw_str_byte(w, b, lw_op2(w, IRO(add64), b->off, i));
	lw_br(w, IR_EQ, bytes[0], bytes[1], on, here);
	lw_enter(w, on);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), i, 1) });
	lw_enter(w, here);
}

/* Byte by byte, of two as long as each other. */
static void equal_bytes(struct lw *w, const struct lw_str *a, const struct lw_str *b, ir_blk yes, ir_blk no)
{
	ir_ref bytes[2];
	differ(w, a, b, a->len, yes, bytes);
	lw_jmp(w, no, 0, NULL);
}

static void equal_slices(struct lw *w, const struct lw_str *a, const struct lw_str *b, ir_blk yes, ir_blk no)
{
	uint32_t most = a->most < b->most ? a->most : b->most;
	ir_blk same = lw_block(w, 0);
	lw_br(w, IR_EQ, a->len, b->len, same, no);
	lw_enter(w, same);
	if (most > LW_MAXSTR) {
		equal_bytes(w, a, b, yes, no);
		return;
	}
	struct lw_val x = padded(w, a, most, no), y = padded(w, b, most, no);
	lw_equal_words(w, &x, &y, x.n, yes, no);
}

/* As words, whatever they are: what is longer than words can be equals nothing that is not. */
static void equal_texts(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	ir_ref m, n;
	ir_blk same = lw_block(w, 0);
	struct lw_val x = lw_str_words(w, a, &m, no), y = lw_str_words(w, b, &n, no);
	lw_br(w, IR_EQ, m, n, same, no);
	lw_enter(w, same);
	uint32_t cap = x.cap < y.cap ? x.cap : y.cap;
	lw_equal_words(w, &x, &y, (cap + 7) / 8, yes, no);
}

/* Strings that may be long: as bytes that lie somewhere. */
static void equal_long(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	struct lw_str s = lw_str_of(w, a), t = lw_str_of(w, b);
	ir_blk same = lw_block(w, 0);
	lw_br(w, IR_EQ, s.len, t.len, same, no);
	lw_enter(w, same);
	equal_bytes(w, &s, &t, yes, no);
}

/* Words of both, where either is at most as long as words can be. */
static bool may_be_long(const struct lw_val *v)
{
	if (v->k)
		return v->k->n > LW_MAXSTR;
	return (v->kinds == IR_BIT(IR_LONG) && v->cap > LW_MAXSTR) || (v->kinds == IR_BIT(IR_SLICE) && v->most > LW_MAXSTR);
}

static void equal_to_slice(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	struct lw_str s = lw_str_of(w, a);
	if (b->k) {
		equal_const(w, &s, b->k, yes, no);
	} else if (b->kinds == IR_BIT(IR_STR)) {
		struct lw_val text = lw_str_text(w, a, b->cap < s.most ? b->cap : s.most, no);
		lw_equal_words(w, &text, b, b->n, yes, no);
	} else if (b->kinds == IR_BIT(IR_SLICE)) {
		struct lw_str t = lw_str_of(w, b);
		equal_slices(w, &s, &t, yes, no);
	} else {
		equal_texts(w, a, b, yes, no);
	}
}

void lw_str_equal(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	if ((a->kinds | b->kinds) & IR_BIT(IR_LONG) && may_be_long(a) && may_be_long(b))
		equal_long(w, a, b, yes, no);
	else if ((a->kinds | b->kinds) & IR_BIT(IR_LONG))
		equal_texts(w, a, b, yes, no);
	else if (a->kinds == IR_BIT(IR_SLICE))
		equal_to_slice(w, a, b, yes, no);
	else if (b->kinds == IR_BIT(IR_SLICE))
		equal_to_slice(w, b, a, yes, no);
	else if ((a->k && a->k->n > LW_MAXSTR) || (b->k && b->k->n > LW_MAXSTR))
		lw_jmp(w, no, 0, NULL);
	else
		equal_texts(w, a, b, yes, no);
}

/* Byte by byte, up to the end of the shorter one. */
static void less_bytes(struct lw *w, const struct lw_str *a, const struct lw_str *b, bool or_equal, ir_blk yes,
		       ir_blk no)
{
	ir_blk end = lw_block(w, 0);
	ir_ref bytes[2];
	differ(w, a, b, lw_pick(w, IR_ULT, a->len, b->len, a->len, b->len), end, bytes);
	lw_br(w, IR_ULT, bytes[0], bytes[1], yes, no);
	lw_enter(w, end);
	lw_br(w, or_equal ? IR_ULE : IR_ULT, a->len, b->len, yes, no);
}

void lw_str_less(struct lw *w, const struct lw_val *a, const struct lw_val *b, bool or_equal, ir_blk yes, ir_blk no)
{
	if (may_be_long(a) || may_be_long(b)) {
		struct lw_str s = lw_str_of(w, a), t = lw_str_of(w, b);
		less_bytes(w, &s, &t, or_equal, yes, no);
		return;
	}
	ir_blk longer = lw_block(w, 0);
	ir_ref m, n;
	struct lw_val x = lw_str_words(w, a, &m, longer), y = lw_str_words(w, b, &n, longer);
	uint32_t cap = x.cap > y.cap ? x.cap : y.cap;
	for (unsigned i = 0; i < (cap + 7) / 8; i++) {
		ir_ref p = lw_word(w, &x, i), q = lw_word(w, &y, i);
		ir_blk differ = lw_block(w, 0), next = lw_block(w, 0);
		lw_br(w, IR_EQ, p, q, next, differ);
		lw_enter(w, differ);
		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
			p = lw_op1(w, IRO(be64), p);
			q = lw_op1(w, IRO(be64), q);
		}
		lw_br(w, IR_ULT, p, q, yes, no);
		lw_enter(w, next);
	}
	lw_br(w, or_equal ? IR_ULE : IR_ULT, m, n, yes, no);
	lw_enter(w, longer);
	lw_raise(w, "string too long");
	w->cur = 0;
}
