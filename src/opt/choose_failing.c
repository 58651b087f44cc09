/*
 * choose_failing.c - what cannot but fail in a copy of the program for one of several objects raises there: `nil + 1` is a
 * mistake in a program, and none in a copy for a row that has no number.
 */
#include "core/mutant.h"
#include "opt/choose.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/passes.h"

const pg_value choose_made = { .kind = PG_TABLE };

static bool is_made(const struct choice *c, ir_ref v)
{
	return ir_at(c->f, v)->type.kinds == IR_BIT(IR_REC);
}

/* What Lua says of a table made in the function that is called, or two that are compared; NULL: nothing. */
static const char *made_fails(struct choice *c, const struct ir_ins *i)
{
	if (i->op == IRO(call) && is_made(c, i->args[0]))
		return choose_failure_text(c, i, choose_operations[i->op].what, &choose_made);
	if ((i->op == IRO(lt) || i->op == IRO(le)) && is_made(c, i->args[0]) && is_made(c, i->args[1]))
		return "attempt to compare two table values";
	return NULL;
}

/* Something that it always is, as far as errors name it; NULL: it may be one thing or another, or (but where pairs goes over it) a
 * text. */
static const pg_value *sample(struct ir_unit *u, const struct ir_type *t, bool gone_over)
{
	if (MUTANT(may_is_must) && t->kinds & IR_BIT(IR_NIL))
		return &const_nil;
	if (t->kinds == IR_BIT(IR_FUNC))
		return const_new(u, (pg_value){ .kind = PG_FUNC });
	if (t->k && choose_bare(t->k))
		return t->k;
	if (gone_over && t->kinds && !(t->kinds & ~IR_ALL_STRINGS))
		return const_new(u, (pg_value){ .kind = PG_STR, .str = "" });
	if (!t->kinds || type_is_pending(t) || t->kinds & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT)))
		return NULL;
	return t->kinds == IR_BIT(IR_NIL) ? &const_nil : t->kinds == IR_BIT(IR_INT) ? const_int(u, 0)
		: t->kinds & (IR_BIT(IR_NIL) | IR_BIT(IR_INT)) ? NULL : &const_true;
}

/* The same of a turn of a loop: what it calls is no function, or pairs goes over what is no table. A table that no loop could be
 * made over is refused. */
static const char *turn_fails(struct choice *c, const struct ir_ins *turn)
{
	const struct ir_type *callee = &ir_at(c->f, turn->args[0])->type;
	const bool table = is_made(c, turn->args[0]) || (callee->k && choose_bare(callee->k));
	const pg_value *k = table ? &choose_made : sample(c->fl->u, callee, true);
	const pg_value *over = sample(c->fl->u, &ir_at(c->f, turn->args[1])->type, true);
	if (k && k->kind != PG_FUNC)
		return arena_printf(c->fl->u->arena, IR_NO_ITERATOR, choose_kind_name(c->fl->u, k));
	return callee->row && callee->row->imm == IR_EXPAND_NEXT && over && over->kind != PG_TABLE
		? arena_printf(c->fl->u->arena, IR_NO_TABLE, choose_kind_name(c->fl->u, over)) : NULL;
}

/* What Lua calls an operand that surely is no number and no text; NULL: it may be one. */
static const char *wrong_piece(struct choice *c, const struct ir_type *t)
{
	const pg_value *k = t->kinds == IR_BIT(IR_REC) ? &choose_made : sample(c->fl->u, t, false);
	return k && !(CHOOSE_NUMBER & IR_BIT(ir_kind_of(k->kind))) ? choose_kind_name(c->fl->u, k) : NULL;
}

/* What it says of a text that is no number and calculated with, alone or with an integer; NULL: nothing. Others are refused. */
static const char *text_fails(struct choice *c, const struct ir_ins *i)
{
	for (uint32_t a = 0; choose_operations[i->op].copied && a < i->nargs; a++) {
		const struct ir_type *t = &ir_at(c->f, i->args[a])->type;
		if (t->k && t->k->kind == PG_STR && (i->nargs < 2 || choose_is_all(c, i->args[!a], IR_BIT(IR_INT))))
			return choose_operand_fails(c, i, (uint64_t[]){ IR_BIT(IR_INT), IR_BIT(IR_INT) }, a, t->k);
	}
	return NULL;
}

