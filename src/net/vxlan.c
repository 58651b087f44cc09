/* vxlan.c - VXLAN, at its own port: an Ethernet frame in UDP. */
#include "net/net.h"

const struct net_proto net_vxlan = {
	.covered = NET_UDP,
	.fixed = 8,
	.next  = { .space = NET_ALWAYS },
	.inner = true,
	.over  = { { NET_DPORT, 4789 } },
};

static const struct ir_field fields[] = {
	NET_ROW_FIXED ("flags", 0, 8, NET_FIXED_HOLDS),
	NET_ROW_BITS  ("vni",   32, 24),
	NET_ROW_TUNNEL("eth",   NET_INNER_ETH),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_vxlan_view = NET_VIEW("vxlan", 3, fields, &net_vxlan, NET_IN_UDP);
