/*
 * loops.c - pass `loops`: gives every loop a form that ends, and that the verifier sees the end of.
 * What it accepts was found by experiment: docs/loops.md.
 *
 *   walked   a short loop without branches of its own is left, when it is counted or halves a value until
 *            nothing is left: the verifier goes round with it
 *   fuel     every other back edge becomes a `fuel` (may_goto, or an iterator: bpf/turns.c). The verifier then compares
 *            what it knows at the back edge with the turns before, so nothing that changes from turn to turn
 *            may be a constant to it: constants that enter the loop's variables from outside are
 *            hidden, and so is every value that a turn changes: `if i == 10` would make i + 1 the
 *            constant 11, and from there each turn another. All back edges of a loop meet in one
 *            block, or each of their fuels would keep states of its own.
 *
 * Hidden is what has a zero added that the verifier does not know.
 *
 * Variables that hold a pointer on some edges keep their constants (a hidden 0 would be a scalar
 * that is followed), and then so do variables that only ever hold constants: they may be the tags
 * that tell whether the pointer is there. These have finitely many states anyway.
 *
 * Without either all loops are walked, and those refused of which the verifier would not see the end. A
 * budget of turns is counted in a stack slot.
 */
#include "core/feature.h"
#include "core/refusal.h"
#include "opt/halving.h"
#include "opt/outline.h"
#include "opt/range.h"
#include "opt/simplify.h"
#include "opt/webs.h"

#include <errno.h>

/* Instructions that the verifier may process for one walked loop: more costs more time to load than
 * fuel costs to run. HALVED_MAX: with what follows the loop, which it mostly knows from the turn before. */
enum { WALK_MAX = 256, HALVED_MAX = 1200 };

/* Of webs: a variable of a loop with fuel; what a loop without counts its turns by. */
enum { W_FUEL = 32, W_COUNTER = 64 };

struct back { ir_blk from; uint32_t succ; ir_blk to; };

struct loops {
	struct ir_unit *u;
	struct ir_fn *f;
	struct webs webs;
	ir_blk *header;        /* by root: the one loop header with a parameter in it; MANY_HEADERS */
	bool walks_all;        /* there is no may_goto */
	const struct range *range; /* by value; then only */
	bool surely;           /* what the verifier may not know of a range does not count: the loop can be called */
	bool *walk;            /* by block: header of a loop that is walked */
	bool *inside;          /* by block: in a loop that is not walked as it is; where all are walked */
	uint32_t *seen;        /* by block: the last header whose body() it was found in */
	ir_ref zero;           /* hidden from the verifier; 0 until it is needed */
	struct back *backs;
	uint32_t nbacks, cap_backs;
	ir_blk *stays;         /* headers of loops that cannot be called by the kernel */
	uint32_t nstays, cap_stays;
};

static const ir_blk MANY_HEADERS = ~(ir_blk)0;

/* ---- webs ---- */

static void find_webs(struct loops *l)
{
	struct ir_fn *f = l->f;
	webs_find(f, &l->webs);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t p = 0; k->loop && p < k->nparams; p++) {
			ir_blk *h = &l->header[web_root(&l->webs, k->params[p])];
			*h = *h && *h != f->rpo[o] ? MANY_HEADERS : f->rpo[o];
		}
	}
}

/* ---- which loops are walked ---- */

struct body {
	uint32_t size, branches;
	ir_ref branch;         /* the last branch seen */
	bool nested;
};

static void add_block(struct loops *l, struct body *y, ir_blk b)
{
	const struct ir_fn *f = l->f;
	for (ir_ref i = ir_block(f, b)->first; i; i = ir_at(f, i)->next)
		y->size++;
	if (ir_at(f, ir_block(f, b)->last)->nsucc > 1) {
		y->branches++;
		y->branch = ir_block(f, b)->last;
	}
}

