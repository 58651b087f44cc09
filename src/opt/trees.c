/*
 * trees.c - pass `trees`: a value that is compared with one constant after the other is sought among them
 * instead.
 *
 *     x == 1 -> A                    x < 80 ?
 *     x == 22 -> B               /            \
 *     x == 80 -> A    =>     x == 1 -> A     x == 80 -> A
 *     x == 443 -> C          x == 22 -> B    x == 443 -> C
 *     else -> D              else -> D       else -> D
 *
 * A chain is a branch and those behind it, each alone in its block and reached from the one before only:
 * nothing happens between them, so their order is nobody's business but that the first one which holds
 * decides. So all values of x fall into parts, unsigned intervals that lead to one place each; neighbours
 * that lead to the same place are one (`p == 20 or p == 21` asks for a range). Of a part that is a single
 * value the verifier still learns the value.
 *
 * What is asked of an `own` value stands guard, and stays.
 */
#include "opt/passes.h"

#include "core/mutant.h"
#include "opt/range.h"

#include <stdlib.h>

enum {
	LEAST = 5,        /* so many comparisons are worth a tree: docs/optimiser.md */
	LINEAR = 3,       /* so many values are asked for one by one */
	MOST = 256,       /* comparisons of one tree; what follows them begins another */
};

/* One comparison: true of the values in `from`..`to`, and leads to edge `exit` if it is (in) or is not. */
struct link {
	ir_blk block;
	uint64_t from, to;
	bool in;
	uint32_t exit;
};

struct part { uint64_t from; uint32_t edge; };

struct trees {
	struct ir_unit *u;
	struct ir_fn *f;
	const struct range *range;
	ir_ref x;
	ir_ref term;             /* the head's branch; constants go before it */
	struct link *links;
	uint32_t nlinks;
	struct ir_edge *edges;   /* [0]: where the chain ends */
	uint32_t *sites;
	uint32_t nedges;
	struct part *parts;      /* by rising `from`; each goes to the next one's */
	uint32_t nparts;
	uint64_t max;            /* x is no greater */
};

/* ---- chains ---- */

/* Does the branch compare some value, not asked for its guard, with a constant? */
static bool is_test(const struct ir_fn *f, ir_ref t)
{
	const struct ir_ins *i = ir_at(f, t);
	return i->op == IRO(br) && i->aux < IR_SET && is_imm(f, i->args[1]) && !is_imm(f, i->args[0]) &&
	       ir_at(f, i->args[0])->op != IRO(own);
}

static bool same_edge(const struct ir_edge *a, const struct ir_edge *b)
{
	return a->to == b->to && a->nargs == b->nargs &&
	       (!a->nargs || !memcmp(a->args, b->args, sizeof(*a->args) * a->nargs));
}

/* The way of b's branch on which the chain goes on, or -1. */
static int goes_on(const struct ir_fn *f, ir_blk b)
{
	const struct ir_ins *i = ir_at(f, ir_block(f, b)->last);
	for (int k = 1; k >= 0; k--) {
		const struct ir_block *to = ir_block(f, i->succ[k].to);
		if (to->first == to->last && to->npreds == 1 && !to->nparams && i->succ[k].to != 1 && !to->walked &&
		    is_test(f, to->last) && ir_at(f, to->last)->args[0] == i->args[0] &&
		    to->cold <= ir_block(f, b)->cold)
			return k;
	}
	return -1;
}

/* A test of the same value behind b's, in a block that is nothing else; 0: none. */
static ir_blk next_test(const struct ir_fn *f, ir_blk b)
{
	const struct ir_ins *i = ir_at(f, ir_block(f, b)->last);
	for (int k = 1; k >= 0; k--) {
		const struct ir_block *to = ir_block(f, i->succ[k].to);
		if (to->first == to->last && is_test(f, to->last) && ir_at(f, to->last)->args[0] == i->args[0] &&
		    to->cold <= ir_block(f, b)->cold)
			return i->succ[k].to;
	}
	return 0;
}

/* Cheap, and often wrong: whether to look at all. */
static bool may_begin(const struct ir_fn *f, ir_blk b)
{
	ir_blk second = next_test(f, b);
	return second && next_test(f, second);
}

static uint32_t edge_of(struct trees *t, const struct ir_edge *e, uint32_t site)
{
	for (uint32_t i = 0; i < t->nedges; i++)
		if (same_edge(&t->edges[i], e))
			return i;
	t->edges[t->nedges] = *e;
	t->sites[t->nedges] = site;
	return t->nedges++;
}

