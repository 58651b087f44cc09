/* infer_num.c - what arithmetic, comparisons and numeric for give, and what of it is known. */
#include "opt/infer.h"

#include "ir/lower.h"

#include <math.h>

/* ---- Lua's integer arithmetic ---- */

static int64_t shift_left(int64_t a, int64_t by)
{
	if (by <= -64 || by >= 64)
		return 0;
	return by >= 0 ? (int64_t)((uint64_t)a << by) : (int64_t)((uint64_t)a >> -by);
}

static bool fold_divide(enum ir_op op, int64_t a, int64_t b, int64_t *out)
{
	if (!b)
		return false;
	if (b == -1) {
		*out = op == IRO(mod) ? 0 : (int64_t)(0 - (uint64_t)a);
		return true;
	}
	int64_t q = a / b, rem = a % b;
	bool down = rem && (rem ^ b) < 0;
	*out = op == IRO(mod) ? rem + (down ? b : 0) : q - down;
	return true;
}

bool fold_arith(enum ir_op op, int64_t a, int64_t b, int64_t *out)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;
	switch (op) {
	case IRO(add):  *out = (int64_t)(x + y); return true;
	case IRO(sub):  *out = (int64_t)(x - y); return true;
	case IRO(mul):  *out = (int64_t)(x * y); return true;
	case IRO(band): *out = (int64_t)(x & y); return true;
	case IRO(bor):  *out = (int64_t)(x | y); return true;
	case IRO(bxor): *out = (int64_t)(x ^ y); return true;
	case IRO(shl):  *out = shift_left(a, b); return true;
	case IRO(shr):  *out = b == INT64_MIN ? 0 : shift_left(a, -b); return true;
	case IRO(unm):  *out = (int64_t)(0 - x); return true;
	case IRO(bnot): *out = (int64_t)~x; return true;
	case IRO(mod): case IRO(idiv): return fold_divide(op, a, b, out);
	default: return false;
	}
}

/* Of constants of which one is a float, or becomes one; false: not, or not done here. */
static bool fold_floats(enum ir_op op, const pg_value *a, const pg_value *b, double *out)
{
	bool numbers = a && b && (a->kind == PG_INT || a->kind == PG_FLOAT) && (b->kind == PG_INT || b->kind == PG_FLOAT);
	if (!numbers || (op != IRO(div) && op != IRO(pow) && a->kind == PG_INT && b->kind == PG_INT))
		return false;
	double x = a->kind == PG_INT ? (double)a->i : a->f, y = b->kind == PG_INT ? (double)b->i : b->f;
	switch (op) {
	case IRO(add): *out = x + y; return true;
	case IRO(sub): *out = x - y; return true;
	case IRO(mul): *out = x * y; return true;
	case IRO(div): *out = x / y; return true;
	case IRO(pow): *out = y == 2 ? x * x : pow(x, y); return true;
	case IRO(unm): *out = -x; return true;
	default: return false;
	}
}

static struct ir_type float_type(struct infer *in, double f)
{
	return type_const(in->fl.u->target, const_new(in->fl.u, (pg_value){ .kind = PG_FLOAT, .f = f }));
}

/* ---- operands that must be integers ---- */

/* The operator that the operation is written with, where it has a line of its own; else NULL. */
static const char *operator(const struct infer *in, ir_ref r)
{
	static const char *const text[IR_NOPS] = {
		[IRO(add)] = "+", [IRO(sub)] = "-", [IRO(mul)] = "*", [IRO(mod)] = "%", [IRO(idiv)] = "//", [IRO(unm)] = "-",
		[IRO(band)] = "&", [IRO(bor)] = "|", [IRO(bxor)] = "~", [IRO(shl)] = "<<", [IRO(shr)] = ">>", [IRO(bnot)] = "~",
		[IRO(eq)] = "== ~=",
	};
	const struct ir_ins *i = ir_at(in->fl.f, r);
	return ir_site_shown(in->fl.u, i->site) == i->site ? text[i->op] : NULL;
}

