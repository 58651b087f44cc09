/*
 * counted.c - `("%02x:%02x"):format(mac:byte(1, 2))`, `print(s:find("=", 1, true))`: byte gives fewer values outside of the
 * text, find and match one nil where nothing is found. A library function that gets them last is called once for each number
 * of them that there may be.
 *
 *   call f(v1, v2)        v1 == nil ?  ->  call f()        -\
 *                         v2 == nil ?  ->  call f(v1)      --+-> ...
 *                         else         ->  call f(v1, v2)  -/
 */
#include "opt/opt.h"
#include "opt/passes.h"
#include "ir/target.h"

#include <string.h>

enum { MOST = 16 }; /* of the values whose number differs */

struct counted {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref call;
	const struct ir_lib *row;
	uint32_t fixed, n;     /* arguments before them, with the callee; of them */
	bool none;             /* there may be none of them; else there is one nil where there are no others */
	ir_ref *args;
	ir_blk rest;
	ir_ref all;            /* what the calls give, there */
};

static const struct ir_lib *row_of(const struct ir_fn *f, ir_ref call)
{
	const struct ir_ins *i = ir_at(f, call);
	return i->op == IRO(call) ? row_called(f->unit, ir_at(f, i->args[0])->type.row, i->nargs - 1) : NULL;
}

uint32_t counted_from(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_ins *last = ir_at(f, i->args[i->nargs - 1]);
	if (last->op != IRO(result) || last->aux + 2 > i->nargs)
		return 0;
	const ir_ref of = last->args[0];
	const struct ir_lib *row = row_of(f, of);
	const uint32_t from = i->nargs - last->aux - 1;
	for (uint32_t a = from; a < i->nargs; a++) {
		const struct ir_ins *r = ir_at(f, i->args[a]);
		if (r->op != IRO(result) || r->args[0] != of || r->aux != a - from)
			return 0;
	}
	return row && row->effects & IR_FEWER ? from : 0;
}

static bool find_last(struct counted *c)
{
	const struct ir_ins *i = ir_at(c->f, c->call);
	c->fixed = counted_from(c->f, i);
	c->n = i->nargs - c->fixed;
	if (!c->fixed || c->n > MOST)
		return false;
	const struct ir_lib *row = row_of(c->f, ir_at(c->f, i->args[c->fixed])->args[0]);
	c->none = !(row->effects & IR_SEVERAL) || row->effects & IR_NONE;
	return true;
}

/* What Lua says of a call without the last argument that it must have. */
static const struct { const char *row, *says; } none_given[] = {
	{ "tostring", "value expected" },  { "tonumber", "value expected" },  { "type", "value expected" },
	{ "math.max", "value expected" },  { "math.min", "value expected" },
	{ "math.type", "value expected" }, { "math.tointeger", "value expected" },
	{ "math.abs", "number expected, got no value" },
	{ "math.floor", "number expected, got no value" }, { "math.ceil", "number expected, got no value" },
	{ "set_u8", "number expected, got no value" }, { "set_u16", "number expected, got no value" },
	{ "set_u32", "number expected, got no value" }, { "set_u64", "number expected, got no value" },
	{ "add", "number expected, got no value" }, { "set", "value expected" }, { "push", "value expected" },
};

/* Of `given` arguments behind the object of a method, which is called by its name; NULL: they are enough, or it is not known. */
static const char *says_of_none(const struct counted *c, uint32_t given)
{
	const bool method = row_is_method(c->f->unit, c->row), by_colon = ir_at(c->f, ir_at(c->f, c->call)->args[0])->op == IRO(self);
	for (unsigned k = 0; (int)given + 1 == c->row->min && (!method || by_colon) && k < sizeof none_given / sizeof *none_given; k++)
		if (!strcmp(c->row->name, none_given[k].row))
			return none_given[k].says;
	return NULL;
}

