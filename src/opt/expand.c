/* expand.c - library functions that are control flow: put in the place of their calls as branches. */
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/opt.h"
#include "opt/passes.h"

#include "core/numeral.h"

#include <string.h>

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

/* ---- what raises ---- */

/* The position that error's level adds: 1 where it is called, 2 where its function was called, and so on;
 * none for level 0 and beyond the outermost function. A function that ends in a tail call is no longer
 * there. What pcall calls is called from no line. */
static struct diag_pos position(const struct ir_unit *u, uint32_t site, int64_t level, bool *shared)
{
	for (; level > 1 && site; level--) {
		uint32_t in = u->sites[site].inlined_at;
		while (u->inlines[in].tail)
			in = u->sites[u->inlines[in].site].inlined_at;
		if (u->inlines[in].sub) /* by several, from different lines */
			*shared = true;
		site = u->inlines[in].site;
	}
	return u->sites[level == 1 ? site : 0].pos;
}

ir_ref flow_located(struct flow *fl, ir_blk b, uint32_t site, int64_t level, ir_ref v)
{
	bool shared = false;
	struct diag_pos pos = position(fl->u, site, level, &shared);
	if (shared) {
		struct flow loud = *fl;
		loud.report = true;
		flow_error(&loud, site, "a position that differs by call in a shared body");
	}
	ir_ref r = flow_emit(fl, b, site, IRO(located), 1, &v);
	struct diag_file file = diag_file(pos.file ? pos.file : "");
	ir_at(fl->f, r)->k = text(fl, pos.line ? arena_printf(fl->u->arena, "%s%s:%u: ", file.dots, file.rest, pos.line) : "");
	return r;
}

/* A caught value goes the guard's way like a message. */
ir_ref flow_raise_value(struct flow *fl, ir_blk b, ir_ref like, ir_ref v)
{
	uint32_t site = ir_at(fl->f, like)->site;
	ir_ref raised = ir_at(fl->f, like)->raised;
	if (!raised)
		return flow_emit(fl, b, site, IRO(raise), 1, &v);
	struct ir_edge e = *ir_caught(fl->f, raised);
	e.args = arena_copy(fl->u->arena, e.args, sizeof(*e.args) * e.nargs);
	for (uint32_t i = 0; i < e.nargs; i++)
		if (e.args[i] == raised)
			e.args[i] = v;
	ir_ref t = flow_emit(fl, b, site, IRO(jmp), 0, NULL);
	edit_edge(fl->f, t, 0, &e);
	return 0;
}

void flow_raise(struct flow *fl, ir_blk b, ir_ref like, const char *message)
{
	uint32_t site = ir_at(fl->f, like)->site;
	ir_ref raise = flow_raise_value(fl, b, like, flow_located(fl, b, site, 1, flow_const(fl, b, site, text(fl, message))));
	if (raise && fl->doubted)
		doubts_note(fl, raise, like, message);
}

/* ---- a call that becomes branches ---- */

struct expansion {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref call;           /* out of its block, but what it was is still there */
	uint32_t site;
	uint32_t n;            /* arguments, the function not counted */
	ir_ref *args;
	uint32_t padded;       /* IR_LAST: what may be of the last ones */
	ir_blk before, rest;   /* where the call was, unfinished; what followed it */
	ir_ref all;            /* parameter of `rest`: what the call gives */
};

static struct expansion open_call(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	const struct ir_ins *i = ir_at(f, call);
	struct expansion x = { .fl = fl, .f = f, .call = call, .site = i->site, .n = i->nargs - 1, .before = i->block,
			       .padded = i->aux & IR_LAST };
	x.args = arena_copy(fl->u->arena, i->args + 1, sizeof(*x.args) * x.n);
	x.rest = edit_split(f, call);
	ir_remove(f, call);
	x.all = ir_param_add(f, x.rest);
	return x;
}

/* Ends block b: on with n values from args on, of which the last ones may not be there. */
static void give(struct expansion *x, ir_blk b, uint32_t n, const ir_ref *args, uint32_t padded)
{
	ir_ref several = flow_emit(x->fl, b, x->site, IRO(several), n, args);
	ir_at(x->f, several)->aux = n || padded & IR_MORE ? padded : 0;
	ir_ref t = flow_emit(x->fl, b, x->site, IRO(jmp), 0, NULL);
	ir_succ(x->f, t, 0, x->rest, 1, &several);
}

