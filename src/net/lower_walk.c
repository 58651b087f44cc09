/*
 * lower_walk.c - from the frame, or from a header, to another one.
 *
 * Written for a verifier that follows every path: what differs between paths is kept to where the
 * next header starts, and the cold ways (tags, extension headers) end in states that look alike.
 */
#include "net/lower.h"

#include "core/feature.h"
#include "core/mutant.h"

/* A way on: a number of the header's `next` field leads to a block whose parameter is an offset. */
struct way { enum net_view view; ir_blk to; };

/* Where a walk ends that finds no way: a block without parameters, or one of (start, end). */
struct dead_end { ir_blk absent, rest; };

static void give_up(struct lw *w, const struct dead_end *d, ir_ref off)
{
	if (d->rest)
		lw_jmp(w, d->rest, 2, (ir_ref[]){ off, lw_imm(w, NET_OPEN) });
	else
		lw_jmp(w, d->absent, 0, NULL);
}

/* ---- the link layer ---- */

static void match(struct lw *w, ir_ref type, const struct way *ways, unsigned n, ir_ref off)
{
	for (unsigned i = 0; i < n; i++) {
		const struct net_over *o = net_proto_in(w, ways[i].view)->over;
		for (; o->space == NET_ETHERTYPE; o++) {
			ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
			lw_bri(w, IR_EQ, type, net_wire16(o->value), yes, no);
			lw_enter(w, yes);
			lw_jmp(w, ways[i].to, 1, &off);
			lw_enter(w, no);
		}
	}
}

static ir_blk cold_block(struct lw *w)
{
	ir_blk b = lw_block(w, 0);

	ir_block(w->fn, b)->cold = true;
	return b;
}

static ir_blk warm_block(struct lw *w) { return lw_block(w, 0); }

static void br_tag(struct lw *w, ir_ref type, ir_blk tag, ir_blk none, ir_blk (*new_block)(struct lw *))
{
	const struct net_over *o = net_vlan.over;

	for (; o->space; o++) {
		ir_blk no = o[1].space ? new_block(w) : none;
		lw_bri(w, IR_EQ, type, net_wire16(o->value), tag, no);
		if (o[1].space)
			lw_enter(w, no);
	}
}

/* 1 when type is a tag's, without a branch. Two numbers that differ in one bit take one comparison. Added, not
 * or-ed: of sums every verifier knows the bounds. */
static ir_ref is_tag(struct lw *w, ir_ref type)
{
	const struct net_over *o = net_vlan.over;
	ir_ref any = 0;

	for (; o->space; o++) {
		unsigned differs = o[1].space ? o->value ^ o[1].value : 0;
		bool both = differs && !(differs & (differs - 1));
		int64_t bit = both ? net_wire16((uint16_t)differs) : 0;
		ir_ref masked = both ? lw_op2i(w, IRO(or64), type, bit) : type;
		ir_ref one = net_is(w, masked, net_wire16(o->value) | bit);
		any = any ? lw_op2(w, IRO(add64), any, one) : one;
		o += both;
	}
	return any;
}

enum { ETH = 14, TAG = 4, ONE = ETH + TAG }; /* bytes of the headers; one tag and what is before it */

/* Behind one tag at least: the type of what follows, and where. Another tag is skipped by arithmetic, so
 * that both ways look alike. A tag that is cut off: to at_eth, the inner one: to at_tag. */
static void pass_tags(struct lw *w, ir_blk at_eth, ir_blk at_tag, ir_ref *type, ir_ref *off)
{
	ir_ref zero = lw_imm(w, 0);
	ir_ref p = lw_pkt(w, zero, ONE, at_eth);
	ir_ref inner = is_tag(w, lw_pktload(w, 2, p, zero, ONE - 2));
	ir_ref skip = lw_op2i(w, IRO(shl64), inner, __builtin_ctz(TAG));
	ir_ref at = lw_op2i(w, IRO(add64), skip, ONE - 2);

	*off = lw_op2i(w, IRO(add64), skip, ONE);
	p = lw_pkt(w, at, 2, at_tag);
	*type = lw_pktload(w, 2, p, at, 0);
}

