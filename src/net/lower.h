/* lower.h - the compiler's engine: what its files share. */
#ifndef NET_LOWER_H
#define NET_LOWER_H

#include "ir/lower.h"
#include "net/net.h"

/* A header: pointer to its fixed part, its offset, its `end`. */
struct net_at { ir_ref ptr, off, end; };

static inline const struct net_proto *net_proto_in(const struct lw *w, unsigned view)
{
	return net_proto(w->unit->target->views, view);
}
/* The words of a header view. */
struct net_at net_at_of(struct lw *w, const struct lw_val *obj);
/* Checks that the header `view` is at off; goes to `absent` when not, else on. `through`: only what
 * follows is wanted, whose own check will show that the variable part is in the frame. */
struct net_at net_enter(struct lw *w, enum net_view view, ir_ref off, ir_ref end, ir_blk absent,
			bool through);
/* Length of the header; not for NET_IP. */
ir_ref net_header_len(struct lw *w, enum net_view view, const struct net_at *h);
/* The header `to` of the packet, or (from: NET_VLAN, NET_IP...) behind h; version: of NET_IP. */
struct lw_val net_find(struct lw *w, enum net_view from, const struct lw_val *obj, enum net_view to,
		       ir_blk absent);
/* A tag placed at `off` of the frame. */
struct lw_val net_vlan_at(struct lw *w, int64_t off, ir_blk absent);
/* Payload of a header, or of the innermost header of the packet. */
struct lw_val net_payload(struct lw *w, enum net_view from, const struct lw_val *obj);
/* The protocol behind the extension headers of h, with NET_NOT_FIRST, and where it starts. */
void net_last(struct lw *w, const struct net_at *h, ir_ref *number, ir_ref *pos);

/* n bytes, the first one lowest: a mac (6), or a little-endian number. */
ir_ref net_load_little(struct lw *w, const struct net_at *h, unsigned n, int64_t at);
/* What is assigned to a field of bits, as a word; false: it raised, for it does not fit. */
bool net_bits_of(struct lw *w, const char *name, const struct net_field *f, const struct lw_val *v, ir_ref *out);
/* Branches on the version word of an ip view. */
void net_br_version(struct lw *w, const struct lw_val *ip, ir_blk v4, ir_blk v6);
/* Bytes that every header of the view has. */
unsigned net_fixed(const struct ir_unit *u, enum net_view view);

/* #v, as a word */
ir_ref net_len_word(struct lw *w, const struct lw_val *obj);
static inline enum net_view net_view_of(const struct lw_val *obj)
{
	return (enum net_view)(__builtin_ctzll(obj->kinds) - IR_VIEW0);
}

bool net_bytes_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out);
void net_bytes_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out);

/* 16 bits of the wire as a host-order load gives them. */
static inline int64_t net_wire16(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	return v;
}

/* 1 when a == k, else 0, without a branch; a and k below 2^63. */
static inline ir_ref net_is(struct lw *w, ir_ref a, int64_t k)
{
	ir_ref d = k ? lw_op2i(w, IRO(xor64), a, k) : a;
	return lw_op2i(w, IRO(shr64), lw_op2i(w, IRO(sub64), d, 1), 63);
}

/* The lesser of two words below 2^63, without a branch. */
static inline ir_ref net_min(struct lw *w, ir_ref a, ir_ref b)
{
	ir_ref d = lw_op2(w, IRO(sub64), a, b);
	ir_ref negative = lw_op2i(w, IRO(sar64), d, 63);
	return lw_op2(w, IRO(add64), b, lw_op2(w, IRO(and64), d, negative));
}

static inline ir_ref net_max(struct lw *w, ir_ref a, ir_ref b)
{
	return lw_op2(w, IRO(sub64), lw_op2(w, IRO(add64), a, b), net_min(w, a, b));
}

/* The device and the flags of (dev [, "ingress"]). */
void net_way(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, ir_ref to[2]);
bool net_move_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out);
void net_move_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool net_clone_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		    struct ir_type *out);
void net_clone_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool net_redirect_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		       struct ir_type *out);
void net_redirect_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out);

#endif
