/*
 * alike.c - captured tables that meet tables made in kernel code where a loop begins: what is read of them goes into a table
 * that is made where they come from, and then tables made here alone meet (records.c).
 *
 *     local t = { port = n }                 t0 = newtable, .port = n
 *     for i = 1, n do t = rows[i] or t end   r = rows[i]      ->      t' = newtable, .port = r.port
 *     return t.port                          jmp -> loop(r)           jmp -> loop(t')
 *
 * Captured tables do not change, and nobody may compare or write one of these: so nobody can tell them from that.
 */
#include "opt/choose.h"
#include "opt/iterate.h"

enum { MOST_KEYS = 16 };

struct alike {
	struct flow *fl;
	struct ir_fn *f;
	bool *is;              /* by value: a parameter where they meet, or what a test made of it */
	ir_ref key[MOST_KEYS]; /* constants: what is read of them */
	uint32_t n;
};

#define TABLES (IR_BIT(IR_HOST) | IR_BIT(IR_REC))

/* ---- where they meet ---- */

static bool is_table(const struct alike *s, ir_ref v)
{
	const struct ir_type *t = &ir_at(s->f, v)->type;
	return ir_at(s->f, v)->op == IRO(param) && ir_at(s->f, v)->block != 1 && !share_is_entry(s->f, ir_at(s->f, v)->block) &&
	       t->kinds & TABLES;
}

static bool take_in(struct alike *s, ir_ref v)
{
	bool new = !s->is[v];
	s->is[v] = true;
	return new;
}

static bool go_on(struct alike *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	bool any = i->op == IRO(pi) && s->is[i->args[0]] && take_in(s, r);
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++) {
			ir_ref to = ir_block(s->f, i->succ[e].to)->params[a], from = ir_untested(s->f, i->succ[e].args[a]);
			if (s->is[i->succ[e].args[a]])
				any |= take_in(s, to);
			if (s->is[to] && is_table(s, from))
				any |= take_in(s, from);
		}
	return any;
}

static void follow(struct alike *s, ir_ref param)
{
	s->is = arena_array(s->fl->u->scratch, bool, s->f->nins);
	s->is[param] = true;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = 0; o < s->f->nrpo; o++)
			for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next)
				more |= go_on(s, r);
	}
}

/* ---- what is done with them ---- */

static bool add_key(struct alike *s, ir_ref key)
{
	const pg_value *k = ir_at(s->f, key)->type.k;
	if (!k || (k->kind != PG_STR && k->kind != PG_INT))
		return false;
	for (uint32_t i = 0; i < s->n; i++)
		if (ir_same_value(ir_at(s->f, s->key[i])->type.k, k))
			return true;
	if (s->n == MOST_KEYS)
		return false;
	s->key[s->n++] = key;
	return true;
}

static bool is_nil(const struct alike *s, ir_ref r)
{
	return ir_at(s->f, r)->type.kinds == IR_BIT(IR_NIL);
}

static bool may_use(struct alike *s, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(branch): case IRO(not): case IRO(pi):
		return true;
	case IRO(index):
		return !s->is[i->args[1]] && add_key(s, i->args[1]);
	case IRO(eq):
		return is_nil(s, i->args[0]) || is_nil(s, i->args[1]);
	default:
		return false;
	}
}

static bool is_read_alone(struct alike *s)
{
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next) {
			const struct ir_ins *i = ir_at(s->f, r);
			bool uses = false;
			for (uint32_t a = 0; a < i->nargs; a++)
				uses |= s->is[i->args[a]];
			if (uses && !may_use(s, i))
				return false;
		}
	return true;
}

/* ---- where they come from ---- */

/* A table without a metatable, whose values under these keys have a form at run time. */
static bool is_plain(const struct alike *s, const pg_value *of)
{
	for (uint32_t i = 0; choose_bare(of) && i < s->n; i++) {
		pg_value v;
		if (s->fl->u->source->index(s->fl->u, of->id, ir_at(s->f, s->key[i])->type.k, &v) < 0 || !choose_plain(&v))
			return false;
	}
	return choose_bare(of);
}

