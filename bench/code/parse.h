/*
 * parse.h - headers, found as kernel Lua finds them: behind up to two VLAN tags, whole (options too),
 * within the length that IP states, in the first fragment, behind up to eight IPv6 extension headers.
 */
#ifndef BENCH_PARSE_H
#define BENCH_PARSE_H

#include "bpf.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define END(ctx) ((void *)(long)(ctx)->data_end)

struct vlan_hdr { __be16 tci, type; };

INLINE int is_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD) || type == htons(0x9100);
}

/* What the frame carries; *pos: where that starts. 0: nothing. */
INLINE __be16 parse_eth(void **pos, void *end)
{
	struct ethhdr *eth = *pos;

	if ((void *)(eth + 1) > end)
		return 0;
	*pos = eth + 1;
	__be16 type = eth->h_proto;
#pragma unroll
	for (int i = 0; i < 2 && is_vlan(type); i++) {
		struct vlan_hdr *v = *pos;
		if ((void *)(v + 1) > end)
			return 0;
		type = v->type;
		*pos = v + 1;
	}
	return type;
}

INLINE struct iphdr *ipv4_at(void *pos, void *end)
{
	struct iphdr *ip = pos;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5 || pos + ip->ihl * 4 > end)
		return 0;
	return ip;
}

INLINE struct ipv6hdr *ipv6_at(void *pos, void *end)
{
	struct ipv6hdr *ip = pos;

	return (void *)(ip + 1) > end || ip->version != 6 ? 0 : ip;
}

INLINE struct iphdr *ipv4_in(void *pos, void *end)
{
	return parse_eth(&pos, end) == htons(ETH_P_IP) ? ipv4_at(pos, end) : 0;
}

INLINE struct iphdr *find_ipv4(struct xdp_md *ctx)
{
	return ipv4_in(DATA(ctx), END(ctx));
}

INLINE struct ipv6hdr *find_ipv6(struct xdp_md *ctx)
{
	void *pos = DATA(ctx);

	return parse_eth(&pos, END(ctx)) == htons(ETH_P_IPV6) ? ipv6_at(pos, END(ctx)) : 0;
}

/* What follows an IPv4 header. *len: how much of it is there, if it is of protocol `proto` and not a later
 * fragment, else -1. */
INLINE void *ipv4_payload(struct iphdr *ip, __u8 proto, int *len)
{
	*len = -1;
	if (ip->protocol == proto && !(ip->frag_off & htons(0x1fff)))
		*len = ntohs(ip->tot_len) - ip->ihl * 4;
	return (void *)ip + ip->ihl * 4;
}

INLINE int is_ext(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH || next == IPPROTO_DSTOPTS || next == 135 || next == 139 || next == 140;
}

struct ext_hdr { __u8 next, len; __be16 frag; __u32 rest; };

/* Likewise behind an IPv6 header and its extension headers. */
INLINE void *ipv6_payload(struct ipv6hdr *ip, void *end, __u8 proto, int *len)
{
	void *pos = ip + 1;
	__u8 next = ip->nexthdr;
	int left = ip->payload_len ? ntohs(ip->payload_len) : 1 << 30;

	for (int i = 0; i < 8 && is_ext(next); i++) {
		struct ext_hdr *x = pos;
		int size;
		*len = -1;
		if (left < 8 || (void *)(x + 1) > end)
			return pos;
		if (next == IPPROTO_FRAGMENT) {
			if (x->frag & htons(0xfff8))
				return pos;
			size = 8;
		} else if (next == IPPROTO_AH) {
			size = (x->len + 2) * 4;
		} else {
			size = (x->len + 1) * 8;
		}
		next = x->next;
		pos += size;
		left -= size;
	}
	*len = next == proto ? left : -1;
	return pos;
}

INLINE struct tcphdr *tcp_at(void *pos, int len, void *end)
{
	struct tcphdr *tcp = pos;

	if (len < (int)sizeof *tcp || (void *)(tcp + 1) > end)
		return 0;
	if (tcp->doff < 5 || tcp->doff * 4 > len || pos + tcp->doff * 4 > end)
		return 0;
	return tcp;
}

INLINE struct udphdr *udp_at(void *pos, int len, void *end)
{
	struct udphdr *udp = pos;

	if (len < (int)sizeof *udp || (void *)(udp + 1) > end || ntohs(udp->len) < sizeof *udp)
		return 0;
	return udp;
}

INLINE struct tcphdr *tcp_in_ipv4(struct iphdr *ip, void *end)
{
	int len;
	void *at = ipv4_payload(ip, IPPROTO_TCP, &len);

	return tcp_at(at, len, end);
}

/* RFC 1624: the sum after the word `was` in what it is over became `is`. */
INLINE __u16 replaced32(__u16 sum, __be32 was, __be32 is)
{
	__u64 s = (__u64)(__u16)~sum + (__u32)~was + is;

	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return ~((s & 0xffff) + (s >> 16));
}

/* What IPv4 carries, in *len bytes. */
INLINE struct udphdr *find_udp4(struct xdp_md *ctx, struct iphdr **ip, int *len)
{
	*ip = find_ipv4(ctx);
	if (!*ip)
		return 0;
	void *at = ipv4_payload(*ip, IPPROTO_UDP, len);
	return udp_at(at, *len, END(ctx));
}

INLINE struct tcphdr *find_tcp4(struct xdp_md *ctx, struct iphdr **ip, int *len)
{
	*ip = find_ipv4(ctx);
	if (!*ip)
		return 0;
	void *at = ipv4_payload(*ip, IPPROTO_TCP, len);
	return tcp_at(at, *len, END(ctx));
}

/* What either IP version carries, if it is of protocol `proto`, in *len bytes; -1: it is not. */
INLINE void *find_l4(struct xdp_md *ctx, __u8 proto, int *len)
{
	void *pos = DATA(ctx), *end = END(ctx), *at = pos;
	__be16 type = parse_eth(&pos, end);

	*len = -1;
	if (type == htons(ETH_P_IP)) {
		struct iphdr *ip = ipv4_at(pos, end);
		if (ip)
			at = ipv4_payload(ip, proto, len);
	} else if (type == htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = ipv6_at(pos, end);
		if (ip)
			at = ipv6_payload(ip, end, proto, len);
	}
	return at;
}

INLINE struct tcphdr *find_tcp(struct xdp_md *ctx, int *len)
{
	void *at = find_l4(ctx, IPPROTO_TCP, len);

	return tcp_at(at, *len, END(ctx));
}

INLINE struct udphdr *find_udp(struct xdp_md *ctx, int *len)
{
	void *at = find_l4(ctx, IPPROTO_UDP, len);

	return udp_at(at, *len, END(ctx));
}

/* How much follows a UDP header that is in len bytes. */
INLINE int udp_data(struct udphdr *udp, int len)
{
	int own = ntohs(udp->len);

	return (own < len ? own : len) - (int)sizeof *udp;
}

struct dns_hdr { __be16 id; __u8 flags, more; __be16 questions, answers, servers, others; };
enum { DNS_ANSWER = 0x80 };

/* The header of a DNS message behind UDP, in *len bytes, then what follows it. */
INLINE struct dns_hdr *dns_at(struct udphdr *udp, int *len, void *end)
{
	struct dns_hdr *dns = (void *)(udp + 1);

	if (udp->dest != htons(53) && udp->source != htons(53))
		return 0;
	*len = udp_data(udp, *len);
	if (*len < (int)sizeof *dns || (void *)(dns + 1) > end)
		return 0;
	*len -= sizeof *dns;
	return dns;
}

#endif
