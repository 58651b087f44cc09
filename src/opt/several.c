/*
 * several.c - several values at once (results, varargs) become single ones: fixed results are
 * looked up, open lists written out, block parameters that carry several split.
 *
 * Results whose number differs by path are padded with nil, and marked: who counts them must know.
 */
#include "opt/infer.h"
#include "opt/params.h"

static bool is_closed(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->op == IRO(several) && !(ir_at(f, r)->aux & IR_OPEN);
}

static ir_ref insert_nil(struct ir_fn *f, ir_ref at)
{
	ir_ref r = ir_ins_new(f, IRO(const), 0, NULL);
	ir_at(f, r)->k = &const_nil;
	ir_at(f, r)->site = ir_at(f, at)->site;
	ir_insert_before(f, at, r);
	return r;
}

/* ---- fixed results ---- */

static int take_result(struct flow *fl, ir_ref r, ir_ref *to)
{
	struct ir_fn *f = fl->f;
	const struct ir_ins *i = ir_at(f, r);
	const struct ir_ins *from = ir_at(f, i->args[0]);
	if (from->op != IRO(several))
		return 0;
	bool open = from->aux & IR_OPEN;
	bool inside = i->aux < from->nargs - (open && from->nargs ? 1 : 0);
	if (!inside && open)
		return 0;
	if (!inside && from->aux & IR_MORE)
		infer_too_many(fl, r);
	to[r] = inside ? from->args[i->aux] : insert_nil(f, r);
	return 1;
}

/* ---- open lists ---- */

static bool has_open_list(const struct ir_ins *i)
{
	return i->aux & IR_OPEN && i->nargs &&
	       (i->op == IRO(call) || i->op == IRO(return) || i->op == IRO(several) || i->op == IRO(setlist));
}

static void replace_last(struct ir_fn *f, ir_ref r, uint32_t n, const ir_ref *with, uint32_t last)
{
	struct ir_ins *i = ir_at(f, r);
	uint32_t keep = i->nargs - 1;
	ir_ref *args = arena_array(f->unit->arena, ir_ref, keep + n + 1);
	memcpy(args, i->args, sizeof(*args) * keep);
	if (n)
		memcpy(args + keep, with, sizeof(*args) * n);
	i->args = args;
	i->nargs = keep + n;
	i->aux = (i->aux & IR_DROPPED) | last;
}

/* May there be fewer than n of these? */
static bool may_be_fewer(const struct ir_lib *row, uint32_t n, const struct ir_type *last)
{
	bool none = !(row->effects & IR_SEVERAL) || row->effects & IR_NONE;
	return row->effects & IR_FEWER && (n > 1 || none) && last->kinds & IR_BIT(IR_NIL);
}

/* A method of what may be a string or an address, say: each has a row of its own. */
static bool is_method_of_union(const struct ir_fn *f, const struct ir_ins *call)
{
	const struct ir_ins *callee = ir_at(f, call->args[0]);
	return callee->op == IRO(self) && callee->type.kinds == IR_BIT(IR_FUNC) && !callee->type.row && !callee->type.k &&
	       !callee->type.def && call->type.kinds && !type_is_pending(&call->type);
}

/* Result k of `from`, asked for before `at`. */
static ir_ref insert_result(struct ir_fn *f, ir_ref at, ir_ref from, uint32_t k)
{
	ir_ref r = ir_ins_new(f, IRO(result), 1, &from);
	ir_at(f, r)->aux = k;
	ir_at(f, r)->site = ir_at(f, at)->site;
	ir_insert_before(f, at, r);
	return r;
}

static int open_one(struct ir_fn *f, ir_ref r, ir_ref call, uint32_t last)
{
	ir_ref one = insert_result(f, r, call, 0);
	replace_last(f, r, 1, &one, last);
	return 1;
}

/* Each of them gives one result; of strings some give none in place of nil. */
static int open_union_call(struct ir_fn *f, ir_ref r, ir_ref call)
{
	return open_one(f, r, call, ir_at(f, call)->type.kinds & IR_BIT(IR_NIL) ? IR_PADDED : 0);
}

/* A library row gives one result or none, or as many as it says, but for those that become branches. */
static int open_row_call(struct flow *fl, ir_ref r, ir_ref call)
{
	struct ir_fn *f = fl->f;
	if (ir_at(f, call)->op != IRO(call) || ir_at(f, call)->aux & IR_OPEN)
		return 0;
	const struct ir_lib *row = row_called(f->unit, ir_at(f, ir_at(f, call)->args[0])->type.row,
					      ir_at(f, call)->nargs - 1);
	if (!row && is_method_of_union(f, ir_at(f, call)))
		return open_union_call(f, r, call);
	if (!row || ir_lib_expands(row))
		return 0;
	if (!row->ret) {
		replace_last(f, r, 0, NULL, 0);
		return 1;
	}
	struct ir_type types[IR_RESULTS];
	ir_ref all[IR_RESULTS];
	struct infer in = { .fl = *fl };
	types[0] = ir_at(f, call)->type;
	uint32_t n = row->effects & IR_SEVERAL ? infer_results(&in, call, types) : 1;
	if (!n)
		return 0;
	bool more = n == IR_RESULTS;
	n -= more;
	for (uint32_t i = 0; i < n; i++)
		all[i] = insert_result(f, r, call, i);
	replace_last(f, r, n, all, more ? IR_LAST : may_be_fewer(row, n, &types[n - 1]) ? IR_PADDED : 0);
	return 1;
}

