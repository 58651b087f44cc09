/* lower_val.c - Lua values as words: constants, tags, narrowing and widening, checks, joins. */
#include "ir/lower.h"
#include "opt/opt.h"

#include "core/ctype.h"
#include "core/mutant.h"

/* ---- representation ---- */

static unsigned words_of_kind(const struct lw *w, unsigned kind, uint32_t cap)
{
	switch (kind) {
	case IR_INT: case IR_IP4: case IR_MAC: case IR_ENTRY: case IR_MSG: case IR_MAP: case IR_REC:
		return 1;
	case IR_IP6: case IR_SLICE: case IR_LONG:
		return 2;
	case IR_STR:
		return (cap + 7) / 8;
	case IR_TEXT:
		return 1 + (cap + 7) / 8;
	default:
		return kind >= IR_VIEW0 ? ir_view_of(w->unit->target, kind)->words : 0;
	}
}

static unsigned words_of(const struct lw *w, uint64_t kinds, uint32_t cap)
{
	unsigned most = 0;
	for (; kinds; kinds &= kinds - 1) {
		unsigned n = words_of_kind(w, ir_first_kind(kinds), cap);
		most = n > most ? n : most;
	}
	return most;
}

struct lw_val lw_nil(void)
{
	static const pg_value nil = { .kind = PG_NIL };
	return (struct lw_val){ .kinds = IR_BIT(IR_NIL), .k = &nil };
}

struct lw_val lw_bool_const(bool b)
{
	static const pg_value v[] = { { .kind = PG_FALSE }, { .kind = PG_TRUE } };
	return (struct lw_val){ .kinds = IR_BIT(b ? IR_TRUE : IR_FALSE), .k = &v[b] };
}

struct lw_val lw_words(unsigned kind, uint32_t n, const ir_ref *words)
{
	struct lw_val v = { .kinds = IR_BIT(kind), .n = (uint8_t)n };
	if (n)
		memcpy(v.w, words, sizeof(*words) * n);
	return v;
}

struct lw_val lw_int(ir_ref word)
{
	return lw_words(IR_INT, 1, &word);
}

struct lw_val lw_const(struct lw *w, const pg_value *k)
{
	(void)w;
	return (struct lw_val){ .kinds = IR_BIT(ir_kind_of(k->kind)), .k = k, .cap = k->kind == PG_STR ? k->n : 0 };
}

int64_t lw_const_word(const pg_value *k, unsigned i)
{
	uint64_t v = 0;
	switch (k->kind) {
	case PG_INT:
		return k->i;
	case PG_IP4: {
		uint32_t a;
		memcpy(&a, k->addr, 4);
		return a;
	}
	case PG_MAC:
		for (int b = 5; b >= 0; b--)
			v = v << 8 | k->addr[b];
		return (int64_t)v;
	case PG_IP6:
		memcpy(&v, k->addr + 8 * (i & 1), 8);
		return (int64_t)v;
	case PG_STR:
		if (k->n > i * 8)
			memcpy(&v, k->str + i * 8, k->n - i * 8 < 8 ? k->n - i * 8 : 8);
		return (int64_t)v;
	default:
		return 0;
	}
}

ir_ref lw_word(struct lw *w, const struct lw_val *v, unsigned i)
{
	if (v->k)
		return lw_imm(w, lw_const_word(v->k, i));
	return i < v->n ? v->w[i] : lw_imm(w, 0);
}

struct lw_val lw_bool(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b)
{
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0), join = lw_block(w, 1);
	ir_blk from = w->cur;
	lw_br(w, cc, a, b, yes, no);
	w->flag.join = join;
	w->flag.br = ir_block(w->fn, from)->last;
	lw_enter(w, yes);
	lw_jmp(w, join, 1, (ir_ref[]){ lw_imm(w, IR_TRUE) });
	lw_enter(w, no);
	lw_jmp(w, join, 1, (ir_ref[]){ lw_imm(w, IR_FALSE) });
	lw_enter(w, join);
	return (struct lw_val){ .kinds = IR_BOOL, .tag = lw_param(w, join, 0) };
}

/* ---- narrowing and widening ---- */

struct lw_val lw_narrow(struct lw *w, const struct lw_val *v, uint64_t kinds)
{
	struct lw_val n = *v;
	n.kinds &= kinds;
	if (n.kinds == v->kinds || v->k || !n.kinds)
		return n;
	n.n = (uint8_t)words_of(w, n.kinds, n.cap);
	if (ir_single(n.kinds)) {
		n.tag = 0;
		if (n.kinds & (IR_BOOL | IR_BIT(IR_NIL)))
			return n.kinds == IR_BIT(IR_NIL) ? lw_nil() : lw_bool_const(n.kinds == IR_BIT(IR_TRUE));
	}
	return n;
}

