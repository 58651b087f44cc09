/*
 * storage.c - storage that hangs on what the program runs for, in kernel code: m:mine(), m:set_mine(v), m:add_mine(n).
 *
 * The kernel hangs it on the thread, its cgroup or the packet's socket, and frees it with that, so that there is no
 * key. Making it may fail, where memory cannot be had at once: that is a full map. A packet may have no socket, or one
 * that is still being made (of a handshake) or has been left (time-wait), which keeps nothing.
 */
#include "stdlib/map.h"

#include "core/ctype.h"

enum { CREATE = 1 }; /* BPF_LOCAL_STORAGE_GET_F_CREATE */

static ir_ref find_task(struct lw *w, const struct map_shape *s, ir_blk none)
{
	(void)s, (void)none;
	return lw_helper(w, HELPER_TASK_BTF, 0, NULL);
}

static ir_ref find_cgroup(struct lw *w, const struct map_shape *s, ir_blk none)
{
	return lw_loadp(w, lw_loadp(w, find_task(w, s, none), s->way[0]), s->way[1]);
}

static ir_ref or_none(struct lw *w, ir_ref ptr, ir_blk none)
{
	ir_blk some = lw_block(w, 0);
	lw_bri(w, IR_EQ, ptr, 0, none, some);
	lw_enter(w, some);
	return ptr;
}

static ir_ref find_socket(struct lw *w, const struct map_shape *s, ir_blk none)
{
	(void)s;
	ir_ref any = or_none(w, lw_loadp(w, lw_ctx(w), w->unit->target->ctx_socket), none);
	return or_none(w, lw_helper(w, HELPER_SK_FULLSOCK, 1, &any), none);
}

/* What storage hangs on: what of the hook that takes, its helpers, and how it is found; `none`: there is none. */
static const struct holder {
	uint32_t cap, get, delete;
	ir_ref (*find)(struct lw *w, const struct map_shape *s, ir_blk none);
} holders[] = {
	[MAP_HELD_BY_TASK] = { IR_CAP_TASK, HELPER_TASK_STORAGE_GET, HELPER_TASK_STORAGE_DELETE, find_task },
	[MAP_HELD_BY_CGROUP] = { IR_CAP_TASK, HELPER_CGRP_STORAGE_GET, HELPER_CGRP_STORAGE_DELETE, find_cgroup },
	[MAP_HELD_BY_SOCKET] = { IR_CAP_SOCKET, HELPER_SK_STORAGE_GET, HELPER_SK_STORAGE_DELETE, find_socket },
	[MAP_HELD_BY_INODE] = { IR_CAP_INODE, 0, 0, NULL },
};

/* ---- types ---- */

static bool is_there(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *m,
		     struct map_shape *s)
{
	const struct ir_target *t = infer_unit(in)->target;
	map_shape(m->k->map, s);
	uint32_t missing = holders[s->holder].cap & ~t->caps;
	if (missing)
		diag_advise(infer_error(in, site, NULL, "'%s' of %s is not there in %s", row->name, s->type, t->hook),
			    ir_cap_refusal(missing));
	return !missing;
}

static bool mine_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out)
{
	struct map_shape s;
	(void)n;
	return is_there(in, row, site, &a[0], &s) && std_readable(in, site, s.value, out);
}

static bool set_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	struct map_shape s;
	(void)n, (void)out;
	if (!is_there(in, row, site, &a[0], &s))
		return false;
	return a[1].kinds == IR_BIT(IR_NIL) ||
	       (std_storable(in, site, &s, s.value, &a[1], "value") && std_known_fields(in, site, s.value, &a[1]));
}

static bool add_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	struct map_shape s;
	(void)n, (void)out;
	return is_there(in, row, site, &a[0], &s) && std_addable(in, site, &s);
}

/* ---- lowering ---- */

/* Of a holder that is there: the entry, or 0. */
static ir_ref look_up(struct lw *w, const struct lw_val *m, const struct map_shape *s, ir_ref who, ir_ref value,
		      int64_t flags)
{
	return lw_helper(w, holders[s->holder].get, 4, (ir_ref[]){ lw_map(w, m), who, value, lw_imm(w, flags) });
}

