/*
 * headers.c - headers of which a reader sees by another way to them that they are there: no warning comes that they may be nil.
 *
 *   if pkt.ipv4 and pkt.ipv4.tcp then pkt.tcp.dport         the header of that kind behind the packet's network layer
 *   if pkt.ip.version == 4 then pkt.ipv4.ttl                what its version says
 *   if pkt.udp and pkt.udp.dns then pkt.udp.dns.id          the same one, looked up again
 */
#include "opt/facts.h"
#include "opt/passes.h"
#include "opt/reach.h"

#include <string.h>

/* A header of the packet, and which one it shows that is there, too, where it has this version. */
static const struct version { const char *header, *field; int64_t value; const char *shows; } versions[] = {
	{ "ip", "version", 4, "ipv4" },
	{ "ip", "version", 6, "ipv6" },
};

static bool is_named(const struct ir_fn *f, const struct ir_ins *index, const char *name)
{
	const pg_value *k = index->op == IRO(index) ? ir_at(f, index->args[1])->type.k : NULL;
	return k && k->kind == PG_STR && !strcmp(k->str, name);
}

/* Where ways meet: the one value that they bring, if it is not nil; or 0. */
static ir_ref met(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	const struct ir_block *b = ir_block(f, i->block);
	ir_ref one = 0;
	for (uint32_t e = 0; i->op == IRO(param) && i->block != 1 && e < b->npreds; e++) {
		const ir_ref v = ir_pred_edge(f, &b->preds[e])->args[i->aux], of = ir_untested(f, v);
		if (of == r || of == one || !(ir_at(f, v)->type.kinds & ~IR_FALSY))
			continue;
		if (one)
			return 0;
		one = of;
	}
	return one;
}

/* What r is, without tests: the `ip` behind `ip and ip.version == 4`, too. */
static const struct ir_ins *one_of(const struct ir_fn *f, ir_ref r)
{
	enum { DEEPEST = 8 };
	r = ir_untested(f, r);
	for (unsigned depth = 0; depth < DEEPEST && met(f, r); depth++)
		r = met(f, r);
	return ir_at(f, r);
}

/* By its version, in an equation that came out true. */
static bool version_shows(const struct ir_fn *f, const struct ir_ins *eq, const struct ir_ins *sought)
{
	for (uint32_t a = 0; a < 2; a++) {
		const struct ir_ins *field = ir_at(f, ir_untested(f, eq->args[a]));
		const struct ir_ins *of = field->op == IRO(index) ? one_of(f, field->args[0]) : NULL;
		const pg_value *k = ir_at(f, eq->args[!a])->type.k;
		for (size_t v = 0; of && k && k->kind == PG_INT && v < sizeof versions / sizeof *versions; v++)
			if (is_named(f, of, versions[v].header) && ir_untested(f, of->args[0]) == ir_untested(f, sought->args[0]) &&
			    is_named(f, field, versions[v].field) && k->i == versions[v].value && is_named(f, sought, versions[v].shows))
				return true;
	}
	return false;
}

/* Is it a header of the packet's network layer, pkt.ipv4? What is in a tunnel is not the packet's own. */
static bool is_network(const struct ir_fn *f, const struct ir_ins *i, ir_ref pkt)
{
	return (is_named(f, i, "ip") || is_named(f, i, "ipv4") || is_named(f, i, "ipv6")) && ir_untested(f, i->args[0]) == pkt;
}

/* Are both looked up by the same names, from the same value on? */
static bool is_same(const struct ir_fn *f, const struct ir_ins *a, const struct ir_ins *b)
{
	while (a != b && a->op == IRO(index) && b->op == IRO(index) && ir_at(f, a->args[1])->type.k && ir_at(f, b->args[1])->type.k &&
	       ir_same_value(ir_at(f, a->args[1])->type.k, ir_at(f, b->args[1])->type.k)) {
		a = one_of(f, a->args[0]);
		b = one_of(f, b->args[0]);
	}
	return a == b;
}

static bool shows_header(struct facts *s, ir_ref cond, bool is)
{
	const struct ir_ins *sought = s->arg, *i = one_of(s->f, cond);
	const uint64_t kind = sought->type.kinds & IR_VIEWS;
	if (is && i->op == IRO(eq))
		return version_shows(s->f, i, sought);
	if (!is || i->op != IRO(index))
		return false;
	return is_same(s->f, i, sought) || (ir_single(kind) && (i->type.kinds & IR_VIEWS) == kind &&
					    is_network(s->f, one_of(s->f, i->args[0]), ir_untested(s->f, sought->args[0])));
}

/* A field that other headers are found by: eth.type, ipv4.proto. */
static bool leads(const struct ir_fn *f, const struct ir_ins *set)
{
	const pg_value *name = ir_at(f, set->args[1])->type.k;
	for (uint64_t kinds = ir_at(f, set->args[0])->type.kinds & IR_VIEWS; kinds; kinds &= kinds - 1) {
		const struct ir_view *view = ir_view_of(f->unit->target, ir_first_kind(kinds));
		const struct ir_field *field = name && name->kind == PG_STR ? ir_field_find(view, name->str) : NULL;
		if (!field || field->leads)
			return true;
	}
	return false;
}

/* May other headers be there behind it? Where the packet is moved, or written to. */
static bool changes_headers(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	const bool of_packet = i->nargs > 1 && ir_at(f, i->args[1])->type.kinds & IR_VIEWS;
	if (i->op == IRO(setindex))
		return leads(f, i);
	return i->op == IRO(call) && (!row || row->effects & IR_MOVES || (of_packet && row->effects & IR_E_WRITE));
}

/* Does such a one come on a way to where it is looked up? What was tested there may not be there any more. */
static bool was_changed(struct ir_fn *f, const struct ir_ins *index)
{
	const ir_ref at = (ir_ref)(index - f->ins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (changes_headers(f, ir_at(f, r)) && reach_use(f, r, 0, reach_is, &at))
				return true;
	return false;
}

bool headers_are_there(struct ir_fn *f, const struct ir_ins *index)
{
	struct facts s = { .f = f, .shows = shows_header, .arg = (void *)(uintptr_t)index };
	if (!(index->type.kinds & IR_VIEWS) || !(ir_at(f, index->args[0])->type.kinds & IR_VIEWS))
		return false;
	ir_need_tree(f);
	return facts_show(&s, index->block) && !was_changed(f, index);
}