/* The natural loop of header h: what reaches its back edges without passing through it. */
static struct body body(struct loops *l, ir_blk h)
{
	struct ir_fn *f = l->f;
	struct body y = { 0 };
	ir_blk *stack = arena_array(l->u->arena, ir_blk, f->nrpo);
	uint32_t depth = 0;
	l->seen[h] = h;
	add_block(l, &y, h);
	for (uint32_t i = 0; i < l->nbacks; i++)
		if (l->backs[i].to == h && l->seen[l->backs[i].from] != h) {
			l->seen[l->backs[i].from] = h;
			stack[depth++] = l->backs[i].from;
		}
	while (depth) {
		ir_blk b = stack[--depth];
		const struct ir_block *k = ir_block(f, b);
		add_block(l, &y, b);
		y.nested |= k->loop;
		for (uint32_t p = 0; p < k->npreds; p++)
			if (l->seen[k->preds[p].from] != h) {
				l->seen[k->preds[p].from] = h;
				stack[depth++] = k->preds[p].from;
			}
	}
	return y;
}

/* r as another value + constant. */
static ir_ref less_constant(const struct ir_fn *f, ir_ref r, int64_t *plus)
{
	const struct ir_ins *i = ir_at(f, r);
	*plus = 0;
	if ((i->op == IRO(add64) || i->op == IRO(sub64)) && is_imm(f, i->args[1])) {
		uint64_t c = (uint64_t)ir_at(f, i->args[1])->imm;
		*plus = (int64_t)(i->op == IRO(add64) ? c : -c);
		r = i->args[0];
	}
	return r;
}

/* r as parameter + constant. */
static ir_ref linear(const struct ir_fn *f, ir_ref r, int64_t *plus)
{
	r = less_constant(f, r, plus);
	return is_param(f, r) ? r : 0;
}

/* Where a loop's counter starts: at lo, hi or between them. */
struct start { uint64_t lo, hi; };

static bool start_of(const struct loops *l, ir_ref r, struct start *out)
{
	int64_t plus;
	if (is_imm(l->f, r)) {
		const uint64_t v = (uint64_t)ir_at(l->f, r)->imm;
		*out = (struct start){ v, v };
		return true;
	}
	r = less_constant(l->f, r, &plus);
	uint64_t top = !l->range ? UINT64_MAX : l->surely ? range_seen(&l->range[r]) : range_sure(&l->range[r]);
	if (top > INT32_MAX || plus > INT32_MAX || plus < INT32_MIN)
		return false;
	int64_t hi = (int64_t)top + plus;
	/* `for i = 1, n & 15` counts from (n & 15) - 1, and goes round when that is not below 0 */
	*out = (struct start){ plus < 0 ? 0 : (uint64_t)plus, hi < 0 ? 0 : (uint64_t)hi };
	return true;
}

/* What a loop counts by, and how it goes on. */
struct counting {
	const struct ir_ins *br;
	int64_t offset, step;  /* the counter + offset is compared */
	bool stays[2];         /* by successor */
};

/* How often a loop is entered whose counter starts at v; more than `most`: most + 1. */
static uint32_t turns_from(const struct loops *l, const struct counting *c, uint64_t v, uint32_t most)
{
	uint64_t limit = (uint64_t)ir_at(l->f, c->br->args[1])->imm;
	for (uint32_t n = 1; n <= most; n++) {
		bool yes = fold_holds(c->br->aux, v + (uint64_t)c->offset, limit);
		if (!c->stays[yes ? 0 : 1])
			return n;
		v += (uint64_t)c->step;
	}
	return most + 1;
}

/* The step of h's counter, the same on every way back; false: there is none. */
static bool find_step(const struct loops *l, ir_blk h, ir_ref counter, int64_t *step)
{
	const struct ir_block *k = ir_block(l->f, h);
	bool have = false;
	for (uint32_t p = 0; p < k->npreds; p++) {
		int64_t c;
		if (ir_block(l->f, k->preds[p].from)->order < k->order)
			continue;
		ir_ref in = web_origin(l->f, ir_pred_edge(l->f, &k->preds[p])->args[ir_at(l->f, counter)->aux]);
		if (linear(l->f, in, &c) != counter || (have && c != *step))
			return false;
		*step = c;
		have = true;
	}
	return have;
}

