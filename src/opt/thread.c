/*
 * thread.c - jumps: through blocks that do nothing, past branches that an edge's constants decide,
 * and blocks with one way in and one way out become one.
 *
 * Joins of unions carry a tag that the next branch compares: the edge with a constant tag goes
 * straight to where the branch would lead. A block is passed by only when nothing outside needs its
 * parameters; where only the two sides of its branch do, they get parameters of their own first.
 */
#include "core/mutant.h"
#include "opt/simplify.h"

enum { HOPS = 8 };

struct thread {
	struct simp *s;
	struct ir_fn *f;
	bool *kept;            /* by block that could be passed by: its parameters are used elsewhere */
	bool *watched;         /* by value: a parameter whose uses matter */
	ir_ref *users;         /* instructions that use a watched parameter of another block */
	uint32_t nusers;
	bool outer;            /* the one looked at is */
	ir_ref *side[2];       /* by parameter of an opened block: its copy in successor 0, 1 */
};

/* ---- which blocks may be passed by ---- */

/* The operation that is all there is in block b; nop: there is more. */
static enum ir_op lone_op(const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	return b != 1 && k->first == k->last ? (enum ir_op)ir_at(f, k->first)->op : IRO(nop);
}

static bool is_lone(const struct ir_fn *f, ir_blk b, enum ir_op op)
{
	return lone_op(f, b) == op;
}

/* A use of watched value v outside of its block. */
static inline bool is_outer(const struct thread *t, ir_ref v, ir_blk at)
{
	return t->watched[v] && ir_at(t->f, v)->block != at;
}

typedef void use_fn(struct thread *t, ir_ref *use, ir_blk at);

