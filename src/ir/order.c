/* order.c - reverse post order, predecessors, loops, dominators (Cooper, Harvey, Kennedy), renaming. */
#include "ir/ir.h"

/* The edges out of a block, from the last: the order in which the search takes them, so that successor 0
 * follows its block in reverse post order. */
struct walk {
	ir_blk b;
	const struct ir_edge *succ;
	uint32_t left;         /* of succ */
};

static inline void walk_from(const struct ir_fn *f, ir_blk b, struct walk *w)
{
	const struct ir_block *k = ir_block(f, b);
	const struct ir_ins *last = ir_at(f, k->last); /* of none: number 0, which leads nowhere */
	w->b = b;
	w->succ = last->succ;
	w->left = last->nsucc;
}

/* The block that the next edge leads to, or 0. */
static inline ir_blk walk_next(struct walk *w)
{
	return w->left ? w->succ[--w->left].to : 0;
}

/* What `order` says of a block during the search. */
enum { NEW, OPEN, DONE };

/* Depth-first from the entry; fills rpo from its end, counts edges in and marks the targets of back
 * edges. Returns the number of edges. */
static uint32_t search(struct ir_fn *f)
{
	struct arena *a = f->unit->scratch;
	struct arena_mark mark = arena_mark(a);
	struct walk *stack = arena_spare(a, struct walk, f->nblocks);
	ir_blk *out = arena_spare(a, ir_blk, f->nblocks);
	uint32_t depth = 0, left = f->nblocks, edges = 0;
	if (f->nblocks > 1) {
		walk_from(f, 1, &stack[depth++]);
		ir_block(f, 1)->order = OPEN;
	}
	while (depth) {
		ir_blk to = walk_next(&stack[depth - 1]);
		if (!to) {
			ir_blk b = stack[--depth].b;
			ir_block(f, b)->order = DONE;
			out[--left] = b;
			continue;
		}
		struct ir_block *k = ir_block(f, to);
		k->npreds++;
		edges++;
		k->loop |= k->order == OPEN;
		if (k->order != NEW)
			continue;
		k->order = OPEN;
		walk_from(f, to, &stack[depth++]);
	}
	f->nrpo = f->nblocks - left;
	if (f->cap_rpo < f->nrpo) {
		f->cap_rpo = f->nrpo + f->nrpo / 2;
		f->rpo = arena_spare(f->unit->arena, ir_blk, f->cap_rpo);
	}
	if (f->nrpo)
		memcpy(f->rpo, out + left, sizeof(*out) * f->nrpo);
	arena_release(a, mark);
	return edges;
}

static void add_pred(struct ir_fn *f, ir_blk to, ir_blk from, uint32_t succ)
{
	struct ir_block *k = ir_block(f, to);
	k->preds[k->npreds++] = (struct ir_pred){ from, succ };
}

/* Each block's place in the order; its predecessors in that order, and of one block's edges the first
 * successor first. */
static void predecessors(struct ir_fn *f, uint32_t edges)
{
	if (f->cap_preds < edges) {
		f->cap_preds = edges + edges / 2;
		f->preds = arena_spare(f->unit->arena, struct ir_pred, f->cap_preds);
	}
	struct ir_pred *p = f->preds;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		k->order = o + 1;
		k->preds = p;
		p += k->npreds;
		k->npreds = 0;
	}
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		const struct ir_ins *last = ir_at(f, ir_block(f, b)->last); /* of none: number 0 */
		for (uint32_t s = 0, n = last->nsucc; s < n; s++)
			add_pred(f, last->succ[s].to, b, s);
	}
}

void ir_order(struct ir_fn *f)
{
	for (ir_blk b = 1; b < f->nblocks; b++) {
		struct ir_block *k = ir_block(f, b);
		k->loop = false;
		k->order = k->npreds = 0;
		k->preds = NULL;
		k->idom = k->dom_in = k->dom_out = 0;
	}
	predecessors(f, search(f));
	f->ordered = true;
	f->treed = false;
}

void ir_need_order(struct ir_fn *f)
{
	if (!f->ordered)
		ir_order(f);
}

static ir_blk meet(const struct ir_fn *f, ir_blk a, ir_blk b)
{
	while (a != b) {
		while (ir_block(f, a)->order > ir_block(f, b)->order)
			a = ir_block(f, a)->idom;
		while (ir_block(f, b)->order > ir_block(f, a)->order)
			b = ir_block(f, b)->idom;
	}
	return a;
}

/* Each block gets the range of numbers that its subtree of the dominator tree takes: sizes from the
 * leaves up, then places from the root down (an idom comes before its blocks in rpo). */
static void number_tree(struct ir_fn *f)
{
	for (uint32_t o = f->nrpo; o-- > 1;)
		ir_block(f, ir_block(f, f->rpo[o])->idom)->dom_out += ir_block(f, f->rpo[o])->dom_out;
	struct arena_mark mark = arena_mark(f->unit->scratch);
	uint32_t *free_at = arena_array(f->unit->scratch, uint32_t, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		struct ir_block *k = ir_block(f, b);
		uint32_t size = k->dom_out;
		k->dom_in = k->idom ? free_at[k->idom] : 1;
		k->dom_out = k->dom_in + size;
		if (k->idom)
			free_at[k->idom] += size;
		free_at[b] = k->dom_in + 1;
	}
	arena_release(f->unit->scratch, mark);
}

/* One sweep; true: something changed, and a block that was left to a back edge may too. */
static bool settle(struct ir_fn *f)
{
	bool changed = false, loops = false;
	for (uint32_t o = 1; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		ir_blk dom = 0;
		for (uint32_t p = 0; p < k->npreds; p++) {
			ir_blk from = k->preds[p].from;
			if (ir_block(f, from)->idom)
				dom = dom ? meet(f, dom, from) : from;
		}
		changed |= dom != k->idom;
		loops |= k->loop;
		k->idom = dom;
	}
	return changed && loops;
}

static void tree(struct ir_fn *f)
{
	if (!f->nrpo)
		return;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		k->idom = 0;    /* what it was may have merged since */
		k->dom_out = 1; /* its size in the tree so far */
	}
	ir_block(f, 1)->idom = 1;
	while (settle(f))
		;
	ir_block(f, 1)->idom = 0;
	number_tree(f);
}

void ir_need_tree(struct ir_fn *f)
{
	ir_need_order(f);
	if (!f->treed)
		tree(f);
	f->treed = true;
}

bool ir_dominates(const struct ir_fn *f, ir_blk a, ir_blk b)
{
	const struct ir_block *x = ir_block(f, a), *y = ir_block(f, b);
	return a == b || (y->dom_in > x->dom_in && y->dom_in < x->dom_out);
}

static ir_ref renamed(const ir_ref *to, ir_ref r)
{
	while (to[r])
		r = to[r];
	return r;
}

static void rename_list(ir_ref *v, uint32_t n, const ir_ref *to)
{
	for (uint32_t i = 0; i < n; i++)
		v[i] = renamed(to, v[i]);
}

void ir_rename(struct ir_fn *f, const ir_ref *to)
{
	for (ir_ref i = 1; i < f->nins; i++) {
		struct ir_ins *ins = ir_at(f, i);
		if (!ins->block)
			continue;
		rename_list(ins->args, ins->nargs, to);
		for (uint32_t s = 0; s < ins->nsucc; s++)
			rename_list(ins->succ[s].args, ins->succ[s].nargs, to);
		if (!f->machine && ins->type.def)
			ins->type.def = renamed(to, ins->type.def);
	}
}
