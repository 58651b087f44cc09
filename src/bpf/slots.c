/*
 * slots.c - where the function's stack slots lie. Slots that never hold something needed at the same time
 * share bytes: every map access, event and print has slots of its own until here.
 *
 * A slot is live where bytes of it may be read later, by a load or by a helper that got its address. A
 * store ends the life of the bytes that it writes. What is done with an address otherwise keeps its
 * slot apart from all others.
 */
#include "bpf/be.h"

#include "core/mutant.h"

/* Fewer bytes than that are not worth looking at. */
enum { SHARE_FROM = 96, WORD = 8 };

struct slots {
	struct be *b;
	struct ir_fn *f;
	uint32_t n;
	uint64_t *in, *now;     /* bytes that are live: into block k at in + k * n, and at one place */
	bool *apart;            /* by pair of slots: they must not share */
	uint64_t *layout;       /* by slot: at which places with which widths it is written, as a set of hashes */
};

static uint32_t words(uint32_t bytes) { return (bytes + WORD - 1) / WORD; }

/* One bit for each byte, or for each word of a slot that is longer: of what is read any part, of what is
 * written only the whole. */
static uint64_t bits(uint32_t size, int64_t off, uint32_t len, bool read)
{
	int64_t from = off < 0 ? 0 : off, to = from + len > size ? size : from + len;
	if (size > 64) {
		from = (from + (read ? 0 : WORD - 1)) / WORD;
		to = (to + (read ? WORD - 1 : 0)) / WORD;
	}
	if (to <= from)
		return 0;
	if (from >= 64) /* beyond the stack: what has such a slot is refused (frame.c) */
		return read ? (uint64_t)1 << 63 : 0;
	return (to >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << to) - 1) & ~(((uint64_t)1 << from) - 1);
}

/* The slot that r is an address in, or -1. *fixed: at an offset that is known. */
static int slot_of(const struct ir_fn *f, ir_ref r, int64_t *off, bool *fixed)
{
	const struct ir_ins *i = ir_at(f, r);
	*fixed = true;
	while (i->op == IRO(add64)) {
		*fixed &= ir_at(f, i->args[1])->op == IRO(imm);
		*off += ir_at(f, i->args[1])->imm;
		i = ir_at(f, i->args[0]);
	}
	return i->op == IRO(slot) ? (int)i->aux : -1;
}

static void keep_apart(struct slots *s, uint32_t a, uint32_t b)
{
	s->apart[a * s->n + b] = s->apart[b * s->n + a] = true;
}

static void escapes(struct slots *s, ir_ref r)
{
	int64_t off = 0;
	bool fixed;
	int k = slot_of(s->f, r, &off, &fixed);
	for (uint32_t o = 0; k >= 0 && o < s->n; o++)
		keep_apart(s, (uint32_t)k, o);
}

static bool is_load(unsigned op) { return op >= IRO(load8) && op <= IRO(load64); }
static bool is_store(unsigned op) { return op >= IRO(store8) && op <= IRO(store64); }

static void find_escapes(struct slots *s, const struct ir_ins *i)
{
	bool address = is_load(i->op) || is_store(i->op) || i->op == IRO(atomadd32) || i->op == IRO(atomadd64);
	bool offset = i->op == IRO(add64); /* of an address: the first */
	for (uint32_t a = address || offset; i->op != IRO(helper) && a < i->nargs; a++)
		escapes(s, i->args[a]);
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			escapes(s, i->succ[e].args[a]);
}

/* Bytes of argument a that instruction i reads (or writes, if it is a store), going backwards. */
static void access(struct slots *s, const struct ir_ins *i, uint32_t a, bool note)
{
	static const uint8_t width[] = { 1, 2, 4, 8 };
	int64_t off = is_load(i->op) || is_store(i->op) ? i->imm : 0;
	bool fixed;
	int k = slot_of(s->f, i->args[a], &off, &fixed);
	if (k < 0)
		return;
	uint32_t size = s->f->slots[k].size;
	for (uint32_t o = 0; note && o < s->n; o++)
		if (s->now[o] && o != (uint32_t)k)
			keep_apart(s, (uint32_t)k, o);
	if (is_store(i->op) && !fixed) {
		s->layout[k] |= (uint64_t)note << 63;
	} else if (is_store(i->op)) {
		uint32_t len = width[i->op - IRO(store8)];
		s->now[k] &= ~bits(size, off, len, false);
		if (note)
			s->layout[k] |= (uint64_t)1 << (((uint64_t)off * 7 + len) % 64);
	} else if (is_load(i->op) && fixed) {
		s->now[k] |= bits(size, off, width[i->op - IRO(load8)], true);
	} else {
		s->now[k] |= bits(size, 0, MUTANT(slot_shared) ? size / 2 : size, true);
	}
}

