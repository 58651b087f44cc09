/*
 * fills.c - numeric fors that do nothing but fill a table made in the function are written out: what they assign is what the
 * table is made with.
 *
 *   local bins = {}
 *   for i = 1, 16 do bins[i] = 0 end        as local bins = { 0, 0, 0 ... }
 *
 *   i       goes over constants, MOST of them
 *   bins    is one table, made before
 *   value   comes from before the loop, or is a constant, or i
 */
#include "opt/between.h"
#include "opt/iterate.h"

enum { MOST = 64 };

static bool is_made_before(const struct ir_fn *f, ir_ref r, ir_blk head)
{
	const ir_blk b = ir_at(f, ir_untested(f, r))->block;
	return b != head && ir_dominates(f, b, head);
}

/* What a turn does besides counting. */
static bool only_fills(const struct ir_fn *f, ir_blk head, ir_ref index, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(setindex):
		return ir_at(f, ir_untested(f, i->args[0]))->op == IRO(newtable) && is_made_before(f, i->args[0], head) &&
		       ir_untested(f, i->args[1]) == index && !i->raised &&
		       (ir_at(f, i->args[2])->op == IRO(const) || ir_untested(f, i->args[2]) == index || is_made_before(f, i->args[2], head));
	case IRO(const): case IRO(eq): case IRO(add): case IRO(sub): case IRO(pi): case IRO(branch): case IRO(jmp):
		return true;
	default:
		return false;
	}
}

/* A block that goes back to the head, and one between both, at most; the head's parameters are index and turns. */
static bool fills(const struct ir_fn *f, ir_blk head, ir_ref index, ir_blk again)
{
	bool sets = false;
	if (ir_block(f, head)->nparams != 2 || (again != head && (ir_block(f, again)->npreds != 1 || ir_block(f, again)->preds->from != head)))
		return false;
	for (unsigned k = 0; k < 2; k++)
		for (ir_ref r = k && again == head ? 0 : ir_block(f, k ? again : head)->first; r; r = ir_at(f, r)->next) {
			if (!only_fills(f, head, index, ir_at(f, r)))
				return false;
			sets |= ir_at(f, r)->op == IRO(setindex);
		}
	return sets;
}

/* How often a loop that only fills goes round; 0: it is another, or that is not known. */
static uint32_t turns_of(const struct ir_fn *f, ir_blk head)
{
	const struct ir_block *b = ir_block(f, head);
	struct turns t;
	for (uint32_t p = 0; b->loop && b->npreds == 2 && p < b->nparams; p++) {
		if (!between_turns(f, ir_at(f, b->params[p]), &t))
			continue;
		const pg_value *from = ir_at(f, t.in->args[p])->type.k, *left = ir_at(f, t.in->args[t.count])->type.k;
		const ir_blk again = b->preds[ir_pred_edge(f, &b->preds[0]) == t.in].from;
		if (from && from->kind == PG_INT && left && left->kind == PG_INT && left->i >= 0 && left->i < MOST && fills(f, head, b->params[p], again))
			return (uint32_t)left->i + 1;
	}
	return 0;
}

int fills_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	ir_need_tree(f);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const uint32_t turns = turns_of(f, f->rpo[o]);
		if (turns && unroll_turns(fl, f->rpo[o], turns))
			return 1;
	}
	return 0;
}
