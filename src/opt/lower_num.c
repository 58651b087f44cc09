/* lower_num.c - integer arithmetic with Lua's meaning: floored division, any shift amount, for counts. */
#include "opt/lower.h"

#include "core/mutant.h"
#include "opt/opt.h"

/* An operand as an integer, or the Lua error. */
static ir_ref integer(struct lw *w, ir_ref r, uint32_t i, const char *what)
{
	const struct lw_val *v = lower_arg(w, r, i);
	if (v->kinds == IR_BIT(IR_INT))
		return lw_int_word(w, v);
	struct lw_val n = lw_check_kind(w, v, IR_BIT(IR_INT),
		arena_printf(w->unit->arena, "attempt to perform %s a %%K value%s", what, lw_operand_name(w, i)));
	return lw_int_word(w, &n);
}

static const char *doing(enum ir_op op)
{
	return ir_is_bitwise(op) ? "bitwise operation on" : "arithmetic on";
}

/* The operand as a constant integer? */
static bool known(struct lw *w, ir_ref r, uint32_t i, int64_t *v)
{
	const pg_value *k = lower_arg(w, r, i)->k;
	*v = k && k->kind == PG_INT ? k->i : 0;
	return k && k->kind == PG_INT;
}

/* ---- division ---- */

/* 1 when the remainder is not 0 and its sign is not the divisor's: the floor is one further down. */
static ir_ref rounds_down(struct lw *w, ir_ref rem, ir_ref b)
{
	ir_ref differ = lw_op2(w, IRO(xor64), rem, b);
	ir_ref nonzero = MUTANT(floor_of_exact) ? lw_imm(w, -1) : lw_op2(w, IRO(or64), rem, lw_op1(w, IRO(neg64), rem));
	return lw_op2i(w, IRO(shr64), lw_op2(w, IRO(and64), differ, nonzero), 63);
}

/* Divisor neither 0 nor -1. */
static ir_ref divide(struct lw *w, enum ir_op op, ir_ref a, ir_ref b)
{
	ir_ref q = lw_op2(w, IRO(sdiv64), a, b);
	ir_ref rem = lw_op2(w, IRO(sub64), a, lw_op2(w, IRO(mul64), q, b));
	ir_ref down = rounds_down(w, rem, b);
	if (op == IRO(idiv))
		return lw_op2(w, IRO(sub64), q, down);
	ir_ref mask = lw_op1(w, IRO(neg64), down);
	return lw_op2(w, IRO(add64), rem, lw_op2(w, IRO(and64), mask, b));
}

/* By more than 0: below 0, ~a is not, and floor(a / b) is ~(~a / b). */
static ir_ref divide_positive(struct lw *w, enum ir_op op, ir_ref a, ir_ref b)
{
	ir_ref sign = lw_op2i(w, IRO(sar64), a, 63);
	ir_ref q = lw_op2(w, IRO(xor64), lw_op2(w, IRO(udiv64), lw_op2(w, IRO(xor64), a, sign), b), sign);
	return op == IRO(idiv) ? q : lw_op2(w, IRO(sub64), a, lw_op2(w, IRO(mul64), q, b));
}

static ir_ref divide_known(struct lw *w, enum ir_op op, ir_ref a, int64_t b)
{
	if (b == -1)
		return op == IRO(idiv) ? lw_op1(w, IRO(neg64), a) : lw_imm(w, 0);
	if (b > 0 && !(b & (b - 1)))
		return op == IRO(idiv) ? lw_op2i(w, IRO(sar64), a, __builtin_ctzll((uint64_t)b))
				       : lw_op2i(w, IRO(and64), a, b - 1);
	return b > 0 ? divide_positive(w, op, a, lw_imm(w, b)) : divide(w, op, a, lw_imm(w, b));
}

static ir_ref divide_any(struct lw *w, enum ir_op op, ir_ref a, ir_ref b)
{
	lw_raise_if(w, IR_EQ, b, lw_imm(w, 0), "%s",
		    op == IRO(idiv) ? "attempt to divide by zero" : "attempt to perform 'n%0'");
	ir_blk trap = lw_block(w, 0), plain = lw_block(w, 0), end = lw_block(w, 1);
	lw_bri(w, IR_EQ, b, -1, trap, plain);
	lw_enter(w, trap);
	ir_ref v = divide_known(w, op, a, -1);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, plain);
	v = divide(w, op, a, b);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, end);
	return lw_param(w, end, 0);
}

