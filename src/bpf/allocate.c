/*
 * allocate.c - virtual registers get machine registers, or are spilled until they do.
 *
 * For every gap there is a mask of registers taken. Values are coloured in the order in which
 * their live ranges begin: what is free in all gaps of a range is the complement of the masks
 * or-ed together. On SSA code that order needs no more registers than are live at once. Where none
 * is free, the cheaper of this value and those in its way is spilled: its definition stores to a
 * stack word, uses reload it, once per stretch without calls (level 1), or, if even that does not
 * fit, for each instruction (level 2, never spilled again). Then everything is done over.
 */
#include "bpf/be.h"

#include <errno.h>

enum { ROUNDS = 100 };

static const float never = 1e30f;

/* Registers taken anywhere in the live range of v. */
static unsigned taken(const struct be *b, const uint16_t *mask, const struct be_vreg *v)
{
	uint64_t m = 0;
	for (uint32_t s = v->segs; s; s = b->segs[s].next) {
		uint32_t g = b->segs[s].start, end = b->segs[s].end;
		for (; g + 4 <= end; g += 4) {
			uint64_t four;
			memcpy(&four, mask + g, 8);
			m |= four;
		}
		for (; g < end; g++)
			m |= mask[g];
	}
	m |= m >> 32;
	return (unsigned)((m | m >> 16) & BE_ALL);
}

static void flip(struct be *b, const struct be_vreg *v, unsigned reg)
{
	for (uint32_t s = v->segs; s; s = b->segs[s].next)
		for (uint32_t g = b->segs[s].start; g < b->segs[s].end; g++)
			b->busy[g] ^= (uint16_t)(1 << reg);
}

static bool overlap(const struct be *b, const struct be_vreg *x, const struct be_vreg *y)
{
	uint32_t s = x->segs, t = y->segs;
	while (s && t) {
		if (b->segs[s].end <= b->segs[t].start)
			s = b->segs[s].next;
		else if (b->segs[t].end <= b->segs[s].start)
			t = b->segs[t].next;
		else
			return true;
	}
	return false;
}

static float cost(const struct be_vreg *v)
{
	if (v->level == 2)
		return never;
	float w = v->weight / (float)(v->gaps ? v->gaps : 1);
	return v->how != BE_REG ? w / 4 : w;
}

/* The free register that saves most moves; of several the one that others want least, and of those
 * one that calls would destroy. */
static int choose(struct be *b, const struct be_vreg *v, unsigned avail)
{
	static const int8_t order[BE_NREGS] = { 0, 5, 4, 3, 2, 1, 6, 7, 8, 9 };
	uint32_t score[BE_NREGS] = { 0 };
	for (uint32_t h = v->hints; h; h = b->hints[h].next) {
		const struct be_vreg *o = &b->vregs[b->hints[h].other];
		int r = o->reg >= 0 ? o->reg : o->pref;
		if (r < 0 || o->mem || (o->reg < 0 && overlap(b, o, v)))
			continue;
		score[r] += b->hints[h].weight * (o->reg >= 0 ? 2 : 1);
	}
	if (v->pref >= 0)
		score[v->pref]++;
	int best = -1;
	for (int k = 0; k < BE_NREGS; k++) {
		int r = order[k];
		if (avail >> r & 1 &&
		    (best < 0 || score[r] > score[best] ||
		     (score[r] == score[best] && BE_CLOBBER >> r & 1 && b->wanted[r] < b->wanted[best])))
			best = r;
	}
	return best;
}

/* Values are coloured as they begin: nothing that ended before is in the way of any more. */
static void drop_ended(struct be *b, uint32_t start)
{
	uint32_t n = 0;
	for (uint32_t k = 0; k < b->nheld; k++)
		if (b->vregs[b->held[k]].reg >= 0 && b->vregs[b->held[k]].end > start)
			b->held[n++] = b->held[k];
	b->nheld = n;
}