/* How often h is entered, by following its counter from each of its starts; more than `most`: most + 1. */
static uint32_t turns(struct loops *l, ir_blk h, ir_ref branch, uint32_t most)
{
	struct ir_fn *f = l->f;
	const struct ir_block *k = ir_block(f, h);
	struct counting c = { .br = ir_at(f, branch) };
	uint32_t n = 0;
	if (c.br->op != IRO(br) || !is_imm(f, c.br->args[1]))
		return most + 1;
	ir_ref counter = linear(f, c.br->args[0], &c.offset);
	if (!counter || ir_at(f, counter)->block != h || l->header[web_root(&l->webs, counter)] == MANY_HEADERS ||
	    !find_step(l, h, counter, &c.step))
		return most + 1;
	for (unsigned s = 0; s < 2; s++)
		c.stays[s] = l->seen[c.br->succ[s].to] == h;
	if (c.stays[0] == c.stays[1])
		return most + 1;
	for (uint32_t p = 0; p < k->npreds && n <= most; p++) {
		struct start from;
		if (ir_block(f, k->preds[p].from)->order >= k->order)
			continue;
		if (!start_of(l, web_origin(f, ir_pred_edge(f, &k->preds[p])->args[ir_at(f, counter)->aux]), &from) ||
		    (from.lo != from.hi && c.step != 1 && c.step != -1))
			return most + 1;
		uint32_t lo = turns_from(l, &c, from.lo, most), hi = turns_from(l, &c, from.hi, most), more = lo > hi ? lo : hi;
		n = more > n ? more : n;
	}
	return n ? n : most + 1;
}

/* Instructions from block b on to the end of the function; more than `most` when it loops. */
static uint32_t rest(struct loops *l, ir_blk b, uint32_t most)
{
	struct ir_fn *f = l->f;
	bool *seen = arena_array(l->u->arena, bool, f->nblocks);
	ir_blk *stack = arena_array(l->u->arena, ir_blk, f->nblocks);
	uint32_t depth = 0, n = 0;
	seen[b] = true;
	stack[depth++] = b;
	while (depth && n <= most) {
		const struct ir_block *k = ir_block(f, stack[--depth]);
		const struct ir_ins *t = ir_at(f, k->last);
		for (ir_ref i = k->first; i; i = ir_at(f, i)->next)
			n++;
		for (uint32_t s = 0; s < t->nsucc; s++)
			if (!seen[t->succ[s].to]) {
				seen[t->succ[s].to] = true;
				stack[depth++] = t->succ[s].to;
			}
		n += k->loop ? most : 0;
	}
	return n;
}

/* Each turn of a loop that halves may be the last one, and then the verifier goes on with what that turn left: also
 * in the function that called this one, which is not seen here. */
static bool halves(struct loops *l, ir_blk h, const struct body *y)
{
	const struct ir_ins *br = ir_at(l->f, y->branch);
	ir_ref halved;
	uint32_t n = halving_turns(l->f, h, &halved), most = n ? HALVED_MAX / n : 0;
	ir_blk out = br->succ[l->seen[br->succ[0].to] == h].to;
	return l->f->frame_arg != 1 && most > y->size && rest(l, out, most - y->size) <= most - y->size;
}

static bool is_short(struct loops *l, ir_blk h)
{
	struct body y = body(l, h);
	if (y.nested || y.branches != 1)
		return false;
	uint32_t most = WALK_MAX / y.size;
	return turns(l, h, y.branch, most) <= most || halves(l, h, &y);
}

/* ---- kernels without fuel: what the verifier can walk to the end ---- */

/* It gives up after a million instructions, and with 8,192 branches on one way of which it has not
 * seen the other side. */
enum { INSNS_MAX = 600000, BRANCHES_MAX = 8000 };

/* What is more than that is called by the kernel where it can be: cheaper to load, and sure. */
enum { CALLED_INSNS = 4096, CALLED_BRANCHES = 256 };

struct cost { uint64_t insns, branches; };

/* How often the loop goes round at most, by any of the branches that leave it. */
static uint32_t least_turns(struct loops *l, ir_blk h, uint32_t most)
{
	uint32_t n = l->u->budget && l->u->budget < most ? (uint32_t)l->u->budget : most + 1;
	ir_ref counter = 0;
	for (uint32_t o = 0; o < l->f->nrpo; o++) {
		ir_ref t = ir_block(l->f, l->f->rpo[o])->last;
		if (l->seen[l->f->rpo[o]] != h || ir_at(l->f, t)->op != IRO(br))
			continue;
		uint32_t by = turns(l, h, t, most);
		int64_t plus;
		counter = by < n ? linear(l->f, ir_at(l->f, t)->args[0], &plus) : counter;
		n = by < n ? by : n;
	}
	ir_ref halved;
	uint32_t halves = halving_turns(l->f, h, &halved);
	if (halves && halves < n) {
		counter = halved;
		n = halves;
	}
	if (counter)
		l->webs.flags[web_root(&l->webs, counter)] |= W_COUNTER;
	return n;
}

