/* lower_cond.c - conditions as branches: equality across kinds, order of numbers, not. */
#include "opt/lower.h"
#include "opt/opt.h"

#include "core/mutant.h"

#include <math.h>

bool lower_is_condition(const struct ir_ins *i)
{
	return i->op == IRO(eq) || i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(not) ||
	       i->op == IRO(isof) || i->op == IRO(forskip);
}

/* ---- equality ---- */

static unsigned payload_words(const struct lw_val *a, const struct lw_val *b, uint64_t kind)
{
	if (kind & (IR_BIT(IR_INT) | IR_BIT(IR_IP4) | IR_BIT(IR_MAC) | IR_BIT(IR_REC)))
		return 1;
	if (kind == IR_BIT(IR_IP6))
		return 2;
	if (kind == IR_BIT(IR_STR)) {
		uint32_t cap = a->cap > b->cap ? a->cap : b->cap;
		return (cap + 7) / 8;
	}
	return 0;
}

static bool holds_nul(const struct lw_val *v)
{
	return v->k && v->k->kind == PG_STR && memchr(v->k->str, 0, v->k->n);
}

void lw_equal_words(struct lw *w, const struct lw_val *a, const struct lw_val *b, unsigned n, ir_blk yes, ir_blk no)
{
	for (unsigned i = 0; i < n; i++) {
		ir_blk next = i + 1 < n ? lw_block(w, 0) : yes;
		lw_br(w, IR_EQ, lw_word(w, a, i), lw_word(w, b, i), next, no);
		lw_enter(w, next);
	}
	if (!n)
		lw_jmp(w, yes, 0, NULL);
	w->cur = 0;
}

/* Both are of this one kind. */
static void equal_payload(struct lw *w, const struct lw_val *a, const struct lw_val *b, uint64_t kind,
			  ir_blk yes, ir_blk no)
{
	if (kind == IR_BIT(IR_STR) && holds_nul(a) != holds_nul(b)) {
		lw_jmp(w, no, 0, NULL); /* text of a field never holds one */
		return;
	}
	lw_equal_words(w, a, b, payload_words(a, b, kind), yes, no);
}

static bool is_float(const struct lw_val *v)
{
	return v->kinds == IR_BIT(IR_FLOAT);
}

/* v == f, exactly */
static void equal_float(struct lw *w, const struct lw_val *v, double f, ir_blk yes, ir_blk no)
{
	if (!(f >= -0x1p63 && f < 0x1p63) || f != floor(f)) {
		lw_jmp(w, no, 0, NULL);
		return;
	}
	ir_blk num = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_INT), num, no);
	lw_enter(w, num);
	struct lw_val i = lw_narrow(w, v, IR_BIT(IR_INT));
	lw_bri(w, IR_EQ, lw_int_word(w, &i), (int64_t)f, yes, no);
}

static void equal_kind(struct lw *w, const struct lw_val *a, const struct lw_val *b, unsigned k,
		       ir_blk yes, ir_blk no)
{
	struct lw_val x = lw_narrow(w, a, IR_BIT(k)), y = lw_narrow(w, b, IR_BIT(k));
	equal_payload(w, &x, &y, IR_BIT(k), yes, no);
}

static void lower_equal(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no);

/* a may be a message, and b is none */
static void equal_or_message(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	ir_blk message = lw_block(w, 0), other = lw_block(w, 0);
	struct lw_val rest = lw_narrow(w, a, ~IR_BIT(IR_MSG));
	lw_br_kind(w, a, IR_BIT(IR_MSG), message, other);
	lw_enter(w, message);
	if (b->k && b->k->kind == PG_STR)
		lower_message_is(w, a, b->k, yes, no);
	else
		lw_jmp(w, no, 0, NULL);
	lw_enter(w, other);
	if (rest.kinds)
		lower_equal(w, &rest, b, yes, no);
	else
		lw_jmp(w, no, 0, NULL);
}

