/* tcp.c - TCP with options. */
#include "net/net.h"

const struct net_proto net_tcp = {
	.fixed = 20,
	.check = { .at = 12, .lo = 0x50, .hi = 0xff }, /* at least 5 words */
	.hlen  = { .at = 12, .mask = 0xf0, .shr = 2 },
	.sum   = { .at = 16, .covers = NET_SUM_OWN | NET_SUM_PSEUDO },
	.next  = { .at = 2, .space = NET_DPORT },
	.also  = { .at = 0, .space = NET_SPORT },
	.inner = true,
	.over  = { { NET_PROTO4, 6 }, { NET_PROTO6, 6 } },
};

static const struct ir_field fields[] = {
	NET_ROW_PORT("sport",   0),
	NET_ROW_PORT("dport",   16),
	NET_ROW_BITS("seq",     32, 32),
	NET_ROW_BITS("ack_seq", 64, 32),
	NET_ROW_FIXED("doff",   96, 4, NET_FIXED_LENGTH),
	NET_ROW_FLAG("cwr",     104),
	NET_ROW_FLAG("ece",     105),
	NET_ROW_FLAG("urg",     106),
	NET_ROW_FLAG("ack",     107),
	NET_ROW_FLAG("psh",     108),
	NET_ROW_FLAG("rst",     109),
	NET_ROW_FLAG("syn",     110),
	NET_ROW_FLAG("fin",     111),
	NET_ROW_BITS("window",  112, 16),
	NET_ROW_CHECK("check",  128),
	NET_ROW_BITS("urg_ptr", 144, 16),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_tcp_view = NET_VIEW("tcp", 3, fields, &net_tcp, NET_IN_IP);
