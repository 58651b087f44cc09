/* across.c - which values live on across calls of our own functions, by the block: of what is in the block of a call it
 * is not asked whether it is before or behind it. */
#include "opt/across.h"

#include "opt/passes.h"

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

/* ---- by way of the stack ---- */

struct behind {
	struct ir_fn *f;
	ir_ref r, zero;
	uint32_t slot;
	bool *whole;           /* by block: all of it is behind a call that comes behind where r is made */
};

/* Marks all that marked blocks lead to, but not through `home`, unless it is 0. */
static void spread_on(const struct ir_fn *f, bool *marked, ir_blk home)
{
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = 0; o < f->nrpo; o++)
			if (f->rpo[o] != home)
				more |= mark_on(f, f->rpo[o], marked);
	}
}

/* A call counts where r may be made before it; what is behind it in its block is looked at there. Where r is made it is made
 * anew: nothing is behind a call through there. */
static void find_behind(struct behind *k)
{
	struct ir_fn *f = k->f;
	ir_blk home = ir_at(f, k->r)->block;
	bool *made = arena_array(f->unit->arena, bool, f->nblocks);
	made[home] = true;
	spread_on(f, made, 0);
	k->whole = arena_array(f->unit->arena, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		for (uint32_t e = 0; made[f->rpo[o]] && has_call(f, f->rpo[o]) && e < t->nsucc; e++)
			k->whole[t->succ[e].to] = true;
	}
	spread_on(f, k->whole, home);
	k->whole[home] = false;
}

static ir_ref from_stack(struct behind *k, ir_ref at)
{
	struct edit e = { k->f, at, ir_at(k->f, at)->site };
	ir_ref slot = edit_op(&e, IRO(slot), 0, 0);
	ir_at(k->f, slot)->aux = k->slot;
	return edit_op(&e, IRO(sub64), edit_load(&e, 8, slot, 0), k->zero);
}

static void use_instead(struct ir_fn *f, ir_ref at, ir_ref r, ir_ref now)
{
	struct ir_ins *i = ir_at(f, at);
	for (uint32_t a = 0; a < i->nargs; a++)
		if (i->args[a] == r)
			i->args[a] = now;
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (i->succ[s].args[a] == r)
				i->succ[s].args[a] = now;
}

void across_by_stack(struct ir_fn *f, ir_ref r, ir_ref zero)
{
	struct behind k = { .f = f, .r = r, .zero = zero, .slot = ir_slot(f, 8, 8) };
	ir_blk home = ir_at(f, r)->block;
	ir_ref first = ir_block(f, home)->first;
	find_behind(&k);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		bool behind = k.whole[f->rpo[o]];
		for (ir_ref i = ir_block(f, f->rpo[o])->first; i; i = ir_at(f, i)->next) {
			if (behind && ir_uses(ir_at(f, i), r))
				use_instead(f, i, r, from_stack(&k, i));
			behind |= is_call(ir_at(f, i));
		}
	}
	struct edit e = { f, first, ir_at(f, first)->site };
	ir_ref slot = edit_op(&e, IRO(slot), 0, 0);
	ir_at(f, slot)->aux = k.slot;
	edit_store(&e, 8, slot, 0, edit_op(&e, IRO(sub64), r, zero));
}
