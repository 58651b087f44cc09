/*
 * lower_write.c - assigning a field of a view, with the checksums that cover it.
 *
 * Checksums are updated, not made anew (RFC 1624, equation 3): ~(~sum + ~old + new), in which bytes
 * that did not change would cancel out. What a write adds (~old + new, a few 16-bit words of the wire
 * in the machine's order) is kept apart from the sum it goes into, for an address goes into two. ~v is
 * 0xffff - v: the constants of all terms become one, and what is old is added up before it is taken away.
 * On valid checksums this gives what computing them from the whole packet gives, 0 and 0xffff too.
 */
#include "net/lower.h"

#include "core/mutant.h"

#include <linux/bpf.h>

/* What fields are refused with that are read only; their rows hold the same texts. */
REFUSAL_ROWS(fixed) = {
	REFUSED(ON_PACKETS, NET_FIXED_VIEW, IR_FIELD_FIXED),
	REFUSED(ON_PACKETS, NET_FIXED_SUM, IR_FIELD_FIXED),
	REFUSED(ON_PACKETS, NET_FIXED_HOLDS, IR_FIELD_FIXED),
	REFUSED(ON_PACKETS, NET_FIXED_LENGTH, IR_FIELD_FIXED),
	REFUSED(ON_PACKETS, NET_FIXED_NEXT, IR_FIELD_FIXED),
	REFUSED(ON_PACKETS, NET_FIXED_SIZE, IR_FIELD_FIXED),
};

enum { WORD = 16, ALL_WORD = 0xffff };
/* Folds that bring sums of three 16-bit words, and of ten 32-bit words, into 16 bits. */
enum { SHORT = 2, LONG = 3 };

struct write {
	struct lw *w;
	const struct net_at *h;
	bool sums;             /* does a checksum cover it, or is the kernel told of it? */
	bool even;             /* ... in bytes that the kernel sums as it does these, or by itself? */
	bool twice;            /* do two checksums cover it? */
	ir_ref sum;            /* what the header's own one was before, where no helper updates it */
	ir_ref is, was;        /* what was put there, and what it replaced, added up so far; 0: nothing yet */
	int64_t over;          /* what keeps the difference of the two from falling below 0: all bits of each term */
	unsigned folds;        /* that bring a sum with it into 16 bits */
};

/* ---- checksums ---- */

static ir_ref plus(struct lw *w, ir_ref sum, ir_ref v)
{
	return sum ? lw_op2(w, IRO(add64), sum, v) : v;
}

/* One part of a write adds ~was + is. A byte counts at its place in its word; so do more from an odd place on, whose
 * bytes are each in the other half of a word than alone: 256 times as much. */
static void add_part(struct write *x, unsigned at, unsigned size, ir_ref was, ir_ref is)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	struct lw *w = x->w;
	bool odd = at % 2, wide = odd && size > 1 && !MUTANT(odd_as_even);

	if (wide || (size == 1 && odd == little)) {
		was = lw_op2i(w, IRO(shl64), was, 8);
		is = lw_op2i(w, IRO(shl64), is, 8);
	}
	x->is = plus(w, x->is, is);
	x->was = plus(w, x->was, was);
	x->over += (size == 4 ? 0xffffffff : (int64_t)ALL_WORD) << (wide ? 8 : 0);
	x->folds = size == 4 || wide || x->folds == LONG ? LONG : SHORT;
}

/* Of 8 bytes, as two times 4. */
static void add_part64(struct write *x, unsigned at, ir_ref was, ir_ref is)
{
	struct lw *w = x->w;

	add_part(x, at, 4, lw_op1(w, IRO(zext32), was), lw_op1(w, IRO(zext32), is));
	add_part(x, at, 4, lw_op2i(w, IRO(shr64), was, 32), lw_op2i(w, IRO(shr64), is, 32));
}

static ir_ref delta(const struct write *x)
{
	return lw_op2(x->w, IRO(sub64), lw_op2i(x->w, IRO(add64), x->is, x->over), x->was);
}

