/*
 * range.c - upper bounds of words, forwards over the blocks.
 *
 * The verifier follows each way by itself, so where ways meet it knows at least the greatest of their
 * bounds. Not around a loop: there it may forget what it knew.
 */
#include "opt/range.h"

#include "core/feature.h"
#include "core/mutant.h"

static const uint64_t all = ~(uint64_t)0;

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* The least 2^n - 1 that is not below v. */
static uint64_t ones(uint64_t v) { return v ? all >> __builtin_clzll(v) : 0; }

static uint64_t shifted(uint64_t a, uint64_t k) { return k < 64 && a <= all >> k ? a << k : all; }

static uint64_t sum(uint64_t a, uint64_t b) { return a + b < a ? all : a + b; }

/* The verifier multiplies bounds of 32 bits and no others. */
static uint64_t product(uint64_t a, uint64_t b)
{
	return a <= UINT32_MAX && b <= UINT32_MAX ? a * b : all;
}

/* a, b: bounds of the arguments. k: the second one, when it is the constant b: else the verifier knows nothing
 * of a shift, and before Linux 6.10 nothing of a product or an `or`. */
static uint64_t bound(const struct ir_ins *i, uint64_t a, uint64_t b, bool k, bool seen)
{
	switch (i->op) {
	case IRO(load8):   return UINT8_MAX;
	case IRO(load16):  return UINT16_MAX;
	case IRO(load32):  return UINT32_MAX;
	case IRO(pktload): return i->aux < 8 ? ((uint64_t)1 << i->aux * 8) - 1 : all;
	case IRO(zext8):   return least(a, UINT8_MAX);
	case IRO(zext16):  return least(a, UINT16_MAX);
	case IRO(zext32):  return least(a, UINT32_MAX);
	case IRO(be16):    return seen ? all : UINT16_MAX;
	case IRO(be32):    return seen ? all : UINT32_MAX;
	case IRO(add32): case IRO(sub32): case IRO(mul32): case IRO(or32): case IRO(xor32): case IRO(shl32):
		return UINT32_MAX;
	case IRO(own):     return a;
	case IRO(and64):   return least(a, b);
	case IRO(or64): case IRO(xor64):
		return seen && !k ? all : ones(a > b ? a : b);
	case IRO(add64):   return sum(a, b);
	case IRO(mul64):   return seen && !k ? all : product(a, b);
	case IRO(shl64):   return k ? shifted(a, b) : all;
	case IRO(shr64):   return k && b < 64 ? a >> b : seen ? all : a;
	case IRO(udiv64):  return seen || !k || !b ? all : a / b;
	case IRO(umod64):  return seen || !k || !b ? all : b - 1;
	default:           return all;
	}
}

struct range range_of(const struct ir_fn *f, const struct range *v, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	const struct range none = { 0 };
	if (i->op == IRO(imm))
		return (struct range){ ~(uint64_t)i->imm, ~(uint64_t)i->imm };
	if (ir_ops[i->op].result != 'W')
		return none;
	const struct range *a = i->nargs > 0 ? &v[i->args[0]] : &none;
	const struct range *b = i->nargs > 1 ? &v[i->args[1]] : &none;
	bool k = i->nargs > 1 && ir_at(f, i->args[1])->op == IRO(imm);
	return (struct range){ ~bound(i, range_sure(a), range_sure(b), k, false),
			       ~bound(i, range_seen(a), range_seen(b), k, true) };
}

struct range range_start(bool joins_seen)
{
	return (struct range){ all, joins_seen ? all : 0 };
}

struct range range_join(struct range a, struct range b)
{
	if (MUTANT(range_of_one_way))
		return b;
	return (struct range){ least(a.sure, b.sure), least(a.seen, b.seen) };
}

struct range range_plus(struct range a, uint64_t by)
{
	return (struct range){ ~sum(~a.sure, by), 0 };
}

bool range_joins_seen(const struct ir_unit *u)
{
	return !u->loops && u->features && u->features[FEAT_spill_range];
}

static void params(const struct ir_fn *f, struct range *v, const struct ir_block *k, bool joins)
{
	if (k->loop)
		return;
	for (uint32_t p = 0; p < k->nparams; p++) {
		struct range r = range_start(joins);
		for (uint32_t e = 0; e < k->npreds; e++)
			r = range_join(r, v[ir_pred_edge(f, &k->preds[e])->args[p]]);
		v[k->params[p]] = r;
	}
}

struct range *range_all(struct arena *a, const struct ir_fn *f)
{
	struct range *v = arena_array(a, struct range, f->nins);
	bool joins = range_joins_seen(f->unit);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		if (o && f->rpo[o] != f->error_exit)
			params(f, v, k, joins);
		for (ir_ref r = k->first; r; r = ir_at(f, r)->next)
			v[r] = range_of(f, v, r);
	}
	return v;
}
