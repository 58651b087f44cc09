/*
 * records.c - tables made and used up in the function: one cell a field, and a `record`, a copy of
 * them, wherever the table is handed to a map, an event or a library function.
 *
 * Such a hand-over copies, where Lua would share; so using the table afterwards is refused. A key of a map is
 * looked at only: what a map holds is never one with a table, in the user half and the twin neither.
 */
#include "opt/opt.h"
#include "opt/reach.h"

#include <errno.h>

struct rec {
	ir_ref table;
	const char **keys;
	ir_ref *cells;
	uint32_t n, cap, cap_cells;
	ir_ref *uses;          /* instructions */
	uint32_t nuses, cap_uses;
};

struct records {
	struct ir_unit *u;
	struct ir_fn *f;
	struct rec *v;
	uint32_t n, cap;
	uint32_t *of;          /* by value: number + 1 of the record */
};

static struct diag *refuse(struct records *s, ir_ref at, const struct refusal *row)
{
	return diag_advise(diag_add(s->u->diag, DIAG_ERROR, s->u->sites[ir_at(s->f, at)->site].pos, "%s", row->text), row);
}

static struct rec *record_of(struct records *s, ir_ref r)
{
	return s->of[r] ? &s->v[s->of[r] - 1] : NULL;
}

static const char *key_of(const struct ir_fn *f, ir_ref access)
{
	const pg_value *k = ir_at(f, ir_at(f, access)->args[1])->type.k;
	return k && k->kind == PG_STR && !memchr(k->str, 0, k->n) ? k->str : NULL;
}

static bool is_access(const struct ir_ins *i, uint32_t arg)
{
	return !arg && (i->op == IRO(index) || i->op == IRO(self) || i->op == IRO(setindex));
}

static bool looks_only(const struct ir_ins *i)
{
	return i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(pi) || i->op == IRO(eq) ||
	       i->op == IRO(setlist);
}

/* ---- finding ---- */

static void find_tables(struct records *s)
{
	struct ir_fn *f = s->f;
	s->of = arena_array(s->u->scratch, uint32_t, f->nins);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(newtable)) {
				struct rec one = { .table = r };
				arena_push(s->u->scratch, s->v, s->n, s->cap, one);
				s->of[r] = s->n;
			}
}

/* A table narrowed by a test is the table. */
static void see_through_pi(struct records *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(pi))
				s->of[r] = s->of[ir_at(f, r)->args[0]];
}

static uint32_t field_of(struct records *s, struct rec *rec, const char *key)
{
	for (uint32_t i = 0; i < rec->n; i++)
		if (!strcmp(rec->keys[i], key))
			return i;
	arena_push(s->u->scratch, rec->keys, rec->n, rec->cap, key);
	return rec->n - 1;
}

/* Is the callee a field of a table made here? */
static bool is_own_function(struct records *s, const struct ir_ins *call)
{
	const struct ir_ins *callee = ir_at(s->f, call->args[0]);
	return (callee->op == IRO(index) || callee->op == IRO(self)) && s->of[callee->args[0]];
}

static void note_use(struct records *s, struct rec *rec, ir_ref r, uint32_t arg)
{
	const struct ir_ins *i = ir_at(s->f, r);
	if (i->op == IRO(pi))
		return;
	arena_push(s->u->scratch, rec->uses, rec->nuses, rec->cap_uses, r);
	if (is_access(i, arg)) {
		const char *key = key_of(s->f, r);
		if (key)
			field_of(s, rec, key);
		else
			refuse(s, r,
			       REFUSAL(ON_TABLES, "use a map for what is indexed at run time", "a table made in kernel code is indexed by something that is no constant name; that is not there yet"));
	} else if (i->op == IRO(setlist)) {
		refuse(s, r,
		       REFUSAL(ON_TABLES, "name the fields: { a = 1, b = 2 }", "lists are not there yet in kernel code"));
	} else if (i->op == IRO(call) && is_own_function(s, i)) {
		refuse(s, r,
		       REFUSAL(ON_TABLES, "make it a local function", "a function kept in a table made in kernel code is called; that is not there yet"));
	} else if (!looks_only(i) && i->op != IRO(call) && i->op != IRO(setindex) && i->op != IRO(index)) {
		refuse(s, r,
		       REFUSAL(ON_TABLES, "keep its values in local variables, or in a map", "a table made in kernel code is used in a way that is not there yet"));
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
						refuse(s, r,
						       REFUSAL(ON_TABLES, "fill one table, made before the branch", "a table that differs by the way taken is not there yet"));
		}
}