static int open_list(struct flow *fl, ir_ref r)
{
	struct ir_fn *f = fl->f;
	ir_ref last = ir_at(f, r)->args[ir_at(f, r)->nargs - 1];
	if (is_closed(f, last)) {
		replace_last(f, r, ir_at(f, last)->nargs, ir_at(f, last)->args, ir_at(f, last)->aux & IR_LAST);
		return 1;
	}
	return open_row_call(fl, r, last);
}

/* ---- block parameters ---- */

static struct ir_edge *edge_of(struct ir_fn *f, ir_blk b, uint32_t p)
{
	struct ir_pred pred = ir_block(f, b)->preds[p];
	return &ir_at(f, ir_block(f, pred.from)->last)->succ[pred.succ];
}

/* The most values that parameter i gets; -1 when some edge's count is not known. */
static int widest(struct ir_fn *f, ir_blk b, uint32_t i)
{
	int most = -1;
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++) {
		ir_ref v = edge_of(f, b, p)->args[i];
		if (!is_closed(f, v))
			return -1;
		if ((int)ir_at(f, v)->nargs > most)
			most = (int)ir_at(f, v)->nargs;
	}
	return most;
}

static void split_param(struct ir_fn *f, ir_blk b, uint32_t i, uint32_t n, ir_ref *to)
{
	ir_ref old = ir_block(f, b)->params[i];
	ir_ref *parts = arena_array(f->unit->arena, ir_ref, n + 1);
	uint32_t last = 0;
	for (uint32_t k = 0; k < n; k++)
		parts[k] = ir_param_add(f, b);
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++) {
		ir_ref v = edge_of(f, b, p)->args[i];
		ir_blk from = ir_block(f, b)->preds[p].from;
		last |= (ir_at(f, v)->nargs < n ? IR_PADDED : 0) | (ir_at(f, v)->aux & IR_LAST);
		for (uint32_t k = 0; k < n; k++) {
			ir_ref x = k < ir_at(f, v)->nargs ? ir_at(f, v)->args[k]
							  : insert_nil(f, ir_block(f, from)->last);
			edge_push(f, edge_of(f, b, p), x);
		}
	}
	ir_ref all = ir_ins_new(f, IRO(several), n, parts);
	ir_at(f, all)->aux = last;
	ir_insert_before(f, ir_block(f, b)->first, all);
	bool *drop = arena_array(f->unit->scratch, bool, ir_block(f, b)->nparams);
	drop[i] = true;
	params_drop(f, b, drop);
	to[old] = all;
}

/* At most one of b's; values from `limit` on are of this turn. */
static int split_params(struct ir_fn *f, ir_blk b, ir_ref limit, ir_ref *to)
{
	for (uint32_t i = 0; i < ir_block(f, b)->nparams; i++) {
		int n = ir_block(f, b)->params[i] < limit ? widest(f, b, i) : -1;
		if (n < 0)
			continue;
		split_param(f, b, i, (uint32_t)n, to);
		return 1;
	}
	return 0;
}

/* s:byte(i) gives one value or none, whatever is known of s and i, which may hang on it: `return i, s:byte(i)` of what gives a
 * loop its i. */
static int open_at_most(struct flow *fl, ir_ref r, ir_ref call)
{
	struct ir_fn *f = fl->f;
	const struct ir_ins *i = ir_at(f, call);
	if (i->op != IRO(call) || i->aux & IR_OPEN || i->nargs > 3)
		return 0;
	const struct ir_lib *row = row_called(f->unit, ir_at(f, i->args[0])->type.row, i->nargs - 1);
	return row && row->effects & IR_NONE && row->effects & IR_SEVERAL ? open_one(f, r, call, IR_PADDED) : 0;
}

/* Which argument of a call is the function that runs, and from which on they are its parameters. */
static uint32_t function_at(const struct ir_fn *f, const struct ir_ins *call, uint32_t *first)
{
	const struct ir_lib *row = ir_at(f, call->args[0])->type.row;
	bool expands = row && ir_lib_expands(row), with_handler = expands && row->imm == IR_EXPAND_XPCALL;
	uint32_t at = with_handler || (expands && row->imm == IR_EXPAND_PCALL);
	*first = at + 1 + with_handler;
	return at;
}

/* f(s:sub(2)) of a function that has two parameters: it sees no more than two results, nil where there are fewer. What s is may
 * hang on f, which may assign it. */
