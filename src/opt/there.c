/*
 * there.c - elements of a list that only grows of which a reader sees that they are there: no warning comes that they may be nil.
 *
 *   if #t > 0 then t[1], t[#t]                 by tests of its length, or of another element
 *   for i = 1, #t do t[i]                      by what the number is made of
 *   best = 1 ... best = i ... t[best]          by all that a variable may be, where its turns are such elements, too
 *   while lo < hi do m = (lo + hi) // 2        by what numbers are compared with
 *
 * Two things are sought: that the number is at least 1, and that it is at most the length. A list's length of before does for that of now.
 */
#include "opt/between.h"
#include "opt/facts.h"

#include <string.h>

enum { MOST_STEPS = 600, DEEP = 24, MOST_TAKEN = 16 };
enum side { LEAST, MOST };

/* What is sought: v >= n, or v + n <= the length. */
struct sought { enum side side; ir_ref v; int64_t n; };

struct finding {
	const struct there *list;
	ir_blk read;           /* where the element is read: what is known of the length there holds for constants that meet before */
	uint32_t steps, depth;
	struct sought taken[MOST_TAKEN]; /* for so, in the turns of loops and where ways meet */
	uint32_t ntaken;
};

/* Where it is sought: in a block, or on the way to one. */
struct place { ir_blk b; const struct ir_pred *way; };

struct question { struct finding *s; struct sought sought; struct place at; };

static bool is_so(struct finding *s, enum side side, ir_ref v, int64_t n, struct place at);

static const pg_value *int_of(const struct finding *s, ir_ref r)
{
	const pg_value *k = ir_at(s->list->f, r)->type.k;
	return k && k->kind == PG_INT && k->i > INT32_MIN && k->i < INT32_MAX ? k : NULL;
}

/* pkt.len, udp.len */
static bool is_len_field(const struct finding *s, const struct ir_ins *i)
{
	const struct ir_fn *f = s->list->f;
	const pg_value *k = i->op == IRO(index) ? ir_at(f, i->args[1])->type.k : NULL;
	return k && k->kind == PG_STR && !strcmp(k->str, "len") && ir_at(f, i->args[0])->type.kinds & IR_VIEWS;
}

/* Of the packet its field is what # gives; of a header it is another number. */
static bool is_len(const struct finding *s, const struct ir_ins *i)
{
	const struct there *l = s->list;
	const bool of_packet = l->known && is_len_field(s, i) && ir_untested(l->f, i->args[0]) == ir_block(l->f, 1)->params[0];
	return l->is_it && (i->op == IRO(len) || of_packet) && l->is_it(l->arg, i->args[0]);
}

static bool is_element(const struct finding *s, const struct ir_ins *i)
{
	return i->op == IRO(index) && s->list->is_it && !s->list->known && s->list->is_it(s->list->arg, i->args[0]);
}

/* ---- branches ---- */

/* As `v` is compared: v < x, v <= x, x < v, x <= v or v == x, by what came out. */
static bool compared_shows(struct question *q, enum ir_op op, bool v_first, ir_ref x, bool is)
{
	const struct sought *w = &q->sought;
	const pg_value *k = int_of(q->s, x);
	if (op == IRO(eq) && !is)
		return w->side == LEAST && k && k->i == w->n - 1 && is_so(q->s, LEAST, w->v, k->i, q->at);
	if (op == IRO(eq))
		return is_so(q->s, w->side, x, w->n, q->at);
	const bool below = v_first == is, strict = (op == IRO(lt)) == is;
	if (below != (w->side == MOST))
		return false;
	return is_so(q->s, w->side, x, w->n - strict, q->at);
}

/* v + by, of which v is returned. */
static ir_ref summand(const struct finding *s, ir_ref v, int64_t *by)
{
	const struct ir_fn *f = s->list->f;
	*by = 0;
	for (v = bounds_base(f, v); ir_at(f, v)->op == IRO(add) || ir_at(f, v)->op == IRO(sub);) {
		const struct ir_ins *i = ir_at(f, v);
		const bool first = i->op == IRO(add) && int_of(s, i->args[0]);
		const pg_value *k = int_of(s, i->args[!first]);
		if (!k || *by < INT32_MIN || *by > INT32_MAX)
			break;
		*by += i->op == IRO(add) ? k->i : -k->i;
		v = bounds_base(f, i->args[first]);
	}
	return v;
}

