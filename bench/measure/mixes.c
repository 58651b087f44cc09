/* mixes.c - what programs that wait for something of their own are measured on, by weight, in a hundred packets. */
#include "packets.h"

#include <string.h>

#define SECONDS * 1000000000ull

static void data(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 80, 0, 0x4000);
	tcp(p, 80, ACK, 60);
}

static void later(struct packet *p)
{
	data(p);
	p->took = 5 SECONDS;
}

static void much_later(struct packet *p)
{
	data(p);
	p->took = 3600 SECONDS;
}

static void flood(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, UDP, HOSTILE, 28, 0, 0);
	udp(p, 7, 20);
}

static void other(struct packet *p)
{
	eth(p, 0x86dd);
	ipv6(p, TCP, 60);
	tcp(p, 443, ACK, 40);
}

/* ---- example_limit: a packet a second, twenty at once ---- */

#define FIVE(what, weight, name) { what, weight, name }, { what, weight, name }, { what, weight, name }, \
	{ what, weight, name }, { what, weight, name }

static const struct row limit[] = {
	{ data,   0, "the first of a source" },
	{ later, 40, "within the rate" },
	{ much_later, 20, "after a long while" },
	{ flood,  5, "the first of a flood" },
	FIVE(flood, 0, "of its burst"), FIVE(flood, 0, "of its burst"), FIVE(flood, 0, "of its burst"),
	FIVE(flood, 0, "of its burst"),
	{ flood, 30, "of a flood" },
	{ other,  5, "IPv6" },
};

/* ---- example_tenants: what is in VXLAN ---- */

enum { OUTER = 14, IN_UDP = OUTER + 20, INNER = IN_UDP + 8 + 8 + 14 };

/* From network `vni`; what is put behind it begins with the inner IP header, at INNER. */
static void vxlan(struct packet *p, unsigned vni, unsigned type)
{
	eth(p, 0x800);
	ipv4(p, UDP, FRIEND, 0, 0, 0);
	udp(p, 4789, 0);
	put32(p, 0x08000000);
	put32(p, vni << 8);
	eth(p, type);
}

static void vxlan_end(struct packet *p)
{
	end_ipv4(p, OUTER);
	end_udp(p, IN_UDP);
}

static void message(struct packet *p, unsigned flags, unsigned questions)
{
	put16(p, 0x1234);
	put16(p, flags);
	put16(p, questions);
	zeros(p, 6);
	put(p, "\3www\7example\3org\0\0\1\0\1", 21);
}

static void in_vxlan(struct packet *p, unsigned proto, unsigned port, unsigned flags, unsigned options)
{
	vxlan(p, 5000 + port, 0x800);
	ipv4(p, proto, HOSTILE + port, 0, options, 0);
	if (proto == TCP)
		tcp(p, port, ACK, 40);
	unsigned at = p->n;
	if (proto == UDP)
		udp(p, port, 0), message(p, flags, 1), end_udp(p, at);
	end_ipv4(p, INNER);
	vxlan_end(p);
}

static void vx_tcp(struct packet *p)      { in_vxlan(p, TCP, 443, 0, 0); }
static void vx_quic(struct packet *p)     { in_vxlan(p, UDP, 443, 0, 0); }
static void vx_query(struct packet *p)    { in_vxlan(p, UDP, 53, 0x100, 0); }
static void vx_answer(struct packet *p)   { in_vxlan(p, UDP, 53, 0x8180, 0); }
static void vx_options(struct packet *p)  { in_vxlan(p, UDP, 53, 0x100, 2); }
static void vx_from(struct packet *p)     { vx_answer(p); p->bytes[INNER + 21] = 53; p->bytes[INNER + 20] = 0; }
static void vx_bad_ihl(struct packet *p)  { vx_query(p); p->bytes[INNER] = 0x43; }
static void vx_ihl_past(struct packet *p) { vx_query(p); p->bytes[INNER] = 0x4f; p->bytes[IN_UDP + 5] = 60; }
static void vx_bad_len(struct packet *p)  { vx_query(p); p->bytes[INNER + 3] = 30; }
static void vx_long(struct packet *p)     { vx_query(p); p->bytes[INNER + 2] = 9; }
static void vx_udp_len(struct packet *p)  { vx_query(p); p->bytes[INNER + 25] = 19; }
static void vx_udp_none(struct packet *p) { vx_query(p); p->bytes[INNER + 25] = 7; }
static void vx_udp_long(struct packet *p) { vx_query(p); p->bytes[INNER + 24] = 7; }
static void vx_outer(struct packet *p)    { vx_query(p); p->bytes[IN_UDP + 5] = 8 + 8 + 14 + 20 + 8 + 11; }
static void vx_piece(struct packet *p)    { vx_query(p); p->bytes[INNER + 7] = 9; }
static void vx_arp(struct packet *p)      { vxlan(p, 7, 0x806); zeros(p, 28); vxlan_end(p); }
static void vx_ipv6(struct packet *p)     { vxlan(p, 7, 0x86dd); ipv6(p, TCP, 40); tcp(p, 80, ACK, 20); vxlan_end(p); }
static void vx_other(struct packet *p)    { vx_query(p); p->bytes[INNER - 1] = 1; }
static void vx_outer6(struct packet *p)
{
	eth(p, 0x86dd); ipv6(p, DEST, 0); put32(p, UDP << 24); put32(p, 0);
	udp(p, 4789, 0); put32(p, 0x08000000); put32(p, 9 << 8);
	eth(p, 0x800); ipv4(p, UDP, FRIEND, 41, 0, 0); udp(p, 53, 0); message(p, 0x100, 3);
	end_udp(p, 62); end_ipv6(p, 14); p->bytes[105] = 41;
}

