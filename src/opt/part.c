/*
 * part.c - ways that met with different constants, and are asked again and again which one it is, go on apart.
 *
 *     b4(p, v):  br v == 4 -> ...          from b1: b4(x, 4), from b2: b4(y, 6)
 *     ...        br v == 4 -> ...
 *
 * `ip.ttl` of a header that is IPv4's or IPv6's is such a value, once for each field that is read. The first block
 * and those behind it that need something of what it was given are copied: then what was asked is a constant in
 * both. That is done when the two, with what no way leads to any more taken away, are no longer than the one was.
 */
#include "opt/simplify.h"

enum { MOST = 64 };

struct part {
	struct simp *s;
	struct ir_fn *f;
	ir_blk b;              /* where the ways meet */
	ir_ref asked;          /* its parameter */
	int64_t k[2];          /* what that is */
	ir_blk *copy;          /* by block: itself while it is only known to be copied, then its copy; 0: it stays */
};

/* ---- what may be parted ---- */

/* Does t ask for p? */
static bool asks(const struct ir_fn *f, const struct ir_ins *t, ir_ref p)
{
	return t->op == IRO(br) && t->args[0] == p && is_imm(f, t->args[1]);
}

/* All that lead to b bring one of two constants along, which its branch tells apart. */
static bool two_constants(struct part *p)
{
	const struct ir_fn *f = p->f;
	const struct ir_block *k = ir_block(f, p->b);
	const struct ir_ins *t = ir_at(f, k->last), *v = ir_at(f, t->args[0]);
	unsigned n = 0;
	for (uint32_t e = 0; e < k->npreds; e++) {
		ir_ref in = ir_pred_edge(f, &k->preds[e])->args[v->aux];
		int64_t c = ir_at(f, in)->imm;
		if (!is_imm(f, in))
			return false;
		if ((n > 0 && c == p->k[0]) || (n > 1 && c == p->k[1]))
			continue;
		if (n == 2)
			return false;
		p->k[n++] = c;
	}
	return n == 2;
}

static bool asked_again(const struct part *p)
{
	for (uint32_t o = 0; o < p->f->nrpo; o++)
		if (p->f->rpo[o] != p->b && asks(p->f, ir_at(p->f, ir_block(p->f, p->f->rpo[o])->last), p->asked))
			return true;
	return false;
}

static bool is_meeting(struct part *p)
{
	const struct ir_fn *f = p->f;
	const struct ir_block *k = ir_block(f, p->b);
	const struct ir_ins *t = ir_at(f, k->last);
	p->asked = t->nargs ? t->args[0] : 0;
	if (!k->nparams || k->npreds < 2 || k->loop || k->first != k->last || !asks(f, t, p->asked))
		return false;
	return ir_at(f, p->asked)->op == IRO(param) && ir_at(f, p->asked)->block == p->b && two_constants(p) &&
	       asked_again(p);
}

/* ---- what is copied ---- */

static bool may_copy(const struct part *p, ir_blk b)
{
	const struct ir_block *k = ir_block(p->f, b);
	enum ir_op t = ir_at(p->f, k->last)->op;
	return !k->loop && b != p->f->failed && b != p->f->error_exit && b != p->f->anew &&
	       (t == IRO(br) || t == IRO(jmp) || t == IRO(ret));
}

static bool is_copied(const struct part *p, ir_ref r)
{
	return p->copy[ir_at(p->f, r)->block];
}

static bool uses_copied(const struct part *p, ir_blk b)
{
	for (ir_ref r = ir_block(p->f, b)->first; r; r = ir_at(p->f, r)->next) {
		const struct ir_ins *i = ir_at(p->f, r);
		for (uint32_t a = 0; a < i->nargs; a++)
			if (is_copied(p, i->args[a]))
				return true;
		for (uint32_t e = 0; e < i->nsucc; e++)
			for (uint32_t a = 0; a < i->succ[e].nargs; a++)
				if (is_copied(p, i->succ[e].args[a]))
					return true;
	}
	return false;
}

static bool leads_to_copied(const struct part *p, ir_blk b)
{
	const struct ir_ins *t = ir_at(p->f, ir_block(p->f, b)->last);
	for (uint32_t e = 0; e < t->nsucc; e++)
		if (p->copy[t->succ[e].to] && t->succ[e].to != p->b)
			return true;
	return false;
}

/* Blocks behind b that use a value made there, and those on the way to them. False: they cannot be copied. */
static bool find_copied(struct part *p)
{
	const struct ir_fn *f = p->f;
	p->copy[p->b] = p->b;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = ir_block(f, p->b)->order; o < f->nrpo; o++) {
			ir_blk b = f->rpo[o];
			if (p->copy[b] || !ir_dominates(f, p->b, b) || !(uses_copied(p, b) || leads_to_copied(p, b)))
				continue;
			if (!may_copy(p, b))
				return false;
			p->copy[b] = b;
			more = true;
		}
	}
	return true;
}