static void float_operand(struct infer *in, ir_ref r, uint32_t i, const pg_value *k)
{
	struct diag *d = flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_VALUES, "compute with integers, in smaller units",
				     "the float %.14g is used as a number here; floats do not exist in the kernel", k->f);
	double whole = floor(k->f);
	d->at = operator(in, r);
	diag_operand(d, i);
	if (k->f == whole && fabs(whole) < 1e15)
		d->help = arena_printf(in->fl.u->arena, "write the integer %.0f", whole);
}

/* Is the line known to be wrong about that? A loop's first value is a float in each of its turns, and its step what it is. */
static bool is_said(const struct infer *in, uint32_t site, const char *what)
{
	const struct diag_list *l = in->fl.u->diag;
	uint32_t line = in->fl.u->sites[ir_site_shown(in->fl.u, site)].pos.line;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].pos.line == line && l->v[i].level == DIAG_ERROR && strstr(l->v[i].text, what))
			return true;
	return false;
}

/* What the operands of a numeric for are used as. */
#define FOR_USES "as the first value of a for loop", "as the limit of a for loop", "as the step of a for loop"

enum { NUMBERS = 1 << IR_INT | 1 << IR_FLOAT, ADDRESSES = 1 << IR_IP4 | 1 << IR_IP6 | 1 << IR_MAC };
#define STRINGS (IR_STRINGS | IR_BIT(IR_MSG))

/* Reports what cannot be an integer. False: nothing reaches it yet. */
static bool integer_operand(struct infer *in, ir_ref r, uint32_t i, const char *use)
{
	struct ir_type t = infer_arg(in, r, i);
	uint32_t site = ir_at(in->fl.f, r)->site;
	if (!t.kinds)
		return false;
	if (t.kinds & IR_BIT(IR_FLOAT)) {
		if (t.k)
			float_operand(in, r, i, t.k);
		else if (!is_said(in, site, "float"))
			diag_operand(flow_refuse(&in->fl, site, ON_VALUES, "use integers: // divides and rounds down",
						 "%s may be a float here; floats do not exist in the kernel",
						 infer_operand(in, r, i)), i);
	} else if (t.kinds & STRINGS && !ir_is_bitwise((enum ir_op)ir_at(in->fl.f, r)->op)) {
		diag_operand(flow_refuse(&in->fl, site, ON_VALUES, "convert it, as Lua would: tonumber(s)",
					 "%s may be a string here and is used %s", infer_operand(in, r, i), use), i);
	} else if (!(t.kinds & IR_BIT(IR_INT)) && (ir_at(in->fl.f, r)->op != IRO(add) || !is_said(in, site, "the step of a for loop"))) {
		diag_operand(flow_error(&in->fl, site, "%s %s %s here and is used %s", infer_operand(in, r, i), infer_is(in, r),
					infer_a_wrong(in, &t, IR_BIT(IR_INT)), use), i)
			->help = infer_remedy(in, r, i) ? infer_remedy(in, r, i)
			       : t.kinds & ADDRESSES ? "a:int() is an address as a number, a:byte(i) one of its bytes"
			       : t.k && t.k->kind == PG_TABLE ? "no metamethod is followed but __index: call a function of the table"
			       : infer_use(in, &t) ? infer_use(in, &t) : infer_convert(IR_BIT(IR_INT), &t);
	}
	return true;
}

struct ir_type infer_arith(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	bool there = true;
	double f;
	if (fold_floats(ins->op, infer_arg(in, r, 0).k, infer_arg(in, r, ins->nargs - 1).k, &f))
		return float_type(in, f);
	for (uint32_t i = 0; i < ins->nargs; i++)
		there &= integer_operand(in, r, i, "as a number");
	if (!there)
		return (struct ir_type){ 0 };
	struct ir_type a = infer_arg(in, r, 0), b = ins->nargs > 1 ? infer_arg(in, r, 1) : a;
	int64_t v;
	if (a.k && b.k && a.k->kind == PG_INT && b.k->kind == PG_INT &&
	    fold_arith(ins->op, a.k->i, b.k->i, &v))
		return type_const(in->fl.u->target, const_int(in->fl.u, v));
	return type_kinds(IR_BIT(IR_INT));
}

