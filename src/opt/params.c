/* params.c - block parameters that go: trivial ones, unused ones; branches that are decided; sweeping. */
#include "opt/params.h"
#include "opt/opt.h"
#include "opt/passes.h"

void edge_push(struct ir_fn *f, struct ir_edge *e, ir_ref v)
{
	ir_ref *args = arena_array(f->unit->arena, ir_ref, e->nargs + 1);
	if (e->nargs)
		memcpy(args, e->args, sizeof(*args) * e->nargs);
	args[e->nargs] = v;
	e->args = args;
	e->nargs++;
}

static uint32_t keep(uint32_t n, ir_ref *v, const bool *drop)
{
	uint32_t left = 0;
	for (uint32_t i = 0; i < n; i++)
		if (!drop[i])
			v[left++] = v[i];
	return left;
}

void params_drop(struct ir_fn *f, ir_blk b, const bool *drop)
{
	struct ir_block *k = ir_block(f, b);
	for (uint32_t i = 0; i < k->npreds; i++) {
		struct ir_edge *e = &ir_at(f, ir_block(f, k->preds[i].from)->last)->succ[k->preds[i].succ];
		e->nargs = keep(e->nargs, e->args, drop);
	}
	k->nparams = keep(k->nparams, k->params, drop);
	for (uint32_t i = 0; i < k->nparams; i++)
		ir_at(f, k->params[i])->aux = i;
}

static ir_ref follow(const ir_ref *to, ir_ref r)
{
	while (to[r])
		r = to[r];
	return r;
}

/* What is found of parameters. `known`: what a test on the way says of a value is nothing new where ways meet. */
struct trivial {
	const struct ir_fn *f;
	bool known;
	ir_ref *to;            /* by value: what it always is, instead of which that is used; 0: none */
	ir_ref *like;          /* likewise, but it stays, for more is known of it: all its ways come from a test */
};

/* What r is where nothing is known of it. */
static ir_ref whole(const struct trivial *t, ir_ref r)
{
	for (r = follow(t->to, r);; r = follow(t->to, r)) {
		if (ir_at(t->f, r)->op == IRO(pi))
			r = ir_at(t->f, r)->args[0];
		else if (t->like[r])
			r = t->like[r];
		else
			return r;
	}
}

/* Finds the one value that parameter i of b always gets (itself aside). None: also for what a guard catches, for more
 * guards may lead there once what they guard is inlined. True: something new was found. */
static bool look(struct trivial *t, ir_blk b, uint32_t i)
{
	const struct ir_fn *f = t->f;
	const struct ir_block *k = ir_block(f, b);
	ir_ref self = k->params[i], same = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_edge *e = ir_pred_edge(f, &k->preds[p]);
		ir_ref v = t->known ? whole(t, e->args[i]) : follow(t->to, e->args[i]);
		if (v == self)
			continue;
		if (same && v != same)
			return false;
		same = v;
	}
	if (!same || ir_at(f, same)->op == IRO(raised))
		return false;
	bool header = f->unit->moves_packet && ir_at(f, same)->type.kinds & IR_VIEWS; /* to be one value: anew.c */
	bool less = t->known && !header && ir_at(f, self)->type.kinds != ir_at(f, same)->type.kinds;
	ir_ref *found = less ? &t->like[self] : &t->to[self];
	bool news = *found != same;
	*found = same;
	return news;
}

static void drop_found(struct ir_fn *f, const ir_ref *to)
{
	for (uint32_t o = 1; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		uint32_t n = ir_block(f, b)->nparams, gone = 0;
		bool *drop = arena_array(f->unit->scratch, bool, n);
		for (uint32_t i = 0; i < n; i++)
			gone += drop[i] = to[ir_block(f, b)->params[i]] != 0;
		if (gone)
			params_drop(f, b, drop);
	}
	ir_rename(f, to);
}

static void drop_trivial(struct ir_fn *f, bool known)
{
	struct arena *a = f->unit->scratch;
	struct arena_mark mark = arena_mark(a);
	struct trivial t = { f, known, arena_array(a, ir_ref, f->nins), known ? arena_array(a, ir_ref, f->nins) : NULL };
	bool any = false;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t o = 1; o < f->nrpo; o++) {
			ir_blk b = f->rpo[o];
			for (uint32_t i = 0; i < ir_block(f, b)->nparams && !share_is_entry(f, b); i++) {
				ir_ref p = ir_block(f, b)->params[i];
				changed |= !t.to[p] && look(&t, b, i);
				any |= t.to[p] != 0;
			}
		}
	}
	if (any)
		drop_found(f, t.to);
	arena_release(a, mark);
}

/* Operations that neither change anything nor can raise: gone when unused, constants when known. */
static bool is_pure(const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(const): case IRO(upval): case IRO(upcell): case IRO(cell): case IRO(closure): case IRO(iterator):
	case IRO(pi): case IRO(not): case IRO(isof): case IRO(eq): case IRO(newtable): case IRO(record): case IRO(several): case IRO(vararg):
	case IRO(cellget): case IRO(forcount): case IRO(result): case IRO(nop): case IRO(param): case IRO(raised):
	case IRO(located): case IRO(subres):
		return true;
	default:
		return false;
	}
}

static bool is_scalar(const pg_value *k)
{
	return k->kind != PG_HOST;
}

