/*
 * lower_ip6.c - the text of an IPv6 address, as inet_ntop and RFC 5952 write it: groups in lower case without leading
 * zeros, the longest run of two or more that are 0 as "::", the first of equals; an IPv4 address that is mapped
 * (::ffff:10.0.0.1) or compatible (::10.0.0.1) with its last groups as one.
 *
 * A loop of eight turns that the verifier walks, without a branch in it: from the last group to the first, each puts its
 * part before the text so far. A part is the group and a ':' behind it, or of the first group of the run a ':' (or two, at
 * the start of the text), or nothing.
 */
#include "ir/lower.h"

#include "core/mutant.h"

enum { GROUPS = 8, WORDS = 5, MAPPED = 0xffff };
enum { LEFT, HIGH, LOW, LEN, TEXT, NWORDS = TEXT + WORDS };

static ir_ref bitand(struct lw *w, ir_ref a, ir_ref b) { return lw_op2(w, IRO(and64), a, b); }
static ir_ref shl(struct lw *w, ir_ref a, int64_t n) { return lw_op2i(w, IRO(shl64), a, n); }
static ir_ref shr(struct lw *w, ir_ref a, int64_t n) { return lw_op2i(w, IRO(shr64), a, n); }

/* 1 when a < k, else 0; both are small. */
static ir_ref below(struct lw *w, ir_ref a, int64_t k)
{
	return shr(w, lw_op2i(w, IRO(sub64), a, k), 63);
}

/* All bits where bit 0 of a is set, else none. */
static ir_ref all_if(struct lw *w, ir_ref a)
{
	return lw_op2(w, IRO(sub64), lw_imm(w, 0), lw_op2i(w, IRO(and64), a, 1));
}

/* ---- the run of zeros ---- */

/* Bit i: group i is 0. */
static ir_ref zero_groups(struct lw *w, ir_ref high, ir_ref low)
{
	ir_ref m = lw_imm(w, 0);
	for (unsigned i = 0; i < GROUPS; i++) {
		ir_ref g = lw_op2i(w, IRO(and64), shr(w, i < 4 ? high : low, 48 - i % 4 * 16), 0xffff);
		m = lw_op2(w, IRO(or64), m, shl(w, below(w, g, 1), i));
	}
	return m;
}

/* Bit i: group i is in the run. */
static ir_ref run_of(struct lw *w, ir_ref zeros)
{
	ir_ref starts = zeros, run = lw_imm(w, 0), zero = lw_imm(w, 0);
	for (unsigned n = 2 - MUTANT(one_zero_short); n <= GROUPS; n++) { /* starts: of runs of n */
		starts = bitand(w, starts, shr(w, zeros, n - 1));
		ir_ref first = bitand(w, starts, lw_op2(w, IRO(sub64), zero, starts));
		ir_ref none = all_if(w, below(w, starts, 1));
		ir_ref all = lw_op2i(w, IRO(mul64), first, ((int64_t)1 << n) - 1);
		run = lw_op2(w, IRO(or64), bitand(w, run, none), all);
	}
	return run;
}

/* ---- a group ---- */

/* Its digits with leading zeros, the first one lowest. */
static ir_ref digits_of(struct lw *w, ir_ref g)
{
	ir_ref b = 0;
	for (unsigned i = 0; i < 4; i++) {
		ir_ref d = shl(w, lw_op2i(w, IRO(and64), shr(w, g, 12 - 4 * i), 15), 8 * i);
		b = b ? lw_op2(w, IRO(or64), b, d) : d;
	}
	ir_ref letters = lw_op2i(w, IRO(and64), shr(w, lw_op2i(w, IRO(add64), b, 0x06060606), 4), 0x01010101);
	return lw_op2(w, IRO(add64), lw_op2i(w, IRO(add64), b, 0x30303030), lw_op2i(w, IRO(mul64), letters, 'a' - '0' - 10));
}

/* The part that group g, number i, puts before the text. */
static void part_of(struct lw *w, ir_ref g, ir_ref i, ir_ref run, ir_ref *part, ir_ref *len)
{
	ir_ref before = lw_op2(w, IRO(shr64), shl(w, run, 1), i), here = lw_op2(w, IRO(shr64), run, i);
	ir_ref in_run = all_if(w, here), starts = bitand(w, in_run, all_if(w, lw_op2i(w, IRO(xor64), before, 1)));
	ir_ref leading = lw_op2(w, IRO(add64), lw_op2(w, IRO(add64), below(w, g, 0x10), below(w, g, 0x100)), below(w, g, 0x1000));
	ir_ref n = lw_op2(w, IRO(sub64), lw_imm(w, 4), leading), behind = below(w, i, GROUPS - 1);
	ir_ref text = lw_op2(w, IRO(shr64), digits_of(w, g), shl(w, leading, 3));
	ir_ref colon = lw_op2(w, IRO(shl64), lw_op2i(w, IRO(mul64), behind, ':'), shl(w, n, 3));
	ir_ref out = lw_op2i(w, IRO(xor64), in_run, -1);
	*part = bitand(w, lw_op2(w, IRO(or64), text, colon), out);
	*part = lw_op2(w, IRO(or64), *part, bitand(w, starts, lw_imm(w, ':' << 8 | ':')));
	ir_ref colons = lw_op2i(w, IRO(add64), below(w, i, 1), 1);
	*len = lw_op2(w, IRO(or64), bitand(w, lw_op2(w, IRO(add64), n, behind), out), bitand(w, colons, starts));
}

