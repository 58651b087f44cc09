/*
 * strings.c - methods of strings: s:sub and the like, string.NAME, and the same of packet views.
 *
 * What is known when it is compiled is computed then. Every row gets one string as its first argument:
 * the lowering of calls sees to that.
 */
#include "stdlib/stdlib.h"

#include "core/mutant.h"

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)

/* ---- arguments ---- */

bool std_several_constants(const struct ir_type *a)
{
	return !a->k && a->kinds & IR_BIT(IR_STR) && !(a->kinds & IR_ALL_STRINGS & ~IR_BIT(IR_STR));
}

/* Is the string one whose bytes can be looked at where it is, or that is short enough to be copied? */
bool std_one_string(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a)
{
	if (!(a->kinds & (INT | IR_BIT(IR_FLOAT))))
		return true;
	if (infer_unit(in)->target->caps & IR_CAP_MEMORY)
		infer_refuse(in, site, ON_STRINGS, "read the text at an address: bpf.str(p); make another number a text: "
			     "tostring(n)", "'%s' of a number is not there in kernel code", row->name);
	else
		infer_refuse(in, site, ON_STRINGS, "make it a text first: tostring(n)",
			     "'%s' of a number is not there in kernel code", row->name);
	return false;
}

struct ir_type std_part(const struct ir_type *a, uint32_t most)
{
	bool far = lw_str_far(a->kinds, a->most) || (a->k && a->k->n > LW_MAXSTR);
	if (far)
		return (struct ir_type){ .kinds = IR_BIT(IR_LONG), .cap = most < LW_MAXLONG ? most : (uint32_t)LW_MAXLONG };
	if (a->kinds & (IR_BIT(IR_STR) | IR_BIT(IR_TEXT)))
		return (struct ir_type){ .kinds = IR_BIT(IR_TEXT), .cap = most };
	return (struct ir_type){ .kinds = IR_BIT(IR_SLICE), .most = most };
}

static bool known_string(const struct ir_type *a)
{
	return a->k && a->k->kind == PG_STR;
}

/* Argument i as a constant integer, or `none` when there are not as many. */
static bool known_int(uint32_t n, const struct ir_type *a, uint32_t i, int64_t none, int64_t *v)
{
	*v = none;
	if (i >= n || (a[i].k && a[i].k->kind == PG_NIL))
		return true;
	if (!a[i].k || a[i].k->kind != PG_INT)
		return false;
	*v = a[i].k->i;
	return true;
}

/* Strings are at most as long as the longest that may be one. */
uint32_t std_most(const struct ir_type *a)
{
	uint32_t most = a->kinds & IR_VIEWS ? LW_STR_MOST : lw_text_cap(a->kinds & IR_STRINGS, a->cap, a->most);
	return lw_str_far(a->kinds, a->most) && most > LW_MAXLONG ? LW_MAXLONG : most;
}

void std_give(struct infer *in, const char *s, size_t n, struct ir_type *out)
{
	const pg_value v = { .kind = PG_STR, .n = (uint32_t)n,
			     .str = arena_copy(infer_unit(in)->arena, s, n) };
	*out = (struct ir_type){ .kinds = IR_BIT(IR_STR), .k = infer_const(in, v), .cap = v.n };
}

/* ---- positions, as Lua counts them ---- */

/* The first position of a part, from 1. */
static int64_t first_at(int64_t i, int64_t len)
{
	return i > 0 ? i : i == 0 || i < -len ? 1 : len + i + 1;
}

/* Its last one, up to len. */
static int64_t last_at(int64_t j, int64_t len)
{
	return j > len ? len : j >= 0 ? j : j < -len ? 0 : len + j + 1;
}

ir_ref std_first(struct lw *w, const struct lw_val *i, ir_ref len)
{
	if (i->k && i->k->i >= 0)
		return lw_imm(w, i->k->i ? i->k->i : 1);
	ir_ref one = lw_imm(w, 1), zero = lw_imm(w, 0), word = lw_int_word(w, i);
	ir_ref back = lw_op2(w, IRO(add64), lw_op2i(w, IRO(add64), len, 1), word);
	back = MUTANT(before_first) ? back : lw_pick(w, IR_SLT, back, one, one, back);
	if (i->k)
		return back;
	return lw_pick(w, IR_SLT, word, zero, back, lw_pick(w, IR_EQ, word, zero, one, word));
}

static ir_ref last_word(struct lw *w, const struct lw_val *j, ir_ref len)
{
	if (j->k && j->k->i == -1)
		return len;
	ir_ref zero = lw_imm(w, 0), word = lw_int_word(w, j);
	ir_ref front = j->k && j->k->i < 0 ? zero : lw_pick(w, IR_SGT, word, len, len, word);
	if (j->k && j->k->i >= 0)
		return front;
	ir_ref back = lw_op2(w, IRO(add64), lw_op2i(w, IRO(add64), len, 1), word);
	back = lw_pick(w, IR_SLT, back, zero, zero, back);
	return j->k ? back : lw_pick(w, IR_SLT, word, zero, back, front);
}

