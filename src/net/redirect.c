/* redirect.c - pkt:redirect(dev): the verdict that sends a packet on through another device. */
#include "net/lower.h"

#include <net/if.h>

/* The number of a device given by name or number; 0: there is none. */
uint32_t net_device(const pg_value *v)
{
	char name[IF_NAMESIZE];
	if (v->kind == PG_INT)
		return v->i > 0 && v->i <= UINT32_MAX ? (uint32_t)v->i : 0;
	if (v->kind != PG_STR || v->n >= sizeof name)
		return 0;
	memcpy(name, v->str, v->n);
	name[v->n] = 0;
	return if_nametoindex(name);
}

static bool no_device(struct infer *in, uint32_t site, const pg_value *dev)
{
	static const char devices[] = "`ip link` lists those that there are: name one, or give its number";
	if (dev->kind == PG_STR)
		infer_error(in, site, devices, "there is no network device '%.*s'", (int)dev->n, dev->str);
	else
		infer_error(in, site, devices, "there is no network device %lld", (long long)dev->i);
	return false;
}

static bool knows_way(struct infer *in, uint32_t site, const pg_value *way)
{
	const struct ir_target *t = infer_unit(in)->target;
	if (!way || way->kind != PG_STR || way->n != 7 || memcmp(way->str, "ingress", 7))
		return infer_error(in, site, "write \"ingress\", or nothing: out through it", "packets are redirected "
				   "out through the device, or to its \"ingress\""), false;
	if (!t->redirects_in)
		return infer_refuse(in, site, ON_PACKETS, "leave out \"ingress\"", "%s redirects packets out "
				    "through a device only", t->hook), false;
	return true;
}

bool net_redirect_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		       struct ir_type *out)
{
	const struct ir_target *t = infer_unit(in)->target;
	const pg_value *dev = a[1].k, *way = n > 2 ? a[2].k : NULL;
	(void)row, (void)out;
	if (a[0].kinds != NET_KIND(NET_PKT))
		return infer_error(in, site, "write pkt:redirect(dev)", "it is the whole packet that is redirected"), false;
	if (!t->helper_redirect)
		return infer_refuse(in, site, ON_PACKETS, "redirect them in bpf.xdp or bpf.tc",
				    "packets cannot be redirected in %s", t->hook), false;
	if (!dev && a[1].kinds & IR_BIT(IR_STR))
		return infer_refuse(in, site, ON_PACKETS, "name it by a constant, or by its number",
				    "which device packets are redirected to must be known when it is "
				    "compiled"), false;
	if (dev && !net_device(dev))
		return no_device(in, site, dev);
	return n < 3 || knows_way(in, site, way);
}

void net_way(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, ir_ref to[2])
{
	enum { INGRESS = 1 }; /* BPF_F_INGRESS */
	const pg_value *dev = args[1].k;
	to[0] = dev ? lw_imm(w, net_device(dev)) : lw_int_word(w, &args[1]);
	if (!dev)
		lw_raise_if(w, IR_UGT, to[0], lw_imm(w, UINT32_MAX), "bad argument #1 to '%s' (value does not fit u32)",
			    row->name);
	to[1] = lw_imm(w, n > 2 ? INGRESS : 0);
}

void net_redirect_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	ir_ref to[2];
	net_way(w, row, n, args, to);
	lw_helper(w, w->unit->target->helper_redirect, 2, to);
	*out = lw_int(lw_imm(w, PG_REDIRECT));
}
