/*
 * told.c - `if type(v) == "number"`: what a test of what a value's kind is called says of the value, on either side.
 *
 *   b1: t = type(v)   e = eq t, "number"   branch e -> b2, b3        in b2 v is a number, in b3 it is none
 *
 * Which function tells is a flag of its row, and what it calls a kind the row's own constant for it. The test may be
 * one value of the branch (`local is = type(v) == "number"`, assert): then the way on which that is true is the one
 * behind the test. Nothing is looked at where no such function is called on a value of several kinds.
 */
#include "opt/choose.h"
#include "opt/infer.h"

#include "core/mutant.h"
#include "opt/passes.h"

/* On an edge, v is of one of these kinds. */
struct fact {
	ir_ref v;
	uint64_t kinds;
	uint64_t found;        /* what a captured table has for v, whose type is still open; or 0 */
};

/* The call of a function that tells which r is the result of, or 0. */
static ir_ref telling(const struct ir_fn *f, ir_ref r)
{
	r = ir_untested(f, r);
	if (ir_at(f, r)->op == IRO(result) && !ir_at(f, r)->aux)
		r = ir_at(f, r)->args[0];
	const struct ir_ins *i = ir_at(f, r);
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	return row && row->effects & IR_TELLS && i->nargs == 2 && !(i->aux & IR_OPEN) ? r : 0;
}

/* What the row calls the values of this kind that t may be, as a constant; NULL: that is not known. */
static const pg_value *name_of(struct flow *fl, const struct ir_lib *row, const struct ir_type *t, unsigned kind)
{
	struct infer quiet = { .fl = *fl };
	const pg_value *k = t->k && ir_kind_of(t->k->kind) == kind ? t->k : NULL;
	struct ir_type one = { .kinds = IR_BIT(kind), .k = k }, out = { .kinds = row->ret };
	quiet.fl.report = false;
	return row->type(&quiet, row, 0, 1, &one, &out) ? out.k : NULL;
}

/* All but the kinds of t that the row does not call k, or does; k NULL: something. Of strings all kinds go, for where
 * their bytes are may change yet. */
static uint64_t kinds_left(struct flow *fl, const struct ir_lib *row, const struct ir_type *t, const pg_value *k, bool is)
{
	uint64_t gone = 0;
	for (uint64_t left = t->kinds; left; left &= left - 1) {
		unsigned kind = ir_first_kind(left);
		const pg_value *name = name_of(fl, row, t, kind);
		bool same = name && (k ? ir_same_value(name, k) : name->kind != PG_NIL);
		if (name && same != is)
			gone |= IR_BIT(kind);
	}
	return ~(gone & IR_ALL_STRINGS ? gone | IR_ALL_STRINGS : gone);
}

/* Kinds of v, of which nothing is known before what is computed from it under the test is:
 *
 *   v = phi(1, w, "done")   if type(v) == "number" then w = v + 1
 *
 * While v is not cut down, the sum is refused, and what it gives is open, and so is v. So what v is if the sum gives a number
 * is asked. That may be too little: then a kind too few goes, which does no harm, and the next round tells of it. */
static bool guessed(const struct flow *fl, ir_ref v, struct ir_type *out)
{
	uint64_t kinds = v < fl->nguess ? fl->guess[v] : 0;
	if (!kinds || ir_single(kinds) || kinds & IR_BIT(IR_PENDING))
		return false;
	*out = (struct ir_type){ .kinds = kinds };
	return true;
}

/* What a condition that is true, or false, tells. */
static bool of_condition(struct flow *fl, ir_ref cond, bool is, struct fact *out)
{
	const struct ir_fn *f = fl->f;
	const pg_value *k = NULL;
	for (; ir_at(f, cond)->op == IRO(not); is = !is)
		cond = ir_at(f, cond)->args[0];
	const struct ir_ins *c = ir_at(f, cond);
	ir_ref call = telling(f, cond);
	for (uint32_t i = 0; c->op == IRO(eq) && i < 2 && !call; i++) {
		k = ir_at(f, c->args[!i])->type.k;
		call = k ? telling(f, c->args[i]) : 0;
	}
	if (!call)
		return false;
	ir_ref v = ir_at(f, call)->args[1];
	struct ir_type t = ir_at(f, v)->type;
	bool open = type_is_pending(&t), found = open && choose_type(fl, ir_untested(f, v), &t);
	if (open ? !found && !guessed(fl, v, &t) : ir_single(t.kinds))
		return false;
	*out = (struct fact){ ir_untested(f, v), kinds_left(fl, ir_at(f, ir_at(f, call)->args[0])->type.row, &t, k, is),
			      found && choose_is(fl, ir_untested(f, v)) ? t.kinds : 0 };
	return true;
}

static bool of_edge(struct flow *fl, ir_blk from, unsigned side, struct fact *out);

