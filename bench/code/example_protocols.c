#include "skb.h"

MAP(packets, PERCPU_ARRAY, __u32, __u64, 258);
MAP(bytes, PERCPU_ARRAY, __u32, __u64, 258);

enum { OTHER = 256, ARP = 257 };

struct arp { __be16 hardware, protocol; __u8 sizes[2]; __be16 op; __u8 rest[20]; };

INLINE void add(void *map, __u32 key, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(map, &key);

	if (v)
		__sync_fetch_and_add(v, n);
}

SEC("tc") int prog(struct __sk_buff *skb)
{
	if (in_one_piece(skb))
		return TC_UNSPEC;
	void *pos = DATA(skb), *end = END(skb);
	__be16 type = parse_eth(&pos, end);
	__u32 proto = OTHER;

	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (ip)
			proto = ip->protocol;
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		if (ip) {
			__u8 next;
			int len;
			ipv6_walk(ip, end, &next, &len);
			proto = next;
		}
	} else if (type == htons(ETH_P_ARP)) {
		struct arp *a = pos;
		if ((void *)(a + 1) <= end && a->hardware == htons(1) && a->protocol == htons(ETH_P_IP) &&
		    a->sizes[0] == 6 && a->sizes[1] == 4)
			proto = ARP;
	}
	add(&packets, proto, 1);
	add(&bytes, proto, skb->len);
	return TC_UNSPEC;
}