/* Is it known what each of the calls does? One with fewer arguments than it must have does nothing but raise. */
static bool all_known(const struct counted *c)
{
	const struct ir_ins *i = ir_at(c->f, c->call);
	const bool method = row_is_method(c->f->unit, c->row);
	uint32_t least = c->fixed - 1 + !c->none - method;
	if (method && c->row->max >= 0 && (int)(i->nargs - 1 - method) > c->row->max)
		return false;
	if ((int)least < c->row->min && !says_of_none(c, least))
		return false;
	const pg_value *format = i->nargs > 1 ? ir_at(c->f, i->args[1])->type.k : NULL;
	pg_value before;
	for (uint32_t n = c->none ? 0 : 1; n <= c->n; n++)
		if (c->fl->u->target->lacks(c->row, format ? format : &const_nil, c->fixed - 2 + n, &before) < 0)
			return false;
	return true;
}

/* Does another function get them, which may want more? */
static bool hands_on(const struct ir_lib *row)
{
	return ir_lib_expands(row) && row->imm == IR_EXPAND_XPCALL;
}

static bool is_counted(struct counted *c, struct flow *fl, ir_ref call)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	*c = (struct counted){ .fl = fl, .f = fl->f, .call = call };
	if (i->op != IRO(call) || (i->aux & (IR_OPEN | IR_LAST)) != IR_PADDED)
		return false;
	c->row = row_of(c->f, call);
	return c->row && !ir_lib_takes_padded(c->row) && !hands_on(c->row) && find_last(c) && all_known(c);
}

static ir_ref call_with(struct counted *c, ir_blk b, uint32_t nargs, const pg_value *format)
{
	const struct ir_ins old = *ir_at(c->f, c->call);
	ir_ref *args = arena_copy(c->fl->u->arena, c->args, sizeof(*args) * nargs);
	if (format)
		args[1] = flow_const(c->fl, b, old.site, format);
	ir_ref r = flow_emit(c->fl, b, old.site, IRO(call), nargs, args);
	struct ir_ins *i = ir_at(c->f, r);
	i->names = old.names;
	i->raised = old.raised;
	i->aux = old.aux & ~(uint32_t)IR_LAST;
	return r;
}

/* What Lua says when it comes to something in the format that has no argument: true, and nothing comes behind. */
static bool call_lacking(struct counted *c, ir_blk b, uint32_t nargs)
{
	pg_value before;
	const pg_value *format = nargs > 1 ? ir_at(c->f, c->args[1])->type.k : NULL;
	if (!format || c->fl->u->target->lacks(c->row, format, nargs - 2, &before) != 1)
		return false;
	bool method = ir_at(c->f, c->args[0])->op == IRO(self);
	call_with(c, b, nargs, const_new(c->fl->u, before));
	flow_raise(c->fl, b, c->call, arena_printf(c->fl->u->arena, "bad argument #%u to '%s' (no value)", nargs - method, c->row->name));
	return true;
}

/* The same of a function that wants one argument more. */
static bool call_of_none(struct counted *c, ir_blk b, uint32_t nargs)
{
	const uint32_t given = nargs - 1 - row_is_method(c->f->unit, c->row);
	const char *says = says_of_none(c, given);
	if (!says)
		return false;
	const struct ir_name *called = ir_at(c->f, c->call)->names;
	const char *dot = strrchr(c->row->name, '.'), *name = dot ? dot + 1 : c->row->name;
	flow_raise(c->fl, b, c->call, arena_printf(c->fl->u->arena, "bad argument #%u to '%s' (%s)", given + 1,
						   called && called->how != IR_N_NONE ? called->name : name, says));
	return true;
}

