/* check.c - what must hold of a unit between passes; the first thing that does not is named. */
#include "ir/ir.h"

#include <stdio.h>

struct check {
	struct ir_unit *u;
	struct ir_fn *f;
	ir_blk block;
	ir_ref ins;
	uint32_t *at;          /* by value: position in its block, from 1; parameters 0 */
	const char *wrong;
};

static __attribute__((format(printf, 2, 3))) void wrong(struct check *c, const char *fmt, ...)
{
	if (c->wrong)
		return;
	struct arena *a = c->u->arena;
	va_list ap;
	va_start(ap, fmt);
	const char *what = arena_vprintf(a, fmt, ap), *where = arena_printf(a, "f%u", c->f->id);
	va_end(ap);
	if (c->block)
		where = arena_printf(a, "%s b%u", where, c->block);
	if (c->ins)
		where = arena_printf(a, "%s v%u %s", where, c->ins, ir_ops[ir_at(c->f, c->ins)->op].name);
	c->wrong = arena_printf(a, "%s: %s", where, what);
}

static const struct ir_opinfo *info(const struct ir_ins *ins) { return &ir_ops[ins->op]; }

/* ---- shape: lists, levels, counts ---- */

static void check_edge(struct check *c, const struct ir_edge *e, const char *what)
{
	if (!e->to || e->to >= c->f->nblocks) {
		wrong(c, "%s leads to b%u, which is no block", what, e->to);
		return;
	}
	const struct ir_block *to = ir_block(c->f, e->to);
	if (e->to == 1)
		wrong(c, "%s leads to the entry", what);
	else if (e->nargs != to->nparams)
		wrong(c, "%s gives %u arguments to b%u, which has %u parameters", what, e->nargs,
		      e->to, to->nparams);
}

static void check_level(struct check *c, const struct ir_ins *ins)
{
	char level = info(ins)->level, want = c->f->machine ? 'M' : 'L';
	if (level != 'B' && level != want)
		wrong(c, "is an operation of level %c in a function of level %c", level, want);
}

static void check_counts(struct check *c, const struct ir_ins *ins)
{
	const struct ir_opinfo *o = info(ins);
	if (o->nargs >= 0 && ins->nargs != (uint32_t)o->nargs)
		wrong(c, "has %u arguments instead of %d", ins->nargs, o->nargs);
	if (ins->nsucc != (o->ends > 0 ? o->ends : 0))
		wrong(c, "has %u successors instead of %d", ins->nsucc, o->ends);
	if (ins->site >= c->u->nsites)
		wrong(c, "has no such source position %u", ins->site);
	for (uint32_t s = 0; s < ins->nsucc; s++)
		check_edge(c, &ins->succ[s], "an edge");
	if (ins->raised && !(o->effects & IR_E_RAISE))
		wrong(c, "names a guard and cannot raise");
}

/* What a row's aux, imm or constant must be; most operations need nothing. */
static void check_operation(struct check *c, const struct ir_ins *ins)
{
	switch (ins->op) {
	case IRO(const):
		if (!ins->k)
			wrong(c, "has no constant");
		break;
	case IRO(refuse):
		if (!ins->k || ins->k->kind != PG_STR)
			wrong(c, "has no text");
		break;
	case IRO(record):
		if (ins->nargs && !ins->list)
			wrong(c, "has no names");
		break;
	case IRO(call):
	case IRO(setlist):
		if (ins->nargs < 1)
			wrong(c, "has no argument");
		if (ins->op == IRO(call) && ins->aux & IR_OPEN && ins->nargs < 2)
			wrong(c, "has no last argument that is several");
		break;
	case IRO(return):
		if (ins->aux & IR_OPEN && !ins->nargs)
			wrong(c, "has no last argument that is several");
		break;
	case IRO(upval):
	case IRO(setupval):
	case IRO(upcell):
		if (ins->aux >= c->f->nupvals)
			wrong(c, "has no such upvalue %u", ins->aux);
		break;
	case IRO(br):
	case IRO(br32):
		if (ins->aux > IR_CLEAR)
			wrong(c, "has no such condition %u", ins->aux);
		break;
	case IRO(slot):
		if (ins->aux >= c->f->nslots)
			wrong(c, "has no such slot %u", ins->aux);
		break;
	case IRO(fnref):
		if (ins->aux >= c->u->nfns || !c->u->fns[ins->aux])
			wrong(c, "has no such function %u", ins->aux);
		break;
	case IRO(mapeach):
	case IRO(mapfd):
	case IRO(mapval):
		if (ins->aux >= c->u->nmaps)
			wrong(c, "has no such map %u", ins->aux);
		break;
	case IRO(pktload):
	case IRO(pktstore): {
		uint32_t n = ins->op == IRO(pktstore) ? ins->aux & ~(uint32_t)IR_PKT_EVEN : ins->aux;
		if (n != 1 && n != 2 && n != 4 && n != 8)
			wrong(c, "%s %u bytes", ins->op == IRO(pktload) ? "reads" : "writes", n);
		break;
	}
	}
}

