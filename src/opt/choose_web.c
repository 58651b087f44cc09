/*
 * choose_web.c - values that come another way: `cond and handlers[k]`, `if a then f = g else f = h end`, also where a
 * loop takes them to its next turn.
 *
 * A parameter that is one of few constants or inner functions, by itself or by way of others, which are its web. Beside
 * each goes the value's number, and its uses are copied under comparisons with that.
 */
#include "opt/choose.h"
#include "opt/infer.h"
#include "opt/params.h"

static uint32_t number_of(struct choice *c, const pg_value *v)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (ir_same_value(c->pairs[i].value, v))
			return i;
	c->pairs[c->n] = (struct pair){ const_int(c->fl->u, c->n), v };
	return c->n++;
}

uint64_t choose_left(const struct ir_fn *f, ir_ref v)
{
	uint64_t left = IR_ANY;
	for (; ir_at(f, v)->op == IRO(pi); v = ir_at(f, v)->args[0])
		left &= (uint64_t)ir_at(f, v)->imm;
	return left;
}

static bool is_left(uint64_t left, const pg_value *v)
{
	return left & IR_BIT(ir_kind_of(v->kind));
}

bool choose_object(const struct flow *fl, ir_ref param)
{
	const struct ir_type *t = &ir_at(fl->f, param)->type;
	return !t->k && t->kinds & (IR_BIT(IR_HOST) | IR_BIT(IR_FUNC)) &&
	       !share_is_entry(fl->f, ir_at(fl->f, param)->block);
}

void choose_take_in(struct choice *c, ir_ref param)
{
	if (choose_place(c->web, param) == c->web->n)
		arena_push(c->fl->u->arena, c->web->params, c->web->n, c->web->cap, param);
}

/* ---- steps: `node = node[k]`, which leads from one captured table to others ---- */

/* The parameter in whose value, or a field of it, v looks something up; 0: it is no such look-up. */
static ir_ref step_from(const struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (i->op != IRO(index))
		return 0;
	ir_ref of = ir_untested(c->f, i->args[0]);
	while (ir_at(c->f, of)->op == IRO(index) && ir_at(c->f, ir_at(c->f, of)->args[1])->type.k)
		of = ir_untested(c->f, ir_at(c->f, of)->args[0]);
	return ir_at(c->f, of)->op == IRO(param) && choose_object(c->fl, of) ? of : 0;
}

/* Does `param` come from one of the n others, by way of parameters and their fields? */
static bool comes_from(const struct choice *c, ir_ref param, const ir_ref *from, uint32_t n, bool *seen)
{
	const struct ir_block *k = ir_block(c->f, ir_at(c->f, param)->block);
	for (uint32_t i = 0; i < n; i++)
		if (from[i] == param)
			return true;
	if (seen[param])
		return false;
	seen[param] = true;
	for (uint32_t p = 0; p < k->npreds; p++) {
		ir_ref v = ir_untested(c->f, ir_pred_edge(c->f, &k->preds[p])->args[ir_at(c->f, param)->aux]), of = step_from(c, v);
		if (!of && ir_at(c->f, v)->op == IRO(param) && choose_object(c->fl, v))
			of = v;
		if (of && comes_from(c, of, from, n, seen))
			return true;
	}
	return false;
}

static bool hangs_on(const struct choice *c, ir_ref param, const ir_ref *from, uint32_t n)
{
	struct arena_mark mark = arena_mark(c->fl->u->scratch);
	bool hangs = comes_from(c, param, from, n, arena_array(c->fl->u->scratch, bool, c->f->nins));
	arena_release(c->fl->u->scratch, mark);
	return hangs;
}

/* May the web be entered by this step? */
static bool may_step(const struct choice *c, ir_ref v)
{
	bool may = !c->web->close || hangs_on(c, step_from(c, v), c->web->params, c->web->n);
	c->web->parted |= !may;
	return may;
}

/* May it be left by an edge that gives v to param? */
static bool may_leave(const struct choice *c, ir_ref v, ir_ref param)
{
	struct web *web = c->web;
	bool may = !web->close || choose_place(web, param) < web->n || choose_place(web, ir_untested(c->f, v)) < web->n ||
		   hangs_on(c, c->index, &param, 1);
	web->parted |= !may;
	return may;
}

bool choose_goes_on(struct choice *c, const struct ir_edge *e, uint32_t a)
{
	ir_ref param = ir_block(c->f, e->to)->params[a];
	if (!c->web || !choose_object(c->fl, param) || !may_leave(c, e->args[a], param))
		return false;
	choose_take_in(c, param);
	return true;
}

