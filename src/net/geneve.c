/* geneve.c - Geneve, version 0, at its own port. */
#include "net/net.h"

const struct net_proto net_geneve = {
	.covered = NET_UDP,
	.fixed = 8,
	.zero  = { .at = 0, .mask = 0xc000 }, /* version 0 */
	.hlen  = { .at = 0, .mask = 0x3f, .shl = 2, .add = 8 },
	.next  = { .at = 2, .space = NET_ETHERTYPE },
	.inner = true,
	.over  = { { NET_DPORT, 6081 } },
};

static const struct ir_field fields[] = {
	NET_ROW_SIGN  ("control",  8, NET_FIXED_HOLDS),
	NET_ROW_SIGN  ("critical", 9, NET_FIXED_HOLDS),
	NET_ROW_FIXED ("type",     16, 16, NET_FIXED_NEXT),
	NET_ROW_BITS  ("vni",      32, 24),
	NET_ROW_TUNNEL("eth",  NET_INNER_ETH),
	NET_ROW_TUNNEL("ipv4", NET_IPV4),
	NET_ROW_TUNNEL("ipv6", NET_IPV6),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_geneve_view = NET_VIEW("geneve", 3, fields, &net_geneve, NET_IN_UDP);
