/*
 * choose.c - captured tables indexed by a value known only at run time: comparisons with the table's
 * keys, each leading to an arm in which the value is a constant again.
 *
 * What the table holds may have a form at run time (numbers, texts, addresses): then the arms meet
 * right behind the look-up. Tables and functions have none: what uses them (a call, a further index,
 * a test) is copied into each arm, where it is known. `handlers[ip.proto](pkt)` is a switch.
 *
 *   t = T[k]            k == 6 ?  ->  call f(pkt)   -\
 *   call t(pkt)         k == 17 ? ->  call g(pkt)   --+-> ...
 *                       else      ->  raise           /
 *
 * So is what joins made one of few constants or inner functions: `cond and handlers[k]`, `if a then f = g else f = h
 * end`, also where a loop takes it to its next turn.
 *
 * Nothing is looked at but tables whose pairs are known: an __index that is a function is left alone.
 */
#include "opt/opt.h"
#include "opt/params.h"
#include "opt/passes.h"

#include <stdlib.h>

enum {
	MAX_VALUES = 64,  /* keys of a table whose values meet, all of them integers, which are sought ... */
	MAX_LINEAR = 16,  /* ... or others, which are compared one by one */
	MAX_USES = 32,    /* keys of a table whose uses are copied */
};

struct pair { const pg_value *key, *value; };

struct arm {
	const pg_value *value;
	ir_blk block;
};

struct choice {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref index, key;
	bool ints;             /* the key is always an integer */
	bool hidden;           /* it may be one of the table's functions or tables */
	struct pair *pairs;    /* by rising key */
	uint32_t n;
	struct arm *arms;      /* one for each value; the last one is for keys that are not there */
	uint32_t narms;
	struct web *web;       /* of a value that comes another way, or NULL */
};

/* Parameters whose values go from one to the other, and the numbers of these values beside them. */
struct web {
	ir_ref *params;
	uint32_t n, cap, seen; /* seen: of these all values are known */
	ir_ref *number;
	bool *used;            /* by instruction: it uses one of them, and is copied */
};

/* ---- what is in the table ---- */

static int by_key(const void *a, const void *b)
{
	const pg_value *x = ((const struct pair *)a)->key, *y = ((const struct pair *)b)->key;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == PG_INT)
		return (x->i > y->i) - (x->i < y->i);
	if (x->kind != PG_STR)
		return memcmp(x->addr, y->addr, sizeof(x->addr));
	int c = memcmp(x->str, y->str, x->n < y->n ? x->n : y->n);
	return c ? c : (x->n > y->n) - (x->n < y->n);
}

/* Can a key of this kind be what a value of these kinds is? Floats that are integers Lua made integers. */
static bool may_be(const pg_value *key, uint64_t kinds)
{
	switch (key->kind) {
	case PG_STR:
		return kinds & IR_ALL_STRINGS;
	case PG_FALSE: case PG_TRUE: case PG_INT: case PG_IP4: case PG_IP6: case PG_MAC:
		return kinds & IR_BIT(ir_kind_of(key->kind));
	default:
		return false;
	}
}

/* A value that can meet others: it has a form at run time. */
bool choose_plain(const pg_value *v)
{
	return v->kind <= PG_INT || v->kind == PG_STR || v->kind == PG_IP4 || v->kind == PG_IP6 ||
	       v->kind == PG_MAC;
}

bool choose_few(uint32_t n, bool ints)
{
	return n <= (ints ? MAX_VALUES : MAX_LINEAR);
}

/* Functions and tables have no form at run time in which they could be told apart. */
bool choose_hidden(const pg_value *key, uint64_t kinds)
{
	return !choose_plain(key) && kinds & IR_BIT(ir_kind_of(key->kind));
}