/* Argument i as an integer, `otherwise` where it is nil or not given. */
static struct lw_val int_or(struct lw *w, uint32_t n, const struct lw_val *args, uint32_t i, struct lw_val otherwise)
{
	if (i >= n || args[i].kinds == NIL)
		return otherwise;
	if (args[i].kinds == INT)
		return args[i];
	struct lw_join j = lw_join_new(w, INT, 0);
	struct lw_val given = lw_narrow(w, &args[i], INT);
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0);
	lw_br_kind(w, &args[i], NIL, nil, some);
	lw_enter(w, nil);
	lw_join_add(w, &j, &otherwise);
	lw_enter(w, some);
	lw_join_add(w, &j, &given);
	return lw_join_end(w, &j);
}

struct lw_val std_int_or(struct lw *w, uint32_t n, const struct lw_val *args, uint32_t i, int64_t none)
{
	pg_value k = { .kind = PG_INT, .i = none };
	return int_or(w, n, args, i, lw_const(w, ir_const(w->unit, k)));
}

/* ---- sub ---- */

/* The most bytes that s:sub(i, j) of at most m gives. */
static uint32_t sub_most(uint32_t m, uint32_t n, const struct ir_type *a)
{
	int64_t i, j;
	bool first = known_int(n, a, 1, 1, &i), last = known_int(n, a, 2, -1, &j);
	uint64_t most = m;
	if (first && last && (i < 0) == (j < 0)) /* both from one end */
		most = j < (i ? i : 1) ? 0 : (uint64_t)j - (uint64_t)(i ? i : 1) + 1;
	else if (last && j >= 0)
		most = (uint64_t)j;
	else if (first && i < 0 && i > -(int64_t)m)
		most = (uint64_t)-i;
	if (n > 2 && a[2].most && a[2].most - 1 < most)
		most = a[2].most - 1;
	return most < m ? (uint32_t)most : m;
}

static bool sub_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	int64_t i, j;
	if (!std_one_string(in, row, site, a))
		return false;
	if (known_string(a) && known_int(n, a, 1, 1, &i) && known_int(n, a, 2, -1, &j)) {
		int64_t first = first_at(i, a->k->n), last = last_at(j, a->k->n);
		std_give(in, first <= last ? a->k->str + first - 1 : "",
			    first <= last ? (size_t)(last - first + 1) : 0, out);
		return true;
	}
	*out = std_part(a, sub_most(std_most(a), n, a));
	return true;
}

static void sub_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row;
	struct lw_str s = lw_str_of(w, &args[0]);
	struct lw_val i = std_int_or(w, n, args, 1, 1), j = std_int_or(w, n, args, 2, -1);
	ir_ref start = lw_op2i(w, IRO(sub64), std_first(w, &i, s.len), 1);
	ir_ref len = lw_op2(w, IRO(sub64), last_word(w, &j, s.len), start), zero = lw_imm(w, 0);
	ir_blk some = lw_block(w, 0), none = lw_block(w, 0), meet = lw_block(w, 2);
	lw_br(w, IR_SGT, len, zero, some, none);
	lw_enter(w, some);
	lw_jmp(w, meet, 2, (ir_ref[]){ lw_op2(w, IRO(add64), s.off, start), len });
	lw_enter(w, none);
	lw_jmp(w, meet, 2, (ir_ref[]){ s.off, zero });
	lw_enter(w, meet);
	ir_ref from = lw_param(w, meet, 0), bytes = lw_param(w, meet, 1);
	*out = lw_str_part(w, &s, from, bytes, out->kinds == IR_BIT(IR_SLICE) ? out->most : out->cap);
}

/* ---- bpf.trunc(s, n): s:sub(1, n), but for a negative n ---- */

static bool is_negative(const struct ir_type *n)
{
	return n->k && n->k->kind == PG_INT && n->k->i < 0;
}

bool std_trunc_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		    struct ir_type *out)
{
	const struct ir_type one = { .kinds = INT, .k = infer_const(in, (pg_value){ .kind = PG_INT, .i = 1 }) };
	struct ir_type part[3] = { a[0], one, a[1] };
	(void)n;
	if (is_negative(&a[1]))
		part[2].k = NULL; /* raises */
	return sub_type(in, row, site, 3, part, out);
}

