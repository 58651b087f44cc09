/*
 * elems.c - lists that lie in scratch memory: those that loops append tables to, and others where the stack is too small.
 *
 *   t = {}                               x = elems, a = elems, n = 0
 *   t[#t + 1] = { x = v, a = w }         x[n + 1] = v   a[n + 1] = w   n = n + 1
 *   t[i].x                               x[i], where 1 <= i <= n; else Lua's error
 *   t[i].x = v                           x[i] = v, likewise
 *
 * So a list of tables is a row of places for each of their fields, and a table in it is no more than its number. It can be
 * that if nobody sees any more of it:
 *
 *   put in   a table made in the function that no other variable may be, and that is not looked at any more once it is in the
 *            list, but through that (through.c). If any field changes then, it is put in once, for two places would be two tables
 *   taken    its fields are read and written by name, and it is asked for whether it is there; it goes to no other variable,
 *            and is compared with nil alone. Two that are taken may be one table, so all of them read what is in the row then
 *
 * What is put in anew at a place is only put in when the list is made anew, and by then nothing of the old one is used: what
 * was taken of it is used where the way from its making leads, and goes round no loop. So a number is one table all the time.
 *
 * Elements are read where they were put before, so it does not matter what the memory held.
 */
#include "core/mutant.h"
#include "opt/elems.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/reach.h"

#include "ir/lower.h"

/* What can be stored as words: no pointers, and no texts that are made anew in their place. */
#define STORED (IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC) | \
		IR_BIT(IR_STR) | IR_BIT(IR_TEXT) | IR_BIT(IR_SLICE))

/* May values of this type lie there? Bytes of the packet may, as long as nobody writes to it. */
static bool is_stored(const struct ir_unit *u, const struct ir_type *t)
{
	return !(t->kinds & ~STORED) && !(u->writes_packet && t->kinds & IR_BIT(IR_SLICE));
}

/* ---- types ---- */

static struct ir_elems *row_of(const struct ir_unit *u, const struct ir_fn *f, ir_ref r)
{
	return &u->elems[ir_at(f, ir_at(f, r)->args[0])->aux];
}

struct ir_type elems_type(struct flow *fl, ir_ref r)
{
	return row_of(fl->u, fl->f, r)->type;
}

struct ir_type infer_elemset(struct infer *in, ir_ref r)
{
	struct ir_type *row = &row_of(in->fl.u, in->fl.f, r)->type, t = infer_arg(in, r, 2);
	t.def = 0; /* another turn of a loop may have made another one */
	if (t.kinds && !t.k)
		t.k = type_kinds(t.kinds).k;
	type_join(row, &t);
	if (in->fl.report && !row->k && !type_is_pending(&t) && !is_stored(in->fl.u, &t))
		infer_refuse(in, ir_at(in->fl.f, r)->site, ON_TABLES, "put in numbers, booleans, addresses and texts of up to 64 bytes; "
			     "of a packet that is written to, s:sub(1, 64) .. \"\"",
			     "what a loop puts into this list cannot be kept in memory");
	return (struct ir_type){ 0 };
}

struct ir_type infer_elemget(struct infer *in, ir_ref r)
{
	return elems_type(&in->fl, r);
}

/* ---- which lists ---- */

bool elems_set(const struct records *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *k = i->op == IRO(setindex) ? record_const(s, i->args[1]) : NULL;
	return i->op == IRO(setindex) && (!k || k->kind == PG_INT);
}

bool elems_of_tables(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++)
		if (elems_set(s, rec->uses[k]) && s->of[ir_at(s->f, rec->uses[k])->args[2]])
			return true;
	return false;
}

ir_ref elems_length_of_one(const struct records *s, const struct rec *rec)
{
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next) {
			const struct ir_ins *i = ir_at(s->f, r);
			const struct ir_ins *of = i->op == IRO(len) ? ir_at(s->f, ir_untested(s->f, i->args[0])) : NULL;
			if (of && of->op == IRO(index) && record_of(s, of->args[0]) == rec)
				return r;
		}
	return 0;
}

