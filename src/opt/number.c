/*
 * number.c - value numbering over the dominator tree: folds operations, finds equal ones, decides
 * branches that a dominating branch has decided. One walk in reverse post order.
 *
 * Loads from memory are never merged: others may write. Packet bytes change only where the program
 * itself writes them: a pktload, or a load through a pointer made of the context's data, names the
 * check it needs by its pointer, so equal ones are one when no write of theirs lies between them; nor many other
 * values, where what was read of it fills the stack (rereads).
 */
#include "opt/halving.h"
#include "opt/simplify.h"

#include "core/mutant.h"

static uint32_t hash_of(const struct ir_ins *i)
{
	uint64_t h = i->op * 0x9e3779b97f4a7c15u + i->aux + ((uint64_t)i->imm << 7);
	for (uint32_t a = 0; a < i->nargs; a++)
		h = (h ^ i->args[a]) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static bool equal(const struct ir_ins *a, const struct ir_ins *b)
{
	if (a->op != b->op || a->aux != b->aux || a->imm != b->imm || a->nargs != b->nargs)
		return false;
	for (uint32_t i = 0; i < a->nargs; i++)
		if (a->args[i] != b->args[i])
			return false;
	return true;
}

/* ---- the packet ---- */

static bool is_ctx_field(const struct ir_fn *f, ir_ref r, uint32_t offset)
{
	const struct ir_ins *i = ir_at(f, r);
	return i->op == IRO(load32) && i->imm == offset && ir_at(f, i->args[0])->op == IRO(ctx);
}

bool simp_is_ctx(const struct simp *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->op == IRO(ctx) || (i->op == IRO(load32) && ir_at(s->f, i->args[0])->op == IRO(ctx));
}

/* What a parameter of the block where the program begins again is given: the same each time. Only of use where
 * ways were parted: elsewhere what is read there lives on through the walks past headers, and is spilled. */
static ir_ref given(const struct simp *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (!s->parted || i->op != IRO(param) || i->block != s->f->anew || !ir_block(s->f, i->block)->npreds)
		return r;
	return ir_pred_edge(s->f, &ir_block(s->f, i->block)->preds[0])->args[i->aux];
}

/* data, or something added to it */
bool simp_is_packet_pointer(const struct simp *s, ir_ref r)
{
	while (ir_at(s->f, r)->op == IRO(add64))
		r = ir_at(s->f, r)->args[0];
	const struct ir_target *t = s->u->target;
	return t && t->ctx_data_end && is_ctx_field(s->f, given(s, r), t->ctx_data);
}

static bool is_packet_load(const struct simp *s, const struct ir_ins *i)
{
	return i->op >= IRO(load8) && i->op <= IRO(load64) && simp_is_packet_pointer(s, i->args[0]);
}

/* ---- what was written last ---- */

/* After guard a store through a pointer that may be the packet's. */
static bool is_packet_store(const struct simp *s, const struct ir_ins *i)
{
	if (i->op == IRO(pktstore))
		return true;
	if (i->op == IRO(helper) && i->nargs > 1 && ir_at(s->f, i->args[1])->op == IRO(fnref))
		return true; /* who knows what it does */
	if (ir_calls_fn(i))
		return true;
	if (i->op == IRO(helper) && s->u->moves_packet)
		return true;
	if (i->op == IRO(helper))
		return s->u->target && i->aux == s->u->target->helper_l4_csum && i->aux;
	if (i->op < IRO(store8) || i->op > IRO(store64))
		return false;
	ir_ref p = i->args[0];
	while (ir_at(s->f, p)->op == IRO(add64))
		p = ir_at(s->f, p)->args[0];
	enum ir_op base = (enum ir_op)ir_at(s->f, p)->op;
	return base != IRO(slot) && base != IRO(mapval) && base != IRO(helper);
}

static uint32_t new_write(struct simp *s, ir_ref by)
{
	struct write w = { s->write, by };
	arena_push(s->scratch, s->writes, s->nwrites, s->cap_writes, w);
	return s->nwrites - 1;
}

/* The last write before block b: the same on all ways here, or one of its own. */
static uint32_t write_before(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	uint32_t same = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		uint32_t w = s->written[k->preds[p].from];
		if (!w || (same && w != same && !MUTANT(write_on_one_way)))
			return new_write(s, 0); /* back from a loop, or different */
		same = w;
	}
	return same ? same : new_write(s, 0);
}

/* ---- is what was read still there? ---- */

enum { WRITES = 16 }; /* looked at between two loads */