/* v is compared, or a sum with it: v + 2 <= #t. */
static bool shows(struct facts *facts, ir_ref cond, bool is)
{
	struct question *q = facts->arg;
	const struct ir_fn *f = q->s->list->f;
	const struct ir_ins *i = ir_at(f, cond);
	int64_t by, of_it;
	const ir_ref it = summand(q->s, q->sought.v, &of_it);
	for (unsigned a = 0; (i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(eq)) && a < 2; a++) {
		struct question sum = *q;
		if (summand(q->s, i->args[a], &by) != it)
			continue;
		sum.sought.n += q->sought.side == LEAST ? by - of_it : of_it - by;
		sum.sought.v = bounds_base(f, i->args[a]);
		if (compared_shows(&sum, (enum ir_op)i->op, !a, i->args[!a], is))
			return true;
	}
	return false;
}

/* A read that gave something: it was within the length. */
static bool read_shows(struct facts *facts, ir_ref cond, bool is)
{
	struct question *q = facts->arg;
	int64_t to, by, of_it;
	ir_ref key;
	if (q->sought.side == LEAST || !q->s->list->known || !q->s->list->known(q->s->list->arg, cond, is, &key, &to))
		return false;
	const pg_value *v = int_of(q->s, q->sought.v), *k = int_of(q->s, key);
	if (v && k)
		return v->i + q->sought.n <= k->i + to;
	const ir_ref it = summand(q->s, q->sought.v, &of_it);
	return summand(q->s, key, &by) == it && of_it + q->sought.n <= by + to;
}

/* An element that is something: v is its number, or it has one that the sought length goes up to. */
static bool element_shows(struct facts *facts, ir_ref cond, bool is)
{
	struct question *q = facts->arg;
	const struct ir_fn *f = q->s->list->f;
	const struct ir_ins *i = ir_at(f, cond);
	for (uint32_t a = 0; a < (i->op == IRO(eq) || i->op == IRO(isof) ? i->nargs : 1); a++) {
		ir_ref e = bounds_base(f, i->op == IRO(eq) || i->op == IRO(isof) ? i->args[a] : cond);
		if (!is_element(q->s, ir_at(f, e)) || !facts_something(f, cond, is, e))
			continue;
		ir_ref key = bounds_base(f, ir_at(f, e)->args[1]);
		const pg_value *v = int_of(q->s, q->sought.v), *k = int_of(q->s, key);
		if (key == q->sought.v && (q->sought.side == LEAST ? q->sought.n <= 1 : q->sought.n <= 0))
			return true;
		if (q->sought.side == MOST && v && (k ? k->i >= v->i + q->sought.n : is_so(q->s, LEAST, key, v->i + q->sought.n, q->at)))
			return true;
	}
	return false;
}

/* A length that was compared, of which `v` is a constant part: #t > 0. */
static bool length_shows(struct facts *facts, ir_ref cond, bool is)
{
	struct question *q = facts->arg;
	const struct ir_fn *f = q->s->list->f;
	const struct ir_ins *i = ir_at(f, cond);
	for (unsigned a = 0; (i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(eq)) && a < 2; a++) {
		struct question one = *q;
		one.sought.v = bounds_base(f, i->args[a]);
		if (is_len(q->s, ir_at(f, one.sought.v)) && compared_shows(&one, (enum ir_op)i->op, !a, i->args[!a], is))
			return true;
	}
	return false;
}

static bool branches_show(struct finding *s, struct sought w, struct place at, bool (*shows_it)(struct facts *s, ir_ref cond, bool is))
{
	struct question q = { s, w, at };
	struct facts facts = { .f = s->list->f, .shows = shows_it, .arg = &q };
	return at.way ? facts_show_way(&facts, at.way) : facts_show(&facts, at.b);
}

/* Is the list so long? */
static bool is_long(struct finding *s, int64_t n, struct place at)
{
	return n <= s->list->made || branches_show(s, (struct sought){ LEAST, 0, n }, at, length_shows);
}

/* ---- what a number is made of ---- */

static bool all_ways(struct finding *s, enum side side, const struct ir_ins *p, int64_t n)
{
	const struct ir_fn *f = s->list->f;
	const struct ir_block *b = ir_block(f, p->block);
	if (p->block == 1 || s->ntaken == MOST_TAKEN || (b->loop && (p->block == s->list->begin || !ir_dominates(f, s->list->begin, p->block))))
		return false;
	const uint32_t before = s->ntaken;
	bool all = b->npreds, any = false;
	s->taken[s->ntaken++] = (struct sought){ side, b->params[p->aux], n };
	for (uint32_t e = 0; all && e < b->npreds; e++) {
		ir_ref v = ir_pred_edge(f, &b->preds[e])->args[p->aux];
		uint64_t kinds = ir_at(f, v)->type.kinds;
		if (kinds && !(kinds & ~IR_FALSY)) /* it is no number on this way */
			continue;
		any = true;
		all = is_so(s, side, v, n, (struct place){ 0, &b->preds[e] });
	}
	s->ntaken = before;
	return all && any;
}

