/* edit.c - small edits of machine-level code that the passes share. */
#include "opt/passes.h"

static ir_ref insert(struct edit *e, enum ir_op op, ir_ref a, ir_ref b)
{
	ir_ref args[2] = { a, b };
	ir_ref r = ir_ins_new(e->f, op, a ? b ? 2 : 1 : 0, args);
	ir_at(e->f, r)->site = e->site;
	ir_insert_before(e->f, e->at, r);
	return r;
}

ir_ref edit_op(struct edit *e, enum ir_op op, ir_ref a, ir_ref b)
{
	return insert(e, op, a, b);
}

ir_ref edit_imm(struct edit *e, int64_t v)
{
	ir_ref r = insert(e, IRO(imm), 0, 0);
	ir_at(e->f, r)->imm = v;
	return r;
}

uint32_t *edit_uses(struct arena *a, const struct ir_fn *f)
{
	uint32_t *uses = arena_array(a, uint32_t, f->nins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t n = 0; n < i->nargs; n++)
				uses[i->args[n]]++;
			for (uint32_t e = 0; e < i->nsucc; e++)
				for (uint32_t n = 0; n < i->succ[e].nargs; n++)
					uses[i->succ[e].args[n]]++;
		}
	return uses;
}

enum ir_op edit_load_op(unsigned bytes)
{
	return bytes == 1 ? IRO(load8) : bytes == 2 ? IRO(load16) : bytes == 4 ? IRO(load32) : IRO(load64);
}

ir_ref edit_load(struct edit *e, unsigned bytes, ir_ref ptr, int64_t off)
{
	ir_ref r = insert(e, edit_load_op(bytes), ptr, 0);
	ir_at(e->f, r)->imm = off;
	return r;
}

_Static_assert(IRO(store16) == IRO(store8) + 1 && IRO(store32) == IRO(store8) + 2 &&
	       IRO(store64) == IRO(store8) + 3 && IRO(load64) == IRO(load8) + 3,
	       "widths of loads and stores are neighbours");

enum ir_op edit_store_op(unsigned bytes)
{
	return edit_load_op(bytes) - IRO(load8) + IRO(store8);
}

ir_ref edit_store(struct edit *e, unsigned bytes, ir_ref ptr, int64_t off, ir_ref v)
{
	ir_ref r = insert(e, edit_store_op(bytes), ptr, v);
	ir_at(e->f, r)->imm = off;
	return r;
}

void edit_terminator(struct ir_fn *f, ir_ref term, enum ir_op op, uint32_t aux, ir_ref a, ir_ref b)
{
	struct arena *m = f->unit->arena;
	struct ir_ins *i = ir_at(f, term);
	f->ordered = false;
	i->op = (uint16_t)op;
	i->aux = aux;
	i->imm = 0;
	i->nargs = a ? b ? 2 : 1 : 0;
	i->args = i->nargs ? arena_array(m, ir_ref, 2) : NULL;
	if (a)
		i->args[0] = a;
	if (b)
		i->args[1] = b;
	i->nsucc = (uint8_t)ir_ops[op].ends;
	i->succ = i->nsucc ? arena_array(m, struct ir_edge, i->nsucc) : NULL;
}

void edit_edge(struct ir_fn *f, ir_ref term, uint32_t which, const struct ir_edge *e)
{
	ir_succ(f, term, which, e->to, e->nargs, e->args);
}

ir_ref edit_end(struct ir_fn *f, ir_blk b, uint32_t site, enum ir_op op, uint32_t aux, ir_ref a,
		ir_ref b2)
{
	ir_ref args[2] = { a, b2 };
	ir_ref t = ir_ins_new(f, op, a ? b2 ? 2 : 1 : 0, args);
	ir_at(f, t)->site = site;
	ir_at(f, t)->aux = aux;
	ir_append(f, b, t);
	return t;
}

