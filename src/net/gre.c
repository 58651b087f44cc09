/*
 * gre.c - GRE, version 0: checksum, key and sequence number take 4 bytes each, in this order, if they are there
 * (gre:u32(4) is the first of them).
 */
#include "net/net.h"

const struct net_proto net_gre = {
	.fixed = 4,
	.zero  = { .at = 0, .mask = 0x4007 }, /* no routing, version 0 */
	.opts  = { .at = 0, .bits = 0xb0 },
	.next  = { .at = 2, .space = NET_ETHERTYPE },
	.inner = true,
	.over  = { { NET_PROTO4, 47 }, { NET_PROTO6, 47 } },
};

static const struct ir_field fields[] = {
	NET_ROW_SIGN  ("has_check", 0, NET_FIXED_LENGTH),
	NET_ROW_SIGN  ("has_key",   2, NET_FIXED_LENGTH),
	NET_ROW_SIGN  ("has_seq",   3, NET_FIXED_LENGTH),
	NET_ROW_FIXED ("type",      16, 16, NET_FIXED_NEXT),
	NET_ROW_TUNNEL("eth",  NET_INNER_ETH),
	NET_ROW_TUNNEL("ipv4", NET_IPV4),
	NET_ROW_TUNNEL("ipv6", NET_IPV6),
	NET_ROW_TUNNEL("mpls", NET_MPLS),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_gre_view = NET_VIEW("gre", 3, fields, &net_gre, NET_IN_IP);
