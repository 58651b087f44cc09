/* unequal.c - the line to write, where what is compared is of two kinds that never are equal. */
#include "opt/infer.h"

#include "core/numeral.h"

#include <string.h>

/* With `other` in the place of operand i. */
static const char *instead(struct arena *a, uint32_t i, const char *other)
{
	return i ? arena_printf(a, "write " DIAG_FIRST " " DIAG_OPERATOR " %s", other)
		 : arena_printf(a, "write " DIAG_SECOND " " DIAG_OPERATOR " %s", other);
}

/* The number in the header field v that says what the text names: 6 for "tcp". -1: it names nothing there. */
static int64_t named(const struct infer *in, ir_ref v, const pg_value *text)
{
	const struct ir_ins *i = ir_at(in->fl.f, v);
	uint64_t of = i->op == IRO(index) ? infer_arg(in, v, 0).kinds & IR_VIEWS : 0;
	const pg_value *key = of ? infer_arg(in, v, 1).k : NULL;
	const struct ir_view *view = of ? ir_view_of(in->fl.u->target, ir_first_kind(of)) : NULL;
	const struct ir_field *field = view && view->number && key && key->kind == PG_STR ? ir_field_find(view, key->str) : NULL;
	return field && strlen(text->str) == text->n ? view->number(view, field, text->str) : -1;
}

static void number_for(const struct infer *in, ir_ref r, uint32_t i, struct diag *d)
{
	struct arena *a = in->fl.u->arena;
	const pg_value *text = infer_arg(in, r, i).k;
	const pg_value number = numeral_read(a, text);
	int64_t n = number.kind == PG_INT ? number.i : named(in, ir_at(in->fl.f, r)->args[!i], text);
	if (number.kind != PG_INT && n < 0) {
		d->help = "compare with the number that the text stands for";
		return;
	}
	d->help = arena_printf(a, "write %lld for \"%s\"", (long long)n, text->str);
	d->line = instead(a, i, arena_printf(a, n > 255 && number.kind != PG_INT ? "0x%04llx" : "%lld", (long long)n));
}

void unequal_text(const struct infer *in, ir_ref r, uint32_t i, struct diag *d)
{
	struct arena *a = in->fl.u->arena;
	struct ir_type text = infer_arg(in, r, i), number = infer_arg(in, r, !i);
	const char *text_at = number.k ? NULL : infer_use(in, &number);
	d->help = text_at ? text_at : "compare with a number: tonumber(\"80\") is one";
	if (text_at)
		return;
	if (text.k && text.k->kind == PG_STR)
		number_for(in, r, i, d);
	else if (number.k && number.k->kind == PG_INT)
		d->line = instead(a, !i, arena_printf(a, "\"%lld\"", (long long)number.k->i));
	else
		d->line = instead(a, i, i ? "tonumber(" DIAG_SECOND ")" : "tonumber(" DIAG_FIRST ")");
}

/* `== true` of a number, which is true in Lua whatever it is; `syn == 1` of a truth. */
void unequal_truth(const struct infer *in, ir_ref r, uint32_t i, struct diag *d)
{
	struct ir_type truth = infer_arg(in, r, i), number = infer_arg(in, r, !i);
	d->help = "test it by itself: if tcp.syn then ... end";
	if (ir_single(truth.kinds)) {
		const char *as = truth.kinds == IR_BIT(IR_TRUE) ? DIAG_OTHERWISE : DIAG_OPERATOR;
		d->help = "compare a number with a number: n ~= 0";
		d->line = arena_printf(in->fl.u->arena, "write %s %s 0", i ? DIAG_FIRST : DIAG_SECOND, as);
	} else if (number.k && number.k->kind == PG_INT && (number.k->i == 0 || number.k->i == 1)) {
		d->line = instead(in->fl.u->arena, !i, number.k->i ? "true" : "false");
	} else if (!number.k) {
		d->line = instead(in->fl.u->arena, i, i ? "(" DIAG_SECOND " and 1 or 0)" : "(" DIAG_FIRST " and 1 or 0)");
	}
}
