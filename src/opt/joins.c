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
	struct flow *fl;
	const struct ir_type *param;
	const struct ir_type *arg;
	uint32_t site;
};

static bool refuse(const struct join *j, const char *what, const char *help)
{
	flow_error(j->fl, j->site, "%s differs by the way taken is not there yet", what)->help = help;
	return false;
}

static bool check(const struct join *j)
{
	const struct ir_type *p = j->param, *a = j->arg;
	if (a->kinds & IR_BIT(IR_FLOAT))
		return refuse(j, "a float that", "floats are constants in kernel code; use integers");
	if (a->kinds & IR_BIT(IR_HOST))
		return refuse(j, "a captured object that", "use each one by its name under an if");
	if (a->kinds & IR_BIT(IR_STR) && a->cap > LW_MAXSTR)
		return refuse(j, "a text of more than 64 bytes that", "shorten it");
	if (a->kinds & IR_BIT(IR_ENTRY) && a->layout && p->layout && !ct_equal(a->layout, p->layout))
		return refuse(j, "an entry of maps with different values that", "read its fields under an if");
	if (a->kinds & IR_BIT(IR_MAP) && a->model != p->model)
		return refuse(j, "a map of one type or another that", "use each one under an if");
	return true;
}

static void check_param(struct flow *fl, ir_blk b, uint32_t i)
{
	struct ir_fn *f = fl->f;
	const struct ir_block *k = ir_block(f, b);
	struct join j = { .fl = fl, .param = &ir_at(f, k->params[i])->type };
	if (j.param->k || type_is_pending(j.param))
		return;
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, k->preds[p].from)->last);
		const struct ir_ins *v = ir_at(f, t->succ[k->preds[p].succ].args[i]);
		j.arg = &v->type;
		j.site = v->site ? v->site : t->site;
		if (!check(&j))
			return;
	}
}

void joins_check(struct flow *fl)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; i < ir_block(f, f->rpo[o])->nparams; i++)
			check_param(fl, f->rpo[o], i);
}
