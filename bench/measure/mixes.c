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
static void ch_hidden(struct packet *p)
{
	CHAIN(p, 0, 0, HOP, DEST, DEST, DEST, DEST, DEST, DEST, DEST, DEST, ROUTING, TCP);
}
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
	{ ch_hidden,   0, "routing of type 0 behind nine others" },
	{ ch_past,     0, "a header past the end of the packet" },
};

/* ---- example_balancer: HTTP to 10.0.0.1; example_balancer_answers: from 10.1.0.2 to 10.1.0.4 ---- */

enum { BEHIND = 0x0a010002 };

static void web(struct packet *p, unsigned sport, uint32_t to)
{
	eth(p, 0x800);
	ipv4(p, TCP, HOSTILE + sport, 80, 0, 0x4000);
	from_to(p, OUTER, HOSTILE + sport, to);
	tcp_from(p, sport, 80, ACK, 60);
	memcpy(p->bytes + 24, "\x12\x34", 2);
	memcpy(p->bytes + 50, "\xab\xcd", 2);
}

static void web1(struct packet *p)      { web(p, 40001, SERVER); }
static void web2(struct packet *p)      { web(p, 40002, SERVER); }
static void web3(struct packet *p)      { web(p, 40003, SERVER); }
static void web4(struct packet *p)      { web(p, 40004, SERVER); }
static void web_other(struct packet *p) { web(p, 40001, SERVER + 9); }
static void web_port(struct packet *p)  { web(p, 40001, SERVER); p->bytes[37] = 81; }
static void web_piece(struct packet *p) { web(p, 40001, SERVER); p->bytes[21] = 8; }
static void web_sums(struct packet *p)  { web(p, 40002, SERVER); memset(p->bytes + 24, 0xff, 2); memset(p->bytes + 50, 0, 2); }
static void web_tag(struct packet *p)
{
	eth(p, 0x8100); put16(p, 100); put16(p, 0x800);
	ipv4(p, TCP, HOSTILE, 52, 3, 0x4000); tcp(p, 80, ACK, 20);
}

static const struct row balancer[] = {
	{ web1,      25, "HTTP from a client" },
	{ web2,      25, "from another" },
	{ web3,      15, "from another" },
	{ web4,      10, "from another" },
	{ web_tag,    1, "behind a VLAN tag, with IPv4 options" },
	{ web_other,  5, "to another address" },
	{ web_port,   5, "to another port" },
	{ other,      8, "IPv6" },
	{ flood,      5, "UDP" },
	{ web_piece,  1, "a later fragment" },
	{ web_sums,   0, "sums of 0xffff and 0" },
};

/* Sums of the packet number i that are what they become by chance, 0 and 0xffff among them; false: enough of them. */
static bool chance_sums(struct packet *p, unsigned i)
{
	for (unsigned k = 0; k < 2; k++)
		p->bytes[24 + k] = p->bytes[50 + k] = (uint8_t)(i * 37 >> (k ? 0 : 3));
	return i < 400;
}

static bool any_sum(struct packet *p, unsigned i)
{
	web(p, 40000 + i % 7, SERVER);
	return chance_sums(p, i);
}

static void reply(struct packet *p, uint32_t from, unsigned sport)
{
	eth(p, 0x800);
	ipv4(p, TCP, from, 80, 0, 0x4000);
	from_to(p, OUTER, from, HOSTILE);
	tcp_from(p, sport, 40000, ACK, 60);
	memcpy(p->bytes + 24, "\x12\x34", 2);
	memcpy(p->bytes + 50, "\xab\xcd", 2);
}

static void reply1(struct packet *p)      { reply(p, BEHIND, 80); }
static void reply2(struct packet *p)      { reply(p, BEHIND + 1, 80); }
static void reply3(struct packet *p)      { reply(p, BEHIND + 2, 80); }
static void reply_other(struct packet *p) { reply(p, FRIEND, 80); }
static void reply_port(struct packet *p)  { reply(p, BEHIND, 22); }
static void reply_piece(struct packet *p) { reply(p, BEHIND, 80); p->bytes[21] = 8; }
static void reply_udp(struct packet *p)
{
	eth(p, 0x800); ipv4(p, UDP, BEHIND, 28, 0, 0); udp_from(p, 80, 9, 20);
}
static void reply_tag(struct packet *p)
{
	eth(p, 0x8100); put16(p, 100); put16(p, 0x800);
	ipv4(p, TCP, BEHIND, 52, 3, 0x4000); tcp_from(p, 80, 9, ACK, 20);
}

static const struct row answers[] = {
	{ reply1,      30, "an answer" },
	{ reply2,      20, "of another server" },
	{ reply3,      20, "of another" },
	{ reply_tag,    1, "behind a VLAN tag, with IPv4 options" },
	{ reply_other,  5, "from another address" },
	{ reply_port,  10, "from another port" },
	{ reply_udp,    5, "UDP" },
	{ other,        8, "IPv6" },
	{ reply_piece,  1, "a later fragment" },
};

