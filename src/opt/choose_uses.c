/*
 * choose_uses.c - what uses a table or function that is one of few is copied under comparisons, into arms in which it
 * is known: a call, a further index, a test. `handlers[ip.proto](pkt)` is a switch.
 *
 *   t = T[k]            k == 6 ?  ->  call f(pkt)   -\
 *   call t(pkt)         k == 17 ? ->  call g(pkt)   --+-> ...
 *                       else      ->  raise           /
 */
#include "core/mutant.h"
#include "opt/choose.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/passes.h"

#define ARITHMETIC "perform arithmetic on"
#define BITWISE    "perform bitwise operation on"
#define NUMBER     (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT) | IR_ALL_STRINGS)

const pg_value *choose_value_in(const struct choice *c, ir_ref v, const pg_value *value)
{
	struct ir_unit *u = c->fl->u;
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return value;
	const pg_value *of = choose_value_in(c, i->args[0], value);
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

/* Is it read of what may be a map or a state? It is read once, where that stands: before what is written behind it. */
static bool is_read_once(const struct choice *c, ir_ref v)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *of = choose_value_in(c, ir_at(c->f, v)->args[0], c->pairs[i].value);
		if (of && of->kind == PG_MAP)
			return true;
	}
	return false;
}

/* Is v the look-up, or a test, field or method of it? */
static bool follows(const struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return true;
	if (i->op == IRO(index) && !ir_at(c->f, i->args[1])->type.k)
		return false;
	return (i->op == IRO(index) || i->op == IRO(self) || i->op == IRO(pi)) && follows(c, i->args[0]) &&
	       !(i->op == IRO(index) && is_read_once(c, v));
}

/* Something plain in every arm in which it is had: the arms can meet behind it. */
static bool meets(struct choice *c, ir_ref v)
{
	if (ir_at(c->f, v)->op == IRO(self))
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		if (choose_stops(c, v, c->pairs[i].value))
			continue;
		const pg_value *k = choose_value_in(c, v, c->pairs[i].value);
		if (k ? !choose_plain(k) : ir_at(c->f, v)->op == IRO(index))
			return false;
	}
	return true;
}

/* Copied into the arms together with what uses it. */
bool choose_derived(struct choice *c, ir_ref v)
{
	return v == c->index || (follows(c, v) && !meets(c, v));
}

/* What copies may be made of, and for which kinds of operands that are no objects; what Lua says of others. */
struct operation {
	const char *what;
	uint64_t good;
	bool copied;
	const char *sum;       /* what Lua calls it where a text is an operand */
};

static const struct operation operations[IR_NOPS] = {
	[IRO(call)] = { "call", 0, true },         [IRO(index)] = { "index", IR_ALL_STRINGS, true },
	[IRO(setindex)] = { "index", IR_ALL_STRINGS, true },
	[IRO(branch)] = { .copied = true },        [IRO(not)] = { .copied = true },
	[IRO(eq)] = { .copied = true },            [IRO(pi)] = { .copied = true },
	[IRO(len)] = { "get length of", IR_ALL_STRINGS, true },
	[IRO(add)] = { ARITHMETIC, NUMBER, true, "add" }, [IRO(sub)] = { ARITHMETIC, NUMBER, true, "sub" },
	[IRO(mul)] = { ARITHMETIC, NUMBER, true, "mul" }, [IRO(mod)] = { ARITHMETIC, NUMBER, true, "mod" },
	[IRO(idiv)] = { ARITHMETIC, NUMBER, true, "idiv" }, [IRO(unm)] = { ARITHMETIC, NUMBER, true, "unm" },
	[IRO(band)] = { BITWISE, NUMBER, true },   [IRO(bor)] = { BITWISE, NUMBER, true },
	[IRO(bxor)] = { BITWISE, NUMBER, true },   [IRO(shl)] = { BITWISE, NUMBER, true },
	[IRO(shr)] = { BITWISE, NUMBER, true },    [IRO(bnot)] = { BITWISE, NUMBER, true },
};

bool choose_takes_no_table(enum ir_op op)
{
	return operations[op].what && !(operations[op].good & IR_BIT(IR_STR) && !(operations[op].good & IR_BIT(IR_INT)));
}

