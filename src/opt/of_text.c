/*
 * of_text.c - what a name gives of a text: `s:sub(1)`, `s.len`. Texts have the table `string` as their __index, as the script
 * left it: it may have put functions of its own there, or in the place of Lua's.
 *
 * What is not there is nil; of what is surely a text that is refused, for nobody means it. But where a text is one of several
 * values (`v = c and "all" or { n = 3 }  v.n`), it is as Lua has it.
 */
#include "opt/infer.h"

/* Is it what Lua itself put there? */
static bool is_luas(const pg_value *v, const char *name)
{
	return v->kind == PG_LIB && !strncmp(v->lib, "string.", 7) && !strcmp(v->lib + 7, name);
}

/* Can it be called as a method? Other functions of the library take no text before their arguments. */
static bool is_callable(const struct infer *in, const pg_value *v)
{
	const struct ir_target *t = in->fl.u->target;
	return v->kind == PG_LIB ? ir_row_of_string(t, type_const(t, v).row) : v->kind != PG_HOST;
}

/* Is it one of several values that have fields, or one in a copy for some of them (ways.c)? */
static bool is_among_others(const struct infer *in, ir_ref r, const struct ir_type *t)
{
	const uint64_t fieldless = IR_ALL_STRINGS | IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT);
	return in->fl.u->sites[ir_at(in->fl.f, r)->site].parted || t->kinds & ~fieldless;
}

/* What the script put there; where other values are asked for it, too, nothing says whose it is. */
static struct ir_type own_field(struct infer *in, ir_ref r, const struct ir_type *t, const char *name, const pg_value *v)
{
	if (t->kinds & ~(IR_ALL_STRINGS | IR_FALSY | IR_BIT(IR_TRUE))) {
		flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_TABLES, "ask each of them for it under an if",
			    "%s of %s is a method or a field; which, is known only at run time",
			    arena_printf(in->fl.u->arena, "'%s'", name), infer_operand(in, r, 0));
		return type_pending();
	}
	if (ir_at(in->fl.f, r)->op == IRO(self) && !is_callable(in, v)) {
		infer_no_method(in, ir_at(in->fl.f, r)->site, name);
		return type_pending();
	}
	return type_const(in->fl.u->target, const_new(in->fl.u, *v));
}

/* Is it one of Lua's functions of texts? */
static bool is_of_lua(const pg_value *k)
{
	static const char *const names[] = { "byte", "char", "dump", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
					     "packsize", "rep", "reverse", "sub", "unpack", "upper" };
	for (unsigned i = 0; k->kind == PG_STR && i < sizeof(names) / sizeof(*names); i++)
		if (k->n == strlen(names[i]) && !memcmp(k->str, names[i], k->n))
			return true;
	return false;
}

bool infer_text_has(const struct flow *fl, const pg_value *key)
{
	pg_value v;
	if (!fl->u->source->text)
		return is_of_lua(key);
	return fl->u->source->text(fl->u, key, &v) < 0 || v.kind != PG_NIL;
}

bool infer_text_lacks(const struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	const struct ir_type *t = &ir_at(fl->f, i->args[0])->type;
	const pg_value *key = ir_at(fl->f, i->args[1])->type.k;
	bool among = t->kinds & IR_BIT(IR_REC) || fl->u->sites[i->site].parted;
	if (i->op != IRO(index) || !among || !(t->kinds & IR_ALL_STRINGS) || !key || !choose_plain(key))
		return false;
	if (key->kind == PG_STR && ir_lib_find(fl->u->target->str_rows, key->str))
		return false;
	return !infer_text_has(fl, key);
}

/* The constants that a value may be, where they are few, and the parameters by which they come. */
enum { MAX_WORDS = 32 };
struct words {
	const pg_value *v[MAX_WORDS];
	ir_ref by[MAX_WORDS];
	uint32_t n, nby;
};

static bool add_word(struct words *out, const pg_value *k)
{
	for (uint32_t i = 0; i < out->n; i++)
		if (ir_same_value(out->v[i], k))
			return true;
	if (out->n == MAX_WORDS)
		return false;
	out->v[out->n++] = k;
	return true;
}

static bool find_words(const struct ir_fn *f, ir_ref r, struct words *out)
{
	r = ir_untested(f, r);
	const struct ir_ins *i = ir_at(f, r);
	if (i->type.k)
		return add_word(out, i->type.k);
	for (uint32_t k = 0; k < out->nby; k++)
		if (out->by[k] == r)
			return true;
	if (i->op != IRO(param) || i->block == 1 || out->nby == MAX_WORDS)
		return false;
	out->by[out->nby++] = r;
	for (uint32_t p = 0; p < ir_block(f, i->block)->npreds; p++)
		if (!find_words(f, ir_pred_edge(f, &ir_block(f, i->block)->preds[p])->args[i->aux], out))
			return false;
	return true;
}

bool infer_text_lacks_any(const struct flow *fl, ir_ref key)
{
	struct words words = { .n = 0 };
	const uint64_t kinds = ir_alike(ir_at(fl->f, key)->type.kinds);
	const pg_value *kv;
	pg_value table;
	uint32_t n;
	if (find_words(fl->f, key, &words)) {
		for (uint32_t i = 0; i < words.n; i++)
			if (infer_text_has(fl, words.v[i]))
				return false;
		return true;
	}
	if (!fl->u->source->text)
		return !(kinds & IR_ALL_STRINGS);
	if (fl->u->source->text(fl->u, NULL, &table) < 0 || table.kind != PG_TABLE ||
	    fl->u->source->pairs(fl->u, table.id, &kv, &n) < 0)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (kinds & IR_BIT(ir_kind_of(kv[2 * i].kind)))
			return false;
	return true;
}

struct ir_type infer_field_of_text(struct infer *in, ir_ref r, const struct ir_type *t, const struct ir_type *key)
{
	struct ir_unit *u = in->fl.u;
	const char *name = key->k->str;
	const struct ir_lib *row = ir_lib_find(u->target->str_rows, name);
	pg_value v;
	bool known = u->source->text && u->source->text(u, key->k, &v) == 0;
	if (known && v.kind != PG_NIL && !is_luas(&v, name))
		return own_field(in, r, t, name, &v);
	if (row && !(known && v.kind == PG_NIL))
		return (struct ir_type){ .kinds = IR_BIT(IR_FUNC), .row = row };
	if (ir_at(in->fl.f, r)->op == IRO(self))
		infer_no_method(in, ir_at(in->fl.f, r)->site, name);
	else if (known && v.kind == PG_NIL && is_among_others(in, r, t))
		return type_kinds(IR_BIT(IR_NIL));
	else
		flow_error(&in->fl, ir_at(in->fl.f, r)->site, "a string has no field '%s'", name)->help =
			"where it may be something else: if type(v) == \"table\" then ... v.name ... end";
	return type_pending();
}
