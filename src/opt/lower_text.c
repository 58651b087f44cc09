/*
 * lower_text.c - strings made at run time: pieces put one behind the other, numbers and other values as text.
 *
 * A text is its length and up to 64 bytes in words, padded with zeros. Pieces are joined in stack bytes, a word
 * at a time: each word of a piece is shifted to where it belongs, and what does not fit its word is carried to
 * the next. (Stack bytes are written at aligned addresses only: the verifier insists.)
 */
#include "ir/lower.h"

enum { INT_CAP = 20, IP4_CAP = 15, MAC_CAP = 17, DIGIT_WORDS = 3 };

static const pg_value *kind_name(unsigned kind)
{
	static const pg_value nil = { .kind = PG_STR, .str = "nil", .n = 3 };
	static const pg_value no = { .kind = PG_STR, .str = "false", .n = 5 };
	static const pg_value yes = { .kind = PG_STR, .str = "true", .n = 4 };
	return kind == IR_NIL ? &nil : kind == IR_FALSE ? &no : &yes;
}

uint32_t lw_digits_below(uint64_t end, unsigned base)
{
	uint32_t n = 1;
	for (uint64_t most = end - 1; most >= base; most /= base)
		n++;
	return n;
}

static uint32_t cap_of_kind(unsigned kind, uint32_t cap, uint32_t most, uint32_t below)
{
	switch (kind) {
	case IR_INT: return below ? lw_digits_below(below, 10) : INT_CAP;
	case IR_IP4: return IP4_CAP;
	case IR_IP6: return LW_IP6_CAP;
	case IR_MAC: return MAC_CAP;
	case IR_STR: case IR_TEXT: case IR_LONG: return cap;
	case IR_SLICE: return most;
	default: return kind_name(kind)->n;
	}
}

uint32_t lw_text_cap_below(uint64_t kinds, uint32_t cap, uint32_t most, uint32_t below)
{
	uint32_t n = 0;
	for (; kinds; kinds &= kinds - 1) {
		uint32_t one = cap_of_kind(ir_first_kind(kinds), cap, most, below);
		n = one > n ? one : n;
	}
	return n;
}

uint32_t lw_text_cap(uint64_t kinds, uint32_t cap, uint32_t most)
{
	return lw_text_cap_below(kinds, cap, most, 0);
}

/* A text of bytes in words, the first in the lowest bits of the first. */
static struct lw_val text_value(ir_ref len, const ir_ref *words, unsigned n, uint32_t cap)
{
	struct lw_val v = { .kinds = IR_BIT(IR_TEXT), .cap = cap, .n = (uint8_t)(1 + n) };
	v.w[0] = len;
	memcpy(v.w + 1, words, sizeof(*words) * n);
	return v;
}

/* ---- joining ---- */

struct builder {
	ir_ref slot;
	ir_ref len;
	uint32_t most;         /* bytes that there is room for */
	int64_t known;         /* the length, where it is a constant; -1: it is not */
	uint32_t cap;
};

/* Room for all of it, and for a longest piece that starts where the last one ends. */
static void begin(struct lw *w, struct builder *b, uint32_t all, uint32_t longest)
{
	uint32_t most = all < LW_MAXSTR ? all : (uint32_t)LW_MAXSTR;
	uint32_t size = ((most + 7) & ~7u) + ((longest + 7) & ~7u) + 8;
	*b = (struct builder){ .most = most, .slot = lw_room(w, size), .len = lw_imm(w, 0) };
	for (uint32_t i = 0; i < size; i += 8)
		lw_store(w, 8, b->slot, i, lw_imm(w, 0));
}

ir_ref lw_text_bytes(struct lw *w, ir_ref word)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? lw_op1(w, IRO(be64), word) : word;
}

/* The piece's words from slot + at on, moved up by `bits` (a multiple of 8 below 64). */
static void put_words(struct lw *w, ir_ref at, int64_t off, ir_ref bits, const struct lw_val *piece)
{
	ir_ref carry = lw_text_bytes(w, lw_load(w, 8, at, off)), left = lw_op2(w, IRO(sub64), lw_imm(w, 63), bits);
	for (unsigned i = 1; i < piece->n; i++, off += 8) {
		ir_ref word = lw_text_bytes(w, piece->w[i]);
		ir_ref low = lw_op2(w, IRO(or64), carry, lw_op2(w, IRO(shl64), word, bits));
		lw_store(w, 8, at, off, lw_text_bytes(w, low));
		carry = lw_op2(w, IRO(shr64), lw_op2i(w, IRO(shr64), word, 1), left);
	}
	lw_store(w, 8, at, off, lw_text_bytes(w, carry));
}