struct lw_val lw_widen(struct lw *w, const struct lw_val *v, const struct lw_val *as)
{
	struct lw_val n = *as;
	if (as->k)
		return n;
	if (!ir_single(as->kinds))
		n.tag = ir_single(v->kinds) ? lw_imm(w, ir_first_kind(v->kinds)) : v->tag;
	n.n = (uint8_t)words_of(w, as->kinds, as->cap);
	for (unsigned i = 0; i < n.n; i++)
		n.w[i] = lw_word(w, v, i);
	return n;
}

/* ---- kinds at run time ---- */

void lw_br_kind(struct lw *w, const struct lw_val *v, uint64_t kinds, ir_blk yes, ir_blk no)
{
	uint64_t in = v->kinds & kinds, out = v->kinds & ~kinds;
	if (!in || !out) {
		lw_jmp(w, in ? yes : no, 0, NULL);
		return;
	}
	/* test the smaller side, one kind after the other */
	bool test_in = __builtin_popcountll(in) <= __builtin_popcountll(out);
	uint64_t set = test_in ? in : out;
	ir_blk hit = test_in ? yes : no, miss = test_in ? no : yes;
	while (set) {
		unsigned k = ir_first_kind(set);
		set &= set - 1;
		ir_blk next = set ? lw_block(w, 0) : miss;
		lw_bri(w, MUTANT(nil_as_false) && k == IR_FALSE ? IR_ULE : IR_EQ, v->tag, k, hit, next);
		lw_enter(w, next);
	}
	w->cur = 0;
}

/* fmt with %K replaced */
static const char *with_kind(struct lw *w, const char *fmt, const char *kind)
{
	const char *at = strstr(fmt, "%K");
	if (!at)
		return fmt;
	return arena_printf(w->unit->arena, "%.*s%s%s", (int)(at - fmt), fmt, kind, at + 2);
}

/* All kinds of the set that Lua calls by the same name as its first. */
static uint64_t same_name(struct lw *w, const struct lw_val *v, uint64_t set)
{
	const char *name = type_called(w->unit, ir_first_kind(set), v->k);
	uint64_t same = 0;
	for (unsigned k = 0; k < IR_NKINDS; k++)
		if (set & IR_BIT(k) && !strcmp(type_called(w->unit, k, v->k), name))
			same |= IR_BIT(k);
	return same;
}

struct lw_val lw_check_kind(struct lw *w, const struct lw_val *v, uint64_t kinds, const char *fmt)
{
	uint64_t bad = v->kinds & ~kinds;
	if (!bad)
		return *v;
	struct lw_val rest = *v;
	while (bad) {
		uint64_t group = same_name(w, v, bad);
		const char *text = with_kind(w, fmt, type_called(w->unit, ir_first_kind(group), v->k));
		bad &= ~group;
		if (!(rest.kinds & ~group)) {
			lw_raise(w, "%s", text);
			lw_enter(w, lw_block(w, 0)); /* never reached */
			return lw_narrow(w, v, kinds);
		}
		ir_blk raise = lw_block(w, 0), ok = lw_block(w, 0);
		lw_br_kind(w, &rest, group, raise, ok);
		lw_enter(w, raise);
		lw_raise(w, "%s", text);
		lw_enter(w, ok);
		rest.kinds &= ~group;
	}
	return lw_narrow(w, v, kinds);
}

/* ---- joins ---- */

struct lw_join lw_join_new(struct lw *w, uint64_t kinds, uint32_t cap)
{
	struct lw_join j = { .as = { .kinds = kinds, .cap = cap } };
	unsigned n = words_of(w, kinds, cap);
	bool tagged = !ir_single(kinds);
	j.block = lw_block(w, n + tagged);
	j.as.n = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		j.as.w[i] = lw_param(w, j.block, i);
	if (tagged)
		j.as.tag = lw_param(w, j.block, n);
	return j;
}

void lw_join_add(struct lw *w, struct lw_join *j, const struct lw_val *v)
{
	struct lw_val as = lw_widen(w, v, &j->as);
	ir_ref args[LW_MAXWORDS + 1];
	memcpy(args, as.w, sizeof(*args) * as.n);
	if (j->as.tag)
		args[as.n] = as.tag;
	if (v->most > j->as.most)
		j->as.most = v->most;
	if (v->layout)
		j->as.layout = v->layout;
	if (v->model)
		j->as.model = v->model;
	lw_jmp(w, j->block, as.n + (j->as.tag != 0), args);
}

struct lw_val lw_join_end(struct lw *w, struct lw_join *j)
{
	lw_enter(w, j->block);
	if (ir_single(j->as.kinds) && j->as.kinds & (IR_BOOL | IR_BIT(IR_NIL)))
		return j->as.kinds == IR_BIT(IR_NIL) ? lw_nil() : lw_bool_const(j->as.kinds == IR_BIT(IR_TRUE));
	return j->as;
}
