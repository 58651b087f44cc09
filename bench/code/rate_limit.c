#include "parse.h"

struct rate { __u64 since, packets; };

MAP(rates, LRU_HASH, __be32, struct rate, 16384);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	__be32 src = ip->saddr;
	__u64 now = bpf_ktime_get_ns();
	struct rate *rate = bpf_map_lookup_elem(&rates, &src);
	if (!rate) {
		struct rate first = { now, 1 };
		put(&rates, &src, &first);
		return XDP_PASS;
	}
	if ((__s64)(now - rate->since) > 1000000000) {
		rate->since = now;
		rate->packets = 1;
		return XDP_PASS;
	}
	__sync_fetch_and_add(&rate->packets, 1);
	return (__s64)rate->packets > 100 ? XDP_DROP : XDP_PASS;
}
