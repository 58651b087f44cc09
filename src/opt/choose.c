/*
 * choose.c - captured tables indexed by a value known only at run time: comparisons with the table's
 * keys, each leading to an arm in which the value is a constant again.
 *
 * What the table holds may have a form at run time (numbers, texts, addresses): then the arms meet
 * right behind the look-up. Tables and functions have none: what uses them is copied (choose_uses.c). And what joins
 * made one of few of them is chosen likewise (choose_web.c).
 *
 *   t = T[k]            k == 6 ?  ->  call f(pkt)   -\
 *   call t(pkt)         k == 17 ? ->  call g(pkt)   --+-> ...
 *                       else      ->  raise           /
 *
 * Nothing is looked at but tables whose pairs are known: where an __index is a function, that is called (computed.c).
 */
#include "opt/between.h"
#include "opt/choose.h"
#include "opt/passes.h"

#include <stdlib.h>

enum {
	MAX_VALUES = 64,  /* keys of a table whose values meet, all of them integers, which are sought ... */
	MAX_LINEAR = 16,  /* ... or others, which are compared one by one */
	MANY_INTS = 1024, /* keys of a table whose uses are copied where nothing else is known to do: integers asked for by what is one, */
	MANY_MAYBE = 256, /* ... integers, asked for by what may be something else, */
	MANY_OTHERS = 64, /* ... and others */
	MOST_ARMS = 16,   /* keys of a table of which each gets a copy of what follows (ways.c) */
};

/* ---- what is in the table ---- */

int choose_by_key(const void *a, const void *b)
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

/* The pairs of a table of many, by rising key, are sorted once for each kind of key that is asked for. */
struct sorted_pairs {
	struct sorted_pairs *next;
	uint64_t table, kinds;
	struct pair *pairs;
	uint32_t n;
};

static bool find_sorted(struct choice *c, uint64_t table, uint64_t kinds)
{
	for (const struct sorted_pairs *s = c->fl->u->sorted; s; s = s->next)
		if (s->table == table && s->kinds == kinds)
			return c->pairs = s->pairs, c->n = s->n, true;
	return false;
}

static void keep_sorted(struct choice *c, uint64_t table, uint64_t kinds)
{
	struct ir_unit *u = c->fl->u;
	struct sorted_pairs *s = arena_new(u->arena, struct sorted_pairs);
	*s = (struct sorted_pairs){ u->sorted, table, kinds, c->pairs, c->n };
	u->sorted = s;
}

bool choose_pairs(struct choice *c, const pg_value *table, uint64_t kinds)
{
	struct ir_unit *u = c->fl->u;
	const pg_value *kv;
	uint32_t n;
	if (find_sorted(c, table->id, kinds))
		return true;
	if (u->source->pairs(u, table->id, &kv, &n) < 0)
		return false;
	c->pairs = arena_array(u->arena, struct pair, n + 1);
	for (uint32_t i = 0; i < n; i++)
		if (choose_hidden(&kv[2 * i], kinds))
			return c->hidden = true, false;
		else if (may_be(&kv[2 * i], kinds))
			c->pairs[c->n++] = (struct pair){ &kv[2 * i], &kv[2 * i + 1] };
	qsort(c->pairs, c->n, sizeof(*c->pairs), choose_by_key);
	if (n > MAX_USES)
		keep_sorted(c, table->id, kinds);
	return true;
}

/* ---- inner functions as values: their closure operation is made again where it is used ---- */

#define CLOSURE ((uint64_t)1 << 63)

ir_ref choose_closure(const pg_value *v)
{
	return v->kind == PG_FUNC && v->id & CLOSURE ? (ir_ref)(v->id & ~CLOSURE) : 0;
}

const pg_value *choose_fixed(struct choice *c, ir_ref v)
{
	const struct ir_type *t = &ir_at(c->f, v)->type;
	if (t->k || t->kinds != IR_BIT(IR_FUNC) || !t->def || ir_at(c->f, t->def)->op != IRO(closure))
		return t->k;
	return const_new(c->fl->u, (pg_value){ .kind = PG_FUNC, .id = CLOSURE | t->def });
}