/* False when what one is is not known: of what an __index function finds, and of some keys. */
static bool read_pairs(struct choice *c, uint64_t kinds)
{
	struct ir_unit *u = c->fl->u;
	const pg_value *kv;
	uint32_t n;
	const pg_value *table = ir_at(c->f, ir_at(c->f, c->index)->args[0])->type.k;
	if (u->source->pairs(u, table->id, &kv, &n) < 0)
		return false;
	c->pairs = arena_array(u->arena, struct pair, n + 1);
	for (uint32_t i = 0; i < n; i++)
		if (choose_hidden(&kv[2 * i], kinds))
			return c->hidden = true, false;
		else if (may_be(&kv[2 * i], kinds))
			c->pairs[c->n++] = (struct pair){ &kv[2 * i], &kv[2 * i + 1] };
	qsort(c->pairs, c->n, sizeof(*c->pairs), by_key);
	return true;
}

/* ---- inner functions as values: their closure operation is made again where it is used ---- */

#define CLOSURE ((uint64_t)1 << 63)

static ir_ref closure_of(const pg_value *v)
{
	return v->kind == PG_FUNC && v->id & CLOSURE ? (ir_ref)(v->id & ~CLOSURE) : 0;
}

/* The constant that v always is, or what stands for the inner function that it is; NULL: neither. */
static const pg_value *fixed_value(struct choice *c, ir_ref v)
{
	const struct ir_type *t = &ir_at(c->f, v)->type;
	if (t->k || t->kinds != IR_BIT(IR_FUNC) || !t->def || ir_at(c->f, t->def)->op != IRO(closure))
		return t->k;
	return const_new(c->fl->u, (pg_value){ .kind = PG_FUNC, .id = CLOSURE | t->def });
}

static ir_ref copy_ins(struct choice *c, ir_blk b, ir_ref r);

static ir_ref make_value(struct choice *c, ir_blk b, uint32_t site, const pg_value *value)
{
	ir_ref closure = closure_of(value);
	return closure ? copy_ins(c, b, closure) : flow_const(c->fl, b, site, value);
}

/* ---- the comparisons ---- */

static struct arm *arm_of(struct choice *c, const pg_value *v)
{
	for (uint32_t i = 0; i < c->narms; i++)
		if (const_equal(c->arms[i].value, v))
			return &c->arms[i];
	c->arms[c->narms] = (struct arm){ v, ir_block_new(c->f) };
	return &c->arms[c->narms++];
}

static void open_arms(struct choice *c)
{
	c->arms = arena_array(c->fl->u->arena, struct arm, c->n + 1);
	c->narms = 0;
	for (uint32_t i = 0; i < c->n; i++)
		arm_of(c, c->pairs[i].value);
	arm_of(c, &const_nil);
}

static void branch(struct choice *c, ir_blk from, const pg_value *k, ir_blk yes, ir_blk no)
{
	uint32_t site = ir_at(c->f, c->index)->site;
	ir_ref args[2] = { c->key, flow_const(c->fl, from, site, k) };
	ir_ref is = flow_emit(c->fl, from, site, IRO(eq), 2, args);
	ir_ref t = flow_emit(c->fl, from, site, IRO(branch), 1, &is);
	ir_succ(c->f, t, 0, yes, 0, NULL);
	ir_succ(c->f, t, 1, no, 0, NULL);
}

/* Ends block `from`: on to the arm of the pair whose key it is. One by one; pass `trees` sees to it that it
 * does not take long. */
static void compare(struct choice *c, ir_blk from)
{
	ir_blk absent = arm_of(c, &const_nil)->block;
	for (uint32_t i = 0; i < c->n; i++) {
		ir_blk next = i + 1 < c->n ? ir_block_new(c->f) : absent;
		branch(c, from, c->pairs[i].key, arm_of(c, c->pairs[i].value)->block, next);
		from = next;
	}
}

/* The comparisons before instruction `at`. Returns where the arms may meet: what comes from there on; 0
 * when it ends its block, and is left there behind them. */
static ir_blk open_choice(struct choice *c, ir_ref at)
{
	ir_blk before = ir_at(c->f, at)->block;
	ir_blk rest = ir_at(c->f, at)->nsucc ? 0 : edit_split(c->f, at);
	if (!rest)
		ir_remove(c->f, at);
	open_arms(c);
	if (c->n) {
		compare(c, before);
	} else {
		ir_ref t = flow_emit(c->fl, before, ir_at(c->f, at)->site, IRO(jmp), 0, NULL);
		ir_succ(c->f, t, 0, c->arms[0].block, 0, NULL);
	}
	return rest;
}

