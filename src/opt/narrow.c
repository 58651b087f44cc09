/*
 * narrow.c - pass `narrow`: what only 32 bits matter of is done in 32 bits, where that saves an instruction.
 *
 *   cut       (a + b) & 0xffffffff: BPF's 32-bit operations clear the upper half by themselves
 *   compared  with a constant from 2^31 on, which a 64-bit comparison needs a register for; the upper half
 *             must be known to be clear, or was to be cut off before
 *   stored    in fewer bytes than it was cut to
 *
 * An operation is done in 32 bits only when nothing else needs all of its bits. What is asked of an `own`
 * value stands guard, and stays as it is.
 */
#include "opt/passes.h"

#include "core/mutant.h"
#include "opt/range.h"

struct narrow {
	struct ir_fn *f;
	uint32_t *uses;          /* by value */
	const struct range *range;
	ir_ref *to;              /* by value: what it became, or 0 */
	bool changed;
};

/* ---- what is cut ---- */

static bool imm_of(const struct ir_fn *f, ir_ref r, uint64_t *k)
{
	*k = (uint64_t)ir_at(f, r)->imm;
	return is_imm(f, r);
}

/* How many low bits of its argument r keeps, and nothing else of it; 0: it is no such operation. */
static unsigned keeps(const struct ir_fn *f, ir_ref r, bool *sign)
{
	const struct ir_ins *i = ir_at(f, r);
	uint64_t k;
	*sign = i->op >= IRO(sext8) && i->op <= IRO(sext32);
	switch (i->op) {
	case IRO(zext8):  case IRO(sext8):  return 8;
	case IRO(zext16): case IRO(sext16): return 16;
	case IRO(zext32): case IRO(sext32): return 32;
	case IRO(and64):
		if (imm_of(f, i->args[1], &k) && k && !(k & (k + 1)))
			return 64 - (unsigned)__builtin_clzll(k);
	}
	return 0;
}

static bool cuts(const struct ir_fn *f, ir_ref r)
{
	bool sign;
	return keeps(f, r, &sign) == 32 && !sign;
}

/* ---- operations ---- */

static const uint16_t narrower[IR_NOPS] = {
	[IRO(add64)] = IRO(add32), [IRO(sub64)] = IRO(sub32), [IRO(mul64)] = IRO(mul32),
	[IRO(or64)] = IRO(or32),   [IRO(xor64)] = IRO(xor32), [IRO(shl64)] = IRO(shl32),
};

static bool has_narrower(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	uint64_t k;
	return narrower[i->op] && (i->op != IRO(shl64) || (imm_of(f, i->args[1], &k) && k < 32));
}

static ir_ref now(const struct narrow *n, ir_ref r) { return n->to[r] ? n->to[r] : r; }

static void cut(struct narrow *n, ir_ref r)
{
	ir_ref v = cuts(n->f, r) ? now(n, ir_at(n->f, r)->args[0]) : 0;
	if (!v || !has_narrower(n->f, v) || (n->uses[v] != 1 && !MUTANT(cut_for_one)))
		return;
	ir_at(n->f, v)->op = narrower[ir_at(n->f, v)->op];
	n->to[r] = v;
	n->uses[v] = n->uses[r];
	ir_remove(n->f, r);
	n->changed = true;
}

/* ---- comparisons ---- */

static bool is_small(const struct narrow *n, ir_ref r)
{
	return range_sure(&n->range[r]) <= UINT32_MAX;
}

/* A cut value that only this comparison needs: before it was cut. */
static ir_ref uncut(const struct narrow *n, ir_ref r)
{
	ir_ref v = now(n, r);
	return n->uses[v] == 1 && cuts(n->f, v) ? ir_at(n->f, v)->args[0] : v;
}

/* A constant that a 64-bit comparison needs a register for, and one of 32 bits does not. */
static bool is_wide(const struct ir_fn *f, ir_ref r)
{
	uint64_t k;
	return imm_of(f, r, &k) && k <= UINT32_MAX && k > INT32_MAX;
}

static const uint8_t without_sign[] = {
	[IR_EQ] = IR_EQ, [IR_NE] = IR_NE, [IR_ULT] = IR_ULT, [IR_UGE] = IR_UGE, [IR_ULE] = IR_ULE,
	[IR_UGT] = IR_UGT, [IR_SLT] = IR_ULT, [IR_SGE] = IR_UGE, [IR_SLE] = IR_ULE, [IR_SGT] = IR_UGT,
	[IR_SET] = IR_SET, [IR_CLEAR] = IR_CLEAR,
};

/* Both sides are below 2^32, so signs and upper halves make no difference. */
static void compared(struct narrow *n, ir_ref t)
{
	struct ir_ins *i = ir_at(n->f, t);
	if (i->op != IRO(br))
		return;
	ir_ref a = i->args[0], b = i->args[1];
	if (ir_at(n->f, a)->op == IRO(own) || ir_at(n->f, b)->op == IRO(own) ||
	    !is_small(n, a) || !is_small(n, b))
		return;
	ir_ref x = uncut(n, a), y = uncut(n, b);
	if (x == now(n, a) && y == now(n, b) && !is_wide(n->f, b) && !is_wide(n->f, a))
		return;
	i->op = IRO(br32);
	i->aux = without_sign[i->aux];
	i->args[0] = x;
	i->args[1] = y;
	n->changed = true;
}

/* ---- stores ---- */

static unsigned stored(enum ir_op op)
{
	switch (op) {
	case IRO(store8):  return 8;
	case IRO(store16): return 16;
	case IRO(store32): case IRO(atomadd32): return 32;
	default: return 0;
	}
}

static void store(struct narrow *n, ir_ref r)
{
	struct ir_ins *i = ir_at(n->f, r);
	unsigned bits = stored(i->op);
	bool sign;
	ir_ref v = bits ? now(n, i->args[1]) : 0;
	if (!v || n->uses[v] != 1 || keeps(n->f, v, &sign) < bits)
		return;
	i->args[1] = ir_at(n->f, v)->args[0];
	n->changed = true;
}

/* ---- the pass ---- */

/* Is there anything to look at? */
static bool pays(const struct ir_fn *f, ir_blk b)
{
	bool sign;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
		const struct ir_ins *i = ir_at(f, r);
		if (cuts(f, r) || (stored(i->op) && keeps(f, i->args[1], &sign) >= stored(i->op)))
			return true;
		if (i->op == IRO(br) && (is_wide(f, i->args[0]) || is_wide(f, i->args[1])))
			return true;
	}
	return false;
}

static void narrow_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct narrow n = { .f = f };
	ir_blk b = 1;
	while (b < f->nblocks && !pays(f, b))
		b++;
	if (b == f->nblocks)
		return;
	ir_need_order(f);
	n.uses = edit_uses(u->scratch, f);
	n.to = arena_array(u->scratch, ir_ref, f->nins);
	n.range = range_all(u->scratch, f);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first, next; r; r = next) {
			next = ir_at(f, r)->next;
			compared(&n, r);
			store(&n, r);
			cut(&n, r);
		}
	if (n.changed)
		ir_rename(f, n.to);
}

void opt_narrow(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			narrow_fn(u, u->fns[i]);
}
