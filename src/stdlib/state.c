/* state.c - variables shared by both halves, one for all or one per CPU: st.f and st.f = v. */
#include "stdlib/stdlib.h"

#include "core/ctype.h"
#include "core/shape.h"

/* Address of the state: known at load, but per-CPU state is looked up, once in a row of Lua operations:
 * a program stays on its CPU. */
static ir_ref address(struct lw *w, const struct lw_val *st, const struct map_shape *s)
{
	uint32_t map = ir_map(w->unit, st->k->map);
	if (s->role == PG_ROLE_STATE)
		return lw_mapval(w, map, 0);
	if (w->state.ptr && w->state.map == map && w->state.block == w->at->block)
		return w->state.ptr;
	ir_ref key = lw_slot(w, 4, 8);
	lw_store(w, 4, key, 0, lw_imm(w, 0));
	ir_ref ptr = lw_helper(w, HELPER_MAP_LOOKUP, 2, (ir_ref[]){ lw_mapfd(w, map), key });
	lw_raise_if(w, IR_EQ, ptr, lw_imm(w, 0), "per-CPU state cannot be reached");
	w->state.map = map;
	w->state.block = w->at->block;
	return w->state.ptr = ptr;
}

static const struct ct_field *field_of(const struct map_shape *s, const struct lw_val *key)
{
	return ct_field(s->value, key->k->str, key->k->n);
}

static void get_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(args[0].k->map, &s);
	*out = lw_load_field(w, field_of(&s, &args[1]), address(w, &args[0], &s), 0);
}

static void set_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	*out = lw_nil();
	map_shape(args[0].k->map, &s);
	lw_store_field(w, field_of(&s, &args[1]), address(w, &args[0], &s), 0, &args[2]);
}

const struct ir_lib stdlib_state_rows[] = {
	{ "[]", 1, 1, { 0 }, 0, 0, IR_E_READ, NULL, get_lower, 0, "st.f" },
	{ "[]=", 2, 2, { 0 }, 0, 0, IR_E_WRITE, NULL, set_lower, 0, "st.f = v" },
	{ 0 },
};