static void part(struct expansion *x, ir_blk b, ir_ref condition, ir_blk yes, ir_blk no)
{
	ir_ref t = flow_emit(x->fl, b, x->site, IRO(branch), 1, &condition);
	ir_succ(x->f, t, 0, yes, 0, NULL);
	ir_succ(x->f, t, 1, no, 0, NULL);
}

/* A new block, where v has that relation to k; and on in another, where it has not: returned. */
static ir_blk when(struct expansion *x, ir_blk b, ir_ref v, enum ir_op op, const pg_value *k, ir_blk *yes)
{
	ir_ref args[2] = { v, flow_const(x->fl, b, x->site, k) };
	ir_blk no = ir_block_new(x->f);
	*yes = ir_block_new(x->f);
	part(x, b, flow_emit(x->fl, b, x->site, op, 2, args), *yes, no);
	return no;
}

/* assert(v, message, ...): all its arguments when v is true. */
static int expand_assert(struct flow *fl, ir_ref call, ir_ref *gone)
{
	if (ir_at(fl->f, call)->nargs < 2)
		return 0;
	struct expansion x = open_call(fl, call);
	ir_blk good = ir_block_new(x.f), bad = ir_block_new(x.f);
	if (x.n > 1)
		flow_raise_value(fl, bad, call, flow_located(fl, bad, x.site, 1, x.args[1]));
	else
		flow_raise(fl, bad, call, "assertion failed!");
	part(&x, x.before, x.args[0], good, bad);
	ir_ref known = flow_emit(fl, good, x.site, IRO(pi), 1, x.args);
	ir_at(x.f, known)->imm = (int64_t)~IR_FALSY;
	x.args[0] = known;
	give(&x, good, x.n, x.args, 0);
	*gone = x.all;
	return 1;
}

/* ---- select ---- */

enum { MAX_SELECT = 32 }; /* values to choose from at run time */

/* Raises where the number is none. Goes on in the block returned. */
static ir_blk check_number(struct expansion *x, ir_ref n, uint64_t kinds)
{
	static const struct { const pg_value *k; const char *error; } wrong[] = {
		{ &const_nil, "bad argument #1 to 'select' (number expected, got nil)" },
		{ &const_false, "bad argument #1 to 'select' (number expected, got boolean)" },
		{ &const_true, "bad argument #1 to 'select' (number expected, got boolean)" },
	};
	ir_blk b = x->before, bad;
	for (unsigned i = 0; i < 3; i++)
		if (kinds & IR_BIT(ir_kind_of(wrong[i].k->kind))) {
			b = when(x, b, n, IRO(eq), wrong[i].k, &bad);
			flow_raise(x->fl, bad, x->call, wrong[i].error);
		}
	return b;
}

/* Values counted from the end are those of a list whose length is known. */
static void select_from(struct expansion *x, ir_ref n, uint64_t kinds)
{
	struct ir_unit *u = x->fl->u;
	int64_t count = x->n - 1;
	ir_blk b = check_number(x, n, kinds), found;
	for (int64_t i = 1; i <= count; i++) {
		b = when(x, b, n, IRO(eq), const_int(u, i), &found);
		give(x, found, (uint32_t)(count - i + 1), x->args + i, x->padded);
	}
	for (int64_t i = 1; i <= count && !x->padded; i++) {
		b = when(x, b, n, IRO(eq), const_int(u, -i), &found);
		give(x, found, (uint32_t)i, x->args + 1 + count - i, 0);
	}
	b = when(x, b, n, IRO(lt), const_int(u, 1), &found);
	flow_raise(x->fl, found, x->call, "bad argument #1 to 'select' (index out of range)");
	give(x, b, 0, NULL, 0);
}

#define NAME_THEM "name them first: local a, b = f(); or put it in parentheses to take one"

