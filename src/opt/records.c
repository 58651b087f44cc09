/*
 * records.c - tables made and used up in the function: one cell a field, and a `record`, a copy of
 * them, wherever the table is handed to a map, an event or a library function.
 *
 * Where several tables meet, the parameter has fields of its own, which each way fills with those of its table.
 * So two values may stand for one table, and what is done to it through one must not be missed through the other:
 *
 *   change   a table is not changed while another value that may be the same table is still to be read
 *   hand over  copies, where Lua would share; so using the table afterwards is refused. A key of a map is
 *            looked at only: what a map holds is never one with a table, in the user half and the twin neither
 *   compare  a table is known by the newtable that made it: in a loop that is no name
 *
 * What tables hold is known when they are fields: so those that are in no other table come first, and the others
 * once they are values.
 */
#include "opt/elems.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/reach.h"

#include <errno.h>

static struct diag *refuse(struct records *s, ir_ref at, const struct refusal *row)
{
	const struct ir_site *site = &s->u->sites[ir_site_shown(s->u, ir_at(s->f, at)->site)];
	return diag_advise(diag_add(s->u->diag, DIAG_ERROR, site->pos, "%s", row->text), row);
}

static const struct ir_type *type_of(const struct records *s, ir_ref r)
{
	return &ir_at(s->f, r)->type;
}

/* ---- keys ---- */

const pg_value *record_key_of(const struct records *s, ir_ref access)
{
	const pg_value *k = record_const(s, ir_at(s->f, access)->args[1]);
	if (k && k->kind == PG_FLOAT && k->f >= -0x1p63 && k->f < 0x1p63 && k->f == (double)(int64_t)k->f)
		return const_int(s->u, (int64_t)k->f);
	return k && k->kind != PG_NIL && choose_plain(k) ? k : NULL;
}

uint32_t record_key(struct records *s, struct rec *web, const pg_value *key)
{
	for (uint32_t i = 0; i < web->n; i++)
		if (ir_same_value(web->keys[i], key))
			return i;
	arena_push(s->u->scratch, web->keys, web->n, web->cap, key);
	return web->n - 1;
}

static bool is_access(const struct ir_ins *i, uint32_t arg)
{
	return !arg && (i->op == IRO(index) || i->op == IRO(self) || i->op == IRO(setindex));
}

static bool looks_only(const struct ir_ins *i)
{
	return i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(pi) || i->op == IRO(eq) || i->op == IRO(located) ||
	       i->op == IRO(raise) || i->op == IRO(indexed);
}

/* ---- finding ---- */

static void add_value(struct records *s, ir_ref r)
{
	struct rec one = { .value = r, .up = s->n, .done = ir_at(s->f, r)->op == IRO(newtable) && ir_at(s->f, r)->aux };
	arena_push(s->u->scratch, s->v, s->n, s->cap, one);
	s->of[r] = s->n;
}

/* Parameters are tables when anything is one: nothing is done where there is none. */
static bool find_newtables(struct records *s)
{
	struct ir_fn *f = s->f;
	s->of = arena_array(s->u->scratch, uint32_t, f->nins);
	bool left = false;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(newtable)) {
				add_value(s, r);
				left |= !ir_at(f, r)->aux;
			}
	return left;
}

static bool may_be_table(const struct ir_type *t)
{
	return t->kinds & IR_BIT(IR_REC) && !type_is_pending(t);
}

/* A table narrowed by a test is the table; and so is an error that has no text, but is one, where it is that. */
static bool is_same(const struct ir_ins *i)
{
	return i->op == IRO(pi) || i->op == IRO(located);
}

static void find_values(struct records *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *b = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; o && i < b->nparams; i++)
			if (may_be_table(type_of(s, b->params[i])))
				add_value(s, b->params[i]);
		for (ir_ref r = b->first; r; r = ir_at(f, r)->next)
			if (is_same(ir_at(f, r)) && may_be_table(type_of(s, r)))
				s->of[r] = s->of[ir_at(f, r)->args[0]];
	}
}

static void unite(struct records *s, struct rec *a, struct rec *b)
{
	struct rec *x = record_web(s, a), *y = record_web(s, b);
	x->up = y->up;
}

