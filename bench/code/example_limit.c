#include "parse.h"

struct bucket {
	__s64 filled, tokens;
	__u64 dropped;
	struct bpf_spin_lock lock;
};

enum { COST = 1000000000 };
#define FULL (20ll * COST)

LOCKED_MAP(buckets, HASH, __be32, struct bucket, 65536);

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct iphdr *ip = find_ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	__be32 src = ip->saddr;
	__s64 now = bpf_ktime_get_ns();
	struct bucket *b = bpf_map_lookup_elem(&buckets, &src);
	if (!b) {
		struct bucket first = { .filled = now, .tokens = FULL - COST };
		put(&buckets, &src, &first);
		return XDP_PASS;
	}
	int verdict = XDP_DROP;
	bpf_spin_lock(&b->lock);
	/* another processor's packet may have filled it a moment later than this one */
	__s64 since = now - b->filled;
	__s64 tokens = b->tokens + (since > 0 ? since : 0);
	if (tokens > FULL)
		tokens = FULL;
	if (now > b->filled)
		b->filled = now;
	if (tokens >= COST) {
		tokens -= COST;
		verdict = XDP_PASS;
	} else {
		b->dropped++;
	}
	b->tokens = tokens;
	bpf_spin_unlock(&b->lock);
	return verdict;
}
