/* lower_bytes.c - #view, and bytes of a view by offset or index. */
#include "net/lower.h"

#include "core/mutant.h"

/* What a header says of its own length. */
static ir_ref said_len(struct lw *w, const struct lw_val *obj)
{
	enum net_view view = net_view_of(obj);
	struct net_at h = net_at_of(w, obj);

	if (view != NET_IP)
		return net_header_len(w, view, &h);
	ir_blk v4 = lw_block(w, 0), v6 = lw_block(w, 0), meet = lw_block(w, 1);
	net_br_version(w, obj, v4, v6);
	lw_enter(w, v4);
	ir_ref n = net_header_len(w, NET_IPV4, &h);
	lw_jmp(w, meet, 1, &n);
	lw_enter(w, v6);
	n = net_header_len(w, NET_IPV6, &h);
	lw_jmp(w, meet, 1, &n);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* Another length may have been written into a header since it was found: its fixed part is there all the same, and nothing behind
 * the packet's end. */
static ir_ref header_len(struct lw *w, const struct lw_val *obj, ir_ref packet)
{
	enum net_view view = net_view_of(obj);
	const struct net_proto *p = view == NET_IP ? &net_ipv4 : net_proto_in(w, view);
	ir_ref len = said_len(w, obj);

	if (!w->unit->writes_packet || (!p->hlen.mask && !p->opts.bits) || MUTANT(length_trusted))
		return len;
	if (p->hlen.mask && p->hlen.add < p->fixed)
		len = net_max(w, len, lw_imm(w, p->fixed));
	return net_min(w, len, lw_op2(w, IRO(sub64), packet, lw_word(w, obj, NET_W_OFF)));
}

/* Of a packet that ends at `packet`. */
static ir_ref len_in(struct lw *w, const struct lw_val *obj, ir_ref packet)
{
	enum net_view view = net_view_of(obj);

	if (view == NET_PKT)
		return packet;
	if (view != NET_PAYLOAD)
		return header_len(w, obj, packet);
	ir_ref end = net_min(w, lw_word(w, obj, NET_P_END), packet);
	ir_ref n = lw_op2(w, IRO(sub64), end, lw_word(w, obj, NET_P_OFF));
	ir_ref negative = lw_op2i(w, IRO(sar64), n, 63);
	return MUTANT(negative_length) ? n : lw_op2(w, IRO(and64), n, lw_op2i(w, IRO(xor64), negative, -1));
}

ir_ref net_len_word(struct lw *w, const struct lw_val *obj)
{
	return len_in(w, obj, lw_pktlen(w));
}

void net_len(struct lw *w, const struct lw_val *obj, struct lw_val *out)
{
	*out = lw_int(net_len_word(w, obj));
}

/* ---- bytes at an offset ---- */

static unsigned size_of(const struct ir_lib *row) { return row->imm & NET_ROW_SIZE; }

/* The constant offset of a call, when its argument is a constant that is not negative. */
static bool constant_offset(const struct ir_lib *row, const pg_value *k, int64_t *off)
{
	if (!k || k->kind != PG_INT || k->i < 0 || k->i > NET_REACH)
		return false;
	*off = k->i - (row->imm & NET_ROW_INDEX ? 1 : 0);
	return *off >= 0;
}

static bool surely_inside(const struct ir_unit *u, uint64_t kinds, const struct ir_lib *row, const pg_value *k)
{
	int64_t off;

	if (kinds & (kinds - 1) || !constant_offset(row, k, &off))
		return false;
	enum net_view view = (enum net_view)(__builtin_ctzll(kinds) - IR_VIEW0);
	return off + size_of(row) <= net_fixed(u, view);
}

static bool may_write(struct infer *in, const struct ir_lib *row, uint32_t site, const pg_value *k)
{
	struct ir_unit *u = infer_unit(in);

	u->writes_packet = true;
	u->copy_stores |= u->target->stores_directly != NULL;
	if (u->target->read_only) {
		diag_refused(infer_error(in, site, u->target->read_only, IR_READ_ONLY));
		return false;
	}
	if (size_of(row) == 8 || !k || k->kind != PG_INT || !((uint64_t)k->i >> 8 * size_of(row)))
		return true;
	infer_error(in, site, "cut the value: x & 0xff keeps 8 bits, x & 0xffff 16",
		    "%lld does not fit the %u bits that '%s' writes", (long long)k->i, 8 * size_of(row), row->name);
	return false;
}

bool net_bytes_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out)
{
	bool writes = row->imm & NET_ROW_WRITES;

	if (n > 1 && surely_inside(infer_unit(in), a[0].kinds, row, a[1].k))
		out->kinds = IR_BIT(writes ? IR_TRUE : IR_INT);
	return !writes || may_write(in, row, site, n > 2 ? a[2].k : NULL);
}

