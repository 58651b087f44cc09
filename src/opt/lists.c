/*
 * lists.c - tables made in the function that are used by more than names: t[i] with an i known only at run time,
 * #t, pairs and ipairs, table.unpack. All keys that a table may have are known: each use becomes one of each of them.
 *
 *   t[i]          compares i with the keys that it may be; assigning to one that the function nowhere names raises
 *   #t            where the elements end; what may have holes is refused, for Lua says which end it is by how the
 *                 table came about
 *   pairs         from 1 on, then in the order in which the function names the keys
 *   ipairs        from 1 on up to the first nil; both copy the loop's body for each key (unroll.c)
 *   table.unpack  as many as the length says
 */
#include "core/mutant.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/lists.h"
#include "opt/passes.h"
#include "opt/reach.h"

#include <string.h>

enum { MAX_KEYS = 64, MAX_BETWEEN = 16 };

static struct diag *refuse(struct lists *l, ir_ref at, const struct refusal *row)
{
	struct flow loud = l->fl;
	loud.report = true;
	l->failed = true;
	return diag_advise(flow_error(&loud, ir_at(l->f, at)->site, "%s", row->text), row);
}

/* ---- keys ---- */

static const pg_value *int_key(const struct rec *web, int64_t i)
{
	for (uint32_t k = 0; k < web->n; k++)
		if (web->keys[k]->kind == PG_INT && web->keys[k]->i == i)
			return web->keys[k];
	return NULL;
}

/* Numbers that a value may be. */
struct numbers {
	const struct ir_fn *f;
	int64_t v[MAX_KEYS];
	uint32_t n;
	uint32_t depth;
};

static bool add_number(struct numbers *s, int64_t v)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i] == v)
			return true;
	if (s->n == MAX_KEYS)
		return false;
	s->v[s->n++] = v;
	return true;
}

static int64_t plus(int64_t a, uint64_t b)
{
	return (int64_t)((uint64_t)a + b);
}

static const pg_value *int_of(const struct ir_fn *f, ir_ref r)
{
	const pg_value *k = r ? ir_at(f, r)->type.k : NULL;
	return k && k->kind == PG_INT ? k : NULL;
}

/* What a loop begins with, and what each turn adds to it or takes from it. */
struct step { const pg_value *from, *by; };

/* What parameter i of loop head b is in the next turn, behind edge e, if that is by `op` alone; 0: it is no such. */
static ir_ref changed_by(const struct ir_fn *f, ir_blk b, uint32_t i, uint32_t e, enum ir_op op, struct step *out)
{
	const struct ir_block *head = ir_block(f, b);
	ir_ref next = ir_pred_edge(f, &head->preds[e])->args[i];
	const struct ir_ins *a = ir_at(f, next);
	out->from = int_of(f, ir_pred_edge(f, &head->preds[!e])->args[i]);
	out->by = a->op == op && a->args[0] == head->params[i] ? int_of(f, a->args[1]) : NULL;
	return out->from && out->by ? next : 0;
}

/* Is v above 0 where `test` is that? Of what goes down by steps that come to 0 that it is not 0 is enough. */
static bool is_above(const struct ir_fn *f, ir_ref test, bool truth, ir_ref v, bool meets_zero)
{
	for (; ir_at(f, test)->op == IRO(not); test = ir_at(f, test)->args[0])
		truth = !truth;
	const struct ir_ins *i = ir_at(f, test);
	if (i->op != IRO(eq) && i->op != IRO(lt) && i->op != IRO(le))
		return false;
	const bool right = i->args[1] == v;
	const pg_value *k = right || i->args[0] == v ? int_of(f, i->args[!right]) : NULL;
	if (!k || i->op == IRO(eq))
		return k && meets_zero && !truth && !k->i;
	return truth == right && k->i >= ((i->op == IRO(lt)) != truth);
}

/* Does the loop of `head` go round by way of `again` only where v is above 0? */
static bool goes_round_above(const struct ir_fn *f, ir_blk head, const struct ir_pred *again, ir_ref v, bool meets_zero)
{
	struct ir_pred p = *again;
	for (;;) {
		const struct ir_ins *t = ir_at(f, ir_block(f, p.from)->last);
		if (t->op == IRO(branch) && is_above(f, t->args[0], !p.succ, v, meets_zero))
			return true;
		while (p.from != head && p.from > 1 && ir_block(f, p.from)->npreds != 1)
			p.from = ir_block(f, p.from)->idom;
		if (p.from == head || p.from <= 1)
			return false;
		p = ir_block(f, p.from)->preds[0];
	}
}

