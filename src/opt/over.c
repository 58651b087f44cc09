/*
 * over.c - pairs over a map of which it is known only at run time which it is, or whether it is there. What is to be known before
 * the loop is asked for where it is entered.
 *
 *   none     what a map of maps gives may be nil, where Lua raises
 *   kept     one of several captured maps, which a loop before went from one to the next: the number of the map that it is goes
 *            through that loop (choose_web.c), and by it ways part that bring one map each (ways.c copies the loop for each)
 *
 *              for k in pairs(m)     ->     m == a ?  ->  a  -\
 *                                           else      ->  b  --+->  (n)  for k in pairs(n)
 */
#include "opt/choose.h"
#include "opt/iterate.h"
#include "opt/passes.h"

static bool is_pairs(const struct flow *fl, ir_ref call)
{
	const struct ir_ins *c = ir_at(fl->f, call);
	const struct ir_lib *row = c->op == IRO(forcall) ? ir_at(fl->f, c->args[0])->type.row : NULL;
	return row && row->imm == IR_EXPAND_NEXT;
}

static ir_blk head_of(const struct ir_fn *f, ir_ref call)
{
	ir_ref raised = ir_at(f, call)->raised;
	return ir_at(f, raised ? raised : call)->block;
}

/* The one edge by which the loop with this head is entered, where it goes over what was there before; NULL: that is not so. */
static struct ir_edge *entry_of(struct ir_fn *f, ir_blk head, ir_ref over)
{
	struct ir_edge *entry = NULL;
	if (ir_at(f, over)->block == head)
		return NULL;
	ir_need_tree(f);
	for (uint32_t p = 0; p < ir_block(f, head)->npreds; p++) {
		const struct ir_pred *pred = &ir_block(f, head)->preds[p];
		if (ir_dominates(f, head, pred->from))
			continue;
		if (entry)
			return NULL;
		entry = ir_pred_edge(f, pred);
	}
	return entry;
}

/* ---- a map out of a map of maps, or none ---- */

/* Does the head make some of what it hands to where the error is caught? That is not there before the loop. */
static bool hands_own(const struct ir_fn *f, ir_ref raised, ir_blk head)
{
	const struct ir_edge *caught = raised ? ir_caught(f, raised) : NULL;
	for (uint32_t a = 0; caught && a < caught->nargs; a++) {
		const struct ir_ins *v = ir_at(f, caught->args[a]);
		if (caught->args[a] != raised && v->block == head && v->op != IRO(param))
			return true;
	}
	return false;
}

/* What the head hands to where the error is caught is, before the loop, what the loop is entered with. */
static void raise_before(struct flow *fl, ir_blk none, ir_blk head, const struct ir_edge *entry)
{
	struct ir_ins *t = ir_at(fl->f, ir_block(fl->f, none)->last);
	for (uint32_t a = 0; t->nsucc && a < t->succ[0].nargs; a++) {
		const struct ir_ins *v = ir_at(fl->f, t->succ[0].args[a]);
		if (v->block == head)
			t->succ[0].args[a] = entry->args[v->aux];
	}
}

/* Lua finds none when the first turn begins; here it is asked for before the loop. */
static bool check_map(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	const struct ir_ins *c = ir_at(f, call);
	const ir_ref over = is_pairs(fl, call) ? c->args[1] : 0;
	const uint32_t site = c->site;
	const ir_ref raised = c->raised;
	if (!over || ir_at(f, over)->type.kinds != (IR_BIT(IR_MAP) | IR_BIT(IR_NIL)))
		return false;
	ir_blk head = head_of(f, call);
	struct ir_edge *entry = entry_of(f, head, over), to = entry ? *entry : (struct ir_edge){ 0 };
	if (!entry || hands_own(f, raised, head))
		return false;
	const bool *late = raised ? carry_past_may(fl, head, ir_caught(f, raised)->to) : NULL;
	if (raised && !late)
		return false;
	ir_blk test = ir_block_new(f), some = ir_block_new(f), none = ir_block_new(f);
	flow_raise(fl, none, call, arena_printf(fl->u->arena, IR_NO_TABLE, "nil"));
	raise_before(fl, none, head, &to);
	if (late)
		carry_past(fl, head, late, none, to.args);
	*entry = (struct ir_edge){ .to = test };
	ir_ref is = flow_emit(fl, test, site, IRO(eq), 2, (ir_ref[]){ over, flow_const(fl, test, site, &const_nil) });
	ir_ref t = flow_emit(fl, test, site, IRO(branch), 1, &is);
	ir_succ(f, t, 0, none, 0, NULL);
	ir_succ(f, t, 1, some, 0, NULL);
	ir_ref map = flow_emit(fl, some, site, IRO(pi), 1, &over);
	ir_at(f, map)->imm = (int64_t)~IR_BIT(IR_NIL);
	edit_edge(f, flow_emit(fl, some, site, IRO(jmp), 0, NULL), 0, &to);
	ir_at(f, call)->args[1] = map;
	f->ordered = f->treed = false;
	return true;
}

