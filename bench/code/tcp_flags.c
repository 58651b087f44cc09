#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip;
	int len;
	struct tcphdr *tcp = find_tcp4(ctx, &ip, &len);

	if (!tcp)
		return XDP_PASS;
	if (tcp->syn && tcp->fin)
		return XDP_DROP;
	if (tcp->fin && tcp->psh && tcp->urg)
		return XDP_DROP;
	if (!(tcp->syn || tcp->ack || tcp->fin || tcp->rst))
		return XDP_DROP;
	return XDP_PASS;
}