static void walk(struct slots *s, ir_blk b, bool note)
{
	const struct ir_ins *last = ir_at(s->f, ir_block(s->f, b)->last);
	memset(s->now, 0, sizeof(*s->now) * s->n);
	for (uint32_t e = 0; e < last->nsucc; e++)
		for (uint32_t k = 0; k < s->n; k++)
			s->now[k] |= s->in[(size_t)last->succ[e].to * s->n + k];
	for (ir_ref r = ir_block(s->f, b)->last; r; r = ir_at(s->f, r)->prev) {
		const struct ir_ins *i = ir_at(s->f, r);
		if (note)
			find_escapes(s, i);
		uint32_t n = i->op == IRO(helper) ? i->nargs : i->op >= IRO(load8) && i->op <= IRO(atomadd64);
		for (uint32_t a = 0; a < n; a++)
			access(s, i, a, note);
	}
}

static void solve(struct slots *s)
{
	bool more = true;
	while (more) {
		more = false;
		for (uint32_t o = s->f->nrpo; o-- > 0;) {
			uint64_t *in = s->in + (size_t)s->f->rpo[o] * s->n;
			walk(s, s->f->rpo[o], false);
			more |= memcmp(in, s->now, sizeof(*in) * s->n) != 0;
			memcpy(in, s->now, sizeof(*in) * s->n);
		}
	}
}

/* May a and b have bytes in common? Veiled functions write all bytes of the stack in one way. */
static bool may_share(const struct slots *s, uint32_t a, uint32_t b)
{
	const struct ir_slot *v = s->f->slots;
	return !s->apart[a * s->n + b] &&
	       (!s->f->veiled || (v[a].size == v[b].size && s->layout[a] == s->layout[b]));
}

/* The first words from the top of the frame that slot k may have, given where those before it are. */
static uint32_t fit(const struct slots *s, const uint32_t *at, uint32_t k)
{
	uint32_t w = 0, n = words(s->f->slots[k].size);
	for (uint32_t o = 0; o < k; o++) {
		uint32_t end = at[o] + words(s->f->slots[o].size);
		if (may_share(s, k, o) || end <= w || at[o] >= w + n)
			continue;
		w = end;
		o = (uint32_t)-1; /* look at all again */
	}
	return w;
}

static bool *analyse(struct slots *s)
{
	struct arena *m = s->b->scratch;
	s->in = arena_array(m, uint64_t, (size_t)s->f->nblocks * s->n);
	s->now = arena_array(m, uint64_t, s->n);
	s->apart = arena_array(m, bool, (size_t)s->n * s->n);
	s->layout = arena_array(m, uint64_t, s->n);
	solve(s);
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		walk(s, s->f->rpo[o], true);
	return s->apart;
}

static void place(struct ir_slot *slot, uint32_t first_word)
{
	slot->offset = -(int32_t)(WORD * (first_word + words(slot->size)));
	/* behind the start of its word: the verifier then remembers no constant stored there */
	if (slot->size == 1 || slot->size == 2 || slot->size == 4)
		slot->offset += (int32_t)(WORD - slot->size);
}

void be_slots(struct be *b)
{
	struct slots s = { .b = b, .f = b->fn, .n = b->fn->nslots };
	uint32_t *at = arena_array(b->scratch, uint32_t, s.n), all = 0, most = 0;
	for (uint32_t k = 0; k < s.n; k++)
		all += words(s.f->slots[k].size);
	bool share = all * WORD >= SHARE_FROM && analyse(&s);
	for (uint32_t k = 0; k < s.n; k++) {
		at[k] = share ? fit(&s, at, k) : most;
		place(&s.f->slots[k], at[k]);
		uint32_t end = at[k] + words(s.f->slots[k].size);
		most = end > most ? end : most;
	}
	b->slot_bytes = most * WORD;
}
