/*
 * slices.c - strings that are bytes of the packet do not outlive a write to it.
 *
 * A slice is a place in the packet, read when its bytes are needed; what was written meanwhile would be seen
 * in it, where a string never changes. So one that is used after a write is refused.
 */
#include "opt/opt.h"
#include "opt/reach.h"

struct slices {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref *writes;
	uint32_t n, cap;
};

static bool writes_packet(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	if (i->op == IRO(setindex))
		return ir_at(f, i->args[0])->type.kinds & IR_VIEWS;
	if (i->op != IRO(call) || i->nargs < 2 || !(ir_at(f, i->args[1])->type.kinds & IR_VIEWS))
		return false;
	const struct ir_lib *row = ir_at(f, i->args[0])->type.row;
	return !row || row->effects & IR_E_WRITE;
}

static void find_writes(struct slices *s)
{
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next)
			if (writes_packet(s->f, r))
				arena_push(s->fl->u->scratch, s->writes, s->n, s->cap, r);
}

static void check_slice(struct slices *s, ir_ref slice)
{
	const struct ir_type *t = &ir_at(s->f, slice)->type;
	if (!(t->kinds & IR_BIT(IR_SLICE)) || type_is_pending(t))
		return;
	for (uint32_t w = 0; w < s->n; w++) {
		ir_ref write = s->writes[w];
		ir_ref use = reach_outlived(s->f, slice, write);
		if (!use)
			continue;
		flow_error(s->fl, ir_at(s->f, use)->site, "this string was taken from the packet before line %u writes "
			   "to it; keeping what it was is not there yet",
			   s->fl->u->sites[ir_at(s->f, write)->site].pos.line)->help =
			"use it before the write, take it anew, or keep a copy of a short one: s .. \"\"";
		return;
	}
}

void slices_check(struct flow *fl)
{
	struct slices s = { .fl = fl, .f = fl->f };
	if (!fl->u->writes_packet)
		return;
	find_writes(&s);
	for (uint32_t o = 0; s.n && o < s.f->nrpo; o++) {
		const struct ir_block *b = ir_block(s.f, s.f->rpo[o]);
		for (uint32_t i = 0; i < b->nparams; i++)
			check_slice(&s, b->params[i]);
		for (ir_ref r = b->first; r; r = ir_at(s.f, r)->next)
			check_slice(&s, r);
	}
}
