/*
 * computed.c - what an __index function finds: a look-up in a captured table that the function answers is a call of it, which is
 * inlined like any other.
 *
 *   cfg.limit   ->  found(cfg, "limit")
 *   cfg[k]      ->  v = own[k]; if v == nil then v = found(cfg, k) end
 *
 * `own` are the pairs of the table and of those that its __index leads through before the function: a table made up of them.
 */
#include "opt/choose.h"
#include "opt/passes.h"

#include <errno.h>
#include <string.h>

/* What answers r for a table, and of which table it is the __index. */
struct computed {
	pg_value by, of;
	const pg_value *kv;  /* what is found before: keys and values by turns */
	uint32_t n;
};

/* The table's pairs whose keys may be had at run time; false: there may be others among them. */
static bool own_pairs(struct ir_unit *u, struct computed *c, uint64_t kinds)
{
	pg_value *kv = arena_array(u->arena, pg_value, 2 * c->n + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		if (choose_hidden(&c->kv[2 * i], kinds))
			return false;
		if (!choose_plain(&c->kv[2 * i]))
			continue;
		kv[2 * n] = c->kv[2 * i];
		kv[2 * n++ + 1] = c->kv[2 * i + 1];
	}
	c->kv = kv;
	c->n = n;
	return true;
}

/* Is r a look-up that such a function may answer? By a constant key it surely does. */
static bool is_computed(struct flow *fl, ir_ref r, struct computed *c)
{
	struct ir_unit *u = fl->u;
	const struct ir_ins *i = ir_at(fl->f, r);
	if (i->op != IRO(index) && i->op != IRO(self))
		return false;
	const struct ir_type *t = &ir_at(fl->f, i->args[0])->type, *key = &ir_at(fl->f, i->args[1])->type;
	if (t->kinds != IR_BIT(IR_HOST) || !t->k || t->k->kind != PG_TABLE || !(t->k->n & PG_TABLE_META) || !key->kinds ||
	    type_is_pending(key))
		return false;
	pg_value found;
	if (key->k && (ir_is_half(key->k) || u->source->index(u, t->k->id, key->k, &found) != -ENOTSUP))
		return false;
	if (u->source->beyond(u, t->k->id, &c->by, &c->of, &c->kv, &c->n) < 0)
		return false;
	return key->k || own_pairs(u, c, key->kinds);
}

/* The end of the unfinished block `b`: on at `to`, with v. */
static void go(struct flow *fl, ir_blk b, uint32_t site, ir_blk to, ir_ref v)
{
	ir_succ(fl->f, flow_emit(fl, b, site, IRO(jmp), 0, NULL), 0, to, 1, &v);
}

/* In block b: what answers r, which goes on to `to`. Where that is no function, it is indexed itself. */
static void answer(struct flow *fl, ir_blk b, ir_ref r, const struct computed *c, ir_blk to)
{
	const struct ir_ins old = *ir_at(fl->f, r);
	bool calls = c->by.kind == PG_FUNC || c->by.kind == PG_LIB || c->by.kind == PG_HOST;
	ir_ref by = flow_const(fl, b, old.site, const_new(fl->u, c->by)), of = flow_const(fl, b, old.site, const_new(fl->u, c->of));
	ir_ref call[] = { by, of, old.args[1] }, index[] = { by, old.args[1] }, raised = 0;
	if (old.raised)
		b = flow_guard(fl, b, r, &raised);
	ir_ref v = calls ? flow_emit(fl, b, old.site, IRO(call), 3, call) : flow_emit(fl, b, old.site, IRO(index), 2, index);
	ir_at(fl->f, v)->raised = raised;
	go(fl, b, old.site, to, calls ? flow_emit(fl, b, old.site, IRO(result), 1, &v) : v);
}

/* In block b: what is found before, which goes on to `to`; `absent`, where nothing is. */
static void look(struct flow *fl, ir_blk b, ir_ref r, const struct computed *c, ir_blk to, ir_blk absent)
{
	const struct ir_ins old = *ir_at(fl->f, r);
	ir_blk found = ir_block_new(fl->f);
	ir_ref args[] = { flow_const(fl, b, old.site, columns_table(fl->u, c->kv, c->n)), old.args[1] };
	ir_ref v = flow_emit(fl, b, old.site, IRO(index), 2, args);
	ir_ref nil[] = { v, flow_const(fl, b, old.site, &const_nil) };
	ir_ref none = flow_emit(fl, b, old.site, IRO(eq), 2, nil), t = flow_emit(fl, b, old.site, IRO(branch), 1, &none);
	ir_succ(fl->f, t, 0, absent, 0, NULL);
	ir_succ(fl->f, t, 1, found, 0, NULL);
	ir_ref there = flow_emit(fl, found, old.site, IRO(pi), 1, &v);
	ir_at(fl->f, there)->imm = (int64_t)~IR_BIT(IR_NIL);
	go(fl, found, old.site, to, there);
}

/* A global: never.c warns of it where the function does nothing but raise, as those that want globals to be declared do. */
static void note_global(struct ir_unit *u, const struct ir_fn *f, const struct ir_ins *look, const struct computed *c)
{
	const pg_value *name = ir_at(f, look->args[1])->type.k, *table = ir_at(f, look->args[0])->type.k;
	if (!look->names || !look->names->name || strcmp(look->names->name, "_ENV") != 0 || !name || name->kind != PG_STR || c->by.kind != PG_FUNC)
		return;
	struct ir_computed one = { .site = look->site, .table = table->id, .name = name->str };
	arena_push(u->arena, u->computed, u->ncomputed, u->cap_computed, one);
}

/* Returns what stands for r from now on. */
static ir_ref compute(struct flow *fl, ir_ref r, const struct computed *c)
{
	struct ir_fn *f = fl->f;
	note_global(fl->u, f, ir_at(f, r), c);
	ir_blk before = ir_at(f, r)->block, rest = edit_split(f, r), absent = before;
	ir_remove(f, r);
	ir_ref all = ir_param_add(f, rest);
	if (!ir_at(f, ir_at(f, r)->args[1])->type.k && c->n) {
		absent = ir_block_new(f);
		look(fl, before, r, c, rest, absent);
	}
	answer(fl, absent, r, c, rest);
	return all;
}

int computed_known(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	struct computed c;
	ir_ref *looks = NULL;
	uint32_t n = 0, cap = 0;
	for (uint32_t o = 0; fl->u->computes && o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next)
			if (is_computed(fl, r, &c))
				arena_push(fl->u->scratch, looks, n, cap, r);
	if (!n)
		return 0;
	ir_ref *stands = arena_array(fl->u->scratch, ir_ref, n);
	for (uint32_t i = 0; i < n; i++)
		stands[i] = is_computed(fl, looks[i], &c) ? compute(fl, looks[i], &c) : 0;
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
	for (uint32_t i = 0; i < n; i++)
		to[looks[i]] = stands[i];
	ir_rename(f, to);
	return 1;
}