static void too_long(struct lw *w, ir_ref len, uint32_t most)
{
	lw_raise_if(w, IR_UGT, len, lw_imm(w, most), "string too long");
}

static void add(struct lw *w, struct builder *b, const struct lw_val *piece, int64_t known)
{
	b->cap += piece->cap;
	if (b->known >= 0) {
		put_words(w, b->slot, b->known & ~7, lw_imm(w, (b->known & 7) * 8), piece);
	} else {
		ir_ref off = lw_op1(w, IRO(own), b->len);
		too_long(w, off, b->most);
		ir_ref at = lw_op2(w, IRO(add64), b->slot, lw_op2i(w, IRO(and64), off, ~(int64_t)7));
		put_words(w, at, 0, lw_op2i(w, IRO(shl64), lw_op2i(w, IRO(and64), off, 7), 3), piece);
	}
	b->len = lw_op2(w, IRO(add64), b->len, lw_word(w, piece, 0));
	b->known = b->known >= 0 && known >= 0 ? b->known + known : -1;
}

static struct lw_val end(struct lw *w, struct builder *b)
{
	ir_ref words[LW_MAXSTR / 8];
	uint32_t cap = b->cap < LW_MAXSTR ? b->cap : (uint32_t)LW_MAXSTR;
	if (b->cap > LW_MAXSTR)
		too_long(w, b->len, LW_MAXSTR);
	for (unsigned i = 0; i < (cap + 7) / 8; i++)
		words[i] = lw_load(w, 8, b->slot, 8 * i);
	return text_value(b->len, words, (cap + 7) / 8, cap);
}

struct lw_val lw_text_join(struct lw *w, uint32_t n, const struct lw_val *v, uint32_t most)
{
	struct builder b;
	if (most > LW_MAXSTR)
		return lw_long_join(w, n, v, most);
	uint32_t longest = 0, all = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t cap = lw_text_cap_below(v[i].kinds, v[i].cap, v[i].most, v[i].below);
		longest = cap > longest ? cap : longest;
		all += cap;
	}
	begin(w, &b, all, longest);
	for (uint32_t i = 0; i < n; i++) {
		struct lw_val piece = lw_text(w, &v[i]);
		add(w, &b, &piece, v[i].k && v[i].k->kind == PG_STR ? (int64_t)v[i].k->n : -1);
	}
	return end(w, &b);
}

/* ---- numbers ---- */

static ir_ref and(struct lw *w, ir_ref a, uint64_t k) { return lw_op2i(w, IRO(and64), a, (int64_t)k); }
static ir_ref or(struct lw *w, ir_ref a, ir_ref b) { return lw_op2(w, IRO(or64), a, b); }
static ir_ref shr(struct lw *w, ir_ref a, int64_t n) { return lw_op2i(w, IRO(shr64), a, n); }
static ir_ref shl(struct lw *w, ir_ref a, int64_t n) { return lw_op2i(w, IRO(shl64), a, n); }
static ir_ref mul(struct lw *w, ir_ref a, int64_t k) { return lw_op2i(w, IRO(mul64), a, k); }

/* a - q * k: what q times k leaves. */
static ir_ref left_by(struct lw *w, ir_ref a, ir_ref q, int64_t k)
{
	return lw_op2(w, IRO(sub64), a, mul(w, q, k));
}

/* Of 10: none. */
static unsigned bits_of_digit(unsigned base)
{
	return base == 16 ? 4 : base == 8 ? 3 : 0;
}

/* What eight digits may be: less than this. */
static int64_t unit_of(unsigned base)
{
	return base == 10 ? 100000000 : (int64_t)1 << 8 * bits_of_digit(base);
}

/* Two halves of `bits` each, in a lane of their own each, the upper one first: in each lane of x alike. */
static ir_ref halves(struct lw *w, ir_ref x, unsigned bits, unsigned lane)
{
	uint64_t mask = ((uint64_t)1 << bits) - 1;
	for (unsigned at = 2 * lane; at < 64; at *= 2)
		mask |= mask << at;
	return or(w, and(w, shr(w, x, bits), mask), shl(w, and(w, x, mask), lane));
}

