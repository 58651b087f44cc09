/*
 * remember.c - entries that a loop over a map keeps past the turn.
 *
 *   local best                                          local best
 *   for k, e in pairs(m) do                             for k, e in pairs(m) do
 *     if not best or e.n > best.n then best = e end ->    if not best or e.n > (m[best] or raise).n then best = k end
 *   end                                                 end
 *   return best.port                                    return (m[best] or raise).port
 *
 * The kernel's loop over a map calls a function for each entry, and takes its address back when that returns. So the key is
 * kept beside the variable, asked in its place whether there is one, and the entry is looked up where its fields are read
 * or written. An entry that another CPU deleted meanwhile is not there any more, which raises. Where the program itself
 * writes to the map after the entry was taken, nothing is done: what it means is then refused as ever (entries.c).
 */
#include "opt/iterate.h"
#include "opt/params.h"
#include "opt/passes.h"
#include "opt/reach.h"

#include "core/ctype.h"
#include "core/shape.h"

#include <string.h>

static const char gone[] = "the entry that was kept here is not in the map any more";

struct remember {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref entry, each;    /* the eachval, and what gives its key */
	struct ir_type type;   /* of what gives the map: a constant */
	struct map_shape shape;
	uint32_t n;            /* instructions there were: those that `is` and `key` know */
	bool *is;              /* by value: the entry, or what may be it */
	ir_ref *key;           /* likewise: its key, or nil where it is nil */
	ir_ref *found;         /* likewise: what the block looked up last */
	ir_blk *where;         /* ... if it is this one */
};

/* ---- where it goes ---- */

/* Not where a test found that it is nil. */
static bool may_be_entry(const struct ir_type *t)
{
	return t->kinds & IR_BIT(IR_ENTRY) || type_is_pending(t);
}

/* Does a turn hand it on to a later one? What leaves the loop with it goes as the address. */
static bool is_carried(const struct remember *m)
{
	for (ir_ref r = 1; r < m->n; r++)
		if (m->is[r] && ir_at(m->f, r)->op == IRO(param) &&
		    ir_dominates(m->f, ir_at(m->f, r)->block, ir_at(m->f, m->entry)->block))
			return true;
	return false;
}

/* ---- where a test found that there is none ---- */

/* None, which v is where a branch leads that found that; nothing else leads there. */
static ir_ref take_none(const struct remember *m, ir_blk to, ir_ref v)
{
	ir_ref none = iterate_insert(m->fl, ir_block(m->f, to)->first, IRO(pi), 1, &v);
	ir_at(m->f, none)->imm = (int64_t)IR_FALSY;
	return none;
}

/* Hands on none in place of v from where `to` leads. Was there anything? */
static bool hand_on_none(const struct remember *m, ir_blk to, ir_ref v)
{
	ir_ref none = 0;
	for (uint32_t o = 0; o < m->f->nrpo; o++) {
		struct ir_ins *t = ir_at(m->f, ir_block(m->f, m->f->rpo[o])->last);
		for (uint32_t e = 0; ir_dominates(m->f, to, m->f->rpo[o]) && e < t->nsucc; e++)
			for (uint32_t a = 0; a < t->succ[e].nargs; a++)
				if (t->succ[e].args[a] == v) {
					none = none ? none : take_none(m, to, v);
					t = ir_at(m->f, ir_block(m->f, m->f->rpo[o])->last);
					t->succ[e].args[a] = none;
				}
	}
	return none;
}

/* Variables that inner functions share have no values of their own behind their tests (the front makes those of others): where a
 * test leads that found none, none is handed on. */
static bool tell_none(const struct remember *m)
{
	bool any = false;
	for (uint32_t o = 0; o < m->f->nrpo; o++) {
		const struct ir_ins *t = ir_at(m->f, ir_block(m->f, m->f->rpo[o])->last);
		bool inverse = t->op == IRO(branch) && ir_at(m->f, t->args[0])->op == IRO(not);
		ir_ref v = t->op == IRO(branch) ? inverse ? ir_at(m->f, t->args[0])->args[0] : t->args[0] : 0;
		if (v && v < m->n && m->is[v] && ir_block(m->f, t->succ[!inverse].to)->npreds == 1)
			any |= hand_on_none(m, t->succ[!inverse].to, v);
	}
	return any;
}