/* The constant from which parameter q counts the turns down, when it is tested; -1: it is no such. */
static int64_t turns_down(const struct ir_fn *f, ir_blk head, uint32_t q, uint32_t e)
{
	const struct ir_pred *again = &ir_block(f, head)->preds[e];
	struct step down;
	const ir_ref less = changed_by(f, head, q, e, IRO(sub), &down);
	if (!less || down.by->i < 1 || down.from->i < 1)
		return -1;
	const bool meets_zero = down.from->i % down.by->i == 0;
	return goes_round_above(f, head, again, ir_block(f, head)->params[q], meets_zero) ||
	       goes_round_above(f, head, again, less, meets_zero) ? down.from->i : -1;
}

static bool add_numbers(struct numbers *s, int64_t from, int64_t step, int64_t turns)
{
	for (int64_t k = 0; k <= turns; k++)
		if (!add_number(s, plus(from, (uint64_t)k * (uint64_t)step)))
			return false;
	return true;
}

/* The index of a loop, from a constant on: of a numeric for, or of another beside whose index a number goes down to 0. */
static bool turns_of(struct numbers *s, ir_ref index)
{
	const struct ir_ins *p = ir_at(s->f, index);
	const struct ir_block *head = ir_block(s->f, p->block);
	struct turns t;
	struct step up;
	if (between_turns(s->f, p, &t)) {
		const pg_value *from = int_of(s->f, t.in->args[p->aux]), *turns = int_of(s->f, t.in->args[t.count]);
		return from && turns && turns->i >= 0 && turns->i < MAX_KEYS && add_numbers(s, from->i, t.step, turns->i);
	}
	for (uint32_t e = 0; head->npreds == 2 && e < 2; e++)
		for (uint32_t q = 0; changed_by(s->f, p->block, p->aux, e, IRO(add), &up) && q < head->nparams; q++) {
			int64_t turns = turns_down(s->f, p->block, q, e);
			if (turns >= 0 && turns < MAX_KEYS)
				return add_numbers(s, up.from->i, up.by->i, turns);
		}
	return false;
}

static bool may_be(struct numbers *s, ir_ref r, uint64_t more)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *k = int_of(s->f, r);
	if (k)
		return add_number(s, plus(k->i, more));
	if (++s->depth > 200)
		return false;
	if (i->op == IRO(pi))
		return may_be(s, i->args[0], more);
	if (i->op == IRO(add) && int_of(s->f, i->args[1]))
		return may_be(s, i->args[0], more + (uint64_t)int_of(s->f, i->args[1])->i);
	if (i->op == IRO(sub) && int_of(s->f, i->args[1]))
		return may_be(s, i->args[0], more - (uint64_t)int_of(s->f, i->args[1])->i);
	if (i->op != IRO(param) || i->block == 1)
		return false;
	if (ir_block(s->f, i->block)->loop) {
		uint32_t n = s->n;
		bool known = turns_of(s, r);
		for (; n < s->n; n++)
			s->v[n] = plus(s->v[n], more);
		return known;
	}
	for (uint32_t p = 0; p < ir_block(s->f, i->block)->npreds; p++)
		if (!may_be(s, ir_pred_edge(s->f, &ir_block(s->f, i->block)->preds[p])->args[i->aux], more))
			return false;
	return true;
}

/* Few integers between two bounds: a table has room for all of them. */
static bool between_bounds(struct numbers *set, ir_blk at, ir_ref key)
{
	struct between ask = { .f = set->f, .at = at };
	struct bounds in;
	set->n = 0;
	if (!between(&ask, key, &in) || (uint64_t)in.most - (uint64_t)in.least >= MAX_BETWEEN)
		return false;
	for (uint64_t k = 0; k <= (uint64_t)in.most - (uint64_t)in.least; k++)
		add_number(set, plus(in.least, k));
	return true;
}

bool lists_keys(struct records *s, struct rec *web, ir_blk at, ir_ref key)
{
	struct numbers set = { .f = s->f };
	if (!may_be(&set, key, 0) && !between_bounds(&set, at, key))
		return false;
	for (uint32_t i = 0; i < set.n; i++)
		record_key(s, web, const_int(s->u, set.v[i]));
	return true;
}

/* So many keys from 1 on. */
static uint32_t list_length(const struct rec *web)
{
	uint32_t n = 0;
	while (int_key(web, (int64_t)n + 1))
		n++;
	return n;
}

