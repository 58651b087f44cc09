/*
 * increments.c - `e.n = e.n + c` on 8 bytes that other CPUs may change too is one atomic addition.
 *
 * All of it wraps at 64 bits, so that alone on its CPU the function sees no difference, and what else is in the sum may be
 * added, or subtracted, in any order: `e.n = a + (e.n - b) + 1`. What was read must be what is written to: nothing may have been
 * written between the two but other fields, nor may the field be written again and again from one reading. An entry that
 * is looked up twice, as in `m[k].n = m[k].n + 1`, is the same one, for nothing was written meanwhile; only another CPU could
 * have put a new one there, and it may as well have done so a moment later.
 */
#include "opt/lower.h"

#include "core/ctype.h"
#include "core/shape.h"
#include "opt/opt.h"

static const struct ctype *layout_of(const struct ir_type *obj)
{
	struct map_shape s;
	if ((obj->kinds & ~IR_BIT(IR_NIL)) == IR_BIT(IR_ENTRY)) /* nil raises */
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

/* Does it assign another field of such a struct? */
static bool is_other_field(const struct ir_fn *f, const struct ir_ins *i, const struct ir_ins *set)
{
	const struct ctype *mine = layout_of(&ir_at(f, set->args[0])->type);
	const pg_value *k = ir_at(f, set->args[1])->type.k, *other = i->op == IRO(setindex) ? ir_at(f, i->args[1])->type.k : NULL;
	return other && other->kind == PG_STR && !ir_same_value(k, other) && layout_of(&ir_at(f, i->args[0])->type) == mine;
}

static bool may_write(const struct ir_fn *f, const struct ir_ins *i, const struct ir_ins *set)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	return (row ? row->effects : ir_ops[i->op].effects) & IR_E_WRITE && !is_other_field(f, i, set);
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
			if (may_write(f, ir_at(f, r), ir_at(f, write)))
				return false;
	}
	return from <= to;
}

enum { DEEP = 4, MOST_SUMMED = 16 };

static bool is_constant(const struct ir_type *x, const struct ir_type *y)
{
	return x->k && y->k && ir_same_value(x->k, y->k);
}

/* Is it the same value, or the same thing looked up twice before `set`, which nothing changed? */
static bool same(struct ir_fn *f, ir_ref set, ir_ref a, ir_ref b, unsigned depth)
{
	const struct ir_ins *x = ir_at(f, a), *y = ir_at(f, b);
	if (a == b || is_constant(&x->type, &y->type))
		return true;
	if (x->op == IRO(pi) || y->op == IRO(pi))
		return depth && same(f, set, x->op == IRO(pi) ? x->args[0] : a, y->op == IRO(pi) ? y->args[0] : b, depth - 1);
	return depth && x->op == IRO(index) && y->op == IRO(index) && same(f, set, x->args[0], y->args[0], depth - 1) &&
	       same(f, set, x->args[1], y->args[1], depth - 1) && undisturbed(f, a, set) && undisturbed(f, b, set);
}

/* What is added to what the field holds. */
struct sum {
	ir_ref added[MOST_SUMMED];
	bool negative[MOST_SUMMED];
	uint32_t n;
};

/* Is r, used for nothing else, what `set` writes to, with something added? That is noted in s. */
static bool sums_up(const struct lw *w, ir_ref set, ir_ref r, struct sum *s)
{
	struct ir_fn *f = w->from;
	const struct ir_ins *i = ir_at(f, r), *to = ir_at(f, set);
	if (w->uses[r] != 1 || s->n == MOST_SUMMED)
		return false;
	if (i->op == IRO(index))
		return same(f, set, i->args[1], to->args[1], 0) && same(f, set, i->args[0], to->args[0], DEEP) && undisturbed(f, r, set);
	for (uint32_t side = 0; side < 2 && (i->op == IRO(add) || (i->op == IRO(sub) && !side)); side++) {
		uint32_t before = s->n;
		s->negative[s->n] = i->op == IRO(sub);
		s->added[s->n++] = i->args[!side];
		if (sums_up(w, set, i->args[side], s))
			return true;
		s->n = before;
	}
	return false;
}

/* The operand was found to be an integer when it was added. */
static ir_ref summed(struct lw *w, const struct sum *s)
{
	ir_ref all = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		struct lw_val n = lw_narrow(w, &w->val[s->added[i]], IR_BIT(IR_INT));
		ir_ref v = lw_int_word(w, &n);
		if (s->negative[i])
			all = lw_op2(w, IRO(sub64), all ? all : lw_imm(w, 0), v);
		else
			all = all ? lw_op2(w, IRO(add64), all, v) : v;
	}
	return all;
}

ir_ref lower_increment(struct lw *w, ir_ref set)
{
	struct ir_fn *f = w->from;
	const struct ir_ins *s = ir_at(f, set);
	const pg_value *name = ir_at(f, s->args[1])->type.k;
	struct sum sum = { .n = 0 };
	if (!name || name->kind != PG_STR || !is_wide_counter(&ir_at(f, s->args[0])->type, name) ||
	    ir_at(f, s->args[2])->op == IRO(index) || !sums_up(w, set, s->args[2], &sum))
		return 0;
	return summed(w, &sum);
}
