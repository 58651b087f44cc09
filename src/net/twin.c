/* twin.c - the host twin of packet views: the protocol tables read by plain C over bytes. */
#include "net/net.h"

#include "core/mutant.h"

#include <string.h>

typedef struct net_place place;

static uint64_t big(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static uint64_t little(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* Can bytes [off, off + n) be read? */
static bool inside(const struct net_frame *f, uint64_t off, uint64_t n)
{
	return off + n <= f->n && off + n <= NET_REACH;
}

/* ---- one header ---- */

static unsigned header_len(const struct net_frame *f, enum net_view view, uint32_t off)
{
	const struct net_proto *p = net_proto(f->views, view);

	if (p->opts.bits)
		return p->fixed + 4u * (unsigned)__builtin_popcount(f->bytes[off + p->opts.at] & p->opts.bits);
	if (!p->hlen.mask)
		return p->fixed;
	return ((unsigned)(f->bytes[off + p->hlen.at] & p->hlen.mask) << p->hlen.shl >> p->hlen.shr) + p->hlen.add;
}

/* net_enter of the compiler: the header `view` at off, in what ends at end. */
static bool enter(const struct net_frame *f, enum net_view view, uint32_t off, uint32_t end, place *out)
{
	const struct net_proto *p = net_proto(f->views, view);
	const uint8_t *b = f->bytes + off;

	if (off + p->fixed > end || !inside(f, off, p->fixed))
		return false;
	if (p->check.hi && (b[p->check.at] < p->check.lo || b[p->check.at] > p->check.hi))
		return false;
	if (memcmp(b, p->magic.bytes, p->magic.n) != 0)
		return false;
	if (p->zero.mask && big(b + p->zero.at, 2) & p->zero.mask)
		return false;
	unsigned len = header_len(f, view, off);
	if (len < p->fixed || off + len > end || !inside(f, off, len))
		return false;
	if (p->total.there) {
		uint32_t total = (uint32_t)big(b + p->total.at, 2);
		uint32_t own = off + p->total.add + total;
		if (total < p->total.min)
			return false;
		if (!(p->total.zero_open && total == 0) && own < end)
			end = own;
	}
	*out = (place){ .view = view, .off = off, .end = end };
	return true;
}

/* ---- the link layer ---- */

static bool is_number(const struct net_frame *f, enum net_view view, enum net_space space, uint16_t n)
{
	const struct net_proto *p = net_proto(f->views, view);

	for (const struct net_over *o = p->over; o->space; o++)
		if (o->space == space && o->value == n)
			return true;
	return false;
}

/* Past Ethernet and its tags: the type of what follows, and where; false: no Ethernet header. */
static bool past_link(const struct net_frame *f, uint16_t *type, uint32_t *off)
{
	place h;

	*off = 0;
	*type = 0;
	if (!enter(f, NET_ETH, 0, NET_OPEN, &h))
		return false;
	*off = net_eth.fixed;
	*type = (uint16_t)big(f->bytes + net_eth.next.at, 2);
	for (int i = 0; i < NET_TAGS - MUTANT(twin_one_tag) && is_number(f, NET_VLAN, NET_ETHERTYPE, *type); i++) {
		if (!enter(f, NET_VLAN, *off, NET_OPEN, &h))
			break;
		*type = (uint16_t)big(f->bytes + *off + net_vlan.next.at, 2);
		*off += net_vlan.fixed;
	}
	return true;
}

static bool find_vlan(const struct net_frame *f, const place *from, place *out)
{
	const struct net_proto *p = net_proto(f->views, from->view == NET_PKT ? NET_ETH : NET_VLAN);
	uint32_t off = from->off + p->fixed;

	if (!inside(f, 0, net_eth.fixed) || off > NET_MAX_VLAN)
		return false;
	uint16_t type = (uint16_t)big(f->bytes + from->off + p->next.at, 2);
	return is_number(f, NET_VLAN, NET_ETHERTYPE, type) && enter(f, NET_VLAN, off, NET_OPEN, out);
}

static bool find_network(const struct net_frame *f, enum net_view view, place *out)
{
	uint16_t type;
	uint32_t off;

	return past_link(f, &type, &off) && is_number(f, view, NET_ETHERTYPE, type) &&
	       enter(f, view, off, NET_OPEN, out);
}

/* ---- IP and what it carries ---- */

enum net_view net_twin_version(const place *p)
{
	if (p->view != NET_IP)
		return p->view;
	return p->version == 4 ? NET_IPV4 : NET_IPV6;
}

static bool find_ip(const struct net_frame *f, place *out)
{
	if (!find_network(f, NET_IPV4, out) && !find_network(f, NET_IPV6, out))
		return false;
	out->version = out->view == NET_IPV4 ? 4 : 6;
	out->view = NET_IP;
	return true;
}

static bool is_ext(const struct net_exts *x, unsigned number)
{
	return memchr(x->value, (int)number, x->n) != NULL;
}

/* The protocol behind the extension headers of x, NET_NOT_FIRST added, and where it starts. */
static unsigned behind(const struct net_frame *f, const place *ip, const struct net_exts *x, uint32_t *pos)
{
	enum { LEAST = 8 };
	const struct net_proto *p = net_proto(f->views, net_twin_version(ip));
	const uint8_t *b = f->bytes + ip->off;
	unsigned number = b[p->next.at];

	*pos = ip->off + header_len(f, net_twin_version(ip), ip->off);
	if (p->frag.mask && big(b + p->frag.at, 2) & p->frag.mask)
		return number | NET_NOT_FIRST;
	for (unsigned i = 0; x && i < x->max && is_ext(x, number); i++) {
		if (*pos + LEAST > ip->end || !inside(f, *pos, LEAST))
			break;
		b = f->bytes + *pos;
		if (number == x->frag && big(b + 2, 2) >> 3) {
			*pos += LEAST;
			return b[0] | NET_NOT_FIRST;
		}
		*pos += number == x->frag ? LEAST :
			number == x->auth ? (b[1] + 2u) * 4 : (b[1] + 1u) * 8;
		number = b[0];
	}
	return number;
}

/* The protocol that an IP header carries. */
static unsigned last(const struct net_frame *f, const place *ip, uint32_t *pos)
{
	return behind(f, ip, net_proto(f->views, net_twin_version(ip))->exts, pos);
}

static bool find_transport(const struct net_frame *f, const place *from, enum net_view view, place *out)
{
	place ip = *from;
	uint32_t pos;

	if (from->view == NET_PKT && !find_ip(f, &ip))
		return false;
	const struct net_proto *p = net_proto(f->views, net_twin_version(&ip)), *to = net_proto(f->views, view);
	struct net_exts before;
	if (p->exts)
		before = net_exts_before(p->exts, to);
	unsigned number = behind(f, &ip, p->exts ? &before : NULL, &pos);
	return net_number(to, p->next.space) == (int)number && enter(f, view, pos, ip.end, out);
}

/* ---- payload ---- */

static place payload_at(uint32_t off, uint32_t end)
{
	return (place){ .view = NET_PAYLOAD, .off = off, .end = end };
}

/* Of an IP header, whatever it carries. */
static place rest_of_ip(const struct net_frame *f, const place *ip)
{
	uint32_t pos;

	last(f, ip, &pos);
	return payload_at(pos, ip->end);
}

static place rest_of_header(const struct net_frame *f, const place *h)
{
	return payload_at(h->off + header_len(f, h->view, h->off), h->end);
}

/* Of the innermost header known. */
static place rest_of_frame(const struct net_frame *f)
{
	uint16_t type;
	uint32_t off;
	place h, ip;

	past_link(f, &type, &off);
	if (find_network(f, NET_ARP, &h))
		return rest_of_header(f, &h);
	if (!find_ip(f, &ip))
		return payload_at(off, NET_OPEN);
	for (unsigned view = 0; f->views[view]; view++)
		if (net_proto(f->views, view) && !net_proto(f->views, view)->ext && find_transport(f, &ip, (enum net_view)view, &h))
			return rest_of_header(f, &h);
	return rest_of_ip(f, &ip);
}

static place rest_of(const struct net_frame *f, const place *p)
{
	switch (p->view) {
	case NET_PKT:
		return rest_of_frame(f);
	case NET_IP: case NET_IPV4: case NET_IPV6:
		return rest_of_ip(f, p);
	default:
		return rest_of_header(f, p);
	}
}

/* ---- what a header carries right behind it ---- */

static bool says(const uint8_t *h, unsigned at, const struct net_over *o)
{
	if (o->space == NET_ALWAYS)
		return true;
	return o->space == NET_LAST_LABEL ? (h[at] & 1) == o->value : big(h + at, 2) == o->value;
}

static bool find_carried(const struct net_frame *f, const place *from, enum net_view view, place *out)
{
	const struct net_proto *p = net_proto(f->views, from->view);
	const uint8_t *h = f->bytes + from->off;
	uint32_t off = from->off + header_len(f, from->view, from->off);
	bool named = false;

	for (const struct net_over *o = net_proto(f->views, view)->over; o->space; o++)
		named |= (o->space == p->next.space && says(h, p->next.at, o)) ||
			 (o->space == p->also.space && says(h, p->also.at, o));
	return named && off <= NET_MAX_VLAN && enter(f, view, off, from->end, out);
}

/* ---- fields ---- */

bool net_twin_find(const struct net_frame *f, const place *from, enum net_view view, place *out)
{
	if (net_carries(net_proto(f->views, from->view), net_proto(f->views, view)))
		return find_carried(f, from, view, out);
	if (view == NET_ETH)
		return enter(f, view, 0, NET_OPEN, out);
	if (view == NET_VLAN)
		return find_vlan(f, from, out);
	if (view == NET_IP)
		return find_ip(f, out);
	if (net_number(net_proto(f->views, view), NET_ETHERTYPE) >= 0)
		return find_network(f, view, out);
	return find_transport(f, from, view, out);
}

static uint64_t bits(const uint8_t *h, unsigned bit, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = bit; i < bit + width; i++)
		v = v << 1 | (h[i / 8] >> (7 - i % 8) & 1);
	return v;
}

static void addr(pg_value *out, enum pg_kind kind, const uint8_t *p, unsigned n)
{
	out->kind = kind;
	memcpy(out->addr, p, n);
}

static void text(pg_value *out, const uint8_t *p, size_t n)
{
	out->kind = PG_STR;
	out->str = (const char *)p;
	out->n = (uint32_t)n;
}

static void put_int(pg_value *out, uint64_t v)
{
	out->kind = PG_INT;
	out->i = (int64_t)v;
}

static void get(const struct net_frame *f, const place *p, const struct net_field *own, pg_value *out,
		place *at)
{
	const uint8_t *h = f->bytes + p->off;
	uint32_t pos;

	switch (own->how) {
	case NET_BITS: case NET_PARTS: put_int(out, bits(h, own->bit, own->width)); break;
	case NET_FLAG:   out->kind = bits(h, own->bit, 1) ? PG_TRUE : PG_FALSE; break;
	case NET_IP4:    addr(out, PG_IP4, h + own->bit / 8, 4); break;
	case NET_IP6:    addr(out, PG_IP6, h + own->bit / 8, 16); break;
	case NET_MAC:    addr(out, PG_MAC, h + own->bit / 8, 6); break;
	case NET_LITTLE: put_int(out, little(h + own->bit / 8, own->width / 8)); break;
	case NET_BYTES:  text(out, h + own->bit / 8, own->width / 8); break;
	case NET_CHARS:  text(out, h + own->bit / 8, strnlen((const char *)h + own->bit / 8, own->width / 8)); break;
	case NET_LENGTH: put_int(out, f->n); break;
	case NET_CTX:    put_int(out, own->twin + f->meta[own->meta]); break;
	case NET_LAST:   put_int(out, last(f, p, &pos) & 0xff); break;
	case NET_HEADER: out->kind = net_twin_find(f, p, own->view, at) ? PG_VIEW : PG_NIL; break;
	case NET_REST:   out->kind = PG_VIEW; *at = rest_of(f, p); break;
	case NET_EITHER: get(f, p, net_twin_version(p) == NET_IPV4 ? own->v4 : own->v6, out, at); break;
	}
}

void net_twin_get(const struct net_frame *f, const struct net_place *p, const struct ir_field *row,
		  pg_value *out, struct net_place *at)
{
	memset(out, 0, sizeof *out);
	get(f, p, row->arg, out, at);
}

/* ---- bytes ---- */

/* Another length may have been written into a header since it was found: its fixed part is there all the same, and nothing behind
 * the packet's end. */
static size_t length_now(const struct net_frame *f, const struct net_place *p, size_t packet)
{
	unsigned len = header_len(f, net_twin_version(p), p->off), fixed = net_proto(f->views, net_twin_version(p))->fixed;
	size_t left = packet - p->off;

	len = len < fixed ? fixed : len;
	return len < left ? len : left;
}

static size_t len_in(const struct net_frame *f, const struct net_place *p, size_t packet)
{
	if (p->view == NET_PKT)
		return packet;
	if (p->view != NET_PAYLOAD)
		return length_now(f, p, packet);
	size_t end = p->end < packet ? p->end : packet;
	return end > p->off ? end - p->off : 0;
}

size_t net_twin_len(const struct net_frame *f, const struct net_place *p)
{
	return len_in(f, p, f->n);
}

size_t net_twin_text(const struct net_frame *f, const struct net_place *p)
{
	return len_in(f, p, f->n < NET_REACH ? f->n : NET_REACH);
}

void net_twin_bytes(const struct net_frame *f, const struct net_place *p, const struct ir_lib *row,
		    int64_t arg, int64_t value, pg_value *out)
{
	unsigned size = row->imm & NET_ROW_SIZE;
	uint64_t len = net_twin_len(f, p), off = (uint64_t)arg;

	memset(out, 0, sizeof *out);
	if (row->imm & NET_ROW_INDEX)
		off += arg < 0 ? len : UINT64_MAX;
	bool there = off <= NET_REACH && off + size <= len && inside(f, p->off + off, size);
	uint8_t *b = there ? f->bytes + p->off + off : NULL;
	if (row->imm & NET_ROW_WRITES) {
		out->kind = there ? PG_TRUE : PG_FALSE;
		for (unsigned i = 0; there && i < size; i++)
			b[i] = (uint8_t)((uint64_t)value >> 8 * (size - 1 - i));
		return;
	}
	if (!there)
		return;
	put_int(out, row->imm & NET_ROW_LITTLE ? little(b, size) : big(b, size));
}