static uint32_t loop_site(const struct loops *l, ir_blk h)
{
	uint32_t site = 0;
	for (uint32_t i = 0; i < l->nbacks; i++)
		if (l->backs[i].to == h)
			site = ir_at(l->f, ir_block(l->f, l->backs[i].from)->last)->site;
	return site;
}

static bool has_calls(const struct loops *l)
{
	const bool *has = l->u->features;
	return has && has[FEAT_bpf_loop] && has[FEAT_btf_func];
}

static void refuse_loop(struct loops *l, ir_blk h)
{
	uint32_t site = loop_site(l, h);
	struct diag *d = diag_refuse(l->u->diag, l->u->sites[site < l->u->nsites ? site : 0].pos, ON_LOOPS,
				     "give it a limit that is known here and small: for i = 1, 64 do ... break ... end",
				     "this loop may go round more often than the verifier can follow; it needs an iterator (Linux "
				     "%s or later)", feature_rows[FEAT_iter_num].since);
	if (l->u->budget && has_calls(l))
		d->help = "leave out the option 'budget', which is counted here by such loops only; or give the loop a small limit";
}

static bool stays(const struct loops *l, ir_blk h)
{
	for (uint32_t i = 0; i < l->nstays; i++)
		if (l->stays[i] == h)
			return true;
	return !has_calls(l) || l->u->budget;
}

/* Loop h with what is inside it; loops inside have their cost already, and count once. */
static bool can_walk(struct loops *l, ir_blk h, struct cost *cost)
{
	struct body y = body(l, h);
	bool called = l->surely = !stays(l, h);
	uint32_t most = INSNS_MAX / y.size, n = least_turns(l, h, most);
	struct cost turn = { y.size, y.branches - 1 };
	for (ir_blk b = 1; b < l->f->nblocks; b++)
		if (l->seen[b] == h && b != h && cost[b].insns) {
			turn.insns += cost[b].insns;
			turn.branches += cost[b].branches;
			cost[b] = (struct cost){ 0, 0 };
		}
	cost[h] = (struct cost){ n * turn.insns, n * turn.branches };
	return n <= most && cost[h].insns <= (called ? CALLED_INSNS : INSNS_MAX) &&
	       cost[h].branches <= (called ? CALLED_BRANCHES : BRANCHES_MAX);
}

/* ---- laundering ---- */

/* Constants get an unknown of their own each: copies of one would be linked, and what a branch
 * learns of one variable would narrow the others. So does what enters a loop: it may become a constant yet. */
static ir_ref hide(struct loops *l, struct edit *e, ir_ref r, bool back)
{
	if (is_imm(l->f, r) || !back)
		return edit_op(e, IRO(opaque), r, 0);
	if (!l->zero) {
		struct edit z = { .f = l->f, .at = ir_block(l->f, 1)->first };
		z.site = ir_at(l->f, z.at)->site;
		l->zero = edit_op(&z, IRO(opaque), edit_imm(&z, 0), 0);
	}
	return edit_op(e, IRO(add64), r, l->zero);
}

/* Does some turn of the loop change parameter i of its header? */
static bool varies(const struct ir_fn *f, ir_blk h, uint32_t i)
{
	const struct ir_block *k = ir_block(f, h);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (ir_block(f, k->preds[p].from)->order >= k->order &&
		    ir_pred_edge(f, &k->preds[p])->args[i] != k->params[i])
			return true;
	return false;
}

/* To the verifier, which follows each way by itself: what is made of constants on one of them. Variables
 * of another loop with fuel are hidden where they enter it; those of one that is walked are not. */
