/* ordered.c - the ends of loops that the verifier walks. Before 6.8 it learns nothing from a test that something is not 0,
 * and sees no end of a loop that counts down to it; it does from a test that it is greater, which is the same. */
#include "core/feature.h"
#include "opt/webs.h"

/* A variable of a loop, perhaps and a constant, that is no address? */
static bool counts(struct webs *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->f, r);
	if ((i->op == IRO(add64) || i->op == IRO(sub64)) && ir_at(w->f, i->args[1])->op == IRO(imm))
		r = i->args[0];
	return is_param(w->f, r) && ir_block(w->f, ir_at(w->f, r)->block)->loop &&
	       !(w->flags[web_root(w, r)] & WEB_POINTER);
}

static void order_tests(struct ir_fn *f)
{
	struct webs w;
	ir_need_order(f);
	webs_find(f, &w);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		if (t->op != IRO(br) || t->aux > IR_NE)
			continue;
		const struct ir_ins *k = ir_at(f, t->args[1]);
		if (k->op == IRO(imm) && !k->imm && counts(&w, t->args[0]))
			t->aux = t->aux == IR_EQ ? IR_ULE : IR_UGT;
	}
}

void opt_ordered(struct ir_unit *u)
{
	bool learns = !u->features || u->features[FEAT_may_goto];
	for (uint32_t i = 0; !learns && i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			order_tests(u->fns[i]);
}
