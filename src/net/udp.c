/* udp.c - UDP. */
#include "net/net.h"

const struct net_proto net_udp = {
	.fixed = 8,
	.total = { .there = true, .at = 4, .min = 8 },
	.over  = { { NET_PROTO4, 17 }, { NET_PROTO6, 17 } },
};

static const struct ir_field fields[] = {
	NET_ROW_BITS("sport", 0, 16),
	NET_ROW_BITS("dport", 16, 16),
	NET_ROW_BITS("len",   32, 16),
	NET_ROW_BITS("check", 48, 16),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_udp_view = NET_VIEW("udp", 3, fields);
