/*
 * calls.c - shared bodies (share.c) become functions of the program, and their calls calls.
 *
 * Caller and function share a frame of words on the caller's stack, whose address is the one argument:
 *
 *   word 0   the context
 *   others   arguments, then values from outside that the body uses; results, in the same words, at the end
 *
 * The function gives 0, or 1 after an error, which it has counted; then the caller ends in the same way. It is a
 * static one for the verifier, which goes through it anew at each call, with what is known there: so pointers may
 * be handed over, and packets looked at, as in a copy.
 *
 * A body that calls none that is still to be done comes first: so its calls lie in one function yet, and what
 * they store is what the next body takes from outside.
 */
#include "opt/passes.h"
#include "opt/webs.h"

enum { CTX_WORD, FIRST_WORD, WORD = 8 };

struct calls {
	struct ir_unit *u;
	struct ir_fn *f, *g;   /* main, where all bodies are; the function being made */
	struct webs webs;
	ir_blk *entry;         /* by sub: where its body begins; 0: it is not called, or a function already */
	uint32_t sub;
	uint32_t *around;      /* by block of f: the sub whose body it is in, from 1 */
	uint32_t nblocks;      /* of them */
	ir_blk *blk;           /* by block of the body: in g */
	ir_ref *ref;           /* by value of f: in g */
	ir_ref *outside;       /* values that the body uses, by word */
	uint32_t noutside, cap_outside;
	uint32_t nargs, nresults;
	bool *points;          /* by result word: a pointer */
	ir_ref frame;          /* in g */
	uint32_t *slot;        /* by the sub around a call, from 1, or 0 in main: the frame's slot, from 1 */
};

/* ---- bodies ---- */

static bool is_way_out(const struct ir_fn *f, ir_blk b)
{
	return b == f->error_exit || b == f->failed;
}

/* Marks the body that begins at b. True: it calls no other. */
static bool mark_body(struct calls *c, ir_blk b)
{
	struct ir_fn *f = c->f;
	ir_blk *work = arena_array(c->u->scratch, ir_blk, f->nblocks + 1);
	uint32_t n = 0;
	bool leaf = true;
	work[n++] = b;
	c->around[b] = c->sub + 1;
	while (n) {
		const struct ir_ins *t = ir_at(f, ir_block(f, work[--n])->last);
		bool calls = t->op == IRO(subcall);
		leaf &= !calls;
		for (uint32_t e = 0; e < (calls ? 1u : t->nsucc); e++) {
			ir_blk to = t->succ[e].to;
			if (is_way_out(f, to) || c->around[to] == c->sub + 1)
				continue;
			c->around[to] = c->sub + 1;
			work[n++] = to;
		}
	}
	return leaf;
}

static void find_entries(struct calls *c)
{
	struct ir_fn *f = c->f;
	c->entry = arena_array(c->u->scratch, ir_blk, c->u->nsubs);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		if (t->op == IRO(subcall))
			c->entry[t->aux] = t->succ[1].to;
	}
}

/* The next body to be made a function. */
static bool next_body(struct calls *c)
{
	bool found = false;
	uint32_t chosen = 0;
	find_entries(c);
	c->nblocks = c->f->nblocks;
	c->around = arena_array(c->u->scratch, uint32_t, c->nblocks);
	for (c->sub = 0; c->sub < c->u->nsubs; c->sub++)
		if (c->entry[c->sub] && mark_body(c, c->entry[c->sub]) && !found) {
			found = true;
			chosen = c->sub;
		}
	c->sub = chosen;
	return found;
}

static bool is_inside(const struct calls *c, ir_blk b)
{
	return b < c->nblocks && c->around[b] == c->sub + 1;
}

static bool is_pointer(struct calls *c, ir_ref r)
{
	ir_ref base = web_base(c->f, r);
	if (is_param(c->f, base))
		return base < c->webs.n && c->webs.flags[web_root(&c->webs, base)] & WEB_POINTER;
	return web_makes_pointer(c->f, r);
}

/* ---- the function ---- */

static ir_ref put(struct edit *e, enum ir_op op, ir_ref a, uint32_t aux, int64_t imm)
{
	ir_ref r = edit_op(e, op, a, 0);
	ir_at(e->f, r)->aux = aux;
	ir_at(e->f, r)->imm = imm;
	return r;
}

static void start_function(struct calls *c)
{
	const struct ir_sub *s = &c->u->subs[c->sub];
	struct ir_fn *g = c->g = ir_fn_new(c->u, s->name);
	g->machine = true;
	g->caller = c->f;
	g->frame_arg = 1;
	g->pos = s->pos;
	ir_blk b = ir_block_new(g);
	ir_ref t = edit_end(g, b, ir_site(c->u, s->pos, 0), IRO(jmp), 0, 0, 0);
	struct edit e = { g, t, ir_at(g, t)->site };
	c->frame = put(&e, IRO(arg), 0, 0, 0);
	edit_count_errors(g, edit_failed(g));
}