static void add_step(struct choice *c, ir_ref v)
{
	struct web *web = c->web;
	choose_take_in(c, step_from(c, v));
	number_of(c, &const_nil);
	for (uint32_t i = 0; i < web->nsteps; i++)
		if (web->steps[i] == v)
			return;
	arena_push(c->fl->u->arena, web->steps, web->nsteps, web->cap_steps, v);
}

/* Is it known to find nothing where its parameter is `value`: does it raise, or look into a text? */
static bool finds_none(struct choice *from, ir_ref v, const pg_value *value, const pg_value *of)
{
	const ir_ref key = ir_at(from->f, v)->args[1];
	if (of && of->kind == PG_STR)
		return !type_is_pending(&ir_at(from->f, key)->type) && infer_text_lacks_any(from->fl, key);
	return choose_stops(from, v, value) != NULL;
}

/* What step v may find where its parameter is `value`: out->pairs, by the step's key. With none, it raises, or is
 * nil. False: that is not known, as of a map. */
static bool step_finds(struct choice *c, ir_ref v, const pg_value *value, struct choice *out)
{
	const struct ir_ins *i = ir_at(c->f, v);
	const struct ir_type *key = &ir_at(c->f, i->args[1])->type;
	struct choice from = *c;
	from.index = step_from(c, v);
	const pg_value *of = choose_value_in(&from, i->args[0], value);
	*out = (struct choice){ .fl = c->fl, .f = c->f, .index = v, .key = i->args[1] };
	if (!of || of->kind != PG_TABLE)
		return finds_none(&from, v, value, of);
	if (!key->k)
		return choose_pairs(out, of, key->kinds);
	pg_value found;
	if (c->fl->u->source->index(c->fl->u, of->id, key->k, &found) < 0)
		return false;
	out->pairs = arena_new(c->fl->u->arena, struct pair);
	out->pairs[out->n++] = (struct pair){ key->k, const_new(c->fl->u, found) };
	return true;
}

/* What the steps lead to, and on from there, until nothing new comes. */
static bool follow_steps(struct choice *c)
{
	for (uint32_t value = 0; value < c->n; value++)
		for (uint32_t s = 0; s < c->web->nsteps; s++) {
			struct choice finds;
			if (!step_finds(c, c->web->steps[s], c->pairs[value].value, &finds) || c->n + finds.n > MAX_USES)
				return false;
			for (uint32_t i = 0; i < finds.n; i++)
				number_of(c, finds.pairs[i].value);
		}
	return true;
}

/* Does each step lead to objects, from some value? What is plain wherever it is found is left out of webs while that is
 * possible: it meets others where it is read. */
static bool steps_lead_on(struct choice *c)
{
	for (uint32_t s = 0; s < c->web->nsteps; s++) {
		bool on = false;
		for (uint32_t value = 0; value < c->n && !on; value++) {
			struct choice finds;
			step_finds(c, c->web->steps[s], c->pairs[value].value, &finds);
			on = !choose_all_plain(&finds);
		}
		if (!on)
			return false;
	}
	return true;
}

/* ---- where the values come from ---- */

static bool add_value(struct choice *c, ir_ref v)
{
	struct choice from;
	const pg_value *k = choose_fixed(c, v);
	ir_ref base = ir_untested(c->f, v);
	if (k && c->n <= MAX_USES)
		return number_of(c, k), true;
	if (!k && ir_at(c->f, base)->op == IRO(param) && choose_object(c->fl, base))
		return choose_take_in(c, base), true;
	if (!k && c->n <= MAX_USES && step_from(c, base))
		return may_step(c, base) && (add_step(c, base), true);
	if (k || !choose_is(c->fl, base) || !choose_table(&from, c->fl, base) || c->n + from.n > MAX_USES)
		return false;
	uint64_t left = choose_left(c->f, v);
	for (uint32_t i = 0; i < from.n; i++)
		if (is_left(left, from.pairs[i].value))
			number_of(c, from.pairs[i].value);
	if (is_left(left, &const_nil))
		number_of(c, &const_nil);
	return true;
}

static uint32_t param_index(const struct ir_fn *f, ir_ref param)
{
	const struct ir_block *k = ir_block(f, ir_at(f, param)->block);
	uint32_t i = 0;
	while (k->params[i] != param)
		i++;
	return i;
}

/* Is it a captured constant, which is there everywhere? */
static bool is_captured(const struct choice *c, ir_ref cell)
{
	return c->web->ends && (!cell || ir_at(c->f, cell)->op == IRO(upcell));
}

/* Are the variables that the function shares there wherever the value may be used, and the same ones? A loop that makes
 * them anew brings the value to its head, or before them in their own block. */
static bool may_make(const struct choice *c, ir_ref closure)
{
	const struct ir_ins *i = ir_at(c->f, closure);
	for (uint32_t w = 0; w < c->web->n; w++)
		for (uint32_t a = 0; a < i->nargs; a++) {
			ir_blk made = ir_at(c->f, i->args[a])->block, used = ir_at(c->f, c->web->params[w])->block;
			if (!is_captured(c, i->args[a]) && (made == used || !ir_dominates(c->f, made, used)))
				return false;
		}
	return true;
}

