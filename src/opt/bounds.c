/*
 * bounds.c - how long a part of a string can get whose ends are known only at run time: between which numbers these are,
 * by what made them and by the tests that were passed before.
 *
 *   if n and n <= 16 then name = p:sub(5, 4 + n)        n: a byte of the packet; up to 16 bytes
 *   for i = 1, #s do r = s:sub(i, i) .. r end           ends that are as far apart wherever they are: one byte
 */
#include "opt/infer.h"

#include "core/mutant.h"

struct span { int64_t lo, hi; };

static const struct span any = { INT64_MIN, INT64_MAX };

ir_ref bounds_base(const struct ir_fn *f, ir_ref r)
{
	while (ir_at(f, r)->op == IRO(pi) || (ir_at(f, r)->op == IRO(result) && !ir_at(f, r)->aux))
		r = ir_at(f, r)->args[0];
	return r;
}

static bool is_int(const pg_value *k)
{
	return k && k->kind == PG_INT;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* v op k, or k op v where `turned`, is so, or is not. */
static void cut(struct span *s, enum ir_op op, int64_t k, bool turned, bool is)
{
	if (op == IRO(eq)) {
		s->lo = is ? greatest(s->lo, k) : s->lo;
		s->hi = is ? least(s->hi, k) : s->hi;
		return;
	}
	bool upper = turned != is;                       /* v is at most k, or less than k */
	bool without = (op == IRO(lt)) == (is || MUTANT(bound_short));
	if (without && k == (upper ? INT64_MIN : INT64_MAX))
		return;
	if (upper)
		s->hi = least(s->hi, k - without);
	else
		s->lo = greatest(s->lo, k + without);
}

/* What side `side` of the branch that ends block b tells of v. */
static void tested(const struct ir_fn *f, ir_blk b, unsigned side, ir_ref v, struct span *s)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
	bool is = !side;
	if (t->op != IRO(branch))
		return;
	const struct ir_ins *c = ir_at(f, t->args[0]);
	for (; c->op == IRO(not); is = !is)
		c = ir_at(f, c->args[0]);
	if (c->op != IRO(lt) && c->op != IRO(le) && c->op != IRO(eq))
		return;
	for (unsigned a = 0; a < 2; a++)
		if (bounds_base(f, c->args[a]) == v && is_int(ir_at(f, c->args[!a])->type.k))
			cut(s, c->op, ir_at(f, c->args[!a])->type.k->i, a, is);
}

static struct span span_of(const struct flow *fl, ir_blk at, ir_ref v, unsigned *left);

/* b is whole where the sum cannot wrap. */
static struct span sum_of(struct span a, struct span b, bool less)
{
	struct span s;
	bool wraps = less ? __builtin_sub_overflow(a.lo, b.hi, &s.lo) | __builtin_sub_overflow(a.hi, b.lo, &s.hi)
			  : __builtin_add_overflow(a.lo, b.lo, &s.lo) | __builtin_add_overflow(a.hi, b.hi, &s.hi);
	return wraps ? any : s;
}

static struct span bits_of(unsigned bits)
{
	return bits && bits < 63 ? (struct span){ 0, ((int64_t)1 << bits) - 1 } : any;
}

/* s >> n, n from 1 on: what is negative becomes great. */
static struct span shifted(struct span s, unsigned n)
{
	return s.lo >= 0 || MUTANT(span_signed) ? (struct span){ s.lo >> n, s.hi >> n } : bits_of(64 - n);
}

/* s // n, n from 1 on, of what is not negative. */
static struct span part_of(struct span s, int64_t n)
{
	return s.lo >= 0 ? (struct span){ s.lo / n, s.hi / n } : any;
}

/* A field, of whatever view it may be. */
static struct span field_of(const struct flow *fl, const struct ir_ins *i)
{
	const struct ir_type *of = &ir_at(fl->f, i->args[0])->type;
	const pg_value *name = ir_at(fl->f, i->args[1])->type.k;
	unsigned bits = 0;
	if (!name || name->kind != PG_STR || of->kinds & ~(IR_VIEWS | IR_FALSY))
		return any;
	for (unsigned k = IR_VIEW0; k < IR_NKINDS; k++) {
		const struct ir_view *view = of->kinds & IR_BIT(k) ? ir_view_of(fl->u->target, k) : NULL;
		for (const struct ir_field *field = view ? view->fields : NULL; field && field->name; field++)
			if (!strcmp(field->name, name->str)) {
				if (!field->bits || field->kinds != IR_BIT(IR_INT))
					return any;
				bits = field->bits > bits ? field->bits : bits;
			}
	}
	return bits_of(bits);
}

