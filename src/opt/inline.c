/*
 * inline.c - puts the bodies of known functions in the place of their calls.
 *
 * The callee is copied from its own, never modified function. Its upvalues become captured
 * constants, or the cells that its closure holds; its returns jump to the rest of the caller with
 * one value, `several`, which several.c takes apart.
 */
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/passes.h"

#include <errno.h>

enum { MAX_INS = 60000, MOST_NEW = 4000 }; /* new ones in a round: then it is asked whether calls are better */

struct graft {
	struct flow *fl;
	struct ir_fn *f, *g;      /* caller, callee */
	ir_ref call;
	ir_ref closure;           /* the closure called, or 0: a captured function */
	uint32_t inl;             /* this inlining's number */
	ir_blk rest;              /* where the caller goes on */
	ir_blk exit;              /* of a body that calls share: gets its results. 0: a copy for one call */
	ir_ref *ref;              /* callee's value -> caller's */
	ir_blk *blk;
	uint32_t *site;
	uint32_t nargs;           /* arguments given */
	uint32_t padded;          /* IR_LAST: what may be of the last ones */
	const ir_ref *args;
};

/* ---- upvalues ---- */

static ir_ref upvalue_cell(const struct graft *g, uint32_t i)
{
	const struct ir_ins *c = g->closure ? ir_at(g->f, g->closure) : NULL;
	ir_ref cell = c && i < c->nargs ? c->args[i] : 0;
	return cell && ir_at(g->f, cell)->op != IRO(upcell) ? cell : 0;
}

static void become_const(struct ir_ins *i, const pg_value *k)
{
	i->op = IRO(const);
	i->nargs = 0;
	i->k = k;
	i->aux = 0;
}

static void become_refusal(struct ir_unit *u, struct ir_ins *i, const struct refusal *row)
{
	i->op = IRO(refuse);
	i->nargs = 0;
	i->k = const_new(u, ir_refusal(u, row));
}

/* `of` has the upvalue; the instruction is in some function being changed. */
static void bind_upvalue(struct ir_unit *u, struct ir_fn *of, struct ir_ins *i, ir_ref cell)
{
	pg_value v;
	bool set = i->op == IRO(setupval);
	if (!set && u->source->upvalue(u, of, i->aux, &v) == 0) {
		become_const(i, const_new(u, v));
	} else if (cell) {
		i->op = set ? IRO(cellset) : IRO(cellget);
		ir_ref value = set ? i->args[0] : 0;
		i->args = arena_array(u->arena, ir_ref, 2);
		i->args[0] = cell;
		i->args[1] = value;
		i->nargs = set ? 2 : 1;
		i->aux = 0;
	} else if (set) {
		become_refusal(u, i, REFUSAL(ON_VALUES, "keep what changes in bpf.state { ... }",
			       "kernel code cannot assign a captured variable: what it captured is a constant"));
	} else {
		become_refusal(u, i, REFUSAL(ON_VALUES, "capture a number, a text, a boolean or a table of them",
					     "this captured variable cannot be read"));
	}
}

/* Where a parameter too many would only hide that the function expects something else. */
static bool takes_too_many(struct ir_unit *u, const struct ir_fn *f)
{
	const struct ir_target *t = u->target;
	if (!t->params_help || f->nparams <= t->nparams)
		return false;
	diag_add(u->diag, DIAG_ERROR, f->pos, "the function has %u parameter%s, and %s gives it %u", f->nparams,
		 f->nparams == 1 ? "" : "s", t->hook, t->nparams)->help = t->params_help;
	return true;
}

int inline_bind_root(struct ir_unit *u, struct ir_fn *f)
{
	if (takes_too_many(u, f))
		return -EINVAL;
	for (ir_ref r = 1; r < f->nins; r++) {
		uint16_t op = ir_at(f, r)->op;
		if (op == IRO(upval) || op == IRO(setupval))
			bind_upvalue(u, f, ir_at(f, r), 0);
	}
	uint32_t first_extra = f->nparams;
	while (f->vararg && f->nparams < u->target->nparams) {
		ir_param_add(f, 1);
		f->nparams++;
	}
	for (ir_ref r = 1; r < f->nins; r++) {
		struct ir_ins *i = ir_at(f, r);
		if (i->op != IRO(vararg))
			continue;
		i->op = IRO(several);
		i->aux = 0;
		i->nargs = f->nparams - first_extra;
		i->args = i->nargs ? ir_block(f, 1)->params + first_extra : NULL;
	}
	return 0;
}

