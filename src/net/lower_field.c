/* lower_field.c - reading a field of a view. */
#include "net/lower.h"

/* ---- bits and addresses at a pointer ---- */

static ir_ref load_be(struct lw *w, const struct net_at *h, unsigned size, unsigned at)
{
	ir_ref v = lw_pktload(w, size, h->ptr, h->off, at);

	return size == 1 ? v : lw_op1(w, size == 2 ? IRO(be16) : size == 4 ? IRO(be32) : IRO(be64), v);
}

/* The field, out of `size` bytes that end `shift` bits behind it. */
static struct lw_val cut_bits(struct lw *w, const struct net_field *f, ir_ref v, unsigned size, unsigned shift)
{
	if (shift)
		v = lw_op2i(w, IRO(shr64), v, shift);
	if (shift + f->width < size * 8)
		v = lw_op2i(w, IRO(and64), v, ((int64_t)1 << f->width) - 1);
	return lw_int(v);
}

static struct lw_val load_bits(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	struct net_span s = net_cover(f);

	return cut_bits(w, f, load_be(w, h, s.size, s.at), s.size, s.shift);
}

static struct lw_val load_parts(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	unsigned first = f->bit / 8, n = (f->bit + f->width + 7u) / 8 - first;
	ir_ref v = 0;

	for (unsigned i = 0, step; i < n; i += step) {
		step = n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
		ir_ref next = load_be(w, h, step, first + i);
		v = v ? lw_op2(w, IRO(or64), lw_op2i(w, IRO(shl64), v, 8 * step), next) : next;
	}
	return cut_bits(w, f, v, n, (first + n) * 8 - f->bit - f->width);
}

static struct lw_val load_number_little(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	return lw_int(net_load_little(w, h, f->width / 8, f->bit / 8));
}

static struct lw_val load_bytes(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	return lw_slice(lw_op2i(w, IRO(add64), h->off, f->bit / 8), lw_imm(w, f->width / 8), f->width / 8);
}

/* Its length is the place of the first byte that is 0: from the last one backwards, without a branch. */
static struct lw_val load_chars(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	unsigned at = f->bit / 8, n = f->width / 8;
	ir_ref len = lw_imm(w, n);

	for (unsigned i = n; i--;) {
		ir_ref zero = net_is(w, lw_pktload(w, 1, h->ptr, h->off, at + i), 0);
		ir_ref change = lw_op2(w, IRO(sub64), lw_imm(w, i), len);
		ir_ref all = lw_op2(w, IRO(sub64), lw_imm(w, 0), zero);
		len = lw_op2(w, IRO(add64), len, lw_op2(w, IRO(and64), change, all));
	}
	return lw_slice(lw_op2i(w, IRO(add64), h->off, at), len, n);
}

static struct lw_val load_flag(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	ir_ref v = lw_pktload(w, 1, h->ptr, h->off, f->bit / 8);

	return lw_bool(w, IR_SET, v, lw_imm(w, 0x80 >> f->bit % 8));
}

static struct lw_val load_ip4(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	ir_ref v = lw_pktload(w, 4, h->ptr, h->off, f->bit / 8);

	return lw_words(IR_IP4, 1, &v);
}

static struct lw_val load_ip6(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	ir_ref v[] = { lw_pktload(w, 8, h->ptr, h->off, f->bit / 8),
		       lw_pktload(w, 8, h->ptr, h->off, f->bit / 8 + 8) };

	return lw_words(IR_IP6, 2, v);
}

/* n bytes, the first one lowest. */
ir_ref net_load_little(struct lw *w, const struct net_at *h, unsigned n, int64_t at)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	ir_ref v = 0;

	for (unsigned i = 0, step; i < n; i += step) {
		unsigned left = n - i;
		step = !little ? 1 : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
		ir_ref part = lw_pktload(w, step, h->ptr, h->off, at + i);
		v = v ? lw_op2(w, IRO(or64), v, lw_op2i(w, IRO(shl64), part, 8 * i)) : part;
	}
	return v;
}