static struct span call_of(const struct flow *fl, ir_blk at, const struct ir_ins *i, unsigned *left)
{
	const struct ir_lib *row = ir_at(fl->f, i->args[0])->type.row;
	struct span s = any;
	if (row && row->effects & IR_UNSIGNED)
		return bits_of(8 * (row->imm & 15));
	for (uint32_t a = 1; row && row->effects & IR_LEAST && !i->aux && a < i->nargs; a++) {
		struct span one = span_of(fl, at, i->args[a], left);
		s = (struct span){ a > 1 ? least(s.lo, one.lo) : one.lo, least(s.hi, one.hi) };
	}
	return s;
}

static void all_tested(const struct ir_fn *f, ir_blk at, ir_ref v, struct span *s)
{
	for (ir_blk b = at; b > 1; b = ir_block(f, b)->idom)
		if (ir_block(f, b)->npreds == 1)
			tested(f, ir_block(f, b)->preds->from, ir_block(f, b)->preds->succ, v, s);
}

/* A loop's variable that counts up, or down, from where it starts, and goes on under a test for less, or more. */
static struct span counter_of(const struct flow *fl, ir_ref v, unsigned *left)
{
	const struct ir_fn *f = fl->f;
	const struct ir_ins *p = ir_at(f, v);
	const struct ir_block *b = ir_block(f, p->block);
	for (uint32_t e = 0; b->npreds == 2 && e < 2; e++) {
		const struct ir_edge *in = ir_pred_edge(f, &b->preds[!e]);
		const struct ir_ins *next = ir_at(f, ir_pred_edge(f, &b->preds[e])->args[p->aux]);
		const pg_value *step = next->op == IRO(add) && bounds_base(f, next->args[0]) == v ? ir_at(f, next->args[1])->type.k : NULL;
		if (!is_int(step) || !step->i)
			continue;
		struct span s = any, start = span_of(fl, b->preds[!e].from, in->args[p->aux], left);
		all_tested(f, b->preds[e].from, v, &s);
		int64_t last;
		if (__builtin_add_overflow(step->i > 0 ? s.hi : s.lo, step->i, &last))
			return any;
		return step->i > 0 ? (struct span){ start.lo, greatest(start.hi, last) } : (struct span){ least(start.lo, last), start.hi };
	}
	return any;
}

/* What comes in on all ways. */
static struct span param_of(const struct flow *fl, ir_ref v, unsigned *left)
{
	const struct ir_ins *p = ir_at(fl->f, v);
	const struct ir_block *b = ir_block(fl->f, p->block);
	struct span s = { INT64_MAX, INT64_MIN };
	if (p->block == 1 || !b->npreds || share_is_entry(fl->f, p->block))
		return any;
	if (b->loop)
		return counter_of(fl, v, left);
	for (uint32_t e = 0; e < b->npreds; e++) {
		struct span one = span_of(fl, b->preds[e].from, ir_pred_edge(fl->f, &b->preds[e])->args[p->aux], left);
		tested(fl->f, b->preds[e].from, b->preds[e].succ, bounds_base(fl->f, ir_pred_edge(fl->f, &b->preds[e])->args[p->aux]),
		       &one);
		s = MUTANT(bound_of_one_way) ? one : (struct span){ least(s.lo, one.lo), greatest(s.hi, one.hi) };
	}
	return s;
}