/* The keys as a loop meets them: list: those from 1 on alone. */
static uint32_t keys_in_order(struct lists *l, const struct rec *web, bool list, const pg_value **out)
{
	uint32_t m = list_length(web), n = 0;
	for (; n < m; n++)
		out[n] = const_int(l->s->u, (int64_t)n + 1);
	for (uint32_t k = 0; k < web->n && !list; k++)
		if (web->keys[k]->kind != PG_INT || web->keys[k]->i < 1 || web->keys[k]->i > m)
			out[n++] = web->keys[k];
	return n;
}

/* ---- branches instead of an instruction ---- */

struct gap gap_open(struct lists *l, ir_ref r, bool gives)
{
	const struct ir_ins *i = ir_at(l->f, r);
	struct gap g = { .l = l, .was = r, .site = i->site, .table = i->args[i->op == IRO(call)] };
	ir_blk b = i->block;
	g.rest = edit_split(l->f, r);
	g.before = b;
	ir_remove(l->f, r);
	if (gives)
		l->to[r] = ir_param_add(l->f, g.rest);
	return g;
}

void gap_on(struct gap *g, ir_blk b, ir_blk to, ir_ref v)
{
	ir_ref t = flow_emit(&g->l->fl, b, g->site, IRO(jmp), 0, NULL);
	ir_succ(g->l->f, t, 0, to, v != 0, &v);
}

ir_ref gap_get(struct gap *g, ir_blk b, const pg_value *key)
{
	ir_ref args[2] = { g->table, flow_const(&g->l->fl, b, g->site, key) };
	return flow_emit(&g->l->fl, b, g->site, IRO(index), 2, args);
}

ir_blk gap_part(struct gap *g, ir_blk b, ir_ref is, ir_blk other)
{
	ir_blk on = ir_block_new(g->l->f);
	ir_ref t = flow_emit(&g->l->fl, b, g->site, IRO(branch), 1, &is);
	ir_succ(g->l->f, t, 0, on, 0, NULL);
	ir_succ(g->l->f, t, 1, other, 0, NULL);
	return on;
}

ir_blk gap_when(struct gap *g, ir_blk b, ir_ref v, const pg_value *k, ir_blk *yes)
{
	struct ir_fn *f = g->l->f;
	ir_ref args[2] = { v, flow_const(&g->l->fl, b, g->site, k) };
	ir_ref is = flow_emit(&g->l->fl, b, g->site, IRO(eq), 2, args);
	ir_blk no = ir_block_new(f);
	*yes = gap_part(g, b, is, no);
	return no;
}

/* ---- t[i] ---- */

/* May a value of these kinds be that key? */
static bool is_such(uint64_t kinds, const pg_value *key)
{
	return ir_alike(kinds) & IR_BIT(ir_kind_of(key->kind));
}

static bool lies_in(const struct bounds *in, const pg_value *key)
{
	return !in || (key->kind == PG_INT && key->i >= in->least && key->i <= in->most);
}

/* How many keys of the table an access may be of; *all: it is of no others. */
static uint32_t count_keys(const struct rec *web, const struct bounds *in, bool *all)
{
	uint32_t n = 0;
	for (uint32_t k = 0; k < web->n; k++)
		n += lies_in(in, web->keys[k]);
	*all = in && n && (uint64_t)in->most - (uint64_t)in->least == n - 1;
	return n;
}

static void access_key(struct gap *g, ir_blk b, const struct ir_ins *old, const pg_value *key)
{
	struct flow *fl = &g->l->fl;
	if (old->op == IRO(setindex)) {
		ir_ref args[3] = { old->args[0], flow_const(fl, b, g->site, key), old->args[2] };
		flow_emit(fl, b, g->site, IRO(setindex), 3, args);
		gap_on(g, b, g->rest, 0);
	} else {
		gap_on(g, b, g->rest, gap_get(g, b, key));
	}
}

/* t[n] = v where the keys are those of t[1], which is read: any other will raise. */
static void warn_no_place(struct lists *l, ir_ref set, const struct rec *web)
{
	const struct ir_ins *i = ir_at(l->f, set);
	uint64_t kinds = ir_alike(ir_at(l->f, i->args[1])->type.kinds);
	if (kinds & ir_alike(web->placed))
		return;
	diag_add(l->s->u->diag, DIAG_WARNING, l->s->u->sites[ir_site_shown(l->s->u, i->site)].pos,
		 "this table is made without such keys: assigning to one raises, unless it is read by name elsewhere")->help =
		kinds & IR_BIT(IR_INT) ? "append: t[#t + 1] = v; or make it with all its places, as in { 0, 0, 0, 0 }"
		: "keep in a map what has such keys";
}

