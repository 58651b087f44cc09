/*
 * pull.c - a part of `guard`, for hooks whose packets may lie in pieces (target->helper_pull): only
 * the first piece can be read directly. A byte that is not there is fetched when it is asked for:
 *
 *     entry:  to head
 *     head:   the program. A packet check that fails goes to
 *     miss:   is data_end - data less than the length, or than what is ever read? to fetch, else absent
 *     fetch:  the helper puts that much in one piece; to head
 *
 * So a program begins again, once, which nobody sees as long as it has changed nothing. What comes first of
 * all that changes something, if checks may follow it, therefore stands behind the same question. A
 * packet in one piece, or one of whose rest nothing is wanted, costs one instruction.
 *
 * The verifier does not see that it is once. With may_goto the way back is `fuel`, and it need not. Without,
 * a variable (untried) is 1 at first and 0 from then on, and miss asks it too: the verifier walks everything twice.
 *
 * Where the kernel has no memory for the one piece, that is a run-time error: the only one left.
 */
#include "core/feature.h"
#include "opt/passes.h"

#include <string.h>

enum { FURTHEST = 0xffff };

struct pull {
	struct ir_unit *u;
	struct ir_fn *f;
	ir_ref ctx, data, end, untried; /* untried: 0 with fuel */
	bool fuel;       /* there is may_goto */
	ir_blk fetch;    /* given the packet's length, with fuel no more than is ever read */
	bool *later;     /* by block: a check comes at its end or behind it */
	bool *settled;   /* by block: the question was asked on every way to its start */
	ir_blk *miss;    /* by block: where the question is asked before going there, or 0 */
};

/* ---- what can be seen from outside ---- */

static bool on_stack(const struct ir_fn *f, ir_ref p)
{
	while (ir_at(f, p)->op == IRO(add64))
		p = ir_at(f, p)->args[0];
	return ir_at(f, p)->op == IRO(slot);
}

static bool changes(const struct pull *p, const struct ir_ins *i)
{
	if (!(ir_ops[i->op].effects & IR_E_WRITE) || i->op == IRO(look))
		return false;
	if (i->op >= IRO(store8) && i->op <= IRO(store64))
		return !on_stack(p->f, i->args[0]);
	return i->op != IRO(helper) || i->aux > UINT8_MAX ||
	       !strchr((const char *)p->u->target->repeatable, (int)i->aux);
}

static ir_ref first_change(const struct pull *p, ir_blk b)
{
	for (ir_ref i = ir_block(p->f, b)->first; i; i = ir_at(p->f, i)->next)
		if (changes(p, ir_at(p->f, i)))
			return i;
	return 0;
}

/* ---- where the question is asked ---- */

static bool is_check(const struct ir_fn *f, ir_blk b)
{
	return ir_at(f, ir_block(f, b)->last)->op == IRO(pkt);
}

static void find_later(struct pull *p)
{
	struct ir_fn *f = p->f;
	p->later = arena_array(p->u->arena, bool, f->nblocks);
	for (bool again = true; again;) {
		again = false;
		for (uint32_t o = f->nrpo; o-- > 0;) {
			ir_blk b = f->rpo[o];
			const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
			bool is = is_check(f, b);
			for (uint32_t s = 0; s < t->nsucc; s++)
				is |= p->later[t->succ[s].to];
			again |= is != p->later[b];
			p->later[b] = is;
		}
	}
}

/* Is it asked on every way to the end of b? */
static bool settles(const struct pull *p, ir_blk b)
{
	return p->settled[b] || (p->later[b] && first_change(p, b));
}

static void find_settled(struct pull *p)
{
	struct ir_fn *f = p->f;
	p->settled = arena_array(p->u->arena, bool, f->nblocks);
	for (uint32_t o = 1; o < f->nrpo; o++)
		p->settled[f->rpo[o]] = true;
	for (bool again = true; again;) {
		again = false;
		for (uint32_t o = 1; o < f->nrpo; o++) {
			const struct ir_block *k = ir_block(f, f->rpo[o]);
			bool all = true;
			for (uint32_t i = 0; i < k->npreds; i++)
				all &= settles(p, k->preds[i].from);
			again |= all != p->settled[f->rpo[o]];
			p->settled[f->rpo[o]] = all;
		}
	}
}

