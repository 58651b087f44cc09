/* sockets.c - maps of sockets in kernel code: m:assign(k) gives a connection to one of them. */
#include "stdlib/map.h"

#include "core/ctype.h"

#include <linux/bpf.h>
#include <string.h>

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

/* ---- redirect ---- */

static bool redirect_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
			  struct ir_type *out)
{
	const struct ir_target *t = infer_unit(in)->target;
	struct map_shape s;
	(void)row, (void)out;
	map_shape(a[0].k->map, &s);
	if (!t->helper_redirect_sockmap)
		return infer_refuse(in, site, ON_PACKETS, "bpf.sk_msg redirects what is written to a socket",
				    "nothing is redirected to the sockets of a %s in %s", s.type, t->hook), false;
	const pg_value *way = n > 2 ? a[2].k : NULL;
	if (n > 2 && (!way || way->kind != PG_STR || strcmp(way->str, "ingress")))
		return infer_error(in, site, "write \"ingress\", or leave it out", "the way is \"ingress\" or none"), false;
	return std_storable(in, site, &s, s.key, &a[1], "key") && std_known_fields(in, site, s.key, &a[1]);
}

static void redirect_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			   struct lw_val *out)
{
	const struct ir_target *t = w->unit->target;
	struct map_shape s;
	(void)row;
	map_shape(args[0].k->map, &s);
	bool hash = !strcmp(s.type, "sockhash");
	ir_blk absent = lw_block(w, 0), sent = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	ir_ref key = std_put_key(w, &args[0], &args[1], absent), to[] = { lw_ctx(w), lw_map(w, &args[0]),
		hash ? key : lw_load(w, 4, key, 0), lw_imm(w, n > 2 ? BPF_F_INGRESS : 0) };
	ir_ref r = lw_helper(w, hash ? t->helper_redirect_sockhash : t->helper_redirect_sockmap, 4, to);
	lw_bri(w, IR_NE, r, 0, sent, absent);
	lw_enter(w, sent);
	struct lw_val verdict = lw_int(lw_imm(w, PG_REDIRECT)), none = lw_nil();
	lw_join_add(w, &j, &verdict);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	*out = lw_join_end(w, &j);
}

const struct ir_lib stdlib_socket_rows[] = {
	{ "redirect", 1, 2, { 0, IR_BIT(IR_STR) }, IR_BIT(IR_INT) | IR_BIT(IR_NIL), 0, IR_E_WRITE | IR_MATTERS, redirect_type,
	  redirect_lower, 0, "m:redirect(k [, \"ingress\"]): the verdict that sends it out by that socket, or into it; nil: there is no k" },
	{ "assign", 1, 1, { 0 }, IR_BIT(IR_INT) | IR_BIT(IR_NIL), 0, IR_E_WRITE, assign_type, assign_lower, 0,
	  "m:assign(k): gives the connection to that socket: bpf.PASS; nil: there is none, or none that can take it" },
	{ 0 },
};
