/*
 * lower.c - Lua operations become machine operations: checks, tags, errors as branches.
 *
 * The machine-level function is made anew, block by block in reverse post order. A condition that
 * only its block's branch uses is not made a value: it is branched on.
 */
#include "opt/lower.h"

#include "core/ctype.h"
#include "core/shape.h"
#include "opt/opt.h"

#include <errno.h>

const struct lw_val *lower_arg(struct lw *w, ir_ref r, uint32_t i)
{
	return &w->val[ir_at(w->from, r)->args[i]];
}

/* ---- block parameters and edges ---- */

struct lw_val lower_shape(struct lw *w, const struct ir_type *t)
{
	struct lw_val as = { .kinds = lw_text_meets(t->kinds), .cap = t->cap, .most = t->most, .layout = t->layout, .model = t->model };
	struct lw_val none = { .kinds = t->kinds };
	struct lw_val shape = lw_widen(w, &none, &as); /* how many words it takes */
	as.n = shape.n;
	return as;
}

static bool has_tag(const struct lw_val *v)
{
	return v->kinds & (v->kinds - 1);
}

/* Parameters with run-time words; the others are known or nothing. */
static struct lw_val param_value(struct lw *w, ir_blk b, ir_ref p)
{
	const struct ir_type *t = &ir_at(w->from, p)->type;
	if (t->k)
		return lw_const(w, t->k);
	struct lw_val as = lower_shape(w, t);
	for (unsigned i = 0; i < as.n; i++)
		as.w[i] = ir_param_add(w->fn, b);
	if (has_tag(&as))
		as.tag = ir_param_add(w->fn, b);
	return as;
}

/* The results of shared bodies. */
static void declare_results(struct lw *w)
{
	struct ir_unit *u = w->unit;
	w->subs = arena_array(u->scratch, struct lw_val *, u->nsubs);
	for (uint32_t s = 0; s < u->nsubs; s++) {
		const struct ir_block *exit = ir_block(w->from, u->subs[s].exit);
		if (!exit->order)
			continue;
		const struct ir_ins *t = ir_at(w->from, exit->last);
		w->subs[s] = arena_array(u->scratch, struct lw_val, t->nargs + 1);
		for (uint32_t i = 0; i < t->nargs; i++) {
			const struct ir_type *type = &ir_at(w->from, t->args[i])->type;
			if (!type->k)
				w->subs[s][i] = lower_shape(w, type);
			w->subs[s][i].k = type->k;
		}
	}
}

static void declare_blocks(struct lw *w)
{
	for (uint32_t o = 0; o < w->from->nrpo; o++)
		w->block[w->from->rpo[o]] = lw_block(w, 0);
	ir_blk scratch = lw_block(w, 0);
	w->cur = scratch; /* what shapes are made of is never reached */
	for (uint32_t o = 0; o < w->from->nrpo; o++) {
		ir_blk b = w->from->rpo[o];
		const struct ir_block *k = ir_block(w->from, b);
		for (uint32_t i = 0; i < k->nparams && b != 1; i++)
			w->val[k->params[i]] = param_value(w, w->block[b], k->params[i]);
	}
	if (w->unit->nsubs)
		declare_results(w);
	ir_block(w->fn, scratch)->first = ir_block(w->fn, scratch)->last = 0;
}

static void declare_arguments(struct lw *w)
{
	const struct ir_target *t = w->unit->target;
	for (uint32_t i = 0; i < ir_block(w->from, 1)->nparams; i++) {
		struct lw_val *v = &w->val[ir_block(w->from, 1)->params[i]];
		bool given = i < t->nparams && i < w->from->nparams;
		*v = given ? (struct lw_val){ .kinds = t->params[i] } : lw_nil();
		if (given && t->param)
			t->param(w, i, v);
	}
}

/* The words of a value where it meets others as `as`; how many. */
static uint32_t words_as(struct lw *w, const struct lw_val *value, const struct lw_val *as, ir_ref *words)
{
	uint32_t n = 0;
	if (as->k || !as->kinds)
		return 0;
	struct lw_val v = lw_widen(w, value, as);
	for (unsigned k = 0; k < as->n; k++)
		words[n++] = v.w[k];
	if (has_tag(as))
		words[n++] = v.tag;
	return n;
}

/* Long strings that a loop takes to its next turn outlive those that are made in their place. */
static void keep_long(struct lw *w, const struct ir_edge *e, struct lw_val *v)
{
	const struct ir_block *to = ir_block(w->from, e->to);
	bool back = to->loop && w->at && ir_block(w->from, w->at->block)->order >= to->order;
	ir_ref *params = arena_array(w->unit->scratch, ir_ref, e->nargs);
	for (uint32_t i = 0; back && i < e->nargs; i++)
		if (w->val[to->params[i]].kinds & IR_BIT(IR_LONG) && e->args[i] != to->params[i])
			params[i] = to->params[i];
	if (back)
		lower_long_kept(w, e->nargs, params, v);
}

