/*
 * contrary.c - ways that a reader sees nobody goes: what is tested on them is the contrary of what was tested before.
 *
 *   if tcp or udp then l4 = tcp or udp          l4 is something: where tcp is nil, udp was not
 *   k = tcp and "n" or "s"; lists[k]            k is one of both, and both are keys
 *   s = spec[n]; if s then ipairs(s.args)       s is one of the tables of spec, and so n one of its keys
 */
#include "opt/facts.h"

enum { MOST_LEVELS = 4, MOST_STEPS = 20000 }; /* branches that are asked in all: each is held against others */

/* A variable, and what it was given on one of its ways, which may be another variable: all of them are one value, nil or the last one. */
struct given {
	ir_ref v[MOST_LEVELS + 1];
	const struct ir_pred *ways[MOST_LEVELS];
	uint32_t n;            /* ways; one more of v */
};

/* What is held against the branches that were passed: what a variable was given, or that it is nil there; where `ways`, what was tested
 * on the ways that it was given it, too. Or, of no variable, what was tested before `at`. */
struct held { const struct given *given; bool nil, ways; ir_blk at; uint32_t *steps; };

/* A test, and what is to have come out. */
struct outcome { ir_ref cond; bool is; };

static bool same_constant(const struct ir_fn *f, ir_ref a, ir_ref b)
{
	const pg_value *k = ir_at(f, a)->type.k, *l = ir_at(f, b)->type.k;
	return k && l && k->kind == l->kind && k->kind != PG_FLOAT && ir_same_value(k, l);
}

static bool same(const struct ir_fn *f, ir_ref a, ir_ref b)
{
	return ir_untested(f, a) == ir_untested(f, b) || same_constant(f, a, b);
}

/* Two that come out alike: of the same values, or whether the packet has the same header. */
static bool same_test(const struct ir_fn *f, ir_ref a, ir_ref b)
{
	const struct ir_ins *i = ir_at(f, a = ir_untested(f, a)), *j = ir_at(f, b = ir_untested(f, b));
	const bool headers = i->op == IRO(index) && !(i->type.kinds & ~(IR_VIEWS | IR_FALSY)) && !f->unit->moves_packet;
	return a == b || (i->op == j->op && (i->op == IRO(eq) || headers) && same(f, i->args[0], j->args[0]) && same(f, i->args[1], j->args[1]));
}

static bool is_outcome(struct facts *s, ir_ref cond, bool is)
{
	const struct outcome *o = s->arg;
	return is == o->is && same_test(s->f, cond, o->cond);
}

/* Is a test of the variable the contrary of what it was given? */
static bool not_given(const struct ir_fn *f, const struct held *h, struct outcome o)
{
	const struct given *g = h->given;
	const struct ir_ins *i = ir_at(f, o.cond);
	const ir_ref last = g->v[g->n];
	for (uint32_t n = 0; n <= g->n; n++) {
		if (h->nil && (facts_something(f, o.cond, o.is, g->v[n]) || (o.is && same_test(f, o.cond, g->v[n]))))
			return true;
		for (unsigned a = 0; !h->nil && i->op == IRO(eq) && a < 2; a++)
			if (ir_untested(f, i->args[a]) == ir_untested(f, g->v[n]) && ir_at(f, last)->type.k && ir_at(f, i->args[!a])->type.k &&
			    same_constant(f, last, i->args[!a]) != o.is)
				return true;
	}
	return false;
}

/* Does that `cond` came out so contradict what is held against it? */
static bool contradicts(struct facts *s, ir_ref cond, bool is)
{
	const struct held *h = s->arg;
	struct outcome other = { cond, !is };
	struct facts of_way = { .f = s->f, .shows = is_outcome, .arg = &other };
	bool so = h->given && not_given(s->f, h, (struct outcome){ cond, is });
	if (so || (h->given && !h->ways) || *h->steps > MOST_STEPS)
		return so;
	so = !h->given && facts_show(&of_way, h->at);
	for (uint32_t w = 0; !so && h->given && w < h->given->n; w++)
		so = facts_show_way(&of_way, h->given->ways[w]);
	*h->steps += of_way.steps + 1;
	return so;
}

static bool is_contradicted(const struct ir_fn *f, ir_blk at, struct held h)
{
	struct facts s = { .f = f, .shows = contradicts, .arg = &h };
	return facts_show(&s, at);
}

/* Is each way on which the variable was given nil, or anything at all, contradicted by what was tested before `at`? */
static bool none_comes(const struct ir_fn *f, ir_blk at, struct given *g, bool nil, uint32_t *steps)
{
	const struct ir_ins *p = ir_at(f, ir_untested(f, g->v[g->n]));
	const struct ir_block *b = ir_block(f, p->block);
	bool all = p->op == IRO(param) && p->block != 1 && !b->loop && g->n < MOST_LEVELS && b->npreds;
	for (uint32_t e = 0; all && e < b->npreds; e++) {
		g->v[g->n + 1] = ir_pred_edge(f, &b->preds[e])->args[p->aux];
		g->ways[g->n++] = &b->preds[e];
		const uint64_t kinds = ir_at(f, g->v[g->n])->type.kinds;
		struct held h = { .given = g, .nil = nil || kinds == IR_BIT(IR_NIL), .steps = steps };
		all = (nil && !(kinds & IR_BIT(IR_NIL))) || is_contradicted(f, at, h);
		h.ways = true;
		all = all || is_contradicted(f, at, h) || none_comes(f, at, g, nil, steps);
		g->n--;
	}
	return all;
}

bool facts_never_nil(const struct ir_fn *f, ir_blk at, ir_ref v)
{
	uint32_t steps = 0;
	return none_comes(f, at, &(struct given){ .v = { v } }, true, &steps);
}

/* A variable that is none of what it was given. */
static bool none_is_left(struct facts *s, ir_ref cond, bool is)
{
	const struct held *h = s->arg;
	const struct ir_ins *i = ir_at(s->f, cond);
	return i->op == IRO(eq) && !is && none_comes(s->f, h->at, &(struct given){ .v = { i->args[0] } }, false, h->steps);
}

bool facts_never(struct ir_fn *f, ir_blk at)
{
	uint32_t steps = 0;
	struct held h = { .at = at, .steps = &steps };
	struct facts s = { .f = f, .shows = none_is_left, .arg = &h };
	ir_need_tree(f);
	if (is_contradicted(f, at, h))
		return true;
	steps = 0;
	return facts_show(&s, at);
}
