/*
 * asked.c - a branch on a parameter that only tells which way an earlier branch went asks that branch's
 * question again: `local syn = tcp.syn ... if syn` needs no flag in a register, and the ways there
 * need not make one.
 */
#include "opt/simplify.h"

/* How parameter p is given a constant: on side `succ` of a branch. */
struct way { ir_ref br; uint32_t succ; uint64_t value; };

static bool is_branch(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->op == IRO(br) || ir_at(f, r)->op == IRO(br32);
}

/* By the predecessor itself, or through a block that only jumps. */
static bool way_of(const struct simp *s, const struct ir_ins *p, const struct ir_pred *pred, struct way *w)
{
	const struct ir_fn *f = s->f;
	const struct ir_edge *e = simp_edge(f, pred, p->block);
	if (!e || !is_imm(f, simp_now(s, e->args[p->aux])))
		return false;
	const struct ir_block *k = ir_block(f, pred->from);
	*w = (struct way){ k->last, pred->succ, (uint64_t)ir_at(f, simp_now(s, e->args[p->aux]))->imm };
	if (ir_at(f, k->last)->op == IRO(jmp) && k->first == k->last && k->npreds == 1) {
		if (!simp_edge(f, &k->preds[0], pred->from))
			return false;
		w->br = ir_block(f, k->preds[0].from)->last;
		w->succ = k->preds[0].succ;
	}
	return is_branch(f, w->br);
}

/* The value that way w has found equal to its constant, or 0. */
static ir_ref found_equal(const struct ir_fn *f, const struct way *w)
{
	const struct ir_ins *br = ir_at(f, w->br);
	bool equal = br->op == IRO(br) && br->aux == (w->succ ? IR_NE : IR_EQ);
	return equal && is_imm(f, br->args[1]) && (uint64_t)ir_at(f, br->args[1])->imm == w->value ? br->args[0] : 0;
}

/* A parameter that is x on one way, and on the other the constant that x was found to be there, is x: a
 * pointer or 0. */
ir_ref fold_either(struct simp *s, ir_ref p)
{
	const struct ir_ins *i = ir_at(s->f, p);
	const struct ir_block *k = ir_block(s->f, i->block);
	if (k->npreds != 2 || k->loop)
		return 0;
	for (int e = 0; e < 2; e++) {
		const struct ir_edge *other = simp_edge(s->f, &k->preds[!e], i->block);
		struct way w;
		ir_ref x = other && way_of(s, i, &k->preds[e], &w) ? found_equal(s->f, &w) : 0;
		if (x && simp_now(s, other->args[i->aux]) == simp_now(s, x))
			return simp_now(s, x);
	}
	return 0;
}

bool fold_asked(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	const struct ir_ins *p = ir_at(s->f, i->args[0]);
	struct way a, b;
	if (i->op != IRO(br) || p->op != IRO(param) || !is_imm(s->f, i->args[1]))
		return false;
	const struct ir_block *k = ir_block(s->f, p->block);
	if (k->npreds != 2 || k->loop || p->block == s->f->error_exit ||
	    !way_of(s, p, &k->preds[0], &a) || !way_of(s, p, &k->preds[1], &b) || a.br != b.br || a.succ == b.succ)
		return false;
	uint64_t with = (uint64_t)ir_at(s->f, i->args[1])->imm;
	bool yes = fold_holds(i->aux, a.value, with);
	if (yes == fold_holds(i->aux, b.value, with))
		return false;
	const struct ir_ins *first = ir_at(s->f, a.br);
	/* of a packet pointer the verifier learns nothing in other registers than the one compared */
	if (!is_imm(s->f, first->args[1]))
		return false;
	i->op = first->op;
	i->aux = first->aux ^ (yes == (a.succ == 1));
	i->args[0] = first->args[0];
	i->args[1] = first->args[1];
	return true;
}