/* ---- the new blocks ---- */

static ir_ref append(struct ir_fn *f, ir_blk b, uint32_t site, enum ir_op op, ir_ref a0, ir_ref a1)
{
	ir_ref args[] = { a0, a1 };
	ir_ref r = ir_ins_new(f, op, a0 ? a1 ? 2 : 1 : 0, args);
	ir_at(f, r)->site = site;
	ir_append(f, b, r);
	return r;
}

static ir_ref append_imm(struct ir_fn *f, ir_blk b, uint32_t site, int64_t v)
{
	ir_ref r = append(f, b, site, IRO(imm), 0, 0);
	ir_at(f, r)->imm = v;
	return r;
}

static ir_ref append_load(struct ir_fn *f, ir_blk b, uint32_t site, ir_ref ctx, uint32_t at)
{
	ir_ref r = append(f, b, site, IRO(load32), ctx, 0);
	ir_at(f, r)->imm = at;
	return r;
}

static ir_ref append_op(struct pull *p, ir_blk b, uint32_t site, enum ir_op op, ir_ref a, int64_t v)
{
	return append(p->f, b, site, op, a, append_imm(p->f, b, site, v));
}

/* min(len, what is ever read of a packet), without a branch: the verifier would go on from both sides. */
static ir_ref wanted(struct pull *p, ir_blk b, uint32_t site, ir_ref len)
{
	ir_ref over = append_op(p, b, site, IRO(sub64), len, FURTHEST);
	ir_ref is_less = append_op(p, b, site, IRO(sar64), over, 63);
	return append_op(p, b, site, IRO(add64), append(p->f, b, site, IRO(and64), over, is_less), FURTHEST);
}

/* Not the first time? Then along the edge. */
static ir_blk ask_untried(struct pull *p, uint32_t site, const struct ir_edge *else_, ir_ref len)
{
	struct ir_fn *f = p->f;
	ir_blk more = ir_block_new(f);
	ir_ref t = edit_end(f, more, site, IRO(br), IR_NE, p->untried, append_imm(f, more, site, 0));
	ir_succ(f, t, 0, p->fetch, 1, &len);
	edit_edge(f, t, 1, else_);
	ir_block(f, more)->cold = true;
	return more;
}

/* Ends b: to fetch when the packet is in pieces that were not put in one, else along the edge. */
static void ask(struct pull *p, ir_blk b, uint32_t site, const struct ir_edge *else_)
{
	struct ir_fn *f = p->f;
	ir_ref len = append_load(f, b, site, p->ctx, p->u->target->ctx_len);
	len = p->fuel ? wanted(p, b, site, len) : len;
	ir_ref t = edit_end(f, b, site, IRO(br), IR_UGE, append(f, b, site, IRO(sub64), p->end, p->data), len);
	edit_edge(f, t, 0, else_);
	if (p->fuel)
		ir_succ(f, t, 1, p->fetch, 1, &len);
	else
		ir_succ(f, t, 1, ask_untried(p, site, else_, len), 0, NULL);
}

/* Where an edge leads that brings nothing along, and passes blocks that do nothing. */
static struct ir_edge passed(const struct ir_fn *f, struct ir_edge e)
{
	for (;;) {
		const struct ir_block *k = ir_block(f, e.to);
		const struct ir_ins *t = ir_at(f, k->last);
		if (e.nargs || k->nparams || k->first != k->last || t->op != IRO(jmp) || t->succ[0].nargs ||
		    e.to == t->succ[0].to)
			return e;
		e = t->succ[0];
	}
}

/* Checks that fail to the same place ask in the same block. */
static void ask_on_failing(struct pull *p, ir_ref check, uint32_t nblocks)
{
	struct ir_edge absent = passed(p->f, ir_at(p->f, check)->succ[1]);
	bool shared = !absent.nargs && absent.to < nblocks;
	ir_blk miss = shared ? p->miss[absent.to] : 0;
	if (!miss) {
		miss = ir_block_new(p->f);
		ir_block(p->f, miss)->cold = true;
		ask(p, miss, ir_at(p->f, check)->site, &absent);
	}
	if (shared)
		p->miss[absent.to] = miss;
	ir_succ(p->f, check, 1, miss, 0, NULL);
}

