/*
 * ways.c - where several objects meet, what is done with them is done for each of them apart.
 *
 *     local r = rows[k] or { limit = n }      b4(r): ...       from b2: one of the rows, from b3: a table made here
 *
 * Captured objects, functions and tables made here have no form at run time. Other passes know what to do with several of
 * one sort; what is left gets copies: the block where they meet, and those on the ways to where they are last used, are there
 * once for each of them, and they meet no more. What is made there and used elsewhere is carried out (carry.c).
 *
 * Code grows by that, so it is done in programs only that are refused without it (u->ways, which pg_compile counts up): from
 * 1 on for what is captured, from 2 on for whatever differs; so for entries of maps whose structs differ, too.
 */
#include "opt/choose.h"
#include "opt/passes.h"

enum { MOST_WAYS = 2, MOST_VALUES = 1500 };

#define OBJECTS (IR_BIT(IR_HOST) | IR_BIT(IR_FUNC) | IR_BIT(IR_REC))

/* What one way brings: two ways that bring the same need no copies. */
struct bringing {
	uint64_t kinds;        /* those that matter; 0: what has a form at run time */
	const pg_value *k;     /* the constant that it is, or NULL */
	ir_ref from;           /* what made it, or 0 */
	const struct ir_type *t;
};

struct ways {
	struct flow *fl;
	struct ir_fn *f;
	ir_blk b;              /* where they meet */
	uint32_t param;
	bool *is;              /* by value: the parameter */
	bool *in;              /* by block: it is copied */
	ir_blk *copy;          /* by block: its copy */
	ir_ref *ref;           /* by value: its copy */
	uint32_t nblocks, size;
	uint32_t *same, n;     /* by way: the first one that brings the same; how many differ */
	bool texts;            /* constants differ, too */
};

/* ---- where several meet ---- */

/* Kinds that have no form at run time. Headers are looked up anew where the packet moves, each by its names. */
static uint64_t kinds_formless(const struct flow *fl)
{
	if (fl->u->ways < 2)
		return IR_BIT(IR_HOST) | IR_BIT(IR_FUNC);
	return fl->u->moves_packet ? OBJECTS | IR_VIEWS : OBJECTS;
}

/* Its kinds; of what a captured table gives, and nothing is known of yet, that it is a captured object. */
static uint64_t kinds_of(const struct flow *fl, ir_ref v)
{
	const struct ir_type *t = &ir_at(fl->f, v)->type;
	if (!type_is_pending(t))
		return t->kinds;
	return choose_is(fl, ir_untested(fl->f, v)) ? IR_BIT(IR_HOST) : 0;
}

static struct bringing bringing_of(const struct ways *w, ir_ref v)
{
	const struct flow *fl = w->fl;
	const struct ir_type *t = &ir_at(fl->f, v)->type;
	if (w->texts)
		return (struct bringing){ .k = t->k, .t = t };
	struct bringing b = { .kinds = kinds_of(fl, v) & (fl->u->ways > 1 ? IR_ANY : OBJECTS), .t = t };
	if (!(b.kinds & OBJECTS))
		return b;
	b.k = t->k;
	b.from = t->k ? 0 : t->def ? t->def : ir_untested(fl->f, v);
	return b;
}

static bool is_same(const struct bringing *a, const struct bringing *b)
{
	return a->kinds == b->kinds && a->from == b->from && !a->k == !b->k && (!a->k || ir_same_value(a->k, b->k)) &&
	       type_alike(a->t, b->t);
}

static bool is_live(const struct ways *w, const struct ir_pred *p)
{
	return infer_edge_live(w->fl, p->from, p->succ);
}

/* Which ways bring the same: each gets the number of the first of them. Those that nobody comes by go with the first one. Returns
 * how many differ. */
static uint32_t number_ways(const struct ways *w, uint32_t *same)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	uint32_t first = 0, n = 0;
	while (first < k->npreds && !is_live(w, &k->preds[first]))
		first++;
	for (uint32_t p = 0; p < k->npreds; p++) {
		struct bringing b = bringing_of(w, ir_pred_edge(w->f, &k->preds[p])->args[w->param]);
		same[p] = is_live(w, &k->preds[p]) ? p : first;
		for (uint32_t q = first; q < p && same[p] == p; q++) {
			struct bringing a = bringing_of(w, ir_pred_edge(w->f, &k->preds[q])->args[w->param]);
			if (is_live(w, &k->preds[q]) && is_same(&a, &b))
				same[p] = q;
		}
		n += same[p] == p;
	}
	return n;
}

static bool differs(struct ways *w)
{
	w->same = arena_array(w->fl->u->scratch, uint32_t, ir_block(w->f, w->b)->npreds);
	return (w->n = number_ways(w, w->same)) > 1;
}

