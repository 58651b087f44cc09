#include "parse.h"

struct prefix { __u32 bits; __be32 address; };

struct map_def blocked SEC("maps") = {
	BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix), sizeof(__u32), 4096, BPF_F_NO_PREALLOC,
};
MAP(hits, HASH, __be32, __u64, 4096);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	struct prefix key = { 32, ip->saddr };
	if (!bpf_map_lookup_elem(&blocked, &key))
		return XDP_PASS;
	count(&hits, &key.address, 1);
	return XDP_DROP;
}
