#include "parse.h"

MAP(hits, LRU_HASH, __be32, __u64, 65536);
MAP(dropped, PERCPU_ARRAY, __u32, __u64, 1);

static int is_hostile(__be32 src)
{
	return src == htonl(0xcb007105) || src == htonl(0xcb007106) || src == htonl(0xcb007107) ||
	       src == htonl(0xcb007108);
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	__be32 src = ip->saddr;
	count(&hits, &src, 1);
	if (is_hostile(src)) {
		__u32 zero = 0;
		__u64 *n = bpf_map_lookup_elem(&dropped, &zero);
		if (n)
			++*n;
		return XDP_DROP;
	}
	return XDP_PASS;
}
