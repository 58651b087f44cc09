/* eth.c - Ethernet. */
#include "net/net.h"

const struct net_proto net_eth = {
	.fixed = 14,
	.next  = { .at = 12, .space = NET_ETHERTYPE },
};

static const struct ir_field fields[] = {
	NET_ROW_MAC ("dst",  0),
	NET_ROW_MAC ("src",  48),
	NET_ROW_LEADS("type", 96, 16),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_eth_view = NET_VIEW("eth", 3, fields, &net_eth, 0);
