#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip;
	int len;
	struct udphdr *udp = find_udp4(ctx, &ip, &len);

	if (!udp)
		return XDP_PASS;
	int size = ntohs(udp->len);
	if (udp->source == htons(53) && size > 512)
		return XDP_DROP;
	__be16 *questions = (void *)udp + 12;
	if (udp->dest == htons(53) && size >= 14 && len >= 14 && (void *)(questions + 1) <= END(ctx) &&
	    *questions == 0)
		return XDP_DROP;
	return XDP_PASS;
}
