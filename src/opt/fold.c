/*
 * fold.c - rules on one machine operation: constants, identities, narrower forms.
 *
 * A rule may use what is true of a value (64-bit wrapping arithmetic, widths of loads). A mask may stand
 * guard, and so may a comparison of an `own` value: these go only by what the verifier knows as well,
 * `seen` of range.h, not `sure`.
 */
#include "opt/simplify.h"

#include "core/mutant.h"

#include <endian.h>

/* ---- constants ---- */

static uint64_t extend(uint64_t v, unsigned bits)
{
	return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

static bool known(const struct ir_fn *f, ir_ref r, uint64_t *v)
{
	*v = (uint64_t)ir_at(f, r)->imm;
	return is_imm(f, r);
}

static bool eval1(enum ir_op op, uint64_t a, uint64_t *out)
{
	switch (op) {
	case IRO(neg64):  *out = -a; return true;
	case IRO(sext8):  *out = extend(a, 8); return true;
	case IRO(sext16): *out = extend(a, 16); return true;
	case IRO(sext32): *out = extend(a, 32); return true;
	case IRO(zext8):  *out = (uint8_t)a; return true;
	case IRO(zext16): *out = (uint16_t)a; return true;
	case IRO(zext32): *out = (uint32_t)a; return true;
	case IRO(be16):   *out = htobe16((uint16_t)a); return true;
	case IRO(be32):   *out = htobe32((uint32_t)a); return true;
	case IRO(be64):   *out = htobe64(a); return true;
	default: return false;
	}
}

static bool eval2(enum ir_op op, uint64_t a, uint64_t b, uint64_t *out)
{
	switch (op) {
	case IRO(add64): *out = a + b; return true;
	case IRO(sub64): *out = a - b; return true;
	case IRO(mul64): *out = a * b; return true;
	case IRO(and64): *out = a & b; return true;
	case IRO(or64):  *out = a | b; return true;
	case IRO(xor64): *out = a ^ b; return true;
	case IRO(shl64): *out = a << (b & 63); return b < 64;
	case IRO(shr64): *out = a >> (b & 63); return b < 64;
	case IRO(sar64): *out = (uint64_t)((int64_t)a >> (b & 63)); return b < 64;
	case IRO(udiv64): case IRO(umod64):
		if (!b)
			return false;
		*out = op == IRO(udiv64) ? a / b : a % b;
		return true;
	case IRO(sdiv64): case IRO(smod64):
		if (!b || b == ~(uint64_t)0)
			return false;
		*out = (uint64_t)(op == IRO(sdiv64) ? (int64_t)a / (int64_t)b : (int64_t)a % (int64_t)b);
		return true;
	default: return false;
	}
}

bool fold_holds(enum ir_cc cc, uint64_t a, uint64_t b)
{
	bool yes;
	switch (cc & ~1u) {
	case IR_EQ:  yes = a == b; break;
	case IR_ULT: yes = a < b; break;
	case IR_ULE: yes = a <= b; break;
	case IR_SLT: yes = (int64_t)a < (int64_t)b; break;
	case IR_SLE: yes = (int64_t)a <= (int64_t)b; break;
	default:     yes = (a & b) != 0; break;
	}
	return yes != (cc & 1);
}

/* ---- bits ---- */

static unsigned width(uint64_t v) { return v ? 64 - (unsigned)__builtin_clzll(v) : 0; }

/* Of values made since they were numbered nothing is known. */
static uint64_t sure(const struct simp *s, ir_ref r)
{
	return r < s->cap ? range_sure(&s->range[r]) : UINT64_MAX;
}

static uint64_t seen(const struct simp *s, ir_ref r)
{
	return r < s->cap ? range_seen(&s->range[r]) : UINT64_MAX;
}

/* ---- identities ---- */

enum { OFFSET_MAX = 0x7fff };

/* r becomes `op` on a and the constant k. */
static ir_ref become(struct simp *s, ir_ref r, enum ir_op op, ir_ref a, uint64_t k)
{
	ir_ref c = simp_imm(s, (int64_t)k);
	struct ir_ins *i = ir_at(s->f, r);
	i->op = (uint16_t)op;
	i->args[0] = a;
	i->args[1] = c;
	return r;
}

static ir_ref become1(struct simp *s, ir_ref r, enum ir_op op, ir_ref a)
{
	struct ir_ins *i = ir_at(s->f, r);
	i->op = (uint16_t)op;
	i->nargs = 1;
	i->args[0] = a;
	return r;
}

static bool commutes(enum ir_op op)
{
	return op == IRO(add64) || op == IRO(mul64) || op == IRO(and64) || op == IRO(or64) ||
	       op == IRO(xor64);
}

/* Operations that may be done twice with constants as once: (x op c) op k = x op (c op k). */
static bool associates(enum ir_op op)
{
	return op == IRO(add64) || op == IRO(and64) || op == IRO(or64) || op == IRO(xor64) ||
	       op == IRO(mul64);
}

/* x op k */
static ir_ref with_constant(struct simp *s, ir_ref r, ir_ref x, uint64_t k)
{
	const struct ir_ins *i = ir_at(s->f, r), *ix = ir_at(s->f, x);
	bool power = k && !(k & (k - 1));
	uint64_t c;
	if (associates(i->op) && ix->op == i->op && known(s->f, ix->args[1], &c)) {
		uint64_t both = 0;
		eval2(i->op, c, k, &both);
		return become(s, r, i->op, ix->args[0], both);
	}
	switch (i->op) {
	case IRO(sub64):
		return become(s, r, IRO(add64), x, -k);
	case IRO(sar64):
		if ((int64_t)sure(s, x) >= 0)
			return become(s, r, IRO(shr64), x, k);
		return k ? 0 : x;
	case IRO(shr64):
		if (k < 64 && !(sure(s, x) >> k))
			return simp_imm(s, 0);
		return k ? 0 : x;
	case IRO(add64): case IRO(xor64): case IRO(or64): case IRO(shl64):
		if (i->op == IRO(or64) && k == ~(uint64_t)0)
			return simp_imm(s, -1);
		return k ? 0 : x;
	case IRO(and64):
		if (!k)
			return simp_imm(s, 0);
		return !(k & (k + 1)) && seen(s, x) <= k ? x : 0;
	case IRO(mul64):
		if (!k)
			return simp_imm(s, 0);
		return k == 1 ? x : power ? become(s, r, IRO(shl64), x, width(k) - 1) : 0;
	case IRO(udiv64):
		return k == 1 ? x : power ? become(s, r, IRO(shr64), x, width(k) - 1) : 0;
	case IRO(umod64):
		return k == 1 ? simp_imm(s, 0) : power ? become(s, r, IRO(and64), x, k - 1) : 0;
	case IRO(sdiv64):
		return k == 1 ? x : 0;
	case IRO(smod64):
		return k == 1 ? simp_imm(s, 0) : 0;
	default:
		return 0;
	}
}

static ir_ref with_itself(struct simp *s, enum ir_op op, ir_ref x)
{
	switch (op) {
	case IRO(sub64): case IRO(xor64): return simp_imm(s, 0);
	case IRO(and64): case IRO(or64):  return x;
	default: return 0;
	}
}

static ir_ref fold2(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	ir_ref x = i->args[0], y = i->args[1];
	uint64_t a, b, v;
	bool ka = known(s->f, x, &a), kb = known(s->f, y, &b);
	if (ka && kb)
		return eval2(i->op, a, b, &v) ? simp_imm(s, (int64_t)v) : 0;
	if (x == y)
		return with_itself(s, i->op, x);
	if (ka && commutes(i->op)) {
		i->args[0] = y;
		i->args[1] = x;
		return r;
	}
	if (kb)
		return with_constant(s, r, x, b);
	if (ka && !a && i->op == IRO(sub64))
		return become1(s, r, IRO(neg64), y);
	if (ka && !a && (i->op == IRO(shl64) || i->op == IRO(shr64) || i->op == IRO(sar64)))
		return x;
	return 0;
}

/* Width in bits of an extension or byte swap, and what kind it is. */
static unsigned ext_bits(enum ir_op op, bool *sign)
{
	*sign = op <= IRO(sext32);
	return 8u << ((op - IRO(sext8)) % 3);
}
_Static_assert(IRO(zext8) == IRO(sext8) + 3 && IRO(zext32) == IRO(sext8) + 5 &&
	       IRO(sext32) == IRO(sext8) + 2, "extensions are neighbours");

static ir_ref fold_ext(struct simp *s, ir_ref r, ir_ref x)
{
	enum ir_op op = ir_at(s->f, r)->op, inner = ir_at(s->f, x)->op;
	bool sign, inner_sign;
	unsigned n = ext_bits(op, &sign), known_bits = width(sure(s, x));
	if (sign ? known_bits < n + MUTANT(sext_dropped) : known_bits <= n)
		return x;
	if (inner < IRO(sext8) || inner > IRO(zext32))
		return 0;
	unsigned m = ext_bits(inner, &inner_sign);
	if (m == n && sign == inner_sign)
		return x;
	if (sign && inner_sign && m < n)
		return x;
	if (m >= n)
		return become1(s, r, op, ir_at(s->f, x)->args[0]);
	return 0;
}

static ir_ref fold1(struct simp *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	ir_ref x = i->args[0];
	const struct ir_ins *ix = ir_at(s->f, x);
	uint64_t a, v;
	if (known(s->f, x, &a))
		return eval1(i->op, a, &v) ? simp_imm(s, (int64_t)v) : 0;
	switch (i->op) {
	case IRO(neg64):
		return ix->op == IRO(neg64) ? ix->args[0] : 0;
	case IRO(be64):
		return ix->op == IRO(be64) ? ix->args[0] : 0;
	case IRO(be16): case IRO(be32):
		return ix->op == i->op && sure(s, ix->args[0]) <= (i->op == IRO(be16) ? UINT16_MAX : UINT32_MAX)
		       ? ix->args[0] : 0;
	default:
		return i->op >= IRO(sext8) && i->op <= IRO(zext32) ? fold_ext(s, r, x) : 0;
	}
}

/* An access at pointer + constant takes the constant into its offset: the same byte, and the verifier
 * knows the same of both pointers. */
static ir_ref fold_access(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	const struct ir_ins *p = ir_at(s->f, i->args[0]);
	uint64_t k;
	if (p->op != IRO(add64) || !known(s->f, p->args[1], &k))
		return 0;
	int64_t off = i->imm + (int64_t)k;
	if ((int64_t)k < -OFFSET_MAX || (int64_t)k > OFFSET_MAX || off < -OFFSET_MAX || off > OFFSET_MAX)
		return 0;
	i->args[0] = p->args[0];
	i->imm = off;
	return r;
}

ir_ref fold_value(struct simp *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (i->op >= IRO(load8) && i->op <= IRO(atomadd64))
		return fold_access(s, r);
	if (i->op >= IRO(add64) && i->op <= IRO(sar64))
		return fold2(s, r);
	if (i->op >= IRO(neg64) && i->op <= IRO(be64))
		return fold1(s, r);
	return 0;
}
_Static_assert(IRO(atomadd64) - IRO(load8) == 9, "loads, stores, atomics");
_Static_assert(IRO(sar64) - IRO(add64) == 12 && IRO(be64) - IRO(neg64) == 9,
	       "arithmetic of two arguments, then of one");

/* ---- branches ---- */

/* Comparisons with k of what is at most `max`. */
static int by_range(enum ir_cc cc, uint64_t max, uint64_t k)
{
	bool beyond = k > max - MUTANT(range_end), negative = (int64_t)k < 0;
	int no = cc & 1, yes = !no;
	switch (cc & ~1u) {
	case IR_EQ:  return beyond ? no : -1;
	case IR_ULT: return beyond ? yes : !k ? no : -1;
	case IR_ULE: return k >= max ? yes : -1;
	case IR_SET: return k & (max ? ~(uint64_t)0 >> __builtin_clzll(max) : 0) ? -1 : no;
	}
	if ((int64_t)max < 0)
		return -1;
	if ((cc & ~1u) == IR_SLT)
		return negative || !k ? no : beyond ? yes : -1;
	return negative ? no : k >= max ? yes : -1;
}

int fold_condition(struct simp *s, bool narrow, enum ir_cc cc, ir_ref a, ir_ref b)
{
	uint64_t x, y;
	bool ka = known(s->f, a, &x), kb = known(s->f, b, &y);
	if (narrow) {
		bool is_signed = cc >= IR_SLT && cc <= IR_SGT;
		x = is_signed ? extend(x, 32) : (uint32_t)x;
		y = is_signed ? extend(y, 32) : (uint32_t)y;
	}
	if (ka && kb)
		return fold_holds(cc, x, y);
	if (a == b && cc < IR_SET)
		return fold_holds(cc, 0, 0);
	if (kb && !narrow)
		return by_range(cc, ir_at(s->f, a)->op == IRO(own) ? seen(s, a) : sure(s, a), y);
	return -1;
}

/* Conditions with their operands exchanged. */
static const uint8_t swapped[] = {
	[IR_EQ] = IR_EQ,   [IR_NE] = IR_NE,   [IR_ULT] = IR_UGT, [IR_UGE] = IR_ULE,
	[IR_ULE] = IR_UGE, [IR_UGT] = IR_ULT, [IR_SLT] = IR_SGT, [IR_SGE] = IR_SLE,
	[IR_SLE] = IR_SGE, [IR_SGT] = IR_SLT, [IR_SET] = IR_SET, [IR_CLEAR] = IR_CLEAR,
};

/* be(x) == k: x == be(k), which saves the swap. */
static bool unswap(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	const struct ir_ins *a = ir_at(s->f, i->args[0]);
	uint64_t k, v;
	unsigned n = a->op == IRO(be16) ? 16 : a->op == IRO(be32) ? 32 : a->op == IRO(be64) ? 64 : 0;
	if (!n || i->op != IRO(br) || (i->aux & ~1u) != IR_EQ || !known(s->f, i->args[1], &k))
		return false;
	if ((width(sure(s, a->args[0])) > n && !MUTANT(unswap_wide)) || width(k) > n)
		return false;
	ir_ref x = a->args[0];
	eval1(a->op, k, &v);
	ir_ref c = simp_imm(s, (int64_t)v);
	i = ir_at(s->f, r);
	i->args[0] = x;
	i->args[1] = c;
	return true;
}

bool fold_branch(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	if (is_imm(s->f, i->args[0]) && !is_imm(s->f, i->args[1])) {
		ir_ref t = i->args[0];
		i->args[0] = i->args[1];
		i->args[1] = t;
		i->aux = swapped[i->aux];
		unswap(s, r);
		return true;
	}
	return unswap(s, r);
}