static const struct row tenants[] = {
	{ vx_tcp,      45, "TCP in VXLAN" },
	{ vx_quic,     10, "UDP to port 443" },
	{ vx_query,    15, "a DNS query" },
	{ vx_answer,   14, "a DNS answer" },
	{ vx_arp,       3, "ARP" },
	{ vx_ipv6,      5, "IPv6" },
	{ vx_options,   1, "a query behind IPv4 options" },
	{ vx_piece,     1, "a later fragment" },
	{ vx_outer6,    1, "a query in VXLAN over IPv6 with destination options" },
	{ data,         5, "TCP without a tunnel" },
	{ vx_from,      0, "an answer from port 53" },
	{ vx_other,     0, "IPv4 under another EtherType" },
	{ vx_bad_ihl,   0, "IHL of 3" },
	{ vx_ihl_past,  0, "options past the end of the tunnel's packet" },
	{ vx_bad_len,   0, "a total length in the middle of DNS" },
	{ vx_long,      0, "a total length past the end" },
	{ vx_udp_len,   0, "a UDP length in the middle of DNS" },
	{ vx_udp_none,  0, "a UDP length of 7" },
	{ vx_udp_long,  0, "a UDP length past the end" },
	{ vx_outer,     0, "an outer UDP length in the middle of DNS" },
};

/* ---- example_chains: IPv6 extension headers ---- */

/* A header of `kind` bytes as the list says, each with the next one's number and its own length. */
static void chain(struct packet *p, const uint8_t *kinds, unsigned n, unsigned routing, unsigned frag)
{
	eth(p, 0x86dd);
	ipv6(p, kinds[0], 0);
	for (unsigned i = 0; i + 1 < n; i++) {
		put8(p, kinds[i + 1]);
		switch (kinds[i]) {
		case FRAG:    put8(p, 0); put16(p, frag); put32(p, 7); break;
		case AH:      put8(p, 4); zeros(p, 22); break;
		case ROUTING: put8(p, 2); put8(p, routing); zeros(p, 21); break;
		default:      put8(p, 0); zeros(p, 6); break;
		}
	}
	if (kinds[n - 1] == TCP)
		tcp(p, 443, ACK, 40);
	else
		zeros(p, 40);
	end_ipv6(p, 14);
}
#define CHAIN(p, routing, frag, ...) chain(p, (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }, \
					   routing, frag)

static void ch_none(struct packet *p)   { CHAIN(p, 0, 0, TCP); }
static void ch_hop(struct packet *p)    { CHAIN(p, 0, 0, HOP, ICMP6); }
static void ch_first(struct packet *p)  { CHAIN(p, 0, 1, FRAG, TCP); }
static void ch_later(struct packet *p)  { CHAIN(p, 0, 0x5a8, FRAG, TCP); }
static void ch_auth(struct packet *p)   { CHAIN(p, 0, 0, AH, TCP); }
static void ch_esp(struct packet *p)    { CHAIN(p, 0, 0, DEST, ESP); }
static void ch_route(struct packet *p)  { CHAIN(p, 4, 0, ROUTING, TCP); }
static void ch_old(struct packet *p)    { CHAIN(p, 0, 0, ROUTING, TCP); }
static void ch_behind(struct packet *p) { CHAIN(p, 0, 0, HOP, DEST, ROUTING, TCP); }
static void ch_all(struct packet *p)    { CHAIN(p, 4, 1, HOP, DEST, ROUTING, FRAG, AH, 135, TCP); }
static void ch_seven(struct packet *p)  { CHAIN(p, 4, 0, HOP, DEST, 139, 140, DEST, DEST, DEST, TCP); }
static void ch_eight(struct packet *p)  { CHAIN(p, 4, 0, HOP, DEST, 139, 140, DEST, DEST, DEST, AH, TCP); }
static void ch_past(struct packet *p)   { ch_hop(p); p->bytes[55] = 255; }
static void ch_tag(struct packet *p)
{
	ch_all(p);
	for (unsigned i = p->n++; i > 14; i--)
		p->bytes[i + 3] = p->bytes[i - 1];
	p->n += 3;
	memcpy(p->bytes + 12, "\x81\0\0\x64\x86\xdd", 6);
}

static const struct row chains[] = {
	{ ch_none,    60, "TCP" },
	{ data,       10, "IPv4" },
	{ ch_hop,      6, "hop-by-hop" },
	{ ch_first,    4, "a first fragment" },
	{ ch_later,    4, "a later fragment" },
	{ ch_auth,     3, "authentication" },
	{ ch_esp,      3, "destination, ESP" },
	{ ch_route,    3, "routing of type 4" },
	{ ch_old,      2, "routing of type 0" },
	{ ch_behind,   1, "routing of type 0 behind two others" },
	{ ch_all,      2, "six headers" },
	{ ch_seven,    1, "seven headers" },
	{ ch_tag,      1, "six headers behind a VLAN tag" },
	{ ch_eight,    0, "eight headers" },
	{ ch_past,     0, "a header past the end of the packet" },
};

const struct mix mixes[] = {
	{ "example_chains",  MIX_ROWS(chains) },
	{ "example_limit",   MIX_ROWS(limit) },
	{ "example_tenants", MIX_ROWS(tenants) },
};
const unsigned nmixes = sizeof mixes / sizeof *mixes;
