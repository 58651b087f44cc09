/*
 * veil.c - pass `veil`: what the verifier need not know is kept from it, in functions with loops where
 * knowing would cost it too much (docs/loops.md).
 *
 * The verifier walks every way through a function and gives one up where it knows no more than on a
 * way before. Outside of loops it forgives what turned out not to matter. While a loop with fuel is
 * not finished it does not: every constant, every range and every byte of the stack counts, written
 * or not, and the ways through the body multiply. So that ways that meet are one,
 *
 *   a branch   tests a copy of what lives on behind it, and narrows only that
 *   a join     gets constants, bounded values, and values that live on beside it, less a hidden zero
 *   a slot     is written at the start as it is written later, and gets what has no bounds
 *   a word     for spilled values is written at the start (bpf/copy.c)
 *
 * That is done in loops; outside of them for joins alone, which most of the ways into a loop come from, unless the
 * function is so long that the verifier's work on what is behind its loops counts too, or is one of several, of which
 * some write to the stack of others.
 *
 * What decides whether a pointer may be followed stays seen, and loops that are walked stay as they are. The
 * way on which a program begins anew (pull.c) is no loop: it is gone once, which the verifier must see.
 */
#include "core/feature.h"
#include "opt/across.h"
#include "opt/simplify.h"
#include "opt/webs.h"

/* Instructions in loops times ways to them, from which on hiding is cheaper: ways from the entry, and in functions
 * of fewer instructions than SHORT, in which little can come of them, ways from the loop's head. From LONG on
 * everything is hidden. MANY: enough is counted. */
enum { WORTH_IT = 1 << 14, WORTH_IT_INSIDE = 1 << 15, SHORT = 400, LONG = 1000, MANY = 1 << 20 };
enum { MANY_COPIES = 8 }; /* of values that an edge brings */

struct veil {
	struct ir_unit *u;
	struct ir_fn *f;
	struct webs webs;
	uint32_t *uses;        /* by value */
	const struct range *range; /* by value, as it was before the pass */
	ir_ref zero;           /* unknown to the verifier */
	bool *walked;          /* by block: in a loop that the verifier goes round with */
	bool *looped;          /* ... in one with fuel */
	bool tags;             /* some variable is a pointer or a constant: any constants may be its tag */
	bool tagless;          /* there are no tags that matter */
	bool passes;           /* pointers that the caller gave enter variables */
	bool calls_back;       /* what is stored may be for a function that the kernel calls back */
	const struct across *only; /* NULL: of everything; else what lives on across calls is all that is hidden */
};

static void count_uses(struct veil *v)
{
	struct ir_fn *f = v->f;
	v->uses = arena_array(v->u->arena, uint32_t, f->nins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				v->uses[i->args[a]]++;
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					v->uses[i->succ[s].args[a]]++;
		}
}

static ir_ref hidden_zero(struct veil *v)
{
	if (!v->zero) {
		struct edit z = { .f = v->f, .at = ir_block(v->f, 1)->first };
		z.site = ir_at(v->f, z.at)->site;
		v->zero = edit_op(&z, IRO(opaque), edit_imm(&z, 0), 0);
	}
	return v->zero;
}

/* Unknown, and not linked to r, for of a difference the verifier keeps neither. */
static ir_ref copy_less(struct veil *v, struct edit *e, ir_ref r)
{
	return edit_op(e, IRO(sub64), r, hidden_zero(v));
}

/* For one use of r. */
static ir_ref hide(struct veil *v, struct edit *e, ir_ref r)
{
	v->uses[r]--;
	return copy_less(v, e, r);
}

