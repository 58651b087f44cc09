/*
 * outward.c - addresses on the stack that are made in a loop whose body becomes a function, and needed behind it. No
 * function may keep an address on its caller's stack in there, so what goes out is how far it is from where the memory
 * begins, and the address is made again where it is needed.
 */
#include "opt/outline.h"

struct outward {
	struct ir_fn *f;
	const bool *in;        /* by block that there was: in the body */
	uint32_t limit, n;     /* how many those are, and values */
	const struct range *range;
	bool changed;
};

static bool is_in(const struct outward *o, ir_blk b)
{
	return b < o->limit && o->in[b];
}

/* An address in the body, of a slot and something bounded, perhaps? */
static bool is_stack_address(const struct outward *o, ir_ref r)
{
	const struct ir_ins *i = ir_at(o->f, r);
	if (r >= o->n || !is_in(o, i->block) || i->op != IRO(add64))
		return r < o->n && is_in(o, i->block) && i->op == IRO(slot);
	const struct ir_ins *base = ir_at(o->f, i->args[0]);
	bool there = base->op == IRO(slot) || (base->op == IRO(loadp) && !is_in(o, base->block));
	return there && range_seen(&o->range[i->args[1]]) <= INT32_MAX;
}

/* The same address, made at e. */
static ir_ref make_again(struct outward *o, struct edit *e, ir_ref r)
{
	const struct ir_ins i = *ir_at(o->f, r);
	o->changed = true;
	if (i.op == IRO(slot)) {
		ir_ref slot = edit_op(e, IRO(slot), 0, 0);
		ir_at(o->f, slot)->aux = i.aux;
		return slot;
	}
	uint64_t most = range_seen(&o->range[i.args[1]]), mask = 1;
	while (mask <= most)
		mask *= 2;
	ir_ref base = ir_at(o->f, i.args[0])->op == IRO(slot) ? make_again(o, e, i.args[0]) : i.args[0];
	return edit_op(e, IRO(add64), base, edit_op(e, IRO(and64), i.args[1], edit_imm(e, (int64_t)(mask - 1))));
}

static void look_at_uses(struct outward *o, ir_ref r)
{
	struct ir_fn *f = o->f;
	struct edit e = { f, r, ir_at(f, r)->site };
	for (uint32_t a = 0; a < ir_at(f, r)->nargs; a++)
		if (is_stack_address(o, ir_at(f, r)->args[a])) {
			ir_ref again = make_again(o, &e, ir_at(f, r)->args[a]);
			ir_at(f, r)->args[a] = again;
		}
	for (uint32_t s = 0; s < ir_at(f, r)->nsucc; s++)
		for (uint32_t a = 0; a < ir_at(f, r)->succ[s].nargs; a++)
			if (is_stack_address(o, ir_at(f, r)->succ[s].args[a])) {
				ir_ref again = make_again(o, &e, ir_at(f, r)->succ[s].args[a]);
				ir_at(f, r)->succ[s].args[a] = again;
			}
}

/* An edge that leads out with an address goes by a block of its own, outside. */
static void look_at_edges(struct outward *o, ir_ref term)
{
	struct ir_fn *f = o->f;
	for (uint32_t s = 0; s < ir_at(f, term)->nsucc; s++) {
		struct ir_edge edge = ir_at(f, term)->succ[s];
		bool any = false;
		for (uint32_t a = 0; a < edge.nargs; a++)
			any |= is_stack_address(o, edge.args[a]);
		if (!any || is_in(o, edge.to))
			continue;
		ir_blk b = ir_block_new(f);
		ir_ref jump = edit_end(f, b, ir_at(f, term)->site, IRO(jmp), 0, 0, 0);
		ir_at(f, jump)->succ[0] = edge;
		ir_at(f, term)->succ[s] = (struct ir_edge){ .to = b };
		look_at_uses(o, jump);
	}
}

bool outline_outward(struct ir_fn *f, const bool *in, uint32_t limit, const struct range *range)
{
	struct outward o = { .f = f, .in = in, .limit = limit, .n = f->nins, .range = range };
	for (uint32_t k = 0; k < f->nrpo; k++)
		if (is_in(&o, f->rpo[k]))
			look_at_edges(&o, ir_block(f, f->rpo[k])->last);
		else
			for (ir_ref r = ir_block(f, f->rpo[k])->first; r; r = ir_at(f, r)->next)
				look_at_uses(&o, r);
	return o.changed;
}
