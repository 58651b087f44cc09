/*
 * nil_key.c - the number of a table in a list, which may be nil: it is made one at which no list has anything.
 *
 *   local best                          best ?  ->  k = best          -\
 *   ... best = i ...                    else    ->  k = mininteger    --+->  t[k].x
 *   t[best].x
 *
 * There is nothing at nil either, so what is read is nil both ways, and Lua says the same of that. What is assigned there
 * raises, so it is left alone.
 */
#include "opt/elems.h"
#include "opt/iterate.h"
#include "opt/passes.h"

#define INT_OR_NIL (IR_BIT(IR_INT) | IR_BIT(IR_NIL))

/* Does r read the list by what is an integer or nil? */
static bool is_read(const struct lists *l, const struct rec *list, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	return i->op == IRO(index) && record_of(l->s, i->args[0]) == list && ir_at(l->f, i->args[1])->type.kinds == INT_OR_NIL;
}

static void number(struct lists *l, ir_ref r)
{
	const ir_ref key = ir_at(l->f, r)->args[1];
	struct gap g = { .l = l, .was = r, .site = ir_at(l->f, r)->site, .before = ir_at(l->f, r)->block };
	g.rest = edit_split(l->f, r);
	ir_blk nil, some = gap_when(&g, g.before, key, &const_nil, &nil);
	ir_ref is = flow_emit(&l->fl, some, g.site, IRO(pi), 1, &key);
	ir_at(l->f, is)->imm = IR_BIT(IR_INT);
	ir_at(l->f, r)->args[1] = ir_param_add(l->f, g.rest);
	gap_on(&g, some, g.rest, is);
	gap_on(&g, nil, g.rest, flow_const(&l->fl, nil, g.site, const_int(l->s->u, INT64_MIN)));
	l->f->ordered = l->f->treed = false;
}

bool elems_numbered(struct lists *l, const struct rec *list)
{
	for (uint32_t k = 0; k < list->nuses; k++)
		if (is_read(l, list, list->uses[k])) {
			number(l, list->uses[k]);
			return true;
		}
	return false;
}