static void equal_strings(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	if (a->kinds == IR_BIT(IR_STR) && b->kinds == IR_BIT(IR_STR))
		equal_payload(w, a, b, IR_BIT(IR_STR), yes, no);
	else
		lw_str_equal(w, a, b, yes, no);
}

/* One of them may be a string whose bytes lie somewhere: each kind of string of one side with each of the
 * other. */
static void equal_alike(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	struct lw_val x = *a, y;
	for (uint64_t i = a->kinds & IR_STRINGS; i; i &= i - 1) {
		uint64_t one = i & -i;
		ir_blk mine = lw_block(w, 0), other = lw_block(w, 0);
		lw_br_kind(w, &x, one, mine, other);
		lw_enter(w, mine);
		struct lw_val s = lw_narrow(w, a, one);
		y = *b;
		for (uint64_t k = b->kinds & IR_STRINGS, with; k; k &= ~with) {
			with = k & -k;
			ir_blk here = lw_block(w, 0), next = lw_block(w, 0);
			lw_br_kind(w, &y, with, here, next);
			lw_enter(w, here);
			struct lw_val t = lw_narrow(w, b, with);
			equal_strings(w, &s, &t, yes, no);
			lw_enter(w, next);
			y.kinds &= ~with;
		}
		lw_jmp(w, no, 0, NULL);
		lw_enter(w, other);
		x.kinds &= ~one;
	}
	struct lw_val rest = lw_narrow(w, a, ~IR_STRINGS);
	if (rest.kinds)
		lower_equal(w, &rest, b, yes, no);
	else
		lw_jmp(w, no, 0, NULL);
}

static void lower_equal(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	uint64_t both = a->kinds & b->kinds;
	if ((a->kinds ^ b->kinds) & IR_BIT(IR_MSG)) {
		bool first = a->kinds & IR_BIT(IR_MSG);
		equal_or_message(w, first ? a : b, first ? b : a, yes, no);
		return;
	}
	if (a->kinds & IR_STRINGS && b->kinds & IR_STRINGS && (a->kinds | b->kinds) & IR_STRINGS & ~IR_BIT(IR_STR)) {
		equal_alike(w, a, b, yes, no);
		return;
	}
	if (is_float(a) != is_float(b)) {
		if (is_float(a))
			equal_float(w, b, a->k->f, yes, no);
		else
			equal_float(w, a, b->k->f, yes, no);
		return;
	}
	if (!both) {
		lw_jmp(w, no, 0, NULL);
		return;
	}
	if (ir_single(a->kinds) && ir_single(b->kinds)) {
		equal_kind(w, a, b, ir_first_kind(both), yes, no);
		return;
	}
	if (!ir_single(a->kinds) && !ir_single(b->kinds)) {
		ir_blk same = lw_block(w, 0);
		lw_br(w, IR_EQ, a->tag, b->tag, same, no);
		lw_enter(w, same);
	} else {
		ir_blk same = lw_block(w, 0);
		lw_br_kind(w, ir_single(a->kinds) ? b : a, both, same, no);
		lw_enter(w, same);
		equal_kind(w, a, b, ir_first_kind(both), yes, no);
		return;
	}
	for (; both; both &= both - 1) {
		unsigned k = ir_first_kind(both);
		ir_blk mine = lw_block(w, 0), next = both & (both - 1) ? lw_block(w, 0) : no;
		lw_br_kind(w, a, IR_BIT(k), mine, next);
		lw_enter(w, mine);
		equal_kind(w, a, b, k, yes, no);
		lw_enter(w, next);
	}
	w->cur = 0;
}

/* ---- order ---- */

/* a < f and the like, as a comparison with an integer; false: known (*result). */
static bool float_bound(enum ir_op op, double f, bool float_left, int64_t *bound, bool *result)
{
	/* i < f: i < ceil f; i <= f: i <= floor f; f < i: floor f < i; f <= i: ceil f <= i */
	bool up = (op == IRO(lt)) != float_left;
	double whole = up ? ceil(f) : floor(f);
	if (isnan(f)) {
		*result = false;
		return false;
	}
	if (whole >= 0x1p63) {
		*result = !float_left;
		return false;
	}
	if (whole < -0x1p63) {
		*result = float_left && !MUTANT(below_all);
		return false;
	}
	*bound = (int64_t)whole;
	return true;
}