static ir_ref *edge_words(struct lw *w, const struct ir_edge *e, uint32_t *n)
{
	const struct ir_block *to = ir_block(w->from, e->to);
	ir_ref *args = arena_array(w->unit->arena, ir_ref, e->nargs * (LW_MAXWORDS + 1) + 1);
	struct lw_val *v = arena_array(w->unit->scratch, struct lw_val, e->nargs);
	uint64_t kinds = 0;
	for (uint32_t i = 0; i < e->nargs; i++) {
		const struct lw_val *as = &w->val[to->params[i]];
		v[i] = as->k || !as->kinds ? w->val[e->args[i]] : lw_text_as(w, &w->val[e->args[i]], as->kinds);
		kinds |= as->kinds;
	}
	if (kinds & IR_BIT(IR_LONG))
		keep_long(w, e, v);
	*n = 0;
	for (uint32_t i = 0; i < e->nargs; i++)
		*n += words_as(w, &v[i], &w->val[to->params[i]], args + *n);
	return args;
}

void lower_edge(struct lw *w, const struct ir_edge *e)
{
	uint32_t n;
	ir_ref *args = edge_words(w, e, &n);
	lw_jmp(w, w->block[e->to], n, args);
}

/* The block that an edge of a branch leads to: one of its own where the edge carries values. */
static ir_blk edge_target(struct lw *w, const struct ir_edge *e)
{
	if (!e->nargs)
		return w->block[e->to];
	ir_blk b = lw_block(w, 0), at = w->cur;
	lw_enter(w, b);
	lower_edge(w, e);
	lw_enter(w, at);
	return b;
}

/* ---- operations ---- */

static void op_const(struct lw *w, ir_ref r)
{
	w->val[r] = lw_const(w, ir_at(w->from, r)->k);
}

static void op_pi(struct lw *w, ir_ref r)
{
	w->val[r] = lw_narrow(w, lower_arg(w, r, 0), (uint64_t)ir_at(w->from, r)->imm);
}

static void op_record(struct lw *w, ir_ref r)
{
	w->val[r] = (struct lw_val){ .kinds = IR_BIT(IR_REC), .def = r };
}

/* A table whose fields are variables: what is left is which one it is. */
static void op_newtable(struct lw *w, ir_ref r)
{
	ir_ref which = lw_imm(w, ir_at(w->from, r)->aux);
	w->val[r] = lw_words(IR_REC, 1, &which);
}

static void op_result(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	const struct lw_val *all = w->results[i->args[0]];
	if (i->type.k)
		w->val[r] = lw_const(w, i->type.k);
	else
		w->val[r] = all ? all[i->aux] : *lower_arg(w, r, 0);
}

/* A condition that is wanted as a value. */
static void op_condition(struct lw *w, ir_ref r)
{
	struct lw_join j = lw_join_new(w, IR_BOOL, 0);
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
	lower_compare_branch(w, r, yes, no);
	for (int side = 0; side < 2; side++) {
		struct lw_val v = lw_bool_const(side);
		lw_enter(w, side ? yes : no);
		lw_join_add(w, &j, &v);
	}
	w->val[r] = lw_join_end(w, &j);
}

/* ---- going over maps ---- */

/* A record of a ring, in scratch memory. */
static ir_ref off_the_stack(struct lw *w, ir_ref from, uint32_t size)
{
	ir_ref to = lw_long_at(w, lw_long_room(w, size));
	for (uint32_t at = 0; at < size; at += 8)
		lw_store(w, 8, to, at, lw_load(w, 8, from, at));
	return to;
}

static void lower_each(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	const struct lw_val *over = lower_arg(w, r, 0);
	bool known = over->kinds & IR_BIT(IR_HOST);
	struct map_shape s;
	lw_map_shape(w, over, &s);
	ir_blk yes = lw_block(w, 0), no = edge_target(w, &i->succ[1]);
	ir_ref t = ir_ins_new(w->fn, IRO(mapeach), !known, known ? NULL : over->w);
	ir_at(w->fn, t)->site = w->site;
	ir_at(w->fn, t)->aux = known ? ir_map(w->unit, over->k->map) : 0;
	ir_at(w->fn, t)->imm = s.role == PG_ROLE_RING ? s.value->size : 0;
	ir_append(w->fn, w->cur, t);
	ir_succ(w->fn, t, 0, yes, 0, NULL);
	ir_succ(w->fn, t, 1, no, 0, NULL);
	lw_enter(w, yes);
	if (!w->each)
		w->each = arena_array(w->unit->scratch, ir_ref, w->from->nins);
	w->each[r] = t;
	if (s.role == PG_ROLE_RING && lw_long_within(s.value))
		t = off_the_stack(w, t, s.value->size);
	w->val[r] = lw_load_type(w, s.key ? s.key : s.value, t, 0);
	w->unit->copy_access |= w->unit->target->helper_pull != 0; /* what is pulled inside would be lost outside */
	lower_edge(w, &i->succ[0]);
}

