/* live.c - live ranges: which gaps each virtual register and each machine register is taken in. */
#include "bpf/be.h"

#include "core/mutant.h"

struct live {
	struct be *b;
	uint32_t words;          /* of a set of virtual registers */
	uint64_t *in, *gen, *kill; /* one set for each block */
	uint64_t *out, *none;    /* one set each: scratch, and the empty one */
	uint32_t *looked, *grew; /* by block: when solve was there last, and when its `in` grew */
	uint32_t clock;
	uint32_t *until;         /* by register: where its current segment ends; 0: not live */
	uint64_t *now;           /* the virtual registers whose until is not 0 */
};

static bool has(const uint64_t *set, uint32_t v) { return set[v / 64] >> (v % 64) & 1; }
static void add(uint64_t *set, uint32_t v) { set[v / 64] |= (uint64_t)1 << (v % 64); }
static void drop(uint64_t *set, uint32_t v) { set[v / 64] &= ~((uint64_t)1 << (v % 64)); }

/* ---- what is live into each block ---- */

static void gen_use(uint64_t *gen, const uint64_t *kill, uint32_t v)
{
	if (v >= BE_V0 && !has(kill, v))
		add(gen, v);
}

static void gen_kill(struct live *l, uint32_t k)
{
	const struct be *b = l->b;
	const struct be_block *bb = &b->blocks[k];
	uint64_t *gen = l->gen + (size_t)k * l->words, *kill = l->kill + (size_t)k * l->words;
	for (uint32_t n = bb->first; n < bb->first + bb->n; n++) {
		const struct be_ins *i = &b->ins[n];
		if (i->code == BE_COPY) {
			for (uint32_t p = i->dst; p < i->dst + i->src; p++)
				if (b->pairs[p].how == BE_REG)
					gen_use(gen, kill, b->pairs[p].src);
			for (uint32_t p = i->dst; p < i->dst + i->src; p++)
				add(kill, b->pairs[p].dst);
			continue;
		}
		unsigned ops = be_operands(i);
		if (ops & BE_RD_SRC)
			gen_use(gen, kill, i->src);
		if (ops & BE_RD_DST)
			gen_use(gen, kill, i->dst);
		if (ops & BE_WR_DST)
			add(kill, i->dst);
	}
}

static const uint64_t *live_in(const struct live *l, uint32_t k)
{
	return l->in + (size_t)k * l->words;
}

static const uint64_t *live_out(const struct live *l, uint32_t k)
{
	const struct be_block *bb = &l->b->blocks[k];
	if (!bb->nsucc)
		return l->none;
	const uint64_t *x = live_in(l, bb->succ[0]);
	if (bb->nsucc == 1)
		return x;
	const uint64_t *y = live_in(l, bb->succ[1]);
	for (uint32_t w = 0; w < l->words; w++)
		l->out[w] = x[w] | y[w];
	return l->out;
}

/* Is what block k's successors need as it was when k was last looked at? */
static bool settled(const struct live *l, uint32_t k)
{
	const struct be_block *bb = &l->b->blocks[k];
	for (uint32_t e = 0; e < bb->nsucc; e++)
		if (l->grew[bb->succ[e]] > l->looked[k])
			return false;
	return l->looked[k] != 0;
}

static void look(struct live *l, uint32_t k)
{
	const uint64_t *out = live_out(l, k);
	size_t at = (size_t)k * l->words;
	l->looked[k] = ++l->clock;
	for (uint32_t w = 0; w < l->words; w++) {
		uint64_t in = l->gen[at + w] | (out[w] & ~l->kill[at + w]);
		if (in != l->in[at + w])
			l->grew[k] = l->clock + 1; /* a loop of one block looks at itself again */
		l->in[at + w] = in;
	}
}

/* Backwards; again what a jump backwards brings news to. */
static void solve(struct live *l)
{
	for (bool more = true; more;) {
		more = false;
		for (uint32_t k = l->b->nblocks; k-- > 0;)
			if (!settled(l, k)) {
				look(l, k);
				more = true;
			}
	}
}

