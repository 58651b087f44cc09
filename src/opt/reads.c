/*
 * reads.c - bytes of a text, or of the packet, of which a reader sees that they are there: no warning comes that they may be nil.
 *
 *   for i = 1, #s do s:byte(i)                      by what the number is made of
 *   if #p >= 4 then p:u32(0)                        by tests of the length
 *   a, b = s:byte(1, 2); if b then a + b            by another one that was read
 *   c = s:match("^%d"); if c then c:byte()          by the pattern that it is of
 */
#include "opt/between.h"
#include "opt/facts.h"

#include <string.h>

/* By name: the number of the first one, and how many bytes from there on are behind that number. */
static const struct form { const char *row; int64_t first, behind; } forms[] = {
	{ "byte", 1, 0 }, { "u8", 0, 1 },   { "u16", 0, 2 },  { "u32", 0, 4 },
	{ "u64", 0, 8 },  { "le16", 0, 2 }, { "le32", 0, 4 }, { "le64", 0, 8 },
};

/* One byte, or what is made of some: of `text`, from `at` on, which is 0 where it is the first; of the results of one call `which`. */
struct read { const struct form *form; ir_ref text, at; uint32_t which; };

static bool read_of(const struct ir_fn *f, const struct ir_ins *i, struct read *out)
{
	const uint32_t which = i->op == IRO(result) ? i->aux : 0;
	const struct ir_ins *call = i->op == IRO(result) ? ir_at(f, i->args[0]) : i;
	const struct ir_lib *row = call->op == IRO(call) ? ir_at(f, call->args[0])->type.row : NULL;
	for (unsigned k = 0; row && k < sizeof forms / sizeof *forms; k++)
		if (!strcmp(row->name, forms[k].row) && call->nargs > 1) {
			*out = (struct read){ &forms[k], call->args[1], call->nargs > 2 ? call->args[2] : 0, which };
			return (call->nargs > 2 || !k) && (call->nargs < 4 || !k);
		}
	return false;
}

struct text { const struct ir_fn *f; ir_ref base; };

/* The same value, or the same field of the same one. */
static bool is_text(const void *arg, ir_ref r)
{
	const struct text *t = arg;
	ir_ref base = bounds_base(t->f, r);
	const struct ir_ins *a = ir_at(t->f, t->base), *b = ir_at(t->f, base);
	return base == t->base || (a->op == IRO(index) && b->op == IRO(index) && bounds_base(t->f, a->args[0]) == bounds_base(t->f, b->args[0]) &&
				   ir_at(t->f, a->args[1])->type.k && ir_at(t->f, b->args[1])->type.k &&
				   ir_same_value(ir_at(t->f, a->args[1])->type.k, ir_at(t->f, b->args[1])->type.k));
}

/* Another one of the text gave something. */
static bool is_known(const void *arg, ir_ref cond, bool is, ir_ref *v, int64_t *behind)
{
	const struct text *t = arg;
	const struct ir_ins *i = ir_at(t->f, ir_untested(t->f, cond));
	struct read r;
	for (uint32_t a = 0; a < (i->op == IRO(eq) || i->op == IRO(isof) ? i->nargs : 1); a++) {
		const ir_ref e = i->op == IRO(eq) || i->op == IRO(isof) ? ir_untested(t->f, i->args[a]) : ir_untested(t->f, cond);
		if (!read_of(t->f, ir_at(t->f, e), &r) || !r.at || !is_text(t, r.text) || !facts_something(t->f, cond, is, e))
			continue;
		*v = r.at;
		*behind = r.form->behind + r.which;
		return true;
	}
	return false;
}

/* A text that a pattern of one byte at least matched: "%d", "[a-f]+x". */
static bool is_some(const struct ir_fn *f, ir_ref text)
{
	const struct ir_ins *r = ir_at(f, ir_untested(f, text)), *match = r->op == IRO(result) ? ir_at(f, r->args[0]) : r;
	const struct ir_lib *row = match->op == IRO(call) ? ir_at(f, match->args[0])->type.row : NULL;
	const pg_value *pattern = row && !strcmp(row->name, "match") && match->nargs == 3 ? ir_at(f, match->args[2])->type.k : NULL;
	const char *s = pattern && pattern->kind == PG_STR ? pattern->str + (*pattern->str == '^') : "";
	const size_t item = *s == '%' && s[1] && strchr("acdglpsuwxACDGLPSUWX", s[1]) ? 2 : *s && !strchr("%([$*+-?", *s) ? 1 : 0;
	return item && (!s[item] || !strchr("*?-", s[item])) && !strchr(s, '(');
}

/* Bytes that a header has at least. */
static uint32_t least_bytes(const struct ir_fn *f, ir_ref text)
{
	const uint64_t kind = ir_at(f, text)->type.kinds & IR_VIEWS;
	const struct ir_view *view = kind && ir_single(kind) ? ir_view_of(f->unit->target, ir_first_kind(kind)) : NULL;
	return view && view->least ? view->least(view) : 0;
}

bool reads_are_there(struct ir_fn *f, ir_blk at, const struct ir_ins *made)
{
	struct read r;
	if (!read_of(f, made, &r))
		return false;
	if (!r.at || (ir_at(f, r.at)->type.k && ir_at(f, r.at)->type.k->kind == PG_INT && ir_at(f, r.at)->type.k->i == 1))
		if (!r.which && r.form == forms && is_some(f, r.text))
			return true;
	struct text t = { f, bounds_base(f, r.text) };
	const struct there there = { .f = f, .is_it = is_text, .known = is_known, .arg = &t,
				     .made = least_bytes(f, t.base), .begin = ir_at(f, t.base)->block };
	struct between ask = { .f = f, .length = BETWEEN_LONGEST, .at_most = true, .is_it = is_text, .arg = &t };
	struct bounds in;
	if (!r.at)
		return false;
	ir_need_tree(f);
	if (r.form == forms && !r.which && between(&ask, r.at, &in) && between_length(&in))
		return true;
	return !f->unit->moves_packet && there_are(&there, at, r.at, r.form->first, r.form->behind + r.which);
}
