/* task.c - the process that a program runs for: its numbers, its name, text in its memory. */
#include "stdlib/stdlib.h"

/* ---- numbers ---- */

/* The process as the script's own namespace numbers it, in a word each; 0 where it has no number there.
 *
 *     bpf_get_current_pid_tgid:  63 [ tgid | pid ] 0      struct bpf_pidns_info:  +0 pid  +4 tgid
 */
static ir_ref number(struct lw *w, bool thread)
{
	const struct ir_pidns *ns = &w->unit->pidns;
	if (ns->ino) {
		ir_ref info = lw_slot(w, 8, 8);
		lw_helper(w, HELPER_NS_PID_TGID, 4,
			  (ir_ref[]){ lw_imm(w, (int64_t)ns->dev), lw_imm(w, (int64_t)ns->ino), info, lw_imm(w, 8) });
		return lw_load(w, 4, info, thread ? 0 : 4);
	}
	ir_ref both = lw_fact(w, HELPER_PID_TGID);
	return thread ? lw_op1(w, IRO(zext32), both) : lw_op2i(w, IRO(shr64), both, 32);
}

void std_pid_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out)
{
	(void)n, (void)args;
	*out = lw_int(number(w, row->imm == STD_TID));
}

void std_uid_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out)
{
	(void)n, (void)args;
	ir_ref both = lw_fact(w, HELPER_UID_GID); /* gid in the upper half */
	*out = lw_int(row->imm == STD_GID ? lw_op2i(w, IRO(shr64), both, 32) : lw_op1(w, IRO(zext32), both));
}

void std_only_pid(struct lw *w)
{
	if (!w->unit->only_pid)
		return;
	ir_blk other = lw_block(w, 0), mine = lw_block(w, 0);
	lw_bri(w, IR_EQ, number(w, false), w->unit->only_pid, mine, other);
	lw_enter(w, other);
	lw_op1(w, IRO(ret), lw_imm(w, 0));
	lw_enter(w, mine);
}

/* ---- text ---- */

/* Bytes for a text of `cap` of them, all of them 0, and one behind it for its NUL. */
ir_ref std_text_slot(struct lw *w, uint32_t cap)
{
	uint32_t size = (cap + 8) & ~7u;
	ir_ref slot = lw_room(w, size);
	for (uint32_t at = 0; at < size; at += 8)
		lw_store(w, 8, slot, at, lw_imm(w, 0));
	return slot;
}

struct lw_val std_text(struct lw *w, ir_ref slot, uint32_t cap)
{
	struct lw_val v = { .kinds = IR_BIT(IR_STR), .cap = cap, .n = (uint8_t)((cap + 7) / 8) };
	for (unsigned i = 0; i < v.n; i++)
		v.w[i] = lw_load(w, 8, slot, 8 * i);
	return v;
}

/* Not all kernels write anything behind the name's NUL: those from 5.18 to 6.4 leave what was there. */
void std_comm_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	(void)n, (void)args;
	ir_ref slot = std_text_slot(w, row->cap - 1);
	lw_helper(w, HELPER_COMM, 2, (ir_ref[]){ slot, lw_imm(w, row->cap) });
	*out = std_text(w, slot, row->cap);
}

/* bpf.str(address [, most]) */
bool std_str_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		  const struct ir_type *a, struct ir_type *out)
{
	if (n > 1 && (!a[1].k || a[1].k->kind != PG_INT || a[1].k->i < 1 || a[1].k->i > LW_MAXLONG))
		return infer_refuse(in, site, ON_STRINGS, "give it a constant, and cut the string: s:sub(1, n)",
				    "the length given to '%s' is a constant from 1 to %d", row->name,
				    LW_MAXLONG), false;
	uint32_t cap = n > 1 ? (uint32_t)a[1].k->i : row->cap;
	*out = (struct ir_type){ .kinds = IR_BIT(cap > LW_MAXSTR ? IR_LONG : IR_STR), .cap = cap };
	return true;
}

/* The helper gives the length with its NUL, or an error. */
static struct lw_val long_str(struct lw *w, const struct ir_lib *row, ir_ref address, uint32_t cap)
{
	ir_ref room = lw_long_room(w, cap + 1);
	ir_ref n = lw_helper(w, row->imm, 3, (ir_ref[]){ lw_long_at(w, room), lw_imm(w, cap + 1), address });
	return lw_long(room, lw_at_least_0(w, lw_op2i(w, IRO(sub64), n, 1)), cap);
}

void std_str_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out)
{
	ir_ref address = lw_int_word(w, &args[0]);
	(void)n;
	if (out->kinds == IR_BIT(IR_LONG)) {
		*out = long_str(w, row, address, out->cap);
		return;
	}
	ir_ref slot = std_text_slot(w, out->cap);
	lw_helper(w, row->imm, 3, (ir_ref[]){ slot, lw_imm(w, out->cap + 1), address });
	*out = std_text(w, slot, out->cap);
}
