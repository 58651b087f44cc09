/*
 * asking.c - look-ups in captured tables of tables of which nothing is asked: rows[k].limit, where k may be no key.
 *
 * They are done for before it is known what can be raised (choose_uses.c, columns.c); so what raises where nothing was found is noted
 * there, for the pass `doubts`. No warning comes where a reader may see more than the compiler:
 *
 *   rows[k] and rows[k].limit    a look-up that the source has so is tested somewhere
 *   k <= 3 and rows[k].limit     the key, or what it is made of, is compared
 *   for i = 1, n do rows[i]      it is a loop's, or one thing or another by the way taken
 *   rows[k & 3].limit            what inside.c knows
 */
#include "opt/opt.h"
#include "opt/passes.h"

#include <string.h>

enum { DEEP = 3 };

static bool is_arith(const struct ir_ins *i)
{
	return i->op == IRO(add) || i->op == IRO(sub) || i->op == IRO(mul) || i->op == IRO(mod) || i->op == IRO(idiv) ||
	       i->op == IRO(unm) || ir_is_bitwise((enum ir_op)i->op);
}

/* ---- what is asked of a key ---- */

/* One value, or two look-ups that the source has alike. */
static bool is_same(struct flow *fl, ir_ref a, ir_ref b)
{
	const struct ir_ins *x = ir_at(fl->f, ir_untested(fl->f, a)), *y = ir_at(fl->f, ir_untested(fl->f, b));
	if (x == y || x->op != IRO(index) || y->op != IRO(index))
		return x == y;
	const char *s = doubts_source(fl->u->arena, fl->f, x), *t = doubts_source(fl->u->arena, fl->f, y);
	return s && t && !strcmp(s, t);
}

static bool is_compared(struct flow *fl, ir_ref v)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next) {
			const struct ir_ins *i = ir_at(fl->f, r);
			if ((i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(eq)) &&
			    (is_same(fl, i->args[0], v) || is_same(fl, i->args[1], v)))
				return true;
		}
	return false;
}

static bool is_bounded(struct flow *fl, ir_ref key, unsigned depth)
{
	const struct ir_ins *i = ir_at(fl->f, ir_untested(fl->f, key));
	if (i->op == IRO(const))
		return false;
	if ((i->op == IRO(param) && i->block != 1) || is_compared(fl, key))
		return true;
	for (uint32_t a = 0; depth && is_arith(i) && a < i->nargs; a++)
		if (is_bounded(fl, i->args[a], depth - 1))
			return true;
	return false;
}

/* ---- what is asked of what is found ---- */

static bool is_tested(const struct ir_fn *f, ir_ref index)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			const bool asks = i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(eq) || i->op == IRO(isof) || i->op == IRO(call);
			for (uint32_t a = i->op == IRO(call); asks && a < i->nargs; a++)
				if (ir_untested(f, i->args[a]) == index)
					return true;
		}
	return false;
}

bool asking_is(const struct ir_unit *u, const char *source)
{
	for (uint32_t i = 0; i < u->nasked; i++)
		if (source && u->asked[i] ? !strcmp(u->asked[i], source) : source == u->asked[i])
			return true;
	return false;
}

void asking_of(struct flow *fl, ir_ref index)
{
	struct ir_unit *u = fl->u;
	const struct ir_ins *i = ir_at(fl->f, index);
	fl->doubted = 0;
	if (i->op != IRO(index) || u->sites[i->site].parted)
		return;
	if (is_tested(fl->f, index)) {
		const char *source = doubts_source(u->arena, fl->f, i);
		arena_push(u->arena, u->asked, u->nasked, u->cap_asked, source);
	} else if (!is_bounded(fl, i->args[1], DEEP) && !inside_is(u, fl->f, i)) {
		fl->doubted = index;
	}
}
