/* mpls.c - one MPLS label; behind the last one (bos) lies what the label means, here IP by its version. */
#include "net/net.h"

const struct net_proto net_mpls = {
	.fixed = 4,
	.next  = { .at = 2, .space = NET_LAST_LABEL },
	.inner = true,
	.over  = { { NET_ETHERTYPE, 0x8847 }, { NET_ETHERTYPE, 0x8848 }, { NET_LAST_LABEL, 0 }, { NET_ALWAYS, 0 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS  ("label", 0, 20),
	NET_ROW_BITS  ("tc",    20, 3),
	NET_ROW_SIGN  ("bos",   23, NET_FIXED_NEXT),
	NET_ROW_BITS  ("ttl",   24, 8),
	NET_ROW_HEADER("mpls",  NET_MPLS),
	NET_ROW_HEADER("ipv4",  NET_IPV4),
	NET_ROW_HEADER("ipv6",  NET_IPV6),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_mpls_view = NET_VIEW("mpls", 3, fields, &net_mpls, NET_IN_ETH);