/* Is it of a table or a text, as lists_sure has just made sure? */
static bool may_be_text(const struct lists *l, const struct ir_ins *access)
{
	const struct ir_ins *of = ir_at(l->f, access->args[0]);
	return of->op == IRO(pi) && !of->type.kinds && (uint64_t)of->imm & IR_ALL_STRINGS;
}

bool lists_set_raises(const struct ir_type *key)
{
	const pg_value *k = key->k;
	return !k || k->kind == PG_NIL || (k->kind == PG_FLOAT && k->f != k->f);
}

static void expand_index(struct lists *l, ir_ref r, const struct rec *web)
{
	const struct ir_ins old = *ir_at(l->f, r);
	const struct bounds *in = l->keys[r];
	bool set = old.op == IRO(setindex), of_text = may_be_text(l, &old), all;
	uint32_t left = count_keys(web, in, &all);
	if (set && !all)
		warn_no_place(l, r, web);
	struct gap g = gap_open(l, r, !set);
	ir_blk b = g.before, mine;
	if (set && ir_at(l->f, old.args[1])->type.kinds & IR_BIT(IR_NIL)) {
		b = gap_when(&g, b, old.args[1], &const_nil, &mine);
		flow_raise(&l->fl, mine, r, "table index is nil");
	}
	for (uint32_t k = 0; k < web->n; k++) {
		if (!lies_in(in, web->keys[k]) || !is_such(ir_at(l->f, old.args[1])->type.kinds, web->keys[k]) ||
		    (of_text && infer_text_has(&l->fl, web->keys[k]))) /* lists_sure: it is none that texts have */
			continue;
		if (!--left && all) {
			access_key(&g, b, &old, web->keys[k]);
			return;
		}
		b = gap_when(&g, b, old.args[1], web->keys[k], &mine);
		access_key(&g, mine, &old, web->keys[k]);
	}
	if (set)
		flow_raise(&l->fl, b, r, "no room for this key in a table of kernel code");
	else
		gap_on(&g, b, g.rest, flow_const(&l->fl, b, g.site, &const_nil));
}

/* ---- #t ---- */

/* Behind the first nil nothing may be: a block for each key from n on, which gets where that was. */
static ir_blk check_holes(struct gap *g, const struct rec *web, int64_t n)
{
	struct lists *l = g->l;
	ir_blk first = ir_block_new(l->f), b = first, none;
	ir_ref length = ir_param_add(l->f, first);
	for (uint32_t k = 0; k < web->n && !web->grows && !web->filled; k++) {
		if (web->keys[k]->kind != PG_INT || web->keys[k]->i <= n)
			continue;
		ir_blk hole = gap_when(g, b, gap_get(g, b, web->keys[k]), &const_nil, &none);
		ir_ref no = flow_emit(&l->fl, hole, g->site, IRO(refuse), 0, NULL);
		ir_at(l->f, no)->k = const_new(l->s->u, ir_refusal(l->s->u, REFUSAL(ON_TABLES,
			"append what is not nil: if v then t[#t + 1] = v end; or count them: n = n + 1",
			"the length of a table whose elements may be nil, with others behind them")));
		gap_on(g, hole, g->rest, length);
		b = none;
	}
	gap_on(g, b, g->rest, length);
	return first;
}

static void expand_len(struct lists *l, ir_ref r, const struct rec *web)
{
	if (web->length) {
		iterate_become(&l->fl, r, IRO(const), 0, NULL);
		ir_at(l->f, r)->k = const_int(l->s->u, web->length);
		return;
	}
	struct gap g = gap_open(l, r, true);
	uint32_t n = list_length(web);
	ir_blk b = g.before, ends;
	for (uint32_t i = 1; i <= n; i++) {
		ir_blk next = gap_when(&g, b, gap_get(&g, b, int_key(web, i)), &const_nil, &ends);
		gap_on(&g, ends, check_holes(&g, web, i), flow_const(&l->fl, ends, g.site, const_int(l->s->u, (int64_t)i - 1)));
		b = next;
	}
	gap_on(&g, b, check_holes(&g, web, n), flow_const(&l->fl, b, g.site, const_int(l->s->u, n)));
}

/* ---- table.unpack(t [, i [, j]]) ---- */

