/*
 * filled.c - lists that a loop fills from 1 on, one element with each turn: they have no holes, as those have none that are
 * only appended to (full.c).
 *
 *	for i = 1, n do t[i] = v end
 *
 *   i     begins with 1, and is one more with each turn
 *   t     is one table in all of them, made before
 *   v     is never nil
 *   t[i]  is assigned before the next turn, on whichever way
 */
#include "opt/opt.h"
#include "opt/reach.h"
#include "opt/records.h"

static bool is_one(const struct ir_fn *f, ir_ref r)
{
	const pg_value *k = ir_at(f, r)->type.k;
	return k && k->kind == PG_INT && k->i == 1;
}

/* Does p go from 1 on by 1 with each turn of the loop that its block heads? `again`: the block behind which the next is. */
static bool counts_from_one(const struct ir_fn *f, const struct ir_ins *p, ir_blk *before, ir_blk *again)
{
	const struct ir_block *head = ir_block(f, p->block);
	for (uint32_t e = 0; p->op == IRO(param) && head->npreds == 2 && e < 2; e++) {
		const struct ir_ins *next = ir_at(f, ir_pred_edge(f, &head->preds[e])->args[p->aux]);
		*before = head->preds[!e].from;
		*again = head->preds[e].from;
		if (next->op == IRO(add) && next->args[0] == head->params[p->aux] && is_one(f, next->args[1]) &&
		    is_one(f, ir_pred_edge(f, &head->preds[!e])->args[p->aux]))
			return ir_dominates(f, p->block, *again);
	}
	return false;
}

bool filled_in_order(const struct records *s, ir_ref r)
{
	struct ir_fn *f = s->f;
	const struct ir_ins *set = ir_at(f, r), *key = ir_at(f, ir_untested(f, set->args[1]));
	ir_blk before, again;
	return record_something(s, set->args[2]) && counts_from_one(f, key, &before, &again) && ir_dominates(f, set->block, again) &&
	       ir_dominates(f, key->block, set->block) && ir_dominates(f, ir_at(f, set->args[0])->block, before);
}