/* ---- may it be done? ---- */

static bool is_nil(const struct remember *m, ir_ref r)
{
	return ir_at(m->f, r)->type.kinds == IR_BIT(IR_NIL);
}

/* What asks no more than whether there is one. */
static bool asks(const struct remember *m, const struct ir_ins *i)
{
	return i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(pi) ||
	       (i->op == IRO(eq) && (is_nil(m, i->args[0]) || is_nil(m, i->args[1])));
}

/* What reads or writes a field of it. */
static bool is_field(const struct remember *m, const struct ir_ins *i)
{
	for (uint32_t a = 1; a < i->nargs; a++)
		if (m->is[i->args[a]])
			return false;
	return i->op == IRO(index) || i->op == IRO(setindex);
}

static bool uses_any(const struct remember *m, const struct ir_ins *i)
{
	for (uint32_t a = 0; a < i->nargs; a++)
		if (m->is[i->args[a]])
			return true;
	return false;
}

static bool are_fields(const struct remember *m)
{
	for (uint32_t o = 0; o < m->f->nrpo; o++)
		for (ir_ref r = ir_block(m->f, m->f->rpo[o])->first; r; r = ir_at(m->f, r)->next)
			if (uses_any(m, ir_at(m->f, r)) && !asks(m, ir_at(m->f, r)) && !is_field(m, ir_at(m->f, r)))
				return false;
	return true;
}

/* Is a parameter always it, or nil? */
static bool is_alone(const struct remember *m)
{
	for (ir_ref r = 1; r < m->n; r++) {
		const struct ir_ins *i = ir_at(m->f, r);
		const struct ir_block *k = m->is[r] && i->op == IRO(param) ? ir_block(m->f, i->block) : NULL;
		if (k && (i->block == 1 || share_is_entry(m->f, i->block)))
			return false;
		for (uint32_t p = 0; k && p < k->npreds; p++) {
			ir_ref v = ir_pred_edge(m->f, &k->preds[p])->args[i->aux];
			if (!m->is[v] && !is_nil(m, v))
				return false;
		}
	}
	return true;
}

static bool writes_map(const struct remember *m, ir_ref r)
{
	return entries_written(m->fl, r) && !entries_unlike(m->fl, m->entry, r);
}

static bool uses_field(const void *arg, ir_ref r)
{
	const struct remember *m = arg;
	return uses_any(m, ir_at(m->f, r)) && !asks(m, ir_at(m->f, r));
}

/* Is it used after a write to the map? */
static bool is_outlived(const struct remember *m)
{
	for (uint32_t o = 0; o < m->f->nrpo; o++)
		for (ir_ref r = ir_block(m->f, m->f->rpo[o])->first; r; r = ir_at(m->f, r)->next)
			if (writes_map(m, r) && reach_use(m->f, m->entry, 0, reach_is, &r) && reach_use(m->f, r, 0, uses_field, m))
				return true;
	return false;
}

/* Is it taken from one map, which is known, by a key that is no truth value? */
static bool is_known(struct remember *m)
{
	const struct ir_ins *e = ir_at(m->f, m->entry);
	m->each = e->args[0];
	m->type = ir_at(m->f, ir_at(m->f, m->each)->args[0])->type;
	const pg_map *map = m->type.k ? ir_map_like(m->fl->u, &m->type) : NULL;
	if (!map || !(e->type.kinds & IR_BIT(IR_ENTRY)))
		return false;
	map_shape(map, &m->shape);
	return m->shape.role == PG_ROLE_MAP && m->shape.key && !(ir_at(m->f, m->each)->type.kinds & IR_FALSY);
}

/* ---- the key ---- */

