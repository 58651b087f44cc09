#include "text.h"

struct mac { __u8 addr[6]; };

MAP(refused, LRU_HASH, struct mac, __u64, 1024);

enum { REPLY = 2 };

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ethhdr *eth = DATA(ctx);
	int len;
	struct udphdr *udp = find_udp(ctx, &len);

	if (!udp || (udp->dest != htons(67) && udp->dest != htons(68)))
		return XDP_PASS;
	struct span message = carried(ctx, udp, sizeof *udp, len);
	if (udp->dest == htons(67) && u8_at(ctx, &message, 0) != REPLY)
		return XDP_PASS;
	struct mac from;
	__builtin_memcpy(&from, eth->h_source, sizeof from);
	count(&refused, &from, 1);
	return XDP_DROP;
}