/* The call with that many arguments at the end of b. */
static void emit_call(struct counted *c, ir_blk b, uint32_t nargs)
{
	uint32_t site = ir_at(c->f, c->call)->site;
	if (call_lacking(c, b, nargs) || call_of_none(c, b, nargs))
		return;
	ir_ref r = call_with(c, b, nargs, NULL);
	r = flow_emit(c->fl, b, site, IRO(several), 1, &r);
	ir_at(c->f, r)->aux = IR_OPEN;
	ir_ref t = flow_emit(c->fl, b, site, IRO(jmp), 0, NULL);
	ir_succ(c->f, t, 0, c->rest, 1, &r);
}

static ir_ref known(struct counted *c, ir_blk b, ir_ref v, uint64_t kinds)
{
	ir_ref pi = flow_emit(c->fl, b, ir_at(c->f, c->call)->site, IRO(pi), 1, &v);
	ir_at(c->f, pi)->imm = (int64_t)kinds;
	return pi;
}

/* Is argument `a` nil? There the call has `nargs`; where the others are asked for is returned. */
static ir_blk part(struct counted *c, ir_blk b, uint32_t a, uint32_t nargs)
{
	uint32_t site = ir_at(c->f, c->call)->site;
	ir_blk fewer = ir_block_new(c->f), on = ir_block_new(c->f);
	ir_ref v = c->args[a], of[2] = { v, flow_const(c->fl, b, site, &const_nil) };
	ir_ref is = flow_emit(c->fl, b, site, IRO(eq), 2, of), t = flow_emit(c->fl, b, site, IRO(branch), 1, &is);
	ir_succ(c->f, t, 0, fewer, 0, NULL);
	ir_succ(c->f, t, 1, on, 0, NULL);
	emit_call(c, fewer, nargs); /* one nil goes as what it was, so that it is wrong only when the call is made */
	c->args[a] = known(c, on, v, ~IR_BIT(IR_NIL));
	return on;
}

static void split(struct counted *c)
{
	const struct ir_ins *i = ir_at(c->f, c->call);
	uint32_t nargs = i->nargs;
	c->args = arena_copy(c->fl->u->arena, i->args, sizeof(*c->args) * nargs);
	ir_blk b = i->block;
	c->rest = edit_split(c->f, c->call);
	ir_remove(c->f, c->call);
	c->all = ir_param_add(c->f, c->rest);
	for (uint32_t k = 0; c->none && k < c->n; k++)
		b = part(c, b, c->fixed + k, c->fixed + k);
	if (!c->none) {
		b = part(c, b, c->fixed, c->fixed + 1);
		for (uint32_t k = 1; k < c->n; k++)
			c->args[c->fixed + k] = known(c, b, c->args[c->fixed + k], ~IR_BIT(IR_NIL));
	}
	emit_call(c, b, nargs);
}

int counted_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next) {
			struct counted c;
			if (!is_counted(&c, fl, r))
				continue;
			split(&c);
			ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
			to[r] = c.all;
			ir_rename(f, to);
			return 1;
		}
	return 0;
}

/* ---- more arguments than are looked at ---- */

/* Is argument `last` there, however many values the last call gave? */
static bool is_there(const struct ir_fn *f, ir_ref call, uint32_t last)
{
	struct counted c = { .f = (struct ir_fn *)f, .call = call };
	return last && find_last(&c) && last <= c.fixed - c.none;
}

static bool cut(struct ir_fn *f, ir_ref call)
{
	struct ir_ins *i = ir_at(f, call);
	const struct ir_lib *row = i->aux & IR_OPEN ? NULL : row_of(f, call);
	if (!row || i->nargs < 2)
		return false;
	uint32_t n = 1 + row_heeds(f->unit, row, i->nargs - 1, ir_at(f, i->args[1])->type.kinds);
	if (n == i->nargs || type_is_pending(&ir_at(f, i->args[1])->type))
		return false;
	bool there = is_there(f, call, n - 1);
	i->nargs = n;
	i->aux &= ~(uint32_t)(there ? IR_LAST : IR_MORE);
	return true;
}

/* What they are is worked out all the same, where it was written. */
int counted_surplus(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	int done = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(call))
				done += cut(f, r);
	return done;
}