static bool is_value_of(const struct records *s, const struct rec *rec, const struct ir_ins *i, uint32_t from)
{
	for (uint32_t a = from; a < i->nargs; a++)
		if (record_of(s, i->args[a]) == rec)
			return true;
	return false;
}

/* `type(t)`, which is known, and will be gone. */
static bool is_known(const struct records *s, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(s->f, i->args[0])->type.row : NULL;
	return row && !(row->effects & IR_E_WRITE) && i->type.k;
}

/* A use of the list that can be told to be of an element, a field by name, or its length. */
static bool is_told(const struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *k = i->nargs > 1 ? record_const(s, i->args[1]) : NULL;
	if (is_known(s, i))
		return true;
	if (is_value_of(s, rec, i, 1))
		return false;
	switch (i->op) {
	case IRO(len): case IRO(setlist):
		return true;
	case IRO(index):
		return k ? k->kind != PG_FLOAT : lists_integer(s->f, i->args[1]);
	case IRO(self):
		return k && k->kind == PG_STR;
	case IRO(setindex):
		return !k || k->kind == PG_STR || k->kind == PG_INT;
	default:
		return false;
	}
}

static bool may_store(const struct records *s, ir_ref v)
{
	const struct ir_type *t = &ir_at(s->f, v)->type;
	return t->kinds && !type_is_pending(t) && is_stored(s->u, t);
}

/* Is all that is put in known, and can it lie there? */
static bool are_stored(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++) {
		const struct ir_ins *i = ir_at(s->f, rec->uses[k]);
		for (uint32_t a = 1; i->op == IRO(setlist) && a < i->nargs; a++)
			if (!may_store(s, i->args[a]))
				return false;
		if (elems_set(s, rec->uses[k]) && !may_store(s, i->args[2]))
			return false;
	}
	return true;
}

/* ---- lists of tables: what is put in ---- */

static void add_field(struct lists *l, struct elems *e, const pg_value *key)
{
	for (uint32_t k = 0; k < e->n; k++)
		if (ir_same_value(e->fields[k], key))
			return;
	arena_push(l->s->u->scratch, e->fields, e->n, e->cap, key);
}

/* Is this use of the table that `set` puts in no more than filling it? */
static bool fills(struct lists *l, struct elems *e, const struct rec *row, ir_ref r, ir_ref set)
{
	const struct records *s = l->s;
	const struct ir_ins *i = ir_at(s->f, r);
	if (r == set)
		return true;
	if (is_value_of(s, row, i, 1))
		return false;
	if (i->op == IRO(index))
		return record_key_of(s, r) != NULL;
	if (i->op == IRO(setindex) && record_key_of(s, r) && !s->of[i->args[2]]) {
		add_field(l, e, record_key_of(s, r));
		return true;
	}
	for (uint32_t a = 1; i->op == IRO(setlist) && a < i->nargs; a++) {
		if (s->of[i->args[a]])
			return false;
		add_field(l, e, const_int(s->u, i->imm + a));
	}
	return i->op == IRO(setlist) && !(i->aux & (IR_OPEN | IR_MORE));
}

struct look { const struct records *s; const struct rec *row; };

static bool looks(const void *arg, ir_ref r)
{
	const struct look *k = arg;
	return is_value_of(k->s, k->row, ir_at(k->s->f, r), 0);
}

/* Is the value that `set` puts in a table of its own, filled before, and not looked at any more then? */
static bool is_put(struct lists *l, struct elems *e, ir_ref set, ir_ref value)
{
	const struct records *s = l->s;
	const struct rec *row = record_of(s, value);
	if (!row || row == e->rec || row->passed || row->done || !record_sure(s, value) || !record_alone(s, row))
		return false;
	for (uint32_t k = 0; k < row->nuses; k++)
		if (!fills(l, e, row, row->uses[k], set))
			return false;
	const struct look look = { s, row };
	return !reach_use(s->f, set, row->value, looks, &look);
}

