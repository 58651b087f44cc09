/*
 * fixed.c - tables made in kernel code that hold constants, are never written again, and meet captured ones:
 * `rules[k] or { limit = 10 }`, `ipairs(row.deny or {})`; or are read by what they gave, `state = step[state]`. Nobody can tell
 * them from captured tables, so they are such.
 *
 * Their values go by branches and tests to where they are read; whoever compares two, keeps, sends or changes one knows it for
 * a table of its own, and it is left to records.c.
 */
#include "core/mutant.h"
#include "opt/choose.h"
#include "opt/iterate.h"

struct fixed {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref made;
	bool *is;            /* by value: it may be this table */
	bool meets;          /* one that may be a captured table, too */
	struct pair *pairs;
	uint32_t n, cap;
	uint32_t setters;    /* which put something into it, where it is made */
};

static const struct ir_type *type_of(const struct fixed *x, ir_ref r)
{
	return &ir_at(x->f, r)->type;
}

/* ---- where it goes ---- */

static bool take_in(struct fixed *x, ir_ref v)
{
	bool new = !x->is[v];
	x->is[v] = true;
	x->meets |= type_is_pending(type_of(x, v)) || type_of(x, v)->kinds & IR_BIT(IR_HOST);
	return new;
}

static bool go_on(struct fixed *x, ir_ref r)
{
	const struct ir_ins *i = ir_at(x->f, r);
	bool any = i->op == IRO(pi) && x->is[i->args[0]] && take_in(x, r);
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (x->is[i->succ[s].args[a]])
				any |= take_in(x, ir_block(x->f, i->succ[s].to)->params[a]);
	return any;
}

static void follow(struct fixed *x)
{
	bool more = true;
	x->is = arena_array(x->fl->u->scratch, bool, x->f->nins);
	x->is[x->made] = true;
	while (more) {
		more = false;
		for (uint32_t o = 0; o < x->f->nrpo; o++)
			for (ir_ref r = ir_block(x->f, x->f->rpo[o])->first; r; r = ir_at(x->f, r)->next)
				more |= go_on(x, r);
	}
}

/* ---- what it holds ---- */

static bool put(struct fixed *x, const pg_value *key, const pg_value *v)
{
	if (!key || !v || !choose_plain(key) || key->kind == PG_NIL || v->kind == PG_NIL)
		return false;
	for (uint32_t i = 0; i < x->n; i++)
		if (ir_same_value(x->pairs[i].key, key))
			return false;
	arena_push(x->fl->u->scratch, x->pairs, x->n, x->cap, ((struct pair){ key, v }));
	return true;
}

static bool is_setter(const struct fixed *x, const struct ir_ins *i)
{
	return (i->op == IRO(setindex) || i->op == IRO(setlist)) && i->args[0] == x->made;
}

static bool set(struct fixed *x, const struct ir_ins *i)
{
	if (i->op == IRO(setindex) && i->aux)
		return false; /* what was a function: methods.c */
	if (i->op == IRO(setindex))
		return put(x, type_of(x, i->args[1])->k, type_of(x, i->args[2])->k);
	bool good = !(i->aux & (IR_OPEN | IR_MORE));
	for (uint32_t a = 1; good && a < i->nargs; a++)
		good = put(x, const_int(x->fl->u, i->imm + a), type_of(x, i->args[a])->k);
	return good;
}

/* Surely none? */
static bool is_no_table(const struct fixed *x, ir_ref r)
{
	const struct ir_type *t = type_of(x, r);
	return t->kinds && !type_is_pending(t) && !(t->kinds & (IR_BIT(IR_HOST) | IR_BIT(IR_REC)));
}

/* Does it ask of what type its argument is? */
static bool tells(const struct fixed *x, const struct ir_ins *call)
{
	const struct ir_lib *row = type_of(x, call->args[0])->row;
	return row && row->effects & IR_TELLS && call->nargs == 2;
}

/* May it be an argument of this, read, and no more? */
static bool reads(const struct fixed *x, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(branch): case IRO(not): case IRO(pi): case IRO(len):
		return true;
	case IRO(index):
		return !x->is[i->args[1]];
	case IRO(forcall):
		return !x->is[i->args[0]] && !x->is[i->args[2]];
	case IRO(eq):
		return is_no_table(x, i->args[0]) || is_no_table(x, i->args[1]);
	case IRO(call):
		return tells(x, i);
	default:
		return false;
	}
}

