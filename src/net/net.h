/*
 * net.h - packet views: protocol tables (one file each), and the two engines that read them: the
 * compiler's (lower_*.c) and the host twin's (twin.c).
 *
 * What both agree on:
 *
 *   place   a header or payload is a view, the offset where it starts, and `end`: the offset where
 *           the lengths of the headers around it say that it ends (NET_OPEN: none says). The end
 *           of the frame is not part of `end`; it is checked beside it.
 *   header  is there when its fixed part lies before `end` and inside the frame, its check byte and
 *           magic are right, its variable part lies inside too and its total length is not too small.
 *   reach   bytes from NET_REACH on are never read or written, by copy neither: what is added to a packet
 *           pointer has 16 bits. The bytes of a view, taken as a string, end there.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "ir/target.h"

enum net_view {
	NET_PKT, NET_ETH, NET_VLAN, NET_ARP, NET_IP, NET_IPV4, NET_IPV6, NET_TCP, NET_UDP, NET_ICMP,
	NET_ICMP6, NET_SCTP, NET_GRE, NET_MPLS, NET_VXLAN, NET_GENEVE, NET_INNER_ETH, NET_DNS, NET_PAYLOAD,
	NET_HOPOPTS, NET_ROUTING, NET_FRAGMENT, NET_DSTOPTS,
	NET_NVIEWS
};
#define NET_KIND(view) IR_BIT(IR_VIEW0 + (view))
#define NET_MAYBE(view) (IR_BIT(IR_NIL) | NET_KIND(view))

enum {
	NET_OPEN = 0x40000000,  /* an `end` beyond every frame */
	NET_REACH = 0xffff,
	NET_TAGS = 2,           /* VLAN tags skipped on the way to what they carry */
	NET_MAX_VLAN = 0x7fff,  /* no tag, and no header within a packet, is looked for beyond */
	NET_NOT_FIRST = 0x200,  /* added to a protocol number: of a fragment that is not the first */
};

/* Words of a view in the compiler: pkt none, payload two, ip four, other headers three. */
enum { NET_W_PTR, NET_W_OFF, NET_W_END, NET_W_VERSION };
enum { NET_P_OFF, NET_P_END };

/* What a header's own field that names the next header counts in. */
enum net_space {
	NET_NO_SPACE, NET_ETHERTYPE, NET_PROTO4, NET_PROTO6,
	NET_DPORT, NET_SPORT,   /* two bytes, like the EtherType */
	NET_LAST_LABEL,         /* the lowest bit of a byte */
	NET_ALWAYS,             /* it names none: there is one thing that it carries */
};

struct net_over { enum net_space space; uint16_t value; };

/* IPv6 extension headers that are passed: (byte 1 + 1) * 8 long, `auth` (byte 1 + 2) * 4, `frag` 8. */
struct net_exts {
	uint8_t max;            /* how many are walked */
	uint8_t frag, auth;
	uint8_t n;
	uint8_t value[8];       /* below 64 or from 128 to 191 */
};

struct net_proto {
	uint8_t fixed;          /* bytes of the fixed part */
	struct { uint8_t at, lo, hi; } check;        /* byte `at` is lo to hi; hi 0: unchecked */
	struct { uint8_t at; uint16_t mask; } zero;  /* none of these bits of 16 */
	struct { uint8_t n, bytes[6]; } magic;       /* what the header starts with */
	struct {
		uint8_t at, mask, shl, shr, add;
		bool may_lie;   /* it may come out as less than the fixed part: then there is no such header */
	} hlen;                 /* length from a byte; mask 0: fixed */
	struct { uint8_t at, bits; } opts;           /* each of these bits of a byte: 4 bytes more */
	struct {
		uint8_t at, add, min; /* 16 bits at `at`, plus add, from the header's start is its end */
		bool there, zero_open;
	} total;
	struct { uint8_t at; uint16_t mask; } frag;  /* any of these bits of 16: not the first fragment */
	struct { uint8_t at; enum net_space space; } next, also; /* PROTO*: a byte; ETHERTYPE: two */
	bool inner;             /* what it carries is found behind it and nowhere else */
	bool ext;               /* an extension header: passed on the way to others, and nobody's payload */
	const struct net_exts *exts;
	enum net_view covered;  /* the header right before it, whose checksum covers this one too; NET_PKT: none */
	struct { uint8_t at, covers; } sum; /* checksum: 16 bits at `at`; covers: NET_SUM_*, 0: none */
	struct net_over over[10]; /* ends with space 0; EtherTypes come first */
};