static void find_webs(struct records *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t v = 0; v < s->n; v++) {
		const struct ir_ins *p = ir_at(f, s->v[v].value);
		for (uint32_t e = 0; p->op == IRO(param) && e < ir_block(f, p->block)->npreds; e++) {
			const struct ir_pred *pred = &ir_block(f, p->block)->preds[e];
			ir_ref from = ir_pred_edge(f, pred)->args[p->aux];
			if (s->of[from])
				unite(s, record_of(s, from), &s->v[v]);
			else if (type_of(s, from)->kinds & IR_BIT(IR_REC))
				s->v[v].held = ir_block(f, pred->from)->last;
		}
	}
	for (uint32_t v = 0; v < s->n; v++) {
		struct rec *web = record_web(s, &s->v[v]);
		bool made = ir_at(f, s->v[v].value)->op == IRO(newtable);
		web->held = web->held ? web->held : s->v[v].held;
		web->done |= made && s->v[v].done;
	}
}

/* ---- uses ---- */

/* Is the callee a field of a table made here? */
static bool is_own_function(const struct records *s, const struct ir_ins *call)
{
	const struct ir_ins *callee = ir_at(s->f, call->args[0]);
	return (callee->op == IRO(index) || callee->op == IRO(self)) && s->of[callee->args[0]];
}

bool record_handed_on(const struct ir_fn *f, const struct ir_ins *i)
{
	const struct ir_lib *row = i->op == IRO(call) || i->op == IRO(forcall) ? ir_at(f, i->args[0])->type.row : NULL;
	if (!row)
		return i->op == IRO(forcall);
	return ir_lib_expands(row) && row->imm != IR_EXPAND_NEXT && row->imm != IR_EXPAND_STEP && row->imm != IR_EXPAND_UNPACK;
}

/* Kept in a field of a table that is none of the function's variables yet, or handed on to what is not seen yet? */
static bool is_kept(const struct records *s, const struct ir_ins *i, uint32_t arg)
{
	if (i->op == IRO(cell) || i->op == IRO(cellset) || (arg && record_handed_on(s->f, i)))
		return true;
	return arg && (i->op == IRO(setlist) || (i->op == IRO(setindex) && arg == 2)) &&
	       type_of(s, i->args[0])->kinds & IR_BIT(IR_REC);
}

/* Functions that only look, such as type, keep nothing of their arguments; nor do print, which takes no tables, those that
 * kernel code has not, and what is no function, of which that is said. */
static bool keeps(const struct ir_fn *f, const struct ir_ins *call)
{
	const struct ir_type *callee = &ir_at(f, call->args[0])->type;
	if (callee->k && callee->k->kind == PG_LIB && !callee->row)
		return false;
	if (callee->row)
		return callee->row->effects & IR_E_WRITE && !(callee->row->effects & IR_PRINTS);
	return callee->kinds & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT));
}

static void refuse_function(struct records *s, ir_ref r)
{
	refuse(s, r,
	       REFUSAL(ON_TABLES, "assign it once, before it is called, or make it a local function", "which function a field of this table holds is known only at run time, and it is called"));
}

const struct refusal *record_or_other(uint64_t other)
{
	if (other == IR_BIT(IR_ENTRY))
		return REFUSAL(ON_TABLES, "look up what was stored: if not e then m[k] = { n = 0 } e = m[k] end if e then e.n = e.n + 1 end",
			       "this may be a table made in kernel code or something else that has fields; that is not there yet");
	return REFUSAL(ON_TABLES, "keep each in a variable of its own, and test which is there",
		       "this may be a table made in kernel code or something else that has fields; that is not there yet");
}

static void note_access(struct records *s, struct rec *web, ir_ref r)
{
	const pg_value *key = record_key_of(s, r);
	const struct flow fl = { .u = s->u, .f = s->f };
	uint64_t other = type_of(s, ir_at(s->f, r)->args[0])->kinds & ~IR_BIT(IR_REC);
	if (infer_text_lacks(&fl, r))
		other &= ~IR_ALL_STRINGS;
	if (other & ~(IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT)))
		refuse(s, r, record_or_other(other & ~(IR_FALSY | IR_BIT(IR_REC))));
	else if (methods_assigned_again(s, web, r))
		refuse_function(s, r);
	else if (!key)
		refuse(s, r,
		       REFUSAL(ON_TABLES, "use numbers, texts, booleans or addresses as keys", "a table made in kernel code is indexed by something that cannot be a key there"));
}

/* Is it an operand of an operation, which no table is good for? */
static bool operates(const struct ir_ins *i)
{
	return i->op != IRO(call) && i->op != IRO(setindex) && i->op != IRO(setlist) && i->op != IRO(index) && i->op != IRO(record);
}

