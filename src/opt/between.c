/*
 * between.c - between which two integers a key of a table made in the function lies: what bounds it is looked for
 * where it is made. Everything here says: where it is a number at all, it is an integer from `least` to `most`.
 *
 *   x & 7, x % 8, x >> 60, a constant, and sums, differences and parts (// 2) of those
 *   the index of a numeric for, between where it starts and its limit
 *   a byte, a field; what was compared with constants: bounds.c
 *   #t, where that is known before the table's keys are
 */
#include "opt/between.h"

#include "core/mutant.h"

enum { MOST_STEPS = 200 };

static bool find(struct between *s, ir_ref r, struct bounds *out);

static const pg_value *int_of(const struct ir_fn *f, ir_ref r)
{
	const pg_value *k = ir_at(f, r)->type.k;
	return k && k->kind == PG_INT ? k : NULL;
}

static bool is_int(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->type.kinds == IR_BIT(IR_INT);
}

static bool exactly(struct bounds *out, int64_t v)
{
	*out = (struct bounds){ v, v };
	return true;
}

static bool sum(struct between *s, const struct ir_ins *i, struct bounds *out)
{
	struct bounds a, b;
	if (!find(s, i->args[0], &a) || !find(s, i->args[1], &b))
		return false;
	if (i->op == IRO(add))
		return !__builtin_add_overflow(a.least, b.least, &out->least) &&
		       !__builtin_add_overflow(a.most, b.most, &out->most);
	return !__builtin_sub_overflow(a.least, b.most, &out->least) &&
	       !__builtin_sub_overflow(a.most, b.least, &out->most);
}

/* Floored: the sign is that of what it is divided by. Of floats it may be that itself. */
static bool rest(struct between *s, ir_ref r, struct bounds *out)
{
	const struct ir_ins *i = ir_at(s->f, r);
	struct bounds by;
	if ((!is_int(s->f, r) && !is_int(s->f, i->args[0])) || !find(s, i->args[1], &by) || by.least < 1)
		return false;
	*out = (struct bounds){ 0, by.most - 1 };
	return true;
}

/* Of what is not negative. */
static bool part(struct between *s, const struct ir_ins *i, struct bounds *out)
{
	const pg_value *k = int_of(s->f, i->args[1]);
	struct bounds a;
	if (!k || k->i < 1 || !find(s, i->args[0], &a) || a.least < 0)
		return false;
	*out = (struct bounds){ a.least / k->i, a.most / k->i };
	return true;
}

static bool mask(struct between *s, ir_ref r, struct bounds *out)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *a = int_of(s->f, i->args[0]), *b = int_of(s->f, i->args[1]);
	const pg_value *k = b ? b : a;
	if (!is_int(s->f, r) || !k || k->i < 0)
		return false;
	*out = (struct bounds){ 0, k->i };
	return true;
}

static bool shifted(struct between *s, ir_ref r, struct bounds *out)
{
	const pg_value *k = int_of(s->f, ir_at(s->f, r)->args[1]);
	if (!is_int(s->f, r) || !k || k->i < 1 || k->i > 63)
		return false;
	*out = (struct bounds){ 0, (int64_t)(~(uint64_t)0 >> k->i) };
	return true;
}

/* Does what goes from block `from` to b do so where `count` is not 0? */
static bool goes_above_zero(const struct ir_fn *f, ir_blk from, ir_blk b, ir_ref count)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, from)->last);
	const struct ir_ins *zero = t->op == IRO(branch) ? ir_at(f, t->args[0]) : NULL;
	return zero && zero->op == IRO(eq) && zero->args[0] == count && int_of(f, zero->args[1]) &&
	       !int_of(f, zero->args[1])->i && t->succ[1].to == b && t->succ[0].to != b;
}

/* Is block b come to only there? From several, where what follows a meeting of ways is there for each of them. */
static bool goes_on_above_zero(const struct ir_fn *f, ir_blk b, ir_ref count)
{
	const struct ir_block *k = ir_block(f, b);
	bool all = k->npreds;
	for (uint32_t p = 0; all && p < k->npreds; p++)
		all = goes_above_zero(f, k->preds[p].from, b, count);
	return all;
}

/* The turns of a numeric for that are left, counted down behind the edge `again`. */
static bool counts_down(const struct ir_fn *f, ir_blk head, uint32_t q, const struct ir_pred *again)
{
	ir_ref count = ir_block(f, head)->params[q], less = ir_pred_edge(f, again)->args[q];
	const struct ir_ins *sub = ir_at(f, less);
	const pg_value *by = sub->op == IRO(sub) && sub->args[0] == count ? int_of(f, sub->args[1]) : NULL;
	return by && by->i == 1 && goes_on_above_zero(f, again->from, count);
}

/* From `from` on, by `step` with each turn that `turns` counts: what it is in the loop. */
static bool over_turns(struct between *s, ir_ref from, int64_t step, ir_ref turns, struct bounds *out)
{
	const struct ir_ins *count = ir_at(s->f, turns);
	const pg_value *k = int_of(s->f, turns);
	struct bounds a, b;
	int64_t way;
	if (!find(s, from, &a))
		return false;
	if (k) {
		if (k->i < 0 || __builtin_mul_overflow(k->i, step, &way) || __builtin_add_overflow(a.least, way, &b.least) ||
		    __builtin_add_overflow(a.most, way, &b.most))
			return false;
	} else if (count->op != IRO(forcount) || count->args[0] != from || !int_of(s->f, count->args[2]) ||
		   int_of(s->f, count->args[2])->i != step || !find(s, count->args[1], &b)) {
		return false;
	}
	*out = step > 0 ? (struct bounds){ a.least, b.most } : (struct bounds){ b.least, a.most };
	return true;
}