/* The same of all that the list is made with. */
static bool are_made(struct lists *l, struct elems *e, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	for (uint32_t a = 1; a < i->nargs; a++)
		if (!is_put(l, e, r, i->args[a]))
			return false;
	return !(i->aux & (IR_OPEN | IR_MORE));
}

/* Has one table two places, { r, r }? What is put in later is looked at then, so is_put sees that. */
static bool is_made_twice(const struct lists *l, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	for (uint32_t a = 1; i->op == IRO(setlist) && a < i->nargs; a++)
		for (uint32_t b = 1; b < a; b++)
			if (record_of(l->s, i->args[a]) == record_of(l->s, i->args[b]))
				return true;
	return false;
}

static bool are_put_once(const struct lists *l, const struct rec *list)
{
	for (uint32_t k = 0; k < list->nuses; k++)
		if (is_made_twice(l, list->uses[k]))
			return false;
	return true;
}

static bool are_put(struct lists *l, struct elems *e)
{
	for (uint32_t k = 0; k < e->rec->nuses; k++) {
		ir_ref r = e->rec->uses[k];
		if (ir_at(l->f, r)->op == IRO(setlist) ? !are_made(l, e, r) : elems_set(l->s, r) && !is_put(l, e, r, ir_at(l->f, r)->args[2]))
			return false;
	}
	return true;
}

/* ---- what is taken ---- */

/* Does the list give r by a number? */
static bool is_taken(const struct lists *l, const struct elems *e, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	const pg_value *k = i->op == IRO(index) ? record_const(l->s, i->args[1]) : NULL;
	return i->op == IRO(index) && record_of(l->s, i->args[0]) == e->rec && (!k || k->kind == PG_INT);
}

static bool is_nil(const struct records *s, ir_ref r)
{
	const pg_value *k = record_const(s, r);
	return k && k->kind == PG_NIL;
}

/* May argument a of r be an element that is a table? A field of it is assigned no table. */
static bool may_look(const struct lists *l, const struct ir_ins *i, ir_ref r, uint32_t a)
{
	switch (i->op) {
	case IRO(pi): case IRO(branch): case IRO(not): case IRO(isof):
		return true;
	case IRO(eq):
		return is_nil(l->s, i->args[!a]);
	case IRO(index):
		return !a && record_key_of(l->s, r);
	case IRO(setindex):
		return !a && record_key_of(l->s, r) && !l->s->of[i->args[2]];
	default:
		return false;
	}
}

static void note_write(struct lists *l, struct elems *e, ir_ref r)
{
	add_field(l, e, record_key_of(l->s, r));
	arena_push(l->s->u->scratch, e->writes, e->nwrites, e->cap_writes, r);
}

/* On an edge it may only be what a test found to be none. */
static bool goes_on(const struct lists *l, const struct elems *e, const struct ir_ins *i)
{
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++) {
			const struct ir_ins *v = ir_at(l->f, i->succ[s].args[a]);
			if (e->taken[i->succ[s].args[a]] && !(v->op == IRO(pi) && !((uint64_t)v->imm & ~IR_FALSY)))
				return true;
		}
	return false;
}

static bool are_looked_at(struct lists *l, struct elems *e)
{
	e->taken = arena_array(l->s->u->scratch, ir_ref, l->f->nins);
	e->last = arena_array(l->s->u->scratch, ir_ref, l->f->nins);
	e->before = arena_array(l->s->u->scratch, ir_ref, l->f->nins);
	for (uint32_t o = 0; o < l->f->nrpo; o++)
		for (ir_ref r = ir_block(l->f, l->f->rpo[o])->first; r; r = ir_at(l->f, r)->next) {
			const struct ir_ins *i = ir_at(l->f, r);
			if (is_taken(l, e, r))
				e->taken[r] = r;
			for (uint32_t a = 0; a < i->nargs; a++) {
				if (e->taken[i->args[a]] && !may_look(l, i, r, a))
					return false;
				if (e->taken[i->args[a]] && i->op == IRO(pi))
					e->taken[r] = e->taken[i->args[a]];
			}
			if (i->op == IRO(setindex) && e->taken[i->args[0]])
				note_write(l, e, r);
			if (goes_on(l, e, i))
				return false;
		}
	return !e->nwrites || are_put_once(l, e->rec);
}

