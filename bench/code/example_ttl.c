#include "skb.h"

__u64 rewritten;

enum { HOPS = 60 };

/* RFC 1624: the sum after a byte in the upper half of a word was replaced. */
INLINE __u16 replaced(__u16 sum, __u8 was, __u8 is)
{
	__u32 s = (__u16)~sum + (__u16)~was + is;

	s = (s & 0xffff) + (s >> 16);
	return ~((s & 0xffff) + (s >> 16));
}

SEC("tc") int prog(struct __sk_buff *skb)
{
	if (in_one_piece(skb))
		return TC_UNSPEC;
	void *pos = DATA(skb), *end = END(skb);
	__be16 type = parse_eth(&pos, end);

	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (!ip || ip->ttl == HOPS)
			return TC_UNSPEC;
		ip->check = replaced(ip->check, ip->ttl, HOPS);
		ip->ttl = HOPS;
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		int asks = ip && ip->nexthdr == IPPROTO_ICMPV6 && ip->hop_limit == 255; /* for neighbours */
		if (!ip || asks || ip->hop_limit == HOPS)
			return TC_UNSPEC;
		/* No sum of its own evens it out, so the one that the card made of the packet changes. */
		__u16 was = ip->hop_limit << 8;
		ip->hop_limit = HOPS;
		bpf_csum_update(skb, (__u16)~was + (HOPS << 8));
	} else {
		return TC_UNSPEC;
	}
	__sync_fetch_and_add(&rewritten, 1);
	return TC_UNSPEC;
}
