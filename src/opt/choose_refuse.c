/*
 * choose_refuse.c - what is said of a captured table that is indexed by a value known only at run time, where that is refused.
 *
 * What helps where there are too many of its tables and functions hangs on what is done with them: the first thing that is
 * in the way.
 */
#include "opt/choose.h"
#include "opt/passes.h"

static bool holds(const struct choice *c, unsigned kind)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->pairs[i].value->kind == kind)
			return true;
	return false;
}

enum use { FREE, CALLED, METHOD, CHANGED, CALCULATED, EQUAL, GIVEN, NUSES };

/* What helps, by what the table holds: numbers or texts beside others, tables alone, functions and the like. Arguments: the value as the
 * source has it, its type, a variable that has it, and what makes that one, if it is to be made. */
struct help { const char *mixed, *rows, *functions; };

#define DIFFER "let it hold what its functions differ by, and give that to one of them: local n = t[k] if n then f(n) end"
#define TYPED  "test its type first: %4$sif type(%3$s) == \"%2$s\" then ... end"
#define FIELDS "read fields of its tables by name where they are looked up: local r = t[k] if r then ... r.port ... end; or let " \
	       "it hold numbers, and choose by them"
#define VALUES "let it hold numbers or texts"

static const struct help helps[NUSES] = {
	[FREE] = { FIELDS, FIELDS, "let it hold numbers, and choose by them: local n = t[k] if n == 1 then ... end" },
	[CALLED] = { DIFFER, FIELDS, DIFFER },
	[METHOD] = { FIELDS, "let its tables hold what their functions differ by, and give that to one of them: f(r.n)", FIELDS },
	[CHANGED] = { FIELDS, "keep what changes in a map, by the same key", VALUES },
	[CALCULATED] = { TYPED, "do it with a field that is a number or a text: %s.n", VALUES },
	[EQUAL] = { "compare the keys they are found by", "compare the keys they are found by, or a field that tells which it is: %s.id",
		    "compare the keys they are found by" },
	[GIVEN] = { TYPED, "give it a field that is a number or a text: %s.name", VALUES },
};

struct hindrance {
	enum use use;
	const char *name;   /* of the variable that has the value there, or NULL */
	const char *type;   /* that it ought to be of, or NULL: whatever the table holds */
};

/* Does a way bring it there: `t[k] or 3`? */
static bool is_brought(const struct choice *c, ir_ref param)
{
	const struct ir_block *b = ir_block(c->f, ir_at(c->f, param)->block);
	for (uint32_t p = 0; p < b->npreds; p++) {
		const struct ir_edge *e = ir_pred_edge(c->f, &b->preds[p]);
		if (ir_at(c->f, param)->aux < e->nargs && ir_untested(c->f, e->args[ir_at(c->f, param)->aux]) == c->index)
			return true;
	}
	return false;
}

/* Is it what the look-up gives (`deep`: or a field of it)? */
static bool is_it(const struct choice *c, ir_ref v, bool deep)
{
	ir_ref from = ir_untested(c->f, v);
	const struct ir_ins *i = ir_at(c->f, from);
	return from == c->index || (i->op == IRO(param) && is_brought(c, from)) || (deep && (i->op == IRO(index) || i->op == IRO(self)) && is_it(c, i->args[0], true));
}

/* What is told of tables as a whole is not told of a field. */
static bool takes_tables(const struct choice *c, const struct ir_ins *call)
{
	const struct ir_lib *row = ir_at(c->f, call->args[0])->type.row;
	return !row || row->effects & IR_TELLS || !strncmp(row->name, "table.", strlen("table."));
}

static enum use use_of(const struct choice *c, const struct ir_ins *i, uint32_t a)
{
	if (i->op == IRO(call))
		return !a ? CALLED : takes_tables(c, i) ? FREE : GIVEN;
	if (i->op == IRO(eq))
		return ir_at(c->f, i->args[!a])->type.kinds & ~(IR_FALSY | IR_BIT(IR_TRUE)) ? EQUAL : FREE;
	if (i->op == IRO(self))
		return METHOD;
	if (i->op == IRO(setindex))
		return a ? FREE : CHANGED;
	return i->op == IRO(lt) || i->op == IRO(le) || i->op == IRO(concat) || i->op == IRO(forskip) || i->op == IRO(forcount) ||
	       (choose_takes_no_table(i->op) && i->op != IRO(index)) ? CALCULATED : FREE;
}

