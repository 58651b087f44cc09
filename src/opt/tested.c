/*
 * tested.c - fields of type `T?`, and elements, that are read again behind a test: `e.limit and e.n > e.limit`.
 *
 * Another CPU may write nil between the two reads, so Lua's error is checked for all the same; but nothing is warned of.
 *
 *   tested   on each way to the read, by a branch on such a read, or something was assigned
 *   same     the field by that name of the same entry, or of the same bpf.state
 *            likewise the element of that number of the same elements: a field of the tables of a list that a loop filled
 *   between  nothing that this program does may make it nil
 */
#include "opt/facts.h"

#include "core/ctype.h"
#include "core/shape.h"

#include <string.h>

struct tested {
	struct flow fl;
	struct ir_fn *f;
	const struct ir_ins *read;
	ir_ref entry;          /* what it is a field of, as it was before tests; a captured map may be there as several values */
	ir_ref key;            /* of `elemget`: the number, and `entry` is the elements; else 0 */
	ir_ref from;           /* the way back ends at this read, whose value was tested; 0: at what shows that it is no nil */
	const struct facts *facts; /* then, the ways that the variable tells of which was asked; or NULL */
};

enum step { GOES_ON, SHOWN, LOST };

static const pg_map *captured(const struct ir_fn *f, ir_ref r)
{
	const struct ir_type *t = &ir_at(f, r)->type;
	return t->k && t->k->kind == PG_MAP ? t->k->map : NULL;
}

static bool is_state(const pg_map *m)
{
	return m && (pg_map_role(m) == PG_ROLE_STATE || pg_map_role(m) == PG_ROLE_PERCPU);
}

static const pg_value *name_of(const struct ir_fn *f, const struct ir_ins *access)
{
	const pg_value *k = ir_at(f, access->args[1])->type.k;
	return k && k->kind == PG_STR ? k : NULL;
}

static bool is_something(const struct ir_fn *f, ir_ref r)
{
	uint64_t kinds = ir_at(f, r)->type.kinds;
	return kinds && !(kinds & IR_BIT(IR_NIL));
}

/* Is it an access to a field by the name of ours? */
static bool is_named_so(const struct tested *t, const struct ir_ins *access)
{
	const pg_value *k = name_of(t->f, access);
	return !k || ir_same_value(k, name_of(t->f, t->read)); /* a name that is not known may be that */
}

/* Of elements: the same number, as a value or a constant. */
static bool is_element(const struct tested *t, const struct ir_ins *access)
{
	const pg_value *k = ir_at(t->f, access->args[1])->type.k, *mine = ir_at(t->f, t->key)->type.k;
	return ir_untested(t->f, access->args[0]) == t->entry &&
	       (ir_untested(t->f, access->args[1]) == t->key || (k && mine && ir_same_value(k, mine)));
}

static bool is_field(const struct tested *t, const struct ir_ins *access)
{
	const pg_map *m = captured(t->f, t->entry);
	if (t->key)
		return is_element(t, access);
	return name_of(t->f, access) && is_named_so(t, access) &&
	       (m ? captured(t->f, access->args[0]) == m : ir_untested(t->f, access->args[0]) == t->entry);
}

/* ---- what comes between ---- */

/* May an entry whose field r assigns to be ours? */
static bool may_be_entry(const struct tested *t, const struct ir_type *of)
{
	const struct ctype *mine = ir_at(t->f, t->entry)->type.layout;
	return !captured(t->f, t->entry) && (!mine || !of->layout || ct_equal(mine, of->layout));
}

/* Is the map that r writes to the one of our entry, or our state itself? */
static bool may_be_map(const struct tested *t, ir_ref r, const pg_map *to)
{
	const pg_map *m = captured(t->f, t->entry);
	if (m || is_state(to))
		return m == to;
	return !entries_unlike(&t->fl, t->entry, r);
}

static bool set_loses(const struct tested *t, ir_ref r)
{
	const struct ir_ins *i = ir_at(t->f, r);
	const struct ir_type *of = &ir_at(t->f, i->args[0])->type;
	const pg_map *to = entries_written(&t->fl, r);
	if (to)
		return may_be_map(t, r, to) && (!is_state(to) || is_named_so(t, i));
	return of->kinds & IR_BIT(IR_ENTRY) && may_be_entry(t, of) && is_named_so(t, i) && !is_something(t->f, i->args[2]);
}

