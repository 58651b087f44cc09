/*
 * full.c - lists without holes, seen before their keys are known: there is one border that Lua may find.
 *
 * The length is certain of { a, b, c } of which no element is ever nil, and to which none is added: it is 3, and
 * t[i % #t + 1] = v does not change that.
 *
 *   made       every table of the web with the same number of elements
 *   assigned   what is not nil, by keys that are at most that number while #t is it
 *   handed on  to nothing that may change the table
 *
 * Or the list only grows: t[#t + 1] = v is all that is assigned to what is made without a nil, or what loops assign that fill
 * it (filled.c). Its newtables are marked, for once such a key is known to be 1 or 2, nothing shows any more that there is no
 * 2 without 1. A v that is nil adds none.
 */
#include "opt/between.h"
#include "opt/reach.h"
#include "opt/records.h"

#include "core/mutant.h"

struct full {
	const struct records *s;
	const struct rec *web;
	uint32_t length;
};

static bool is_filled(const void *arg, ir_ref table)
{
	const struct full *l = arg;
	const struct rec *rec = record_of(l->s, table);
	return rec && record_web(l->s, rec) == l->web && record_sure(l->s, table);
}

bool record_something(const struct records *s, ir_ref v)
{
	const struct ir_ins *i = ir_at(s->f, v);
	switch (i->op) {
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(mod): case IRO(idiv): case IRO(band): case IRO(len):
		return true;
	default:
		return i->type.kinds && !type_is_pending(&i->type) && !(i->type.kinds & IR_BIT(IR_NIL));
	}
}

/* What a condition that is true, or false, says is no nil; or 0. */
static ir_ref shown(const struct ir_fn *f, ir_ref cond, bool is)
{
	for (; ir_at(f, cond)->op == IRO(not); is = !is)
		cond = ir_at(f, cond)->args[0];
	const struct ir_ins *c = ir_at(f, cond);
	if (c->op != IRO(eq))
		return is ? ir_untested(f, cond) : 0;
	for (unsigned a = 0; a < 2 && !is; a++) {
		const pg_value *k = ir_at(f, c->args[!a])->type.k;
		if (k && k->kind == PG_NIL)
			return ir_untested(f, c->args[a]);
	}
	return 0;
}

/* A variable that functions shared is not known to be something behind its test (pi), but the test is there. */
static bool was_tested(const struct ir_fn *f, ir_ref v, ir_blk b)
{
	for (v = ir_untested(f, v); b > 1; b = ir_block(f, b)->idom) {
		const struct ir_pred *p = ir_block(f, b)->npreds == 1 ? ir_block(f, b)->preds : NULL;
		const struct ir_ins *t = p ? ir_at(f, ir_block(f, p->from)->last) : NULL;
		if (t && t->op == IRO(branch) && shown(f, t->args[0], !p->succ) == v)
			return true;
	}
	return false;
}

/* { a, b, c }, whole: how many; 0: it is another. */
static uint32_t elements(const struct records *s, const struct ir_ins *i)
{
	if (i->imm || i->aux & (IR_OPEN | IR_MORE))
		return 0;
	for (uint32_t a = 1; a < i->nargs; a++)
		if (!record_something(s, i->args[a]) && !was_tested(s->f, i->args[a], i->block))
			return 0;
	return i->nargs - 1;
}

/* The same number for each table of the web, or 0. */
static uint32_t length_made(const struct records *s, const struct rec *web)
{
	uint32_t length = 0;
	for (uint32_t v = 0; v < s->n; v++) {
		uint32_t lists = 0;
		if (record_web(s, &s->v[v]) != web || !record_made(s, &s->v[v]))
			continue;
		for (uint32_t k = 0; k < s->v[v].nuses; k++) {
			const struct ir_ins *i = ir_at(s->f, s->v[v].uses[k]);
			if (i->op != IRO(setlist) || i->args[0] != s->v[v].value)
				continue;
			uint32_t n = elements(s, i);
			if (lists++ || !n || (length && length != n))
				return 0;
			length = n;
		}
		if (!lists)
			return 0;
	}
	return length;
}

