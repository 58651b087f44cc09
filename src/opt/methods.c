/*
 * methods.c - functions kept in tables that the function makes: `function t.get(self)` and a call of t:get().
 *
 * A field that is assigned once, before it is called and in the same table, holds that function: it is called by itself, and inlined. What
 * its body does to the table may be more than was known, so the look-up is left, marked: where it turns out that the
 * field is assigned again, it is refused. A function whose field nobody else reads is needed no more, nor are the
 * variables that it shares.
 * Should somebody turn out to read it after all, that is refused, too.
 *
 * Where it may be one of several functions, or none, and nothing else is left to be known, what the field of a single table
 * holds goes into a variable, too, and what is called is that one's:
 *
 *     t = {}  if a then t.f = g end  t:f()     ->     t = {}  v = nil  if a then v = g  t.f = g end  v(t)
 */
#include "core/mutant.h"
#include "opt/iterate.h"
#include "opt/reach.h"
#include "opt/records.h"

static const pg_value *name_of(const struct records *s, ir_ref access)
{
	return record_const(s, ir_at(s->f, access)->args[1]);
}

static bool is_read(const struct ir_ins *i)
{
	return i->op == IRO(index) || i->op == IRO(self);
}

/* Does the list that rec is made with, { a, b }, have a place for the field? What is in it is assigned without a name. */
static bool is_listed(const struct records *s, const struct rec *rec, ir_ref r, const pg_value *key)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->op == IRO(setlist) && record_of(s, i->args[0]) == rec && key->kind == PG_INT && key->i > i->imm &&
	       (i->aux & (IR_OPEN | IR_MORE) || key->i < i->imm + (int64_t)i->nargs);
}

/* The one assignment of the web's field, or 0; *others: there may be more, by keys not known or in a list. */
static ir_ref only_set(const struct records *s, const struct rec *web, const pg_value *key, bool *others)
{
	ir_ref set = 0;
	*others = false;
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; record_web(s, &s->v[v]) == web && k < s->v[v].nuses; k++) {
			ir_ref r = s->v[v].uses[k];
			const struct ir_ins *i = ir_at(s->f, r);
			bool mine = i->op == IRO(setindex) && record_of(s, i->args[0]) == &s->v[v];
			bool named = mine && name_of(s, r);
			*others |= is_listed(s, &s->v[v], r, key);
			if (!mine || (named && !ir_same_value(name_of(s, r), key)))
				continue;
			*others |= set || !named;
			set = r;
		}
	return *others ? 0 : set;
}

/* The one table that is made in the web; NULL: several are. */
static const struct rec *only_made(const struct records *s, const struct rec *web)
{
	const struct rec *made = NULL;
	for (uint32_t v = 0; v < s->n; v++)
		if (record_web(s, &s->v[v]) == web && record_made(s, &s->v[v])) {
			if (made)
				return NULL;
			made = &s->v[v];
		}
	return made;
}

/* Is the function that is set the same in every turn of a loop: is it, or all that it shares, made in none? */
static bool is_same_always(const struct records *s, ir_ref set)
{
	struct ir_fn *f = s->f;
	const ir_ref closure = ir_at(f, ir_at(f, set)->args[2])->type.def;
	const struct ir_ins *i = ir_at(f, closure);
	for (uint32_t a = 0; closure && a < i->nargs; a++)
		if (i->args[a] && reach_again(f, i->args[a]))
			return false;
	return true;
}

/* Is the table at `look` one whose field was set, to that function? Another one of the web may lack it, or have that of another turn:
 * that which was set is the very value that is looked up in, or every one is set before anything else is done with it, and alike. */
static bool is_of_same(const struct records *s, const struct rec *web, ir_ref set, ir_ref look)
{
	const ir_ref of = ir_at(s->f, set)->args[0];
	const struct rec *made = only_made(s, web);
	return reach_before(s->f, set, look) && (ir_untested(s->f, of) == ir_untested(s->f, ir_at(s->f, look)->args[0]) ||
						 (made && record_of(s, of) == made && given_first(s, made, set) && is_same_always(s, set)));
}

static bool is_function(const struct ir_type *t)
{
	return (t->kinds == IR_BIT(IR_FUNC) && t->def) || (t->k && (t->k->kind == PG_FUNC || t->k->kind == PG_LIB));
}

