/*
 * listed.c - a list whose tables all lie in another one is a list of their numbers there.
 *
 *   all[k] = r                          all[k] = r
 *   odd[#odd + 1] = all[k]      ->      odd[#odd + 1] = k
 *   odd[i].x                            all[odd[i]].x
 *
 * For a table goes by its place once it is put into a list (through.c, elems.c), and lies in one only. The other list grows only,
 * so a number is one table as long as that list is the same: it is made once, or both are made together. A place of which odd has
 * none gives nil, and all[nil] is nil (nil_key.c). The numbers lie in scratch memory, too: the verifier would follow each of them
 * through comparisons with all places.
 */
#include "core/mutant.h"
#include "opt/elems.h"
#include "opt/iterate.h"
#include "opt/passes.h"
#include "opt/reach.h"

struct listed {
	struct lists *l;
	const struct rec *list, *of;
};

/* Has a test found that v is something? */
static bool is_there(const struct ir_fn *f, ir_ref v)
{
	bool there = false;
	for (; ir_at(f, v)->op == IRO(pi); v = ir_at(f, v)->args[0])
		there |= !((uint64_t)ir_at(f, v)->imm & IR_BIT(IR_NIL));
	return there;
}

/* Where the table v lies in the other list, if it is there; or 0: it is none of that. */
static ir_ref place_of(struct listed *d, ir_ref v)
{
	const struct records *s = d->l->s;
	const struct ir_fn *f = s->f;
	const struct ir_ins *i = ir_at(f, ir_untested(f, v));
	const pg_value *k = i->op == IRO(index) ? record_const(s, i->args[1]) : NULL;
	const struct rec *of = i->op == IRO(index) ? record_of(s, i->args[0]) : NULL;
	if (!of || (k ? k->kind != PG_INT : !lists_integer(f, i->args[1])) || (d->of && of != d->of) || record_web(s, of) == record_web(s, d->list))
		return 0;
	d->of = of;
	return i->args[1];
}

/* Does this other list hold tables, and all the time the same ones by the same numbers? */
static bool is_kept(const struct listed *d)
{
	const struct records *s = d->l->s;
	const struct rec *of = d->of;
	return of->waits && of->grows && !of->held && !of->done && record_alone(s, of) && elems_of_tables(s, of) &&
	       (ir_at(s->f, of->value)->block == ir_at(s->f, d->list->value)->block || !reach_again(s->f, of->value) || MUTANT(place_stale));
}

static bool are_placed(struct listed *d, const struct ir_ins *i)
{
	for (uint32_t a = 1; a < i->nargs; a++)
		if (!is_there(d->l->f, i->args[a]) || !place_of(d, i->args[a]))
			return false;
	return true;
}

/* Is r a use of the list that it can be told of what? *puts: it puts one in. */
static bool is_told(struct listed *d, ir_ref r, bool *puts)
{
	const struct records *s = d->l->s;
	const struct ir_ins *i = ir_at(s->f, r);
	switch (i->op) {
	case IRO(len):
		return true;
	case IRO(index):
		return record_key_of(s, r) || lists_integer(s->f, i->args[1]);
	case IRO(setlist):
		*puts = true;
		return record_of(s, i->args[0]) == d->list && !(i->aux & (IR_OPEN | IR_MORE)) && are_placed(d, i);
	case IRO(setindex):
		*puts |= elems_set(s, r);
		return record_of(s, i->args[0]) == d->list && (elems_set(s, r) ? place_of(d, i->args[2]) : !s->of[i->args[2]]);
	default:
		return false;
	}
}

static bool is_read(const struct listed *d, ir_ref r)
{
	const struct records *s = d->l->s;
	const pg_value *k = ir_at(s->f, r)->op == IRO(index) ? record_key_of(s, r) : NULL;
	return ir_at(s->f, r)->op == IRO(index) && (!k || k->kind == PG_INT);
}

