/* across.c - which values live on across calls of our own functions, by the block: of what is in the block of a call it
 * is not asked whether it is before or behind it. */
#include "opt/across.h"

/* A function of the unit is called, or given to the kernel to be called. */
static bool is_call(const struct ir_ins *i)
{
	return i->op == IRO(fnref) || ir_calls_fn(i);
}

static bool has_call(const struct ir_fn *f, ir_blk b)
{
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
		if (is_call(ir_at(f, r)))
			return true;
	return false;
}

/* Marks the blocks that b leads to; true: there were some that had no mark. */
static bool mark_on(const struct ir_fn *f, ir_blk b, bool *marked)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
	bool more = false;
	for (uint32_t e = 0; marked[b] && e < t->nsucc; e++) {
		more |= !marked[t->succ[e].to];
		marked[t->succ[e].to] = true;
	}
	return more;
}

/* Marks those that lead to b, likewise. */
static bool mark_back(const struct ir_fn *f, ir_blk b, bool *marked)
{
	const struct ir_block *k = ir_block(f, b);
	bool more = false;
	for (uint32_t p = 0; marked[b] && p < k->npreds; p++) {
		more |= !marked[k->preds[p].from];
		marked[k->preds[p].from] = true;
	}
	return more;
}

static void mark_uses(struct ir_fn *f, const struct ir_ins *i, const bool *before, bool *value)
{
	for (uint32_t a = 0; a < i->nargs; a++)
		value[i->args[a]] |= before[ir_at(f, i->args[a])->block];
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			value[i->succ[e].args[a]] |= before[ir_at(f, i->succ[e].args[a])->block];
}

bool across_find(struct arena *m, struct ir_fn *f, struct across *a)
{
	bool any = false;
	ir_need_order(f);
	bool *before = arena_array(m, bool, f->nblocks), *behind = arena_array(m, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++)
		any |= before[f->rpo[o]] = behind[f->rpo[o]] = has_call(f, f->rpo[o]);
	if (!any)
		return false;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = 0; o < f->nrpo; o++) {
			more |= mark_on(f, f->rpo[o], behind);
			more |= mark_back(f, f->rpo[f->nrpo - 1 - o], before);
		}
	}
	*a = (struct across){ arena_array(m, bool, f->nins), before };
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; behind[f->rpo[o]] && r; r = ir_at(f, r)->next)
			mark_uses(f, ir_at(f, r), before, a->value);
	return true;
}
