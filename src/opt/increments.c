/*
 * increments.c - `e.n = e.n + c` on 8 bytes that other CPUs may change too is one atomic addition.
 *
 * Both wrap at 64 bits, so that alone on its CPU the function sees no difference. What was read must
 * be what is written to: nothing may have been written between the two, nor may the field be written
 * again and again from one reading.
 */
#include "opt/lower.h"

#include "core/ctype.h"
#include "core/shape.h"
#include "opt/opt.h"

static bool same_place(const struct ir_fn *f, const struct ir_ins *a, const struct ir_ins *b)
{
	const struct ir_type *x = &ir_at(f, a->args[0])->type, *y = &ir_at(f, b->args[0])->type;
	const pg_value *k = ir_at(f, a->args[1])->type.k, *l = ir_at(f, b->args[1])->type.k;
	if (!k || !l || !ir_same_value(k, l))
		return false;
	return a->args[0] == b->args[0] || (x->k && y->k && ir_same_value(x->k, y->k));
}

static const struct ctype *layout_of(const struct ir_type *obj)
{
	struct map_shape s;
	if (obj->kinds == IR_BIT(IR_ENTRY))
		return obj->layout;
	if (obj->kinds != IR_BIT(IR_HOST) || !obj->k || obj->k->kind != PG_MAP)
		return NULL;
	map_shape(obj->k->map, &s);
	return s.role == PG_ROLE_STATE ? s.value : NULL;
}

static bool is_wide_counter(const struct ir_type *obj, const pg_value *name)
{
	const struct ctype *layout = layout_of(obj);
	const struct ct_field *f = layout ? ct_field(layout, name->str, name->n) : NULL;
	return f && f->type->kind == CT_INT && f->type->size == 8 && !f->type->big && !f->nullable;
}

static bool may_write(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	return row ? row->effects & IR_E_WRITE : ir_ops[i->op].effects & IR_E_WRITE;
}

/* Is nothing written on the way from `read` to `write`, and are they in no loop but a common one? */
static bool undisturbed(struct ir_fn *f, ir_ref read, ir_ref write)
{
	uint32_t from = ir_block(f, ir_at(f, read)->block)->order, to = ir_block(f, ir_at(f, write)->block)->order;
	for (uint32_t o = from; o <= to; o++) {
		const struct ir_block *b = ir_block(f, f->rpo[o - 1]);
		if (o > from && b->loop)
			return false;
		for (ir_ref r = o == from ? ir_at(f, read)->next : b->first; r && r != write; r = ir_at(f, r)->next)
			if (may_write(f, ir_at(f, r)))
				return false;
	}
	return from <= to;
}

/* Operand i of the sum: does it read, for nothing else, what `set` writes? */
static bool reads_target(const struct lw *w, ir_ref set, const struct ir_ins *sum, uint32_t i)
{
	struct ir_fn *f = w->from;
	ir_ref r = sum->args[i];
	const struct ir_ins *x = ir_at(f, r);
	return x->op == IRO(index) && w->uses[r] == 1 && same_place(f, x, ir_at(f, set)) && undisturbed(f, r, set);
}

int lower_increment(struct lw *w, ir_ref set)
{
	struct ir_fn *f = w->from;
	const struct ir_ins *s = ir_at(f, set), *sum = ir_at(f, s->args[2]);
	const pg_value *name = ir_at(f, s->args[1])->type.k;
	if (sum->op != IRO(add) || w->uses[s->args[2]] != 1 || !name || name->kind != PG_STR ||
	    !is_wide_counter(&ir_at(f, s->args[0])->type, name))
		return -1;
	for (uint32_t i = 0; i < 2; i++)
		if (reads_target(w, set, sum, i))
			return (int)!i;
	return -1;
}
