#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	void *pos = DATA(ctx), *end = END(ctx), *at = pos;
	__be16 type = parse_eth(&pos, end);
	int len = -1;

	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (ip)
			at = ipv4_payload(ip, IPPROTO_TCP, &len);
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		if (ip)
			at = ipv6_payload(ip, end, IPPROTO_TCP, &len);
	}
	struct tcphdr *tcp = tcp_at(at, len, end);
	if (!tcp || tcp->dest != htons(80))
		return XDP_PASS;
	__be32 *word = (void *)tcp + tcp->doff * 4;
	if (len - tcp->doff * 4 < 4 || (void *)(word + 1) > end)
		return XDP_PASS;
	return *word == htonl(0x48454144) ? XDP_DROP : XDP_PASS;
}