/* Is what `load` read still there, for i to read in block b? */
static bool same_bytes(const struct simp *s, ir_ref load, const struct ir_ins *i, ir_blk b)
{
	if (!s->written || s->read_after[load] == s->write || MUTANT(read_across_write))
		return true;
	uint32_t w = s->write;
	for (unsigned n = 0; n < WRITES && w != s->read_after[load]; n++) {
		if (!s->writes[w].by || !simp_apart(s, s->writes[w].by, i, b))
			return false;
		w = s->writes[w].before;
	}
	return w == s->read_after[load];
}

enum { NEAR = 32 }; /* as many of them at most are held in registers, or words of the stack, at a time */

/* What an instruction or two make again as well as a word of the stack holds it: what is read of the packet, and data plus
 * a constant (what one such address was checked for the verifier knows of all of them). */
static bool made_anew(const struct simp *s, const struct ir_ins *i)
{
	return s->place && (ir_ops[i->op].effects & IR_E_READ || (i->op == IRO(add64) && is_imm(s->f, i->args[1]) &&
			    ir_at(s->f, i->args[0])->op != IRO(add64) && simp_is_packet_pointer(s, i->args[0])));
}

/* ---- values ---- */

static bool is_pure(const struct simp *s, const struct ir_ins *i)
{
	return i->op == IRO(pktload) || is_packet_load(s, i) ||
	       (!ir_ops[i->op].effects && ir_ops[i->op].ends < 0 && ir_ops[i->op].result != 'N' &&
		i->op != IRO(opaque) && i->op != IRO(own) && i->op != IRO(param) && i->op != IRO(imm));
}

/* ---- constants: one of each, at the head of the entry block ---- */

static uint32_t imm_hash(int64_t v)
{
	return (uint32_t)(((uint64_t)v * 0x9e3779b97f4a7c15u) >> 32);
}

static void imm_insert(struct simp *s, ir_ref r)
{
	uint32_t h = imm_hash(ir_at(s->f, r)->imm);
	while (s->imms[h & s->imm_mask])
		h++;
	s->imms[h & s->imm_mask] = r;
	s->nimms++;
}

static ir_ref imm_find(const struct simp *s, int64_t v)
{
	for (uint32_t h = imm_hash(v); s->imms[h & s->imm_mask]; h++)
		if (ir_at(s->f, s->imms[h & s->imm_mask])->imm == v)
			return s->imms[h & s->imm_mask];
	return 0;
}

static void imm_room(struct simp *s)
{
	if (s->nimms * 2 < s->imm_mask)
		return;
	ir_ref *old = s->imms;
	uint32_t n = s->imm_mask + 1;
	s->imm_mask = n * 2 - 1;
	s->imms = arena_array(s->scratch, ir_ref, n * 2);
	s->nimms = 0;
	for (uint32_t i = 0; i < n; i++)
		if (old[i])
			imm_insert(s, old[i]);
}

static void *bigger(struct simp *s, void *old, size_t size)
{
	void *p = arena_alloc(s->scratch, size * s->cap * 2);
	return memcpy(p, old, size * s->cap);
}

static ir_ref new_value(struct simp *s, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(s->f, op, n, args);
	if (r >= s->cap) {
		s->to = bigger(s, s->to, sizeof(*s->to));
		s->next = bigger(s, s->next, sizeof(*s->next));
		s->place = s->place ? bigger(s, s->place, sizeof(*s->place)) : NULL;
		s->range = bigger(s, s->range, sizeof(*s->range));
		s->fact_of = bigger(s, s->fact_of, sizeof(*s->fact_of));
		s->cap *= 2;
	}
	return r;
}

ir_ref simp_imm(struct simp *s, int64_t v)
{
	ir_ref r = imm_find(s, v);
	if (r)
		return r;
	r = new_value(s, IRO(imm), 0, NULL);
	ir_at(s->f, r)->imm = v;
	s->range[r] = range_of(s->f, s->range, r);
	ir_insert_before(s->f, s->anchor, r);
	imm_room(s);
	imm_insert(s, r);
	return r;
}

void simp_gone(struct simp *s, ir_ref r, ir_ref now)
{
	s->to[r] = now;
	if (r == s->anchor)
		s->anchor = ir_at(s->f, r)->next;
	ir_remove(s->f, r);
	s->changed = true;
}

/* An imm where it was written: the first of its value moves to the head of the entry. */
static void place_imm(struct simp *s, ir_ref r)
{
	ir_ref same = imm_find(s, ir_at(s->f, r)->imm);
	if (same == r)
		return;
	if (same) {
		simp_gone(s, r, same);
		return;
	}
	if (r == s->anchor) {
		s->anchor = ir_at(s->f, r)->next;
	} else if (ir_at(s->f, r)->next != s->anchor) {
		ir_remove(s->f, r);
		ir_insert_before(s->f, s->anchor, r);
	}
	imm_room(s);
	imm_insert(s, r);
}

