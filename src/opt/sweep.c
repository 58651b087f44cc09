/* sweep.c - what nothing needs goes: values, reads, block parameters (cycles of them too), blocks. */
#include "opt/simplify.h"

struct sweep {
	struct simp *s;
	struct ir_fn *f;
	bool *live;            /* by value */
	ir_ref *work;
	uint32_t n;
};

static void need(struct sweep *w, ir_ref r)
{
	if (w->live[r])
		return;
	w->live[r] = true;
	w->work[w->n++] = r;
}

static void need_inputs(struct sweep *w, ir_ref r)
{
	struct ir_fn *f = w->f;
	const struct ir_ins *i = ir_at(f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		need(w, i->args[a]);
	if (i->op != IRO(param))
		return;
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; p < k->npreds; p++)
		need(w, ir_pred_edge(f, &k->preds[p])->args[i->aux]);
}

static void mark(struct sweep *w)
{
	struct ir_fn *f = w->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_opinfo *op = &ir_ops[ir_at(f, r)->op];
			if (op->ends >= 0 || op->effects & (IR_E_WRITE | IR_E_RAISE))
				need(w, r);
		}
	while (w->n)
		need_inputs(w, w->work[--w->n]);
}

/* Both ways of a branch have become one. */
static void drop_branch(struct sweep *w, ir_ref t)
{
	const struct ir_ins *i = ir_at(w->f, t);
	if ((i->op != IRO(br) && i->op != IRO(br32)) || i->succ[0].nargs || i->succ[1].nargs ||
	    i->succ[0].to != i->succ[1].to)
		return;
	struct ir_edge e = i->succ[0];
	edit_terminator(w->f, t, IRO(jmp), 0, 0, 0);
	ir_at(w->f, t)->succ[0] = e;
	simp_edges_changed(w->s);
}

/* The arguments of edges whose parameters are not needed, then the parameters. */
static void drop_params(struct sweep *w)
{
	struct ir_fn *f = w->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		for (uint32_t k = 0; k < t->nsucc; k++) {
			struct ir_edge *e = &t->succ[k];
			const struct ir_block *to = ir_block(f, e->to);
			uint32_t n = 0;
			for (uint32_t a = 0; a < e->nargs; a++)
				if (w->live[to->params[a]])
					e->args[n++] = e->args[a];
			e->nargs = n;
		}
		drop_branch(w, ir_block(f, f->rpo[o])->last);
	}
	for (uint32_t o = 1; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		uint32_t n = 0;
		for (uint32_t p = 0; p < k->nparams; p++) {
			ir_ref r = k->params[p];
			if (w->live[r]) {
				ir_at(f, r)->aux = n;
				k->params[n++] = r;
			}
		}
		w->s->changed |= n != k->nparams;
		k->nparams = n;
	}
}

static void drop_code(struct sweep *w)
{
	struct ir_fn *f = w->f;
	for (ir_blk b = 1; b < f->nblocks; b++) {
		struct ir_block *k = ir_block(f, b);
		if (!k->order) {
			k->first = k->last = 0;
			k->nparams = 0;
			if (f->error_exit == b)
				f->error_exit = 0;
			if (f->failed == b)
				f->failed = 0;
			continue;
		}
		for (ir_ref r = k->first, next; r; r = next) {
			next = ir_at(f, r)->next;
			if (!w->live[r]) {
				ir_remove(f, r);
				w->s->changed = true;
			}
		}
	}
}

void simp_sweep(struct simp *s)
{
	struct ir_fn *f = s->f;
	struct sweep w = { .s = s, .f = f };
	ir_need_order(s->f);
	w.live = arena_array(s->scratch, bool, f->nins);
	w.work = arena_array(s->scratch, ir_ref, f->nins);
	mark(&w);
	/* the error exit is entered with a number, needed or not */
	for (uint32_t p = 0; f->error_exit && p < ir_block(f, f->error_exit)->nparams; p++) {
		need(&w, ir_block(f, f->error_exit)->params[p]);
		while (w.n)
			need_inputs(&w, w.work[--w.n]);
	}
	drop_params(&w);
	drop_code(&w);
}
