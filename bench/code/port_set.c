#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);
	int len;

	if (!ip)
		return XDP_PASS;
	struct udphdr *udp = udp_at(ipv4_payload(ip, IPPROTO_UDP, &len), len, END(ctx));
	if (!udp)
		return XDP_PASS;
	switch (ntohs(udp->dest)) {
	case 7: case 19: case 53: case 69: case 111: case 123: case 137: case 161: case 389: case 520:
	case 1900: case 11211:
		return XDP_DROP;
	}
	return XDP_PASS;
}