static void check_params(struct check *c, const struct ir_block *k)
{
	for (uint32_t i = 0; i < k->nparams && !c->wrong; i++) {
		ir_ref p = k->params[i];
		if (!p || p >= c->f->nins) {
			wrong(c, "parameter v%u is no value", p);
			return;
		}
		const struct ir_ins *ins = ir_at(c->f, p);
		if (ins->op != IRO(param) || ins->block != c->block || ins->aux != i)
			wrong(c, "v%u is not its parameter %u", p, i);
	}
}

static void check_list(struct check *c, const struct ir_block *k)
{
	ir_ref prev = 0;
	uint32_t n = 0;
	for (ir_ref i = k->first; i && !c->wrong; i = ir_at(c->f, i)->next) {
		c->ins = i;
		if (i >= c->f->nins || ++n >= c->f->nins) {
			c->ins = 0;
			wrong(c, "its list of instructions is broken at v%u", i);
			return;
		}
		const struct ir_ins *ins = ir_at(c->f, i);
		c->at[i] = n;
		if (ins->block != c->block || ins->prev != prev)
			wrong(c, "is badly linked");
		if (ins->op >= IR_NOPS || ins->op == IRO(param))
			wrong(c, "does not belong in a list of instructions");
		else if ((info(ins)->ends >= 0) != (ins->next == 0))
			wrong(c, ins->next ? "is a terminator inside its block"
					   : "ends its block and is no terminator");
		if (c->wrong)
			return;
		check_level(c, ins);
		check_counts(c, ins);
		check_operation(c, ins);
		prev = i;
	}
	c->ins = 0;
	if (k->last != prev || !prev)
		wrong(c, prev ? "its last instruction is not the end of its list" : "is empty");
}

/* ---- values: definitions dominate uses ---- */

/* The value of a terminator (pkt) is there only behind its successor 0. */
static bool terminator_reaches(const struct check *c, const struct ir_ins *def, ir_blk use)
{
	ir_blk to = def->nsucc ? def->succ[0].to : 0;
	return to && ir_block(c->f, to)->npreds == 1 && ir_dominates(c->f, to, use);
}

static void check_use(struct check *c, ir_ref v, const char *what)
{
	if (!v || v >= c->f->nins) {
		wrong(c, "%s v%u is no value", what, v);
		return;
	}
	const struct ir_ins *def = ir_at(c->f, v);
	if (info(def)->result == 'N' || !def->block) {
		wrong(c, "%s v%u (%s) is no value of a block", what, v, info(def)->name);
		return;
	}
	if (!ir_block(c->f, c->block)->order)
		return;
	bool there = info(def)->ends >= 0 ? terminator_reaches(c, def, c->block)
		     : def->block == c->block ? c->at[v] < c->at[c->ins]
					      : ir_dominates(c->f, def->block, c->block);
	if (!there || !ir_block(c->f, def->block)->order)
		wrong(c, "%s v%u does not dominate it", what, v);
}

