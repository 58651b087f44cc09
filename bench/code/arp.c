#include "parse.h"

struct arp { __be16 hardware, protocol; __u8 sizes[2]; __be16 op; __u8 sha[6], spa[4], tha[6], tpa[4]; };

MAP(requests, HASH, __be32, __u64, 1024);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	void *pos = DATA(ctx), *end = END(ctx);

	if (parse_eth(&pos, end) != htons(ETH_P_ARP))
		return XDP_PASS;
	struct arp *arp = pos;
	if ((void *)(arp + 1) > end || arp->hardware != htons(1) || arp->protocol != htons(ETH_P_IP) ||
	    arp->sizes[0] != 6 || arp->sizes[1] != 4 || arp->op != htons(1))
		return XDP_PASS;
	__be32 target;
	__builtin_memcpy(&target, arp->tpa, 4);
	count(&requests, &target, 1);
	return target == htonl(0x0a000009) ? XDP_DROP : XDP_PASS;
}
