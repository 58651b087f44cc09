#include "text.h"

struct name { char text[255]; };
struct news { __u8 version, length, from[16]; struct name name; };

MAP(unwanted, HASH, struct name, __u64, 65536);
RING(output, 1 << 18);

enum { HANDSHAKE = 22, HELLO = 1, SERVER_NAME = 0, HOST_NAME = 0 };

static __u64 split SEC(".data.split"), odd SEC(".data.odd");

/* Where the first record ends, or the segment if that is sooner. */
INLINE __u32 end_of(struct xdp_md *ctx, const struct span *hello)
{
	int record = u16_at(ctx, hello, 3);

	return up_to(hello, 0, record < 0 ? 5 : 5 + record);
}

INLINE int is_hello(struct xdp_md *ctx, const struct span *hello, __u32 stop)
{
	return u8_at(ctx, hello, 0) == HANDSHAKE && (stop < 6 || u8_at(ctx, hello, 5) == HELLO) &&
	       (stop < 10 || u8_at(ctx, hello, 9) == 3);
}

INLINE int is_split(struct xdp_md *ctx, const struct span *hello, __u32 stop)
{
	return stop < 9 || stop < 9u + (u8_at(ctx, hello, 6) << 16 | u16_at(ctx, hello, 7));
}

/* Where the name in a ClientHello is, and its kind, or -1: behind session id, ciphers and compression methods come
 * extensions. */
INLINE int server_name(struct xdp_md *ctx, const struct span *hello, __u32 stop, __u32 *at, __u32 *length)
{
	int session = u8_at(ctx, hello, 43);
	if (session < 0)
		return -1;
	__u32 pos = 44 + session;
	int ciphers = u16_at(ctx, hello, pos);
	if (ciphers < 0)
		return -1;
	pos += 2 + ciphers;
	int methods = u8_at(ctx, hello, pos);
	if (methods < 0)
		return -1;
	pos += 1 + methods + 2;
	while (pos <= FRAME_MAX && can_loop) {
		int kind = u16_at(ctx, hello, pos), size = u16_at(ctx, hello, pos + 2);
		if (kind < 0 || size < 0)
			return -1;
		if (kind == SERVER_NAME) {
			int n = u16_at(ctx, hello, pos + 7);
			if (n < 0 || pos + 9 + n > stop)
				return -1;
			*at = pos + 9;
			*length = n;
			return u8_at(ctx, hello, pos + 6);
		}
		pos += 4 + size;
	}
	return -1;
}

/* As it is in the map: case does not matter, nor a dot at its end. Its length; -1: there is a zero byte in it. */
INLINE int plain(struct name *name, __u32 length)
{
	for (__u32 i = zero; i < length && can_loop; i++) {
		barrier_var(i); /* what is checked is what is added */
		if (i >= sizeof name->text || !name->text[i])
			return -1;
		if ((__u8)(name->text[i] - 'A') < 26)
			name->text[i] |= 0x20;
	}
	__u32 last = length - 1;

	barrier_var(last);
	if (last < sizeof name->text && name->text[last] == '.') {
		name->text[last] = 0;
		length = last;
	}
	return length;
}

INLINE void report(struct xdp_md *ctx, const struct name *name, __u32 length)
{
	struct news *e = bpf_ringbuf_reserve(&output, sizeof *e, 0);

	if (!e) {
		note(&lost);
		return;
	}
	void *pos = DATA(ctx);
	parse_eth(&pos, END(ctx));
	struct iphdr *ip = pos;
	e->version = 0;
	if ((void *)(ip + 1) <= END(ctx) && ip->version == 4) {
		e->version = 4;
		__builtin_memcpy(e->from, &ip->saddr, 4);
	} else if (pos + sizeof(struct ipv6hdr) <= END(ctx)) {
		e->version = 6;
		__builtin_memcpy(e->from, &((struct ipv6hdr *)pos)->saddr, 16);
	}
	e->length = length;
	__builtin_memcpy(&e->name, name, sizeof *name);
	bpf_ringbuf_submit(e, 0);
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	int len;
	struct tcphdr *tcp = find_tcp(ctx, &len);

	if (!tcp || tcp->dest != htons(443))
		return XDP_PASS;
	struct span hello = carried(ctx, tcp, tcp->doff * 4, len);
	__u32 at, length, stop = end_of(ctx, &hello);
	if (!is_hello(ctx, &hello, stop))
		return XDP_PASS;
	int kind = server_name(ctx, &hello, stop, &at, &length);
	if (kind < 0) {
		if (is_split(ctx, &hello, stop))
			note(&split);
		return XDP_PASS;
	}
	struct name name;
	int n = -1;
	if (kind == HOST_NAME && length <= sizeof name) {
		text_at(ctx, &hello, at, length, &name, sizeof name);
		n = plain(&name, length);
	}
	if (n < 0) {
		note(&odd);
		return XDP_DROP;
	}
	if (!bpf_map_lookup_elem(&unwanted, &name))
		return XDP_PASS;
	count(&unwanted, &name, 1);
	report(ctx, &name, n);
	return XDP_DROP;
}
