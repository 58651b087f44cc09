#include "parse.h"

struct key { __be32 src, dst; __u16 sport, dport; };
struct flow { __u64 packets, bytes; };

MAP(flows, HASH, struct key, struct flow, 1024);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip;
	__u64 size = END(ctx) - DATA(ctx);
	int len;
	struct udphdr *udp = find_udp4(ctx, &ip, &len);

	if (!udp)
		return XDP_PASS;
	struct key key = { ip->saddr, ip->daddr, ntohs(udp->source), ntohs(udp->dest) };
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);
	if (flow) {
		__sync_fetch_and_add(&flow->packets, 1);
		__sync_fetch_and_add(&flow->bytes, size);
	} else {
		struct flow first = { 1, size };
		put(&flows, &key, &first);
	}
	return XDP_PASS;
}