static void note_other(struct records *s, ir_ref r, uint32_t arg)
{
	const struct ir_ins *i = ir_at(s->f, r);
	bool sure = record_sure(s, i->args[arg]);
	if (i->op == IRO(setlist) && !arg && !(i->aux & (IR_OPEN | IR_MORE)))
		return;
	if (i->op == IRO(call) && is_own_function(s, i))
		refuse_function(s, r);
	else if (operates(i))
		refuse(s, r,
		       REFUSAL(ON_TABLES, "keep its values in local variables, or in a map", "a table made in kernel code is used in a way that is not there yet"));
	else if (!sure && i->op != IRO(call) && i->op != IRO(record) && arg == 1)
		refuse(s, r,
		       REFUSAL(ON_TABLES, "test it first: if type(k) == \"table\" then v = m[k] end", "this may be a table or none, and is a key here; which, is known only at run time"));
	else if (!sure && (i->op != IRO(call) || keeps(s->f, i)))
		refuse(s, r,
		       REFUSAL(ON_TABLES, "test it first: if type(t) == \"table\" then m[k] = t end", "this may be a table or none, and is stored; which, is known only at run time"));
}

static void note_key(struct records *s, struct rec *web, ir_ref access)
{
	const struct ir_ins *i = ir_at(s->f, access);
	const pg_value *key = record_key_of(s, access);
	bool sets = i->op == IRO(setindex);
	if (key)
		record_key(s, web, key);
	if (key && sets)
		web->placed |= IR_BIT(ir_kind_of(key->kind));
	else if (!key && sets && type_of(s, i->args[1])->kinds == IR_BIT(IR_INT) && lists_keys(s, web, i->block, i->args[1]))
		web->placed |= IR_BIT(IR_INT);
}

static void note_use(struct records *s, struct rec *rec, ir_ref r, uint32_t arg)
{
	const struct ir_ins *i = ir_at(s->f, r);
	struct rec *web = record_web(s, rec);
	if (looks_only(i))
		return;
	arena_push(s->u->scratch, rec->uses, rec->nuses, rec->cap_uses, r);
	if (is_kept(s, i, arg))
		web->held = r;
	if (is_access(i, arg) && type_is_pending(type_of(s, i->args[1])))
		web->waits = r;
	if (is_access(i, arg))
		note_key(s, web, r);
	for (uint32_t a = 1; i->op == IRO(setlist) && !arg && a < i->nargs; a++) {
		record_key(s, web, const_int(s->u, i->imm + a));
		web->placed |= IR_BIT(IR_INT);
	}
}

/* The parameter that an edge gives a table to: one that is not known yet holds it. */
static void note_edge(struct records *s, struct rec *rec, ir_ref r, const struct ir_edge *e, uint32_t arg)
{
	if (!s->of[ir_block(s->f, e->to)->params[arg]]) {
		record_web(s, rec)->held = r;
		record_web(s, rec)->passed = true;
	}
}

static void find_uses(struct records *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				if (s->of[i->args[a]])
					note_use(s, record_of(s, i->args[a]), r, a);
			for (uint32_t e = 0; e < i->nsucc; e++)
				for (uint32_t a = 0; a < i->succ[e].nargs; a++)
					if (s->of[i->succ[e].args[a]])
						note_edge(s, record_of(s, i->succ[e].args[a]), r, &i->succ[e], a);
		}
}

/* t[1.0] is t[1]: the key becomes the integer, so that whoever compares keys, or counts by them, needs to know of no other form. How many. */
static int normalise_keys(struct records *s)
{
	struct flow fl = { .u = s->u, .f = s->f };
	int changed = 0;
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; k < s->v[v].nuses; k++) {
			const ir_ref r = s->v[v].uses[k];
			const struct ir_ins *i = ir_at(s->f, r);
			const bool mine = is_access(i, 0) && record_of(s, i->args[0]) == &s->v[v];
			const pg_value *was = mine ? record_const(s, i->args[1]) : NULL, *key = mine ? record_key_of(s, r) : NULL;
			if (!key || was->kind != PG_FLOAT || key->kind != PG_INT)
				continue;
			const ir_ref whole = iterate_const(&fl, r, key);
			ir_at(s->f, r)->args[1] = whole;
			changed++;
		}
	return changed;
}

static void find_apart(struct records *s)
{
	for (uint32_t v = 0; v < s->n; v++)
		record_web(s, &s->v[v])->apart = true;
	for (uint32_t v = 0; v < s->n; v++)
		if (s->v[v].nuses && !record_made(s, &s->v[v]))
			record_web(s, &s->v[v])->apart = false;
}

