/*
 * ipv6_exts.c - IPv6 extension headers: the first one of its kind behind an IPv6 header. Others are passed on the way
 * to it, up to eight, but none behind a fragment header that says that this is a later fragment.
 */
#include "net/net.h"

#define LENGTH(unit_, add_) { .at = 1, .mask = 0xff, .shl = unit_, .add = add_ }
#define NEXT NET_ROW_FIXED("next", 0, 8, NET_FIXED_NEXT)
#define LEN  NET_ROW_FIXED("len", 8, 8, NET_FIXED_LENGTH)

const struct net_proto net_hopopts = {
	.fixed = 8, .hlen = LENGTH(3, 8), .ext = true, .over = { { NET_PROTO6, 0 } },
};
const struct net_proto net_routing = {
	.fixed = 8, .hlen = LENGTH(3, 8), .ext = true, .over = { { NET_PROTO6, 43 } },
};
const struct net_proto net_fragment = {
	.fixed = 8, .ext = true, .over = { { NET_PROTO6, 44 } },
};
const struct net_proto net_dstopts = {
	.fixed = 8, .hlen = LENGTH(3, 8), .ext = true, .over = { { NET_PROTO6, 60 } },
};

static const struct ir_field options[] = { NEXT, LEN, NET_ROW_REST(), { 0 } };

static const struct ir_field routing[] = {
	NEXT, LEN,
	NET_ROW_FIXED ("type", 16, 8, NET_FIXED_NEXT),
	NET_ROW_BITS  ("left", 24, 8),
	NET_ROW_REST(),
	{ 0 }
};

static const struct ir_field fragment[] = {
	NEXT,
	NET_ROW_LEADS ("frag_off", 16, 13),
	NET_ROW_FLAG  ("mf", 31),
	NET_ROW_BITS  ("id", 32, 32),
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_hopopts_view = NET_VIEW("hopopts", 3, options, &net_hopopts, NET_IN_IPV6);
const struct ir_view net_routing_view = NET_VIEW("routing", 3, routing, &net_routing, NET_IN_IPV6);
const struct ir_view net_fragment_view = NET_VIEW("fragment", 3, fragment, &net_fragment, NET_IN_IPV6);
const struct ir_view net_dstopts_view = NET_VIEW("dstopts", 3, options, &net_dstopts, NET_IN_IPV6);