/* A number, and nothing that a pointer depends on? */
static bool may_hide(struct veil *v, ir_ref r)
{
	const struct ir_ins *i = ir_at(v->f, r);
	if (i->op == IRO(param)) {
		if (i->block == v->f->anew)
			return false;
		if (r >= v->webs.n)
			return true;
		uint8_t w = v->webs.flags[web_root(&v->webs, r)];
		return !(w & WEB_POINTER) && (v->tagless || !web_is_tag(w, v->tags));
	}
	ir_ref base = web_base(v->f, r);
	if (is_param(v->f, base) && base < v->webs.n && v->webs.flags[web_root(&v->webs, base)] & WEB_POINTER)
		return false;
	return i->op != IRO(own) && !web_makes_pointer(v->f, r);
}

/* A value that no call lies behind, where only those matter. */
static bool is_spared(const struct veil *v, ir_ref r)
{
	return v->only && r < v->webs.n && !v->only->value[r];
}

static bool is_of_frame(const struct ir_fn *f, ir_ref r, enum ir_op load)
{
	return ir_at(f, r)->op == load && ir_at(f, ir_at(f, r)->args[0])->op == IRO(arg);
}

/* Does a word that the caller gave, and that may be a pointer, enter a variable? */
static bool passes_pointers_on(const struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		for (uint32_t s = 0; s < t->nsucc; s++)
			for (uint32_t k = 0; k < t->succ[s].nargs; k++)
				if (is_of_frame(f, t->succ[s].args[k], IRO(loadp)))
					return true;
	}
	return false;
}

/* Is that a word of the frame which says what another one is, a pointer or a number? */
static bool asks_for_tag(const struct veil *v, const struct ir_ins *test)
{
	return v->passes && is_of_frame(v->f, test->args[0], IRO(load64)) && is_imm(v->f, test->args[1]) &&
	       (test->aux == IR_EQ || test->aux == IR_NE) && (uint64_t)ir_at(v->f, test->args[1])->imm < IR_NKINDS;
}

static void veil_test(struct veil *v, ir_ref term)
{
	struct ir_fn *f = v->f;
	struct edit e = { f, term, ir_at(f, term)->site };
	for (uint32_t a = 0; a < 2 && !asks_for_tag(v, ir_at(f, term)); a++) {
		ir_ref r = ir_at(f, term)->args[a];
		if (is_imm(f, r) || v->uses[r] < 2 || !may_hide(v, r) || is_spared(v, r))
			continue;
		r = hide(v, &e, r);
		ir_at(f, term)->args[a] = r;
	}
}

enum { WIDE_DEPTH = 4 };

/* Is r of all values to the verifier? Parameters are: what enters them is hidden. */
static bool is_wide(const struct ir_fn *f, ir_ref r, unsigned depth)
{
	const struct ir_ins *i = ir_at(f, r);
	switch (i->op) {
	case IRO(param): case IRO(load64): case IRO(be64):
		return true;
	case IRO(add64): case IRO(sub64): case IRO(xor64):
		return depth && (is_wide(f, i->args[0], depth - 1) || is_wide(f, i->args[1], depth - 1));
	case IRO(neg64):
		return depth && is_wide(f, i->args[0], depth - 1);
	default:
		return false;
	}
}

static bool is_narrow(const struct veil *v, ir_ref r)
{
	return !is_wide(v->f, r, WIDE_DEPTH);
}

static bool is_slot_store(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	return i->op >= IRO(store8) && i->op <= IRO(store64) && ir_at(f, i->args[0])->op == IRO(slot);
}

/* Constants that nothing says are a pointer's tag but that there are pointers: a callback may mistake them (worth_it). */
static bool is_mistaken(struct veil *v, ir_ref r)
{
	if (!v->calls_back || !is_param(v->f, r) || ir_at(v->f, r)->block == v->f->anew || r >= v->webs.n)
		return false;
	uint8_t w = v->webs.flags[web_root(&v->webs, r)];
	return !(w & WEB_POINTER) && !web_is_tag(w, false);
}