static bool is_ready(const struct records *s, const struct rec *rec)
{
	const struct rec *web = record_web(s, rec);
	return !web->held && !web->waits && !web->done;
}

/* What is Lua's mistake whatever becomes of tables: { } + 1. */
static void find_mistakes(struct records *s)
{
	struct flow fl = { .u = s->u, .f = s->f };
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; is_ready(s, &s->v[v]) && k < s->v[v].nuses; k++)
			if (operates(ir_at(s->f, s->v[v].uses[k])))
				infer_mistaken(&fl, s->v[v].uses[k]);
}

static void check_uses(struct records *s)
{
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; is_ready(s, &s->v[v]) && k < s->v[v].nuses; k++) {
			ir_ref r = s->v[v].uses[k];
			const struct ir_ins *i = ir_at(s->f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				if (record_of(s, i->args[a]) != &s->v[v])
					continue;
				else if (is_access(i, a))
					note_access(s, record_web(s, &s->v[v]), r);
				else
					note_other(s, r, a);
		}
}

/* ---- two values, one table ---- */

struct used_rec {
	const struct records *s;
	const struct rec *rec;
};

/* The variable by which the table is used, where it has a name; else NULL. */
static const char *name_of(const struct records *s, const struct rec *rec, ir_ref use)
{
	const struct ir_ins *i = ir_at(s->f, use);
	for (uint32_t a = 0; i->names && a < 2 && a < i->nargs; a++)
		if (record_of(s, i->args[a]) == rec && (i->names[a].how == IR_N_LOCAL || i->names[a].how == IR_N_UPVALUE))
			return i->names[a].name;
	return NULL;
}

static bool is_use(const void *arg, ir_ref r)
{
	const struct used_rec *u = arg;
	for (uint32_t i = 0; i < u->rec->nuses; i++)
		if (u->rec->uses[i] == r)
			return true;
	return false;
}

static bool goes_on(const struct used_rec *u, ir_ref r)
{
	const struct ir_ins *i = ir_at(u->s->f, r);
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (record_of(u->s, i->succ[e].args[a]) == u->rec)
				return true;
	return false;
}

static bool is_needed(const void *arg, ir_ref r)
{
	return is_use(arg, r) || goes_on(arg, r);
}

/* Has the table that newtable `rec` made last gone on to another value when `at` is reached? */
static bool went_on(const struct records *s, const struct rec *rec, ir_ref at)
{
	struct ir_fn *f = s->f;
	struct used_rec u = { s, rec };
	if (!record_made(s, rec))
		return true;
	for (uint32_t o = 0; o < f->nrpo; o++) {
		ir_ref last = ir_block(f, f->rpo[o])->last;
		if (goes_on(&u, last) && reach_use(f, last, rec->value, reach_is, &at))
			return true;
	}
	return false;
}

/* Where another value that may be the same table is used behind `at`, which is done to rec; or 0. */
static ir_ref other_use(const struct records *s, const struct rec *rec, ir_ref at)
{
	for (uint32_t v = 0; v < s->n; v++) {
		const struct rec *other = &s->v[v];
		struct used_rec u = { s, other };
		if (other == rec || record_web(s, other) != record_web(s, rec) || record_web(s, rec)->apart)
			continue;
		ir_ref use = reach_use(s->f, at, other->value, is_needed, &u);
		if (use && went_on(s, rec, at) && went_on(s, other, at))
			return use;
	}
	return 0;
}

ir_ref record_shared(const struct records *s, const struct rec *rec)
{
	for (uint32_t k = 0; k < rec->nuses; k++) {
		const struct ir_ins *i = ir_at(s->f, rec->uses[k]);
		bool change = (i->op == IRO(setindex) || i->op == IRO(setlist)) && record_of(s, i->args[0]) == rec;
		if (change && other_use(s, rec, rec->uses[k]))
			return rec->uses[k];
	}
	return 0;
}

static void refuse_changes(struct records *s, const struct rec *rec)
{
	ir_ref change = record_shared(s, rec);
	if (change)
		refuse(s, change,
		       REFUSAL(ON_TABLES, "change it before another variable gets it, or give that one a table of its own", "two variables may hold this table, and it is changed through one of them; that is not there yet"));
}

/* ---- used after it was handed over? ---- */

