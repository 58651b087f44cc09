/*
 * tunnel.c - may a field be assigned in a function that looks into packets within packets?
 *
 * The checksum of an outer UDP header, or of GRE, covers the packet within, and nobody goes back to it. So the header is
 * before any tunnel, by the names that lead to it from the packet:
 *
 *   pkt.ipv4.ttl = 3                                pkt.udp.vxlan.eth.ipv4.src = a     may not
 *
 * or its own checksum evens out what is written, in the sum of whoever covers both (target->evens_out):
 *
 *   pkt.udp.vxlan.eth.ipv4.ttl = 3
 */
#include "opt/infer.h"

enum { DEEP = 200 };

struct origin {
	const struct flow *fl;
	bool *seen;            /* by value */
	unsigned depth;
};

static bool is_before(struct origin *o, ir_ref v);

/* Does no row of this name, in the views that the object may be, lead into a tunnel? */
static bool leads_into_none(const struct origin *o, const struct ir_ins *i)
{
	const struct ir_type *t = &ir_at(o->fl->f, i->args[0])->type;
	const pg_value *key = ir_at(o->fl->f, i->args[1])->type.k;
	if (!key || key->kind != PG_STR || t->kinds & ~(IR_VIEWS | IR_FALSY))
		return false;
	for (uint64_t left = t->kinds & IR_VIEWS; left; left &= left - 1) {
		const struct ir_field *f = ir_field_find(ir_view_of(o->fl->u->target, ir_first_kind(left)), key->str);
		if (f && f->tunnel)
			return false;
	}
	return true;
}

/* The entry's are what the hook gives. */
static bool comes_before(struct origin *o, const struct ir_ins *p)
{
	const struct ir_block *k = ir_block(o->fl->f, p->block);
	if (p->block != 1 && share_is_entry(o->fl->f, p->block) && !o->fl->u->settled)
		return false;
	for (uint32_t e = 0; p->block != 1 && e < k->npreds; e++)
		if (!is_before(o, ir_pred_edge(o->fl->f, &k->preds[e])->args[p->aux]))
			return false;
	return true;
}

/* What is asked for already is taken to be: what is not would have to come from somewhere else. */
static bool is_before(struct origin *o, ir_ref v)
{
	const struct ir_ins *i = ir_at(o->fl->f, v);
	bool before = false;
	if (o->seen[v] || !(i->type.kinds & IR_VIEWS))
		return true;
	if (type_is_pending(&i->type) || o->depth == DEEP)
		return false;
	o->seen[v] = true;
	o->depth++;
	if (i->op == IRO(param))
		before = comes_before(o, i);
	else if (i->op == IRO(pi))
		before = is_before(o, i->args[0]);
	else if (i->op == IRO(index))
		before = leads_into_none(o, i) && is_before(o, i->args[0]);
	o->depth--;
	return before;
}

static bool all_even_out(const struct ir_target *t, uint64_t kinds, const char *name)
{
	for (; kinds; kinds &= kinds - 1) {
		const struct ir_field *f = ir_field_find(ir_view_of(t, ir_first_kind(kinds)), name);
		if (f && f->set && !(t->evens_out && t->evens_out(t, ir_first_kind(kinds), f)))
			return false;
	}
	return true;
}

bool tunnel_keeps_sums(const struct flow *fl, ir_ref obj, uint64_t kinds, const char *name)
{
	struct origin o = { .fl = fl };
	if (!fl->u->tunnels || all_even_out(fl->u->target, kinds & IR_VIEWS, name))
		return true;
	o.seen = arena_array(fl->u->scratch, bool, fl->f->nins);
	return is_before(&o, obj);
}