static struct hindrance hindrance_at(const struct choice *c, const struct ir_ins *i)
{
	struct hindrance h = { 0 };
	for (uint32_t a = 0; a < i->nargs && !h.use; a++) {
		const bool calls = i->op == IRO(call) && !a;
		if (!is_it(c, i->args[a], calls))
			continue;
		const struct ir_name *n = ir_arg_name(i, a);
		h.use = calls && !is_it(c, i->args[a], false) ? METHOD : use_of(c, i, a);
		h.name = n && (n->how == IR_N_LOCAL || n->how == IR_N_UPVALUE) ? n->name : NULL;
		if (i->op == IRO(lt) || i->op == IRO(le))
			h.type = ir_at(c->f, i->args[!a])->type.kinds & IR_ALL_STRINGS ? "string" : "number";
	}
	return h;
}

static struct hindrance find_hindrance(const struct choice *c)
{
	struct hindrance h = { 0 };
	for (uint32_t o = 0; o < c->f->nrpo && !h.use; o++)
		for (ir_ref r = ir_block(c->f, c->f->rpo[o])->first; r && !h.use; r = ir_at(c->f, r)->next)
			h = hindrance_at(c, ir_at(c->f, r));
	return h;
}

/* What helps where there are too many. */
static const char *help_many(const struct choice *c)
{
	const struct hindrance h = find_hindrance(c);
	bool rows = false, objects = false, plain = false;
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *v = c->pairs[i].value;
		*(choose_plain(v) ? &plain : v->kind == PG_TABLE ? &rows : &objects) = true;
	}
	if (rows && objects && !plain)
		return "keep its tables apart from what else it holds: in a table of their own";
	const struct help *help = &helps[h.use];
	const char *type = h.type ? h.type : holds(c, PG_INT) ? "number" : "string";
	struct arena *a = c->fl->u->arena;
	const char *from = h.name ? NULL : doubts_source(a, c->f, ir_at(c->f, c->index)), *var = h.name ? h.name : "v";
	return arena_printf(a, plain ? help->mixed : rows ? help->rows : help->functions, from ? from : var, type, var,
			    from ? arena_printf(a, "local v = %s ", from) : "");
}

static void refuse_many(const struct choice *c, uint32_t site)
{
	struct diag *d = flow_refuse(c->fl, site, ON_TABLES, FIELDS, "a captured table with %u keys that holds tables or functions is "
				     "indexed by a value known only at run time; so many are not there yet", c->n);
	d->why = DIAG_TOO_MUCH;
	d->help = help_many(c);
}

void choose_refuse(struct flow *fl, ir_ref index)
{
	struct choice c;
	uint32_t site = ir_at(fl->f, index)->site;
	if (!choose_table(&c, fl, index) && c.hidden)
		flow_refuse(fl, site, ON_TABLES, "index it where it is known which", "a captured table with functions or "
			    "tables as keys is indexed by one of them, which, is known only at run time");
	else if (!c.pairs)
		flow_refuse(fl, site, ON_TABLES, "copy what it may give into a plain table, or use a map",
			    "a captured table with an __index of which it is not known what it finds is indexed by a value "
			    "known only at run time");
	else if (holds(&c, PG_FLOAT))
		flow_refuse(fl, site, ON_VALUES, "let it hold integers, in smaller units", "a captured table that holds "
			    "a float is indexed by a value known only at run time; floats do not exist in the kernel");
	else if (choose_all_plain(&c) && !choose_few(c.n, c.ints))
		flow_refuse(fl, site, ON_TABLES, "shorten its texts, or number them", "a captured table with "
			    "%u keys, and a text of more than 512 bytes in it or a zero byte in a key, "
			    "is indexed by a value known only at run time; that is not there yet", c.n);
	else if (c.n > MAX_USES && holds(&c, PG_CIDR) && !fl->u->diag->errors)
		flow_refuse(fl, site, ON_TABLES, "put them into a map, which finds them at once: bpf.map { \"lpm_trie\", "
			    "key = \"ip4/prefix\", value = \"bool\" }", "a captured table with %u keys that holds prefixes is "
			    "indexed by a value known only at run time; so many are not there yet", c.n)->why = DIAG_TOO_MUCH;
	else if (c.n > MAX_USES && !choose_all_plain(&c) && !fl->u->diag->errors) /* else nobody looked at its uses */
		refuse_many(&c, site);
	else if (!fl->u->diag->errors) /* else it may be behind what was wrong, and never looked at */
		flow_refuse(fl, site, ON_TABLES, "call it, or read its fields, where it is looked up",
			    "which table or function this gives is known only at run time, and it goes where "
			    "it must be known before");
}
