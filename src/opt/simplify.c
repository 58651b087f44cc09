/*
 * simplify.c - pass `simplify`: two rounds of numbering, threading, merging and sweeping over one function
 * (a third would find too little for its time). Each part is linear in the size of the function.
 *
 * A later pass may raise errors where there are none yet (loops: budgets, guard: bytes that cannot be
 * copied), so a function that they may touch keeps its error exit: a branch that is never taken
 * leads there while the pass runs, for what leads there now may be found to never happen.
 */
#include "opt/simplify.h"

enum { ROUNDS = 2, PARTINGS = 4 };

static const char *const parts[SIMP_PARTS] = {
	[SIMP_FOLD] = "folding",       [SIMP_EQUAL] = "value numbering", [SIMP_DECIDE] = "branches decided before",
	[SIMP_THREAD] = "threading",   [SIMP_PART] = "ways parted",      [SIMP_TAILS] = "shared ends",
	[SIMP_MERGE] = "merging of blocks", [SIMP_SWEEP] = "dead code",
};

const char *opt_simplify_part(unsigned i)
{
	return i < SIMP_PARTS ? parts[i] : NULL;
}

static bool may_raise_later(const struct ir_unit *u, const struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		if ((k->loop && !k->walked) || ir_at(f, k->last)->op == IRO(mapeach))
			return true;
		for (ir_ref r = k->first; (u->copy_access || u->copy_stores) && r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(pktload) || ir_at(f, r)->op == IRO(pktstore))
				return true;
	}
	return false;
}

/* Leads a branch to the error exit; returns it, or 0. It ends the entry block, for the error exit may use
 * what is made there. */
static ir_ref hold_error_exit(struct ir_unit *u, struct ir_fn *f)
{
	ir_need_order(f);
	if (!f->error_exit || !may_raise_later(u, f))
		return 0;
	ir_ref last = ir_block(f, 1)->last;
	ir_blk rest = edit_split(f, last);
	ir_ref t = edit_end(f, 1, ir_at(f, last)->site, IRO(jmp), 0, 0, 0);
	struct edit e = { f, t, ir_at(f, t)->site };
	ir_ref zero = edit_imm(&e, 0), hidden = edit_op(&e, IRO(opaque), zero, 0);
	edit_terminator(f, t, IRO(br), IR_NE, hidden, zero);
	ir_succ(f, t, 0, f->error_exit, 1, &zero);
	ir_succ(f, t, 1, rest, 0, NULL);
	return t;
}

/* A function that fails in any case has no branch there any more: both its ways went to the exit. */
static void release_error_exit(struct ir_fn *f, ir_ref t)
{
	if (!t || ir_at(f, t)->op != IRO(br))
		return;
	ir_ref hidden = ir_at(f, t)->args[0];
	struct ir_edge e = ir_at(f, t)->succ[1];
	edit_terminator(f, t, IRO(jmp), 0, 0, 0);
	ir_at(f, t)->succ[0] = e;
	ir_remove(f, hidden);
}

static void rounds(struct simp *s)
{
	bool swept = true; /* a block that lost its instructions may be jumped through */
	for (int round = 0; round < ROUNDS; round++) {
		struct arena_mark mark = arena_mark(s->scratch);
		s->changed = false;
		simp_number(s);
		if (!s->changed && !swept)
			break;
		if (simp_does(s, SIMP_THREAD))
			simp_thread(s);
		if (simp_does(s, SIMP_TAILS))
			simp_tails(s);
		if (simp_does(s, SIMP_MERGE))
			simp_merge(s);
		s->changed = false;
		if (simp_does(s, SIMP_SWEEP))
			simp_sweep(s);
		arena_release(s->scratch, mark);
		swept = s->changed;
	}
}

static bool part(struct simp *s)
{
	struct arena_mark mark = arena_mark(s->scratch);
	bool parted = simp_does(s, SIMP_PART) && simp_part(s);
	arena_release(s->scratch, mark);
	s->parted |= parted;
	return parted;
}

static void simplify_fn(struct ir_unit *u, struct ir_fn *f, bool last)
{
	struct simp s = { .u = u, .f = f, .scratch = u->scratch };
	ir_ref hold = hold_error_exit(u, f);
	rounds(&s);
	for (int n = 0; last && n < PARTINGS && part(&s); n++)
		rounds(&s);
	release_error_exit(f, hold);
}

static void simplify_all(struct ir_unit *u, bool last)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			simplify_fn(u, u->fns[i], last);
}

/* Marks what f refers to; was any of it new? */
static bool mark_used(struct ir_fn *f, bool *used)
{
	bool more = false;
	ir_need_order(f);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			bool calls = ir_calls_fn(i);
			uint32_t to = calls ? i->aux - IR_CALL_FN : i->aux;
			if ((calls || i->op == IRO(fnref)) && !used[to])
				used[to] = more = true;
		}
	return more;
}

/* Bodies of loops and of calls, that became functions, of which it turned out that they are never reached. The kernel
 * counts functions by what refers to them. */
void opt_drop_unused(struct ir_unit *u)
{
	if (u->nfns < 2)
		return;
	bool *used = arena_array(u->scratch, bool, u->nfns), more = true;
	used[u->main->id] = true;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < u->nfns; i++)
			more |= used[i] && u->fns[i] && mark_used(u->fns[i], used);
	}
	for (uint32_t i = 0; i < u->nfns; i++)
		u->fns[i] = used[i] ? u->fns[i] : NULL;
}

void opt_simplify_last(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			u->fns[i]->error_exit = 0;
	simplify_all(u, true);
	opt_drop_unused(u);
}

void opt_simplify(struct ir_unit *u)
{
	simplify_all(u, false);
}
