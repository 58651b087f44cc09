/*
 * scratch.c - pass `scratch`: the slot of scratch memory that a run may hold is given back on every way out.
 *
 * Which one it is, if any, says a word on main's stack (lower_long.c): passes after `lower` make ways out of their
 * own, and some of them leave before the slot was claimed.
 */
#include "opt/passes.h"

#include "core/mutant.h"

enum { WORD = 8 };

/* Before the terminator of b. */
static void give_back(struct ir_unit *u, struct ir_fn *f, ir_blk b)
{
	const struct ir_scratch *s = &u->scratch_map;
	ir_ref t = ir_block(f, b)->last;
	uint32_t site = ir_at(f, t)->site;
	ir_blk out = edit_split(f, t), some = ir_block_new(f);
	ir_block(f, some)->cold = ir_block(f, b)->cold;
	struct edit e = { f, 0, site };
	ir_ref end = edit_end(f, some, site, IRO(jmp), 0, 0, 0);
	ir_succ(f, end, 0, out, 0, NULL);
	ir_ref stop = edit_end(f, b, site, IRO(jmp), 0, 0, 0);
	e.at = stop;
	ir_ref held = edit_op(&e, IRO(slot), 0, 0);
	ir_at(f, held)->aux = s->held;
	ir_ref word = edit_op(&e, IRO(load64), held, 0);
	edit_terminator(f, stop, IRO(br), IR_EQ, word, edit_imm(&e, 0));
	ir_succ(f, stop, 0, out, 0, NULL);
	ir_succ(f, stop, 1, some, 0, NULL);
	e.at = end;
	ir_ref off = edit_op(&e, IRO(and64), word, edit_imm(&e, -(int64_t)s->size & ((int64_t)s->size * s->slots - 1)));
	ir_ref map = edit_op(&e, IRO(mapval), 0, 0);
	ir_at(f, map)->aux = s->map;
	edit_op(&e, IRO(atomadd64), edit_op(&e, IRO(add64), map, off), edit_imm(&e, -1));
}

int opt_scratch(struct ir_unit *u)
{
	struct ir_fn *f = u->main;
	if (!u->scratch_map.map || MUTANT(scratch_kept))
		return 0;
	ir_order(f);
	uint32_t n = f->nrpo;
	ir_blk *order = arena_copy(u->scratch, f->rpo, sizeof(*order) * n);
	for (uint32_t o = 0; o < n; o++)
		if (ir_at(f, ir_block(f, order[o])->last)->op == IRO(ret))
			give_back(u, f, order[o]);
	ir_order(f);
	return 0;
}