static bool call_loses(const struct tested *t, ir_ref r)
{
	const struct ir_ins *i = ir_at(t->f, r);
	const struct ir_lib *row = ir_at(t->f, i->args[0])->type.row;
	const pg_map *to = entries_written(&t->fl, r);
	if (to)
		return may_be_map(t, r, to);
	if (!row || !(row->effects & IR_E_WRITE))
		return !row;
	uint64_t of = i->nargs > 1 ? ir_at(t->f, i->args[1])->type.kinds : 0;
	return !(row->effects & IR_PRINTS) && (!of || of & ~IR_VIEWS);
}

/* Is r what the entry or the number is? Before it, they are others. */
static bool is_of(const struct tested *t, ir_ref r)
{
	return (r == t->entry && !captured(t->f, r)) || (r == t->key && !ir_at(t->f, r)->type.k);
}

/* What is done to elements: no number that is not this one is known to be another. */
static enum step element_step(const struct tested *t, const struct ir_ins *i)
{
	if (i->op != IRO(elemset) || ir_untested(t->f, i->args[0]) != t->entry)
		return GOES_ON;
	return !is_something(t->f, i->args[2]) ? LOST : is_element(t, i) ? SHOWN : GOES_ON;
}

static enum step step(const struct tested *t, ir_ref r)
{
	const struct ir_ins *i = ir_at(t->f, r);
	if (r == t->from)
		return SHOWN;
	if (is_of(t, r))
		return LOST;
	if (t->key)
		return element_step(t, i);
	switch (i->op) {
	case IRO(setindex):
		if (is_field(t, i) && is_something(t->f, i->args[2]))
			return SHOWN;
		return set_loses(t, r) ? LOST : GOES_ON;
	case IRO(call):
		return call_loses(t, r) ? LOST : GOES_ON;
	default:
		return GOES_ON;
	}
}

/* ---- the ways back ---- */

/* Such a read, behind tests of it; else 0. */
static ir_ref read_of(const struct tested *t, ir_ref v)
{
	v = ir_untested(t->f, v);
	return ir_at(t->f, v)->op == t->read->op && is_field(t, ir_at(t->f, v)) ? v : 0;
}

/* What is asked by side a of the comparison is whether such a read, or its kind by name, is equal to the other side, or not:
 * the read, if that shows that it gave something. */
static ir_ref compared(const struct tested *t, const struct ir_ins *eq, unsigned a, bool is)
{
	const struct ir_ins *i = ir_at(t->f, bounds_base(t->f, eq->args[a]));
	const struct ir_type *other = &ir_at(t->f, eq->args[!a])->type;
	const struct ir_lib *row = i->op == IRO(call) && i->nargs == 2 ? ir_at(t->f, i->args[0])->type.row : NULL;
	if (row && row->effects & IR_TELLS) {
		bool nil = other->kinds == IR_BIT(IR_NIL) || (other->k && other->k->kind == PG_STR && !strcmp(other->k->str, "nil"));
		return (other->k && nil != is) ? read_of(t, i->args[1]) : 0;
	}
	return (is ? is_something(t->f, eq->args[!a]) : other->kinds == IR_BIT(IR_NIL)) ? read_of(t, eq->args[a]) : 0;
}

/* The read of which it shows that it gave something that the condition, of a branch, came out so; else 0. */
static ir_ref shown_by(const struct tested *t, ir_ref cond, bool is)
{
	ir_ref c = ir_untested(t->f, cond);
	const struct ir_ins *i = ir_at(t->f, c);
	if (i->op == IRO(isof))
		return (is ? (uint64_t)i->imm : ~(uint64_t)i->imm) & IR_BIT(IR_NIL) ? 0 : read_of(t, i->args[0]);
	if (i->op != IRO(eq))
		return is ? read_of(t, c) : 0;
	ir_ref first = compared(t, i, 0, is);
	return first ? first : compared(t, i, 1, is);
}

static bool on_all_ways(const struct tested *t, ir_blk b, ir_ref until);