/* ---- several look-ups: the way past the tags is gone once ---- */

struct link { ir_ref type, off; };

/* Does the instruction look for a header behind the link layer? */
static bool walks(const struct lw *w, const struct ir_ins *i)
{
	if (!i || i->op != IRO(index) || ir_at(w->from, i->args[0])->type.kinds != NET_KIND(NET_PKT))
		return false;
	const pg_value *k = ir_at(w->from, i->args[1])->type.k;
	const struct ir_field *f = k && k->kind == PG_STR ? w->unit->target->views[NET_PKT]->fields : NULL;
	for (; f && f->name; f++)
		if (!strcmp(f->name, k->str)) {
			const struct net_field *own = f->arg;
			return own && own->how == NET_HEADER && own->view != NET_ETH && own->view != NET_VLAN;
		}
	return false;
}

/* Is there another walk that this one dominates? */
static bool is_shared(struct lw *w)
{
	struct ir_fn *f = w->from;

	ir_need_tree(f);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		if (!ir_dominates(f, w->at->block, f->rpo[o]))
			continue;
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r) != w->at && walks(w, ir_at(f, r)))
				return true;
	}
	return false;
}

/* What the frame carries and where, behind tags: (type, offset); type 0: nothing. */
static void find_link(struct lw *w, struct link *l)
{
	ir_blk done = lw_block(w, 2), at_eth = lw_block(w, 0);
	ir_blk none = cold_block(w), tagged = cold_block(w);
	ir_ref zero = lw_imm(w, 0), inner, off;
	ir_ref p = lw_pkt(w, zero, ETH, none);
	ir_ref type = lw_pktload(w, 2, p, zero, net_eth.next.at);

	br_tag(w, type, tagged, at_eth, warm_block);
	lw_enter(w, tagged);
	pass_tags(w, none, none, &inner, &off);
	lw_jmp(w, done, 2, (ir_ref[]){ inner, off });
	lw_enter(w, at_eth);
	lw_jmp(w, done, 2, (ir_ref[]){ type, lw_imm(w, ETH) });
	lw_enter(w, none);
	lw_jmp(w, done, 2, (ir_ref[]){ zero, zero });
	lw_enter(w, done);
	*l = (struct link){ lw_param(w, done, 0), lw_param(w, done, 1) };
}

/* The way past the tags that an earlier look-up went, or goes it for this one and those after it. */
static bool shared_link(struct lw *w, struct link *l)
{
	static const char key;
	ir_ref words[2];

	if (w->unit->writes_packet || !walks(w, w->at))
		return false; /* a write may change the way */
	if (lw_recall(w, &key, words)) {
		*l = (struct link){ words[0], words[1] };
		return true;
	}
	if (!is_shared(w))
		return false;
	find_link(w, l);
	lw_remember(w, &key, l->type, l->off);
	return true;
}

/* From the frame to one of the ways. Ends the block. */
static void walk_frame(struct lw *w, const struct way *ways, unsigned n, const struct dead_end *d)
{
	struct link l;

	if (shared_link(w, &l)) {
		match(w, l.type, ways, n, l.off);
		give_up(w, d, l.off);
		return;
	}
	ir_blk no_eth = lw_block(w, 0), at_eth = lw_block(w, 0);
	ir_blk tagged = cold_block(w), at_tag = cold_block(w);
	ir_ref zero = lw_imm(w, 0), off;
	ir_ref p = lw_pkt(w, zero, ETH, no_eth);
	ir_ref type = lw_pktload(w, 2, p, zero, net_eth.next.at);

	match(w, type, ways, n, lw_imm(w, ETH));
	br_tag(w, type, tagged, at_eth, cold_block);
	lw_enter(w, tagged);
	pass_tags(w, at_eth, at_tag, &type, &off);
	match(w, type, ways, n, off);
	give_up(w, d, off);
	lw_enter(w, at_tag);
	give_up(w, d, lw_imm(w, ONE));
	lw_enter(w, at_eth);
	give_up(w, d, lw_imm(w, ETH));
	lw_enter(w, no_eth);
	give_up(w, d, zero);
}