bool elems_may(struct lists *l, const struct rec *rec, struct elems *e)
{
	*e = (struct elems){ .rec = rec, .tables = elems_of_tables(l->s, rec) };
	for (uint32_t k = 0; k < rec->nuses; k++)
		if (!is_told(l->s, rec, rec->uses[k]))
			return false;
	if (e->tables)
		return are_put(l, e) && are_looked_at(l, e);
	e->n = 1;
	return are_stored(l->s, rec);
}

/* ---- the rows ---- */

static void put_made(struct lists *l, const struct elems *e, ir_ref r)
{
	const struct ir_ins list = *ir_at(l->f, r);
	for (uint32_t a = 1; a < list.nargs; a++) {
		ir_ref k = iterate_const(&l->fl, r, const_int(l->s->u, list.imm + a));
		for (uint32_t n = 0; n < e->n; n++) {
			ir_ref v = list.args[a];
			if (e->tables)
				v = iterate_insert(&l->fl, r, IRO(index), 2, (ir_ref[]){ v, iterate_const(&l->fl, r, e->fields[n]) });
			iterate_insert(&l->fl, r, IRO(elemset), 3, (ir_ref[]){ e->row[n], k, v });
		}
	}
	iterate_become(&l->fl, r, IRO(nop), 0, NULL);
}

void elems_make(struct lists *l, struct elems *e, int64_t most)
{
	struct ir_unit *u = l->s->u;
	ir_ref at = ir_at(l->f, e->rec->value)->next;
	e->row = arena_array(u->scratch, ir_ref, e->n + 1);
	for (uint32_t k = 0; k < e->n; k++) {
		const struct ir_elems row = { .most = (uint32_t)most };
		e->row[k] = iterate_insert(&l->fl, at, IRO(elems), 0, NULL);
		ir_at(l->f, e->row[k])->aux = u->nelems;
		arena_push(u->arena, u->elems, u->nelems, u->cap_elems, row);
	}
	if (e->tables)
		e->some = iterate_insert(&l->fl, at, IRO(newtable), 0, NULL);
	for (uint32_t k = 0; k < e->rec->nuses; k++)
		if (ir_at(l->f, e->rec->uses[k])->op == IRO(setlist))
			put_made(l, e, e->rec->uses[k]);
}

static ir_ref row_of_field(const struct elems *e, const pg_value *key)
{
	for (uint32_t k = 0; k < e->n; k++)
		if (ir_same_value(e->fields[k], key))
			return e->row[k];
	return 0;
}

/* May that row be written to between a and b, which is behind it? Whose place it is does not matter: it may be the same. */
static bool is_written_between(const struct lists *l, const struct elems *e, ir_ref row, ir_ref a, ir_ref b)
{
	for (uint32_t k = 0; k < e->nwrites && !MUTANT(element_stale); k++) {
		const ir_ref write = e->writes[k];
		const struct ir_ins *i = ir_at(l->f, write);
		const ir_ref to = i->op == IRO(elemset) ? i->args[0] : row_of_field(e, record_key_of(l->s, write));
		if (to == row && reach_use(l->f, a, a, reach_is, &write) && reach_use(l->f, write, a, reach_is, &b))
			return true;
	}
	return false;
}

/* What the same field of the same element was found to hold, or was given, before on every way to r; or 0. It is that still, and
 * what was tested of it is known. */