ir_blk edit_split(struct ir_fn *f, ir_ref at)
{
	ir_blk old = ir_at(f, at)->block, b = ir_block_new(f);
	struct ir_block *o = ir_block(f, old), *n = ir_block(f, b);
	n->cold = o->cold;
	n->first = at;
	n->last = o->last;
	o->last = ir_at(f, at)->prev;
	if (o->last)
		ir_at(f, o->last)->next = 0;
	else
		o->first = 0;
	ir_at(f, at)->prev = 0;
	for (ir_ref i = at; i; i = ir_at(f, i)->next)
		ir_at(f, i)->block = b;
	return b;
}

void edit_count_errors(struct ir_fn *f, ir_blk then)
{
	ir_blk b = f->error_exit = ir_block_new(f);
	ir_block(f, b)->cold = true;
	ir_ref number = ir_param_add(f, b), t = edit_end(f, b, 0, IRO(jmp), 0, 0, 0);
	ir_succ(f, t, 0, then, 0, NULL);
	struct edit e = { f, t, 0 };
	ir_ref at = edit_op(&e, IRO(shl64), number, edit_imm(&e, 3)), counts = edit_op(&e, IRO(mapval), 0, 0);
	ir_at(f, counts)->aux = IR_MAP_DATA;
	ir_at(f, counts)->imm = IR_DATA_ERRORS;
	edit_op(&e, IRO(atomadd64), edit_op(&e, IRO(add64), counts, at), edit_imm(&e, 1));
}

ir_blk edit_failed(struct ir_fn *f)
{
	if (f->failed)
		return f->failed;
	ir_blk b = f->failed = ir_block_new(f);
	ir_block(f, b)->cold = true;
	ir_ref verdict = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_at(f, verdict)->imm = f->caller ? 1 : f->unit->on_error;
	ir_append(f, b, verdict);
	edit_end(f, b, 0, IRO(ret), 0, verdict, 0);
	return b;
}

/* A function that raised nothing so far has no error exit: main then ends with 0. */
static ir_blk error_exit(struct ir_fn *f)
{
	if (!f->error_exit && f->caller)
		edit_count_errors(f, edit_failed(f));
	if (f->error_exit)
		return f->error_exit;
	ir_blk b = ir_block_new(f);
	ir_block(f, b)->cold = true;
	ir_param_add(f, b);
	ir_ref zero = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_append(f, b, zero);
	edit_end(f, b, 0, IRO(ret), 0, zero, 0);
	return f->error_exit = b;
}

ir_blk edit_raise(struct ir_fn *f, uint32_t site, const char *text)
{
	struct ir_unit *u = f->unit;
	ir_blk exit = error_exit(f), b = ir_block_new(f);
	ir_block(f, b)->cold = true;
	ir_ref number = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_at(f, number)->imm = ir_error(u, site < u->nsites ? u->sites[site].pos : u->sites[0].pos, text);
	ir_at(f, number)->site = site;
	ir_append(f, b, number);
	ir_ref t = edit_end(f, b, site, IRO(jmp), 0, 0, 0);
	ir_succ(f, t, 0, exit, 1, &number);
	return b;
}

ir_blk edit_copy_block(const struct ir_fn *f, ir_blk b, struct ir_fn *g, ir_ref *ref)
{
	const struct ir_block *from = ir_block(f, b);
	ir_blk n = ir_block_new(g);
	ir_block(g, n)->cold = from->cold;
	ir_block(g, n)->walked = from->walked;
	for (uint32_t p = 0; p < from->nparams; p++)
		ref[from->params[p]] = ir_param_add(g, n);
	for (ir_ref r = from->first; r; r = ir_at(f, r)->next) {
		struct ir_ins i = *ir_at(f, r);
		i.prev = i.next = i.block = 0;
		arena_push(g->unit->arena, g->ins, g->nins, g->cap_ins, i);
		ref[r] = g->nins - 1;
		ir_append(g, n, ref[r]);
	}
	return n;
}