/* ---- IPv6 extension headers ---- */

static uint64_t mask_of(const struct net_exts *x, unsigned from)
{
	uint64_t m = 0;

	for (unsigned i = 0; i < x->n; i++)
		if (x->value[i] / 64 == from / 64)
			m |= (uint64_t)1 << x->value[i] % 64;
	return m;
}

static void br_bit(struct lw *w, ir_ref number, uint64_t set, ir_blk yes, ir_blk no)
{
	ir_ref n = lw_op2i(w, IRO(and64), number, 63);
	ir_ref b = lw_op2(w, IRO(and64), lw_op2(w, IRO(shr64), lw_imm(w, (int64_t)set), n),
			  lw_imm(w, 1));
	lw_bri(w, IR_NE, b, 0, yes, no);
}

/* Compares a part of number, not number itself: of that the verifier would learn something on each
 * way, and then follow each to its end. */
static void br_ext(struct lw *w, const struct net_exts *x, ir_ref number, ir_blk yes, ir_blk no)
{
	ir_blk low = lw_block(w, 0), high = lw_block(w, 0), upper = lw_block(w, 0);
	ir_ref quarter = lw_op2i(w, IRO(shr64), number, 6);

	lw_bri(w, IR_EQ, quarter, 0, low, high);
	lw_enter(w, low);
	br_bit(w, number, mask_of(x, 0), yes, no);
	lw_enter(w, high);
	lw_bri(w, IR_EQ, quarter, 2, upper, no);
	lw_enter(w, upper);
	br_bit(w, number, mask_of(x, 128), yes, no);
}

/* -1 when number is k, else 0. */
static ir_ref mask_if(struct lw *w, ir_ref number, uint8_t k)
{
	ir_ref differs = lw_op2i(w, IRO(xor64), number, k);
	return lw_op2i(w, IRO(sar64), lw_op2i(w, IRO(sub64), differs, 1), 63);
}

/* Length of an extension header whose second byte is b, without a branch. is_frag: -1 or 0. */
static ir_ref ext_len(struct lw *w, ir_ref is_frag, ir_ref is_auth, ir_ref b)
{
	ir_ref units = lw_op2(w, IRO(and64), b, lw_op2i(w, IRO(xor64), is_frag, -1));
	units = lw_op2(w, IRO(add64), lw_op2i(w, IRO(add64), units, 1), MUTANT(auth_length) ? lw_imm(w, 0) : is_auth);
	return lw_op2(w, IRO(shl64), units, lw_op2(w, IRO(sub64), lw_imm(w, 3), is_auth));
}

/* A loop around has used up all the fuel of the run: this raises as that loop does, which pcall catches no more. A header that is
 * there would not be found else. */
static void raise_exhausted(struct lw *w, ir_blk b)
{
	lw_enter(w, b);
	ir_block(w->fn, b)->cold = true;
	ir_ref number = lw_imm(w, ir_error(w->unit, w->unit->sites[w->site].pos, "loop budget exhausted"));
	lw_jmp(w, w->error_exit, 1, &number);
}

/* A jump back to `head`. With may_goto, the verifier need not follow every turn. */
static void turn(struct lw *w, bool fuel, ir_blk head, const ir_ref args[3])
{
	if (!fuel) {
		lw_jmp(w, head, 3, args);
		return;
	}
	ir_ref t = ir_ins_new(w->fn, IRO(fuel), 0, NULL);
	ir_at(w->fn, t)->site = w->site;
	ir_append(w->fn, w->cur, t);
	ir_succ(w->fn, t, 0, head, 3, args);
	ir_blk expired = lw_block(w, 0);
	ir_succ(w->fn, t, 1, expired, 0, NULL);
	raise_exhausted(w, expired);
}