/* Bytes of the stack that were written in another way, or not at all, are another state. */
static void veil_store(struct veil *v, ir_ref store)
{
	struct ir_fn *f = v->f;
	struct edit e = { f, store, ir_at(f, store)->site };
	ir_ref r = ir_at(f, store)->args[1];
	if (!is_mistaken(v, r) && (!may_hide(v, r) || !is_narrow(v, r)))
		return;
	r = hide(v, &e, r);
	ir_at(f, store)->args[1] = r;
}

/* What `opaque` adds, read anew: unknown, and linked to nothing. */
static ir_ref unknown(struct edit *e)
{
	ir_ref p = edit_op(e, IRO(mapval), 0, 0);
	ir_at(e->f, p)->aux = IR_MAP_DATA;
	ir_at(e->f, p)->imm = IR_DATA_ZERO;
	return edit_load(e, 8, p, 0);
}

static bool is_veiled(const struct veil *v, ir_blk b)
{
	return v->f->veiled_whole || v->looped[b];
}

/* Writes every slot once at the start, piece by piece as it is written later. */
static void write_slots(struct veil *v)
{
	struct ir_fn *f = v->f;
	ir_ref first = ir_block(f, 1)->first;
	struct edit e = { f, first, ir_at(f, first)->site };
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			struct ir_ins i = *ir_at(f, r);
			if (!is_slot_store(f, r) || !is_veiled(v, f->rpo[o]))
				continue;
			ir_ref slot = edit_op(&e, IRO(slot), 0, 0);
			ir_at(f, slot)->aux = ir_at(f, i.args[0])->aux;
			ir_ref s = edit_op(&e, i.op, slot, unknown(&e));
			ir_at(f, s)->imm = i.imm;
		}
}

/* A value that is bounded, to be added to a pointer. */
static void veil_own(struct veil *v, ir_ref own)
{
	ir_ref r = ir_at(v->f, own)->args[0];
	struct edit e = { v->f, own, ir_at(v->f, own)->site };
	if (v->uses[r] < 2 || !may_hide(v, r) || is_spared(v, r) ||
	    range_seen(&v->range[r]) != UINT64_MAX) /* its test may be gone */
		return;
	r = hide(v, &e, r);
	ir_at(v->f, own)->args[0] = r;
}

/* Is r needed beside the parameter that gets it on edge s? */
static bool lives_beside(const struct veil *v, ir_ref term, uint32_t s, ir_ref r)
{
	const struct ir_ins *t = ir_at(v->f, term);
	uint32_t others = 0;
	for (uint32_t o = 0; o < t->nsucc; o++)
		for (uint32_t k = 0; o != s && k < t->succ[o].nargs; k++)
			others += t->succ[o].args[k] == r;
	return v->uses[r] > others + 1;
}

/* Is argument k of edge s to be hidden? */
static bool hides(struct veil *v, ir_ref term, uint32_t s, uint32_t k)
{
	const struct ir_edge *e = &ir_at(v->f, term)->succ[s];
	ir_ref r = e->args[k], to = ir_block(v->f, e->to)->params[k];
	return r != to && may_hide(v, to) && may_hide(v, r) && !is_spared(v, to) &&
	       (is_narrow(v, r) || lives_beside(v, term, s, r));
}

/* A block of its own for edge s: what is copied there is needed no more, and the copies lie where it lay. Before the branch, both
 * would have a place, which there is not for many where the stack is too small. Returns what ends it. */
static ir_ref part_edge(struct veil *v, ir_ref term, uint32_t s)
{
	struct ir_fn *f = v->f;
	const struct ir_edge old = ir_at(f, term)->succ[s];
	ir_blk b = ir_block_new(f);
	ir_ref end = edit_end(f, b, ir_at(f, term)->site, IRO(jmp), 0, 0, 0);
	ir_succ(f, end, 0, old.to, old.nargs, old.args);
	ir_succ(f, term, s, b, 0, NULL);
	return end;
}

