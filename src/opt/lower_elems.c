/* lower_elems.c - elements of lists in scratch memory: each place has the words of a value of the list's type, then its tag. */
#include "core/mutant.h"
#include "opt/lower.h"

enum { WORD = 8 };

/* Address of place k, an aligned one in the map whatever k is. */
static ir_ref place(struct lw *w, struct ir_elems *e, const struct lw_val *as, const struct lw_val *k)
{
	const uint32_t bytes = WORD * (as->n + (as->tag != 0));
	if (!e->room)
		e->room = lw_long_number(w, e->most * bytes);
	ir_ref at = lw_op2i(w, IRO(mul64), lw_op2i(w, IRO(sub64), lw_word(w, k, 0), 1), bytes);
	return lw_long_word_at(w, lw_op2(w, IRO(add64), lw_long_in_slot(w, e->room), at));
}

static struct ir_elems *elems_of(const struct lw *w)
{
	return &w->unit->elems[ir_at(w->from, w->at->args[0])->aux];
}

void lower_elemset(struct lw *w, ir_ref r)
{
	struct ir_elems *e = elems_of(w);
	if (e->type.k || !e->type.kinds)
		return;
	struct lw_val as = lower_shape(w, &e->type), v = lw_text_as(w, lower_arg(w, r, 2), as.kinds);
	v = lw_widen(w, &v, &as);
	ir_ref at = place(w, e, &v, lower_arg(w, r, 1));
	for (unsigned i = 0; i < v.n; i++)
		lw_store(w, WORD, at, WORD * i, v.w[i]);
	if (v.tag && !MUTANT(element_kind))
		lw_store(w, WORD, at, WORD * v.n, v.tag);
}

void lower_elemget(struct lw *w, ir_ref r)
{
	struct ir_elems *e = elems_of(w);
	if (e->type.k || !e->type.kinds) {
		w->val[r] = e->type.k ? lw_const(w, e->type.k) : (struct lw_val){ 0 };
		return;
	}
	struct lw_val v = lower_shape(w, &e->type);
	v.tag = v.kinds & (v.kinds - 1) ? 1 : 0;
	ir_ref at = place(w, e, &v, lower_arg(w, r, 1));
	for (unsigned i = 0; i < v.n; i++)
		v.w[i] = lw_load(w, WORD, at, WORD * i);
	if (v.tag)
		v.tag = lw_load(w, WORD, at, WORD * v.n);
	w->val[r] = v;
}