/* What v, the field t.n, always is: it is assigned once, before; or NULL. */
static const pg_value *field_known(const struct lists *l, ir_ref v)
{
	const struct records *s = l->s;
	const struct ir_ins *read = ir_at(l->f, v);
	const struct rec *rec = read->op == IRO(index) ? record_of(s, read->args[0]) : NULL;
	const pg_value *name = rec ? record_const(s, read->args[1]) : NULL, *known = NULL;
	if (!name || name->kind != PG_STR)
		return NULL;
	for (uint32_t o = 0; o < s->n; o++)
		for (uint32_t u = 0; record_web(s, &s->v[o]) == record_web(s, rec) && u < s->v[o].nuses; u++) {
			const struct ir_ins *set = ir_at(l->f, s->v[o].uses[u]);
			const pg_value *key = set->op == IRO(setindex) ? record_const(s, set->args[1]) : NULL;
			if (set->op != IRO(setindex) || (key ? !ir_same_value(key, name) : ir_at(l->f, set->args[1])->type.kinds == IR_BIT(IR_INT)))
				continue;
			if (!key || known || ir_untested(l->f, set->args[0]) != ir_untested(l->f, read->args[0]) ||
			    !reach_before(l->f, s->v[o].uses[u], v))
				return NULL;
			known = record_const(s, set->args[2]);
			if (!known)
				return NULL;
		}
	return known;
}

static bool bound_known(const struct lists *l, const struct ir_ins *call, uint32_t arg, int64_t *out)
{
	const pg_value *k = call->nargs > arg ? field_known(l, ir_untested(l->f, call->args[arg])) : NULL;
	if (!k || k->kind != PG_INT)
		return expand_bound(l->f, call, arg, out);
	*out = k->i;
	return true;
}

static void expand_unpack(struct lists *l, ir_ref r, const struct rec *web)
{
	const struct ir_ins old = *ir_at(l->f, r);
	int64_t from = 1, to = list_length(web);
	bool whole = old.nargs < 4;
	if (!bound_known(l, &old, 2, &from) || !bound_known(l, &old, 3, &to) || expand_span(from, to) > MAX_KEYS) {
		refuse(l, r, REFUSAL(ON_TABLES, "give it constants, and not too many",
				     "what 'table.unpack' gives is known only at run time"));
		return;
	}
	ir_ref *v = arena_array(l->s->u->arena, ir_ref, MAX_KEYS + 1);
	const uint32_t n = (uint32_t)expand_span(from, to);
	for (uint32_t i = 0; i < n; i++) {
		ir_ref args[2] = { old.args[1], iterate_const(&l->fl, r, const_int(l->s->u, from + i)) };
		v[i] = iterate_insert(&l->fl, r, IRO(index), 2, args);
	}
	iterate_become(&l->fl, r, IRO(several), n, v);
	if (whole && n) { /* the last one is there, or the length is another */
		ir_ref len = iterate_insert(&l->fl, r, IRO(len), 1, &old.args[1]);
		ir_ref args[2] = { len, iterate_const(&l->fl, r, const_int(l->s->u, to)) };
		ir_ref fits = iterate_insert(&l->fl, r, IRO(eq), 2, args);
		ir_at(l->f, r)->aux = 0;
		ir_blk b = ir_at(l->f, r)->block, rest = edit_split(l->f, r), hole = ir_block_new(l->f);
		ir_ref t = flow_emit(&l->fl, b, old.site, IRO(branch), 1, &fits);
		ir_succ(l->f, t, 0, rest, 0, NULL);
		ir_succ(l->f, t, 1, hole, 0, NULL);
		ir_ref no = flow_emit(&l->fl, hole, old.site, IRO(refuse), 0, NULL);
		ir_at(l->f, no)->k = const_new(l->s->u, ir_refusal(l->s->u, REFUSAL(ON_TABLES,
			"say how many: table.unpack(t, 1, n)",
			"how many values 'table.unpack' gives here differs by the way taken")));
		t = flow_emit(&l->fl, hole, old.site, IRO(jmp), 0, NULL);
		ir_succ(l->f, t, 0, rest, 0, NULL);
	}
}

/* ---- which uses ---- */

static const struct ir_lib *row_of(const struct ir_fn *f, const struct ir_ins *call)
{
	return ir_at(f, call->args[0])->type.row;
}

static bool is_unpack(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? row_of(f, i) : NULL;
	return row && ir_lib_expands(row) && row->imm == IR_EXPAND_UNPACK;
}

bool lists_uses(const struct records *s, ir_ref r, uint32_t arg)
{
	const struct ir_ins *i = ir_at(s->f, r);
	bool access = i->op == IRO(index) || i->op == IRO(setindex);
	if (arg)
		return arg == 1 && (i->op == IRO(forcall) || is_unpack(s->f, i));
	return i->op == IRO(len) || (access && !record_const(s, i->args[1]));
}