/* It stands before the block of what names it, behind the `raised` that does. */
static void check_guard(struct check *c, ir_ref raised)
{
	check_use(c, raised, "guard");
	if (c->wrong)
		return;
	const struct ir_ins *t = ir_at(c->f, ir_block(c->f, ir_at(c->f, raised)->block)->last);
	if (t->op != IRO(guard) || t->args[0] != raised || !ir_dominates(c->f, t->succ[0].to, c->block))
		wrong(c, "is not guarded by v%u", raised);
}

static void check_uses(struct check *c, const struct ir_ins *ins)
{
	for (uint32_t i = 0; i < ins->nargs; i++) {
		if (ins->args[i] || ins->op != IRO(closure)) /* 0: captured, no cell */
			check_use(c, ins->args[i], "argument");
		if (!c->wrong && ir_at(c->f, ins->args[i])->op == IRO(upcell) &&
		    ins->op != IRO(closure))
			wrong(c, "argument v%u is an upvalue itself", ins->args[i]);
	}
	for (uint32_t s = 0; s < ins->nsucc; s++)
		for (uint32_t i = 0; i < ins->succ[s].nargs; i++)
			check_use(c, ins->succ[s].args[i], "edge argument");
	if (ins->raised)
		check_guard(c, ins->raised);
}

/* ---- functions ---- */

static void each_block(struct check *c, void (*what)(struct check *c, const struct ir_block *k))
{
	for (ir_blk b = 1; b < c->f->nblocks && !c->wrong; b++) {
		const struct ir_block *k = ir_block(c->f, b);
		c->block = b;
		c->ins = 0;
		if (k->first || k->nparams || b == 1)
			what(c, k);
	}
	c->block = c->ins = 0;
}

static void block_shape(struct check *c, const struct ir_block *k)
{
	check_params(c, k);
	check_list(c, k);
}

static void block_edges(struct check *c, const struct ir_block *k)
{
	for (ir_ref i = k->first; i && !c->wrong; i = ir_at(c->f, i)->next) {
		const struct ir_ins *ins = ir_at(c->f, i);
		c->ins = i;
		for (uint32_t s = 0; s < ins->nsucc; s++)
			if (!ir_block(c->f, ins->succ[s].to)->first)
				wrong(c, "leads to b%u, which is empty", ins->succ[s].to);
	}
}

static void block_uses(struct check *c, const struct ir_block *k)
{
	for (ir_ref i = k->first; i && !c->wrong; i = ir_at(c->f, i)->next) {
		c->ins = i;
		check_uses(c, ir_at(c->f, i));
	}
}

/* What is said to be in order is. */
static void check_order(struct check *c)
{
	struct ir_fn *f = c->f;
	bool said = f->ordered;
	uint32_t n = f->nrpo;
	ir_blk *was = arena_copy(f->unit->arena, f->rpo, sizeof *was * n);
	ir_order(f);
	if (said && (n != f->nrpo || memcmp(was, f->rpo, sizeof *was * n)))
		wrong(c, "has edges that changed unnoticed");
}

static void check_fn(struct check *c)
{
	c->at = arena_array(c->u->arena, uint32_t, c->f->nins);
	if (c->f->nblocks < 2)
		wrong(c, "has no block");
	else if (!c->f->machine && ir_block(c->f, 1)->nparams != c->f->nparams)
		wrong(c, "has %u parameters and its entry %u", c->f->nparams,
		      ir_block(c->f, 1)->nparams);
	if (c->f->error_exit >= c->f->nblocks)
		wrong(c, "has no error exit b%u", c->f->error_exit);
	each_block(c, block_shape);
	each_block(c, block_edges);
	if (c->wrong)
		return;
	check_order(c);
	ir_need_tree(c->f);
	each_block(c, block_uses);
}

const char *ir_check(struct ir_unit *u)
{
	struct check c = { .u = u };
	for (uint32_t i = 0; i < u->nfns && !c.wrong; i++) {
		c.f = u->fns[i];
		if (!c.f)
			continue;
		if (c.f->id != i)
			wrong(&c, "is function %u of the unit", i);
		check_fn(&c);
	}
	return c.wrong;
}