/* Why the call is refused, or NULL. */
static const struct refusal *select_refused(const struct flow *fl, const struct ir_ins *call)
{
	const struct ir_type *n = &ir_at(fl->f, call->args[1])->type;
	bool padded = call->aux & IR_PADDED, hash = n->k && n->k->kind == PG_STR && n->k->n && *n->k->str == '#';
	if (hash && !padded)
		return NULL;
	if (hash)
		return REFUSAL(ON_FUNCTIONS, NAME_THEM, "how many values 'select' counts here differs by the way taken");
	if (padded && !(n->k && n->k->kind == PG_INT && n->k->i > 0))
		return REFUSAL(ON_FUNCTIONS, NAME_THEM, "how many values 'select' gets here differs by the way taken, "
			       "and it may count them from the end");
	if (!(n->kinds & IR_BIT(IR_INT)) || n->kinds & ~(IR_BIT(IR_INT) | IR_BIT(IR_NIL) | IR_BOOL))
		return REFUSAL(ON_FUNCTIONS, "give it a number",
			       "the first argument of 'select' is neither \"#\" nor surely a number here");
	if (!n->k && call->nargs - 2 > MAX_SELECT)
		return REFUSAL(ON_FUNCTIONS, "give it fewer, or a number that is known",
			       "'select' has too many values to choose from at run time");
	return NULL;
}

static int expand_select(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	if (i->nargs < 2)
		return 0;
	ir_ref n = i->args[1];
	const struct ir_type type = ir_at(fl->f, n)->type;
	if (!type.kinds || type_is_pending(&type))
		return 0;
	const struct refusal *why = select_refused(fl, i);
	if (why) {
		struct flow loud = *fl;
		loud.report = true;
		diag_advise(flow_error(&loud, i->site, "%s", why->text), why);
		return -1;
	}
	struct expansion x = open_call(fl, call);
	*gone = x.all;
	int64_t count = x.n - 1, at = type.k && type.k->kind == PG_INT ? type.k->i : 0;
	if (at < 0)
		at += count + 1;
	if (type.k && type.k->kind == PG_STR) {
		ir_ref number = flow_const(fl, x.before, x.site, const_int(fl->u, count));
		give(&x, x.before, 1, &number, 0);
	} else if (at > 0) {
		at = at < count + 1 ? at : count + 1;
		give(&x, x.before, (uint32_t)(count - at + 1), x.args + at, x.padded);
	} else {
		select_from(&x, n, type.kinds);
	}
	return 1;
}

/* ---- error, pcall ---- */

/* The level that is surely none: what Lua says. */
static bool bad_level(struct flow *fl, uint32_t site, const struct ir_type *level)
{
	struct infer in = { .fl = *fl };
	const pg_value number = level->k && level->k->kind == PG_STR ? numeral_read(fl->u->arena, level->k) : level->k ? *level->k : const_nil;
	int64_t n;
	in.fl.report = true;
	if (number.kind == PG_FLOAT && !numeral_integer(&number, &n))
		flow_error(&in.fl, site, "bad argument #2 to 'error' (number has no integer representation)")->help =
			"write error(message, 1), or no level";
	else if (!(level->kinds & (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT) | IR_BIT(IR_NIL) | IR_ALL_STRINGS)) ||
		 (level->k && level->k->kind == PG_STR && number.kind == PG_NIL))
		flow_error(&in.fl, site, "bad argument #2 to 'error' (number expected, got %s)", infer_wrong(&in, level, 0))->help =
			"write error(message, 1), or no level; what belongs to the message goes into it: error(\"m: \" .. x)";
	else
		return false;
	return true;
}

static int expand_error(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	const struct ir_type none = { .kinds = IR_BIT(IR_NIL) };
	const struct ir_type *level = i->nargs > 2 ? &ir_at(fl->f, i->args[2])->type : &none;
	bool given = level->k && level->k->kind == PG_INT;
	if (!level->kinds || type_is_pending(level))
		return 0;
	if (!given && level->kinds != IR_BIT(IR_NIL) && bad_level(fl, i->site, level))
		return -1;
	if (!given && level->kinds != IR_BIT(IR_NIL)) {
		struct flow loud = *fl;
		loud.report = true;
		flow_refuse(&loud, i->site, ON_FUNCTIONS, "give it a constant, or none", "the level of 'error' "
			    "is known only at run time; that is not there yet");
		return -1;
	}
	int64_t n = given ? level->k->i : 1;
	struct expansion x = open_call(fl, call);
	ir_ref v = x.n ? x.args[0] : flow_const(fl, x.before, x.site, &const_nil);
	flow_raise_value(fl, x.before, call, flow_located(fl, x.before, x.site, n, v));
	*gone = x.all;
	return 1;
}

