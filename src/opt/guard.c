/*
 * guard.c - pass `guard`: how packet bytes are reached. `pkt`, `pktload`, `pktstore` and `pktlen`
 * become plain operations.
 *
 * Direct access: the context's data and data_end are loaded once in the entry block. A check is one
 * comparison of a pointer behind the last byte with data_end, the shape that the verifier learns a
 * range from. A constant offset needs no pointer of its own: loads go through data, whose range the
 * check extends (all pointers at a constant distance from data share it). A variable offset
 * that the verifier does not know to be small is compared against a constant no greater than 0xffff right
 * before it is added.
 *
 * Copy access: a check is arithmetic on the length, with the same reach, a load a helper call that copies to the stack.
 *
 * What writes by helper and reads nothing afterwards reads directly: the call makes the pointers invalid.
 */
#include "opt/passes.h"

#include "core/mutant.h"
#include "opt/range.h"

#include <errno.h>

enum { FURTHEST = 0xffff, LOAD_IMM_MAX = 0x7fff, COPY_BYTES = 8 };

struct guard {
	struct ir_unit *u;
	struct ir_fn *f;
	bool copy, copy_stores;
	ir_ref ctx, data, end, len; /* made in the entry block */
	ir_ref slot;                /* copy access: where bytes are copied to */
	bool *is_value;             /* by instruction: a pkt whose pointer is needed as a value */
	ir_ref *to;                 /* by instruction: the pointer that a pkt became */
	int64_t *known;             /* by block: bytes from the start that are known to be inside */
	struct range *range;        /* by value, before the pass */
};

/* ---- the entry block ---- */

struct census { bool pkt, load, store; uint32_t len; };

static struct census count(const struct ir_fn *f)
{
	struct census c = { 0 };
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref i = ir_block(f, b)->first; i; i = ir_at(f, i)->next) {
			c.pkt |= ir_at(f, i)->op == IRO(pkt);
			c.load |= ir_at(f, i)->op == IRO(pktload);
			c.store |= ir_at(f, i)->op == IRO(pktstore);
			c.len += ir_at(f, i)->op == IRO(pktlen);
		}
	return c;
}

static void open_packet(struct guard *g, const struct census *c)
{
	const struct ir_target *t = g->u->target;
	struct edit e = { .f = g->f, .at = g->ctx ? ir_at(g->f, g->ctx)->next : ir_block(g->f, 1)->first };
	e.site = ir_at(g->f, e.at)->site;
	bool own_len = t->has_len || (g->copy && t->helper_pkt_len), pulled = g->data != 0;
	if (!g->ctx)
		g->ctx = edit_op(&e, IRO(ctx), 0, 0);
	if (c->pkt || c->len) {
		if (!g->data && !(g->copy && own_len)) {
			g->data = edit_load(&e, 4, g->ctx, t->ctx_data);
			g->end = edit_load(&e, 4, g->ctx, t->ctx_data_end);
		}
		if (t->has_len && (g->copy || c->len > 1)) {
			g->len = edit_load(&e, 4, g->ctx, t->ctx_len);
		} else if (g->copy && own_len) {
			g->len = edit_op(&e, IRO(helper), g->ctx, 0);
			ir_at(g->f, g->len)->aux = t->helper_pkt_len;
		} else if (g->copy || c->len > 1 || (c->len && c->store && !pulled)) {
			/* One word lives on instead of two; and what the verifier follows back to where addresses are taken from
			 * each other must meet no store through one of them, or it gives up, and marks what it cannot follow. */
			g->len = edit_op(&e, IRO(sub64), g->end, g->data);
		}
	}
	if ((g->copy && c->load) || (g->copy_stores && c->store)) {
		uint32_t slot = ir_slot(g->f, COPY_BYTES, COPY_BYTES);
		g->slot = edit_op(&e, IRO(slot), 0, 0);
		ir_at(g->f, g->slot)->aux = slot;
	}
}

/* ---- what is known ---- */

/* The end of the bytes a pkt asks for, or -1 when its offset is not constant, or not reachable. */
static int64_t fixed_end(const struct ir_fn *f, const struct ir_ins *p)
{
	if (!is_imm(f, p->args[0]))
		return -1;
	int64_t off = ir_at(f, p->args[0])->imm;
	if (off < 0 || off > FURTHEST || p->imm < 0 || p->imm > FURTHEST - off)
		return -1;
	return off + p->imm;
}

/* known[b]: what a pkt with a constant offset on every way to b has checked. */
static void spread(struct guard *g)
{
	struct ir_fn *f = g->f;
	ir_need_tree(f);
	g->known = arena_array(g->u->scratch, int64_t, f->nblocks);
	for (uint32_t o = 1; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		struct ir_block *k = ir_block(f, b);
		g->known[b] = g->known[k->idom];
		if (k->npreds != 1 || k->preds[0].succ != 0)
			continue;
		const struct ir_ins *t = ir_at(f, ir_block(f, k->preds[0].from)->last);
		int64_t end = t->op == IRO(pkt) ? fixed_end(f, t) : -1;
		if (end > g->known[b])
			g->known[b] = end;
	}
}

