/*
 * grow.c - lists that a loop appends to. How long one is is a variable beside the table, which has room for MOST more
 * elements than it is made with.
 *
 *   local t = {}        n = 0
 *   t[#t + 1] = v       k = n + 1   t[1] = v where k is 1, t[2] = v where k is 2 ...   n = k    (where v is no nil)
 *   #t                  n
 *
 * Of one table that no other variable may be, and that has no holes (full.c); and when nothing else is left to be known: for
 * outside of loops the keys are seen without all this. Lists of tables, and all that can where the stack is too small, have
 * their elements in scratch memory (elems.c).
 */
#include "opt/elems.h"
#include "opt/facts.h"
#include "opt/iterate.h"

#include <string.h>

enum { MOST = 16 };

bool record_alone(const struct records *s, const struct rec *rec)
{
	if (rec->up != (uint32_t)(rec - s->v) || !record_made(s, rec))
		return false;
	for (uint32_t v = 0; v < s->n; v++)
		if (&s->v[v] != rec && record_web(s, &s->v[v]) == rec)
			return false;
	return true;
}

static int64_t elements_made(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++)
		if (ir_at(s->f, rec->uses[k])->op == IRO(setlist))
			return ir_at(s->f, rec->uses[k])->nargs - 1;
	return 0;
}

/* The number of an element that was appended where all was known; 0: it is no such. */
static int64_t appended(const struct records *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *k = i->op == IRO(setindex) ? record_const(s, i->args[1]) : NULL;
	return k && k->kind == PG_INT ? k->i : 0;
}

static ir_ref set_count(struct lists *l, ir_ref at, ir_ref count, ir_ref n)
{
	return iterate_insert(&l->fl, at, IRO(cellset), 2, (ir_ref[]){ count, n });
}

/* Block b goes on behind a test that v is no nil, which adds nothing; v is what it then is. */
static ir_blk unless_nil(struct gap *g, ir_blk b, ir_ref *v)
{
	ir_blk nil;
	b = gap_when(g, b, *v, &const_nil, &nil);
	gap_on(g, nil, g->rest, 0);
	*v = flow_emit(&g->l->fl, b, g->site, IRO(pi), 1, v);
	ir_at(g->l->f, *v)->imm = (int64_t)~IR_BIT(IR_NIL);
	return b;
}

/* A list that grows, the variable beside it, and the places that it has: those that it is made with, and all. */
struct growth {
	struct lists *l;
	ir_ref count;
	int64_t made, most;
	const struct elems *elems; /* NULL: they are fields of the table */
};

/* Behind `mine`, where element k was assigned. */
static void appended_to(struct gap *g, const struct growth *t, ir_blk mine, ir_ref k, bool counted)
{
	if (!counted)
		flow_emit(&g->l->fl, mine, g->site, IRO(cellset), 2, (ir_ref[]){ t->count, k });
	gap_on(g, mine, g->rest, 0);
}

/* Goes on in block b where there was no room. */
static ir_blk append_elem(struct gap *g, const struct growth *t, ir_blk b, ir_ref k, ir_ref v, bool counted)
{
	ir_blk none = ir_block_new(g->l->f);
	ir_ref most = flow_const(&g->l->fl, b, g->site, const_int(g->l->s->u, t->most));
	ir_blk mine = gap_part(g, b, flow_emit(&g->l->fl, b, g->site, IRO(le), 2, (ir_ref[]){ k, most }), none);
	elems_put(g, mine, t->elems, k, v);
	appended_to(g, t, mine, k, counted);
	return none;
}

/* One of the places `from` to `to`. */
static void append(const struct growth *t, ir_ref r, int64_t from, int64_t to)
{
	struct lists *l = t->l;
	const ir_ref count = t->count;
	const struct ir_ins old = *ir_at(l->f, r);
	const bool some = record_something(l->s, old.args[2]);
	ir_ref v = old.args[2];
	struct gap g = gap_open(l, r, false);
	ir_blk b = g.before, mine;
	if (some)
		set_count(l, ir_block(l->f, g.rest)->first, count, old.args[1]);
	else
		b = unless_nil(&g, b, &v);
	for (int64_t k = from; !t->elems && k <= to; k++) {
		const pg_value *key = const_int(l->s->u, k);
		b = gap_when(&g, b, old.args[1], key, &mine);
		ir_ref args[3] = { old.args[0], flow_const(&l->fl, mine, g.site, key), v };
		flow_emit(&l->fl, mine, g.site, IRO(setindex), 3, args);
		appended_to(&g, t, mine, old.args[1], some);
	}
	if (t->elems)
		b = append_elem(&g, t, b, old.args[1], v, some);
	flow_raise(&l->fl, b, r, "no room for this key in a table of kernel code");
}