/* What a header's checksum is made of, and what stands for no checksum. */
enum {
	NET_SUM_OWN = 1,        /* the header's own fields */
	NET_SUM_PSEUDO = 2,     /* the addresses of the IP header before it, too */
	NET_SUM_OPTIONAL = 4,   /* 0: there is none, and it stays so; one that comes out as 0 is 0xffff */
	NET_SUM_HEADER = 8,     /* nothing behind the header: no card finishes it, and its header adds up to nothing */
};

/* How a field is read. */
enum net_how {
	NET_BITS,      /* `width` bits at bit `bit`, most significant first */
	NET_PARTS,     /* such bits, in bytes that no load of 1, 2, 4 or 8 covers within the fixed part */
	NET_LITTLE,    /* whole bytes, the first one lowest */
	NET_FLAG,      /* one bit, a boolean */
	NET_IP4, NET_IP6, NET_MAC, /* an address at bit `bit` */
	NET_BYTES, NET_CHARS, /* bytes as a string; up to the first that is 0 */
	NET_HEADER,    /* the header `view`, found from here */
	NET_REST,      /* payload */
	NET_LENGTH,    /* of the frame */
	NET_CTX,       /* 4 bytes at ctx + bit; the twin's value is twin, until it is assigned: kept as `meta` */
	NET_LAST,      /* IPv6: protocol after extension headers */
	NET_EITHER,    /* by IP version: v4 or v6 */
};

/* What lies beside a packet and can be assigned. */
enum net_meta { NET_NO_META, NET_MARK, NET_PRIORITY, NET_NMETA };

struct net_field {
	enum net_how how;
	uint16_t bit, width;
	enum net_view view;
	uint32_t twin;
	enum net_meta meta;
	bool raw;               /* assigning it touches no checksum */
	const struct net_field *v4, *v6;
};

/* The bytes that cover a bit field: 1, 2, 4 or 8 that end with it where they can; how far it lies from
 * their last bit. */
struct net_span { unsigned at, size, shift; };
struct net_span net_cover(const struct net_field *f);

extern const struct net_proto net_eth, net_vlan, net_arp, net_ipv4, net_ipv6, net_tcp, net_udp,
	net_icmp, net_icmp6, net_sctp, net_gre, net_mpls, net_vxlan, net_geneve, net_inner_eth, net_dns,
	net_hopopts, net_routing, net_fragment, net_dstopts;
extern const struct ir_view net_pkt_view, net_eth_view, net_vlan_view, net_arp_view, net_ip_view,
	net_ipv4_view, net_ipv6_view, net_tcp_view, net_udp_view, net_icmp_view, net_icmp6_view,
	net_sctp_view, net_gre_view, net_mpls_view, net_vxlan_view, net_geneve_view, net_inner_eth_view,
	net_dns_view, net_payload_view, net_hopopts_view, net_routing_view, net_fragment_view, net_dstopts_view;

/* Those that are the same wherever packets come from. */
#define NET_SHARED_VIEWS                                                                    \
	[NET_ARP]     = &net_arp_view,     [NET_IP]        = &net_ip_view,                  \
	[NET_IPV4]    = &net_ipv4_view,    [NET_IPV6]      = &net_ipv6_view,                \
	[NET_TCP]     = &net_tcp_view,     [NET_UDP]       = &net_udp_view,                 \
	[NET_ICMP]    = &net_icmp_view,    [NET_ICMP6]     = &net_icmp6_view,               \
	[NET_SCTP]    = &net_sctp_view,    [NET_GRE]       = &net_gre_view,                 \
	[NET_MPLS]    = &net_mpls_view,    [NET_VXLAN]     = &net_vxlan_view,               \
	[NET_GENEVE]  = &net_geneve_view,  [NET_INNER_ETH] = &net_inner_eth_view,           \
	[NET_DNS]     = &net_dns_view,     [NET_PAYLOAD]   = &net_payload_view,               \
	[NET_HOPOPTS] = &net_hopopts_view, [NET_ROUTING]   = &net_routing_view,             \
	[NET_FRAGMENT] = &net_fragment_view, [NET_DSTOPTS] = &net_dstopts_view

