/*
 * facts.c - what a reader sees by the branches on the way to a place: if e then ... end, if not e then return end.
 *
 * Also where a variable keeps what a test gave:
 *
 *   local ok = e and e.n > 3                  by ok: e is something, and e.n > 3
 *   local l4 = tcp and "tcp" or "none"        by l4 == "tcp": tcp is something
 */
#include "opt/facts.h"

#include <string.h>

enum { MOST_STEPS = 1000 }; /* branches that are asked: ways that meet again and again would be gone through for each */

static bool shown(struct facts *s, ir_ref cond, bool is);

bool facts_may_be(const struct ir_type *t, struct came c)
{
	if (c.k && t->k && t->k->kind != PG_FLOAT && c.k->kind != PG_FLOAT)
		return ir_same_value(t->k, c.k) == c.is;
	if (c.k)
		return !c.is || t->kinds & ir_alike(IR_BIT(ir_kind_of(c.k->kind)));
	return c.is ? t->kinds & ~IR_FALSY : t->kinds & IR_FALSY;
}

/* By the way taken: all ways on which the variable may have got such a value show it. */
static bool shown_by_ways(struct facts *s, const struct ir_ins *param, struct came c)
{
	const struct ir_block *b = ir_block(s->f, param->block);
	bool any = false;
	if (param->block == 1 || b->loop || s->nways == FACTS_DEEP)
		return false;
	for (uint32_t p = 0; p < b->npreds; p++) {
		ir_ref v = ir_pred_edge(s->f, &b->preds[p])->args[param->aux];
		if (!facts_may_be(&ir_at(s->f, v)->type, c))
			continue;
		s->ways[s->nways++] = (struct facts_way){ param->block, p };
		any = (s->comes && s->comes(s)) || (!c.k && shown(s, v, c.is)) || facts_show_way(s, &b->preds[p]);
		s->nways--;
		if (!any)
			break;
	}
	return any;
}

/* A variable, or one that is compared with a constant. */
static bool variable_shows(struct facts *s, ir_ref cond, bool is)
{
	const struct ir_ins *i = ir_at(s->f, ir_untested(s->f, cond));
	if (i->op == IRO(param))
		return shown_by_ways(s, i, (struct came){ is, NULL });
	for (unsigned a = 0; i->op == IRO(eq) && a < 2; a++) {
		const struct ir_ins *v = ir_at(s->f, ir_untested(s->f, i->args[a]));
		const pg_value *k = ir_at(s->f, i->args[!a])->type.k;
		if (v->op == IRO(param) && k && shown_by_ways(s, v, (struct came){ is, k }))
			return true;
	}
	return false;
}

static bool shown(struct facts *s, ir_ref cond, bool is)
{
	for (; ir_at(s->f, cond)->op == IRO(not); is = !is)
		cond = ir_at(s->f, cond)->args[0];
	return s->shows(s, cond, is) || variable_shows(s, cond, is);
}

bool facts_side_shows(struct facts *s, const struct ir_pred *way)
{
	const struct ir_ins *end = ir_at(s->f, ir_block(s->f, way->from)->last);
	return end->op == IRO(branch) && s->steps++ < MOST_STEPS && shown(s, end->args[0], !way->succ);
}

static bool is_shown(struct facts *s, ir_blk at, ir_blk until);

/* Where ways meet: does each of them, from where they part? */
static bool all_show(struct facts *s, ir_blk at)
{
	const struct ir_block *b = ir_block(s->f, at);
	bool all = b->npreds && !b->loop && s->depth < FACTS_DEEP && s->steps < MOST_STEPS;
	s->depth++;
	for (uint32_t p = 0; all && p < b->npreds; p++)
		all = facts_side_shows(s, &b->preds[p]) || is_shown(s, b->preds[p].from, b->idom);
	s->depth--;
	return all;
}

/* On the way from block `until`. */
static bool is_shown(struct facts *s, ir_blk at, ir_blk until)
{
	for (ir_blk b = at; b > 1 && b != until; b = ir_block(s->f, b)->idom) {
		const struct ir_block *k = ir_block(s->f, b);
		if (k->npreds == 1 ? facts_side_shows(s, k->preds) : all_show(s, b))
			return true;
	}
	return false;
}

bool facts_show(struct facts *s, ir_blk at)
{
	return is_shown(s, at, 0);
}

bool facts_show_way(struct facts *s, const struct ir_pred *way)
{
	return facts_side_shows(s, way) || facts_show(s, way->from);
}

bool facts_something(const struct ir_fn *f, ir_ref cond, bool is, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, cond);
	if (ir_untested(f, cond) == ir_untested(f, v))
		return is;
	if (i->op == IRO(isof))
		return ir_untested(f, i->args[0]) == ir_untested(f, v) && !((is ? (uint64_t)i->imm : ~(uint64_t)i->imm) & IR_BIT(IR_NIL));
	for (unsigned a = 0; i->op == IRO(eq) && a < 2; a++) {
		uint64_t other = ir_at(f, i->args[!a])->type.kinds;
		if (ir_untested(f, i->args[a]) == ir_untested(f, v) && (is ? !(other & IR_BIT(IR_NIL)) : other == IR_BIT(IR_NIL)))
			return true;
	}
	return false;
}

ir_ref facts_value(const struct facts *s, ir_ref v)
{
	for (uint32_t w = 0; w < s->nways; w++) {
		const struct ir_ins *i = ir_at(s->f, ir_untested(s->f, v));
		if (i->op == IRO(param) && i->block == s->ways[w].b)
			v = ir_pred_edge(s->f, &ir_block(s->f, i->block)->preds[s->ways[w].pred])->args[i->aux];
	}
	return v;
}

static bool comes_something(struct facts *s)
{
	const ir_ref v = facts_value(s, *(const ir_ref *)s->arg);
	return !(ir_at(s->f, v)->type.kinds & IR_BIT(IR_NIL));
}

static bool shows_something(struct facts *s, ir_ref cond, bool is)
{
	return facts_something(s->f, cond, is, facts_value(s, *(const ir_ref *)s->arg));
}

/* The text of an error's message, which is nil where there is none: the message. */
static ir_ref message_of(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *call = ir_at(f, bounds_base(f, v));
	const struct ir_lib *row = call->op == IRO(call) ? ir_at(f, call->args[0])->type.row : NULL;
	return row && !strcmp(row->name, "(message)") ? call->args[1] : 0;
}

bool facts_tested(struct ir_fn *f, const struct ir_ins *at, ir_ref v)
{
	const ir_ref message = message_of(f, v);
	struct facts s = { .f = f, .shows = shows_something, .comes = comes_something, .arg = &v };
	ir_need_tree(f);
	return facts_show(&s, at->block) || facts_never_nil(f, at->block, v) || facts_set_together(f, at->block, v) ||
	       (message && facts_tested(f, at, message));
}

bool facts_way_tests(struct ir_fn *f, const struct ir_pred *way, ir_ref v)
{
	struct facts s = { .f = f, .shows = shows_something, .comes = comes_something, .arg = &v };
	return facts_show_way(&s, way);
}
