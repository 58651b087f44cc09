#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = find_ipv6(ctx);
	int len;

	if (!ip)
		return XDP_PASS;
	struct udphdr *udp = udp_at(ipv6_payload(ip, END(ctx), IPPROTO_UDP, &len), len, END(ctx));
	return udp && udp->dest == htons(53) ? XDP_DROP : XDP_PASS;
}
