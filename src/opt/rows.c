/*
 * rows.c - one of many captured tables that comes another way: `rules[k] or usual`, the best one of a loop, what an inlined
 * function is given.
 *
 * The parameter that holds it, and those that it goes on to, are a web. All tables that it may be are numbered; beside each
 * goes the number, itself it is true or nil, and what is read of it is read of columns (columns.c) by the number.
 */
#include "opt/choose.h"
#include "opt/params.h"

/* Where tables come from: a look-up, or a constant. */
struct source {
	ir_ref index;
	const pg_value *table;
	struct pair *pairs;    /* of the look-up, by its keys */
	uint32_t n, first;     /* the number of the first one */
};

struct rows {
	struct choice c;
	struct web web;
	struct source *sources;
	uint32_t nsources, cap_sources, cap;
	uint32_t more_than;    /* tables are worth it */
};

static void add_row(struct rows *r, const pg_value *table)
{
	struct pair p = { const_int(r->c.fl->u, r->c.n), table };
	arena_push(r->c.fl->u->arena, r->c.pairs, r->c.n, r->cap, p);
}

static const struct source *source_of(const struct rows *r, ir_ref v)
{
	const pg_value *k = ir_at(r->c.f, v)->type.k;
	for (uint32_t i = 0; i < r->nsources; i++)
		if (k ? r->sources[i].table && ir_same_value(r->sources[i].table, k) : r->sources[i].index == ir_untested(r->c.f, v))
			return &r->sources[i];
	return NULL;
}

static bool add_source(struct rows *r, ir_ref v)
{
	struct choice from;
	const pg_value *k = ir_at(r->c.f, v)->type.k;
	ir_ref base = ir_untested(r->c.f, v);
	struct source s = { .first = r->c.n };
	if ((k && k->kind == PG_NIL) || source_of(r, v))
		return true;
	if (k) {
		s.table = k;
		if (k->kind == PG_TABLE)
			add_row(r, k);
	} else if (choose_is(r->c.fl, base) && choose_table(&from, r->c.fl, base)) {
		s.index = base;
		s.pairs = from.pairs;
		s.n = from.n;
		for (uint32_t i = 0; i < from.n && from.pairs[i].value->kind == PG_TABLE; i++)
			add_row(r, from.pairs[i].value);
	}
	arena_push(r->c.fl->u->arena, r->sources, r->nsources, r->cap_sources, s);
	return r->c.n - s.first == (k ? 1 : s.n) && (k || s.index);
}

static bool add_arg(struct rows *r, ir_ref v)
{
	ir_ref base = ir_untested(r->c.f, v);
	if (ir_at(r->c.f, v)->type.k || ir_at(r->c.f, base)->op != IRO(param) || !choose_object(r->c.fl, base))
		return add_source(r, v);
	choose_take_in(&r->c, base);
	return true;
}

/* All that comes to the web's parameters. */
static bool find_rows(struct rows *r)
{
	struct web *web = &r->web;
	for (uint32_t seen = 0, n = 0; seen < web->n; seen = n) {
		n = web->n;
		struct way *ways = arena_array(r->c.fl->u->arena, struct way, choose_ways(&r->c, NULL) + 1);
		for (uint32_t i = 0, m = choose_ways(&r->c, ways); i < m; i++)
			if (ways[i].live && !add_arg(r, ir_at(r->c.f, ways[i].term)->succ[ways[i].which].args[ways[i].arg]))
				return false;
	}
	return r->c.n > r->more_than;
}

/* The reads of each parameter; more of these are found on the way. */
static struct columns **find_columns(struct rows *r, struct choice **out)
{
	struct columns **all;
	struct choice *each;
	uint32_t n;
	do {
		if (!find_rows(r))
			return NULL;
		n = r->web.n;
		all = arena_array(r->c.fl->u->arena, struct columns *, n);
		each = arena_array(r->c.fl->u->arena, struct choice, n);
		for (uint32_t w = 0; w < n; w++) {
			each[w] = r->c;
			each[w].index = r->web.params[w];
			if (!(all[w] = columns_find(&each[w])))
				return NULL;
		}
	} while (r->web.n > n);
	*out = each;
	return all;
}

static ir_ref look_up_before(struct rows *r, ir_ref at, const pg_value *table, ir_ref key)
{
	ir_ref args[2] = { choose_const_before(&r->c, at, table), key };
	ir_ref v = ir_ins_new(r->c.f, IRO(index), 2, args);
	ir_at(r->c.f, v)->site = ir_at(r->c.f, at)->site;
	ir_insert_before(r->c.f, at, v);
	return v;
}

/* What comes by the way: true or nil instead of the table, and its number. */
static void number_way(struct rows *r, const struct way *way)
{
	struct choice *c = &r->c;
	struct ir_unit *u = c->fl->u;
	ir_ref v = ir_at(c->f, way->term)->succ[way->which].args[way->arg], there = v, number;
	uint32_t place = choose_place(&r->web, ir_untested(c->f, v));
	const struct source *s = way->live ? source_of(r, v) : NULL;
	uint64_t left = choose_left(c->f, v);
	if (place < r->web.n) {
		number = r->web.number[place];
	} else if (!s || !(left & IR_BIT(IR_HOST))) {
		there = number = choose_const_before(c, way->term, &const_nil);
	} else if (s->table) {
		there = choose_const_before(c, way->term, &const_true);
		number = choose_const_before(c, way->term, const_int(u, s->first));
	} else {
		ir_ref key = ir_at(c->f, s->index)->args[1];
		number = look_up_before(r, way->term, columns_numbers(u, s->pairs, s->n, s->first), key);
		there = left & IR_BIT(IR_NIL) ? look_up_before(r, way->term, columns_there(u, s->pairs, s->n), key)
					      : choose_const_before(c, way->term, &const_true);
	}
	struct ir_edge *e = &ir_at(c->f, way->term)->succ[way->which];
	e->args[way->arg] = there;
	edge_push(c->f, e, number);
}

static void number_ways(struct rows *r)
{
	struct choice *c = &r->c;
	uint32_t n = choose_ways(c, NULL);
	struct way *ways = arena_array(c->fl->u->arena, struct way, n + 1);
	choose_ways(c, ways);
	r->web.number = arena_array(c->fl->u->arena, ir_ref, r->web.n);
	for (uint32_t w = 0; w < r->web.n; w++)
		r->web.number[w] = ir_param_add(c->f, ir_at(c->f, r->web.params[w])->block);
	for (uint32_t i = 0; i < n; i++)
		number_way(r, &ways[i]);
}

static bool choose_row(struct flow *fl, ir_ref param, bool few, ir_ref *to)
{
	struct rows r = { .more_than = few ? 0 : MAX_USES, .c = { .fl = fl, .f = fl->f, .ints = true } };
	r.c.web = &r.web;
	choose_take_in(&r.c, param);
	struct choice *each;
	struct columns **all = find_columns(&r, &each);
	if (!all)
		return false;
	number_ways(&r);
	for (uint32_t w = 0; w < r.web.n; w++) {
		each[w].key = r.web.number[w];
		columns_read(all[w], to);
	}
	return true;
}

bool choose_rows(struct flow *fl, bool few, ir_ref *to)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && i < ir_block(f, f->rpo[o])->nparams; i++)
			if (choose_object(fl, ir_block(f, f->rpo[o])->params[i]) && choose_row(fl, ir_block(f, f->rpo[o])->params[i], few, to))
				return true;
	return false;
}
