/*
 * anew.c - headers that were found before the packet is moved are looked up anew where it is, so that those who use one
 * after that have it where it is then, or nil where there is none any more.
 *
 *   ip = pkt.ipv4           v = index pkt, "ipv4"     cell = v
 *   pkt:adjust_tail(-4)     call adjust_tail          cell = index pkt, "ipv4"
 *   ip.ttl                  index v, "ttl"            index cell, "ttl"
 *
 * A header is what was looked up by names, one after the other, in the packet. One that may be one of several is known by its
 * kind. What is compared or handed on after the packet was moved is left, parted (ways.c) or refused (slices.c).
 */
#include "opt/iterate.h"
#include "opt/passes.h"
#include "opt/reach.h"

enum { MOST_NAMES = 16, MOST_STEPS = 1000, MOST_PATHS = 8 };

/* How a header is found. */
struct path {
	uint64_t kinds;        /* which headers are found so */
	ir_ref packet;         /* in what, by these names, the last one first */
	const pg_value *names[MOST_NAMES];
	unsigned n;
};

struct anew {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref *moves;
	uint32_t n, cap;
	ir_ref v, cell;        /* the header, and where it is now */
	struct path paths[MOST_PATHS]; /* one for each kind of header that it may be */
	unsigned npaths;
	bool *is;              /* by value: it, or what a test made of it */
	unsigned left;         /* steps on the ways to what looked it up: there are few, but for functions made to have many */
};

static const struct ir_type *type_of(const struct anew *a, ir_ref r)
{
	return &ir_at(a->f, r)->type;
}

static void find_moves(struct anew *a)
{
	for (uint32_t o = 0; o < a->f->nrpo; o++)
		for (ir_ref r = ir_block(a->f, a->f->rpo[o])->first; r; r = ir_at(a->f, r)->next) {
			const struct ir_ins *i = ir_at(a->f, r);
			const struct ir_lib *row = i->op == IRO(call) ? type_of(a, i->args[0])->row : NULL;
			if (row && row->effects & IR_MOVES)
				arena_push(a->fl->u->scratch, a->moves, a->n, a->cap, r);
		}
}

static bool is_packet(const struct anew *a, ir_ref v)
{
	uint64_t kinds = type_of(a, v)->kinds;
	return ir_single(kinds) && kinds & IR_VIEWS && !ir_view_of(a->fl->u->target, ir_first_kind(kinds))->words;
}

/* What the look-up r of a header looks it up in, and the name. */
static ir_ref looked_in(const struct anew *a, ir_ref r)
{
	return ir_untested(a->f, ir_at(a->f, r)->args[0]);
}

static const pg_value *name_of(const struct anew *a, ir_ref r)
{
	return type_of(a, ir_at(a->f, r)->args[1])->k;
}

static ir_ref on_the_way(struct anew *a, ir_ref v);

static bool same_path(struct anew *a, ir_ref x, ir_ref y)
{
	if (!x || !y)
		return false;
	ir_ref in = looked_in(a, x), other = looked_in(a, y);
	if (x == y)
		return true;
	if (!ir_same_value(name_of(a, x), name_of(a, y)) || is_packet(a, in) != is_packet(a, other))
		return false;
	return is_packet(a, in) || same_path(a, on_the_way(a, in), on_the_way(a, other));
}

/* By the same names on all ways on which it is not nil. */
static ir_ref on_all_ways(struct anew *a, ir_ref param)
{
	const struct ir_ins *i = ir_at(a->f, param);
	ir_ref all = 0;
	for (uint32_t p = 0; p < ir_block(a->f, i->block)->npreds; p++) {
		ir_ref v = ir_pred_edge(a->f, &ir_block(a->f, i->block)->preds[p])->args[i->aux];
		if (!(type_of(a, v)->kinds & ~IR_FALSY) || ir_untested(a->f, v) == param)
			continue;
		ir_ref one = on_the_way(a, v);
		if (!one || (all && !same_path(a, all, one)))
			return 0;
		all = one;
	}
	return all;
}

static ir_ref on_the_way(struct anew *a, ir_ref v)
{
	ir_ref r = ir_untested(a->f, v);
	const struct ir_ins *i = ir_at(a->f, r);
	if (!a->left || !(i->type.kinds & IR_VIEWS) || type_is_pending(&i->type) || is_packet(a, r))
		return 0;
	a->left--;
	if (i->op == IRO(param))
		return i->block != 1 ? on_all_ways(a, r) : 0;
	if (i->op != IRO(index) || !name_of(a, r) || name_of(a, r)->kind != PG_STR)
		return 0;
	ir_ref in = looked_in(a, r);
	return is_packet(a, in) || on_the_way(a, in) ? r : 0;
}

