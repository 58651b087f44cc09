/*
 * spill.c - code rewritten for values that got no register, and their stack words.
 *
 * A stretch is code without a call that runs from its start: a value fetched once stays in a temporary
 * register until the stretch ends. A block with one way in, from a block before it, goes on with what
 * was there: its stretch has that one as its parent.
 */
#include "bpf/be.h"

#include "core/mutant.h"

struct rw {
	struct be *b;
	const struct be_ins *old;
	uint32_t nold;           /* registers that existed before this round */
	uint32_t *cur;           /* by old register: the temporary that holds it now */
	uint32_t *stamp;         /* ... if its stamp is this stretch's (level 0) or instruction's */
	uint32_t stretch, instant;
	uint32_t *parent;        /* by stretch: the one it goes on from, or 0 */
	uint32_t nstretches;
	uint32_t *at_end;        /* by block: its last stretch */
	uint32_t *only;          /* by block: its only predecessor + 1; 0: none yet, SEVERAL */
	uint32_t site;
	bool tied;               /* the instruction before was the first of a pair */
};

enum { SEVERAL = -1 };

static bool spilled(const struct rw *w, uint32_t v)
{
	return v >= BE_V0 && v < w->nold && w->b->vregs[v].spill;
}

/* The value that v, spilled, stands for. */
static uint32_t home(const struct rw *w, uint32_t v)
{
	const struct be_vreg *r = &w->b->vregs[v];
	return r->level ? r->orig : v;
}

static uint32_t current(const struct rw *w, uint32_t v)
{
	uint32_t now = w->b->vregs[v].level ? w->instant : w->stretch;
	if (!w->b->vregs[v].level)
		while (now > w->stamp[v])
			now = w->parent[now];
	return w->cur[v] && w->stamp[v] == now ? w->cur[v] : 0;
}

static uint32_t temporary(struct rw *w, uint32_t v)
{
	uint32_t t = be_vreg(w->b);
	w->b->vregs[t].level = w->b->vregs[v].level + 1;
	w->b->vregs[t].orig = home(w, v);
	w->cur[v] = t;
	w->stamp[v] = w->b->vregs[v].level ? w->instant : w->stretch;
	return t;
}

/* Into dst, the value of v from where it now lives. */
static void fetch(struct rw *w, uint32_t dst, uint32_t v)
{
	uint32_t h = home(w, v);
	const struct be_vreg *r = &w->b->vregs[h];
	if (r->how != BE_REG)
		be_make(w->b, dst, (enum be_how)r->how, r->imm, w->site);
	else
		be_push(w->b, (struct be_ins){ .code = BE_RELOAD, .dst = dst, .src = h, .site = w->site });
}

static uint32_t get(struct rw *w, uint32_t v)
{
	uint32_t t = current(w, v);
	if (t)
		return t;
	t = temporary(w, v);
	fetch(w, t, v);
	/* within a tied pair: later rounds must not see the pair end here */
	struct be_ins *last = &w->b->ins[w->b->nins - 1];
	last->part = w->tied;
	return t;
}

static void copy(struct rw *w, const struct be_ins *i)
{
	for (uint32_t k = i->dst; k < i->dst + i->src; k++) {
		struct be_pair *p = &w->b->pairs[k];
		if (p->how != BE_REG || !spilled(w, p->src))
			continue;
		uint32_t t = current(w, p->src), h = home(w, p->src);
		const struct be_vreg *r = &w->b->vregs[h];
		if (t) {
			p->src = t;
		} else if (r->how != BE_REG) {
			p->how = (enum be_how)r->how;
			p->imm = r->imm;
		} else {
			p->src = h;
		}
	}
	be_push(w->b, *i);
}

/* Definitions that need not be made: of what is made afresh at each use. */
static bool dropped(const struct rw *w, const struct be_ins *i)
{
	if (!spilled(w, i->dst) || !(be_operands(i) & BE_WR_DST) || i->code == BE_SPILL)
		return false;
	uint32_t h = home(w, i->dst);
	return (i->code == BE_RELOAD && i->src == h) || w->b->vregs[h].how != BE_REG;
}

/* Moves from or to a spilled value are a store or a load. */
static bool move(struct rw *w, const struct be_ins *i)
{
	if (i->code != BE_MOV64X || i->off)
		return false;
	bool from = spilled(w, i->src), to = spilled(w, i->dst);
	if (from && !to && !current(w, i->src)) {
		fetch(w, i->dst, i->src);
		w->b->ins[w->b->nins - 1].part = i->part;
		return true;
	}
	/* what comes in a machine register stays in one: its next use is near */
	if (!to || i->part || w->b->vregs[i->dst].level || i->src < BE_V0)
		return false;
	uint32_t src = from ? get(w, i->src) : i->src;
	be_push(w->b, (struct be_ins){ .code = BE_SPILL, .dst = i->dst, .src = src, .site = i->site });
	return true;
}

static void instruction(struct rw *w, struct be_ins i)
{
	unsigned ops = be_operands(&i);
	uint32_t def = 0;
	if (i.code == BE_COPY) {
		copy(w, &i);
		return;
	}
	if (dropped(w, &i) || move(w, &i))
		return;
	if ((ops & BE_RD_SRC) && i.code != BE_RELOAD && spilled(w, i.src))
		i.src = get(w, i.src);
	if (i.code != BE_SPILL && spilled(w, i.dst)) {
		def = ops & BE_WR_DST && !i.part ? i.dst : 0;
		i.dst = ops & BE_RD_DST ? get(w, i.dst) : temporary(w, i.dst);
	}
	be_push(w->b, i);
	if (def && !w->b->vregs[def].level)
		be_push(w->b, (struct be_ins){ .code = BE_SPILL, .dst = def, .src = i.dst,
					       .site = i.site });
}