struct ir_type infer_float(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	double f;
	if (fold_floats(ins->op, infer_arg(in, r, 0).k, infer_arg(in, r, 1).k, &f))
		return float_type(in, f);
	if (!infer_arg(in, r, 0).kinds || !infer_arg(in, r, 1).kinds)
		return (struct ir_type){ 0 };
	if (ins->op == IRO(div))
		flow_refuse(&in->fl, ins->site, ON_VALUES, "write // for the integer quotient, 3 // 2 is 1; to compare a ratio multiply: 2 * a > b",
			    "'/' gives a float, and floats do not exist in the kernel");
	else
		flow_refuse(&in->fl, ins->site, ON_VALUES, "multiply, or shift: 1 << n is 2 to the n",
			    "'^' gives a float, and floats do not exist in the kernel");
	return type_kinds(IR_BIT(IR_INT));
}

/* ---- what is wrong whatever a refused operand is (certain.c) ---- */

void infer_certain_operand(struct infer *in, ir_ref r, uint32_t i)
{
	static const char *const of_for[] = { FOR_USES };
	bool loop = ir_at(in->fl.f, r)->op == IRO(forskip);
	integer_operand(in, r, i, loop ? of_for[i] : "as a number");
}

/* ---- comparisons ---- */

/* -1, 0, 1: order of integer i and float f; 2: f is not a number */
static int order_int_float(int64_t i, double f)
{
	if (isnan(f))
		return 2;
	if (f >= 0x1p63)
		return -1;
	if (f < -0x1p63)
		return 1;
	int64_t whole = (int64_t)f; /* towards zero: the fraction decides a tie */
	if (i != whole)
		return i < whole ? -1 : 1;
	double rest = f - (double)whole;
	return rest > 0 ? -1 : rest < 0;
}

static int order_numbers(const pg_value *a, const pg_value *b)
{
	if (a->kind == PG_INT && b->kind == PG_INT)
		return a->i < b->i ? -1 : a->i > b->i;
	if (a->kind == PG_INT)
		return order_int_float(a->i, b->f);
	if (b->kind == PG_INT) {
		int o = order_int_float(b->i, a->f);
		return o == 2 ? 2 : -o;
	}
	if (isnan(a->f) || isnan(b->f))
		return 2;
	return a->f < b->f ? -1 : a->f > b->f;
}

static bool is_number(const pg_value *v)
{
	return v->kind == PG_INT || v->kind == PG_FLOAT;
}

/* What pairs gives: not known to be one, but that of a map is not `next`. */
static bool may_be_iterator(const pg_value *a, const pg_value *b)
{
	return (a->n || b->n) && a->n + b->n != IR_OF_MAP && !strcmp(a->lib, b->lib);
}

/* Whether two captured values are one is not known of what has no name, and not up to us where an __eq says it. */
static bool may_be_equal(const pg_value *a, const pg_value *b)
{
	return a->kind == b->kind && (a->kind == PG_HOST || (a->kind == PG_LIB && may_be_iterator(a, b)) ||
				      (a->kind == PG_TABLE && a->id != b->id && ((a->n | b->n) & PG_TABLE_EQ)));
}

int fold_compare(enum ir_op op, const pg_value *a, const pg_value *b)
{
	int o;
	if (is_number(a) && is_number(b)) {
		o = order_numbers(a, b);
	} else if (op == IRO(eq)) {
		return may_be_equal(a, b) ? -1 : ir_same_value(a, b);
	} else if (a->kind == PG_STR && b->kind == PG_STR) {
		uint32_t n = a->n < b->n ? a->n : b->n;
		o = n ? memcmp(a->str, b->str, n) : 0;
		o = o ? (o < 0 ? -1 : 1) : a->n < b->n ? -1 : a->n > b->n;
	} else {
		return -1;
	}
	return op == IRO(eq) ? o == 0 : op == IRO(lt) ? o == -1 : o == -1 || o == 0;
}

static struct ir_type truth_type(bool b)
{
	return type_kinds(IR_BIT(b ? IR_TRUE : IR_FALSE));
}

