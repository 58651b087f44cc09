/*
 * never.c - look-ups that find nothing, where something was surely meant.
 *
 * A global that nobody defined, and whose value is used: `return DROP` returns nil, which is a verdict, too. That a global
 * is only tested (`if DEBUG then`, `LIMIT or 3`, `DEBUG == nil`) is how Lua asks whether there is one, so what matters is
 * where the value goes: through variables, and out of functions that were inlined, to where it is returned, compared or
 * stored. It is followed while the look-up still is one, just before it is folded.
 *
 * Likewise a field that a captured table lacks, where one that it has is called much the same.
 *
 * An address in a captured table whose keys are texts: "10.0.0.1" is none of the addresses.
 */
#include "opt/infer.h"

struct trail {
	const struct flow *fl;
	bool *has;    /* by value: is, or may be, what was looked up */
	bool grew;
	bool compares; /* that it is compared is a use, too */
};

/* Is nil, or a truth, what it is compared with? That is a test. */
static bool is_test(const struct flow *fl, ir_ref other)
{
	const struct ir_type *t = &ir_at(fl->f, other)->type;
	return !t->kinds || type_is_pending(t) || t->kinds & (IR_BIT(IR_NIL) | IR_BOOL);
}

static bool is_map(const struct ir_type *t)
{
	return t->kinds == IR_BIT(IR_MAP) || (t->k && t->k->kind == PG_MAP);
}

static bool uses(const struct trail *t, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(return):
		return i->nargs && t->has[i->args[0]];
	case IRO(eq):
		return t->compares && ((t->has[i->args[0]] && !is_test(t->fl, i->args[1])) || (t->has[i->args[1]] && !is_test(t->fl, i->args[0])));
	case IRO(setindex):
		return t->has[i->args[2]] && is_map(&ir_at(t->fl->f, i->args[0])->type);
	default:
		return false;
	}
}

/* `DEBUG and n`: what a branch on the value itself leads to carries a value that was tested. */
static bool is_tested(const struct trail *t, ir_blk b)
{
	const struct ir_fn *f = t->fl->f;
	const struct ir_block *k = ir_block(f, b);
	const struct ir_ins *end = ir_at(f, k->last);
	if (end->op == IRO(jmp) && k->npreds == 1)
		end = ir_at(f, ir_block(f, k->preds[0].from)->last);
	return end->op == IRO(branch) && t->has[end->args[0]];
}

static void follow(struct trail *t, ir_blk b)
{
	const struct ir_fn *f = t->fl->f;
	const struct ir_ins *end = ir_at(f, ir_block(f, b)->last);
	for (unsigned s = 0; s < end->nsucc; s++)
		for (uint32_t a = 0; a < end->succ[s].nargs && infer_edge_live(t->fl, b, s); a++) {
			ir_ref to = ir_block(f, end->succ[s].to)->params[a];
			if (!t->has[end->succ[s].args[a]] || t->has[to] || is_tested(t, b))
				continue;
			t->has[to] = t->grew = true;
		}
}

static bool is_used(struct trail *t)
{
	const struct ir_fn *f = t->fl->f;
	do {
		t->grew = false;
		for (uint32_t o = 0; o < f->nrpo; o++) {
			if (!t->fl->exec[f->rpo[o]])
				continue;
			for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
				if (uses(t, ir_at(f, r)))
					return true;
			follow(t, f->rpo[o]);
		}
	} while (t->grew);
	return false;
}

/* "did you mean 'bpf.DROP'?", or a name that there is, or how to define it. table: of the globals, or 0. */
static const char *remedy(struct ir_unit *u, uint32_t site, uint64_t table, const char *name)
{
	const char *near = infer_near_bpf(u, name, 3);
	if (!near && table)
		near = u->source->meant(u, table, u->sites[ir_site_shown(u, site)].pos, name);
	return near ? arena_printf(u->arena, "did you mean '%s'?", near)
		    : arena_printf(u->arena, "define it before this is compiled: %s = ..., or write local %s = ...", name, name);
}

/* The key that a captured table has, and that is called much like the one that r looks up in it and does not find; NULL: none. */
static const char *misspelt(struct flow *fl, const struct ir_ins *i, const char *name)
{
	const pg_value *table = ir_at(fl->f, i->args[0])->type.k;
	bool written = ir_at(fl->f, i->args[1])->op == IRO(const) && i->names[1].how == IR_N_CONSTANT && strcmp(i->names->name, "bpf");
	return written && table && table->kind == PG_TABLE ? fl->u->source->meant(fl->u, table->id, (struct diag_pos){ 0 }, name) : NULL;
}

