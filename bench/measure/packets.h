/* packets.h - how packets are put together, one header behind the other, and what mixes there are of them. */
#ifndef BENCH_PACKETS_H
#define BENCH_PACKETS_H

#include "measure.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, HOP = 0, ROUTING = 43, FRAG = 44, ESP = 50, AH = 51, DEST = 60 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { FRIEND = 0x0a000007, HOSTILE = 0xcb007107, SERVER = 0x0a000001 };

void put8(struct packet *p, unsigned v);
void put16(struct packet *p, unsigned v);
void put32(struct packet *p, uint32_t v);
void put(struct packet *p, const char *bytes, unsigned n);
void zeros(struct packet *p, unsigned n);

void eth(struct packet *p, unsigned type);
/* `size` bytes behind the header; options in words */
void ipv4(struct packet *p, unsigned proto, uint32_t src, unsigned size, unsigned options, unsigned frag);
void ipv6(struct packet *p, unsigned next, unsigned size);
/* These are followed by `data` zeros. */
void tcp(struct packet *p, unsigned dport, unsigned flags, unsigned data);
void udp(struct packet *p, unsigned dport, unsigned data);
void tcp_from(struct packet *p, unsigned sport, unsigned dport, unsigned flags, unsigned data);
void udp_from(struct packet *p, unsigned sport, unsigned dport, unsigned data);

/* The IPv4 header at `at` is of a packet from src to dst. */
void from_to(struct packet *p, unsigned at, uint32_t src, uint32_t dst);
/* The header at `at` reaches as far as what was put into the packet so far. */
void end_ipv4(struct packet *p, unsigned at);
void end_ipv6(struct packet *p, unsigned at);
void end_udp(struct packet *p, unsigned at);

struct row {                 /* of a mix */
	void (*make)(struct packet *p);
	unsigned weight;         /* 0: not measured, but made ready by, or compared */
	const char *name;
};
/* What programs whose names begin with `programs` run on. */
struct mix {
	const char *programs;
	const struct row *rows;
	unsigned n;
	/* Those behind them, not measured: packet i, false: there are no more. */
	bool (*more)(struct packet *p, unsigned i);
};
#define MIX_ROWS(list) .rows = list, .n = sizeof list / sizeof *list

extern const struct mix server_mix;
extern const struct mix agents_mix, names_mix, sni_mix; /* texts.c */
extern const struct mix *const mixes[];
extern const unsigned nmixes;

#endif
