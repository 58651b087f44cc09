/* redirect.c - maps of devices and of CPUs in kernel code: m:redirect(k) sends a packet there. */
#include "stdlib/map.h"

#include "core/ctype.h"

static bool redirect_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
			  const struct ir_type *a, struct ir_type *out)
{
	const struct ir_target *t = infer_unit(in)->target;
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(a[0].k->map, &s);
	if (!t->helper_redirect_map)
		return infer_refuse(in, site, ON_PACKETS, "write pkt:redirect(dev) in tc, or redirect through maps in xdp",
				    "packets are not redirected through a %s in %s", pg_map_type(a[0].k->map), t->hook),
		       false;
	return std_storable(in, site, &s, s.key, &a[1], "key");
}

/* The helper gives what it was told for keys that are not there: 0, which is no way on. */
static void redirect_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			   struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(args[0].k->map, &s);
	ir_blk there = lw_block(w, 0), absent = lw_block(w, 0), fits = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	struct lw_val k = std_check_key(w, &s, &args[1]), none = lw_nil(), sent = lw_int(lw_imm(w, PG_REDIRECT));
	ir_ref key = lw_int_word(w, &k);
	lw_bri(w, IR_UGT, key, UINT32_MAX, absent, fits);
	lw_enter(w, fits);
	ir_ref r = lw_helper(w, w->unit->target->helper_redirect_map, 3,
			     (ir_ref[]){ lw_mapfd(w, ir_map(w->unit, args[0].k->map)), key, lw_imm(w, 0) });
	lw_bri(w, IR_NE, r, 0, there, absent);
	lw_enter(w, there);
	lw_join_add(w, &j, &sent);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	*out = lw_join_end(w, &j);
}

const struct ir_lib stdlib_redirect_rows[] = {
	{ "redirect", 1, 1, { 0 }, IR_BIT(IR_INT) | IR_BIT(IR_NIL), 0, IR_E_WRITE | IR_MATTERS, redirect_type, redirect_lower, 0,
	  "m:redirect(k): the verdict that sends the packet there, nil when there is no k" },
	{ 0 },
};