/* ---- copying ---- */

static uint32_t map_site(struct graft *g, uint32_t s)
{
	struct ir_unit *u = g->fl->u;
	if (!g->site[s]) {
		struct ir_site n = { .pos = u->sites[s].pos, .inlined_at = g->inl, .parted = u->sites[u->inlines[g->inl].site].parted };
		arena_push(u->arena, u->sites, u->nsites, u->cap_sites, n);
		g->site[s] = u->nsites - 1;
	}
	return g->site[s];
}

static ir_ref *map_refs(struct graft *g, uint32_t n, const ir_ref *old)
{
	ir_ref *r = n ? arena_array(g->fl->u->arena, ir_ref, n) : NULL;
	for (uint32_t i = 0; i < n; i++)
		r[i] = g->ref[old[i]];
	return r;
}

static void copy_edges(struct graft *g, struct ir_ins *to, const struct ir_ins *from)
{
	to->succ = arena_array(g->fl->u->arena, struct ir_edge, from->nsucc);
	for (uint32_t s = 0; s < from->nsucc; s++) {
		to->succ[s] = from->succ[s];
		to->succ[s].to = g->blk[from->succ[s].to];
		to->succ[s].args = map_refs(g, from->succ[s].nargs, from->succ[s].args);
	}
}

static ir_ref nil_before(struct ir_fn *f, ir_ref at)
{
	ir_ref r = ir_ins_new(f, IRO(const), 0, NULL);
	ir_at(f, r)->k = &const_nil;
	ir_insert_before(f, at, r);
	return r;
}

static void go_exit(struct graft *g, ir_ref r, const struct ir_ins *old)
{
	struct ir_fn *f = g->f;
	uint32_t n = ir_block(f, g->exit)->nparams;
	ir_ref *args = arena_array(g->fl->u->scratch, ir_ref, n + 1);
	for (uint32_t i = 0; i < n; i++)
		args[i] = i < old->nargs ? g->ref[old->args[i]] : nil_before(f, r);
	edit_terminator(f, r, IRO(jmp), 0, 0, 0);
	ir_succ(f, r, 0, g->exit, n, args);
}

static void copy_return(struct graft *g, ir_ref r, const struct ir_ins *old)
{
	if (g->exit) {
		go_exit(g, r, old);
		return;
	}
	struct ir_fn *f = g->f;
	ir_blk b = ir_at(f, r)->block;
	struct ir_ins *i = ir_at(f, r);
	i->op = IRO(several); /* keeps aux: open or not */
	i->args = map_refs(g, old->nargs, old->args);
	ir_ref t = ir_ins_new(f, IRO(jmp), 0, NULL);
	ir_at(f, t)->site = ir_at(f, r)->site;
	ir_append(f, b, t);
	ir_succ(f, t, 0, g->rest, 1, &r);
}

static void finish_ins(struct graft *g, ir_ref old_ref)
{
	struct ir_fn *f = g->f;
	const struct ir_ins *old = ir_at(g->g, old_ref);
	if (old->op == IRO(upcell))
		return;
	ir_ref r = g->ref[old_ref];
	struct ir_ins *i = ir_at(f, r);
	i->site = old->site ? map_site(g, old->site) : 0;
	i = ir_at(f, r);
	if (old->op == IRO(return)) {
		copy_return(g, r, old);
		return;
	}
	i->args = map_refs(g, old->nargs, old->args);
	if (old->nsucc)
		copy_edges(g, i, old);
	if (old->op == IRO(vararg)) {
		uint32_t fixed = g->g->nparams;
		i->op = IRO(several);
		i->nargs = g->nargs > fixed ? g->nargs - fixed : 0;
		i->args = i->nargs ? (ir_ref *)g->args + fixed : NULL;
		i->aux = i->nargs ? g->padded : 0;
	} else if (old->op == IRO(upval) || old->op == IRO(setupval)) {
		bind_upvalue(g->fl->u, g->g, i, upvalue_cell(g, i->aux));
	} else if (old->op == IRO(closure)) {
		i->imm = g->g->id; /* whose prototypes aux counts */
	}
}

