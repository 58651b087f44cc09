/*
 * hoist.c - pass `hoist`: what every turn of a loop computes from what no turn changes is computed once,
 * before the loop.
 *
 * Only arithmetic moves, of what is certainly no pointer: it raises nothing and reads nothing. It stays
 *
 *   where a check or a mask bounds an offset: the verifier is to see the bound where it is used
 *   where a value was hidden from the verifier (docs/loops.md): it is to be another one each turn
 *   where not every turn comes by
 *   where there is no register for it over the whole loop: it would be stored, and fetched each turn
 */
#include "opt/webs.h"

/* Registers that live through a loop: of one with calls, and of one without, less what its body needs. */
enum { OVER_CALLS = 4, WITHOUT = 7 };

struct hoist {
	struct ir_unit *u;
	struct ir_fn *f;
	struct webs webs;
	uint32_t *in;            /* by block: the last header whose loop it was found in */
	bool *bounds;            /* by value: an offset is made of it */
	uint32_t *uses;          /* by value: in the loop at hand */
	uint32_t live, room;     /* values that live through it; how many may */
	ir_ref at;               /* what moves goes before it */
	ir_blk header;
};

static bool is_arithmetic(enum ir_op op)
{
	return (op >= IRO(add64) && op <= IRO(be64) && op != IRO(sdiv64) && op != IRO(smod64)) || op == IRO(fact);
}

/* Made where it is used, in no register until then. */
static bool is_made(enum ir_op op)
{
	return op == IRO(imm) || op == IRO(slot) || op == IRO(mapfd) || op == IRO(mapval);
}

/* May r be an address, or one with something added? */
static bool is_pointer(struct hoist *h, ir_ref r)
{
	ir_ref base = web_base(h->f, r);
	const struct ir_ins *i = ir_at(h->f, base);
	if (i->op == IRO(param))
		return h->webs.flags[web_root(&h->webs, base)] & WEB_POINTER;
	return web_makes_pointer(h->f, base) ||
	       (i->op >= IRO(load8) && i->op <= IRO(load64) && ir_at(h->f, i->args[0])->op == IRO(ctx));
}

static bool is_address(struct hoist *h, ir_ref r)
{
	const struct ir_ins *i = ir_at(h->f, r);
	return (i->op == IRO(add64) || i->op == IRO(sub64)) &&
	       (is_pointer(h, i->args[0]) || is_pointer(h, i->args[1]));
}

/* ---- what bounds an offset ---- */

static void bound_args(struct hoist *h, ir_ref r)
{
	const struct ir_ins *i = ir_at(h->f, r);
	if (is_address(h, r) || i->op == IRO(own) || i->op == IRO(helper) || (h->bounds[r] && is_arithmetic(i->op)))
		for (uint32_t a = 0; a < i->nargs; a++)
			h->bounds[i->args[a]] = true;
}

static void find_bounds(struct hoist *h)
{
	for (uint32_t o = h->f->nrpo; o-- > 0;)
		for (ir_ref r = ir_block(h->f, h->f->rpo[o])->last; r; r = ir_at(h->f, r)->prev)
			bound_args(h, r);
}

/* ---- the loop ---- */

static bool is_back(const struct hoist *h, ir_blk from)
{
	return ir_block(h->f, from)->order >= ir_block(h->f, h->header)->order;
}

/* Marks the blocks of the header's loop. Returns the only block that leads into it from outside, or 0. */
static ir_blk find_loop(struct hoist *h)
{
	struct ir_fn *f = h->f;
	struct arena_mark mark = arena_mark(h->u->scratch);
	ir_blk *stack = arena_spare(h->u->scratch, ir_blk, f->nrpo + 1), before = 0;
	uint32_t n = 0, entries = 0;
	stack[n++] = h->header;
	h->in[h->header] = h->header;
	while (n) {
		ir_blk b = stack[--n];
		for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++) {
			ir_blk from = ir_block(f, b)->preds[p].from;
			if (b == h->header && !is_back(h, from)) {
				entries++;
				before = from;
			} else if (h->in[from] != h->header) {
				h->in[from] = h->header;
				stack[n++] = from;
			}
		}
	}
	arena_release(h->u->scratch, mark);
	return entries == 1 ? before : 0;
}

static bool is_inside(const struct hoist *h, ir_ref r)
{
	return h->in[ir_at(h->f, r)->block] == h->header;
}

