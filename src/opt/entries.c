/*
 * entries.c - live entries of maps do not outlive a write to their map.
 *
 * m[k] of a struct map is the entry itself. Writing or deleting through the map may put another one
 * in its place, in memory that is reused; so an entry used after such a write is refused. Arrays are
 * written in place, their entries stay.
 */
#include "opt/opt.h"
#include "opt/reach.h"

#include "core/ctype.h"
#include "core/shape.h"

struct entries {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref *writes;
	uint32_t n, cap;
};

/* Are the entries taken from a queue copies, which what the row does leaves alone? Only the next one that is
 * taken has its place. */
static bool leaves_copies(const struct ir_unit *u, const struct ir_lib *row, const struct ir_type *obj)
{
	const pg_map *m = ir_map_like(u, obj);
	return m && pg_map_role(m) == PG_ROLE_QUEUE && !(row->effects & IR_E_READ);
}

const pg_map *entries_written(const struct flow *fl, ir_ref r)
{
	const struct ir_fn *f = fl->f;
	const struct ir_ins *i = ir_at(f, r);
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	const struct ir_type *obj;
	if (i->op == IRO(setindex))
		obj = &ir_at(f, i->args[0])->type;
	else if (row && i->nargs > 1 && row->effects & IR_E_WRITE &&
		 !leaves_copies(fl->u, row, &ir_at(f, i->args[1])->type))
		obj = &ir_at(f, i->args[1])->type;
	else
		return NULL;
	return ir_map_like(fl->u, obj);
}

static bool replaces_entries(const pg_map *m)
{
	struct map_shape s;
	map_shape(m, &s);
	return (s.role == PG_ROLE_MAP || s.role == PG_ROLE_QUEUE || s.role == PG_ROLE_STORAGE) && s.value->kind == CT_STRUCT && !s.array;
}

static void find_writes(struct entries *s)
{
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next) {
			const pg_map *m = entries_written(s->fl, r);
			if (m && replaces_entries(m))
				arena_push(s->fl->u->arena, s->writes, s->n, s->cap, r);
		}
}

/* The very map, not only what it is like; or NULL. */
static const pg_map *known_map(const struct ir_type *t)
{
	return t->kinds == IR_BIT(IR_HOST) && t->k && t->k->kind == PG_MAP ? t->k->map : NULL;
}

/* Two maps of a script are two in the kernel, unless both are found by pins. */
static bool differ(const pg_map *one, const pg_map *other)
{
	struct map_shape a, b;
	if (!one || !other || one == other)
		return false;
	map_shape(one, &a);
	map_shape(other, &b);
	return !a.pinned || !b.pinned;
}

/* Is it a call of a method that finds an entry: m:get(k), q:pop()? */
static bool calls_for_entry(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	return row && row->effects & IR_E_READ && i->nargs > 1;
}

/* What the entry that r gives is of, where that is known. */
static const pg_map *taken_from(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	if (i->op == IRO(result))
		i = ir_at(f, i->args[0]);
	if (i->op == IRO(eachval))
		return known_map(&ir_at(f, ir_at(f, i->args[0])->args[0])->type);
	if (calls_for_entry(f, i))
		return known_map(&ir_at(f, i->args[1])->type);
	return i->op == IRO(index) ? known_map(&ir_at(f, i->args[0])->type) : NULL;
}

static bool is_of_other(const struct ir_fn *f, ir_ref v, const pg_map *m, bool *seen);

/* Whatever comes into a join. */
static bool are_of_other(const struct ir_fn *f, ir_ref param, const pg_map *m, bool *seen)
{
	const struct ir_block *k = ir_block(f, ir_at(f, param)->block);
	bool all = ir_at(f, param)->block != 1 && k->npreds && !share_is_entry(f, ir_at(f, param)->block);
	for (uint32_t p = 0; p < k->npreds && all; p++)
		all = is_of_other(f, ir_pred_edge(f, &k->preds[p])->args[ir_at(f, param)->aux], m, seen);
	return all;
}

static bool is_of_other(const struct ir_fn *f, ir_ref v, const pg_map *m, bool *seen)
{
	v = ir_untested(f, v);
	if (seen[v] || ir_at(f, v)->type.kinds == IR_BIT(IR_NIL))
		return true;
	seen[v] = true;
	return ir_at(f, v)->op == IRO(param) ? are_of_other(f, v, m, seen) : differ(taken_from(f, v), m);
}

