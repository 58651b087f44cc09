/* icmp6.c - ICMP of IPv6: the first 8 bytes, as an echo has them. */
#include "net/net.h"

const struct net_proto net_icmp6 = {
	.fixed = 8,
	.sum   = { .at = 2, .covers = NET_SUM_OWN | NET_SUM_PSEUDO },
	.over  = { { NET_PROTO6, 58 } },
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

const struct ir_view net_icmp6_view = NET_VIEW("icmp6", 3, fields, &net_icmp6, NET_IN_IPV6);
