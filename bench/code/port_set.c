#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip;
	int len;
	struct udphdr *udp = find_udp4(ctx, &ip, &len);

	if (!udp)
		return XDP_PASS;
	switch (ntohs(udp->dest)) {
	case 7: case 19: case 53: case 69: case 111: case 123: case 137: case 161: case 389: case 520:
	case 1900: case 11211:
		return XDP_DROP;
	}
	return XDP_PASS;
}
