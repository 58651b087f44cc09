/* new.c - making and editing: units, functions, blocks, instructions, edges. */
#include "ir/ir.h"

#include "core/refusal.h"
#include "core/shape.h"

enum { SCRATCH = 48 << 10 };

struct ir_unit *ir_unit_new(struct arena *a, struct diag_list *diag, const struct ir_target *t)
{
	struct ir_unit *u = arena_new(a, struct ir_unit);
	u->arena = a;
	u->scratch = arena_new(a, struct arena);
	arena_within(u->scratch, a, SCRATCH);
	u->diag = diag;
	u->target = t;
	arena_push(a, u->sites, u->nsites, u->cap_sites, (struct ir_site){ 0 });
	arena_push(a, u->inlines, u->ninlines, u->cap_inlines, (struct ir_inline){ 0 });
	while (u->nmaps < IR_MAP_USER)
		arena_push(a, u->maps, u->nmaps, u->cap_maps, NULL);
	return u;
}

enum { FIRST_INS = 16, FIRST_BLOCKS = 8 };

struct ir_fn *ir_fn_new(struct ir_unit *u, const char *name)
{
	struct ir_fn *f = arena_new(u->arena, struct ir_fn);
	f->unit = u;
	f->name = name;
	f->id = u->nfns;
	f->cap_ins = FIRST_INS;
	f->ins = arena_array(u->arena, struct ir_ins, FIRST_INS); /* number 0 stays all zeros */
	f->nins = 1;
	f->cap_blocks = FIRST_BLOCKS;
	f->blocks = arena_array(u->arena, struct ir_block, FIRST_BLOCKS);
	f->nblocks = 1;
	arena_push(u->arena, u->fns, u->nfns, u->cap_fns, f);
	return f;
}

void ir_fn_reserve(struct ir_fn *f, uint32_t nins, uint32_t nblocks)
{
	struct arena *a = f->unit->arena;
	if (f->nins == 1 && nins > f->cap_ins) {
		f->ins = arena_spare(a, struct ir_ins, nins);
		f->ins[0] = (struct ir_ins){ 0 };
		f->cap_ins = nins;
	}
	if (f->nblocks == 1 && nblocks > f->cap_blocks) {
		f->blocks = arena_spare(a, struct ir_block, nblocks);
		f->blocks[0] = (struct ir_block){ 0 };
		f->cap_blocks = nblocks;
	}
}

ir_blk ir_block_new(struct ir_fn *f)
{
	arena_push(f->unit->arena, f->blocks, f->nblocks, f->cap_blocks, (struct ir_block){ 0 });
	return f->nblocks - 1;
}

static ir_ref *copy_refs(struct ir_fn *f, uint32_t n, const ir_ref *refs)
{
	if (!n)
		return NULL;
	if (!refs)
		return arena_array(f->unit->arena, ir_ref, n);
	ir_ref *r = arena_spare(f->unit->arena, ir_ref, n);
	for (uint32_t i = 0; i < n; i++) /* one or two, mostly */
		r[i] = refs[i];
	return r;
}

ir_ref ir_ins_new(struct ir_fn *f, enum ir_op op, uint32_t nargs, const ir_ref *args)
{
	ir_ref *own = copy_refs(f, nargs, args);
	arena_grow(f->unit->arena, f->ins, f->nins, f->cap_ins);
	struct ir_ins *i = &f->ins[f->nins];
	*i = (struct ir_ins){ .op = (uint16_t)op, .nargs = nargs, .args = own };
	if (ir_ops[op].ends > 0) {
		f->ordered = false;
		i->nsucc = (uint8_t)ir_ops[op].ends;
		i->succ = arena_array(f->unit->arena, struct ir_edge, i->nsucc);
	}
	return f->nins++;
}

ir_ref ir_param_add(struct ir_fn *f, ir_blk b)
{
	ir_ref r = ir_ins_new(f, IRO(param), 0, NULL);
	struct ir_block *k = ir_block(f, b);
	ir_at(f, r)->aux = k->nparams;
	ir_at(f, r)->block = b;
	arena_push(f->unit->arena, k->params, k->nparams, k->cap_params, r);
	return r;
}

void ir_append(struct ir_fn *f, ir_blk b, ir_ref i)
{
	struct ir_block *k = ir_block(f, b);
	struct ir_ins *ins = ir_at(f, i);
	ins->block = b;
	ins->prev = k->last;
	ins->next = 0;
	if (k->last)
		ir_at(f, k->last)->next = i;
	else
		k->first = i;
	k->last = i;
}

void ir_insert_before(struct ir_fn *f, ir_ref at, ir_ref i)
{
	struct ir_ins *ins = ir_at(f, i), *a = ir_at(f, at);
	ins->block = a->block;
	ins->prev = a->prev;
	ins->next = at;
	if (a->prev)
		ir_at(f, a->prev)->next = i;
	else
		ir_block(f, a->block)->first = i;
	a->prev = i;
}

void ir_remove(struct ir_fn *f, ir_ref i)
{
	struct ir_ins *ins = ir_at(f, i);
	struct ir_block *k = ir_block(f, ins->block);
	if (ins->prev)
		ir_at(f, ins->prev)->next = ins->next;
	else
		k->first = ins->next;
	if (ins->next)
		ir_at(f, ins->next)->prev = ins->prev;
	else
		k->last = ins->prev;
	ins->block = 0;
	ins->prev = ins->next = 0;
}

void ir_succ(struct ir_fn *f, ir_ref term, uint32_t which, ir_blk to, uint32_t nargs,
	     const ir_ref *args)
{
	ir_at(f, term)->succ[which] =
		(struct ir_edge){ .to = to, .nargs = nargs, .args = copy_refs(f, nargs, args) };
	f->ordered = false;
}