/* The arm goes on to `rest`, with v, if it is one. */
static void meet(struct choice *c, ir_blk arm, ir_blk rest, ir_ref v)
{
	ir_ref t = flow_emit(c->fl, arm, ir_at(c->f, c->index)->site, IRO(jmp), 0, NULL);
	ir_succ(c->f, t, 0, rest, v ? 1 : 0, &v);
}

/* ---- values that meet ---- */

static bool all_plain(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!choose_plain(c->pairs[i].value))
			return false;
	return true;
}

static ir_ref choose_value(struct choice *c)
{
	ir_blk rest = open_choice(c, c->index);
	ir_remove(c->f, c->index);
	ir_ref all = ir_param_add(c->f, rest);
	uint32_t site = ir_at(c->f, c->index)->site;
	for (uint32_t i = 0; i < c->narms; i++)
		meet(c, c->arms[i].block, rest, flow_const(c->fl, c->arms[i].block, site, c->arms[i].value));
	return all;
}

/* ---- uses that are copied ---- */

/* What `v`, made from the look-up by fields and tests, is in the arm of `value`; NULL: it is not had there. */
static const pg_value *value_in(struct choice *c, ir_ref v, const pg_value *value)
{
	struct ir_unit *u = c->fl->u;
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return value;
	const pg_value *of = value_in(c, i->args[0], value);
	if (!of)
		return NULL;
	if (i->op == IRO(pi))
		return (uint64_t)i->imm & IR_BIT(ir_kind_of(of->kind)) ? of : NULL;
	const pg_value *key = ir_at(c->f, i->args[1])->type.k;
	pg_value out;
	if (of->kind != PG_TABLE || !key || u->source->index(u, of->id, key, &out) < 0)
		return NULL;
	return const_new(u, out);
}

/* Is v the look-up, or a test, field or method of it? */
static bool follows(const struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return true;
	if (i->op == IRO(index) && !ir_at(c->f, i->args[1])->type.k)
		return false;
	return (i->op == IRO(index) || i->op == IRO(self) || i->op == IRO(pi)) && follows(c, i->args[0]);
}

static const char *stops(struct choice *c, ir_ref v, const pg_value *value);

/* Something plain in every arm in which it is had: the arms can meet behind it. */
static bool meets(struct choice *c, ir_ref v)
{
	if (ir_at(c->f, v)->op == IRO(self))
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		if (stops(c, v, c->pairs[i].value))
			continue;
		const pg_value *k = value_in(c, v, c->pairs[i].value);
		if (k ? !choose_plain(k) : ir_at(c->f, v)->op == IRO(index))
			return false;
	}
	return true;
}

/* Copied into the arms together with what uses it. */
static bool derived(struct choice *c, ir_ref v)
{
	return v == c->index || (follows(c, v) && !meets(c, v));
}

static bool may_copy(enum ir_op op)
{
	return op == IRO(call) || op == IRO(branch) || op == IRO(not) || op == IRO(eq) || op == IRO(index) ||
	       op == IRO(setindex) || op == IRO(pi);
}

struct uses { ir_ref *v; uint32_t n, cap; };

/* The error of v, which is derived, if it fails by itself when the look-up gave `value`: then it does so where it
 * is, before what is evaluated between it and its users. */
static const char *fails_with(struct choice *c, ir_ref v, const pg_value *value)
{
	if (v == c->index || ir_at(c->f, v)->op == IRO(pi) || stops(c, ir_at(c->f, v)->args[0], value))
		return NULL;
	return stops(c, v, value);
}

static bool fails_first(struct choice *c, ir_ref v)
{
	bool fails = fails_with(c, v, &const_nil);
	for (uint32_t i = 0; i < c->n; i++)
		fails |= fails_with(c, v, c->pairs[i].value) != NULL;
	return fails;
}

static bool is_object(const struct flow *fl, ir_ref param);

/* Its place in the web; web->n: it is not in it. */
static uint32_t place_in(const struct web *web, ir_ref param)
{
	uint32_t i = 0;
	while (i < web->n && web->params[i] != param)
		i++;
	return i;
}

