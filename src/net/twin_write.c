/* twin_write.c - the host twin of lower_write.c: fields assigned, checksums updated, in plain C. */
#include "net/net.h"

#include <stdio.h>
#include <string.h>

enum { FURTHEST = 16 }; /* bytes of the widest field */

/* Bytes of a header, from an even offset, before and after. */
struct change {
	unsigned from, n;
	uint8_t was[FURTHEST + 2];
	const uint8_t *is;
};

static unsigned word(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 1624, equation 3, word by word. */
static void update(const struct net_frame *f, enum net_view view, uint32_t off, const struct change *c)
{
	const struct net_proto *p = net_proto(f->views, view);
	uint8_t *at = f->bytes + off + p->sum.at;
	uint32_t sum = word(at) ^ 0xffff;

	if (p->sum.covers & NET_SUM_OPTIONAL && !word(at))
		return;
	for (unsigned i = 0; i < c->n; i += 2)
		sum += (word(c->was + i) ^ 0xffff) + word(c->is + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum ^= 0xffff;
	if (p->sum.covers & NET_SUM_OPTIONAL && !sum)
		sum = 0xffff;
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

static void update_behind(const struct net_frame *f, const struct net_place *ip, const struct change *c)
{
	struct net_place h;

	for (unsigned view = 0; view < NET_NVIEWS; view++)
		if (net_proto(f->views, view) && net_proto(f->views, view)->sum.covers & NET_SUM_PSEUDO &&
		    net_twin_find(f, ip, (enum net_view)view, &h)) {
			update(f, (enum net_view)view, h.off, c);
			return;
		}
}

/* Of a header at off: into the checksum of the one right before it that covers it, if it is that one's. */
static void update_before(const struct net_frame *f, enum net_view covered, uint32_t off, const struct change *c)
{
	const struct net_place pkt = { .view = NET_PKT, .end = NET_OPEN };
	struct net_place h;

	if (net_twin_find(f, &pkt, covered, &h) && h.off + net_twin_len(f, &h) == off)
		update(f, covered, h.off, c);
}

static void put_bits(uint8_t *h, unsigned bit, unsigned width, uint64_t v)
{
	for (unsigned i = bit + width; i-- > bit; v >>= 1) {
		uint8_t mask = (uint8_t)(0x80 >> i % 8);
		h[i / 8] = (uint8_t)(v & 1 ? h[i / 8] | mask : h[i / 8] & ~mask);
	}
}

/* How many bits a field of this form has that is an address; 0: it is none. */
static unsigned address_bits(enum net_how how)
{
	return how == NET_IP4 ? 32 : how == NET_IP6 ? 128 : how == NET_MAC ? 48 : 0;
}

static void put(uint8_t *h, const struct net_field *f, const pg_value *v)
{
	unsigned bits = address_bits(f->how);

	if (bits)
		memcpy(h + f->bit / 8, v->addr, bits / 8);
	else if (f->how == NET_LITTLE)
		for (unsigned i = 0; i < f->width / 8u; i++)
			h[f->bit / 8 + i] = (uint8_t)((uint64_t)v->i >> 8 * i);
	else
		put_bits(h, f->bit, f->width, f->how == NET_FLAG ? v->kind == PG_TRUE : (uint64_t)v->i);
}

/* Is v of the kind? *form: what is expected, as messages have it. */
static bool right_kind(const struct net_field *f, const pg_value *v, char form[8])
{
	switch (f->how) {
	case NET_FLAG: strcpy(form, "bool"); return v->kind == PG_FALSE || v->kind == PG_TRUE;
	case NET_IP4:  strcpy(form, "ip4");  return v->kind == PG_IP4;
	case NET_IP6:  strcpy(form, "ip6");  return v->kind == PG_IP6;
	case NET_MAC:  strcpy(form, "mac");  return v->kind == PG_MAC;
	default:       snprintf(form, 8, "u%u", f->width % 100); return v->kind == PG_INT;
	}
}

bool net_twin_move(struct net_frame *f, bool head, int64_t by)
{
	enum { LEAST = 14 };
	if (by < -NET_REACH || by > NET_REACH)
		return false;
	int64_t more = head ? -by : by, n = (int64_t)f->n + more;
	if (n < LEAST || more > f->room[!head])
		return false;
	f->room[!head] -= (uint32_t)more;
	if (head)
		f->bytes -= more;
	if (more > 0)
		memset(head ? f->bytes : f->bytes + f->n, 0, (size_t)more);
	f->n = (size_t)n;
	return true;
}

bool net_twin_set(struct net_frame *f, const struct net_place *p, const struct ir_field *row,
		  const pg_value *v, const char *kind, char *text, size_t size)
{
	const struct net_field *own = row->arg;
	struct net_place at = *p;
	uint8_t *h = f->bytes + p->off;
	char form[8];

	if (own->how == NET_EITHER) {
		at.view = net_twin_version(p);
		own = at.view == NET_IPV4 ? own->v4 : own->v6;
	}
	if (!right_kind(own, v, form)) {
		snprintf(text, size, "bad field '%s' (%s expected, got %s)", row->name, form, kind);
		return false;
	}
	bool number = own->how == NET_BITS || own->how == NET_LITTLE || own->how == NET_CTX;
	if (number && own->width < 64 && (uint64_t)v->i >> own->width) {
		snprintf(text, size, "value does not fit %s (field '%s')", form, row->name);
		return false;
	}
	if (own->how == NET_CTX) {
		f->meta[own->meta] = (uint32_t)v->i - own->twin;
		return true;
	}
	unsigned bits = address_bits(own->how) ? address_bits(own->how) : own->width;
	struct change c = { .from = own->bit / 16 * 2u };
	c.n = ((own->bit + bits + 15u) / 16 * 2u) - c.from;
	c.is = h + c.from;
	const struct net_proto *proto = net_proto(f->views, at.view);
	bool sums = net_sum_has(proto, own), behind = net_sum_behind(proto, own);
	enum net_view covered = proto ? proto->covered : NET_PKT;
	if (sums || behind || covered)
		memcpy(c.was, h + c.from, c.n);
	put(h, own, v);
	if (sums)
		update(f, at.view, p->off, &c);
	if (behind)
		update_behind(f, &at, &c);
	if (covered)
		update_before(f, covered, p->off, &c);
	return true;
}