/* What Lua says of r, which cannot but fail; NULL: it can, or the other operand says what is wrong. */
static const char *fails(struct choice *c, ir_ref r)
{
	const struct ir_ins *i = ir_at(c->f, r);
	if (i->op == IRO(forcall))
		return turn_fails(c, i);
	const char *made = made_fails(c, i);
	if (made || choose_operations[i->op].good == CHOOSE_NUMBER)
		return made ? made : text_fails(c, i);
	for (uint32_t a = 0; a < choose_operands(i); a++) {
		const struct ir_type *t = &ir_at(c->f, i->args[a])->type;
		const pg_value *k = sample(c->fl->u, t, choose_goes_over(c, i));
		const char *text = k ? choose_operand_fails(c, i, NULL, a, k) : NULL;
		if (text || t->kinds != IR_BIT(IR_INT))
			return text;
	}
	return NULL;
}

/* ("text")[1] is nil. */
static bool finds_nil(const struct choice *c, ir_ref r)
{
	const struct ir_fn *f = c->f;
	const struct ir_ins *i = ir_at(f, r);
	if (i->op != IRO(index) || choose_goes_over(c, i))
		return false;
	uint64_t of = ir_at(f, i->args[0])->type.kinds;
	const struct ir_type *key = &ir_at(f, i->args[1])->type;
	return of && !(of & ~IR_ALL_STRINGS) && key->kinds && !type_is_pending(key) && infer_text_lacks_any(c->fl, i->args[1]);
}

/* What is called or indexed is of one of several kinds, none of which can be: Lua's name for each. */
static bool do_kinds(struct choice *c, ir_ref r)
{
	const struct ir_ins call = *ir_at(c->f, r);
	const bool access = (call.op == IRO(index) && !choose_goes_over(c, &call)) || call.op == IRO(self) || call.op == IRO(setindex);
	ir_blk b = call.block;
	uint64_t left = call.nargs ? ir_at(c->f, call.args[0])->type.kinds : 0;
	if (!access && call.op != IRO(call))
		return false;
	if (!left || left & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | (access ? 0 : IR_ALL_STRINGS)))
		return false;
	edit_split(c->f, r);
	for (uint64_t same; left;) {
		const char *kind = blame_next(c->fl->u, &left, &same);
		ir_blk it = b;
		b = left ? blame_ask(c, b, call.site, call.args[0], same, &it) : 0;
		flow_raise(c->fl, it, r, blame_text(c, &call, 0, choose_operations[call.op].what, kind));
	}
	c->f->ordered = c->f->treed = false;
	return true;
}

static bool do_failing(struct choice *c, ir_ref r)
{
	ir_blk b = ir_at(c->f, r)->block;
	const char *text = fails(c, r);
	const uint32_t blamed = choose_blamed(c, r), n = ir_at(c->f, r)->nargs, wrong = blame_first(c, ir_at(c->f, r), wrong_piece);
	if (text || blamed < n || wrong < n) {
		const uint64_t *kinds = blame_kinds(c, r);
		edit_split(c->f, r);
		if (text)
			flow_raise(c->fl, b, r, text);
		else if (wrong < n)
			blame_raise(c, b, r, kinds, wrong, wrong_piece(c, &ir_at(c->f, ir_at(c->f, r)->args[wrong])->type));
		else
			choose_blame(c, b, r, kinds, blamed);
		c->f->ordered = c->f->treed = false;
		return true;
	}
	if (!finds_nil(c, r))
		return do_kinds(c, r);
	iterate_become(c->fl, r, IRO(const), 0, NULL);
	ir_at(c->f, r)->k = &const_nil;
	return true;
}

int choose_failing(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct choice c = { .fl = fl, .f = f };
	for (uint32_t o = 0; (fl->u->ways || fl->u->handles) && o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (fl->u->sites[ir_at(f, r)->site].parted && do_failing(&c, r))
				return 1;
	return 0;
}
