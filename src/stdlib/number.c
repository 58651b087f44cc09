/* number.c - what makes numbers of other values: tonumber, math.tointeger, floor, ceil. What is constant is converted
 * when it is compiled, as Lua does it; of what is not, texts go to tonumber alone (numeral.c), and there are no floats. */
#include "stdlib/stdlib.h"

#include "core/numeral.h"

#include <math.h>

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)
#define STRINGS (IR_STRINGS | IR_BIT(IR_MSG))

static void is_const(struct infer *in, struct ir_type *out, pg_value k)
{
	*out = (struct ir_type){ .kinds = IR_BIT(ir_kind_of(k.kind)), .k = infer_const(in, k) };
}

/* ---- tonumber(v [, base]) ---- */

static bool is_text(const struct ir_type *a) { return a->k && a->k->kind == PG_STR; }

/* Is it text whose bytes can be looked at? Numbers, which tonumber takes, too, are no matter here. */
static bool readable(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a)
{
	struct ir_type text = *a;
	text.kinds &= STRINGS;
	return std_one_string(in, row, site, &text);
}

static bool in_base(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a, struct ir_type *out)
{
	bool base = a[1].k && a[1].k->kind == PG_INT && a[1].k->i >= 2 && a[1].k->i <= 36;
	if (!base || !(a->kinds & STRINGS))
		return infer_refuse(in, site, ON_STRINGS, "convert it in the user half and capture the number",
				    "'tonumber' with a base takes a text, and a constant base from 2 to "
				    "36"), false;
	if (!is_text(a)) {
		out->kinds = INT | NIL;
		return readable(in, row, site, a);
	}
	is_const(in, out, numeral_in_base(a[0].k, (int)a[1].k->i));
	return true;
}

/* Integers stay, what is no number is nil. */
static void of_kinds(const struct ir_type *a, struct ir_type *out)
{
	*out = (struct ir_type){ .kinds = (a->kinds & INT) | (a->kinds & ~INT ? NIL : 0) };
	if (a->k && a->k->kind == PG_INT)
		out->k = a->k;
}

bool std_tonumber_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		       struct ir_type *out)
{
	if (n > 1 && a[1].kinds != NIL)
		return in_base(in, row, site, a, out);
	if (is_text(a))
		is_const(in, out, numeral_read(infer_unit(in)->arena, a[0].k));
	else if (a[0].k && a[0].k->kind == PG_FLOAT)
		is_const(in, out, *a[0].k);
	else if (a[0].kinds & IR_BIT(IR_FLOAT))
		return infer_refuse(in, site, ON_VALUES, "use integers: // divides and rounds down",
				    "'tonumber' of what may be a float here"), false;
	else if (a[0].kinds & STRINGS)
		out->kinds = INT | NIL;
	else
		of_kinds(a, out);
	return !(a[0].kinds & STRINGS) || is_text(a) || readable(in, row, site, a);
}

/* Integers as they are, texts converted, all else nil. */
void std_tonumber_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	bool based = n > 1 && args[1].kinds != NIL;
	struct lw_val v = args[0], rest;
	if (based)
		v = lw_check_kind(w, &v, IR_STRINGS, "bad argument #1 to 'tonumber' (string expected, got %K)");
	if (!(v.kinds & IR_STRINGS)) {
		std_number_lower(w, row, n, args, out);
		return;
	}
	struct lw_join j = lw_join_new(w, INT | NIL, 0);
	ir_blk text = lw_block(w, 0), other = lw_block(w, 0);
	struct lw_val s = lw_narrow(w, &v, IR_STRINGS);
	lw_br_kind(w, &v, IR_STRINGS, text, other);
	lw_enter(w, text);
	s = lw_str_one(w, &s);
	struct lw_str str = lw_str_of(w, &s);
	std_numeral(w, &str, based ? (unsigned)args[1].k->i : 0, &j);
	lw_enter(w, other);
	rest = lw_narrow(w, &v, ~IR_STRINGS);
	if (rest.kinds) {
		struct lw_val x = { .kinds = INT | NIL };
		std_number_lower(w, row, 1, &rest, &x);
		lw_join_add(w, &j, &x);
	} else {
		struct lw_val nil = lw_nil();
		lw_join_add(w, &j, &nil);
	}
	*out = lw_join_end(w, &j);
}

/* ---- math.tointeger, floor, ceil ---- */

bool std_number_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	pg_value k = a[0].k ? *a[0].k : (pg_value){ 0 };
	(void)n;
	if (k.kind == PG_STR && a[0].k)
		k = numeral_read(infer_unit(in)->arena, a[0].k);
	if (k.kind == PG_FLOAT && row->imm != STD_TOINTEGER)
		k.f = row->imm == STD_FLOOR ? floor(k.f) : ceil(k.f);
	int64_t whole;
	if (k.kind == PG_FLOAT && numeral_integer(&k, &whole))
		k = (pg_value){ .kind = PG_INT, .i = whole };
	else if (k.kind == PG_FLOAT && row->imm == STD_TOINTEGER)
		k = (pg_value){ .kind = PG_NIL };
	if (a[0].k && (k.kind == PG_INT || k.kind == PG_FLOAT || a[0].kinds & (STRINGS | IR_BIT(IR_FLOAT))))
		is_const(in, out, k);
	else if (a[0].kinds & (STRINGS | IR_BIT(IR_FLOAT)))
		return infer_refuse(in, site, ON_STRINGS, "test with type() that it is none",
				    "'%s' of a text known only at run time is not there yet", row->name), false;
	else if (row->imm == STD_TOINTEGER)
		of_kinds(a, out);
	return true;
}

/* An integer as it is, anything else nil, if it may be that. */
void std_number_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	(void)row, (void)n;
	struct lw_val number = lw_narrow(w, &args[0], INT);
	if (args[0].kinds == INT) {
		*out = number;
		return;
	}
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
	lw_br_kind(w, &args[0], INT, yes, no);
	if (number.kinds) {
		lw_enter(w, yes);
		lw_join_add(w, &j, &number);
	}
	struct lw_val nil = lw_nil();
	lw_enter(w, no);
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}
