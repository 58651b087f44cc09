/* outer.c - maps of maps in kernel code: m[k] is a map, or nil. Which maps are in it is the user half's to say. */
#include "stdlib/map.h"

#include "core/ctype.h"

static bool inner_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		       const struct ir_type *a, struct ir_type *out)
{
	struct map_shape s, inner;
	(void)row, (void)n;
	map_shape(a[0].k->map, &s);
	map_shape(s.inner, &inner);
	/* an array put in must be as long as is declared: api/map_outer.c */
	*out = (struct ir_type){ .kinds = IR_BIT(IR_MAP) | IR_BIT(IR_NIL), .model = ir_model(infer_unit(in), s.inner),
				 .entries = inner.array ? inner.entries : 0 };
	return std_storable(in, site, &s, s.key, &a[1], "key") && std_known_fields(in, site, s.key, &a[1]);
}

static void inner_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	lw_map_shape(w, &args[0], &s);
	ir_blk absent = lw_block(w, 0), there = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	ir_ref ptr = std_look_up(w, &args[0], &args[1], absent);
	lw_bri(w, IR_EQ, ptr, 0, absent, there);
	lw_enter(w, there);
	struct lw_val v = lw_words(IR_MAP, 1, &ptr), none = lw_nil();
	v.model = ir_model(w->unit, s.inner);
	lw_join_add(w, &j, &v);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	*out = lw_join_end(w, &j);
}

static bool set_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	(void)row, (void)n, (void)a, (void)out;
	infer_refuse(in, site, ON_MAPS, "put maps in and take them out in the user half; kernel code uses "
		     "those that are there: m[k][k2] = v", "kernel code does not change which maps are in a "
		     "map of maps");
	return false;
}

const struct ir_lib stdlib_outer_rows[] = {
	{ "get", 1, 1, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ, inner_type, inner_lower, 0, "m:get(k): m[k]" },
	{ "set", 2, 2, { 0 }, 0, 0, IR_E_WRITE, set_type, NULL, 0, "refused" },
	{ 0 },
};