static bool is_used_somewhere(struct flow *fl, ir_ref r, bool compares)
{
	struct arena_mark mark = arena_mark(fl->u->scratch);
	struct trail t = { .fl = fl, .has = arena_array(fl->u->scratch, bool, fl->f->nins), .compares = compares };
	t.has[r] = true;
	bool used = is_used(&t);
	arena_release(fl->u->scratch, mark);
	return used;
}

void infer_warn_undefined(struct flow *fl, ir_ref r)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	const struct ir_name *n = i->names;
	const struct ir_type *key = &ir_at(fl->f, i->args[1])->type;
	if (i->type.kinds != IR_BIT(IR_NIL) || !n || n->how == IR_N_NONE || !n->name || !key->k || key->k->kind != PG_STR)
		return;
	const char *name = key->k->str;
	bool global = !strcmp(n->name, "_ENV");
	const char *near = global ? NULL : misspelt(fl, i, name);
	if ((!global && !near) || !is_used_somewhere(fl, r, global)) /* compared, a field is warned about as such */
		return;
	struct diag *d = diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[ir_site_shown(fl->u, i->site)].pos,
				  global ? "the global '%s' is nil here" : "the field '%s' is nil here", name);
	const pg_value *env = ir_at(fl->f, i->args[0])->type.k;
	d->help = global ? remedy(fl->u, i->site, env ? env->id : 0, name) : arena_printf(fl->u->arena, "did you mean '%s'?", near);
}

/* The global whose look-up led to what stands at `site`; NULL: none did. */
static struct ir_computed *looked_up_at(struct ir_unit *u, uint32_t site)
{
	for (uint32_t in = u->sites[site].inlined_at; in; in = u->inlines[in].parent)
		for (uint32_t c = 0; c < u->ncomputed; c++)
			if (u->computed[c].site == u->inlines[in].site)
				return &u->computed[c];
	return NULL;
}

void infer_warn_raising(struct flow *fl)
{
	struct ir_unit *u = fl->u;
	for (uint32_t o = 0; u->ncomputed && o < fl->f->nrpo; o++) {
		const struct ir_ins *end = ir_at(fl->f, ir_block(fl->f, fl->f->rpo[o])->last);
		struct ir_computed *c = end->op == IRO(raise) ? looked_up_at(u, end->site) : NULL;
		if (!c || c->told)
			continue;
		c->told = true;
		diag_add(u->diag, DIAG_WARNING, u->sites[ir_site_shown(u, c->site)].pos, "the global '%s' is nil here, and to look it up raises",
			 c->name)->help = remedy(u, c->site, c->table, c->name);
	}
}

/* The least of the keys, when all are texts; else NULL. */
static const pg_value *least_text(struct ir_unit *u, const pg_value *table)
{
	const pg_value *kv, *least = NULL;
	uint32_t n;
	if (u->source->pairs(u, table->id, &kv, &n) < 0)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (kv[2 * i].kind != PG_STR)
			return NULL;
		least = !least || strcmp(kv[2 * i].str, least->str) < 0 ? &kv[2 * i] : least;
	}
	return least;
}

void infer_warn_key(struct flow *fl, ir_ref r)
{
	const uint64_t addresses = IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC);
	const struct ir_ins *i = ir_at(fl->f, r);
	const struct ir_type *table = &ir_at(fl->f, i->args[0])->type, *key = &ir_at(fl->f, i->args[1])->type;
	struct arena *a = fl->u->arena;
	if (!key->kinds || key->kinds & ~addresses || !table->k || table->k->kind != PG_TABLE)
		return;
	const pg_value *text = least_text(fl->u, table->k);
	if (!text)
		return;
	const char *address = infer_address(a, key->kinds, text);
	struct diag *d = diag_add(fl->u->diag, DIAG_WARNING, fl->u->sites[ir_site_shown(fl->u, i->site)].pos,
				  "an address is never found here: the keys of this table are texts");
	d->help = address ? arena_printf(a, "write %s as the key: { [%s] = ... }", address, address)
			  : "write addresses as keys: { [bpf.ip(\"...\")] = ... }";
}