/* Does argument a of this edge only go on to another parameter of the web? One that may be it is taken into it. */
static bool goes_on(const struct choice *c, const struct ir_edge *e, uint32_t a)
{
	ir_ref param = ir_block(c->f, e->to)->params[a];
	if (!c->web || !is_object(c->fl, param))
		return false;
	if (place_in(c->web, param) == c->web->n)
		arena_push(c->fl->u->arena, c->web->params, c->web->n, c->web->cap, param);
	return true;
}

/* Two of a web in one instruction are too many. */
static bool used_before(const struct choice *c, ir_ref r)
{
	bool before = c->web && c->web->used[r];
	if (c->web)
		c->web->used[r] = true;
	return before;
}

/* The users of derived values that are to be copied, and the derived ones that may fail; false: one of
 * them cannot be. */
static bool find_uses(struct choice *c, struct uses *out, struct uses *fail)
{
	struct ir_fn *f = c->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			bool uses = false;
			for (uint32_t a = 0; a < i->nargs; a++)
				uses |= derived(c, i->args[a]);
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					if (derived(c, i->succ[s].args[a]) && !goes_on(c, &i->succ[s], a))
						return false;
			if (derived(c, r) && fails_first(c, r))
				arena_push(c->fl->u->arena, fail->v, fail->n, fail->cap, r);
			if (!uses || derived(c, r))
				continue;
			if (!may_copy(i->op) || used_before(c, r))
				return false;
			arena_push(c->fl->u->arena, out->v, out->n, out->cap, r);
		}
	return true;
}

static ir_ref copy_ins(struct choice *c, ir_blk b, ir_ref r)
{
	struct arena *a = c->fl->u->arena;
	struct ir_ins copy = *ir_at(c->f, r);
	copy.prev = copy.next = copy.block = 0;
	copy.args = arena_copy(a, copy.args, sizeof(*copy.args) * copy.nargs);
	if (copy.nsucc) {
		copy.succ = arena_copy(a, copy.succ, sizeof(*copy.succ) * copy.nsucc);
		for (uint32_t s = 0; s < copy.nsucc; s++)
			copy.succ[s].args = arena_copy(a, copy.succ[s].args,
						       sizeof(ir_ref) * copy.succ[s].nargs);
	}
	arena_push(a, c->f->ins, c->f->nins, c->f->cap_ins, copy);
	ir_append(c->f, b, c->f->nins - 1);
	return c->f->nins - 1;
}

/* v, which is derived, in an arm where the look-up gave k. */
static ir_ref copy_derived(struct choice *c, ir_blk b, ir_ref v, ir_ref k)
{
	if (v == c->index)
		return k;
	ir_ref of = copy_derived(c, b, ir_at(c->f, v)->args[0], k);
	ir_ref r = copy_ins(c, b, v);
	ir_at(c->f, r)->args[0] = of;
	return r;
}

static const char *failure(struct choice *c, const struct ir_ins *i, const char *what, const pg_value *of)
{
	const struct ir_name unknown = { IR_N_FIELD, "?" }, *n = i->names && i->names->how ? i->names : &unknown;
	return arena_printf(c->fl->u->arena, "attempt to %s a %s value (%s '%s')", what,
			    ir_kind_lua(c->fl->u, ir_kind_of(of->kind)), ir_name_how[n->how], n->name);
}

static bool is_no_object(const pg_value *v)
{
	return v->kind <= PG_INT;
}

/* The error in the arm where the look-up gave `value`, if v is not had there: nil is indexed on the way, or
 * the arm is one that a test before has ruled out (then it is never raised). */
static const char *stops(struct choice *c, ir_ref v, const pg_value *value)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return NULL;
	const char *before = stops(c, i->args[0], value);
	const pg_value *of = value_in(c, i->args[0], value);
	if (before || !of)
		return before;
	if (i->op == IRO(pi))
		return value_in(c, v, value) ? NULL : failure(c, i, "use", of);
	return is_no_object(of) ? failure(c, i, "index", of) : NULL;
}

