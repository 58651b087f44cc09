/* lower_word.c - the machine-level hand-hold: words, memory, control, errors. */
#include "opt/lower.h"

#include "core/ctype.h"
#include "core/mutant.h"
#include "core/shape.h"

static ir_ref append(struct lw *w, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(w->fn, op, n, args);
	ir_at(w->fn, r)->site = w->site;
	ir_append(w->fn, w->cur, r);
	return r;
}

ir_ref lw_imm(struct lw *w, int64_t v)
{
	ir_ref *same = &w->imm_of[(uint64_t)v * 0x9e3779b97f4a7c15u / (UINT64_MAX / LW_IMMS + 1)];
	if (*same && ir_at(w->fn, *same)->imm == v)
		return *same;
	ir_ref r = ir_ins_new(w->fn, IRO(imm), 0, NULL);
	ir_at(w->fn, r)->site = w->site;
	ir_at(w->fn, r)->imm = v;
	if (!w->imms_at) {
		ir_append(w->fn, w->cur, r);
		return r;
	}
	ir_insert_before(w->fn, w->imms_at, r);
	return *same = r;
}

ir_ref lw_op1(struct lw *w, enum ir_op op, ir_ref a)
{
	return append(w, op, 1, &a);
}

ir_ref lw_op2(struct lw *w, enum ir_op op, ir_ref a, ir_ref b)
{
	return append(w, op, 2, (ir_ref[]){ a, b });
}

ir_ref lw_op2i(struct lw *w, enum ir_op op, ir_ref a, int64_t b)
{
	return lw_op2(w, op, a, lw_imm(w, b));
}

ir_ref lw_mac_turned(struct lw *w, ir_ref v)
{
	enum { BITS = 64, MAC_BITS = 48 };
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return lw_op2i(w, IRO(shr64), lw_op1(w, IRO(be64), v), BITS - MAC_BITS);
#else
	ir_ref r = 0;
	for (unsigned i = 0; i < MAC_BITS; i += 8) {
		ir_ref b = lw_op1(w, IRO(zext8), lw_op2i(w, IRO(shr64), v, i));
		b = lw_op2i(w, IRO(shl64), b, MAC_BITS - 8 - i);
		r = r ? lw_op2(w, IRO(or64), r, b) : b;
	}
	return r;
#endif
}

ir_ref lw_ctx(struct lw *w)
{
	return w->ctx;
}

static unsigned width_index(unsigned bytes)
{
	return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
}

ir_ref lw_load(struct lw *w, unsigned bytes, ir_ref ptr, int64_t off)
{
	static const enum ir_op op[] = { IRO(load8), IRO(load16), IRO(load32), IRO(load64) };
	ir_ref r = lw_op1(w, op[width_index(bytes)], ptr);
	ir_at(w->fn, r)->imm = off;
	return r;
}

ir_ref lw_loadp(struct lw *w, ir_ref ptr, int64_t off)
{
	ir_ref r = lw_op1(w, IRO(loadp), ptr);
	ir_at(w->fn, r)->imm = off;
	return r;
}

void lw_store(struct lw *w, unsigned bytes, ir_ref ptr, int64_t off, ir_ref v)
{
	static const enum ir_op op[] = { IRO(store8), IRO(store16), IRO(store32), IRO(store64) };
	ir_ref r = lw_op2(w, op[width_index(bytes)], ptr, v);
	ir_at(w->fn, r)->imm = off;
}

ir_ref lw_slot(struct lw *w, uint32_t size, uint32_t align)
{
	uint32_t slot = ir_slot(w->fn, size, align);
	ir_ref r = append(w, IRO(slot), 0, NULL);
	ir_at(w->fn, r)->aux = slot;
	return r;
}

ir_ref lw_mapfd(struct lw *w, uint32_t map)
{
	ir_ref r = append(w, IRO(mapfd), 0, NULL);
	ir_at(w->fn, r)->aux = map;
	return r;
}

ir_ref lw_map(struct lw *w, const struct lw_val *v)
{
	return v->kinds & IR_BIT(IR_MAP) ? lw_word(w, v, 0) : lw_mapfd(w, ir_map(w->unit, v->k->map));
}