static bool find_comers(struct choice *c)
{
	struct web *web = c->web;
	struct flow *fl = c->fl;
	for (; web->seen < web->n; web->seen++) {
		const struct ir_block *k = ir_block(fl->f, ir_at(fl->f, web->params[web->seen])->block);
		for (uint32_t p = 0, i = param_index(fl->f, web->params[web->seen]); p < k->npreds; p++)
			if (infer_edge_live(fl, k->preds[p].from, k->preds[p].succ) &&
			    !add_value(c, ir_pred_edge(fl->f, &k->preds[p])->args[i]))
				return false;
	}
	return true;
}

/* All that can be the values of the web's parameters. */
static bool find_values(struct choice *c)
{
	struct flow *fl = c->fl;
	if (!find_comers(c) || !follow_steps(c) || !(c->web->lax || steps_lead_on(c)))
		return false;
	if (c->n < 2 || c->n > MAX_USES || choose_all_plain(c))
		return false;
	ir_need_tree(fl->f);
	for (uint32_t i = 0; i < c->n; i++)
		if (choose_closure(c->pairs[i].value) && !may_make(c, choose_closure(c->pairs[i].value)))
			return false;
	return true;
}

bool choose_web_open(struct choice *c, struct web *web, struct flow *fl, ir_ref param, struct web how)
{
	*c = (struct choice){ .fl = fl, .f = fl->f, .ints = true, .web = web };
	*web = how;
	c->pairs = arena_array(fl->u->arena, struct pair, 2 * MAX_USES + 2);
	arena_push(fl->u->arena, web->params, web->n, web->cap, param);
	return find_values(c);
}

/* The number of what a look-up gives, found before it; of what tests behind it do not leave, any. */
static ir_ref number_before(struct choice *c, ir_ref index, uint64_t left)
{
	struct choice from;
	uint32_t site = ir_at(c->f, index)->site;
	choose_table(&from, c->fl, index);
	ir_blk rest = choose_open(&from, index);
	ir_ref number = ir_param_add(c->f, rest);
	for (uint32_t i = 0; i < from.narms; i++) {
		const pg_value *v = from.arms[i].value, *n = const_int(c->fl->u, is_left(left, v) ? number_of(c, v) : 0);
		choose_meet(&from, from.arms[i].block, rest, flow_const(c->fl, from.arms[i].block, site, n));
	}
	return number;
}

/* Likewise of what a step leads to, by the number of what it starts from. */
static ir_ref number_of_step(struct choice *c, ir_ref v)
{
	struct choice from = *c;
	uint32_t site = ir_at(c->f, v)->site;
	from.index = step_from(c, v);
	from.key = c->web->number[choose_place(c->web, from.index)];
	ir_blk rest = choose_open(&from, v);
	ir_ref number = ir_param_add(c->f, rest);
	for (uint32_t i = 0; i < from.narms; i++) {
		struct choice finds;
		step_finds(c, v, from.arms[i].value, &finds);
		choose_part(&finds, from.arms[i].block);
		for (uint32_t k = 0; k < finds.narms; k++) {
			const pg_value *n = const_int(c->fl->u, number_of(c, finds.arms[k].value));
			choose_meet(&finds, finds.arms[k].block, rest, flow_const(c->fl, finds.arms[k].block, site, n));
		}
	}
	return number;
}

ir_ref choose_const_before(struct choice *c, ir_ref at, const pg_value *k)
{
	ir_ref r = ir_ins_new(c->f, IRO(const), 0, NULL);
	ir_at(c->f, r)->k = k;
	ir_at(c->f, r)->site = ir_at(c->f, at)->site;
	ir_insert_before(c->f, at, r);
	return r;
}

static ir_ref number_of_arg(struct choice *c, ir_ref term, ir_ref v)
{
	const pg_value *k = choose_fixed(c, v);
	ir_ref base = ir_untested(c->f, v);
	uint32_t place = choose_place(c->web, base);
	if (!k && place < c->web->n)
		return c->web->number[place];
	if (k)
		return choose_const_before(c, term, const_int(c->fl->u, number_of(c, k)));
	return step_from(c, base) ? number_of_step(c, base) : number_before(c, base, choose_left(c->f, v));
}

uint32_t choose_ways(struct choice *c, struct way *out)
{
	uint32_t n = 0;
	for (uint32_t w = 0; w < c->web->n; w++) {
		const struct ir_block *k = ir_block(c->f, ir_at(c->f, c->web->params[w])->block);
		for (uint32_t p = 0; p < k->npreds; p++, n++)
			if (out)
				out[n] = (struct way){ ir_block(c->f, k->preds[p].from)->last, k->preds[p].succ,
						       param_index(c->f, c->web->params[w]),
						       infer_edge_live(c->fl, k->preds[p].from, k->preds[p].succ) };
	}
	return n;
}