/* Eight digits of x, a byte each, the first one lowest; no branch, no loop. */
static ir_ref digits_of(struct lw *w, ir_ref x, unsigned base)
{
	unsigned bits = bits_of_digit(base);
	if (bits)
		return halves(w, halves(w, halves(w, x, 4 * bits, 32), 2 * bits, 16), bits, 8);
	ir_ref q = lw_op2i(w, IRO(udiv64), x, 10000);
	x = or(w, q, shl(w, left_by(w, x, q, 10000), 32));                   /* two numbers below 10,000 */
	q = and(w, shr(w, mul(w, x, 10486), 20), 0x7f0000007f);
	x = or(w, q, shl(w, left_by(w, x, q, 100), 16));                     /* four below 100 */
	q = and(w, shr(w, mul(w, x, 103), 10), 0xf000f000f000f);
	return or(w, q, shl(w, left_by(w, x, q, 10), 8));
}

static ir_ref chars_of(struct lw *w, ir_ref x, const struct lw_digits *d)
{
	ir_ref b = digits_of(w, x, d->base), c = lw_op2i(w, IRO(add64), b, 0x3030303030303030);
	if (d->base <= 10)
		return c;
	ir_ref letters = and(w, shr(w, lw_op2i(w, IRO(add64), b, 0x0606060606060606), 4), 0x0101010101010101);
	return lw_op2(w, IRO(add64), c, mul(w, letters, (d->upper ? 'A' : 'a') - '0' - 10));
}

/* How many digits x has, of eight; 0 has one. */
static ir_ref count_of(struct lw *w, ir_ref x, unsigned base)
{
	ir_ref n = lw_imm(w, 1), any = x;
	unsigned bits = bits_of_digit(base);
	if (bits) { /* bit 0 of each digit at and below the first one that is not 0, added up */
		const int64_t ones = bits == 4 ? 0x11111111 : 0x249249;
		for (unsigned i = 1; i < bits; i++)
			any = or(w, any, shr(w, x, i));
		any = and(w, any, (uint64_t)ones);
		for (unsigned i = bits; i < 8 * bits; i *= 2)
			any = or(w, any, shr(w, any, i));
		ir_ref others = shr(w, mul(w, shr(w, any, bits), ones), 7 * bits);
		return lw_op2(w, IRO(add64), n, and(w, others, ((uint64_t)1 << bits) - 1));
	}
	int64_t power = 1;
	for (unsigned i = 1; i < 8; i++)
		n = lw_op2(w, IRO(add64), n, shr(w, lw_op2(w, IRO(sub64), lw_imm(w, (power *= 10) - 1), x), 63));
	return n;
}

/* 8 times (8 - n): the bits that n characters leave of a word. */
static ir_ref bits_left(struct lw *w, ir_ref n)
{
	return lw_op2(w, IRO(sub64), lw_imm(w, 64), shl(w, n, 3));
}

/* The characters of x without leading zeros. */
static ir_ref first_chars(struct lw *w, ir_ref x, const struct lw_digits *d, ir_ref *n)
{
	*n = count_of(w, x, d->base);
	return lw_op2(w, IRO(shr64), chars_of(w, x, d), bits_left(w, *n));
}

/* words[at], with n characters in it, is filled up from eight more, and what is left of these goes to the next. */
static void append_chars(struct lw *w, ir_ref *words, unsigned at, ir_ref n, ir_ref chars)
{
	ir_ref half = shl(w, n, 2); /* twice, for n may be 8 */
	words[at] = or(w, words[at], lw_op2(w, IRO(shl64), lw_op2(w, IRO(shl64), chars, half), half));
	words[at + 1] = lw_op2(w, IRO(shr64), chars, bits_left(w, n));
}

/* n in eights of digits, of which there are `eights`: a number with more goes another way. */
static void emit_digits(struct lw *w, ir_ref n, const struct lw_digits *d, unsigned eights, ir_blk meet, unsigned nwords)
{
	ir_ref out[1 + DIGIT_WORDS] = { 0, lw_imm(w, 0), lw_imm(w, 0), lw_imm(w, 0) }, part[DIGIT_WORDS] = { n }, first;
	int64_t unit = unit_of(d->base);
	for (unsigned i = eights; i-- > 1;) {
		ir_ref rest = d->base == 10 ? lw_op2i(w, IRO(udiv64), part[0], unit) : shr(w, part[0], 8 * bits_of_digit(d->base));
		part[i] = d->base == 10 ? left_by(w, part[0], rest, unit) : and(w, part[0], (uint64_t)unit - 1);
		part[0] = rest;
	}
	out[1] = first_chars(w, part[0], d, &first);
	for (unsigned i = 1; i < eights; i++)
		append_chars(w, out + 1, i - 1, first, chars_of(w, part[i], d));
	out[0] = lw_op2i(w, IRO(add64), first, 8 * (eights - 1));
	for (unsigned i = 1; i <= nwords; i++)
		out[i] = lw_text_bytes(w, out[i]);
	lw_jmp(w, meet, 1 + nwords, out);
}