void lw_map_shape(const struct lw *w, const struct lw_val *v, struct map_shape *out)
{
	map_shape(v->kinds & IR_BIT(IR_MAP) ? w->unit->models[v->model] : v->k->map, out);
}

ir_ref lw_mapval(struct lw *w, uint32_t map, int64_t off)
{
	ir_ref r = append(w, IRO(mapval), 0, NULL);
	ir_at(w->fn, r)->aux = map;
	ir_at(w->fn, r)->imm = off;
	return r;
}

ir_ref lw_fact(struct lw *w, uint32_t id)
{
	ir_ref r = append(w, IRO(fact), 0, NULL);
	ir_at(w->fn, r)->aux = id;
	return r;
}

ir_ref lw_helper(struct lw *w, uint32_t id, uint32_t n, const ir_ref *args)
{
	ir_ref r = append(w, IRO(helper), n, args);
	ir_at(w->fn, r)->aux = id;
	return r;
}

ir_ref lw_pktload(struct lw *w, unsigned bytes, ir_ref ptr, ir_ref off, int64_t k)
{
	ir_ref r = lw_op2(w, IRO(pktload), ptr, off);
	ir_at(w->fn, r)->aux = bytes;
	ir_at(w->fn, r)->imm = k;
	return r;
}

void lw_pktstore(struct lw *w, unsigned bytes, bool even, ir_ref ptr, ir_ref off, int64_t k, ir_ref v)
{
	ir_ref r = append(w, IRO(pktstore), 3, (ir_ref[]){ ptr, off, v });
	ir_at(w->fn, r)->aux = bytes | (even ? IR_PKT_EVEN : 0);
	ir_at(w->fn, r)->imm = k;
}

/* Where packets move, lengths are not the same for all of a run. */
static ir_ref length_now(struct lw *w)
{
	const struct ir_target *t = w->unit->target;
	ir_ref ctx = lw_ctx(w);
	return t->has_len ? lw_load(w, 4, ctx, t->ctx_len) : lw_helper(w, t->helper_pkt_len, 1, &ctx);
}

ir_ref lw_pktlen(struct lw *w)
{
	if (w->unit->moves_packet)
		return length_now(w);
	return append(w, IRO(pktlen), 0, NULL);
}

/* ---- control ---- */

ir_blk lw_block(struct lw *w, uint32_t nparams)
{
	ir_blk b = ir_block_new(w->fn);
	for (uint32_t i = 0; i < nparams; i++)
		ir_param_add(w->fn, b);
	return b;
}

ir_ref lw_param(struct lw *w, ir_blk b, uint32_t i)
{
	return ir_block(w->fn, b)->params[i];
}

void lw_enter(struct lw *w, ir_blk b)
{
	w->cur = b;
}

void lw_jmp(struct lw *w, ir_blk b, uint32_t n, const ir_ref *args)
{
	ir_ref t = append(w, IRO(jmp), 0, NULL);
	ir_succ(w->fn, t, 0, b, n, args);
	w->cur = 0;
}

void lw_br(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, ir_blk yes, ir_blk no)
{
	ir_ref t = lw_op2(w, IRO(br), a, b);
	ir_at(w->fn, t)->aux = cc;
	ir_succ(w->fn, t, 0, yes, 0, NULL);
	ir_succ(w->fn, t, 1, no, 0, NULL);
	w->cur = 0;
}

void lw_bri(struct lw *w, enum ir_cc cc, ir_ref a, int64_t b, ir_blk yes, ir_blk no)
{
	lw_br(w, cc, a, lw_imm(w, b), yes, no);
}

/* A check of its own for each place. What it gives stands for the pointer: reads and writes, which are by copy, do
 * not leave the block where it was made. */
static ir_ref check_now(struct lw *w, ir_ref off, int64_t size, ir_blk absent)
{
	enum { FURTHEST = 0xffff };
	ir_blk near = lw_block(w, 0), ok = lw_block(w, 0);
	lw_bri(w, IR_UGT, off, FURTHEST - size, absent, near);
	lw_enter(w, near);
	ir_ref end = lw_op2i(w, IRO(add64), off, size);
	lw_br(w, IR_UGT, end, length_now(w), absent, ok);
	lw_enter(w, ok);
	return lw_op1(w, IRO(own), lw_imm(w, 0));
}