/* Has what meets there no form at run time? */
static bool is_formless(const struct ways *w)
{
	const struct ir_type *t = &ir_at(w->f, ir_block(w->f, w->b)->params[w->param])->type;
	return !t->k && !type_is_pending(t) && t->kinds & kinds_formless(w->fl);
}

/* Are there entries of different structs, or maps of different types out of maps of maps? */
static bool is_unlike(const struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	const struct ir_type *t = &ir_at(w->f, k->params[w->param])->type;
	for (uint32_t p = 0; w->fl->u->ways > 1 && !type_is_pending(t) && p < k->npreds; p++)
		if (is_live(w, &k->preds[p]) && !type_alike(t, &ir_at(w->f, ir_pred_edge(w->f, &k->preds[p])->args[w->param])->type))
			return true;
	return false;
}

/* Does a test of the parameter alone lead to what is refused, as `#t` is of a list that may have a hole? Several elements may be
 * nil on one way, and none on the other. */
static bool is_doubted(const struct ways *w)
{
	const ir_ref param = ir_block(w->f, w->b)->params[w->param];
	for (uint32_t o = 0; w->fl->u->ways > 1 && o < w->f->nrpo; o++) {
		const struct ir_block *k = ir_block(w->f, w->f->rpo[o]);
		if (!w->fl->exec[w->f->rpo[o]] || ir_at(w->f, k->first)->op != IRO(refuse) || k->npreds != 1)
			continue;
		const struct ir_ins *t = ir_at(w->f, ir_block(w->f, k->preds[0].from)->last);
		const struct ir_ins *is = ir_at(w->f, t->op == IRO(branch) ? t->args[0] : param);
		if (is->op == IRO(eq) && ir_untested(w->f, is->args[0]) == param)
			return true;
	}
	return false;
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

/* By value: the parameter, or what a test made of it. */
static void find_param(struct ways *w)
{
	struct ir_fn *f = w->f;
	w->is = arena_array(w->fl->u->scratch, bool, f->nins);
	w->is[ir_block(f, w->b)->params[w->param]] = true;
	for (uint32_t o = ir_block(f, w->b)->order - 1; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			w->is[r] = ir_at(f, r)->op == IRO(pi) && w->is[ir_at(f, r)->args[0]];
}

/* It is the parameter; or is made in the copies, and cannot be carried out of them. */
static bool is_tied(const struct ways *w, ir_ref r)
{
	return w->is[r] || (w->in[ir_at(w->f, r)->block] && !carry_may(ir_at(w->f, r)));
}

/* Does i use something such? What a guard stands before is one with it. */
static bool uses_tied(const struct ways *w, const struct ir_ins *i)
{
	if (i->raised && w->in[ir_at(w->f, i->raised)->block])
		return true;
	for (uint32_t a = 0; a < i->nargs; a++)
		if (is_tied(w, i->args[a]))
			return true;
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (is_tied(w, i->succ[e].args[a]))
				return true;
	return false;
}

/* Is it needed in the copies: is the parameter used there, or does it lead to where it is? */
static bool is_needed(const struct ways *w, ir_blk b)
{
	const struct ir_fn *f = w->f;
	const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
	for (uint32_t e = 0; e < t->nsucc; e++)
		if (w->in[t->succ[e].to])
			return true;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
		if (uses_tied(w, ir_at(f, r)))
			return true;
	return false;
}

/* The block, and what is on the ways from it to the last uses. False: that cannot be copied, or is too much. */
static bool find_copied(struct ways *w)
{
	struct ir_fn *f = w->f;
	ir_need_tree(f);
	find_param(w);
	w->nblocks = f->nblocks;
	w->in = arena_array(w->fl->u->scratch, bool, f->nblocks);
	w->in[w->b] = true;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = f->nrpo; o-- >= ir_block(f, w->b)->order;) {
			ir_blk b = f->rpo[o];
			if (w->in[b] || !ir_dominates(f, w->b, b) || !is_needed(w, b))
				continue;
			w->in[b] = more = true;
		}
	}
	for (uint32_t o = 0; o < f->nrpo; o++) {
		if (w->in[f->rpo[o]] && !may_copy(w, f->rpo[o]))
			return false;
		for (ir_ref r = w->in[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			w->size++;
	}
	return (w->n - 1) * w->size + w->fl->u->parted <= MOST_VALUES;
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

/* The ways that bring what the first one does stay; others lead to a copy for theirs. */
static void part(struct ways *w)
{
	struct ir_fn *f = w->f;
	uint32_t npreds = ir_block(f, w->b)->npreds;
	const struct ir_pred *preds = arena_copy(w->fl->u->scratch, ir_block(f, w->b)->preds, sizeof(*preds) * npreds);
	w->fl->u->parted += (w->n - 1) * w->size;
	carry_out(w->fl, w->in);
	for (uint32_t p = 1; p < npreds; p++) {
		if (w->same[p] != p || p == w->same[0])
			continue;
		copy_all(w);
		for (uint32_t q = p; q < npreds; q++)
			if (w->same[q] == p)
				ir_pred_edge(f, &preds[q])->to = w->copy[w->b];
	}
}

static bool is_without_form(const struct ways *w)
{
	return is_formless(w) || is_mixed(w) || is_unlike(w);
}

/* The first block where several meet, of which that is so, that can be copied. */
static bool find_meeting_that(struct flow *fl, struct ways *w, bool (*is)(const struct ways *w))
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && !k->loop && i < k->nparams; i++) {
			*w = (struct ways){ .fl = fl, .f = f, .b = f->rpo[o], .param = i };
			if (is(w) && differs(w) && find_copied(w))
				return true;
		}
	}
	return false;
}

