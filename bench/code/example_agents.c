#include "text.h"

struct agent { char text[32]; };
struct news { __u32 method_size, path_size, agent_size; char method[8], path[48], agent[64]; };

MAP(agents, LRU_HASH, struct agent, __u64, 4096);
RING(output, 1 << 18);

/* The next place; not one counted from where the loop began, of which the verifier would follow every turn. */
INLINE __u32 behind(__u32 at)
{
	at++;
	barrier_var(at);
	return at;
}

INLINE int in_line(int c)
{
	return c >= 0 && c != '\r' && c != '\n';
}

INLINE int visible(int c)
{
	return c >= 0 && c != ' ' && !(c >= '\t' && c <= '\r');
}

/* The method and the path of a request, as places in p; 0: this is none. */
INLINE int request(struct xdp_md *ctx, const struct span *p, struct span *method, struct span *path)
{
	__u32 at = zero;
	const char *v;
	int c;

	while (c = u8_at(ctx, p, at), (c == '\r' || c == '\n') && can_loop)
		at = behind(at);
	method->from = at;
	while (visible(u8_at(ctx, p, at)) && can_loop)
		at = behind(at);
	method->to = at;
	if (method->to == method->from || u8_at(ctx, p, at) != ' ')
		return 0;
	path->from = ++at;
	while (in_line(u8_at(ctx, p, at)) && can_loop) {
		v = bytes(ctx, p, at, 8);
		if (v && !__builtin_memcmp(v, " HTTP/1.", 8)) {
			path->to = at;
			return 1;
		}
		at = behind(at);
	}
	return 0;
}

/* Are the 12 bytes the beginning of a header that says who asks? */
INLINE int is_agent(const char *b)
{
	const char *name = "\nuser-agent:";

	for (int i = 0; i < 12; i++)
		if ((b[i] | (name[i] >= 'a' ? 0x20 : 0)) != name[i])
			return 0;
	return 1;
}

INLINE int agent(struct xdp_md *ctx, const struct span *p, struct span *found)
{
	__u32 at = zero;
	const char *b;
	int c;

	while (b = bytes(ctx, p, at, 12), b && !is_agent(b) && can_loop)
		at = behind(at);
	if (!b)
		return 0;
	at += 12;
	while (c = u8_at(ctx, p, at), (c == ' ' || c == '\t') && can_loop)
		at = behind(at);
	found->from = at;
	while (in_line(u8_at(ctx, p, at)) && can_loop)
		at = behind(at);
	found->to = at;
	return 1;
}

INLINE int is_curl(struct xdp_md *ctx, const struct span *p, const struct span *agent)
{
	const char *b = bytes(ctx, p, agent->from, 5);

	return agent->to - agent->from >= 5 && b && (b[0] | 0x20) == 'c' && !__builtin_memcmp(b + 1, "url/", 4);
}

/* What is behind a byte that a terminal would take for more than text becomes 0, without a branch, of which each turn would
 * double the verifier's ways. How many bytes are left; behind the text there are zeros. */
INLINE __u32 printable(char *text, __u32 size)
{
	int ended = 0, n = 0;

	for (__u32 i = 0; i < size; i++) {
		int c = (__u8)text[i];
		ended |= (c - ' ') >> 31 | ((c ^ 127) - 1) >> 31;
		barrier_var(ended);
		text[i] = c & ~ended;
		n += 1 + ended;
	}
	return n;
}

INLINE __u32 text_of(struct xdp_md *ctx, const struct span *p, const struct span *part, void *text, __u32 size)
{
	text_at(ctx, p, part->from, part->to - part->from, text, size);
	return printable(text, size);
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
