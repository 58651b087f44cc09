/* order.c - reverse post order, predecessors, loops, dominators (Cooper, Harvey, Kennedy), renaming. */
#include "ir/ir.h"

struct walk_edge {
	ir_blk to;
	uint32_t succ;         /* as struct ir_pred */
};

/* The edges of all blocks, one after the other: block b's are edges[at[b]] .. edges[at[b + 1]]. */
struct edges {
	uint32_t *at;
	struct walk_edge *v;
	uint32_t n, cap;
};

/* Error edges first, then successors from the last: the order in which the search takes them, so
 * that successor 0 follows its block in reverse post order. */
static struct edges collect(struct ir_fn *f)
{
	struct arena *a = f->unit->arena;
	struct edges e = { .at = arena_array(a, uint32_t, f->nblocks + 1), .cap = f->nblocks * 2 };
	e.v = arena_array(a, struct walk_edge, e.cap);
	for (ir_blk b = 1; b < f->nblocks; b++) {
		e.at[b] = e.n;
		for (ir_ref i = f->has_err ? ir_block(f, b)->first : 0; i; i = ir_at(f, i)->next)
			if (ir_at(f, i)->err)
				arena_push(a, e.v, e.n, e.cap,
					   (struct walk_edge){ ir_at(f, i)->err->to, IR_PRED_ERR | i });
		ir_ref last = ir_block(f, b)->last;
		for (uint32_t s = last ? ir_at(f, last)->nsucc : 0; s-- > 0;)
			arena_push(a, e.v, e.n, e.cap,
				   (struct walk_edge){ ir_at(f, last)->succ[s].to, s });
	}
	e.at[f->nblocks] = e.n;
	return e;
}

enum { NEW, OPEN, DONE };

/* Depth-first from the entry; fills rpo from its end and marks the targets of back edges. */
static void search(struct ir_fn *f, const struct edges *e)
{
	struct arena *a = f->unit->arena;
	uint8_t *state = arena_array(a, uint8_t, f->nblocks);
	ir_blk *stack = arena_array(a, ir_blk, f->nblocks);
	uint32_t *next = arena_array(a, uint32_t, f->nblocks);
	ir_blk *out = arena_array(a, ir_blk, f->nblocks);
	uint32_t depth = 0, left = f->nblocks;
	if (f->nblocks > 1) {
		stack[depth++] = 1;
		next[1] = e->at[1];
		state[1] = OPEN;
	}
	while (depth) {
		ir_blk b = stack[depth - 1];
		if (next[b] == e->at[b + 1]) {
			state[b] = DONE;
			out[--left] = b;
			depth--;
			continue;
		}
		ir_blk to = e->v[next[b]++].to;
		if (state[to] == OPEN)
			ir_block(f, to)->loop = true;
		if (state[to] != NEW)
			continue;
		state[to] = OPEN;
		next[to] = e->at[to];
		stack[depth++] = to;
	}
	f->rpo = out + left;
	f->nrpo = f->nblocks - left;
}

static void predecessors(struct ir_fn *f, const struct edges *e)
{
	struct ir_pred *p = arena_array(f->unit->arena, struct ir_pred, e->n);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (uint32_t i = e->at[f->rpo[o]]; i < e->at[f->rpo[o] + 1]; i++)
			ir_block(f, e->v[i].to)->npreds++;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		k->preds = p;
		p += k->npreds;
		k->npreds = 0;
	}
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		for (uint32_t i = e->at[b + 1]; i-- > e->at[b];) {
			struct ir_block *k = ir_block(f, e->v[i].to);
			k->preds[k->npreds++] = (struct ir_pred){ b, e->v[i].succ };
		}
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
	struct edges e = collect(f);
	search(f, &e);
	for (uint32_t o = 0; o < f->nrpo; o++)
		ir_block(f, f->rpo[o])->order = o + 1;
	predecessors(f, &e);
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
	for (uint32_t o = 0; o < f->nrpo; o++)
		ir_block(f, f->rpo[o])->dom_out = 1;
	for (uint32_t o = f->nrpo; o-- > 1;)
		ir_block(f, ir_block(f, f->rpo[o])->idom)->dom_out += ir_block(f, f->rpo[o])->dom_out;
	uint32_t *free_at = arena_array(f->unit->arena, uint32_t, f->nblocks);
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
}

void ir_dominators(struct ir_fn *f)
{
	ir_order(f);
	if (!f->nrpo)
		return;
	ir_block(f, 1)->idom = 1;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t o = 1; o < f->nrpo; o++) {
			struct ir_block *k = ir_block(f, f->rpo[o]);
			ir_blk dom = 0;
			for (uint32_t p = 0; p < k->npreds; p++) {
				ir_blk from = k->preds[p].from;
				if (ir_block(f, from)->idom)
					dom = dom ? meet(f, dom, from) : from;
			}
			changed |= dom != k->idom;
			k->idom = dom;
		}
	}
	ir_block(f, 1)->idom = 0;
	number_tree(f);
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
		rename_list(ins->args, ins->nargs, to);
		for (uint32_t s = 0; s < ins->nsucc; s++)
			rename_list(ins->succ[s].args, ins->succ[s].nargs, to);
		if (ins->err)
			rename_list(ins->err->args, ins->err->nargs, to);
		if (ins->type.def)
			ins->type.def = renamed(to, ins->type.def);
	}
}
