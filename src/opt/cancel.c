/*
 * cancel.c - sums that are compared lose what they share: `off + a > off + b` is `a > b`. Headers and
 * where they end are both counted from the frame's start; what is compared is lengths.
 *
 * Only where neither sum can wrap, and never sums of pointers, for these are what the verifier learns
 * a range from.
 */
#include "opt/simplify.h"

enum { TERMS = 6 };

struct sum { uint32_t n; ir_ref term[TERMS]; uint64_t k; };

static bool collect(const struct ir_fn *f, ir_ref r, struct sum *s)
{
	const struct ir_ins *i = ir_at(f, r);
	if (i->op == IRO(imm)) {
		s->k += (uint64_t)i->imm;
		return true;
	}
	if (i->op == IRO(add64))
		return collect(f, i->args[0], s) && collect(f, i->args[1], s);
	if (s->n == TERMS)
		return false;
	s->term[s->n++] = r;
	return true;
}

static bool drop_shared(struct sum *a, struct sum *b)
{
	bool any = false;
	for (uint32_t x = 0; x < a->n; x++)
		for (uint32_t y = 0; y < b->n; y++)
			if (a->term[x] == b->term[y]) {
				a->term[x--] = a->term[--a->n];
				b->term[y] = b->term[--b->n];
				any = true;
				break;
			}
	return any;
}

static ir_ref make(struct simp *s, ir_ref at, const struct sum *m)
{
	ir_ref v = m->n ? m->term[0] : 0;
	for (uint32_t t = 1; t < m->n; t++)
		v = simp_op2(s, at, IRO(add64), v, m->term[t]);
	if (!v || m->k)
		v = v ? simp_op2(s, at, IRO(add64), v, simp_imm(s, (int64_t)m->k)) : simp_imm(s, (int64_t)m->k);
	return v;
}

bool fold_sums(struct simp *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	ir_ref x = i->args[0], y = i->args[1];
	const uint64_t none = ~(uint64_t)0;
	struct sum a = { 0 }, b = { 0 };
	if (i->op != IRO(br) || i->aux > IR_UGT || ir_at(s->f, x)->op != IRO(add64) ||
	    (ir_at(s->f, y)->op != IRO(add64) && ir_at(s->f, y)->op != IRO(param)))
		return false;
	if (range_sure(&s->range[x]) == none || range_sure(&s->range[y]) == none ||
	    !collect(s->f, x, &a) || !collect(s->f, y, &b) || !drop_shared(&a, &b))
		return false;
	for (uint32_t t = 0; t < a.n + b.n; t++)
		if (simp_is_ctx(s, t < a.n ? a.term[t] : b.term[t - a.n]))
			return false;
	uint64_t shared = a.k < b.k ? a.k : b.k;
	a.k -= shared;
	b.k -= shared;
	x = make(s, r, &a);
	y = make(s, r, &b);
	ir_at(s->f, r)->args[0] = x;
	ir_at(s->f, r)->args[1] = y;
	return true;
}