/* The function that a look-up surely finds, which is marked; 0: not known. */
static ir_ref find_function(struct records *s, ir_ref look)
{
	struct ir_fn *f = s->f;
	const struct rec *rec = is_read(ir_at(f, look)) ? record_of(s, ir_at(f, look)->args[0]) : NULL;
	const pg_value *key = rec ? name_of(s, look) : NULL;
	bool others;
	ir_ref set = key ? only_set(s, record_web(s, rec), key, &others) : 0;
	if (!set || !is_of_same(s, record_web(s, rec), set, look) || !is_function(&ir_at(f, ir_at(f, set)->args[2])->type) ||
	    ir_at(f, ir_at(f, look)->args[0])->type.kinds != IR_BIT(IR_REC))
		return 0;
	ir_at(f, look)->aux = LOOK_FOUND;
	return ir_at(f, set)->args[2];
}

/* What is called, or asked for before: `t.f and t.f(x)`. Whoever else gets what was looked up gets the function, too. */
static int find_callees(struct records *s)
{
	struct ir_fn *f = s->f;
	ir_ref *to = arena_array(s->u->scratch, ir_ref, f->nins);
	int found = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			bool asks = ir_at(f, r)->op == IRO(call) || ir_at(f, r)->op == IRO(branch);
			ir_ref look = asks ? ir_at(f, r)->args[0] : 0;
			if (look && !to[look] && (to[look] = find_function(s, look)))
				found++;
		}
	if (found)
		ir_rename(f, to);
	return found;
}

/* Does r assign to a field of a table of the web, and put none of them anywhere itself? Where one is put, its fields are read by
 * other names. */
static bool only_assigns(const struct records *s, const struct rec *web, const struct ir_ins *i)
{
	for (uint32_t a = 1; a < i->nargs; a++)
		if (record_of(s, i->args[a]) && record_web(s, record_of(s, i->args[a])) == web && !MUTANT(put_elsewhere))
			return false;
	return i->op == IRO(setindex) || i->op == IRO(setlist) || i->op == IRO(cell);
}

/* Does all that is done with the web's field call what was found? What a parameter may hold, may be read by it. */
static bool is_only_called(const struct records *s, const struct rec *web, const pg_value *key)
{
	for (uint32_t v = 0; v < s->n && !web->passed; v++)
		for (uint32_t k = 0; record_web(s, &s->v[v]) == web && k < s->v[v].nuses; k++) {
			ir_ref r = s->v[v].uses[k];
			const struct ir_ins *i = ir_at(s->f, r);
			bool read = is_read(i) && record_of(s, i->args[0]) == &s->v[v];
			if ((read && i->aux != LOOK_FOUND && (!name_of(s, r) || ir_same_value(name_of(s, r), key))) ||
			    (!read && !only_assigns(s, web, i)))
				return false;
		}
	return !web->passed;
}

/* Does r give a field of rec nothing but functions, which all that is done with the field calls? */
static bool may_drop(const struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->op == IRO(setindex) && record_of(s, i->args[0]) == rec && name_of(s, r) &&
	       ir_at(s->f, i->args[2])->type.kinds == IR_BIT(IR_FUNC) && is_only_called(s, record_web(s, rec), name_of(s, r));
}

/* What is kept there is true from now on: something. New values are no table's, so they are made when all is looked at. */
static int drop_functions(struct records *s)
{
	struct flow fl = { .u = s->u, .f = s->f };
	ir_ref *drops = NULL;
	uint32_t n = 0, cap = 0;
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; k < s->v[v].nuses; k++)
			if (may_drop(s, &s->v[v], s->v[v].uses[k]))
				arena_push(s->u->scratch, drops, n, cap, s->v[v].uses[k]);
	for (uint32_t d = 0; d < n; d++) {
		ir_ref some = iterate_const(&fl, drops[d], &const_true);
		ir_at(s->f, drops[d])->args[2] = some;
		ir_at(s->f, drops[d])->aux = LOOK_FOUND;
	}
	return (int)n;
}

int methods_known(struct records *s)
{
	int found = find_callees(s);
	return found ? found : drop_functions(s);
}

/* ---- a variable beside the field ---- */

/* Accesses to one field of one table. */
struct field {
	const struct rec *rec;
	const pg_value *key;
	bool kept;             /* some are read from a variable already */
};

static bool is_set(const struct records *s, const struct rec *rec, ir_ref r)
{
	return ir_at(s->f, r)->op == IRO(setindex) && record_of(s, ir_at(s->f, r)->args[0]) == rec;
}

