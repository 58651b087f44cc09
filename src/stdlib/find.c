/* find.c - s:find, s:match and turns of s:gmatch, with constant patterns: their results, and the words of them. */
#include "stdlib/match.h"
#include "stdlib/stdlib.h"

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)

/* The argument `plain` of find: 1 true, 0 false, -1 known only at run time. */
static int plain(const struct ir_lib *row, uint32_t n, uint64_t kinds)
{
	if (row->imm != STD_FIND || n < 4 || !(kinds & ~IR_FALSY))
		return 0;
	return kinds & IR_FALSY ? -1 : 1;
}

static void text_as_pattern(struct arena *a, const pg_value *k, struct pat *p)
{
	*p = (struct pat){ .n = k->n, .items = arena_array(a, struct pat_item, k->n + 1) };
	for (uint32_t i = 0; i < k->n; i++)
		pat_add(&p->items[i].set, (unsigned char)k->str[i]);
}

/* The pattern that is argument 1; what is wrong with it, or NULL. */
static const struct refusal *read_pattern(struct arena *a, const struct ir_lib *row, uint32_t n, const pg_value *k,
				uint64_t plain_kinds, struct pat *p)
{
	if (row->imm == STD_NEXT && k->n && *k->str == '^') { /* to gmatch a byte like any other */
		char *text = arena_array(a, char, k->n + 1);
		*text = '%';
		memcpy(text + 1, k->str, k->n);
		return pat_read(a, text, k->n + 1, p);
	}
	if (plain(row, n, plain_kinds) != 1)
		return pat_read(a, k->str, k->n, p);
	text_as_pattern(a, k, p);
	return NULL;
}

/* Numbers that it gives before the captures: first and last byte; where to look next. */
static uint32_t numbers(const struct ir_lib *row)
{
	return row->imm == STD_FIND ? 2 : row->imm == STD_NEXT;
}

static uint32_t results(const struct ir_lib *row, const struct pat *p)
{
	return numbers(row) + (p->ncaptures || row->imm == STD_FIND ? p->ncaptures : 1);
}

/* Is result i a number (else it is a capture)? */
static bool is_number(const struct ir_lib *row, const struct pat *p, uint32_t i)
{
	return i < numbers(row) || (p->ncaptures && p->position[i - numbers(row)]);
}

static const struct ir_lib gmatch = { .name = "gmatch" };

bool std_find_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	struct pat p;
	const struct ir_lib *called = row->imm == STD_NEXT ? &gmatch : row;
	if (!std_one_string(in, called, site, a))
		return false;
	if (std_several_constants(&a[1]))
		return infer_refuse(in, site, ON_STRINGS, "let a table hold functions, up to 256 of them: local function by(p) return "
				    "function(s) return s:find(p) end end and t[k] = by(\"a+\") outside, then t[k](s)",
				    "the pattern of '%s' is one of several constants: more than 256, used too often, or changed by a loop",
				    called->name), false;
	if (!a[1].k || a[1].k->kind != PG_STR)
		return infer_refuse(in, site, ON_STRINGS, "write the pattern into the call, or capture it",
				    "the pattern of '%s' is known only at run time; patterns are compiled",
				    called->name), false;
	if (plain(row, n, n > 3 ? a[3].kinds : 0) < 0)
		return infer_refuse(in, site, ON_STRINGS, "write true or false", "whether 'find' takes its "
				    "pattern as plain text is known only at run time"), false;
	const struct refusal *wrong = read_pattern(infer_unit(in)->arena, row, n, a[1].k, n > 3 ? a[3].kinds : 0, &p);
	if (wrong)
		return diag_advise(infer_error(in, site, wrong->help, "the pattern of '%s': %s", called->name, wrong->text), wrong), false;
	struct ir_type part = std_part(&a[0], std_most(&a[0]));
	part.kinds |= NIL;
	for (uint32_t i = 0; i < results(row, &p); i++)
		out[i] = is_number(row, &p, i) ? (struct ir_type){ .kinds = INT | NIL } : part;
	return true;
}

/* ---- lowering ---- */

/* The words of result i where the pattern was found; how many. */
static uint32_t words_of(struct lw *w, const struct ir_lib *row, const struct pat *p, const struct lw_str *s,
			 const struct match *m, uint32_t i, ir_ref *words)
{
	uint32_t before = numbers(row);
	if (i < before) {
		bool first = before > 1 && !i;
		ir_ref n = lw_op2(w, IRO(sub64), first ? m->start : m->end, s->off);
		words[0] = first ? lw_op2i(w, IRO(add64), n, 1) : n;
		return 1;
	}
	if (p->ncaptures && p->position[i - before]) {
		words[0] = lw_op2i(w, IRO(add64), lw_op2(w, IRO(sub64), m->from[i - before], s->off), 1);
		return 1;
	}
	ir_ref from = p->ncaptures ? m->from[i - before] : m->start;
	ir_ref len = lw_op2(w, IRO(sub64), p->ncaptures ? m->to[i - before] : m->end, from);
	struct lw_val v = lw_str_part(w, s, from, len, s->most);
	memcpy(words, v.w, sizeof(*words) * v.n);
	return v.n;
}