extern const struct ir_view *const net_views[NET_NVIEWS + 1]; /* NULL-terminated */
extern const struct ir_view *const net_skb_views[NET_NVIEWS + 1]; /* where the context is an __sk_buff */
extern const struct ir_lib net_byte_rows[]; /* methods of every view */
extern const struct ir_lib net_addr_rows[]; /* methods of ip4, ip6, mac */
extern const struct ir_lib net_cidr_rows[]; /* of prefixes */

typedef const struct ir_view *const *net_viewset; /* by number; NULL-terminated */

/* The table of a header; NULL: the view is not one. */
static inline const struct net_proto *net_proto(net_viewset views, unsigned view)
{
	return views[view]->own;
}

/* Is the field covered by the checksum of its header; by those of headers behind it? */
bool net_sum_has(const struct net_proto *p, const struct net_field *f);
bool net_sum_behind(const struct net_proto *p, const struct net_field *f);
/* Of a packet in an sk_buff: does storing the field, and the header's own checksum, leave the kernel's
 * sums right, and are those in the packet whole? */
bool net_skb_direct(unsigned kind, const struct ir_field *f);
/* Is the field covered by the checksum of its header alone, which is surely there and written by ourselves? */
bool net_evens_out(const struct ir_target *t, unsigned kind, const struct ir_field *f);
/* Those that are passed on the way to `view`: not its own kind. */
struct net_exts net_exts_before(const struct net_exts *all, const struct net_proto *view);
/* The number of a header in a space, or -1. */
int net_number(const struct net_proto *p, enum net_space space);
/* What the field holds where the header of this name is next, in any case of letters: 6 for "tcp"; -1: none (ir_view.number). */
int64_t net_number_named(const struct ir_view *v, const struct ir_field *f, const char *name);
/* Bytes that a header of this sort has at least; of the packet, and of what a header carries, 0. */
uint32_t net_least(const struct ir_view *v);
/* Does the header `from` carry `to` right behind it, if its field says so? */
bool net_carries(const struct net_proto *from, const struct net_proto *to);
/* What the row of a byte method (imm) says. */
enum { NET_ROW_SIZE = 15, NET_ROW_LITTLE = 16, NET_ROW_INDEX = 32, NET_ROW_LATER = 64,
       NET_ROW_WRITES = 128, NET_ROW_REDIRECT = 256, NET_ROW_MOVES = 512, NET_ROW_HEAD = 1024, NET_ROW_CLONE = 2048 };

/* What the kernel's test run leaves before a frame, at least. */
enum { NET_HEAD_ROOM = 216 };
#define NET_NO_ROOM "there is no room for the packet to be moved so far ('%s')"

const struct ir_move *net_move_of(const struct ir_target *t, const struct ir_lib *row);
/* The number of a device given by name or number; 0: there is none. */
uint32_t net_device(const pg_value *v);

/* ---- rows: what a protocol's file is made of ---- */

void net_get(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out);
void net_set(struct lw *w, const struct ir_field *f, const struct lw_val *obj, const struct lw_val *v);
void net_len(struct lw *w, const struct lw_val *obj, struct lw_val *out);
void net_extent(struct lw *w, const struct lw_val *obj, ir_ref *off, ir_ref *len);

#define NET_ROW(name_, kinds_, ...)                                                         \
	{ .name = name_, .kinds = kinds_, .get = net_get,                                   \
	  .arg = &(const struct net_field){ __VA_ARGS__ } }
/* One that can be assigned; leads_: and that other headers are found by. */
#define NET_ROW_SET(name_, kinds_, bits_, leads_, ...)                                      \
	{ .name = name_, .kinds = kinds_, .get = net_get, .set = net_set, .takes = kinds_,  \
	  .bits = bits_, .leads = leads_, .arg = &(const struct net_field){ __VA_ARGS__ } }
#define NET_BITS_AT(bit_, width_) .how = NET_BITS, .bit = bit_, .width = width_
#define NET_ROW_BITS(name, bit_, width_)                                                    \
	NET_ROW_SET(name, IR_BIT(IR_INT), width_, false, NET_BITS_AT(bit_, width_))
#define NET_ROW_LEADS(name, bit_, width_)                                                   \
	NET_ROW_SET(name, IR_BIT(IR_INT), width_, true, NET_BITS_AT(bit_, width_))
/* A port: the headers that NET_ROW_CARRIED names are found by it. */
#define NET_ROW_PORT(name_, bit_)                                                           \
	{ .name = name_, .kinds = IR_BIT(IR_INT), .get = net_get, .set = net_set, .takes = IR_BIT(IR_INT), .bits = 16, \
	  .carries = true, .arg = &(const struct net_field){ NET_BITS_AT(bit_, 16) } }
