/*
 * ssa.h - SSA by reading and writing variables block by block (after Braun et al., "Simple and
 * Efficient Construction of Static Single Assignment Form").
 *
 * A read that finds no value in its block goes up while there is one predecessor; at a join it makes
 * a parameter, whose arguments are read when all blocks are there. Parameters that turn out to be
 * one value are then removed. No recursion: the depth of the stack does not depend on the program.
 */
#ifndef FRONT_SSA_H
#define FRONT_SSA_H

#include "ir/ir.h"

struct ssa_block {
	ir_ref *defs;          /* by variable; NULL: none yet */
	ir_blk *preds;
	uint32_t npreds, cap_preds;
	uint32_t expected;     /* predecessors it will have */
};

struct ssa_phi {
	ir_blk block;
	uint32_t var;
	ir_ref param;
	ir_ref *args;          /* by predecessor */
};

struct ssa {
	struct ir_fn *f;
	uint32_t nvars;
	struct ssa_block *blocks; /* by ir_blk */
	uint32_t nblocks, cap_blocks;
	struct ssa_phi *phis;
	uint32_t nphis, cap_phis;
	ir_ref undefined;      /* nil, for variables that were never written */
};

void ssa_init(struct ssa *s, struct ir_fn *f, uint32_t nvars);
/* A new block that will have this many predecessors. */
ir_blk ssa_block_new(struct ssa *s, uint32_t expected);
void ssa_edge(struct ssa *s, ir_blk from, ir_blk to);
void ssa_write(struct ssa *s, ir_blk b, uint32_t var, ir_ref v);
ir_ref ssa_read(struct ssa *s, ir_blk b, uint32_t var);
/* The value if this very block wrote or read it, else 0. */
ir_ref ssa_known(const struct ssa *s, ir_blk b, uint32_t var);
/* When all blocks end: gives the edges (jmp) their arguments and drops needless parameters. */
void ssa_finish(struct ssa *s);

#endif
