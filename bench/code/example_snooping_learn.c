#include "text.h"

struct mac { __u8 addr[6]; };
struct binding { __be32 ip; __u32 lease; };
struct news { struct mac mac; __be32 ip; __u32 lease; };

MAP(bindings, LRU_HASH, struct mac, struct binding, 65536);
RING(news, 1 << 18);

enum { REPLY = 2, ETHERNET = 1, COOKIE = 0x63825363, ACK = 5 };
enum { KIND = 53, LEASE = 51, PAD = 0, LAST = 255 };

struct dhcp { __u8 op, htype, hlen, hops; __be32 rest[3], yours, others[2]; struct mac client; __u8 more[202]; __be32 cookie; };

/* Where the value of an option begins, or 0. */
INLINE __u32 option(struct xdp_md *ctx, const struct span *message, int code)
{
	__u32 at = 240 + zero;

	do {
		int kind = u8_at(ctx, message, at), len = -1;
		if (kind < 0 || kind == LAST)
			return 0;
		if (kind == code)
			return at + 2;
		if (kind != PAD) {
			len = u8_at(ctx, message, at + 1);
			if (len < 0)
				return 0;
		}
		at += 2 + len;
	} while (can_loop);
	return 0;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	int len;
	struct udphdr *udp = find_udp(ctx, &len);

	if (!udp || udp->source != htons(67) || udp->dest != htons(68))
		return XDP_PASS;
	struct span message = carried(ctx, udp, sizeof *udp, sizeof *udp + udp_data(udp, len));
	struct dhcp *dhcp = bytes(ctx, &message, 0, sizeof *dhcp);
	if (!dhcp || dhcp->cookie != htonl(COOKIE) || dhcp->op != REPLY || dhcp->htype != ETHERNET || dhcp->hlen != 6)
		return XDP_PASS;
	__u32 at = option(ctx, &message, KIND);
	if (!at || u8_at(ctx, &message, at) != ACK)
		return XDP_PASS;
	at = option(ctx, &message, LEASE);
	__be32 *lease = at ? bytes(ctx, &message, at, 4) : 0;
	struct binding found = { 0, lease ? ntohl(*lease) : 0 };
	dhcp = bytes(ctx, &message, 0, sizeof *dhcp);
	if (!dhcp)
		return XDP_PASS;
	struct mac mac = dhcp->client;
	found.ip = dhcp->yours;
	if (put(&bindings, &mac, &found))
		return XDP_PASS;
	struct news *e = bpf_ringbuf_reserve(&news, sizeof *e, 0);
	if (!e) {
		note(&lost);
		return XDP_PASS;
	}
	*e = (struct news){ mac, found.ip, found.lease };
	bpf_ringbuf_submit(e, 0);
	return XDP_PASS;
}
