#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	int len;
	struct tcphdr *tcp = find_tcp(ctx, &len);

	if (!tcp || tcp->dest != htons(80))
		return XDP_PASS;
	__be32 *word = (void *)tcp + tcp->doff * 4;
	if (len - tcp->doff * 4 < 4 || (void *)(word + 1) > END(ctx))
		return XDP_PASS;
	return *word == htonl(0x48454144) ? XDP_DROP : XDP_PASS;
}