/* ---- segments ---- */

static void close_seg(struct live *l, uint32_t v, uint32_t start)
{
	struct be *b = l->b;
	struct be_vreg *r = &b->vregs[v];
	uint32_t end = l->until[v];
	l->until[v] = 0;
	if (v >= BE_V0)
		drop(l->now, v);
	r->gaps += end - start;
	if (r->segs && b->segs[r->segs].start == end) {
		b->segs[r->segs].start = start;
		return;
	}
	arena_grow(b->arena, b->segs, b->nsegs, b->cap_segs);
	b->segs[b->nsegs] = (struct be_seg){ start, end, r->segs };
	r->segs = b->nsegs++;
}

/* Live up to the gap before `end`, unless it is needed longer. */
static void reads(struct live *l, uint32_t v, uint32_t end, float weight)
{
	if (v == BE_FP || v == BE_NONE)
		return;
	if (!l->until[v]) {
		l->until[v] = end;
		if (v >= BE_V0)
			add(l->now, v);
	}
	l->b->vregs[v].weight += weight;
}

/* Defined into gap `gap`; live there even when nobody reads it. */
static void writes(struct live *l, uint32_t v, uint32_t gap, float weight)
{
	if (!l->until[v])
		l->until[v] = gap + 1;
	l->b->vregs[v].weight += weight;
	close_seg(l, v, gap);
}

/* A move between x and y, which one register would save; on cold paths of weight 0. */
static void hint(struct be *b, uint32_t x, uint32_t y, uint32_t weight)
{
	if (x == BE_FP || y == BE_FP)
		return;
	b->wanted[x < BE_V0 ? x : y < BE_V0 ? y : BE_NONE] += weight;
	/* the walk goes backwards: a wish for a machine register reaches the head of a chain */
	if (weight && y >= BE_V0 && b->vregs[y].pref < 0)
		b->vregs[y].pref = x < BE_V0 ? (int8_t)x : b->vregs[x].pref;
	for (int way = 0; way < 2; way++) {
		if (x >= BE_V0) {
			arena_grow(b->arena, b->hints, b->nhints, b->cap_hints);
			b->hints[b->nhints] = (struct be_hint){ y, b->vregs[x].hints, weight };
			b->vregs[x].hints = b->nhints++;
		}
		uint32_t t = x;
		x = y;
		y = t;
	}
}

static const float depth_weight[] = { 1, 8, 64, 512, 4096 };

static void walk_copy(struct live *l, const struct be_ins *i, uint32_t gap, float w)
{
	struct be *b = l->b;
	for (uint32_t p = i->dst; p < i->dst + i->src; p++)
		writes(l, b->pairs[p].dst, gap, w);
	for (uint32_t p = i->dst; p < i->dst + i->src; p++)
		if (b->pairs[p].how == BE_REG) {
			reads(l, b->pairs[p].src, gap, w);
			hint(b, b->pairs[p].dst, b->pairs[p].src, (uint32_t)w);
		}
}

/* One instruction, between the gaps gap - 1 and gap. */
static void walk_ins(struct live *l, const struct be_ins *i, uint32_t gap, float w)
{
	struct be *b = l->b;
	switch (i->code) {
	case BE_COPY:
		walk_copy(l, i, gap, w);
		return;
	case BE_CALL:
		b->fixed[gap] |= BE_CLOBBER & ~(MUTANT(clobber_forgotten) << 5);
		if (l->until[0])
			close_seg(l, 0, gap);
		for (uint32_t r = 1; r <= i->src; r++)
			reads(l, r, gap, 0);
		return;
	case BE_EXIT:
		reads(l, 0, gap, 0);
		return;
	}
	unsigned ops = be_operands(i);
	if (ops & BE_WR_DST) {
		if (ops & BE_RD_DST) {
			if (!l->until[i->dst])
				reads(l, i->dst, gap + 1, w);
		} else {
			writes(l, i->dst, gap, w);
		}
	}
	if (ops & BE_RD_SRC)
		reads(l, i->src, gap, w);
	if (ops & BE_RD_DST)
		reads(l, i->dst, gap, w);
	if (i->code == BE_MOV64X && !i->off)
		hint(b, i->dst, i->src, (uint32_t)w);
}