bool entries_unlike(const struct flow *fl, ir_ref view, ir_ref write)
{
	const struct ir_ins *i = ir_at(fl->f, write);
	const struct ctype *layout = ir_at(fl->f, view)->type.layout;
	const pg_map *to = known_map(&ir_at(fl->f, i->args[i->op != IRO(setindex)])->type);
	struct map_shape s;
	map_shape(entries_written(fl, write), &s);
	if (layout && (!s.value || !ct_equal(layout, s.value)))
		return true;
	view = ir_untested(fl->f, view);
	if (ir_at(fl->f, view)->op != IRO(param))
		return differ(taken_from(fl->f, view), to);
	return to && is_of_other(fl->f, view, to, arena_array(fl->u->scratch, bool, fl->f->nins));
}

/* Is the write one that takes a copy out of a queue? */
static bool takes_copy(const struct entries *s, ir_ref write)
{
	return pg_map_role(entries_written(s->fl, write)) == PG_ROLE_QUEUE;
}

/* Does r look up or take an entry of a map, and not give one that it was given? */
static bool finds_entry(const struct entries *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (i->op == IRO(index))
		return ir_map_like(s->fl->u, &ir_at(s->f, i->args[0])->type);
	return calls_for_entry(s->f, i) && ir_map_like(s->fl->u, &ir_at(s->f, i->args[1])->type);
}

/* Is it known where the view comes from, and is that not the write? Each place that takes a copy has room of its own. */
static bool taken_elsewhere(const struct entries *s, ir_ref view, ir_ref write)
{
	while (ir_at(s->f, view)->op == IRO(pi) || ir_at(s->f, view)->op == IRO(result))
		view = ir_at(s->f, view)->args[0];
	return takes_copy(s, write) && view != write && finds_entry(s, view);
}

/* The variable by which the entry is used, where it has a name; else NULL. */
static const char *name_of(const struct ir_fn *f, ir_ref use)
{
	const struct ir_ins *i = ir_at(f, use);
	for (uint32_t a = 0; i->names && a < 2 && a < i->nargs; a++)
		if (ir_at(f, i->args[a])->type.kinds & IR_BIT(IR_ENTRY) &&
		    (i->names[a].how == IR_N_LOCAL || i->names[a].how == IR_N_UPVALUE))
			return i->names[a].name;
	return NULL;
}

static void refuse(struct entries *s, ir_ref use, ir_ref write)
{
	uint32_t site = ir_at(s->f, use)->site;
	uint32_t line = ir_line(s->fl->u, s->f, write);
	if (takes_copy(s, write))
		flow_refuse(s->fl, site, ON_MAPS, "read its fields into locals before", "line %u may take another value into the "
			    "place of this one, which it took before", line);
	else
		flow_refuse(s->fl, site, ON_MAPS, "look the entry up again after the write, or read its fields into locals before",
			    "this entry was taken from the map before line %u writes to it, and may be gone by now", line)->at =
			name_of(s->f, use);
}

static void check_view(struct entries *s, ir_ref view)
{
	for (uint32_t w = 0; w < s->n; w++) {
		ir_ref write = s->writes[w];
		if (write == view || entries_unlike(s->fl, view, write) ||
		    taken_elsewhere(s, view, write))
			continue;
		ir_ref use = reach_read(s->f, view, write);
		if (!use)
			continue;
		refuse(s, use, write);
		return;
	}
}

void entries_check(struct flow *fl)
{
	struct entries s = { .fl = fl, .f = fl->f };
	find_writes(&s);
	if (!s.n)
		return;
	for (uint32_t o = 0; o < s.f->nrpo; o++) {
		ir_blk b = s.f->rpo[o];
		for (uint32_t i = 0; i < ir_block(s.f, b)->nparams; i++)
			if (ir_at(s.f, ir_block(s.f, b)->params[i])->type.kinds & IR_BIT(IR_ENTRY))
				check_view(&s, ir_block(s.f, b)->params[i]);
		for (ir_ref r = ir_block(s.f, b)->first; r; r = ir_at(s.f, r)->next)
			if (ir_at(s.f, r)->type.kinds & IR_BIT(IR_ENTRY) && !type_is_pending(&ir_at(s.f, r)->type))
				check_view(&s, r);
	}
}
