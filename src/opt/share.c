/*
 * share.c - big functions that are called several times: one body for all calls instead of a copy for each.
 *
 * The body lies in the function that calls, as a piece of it that ends with `subret`; a call ends its block with
 * `subcall`, which leads on (successor 0) and to the body (successor 1, with the arguments):
 *
 *   b2:     v7 = subcall .0 -> b3, b9(v4, v5)        b9(v20, v21):  ...
 *   b3:     v8 = subres v7 .0                        b12(v30):      subret v30 .0
 *
 * So what is known of arguments and results is found as for other block parameters, and all passes of the Lua
 * level see one function. Values of the body are seen behind a call only as its results, and what it captures are
 * constants. Pass `calls` makes a function of its own of it.
 *
 * Whatever cannot be is copied: arguments that have no words (functions, tables, maps), errors that the caller
 * catches, variables shared with the caller. What turns out only later not to fit is an error here, and the
 * function is then compiled anew without shared bodies: no script sees it.
 */
#include "opt/opt.h"
#include "opt/passes.h"

enum { MOST_SUBS = 64, MOST_RESULTS = 8 };

/* ---- which functions ---- */

/* Are all upvalues constants? */
static bool captures_constants(struct ir_unit *u, const struct ir_fn *g, const struct ir_ins *i)
{
	pg_value v;
	switch (i->op) {
	case IRO(setupval):
		return false;
	case IRO(upval): case IRO(upcell):
		return u->source->upvalue(u, (struct ir_fn *)g, i->aux, &v) == 0;
	default:
		return true;
	}
}

/* How many results g gives, at most; -1: not known, or none ever. *fewer: not always so many. */
static int count_results(struct ir_fn *g, bool *fewer)
{
	int most = -1, least = MOST_RESULTS;
	ir_need_order(g);
	for (uint32_t o = 0; o < g->nrpo; o++) {
		const struct ir_ins *t = ir_at(g, ir_block(g, g->rpo[o])->last);
		if (t->op != IRO(return))
			continue;
		if (t->aux & IR_OPEN || t->nargs > MOST_RESULTS)
			return -1;
		most = (int)t->nargs > most ? (int)t->nargs : most;
		least = (int)t->nargs < least ? (int)t->nargs : least;
	}
	*fewer = least < most;
	return most;
}

static bool is_among(const struct ir_places *p, const struct ir_fn *g)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->v[i].line == g->pos.line && !strcmp(p->v[i].file, g->pos.file))
			return true;
	return false;
}

static bool can_be_shared(struct ir_unit *u, struct ir_fn *g)
{
	bool fewer;
	if (g->vararg || u->nsubs >= MOST_SUBS || is_among(&u->copied, g) || count_results(g, &fewer) < 0)
		return false;
	for (ir_ref r = 1; r < g->nins; r++)
		if (!captures_constants(u, g, ir_at(g, r)))
			return false;
	return true;
}

bool share_may(struct ir_unit *u, struct ir_fn *g)
{
	return !is_among(&u->called, g) && can_be_shared(u, g);
}

static bool is_wanted(const struct ir_unit *u, const struct ir_fn *g)
{
	return u->share == IR_SHARE_BY_COST ? is_among(&u->called, g) : g->nins >= u->share;
}

/* Has a value of that type words at run time, whatever is known of it? */
static bool has_words(const struct ir_type *t)
{
	const uint64_t none = IR_BIT(IR_FLOAT) | IR_BIT(IR_REC) | IR_BIT(IR_FUNC) | IR_BIT(IR_HOST) | IR_BIT(IR_MULTI) |
			      IR_BIT(IR_CELL);
	return type_is_pending(t) || !(t->kinds & none);
}

static bool is_plain(const struct ir_ins *c)
{
	return c->op == IRO(call) && !c->raised && !c->aux;
}

static bool fits(const struct flow *fl, ir_ref call)
{
	const struct ir_ins *c = ir_at(fl->f, call);
	if (!is_plain(c))
		return false;
	for (uint32_t a = 1; a < c->nargs; a++)
		if (!has_words(&ir_at(fl->f, c->args[a])->type))
			return false;
	return true;
}

/* ---- who calls whom ---- */

