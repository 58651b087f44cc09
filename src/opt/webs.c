/* webs.c - webs of block parameters, and what enters them. */
#include "opt/webs.h"

#include "core/mutant.h"

/* Does kernel helper `id` give an address, or say whether there is something at one? Those that look something up, pop and
 * peek, and their kin; of the kernel's other functions it is not known. */
static bool gives_address(uint32_t id)
{
	static const uint8_t ids[] = { 1, 81, 84, 85, 88, 89, 95, 96, 98, 99, 107, 131, 136, 137, 138, 139, 140, 145, 153, 154,
				       156, 158, 162, 175, 178, 194, 195, 196, 203, 210 };
	return id >= IR_CALL_KFUNC || (id < 256 && memchr(ids, (int)id, sizeof(ids)));
}

bool web_makes_pointer(const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *i = ir_at(f, r);
	switch (i->op) {
	case IRO(ctx): case IRO(slot): case IRO(mapfd): case IRO(mapval): case IRO(pkt):
	case IRO(arg): case IRO(loadp): case IRO(mapeach): case IRO(mapeachval): case IRO(fnref):
		return true;
	case IRO(helper):
		return gives_address(i->aux);
	case IRO(load32): /* the packet's ends, after guard */
		return ir_at(f, i->args[0])->op == IRO(ctx);
	case IRO(add64): case IRO(own):
		return web_makes_pointer(f, i->args[0]);
	case IRO(sub64):
		return web_makes_pointer(f, i->args[0]) && !web_makes_pointer(f, i->args[1]);
	default:
		return false;
	}
}

/* Is argument 0 of the operation followed? */
static bool follows(enum ir_op op)
{
	return (op >= IRO(load8) && op <= IRO(atomadd64)) || op == IRO(pktload) || op == IRO(pktstore);
}
_Static_assert(IRO(load8) < IRO(store64) && IRO(store64) < IRO(atomadd64) &&
	       IRO(atomadd64) - IRO(load8) == 9, "loads, stores and atomics are neighbours");

typedef void edge_fn(struct webs *w, const struct ir_edge *e);

static void each_edge(struct webs *w, edge_fn *visit)
{
	for (uint32_t o = 0; o < w->f->nrpo; o++) {
		ir_ref t = ir_block(w->f, w->f->rpo[o])->last;
		for (uint32_t s = 0; s < ir_at(w->f, t)->nsucc; s++)
			visit(w, &ir_at(w->f, t)->succ[s]);
	}
}

static void join(struct webs *w, const struct ir_edge *e)
{
	for (uint32_t i = 0; i < e->nargs; i++)
		if (is_param(w->f, e->args[i]))
			w->parent[web_root(w, e->args[i])] = web_root(w, ir_block(w->f, e->to)->params[i]);
}

enum { SMALL_DEPTH = 4, MOST = 63 };
_Static_assert((int)IR_NKINDS <= MOST + 1, "tags are small");

/* As a tag is, also one that is made of a boolean? */
static bool is_small(const struct ir_fn *f, ir_ref r, unsigned depth)
{
	const struct ir_ins *i = ir_at(f, r);
	uint64_t k = i->nargs == 2 && is_imm(f, i->args[1]) ? (uint64_t)ir_at(f, i->args[1])->imm : UINT64_MAX;
	switch (i->op) {
	case IRO(imm):
		return (uint64_t)i->imm <= MOST;
	case IRO(and64):
		return k <= MOST;
	case IRO(shr64):
		return k >= 58 && k < 64;
	case IRO(own): /* what comes from a loop that the kernel calls (outline.c) */
		return ir_at(f, i->args[0])->op == IRO(load64) && ir_at(f, ir_at(f, i->args[0])->args[0])->op == IRO(slot);
	case IRO(add64): case IRO(sub64): case IRO(or64): case IRO(xor64):
		return depth && is_small(f, i->args[0], depth - 1) && is_small(f, i->args[1], depth - 1);
	default:
		return false;
	}
}

static uint8_t input_flags(const struct ir_fn *f, ir_ref r)
{
	if (web_makes_pointer(f, r))
		return WEB_POINTER;
	return is_small(f, r, SMALL_DEPTH) ? WEB_COMPUTED : WEB_COMPUTED | WEB_LARGE;
}

static void flag_inputs(struct webs *w, const struct ir_edge *e)
{
	for (uint32_t i = 0; i < e->nargs; i++) {
		uint8_t *flags = &w->flags[web_root(w, ir_block(w->f, e->to)->params[i])];
		if (is_imm(w->f, e->args[i]))
			*flags |= WEB_IMM;
		else if (!is_param(w->f, e->args[i]))
			*flags |= input_flags(w->f, e->args[i]);
	}
}

ir_ref web_base(const struct ir_fn *f, ir_ref r)
{
	for (;; r = ir_at(f, r)->args[0]) {
		const struct ir_ins *i = ir_at(f, r);
		bool apart = i->op == IRO(sub64) && web_makes_pointer(f, i->args[1]); /* how far, and no address */
		if (apart || (i->op != IRO(add64) && i->op != IRO(sub64) && i->op != IRO(own)))
			return r;
	}
}

