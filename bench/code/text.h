/* text.h - bytes at places that are known only at run time. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "parse.h"

/* What a header carries: bytes `from` to `to` of the frame. */
struct span { __u32 from, to; };

/* More than an XDP frame has, and little enough for the verifier to add to a packet's pointer. */
enum { FRAME_MAX = 0x3fff };

/* Where a loop over bytes starts: the verifier is not to tell its turns apart by the place. */
static volatile __u32 zero SEC(".data.zero");

/* `n` bytes of it, `at` behind its beginning; NULL: not all of them are there. */
INLINE void *bytes(struct xdp_md *ctx, const struct span *s, __u32 at, __u32 n)
{
	__u32 off = s->from + at;

	barrier_var(off); /* what is checked is what is added */
	if (off > FRAME_MAX || off + n > s->to)
		return 0;
	void *p = DATA(ctx) + off;
	return p + n > END(ctx) ? 0 : p;
}

INLINE int u8_at(struct xdp_md *ctx, const struct span *s, __u32 at)
{
	__u8 *p = bytes(ctx, s, at, 1);

	return p ? *p : -1;
}

INLINE int u16_at(struct xdp_md *ctx, const struct span *s, __u32 at)
{
	__u8 *p = bytes(ctx, s, at, 2);

	return p ? p[0] << 8 | p[1] : -1;
}

/* How many bytes there are from `at` on, if not more than n. */
INLINE __u32 up_to(const struct span *s, __u32 at, __u32 n)
{
	__u32 from = s->from + at;

	if (from >= s->to)
		return 0;
	return s->to - from < n ? s->to - from : n;
}

/* The n bytes from `at` on, which are there, as a text of `size` bytes. */
INLINE void text_at(struct xdp_md *ctx, const struct span *s, __u32 at, __u32 n, void *text, __u32 size)
{
	__builtin_memset(text, 0, size);
	if (n > size)
		n = size;
	barrier_var(n);
	if (n && n <= size)
		bpf_xdp_load_bytes(ctx, s->from + at, text, n);
}

/* The payload of a TCP or UDP header that has `len` bytes, itself included. */
INLINE struct span carried(struct xdp_md *ctx, void *header, __u32 size, __u32 len)
{
	__u32 at = header - DATA(ctx), end = END(ctx) - DATA(ctx);

	barrier_var(at); /* the difference itself is kept, not the pointers */
	return (struct span){ at + size, at + len < end ? at + len : end };
}

#endif
