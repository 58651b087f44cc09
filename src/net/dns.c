/* dns.c - the header of a DNS message in UDP, from or to its port; the questions are its payload. */
#include "net/net.h"

const struct net_proto net_dns = {
	.fixed = 12,
	.covered = NET_UDP,
	.over  = { { NET_DPORT, 53 }, { NET_SPORT, 53 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS("id",      0, 16),
	NET_ROW_FLAG("qr",      16),
	NET_ROW_BITS("opcode",  17, 4),
	NET_ROW_FLAG("aa",      21),
	NET_ROW_FLAG("tc",      22),
	NET_ROW_FLAG("rd",      23),
	NET_ROW_FLAG("ra",      24),
	NET_ROW_FLAG("ad",      26),
	NET_ROW_FLAG("cd",      27),
	NET_ROW_BITS("rcode",   28, 4),
	NET_ROW_BITS("qdcount", 32, 16),
	NET_ROW_BITS("ancount", 48, 16),
	NET_ROW_BITS("nscount", 64, 16),
	NET_ROW_BITS("arcount", 80, 16),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_dns_view = NET_VIEW("dns", 3, fields, &net_dns, NET_IN_UDP);