ir_blk flow_guard(struct flow *fl, ir_blk b, ir_ref like, ir_ref *raised)
{
	ir_ref old = ir_at(fl->f, like)->raised;
	uint32_t site = ir_at(fl->f, like)->site;
	struct ir_edge e = *ir_caught(fl->f, old);
	*raised = flow_emit(fl, b, site, IRO(raised), 0, NULL);
	e.args = arena_copy(fl->u->arena, e.args, sizeof(*e.args) * e.nargs);
	for (uint32_t i = 0; i < e.nargs; i++)
		if (e.args[i] == old)
			e.args[i] = *raised;
	ir_ref t = flow_emit(fl, b, site, IRO(guard), 1, raised);
	ir_blk on = ir_block_new(fl->f);
	ir_succ(fl->f, t, 0, on, 0, NULL);
	edit_edge(fl->f, t, 1, &e);
	return on;
}

uint32_t flow_native_site(struct ir_unit *u, uint32_t site)
{
	struct ir_inline in = { .site = site, .fn = IR_NATIVE, .parent = u->sites[site].inlined_at };
	arena_push(u->arena, u->inlines, u->ninlines, u->cap_inlines, in);
	uint32_t native = ir_site(u, (struct diag_pos){ .file = u->sites[site].pos.file }, u->ninlines - 1);
	u->sites[native].parted = u->sites[site].parted;
	return native;
}

bool flow_is_native(const struct ir_unit *u, uint32_t site)
{
	uint32_t in = u->sites[site].inlined_at;
	return in && u->inlines[in].fn == (uint32_t)IR_NATIVE;
}

/* At the end of block b: args[0] called with the others. What it raises, `caught` gets as its parameter; *on is
 * where nothing was. Returns the call. */
static ir_ref call_guarded(struct expansion *x, ir_blk b, uint32_t n, const ir_ref *args, ir_blk *on, ir_blk caught)
{
	struct flow *fl = x->fl;
	ir_ref raised = flow_emit(fl, b, x->site, IRO(raised), 0, NULL);
	ir_ref guard = flow_emit(fl, b, x->site, IRO(guard), 1, &raised);
	ir_param_add(x->f, caught);
	*on = ir_block_new(x->f);
	ir_succ(x->f, guard, 0, *on, 0, NULL);
	ir_succ(x->f, guard, 1, caught, 1, &raised);
	ir_ref c = flow_emit(fl, *on, flow_native_site(fl->u, x->site), IRO(call), n, args);
	ir_at(x->f, c)->raised = raised;
	return c;
}

/*
 *   raised; guard  -> call f(...)     -> true, its results
 *                  -> (message)       -> false, message
 */
static int expand_pcall(struct flow *fl, ir_ref call, ir_ref *gone)
{
	if (ir_at(fl->f, call)->nargs < 2)
		return 0;
	struct expansion x = open_call(fl, call);
	ir_blk body, caught = ir_block_new(x.f);
	ir_ref c = call_guarded(&x, x.before, x.n, x.args, &body, caught);
	ir_at(x.f, c)->aux = x.padded;
	give(&x, body, 2, (ir_ref[]){ flow_const(fl, body, x.site, &const_true), c }, IR_OPEN);
	ir_ref message = ir_block(x.f, caught)->params[0];
	give(&x, caught, 2, (ir_ref[]){ flow_const(fl, caught, x.site, &const_false), message }, 0);
	*gone = x.all;
	return 1;
}

enum {
	MAX_HANDLED = 2,   /* what the handler's own errors raise are messages: the second time it is surely given one */
	MOST_HANDLED = 200 /* calls of C in each other that Lua has room for */
};

static ir_ref without_end(struct expansion *x, ir_blk b)
{
	return flow_const(x->fl, b, x->site, text(x->fl, "error in error handling"));
}

/* h(v) at the end of block b: its first result is given, behind `before`, if that is a value. Returns where what it raises comes
 * in. A handler that is there again may fail with what it is given now, and need not with what it was given before. */
static ir_blk handle_once(struct expansion *x, ir_blk b, const ir_ref with[2], const pg_value *before, bool repeated)
{
	ir_blk handled, again = ir_block_new(x->f);
	ir_ref h = call_guarded(x, b, 2, with, &handled, again), give_all[2];
	uint32_t n = 0;
	x->fl->u->sites[ir_at(x->f, h)->site].parted = repeated;
	x->fl->u->handles |= repeated;
	if (before)
		give_all[n++] = flow_const(x->fl, handled, x->site, before);
	give_all[n++] = flow_emit(x->fl, handled, x->site, IRO(result), 1, &h);
	give(x, handled, n, give_all, 0);
	return again;
}