/*
 * The loop over extension headers, entered with the first one's number, at pos; ends in `done`, a
 * block of (number, pos). A header is stepped over when its first 8 bytes are there. The position
 * is hidden from the verifier and masked, so that all turns look alike and all ends are one.
 */
static void walk_exts(struct lw *w, const struct net_exts *x, const struct net_at *h, ir_ref number,
		      ir_ref pos, ir_blk done)
{
	enum { FURTHEST = 0x7fff, LEAST = 8, OFFSET = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0xf8ff : 0xfff8 };
	ir_blk head = lw_block(w, 3), body = lw_block(w, 0), step = lw_block(w, 0);
	ir_blk out = lw_block(w, 0), inside = lw_block(w, 0), later = lw_block(w, 0);
	ir_blk again = lw_block(w, 0);

	bool fuel = w->unit->features && w->unit->features[FEAT_may_goto];
	ir_ref most = lw_imm(w, x->max);

	ir_block(w->fn, head)->walked = true;
	pos = lw_op2i(w, IRO(and64), lw_op1(w, IRO(opaque), pos), FURTHEST);
	lw_jmp(w, head, 3, (ir_ref[]){ number, pos, fuel ? lw_op1(w, IRO(opaque), most) : most });
	lw_enter(w, head);
	number = lw_param(w, head, 0);
	pos = lw_param(w, head, 1);
	ir_ref left = lw_param(w, head, 2);
	br_ext(w, x, number, body, out);

	lw_enter(w, body);
	lw_bri(w, IR_EQ, left, 0, out, step);
	lw_enter(w, step);
	lw_br(w, IR_UGT, lw_op2i(w, IRO(add64), pos, LEAST), h->end, out, inside);
	lw_enter(w, inside);
	ir_ref p = lw_pkt(w, pos, LEAST, out);
	ir_ref next = lw_pktload(w, 1, p, pos, 0);
	ir_ref frag = lw_op2i(w, IRO(and64), lw_pktload(w, 2, p, pos, 2), OFFSET);
	ir_ref is_frag = mask_if(w, number, x->frag);
	lw_bri(w, IR_NE, lw_op2(w, IRO(and64), frag, is_frag), 0, later, again);

	lw_enter(w, again);
	ir_ref b = lw_pktload(w, 1, p, pos, 1);
	ir_ref behind = lw_op2(w, IRO(add64), pos, ext_len(w, is_frag, net_is(w, number, x->auth), b));
	behind = lw_op2i(w, IRO(and64), behind, FURTHEST);
	ir_ref args[] = { next, behind, lw_op2i(w, IRO(sub64), left, 1) };
	turn(w, fuel, head, args);

	lw_enter(w, later);
	lw_jmp(w, done, 2, (ir_ref[]){ lw_op2i(w, IRO(or64), next, NET_NOT_FIRST),
				       lw_op2i(w, IRO(add64), pos, LEAST) });
	lw_enter(w, out);
	lw_jmp(w, done, 2, (ir_ref[]){ number, pos });
}

void net_last(struct lw *w, const struct net_at *h, ir_ref *number, ir_ref *pos)
{
	ir_blk done = lw_block(w, 2), ext = lw_block(w, 0), plain = lw_block(w, 0);
	ir_ref next = lw_pktload(w, 1, h->ptr, h->off, net_ipv6.next.at);
	ir_ref behind = lw_op2i(w, IRO(add64), h->off, net_ipv6.fixed);

	br_ext(w, net_ipv6.exts, next, ext, plain);
	lw_enter(w, ext);
	walk_exts(w, net_ipv6.exts, h, next, behind, done);
	lw_enter(w, plain);
	lw_jmp(w, done, 2, (ir_ref[]){ next, behind });
	lw_enter(w, done);
	*number = lw_param(w, done, 0);
	*pos = lw_param(w, done, 1);
}