/* ---- direct access ---- */

static bool folds_to_data(const struct ir_fn *f, const struct ir_ins *load)
{
	const struct ir_ins *p = ir_at(f, load->args[0]);
	return p->op == IRO(pkt) && fixed_end(f, p) >= 0 &&
	       ir_at(f, p->args[0])->imm + load->imm <= LOAD_IMM_MAX;
}

static bool is_access(const struct ir_ins *i)
{
	return i->op == IRO(pktload) || i->op == IRO(pktstore);
}

static void mark_values(struct guard *g)
{
	struct ir_fn *f = g->f;
	g->is_value = arena_array(g->u->scratch, bool, f->nins);
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref i = ir_block(f, b)->first; i; i = ir_at(f, i)->next) {
			const struct ir_ins *ins = ir_at(f, i);
			bool folds = is_access(ins) && folds_to_data(f, ins);
			for (uint32_t a = folds ? 2 : 0; a < ins->nargs; a++)
				g->is_value[ins->args[a]] = true;
			for (uint32_t s = 0; s < ins->nsucc; s++)
				for (uint32_t a = 0; a < ins->succ[s].nargs; a++)
					g->is_value[ins->succ[s].args[a]] = true;
		}
}

static void fold_to_data(struct guard *g, struct ir_ins *ins)
{
	if (!folds_to_data(g->f, ins))
		return;
	ins->imm += ir_at(g->f, ir_at(g->f, ins->args[0])->args[0])->imm;
	ins->args[0] = g->data;
}

static void direct_load(struct guard *g, ir_ref i)
{
	struct ir_ins *ins = ir_at(g->f, i);
	fold_to_data(g, ins);
	ins->op = (uint16_t)edit_load_op(ins->aux);
	ins->nargs = 1;
	ins->aux = 0;
}

static void direct_store(struct guard *g, ir_ref i)
{
	struct ir_ins *ins = ir_at(g->f, i);
	fold_to_data(g, ins);
	ins->op = (uint16_t)edit_store_op(ins->aux & IR_PKT_BYTES);
	ins->args[1] = ins->args[2];
	ins->nargs = 2;
	ins->aux = 0;
}

static void direct_len(struct guard *g, ir_ref i)
{
	const struct ir_target *t = g->u->target;
	struct ir_ins *ins = ir_at(g->f, i);
	ins->op = t->has_len ? IRO(load32) : IRO(sub64);
	ins->nargs = t->has_len ? 1 : 2;
	ins->imm = t->ctx_len;
	ins->args = arena_array(g->u->arena, ir_ref, 2);
	ins->args[0] = t->has_len ? g->ctx : g->end;
	ins->args[1] = g->data;
}

static ir_ref plus(struct edit *e, ir_ref p, int64_t n)
{
	return n ? edit_op(e, IRO(add64), p, edit_imm(e, n)) : p;
}

/* Ends the block at `term` (a pkt) with a jump along one of its edges. */
static void settle(struct guard *g, ir_ref term, bool inside)
{
	struct ir_edge e = ir_at(g->f, term)->succ[inside ? 0 : 1];
	edit_terminator(g->f, term, IRO(jmp), 0, 0, 0);
	edit_edge(g->f, term, 0, &e);
}

/* The block at `term` (a pkt) goes to absent when a > b, else to inside. */
static void compare(struct guard *g, ir_ref term, ir_ref a, ir_ref b)
{
	struct ir_edge ok = ir_at(g->f, term)->succ[0], absent = ir_at(g->f, term)->succ[1];
	edit_terminator(g->f, term, IRO(br), IR_UGT, a, b);
	edit_edge(g->f, term, 0, &absent);
	edit_edge(g->f, term, 1, &ok);
}

/* Before `term`: to absent when off is not below what may be added to a pointer; goes on with the
 * terminator in a block of its own. */
static void bound(struct guard *g, ir_ref term, ir_ref off, int64_t most)
{
	struct ir_fn *f = g->f;
	ir_blk from = ir_at(f, term)->block;
	struct edit e = { f, term, ir_at(f, term)->site };
	ir_ref limit = edit_imm(&e, most);
	ir_blk rest = edit_split(f, term);
	ir_ref t = edit_end(f, from, e.site, IRO(br), IR_UGT, off, limit);
	edit_edge(f, t, 0, &ir_at(f, term)->succ[1]);
	ir_succ(f, t, 1, rest, 0, NULL);
}

/* May the verifier know of an offset how far it is from another number (since 6.11)? When that is far it lets no packet
 * address get it, however little the offset itself may be. */
