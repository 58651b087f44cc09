/*
 * matches.c - s:gmatch(pattern): an iterator over the matches in a string.
 *
 * The call becomes an `iterator`, a function with a variable of its own, a cell that says where to go on. A call of
 * that, by a loop's turn or by hand, becomes a call of the row that looks for the next match; it gives where the one
 * after that begins, which goes into the cell, and the captures. So the cell is a value like any other variable of a
 * function, and the iterator is gone when nobody names it.
 */
#include "opt/infer.h"
#include "opt/iterate.h"

/* A call of the row of that name, which raises where `like` does and is called as that names it. */
static ir_ref call_of(struct flow *fl, ir_ref like, const char *name, uint32_t n, ir_ref *args)
{
	args[0] = iterate_const(fl, like, const_new(fl->u, (pg_value){ .kind = PG_LIB, .lib = name }));
	ir_ref r = iterate_insert(fl, like, IRO(call), n, args);
	ir_at(fl->f, r)->raised = ir_at(fl->f, like)->raised;
	ir_at(fl->f, r)->names = ir_at(fl->f, like)->names;
	return r;
}

static ir_ref result_of(struct flow *fl, ir_ref at, ir_ref call, uint32_t which)
{
	ir_ref r = iterate_insert(fl, at, IRO(result), 1, &call);
	ir_at(fl->f, r)->aux = which;
	return r;
}

/* ---- s:gmatch(pattern [, init]) ---- */

static const struct ir_lib *row_of_turns(const struct ir_unit *u)
{
	return ir_lib_find(u->target->str_rows, "(match)");
}

/* How many values a turn gives; 0: not known, or refused. */
static uint32_t turn_results(struct flow *fl, const struct ir_type *s, const struct ir_type *pattern)
{
	struct ir_type out[IR_RESULTS] = { { 0 } }, a[] = { *s, *pattern, type_kinds(IR_BIT(IR_INT)) };
	struct infer in = { .fl = *fl };
	uint32_t n = 0;
	if (!s->kinds || type_is_pending(s) || !row_of_turns(fl->u)->type(&in, row_of_turns(fl->u), 0, 3, a, out))
		return 0;
	while (n < IR_RESULTS && out[n].kinds)
		n++;
	return n ? n - 1 : 0;
}

/* Is it called as a method of what may be an address, which has none of that name, or is string.gmatch given a packet? */
static bool misses_method(struct flow *fl, const struct ir_ins *i)
{
	const uint64_t kinds = ir_at(fl->f, i->args[1])->type.kinds;
	bool method = ir_at(fl->f, i->args[0])->op == IRO(self);
	if (!method && kinds & IR_VIEWS) {
		flow_refuse(fl, i->site, ON_STRINGS, "write p:gmatch(...)", "'string.gmatch' is given what may be a packet here, which is no string");
		return true;
	}
	if (!method || !(kinds & (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))))
		return false;
	flow_refuse(fl, i->site, ON_STRINGS, "test it first: if type(v) == \"string\" then for w in v:gmatch(...) do ... end end",
		    "'gmatch' is called of what may be an address here, which has no such method");
	return true;
}

/* Can the call be what it says? Its string, its pattern and where it begins are looked at. */
static bool may_begin(struct flow *fl, ir_ref call)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	const struct ir_lib *begin = ir_lib_find(fl->u->target->str_rows, "(gmatch)"), *turn = row_of_turns(fl->u);
	struct infer in = { .fl = *fl };
	struct ir_type out[IR_RESULTS] = { { 0 } }, s = ir_at(fl->f, i->args[1])->type;
	struct ir_type nil = type_const(fl->u->target, &const_nil), number = type_kinds(IR_BIT(IR_INT));
	struct ir_type first[] = { s, i->nargs > 3 ? ir_at(fl->f, i->args[3])->type : nil };
	struct ir_type next[] = { s, ir_at(fl->f, i->args[2])->type, number };
	for (int k = 0; k < 2; k++)
		if (!first[k].kinds || !next[k].kinds || type_is_pending(&first[k]) || type_is_pending(&next[k]))
			return false;
	return !misses_method(fl, i) && begin->type(&in, begin, i->site, 2, first, out) && turn->type(&in, turn, i->site, 3, next, out);
}

void matches_report(struct flow *fl, ir_ref call)
{
	may_begin(fl, call);
}

/* The string that a view is now: v:sub(1). */
static ir_ref bytes_of(struct flow *fl, ir_ref call, ir_ref v)
{
	static const pg_value name = { .kind = PG_STR, .str = "sub", .n = 3 };
	ir_ref one = iterate_const(fl, call, const_int(fl->u, 1));
	ir_ref sub = iterate_insert(fl, call, IRO(self), 2, (ir_ref[]){ v, iterate_const(fl, call, &name) });
	ir_ref r = iterate_insert(fl, call, IRO(call), 3, (ir_ref[]){ sub, v, one });
	ir_at(fl->f, sub)->raised = ir_at(fl->f, r)->raised = ir_at(fl->f, call)->raised;
	return result_of(fl, call, r, 0);
}