/* ---- from IP to what it carries: `to` is a block of (start, end) ---- */

static void from_ipv4(struct lw *w, const struct net_at *h, enum net_view view, ir_blk to,
		      ir_blk absent)
{
	int number = net_number(net_proto_in(w, view), NET_PROTO4);

	if (number < 0) {
		lw_jmp(w, absent, 0, NULL);
		return;
	}
	ir_blk match_ = lw_block(w, 0), first = lw_block(w, 0);
	lw_bri(w, IR_EQ, lw_pktload(w, 1, h->ptr, h->off, net_ipv4.next.at), number, match_, absent);
	lw_enter(w, match_);
	lw_bri(w, IR_SET, lw_pktload(w, 2, h->ptr, h->off, net_ipv4.frag.at),
	       net_wire16(net_ipv4.frag.mask), absent, first);
	lw_enter(w, first);
	ir_ref start = lw_op2(w, IRO(add64), h->off, net_header_len(w, NET_IPV4, h));
	lw_jmp(w, to, 2, (ir_ref[]){ start, h->end });
}

static void from_ipv6(struct lw *w, const struct net_at *h, enum net_view view, ir_blk to,
		      ir_blk absent)
{
	int number = net_number(net_proto_in(w, view), NET_PROTO6);

	if (number < 0) {
		lw_jmp(w, absent, 0, NULL);
		return;
	}
	ir_blk direct = lw_block(w, 0), other = lw_block(w, 0), ext = lw_block(w, 0);
	ir_blk done = lw_block(w, 2), found = lw_block(w, 0);
	ir_ref next = lw_pktload(w, 1, h->ptr, h->off, net_ipv6.next.at);
	ir_ref behind = lw_op2i(w, IRO(add64), h->off, net_ipv6.fixed);
	lw_bri(w, IR_EQ, next, number, direct, other);
	lw_enter(w, direct);
	lw_jmp(w, to, 2, (ir_ref[]){ behind, h->end });
	lw_enter(w, other);
	struct net_exts before = net_exts_before(net_ipv6.exts, net_proto_in(w, view));
	br_ext(w, &before, next, ext, absent);
	lw_enter(w, ext);
	walk_exts(w, &before, h, next, behind, done);
	lw_enter(w, done);
	lw_bri(w, IR_EQ, lw_param(w, done, 0), number, found, absent);
	lw_enter(w, found);
	lw_jmp(w, to, 2, (ir_ref[]){ lw_param(w, done, 1), h->end });
}

/* ---- finding headers ---- */

static struct lw_val header_val(enum net_view view, const struct net_at *h, ir_ref end)
{
	ir_ref words[] = { h->ptr, h->off, end };

	return lw_words(IR_VIEW0 + view, 3, words);
}

static struct lw_val enter_val(struct lw *w, enum net_view view, ir_ref off, ir_ref end, ir_blk absent)
{
	struct net_at h = net_enter(w, view, off, end, absent, false);

	return header_val(view, &h, h.end ? h.end : lw_imm(w, NET_OPEN));
}

/* vlan from the frame (no obj) or from an outer tag */
static struct lw_val find_vlan(struct lw *w, const struct net_at *outer, ir_blk absent)
{
	ir_blk tag = lw_block(w, 0);
	ir_ref type, off;

	if (outer) {
		ir_blk near = lw_block(w, 0);
		type = lw_pktload(w, 2, outer->ptr, outer->off, net_vlan.next.at);
		off = lw_op2i(w, IRO(add64), outer->off, net_vlan.fixed);
		lw_bri(w, IR_UGT, off, NET_MAX_VLAN, absent, near);
		lw_enter(w, near);
	} else {
		ir_ref zero = lw_imm(w, 0);
		ir_ref p = lw_pkt(w, zero, net_eth.fixed, absent);
		type = lw_pktload(w, 2, p, zero, net_eth.next.at);
		off = lw_imm(w, net_eth.fixed);
	}
	br_tag(w, type, tag, absent, warm_block);
	lw_enter(w, tag);
	return enter_val(w, NET_VLAN, off, 0, absent);
}