/* Does r hand the table over? */
static bool copies(const struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (i->op == IRO(record))
		return true;
	if (i->op == IRO(setindex))
		return !s->of[i->args[0]] && record_of(s, i->args[2]) == rec;
	if (i->op != IRO(call) || !keeps(s->f, i))
		return false;
	const struct ir_lib *row = ir_at(s->f, i->args[0])->type.row;
	for (uint32_t a = row && row->effects & IR_KEYED ? 3 : 1; a < i->nargs; a++)
		if (record_of(s, i->args[a]) == rec)
			return true;
	return false;
}

/* What a function of Lua does to the table is seen when it is inlined, which this one was not. */
static bool is_unknown_call(const struct records *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->op == IRO(call) && !ir_at(s->f, i->args[0])->type.row;
}

static void refuse_call(struct records *s, ir_ref call)
{
	struct flow loud = { .u = s->u, .f = s->f, .report = true };
	pending_callee(&loud, call);
}

static void refuse_later_uses(struct records *s, const struct rec *rec)
{
	for (uint32_t h = 0; h < rec->nuses; h++) {
		struct used_rec arg = { s, rec };
		ir_ref use = copies(s, rec, rec->uses[h]) ? reach_use(s->f, rec->uses[h], rec->value, is_use, &arg) : 0;
		if (!use && copies(s, rec, rec->uses[h]))
			use = other_use(s, rec, rec->uses[h]);
		if (!use)
			continue;
		if (is_unknown_call(s, rec->uses[h]))
			refuse_call(s, rec->uses[h]);
		else
			refuse(s, use,
			       REFUSAL(ON_TABLES, "make a new table, or set every field before storing it", "this table was stored before, "
				       "which copied it; using it again would not change what was stored"))->at = name_of(s, rec, use);
		return;
	}
}

/* ---- compared ---- */

static bool made_in_loop(const struct records *s, const struct rec *web)
{
	for (uint32_t v = 0; v < s->n; v++) {
		ir_ref made = s->v[v].value;
		if (record_web(s, &s->v[v]) == web && ir_at(s->f, made)->op == IRO(newtable) &&
		    reach_again(s->f, made))
			return true;
	}
	return false;
}

bool record_called(const struct ir_fn *f, ir_ref r)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref c = ir_block(f, f->rpo[o])->first; c; c = ir_at(f, c)->next)
			if (ir_at(f, c)->op == IRO(call) && ir_untested(f, ir_at(f, c)->args[0]) == r)
				return true;
	return false;
}

static bool is_of(const struct records *s, const struct rec *web, ir_ref v)
{
	return record_of(s, v) && record_web(s, record_of(s, v)) == web;
}

/* The field that b's parameter may be, or the table: a read of it; or 0. */
static ir_ref field_or_table(const struct records *s, const struct rec *web, ir_blk b, uint32_t param)
{
	const struct ir_block *k = ir_block(s->f, b);
	ir_ref field = 0;
	bool table = false;
	for (uint32_t p = 0; p < k->npreds; p++) {
		ir_ref v = ir_untested(s->f, ir_pred_edge(s->f, &k->preds[p])->args[param]);
		table |= is_of(s, web, v);
		if (ir_at(s->f, v)->op == IRO(index) && is_of(s, web, ir_at(s->f, v)->args[0]))
			field = v;
	}
	return table ? field : 0;
}

static ir_ref find_field_or_table(const struct records *s, const struct rec *web)
{
	for (uint32_t o = 1; web->passed && o < s->f->nrpo; o++)
		for (uint32_t p = 0; p < ir_block(s->f, s->f->rpo[o])->nparams; p++) {
			ir_ref field = field_or_table(s, web, s->f->rpo[o], p);
			if (field)
				return field;
		}
	return 0;
}

static void refuse_list(struct records *s, struct rec *web)
{
	ir_ref length = elems_length_of_one(s, web);
	if (length)
		refuse(s, length,
		       REFUSAL(ON_TABLES, "keep it in a field: t[#t + 1] = { n = 2, a, b } and then t[k].n",
			       "the length of a table in a list that a loop fills is not there yet"));
	else
		refuse(s, web->waits,
		       REFUSAL(ON_TABLES, "read and write fields of its tables where they are, t[k].x, or in for _, r in ipairs(t) do ... r.x ... "
			       "end; keep which one it is by its number: best = k", "a list of tables that a loop fills is used in a way "
			       "that is not there yet"));
}

