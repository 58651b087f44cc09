/*
 * through.c - a table that was put into a list is from then on what the list has there.
 *
 *   local r = { n = 1 }                 local r = { n = 1 }
 *   t[#t + 1] = r                       t[k] = r              k is #t + 1
 *   r.n = r.n + 1              ->       t[k].n = t[k].n + 1
 *
 * So it may be looked at by its own name, too, though the list has no more than its fields (elems.c). What is behind where it
 * was put in, on every way, is of the very table that was put in last; if anything is that may be behind it or not, nothing
 * is done. Nor is it within pcall, where the way goes on behind what raised. What it is made with, { r }, lies at its place there.
 */
#include "opt/elems.h"
#include "opt/iterate.h"
#include "opt/reach.h"

static bool is_of(const struct lists *l, const struct rec *row, ir_ref v)
{
	return v < l->nto && ir_untested(l->f, v) == row->value;
}

static bool uses(const struct lists *l, const struct rec *row, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		if (is_of(l, row, i->args[a]))
			return true;
	return false;
}

/* Is each use surely behind `set`, or surely not? *some: any is. */
static bool are_told(const struct lists *l, const struct rec *row, ir_ref set, bool *some)
{
	*some = false;
	for (uint32_t o = 0; o < l->f->nrpo; o++)
		for (ir_ref r = ir_block(l->f, l->f->rpo[o])->first; r; r = ir_at(l->f, r)->next) {
			if (!uses(l, row, r) || !reach_use(l->f, set, row->value, reach_is, &r))
				continue;
			if (r == set || !reach_before(l->f, set, r))
				return false;
			*some = true;
		}
	return true;
}

/* A table that is put into a list. */
struct put {
	const struct rec *row;
	ir_ref set;
	uint32_t arg;          /* of `set`: the table */
};

static void look_through(struct lists *l, const struct put *p)
{
	const struct rec *row = p->row;
	const ir_ref set = p->set;
	const struct ir_ins put = *ir_at(l->f, set);
	const ir_ref behind = put.next;
	ir_ref key = put.op == IRO(setlist) ? iterate_const(&l->fl, behind, const_int(l->s->u, put.imm + p->arg)) : put.args[1];
	ir_ref there = iterate_insert(&l->fl, behind, IRO(index), 2, (ir_ref[]){ put.args[0], key });
	ir_at(l->f, there)->aux = LOOK_THROUGH;
	there = iterate_insert(&l->fl, behind, IRO(pi), 1, &there);
	ir_at(l->f, there)->imm = (int64_t)~IR_BIT(IR_NIL);
	for (uint32_t o = 0; o < l->f->nrpo; o++)
		for (ir_ref r = ir_block(l->f, l->f->rpo[o])->first; r; r = ir_at(l->f, r)->next)
			for (uint32_t a = 0; uses(l, row, r) && reach_before(l->f, set, r) && a < ir_at(l->f, r)->nargs; a++)
				if (is_of(l, row, ir_at(l->f, r)->args[a]))
					ir_at(l->f, r)->args[a] = there;
}

/* Is that a table of its own, which no other variable may be? */
static bool is_put(const struct lists *l, const struct rec *list, struct put *p)
{
	const ir_ref v = ir_at(l->f, p->set)->args[p->arg];
	p->row = record_of(l->s, v);
	return p->row && p->row != list && !p->row->passed && !p->row->done && record_sure(l->s, v) && record_alone(l->s, p->row);
}

static bool looks_through(struct lists *l, const struct rec *list, ir_ref set)
{
	const struct ir_ins *i = ir_at(l->f, set);
	struct put p = { .set = set, .arg = i->op == IRO(setlist) ? 1 : 2 };
	const bool puts = (i->op == IRO(setlist) && !(i->aux & (IR_OPEN | IR_MORE))) || elems_set(l->s, set);
	for (; puts && !i->raised && record_of(l->s, i->args[0]) == list && p.arg < i->nargs; p.arg++) {
		bool some;
		if (is_put(l, list, &p) && are_told(l, p.row, set, &some) && some) {
			look_through(l, &p);
			return true;
		}
	}
	return false;
}

bool elems_through(struct lists *l, const struct rec *list)
{
	for (uint32_t k = 0; k < list->nuses; k++)
		if (looks_through(l, list, list->uses[k]))
			return true;
	return false;
}
