/*
 * inside.c - what Lua might give nil for, and a reader sees that it does not: nothing is warned of there.
 *
 *   cnt[k & 3], full[i]        an element of an array map, of an event's array, or of a captured table, whose key is one of theirs
 *   for i = 1, #t do t[i]      an element of a list that only grows: grow.c says where it is none
 *   tonumber(s:match("%d+"))
 *   e.limit and e.limit + 1    a field of type `T?` that was tested: tested.c
 *
 * The compiler checks such a value all the same: what this takes for known, it does not have to prove.
 */
#include "opt/between.h"
#include "opt/facts.h"
#include "opt/passes.h"

#include "core/shape.h"

#include <string.h>

/* ---- keys ---- */

static bool has_all(struct ir_unit *u, const pg_value *table, int64_t from, int64_t to)
{
	enum { MOST = 4096 };
	uint64_t more = (uint64_t)to - (uint64_t)from;
	bool all = more <= MOST;
	for (uint64_t i = 0; all && i <= more; i++) {
		pg_value v, key = { .kind = PG_INT, .i = from + (int64_t)i };
		all = u->source->index(u, table->id, &key, &v) >= 0 && v.kind != PG_NIL;
	}
	return all;
}

/* Of many it is enough that they are numbers of its elements. */
static bool is_element(struct ir_unit *u, const pg_value *table, int64_t from, int64_t to)
{
	int64_t n;
	return from >= 1 && u->source->len(u, table->id, &n) >= 0 && to <= n;
}

/* Between which numbers the key is, where they are known. */
static bool key_between(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *index, struct bounds *out)
{
	const struct flow fl = { .u = u, .f = f };
	struct between ask = { .f = f, .at = index->block };
	unsigned left = BOUNDS_STEPS;
	return between(&ask, index->args[1], out) || bounds_span(&fl, index->block, index->args[1], &left, &out->least, &out->most);
}

/* Is it one of n keys from `first` on, by what it was compared with? */
static bool is_one_of(const struct ir_fn *f, const struct ir_ins *index, int64_t first, int64_t n)
{
	const struct there there = { .f = f, .made = first + n - 1, .begin = 1 };
	return n > 0 && n <= INT32_MAX && there_are(&there, index->block, index->args[1], first, 0);
}

static bool key_is_there(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *index)
{
	const struct ir_type *of = &ir_at(f, index->args[0])->type;
	const pg_map *map = ir_map_like(u, of);
	struct map_shape s = { .array = false };
	const uint64_t views = of->kinds & IR_VIEWS;
	const struct ir_view *view = views && ir_single(views) ? ir_view_of(u->target, ir_first_kind(views)) : NULL;
	struct bounds in;
	int64_t n;
	if (map)
		map_shape(map, &s);
	if (view)
		return is_one_of(f, index, 0, view->count);
	if (s.array ? is_one_of(f, index, 0, s.entries)
		    : of->k && of->k->kind == PG_TABLE && u->source->len(u, of->k->id, &n) >= 0 && is_one_of(f, index, 1, n))
		return true;
	if (!key_between(u, f, index, &in))
		return false;
	return s.array ? in.least >= 0 && in.most < s.entries
		       : of->k && of->k->kind == PG_TABLE && (has_all(u, of->k, in.least, in.most) || is_element(u, of->k, in.least, in.most));
}

/* ---- keys that other tables hold ---- */

enum { MOST_MET = 16 };
struct met { ir_ref v[MOST_MET]; uint32_t n; };

/* Was it met before? Then it is what the others are. */
static bool is_met(struct met *met, ir_ref v, bool *full)
{
	for (uint32_t m = 0; m < met->n; m++)
		if (met->v[m] == v)
			return true;
	*full = met->n == MOST_MET;
	if (!*full)
		met->v[met->n++] = v;
	return false;
}

static bool holds(struct ir_unit *u, const pg_value *table, const pg_value *key)
{
	pg_value v;
	return u->source->index(u, table->id, key, &v) >= 0 && v.kind != PG_NIL && v.kind != PG_HOST;
}

/* Is each value of the captured table `of` one of `table`'s keys? */
static bool all_are_keys(struct ir_unit *u, const pg_value *table, const pg_value *of)
{
	enum { MOST = 256 };
	const pg_value *kv;
	uint32_t n;
	bool all = u->source->pairs(u, of->id, &kv, &n) >= 0 && n <= MOST;
	for (uint32_t i = 0; all && i < n; i++)
		all = holds(u, table, &kv[2 * i + 1]);
	return all;
}