static bool find_meeting(struct flow *fl, struct ways *w)
{
	return find_meeting_that(fl, w, is_without_form) || find_meeting_that(fl, w, is_doubted);
}

/* ---- before a loop ---- */

/* Does a turn of a loop call the parameter? */
static bool calls_each_turn(const struct flow *fl, ir_ref param)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = ir_block(f, ir_at(f, param)->block)->order - 1; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(forcall) && ir_untested(f, ir_at(f, r)->args[0]) == param)
				return true;
	return false;
}

/* How many ways lead into the loop, if no turn changes its parameter; else 0. */
static uint32_t count_entries(const struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	uint32_t n = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		if (!ir_dominates(w->f, w->b, k->preds[p].from))
			n++;
		else if (ir_pred_edge(w->f, &k->preds[p])->args[w->param] != k->params[w->param])
			return 0;
	}
	return n;
}

/* They meet in a block before it. */
static void meet_before(const struct ways *w)
{
	struct ir_fn *f = w->f;
	const struct ir_block k = *ir_block(f, w->b);
	ir_blk before = ir_block_new(f);
	for (uint32_t a = 0; a < k.nparams; a++)
		ir_param_add(f, before);
	for (uint32_t p = 0; p < k.npreds; p++)
		if (!ir_dominates(f, w->b, k.preds[p].from))
			ir_pred_edge(f, &k.preds[p])->to = before;
	ir_ref jump = flow_emit(w->fl, before, ir_at(f, k.first)->site, IRO(jmp), 0, NULL);
	ir_succ(f, jump, 0, w->b, k.nparams, ir_block(f, before)->params);
}

/* A loop that calls one of several in each turn, which meet where it begins: parted they can be in front of it. */
static bool meet_earlier(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	ir_need_tree(f);
	for (uint32_t o = 1; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && k->loop && i < k->nparams; i++) {
			const struct ways w = { .fl = fl, .f = f, .b = f->rpo[o], .param = i };
			if (!is_formless(&w) || !calls_each_turn(fl, k->params[i]) || count_entries(&w) < 2)
				continue;
			meet_before(&w);
			return true;
		}
	}
	return false;
}

int ways_apart(struct flow *fl)
{
	struct ways w;
	if (!fl->u->ways)
		return 0;
	if (find_meeting(fl, &w))
		part(&w);
	else if (!meet_earlier(fl))
		return 0;
	fl->f->ordered = fl->f->treed = false;
	return 1;
}

/* ---- patterns and formats ---- */

/* The argument of a call that must be known when it is compiled, and is not; or 0. */
static ir_ref asked_by(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	const bool viewed = i->nargs > 1 && ir_at(f, i->args[1])->type.kinds & IR_VIEWS; /* p:unpack(format) */
	const uint32_t at = !row ? 0 : row->effects & IR_FORMAT ? 1 + viewed : row->effects & IR_PATTERN ? 2 : 0;
	return at && at < i->nargs && !ir_at(f, i->args[at])->type.k ? ir_untested(f, i->args[at]) : 0;
}

/* What leads to values that were asked for leads to such. */
static bool ask_on(const struct flow *fl, ir_blk b, bool *asked)
{
	const struct ir_block *k = ir_block(fl->f, b);
	bool more = false;
	for (uint32_t p = 0; p < k->nparams; p++)
		for (uint32_t e = 0; asked[k->params[p]] && e < k->npreds; e++) {
			bool *from = &asked[ir_untested(fl->f, ir_pred_edge(fl->f, &k->preds[e])->args[p])];
			more |= !*from;
			*from = true;
		}
	return more;
}

