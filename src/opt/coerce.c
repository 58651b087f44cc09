/*
 * coerce.c - texts given to Lua's library functions where these want numbers, ("x"):rep("3"), and integers where they want
 * texts, s:find(80). Lua converts them; here what is known is converted, when the call is looked at, and any other is refused.
 */
#include "opt/infer.h"
#include "opt/iterate.h"

#include "core/numeral.h"

/* What the function takes the number for that a text is; NULL: it raises. */
static const pg_value *number_taken(struct ir_unit *u, enum ir_taken as, pg_value n)
{
	if (n.kind == PG_INT && as == IR_AS_FLOAT)
		n = (pg_value){ .kind = PG_FLOAT, .f = (double)n.i };
	int64_t whole;
	if (n.kind == PG_FLOAT && as == IR_AS_INTEGER && numeral_integer(&n, &whole))
		n = (pg_value){ .kind = PG_INT, .i = whole };
	return n.kind == PG_NIL || (as == IR_AS_INTEGER && n.kind != PG_INT) ? NULL : const_new(u, n);
}

static const pg_value *text_of(struct ir_unit *u, int64_t n)
{
	const char *s = arena_printf(u->arena, "%lld", (long long)n);
	return const_new(u, (pg_value){ .kind = PG_STR, .str = s, .n = (uint32_t)strlen(s) });
}

/* What argument i, a text or an integer, becomes; NULL: nothing. Of several views each may have a row of its own, and nothing
 * becomes of it. */
static const pg_value *becomes(struct flow *fl, const struct ir_ins *call, uint32_t i)
{
	const pg_value *k = ir_at(fl->f, call->args[i + 1])->type.k;
	if (!k || (k->kind != PG_STR && k->kind != PG_INT))
		return NULL;
	const struct ir_lib *row = row_called(fl->u, ir_at(fl->f, call->args[0])->type.row, call->nargs - 1);
	enum ir_taken as = row ? fl->u->target->takes(row, ir_at(fl->f, call->args[1])->type.k, i) : IR_NOT_TAKEN;
	if (k->kind == PG_INT)
		return as == IR_AS_TEXT ? text_of(fl->u, k->i) : NULL;
	return as == IR_NOT_TAKEN || as == IR_AS_TEXT ? NULL : number_taken(fl->u, as, numeral_read(fl->u->arena, k));
}

bool coerce_waits(struct flow *fl, ir_ref call)
{
	const struct ir_ins *c = ir_at(fl->f, call);
	for (uint32_t i = 0; i + 1 < c->nargs; i++)
		if (becomes(fl, c, i))
			return true;
	return false;
}

int coerce_texts(struct flow *fl, ir_ref call)
{
	int done = 0;
	for (uint32_t i = 0; i + 1 < ir_at(fl->f, call)->nargs; i++) {
		const pg_value *k = becomes(fl, ir_at(fl->f, call), i);
		if (!k)
			continue;
		ir_ref number = iterate_const(fl, call, k);
		ir_at(fl->f, call)->args[i + 1] = number;
		done = 1;
	}
	return done;
}

/* Refuses a number in the place of a text that is known at run time alone, or a float. False: it is no such. */
static bool refuse_number(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a, uint32_t i, uint64_t want,
			  uint32_t counted)
{
	const uint64_t number = a[i].kinds & (IR_BIT(IR_FLOAT) | (a[i].k ? 0 : IR_BIT(IR_INT)));
	if (!number || !(want & IR_STRINGS) || want & IR_BIT(IR_INT) || in->fl.u->target->takes(row, a[0].k, i) != IR_AS_TEXT)
		return false;
	if (number == IR_BIT(IR_FLOAT))
		flow_refuse(&in->fl, site, ON_VALUES, "write its text: \"1.5\"",
			    "argument #%u of '%s' may be a %s here, which Lua would convert", counted, row->name, "float");
	else
		flow_refuse(&in->fl, site, ON_VALUES, "make it a text first: tostring(n)",
			    "argument #%u of '%s' may be a %s here, which Lua would convert", counted, row->name, "number");
	return true;
}

bool coerce_check(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a, uint32_t i, uint64_t want,
		  uint32_t counted)
{
	const struct ir_type *t = &a[i];
	const uint64_t wrong = t->kinds & (IR_ALL_STRINGS | IR_BIT(IR_FLOAT)) & ~want;
	if (refuse_number(in, row, site, a, i, want, counted))
		return false;
	if (!(want & IR_BIT(IR_INT)) || !wrong || !in->fl.u->target->takes(row, a[0].k, i))
		return true;
	const pg_value number = t->k && t->k->kind == PG_STR ? numeral_read(in->fl.u->arena, t->k) : const_nil;
	int64_t n;
	if (t->k && number.kind == PG_NIL)
		return true;
	if (number.kind == PG_FLOAT && !(row->effects & IR_REAL) && !numeral_integer(&number, &n))
		flow_error(&in->fl, site, "bad argument #%u to '%s' (number has no integer representation)", counted, row->name)
			->help = "write an integer";
	else if (wrong & IR_ALL_STRINGS)
		flow_refuse(&in->fl, site, ON_VALUES, "convert it: tonumber(s)",
			    "argument #%u of '%s' may be a %s here, which Lua would convert", counted, row->name, "string");
	else
		flow_refuse(&in->fl, site, ON_VALUES, "give it integers",
			    "argument #%u of '%s' may be a %s here, which Lua would convert", counted, row->name, "float");
	return false;
}
