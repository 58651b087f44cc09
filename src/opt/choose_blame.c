/*
 * choose_blame.c - which operand Lua complains of, where several of a calculation or a concatenation may be wrong: the first
 * one that is, in the order in which it looks at them. Where one is surely wrong, those before it are asked for at run time:
 *
 *   b + t, t = {}       nil b ?      ->  raise "attempt to perform arithmetic on a nil value (local 'b')"
 *                       a boolean ?  ->  raise "attempt to perform arithmetic on a boolean value (local 'b')"
 *                       else         ->  raise "attempt to perform arithmetic on a table value (local 't')"
 *
 * Of two operands it looks at the left one first; of what is put together at the last but one, the last, and from there on to
 * the left. With a text it calculates by what `string` has for that, which says so in other words.
 */
#include "opt/choose.h"

#define ARITHMETIC "perform arithmetic on"
#define BITWISE    "perform bitwise operation on"
#define NUMBER     CHOOSE_NUMBER
#define ADDRESS    (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))
#define ASKED      (NUMBER | IR_FALSY | IR_BIT(IR_TRUE) | ADDRESS)   /* told apart at run time */
#define PLAIN      (ASKED | IR_BIT(IR_REC) | IR_BIT(IR_FUNC))        /* without metamethods but those of texts */

const struct operation choose_operations[IR_NOPS] = {
	[IRO(call)] = { "call", 0, true },         [IRO(index)] = { "index", IR_ALL_STRINGS, true },
	[IRO(setindex)] = { "index", IR_ALL_STRINGS, true }, [IRO(self)] = { "index", IR_ALL_STRINGS },
	[IRO(branch)] = { .copied = true },        [IRO(not)] = { .copied = true },
	[IRO(eq)] = { .copied = true },            [IRO(pi)] = { .copied = true },
	[IRO(len)] = { "get length of", IR_ALL_STRINGS, true },
	[IRO(concat)] = { "concatenate", NUMBER },
	[IRO(add)] = { ARITHMETIC, NUMBER, true, "add" }, [IRO(sub)] = { ARITHMETIC, NUMBER, true, "sub" },
	[IRO(mul)] = { ARITHMETIC, NUMBER, true, "mul" }, [IRO(mod)] = { ARITHMETIC, NUMBER, true, "mod" },
	[IRO(idiv)] = { ARITHMETIC, NUMBER, true, "idiv" }, [IRO(unm)] = { ARITHMETIC, NUMBER, true, "unm" },
	[IRO(band)] = { BITWISE, NUMBER, true },   [IRO(bor)] = { BITWISE, NUMBER, true },
	[IRO(bxor)] = { BITWISE, NUMBER, true },   [IRO(shl)] = { BITWISE, NUMBER, true },
	[IRO(shr)] = { BITWISE, NUMBER, true },    [IRO(bnot)] = { BITWISE, NUMBER, true },
};

bool choose_takes_no_table(enum ir_op op)
{
	const struct operation *o = &choose_operations[op];
	return o->copied && o->what && !(o->good & IR_BIT(IR_STR) && !(o->good & IR_BIT(IR_INT)));
}

/* ---- what operands may be ---- */

static uint64_t kinds_coming(const struct choice *c, ir_ref v, bool *seen);

static uint64_t kinds_of_param(const struct choice *c, const struct ir_ins *i, bool *seen)
{
	const struct ir_block *k = ir_block(c->f, i->block);
	uint64_t kinds = 0;
	if (i->block == 1 || share_is_entry(c->f, i->block))
		return IR_BIT(IR_PENDING);
	for (uint32_t p = 0; p < k->npreds; p++)
		kinds |= kinds_coming(c, ir_pred_edge(c->f, &k->preds[p])->args[i->aux], seen);
	return kinds;
}

/* What is calculated is a number, and what is put together a text, or there was an error: `n = n + t[k]` in a loop. */
static uint64_t kinds_coming(const struct choice *c, ir_ref v, bool *seen)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (!type_is_pending(&i->type))
		return i->type.kinds ? i->type.kinds : IR_BIT(IR_PENDING);
	if (i->op == IRO(concat))
		return IR_BIT(IR_TEXT);
	if (choose_operations[i->op].good == NUMBER)
		return IR_BIT(IR_INT);
	if (i->op == IRO(pi))
		return kinds_coming(c, i->args[0], seen) & ((uint64_t)i->imm | IR_BIT(IR_PENDING));
	if (i->op != IRO(param))
		return IR_BIT(IR_PENDING);
	if (seen[v])
		return 0;
	seen[v] = true;
	return kinds_of_param(c, i, seen);
}

uint64_t choose_kinds(const struct choice *c, ir_ref v)
{
	uint64_t kinds = ir_at(c->f, v)->type.kinds;
	if (!(kinds & IR_BIT(IR_PENDING)))
		return kinds;
	struct arena_mark mark = arena_mark(c->fl->u->scratch);
	uint64_t coming = kinds_coming(c, v, arena_array(c->fl->u->scratch, bool, c->f->nins));
	arena_release(c->fl->u->scratch, mark);
	return coming && !(coming & IR_BIT(IR_PENDING)) ? coming : kinds;
}

const uint64_t *blame_kinds(struct choice *c, ir_ref r)
{
	const struct ir_ins *i = ir_at(c->f, r);
	uint64_t *kinds = arena_array(c->fl->u->arena, uint64_t, i->nargs);
	for (uint32_t a = 0; a < i->nargs; a++)
		kinds[a] = choose_kinds(c, i->args[a]);
	return kinds;
}