static void copy_numbers(struct calls *c)
{
	struct ir_fn *f = c->f, *g = c->g;
	for (ir_blk b = 1; b < c->nblocks; b++) {
		if (!is_inside(c, b))
			continue;
		c->blk[b] = edit_copy_block(f, b, g, c->ref);
	}
}

/* A value from outside: made again, or loaded from a word. */
static ir_ref bring_in(struct calls *c, struct edit *e, ir_ref r)
{
	const struct ir_ins i = *ir_at(c->f, r);
	switch (i.op) {
	case IRO(imm): case IRO(mapfd): case IRO(mapval): case IRO(ctx):
		return put(e, (enum ir_op)i.op, 0, i.aux, i.imm);
	}
	arena_push(c->u->scratch, c->outside, c->noutside, c->cap_outside, r);
	uint32_t word = FIRST_WORD + c->nargs + c->noutside - 1;
	return put(e, is_pointer(c, r) ? IRO(loadp) : IRO(load64), c->frame, 0, word * WORD);
}

static ir_ref *bring_all(struct calls *c, struct edit *e, uint32_t n, const ir_ref *old)
{
	ir_ref *now = n ? arena_array(c->u->arena, ir_ref, n) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (!c->ref[old[i]])
			c->ref[old[i]] = bring_in(c, e, old[i]);
		now[i] = c->ref[old[i]];
	}
	return now;
}

static ir_blk block_in(struct calls *c, ir_blk b)
{
	return b == c->f->error_exit ? c->g->error_exit : b == c->f->failed ? edit_failed(c->g) : c->blk[b];
}

static void copy_contents(struct calls *c, struct edit *e)
{
	struct ir_fn *f = c->f, *g = c->g;
	for (ir_blk b = 1; b < c->nblocks; b++)
		for (ir_ref r = is_inside(c, b) ? ir_block(f, b)->first : 0; r; r = ir_at(f, r)->next) {
			const struct ir_ins old = *ir_at(f, r);
			ir_ref *args = bring_all(c, e, old.nargs, old.args);
			struct ir_edge *s = old.nsucc ? arena_copy(c->u->arena, old.succ, sizeof(*s) * old.nsucc) : NULL;
			for (uint32_t k = 0; k < old.nsucc; k++) {
				s[k].to = block_in(c, old.succ[k].to);
				s[k].args = bring_all(c, e, old.succ[k].nargs, old.succ[k].args);
			}
			ir_at(g, c->ref[r])->args = args;
			ir_at(g, c->ref[r])->succ = s;
		}
}

static void find_results(struct calls *c)
{
	struct ir_fn *f = c->f;
	for (ir_blk b = 1; b < c->nblocks; b++) {
		const struct ir_ins *t = is_inside(c, b) ? ir_at(f, ir_block(f, b)->last) : NULL;
		if (!t || t->op != IRO(subret))
			continue;
		c->nresults = t->nargs;
		c->points = arena_array(c->u->scratch, bool, t->nargs + 1);
		for (uint32_t i = 0; i < t->nargs; i++)
			c->points[i] = is_pointer(c, t->args[i]);
	}
}

/* The body's own slots become the function's. */
static void move_slots(struct calls *c)
{
	struct ir_fn *f = c->f, *g = c->g;
	uint32_t *now = arena_array(c->u->scratch, uint32_t, f->nslots + 1);
	for (ir_blk b = 1; b < c->nblocks; b++)
		for (ir_ref r = is_inside(c, b) ? ir_block(f, b)->first : 0; r; r = ir_at(f, r)->next) {
			uint32_t s = ir_at(f, r)->aux;
			if (ir_at(f, r)->op != IRO(slot))
				continue;
			if (!now[s])
				now[s] = ir_slot(g, f->slots[s].size, f->slots[s].align) + 1;
			ir_at(g, c->ref[r])->aux = now[s] - 1;
			f->slots[s].size = 0; /* no one else's */
		}
}

static void end_function(struct calls *c)
{
	struct ir_fn *g = c->g;
	for (ir_blk b = 1; b < g->nblocks; b++) {
		ir_ref t = ir_block(g, b)->last;
		if (ir_at(g, t)->op == IRO(ret) && b != g->failed) /* behind what surely raises: never reached */
			edit_terminator(g, t, IRO(jmp), 0, 0, 0), ir_succ(g, t, 0, edit_failed(g), 0, NULL);
		if (ir_at(g, t)->op != IRO(subret))
			continue;
		struct edit e = { g, t, ir_at(g, t)->site };
		const struct ir_ins old = *ir_at(g, t);
		for (uint32_t i = 0; i < old.nargs; i++)
			edit_store(&e, 8, c->frame, (FIRST_WORD + i) * WORD, old.args[i]);
		edit_terminator(g, t, IRO(ret), 0, edit_imm(&e, 0), 0);
	}
}

