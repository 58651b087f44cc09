/*
 * columns.c - captured tables of many tables: rules, hosts, services. What is read of the one that is found is a table
 * of its own, by the same keys, as if the script had kept its columns and not its rows.
 *
 *   r = rules[k]   if r and r.port == 80       there[k]   if there and port[k] == 80
 */
#include "core/mutant.h"
#include "opt/choose.h"
#include "opt/passes.h"

struct columns {
	struct choice *c;
	struct uses fields;    /* what reads a field of the row */
};

/* The row itself, or what a test made of it? */
static bool is_row(const struct choice *c, ir_ref v)
{
	return ir_untested(c->f, v) == c->index;
}

static bool is_nil(const pg_value *k)
{
	return k && k->kind == PG_NIL;
}

/* Is a row there, or not? A test tells tables from nil alone: as much as true from nil. */
static bool looks(const struct choice *c, const struct ir_ins *i)
{
	const uint64_t both = IR_BIT(IR_HOST) | IR_BIT(IR_TRUE);
	if (i->op == IRO(pi))
		return ((uint64_t)i->imm & both) == both || !((uint64_t)i->imm & both);
	if (i->op == IRO(eq))
		return is_nil(ir_at(c->f, i->args[0])->type.k) || is_nil(ir_at(c->f, i->args[1])->type.k);
	return i->op == IRO(branch) || i->op == IRO(not);
}

/* Behind a test that says so it is nil: `r and r.port`. */
static bool is_absent(const struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	return i->op == IRO(pi) && !((uint64_t)i->imm & (IR_BIT(IR_HOST) | IR_BIT(IR_TRUE)));
}

static bool goes_on(const struct choice *c, const struct ir_ins *i)
{
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (is_row(c, i->succ[s].args[a]) && !is_absent(c, i->succ[s].args[a]))
				return true;
	return false;
}

static bool find_fields(struct columns *k)
{
	const struct choice *c = k->c;
	for (uint32_t o = 0; o < c->f->nrpo; o++)
		for (ir_ref r = ir_block(c->f, c->f->rpo[o])->first; r; r = ir_at(c->f, r)->next) {
			const struct ir_ins *i = ir_at(c->f, r);
			bool uses = false;
			for (uint32_t a = 0; a < i->nargs; a++)
				uses |= is_row(c, i->args[a]) && !is_absent(c, i->args[a]);
			if (goes_on(c, i))
				return false;
			if (!uses || looks(c, i))
				continue;
			if (i->op != IRO(index) || is_row(c, i->args[1]) || !ir_at(c->f, i->args[1])->type.k)
				return false;
			arena_push(c->fl->u->arena, k->fields.v, k->fields.n, k->fields.cap, r);
		}
	return true;
}

/* The table of what the rows have there; field NULL: of true, where there is a row. NULL: that is not known. */
static const pg_value *column(const struct choice *c, const pg_value *field)
{
	struct ir_unit *u = c->fl->u;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * c->n + 1);
	uint32_t n = 0;
	for (uint32_t i = MUTANT(column_short); i < c->n; i++) {
		pg_value v = const_true;
		if (field && u->source->index(u, c->pairs[i].value->id, field, &v) < 0)
			return NULL;
		if (v.kind == PG_NIL)
			continue;
		kv[2 * n] = *c->pairs[i].key;
		kv[2 * n++ + 1] = v;
	}
	return const_new(u, (pg_value){ .kind = PG_TABLE, .id = u->source->table(u, kv, n) });
}

/* Where there is no row, Lua's error. */
static ir_ref read_field(struct choice *c, ir_ref r, const pg_value *of)
{
	const struct ir_ins old = *ir_at(c->f, r);
	ir_blk b = old.block, rest = edit_split(c->f, r), there = ir_block_new(c->f), none = ir_block_new(c->f);
	ir_remove(c->f, r);
	ir_ref all = ir_param_add(c->f, rest), t = flow_emit(c->fl, b, old.site, IRO(branch), 1, old.args);
	ir_succ(c->f, t, 0, there, 0, NULL);
	ir_succ(c->f, t, 1, none, 0, NULL);
	ir_ref args[2] = { flow_const(c->fl, there, old.site, of), c->key };
	ir_ref v = flow_emit(c->fl, there, old.site, IRO(index), 2, args);
	t = flow_emit(c->fl, there, old.site, IRO(jmp), 0, NULL);
	ir_succ(c->f, t, 0, rest, 1, &v);
	flow_raise(c->fl, none, r, choose_failure_text(c, &old, "index", &const_nil));
	return all;
}

bool choose_columns(struct choice *c, ir_ref *to)
{
	struct columns k = { .c = c };
	for (uint32_t i = 0; i < c->n; i++)
		if (c->pairs[i].value->kind != PG_TABLE)
			return false;
	if (!find_fields(&k))
		return false;
	const pg_value **of = arena_array(c->fl->u->arena, const pg_value *, k.fields.n + 1);
	for (uint32_t i = 0; i < k.fields.n; i++)
		if (!(of[i] = column(c, ir_at(c->f, ir_at(c->f, k.fields.v[i])->args[1])->type.k)))
			return false;
	for (uint32_t i = 0; i < k.fields.n; i++)
		to[k.fields.v[i]] = read_field(c, k.fields.v[i], of[i]);
	ir_ref there = ir_ins_new(c->f, IRO(const), 0, NULL);
	ir_at(c->f, there)->k = column(c, NULL);
	ir_at(c->f, there)->site = ir_at(c->f, c->index)->site;
	ir_insert_before(c->f, c->index, there);
	ir_at(c->f, c->index)->args[0] = there;
	return true;
}