/* The first len bytes of the part before the words. */
static void push(struct lw *w, ir_ref *words, ir_ref part, ir_ref len)
{
	ir_ref n = lw_op2i(w, IRO(and64), len, 7);
	ir_ref mask = lw_op2i(w, IRO(sub64), lw_op2(w, IRO(shl64), lw_imm(w, 1), shl(w, n, 3)), 1);
	lw_text_push(w, words, WORDS, bitand(w, part, mask), n);
}

static struct lw_val groups_text(struct lw *w, ir_ref high, ir_ref low)
{
	ir_ref zero = lw_imm(w, 0), run = run_of(w, zero_groups(w, high, low)), v[NWORDS], part, len;
	ir_blk head = lw_block(w, NWORDS), more = lw_block(w, 0), done = lw_block(w, 0);
	for (unsigned i = LEN; i < NWORDS; i++)
		v[i] = zero;
	v[LEFT] = lw_imm(w, GROUPS - 1);
	v[HIGH] = high;
	v[LOW] = low;
	ir_block(w->fn, head)->walked = true;
	lw_jmp(w, head, NWORDS, v);
	lw_enter(w, head);
	for (unsigned i = 0; i < NWORDS; i++)
		v[i] = lw_param(w, head, i);
	part_of(w, lw_op2i(w, IRO(and64), v[LOW], 0xffff), v[LEFT], run, &part, &len);
	push(w, v + TEXT, part, len);
	v[LEN] = lw_op2(w, IRO(add64), v[LEN], len);
	lw_bri(w, IR_EQ, v[LEFT], 0, done, more);
	lw_enter(w, more);
	ir_ref next[NWORDS];
	memcpy(next, v, sizeof(next));
	next[LEFT] = lw_op2i(w, IRO(sub64), v[LEFT], 1);
	next[LOW] = lw_op2(w, IRO(or64), shr(w, v[LOW], 16), shl(w, v[HIGH], 48));
	next[HIGH] = shr(w, v[HIGH], 16);
	lw_jmp(w, head, NWORDS, next);
	lw_enter(w, done);
	struct lw_val t = { .kinds = IR_BIT(IR_TEXT), .cap = LW_IP6_CAP, .n = 1 + WORDS };
	t.w[0] = v[LEN];
	for (unsigned i = 0; i < WORDS; i++)
		t.w[1 + i] = lw_text_bytes(w, v[TEXT + i]);
	return t;
}

/* ---- IPv4 within ---- */

/* The text so far, a word of `len` bytes, and the address in the last half. */
static struct lw_val ip4_within(struct lw *w, ir_ref len, ir_ref text, ir_ref low)
{
	enum { N = 3 };
	struct lw_val t = { .kinds = IR_BIT(IR_TEXT), .cap = 7 + 15, .n = 1 + N };
	ir_ref words[N] = { 0, 0, lw_imm(w, 0) }, own;
	lw_text_ip4_words(w, lw_op1(w, IRO(zext32), low), words, &own);
	lw_text_push(w, words, N, text, len);
	t.w[0] = lw_op2(w, IRO(add64), own, len);
	for (unsigned i = 0; i < N; i++)
		t.w[1 + i] = lw_text_bytes(w, words[i]);
	return t;
}

struct lw_val lw_text_ip6(struct lw *w, const struct lw_val *v)
{
	const int64_t two_colons = ':' << 8 | ':', mapped = 0x3a666666663a3a; /* "::ffff:", its first byte lowest */
	ir_ref high = lw_op1(w, IRO(be64), lw_word(w, v, 0)), low = lw_op1(w, IRO(be64), lw_word(w, v, 1));
	ir_blk start = lw_block(w, 0), is_mapped = lw_block(w, 0), other = lw_block(w, 0), none = lw_block(w, 0);
	ir_blk small = lw_block(w, 0), compatible = lw_block(w, 0), within = lw_block(w, 2);
	struct lw_join j = lw_join_new(w, IR_BIT(IR_TEXT), LW_IP6_CAP);
	lw_bri(w, IR_EQ, high, 0, start, none);
	lw_enter(w, start);
	ir_ref above = shr(w, low, 32);
	lw_bri(w, IR_EQ, above, MAPPED, is_mapped, other);
	lw_enter(w, is_mapped);
	lw_jmp(w, within, 2, (ir_ref[]){ lw_imm(w, 7), lw_imm(w, mapped) });
	lw_enter(w, other);
	lw_bri(w, IR_EQ, above, 0, small, none);
	lw_enter(w, small);
	lw_bri(w, IR_UGT, low, 0xffff, compatible, none);
	lw_enter(w, compatible);
	lw_jmp(w, within, 2, (ir_ref[]){ lw_imm(w, 2), lw_imm(w, two_colons) });
	lw_enter(w, within);
	struct lw_val t = ip4_within(w, lw_param(w, within, 0), lw_param(w, within, 1), low);
	lw_join_add(w, &j, &t);
	lw_enter(w, none);
	t = groups_text(w, high, low);
	lw_join_add(w, &j, &t);
	return lw_join_end(w, &j);
}