/* The shared body that the site lies in, from 1; 0: none. */
static uint32_t sub_around(const struct ir_unit *u, uint32_t site)
{
	for (uint32_t in = u->sites[site].inlined_at; in; in = u->inlines[in].parent)
		if (u->inlines[in].sub)
			return u->inlines[in].sub;
	return 0;
}

/* false: they would call each other. */
static bool note_call(struct ir_unit *u, uint32_t from, uint32_t to)
{
	uint64_t with = (uint64_t)1 << to | u->subs[to].calls;
	if (!from--)
		return true;
	if (with >> from & 1)
		return false;
	for (uint32_t s = 0; s < u->nsubs; s++)
		if (s == from || u->subs[s].calls >> from & 1)
			u->subs[s].calls |= with;
	return true;
}

/* ---- the body, and its calls ---- */

static uint32_t make_sub(struct flow *fl, ir_ref call, struct ir_fn *g)
{
	struct ir_unit *u = fl->u;
	struct ir_fn *f = fl->f;
	uint32_t site = ir_at(f, call)->site, number = u->nsubs;
	bool fewer;
	int n = count_results(g, &fewer);
	struct ir_inline in = { .site = site, .fn = g->id, .parent = u->sites[site].inlined_at, .sub = number + 1 };
	arena_push(u->arena, u->inlines, u->ninlines, u->cap_inlines, in);
	struct ir_sub s = { .fn = g->id, .name = g->name, .pos = g->pos, .inl = u->ninlines - 1 };
	s.exit = ir_block_new(f);
	for (int i = 0; i < n; i++)
		ir_param_add(f, s.exit);
	ir_ref t = ir_ins_new(f, IRO(subret), (uint32_t)n, ir_block(f, s.exit)->params);
	ir_at(f, t)->aux = number; /* no site: it belongs to the line that returned */
	ir_append(f, s.exit, t);
	s.entry = inline_shared(fl, call, g, s.inl, s.exit);
	arena_push(u->arena, u->subs, u->nsubs, u->cap_subs, s);
	return number;
}

static uint32_t sub_of(struct flow *fl, ir_ref call, struct ir_fn *g)
{
	for (uint32_t s = 0; s < fl->u->nsubs; s++)
		if (fl->u->subs[s].fn == g->id)
			return s;
	return make_sub(fl, call, g);
}

static ir_ref nil_at(struct ir_fn *f, ir_blk b)
{
	ir_ref r = ir_ins_new(f, IRO(const), 0, NULL);
	ir_at(f, r)->k = &const_nil;
	ir_append(f, b, r);
	return r;
}

/* Results in front of what comes behind the call: all of them as one value. */
static ir_ref take_results(struct ir_fn *f, ir_blk rest, ir_ref call, struct ir_fn *g)
{
	ir_ref at = ir_block(f, rest)->first, all[MOST_RESULTS];
	bool fewer;
	int n = count_results(g, &fewer);
	for (int i = 0; i < n; i++) {
		all[i] = ir_ins_new(f, IRO(subres), 1, &call);
		ir_at(f, all[i])->aux = (uint32_t)i;
		ir_at(f, all[i])->site = ir_at(f, call)->site;
		ir_insert_before(f, at, all[i]);
	}
	ir_ref several = ir_ins_new(f, IRO(several), (uint32_t)n, all);
	ir_at(f, several)->aux = fewer ? IR_PADDED : 0;
	ir_at(f, several)->site = ir_at(f, call)->site;
	ir_insert_before(f, at, several);
	return several;
}