/* Inline: `visit` is small, and known to each caller. */
static inline __attribute__((always_inline)) void each_use(struct thread *t, ir_ref r, use_fn *visit)
{
	struct ir_ins *i = ir_at(t->f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		visit(t, &i->args[a], i->block);
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			visit(t, &i->succ[e].args[a], i->block);
}

static inline __attribute__((always_inline)) void each_users_use(struct thread *t, use_fn *visit)
{
	for (uint32_t n = 0; n < t->nusers; n++)
		each_use(t, t->users[n], visit);
}

/* Watches the parameters of b; how many there are. */
static uint32_t watch(struct thread *t, ir_blk b)
{
	const struct ir_block *k = ir_block(t->f, b);
	for (uint32_t p = 0; p < k->nparams; p++)
		t->watched[k->params[p]] = true;
	return k->nparams;
}

static void note_use(struct thread *t, ir_ref *use, ir_blk at)
{
	if (is_outer(t, *use, at))
		t->kept[ir_at(t->f, *use)->block] = t->outer = true;
}

static void find_users(struct thread *t)
{
	struct ir_fn *f = t->f;
	t->users = arena_spare(t->s->scratch, ir_ref, f->nins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			t->outer = false;
			each_use(t, r, note_use);
			if (t->outer)
				t->users[t->nusers++] = r;
		}
}

static void find_kept(struct thread *t)
{
	struct ir_fn *f = t->f;
	uint32_t n = 0;
	t->watched = arena_array(t->s->scratch, bool, f->nins);
	for (uint32_t o = 1; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		if (k->nparams && k->first == k->last)
			n += watch(t, f->rpo[o]);
	}
	memset(t->kept, 0, sizeof(*t->kept) * f->nblocks);
	if (n)
		find_users(t);
}

/* ---- opening: the sides of a branch get copies of its block's parameters ---- */

/* Only b leads to its successor `to`, which may therefore get parameters. The error exit has one. */
static bool is_side(const struct ir_fn *f, ir_blk to)
{
	return ir_block(f, to)->npreds == 1 && to != f->error_exit;
}

/* 0, 1: the side of b's branch that `at` is behind; -1: neither. */
static int side_of(const struct thread *t, ir_blk b, ir_blk at)
{
	const struct ir_ins *br = ir_at(t->f, ir_block(t->f, b)->last);
	for (int k = 0; k < 2; k++) {
		ir_blk to = br->succ[k].to;
		if (is_side(t->f, to) && ir_dominates(t->f, to, at))
			return k;
	}
	return -1;
}

/* Value v of block b, seen from an edge that leads there with `args`. */
static ir_ref through(const struct ir_fn *f, ir_blk b, const struct ir_edge *in, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	return i->op == IRO(param) && i->block == b ? in->args[i->aux] : v;
}

/* What the branch `term` has just answered, asked again behind its edge `succ`: 1, 0, or -1 for another question. */
static int told_before(const struct ir_fn *f, const struct ir_ins *term, uint32_t succ)
{
	const struct ir_edge *in = &term->succ[succ];
	const struct ir_ins *again = ir_at(f, ir_block(f, in->to)->last);
	if ((term->op != IRO(br) && term->op != IRO(br32)) || again->op != term->op ||
	    (again->aux ^ term->aux) > 1 || /* a condition and its opposite are neighbours */
	    through(f, in->to, in, again->args[0]) != term->args[0] ||
	    through(f, in->to, in, again->args[1]) != term->args[1])
		return -1;
	return (again->aux == term->aux) == (succ == 0);
}

static bool is_told_before(const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (told_before(f, ir_at(f, ir_block(f, k->preds[p].from)->last), k->preds[p].succ) >= 0)
			return true;
	return false;
}

/* Could an edge into b be decided by a constant? */
static bool has_constant(const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	const struct ir_ins *br = ir_at(f, k->last);
	if (!is_imm(f, br->args[1]))
		return false;
	const struct ir_ins *tested = ir_at(f, br->args[0]);
	if (tested->op != IRO(param) || tested->block != b)
		return false;
	for (uint32_t p = 0; p < k->npreds; p++)
		if (is_imm(f, ir_pred_edge(f, &k->preds[p])->args[tested->aux]))
			return true;
	return false;
}

static void open_use(struct thread *t, ir_ref *use, ir_blk at)
{
	ir_blk b = t->side[0][*use] ? ir_at(t->f, *use)->block : at;
	if (b == at)
		return;
	*use = t->side[side_of(t, b, at)][*use];
	if (ir_at(t->f, *use)->block != at)
		t->kept[ir_at(t->f, *use)->block] = true;
}

static void add_sides(struct thread *t, ir_blk b)
{
	struct ir_fn *f = t->f;
	ir_ref br = ir_block(f, b)->last;
	uint32_t n = ir_block(f, b)->nparams;
	t->kept[b] = false;
	for (int k = 0; k < 2; k++) {
		struct ir_edge e = ir_at(f, br)->succ[k];
		if (!is_side(f, e.to)) {
			/* no use lies behind this side; the mark only says that b is opened */
			for (uint32_t p = 0; p < n; p++)
				t->side[k][ir_block(f, b)->params[p]] = ir_block(f, b)->params[p];
			continue;
		}
		ir_ref *args = arena_spare(t->s->u->arena, ir_ref, e.nargs + n);
		if (e.nargs)
			memcpy(args, e.args, sizeof(*args) * e.nargs);
		for (uint32_t p = 0; p < n; p++) {
			args[e.nargs + p] = ir_block(f, b)->params[p];
			t->side[k][args[e.nargs + p]] = ir_param_add(f, e.to);
		}
		ir_at(f, br)->succ[k] = (struct ir_edge){ e.to, e.nargs + n, args };
	}
}

struct opening { struct thread t; bool *bad; };

static void mark_bad(struct thread *t, ir_ref *use, ir_blk at)
{
	ir_blk b = t->watched[*use] ? ir_at(t->f, *use)->block : at;
	if (b != at && side_of(t, b, at) < 0)
		((struct opening *)t)->bad[b] = true;
}

static bool may_open(const struct thread *t, ir_blk b)
{
	return is_lone(t->f, b, IRO(br)) && (has_constant(t->f, b) || is_told_before(t->f, b));
}

static void open_blocks(struct thread *t)
{
	struct ir_fn *f = t->f;
	struct opening o = { *t, arena_array(t->s->scratch, bool, f->nblocks) };
	uint32_t n = 0;
	memset(t->watched, 0, sizeof(*t->watched) * f->nins);
	for (uint32_t k = 1; k < f->nrpo; k++)
		if (t->kept[f->rpo[k]] && may_open(t, f->rpo[k]))
			n += watch(t, f->rpo[k]);
	if (!n)
		return;
	ir_need_tree(t->s->f);
	each_users_use(&o.t, mark_bad);
	/* values made from here on have no copies; those for which there is no room wait a round */
	uint32_t room = f->nins + f->nins / 2 + 64;
	t->side[0] = arena_array(t->s->scratch, ir_ref, room);
	t->side[1] = arena_array(t->s->scratch, ir_ref, room);
	for (uint32_t k = 0; k < f->nrpo; k++) {
		ir_blk b = f->rpo[k];
		if (t->kept[b] && !o.bad[b] && may_open(t, b) &&
		    f->nins + 2 * ir_block(f, b)->nparams < room)
			add_sides(t, b);
	}
	each_users_use(t, open_use);
	t->s->changed = true;
}

/* ---- following an edge ---- */

static struct ir_edge compose(struct thread *t, const struct ir_edge *in, const struct ir_edge *out)
{
	struct ir_edge e = { .to = out->to, .nargs = out->nargs };
	if (e.nargs)
		e.args = arena_spare(t->s->u->arena, ir_ref, e.nargs);
	for (uint32_t a = 0; a < e.nargs; a++)
		e.args[a] = through(t->f, in->to, in, out->args[a]);
	return e;
}

/* Does edge e of block b enter a loop over a map? An edge from within leads there to the next entry, so what comes from
 * without goes on by a block that is outside: else the end of a turn of the loop around could not be told from the other. */
static bool enters_each(const struct ir_fn *f, ir_blk b, const struct ir_edge *e)
{
	const struct ir_block *to = ir_block(f, e->to);
	return !MUTANT(turn_as_next) && ir_at(f, to->last)->op == IRO(mapeach) && ir_block(f, b)->order < to->order;
}

/* One step: which successor of the block that edge `succ` of `term` leads to is next in any case, or -1. The head of a
 * loop that is to be walked stays its head. */
static int way(struct thread *t, ir_ref term, uint32_t succ)
{
	struct ir_fn *f = t->f;
	const struct ir_edge *in = &ir_at(f, term)->succ[succ];
	enum ir_op op = lone_op(f, in->to);
	if (op != IRO(jmp) && op != IRO(br) && op != IRO(br32))
		return -1;
	const struct ir_block *k = ir_block(f, in->to);
	if (t->kept[in->to] || in->to == f->error_exit || k->walked)
		return -1;
	const struct ir_ins *br = ir_at(f, k->last);
	if (op == IRO(jmp)) /* what several cold ways bring along is brought in one place */
		return k->cold && k->npreds > 1 && br->succ[0].nargs ? -1 : 0;
	int yes = told_before(f, ir_at(f, term), succ);
	if (yes < 0)
		yes = fold_condition(t->s, op == IRO(br32), br->aux,
				     through(f, in->to, in, br->args[0]), through(f, in->to, in, br->args[1]));
	return yes < 0 ? -1 : !yes;
}

static bool same_edge(const struct ir_edge *a, const struct ir_edge *b)
{
	return a->to == b->to && a->nargs == b->nargs &&
	       (!a->nargs || !memcmp(a->args, b->args, sizeof(*a->args) * a->nargs));
}

static void follow(struct thread *t, ir_ref term, uint32_t succ)
{
	for (unsigned hop = 0; hop < HOPS; hop++) {
		struct ir_edge in = ir_at(t->f, term)->succ[succ];
		int k = way(t, term, succ);
		if (k < 0 || enters_each(t->f, in.to, &ir_at(t->f, ir_block(t->f, in.to)->last)->succ[k]))
			return;
		struct ir_edge out = compose(t, &in, &ir_at(t->f, ir_block(t->f, in.to)->last)->succ[k]);
		if (out.to == in.to)
			return;
		ir_at(t->f, term)->succ[succ] = out;
		simp_edges_changed(t->s);
	}
}

/* ---- tests of several bits ---- */

/* The edge that a test of bits (1: they are set) takes, or NULL when it is none, or not of a constant. */
static const struct ir_edge *when_set(const struct ir_fn *f, const struct ir_ins *br, bool set)
{
	if (br->op != IRO(br) || br->aux < IR_SET || !is_imm(f, br->args[1]))
		return NULL;
	return &br->succ[(br->aux == IR_SET) != set];
}

/* `x & a` leads to where `x & b`, the question after it, would lead too: one question. */
static bool join_tests(struct thread *t, ir_ref term)
{
	struct ir_fn *f = t->f;
	struct ir_ins *a = ir_at(f, term);
	const struct ir_edge *yes = when_set(f, a, true), *no = when_set(f, a, false);
	if (!yes || !is_lone(f, no->to, IRO(br)) || ir_block(f, no->to)->npreds != 1 || ir_block(f, no->to)->nparams)
		return false;
	const struct ir_ins *b = ir_at(f, ir_block(f, no->to)->last);
	const struct ir_edge *too = when_set(f, b, true);
	if (!too || b->args[0] != a->args[0] || !same_edge(yes, too))
		return false;
	ir_ref both = simp_imm(t->s, ir_at(f, a->args[1])->imm | ir_at(f, b->args[1])->imm);
	a = ir_at(f, term); /* simp_imm may have moved it */
	struct ir_edge set = *yes, clear = *when_set(f, ir_at(f, ir_block(f, no->to)->last), false);
	edit_terminator(f, term, IRO(br), IR_SET, a->args[0], both);
	ir_at(f, term)->succ[0] = set;
	ir_at(f, term)->succ[1] = clear;
	simp_edges_changed(t->s);
	return true;
}

void simp_thread(struct simp *s)
{
	struct ir_fn *f = s->f;
	struct thread t = { .s = s, .f = f };
	ir_need_order(s->f);
	t.kept = arena_array(s->scratch, bool, f->nblocks);
	find_kept(&t);
	open_blocks(&t);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_ref term = ir_block(f, f->rpo[o])->last;
		/* the value of a pkt or each exists only in the block that its edge 0 leads to */
		for (uint32_t k = ir_ops[ir_at(f, term)->op].result != 'N'; k < ir_at(f, term)->nsucc; k++)
			follow(&t, term, k);
		while (join_tests(&t, term))
			;
		struct ir_ins *i = ir_at(f, term);
		if ((i->op == IRO(br) || i->op == IRO(br32)) && same_edge(&i->succ[0], &i->succ[1])) {
			struct ir_edge e = i->succ[0];
			edit_terminator(f, term, IRO(jmp), 0, 0, 0);
			ir_at(f, term)->succ[0] = e;
			simp_edges_changed(s);
		}
	}
}

