/* sctp.c - SCTP: the common header; the chunks are its payload. Its checksum is a CRC, which no write keeps. */
#include "net/net.h"

const struct net_proto net_sctp = {
	.fixed = 12,
	.over  = { { NET_PROTO4, 132 }, { NET_PROTO6, 132 } },
};

static const struct ir_field fields[] = {
	NET_ROW_FIXED("sport", 0, 16, NET_FIXED_SUM),
	NET_ROW_FIXED("dport", 16, 16, NET_FIXED_SUM),
	NET_ROW_FIXED("vtag",  32, 32, NET_FIXED_SUM),
	NET_ROW_FIXED("check", 64, 32, NET_FIXED_SUM),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_sctp_view = NET_VIEW("sctp", 3, fields, &net_sctp, NET_IN_IP);
