/* vlan.c - a VLAN tag in the frame (802.1Q, 802.1ad, and 0x9100 of before the standard). */
#include "net/net.h"

const struct net_proto net_vlan = {
	.fixed = 4,
	.next  = { .at = 2, .space = NET_ETHERTYPE },
	.over  = { { NET_ETHERTYPE, 0x8100 }, { NET_ETHERTYPE, 0x9100 }, { NET_ETHERTYPE, 0x88a8 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS  ("pcp",  0, 3),
	NET_ROW_FLAG  ("dei",  3),
	NET_ROW_BITS  ("id",   4, 12),
	NET_ROW_LEADS ("type", 16, 16),
	NET_ROW_HEADER("vlan", NET_VLAN),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_vlan_view = NET_VIEW("vlan", 3, fields, &net_vlan, NET_IN_ETH);
