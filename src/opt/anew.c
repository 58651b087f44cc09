/*
 * anew.c - headers that were found before the packet is moved are looked up anew where it is, so that those who use one
 * after that have it where it is then, or nil where there is none any more.
 *
 *   ip = pkt.ipv4           v = index pkt, "ipv4"     cell = v
 *   pkt:adjust_tail(-4)     call adjust_tail          cell = index pkt, "ipv4"
 *   ip.ttl                  index v, "ttl"            index cell, "ttl"
 *
 * A header is what was looked up by names, one after the other, in the packet. What may be one of several, or is handed on or
 * compared after the packet was moved, is left, and refused (slices.c).
 */
#include "opt/iterate.h"
#include "opt/passes.h"
#include "opt/reach.h"

struct anew {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref *moves;
	uint32_t n, cap;
	ir_ref v, cell;        /* the header, and where it is now */
	bool *is;              /* by value: it, or what a test made of it */
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

/* What v was looked up in, by a name; 0: it was not. */
static ir_ref found_in(const struct anew *a, ir_ref v)
{
	const struct ir_ins *i = ir_at(a->f, v);
	const pg_value *name = i->op == IRO(index) && i->type.kinds & IR_VIEWS ? type_of(a, i->args[1])->k : NULL;
	return name && name->kind == PG_STR ? ir_untested(a->f, i->args[0]) : 0;
}

static bool is_packet(const struct anew *a, ir_ref v)
{
	uint64_t kinds = type_of(a, v)->kinds;
	return ir_single(kinds) && kinds & IR_VIEWS && !ir_view_of(a->fl->u->target, ir_first_kind(kinds))->words;
}

static bool is_header(const struct anew *a, ir_ref v)
{
	ir_ref in = found_in(a, v);
	return in && !is_packet(a, v) && (is_packet(a, in) || is_header(a, in));
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

static bool is_it(const void *arg, ir_ref r)
{
	return *(const ir_ref *)arg == r;
}

/* May the packet have been moved since the header was found? */
static bool is_late(const struct anew *a, ir_ref use)
{
	for (uint32_t m = 0; m < a->n; m++)
		if (reach_use(a->f, a->v, 0, is_it, &a->moves[m]) && reach_use(a->f, a->moves[m], a->v, is_it, &use))
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

/* v once more, at the end of *b; where what it was found in is not there, on to `none`. The site is none of the script. */
static ir_ref look_up(struct anew *a, ir_ref v, ir_blk *b, ir_blk none, uint32_t site)
{
	ir_ref in = found_in(a, v), of = is_packet(a, in) ? in : look_up(a, in, b, none, site);
	if (of != in) {
		ir_ref t = flow_emit(a->fl, *b, site, IRO(branch), 1, &of);
		ir_blk there = ir_block_new(a->f);
		ir_succ(a->f, t, 0, there, 0, NULL);
		ir_succ(a->f, t, 1, none, 0, NULL);
		*b = there;
		of = flow_emit(a->fl, there, site, IRO(pi), 1, &of);
		ir_at(a->f, of)->imm = (int64_t)~IR_FALSY;
	}
	ir_ref args[2] = { of, flow_const(a->fl, *b, site, type_of(a, ir_at(a->f, v)->args[1])->k) };
	ir_ref r = flow_emit(a->fl, *b, site, IRO(index), 2, args);
	return r;
}

static void set(struct anew *a, ir_blk b, ir_blk rest, uint32_t site, ir_ref v)
{
	flow_emit(a->fl, b, site, IRO(cellset), 2, (ir_ref[]){ a->cell, v });
	ir_ref t = flow_emit(a->fl, b, site, IRO(jmp), 0, NULL);
	ir_succ(a->f, t, 0, rest, 0, NULL);
}

static void look_up_after(struct anew *a, ir_ref move)
{
	ir_blk b = ir_at(a->f, move)->block, rest = edit_split(a->f, ir_at(a->f, move)->next), none = ir_block_new(a->f);
	uint32_t site = ir_at(a->f, move)->site;
	ir_ref v = look_up(a, a->v, &b, none, flow_native_site(a->fl->u, site));
	set(a, b, rest, site, v);
	set(a, none, rest, site, flow_const(a->fl, none, site, &const_nil));
}

static bool renew(struct anew *a, ir_ref v)
{
	a->v = v;
	a->cell = 0;
	find_same(a);
	if (!read_cells(a))
		return false;
	iterate_insert(a->fl, ir_at(a->f, v)->next, IRO(cellset), 2, (ir_ref[]){ a->cell, v });
	for (uint32_t m = 0; m < a->n; m++)
		look_up_after(a, a->moves[m]);
	return true;
}

bool anew_find(struct flow *fl)
{
	struct anew a = { .fl = fl, .f = fl->f };
	if (!fl->u->moves_packet || fl->u->nsubs)
		return false; /* bodies that are shared: what is left is refused, and all of them copied (share.c) */
	find_moves(&a);
	for (uint32_t o = 0; a.n && o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next)
			if (is_header(&a, r) && renew(&a, r))
				return true;
	return false;
}