ir_ref lw_pkt(struct lw *w, ir_ref off, int64_t size, ir_blk absent)
{
	if (w->unit->moves_packet)
		return check_now(w, off, size, absent);
	ir_ref t = lw_op1(w, IRO(pkt), off);
	ir_blk ok = lw_block(w, 0);
	ir_at(w->fn, t)->imm = size;
	ir_succ(w->fn, t, 0, ok, 0, NULL);
	ir_succ(w->fn, t, 1, absent, 0, NULL);
	w->cur = ok;
	return t;
}

/* ---- errors ---- */

void lw_raise_number(struct lw *w, ir_ref number)
{
	if (!w->at || !w->at->raised || (MUTANT(error_edge) && w->at->op == IRO(idiv))) {
		lw_jmp(w, w->error_exit, 1, &number);
		return;
	}
	if (!ir_at(w->from, w->at->raised)->type.kinds)
		diag_add(w->unit->diag, DIAG_ERROR, w->from->pos, "internal error: '%s' raises; please report this",
			 ir_ops[w->at->op].name);
	w->val[w->at->raised] = lw_words(IR_MSG, 1, &number);
	lower_edge(w, ir_caught(w->from, w->at->raised));
}

/* Which of two that are compared may be nil, from 1 on; 0: both, or neither. */
static unsigned only_nil(const struct lw *w)
{
	bool nil[2] = { false, false };
	for (uint32_t a = 0; (w->at->op == IRO(lt) || w->at->op == IRO(le)) && a < 2; a++)
		nil[a] = ir_at(w->from, w->at->args[a])->type.kinds & IR_BIT(IR_NIL);
	return nil[0] == nil[1] ? 0 : nil[0] ? 1 : 2;
}

void lw_note_origin(const struct lw *w, struct ir_error *e)
{
	const unsigned operand = w->operand ? w->operand : only_nil(w);
	struct ir_raiser **last = &e->raisers, *r = arena_new(w->unit->arena, struct ir_raiser);
	while (*last)
		last = &(*last)->next;
	*r = (struct ir_raiser){ .pos = w->unit->sites[w->site].pos, .at = w->at, .operand = operand };
	e->in = w->from;
	*last = r;
}

static void raise_text(struct lw *w, const char *text)
{
	uint32_t number = ir_error(w->unit, w->unit->sites[w->site].pos, text);
	ir_block(w->fn, w->cur)->cold = true;
	if (w->at)
		lw_note_origin(w, &w->unit->errors[number]);
	lw_raise_number(w, lw_imm(w, number));
}

void lw_raise(struct lw *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(w->unit->arena, fmt, ap);
	va_end(ap);
	/* the block raising may hold what led here: only what follows is cold */
	ir_blk b = lw_block(w, 0);
	lw_jmp(w, b, 0, NULL);
	lw_enter(w, b);
	raise_text(w, text);
}

void lw_raise_if(struct lw *w, enum ir_cc cc, ir_ref a, ir_ref b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(w->unit->arena, fmt, ap);
	va_end(ap);
	ir_blk bad = lw_block(w, 0), ok = lw_block(w, 0);
	lw_br(w, cc, a, b, bad, ok);
	lw_enter(w, bad);
	raise_text(w, text);
	lw_enter(w, ok);
}

const char *lw_operand_name(struct lw *w, unsigned i)
{
	const struct ir_name *n = w->at ? ir_arg_name(w->at, i) : NULL;
	w->operand = i + 1;
	return ir_named(w->unit->arena, n);
}

const char *lw_callee_name(const struct lw *w, const struct ir_lib *row)
{
	const struct ir_name *n = w->at && w->at->names ? &w->at->names[0] : NULL;
	const char *dot = strrchr(row->name, '.');
	if (n && n->how != IR_N_NONE)
		return n->name;
	if (w->unit->sites[w->site].pos.line)
		return dot ? dot + 1 : row->name;
	bool string = ir_row_of_string(w->unit->target, row);
	return string ? arena_printf(w->unit->arena, "string.%s", row->name) : row->name;
}
