/*
 * copy.c - the allocation put into the code: parallel copies become moves in an order that
 * overwrites nothing still needed, moves to the same place vanish.
 *
 * A place is a register, a stack word, or something made afresh. Stack to stack goes through a
 * register that is free at that moment; when all ten are in use, one is set aside in a stack word.
 */
#include "bpf/be.h"

#include "core/mutant.h"

enum { ASIDE, CYCLE, NSPARE };

struct place { enum { P_REG, P_WORD, P_MADE } kind; uint32_t n; };
struct move { struct place dst, src; enum be_how how; int64_t imm; };

struct res {
	struct be *b;
	uint32_t spare[NSPARE];  /* stack words used here only, from 1 */
	struct move *todo;
	uint32_t ntodo;
	unsigned held;           /* registers that must not be touched, sources still to do apart */
	uint32_t site;
	bool looped;             /* this block may be gone through again */
	uint64_t again;          /* words that such blocks write */
};

static struct place place_of(const struct be *b, uint32_t v)
{
	if (v < BE_V0)
		return (struct place){ P_REG, v };
	const struct be_vreg *r = &b->vregs[v];
	return r->mem ? (struct place){ P_WORD, r->slot } : (struct place){ P_REG, (uint32_t)r->reg };
}

static bool same(struct place x, struct place y)
{
	return x.kind == y.kind && x.n == y.n && x.kind != P_MADE;
}

static uint32_t spare(struct res *s, int which)
{
	if (!s->spare[which])
		s->spare[which] = ++s->b->nwords;
	return s->spare[which];
}

static void put(struct res *s, unsigned code, uint32_t dst, uint32_t src, uint32_t word)
{
	if (code == BE_SPILL && s->looped)
		s->again |= (uint64_t)1 << word % 64;
	be_push(s->b, (struct be_ins){ .code = (uint16_t)code, .dst = dst, .src = src,
				       .site = s->site, .imm = word });
}

/* A register that holds nothing needed, or -1. */
static int unused(const struct res *s)
{
	unsigned m = s->held;
	for (uint32_t k = 0; k < s->ntodo; k++)
		if (s->todo[k].src.kind == P_REG)
			m |= 1u << s->todo[k].src.n;
	m = ~m & BE_ALL;
	return m ? __builtin_ctz(m) : -1;
}

static void to_word(struct res *s, const struct move *m)
{
	int t = unused(s);
	bool aside = t < 0;
	if (aside) {
		t = 0;
		put(s, BE_SPILL, BE_NONE, 0, spare(s, ASIDE));
	}
	if (m->src.kind == P_WORD)
		put(s, BE_RELOAD, (uint32_t)t, BE_NONE, m->src.n);
	else
		be_make(s->b, (uint32_t)t, m->how, m->imm, s->site);
	put(s, BE_SPILL, BE_NONE, (uint32_t)t, m->dst.n);
	if (aside)
		put(s, BE_RELOAD, 0, BE_NONE, s->spare[ASIDE]);
}

static void move(struct res *s, const struct move *m)
{
	if (m->dst.kind == P_WORD) {
		if (m->src.kind == P_REG)
			put(s, BE_SPILL, BE_NONE, m->src.n, m->dst.n);
		else
			to_word(s, m);
		return;
	}
	switch (m->src.kind) {
	case P_REG:
		put(s, BE_MOV64X, m->dst.n, m->src.n, 0);
		break;
	case P_WORD:
		put(s, BE_RELOAD, m->dst.n, BE_NONE, m->src.n);
		break;
	case P_MADE:
		be_make(s->b, m->dst.n, m->how, m->imm, s->site);
		break;
	}
	s->held |= 1u << m->dst.n;
}

static bool is_source(const struct res *s, struct place p)
{
	for (uint32_t k = 0; k < s->ntodo; k++)
		if (same(s->todo[k].src, p))
			return true;
	return false;
}

/* Every destination left is a source left: one source is moved out of the circle. */
static void break_circle(struct res *s)
{
	struct place from = s->todo[0].src;
	int t = unused(s);
	struct place to = t >= 0 ? (struct place){ P_REG, (uint32_t)t }
				 : (struct place){ P_WORD, spare(s, CYCLE) };
	move(s, &(struct move){ .dst = to, .src = from });
	s->held &= t >= 0 ? ~(1u << t) : ~0u; /* a source again, protected as such */
	for (uint32_t k = 0; k < s->ntodo; k++)
		if (same(s->todo[k].src, from))
			s->todo[k].src = to;
}

