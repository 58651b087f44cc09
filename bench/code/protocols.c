#include "parse.h"

MAP(packets, PERCPU_ARRAY, __u32, __u64, 256);
MAP(bytes, PERCPU_ARRAY, __u32, __u64, 256);

INLINE void add(void *map, __u32 key, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(map, &key);

	if (v)
		__sync_fetch_and_add(v, n); /* the user half may set it to 0 meanwhile */
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (ip) {
		__u32 proto = ip->protocol;
		add(&packets, proto, 1);
		add(&bytes, proto, END(ctx) - DATA(ctx));
	}
	return XDP_PASS;
}