struct lw_val net_vlan_at(struct lw *w, int64_t off, ir_blk absent)
{
	return enter_val(w, NET_VLAN, lw_imm(w, off), 0, absent);
}

/* arp, ipv4, ipv6 of the frame */
static struct lw_val find_network(struct lw *w, enum net_view view, ir_blk absent)
{
	ir_blk to = lw_block(w, 1);

	walk_frame(w, &(struct way){ view, to }, 1, &(struct dead_end){ .absent = absent });
	lw_enter(w, to);
	return enter_val(w, view, lw_param(w, to, 0), 0, absent);
}

static const struct { enum net_view view; unsigned version; } ips[] = {
	{ NET_IPV4, 4 }, { NET_IPV6, 6 },
};
enum { NIPS = sizeof ips / sizeof *ips };

/* To both IP versions of the frame: heads[i] is a block of (offset). Ends the block. */
static void walk_to_ip(struct lw *w, ir_blk heads[NIPS], ir_blk absent)
{
	struct way ways[NIPS];

	for (unsigned i = 0; i < NIPS; i++)
		ways[i] = (struct way){ ips[i].view, heads[i] = lw_block(w, 1) };
	walk_frame(w, ways, NIPS, &(struct dead_end){ .absent = absent });
}

static struct lw_val find_ip(struct lw *w, ir_blk absent)
{
	ir_blk heads[NIPS], meet = lw_block(w, 4);
	ir_ref words[4];

	walk_to_ip(w, heads, absent);
	for (unsigned i = 0; i < NIPS; i++) {
		lw_enter(w, heads[i]);
		struct net_at h = net_enter(w, ips[i].view, lw_param(w, heads[i], 0), 0, absent, false);
		lw_jmp(w, meet, 4, (ir_ref[]){ h.ptr, h.off, h.end, lw_imm(w, ips[i].version) });
	}
	lw_enter(w, meet);
	for (unsigned i = 0; i < 4; i++)
		words[i] = lw_param(w, meet, i);
	return lw_words(IR_VIEW0 + NET_IP, 4, words);
}

void net_br_version(struct lw *w, const struct lw_val *ip, ir_blk v4, ir_blk v6)
{
	lw_bri(w, IR_EQ, lw_word(w, ip, NET_W_VERSION), 4, v4, v6);
}

/* Jumps to block `to` of (start, end) where `view` must be, or to absent. */
static void walk_to_transport(struct lw *w, enum net_view from, const struct lw_val *obj,
			      enum net_view view, ir_blk to, ir_blk absent)
{
	if (from == NET_PKT) {
		ir_blk heads[NIPS];
		walk_to_ip(w, heads, absent);
		for (unsigned i = 0; i < NIPS; i++) {
			lw_enter(w, heads[i]);
			ir_ref off = lw_param(w, heads[i], 0);
			struct net_at h = net_enter(w, ips[i].view, off, 0, absent, true);
			(ips[i].version == 4 ? from_ipv4 : from_ipv6)(w, &h, view, to, absent);
		}
		return;
	}
	struct net_at h = net_at_of(w, obj);
	if (from == NET_IP) {
		ir_blk v4 = lw_block(w, 0), v6 = lw_block(w, 0);
		net_br_version(w, obj, v4, v6);
		lw_enter(w, v4);
		from_ipv4(w, &h, view, to, absent);
		lw_enter(w, v6);
		from_ipv6(w, &h, view, to, absent);
	} else {
		(from == NET_IPV4 ? from_ipv4 : from_ipv6)(w, &h, view, to, absent);
	}
}