/* What a handler raises goes to the handler again in Lua, until it gives a value, or there is no stack left. What it is given
 * from then on is a loop's, which is made once it is seen that it is needed (handle_known). */
static void handle(struct expansion *x, ir_blk caught, ir_ref handler)
{
	static const pg_value on = { .kind = PG_LIB, .lib = "(handle)" };
	for (unsigned i = 0; i < MAX_HANDLED; i++)
		caught = handle_once(x, caught, (ir_ref[]){ handler, ir_block(x->f, caught)->params[0] }, &const_false, i > 0);
	ir_ref args[3] = { flow_const(x->fl, caught, x->site, &on), handler, ir_block(x->f, caught)->params[0] };
	ir_ref c = flow_emit(x->fl, caught, x->site, IRO(call), 3, args);
	ir_ref v = flow_emit(x->fl, caught, x->site, IRO(result), 1, &c);
	give(x, caught, 2, (ir_ref[]){ flow_const(x->fl, caught, x->site, &const_false), v }, 0);
}

/*
 *   loop(v, n)  call h(v)   -> its first result
 *               -> (raised) n < MOST_HANDLED -> loop(raised, n + 1)
 *                           else             -> "error in error handling"
 */
static void handle_in_loop(struct expansion *x)
{
	ir_blk loop = ir_block_new(x->f), back, end;
	ir_ref first[2] = { x->args[1], flow_const(x->fl, x->before, x->site, const_int(x->fl->u, MAX_HANDLED + 1)) };
	ir_ref v = ir_param_add(x->f, loop), n = ir_param_add(x->f, loop);
	ir_succ(x->f, flow_emit(x->fl, x->before, x->site, IRO(jmp), 0, NULL), 0, loop, 2, first);
	ir_blk again = handle_once(x, loop, (ir_ref[]){ x->args[0], v }, NULL, true);
	end = when(x, again, n, IRO(lt), const_int(x->fl->u, MOST_HANDLED), &back);
	ir_ref one = flow_const(x->fl, back, x->site, const_int(x->fl->u, 1));
	ir_ref next[2] = { ir_block(x->f, again)->params[0], flow_emit(x->fl, back, x->site, IRO(add), 2, (ir_ref[]){ n, one }) };
	ir_succ(x->f, flow_emit(x->fl, back, x->site, IRO(jmp), 0, NULL), 0, loop, 2, next);
	ir_ref none = without_end(x, end);
	give(x, end, 1, &none, 0);
}

static bool is_handle(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	return row && ir_lib_expands(row) && row->imm == IR_EXPAND_HANDLE;
}

int handle_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; fl->u->handles && o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next) {
			if (!is_handle(f, ir_at(f, r)))
				continue;
			struct expansion x = open_call(fl, r);
			handle_in_loop(&x);
			ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
			to[r] = x.all;
			ir_rename(f, to);
			f->ordered = f->treed = false;
			return 1;
		}
	return 0;
}

/* `error` itself gets what it raises until Lua has no stack left, which is then what xpcall gives. */
static void handle_by_error(struct expansion *x, ir_blk caught)
{
	give(x, caught, 2, (ir_ref[]){ flow_const(x->fl, caught, x->site, &const_false), without_end(x, caught) }, 0);
}

/*
 *   raised; guard  -> call f(...)                  -> true, its results
 *                  -> (message), call h(message)   -> false, its first result
 */
static int expand_xpcall(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	const struct ir_type *t = i->nargs < 3 ? NULL : &ir_at(fl->f, i->args[2])->type;
	if (!t || !t->kinds || type_is_pending(t))
		return 0;
	bool raises = t->row && ir_lib_expands(t->row) && t->row->imm == IR_EXPAND_ERROR;
	if (t->kinds != IR_BIT(IR_FUNC) && !t->row) {
		struct flow loud = *fl;
		loud.report = true;
		flow_refuse(&loud, i->site, ON_FUNCTIONS, "give it a function by its name",
			    "the handler of 'xpcall' is not surely a function here");
		return -1;
	}
	struct expansion x = open_call(fl, call);
	ir_blk body, caught = ir_block_new(x.f);
	ir_ref handler = x.args[1];
	x.args[1] = x.args[0];
	ir_ref c = call_guarded(&x, x.before, x.n - 1, x.args + 1, &body, caught);
	give(&x, body, 2, (ir_ref[]){ flow_const(fl, body, x.site, &const_true), c }, IR_OPEN);
	if (raises)
		handle_by_error(&x, caught);
	else
		handle(&x, caught, handler);
	*gone = x.all;
	return 1;
}