static void walk_block(struct live *l, uint32_t k)
{
	struct be *b = l->b;
	const struct be_block *bb = &b->blocks[k];
	uint32_t start = b->gap0[k], end = start + bb->n;
	float w = bb->cold ? 0.125f : depth_weight[bb->depth];
	const uint64_t *out = live_out(l, k);
	for (uint32_t x = 0; x < l->words; x++)
		for (uint64_t set = out[x]; set; set &= set - 1)
			reads(l, x * 64 + (uint32_t)__builtin_ctzll(set), end + 1 - 2 * MUTANT(live_cut), 0);
	for (uint32_t n = bb->n; n-- > 0;)
		walk_ins(l, &b->ins[bb->first + n], start + n + 1, w);
	for (uint32_t x = 0; x < l->words; x++)
		while (l->now[x])
			close_seg(l, x * 64 + (uint32_t)__builtin_ctzll(l->now[x]), start);
	for (uint32_t r = 0; !k && r < BE_NREGS; r++) /* what the function gets */
		if (l->until[r])
			close_seg(l, r, start);
}

static void fix_machine_registers(struct be *b)
{
	for (uint32_t r = 0; r < BE_NREGS; r++)
		for (uint32_t s = b->vregs[r].segs; s; s = b->segs[s].next)
			for (uint32_t g = b->segs[s].start; g < b->segs[s].end; g++)
				b->fixed[g] |= (uint16_t)(1 << r);
}

static void reset(struct be *b)
{
	for (uint32_t v = 0; v < b->nvregs; v++) {
		struct be_vreg *r = &b->vregs[v];
		r->segs = r->hints = r->gaps = 0;
		r->weight = 0;
		r->pref = -1;
		if (v >= BE_V0)
			r->reg = -1;
	}
	if (!b->segs) {
		b->cap_segs = 2 * b->nvregs + 32;
		b->segs = arena_spare(b->arena, struct be_seg, b->cap_segs);
		b->cap_hints = 2 * b->nvregs + 32;
		b->hints = arena_spare(b->arena, struct be_hint, b->cap_hints);
	}
	b->nsegs = b->nhints = 1;
	memset(b->wanted, 0, sizeof(b->wanted));
	if (!b->gap0)
		b->gap0 = arena_array(b->arena, uint32_t, b->nblocks);
	b->ngaps = 0;
	for (uint32_t k = 0; k < b->nblocks; k++) {
		b->gap0[k] = b->ngaps;
		b->ngaps += b->blocks[k].n + 1;
	}
	/* four gaps are read at a time: room behind the last */
	b->fixed = arena_array(b->scratch, uint16_t, b->ngaps + 4);
}

void be_live(struct be *b)
{
	struct live l = { .b = b, .words = (b->nvregs + 63) / 64 };
	reset(b);
	size_t n = (size_t)l.words * b->nblocks;
	l.in = arena_array(b->scratch, uint64_t, 3 * n + 3 * (size_t)l.words);
	l.gen = l.in + n;
	l.kill = l.gen + n;
	l.out = l.kill + n;
	l.none = l.out + l.words;
	l.now = l.none + l.words;
	l.looked = arena_array(b->scratch, uint32_t, b->nblocks);
	l.grew = arena_array(b->scratch, uint32_t, b->nblocks);
	l.until = arena_array(b->scratch, uint32_t, b->nvregs);
	for (uint32_t k = 0; k < b->nblocks; k++)
		gen_kill(&l, k);
	solve(&l);
	for (uint32_t k = b->nblocks; k-- > 0;)
		walk_block(&l, k);
	fix_machine_registers(b);
}