/* Upvalues of the function itself, which are constants, are no part of what it shares, and may be made behind b. */
static ir_ref make_closure(struct choice *c, ir_blk b, ir_ref closure)
{
	ir_ref r = choose_copy(c, b, closure);
	for (uint32_t a = 0; a < ir_at(c->f, r)->nargs; a++)
		if (ir_at(c->f, ir_at(c->f, r)->args[a])->op == IRO(upcell))
			ir_at(c->f, r)->args[a] = 0;
	return r;
}

ir_ref choose_make(struct choice *c, ir_blk b, uint32_t site, const pg_value *value)
{
	ir_ref closure = choose_closure(value);
	return closure ? make_closure(c, b, closure) : flow_const(c->fl, b, site, value);
}

/* ---- the comparisons ---- */

static struct arm *arm_of(struct choice *c, const pg_value *v)
{
	for (uint32_t i = 0; i < c->narms; i++)
		if (ir_same_value(c->arms[i].value, v))
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
	if (!c->found)
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
 * does not take long. In a web the key is a number that is one of them, or it is known to be. */
void choose_part(struct choice *c, ir_blk from)
{
	open_arms(c);
	uint32_t compared = (c->web || c->found) && c->n ? c->n - 1 : c->n;
	for (uint32_t i = 0; i < compared; i++) {
		ir_blk next = ir_block_new(c->f);
		branch(c, from, c->pairs[i].key, arm_of(c, c->pairs[i].value)->block, next);
		from = next;
	}
	choose_meet(c, from, arm_of(c, compared < c->n ? c->pairs[compared].value : &const_nil)->block, 0);
}

ir_blk choose_open(struct choice *c, ir_ref at)
{
	ir_blk before = ir_at(c->f, at)->block;
	ir_blk rest = ir_at(c->f, at)->nsucc ? 0 : edit_split(c->f, at);
	if (!rest)
		ir_remove(c->f, at);
	choose_part(c, before);
	return rest;
}

void choose_meet(struct choice *c, ir_blk arm, ir_blk rest, ir_ref v)
{
	ir_ref t = flow_emit(c->fl, arm, ir_at(c->f, c->index)->site, IRO(jmp), 0, NULL);
	ir_succ(c->f, t, 0, rest, v ? 1 : 0, &v);
}

/* ---- values that meet ---- */

bool choose_all_plain(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!choose_plain(c->pairs[i].value))
			return false;
	return true;
}

/* `for i = 1, #t do t[i]`, `t[(n & 3) + 1]`: the key is an integer, and each that it may be is there. What else is there is
 * not found. */
static void narrow_down(struct choice *c)
{
	struct between ask = { .f = c->f, .at = ir_at(c->f, c->index)->block };
	struct bounds in;
	if (!c->ints || c->web || ir_at(c->f, c->key)->op == IRO(index))
		return;
	ir_need_tree(c->f);
	if (!between(&ask, c->key, &in))
		return;
	struct pair *pairs = arena_array(c->fl->u->arena, struct pair, c->n + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *key = c->pairs[i].key;
		if (key->kind == PG_INT && key->i >= in.least && key->i <= in.most)
			pairs[n++] = c->pairs[i];
	}
	if (!n || (uint64_t)in.most - (uint64_t)in.least != n - 1)
		return;
	c->pairs = pairs;
	c->n = n;
	c->found = true;
}

static ir_ref choose_value(struct choice *c)
{
	narrow_down(c);
	const bool there = !c->found && inside_is(c->fl->u, c->f, ir_at(c->f, c->index)); /* so it seems to a reader */
	ir_blk rest = choose_open(c, c->index);
	ir_remove(c->f, c->index);
	ir_ref all = ir_param_add(c->f, rest);
	uint32_t site = ir_at(c->f, c->index)->site;
	for (uint32_t i = 0; i < c->narms; i++) {
		ir_ref v = flow_const(c->fl, c->arms[i].block, site, c->arms[i].value);
		ir_at(c->f, v)->aux = there && c->arms[i].value->kind == PG_NIL ? IR_NEVER : 0;
		choose_meet(c, c->arms[i].block, rest, v);
	}
	return all;
}

/* ---- which look-ups ---- */

bool choose_is(const struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	if (i->op != IRO(index))
		return false;
	const struct ir_type *t = &ir_at(fl->f, i->args[0])->type, *key = &ir_at(fl->f, i->args[1])->type;
	return t->k && t->k->kind == PG_TABLE && t->kinds == IR_BIT(IR_HOST) && key->kinds && !key->k &&
	       (fl->any_key || !type_is_pending(key));
}

