/*
 * unroll.c - loops over captured tables: one copy of the body for each element, in which key and value
 * are constants, and one in which the loop is over. Of a table made in the function the keys are known, and each copy
 * looks its value up: where that is nil, ipairs ends, and pairs goes on with the next copy. And numeric fors that fill
 * such a table (fills.c).
 *
 * What the body makes and is used behind the loop goes through a cell (carry.c), for then each copy makes its own.
 */
#include "opt/iterate.h"

#include <string.h>

enum { MAX_ELEMENTS = 64, MAX_COPIES = 20000 };

struct unroll {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref call;
	ir_blk head;
	const pg_value **elements; /* keys and values by turns; keys alone where `made` */
	uint32_t n;
	bool made;             /* the table is made in the function */
	bool *in;              /* by block: in the loop */
	ir_blk *blocks;
	uint32_t nblocks, size;
};

/* ---- the elements ---- */

static bool list_elements(struct unroll *u, uint64_t table)
{
	struct ir_unit *unit = u->fl->u;
	for (u->n = 0; u->n <= MAX_ELEMENTS; u->n++) {
		pg_value v = const_nil;
		const pg_value *key = const_int(unit, (int64_t)u->n + 1);
		if (unit->source->index(unit, table, key, &v) < 0)
			return false;
		if (v.kind == PG_NIL)
			return true;
		if (u->n == MAX_ELEMENTS || v.kind == PG_HOST)
			break;
		u->elements[2 * u->n] = key;
		u->elements[2 * u->n + 1] = const_new(unit, v);
	}
	return false;
}

static bool own_elements(struct unroll *u, uint64_t table)
{
	const pg_value *kv;
	struct ir_unit *unit = u->fl->u;
	if (unit->source->own(unit, table, &kv, &u->n) < 0 || u->n > MAX_ELEMENTS)
		return false;
	for (uint32_t i = 0; i < 2 * u->n; i++)
		u->elements[i] = const_new(unit, kv[i]);
	return true;
}

static bool find_elements(struct unroll *u)
{
	const struct ir_ins *i = ir_at(u->f, u->call);
	uint64_t table = ir_at(u->f, i->args[1])->type.k->id;
	bool list = ir_at(u->f, i->args[0])->type.row->imm == IR_EXPAND_STEP;
	u->elements = arena_array(u->fl->u->scratch, const pg_value *, 2 * MAX_ELEMENTS + 2);
	return list ? list_elements(u, table) : own_elements(u, table);
}

/* ---- the loop ---- */

static void add_block(struct unroll *u, ir_blk b)
{
	if (u->in[b])
		return;
	u->in[b] = true;
	u->blocks[u->nblocks++] = b;
	for (ir_ref r = ir_block(u->f, b)->first; r; r = ir_at(u->f, r)->next)
		u->size++;
}

static void find_loop(struct unroll *u)
{
	struct ir_fn *f = u->f;
	u->in = arena_array(u->fl->u->scratch, bool, f->nblocks);
	u->blocks = arena_array(u->fl->u->scratch, ir_blk, f->nblocks);
	add_block(u, u->head);
	const struct ir_block *h = ir_block(f, u->head);
	const struct ir_ins *last = ir_at(f, h->last);
	if (last->op == IRO(branch) && ir_block(f, last->succ[1].to)->npreds == 1)
		add_block(u, last->succ[1].to); /* where the other results are taken, if it goes round or not */
	uint32_t with = u->nblocks;
	for (uint32_t p = 0; p < h->npreds; p++)
		if (ir_block(f, h->preds[p].from)->order >= h->order)
			add_block(u, h->preds[p].from);
	for (uint32_t k = with; k < u->nblocks; k++) {
		const struct ir_block *b = ir_block(f, u->blocks[k]);
		for (uint32_t p = 0; p < b->npreds; p++)
			add_block(u, b->preds[p].from);
	}
}

/* ---- copies ---- */

struct copy {
	struct unroll *u;
	ir_ref *ref;           /* by value of the loop: its copy */
	ir_blk *blk;
	ir_blk next;           /* head of the copy behind this one; 0: itself */
};

static ir_ref *copy_refs(struct copy *c, uint32_t n, const ir_ref *old)
{
	ir_ref *r = n ? arena_array(c->u->fl->u->arena, ir_ref, n) : NULL;
	for (uint32_t i = 0; i < n; i++)
		r[i] = c->ref[old[i]] ? c->ref[old[i]] : old[i];
	return r;
}