static int expand_pairs(struct flow *fl, ir_ref call, ir_ref *gone)
{
	(void)gone;
	return ir_at(fl->f, call)->nargs > 1 && iterate_pairs(fl, call);
}

static int expand_ipairs(struct flow *fl, ir_ref call, ir_ref *gone)
{
	(void)gone;
	return ir_at(fl->f, call)->nargs > 1 && iterate_ipairs(fl, call);
}

static int expand_gmatch(struct flow *fl, ir_ref call, ir_ref *gone)
{
	(void)gone;
	return matches_begin(fl, call);
}

static int expand_nothing(struct flow *fl, ir_ref call, ir_ref *gone)
{
	(void)fl, (void)call, (void)gone;
	return 0;
}

/* { n = how many, ... } */
static int expand_pack(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins old = *ir_at(fl->f, call);
	ir_ref *args = arena_copy(fl->u->arena, old.args, sizeof(*args) * old.nargs);
	ir_ref t = args[0] = iterate_insert(fl, call, IRO(newtable), 0, NULL);
	ir_ref name = iterate_const(fl, call, text(fl, "n")), n = iterate_const(fl, call, const_int(fl->u, old.nargs - 1));
	iterate_insert(fl, call, IRO(setindex), 3, (ir_ref[]){ t, name, n });
	iterate_insert(fl, call, IRO(setlist), old.nargs, args);
	iterate_become(fl, call, IRO(several), 1, &t);
	*gone = 0;
	return 1;
}

/* a == b of what has no metamethod for it; of addresses, which are objects to Lua, no more than that is known. */
static int expand_rawequal(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins old = *ir_at(fl->f, call);
	for (uint32_t a = 1; a < 3; a++) {
		const struct ir_type *t = old.nargs > 2 ? &ir_at(fl->f, old.args[a])->type : NULL;
		if (!t || !t->kinds || type_is_pending(t))
			return 0;
		bool table = t->k && t->k->kind == PG_TABLE;
		if (!table && t->kinds & ~(IR_FALSY | IR_BOOL | IR_BIT(IR_INT) | IR_ALL_STRINGS)) {
			struct flow loud = *fl;
			loud.report = true;
			flow_refuse(&loud, old.site, ON_TABLES, "compare with ==, which calls no metamethod in kernel code",
				    "'%s' of anything but numbers, texts, booleans, nil and captured tables is not there yet",
				    "rawequal");
			return -1;
		}
	}
	ir_ref equal = iterate_insert(fl, call, IRO(eq), 2, old.args + 1);
	iterate_become(fl, call, IRO(several), 1, &equal);
	*gone = 0;
	return 1;
}

bool expand_bound(const struct ir_fn *f, const struct ir_ins *call, uint32_t arg, int64_t *out)
{
	const pg_value *k = call->nargs > arg ? ir_at(f, call->args[arg])->type.k : &const_nil;
	if (k && k->kind == PG_INT)
		*out = k->i;
	return k && (k->kind == PG_INT || k->kind == PG_NIL);
}

uint64_t expand_span(int64_t from, int64_t to)
{
	const uint64_t behind = (uint64_t)to - (uint64_t)from;
	return to < from ? 0 : behind + (behind < UINT64_MAX);
}

