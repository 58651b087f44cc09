/* skb.h - what the targets of hooks with an __sk_buff share. */
#ifndef HOOK_SKB_H
#define HOOK_SKB_H

#include "hook/rows.h"
#include "kern/bpf_abi.h"

#define SKB_TARGET                                                                           \
	.nparams = 1, .params = { NET_KIND(NET_PKT) }, .views = net_skb_views,               \
	HOOK_ROWS,                                                                           \
	.helper_load_bytes = ABI_SKB_LOAD_BYTES,                                             \
	.has_len = true, .ctx_len = offsetof(struct __sk_buff, len)

#endif
