/* sockets.c - maps of sockets in kernel code: m:assign(k) gives a connection to one of them. */
#include "stdlib/map.h"

#include "core/ctype.h"

static bool assign_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
			struct ir_type *out)
{
	const struct ir_target *t = infer_unit(in)->target;
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(a[0].k->map, &s);
	if (!t->helper_sk_assign)
		return infer_refuse(in, site, ON_PACKETS, "choose it in sk_lookup, before there is a connection",
				    "sockets of a %s are not chosen in %s", s.type, t->hook), false;
	return std_storable(in, site, &s, s.key, &a[1], "key") && std_known_fields(in, site, s.key, &a[1]);
}

/* The socket that is looked up is held until it is let go: nothing comes between. */
static void assign_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			 struct lw_val *out)
{
	(void)row, (void)n;
	ir_blk absent = lw_block(w, 0), there = lw_block(w, 0), taken = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	ir_ref sk = std_look_up(w, &args[0], &args[1], absent);
	lw_bri(w, IR_EQ, sk, 0, absent, there);
	lw_enter(w, there);
	ir_ref r = lw_helper(w, w->unit->target->helper_sk_assign, 3, (ir_ref[]){ lw_ctx(w), sk, lw_imm(w, 0) });
	lw_helper(w, HELPER_SK_RELEASE, 1, &sk);
	lw_bri(w, IR_EQ, r, 0, taken, absent);
	lw_enter(w, taken);
	struct lw_val pass = lw_int(lw_imm(w, PG_PASS)), none = lw_nil();
	lw_join_add(w, &j, &pass);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	*out = lw_join_end(w, &j);
}

const struct ir_lib stdlib_socket_rows[] = {
	{ "assign", 1, 1, { 0 }, IR_BIT(IR_INT) | IR_BIT(IR_NIL), 0, IR_E_WRITE, assign_type, assign_lower, 0,
	  "m:assign(k): gives the connection to that socket: bpf.PASS; nil: there is none, or none that can take it" },
	{ 0 },
};