/* Likewise for what uses such values. */
static const char *use_stops(struct choice *c, ir_ref use, const pg_value *value)
{
	const struct ir_ins *i = ir_at(c->f, use);
	if (follows(c, use))
		return stops(c, use, value);
	for (uint32_t a = 0; a < i->nargs; a++) {
		const char *text = derived(c, i->args[a]) ? stops(c, i->args[a], value) : NULL;
		if (text)
			return text;
	}
	if ((i->op != IRO(call) && i->op != IRO(index) && i->op != IRO(setindex)) || !derived(c, i->args[0]))
		return NULL;
	const pg_value *of = value_in(c, i->args[0], value);
	bool call = i->op == IRO(call);
	return of && (is_no_object(of) || (call && of->kind == PG_STR)) ? failure(c, i, call ? "call" : "index", of) : NULL;
}

static ir_ref copy_use(struct choice *c, ir_blk b, ir_ref use, const pg_value *value)
{
	ir_ref k = make_value(c, b, ir_at(c->f, use)->site, value);
	ir_ref *args = arena_copy(c->fl->u->arena, ir_at(c->f, use)->args,
				  sizeof(*args) * ir_at(c->f, use)->nargs);
	for (uint32_t a = 0; a < ir_at(c->f, use)->nargs; a++)
		if (derived(c, args[a]))
			args[a] = copy_derived(c, b, args[a], k);
	ir_ref r = copy_ins(c, b, use);
	ir_at(c->f, r)->args = args;
	return r;
}

/* Returns what stands for the use, or 0. */
static ir_ref choose_use(struct choice *c, ir_ref use)
{
	ir_blk rest = open_choice(c, use);
	if (rest)
		ir_remove(c->f, use);
	bool gives = ir_ops[ir_at(c->f, use)->op].result != 'N';
	ir_ref all = gives ? ir_param_add(c->f, rest) : 0;
	for (uint32_t i = 0; i < c->narms; i++) {
		ir_blk b = c->arms[i].block;
		const char *error = use_stops(c, use, c->arms[i].value);
		if (error) {
			flow_raise(c->fl, b, use, error);
			continue;
		}
		ir_ref r = copy_use(c, b, use, c->arms[i].value);
		if (ir_at(c->f, r)->op == IRO(call)) {
			r = flow_emit(c->fl, b, ir_at(c->f, r)->site, IRO(several), 1, &r);
			ir_at(c->f, r)->aux = IR_OPEN;
		}
		if (rest)
			meet(c, b, rest, gives ? r : 0);
	}
	return all;
}

/* Raises before v where v fails. */
static void choose_failure(struct choice *c, ir_ref v)
{
	ir_blk rest = open_choice(c, v);
	for (uint32_t i = 0; i < c->narms; i++) {
		const char *error = fails_with(c, v, c->arms[i].value);
		if (error)
			flow_raise(c->fl, c->arms[i].block, v, error);
		else
			meet(c, c->arms[i].block, rest, 0);
	}
}

/* Drops the look-up and what was derived from it: all their users are copies now. */
static void drop_derived(struct choice *c)
{
	for (ir_ref r = 1; r < c->f->nins; r++)
		if (ir_at(c->f, r)->block && r != c->index && derived(c, r))
			ir_remove(c->f, r);
	if (ir_at(c->f, c->index)->op != IRO(param))
		ir_remove(c->f, c->index);
}

static void copy_uses(struct choice *c, const struct uses *uses, const struct uses *fail, ir_ref *to)
{
	for (uint32_t i = 0; i < fail->n; i++)
		choose_failure(c, fail->v[i]);
	for (uint32_t i = 0; i < uses->n; i++)
		to[uses->v[i]] = choose_use(c, uses->v[i]);
	drop_derived(c);
}

static bool choose_uses(struct choice *c, ir_ref *to)
{
	struct uses uses = { 0 }, fail = { 0 };
	if (c->n > MAX_USES || !find_uses(c, &uses, &fail))
		return false;
	copy_uses(c, &uses, &fail, to);
	return true;
}

/* ---- which look-ups ---- */

static bool is_choice(const struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	if (i->op != IRO(index))
		return false;
	const struct ir_type *t = &ir_at(fl->f, i->args[0])->type, *key = &ir_at(fl->f, i->args[1])->type;
	return t->k && t->k->kind == PG_TABLE && t->kinds == IR_BIT(IR_HOST) && key->kinds && !key->k &&
	       !type_is_pending(key);
}

