/*
 * match.c - a pattern as machine operations: what Lua's matcher does for this pattern, written out.
 *
 * Items stand one behind the other, each with the position it starts at in a word. One that may take more or
 * fewer bytes is a loop around all that follows: its head has the position where it stops as a parameter, and
 * what follows leaves, when it fails, to the block that tries the next one. So where to go back to is known in
 * every place, and no stack is needed: patterns do not nest.
 *
 *     [first try] -> head(stop) -> what follows -> ... -> found
 *                     ^             | fails
 *                     +-- again <---+  no other stop: to where the item itself fails
 *
 * Greedy items that never help by stopping early (pat_item.keeps) are no such loop.
 */
#include "stdlib/match.h"

#include "core/mutant.h"

struct matcher {
	struct lw *w;
	const struct pat *p;
	struct lw_str s;
	ir_ref end;            /* of the string */
	struct match *m;
	ir_blk fail;           /* where what follows goes when it does not match */
};

/* ---- bytes ---- */

enum { RANGES = 3 };

struct range { unsigned lo, hi; };

/* The ranges that the set is made of; more than most: too many. */
static unsigned ranges_of(const struct pat_set *s, struct range *r, unsigned most)
{
	unsigned n = 0;
	for (unsigned c = 0; c < 256; c++) {
		if (!pat_has(s, c))
			continue;
		unsigned lo = c;
		while (c < 255 && pat_has(s, c + 1))
			c++;
		if (n == most)
			return most + 1;
		r[n++] = (struct range){ lo, c };
	}
	return n;
}

static void in_ranges(struct lw *w, ir_ref byte, const struct range *r, unsigned n, ir_blk yes, ir_blk no)
{
	for (unsigned i = 0; i < n; i++) {
		ir_blk next = i + 1 < n ? lw_block(w, 0) : no;
		if (r[i].lo == r[i].hi)
			lw_bri(w, IR_EQ, byte, r[i].lo, yes, next);
		else if (r[i].lo == 0)
			lw_bri(w, IR_ULE, byte, r[i].hi, yes, next);
		else
			lw_bri(w, IR_ULE, lw_op2i(w, IRO(sub64), byte, r[i].lo), r[i].hi - r[i].lo, yes, next);
		lw_enter(w, next);
	}
	if (!n)
		lw_jmp(w, no, 0, NULL);
}

/* By a bit of the word for each 64 bytes. */
static void in_bits(struct lw *w, ir_ref byte, const struct pat_set *s, ir_blk yes, ir_blk no)
{
	ir_blk test = lw_block(w, 1);
	for (unsigned i = 0; i < 3; i++) {
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		lw_bri(w, IR_ULT, byte, 64 * (i + 1), mine, next);
		lw_enter(w, mine);
		lw_jmp(w, test, 1, (ir_ref[]){ lw_imm(w, (int64_t)s->bits[i]) });
		lw_enter(w, next);
	}
	lw_jmp(w, test, 1, (ir_ref[]){ lw_imm(w, (int64_t)s->bits[3]) });
	lw_enter(w, test);
	ir_ref bit = lw_op2(w, IRO(shr64), lw_param(w, test, 0), lw_op2i(w, IRO(and64), byte, 63));
	lw_bri(w, IR_NE, lw_op2i(w, IRO(and64), bit, 1), 0, yes, no);
}

/* Branches on whether the byte is in the set. */
static void in_set(struct lw *w, ir_ref byte, const struct pat_set *s, ir_blk yes, ir_blk no)
{
	struct range r[RANGES];
	struct pat_set other;
	for (int i = 0; i < 4; i++)
		other.bits[i] = ~s->bits[i];
	unsigned n = ranges_of(s, r, RANGES);
	if (n <= RANGES) {
		in_ranges(w, byte, r, n, yes, no);
		return;
	}
	n = ranges_of(&other, r, RANGES);
	if (n <= RANGES)
		in_ranges(w, byte, r, n, no, yes);
	else
		in_bits(w, byte, s, yes, no);
}

/* Branches on whether there is a byte at pos, and it is of the set. */
static void byte_at(struct matcher *k, ir_ref pos, const struct pat_set *s, ir_blk yes, ir_blk no)
{
	ir_blk there = pat_count(s) == 256 ? yes : lw_block(k->w, 0);
	lw_br(k->w, IR_ULT, pos, k->end, there, no);
	if (there == yes)
		return;
	lw_enter(k->w, there);
	in_set(k->w, lw_str_byte(k->w, &k->s, pos), s, yes, no);
}

/* ---- items: each from a position to the one behind it, or to k->fail ---- */