static const enum ir_op swaps[] = { [2] = IRO(be16), [4] = IRO(be32), [8] = IRO(be64) };

static ir_ref load_number(struct lw *w, const struct ir_lib *row, const struct net_at *h, int64_t at)
{
	unsigned size = size_of(row);

	if (size == 1)
		return lw_pktload(w, 1, h->ptr, h->off, at);
	if (!(row->imm & NET_ROW_LITTLE) || (MUTANT(little_as_big) && size == 8))
		return lw_op1(w, swaps[size], lw_pktload(w, size, h->ptr, h->off, at));
	return net_load_little(w, h, size, at);
}

static void store_bytes(struct lw *w, unsigned size, const struct net_at *h, int64_t at, ir_ref v)
{
	for (unsigned i = 0; i < size; i++)
		lw_pktstore(w, 1, false, h->ptr, h->off, at + i, lw_op2i(w, IRO(shr64), v, 8 * (size - 1 - i)));
}

/* What begins in bytes that the kernel does not sum and ends in ones that it does is written byte by byte, for it
 * is told of a store wholly or not at all. */
static void store_number(struct lw *w, const struct ir_lib *row, const struct net_at *h, int64_t at, ir_ref v,
			 enum net_view view)
{
	unsigned size = size_of(row), unsummed = w->unit->target->unsummed;
	ir_blk done = 0;

	if (size > 1 && unsummed && (view == NET_PKT || view == NET_ETH)) {
		ir_blk apart = lw_block(w, 0), whole = lw_block(w, 0);
		ir_ref off = lw_op2i(w, IRO(add64), h->off, at - (unsummed - size + 1));
		done = lw_block(w, 0);
		lw_bri(w, IR_ULT, off, size - 1, apart, whole);
		lw_enter(w, apart);
		store_bytes(w, size, h, at, v);
		lw_jmp(w, done, 0, NULL);
		lw_enter(w, whole);
	}
	lw_pktstore(w, size, false, h->ptr, h->off, at, size == 1 ? v : lw_op1(w, swaps[size], v));
	if (done) {
		lw_jmp(w, done, 0, NULL);
		lw_enter(w, done);
	}
}

/* Where the view starts and, unless it is the frame, where it ends. */
static void extent(struct lw *w, const struct lw_val *obj, ir_ref *start, ir_ref *end)
{
	enum net_view view = net_view_of(obj);

	*start = *end = 0;
	if (view == NET_PKT)
		return;
	if (view == NET_PAYLOAD) {
		*start = lw_word(w, obj, NET_P_OFF);
		*end = lw_word(w, obj, NET_P_END);
		return;
	}
	*start = lw_word(w, obj, NET_W_OFF);
	*end = lw_op2(w, IRO(add64), *start, header_len(w, obj, lw_pktlen(w)));
}

void net_extent(struct lw *w, const struct lw_val *obj, ir_ref *off, ir_ref *len)
{
	ir_ref end;

	extent(w, obj, off, &end);
	if (!*off)
		*off = lw_imm(w, 0);
	*len = len_in(w, obj, MUTANT(string_beyond) ? lw_pktlen(w) : net_min(w, lw_pktlen(w), lw_imm(w, NET_REACH)));
}

