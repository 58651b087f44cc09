/*
 * stores.c - pass `stores`: what is put on the stack for a helper is put there once, and early.
 *
 *   dead     a record is cleared, then filled: bytes that are written again before anything may read them
 *            need no first store
 *   early    a value made before a call and stored behind it would have to outlive the call in a register;
 *            it is stored at once
 *
 * Both within a block, and only for slots whose address goes nowhere but into accesses and calls in plain
 * sight. In functions with loops all stores stay: there the stack is kept in one pattern (opt/veil.c).
 */
#include "opt/webs.h"

#include "core/mutant.h"

enum { WORDS = 512 / 64 };

struct stores {
	struct ir_unit *u;
	struct ir_fn *f;
	uint64_t (*covered)[WORDS]; /* by slot: bytes that are written further on, and not read before */
	bool marked;                /* ... some are */
	uint32_t *uses;             /* by value; NULL: not asked for yet */
};

/* The slot that r is an address in, and where; -1: none, or not known where. */
static int slot_of(const struct ir_fn *f, ir_ref r, int64_t *off)
{
	const struct ir_ins *i = ir_at(f, r);
	while (i->op == IRO(add64) && is_imm(f, i->args[1])) {
		*off += ir_at(f, i->args[1])->imm;
		i = ir_at(f, i->args[0]);
	}
	return i->op == IRO(slot) ? (int)i->aux : -1;
}

static bool is_load(const struct ir_ins *i)  { return i->op >= IRO(load8) && i->op <= IRO(load64); }
static bool is_store(const struct ir_ins *i) { return i->op >= IRO(store8) && i->op <= IRO(store64); }

/* May instruction i have to do with slot k, or with any (-1), other than by a store at a known place? */
static bool touches(const struct ir_fn *f, const struct ir_ins *i, int k)
{
	for (uint32_t a = 0; a < i->nargs; a++) {
		const struct ir_ins *base = ir_at(f, web_base(f, i->args[a]));
		bool address = (is_load(i) || is_store(i)) && !a;
		if (base->op == IRO(slot) && (k < 0 || base->aux == (uint32_t)k))
			return true;
		if (base->op == IRO(param) && (address || i->op == IRO(helper)))
			return true;
	}
	return false;
}

/* ---- dead ---- */

/* Marks the bytes; true: they all were marked before. */
static bool cover(uint64_t *v, uint32_t from, uint32_t n)
{
	bool all = true;
	for (uint32_t b = from; b < from + n; b++) {
		all &= v[b / 64] >> b % 64 & 1;
		v[b / 64] |= (uint64_t)1 << b % 64;
	}
	return all;
}

static void forget(struct stores *s)
{
	if (s->marked)
		memset(s->covered, 0, sizeof(*s->covered) * s->f->nslots);
	s->marked = false;
}

/* Backwards. */
static void drop_dead(struct stores *s, ir_blk b)
{
	static const uint8_t width[] = { 1, 2, 4, 8 };
	struct ir_fn *f = s->f;
	forget(s);
	for (ir_ref r = ir_block(f, b)->last, prev; r; r = prev) {
		const struct ir_ins *i = ir_at(f, r);
		int64_t off = i->imm;
		prev = i->prev;
		int k = is_store(i) ? slot_of(f, i->args[0], &off) : -1;
		uint32_t n = k < 0 ? 0 : width[i->op - IRO(store8)];
		if (k >= 0 && off >= 0 && off + n <= f->slots[k].size && f->slots[k].size <= WORDS * 64) {
			if (cover(s->covered[k], (uint32_t)off, n))
				ir_remove(f, r);
			s->marked = true;
		} else if (s->marked && i->op != IRO(slot) && i->op != IRO(add64) && touches(f, i, -1) &&
			   !(MUTANT(store_before_call) && i->op == IRO(helper))) {
			forget(s);
		}
	}
}

/* ---- early ---- */

/* The store r of what v's instruction made goes right behind it, if a call lies between and nothing else that
 * has to do with slot k. */
static void move_up(struct stores *s, ir_ref r, ir_ref v, int k)
{
	struct ir_fn *f = s->f;
	bool calls = false;
	for (ir_ref p = ir_at(f, r)->prev; p != v; p = ir_at(f, p)->prev) {
		const struct ir_ins *i = ir_at(f, p);
		if (i->op != IRO(slot) && touches(f, i, k) && !MUTANT(store_too_early))
			return;
		calls |= i->op == IRO(helper) || i->op == IRO(fact);
	}
	ir_ref slot = ir_at(f, r)->args[0], at = ir_at(f, v)->next;
	if (!calls || ir_at(f, slot)->op != IRO(slot))
		return;
	ir_ref copy = ir_ins_new(f, IRO(slot), 0, NULL); /* the old one may stand behind the new place */
	ir_at(f, copy)->aux = (uint32_t)k;
	ir_at(f, copy)->site = ir_at(f, r)->site;
	ir_insert_before(f, at, copy);
	ir_at(f, r)->args[0] = copy;
	ir_remove(f, r);
	ir_insert_before(f, at, r);
}

static void store_early(struct stores *s, ir_blk b)
{
	struct ir_fn *f = s->f;
	for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
		const struct ir_ins *i = ir_at(f, r);
		int64_t off = 0;
		next = i->next;
		int k = is_store(i) ? slot_of(f, i->args[0], &off) : -1;
		ir_ref v = k < 0 ? 0 : i->args[1];
		const struct ir_ins *d = ir_at(f, v);
		if (!v || d->block != b || d->op == IRO(param) || d->op == IRO(imm) || d->next == r)
			continue;
		if (!s->uses) {
			ir_need_order(f);
			s->uses = edit_uses(s->u->scratch, f);
		}
		if (s->uses[v] == 1)
			move_up(s, r, v, k);
	}
}

static void stores_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct stores s = { .u = u, .f = f, .marked = true };
	if (!f->nslots)
		return;
	s.covered = arena_alloc(u->scratch, sizeof(*s.covered) * f->nslots);
	for (ir_blk b = 1; b < f->nblocks; b++) {
		drop_dead(&s, b);
		store_early(&s, b);
	}
}

void opt_stores(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			stores_fn(u, u->fns[i]);
}
