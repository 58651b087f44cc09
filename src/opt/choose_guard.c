/*
 * choose_guard.c - what takes numbers and texts alone, given what a captured table holds beside tables and functions: where
 * it is one of these Lua's error is raised, and the others meet before it.
 *
 *   v < 5, v = T[k]     k == "c" ?  ->  raise "attempt to compare table with number"
 *                       k == "a" ?  ->  1   -\
 *                       k == "b" ?  ->  2   --+->  v2 < 5
 *                       else        ->  nil -/
 *
 * Which operand Lua complains of hangs on the others: nothing is done where that is not known.
 */
#include "opt/choose.h"

#define KNOWN (IR_ALL_STRINGS | IR_BIT(IR_INT) | IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_FLOAT) | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))

#define ORDERED (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT) | IR_ALL_STRINGS)

/* ---- is operand a complained of, if it is wrong? ---- */

typedef bool blamed(const struct choice *c, const struct ir_ins *i, uint32_t a);

static bool compare_blames(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	return choose_is_all(c, i->args[!a], KNOWN);
}

enum { INIT, LIMIT, STEP };
#define NUMBERS (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT))

/* Lua looks at the limit, the step, then the first value; where the last two are integers at whether the step is 0, then at the limit. */
static const uint32_t for_order[] = { LIMIT, STEP, INIT };

/* Does it surely look at the limit first? */
static bool for_limit_first(const struct choice *c, const struct ir_ins *i, uint64_t init_kinds, uint64_t step_kinds)
{
	const pg_value *step = ir_at(c->f, i->args[STEP])->type.k;
	return (step && step->kind == PG_INT && step->i) ||
	       !(init_kinds & step_kinds & IR_BIT(IR_INT));
}

static bool for_blames(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	for (uint32_t n = 0; for_order[n] != a; n++)
		if (!choose_is_all(c, i->args[for_order[n]], KNOWN))
			return false;
	return a != LIMIT || for_limit_first(c, i, choose_kinds(c, i->args[INIT]), choose_kinds(c, i->args[STEP])) ||
	       (choose_is_all(c, i->args[INIT], KNOWN) && choose_is_all(c, i->args[STEP], KNOWN));
}

/* math.max and math.min, which compare two. */
static bool call_blames(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	const struct ir_lib *row = ir_at(c->f, i->args[0])->type.row;
	bool two = i->nargs == 3 && a && !(i->aux & (IR_PADDED | IR_OPEN));
	return two && row && (!strcmp(row->name, "math.max") || !strcmp(row->name, "math.min")) &&
	       choose_is_all(c, i->args[3 - a], KNOWN & ~IR_ALL_STRINGS);
}

static blamed *const blames[IR_NOPS] = {
	[IRO(lt)] = compare_blames,    [IRO(le)] = compare_blames,  [IRO(concat)] = blame_told,
	[IRO(forskip)] = for_blames,   [IRO(forcount)] = for_blames, [IRO(call)] = call_blames,
};

/* ---- what Lua says ---- */

/* What is raised in C has no position. */
static void raise_text(struct choice *c, ir_blk b, ir_ref use, const char *text)
{
	struct ir_unit *u = c->fl->u;
	if (ir_at(c->f, use)->op != IRO(call)) {
		flow_raise(c->fl, b, use, text);
		return;
	}
	const pg_value *k = const_new(u, (pg_value){ .kind = PG_STR, .str = text, .n = (uint32_t)strlen(text) });
	flow_raise_value(c->fl, b, use, flow_const(c->fl, b, ir_at(c->f, use)->site, k));
}

/* `name` is on the right of the comparison, or on the left. */
static void raise_compared(struct choice *c, ir_blk b, ir_ref use, const uint64_t *kinds, uint32_t at, bool right, const char *name)
{
	struct ir_unit *u = c->fl->u;
	uint32_t site = ir_at(c->f, use)->site;
	const ir_ref other = ir_at(c->f, use)->args[at];
	for (uint64_t left = kinds[at], same; left;) {
		const char *with = blame_next(u, &left, &same);
		ir_blk such = b;
		b = left ? blame_ask(c, b, site, other, same, &such) : 0;
		raise_text(c, such, use, arena_printf(u->arena, "attempt to compare %s with %s", right ? with : name, right ? name : with));
	}
}