static void ask_before(struct pull *p, ir_ref change)
{
	ir_blk b = ir_at(p->f, change)->block;
	ask(p, b, ir_at(p->f, change)->site, &(struct ir_edge){ .to = edit_split(p->f, change) });
}

static void make_fetch(struct pull *p, ir_blk head)
{
	struct ir_fn *f = p->f;
	const struct ir_target *t = p->u->target;
	ir_blk b = p->fetch, whole = ir_block_new(f);
	ir_blk failed = edit_raise(f, 0, "no memory to put the packet in one piece");
	ir_ref n = ir_block(f, b)->params[0];
	ir_ref args[] = { p->ctx, p->fuel ? n : wanted(p, b, 0, n) };
	ir_ref call = ir_ins_new(f, IRO(helper), 2, args);
	ir_at(f, call)->aux = t->helper_pull;
	ir_append(f, b, call);
	ir_ref end = edit_end(f, b, 0, IRO(br), IR_NE, call, append_imm(f, b, 0, 0));
	ir_succ(f, end, 0, failed, 0, NULL);
	ir_succ(f, end, 1, whole, 0, NULL);
	ir_ref again[] = { append_load(f, whole, 0, p->ctx, t->ctx_data),
			   append_load(f, whole, 0, p->ctx, t->ctx_data_end), p->fuel ? 0 : append_imm(f, whole, 0, 0) };
	end = edit_end(f, whole, 0, p->fuel ? IRO(fuel) : IRO(jmp), 0, 0, 0);
	ir_succ(f, end, 0, head, p->fuel ? 2 : 3, again);
	if (p->fuel)
		ir_succ(f, end, 1, failed, 0, NULL);
	ir_block(f, p->fetch)->cold = ir_block(f, whole)->cold = true;
}

/* The entry becomes: where the packet's first piece is, and a jump to the head. */
static ir_blk make_entry(struct pull *p)
{
	struct ir_fn *f = p->f;
	const struct ir_target *t = p->u->target;
	ir_blk entry = 1, head = edit_split(f, ir_block(f, entry)->first);
	p->ctx = append(f, entry, 0, IRO(ctx), 0, 0);
	ir_ref first[] = { append_load(f, entry, 0, p->ctx, t->ctx_data),
			   append_load(f, entry, 0, p->ctx, t->ctx_data_end), p->fuel ? 0 : append_imm(f, entry, 0, 1) };
	ir_ref jump = edit_end(f, entry, 0, IRO(jmp), 0, 0, 0);
	ir_succ(f, jump, 0, head, p->fuel ? 2 : 3, first);
	p->data = ir_param_add(f, head);
	p->end = ir_param_add(f, head);
	p->untried = p->fuel ? 0 : ir_param_add(f, head);
	return head;
}

void opt_pull(struct ir_unit *u, struct ir_fn *f, ir_ref *ctx, ir_ref *data, ir_ref *end)
{
	struct pull p = { .u = u, .f = f, .fuel = u->features && u->features[FEAT_may_goto] };
	ir_order(f);
	find_later(&p);
	find_settled(&p);
	uint32_t nblocks = f->nblocks;
	p.miss = arena_array(u->scratch, ir_blk, nblocks);
	p.fetch = ir_block_new(f);
	ir_param_add(f, p.fetch);
	ir_blk *rpo = f->rpo, head = make_entry(&p);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = o ? rpo[o] : head;
		bool settled = p.settled[rpo[o]];
		ir_ref check = is_check(f, b) ? ir_block(f, b)->last : 0;
		ir_ref change = settled || !p.later[rpo[o]] ? 0 : first_change(&p, b);
		if (check && !settled && !change)
			ask_on_failing(&p, check, nblocks);
		if (change)
			ask_before(&p, change);
	}
	make_fetch(&p, head);
	f->anew = head;
	*ctx = p.ctx;
	*data = p.data;
	*end = p.end;
}