/* rcodes[n] or "error", s = step[s]: is v one of the table's keys, on each way? some: on those on which it is no nil. */
static bool is_key_of(struct ir_unit *u, struct ir_fn *f, const pg_value *table, ir_ref v, bool some, struct met *met)
{
	const ir_ref r = ir_untested(f, v);
	const struct ir_ins *i = ir_at(f, r);
	const struct ir_type *of = i->op == IRO(index) ? &ir_at(f, i->args[0])->type : NULL;
	bool full = false;
	some |= !(ir_at(f, v)->type.kinds & IR_FALSY);
	if (i->type.k)
		return i->type.k->kind == PG_NIL ? some : holds(u, table, i->type.k);
	if (of)
		return of->kinds == IR_BIT(IR_HOST) && of->k && of->k->kind == PG_TABLE && all_are_keys(u, table, of->k) &&
		       (some || (of->k->id == table->id && is_key_of(u, f, table, i->args[1], false, met)));
	if (i->op != IRO(param) || i->block == 1)
		return false;
	if (is_met(met, 2 * r + some, &full))
		return true;
	for (uint32_t e = 0; !full && e < ir_block(f, i->block)->npreds; e++)
		if (!is_key_of(u, f, table, ir_pred_edge(f, &ir_block(f, i->block)->preds[e])->args[i->aux], some, met))
			return false;
	return !full;
}

static bool found_is_there(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *index)
{
	const struct ir_type *of = &ir_at(f, index->args[0])->type, *key = &ir_at(f, index->args[1])->type;
	if (of->kinds != IR_BIT(IR_HOST) || !of->k || of->k->kind != PG_TABLE || !key->kinds)
		return false;
	return is_key_of(u, f, of->k, index->args[1], false, &(struct met){ .n = 0 });
}

/* ---- digits ---- */

/* Behind the item that begins at s: %b(), %d, [^%a-f], a byte. */
static const char *behind_item(const char *s, const char *end)
{
	const char *first = s;
	if (*s == '%')
		return s + (end - s > 3 && s[1] == 'b' ? 4 : 2);
	for (s++; *first == '[' && s < end && (*s != ']' || s == first + 1 || (s == first + 2 && s[-1] == '^'));)
		s += *s == '%' ? 2 : 1;
	return s + (*first == '[');
}

/* "%d", "%d+", "%d%d?", of `digit`, "%d" or "%x": where capture `which` of the pattern begins, or the pattern where it has none. */
static bool is_digits(const pg_value *pattern, uint32_t which, const char *digit)
{
	const char *s = pattern->str, *end = s + pattern->n;
	const bool open = memchr(s, '(', pattern->n);
	s += !open && s < end && *s == '^';
	for (uint32_t n = 0; open && s < end && !(*s == '(' && n++ == which);)
		s = behind_item(s, end);
	s += open;
	bool some = end - s >= 2 && !memcmp(s, digit, 2) && !(end - s > 2 && strchr("*?-", s[2]));
	while (end - s >= 2 && !memcmp(s, digit, 2))
		s += 2 + (end - s > 2 && strchr("+*?-", s[2]));
	return some && (open ? s < end && *s == ')' : s == end || (*s == '$' && s + 1 == end));
}

/* What gives captures, and which result the first of them is: behind those of find that say where, and that of a turn of gmatch with
 * which the next one goes on. */
static const struct { const char *row; uint32_t first; } captures[] = { { "match", 0 }, { "(match)", 1 }, { "find", 2 } };

static bool is_match_of_digits(const struct ir_fn *f, const struct ir_ins *r, const char *digit)
{
	const struct ir_ins *match = r->op == IRO(result) ? ir_at(f, r->args[0]) : r;
	const struct ir_lib *row = match->op == IRO(call) ? ir_at(f, match->args[0])->type.row : NULL;
	const pg_value *pattern = row && match->nargs > 2 ? ir_at(f, match->args[2])->type.k : NULL;
	const uint32_t which = r->op == IRO(result) ? r->aux : 0;
	for (size_t c = 0; pattern && pattern->kind == PG_STR && c < sizeof captures / sizeof *captures; c++)
		if (!strcmp(row->name, captures[c].row))
			return which >= captures[c].first && is_digits(pattern, which - captures[c].first, digit);
	return false;
}