static void hold(struct be *b, uint32_t v)
{
	if (b->nheld >= b->most_held) {
		drop_ended(b, b->segs[b->vregs[v].segs].start);
		b->most_held = 2 * b->nheld + 64;
	}
	uint32_t k = b->nheld++;
	for (; k && b->held[k - 1] > v; k--)
		b->held[k] = b->held[k - 1];
	b->held[k] = v;
}

static void assign(struct be *b, struct be_vreg *v, int reg)
{
	v->reg = (int8_t)reg;
	hold(b, (uint32_t)(v - b->vregs));
	flip(b, v, (unsigned)reg);
	for (uint32_t h = v->hints; h; h = b->hints[h].next) {
		struct be_vreg *o = &b->vregs[b->hints[h].other];
		if (o->pref < 0)
			o->pref = (int8_t)reg;
	}
}

/* No register is free: takes one from cheaper values, or spills v. */
static int make_room(struct be *b, struct be_vreg *v)
{
	float price[BE_NREGS] = { 0 };
	unsigned fixed = taken(b, b->fixed, v);
	drop_ended(b, b->segs[v->segs].start);
	for (uint32_t k = 0; k < b->nheld; k++) {
		const struct be_vreg *o = &b->vregs[b->held[k]];
		if (!(fixed >> o->reg & 1) && overlap(b, o, v))
			price[o->reg] += cost(o);
	}
	int best = -1;
	for (int r = 0; r < BE_NREGS; r++)
		if (!(fixed >> r & 1) && (best < 0 || price[r] < price[best]))
			best = r;
	if (best < 0 || price[best] >= cost(v)) {
		if (v->level == 2)
			return -EINVAL;
		v->spill = true;
		return 0;
	}
	for (uint32_t k = 0; k < b->nheld; k++) {
		struct be_vreg *o = &b->vregs[b->held[k]];
		if (o->reg == best && overlap(b, o, v)) {
			flip(b, o, (unsigned)best);
			o->reg = -1;
			o->spill = true;
		}
	}
	assign(b, v, best);
	return 0;
}

/* One round. *spills: something has to be spilled. */
static int colour(struct be *b, bool *spills)
{
	uint32_t *at = arena_array(b->scratch, uint32_t, b->ngaps + 1);
	for (uint32_t k = b->nvregs; k-- > BE_V0;) {
		struct be_vreg *v = &b->vregs[k];
		if (!v->segs || v->mem)
			continue;
		for (uint32_t s = v->segs; s; s = b->segs[s].next)
			v->end = b->segs[s].end;
		v->next = at[b->segs[v->segs].start];
		at[b->segs[v->segs].start] = k;
	}
	b->held = arena_array(b->scratch, uint32_t, b->nvregs + 1);
	b->nheld = b->most_held = 0;
	b->busy = arena_array(b->scratch, uint16_t, b->ngaps + 4);
	memcpy(b->busy, b->fixed, sizeof(*b->busy) * b->ngaps);
	for (uint32_t g = 0; g < b->ngaps; g++)
		for (uint32_t k = at[g]; k; k = b->vregs[k].next) {
			struct be_vreg *v = &b->vregs[k];
			unsigned avail = ~taken(b, b->busy, v) & BE_ALL;
			if (avail)
				assign(b, v, choose(b, v, avail));
			else if (make_room(b, v) < 0)
				return be_fail(b, "no register is left for v%u", k);
		}
	for (uint32_t k = BE_V0; k < b->nvregs && !*spills; k++)
		*spills = b->vregs[k].spill;
	return 0;
}

static int allocate_function(struct be *b)
{
	for (int round = 0; round < ROUNDS; round++) {
		bool spills = false;
		struct arena_mark mark = arena_mark(b->scratch);
		be_live(b);
		int err = colour(b, &spills);
		if (err)
			return err;
		if (!spills) {
			be_words(b);
			be_resolve(b);
			return 0;
		}
		be_rewrite(b);
		arena_release(b->scratch, mark);
	}
	return be_fail(b, "register allocation does not end");
}

int be_allocate(struct be *all)
{
	int err = 0;
	for (struct be *b = all; b && !err; b = b->next)
		err = allocate_function(b);
	return err;
}