/* Instructions of b that remain, as far as we know; *only: where its branch leads in any case, or -1. */
static uint32_t size_of(const struct part *p, ir_blk b, const int64_t *k, int *only)
{
	const struct ir_fn *f = p->f;
	const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
	uint32_t n = 0;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
		n += !is_imm(f, r) && ir_at(f, r)->op != IRO(jmp);
	*only = -1;
	if (k && asks(f, t, p->asked))
		*only = !fold_holds(t->aux, (uint64_t)*k, (uint64_t)ir_at(f, t->args[1])->imm);
	return n - (*only >= 0);
}

/* The size of what is copied that a way leads to, when what was asked is *k. */
static uint32_t size_when(const struct part *p, const int64_t *k)
{
	const struct ir_fn *f = p->f;
	bool *led = arena_array(p->s->scratch, bool, f->nblocks);
	uint32_t n = 0;
	led[p->b] = true;
	for (uint32_t o = ir_block(f, p->b)->order - 1; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		int only;
		if (!led[b] || !p->copy[b])
			continue;
		n += size_of(p, b, k, &only);
		const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
		for (uint32_t e = 0; e < t->nsucc; e++)
			led[t->succ[e].to] |= only < 0 || only == (int)e;
	}
	return n;
}

static bool is_worth_it(const struct part *p)
{
	uint32_t now = size_when(p, NULL);
	return now <= MOST && size_when(p, &p->k[0]) + size_when(p, &p->k[1]) <= now;
}

/* ---- copying ---- */

static void make_blocks(struct part *p, ir_ref *to)
{
	struct ir_fn *f = p->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		if (!p->copy[b])
			continue;
		ir_blk c = p->copy[b] = ir_block_new(f);
		ir_block(f, c)->cold = ir_block(f, b)->cold;
		for (uint32_t i = 0; i < ir_block(f, b)->nparams; i++)
			to[ir_block(f, b)->params[i]] = ir_param_add(f, c);
	}
}

static void copy_args(const struct ir_fn *f, const ir_ref *to, ir_ref **args, uint32_t n)
{
	if (n)
		*args = arena_copy(f->unit->arena, *args, sizeof(**args) * n);
	for (uint32_t a = 0; a < n; a++)
		(*args)[a] = to[(*args)[a]] ? to[(*args)[a]] : (*args)[a];
}

static void copy_ins(const struct part *p, ir_ref *to, ir_blk into, ir_ref r)
{
	struct ir_fn *f = p->f;
	ir_ref c = ir_ins_new(f, ir_at(f, r)->op, 0, NULL);
	struct ir_ins *i = ir_at(f, c);
	*i = *ir_at(f, r);
	i->block = i->prev = i->next = 0;
	copy_args(f, to, &i->args, i->nargs);
	if (i->nsucc)
		i->succ = arena_copy(f->unit->arena, i->succ, sizeof(*i->succ) * i->nsucc);
	for (uint32_t e = 0; e < i->nsucc; e++) {
		copy_args(f, to, &i->succ[e].args, i->succ[e].nargs);
		i->succ[e].to = p->copy[i->succ[e].to] ? p->copy[i->succ[e].to] : i->succ[e].to;
	}
	to[r] = c;
	ir_append(f, into, c);
}

static void copy_all(struct part *p)
{
	struct ir_fn *f = p->f;
	ir_ref *to = arena_array(p->s->scratch, ir_ref, f->nins);
	uint32_t v = ir_at(f, p->asked)->aux;
	make_blocks(p, to);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = p->copy[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			copy_ins(p, to, p->copy[f->rpo[o]], r);
	const struct ir_block *k = ir_block(f, p->b);
	for (uint32_t e = 0; e < k->npreds; e++) {
		struct ir_edge *x = ir_pred_edge(f, &k->preds[e]);
		if (ir_at(f, x->args[v])->imm == p->k[1])
			x->to = p->copy[p->b];
	}
	simp_edges_changed(p->s);
}

bool simp_part(struct simp *s)
{
	struct ir_fn *f = s->f;
	ir_need_order(f);
	for (uint32_t o = 1; o < f->nrpo; o++) {
		struct part p = { .s = s, .f = f, .b = f->rpo[o] };
		if (!is_meeting(&p))
			continue;
		ir_need_tree(s->f);
		p.copy = arena_array(s->scratch, ir_blk, f->nblocks);
		if (!find_copied(&p) || !is_worth_it(&p))
			continue;
		copy_all(&p);
		return true;
	}
	return false;
}