static bool find_path(struct anew *a, ir_ref v, struct path *out)
{
	*out = (struct path){ .kinds = type_of(a, v)->kinds & IR_VIEWS };
	for (ir_ref r = on_the_way(a, v); r; r = on_the_way(a, out->packet)) {
		if (out->n >= MOST_NAMES)
			return false;
		out->names[out->n++] = name_of(a, r);
		out->packet = looked_in(a, r);
		if (is_packet(a, out->packet))
			return true;
	}
	return false;
}

static bool same_names(const struct path *x, const struct path *y)
{
	unsigned n = 0;
	while (n < x->n && n < y->n && ir_same_value(x->names[n], y->names[n]))
		n++;
	return n == x->n && n == y->n;
}

/* Which one it was is told by its kind: two ways to one kind are too many. */
static bool add_path(struct anew *a, const struct path *p)
{
	for (unsigned i = 0; i < a->npaths; i++)
		if (a->paths[i].kinds & p->kinds)
			return a->paths[i].kinds == p->kinds && same_names(&a->paths[i], p);
	if (a->npaths == MOST_PATHS)
		return false;
	a->paths[a->npaths++] = *p;
	return true;
}

/* What comes to a parameter by its ways. */
static bool find_ways(struct anew *a, ir_ref v, bool *seen)
{
	ir_ref r = ir_untested(a->f, v);
	const struct ir_ins *i = ir_at(a->f, r);
	struct path p;
	if (!(type_of(a, v)->kinds & ~IR_FALSY) || seen[r])
		return true;
	seen[r] = true;
	if (find_path(a, r, &p))
		return add_path(a, &p);
	if (i->op != IRO(param) || i->block == 1 || type_is_pending(&i->type))
		return false;
	for (uint32_t e = 0; e < ir_block(a->f, i->block)->npreds; e++)
		if (!find_ways(a, ir_pred_edge(a->f, &ir_block(a->f, i->block)->preds[e])->args[i->aux], seen))
			return false;
	return true;
}

/* false: v is no header, or may be one that is not known. Where it is none, it is nil. */
static bool find_paths(struct anew *a, ir_ref v)
{
	a->npaths = 0;
	a->left = MOST_STEPS;
	if (!(type_of(a, v)->kinds & IR_VIEWS) || type_is_pending(type_of(a, v)))
		return false;
	return find_ways(a, v, arena_array(a->fl->u->scratch, bool, a->f->nins)) && a->npaths;
}

/* ---- what uses it ---- */

static void find_same(struct anew *a)
{
	a->is = arena_array(a->fl->u->scratch, bool, a->f->nins);
	a->is[a->v] = true;
	for (uint32_t o = 0; o < a->f->nrpo; o++)
		for (ir_ref r = ir_block(a->f, a->f->rpo[o])->first; r; r = ir_at(a->f, r)->next)
			a->is[r] |= ir_at(a->f, r)->op == IRO(pi) && a->is[ir_at(a->f, r)->args[0]];
}

/* Is argument k of r the header, whose fields, bytes or length are asked for? */
static bool asks(const struct anew *a, ir_ref r, uint32_t k)
{
	const struct ir_ins *i = ir_at(a->f, r);
	if (!a->is[i->args[k]])
		return false;
	if (i->op == IRO(call)) /* of its method */
		return k == 1 && ir_at(a->f, i->args[0])->op == IRO(self);
	return !k && (i->op == IRO(index) || i->op == IRO(self) || i->op == IRO(setindex) || i->op == IRO(len));
}

/* The first instruction behind it. */
static ir_ref behind(const struct anew *a, ir_ref v)
{
	const struct ir_ins *i = ir_at(a->f, v);
	return i->op == IRO(param) ? ir_block(a->f, i->block)->first : i->next;
}

/* May the packet have been moved since the header was found? */
static bool is_late(const struct anew *a, ir_ref use)
{
	ir_ref start = behind(a, a->v);
	for (uint32_t m = 0; m < a->n; m++)
		if ((start == a->moves[m] || reach_use(a->f, start, 0, reach_is, &a->moves[m])) &&
		    reach_use(a->f, a->moves[m], a->v, reach_is, &use))
			return true;
	return false;
}

static bool read_cell(struct anew *a, ir_ref r, uint32_t k)
{
	if (!asks(a, r, k) || !is_late(a, r))
		return false;
	ir_ref at = ir_block(a->f, 1)->first;
	if (!a->cell) {
		ir_ref nil = iterate_const(a->fl, at, &const_nil);
		a->cell = iterate_insert(a->fl, at, IRO(cell), 1, &nil);
	}
	ir_at(a->f, r)->args[k] = iterate_insert(a->fl, r, IRO(cellget), 1, &a->cell);
	return true;
}

