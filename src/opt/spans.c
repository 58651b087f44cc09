/*
 * spans.c - a part of `simplify`: which bytes of the packet a load or a store is of, and whether a store leaves
 * alone what a load reads.
 *
 * They are at constant distances from one place; or one ends before the other begins: an offset is at most what
 * its range says, and at least what its parts are. Of a header's length, which is part of what lies behind it, the
 * check that it is no less than the header knows that.
 */
#include "opt/simplify.h"

#include "core/mutant.h"

/* [least, most + size) from the frame's start; and [at, at + size) from what `base` stands for. */
struct span {
	bool known;
	ir_ref base;           /* a pointer into the packet, or an offset; 0: its start */
	int64_t at, size;
	int64_t least, most;   /* of the first byte; most: -1 when it may be anywhere */
};

enum { SURELY = INT32_MAX, DEEP = 4 };

/* x + c is at most n, by a branch before block b, c below 0: then x is from -c to -c + n. */
static bool lies_between(const struct simp *s, ir_ref x, ir_blk b, int64_t *from, int64_t *to)
{
	for (uint32_t i = s->fact_of[x]; i; i = s->facts[i].next) {
		const struct fact *k = &s->facts[i];
		const struct ir_ins *sum = ir_at(s->f, k->a);
		if (k->a == x || k->cc != IR_ULE || !ir_dominates(s->f, k->block, b))
			continue;
		int64_t c = ir_at(s->f, sum->args[1])->imm, n = ir_at(s->f, k->b)->imm;
		*from = -c;
		*to = n - c;
		if (c < 0 && c >= -SURELY && n >= 0 && n <= SURELY)
			return true;
	}
	return false;
}

static int64_t least_of(const struct simp *s, ir_ref r, ir_blk b, unsigned deep);

/* Where all that x may be shares what is above the mask, 2^n - 1. */
static int64_t least_masked(const struct simp *s, ir_ref x, int64_t mask, ir_blk b)
{
	int64_t from, to;
	bool known = !(mask & (mask + 1)) && lies_between(s, x, b, &from, &to) && (from & ~mask) == (to & ~mask);
	return known ? from & mask : 0;
}

static int64_t least_param(const struct simp *s, const struct ir_ins *i, ir_blk b, unsigned deep)
{
	const struct ir_block *k = ir_block(s->f, i->block);
	int64_t least = SURELY;
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_edge *e = simp_edge(s->f, &k->preds[p], i->block);
		int64_t other = e ? least_of(s, simp_now(s, e->args[i->aux]), b, deep) : least;
		least = other < least ? other : least;
	}
	return k->loop || i->block == 1 ? 0 : least;
}

static bool is_small(const struct simp *s, ir_ref r)
{
	return range_sure(&s->range[r]) <= SURELY;
}

/* What an offset is at least, in block b. Sums of what is small do not wrap. */
static int64_t least_of(const struct simp *s, ir_ref r, ir_blk b, unsigned deep)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (!is_small(s, r) || !deep--)
		return 0;
	bool constant = i->nargs == 2 && is_imm(s->f, i->args[1]);
	int64_t n = constant ? ir_at(s->f, i->args[1])->imm : 0;
	switch (i->op) {
	case IRO(imm):   return i->imm;
	case IRO(add64): return is_small(s, i->args[0]) && is_small(s, i->args[1])
				? least_of(s, i->args[0], b, deep) + least_of(s, i->args[1], b, deep) : 0;
	case IRO(shl64): return constant && n < 16 && is_small(s, i->args[0]) ? least_of(s, i->args[0], b, deep) << n : 0;
	case IRO(and64): return constant ? least_masked(s, i->args[0], n, b) : 0;
	case IRO(param): return least_param(s, i, b, deep);
	default:         return 0;
	}
}

/* The constants that are added at the end go into the distance from the rest. */
static void strip(const struct simp *s, struct span *x)
{
	for (const struct ir_ins *i = ir_at(s->f, x->base); i->op == IRO(add64) && is_imm(s->f, i->args[1]);
	     i = ir_at(s->f, x->base)) {
		x->at += ir_at(s->f, i->args[1])->imm;
		x->base = i->args[0];
	}
	if (is_imm(s->f, x->base)) {
		x->at += ir_at(s->f, x->base)->imm;
		x->base = 0;
	}
}

static void span_offset(const struct simp *s, struct span *x, ir_blk b, ir_ref off)
{
	uint64_t most = range_sure(&s->range[off]);
	x->known = true;
	x->least += least_of(s, off, b, DEEP);
	x->most = most > SURELY || x->most < 0 ? -1 : x->most + (int64_t)most;
}

static bool span_pointer(const struct simp *s, struct span *x, ir_blk b, ir_ref p)
{
	if (!simp_is_packet_pointer(s, p))
		return false;
	for (const struct ir_ins *i = ir_at(s->f, p); i->op == IRO(add64); i = ir_at(s->f, i->args[0]))
		span_offset(s, x, b, i->args[1]);
	return x->known = true;
}

/* A load, a store, or a helper that writes a checksum, as block b knows it. */
static struct span span_of(const struct simp *s, const struct ir_ins *i, ir_blk b)
{
	struct span x = { .at = i->imm, .least = i->imm, .most = i->imm };
	if (i->op == IRO(pktload) || i->op == IRO(pktstore)) {
		x.base = i->args[1];
		x.size = i->aux & IR_PKT_BYTES;
		span_offset(s, &x, b, x.base);
	} else if (i->op == IRO(helper)) {
		x.size = 2;
		if (i->aux >= IR_CALL_FN || s->u->moves_packet || i->aux != s->u->target->helper_l4_csum)
			return x;
		x.base = i->args[1];
		span_offset(s, &x, b, x.base);
	} else {
		x.base = i->args[0];
		x.size = (int64_t)1 << (i->op - (i->op < IRO(store8) ? IRO(load8) : IRO(store8)));
		span_pointer(s, &x, b, x.base);
	}
	strip(s, &x);
	return x;
}

static bool ends_before(const struct span *a, const struct span *b)
{
	if (a->base == b->base)
		return a->at + a->size <= b->at;
	return a->most >= 0 && a->most + a->size <= b->least;
}

bool simp_apart(const struct simp *s, ir_ref store, const struct ir_ins *load, ir_blk b)
{
	struct span w = span_of(s, ir_at(s->f, store), b), r = span_of(s, load, b);
	return (w.known && r.known && (ends_before(&w, &r) || ends_before(&r, &w))) || MUTANT(all_apart);
}
