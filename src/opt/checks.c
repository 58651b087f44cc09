/*
 * checks.c - pass `checks`: packet checks hoisted. Where each way from a check comes to further ones, or to
 * the place that a failing check leads to anyway, the first one asks for all the bytes, and those behind it
 * are not asked again:
 *
 *     14 bytes? else T                     36 bytes? else T
 *     type == 0x800? else T           =>   type == 0x800? else T
 *     36 bytes? else T                     ...
 *
 * A frame that is too short then gets to T sooner. Nothing may happen on the way that anybody could see: no
 * write, no call. Only checks of fixed lengths from the start of the packet, in functions without loops.
 */
#include "opt/passes.h"

enum { ALWAYS = 0x7fffffff, MOST = 0x7fff, TARGETS = 4 };

struct checks {
	struct ir_unit *u;
	struct ir_fn *f;
	ir_ref data, end;        /* of the packet, once one is found: no others count */
	ir_blk target;           /* T at hand */
	int32_t *need;           /* by block: a frame with fewer bytes gets from its start to T, unseen */
	int32_t *known;          /* by block: bytes that are inside at its start */
};

static bool is_field(const struct ir_fn *f, ir_ref r, uint32_t at)
{
	const struct ir_ins *i = ir_at(f, r);
	return i->op == IRO(load32) && i->imm == at && ir_at(f, i->args[0])->op == IRO(ctx);
}

/* How many bytes the branch t checks for (successor 1: they are there), or -1. */
static int32_t checked(const struct checks *c, const struct ir_ins *t)
{
	const struct ir_target *g = c->u->target;
	if (t->op != IRO(br) || t->aux != IR_UGT || !is_field(c->f, t->args[1], g->ctx_data_end))
		return -1;
	const struct ir_ins *p = ir_at(c->f, t->args[0]);
	if (p->op != IRO(add64) || !is_imm(c->f, p->args[1]) || !is_field(c->f, p->args[0], g->ctx_data))
		return -1;
	if (c->data && (p->args[0] != c->data || t->args[1] != c->end))
		return -1;
	int64_t n = ir_at(c->f, p->args[1])->imm;
	return n > 0 && n <= MOST ? (int32_t)n : -1;
}

/* ---- what every way needs ---- */

static bool is_seen(const struct ir_fn *f, ir_blk b)
{
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
		if (ir_ops[ir_at(f, r)->op].effects & IR_E_WRITE)
			return true;
	return false;
}

static int32_t need_of(const struct checks *c, ir_blk b)
{
	const struct ir_ins *t = ir_at(c->f, ir_block(c->f, b)->last);
	if (b == c->target)
		return ALWAYS;
	if (!t->nsucc || is_seen(c->f, b))
		return 0;
	int32_t least = ALWAYS, n = checked(c, t);
	for (uint32_t e = 0; e < t->nsucc; e++)
		least = c->need[t->succ[e].to] < least ? c->need[t->succ[e].to] : least;
	return n > least && t->succ[0].to == c->target ? n : least;
}

static void find_needs(struct checks *c, ir_blk target)
{
	c->target = target;
	memset(c->need, 0, sizeof(*c->need) * c->f->nblocks);
	for (uint32_t o = c->f->nrpo; o-- > 0;)
		c->need[c->f->rpo[o]] = need_of(c, c->f->rpo[o]);
}

/* ---- the checks ---- */

/* The check at the end of b asks for n bytes. */
static void raise_to(struct checks *c, ir_blk b, int32_t n)
{
	ir_ref t = ir_block(c->f, b)->last;
	struct edit e = { c->f, t, ir_at(c->f, t)->site };
	ir_ref data = ir_at(c->f, ir_at(c->f, t)->args[0])->args[0];
	ir_ref p = edit_op(&e, IRO(add64), data, edit_imm(&e, n));
	ir_at(c->f, t)->args[0] = p;
}

/* Those that lead to the target at hand and are not asked for more already; from the first on. */
static void raise_checks(struct checks *c)
{
	for (uint32_t o = 0; o < c->f->nrpo; o++) {
		ir_blk b = c->f->rpo[o];
		const struct ir_ins *t = ir_at(c->f, ir_block(c->f, b)->last);
		int32_t has = checked(c, t), n = has < 0 || t->succ[0].to != c->target ? 0 : c->need[t->succ[1].to];
		if (has >= 0 && n > has && n <= MOST)
			raise_to(c, b, n);
	}
}

static int32_t known_over(const struct checks *c, const struct ir_pred *p)
{
	const struct ir_ins *t = ir_at(c->f, ir_block(c->f, p->from)->last);
	int32_t n = p->succ == 1 ? checked(c, t) : -1, before = c->known[p->from];
	return n > before ? n : before;
}

/* Checks of what is known to be inside go. */
static void drop_checks(struct checks *c)
{
	for (uint32_t o = 0; o < c->f->nrpo; o++) {
		struct ir_block *k = ir_block(c->f, c->f->rpo[o]);
		int32_t least = o ? ALWAYS : 0;
		for (uint32_t p = 0; p < k->npreds; p++) {
			int32_t n = known_over(c, &k->preds[p]);
			least = n < least ? n : least;
		}
		c->known[c->f->rpo[o]] = least;
	}
	for (uint32_t o = 0; o < c->f->nrpo; o++) {
		ir_ref t = ir_block(c->f, c->f->rpo[o])->last;
		int32_t n = checked(c, ir_at(c->f, t));
		if (n < 0 || n > c->known[c->f->rpo[o]])
			continue;
		struct ir_edge ok = ir_at(c->f, t)->succ[1];
		edit_terminator(c->f, t, IRO(jmp), 0, 0, 0);
		edit_edge(c->f, t, 0, &ok);
	}
}

static void checks_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct checks c = { .u = u, .f = f };
	ir_blk targets[TARGETS];
	uint32_t n = 0, found = 0;
	for (ir_blk b = 1; b < f->nblocks; b++) {
		const struct ir_ins *t = ir_block(f, b)->last ? ir_at(f, ir_block(f, b)->last) : NULL;
		if (!t || checked(&c, t) < 0 || t->succ[0].nargs)
			continue;
		c.end = t->args[1];
		c.data = ir_at(f, t->args[0])->args[0];
		uint32_t i = 0;
		while (i < n && targets[i] != t->succ[0].to)
			i++;
		if (i == n && n < TARGETS)
			targets[n++] = t->succ[0].to;
		found++;
	}
	if (found < 2)
		return;
	ir_need_order(f);
	c.need = arena_array(u->scratch, int32_t, f->nblocks);
	c.known = arena_array(u->scratch, int32_t, f->nblocks);
	for (uint32_t i = 0; i < n; i++) {
		find_needs(&c, targets[i]);
		raise_checks(&c);
	}
	drop_checks(&c);
}

void opt_checks(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns && u->target && u->target->ctx_data_end; i++)
		if (u->fns[i] && u->fns[i]->machine)
			checks_fn(u, u->fns[i]);
}