void std_trunc_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	const pg_value one = { .kind = PG_INT, .i = 1 };
	struct lw_val part[3] = { lw_str_one(w, &args[0]), lw_const(w, ir_const(w->unit, one)), args[1] };
	(void)n;
	lw_raise_if(w, IR_SLT, lw_int_word(w, &args[1]), lw_imm(w, 0), "bad argument #2 to '%s' (negative length)",
		    lw_callee_name(w, row));
	sub_lower(w, row, 3, part, out);
}

/* ---- byte ---- */

/* From i to j, which is i where it is not given: the most values that are. */
static uint32_t byte_most(uint32_t n, const struct ir_type *a)
{
	int64_t i = 1, j = 1;
	bool first = known_int(n, a, 1, 1, &i), last = first && known_int(n, a, 2, i, &j);
	uint64_t most = std_most(a);
	if (n < 3 || a[2].kinds == NIL)
		most = most < 1 ? most : 1;
	else if (first && last && (i < 0) == (j < 0))
		most = j < (i ? i : 1) ? 0 : (uint64_t)j - (uint64_t)(i ? i : 1) + 1;
	return most < IR_RESULTS ? (uint32_t)most : IR_RESULTS;
}

/* Those of a constant; none of them: nil. */
static void known_bytes(struct infer *in, const pg_value *s, int64_t i, int64_t j, struct ir_type *out)
{
	int64_t first = first_at(i, s->n), after = last_at(j, s->n) - first;
	for (uint32_t k = 0; k < IR_RESULTS && (!k || k <= after); k++) {
		bool there = k <= after;
		pg_value v = { .kind = there ? PG_INT : PG_NIL, .i = there ? (uint8_t)s->str[first + k - 1] : 0 };
		out[k] = (struct ir_type){ .kinds = there ? INT : NIL, .k = infer_const(in, v) };
	}
}

static bool byte_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		      const struct ir_type *a, struct ir_type *out)
{
	int64_t i, j;
	if (!std_one_string(in, row, site, a))
		return false;
	if (known_string(a) && known_int(n, a, 1, 1, &i) && known_int(n, a, 2, i, &j)) {
		known_bytes(in, a->k, i, j, out);
		return true;
	}
	uint32_t most = byte_most(n, a);
	out[0] = (struct ir_type){ .kinds = most ? INT | NIL : NIL };
	for (uint32_t k = 1; k < most; k++)
		out[k] = out[0];
	return true;
}

/* How many results of the call are looked at. */
static uint32_t wanted(const struct lw *w)
{
	const struct ir_fn *f = w->from;
	uint32_t most = 1;
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			if (i->op == IRO(result) && ir_at(f, i->args[0]) == w->at && i->aux >= most)
				most = i->aux + 1;
		}
	return most;
}

/* The byte at offset `at` from the string's first, where that is less than `end`; else nil. */
static struct lw_val byte_below(struct lw *w, const struct lw_str *s, ir_ref at, ir_ref end)
{
	struct lw_val none = lw_nil();
	struct lw_join j = lw_join_new(w, INT | NIL, 0);
	ir_blk inside = lw_block(w, 0), outside = lw_block(w, 0);
	lw_br(w, IR_ULT, at, end, inside, outside);
	lw_enter(w, inside);
	struct lw_val byte = lw_int(lw_str_byte(w, s, lw_op2(w, IRO(add64), s->off, at)));
	lw_join_add(w, &j, &byte);
	lw_enter(w, outside);
	lw_join_add(w, &j, &none);
	return lw_join_end(w, &j);
}

/* s:byte(i): from i to i, so nothing for 0 and before the first. */
static void one_byte(struct lw *w, const struct lw_str *s, const struct lw_val *i, struct lw_val *out)
{
	ir_ref word = lw_int_word(w, i), back = lw_op2(w, IRO(add64), word, s->len);
	ir_ref at = lw_pick(w, IR_SLT, word, lw_imm(w, 0), back, lw_op2i(w, IRO(sub64), word, 1));
	*out = byte_below(w, s, at, s->len);
}

static void byte_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	(void)row;
	struct lw_str s = lw_str_of(w, &args[0]);
	struct lw_val i = std_int_or(w, n, args, 1, 1);
	if (n < 3 || args[2].kinds == NIL) {
		one_byte(w, &s, &i, out);
		return;
	}
	struct lw_val j = int_or(w, n, args, 2, i);
	ir_ref start = lw_op2i(w, IRO(sub64), std_first(w, &i, s.len), 1), end = last_word(w, &j, s.len);
	for (uint32_t k = 0, most = wanted(w); k < most; k++)
		out[k] = byte_below(w, &s, lw_op2i(w, IRO(add64), start, k), end);
}

/* ---- len ---- */