static const char *for_text(struct choice *c, uint32_t a, const char *kind)
{
	static const char *const operand[] = { "initial value", "limit", "step" };
	return arena_printf(c->fl->u->arena, "bad 'for' %s (number expected, got %s)", operand[a], kind);
}

/* The limit is wrong, unless the step turns out to be 0. */
static void raise_limit(struct choice *c, ir_blk b, ir_ref use, const char *text)
{
	const uint32_t site = ir_at(c->f, use)->site;
	for (uint32_t a = INIT; a <= STEP; a += STEP - INIT) {
		ir_blk ints;
		flow_raise(c->fl, blame_ask(c, b, site, ir_at(c->f, use)->args[a], IR_BIT(IR_INT), &ints), use, text);
		b = ints;
	}
	ir_ref step = flow_emit(c->fl, b, site, IRO(pi), 1, &ir_at(c->f, use)->args[STEP]);
	ir_at(c->f, step)->imm = IR_BIT(IR_INT);
	ir_ref none = flow_emit(c->fl, b, site, IRO(eq), 2, (ir_ref[]){ step, flow_const(c->fl, b, site, const_int(c->fl->u, 0)) });
	ir_ref t = flow_emit(c->fl, b, site, IRO(branch), 1, &none);
	ir_blk zero = ir_block_new(c->f), other = ir_block_new(c->f);
	ir_succ(c->f, t, 0, zero, 0, NULL);
	ir_succ(c->f, t, 1, other, 0, NULL);
	flow_raise(c->fl, zero, use, "'for' step is zero");
	flow_raise(c->fl, other, use, text);
}

/* One that is looked at before operand a may be wrong, too. */
static void raise_for(struct choice *c, ir_blk b, ir_ref use, const uint64_t *kinds, uint32_t a, const char *name)
{
	for (uint32_t n = 0; b && for_order[n] != a; n++) {
		const uint32_t at = for_order[n];
		for (uint64_t left = kinds[at] & ~NUMBERS, same; left;) {
			const char *kind = blame_next(c->fl->u, &left, &same);
			ir_blk such = b;
			b = left || kinds[at] & NUMBERS ? blame_ask(c, b, ir_at(c->f, use)->site, ir_at(c->f, use)->args[at], same, &such) : 0;
			flow_raise(c->fl, such, use, for_text(c, at, kind));
		}
	}
	if (b && a == LIMIT && !for_limit_first(c, ir_at(c->f, use), kinds[INIT], kinds[STEP]))
		raise_limit(c, b, use, for_text(c, a, name));
	else if (b)
		flow_raise(c->fl, b, use, for_text(c, a, name));
}

static void raise_wrong(struct choice *c, ir_blk b, ir_ref use, const uint64_t *kinds, uint32_t a, const pg_value *of)
{
	const char *name = choose_kind_name(c->fl->u, of);
	const struct ir_ins *i = ir_at(c->f, use);
	enum ir_op op = i->op;
	if (op == IRO(lt) || op == IRO(le))
		raise_compared(c, b, use, kinds, !a, a == 1, name);
	else if (op == IRO(call)) /* max asks whether the first is less, min whether the second is */
		raise_compared(c, b, use, kinds, 3 - a, (a == 2) == !strcmp(ir_at(c->f, i->args[0])->type.row->name, "math.max"), name);
	else if (op == IRO(concat))
		blame_raise(c, b, use, kinds, a, name);
	else
		raise_for(c, b, use, kinds, a, name);
}

/* ---- which ---- */

/* What no metamethod makes a number or a text of. */
static bool is_wrong(const pg_value *of)
{
	return choose_bare(of) || ir_kind_of(of->kind) == IR_FUNC;
}

