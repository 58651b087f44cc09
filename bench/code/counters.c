#include "parse.h"

struct counters { __u64 bytes, ip4, ip6, other; };

MAP(state, PERCPU_ARRAY, __u32, struct counters, 1);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	void *pos = DATA(ctx), *end = END(ctx);
	__u32 zero = 0;
	struct counters *n = bpf_map_lookup_elem(&state, &zero);

	if (!n)
		return XDP_PASS;
	n->bytes += end - pos;
	__be16 type = parse_eth(&pos, end);
	if (type == htons(ETH_P_IP) && ipv4_at(pos, end))
		n->ip4++;
	else if (type == htons(ETH_P_IPV6) && ipv6_at(pos, end))
		n->ip6++;
	else
		n->other++;
	return XDP_PASS;
}