static bool may_copy(enum ir_op op)
{
	return operations[op].copied;
}

/* The error of v, which is derived, if it fails by itself when the look-up gave `value`: then it does so where it
 * is, before what is evaluated between it and its users. */
static const char *fails_with(struct choice *c, ir_ref v, const pg_value *value)
{
	if (v == c->index || ir_at(c->f, v)->op == IRO(pi) || choose_stops(c, ir_at(c->f, v)->args[0], value))
		return NULL;
	return choose_stops(c, v, value);
}

static bool fails_first(struct choice *c, ir_ref v)
{
	bool fails = fails_with(c, v, &const_nil);
	for (uint32_t i = 0; i < c->n; i++)
		fails |= fails_with(c, v, c->pairs[i].value) != NULL;
	return fails;
}

/* Its place in the web; web->n: it is not in it. */
uint32_t choose_place(const struct web *web, ir_ref param)
{
	uint32_t i = 0;
	while (i < web->n && web->params[i] != param)
		i++;
	return i;
}

/* Is v a number, though nothing is known of it yet? What comes of arithmetic is one, or there was an error: `n = n + t[k]` in
 * a loop. */
static bool is_summed(const struct choice *c, ir_ref v, bool *seen)
{
	const struct ir_fn *f = c->f;
	const struct ir_ins *i = ir_at(f, v);
	if (!type_is_pending(&i->type))
		return i->type.kinds == IR_BIT(IR_INT);
	if (operations[i->op].good == NUMBER || seen[v])
		return true;
	if (i->op != IRO(param) || i->block == 1 || share_is_entry(f, i->block))
		return false;
	seen[v] = true;
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (!is_summed(c, ir_pred_edge(f, &k->preds[p])->args[i->aux], seen))
			return false;
	return true;
}

uint64_t choose_kinds(const struct choice *c, ir_ref v)
{
	uint64_t kinds = ir_at(c->f, v)->type.kinds;
	if (!(kinds & IR_BIT(IR_PENDING)))
		return kinds;
	struct arena_mark mark = arena_mark(c->fl->u->scratch);
	bool summed = is_summed(c, v, arena_array(c->fl->u->scratch, bool, c->f->nins));
	arena_release(c->fl->u->scratch, mark);
	return summed ? IR_BIT(IR_INT) : kinds;
}

/* Is a wrong operand what Lua complains of, whatever the other one is? The first one that is no number, and in other words
 * where one is a text. */
static bool other_is_number(struct choice *c, const struct ir_ins *i)
{
	for (uint32_t a = 0; a < i->nargs && i->nargs == 2 && operations[i->op].good == NUMBER; a++) {
		uint64_t other = choose_kinds(c, i->args[!a]);
		if (choose_derived(c, i->args[a]) && (choose_derived(c, i->args[!a]) || other & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT)) ||
					       (a && other != IR_BIT(IR_INT))))
			return false;
	}
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

/* A name that `string` has not gives nil of a text. */
static const pg_value *found_in(struct choice *c, ir_ref v, const pg_value *value)
{
	struct ir_unit *u = c->fl->u;
	const struct ir_ins *i = ir_at(c->f, v);
	const pg_value *known = choose_value_in(c, v, value), *of;
	pg_value out;
	if (known || i->op != IRO(index) || !(of = choose_value_in(c, i->args[0], value)) || of->kind != PG_STR)
		return known;
	const pg_value *key = ir_at(c->f, i->args[1])->type.k;
	if (key && !infer_text_has(c->fl, key))
		return &const_nil;
	return key && u->source->text && !u->source->text(u, key, &out) && out.kind != PG_HOST ? const_new(u, out) : NULL;
}

/* May the look-up v, which is derived, raise or not, and that is not known here? */
static bool is_doubtful(struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	bool doubtful = false;
	for (uint32_t n = 0; v != c->index && i->op == IRO(index) && n < c->n; n++) {
		const pg_value *value = c->pairs[n].value, *of = found_in(c, i->args[0], value);
		doubtful |= !choose_stops(c, v, value) && (!of || (of->kind == PG_TABLE && !choose_value_in(c, v, value)));
	}
	return doubtful;
}