static ir_ref known_before(const struct lists *l, const struct elems *e, ir_ref row, ir_ref element, ir_ref r)
{
	for (ir_ref b = row ? e->last[element] : 0; b; b = e->before[b])
		if (ir_at(l->f, b)->args[0] == row && reach_before(l->f, b, r) && !is_written_between(l, e, row, b, r))
			return ir_at(l->f, b)->op == IRO(elemset) ? ir_at(l->f, b)->args[2] : b;
	return 0;
}

/* Lua's error where there is no such element. */
static void check_there(struct lists *l, ir_ref r, const struct ir_ins *access)
{
	ir_ref check = iterate_insert(&l->fl, r, IRO(indexed), 2, access->args);
	ir_at(l->f, check)->names = access->names;
	ir_at(l->f, check)->raised = access->raised;
}

/* r reads or writes a field of it now. */
static void note_access(const struct elems *e, ir_ref element, ir_ref r)
{
	e->before[r] = e->last[element];
	e->last[element] = r;
}

static void read_field(struct lists *l, const struct elems *e, ir_ref r)
{
	const struct ir_ins old = *ir_at(l->f, r);
	const ir_ref row = row_of_field(e, record_key_of(l->s, r)), element = e->taken[old.args[0]];
	const ir_ref before = known_before(l, e, row, element, r);
	if (before) {
		l->to[r] = before;
		ir_remove(l->f, r);
		return;
	}
	check_there(l, r, &old);
	iterate_become(&l->fl, r, row ? IRO(elemget) : IRO(const), row ? 2 : 0, (ir_ref[]){ row, ir_at(l->f, element)->args[1] });
	ir_at(l->f, r)->names = NULL;
	if (row)
		note_access(e, element, r);
	else
		ir_at(l->f, r)->k = &const_nil;
}

static void write_field(struct lists *l, const struct elems *e, ir_ref r)
{
	const struct ir_ins old = *ir_at(l->f, r);
	const ir_ref element = e->taken[old.args[0]], place = ir_at(l->f, element)->args[1];
	check_there(l, r, &old);
	iterate_become(&l->fl, r, IRO(elemset), 3, (ir_ref[]){ row_of_field(e, record_key_of(l->s, r)), place, old.args[2] });
	ir_at(l->f, r)->names = NULL;
	note_access(e, element, r);
}

void elems_use_fields(struct lists *l, const struct elems *e)
{
	for (uint32_t o = 0; e->tables && o < l->f->nrpo; o++)
		for (ir_ref next, r = ir_block(l->f, l->f->rpo[o])->first; r; r = next) {
			const struct ir_ins *i = ir_at(l->f, r);
			next = i->next;
			if (r >= l->nto || !i->nargs || !e->taken[i->args[0]])
				continue;
			if (i->op == IRO(index))
				read_field(l, e, r);
			else if (i->op == IRO(setindex))
				write_field(l, e, r);
		}
}

void elems_put(struct gap *g, ir_blk b, const struct elems *e, ir_ref k, ir_ref v)
{
	struct flow *fl = &g->l->fl;
	for (uint32_t i = 0; i < e->n; i++) {
		ir_ref x = v;
		if (e->tables) {
			ir_ref key = flow_const(fl, b, g->site, e->fields[i]);
			x = flow_emit(fl, b, g->site, IRO(index), 2, (ir_ref[]){ v, key });
		}
		flow_emit(fl, b, g->site, IRO(elemset), 3, (ir_ref[]){ e->row[i], k, x });
	}
}

ir_ref elems_get(struct gap *g, ir_blk b, const struct elems *e, ir_ref k)
{
	return e->tables ? e->some : flow_emit(&g->l->fl, b, g->site, IRO(elemget), 2, (ir_ref[]){ e->row[0], k });
}

void elems_made(struct lists *l, const struct elems *e, ir_ref r)
{
	if (!e->tables) {
		iterate_become(&l->fl, r, IRO(elemget), 2, (ir_ref[]){ e->row[0], ir_at(l->f, r)->args[1] });
		return;
	}
	l->to[r] = e->some;
	ir_remove(l->f, r);
}