/* Goes on where the field of h that names what it carries says `to`. */
static void check_carried(struct lw *w, enum net_view from, const struct net_at *h, enum net_view to, ir_blk absent)
{
	const struct net_proto *p = net_proto_in(w, from);
	ir_blk yes = lw_block(w, 0);

	for (const struct net_over *o = net_proto_in(w, to)->over; o->space; o++) {
		bool also = o->space == p->also.space;
		unsigned at = also ? p->also.at : p->next.at;
		if (!also && o->space != p->next.space)
			continue;
		if (o->space == NET_ALWAYS) {
			lw_jmp(w, yes, 0, NULL);
			lw_enter(w, yes);
			return;
		}
		bool label = o->space == NET_LAST_LABEL;
		ir_ref number = lw_pktload(w, label ? 1 : 2, h->ptr, h->off, at);
		ir_blk no = lw_block(w, 0);
		if (label)
			number = lw_op2i(w, IRO(and64), number, 1);
		lw_bri(w, IR_EQ, number, label ? o->value : net_wire16(o->value), yes, no);
		lw_enter(w, no);
	}
	lw_jmp(w, absent, 0, NULL);
	lw_enter(w, yes);
}

/* The header that another one carries, right behind it. */
static struct lw_val find_carried(struct lw *w, enum net_view from, const struct lw_val *obj, enum net_view to,
				  ir_blk absent)
{
	struct net_at h = net_at_of(w, obj);
	ir_blk near = lw_block(w, 0);

	check_carried(w, from, &h, to, absent);
	ir_ref off = lw_op2(w, IRO(add64), h.off, net_header_len(w, from, &h));
	lw_bri(w, IR_UGT, off, NET_MAX_VLAN, absent, near);
	lw_enter(w, near);
	return enter_val(w, to, off, h.end, absent);
}

struct lw_val net_find(struct lw *w, enum net_view from, const struct lw_val *obj, enum net_view to,
		       ir_blk absent)
{
	if (net_carries(net_proto_in(w, from), net_proto_in(w, to)))
		return find_carried(w, from, obj, to, absent);
	if (to == NET_ETH)
		return enter_val(w, to, lw_imm(w, 0), 0, absent);
	if (to == NET_VLAN && from == NET_PKT)
		return find_vlan(w, NULL, absent);
	if (to == NET_VLAN) {
		struct net_at outer = net_at_of(w, obj);
		return find_vlan(w, &outer, absent);
	}
	if (to == NET_IP)
		return find_ip(w, absent);
	if (net_number(net_proto_in(w, to), NET_ETHERTYPE) >= 0)
		return find_network(w, to, absent);
	ir_blk at = lw_block(w, 2);
	walk_to_transport(w, from, obj, to, at, absent);
	lw_enter(w, at);
	return enter_val(w, to, lw_param(w, at, 0), lw_param(w, at, 1), absent);
}

/* ---- payload ---- */

static void rest_of(struct lw *w, enum net_view view, const struct net_at *h, ir_blk rest)
{
	ir_ref start = lw_op2(w, IRO(add64), h->off, net_header_len(w, view, h));

	lw_jmp(w, rest, 2, (ir_ref[]){ start, h->end ? h->end : lw_imm(w, NET_OPEN) });
}

/* number: protocol, at start: jumps to rest with the payload of its header if it is there, else
 * with (start, end). */
static void rest_of_transport(struct lw *w, enum net_space space, ir_ref number, ir_ref start,
			      ir_ref end, ir_blk rest)
{
	ir_blk unknown = lw_block(w, 0);

	for (unsigned view = 0; w->unit->target->views[view]; view++) {
		int own = net_number(net_proto_in(w, view), space);
		if (own < 0 || net_proto_in(w, view)->ext)
			continue;
		ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
		lw_bri(w, IR_EQ, number, own, yes, no);
		lw_enter(w, yes);
		struct net_at h = net_enter(w, (enum net_view)view, start, end, unknown, false);
		rest_of(w, (enum net_view)view, &h, rest);
		lw_enter(w, no);
	}
	lw_jmp(w, unknown, 0, NULL);
	lw_enter(w, unknown);
	lw_jmp(w, rest, 2, (ir_ref[]){ start, end });
}

