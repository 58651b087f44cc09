/*
 * carry.c - values that are made in blocks of which there will be copies, and are used elsewhere, go through cells: then each
 * copy sets what its own made. cells.c makes values of them again. Constants are made anew where they are used.
 *
 * So do the parameters of a block that a new way is to go past, in what comes from then on by either way.
 */
#include "opt/iterate.h"

struct carry {
	struct flow *fl;
	struct ir_fn *f;
	const bool *in;        /* by block: there will be copies */
	uint32_t nblocks;      /* of in[] */
	ir_ref *cell;          /* by value */
	bool stuck;            /* one cannot */
};

bool carry_may(const struct ir_ins *i)
{
	const uint64_t none = IR_BIT(IR_MULTI) | IR_BIT(IR_CELL);
	return i->op != IRO(forcall) && i->op != IRO(cell) && i->op != IRO(raised) &&
	       (type_is_pending(&i->type) ? i->op != IRO(call) && i->op != IRO(several) : !(i->type.kinds & none));
}

static void put_in_cell(struct carry *c, ir_ref r)
{
	struct ir_fn *f = c->f;
	ir_ref first = ir_block(f, 1)->first, nil = iterate_const(c->fl, first, &const_nil);
	ir_ref cell = ir_ins_new(f, IRO(cell), 1, &nil);
	ir_insert_before(f, first, cell);
	ir_ref at = ir_at(f, r)->op == IRO(param) ? ir_block(f, ir_at(f, r)->block)->first : ir_at(f, r)->next;
	ir_ref set = ir_ins_new(f, IRO(cellset), 2, (ir_ref[]){ cell, r });
	ir_insert_before(f, at, set);
	c->cell[r] = cell;
}

static void carry_use(struct carry *c, ir_ref *use, ir_ref at)
{
	struct ir_fn *f = c->f;
	ir_ref r = *use;
	const struct ir_ins *i = ir_at(f, r);
	if (!r || !i->block || i->block >= c->nblocks || !c->in[i->block])
		return;
	if (i->op == IRO(const)) { /* made anew: others go by its being one, such as the name of a method */
		*use = iterate_const(c->fl, at, i->k);
		ir_at(f, *use)->names = ir_at(f, r)->names;
		return;
	}
	if (i->type.kinds == IR_BIT(IR_MULTI) || i->op == IRO(forcall)) {
		c->stuck = true;
		return;
	}
	if (!c->cell[r])
		put_in_cell(c, r);
	ir_ref get = ir_ins_new(f, IRO(cellget), 1, &c->cell[r]);
	ir_insert_before(f, at, get);
	*use = get;
}

static void carry_uses(struct carry *c, ir_blk b)
{
	struct ir_fn *f = c->f;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
		for (uint32_t a = 0; a < ir_at(f, r)->nargs; a++)
			carry_use(c, &ir_at(f, r)->args[a], r);
		for (uint32_t e = 0; e < ir_at(f, r)->nsucc; e++)
			for (uint32_t a = 0; a < ir_at(f, r)->succ[e].nargs; a++)
				carry_use(c, &ir_at(f, r)->succ[e].args[a], r);
	}
}

bool carry_out(struct flow *fl, const bool *in)
{
	struct ir_fn *f = fl->f;
	struct carry c = { .fl = fl, .f = f, .in = in, .nblocks = f->nblocks,
			   .cell = arena_array(fl->u->scratch, ir_ref, f->nins) };
	for (uint32_t k = 0; k < f->nrpo; k++)
		if (!in[f->rpo[k]])
			carry_uses(&c, f->rpo[k]);
	return !c.stuck;
}

/* ---- past one block ---- */

/* Marks b and what it leads to without the blocks that are marked. */
static void mark_behind(const struct ir_fn *f, ir_blk b, bool *late)
{
	const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
	late[b] = true;
	for (uint32_t e = 0; e < t->nsucc; e++)
		if (!late[t->succ[e].to])
			mark_behind(f, t->succ[e].to, late);
}

static bool may_pass(const struct ir_fn *f, ir_blk b, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	return i->block != b || i->op == IRO(const) || (i->op == IRO(param) && carry_may(i));
}

static bool may_pass_all(const struct ir_fn *f, ir_blk b, const struct ir_ins *i)
{
	for (uint32_t a = 0; a < i->nargs; a++)
		if (!may_pass(f, b, i->args[a]))
			return false;
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (!may_pass(f, b, i->succ[e].args[a]))
				return false;
	return true;
}

const bool *carry_past_may(struct flow *fl, ir_blk b, ir_blk from)
{
	struct ir_fn *f = fl->f;
	bool *late = arena_array(fl->u->scratch, bool, f->nblocks);
	late[b] = true;
	mark_behind(f, from, late);
	late[b] = false;
	for (uint32_t k = 0; k < f->nrpo; k++)
		for (ir_ref r = late[f->rpo[k]] ? ir_block(f, f->rpo[k])->first : 0; r; r = ir_at(f, r)->next)
			if (!may_pass_all(f, b, ir_at(f, r)))
				return NULL;
	return late;
}

void carry_past(struct flow *fl, ir_blk b, const bool *late, ir_blk past, const ir_ref *args)
{
	struct ir_fn *f = fl->f;
	bool *in = arena_array(fl->u->scratch, bool, f->nblocks);
	struct carry c = { .fl = fl, .f = f, .in = in, .nblocks = f->nblocks,
			   .cell = arena_array(fl->u->scratch, ir_ref, f->nins) };
	in[b] = true;
	for (uint32_t k = 0; k < f->nrpo; k++)
		if (late[f->rpo[k]])
			carry_uses(&c, f->rpo[k]);
	for (uint32_t p = 0; p < ir_block(f, b)->nparams; p++) {
		ir_ref cell = c.cell[ir_block(f, b)->params[p]];
		if (cell)
			iterate_insert(fl, ir_block(f, past)->last, IRO(cellset), 2, (ir_ref[]){ cell, args[p] });
	}
}
