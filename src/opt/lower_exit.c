/* lower_exit.c - how a program ends: verdicts, and the one error exit. */
#include "opt/lower.h"

static int64_t native(const struct ir_target *t, int64_t neutral)
{
	for (const struct ir_verdict *v = t->verdicts; v->neutral; v++)
		if (v->neutral == neutral)
			return v->native;
	return neutral;
}

static void ret(struct lw *w, ir_ref v)
{
	lw_op1(w, IRO(ret), v);
	w->cur = 0;
}

static void ret_imm(struct lw *w, int64_t v)
{
	ret(w, lw_imm(w, v));
}

/* An integer known only at run time: one of the hook's verdicts, or an error. */
static void return_word(struct lw *w, ir_ref v)
{
	const struct ir_target *t = w->unit->target;
	for (const struct ir_verdict *p = t->verdicts; p->neutral; p++) {
		ir_blk hit = lw_block(w, 0), next = lw_block(w, 0);
		lw_bri(w, IR_EQ, v, p->neutral, hit, next);
		lw_enter(w, hit);
		ret_imm(w, p->native);
		lw_enter(w, next);
	}
	if (t->integer_most)
		lw_raise_if(w, IR_UGT, v, lw_imm(w, t->integer_most), "the integer returned is no verdict of %s",
			    t->hook);
	if (t->integer_results)
		ret(w, v);
	else
		lw_raise(w, "the integer returned is no verdict of %s", t->hook);
}

/* Ends where v is one of the booleans; goes on with what it is otherwise. */
static struct lw_val return_booleans(struct lw *w, const struct lw_val *v)
{
	const struct ir_target *t = w->unit->target;
	struct lw_val left = *v;
	for (unsigned kind = IR_FALSE; kind <= IR_TRUE; kind++) {
		ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
		lw_br_kind(w, &left, IR_BIT(kind), yes, no);
		lw_enter(w, yes);
		ret_imm(w, native(t, kind == IR_TRUE ? t->if_true : t->if_false));
		lw_enter(w, no);
		left = lw_narrow(w, &left, ~IR_BIT(kind));
	}
	return left;
}

/* A result that is none is an error of the function, not of a line. */
static void at_function(struct lw *w)
{
	w->site = ir_site(w->unit, w->from->pos, 0);
}

void lower_return(struct lw *w, ir_ref r)
{
	const struct ir_target *t = w->unit->target;
	const struct ir_ins *i = ir_at(w->from, r);
	struct lw_val v = i->nargs ? *lower_arg(w, r, 0) : lw_nil();
	if (!ir_has_results(t)) {
		at_function(w);
		lw_check_kind(w, &v, IR_BIT(IR_NIL), arena_printf(w->unit->arena,
			"a %%K value was returned, where %s takes no result", t->hook));
		ret_imm(w, 0);
		return;
	}
	if (v.k && v.k->kind == PG_INT) {
		ret_imm(w, native(t, v.k->i));
		return;
	}
	at_function(w);
	uint64_t bools = t->if_true ? IR_BOOL : 0;
	v = lw_check_kind(w, &v, IR_BIT(IR_INT) | IR_BIT(IR_NIL) | bools,
		arena_printf(w->unit->arena, "a %%K value was returned, where %s wants a verdict", t->hook));
	if (v.kinds & bools)
		v = return_booleans(w, &v);
	ir_blk nil = lw_block(w, 0), word = lw_block(w, 0);
	lw_br_kind(w, &v, IR_BIT(IR_NIL), nil, word);
	lw_enter(w, nil);
	ret_imm(w, native(t, t->default_verdict));
	lw_enter(w, word);
	struct lw_val n = lw_narrow(w, &v, IR_BIT(IR_INT));
	if (n.kinds)
		return_word(w, lw_int_word(w, &n));
	else
		ret_imm(w, 0); /* never reached */
}

/* Counts error number `parameter 0` in the unit's data map, and ends with the on_error verdict. */
void lower_error_exit(struct lw *w)
{
	w->site = 0;
	lw_enter(w, w->error_exit);
	ir_block(w->fn, w->error_exit)->cold = true;
	ir_ref at = lw_op2i(w, IRO(shl64), lw_param(w, w->error_exit, 0), 3);
	ir_ref ptr = lw_op2(w, IRO(add64), lw_mapval(w, IR_MAP_DATA, IR_DATA_ERRORS), at);
	lw_op2(w, IRO(atomadd64), ptr, lw_imm(w, 1));
	ret_imm(w, w->unit->on_error);
}