struct list { const struct lists *l; const struct rec *rec; };

static bool is_list(const void *arg, ir_ref table)
{
	const struct list *list = arg;
	return table < list->l->nto && record_of(list->l->s, table) == list->rec;
}

/* Does a reader see that it is there? Before anything is changed, for then tests are no longer what the source has. */
static bool is_inside(const struct lists *l, const struct rec *rec, const struct ir_ins *index, int64_t made)
{
	const struct list list = { l, rec };
	const struct there there = { .f = l->f, .is_it = is_list, .arg = &list, .made = made, .begin = ir_at(l->f, rec->value)->block };
	return there_is(&there, index);
}

/* An element that is there, so it is no nil. */
static ir_ref read_there(struct gap *g, const struct growth *t, ir_blk b, const struct ir_ins *old)
{
	struct flow *fl = &g->l->fl;
	if (t->elems)
		return elems_get(g, b, t->elems, old->args[1]);
	ir_ref v = flow_emit(fl, b, g->site, IRO(index), 2, old->args);
	ir_ref some = flow_emit(fl, b, g->site, IRO(pi), 1, &v);
	ir_at(fl->f, v)->names = old->names;
	ir_at(fl->f, some)->imm = (int64_t)~IR_BIT(IR_NIL);
	return some;
}

/* Behind a test that there is such an element. */
static void read(const struct growth *t, ir_ref r, bool inside)
{
	struct lists *l = t->l;
	const struct ir_ins old = *ir_at(l->f, r);
	struct gap g = gap_open(l, r, true);
	ir_ref least = flow_const(&l->fl, g.before, g.site, const_int(l->s->u, 1));
	ir_ref from = flow_emit(&l->fl, g.before, g.site, IRO(le), 2, (ir_ref[]){ least, old.args[1] });
	ir_blk above, there, none = ir_block_new(l->f);
	above = gap_part(&g, g.before, from, none);
	ir_ref most = flow_emit(&l->fl, above, g.site, IRO(cellget), 1, &t->count);
	there = gap_part(&g, above, flow_emit(&l->fl, above, g.site, IRO(le), 2, (ir_ref[]){ old.args[1], most }), none);
	gap_on(&g, there, g.rest, read_there(&g, t, there, &old));
	ir_ref nil = flow_const(&l->fl, none, g.site, &const_nil);
	ir_at(l->f, nil)->aux = inside ? IR_NEVER : 0;
	gap_on(&g, none, g.rest, nil);
}

/* Surely an integer, though some of what it hangs on is not known yet? nil: or false, or nil, which a test rules out. */
static bool is_integer(const struct ir_fn *f, ir_ref r, bool nil, unsigned depth)
{
	const struct ir_ins *i = ir_at(f, r);
	if (i->type.kinds && !type_is_pending(&i->type))
		return !(i->type.kinds & ~(IR_BIT(IR_INT) | (nil ? IR_FALSY : 0)));
	if (depth > 6)
		return false;
	if (i->op == IRO(pi))
		return is_integer(f, i->args[0], nil || !((uint64_t)i->imm & IR_FALSY), depth + 1);
	if (i->op != IRO(param) || i->block == 1)
		return i->op == IRO(len) || i->op == IRO(add) || i->op == IRO(sub) || i->op == IRO(mul) || i->op == IRO(mod) ||
		       i->op == IRO(idiv);
	for (uint32_t e = 0; e < ir_block(f, i->block)->npreds; e++) {
		ir_ref in = ir_pred_edge(f, &ir_block(f, i->block)->preds[e])->args[i->aux];
		if (in != r && !is_integer(f, in, nil, depth + 1))
			return false;
	}
	return true;
}

bool lists_integer(const struct ir_fn *f, ir_ref r)
{
	return is_integer(f, r, false, 0);
}

/* Is it an element that the table may have or not? By a key that may be no integer it is asked for as it is. */
static bool may_be_there(const struct records *s, const struct ir_ins *i, int64_t made)
{
	const pg_value *k = record_const(s, i->args[1]);
	return k ? k->kind == PG_INT && k->i > made : lists_integer(s->f, i->args[1]);
}

