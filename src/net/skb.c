/*
 * skb.c - the frame as hooks with an __sk_buff receive it. A VLAN tag that the card (or, on the way in,
 * the kernel) took off lies in the metadata, and appears where it was: pkt.vlan, eth.type.
 *
 * Such a tag is a view placed at FRONT, before the bytes that followed it in the frame, over the last
 * bytes of the source address: its `type` and an inner tag are then where they are for any other, and
 * only what the tag itself says must be read elsewhere. A tag in the frame is never there.
 */
#include "net/lower.h"

#include <linux/bpf.h>

/* Helpers of the kernel that nothing else calls: those of tags beside a packet. */
enum { ABI_VLAN_PUSH = BPF_FUNC_skb_vlan_push, ABI_VLAN_POP = BPF_FUNC_skb_vlan_pop };

/* A test run of the kernel shows a packet as received on the loopback device. */
enum { LOOPBACK = 1 };
enum { FRONT = 10 };

#define NO_TAG "the tag may have been taken off the packet; its fields can be assigned: vlan.id, vlan.pcp, vlan.dei"
#define NO_TYPE "the network stack goes by the type that it noted when the packet came in, not by these bytes; bpf.xdp " \
	"assigns it before that, and pkt:set_u16(12, type) writes the bytes all the same"
#define AT(member) offsetof(struct __sk_buff, member)

REFUSAL_ROWS(fixed) = { REFUSED(ON_PACKETS, NO_TYPE, IR_FIELD_FIXED) };

#define CTX_ROW(name, member, twin_)                                                        \
	NET_ROW(name, IR_BIT(IR_INT), .how = NET_CTX, .bit = AT(member), .twin = twin_)
#define META_ROW(name_, member, meta_)                                                       \
	{ .name = name_, .kinds = IR_BIT(IR_INT), .get = net_get, .set = net_set,           \
	  .takes = IR_BIT(IR_INT), .bits = 32, .beside = true,                              \
	  .arg = &(const struct net_field){ .how = NET_CTX, .bit = AT(member), .width = 32, .meta = meta_ } }
/* A row that is read by get, and by the twin as the frame has it: it knows no metadata. */
#define OWN_ROW(name_, kinds_, get_, fixed_, ...)                                           \
	{ .name = name_, .kinds = kinds_, .get = get_, .walks = true, .fixed = fixed_,      \
	  .arg = &(const struct net_field){ __VA_ARGS__ } }
#define TAG_ROW(name_, kinds_, bit_, width_, how_)                                          \
	{ .name = name_, .kinds = kinds_, .get = get_tag, .set = set_tag, .takes = kinds_, .bits = width_, \
	  .arg = &(const struct net_field){ .how = how_, .bit = bit_, .width = width_ } }

/* ---- reading ---- */

/* Goes on where a tag was taken off; *in_frame is the block for where none was. */
static void enter_taken(struct lw *w, ir_blk *in_frame)
{
	ir_blk taken = lw_block(w, 0);

	*in_frame = lw_block(w, 0);
	lw_bri(w, IR_NE, lw_load(w, 4, lw_ctx(w), AT(vlan_present)), 0, taken, *in_frame);
	lw_enter(w, taken);
}

static void get_type(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out)
{
	struct lw_join j = lw_join_new(w, f->kinds, 0);
	struct lw_val v;
	ir_blk in_frame;

	enter_taken(w, &in_frame);
	v = lw_int(lw_op1(w, IRO(be16), lw_load(w, 4, lw_ctx(w), AT(vlan_proto))));
	lw_join_add(w, &j, &v);
	lw_enter(w, in_frame);
	net_get(w, f, obj, &v);
	lw_join_add(w, &j, &v);
	*out = lw_join_end(w, &j);
}