static void veil_edge(struct veil *v, ir_ref term, uint32_t s)
{
	struct ir_fn *f = v->f;
	const struct ir_edge old = ir_at(f, term)->succ[s];
	bool *hidden = arena_array(v->u->arena, bool, old.nargs + 1), branch = ir_at(f, term)->op != IRO(fuel) && ir_at(f, term)->nsucc > 1;
	uint32_t n = 0;
	if (ir_block(f, old.to)->cold || v->walked[old.to])
		return;
	for (uint32_t k = 0; k < old.nargs; k++) {
		hidden[k] = hides(v, term, s, k);
		v->uses[old.args[k]] -= hidden[k];
		n += hidden[k];
	}
	if (v->u->roomy && branch && n >= MANY_COPIES) {
		term = part_edge(v, term, s);
		s = 0;
	}
	struct edit e = { f, term, ir_at(f, term)->site };
	for (uint32_t k = 0; k < old.nargs; k++)
		if (hidden[k]) {
			ir_ref r = copy_less(v, &e, old.args[k]);
			ir_at(f, term)->succ[s].args[k] = r;
		}
}

/* The loop that an edge from `from` back to `head` closes. */
static void mark_loop(struct veil *v, bool *in, ir_blk from, ir_blk head)
{
	ir_blk *stack = arena_array(v->u->arena, ir_blk, v->f->nrpo);
	uint32_t depth = 0;
	in[head] = true;
	if (from != head)
		stack[depth++] = from;
	while (depth) {
		const struct ir_block *k = ir_block(v->f, stack[--depth]);
		in[stack[depth]] = true;
		for (uint32_t p = 0; p < k->npreds; p++)
			if (!in[k->preds[p].from])
				stack[depth++] = k->preds[p].from;
	}
}

/* Outer loops first: their blocks hold those of the loops inside. */
static void find_loops(struct veil *v)
{
	struct ir_fn *f = v->f;
	v->walked = arena_array(v->u->arena, bool, f->nblocks);
	v->looped = arena_array(v->u->arena, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t p = 0; k->loop && p < k->npreds; p++) {
			ir_blk from = k->preds[p].from;
			if (ir_block(f, from)->order < k->order || f->rpo[o] == f->anew)
				continue;
			bool fuel = ir_at(f, ir_block(f, from)->last)->op == IRO(fuel);
			mark_loop(v, fuel ? v->looped : v->walked, from, f->rpo[o]);
		}
	}
}

/* ---- is it worth it? ---- */

static bool has_callbacks(const struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref i = ir_block(f, f->rpo[o])->first; i; i = ir_at(f, i)->next)
			if (ir_at(f, i)->op == IRO(fnref))
				return true;
	return false;
}

static uint32_t size_of(const struct ir_fn *f, ir_blk b)
{
	uint32_t n = 0;
	for (ir_ref i = ir_block(f, b)->first; i; i = ir_at(f, i)->next)
		n++;
	return n;
}

/* By place in rpo, from 1: how many more loops with fuel begin there than have ended before it, counting
 * a loop as what lies between its head and its back edge. NULL: there are none, but for the program that begins anew. */
static int32_t *loops_at(struct ir_unit *u, const struct ir_fn *f)
{
	int32_t *at = NULL;
	for (uint32_t o = 1; o <= f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o - 1])->last);
		if (t->op != IRO(fuel) || t->succ[0].to == f->anew)
			continue;
		at = at ? at : arena_array(u->arena, int32_t, f->nrpo + 2);
		at[ir_block(f, t->succ[0].to)->order]++;
		at[o + 1]--;
	}
	return at;
}