/* ~sum + what the write adds. */
static ir_ref put_into(const struct write *x, ir_ref sum)
{
	struct lw *w = x->w;

	if (x->twice)
		return lw_op2(w, IRO(sub64), lw_op2i(w, IRO(add64), delta(x), ALL_WORD), sum);
	return lw_op2(w, IRO(sub64), lw_op2i(w, IRO(add64), x->is, x->over + ALL_WORD), plus(w, x->was, sum));
}

/* What is above 16 bits in the end is cut off by whoever stores it. */
static ir_ref fold(struct lw *w, ir_ref v, unsigned times)
{
	for (times -= MUTANT(carry_lost); times--;) {
		ir_ref low = times ? lw_op2i(w, IRO(and64), v, ALL_WORD) : v;
		v = lw_op2(w, IRO(add64), lw_op2i(w, IRO(shr64), v, WORD), low);
	}
	return v;
}

/* What it adds, in the 32 bits that helpers take. */
static ir_ref difference(const struct write *x)
{
	enum { NARROW = 32 };
	struct lw *w = x->w;
	ir_ref d = delta(x);

	for (int i = 0; x->folds == LONG && i < 2; i++)
		d = lw_op2(w, IRO(add64), lw_op2i(w, IRO(shr64), d, NARROW), lw_op1(w, IRO(zext32), d));
	return d;
}

static void tell_kernel(const struct write *x)
{
	lw_helper(x->w, x->w->unit->target->helper_csum_update, 2, (ir_ref[]){ lw_ctx(x->w), difference(x) });
}

/* By the kernel's helper, which knows whether there is a whole checksum in the packet already, or only
 * the addresses' part of one that the card is to finish. */
static void update_by_helper(const struct write *x, const struct net_proto *p, const struct net_at *h, bool pseudo)
{
	enum { PSEUDO = BPF_F_PSEUDO_HDR, OPTIONAL = BPF_F_MARK_MANGLED_0 };
	struct lw *w = x->w;
	int64_t flags = (pseudo ? PSEUDO : 0) | (p->sum.covers & NET_SUM_OPTIONAL ? OPTIONAL : 0);
	ir_ref args[] = { lw_ctx(w), lw_op2i(w, IRO(add64), h->off, p->sum.at), lw_imm(w, 0), difference(x),
			  lw_imm(w, flags) };
	ir_ref r = lw_helper(w, w->unit->target->helper_l4_csum, 5, args);
	lw_raise_if(w, IR_NE, r, lw_imm(w, 0), "packet byte not writable");
}

/* Where there is none, the helper does nothing; but then nothing evens out what was written. */
static void update_optional(const struct write *x, const struct net_proto *p, const struct net_at *h)
{
	struct lw *w = x->w;
	ir_blk none = lw_block(w, 0), some = lw_block(w, 0), done = lw_block(w, 0);

	lw_bri(w, IR_EQ, lw_pktload(w, 2, h->ptr, h->off, p->sum.at), 0, none, some);
	lw_enter(w, none);
	tell_kernel(x);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, some);
	update_by_helper(x, p, h, false);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, done);
}

static bool by_helper(struct lw *w, const struct net_proto *p)
{
	return w->unit->target->helper_l4_csum && !(p->sum.covers & NET_SUM_HEADER);
}

static ir_ref old_sum(struct lw *w, const struct net_proto *p, const struct net_at *h)
{
	return lw_pktload(w, 2, h->ptr, h->off, p->sum.at);
}