/* Of an address compared with what is none: the address that a known text is; the function that gives one, for any other. */
static const char *address_help(const struct infer *in, const struct ir_type *address, const struct ir_type *other)
{
	bool mac = address->kinds & IR_BIT(IR_MAC);
	const char *one = other->k ? infer_address(in->fl.u->arena, address->kinds, other->k) : NULL;
	if (one)
		return arena_printf(in->fl.u->arena, "write %s", one);
	if (mac && address->kinds & (IR_BIT(IR_IP4) | IR_BIT(IR_IP6)))
		return "compare with bpf.ip(\"...\") or bpf.mac(\"...\")";
	if (other->kinds & NUMBERS && !(address->kinds & IR_BIT(IR_IP6)))
		return mac ? "compare with bpf.mac(\"...\"), or the number that it is: a:int()"
			   : "compare with bpf.ip(\"...\"), or the number that it is: a:int()";
	return mac ? "compare with bpf.mac(\"...\")" : "compare with bpf.ip(\"...\")";
}

static struct diag *under_operator(const struct infer *in, ir_ref r, struct diag *d, const char *help)
{
	d->at = operator(in, r);
	d->help = help;
	return d;
}

static void warn_view(const struct infer *in, ir_ref r, struct diag_pos pos, uint64_t views)
{
	const struct ir_type t = { .kinds = views };
	const struct ir_view *v = ir_view_of(in->fl.u->target, ir_first_kind(views));
	under_operator(in, r, diag_add(in->fl.u->diag, DIAG_WARNING, pos, "%s never equals a number, a string or an address",
				       v->kind ? infer_a_wrong(in, &t, 0) : "a header or packet"),
		       v->use ? v->use : v->kind ? "compare a field of it"
		       : "compare a field of it, or bytes: p:sub(1, 4) == \"GET \"");
}

/* A name that a captured table lacks, and that is like one that it has: no way to say that something is absent. */
static void warn_absent(const struct infer *in, ir_ref r, struct diag_pos pos, uint32_t i)
{
	struct infer asks = *in;
	asks.fl.report = true;
	struct ir_type other = infer_arg(in, r, 1 - i);
	const char *meant = other.kinds & IR_BIT(IR_NIL) ? NULL : infer_meant(&asks, r, i);
	if (meant)
		diag_operand(diag_add(in->fl.u->diag, DIAG_WARNING, pos, "%s is always nil here and never equals %s",
				      infer_operand(in, r, i), infer_a_wrong(in, &other, 0)), i)->help = meant;
}

/* A side of a comparison as the source may have it: a name, a field of what has one, a number or a text; else `any`. */
static const char *written(const struct infer *in, ir_ref v, const struct ir_name *name, const char *any)
{
	const struct ir_ins *i = ir_at(in->fl.f, v);
	struct arena *a = in->fl.u->arena;
	const char *of = i->op == IRO(index) ? ir_source_name(i->names, 0) : NULL;
	if (of && i->names->how != IR_N_FIELD && i->names[1].how == IR_N_CONSTANT && strcmp(of, "_ENV"))
		return arena_printf(a, "%s.%s", of, i->names[1].name);
	if (i->op == IRO(const) && i->k->kind == PG_INT)
		return arena_printf(a, "%lld", (long long)i->k->i);
	if (i->op == IRO(const) && i->k->kind == PG_STR)
		return arena_printf(a, "\"%.*s\"", (int)i->k->n, i->k->str);
	return name->how != IR_N_FIELD && ir_source_name(name, 0) ? name->name : any;
}

