/* ipv6.c - IPv6; `tcp` and the like, and `payload`, lie behind the extension headers. */
#include "net/net.h"

static const struct net_exts exts = {
	.max  = 8,
	.frag = 44,
	.auth = 51,
	.n    = 8,
	/* hop by hop, routing, fragment, authentication, destination, mobility, HIP, shim6 */
	.value = { 0, 43, 44, 51, 60, 135, 139, 140 },
};

const struct net_proto net_ipv6 = {
	.fixed = 40,
	.check = { .at = 0, .lo = 0x60, .hi = 0x6f },
	.total = { .there = true, .at = 4, .add = 40, .zero_open = true },
	.next  = { .at = 6, .space = NET_PROTO6 },
	.exts  = &exts,
	.over  = { { NET_ETHERTYPE, 0x86dd }, { NET_LAST_LABEL, 1 }, { NET_ALWAYS, 0 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS  ("tclass",    4, 8),
	NET_ROW_BITS  ("flow",      12, 20),
	NET_ROW_FIXED ("len",       32, 16, NET_FIXED_LENGTH),
	NET_ROW_FIXED ("next",      48, 8, NET_FIXED_NEXT),
	NET_ROW_BITS  ("hop_limit", 56, 8),
	NET_ROW_IP6   ("src",       64),
	NET_ROW_IP6   ("dst",       192),
	NET_ROW_HEADER("tcp",   NET_TCP),
	NET_ROW_HEADER("udp",   NET_UDP),
	NET_ROW_HEADER("icmp6", NET_ICMP6),
	NET_ROWS_TRANSPORT,
	NET_ROW_HEADER("hopopts",  NET_HOPOPTS),
	NET_ROW_HEADER("routing",  NET_ROUTING),
	NET_ROW_HEADER("fragment", NET_FRAGMENT),
	NET_ROW_HEADER("dstopts",  NET_DSTOPTS),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_ipv6_view = NET_VIEW("ipv6", 3, fields, &net_ipv6, NET_IN_IP);
