/*
 * together.c - variables that are set together: where one is something, so is the other, as a reader sees.
 *
 *   for i, n in ipairs(t) do
 *     if n > limit then best, most = i, n end
 *   end
 *   if best and most > 100 then ... end
 *
 * Such variables get what they are given in the same blocks: on each way the first one is not what it was found to be, or the other
 * one is something, or it is two that are set together, too.
 */
#include "opt/facts.h"

enum { MOST_MET = 32, MOST_STEPS = 200 }; /* ways that are asked in all */

/* A variable that is tested, and another one: as parameters of one block. */
struct pair { ir_ref one, other; };

struct together {
	struct ir_fn *f;
	ir_ref v;              /* what is asked of */
	struct came came;      /* what the first one was found to be */
	struct pair met[MOST_MET];
	uint32_t n, steps;
};

static bool is_param(const struct ir_fn *f, ir_ref v)
{
	return ir_at(f, v)->op == IRO(param) && ir_at(f, v)->block != 1;
}

/* What goes this way: is it well for the two? Parameters of one block are asked for later. */
static bool goes_well(struct together *t, const struct ir_pred *way, struct pair p)
{
	const struct ir_fn *f = t->f;
	const ir_ref one = ir_untested(f, p.one), other = ir_untested(f, p.other);
	if (!facts_may_be(&ir_at(f, p.one)->type, t->came) || !(ir_at(f, p.other)->type.kinds & IR_BIT(IR_NIL)) ||
	    (t->steps++ < MOST_STEPS && facts_way_tests(t->f, way, p.other)))
		return true;
	if (!is_param(f, one) || !is_param(f, other) || ir_at(f, one)->block != ir_at(f, other)->block)
		return false;
	for (uint32_t m = 0; m < t->n; m++)
		if (t->met[m].one == one && t->met[m].other == other)
			return true;
	if (t->n < MOST_MET)
		t->met[t->n++] = (struct pair){ one, other };
	return t->n < MOST_MET;
}

static bool are_set_together(struct together *t, ir_ref one, ir_ref other)
{
	const struct ir_fn *f = t->f;
	bool all = is_param(f, one) && is_param(f, other) && ir_at(f, one)->block == ir_at(f, other)->block;
	t->met[0] = (struct pair){ one, other };
	t->n = 1;
	for (uint32_t m = 0; all && m < t->n; m++) {
		const struct ir_ins *a = ir_at(f, t->met[m].one), *b = ir_at(f, t->met[m].other);
		for (uint32_t e = 0; all && e < ir_block(f, a->block)->npreds; e++) {
			const struct ir_pred *way = &ir_block(f, a->block)->preds[e];
			const ir_ref *args = ir_pred_edge(f, way)->args;
			all = goes_well(t, way, (struct pair){ args[a->aux], args[b->aux] });
		}
	}
	return all;
}

/* Does the condition, which came out so, show that a variable is something which is set together with the one that is asked of? */
static bool shows_another(struct facts *s, ir_ref cond, bool is)
{
	struct together *t = s->arg;
	const struct ir_ins *i = ir_at(s->f, ir_untested(s->f, cond));
	t->came = (struct came){ is, NULL };
	if (i->op == IRO(param))
		return are_set_together(t, ir_untested(s->f, cond), t->v);
	for (unsigned a = 0; i->op == IRO(eq) && a < 2; a++) {
		const struct ir_type *other = &ir_at(s->f, i->args[!a])->type;
		const bool something = is && other->kinds && !(other->kinds & IR_FALSY);
		t->came.k = other->k;
		if ((t->came.k || something) && are_set_together(t, ir_untested(s->f, i->args[a]), t->v))
			return true;
	}
	return false;
}

bool facts_set_together(struct ir_fn *f, ir_blk at, ir_ref v)
{
	struct together t = { .f = f, .v = ir_untested(f, v) };
	struct facts s = { .f = f, .shows = shows_another, .arg = &t };
	return is_param(f, t.v) && facts_show(&s, at);
}
