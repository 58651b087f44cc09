#include "parse.h"

#define ADDRESS(a, b, c, d) htonl((a) << 24 | (b) << 16 | (c) << 8 | (d))
#define MAC(...) { __VA_ARGS__ }

struct server {
	__be32 ip;
	__u8 mac[6], from[6];
	__u32 device;
};

static const struct server servers[] = {
	{ ADDRESS(10, 1, 0, 2), MAC(2, 0, 0, 0, 2, 1), MAC(2, 0, 0, 0, 1, 1), 1 },
	{ ADDRESS(10, 1, 0, 3), MAC(2, 0, 0, 0, 2, 2), MAC(2, 0, 0, 0, 1, 2), 2 },
	{ ADDRESS(10, 1, 0, 4), MAC(2, 0, 0, 0, 2, 3), MAC(2, 0, 0, 0, 1, 3), 3 },
};
enum { SERVERS = sizeof servers / sizeof *servers, PORT = 80 };

MAP(sent, PERCPU_ARRAY, __u32, __u64, SERVERS + 1);

/* Of what stays the same as long as the connection does. */
INLINE __u32 hash(struct iphdr *ip, struct tcphdr *tcp)
{
	__u64 h = ntohl(ip->saddr) * 0x9e3779b1ull;

	h ^= ((__u64)ntohs(tcp->source) << 16 | ntohs(tcp->dest)) * 0x85ebca6b ^ ntohl(ip->daddr);
	return (h ^ h >> 15 ^ h >> 32) & 0xffff;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct ethhdr *eth = DATA(ctx);
	struct iphdr *ip = find_ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	struct tcphdr *tcp = tcp_in_ipv4(ip, END(ctx));
	if (!tcp || ip->daddr != ADDRESS(10, 0, 0, 1) || tcp->dest != htons(PORT))
		return XDP_PASS;
	__u32 n = hash(ip, tcp) % SERVERS, key = n + 1;
	barrier_var(n); /* the verifier does not know what a remainder may be */
	if (n >= SERVERS)
		return XDP_PASS;
	const struct server *to = &servers[n];
	__builtin_memcpy(eth->h_source, to->from, 6);
	__builtin_memcpy(eth->h_dest, to->mac, 6);
	ip->check = replaced32(ip->check, ip->daddr, to->ip);
	tcp->check = replaced32(tcp->check, ip->daddr, to->ip);
	ip->daddr = to->ip;
	__u64 *sum = bpf_map_lookup_elem(&sent, &key);
	if (sum)
		++*sum;
	return bpf_redirect(to->device, 0);
}