/* Numbers go along with the values, which nobody needs any more once their uses are copied. */
static void add_numbers(struct choice *c)
{
	struct web *web = c->web;
	uint32_t n = choose_ways(c, NULL);
	struct way *ways = arena_array(c->fl->u->arena, struct way, n + 1);
	choose_ways(c, ways);
	web->number = arena_array(c->fl->u->arena, ir_ref, web->n);
	for (uint32_t w = 0; w < web->n; w++)
		web->number[w] = ir_param_add(c->f, ir_at(c->f, web->params[w])->block);
	for (uint32_t i = 0; i < n; i++) {
		ir_ref v = ir_at(c->f, ways[i].term)->succ[ways[i].which].args[ways[i].arg];
		ir_ref number = ways[i].live ? number_of_arg(c, ways[i].term, v)
			: choose_const_before(c, ways[i].term, const_int(c->fl->u, 0));
		ir_ref none = choose_const_before(c, ways[i].term, &const_nil);
		edge_push(c->f, &ir_at(c->f, ways[i].term)->succ[ways[i].which], number);
		if (choose_place(web, ir_untested(c->f, v)) < web->n || step_from(c, ir_untested(c->f, v)))
			ir_at(c->f, ways[i].term)->succ[ways[i].which].args[ways[i].arg] = none;
	}
}

/* What a test of a value parted and nothing changed since: the value itself, or 0; never what a guard catches, for
 * more guards may lead there once what they guard is inlined. */
static ir_ref rejoined(const struct ir_fn *f, ir_blk b, uint32_t i)
{
	const struct ir_block *k = ir_block(f, b);
	ir_ref same = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		ir_ref v = ir_untested(f, ir_pred_edge(f, &k->preds[p])->args[i]);
		if ((same && v != same) || v == k->params[i])
			return 0;
		same = v;
	}
	return ir_at(f, same)->op == IRO(raised) ? 0 : same;
}

/* The uses of the web's parameters that nobody looked for yet. */
static bool find_uses(struct choice *c, struct uses **uses, uint32_t *n, uint32_t *cap)
{
	for (const uint32_t all = c->web->n; *n < all;) {
		struct uses found;
		c->index = c->web->params[*n];
		if (!choose_find_uses(c, &found))
			return false;
		arena_push(c->fl->u->arena, *uses, *n, *cap, found);
	}
	return true;
}

/* The uses of all parameters of the web; what else they go to becomes part of it. What they may be says what is a use: when there is
 * more of that, they are sought anew. */
static bool find_web(struct choice *c, struct uses **uses)
{
	uint32_t n = 0, cap = 0;
	users_begin(c);
	do {
		const uint32_t values = c->n;
		if (!find_uses(c, uses, &n, &cap) || (c->web->n > n && !find_values(c)))
			return false;
		if (c->n > values) {
			users_begin(c);
			n = 0;
		}
	} while (c->web->n > n);
	return true;
}

static bool choose_web(struct choice *c, ir_ref *to)
{
	struct web *web = c->web;
	struct uses *uses = NULL;
	if (!find_web(c, &uses))
		return false;
	add_numbers(c);
	for (uint32_t w = 0; w < web->n; w++) {
		c->index = web->params[w];
		c->key = web->number[w];
		choose_copy_uses(c, &uses[w], to);
	}
	return true;
}

static bool choose_one_param(struct flow *fl, ir_ref *to, struct web how, bool *parted)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && i < ir_block(f, f->rpo[o])->nparams; i++) {
			struct choice c;
			struct web web;
			ir_ref param = ir_block(f, f->rpo[o])->params[i];
			ir_ref whole = choose_object(fl, param) ? rejoined(f, f->rpo[o], i) : 0;
			if (whole) {
				to[param] = whole;
				return true;
			}
			if (!choose_object(fl, param))
				continue;
			if (choose_web_open(&c, &web, fl, param, how) && choose_web(&c, to))
				return true;
			*parted |= web.parted;
		}
	return false;
}

bool choose_param(struct flow *fl, bool *parted, ir_ref *to)
{
	bool close = !*parted;
	return choose_one_param(fl, to, (struct web){ .close = close }, parted) ||
	       (fl->any_key && choose_one_param(fl, to, (struct web){ .lax = true, .close = close }, parted));
}

bool choose_ends(struct flow *fl, ir_ref *to)
{
	bool parted = false;
	return fl->u->ways && choose_one_param(fl, to, (struct web){ .ends = true }, &parted);
}