/* Is what enters a web an address that was reached from a variable that is one? Then the web holds one, too. */
static bool flag_reached(struct webs *w, const struct ir_edge *e)
{
	bool any = false;
	for (uint32_t i = 0; i < e->nargs; i++) {
		uint8_t *flags = &w->flags[web_root(w, ir_block(w->f, e->to)->params[i])];
		ir_ref base = web_base(w->f, e->args[i]);
		if (*flags & WEB_POINTER || base == e->args[i] || !is_param(w->f, base) || !(w->flags[web_root(w, base)] & WEB_POINTER))
			continue;
		*flags |= WEB_POINTER;
		any = true;
	}
	return any;
}

static bool flag_all_reached(struct webs *w)
{
	bool any = false;
	for (uint32_t o = 0; o < w->f->nrpo; o++) {
		ir_ref t = ir_block(w->f, w->f->rpo[o])->last;
		for (uint32_t s = 0; s < ir_at(w->f, t)->nsucc; s++)
			any |= flag_reached(w, &ir_at(w->f, t)->succ[s]);
	}
	return any;
}

enum { HELPER_LOOKUP = 1 };

static bool is_null_test(const struct ir_fn *f, const struct ir_ins *t)
{
	const struct ir_ins *found = t->nargs ? ir_at(f, t->args[0]) : NULL;
	return found && found->op == IRO(helper) && found->aux == HELPER_LOOKUP && t->op == IRO(br) &&
	       (t->aux == IR_EQ || t->aux == IR_NE) && is_imm(f, t->args[1]) && !ir_at(f, t->args[1])->imm;
}

/* By value: the last place in the order where it, or what is added to it, is needed. */
static uint32_t *last_needed(const struct ir_fn *f)
{
	uint32_t *last = arena_array(f->unit->arena, uint32_t, f->nins);
	for (uint32_t o = f->nrpo; o-- > 0;)
		for (ir_ref r = ir_block(f, f->rpo[o])->last; r; r = ir_at(f, r)->prev) {
			const struct ir_ins *i = ir_at(f, r);
			bool made = i->op == IRO(add64) || i->op == IRO(sub64) || i->op == IRO(own);
			uint32_t at = made && last[r] > o + 1 ? last[r] : o + 1;
			for (uint32_t a = 0; a < i->nargs; a++)
				last[i->args[a]] = at > last[i->args[a]] ? at : last[i->args[a]];
		}
	return last;
}

/* Is the way to b's edge one of a test whether there is an entry, which is needed behind place `order`? It may be known
 * from then on by a constant. */
static bool is_behind_test(const struct ir_fn *f, ir_blk b, const uint32_t **last, uint32_t order)
{
	enum { HOPS = 4 };
	for (unsigned hop = 0; hop < HOPS; hop++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
		if (is_null_test(f, t)) {
			*last = *last ? *last : last_needed(f);
			return (*last)[t->args[0]] >= order;
		}
		if (ir_block(f, b)->npreds != 1)
			return false;
		b = ir_block(f, b)->preds[0].from;
	}
	return false;
}

/* Marks the variables that get a value where one that is a pointer does, or where pointers were found to be none. */
static void find_tags(struct webs *w)
{
	const uint32_t *last = NULL; /* found when it is asked for */
	for (uint32_t o = 0; o < w->f->nrpo; o++) {
		const struct ir_block *k = ir_block(w->f, w->f->rpo[o]);
		uint8_t all = 0;
		for (uint32_t p = 0; p < k->nparams; p++)
			all |= w->flags[web_root(w, k->params[p])];
		for (uint32_t p = 0; k->nparams && p < k->npreds; p++)
			all |= is_behind_test(w->f, k->preds[p].from, &last, o + 1) ? WEB_POINTER : 0;
		if (!(all & WEB_POINTER) || w->f->rpo[o] == w->f->anew || MUTANT(tag_unmarked))
			continue;
		for (uint32_t p = 0; p < k->nparams; p++)
			w->flags[web_root(w, k->params[p])] |= WEB_TAG;
	}
}

void webs_find(struct ir_fn *f, struct webs *w)
{
	*w = (struct webs){ .f = f, .n = f->nins };
	w->parent = arena_array(f->unit->arena, ir_ref, w->n);
	w->flags = arena_array(f->unit->arena, uint8_t, w->n);
	for (ir_ref r = 0; r < w->n; r++)
		w->parent[r] = r;
	each_edge(w, join);
	each_edge(w, flag_inputs);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref i = ir_block(f, f->rpo[o])->first; i; i = ir_at(f, i)->next)
			if (follows(ir_at(f, i)->op) && is_param(f, ir_at(f, i)->args[0]))
				w->flags[web_root(w, ir_at(f, i)->args[0])] |= WEB_POINTER;
	while (flag_all_reached(w))
		;
	find_tags(w);
}

bool webs_have_tags(const struct webs *w, uint8_t with)
{
	with |= WEB_IMM;
	for (ir_ref r = 1; r < w->n; r++)
		if ((w->flags[r] & with) == with)
			return true;
	return false;
}

ir_ref web_origin(const struct ir_fn *f, ir_ref r)
{
	while (is_param(f, r) && ir_block(f, ir_at(f, r)->block)->npreds == 1)
		r = ir_pred_edge(f, &ir_block(f, ir_at(f, r)->block)->preds[0])->args[ir_at(f, r)->aux];
	return r;
}
