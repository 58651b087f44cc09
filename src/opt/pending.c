/*
 * pending.c - what is said where it is not known which function is called, and of what hangs on something unknown.
 *
 * The first of those that hang on one another is refused, and no other; calls go first, for they are why the rest is not
 * known: `state = busy` in a function that was called as `state(c)`.
 */
#include "opt/infer.h"
#include "opt/reach.h"

/* ---- a call ---- */

const struct refusal *pending_state(void)
{
	return REFUSAL(ON_FUNCTIONS, "keep the functions in a table outside the program, which captures it, and a number or a text that "
		       "says which: state = states[state](c)", "which function this calls is known only at run time: it comes "
		       "from a call before, or from itself");
}

/* The closures that v may be, by way of parameters: 0, 1 or 2 for more; *one: the first. */
static uint32_t count_closures(const struct flow *fl, bool *seen, ir_ref v, ir_ref *one)
{
	const struct ir_fn *f = fl->f;
	const ir_ref of = ir_untested(f, v);
	const struct ir_ins *i = ir_at(f, of);
	uint32_t n = 0;
	if (seen[of])
		return 0;
	seen[of] = true;
	if (i->op == IRO(closure) || i->type.k) {
		n = i->type.kinds & IR_BIT(IR_FUNC) && *one != of;
		*one = n && i->op == IRO(closure) ? of : *one;
	}
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; i->op == IRO(param) && i->block != 1 && p < k->npreds && n < 2; p++)
		n += count_closures(fl, seen, ir_pred_edge(f, &k->preds[p])->args[i->aux], one);
	return n;
}

static void refuse_callee(struct flow *fl, uint32_t site)
{
	flow_refuse(fl, site, ON_FUNCTIONS, "call each one by its name under an if",
		    "which function is called here is known only at run time; that is not there yet");
}

void pending_callee(struct flow *fl, ir_ref call)
{
	ir_ref one = 0;
	uint32_t site = ir_at(fl->f, call)->site;
	bool *seen = fl->report ? arena_array(fl->u->scratch, bool, fl->f->nins) : NULL;
	if (seen && count_closures(fl, seen, ir_at(fl->f, call)->args[0], &one) == 1 && one && ir_at(fl->f, one)->nargs &&
	    reach_again(fl->f, one))
		flow_refuse(fl, site, ON_FUNCTIONS, "make it once, before the loop, and assign the variables that it captures: local n "
			    "local function f() return n end for i = 1, 9 do n = i end; of several in a list the keys are to be known: fs[i] = function ... end", "what this function captured when it was made "
			    "is known only at run time; that is not there yet");
	else
		refuse_callee(fl, site);
}

/* ---- what hangs on something unknown ---- */

/* Does r hang on something of which that was said? Of parameters, by way of any edge; variables that functions share are
 * known or not together. */
static bool follows_said(const struct flow *fl, const bool *said, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	for (uint32_t a = 0; a < i->nargs; a++)
		if (said[i->args[a]])
			return true;
	if (i->op == IRO(cellget))
		return said[0];
	const struct ir_block *k = ir_block(fl->f, i->block);
	for (uint32_t p = 0; i->op == IRO(param) && i->block != 1 && p < k->npreds; p++)
		if (said[ir_pred_edge(fl->f, &k->preds[p])->args[i->aux]])
			return true;
	return false;
}

static bool spread_said(const struct flow *fl, bool *said)
{
	bool more = false;
	for (uint32_t o = 0; o < fl->f->nrpo; o++) {
		const struct ir_block *k = ir_block(fl->f, fl->f->rpo[o]);
		for (uint32_t i = 0; i < k->nparams; i++)
			if (!said[k->params[i]] && follows_said(fl, said, k->params[i]))
				more = said[k->params[i]] = true;
		for (ir_ref r = k->first; r; r = ir_at(fl->f, r)->next)
			if (!said[r] && follows_said(fl, said, r))
				more = said[r] = true;
	}
	return more;
}