/* Numbers first (loops refer forward), contents second. */
static void copy_body(struct graft *g)
{
	struct ir_fn *f = g->f, *from = g->g;
	for (ir_blk b = 1; b < from->nblocks; b++) {
		ir_blk to = g->blk[b] = ir_block_new(f);
		for (uint32_t p = 0; p < ir_block(from, b)->nparams; p++)
			g->ref[ir_block(from, b)->params[p]] = ir_param_add(f, g->blk[b]);
		for (ir_ref r = ir_block(from, b)->first; r; r = ir_at(from, r)->next) {
			if (ir_at(from, r)->op == IRO(upcell)) {
				g->ref[r] = upvalue_cell(g, ir_at(from, r)->aux);
				continue;
			}
			struct ir_ins copy = *ir_at(from, r);
			copy.prev = copy.next = copy.block = 0;
			if (ir_at(f, g->call)->raised && ir_ops[copy.op].effects & IR_E_RAISE)
				to = flow_guard(g->fl, to, g->call, &copy.raised);
			arena_push(f->unit->arena, f->ins, f->nins, f->cap_ins, copy);
			g->ref[r] = f->nins - 1;
			ir_append(f, to, f->nins - 1);
		}
	}
	for (ir_blk b = 1; b < from->nblocks; b++)
		for (ir_ref r = ir_block(from, b)->first; r; r = ir_at(from, r)->next)
			finish_ins(g, r);
}

static void graft_body(struct graft *g)
{
	struct ir_fn *f = g->f;
	struct arena *a = g->fl->u->scratch;
	ir_blk before = ir_at(f, g->call)->block;
	uint32_t n = g->g->nparams;
	g->nargs = ir_at(f, g->call)->nargs - 1;
	g->padded = ir_at(f, g->call)->aux & IR_LAST;
	ir_ref *args = arena_array(a, ir_ref, (g->nargs > n ? g->nargs : n) + 1);
	memcpy(args, ir_at(f, g->call)->args + 1, sizeof(*args) * g->nargs);
	for (uint32_t i = g->nargs; i < n; i++)
		args[i] = nil_before(f, g->call);
	g->args = args;
	g->rest = edit_split(f, g->call);
	ir_remove(f, g->call);
	g->ref = arena_array(a, ir_ref, g->g->nins);
	g->blk = arena_array(a, ir_blk, g->g->nblocks);
	g->site = arena_array(a, uint32_t, g->fl->u->nsites);
	copy_body(g);
	ir_ref t = ir_ins_new(f, IRO(jmp), 0, NULL);
	ir_append(f, before, t);
	ir_succ(f, t, 0, g->blk[1], n, args);
}

ir_blk inline_shared(struct flow *fl, ir_ref call, struct ir_fn *of, uint32_t inl, ir_blk exit)
{
	struct arena *a = fl->u->scratch;
	struct graft g = { .fl = fl, .f = fl->f, .g = of, .call = call, .inl = inl, .exit = exit };
	g.ref = arena_array(a, ir_ref, of->nins);
	g.blk = arena_array(a, ir_blk, of->nblocks);
	g.site = arena_array(a, uint32_t, fl->u->nsites);
	copy_body(&g);
	return g.blk[1];
}

/* ---- which calls ---- */

struct ir_fn *inline_callee(struct flow *fl, ir_ref callee, ir_ref *closure)
{
	struct ir_unit *u = fl->u;
	ir_ref c = ir_untested(fl->f, callee);
	const struct ir_ins *i = ir_at(fl->f, c);
	*closure = 0;
	if (i->op == IRO(closure)) {
		*closure = c;
		struct ir_fn *parent = i->imm ? u->fns[i->imm] : fl->f;
		return u->source->inner(u, parent, i->aux);
	}
	const pg_value *k = i->type.k;
	return k && k->kind == PG_FUNC && i->type.kinds == IR_BIT(IR_FUNC) ? u->source->host(u, k->id) : NULL;
}

static bool is_recursive(struct ir_unit *u, uint32_t inl, const struct ir_fn *g)
{
	for (; inl; inl = u->inlines[inl].parent)
		if (u->inlines[inl].fn == g->id)
			return true;
	return u->main == g || (g->host && g->host == u->main->host);
}

/* What the function is called by: as the line names it, or where it comes from, or, where neither does, its definition. */
static const char *name_called(const struct ir_fn *f, ir_ref call, const struct ir_fn *g)
{
	const char *called = ir_source_name(ir_at(f, call)->names, 0);
	const char *kept = ir_source_name(ir_at(f, ir_untested(f, ir_at(f, call)->args[0]))->names, 2);
	return called ? called : kept ? kept : g->name;
}

