/*
 * joins.c - values that differ by the way taken must have a form at run time; others are refused.
 *
 * A block parameter holds words and a tag. Floats and captured objects have no words; texts have a
 * limit; entries are read by one layout.
 */
#include "opt/opt.h"

#include "core/ctype.h"
#include "ir/lower.h"

struct join {
	const struct ir_type *param;
	const struct ir_type *arg;
	uint32_t site;
};

/* Why the argument has no form at run time, or NULL. */
static const struct refusal *refusal(const struct join *j)
{
	const struct ir_type *p = j->param, *a = j->arg;
	if (a->kinds & IR_BIT(IR_FLOAT))
		return REFUSAL(ON_VALUES, "floats are constants in kernel code; use integers",
			       "a float that differs by the way taken is not there yet");
	if (a->kinds & IR_BIT(IR_HOST))
		return REFUSAL(ON_TABLES, "use each one by its name under an if",
			       "a captured object that differs by the way taken is not there yet");
	if (a->kinds & IR_BIT(IR_STR) && !(a->kinds & IR_BIT(IR_LONG)) && a->cap > (a->k ? LW_MAXLONG : LW_MAXSTR))
		return REFUSAL(ON_STRINGS, "shorten it",
			       "a text of more than 4096 bytes that differs by the way taken is not there yet");
	if (a->kinds & IR_BIT(IR_ENTRY) && a->layout && p->layout && !ct_equal(a->layout, p->layout))
		return REFUSAL(ON_MAPS, "read its fields under an if", "an entry of maps with different values that "
			       "differs by the way taken is not there yet");
	if (a->kinds & IR_BIT(IR_MAP) && a->model != p->model)
		return REFUSAL(ON_MAPS, "use each one under an if",
			       "a map of one type or another that differs by the way taken is not there yet");
	return NULL;
}

static void check_param(struct flow *fl, ir_blk b, uint32_t i)
{
	struct ir_fn *f = fl->f;
	const struct ir_block *k = ir_block(f, b);
	struct join j = { .param = &ir_at(f, k->params[i])->type };
	if (j.param->k || type_is_pending(j.param))
		return;
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, k->preds[p].from)->last);
		const struct ir_ins *v = ir_at(f, t->succ[k->preds[p].succ].args[i]);
		j.arg = &v->type;
		j.site = v->site ? v->site : t->site;
		const struct refusal *row = refusal(&j);
		if (row) {
			diag_advise(flow_error(fl, j.site, "%s", row->text), row);
			return;
		}
	}
}

void joins_check(struct flow *fl)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; i < ir_block(f, f->rpo[o])->nparams; i++)
			check_param(fl, f->rpo[o], i);
}
