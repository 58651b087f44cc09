/* always.c - warnings of ways through a function: one without a verdict, conditions that only ever go one way, and what always raises. */
#include "core/near.h"
#include "opt/infer.h"

#include <string.h>

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

/* Is the branch there several times, for what a look-up gives or ways bring, and its condition that, or a part of it? */
static bool is_part(const struct flow *fl, ir_ref r)
{
	const struct ir_ins *v = ir_at(fl->f, ir_untested(fl->f, ir_at(fl->f, r)->args[0]));
	bool looked_up = v->op == IRO(index) && ir_at(fl->f, v->args[0])->type.kinds & IR_BIT(IR_HOST);
	return fl->u->sites[ir_at(fl->f, r)->site].parted && (v->op == IRO(param) || v->op == IRO(const) || looked_up);
}

/* The branch r goes one way, because its condition is an integer: not what was meant; unless it is in
 * a function that was inlined, and may be called with other values elsewhere, or is one of several copies, of which
 * others get something else. */
void infer_warn_branch(struct flow *fl, ir_ref r)
{
	struct infer in = { .fl = *fl };
	struct ir_type t = infer_arg(&in, r, 0);
	const struct ir_ins *made_by = ir_at(fl->f, ir_at(fl->f, r)->args[0]);
	const struct ir_name *name = ir_at(fl->f, r)->names;
	bool general = fl->u->sites[ir_at(fl->f, r)->site].inlined_at || is_part(fl, r) || carries_on(fl->f, ir_at(fl->f, r));
	if (t.kinds == IR_BIT(IR_INT) && !t.k && made_by->op != IRO(forskip) && !general)
		diag_operand(diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[ir_at(fl->f, r)->site].pos,
				      "%s is an integer and always true here: 0 is true in Lua", infer_operand(&in, r, 0)), 0)->help =
			name && name->how == IR_N_LOCAL ? arena_printf(fl->u->arena, "compare it: %s ~= 0", name->name)
							: "compare it: n ~= 0";
}

/* ---- type(v) == "integer" ---- */

/* What `type` gives, and what math.type does; NULL: it is another function. */
static const char *const *names_given(const char *function, uint32_t *n)
{
	static const char *const kinds[] = { "number", "string", "boolean", "nil", "table", "function", "userdata", "thread" };
	static const char *const numbers[] = { "integer", "float" };
	bool type = !strcmp(function, "type"), number = !strcmp(function, "math.type");
	*n = type ? sizeof kinds / sizeof *kinds : sizeof numbers / sizeof *numbers;
	return type ? kinds : number ? numbers : NULL;
}

static const char *instead_of_name(struct arena *a, const char *function, const char *name, const char *const *given, uint32_t n)
{
	const char *near = ir_nearest(name, given, n);
	bool number = !strncmp(name, "int", 3);
	if (!strcmp(function, "math.type"))
		return "it gives \"integer\", \"float\" or nil";
	if (number || !strcmp(name, "float"))
		return arena_printf(a, "write math.type(v) == \"%s\"", number ? "integer" : "float");
	return near && 3 * near_distance(name, strlen(name), near) <= strlen(name) ? arena_printf(a, "did you mean \"%s\"?", near)
		    : "it gives \"number\", \"string\", \"boolean\", \"nil\", \"table\", \"function\" or \"userdata\"";
}

/* The row of the call that v is the first result of; NULL: it is none. */
static const struct ir_lib *given_by(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	i = i->op == IRO(result) && !i->aux ? ir_at(f, i->args[0]) : i;
	return i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
}

void infer_warn_type(struct flow *fl, ir_ref r)
{
	const struct ir_ins *eq = ir_at(fl->f, r);
	for (uint32_t i = 0; i < 2; i++) {
		const pg_value *k = ir_at(fl->f, eq->args[1 - i])->type.k;
		const struct ir_lib *row = given_by(fl->f, eq->args[i]);
		uint32_t n, at = 0;
		const char *const *given = row && k && k->kind == PG_STR ? names_given(row->name, &n) : NULL;
		while (given && at < n && strcmp(given[at], k->str))
			at++;
		if (given && at == n)
			diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[ir_site_shown(fl->u, eq->site)].pos, "'%s' never gives \"%s\"",
				 row->name, k->str)->help = instead_of_name(fl->u->arena, row->name, k->str, given, n);
	}
}

/* ---- 0 ---- */

/* By which operand, that is 0. */
static const struct { enum ir_op op; uint32_t operand; const char *text, *help; } zeros[] = {
	{ IRO(idiv), 1, "'//' by 0 always raises an error", "divide by another number" },
	{ IRO(mod), 1, "'%' by 0 always raises an error", "divide by another number" },
	{ IRO(forcount), 2, "the step of this 'for' is 0, which always raises an error", "leave the step out: for i = 1, n do; or give another one" },
};

void infer_warn_zero(struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	if (i->raised || fl->u->sites[i->site].inlined_at)
		return;
	for (size_t z = 0; z < sizeof zeros / sizeof *zeros; z++) {
		const pg_value *k = i->op == zeros[z].op ? ir_at(fl->f, i->args[zeros[z].operand])->type.k : NULL;
		if (!k || k->kind != PG_INT || k->i)
			continue;
		struct diag *d = diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[i->site].pos, "%s", zeros[z].text);
		d->at = "0";
		d->help = zeros[z].help;
	}
}