/* ---- used after it was handed over? ---- */

/* Functions that only look, such as type, keep nothing of their arguments. */
static bool keeps(const struct ir_fn *f, const struct ir_ins *call)
{
	const struct ir_lib *row = ir_at(f, call->args[0])->type.row;
	return !row || row->effects & IR_E_WRITE;
}

/* Does r hand the table over? */
static bool copies(struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
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

struct used_rec {
	const struct records *s;
	const struct rec *rec;
};

static bool is_use(const void *arg, ir_ref r)
{
	const struct used_rec *u = arg;
	for (uint32_t i = 0; i < u->rec->nuses; i++)
		if (u->rec->uses[i] == r)
			return !looks_only(ir_at(u->s->f, r));
	return false;
}

static void refuse_later_uses(struct records *s, struct rec *rec)
{
	for (uint32_t h = 0; h < rec->nuses; h++) {
		struct used_rec arg = { s, rec };
		ir_ref use = copies(s, rec, rec->uses[h]) ? reach_use(s->f, rec->uses[h], rec->table, is_use, &arg) : 0;
		if (!use)
			continue;
		refuse(s, use,
		       REFUSAL(ON_TABLES, "make a new table, or set every field before storing it", "this table was stored before, which copied it; using it again would not change what was stored"));
		return;
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

static void make_cells(struct records *s, struct rec *rec)
{
	rec->cells = arena_array(s->u->arena, ir_ref, rec->n + 1);
	ir_ref nil = insert(s, rec->table, IRO(const), 0, NULL);
	ir_at(s->f, nil)->k = &const_nil;
	for (uint32_t i = 0; i < rec->n; i++)
		rec->cells[i] = insert(s, rec->table, IRO(cell), 1, &nil);
}

static void rewrite_access(struct records *s, struct rec *rec, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	ir_ref cell = rec->cells[field_of(s, rec, key_of(s->f, r))];
	bool set = i->op == IRO(setindex);
	i->op = set ? IRO(cellset) : IRO(cellget);
	i->args[0] = cell;
	if (set)
		i->args[1] = i->args[2];
	i->nargs = set ? 2 : 1;
}

static ir_ref snapshot(struct records *s, struct rec *rec, ir_ref at)
{
	ir_ref *vals = arena_array(s->u->arena, ir_ref, rec->n + 1);
	for (uint32_t i = 0; i < rec->n; i++)
		vals[i] = insert(s, at, IRO(cellget), 1, &rec->cells[i]);
	ir_ref r = insert(s, at, IRO(record), rec->n, vals);
	ir_at(s->f, r)->list = arena_copy(s->u->arena, rec->keys, sizeof(*rec->keys) * rec->n);
	return r;
}

static void rewrite_use(struct records *s, ir_ref r, uint32_t nins)
{
	for (uint32_t a = 0; a < ir_at(s->f, r)->nargs; a++) {
		ir_ref v = ir_at(s->f, r)->args[a];
		struct rec *rec = v < nins ? record_of(s, v) : NULL;
		if (!rec || looks_only(ir_at(s->f, r)))
			continue;
		if (is_access(ir_at(s->f, r), a)) {
			rewrite_access(s, rec, r);
			a = (uint32_t)-1; /* its value may be a record too */
		} else {
			ir_ref copy = snapshot(s, rec, r);
			ir_at(s->f, r)->args[a] = copy;
		}
	}
}

int records_promote(struct ir_unit *u, struct ir_fn *f)
{
	struct records s = { .u = u, .f = f };
	find_tables(&s);
	if (!s.n)
		return 0;
	ir_need_tree(f);
	see_through_pi(&s);
	find_uses(&s);
	for (uint32_t i = 0; i < s.n; i++)
		refuse_later_uses(&s, &s.v[i]);
	if (u->diag->errors)
		return -EINVAL;
	uint32_t nins = f->nins;
	for (uint32_t i = 0; i < s.n; i++)
		make_cells(&s, &s.v[i]);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			if (r < nins)
				rewrite_use(&s, r, nins);
	return (int)s.n;
}
