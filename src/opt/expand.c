/* expand.c - library functions that are control flow: put in the place of their calls as branches. */
#include "opt/opt.h"
#include "opt/passes.h"

static ir_ref emit(struct flow *fl, ir_blk b, uint32_t site, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(fl->f, op, n, args);
	ir_at(fl->f, r)->site = site;
	ir_append(fl->f, b, r);
	return r;
}

static ir_ref emit_const(struct flow *fl, ir_blk b, uint32_t site, pg_value k)
{
	ir_ref r = emit(fl, b, site, IRO(const), 0, NULL);
	ir_at(fl->f, r)->k = const_new(fl->u, k);
	return r;
}

static pg_value text(const char *s)
{
	return (pg_value){ .kind = PG_STR, .str = s, .n = (uint32_t)strlen(s) };
}

/* error(message), which adds the position, as Lua's own assert does; and nothing after it */
static ir_blk raise_block(struct flow *fl, uint32_t site, ir_ref message)
{
	ir_blk b = ir_block_new(fl->f);
	ir_ref args[2] = { emit_const(fl, b, site, (pg_value){ .kind = PG_LIB, .lib = "error" }), message };
	if (!message)
		args[1] = emit_const(fl, b, site, text("assertion failed!"));
	emit(fl, b, site, IRO(call), 2, args);
	emit(fl, b, site, IRO(return), 0, NULL);
	return b;
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
	ir_blk good = ir_block_new(f), bad = raise_block(fl, site, n > 1 ? args[1] : 0);
	ir_ref t = emit(fl, before, site, IRO(branch), 1, args);
	ir_succ(f, t, 0, good, 0, NULL);
	ir_succ(f, t, 1, bad, 0, NULL);
	ir_ref known = emit(fl, good, site, IRO(pi), 1, args);
	ir_at(f, known)->imm = (int64_t)~IR_FALSY;
	args[0] = known;
	ir_ref several = emit(fl, good, site, IRO(several), n, args);
	t = emit(fl, good, site, IRO(jmp), 0, NULL);
	ir_succ(f, t, 0, rest, 1, &several);
	return all;
}