static ir_ref plus(struct matcher *k, ir_ref pos, int64_t n)
{
	return lw_op2i(k->w, IRO(add64), pos, n);
}

static ir_ref once(struct matcher *k, const struct pat_item *item, ir_ref pos)
{
	ir_blk next = lw_block(k->w, 0);
	byte_at(k, pos, &item->set, next, k->fail);
	lw_enter(k->w, next);
	return plus(k, pos, 1);
}

/* Bytes that are known, side by side: compared together. */
static ir_ref text(struct matcher *k, const char *bytes, uint32_t n, ir_ref pos)
{
	ir_blk room = lw_block(k->w, 0), next = lw_block(k->w, 0);
	ir_ref stop = plus(k, pos, n);
	lw_br(k->w, IR_ULE, stop, k->end, room, k->fail);
	lw_enter(k->w, room);
	lw_str_is(k->w, &k->s, pos, bytes, n, next, k->fail);
	lw_enter(k->w, next);
	return stop;
}

/* The position behind as many bytes of the set as there are. */
static ir_ref scan(struct matcher *k, const struct pat_set *s, ir_ref pos)
{
	struct lw *w = k->w;
	if (pat_count(s) == 256)
		return k->end;
	ir_blk head = lw_block(w, 1), more = lw_block(w, 0), stop = lw_block(w, 0);
	lw_jmp(w, head, 1, &pos);
	lw_enter(w, head);
	ir_ref at = lw_param(w, head, 0);
	byte_at(k, at, s, more, stop);
	lw_enter(w, more);
	ir_ref next = plus(k, at, 1);
	lw_jmp(w, head, 1, &next);
	lw_enter(w, stop);
	return at;
}

/* The position behind one byte of the set if there is one. */
static ir_ref maybe(struct matcher *k, const struct pat_set *s, ir_ref pos)
{
	struct lw *w = k->w;
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0), meet = lw_block(w, 1);
	byte_at(k, pos, s, yes, no);
	lw_enter(w, yes);
	ir_ref next = plus(k, pos, 1);
	lw_jmp(w, meet, 1, &next);
	lw_enter(w, no);
	lw_jmp(w, meet, 1, &pos);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* What follows is tried at a position, the loop's parameter, and when it fails (`again`) at another one. */
struct tries { ir_blk head, again; ir_ref at; };

/* Goes on with what makes the next position of the one that failed. */
static struct tries open_tries(struct matcher *k, ir_ref first)
{
	struct lw *w = k->w;
	struct tries t = { .head = lw_block(w, 1), .again = lw_block(w, 0) };
	lw_jmp(w, t.head, 1, &first);
	t.at = lw_param(w, t.head, 0);
	lw_enter(w, t.again);
	return t;
}

/* Goes on with what follows; returns the position it is tried at. */
static ir_ref close_tries(struct matcher *k, const struct tries *t, ir_ref next)
{
	lw_jmp(k->w, t->head, 1, &next);
	lw_enter(k->w, t->head);
	k->fail = t->again;
	return t->at;
}

/* What follows is tried from `stop` on down to `least`. */
static ir_ref backwards(struct matcher *k, ir_ref stop, ir_ref least)
{
	struct lw *w = k->w;
	struct tries t = open_tries(k, stop);
	ir_blk less = lw_block(w, 0);
	lw_br(w, IR_UGT, t.at, MUTANT(backtrack_short) ? plus(k, least, 1) : least, less, k->fail);
	lw_enter(w, less);
	return close_tries(k, &t, plus(k, t.at, -1));
}

static ir_ref greedy(struct matcher *k, const struct pat_item *item, ir_ref pos)
{
	struct lw *w = k->w;
	ir_ref stop = item->rep == PAT_MAYBE ? maybe(k, &item->set, pos) : scan(k, &item->set, pos);
	ir_ref least = item->rep == PAT_SOME ? plus(k, pos, 1) : pos;
	if (item->rep == PAT_SOME) {
		ir_blk some = lw_block(w, 0);
		lw_br(w, IR_UGE, stop, least, some, k->fail);
		lw_enter(w, some);
	}
	return item->keeps ? stop : backwards(k, stop, least);
}

/* `-`: what follows is tried from pos on, while the bytes passed over are of the set. */
static ir_ref lazy(struct matcher *k, const struct pat_item *item, ir_ref pos)
{
	struct tries t = open_tries(k, pos);
	ir_blk more = lw_block(k->w, 0);
	byte_at(k, t.at, &item->set, more, k->fail);
	lw_enter(k->w, more);
	return close_tries(k, &t, plus(k, t.at, 1));
}

