#include "parse.h"

MAP(hits, LRU_HASH, __be32, __u64, 65536);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (ip)
		count(&hits, &ip->saddr, 1);
	return XDP_PASS;
}