struct found { ir_ref *r; uint32_t n, cap; };

static void find_choices(const struct flow *fl, struct found *out)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (is_choice(fl, r))
				arena_push(fl->u->arena, out->r, out->n, out->cap, r);
}

static bool open_table(struct choice *c, struct flow *fl, ir_ref index)
{
	ir_ref key = ir_at(fl->f, index)->args[1];
	uint64_t kinds = ir_at(fl->f, key)->type.kinds;
	*c = (struct choice){ .fl = fl, .f = fl->f, .index = index, .key = key, .ints = kinds == IR_BIT(IR_INT) };
	return read_pairs(c, kinds);
}

/* ---- values that come another way ---- */

/*
 * `cond and handlers[k]`, `a and f or g`: a parameter that is one of few constants, by itself or by way of others,
 * which are its web. Beside each goes the value's number, and its uses are copied under comparisons with that.
 */

static uint32_t number_of(struct choice *c, const pg_value *v)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (const_equal(c->pairs[i].value, v))
			return i;
	c->pairs[c->n] = (struct pair){ const_int(c->fl->u, c->n), v };
	return c->n++;
}

static ir_ref through_pi(const struct ir_fn *f, ir_ref v)
{
	while (ir_at(f, v)->op == IRO(pi))
		v = ir_at(f, v)->args[0];
	return v;
}

static bool is_object(const struct flow *fl, ir_ref param)
{
	const struct ir_type *t = &ir_at(fl->f, param)->type;
	return !t->k && t->kinds & (IR_BIT(IR_HOST) | IR_BIT(IR_FUNC)) &&
	       !share_is_entry(fl->f, ir_at(fl->f, param)->block);
}

static bool add_value(struct choice *c, ir_ref v)
{
	struct choice from;
	const pg_value *k = fixed_value(c, v);
	ir_ref base = through_pi(c->f, v);
	if (k && c->n <= MAX_USES)
		return number_of(c, k), true;
	if (!k && ir_at(c->f, base)->op == IRO(param) && is_object(c->fl, base)) {
		if (place_in(c->web, base) == c->web->n)
			arena_push(c->fl->u->arena, c->web->params, c->web->n, c->web->cap, base);
		return true;
	}
	if (k || !is_choice(c->fl, base) || !open_table(&from, c->fl, base) || c->n + from.n > MAX_USES)
		return false;
	for (uint32_t i = 0; i < from.n; i++)
		number_of(c, from.pairs[i].value);
	return number_of(c, &const_nil), true;
}

static uint32_t param_index(const struct ir_fn *f, ir_ref param)
{
	const struct ir_block *k = ir_block(f, ir_at(f, param)->block);
	uint32_t i = 0;
	while (k->params[i] != param)
		i++;
	return i;
}

/* Are the variables that the function shares there wherever the value may be used, and the same ones? A loop that makes
 * them anew brings the value to its head, or before them in their own block. */
static bool may_make(const struct choice *c, ir_ref closure)
{
	const struct ir_ins *i = ir_at(c->f, closure);
	for (uint32_t w = 0; w < c->web->n; w++)
		for (uint32_t a = 0; a < i->nargs; a++) {
			ir_blk made = ir_at(c->f, i->args[a])->block, used = ir_at(c->f, c->web->params[w])->block;
			if (made == used || !ir_dominates(c->f, made, used))
				return false;
		}
	return true;
}

/* All that can be the values of the web's parameters. */
static bool find_values(struct choice *c)
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
	if (c->n < 2 || c->n > MAX_USES || all_plain(c))
		return false;
	ir_need_tree(fl->f);
	for (uint32_t i = 0; i < c->n; i++)
		if (closure_of(c->pairs[i].value) && !may_make(c, closure_of(c->pairs[i].value)))
			return false;
	return true;
}

static bool open_param(struct choice *c, struct web *web, struct flow *fl, ir_ref param)
{
	*c = (struct choice){ .fl = fl, .f = fl->f, .ints = true, .web = web };
	*web = (struct web){ 0 };
	c->pairs = arena_array(fl->u->arena, struct pair, 2 * MAX_USES + 2);
	arena_push(fl->u->arena, web->params, web->n, web->cap, param);
	return find_values(c);
}