static bool adds_none(const struct full *l, const struct ir_ins *set)
{
	struct between ask = { .f = l->s->f, .at = set->block, .length = l->length, .is_it = is_filled, .arg = l };
	const pg_value *k = record_const(l->s, set->args[1]);
	struct bounds in;
	if (!record_something(l->s, set->args[2]))
		return false;
	if (k)
		return k->kind == PG_STR || k->kind == PG_FALSE || k->kind == PG_TRUE || (k->kind == PG_INT && k->i <= (int64_t)l->length);
	return between(&ask, set->args[1], &in) && in.most <= (int64_t)l->length + MUTANT(full_and_one);
}

/* A call, or what a loop calls: table.unpack, type, next. What is not seen yet may change its table. */
static bool only_looks(const struct ir_fn *f, const struct ir_ins *call)
{
	const struct ir_lib *row = ir_at(f, call->args[0])->type.row;
	return row && !(row->effects & IR_E_WRITE) && !record_handed_on(f, call);
}

static bool keeps_length(const struct full *l, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->s->f, r);
	switch (i->op) {
	case IRO(index): case IRO(len):
		return true;
	case IRO(call): case IRO(forcall):
		return only_looks(l->s->f, i);
	case IRO(setlist): /* that of length_made */
		return record_of(l->s, i->args[0]) == rec && record_made(l->s, rec);
	case IRO(setindex):
		return record_of(l->s, i->args[0]) == rec && !l->s->of[i->args[2]] && adds_none(l, i);
	default:
		return false;
	}
}

bool record_followed(const struct records *s, const struct rec *web)
{
	const struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			const struct rec *of = i->op == IRO(pi) || i->op == IRO(located) ? record_of(s, i->args[0]) : NULL;
			if (of && record_web(s, of) == web && !s->of[r] && i->type.kinds & (IR_BIT(IR_REC) | IR_BIT(IR_PENDING)))
				return false;
		}
	return true;
}

uint32_t full_length(const struct records *s, const struct rec *web)
{
	struct full l = { .s = s, .web = web, .length = web->held || web->done ? 0 : length_made(s, web) };
	for (uint32_t v = 0; l.length && v < s->n; v++)
		for (uint32_t k = 0; record_web(s, &s->v[v]) == web && k < s->v[v].nuses; k++)
			if (!keeps_length(&l, &s->v[v], s->v[v].uses[k]))
				return 0;
	return l.length && record_followed(s, web) ? l.length : 0;
}

/* ---- t[#t + 1] = v ---- */

static bool is_it(const void *arg, ir_ref r)
{
	return *(const ir_ref *)arg == r;
}

/* May what changes rec come between `len` and r, or r once more behind itself? */
static bool comes_between(const struct full *l, const struct rec *rec, ir_ref len, ir_ref r)
{
	struct ir_fn *f = l->s->f;
	for (uint32_t k = 0; k < rec->nuses; k++) {
		ir_ref change = rec->uses[k];
		uint16_t op = ir_at(f, change)->op;
		if ((op != IRO(setindex) && op != IRO(setlist)) || (change != r && MUTANT(append_late)))
			continue;
		if (reach_use(f, len, len, is_it, &change) && reach_use(f, change, len, is_it, &r))
			return true;
	}
	return false;
}

/* Is it the end of the table still where r assigns? */
static bool is_end_still(const struct full *l, ir_ref len, ir_ref r)
{
	for (uint32_t v = 0; v < l->s->n; v++)
		if (record_web(l->s, &l->s->v[v]) == l->web && comes_between(l, &l->s->v[v], len, r))
			return false;
	return true;
}

static bool is_append(const struct full *l, ir_ref r)
{
	const struct ir_ins *set = ir_at(l->s->f, r), *key = ir_at(l->s->f, set->args[1]);
	const struct ir_ins *one = key->op == IRO(add) ? ir_at(l->s->f, key->args[1]) : NULL;
	const struct ir_ins *len = one ? ir_at(l->s->f, key->args[0]) : NULL;
	return one && one->type.k && one->type.k->kind == PG_INT && one->type.k->i == 1 && len->op == IRO(len) &&
	       len->args[0] == set->args[0] && is_end_still(l, key->args[0], r);
}

