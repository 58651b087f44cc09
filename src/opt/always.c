/* always.c - warnings of ways through a function: one without a verdict, and conditions that are always true. */
#include "opt/infer.h"

/* Does this return the verdict that returning nothing means? */
static bool says_default(const struct flow *fl, const struct ir_ins *ret)
{
	const pg_value *k = ret->nargs == 1 ? ir_at(fl->f, ret->args[0])->type.k : NULL;
	return k && k->kind == PG_INT && k->i == fl->u->target->default_verdict;
}

/* A function that says bpf.PASS where it means it, and on another way ends without a word. */
void infer_warn_end(struct flow *fl)
{
	const struct ir_fn *f = fl->f;
	uint32_t end = 0, says = 0;
	for (uint32_t o = 0; o < f->nrpo && ir_has_results(fl->u->target); o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		const struct ir_site *s = &fl->u->sites[t->site];
		if (t->op != IRO(return) || s->inlined_at)
			continue;
		if (!t->nargs && s->pos.line == f->last_line)
			end = t->site;
		else if (says_default(fl, t))
			says = s->pos.line;
	}
	if (!end || !says)
		return;
	const char *name = pg_verdict_name(fl->u->target->default_verdict);
	struct diag *d = diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[end].pos,
				  "the function may end here without a verdict, which means bpf.%s", name);
	d->at = "end";
	d->note = arena_printf(fl->u->arena, "line %u returns bpf.%s", says, name);
	d->help = arena_printf(fl->u->arena, "return bpf.%s here, too", name);
}

/* `c and n or m`: a branch that carries the value itself on is no question about it. */
static bool carries_on(const struct ir_fn *f, const struct ir_ins *branch)
{
	ir_ref v = branch->args[0];
	for (unsigned side = 0; side < branch->nsucc; side++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, branch->succ[side].to)->last);
		for (uint32_t a = 0; t->op == IRO(jmp) && a < t->succ[0].nargs; a++) {
			const struct ir_ins *arg = ir_at(f, t->succ[0].args[a]);
			if (t->succ[0].args[a] == v || (arg->op == IRO(pi) && arg->args[0] == v))
				return true;
		}
	}
	return false;
}

/* The branch r goes one way, because its condition is an integer: not what was meant; unless it is in
 * a function that was inlined, and may be called with other values elsewhere. */
void infer_warn_branch(struct flow *fl, ir_ref r)
{
	struct infer in = { .fl = *fl };
	struct ir_type t = infer_arg(&in, r, 0);
	const struct ir_ins *made_by = ir_at(fl->f, ir_at(fl->f, r)->args[0]);
	const struct ir_name *name = ir_at(fl->f, r)->names;
	bool general = fl->u->sites[ir_at(fl->f, r)->site].inlined_at || carries_on(fl->f, ir_at(fl->f, r));
	if (t.kinds == IR_BIT(IR_INT) && !t.k && made_by->op != IRO(forskip) && !general)
		diag_operand(diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[ir_at(fl->f, r)->site].pos,
				      "%s is an integer and always true here: 0 is true in Lua", infer_operand(&in, r, 0)), 0)->help =
			name && name->how == IR_N_LOCAL ? arena_printf(fl->u->arena, "compare it: %s ~= 0", name->name)
							: "compare it: n ~= 0";
}
