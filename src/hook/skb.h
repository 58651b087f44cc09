/* skb.h - what the targets of hooks with an __sk_buff share. */
#ifndef HOOK_SKB_H
#define HOOK_SKB_H

#include "ir/target.h"
#include "kern/bpf_abi.h"
#include "net/net.h"
#include "stdlib/stdlib.h"

#define SKB_TARGET                                                                           \
	.nparams = 1, .params = { NET_KIND(NET_PKT) }, .views = net_skb_views,               \
	.libs = stdlib_rows, .map_rows = stdlib_map_rows, .addr_rows = net_addr_rows,        \
	.cidr_rows = net_cidr_rows, .str_rows = stdlib_str_rows,                             \
	.helper_load_bytes = ABI_SKB_LOAD_BYTES,                                             \
	.has_len = true, .ctx_len = offsetof(struct __sk_buff, len)

#endif