struct ir_edge *ir_caught(const struct ir_fn *f, ir_ref raised)
{
	return &ir_at(f, ir_block(f, ir_at(f, raised)->block)->last)->succ[1];
}

uint32_t ir_site_shown(const struct ir_unit *u, uint32_t site)
{
	while (!u->sites[site].pos.line && u->sites[site].inlined_at)
		site = u->inlines[u->sites[site].inlined_at].site;
	return site;
}

uint32_t ir_line(const struct ir_unit *u, const struct ir_fn *f, ir_ref r)
{
	return u->sites[ir_site_shown(u, ir_at(f, r)->site)].pos.line;
}

struct ir_edge *ir_pred_edge(const struct ir_fn *f, const struct ir_pred *p)
{
	return &ir_at(f, ir_block(f, p->from)->last)->succ[p->succ];
}

uint32_t ir_site(struct ir_unit *u, struct diag_pos pos, uint32_t inlined_at)
{
	const struct ir_site *last = &u->sites[u->nsites - 1];
	if (u->nsites > 1 && last->pos.line == pos.line && last->pos.file == pos.file &&
	    last->pos.of == pos.of && last->pos.pc == pos.pc && last->inlined_at == inlined_at)
		return u->nsites - 1;
	struct ir_site s = { .pos = pos, .inlined_at = inlined_at };
	arena_push(u->arena, u->sites, u->nsites, u->cap_sites, s);
	return u->nsites - 1;
}

uint32_t ir_slot(struct ir_fn *f, uint32_t size, uint32_t align)
{
	struct ir_slot s = { .size = size, .align = align };
	arena_push(f->unit->arena, f->slots, f->nslots, f->cap_slots, s);
	return f->nslots - 1;
}

uint32_t ir_map(struct ir_unit *u, pg_map *m)
{
	for (uint32_t i = IR_MAP_USER; i < u->nmaps; i++)
		if (u->maps[i] == m)
			return i;
	arena_push(u->arena, u->maps, u->nmaps, u->cap_maps, m);
	return u->nmaps - 1;
}

static bool same_type(const struct ctype *a, const struct ctype *b)
{
	return a == b || (a && b && ct_equal(a, b));
}

static bool alike(const pg_map *a, const pg_map *b)
{
	struct map_shape s, t;
	map_shape(a, &s);
	map_shape(b, &t);
	return s.role == t.role && s.array == t.array && s.lpm == t.lpm && s.percpu == t.percpu &&
	       same_type(s.key, t.key) && same_type(s.value, t.value);
}

uint32_t ir_model(struct ir_unit *u, const pg_map *m)
{
	for (uint32_t i = 1; i < u->nmodels; i++)
		if (alike(u->models[i], m))
			return i;
	if (!u->nmodels)
		arena_push(u->arena, u->models, u->nmodels, u->cap_models, NULL);
	arena_push(u->arena, u->models, u->nmodels, u->cap_models, (pg_map *)m);
	return u->nmodels - 1;
}

pg_map *ir_map_like(const struct ir_unit *u, const struct ir_type *t)
{
	if (t->kinds & IR_BIT(IR_MAP) && t->model)
		return u->models[t->model];
	return t->kinds & IR_BIT(IR_HOST) && t->k && t->k->kind == PG_MAP ? t->k->map : NULL;
}

const pg_value *ir_const(struct ir_unit *u, pg_value k)
{
	if (k.kind == PG_STR)
		k.str = arena_copy(u->arena, k.str, k.n);
	pg_value *p = arena_new(u->arena, pg_value);
	*p = k;
	return p;
}

const char *ir_error_text(struct ir_unit *u, uint32_t number)
{
	const struct ir_error *e = &u->errors[number];
	if (!e->pos.line)
		return e->text;
	struct diag_file file = diag_file(e->pos.file);
	return arena_printf(u->arena, "%s%s:%u: %s", file.dots, file.rest, e->pos.line, e->text);
}

pg_value ir_refusal(struct ir_unit *u, const struct refusal *row)
{
	const char *both = arena_printf(u->arena, "%s\n%s", row->text, row->help);
	return (pg_value){ .kind = PG_STR, .str = both, .n = (uint32_t)strlen(both) };
}

uint32_t ir_error(struct ir_unit *u, struct diag_pos pos, const char *text)
{
	for (uint32_t i = 0; i < u->nerrors; i++)
		if (!u->errors[i].worded && !u->errors[i].room && u->errors[i].pos.line == pos.line && !strcmp(u->errors[i].text, text) &&
		    (u->errors[i].pos.file == pos.file ||
		     (pos.file && u->errors[i].pos.file && !strcmp(u->errors[i].pos.file, pos.file))))
			return i;
	struct ir_error e = { .pos = pos, .text = text };
	arena_push(u->arena, u->errors, u->nerrors, u->cap_errors, e);
	return u->nerrors - 1;
}

unsigned ir_nnames(const struct ir_ins *i)
{
	return i->op == IRO(concat) && i->nargs > 2 ? i->nargs + 1 : 3;
}

const struct ir_name *ir_arg_name(const struct ir_ins *i, unsigned a)
{
	unsigned at = a < 2 ? a : a + 1;
	return i->names && at < ir_nnames(i) && i->names[at].how != IR_N_NONE ? &i->names[at] : NULL;
}

const char *ir_named(struct arena *a, const struct ir_name *n)
{
	return n ? arena_printf(a, " (%s '%s')", ir_name_how[n->how], n->name) : "";
}

bool ir_uses(const struct ir_ins *i, ir_ref v)
{
	for (uint32_t a = 0; a < i->nargs; a++)
		if (i->args[a] == v)
			return true;
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (i->succ[s].args[a] == v)
				return true;
	return false;
}
