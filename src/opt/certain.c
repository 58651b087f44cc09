/*
 * certain.c - what is wrong with an operation whatever its refused operand turns out to be.
 *
 * All errors are told in one go. Of what was refused nothing is known, so what it is an operand of is not judged by its rule;
 * but a float beside it is a float all the same. Where a constant beside it would make the operation one that the compiler
 * does, nothing is said but of what surely is known only at run time: `pkt.xx / 2`, not `T.xx / 2`.
 */
#include "opt/infer.h"

enum { DEEP = 8 };

static bool is_runtime(const struct infer *in, ir_ref r, unsigned depth);

static bool any_runtime(const struct infer *in, ir_ref r, uint32_t first, unsigned depth)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	for (uint32_t a = first; a < i->nargs; a++)
		if (is_runtime(in, i->args[a], depth))
			return true;
	return false;
}

/* Does a kernel object hold it, or is it made of what one holds? Else it may be a constant, were it not refused. */
static bool is_runtime(const struct infer *in, ir_ref r, unsigned depth)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	const struct ir_type *t = &i->type, *of = i->nargs ? &ir_at(in->fl.f, i->args[0])->type : NULL;
	if (!type_is_pending(t))
		return t->kinds && !t->k && !(t->kinds & ~(IR_BIT(IR_INT) | IR_STRINGS | IR_BOOL | IR_BIT(IR_NIL) | IR_VIEWS));
	if (!depth || !of)
		return false;
	switch (i->op) {
	case IRO(index): case IRO(self):
		if (!type_is_pending(of))
			return of->kinds && !(of->kinds & ~(IR_VIEWS | IR_BIT(IR_ENTRY) | IR_BIT(IR_MAP) | IR_BIT(IR_NIL)));
		return is_runtime(in, i->args[0], depth - 1);
	case IRO(pi):
		return is_runtime(in, i->args[0], depth - 1);
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(mod): case IRO(idiv): case IRO(div): case IRO(pow): case IRO(unm):
	case IRO(band): case IRO(bor): case IRO(bxor): case IRO(shl): case IRO(shr): case IRO(bnot): case IRO(concat):
		return any_runtime(in, r, 0, depth - 1);
	default:
		return false;
	}
}

static bool is_known(const struct infer *in, ir_ref r, uint32_t i)
{
	struct ir_type t = infer_arg(in, r, i);
	return t.kinds && !type_is_pending(&t);
}

static void of_arith(struct infer *in, ir_ref r)
{
	bool runtime = any_runtime(in, r, 0, DEEP);
	for (uint32_t i = 0; i < ir_at(in->fl.f, r)->nargs; i++)
		if (is_known(in, r, i) && (runtime || !(infer_arg(in, r, i).kinds & IR_BIT(IR_FLOAT))))
			infer_certain_operand(in, r, i);
}

static void of_float(struct infer *in, ir_ref r)
{
	if (any_runtime(in, r, 0, DEEP))
		infer_float(in, r);
}

/* A limit may be a float. */
static void of_for(struct infer *in, ir_ref r)
{
	for (uint32_t i = 0; i < 3; i++)
		if (is_known(in, r, i) && !(i == 1 && infer_arg(in, r, i).kinds & IR_BIT(IR_FLOAT)))
			infer_certain_operand(in, r, i);
}

static void of_concat(struct infer *in, ir_ref r)
{
	for (uint32_t i = 0; i < ir_at(in->fl.f, r)->nargs; i++)
		if (is_known(in, r, i) && !(infer_arg(in, r, i).kinds & IR_BIT(IR_MSG)))
			infer_certain_piece(in, r, i);
}

/* What is assigned is not known, but where to. */
static void of_assignment(struct infer *in, ir_ref r)
{
	if (is_known(in, r, 0) && is_known(in, r, 1))
		infer_setindex(in, r);
}

static void (*const certain[IR_NOPS])(struct infer *in, ir_ref r) = {
	[IRO(add)] = of_arith, [IRO(sub)] = of_arith, [IRO(mul)] = of_arith, [IRO(mod)] = of_arith, [IRO(idiv)] = of_arith,
	[IRO(band)] = of_arith, [IRO(bor)] = of_arith, [IRO(bxor)] = of_arith, [IRO(shl)] = of_arith, [IRO(shr)] = of_arith,
	[IRO(div)] = of_float, [IRO(pow)] = of_float, [IRO(forskip)] = of_for, [IRO(concat)] = of_concat,
	[IRO(setindex)] = of_assignment, [IRO(call)] = infer_certain_call,
};

void infer_certain(struct infer *in, ir_ref r)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	bool refused = false;
	for (uint32_t a = 0; a < i->nargs; a++)
		refused |= type_is_pending(&ir_at(in->fl.f, i->args[a])->type);
	if (refused && certain[i->op])
		certain[i->op](in, r);
}