/* Does every turn come by block b? */
static bool every_turn(const struct hoist *h, ir_blk b)
{
	const struct ir_block *k = ir_block(h->f, h->header);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (is_back(h, k->preds[p].from) && !ir_dominates(h->f, b, k->preds[p].from))
			return false;
	return true;
}

/* ---- registers ---- */

static void count_use(struct hoist *h, ir_ref r, bool inside)
{
	if (is_made(ir_at(h->f, r)->op))
		return;
	h->live += !h->uses[r] && !is_inside(h, r) &&
		   (inside || ir_block(h->f, ir_at(h->f, r)->block)->order < ir_block(h->f, h->header)->order);
	h->uses[r] += inside ? 1 : 1u << 16; /* of one that is needed behind it moving frees nothing */
}

/* What is needed in the loop, or behind it and made before it; what each turn hands to the next. */
static void count_live(struct hoist *h)
{
	struct ir_fn *f = h->f;
	bool calls = false;
	memset(h->uses, 0, sizeof(*h->uses) * f->nins);
	h->live = ir_block(f, h->header)->nparams;
	for (uint32_t o = ir_block(f, h->header)->order - 1; o < f->nrpo; o++) {
		bool inside = h->in[f->rpo[o]] == h->header;
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			calls |= inside && i->op == IRO(helper);
			for (uint32_t a = 0; a < i->nargs; a++)
				count_use(h, i->args[a], inside);
			for (uint32_t e = 0; e < i->nsucc; e++)
				for (uint32_t a = 0; a < i->succ[e].nargs; a++)
					count_use(h, i->succ[e].args[a], inside);
		}
	}
	h->room = calls ? OVER_CALLS : WITHOUT;
}

/* How many registers fewer are needed in the loop when r is made before it; r itself needs one. */
static int frees(const struct hoist *h, ir_ref r)
{
	const struct ir_ins *i = ir_at(h->f, r);
	int n = -1;
	for (uint32_t a = 0; a < i->nargs; a++)
		n += !is_made(ir_at(h->f, i->args[a])->op) && h->uses[i->args[a]] == 1 && (!a || i->args[a] != i->args[0]);
	return n;
}

/* ---- moving ---- */

static bool is_invariant(struct hoist *h, ir_ref r)
{
	const struct ir_ins *i = ir_at(h->f, r);
	if (!is_arithmetic(i->op) || h->bounds[r] || is_address(h, r))
		return false;
	for (uint32_t a = 0; a < i->nargs; a++)
		if (is_inside(h, i->args[a]) || ir_at(h->f, i->args[a])->op == IRO(opaque))
			return false;
	return true;
}

static void move(struct hoist *h, ir_ref r)
{
	const struct ir_ins *i = ir_at(h->f, r);
	int free = frees(h, r);
	if ((int)h->live - free > (int)h->room)
		return;
	h->live = (uint32_t)((int)h->live - free);
	for (uint32_t a = 0; a < i->nargs; a++)
		h->uses[i->args[a]]--;
	ir_remove(h->f, r);
	ir_insert_before(h->f, h->at, r);
}

static void hoist_loop(struct hoist *h)
{
	struct ir_fn *f = h->f;
	ir_blk before = find_loop(h);
	bool counted = false;
	if (!before)
		return;
	h->at = ir_block(f, before)->last;
	for (uint32_t o = ir_block(f, h->header)->order - 1; o < f->nrpo; o++) {
		ir_blk b = f->rpo[o];
		if (h->in[b] != h->header || !every_turn(h, b))
			continue;
		for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
			next = ir_at(f, r)->next;
			if (!is_invariant(h, r))
				continue;
			if (!counted)
				count_live(h);
			counted = true;
			move(h, r);
		}
	}
}

static void hoist_fn(struct ir_unit *u, struct ir_fn *f)
{
	struct hoist h = { .u = u, .f = f };
	ir_need_tree(f);
	h.in = arena_array(u->scratch, uint32_t, f->nblocks);
	h.bounds = arena_array(u->scratch, bool, f->nins);
	h.uses = arena_array(u->scratch, uint32_t, f->nins);
	webs_find(f, &h.webs);
	find_bounds(&h);
	for (uint32_t o = f->nrpo; o-- > 1;) {
		h.header = f->rpo[o];
		if (ir_block(f, h.header)->loop)
			hoist_loop(&h);
	}
}

void opt_hoist(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			hoist_fn(u, u->fns[i]);
}