static bool may_be_constant(struct loops *l, ir_ref r)
{
	const struct ir_ins *i = ir_at(l->f, r);
	if (i->op == IRO(param))
		return !ir_block(l->f, i->block)->loop || l->walk[i->block] || !(l->webs.flags[web_root(&l->webs, r)] & W_FUEL);
	return i->op >= IRO(add64) && i->op <= IRO(be64);
}

/* What on the edge is to be hidden: constants that enter a variable of a loop with fuel, what may be
 * one on some way there, and what a turn changed. Where all is walked, only on what enters, goes round in and
 * leaves a loop: how often another one goes round may depend on what is known there. */
static void launder_edge(struct loops *l, ir_ref term, uint32_t succ, bool tags)
{
	struct ir_fn *f = l->f;
	struct edit e = { f, term, ir_at(f, term)->site };
	for (uint32_t i = 0; i < ir_at(f, term)->succ[succ].nargs; i++) {
		const struct ir_edge *g = &ir_at(f, term)->succ[succ];
		const struct ir_block *to = ir_block(f, g->to);
		ir_ref in = g->args[i], param = to->params[i];
		uint8_t w = l->webs.flags[web_root(&l->webs, param)];
		bool back = to->order <= ir_block(f, ir_at(f, term)->block)->order;
		if (l->walks_all && !to->loop && !l->inside[ir_at(f, term)->block])
			continue;
		if (back && l->walk[g->to])
			continue; /* it ends by what changes from turn to turn, which may become a variable of another loop */
		if (!(w & W_FUEL) || (w & WEB_POINTER) || web_is_tag(w, tags))
			continue;
		if (!is_imm(f, in) && !((back || l->walks_all) && in != param) &&
		    !(!back && to->loop && varies(f, g->to, i) && may_be_constant(l, in)))
			continue;
		in = hide(l, &e, in, back);
		ir_at(f, term)->succ[succ].args[i] = in;
	}
}

/* Marks the blocks of all loops that are not walked as they are. */
static void find_inside(struct loops *l)
{
	struct ir_fn *f = l->f;
	l->inside = arena_array(l->u->arena, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk h = f->rpo[o];
		if (!ir_block(f, h)->loop || l->walk[h])
			continue;
		body(l, h);
		for (ir_blk b = 1; b < f->nblocks; b++)
			l->inside[b] |= l->seen[b] == h;
	}
}

static void launder(struct loops *l)
{
	struct ir_fn *f = l->f;
	if (l->walks_all)
		find_inside(l);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t p = 0; k->loop && !l->walk[f->rpo[o]] && p < k->nparams; p++) {
			uint8_t *w = &l->webs.flags[web_root(&l->webs, k->params[p])];
			*w |= *w & W_COUNTER ? 0 : W_FUEL;
		}
	}
	bool tags = webs_have_tags(&l->webs, W_FUEL | WEB_POINTER);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_ref t = ir_block(f, f->rpo[o])->last;
		for (uint32_t s = 0; s < ir_at(f, t)->nsucc; s++)
			launder_edge(l, t, s, tags);
	}
}

/* ---- tags ---- */

/* Where a turn ends, the verifier forgets a number that was another one a turn before, unless it was tested
 * since. Then a tag would no longer say that the pointer beside it is one. So the tags that live from turn to
 * turn are tested where each turn begins. */

struct tags {
	struct loops *l;
	bool anew;             /* the program may begin anew, for a packet in pieces (pull.c): all that comes before a loop runs again */
	ir_ref *v;
	uint32_t n, cap;
	uint32_t *nth;         /* by value: which tag it is, from 1 */
	bool *live;            /* by tag and block: what it is at the block's start is asked there or behind */
	ir_blk *stack;
};

static void find_tags(struct tags *g)
{
	struct loops *l = g->l;
	g->nth = arena_array(l->u->arena, uint32_t, l->f->nins);
	for (uint32_t o = 0; o < l->f->nrpo; o++) {
		const struct ir_block *k = ir_block(l->f, l->f->rpo[o]);
		bool beside = false;
		for (uint32_t p = 0; p < k->nparams; p++)
			beside |= l->webs.flags[web_root(&l->webs, k->params[p])] & WEB_POINTER;
		for (uint32_t p = 0; beside && p < k->nparams; p++) {
			uint8_t w = l->webs.flags[web_root(&l->webs, k->params[p])];
			if (w & WEB_IMM && !(w & WEB_POINTER) && web_is_tag(w, false)) {
				arena_push(l->u->arena, g->v, g->n, g->cap, k->params[p]);
				g->nth[k->params[p]] = g->n;
			}
		}
	}
}