static bool len_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	(void)n;
	if (!std_one_string(in, row, site, a))
		return false;
	bool empty = !(a->kinds & ~IR_STRINGS) && !std_most(a);
	if (known_string(a) || empty)
		*out = (struct ir_type){ .kinds = INT,
					 .k = infer_const(in, (pg_value){ .kind = PG_INT, .i = empty ? 0 : a->k->n }) };
	return true;
}

static void len_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	*out = lw_int(lw_str_len(w, &args[0]));
}

const struct ir_lib stdlib_str_rows[] = {
	{ "sub", 1, 2, { INT, INT | NIL }, IR_STRINGS, 0, IR_PART, sub_type, sub_lower, 0,
	  "the part from byte i to byte j (from 1; from the end when negative), not copied" },
	{ "byte", 0, 2, { INT | NIL, INT | NIL }, INT | NIL, 0, IR_E_READ | IR_SEVERAL | IR_FEWER | IR_NONE | IR_UNSIGNED,
	  byte_type, byte_lower, 1, "the bytes from number i (from 1; from the end when negative) to j, or just that one" },
	{ "find", 1, 3, { IR_STRINGS, INT | NIL, 0 }, INT | NIL, 0, IR_E_READ | IR_SEVERAL | IR_FEWER | IR_PATTERN, std_find_type,
	  std_find_lower, STD_FIND,
	  "where a constant pattern is found first, from byte init on: first byte, last byte, captures" },
	{ "match", 1, 2, { IR_STRINGS, INT | NIL }, INT | NIL, 0, IR_E_READ | IR_SEVERAL | IR_FEWER | IR_PATTERN, std_find_type,
	  std_find_lower, STD_MATCH, "the captures of a constant pattern where it is found first, or what it matched" },
	{ "gmatch", 1, 2, { IR_STRINGS, INT | NIL }, IR_ANY, 0, IR_PATTERN, NULL, NULL, IR_EXPAND_GMATCH,
	  "for a, b in s:gmatch(pattern): the captures of each match of a constant pattern, or what it matched" },
	/* what gmatch becomes: where its first match may begin, and a turn; no script can name them */
	{ "(gmatch)", 1, 1, { INT | NIL }, INT, 0, IR_E_READ | IR_SEVERAL, std_gmatch_type, std_gmatch_lower, 0, "from where on" },
	{ "(match)", 2, 2, { IR_STRINGS, INT | NIL }, INT | NIL, 0, IR_E_READ | IR_SEVERAL | IR_FEWER | IR_PATTERN, std_find_type,
	  std_find_lower, STD_NEXT, "from where on next, and what gmatch gives" },
	{ "unpack", 1, 2, { IR_STRINGS, INT | NIL }, INT, 0, IR_E_READ | IR_E_RAISE | IR_SEVERAL | IR_FORMAT, std_unpack_type,
	  std_unpack_lower, 0, "integers and strings by a constant format, and where the rest begins" },
	{ "pack", 0, -1, { 0 }, IR_STRINGS, 0, IR_E_RAISE | IR_FORMAT, std_pack_type, std_pack_lower, 0,
	  "the bytes of integers and strings by a constant format" },
	{ "packsize", 0, 0, { 0 }, INT, 0, 0, std_packsize_type, NULL, 0, "how many bytes a constant format has" },
	{ "format", 0, -1, { 0 }, IR_BIT(IR_TEXT), 0, IR_BOUNDED | IR_FORMAT, std_format_type, std_format_lower, 0,
	  "a text by a constant format: %s %d %i %u %x %X %o %c, with flags, width and precision" },
	{ "lower", 0, 0, { 0 }, IR_STRINGS, 0, 0, std_case_type, std_case_lower, 0, "with small letters" },
	{ "upper", 0, 0, { 0 }, IR_STRINGS, 0, 0, std_case_type, std_case_lower, 1, "with capitals" },
	{ "rep", 1, 2, { INT, 0 }, IR_STRINGS, 0, 0, std_rep_type, std_rep_lower, 0,
	  "itself n times, with a separator between" },
	{ "len", 0, 0, { 0 }, INT, 0, 0, len_type, len_lower, 0, "length in bytes" },
	{ 0 },
};

bool stdlib_is_str_row(const struct ir_lib *row)
{
	return row >= stdlib_str_rows && row < stdlib_str_rows + sizeof(stdlib_str_rows) / sizeof(*stdlib_str_rows);
}

bool stdlib_str_prints(const struct ir_lib *row, const pg_value *format)
{
	return row->type == std_format_type && std_format_prints(format);
}

int stdlib_str_lacks(const struct ir_lib *row, const pg_value *format, uint32_t given, pg_value *before)
{
	if (row->type == std_format_type)
		return std_format_lacks(format, given, before);
	return row->type == std_pack_type ? std_pack_lacks(format, given, before) : 0;
}