static void copy_ins(struct copy *c, ir_ref old_ref)
{
	struct ir_fn *f = c->u->f;
	const struct ir_ins old = *ir_at(f, old_ref);
	struct ir_ins *i = ir_at(f, c->ref[old_ref]);
	i->args = copy_refs(c, old.nargs, old.args);
	if (c->ref[old.raised])
		i->raised = c->ref[old.raised];
	i->succ = old.nsucc ? arena_copy(c->u->fl->u->arena, old.succ, sizeof(*old.succ) * old.nsucc) : NULL;
	for (uint32_t e = 0; e < old.nsucc; e++) {
		ir_blk to = old.succ[e].to;
		i->succ[e].args = copy_refs(c, old.succ[e].nargs, old.succ[e].args);
		if (to == c->u->head)
			i->succ[e].to = c->next ? c->next : c->blk[to];
		else if (c->blk[to])
			i->succ[e].to = c->blk[to];
	}
}

static void copy_numbers(struct copy *c)
{
	struct ir_fn *f = c->u->f;
	for (uint32_t k = 0; k < c->u->nblocks; k++) {
		ir_blk b = c->u->blocks[k];
		c->blk[b] = ir_block_new(f);
		for (uint32_t p = 0; p < ir_block(f, b)->nparams; p++)
			c->ref[ir_block(f, b)->params[p]] = ir_param_add(f, c->blk[b]);
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
			struct ir_ins i = *ir_at(f, r);
			i.prev = i.next = i.block = 0;
			arena_push(f->unit->arena, f->ins, f->nins, f->cap_ins, i);
			c->ref[r] = f->nins - 1;
			ir_append(f, c->blk[b], f->nins - 1);
		}
	}
}

/* In the turn the value is there. */
static void narrow_value(struct copy *c, ir_ref value)
{
	struct ir_fn *f = c->u->f;
	for (uint32_t k = 0; k < c->u->nblocks; k++)
		for (ir_ref r = ir_block(f, c->u->blocks[k])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(result) && ir_at(f, r)->args[0] == c->u->call && ir_at(f, r)->aux == 1) {
				iterate_become(c->u->fl, c->ref[r], IRO(pi), 1, &value);
				ir_at(f, c->ref[r])->imm = (int64_t)~IR_BIT(IR_NIL);
			}
}

/* The key as it is, and the value as it is now, which says whether there is such an element. */
static void give_made(struct copy *c, uint32_t which)
{
	struct unroll *u = c->u;
	struct ir_fn *f = u->f;
	const struct ir_block *h = ir_block(f, u->head);
	bool list = ir_at(f, ir_at(f, u->call)->args[0])->type.row->imm == IR_EXPAND_STEP;
	ir_ref call = c->ref[u->call], last = c->ref[h->last];
	ir_ref key = iterate_const(u->fl, call, u->elements[which]);
	ir_ref value = iterate_insert(u->fl, call, IRO(index), 2, (ir_ref[]){ ir_at(f, call)->args[1], key });
	iterate_become(u->fl, call, IRO(several), 2, (ir_ref[]){ key, value });
	narrow_value(c, value);
	ir_ref nil = iterate_const(u->fl, last, &const_nil);
	ir_ref none = iterate_insert(u->fl, last, IRO(eq), 2, (ir_ref[]){ value, nil });
	ir_at(f, last)->args[0] = none;
	if (!list)
		ir_at(f, last)->succ[0] = (struct ir_edge){ .to = c->next, .nargs = h->nparams,
							    .args = copy_refs(c, h->nparams, h->params) };
}

/* The turn's results: element `which`, or nothing any more. */
static void give(struct copy *c, uint32_t which)
{
	struct unroll *u = c->u;
	if (!u->call) /* the head's parameters tell which turn it is */
		return;
	ir_ref call = c->ref[u->call], kv[2];
	if (which == u->n) {
		iterate_become(u->fl, call, IRO(several), 0, NULL);
		return;
	}
	if (u->made) {
		give_made(c, which);
		return;
	}
	for (uint32_t i = 0; i < 2; i++)
		kv[i] = iterate_const(u->fl, call, u->elements[2 * which + i]);
	iterate_become(u->fl, call, IRO(several), 2, kv);
}

