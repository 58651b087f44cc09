#include "parse.h"

MAP(seen, ARRAY, __u32, __u64, 4096);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ethhdr *eth = DATA(ctx);
	struct vlan_hdr *vlan = (void *)(eth + 1);

	if ((void *)(vlan + 1) > END(ctx) || !is_vlan(eth->h_proto))
		return XDP_PASS;
	__u32 id = ntohs(vlan->tci) & 0xfff;
	__u64 *n = bpf_map_lookup_elem(&seen, &id);
	if (n)
		__sync_fetch_and_add(n, 1);
	return id == 7 ? XDP_DROP : XDP_PASS;
}