/* An operation equal to i whose block dominates b, or 0. */
static ir_ref known_value(const struct simp *s, const struct ir_ins *i, ir_blk b)
{
	bool reads = ir_ops[i->op].effects & IR_E_READ, anew = made_anew(s, i);
	for (ir_ref e = s->bucket[hash_of(i) & s->mask]; e; e = s->next[e])
		if (equal(ir_at(s->f, e), i) && ir_dominates(s->f, ir_at(s->f, e)->block, b) &&
		    (!anew || s->now - s->place[e] <= NEAR) && (!reads || same_bytes(s, e, i, b)))
			return e;
	return 0;
}

enum { FURTHEST = 0xffff };

/* data + (x + y), where data + x is there, or y is a constant: (data + x) + y. A header's offset from the
 * frame's start is then often not needed. */
static bool from_near(struct simp *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	if (i->op != IRO(add64) || ir_at(s->f, i->args[1])->op != IRO(add64) || !simp_is_packet_pointer(s, i->args[0]))
		return false;
	const ir_ref *off = ir_at(s->f, i->args[1])->args;
	for (int k = 0; k < 2; k++) {
		if (is_imm(s->f, off[!k]) && (uint64_t)ir_at(s->f, off[!k])->imm <= FURTHEST) {
			ir_ref x = off[k], y = off[!k], p = simp_op2(s, r, IRO(add64), i->args[0], x);
			i = ir_at(s->f, r);
			i->args[0] = p;
			i->args[1] = y;
			return true;
		}
		struct ir_ins near = { .op = IRO(add64), .nargs = 2, .args = (ir_ref[]){ i->args[0], off[k] } };
		if (is_imm(s->f, off[k]) || range_seen(&s->range[off[!k]]) > FURTHEST)
			continue;
		ir_ref p = known_value(s, &near, i->block);
		if (p) {
			i->args[1] = off[!k];
			i->args[0] = p;
			return true;
		}
	}
	return false;
}

static void number_value(struct simp *s, ir_ref r)
{
	bool fold = simp_does(s, SIMP_FOLD);
	s->changed |= fold && from_near(s, r);
	for (ir_ref now; fold && (now = fold_value(s, r)) != 0;) {
		s->changed = true;
		if (now != r) {
			simp_gone(s, r, now);
			return;
		}
	}
	const struct ir_ins *i = ir_at(s->f, r);
	s->range[r] = range_of(s->f, s->range, r);
	s->now++;
	if (!is_pure(s, i)) {
		if (s->written && is_packet_store(s, i))
			s->write = new_write(s, r);
		return;
	}
	ir_ref same = simp_does(s, SIMP_EQUAL) ? known_value(s, i, i->block) : 0;
	if (same) {
		simp_gone(s, r, same);
		return;
	}
	if (s->written && ir_ops[i->op].effects & IR_E_READ)
		s->read_after[r] = s->write;
	if (made_anew(s, i))
		s->place[r] = s->now;
	ir_ref *b = &s->bucket[hash_of(i) & s->mask];
	s->next[r] = *b;
	*b = r;
}

ir_ref simp_op2(struct simp *s, ir_ref at, enum ir_op op, ir_ref a, ir_ref b)
{
	ir_ref r = new_value(s, op, 2, (ir_ref[]){ a, b });
	ir_at(s->f, r)->site = ir_at(s->f, at)->site;
	ir_insert_before(s->f, at, r);
	number_value(s, r);
	return simp_now(s, r);
}

const struct ir_edge *simp_edge(const struct ir_fn *f, const struct ir_pred *p, ir_blk to)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, p->from)->last);
	const struct ir_edge *e = &t->succ[p->succ < t->nsucc ? p->succ : 0];
	return t->nsucc && e->to == to ? e : NULL;
}

/* Does a live edge lead here from a block already seen? One that does not may be a loop that lost its
 * way in: its parameters would then be made of themselves. */
static bool is_reached(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	bool yes = b == 1;
	for (uint32_t p = 0; p < k->npreds && !yes; p++)
		yes = s->reached[k->preds[p].from] && simp_edge(s->f, &k->preds[p], b);
	return s->reached[b] = yes;
}