static bool is_moved(const struct ir_fn *f, ir_ref own)
{
	const struct ir_ins *i = ir_at(f, ir_at(f, own)->args[0]);
	if (i->op != IRO(add64) && i->op != IRO(sub64))
		return false;
	int64_t by = is_imm(f, i->args[1]) ? ir_at(f, i->args[1])->imm : INT64_MAX;
	return by > FURTHEST || by < -FURTHEST;
}

static void direct_pkt(struct guard *g, ir_ref term)
{
	struct ir_fn *f = g->f;
	struct edit e = { f, term, ir_at(f, term)->site };
	ir_ref off = ir_at(f, term)->args[0];
	int64_t size = ir_at(f, term)->imm, end = fixed_end(f, ir_at(f, term));
	if (end >= 0) {
		bool inside = end <= g->known[ir_at(f, term)->block] + MUTANT(check_short) || MUTANT(check_dropped);
		g->to[term] = g->is_value[term] ? plus(&e, g->data, end - size) : g->data;
		if (inside)
			settle(g, term, true);
		else
			compare(g, term, plus(&e, g->data, end), g->end);
		return;
	}
	g->to[term] = g->data;
	if (is_imm(f, off) || size < 0 || size > FURTHEST) {
		settle(g, term, false);
		return;
	}
	if (range_seen(&g->range[off]) > (uint64_t)(FURTHEST - size)) {
		off = edit_op(&e, IRO(own), off, 0);
		bound(g, term, off, FURTHEST - size);
		if (is_moved(f, off))
			off = edit_op(&e, IRO(and64), off, edit_imm(&e, FURTHEST));
	}
	g->to[term] = edit_op(&e, IRO(add64), g->data, off);
	compare(g, term, plus(&e, g->to[term], size), g->end);
}

/* ---- copy access ---- */

static void copy_pkt(struct guard *g, ir_ref term)
{
	struct ir_fn *f = g->f;
	struct edit e = { f, term, ir_at(f, term)->site };
	ir_ref off = ir_at(f, term)->args[0];
	int64_t size = ir_at(f, term)->imm;
	g->to[term] = edit_imm(&e, 0);
	if (size < 0 || size > FURTHEST || (is_imm(f, off) &&
	    (ir_at(f, off)->imm < 0 || ir_at(f, off)->imm > FURTHEST - size))) {
		settle(g, term, false);
		return;
	}
	if (is_imm(f, off)) {
		compare(g, term, edit_imm(&e, ir_at(f, off)->imm + size - MUTANT(copy_check_short)), g->len);
		return;
	}
	bound(g, term, off, FURTHEST - size);
	compare(g, term, plus(&e, off, size), g->len);
}

/* 1 where the kernel must keep its own sum: bytes that it sums are written, and no checksum makes up. */
static ir_ref store_flags(struct guard *g, struct edit *e, ir_ref off, bool even)
{
	int64_t last = (int64_t)g->u->target->unsummed - 1;
	if (even)
		return edit_imm(e, 0);
	if (is_imm(g->f, off))
		return edit_imm(e, ir_at(g->f, off)->imm > last);
	ir_ref left = edit_op(e, IRO(sub64), edit_imm(e, last), off);
	return edit_op(e, IRO(shr64), left, edit_imm(e, 63));
}

/* Calls `helper` before i to copy between the packet and the slot, which holds `value` (0: zeros), and
 * goes on only when it says 0. */
static void copy_bytes(struct guard *g, ir_ref i, ir_ref value, uint32_t helper, const char *failing)
{
	struct ir_fn *f = g->f;
	const struct ir_ins *ins = ir_at(f, i);
	struct edit e = { f, i, ins->site };
	uint32_t bytes = ins->aux & IR_PKT_BYTES;
	bool even = ins->aux & IR_PKT_EVEN;
	ir_blk from = ins->block;
	ir_ref off = is_imm(f, ins->args[1])
		     ? edit_imm(&e, ir_at(f, ins->args[1])->imm + ins->imm)
		     : plus(&e, ins->args[1], ins->imm);
	edit_store(&e, value ? bytes : COPY_BYTES, g->slot, 0, value ? value : edit_imm(&e, 0));
	ir_ref args[5] = { g->ctx, off, g->slot, edit_imm(&e, bytes) };
	bool flags = value && g->u->target->stores_directly;
	if (flags)
		args[4] = store_flags(g, &e, off, even);
	ir_ref call = ir_ins_new(f, IRO(helper), flags ? 5 : 4, args);
	ir_at(f, call)->aux = helper;
	ir_at(f, call)->site = e.site;
	ir_insert_before(f, i, call);
	ir_ref zero = edit_imm(&e, 0);
	ir_blk failed = edit_raise(f, e.site, failing);
	ir_blk rest = edit_split(f, i);
	ir_ref t = edit_end(f, from, e.site, IRO(br), IR_NE, call, zero);
	ir_succ(f, t, 0, failed, 0, NULL);
	ir_succ(f, t, 1, rest, 0, NULL);
}