/* Instructions in loops, each as often as there are ways to it; every loop is entered once, `anew`: by one way. */
static uint64_t work(struct ir_unit *u, const struct ir_fn *f, const int32_t *at, bool anew)
{
	uint64_t *ways = arena_array(u->arena, uint64_t, f->nrpo + 1), all = 0;
	int32_t depth = 0;
	ways[1] = 1;
	for (uint32_t o = 1; o <= f->nrpo && all < MANY; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o - 1]);
		for (uint32_t p = 0; p < k->npreds; p++) {
			uint32_t q = ir_block(f, k->preds[p].from)->order;
			ways[o] += q < o ? ways[q] : 0;
		}
		if (anew && at[o] > 0)
			ways[o] = 1;
		ways[o] = ways[o] < MANY ? ways[o] : MANY;
		depth += at[o];
		if (depth && !k->cold)
			all += ways[o] * size_of(f, f->rpo[o - 1]);
	}
	return all;
}

/* Would the verifier look at too much? Or at too little: where a loop with fuel has loops inside that the kernel calls
 * back, Linux 6.18 takes ways for one that differ in a constant on the stack which decides a branch of the callback,
 * and drops the branch as dead. */
static bool worth_it(struct ir_unit *u, const struct ir_fn *f, uint32_t size, bool calls_back)
{
	const int32_t *at = loops_at(u, f);
	if (at && calls_back)
		return true;
	if (!at || work(u, f, at, false) < WORTH_IT)
		return false;
	return u->nfns > 1 || size >= SHORT || work(u, f, at, true) >= WORTH_IT_INSIDE;
}

static bool has_loops(struct ir_unit *u, struct ir_fn *f)
{
	ir_need_order(f);
	return loops_at(u, f) || has_callbacks(f);
}

/* Is there a loop in what is called, or called back, again and again? Since 6.17, which is to say on kernels that have
 * other loops, the verifier keeps of a loop the ways that lead back to its head, with pointers to what it knew in the
 * functions that they came through, until it has looked at all of the loop. A helper that calls back is no loop to it:
 * of what it knew between one call and the next it throws away what matched nothing several times (is_state_visited,
 * maybe_free_verifier_state), and then follows those pointers all the same: the kernel reads what it has freed. So such
 * a helper is made a loop of (bpf/emit.c), and as what is known in loops must match more, all is veiled. */
static bool loops_in_loops(struct ir_unit *u)
{
	bool inner = false;
	if (u->features && !u->features[FEAT_may_goto] && !u->features[FEAT_iter_num])
		return false;
	for (uint32_t i = 0; i < u->nfns && !inner; i++)
		inner = u->fns[i] && u->fns[i]->machine && u->fns[i] != u->main && has_loops(u, u->fns[i]);
	return inner && has_loops(u, u->main);
}

/* Does the verifier forget across calls what it had to remember? Where it sees in what is called that two ways are alike,
 * it follows back what made the first of them what it was, and before 6.5 takes the registers of the function that is
 * called for the caller's (propagate_precision): of a constant that some ways bring it then believes that all do, and
 * drops a branch behind the call. */
static bool forgets(const struct ir_unit *u)
{
	return u->features && !u->features[FEAT_isa_v4];
}

enum { ENTERED_TWICE = 1, ENTERED_ACROSS = 2 };

/* By root of a web: does more than one value enter it from outside, and a pointer that lives on across a call? */
static uint8_t *how_entered(struct veil *v)
{
	struct ir_fn *f = v->f;
	ir_ref *one = arena_array(v->u->arena, ir_ref, v->webs.n);
	uint8_t *how = arena_array(v->u->arena, uint8_t, v->webs.n);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		for (uint32_t s = 0; s < t->nsucc; s++)
			for (uint32_t k = 0; k < t->succ[s].nargs; k++) {
				ir_ref r = t->succ[s].args[k];
				ir_ref root = web_root(&v->webs, ir_block(f, t->succ[s].to)->params[k]);
				if (is_param(f, r))
					continue;
				how[root] |= one[root] && one[root] != r ? ENTERED_TWICE : 0;
				how[root] |= v->only->value[r] && web_makes_pointer(f, r) ? ENTERED_ACROSS : 0;
				one[root] = r;
			}
	}
	return how;
}