/* What is put into it is put there at once: `begun`, by anything else, it is complete. */
static bool look(struct fixed *x, const struct ir_ins *i, bool *begun)
{
	bool uses = false;
	for (uint32_t a = 0; a < i->nargs; a++)
		uses |= x->is[i->args[a]];
	if (!uses)
		return true;
	if (!*begun && is_setter(x, i))
		return x->setters++, set(x, i);
	*begun = true;
	return reads(x, i);
}

/* Does the guard catch nothing but what setters raise, which is nothing? */
static bool is_idle(const struct fixed *x, const struct ir_ins *guard)
{
	for (uint32_t o = 0; o < x->f->nrpo; o++)
		for (ir_ref r = ir_block(x->f, x->f->rpo[o])->first; r; r = ir_at(x->f, r)->next)
			if (ir_at(x->f, r)->raised == guard->args[0] && !is_setter(x, ir_at(x->f, r)))
				return false;
	return true;
}

/* What comes behind r in its block, and in the one it leads to where nothing else does, and r to no other: a pcall parts them. */
static ir_ref behind(const struct fixed *x, ir_ref r)
{
	const struct ir_ins *i = ir_at(x->f, r);
	bool on = (i->op == IRO(jmp) || (i->op == IRO(guard) && is_idle(x, i))) && ir_block(x->f, i->succ[0].to)->npreds == 1;
	return on ? ir_block(x->f, i->succ[0].to)->first : i->next;
}

static bool is_fixed(struct fixed *x)
{
	bool begun = false, late = true;
	uint32_t setters = 0;
	for (ir_ref r = behind(x, x->made); r; r = behind(x, r))
		if (!look(x, ir_at(x->f, r), &begun))
			return false;
	for (uint32_t o = 0; o < x->f->nrpo; o++)
		for (ir_ref r = ir_block(x->f, x->f->rpo[o])->first; r; r = ir_at(x->f, r)->next)
			if (is_setter(x, ir_at(x->f, r)))
				setters++;
			else if (!look(x, ir_at(x->f, r), &late))
				return false;
	return setters == x->setters || MUTANT(put_late);
}

/* ---- instead ---- */

/* The elements of the list come first, as pairs() gives them in Lua; n: how many are in their places before. */
static bool next_element(struct fixed *x, uint32_t n)
{
	for (uint32_t i = n; i < x->n; i++) {
		struct pair p = x->pairs[i];
		if (p.key->kind != PG_INT || p.key->i != (int64_t)n + 1)
			continue;
		memmove(&x->pairs[n + 1], &x->pairs[n], (i - n) * sizeof(p));
		x->pairs[n] = p;
		return true;
	}
	return false;
}

static void replace(struct fixed *x)
{
	struct ir_unit *u = x->fl->u;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * x->n + 1);
	uint32_t n = 0;
	while (next_element(x, n))
		n++;
	for (uint32_t i = 0; i < x->n; i++) {
		kv[2 * i] = *x->pairs[i].key;
		kv[2 * i + 1] = *x->pairs[i].value;
	}
	for (ir_ref r = x->made, next; r; r = next) {
		next = behind(x, r);
		if (is_setter(x, ir_at(x->f, r)))
			ir_remove(x->f, r);
	}
	iterate_become(x->fl, x->made, IRO(const), 0, NULL);
	ir_at(x->f, x->made)->k = const_new(u, (pg_value){ .kind = PG_TABLE, .id = u->source->table(u, kv, x->n) });
}

/* Is it read by a key that hangs on what is read of it, state = step[state]? Of a captured one that is known. */
static bool goes_by_itself(const struct fixed *x)
{
	for (uint32_t o = 0; o < x->f->nrpo; o++)
		for (ir_ref r = ir_block(x->f, x->f->rpo[o])->first; r; r = ir_at(x->f, r)->next) {
			const struct ir_ins *i = ir_at(x->f, r);
			if (i->op == IRO(index) && x->is[i->args[0]] && type_is_pending(type_of(x, i->args[1])))
				return true;
		}
	return false;
}

int fixed_known(struct flow *fl)
{
	int done = 0;
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next) {
			struct fixed x = { .fl = fl, .f = fl->f, .made = r };
			if (ir_at(fl->f, r)->op != IRO(newtable))
				continue;
			follow(&x);
			if ((x.meets || goes_by_itself(&x)) && is_fixed(&x)) {
				replace(&x);
				done++;
			}
		}
	return done;
}