static bool is_of_field(const struct records *s, const struct field *d, ir_ref r)
{
	return name_of(s, r) && ir_same_value(name_of(s, r), d->key);
}

/* Is each assignment one to the table itself, by a name, and none later than what was read of a variable before? */
static bool may_keep(const struct records *s, const struct field *d)
{
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		const ir_ref r = d->rec->uses[k];
		const struct ir_ins *i = ir_at(s->f, r);
		if (is_listed(s, d->rec, r, d->key))
			return false;
		if (!is_set(s, d->rec, r))
			continue;
		if (!name_of(s, r) || (is_of_field(s, d, r) && (i->aux == LOOK_FOUND || (d->kept && i->aux != LOOK_KEPT))))
			return false;
	}
	return true;
}

/* Does r call what a look-up in the table by a name gives, and give it the table: t:f(), or local f = t.f if f then f(t) end?
 * The field. */
static bool calls_own(const struct records *s, const struct rec *rec, ir_ref r, struct field *out)
{
	const ir_ref look = ir_at(s->f, r)->op == IRO(call) ? ir_untested(s->f, ir_at(s->f, r)->args[0]) : 0;
	const struct ir_ins *i = ir_at(s->f, look);
	if (!look || !is_read(i) || i->aux || record_of(s, i->args[0]) != rec || !record_sure(s, i->args[0]) || !name_of(s, look))
		return false;
	*out = (struct field){ .rec = rec, .key = name_of(s, look) };
	for (uint32_t k = 0; k < rec->nuses; k++) {
		const struct ir_ins *u = ir_at(s->f, rec->uses[k]);
		out->kept |= is_read(u) && u->aux == LOOK_KEPT && is_of_field(s, out, rec->uses[k]);
	}
	return may_keep(s, out);
}

static int keep(struct records *s, const struct field *d)
{
	struct flow fl = { .u = s->u, .f = s->f };
	struct ir_fn *f = s->f;
	ir_ref nil = iterate_const(&fl, d->rec->value, &const_nil);
	ir_ref cell = iterate_insert(&fl, d->rec->value, IRO(cell), 1, &nil);
	ir_ref *to = arena_array(s->u->scratch, ir_ref, f->nins + 2 * d->rec->nuses);
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		const ir_ref r = d->rec->uses[k];
		if (is_set(s, d->rec, r) && is_of_field(s, d, r)) {
			iterate_insert(&fl, r, IRO(cellset), 2, (ir_ref[]){ cell, ir_at(f, r)->args[2] });
			ir_at(f, r)->aux = LOOK_KEPT;
		} else if (is_read(ir_at(f, r)) && !ir_at(f, r)->aux && is_of_field(s, d, r) && record_called(f, r)) {
			to[r] = iterate_insert(&fl, r, IRO(cellget), 1, &cell);
			ir_at(f, r)->aux = LOOK_KEPT;
		}
	}
	ir_rename(f, to);
	return 1;
}

int methods_kept(struct records *s)
{
	struct field d;
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; record_alone(s, &s->v[v]) && k < s->v[v].nuses; k++)
			if (!s->v[v].held && !s->v[v].waits && !s->v[v].done && calls_own(s, &s->v[v], s->v[v].uses[k], &d))
				return keep(s, &d);
	return 0;
}

/* May more be assigned to the field than went into the variable that r was read from? */
static bool is_set_beside(const struct records *s, const struct rec *web, ir_ref r)
{
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; record_web(s, &s->v[v]) == web && k < s->v[v].nuses; k++) {
			const ir_ref set = s->v[v].uses[k];
			if (is_set(s, &s->v[v], set) && ir_at(s->f, set)->aux != LOOK_KEPT &&
			    (!name_of(s, set) || ir_same_value(name_of(s, set), name_of(s, r))))
				return true;
		}
	return false;
}

bool methods_assigned_again(const struct records *s, const struct rec *web, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	bool others, read = is_read(i) && name_of(s, r);
	if (read && i->aux == LOOK_KEPT)
		return is_set_beside(s, web, r);
	ir_ref set = read ? only_set(s, web, name_of(s, r), &others) : 0;
	return read && (i->aux == LOOK_FOUND ? !set || !is_of_same(s, web, set, r) : set && ir_at(s->f, set)->aux == LOOK_FOUND);
}
