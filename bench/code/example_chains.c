#include "text.h"

MAP(chains, LRU_HASH, __u64, __u64, 1024);
MAP(dropped, PERCPU_ARRAY, __u32, __u64, 1);

/* Less than this has room for a header more. */
#define ROOM (1ull << 56)

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = find_ipv6(ctx);

	if (!ip)
		return XDP_PASS;
	struct span p = { 0, END(ctx) - DATA(ctx) };
	__u32 at = (void *)(ip + 1) - DATA(ctx);
	__u64 chain = 1;
	__u8 next = ip->nexthdr;
	while ((is_ext(next) || next == IPPROTO_ESP) && at <= FRAME_MAX && can_loop) {
		if (chain < ROOM)
			chain = chain << 8 | next;
		__u8 *h = bytes(ctx, &p, at, 2);
		if (next == IPPROTO_ESP || !h)
			break; /* what follows is encrypted, or not there */
		__u8 after = h[0], len = h[1];
		if (next == IPPROTO_ROUTING && u8_at(ctx, &p, at + 2) == 0) {
			__u32 key = 0;
			__u64 *n = bpf_map_lookup_elem(&dropped, &key);
			if (n)
				++*n;
			return XDP_DROP;
		}
		if (next == IPPROTO_FRAGMENT) {
			int offset = u16_at(ctx, &p, at + 2);
			if (offset < 0 || offset >= 8)
				break; /* not the first: what follows is no header */
			at += 8;
		} else if (next == IPPROTO_AH) {
			at += (len + 2) * 4;
		} else {
			at += (len + 1) * 8;
		}
		next = after;
	}
	if (chain > 1)
		count(&chains, &chain, 1);
	return XDP_PASS;
}