/* A struct is a table in Lua. */
static ir_ref key_of_entry(const struct remember *m)
{
	const struct ctype *t = m->shape.key;
	if (t->kind != CT_STRUCT)
		return m->each;
	ir_ref key = iterate_insert(m->fl, m->entry, IRO(newtable), 0, NULL);
	for (uint32_t i = 0; i < t->nfields; i++) {
		const char *s = t->fields[i].name;
		pg_value text = { .kind = PG_STR, .str = s, .n = (uint32_t)strlen(s) };
		ir_ref name = iterate_const(m->fl, m->entry, const_new(m->fl->u, text));
		ir_ref v = iterate_insert(m->fl, m->entry, IRO(index), 2, (ir_ref[]){ m->each, name });
		iterate_insert(m->fl, m->entry, IRO(setindex), 3, (ir_ref[]){ key, name, v });
	}
	return key;
}

/* What a test has found out of it is found out of its key. */
static ir_ref key_of_tested(const struct remember *m, ir_ref pi)
{
	uint64_t left = (uint64_t)ir_at(m->f, pi)->imm;
	ir_ref key = m->key[ir_at(m->f, pi)->args[0]];
	ir_ref r = iterate_insert(m->fl, pi, IRO(pi), 1, &key);
	ir_at(m->f, r)->imm = left & IR_BIT(IR_NIL) ? -1 : (int64_t)~IR_BIT(IR_NIL);
	return r;
}

static void add_keys(const struct remember *m)
{
	m->key[m->entry] = key_of_entry(m);
	for (ir_ref r = 1; r < m->n; r++)
		if (m->is[r] && ir_at(m->f, r)->op == IRO(param))
			m->key[r] = ir_param_add(m->f, ir_at(m->f, r)->block);
	for (uint32_t o = 0; o < m->f->nrpo; o++)
		for (ir_ref r = ir_block(m->f, m->f->rpo[o])->first; r; r = ir_at(m->f, r)->next)
			if (r < m->n && m->is[r] && ir_at(m->f, r)->op == IRO(pi))
				m->key[r] = key_of_tested(m, r);
}

/* The keys go the ways of the entries, in whose place there is nil from now on. */
static void hand_on(const struct remember *m, ir_ref param)
{
	uint32_t at = ir_at(m->f, param)->aux;
	const struct ir_block *k = ir_block(m->f, ir_at(m->f, param)->block);
	for (uint32_t p = 0; p < k->npreds; p++) {
		ir_ref term = ir_block(m->f, k->preds[p].from)->last, nil = iterate_const(m->fl, term, &const_nil);
		struct ir_edge *e = ir_pred_edge(m->f, &k->preds[p]);
		ir_ref v = e->args[at], key = m->is[v] ? m->key[v] : nil;
		edge_push(m->f, e, key);
		e->args[at] = nil;
	}
}

/* ---- the entry ---- */

static void jump(const struct remember *m, ir_blk b, uint32_t site, ir_blk to, ir_ref v)
{
	ir_succ(m->f, flow_emit(m->fl, b, site, IRO(jmp), 0, NULL), 0, to, 1, &v);
}

static void part(const struct remember *m, ir_blk b, uint32_t site, ir_ref is, ir_blk yes, ir_blk no)
{
	ir_ref t = flow_emit(m->fl, b, site, IRO(branch), 1, &is);
	ir_succ(m->f, t, 0, yes, 0, NULL);
	ir_succ(m->f, t, 1, no, 0, NULL);
}

static ir_ref but_nil(const struct remember *m, ir_blk b, uint32_t site, ir_ref v)
{
	ir_ref r = flow_emit(m->fl, b, site, IRO(pi), 1, &v);
	ir_at(m->f, r)->imm = (int64_t)~IR_BIT(IR_NIL);
	return r;
}

/* Is there one? Asked so, it is not the key that is a condition: an integer would be warned about. */
static ir_ref is_there(const struct remember *m, ir_ref at, ir_ref key)
{
	ir_ref none = iterate_insert(m->fl, at, IRO(eq), 2, (ir_ref[]){ key, iterate_const(m->fl, at, &const_nil) });
	return iterate_insert(m->fl, at, IRO(not), 1, &none);
}