bool choose_type(struct flow *fl, ir_ref r, struct ir_type *out)
{
	struct choice c;
	struct web web;
	bool tables = true, param = ir_at(fl->f, r)->op == IRO(param) && ir_at(fl->f, r)->block != 1;
	if (param ? !choose_object(fl, r) || !choose_web_open(&c, &web, fl, r, (struct web){ .lax = true }) : !choose_is(fl, r) || !choose_table(&c, fl, r))
		return false;
	*out = (struct ir_type){ .kinds = param ? 0 : IR_BIT(IR_NIL) };
	for (uint32_t i = 0; i < c.n; i++) {
		const pg_value *v = c.pairs[i].value;
		out->kinds |= IR_BIT(ir_kind_of(v->kind));
		tables &= v->kind == PG_TABLE || ir_kind_of(v->kind) != IR_HOST;
		out->k = tables && v->kind == PG_TABLE ? v : tables ? out->k : NULL;
	}
	return true;
}

static void find_choices(const struct flow *fl, struct found *out)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (choose_is(fl, r))
				arena_push(fl->u->arena, out->r, out->n, out->cap, r);
}

bool choose_table(struct choice *c, struct flow *fl, ir_ref index)
{
	ir_ref key = ir_at(fl->f, index)->args[1];
	uint64_t kinds = ir_at(fl->f, key)->type.kinds;
	*c = (struct choice){ .fl = fl, .f = fl->f, .index = index, .key = key, .ints = kinds == IR_BIT(IR_INT) };
	return choose_pairs(c, ir_at(fl->f, ir_at(fl->f, index)->args[0])->type.k, kinds);
}

/* Few tables are read by columns, too, where what is read of them is what goes on: `row.deny or usual`. */
static int choose_few_columns(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	for (uint32_t i = 0; i < found->n; i++)
		if (choose_table(&c, fl, found->r[i]) && !choose_all_plain(&c) && choose_columns(&c, to))
			return 1;
	return 0;
}

/* Are the table's values compared one by one? Where a key turned out only late to be more than an integer, what it gives is not
 * had from a frozen map (frozen.c), either: it was few for integers. */
static bool are_few(const struct choice *c)
{
	bool ints = !(ir_at(c->f, c->key)->type.kinds & ~(IR_BIT(IR_INT) | IR_FALSY));
	return choose_few(c->n, c->ints || (ints && type_is_pending(&ir_at(c->f, c->index)->type)));
}

bool choose_plain_type(struct flow *fl, ir_ref index, struct ir_type *out)
{
	struct choice c;
	if (!choose_is(fl, index) || !choose_table(&c, fl, index) || !choose_all_plain(&c) || !are_few(&c))
		return false;
	*out = type_kinds(IR_BIT(IR_NIL));
	for (uint32_t i = 0; i < c.n; i++) {
		struct ir_type value = type_const(fl->u->target, c.pairs[i].value);
		type_join(out, &value);
	}
	return true;
}

/* All whose values meet; else, for it looks for uses in the order of blocks, one whose uses are copied.
 * to[] says what stands for what went. */