static int open_for_params(struct flow *fl, ir_ref r, ir_ref all)
{
	struct ir_fn *f = fl->f;
	const struct ir_ins *i = ir_at(f, r);
	if (i->op != IRO(call))
		return 0;
	ir_ref closure;
	uint32_t first, at = function_at(f, i, &first);
	struct ir_fn *g = first < i->nargs ? inline_callee(fl, i->args[at], &closure) : NULL;
	if (!g || g->vararg)
		return 0;
	uint32_t given = i->nargs - 1 - first, n = g->nparams > given ? g->nparams - given : 0;
	ir_ref *results = arena_array(fl->u->scratch, ir_ref, n + 1);
	for (uint32_t k = 0; k < n; k++)
		results[k] = insert_result(f, r, all, k);
	replace_last(f, r, n, results, 0);
	return 1;
}

/* Result k of an open list that has n values before its last: k - n of what that is. */
static int results_behind(struct ir_fn *f)
{
	int done = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			struct ir_ins *i = ir_at(f, r);
			const struct ir_ins *from = i->op == IRO(result) ? ir_at(f, i->args[0]) : NULL;
			uint32_t before = from && from->op == IRO(several) && from->aux & IR_OPEN && from->nargs ? from->nargs - 1 : UINT32_MAX;
			if (i->aux < before || before == UINT32_MAX)
				continue;
			i->args = arena_copy(f->unit->arena, &from->args[before], sizeof(*i->args));
			i->aux -= before;
			done++;
		}
	return done;
}

/* By value: how many results of it are asked for, where nothing else is done with it; or ALL. */
enum { ALL = UINT32_MAX };

static uint32_t *results_asked(struct ir_fn *f)
{
	uint32_t *asked = arena_array(f->unit->scratch, uint32_t, f->nins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++) {
				uint32_t n = i->op == IRO(result) ? i->aux + 1 : ALL, *most = &asked[i->args[a]];
				*most = n > *most ? n : *most;
			}
			for (unsigned s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					asked[i->succ[s].args[a]] = ALL;
		}
	return asked;
}

/* Each of the n results of parameter i of b that are asked for is one of its own, and those of an edge those of what that gives. */
static void split_asked(struct ir_fn *f, ir_blk b, uint32_t i, uint32_t n)
{
	ir_ref old = ir_block(f, b)->params[i], *parts = arena_array(f->unit->arena, ir_ref, n);
	for (uint32_t k = 0; k < n; k++)
		parts[k] = ir_param_add(f, b);
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++)
		for (uint32_t k = 0; k < n; k++) {
			ir_ref end = ir_block(f, ir_block(f, b)->preds[p].from)->last;
			edge_push(f, edge_of(f, b, p), insert_result(f, end, edge_of(f, b, p)->args[i], k));
		}
	ir_ref *to = arena_array(f->unit->scratch, ir_ref, f->nins);
	for (ir_ref r = 1; r < f->nins; r++)
		if (ir_at(f, r)->op == IRO(result) && ir_at(f, r)->block && ir_at(f, r)->args[0] == old) {
			to[r] = parts[ir_at(f, r)->aux];
			ir_remove(f, r);
		}
	ir_rename(f, to);
	bool *drop = arena_array(f->unit->scratch, bool, ir_block(f, b)->nparams);
	drop[i] = true;
	params_drop(f, b, drop);
}

/* local w = cut(), which returns nil or s:sub(2): what s is may hang on w, and with it how many results there are. */
static int params_asked(struct ir_fn *f)
{
	const uint32_t *asked = results_asked(f);
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; i < ir_block(f, f->rpo[o])->nparams && !share_is_entry(f, f->rpo[o]); i++) {
			uint32_t n = asked[ir_block(f, f->rpo[o])->params[i]];
			if (!n || n == ALL)
				continue;
			split_asked(f, f->rpo[o], i, n);
			return 1;
		}
	return 0;
}

int several_at_most(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			ir_ref all = has_open_list(ir_at(f, r)) ? ir_at(f, r)->args[ir_at(f, r)->nargs - 1] : 0;
			if (all && (open_at_most(fl, r, all) || open_for_params(fl, r, all)))
				return 1;
		}
	return results_behind(f) || params_asked(f);
}

int several_normalise(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	int done = 0, now;
	do {
		now = 0;
		ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
		uint32_t limit = f->nins;
		for (uint32_t o = 0; o < f->nrpo; o++) {
			for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
				if (ir_at(f, r)->op == IRO(result) && r < limit && !to[r])
					now += take_result(fl, r, to);
				else if (has_open_list(ir_at(f, r)))
					now += open_list(fl, r);
			}
		}
		if (!now)
			for (uint32_t o = 1; o < f->nrpo; o++)
				now += split_params(f, f->rpo[o], limit, to);
		if (now) {
			ir_ref *all = arena_array(fl->u->scratch, ir_ref, f->nins);
			memcpy(all, to, sizeof(*all) * limit);
			ir_rename(f, all);
		}
		for (uint32_t o = 0; now && o < f->nrpo; o++)
			for (ir_ref r = ir_block(f, f->rpo[o])->first, next; r; r = next) {
				next = ir_at(f, r)->next;
				if (r < limit && to[r])
					ir_remove(f, r);
			}
		done += now;
	} while (now);
	return done;
}