/* ---- shifts ---- */

/* amount n: left for n > 0 (shl) or n < 0 (shr); nothing is left beyond 63 */
static ir_ref shift_any(struct lw *w, enum ir_op op, ir_ref a, ir_ref n)
{
	enum ir_op one = op == IRO(shl) ? IRO(shl64) : IRO(shr64);
	enum ir_op other = op == IRO(shl) ? IRO(shr64) : IRO(shl64);
	ir_blk forward = lw_block(w, 0), back = lw_block(w, 0), small = lw_block(w, 0), gone = lw_block(w, 0);
	ir_blk end = lw_block(w, 1);
	lw_bri(w, IR_ULT, n, MUTANT(shift_of_64) ? 65 : 64, forward, back);
	lw_enter(w, forward);
	ir_ref v = lw_op2(w, one, a, n);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, back);
	ir_ref minus = lw_op1(w, IRO(neg64), n);
	lw_bri(w, IR_ULT, minus, 64, small, gone);
	lw_enter(w, small);
	v = lw_op2(w, other, a, minus);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, gone);
	v = lw_imm(w, 0);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, end);
	return lw_param(w, end, 0);
}

static ir_ref shift_known(struct lw *w, enum ir_op op, ir_ref a, int64_t n)
{
	bool left = (op == IRO(shl)) == (n >= 0);
	if (n >= 64 + MUTANT(shift_of_constant) || n <= -64)
		return lw_imm(w, 0);
	return n ? lw_op2i(w, left ? IRO(shl64) : IRO(shr64), a, n < 0 ? -n : n) : a;
}

/* ---- the operations ---- */

void lower_arith(struct lw *w, ir_ref r)
{
	static const enum ir_op plain[IR_NOPS] = {
		[IRO(add)] = IRO(add64), [IRO(sub)] = IRO(sub64), [IRO(mul)] = IRO(mul64),
		[IRO(band)] = IRO(and64), [IRO(bor)] = IRO(or64), [IRO(bxor)] = IRO(xor64),
	};
	enum ir_op op = ir_at(w->from, r)->op;
	ir_ref a = integer(w, r, 0, doing(op)), b = integer(w, r, 1, doing(op)), v;
	int64_t k;
	bool const_b = known(w, r, 1, &k);
	if (plain[op])
		v = lw_op2(w, plain[op], a, b);
	else if (op == IRO(shl) || op == IRO(shr))
		v = const_b ? shift_known(w, op, a, k) : shift_any(w, op, a, b);
	else
		v = const_b && k ? divide_known(w, op, a, k) : divide_any(w, op, a, b);
	w->val[r] = lw_int(v);
}

void lower_unary(struct lw *w, ir_ref r)
{
	enum ir_op op = ir_at(w->from, r)->op;
	ir_ref a = integer(w, r, 0, doing(op));
	w->val[r] = lw_int(op == IRO(unm) ? lw_op1(w, IRO(neg64), a) : lw_op2i(w, IRO(xor64), a, -1));
}

/* ---- numeric for ---- */

/* Does it never run, for its limit is a float beyond all integers? */
static bool never_runs(struct lw *w, ir_ref r)
{
	const pg_value *limit = lower_arg(w, r, 1)->k;
	int64_t step;
	bool skip = false;
	if (limit && limit->kind == PG_FLOAT && known(w, r, 2, &step))
		for_limit(limit->f, step > 0, &skip);
	return skip;
}

static ir_ref for_word(struct lw *w, ir_ref r, uint32_t i)
{
	const pg_value *k = lower_arg(w, r, i)->k;
	int64_t step;
	bool skip;
	if (k && k->kind == PG_FLOAT && known(w, r, 2, &step))
		return lw_imm(w, for_limit(k->f, step > 0, &skip));
	struct lw_val v = lw_narrow(w, lower_arg(w, r, i), IR_BIT(IR_INT));
	return lw_int_word(w, &v);
}

