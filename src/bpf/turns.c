/*
 * turns.c - the fuel of loops, where the kernel has no may_goto: an open-coded iterator (Linux 6.4) counts the turns.
 *
 * One for the whole function. It is made where the function begins and given back wherever it ends, as the verifier
 * demands; each back edge takes a number from it. A function with such loops pays for it also when it goes round none.
 */
#include "bpf/be.h"

#include "core/kfunc.h"

/* As many turns as may_goto and bpf_loop allow. */
enum { TURNS = 8 << 20 };

struct turns {
	struct ir_fn *f;
	uint32_t slot;
};

static ir_ref put(struct turns *t, ir_ref at, enum ir_op op, uint32_t n, const ir_ref *args, uint32_t aux)
{
	ir_ref r = ir_ins_new(t->f, op, n, args);
	ir_at(t->f, r)->site = ir_at(t->f, at)->site;
	ir_at(t->f, r)->aux = aux;
	ir_insert_before(t->f, at, r);
	return r;
}

static ir_ref number(struct turns *t, ir_ref at, int64_t v)
{
	ir_ref r = put(t, at, IRO(imm), 0, NULL, 0);
	ir_at(t->f, r)->imm = v;
	return r;
}

static ir_ref call(struct turns *t, ir_ref at, enum kfunc which, uint32_t n, ir_ref from, ir_ref to)
{
	ir_ref args[] = { put(t, at, IRO(slot), 0, NULL, t->slot), from, to };
	return put(t, at, IRO(helper), n, args, IR_CALL_KFUNC + (uint32_t)which);
}

/* One number more, or NULL. */
static void take(struct turns *t, ir_ref fuel)
{
	ir_ref next = call(t, fuel, KFUNC_iter_num_next, 1, 0, 0), none = number(t, fuel, 0);
	struct ir_ins *i = ir_at(t->f, fuel);
	i->op = IRO(br);
	i->aux = IR_NE;
	i->nargs = 2;
	i->args = arena_array(t->f->unit->arena, ir_ref, 2);
	i->args[0] = next;
	i->args[1] = none;
}

static bool ends_with(const struct ir_fn *f, ir_blk b, enum ir_op op)
{
	return ir_block(f, b)->last && ir_at(f, ir_block(f, b)->last)->op == op;
}

void be_turns(struct ir_fn *f)
{
	struct turns t = { .f = f };
	bool any = false;
	for (ir_blk b = 1; b < f->nblocks && !any; b++)
		any = ends_with(f, b, IRO(fuel));
	if (!any)
		return;
	t.slot = ir_slot(f, 8, 8);
	for (ir_blk b = 1; b < f->nblocks; b++) {
		ir_ref last = ir_block(f, b)->last;
		if (ends_with(f, b, IRO(fuel)))
			take(&t, last);
		else if (ends_with(f, b, IRO(ret)))
			call(&t, last, KFUNC_iter_num_destroy, 1, 0, 0);
	}
	ir_ref first = ir_block(f, 1)->first, from = number(&t, first, 0), to = number(&t, first, TURNS);
	call(&t, first, KFUNC_iter_num_new, 3, from, to);
}
