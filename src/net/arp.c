/* arp.c - ARP for IPv4 over Ethernet; other address types are no `arp`. */
#include "net/net.h"

const struct net_proto net_arp = {
	.fixed = 28,
	.magic = { 6, { 0x00, 0x01, 0x08, 0x00, 6, 4 } },
	.over  = { { NET_ETHERTYPE, 0x0806 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS("op",  48, 16),
	NET_ROW_MAC ("sha", 64),
	NET_ROW_IP4 ("spa", 112),
	NET_ROW_MAC ("tha", 144),
	NET_ROW_IP4 ("tpa", 192),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_arp_view = NET_VIEW("arp", 3, fields, &net_arp, NET_IN_ETH);