static bool has_such(const struct rec *web, uint64_t kinds)
{
	for (uint32_t k = 0; k < web->n; k++)
		if (is_such(kinds, web->keys[k]))
			return true;
	return false;
}

/* Can the comparisons that this becomes be made? Says why not. */
static bool may_compare(struct lists *l, ir_ref r, const struct rec *web)
{
	const struct ir_ins *i = ir_at(l->f, r);
	const struct ir_type *key = i->op == IRO(index) || i->op == IRO(setindex) ? &ir_at(l->f, i->args[1])->type : NULL;
	const uint64_t good = IR_STRINGS | IR_BOOL | IR_BIT(IR_NIL) | IR_BIT(IR_INT) | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) |
			      IR_BIT(IR_MAC);
	if (web->n <= MAX_KEYS && (!key || !(key->kinds & ~good)) && (i->op != IRO(setindex) || !key->kinds || has_such(web, key->kinds)))
		return true;
	refuse(l, r, REFUSAL(ON_TABLES, "make the table with all its keys, { 0, 0, 0 }, and index it by a number; or use a map",
			     "a table made in kernel code is indexed by what is known only at run time, and it has no such keys, or too many"));
	return false;
}

static void expand(struct lists *l, ir_ref r, const struct rec *web)
{
	const struct ir_ins *i = ir_at(l->f, r);
	if (!may_compare(l, r, web))
		return;
	if (i->op == IRO(len))
		expand_len(l, r, web);
	else if (i->op == IRO(call))
		expand_unpack(l, r, web);
	else
		expand_index(l, r, web);
}

/* One loop; then the keys that its copies name are known, too. */
static bool go_over(struct lists *l, ir_ref r, const struct rec *web)
{
	const struct ir_lib *row = row_of(l->f, ir_at(l->f, r));
	const pg_value **keys = arena_array(l->s->u->scratch, const pg_value *, web->n + 1);
	uint32_t n = row ? keys_in_order(l, web, row->imm == IR_EXPAND_STEP, keys) : 0;
	if (row && unroll_keys(&l->fl, r, keys, n))
		return true;
	refuse(l, r, REFUSAL(ON_LOOPS, "write for k, v in pairs(t) do ... end, and do less in it",
			     "this loop over a table made in kernel code cannot be written out: it is too long, or starts elsewhere than at the first element"));
	return false;
}

static bool is_it(const void *arg, ir_ref r)
{
	return *(const ir_ref *)arg == r;
}

/* Is what `set` assigns there already, at the key of the loop's turn? */
static bool is_of_turn(const struct lists *l, ir_ref loop, ir_ref set)
{
	const struct ir_ins *key = ir_at(l->f, ir_untested(l->f, ir_at(l->f, set)->args[1]));
	if (MUTANT(behind_as_within) && ir_dominates(l->f, ir_at(l->f, loop)->block, ir_at(l->f, set)->block))
		return ir_at(l->f, loop)->op == IRO(forcall);
	return ir_at(l->f, loop)->op == IRO(forcall) && key->op == IRO(result) && key->args[0] == loop && !key->aux;
}

/* Is a table made here gone over elsewhere, by a loop that is to be written out? */
static bool is_gone_over(const struct lists *l, ir_ref r)
{
	for (uint32_t v = 0; v < l->s->n; v++)
		for (uint32_t k = 0; k < l->s->v[v].nuses; k++)
			if (l->s->v[v].uses[k] != r && ir_at(l->f, l->s->v[v].uses[k])->op == IRO(forcall) && ir_at(l->f, l->s->v[v].uses[k])->block)
				return true;
	return false;
}

/* A key that may turn out to be a constant which the table has no place for yet, when a loop is written out. */
static bool is_open(const struct lists *l, struct rec *web, const struct ir_ins *set)
{
	const struct ir_type *key = &ir_at(l->f, set->args[1])->type;
	return !record_const(l->s, set->args[1]) && !(key->kinds == IR_BIT(IR_INT) && lists_keys(l->s, web, set->block, set->args[1]));
}