/* ... by each way on which it is a text: `tcp and tcp.payload:match("%d+")`. */
static bool is_of_digits(const struct ir_fn *f, ir_ref text, const char *digit, uint32_t depth)
{
	enum { DEEPEST = 4 };
	const struct ir_ins *i = ir_at(f, ir_untested(f, text));
	if (i->op != IRO(param))
		return is_match_of_digits(f, i, digit);
	const struct ir_block *b = ir_block(f, i->block);
	bool all = i->block != 1 && b->npreds && depth < DEEPEST;
	for (uint32_t e = 0; all && e < b->npreds; e++) {
		ir_ref v = ir_pred_edge(f, &b->preds[e])->args[i->aux];
		all = !(ir_at(f, v)->type.kinds & ~IR_FALSY) || is_of_digits(f, v, digit, depth + 1);
	}
	return all;
}

static bool number_is_there(const struct ir_fn *f, const struct ir_ins *call)
{
	const pg_value *base = call->nargs == 3 ? ir_at(f, call->args[2])->type.k : NULL;
	if (call->nargs != 2 && !(base && base->kind == PG_INT && base->i >= 10))
		return false;
	return is_of_digits(f, call->args[1], "%d", 0) || (base && base->i >= 16 && is_of_digits(f, call->args[1], "%x", 0));
}

/* ---- what was made ---- */

static const struct {
	const char *row;
	bool (*there)(const struct ir_fn *f, const struct ir_ins *call);
} calls[] = { { "tonumber", number_is_there } };

/* Of what is no variable. */
static bool one_is_there(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *made)
{
	if (made->op == IRO(index))
		return key_is_there(u, f, made) || found_is_there(u, f, made) || tested_before(u, f, made) || headers_are_there(f, made);
	if (made->op == IRO(elemget))
		return tested_before(u, f, made);
	const struct ir_ins *call = made->op == IRO(result) && !made->aux ? ir_at(f, made->args[0]) : made;
	const struct ir_lib *row = call->op == IRO(call) ? ir_at(f, call->args[0])->type.row : NULL;
	for (unsigned i = 0; row && i < sizeof calls / sizeof *calls; i++)
		if (!strcmp(row->name, calls[i].row) && call->nargs > 1)
			return calls[i].there(f, call);
	return false;
}

/* Does the condition, a branch's that came out so, show that a result of the call is there with which the one that `arg` points to is, too? */
static bool shows_with(struct facts *s, ir_ref cond, bool is)
{
	const struct ir_ins *of = ir_at(s->f, *(const ir_ref *)s->arg), *i = ir_at(s->f, ir_untested(s->f, cond));
	for (uint32_t a = 0; a <= i->nargs; a++) {
		const ir_ref r = ir_untested(s->f, a ? i->args[a - 1] : cond);
		const struct ir_ins *other = ir_at(s->f, r);
		if (other->op == IRO(result) && other->args[0] == of->args[0] && facts_something(s->f, cond, is, r))
			return true;
	}
	return false;
}

/* local s, e = p:find("%d+") if s then last = e end: what find and match give is all there, or nothing is. */
static bool is_with_another(struct ir_fn *f, const struct ir_pred *way, ir_ref v)
{
	const ir_ref r = ir_untested(f, v);
	const struct ir_ins *i = ir_at(f, r), *call = i->op == IRO(result) ? ir_at(f, i->args[0]) : i;
	const struct ir_lib *row = i->op == IRO(result) && call->op == IRO(call) ? ir_at(f, call->args[0])->type.row : NULL;
	struct facts s = { .f = f, .shows = shows_with, .arg = (void *)(uintptr_t)&r };
	return row && row->effects & IR_FEWER && !(row->effects & IR_NONE) && facts_show_way(&s, way);
}

/* Ways that meet: none brings a nil but those that nobody takes. */
static bool ways_are_there(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *param, struct met *met)
{
	const struct ir_block *b = ir_block(f, param->block);
	bool full = false;
	if (is_met(met, b->params[param->aux], &full) || full)
		return !full;
	for (uint32_t e = 0; e < b->npreds; e++) {
		ir_ref v = ir_pred_edge(f, &b->preds[e])->args[param->aux];
		const struct ir_ins *made = ir_at(f, ir_untested(f, v));
		if (ir_at(f, v)->type.kinds & IR_BIT(IR_NIL) && !(made->op == IRO(const) && made->aux == IR_NEVER) &&
		    !(made->op == IRO(param) ? made->block != 1 && ways_are_there(u, f, made, met)
					     : one_is_there(u, f, made) || is_with_another(f, &b->preds[e], v)))
			return false;
	}
	return b->npreds;
}

bool inside_is(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *made)
{
	ir_need_tree(f);
	return made->op == IRO(param) ? ways_are_there(u, f, made, &(struct met){ .n = 0 }) : one_is_there(u, f, made);
}