/* By as many ways as it may have eights of digits. */
struct lw_val lw_text_digits(struct lw *w, ir_ref n, const struct lw_digits *d)
{
	uint64_t unit = (uint64_t)unit_of(d->base), power = unit; /* behind the last one that is asked for it wraps */
	uint32_t cap = lw_digits_below(d->below, d->base);
	unsigned nwords = (cap + 7) / 8;
	ir_blk meet = lw_block(w, 1 + nwords);
	for (unsigned eights = 1; eights < nwords; eights++, power *= unit) {
		ir_blk here = lw_block(w, 0), more = lw_block(w, 0);
		lw_br(w, IR_ULT, n, lw_imm(w, (int64_t)power), here, more);
		lw_enter(w, here);
		emit_digits(w, n, d, eights, meet, nwords);
		lw_enter(w, more);
	}
	emit_digits(w, n, d, nwords, meet, nwords);
	lw_enter(w, meet);
	ir_ref words[DIGIT_WORDS];
	for (unsigned i = 0; i < nwords; i++)
		words[i] = lw_param(w, meet, 1 + i);
	return text_value(lw_param(w, meet, 0), words, nwords, cap);
}

struct lw_val lw_text_int(struct lw *w, ir_ref n, uint32_t below)
{
	if (below)
		return lw_text_digits(w, n, &(struct lw_digits){ .base = 10, .below = below });
	ir_ref sign = lw_op2i(w, IRO(sar64), n, 63);
	struct lw_val t = lw_text_digits(w, lw_op2(w, IRO(sub64), lw_op2(w, IRO(xor64), n, sign), sign),
					 &(struct lw_digits){ .base = 10, .below = ((uint64_t)1 << 63) + 1 });
	for (unsigned i = 1; i < t.n; i++)
		t.w[i] = lw_text_bytes(w, t.w[i]);
	lw_text_push(w, t.w + 1, t.n - 1u, lw_op2i(w, IRO(and64), sign, '-'), lw_op2i(w, IRO(and64), sign, 1));
	for (unsigned i = 1; i < t.n; i++)
		t.w[i] = lw_text_bytes(w, t.w[i]);
	t.w[0] = lw_op2(w, IRO(sub64), t.w[0], sign);
	t.cap++;
	return t;
}

/* ---- addresses ---- */

/* 1 when a < k, else 0; both are small. */
static ir_ref below(struct lw *w, ir_ref a, int64_t k)
{
	return lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(sub64), a, k), 63);
}

void lw_text_push(struct lw *w, ir_ref *words, unsigned n, ir_ref part, ir_ref len)
{
	ir_ref bits = lw_op2i(w, IRO(shl64), len, 3), left = lw_op2(w, IRO(sub64), lw_imm(w, 63), bits);
	for (unsigned i = 0; i < n; i++) {
		ir_ref carry = lw_op2(w, IRO(shr64), lw_op2i(w, IRO(shr64), words[i], 1), left);
		words[i] = lw_op2(w, IRO(or64), lw_op2(w, IRO(shl64), words[i], bits), part);
		part = carry;
	}
}

/*
 * The digits of a byte without leading zeros, the first one lowest, and `behind` after them; no loop, no branch. With
 * q = b / 10 and h = q / 10 the three digits are h, q - 10 h and b - 10 q: b << 16, less what q and h take off.
 */
static ir_ref byte_text(struct lw *w, ir_ref b, char behind, ir_ref *len)
{
	ir_ref q = lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(mul64), b, 205), 11);
	ir_ref h = lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(mul64), b, 41), 12);
	ir_ref leading = lw_op2(w, IRO(add64), below(w, b, 10), below(w, b, 100)), digits = lw_op2i(w, IRO(shl64), b, 16);
	digits = lw_op2(w, IRO(sub64), digits, lw_op2i(w, IRO(mul64), q, (10 << 16) - (1 << 8)));
	digits = lw_op2(w, IRO(sub64), digits, lw_op2i(w, IRO(mul64), h, (10 << 8) - 1));
	digits = lw_op2i(w, IRO(add64), digits, behind << 24 | '0' << 16 | '0' << 8 | '0');
	*len = lw_op2(w, IRO(sub64), lw_imm(w, behind ? 4 : 3), leading);
	return lw_op2(w, IRO(shr64), digits, lw_op2i(w, IRO(shl64), leading, 3));
}

