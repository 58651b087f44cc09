/* queue.c - maps without keys in kernel code: push, pop and peek of queues and stacks, push and peek of filters. */
#include "stdlib/map.h"

#include "core/ctype.h"

static bool push_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	return std_storable(in, site, &s, s.value, &a[1], "value") && std_known_fields(in, site, s.value, &a[1]);
}

static bool take_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	return std_readable(in, site, s.value, out);
}

static ir_ref map_of(struct lw *w, const struct lw_val *m, struct map_shape *s)
{
	lw_map_shape(w, m, s);
	return lw_map(w, m);
}

static void push_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	*out = lw_nil();
	ir_ref map = map_of(w, &args[0], &s), value = std_put_value(w, &s, &args[1], 0);
	ir_ref r = lw_helper(w, HELPER_MAP_PUSH, 3, (ir_ref[]){ map, value, lw_imm(w, 0) });
	lw_raise_if(w, IR_NE, r, lw_imm(w, 0), "map full");
}

/* The stack, but for what is read at offsets that change. */
static ir_ref room_for(struct lw *w, const struct ctype *t)
{
	return lw_long_within(t) ? lw_long_at(w, lw_long_room(w, t->size)) : lw_room(w, t->size);
}

/* pop and peek: a copy of the value on the stack, or nil. row->imm: the helper. */
static void take_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	struct map_shape s;
	(void)n;
	ir_blk none = lw_block(w, 0), some = lw_block(w, 0);
	ir_ref map = map_of(w, &args[0], &s), value = room_for(w, s.value);
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	lw_bri(w, IR_EQ, lw_helper(w, row->imm, 2, (ir_ref[]){ map, value }), 0, some, none);
	lw_enter(w, some);
	struct lw_val v = lw_load_type(w, s.value, value, 0), nil = lw_nil();
	lw_join_add(w, &j, &v);
	lw_enter(w, none);
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}

/* What does not fit was never pushed. */
static void known_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	struct map_shape s;
	(void)n;
	ir_blk no = lw_block(w, 0), yes = lw_block(w, 0);
	ir_ref map = map_of(w, &args[0], &s), value = std_put_value(w, &s, &args[1], no);
	struct lw_join j = lw_join_new(w, IR_BOOL, 0);
	struct lw_val is = lw_bool_const(true), is_not = lw_bool_const(false);
	lw_bri(w, IR_EQ, lw_helper(w, row->imm, 2, (ir_ref[]){ map, value }), 0, yes, no);
	lw_enter(w, yes);
	lw_join_add(w, &j, &is);
	lw_enter(w, no);
	lw_join_add(w, &j, &is_not);
	*out = lw_join_end(w, &j);
}

const struct ir_lib stdlib_queue_rows[] = {
	{ "push", 1, 1, { 0 }, 0, 0, IR_E_WRITE, push_type, push_lower, 0, "q:push(v): raises when it is full" },
	{ "pop", 0, 0, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ | IR_E_WRITE, take_type, take_lower, HELPER_MAP_POP,
	  "q:pop(): the next value, taken out, or nil" },
	{ "peek", 0, 0, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ | IR_E_WRITE, take_type, take_lower, HELPER_MAP_PEEK,
	  "q:peek(): the next value, left there, or nil" },
	{ 0 },
};

/* Programs go over what was pushed: for v in pairs(m). */
const struct ir_lib stdlib_ring_rows[] = { { 0 } };

const struct ir_lib stdlib_filter_rows[] = {
	{ "push", 1, 1, { 0 }, 0, 0, IR_E_WRITE, push_type, push_lower, 0, "f:push(v): adds v" },
	{ "peek", 1, 1, { 0 }, IR_BOOL, 0, IR_E_READ, push_type, known_lower, HELPER_MAP_PEEK,
	  "f:peek(v): was v pushed? Also true for some that were not" },
	{ 0 },
};
