#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);
	int len;

	if (!ip)
		return XDP_PASS;
	struct tcphdr *tcp = tcp_at(ipv4_payload(ip, IPPROTO_TCP, &len), len, END(ctx));
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