bool between_turns(const struct ir_fn *f, const struct ir_ins *p, struct turns *out)
{
	const struct ir_block *b = ir_block(f, p->block);
	for (uint32_t e = 0; b->npreds == 2 && e < 2; e++) {
		const struct ir_ins *next = ir_at(f, ir_pred_edge(f, &b->preds[e])->args[p->aux]);
		const pg_value *step = next->op == IRO(add) && next->args[0] == b->params[p->aux] ? int_of(f, next->args[1]) : NULL;
		for (uint32_t q = 0; step && step->i && q < b->nparams; q++)
			if (counts_down(f, p->block, q, &b->preds[e])) {
				*out = (struct turns){ ir_pred_edge(f, &b->preds[!e]), step->i, q };
				return true;
			}
	}
	return false;
}

static bool index_of_for(struct between *s, const struct ir_ins *p, struct bounds *out)
{
	struct turns t;
	return between_turns(s->f, p, &t) && over_turns(s, t.in->args[p->aux], t.step, t.in->args[t.count], out);
}

bool between_ends(const struct ir_fn *f, const struct ir_ins *index, ir_ref *least, ir_ref *most)
{
	struct turns t;
	if (!between_turns(f, index, &t))
		return false;
	const struct ir_ins *count = ir_at(f, t.in->args[t.count]);
	if (count->op != IRO(forcount) || count->args[0] != t.in->args[index->aux])
		return false;
	*least = count->args[t.step < 0];
	*most = count->args[t.step > 0];
	return true;
}

/* Nil and false are no numbers. */
static bool any_way(struct between *s, const struct ir_ins *p, struct bounds *out)
{
	bool some = false;
	for (uint32_t e = 0; e < ir_block(s->f, p->block)->npreds; e++) {
		ir_ref v = ir_pred_edge(s->f, &ir_block(s->f, p->block)->preds[e])->args[p->aux];
		struct bounds one;
		if (ir_at(s->f, v)->type.kinds && !(ir_at(s->f, v)->type.kinds & ~IR_FALSY))
			continue;
		if (!find(s, v, &one))
			return false;
		out->least = some && out->least < one.least ? out->least : one.least;
		out->most = some && out->most > one.most && !MUTANT(between_last_way) ? out->most : one.most;
		some = true;
	}
	return some;
}

/* math.min: at most the least of those that are known. */
static bool least_of(struct between *s, const struct ir_ins *call, struct bounds *out)
{
	const struct ir_lib *row = ir_at(s->f, call->args[0])->type.row;
	struct bounds one;
	if (!row || !(row->effects & IR_LEAST) || call->aux || call->nargs < 2)
		return false;
	for (uint32_t a = 1; a < call->nargs; a++) {
		if (!is_int(s->f, call->args[a]) || !find(s, call->args[a], &one))
			return false;
		out->least = a > 1 && out->least < one.least ? out->least : one.least;
		out->most = a > 1 && out->most < one.most ? out->most : one.most;
	}
	return true;
}

/* By its kind, and by tests. */
static bool spans(struct between *s, ir_ref r, struct bounds *out)
{
	const struct flow fl = { .u = s->f->unit, .f = (struct ir_fn *)(uintptr_t)s->f };
	return is_int(s->f, r) && bounds_span(&fl, s->at ? s->at : ir_at(s->f, r)->block, r, &s->left, &out->least, &out->most);
}

static bool find(struct between *s, ir_ref r, struct bounds *out)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (int_of(s->f, r))
		return exactly(out, int_of(s->f, r)->i);
	if (++s->steps > MOST_STEPS)
		return false;
	switch (i->op) {
	case IRO(pi):   return find(s, i->args[0], out);
	case IRO(add):
	case IRO(sub):  return sum(s, i, out);
	case IRO(mod):  return rest(s, r, out);
	case IRO(band): return mask(s, r, out);
	case IRO(shr):  return shifted(s, r, out);
	case IRO(idiv): return part(s, i, out);
	case IRO(call): return least_of(s, i, out) || spans(s, r, out);
	case IRO(result):
		return i->aux ? spans(s, r, out) : find(s, i->args[0], out);
	case IRO(len):
		*out = (struct bounds){ s->at_most ? 0 : s->length, s->length };
		return s->length && s->is_it(s->arg, i->args[0]);
	case IRO(param):
		if (i->block == 1)
			return false;
		return ir_block(s->f, i->block)->loop ? index_of_for(s, i, out) : any_way(s, i, out);
	default:        return spans(s, r, out);
	}
}

bool between(struct between *s, ir_ref r, struct bounds *out)
{
	struct bounds by;
	s->steps = 0;
	s->left = BOUNDS_STEPS;
	if (!find(s, r, out))
		return spans(s, r, out);
	if (!spans(s, r, &by) || by.least > out->most || by.most < out->least)
		return true;
	out->least = by.least > out->least ? by.least : out->least;
	out->most = by.most < out->most ? by.most : out->most;
	return true;
}
