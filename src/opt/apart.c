/*
 * apart.c - tables that two variables may hold, and that are changed through one of them.
 *
 *   local v = c and t or u
 *   v.n = 5                     v == t ?  ->  t.n = 5  -\
 *                                    else ->  u.n = 5  --+-> ...
 *   return t.n
 *
 * A parameter's fields are copies of its table's (records.c), which the other variable would not see change. So what is
 * done through it is done to the table that it is, and it has no fields. Each newtable then stands for one table from
 * the beginning on; where it was, its fields become nil, if a loop makes it again. That is right as long as nobody still
 * has the one made before; where somebody has, such tables are left to be refused.
 */
#include "core/mutant.h"
#include "opt/iterate.h"
#include "opt/lists.h"
#include "opt/reach.h"

enum { MAX_TABLES = 16 };

/* The tables that a web may be. */
struct tables {
	ir_ref made[MAX_TABLES];
	uint32_t n;
	uint32_t *may;         /* by number of the value: bits of made[] */
};

struct seen {
	const struct records *s;
	const struct rec *rec;
};

/* Any use at all: a comparison tells tables apart, too. */
static bool is_seen(const void *arg, ir_ref r)
{
	const struct seen *w = arg;
	const struct ir_ins *i = ir_at(w->s->f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		if (record_of(w->s, i->args[a]) == w->rec)
			return true;
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (record_of(w->s, i->succ[e].args[a]) == w->rec)
				return true;
	return false;
}

/* Is nobody left who has the table that was made before, when `made` makes one? */
static bool is_one(const struct records *s, const struct rec *made)
{
	for (uint32_t v = 0; reach_again(s->f, made->value) && v < s->n; v++) {
		struct seen w = { s, &s->v[v] };
		if (record_web(s, &s->v[v]) == record_web(s, made) && !record_made(s, &s->v[v]) &&
		    reach_use(s->f, made->value, s->v[v].value, is_seen, &w))
			return false;
	}
	return true;
}

/* A field by name, of what is a table or has no fields. */
static bool is_plain_access(const struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const uint64_t none = IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT);
	return (i->op == IRO(index) || i->op == IRO(setindex) || (i->op == IRO(self) && record_sure(s, i->args[0]))) &&
	       record_of(s, i->args[0]) == rec && record_key_of(s, r) &&
	       !(ir_at(s->f, i->args[0])->type.kinds & ~(IR_BIT(IR_REC) | none));
}

static bool find_tables(const struct records *s, const struct rec *web, struct tables *t)
{
	bool shared = false;
	for (uint32_t v = 0; v < s->n; v++) {
		const struct rec *rec = &s->v[v];
		if (record_web(s, rec) != web)
			continue;
		for (uint32_t k = 0; k < rec->nuses && !record_made(s, rec); k++)
			if (!is_plain_access(s, rec, rec->uses[k]))
				return false;
		if (record_made(s, rec) && (t->n == MAX_TABLES || !is_one(s, rec)))
			return false;
		if (record_made(s, rec))
			t->made[t->n++] = rec->value;
		shared |= record_shared(s, rec) != 0;
	}
	return shared;
}

static uint32_t tables_of(const struct records *s, const struct tables *t, ir_ref v)
{
	const struct rec *rec = record_of(s, v);
	for (uint32_t i = 0; rec && i < t->n; i++)
		if (t->made[i] == rec->value)
			return 1u << i;
	return rec ? t->may[rec - s->v] : 0;
}

/* What comes to each parameter, until nothing is news. */
static void find_ways(const struct records *s, const struct rec *web, struct tables *t)
{
	bool news = true;
	t->may = arena_array(s->u->scratch, uint32_t, s->n);
	while (news) {
		news = false;
		for (uint32_t v = 0; v < s->n; v++) {
			const struct ir_ins *p = ir_at(s->f, s->v[v].value);
			uint32_t may = t->may[v];
			if (record_web(s, &s->v[v]) != web || p->op != IRO(param))
				continue;
			for (uint32_t e = 0; e < ir_block(s->f, p->block)->npreds; e++)
				may |= tables_of(s, t, ir_pred_edge(s->f, &ir_block(s->f, p->block)->preds[e])->args[p->aux]);
			news |= may != t->may[v];
			t->may[v] = may;
		}
	}
}