/* The number of what a look-up gives, found before it. */
static ir_ref number_before(struct choice *c, ir_ref index)
{
	struct choice from;
	uint32_t site = ir_at(c->f, index)->site;
	open_table(&from, c->fl, index);
	ir_blk rest = open_choice(&from, index);
	ir_ref number = ir_param_add(c->f, rest);
	for (uint32_t i = 0; i < from.narms; i++) {
		const pg_value *n = const_int(c->fl->u, number_of(c, from.arms[i].value));
		meet(&from, from.arms[i].block, rest, flow_const(c->fl, from.arms[i].block, site, n));
	}
	return number;
}

static ir_ref const_before(struct choice *c, ir_ref at, const pg_value *k)
{
	ir_ref r = ir_ins_new(c->f, IRO(const), 0, NULL);
	ir_at(c->f, r)->k = k;
	ir_at(c->f, r)->site = ir_at(c->f, at)->site;
	ir_insert_before(c->f, at, r);
	return r;
}

static ir_ref number_of_arg(struct choice *c, ir_ref term, ir_ref v)
{
	const pg_value *k = fixed_value(c, v);
	ir_ref base = through_pi(c->f, v);
	uint32_t place = place_in(c->web, base);
	if (!k && place < c->web->n)
		return c->web->number[place];
	return k ? const_before(c, term, const_int(c->fl->u, number_of(c, k))) : number_before(c, base);
}

/* An edge that a value comes by: found again by its terminator, which look-ups split off from its block. */
struct way { ir_ref term; uint32_t which, arg; bool live; };

static uint32_t find_ways(struct choice *c, struct way *out)
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
	uint32_t n = find_ways(c, NULL);
	struct way *ways = arena_array(c->fl->u->arena, struct way, n + 1);
	find_ways(c, ways);
	web->number = arena_array(c->fl->u->arena, ir_ref, web->n);
	for (uint32_t w = 0; w < web->n; w++)
		web->number[w] = ir_param_add(c->f, ir_at(c->f, web->params[w])->block);
	for (uint32_t i = 0; i < n; i++) {
		ir_ref v = ir_at(c->f, ways[i].term)->succ[ways[i].which].args[ways[i].arg];
		ir_ref number = ways[i].live ? number_of_arg(c, ways[i].term, v)
			: const_before(c, ways[i].term, const_int(c->fl->u, 0));
		ir_ref none = const_before(c, ways[i].term, &const_nil);
		edge_push(c->f, &ir_at(c->f, ways[i].term)->succ[ways[i].which], number);
		if (place_in(web, through_pi(c->f, v)) < web->n)
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
		ir_ref v = through_pi(f, ir_pred_edge(f, &k->preds[p])->args[i]);
		if ((same && v != same) || v == k->params[i])
			return 0;
		same = v;
	}
	return ir_at(f, same)->op == IRO(raised) ? 0 : same;
}

/* The uses of all parameters of the web; what else they go to becomes part of it. */
static bool find_web(struct choice *c, struct uses **uses, struct uses **fail)
{
	struct web *web = c->web;
	uint32_t n;
	do {
		n = web->n;
		*uses = arena_array(c->fl->u->arena, struct uses, n);
		*fail = arena_array(c->fl->u->arena, struct uses, n);
		web->used = arena_array(c->fl->u->arena, bool, c->f->nins);
		for (uint32_t w = 0; w < n; w++) {
			c->index = web->params[w];
			if (!find_uses(c, &(*uses)[w], &(*fail)[w]))
				return false;
		}
		if (web->n > n && !find_values(c))
			return false;
	} while (web->n > n);
	return true;
}

static bool choose_web(struct choice *c, ir_ref *to)
{
	struct web *web = c->web;
	struct uses *uses, *fail;
	if (!find_web(c, &uses, &fail))
		return false;
	add_numbers(c);
	for (uint32_t w = 0; w < web->n; w++) {
		c->index = web->params[w];
		c->key = web->number[w];
		copy_uses(c, &uses[w], &fail[w], to);
	}
	return true;
}