/* r is used in block b. */
static void mark_live(struct tags *g, ir_ref r, ir_blk b)
{
	const struct ir_fn *f = g->l->f;
	ir_blk home = ir_at(f, r)->block;
	uint32_t depth = 0;
	if (!g->nth[r])
		return;
	bool *live = g->live + (size_t)(g->nth[r] - 1) * f->nblocks;
	for (g->stack[depth++] = b; depth;) {
		const struct ir_block *k = ir_block(f, b = g->stack[--depth]);
		if (b == home || live[b])
			continue;
		live[b] = true;
		for (uint32_t p = 0; p < k->npreds; p++)
			if (!live[k->preds[p].from])
				g->stack[depth++] = k->preds[p].from;
	}
}

static void find_live(struct tags *g)
{
	const struct ir_fn *f = g->l->f;
	uint32_t edges = 1;
	for (uint32_t o = 0; o < f->nrpo; o++)
		edges += ir_block(f, f->rpo[o])->npreds;
	g->live = arena_array(g->l->u->arena, bool, (size_t)g->n * f->nblocks);
	g->stack = arena_array(g->l->u->arena, ir_blk, edges);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				mark_live(g, i->args[a], f->rpo[o]);
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					mark_live(g, i->succ[s].args[a], f->rpo[o]);
		}
}

/* Does block b, which dominates header h, run again before h does? */
static bool runs_again(const struct tags *g, ir_blk b, ir_blk h)
{
	const struct loops *l = g->l;
	for (uint32_t i = 0; i < l->nbacks; i++)
		if (ir_dominates(l->f, l->backs[i].to, b) &&
		    ir_block(l->f, l->backs[i].from)->order >= ir_block(l->f, h)->order)
			return true;
	return g->anew;
}

/* Does h begin a turn by testing v itself? */
static bool is_tested(const struct ir_fn *f, ir_blk h, ir_ref v)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, h)->last);
	return t->op == IRO(br) && t->args[0] == v;
}

/* Does the verifier forget at the end of a turn of loop h? Lowerings give loops that are walked fuel of their own. */
static bool forgets(const struct tags *g, ir_blk h)
{
	const struct ir_fn *f = g->l->f;
	const struct ir_block *k = ir_block(f, h);
	bool fuel = k->loop && !g->l->walk[h];
	for (uint32_t p = 0; g->anew && k->loop && p < k->npreds; p++)
		fuel |= ir_at(f, ir_block(f, k->preds[p].from)->last)->op == IRO(fuel);
	return fuel;
}

static void look_at_tags(struct loops *l)
{
	struct ir_fn *f = l->f;
	struct tags g = { .l = l, .anew = l->u->target->helper_pull && !l->u->copy_access };
	find_tags(&g);
	if (!g.n)
		return;
	ir_need_tree(f);
	find_live(&g);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_blk h = f->rpo[o];
		if (!forgets(&g, h))
			continue;
		struct edit e = { f, ir_block(f, h)->first, ir_at(f, ir_block(f, h)->first)->site };
		for (uint32_t i = 0; i < g.n; i++) {
			ir_blk b = ir_at(f, g.v[i])->block;
			bool live = b == h || g.live[(size_t)i * f->nblocks + h];
			if (live && ir_dominates(f, b, h) && runs_again(&g, b, h) && !is_tested(f, h, g.v[i]))
				edit_op(&e, IRO(look), g.v[i], 0);
		}
	}
}

/* ---- back edges ---- */

static const char exhausted[] = "loop budget exhausted";

/* A slot that holds the turns left. */
static ir_ref budget_slot(struct loops *l, bool hidden)
{
	struct edit e = { .f = l->f, .at = ir_block(l->f, 1)->first };
	if (l->zero)
		e.at = ir_at(l->f, l->zero)->next;
	e.site = ir_at(l->f, e.at)->site;
	uint32_t number = ir_slot(l->f, 8, 8);
	ir_ref slot = edit_op(&e, IRO(slot), 0, 0);
	ir_at(l->f, slot)->aux = number;
	ir_ref left = edit_imm(&e, (int64_t)l->u->budget);
	if (hidden)
		left = hide(l, &e, left, false);
	edit_store(&e, 8, slot, 0, left);
	return slot;
}

