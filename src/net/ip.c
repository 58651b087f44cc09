/* ip.c - an IP header of either version: what both have. */
#include "net/net.h"

#define EITHER(v4_, v6_) .how = NET_EITHER, .v4 = &(const struct net_field)v4_,             \
	.v6 = &(const struct net_field)v6_
#define F(...) { __VA_ARGS__ }
#define ADDRESS (IR_BIT(IR_IP4) | IR_BIT(IR_IP6))

static const struct ir_field fields[] = {
	NET_ROW_FIXED("version", 0, 4, NET_FIXED_NEXT),
	NET_ROW_SET("src", ADDRESS, 0, false, EITHER(F(.how = NET_IP4, .bit = 96), F(.how = NET_IP6, .bit = 64))),
	NET_ROW_SET("dst", ADDRESS, 0, false, EITHER(F(.how = NET_IP4, .bit = 128), F(.how = NET_IP6, .bit = 192))),
	NET_ROW_WALKS("proto", IR_BIT(IR_INT), NET_FIXED_NEXT, EITHER(F(NET_BITS_AT(72, 8)), F(.how = NET_LAST))),
	NET_ROW_SET("ttl", IR_BIT(IR_INT), 8, false, EITHER(F(NET_BITS_AT(64, 8)), F(NET_BITS_AT(56, 8)))),
	NET_ROW_HEADER("tcp", NET_TCP),
	NET_ROW_HEADER("udp", NET_UDP),
	NET_ROW_HEADER("icmp", NET_ICMP),
	NET_ROW_HEADER("icmp6", NET_ICMP6),
	NET_ROWS_TRANSPORT,
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_ip_view = NET_VIEW("ip", 4, fields, NULL, NET_IN_ETH);
