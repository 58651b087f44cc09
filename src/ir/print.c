/*
 * print.c - the IR as text that reads back.
 *
 *     maps 3                                   maps of the unit
 *     error "text" @filter.lua:3               run-time errors, from 0
 *     inline @filter.lua:3 fn 1 parent 0       inlinings, from 1
 *     main 0
 *     fn 0 "filter" params 1 at filter.lua:1
 *     slot 16 align 8
 *     b1(v1: pkt):
 *         v2 = const "ip"
 *         v3 = index v1, v2 {local 'pkt', -, local 'ip'} @filter.lua:2 : nil|ipv4
 *         branch v3 -> b2(v3), b3 @filter.lua:3
 *
 * Of an instruction: result, operation, arguments, `.` aux, `#` imm, constant, `->` successors, `!`
 * error edge, names of operands, `@` position (`^` inlining), `:` what is known of the value. Not
 * printed: struct layouts of types, contents of captured objects.
 */
#include "ir/target.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

struct text {
	struct ir_unit *u;
	char *s;
	size_t n, cap;
};

static __attribute__((format(printf, 2, 3))) void put(struct text *t, const char *fmt, ...)
{
	for (;;) {
		va_list ap;
		va_start(ap, fmt);
		int n = vsnprintf(t->s + t->n, t->cap - t->n, fmt, ap);
		va_end(ap);
		if ((size_t)n < t->cap - t->n) {
			t->n += (size_t)n;
			return;
		}
		size_t cap = t->cap * 2 + (size_t)n;
		char *s = arena_alloc(t->u->arena, cap);
		memcpy(s, t->s, t->n);
		t->s = s;
		t->cap = cap;
	}
}

static void put_string(struct text *t, const char *s, size_t n)
{
	put(t, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			put(t, "\\%c", c);
		else if (c < ' ' || c >= 127)
			put(t, "\\x%02x", c);
		else
			put(t, "%c", c);
	}
	put(t, "\"");
}

/* File names are bare where that is not ambiguous. */
static void put_pos(struct text *t, struct diag_pos pos)
{
	const char *file = pos.file ? pos.file : "";
	bool bare = *file;
	for (const char *c = file; *c; c++)
		bare &= isalnum((unsigned char)*c) || strchr("_./-", *c);
	if (bare)
		put(t, "%s", file);
	else
		put_string(t, file, strlen(file));
	put(t, ":%u", pos.line);
}

static void put_hex(struct text *t, const char *what, const uint8_t *b, unsigned n)
{
	put(t, "%s 0x", what);
	for (unsigned i = 0; i < n; i++)
		put(t, "%02x", b[i]);
}

static uint32_t map_number(const struct ir_unit *u, const pg_map *m)
{
	for (uint32_t i = IR_MAP_USER; i < u->nmaps; i++)
		if (u->maps[i] == m)
			return i;
	return 0;
}

static void put_const(struct text *t, const pg_value *k)
{
	switch (k->kind) {
	case PG_NIL:   put(t, "nil"); break;
	case PG_FALSE: put(t, "false"); break;
	case PG_TRUE:  put(t, "true"); break;
	case PG_INT:   put(t, "%" PRId64, k->i); break;
	case PG_FLOAT: put(t, "float %a", k->f); break;
	case PG_STR:   put_string(t, k->str, k->n); break;
	case PG_IP4:   put_hex(t, "ip4", k->addr, 4); break;
	case PG_IP6:   put_hex(t, "ip6", k->addr, 16); break;
	case PG_MAC:   put_hex(t, "mac", k->addr, 6); break;
	case PG_CIDR:  put_hex(t, "cidr", k->addr, k->n); put(t, " %u", k->prefix); break;
	case PG_RECORD: put(t, "record"); break;
	case PG_VIEW:  put(t, "view"); break;
	case PG_MAP:   put(t, "map %u", map_number(t->u, k->map)); break;
	case PG_TABLE: put(t, "table %s%s%" PRIu64, k->n & PG_TABLE_META ? "meta " : "", k->n & PG_TABLE_EQ ? "__eq " : "", k->id); break;
	case PG_FUNC:  put(t, "func %" PRIu64, k->id); break;
	case PG_LIB:   put(t, "lib "); put_string(t, k->lib, strlen(k->lib)); break;
	case PG_HOST:  put(t, "host "); put_string(t, k->str, strlen(k->str)); break;
	case PG_NKINDS: break;
	}
}

