/* ip.c - an IP header of either version: what both have. */
#include "net/net.h"

#define EITHER(name, kinds, v4_, v6_)                                                       \
	NET_ROW(name, kinds, .how = NET_EITHER, .v4 = &(const struct net_field)v4_,         \
		.v6 = &(const struct net_field)v6_)
#define F(...) { __VA_ARGS__ }

static const struct ir_field fields[] = {
	NET_ROW_BITS("version", 0, 4),
	EITHER("src", IR_BIT(IR_IP4) | IR_BIT(IR_IP6), F(.how = NET_IP4, .bit = 96),
	       F(.how = NET_IP6, .bit = 64)),
	EITHER("dst", IR_BIT(IR_IP4) | IR_BIT(IR_IP6), F(.how = NET_IP4, .bit = 128),
	       F(.how = NET_IP6, .bit = 192)),
	EITHER("proto", IR_BIT(IR_INT), F(.how = NET_BITS, .bit = 72, .width = 8),
	       F(.how = NET_LAST)),
	EITHER("ttl", IR_BIT(IR_INT), F(.how = NET_BITS, .bit = 64, .width = 8),
	       F(.how = NET_BITS, .bit = 56, .width = 8)),
	NET_ROW_HEADER("tcp", NET_TCP),
	NET_ROW_HEADER("udp", NET_UDP),
	NET_ROW_HEADER("icmp", NET_ICMP),
	NET_ROW_HEADER("icmp6", NET_ICMP6),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_ip_view = NET_VIEW("ip", 4, fields);