/* How many elements of the table `change` gives it, before r gives it element `last`; -1: it is not known that it is that. */
static int64_t given_before(const struct full *l, ir_ref change, ir_ref r, int64_t last)
{
	const struct ir_ins *i = ir_at(l->s->f, change);
	const int64_t made = i->op == IRO(setlist) ? elements(l->s, i) : 0;
	const pg_value *k = i->op == IRO(setindex) ? record_const(l->s, i->args[1]) : NULL;
	if (change == r || reach_before(l->s->f, r, change) || (k && k->kind == PG_STR))
		return 0;
	if (made)
		return made;
	return k && k->kind == PG_INT && k->i < last && reach_before(l->s->f, change, r) ? 1 : -1;
}

/* t[1] = v, t[2] = w, before anything else is done with a table: each is one behind those that are there. */
static bool is_begun(const struct full *l, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *set = ir_at(l->s->f, r);
	const pg_value *k = record_const(l->s, set->args[1]);
	if (!k || k->kind != PG_INT || !record_alone(l->s, rec) || !record_something(l->s, set->args[2]) ||
	    reach_use(l->s->f, r, rec->value, reach_is, &r))
		return false;
	int64_t there = 0, n = 0;
	for (uint32_t u = 0; u < rec->nuses && n >= 0; u++, there += n)
		n = given_before(l, rec->uses[u], r, k->i);
	return n >= 0 && there == k->i - 1;
}

/* An element that is a table is another one, and no variable that may be the list. */
static bool holds(const struct full *l, ir_ref v)
{
	return !l->s->of[v] || (record_sure(l->s, v) && record_web(l->s, record_of(l->s, v)) != l->web);
}

static bool grows_only(const struct full *l, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->s->f, r);
	const pg_value *name = i->op == IRO(setindex) ? record_const(l->s, i->args[1]) : NULL;
	switch (i->op) {
	case IRO(setlist):
		return record_of(l->s, i->args[0]) == rec && record_made(l->s, rec) && elements(l->s, i);
	case IRO(setindex):
		return record_of(l->s, i->args[0]) == rec &&
		       (is_append(l, r) || is_begun(l, rec, r) ? holds(l, i->args[2]) : name && name->kind == PG_STR && !l->s->of[i->args[2]]);
	default:
		return keeps_length(l, rec, r);
	}
}

/* { a, s:byte(1, 4) }: behind the first nil that byte gives there are others only. */
static bool ends_with_nils(const struct full *l, const struct rec *rec, const struct ir_ins *i)
{
	const uint32_t from = counted_from(l->s->f, i);
	if (!from || i->imm || i->aux & (IR_OPEN | IR_MORE) || record_of(l->s, i->args[0]) != rec)
		return false;
	for (uint32_t a = 1; a < from; a++)
		if (!record_something(l->s, i->args[a]))
			return false;
	return record_made(l->s, rec);
}

static bool grows_or_is_filled(const struct full *l, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->s->f, r);
	if (i->op == IRO(setlist) && ends_with_nils(l, rec, i))
		return true;
	return grows_only(l, rec, r) || (i->op == IRO(setindex) && record_of(l->s, i->args[0]) == rec && !l->s->of[i->args[2]] &&
					 filled_in_order(l->s, r));
}

enum { APPENDED = 1, FILLED };

/* Is each use such a one, or was it when that was marked? Marks it. */
static bool marked_all(struct records *s, const struct rec *web, bool grows, int64_t mark,
		       bool is_such(const struct full *, const struct rec *, ir_ref))
{
	struct full l = { .s = s, .web = web };
	bool marked = true;
	for (uint32_t v = 0; v < s->n; v++) {
		if (record_web(s, &s->v[v]) != web)
			continue;
		marked &= !record_made(s, &s->v[v]) || ir_at(s->f, s->v[v].value)->imm == mark;
		for (uint32_t k = 0; grows && k < s->v[v].nuses; k++)
			grows = is_such(&l, &s->v[v], s->v[v].uses[k]);
	}
	grows = grows && record_followed(s, web);
	for (uint32_t v = 0; grows && v < s->n; v++)
		if (record_web(s, &s->v[v]) == web && record_made(s, &s->v[v]))
			ir_at(s->f, s->v[v].value)->imm = mark;
	return marked || grows;
}

bool full_grows(struct records *s, const struct rec *web)
{
	return marked_all(s, web, web->waits && !web->held && !web->done, APPENDED, grows_only);
}

bool full_filled(struct records *s, const struct rec *web)
{
	ir_need_tree(s->f);
	return marked_all(s, web, !web->held && !web->done, FILLED, grows_or_is_filled);
}