/* Before r, which reads or writes a field of it: nil where there is none. */
static ir_ref look_up(const struct remember *m, ir_ref r)
{
	const uint32_t site = ir_at(m->f, r)->site;
	ir_ref key = m->key[ir_at(m->f, r)->args[0]], is = is_there(m, r, key);
	ir_blk before = ir_at(m->f, r)->block, rest = edit_split(m->f, r);
	ir_blk some = ir_block_new(m->f), none = ir_block_new(m->f), lost = ir_block_new(m->f), there = ir_block_new(m->f);
	part(m, before, site, is, some, none);
	ir_ref args[2] = { flow_const(m->fl, some, site, m->type.k), but_nil(m, some, site, key) };
	ir_ref found = flow_emit(m->fl, some, site, IRO(index), 2, args);
	part(m, some, site, found, there, lost);
	flow_raise(m->fl, lost, r, gone);
	jump(m, there, site, rest, but_nil(m, there, site, found));
	jump(m, none, site, rest, flow_const(m->fl, none, site, &const_nil));
	return ir_param_add(m->f, rest);
}

/* Once in what was one block, so that e.n = e.n + 1 is of one entry. */
static void use_field(const struct remember *m, ir_blk b, ir_ref r)
{
	ir_ref v = ir_at(m->f, r)->args[0];
	ir_ref now = m->where[v] == b ? m->found[v] : look_up(m, r);
	m->where[v] = b;
	m->found[v] = now;
	ir_at(m->f, r)->args[0] = now;
}

static void ask_key(const struct remember *m, ir_ref r, uint32_t a)
{
	ir_ref key = m->key[ir_at(m->f, r)->args[a]];
	key = ir_at(m->f, r)->op == IRO(eq) ? key : is_there(m, r, key);
	ir_at(m->f, r)->args[a] = key;
}

static void use_key(const struct remember *m, ir_blk b, ir_ref r)
{
	bool field = is_field(m, ir_at(m->f, r));
	for (uint32_t a = 0; a < ir_at(m->f, r)->nargs; a++) {
		ir_ref v = ir_at(m->f, r)->args[a];
		if (v >= m->n || !m->is[v] || v == m->entry)
			continue;
		if (field)
			use_field(m, b, r);
		else
			ask_key(m, r, a);
	}
}

static void use_keys(const struct remember *m)
{
	for (uint32_t o = 0; o < m->f->nrpo; o++)
		for (ir_ref r = ir_block(m->f, m->f->rpo[o])->first, next; r; r = next) {
			next = ir_at(m->f, r)->next;
			if (r < m->n && !m->is[r])
				use_key(m, m->f->rpo[o], r);
		}
}

static bool remember(struct flow *fl, ir_ref entry)
{
	struct ir_fn *f = fl->f;
	struct remember m = { .fl = fl, .f = f, .entry = entry, .n = f->nins };
	if (!is_known(&m))
		return false;
	m.is = arena_array(fl->u->scratch, bool, m.n);
	m.is[entry] = true;
	reach_values(f, m.is, may_be_entry);
	if (!is_carried(&m))
		return false;
	if (tell_none(&m)) /* and another round */
		return true;
	if (!are_fields(&m) || !is_alone(&m) || is_outlived(&m))
		return false;
	m.key = arena_array(fl->u->scratch, ir_ref, m.n);
	m.found = arena_array(fl->u->scratch, ir_ref, m.n);
	m.where = arena_array(fl->u->scratch, ir_blk, m.n);
	add_keys(&m);
	for (ir_ref r = 1; r < m.n; r++)
		if (m.is[r] && ir_at(f, r)->op == IRO(param))
			hand_on(&m, r);
	use_keys(&m);
	f->ordered = f->treed = false;
	return true;
}

int remember_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_ref each = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->last : 0;
		if (!each || ir_at(f, each)->op != IRO(each))
			continue;
		ir_need_tree(f);
		for (ir_ref r = 1; r < f->nins; r++)
			if (ir_at(f, r)->op == IRO(eachval) && ir_at(f, r)->block && ir_at(f, r)->args[0] == each && remember(fl, r))
				return 1;
	}
	return 0;
}
