/* icmp.c - ICMP of IPv4: the first 8 bytes, as an echo has them. */
#include "net/net.h"

const struct net_proto net_icmp = {
	.fixed = 8,
	.sum   = { .at = 2, .covers = NET_SUM_OWN },
	.over  = { { NET_PROTO4, 1 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS("type",  0, 8),
	NET_ROW_BITS("code",  8, 8),
	NET_ROW_CHECK("check", 16),
	NET_ROW_BITS("id",    32, 16),
	NET_ROW_BITS("seq",   48, 16),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_icmp_view = NET_VIEW("icmp", 3, fields, &net_icmp, NET_IN_IPV4);