/* The values that the test of block b is true of, before it is turned round; false: none of our business. */
static bool interval(const struct trees *t, ir_blk b, struct link *l)
{
	const struct ir_ins *i = ir_at(t->f, ir_block(t->f, b)->last);
	uint64_t k = (uint64_t)ir_at(t->f, i->args[1])->imm;
	bool small = t->max <= INT64_MAX && k <= INT64_MAX;
	*l = (struct link){ .block = b, .to = k };
	switch (i->aux & ~1u) {
	case IR_EQ:  l->from = k; return true;
	case IR_SLT: if (!small) return false; /* fall through */
	case IR_ULT: l->to = k - !MUTANT(tree_end); return k != 0;
	case IR_SLE: return small;
	case IR_ULE: return true;
	}
	return false;
}

/* The chain that begins with block b: its links and their edges. */
static void read_chain(struct trees *t, ir_blk b)
{
	const struct ir_fn *f = t->f;
	const struct ir_edge *rest = NULL;
	t->x = ir_at(f, ir_block(f, b)->last)->args[0];
	t->term = ir_block(f, b)->last;
	t->max = range_sure(&t->range[t->x]);
	t->nlinks = 0;
	t->nedges = 1;
	for (int k = 0; k >= 0 && t->nlinks < MOST; b = rest->to) {
		struct link *l = &t->links[t->nlinks];
		if (!interval(t, b, l))
			return;
		const struct ir_ins *i = ir_at(f, ir_block(f, b)->last);
		k = goes_on(f, b);
		rest = &i->succ[k < 0 ? 1 : k];
		t->edges[0] = *rest;
		t->sites[0] = i->site;
		l->in = (rest == &i->succ[1]) == !(i->aux & 1);
		l->exit = t->nlinks++; /* until edge_of: the end of the chain is not known yet */
	}
}

static const struct ir_edge *exit_of(const struct trees *t, const struct link *l)
{
	const struct ir_ins *i = ir_at(t->f, ir_block(t->f, l->block)->last);
	return &i->succ[l->in == !(i->aux & 1) ? 0 : 1];
}

/* ---- parts ---- */

/* The values from..to lead to `edge`, whatever was said before. */
static void assign(struct trees *t, uint64_t from, uint64_t to, uint32_t edge)
{
	uint32_t a = 0, b;
	if (from > to)
		return;
	while (a < t->nparts && t->parts[a].from < from)
		a++;
	for (b = a; b < t->nparts && t->parts[b].from <= to; b++)
		;
	/* parts a..b-1 begin inside; the last one that begins before the end goes on behind it */
	uint32_t after = t->parts[b - 1].edge;
	bool ends = to == UINT64_MAX || (b < t->nparts && t->parts[b].from == to + 1);
	uint32_t n = ends ? 1 : 2;
	memmove(&t->parts[a + n], &t->parts[b], sizeof(*t->parts) * (t->nparts - b));
	t->nparts += n - (b - a);
	t->parts[a] = (struct part){ from, edge };
	if (!ends)
		t->parts[a + 1] = (struct part){ to + 1, after };
}

static void divide(struct trees *t)
{
	t->parts[0] = (struct part){ 0, 0 };
	t->nparts = 1;
	for (uint32_t n = t->nlinks; n-- > 0;) {
		const struct link *l = &t->links[n];
		uint32_t e = edge_of(t, exit_of(t, l), ir_at(t->f, ir_block(t->f, l->block)->last)->site);
		if (l->in) {
			assign(t, l->from, l->to, e);
		} else {
			if (l->from > 0)
				assign(t, 0, l->from - 1, e);
			if (l->to < UINT64_MAX)
				assign(t, l->to + 1, UINT64_MAX, e);
		}
	}
	uint32_t n = 0;
	for (uint32_t i = 0; i < t->nparts && t->parts[i].from <= t->max; i++)
		if (!n || t->parts[i].edge != t->parts[n - 1].edge)
			t->parts[n++] = t->parts[i];
	t->nparts = n;
}

static bool is_single(const struct trees *t, uint32_t i)
{
	return t->parts[i].from == (i + 1 < t->nparts ? t->parts[i + 1].from - 1 : t->max);
}

/* How many comparisons it takes to tell the parts from..to-1 apart, if `rest` is where most of them lead. */
static uint32_t compares(const struct trees *t, uint32_t from, uint32_t to, uint32_t rest)
{
	uint32_t n = 0;
	for (uint32_t i = from; i < to; i++)
		if (t->parts[i].edge != rest)
			n += is_single(t, i) || !i || i + 1 == t->nparts ? 1 : 2;
	return n;
}

/* ---- the tree ---- */

static void branch(struct trees *t, ir_blk b, uint32_t site, enum ir_cc cc, uint64_t k, const struct ir_edge *yes,
		   const struct ir_edge *no)
{
	struct edit e = { t->f, t->term, site };
	ir_ref i = edit_imm(&e, (int64_t)k);
	ir_ref end = edit_end(t->f, b, site, IRO(br), cc, t->x, i);
	edit_edge(t->f, end, 0, yes);
	edit_edge(t->f, end, 1, no);
}

static struct ir_edge build(struct trees *t, uint32_t from, uint32_t to);