/* In block b: counts a turn; goes to `expired` when none is left, else on in a new block. */
static ir_blk count_turn(struct loops *l, ir_blk b, uint32_t site, ir_ref slot, ir_blk expired)
{
	struct ir_fn *f = l->f;
	ir_blk rest = ir_block_new(f);
	ir_ref end = edit_end(f, rest, site, IRO(jmp), 0, 0, 0);
	ir_ref t = edit_end(f, b, site, IRO(jmp), 0, 0, 0);
	struct edit e = { f, t, site };
	ir_ref left = edit_load(&e, 8, slot, 0);
	edit_terminator(f, t, IRO(br), IR_EQ, left, edit_imm(&e, 0));
	ir_succ(f, t, 0, expired, 0, NULL);
	ir_succ(f, t, 1, rest, 0, NULL);
	e.at = end;
	edit_store(&e, 8, slot, 0, edit_op(&e, IRO(add64), left, edit_imm(&e, -1)));
	ir_remove(f, end);
	return rest;
}

static void close_edge(struct loops *l, const struct back *k, bool fuel, ir_ref slot)
{
	struct ir_fn *f = l->f;
	ir_ref term = ir_block(f, k->from)->last;
	struct ir_edge turn = ir_at(f, term)->succ[k->succ];
	uint32_t site = ir_at(f, term)->site;
	if (!fuel && !slot)
		return;
	ir_blk expired = edit_raise(f, site, exhausted), b = k->from;
	if (ir_at(f, term)->op == IRO(jmp)) {
		ir_remove(f, term);
	} else {
		b = ir_block_new(f);
		ir_succ(f, term, k->succ, b, 0, NULL);
	}
	if (slot)
		b = count_turn(l, b, site, slot, expired);
	ir_ref t = edit_end(f, b, site, fuel ? IRO(fuel) : IRO(jmp), 0, 0, 0);
	edit_edge(f, t, 0, &turn);
	if (fuel)
		ir_succ(f, t, 1, expired, 0, NULL);
}

static void find_backs(struct loops *l)
{
	struct ir_fn *f = l->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t p = 0; k->loop && !k->walked && p < k->npreds; p++)
			if (ir_block(f, k->preds[p].from)->order >= k->order)
				arena_push(l->u->arena, l->backs, l->nbacks, l->cap_backs,
					   (struct back){ k->preds[p].from, k->preds[p].succ, f->rpo[o] });
	}
}

/* All back edges to header h by one block, so that the verifier compares turns in one place: each
 * fuel keeps states of its own, and ways through the loop times fuels is what it would look at. */
static void make_latch(struct loops *l, ir_blk h)
{
	struct ir_fn *f = l->f;
	ir_blk latch = ir_block_new(f);
	uint32_t n = ir_block(f, h)->nparams, site = 0;
	for (uint32_t i = 0; i < n; i++)
		ir_param_add(f, latch);
	for (uint32_t i = 0; i < l->nbacks; i++) {
		if (l->backs[i].to != h)
			continue;
		ir_ref term = ir_block(f, l->backs[i].from)->last;
		site = ir_at(f, term)->site;
		ir_at(f, term)->succ[l->backs[i].succ].to = latch;
	}
	ir_ref t = edit_end(f, latch, site, IRO(jmp), 0, 0, 0);
	ir_succ(f, t, 0, h, n, ir_block(f, latch)->params);
}

/* One back edge for every loop. */
static void merge_backs(struct loops *l)
{
	struct ir_fn *f = l->f;
	uint32_t n = l->nbacks, nblocks = f->nblocks;
	uint32_t *count = arena_array(l->u->arena, uint32_t, nblocks);
	bool merged = false;
	for (uint32_t i = 0; i < n; i++)
		count[l->backs[i].to]++;
	for (ir_blk h = 1; h < nblocks; h++)
		if (count[h] > 1) {
			make_latch(l, h);
			merged = true;
		}
	if (!merged)
		return;
	ir_order(f);
	l->nbacks = 0;
	find_backs(l);
}