/* The index of a numeric for. */
static bool turns_are_so(struct finding *s, enum side side, ir_ref v, int64_t n)
{
	const struct there *l = s->list;
	struct between ask = { .f = l->f, .length = BETWEEN_LONGEST, .at_most = true, .is_it = l->is_it, .arg = l->arg };
	const struct ir_ins *p = ir_at(l->f, v);
	struct bounds in;
	ir_ref least, most;
	if (!ir_block(l->f, p->block)->loop)
		return false;
	if (l->is_it && between(&ask, v, &in) && (side == LEAST ? in.least >= n : in.most >= BETWEEN_SOME && in.most + n <= BETWEEN_LONGEST))
		return true;
	ask.length = 0;
	if (between(&ask, v, &in) && (side == LEAST ? in.least >= n : in.most < BETWEEN_SOME && is_long(s, in.most + n, (struct place){ p->block, NULL })))
		return true;
	return between_ends(l->f, p, &least, &most) && is_so(s, side, side == LEAST ? least : most, n, (struct place){ p->block, NULL });
}

static bool sum_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	const bool added = i->op == IRO(add), first = added && int_of(s, i->args[0]);
	const pg_value *k = int_of(s, i->args[!first]);
	int64_t by = k ? (added ? k->i : -k->i) : 0;
	if (k)
		return is_so(s, side, i->args[first], side == LEAST ? n - by : n + by, at);
	if (side == LEAST)
		return added && n <= 2 && is_so(s, LEAST, i->args[0], 1, at) && is_so(s, LEAST, i->args[1], 1, at);
	return !added && is_so(s, MOST, i->args[0], n, at) && is_so(s, LEAST, i->args[1], 0, at);
}

/* (lo + hi) // 2 is at most the greater of both; #t // 2 less than #t. */
static bool part_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	const pg_value *k = int_of(s, i->args[1]);
	const struct ir_ins *of = ir_at(s->list->f, i->args[0]);
	if (!k || k->i < 1)
		return false;
	if (side == LEAST)
		return is_so(s, LEAST, i->args[0], n * k->i, at);
	if (k->i == 2 && of->op == IRO(add) && is_so(s, MOST, of->args[0], n, at) && is_so(s, MOST, of->args[1], n, at))
		return true;
	return k->i > 1 && n <= 1 && is_so(s, MOST, i->args[0], 0, at) && is_so(s, LEAST, i->args[0], 0, at) && is_long(s, 1, at);
}

/* What is divided by is no 0, or there is no number. */
static bool rest_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	if (side == MOST)
		return is_so(s, MOST, i->args[1], n - 1, at) && is_so(s, LEAST, i->args[1], 0, at);
	return n <= 0 && is_so(s, LEAST, i->args[1], 0, at);
}

/* math.min, math.max: one of the numbers, or all of them. */
static bool extreme_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	const struct ir_lib *row = ir_at(s->list->f, i->args[0])->type.row;
	const bool min = row && !strcmp(row->name, "math.min");
	if (i->aux & (IR_OPEN | IR_MORE) || i->nargs < 2 || !row || (!min && strcmp(row->name, "math.max") != 0))
		return false;
	const bool one = min == (side == MOST);
	for (uint32_t a = 1; a < i->nargs; a++)
		if (is_so(s, side, i->args[a], n, at) == one)
			return one;
	return !one;
}

/* a | b is at most the mask that both are within. */
static bool union_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	const int64_t most = s->list->made - n;
	int64_t mask = 0;
	if (!is_so(s, LEAST, i->args[0], 0, at) || !is_so(s, LEAST, i->args[1], 0, at))
		return false;
	while (2 * mask + 1 <= most)
		mask = 2 * mask + 1;
	if (side == LEAST || most < 0)
		return side == LEAST && n <= 0;
	return is_so(s, MOST, i->args[0], s->list->made - mask, at) && is_so(s, MOST, i->args[1], s->list->made - mask, at);
}

/* x << 3, of an x that does not get too great. */
static bool shifted_is_so(struct finding *s, enum side side, const struct ir_ins *i, int64_t n, struct place at)
{
	const pg_value *k = int_of(s, i->args[1]);
	const int64_t most = side == LEAST ? INT32_MAX : s->list->made - n;
	if (!k || k->i < 0 || k->i > 31 || most < 0 || (side == LEAST && n > 0))
		return false;
	return is_so(s, LEAST, i->args[0], 0, at) && is_so(s, MOST, i->args[0], s->list->made - (most >> k->i), at);
}