static void get_vlan(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out)
{
	struct lw_join j = lw_join_new(w, f->kinds, 0);
	ir_blk in_frame, absent = lw_block(w, 0);
	struct lw_val v, none = lw_nil();

	enter_taken(w, &in_frame);
	v = net_vlan_at(w, FRONT, absent);
	lw_join_add(w, &j, &v);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	lw_enter(w, in_frame);
	net_get(w, f, obj, &v);
	lw_join_add(w, &j, &v);
	*out = lw_join_end(w, &j);
}

/* Bits of the tag itself. */
static struct lw_val read_tci(struct lw *w, const struct net_field *f)
{
	ir_ref tci = lw_load(w, 4, lw_ctx(w), AT(vlan_tci));

	if (f->how == NET_FLAG)
		return lw_bool(w, IR_SET, tci, lw_imm(w, 0x8000 >> f->bit));
	tci = lw_op2i(w, IRO(shr64), tci, 16 - f->bit - f->width);
	return lw_int(lw_op2i(w, IRO(and64), tci, (1 << f->width) - 1));
}

static void get_tag(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out)
{
	struct lw_join j = lw_join_new(w, f->kinds, 0);
	ir_blk taken = lw_block(w, 0), in_frame = lw_block(w, 0);
	struct lw_val v;

	lw_bri(w, IR_EQ, lw_word(w, obj, NET_W_OFF), FRONT, taken, in_frame);
	lw_enter(w, taken);
	v = read_tci(w, f->arg);
	lw_join_add(w, &j, &v);
	lw_enter(w, in_frame);
	net_get(w, f, obj, &v);
	lw_join_add(w, &j, &v);
	*out = lw_join_end(w, &j);
}

/* ---- writing ---- */

/* The tag is taken off and put on anew: what lies beside a packet cannot be written otherwise. A tag behind it, which
 * the first of the two calls took out of the frame, is put there again by the second. */
static void set_taken(struct lw *w, const struct ir_field *f, const struct lw_val *v)
{
	const struct net_field *own = f->arg;
	unsigned shift = 16u - own->bit - own->width;
	int64_t mask = (int64_t)((1 << own->width) - 1) << shift;
	ir_ref bits, ctx = lw_ctx(w);

	if (!net_bits_of(w, f->name, own, v, &bits))
		return; /* it raised */
	ir_ref proto = lw_load(w, 4, ctx, AT(vlan_proto)), tci = lw_load(w, 4, ctx, AT(vlan_tci));
	tci = lw_op2(w, IRO(or64), lw_op2i(w, IRO(and64), tci, 0xffff & ~mask), lw_op2i(w, IRO(shl64), bits, shift));
	ir_ref off = lw_helper(w, ABI_VLAN_POP, 1, &ctx);
	lw_raise_if(w, IR_NE, off, lw_imm(w, 0), "the tag cannot be written");
	ir_ref on = lw_helper(w, ABI_VLAN_PUSH, 3, (ir_ref[]){ ctx, proto, tci });
	lw_raise_if(w, IR_NE, on, lw_imm(w, 0), "the tag cannot be written");
}

static void set_tag(struct lw *w, const struct ir_field *f, const struct lw_val *obj, const struct lw_val *v)
{
	ir_blk taken = lw_block(w, 0), in_frame = lw_block(w, 0), done = lw_block(w, 0);

	lw_bri(w, IR_EQ, lw_word(w, obj, NET_W_OFF), FRONT, taken, in_frame);
	lw_enter(w, taken);
	set_taken(w, f, v);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, in_frame);
	net_set(w, f, obj, v);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, done);
}

/* ---- rows ---- */

static const struct ir_field pkt_fields[] = {
	NET_ROW_SIZE("len"),
	CTX_ROW("ifindex", ifindex, LOOPBACK),
	META_ROW("mark", mark, NET_MARK),
	META_ROW("priority", priority, NET_PRIORITY),
	CTX_ROW("queue", queue_mapping, 0),
	CTX_ROW("hash", hash, 0),
	NET_ROW_ELSEWHERE("rxq", "here it is pkt.queue, which is one more than the number of the queue, or 0"),
	NET_ROW_HEADER("eth", NET_ETH),
	OWN_ROW("vlan", NET_MAYBE(NET_VLAN), get_vlan, NET_FIXED_VIEW, .how = NET_HEADER, .view = NET_VLAN),
	NET_ROWS_FRAME,
	NET_ROW_REST(),
	{ 0 }
};

