#include "parse.h"

MAP(chains, LRU_HASH, __u64, __u64, 1024);
MAP(dropped, PERCPU_ARRAY, __u32, __u64, 1);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = find_ipv6(ctx);
	void *end = END(ctx);

	if (!ip)
		return XDP_PASS;
	__u64 chain = 1;
	__u8 next = ip->nexthdr, *at = (void *)(ip + 1);
	for (int i = 0; i < 7 && (is_ext(next) || next == IPPROTO_ESP); i++) {
		chain = chain << 8 | next;
		if (next == IPPROTO_ESP || (void *)(at + 2) > end)
			break; /* what follows is encrypted, or not there */
		__u8 after = at[0], len = at[1];
		if (next == IPPROTO_ROUTING && (void *)(at + 3) <= end && at[2] == 0) {
			__u32 key = 0;
			__u64 *n = bpf_map_lookup_elem(&dropped, &key);
			if (n)
				++*n;
			return XDP_DROP;
		}
		if (next == IPPROTO_FRAGMENT) {
			if ((void *)(at + 4) > end || ntohs(*(__be16 *)(at + 2)) >= 8)
				break; /* not the first: what follows is no header */
			at += 8;
		} else if (next == IPPROTO_AH) {
			at += (len + 2) * 4;
		} else {
			at += (len + 1) * 8;
		}
		next = after;
	}
	if (chain > 1)
		count(&chains, &chain, 1);
	return XDP_PASS;
}
