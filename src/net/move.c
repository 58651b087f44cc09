/*
 * move.c - what moves the bytes of a packet, pkt:adjust_head(n) and pkt:adjust_tail(n), and pkt:clone(dev).
 *
 * A function with one of them reaches packets by copy, for no pointer into a packet outlives it. Offsets do not
 * outlive a move either: header views found before are looked up anew behind it (opt/anew.c), and the length is asked for
 * anew each time. Kernel and twin raise where there is no room.
 */
#include "net/lower.h"

enum { FURTHEST = NET_REACH };

static bool of_packet(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a)
{
	if (a[0].kinds == NET_KIND(NET_PKT))
		return true;
	infer_error(in, site, arena_printf(infer_unit(in)->arena, "write pkt:%s(...)", row->name),
		    "it is the whole packet that has '%s'", row->name);
	return false;
}

/* By copy: can it be had? */
static bool by_copy(struct infer *in, const struct ir_lib *row, uint32_t site)
{
	struct ir_unit *u = infer_unit(in);

	u->copy_access = true;
	if (u->target->helper_load_bytes && u->target->helper_store_bytes)
		return true;
	infer_refuse(in, site, ON_PACKETS, "leave the packet as long as it is", "pkt:%s needs bpf_xdp_load_bytes (Linux 5.18 "
		     "or later)", row->name);
	return false;
}

const struct ir_move *net_move_of(const struct ir_target *t, const struct ir_lib *row)
{
	return row->imm & NET_ROW_HEAD ? &t->move_head : &t->move_tail;
}

bool net_move_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	struct ir_unit *u = infer_unit(in);
	const struct ir_move *m = net_move_of(u->target, row);
	(void)n, (void)out;

	if (!of_packet(in, row, site, a))
		return false;
	if (!m->helper)
		return infer_refuse(in, site, ON_PACKETS, "bpf.xdp moves both ends of a frame, for the network stack has not looked "
				    "for headers yet; bpf.tc its tail", "packets cannot be moved by '%s' in %s", row->name,
				    u->target->hook), false;
	u->writes_packet = u->moves_packet = true;
	return by_copy(in, row, site);
}

/* Writes zeros over `len` bytes from `at` on. */
static void clear(struct lw *w, unsigned at, ir_ref slot, ir_ref len)
{
	lw_helper(w, w->unit->target->helper_store_bytes, 4, (ir_ref[]){ lw_ctx(w), lw_imm(w, at), slot, len });
}

/* Bytes that were put before a packet hold whatever was there. Each part is cleared as a whole or is the last one;
 * what is one less than its length has a bound that every verifier learns, the length being above 0 by that. */
static void clear_head(struct lw *w, ir_ref by, const pg_value *k)
{
	enum { PART = 64 };
	uint32_t most = k ? (uint32_t)-k->i : NET_HEAD_ROOM, size = most < PART ? (most + 7) / 8 * 8 : PART;
	ir_ref slot = lw_slot(w, size, 8), zero = lw_imm(w, 0), last;
	ir_blk done = lw_block(w, 0), some = lw_block(w, 0);

	lw_bri(w, IR_SLT, by, 0, some, done);
	lw_enter(w, some);
	for (uint32_t at = 0; at < size; at += 8)
		lw_store(w, 8, slot, at, zero);
	last = lw_op2i(w, IRO(xor64), by, -1);
	for (uint32_t at = 0; at < most; at += PART) {
		ir_blk whole = lw_block(w, 0), part = lw_block(w, 0);
		ir_ref less = lw_op1(w, IRO(own), lw_op2i(w, IRO(sub64), last, at));
		lw_bri(w, IR_UGE, less, PART, whole, part);
		lw_enter(w, part);
		clear(w, at, slot, lw_op2i(w, IRO(add64), less, 1));
		lw_jmp(w, done, 0, NULL);
		lw_enter(w, whole);
		if (at + PART < most)
			clear(w, at, slot, lw_imm(w, PART));
	}
	lw_jmp(w, done, 0, NULL); /* never reached: so far no head is moved */
	lw_enter(w, done);
}

void net_move_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	const struct ir_target *t = w->unit->target;
	const struct ir_move *m = net_move_of(t, row);
	ir_ref by = lw_int_word(w, &args[1]), call[3] = { lw_ctx(w), by, lw_imm(w, 0) };
	(void)n;

	bool head = row->imm & NET_ROW_HEAD;
	int64_t least = head ? NET_HEAD_ROOM : FURTHEST; /* more is before some packets, but who would clear it? */
	const pg_value *k = args[1].k;

	*out = lw_nil();
	lw_raise_if(w, IR_UGT, lw_op2i(w, IRO(add64), by, least), lw_imm(w, least + FURTHEST), NET_NO_ROOM, row->name);
	if (m->to) {
		call[1] = lw_op2(w, IRO(add64), lw_pktlen(w), by);
		lw_raise_if(w, IR_SLT, call[1], lw_imm(w, 0), NET_NO_ROOM, row->name);
	}
	ir_ref r = lw_helper(w, m->helper, m->to ? 3 : 2, call);
	lw_raise_if(w, IR_NE, r, lw_imm(w, 0), NET_NO_ROOM, row->name);
	if (head && (!k || (k->i < 0 && k->i >= -NET_HEAD_ROOM)))
		clear_head(w, by, k);
}

/* ---- pkt:clone(dev [, "ingress"]) ---- */

bool net_clone_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		    struct ir_type *out)
{
	const struct ir_target *t = infer_unit(in)->target;

	if (!of_packet(in, row, site, a))
		return false;
	if (!t->helper_clone)
		return infer_refuse(in, site, ON_PACKETS, "bpf.tc copies packets to devices", "packets cannot be copied in %s",
				    t->hook), false;
	return net_redirect_type(in, row, site, n, a, out) && by_copy(in, row, site);
}

void net_clone_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	ir_ref to[2];

	net_way(w, row, n, args, to);
	ir_ref r = lw_helper(w, w->unit->target->helper_clone, 3, (ir_ref[]){ lw_ctx(w), to[0], to[1] });
	*out = lw_bool(w, IR_EQ, r, lw_imm(w, 0));
}