static void mine_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	lw_map_shape(w, &args[0], &s);
	ir_blk none = lw_block(w, 0), some = lw_block(w, 0);
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	ir_ref who = holders[s.holder].find(w, &s, none), ptr = look_up(w, &args[0], &s, who, lw_imm(w, 0), 0);
	lw_bri(w, IR_EQ, ptr, 0, none, some);
	lw_enter(w, some);
	struct lw_val v = lw_load_type(w, s.value, ptr, 0), nil = lw_nil();
	lw_join_add(w, &j, &v);
	lw_enter(w, none);
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}

/* What is made holds v already; what was there gets it. */
static void keep(struct lw *w, const struct lw_val *m, const struct map_shape *s, const struct lw_val *v, ir_blk nobody)
{
	ir_ref value = std_put_value(w, s, v, 0), who = holders[s->holder].find(w, s, nobody);
	ir_ref ptr = look_up(w, m, s, who, value, CREATE);
	ir_blk some = lw_block(w, 0), full = lw_block(w, 0);
	lw_bri(w, IR_EQ, ptr, 0, full, some);
	lw_enter(w, full);
	lw_raise(w, "map full");
	lw_enter(w, some);
	for (uint32_t at = 0, size; at < s->bytes; at += size) {
		size = s->bytes - at >= 8 ? 8 : s->bytes - at >= 4 ? 4 : s->bytes - at >= 2 ? 2 : 1;
		lw_store(w, size, ptr, at, lw_load(w, size, value, at));
	}
}

static void let_go(struct lw *w, const struct lw_val *m, const struct map_shape *s, ir_blk nobody)
{
	ir_ref who = holders[s->holder].find(w, s, nobody);
	lw_helper(w, holders[s->holder].delete, 2, (ir_ref[]){ lw_map(w, m), who });
}

/* true at `kept`, false at `nobody`. */
static struct lw_val whether(struct lw *w, ir_blk kept, ir_blk nobody)
{
	struct lw_join j = lw_join_new(w, IR_BOOL, 0);
	struct lw_val yes = lw_bool_const(true), no = lw_bool_const(false);
	lw_enter(w, kept);
	lw_join_add(w, &j, &yes);
	lw_enter(w, nobody);
	lw_join_add(w, &j, &no);
	return lw_join_end(w, &j);
}

static void set_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	lw_map_shape(w, &args[0], &s);
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0), kept = lw_block(w, 0), nobody = lw_block(w, 0);
	struct lw_val there = lw_narrow(w, &args[1], ~IR_BIT(IR_NIL));
	lw_br_kind(w, &args[1], IR_BIT(IR_NIL), nil, some);
	if (args[1].kinds & IR_BIT(IR_NIL)) {
		lw_enter(w, nil);
		let_go(w, &args[0], &s, nobody);
		lw_jmp(w, kept, 0, NULL);
	}
	if (there.kinds) {
		lw_enter(w, some);
		keep(w, &args[0], &s, &there, nobody);
		lw_jmp(w, kept, 0, NULL);
	}
	*out = whether(w, kept, nobody);
}

static void add_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	lw_map_shape(w, &args[0], &s);
	ir_blk some = lw_block(w, 0), full = lw_block(w, 0), kept = lw_block(w, 0), nobody = lw_block(w, 0);
	ir_ref by = lw_int_word(w, &args[1]), who = holders[s.holder].find(w, &s, nobody);
	ir_ref ptr = look_up(w, &args[0], &s, who, lw_imm(w, 0), CREATE);
	lw_bri(w, IR_EQ, ptr, 0, full, some);
	lw_enter(w, full);
	std_count_loss(w, &s);
	lw_jmp(w, kept, 0, NULL);
	lw_enter(w, some);
	lw_op2(w, s.value->size == 8 ? IRO(atomadd64) : IRO(atomadd32), ptr, by);
	lw_jmp(w, kept, 0, NULL);
	*out = whether(w, kept, nobody);
}

const struct ir_lib stdlib_storage_rows[] = {
	{ "mine", 0, 0, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ, mine_type, mine_lower, 0,
	  "m:mine(): what is kept by what the program runs for, or nil" },
	{ "set_mine", 1, 1, { 0 }, IR_BOOL, 0, IR_E_WRITE, set_type, set_lower, 0,
	  "m:set_mine(v): keeps v there; nil: nothing. false: there is nothing that could keep it" },
	{ "add_mine", 1, 1, { IR_BIT(IR_INT) }, IR_BOOL, 0, IR_E_WRITE, add_type, add_lower, 0,
	  "m:add_mine(n): adds n to what is kept there, which is 0 at first; false likewise" },
	{ 0 },
};