static void order_float(struct lw *w, enum ir_op op, const struct lw_val *i, double f, bool float_left,
			ir_blk yes, ir_blk no)
{
	int64_t bound;
	bool result;
	if (!float_bound(op, f, float_left, &bound, &result)) {
		lw_jmp(w, result ? yes : no, 0, NULL);
		return;
	}
	ir_ref v = lw_int_word(w, i), b = lw_imm(w, bound);
	lw_br(w, op == IRO(lt) ? IR_SLT : IR_SLE, float_left ? b : v, float_left ? v : b, yes, no);
}

/* Raises "attempt to compare X with Y" for every pair of names; both sides may be several kinds. */
static void raise_compare(struct lw *w, const struct lw_val *a, const struct lw_val *b)
{
	uint64_t left = a->kinds;
	while (left) {
		unsigned ka = ir_first_kind(left);
		left &= left - 1;
		ir_blk is_a = lw_block(w, 0), other = lw_block(w, 0);
		struct lw_val rest = *a;
		rest.kinds = left | IR_BIT(ka);
		lw_br_kind(w, &rest, IR_BIT(ka), is_a, other);
		lw_enter(w, is_a);
		const char *name = type_called(w->unit, ka, a->k);
		const char *fmt = arena_printf(w->unit->arena, "attempt to compare %s with %%K", name);
		struct lw_val bs = *b;
		for (uint64_t right = b->kinds; right; right &= right - 1) {
			unsigned kb = ir_first_kind(right);
			const char *bname = type_called(w->unit, kb, b->k);
			bool same = !strcmp(name, bname);
			bs.kinds = right;
			ir_blk is_b = lw_block(w, 0), next = lw_block(w, 0);
			lw_br_kind(w, &bs, IR_BIT(kb), is_b, next);
			lw_enter(w, is_b);
			if (same)
				lw_raise(w, "attempt to compare two %s values", name);
			else
				lw_raise(w, "%.*s%s", (int)(strlen(fmt) - 2), fmt, bname);
			lw_enter(w, next);
		}
		lw_raise(w, "%s", "attempt to compare these values"); /* never reached */
		lw_enter(w, other);
	}
	lw_raise(w, "%s", "attempt to compare these values"); /* never reached */
}

enum { NUMBERS = 1 << IR_INT | 1 << IR_FLOAT };

/* Goes on where both are of these kinds, as x and y; else raises. */
static void both_of(struct lw *w, const struct lw_val *a, const struct lw_val *b, uint64_t kinds,
		    struct lw_val *x, struct lw_val *y)
{
	if ((a->kinds | b->kinds) & ~kinds) {
		ir_blk a_is = lw_block(w, 0), ok = lw_block(w, 0), bad = lw_block(w, 0);
		lw_br_kind(w, a, kinds, a_is, bad);
		lw_enter(w, a_is);
		lw_br_kind(w, b, kinds, ok, bad);
		lw_enter(w, bad);
		raise_compare(w, a, b);
		lw_enter(w, ok);
	}
	*x = lw_narrow(w, a, kinds);
	*y = lw_narrow(w, b, kinds);
}

static void order_strings(struct lw *w, enum ir_op op, const struct lw_val *a, const struct lw_val *b,
			  ir_blk yes, ir_blk no)
{
	struct lw_val x, y;
	both_of(w, a, b, IR_STRINGS, &x, &y);
	x = lw_str_one(w, &x);
	y = lw_str_one(w, &y);
	lw_str_less(w, &x, &y, op == IRO(le), yes, no);
}