int matches_begin(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	uint32_t n = ir_at(f, call)->nargs;
	const ir_ref *args = ir_at(f, call)->args;
	if (n < 3 || !may_begin(fl, call))
		return 0;
	ir_ref s = args[1], init = n > 3 ? args[3] : iterate_const(fl, call, &const_nil);
	const pg_value *k = ir_at(f, args[2])->type.k;
	if (ir_at(f, s)->type.kinds & IR_VIEWS)
		s = bytes_of(fl, call, s);
	ir_ref from = call_of(fl, call, "string.(gmatch)", 3, (ir_ref[]){ 0, s, init });
	from = result_of(fl, call, from, 0);
	s = iterate_insert(fl, call, IRO(pi), 1, &s);
	ir_at(f, s)->imm = (int64_t)IR_STRINGS;
	ir_ref cell = iterate_insert(fl, call, IRO(cell), 1, &from);
	ir_ref it = iterate_insert(fl, call, IRO(iterator), 2, (ir_ref[]){ s, cell });
	ir_at(f, it)->k = k;
	iterate_become(fl, call, IRO(several), 1, &it);
	return 1;
}

/* ---- a turn ---- */

static ir_ref iterator_of(const struct ir_fn *f, ir_ref call)
{
	ir_ref c = ir_untested(f, ir_at(f, call)->args[0]);
	return ir_at(f, c)->op == IRO(iterator) ? c : 0;
}

/* The call that looks for the next match; *n: how many values it gives behind its first. 0: not yet. */
static ir_ref look(struct flow *fl, ir_ref call, ir_ref *cell, uint32_t *n)
{
	struct ir_fn *f = fl->f;
	ir_ref it = iterator_of(f, call);
	if (!it)
		return 0;
	ir_ref s = ir_at(f, it)->args[0];
	const struct ir_type type = ir_at(f, s)->type, pattern = type_const(fl->u->target, ir_at(f, it)->k);
	*cell = ir_at(f, it)->args[1];
	*n = turn_results(fl, &type, &pattern);
	if (!*n)
		return 0;
	ir_ref k = iterate_const(fl, call, pattern.k), at = iterate_insert(fl, call, IRO(cellget), 1, cell);
	return call_of(fl, call, "string.(match)", 4, (ir_ref[]){ 0, s, k, at });
}

int matches_call(struct flow *fl, ir_ref call, ir_ref *gone)
{
	ir_ref cell, all[IR_RESULTS];
	uint32_t n;
	ir_ref c = look(fl, call, &cell, &n);
	if (!c)
		return 0;
	ir_ref next = result_of(fl, call, c, 0);
	iterate_insert(fl, call, IRO(cellset), 2, (ir_ref[]){ cell, next });
	for (uint32_t i = 0; i < n; i++)
		all[i] = result_of(fl, call, c, i + 1);
	*gone = iterate_insert(fl, call, IRO(several), n, all);
	ir_at(fl->f, *gone)->aux = IR_PADDED;
	ir_remove(fl->f, call);
	return 1;
}

/* What the loop asks: its first result, the comparison with nil, and the body, where that is entered from nowhere
 * else; else false. */
static bool asks(const struct ir_fn *f, ir_ref call, ir_ref *first, ir_ref *done, ir_blk *body)
{
	const struct ir_ins *last = ir_at(f, ir_block(f, ir_at(f, call)->block)->last);
	*done = last->op == IRO(branch) ? last->args[0] : 0;
	*first = *done && ir_at(f, *done)->op == IRO(eq) ? ir_at(f, *done)->args[0] : 0;
	*body = *first ? last->succ[1].to : 0;
	return *first && ir_at(f, *first)->op == IRO(result) && ir_at(f, *first)->args[0] == call &&
	       ir_block(f, *body)->npreds == 1;
}

/* r, a result of the turn, becomes the one behind it of c. What is asked for in the body is not nil there. */
static void shift_result(struct flow *fl, ir_ref r, ir_ref c, uint32_t n)
{
	uint32_t which = ir_at(fl->f, r)->aux;
	ir_ref v = which < n ? result_of(fl, r, c, which + 1) : iterate_const(fl, r, &const_nil);
	iterate_become(fl, r, IRO(pi), 1, &v);
	ir_at(fl->f, r)->imm = (int64_t)(which && which < n ? ~IR_BIT(IR_NIL) : IR_ANY);
}

static void shift_results(struct flow *fl, ir_ref call, ir_ref c, uint32_t n)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(result) && ir_at(f, r)->args[0] == call)
				shift_result(fl, r, c, n);
}

/* The first result, which the loop asks whether it is nil, is none in the body. */
static void narrow_first(struct flow *fl, ir_ref first, ir_ref done, ir_blk body)
{
	struct ir_fn *f = fl->f;
	ir_ref asked = ir_at(f, first)->args[0];
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins + 1);
	ir_ref pi = iterate_insert(fl, ir_block(f, body)->first, IRO(pi), 1, &asked);
	ir_at(f, pi)->imm = (int64_t)~IR_BIT(IR_NIL);
	ir_at(f, done)->args[0] = asked;
	ir_remove(f, first);
	to[first] = pi;
	ir_rename(f, to);
}

bool matches_turn(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	ir_ref cell;
	uint32_t n;
	ir_ref c = look(fl, call, &cell, &n);
	if (!c)
		return false;
	ir_ref first, done;
	ir_blk body;
	bool known = asks(f, call, &first, &done, &body);
	ir_ref at = known ? ir_block(f, body)->first : call, next = result_of(fl, at, c, 0);
	if (known) {
		next = iterate_insert(fl, at, IRO(pi), 1, &next);
		ir_at(f, next)->imm = (int64_t)~IR_BIT(IR_NIL);
	}
	iterate_insert(fl, at, IRO(cellset), 2, (ir_ref[]){ cell, next });
	shift_results(fl, call, c, n);
	if (known)
		narrow_first(fl, first, done, body);
	ir_remove(f, call);
	return true;
}