/* Elements of a captured table are known; those of one made in the function once they are variables (lists.c). */
static int expand_unpack(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins old = *ir_at(fl->f, call);
	const pg_value *t = old.nargs > 1 ? ir_at(fl->f, old.args[1])->type.k : NULL;
	int64_t from = 1, to = 0;
	ir_ref v[MAX_SELECT + 1];
	for (uint32_t a = 2; a < old.nargs; a++)
		if (!ir_at(fl->f, old.args[a])->type.kinds || type_is_pending(&ir_at(fl->f, old.args[a])->type))
			return 0;
	if (!t || t->kind != PG_TABLE)
		return 0;
	if (fl->u->source->len(fl->u, t->id, &to) < 0 || !expand_bound(fl->f, &old, 2, &from) || !expand_bound(fl->f, &old, 3, &to) ||
	    expand_span(from, to) > MAX_SELECT) {
		struct flow loud = *fl;
		loud.report = true;
		flow_refuse(&loud, old.site, ON_TABLES, "name its elements: t[1], t[2]", "'%s' gives up to %d elements, "
			    "between constant bounds, in kernel code", "table.unpack", MAX_SELECT);
		return -1;
	}
	const uint32_t n = (uint32_t)expand_span(from, to);
	for (uint32_t i = 0; i < n; i++)
		v[i] = iterate_insert(fl, call, IRO(index), 2,
				      (ir_ref[]){ old.args[1], iterate_const(fl, call, const_int(fl->u, from + i)) });
	iterate_become(fl, call, IRO(several), n, v);
	*gone = 0;
	return 1;
}

/* table.insert(t, v) is t[#t + 1] = v. */
static int expand_insert(struct flow *fl, ir_ref call, ir_ref *gone)
{
	const struct ir_ins old = *ir_at(fl->f, call);
	const struct ir_type *t = old.nargs > 2 ? &ir_at(fl->f, old.args[1])->type : NULL;
	if (!t || !t->kinds || type_is_pending(t))
		return 0;
	if (t->kinds != IR_BIT(IR_REC) || old.nargs > 3) {
		struct flow loud = *fl;
		loud.report = true;
		flow_refuse(&loud, old.site, ON_TABLES, "append to a table of the function: table.insert(t, v), or t[#t + 1] = v; move "
			    "elements one by one", "'%s' puts a value at the end of a table made in kernel code alone", "table.insert");
		return -1;
	}
	ir_ref len = iterate_insert(fl, call, IRO(len), 1, &old.args[1]), one = iterate_const(fl, call, const_int(fl->u, 1));
	ir_ref key = iterate_insert(fl, call, IRO(add), 2, (ir_ref[]){ len, one });
	ir_ref set = iterate_insert(fl, call, IRO(setindex), 3, (ir_ref[]){ old.args[1], key, old.args[2] });
	ir_at(fl->f, set)->raised = old.raised;
	iterate_become(fl, call, IRO(several), 0, NULL);
	*gone = 0;
	return 1;
}

/* math.max(v), math.min(v): v, whatever it is, for it is compared with nothing. */
static bool is_extreme(const struct ir_lib *row)
{
	return !strcmp(row->name, "math.max") || !strcmp(row->name, "math.min");
}

int expand_alone(struct flow *fl, ir_ref call, const struct ir_lib *row)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	if (i->op != IRO(call) || i->nargs != 2 || i->aux & (IR_OPEN | IR_LAST | IR_DROPPED) || !is_extreme(row))
		return 0;
	iterate_become(fl, call, IRO(several), 1, (ir_ref[]){ i->args[1] });
	return 1;
}

int expand_call(struct flow *fl, ir_ref call, const struct ir_lib *row, ir_ref *gone)
{
	static int (*const expand[])(struct flow *, ir_ref, ir_ref *) = {
		[IR_EXPAND_ASSERT] = expand_assert, [IR_EXPAND_SELECT] = expand_select,
		[IR_EXPAND_ERROR] = expand_error,   [IR_EXPAND_PCALL] = expand_pcall,
		[IR_EXPAND_XPCALL] = expand_xpcall,
		[IR_EXPAND_LOCKED] = expand_locked,
		[IR_EXPAND_PAIRS] = expand_pairs,   [IR_EXPAND_IPAIRS] = expand_ipairs,
		[IR_EXPAND_GMATCH] = expand_gmatch,
		[IR_EXPAND_PACK] = expand_pack,     [IR_EXPAND_UNPACK] = expand_unpack,
		[IR_EXPAND_INSERT] = expand_insert,
		[IR_EXPAND_RAWEQUAL] = expand_rawequal,
		[IR_EXPAND_NEXT] = expand_nothing,  [IR_EXPAND_STEP] = expand_nothing,
		[IR_EXPAND_HANDLE] = expand_nothing,
	};
	bool refused = ir_at(fl->f, call)->aux & IR_PADDED && !ir_lib_takes_padded(row);
	return refused ? 0 : expand[row->imm](fl, call, gone);
}