static void sequence(struct res *s)
{
	while (s->ntodo) {
		uint32_t k = 0;
		while (k < s->ntodo && is_source(s, s->todo[k].dst) && !(MUTANT(copy_order) && k))
			k++;
		if (k == s->ntodo) {
			break_circle(s);
			continue;
		}
		struct move m = s->todo[k];
		s->todo[k] = s->todo[--s->ntodo];
		/* its own source stays protected while it is moved */
		move(s, &m);
	}
}

/* A copy between the gaps gap - 1 and gap. */
static void copy(struct res *s, const struct be_ins *i, uint32_t gap)
{
	const struct be *b = s->b;
	unsigned dsts = 0;
	s->todo = arena_spare(b->scratch, struct move, i->src);
	s->ntodo = 0;
	for (uint32_t k = i->dst; k < i->dst + i->src; k++) {
		const struct be_pair *p = &b->pairs[k];
		struct move m = { place_of(b, p->dst), { P_MADE, 0 }, p->how, p->imm };
		if (p->how == BE_REG)
			m.src = place_of(b, p->src);
		if (m.dst.kind == P_WORD && !m.dst.n)
			continue; /* nobody reads it */
		if (same(m.dst, m.src))
			continue; /* in place: held like what lives through the copy */
		if (m.dst.kind == P_REG)
			dsts |= 1u << m.dst.n;
		s->todo[s->ntodo++] = m;
	}
	s->held = b->busy[gap - 1] & b->busy[gap] & ~dsts;
	sequence(s);
}

static void instruction(struct res *s, const struct be_ins *old, uint32_t gap)
{
	struct be_ins i = *old;
	s->site = i.site;
	switch (i.code) {
	case BE_COPY:
		copy(s, &i, gap);
		return;
	case BE_RELOAD:
		i.dst = place_of(s->b, i.dst).n;
		i.imm = place_of(s->b, i.src).n;
		break;
	case BE_SPILL:
		put(s, BE_SPILL, BE_NONE, place_of(s->b, i.src).n, place_of(s->b, i.dst).n);
		return;
	case BE_CALL:
		i.src = 0;
		break;
	default:
		if (i.dst != BE_NONE)
			i.dst = place_of(s->b, i.dst).n;
		if (i.src != BE_NONE)
			i.src = place_of(s->b, i.src).n;
		if (i.code == BE_MOV64X && i.dst == i.src && !i.off)
			return;
	}
	be_push(s->b, i);
}

/* Every word that a loop writes, or what is veiled as a whole, holds a number that the verifier does not know, each
 * another, before it is used: where ways meet, one that was written on some of them only makes no difference. r1 to r4
 * are what the kernel calls the function with. */
static void write_words(struct res *s)
{
	struct be *b = s->b;
	if (!b->fn->veiled || !s->again)
		return;
	uint32_t site = 0;
	be_make(b, 5, BE_MAPADDR, (int64_t)IR_DATA_ZERO << 32 | IR_MAP_DATA, site);
	for (uint32_t w = 1; w <= b->nwords; w++) {
		if (!(s->again >> w % 64 & 1))
			continue;
		be_push(b, (struct be_ins){ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst = 0, .src = 5, .site = site });
		be_push(b, (struct be_ins){ .code = BE_SPILL, .dst = BE_NONE, .src = 0, .site = site, .imm = w });
	}
}

static void block(struct res *s, const struct be_ins *old, uint32_t k)
{
	struct be *b = s->b;
	struct be_block *bb = &b->blocks[k];
	uint32_t first = b->nins;
	s->looped = bb->depth || b->fn->veiled_whole;
	if (!k)
		write_words(s);
	for (uint32_t n = 0; n < bb->n; n++)
		instruction(s, &old[bb->first + n], b->gap0[k] + n + 1);
	bb->first = first;
	bb->n = b->nins - first;
}

/* The first block comes last: it depends on what is in the others. */
void be_resolve(struct be *b)
{
	struct res s = { .b = b };
	const struct be_ins *old = b->ins;
	b->cap_ins = b->nins + b->npairs + 16;
	b->ins = arena_spare(b->arena, struct be_ins, b->cap_ins);
	b->nins = 0;
	for (uint32_t k = b->nblocks; k--;)
		block(&s, old, k);
}
