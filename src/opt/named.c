/*
 * named.c - fields of a table that are known before all of its keys are: `t[t.n]`, `t.top = t.top + 1 t[t.top] = v`. A key
 * that the table itself holds hangs on it, and so nothing of the table would become known.
 *
 *   forward   what a field was given last, on all ways, is what is read
 *   split     where no key that is not known yet can be a text, fields by name are a table of their own, and the key then
 *             hangs on that one:
 *
 *               t = {}  t.n = 2  t[1] = a  t[t.n]    ->    t = {}  u = {}  u.n = 2  t[1] = a  t[u.n]
 *
 *   one       likewise a single name, where no key that is not known yet can be that one:
 *
 *               t = { a = 1, b = 2 }  t.mode = c and "a" or "b"  t[t.mode]    ->    ... t[u.mode]
 *
 * Of one table that no other variable may be, and that nobody else can change; and when nothing else is left to be known. Fields
 * are read forward, too, where others get the table whose value hangs on it, if those only look: `t.code or t`.
 */
#include "opt/iterate.h"
#include "opt/reach.h"
#include "opt/records.h"

struct named {
	struct records *s;
	struct ir_fn *f;
	const struct rec *rec;
	const pg_value *name;  /* asked for: not this one; NULL: no text at all */
	bool *seen;            /* by value: taken for what is asked for */
	unsigned depth;
};

enum { MAX_DEPTH = 500 };

/* A text; where one is asked for, that one. */
static bool is_name(const struct named *d, const pg_value *key)
{
	return key && key->kind == PG_STR && (!d->name || ir_same_value(key, d->name));
}

static bool is_read(const struct ir_ins *i)
{
	return i->op == IRO(index) || i->op == IRO(self);
}

static bool is_mine(const struct named *d, ir_ref v)
{
	return record_of(d->s, v) == d->rec && record_sure(d->s, v);
}

/* ---- what is done with the table ---- */

/* Is it read or written here, and kept by nothing? names: by a loop over all its keys, or a function, neither. */
static bool is_plain(const struct named *d, const struct ir_ins *i, bool names)
{
	const struct ir_lib *row = i->op == IRO(forcall) || i->op == IRO(call) ? ir_at(d->f, i->args[0])->type.row : NULL;
	for (uint32_t a = i->op == IRO(forcall) || i->op == IRO(call) ? 2 : 1; a < i->nargs; a++)
		if (record_of(d->s, i->args[a]) == d->rec)
			return false;
	switch (i->op) {
	case IRO(index): case IRO(self): case IRO(setindex):
		return is_mine(d, i->args[0]);
	case IRO(setlist):
		return is_mine(d, i->args[0]) && !(i->aux & (IR_OPEN | IR_MORE));
	case IRO(len):
		return true;
	case IRO(forcall):
		return row && (!names || row->imm == IR_EXPAND_STEP);
	case IRO(call):
		return row && (ir_lib_expands(row) ? row->imm == IR_EXPAND_UNPACK : !names);
	default:
		return false;
	}
}

static bool all_plain(const struct named *d, bool names)
{
	for (uint32_t k = 0; k < d->rec->nuses; k++)
		if (!is_plain(d, ir_at(d->f, d->rec->uses[k]), names))
			return false;
	return true;
}

/* ---- no text ---- */

static bool is_no_text(struct named *d, ir_ref v);

/* What is read by this key is what was set by it, or by one that is not known. */
static bool holds_no_text(struct named *d, const pg_value *key)
{
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		const struct ir_ins *i = ir_at(d->f, d->rec->uses[k]);
		if (i->op == IRO(setindex)) {
			const pg_value *set = record_key_of(d->s, d->rec->uses[k]);
			bool other = set ? is_name(d, set) != is_name(d, key) || (key && !ir_same_value(set, key)) : is_name(d, key);
			if (!other && !is_no_text(d, i->args[2]))
				return false;
		}
		for (uint32_t a = 1; i->op == IRO(setlist) && !is_name(d, key) && a < i->nargs; a++)
			if (!is_no_text(d, i->args[a]))
				return false;
	}
	return true;
}

static bool params_no_text(struct named *d, const struct ir_ins *p)
{
	const ir_blk b = p->block;
	const uint32_t which = p->aux;
	if (b == 1)
		return false;
	for (uint32_t e = 0; e < ir_block(d->f, b)->npreds; e++)
		if (!is_no_text(d, ir_pred_edge(d->f, &ir_block(d->f, b)->preds[e])->args[which]))
			return false;
	return true;
}

static bool makes_no_text(struct named *d, ir_ref v)
{
	const struct ir_ins *i = ir_at(d->f, v);
	switch (i->op) {
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(mod): case IRO(idiv): case IRO(unm): case IRO(band): case IRO(bor):
	case IRO(bxor): case IRO(shl): case IRO(shr): case IRO(bnot): case IRO(len): case IRO(eq): case IRO(not):
		return true;
	case IRO(pi):
		return is_no_text(d, i->args[0]);
	case IRO(param):
		return params_no_text(d, i);
	case IRO(index):
		return is_mine(d, i->args[0]) && holds_no_text(d, record_key_of(d->s, v));
	default:
		return false;
	}
}