static bool any_answer(struct packet *p, unsigned i)
{
	reply(p, BEHIND + i % 3, 80);
	return chance_sums(p, i);
}

/* ---- example_tracking: TCP connections ---- */

/* Of connection `id`, from its client or its server. */
static void segment(struct packet *p, unsigned id, bool back, unsigned flags)
{
	uint32_t client = HOSTILE + id / 100;
	unsigned port = 10000 + id;

	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 40, 0, 0x4000);
	from_to(p, OUTER, back ? SERVER : client, back ? client : SERVER);
	tcp_from(p, back ? 80 : port, back ? port : 80, flags, 20);
}

static void tr_syn(struct packet *p)    { segment(p, 1, false, SYN); }
static void tr_synack(struct packet *p) { segment(p, 1, true, SYN | ACK); }
static void tr_ack(struct packet *p)    { segment(p, 1, false, ACK); }
static void tr_back(struct packet *p)   { segment(p, 1, true, ACK); }
static void tr_fin(struct packet *p)    { segment(p, 1, false, FIN | ACK); }
static void tr_fin2(struct packet *p)   { segment(p, 1, true, FIN | ACK); }
static void tr_stray(struct packet *p)  { segment(p, 2, true, ACK); }
static void tr_scan(struct packet *p)   { segment(p, 3, false, FIN | PSH | URG); }
static void tr_reset(struct packet *p)  { segment(p, 2, true, RST | ACK); }

static void cut_at(struct packet *p, unsigned frag)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 24, 0, frag);
	zeros(p, 24);
}
static void tr_tiny(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 8, 0, 0x2000);
	zeros(p, 8);
}
static void tr_flags(struct packet *p)  { cut_at(p, 1); }
static void tr_window(struct packet *p) { cut_at(p, 2); }
static void tr_later(struct packet *p)  { cut_at(p, 3); }

static const struct row tracking[] = {
	{ tr_syn,     5, "a connection is asked for" },
	{ tr_synack,  4, "... answered" },
	{ tr_ack,    30, "... made, and used by the client" },
	{ tr_back,   35, "... and by the server" },
	{ tr_fin,     4, "... ends" },
	{ tr_fin2,    4, "... from both sides" },
	{ tr_ack,     4, "... for good" },
	{ tr_stray,   3, "of no connection" },
	{ tr_scan,    2, "a scan" },
	{ tr_reset,   2, "a reset of no connection" },
	{ flood,      3, "UDP" },
	{ other,      4, "IPv6" },
	{ tr_tiny,    0, "a first fragment of eight bytes" },
	{ tr_flags,   0, "a fragment that begins with the flags" },
	{ tr_window,  0, "a fragment that begins behind them" },
	{ tr_later,   0, "a fragment behind the header" },
};

/* How connection `id` gets into each state, as pairs of side and flags; then each side sends each thing, and a reset
 * comes just in time and too late. */
static const char *const ways[] = { "", "cS", "cSsB", "cSsBcA", "cSsBcAcF", "cSsBcAsF", "cSsBcAcFsF", "cSsBcAcFsFsA", "cR", "cSsR" };
static const char lasts[] = "cScBcAcFcRcCc-sSsBsAsFsRsCs-";
static const unsigned gaps[] = { 9, 10, 11, 29, 30, 31, 59, 60, 61, 119, 120, 121, 86399, 86400, 86401 };
enum { STEPS = 7, WAYS = sizeof ways / sizeof *ways, LASTS = sizeof lasts / 2, GAPS = sizeof gaps / sizeof *gaps };

static unsigned flags_of(char event)
{
	switch (event) {
	case 'S': return SYN;
	case 'B': return SYN | ACK;
	case 'A': return ACK;
	case 'F': return FIN | ACK;
	case 'R': return RST;
	case 'C': return FIN | SYN | RST;
	}
	return PSH;
}

static bool transition(struct packet *p, unsigned i)
{
	unsigned id = i / STEPS, step = i % STEPS, what = id / WAYS;
	const char *way = ways[id % WAYS], *next = &way[2 * step];

	if (step >= strlen(way) / 2) {
		next = what < LASTS ? &lasts[2 * what] : "cR";
		p->took = what < LASTS ? 0 : gaps[(what - LASTS) % GAPS] SECONDS;
	}
	segment(p, 100 + id, *next == 's', flags_of(next[1]));
	return what < LASTS + GAPS;
}

/* ---- example_snooping: DHCP ---- */

/* A reply with options; `size`: of these. */
static void dhcp(struct packet *p, const char *list, unsigned size)
{
	eth(p, 0x800);
	ipv4(p, UDP, SERVER, 0, 0, 0);
	udp_from(p, 67, 68, 0);
	put(p, "\2\1\6\0\1\2\3\4\0\0\0\0\0\0\0\0\x0a\0\0\x2a", 20);
	zeros(p, 8);
	put(p, "\x52\x54\0\x12\x34\x56", 6);
	zeros(p, 202);
	put32(p, 0x63825363);
	put(p, list, size);
	end_udp(p, IN_UDP);
	end_ipv4(p, OUTER);
}
#define DHCP(p, list) dhcp(p, list, sizeof list - 1)

