#include "parse.h"

struct vxlan_hdr { __be32 flags, vni; };
struct host { __u32 vni; __be32 addr; };

MAP(packets, LRU_HASH, struct host, __u64, 65536);
MAP(asked, LRU_HASH, struct host, __u64, 65536);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	void *end = END(ctx);
	int len, inner;
	struct udphdr *udp = find_udp(ctx, &len);

	if (!udp || udp->dest != htons(4789))
		return XDP_PASS;
	struct vxlan_hdr *vxlan = (void *)(udp + 1);
	struct ethhdr *eth = (void *)(vxlan + 1);
	struct iphdr *ip = ipv4_at(eth + 1, end);
	len = udp_data(udp, len) - (int)(sizeof *vxlan + sizeof *eth);
	if (len < (int)sizeof *ip || !ip || eth->h_proto != htons(ETH_P_IP) || ip->ihl * 4 > len)
		return XDP_PASS;
	struct host host = { ntohl(vxlan->vni) >> 8, ip->saddr };
	count(&packets, &host, 1);
	void *at = ipv4_payload(ip, IPPROTO_UDP, &inner);
	if (inner > len - ip->ihl * 4)
		inner = len - ip->ihl * 4;
	udp = udp_at(at, inner, end);
	if (!udp)
		return XDP_PASS;
	struct dns_hdr *dns = dns_at(udp, &inner, end);
	if (dns && !(dns->flags & DNS_ANSWER))
		count(&asked, &host, ntohs(dns->questions));
	return XDP_PASS;
}