/* The values of `rest` are all but those of parts that are asked for one by one. */
static void build_line(struct trees *t, ir_blk b, uint32_t from, uint32_t to, uint32_t rest)
{
	uint32_t left = compares(t, from, to, rest);
	for (uint32_t i = from; i < to; i++) {
		const struct part *p = &t->parts[i];
		if (p->edge == rest)
			continue;
		struct ir_edge no = t->edges[rest];
		if (--left)
			no = (struct ir_edge){ .to = ir_block_new(t->f) };
		branch(t, b, t->sites[p->edge], IR_EQ, p->from, &t->edges[p->edge], &no);
		ir_block(t->f, no.to)->cold |= left && ir_block(t->f, b)->cold;
		b = no.to;
	}
}

/* Ends block b: on to the parts from..to-1, two at least. */
static void build_in(struct trees *t, ir_blk b, uint32_t from, uint32_t to)
{
	uint32_t rest = t->parts[to - 1].edge, singles = 0;
	for (uint32_t i = from; i < to; i++)
		if (!is_single(t, i))
			rest = t->parts[i].edge;
	for (uint32_t i = from; i < to; i++)
		singles += t->parts[i].edge == rest || is_single(t, i);
	if (singles == to - from && compares(t, from, to, rest) <= LINEAR) {
		build_line(t, b, from, to, rest);
		return;
	}
	uint32_t mid = from + (to - from) / 2;
	struct ir_edge low = build(t, from, mid), high = build(t, mid, to);
	branch(t, b, t->sites[t->parts[mid].edge], IR_ULT, t->parts[mid].from, &low, &high);
}

static struct ir_edge build(struct trees *t, uint32_t from, uint32_t to)
{
	if (to - from == 1)
		return t->edges[t->parts[from].edge];
	struct ir_edge e = { .to = ir_block_new(t->f) };
	ir_block(t->f, e.to)->cold = ir_block(t->f, ir_at(t->f, t->term)->block)->cold;
	build_in(t, e.to, from, to);
	return e;
}

/* The chain's end is led to from many leaves: what it is given is given in one place. */
static void share_end(struct trees *t)
{
	if (!t->edges[0].nargs)
		return;
	ir_blk b = ir_block_new(t->f);
	ir_ref end = edit_end(t->f, b, t->sites[0], IRO(jmp), 0, 0, 0);
	edit_edge(t->f, end, 0, &t->edges[0]);
	ir_block(t->f, b)->cold = ir_block(t->f, t->edges[0].to)->cold;
	t->edges[0] = (struct ir_edge){ .to = b };
}

static void clear(struct ir_fn *f, ir_blk b)
{
	ir_block(f, b)->first = ir_block(f, b)->last = 0;
	ir_block(f, b)->order = 0;
}

static void grow(struct trees *t, ir_blk head)
{
	share_end(t);
	for (uint32_t n = 1; n < t->nlinks; n++)
		clear(t->f, t->links[n].block);
	if (t->nparts == 1) {
		edit_terminator(t->f, t->term, IRO(jmp), 0, 0, 0);
		edit_edge(t->f, t->term, 0, &t->edges[t->parts[0].edge]);
		return;
	}
	ir_blk root = ir_block_new(t->f);
	build_in(t, root, 0, t->nparts);
	/* the root's branch takes the place of the head's */
	ir_ref end = ir_block(t->f, root)->last;
	ir_remove(t->f, t->term);
	ir_remove(t->f, end);
	ir_append(t->f, head, end);
	clear(t->f, root);
}

static void try_chain(struct trees *t, ir_blk head)
{
	read_chain(t, head);
	if (t->nlinks < 2)
		return;
	divide(t);
	if (t->nlinks >= LEAST || compares(t, 0, t->nparts, 0) < t->nlinks)
		grow(t, head);
}

static void open_room(struct trees *t)
{
	struct arena *a = t->u->scratch;
	t->range = range_all(a, t->f);
	t->links = arena_spare(a, struct link, MOST);
	t->edges = arena_spare(a, struct ir_edge, MOST + 1);
	t->sites = arena_spare(a, uint32_t, MOST + 1);
	t->parts = arena_spare(a, struct part, 2 * MOST + 3);
}

static bool begins(const struct ir_fn *f, ir_blk b)
{
	return ir_block(f, b)->last && is_test(f, ir_block(f, b)->last) && may_begin(f, b);
}

static void trees_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct trees t = { .u = u, .f = f };
	ir_blk b = 1;
	while (b < f->nblocks && !begins(f, b))
		b++;
	if (b == f->nblocks)
		return;
	ir_need_order(f);
	open_room(&t);
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (ir_block(f, f->rpo[o])->order && begins(f, f->rpo[o]))
			try_chain(&t, f->rpo[o]);
}

void opt_trees(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			trees_fn(u, u->fns[i]);
}