static ir_ref index_to_offset(struct lw *w, const struct lw_val *obj, ir_ref i)
{
	ir_blk back = lw_block(w, 0), front = lw_block(w, 0), meet = lw_block(w, 1);

	lw_bri(w, IR_SLT, i, 0, back, front);
	lw_enter(w, back);
	ir_ref off = lw_op2(w, IRO(add64), i, net_len_word(w, obj));
	lw_jmp(w, meet, 1, &off);
	lw_enter(w, front);
	off = lw_op2i(w, IRO(sub64), i, 1);
	lw_jmp(w, meet, 1, &off);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* The offset in the view; where it is none that can be reached, to absent. */
static ir_ref offset_of(struct lw *w, const struct ir_lib *row, const struct lw_val *obj,
			const struct lw_val *arg, ir_blk absent)
{
	int64_t k;

	if (constant_offset(row, arg->k, &k))
		return lw_imm(w, k);
	ir_ref off = lw_int_word(w, arg);
	if (row->imm & NET_ROW_INDEX)
		off = index_to_offset(w, obj, off);
	ir_blk on = lw_block(w, 0);
	lw_bri(w, IR_UGT, off, NET_REACH, absent, on);
	lw_enter(w, on);
	return off;
}

/* Where the row's bytes are (from *at of what is returned); to absent when they are not all inside. */
static struct net_at reach(struct lw *w, const struct ir_lib *row, const struct lw_val *obj,
			   const struct lw_val *arg, ir_blk absent, int64_t *at)
{
	*at = 0;
	if (surely_inside(w->unit, obj->kinds, row, arg->k) && constant_offset(row, arg->k, at))
		return (struct net_at){ .ptr = lw_word(w, obj, NET_W_PTR), .off = lw_word(w, obj, NET_W_OFF) };
	ir_ref start, end, off = offset_of(w, row, obj, arg, absent);
	extent(w, obj, &start, &end);
	if (start)
		off = lw_op2(w, IRO(add64), off, start);
	if (end) {
		ir_blk on = lw_block(w, 0);
		lw_br(w, IR_UGT, lw_op2i(w, IRO(add64), off, size_of(row) - MUTANT(byte_beyond)), end, absent, on);
		lw_enter(w, on);
	}
	return (struct net_at){ .ptr = lw_pkt(w, off, size_of(row), absent), .off = off };
}

/* The value that a row writes, which fits. */
static ir_ref value_of(struct lw *w, const struct ir_lib *row, const struct lw_val *arg)
{
	ir_ref v = lw_int_word(w, arg);
	unsigned bits = 8 * size_of(row);

	if (bits < 64)
		lw_raise_if(w, IR_UGT, v, lw_imm(w, ((int64_t)1 << bits) - 1),
			    "bad argument #2 to '%s' (value does not fit u%u)", row->name, bits);
	return v;
}

void net_bytes_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	(void)n;
	bool writes = row->imm & NET_ROW_WRITES;
	bool may_be_absent = out->kinds & (writes ? IR_BIT(IR_FALSE) : IR_BIT(IR_NIL));
	ir_blk absent = may_be_absent ? lw_block(w, 0) : 0;
	ir_ref value = writes ? value_of(w, row, &args[2]) : 0;
	struct lw_join j = lw_join_new(w, out->kinds, 0);

	for (uint64_t left = args[0].kinds, one; left; left &= ~one) {
		one = left & -left;
		ir_blk other = 0;
		if (left != one) {
			ir_blk mine = lw_block(w, 0);
			other = lw_block(w, 0);
			lw_br_kind(w, &args[0], one, mine, other);
			lw_enter(w, mine);
		}
		struct lw_val obj = lw_narrow(w, &args[0], one);
		int64_t at;
		struct net_at h = reach(w, row, &obj, &args[1], absent, &at);
		struct lw_val v = lw_bool_const(true);
		if (writes)
			store_number(w, row, &h, at, value, net_view_of(&obj));
		else
			v = lw_int(load_number(w, row, &h, at));
		lw_join_add(w, &j, &v);
		if (other)
			lw_enter(w, other);
	}
	if (may_be_absent) {
		struct lw_val none = writes ? lw_bool_const(false) : lw_nil();
		lw_enter(w, absent);
		lw_join_add(w, &j, &none);
	}
	*out = lw_join_end(w, &j);
}
