/* dns.c - the header of a DNS message in UDP, from or to its port; the questions are its payload. */
#include "net/net.h"

const struct net_proto net_dns = {
	.fixed = 12,
	.over  = { { NET_DPORT, 53 }, { NET_SPORT, 53 } },
};

static const struct ir_field fields[] = {
	NET_ROW_FIXED ("id",      0, 16, NET_FIXED_SUM),
	NET_ROW_SIGN  ("qr",      16),
	NET_ROW_FIXED ("opcode",  17, 4, NET_FIXED_SUM),
	NET_ROW_SIGN  ("aa",      21),
	NET_ROW_SIGN  ("tc",      22),
	NET_ROW_SIGN  ("rd",      23),
	NET_ROW_SIGN  ("ra",      24),
	NET_ROW_SIGN  ("ad",      26),
	NET_ROW_SIGN  ("cd",      27),
	NET_ROW_FIXED ("rcode",   28, 4, NET_FIXED_SUM),
	NET_ROW_FIXED ("qdcount", 32, 16, NET_FIXED_SUM),
	NET_ROW_FIXED ("ancount", 48, 16, NET_FIXED_SUM),
	NET_ROW_FIXED ("nscount", 64, 16, NET_FIXED_SUM),
	NET_ROW_FIXED ("arcount", 80, 16, NET_FIXED_SUM),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_dns_view = NET_VIEW("dns", 3, fields, &net_dns, NET_IN_UDP);