/* Puts what was written, in it or (pseudo) before it, into the checksum of header `view` at h. */
static void update(const struct write *x, enum net_view view, const struct net_at *h, bool pseudo)
{
	struct lw *w = x->w;
	const struct net_proto *p = net_proto_in(w, view);

	if (by_helper(w, p)) {
		if (p->sum.covers & NET_SUM_OPTIONAL && !pseudo)
			update_optional(x, p, h);
		else
			update_by_helper(x, p, h, pseudo);
		return;
	}
	ir_ref was = x->sum && !pseudo ? x->sum : old_sum(w, p, h);
	ir_ref sum = lw_op2i(w, IRO(xor64), fold(w, put_into(x, was), x->folds), ALL_WORD);

	if (p->sum.covers & NET_SUM_OPTIONAL) {
		ir_ref never = lw_op2i(w, IRO(sub64), net_is(w, was, 0), 1); /* all bits, when there is one */
		sum = lw_op2i(w, IRO(and64), sum, ALL_WORD);
		if (!MUTANT(zero_sum))
			sum = lw_op2(w, IRO(sub64), sum, net_is(w, sum, 0)); /* 0 - 1: 0xffff as 16 bits */
		sum = lw_op2(w, IRO(and64), sum, never);
	}
	lw_pktstore(w, 2, x->even, h->ptr, h->off, p->sum.at, sum);
}

/* Into what header of `view` covers the addresses of the IP header before it, if it is whole. */
static void update_behind(const struct write *x, enum net_space space, ir_ref number, ir_ref start, ir_blk done)
{
	struct lw *w = x->w;

	for (unsigned view = 0; view < NET_NVIEWS; view++) {
		const struct net_proto *p = net_proto_in(w, view);
		int own = net_number(p, space);
		if (own < 0 || !(p->sum.covers & NET_SUM_PSEUDO))
			continue;
		ir_blk yes = lw_block(w, 0), no = lw_block(w, 0);
		lw_bri(w, IR_EQ, number, own, yes, no);
		lw_enter(w, yes);
		struct net_at h = net_enter(w, (enum net_view)view, start, x->h->end, done, false);
		update(x, (enum net_view)view, &h, true);
		lw_jmp(w, done, 0, NULL);
		lw_enter(w, no);
	}
	lw_jmp(w, done, 0, NULL);
}

/* An address of the IP header `view` was written. */
static void update_pseudo(const struct write *x, enum net_view view)
{
	struct lw *w = x->w;
	const struct net_at *h = x->h;
	ir_blk done = lw_block(w, 0), first = lw_block(w, 0);
	ir_ref number, start;

	if (view == NET_IPV4) {
		ir_ref frag = lw_pktload(w, 2, h->ptr, h->off, net_ipv4.frag.at);
		lw_bri(w, IR_SET, frag, MUTANT(fragment_summed) ? 0 : net_wire16(net_ipv4.frag.mask), done, first);
		lw_enter(w, first);
		number = lw_pktload(w, 1, h->ptr, h->off, net_ipv4.next.at);
		start = lw_op2(w, IRO(add64), h->off, net_header_len(w, view, h));
	} else {
		net_last(w, h, &number, &start);
	}
	update_behind(x, net_proto_in(w, view)->next.space, number, start, done);
	lw_enter(w, done);
}

/* ---- writing ---- */

static ir_ref load(struct write *x, unsigned size, unsigned at)
{
	return lw_pktload(x->w, size, x->h->ptr, x->h->off, at);
}

static void store(struct write *x, unsigned size, unsigned at, ir_ref v)
{
	lw_pktstore(x->w, size, x->even, x->h->ptr, x->h->off, at, v);
}

static int64_t low_bits(unsigned n)
{
	return n < 64 ? ((int64_t)1 << n) - 1 : -1;
}

/* The bits of a field within the bytes that hold it. */
static void put_bits(struct write *x, const struct net_field *f, ir_ref v)
{
	static const enum ir_op swap[] = { [2] = IRO(be16), [4] = IRO(be32), [8] = IRO(be64) };
	struct lw *w = x->w;
	struct net_span s = net_cover(f);
	int64_t mask = (int64_t)((uint64_t)low_bits(f->width) << s.shift), all = low_bits(s.size * 8);
	bool whole = mask == all;
	ir_ref was = !whole || x->sums ? load(x, s.size, s.at) : 0;

	if (s.shift)
		v = lw_op2i(w, IRO(shl64), v, s.shift);
	if (s.size > 1)
		v = lw_op1(w, swap[s.size], v);
	if (!whole) {
		ir_ref kept = lw_imm(w, MUTANT(neighbour_bits) ? all & ~(mask | 1) : all & ~mask);
		if (s.size > 1)
			kept = lw_op1(w, swap[s.size], kept);
		v = lw_op2(w, IRO(or64), lw_op2(w, IRO(and64), was, kept), v);
	}
	store(x, s.size, s.at, v);
	if (x->sums && s.size == 8)
		add_part64(x, s.at, was, v);
	else if (x->sums)
		add_part(x, s.at, s.size, was, v);
}