static bool are_told(struct listed *d)
{
	bool puts = false;
	for (uint32_t k = 0; k < d->list->nuses; k++)
		if (!is_told(d, d->list->uses[k], &puts))
			return false;
	for (uint32_t k = 0; puts && k < d->list->nuses; k++)
		if (is_read(d, d->list->uses[k]) && !reach_before(d->l->s->f, d->of->value, d->list->uses[k]))
			return false;
	return puts;
}

static ir_ref surely(struct listed *d, ir_ref k)
{
	ir_at(d->l->f, k)->aux = IR_SURELY;
	ir_at(d->l->f, k)->imm = (int64_t)IR_BIT(IR_INT);
	return k;
}

/* The number of v where there is such a table, else nil. */
static ir_ref number_or_nil(struct listed *d, ir_ref r, ir_ref v)
{
	struct lists *l = d->l;
	ir_ref k = place_of(d, v);
	struct gap g = { .l = l, .was = r, .site = ir_at(l->f, r)->site, .before = ir_at(l->f, r)->block };
	g.rest = edit_split(l->f, r);
	ir_blk nil, some = gap_when(&g, g.before, v, &const_nil, &nil);
	ir_ref number = ir_param_add(l->f, g.rest);
	gap_on(&g, some, g.rest, surely(d, flow_emit(&l->fl, some, g.site, IRO(pi), 1, &k)));
	gap_on(&g, nil, g.rest, flow_const(&l->fl, nil, g.site, &const_nil));
	l->f->ordered = l->f->treed = false;
	return number;
}

static void put_numbers(struct listed *d, ir_ref r)
{
	for (uint32_t a = ir_at(d->l->f, r)->op == IRO(setlist) ? 1 : 2; a < ir_at(d->l->f, r)->nargs; a++) {
		const ir_ref v = ir_at(d->l->f, r)->args[a];
		ir_ref k = place_of(d, v);
		k = is_there(d->l->f, v) ? surely(d, iterate_insert(&d->l->fl, r, IRO(pi), 1, &k)) : number_or_nil(d, r, v);
		ir_at(d->l->f, r)->args[a] = k;
	}
}

/* r reads the other list by the number that it read before. */
static void read_by_number(struct listed *d, ir_ref r)
{
	struct ir_fn *f = d->l->f;
	const ir_ref number = iterate_insert(&d->l->fl, r, IRO(index), 2, ir_at(f, r)->args);
	ir_at(f, number)->raised = ir_at(f, r)->raised;
	ir_at(f, r)->args = arena_copy(d->l->s->u->arena, ((ir_ref[]){ d->of->value, number }), 2 * sizeof(ir_ref));
	ir_at(f, r)->names = NULL;
}

static bool is_surely(const struct ir_ins *i)
{
	return i->op == IRO(pi) && i->aux == IR_SURELY;
}

static bool is_number(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	for (uint32_t e = 0; i->op == IRO(param) && i->block != 1 && e < ir_block(f, i->block)->npreds; e++)
		if (is_surely(ir_at(f, ir_pred_edge(f, &ir_block(f, i->block)->preds[e])->args[i->aux])))
			return true;
	return is_surely(i);
}

bool elems_of_numbers(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++)
		if (elems_set(s, rec->uses[k]) && is_number(s->f, ir_at(s->f, rec->uses[k])->args[2]))
			return true;
	return false;
}

bool elems_listed(struct lists *l, const struct rec *list)
{
	struct listed d = { .l = l, .list = list };
	if (!are_told(&d) || !is_kept(&d))
		return false;
	for (uint32_t k = 0; k < list->nuses; k++) {
		const ir_ref r = list->uses[k];
		if (is_read(&d, r))
			read_by_number(&d, r);
		else if (ir_at(l->f, r)->op == IRO(setlist) || elems_set(l->s, r))
			put_numbers(&d, r);
	}
	return true;
}
