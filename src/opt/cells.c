/*
 * cells.c - variables shared with inner functions become values, once nothing but reads and writes
 * is left of them; and records do, a cell for each of their fields.
 *
 * Each variable is looked up backwards from its reads (Braun et al., "Simple and Efficient
 * Construction of SSA Form", 2013): in its block, then in its predecessors, adding block parameters
 * where paths meet.
 */
#include "opt/opt.h"
#include "opt/params.h"
#include "opt/reach.h"

struct promotion {
	struct ir_fn *f;
	ir_ref cell;
	ir_ref *at_start;      /* by block: the variable's value at its start, 0: not looked up */
	ir_ref *to;            /* reads -> values */
	uint32_t cap_to;
};

static ir_ref value_at_start(struct promotion *p, ir_blk b);

/* The variable's value before `before` in block b (0: at its end); 0: not set in the block. */
static ir_ref value_in_block(struct promotion *p, ir_blk b, ir_ref before)
{
	ir_ref r = before ? ir_at(p->f, before)->prev : ir_block(p->f, b)->last;
	for (; r; r = ir_at(p->f, r)->prev) {
		const struct ir_ins *i = ir_at(p->f, r);
		if (i->op == IRO(cellset) && i->args[0] == p->cell)
			return i->args[1];
		if (r == p->cell)
			return i->args[0];
	}
	return 0;
}

static ir_ref value_at_end(struct promotion *p, ir_blk b)
{
	ir_ref v = value_in_block(p, b, 0);
	return v ? v : value_at_start(p, b);
}

static ir_ref value_at_start(struct promotion *p, ir_blk b)
{
	struct ir_fn *f = p->f;
	if (p->at_start[b])
		return p->at_start[b];
	if (ir_block(f, b)->npreds == 1)
		return p->at_start[b] = value_at_end(p, ir_block(f, b)->preds[0].from);
	ir_ref v = ir_param_add(f, b);
	p->at_start[b] = v;
	for (uint32_t i = 0; i < ir_block(f, b)->npreds; i++) {
		struct ir_pred pred = ir_block(f, b)->preds[i];
		ir_ref x = value_at_end(p, pred.from);
		edge_push(f, &ir_at(f, ir_block(f, pred.from)->last)->succ[pred.succ], x);
	}
	return v;
}

static ir_ref value_before(struct promotion *p, ir_ref get)
{
	ir_blk b = ir_at(p->f, get)->block;
	ir_ref v = value_in_block(p, b, get);
	return v ? v : value_at_start(p, b);
}

/* ---- variables set once ---- */

/* Does function g, which has the variable as upvalue `up`, assign it, or some function inside it? */
static bool may_assign(struct ir_unit *u, struct ir_fn *g, uint32_t up)
{
	for (ir_ref r = 1; r < g->nins; r++) {
		const struct ir_ins *i = ir_at(g, r);
		if (i->op == IRO(setupval) && i->aux == up)
			return true;
		struct ir_fn *inner = NULL;
		for (uint32_t a = 0; i->op == IRO(closure) && a < i->nargs; a++) {
			if (ir_at(g, i->args[a])->op != IRO(upcell) || ir_at(g, i->args[a])->aux != up)
				continue;
			inner = inner ? inner : u->source->inner(u, g, i->aux);
			if (!inner || may_assign(u, inner, a))
				return true;
		}
	}
	return false;
}

static bool closure_may_assign(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *i, ir_ref cell)
{
	struct ir_fn *g = u->source->inner(u, i->imm ? u->fns[i->imm] : f, i->aux);
	for (uint32_t a = 0; a < i->nargs; a++)
		if (i->args[a] == cell && (!g || may_assign(u, g, a)))
			return true;
	return false;
}

ir_ref cells_only_set(struct ir_unit *u, struct ir_fn *f, ir_ref cell)
{
	const struct ir_ins *init = ir_at(f, ir_at(f, cell)->args[0]);
	bool empty = init->op == IRO(const) && init->k->kind == PG_NIL;
	ir_ref set = cell;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			if (i->op == IRO(closure) && closure_may_assign(u, f, i, cell))
				return 0;
			if (i->op == IRO(iterator) && i->args[1] == cell)
				return 0;
			if (i->op != IRO(cellset) || i->args[0] != cell)
				continue;
			if (set != cell || !empty)
				return 0;
			set = r;
		}
	return set;
}