/* A constant result says that it cannot raise, but for operations that act besides. */
static void fold_constants(struct flow *fl, ir_blk b)
{
	struct ir_fn *f = fl->f;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
		struct ir_ins *i = ir_at(f, r);
		const struct ir_type *obj = i->nargs ? &ir_at(f, i->args[0])->type : NULL;
		bool index = i->op == IRO(index) && obj && obj->k && obj->kinds == IR_BIT(IR_HOST);
		bool arith = i->op >= IRO(add) && i->op <= IRO(le);
		if (!i->type.k || i->op == IRO(const) || !is_scalar(i->type.k))
			continue;
		if (!arith && !index && i->op != IRO(pi) && i->op != IRO(not) && i->op != IRO(isof) && i->op != IRO(forskip) &&
		    i->op != IRO(forcount) && i->op != IRO(located))
			continue;
		i->op = IRO(const);
		i->nargs = 0;
		i->k = i->type.k;
		i->imm = 0;
		i->raised = 0;
	}
}

/* What is surely not meant is told while what leads to it is there. */
static void warn(struct flow *fl, ir_blk b)
{
	for (ir_ref r = ir_block(fl->f, b)->first; r; r = ir_at(fl->f, r)->next) {
		const struct ir_ins *i = ir_at(fl->f, r);
		infer_warn_zero(fl, r);
		if (i->op == IRO(index))
			infer_warn_undefined(fl, r);
		else if (i->op == IRO(eq)) {
			infer_warn_type(fl, r);
			if (i->type.k)
				infer_warn_equal(fl, r);
		}
	}
}

/* true: an edge went */
static bool fold_branch(struct flow *fl, ir_blk b)
{
	struct ir_fn *f = fl->f;
	ir_ref t = ir_block(f, b)->last;
	if (ir_at(f, t)->op != IRO(branch) && ir_at(f, t)->op != IRO(guard))
		return false;
	bool yes = infer_edge_live(fl, b, 0), no = infer_edge_live(fl, b, 1);
	if (yes == no)
		return false;
	if (ir_at(f, t)->op == IRO(branch))
		infer_warn_branch(fl, t);
	struct ir_edge e = ir_at(f, t)->succ[yes ? 0 : 1];
	edit_terminator(f, t, IRO(jmp), 0, 0, 0);
	edit_edge(f, t, 0, &e);
	return true;
}

/* What names a guard that went cannot raise. */
static void drop_guards(struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			struct ir_ins *i = ir_at(f, r);
			if (i->raised && ir_at(f, ir_block(f, ir_at(f, i->raised)->block)->last)->op != IRO(guard))
				i->raised = 0;
		}
}

/* What cannot be reached holds nothing. */
static void drop_unreachable(struct ir_fn *f)
{
	for (ir_blk b = 1; b < f->nblocks; b++)
		if (!ir_block(f, b)->order)
			ir_block(f, b)->first = ir_block(f, b)->last = ir_block(f, b)->nparams = 0;
}

/* Elsewhere a parameter is better than the value itself: edges with what is known decide the tests behind it. But a header that
 * is looked up anew (anew.c) is to be one value. */
static bool goes_round(const struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (ir_block(f, f->rpo[o])->loop)
			return true;
	return false;
}

void prune(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	bool folded = false;
	if (fl->u->moves_packet || goes_round(f))
		drop_trivial(f, true);
	for (uint32_t o = 0; o < f->nrpo; o++)
		if (fl->exec[f->rpo[o]]) {
			warn(fl, f->rpo[o]);
			folded |= fold_branch(fl, f->rpo[o]);
			fold_constants(fl, f->rpo[o]);
		}
	if (folded) {
		ir_order(f);
		drop_guards(f);
	}
	drop_unreachable(f);
	drop_trivial(f, false);
}

/* ---- sweeping ---- */

struct sweep {
	struct ir_fn *f;
	bool *live;
	ir_ref *work;
	uint32_t n;
};

static void mark(struct sweep *s, ir_ref r)
{
	if (!r || s->live[r])
		return;
	s->live[r] = true;
	s->work[s->n++] = r;
}

static void mark_args(struct sweep *s, ir_ref r)
{
	struct ir_fn *f = s->f;
	const struct ir_ins *i = ir_at(f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		mark(s, i->args[a]);
	if (i->op != IRO(param))
		return;
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_edge *e = &ir_at(f, ir_block(f, k->preds[p].from)->last)->succ[k->preds[p].succ];
		mark(s, e->args[i->aux]);
	}
}

static void drop_dead(struct sweep *s, ir_blk b)
{
	struct ir_fn *f = s->f;
	uint32_t n = ir_block(f, b)->nparams, gone = 0;
	bool *drop = arena_array(f->unit->scratch, bool, n + 1);
	for (uint32_t i = 0; i < n && b != 1; i++)
		gone += drop[i] = !s->live[ir_block(f, b)->params[i]];
	if (gone)
		params_drop(f, b, drop);
	for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
		next = ir_at(f, r)->next;
		if (!s->live[r])
			ir_remove(f, r);
	}
}

void sweep(struct ir_fn *f)
{
	struct sweep s = { .f = f, .live = arena_array(f->unit->scratch, bool, f->nins),
			   .work = arena_spare(f->unit->scratch, ir_ref, f->nins) };
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			if (is_pure(ir_at(f, r)))
				continue;
			mark(&s, r);
		}
	while (s.n)
		mark_args(&s, s.work[--s.n]);
	for (uint32_t o = 0; o < f->nrpo; o++)
		drop_dead(&s, f->rpo[o]);
	drop_unreachable(f);
}