bool choose_is_all(const struct choice *c, ir_ref v, uint64_t kinds)
{
	const uint64_t is = choose_kinds(c, v);
	return is && !(is & ~kinds);
}

static bool is_plain(const struct choice *c, ir_ref v)
{
	const pg_value *k = ir_at(c->f, v)->type.k;
	return choose_is_all(c, v, PLAIN) || (k && choose_bare(k));
}

/* ---- the order ---- */

/* The operand at which Lua looks as number n, from 0 on. */
static uint32_t looked_at(const struct ir_ins *i, uint32_t n)
{
	return i->op != IRO(concat) ? n : n < 2 ? i->nargs - 2 + n : i->nargs - 1 - n;
}

/* The one that operand a is calculated or put together with; nargs: none, or a text that was put together before. */
static uint32_t beside(const struct ir_ins *i, uint32_t a)
{
	const uint32_t first = i->op == IRO(concat) ? i->nargs - 2 : 0;
	return i->nargs < 2 || a < first ? i->nargs : a == first ? first + 1 : first;
}

/* What is not complained of, texts that numbers are calculated with aside. */
static uint64_t right(enum ir_op op)
{
	return choose_operations[op].sum || op == IRO(concat) ? NUMBER : IR_BIT(IR_INT) | IR_BIT(IR_FLOAT);
}

bool blame_told(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	const struct operation *o = &choose_operations[i->op];
	const uint32_t other = beside(i, a);
	for (uint32_t n = 0; looked_at(i, n) != a; n++)
		if (!choose_is_all(c, i->args[looked_at(i, n)], ASKED))
			return false;
	if (other == i->nargs)
		return true;
	const bool texts = o->sum && choose_kinds(c, i->args[other]) & IR_ALL_STRINGS;
	return texts ? choose_is_all(c, i->args[other], ASKED) : is_plain(c, i->args[other]);
}

uint32_t blame_first(struct choice *c, const struct ir_ins *i, const char *(*wrong)(struct choice *c, const struct ir_type *t))
{
	for (uint32_t n = 0; choose_operations[i->op].good == NUMBER && n < i->nargs; n++) {
		const uint32_t a = looked_at(i, n);
		if (wrong(c, &ir_at(c->f, i->args[a])->type))
			return blame_told(c, i, a) ? a : i->nargs;
	}
	return i->nargs;
}

/* ---- what is said ---- */

const char *blame_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *what, const char *kind)
{
	const bool native = flow_is_native(c->fl->u, i->site); /* no Lua function's: Lua has no names there */
	return arena_printf(c->fl->u->arena, "attempt to %s a %s value%s", what, kind,
			    ir_named(c->fl->u->arena, native ? NULL : ir_arg_name(i, a)));
}

const char *blame_next(const struct ir_unit *u, uint64_t *left, uint64_t *same)
{
	const char *kind = ir_kind_lua(u, ir_first_kind(*left));
	*same = 0;
	for (uint64_t k = *left; k; k &= k - 1)
		*same |= strcmp(ir_kind_lua(u, ir_first_kind(k)), kind) ? 0 : k & -k;
	*left &= ~*same;
	return kind;
}

ir_blk blame_ask(struct choice *c, ir_blk b, uint32_t site, ir_ref v, uint64_t kinds, ir_blk *such)
{
	ir_blk other = ir_block_new(c->f);
	*such = ir_block_new(c->f);
	ir_ref is = flow_emit(c->fl, b, site, IRO(isof), 1, &v);
	ir_at(c->f, is)->imm = (int64_t)kinds;
	ir_ref t = flow_emit(c->fl, b, site, IRO(branch), 1, &is);
	ir_succ(c->f, t, 0, *such, 0, NULL);
	ir_succ(c->f, t, 1, other, 0, NULL);
	return other;
}

/* What is said of operand a, of a kind that Lua calls so, where the one beside it is a text. */
static const char *sum_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *kind)
{
	return arena_printf(c->fl->u->arena, "attempt to %s a '%s' with a '%s'", choose_operations[i->op].sum, a ? "string" : kind,
			    a ? kind : "string");
}

/* Raises where operand `at`, of these kinds, is of a wrong one: `text`, or (NULL) Lua's of each. Returns where it goes on; 0: nowhere. */
static ir_blk raise_of(struct choice *c, ir_blk b, ir_ref r, uint32_t at, uint64_t kinds, uint64_t wrong, const char *text)
{
	const struct ir_ins i = *ir_at(c->f, r);
	for (uint64_t left = kinds & wrong, same; left;) {
		const char *kind = blame_next(c->fl->u, &left, &same);
		const bool all = !left && !(kinds & ~wrong);
		ir_blk such = b;
		b = all ? 0 : blame_ask(c, b, i.site, i.args[at], same, &such);
		flow_raise(c->fl, such, r, text ? text : blame_text(c, &i, at, choose_operations[i.op].what, kind));
	}
	return b;
}

void blame_raise(struct choice *c, ir_blk b, ir_ref r, const uint64_t *kinds, uint32_t a, const char *kind)
{
	const struct ir_ins i = *ir_at(c->f, r);
	const struct operation *o = &choose_operations[i.op];
	const uint32_t other = beside(&i, a);
	if (o->sum && other < i.nargs)
		b = raise_of(c, b, r, other, kinds[other], IR_ALL_STRINGS, sum_text(c, &i, a, kind));
	for (uint32_t n = 0; b && looked_at(&i, n) != a; n++)
		b = raise_of(c, b, r, looked_at(&i, n), kinds[looked_at(&i, n)], ASKED & ~right(i.op), NULL);
	if (b)
		flow_raise(c->fl, b, r, blame_text(c, &i, a, o->what, kind));
}