void lw_text_ip4_words(struct lw *w, ir_ref ip, ir_ref words[2], ir_ref *len)
{
	words[0] = byte_text(w, lw_op2i(w, IRO(and64), ip, 255), 0, len);
	words[1] = lw_imm(w, 0);
	for (unsigned shift = 8; shift < 32; shift += 8) {
		ir_ref n, part = byte_text(w, lw_op2i(w, IRO(and64), lw_op2i(w, IRO(shr64), ip, shift), 255), '.', &n);
		lw_text_push(w, words, 2, part, n);
		*len = lw_op2(w, IRO(add64), *len, n);
	}
}

static struct lw_val ip4_text(struct lw *w, const struct lw_val *v)
{
	ir_ref words[2], len;
	lw_text_ip4_words(w, lw_op1(w, IRO(be32), lw_word(w, v, 0)), words, &len);
	for (unsigned i = 0; i < 2; i++)
		words[i] = lw_text_bytes(w, words[i]);
	return text_value(len, words, 2, IP4_CAP);
}

static ir_ref digit_char(struct lw *w, ir_ref d)
{
	ir_ref letter = shr(w, lw_op2(w, IRO(sub64), lw_imm(w, 9), d), 63);
	return lw_op2(w, IRO(add64), lw_op2i(w, IRO(add64), d, '0'), mul(w, letter, 'a' - '0' - 10));
}

static struct lw_val mac_text(struct lw *w, const struct lw_val *v)
{
	ir_ref words[3] = { lw_imm(w, 0), lw_imm(w, 0), lw_imm(w, 0) }, mac = lw_word(w, v, 0);
	for (unsigned i = 0; i < MAC_CAP; i++) {
		ir_ref nibble = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(shr64), mac, i / 3 * 8 + (i % 3 ? 0 : 4)), 15);
		ir_ref c = i % 3 == 2 ? lw_imm(w, ':') : digit_char(w, nibble);
		words[i / 8] = lw_op2(w, IRO(or64), words[i / 8], lw_op2i(w, IRO(shl64), c, i % 8 * 8));
	}
	for (unsigned i = 0; i < 3; i++)
		words[i] = lw_text_bytes(w, words[i]);
	return text_value(lw_imm(w, MAC_CAP), words, 3, MAC_CAP);
}

/* ---- any value ---- */

static struct lw_val string_text(struct lw *w, const struct lw_val *v)
{
	ir_ref len, words[LW_MAXSTR / 8];
	bool whole = v->kinds == IR_BIT(IR_STR); /* it has words, and is no longer: nothing may raise on the way to who catches */
	ir_blk longer = whole ? 0 : lw_block(w, 0);
	struct lw_val b = lw_str_words(w, v, &len, longer);
	uint32_t cap = b.cap < LW_MAXSTR ? b.cap : (uint32_t)LW_MAXSTR;
	for (unsigned i = 0; i < (cap + 7) / 8; i++)
		words[i] = lw_word(w, &b, i);
	if (!whole) {
		ir_blk on = lw_block(w, 0);
		lw_jmp(w, on, 0, NULL);
		lw_enter(w, longer);
		lw_raise(w, "string too long");
		lw_enter(w, on);
	}
	return text_value(len, words, (cap + 7) / 8, cap);
}

static struct lw_val text_of_kind(struct lw *w, const struct lw_val *v)
{
	unsigned kind = ir_first_kind(v->kinds);
	struct lw_val name;
	switch (kind) {
	case IR_TEXT: return *v;
	case IR_STR: case IR_SLICE: case IR_LONG: return string_text(w, v);
	case IR_INT: return lw_text_int(w, lw_int_word(w, v), v->below);
	case IR_IP4: return ip4_text(w, v);
	case IR_IP6: return lw_text_ip6(w, v);
	case IR_MAC: return mac_text(w, v);
	default:
		name = lw_const(w, kind_name(kind));
		return string_text(w, &name);
	}
}

struct lw_val lw_text(struct lw *w, const struct lw_val *v)
{
	uint32_t cap = lw_text_cap_below(v->kinds, v->cap, v->most, v->below);
	return lw_str_each(w, v, IR_TEXT, cap < LW_MAXSTR ? cap : (uint32_t)LW_MAXSTR, text_of_kind);
}

