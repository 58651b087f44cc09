/* inner_eth.c - the Ethernet header of a frame within a packet. */
#include "net/net.h"

const struct net_proto net_inner_eth = {
	.fixed = 14,
	.next  = { .at = 12, .space = NET_ETHERTYPE },
	.inner = true,
	.over  = { { NET_ALWAYS, 0 }, { NET_ETHERTYPE, 0x6558 } },
};

static const struct ir_field fields[] = {
	NET_ROW_TUNNEL_MAC("dst", 0),
	NET_ROW_TUNNEL_MAC("src", 48),
	NET_ROW_FIXED ("type", 96, 16, NET_FIXED_NEXT),
	NET_ROW_TUNNEL("arp",  NET_ARP),
	NET_ROW_TUNNEL("ipv4", NET_IPV4),
	NET_ROW_TUNNEL("ipv6", NET_IPV6),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_inner_eth_view = NET_VIEW("inner_eth", 3, fields, &net_inner_eth, 0);