#define NET_ROW_CARRIED(name_, view_)                                                       \
	{ .name = name_, .kinds = NET_MAYBE(view_), .get = net_get, .walks = true, .carried = true, \
	  .fixed = NET_FIXED_VIEW, .arg = &(const struct net_field){ .how = NET_HEADER, .view = view_ } }
/* A checksum: written as it is. */
#define NET_ROW_CHECK(name, bit_)                                                           \
	NET_ROW_SET(name, IR_BIT(IR_INT), 16, false, NET_BITS_AT(bit_, 16), .raw = true)
/* How long the packet is. */
#define NET_ROW_SIZE(name_)                                                                 \
	{ .name = name_, .kinds = IR_BIT(IR_INT), .get = net_get,                           \
	  .fixed = NET_FIXED_SIZE,                                                          \
	  .arg = &(const struct net_field){ .how = NET_LENGTH } }
/* What is not to be assigned, and what to do instead. */
#define NET_ROW_FIXED(name_, bit_, width_, fixed_)                                          \
	{ .name = name_, .kinds = IR_BIT(IR_INT), .get = net_get, .fixed = fixed_,          \
	  .arg = &(const struct net_field){ NET_BITS_AT(bit_, width_) } }
#define NET_ROW_FLAG(name, bit_) NET_ROW_SET(name, IR_BOOL, 1, false, .how = NET_FLAG, .bit = bit_, .width = 1)
#define NET_ROW_IP4(name, bit_) NET_ROW_SET(name, IR_BIT(IR_IP4), 0, false, .how = NET_IP4, .bit = bit_)
#define NET_ROW_IP6(name, bit_) NET_ROW_SET(name, IR_BIT(IR_IP6), 0, false, .how = NET_IP6, .bit = bit_)
#define NET_ROW_MAC(name, bit_) NET_ROW_SET(name, IR_BIT(IR_MAC), 0, false, .how = NET_MAC, .bit = bit_)
#define NET_ROW_WALKS(name_, kinds_, fixed_, ...)                                           \
	{ .name = name_, .kinds = kinds_, .get = net_get, .walks = true, .fixed = fixed_,   \
	  .arg = &(const struct net_field){ __VA_ARGS__ } }
#define NET_ROW_HEADER(name, view_)                                                         \
	NET_ROW_WALKS(name, NET_MAYBE(view_), NET_FIXED_VIEW, .how = NET_HEADER, .view = view_)
/* One within a packet that is within another. */
#define NET_ROW_TUNNEL(name_, view_)                                                        \
	{ .name = name_, .kinds = NET_MAYBE(view_), .get = net_get, .walks = true, .tunnel = true, \
	  .fixed = NET_FIXED_VIEW, .arg = &(const struct net_field){ .how = NET_HEADER, .view = view_ } }
#define NET_ROW_TUNNEL_MAC(name_, bit_)                                                     \
	{ .name = name_, .kinds = IR_BIT(IR_MAC), .get = net_get, .fixed = NET_FIXED_SUM,   \
	  .arg = &(const struct net_field){ .how = NET_MAC, .bit = bit_ } }
#define NET_ROW_SIGN(name_, bit_, fixed_)                                                   \
	{ .name = name_, .kinds = IR_BOOL, .get = net_get, .fixed = fixed_,                 \
	  .arg = &(const struct net_field){ .how = NET_FLAG, .bit = bit_, .width = 1 } }
/* What either version of IP carries; and what a frame holds, however its link layer is read. */
#define NET_ROWS_TRANSPORT NET_ROW_HEADER("sctp", NET_SCTP), NET_ROW_HEADER("gre", NET_GRE)
#define NET_ROWS_FRAME                                                                       \
	NET_ROW_HEADER("arp", NET_ARP), NET_ROW_HEADER("ip", NET_IP), NET_ROW_HEADER("ipv4", NET_IPV4), \
	NET_ROW_HEADER("ipv6", NET_IPV6), NET_ROW_HEADER("tcp", NET_TCP), NET_ROW_HEADER("udp", NET_UDP), \
	NET_ROW_HEADER("icmp", NET_ICMP), NET_ROW_HEADER("icmp6", NET_ICMP6), NET_ROWS_TRANSPORT,    \
	NET_ROW_HEADER("mpls", NET_MPLS)