/* By its kind, or by what it is made of: x & 7, a field of 8 bits. */
static bool is_small(const struct finding *s, const struct sought *w)
{
	const struct flow fl = { .u = s->list->f->unit, .f = (struct ir_fn *)(uintptr_t)s->list->f };
	const uint32_t below = w->side == MOST && s->list->made ? bounds_number(&fl, ir_at(s->list->f, w->v)->block, w->v) : 0;
	return below && (int64_t)below - 1 + w->n <= s->list->made;
}

static bool is_made_so(struct finding *s, const struct sought *w, struct place at)
{
	const struct ir_ins *i = ir_at(s->list->f, w->v);
	switch (i->op) {
	case IRO(len): case IRO(index):
		return is_len(s, i) ? w->side == MOST ? w->n <= 0 : w->n <= 0 || is_long(s, w->n, at) : i->op == IRO(len) && w->side == LEAST && w->n <= 0;
	case IRO(bor):
		return union_is_so(s, w->side, i, w->n, at);
	case IRO(shl):
		return shifted_is_so(s, w->side, i, w->n, at);
	case IRO(add): case IRO(sub):
		return sum_is_so(s, w->side, i, w->n, at);
	case IRO(idiv):
		return part_is_so(s, w->side, i, w->n, at);
	case IRO(mod):
		return rest_is_so(s, w->side, i, w->n, at);
	case IRO(call):
		return extreme_is_so(s, w->side, i, w->n, at);
	case IRO(param):
		return turns_are_so(s, w->side, w->v, w->n) || all_ways(s, w->side, i, w->n);
	default:
		return false;
	}
}

static bool is_taken(const struct finding *s, const struct sought *w)
{
	for (uint32_t t = 0; t < s->ntaken; t++)
		if (s->taken[t].side == w->side && s->taken[t].v == w->v && s->taken[t].n >= w->n)
			return true;
	return false;
}

/* No field of a packet, or of a header, has a sign. */
static bool is_packet_field(const struct finding *s, const struct ir_ins *i)
{
	const struct ir_fn *f = s->list->f;
	const uint64_t view = ir_block(f, 1)->nparams ? ir_at(f, ir_block(f, 1)->params[0])->type.kinds & IR_VIEWS : 0;
	return i->op == IRO(index) && ir_at(f, i->args[0])->type.kinds & IR_VIEWS && view && ir_single(view) &&
	       !strcmp(ir_view_of(f->unit->target, ir_first_kind(view))->name, "pkt");
}

/* What is not negative by its kind: a field, a length, x & 7. */
static bool is_natural(const struct finding *s, ir_ref v)
{
	const struct flow fl = { .u = s->list->f->unit, .f = (struct ir_fn *)(uintptr_t)s->list->f };
	return is_packet_field(s, ir_at(s->list->f, v)) || bounds_number(&fl, ir_at(s->list->f, v)->block, v);
}

/* Is the list so long, or does another element show that the constant that is sought is the number of one? */
static bool is_shown(struct finding *s, const struct sought *w, int64_t length, struct place at)
{
	return is_long(s, length, at) || branches_show(s, *w, at, element_shows) || branches_show(s, *w, at, read_shows);
}

static bool is_so(struct finding *s, enum side side, ir_ref v, int64_t n, struct place at)
{
	const struct sought w = { side, bounds_base(s->list->f, v), n };
	const pg_value *k = int_of(s, v);
	if (++s->steps > MOST_STEPS || s->depth > DEEP || n < INT32_MIN || n > INT32_MAX)
		return false;
	if (k && side == LEAST)
		return k->i >= n;
	s->depth++;
	bool so = k ? is_shown(s, &w, k->i + n, at) || is_shown(s, &w, k->i + n, (struct place){ s->read, NULL })
		    : is_taken(s, &w) || is_made_so(s, &w, at) || branches_show(s, w, at, shows) ||
		      branches_show(s, w, at, element_shows) || branches_show(s, w, at, read_shows) || is_small(s, &w) ||
		      (side == LEAST && n <= 0 && is_natural(s, w.v));
	s->depth--;
	return so;
}

bool there_are(const struct there *list, ir_blk at, ir_ref v, int64_t first, int64_t behind)
{
	struct finding s = { .list = list, .read = at };
	const struct place here = { at, NULL };
	return is_so(&s, LEAST, v, first, here) && is_so(&s, MOST, v, behind, here);
}

bool there_is(const struct there *list, const struct ir_ins *index)
{
	return there_are(list, index->block, index->args[1], 1, 0);
}