/* Are all keys that the table may have when r is reached known? A loop over it writes out what is in it, too. */
static bool is_settled(const struct lists *l, ir_ref r, struct rec *web)
{
	const bool loops = (ir_at(l->f, r)->op == IRO(forcall) || is_gone_over(l, r)) && !MUTANT(key_open);
	for (uint32_t v = 0; (web->waits || loops) && v < l->s->n; v++)
		for (uint32_t k = 0; record_web(l->s, &l->s->v[v]) == web && k < l->s->v[v].nuses; k++) {
			ir_ref set = l->s->v[v].uses[k];
			const struct ir_ins *i = ir_at(l->f, set);
			if (i->op == IRO(setindex) && (type_is_pending(&ir_at(l->f, i->args[1])->type) || (loops && is_open(l, web, i))) &&
			    !is_of_turn(l, r, set) && reach_use(l->f, set, 0, is_it, &r))
				return false;
		}
	return true;
}

/* What is made something of first: loops, for their copies name keys; then lengths, for keys are made of them, and so are the bounds
 * of table.unpack, which comes last while they are not known. */
enum { LOOPS, LENGTHS, KEYS, BOUNDS, STAGES };

static int stage_of(const struct lists *l, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	int64_t k;
	switch (i->op) {
	case IRO(forcall): return LOOPS;
	case IRO(len):     return LENGTHS;
	case IRO(call):    return bound_known(l, i, 2, &k) && bound_known(l, i, 3, &k) ? LENGTHS : BOUNDS;
	default:           return KEYS;
	}
}

/* Is r such a use of a table of which all is known? */
static bool is_ready(struct lists *l, ir_ref r, uint32_t arg)
{
	struct rec *rec = record_of(l->s, ir_at(l->f, r)->args[arg]);
	struct rec *web = rec ? record_web(l->s, rec) : NULL;
	if (!rec || !lists_uses(l->s, r, arg) || web->held || web->done)
		return false;
	if (web->length && ir_at(l->f, r)->op == IRO(len))
		return true;
	return stage_of(l, r) == KEYS ? !web->waits : is_settled(l, r, web);
}

/* Texts that r, v[k], may be of: it is nil there. Else false: what it is of has other fields, or texts may have that one. */
static bool of_texts(struct lists *l, const struct ir_ins *r, uint64_t *texts)
{
	const uint64_t others = ir_at(l->f, r->args[0])->type.kinds & ~IR_BIT(IR_REC);
	const uint64_t raising = IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT);
	*texts = r->op == IRO(index) && others & IR_ALL_STRINGS ? IR_ALL_STRINGS : 0;
	return !(others & ~(raising | IR_ALL_STRINGS)) && (!*texts || infer_text_lacks_any(&l->fl, r->args[1]));
}

bool lists_sure(struct lists *l, ir_ref r, uint32_t arg)
{
	const struct ir_ins old = *ir_at(l->f, r);
	uint64_t texts;
	if (record_sure(l->s, old.args[arg]))
		return true;
	if (old.op != IRO(index) && old.op != IRO(setindex)) {
		refuse(l, r, REFUSAL(ON_TABLES, "test it first: if type(t) == \"table\" then ... end",
				     "this may be a table made in kernel code or none; which, is known only at run time"));
		return false;
	}
	if (!of_texts(l, &old, &texts)) {
		refuse(l, r, record_or_other(ir_at(l->f, old.args[0])->type.kinds & ~(IR_FALSY | IR_BIT(IR_REC))));
		return false;
	}
	ir_ref check = iterate_insert(&l->fl, r, IRO(indexed), 2, old.args);
	ir_at(l->f, check)->names = old.names;
	ir_at(l->f, check)->raised = old.raised;
	ir_at(l->f, check)->aux = texts != 0;
	ir_ref sure = iterate_insert(&l->fl, r, IRO(pi), 1, old.args);
	ir_at(l->f, sure)->imm = (int64_t)(IR_BIT(IR_REC) | texts);
	ir_at(l->f, r)->args[0] = sure;
	return true;
}

/* Before blocks are split: then ways and loops are no longer what they were. */
static void find_bounds(struct lists *l)
{
	l->keys = arena_array(l->s->u->scratch, struct bounds *, l->f->nins);
	for (uint32_t v = 0; v < l->s->n; v++)
		for (uint32_t k = 0; k < l->s->v[v].nuses; k++) {
			ir_ref r = l->s->v[v].uses[k];
			const struct ir_ins *i = ir_at(l->f, r);
			struct between ask = { .f = l->f, .at = i->block };
			struct bounds in;
			if ((i->op == IRO(index) || i->op == IRO(setindex)) && !record_const(l->s, i->args[1]) &&
			    ir_at(l->f, i->args[1])->type.kinds == IR_BIT(IR_INT) && between(&ask, i->args[1], &in))
				l->keys[r] = arena_copy(l->s->u->scratch, &in, sizeof(in));
		}
}

