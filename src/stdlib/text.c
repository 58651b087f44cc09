/* text.c - strings made at run time: tostring, rep, lower, upper, char. */
#include "stdlib/stdlib.h"

#include <stdio.h>

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)
#define TEXT IR_BIT(IR_TEXT)

bool std_text_type(struct infer *in, uint32_t site, uint32_t least, uint32_t most, struct ir_type *out)
{
	if (least > LW_MAXLONG)
		return infer_refuse(in, site, ON_STRINGS, "send the parts as fields of an event, or give them "
				    "to print", "this text has %u bytes; those made in kernel code have at "
				    "most %d", least, LW_MAXLONG), false;
	*out = (struct ir_type){ .kinds = most > LW_MAXSTR ? IR_BIT(IR_LONG) : TEXT,
				 .cap = most < LW_MAXLONG ? most : (uint32_t)LW_MAXLONG };
	return true;
}

bool std_textual(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a)
{
	uint64_t wrong = a->kinds & ~(IR_STRINGS | LW_TEXTUAL);
	if (wrong & IR_VIEWS)
		return infer_refuse(in, site, ON_STRINGS, "write p:sub(1) for its bytes, or give it a field",
				    "'%s' of a packet, header or payload is not there in kernel code", row->name), false;
	if (wrong & IR_BIT(IR_FLOAT))
		return infer_refuse(in, site, ON_STRINGS, "compute it in the user half and capture the text",
				    "'%s' of a float is not there in kernel code", row->name), false;
	if (wrong)
		return infer_refuse(in, site, ON_STRINGS, "give it a string, a number, a boolean, nil or an "
				    "address", "'%s' of a %s is not there in kernel code", row->name,
				    infer_called(in, a, wrong)), false;
	return true;
}

/* ---- tostring ---- */

bool std_tostring_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		       const struct ir_type *a, struct ir_type *out)
{
	char number[32];
	(void)n;
	if (!std_textual(in, row, site, a))
		return false;
	if (!(a->kinds & ~IR_STRINGS))
		*out = *a;
	else if (a->k && a->k->kind == PG_INT)
		std_give(in, number, (size_t)snprintf(number, sizeof(number), "%lld", (long long)a->k->i), out);
	else if (a->k && a->k->kind <= PG_TRUE)
		std_give(in, a->k->kind == PG_NIL ? "nil" : a->k->kind == PG_TRUE ? "true" : "false",
		     a->k->kind == PG_NIL ? 3 : a->k->kind == PG_TRUE ? 4 : 5, out);
	else
		return std_text_type(in, site, 0, lw_text_cap_below(a->kinds, a->cap, a->most, ir_type_below(a)), out);
	return true;
}

void std_tostring_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	(void)row, (void)n;
	if (args[0].kinds & ~IR_STRINGS)
		*out = lw_text_join(w, 1, args, out->kinds & IR_BIT(IR_LONG) ? out->cap : (uint32_t)LW_MAXSTR);
	else
		*out = args[0];
}

/* ---- copies of what the packet holds ---- */

/* Strings become text, and other values stay what they are. */
bool std_keep_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	(void)in, (void)row, (void)site, (void)n;
	*out = *a;
	if (!(a->kinds & IR_BIT(IR_SLICE)))
		return true;
	uint32_t cap = lw_text_cap(a->kinds & IR_STRINGS, a->cap, a->most);
	out->kinds = (a->kinds & ~IR_STRINGS) | (cap > LW_MAXSTR || a->kinds & IR_BIT(IR_LONG) ? IR_BIT(IR_LONG) : TEXT);
	out->cap = cap < LW_MAXLONG ? cap : (uint32_t)LW_MAXLONG;
	out->most = 0;
	out->k = NULL;
	return true;
}

void std_keep_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	struct lw_val text = lw_narrow(w, &args[0], IR_STRINGS), rest = lw_narrow(w, &args[0], ~IR_STRINGS);
	lw_str_fn *copy = out->kinds & IR_BIT(IR_LONG) ? lw_long_of : lw_text;
	(void)row, (void)n;
	if (!(args[0].kinds & IR_BIT(IR_SLICE)) || !rest.kinds) {
		*out = args[0].kinds & IR_BIT(IR_SLICE) ? copy(w, &args[0]) : args[0];
		return;
	}
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	ir_blk string = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, &args[0], IR_STRINGS, string, other);
	lw_enter(w, string);
	text = copy(w, &text);
	lw_join_add(w, &j, &text);
	lw_enter(w, other);
	lw_join_add(w, &j, &rest);
	*out = lw_join_end(w, &j);
}

