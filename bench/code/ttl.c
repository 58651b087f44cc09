#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	void *pos = DATA(ctx), *end = END(ctx);
	__be16 type = parse_eth(&pos, end);
	int ttl = 255;

	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (ip)
			ttl = ip->ttl;
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		if (ip)
			ttl = ip->hop_limit;
	}
	return ttl < 2 ? XDP_DROP : XDP_PASS;
}
