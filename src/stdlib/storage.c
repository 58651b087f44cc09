/*
 * storage.c - storage that a process keeps, in kernel code: m:mine(), m:set_mine(v), m:add_mine(n).
 *
 * The kernel hangs it on the thread that runs and frees it with the thread, so that there is no key.
 * Making it may fail, where memory cannot be had at once: that is a full map.
 */
#include "stdlib/map.h"

#include "core/ctype.h"

enum { CREATE = 1 }; /* BPF_LOCAL_STORAGE_GET_F_CREATE */

static bool mine_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(a[0].k->map, &s);
	return std_readable(in, site, s.value, out);
}

static bool set_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(a[0].k->map, &s);
	return a[1].kinds == IR_BIT(IR_NIL) ||
	       (std_storable(in, site, &s, s.value, &a[1], "value") && std_known_fields(in, site, s.value, &a[1]));
}

static bool add_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(a[0].k->map, &s);
	return std_addable(in, site, &s);
}

static ir_ref look_up(struct lw *w, const struct lw_val *m, ir_ref task, ir_ref value, int64_t flags)
{
	return lw_helper(w, HELPER_TASK_STORAGE_GET, 4, (ir_ref[]){ lw_map(w, m), task, value, lw_imm(w, flags) });
}

static ir_ref this_task(struct lw *w)
{
	return lw_helper(w, HELPER_TASK_BTF, 0, NULL);
}

static void mine_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	lw_map_shape(w, &args[0], &s);
	ir_blk none = lw_block(w, 0), some = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	ir_ref ptr = look_up(w, &args[0], this_task(w), lw_imm(w, 0), 0);
	lw_bri(w, IR_EQ, ptr, 0, none, some);
	lw_enter(w, some);
	struct lw_val v = lw_load_type(w, s.value, ptr, 0), nil = lw_nil();
	lw_join_add(w, &j, &v);
	lw_enter(w, none);
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}

/* What is made holds v already; what was there gets it. */
static void keep(struct lw *w, const struct lw_val *m, const struct lw_val *v)
{
	struct map_shape s;
	lw_map_shape(w, m, &s);
	ir_ref value = std_put_value(w, &s, v, 0), ptr = look_up(w, m, this_task(w), value, CREATE);
	ir_blk some = lw_block(w, 0), full = lw_block(w, 0);
	lw_bri(w, IR_EQ, ptr, 0, full, some);
	lw_enter(w, full);
	lw_raise(w, "map full");
	lw_enter(w, some);
	for (uint32_t at = 0, size; at < s.bytes; at += size) {
		size = s.bytes - at >= 8 ? 8 : s.bytes - at >= 4 ? 4 : s.bytes - at >= 2 ? 2 : 1;
		lw_store(w, size, ptr, at, lw_load(w, size, value, at));
	}
}

static void set_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	*out = lw_nil();
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0), end = lw_block(w, 0);
	struct lw_val there = lw_narrow(w, &args[1], ~IR_BIT(IR_NIL));
	lw_br_kind(w, &args[1], IR_BIT(IR_NIL), nil, some);
	if (args[1].kinds & IR_BIT(IR_NIL)) {
		lw_enter(w, nil);
		lw_helper(w, HELPER_TASK_STORAGE_DELETE, 2, (ir_ref[]){ lw_map(w, &args[0]), this_task(w) });
		lw_jmp(w, end, 0, NULL);
	}
	if (there.kinds) {
		lw_enter(w, some);
		keep(w, &args[0], &there);
		lw_jmp(w, end, 0, NULL);
	}
	lw_enter(w, end);
}

static void add_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	*out = lw_nil();
	lw_map_shape(w, &args[0], &s);
	ir_ref by = lw_int_word(w, &args[1]), ptr = look_up(w, &args[0], this_task(w), lw_imm(w, 0), CREATE);
	ir_blk some = lw_block(w, 0), full = lw_block(w, 0), end = lw_block(w, 0);
	lw_bri(w, IR_EQ, ptr, 0, full, some);
	lw_enter(w, full);
	std_count_loss(w, &s);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, some);
	lw_op2(w, s.value->size == 8 ? IRO(atomadd64) : IRO(atomadd32), ptr, by);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

const struct ir_lib stdlib_storage_rows[] = {
	{ "mine", 0, 0, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ | IR_CAP_TASK, mine_type, mine_lower, 0,
	  "m:mine(): what the thread that runs keeps, or nil" },
	{ "set_mine", 1, 1, { 0 }, 0, 0, IR_E_WRITE | IR_CAP_TASK, set_type, set_lower, 0,
	  "m:set_mine(v): the thread keeps v; nil: nothing" },
	{ "add_mine", 1, 1, { IR_BIT(IR_INT) }, 0, 0, IR_E_WRITE | IR_CAP_TASK, add_type, add_lower, 0,
	  "m:add_mine(n): adds n to what the thread keeps, which is 0 at first" },
	{ 0 },
};
