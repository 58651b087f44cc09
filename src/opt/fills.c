/*
 * fills.c - numeric fors that do nothing but fill a table made in the function are written out: what they assign is what the
 * table is made with.
 *
 *   local bins = {}
 *   for i = 1, 16 do bins[i] = 0 end        as local bins = { 0, 0, 0 ... }
 *
 *   i       goes over constants, no more than MOST of them, and all copies have no more than MOST_WORK instructions
 *   bins    is one table, made before
 *   else    the loop changes nothing, and no variable goes from turn to turn
 */
#include "opt/between.h"
#include "opt/iterate.h"

enum { MOST = 64, MOST_WORK = 600, MOST_BLOCKS = 8 };

struct fill {
	const struct ir_fn *f;
	ir_blk head;
	ir_ref index;
	ir_blk blocks[MOST_BLOCKS];
	uint32_t nblocks, size, sets;
};

static bool add_block(struct fill *l, ir_blk b)
{
	for (uint32_t k = 0; k < l->nblocks; k++)
		if (l->blocks[k] == b)
			return true;
	if (l->nblocks == MOST_BLOCKS || !ir_dominates(l->f, l->head, b))
		return false;
	l->blocks[l->nblocks++] = b;
	return true;
}

static bool find_blocks(struct fill *l, ir_blk again)
{
	bool all = add_block(l, l->head) && add_block(l, again);
	for (uint32_t k = 1; all && k < l->nblocks; k++)
		for (uint32_t p = 0; all && p < ir_block(l->f, l->blocks[k])->npreds; p++)
			all = add_block(l, ir_block(l->f, l->blocks[k])->preds[p].from);
	return all;
}

static bool sets_place(const struct fill *l, const struct ir_ins *i)
{
	const ir_ref table = ir_untested(l->f, i->args[0]);
	const ir_blk made = ir_at(l->f, table)->block;
	return ir_at(l->f, table)->op == IRO(newtable) && made != l->head && ir_dominates(l->f, made, l->head) &&
	       ir_untested(l->f, i->args[1]) == l->index;
}

/* What may be in such a loop: one place is filled, and else all only reads. */
static bool belongs(struct fill *l, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(l->f, i->args[0])->type.row : NULL;
	l->size++;
	if (i->raised)
		return false;
	switch (i->op) {
	case IRO(setindex):
		l->sets++;
		return sets_place(l, i);
	case IRO(call):
		return row && !ir_lib_expands(row) && !(row->effects & IR_E_WRITE);
	case IRO(const): case IRO(pi): case IRO(not): case IRO(isof): case IRO(index): case IRO(self): case IRO(result):
	case IRO(branch): case IRO(jmp):
		return true;
	default:
		return i->op >= IRO(add) && i->op <= IRO(le) && i->op != IRO(concat);
	}
}

static bool fills(struct fill *l)
{
	for (uint32_t k = 0; k < l->nblocks; k++) {
		if (k && ir_block(l->f, l->blocks[k])->loop)
			return false;
		for (ir_ref r = ir_block(l->f, l->blocks[k])->first; r; r = ir_at(l->f, r)->next)
			if (!belongs(l, ir_at(l->f, r)))
				return false;
	}
	return l->sets;
}

/* How often a loop that only fills goes round; 0: it is another, or that is not known, or too often. */
static uint32_t turns_of(const struct ir_fn *f, ir_blk head)
{
	const struct ir_block *b = ir_block(f, head);
	struct turns t;
	for (uint32_t p = 0; b->loop && b->npreds == 2 && b->nparams == 2 && p < b->nparams; p++) {
		struct fill l = { .f = f, .head = head, .index = b->params[p] };
		if (!between_turns(f, ir_at(f, b->params[p]), &t))
			continue;
		const pg_value *from = ir_at(f, t.in->args[p])->type.k, *left = ir_at(f, t.in->args[t.count])->type.k;
		const ir_blk again = b->preds[ir_pred_edge(f, &b->preds[0]) == t.in].from;
		if (from && from->kind == PG_INT && left && left->kind == PG_INT && left->i >= 0 && left->i < MOST && find_blocks(&l, again) &&
		    fills(&l) && ((uint64_t)left->i + 2) * l.size <= MOST_WORK)
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