/* %bxy: to the y that makes their numbers even. */
static ir_ref balance(struct matcher *k, const struct pat_item *item, ir_ref pos)
{
	struct lw *w = k->w;
	struct pat_set x = { { 0 } };
	ir_blk open = lw_block(w, 0), head = lw_block(w, 2), there = lw_block(w, 0), closes = lw_block(w, 0);
	ir_blk other = lw_block(w, 0), deeper = lw_block(w, 0), same = lw_block(w, 0), next = lw_block(w, 0);
	ir_blk out = lw_block(w, 0);
	pat_add(&x, item->x);
	byte_at(k, pos, &x, open, k->fail);
	lw_enter(w, open);
	lw_jmp(w, head, 2, (ir_ref[]){ plus(k, pos, 1), lw_imm(w, 1) });
	lw_enter(w, head);
	ir_ref at = lw_param(w, head, 0), depth = lw_param(w, head, 1);
	lw_br(w, IR_ULT, at, k->end, there, k->fail);
	lw_enter(w, there);
	ir_ref byte = lw_str_byte(w, &k->s, at), behind = plus(k, at, 1);
	lw_bri(w, IR_EQ, byte, item->y, closes, other);
	lw_enter(w, closes);
	ir_ref less = plus(k, depth, -1);
	lw_bri(w, IR_EQ, less, 0, next, out);
	lw_enter(w, out);
	lw_jmp(w, head, 2, (ir_ref[]){ behind, less });
	lw_enter(w, other);
	lw_bri(w, IR_EQ, byte, item->x, deeper, same);
	lw_enter(w, deeper);
	lw_jmp(w, head, 2, (ir_ref[]){ behind, plus(k, depth, 1) });
	lw_enter(w, same);
	lw_jmp(w, head, 2, (ir_ref[]){ behind, depth });
	lw_enter(w, next);
	return behind;
}

