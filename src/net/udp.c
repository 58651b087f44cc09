/* udp.c - UDP. */
#include "net/net.h"

const struct net_proto net_udp = {
	.fixed = 8,
	.total = { .there = true, .at = 4, .min = 8 },
	.sum   = { .at = 6, .covers = NET_SUM_OWN | NET_SUM_PSEUDO | NET_SUM_OPTIONAL },
	.next  = { .at = 2, .space = NET_DPORT },
	.also  = { .at = 0, .space = NET_SPORT },
	.inner = true,
	.over  = { { NET_PROTO4, 17 }, { NET_PROTO6, 17 } },
};

static const struct ir_field fields[] = {
	NET_ROW_PORT("sport", 0),
	NET_ROW_PORT("dport", 16),
	NET_ROW_FIXED("len",  32, 16, NET_FIXED_LENGTH),
	NET_ROW_CHECK("check", 48),
	NET_ROW_CARRIED("dns",    NET_DNS),
	NET_ROW_CARRIED("vxlan",  NET_VXLAN),
	NET_ROW_CARRIED("geneve", NET_GENEVE),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_udp_view = NET_VIEW("udp", 3, fields, &net_udp, NET_IN_IP);