/* A branch, on the way to which a variable may tell which ways were taken. */
struct asked { const struct tested *t; ir_blk from; };

/* Is the value still what was tested, where it was? */
static bool still_shows(struct facts *s, ir_ref cond, bool is)
{
	const struct asked *a = s->arg;
	struct tested to = *a->t;
	to.entry = ir_untested(to.f, facts_value(s, to.entry));
	to.key = to.key ? ir_untested(to.f, facts_value(s, to.key)) : 0;
	to.from = shown_by(&to, cond, is);
	to.facts = s;
	return to.from && on_all_ways(&to, a->from, 0);
}

static bool is_shown(const struct tested *t, const struct ir_pred *way)
{
	struct asked a = { t, way->from };
	struct facts s = { .f = t->f, .shows = still_shows, .arg = &a };
	return !t->from && facts_side_shows(&s, way);
}

/* Does the variable that was asked tell that this way, the p-th to block b, was not taken? */
static bool is_left_out(const struct tested *t, ir_blk b, uint32_t p)
{
	for (uint32_t w = 0; t->facts && w < t->facts->nways; w++)
		if (t->facts->ways[w].b == b && t->facts->ways[w].pred != p)
			return true;
	return false;
}

/* Does more happen on the way than is seen: a call of a shared body, or what was done before an error that is caught? */
static bool hides(const struct tested *t, const struct ir_pred *way)
{
	const struct ir_ins *end = ir_at(t->f, ir_block(t->f, way->from)->last);
	return (end->op == IRO(subcall) && !way->succ) || (end->op == IRO(guard) && way->succ);
}

/* The last thing before `until`, or in all of b, that says something. */
static enum step last_step(const struct tested *t, ir_blk b, ir_ref until)
{
	enum step last = GOES_ON;
	for (ir_ref r = ir_block(t->f, b)->first; r && r != until; r = ir_at(t->f, r)->next) {
		enum step s = step(t, r);
		last = s == GOES_ON ? last : s;
	}
	const struct ir_ins *e = ir_at(t->f, t->entry), *k = ir_at(t->f, t->key ? t->key : t->entry);
	return last == GOES_ON && ((e->op == IRO(param) && e->block == b) || (k->op == IRO(param) && k->block == b)) ? LOST : last;
}

/* Does every way back from `until`, or the end of b, come to what is sought before it is lost? */
static bool on_all_ways(const struct tested *t, ir_blk b, ir_ref until)
{
	struct arena *a = t->fl.u->scratch;
	bool *seen = arena_array(a, bool, t->f->nblocks);
	ir_blk *work = arena_array(a, ir_blk, t->f->nblocks + 1);
	uint32_t n = 0;
	for (;; b = work[--n], until = 0) {
		const struct ir_block *k = ir_block(t->f, b);
		enum step s = last_step(t, b, until);
		if (s == LOST || (s == GOES_ON && !k->npreds))
			return false;
		for (uint32_t p = 0; s == GOES_ON && p < k->npreds; p++) {
			ir_blk from = k->preds[p].from;
			if (is_left_out(t, b, p))
				continue;
			if (hides(t, &k->preds[p]))
				return false;
			if (!seen[from] && !is_shown(t, &k->preds[p])) {
				seen[from] = true;
				work[n++] = from;
			}
		}
		if (!n)
			return true;
	}
}

bool tested_before(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *read)
{
	struct tested t = { .fl = { .u = u, .f = f }, .f = f, .read = read, .entry = ir_untested(f, read->args[0]) };
	const pg_map *state = captured(f, t.entry);
	uint64_t kinds = ir_at(f, read->args[0])->type.kinds;
	if (read->op == IRO(elemget))
		t.key = ir_untested(f, read->args[1]);
	else if (!name_of(f, read) || (state ? !is_state(state) : (kinds | IR_BIT(IR_NIL)) != (IR_BIT(IR_ENTRY) | IR_BIT(IR_NIL))))
		return false;
	struct arena_mark mark = arena_mark(u->scratch);
	bool is = on_all_ways(&t, read->block, (ir_ref)(read - f->ins));
	arena_release(u->scratch, mark);
	return is;
}
