/*
 * kept.c - functions that a loop makes and keeps past the turn, beside others that may be called in their place.
 *
 *     for i = 1, n do                        x = cell i                  x = cell i
 *       if t[i] then                         f' = closure x       ->     set X, get x
 *         f = function() return i end        jmp -> loop(f')             f' = closure X
 *       end
 *     end
 *     f()
 *
 * Where it is called, nobody knows which turn's variable it shares. One that is not assigned any more once the function is
 * made is as good as its value: that goes into a variable of its own (X), made before all loops. So it can be only where none
 * such function is left when the next one is made, and where nothing is done with it but to call it or to ask for it. One that
 * is made in each turn, and kept in some, is made where it is kept.
 */
#include "opt/iterate.h"
#include "opt/reach.h"

struct made {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref closure;
	bool *is;              /* by value: it may be this function */
	bool called;           /* as one of several */
};

/* ---- what is done with it ---- */

static bool is_nil(const struct made *m, ir_ref r)
{
	return ir_at(m->f, r)->type.kinds == IR_BIT(IR_NIL);
}

/* Is it called, as argument a of i: by itself, or by pcall? */
static bool is_called(const struct made *m, const struct ir_ins *i, uint32_t a)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(m->f, i->args[0])->type.row : NULL;
	return i->op == IRO(call) && (!a || (a == 1 && row && ir_lib_expands(row) && row->imm == IR_EXPAND_PCALL));
}

static bool asks(const struct made *m, const struct ir_ins *i)
{
	return i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(pi) ||
	       (i->op == IRO(eq) && (is_nil(m, i->args[0]) || is_nil(m, i->args[1])));
}

/* Is it asked for, or called, and no more? */
static bool is_used_well(struct made *m, const struct ir_ins *i)
{
	for (uint32_t a = 0; a < i->nargs; a++) {
		const struct ir_type *t = &ir_at(m->f, i->args[a])->type;
		if (m->is[i->args[a]] && is_called(m, i, a))
			m->called |= !t->def && !t->k;
		else if (m->is[i->args[a]] && !asks(m, i))
			return false;
	}
	return true;
}

static bool is_kept_well(struct made *m)
{
	for (uint32_t o = 0; o < m->f->nrpo; o++)
		for (ir_ref r = ir_block(m->f, m->f->rpo[o])->first; r; r = ir_at(m->f, r)->next)
			if (!is_used_well(m, ir_at(m->f, r)))
				return false;
	return m->called;
}

/* ---- which one it is ---- */

struct use { const struct ir_fn *f; ir_ref v; };

static bool uses(const void *arg, ir_ref r)
{
	const struct use *u = arg;
	return ir_uses(ir_at(u->f, r), u->v);
}

/* Is the one of a turn before still there, under the name v, when this one is made? */
static bool outlives(const struct made *m, ir_ref v)
{
	const struct use use = { m->f, v };
	return m->is[v] && v != m->closure && reach_use(m->f, m->closure, v, uses, &use);
}

static bool is_alone(const struct made *m)
{
	for (uint32_t o = 0; o < m->f->nrpo; o++) {
		const struct ir_block *k = ir_block(m->f, m->f->rpo[o]);
		for (uint32_t i = 0; i < k->nparams; i++)
			if (outlives(m, k->params[i]))
				return false;
		for (ir_ref r = k->first; r; r = ir_at(m->f, r)->next)
			if (outlives(m, r))
				return false;
	}
	return true;
}

static bool is_the_set(const void *arg, ir_ref r)
{
	return *(const ir_ref *)arg == r;
}

/* Is the variable one of a loop, assigned before the function is made, and not again while it is the same one? */
static bool is_value(const struct made *m, ir_ref cell)
{
	const struct ir_ins *i = ir_at(m->f, cell);
	if (i->op != IRO(cell) || i->block == 1)
		return false;
	ir_ref set = cells_only_set(m->fl->u, m->f, cell);
	return set && reach_before(m->f, set, m->closure) &&
	       (set == cell || !reach_use(m->f, m->closure, cell, is_the_set, &set));
}

/* Made anew where the way t takes leads to where it is kept. */
static int make_at(const struct made *m, ir_ref t)
{
	struct ir_fn *f = m->f;
	int done = 0;
	for (uint32_t s = 0; ir_at(f, m->closure)->next != t && s < ir_at(f, t)->nsucc; s++)
		for (uint32_t a = 0; a < ir_at(f, t)->succ[s].nargs; a++) {
			if (ir_at(f, t)->succ[s].args[a] != m->closure)
				continue;
			ir_ref again = iterate_insert(m->fl, t, IRO(closure), ir_at(f, m->closure)->nargs, ir_at(f, m->closure)->args);
			ir_at(f, again)->aux = ir_at(f, m->closure)->aux;
			ir_at(f, again)->imm = ir_at(f, m->closure)->imm;
			ir_at(f, t)->succ[s].args[a] = again;
			done++;
		}
	return done;
}

static int make_later(const struct made *m)
{
	int done = 0;
	bool any = false;
	for (uint32_t a = 0; a < ir_at(m->f, m->closure)->nargs; a++)
		any |= is_value(m, ir_at(m->f, m->closure)->args[a]);
	for (uint32_t o = 0; any && o < m->f->nrpo; o++)
		done += make_at(m, ir_block(m->f, m->f->rpo[o])->last);
	return done;
}

/* ---- its variables ---- */

static ir_ref put_before_loops(const struct made *m, ir_ref cell)
{
	struct flow *fl = m->fl;
	ir_ref first = ir_block(m->f, 1)->first, nil = iterate_const(fl, first, &const_nil);
	ir_at(m->f, nil)->aux = IR_NEVER; /* it is set before there is a function that reads it */
	ir_ref kept = iterate_insert(fl, first, IRO(cell), 1, &nil);
	ir_ref v = iterate_insert(fl, m->closure, IRO(cellget), 1, &cell);
	iterate_insert(fl, m->closure, IRO(cellset), 2, (ir_ref[]){ kept, v });
	return kept;
}

static int keep(const struct made *m)
{
	int done = 0;
	for (uint32_t a = 0; a < ir_at(m->f, m->closure)->nargs; a++)
		if (is_value(m, ir_at(m->f, m->closure)->args[a])) {
			ir_ref kept = put_before_loops(m, ir_at(m->f, m->closure)->args[a]);
			ir_at(m->f, m->closure)->args[a] = kept;
			done++;
		}
	return done;
}

int kept_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	int done = 0;
	if (!fl->u->ways || fl->u->nsubs)
		return 0;
	ir_need_tree(f);
	for (ir_ref r = 1; r < f->nins && !done; r++) {
		struct made m = { .fl = fl, .f = f, .closure = r };
		if (ir_at(f, r)->op != IRO(closure) || !ir_at(f, r)->block || !fl->exec[ir_at(f, r)->block])
			continue;
		m.is = arena_array(fl->u->scratch, bool, f->nins);
		m.is[r] = true;
		reach_values(f, m.is, NULL);
		if (is_kept_well(&m))
			done = is_alone(&m) ? keep(&m) : make_later(&m);
	}
	return done;
}
