/* lower_header.c - one header: is it there, how long is it, where does it end. */
#include "net/lower.h"

#include "core/mutant.h"

unsigned net_fixed(const struct ir_unit *u, enum net_view view)
{
	return net_least(u->target->views[view]);
}

struct net_at net_at_of(struct lw *w, const struct lw_val *obj)
{
	return (struct net_at){ lw_word(w, obj, NET_W_PTR), lw_word(w, obj, NET_W_OFF),
				lw_word(w, obj, NET_W_END) };
}

/* A branch to `absent`, going on in a new block otherwise. */
static void leave_if(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, ir_blk absent)
{
	ir_blk on = lw_block(w, 0);

	lw_br(w, cc, a, b, absent, on);
	lw_enter(w, on);
}

static void check_byte(struct lw *w, const struct net_proto *p, const struct net_at *h, ir_blk absent)
{
	if (!p->check.hi)
		return;
	ir_ref b = lw_pktload(w, 1, h->ptr, h->off, p->check.at);
	if (p->check.hi == 0xff) {
		leave_if(w, IR_ULT, b, lw_imm(w, p->check.lo), absent);
		return;
	}
	ir_ref d = lw_op2i(w, IRO(sub64), b, p->check.lo);
	leave_if(w, IR_UGT, d, lw_imm(w, p->check.hi - p->check.lo), absent);
}

/* Bytes as a host-order load of them gives. */
static int64_t wire(const uint8_t *bytes, unsigned n)
{
	uint32_t v32;
	uint16_t v16;

	if (n == 4) {
		memcpy(&v32, bytes, sizeof v32);
		return v32;
	}
	if (n == 2) {
		memcpy(&v16, bytes, sizeof v16);
		return v16;
	}
	return *bytes;
}

static void check_magic(struct lw *w, const struct net_proto *p, const struct net_at *h, ir_blk absent)
{
	for (unsigned at = 0, size; at < p->magic.n; at += size) {
		unsigned left = p->magic.n - at;
		size = left >= 4 ? 4 : left >= 2 ? 2 : 1;
		ir_ref v = lw_pktload(w, size, h->ptr, h->off, at);
		leave_if(w, IR_NE, v, lw_imm(w, wire(p->magic.bytes + at, size)), absent);
	}
}

static void check_zero(struct lw *w, const struct net_proto *p, const struct net_at *h, ir_blk absent)
{
	if (p->zero.mask)
		leave_if(w, IR_SET, lw_pktload(w, 2, h->ptr, h->off, p->zero.at), lw_imm(w, net_wire16(p->zero.mask)),
			 absent);
}

/* The fixed part, and 4 bytes for each bit that is set. */
static ir_ref optional_len(struct lw *w, const struct net_proto *p, const struct net_at *h)
{
	ir_ref sum = lw_imm(w, p->fixed), b = lw_pktload(w, 1, h->ptr, h->off, p->opts.at);

	for (unsigned bit = 0; bit < 8; bit++) {
		if (!(p->opts.bits >> bit & 1))
			continue;
		ir_ref one = lw_op2i(w, IRO(and64), lw_op2i(w, IRO(shr64), b, bit), 1);
		sum = lw_op2(w, IRO(add64), sum, lw_op2i(w, IRO(shl64), one, 2));
	}
	return sum;
}

ir_ref net_header_len(struct lw *w, enum net_view view, const struct net_at *h)
{
	const struct net_proto *p = net_proto_in(w, view);

	if (p->opts.bits)
		return optional_len(w, p, h);
	if (!p->hlen.mask)
		return lw_imm(w, p->fixed);
	ir_ref b = lw_pktload(w, 1, h->ptr, h->off, p->hlen.at);
	b = lw_op2i(w, IRO(and64), b, p->hlen.mask);
	if (p->hlen.shl)
		b = lw_op2i(w, IRO(shl64), b, p->hlen.shl);
	if (p->hlen.shr)
		b = lw_op2i(w, IRO(shr64), b, p->hlen.shr);
	if (p->hlen.add)
		b = lw_op2i(w, IRO(add64), b, p->hlen.add);
	return b;
}

/* The length may come out as less than the fixed part. */
static void check_least(struct lw *w, const struct net_proto *p, ir_ref len, ir_blk absent)
{
	if (p->hlen.may_lie)
		leave_if(w, IR_ULT, len, lw_imm(w, p->fixed), absent);
}

static void check_options(struct lw *w, enum net_view view, const struct net_at *h, ir_blk absent,
			  bool through)
{
	const struct net_proto *p = net_proto_in(w, view);

	if (!p->hlen.mask && !p->opts.bits)
		return;
	ir_ref len = net_header_len(w, view, h);
	check_least(w, p, len, absent);
	ir_ref e = lw_op2(w, IRO(add64), h->off, len);
	if (h->end && !MUTANT(options_beyond))
		leave_if(w, IR_UGT, e, h->end, absent);
	if (!through)
		lw_pkt(w, e, 0, absent);
}

static ir_ref total_end(struct lw *w, const struct net_proto *p, const struct net_at *h, ir_blk absent)
{
	if (!p->total.there)
		return h->end;
	ir_ref t = lw_op1(w, IRO(be16), lw_pktload(w, 2, h->ptr, h->off, p->total.at));
	if (p->total.min)
		leave_if(w, IR_ULT, t, lw_imm(w, p->total.min), absent);
	ir_ref own = lw_op2(w, IRO(add64), h->off, t);
	if (p->total.add)
		own = lw_op2i(w, IRO(add64), own, p->total.add);
	if (p->total.zero_open)
		own = lw_op2(w, IRO(add64), own,
			     lw_op2i(w, IRO(shl64), net_is(w, t, 0), __builtin_ctz(NET_OPEN)));
	return h->end && !MUTANT(end_of_outer) ? net_min(w, h->end, own) : own;
}

struct net_at net_enter(struct lw *w, enum net_view view, ir_ref off, ir_ref end, ir_blk absent,
			bool through)
{
	const struct net_proto *p = net_proto_in(w, view);
	struct net_at h = { .off = off, .end = end };

	if (end)
		leave_if(w, IR_UGT, lw_op2i(w, IRO(add64), off, p->fixed), end, absent);
	h.ptr = lw_pkt(w, off, p->fixed, absent);
	check_byte(w, p, &h, absent);
	check_magic(w, p, &h, absent);
	check_zero(w, p, &h, absent);
	check_options(w, view, &h, absent, through);
	h.end = total_end(w, p, &h, absent);
	return h;
}