/* Does a bound of table.unpack wait for something, which may be #t? */
static bool is_bound(const struct lists *l, const struct rec *web)
{
	for (uint32_t v = 0; v < l->s->n; v++)
		for (uint32_t k = 0; record_web(l->s, &l->s->v[v]) == web && k < l->s->v[v].nuses; k++)
			if (is_unpack(l->f, ir_at(l->f, l->s->v[v].uses[k])) && stage_of(l, l->s->v[v].uses[k]) == BOUNDS)
				return true;
	return false;
}

static void find_lengths(const struct lists *l)
{
	struct records *s = l->s;
	for (uint32_t v = 0; v < s->n; v++) {
		if (s->v[v].up != v)
			continue;
		s->v[v].grows = full_grows(s, &s->v[v]);
		s->v[v].filled = !s->v[v].grows && full_filled(s, &s->v[v]);
		if (s->v[v].waits || is_bound(l, &s->v[v]))
			s->v[v].length = full_length(s, &s->v[v]);
	}
}

void lists_rename(struct lists *l)
{
	ir_ref *to = arena_array(l->s->u->scratch, ir_ref, l->f->nins);
	memcpy(to, l->to, sizeof(*to) * l->nto);
	ir_rename(l->f, to);
}

/* Does a loop over the table wait for what `set` assigns by a key that only its own turns count? */
static bool holds_up(const struct lists *l, ir_ref set, const struct rec *web)
{
	for (uint32_t v = 0; v < l->s->n; v++)
		for (uint32_t k = 0; record_web(l->s, &l->s->v[v]) == web && k < l->s->v[v].nuses; k++) {
			const ir_ref r = l->s->v[v].uses[k];
			if (ir_at(l->f, r)->op == IRO(forcall) && reach_use(l->f, set, 0, is_it, &r))
				return true;
		}
	return false;
}

int lists_expand(struct records *s)
{
	struct lists l = { .s = s, .fl = { .u = s->u, .f = s->f }, .f = s->f, .nto = s->f->nins };
	int done = 0;
	l.to = arena_array(s->u->scratch, ir_ref, l.nto);
	ir_need_tree(s->f);
	find_bounds(&l);
	find_lengths(&l);
	for (int stage = LOOPS; stage < STAGES && !done; stage++)
		for (uint32_t v = 0; v < s->n; v++)
			for (uint32_t k = 0; k < s->v[v].nuses && !l.failed; k++) {
				ir_ref r = s->v[v].uses[k];
				uint32_t arg = ir_at(s->f, r)->op == IRO(forcall) || ir_at(s->f, r)->op == IRO(call);
				if (!ir_at(s->f, r)->block || stage_of(&l, r) != stage ||
				    ir_at(s->f, r)->nargs <= arg || record_of(s, ir_at(s->f, r)->args[arg]) != &s->v[v] ||
				    !is_ready(&l, r, arg) || !lists_sure(&l, r, arg))
					continue;
				if (stage == LOOPS)
					return go_over(&l, r, record_web(s, &s->v[v])) ? 1 : -1;
				expand(&l, r, record_web(s, &s->v[v]));
				done++;
			}
	if (l.failed)
		return -1;
	if (done)
		lists_rename(&l);
	return done;
}

/* Is the key of `set` open for nothing that is still to be known? */
static bool is_held_up(const struct lists *l, ir_ref set, struct rec *web)
{
	const struct ir_ins *i = ir_at(l->f, set);
	return !web->held && !web->done && !type_is_pending(&ir_at(l->f, i->args[1])->type) && is_open(l, web, i) && holds_up(l, set, web);
}

int lists_open(struct records *s)
{
	struct lists l = { .s = s, .fl = { .u = s->u, .f = s->f }, .f = s->f, .nto = s->f->nins };
	l.to = arena_array(s->u->scratch, ir_ref, l.nto);
	find_bounds(&l);
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; k < s->v[v].nuses; k++) {
			const ir_ref r = s->v[v].uses[k];
			struct rec *web = record_web(s, &s->v[v]);
			if (ir_at(s->f, r)->op != IRO(setindex) || record_of(s, ir_at(s->f, r)->args[0]) != &s->v[v] || web->grows || !is_held_up(&l, r, web))
				continue;
			if (lists_sure(&l, r, 0))
				expand(&l, r, web);
			if (l.failed)
				return 0;
			lists_rename(&l);
			return 1;
		}
	return 0;
}
