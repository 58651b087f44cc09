/*
 * again.c - captured tables are constants: what is looked up again under the same key is what was found.
 *
 * In `if t[k] then n = n + t[k] end` the second value is thus known to be there, as build's `pi` behind the
 * branch says of the first one. Both would else become comparisons, or look-ups in a map, of their own.
 */
#include "opt/opt.h"

static bool looks_up(const struct ir_fn *f, const struct ir_ins *i)
{
	const pg_value *table = i->op == IRO(index) ? ir_at(f, i->args[0])->type.k : NULL;
	return table && table->kind == PG_TABLE && !ir_at(f, i->args[1])->type.k;
}

/* The instructions of one kind, in an order in which what dominates comes first. */
struct list { ir_ref *v; uint32_t n, cap; };

static void find(struct flow *fl, struct list *looks, struct list *known)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			if (looks_up(f, ir_at(f, r)))
				arena_push(fl->u->scratch, looks->v, looks->n, looks->cap, r);
			else if (ir_at(f, r)->op == IRO(pi) && looks->n && looks_up(f, ir_at(f, ir_untested(f, r))))
				arena_push(fl->u->scratch, known->v, known->n, known->cap, r);
		}
}

static bool same(const struct ir_fn *f, ir_ref a, ir_ref b)
{
	const struct ir_ins *x = ir_at(f, a), *y = ir_at(f, b);
	return ir_at(f, x->args[0])->type.k->id == ir_at(f, y->args[0])->type.k->id &&
	       ir_untested(f, x->args[1]) == ir_untested(f, y->args[1]) &&
	       ir_dominates(f, x->block, y->block);
}

/* What most is known of, of the values that are r's where `at` stands. */
static ir_ref best_known(const struct ir_fn *f, const struct list *known, ir_ref r, ir_ref at)
{
	ir_ref best = r;
	for (uint32_t i = 0; i < known->n; i++)
		if (ir_untested(f, known->v[i]) == r && ir_at(f, known->v[i])->block != ir_at(f, at)->block &&
		    ir_dominates(f, ir_at(f, known->v[i])->block, ir_at(f, at)->block))
			best = known->v[i];
	return best;
}

int again_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct list looks = { 0 }, known = { 0 };
	int done = 0;
	find(fl, &looks, &known);
	if (looks.n < 2)
		return 0;
	ir_need_tree(f);
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
	for (uint32_t j = 1; j < looks.n; j++)
		for (uint32_t i = 0; i < j && !to[looks.v[j]]; i++)
			if (!to[looks.v[i]] && same(f, looks.v[i], looks.v[j])) {
				to[looks.v[j]] = best_known(f, &known, looks.v[i], looks.v[j]);
				done++;
			}
	for (uint32_t j = 1; j < looks.n; j++)
		if (to[looks.v[j]])
			ir_remove(f, looks.v[j]);
	if (done)
		ir_rename(f, to);
	return done;
}