/* The one way into block b on which its parameter is true, or false. */
static bool of_param(struct flow *fl, ir_ref param, bool is, struct fact *out)
{
	const struct ir_fn *f = fl->f;
	ir_blk b = ir_at(f, param)->block;
	const struct ir_pred *only = NULL;
	uint32_t n = 0, at = 0;
	while (ir_block(f, b)->params[at] != param)
		at++;
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++) {
		const struct ir_pred *pred = &ir_block(f, b)->preds[p];
		int truth = infer_truth(&ir_at(f, ir_pred_edge(f, pred)->args[at])->type);
		if (truth == -1 || truth == is)
			n++, only = pred;
	}
	if (n != 1 && !(n && MUTANT(told_of_one_way)))
		return false;
	for (ir_blk from = only->from; ; from = ir_block(f, from)->preds->from) {
		if (of_edge(fl, only->from, only->succ, out))
			return true;
		if (ir_block(f, from)->npreds != 1)
			return false;
		only = ir_block(f, from)->preds;
	}
}

/* What is told on side `side` of the branch that ends block `from`. */
static bool of_edge(struct flow *fl, ir_blk from, unsigned side, struct fact *out)
{
	const struct ir_fn *f = fl->f;
	const struct ir_ins *t = ir_at(f, ir_block(f, from)->last);
	if (t->op != IRO(branch))
		return false;
	const struct ir_ins *c = ir_at(f, t->args[0]);
	if (c->op == IRO(param) && c->block == from && from != 1 && !ir_block(f, from)->loop)
		return of_param(fl, t->args[0], !side, out);
	return of_condition(fl, t->args[0], !side || MUTANT(told_on_both_sides), out);
}

/* ---- what it is good for ---- */

static void replace(ir_ref *args, uint32_t n, ir_ref v, ir_ref pi)
{
	for (uint32_t i = 0; i < n; i++)
		args[i] = args[i] == v ? pi : args[i];
}

/* Made here before, or by a test of its own that says as much? */
static bool knows(const struct ir_ins *i, uint64_t kinds)
{
	return i->op == IRO(pi) && !((uint64_t)i->imm & ~kinds);
}

/* Every use of v from block b on is of what it is there; how many. */
static int narrow_value(struct ir_fn *f, ir_blk b, ir_ref v, uint64_t kinds)
{
	struct uses uses = { 0 };
	for (uint32_t o = ir_block(f, b)->order - 1; o < f->nrpo; o++) {
		if (!ir_dominates(f, b, f->rpo[o]))
			continue;
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_uses(ir_at(f, r), v) && !knows(ir_at(f, r), kinds))
				arena_push(f->unit->scratch, uses.v, uses.n, uses.cap, r);
	}
	if (!uses.n)
		return 0;
	ir_ref at = ir_block(f, b)->first, pi = ir_ins_new(f, IRO(pi), 1, &v);
	ir_at(f, pi)->imm = (int64_t)kinds;
	ir_at(f, pi)->site = ir_at(f, at)->site;
	ir_at(f, pi)->names = ir_at(f, v)->names;
	ir_at(f, pi)->type = ir_at(f, v)->type;
	ir_insert_before(f, at, pi);
	for (uint32_t i = 0; i < uses.n; i++) {
		struct ir_ins *user = ir_at(f, uses.v[i]);
		replace(user->args, user->nargs, v, pi);
		for (uint32_t s = 0; s < user->nsucc; s++)
			replace(user->succ[s].args, user->succ[s].nargs, v, pi);
	}
	return 1;
}

/* The same for whatever is that value, cut down by tests before. */
static int narrow_all(struct ir_fn *f, ir_blk b, const struct fact *fact)
{
	uint32_t nins = f->nins;
	int done = 0;
	for (ir_ref r = 1; r < nins; r++) {
		const struct ir_ins *i = ir_at(f, r);
		bool same = i->block && (r == fact->v || (i->op == IRO(pi) && ir_untested(f, r) == fact->v));
		if (same && i->type.kinds & ~fact->kinds && i->block != b && ir_dominates(f, i->block, b))
			done += narrow_value(f, b, r, fact->kinds);
	}
	return done;
}

/* Does the fact leave nothing that its value could be in block b? Then no way leads there. */
static bool impossible(const struct ir_fn *f, ir_blk b, const struct fact *fact)
{
	for (ir_ref r = 1; r < f->nins; r++) {
		const struct ir_ins *i = ir_at(f, r);
		bool same = i->block && (r == fact->v || (i->op == IRO(pi) && ir_untested(f, r) == fact->v));
		uint64_t kinds = same && fact->found ? fact->found & choose_left(f, r) : i->type.kinds;
		if (same && (kinds || fact->found) && !(kinds & fact->kinds) && ir_dominates(f, i->block, b))
			return true;
	}
	return false;
}

static void go_other_way(struct ir_fn *f, ir_ref branch, unsigned side)
{
	struct ir_edge e = ir_at(f, branch)->succ[!side];
	edit_terminator(f, branch, IRO(jmp), 0, 0, 0);
	edit_edge(f, branch, 0, &e);
}

int told_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct fact fact;
	int done = 0;
	if (!fl->u->tells)
		return 0;
	ir_need_tree(f);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (unsigned side = 0; fl->exec[f->rpo[o]] && side < 2; side++) {
			ir_ref r = ir_block(f, f->rpo[o])->last;
			const struct ir_ins *t = ir_at(f, r);
			if (t->op != IRO(branch) || ir_block(f, t->succ[side].to)->npreds != 1 ||
			    !of_edge(fl, f->rpo[o], side, &fact))
				continue;
			if (impossible(f, t->succ[side].to, &fact)) {
				go_other_way(f, r, side);
				return 1;
			}
			done += narrow_all(f, t->succ[side].to, &fact);
		}
	return done;
}
