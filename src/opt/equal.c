/*
 * equal.c - `if k == "name" then t[k] = v end`: behind the test the key of a table made in the function is that text, or
 * number, and the field is known.
 */
#include "opt/iterate.h"

/* The constant that cond says that *v is; NULL: it says no such thing. */
static const pg_value *equals(const struct ir_fn *f, const struct ir_ins *cond, ir_ref *v)
{
	for (uint32_t a = 0; cond->op == IRO(eq) && a < 2; a++) {
		const pg_value *k = ir_at(f, cond->args[a])->type.k;
		*v = ir_untested(f, cond->args[!a]);
		if (k && (k->kind == PG_STR || k->kind == PG_INT) && !ir_at(f, *v)->type.k)
			return k;
	}
	return NULL;
}

struct keys { ir_ref *v; uint32_t n, cap; };

/* What is done to tables made here by a key that is not known. */
static void find_keys(struct flow *fl, struct keys *out)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			if ((i->op == IRO(index) || i->op == IRO(setindex)) && ir_at(f, i->args[0])->type.kinds == IR_BIT(IR_REC) &&
			    !ir_at(f, i->args[1])->type.k)
				arena_push(fl->u->scratch, out->v, out->n, out->cap, r);
		}
}

/* In what is reached by way of b alone. */
static int know_keys(struct flow *fl, const struct keys *keys, ir_blk b, ir_ref v, const pg_value *k)
{
	struct ir_fn *f = fl->f;
	int done = 0;
	for (uint32_t n = 0; n < keys->n; n++) {
		ir_ref r = keys->v[n];
		if (ir_untested(f, ir_at(f, r)->args[1]) != v || !ir_dominates(f, b, ir_at(f, r)->block))
			continue;
		ir_ref known = iterate_const(fl, r, k);
		ir_at(f, r)->args[1] = known;
		done++;
	}
	return done;
}

int equal_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct keys keys = { 0 };
	int done = 0;
	find_keys(fl, &keys);
	if (!keys.n)
		return 0;
	ir_need_tree(f);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		if (t->op != IRO(branch))
			continue;
		ir_ref v;
		ir_blk yes = t->succ[0].to;
		const pg_value *k = equals(f, ir_at(f, t->args[0]), &v);
		if (k && ir_block(f, yes)->npreds == 1)
			done += know_keys(fl, &keys, yes, v, k);
	}
	return done;
}