/* Messages, and other strings with them, become long strings. */
bool std_message_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out)
{
	(void)in, (void)row, (void)site, (void)n;
	*out = *a;
	if (!(a->kinds & IR_BIT(IR_MSG)))
		return true;
	uint32_t cap = lw_text_cap(a->kinds & IR_STRINGS, a->cap, a->most);
	cap = cap > LW_MAXLONG ? (uint32_t)LW_MAXLONG : cap < LW_MESSAGE ? (uint32_t)LW_MESSAGE : cap;
	*out = (struct ir_type){ .kinds = (a->kinds & ~IR_ALL_STRINGS) | IR_BIT(IR_LONG), .cap = cap, .layout = a->layout,
				 .model = a->model };
	return true;
}

/* Where v is of these kinds, adds what `make` makes of it, or v itself; goes on where it is none. */
static void add_kinds(struct lw *w, struct lw_join *j, const struct lw_val *v, uint64_t kinds, lw_str_fn *make)
{
	if (!(v->kinds & kinds))
		return;
	ir_blk mine = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, v, kinds, mine, other);
	lw_enter(w, mine);
	struct lw_val x = lw_narrow(w, v, kinds);
	x = make ? make(w, &x) : x;
	lw_join_add(w, j, &x);
	lw_enter(w, other);
}

void std_message_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	(void)row, (void)n;
	const struct lw_val *v = &args[0];
	if (!(v->kinds & ~IR_BIT(IR_MSG)) || !(v->kinds & IR_BIT(IR_MSG))) {
		*out = v->kinds & IR_BIT(IR_MSG) ? lw_message_text(w, v) : *v;
		return;
	}
	/* the type may have another string, too: of a round of infer in which no message came yet */
	struct lw_join j = lw_join_new(w, (out->kinds & ~IR_STRINGS) | IR_BIT(IR_LONG), out->cap);
	add_kinds(w, &j, v, IR_BIT(IR_MSG), lw_message_text);
	struct lw_val rest = lw_narrow(w, v, ~IR_BIT(IR_MSG)), other = lw_narrow(w, v, ~IR_ALL_STRINGS);
	add_kinds(w, &j, &rest, IR_STRINGS, lw_long_of);
	if (other.kinds)
		lw_join_add(w, &j, &other);
	else
		lw_raise(w, "%s", "a value of no kind"); /* never reached */
	*out = lw_join_end(w, &j);
}

/* ---- lower, upper ---- */

bool std_case_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	(void)n;
	if (!std_one_string(in, row, site, a))
		return false;
	if (!a->k || a->k->kind != PG_STR)
		return std_text_type(in, site, 0, std_most(a), out);
	char *s = arena_copy(infer_unit(in)->arena, a->k->str, a->k->n);
	for (uint32_t i = 0; i < a->k->n; i++) {
		char c = s[i], from = row->imm ? 'a' : 'A';
		s[i] = c >= from && c < from + 26 ? (char)(c ^ 32) : c;
	}
	std_give(in, s, a->k->n, out);
	return true;
}

/* Each of the eight bytes of a word that is a letter of the other case gets its 0x20 turned: high bits say
 * which, of sums that cannot carry into the next byte. */
static ir_ref turn_case(struct lw *w, ir_ref word, const void *arg)
{
	const char from = *(const char *)arg;
	const uint64_t ones = 0x0101010101010101u, highs = 0x80 * ones;
	ir_ref low = lw_op2i(w, IRO(and64), word, (int64_t)~highs);
	ir_ref reaches = lw_op2i(w, IRO(add64), low, (int64_t)((0x80u - (unsigned)from) * ones));
	ir_ref beyond = lw_op2i(w, IRO(add64), low, (int64_t)((0x80u - (unsigned)from - 26) * ones));
	ir_ref inside = lw_op2(w, IRO(xor64), reaches, beyond);
	ir_ref ascii = lw_op2i(w, IRO(xor64), word, -1);
	ir_ref is = lw_op2i(w, IRO(and64), lw_op2(w, IRO(and64), inside, ascii), (int64_t)highs);
	return lw_op2(w, IRO(xor64), word, lw_op2i(w, IRO(shr64), is, 2));
}

void std_case_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	const char *from = row->imm ? "a" : "A";
	(void)n;
	if (out->kinds & IR_BIT(IR_LONG)) {
		*out = lw_long_map(w, &args[0], turn_case, from);
		return;
	}
	*out = lw_text(w, &args[0]);
	for (unsigned i = 1; i < out->n; i++)
		out->w[i] = turn_case(w, out->w[i], from);
}

/* ---- rep, char ---- */