bool share_call(struct flow *fl, ir_ref call, struct ir_fn *g, ir_ref *gone)
{
	struct ir_fn *f = fl->f;
	if (fl->u->settled || !is_wanted(fl->u, g) || !can_be_shared(fl->u, g) || !fits(fl, call))
		return false;
	uint32_t sub = sub_of(fl, call, g), site = ir_at(f, call)->site, n = g->nparams;
	if (!note_call(fl->u, sub_around(fl->u, site), sub)) {
		struct flow loud = *fl;
		loud.report = true;
		flow_error(&loud, site, "functions with shared bodies call each other");
		return false;
	}
	ir_blk before = ir_at(f, call)->block, rest = edit_split(f, call);
	ir_ref *args = arena_array(fl->u->scratch, ir_ref, n + 1);
	for (uint32_t i = 0; i < n; i++)
		args[i] = i + 1 < ir_at(f, call)->nargs ? ir_at(f, call)->args[i + 1] : nil_at(f, before);
	ir_remove(f, call);
	ir_ref t = ir_ins_new(f, IRO(subcall), 0, NULL);
	ir_at(f, t)->aux = sub;
	ir_at(f, t)->site = site;
	ir_append(f, before, t);
	ir_succ(f, t, 0, rest, 0, NULL);
	ir_succ(f, t, 1, fl->u->subs[sub].entry, n, args);
	*gone = take_results(f, rest, t, g);
	return true;
}

/* ---- what is known of results ---- */

static const struct ir_ins *subret_of(const struct flow *fl, uint32_t sub)
{
	ir_ref t = ir_block(fl->f, fl->u->subs[sub].exit)->last;
	return t && fl->exec[fl->u->subs[sub].exit] ? ir_at(fl->f, t) : NULL;
}

struct ir_type share_result(const struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r), *t = subret_of(fl, ir_at(fl->f, i->args[0])->aux);
	struct ir_type type = { 0 };
	if (t)
		type = ir_at(fl->f, t->args[i->aux])->type;
	type.def = 0; /* another call makes another one */
	return type;
}

static bool is_unfit(const struct ir_fn *f, ir_ref r)
{
	const struct ir_type *t = &ir_at(f, r)->type;
	return !t->k && (type_is_pending(t) || !has_words(t));
}

static bool any_unfit(const struct ir_fn *f, uint32_t n, const ir_ref *v)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_unfit(f, v[i]))
			return true;
	return false;
}

/* Does the body go over a map? The kernel calls such a loop's body back, and where the function that calls it is in a
 * loop with fuel, the verifier may take ways for one that differ in a constant which decides a branch there, and drop the
 * branch (veil.c). Inside one function that is veiled; what comes as an argument cannot be. */
static bool goes_over_maps(struct ir_unit *u, const struct ir_fn *f, ir_blk entry)
{
	bool *seen = arena_array(u->scratch, bool, f->nblocks), found = false;
	ir_blk *stack = arena_array(u->scratch, ir_blk, f->nblocks + 1);
	uint32_t depth = 0;
	seen[stack[depth++] = entry] = true;
	while (depth && !found) {
		const struct ir_ins *t = ir_at(f, ir_block(f, stack[--depth])->last);
		found = t->op == IRO(each);
		for (uint32_t s = 0; s < t->nsucc; s++)
			if (!seen[t->succ[s].to])
				seen[stack[depth++] = t->succ[s].to] = true;
	}
	return found;
}

/* Does it never return, go over a map, or take or give what has no words? */
static bool sub_is_unfit(struct ir_unit *u, const struct ir_fn *f, const struct ir_sub *s)
{
	const struct ir_block *entry = ir_block(f, s->entry), *exit = ir_block(f, s->exit);
	if (!entry->order)
		return false;
	if (u->moves_packet && u->diag->errors)
		return true; /* headers are looked up anew in a function of one body (anew.c) */
	if (!exit->order || any_unfit(f, entry->nparams, entry->params) || goes_over_maps(u, f, s->entry))
		return true;
	const struct ir_ins *t = ir_at(f, exit->last);
	return any_unfit(f, t->nargs, t->args);
}

void share_check(struct flow *fl)
{
	for (uint32_t s = 0; s < fl->u->nsubs; s++)
		if (sub_is_unfit(fl->u, fl->f, &fl->u->subs[s]))
			flow_error(fl, ir_at(fl->f, ir_block(fl->f, 1)->last)->site, "'%s' cannot have a shared body",
				   fl->u->subs[s].name);
}

uint32_t share_blame(struct ir_unit *u)
{
	uint32_t before = u->copied.n;
	for (uint32_t s = 0; !u->main->machine && s < u->nsubs; s++)
		if (sub_is_unfit(u, u->main, &u->subs[s]))
			arena_push(u->arena, u->copied.v, u->copied.n, u->copied.cap, u->subs[s].pos);
	return u->copied.n - before;
}