bool *ways_find_asked(const struct flow *fl)
{
	struct ir_fn *f = fl->f;
	bool *asked = NULL;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next) {
			ir_ref v = asked_by(f, ir_at(f, r));
			if (v && !asked)
				asked = arena_array(fl->u->scratch, bool, f->nins);
			if (v)
				asked[v] = true;
		}
	for (bool more = asked; more;) {
		more = false;
		for (uint32_t o = 1; o < f->nrpo; o++)
			more |= fl->exec[f->rpo[o]] && ask_on(fl, f->rpo[o], asked);
	}
	return asked;
}

/* Does each way bring a constant, and a text is among them? */
static bool are_constants(const struct ways *w)
{
	const struct ir_block *k = ir_block(w->f, w->b);
	const struct ir_type *all = &ir_at(w->f, k->params[w->param])->type;
	if (all->k || type_is_pending(all) || !(all->kinds & IR_BIT(IR_STR)))
		return false;
	for (uint32_t p = 0; p < k->npreds; p++)
		if (is_live(w, &k->preds[p]) && !ir_at(w->f, ir_pred_edge(w->f, &k->preds[p])->args[w->param])->type.k)
			return false;
	return true;
}

/* The call ends its block, with its results: what comes behind is no part of the copies. */
static void end_behind(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	const ir_blk b = ir_at(f, call)->block;
	const uint32_t nblocks = f->nblocks;
	ir_ref last = call;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref next, r = ir_block(f, f->rpo[o])->first; r; r = next) {
			next = ir_at(f, r)->next;
			if (ir_at(f, r)->op != IRO(result) || ir_at(f, r)->args[0] != call)
				continue;
			if (r != ir_at(f, last)->next) {
				ir_remove(f, r);
				ir_insert_before(f, ir_at(f, last)->next, r);
			}
			last = r;
		}
	if (ir_at(f, last)->next == ir_block(f, b)->last)
		return;
	ir_blk rest = edit_split(f, ir_at(f, last)->next);
	ir_ref jump = flow_emit(fl, b, ir_at(f, call)->site, IRO(jmp), 0, NULL);
	ir_succ(f, jump, 0, rest, 0, NULL);
	bool *exec = arena_array(fl->u->scratch, bool, f->nblocks);
	memcpy(exec, fl->exec, sizeof(*exec) * nblocks);
	exec[rest] = true;
	fl->exec = exec;
	f->ordered = f->treed = false;
}

static void end_calls(struct ways *w)
{
	struct ir_fn *f = w->f;
	const ir_ref param = ir_block(f, w->b)->params[w->param], n = f->nins;
	for (ir_ref r = 1; r < n; r++)
		if (ir_at(f, r)->block && w->fl->exec[ir_at(f, r)->block] && asked_by(f, ir_at(f, r)) == param)
			end_behind(w->fl, r);
	ir_need_tree(f);
}

/* A pattern or a format that is one of several constants: the call is there for each of them. */
int ways_asked(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	const bool *asked = ways_find_asked(fl);
	const uint32_t n = asked ? f->nrpo : 0;
	const ir_blk *order = arena_copy(fl->u->scratch, f->rpo, sizeof(*order) * f->nrpo);
	for (uint32_t o = 1; o < n; o++)
		for (uint32_t i = 0; fl->exec[order[o]] && i < ir_block(f, order[o])->nparams; i++) {
			struct ways w = { .fl = fl, .f = f, .b = order[o], .param = i, .texts = true };
			if (!asked[ir_block(f, w.b)->params[i]] || ir_block(f, w.b)->loop || !are_constants(&w) || !differs(&w))
				continue;
			end_calls(&w);
			if (!find_copied(&w))
				continue;
			part(&w);
			fl->u->chose = true; /* what gmatch gives meets, too */
			f->ordered = f->treed = false;
			return 1;
		}
	return 0;
}

/* Do several meet where a loop begins? */
static bool meet_in_loop(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && k->loop && i < k->nparams; i++)
			if (choose_object(fl, k->params[i]))
				return true;
	}
	return false;
}

void ways_note(struct flow *fl)
{
	struct ir_unit *u = fl->u;
	const unsigned now = u->ways;
	struct ways w;
	bool more = (now ? u->parted > 0 : u->chose) || choose_may_open(fl) || meet_in_loop(fl); /* what was parted by sort is parted by kinds then */
	for (u->ways++; u->ways <= MOST_WAYS && !u->next_ways; u->ways++)
		if (more || find_meeting(fl, &w))
			u->next_ways = u->ways;
	u->ways = now;
}