#define OFFER   "\x35\1\2"
#define ACKED   "\x35\1\5"
#define SERVERS "\x36\4\x0a\0\0\1"
#define LEASED  "\x33\4\0\0\x0e\x10"
#define REST    "\1\4\xff\xff\xff\0\3\4\x0a\0\0\1\6\4\x0a\0\0\1\x0f\x0b" "example.org"

static void d_ack(struct packet *p)      { DHCP(p, ACKED SERVERS LEASED REST "\xff"); }
static void d_pads(struct packet *p)     { DHCP(p, REST "\0\0\0\0" ACKED "\0" SERVERS "\0\0" LEASED "\xff\0\0\0\0\0\0\0"); }
static void d_offer(struct packet *p)    { DHCP(p, OFFER SERVERS LEASED REST "\xff"); }
static void d_forever(struct packet *p)  { DHCP(p, ACKED SERVERS REST "\xff"); }
static void d_no_end(struct packet *p)   { DHCP(p, REST REST REST ACKED); }
static void d_none(struct packet *p)     { DHCP(p, REST "\xff"); }
static void d_past(struct packet *p)     { DHCP(p, SERVERS "\1\xff\x35\1\5"); }
static void d_cut_len(struct packet *p)  { DHCP(p, ACKED "\1"); }
static void d_cut_kind(struct packet *p) { DHCP(p, REST "\x35\1"); }
static void d_cut(struct packet *p)      { DHCP(p, ACKED "\x33\4\0\0\x0e"); }
static void d_empty(struct packet *p)    { DHCP(p, ""); }
static void d_zeros(struct packet *p)    { DHCP(p, ACKED); zeros(p, 250); end_udp(p, IN_UDP); end_ipv4(p, OUTER); }
static void d_request(struct packet *p)  { d_ack(p); p->bytes[42] = 1; }
static void d_token(struct packet *p)    { d_ack(p); p->bytes[43] = 6; }
static void d_long(struct packet *p)     { d_ack(p); p->bytes[44] = 8; }
static void d_bootp(struct packet *p)    { d_ack(p); p->bytes[42 + 236] = 0; }
static void d_short(struct packet *p)    { d_ack(p); p->bytes[IN_UDP + 4] = 0, p->bytes[IN_UDP + 5] = 240; }
static void d_relay(struct packet *p)    { d_ack(p); p->bytes[37] = 67; }
static void d_from(struct packet *p)     { d_ack(p); p->bytes[35] = 99; }
static void d_asks(struct packet *p)     { d_relay(p); p->bytes[42] = 1; }
static void d_client(struct packet *p)   { d_ack(p); p->bytes[35] = 68, p->bytes[37] = 67, p->bytes[42] = 1; }

static const struct row snooping[] = {
	{ d_ack,      20, "a DHCP server agrees" },
	{ d_pads,     10, "... with padding" },
	{ d_forever,   5, "... without a lease" },
	{ d_offer,    10, "... offers" },
	{ d_client,   10, "a client asks" },
	{ data,       25, "TCP" },
	{ flood,      10, "other UDP" },
	{ other,      10, "IPv6" },
	{ d_relay,     0, "to a relay" },
	{ d_asks,      0, "a request to a relay" },
	{ d_from,      0, "from another port" },
	{ d_no_end,    0, "many options, and no end" },
	{ d_none,      0, "no kind" },
	{ d_past,      0, "an option past the end" },
	{ d_cut_len,   0, "an option without a length" },
	{ d_cut_kind,  0, "a kind without a value" },
	{ d_cut,       0, "a lease that is cut off" },
	{ d_empty,     0, "no options" },
	{ d_zeros,     0, "much padding" },
	{ d_request,   0, "a request" },
	{ d_token,     0, "another kind of address" },
	{ d_long,      0, "an address of eight bytes" },
	{ d_bootp,     0, "another cookie" },
	{ d_short,     0, "a UDP length before the cookie ends" },
};

#define MIX(program, rows, more) &(const struct mix){ program, MIX_ROWS(rows), more }
const struct mix *const mixes[] = { /* longer names first */
	MIX("example_balancer_answers", answers, any_answer),
	MIX("example_balancer", balancer, any_sum),
	MIX("example_chains", chains, NULL),
	MIX("example_limit", limit, NULL),
	MIX("example_snooping", snooping, NULL),
	MIX("example_tenants", tenants, NULL),
	MIX("example_tracking", tracking, transition),
	&agents_mix, &names_mix, &sni_mix,
};
const unsigned nmixes = sizeof mixes / sizeof *mixes;
