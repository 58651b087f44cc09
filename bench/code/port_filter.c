#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	int len;
	struct tcphdr *tcp = find_tcp(ctx, &len);

	if (tcp && (tcp->dest == htons(22) || tcp->dest == htons(23) || tcp->dest == htons(445)))
		return XDP_DROP;
	return XDP_PASS;
}