/* A parameter that always gets the same value (or itself) is that value. */
static void number_params(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	if (b == 1 || b == s->f->error_exit) /* later passes raise errors of other numbers */
		return;
	for (uint32_t p = 0; p < k->nparams; p++) {
		ir_ref me = k->params[p], same = 0;
		bool one = !s->to[me];
		for (uint32_t e = 0; one && e < k->npreds; e++) {
			const struct ir_edge *x = simp_edge(s->f, &k->preds[e], b);
			ir_ref in = x ? simp_now(s, x->args[p]) : me;
			one = in == me || !same || in == same;
			if (in != me)
				same = in;
		}
		if (!one && !s->to[me]) {
			same = fold_either(s, me);
			one = same != 0;
		}
		if (one && same) {
			s->to[me] = same;
			s->changed = true;
			/* what is not numbered yet may still become something else */
			s->rename_all |= ir_block(s->f, ir_at(s->f, same)->block)->order >= k->order;
		}
	}
}

/* Variables of loops that end soon: what they start with and may grow by. */
static void bound_counters(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	uint64_t by;
	for (uint32_t p = 0; p < k->nparams; p++) {
		if (!halving_grows(s->f, b, p, &by))
			continue;
		struct range r = range_start(false);
		for (uint32_t e = 0; e < k->npreds; e++) {
			const struct ir_edge *x = simp_edge(s->f, &k->preds[e], b);
			if (x && ir_block(s->f, k->preds[e].from)->order < k->order)
				r = range_join(r, s->range[simp_now(s, x->args[p])]);
		}
		s->range[k->params[p]] = range_plus(r, by);
	}
}

static void bound_params(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	if (k->loop)
		bound_counters(s, b);
	if (b == 1 || b == s->f->error_exit || k->loop)
		return;
	for (uint32_t p = 0; p < k->nparams; p++) {
		struct range r = range_start(s->joins_seen);
		for (uint32_t e = 0; e < k->npreds; e++) {
			const struct ir_edge *x = simp_edge(s->f, &k->preds[e], b);
			if (x)
				r = range_join(r, s->range[simp_now(s, x->args[p])]);
		}
		s->range[k->params[p]] = r;
	}
}

/* ---- branches ---- */

static void add_fact(struct simp *s, ir_ref of, struct fact x)
{
	x.next = s->fact_of[of];
	arena_push(s->scratch, s->facts, s->nfacts, s->cap_facts, x);
	s->fact_of[of] = s->nfacts - 1;
}

static void learn(struct simp *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	if (k->npreds != 1)
		return;
	ir_ref last = ir_block(s->f, k->preds[0].from)->last;
	const struct ir_ins *t = ir_at(s->f, last);
	bool found = t->op == IRO(pkt) && k->preds[0].succ == 0 && s->written && !s->u->moves_packet;
	if (t->op != IRO(br) && !found)
		return;
	struct fact x = { b, t->args[0], found ? last : t->args[1], t->aux ^ (k->preds[0].succ == 1), 0 };
	add_fact(s, x.a, x);
	const struct ir_ins *sum = ir_at(s->f, x.a);
	if (s->written && sum->op == IRO(add64) && is_imm(s->f, sum->args[1]) && is_imm(s->f, x.b))
		add_fact(s, sum->args[0], x);
}

/* A check that found as many bytes there, or 0. */
static ir_ref checked(const struct simp *s, const struct ir_ins *t)
{
	for (uint32_t i = s->fact_of[t->args[0]]; i; i = s->facts[i].next) {
		const struct fact *x = &s->facts[i];
		const struct ir_ins *c = ir_at(s->f, x->b);
		if (x->a == t->args[0] && c->op == IRO(pkt) && c->imm >= t->imm && ir_dominates(s->f, x->block, t->block))
			return x->b;
	}
	return 0;
}

static int recall(struct simp *s, const struct ir_ins *t)
{
	if (t->op != IRO(br))
		return -1;
	for (uint32_t i = s->fact_of[t->args[0]]; i; i = s->facts[i].next) {
		const struct fact *x = &s->facts[i];
		if (x->a != t->args[0] || (!ir_dominates(s->f, x->block, t->block) && !MUTANT(fact_kept)))
			continue;
		if (x->b == t->args[1] && (x->cc & ~1u) == (t->aux & ~1u))
			return x->cc == t->aux;
		if (x->cc == IR_EQ && is_imm(s->f, x->b) && is_imm(s->f, t->args[1]))
			return fold_condition(s, false, t->aux, x->b, t->args[1]);
	}
	return -1;
}

static void decide(struct simp *s, ir_ref t, bool yes)
{
	struct ir_edge e = ir_at(s->f, t)->succ[yes ? 0 : 1];
	edit_terminator(s->f, t, IRO(jmp), 0, 0, 0);
	ir_at(s->f, t)->succ[0] = e;
	simp_edges_changed(s);
}