/* ---- merging ---- */

/* The edges that led out of `was` now lead out of `from`. */
static void move_preds(struct ir_fn *f, ir_blk from, ir_blk was)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, from)->last);
	for (uint32_t e = 0; e < t->nsucc; e++) {
		const struct ir_block *to = ir_block(f, t->succ[e].to);
		for (uint32_t p = 0; p < to->npreds; p++)
			if (to->preds[p].from == was)
				to->preds[p].from = from;
	}
}

/* b ends in a jump to k, which has no other way in: k's instructions move to b. Order stays right but
 * for k itself. */
static void merge_into(struct simp *s, ir_blk b, ir_blk k)
{
	struct ir_fn *f = s->f;
	struct ir_block *x = ir_block(f, b), *y = ir_block(f, k);
	ir_ref jump = x->last;
	const struct ir_edge e = ir_at(f, jump)->succ[0];
	for (uint32_t p = 0; p < y->nparams; p++)
		s->to[y->params[p]] = e.args[p];
	ir_remove(f, jump);
	for (ir_ref r = y->first; r; r = ir_at(f, r)->next)
		ir_at(f, r)->block = b;
	ir_at(f, y->first)->prev = x->last;
	if (x->last)
		ir_at(f, x->last)->next = y->first;
	else
		x->first = y->first;
	x->last = y->last;
	y->first = y->last = 0;
	y->nparams = y->npreds = y->order = 0;
	move_preds(f, b, k);
	f->treed = false;
}

void simp_merge(struct simp *s)
{
	struct ir_fn *f = s->f;
	ir_need_order(s->f);
	s->to = arena_array(s->scratch, ir_ref, f->nins);
	bool any = false;
	uint32_t n = 0;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		if (!ir_block(f, b)->last)
			continue;
		f->rpo[n++] = b;
		ir_block(f, b)->order = n;
		for (;;) {
			const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
			ir_blk k = t->op == IRO(jmp) ? t->succ[0].to : b;
			if (k == b || k == 1 || ir_block(f, k)->npreds != 1 || k == f->error_exit ||
			    (ir_block(f, k)->cold && !ir_block(f, b)->cold) ||
			    ir_at(f, ir_block(f, k)->last)->op == IRO(mapeach)) /* b may head the loop around */
				break;
			any |= ir_block(f, k)->nparams != 0;
			merge_into(s, b, k);
		}
	}
	f->nrpo = n;
	if (any)
		ir_rename(f, s->to);
}