/* By what made it, where it is an integer. */
static struct span made(const struct flow *fl, ir_blk at, ir_ref v, unsigned *left)
{
	const struct ir_ins *i = ir_at(fl->f, v);
	const pg_value *k = i->nargs == 2 ? ir_at(fl->f, i->args[1])->type.k : NULL;
	int64_t n = is_int(k) ? k->i : -1;
	switch (i->op) {
	case IRO(add): case IRO(sub):
		return sum_of(span_of(fl, at, i->args[0], left), span_of(fl, at, i->args[1], left), i->op == IRO(sub));
	case IRO(band):
		return n >= 0 ? (struct span){ 0, n } : any;
	case IRO(mod):
		return n > 0 ? (struct span){ 0, n - 1 } : any;
	case IRO(shr):
		return n > 0 && n < 64 ? shifted(span_of(fl, at, i->args[0], left), (unsigned)n) : any;
	case IRO(idiv):
		return n > 0 && !(ir_at(fl->f, i->args[0])->type.kinds & IR_BIT(IR_FLOAT)) ? part_of(span_of(fl, at, i->args[0], left), n) : any;
	case IRO(len):
		return bits_of(32);
	case IRO(index):
		return field_of(fl, i);
	case IRO(call):
		return call_of(fl, at, i, left);
	case IRO(result):
		return call_of(fl, at, ir_at(fl->f, i->args[0]), left);
	case IRO(param):
		return param_of(fl, v, left);
	default:
		return any;
	}
}

/* Between which numbers v is in block `at`, if it is one. */
static struct span span_of(const struct flow *fl, ir_blk at, ir_ref v, unsigned *left)
{
	const struct ir_fn *f = fl->f;
	const pg_value *k = ir_at(f, v)->type.k;
	if (is_int(k))
		return (struct span){ k->i, k->i };
	v = bounds_base(f, v);
	if (!*left)
		return any;
	--*left;
	struct span s = made(fl, at, v, left);
	all_tested(f, at, v, &s);
	return s;
}

bool bounds_span(const struct flow *fl, ir_blk at, ir_ref v, unsigned *left, int64_t *lo, int64_t *hi)
{
	ir_need_tree(fl->f);
	struct span s = span_of(fl, at, v, left);
	*lo = s.lo;
	*hi = s.hi;
	return s.lo > INT64_MIN && s.hi < INT64_MAX && s.lo <= s.hi;
}

uint32_t bounds_number(const struct flow *fl, ir_blk at, ir_ref v)
{
	int64_t lo, hi;
	unsigned left = BOUNDS_STEPS;
	return !bounds_span(fl, at, v, &left, &lo, &hi) || lo < 0 || hi >= UINT32_MAX ? 0 : (uint32_t)hi + 1;
}

/* v is what is returned, and `by` more, which wraps. */
static ir_ref summand(const struct ir_fn *f, ir_ref v, uint64_t *by)
{
	*by = 0;
	for (v = bounds_base(f, v);; v = bounds_base(f, ir_at(f, v)->args[0])) {
		const struct ir_ins *i = ir_at(f, v);
		const pg_value *k = i->op == IRO(add) || i->op == IRO(sub) ? ir_at(f, i->args[1])->type.k : NULL;
		if (!is_int(k))
			return v;
		*by += i->op == IRO(add) ? (uint64_t)k->i : 0 - (uint64_t)k->i;
	}
}

/* s:sub(i, i + 3): four bytes at most, whichever sign they have. 0: it is no such. */
static uint32_t part_between(const struct ir_fn *f, const struct ir_ins *call)
{
	uint64_t from, to;
	bool same = summand(f, call->args[2], &from) == summand(f, call->args[3], &to);
	return same && to - from < INT32_MAX - 1 ? (uint32_t)(to - from) + 2 : 0;
}

uint32_t bounds_part(const struct flow *fl, ir_ref call)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	if (i->nargs < 4 || i->aux || ir_at(fl->f, i->args[3])->type.k)
		return 0;
	const uint32_t between = part_between(fl->f, i);
	if (between)
		return between;
	ir_need_tree(fl->f);
	unsigned left = BOUNDS_STEPS;
	struct span from = span_of(fl, i->block, i->args[2], &left), to = span_of(fl, i->block, i->args[3], &left);
	if (from.lo < 0 || to.lo < 0 || to.hi >= INT32_MAX)
		return 0;
	int64_t most = to.hi - greatest(from.lo, 1) + 1;
	return (uint32_t)greatest(most, 0) + 1;
}