/* The one operand that is derived; nargs: none is, or several are. */
static uint32_t derived_operand(struct choice *c, const struct ir_ins *i)
{
	uint32_t at = i->nargs;
	for (uint32_t a = 0; a < i->nargs; a++)
		if (choose_derived(c, i->args[a])) {
			if (at < i->nargs)
				return i->nargs;
			at = a;
		}
	return at;
}

bool choose_guards(struct choice *c, ir_ref use)
{
	const struct ir_ins *i = ir_at(c->f, use);
	uint32_t a = blames[i->op] ? derived_operand(c, i) : i->nargs;
	if (a == i->nargs || !blames[i->op](c, i, a) || choose_tables_alone(c, i->args[a]))
		return false;
	for (uint32_t n = 0; n < c->n; n++) {
		const pg_value *of = choose_value_in(c, i->args[a], c->pairs[n].value);
		if (!choose_stops(c, i->args[a], c->pairs[n].value) && (!of || !(choose_plain(of) || is_wrong(of))))
			return false;
	}
	return true;
}

ir_ref choose_guarded(struct choice *c, ir_ref use, const uint64_t *kinds)
{
	uint32_t a = derived_operand(c, ir_at(c->f, use)), site = ir_at(c->f, use)->site;
	ir_ref v = ir_at(c->f, use)->args[a];
	ir_blk rest = choose_open(c, use), meet = ir_block_new(c->f);
	ir_remove(c->f, use);
	ir_ref all = ir_param_add(c->f, rest), plain = ir_param_add(c->f, meet);
	for (uint32_t i = 0; i < c->narms; i++) {
		ir_blk b = c->arms[i].block;
		const char *error = choose_stops(c, v, c->arms[i].value);
		const pg_value *of = choose_value_in(c, v, c->arms[i].value);
		if (error)
			flow_raise(c->fl, b, use, error);
		else if (choose_plain(of))
			choose_meet(c, b, meet, flow_const(c->fl, b, site, of));
		else
			raise_wrong(c, b, use, kinds, a, of);
	}
	ir_ref r = choose_copy(c, meet, use);
	ir_at(c->f, r)->args[a] = plain;
	if (ir_at(c->f, r)->op == IRO(call)) {
		r = flow_emit(c->fl, meet, site, IRO(several), 1, &r);
		ir_at(c->f, r)->aux = IR_OPEN;
	}
	choose_meet(c, meet, rest, r);
	return all;
}

/* ---- what is surely wrong ---- */

bool choose_orders(const struct choice *c, const struct ir_ins *i, uint32_t other)
{
	return (i->op == IRO(lt) || i->op == IRO(le)) && choose_is_all(c, i->args[other], ORDERED);
}

/* What stands for operand a in what Lua says, where it is surely a table or a function, or nil or a truth beside what has an order or of
 * a loop; else NULL. */
static const pg_value *surely_wrong(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	static const pg_value function = { .kind = PG_FUNC };
	const struct ir_type *t = &ir_at(c->f, i->args[a])->type;
	if (t->kinds == IR_BIT(IR_REC))
		return &choose_made;
	if (t->kinds == IR_BIT(IR_FUNC))
		return &function;
	if (i->op != IRO(forskip) && !choose_orders(c, i, !a))
		return NULL;
	if (t->k && choose_bare(t->k))
		return &choose_made;
	return t->kinds == IR_BIT(IR_NIL) ? &const_nil : t->kinds && !(t->kinds & ~IR_BOOL) ? &const_true : NULL;
}

uint32_t choose_blamed(struct choice *c, ir_ref r)
{
	const struct ir_ins *i = ir_at(c->f, r);
	for (uint32_t a = 0; blames[i->op] && a < i->nargs; a++)
		if (surely_wrong(c, i, a) && blames[i->op](c, i, a))
			return a;
	return i->nargs;
}

void choose_blame(struct choice *c, ir_blk b, ir_ref r, const uint64_t *kinds, uint32_t a)
{
	raise_wrong(c, b, r, kinds, a, surely_wrong(c, ir_at(c->f, r), a));
}