static void copy_load(struct guard *g, ir_ref i)
{
	copy_bytes(g, i, 0, g->u->target->helper_load_bytes, "packet byte not readable");
	struct ir_ins *ins = ir_at(g->f, i);
	ins->op = (uint16_t)edit_load_op(ins->aux);
	ins->nargs = 1;
	ins->args[0] = g->slot;
	ins->imm = ins->aux = 0;
}

static void copy_store(struct guard *g, ir_ref i)
{
	copy_bytes(g, i, ir_at(g->f, i)->args[2], g->u->target->helper_store_bytes, "packet byte not writable");
	ir_remove(g->f, i);
}

/* ---- what is read after a write ---- */

static bool writes(const struct ir_unit *u, const struct ir_ins *i)
{
	return i->op == IRO(pktstore) ||
	       (i->op == IRO(helper) && (i->aux == u->target->helper_l4_csum || i->aux >= IR_CALL_FN));
}

static bool reads(const struct ir_ins *i)
{
	return i->op == IRO(pktload) || i->op == IRO(pkt);
}

/* In a function without loops. */
static bool reads_after_writes(const struct ir_unit *u, const struct ir_fn *f)
{
	bool *written = arena_array(u->scratch, bool, f->nblocks);
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		bool was = false;
		for (uint32_t p = 0; p < k->npreds; p++)
			was |= written[k->preds[p].from];
		for (ir_ref r = k->first; r; r = ir_at(f, r)->next) {
			if (was && reads(ir_at(f, r)))
				return true;
			was |= writes(u, ir_at(f, r));
		}
		written[f->rpo[o]] = was;
	}
	return false;
}

/* Where only stores need be copied: all of it, unless one can see that these come last. */
static void settle_access(struct ir_unit *u)
{
	if (!u->copy_stores || u->copy_access)
		return;
	u->copy_access = u->loops;
	for (uint32_t i = 0; i < u->nfns && !u->copy_access; i++)
		if (u->fns[i] && u->fns[i]->machine) {
			ir_need_order(u->fns[i]);
			u->copy_access = u->fns[i] != u->main || reads_after_writes(u, u->main);
		}
}

/* ---- the pass ---- */

/* Backwards, so that splitting a block moves each instruction once, and a load still finds the pkt
 * that its pointer comes from. */
static void rewrite_block(struct guard *g, ir_blk b)
{
	struct ir_fn *f = g->f;
	for (ir_ref i = ir_block(f, b)->last, prev; i; i = prev) {
		prev = ir_at(f, i)->prev;
		switch (ir_at(f, i)->op) {
		case IRO(pkt):
			(g->copy ? copy_pkt : direct_pkt)(g, i);
			break;
		case IRO(pktload):
			(g->copy ? copy_load : direct_load)(g, i);
			break;
		case IRO(pktstore):
			(g->copy_stores ? copy_store : direct_store)(g, i);
			break;
		case IRO(pktlen):
			if (g->len)
				g->to[i] = g->len, ir_remove(f, i);
			else
				direct_len(g, i);
			break;
		}
	}
}

static int guard_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct census c = count(f);
	if (!c.pkt && !c.load && !c.store && !c.len)
		return 0;
	struct guard g = { .u = u, .f = f };
	g.copy = u->copy_access || !(u->target->ctx_data || u->target->ctx_data_end);
	g.copy_stores = g.copy || u->copy_stores;
	if (g.copy && ((c.load && !u->target->helper_load_bytes) || (c.store && !u->target->helper_store_bytes))) {
		diag_add(u->diag, DIAG_ERROR, f->pos, "this hook cannot copy packet bytes");
		return -ENOTSUP;
	}
	if (c.pkt && !g.copy && u->target->helper_pull)
		opt_pull(u, f, &g.ctx, &g.data, &g.end);
	spread(&g);
	g.range = range_all(u->scratch, f);
	mark_values(&g);
	open_packet(&g, &c);
	/* renames only what was there before: room for that is enough to write, all for reading */
	uint32_t before = f->nins;
	g.to = arena_array(u->scratch, ir_ref, before);
	for (uint32_t o = f->nrpo; o-- > 0;)
		rewrite_block(&g, f->rpo[o]);
	ir_ref *to = arena_array(u->scratch, ir_ref, f->nins);
	memcpy(to, g.to, sizeof(*to) * before);
	ir_rename(f, to);
	return 0;
}

int opt_guard(struct ir_unit *u)
{
	settle_access(u);
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine) {
			int r = guard_fn(u, u->fns[i]);
			if (r)
				return r;
		}
	return 0;
}