/* From the last copy to the first, so that each knows where it goes on. */
static ir_blk copy_loop(struct unroll *u)
{
	struct arena *m = u->fl->u->scratch;
	ir_blk next = 0;
	uint32_t nins = u->f->nins, nblocks = u->f->nblocks;
	for (uint32_t which = u->n + 1; which-- > 0;) {
		struct copy c = { u, arena_array(m, ir_ref, nins), arena_array(m, ir_blk, nblocks), next };
		copy_numbers(&c);
		for (uint32_t k = 0; k < u->nblocks; k++)
			for (ir_ref r = ir_block(u->f, u->blocks[k])->first; r; r = ir_at(u->f, r)->next)
				copy_ins(&c, r);
		give(&c, which);
		next = c.blk[u->head];
	}
	return next;
}

bool unroll_may(struct flow *fl, ir_ref call)
{
	const struct ir_lib *row = ir_at(fl->f, ir_at(fl->f, call)->args[0])->type.row;
	return row && (row->imm == IR_EXPAND_NEXT || row->imm == IR_EXPAND_STEP) && iterate_starts(fl, call);
}

/* The elements are known. */
static bool write_out(struct unroll *u)
{
	struct ir_fn *f = u->f;
	if ((u->n + 1) * u->size + f->nins > MAX_COPIES || !carry_out(u->fl, u->in))
		return false;
	const struct ir_block *h = ir_block(f, u->head);
	struct ir_pred *preds = arena_copy(u->fl->u->scratch, h->preds, sizeof(*preds) * h->npreds);
	uint32_t npreds = h->npreds;
	ir_blk first = copy_loop(u);
	for (uint32_t p = 0; p < npreds; p++)
		if (!u->in[preds[p].from])
			ir_pred_edge(f, &preds[p])->to = first;
	return true;
}

bool unroll(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	struct unroll u = { .fl = fl, .f = f, .call = call, .head = ir_at(f, call)->block };
	const struct ir_type *over = &ir_at(f, ir_at(f, call)->args[1])->type;
	if (over->kinds != IR_BIT(IR_HOST) || !over->k || over->k->kind != PG_TABLE || !unroll_may(fl, call))
		return false;
	find_loop(&u);
	return find_elements(&u) && write_out(&u);
}

bool unroll_keys(struct flow *fl, ir_ref call, const pg_value **keys, uint32_t n)
{
	struct unroll u = { .fl = fl, .f = fl->f, .call = call, .head = ir_at(fl->f, call)->block, .elements = keys,
			    .n = n, .made = true };
	const struct ir_ins *last = ir_at(fl->f, ir_block(fl->f, u.head)->last);
	if (last->op != IRO(branch) || !unroll_may(fl, call))
		return false;
	find_loop(&u);
	return write_out(&u);
}

bool unroll_turns(struct flow *fl, ir_blk head, uint32_t turns)
{
	struct unroll u = { .fl = fl, .f = fl->f, .head = head, .n = turns };
	find_loop(&u);
	return write_out(&u);
}

bool unroll_many(struct flow *fl, ir_ref call)
{
	struct unroll u = { .fl = fl, .f = fl->f, .call = call };
	return !find_elements(&u);
}

void unroll_refuse_found(struct flow *fl, uint32_t site)
{
	flow_refuse(fl, site, ON_LOOPS, "copy them into a plain table, or write a numeric 'for' over a captured bound",
		    "a captured table whose elements a metamethod finds is not gone over in kernel code");
}

void unroll_refuse_start(struct flow *fl, uint32_t site)
{
	flow_refuse(fl, site, ON_LOOPS, "write for k, v in pairs(t) do ... end, and pass over what is not wanted",
		    "this loop starts elsewhere than at the first element");
}

void unroll_refuse(struct flow *fl, ir_ref call)
{
	uint32_t site = ir_at(fl->f, call)->site;
	if (!iterate_starts(fl, call))
		unroll_refuse_start(fl, site);
	else if (!unroll_many(fl, call))
		flow_refuse(fl, site, ON_LOOPS, "do less in it, or keep the table's values in a map and go over "
			    "that", "this loop over a captured table is too long: its elements times its body");
	else
		unroll_refuse_found(fl, site);
}
