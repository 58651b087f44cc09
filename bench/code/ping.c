#include "parse.h"

struct icmp { __u8 type, code; __be16 check, id, seq; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);
	int len;

	if (!ip)
		return XDP_PASS;
	struct icmp *icmp = ipv4_payload(ip, IPPROTO_ICMP, &len);
	if (len < (int)sizeof *icmp || (void *)(icmp + 1) > END(ctx))
		return XDP_PASS;
	return icmp->type == 8 && ntohs(ip->tot_len) > 50 ? XDP_DROP : XDP_PASS;
}