static void put_type(struct text *t, const struct ir_type *y)
{
	if (!y->kinds && !y->k && !y->def)
		return;
	put(t, ": %s", ir_kinds_text(t->u, y->kinds));
	if (y->cap)
		put(t, " cap %u", y->cap);
	if (y->most)
		put(t, " most %u", y->most);
	if (y->model)
		put(t, " like %u", y->model);
	if (y->def)
		put(t, " def v%u", y->def);
	if (y->row) {
		put(t, " row ");
		put_string(t, y->row->name, strlen(y->row->name));
	}
	if (y->k) {
		put(t, " = ");
		put_const(t, y->k);
	}
}

static void put_edge(struct text *t, const struct ir_edge *e)
{
	put(t, "b%u", e->to);
	for (uint32_t i = 0; i < e->nargs; i++)
		put(t, "%sv%u", i ? ", " : "(", e->args[i]);
	if (e->nargs)
		put(t, ")");
}

const char *const ir_name_how[] = {
	[IR_N_LOCAL] = "local",   [IR_N_UPVALUE] = "upvalue", [IR_N_GLOBAL] = "global",
	[IR_N_FIELD] = "field",   [IR_N_METHOD] = "method",   [IR_N_CONSTANT] = "constant",
};

const char *ir_source_name(const struct ir_name *names, unsigned i)
{
	if (!names || names[i].how == IR_N_NONE || names[i].how == IR_N_CONSTANT)
		return NULL;
	return *names[i].name == '?' || !strcmp(names[i].name, "integer index") ? NULL : names[i].name;
}

static void put_names(struct text *t, const struct ir_name *names, unsigned n)
{
	put(t, " {");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			put(t, ", ");
		if (names[i].how == IR_N_NONE) {
			put(t, "-");
			continue;
		}
		put(t, "%s ", ir_name_how[names[i].how]);
		put_string(t, names[i].name, strlen(names[i].name));
	}
	put(t, "}");
}

static void put_immediates(struct text *t, const struct ir_ins *ins)
{
	char immediate = ir_ops[ins->op].immediate;
	if (ins->op == IRO(br) || ins->op == IRO(br32)) {
		put(t, " %s", ir_cc_name[ins->aux]);
		return;
	}
	if (immediate == 'A' || immediate == 'X')
		put(t, " .%u", ins->aux);
	if (ins->op == IRO(pi))
		put(t, " #%s", ir_kinds_text(t->u, (uint64_t)ins->imm));
	else if (immediate == 'I' || immediate == 'X')
		put(t, " #%" PRId64, ins->imm);
	if ((immediate == 'K' || immediate == 'S') && ins->k) {
		put(t, " ");
		put_const(t, ins->k);
	}
}

static void put_site(struct text *t, uint32_t site)
{
	const struct ir_site *s = &t->u->sites[site];
	put(t, " @");
	put_pos(t, s->pos);
	if (s->inlined_at)
		put(t, "^%u", s->inlined_at);
}

static void put_ins(struct text *t, const struct ir_fn *f, ir_ref r)
{
	const struct ir_ins *ins = ir_at(f, r);
	put(t, "    ");
	if (ir_ops[ins->op].result != 'N')
		put(t, "v%u = ", r);
	put(t, "%s", ir_ops[ins->op].name);
	for (uint32_t i = 0; i < ins->nargs; i++) {
		put(t, i ? ", " : " ");
		if (ins->op == IRO(record)) {
			put_string(t, ins->list[i], strlen(ins->list[i]));
			put(t, " ");
		}
		put(t, "v%u", ins->args[i]);
	}
	put_immediates(t, ins);
	for (uint32_t i = 0; i < ins->nsucc; i++) {
		put(t, i ? ", " : " -> ");
		put_edge(t, &ins->succ[i]);
	}
	if (ins->raised)
		put(t, " !v%u", ins->raised);
	if (ins->names)
		put_names(t, ins->names, ir_nnames(ins));
	if (ins->site)
		put_site(t, ins->site);
	if (ins->type.kinds || ins->type.k || ins->type.def)
		put(t, " ");
	put_type(t, &ins->type);
	put(t, "\n");
}