/* n bytes, the first one lowest in v. */
static void put_little(struct write *x, unsigned at, unsigned n, ir_ref v)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	for (unsigned i = 0, step; i < n; i += step) {
		step = !little ? 1 : n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
		ir_ref is = i ? lw_op2i(x->w, IRO(shr64), v, 8 * i) : v, was = x->sums ? load(x, step, at + i) : 0;
		store(x, step, at + i, is);
		if (x->sums)
			add_part(x, at + i, step, was, lw_op2i(x->w, IRO(and64), is, low_bits(8 * step)));
	}
}

static void put_ip4(struct write *x, unsigned at, ir_ref v)
{
	ir_ref was = x->sums ? load(x, 4, at) : 0;

	store(x, 4, at, v);
	if (x->sums)
		add_part(x, at, 4, was, v);
}

static void put_ip6(struct write *x, unsigned at, const struct lw_val *v)
{
	for (unsigned i = 0; i < 2; i++) {
		ir_ref is = lw_word(x->w, v, i), was = x->sums ? load(x, 8, at + 8 * i) : 0;
		store(x, 8, at + 8 * i, is);
		if (x->sums)
			add_part64(x, at, was, is);
	}
}

/* ---- fields ---- */

/* What a field of this form takes, and what it is called. */
static const struct { uint64_t kinds; const char *name; } forms[] = {
	[NET_BITS] = { IR_BIT(IR_INT), NULL }, /* u8, u3 ... */
	[NET_LITTLE] = { IR_BIT(IR_INT), NULL },
	[NET_FLAG] = { IR_BOOL, "bool" },
	[NET_IP4]  = { IR_BIT(IR_IP4), "ip4" },
	[NET_IP6]  = { IR_BIT(IR_IP6), "ip6" },
	[NET_MAC]  = { IR_BIT(IR_MAC), "mac" },
	[NET_CTX]  = { IR_BIT(IR_INT), NULL },
};

static struct lw_val checked(struct lw *w, const char *name, const struct net_field *f, const struct lw_val *v)
{
	if (!(v->kinds & ~forms[f->how].kinds))
		return *v;
	const char *form = forms[f->how].name ? forms[f->how].name
					      : arena_printf(w->unit->arena, "u%u", f->width);
	return lw_check_kind(w, v, forms[f->how].kinds, arena_printf(w->unit->arena,
		"bad field '%s' (%s expected, got %%K)", name, form));
}

static ir_ref int_that_fits(struct lw *w, const char *name, unsigned width, const struct lw_val *v)
{
	ir_ref n = lw_int_word(w, v);

	if (width < 64)
		lw_raise_if(w, IR_UGT, n, lw_imm(w, ((int64_t)1 << width) - 1), "value does not fit u%u (field '%s')",
			    width, name);
	return n;
}

static ir_ref bit_of(struct lw *w, const struct lw_val *v)
{
	return v->tag ? lw_op2i(w, IRO(sub64), v->tag, IR_FALSE) : lw_imm(w, v->kinds == IR_BIT(IR_TRUE));
}
_Static_assert(IR_TRUE == IR_FALSE + 1, "a tag less IR_FALSE is the bit");

bool net_bits_of(struct lw *w, const char *name, const struct net_field *f, const struct lw_val *v, ir_ref *out)
{
	struct lw_val ok = checked(w, name, f, v);

	if (ok.kinds)
		*out = f->how == NET_FLAG ? bit_of(w, &ok) : int_that_fits(w, name, f->width, &ok);
	return ok.kinds;
}