static void rest_of_ipv4(struct lw *w, const struct net_at *h, ir_blk rest)
{
	ir_blk later = lw_block(w, 0), first = lw_block(w, 0);
	ir_ref start = lw_op2(w, IRO(add64), h->off, net_header_len(w, NET_IPV4, h));
	ir_ref number = lw_pktload(w, 1, h->ptr, h->off, net_ipv4.next.at);

	lw_bri(w, IR_SET, lw_pktload(w, 2, h->ptr, h->off, net_ipv4.frag.at),
	       net_wire16(net_ipv4.frag.mask), later, first);
	lw_enter(w, later);
	lw_jmp(w, rest, 2, (ir_ref[]){ start, h->end });
	lw_enter(w, first);
	rest_of_transport(w, NET_PROTO4, number, start, h->end, rest);
}

static void rest_of_ipv6(struct lw *w, const struct net_at *h, ir_blk rest)
{
	ir_ref number, start;

	net_last(w, h, &number, &start);
	rest_of_transport(w, NET_PROTO6, number, start, h->end, rest);
}

static void rest_of_frame(struct lw *w, ir_blk rest)
{
	enum net_view views[] = { NET_IPV4, NET_IPV6, NET_ARP };
	enum { N = sizeof views / sizeof *views };
	struct way ways[N];

	for (unsigned i = 0; i < N; i++)
		ways[i] = (struct way){ views[i], lw_block(w, 1) };
	walk_frame(w, ways, N, &(struct dead_end){ .rest = rest });
	for (unsigned i = 0; i < N; i++) {
		ir_blk absent = lw_block(w, 0);
		lw_enter(w, ways[i].to);
		ir_ref off = lw_param(w, ways[i].to, 0);
		struct net_at h = net_enter(w, views[i], off, 0, absent, false);
		if (views[i] == NET_IPV4)
			rest_of_ipv4(w, &h, rest);
		else if (views[i] == NET_IPV6)
			rest_of_ipv6(w, &h, rest);
		else
			rest_of(w, views[i], &h, rest);
		lw_enter(w, absent);
		lw_jmp(w, rest, 2, (ir_ref[]){ off, lw_imm(w, NET_OPEN) });
	}
}

/* Behind an IP header of this view, whatever it carries. */
static void rest_of_network(struct lw *w, enum net_view view, const struct net_at *h, ir_blk rest)
{
	ir_ref number, start;

	if (view == NET_IPV4) {
		rest_of(w, view, h, rest);
		return;
	}
	net_last(w, h, &number, &start);
	lw_jmp(w, rest, 2, (ir_ref[]){ start, h->end });
}

struct lw_val net_payload(struct lw *w, enum net_view from, const struct lw_val *obj)
{
	ir_blk rest = lw_block(w, 2);

	if (from == NET_PKT) {
		rest_of_frame(w, rest);
	} else {
		struct net_at h = net_at_of(w, obj);
		if (from == NET_IP) {
			ir_blk v4 = lw_block(w, 0), v6 = lw_block(w, 0);
			net_br_version(w, obj, v4, v6);
			lw_enter(w, v4);
			rest_of_network(w, NET_IPV4, &h, rest);
			lw_enter(w, v6);
			rest_of_network(w, NET_IPV6, &h, rest);
		} else if (from == NET_IPV6) {
			rest_of_network(w, from, &h, rest);
		} else {
			rest_of(w, from, &h, rest);
		}
	}
	lw_enter(w, rest);
	ir_ref words[] = { lw_param(w, rest, 0), lw_param(w, rest, 1) };
	return lw_words(IR_VIEW0 + NET_PAYLOAD, 2, words);
}
