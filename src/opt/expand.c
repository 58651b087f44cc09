/* expand.c - library functions that are control flow: put in the place of their calls as branches. */
#include "opt/opt.h"
#include "opt/passes.h"

ir_ref flow_emit(struct flow *fl, ir_blk b, uint32_t site, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(fl->f, op, n, args);
	ir_at(fl->f, r)->site = site;
	ir_append(fl->f, b, r);
	return r;
}

ir_ref flow_const(struct flow *fl, ir_blk b, uint32_t site, const pg_value *k)
{
	ir_ref r = flow_emit(fl, b, site, IRO(const), 0, NULL);
	ir_at(fl->f, r)->k = k;
	return r;
}

static const pg_value *text(struct flow *fl, const char *s)
{
	return const_new(fl->u, (pg_value){ .kind = PG_STR, .str = s, .n = (uint32_t)strlen(s) });
}

/* error(message), which adds the position, as Lua's own errors have it; and nothing after it */
static void raise_value(struct flow *fl, ir_blk b, uint32_t site, ir_ref message)
{
	const pg_value *error = const_new(fl->u, (pg_value){ .kind = PG_LIB, .lib = "error" });
	ir_ref args[2] = { flow_const(fl, b, site, error), message };
	flow_emit(fl, b, site, IRO(call), 2, args);
	flow_emit(fl, b, site, IRO(return), 0, NULL);
}

void flow_raise(struct flow *fl, ir_blk b, uint32_t site, const char *message)
{
	raise_value(fl, b, site, flow_const(fl, b, site, text(fl, message)));
}

/* assert(v, message, ...): all its arguments when v is true. */
ir_ref expand_assert(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	uint32_t n = ir_at(f, call)->nargs - 1, site = ir_at(f, call)->site;
	ir_blk before = ir_at(f, call)->block;
	ir_ref *args = arena_copy(fl->u->arena, ir_at(f, call)->args + 1, sizeof(*args) * n);
	ir_blk rest = edit_split(f, call);
	ir_remove(f, call);
	ir_ref all = ir_param_add(f, rest);
	ir_blk good = ir_block_new(f), bad = ir_block_new(f);
	if (n > 1)
		raise_value(fl, bad, site, args[1]);
	else
		flow_raise(fl, bad, site, "assertion failed!");
	ir_ref t = flow_emit(fl, before, site, IRO(branch), 1, args);
	ir_succ(f, t, 0, good, 0, NULL);
	ir_succ(f, t, 1, bad, 0, NULL);
	ir_ref known = flow_emit(fl, good, site, IRO(pi), 1, args);
	ir_at(f, known)->imm = (int64_t)~IR_FALSY;
	args[0] = known;
	ir_ref several = flow_emit(fl, good, site, IRO(several), n, args);
	t = flow_emit(fl, good, site, IRO(jmp), 0, NULL);
	ir_succ(f, t, 0, rest, 1, &several);
	return all;
}