/* `not n == 5` is (not n) == 5; side i is the `not`, and stands in the comparison itself. */
static bool warn_negated(const struct infer *in, ir_ref r, uint32_t i)
{
	const struct ir_ins *eq = ir_at(in->fl.f, r), *not = ir_at(in->fl.f, eq->args[i]);
	const struct ir_name none[2] = { { .how = IR_N_NONE }, { .how = IR_N_NONE } }, *names = eq->names ? eq->names : none;
	const struct ir_site *sites = in->fl.u->sites;
	struct ir_type other = infer_arg(in, r, 1 - i);
	if (not->op != IRO(not) || names[i].how != IR_N_NONE || sites[not->site].inlined_at != sites[eq->site].inlined_at ||
	    !other.kinds || other.kinds & (IR_BOOL | IR_BIT(IR_NIL) | IR_BIT(IR_PENDING)))
		return false;
	const char *n = written(in, not->args[0], not->names ? not->names : none, "a");
	const char *with = written(in, eq->args[1 - i], &names[1 - i], "b");
	under_operator(in, r, diag_add(in->fl.u->diag, DIAG_WARNING, sites[eq->site].pos,
				       "'not' binds tighter than '==': this compares a boolean with %s", infer_a_wrong(in, &other, 0)),
		       arena_printf(in->fl.u->arena, "write %s ~= %s, which is not (%s == %s)", n, with, n, with));
	return true;
}

/* The comparison r is false, because its sides are of two kinds that scripts mix up; unless
 * captured values are compared, or it is in a function that others may call with other values. */
static void warn_equal(struct flow *fl, ir_ref r)
{
	struct infer in = { .fl = *fl };
	struct ir_type a = infer_arg(&in, r, 0), b = infer_arg(&in, r, 1);
	const struct ir_site *site = &fl->u->sites[ir_at(fl->f, r)->site];
	struct diag_list *l = fl->u->diag;
	uint64_t one = a.kinds | b.kinds;
	bool never = !(a.kinds & b.kinds) && !(a.k && b.k) && !site->inlined_at;
	if (warn_negated(&in, r, 0) || warn_negated(&in, r, 1))
		return;
	if (never && one & ADDRESSES && one & (NUMBERS | IR_STRINGS))
		under_operator(&in, r, diag_add(l, DIAG_WARNING, site->pos, "an address never equals a number or a string"),
			       a.kinds & ADDRESSES ? address_help(&in, &a, &b) : address_help(&in, &b, &a));
	else if (never && one & NUMBERS && one & IR_STRINGS && !(one & ~(NUMBERS | IR_STRINGS)))
		unequal_text(&in, r, !(a.kinds & IR_STRINGS),
			     under_operator(&in, r, diag_add(l, DIAG_WARNING, site->pos, "a number never equals a string"), NULL));
	else if (never && one & NUMBERS && one & IR_BOOL && !(one & ~(NUMBERS | IR_BOOL)))
		unequal_truth(&in, r, !(a.kinds & IR_BOOL),
			      under_operator(&in, r, diag_add(l, DIAG_WARNING, site->pos, "a boolean never equals a number"), NULL));
	else if (never && one & IR_VIEWS && one & (NUMBERS | IR_STRINGS | ADDRESSES))
		warn_view(&in, r, site->pos, one & IR_VIEWS);
	else if (never)
		warn_absent(&in, r, site->pos, b.kinds == IR_BIT(IR_NIL));
}

void infer_warn_equal(struct flow *fl, ir_ref r)
{
	struct diag_list *l = fl->u->diag;
	const uint32_t before = l->n;
	warn_equal(fl, r);
	for (uint32_t i = before; i < l->n; i++) /* what the comparison gives may be refused elsewhere */
		l->v[i].beside = true;
}

static bool is_text(const struct ir_type *t)
{
	return t->k && t->k->kind == PG_STR;
}