bool choose_find_uses(struct choice *c, struct uses *out, struct uses *fail)
{
	struct ir_fn *f = c->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			bool uses = false;
			for (uint32_t a = 0; a < i->nargs; a++)
				uses |= choose_derived(c, i->args[a]);
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					if (choose_derived(c, i->succ[s].args[a]) && !choose_goes_on(c, &i->succ[s], a))
						return false;
			if (choose_derived(c, r) && is_doubtful(c, r))
				return false;
			if (choose_derived(c, r) && fails_first(c, r))
				arena_push(c->fl->u->arena, fail->v, fail->n, fail->cap, r);
			if (!uses || choose_derived(c, r))
				continue;
			if (!(choose_guards(c, r) || (may_copy(i->op) && other_is_number(c, i))) || used_before(c, r))
				return false;
			arena_push(c->fl->u->arena, out->v, out->n, out->cap, r);
		}
	return true;
}

ir_ref choose_copy(struct choice *c, ir_blk b, ir_ref r)
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
	ir_ref r = choose_copy(c, b, v);
	ir_at(c->f, r)->args[0] = of;
	return r;
}

const char *choose_kind_name(const struct ir_unit *u, const pg_value *of)
{
	return of->kind == PG_TABLE ? "table" : ir_kind_lua(u, ir_kind_of(of->kind));
}

bool choose_bare(const pg_value *of)
{
	return of->kind == PG_TABLE && !of->n;
}

bool choose_tables_alone(struct choice *c, ir_ref v)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *of = choose_value_in(c, v, c->pairs[i].value);
		if (of && of->kind != PG_TABLE && of->kind != PG_NIL)
			return false;
	}
	return true;
}

/* "attempt to perform arithmetic on a nil value (local 'v')": what cannot be done to operand a. */
static const char *kind_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *what, const char *kind)
{
	const bool native = flow_is_native(c->fl->u, i->site); /* no Lua function's: Lua has no names there */
	return arena_printf(c->fl->u->arena, "attempt to %s a %s value%s", what, kind,
			    ir_named(c->fl->u->arena, native ? NULL : ir_arg_name(i, a)));
}

/* The same where it is `of`. */
static const char *operand_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *what, const pg_value *of)
{
	return kind_text(c, i, a, what, choose_kind_name(c->fl->u, of));
}

const char *choose_failure_text(struct choice *c, const struct ir_ins *i, const char *what, const pg_value *of)
{
	return operand_text(c, i, 0, what, of);
}

/* Has it no fields whatever the name? */
static bool is_fieldless(const pg_value *of)
{
	return of->kind <= PG_FLOAT || ir_kind_of(of->kind) == IR_FUNC;
}

const char *choose_index_failure(struct choice *c, const struct ir_ins *i, const pg_value *of)
{
	if (!ir_is_half(ir_at(c->f, i->args[1])->type.k))
		return is_fieldless(of) ? choose_failure_text(c, i, "index", of) : NULL;
	return of->kind == PG_TABLE || of->kind == PG_MAP ? NULL
		: arena_printf(c->fl->u->arena, IR_NO_TABLE, choose_kind_name(c->fl->u, of));
}

/* The error in the arm where the look-up gave `value`, if v is not had there: nil is indexed on the way, or
 * the arm is one that a test before has ruled out (then it is never raised). */
const char *choose_stops(struct choice *c, ir_ref v, const pg_value *value)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return NULL;
	const char *before = choose_stops(c, i->args[0], value);
	const pg_value *of = found_in(c, i->args[0], value);
	if (before || !of)
		return before;
	if (i->op == IRO(pi))
		return (uint64_t)i->imm & IR_BIT(ir_kind_of(of->kind)) ? NULL : choose_failure_text(c, i, "use", of);
	return choose_index_failure(c, i, of);
}

/* How many of the first operands it is done to. */
static uint32_t operands(const struct ir_ins *i)
{
	return operations[i->op].good == NUMBER ? i->nargs : operations[i->op].what ? 1 : 0;
}