/* Surely, whatever it turns out to be? What is asked for already is taken for none: the first text would have to come from
 * somewhere else. */
static bool is_no_text(struct named *d, ir_ref v)
{
	const struct ir_type *t = &ir_at(d->f, v)->type;
	if (d->name && t->k)
		return !ir_same_value(t->k, d->name);
	bool may = type_is_pending(t) || (d->name && t->kinds & IR_BIT(IR_STR));
	if (!may)
		return t->kinds && !(t->kinds & IR_ALL_STRINGS);
	if (d->seen[v])
		return true;
	if (d->depth == MAX_DEPTH)
		return false;
	d->seen[v] = true;
	d->depth++;
	bool none = makes_no_text(d, v);
	d->depth--;
	return none;
}

static bool all_no_texts(struct named *d)
{
	d->seen = arena_array(d->s->u->scratch, bool, d->f->nins);
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		const struct ir_ins *i = ir_at(d->f, d->rec->uses[k]);
		bool access = is_read(i) || i->op == IRO(setindex);
		if (access && !record_key_of(d->s, d->rec->uses[k]) && !is_no_text(d, i->args[1]))
			return false;
	}
	return true;
}

/* ---- forward ---- */

/* What use r, whose key is known, gives to the field; 0: nothing. */
static ir_ref given(const struct named *d, ir_ref r, const pg_value *key)
{
	const struct ir_ins *i = ir_at(d->f, r);
	if (i->op == IRO(setindex))
		return ir_same_value(record_key_of(d->s, r), key) ? i->args[2] : 0;
	if (i->op != IRO(setlist) || key->kind != PG_INT || key->i <= i->imm || key->i > i->imm + (int64_t)i->nargs - 1)
		return 0;
	return i->args[key->i - i->imm];
}

/* May use r set the field? texts: keys that are not known may be texts, too. */
static bool may_set(const struct named *d, ir_ref r, const pg_value *key, bool texts)
{
	if (ir_at(d->f, r)->op == IRO(setindex) && !record_key_of(d->s, r))
		return texts || !is_name(d, key);
	return given(d, r, key) != 0;
}

/* Is what `set` gives there when `read` is reached? It always comes before, and nobody else behind it. What raises leaves for
 * where it is caught, by no edge. */
static bool is_last(const struct named *d, ir_ref set, ir_ref read, const pg_value *key, bool texts)
{
	if (!reach_before(d->f, set, read))
		return false;
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		ir_ref r = d->rec->uses[k];
		if (r != set && may_set(d, r, key, texts) &&
		    (ir_at(d->f, r)->raised || reach_use(d->f, r, set, reach_is, &read)))
			return false;
	}
	return true;
}

/* What is read there, when that is known; *never: nobody sets the field. */
static ir_ref value_read(const struct named *d, ir_ref read, bool texts, bool *never)
{
	const struct ir_ins *i = ir_at(d->f, read);
	const pg_value *key = i->op == IRO(index) && !i->aux ? record_key_of(d->s, read) : NULL;
	*never = key;
	for (uint32_t k = 0; key && k < d->rec->nuses; k++) {
		ir_ref r = d->rec->uses[k];
		if (!may_set(d, r, key, texts))
			continue;
		*never = false;
		const struct ir_ins *set = ir_at(d->f, r);
		bool gone = set->op == IRO(setindex) && (set->aux || !record_key_of(d->s, r)); /* aux: methods.c */
		if (!gone && is_last(d, r, read, key, texts))
			return given(d, r, key);
	}
	return 0;
}

/* The uses that read what is known; *never: of those, which nobody sets. */
static uint32_t find_known(const struct named *d, bool texts, ir_ref *values, bool *never)
{
	uint32_t known = 0;
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		values[k] = value_read(d, d->rec->uses[k], texts, &never[k]);
		known += values[k] || never[k];
	}
	return known;
}

static int forward(struct named *d, bool texts)
{
	const uint32_t n = d->rec->nuses;
	const ir_ref *uses = d->rec->uses;
	struct flow fl = { .u = d->s->u, .f = d->f };
	ir_ref *values = arena_array(d->s->u->scratch, ir_ref, n + 1);
	bool *never = arena_array(d->s->u->scratch, bool, n + 1);
	if (!find_known(d, texts, values, never))
		return 0;
	ir_ref nil = iterate_const(&fl, ir_at(d->f, d->rec->value)->next, &const_nil);
	ir_ref *to = arena_array(d->s->u->scratch, ir_ref, d->f->nins);
	for (uint32_t k = 0; k < n; k++)
		to[uses[k]] = never[k] ? nil : values[k];
	for (uint32_t k = 0; k < n; k++)
		while (to[to[uses[k]]])
			to[uses[k]] = to[to[uses[k]]];
	ir_rename(d->f, to);
	for (uint32_t k = 0; k < n; k++)
		if (to[uses[k]])
			ir_remove(d->f, uses[k]);
	return 1;
}

/* ---- split ---- */

