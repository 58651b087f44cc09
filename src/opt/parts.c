/*
 * parts.c - what is read of one of several captured tables, of which some have an __index function: a look-up is taken apart
 * into its parts (ir_parts), which are fields of that table like others.
 *
 *   r.limit   ->  p = r[parts]  v = p.own.limit  if v == nil and p.by then v = p.by(p.of, "limit") end
 *
 * What is read is what it is of each, wherever the table comes from.
 */
#include "opt/choose.h"
#include "opt/infer.h"
#include "opt/passes.h"

#include <stdlib.h>

/* Tables that a value may be, by way of parameters; seen: of these all that comes is known. */
struct tables {
	struct flow *fl;
	bool *seen;
	uint64_t *id;
	uint32_t n, cap;
};

static bool add(struct tables *t, const pg_value *v, uint64_t left)
{
	if (v->kind != PG_TABLE)
		return v->kind == PG_NIL || !(left & IR_BIT(ir_kind_of(v->kind)));
	arena_push(t->fl->u->scratch, t->id, t->n, t->cap, v->id);
	return true;
}

static bool add_found(struct tables *t, ir_ref index, uint64_t left)
{
	struct choice c;
	if (!choose_is(t->fl, index) || !choose_table(&c, t->fl, index))
		return false;
	for (uint32_t i = 0; i < c.n; i++)
		if (!add(t, c.pairs[i].value, left))
			return false;
	return true;
}

static bool add_all(struct tables *t, ir_ref v)
{
	const struct ir_fn *f = t->fl->f;
	const ir_ref base = ir_untested(f, v);
	const struct ir_ins *i = ir_at(f, base);
	if (ir_at(f, v)->type.k)
		return add(t, ir_at(f, v)->type.k, IR_ANY);
	if (t->seen[base])
		return true;
	t->seen[base] = true;
	if (i->op != IRO(param) || !choose_object(t->fl, base))
		return add_found(t, base, choose_left(f, v));
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (infer_edge_live(t->fl, k->preds[p].from, k->preds[p].succ) &&
		    !add_all(t, ir_pred_edge(f, &k->preds[p])->args[i->aux]))
			return false;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Each once: their pairs are the script's to say. */
static void drop_doubles(struct tables *t)
{
	uint32_t n = 0;
	if (t->n)
		qsort(t->id, t->n, sizeof(*t->id), by_id);
	for (uint32_t i = 0; i < t->n; i++)
		if (!n || t->id[n - 1] != t->id[i])
			t->id[n++] = t->id[i];
	t->n = n;
}

/* What answers look-ups in them. */
struct parts {
	bool answered;         /* some by a function: */
	bool own, lacks;       /* some may have the key themselves; some have no function */
	bool itself;           /* each function is given the table that is looked up in */
	const pg_value *by, *of; /* the function, and the table that it is given, where all have the same; else NULL */
};

static const pg_value *common(const struct flow *fl, const pg_value *all, pg_value one, bool first)
{
	return first ? const_new(fl->u, one) : all && ir_same_value(all, &one) ? all : NULL;
}

/* One more table; false: it is not known what is found in it by this key. */
static bool add_parts(struct flow *fl, uint64_t table, const struct ir_type *key, struct parts *p, bool first)
{
	struct ir_unit *u = fl->u;
	pg_value found = const_nil, by = const_nil, of = const_nil;
	const pg_value *kv;
	uint32_t n;
	const bool known = (key->k ? u->source->index(u, table, key->k, &found) : u->source->pairs(u, table, &kv, &n)) >= 0;
	const bool beyond = u->source->beyond(u, table, &by, &of, &kv, &n) >= 0;
	p->answered |= !known;
	p->own |= !key->k || found.kind != PG_NIL;
	p->lacks |= !beyond;
	p->itself = (first || p->itself) && (!beyond || of.id == table);
	p->by = common(fl, p->by, by, first);
	p->of = common(fl, p->of, of, first);
	return beyond ? by.kind == PG_FUNC : known;
}

/* Is r a look-up in one of several tables of which a function answers it? */
static bool is_of_parts(struct flow *fl, ir_ref r, struct parts *p)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	if (i->op != IRO(index) && i->op != IRO(self))
		return false;
	const struct ir_type *t = &ir_at(fl->f, i->args[0])->type, *key = &ir_at(fl->f, i->args[1])->type;
	if (t->k || !(t->kinds & IR_BIT(IR_HOST)) || !key->kinds || type_is_pending(key) || ir_is_half(key->k) ||
	    (key->k && ir_same_value(key->k, &ir_parts)))
		return false;
	struct tables tables = { .fl = fl, .seen = arena_array(fl->u->scratch, bool, fl->f->nins) };
	*p = (struct parts){ 0 };
	if (!add_all(&tables, i->args[0]))
		return false;
	drop_doubles(&tables);
	for (uint32_t k = 0; k < tables.n; k++)
		if (!add_parts(fl, tables.id[k], key, p, !k))
			return false;
	return p->answered;
}