/* The byte at `at`, when `there` holds, else 0. */
static ir_ref byte_or_zero(struct matcher *k, enum ir_cc cc, ir_ref a, ir_ref b, ir_ref at)
{
	struct lw *w = k->w;
	ir_blk yes = lw_block(w, 0), no = lw_block(w, 0), meet = lw_block(w, 1);
	lw_br(w, cc, a, b, yes, no);
	lw_enter(w, yes);
	ir_ref byte = lw_str_byte(w, &k->s, at);
	lw_jmp(w, meet, 1, &byte);
	lw_enter(w, no);
	lw_jmp(w, meet, 1, (ir_ref[]){ lw_imm(w, 0) });
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* %f[set]: the byte before is not of the set, the one here is; outside there are zeros. */
static ir_ref frontier(struct matcher *k, const struct pat_item *item, ir_ref pos)
{
	struct lw *w = k->w;
	ir_blk here = lw_block(w, 0), next = lw_block(w, 0);
	ir_ref before = byte_or_zero(k, IR_UGT, pos, k->s.off, plus(k, pos, -1));
	in_set(w, before, &item->set, k->fail, here);
	lw_enter(w, here);
	ir_ref byte = byte_or_zero(k, MUTANT(frontier_beyond) ? IR_ULE : IR_ULT, pos, k->end, pos);
	in_set(w, byte, &item->set, next, k->fail);
	lw_enter(w, next);
	return pos;
}

static void at_end(struct matcher *k, ir_ref pos)
{
	ir_blk next = lw_block(k->w, 0);
	lw_br(k->w, IR_EQ, pos, k->end, next, k->fail);
	lw_enter(k->w, next);
}

/* ---- all of them ---- */

enum { RUN = 64 };

static bool is_text(const struct pat_item *item)
{
	return item->what == PAT_BYTE && !item->rep && pat_count(&item->set) == 1;
}

/* How many items from i on are text, and which. */
static uint32_t run_of_text(const struct pat *p, uint32_t i, char *bytes)
{
	uint32_t n = 0;
	for (; i + n < p->n && n < RUN && is_text(&p->items[i + n]); n++)
		for (unsigned c = 0; c < 256; c++)
			if (pat_has(&p->items[i + n].set, c))
				bytes[n] = (char)c;
	return n;
}

static ir_ref item(struct matcher *k, const struct pat_item *it, ir_ref pos)
{
	switch (it->what) {
	case PAT_OPEN: case PAT_POSITION:
		k->m->from[it->capture] = pos;
		return pos;
	case PAT_CLOSE:
		k->m->to[it->capture] = pos;
		return pos;
	case PAT_BALANCE:
		return balance(k, it, pos);
	case PAT_FRONTIER:
		return frontier(k, it, pos);
	case PAT_END:
		at_end(k, pos);
		return pos;
	default:
		return it->rep == PAT_ONCE ? once(k, it, pos) : it->rep == PAT_FEW ? lazy(k, it, pos) : greedy(k, it, pos);
	}
}

/* Where a run of the set begins that reaches to the end, from pos on: sought from there, one byte after the other. The first place
 * that `.-` would come to from which the run matches. */
static ir_ref run_to_end(struct matcher *k, const struct pat_item *run, ir_ref pos)
{
	struct lw *w = k->w;
	if (run->what == PAT_END)
		return k->end;
	ir_blk head = lw_block(w, 1), less = lw_block(w, 0), more = lw_block(w, 0), stop = lw_block(w, 0), some = lw_block(w, 0);
	lw_jmp(w, head, 1, &k->end);
	lw_enter(w, head);
	ir_ref at = lw_param(w, head, 0);
	lw_br(w, IR_UGT, at, MUTANT(run_short) ? plus(k, pos, 1) : pos, less, stop);
	lw_enter(w, less);
	ir_ref before = plus(k, at, -1);
	byte_at(k, before, &run->set, more, stop);
	lw_enter(w, more);
	lw_jmp(w, head, 1, &before);
	lw_enter(w, stop);
	if (run->rep == PAT_SOME)
		lw_br(w, IR_ULT, at, k->end, some, k->fail);
	else
		lw_jmp(w, some, 0, NULL);
	lw_enter(w, some);
	return at;
}

/* All items from i on, of which this one is the run: found at pos, it goes to the end. */
static void rest_of(struct matcher *k, uint32_t i, uint32_t run, ir_ref pos)
{
	for (; i < k->p->n; i++) {
		const struct pat_item *it = &k->p->items[i];
		if (i == run)
			pos = k->end;
		else if (it->what != PAT_END)
			pos = item(k, it, pos);
	}
	k->m->end = k->end;
}

static void items(struct matcher *k, ir_ref pos)
{
	char bytes[RUN];
	for (uint32_t i = 0; i < k->p->n;) {
		uint32_t rest = k->p->items[i].rest;
		if (rest) {
			rest_of(k, i + 1, rest - 1, run_to_end(k, &k->p->items[rest - 1], pos));
			return;
		}
		uint32_t n = run_of_text(k->p, i, bytes);
		pos = n > 1 ? text(k, bytes, n, pos) : item(k, &k->p->items[i], pos);
		i += n > 1 ? n : 1;
	}
	k->m->end = pos;
}

/* Can it match no bytes at all? */
static bool may_be_empty(const struct pat *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->items[i].what == PAT_BALANCE ||
		    (p->items[i].what == PAT_BYTE && (p->items[i].rep == PAT_ONCE || p->items[i].rep == PAT_SOME)))
			return false;
	return true;
}

/* What ends where it must not is no match at this position, whatever else could be tried here. */
static void ends_elsewhere(struct matcher *k, ir_blk next_position)
{
	ir_blk on = lw_block(k->w, 0);
	lw_br(k->w, IR_EQ, k->m->end, k->m->not_at, next_position, on);
	lw_enter(k->w, on);
}

/* Does it match nothing but what reaches to the end? */
static bool only_at_end(const struct pat *p)
{
	return p->n && p->items[p->n - 1].what == PAT_END;
}

/* At the first position where it matches; where it always does, that is the first one of all. */
static void search(struct matcher *k, ir_ref init)
{
	/* the same from every position on: as a lazy item before it */
	static const struct pat_item any = { .set = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } } };
	bool here = k->p->sure && (!k->m->not_at || only_at_end(k->p));
	k->m->start = k->p->anchored || here ? init : lazy(k, &any, init);
}

void match_emit(struct lw *w, const struct pat *p, const struct lw_str *s, ir_ref init, struct match *m, ir_blk none)
{
	struct matcher k = { .w = w, .p = p, .s = *s, .m = m, .fail = none };
	uint32_t rest = p->anchored ? 0 : pat_rest(p, 0);
	k.end = lw_op2(w, IRO(add64), s->off, s->len);
	if (rest) {
		m->start = run_to_end(&k, &p->items[rest - 1], init);
		rest_of(&k, 0, rest - 1, m->start);
	} else {
		search(&k, init);
	}
	ir_blk next_position = only_at_end(p) ? none : k.fail;
	if (!rest)
		items(&k, m->start);
	if (m->not_at && may_be_empty(p))
		ends_elsewhere(&k, next_position);
}
