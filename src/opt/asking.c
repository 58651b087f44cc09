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

enum { MOST_SOUGHT = 1 << (DEEP + 1) };

/* A look-up: what is sought is gone through the function for once. */
struct asking {
	struct flow *fl;
	ir_ref index;
	struct sought { ir_ref v; const char *source; } keys[MOST_SOUGHT]; /* the key, and what it is made of; `source` of a look-up */
	uint32_t n;
	bool tested;   /* something is asked of what is found */
	bool bounded;  /* the key is compared, or goes with the turns of a loop, or by the way taken */
};

static void seek_key(struct asking *a, ir_ref key, unsigned depth)
{
	const struct ir_fn *f = a->fl->f;
	const ir_ref v = ir_untested(f, key);
	const struct ir_ins *i = ir_at(f, v);
	if (i->op == IRO(const) || a->n == MOST_SOUGHT)
		return;
	a->bounded |= i->op == IRO(param) && i->block != 1;
	a->keys[a->n++] = (struct sought){ v, i->op == IRO(index) ? doubts_source(a->fl->u->scratch, f, i) : NULL };
	for (uint32_t k = 0; depth && is_arith(i) && k < i->nargs; k++)
		seek_key(a, i->args[k], depth - 1);
}

/* One value, or two look-ups that the source has alike. */
static bool is_key(const struct asking *a, ir_ref r)
{
	const struct ir_fn *f = a->fl->f;
	const ir_ref v = ir_untested(f, r);
	const char *source = NULL;
	for (uint32_t k = 0; k < a->n; k++) {
		if (a->keys[k].v == v)
			return true;
		if (!a->keys[k].source || ir_at(f, v)->op != IRO(index))
			continue;
		source = source ? source : doubts_source(a->fl->u->scratch, f, ir_at(f, v));
		if (!source)
			return false;
		if (!strcmp(source, a->keys[k].source))
			return true;
	}
	return false;
}

/* ---- what is asked of what is found ---- */

static bool tests(const struct asking *a, const struct ir_ins *i)
{
	const bool asks = i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(eq) || i->op == IRO(isof) || i->op == IRO(call);
	for (uint32_t k = i->op == IRO(call); asks && k < i->nargs; k++)
		if (ir_untested(a->fl->f, i->args[k]) == a->index)
			return true;
	return false;
}

static void look_through(struct asking *a)
{
	const struct ir_fn *f = a->fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r && !a->tested; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			const bool compares = i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(eq);
			a->tested = tests(a, i);
			a->bounded = a->bounded || (compares && (is_key(a, i->args[0]) || is_key(a, i->args[1])));
		}
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
	struct asking a = { .fl = fl, .index = index };
	fl->doubted = 0;
	if (i->op != IRO(index) || u->sites[i->site].parted)
		return;
	struct arena_mark mark = arena_mark(u->scratch);
	seek_key(&a, i->args[1], DEEP);
	look_through(&a);
	arena_release(u->scratch, mark);
	if (a.tested) {
		const char *source = doubts_source(u->arena, fl->f, i);
		arena_push(u->arena, u->asked, u->nasked, u->cap_asked, source);
	} else if (!a.bounded && !inside_is(u, fl->f, i)) {
		fl->doubted = index;
	}
}