static struct ir_type compare_equal(struct infer *in, ir_ref r, const struct ir_type *a,
				    const struct ir_type *b)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	uint64_t both = ir_alike(a->kinds) & ir_alike(b->kinds);
	bool numbers = a->kinds & NUMBERS && b->kinds & NUMBERS;
	bool message = (a->kinds | b->kinds) & IR_BIT(IR_MSG) && a->kinds & STRINGS && b->kinds & STRINGS;
	if (message && (a->kinds & b->kinds & IR_BIT(IR_MSG) || (!is_text(a) && !is_text(b))))
		return infer_bytes(in);
	if (both & (IR_VIEWS | IR_BIT(IR_ENTRY)))
		flow_refuse(&in->fl, site, ON_VALUES, "compare the fields that matter", "two views are "
			    "compared here; that is not there in kernel code")->at = "==";
	else if (a->k && b->k && a->k->kind == PG_TABLE && b->k->kind == PG_TABLE)
		flow_refuse(&in->fl, site, ON_TABLES, "compare a field of theirs",
			    "two tables are compared here by their __eq, which kernel code does not call")->at = "==";
	else if (both & (IR_BIT(IR_FUNC) | IR_BIT(IR_HOST) | IR_BIT(IR_MAP)))
		flow_refuse(&in->fl, site, ON_VALUES, "compare what they hold, or a number that tells which it "
			    "is", "two %ss are compared here; kernel code cannot tell them apart",
			    both & IR_BIT(IR_HOST) ? "captured value"
			    : infer_wrong(in, &(struct ir_type){ .kinds = both & ~IR_FALSY }, 0))->at = "==";
	if (!both && !numbers && !message)
		return truth_type(false);
	return type_kinds(IR_BOOL);
}

/* The first operand that has a name: what the caret is under. */
static const char *compared_name(const struct infer *in, ir_ref r)
{
	const struct ir_name *n = ir_at(in->fl.f, r)->names;
	for (unsigned i = 0; n && i < 2; i++)
		if (ir_source_name(n, i))
			return n[i].name;
	return NULL;
}

/* Operand i is always nil. */
static void nil_in_order(struct infer *in, ir_ref r, uint32_t i)
{
	struct ir_type other = infer_arg(in, r, 1 - i);
	struct diag *d = flow_error(&in->fl, ir_at(in->fl.f, r)->site, "%s %s nil here and is compared with %s",
				    infer_operand(in, r, i), infer_is(in, r), infer_a_wrong(in, &other, 0));
	d->at = ir_source_name(ir_at(in->fl.f, r)->names, i);
	diag_operand(d, i)->help = infer_remedy(in, r, i) ? infer_remedy(in, r, i) : "give it a value; where it may be nil, test it first";
}

/* What Lua's message says of a side: where it may be nil, what else it is. */
static const char *side(const struct infer *in, const struct ir_type *t)
{
	uint64_t wrong = t->kinds & ~NUMBERS;
	uint64_t nil = wrong & ~IR_BIT(IR_NIL) ? IR_BIT(IR_NIL) : 0;
	return infer_wrong(in, t, wrong ? NUMBERS | nil : 0);
}

/* Both of one kind of address: what of them has an order. The operation's operands are those of < or <=, whichever was written. */
static void addresses_in_order(struct diag *d, uint64_t kinds, bool less)
{
	if (kinds == IR_BIT(IR_IP4) || kinds == IR_BIT(IR_MAC)) {
		d->help = "addresses have an order as numbers: a:int() < b:int()";
		d->line = less ? "write " DIAG_FIRST ":int() < " DIAG_SECOND ":int()" : "write " DIAG_FIRST ":int() <= " DIAG_SECOND ":int()";
	} else if (kinds == IR_BIT(IR_IP6)) {
		d->help = "their bytes are numbers: a:byte(1) < b:byte(1); a range is a prefix: a:within(\"2001:db8::/32\")";
	}
}

static void other_in_order(struct infer *in, ir_ref r, const struct ir_type *a, const struct ir_type *b)
{
	const char *x = side(in, a), *y = side(in, b);
	uint32_t site = ir_at(in->fl.f, r)->site;
	struct diag *d = strcmp(x, y) ? flow_error(&in->fl, site, "attempt to compare %s with %s", x, y)
				      : flow_error(&in->fl, site, "attempt to compare two %s values", x);
	d->at = compared_name(in, r);
	if (a->kinds & NUMBERS || b->kinds & NUMBERS)
		d->help = infer_convert(IR_BIT(IR_INT), a->kinds & NUMBERS ? b : a);
	if (!d->help)
		addresses_in_order(d, a->kinds | b->kinds, ir_at(in->fl.f, r)->op == IRO(lt));
	if (!d->help)
		d->help = "numbers have an order, and texts: compare a field that is one, v.n < 5";
}