static void make_function(struct calls *c)
{
	start_function(c);
	struct ir_fn *f = c->f, *g = c->g;
	ir_blk entry = c->entry[c->sub];
	uint32_t n = c->nargs = ir_block(f, entry)->nparams;
	c->ref = arena_array(c->u->scratch, ir_ref, f->nins);
	c->blk = arena_array(c->u->scratch, ir_blk, f->nblocks);
	c->noutside = c->cap_outside = c->nresults = 0;
	ir_ref t = ir_block(g, 1)->last;
	struct edit e = { g, t, ir_at(g, t)->site };
	copy_numbers(c);
	ir_ref *args = arena_array(c->u->scratch, ir_ref, n + 1);
	for (uint32_t i = 0; i < n; i++)
		args[i] = put(&e, is_pointer(c, ir_block(f, entry)->params[i]) ? IRO(loadp) : IRO(load64), c->frame, 0,
			      (FIRST_WORD + i) * WORD);
	ir_succ(g, t, 0, c->blk[entry], n, args);
	copy_contents(c, &e);
	find_results(c);
	move_slots(c);
	end_function(c);
}

/* ---- its calls ---- */

static uint32_t frame_slot(struct calls *c, ir_blk b)
{
	uint32_t *slot = &c->slot[c->around[b]];
	uint32_t in = c->nargs + c->noutside, words = FIRST_WORD + (in > c->nresults ? in : c->nresults);
	if (!*slot)
		*slot = ir_slot(c->f, words * WORD, WORD) + 1;
	return *slot - 1;
}

static void take_result(struct calls *c, ir_ref r, uint32_t slot)
{
	struct ir_fn *f = c->f;
	struct edit e = { f, r, ir_at(f, r)->site };
	ir_ref frame = put(&e, IRO(slot), 0, slot, 0);
	struct ir_ins *i = ir_at(f, r);
	i->op = c->points[i->aux] ? IRO(loadp) : IRO(load64);
	i->imm = (FIRST_WORD + (int64_t)i->aux) * WORD;
	i->aux = 0;
	i->args[0] = frame;
}

/* All results are taken right behind the call. */
static void take_results(struct calls *c, ir_ref call, uint32_t slot)
{
	struct ir_fn *f = c->f;
	for (ir_ref r = ir_block(f, ir_at(f, call)->succ[0].to)->first; r; r = ir_at(f, r)->next)
		if (ir_at(f, r)->op == IRO(subres) && ir_at(f, r)->args[0] == call)
			take_result(c, r, slot);
}

static void call_function(struct calls *c, ir_blk b)
{
	struct ir_fn *f = c->f;
	ir_ref t = ir_block(f, b)->last;
	const struct ir_ins old = *ir_at(f, t);
	uint32_t slot = frame_slot(c, b);
	take_results(c, t, slot);
	struct edit e = { f, t, old.site };
	ir_ref frame = put(&e, IRO(slot), 0, slot, 0);
	edit_store(&e, 8, frame, CTX_WORD * WORD, put(&e, IRO(ctx), 0, 0, 0));
	for (uint32_t i = 0; i < c->nargs; i++)
		edit_store(&e, 8, frame, (FIRST_WORD + i) * WORD, old.succ[1].args[i]);
	for (uint32_t i = 0; i < c->noutside; i++)
		edit_store(&e, 8, frame, (FIRST_WORD + c->nargs + i) * WORD, c->outside[i]);
	ir_ref status = put(&e, IRO(helper), frame, IR_CALL_FN + c->g->id, 0);
	edit_terminator(f, t, IRO(br), IR_EQ, status, edit_imm(&e, 0));
	edit_edge(f, t, 0, &old.succ[0]);
	ir_succ(f, t, 1, edit_failed(f), 0, NULL);
}

static void call_all(struct calls *c)
{
	struct ir_fn *f = c->f;
	c->slot = arena_array(c->u->scratch, uint32_t, c->u->nsubs + 1);
	for (ir_blk b = 1; b < c->nblocks; b++) {
		ir_ref t = ir_block(f, b)->last;
		if (t && ir_at(f, t)->op == IRO(subcall) && ir_at(f, t)->aux == c->sub)
			call_function(c, b);
	}
}

static void drop_body(struct calls *c)
{
	for (ir_blk b = 1; b < c->nblocks; b++)
		if (is_inside(c, b)) {
			struct ir_block *k = ir_block(c->f, b);
			k->first = k->last = k->nparams = 0;
		}
}

void opt_calls(struct ir_unit *u)
{
	struct calls c = { .u = u, .f = u->main };
	ir_need_order(c.f);
	while (next_body(&c)) {
		webs_find(c.f, &c.webs);
		make_function(&c);
		call_all(&c);
		drop_body(&c);
		ir_order(c.f);
	}
	u->copy_access |= u->target->helper_pull != 0; /* what is pulled inside would be lost outside */
}