static void number_branch(struct simp *s, ir_ref t)
{
	if (simp_does(s, SIMP_FOLD))
		s->changed |= fold_asked(s, t) | fold_sums(s, t) | fold_branch(s, t);
	const struct ir_ins *i = ir_at(s->f, t);
	int yes = fold_condition(s, i->op == IRO(br32), i->aux, i->args[0], i->args[1]);
	if (yes < 0 && simp_does(s, SIMP_DECIDE))
		yes = recall(s, ir_at(s->f, t));
	if (yes >= 0)
		decide(s, t, yes);
}

static void number_check(struct simp *s, ir_ref t)
{
	ir_ref before = simp_does(s, SIMP_DECIDE) ? checked(s, ir_at(s->f, t)) : 0;
	if (!before)
		return;
	s->to[t] = before;
	s->rename_all = true;
	decide(s, t, true);
}

static void number_block(struct simp *s, ir_blk b)
{
	struct ir_fn *f = s->f;
	if (!is_reached(s, b))
		return;
	number_params(s, b);
	bound_params(s, b);
	learn(s, b);
	if (s->written)
		s->write = write_before(s, b);
	for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
		struct ir_ins *i = ir_at(f, r);
		next = i->next;
		for (uint32_t a = 0; a < i->nargs; a++)
			i->args[a] = simp_now(s, i->args[a]);
		if (i->op == IRO(imm)) {
			s->range[r] = range_of(f, s->range, r);
			place_imm(s, r);
		} else if (i->op == IRO(br) || i->op == IRO(br32))
			number_branch(s, r);
		else if (i->op == IRO(pkt))
			number_check(s, r);
		else if (ir_ops[i->op].ends < 0)
			number_value(s, r);
	}
	if (s->written)
		s->written[b] = s->write;
}

static void rename_operands(struct simp *s, ir_blk b)
{
	for (ir_ref r = ir_block(s->f, b)->first; r; r = ir_at(s->f, r)->next) {
		struct ir_ins *i = ir_at(s->f, r);
		for (uint32_t a = 0; a < i->nargs; a++)
			i->args[a] = simp_now(s, i->args[a]);
	}
}

/* Operands are canonical by now, but for blocks that were not reached; edges are not. */
static void rename_rest(struct simp *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		for (uint32_t k = 0; k < t->nsucc; k++)
			for (uint32_t a = 0; a < t->succ[k].nargs; a++)
				t->succ[k].args[a] = simp_now(s, t->succ[k].args[a]);
		if (!s->reached[f->rpo[o]])
			rename_operands(s, f->rpo[o]);
	}
}

static uint32_t table_size(uint32_t n)
{
	uint32_t size = 32;
	while (size < n)
		size *= 2;
	return size;
}

void simp_number(struct simp *s)
{
	struct ir_fn *f = s->f;
	ir_need_tree(f);
	uint32_t n = table_size(f->nins);
	s->cap = f->nins + 32;
	s->to = arena_array(s->scratch, ir_ref, s->cap);
	s->next = arena_spare(s->scratch, ir_ref, s->cap); /* written when a value goes into a bucket */
	s->range = arena_array(s->scratch, struct range, s->cap);
	s->joins_seen = range_joins_seen(s->u);
	s->bucket = arena_array(s->scratch, ir_ref, n);
	s->mask = n - 1;
	s->imms = arena_array(s->scratch, ir_ref, 32);
	s->imm_mask = 31;
	s->nimms = 0;
	s->fact_of = arena_array(s->scratch, uint32_t, s->cap);
	s->facts = NULL;
	s->nfacts = s->cap_facts = 0;
	arena_push(s->scratch, s->facts, s->nfacts, s->cap_facts, (struct fact){ 0 });
	s->rename_all = false;
	s->reached = arena_array(s->scratch, bool, f->nblocks);
	s->written = s->u->writes_packet ? arena_array(s->scratch, uint32_t, f->nblocks) : NULL;
	s->read_after = s->written ? arena_array(s->scratch, uint32_t, f->nins) : NULL;
	s->write = 0;
	s->place = s->u->rereads ? arena_array(s->scratch, uint32_t, s->cap) : NULL;
	s->now = 0;
	s->writes = NULL;
	s->nwrites = s->cap_writes = 0;
	arena_push(s->scratch, s->writes, s->nwrites, s->cap_writes, (struct write){ 0 });
	s->anchor = ir_block(f, 1)->first;
	for (uint32_t o = 0; o < f->nrpo; o++)
		number_block(s, f->rpo[o]);
	if (s->rename_all)
		ir_rename(f, s->to);
	else
		rename_rest(s);
}