/* Without a digit no text is a number. */
static bool is_no_number(const pg_value *v)
{
	for (uint32_t i = 0; v->kind == PG_STR && i < v->n; i++)
		if (v->str[i] >= '0' && v->str[i] <= '9')
			return false;
	return v->kind == PG_STR;
}

/* Does pairs go over what it indexes? */
static bool goes_over(const struct choice *c, const struct ir_ins *i)
{
	return i->op == IRO(index) && ir_is_half(ir_at(c->f, i->args[1])->type.k);
}

/* The error where operand a is a constant that this cannot be done to. What may be done to it by a metamethod is not
 * judged here. */
static const char *operand_fails(struct choice *c, const struct ir_ins *i, uint32_t a, const pg_value *of)
{
	const struct operation *o = &operations[i->op];
	bool address = of && (of->kind == PG_IP4 || of->kind == PG_IP6 || of->kind == PG_MAC);
	if (of && !a && goes_over(c, i))
		return choose_index_failure(c, i, of);
	if (of && choose_bare(of) && o->what && o->good != IR_ALL_STRINGS &&
	    (c->fl->u->sites[i->site].parted || !choose_tables_alone(c, i->args[a])))
		return operand_text(c, i, a, o->what, of);
	if (!of || of->kind == PG_TABLE || (address && o->good == IR_ALL_STRINGS) || (ir_kind_of(of->kind) == IR_FUNC && i->op == IRO(call)))
		return NULL;
	if (o->sum && is_no_number(of) && i->nargs > 1 && ir_at(c->f, i->args[!a])->type.kinds != IR_BIT(IR_INT))
		return NULL; /* it is refused */
	if (o->sum && is_no_number(of))
		return arena_printf(c->fl->u->arena, "attempt to %s a '%s' with a '%s'", o->sum,
				    a ? "number" : "string", a || i->nargs < 2 ? "string" : "number");
	bool fits = choose_plain(of) || of->kind == PG_FLOAT ? o->good & IR_BIT(ir_kind_of(of->kind))
							     : ir_kind_of(of->kind) != IR_FUNC;
	return fits && !(o->good == NUMBER && is_no_number(of)) ? NULL : operand_text(c, i, a, o->what, of);
}

/* Likewise for what uses such values. */
static const char *use_stops(struct choice *c, ir_ref use, const pg_value *value)
{
	const struct ir_ins *i = ir_at(c->f, use);
	if (follows(c, use))
		return choose_stops(c, use, value);
	const char *text = NULL;
	for (uint32_t a = 0; a < i->nargs && !text; a++)
		text = choose_derived(c, i->args[a]) ? choose_stops(c, i->args[a], value) : NULL;
	for (uint32_t a = 0; a < operands(i) && !text; a++)
		if (choose_derived(c, i->args[a]))
			text = operand_fails(c, i, a, choose_value_in(c, i->args[a], value));
	return text;
}

/* Is it nil as ("text")[1] is, whichever the number? */
static bool finds_nothing(struct choice *c, const struct ir_ins *i, const pg_value *value)
{
	if (i->op != IRO(index) || !choose_derived(c, i->args[0]) || type_is_pending(&ir_at(c->f, i->args[1])->type))
		return false;
	const pg_value *of = choose_value_in(c, i->args[0], value);
	return of && of->kind == PG_STR && infer_text_lacks_any(c->fl, i->args[1]);
}

static ir_ref copy_use(struct choice *c, ir_blk b, ir_ref use, const pg_value *value)
{
	ir_ref k = choose_make(c, b, ir_at(c->f, use)->site, value);
	ir_ref *args = arena_copy(c->fl->u->arena, ir_at(c->f, use)->args,
				  sizeof(*args) * ir_at(c->f, use)->nargs);
	for (uint32_t a = 0; a < ir_at(c->f, use)->nargs; a++)
		if (choose_derived(c, args[a]))
			args[a] = copy_derived(c, b, args[a], k);
	ir_ref r = choose_copy(c, b, use);
	ir_at(c->f, r)->args = args;
	return r;
}