static ir_ref turns(struct lw *w, ir_ref from, ir_ref to, ir_ref by, int64_t known_by)
{
	ir_ref span = lw_op2(w, IRO(sub64), to, from);
	return known_by == 1 ? span : lw_op2(w, MUTANT(for_signed) ? IRO(sdiv64) : IRO(udiv64), span, by);
}

/* How often it goes round again after the first turn: unsigned, as Lua computes it beforehand. */
void lower_forcount(struct lw *w, ir_ref r)
{
	ir_ref init = for_word(w, r, 0), limit = for_word(w, r, 1), step = for_word(w, r, 2);
	int64_t k;
	if (known(w, r, 2, &k) && k) {
		ir_ref minus = k < 0 ? lw_imm(w, (int64_t)(0 - (uint64_t)k)) : 0;
		w->val[r] = lw_int(k > 0 ? turns(w, init, limit, step, k)
					 : turns(w, limit, init, minus, k == -1 ? 1 : 0));
		return;
	}
	ir_blk up = lw_block(w, 0), down = lw_block(w, 0), end = lw_block(w, 1);
	lw_bri(w, IR_SGT, step, 0, up, down);
	lw_enter(w, up);
	ir_ref v = turns(w, init, limit, step, 0);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, down);
	v = turns(w, limit, init, lw_op1(w, IRO(neg64), step), 0);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, end);
	w->val[r] = lw_int(lw_param(w, end, 0));
}

/* Lua checks the limit, the step, then the first value, unless both of the others are integers:
 * then a zero step, then the limit. */
static void for_check(struct lw *w, ir_ref r)
{
	static const char *const what[] = { "initial value", "limit", "step" };
	static const uint32_t order[] = { 1, 2, 0 };
	enum { NUMBER = 1 << IR_INT | 1 << IR_FLOAT };
	bool clean = true;
	for (uint32_t i = 0; i < 3; i++)
		clean &= !(lower_arg(w, r, i)->kinds & ~(uint64_t)NUMBER);
	if (clean)
		return;
	ir_blk slow = lw_block(w, 0), next = lw_block(w, 0), ints = lw_block(w, 0), end = lw_block(w, 0);
	lw_br_kind(w, lower_arg(w, r, 0), IR_BIT(IR_INT), next, slow);
	lw_enter(w, next);
	lw_br_kind(w, lower_arg(w, r, 2), IR_BIT(IR_INT), ints, slow);
	lw_enter(w, ints);
	ir_ref step = for_word(w, r, 2);
	lw_raise_if(w, IR_EQ, step, lw_imm(w, 0), "'for' step is zero");
	lw_check_kind(w, lower_arg(w, r, 1), NUMBER, "bad 'for' limit (number expected, got %K)");
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, slow);
	for (uint32_t i = 0; i < 3; i++)
		lw_check_kind(w, lower_arg(w, r, order[i]), NUMBER,
			arena_printf(w->unit->arena, "bad 'for' %s (number expected, got %%K)", what[order[i]]));
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

void lower_for_branch(struct lw *w, ir_ref r, ir_blk yes, ir_blk no)
{
	int64_t k;
	bool known_step = known(w, r, 2, &k);
	for_check(w, r);
	if (never_runs(w, r)) {
		lw_jmp(w, yes, 0, NULL);
		return;
	}
	ir_ref init = for_word(w, r, 0), limit = for_word(w, r, 1), step = for_word(w, r, 2);
	if (known_step && k) {
		lw_br(w, k > 0 ? IR_SGT : IR_SLT, init, limit, yes, no);
		return;
	}
	lw_raise_if(w, IR_EQ, step, lw_imm(w, 0), "'for' step is zero");
	ir_blk up = lw_block(w, 0), down = lw_block(w, 0);
	lw_bri(w, IR_SGT, step, 0, up, down);
	lw_enter(w, up);
	lw_br(w, IR_SGT, init, limit, yes, no);
	lw_enter(w, down);
	lw_br(w, IR_SLT, init, limit, yes, no);
}
