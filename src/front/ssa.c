/* ssa.c - variables into SSA: see ssa.h. */
#include "front/ssa.h"

#include "core/mutant.h"

void ssa_init(struct ssa *s, struct ir_fn *f, uint32_t nvars)
{
	*s = (struct ssa){ .f = f, .nvars = nvars };
	arena_push(f->unit->scratch, s->blocks, s->nblocks, s->cap_blocks, (struct ssa_block){ 0 });
}

ir_blk ssa_block_new(struct ssa *s, uint32_t expected)
{
	arena_push(s->f->unit->scratch, s->blocks, s->nblocks, s->cap_blocks,
		   (struct ssa_block){ .expected = expected });
	return ir_block_new(s->f);
}

void ssa_edge(struct ssa *s, ir_blk from, ir_blk to)
{
	struct ssa_block *b = &s->blocks[to];
	arena_push(s->f->unit->scratch, b->preds, b->npreds, b->cap_preds, from);
}

void ssa_write(struct ssa *s, ir_blk b, uint32_t var, ir_ref v)
{
	struct ssa_block *k = &s->blocks[b];
	if (!k->defs)
		k->defs = arena_array(s->f->unit->scratch, ir_ref, s->nvars);
	k->defs[var] = v;
}

ir_ref ssa_known(const struct ssa *s, ir_blk b, uint32_t var)
{
	return s->blocks[b].defs ? s->blocks[b].defs[var] : 0;
}

static ir_ref undefined(struct ssa *s)
{
	static const pg_value nil = { .kind = PG_NIL };
	if (s->undefined)
		return s->undefined;
	ir_ref i = s->undefined = ir_ins_new(s->f, IRO(const), 0, NULL);
	ir_at(s->f, i)->k = &nil;
	if (ir_block(s->f, 1)->first)
		ir_insert_before(s->f, ir_block(s->f, 1)->first, i);
	else
		ir_append(s->f, 1, i);
	return i;
}

static ir_ref phi_new(struct ssa *s, ir_blk b, uint32_t var)
{
	ir_ref p = ir_param_add(s->f, b);
	ir_at(s->f, p)->imm = s->nphis;
	arena_push(s->f->unit->scratch, s->phis, s->nphis, s->cap_phis,
		   (struct ssa_phi){ .block = b, .var = var, .param = p });
	return p;
}

ir_ref ssa_read(struct ssa *s, ir_blk b, uint32_t var)
{
	ir_blk at = b;
	ir_ref v;
	while (!(v = ssa_known(s, at, var))) {
		const struct ssa_block *k = &s->blocks[at];
		if (k->expected == 1 && k->npreds == 1) {
			at = k->preds[0];
			continue;
		}
		v = k->expected ? phi_new(s, at, var) : undefined(s);
		ssa_write(s, at, var, v);
	}
	if (at != b)
		ssa_write(s, b, var, v);
	return v;
}

/* Reading the arguments may make more parameters: they are put at the end and read in turn. */
static void read_arguments(struct ssa *s)
{
	for (uint32_t i = 0; i < s->nphis; i++) {
		struct ssa_phi phi = s->phis[i];
		uint32_t n = s->blocks[phi.block].npreds;
		ir_ref *args = arena_spare(s->f->unit->scratch, ir_ref, n);
		for (uint32_t j = 0; j < n; j++)
			args[j] = ssa_read(s, s->blocks[phi.block].preds[j], phi.var);
		s->phis[i].args = args;
	}
}

static ir_ref find(ir_ref *to, ir_ref v)
{
	while (to[v]) {
		if (to[to[v]])
			to[v] = to[to[v]];
		v = to[v];
	}
	return v;
}

/* The one value that a parameter has on all edges but those from itself, or 0. */
static ir_ref only_value(const struct ssa *s, const struct ssa_phi *phi, ir_ref *to)
{
	ir_ref only = 0;
	for (uint32_t j = 0; j < s->blocks[phi->block].npreds; j++) {
		ir_ref v = find(to, phi->args[j]);
		if (v == phi->param || v == only)
			continue;
		if (only)
			return 0;
		only = v;
	}
	return only;
}

/* An earlier parameter of the block that is given the same on every edge, or 0: a for loop's index
 * and its copy, as long as the body leaves the copy alone. */
static ir_ref same_as(const struct ssa *s, const struct ir_block *k, uint32_t i, ir_ref *to)
{
	const struct ssa_phi *phi = &s->phis[ir_at(s->f, k->params[i])->imm];
	for (uint32_t e = 0; e < i; e++) {
		const struct ssa_phi *other = &s->phis[ir_at(s->f, k->params[e])->imm];
		uint32_t j = 0, n = s->blocks[phi->block].npreds - MUTANT(phi_alike);
		while (j < n && find(to, phi->args[j]) == find(to, other->args[j]))
			j++;
		if (j == n && !to[other->param])
			return other->param;
	}
	return 0;
}

/* Blocks are numbered in the order of the source, so that a few rounds are enough. */
static void drop_needless(struct ssa *s, ir_ref *to)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (ir_blk b = 1; b < s->nblocks; b++) {
			const struct ir_block *k = ir_block(s->f, b);
			for (uint32_t i = 0; b > 1 && i < k->nparams; i++) {
				ir_ref p = k->params[i];
				ir_ref v = to[p] ? 0 : only_value(s, &s->phis[ir_at(s->f, p)->imm], to);
				if (!v && !to[p])
					v = same_as(s, k, i, to);
				to[p] = v ? v : to[p];
				changed |= v != 0;
			}
		}
	}
}

static void keep_params(struct ssa *s, ir_blk b, const ir_ref *to)
{
	struct ir_block *k = ir_block(s->f, b);
	uint32_t n = 0;
	for (uint32_t i = 0; i < k->nparams; i++) {
		struct ir_ins *p = ir_at(s->f, k->params[i]);
		if (to[k->params[i]]) {
			p->op = IRO(nop);
			p->block = 0;
			p->imm = p->aux = 0;
			continue;
		}
		p->aux = n;
		k->params[n++] = k->params[i];
	}
	k->nparams = n;
}

/* Predecessors of blocks with parameters end in jmp. */
static void give_arguments(struct ssa *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	const struct ssa_block *sb = &s->blocks[b];
	for (uint32_t j = 0; k->nparams && j < sb->npreds; j++) {
		struct ir_edge *e = ir_at(s->f, ir_block(s->f, sb->preds[j])->last)->succ;
		e->nargs = k->nparams;
		e->args = arena_array(s->f->unit->arena, ir_ref, k->nparams);
		for (uint32_t i = 0; i < k->nparams; i++)
			e->args[i] = s->phis[ir_at(s->f, k->params[i])->imm].args[j];
	}
	for (uint32_t i = 0; i < k->nparams; i++)
		ir_at(s->f, k->params[i])->imm = 0;
}

void ssa_finish(struct ssa *s)
{
	read_arguments(s);
	if (!s->nphis)
		return;
	ir_ref *to = arena_array(s->f->unit->scratch, ir_ref, s->f->nins);
	drop_needless(s, to);
	for (ir_blk b = 2; b < s->nblocks; b++) {
		keep_params(s, b, to);
		give_arguments(s, b);
	}
	ir_rename(s->f, to);
}
