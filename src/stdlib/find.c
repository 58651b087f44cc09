/* find.c - s:find and s:match with constant patterns: their results, and the words of them. */
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
static const char *read_pattern(struct arena *a, const struct ir_lib *row, uint32_t n, const pg_value *k,
				uint64_t plain_kinds, struct pat *p)
{
	if (plain(row, n, plain_kinds) != 1)
		return pat_read(a, k->str, k->n, p);
	text_as_pattern(a, k, p);
	return NULL;
}

static uint32_t results(const struct ir_lib *row, const struct pat *p)
{
	return row->imm == STD_FIND ? 2 + p->ncaptures : p->ncaptures ? p->ncaptures : 1;
}

/* Is result i a position (else it is a capture)? */
static bool is_position(const struct ir_lib *row, const struct pat *p, uint32_t i)
{
	if (row->imm == STD_FIND)
		return i < 2 || p->position[i - 2];
	return p->ncaptures && p->position[i];
}

bool std_find_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	struct pat p;
	if (!std_one_string(in, row, site, a) || !std_integers(in, row, site, 2, n < 3 ? n : 3, a))
		return false;
	if (a[0].k && a[0].k->n > LW_MAXSTR)
		return infer_error(in, site, "compute it in the user half and capture the result", "'%s' of a constant text "
				   "of more than %d bytes is not there in kernel code", row->name, LW_MAXSTR), false;
	if (!a[1].k || a[1].k->kind != PG_STR)
		return infer_error(in, site, "write the pattern into the call, or capture it", "the pattern of '%s' is known "
				   "only at run time; patterns are compiled", row->name), false;
	if (plain(row, n, n > 3 ? a[3].kinds : 0) < 0)
		return infer_error(in, site, "write true or false", "whether 'find' takes its pattern as plain text is known "
				   "only at run time"), false;
	const char *wrong = read_pattern(infer_unit(in)->arena, row, n, a[1].k, n > 3 ? a[3].kinds : 0, &p);
	if (wrong)
		return infer_error(in, site, NULL, "the pattern of '%s': %s", row->name, wrong), false;
	struct ir_type part = { .kinds = NIL | IR_BIT(std_is_text(&a[0]) ? IR_TEXT : IR_SLICE) };
	*(std_is_text(&a[0]) ? &part.cap : &part.most) = std_most(&a[0]);
	for (uint32_t i = 0; i < results(row, &p); i++)
		out[i] = is_position(row, &p, i) ? (struct ir_type){ .kinds = INT | NIL } : part;
	return true;
}

/* ---- lowering ---- */

/* The words of result i where the pattern was found; how many. */
static uint32_t words_of(struct lw *w, const struct ir_lib *row, const struct pat *p, const struct lw_str *s,
			 const struct match *m, uint32_t i, ir_ref *words)
{
	uint32_t before = row->imm == STD_FIND ? 2 : 0;
	if (before && i < 2) {
		ir_ref n = lw_op2(w, IRO(sub64), i ? m->end : m->start, s->off);
		words[0] = i ? n : lw_op2i(w, IRO(add64), n, 1);
		return 1;
	}
	if (p->ncaptures && p->position[i - before]) {
		words[0] = lw_op2i(w, IRO(add64), lw_op2(w, IRO(sub64), m->from[i - before], s->off), 1);
		return 1;
	}
	ir_ref from = p->ncaptures ? m->from[i - before] : m->start;
	ir_ref len = lw_op2(w, IRO(sub64), p->ncaptures ? m->to[i - before] : m->end, from);
	struct lw_val v = s->slot ? lw_text_part(w, s, from, len, s->most) : lw_slice(from, len, s->most);
	memcpy(words, v.w, sizeof(*words) * v.n);
	return v.n;
}

/* All results meet the nils of where nothing was found; one tag serves all of a kind. */
struct meeting {
	ir_blk block;
	uint32_t nwords;
	ir_ref words[2 + LW_MAXWORDS * IR_RESULTS];
};

static void meet(struct lw *w, struct meeting *g, const struct ir_lib *row, const struct pat *p, ir_blk none,
		 const struct lw_str *s, struct lw_val *out)
{
	unsigned kind = s->slot ? IR_TEXT : IR_SLICE, n = s->slot ? 1 + (s->most + 7) / 8 : 2;
	g->block = lw_block(w, g->nwords);
	lw_jmp(w, g->block, g->nwords, g->words);
	lw_enter(w, none);
	for (uint32_t i = 0; i < g->nwords; i++)
		g->words[i] = lw_imm(w, i < 2 ? IR_NIL : 0);
	lw_jmp(w, g->block, g->nwords, g->words);
	lw_enter(w, g->block);
	for (uint32_t i = 0, at = 2; i < results(row, p); i++) {
		bool position = is_position(row, p, i);
		out[i] = (struct lw_val){ .kinds = NIL | (position ? INT : IR_BIT(kind)), .most = s->slot ? 0 : s->most,
					  .cap = s->slot ? s->most : 0, .n = (uint8_t)(position ? 1 : n),
					  .tag = lw_param(w, g->block, position ? 0 : 1) };
		for (unsigned k = 0; k < out[i].n; k++)
			out[i].w[k] = lw_param(w, g->block, at++);
	}
}

void std_find_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	struct pat p;
	struct match m;
	struct lw_str s = lw_str_of(w, &args[0]);
	struct meeting g = { .nwords = 2, .words = { lw_imm(w, IR_INT), lw_imm(w, s.slot ? IR_TEXT : IR_SLICE) } };
	read_pattern(w->unit->arena, row, n, args[1].k, n > 3 ? args[3].kinds : 0, &p);
	struct lw_val init = std_int_or(w, n, args, 2, 1);
	ir_ref start = lw_op2i(w, IRO(sub64), std_first(w, &init, s.len), 1);
	ir_blk none = lw_block(w, 0), inside = lw_block(w, 0);
	lw_br(w, IR_ULE, start, s.len, inside, none);
	lw_enter(w, inside);
	match_emit(w, &p, &s, lw_op2(w, IRO(add64), s.off, start), &m, none);
	for (uint32_t i = 0; i < results(row, &p); i++)
		g.nwords += words_of(w, row, &p, &s, &m, i, g.words + g.nwords);
	meet(w, &g, row, &p, none, &s, out);
}