/* Returns what stands for the use, or 0. */
static ir_ref choose_use(struct choice *c, ir_ref use)
{
	if (choose_guards(c, use))
		return choose_guarded(c, use);
	ir_blk rest = choose_open(c, use);
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
		ir_ref r = finds_nothing(c, ir_at(c->f, use), c->arms[i].value)
			? flow_const(c->fl, b, ir_at(c->f, use)->site, &const_nil)
			: copy_use(c, b, use, c->arms[i].value);
		if (ir_at(c->f, r)->op == IRO(call)) {
			r = flow_emit(c->fl, b, ir_at(c->f, r)->site, IRO(several), 1, &r);
			ir_at(c->f, r)->aux = IR_OPEN;
		}
		if (rest)
			choose_meet(c, b, rest, gives ? r : 0);
	}
	return all;
}

/* Raises before v where v fails. */
static void choose_failure(struct choice *c, ir_ref v)
{
	ir_blk rest = choose_open(c, v);
	for (uint32_t i = 0; i < c->narms; i++) {
		const char *error = fails_with(c, v, c->arms[i].value);
		if (error)
			flow_raise(c->fl, c->arms[i].block, v, error);
		else
			choose_meet(c, c->arms[i].block, rest, 0);
	}
}

/* Drops the look-up and what was derived from it: all their users are copies now. */
static void drop_derived(struct choice *c)
{
	for (ir_ref r = 1; r < c->f->nins; r++)
		if (ir_at(c->f, r)->block && r != c->index && choose_derived(c, r))
			ir_remove(c->f, r);
	if (ir_at(c->f, c->index)->op != IRO(param))
		ir_remove(c->f, c->index);
}

void choose_copy_uses(struct choice *c, const struct uses *uses, const struct uses *fail, ir_ref *to)
{
	c->fl->u->chose = true;
	for (uint32_t i = 0; i < fail->n; i++)
		choose_failure(c, fail->v[i]);
	for (uint32_t i = 0; i < uses->n; i++)
		to[uses->v[i]] = choose_use(c, uses->v[i]);
	drop_derived(c);
}

bool choose_uses(struct choice *c, ir_ref *to)
{
	struct uses uses = { 0 }, fail = { 0 };
	if ((c->n > MAX_USES && !c->many) || !choose_find_uses(c, &uses, &fail))
		return false;
	choose_copy_uses(c, &uses, &fail, to);
	return true;
}

/* ---- what has copies for each of several objects ---- */

const pg_value choose_made = { .kind = PG_TABLE };

static bool is_made(const struct choice *c, ir_ref v)
{
	return ir_at(c->f, v)->type.kinds == IR_BIT(IR_REC);
}

/* The parameters that a number came by, and how many values were looked at. */
struct sum {
	ir_ref by[8];
	uint32_t n, steps;
};

static bool is_sum(const struct ir_fn *f, ir_ref v, struct sum *sum);

/* Has it no metamethod that calculates, as what a captured table has may? */
static bool is_without(const struct ir_fn *f, ir_ref v, struct sum *sum)
{
	const uint64_t none = NUMBER | IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_REC);
	const struct ir_type *t = &ir_at(f, v)->type;
	return (t->kinds && !(t->kinds & ~none)) || is_sum(f, v, sum);
}

static bool is_param_sum(const struct ir_fn *f, ir_ref v, struct sum *sum)
{
	const struct ir_ins *i = ir_at(f, v);
	for (uint32_t k = 0; k < sum->n; k++)
		if (sum->by[k] == v)
			return true;
	if (i->block == 1 || sum->n == sizeof sum->by / sizeof *sum->by)
		return false;
	sum->by[sum->n++] = v;
	for (uint32_t p = 0; p < ir_block(f, i->block)->npreds; p++)
		if (!is_sum(f, ir_pred_edge(f, &ir_block(f, i->block)->preds[p])->args[i->aux], sum))
			return false;
	return true;
}

/* Is it surely a number, as what a loop adds up is, though nothing is known of it yet? */
static bool is_sum(const struct ir_fn *f, ir_ref v, struct sum *sum)
{
	v = ir_untested(f, v);
	const struct ir_ins *i = ir_at(f, v);
	if (i->type.kinds == IR_BIT(IR_INT))
		return true;
	if (++sum->steps > 64)
		return false;
	if (i->op == IRO(param))
		return is_param_sum(f, v, sum);
	for (uint32_t a = 0; operations[i->op].good == NUMBER && a < i->nargs; a++)
		if (!is_without(f, i->args[a], sum))
			return false;
	return operations[i->op].good == NUMBER;
}

