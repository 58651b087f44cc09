/*
 * tails.c - programs end in few places: blocks that return the same constant are one, in the place of
 * the first; edges that carry the constant to a block which only returns it lead there too.
 */
#include "opt/simplify.h"

struct end { ir_ref value; ir_blk block; uint32_t from; }; /* from: how many return it */

struct tails {
	struct simp *s;
	struct ir_fn *f;
	struct end *v;
	uint32_t n, cap;
};

static struct end *end_of(struct tails *t, ir_ref value)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->v[i].value == value)
			return &t->v[i];
	arena_push(t->s->scratch, t->v, t->n, t->cap, (struct end){ .value = value });
	return &t->v[t->n - 1];
}

static bool returns_only(const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	return b != 1 && k->first == k->last && ir_at(f, k->first)->op == IRO(ret);
}

/* The constant that an edge makes the program end with, or 0. */
static ir_ref carried(const struct ir_fn *f, const struct ir_edge *e)
{
	if (!returns_only(f, e->to) || e->to == f->error_exit)
		return 0;
	ir_ref v = ir_at(f, ir_block(f, e->to)->first)->args[0];
	const struct ir_ins *i = ir_at(f, v);
	if (i->op == IRO(param) && i->block == e->to)
		v = e->args[i->aux];
	return is_imm(f, v) ? v : 0;
}

static void census(struct tails *t)
{
	struct ir_fn *f = t->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		const struct ir_ins *last = ir_at(f, ir_block(f, b)->last);
		if (last->op == IRO(ret) && is_imm(f, last->args[0])) {
			struct end *e = end_of(t, last->args[0]);
			e->from++;
			if (!e->block && returns_only(f, b) && !ir_block(f, b)->nparams && !ir_block(f, b)->cold)
				e->block = b;
		}
		for (uint32_t k = 0; k < last->nsucc; k++) {
			ir_ref v = carried(f, &last->succ[k]);
			if (v && ir_block(f, last->succ[k].to)->nparams)
				end_of(t, v)->from++;
		}
	}
}

static void make_block(struct tails *t, struct end *e, uint32_t site)
{
	e->block = ir_block_new(t->f);
	edit_end(t->f, e->block, site, IRO(ret), 0, e->value, 0);
}

static struct end *shared_end(struct tails *t, ir_ref value, uint32_t site)
{
	struct end *e = end_of(t, value);
	if (e->from < 2)
		return NULL;
	if (!e->block)
		make_block(t, e, site);
	return e;
}

static void share(struct tails *t, ir_blk b)
{
	struct ir_fn *f = t->f;
	ir_ref last = ir_block(f, b)->last;
	if (ir_at(f, last)->op == IRO(ret)) {
		ir_ref v = ir_at(f, last)->args[0];
		const struct end *e = is_imm(f, v) ? shared_end(t, v, ir_at(f, last)->site) : NULL;
		if (!e || e->block == b)
			return;
		edit_terminator(f, last, IRO(jmp), 0, 0, 0);
		ir_succ(f, last, 0, e->block, 0, NULL);
		simp_edges_changed(t->s);
		return;
	}
	for (uint32_t k = 0; k < ir_at(f, last)->nsucc; k++) {
		ir_ref v = carried(f, &ir_at(f, last)->succ[k]);
		const struct end *e = v ? shared_end(t, v, ir_at(f, last)->site) : NULL;
		if (!e || ir_at(f, last)->succ[k].to == e->block)
			continue;
		ir_succ(f, last, k, e->block, 0, NULL);
		simp_edges_changed(t->s);
	}
}

void simp_tails(struct simp *s)
{
	struct tails t = { .s = s, .f = s->f }; /* what threading left behind is counted too: it does no harm */
	census(&t);
	uint32_t n = t.f->nrpo;
	for (uint32_t o = 0; o < n; o++)
		share(&t, t.f->rpo[o]);
}
