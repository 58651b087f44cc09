#include "text.h"

struct agent { char text[32]; };
struct news { __u32 method_size, path_size, agent_size; char method[8], path[48], agent[64]; };

MAP(agents, LRU_HASH, struct agent, __u64, 4096);
RING(output, 1 << 18);

INLINE int upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

INLINE int visible(int c)
{
	return c >= 0 && c != ' ' && !(c >= '\t' && c <= '\r');
}

/* The method and the path of a request, as places in p; 0: this is none. */
INLINE int request(struct xdp_md *ctx, const struct span *p, struct span *method, struct span *path)
{
	__u32 at = zero;

	if (!upper(u8_at(ctx, p, at)))
		return 0;
	do at++; while (upper(u8_at(ctx, p, at)) && can_loop);
	if (u8_at(ctx, p, at) != ' ')
		return 0;
	*method = (struct span){ 0, at++ };
	path->from = at;
	if (!visible(u8_at(ctx, p, at)))
		return 0;
	do at++; while (visible(u8_at(ctx, p, at)) && can_loop);
	path->to = at;
	const char *v = bytes(ctx, p, at, 11);
	return v && !__builtin_memcmp(v, " HTTP/1.", 8) && v[8] >= '0' && v[8] <= '9' && v[9] == '\r' && v[10] == '\n';
}

/* Are the 13 bytes the beginning of a header that says who asks? */
INLINE int is_agent(const char *b)
{
	return b[0] == '\r' && b[1] == '\n' && (b[2] | 0x20) == 'u' && !__builtin_memcmp(b + 3, "ser-", 4) &&
	       (b[7] | 0x20) == 'a' && !__builtin_memcmp(b + 8, "gent:", 5);
}

INLINE int agent(struct xdp_md *ctx, const struct span *p, struct span *found)
{
	__u32 at = zero;
	const char *b;
	int c;

	while (b = bytes(ctx, p, at, 13), b && !is_agent(b) && can_loop)
		at++;
	if (!b)
		return 0;
	at += 13;
	while (u8_at(ctx, p, at) == ' ' && can_loop)
		at++;
	found->from = at;
	while (c = u8_at(ctx, p, at), c >= 0 && c != '\r' && c != '\n' && can_loop)
		at++;
	found->to = at;
	return 1;
}

INLINE int is_curl(struct xdp_md *ctx, const struct span *p, const struct span *agent)
{
	const char *b = bytes(ctx, p, agent->from, 5);

	return agent->to - agent->from >= 5 && b && (b[0] | 0x20) == 'c' && !__builtin_memcmp(b + 1, "url/", 4);
}

INLINE __u32 text_of(struct xdp_md *ctx, const struct span *p, const struct span *part, void *text, __u32 size)
{
	__u32 n = part->to - part->from;

	if (n > size)
		n = size;
	text_at(ctx, p, part->from, n, text, size);
	return n;
}

INLINE void report(struct xdp_md *ctx, const struct span *p, const struct span *method, const struct span *path,
		   const struct span *agent)
{
	struct news *e = bpf_ringbuf_reserve(&output, sizeof *e, 0);

	if (!e) {
		note(&lost);
		return;
	}
	e->method_size = text_of(ctx, p, method, e->method, sizeof e->method);
	e->path_size = text_of(ctx, p, path, e->path, sizeof e->path);
	e->agent_size = text_of(ctx, p, agent, e->agent, sizeof e->agent);
	bpf_ringbuf_submit(e, 0);
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	int len;
	struct tcphdr *tcp = find_tcp(ctx, &len);

	if (!tcp || tcp->dest != htons(80))
		return XDP_PASS;
	struct span p = carried(ctx, tcp, tcp->doff * 4, len), method, path, who;
	if (!request(ctx, &p, &method, &path) || !agent(ctx, &p, &who))
		return XDP_PASS;
	struct agent key;
	text_of(ctx, &p, &who, &key, sizeof key);
	count(&agents, &key, 1);
	if (!is_curl(ctx, &p, &who))
		return XDP_PASS;
	report(ctx, &p, &method, &path, &who);
	return XDP_DROP;
}