static void op_eachval(struct lw *w, ir_ref r)
{
	ir_ref each = ir_at(w->from, r)->args[0];
	struct map_shape s;
	lw_map_shape(w, lower_arg(w, each, 0), &s);
	w->val[r] = lw_load_type(w, s.value, lw_op1(w, IRO(mapeachval), w->each[each]), 0);
}

/* ---- shared bodies ---- */

static void lower_subcall(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	uint32_t n;
	ir_blk rest = edge_target(w, &i->succ[0]);
	ir_ref *args = edge_words(w, &i->succ[1], &n), t = ir_ins_new(w->fn, IRO(subcall), 0, NULL);
	ir_at(w->fn, t)->site = w->site;
	ir_at(w->fn, t)->aux = i->aux;
	ir_append(w->fn, w->cur, t);
	ir_succ(w->fn, t, 0, rest, 0, NULL);
	ir_succ(w->fn, t, 1, w->block[i->succ[1].to], n, args);
	w->cur = 0;
	if (!w->each)
		w->each = arena_array(w->unit->scratch, ir_ref, w->from->nins);
	w->each[r] = t;
}

static ir_ref result_word(struct lw *w, ir_ref call, uint32_t which)
{
	ir_ref r = lw_op1(w, IRO(subres), call);
	ir_at(w->fn, r)->aux = which;
	return r;
}

static void op_subres(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	const struct lw_val *all = w->subs[ir_at(w->from, i->args[0])->aux];
	uint32_t at = 0;
	for (uint32_t k = 0; k < i->aux; k++)
		at += all[k].k ? 0 : all[k].n + has_tag(&all[k]);
	struct lw_val v = all[i->aux];
	if (v.k) {
		w->val[r] = lw_const(w, v.k);
		return;
	}
	for (unsigned k = 0; k < v.n; k++)
		v.w[k] = result_word(w, w->each[i->args[0]], at++);
	if (has_tag(&v))
		v.tag = result_word(w, w->each[i->args[0]], at++);
	if (v.kinds & IR_BIT(IR_LONG)) /* the next call makes its own in the same place */
		v = lw_long_keep(w, &v, lw_long_room(w, v.cap));
	w->val[r] = v;
}

static void lower_subret(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	ir_ref *words = arena_array(w->unit->arena, ir_ref, i->nargs * (LW_MAXWORDS + 1) + 1);
	uint32_t n = 0;
	for (uint32_t a = 0; a < i->nargs; a++) {
		const struct lw_val *as = &w->subs[i->aux][a];
		struct lw_val v = as->k ? *as : lw_text_as(w, &w->val[i->args[a]], as->kinds);
		n += words_as(w, &v, as, words + n);
	}
	ir_ref t = ir_ins_new(w->fn, IRO(subret), n, words);
	ir_at(w->fn, t)->site = w->site;
	ir_at(w->fn, t)->aux = i->aux;
	ir_append(w->fn, w->cur, t);
	w->cur = 0;
}

/* A function has no words: where it is one of several things its tag says so. */
static void op_function(struct lw *w, ir_ref r)
{
	w->val[r].kinds = IR_BIT(IR_FUNC);
}

static void op_nothing(struct lw *w, ir_ref r)
{
	(void)w, (void)r;
}

static void (*const lowers[IR_NOPS])(struct lw *, ir_ref) = {
	[IRO(const)] = op_const,      [IRO(pi)] = op_pi,            [IRO(record)] = op_record,
	[IRO(newtable)] = op_newtable, [IRO(result)] = op_result,    [IRO(not)] = op_condition,
	[IRO(isof)] = op_condition,
	[IRO(eq)] = op_condition,     [IRO(lt)] = op_condition,     [IRO(le)] = op_condition,
	[IRO(forskip)] = op_condition, [IRO(forcount)] = lower_forcount,
	[IRO(add)] = lower_arith,     [IRO(sub)] = lower_arith,     [IRO(mul)] = lower_arith,
	[IRO(mod)] = lower_arith,     [IRO(idiv)] = lower_arith,    [IRO(band)] = lower_arith,
	[IRO(bor)] = lower_arith,     [IRO(bxor)] = lower_arith,    [IRO(shl)] = lower_arith,
	[IRO(shr)] = lower_arith,     [IRO(unm)] = lower_unary,     [IRO(bnot)] = lower_unary,
	[IRO(len)] = lower_len,       [IRO(concat)] = lower_concat,
	       [IRO(index)] = lower_index,   [IRO(self)] = lower_index,
	[IRO(setindex)] = lower_setindex, [IRO(indexed)] = lower_indexed, [IRO(call)] = lower_call, [IRO(return)] = lower_return,
	[IRO(closure)] = op_function, [IRO(iterator)] = op_function, [IRO(several)] = op_nothing,  [IRO(nop)] = op_nothing,
	[IRO(upcell)] = op_nothing,   [IRO(cell)] = op_nothing,     [IRO(raised)] = op_nothing,
	[IRO(eachval)] = op_eachval,  [IRO(subres)] = op_subres,
	[IRO(elems)] = op_nothing,    [IRO(elemset)] = lower_elemset, [IRO(elemget)] = lower_elemget,
	[IRO(raise)] = lower_raise,   [IRO(located)] = lower_located,
};