static bool choose_param(struct flow *fl, ir_ref *to)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; fl->exec[f->rpo[o]] && i < ir_block(f, f->rpo[o])->nparams; i++) {
			struct choice c;
			struct web web;
			ir_ref param = ir_block(f, f->rpo[o])->params[i];
			ir_ref whole = is_object(fl, param) ? rejoined(f, f->rpo[o], i) : 0;
			if (whole) {
				to[param] = whole;
				return true;
			}
			if (is_object(fl, param) && open_param(&c, &web, fl, param) && choose_web(&c, to))
				return true;
		}
	return false;
}

/* All whose values meet; else, for it looks for uses in the order of blocks, one whose uses are copied.
 * to[] says what stands for what went. */
static int choose(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	int done = 0;
	for (uint32_t i = 0; i < found->n; i++)
		if (open_table(&c, fl, found->r[i]) && all_plain(&c) && choose_few(c.n, c.ints)) {
			to[c.index] = choose_value(&c);
			done++;
		}
	for (uint32_t i = 0; i < found->n && !done; i++)
		done = open_table(&c, fl, found->r[i]) && !all_plain(&c) && choose_uses(&c, to);
	return done ? done : choose_param(fl, to);
}

/* Is there a parameter that may be one of several captured objects? */
static bool has_objects(const struct flow *fl)
{
	const struct ir_fn *f = fl->f;
	for (uint32_t o = 1; o < f->nrpo; o++)
		for (uint32_t i = 0; i < ir_block(f, f->rpo[o])->nparams; i++) {
			const struct ir_type *t = &ir_at(f, ir_block(f, f->rpo[o])->params[i])->type;
			if (!t->k && t->kinds & (IR_BIT(IR_HOST) | IR_BIT(IR_FUNC)))
				return true;
		}
	return false;
}

int choose_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct found found = { 0 };
	find_choices(fl, &found);
	if (!found.n && !has_objects(fl))
		return 0;
	uint32_t before = f->nins;
	ir_ref *to = arena_array(fl->u->arena, ir_ref, before);
	int done = choose(fl, &found, to);
	ir_ref *all = arena_array(fl->u->arena, ir_ref, f->nins);
	memcpy(all, to, sizeof(*to) * before);
	if (done)
		ir_rename(f, all);
	return done;
}

static bool holds_float(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->pairs[i].value->kind == PG_FLOAT)
			return true;
	return false;
}

void choose_refuse(struct flow *fl, ir_ref index)
{
	struct choice c;
	uint32_t site = ir_at(fl->f, index)->site;
	if (!open_table(&c, fl, index) && c.hidden)
		flow_refuse(fl, site, ON_TABLES, "index it where it is known which", "a captured table with functions or "
			    "tables as keys is indexed by one of them, which, is known only at run time");
	else if (!c.pairs)
		flow_refuse(fl, site, ON_TABLES, "copy what it may give into a plain table, or use a map",
			    "a captured table whose __index is a function is indexed by a value known only at "
			    "run time");
	else if (holds_float(&c))
		flow_refuse(fl, site, ON_VALUES, "let it hold integers, in smaller units", "a captured table that holds "
			    "a float is indexed by a value known only at run time; floats do not exist in the kernel");
	else if (all_plain(&c) && !choose_few(c.n, c.ints))
		flow_refuse(fl, site, ON_TABLES, "shorten its texts, or number them", "a captured table with "
			    "%u keys, and a text of more than 64 bytes or with a zero byte in it, is indexed "
			    "by a value known only at run time; that is not there yet", c.n);
	else if (c.n > MAX_USES && !all_plain(&c))
		flow_refuse(fl, site, ON_TABLES, "let it hold numbers, and choose by them",
			    "a captured table with %u keys that holds tables or functions is indexed by a "
			    "value known only at run time; so many are not there yet", c.n);
	else if (!fl->u->diag->errors) /* else it may be behind what was wrong, and never looked at */
		flow_refuse(fl, site, ON_TABLES, "call it, or read its fields, where it is looked up",
			    "which table or function this gives is known only at run time, and it goes where "
			    "it must be known before");
}