/* ---- one of several that a loop kept ---- */

enum { MOST_MAPS = 8 };

/* Maps, and others that can be told from them? */
static bool are_maps(const struct choice *c)
{
	uint32_t maps = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *v = c->pairs[i].value;
		bool table = v->kind == PG_TABLE && !(v->n & PG_TABLE_EQ);
		if (v->kind != PG_MAP && !table && !choose_plain(v))
			return false;
		maps += v->kind == PG_MAP;
	}
	return maps && c->n <= MOST_MAPS;
}

/* Else the ways that bring one each part by themselves. */
static bool comes_by_loop(const struct ir_fn *f, const struct web *web)
{
	for (uint32_t w = 0; w < web->n; w++)
		if (ir_block(f, ir_at(f, web->params[w])->block)->loop)
			return true;
	return false;
}

/* Blocks that part ways by which of the values it is, and meet again, each with its value: where they meet. */
static ir_blk meet_again(struct choice *c, ir_blk from, ir_ref over, uint32_t site)
{
	struct flow *fl = c->fl;
	ir_blk meet = ir_block_new(fl->f);
	ir_param_add(fl->f, meet);
	for (uint32_t i = 0; i < c->n; i++) {
		ir_blk is = from;
		if (i + 1 < c->n) {
			ir_ref sides[2] = { over, choose_make(c, from, site, c->pairs[i].value) };
			ir_ref same = flow_emit(fl, from, site, IRO(eq), 2, sides), t = flow_emit(fl, from, site, IRO(branch), 1, &same);
			is = ir_block_new(fl->f);
			from = ir_block_new(fl->f);
			ir_succ(fl->f, t, 0, is, 0, NULL);
			ir_succ(fl->f, t, 1, from, 0, NULL);
		}
		ir_ref v = choose_make(c, is, site, c->pairs[i].value);
		ir_succ(fl->f, flow_emit(fl, is, site, IRO(jmp), 0, NULL), 0, meet, 1, &v);
	}
	return meet;
}

static bool part_kept(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	struct choice c;
	struct web web;
	const uint32_t site = ir_at(f, call)->site;
	const ir_ref over = fl->u->ways && is_pairs(fl, call) ? ir_untested(f, ir_at(f, call)->args[1]) : 0;
	if (!over || ir_at(f, over)->op != IRO(param) || !choose_object(fl, over) ||
	    !choose_web_open(&c, &web, fl, over, (struct web){ 0 }) || !are_maps(&c) || !comes_by_loop(f, &web))
		return false;
	struct ir_edge *entry = entry_of(f, head_of(f, call), ir_at(f, call)->args[1]), to = entry ? *entry : (struct ir_edge){ 0 };
	if (!entry)
		return false;
	ir_blk test = ir_block_new(f), meet;
	*entry = (struct ir_edge){ .to = test };
	meet = meet_again(&c, test, ir_at(f, call)->args[1], site);
	edit_edge(f, flow_emit(fl, meet, site, IRO(jmp), 0, NULL), 0, &to);
	ir_at(f, call)->args[1] = ir_block(f, meet)->params[0];
	f->ordered = f->treed = false;
	return true;
}

int over_known(struct flow *fl)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = fl->exec[fl->f->rpo[o]] ? ir_block(fl->f, fl->f->rpo[o])->first : 0; r; r = ir_at(fl->f, r)->next)
			if (check_map(fl, r) || part_kept(fl, r))
				return 1;
	return 0;
}