static void order_numbers(struct lw *w, enum ir_op op, const struct lw_val *a, const struct lw_val *b,
			  ir_blk yes, ir_blk no)
{
	struct lw_val x, y;
	both_of(w, a, b, NUMBERS, &x, &y);
	if (is_float(&x))
		order_float(w, op, &y, x.k->f, true, yes, no);
	else if (is_float(&y))
		order_float(w, op, &x, y.k->f, false, yes, no);
	else
		lw_br(w, op == IRO(lt) ? IR_SLT : IR_SLE, lw_int_word(w, MUTANT(order_swapped) ? &y : &x),
		      lw_int_word(w, MUTANT(order_swapped) ? &x : &y), yes, no);
}

/* Two numbers or two strings; anything else raises. */
static void lower_order(struct lw *w, enum ir_op op, const struct lw_val *a, const struct lw_val *b,
			ir_blk yes, ir_blk no)
{
	bool numbers = a->kinds & NUMBERS && b->kinds & NUMBERS, strings = a->kinds & IR_STRINGS && b->kinds & IR_STRINGS;
	if (numbers && strings) {
		ir_blk number = lw_block(w, 0), other = lw_block(w, 0);
		struct lw_val x = lw_narrow(w, a, NUMBERS), rest = lw_narrow(w, a, ~(uint64_t)NUMBERS);
		lw_br_kind(w, a, NUMBERS, number, other);
		lw_enter(w, number);
		order_numbers(w, op, &x, b, yes, no);
		lw_enter(w, other);
		order_strings(w, op, &rest, b, yes, no);
	} else if (strings) {
		order_strings(w, op, a, b, yes, no);
	} else {
		order_numbers(w, op, a, b, yes, no);
	}
}

void lw_less(struct lw *w, const struct lw_val *a, const struct lw_val *b, ir_blk yes, ir_blk no)
{
	lower_order(w, IRO(lt), a, b, yes, no);
}

/* ---- truth ---- */

/* Takes block b out of use: nothing leads there any more. */
static void forget_block(struct lw *w, ir_blk b)
{
	ir_block(w->fn, b)->first = ir_block(w->fn, b)->last = 0;
	ir_block(w->fn, b)->nparams = 0;
}

/* A comparison that was just made a value, for one branch alone: it is branched on instead. */
static bool branch_on_flag(struct lw *w, ir_ref value, ir_blk yes, ir_blk no)
{
	ir_blk join = w->flag.join;
	if (!join || w->cur != join || ir_block(w->fn, join)->first || w->uses[value] != 1 ||
	    w->val[value].kinds != IR_BOOL || w->val[value].tag != lw_param(w, join, 0))
		return false;
	struct ir_edge *e = ir_at(w->fn, w->flag.br)->succ;
	forget_block(w, e[0].to);
	forget_block(w, e[1].to);
	forget_block(w, join);
	e[0].to = yes;
	e[1].to = no;
	w->cur = 0;
	return true;
}

void lower_truth_branch(struct lw *w, ir_ref value, ir_blk yes, ir_blk no)
{
	if (!branch_on_flag(w, value, yes, no))
		lw_br_kind(w, &w->val[value], IR_FALSY, no, yes);
}

void lower_compare_branch(struct lw *w, ir_ref r, ir_blk yes, ir_blk no)
{
	const struct ir_ins *i = ir_at(w->from, r);
	const struct ir_ins *at = w->at;
	uint32_t site = w->site;
	w->at = i;
	w->site = i->site;
	const struct ir_ins *inner = ir_at(w->from, i->args[0]);
	if (i->op == IRO(forskip))
		lower_for_branch(w, r, yes, no);
	else if (i->op == IRO(isof))
		lw_br_kind(w, lower_arg(w, r, 0), (uint64_t)i->imm, yes, no);
	else if (i->op == IRO(eq))
		lower_equal(w, lower_arg(w, r, 0), lower_arg(w, r, 1), yes, no);
	else if (i->op != IRO(not))
		lower_order(w, i->op, lower_arg(w, r, 0), lower_arg(w, r, 1), yes, no);
	else if (!w->val[i->args[0]].kinds && lower_is_condition(inner))
		lower_compare_branch(w, i->args[0], no, yes);
	else
		lower_truth_branch(w, i->args[0], no, yes);
	w->at = at;
	w->site = site;
}