/* Does a pointer that lives on across a call become, behind it, a variable that is one on some ways only? */
static bool enters_across(const struct veil *v, const uint8_t *how)
{
	for (ir_ref r = 1; r < v->webs.n; r++)
		if (how[r] == (ENTERED_TWICE | ENTERED_ACROSS))
			return true;
	return false;
}

/* Is there a variable that is a pointer or a constant, or one of two pointers? across: one that lives on across a call; what
 * tells which it is must be seen then. */
static bool has_pointers(struct veil *v, const uint8_t *how, bool across)
{
	for (ir_ref r = 1; r < v->webs.n; r++)
		if (is_param(v->f, r) && (!across || v->only->value[r])) {
			ir_ref root = web_root(&v->webs, r);
			if (v->webs.flags[root] & WEB_POINTER && how[root] & ENTERED_TWICE)
				return true;
		}
	return false;
}

/* Tags that calls lie behind, but no pointer of theirs: before the calls they are seen, behind them they are not. */
static void part_tags(struct veil *v)
{
	for (ir_ref r = 1; r < v->webs.n; r++) {
		uint8_t w = is_param(v->f, r) ? v->webs.flags[web_root(&v->webs, r)] : WEB_POINTER;
		if (!v->only->value[r] || w & WEB_POINTER || !web_is_tag(w, true))
			continue;
		across_by_stack(v->f, r, hidden_zero(v));
		v->only->value[r] = false;
	}
}

/* Where only what lives on across calls is hidden: which tags matter. */
static void find_tags(struct veil *v)
{
	const uint8_t *how = how_entered(v);
	if (has_pointers(v, how, true) || enters_across(v, how))
		return;
	v->tags = has_pointers(v, how, false);
	v->tagless = !v->tags;
	if (v->tags)
		part_tags(v);
}

/* ---- the pass ---- */

static void veil_block(struct veil *v, ir_blk b)
{
	struct ir_fn *f = v->f;
	ir_ref last = ir_block(f, b)->last;
	bool all = is_veiled(v, b);
	for (ir_ref r = ir_block(f, b)->first; all && r; r = ir_at(f, r)->next) {
		if (ir_at(f, r)->op == IRO(own))
			veil_own(v, r);
		else if (is_slot_store(f, r))
			veil_store(v, r);
	}
	if (all && (ir_at(f, last)->op == IRO(br) || ir_at(f, last)->op == IRO(br32)))
		veil_test(v, last);
	for (uint32_t s = 0; s < ir_at(f, last)->nsucc; s++)
		veil_edge(v, last, s);
}

static void veil_fn(struct ir_unit *u, struct ir_fn *f, bool all)
{
	struct veil v = { .u = u, .f = f };
	struct across across;
	uint32_t size = 0;
	ir_need_order(f);
	for (uint32_t o = 0; o < f->nrpo; o++)
		size += size_of(f, f->rpo[o]);
	v.calls_back = f == u->main && u->nfns > 1 && has_callbacks(f);
	if (!all && !worth_it(u, f, size, v.calls_back)) {
		if (!forgets(u) || !across_find(u->arena, f, &across))
			return;
		v.only = &across;
	}
	f->veiled = !v.only;
	f->veiled_whole = u->nfns > 1 || size >= LONG;
	webs_find(f, &v.webs);
	v.tags = !v.only && webs_have_tags(&v.webs, WEB_POINTER);
	if (v.only)
		find_tags(&v);
	v.passes = passes_pointers_on(f);
	count_uses(&v);
	v.range = range_all(u->arena, f);
	find_loops(&v);
	if (!v.only)
		write_slots(&v);
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (!ir_block(f, f->rpo[o])->cold && !v.walked[f->rpo[o]] && (!v.only || v.only->before[f->rpo[o]]))
			veil_block(&v, f->rpo[o]);
	ir_need_order(f);
}

void opt_veil(struct ir_unit *u)
{
	bool all = u->called_loops = u->nfns > 1 && loops_in_loops(u);
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			veil_fn(u, u->fns[i], all);
}