/* All results meet the nils of where nothing was found; one tag serves all of a kind. */
struct meeting {
	ir_blk block;
	uint32_t nwords;
	ir_ref words[2 + LW_MAXWORDS * IR_RESULTS];
};

static unsigned kind_of_part(const struct lw_str *s)
{
	return s->far ? IR_LONG : s->slot ? IR_TEXT : IR_SLICE;
}

static void meet(struct lw *w, struct meeting *g, const struct ir_lib *row, const struct pat *p, ir_blk none,
		 const struct lw_str *s, struct lw_val *out)
{
	unsigned kind = kind_of_part(s), n = kind == IR_TEXT ? 1 + (s->most + 7) / 8 : 2;
	g->block = lw_block(w, g->nwords);
	lw_jmp(w, g->block, g->nwords, g->words);
	lw_enter(w, none);
	for (uint32_t i = 0; i < g->nwords; i++)
		g->words[i] = lw_imm(w, i < 2 ? IR_NIL : 0);
	lw_jmp(w, g->block, g->nwords, g->words);
	lw_enter(w, g->block);
	for (uint32_t i = 0, at = 2; i < results(row, p); i++) {
		bool number = is_number(row, p, i);
		out[i] = (struct lw_val){ .kinds = NIL | (number ? INT : IR_BIT(kind)), .most = s->slot ? 0 : s->most,
					  .cap = s->slot ? s->most : 0, .n = (uint8_t)(number ? 1 : n),
					  .tag = lw_param(w, g->block, number ? 0 : 1) };
		for (unsigned k = 0; k < out[i].n; k++)
			out[i].w[k] = lw_param(w, g->block, at++);
	}
}

/* Where gmatch goes on is the end of its last match, at which the next one must not end; the bits of where it begins
 * are turned, for there was none. `last`: that end, where it may be one. Goes to `none` beyond the string. */
static ir_ref next_start(struct lw *w, const struct lw_val *at, const struct lw_str *s, ir_ref *last, ir_blk none)
{
	struct lw_val known = lw_narrow(w, at, INT);
	if (at->kinds & NIL) {
		ir_blk some = lw_block(w, 0);
		lw_br_kind(w, at, NIL, none, some);
		lw_enter(w, some);
	}
	ir_ref word = lw_int_word(w, &known);
	*last = lw_op2(w, IRO(add64), s->off, word);
	return lw_op2(w, IRO(xor64), word, lw_op2i(w, IRO(sar64), word, 63));
}

bool std_gmatch_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	(void)row;
	if (!(a->kinds & (IR_STRINGS | IR_VIEWS | INT)))
		return infer_error(in, site, "give it a text: for w in s:gmatch(\"%a+\") do ... end", "bad argument #1 to 'gmatch' (string expected, got %s)",
				   infer_called(in, a, IR_ANY)), false;
	if (!std_one_string(in, &gmatch, site, a))
		return false;
	if (n > 1 && a[1].kinds & ~(INT | NIL))
		return infer_refuse(in, site, ON_STRINGS, "give it an integer", "where 'gmatch' begins may be "
				    "no integer here"), false;
	out[0] = (struct ir_type){ .kinds = INT };
	return true;
}

void std_gmatch_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row;
	struct lw_val init = std_int_or(w, n, args, 1, 1);
	ir_ref start = lw_op2i(w, IRO(sub64), std_first(w, &init, lw_str_len(w, &args[0])), 1);
	*out = lw_int(lw_op2i(w, IRO(xor64), start, -1));
}

void std_find_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	struct pat p;
	struct match m = { .not_at = 0 };
	struct lw_str s = lw_str_of(w, &args[0]);
	struct meeting g = { .nwords = 2, .words = { lw_imm(w, IR_INT), lw_imm(w, kind_of_part(&s)) } };
	read_pattern(w->unit->arena, row, n, args[1].k, n > 3 ? args[3].kinds : 0, &p);
	ir_blk none = lw_block(w, 0), inside = lw_block(w, 0);
	ir_ref start;
	if (row->imm == STD_NEXT) {
		start = next_start(w, &args[2], &s, &m.not_at, none);
	} else {
		struct lw_val init = std_int_or(w, n, args, 2, 1);
		start = lw_op2i(w, IRO(sub64), std_first(w, &init, s.len), 1);
	}
	lw_br(w, IR_ULE, start, s.len, inside, none);
	lw_enter(w, inside);
	match_emit(w, &p, &s, lw_op2(w, IRO(add64), s.off, start), &m, none);
	for (uint32_t i = 0; i < results(row, &p); i++)
		g.nwords += words_of(w, row, &p, &s, &m, i, g.words + g.nwords);
	meet(w, &g, row, &p, none, &s, out);
}
