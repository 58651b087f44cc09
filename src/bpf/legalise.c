/* legalise.c - machine operations that BPF has no instruction for, in terms of those it has. */
#include "bpf/be.h"

struct leg {
	struct ir_fn *f;
	ir_ref at;
	uint32_t site;
};

static ir_ref put(struct leg *l, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(l->f, op, n, args);
	ir_at(l->f, r)->site = l->site;
	ir_insert_before(l->f, l->at, r);
	return r;
}

static ir_ref op2(struct leg *l, enum ir_op op, ir_ref a, ir_ref b)
{
	return put(l, op, 2, (ir_ref[]){ a, b });
}

static ir_ref imm(struct leg *l, int64_t v)
{
	ir_ref r = put(l, IRO(imm), 0, NULL);
	ir_at(l->f, r)->imm = v;
	return r;
}

/* The operation at l->at becomes `op` on a and b. */
static void become(struct leg *l, enum ir_op op, ir_ref a, ir_ref b)
{
	struct ir_ins *i = ir_at(l->f, l->at);
	i->op = (uint16_t)op;
	i->args[0] = a;
	i->args[1] = b;
}

/* 0 or -1: the sign of x as a mask. */
static ir_ref sign(struct leg *l, ir_ref x)
{
	const struct ir_ins *i = ir_at(l->f, x);
	if (i->op == IRO(imm))
		return imm(l, i->imm < 0 ? -1 : 0);
	return op2(l, IRO(sar64), x, imm(l, 63));
}

/* x where s is 0, -x where it is -1. */
static ir_ref flip(struct leg *l, ir_ref x, ir_ref s)
{
	const struct ir_ins *i = ir_at(l->f, x), *is = ir_at(l->f, s);
	if (i->op == IRO(imm) && is->op == IRO(imm))
		return imm(l, (int64_t)(((uint64_t)i->imm ^ (uint64_t)is->imm) - (uint64_t)is->imm));
	return op2(l, IRO(sub64), op2(l, IRO(xor64), x, s), s);
}

/* Signed division on magnitudes: the quotient's sign is a's and b's, the remainder's a's. */
static void signed_division(struct leg *l, bool quotient)
{
	ir_ref a = ir_at(l->f, l->at)->args[0], b = ir_at(l->f, l->at)->args[1];
	ir_ref sa = sign(l, a), sb = sign(l, b);
	ir_ref ua = flip(l, a, sa), ub = flip(l, b, sb);
	ir_ref r = op2(l, quotient ? IRO(udiv64) : IRO(umod64), ua, ub);
	ir_ref s = quotient ? op2(l, IRO(xor64), sa, sb) : sa;
	become(l, IRO(sub64), op2(l, IRO(xor64), r, s), s);
}

/* Adds a word that is always 0, which the verifier cannot know; 0 becomes that word. */
static void opaque(struct leg *l)
{
	ir_ref x = ir_at(l->f, l->at)->args[0];
	ir_ref p = put(l, IRO(mapval), 0, NULL);
	ir_at(l->f, p)->aux = IR_MAP_DATA;
	ir_at(l->f, p)->imm = IR_DATA_ZERO;
	const struct ir_ins *was = ir_at(l->f, x);
	if (was->op == IRO(imm) && !was->imm) { /* the opaque itself loads it */
		ir_at(l->f, l->at)->op = IRO(load64);
		ir_at(l->f, l->at)->args[0] = p;
		return;
	}
	ir_ref zero = put(l, IRO(load64), 1, &p);
	struct ir_ins *i = ir_at(l->f, l->at);
	i->op = IRO(add64);
	i->nargs = 2;
	i->args = arena_array(l->f->unit->arena, ir_ref, 2);
	i->args[0] = x;
	i->args[1] = zero;
}

void be_legalise(struct ir_unit *u)
{
	bool v4 = be_has(u, FEAT_isa_v4);
	for (uint32_t k = 0; k < u->nfns; k++) {
		struct ir_fn *f = u->fns[k];
		if (!f || !f->machine)
			continue;
		if (!be_has(u, FEAT_may_goto) && be_has(u, FEAT_iter_num))
			be_turns(f);
		for (ir_blk b = 1; b < f->nblocks; b++)
			for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
				struct leg l = { f, r, ir_at(f, r)->site };
				next = ir_at(f, r)->next;
				switch (ir_at(f, r)->op) {
				case IRO(sdiv64):
				case IRO(smod64):
					if (!v4)
						signed_division(&l, ir_at(f, r)->op == IRO(sdiv64));
					break;
				case IRO(opaque):
					opaque(&l);
					break;
				case IRO(fact):
					ir_at(f, r)->op = IRO(helper);
					break;
				}
			}
	}
}