#define NET_ROW_REST() NET_ROW_WALKS("payload", NET_KIND(NET_PAYLOAD), NET_FIXED_VIEW, .how = NET_REST)

/* One that this hook does not have, and what to do instead. */
#define NET_ROW_ELSEWHERE(name_, fixed_) { .name = name_, .fixed = fixed_ }

#define NET_FIXED_SIZE "pkt:adjust_tail(n) makes the packet longer or shorter, in bpf.xdp and bpf.tc"
#define NET_FIXED_VIEW "assign its fields, or write its bytes: p:set_u16(offset, value)"
#define NET_FIXED_SUM "a checksum that covers it would not be kept; to write it all the same: p:set_u8(offset, value)"
#define NET_FIXED_HOLDS "it says what the header holds; to write it all the same, and no checksum: p:set_u8(offset, value)"
#define NET_FIXED_LENGTH "the bytes of the packet do not move with it; to write it all the same, and no " \
	"checksum: p:set_u8(offset, value)"
#define NET_FIXED_NEXT "what follows would be read as another protocol; to write it all the same, and no " \
	"checksum: p:set_u8(offset, value)"

/* What is under a header; a frame is taken to have a link layer's. */
#define NET_IN_ETH NET_KIND(NET_ETH)
#define NET_IN_IP (NET_IN_ETH | NET_KIND(NET_IP))
#define NET_IN_IPV4 (NET_IN_IP | NET_KIND(NET_IPV4))
#define NET_IN_IPV6 (NET_IN_IP | NET_KIND(NET_IPV6))
#define NET_IN_UDP (NET_IN_IP | NET_KIND(NET_UDP))

/* own_: its net_proto; NULL: it is no header of its own. */
#define NET_VIEW(name_, words_, fields_, own_, carried_by_)                                 \
	{ .name = name_, .words = words_, .is_str_like = true, .fields = fields_, .own = own_, \
	  .methods = net_byte_rows, .len = net_len, .bytes = net_extent, .carried_by = carried_by_, \
	  .number = net_number_named, .least = net_least }

/* ---- protocols that a script adds ---- */

struct net_added; /* of a context; what net_views_with gave lives as long */

/* Adds one; *list: NULL before the first. false: refused, err says why. */
bool net_add(struct net_added **list, const struct pg_proto_opts *o, char *err, size_t errlen);
/* net_views or net_skb_views, with what was added so far. */
net_viewset net_views_with(const struct net_added *list, net_viewset base);
void net_added_free(struct net_added *list);

/* ---- the host twin: plain C over bytes ---- */

struct net_frame {
	uint8_t *bytes;
	size_t n;
	net_viewset views;
	uint32_t room[2];         /* bytes before and behind it that it may grow by */
	uint32_t meta[NET_NMETA]; /* what was assigned, less what it was at first */
};

struct net_place {
	enum net_view view;
	uint32_t off, end;
	uint8_t version; /* of NET_IP: 4 or 6 */
};

/* A field of the view at p: a value, or (PG_VIEW, view not set) a place. */
void net_twin_get(const struct net_frame *f, const struct net_place *p, const struct ir_field *row,
		  pg_value *out, struct net_place *at);
/* Assigns it. false: it is not a value for this field, and text says why. */
bool net_twin_set(struct net_frame *f, const struct net_place *p, const struct ir_field *row,
		  const pg_value *v, const char *kind, char *text, size_t size);
/* Moves its head or its tail. false: there is no room. */
bool net_twin_move(struct net_frame *f, bool head, int64_t by);
size_t net_twin_len(const struct net_frame *f, const struct net_place *p);
size_t net_twin_text(const struct net_frame *f, const struct net_place *p); /* ... of its bytes as a string */
/* Is it there? From a place to the header `view`. */
bool net_twin_find(const struct net_frame *f, const struct net_place *from, enum net_view view,
		   struct net_place *out);
enum net_view net_twin_version(const struct net_place *p); /* of NET_IP: NET_IPV4 or NET_IPV6 */
/* A byte method: an integer or nil; of one that writes `value`, which fits, whether it was inside. */
void net_twin_bytes(const struct net_frame *f, const struct net_place *p, const struct ir_lib *row,
		    int64_t arg, int64_t value, pg_value *out);
/* a:method(args). 0; -ENOENT: no such method; -EINVAL: bad argument, err says which. */
int net_twin_addr(const pg_value *self, const char *method, const pg_value *args, int n,
		  pg_value *out, char *err, size_t errlen);

#endif
