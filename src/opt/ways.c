/*
 * ways.c - where several objects meet, what is done with them is done for each of them apart.
 *
 *     local r = rows[k] or { limit = n }      b4(r): ...       from b2: one of the rows, from b3: a table made here
 *
 * Captured objects, functions and tables made here have no form at run time. Other passes know what to do with several of
 * one sort; what is left gets copies: the block where they meet and all that no way leads to but by it are there
 * once for one of them, and once for the others, which meet no more.
 *
 * Code grows by that, so it is done in programs only that are refused without it (u->ways, which pg_compile counts up): from
 * 1 on for what is captured, from 2 on for whatever differs.
 */
#include "opt/choose.h"
#include "opt/passes.h"

enum { MOST_WAYS = 2, MOST_VALUES = 20000 };

#define OBJECTS (IR_BIT(IR_HOST) | IR_BIT(IR_FUNC) | IR_BIT(IR_REC))

/* What one way brings: two ways that bring the same need no copies. */
struct bringing {
	uint64_t kinds;        /* those that matter; 0: what has a form at run time */
	const pg_value *k;     /* the constant that it is, or NULL */
	ir_ref from;           /* what made it, or 0 */
};

struct ways {
	struct flow *fl;
	struct ir_fn *f;
	ir_blk b;              /* where they meet */
	uint32_t param;
	bool *in;              /* by block: it is copied */
	ir_blk *copy;          /* by block: its copy */
	ir_ref *ref;           /* by value: its copy */
	uint32_t nblocks;
};

/* ---- where several meet ---- */

/* Kinds that are told apart. Headers are looked up anew where the packet moves, each by its names. */
static uint64_t kinds_apart(const struct flow *fl)
{
	return fl->u->ways > 1 && fl->u->moves_packet ? OBJECTS | IR_VIEWS : OBJECTS;
}

/* Its kinds; of what a captured table gives, and nothing is known of yet, that it is a captured object. */
static uint64_t kinds_of(const struct flow *fl, ir_ref v)
{
	const struct ir_type *t = &ir_at(fl->f, v)->type;
	if (!type_is_pending(t))
		return t->kinds;
	return choose_is(fl, ir_untested(fl->f, v)) ? IR_BIT(IR_HOST) : 0;
}

static struct bringing bringing_of(const struct flow *fl, ir_ref v)
{
	const struct ir_type *t = &ir_at(fl->f, v)->type;
	struct bringing b = { .kinds = kinds_of(fl, v) & kinds_apart(fl) };
	if (!(b.kinds & OBJECTS))
		return b;
	b.k = t->k;
	b.from = t->k ? 0 : t->def ? t->def : ir_untested(fl->f, v);
	return b;
}

static bool is_same(const struct bringing *a, const struct bringing *b)
{
	return a->kinds == b->kinds && a->from == b->from && !a->k == !b->k && (!a->k || ir_same_value(a->k, b->k));
}

static bool is_live(const struct ways *w, const struct ir_pred *p)
{
	return infer_edge_live(w->fl, p->from, p->succ);
}

/* Does this way bring what the first one does? */
static bool is_as_first(const struct ways *w, uint32_t pred)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	uint32_t first = 0;
	while (first < pred && !is_live(w, &k->preds[first]))
		first++;
	struct bringing a = bringing_of(w->fl, ir_pred_edge(w->f, &k->preds[first])->args[w->param]);
	struct bringing b = bringing_of(w->fl, ir_pred_edge(w->f, &k->preds[pred])->args[w->param]);
	return is_same(&a, &b);
}

static bool differs(const struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (is_live(w, &k->preds[p]) && !is_as_first(w, p))
			return true;
	return false;
}

/* Has what meets there no form at run time, as far as it is asked? */
static bool is_formless(const struct ways *w)
{
	const uint64_t captured = IR_BIT(IR_HOST) | IR_BIT(IR_FUNC);
	const struct ir_type *t = &ir_at(w->f, ir_block(w->f, w->b)->params[w->param])->type;
	return !t->k && !type_is_pending(t) && t->kinds & (w->fl->u->ways > 1 ? kinds_apart(w->fl) : captured);
}

