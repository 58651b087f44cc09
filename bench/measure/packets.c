/*
 * packets.c - the packets that programs are measured on: what a server's card sees, by weight, in a
 * hundred packets, the rare and the broken included. Those that want others have them in mixes.c.
 */
#include "packets.h"

#include <stdlib.h>
#include <string.h>

void put8(struct packet *p, unsigned v)
{
	if (p->n == sizeof p->bytes)
		die("packet '%s' is too long", p->name);
	p->bytes[p->n++] = (uint8_t)v;
}

void put(struct packet *p, const char *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put8(p, (uint8_t)bytes[i]);
}

void put16(struct packet *p, unsigned v)
{
	put8(p, v >> 8);
	put8(p, v);
}

void put32(struct packet *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p, v);
}

void zeros(struct packet *p, unsigned n)
{
	while (n--)
		put8(p, 0);
}

void eth(struct packet *p, unsigned type)
{
	put(p, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
	put16(p, type);
}

static void tag(struct packet *p, unsigned id, unsigned type)
{
	put16(p, id);
	put16(p, type);
}

void ipv4(struct packet *p, unsigned proto, uint32_t src, unsigned size, unsigned options, unsigned frag)
{
	put8(p, 0x45 + options);
	put8(p, 0);
	put16(p, 20 + options * 4 + size);
	put16(p, 1);
	put16(p, frag);
	put8(p, 64);
	put8(p, proto);
	put16(p, 0);
	put32(p, src);
	put32(p, SERVER);
	for (unsigned i = 0; i < options; i++)
		put32(p, 0x01010101);
}

void ipv6(struct packet *p, unsigned next, unsigned size)
{
	put32(p, 0x60000000);
	put16(p, size);
	put8(p, next);
	put8(p, 64);
	put(p, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
	put(p, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
}

void tcp(struct packet *p, unsigned dport, unsigned flags, unsigned data)
{
	tcp_from(p, 40000, dport, flags, data);
}

void tcp_from(struct packet *p, unsigned sport, unsigned dport, unsigned flags, unsigned data)
{
	put16(p, sport);
	put16(p, dport);
	put32(p, 1000);
	put32(p, 2000);
	put8(p, 0x50);
	put8(p, flags);
	put16(p, 512);
	put32(p, 0);
	zeros(p, data);
}

void udp(struct packet *p, unsigned dport, unsigned data)
{
	udp_from(p, 5353, dport, data);
}

void udp_from(struct packet *p, unsigned sport, unsigned dport, unsigned data)
{
	put16(p, sport);
	put16(p, dport);
	put16(p, 8 + data);
	put16(p, 0);
	zeros(p, data);
}

static void at16(struct packet *p, unsigned at, unsigned v)
{
	p->bytes[at] = (uint8_t)(v >> 8);
	p->bytes[at + 1] = (uint8_t)v;
}

void from_to(struct packet *p, unsigned at, uint32_t src, uint32_t dst)
{
	at16(p, at + 12, src >> 16);
	at16(p, at + 14, src);
	at16(p, at + 16, dst >> 16);
	at16(p, at + 18, dst);
}

void end_ipv4(struct packet *p, unsigned at)
{
	at16(p, at + 2, p->n - at);
}

void end_ipv6(struct packet *p, unsigned at)
{
	at16(p, at + 4, p->n - at - 40);
}

void end_udp(struct packet *p, unsigned at)
{
	at16(p, at + 4, p->n - at);
}

static void icmp(struct packet *p, unsigned type)
{
	put8(p, type);
	zeros(p, 3);
	put32(p, 0x00010001);
	zeros(p, 32);
}

/* ---- the mix ---- */

static void web(struct packet *p)      { eth(p, 0x800); ipv4(p, TCP, FRIEND, 80, 0, 0x4000); tcp(p, 80, ACK, 60); }
static void tls(struct packet *p)      { eth(p, 0x800); ipv4(p, TCP, FRIEND, 120, 0, 0x4000); tcp(p, 443, ACK, 100); }
static void syn(struct packet *p)      { eth(p, 0x800); ipv4(p, TCP, HOSTILE, 20, 0, 0x4000); tcp(p, 443, SYN, 0); }
static void ssh(struct packet *p)      { eth(p, 0x800); ipv4(p, TCP, HOSTILE, 20, 0, 0x4000); tcp(p, 22, SYN, 0); }
static void xmas(struct packet *p)     { eth(p, 0x800); ipv4(p, TCP, HOSTILE, 20, 0, 0); tcp(p, 80, FIN | PSH | URG, 0); }
static void dns(struct packet *p)      { eth(p, 0x800); ipv4(p, UDP, FRIEND, 48, 0, 0); udp(p, 53, 40); }
static void quic(struct packet *p)     { eth(p, 0x800); ipv4(p, UDP, FRIEND, 158, 0, 0); udp(p, 443, 150); }
static void ping(struct packet *p)     { eth(p, 0x800); ipv4(p, ICMP, FRIEND, 40, 0, 0); icmp(p, 8); }
static void options(struct packet *p)  { eth(p, 0x800); ipv4(p, TCP, FRIEND, 20, 3, 0); tcp(p, 80, ACK, 0); }
static void piece(struct packet *p)    { eth(p, 0x800); ipv4(p, UDP, HOSTILE, 64, 0, 0x00b9); zeros(p, 64); }
static void bad_ihl(struct packet *p)  { web(p); p->bytes[14] = 0x44; }
static void bad_len(struct packet *p)  { web(p); p->bytes[16] = 0, p->bytes[17] = 30; }
static void cut(struct packet *p)      { web(p); p->n = 30; }
static void vlan(struct packet *p)     { eth(p, 0x8100); tag(p, 100, 0x800); ipv4(p, TCP, FRIEND, 20, 0, 0); tcp(p, 443, ACK, 0); }
static void qinq(struct packet *p)
{
	eth(p, 0x88a8); tag(p, 7, 0x8100); tag(p, 100, 0x800); ipv4(p, UDP, FRIEND, 28, 0, 0); udp(p, 53, 20);
}
static void tls6(struct packet *p)     { eth(p, 0x86dd); ipv6(p, TCP, 60); tcp(p, 443, ACK, 40); }
static void dns6(struct packet *p)     { eth(p, 0x86dd); ipv6(p, UDP, 48); udp(p, 53, 40); }
static void nd6(struct packet *p)      { eth(p, 0x86dd); ipv6(p, ICMP6, 40); icmp(p, 135); }
static void hop6(struct packet *p)     { eth(p, 0x86dd); ipv6(p, HOP, 36); put32(p, UDP << 24); put32(p, 0); udp(p, 53, 20); }
static void piece6(struct packet *p)
{
	eth(p, 0x86dd); ipv6(p, FRAG, 72); put32(p, UDP << 24 | 0x00b9); put32(p, 9); zeros(p, 64);
}
static void arp(struct packet *p)
{
	eth(p, 0x806); put32(p, 0x00010800); put32(p, 0x06040001); zeros(p, 20);
}
static void lldp(struct packet *p)     { eth(p, 0x88cc); zeros(p, 46); }

static const struct row server[] = {
	{ web,     20, "TCP to port 80" },
	{ tls,     20, "TCP to port 443" },
	{ syn,      5, "SYN from 203.0.113.7 to 443" },
	{ ssh,      4, "SYN from 203.0.113.7 to 22" },
	{ xmas,     1, "TCP with FIN, PSH, URG" },
	{ dns,     10, "UDP to port 53" },
	{ quic,    10, "UDP to port 443" },
	{ ping,     2, "ICMP echo" },
	{ options,  1, "IPv4 with options, TCP to 80" },
	{ piece,    1, "IPv4 fragment, not the first" },
	{ bad_ihl,  1, "IPv4, IHL of 4" },
	{ bad_len,  1, "IPv4, total length of 30" },
	{ cut,      1, "IPv4 cut off after 30 bytes" },
	{ vlan,     5, "VLAN tag, TCP to 443" },
	{ qinq,     1, "two VLAN tags, UDP to 53" },
	{ tls6,     8, "IPv6, TCP to 443" },
	{ dns6,     3, "IPv6, UDP to 53" },
	{ nd6,      1, "ICMPv6 neighbour solicitation" },
	{ hop6,     1, "IPv6, hop-by-hop, UDP to 53" },
	{ piece6,   1, "IPv6 fragment, not the first" },
	{ arp,      2, "ARP" },
	{ lldp,     1, "LLDP" },
};

const struct mix server_mix = { .programs = "", MIX_ROWS(server) };

static const struct mix *mix_of(const char *program)
{
	for (unsigned i = 0; i < nmixes; i++)
		if (!strncmp(program, mixes[i]->programs, strlen(mixes[i]->programs)))
			return mixes[i];
	return &server_mix;
}

static void make_all(struct packet *p, const struct mix *m, bool measured)
{
	for (unsigned i = 0; i < m->n; i++, p++) {
		p->name = m->rows[i].name;
		p->weight = measured ? m->rows[i].weight : 0;
		m->rows[i].make(p);
	}
}

struct packet *packets_for(const char *program, unsigned *n)
{
	const struct mix *m = mix_of(program);
	struct packet one = { 0 };
	unsigned more = 0;

	while (m->more && m->more(&one, more))
		more++, one.n = 0;
	*n = m->n + more + (m == &server_mix ? 0 : server_mix.n);
	struct packet *p = calloc(*n, sizeof *p);
	if (!p)
		die("no memory");
	make_all(p, m, true);
	for (unsigned i = 0; i < more; i++) {
		p[m->n + i].name = "one of many";
		m->more(&p[m->n + i], i);
	}
	if (m != &server_mix)
		make_all(p + m->n + more, &server_mix, false);
	return p;
}