/* Without may_goto the verifier goes round with every loop: one of which it would not see the end, or 0. Of those in each
 * other the outermost: what the kernel calls for one inside has its frame in the callback then, which may write pointers
 * to its own stack only. */
static ir_blk too_long(struct loops *l)
{
	struct ir_fn *f = l->f;
	struct cost *cost = arena_array(l->u->arena, struct cost, f->nblocks);
	ir_blk found = 0;
	for (uint32_t o = f->nrpo; o-- > 0;) {
		ir_blk h = f->rpo[o];
		if (!ir_block(f, h)->loop || ir_block(f, h)->walked || can_walk(l, h, cost))
			continue;
		cost[h] = (struct cost){ 1, 0 }; /* one call */
		found = h;
	}
	return found;
}

static void look(struct loops *l)
{
	struct ir_fn *f = l->f;
	l->header = arena_array(l->u->arena, ir_blk, f->nins);
	l->seen = arena_array(l->u->arena, uint32_t, f->nblocks);
	find_webs(l);
}

/* What does not count turns is hidden all the same: each turn is then looked at once. */
static int walk_all(struct loops *l)
{
	struct ir_fn *f = l->f;
	ir_blk h;
	l->range = range_all(l->u->arena, f);
	while ((h = too_long(l))) {
		if (stays(l, h)) {
			refuse_loop(l, h);
			return -EOPNOTSUPP;
		}
		if (outline_loop(l->u, f, h, loop_site(l, h)))
			arena_push(l->u->arena, l->stays, l->nstays, l->cap_stays, h);
		ir_order(f);
		l->nbacks = 0;
		find_backs(l);
		look(l);
		l->range = range_all(l->u->arena, f);
	}
	l->walk = arena_array(l->u->arena, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++)
		l->walk[f->rpo[o]] = ir_block(f, f->rpo[o])->walked;
	launder(l);
	return 0;
}

static void give_fuel(struct loops *l)
{
	struct ir_fn *f = l->f;
	l->walk = arena_array(l->u->arena, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (ir_block(f, f->rpo[o])->loop)
			l->walk[f->rpo[o]] = ir_block(f, f->rpo[o])->walked || is_short(l, f->rpo[o]);
	launder(l);
	look_at_tags(l);
}

/* By may_goto, or by an iterator (bpf/turns.c). */
static bool has_fuel(const struct ir_unit *u)
{
	return u->features && (u->features[FEAT_may_goto] || u->features[FEAT_iter_num]);
}

static int loops_fn(struct ir_unit *u, struct ir_fn *f)
{
	bool fuel = has_fuel(u);
	struct loops l = { .u = u, .f = f, .walks_all = !fuel };
	ir_need_order(f);
	find_backs(&l);
	if (!l.nbacks)
		return 0;
	if (fuel)
		merge_backs(&l);
	look(&l);
	if (fuel)
		give_fuel(&l);
	int err = fuel ? 0 : walk_all(&l);
	if (err)
		return err;
	ir_ref slot = u->budget ? budget_slot(&l, fuel) : 0;
	for (uint32_t i = 0; i < l.nbacks; i++)
		close_edge(&l, &l.backs[i], fuel && !l.walk[l.backs[i].to], slot);
	return 0;
}

static bool has_loops(struct ir_fn *f)
{
	ir_need_order(f);
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (ir_block(f, f->rpo[o])->loop && !ir_block(f, f->rpo[o])->walked)
			return true;
	return false;
}

bool opt_has_loops(struct ir_unit *u)
{
	bool any = false;
	for (uint32_t i = 0; i < u->nfns && !any; i++)
		any = u->fns[i] && u->fns[i]->machine && has_loops(u->fns[i]);
	return any;
}

bool opt_may_call(const struct ir_unit *u)
{
	return !has_fuel(u) && u->features && u->features[FEAT_bpf_loop] && u->target->helper_pull;
}

int opt_loops(struct ir_unit *u)
{
	int err = 0;
	for (uint32_t i = 0; i < u->nfns && !err; i++)
		if (u->fns[i] && u->fns[i]->machine)
			err = loops_fn(u, u->fns[i]);
	return err;
}