static int split(struct named *d)
{
	ir_ref names = 0;
	for (uint32_t k = 0; k < d->rec->nuses; k++) {
		ir_ref r = d->rec->uses[k];
		const struct ir_ins *i = ir_at(d->f, r);
		if ((!is_read(i) && i->op != IRO(setindex)) || !is_name(d, record_key_of(d->s, r)))
			continue;
		if (!names) {
			names = ir_ins_new(d->f, IRO(newtable), 0, NULL);
			ir_at(d->f, names)->site = ir_at(d->f, d->rec->value)->site;
			ir_insert_before(d->f, ir_at(d->f, d->rec->value)->next, names);
		}
		ir_at(d->f, r)->args[0] = names;
	}
	return names != 0;
}

/* The first name that can be parted from the others. */
static int split_one(struct named *d)
{
	int done = 0;
	for (uint32_t k = 0; k < d->rec->nuses && !done; k++) {
		const struct ir_ins *i = ir_at(d->f, d->rec->uses[k]);
		const pg_value *key = is_read(i) ? record_key_of(d->s, d->rec->uses[k]) : NULL;
		if (!key || key->kind != PG_STR)
			continue;
		d->name = key;
		if (all_no_texts(d))
			done = split(d);
	}
	d->name = NULL;
	return done;
}

static bool is_asked(const struct records *s, const struct rec *rec)
{
	return rec->waits && !rec->held && !rec->done && record_alone(s, rec) && record_followed(s, rec);
}

/* ---- others that have the table ---- */

/* Is nothing done by this to what may be the table, as argument a, and is it kept nowhere? */
static bool only_looks(const struct ir_fn *f, const struct ir_ins *i, uint32_t a)
{
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(f, i->args[0])->type.row : NULL;
	switch (i->op) {
	case IRO(branch): case IRO(not): case IRO(pi): case IRO(eq): case IRO(isof): case IRO(located): case IRO(lt): case IRO(le):
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(mod): case IRO(idiv): case IRO(unm): case IRO(band): case IRO(bor):
	case IRO(bxor): case IRO(shl): case IRO(shr): case IRO(bnot): case IRO(len): case IRO(concat):
		return true;
	case IRO(index): /* as a key, too: an __index function, which would get it, is refused */
		return true;
	case IRO(raise):
		return !i->raised;
	case IRO(call):
		return a && row && !ir_lib_expands(row); /* others copy it */
	default:
		return false;
	}
}

/* Values of which nothing is known yet, and that may be the table: those that an instruction makes of it, and those that its
 * edges give it to. True: there are more of them than before; *looks: nothing else is done with them. */
static bool follow(const struct named *d, ir_ref r, bool *looks)
{
	const struct ir_ins *i = ir_at(d->f, r);
	bool more = false;
	for (uint32_t a = 0; a < i->nargs; a++) {
		const bool mine = record_of(d->s, i->args[a]) == d->rec;
		*looks &= !d->seen[i->args[a]] || only_looks(d->f, i, a);
		*looks &= !mine || i->op != IRO(raise) || !i->raised; /* who catches it has it */
		if ((i->op != IRO(pi) && i->op != IRO(located)) || d->seen[r] || record_of(d->s, r))
			continue;
		more |= d->seen[r] = d->seen[i->args[a]] || mine;
	}
	for (uint32_t e = 0; e < i->nsucc; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++) {
			ir_ref to = ir_block(d->f, i->succ[e].to)->params[a], from = i->succ[e].args[a];
			if (!d->seen[from] && record_of(d->s, from) != d->rec)
				continue;
			*looks &= !record_of(d->s, to);
			more |= !d->seen[to];
			d->seen[to] = true;
		}
	return more;
}

static bool others_look(struct named *d)
{
	bool looks = true, more = true;
	d->seen = arena_array(d->s->u->scratch, bool, d->f->nins);
	while (more && looks) {
		more = false;
		for (uint32_t o = 0; o < d->f->nrpo; o++)
			for (ir_ref r = ir_block(d->f, d->f->rpo[o])->first; r; r = ir_at(d->f, r)->next)
				more |= follow(d, r, &looks);
	}
	return looks;
}

/* Is it held by what is given it, alone? Uses that keep it are not plain. */
static bool is_given(struct named *d)
{
	return d->rec->held && d->rec->passed && !d->rec->done && record_alone(d->s, d->rec) && all_plain(d, false) && others_look(d);
}

int named_fields(struct records *s)
{
	for (uint32_t v = 0; v < s->n; v++) {
		struct named d = { .s = s, .f = s->f, .rec = &s->v[v] };
		bool asked = is_asked(s, d.rec) && all_plain(&d, false);
		if (!asked && !is_given(&d))
			continue;
		bool texts = !all_no_texts(&d);
		if (forward(&d, texts) || (asked && !texts && all_plain(&d, true) && split(&d)))
			return 1;
	}
	return 0;
}

int named_one(struct records *s)
{
	for (uint32_t v = 0; v < s->n; v++) {
		struct named d = { .s = s, .f = s->f, .rec = &s->v[v] };
		if (is_asked(s, d.rec) && all_plain(&d, true) && split_one(&d))
			return 1;
	}
	return 0;
}