/* Are there captured tables, and something else, such as tables that are made here? Nobody else knows what to do with both. */
static bool is_mixed(const struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	uint64_t kinds = 0;
	for (uint32_t p = 0; p < k->npreds; p++)
		if (is_live(w, &k->preds[p]))
			kinds |= kinds_of(w->fl, ir_pred_edge(w->f, &k->preds[p])->args[w->param]);
	return kinds & IR_BIT(IR_HOST) && kinds & ~(IR_BIT(IR_HOST) | IR_BIT(IR_NIL));
}

/* ---- what is copied ---- */

/* What calls share (share.c) is there once. */
static bool may_copy(const struct ways *w, ir_blk b)
{
	return ir_at(w->f, ir_block(w->f, b)->last)->op != IRO(subret) && !share_is_entry(w->f, b);
}

static bool find_copied(struct ways *w)
{
	struct ir_fn *f = w->f;
	uint32_t size = 0;
	ir_need_tree(f);
	w->nblocks = f->nblocks;
	w->in = arena_array(w->fl->u->scratch, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		if (!ir_dominates(f, w->b, b))
			continue;
		if (!may_copy(w, b))
			return false;
		w->in[b] = true;
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
			size++;
	}
	return size + f->nins <= MOST_VALUES;
}

/* ---- copies ---- */

static void rename_args(struct ways *w, uint32_t n, ir_ref **args)
{
	*args = n ? arena_copy(w->fl->u->arena, *args, sizeof(**args) * n) : NULL;
	for (uint32_t a = 0; a < n; a++)
		if (w->ref[(*args)[a]])
			(*args)[a] = w->ref[(*args)[a]];
}

static void rename_ins(struct ways *w, struct ir_ins *i)
{
	rename_args(w, i->nargs, &i->args);
	if (w->ref[i->raised])
		i->raised = w->ref[i->raised];
	i->succ = i->nsucc ? arena_copy(w->fl->u->arena, i->succ, sizeof(*i->succ) * i->nsucc) : NULL;
	for (uint32_t e = 0; e < i->nsucc; e++) {
		rename_args(w, i->succ[e].nargs, &i->succ[e].args);
		if (w->in[i->succ[e].to])
			i->succ[e].to = w->copy[i->succ[e].to];
	}
}

static void copy_all(struct ways *w)
{
	struct ir_fn *f = w->f;
	w->copy = arena_array(w->fl->u->scratch, ir_blk, w->nblocks);
	w->ref = arena_array(w->fl->u->scratch, ir_ref, f->nins);
	for (ir_blk b = 1; b < w->nblocks; b++)
		if (w->in[b])
			w->copy[b] = edit_copy_block(f, b, f, w->ref);
	for (ir_blk b = 1; b < w->nblocks; b++)
		for (ir_ref r = w->in[b] ? ir_block(f, w->copy[b])->first : 0; r; r = ir_at(f, r)->next) {
			rename_ins(w, ir_at(f, r));
			w->fl->u->sites[ir_at(f, r)->site].parted = true;
		}
}

/* The ways that bring what the first one does stay; the others lead to the copy. */
static void part(struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	bool *stays = arena_array(w->fl->u->scratch, bool, k->npreds);
	for (uint32_t p = 0; p < k->npreds; p++)
		stays[p] = !is_live(w, &k->preds[p]) || is_as_first(w, p);
	copy_all(w);
	k = ir_block(w->f, w->b);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (!stays[p])
			ir_pred_edge(w->f, &k->preds[p])->to = w->copy[w->b];
}

/* The first block where several meet that can be copied. */
static bool find_meeting(struct flow *fl, struct ways *w)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && !k->loop && i < k->nparams; i++) {
			*w = (struct ways){ .fl = fl, .f = f, .b = f->rpo[o], .param = i };
			if ((is_formless(w) || is_mixed(w)) && differs(w) && find_copied(w))
				return true;
		}
	}
	return false;
}

int ways_apart(struct flow *fl)
{
	struct ways w;
	if (!fl->u->ways || !find_meeting(fl, &w))
		return 0;
	part(&w);
	fl->f->ordered = fl->f->treed = false;
	return 1;
}

void ways_note(struct flow *fl)
{
	struct ir_unit *u = fl->u;
	const unsigned now = u->ways;
	struct ways w;
	for (u->ways++; u->ways <= MOST_WAYS && !u->next_ways; u->ways++)
		if (find_meeting(fl, &w) || choose_may_open(fl) || (u->chose && !now))
			u->next_ways = u->ways;
	u->ways = now;
}