static const struct ir_field eth_fields[] = {
	NET_ROW_MAC("dst",  0),
	NET_ROW_MAC("src",  48),
	OWN_ROW("type", IR_BIT(IR_INT), get_type, NO_TYPE, .how = NET_BITS, .bit = 96, .width = 16),
	NET_ROW_REST(),
	{ 0 }
};

static const struct ir_field vlan_fields[] = {
	TAG_ROW("pcp", IR_BIT(IR_INT), 0, 3, NET_BITS),
	TAG_ROW("dei", IR_BOOL,        3, 1, NET_FLAG),
	TAG_ROW("id",  IR_BIT(IR_INT), 4, 12, NET_BITS),
	NET_ROW_LEADS("type", 16, 16),
	NET_ROW_HEADER("vlan", NET_VLAN),
	NET_ROW_REST(),
	{ 0 }
};

static bool refuse(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		   const struct ir_type *a, struct ir_type *out)
{
	(void)n, (void)a, (void)out;
	infer_refuse(in, site, ON_PACKETS, "read its fields: vlan.id, vlan.pcp, vlan.dei, vlan.type",
		     "the bytes of a VLAN tag cannot be read here ('%s'): the tag may have been taken off the packet",
		     row->name);
	return false;
}

#define NO_ROW(name_)                                                                       \
	{ .name = name_, .max = -1, .type = refuse, .imm = NET_ROW_LATER }

static const struct ir_lib vlan_rows[] = {
	NO_ROW("u8"), NO_ROW("u16"), NO_ROW("u32"), NO_ROW("u64"), NO_ROW("le16"), NO_ROW("le32"),
	NO_ROW("le64"), NO_ROW("byte"), NO_ROW("sub"), NO_ROW("find"), NO_ROW("match"),
	NO_ROW("gmatch"), NO_ROW("unpack"), NO_ROW("set_u8"), NO_ROW("set_u16"), NO_ROW("set_u32"),
	NO_ROW("set_u64"),
	{ 0 }
};

static const struct ir_view pkt_view = NET_VIEW("pkt", 0, pkt_fields, NULL, NET_IN_ETH);
static const struct ir_view eth_view = NET_VIEW("eth", 3, eth_fields, &net_eth, 0);
static const struct ir_view vlan_view = {
	.name = "vlan", .words = 3, .is_str_like = true, .fields = vlan_fields, .methods = vlan_rows,
	.len = net_len, .own = &net_vlan,
};

const struct ir_view *const net_skb_views[NET_NVIEWS + 1] = {
	[NET_PKT]     = &pkt_view,
	[NET_ETH]     = &eth_view,
	[NET_VLAN]    = &vlan_view,
	NET_SHARED_VIEWS,
};

/* In the IP header itself, and covered by nothing behind it. */
static bool is_direct(const struct net_proto *p, const struct net_field *f)
{
	return !f->raw && !net_sum_behind(p, f);
}

bool net_skb_direct(unsigned kind, const struct ir_field *f)
{
	const struct net_field *own = f->arg;

	switch (kind - IR_VIEW0) {
	case NET_PKT:  return f->beside;
	case NET_IP:   return own->how == NET_EITHER && is_direct(&net_ipv4, own->v4) && is_direct(&net_ipv6, own->v6);
	case NET_IPV4: return is_direct(&net_ipv4, own);
	case NET_IPV6: return is_direct(&net_ipv6, own);
	default:       return kind == IR_VIEW0 + NET_ETH;
	}
}
