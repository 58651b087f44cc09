/* skb.h - packets that may lie in pieces. */
#ifndef BENCH_SKB_H
#define BENCH_SKB_H

#include "parse.h"

enum { TC_UNSPEC = -1, TC_SHOT = 2 };

/* Puts the packet in one piece, if it is not. 0, or an error was counted. */
INLINE long in_one_piece(struct __sk_buff *skb)
{
	long err = 0;

	if (skb->len > END(skb) - DATA(skb))
		err = bpf_skb_pull_data(skb, skb->len > 0xffff ? 0xffff : skb->len);
	if (err)
		note(&errors);
	return err;
}

/* What follows an IPv6 header and its extension headers, of protocol *next; *len: how much of it is there, -1
 * where that cannot be known. */
INLINE void *ipv6_walk(struct ipv6hdr *ip, void *end, __u8 *next, int *len)
{
	void *pos = ip + 1;
	int left = ip->payload_len ? ntohs(ip->payload_len) : 1 << 30;

	*next = ip->nexthdr;
	*len = -1;
	for (int i = 0; i < 8 && is_ext(*next); i++) {
		struct ext_hdr *x = pos;
		__u8 kind = *next;
		int size;
		if (left < 8 || (void *)(x + 1) > end)
			return pos;
		*next = x->next;
		if (kind == IPPROTO_FRAGMENT) {
			if (x->frag & htons(0xfff8))
				return pos;
			size = 8;
		} else if (kind == IPPROTO_AH) {
			size = (x->len + 2) * 4;
		} else {
			size = (x->len + 1) * 8;
		}
		pos += size;
		left -= size;
	}
	*len = left;
	return pos;
}

#endif