static bool is_filled_with_tables(const struct records *s, const struct rec *web)
{
	return web->waits && web->grows && elems_of_tables(s, web);
}

/* The list that loops append tables to, this one among them; or NULL. */
static struct rec *list_of(const struct records *s, const struct rec *web)
{
	const struct ir_ins *i = ir_at(s->f, web->held);
	struct rec *list = i->op == IRO(setindex) || i->op == IRO(setlist) ? record_of(s, i->args[0]) : NULL;
	return list && is_filled_with_tables(s, record_web(s, list)) ? record_web(s, list) : NULL;
}

/* Nothing of this table is known before all of it is. */
static void refuse_undone(struct records *s, struct rec *web)
{
	ir_ref field = web->held ? find_field_or_table(s, web) : 0;
	if (field)
		refuse(s, field,
		       REFUSAL(ON_TABLES, "give a variable the field, and do the rest where it is nil: local n = t.n if n then ... end",
			       "a value here is a field of a table made in kernel code or the table itself; which, is known only at run time"));
	else if (web->held && list_of(s, web))
		refuse_list(s, list_of(s, web));
	else if (web->held)
		refuse(s, web->held,
		       REFUSAL(ON_TABLES, "keep its values in local variables, or in a map", "a table made in kernel code is used in a way that is not there yet"));
	else if (is_filled_with_tables(s, web))
		refuse_list(s, web);
	else if (record_called(s->f, web->waits))
		refuse(s, web->waits, pending_state());
	else
		refuse(s, web->waits,
		       REFUSAL(ON_TABLES, "make it with all its places, and count in a variable: local t, n = { 0, 0, 0, 0 }, 0 and then "
			       "n = n + 1 t[n] = v; go over it by for i = 1, #t do; what never changes goes outside the function", "the key here hangs on what the table holds, as that of t[#t + 1] in a loop "
			       "does; that is not there yet"));
}

static void refuse_comparisons(struct records *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			const struct rec *a = i->op == IRO(eq) ? record_of(s, i->args[0]) : NULL;
			const struct rec *b = a ? record_of(s, i->args[1]) : NULL;
			if (a != b && b && record_web(s, a) == record_web(s, b) && made_in_loop(s, record_web(s, a)))
				refuse(s, r,
				       REFUSAL(ON_TABLES, "compare a field of theirs, such as a number that tells which it is", "tables made in a loop are compared here; kernel code cannot tell them apart"));
		}
}

/* ---- rewriting ---- */

static ir_ref insert(struct records *s, ir_ref at, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(s->f, op, n, args);
	ir_at(s->f, r)->site = ir_at(s->f, at)->site;
	ir_insert_before(s->f, at, r);
	return r;
}

static ir_ref insert_nil(struct records *s, ir_ref at)
{
	ir_ref nil = insert(s, at, IRO(const), 0, NULL);
	ir_at(s->f, nil)->k = &const_nil;
	return nil;
}

/* A newtable's begin as nil, those of a parameter as what comes in. */
static void make_cells(struct records *s, struct rec *rec)
{
	uint32_t n = record_web(s, rec)->n;
	bool made = record_made(s, rec);
	ir_ref at = made ? rec->value : ir_block(s->f, ir_at(s->f, rec->value)->block)->first;
	ir_ref nil = made ? insert_nil(s, at) : 0;
	rec->cells = arena_array(s->u->arena, ir_ref, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		ir_ref init = made ? nil : ir_param_add(s->f, ir_at(s->f, rec->value)->block);
		rec->cells[i] = insert(s, at, IRO(cell), 1, &init);
	}
	if (made)
		ir_at(s->f, rec->value)->aux = rec->value;
}

static void push(struct ir_fn *f, struct ir_edge *e, ir_ref v)
{
	ir_ref *args = arena_array(f->unit->arena, ir_ref, e->nargs + 1);
	memcpy(args, e->args, sizeof(*args) * e->nargs);
	args[e->nargs++] = v;
	e->args = args;
}

/* Each way gives the parameter's fields what those of its table hold. */
static void give_fields(struct records *s, const struct rec *rec)
{
	struct ir_fn *f = s->f;
	const struct ir_ins *p = ir_at(f, rec->value);
	const ir_blk b = p->block;
	const uint32_t which = p->aux, n = record_web(s, rec)->n;
	for (uint32_t e = 0; p->op == IRO(param) && e < ir_block(f, b)->npreds; e++) {
		const struct ir_pred pred = ir_block(f, b)->preds[e];
		ir_ref last = ir_block(f, pred.from)->last;
		const struct rec *from = record_of(s, ir_pred_edge(f, &pred)->args[which]);
		for (uint32_t i = 0; i < n; i++) {
			ir_ref v = from ? insert(s, last, IRO(cellget), 1, &from->cells[i]) : insert_nil(s, last);
			push(f, ir_pred_edge(f, &pred), v);
		}
		p = ir_at(f, rec->value);
	}
}