/* A constant as often as a constant says. */
static void known_rep(struct infer *in, const pg_value *s, uint64_t times, struct ir_type *out)
{
	char *all = arena_alloc(infer_unit(in)->arena, (size_t)(times * s->n) + 1);
	for (uint64_t i = 0; i < times && s->n; i++)
		memcpy(all + i * s->n, s->str, s->n);
	std_give(in, all, (size_t)(times * s->n), out);
}

bool std_rep_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		  struct ir_type *out)
{
	if (!std_one_string(in, row, site, a))
		return false;
	if (n > 2 && a[2].kinds & ~(NIL | IR_STRINGS))
		return infer_refuse(in, site, ON_STRINGS, "give it a string", "argument #2 of 'rep' may be no "
				    "string here"), false;
	bool known = a->k && a->k->kind == PG_STR, counted = a[1].k && a[1].k->kind == PG_INT;
	bool alone = n < 3 || a[2].kinds == NIL;
	uint64_t times = counted && a[1].k->i < 0 ? 0 : counted ? (uint64_t)a[1].k->i : LW_MAXLONG + 1;
	uint64_t len = std_most(a), sep = alone ? 0 : std_most(&a[2]);
	times = times > LW_MAXLONG + 1 ? LW_MAXLONG + 1 : times;
	if (known && counted && alone && times * len <= LW_MAXLONG)
		return known_rep(in, a->k, a->k->n ? times : 0, out), true;
	uint64_t most = times * (len + sep);
	most = most > LW_MAXLONG ? LW_MAXLONG + 1 : most;
	if (!counted || !alone) /* made in a loop, which ends in scratch memory */
		return *out = (struct ir_type){ .kinds = IR_BIT(IR_LONG), .cap = (uint32_t)(most < LW_MAXLONG ? most : LW_MAXLONG) }, true;
	return std_text_type(in, site, known ? (uint32_t)(most) : 0, (uint32_t)most, out);
}

/* A separator that may be nil is then no text. */
static struct lw_val separator(struct lw *w, uint32_t n, const struct lw_val *args)
{
	static const pg_value none = { .kind = PG_STR, .str = "" };
	struct lw_val empty = lw_const(w, &none);
	if (n < 3 || args[2].kinds == NIL)
		return empty;
	if (!(args[2].kinds & NIL))
		return lw_str_one(w, &args[2]);
	struct lw_join j = lw_join_new(w, IR_BIT(IR_LONG), LW_MAXLONG);
	struct lw_val some = lw_narrow(w, &args[2], ~NIL);
	ir_blk nil = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, &args[2], NIL, nil, other);
	lw_enter(w, nil);
	empty = lw_long_of(w, &empty);
	lw_join_add(w, &j, &empty);
	lw_enter(w, other);
	some = lw_long_of(w, &some);
	lw_join_add(w, &j, &some);
	return lw_join_end(w, &j);
}

void std_rep_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out)
{
	struct lw_val all[LW_MAXSTR], sep;
	(void)row;
	if (out->kinds & IR_BIT(IR_LONG)) {
		sep = separator(w, n, args);
		*out = lw_long_rep(w, &args[0], lw_int_word(w, &args[1]), &sep, out->cap);
		return;
	}
	uint32_t times = args[1].k->i < 0 ? 0 : args[1].k->i > LW_MAXSTR ? (uint32_t)LW_MAXSTR : (uint32_t)args[1].k->i;
	all[0] = lw_text(w, &args[0]);
	for (uint32_t i = 1; i < times; i++)
		all[i] = all[0];
	*out = lw_text_join(w, times, all, out->cap);
}

bool std_char_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	(void)row, (void)a;
	return std_text_type(in, site, n, n, out);
}

void std_char_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	*out = (struct lw_val){ .kinds = TEXT, .cap = n, .n = (uint8_t)(1 + (n + 7) / 8) };
	out->w[0] = lw_imm(w, n);
	for (unsigned i = 1; i < out->n; i++)
		out->w[i] = lw_imm(w, 0);
	for (uint32_t i = 0; i < n; i++) {
		struct lw_val v = args[i];
		if (v.kinds & ~IR_BIT(IR_INT))
			v = lw_check_kind(w, &v, IR_BIT(IR_INT), arena_printf(w->unit->arena, "bad argument #%u to '%s' (number expected, "
									"got %%K)", i + 1, lw_callee_name(w, row)));
		ir_ref c = lw_int_word(w, &v), *word = &out->w[1 + i / 8];
		unsigned at = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 7 - i % 8 : i % 8;
		lw_raise_if(w, IR_UGT, c, lw_imm(w, 255), "bad argument #%u to '%s' (value out of range)", i + 1,
			    lw_callee_name(w, row));
		*word = lw_op2(w, IRO(or64), *word, lw_op2i(w, IRO(shl64), c, 8 * at));
	}
}
