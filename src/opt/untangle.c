/*
 * untangle.c - `local ok, v = pcall(f) if ok then`: what v is hangs on ok, so the ways that meet behind the
 * call part again, each to where its ok leads, before they are one value of many kinds.
 *
 *   b1: jmp b3(true, n)    b2: jmp b3(false, message)    b3(ok, v): branch ok -> b4, b5
 *
 * Likewise what a function of the script gives behind a flag: `return false, "why"`, `return true, n`.
 *
 * What the block was given becomes variables, which cells.c makes values again. Where nothing of it may be of several kinds,
 * it is left as it is.
 */
#include "opt/opt.h"
#include "opt/params.h"

/* May a parameter of b besides number i be of several kinds, or a table made here or none? */
static bool is_mixed(const struct ir_fn *f, ir_blk b, uint32_t i)
{
	const struct ir_block *k = ir_block(f, b);
	for (uint32_t p = 0; p < k->nparams; p++) {
		uint64_t kinds = ir_at(f, k->params[p])->type.kinds;
		if (p != i && kinds && (!ir_single(kinds) || kinds & IR_BIT(IR_REC)))
			return true;
	}
	return false;
}

/* The parameter of b that its branch, which is all there is in it, asks for; b->nparams: none. */
static uint32_t asked(const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	const struct ir_ins *t = ir_at(f, k->last);
	uint32_t i = 0;
	if (k->first != k->last || t->op != IRO(branch) || k->loop)
		return k->nparams;
	while (i < k->nparams && k->params[i] != t->args[0])
		i++;
	return i;
}

/* Where predecessor p leads behind b, or 0: not known. */
static ir_blk leads_to(const struct ir_fn *f, ir_blk b, const struct ir_pred *p, uint32_t i, unsigned *side)
{
	const struct ir_edge *e = ir_pred_edge(f, p);
	int truth = infer_truth(&ir_at(f, e->args[i])->type);
	if (truth < 0)
		return 0;
	*side = !truth;
	return ir_at(f, ir_block(f, b)->last)->succ[*side].to;
}

static bool is_tangle(const struct ir_fn *f, ir_blk b, uint32_t i)
{
	const struct ir_block *k = ir_block(f, b);
	unsigned side, known = 0;
	if (i >= k->nparams || k->npreds < 2 || !is_mixed(f, b, i))
		return false;
	for (uint32_t p = 0; p < k->npreds; p++) {
		if (ir_at(f, ir_block(f, k->preds[p].from)->last)->op != IRO(jmp))
			return false;
		known += leads_to(f, b, &k->preds[p], i, &side) != 0;
	}
	return known;
}

static ir_ref insert(struct ir_fn *f, ir_ref at, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(f, op, n, args);
	ir_at(f, r)->site = ir_at(f, at)->site;
	ir_insert_before(f, at, r);
	return r;
}

/* A variable for each parameter, set by whoever gives it. */
static ir_ref *make_cells(struct ir_fn *f, ir_blk b)
{
	uint32_t n = ir_block(f, b)->nparams;
	ir_ref *cells = arena_array(f->unit->scratch, ir_ref, n), at = ir_block(f, 1)->first;
	ir_ref nil = insert(f, at, IRO(const), 0, NULL);
	ir_at(f, nil)->k = &const_nil;
	for (uint32_t i = 0; i < n; i++)
		cells[i] = insert(f, at, IRO(cell), 1, &nil);
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++)
		for (uint32_t i = 0; i < n; i++) {
			struct ir_pred pred = ir_block(f, b)->preds[p];
			ir_ref set[2] = { cells[i], ir_pred_edge(f, &pred)->args[i] };
			insert(f, ir_block(f, pred.from)->last, IRO(cellset), 2, set);
		}
	return cells;
}

/* Every use of the parameters but the block's own becomes a read of their variables. */
static void read_cells(struct ir_fn *f, ir_blk b, const ir_ref *cells)
{
	const struct ir_block *k = ir_block(f, b);
	ir_ref *cell_of = arena_array(f->unit->scratch, ir_ref, f->nins);
	for (uint32_t i = 0; i < k->nparams; i++)
		cell_of[k->params[i]] = cells[i];
	uint32_t nins = f->nins;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			for (uint32_t a = 0; a < ir_at(f, r)->nargs; a++)
				if (ir_at(f, r)->args[a] < nins && cell_of[ir_at(f, r)->args[a]]) {
					ir_ref get = insert(f, r, IRO(cellget), 1, &cell_of[ir_at(f, r)->args[a]]);
					ir_at(f, r)->args[a] = get;
				}
			for (uint32_t s = 0; s < ir_at(f, r)->nsucc; s++)
				for (uint32_t a = 0; a < ir_at(f, r)->succ[s].nargs; a++) {
					ir_ref v = ir_at(f, r)->succ[s].args[a];
					if (v >= nins || !cell_of[v])
						continue;
					ir_ref get = insert(f, r, IRO(cellget), 1, &cell_of[v]);
					ir_at(f, r)->succ[s].args[a] = get;
				}
		}
}

/* The predecessor goes on by itself to one side of the branch, with what that edge gives. */
static void go_by(struct ir_fn *f, ir_blk b, const struct ir_pred *p, unsigned side)
{
	const struct ir_block *k = ir_block(f, b);
	struct ir_edge *e = ir_pred_edge(f, p);
	struct ir_edge to = ir_at(f, k->last)->succ[side];
	to.args = arena_copy(f->unit->arena, to.args, sizeof(*to.args) * to.nargs);
	for (uint32_t a = 0; a < to.nargs; a++)
		for (uint32_t i = 0; i < k->nparams; i++)
			if (to.args[a] == k->params[i])
				to.args[a] = e->args[i];
	*e = to;
}

static void part(struct ir_fn *f, ir_blk b, uint32_t i)
{
	struct ir_block *k = ir_block(f, b);
	ir_ref *cells = make_cells(f, b);
	uint32_t npreds = k->npreds;
	for (uint32_t p = 0; p < npreds; p++) {
		unsigned side;
		if (leads_to(f, b, &k->preds[p], i, &side))
			go_by(f, b, &k->preds[p], side);
	}
	read_cells(f, b, cells);
	for (uint32_t p = 0; p < npreds; p++) /* those that still lead here give nothing any more */
		if (ir_pred_edge(f, &k->preds[p])->to == b)
			ir_pred_edge(f, &k->preds[p])->nargs = 0;
	k->nparams = 0;
}

int untangle(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	ir_order(f);
	for (uint32_t o = 1; o < f->nrpo; o++) {
		uint32_t i = asked(f, f->rpo[o]);
		if (!is_tangle(f, f->rpo[o], i))
			continue;
		part(f, f->rpo[o], i);
		return 1;
	}
	return 0;
}