static void change_count(const struct growth *t, ir_ref r)
{
	struct lists *l = t->l;
	const struct ir_ins *i = ir_at(l->f, r);
	const int64_t at = appended(l->s, r);
	if (i->op == IRO(len))
		iterate_become(&l->fl, r, IRO(cellget), 1, &t->count);
	else if (at && record_something(l->s, i->args[2]) && !t->elems)
		set_count(l, r, t->count, i->args[1]);
	else if (at)
		append(t, r, at, at);
	else if (elems_set(l->s, r))
		append(t, r, t->made + 1, t->most);
}

static bool is_read(const struct growth *t, ir_ref r)
{
	const struct ir_ins *i = ir_at(t->l->f, r);
	return i->op == IRO(index) && may_be_there(t->l->s, i, t->made);
}

static void change_read(const struct growth *t, ir_ref r, bool inside)
{
	struct lists *l = t->l;
	const struct ir_ins *i = ir_at(l->f, r);
	const pg_value *k = i->op == IRO(index) ? record_const(l->s, i->args[1]) : NULL;
	if (is_read(t, r))
		read(t, r, inside);
	else if (t->elems && k && k->kind == PG_INT && k->i > 0)
		elems_made(l, t->elems, r);
}

static void count_beside(struct lists *l, const struct rec *rec, struct elems *elems)
{
	struct growth t = { .l = l, .made = elements_made(l->s, rec), .elems = elems };
	t.most = t.made;
	for (uint32_t k = 0; k < rec->nuses; k++)
		t.most = appended(l->s, rec->uses[k]) > t.most ? appended(l->s, rec->uses[k]) : t.most;
	t.most += MOST;
	bool *inside = arena_array(l->s->u->scratch, bool, rec->nuses + 1);
	ir_need_tree(l->f);
	for (uint32_t k = 0; k < rec->nuses; k++)
		inside[k] = is_read(&t, rec->uses[k]) && is_inside(l, rec, ir_at(l->f, rec->uses[k]), t.made);
	ir_ref at = ir_at(l->f, rec->value)->next, begin = iterate_const(&l->fl, at, const_int(l->s->u, t.made));
	t.count = iterate_insert(&l->fl, at, IRO(cell), 1, &begin);
	if (elems) {
		elems_make(l, elems, t.most);
		elems_use_fields(l, elems);
	}
	for (uint32_t k = 0; k < rec->nuses; k++)
		change_read(&t, rec->uses[k], inside[k]);
	for (uint32_t k = 0; k < rec->nuses; k++)
		change_count(&t, rec->uses[k]);
}

/* Does anything hang on how long it is? */
static bool is_counted(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++) {
		const struct ir_ins *i = ir_at(s->f, rec->uses[k]);
		if (i->op == IRO(len) || (i->op == IRO(setindex) && !record_const(s, i->args[1])))
			return true;
	}
	return false;
}

/* Loops over it come first, for they read it. */
static bool go_over(struct lists *l, const struct rec *rec)
{
	bool list = true;
	for (uint32_t k = 0; k < rec->n; k++)
		list &= rec->keys[k]->kind == PG_INT && rec->keys[k]->i > 0;
	for (uint32_t k = 0; k < rec->nuses; k++)
		if (ir_at(l->f, rec->uses[k])->op == IRO(forcall) && iterate_counted(&l->fl, rec->uses[k], list))
			return true;
	return false;
}

/* In fields of its own, or where those cannot be or have no room, in scratch memory. */
static bool count(struct lists *l, const struct rec *rec)
{
	const bool tables = elems_of_tables(l->s, rec);
	struct elems elems;
	if (elems_listed(l, rec))
		return true;
	bool far = (tables || elems_of_numbers(l->s, rec) || l->s->u->roomy) && elems_may(l, rec, &elems);
	if (tables && !far)
		return elems_through(l, rec) || elems_numbered(l, rec);
	count_beside(l, rec, far ? &elems : NULL);
	return true;
}

int grow_lists(struct records *s)
{
	struct lists l = { .s = s, .fl = { .u = s->u, .f = s->f }, .f = s->f, .nto = s->f->nins };
	l.to = arena_array(s->u->scratch, ir_ref, l.nto);
	for (uint32_t v = 0; v < s->n; v++) {
		const struct rec *rec = &s->v[v];
		if (!rec->waits || rec->held || rec->done || !rec->grows || !record_alone(s, rec))
			continue;
		bool looped = go_over(&l, rec);
		if (!looped && !(is_counted(s, rec) && count(&l, rec)))
			continue;
		lists_rename(&l);
		return 1;
	}
	return 0;
}