/* ---- what is done instead ---- */

static void access_one(struct gap *g, ir_blk b, const struct ir_ins *old, ir_ref table)
{
	struct lists *l = g->l;
	ir_ref args[3] = { table, old->args[1], old->nargs > 2 ? old->args[2] : 0 };
	ir_ref r = flow_emit(&l->fl, b, g->site, old->op, old->nargs, args);
	ir_at(l->f, r)->aux = old->aux;
	gap_on(g, b, g->rest, old->op == IRO(setindex) ? 0 : r);
}

/* r is of one of these tables: it compares which. */
static void access_each(struct lists *l, ir_ref r, const struct tables *t, uint32_t may)
{
	const struct ir_ins old = *ir_at(l->f, r);
	struct gap g = gap_open(l, r, old.op != IRO(setindex));
	ir_blk b = g.before;
	for (uint32_t i = 0; i < t->n; i++) {
		if (!(may & 1u << i))
			continue;
		may &= ~(1u << i);
		if (!may || MUTANT(first_table)) {
			access_one(&g, b, &old, t->made[i]);
			return;
		}
		ir_blk mine = ir_block_new(l->f), other = ir_block_new(l->f);
		ir_ref is = flow_emit(&l->fl, b, g.site, IRO(eq), 2, (ir_ref[]){ old.args[0], t->made[i] });
		ir_ref branch = flow_emit(&l->fl, b, g.site, IRO(branch), 1, &is);
		ir_succ(l->f, branch, 0, mine, 0, NULL);
		ir_succ(l->f, branch, 1, other, 0, NULL);
		access_one(&g, mine, &old, t->made[i]);
		b = other;
	}
}

/* To the beginning; where it was, its fields become nil. */
static void move_up(struct lists *l, const struct rec *web, ir_ref made)
{
	struct ir_fn *f = l->f;
	ir_ref at = ir_at(f, made)->next;
	bool again = reach_again(f, made) && !MUTANT(fields_kept);
	for (uint32_t k = 0; again && k < web->n; k++) {
		ir_ref args[3] = { made, iterate_const(&l->fl, at, web->keys[k]), iterate_const(&l->fl, at, &const_nil) };
		iterate_insert(&l->fl, at, IRO(setindex), 3, args);
	}
	ir_remove(f, made);
	ir_insert_before(f, ir_block(f, 1)->first, made);
}

static void part_web(struct lists *l, const struct rec *web, const struct tables *t)
{
	const struct records *s = l->s;
	for (uint32_t v = 0; v < s->n && !l->failed; v++) {
		const struct rec *rec = &s->v[v];
		if (record_web(s, rec) != web || record_made(s, rec))
			continue;
		for (uint32_t k = 0; k < rec->nuses; k++)
			if (lists_sure(l, rec->uses[k], 0) && t->may[v])
				access_each(l, rec->uses[k], t, t->may[v]);
	}
	for (uint32_t i = 0; i < t->n; i++)
		move_up(l, web, t->made[i]);
}

int apart_expand(struct records *s)
{
	struct lists l = { .s = s, .fl = { .u = s->u, .f = s->f }, .f = s->f, .nto = s->f->nins };
	int done = 0;
	for (uint32_t v = 0; v < s->n && !s->u->nsubs && !done; v++) {
		const struct rec *web = &s->v[v];
		struct tables t = { .n = 0 };
		if (record_web(s, web) != web || web->held || web->waits || web->done || !find_tables(s, web, &t))
			continue;
		l.to = arena_array(s->u->scratch, ir_ref, l.nto);
		find_ways(s, web, &t);
		part_web(&l, web, &t);
		done++;
	}
	if (!done || l.failed)
		return l.failed ? -1 : 0;
	ir_ref *to = arena_array(s->u->scratch, ir_ref, s->f->nins);
	memcpy(to, l.to, sizeof(*to) * l.nto);
	ir_rename(s->f, to);
	return done;
}
