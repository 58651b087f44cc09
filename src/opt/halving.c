/*
 * halving.c - loops that shift a value to the right in each turn, until it is 0: bits counted, histograms by
 * powers of two. There are 64 turns at most, whatever the value.
 */
#include "opt/halving.h"

#include "core/mutant.h"
#include "opt/simplify.h"
#include "opt/webs.h"

static bool constant(const struct ir_fn *f, ir_ref r, uint64_t *k)
{
	*k = (uint64_t)ir_at(f, r)->imm;
	return ir_at(f, r)->op == IRO(imm);
}

/* Is the branch's way for v the one that a 0 takes? */
static bool as_zero(const struct ir_fn *f, const struct ir_ins *br, uint64_t v)
{
	uint64_t k;
	constant(f, br->args[1], &k);
	return fold_holds(br->aux, v, k) == fold_holds(br->aux, 0, k);
}

/* The one edge that comes back to h, at the end of one straight way from successor s of its branch; or NULL. */
static const struct ir_edge *way_back(const struct ir_fn *f, ir_blk h, const struct ir_ins *br, unsigned s)
{
	const struct ir_edge *x = &br->succ[s];
	while (x->to != h) {
		const struct ir_block *k = ir_block(f, x->to);
		const struct ir_ins *t = ir_at(f, k->last);
		if (k->npreds != 1 || t->op != IRO(jmp))
			return NULL;
		x = &t->succ[0];
	}
	return x;
}

/* Do all turns of the loop of h end where one does? Another way back may bring any value to shift. */
static bool comes_back_once(const struct ir_fn *f, ir_blk h)
{
	const struct ir_block *k = ir_block(f, h);
	uint32_t n = 0;
	for (uint32_t e = 0; e < k->npreds; e++)
		n += ir_block(f, k->preds[e].from)->order >= k->order;
	return n == 1 || MUTANT(back_by_two_ways);
}

/* The same for a loop that ends when a 0 is tested, and has no other way back. */
static const struct ir_edge *halving(const struct ir_fn *f, ir_blk h, const struct ir_ins **br)
{
	const struct ir_block *k = ir_block(f, h);
	uint64_t c;
	*br = ir_at(f, k->last);
	if (!k->loop || (*br)->op != IRO(br) || !constant(f, (*br)->args[1], &c) || !comes_back_once(f, h))
		return NULL;
	return way_back(f, h, *br, fold_holds((*br)->aux, 0, c) ? 1 : 0);
}

uint32_t halving_turns(const struct ir_fn *f, ir_blk h, ir_ref *value)
{
	const struct ir_ins *br;
	const struct ir_edge *back = halving(f, h, &br);
	const struct ir_block *k = ir_block(f, h);
	for (uint32_t p = 0; back && p < k->nparams; p++) {
		const struct ir_ins *next = ir_at(f, back->args[p]);
		uint64_t by;
		*value = k->params[p];
		if (next->op == IRO(shr64) && web_origin(f, next->args[0]) == k->params[p] &&
		    constant(f, next->args[1], &by) && by && by < 64 &&
		    (br->args[0] == k->params[p] || br->args[0] == back->args[p]))
			return (uint32_t)(((as_zero(f, br, ~(uint64_t)0) ? 62 : 63) + by) / by) + 1;
	}
	return 0;
}

bool halving_grows(const struct ir_fn *f, ir_blk h, uint32_t p, uint64_t *by)
{
	const struct ir_ins *br;
	const struct ir_edge *back = halving(f, h, &br);
	const struct ir_ins *next = back ? ir_at(f, back->args[p]) : NULL;
	ir_ref halved;
	if (!next || next->op != IRO(add64) || web_origin(f, next->args[0]) != ir_block(f, h)->params[p] ||
	    !constant(f, next->args[1], by) || *by > UINT32_MAX)
		return false;
	*by *= halving_turns(f, h, &halved);
	return *by != 0;
}