static struct lw_val load_mac(struct lw *w, const struct net_field *f, const struct net_at *h)
{
	ir_ref v = net_load_little(w, h, 6, f->bit / 8);

	return lw_words(IR_MAC, 1, &v);
}

static struct lw_val (*const loads[])(struct lw *, const struct net_field *, const struct net_at *) = {
	[NET_BITS] = load_bits,
	[NET_PARTS] = load_parts,
	[NET_LITTLE] = load_number_little,
	[NET_FLAG] = load_flag,
	[NET_IP4]  = load_ip4,
	[NET_IP6]  = load_ip6,
	[NET_MAC]  = load_mac,
	[NET_BYTES] = load_bytes,
	[NET_CHARS] = load_chars,
};

/* ---- fields of views ---- */

typedef struct lw_val read_fn(struct lw *w, const struct net_field *f, const struct lw_val *obj,
			      uint64_t kinds);

static struct lw_val read_here(struct lw *w, const struct net_field *f, const struct lw_val *obj,
			       uint64_t kinds)
{
	(void)kinds;
	struct net_at h = net_at_of(w, obj);
	return loads[f->how](w, f, &h);
}

static struct lw_val read_header(struct lw *w, const struct net_field *f, const struct lw_val *obj,
				 uint64_t kinds)
{
	ir_blk absent = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, kinds, 0);
	struct lw_val v = net_find(w, net_view_of(obj), obj, f->view, absent), none = lw_nil();

	lw_join_add(w, &j, &v);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	return lw_join_end(w, &j);
}

static struct lw_val read_rest(struct lw *w, const struct net_field *f, const struct lw_val *obj,
			       uint64_t kinds)
{
	(void)f, (void)kinds;
	return net_payload(w, net_view_of(obj), obj);
}

static struct lw_val read_length(struct lw *w, const struct net_field *f, const struct lw_val *obj,
				 uint64_t kinds)
{
	(void)f, (void)obj, (void)kinds;
	return lw_int(lw_pktlen(w));
}

static struct lw_val read_ctx(struct lw *w, const struct net_field *f, const struct lw_val *obj,
			      uint64_t kinds)
{
	(void)obj, (void)kinds;
	return lw_int(lw_load(w, 4, lw_ctx(w), f->bit));
}

static struct lw_val read_last(struct lw *w, const struct net_field *f, const struct lw_val *obj,
			       uint64_t kinds)
{
	(void)f, (void)kinds;
	struct net_at h = net_at_of(w, obj);
	ir_ref number, pos;
	net_last(w, &h, &number, &pos);
	return lw_int(lw_op2i(w, IRO(and64), number, 0xff));
}

static read_fn read_either;

static read_fn *const reads[] = {
	[NET_BITS]   = read_here,
	[NET_FLAG]   = read_here,
	[NET_IP4]    = read_here,
	[NET_IP6]    = read_here,
	[NET_MAC]    = read_here,
	[NET_PARTS]  = read_here,
	[NET_LITTLE] = read_here,
	[NET_BYTES]  = read_here,
	[NET_CHARS]  = read_here,
	[NET_HEADER] = read_header,
	[NET_REST]   = read_rest,
	[NET_LENGTH] = read_length,
	[NET_CTX]    = read_ctx,
	[NET_LAST]   = read_last,
	[NET_EITHER] = read_either,
};

static struct lw_val read_either(struct lw *w, const struct net_field *f, const struct lw_val *obj,
				 uint64_t kinds)
{
	ir_blk blocks[2] = { lw_block(w, 0), lw_block(w, 0) };
	const struct net_field *own[2] = { f->v4, f->v6 };
	struct lw_join j = lw_join_new(w, kinds, 0);

	net_br_version(w, obj, blocks[0], blocks[1]);
	for (unsigned i = 0; i < 2; i++) {
		lw_enter(w, blocks[i]);
		struct lw_val v = reads[own[i]->how](w, own[i], obj, kinds);
		lw_join_add(w, &j, &v);
	}
	return lw_join_end(w, &j);
}

void net_get(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out)
{
	const struct net_field *own = f->arg;

	*out = reads[own->how](w, own, obj, f->kinds);
}