static void put(struct write *x, const char *name, const struct net_field *f, const struct lw_val *v)
{
	switch (f->how) {
	case NET_BITS: put_bits(x, f, int_that_fits(x->w, name, f->width, v)); break;
	case NET_FLAG: put_bits(x, f, bit_of(x->w, v)); break;
	case NET_IP4:  put_ip4(x, f->bit / 8, lw_word(x->w, v, 0)); break;
	case NET_IP6:  put_ip6(x, f->bit / 8, v); break;
	case NET_LITTLE: put_little(x, f->bit / 8, f->width / 8, int_that_fits(x->w, name, f->width, v)); break;
	default:       put_little(x, f->bit / 8, 6, lw_word(x->w, v, 0)); break;
	}
}

/* Of a header that the one before it sums, too: is it that one's? Then the write goes into its checksum. */
static void set_covered(struct lw *w, const char *name, const struct net_field *f, const struct net_at *h,
			enum net_view covered, const struct lw_val *v)
{
	ir_blk mine = lw_block(w, 0), other = lw_block(w, 0), done = lw_block(w, 0);
	struct lw_val pkt = lw_words(IR_VIEW0 + NET_PKT, 0, NULL), before = net_find(w, NET_PKT, &pkt, covered, other);
	struct net_at at = net_at_of(w, &before);
	ir_ref behind = lw_op2(w, IRO(add64), at.off, net_header_len(w, covered, &at));
	struct write x = { .w = w, .h = h, .sums = true, .even = true }, plain = { .w = w, .h = h };

	lw_br(w, IR_EQ, behind, h->off, mine, other);
	lw_enter(w, mine);
	put(&x, name, f, v);
	update(&x, covered, &at, false);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, other);
	put(&plain, name, f, v);
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, done);
}

static void set_here(struct lw *w, const char *name, const struct net_field *f, enum net_view view,
		     const struct net_at *h, const struct lw_val *v)
{
	struct lw_val ok = checked(w, name, f, v);
	const struct net_proto *p = net_proto_in(w, view);
	bool own = net_sum_has(p, f), pseudo = net_sum_behind(p, f);
	bool copied = w->unit->copy_access || w->unit->copy_stores;
	bool told = !own && !pseudo && view != NET_ETH && w->unit->target->helper_csum_update && !copied;
	struct write x = { .w = w, .h = h, .sums = own || pseudo || told, .even = own || told,
			   .twice = own && pseudo };

	if (!ok.kinds)
		return; /* it raised */
	if (p && p->covered && !MUTANT(cover_forgotten)) {
		set_covered(w, name, f, h, p->covered, &ok);
		return;
	}
	if (own && !by_helper(w, p)) /* before: a read after a write may cost more (opt/guard.c) */
		x.sum = old_sum(w, p, h);
	put(&x, name, f, &ok);
	if (own)
		update(&x, view, h, false);
	if (pseudo && !(MUTANT(sum_not_carried) && view == NET_IPV6))
		update_pseudo(&x, view);
	if (told)
		tell_kernel(&x);
}

static void set_beside(struct lw *w, const char *name, const struct net_field *f, const struct lw_val *v)
{
	struct lw_val ok = checked(w, name, f, v);

	if (ok.kinds) /* from a register: before Linux 6.4 the verifier takes no BPF_ST into the context */
		lw_store(w, 4, lw_ctx(w), f->bit, lw_op1(w, IRO(own), int_that_fits(w, name, f->width, &ok)));
}

void net_set(struct lw *w, const struct ir_field *row, const struct lw_val *obj, const struct lw_val *v)
{
	const struct net_field *f = row->arg;

	if (f->how == NET_CTX) {
		set_beside(w, row->name, f, v);
		return;
	}
	struct net_at h = net_at_of(w, obj);
	if (f->how != NET_EITHER) {
		set_here(w, row->name, f, net_view_of(obj), &h, v);
		return;
	}
	ir_blk v4 = lw_block(w, 0), v6 = lw_block(w, 0), end = lw_block(w, 0);
	net_br_version(w, obj, v4, v6);
	lw_enter(w, v4);
	set_here(w, row->name, f->v4, NET_IPV4, &h, v);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, v6);
	set_here(w, row->name, f->v6, NET_IPV6, &h, v);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}