/* An instant ends with the instruction, but a tied pair, and a definition and the store of it,
 * are one. */
static bool same_instant(const struct be_ins *i, const struct be_ins *next)
{
	return i->part || (next && next->code == BE_SPILL && (be_operands(i) & BE_WR_DST) &&
			   next->src == i->dst);
}

static void new_stretch(struct rw *w, uint32_t parent)
{
	w->stretch = ++w->nstretches;
	w->parent[w->stretch] = parent;
}

static void block(struct rw *w, uint32_t k)
{
	struct be_block *bb = &w->b->blocks[k];
	uint32_t first = w->b->nins, from = w->only[k];
	w->tied = false;
	new_stretch(w, from && from != (uint32_t)SEVERAL && from <= k ? w->at_end[from - 1] : 0);
	w->instant++;
	for (uint32_t n = 0; n < bb->n; n++) {
		const struct be_ins *i = &w->old[bb->first + n];
		w->site = i->site;
		instruction(w, *i);
		w->tied = i->part;
		if (i->code == BE_CALL)
			new_stretch(w, 0);
		if (!same_instant(i, n + 1 < bb->n ? i + 1 : NULL))
			w->instant++;
	}
	bb->first = first;
	bb->n = w->b->nins - first;
	w->at_end[k] = w->stretch;
}

static void find_stretches(struct rw *w)
{
	const struct be *b = w->b;
	uint32_t calls = 0;
	for (uint32_t n = 0; n < b->nins; n++)
		calls += b->ins[n].code == BE_CALL;
	w->parent = arena_array(b->scratch, uint32_t, (size_t)b->nblocks * 3 + calls + 1);
	w->at_end = w->parent + b->nblocks + calls + 1;
	w->only = w->at_end + b->nblocks;
	for (uint32_t k = 0; k < b->nblocks; k++)
		for (uint32_t e = 0; e < b->blocks[k].nsucc; e++) {
			uint32_t *o = &w->only[b->blocks[k].succ[e]];
			*o = *o && *o != k + 1 ? (uint32_t)SEVERAL : k + 1;
		}
}

void be_rewrite(struct be *b)
{
	struct rw w = { .b = b, .old = b->ins, .nold = b->nvregs };
	w.cur = arena_array(b->scratch, uint32_t, 2 * (size_t)b->nvregs);
	w.stamp = w.cur + b->nvregs;
	find_stretches(&w);
	b->cap_ins = b->nins + b->nins / 2 + 16;
	b->ins = arena_spare(b->arena, struct be_ins, b->cap_ins);
	b->nins = 0;
	for (uint32_t k = 0; k < b->nblocks; k++)
		block(&w, k);
	for (uint32_t v = BE_V0; v < w.nold; v++) {
		struct be_vreg *r = &b->vregs[v];
		if (r->spill && !r->level && r->how == BE_REG)
			r->mem = true;
		r->spill = false;
	}
}

/* ---- stack words: shared by values that are never alive together ---- */

static bool word_free(const struct be *b, const uint64_t *used, uint32_t words, const struct be_vreg *v,
		      uint32_t slot)
{
	for (uint32_t s = v->segs; s; s = b->segs[s].next)
		for (uint32_t g = b->segs[s].start; g + MUTANT(word_shared) < b->segs[s].end; g++)
			if (used[(size_t)g * words + slot / 64] >> (slot % 64) & 1)
				return false;
	return true;
}

/* The word of a value that v is copied from or to, if v may have it too; else the first free. */
static uint32_t pick_word(const struct be *b, const uint64_t *used, uint32_t words,
			  const struct be_vreg *v)
{
	for (uint32_t h = v->hints; h; h = b->hints[h].next) {
		uint32_t slot = b->vregs[b->hints[h].other].slot;
		if (slot && word_free(b, used, words, v, slot - 1))
			return slot - 1;
	}
	uint32_t slot = 0;
	while (!word_free(b, used, words, v, slot))
		slot++;
	return slot;
}

void be_words(struct be *b)
{
	uint32_t nmem = 0;
	for (uint32_t v = BE_V0; v < b->nvregs; v++)
		nmem += b->vregs[v].mem && b->vregs[v].segs;
	if (!nmem)
		return;
	uint32_t words = (nmem + 63) / 64;
	uint64_t *used = arena_array(b->scratch, uint64_t, (size_t)b->ngaps * words);
	for (uint32_t k = BE_V0; k < b->nvregs; k++) {
		struct be_vreg *v = &b->vregs[k];
		if (!v->mem || !v->segs)
			continue;
		uint32_t slot = pick_word(b, used, words, v);
		v->slot = slot + 1;
		if (slot >= b->nwords)
			b->nwords = slot + 1;
		for (uint32_t s = v->segs; s; s = b->segs[s].next)
			for (uint32_t g = b->segs[s].start; g < b->segs[s].end; g++)
				used[(size_t)g * words + slot / 64] |= (uint64_t)1 << (slot % 64);
	}
}