/* Branched on right here, and nowhere else used. */
static bool is_deferred(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	if (!lower_is_condition(i) || i->type.k || w->uses[r] != 1)
		return false;
	const struct ir_ins *next = i->next ? ir_at(w->from, i->next) : NULL;
	if (!next || next->args == NULL || next->args[0] != r)
		return false;
	return next->op == IRO(branch) || (next->op == IRO(not) && is_deferred(w, i->next));
}

static void lower_branch(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	ir_blk yes = edge_target(w, &i->succ[0]), no = edge_target(w, &i->succ[1]);
	const struct ir_ins *cond = ir_at(w->from, i->args[0]);
	if (is_deferred(w, i->args[0]) && cond->block == i->block)
		lower_compare_branch(w, i->args[0], yes, no);
	else
		lower_truth_branch(w, i->args[0], yes, no);
}

static void lower_ins(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	w->site = i->site;
	w->at = i;
	w->operand = 0;
	w->val[r] = (struct lw_val){ 0 };
	if (i->op == IRO(jmp) || i->op == IRO(guard))
		lower_edge(w, &i->succ[0]);
	else if (i->op == IRO(branch))
		lower_branch(w, r);
	else if (i->op == IRO(each))
		lower_each(w, r);
	else if (i->op == IRO(subcall))
		lower_subcall(w, r);
	else if (i->op == IRO(subret))
		lower_subret(w, r);
	else if (!is_deferred(w, r) && lowers[i->op])
		lowers[i->op](w, r);
}

static void count_uses(struct lw *w)
{
	struct ir_fn *f = w->from;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				w->uses[i->args[a]]++;
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					w->uses[i->succ[s].args[a]]++;
		}
}

/* What is behind a certain error is still emitted, but nothing leads there. */
static void finish_open_block(struct lw *w)
{
	if (!w->cur)
		return;
	ir_blk b = w->cur;
	ir_ref zero = lw_imm(w, 0);
	ir_ref t = lw_op1(w, IRO(ret), zero);
	(void)t, (void)b;
	w->cur = 0;
}

int opt_lower(struct ir_unit *u)
{
	struct ir_fn *from = u->main;
	ir_need_order(from);
	struct lw low = { .unit = u, .from = from }, *w = &low;
	w->val = arena_spare(u->scratch, struct lw_val, from->nins); /* each emptied when its turn comes */
	w->block = arena_array(u->scratch, ir_blk, from->nblocks);
	w->uses = arena_array(u->scratch, uint32_t, from->nins);
	w->results = arena_array(u->scratch, struct lw_val *, from->nins);
	w->fn = ir_fn_new(u, from->name);
	w->fn->machine = true;
	ir_fn_reserve(w->fn, from->nrpo * 4 + from->nins * 2, from->nblocks * 3);
	w->fn->pos = from->pos;
	w->site = ir_site(u, from->pos, 0);
	ir_blk entry = lw_block(w, 0);
	w->error_exit = lw_block(w, 1);
	w->fn->error_exit = w->error_exit;
	count_uses(w);
	declare_blocks(w);
	lw_enter(w, entry);
	ir_ref ctx = ir_ins_new(w->fn, IRO(ctx), 0, NULL);
	ir_append(w->fn, entry, ctx);
	w->ctx = ctx;
	if (u->target->enter)
		u->target->enter(w);
	declare_arguments(w);
	lw_jmp(w, w->block[1], 0, NULL);
	w->imms_at = ir_block(w->fn, entry)->last;
	for (uint32_t o = 0; o < from->nrpo; o++) {
		lw_enter(w, w->block[from->rpo[o]]);
		for (ir_ref r = ir_block(from, from->rpo[o])->first; r; r = ir_at(from, r)->next)
			lower_ins(w, r);
		finish_open_block(w);
	}
	lower_messages(w);
	lower_error_exit(w);
	lower_long_claim(w);
	u->main = w->fn;
	u->fns[0] = w->fn;
	w->fn->id = 0;
	u->nfns = 1;
	return u->diag->errors ? -EINVAL : 0;
}
