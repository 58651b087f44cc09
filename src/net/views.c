/* views.c - the views by number, and the methods that all of them have. */
#include "net/net.h"

#include "core/mutant.h"
#include "net/lower.h"

#include <strings.h>

const struct ir_view *const net_views[NET_NVIEWS + 1] = {
	[NET_PKT]     = &net_pkt_view,
	[NET_ETH]     = &net_eth_view,
	[NET_VLAN]    = &net_vlan_view,
	NET_SHARED_VIEWS,
};

#define BYTE_ROW(name_, imm_, what_)                                                        \
	{ .name = name_, .min = 1, .max = 1, .args = { IR_BIT(IR_INT) },                    \
	  .ret = IR_BIT(IR_INT) | IR_BIT(IR_NIL), .effects = IR_E_READ | IR_UNSIGNED, .type = net_bytes_type, \
	  .lower = net_bytes_lower, .imm = imm_, .what = what_ }

#define WRITE_ROW(name_, size_, what_)                                                      \
	{ .name = name_, .min = 2, .max = 2, .args = { IR_BIT(IR_INT), IR_BIT(IR_INT) },    \
	  .ret = IR_BOOL, .effects = IR_E_WRITE, .type = net_bytes_type,                    \
	  .lower = net_bytes_lower, .imm = size_ | NET_ROW_WRITES, .what = what_ }

const struct ir_lib net_byte_rows[] = {
	BYTE_ROW("u8",   1, "the byte at an offset (from 0), nil outside"),
	BYTE_ROW("u16",  2, "2 bytes at an offset, network order, nil outside"),
	BYTE_ROW("u32",  4, "4 bytes at an offset, network order, nil outside"),
	BYTE_ROW("u64",  8, "8 bytes at an offset, network order, nil outside"),
	BYTE_ROW("le16", 2 | NET_ROW_LITTLE, "2 bytes at an offset, little-endian, nil outside"),
	BYTE_ROW("le32", 4 | NET_ROW_LITTLE, "4 bytes at an offset, little-endian, nil outside"),
	BYTE_ROW("le64", 8 | NET_ROW_LITTLE, "8 bytes at an offset, little-endian, nil outside"),
	BYTE_ROW("byte", 1 | NET_ROW_INDEX, "byte number i (from 1; from the end when negative), nil outside"),
	WRITE_ROW("set_u8",  1, "writes a byte at an offset, no checksum; true if it was inside"),
	WRITE_ROW("set_u16", 2, "writes 2 bytes at an offset, network order, no checksum; true if inside"),
	WRITE_ROW("set_u32", 4, "writes 4 bytes at an offset, network order, no checksum; true if inside"),
	WRITE_ROW("set_u64", 8, "writes 8 bytes at an offset, network order, no checksum; true if inside"),
	{ "redirect", 1, 2, { IR_BIT(IR_STR) | IR_BIT(IR_INT), IR_BIT(IR_STR) }, IR_BIT(IR_INT), 0, IR_E_WRITE | IR_MATTERS,
	  net_redirect_type, net_redirect_lower, NET_ROW_REDIRECT, "pkt:redirect(dev): the verdict that sends it there" },
	{ "clone", 1, 2, { IR_BIT(IR_STR) | IR_BIT(IR_INT), IR_BIT(IR_STR) }, IR_BOOL, 0, IR_E_WRITE,
	  net_clone_type, net_clone_lower, NET_ROW_CLONE, "pkt:clone(dev): sends a copy there; true if it was sent" },
	{ "adjust_head", 1, 1, { IR_BIT(IR_INT) }, IR_BIT(IR_NIL), 0, IR_E_WRITE | IR_MOVES, net_move_type,
	  net_move_lower, NET_ROW_MOVES | NET_ROW_HEAD, "pkt:adjust_head(n): takes n bytes off the front, or puts -n before it" },
	{ "adjust_tail", 1, 1, { IR_BIT(IR_INT) }, IR_BIT(IR_NIL), 0, IR_E_WRITE | IR_MOVES, net_move_type,
	  net_move_lower, NET_ROW_MOVES, "pkt:adjust_tail(n): puts n bytes behind it, or takes -n off" },
	{ 0 }
};

int net_number(const struct net_proto *p, enum net_space space)
{
	for (unsigned i = 0; p && i < sizeof(p->over) / sizeof(*p->over); i++)
		if (p->over[i].space == space)
			return p->over[i].value;
	return -1;
}

/* Does the field say what is next in the space? */
static bool says_next(const struct net_proto *p, const struct net_field *f, enum net_space space)
{
	if (f->how == NET_EITHER) /* pkt.ip.proto */
		return f->v6->how == NET_LAST && (space == NET_PROTO4 || space == NET_PROTO6);
	return p && f->how == NET_BITS && ((p->next.space == space && f->bit == p->next.at * 8u) ||
					   (p->also.space == space && f->bit == p->also.at * 8u));
}

int64_t net_number_named(const struct ir_view *v, const struct ir_field *f, const char *name)
{
	for (unsigned i = 0; f->arg && i < NET_NVIEWS; i++) {
		const struct net_proto *p = net_views[i] && !strcasecmp(net_views[i]->name, name) ? net_views[i]->own : NULL;
		for (const struct net_over *o = p ? p->over : NULL; o && o->space; o++)
			if (says_next(v->own, f->arg, o->space))
				return o->value;
	}
	return -1;
}

uint32_t net_least(const struct ir_view *v)
{
	const struct net_proto *p = v == &net_ip_view ? &net_ipv4 : v->own;
	return p ? p->fixed : 0;
}

struct net_exts net_exts_before(const struct net_exts *all, const struct net_proto *view)
{
	struct net_exts x = *all;
	int own = view->ext ? net_number(view, NET_PROTO6) : -1;

	x.n = 0;
	for (unsigned i = 0; i < all->n; i++)
		if (all->value[i] != own || MUTANT(ext_passed))
			x.value[x.n++] = all->value[i];
	return x;
}

bool net_carries(const struct net_proto *from, const struct net_proto *to)
{
	if (!from || !from->inner || !to)
		return false;
	for (const struct net_over *o = to->over; o->space; o++)
		if (o->space == from->next.space || o->space == from->also.space)
			return true;
	return false;
}

struct net_span net_cover(const struct net_field *f)
{
	unsigned first = f->bit / 8u, last = (f->bit + f->width - 1u) / 8;
	unsigned n = last - first + 1, size = n > 4 ? 8 : n > 2 ? 4 : n;
	unsigned at = last + 1 >= size ? last + 1 - size : first;

	return (struct net_span){ at, size, (at + size) * 8 - f->bit - f->width };
}

bool net_sum_has(const struct net_proto *p, const struct net_field *f)
{
	return p && p->sum.covers & NET_SUM_OWN && !f->raw;
}

bool net_sum_behind(const struct net_proto *p, const struct net_field *f)
{
	enum net_space next = p ? p->next.space : NET_NO_SPACE;

	return (next == NET_PROTO4 || next == NET_PROTO6) && (f->how == NET_IP4 || f->how == NET_IP6);
}

bool net_evens_out(const struct ir_target *t, unsigned kind, const struct ir_field *f)
{
	const struct net_proto *p = net_proto(t->views, kind - IR_VIEW0);
	const struct net_field *own = f->arg;

	return own && net_sum_has(p, own) && !net_sum_behind(p, own) && !(p->sum.covers & NET_SUM_OPTIONAL) &&
	       (p->sum.covers & NET_SUM_HEADER || !t->helper_l4_csum);
}