static bool read_cells(struct anew *a)
{
	uint32_t nins = a->f->nins;
	bool any = false;
	for (uint32_t o = 0; o < a->f->nrpo; o++)
		for (ir_ref r = ir_block(a->f, a->f->rpo[o])->first; r; r = ir_at(a->f, r)->next)
			for (uint32_t k = 0; r < nins && k < ir_at(a->f, r)->nargs; k++)
				any |= ir_at(a->f, r)->args[k] < nins && read_cell(a, r, k);
	return any;
}

/* ---- looking it up ---- */

static ir_blk there(struct anew *a, ir_blk b, ir_ref v, ir_blk none, uint32_t site)
{
	ir_blk on = ir_block_new(a->f);
	ir_ref t = flow_emit(a->fl, b, site, IRO(branch), 1, &v);
	ir_succ(a->f, t, 0, on, 0, NULL);
	ir_succ(a->f, t, 1, none, 0, NULL);
	return on;
}

/* It is looked up once more, at the end of *b; where what it is in is not there, on to `none`. The site is none of the script. */
static ir_ref look_up(struct anew *a, const struct path *p, ir_blk *b, ir_blk none, uint32_t site)
{
	ir_ref v = p->packet;
	for (unsigned n = p->n; n--;) {
		if (n + 1 < p->n) {
			*b = there(a, *b, v, none, site);
			v = flow_emit(a->fl, *b, site, IRO(pi), 1, &v);
			ir_at(a->f, v)->imm = (int64_t)~IR_FALSY;
		}
		v = flow_emit(a->fl, *b, site, IRO(index), 2, (ir_ref[]){ v, flow_const(a->fl, *b, site, p->names[n]) });
	}
	return v;
}

static void set(struct anew *a, ir_blk b, ir_blk rest, uint32_t site, ir_ref v)
{
	flow_emit(a->fl, b, site, IRO(cellset), 2, (ir_ref[]){ a->cell, v });
	ir_ref t = flow_emit(a->fl, b, site, IRO(jmp), 0, NULL);
	ir_succ(a->f, t, 0, rest, 0, NULL);
}

/* What was nil from the start stays nil. */
static void look_up_after(struct anew *a, ir_ref move)
{
	ir_blk b = ir_at(a->f, move)->block, rest = edit_split(a->f, ir_at(a->f, move)->next), none = ir_block_new(a->f);
	uint32_t site = ir_at(a->f, move)->site, native = flow_native_site(a->fl->u, site);
	b = there(a, b, a->v, none, native);
	for (unsigned i = 0; i < a->npaths; i++) {
		ir_blk next = none;
		if (i + 1 < a->npaths) {
			ir_ref is = flow_emit(a->fl, b, native, IRO(isof), 1, &a->v);
			ir_at(a->f, is)->imm = (int64_t)a->paths[i].kinds;
			next = ir_block_new(a->f);
			b = there(a, b, is, next, native);
		}
		ir_ref v = look_up(a, &a->paths[i], &b, none, native);
		set(a, b, rest, site, v);
		b = next;
	}
	set(a, none, rest, site, flow_const(a->fl, none, site, &const_nil));
}

/* Where it is used, it was found before, and so it was where that moves the packet in between. */
static bool renew(struct anew *a, ir_ref v)
{
	a->v = v;
	a->cell = 0;
	find_same(a);
	if (!read_cells(a))
		return false;
	bool *found = arena_array(a->fl->u->scratch, bool, a->n);
	ir_need_tree(a->f);
	for (uint32_t m = 0; m < a->n; m++)
		found[m] = behind(a, v) == a->moves[m] || reach_before(a->f, ir_at(a->f, v)->op == IRO(param) ? behind(a, v) : v, a->moves[m]);
	iterate_insert(a->fl, behind(a, v), IRO(cellset), 2, (ir_ref[]){ a->cell, v });
	for (uint32_t m = 0; m < a->n; m++)
		if (found[m])
			look_up_after(a, a->moves[m]);
	return true;
}

static bool renew_one(struct anew *a, ir_ref v)
{
	return find_paths(a, v) && renew(a, v);
}

static bool renew_in(struct anew *a, ir_blk b)
{
	for (uint32_t i = 0; i < ir_block(a->f, b)->nparams; i++)
		if (renew_one(a, ir_block(a->f, b)->params[i]))
			return true;
	for (ir_ref r = ir_block(a->f, b)->first; r; r = ir_at(a->f, r)->next)
		if (ir_at(a->f, r)->op == IRO(index) && renew_one(a, r))
			return true;
	return false;
}

bool anew_find(struct flow *fl)
{
	struct anew a = { .fl = fl, .f = fl->f };
	if (!fl->u->moves_packet || fl->u->nsubs)
		return false; /* bodies that are shared: what is left is refused, and all of them copied (share.c) */
	find_moves(&a);
	for (uint32_t o = 0; a.n && o < fl->f->nrpo; o++)
		if (renew_in(&a, fl->f->rpo[o]))
			return true;
	return false;
}