/* Is v surely a captured table, and a plain one? */
static bool is_captured(const struct alike *s, ir_ref v)
{
	struct choice c;
	const pg_value *k = ir_at(s->f, v)->type.k;
	ir_ref base = ir_untested(s->f, v);
	if (k)
		return is_plain(s, k);
	if (!choose_is(s->fl, base) || !choose_table(&c, s->fl, base) || choose_left(s->f, v) & IR_BIT(IR_NIL))
		return false;
	for (uint32_t i = 0; i < c.n; i++)
		if (!is_plain(s, c.pairs[i].value))
			return false;
	return true;
}

enum source { MADE, CAPTURED, OTHER };

static enum source source_of(const struct alike *s, ir_ref v)
{
	const struct ir_type *t = &ir_at(s->f, v)->type;
	if (s->is[v] || s->is[ir_untested(s->f, v)] || is_nil(s, v) || (!type_is_pending(t) && t->kinds == IR_BIT(IR_REC)))
		return MADE;
	return is_captured(s, v) ? CAPTURED : OTHER;
}

/* How many ways bring captured tables; UINT32_MAX: some bring what is neither. */
static uint32_t count_captured(const struct alike *s)
{
	uint32_t n = 0;
	for (uint32_t o = 0; o < s->f->nrpo; o++) {
		const struct ir_ins *t = ir_at(s->f, ir_block(s->f, s->f->rpo[o])->last);
		for (uint32_t e = 0; e < t->nsucc; e++)
			for (uint32_t a = 0; a < t->succ[e].nargs; a++) {
				if (!s->is[ir_block(s->f, t->succ[e].to)->params[a]])
					continue;
				enum source from = source_of(s, t->succ[e].args[a]);
				if (from == OTHER)
					return UINT32_MAX;
				n += from == CAPTURED;
			}
	}
	return n;
}

/* ---- instead ---- */

static ir_ref make(const struct alike *s, ir_ref at, ir_ref of)
{
	ir_ref t = iterate_insert(s->fl, at, IRO(newtable), 0, NULL);
	for (uint32_t i = 0; i < s->n; i++) {
		ir_ref key = iterate_const(s->fl, at, ir_at(s->f, s->key[i])->type.k);
		ir_ref v = iterate_insert(s->fl, at, IRO(index), 2, (ir_ref[]){ of, key });
		iterate_insert(s->fl, at, IRO(setindex), 3, (ir_ref[]){ t, key, v });
	}
	return t;
}

static void make_all(const struct alike *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_ref t = ir_block(f, f->rpo[o])->last;
		for (uint32_t e = 0; e < ir_at(f, t)->nsucc; e++)
			for (uint32_t a = 0; a < ir_at(f, t)->succ[e].nargs; a++) {
				ir_ref v = ir_at(f, t)->succ[e].args[a];
				if (!s->is[ir_block(f, ir_at(f, t)->succ[e].to)->params[a]] || source_of(s, v) != CAPTURED)
					continue;
				ir_ref made = make(s, t, v);
				ir_at(f, t)->succ[e].args[a] = made;
			}
	}
}

static bool make_alike(struct flow *fl, ir_ref param)
{
	struct alike s = { .fl = fl, .f = fl->f };
	uint64_t kinds = ir_at(fl->f, param)->type.kinds;
	if ((kinds & TABLES) != TABLES || !is_table(&s, param))
		return false;
	follow(&s, param);
	uint32_t n = is_read_alone(&s) ? count_captured(&s) : 0;
	if (!n || n == UINT32_MAX)
		return false;
	make_all(&s);
	return true;
}

int alike_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; fl->u->ways && o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && k->loop && i < k->nparams; i++)
			if (make_alike(fl, k->params[i]))
				return 1;
	}
	return 0;
}