/* It calls what is refused: that is said with all that is wrong, and what it gives is not known. */
static void refuse_recursion(struct flow *fl, ir_ref call, const struct ir_fn *g)
{
	struct ir_unit *u = fl->u;
	const struct refusal *row = REFUSAL(ON_FUNCTIONS, "write it as a loop: while n > 0 do ... n = n - 1 end",
					    "recursive call of '%s'; kernel code cannot recurse");
	const struct refusal named = { .text = arena_printf(u->arena, row->text, name_called(fl->f, call, g)), .help = row->help };
	ir_ref no = ir_ins_new(fl->f, IRO(refuse), 0, NULL);
	ir_at(fl->f, no)->k = const_new(u, ir_refusal(u, &named));
	ir_at(fl->f, no)->site = ir_at(fl->f, call)->site;
	ir_insert_before(fl->f, call, no);
	ir_at(fl->f, call)->args[0] = no;
}

static bool is_too_big(struct flow *fl, ir_ref call, const struct ir_fn *g)
{
	struct flow loud = *fl;
	loud.report = true;
	if (fl->f->nins <= MAX_INS)
		return false;
	flow_refuse(&loud, ir_at(fl->f, call)->site, ON_SIZE, "split the program, or keep what is repeated in a loop",
		    "the function is too big for the kernel once '%s' is inlined", name_called(fl->f, call, g));
	return true;
}

/* `return f()`: in the function itself, or in one whose return was already replaced */
static bool is_tail(const struct ir_fn *f, ir_ref call)
{
	const struct ir_ins *i = ir_at(f, ir_at(f, call)->next);
	return (i->op == IRO(return) || i->op == IRO(several)) && i->aux & IR_OPEN && i->nargs == 1 && i->args[0] == call;
}

/* 1: inlined, 0: not a call to inline, -1: refused */
static int inline_one(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins *c = ir_at(fl->f, call);
	const struct ir_lib *row = ir_at(fl->f, c->args[0])->type.row;
	if (c->op == IRO(call) && !(c->aux & IR_OPEN) && coerce_texts(fl, call))
		return 1;
	if (row && expand_alone(fl, call, row))
		return 1;
	if (c->aux & IR_OPEN || (row && (c->op == IRO(forcall) || !ir_lib_expands(row))))
		return 0;
	if (row)
		return expand_call(fl, call, row, gone);
	if (c->op == IRO(call) && matches_call(fl, call, gone))
		return 1;
	struct graft g = { .fl = fl, .f = fl->f, .call = call };
	g.g = inline_callee(fl, c->args[0], &g.closure);
	if (!g.g)
		return fl->u->diag->errors ? -1 : 0;
	uint32_t inl = fl->u->sites[c->site].inlined_at;
	if (is_recursive(fl->u, inl, g.g)) {
		refuse_recursion(fl, call, g.g);
		return 1;
	}
	if (is_too_big(fl, call, g.g))
		return -1;
	if (share_call(fl, call, g.g, gone))
		return 1;
	struct ir_inline in = { .site = c->site, .fn = g.g->id, .parent = inl,
				.tail = is_tail(fl->f, call) && !g.g->native };
	arena_push(fl->u->arena, fl->u->inlines, fl->u->ninlines, fl->u->cap_inlines, in);
	g.inl = fl->u->ninlines - 1;
	graft_body(&g);
	*gone = ir_param_add(fl->f, g.rest);
	return 1;
}

int inline_calls(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	ir_ref *calls = NULL;
	uint32_t n = 0, cap = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(call) || ir_at(f, r)->op == IRO(forcall))
				arena_push(fl->u->scratch, calls, n, cap, r);
	if (!n)
		return 0;
	ir_ref *param = arena_array(fl->u->scratch, ir_ref, n);
	int done = 0;
	uint32_t most = fl->u->share == IR_SHARE_BY_COST ? f->nins + MOST_NEW : MAX_INS;
	for (uint32_t i = 0; i < n && (f->nins <= most || !done); i++) {
		int one = inline_one(fl, calls[i], &param[i]);
		if (one < 0)
			return one;
		done += one;
	}
	ir_ref *to = done ? arena_array(fl->u->scratch, ir_ref, f->nins) : NULL;
	for (uint32_t i = 0; done && i < n; i++)
		to[calls[i]] = param[i];
	if (done)
		ir_rename(f, to);
	return done;
}