struct lw_val lw_remade(struct lw *w, const struct lw_val *v, uint64_t from, unsigned as, uint32_t cap, lw_str_fn *make)
{
	struct lw_val x = lw_narrow(w, v, from), rest = lw_narrow(w, v, ~from);
	if (!rest.kinds)
		return make(w, v);
	struct lw_join j = lw_join_new(w, rest.kinds | IR_BIT(as), cap);
	ir_blk text = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, v, from, text, other);
	lw_enter(w, text);
	x = make(w, &x);
	lw_join_add(w, &j, &x);
	lw_enter(w, other);
	lw_join_add(w, &j, &rest);
	return lw_join_end(w, &j);
}

struct lw_val lw_text_as(struct lw *w, const struct lw_val *v, uint64_t kinds)
{
	uint64_t texts = v->kinds & (IR_BIT(IR_STR) | IR_BIT(IR_TEXT));
	if (texts && kinds & IR_BIT(IR_LONG))
		return lw_remade(w, v, texts, IR_LONG, v->cap, lw_long_of);
	if (!(texts & IR_BIT(IR_STR)) || kinds & IR_BIT(IR_STR) || !(kinds & IR_BIT(IR_TEXT)))
		return *v;
	return lw_remade(w, v, IR_BIT(IR_STR), IR_TEXT, v->cap, text_of_kind);
}

ir_ref lw_at_least_0(struct lw *w, ir_ref a)
{
	return lw_op2(w, IRO(and64), a, lw_op2i(w, IRO(xor64), lw_op2i(w, IRO(sar64), a, 63), -1));
}

ir_ref lw_at_most(struct lw *w, ir_ref a, int64_t most)
{
	ir_ref k = lw_imm(w, most);
	return lw_op2(w, IRO(sub64), k, lw_at_least_0(w, lw_op2(w, IRO(sub64), k, a)));
}

/* Shifted twice by half of it: by 64, a word is gone. */
ir_ref lw_text_mask(struct lw *w, ir_ref len, unsigned i)
{
	ir_ref bytes = lw_at_most(w, lw_at_least_0(w, lw_op2i(w, IRO(sub64), len, 8 * i)), 8);
	ir_ref half = lw_op2i(w, IRO(shl64), bytes, 2);
	ir_ref end = lw_op2(w, IRO(shl64), lw_op2(w, IRO(shl64), lw_imm(w, 1), half), half);
	return lw_text_bytes(w, lw_op2i(w, IRO(sub64), end, 1));
}

struct lw_val lw_text_part(struct lw *w, const struct lw_str *s, ir_ref from, ir_ref len, uint32_t most)
{
	struct lw_val v = { .kinds = IR_BIT(IR_TEXT), .cap = most, .n = (uint8_t)(1 + (most + 7) / 8) };
	uint32_t room = lw_text_room(s->most), n = (s->most + 7) / 8;
	ir_ref slot = lw_room(w, room + 8 * v.n);
	for (unsigned i = 0; i < room / 8 + v.n; i++) /* zeros behind it, to look at with its last word */
		lw_store(w, 8, slot, 8 * i, i < n ? s->words[i] : lw_imm(w, 0));
	ir_ref at = lw_op2(w, IRO(add64), slot, lw_op2i(w, IRO(and64), from, (room - 1) & ~7u));
	ir_ref bits = lw_op2i(w, IRO(shl64), lw_op2i(w, IRO(and64), from, 7), 3);
	ir_ref left = lw_op2(w, IRO(sub64), lw_imm(w, 63), bits), next = lw_text_bytes(w, lw_load(w, 8, at, 0));
	v.w[0] = len;
	for (unsigned i = 1; i < v.n; i++) {
		ir_ref low = lw_op2(w, IRO(shr64), next, bits);
		next = lw_text_bytes(w, lw_load(w, 8, at, 8 * i));
		ir_ref high = lw_op2(w, IRO(shl64), lw_op2i(w, IRO(shl64), next, 1), left);
		v.w[i] = lw_op2(w, IRO(and64), lw_text_bytes(w, lw_op2(w, IRO(or64), low, high)), lw_text_mask(w, len, i - 1));
	}
	return v;
}

struct lw_val lw_str_part(struct lw *w, const struct lw_str *s, ir_ref from, ir_ref len, uint32_t most)
{
	if (s->far)
		return lw_long(from, len, most);
	return s->slot ? lw_text_part(w, s, from, len, most) : lw_slice(from, len, most);
}