static void put_block(struct text *t, const struct ir_fn *f, ir_blk b)
{
	const struct ir_block *k = ir_block(f, b);
	put(t, "b%u", b);
	for (uint32_t i = 0; i < k->nparams; i++) {
		put(t, "%sv%u", i ? ", " : "(", k->params[i]);
		put_type(t, &ir_at(f, k->params[i])->type);
	}
	put(t, "%s%s%s:\n", k->nparams ? ")" : "", k->cold ? " cold" : "", k->walked ? " walked" : "");
	for (ir_ref i = k->first; i; i = ir_at(f, i)->next)
		put_ins(t, f, i);
}

static void put_fn(struct text *t, const struct ir_fn *f)
{
	put(t, "fn %u ", f->id);
	put_string(t, f->name, strlen(f->name));
	put(t, " params %u", f->nparams);
	if (f->nupvals)
		put(t, " upvals %u", f->nupvals);
	if (f->proto)
		put(t, " proto %u", f->proto);
	if (f->host)
		put(t, " host %" PRIu64, f->host);
	if (f->error_exit)
		put(t, " error b%u", f->error_exit);
	if (f->caller)
		put(t, " caller %u frame %u", f->caller->id, f->frame_arg);
	put(t, "%s%s", f->vararg ? " vararg" : "", f->machine ? " machine" : "");
	if (f->pos.line) {
		put(t, " at ");
		put_pos(t, f->pos);
	}
	put(t, "\n");
	for (uint32_t i = 0; i < f->nslots; i++) {
		put(t, "slot %u align %u", f->slots[i].size, f->slots[i].align);
		if (f->slots[i].offset)
			put(t, " at %d", f->slots[i].offset);
		put(t, "\n");
	}
	for (ir_blk b = 1; b < f->nblocks; b++)
		if (ir_block(f, b)->first || ir_block(f, b)->nparams)
			put_block(t, f, b);
}

static void put_print(struct text *t, const struct ir_print *p)
{
	put(t, "print %u size %u", p->id, p->size);
	for (uint32_t i = 0; i < p->nargs; i++) {
		const struct ir_print_arg *a = &p->args[i];
		put(t, "%s %s cap %u at %u", i ? "," : "", ir_kinds_text(t->u, a->kinds), a->cap,
		    a->offset);
		if (a->k) {
			put(t, " = ");
			put_const(t, a->k);
		}
	}
	put(t, "\n");
}

static void put_tables(struct text *t)
{
	const struct ir_unit *u = t->u;
	if (u->nmaps > IR_MAP_USER)
		put(t, "maps %u\n", u->nmaps);
	for (uint32_t i = 0; i < u->nerrors; i++) {
		put(t, "error ");
		put_string(t, u->errors[i].text, strlen(u->errors[i].text));
		put(t, " @");
		put_pos(t, u->errors[i].pos);
		put(t, u->errors[i].loss ? " loss\n" : u->errors[i].worded ? " worded\n" : u->errors[i].room ? " room\n" : "\n");
	}
	for (uint32_t i = 1; i < u->ninlines; i++) {
		put(t, "inline");
		put_site(t, u->inlines[i].site);
		put(t, " fn %u parent %u\n", u->inlines[i].fn, u->inlines[i].parent);
	}
	for (uint32_t i = 0; i < u->nprints; i++)
		put_print(t, &u->prints[i]);
	if (u->main)
		put(t, "main %u\n", u->main->id);
}

const char *ir_print(struct ir_unit *u)
{
	struct text t = { .u = u, .cap = 4096, .s = arena_alloc(u->arena, 4096) };
	put_tables(&t);
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i])
			put_fn(&t, u->fns[i]);
	return t.s;
}
