#include "skb.h"

MAP(refused, HASH, __u16, __u64, 65536);

SEC("tc") int prog(struct __sk_buff *skb)
{
	if (in_one_piece(skb))
		return TC_SHOT;
	void *pos = DATA(skb), *end = END(skb), *at = pos;
	__be16 type = parse_eth(&pos, end);
	__u8 proto = 0;
	__u16 port;
	int len = -1;

	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (ip) {
			proto = ip->protocol;
			at = ipv4_payload(ip, proto, &len);
		}
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		if (ip)
			at = ipv6_walk(ip, end, &proto, &len);
	}
	if (proto == IPPROTO_TCP) {
		struct tcphdr *tcp = tcp_at(at, len, end);
		if (!tcp || !tcp->syn || tcp->ack)
			return TC_UNSPEC;
		port = ntohs(tcp->dest);
	} else if (proto == IPPROTO_UDP) {
		struct udphdr *udp = udp_at(at, len, end);
		if (!udp)
			return TC_UNSPEC;
		port = ntohs(udp->dest);
	} else {
		return TC_UNSPEC;
	}
	if (port == 80 || port == 443)
		return TC_UNSPEC;
	count(&refused, &port, 1);
	return TC_SHOT;
}