/* What Lua says of a table made in the function that is called, or calculated with; NULL: nothing, or the other operand may be
 * what is wrong. */
static const char *made_fails(struct choice *c, const struct ir_ins *i)
{
	const struct operation *o = &operations[i->op];
	if (i->op == IRO(call))
		return is_made(c, i->args[0]) ? operand_text(c, i, 0, o->what, &choose_made) : NULL;
	if ((i->op == IRO(lt) || i->op == IRO(le)) && is_made(c, i->args[0]) && is_made(c, i->args[1]))
		return "attempt to compare two table values";
	for (uint32_t a = 0; o->good == NUMBER && a < i->nargs; a++) {
		const uint64_t others = IR_BIT(IR_INT) | (a ? 0 : IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_REC));
		const uint64_t other = i->nargs > 1 ? ir_at(c->f, i->args[!a])->type.kinds : others;
		struct sum sum = { .n = 0 };
		if (is_made(c, i->args[a]) && ((other && !(other & ~others)) || is_sum(c->f, i->args[!a], &sum)))
			return operand_text(c, i, a, o->what, &choose_made);
	}
	return NULL;
}

/* Something that it always is, as far as errors name it; NULL: it may be one thing or another, or (but where pairs goes over it) a
 * text. */
static const pg_value *sample(struct ir_unit *u, const struct ir_type *t, bool gone_over)
{
	if (MUTANT(may_is_must) && t->kinds & IR_BIT(IR_NIL))
		return &const_nil;
	if (t->kinds == IR_BIT(IR_FUNC))
		return const_new(u, (pg_value){ .kind = PG_FUNC });
	if (t->k && choose_bare(t->k))
		return t->k;
	if (gone_over && t->kinds && !(t->kinds & ~IR_ALL_STRINGS))
		return const_new(u, (pg_value){ .kind = PG_STR, .str = "" });
	if (!t->kinds || type_is_pending(t) || t->kinds & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT)))
		return NULL;
	return t->kinds == IR_BIT(IR_NIL) ? &const_nil : t->kinds == IR_BIT(IR_INT) ? const_int(u, 0)
		: t->kinds & (IR_BIT(IR_NIL) | IR_BIT(IR_INT)) ? NULL : &const_true;
}

/* The same of a turn of a loop: what it calls is no function, or pairs goes over what is no table. */
static const char *turn_fails(struct choice *c, const struct ir_ins *turn)
{
	const struct ir_type *callee = &ir_at(c->f, turn->args[0])->type;
	const bool table = is_made(c, turn->args[0]) || (callee->k && choose_bare(callee->k));
	const pg_value *k = table ? &choose_made : sample(c->fl->u, callee, true);
	const pg_value *over = sample(c->fl->u, &ir_at(c->f, turn->args[1])->type, true);
	if (k && k->kind != PG_FUNC)
		return arena_printf(c->fl->u->arena, IR_NO_ITERATOR, choose_kind_name(c->fl->u, k));
	return callee->row && callee->row->imm == IR_EXPAND_NEXT && over
		? arena_printf(c->fl->u->arena, IR_NO_TABLE, choose_kind_name(c->fl->u, over)) : NULL;
}

/* The operand of a concatenation that Lua names: it puts the last two together, names the first one of them before the
 * other, and then goes on to the left. NULL: which one is known only at run time. */
static const char *concat_fails(struct choice *c, const struct ir_ins *i)
{
	const uint64_t good = IR_ALL_STRINGS | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT);
	for (uint32_t k = 0; k < i->nargs; k++) {
		uint32_t a = k < 2 ? i->nargs - 2 + k : i->nargs - 1 - k;
		const struct ir_type *t = &ir_at(c->f, i->args[a])->type;
		const pg_value *bad = t->kinds & good ? NULL : sample(c->fl->u, t, false);
		if (bad)
			return operand_text(c, i, a, "concatenate", bad);
		if (!t->kinds || t->kinds & ~good)
			return NULL;
	}
	return NULL;
}