static struct ir_type compare_order(struct infer *in, ir_ref r, const struct ir_type *a,
				    const struct ir_type *b)
{
	if ((a->kinds | b->kinds) & IR_BIT(IR_MSG) && a->kinds & STRINGS && b->kinds & STRINGS)
		return infer_bytes(in);
	else if (a->kinds & IR_STRINGS && b->kinds & IR_STRINGS)
		return type_kinds(IR_BOOL);
	else if (a->kinds == IR_BIT(IR_NIL) || b->kinds == IR_BIT(IR_NIL))
		nil_in_order(in, r, a->kinds != IR_BIT(IR_NIL));
	else if (!(a->kinds & NUMBERS && b->kinds & NUMBERS))
		other_in_order(in, r, a, b);
	return type_kinds(IR_BOOL);
}

struct ir_type infer_compare(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	struct ir_type a = infer_arg(in, r, 0), b = infer_arg(in, r, 1);
	if (!a.kinds || !b.kinds)
		return (struct ir_type){ 0 };
	const pg_value *x = type_known(&a), *y = type_known(&b);
	if (x && y) {
		int known = fold_compare(ins->op, x, y);
		if (known >= 0)
			return truth_type(known);
	}
	return ins->op == IRO(eq) ? compare_equal(in, r, &a, &b) : compare_order(in, r, &a, &b);
}

/* ---- numeric for ---- */

int64_t for_limit(double f, bool up, bool *skip)
{
	double whole = up ? floor(f) : ceil(f);
	*skip = isnan(f) || (up ? whole < -0x1p63 : whole >= 0x1p63);
	if (isnan(f) || whole < -0x1p63)
		return INT64_MIN;
	return whole >= 0x1p63 ? INT64_MAX : (int64_t)whole;
}

/* A limit may be a float constant, where it is known which way the loop goes. */
static bool is_float_limit(const struct infer *in, ir_ref r)
{
	struct ir_type limit = infer_arg(in, r, 1), step = infer_arg(in, r, 2);
	return limit.k && limit.k->kind == PG_FLOAT && step.k && step.k->kind == PG_INT && step.k->i;
}

static struct ir_type for_known(struct infer *in, ir_ref r, int64_t init, int64_t limit, int64_t step)
{
	if (ir_at(in->fl.f, r)->op == IRO(forskip))
		return truth_type(step > 0 ? init > limit : init < limit);
	uint64_t span = step > 0 ? (uint64_t)limit - (uint64_t)init : (uint64_t)init - (uint64_t)limit;
	uint64_t by = step > 0 ? (uint64_t)step : (uint64_t)-(step + 1) + 1;
	return type_const(in->fl.u->target, const_int(in->fl.u, (int64_t)(span / by)));
}

struct ir_type infer_for(struct infer *in, ir_ref r)
{
	static const char *const use[] = { FOR_USES };
	bool there = true;
	bool all = true, clipped = is_float_limit(in, r), skip = false;
	int64_t v[3];
	for (uint32_t i = 0; i < 3; i++) {
		bool checked = ir_at(in->fl.f, r)->op == IRO(forskip) && !(i == 1 && clipped);
		there &= checked ? integer_operand(in, r, i, use[i]) : infer_arg(in, r, i).kinds != 0;
		struct ir_type t = infer_arg(in, r, i);
		all &= t.k && t.k->kind == PG_INT;
		v[i] = t.k && t.k->kind == PG_INT ? t.k->i : 0;
	}
	if (!there)
		return (struct ir_type){ 0 };
	if (clipped) {
		v[1] = for_limit(infer_arg(in, r, 1).k->f, v[2] > 0, &skip);
		all = infer_arg(in, r, 0).k && infer_arg(in, r, 0).k->kind == PG_INT;
	}
	if (skip && all && ir_at(in->fl.f, r)->op == IRO(forskip))
		return truth_type(true);
	if (all && v[2])
		return for_known(in, r, v[0], v[1], v[2]);
	return type_kinds(ir_at(in->fl.f, r)->op == IRO(forskip) ? IR_BOOL : IR_BIT(IR_INT));
}
