/* ipv4.c - IPv4 with options. */
#include "net/net.h"

const struct net_proto net_ipv4 = {
	.fixed = 20,
	.check = { .at = 0, .lo = 0x45, .hi = 0x4f }, /* version 4, at least 5 words */
	.hlen  = { .at = 0, .mask = 0x0f, .shl = 2 },
	.total = { .there = true, .at = 2 },
	.frag  = { .at = 6, .mask = 0x1fff },
	.next  = { .at = 9, .space = NET_PROTO4 },
	.sum   = { .at = 10, .covers = NET_SUM_OWN | NET_SUM_HEADER },
	.over  = { { NET_ETHERTYPE, 0x0800 }, { NET_LAST_LABEL, 1 }, { NET_ALWAYS, 0 } },
};

static const struct ir_field fields[] = {
	NET_ROW_FIXED ("ihl",      4, 4, NET_FIXED_LENGTH),
	NET_ROW_BITS  ("tos",      8, 8),
	NET_ROW_FIXED ("len",      16, 16, NET_FIXED_LENGTH),
	NET_ROW_BITS  ("id",       32, 16),
	NET_ROW_FLAG  ("df",       49),
	NET_ROW_FLAG  ("mf",       50),
	NET_ROW_LEADS ("frag_off", 51, 13),
	NET_ROW_BITS  ("ttl",      64, 8),
	NET_ROW_FIXED ("proto",    72, 8, NET_FIXED_NEXT),
	NET_ROW_CHECK ("check",    80),
	NET_ROW_IP4   ("src",      96),
	NET_ROW_IP4   ("dst",      128),
	NET_ROW_HEADER("tcp",  NET_TCP),
	NET_ROW_HEADER("udp",  NET_UDP),
	NET_ROW_HEADER("icmp", NET_ICMP),
	NET_ROWS_TRANSPORT,
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_ipv4_view = NET_VIEW("ipv4", 3, fields, &net_ipv4, NET_IN_IP);