/* What Lua says of r, which cannot but fail; NULL: it can, or the other operand says what is wrong. */
static const char *fails(struct choice *c, ir_ref r)
{
	const struct ir_ins *i = ir_at(c->f, r);
	if (i->op == IRO(forcall))
		return turn_fails(c, i);
	const char *made = made_fails(c, i);
	if (made)
		return made;
	if (i->op == IRO(concat))
		return concat_fails(c, i);
	for (uint32_t a = 0; a < operands(i); a++) {
		const struct ir_type *t = &ir_at(c->f, i->args[a])->type;
		const pg_value *k = sample(c->fl->u, t, goes_over(c, i));
		const char *text = k ? operand_fails(c, i, a, k) : NULL;
		if (text || t->kinds != IR_BIT(IR_INT))
			return text;
	}
	return NULL;
}

/* ("text")[1] is nil. */
static bool finds_nil(const struct choice *c, ir_ref r)
{
	const struct ir_fn *f = c->f;
	const struct ir_ins *i = ir_at(f, r);
	if (i->op != IRO(index) || goes_over(c, i))
		return false;
	uint64_t of = ir_at(f, i->args[0])->type.kinds;
	const struct ir_type *key = &ir_at(f, i->args[1])->type;
	return of && !(of & ~IR_ALL_STRINGS) && key->kinds && !type_is_pending(key) && infer_text_lacks_any(c->fl, i->args[1]);
}

/* What is called or indexed is of one of several kinds, none of which can be: Lua's name for each. */
static bool do_kinds(struct choice *c, ir_ref r)
{
	const struct ir_ins call = *ir_at(c->f, r);
	const bool access = (call.op == IRO(index) && !goes_over(c, &call)) || call.op == IRO(setindex);
	ir_blk b = call.block;
	uint64_t left = call.nargs ? ir_at(c->f, call.args[0])->type.kinds : 0;
	if (!access && call.op != IRO(call))
		return false;
	if (!left || left & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | (access ? 0 : IR_ALL_STRINGS)))
		return false;
	edit_split(c->f, r);
	while (left) {
		const char *kind = ir_kind_lua(c->fl->u, ir_first_kind(left));
		uint64_t same = 0;
		for (uint64_t k = left; k; k &= k - 1)
			same |= strcmp(ir_kind_lua(c->fl->u, ir_first_kind(k)), kind) ? 0 : k & -k;
		left &= ~same;
		ir_blk it = left ? ir_block_new(c->f) : b, other = left ? ir_block_new(c->f) : 0;
		if (left) {
			ir_ref is = flow_emit(c->fl, b, call.site, IRO(isof), 1, &call.args[0]);
			ir_at(c->f, is)->imm = (int64_t)same;
			ir_ref t = flow_emit(c->fl, b, call.site, IRO(branch), 1, &is);
			ir_succ(c->f, t, 0, it, 0, NULL);
			ir_succ(c->f, t, 1, other, 0, NULL);
		}
		flow_raise(c->fl, it, r, kind_text(c, &call, 0, operations[call.op].what, kind));
		b = other;
	}
	c->f->ordered = c->f->treed = false;
	return true;
}

static bool do_failing(struct choice *c, ir_ref r)
{
	ir_blk b = ir_at(c->f, r)->block;
	const char *text = fails(c, r);
	const uint32_t blamed = choose_blamed(c, r);
	if (text || blamed < ir_at(c->f, r)->nargs) {
		edit_split(c->f, r);
		if (text)
			flow_raise(c->fl, b, r, text);
		else
			choose_blame(c, b, r, blamed);
		c->f->ordered = c->f->treed = false;
		return true;
	}
	if (!finds_nil(c, r))
		return do_kinds(c, r);
	iterate_become(c->fl, r, IRO(const), 0, NULL);
	ir_at(c->f, r)->k = &const_nil;
	return true;
}

int choose_failing(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct choice c = { .fl = fl, .f = f };
	for (uint32_t o = 0; (fl->u->ways || fl->u->handles) && o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (fl->u->sites[ir_at(f, r)->site].parted && do_failing(&c, r))
				return 1;
	return 0;
}