/* ---- the look-up taken apart ---- */

struct place { struct flow *fl; ir_ref old; ir_blk b; };

/* What may raise as r did. */
static ir_ref emit(struct place *at, enum ir_op op, uint32_t n, const ir_ref *args)
{
	const struct ir_ins old = *ir_at(at->fl->f, at->old);
	ir_ref raised = 0;
	if (old.raised)
		at->b = flow_guard(at->fl, at->b, at->old, &raised);
	ir_ref v = flow_emit(at->fl, at->b, old.site, op, n, args);
	ir_at(at->fl->f, v)->raised = raised;
	return v;
}

static ir_ref constant(const struct place *at, const pg_value *k)
{
	return flow_const(at->fl, at->b, ir_at(at->fl->f, at->old)->site, k);
}

static ir_ref part_of(struct place *at, ir_ref parts, int64_t which)
{
	return emit(at, IRO(index), 2, (ir_ref[]){ parts, constant(at, const_int(at->fl->u, which)) });
}

static void go(struct place *at, ir_blk to, ir_ref v)
{
	ir_succ(at->fl->f, flow_emit(at->fl, at->b, ir_at(at->fl->f, at->old)->site, IRO(jmp), 0, NULL), 0, to, 1, &v);
}

/* Goes on in a new block where v is true; returns the one for where it is not. */
static ir_blk branch(struct place *at, ir_ref v)
{
	ir_ref t = flow_emit(at->fl, at->b, ir_at(at->fl->f, at->old)->site, IRO(branch), 1, &v);
	ir_blk no = ir_block_new(at->fl->f);
	at->b = ir_block_new(at->fl->f);
	ir_succ(at->fl->f, t, 0, at->b, 0, NULL);
	ir_succ(at->fl->f, t, 1, no, 0, NULL);
	return no;
}

static ir_ref surely(struct place *at, ir_ref v)
{
	ir_ref there = flow_emit(at->fl, at->b, ir_at(at->fl->f, at->old)->site, IRO(pi), 1, &v);
	ir_at(at->fl->f, there)->imm = (int64_t)~IR_BIT(IR_NIL);
	return there;
}

/* What is found before, which goes on to `rest`. */
static void look(struct place *at, ir_ref parts, ir_ref key, ir_blk rest)
{
	ir_ref own = emit(at, IRO(index), 2, (ir_ref[]){ part_of(at, parts, IR_PART_OWN), key });
	ir_ref none = flow_emit(at->fl, at->b, ir_at(at->fl->f, at->old)->site, IRO(eq), 2, (ir_ref[]){ own, constant(at, &const_nil) });
	struct place found = *at;
	found.b = branch(at, none);
	go(&found, rest, surely(&found, own));
}

/* What the function says; nil, where there is none. */
static void ask(struct place *at, const struct parts *p, ir_ref parts, ir_ref of, ir_ref key, ir_blk rest)
{
	ir_ref by = p->by ? constant(at, p->by) : part_of(at, parts, IR_PART_BY);
	if (p->lacks) {
		struct place none = *at;
		none.b = branch(at, by);
		go(&none, rest, constant(&none, &const_nil));
	}
	of = p->itself && p->by ? surely(at, of) : p->of ? constant(at, p->of) : part_of(at, parts, IR_PART_OF);
	ir_ref call = emit(at, IRO(call), 3, (ir_ref[]){ by, of, key });
	go(at, rest, flow_emit(at->fl, at->b, ir_at(at->fl->f, at->old)->site, IRO(result), 1, &call));
}

/* Returns what stands for r from now on. */
static ir_ref take_apart(struct flow *fl, ir_ref r, const struct parts *p)
{
	const struct ir_ins old = *ir_at(fl->f, r);
	struct place at = { fl, r, old.block };
	ir_blk rest = edit_split(fl->f, r);
	ir_remove(fl->f, r);
	ir_ref all = ir_param_add(fl->f, rest);
	ir_ref parts = emit(&at, IRO(index), 2, (ir_ref[]){ old.args[0], constant(&at, &ir_parts) });
	ir_at(fl->f, parts)->names = old.names;
	if (p->own)
		look(&at, parts, old.args[1], rest);
	ask(&at, p, parts, old.args[0], old.args[1], rest);
	return all;
}

int parts_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct parts p;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next) {
			if (!is_of_parts(fl, r, &p))
				continue;
			ir_ref all = take_apart(fl, r, &p), *to = arena_array(fl->u->scratch, ir_ref, f->nins);
			to[r] = all;
			ir_rename(f, to);
			return 1;
		}
	return 0;
}