/* table.unpack of what is no table; false: that is not why its results are unknown. */
static bool no_table(struct flow *fl, const struct ir_ins *call)
{
	const struct infer in = { .fl = *fl };
	const struct ir_lib *row = call->op == IRO(call) ? ir_at(fl->f, call->args[0])->type.row : NULL;
	const struct ir_type *t = call->nargs > 1 ? &ir_at(fl->f, call->args[1])->type : NULL;
	const uint64_t tables = IR_BIT(IR_REC) | IR_BIT(IR_HOST) | IR_BIT(IR_PENDING);
	if (!row || !ir_lib_expands(row) || row->imm != IR_EXPAND_UNPACK || !t || !t->kinds || t->kinds & tables)
		return false;
	flow_error(fl, call->site, "bad argument #1 to '%s' (table expected, got %s)", row->name, infer_wrong(&in, t, 0))
		->help = infer_use(&in, t) ? infer_use(&in, t) : "give it a list: table.unpack({ a, b })";
	return true;
}

/* Is it a call of what is not known? That is why what hangs on it is not known, too. */
static bool calls_pending(const struct flow *fl, const struct ir_ins *i)
{
	return i->op == IRO(call) && type_is_pending(&ir_at(fl->f, i->args[0])->type);
}

/* Where i uses a table within a function that was called too late, when the table had become a copy of its fields, which is made
 * where the call is: that; or 0. */
static uint32_t called_late(const struct flow *fl, const struct ir_ins *i)
{
	const struct ir_ins *of = ir_at(fl->f, i->nargs ? ir_untested(fl->f, i->args[0]) : 0);
	const struct ir_site *in = &fl->u->sites[i->site];
	return of->op == IRO(record) && in->inlined_at && fl->u->sites[of->site].inlined_at != in->inlined_at ? of->site : 0;
}

/* Is it what a handler of xpcall does with what it raised itself? */
static bool handled_again(const struct ir_unit *u, uint32_t site)
{
	const bool repeated = u->handles && u->sites[site].parted;
	while (repeated && site && !flow_is_native(u, site))
		site = u->inlines[u->sites[site].inlined_at].site;
	return repeated && site;
}

static void refuse_one(struct flow *fl, const struct ir_ins *i)
{
	const uint32_t call = called_late(fl, i);
	if (call)
		refuse_callee(fl, call);
	else if (calls_pending(fl, i))
		diag_advise(flow_error(fl, i->site, "%s", pending_state()->text), pending_state());
	else if (handled_again(fl->u, i->site))
		flow_refuse(fl, i->site, ON_FUNCTIONS, "let it give a value, and raise that behind the call: if not ok then error(e, 0) end",
			    "what the handler of 'xpcall' raises goes to it again, and what it raises then hangs on that; that is not there yet");
	else if (!no_table(fl, i))
		flow_refuse(fl, i->site, ON_FUNCTIONS, "call the function by its name, and give it what it needs as "
			    "arguments", "what this gives is known only at run time; that is not there yet for "
			    "functions and the variables they share");
}

/* Is it called where nothing is left that it may be? Who comes there nobody has shown to be none. */
static bool calls_nothing(const struct flow *fl, const struct ir_ins *i)
{
	const struct ir_ins *callee = i->op == IRO(call) ? ir_at(fl->f, i->args[0]) : NULL;
	return callee && callee->op != IRO(self) && !callee->type.row && !callee->type.kinds;
}

/* What still hangs on something unknown, though nothing was wrong with it: once for all that hangs on one another; first calls. */
void pending_refuse(struct flow *fl)
{
	bool *said = arena_array(fl->u->scratch, bool, fl->f->nins);
	for (int calls = 1; calls >= 0; calls--)
		for (uint32_t o = 0; o < fl->f->nrpo; o++)
			for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next) {
				const struct ir_ins *i = ir_at(fl->f, r);
				if (said[r] || !(type_is_pending(&i->type) || calls_nothing(fl, i)) || (calls && !calls_pending(fl, i)))
					continue;
				refuse_one(fl, i);
				said[0] = said[r] = true;
				while (spread_said(fl, said))
					;
			}
}