/* Lua's error where it is no table. */
static void check_table(struct records *s, ir_ref r)
{
	const struct ir_ins old = *ir_at(s->f, r);
	if (record_sure(s, old.args[0]))
		return;
	const struct flow fl = { .u = s->u, .f = s->f };
	ir_ref check = insert(s, r, IRO(indexed), 2, old.args);
	ir_at(s->f, check)->aux = infer_text_lacks(&fl, r);
	ir_at(s->f, check)->names = old.names;
	ir_at(s->f, check)->raised = old.raised;
}

/* It is not nil: so says a test of what the field holds, which stands for the access. */
static void read_given(struct records *s, ir_ref cell, ir_ref r)
{
	ir_ref v = insert(s, r, IRO(cellget), 1, &cell);
	struct ir_ins *i = ir_at(s->f, r);
	i->op = IRO(pi);
	i->aux = 0;
	i->args[0] = v;
	i->nargs = 1;
	i->names = NULL;
	i->raised = 0;
	i->imm = (int64_t)~IR_BIT(IR_NIL);
}

static bool is_word(const pg_value *key)
{
	return key && key->kind == PG_STR && !memchr(key->str, 0, key->n);
}

/* A field that may be nil: what could have been meant is asked when it matters. */
static void note_absent(struct records *s, const struct rec *web, ir_ref r, const pg_value *key)
{
	struct ir_unit *u = s->u;
	if (!is_word(key) || !web->nnames || u->nabsent == IR_MOST_ABSENT)
		return;
	struct ir_absent absent = { .name = key->str, .at = u->sites[ir_site_shown(u, ir_at(s->f, r)->site)].pos,
				    .made = web->names, .nmade = web->nnames };
	arena_push(u->arena, u->absent, u->nabsent, u->cap_absent, absent);
}

static void rewrite_access(struct records *s, struct rec *rec, ir_ref r)
{
	const uint32_t key = record_key(s, record_web(s, rec), record_key_of(s, r));
	const ir_ref cell = rec->cells[key];
	check_table(s, r);
	struct ir_ins *i = ir_at(s->f, r);
	if (i->op == IRO(index) && record_web(s, rec)->given[key] && record_sure(s, i->args[0])) {
		read_given(s, cell, r);
		return;
	}
	bool set = i->op == IRO(setindex);
	if (!set)
		note_absent(s, record_web(s, rec), r, record_web(s, rec)->keys[key]);
	i->op = set ? IRO(cellset) : IRO(cellget);
	i->args[0] = cell;
	if (set)
		i->args[1] = i->args[2];
	i->nargs = set ? 2 : 1;
	i->raised = 0;
}

/* Keys that are no names stand in brackets: no struct has a field of that name. */
static const char *field_name(struct records *s, const pg_value *key)
{
	if (is_word(key))
		return key->str;
	return key->kind == PG_INT ? arena_printf(s->u->arena, "[%lld]", (long long)key->i) : "[...]";
}

static ir_ref snapshot(struct records *s, struct rec *rec, ir_ref at)
{
	const struct rec *web = record_web(s, rec);
	ir_ref *vals = arena_array(s->u->arena, ir_ref, web->n + 1);
	const char **names = arena_array(s->u->arena, const char *, web->n + 1);
	for (uint32_t i = 0; i < web->n; i++) {
		vals[i] = insert(s, at, IRO(cellget), 1, &rec->cells[i]);
		names[i] = field_name(s, web->keys[i]);
	}
	ir_ref r = insert(s, at, IRO(record), web->n, vals);
	ir_at(s->f, r)->list = names;
	return r;
}

/* { a, b, c } */
static void rewrite_list(struct records *s, struct rec *rec, ir_ref r)
{
	const struct ir_ins old = *ir_at(s->f, r);
	for (uint32_t a = 1; a < old.nargs; a++) {
		uint32_t k = record_key(s, record_web(s, rec), const_int(s->u, old.imm + a));
		insert(s, r, IRO(cellset), 2, (ir_ref[]){ rec->cells[k], old.args[a] });
	}
	ir_at(s->f, r)->op = IRO(nop);
	ir_at(s->f, r)->nargs = 0;
	ir_at(s->f, r)->imm = 0;
}

