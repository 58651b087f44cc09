#include "parse.h"

struct event { __be32 src, dst; __u16 sport, dport; };

RING(opened, 1 << 16);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip;
	int len;
	struct tcphdr *tcp = find_tcp4(ctx, &ip, &len);

	if (tcp && tcp->syn && !tcp->ack) {
		struct event *e = bpf_ringbuf_reserve(&opened, sizeof *e, 0);
		if (e) {
			e->src = ip->saddr;
			e->dst = ip->daddr;
			e->sport = ntohs(tcp->source);
			e->dport = ntohs(tcp->dest);
			bpf_ringbuf_submit(e, 0);
		} else {
			note(&lost);
		}
	}
	return XDP_PASS;
}
