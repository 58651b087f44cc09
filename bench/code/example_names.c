#include "text.h"

struct name { char text[64]; };

MAP(names, LRU_HASH, struct name, __u64, 65536);
MAP(types, HASH, __u16, __u64, 1024);

INLINE struct dns_hdr *find_dns(struct xdp_md *ctx, struct span *rest)
{
	int len;
	struct udphdr *udp = find_udp(ctx, &len);
	if (!udp)
		return 0;
	struct dns_hdr *dns = dns_at(udp, &len, END(ctx));
	if (dns)
		*rest = carried(ctx, dns, sizeof *dns, sizeof *dns + len);
	return dns;
}

/* How long the name is, without the empty label at its end; -1: that is no name. */
INLINE int name_length(struct xdp_md *ctx, const struct span *question)
{
	__u32 at = 0;

	while (at < 255 && can_loop) {
		int n = u8_at(ctx, question, at);
		if (n < 0 || n > 63)
			return -1;
		if (n == 0)
			return at;
		at += 1 + n;
	}
	return -1;
}

INLINE void lower(struct name *name)
{
	for (int i = 0; i < (int)sizeof name->text; i++)
		if ((__u8)(name->text[i] - 'A') < 26)
			name->text[i] |= 0x20;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	struct span question;
	struct dns_hdr *dns = find_dns(ctx, &question);

	if (!dns || dns->flags & DNS_ANSWER || !dns->questions)
		return XDP_PASS;
	int length = name_length(ctx, &question);
	if (length < 0)
		return XDP_PASS;
	int kind = u16_at(ctx, &question, length + 1);
	if (kind < 0)
		return XDP_PASS;
	struct name name;
	text_at(ctx, &question, 0, length, &name, sizeof name);
	lower(&name);
	count(&names, &name, 1);
	__u16 type = kind;
	count(&types, &type, 1);
	return XDP_PASS;
}