static void rewrite_use(struct records *s, ir_ref r, uint32_t nins)
{
	for (uint32_t a = 0; a < ir_at(s->f, r)->nargs; a++) {
		ir_ref v = ir_at(s->f, r)->args[a];
		struct rec *rec = v < nins ? record_of(s, v) : NULL;
		if (!rec || !is_ready(s, rec) || looks_only(ir_at(s->f, r)))
			continue;
		if (is_access(ir_at(s->f, r), a)) {
			rewrite_access(s, rec, r);
			a = (uint32_t)-1; /* its value may be a record too */
		} else if (ir_at(s->f, r)->op == IRO(setlist)) {
			rewrite_list(s, rec, r);
		} else if (record_sure(s, v)) {
			ir_ref copy = snapshot(s, rec, r);
			ir_at(s->f, r)->args[a] = copy;
		}
	}
}

/* Is it a value that the table's fields are to be copied to? */
static bool has_fields(const struct records *s, const struct rec *rec)
{
	return is_ready(s, rec) && (!record_web(s, rec)->apart || record_made(s, rec));
}

static void find_names(struct records *s, struct rec *web)
{
	for (uint32_t v = 0; v < s->n; v++)
		for (uint32_t k = 0; record_web(s, &s->v[v]) == web && k < s->v[v].nuses; k++) {
			const ir_ref r = s->v[v].uses[k];
			const pg_value *key = ir_at(s->f, r)->op == IRO(setindex) && record_of(s, ir_at(s->f, r)->args[0]) == &s->v[v]
					    ? record_key_of(s, r) : NULL;
			if (is_word(key))
				arena_push(s->u->arena, web->names, web->nnames, web->cap_names, key->str);
		}
}

static void find_given(struct records *s, struct rec *web)
{
	bool all = true;
	web->given = arena_array(s->u->scratch, bool, web->n + 1);
	for (uint32_t k = 0; k < web->n; k++)
		all &= web->given[k] = given_always(s, web, web->keys[k]);
	if (!all && s->u->nabsent < IR_MOST_ABSENT)
		find_names(s, web);
}

static void rewrite(struct records *s)
{
	struct ir_fn *f = s->f;
	uint32_t nins = f->nins;
	for (uint32_t i = 0; i < s->n; i++)
		if (is_ready(s, &s->v[i]) && record_web(s, &s->v[i]) == &s->v[i])
			find_given(s, &s->v[i]);
	for (uint32_t i = 0; i < s->n; i++)
		if (has_fields(s, &s->v[i]))
			make_cells(s, &s->v[i]);
	for (uint32_t i = 0; i < s->n; i++)
		if (has_fields(s, &s->v[i]))
			give_fields(s, &s->v[i]);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (r < nins)
				rewrite_use(s, r, nins);
}

int records_promote(struct ir_unit *u, struct ir_fn *f)
{
	struct records s = { .u = u, .f = f };
	int ready = 0;
	if (!find_newtables(&s))
		return 0;
	ir_need_tree(f);
	find_values(&s);
	find_webs(&s);
	find_uses(&s);
	find_apart(&s);
	int changed = normalise_keys(&s);
	if (!changed)
		changed = methods_known(&s);
	if (!changed)
		changed = lists_expand(&s);
	if (!changed)
		changed = apart_expand(&s);
	if (!changed)
		changed = methods_kept(&s);
	if (changed)
		return changed;
	find_mistakes(&s);
	const uint32_t mistakes = u->diag->n;
	check_uses(&s);
	for (uint32_t i = 0; i < s.n; i++)
		if (is_ready(&s, &s.v[i])) {
			refuse_later_uses(&s, &s.v[i]);
			refuse_changes(&s, &s.v[i]);
			ready++;
		}
	refuse_comparisons(&s);
	diag_drop_beside(u->diag, mistakes);
	if (!ready && !u->diag->errors && (named_fields(&s) || grow_lists(&s) || named_one(&s) || lists_open(&s)))
		return 1;
	for (uint32_t i = 0; !ready && i < s.n; i++)
		if (!record_web(&s, &s.v[i])->done) {
			refuse_undone(&s, record_web(&s, &s.v[i]));
			break;
		}
	if (u->diag->errors)
		return -EINVAL;
	rewrite(&s);
	return ready;
}
