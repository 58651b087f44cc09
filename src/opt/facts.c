/*
 * facts.c - what a reader sees by the branches on the way to a place: if e then ... end, if not e then return end.
 *
 * Also where a variable keeps what a test gave:
 *
 *   local ok = e and e.n > 3       by ok: e is something, and e.n > 3
 *   if ok then ... end
 */
#include "opt/facts.h"

enum { DEEP = 4 };

static bool shown(struct facts *s, ir_ref cond, bool is);

/* May the value be true, or be false? */
static bool may_be(const struct ir_fn *f, ir_ref v, bool is)
{
	uint64_t kinds = ir_at(f, v)->type.kinds;
	return is ? kinds & ~IR_FALSY : kinds & IR_FALSY;
}

/* What a test gave, by the way taken: all ways on which it may have given this show it. */
static bool shown_by_ways(struct facts *s, const struct ir_ins *param, bool is)
{
	const struct ir_block *b = ir_block(s->f, param->block);
	bool any = false;
	if (param->block == 1 || b->loop || s->depth >= DEEP)
		return false;
	s->depth++;
	for (uint32_t p = 0; p < b->npreds; p++) {
		ir_ref v = ir_pred_edge(s->f, &b->preds[p])->args[param->aux];
		if (!may_be(s->f, v, is))
			continue;
		any = shown(s, v, is) || facts_show_way(s, &b->preds[p]);
		if (!any)
			break;
	}
	s->depth--;
	return any;
}

static bool shown(struct facts *s, ir_ref cond, bool is)
{
	for (; ir_at(s->f, cond)->op == IRO(not); is = !is)
		cond = ir_at(s->f, cond)->args[0];
	if (s->shows(s->arg, cond, is))
		return true;
	const struct ir_ins *i = ir_at(s->f, ir_untested(s->f, cond));
	return i->op == IRO(param) && shown_by_ways(s, i, is);
}

/* Does the branch at the end of a block, by this side? */
static bool side_shows(struct facts *s, const struct ir_pred *way)
{
	const struct ir_ins *end = ir_at(s->f, ir_block(s->f, way->from)->last);
	return end->op == IRO(branch) && shown(s, end->args[0], !way->succ);
}

static bool is_shown(struct facts *s, ir_blk at, ir_blk until);

/* Where ways meet: does each of them, from where they part? */
static bool all_show(struct facts *s, ir_blk at)
{
	const struct ir_block *b = ir_block(s->f, at);
	bool all = b->npreds && !b->loop && s->depth < DEEP;
	s->depth++;
	for (uint32_t p = 0; all && p < b->npreds; p++)
		all = side_shows(s, &b->preds[p]) || is_shown(s, b->preds[p].from, b->idom);
	s->depth--;
	return all;
}

/* On the way from block `until`. */
static bool is_shown(struct facts *s, ir_blk at, ir_blk until)
{
	for (ir_blk b = at; b > 1 && b != until; b = ir_block(s->f, b)->idom) {
		const struct ir_block *k = ir_block(s->f, b);
		if (k->npreds == 1 ? side_shows(s, k->preds) : all_show(s, b))
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
	return side_shows(s, way) || facts_show(s, way->from);
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