static bool has_cells(const struct ir_fn *f)
{
	for (ir_ref r = 1; r < f->nins; r++)
		if (ir_at(f, r)->op == IRO(cell) && ir_at(f, r)->block)
			return true;
	return false;
}

/* A `local function` that names itself, or another such, or a variable that is never assigned: reads behind
 * its one assignment give what was assigned, though closures still hold the cell. */
int cells_known(struct ir_unit *u, struct ir_fn *f)
{
	int done = 0;
	if (!has_cells(f))
		return 0;
	ir_need_tree(f);
	ir_ref *to = arena_array(u->scratch, ir_ref, f->nins);
	for (ir_ref c = 1; c < f->nins; c++) {
		ir_ref set = ir_at(f, c)->op == IRO(cell) && ir_at(f, c)->block ? cells_only_set(u, f, c) : 0;
		for (ir_ref r = 1; set && r < f->nins; r++) {
			const struct ir_ins *i = ir_at(f, r);
			if (i->op != IRO(cellget) || i->args[0] != c || !i->block || !reach_before(f, set, r))
				continue;
			to[r] = ir_at(f, set)->args[set != c];
			done++;
		}
	}
	if (!done)
		return 0;
	ir_rename(f, to);
	for (ir_ref r = 1; r < f->nins; r++)
		if (to[r])
			ir_remove(f, r);
	return done;
}

/* ---- all others ---- */

/* Every use of a cell: only reads and writes? By value; also counts reads. */
static void count_uses(struct ir_fn *f, uint8_t *other)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			bool plain = i->op == IRO(cellget) || i->op == IRO(cellset);
			for (uint32_t a = 0; a < i->nargs; a++)
				if (!plain || a)
					other[i->args[a]] = 1;
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					other[i->succ[s].args[a]] = 1;
		}
}

static void promote(struct promotion *p, ir_ref *const *gets, const uint32_t *ngets)
{
	struct ir_fn *f = p->f;
	memset(p->at_start, 0, sizeof(*p->at_start) * f->nblocks);
	for (uint32_t g = 0; g < *ngets; g++) {
		ir_ref get = (*gets)[g];
		if (ir_at(f, get)->args[0] == p->cell)
			p->to[get] = value_before(p, get);
	}
}

static bool is_promoted(const struct ir_fn *f, const uint8_t *other, ir_ref cell)
{
	return ir_at(f, cell)->op == IRO(cell) && !other[cell];
}

static void drop_accesses(struct ir_fn *f, const uint8_t *other, uint32_t nins)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first, next; r; r = next) {
			const struct ir_ins *i = ir_at(f, r);
			next = i->next;
			ir_ref cell = i->op == IRO(cell) ? r
				: i->op == IRO(cellget) || i->op == IRO(cellset) ? i->args[0] : 0;
			if (cell && cell < nins && is_promoted(f, other, cell))
				ir_remove(f, r);
		}
}

int cells_promote(struct ir_fn *f)
{
	struct arena *a = f->unit->arena;
	ir_ref *cells = NULL, *gets = NULL;
	uint32_t n = 0, cap = 0, ngets = 0, cap_gets = 0;
	if (!has_cells(f))
		return 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			if (ir_at(f, r)->op == IRO(cell))
				arena_push(a, cells, n, cap, r);
			else if (ir_at(f, r)->op == IRO(cellget))
				arena_push(a, gets, ngets, cap_gets, r);
		}
	if (!n)
		return 0;
	uint32_t nins = f->nins;
	uint8_t *other = arena_array(a, uint8_t, nins);
	count_uses(f, other);
	struct promotion p = { .f = f, .at_start = arena_array(a, ir_ref, f->nblocks),
			       .to = arena_array(a, ir_ref, nins) };
	int done = 0;
	for (uint32_t c = 0; c < n; c++)
		if (is_promoted(f, other, cells[c])) {
			p.cell = cells[c];
			promote(&p, &gets, &ngets);
			done++;
		}
	if (!done)
		return 0;
	drop_accesses(f, other, nins);
	ir_ref *to = arena_array(a, ir_ref, f->nins); /* parameters were added */
	memcpy(to, p.to, sizeof(*to) * nins);
	ir_rename(f, to);
	return done;
}

int cells_freed(struct ir_fn *f)
{
	if (!has_cells(f))
		return 0;
	ir_order(f);
	sweep(f);
	return cells_promote(f);
}
