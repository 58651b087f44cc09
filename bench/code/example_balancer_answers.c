#include "skb.h"

#define ADDRESS(a, b, c, d) htonl((a) << 24 | (b) << 16 | (c) << 8 | (d))

enum { PORT = 80 };

INLINE int is_server(__be32 addr)
{
	return addr == ADDRESS(10, 1, 0, 2) || addr == ADDRESS(10, 1, 0, 3) || addr == ADDRESS(10, 1, 0, 4);
}

SEC("tc") int prog(struct __sk_buff *skb)
{
	if (in_one_piece(skb))
		return TC_UNSPEC;
	struct iphdr *ip = ipv4_in(DATA(skb), END(skb));
	if (!ip)
		return TC_UNSPEC;
	struct tcphdr *tcp = tcp_in_ipv4(ip, END(skb));
	__be32 from = ip->saddr, to = ADDRESS(10, 0, 0, 1);
	if (!tcp || tcp->source != htons(PORT) || !is_server(from))
		return TC_UNSPEC;
	__u32 at = (void *)ip - DATA(skb), sum = (void *)&tcp->check - DATA(skb);
	if (bpf_l4_csum_replace(skb, sum, from, to, BPF_F_PSEUDO_HDR | sizeof to) ||
	    bpf_l3_csum_replace(skb, at + __builtin_offsetof(struct iphdr, check), from, to, sizeof to) ||
	    bpf_skb_store_bytes(skb, at + __builtin_offsetof(struct iphdr, saddr), &to, sizeof to, 0))
		note(&errors);
	return TC_UNSPEC;
}