static int choose(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	int done = 0;
	for (uint32_t i = 0; i < found->n && !fl->any_key; i++)
		if (choose_table(&c, fl, found->r[i]) && choose_all_plain(&c) && are_few(&c)) {
			if (!c.n)
				infer_warn_key(fl, c.index);
			to[c.index] = choose_value(&c);
			done++;
		}
	for (uint32_t i = 0; i < found->n && !done; i++)
		done = choose_table(&c, fl, found->r[i]) && !choose_all_plain(&c) &&
		       (choose_uses(&c, to) || (c.n > MAX_USES && choose_columns(&c, to)));
	bool parted = false;
	return done ? done : choose_param(fl, &parted, to) || choose_rows(fl, false, to) || choose_few_columns(fl, found, to) ||
			     choose_rows(fl, true, to) || (parted && choose_param(fl, &parted, to)) || choose_ends(fl, to);
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

int choose_found(struct flow *fl, int (*what)(struct flow *fl, const struct found *found, ir_ref *to))
{
	struct ir_fn *f = fl->f;
	struct found found = { 0 };
	find_choices(fl, &found);
	if (!found.n && !has_objects(fl))
		return 0;
	uint32_t before = f->nins;
	ir_ref *to = arena_array(fl->u->arena, ir_ref, before);
	fl->users = NULL;
	int done = what(fl, &found, to);
	fl->users = NULL;
	ir_ref *all = arena_array(fl->u->arena, ir_ref, f->nins);
	memcpy(all, to, sizeof(*to) * before);
	if (done)
		ir_rename(f, all);
	return done;
}

int choose_known(struct flow *fl)
{
	return choose_found(fl, choose);
}

/* One of few tables or functions, of which something is done that has nothing to do with which it is. */
static bool may_open(struct choice *c, struct flow *fl, ir_ref index)
{
	return choose_table(c, fl, index) && !choose_all_plain(c) && c->n <= MOST_ARMS;
}

/* Is there one whose values meet? It comes first, for it may tell of others. */
static bool has_plain(struct flow *fl, const struct found *found)
{
	struct choice c;
	for (uint32_t i = 0; i < found->n; i++)
		if (choose_table(&c, fl, found->r[i]) && choose_all_plain(&c) && are_few(&c))
			return true;
	return false;
}

static int open_one(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	if (has_plain(fl, found))
		return 0;
	for (uint32_t i = 0; i < found->n; i++) {
		bool few = may_open(&c, fl, found->r[i]);
		if (!few && (!choose_table(&c, fl, found->r[i]) || !sorts_are_mixed(&c)))
			continue;
		to[c.index] = few ? choose_value(&c) : sorts_open(&c);
		return 1;
	}
	return 0;
}

int choose_arms(struct flow *fl)
{
	return fl->u->ways ? choose_found(fl, open_one) : 0;
}

bool choose_may_open(struct flow *fl)
{
	struct choice c;
	struct found found = { 0 };
	find_choices(fl, &found);
	for (uint32_t i = 0; i < found.n; i++)
		if (may_open(&c, fl, found.r[i]) || (choose_table(&c, fl, found.r[i]) && sorts_are_mixed(&c)))
			return true;
	return false;
}

int choose_waiting(struct flow *fl)
{
	fl->any_key = true;
	int done = choose_known(fl);
	fl->any_key = false;
	return done;
}

uint32_t choose_different(const struct choice *c, uint32_t most)
{
	const pg_value **seen = arena_array(c->fl->u->scratch, const pg_value *, most + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->n && n <= most; i++) {
		uint32_t same = 0;
		while (same < n && !ir_same_value(seen[same], c->pairs[i].value))
			same++;
		if (same == n)
			seen[n++] = c->pairs[i].value;
	}
	return n;
}

static bool all_ints(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->pairs[i].key->kind != PG_INT)
			return false;
	return true;
}

uint32_t choose_most_keys(const struct choice *c)
{
	return c->ints ? MANY_INTS : all_ints(c) ? MANY_MAYBE : MANY_OTHERS;
}

static int copy_many(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	for (uint32_t i = 0; i < found->n; i++) {
		if (!choose_table(&c, fl, found->r[i]) || c.n <= MAX_USES || c.n > choose_most_keys(&c) ||
		    choose_all_plain(&c) || choose_different(&c, MANY_VALUES) > MANY_VALUES)
			continue;
		c.many = true;
		if (choose_uses(&c, to))
			return 1;
	}
	return 0;
}

int choose_many(struct flow *fl)
{
	return choose_found(fl, copy_many);
}

/* A pattern or a format is one of more texts than are compared otherwise. Texts as keys are numbered first. */
static int open_asked(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	const bool *asked = ways_find_asked(fl);
	for (uint32_t i = 0; asked && i < found->n; i++) {
		if (!asked[found->r[i]] || !choose_table(&c, fl, found->r[i]) || !c.n || !choose_all_plain(&c) ||
		    choose_different(&c, MANY_VALUES) > MANY_VALUES)
			continue;
		if (all_ints(&c) && c.n <= choose_most_keys(&c))
			to[c.index] = choose_value(&c);
		else
			sorts_number_values(&c);
		return 1;
	}
	return 0;
}

int choose_asked(struct flow *fl)
{
	return choose_found(fl, open_asked);
}
