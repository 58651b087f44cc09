/* infer_access.c - indexing, calls and verdicts: which row each is, what it gives, what cannot be. */
#include "opt/infer.h"
#include "opt/iterate.h"

#include "core/ctype.h"
#include "core/near.h"
#include "core/shape.h"
#include "ir/lower.h"

#include <errno.h>
#include <strings.h>

/* Also what an operation gives that must fail: its operands may still grow, in a loop, to what does not. */
static const struct ir_type nothing;

static const char *key_text(const struct infer *in, const struct ir_type *key)
{
	if (key->k && key->k->kind == PG_STR)
		return arena_printf(in->fl.u->arena, "'%.*s'", (int)key->k->n, key->k->str);
	if (key->k && key->k->kind == PG_INT)
		return arena_printf(in->fl.u->arena, "%lld", (long long)key->k->i);
	return "this key";
}

static struct ir_type row_type(const struct ir_lib *row)
{
	return (struct ir_type){ .kinds = IR_BIT(IR_FUNC), .row = row };
}

/* ---- t[k], by the kind of t ---- */

enum { MOST_LISTED = 10 };

/* "it has a, b, ..." */
static const char *listed(struct infer *in, const char *const *names, uint32_t n)
{
	const char *all = NULL;
	for (uint32_t i = 0; i < n && i < MOST_LISTED; i++)
		all = arena_printf(in->fl.u->arena, "%s%s", all ? arena_printf(in->fl.u->arena, "%s, ", all) : "it has ", names[i]);
	return n > MOST_LISTED ? arena_printf(in->fl.u->arena, "%s, ...", all) : all;
}

static void no_field(struct infer *in, uint32_t site, const char *what, const char *name, const char *near, const char *there)
{
	flow_error(&in->fl, site, "%s has no field '%s'", what, name)->help =
		near ? arena_printf(in->fl.u->arena, "did you mean '%s'?", near) : there;
}

/* The method whose name is nearest; NULL: none. */
static const char *nearest_row(const struct ir_lib *row, const char *name)
{
	const char *names[64];
	uint32_t n = 0;
	for (; row && row->name && n < 64; row++)
		if (*row->name != '(')
			names[n++] = row->name;
	const char *near = n ? ir_nearest(name, names, n) : NULL;
	return near && 3 * near_distance(name, strlen(name), near) <= strlen(name) ? near : NULL;
}

/* Likewise, of strings, where the view could be asked for it, too. */
static const char *nearest_of_strings(struct infer *in, const struct ir_view *v, const char *name)
{
	return v->is_str_like ? nearest_row(in->fl.u->target->str_rows, name) : NULL;
}

static void no_address_field(struct infer *in, uint32_t site, unsigned kind, const struct ir_type *key)
{
	const char *name = key_name(key->k), *near = in->fl.report && name ? nearest_row(in->fl.u->target->addr_rows, name) : NULL;
	flow_error(&in->fl, site, "%s has no field %s", infer_a_wrong(in, &(struct ir_type){ .kinds = IR_BIT(kind) }, 0),
		   key_text(in, key))->help = near ? arena_printf(in->fl.u->arena, "did you mean '%s'?", near)
						   : "an address has a:int(), a:byte(i) and a:within(\"10.0.0.0/8\")";
}

static void no_view_field(struct infer *in, uint32_t site, const struct ir_view *v, const char *name)
{
	const char *meant = in->fl.report ? synonym_of_view(in->fl.u, v, name) : NULL;
	const char *near = in->fl.report && !meant ? ir_nearest_field(v, name) : NULL;
	const char *names[MOST_LISTED + 1] = { NULL };
	uint32_t n = 0;
	for (const struct ir_field *f = v->fields; in->fl.report && f && f->name && n <= MOST_LISTED; f++)
		if (f->kinds)
			names[n++] = f->name;
	const char *there = n ? listed(in, names, n)
			  : v->at ? arena_printf(in->fl.u->arena, "its elements have numbers: %s[0]", v->name)
				  : arena_printf(in->fl.u->arena, "its bytes are %s:u8(0), %s:sub(1, 4)", v->name, v->name);
	no_field(in, site, v->name, name, near || meant || !in->fl.report ? near : nearest_of_strings(in, v, name),
		 meant ? meant : there);
}

static void no_struct_field(struct infer *in, uint32_t site, const char *what,
			    const struct ctype *layout, const char *name)
{
	const char *names[128] = { NULL };
	uint32_t n = 0;
	for (; n < layout->nfields && n < 128; n++)
		names[n] = layout->fields[n].name;
	no_field(in, site, what, name, in->fl.report ? ir_nearest(name, names, n) : NULL, listed(in, names, n));
}

static struct ir_type struct_field(struct infer *in, uint32_t site, const char *what,
				   const struct ctype *layout, const struct ir_type *key)
{
	const char *name = key_name(key->k);
	if (!name) {
		flow_refuse(&in->fl, site, ON_TABLES, "name each field under an if: if k == \"a\" then x = e.a end",
			    "a field of %s must be named by a constant", what);
		return type_pending();
	}
	const struct ct_field *f = ct_field(layout, name, key->k->n);
	if (!f) {
		no_struct_field(in, site, what, layout, name);
		return type_pending();
	}
	struct ir_type t = type_of_memory(f->type);
	if (f->nullable)
		t.kinds |= IR_BIT(IR_NIL);
	if (f->type->kind == CT_STRUCT || t.cap > LW_MAXLONG || !t.kinds)
		flow_refuse(&in->fl, site, ON_MAPS, "keep what is read as integers, addresses or char arrays "
			    "of up to 4096 bytes", "the field '%s' is of a type that kernel code cannot read yet",
			    name);
	return t;
}

/* Another hook has the field. */
static void not_here(struct infer *in, uint32_t site, const struct ir_view *v, const struct ir_field *f)
{
	flow_error(&in->fl, site, "%s has no field '%s' in %s", v->name, f->name, in->fl.u->target->hook)->help = f->fixed;
}

/* p[kind], for which there is a header's name at run time. */
static void by_name_of_header(struct infer *in, ir_ref r, const struct ir_view *v)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	const char *p = ir_source_name(i->names, 0), *k = ir_source_name(i->names, 1);
	struct diag *d = flow_refuse(&in->fl, i->site, ON_PACKETS, "write the test: k == \"tcp\" and p.tcp or p.udp",
				     "a field of %s must be named by a constant", v->name);
	d->help = arena_printf(in->fl.u->arena, "write the test: %s == \"tcp\" and %s.tcp or %s.udp", k ? k : "k", p ? p : v->name,
			       p ? p : v->name);
}

static struct ir_type index_view(struct infer *in, ir_ref r, unsigned kind, const struct ir_type *key)
{
	const struct ir_view *v = ir_view_of(in->fl.u->target, kind);
	uint32_t site = ir_at(in->fl.f, r)->site;
	const char *name = key_name(key->k);
	if (!name && v->at) {
		struct ir_type a[2] = { type_kinds(IR_BIT(kind)), *key }, out = nothing;
		return v->at->type(in, v->at, site, 2, a, &out) ? out : nothing;
	}
	if (!name) {
		if (ir_field_find(v, "ipv4") && ir_field_find(v, "udp") && !(key->kinds & ~IR_STRINGS))
			by_name_of_header(in, r, v);
		else if (v->is_str_like && key->kinds & IR_BIT(IR_INT))
			flow_refuse(&in->fl, site, ON_PACKETS, "for bytes by number write p:u8(offset)",
				    "a field of %s must be named by a constant", v->name);
		else
			flow_refuse(&in->fl, site, ON_TABLES, "name each field under an if: if k == \"a\" then x = e.a end",
				    "a field of %s must be named by a constant", v->name);
		return type_pending();
	}
	const struct ir_field *f = ir_field_find(v, name);
	if (f && !f->kinds && f->fixed) {
		not_here(in, site, v, f);
		return type_pending();
	}
	if (f && !f->kinds)
		flow_refuse(&in->fl, site, ON_MAPS, "keep what is read as integers, addresses or char arrays "
			    "of up to 4096 bytes", "the field '%s' is of a type that kernel code cannot read yet",
			    name);
	if (f) {
		in->fl.u->tunnels |= f->tunnel;
		bool slice = f->kinds == IR_BIT(IR_SLICE);
		return (struct ir_type){ .kinds = f->kinds, .cap = slice ? 0 : f->cap, .most = slice ? f->cap : 0 };
	}
	const struct ir_type self = type_kinds(IR_BIT(kind));
	const struct ir_lib *m = method_row(in->fl.u, &self, kind, name);
	if (m)
		return row_type(m);
	no_view_field(in, site, v, name);
	return type_pending();
}

/* Is it the module, as scripts call it, that is indexed here? */
static bool is_named_bpf(const struct ir_ins *i)
{
	return i->names && i->names->name && !strcmp(i->names->name, "bpf");
}

/* A name in the source that a captured table lacks: what could have been meant is asked when it matters. */
static void note_absent(struct infer *in, ir_ref r, uint64_t table, const struct ir_type *key)
{
	struct ir_unit *u = in->fl.u;
	const struct ir_ins *i = ir_at(in->fl.f, r);
	const char *name = ir_at(in->fl.f, i->args[1])->op == IRO(const) ? key_name(key->k) : NULL;
	bool known = !name || u->nabsent == IR_MOST_ABSENT;
	for (uint32_t k = 0; !known && k < u->nabsent; k++)
		known = u->absent[k].table == table && !strcmp(u->absent[k].name, name);
	if (known)
		return;
	struct ir_absent absent = { .table = table, .name = name, .at = u->sites[ir_site_shown(u, i->site)].pos, .of_bpf = is_named_bpf(i) };
	arena_push(u->arena, u->absent, u->nabsent, u->cap_absent, absent);
}

const char *infer_near_bpf(struct ir_unit *u, const char *name, uint32_t share)
{
	const char *names[256];
	uint32_t n = 0;
	for (int64_t v = PG_VERDICT_BASE + 1; pg_verdict_name(v); v++)
		names[n++] = pg_verdict_name(v);
	for (const struct ir_lib *row = u->target->libs; row->name && n < 256; row++)
		if (!strncmp(row->name, "bpf.", 4))
			names[n++] = row->name + 4;
	for (uint32_t i = 0; i < n; i++)
		if (!strcasecmp(names[i], name))
			return arena_printf(u->arena, "bpf.%s", names[i]);
	const char *near = ir_nearest(name, names, n);
	return near && share * near_distance(name, strlen(name), near) <= strlen(name) ? arena_printf(u->arena, "bpf.%s", near) : NULL;
}

/* bpf.DORP is nil in Lua, too, but nobody means that. */
static void warn_misspelt(struct infer *in, ir_ref r, const struct ir_type *key)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	const char *name = key_name(key->k);
	/* not only in the last round: by then such a field is a constant */
	if (!name || ir_at(in->fl.f, i->args[1])->op != IRO(const) || !is_named_bpf(i))
		return;
	struct diag *d = diag_add(in->fl.u->diag, DIAG_WARNING, in->fl.u->sites[ir_site_shown(in->fl.u, i->site)].pos,
				  "bpf has no '%s': this is nil", name);
	d->help = infer_instead_of_bpf(in->fl.u, name);
}

static struct ir_type index_table(struct infer *in, ir_ref r, const pg_value *table,
				  const struct ir_type *key)
{
	struct ir_unit *u = in->fl.u;
	uint32_t site = ir_at(in->fl.f, r)->site;
	struct ir_type frozen;
	u->computes |= table->n & PG_TABLE_META;
	if (!key->k && frozen_type(u, table, key->kinds, &frozen))
		return frozen;
	if (!key->k && in->fl.foresees && choose_plain_type(&in->fl, r, &frozen))
		return frozen;
	if (!key->k) {
		if (in->fl.report && !(u->diag->errors && type_is_pending(key))) /* else it hangs on what is refused */
			choose_refuse(&in->fl, r);
		return type_pending();
	}
	pg_value out = const_nil;
	int err = u->source->index(u, table->id, key->k, &out);
	if (!err && out.kind == PG_NIL) {
		warn_misspelt(in, r, key);
		note_absent(in, r, table->id, key);
	}
	if (err == -ENOTSUP && ir_is_half(key->k))
		unroll_refuse_found(&in->fl, site);
	else if (err == -ENOTSUP)
		flow_refuse(&in->fl, site, ON_TABLES, "put it into the table, or into a table that __index is",
			    "%s of a captured table is not in it, and what its __index finds is not known", key_text(in, key));
	else if (err < 0)
		flow_refuse(&in->fl, site, ON_TABLES, "give it a number, a text or a table as key",
			    "%s of a captured table cannot be read", key_text(in, key));
	if (err < 0)
		return type_pending();
	return type_const(u->target, const_new(u, out));
}

static struct ir_type no_keys(struct infer *in, uint32_t site, const pg_map *m)
{
	struct map_shape s;
	map_shape(m, &s);
	struct diag *d = s.key ? flow_refuse(&in->fl, site, ON_MAPS, "its methods are those that docs/language.md names",
					     "the entries of a %s are neither read nor written in kernel code",
					     pg_map_type(m))
			       : flow_error(&in->fl, site, "a %s has no keys", pg_map_type(m));
	d->help = infer_methods_of(in, m);
	return nothing;
}

/* What to write for what cannot be stored as t. */
static const char *as_type(struct infer *in, const struct ctype *t, const struct ir_type *v)
{
	if (!t || !v->kinds || type_is_pending(v) || lw_type_kinds(t) & v->kinds)
		return NULL;
	if (t->kind == CT_STRUCT && t->nfields)
		return arena_printf(in->fl.u->arena, "write a table: { %s = ... }", t->fields[0].name);
	return infer_convert(lw_type_kinds(t), v);
}

/* What to write instead of the key or the value that the map at a[0] does not take; NULL: it is none. */
static const char *map_advice(struct infer *in, uint32_t n, const struct ir_type *a)
{
	const pg_map *m = n > 1 ? ir_map_like(in->fl.u, &a[0]) : NULL;
	struct map_shape s;
	if (!m || !in->fl.report)
		return NULL;
	map_shape(m, &s);
	const char *first = as_type(in, s.key ? s.key : s.value, &a[1]);
	return first || n < 3 || !s.key ? first : as_type(in, s.value, &a[2]);
}

bool infer_may_lock(struct infer *in, uint32_t site, uint32_t n, const struct ir_type *a)
{
	const pg_map *m = n ? ir_map_like(in->fl.u, &a[0]) : NULL;
	struct map_shape s;
	if (!m || in->fl.u->target->spin_locks)
		return true;
	map_shape(m, &s);
	if (s.lock)
		infer_refuse(in, site, ON_MAPS, "make it without lock = true, and add to single fields: e.n = e.n + 1 on u64 is atomic",
			     "maps whose entries have locks cannot be used in %s", in->fl.u->target->hook);
	return !s.lock;
}

/* A row's look at its arguments, where what is wrong with them is shown under this name, or under what the message quotes. */
static bool judged(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_name *under, uint32_t n,
		   const struct ir_type *a, struct ir_type *out)
{
	in->advice = map_advice(in, n, a);
	in->at = ir_source_name(under, 0);
	bool good = infer_may_lock(in, site, n, a) && (!row->type || row->type(in, row, site, n, a, out));
	in->at = in->help = in->advice = NULL;
	return good;
}

/* Does a turn of ipairs look up a number here, in a map whose keys are none? No source has that look-up. */
static bool is_wrong_ipairs(const struct infer *in, ir_ref r, const struct ctype *key)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	return !i->names && flow_is_native(in->fl.u, i->site) && !(lw_type_kinds(key) & IR_BIT(IR_INT));
}

/* map: the type of it alone. */
static struct ir_type index_map(struct infer *in, ir_ref r, const struct ir_type *map, const struct ir_type *key)
{
	struct map_shape s;
	uint32_t site = ir_at(in->fl.f, r)->site;
	const pg_map *m = ir_map_like(in->fl.u, map);
	map_shape(m, &s);
	const char *name = key_name(key->k);
	const struct ir_lib *row = name ? map_row(in->fl.u, m, name) : NULL;
	if (row)
		return row_type(row);
	if (s.role == PG_ROLE_STATE || s.role == PG_ROLE_PERCPU)
		return struct_field(in, site, "the state", s.value, key);
	if (s.role == PG_ROLE_EVENTS || ir_at(in->fl.f, r)->op == IRO(self)) {
		infer_no_map_method(in, r, m, name, key_text(in, key));
		return type_pending();
	}
	const struct ir_lib *get = map_row(in->fl.u, m, "get");
	if (!get)
		return no_keys(in, site, m);
	struct ir_type a[2] = { *map, *key }, out = nothing;
	if (is_wrong_ipairs(in, r, s.key))
		in->help = "write for k, v in pairs(m) do ... end";
	return judged(in, get, site, ir_at(in->fl.f, r)->names, 2, a, &out) ? out : nothing;
}

static struct ir_type index_kind(struct infer *in, ir_ref r, const struct ir_type *t, unsigned kind,
				 const struct ir_type *key)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	bool table = kind == IR_HOST && t->k && t->k->kind == PG_TABLE;
	if (ir_is_half(key->k) && !table && kind != IR_REC)
		return iterate_refuse_over(&in->fl, site, t), type_pending();
	if (kind >= IR_VIEW0)
		return index_view(in, r, kind, key);
	if (kind == IR_ENTRY)
		return struct_field(in, site, "the entry", t->layout, key);
	if (kind == IR_REC)
		return type_pending(); /* until its fields are variables: opt/records.c */
	if (kind == IR_MAP)
		return index_map(in, r, &(struct ir_type){ .kinds = IR_BIT(kind), .model = t->model }, key);
	if (kind == IR_HOST && t->k && t->k->kind == PG_MAP)
		return index_map(in, r, &(struct ir_type){ .kinds = IR_BIT(kind), .k = t->k }, key);
	if (table)
		return index_table(in, r, t->k, key);
	const char *name = key_name(key->k);
	if (IR_BIT(kind) & IR_STRINGS && name)
		return infer_field_of_text(in, r, t, key);
	const struct ir_lib *m = name ? method_row(in->fl.u, t, kind, name) : NULL;
	if (m)
		return row_type(m);
	if (kind == IR_HOST)
		flow_refuse(&in->fl, site, ON_TABLES, "use what it holds in the user half, and capture "
			    "numbers, texts or tables of them", "%s: kernel code cannot use this host value",
			    infer_operand(in, r, 0));
	else if (IR_BIT(kind) & IR_STRINGS)
		flow_error(&in->fl, site, "a string has no field %s", key_text(in, key))->help =
			key->kinds & IR_BIT(IR_INT) ? "a byte of it is s:byte(i), a part s:sub(i, j)"
						    : "where it may be something else: if type(v) == \"table\" then ... v.name ... end";
	else
		no_address_field(in, site, kind, key);
	return type_pending();
}

/* A name that is a method of one kind and a field of another has no value that both could be. */
static bool method_and_field(struct infer *in, ir_ref r, const struct ir_type *a, const struct ir_type *b,
			     const struct ir_type *key)
{
	bool method = a->kinds & IR_BIT(IR_FUNC);
	if (!a->kinds || !b->kinds || type_is_pending(a) || type_is_pending(b) || method == !!(b->kinds & IR_BIT(IR_FUNC)))
		return false;
	flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_TABLES, "ask each of them for it under an if",
		    "%s of %s is a method or a field; which, is known only at run time", key_text(in, key),
		    infer_operand(in, r, 0));
	return true;
}

/* A method of packets that strings have, too: what is found is the function of strings, which asks for one. */
static bool keeps_bytes_method(struct infer *in, ir_ref r, uint64_t kinds, const char *name, const struct ir_type *found)
{
	if (!(found->kinds & IR_BIT(IR_FUNC)) || !(kinds & IR_VIEWS) || ir_at(in->fl.f, r)->op != IRO(index) ||
	    !name || !ir_lib_find(in->fl.u->target->str_rows, name))
		return false;
	flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_PACKETS, "write p:sub(...)", "'%s' of a packet, as a value or called with "
		    "a dot, is not there yet", name)->help = arena_printf(in->fl.u->arena, "write p:%s(...)", name);
	return true;
}

struct ir_type infer_index(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0), key = infer_arg(in, r, 1), out = nothing;
	if (!t.kinds || !key.kinds)
		return nothing;
	bool self = ir_at(in->fl.f, r)->op == IRO(self);
	if (key.kinds & IR_BIT(IR_MSG) && (infer_takes_bytes(in->fl.u, &t) || frozen_needs_text(in->fl.u, &t, &key)))
		return infer_bytes(in);
	uint64_t good = (self ? kinds_with_method : kinds_having)(in->fl.u, &t, key_name(key.k));
	uint64_t without = infer_text_lacks(&in->fl, r) ? good & IR_ALL_STRINGS : 0;
	if (without)
		out = type_kinds(IR_BIT(IR_NIL));
	for (uint64_t set = good & ~without; set; set &= set - 1) {
		unsigned k = ir_first_kind(set);
		if (k == IR_MSG)
			return infer_bytes(in);
		struct ir_type one = index_kind(in, r, &t, k, &key);
		if (method_and_field(in, r, &out, &one, &key))
			return type_pending();
		type_join(&out, &one);
	}
	if (!good) {
		diag_operand(flow_error(&in->fl, ir_at(in->fl.f, r)->site, "%s %s %s here and is indexed with %s",
					infer_operand(in, r, 0), infer_is(in, r), infer_a_wrong(in, &t, 0), key_text(in, &key)), 0)
			->help = infer_instead(in, r, INFER_INDEXED);
		return nothing;
	}
	return keeps_bytes_method(in, r, good, key_name(key.k), &out) ? type_pending() : out;
}

/* ---- t[k] = v ---- */

static void set_state(struct infer *in, ir_ref r, const struct ctype *layout, const char *what,
		      const struct ir_type *key, const struct ir_type *v)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	struct ir_type want = struct_field(in, site, what, layout, key);
	infer_held(in, site, key_name(key->k), ir_alike(want.kinds), v);
}

/* Can the field of this row be assigned v? */
static bool set_row(struct infer *in, uint32_t site, const struct ir_view *view, const struct ir_field *f,
		    const struct ir_type *v)
{
	if (!f->kinds && f->fixed) {
		not_here(in, site, view, f);
		return false;
	}
	if (!f->set) {
		struct diag *d = flow_refuse(&in->fl, site, ON_PACKETS, "keep it in a variable of your own: local v = ...",
					     IR_FIELD_FIXED, f->name, view->name);
		d->help = f->fixed ? f->fixed : d->help;
		return false;
	}
	if (!infer_held(in, site, f->name, f->takes, v))
		return false;
	if (v->k && v->k->kind == PG_INT && f->bits < 64 && (uint64_t)v->k->i >> f->bits) {
		flow_error(&in->fl, site, "%lld does not fit the field '%s', which has %u bit%s", (long long)v->k->i,
			   f->name, f->bits, f->bits == 1 ? "" : "s")->help =
			arena_printf(in->fl.u->arena, "x & 0x%llx keeps what fits", (1ull << f->bits) - 1);
		return false;
	}
	return true;
}

/* Is it beside the packet's bytes in all of these views? */
static bool is_beside(const struct ir_target *t, uint64_t kinds, const char *name)
{
	for (; kinds; kinds &= kinds - 1) {
		const struct ir_field *f = ir_field_find(ir_view_of(t, ir_first_kind(kinds)), name);
		if (!f || !f->beside)
			return false;
	}
	return true;
}

/* A value into a field of a packet view that may be of several types. */
static void set_view(struct infer *in, ir_ref r, uint64_t kinds, const struct ir_type *key, const struct ir_type *v)
{
	const struct ir_target *t = in->fl.u->target;
	uint32_t site = ir_at(in->fl.f, r)->site;
	const char *name = key_name(key->k);
	bool beside = name && is_beside(t, kinds, name);
	in->fl.u->writes_beside |= beside;
	in->fl.u->writes_packet |= !beside;
	if (t->read_only) {
		diag_refused(flow_error(&in->fl, site, IR_READ_ONLY))->help = t->read_only;
		return;
	}
	if (name && !beside && !tunnel_keeps_sums(&in->fl, ir_at(in->fl.f, r)->args[0], kinds, name)) {
		flow_refuse(&in->fl, site, ON_PACKETS, "write bytes, which touch no checksum: p:set_u8(offset, value)",
			    "a field is assigned of a header that may be within a tunnel; that is not there yet: "
			    "checksums before the tunnel would not be kept");
		return;
	}
	for (kinds = kinds_having(in->fl.u, &(struct ir_type){ .kinds = kinds }, name); kinds; kinds &= kinds - 1) {
		const struct ir_view *view = ir_view_of(t, ir_first_kind(kinds));
		const struct ir_field *f = name ? ir_field_find(view, name) : NULL;
		if (!name)
			flow_refuse(&in->fl, site, ON_TABLES, "for bytes by number write p:set_u8(offset, "
				    "value)", "a field of %s must be named by a constant", view->name);
		else if (!f && ir_lib_find(view->methods, name))
			flow_error(&in->fl, site, "'%s' is a method of %s", name, view->name)->help =
				"bytes are written by p:set_u8(offset, value) and the like";
		else if (!f)
			no_view_field(in, site, view, name);
		if (!f || !set_row(in, site, view, f, v))
			return;
		in->fl.u->copy_stores |= t->stores_directly && !t->stores_directly(ir_first_kind(kinds), f);
	}
}

/* m[k] = v, or a field of a state. false: it is an event channel, which is none of them. */
static bool set_map(struct infer *in, ir_ref r, const pg_map *m, const struct ir_type *key, const struct ir_type *v)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	const struct ir_lib *set = map_row(in->fl.u, m, "set");
	struct map_shape s;
	map_shape(m, &s);
	if (set) {
		struct ir_type a[3] = { infer_arg(in, r, 0), *key, *v }, out = nothing;
		judged(in, set, site, ir_at(in->fl.f, r)->names, 3, a, &out);
	} else if (s.role > PG_ROLE_EVENTS) {
		no_keys(in, site, m);
	} else if (s.role != PG_ROLE_EVENTS) {
		set_state(in, r, s.value, "the state", key, v);
	}
	return s.role != PG_ROLE_EVENTS;
}

static bool is_global(const struct infer *in, ir_ref r)
{
	const struct ir_name *table = ir_at(in->fl.f, r)->names;
	return table && table->how != IR_N_NONE && table->name && !strcmp(table->name, "_ENV");
}

struct ir_type infer_setindex(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0), key = infer_arg(in, r, 1), v = infer_arg(in, r, 2);
	uint32_t site = ir_at(in->fl.f, r)->site;
	if (!t.kinds || !key.kinds || !v.kinds)
		return nothing;
	if (t.kinds & IR_BIT(IR_REC))
		return nothing;
	if ((v.kinds | key.kinds) & IR_BIT(IR_MSG) && !type_is_pending(&v) && infer_takes_bytes(in->fl.u, &t)) {
		in->fl.u->asks_bytes = true;
		return nothing;
	}
	if (t.kinds & IR_VIEWS && t.kinds & (IR_BIT(IR_ENTRY) | IR_BIT(IR_HOST) | IR_BIT(IR_MAP))) {
		diag_operand(flow_refuse(&in->fl, site, ON_TABLES, "assign to each of them under an if",
					 "%s may be a packet or something else here; which, is known only at run time",
					 infer_operand(in, r, 0)), 0);
		return nothing;
	}
	if (t.kinds & IR_BIT(IR_ENTRY) && t.kinds & IR_BIT(IR_MAP)) {
		diag_operand(flow_refuse(&in->fl, site, ON_MAPS, "assign to each of them under an if",
					 "%s may be an entry or a map here; which, is known only at run time",
					 infer_operand(in, r, 0)), 0);
		return nothing;
	}
	if (t.kinds & IR_BIT(IR_ENTRY)) {
		set_state(in, r, t.layout, "the entry", &key, &v);
		return nothing;
	}
	const pg_map *m = ir_map_like(in->fl.u, &t);
	if (m && set_map(in, r, m, &key, &v))
		return nothing;
	if (t.kinds & IR_VIEWS)
		set_view(in, r, t.kinds & IR_VIEWS, &key, &v);
	else if (t.kinds & IR_BIT(IR_HOST) && is_global(in, r) && key_name(key.k))
		flow_refuse(&in->fl, site, ON_TABLES, "make it a local variable, or keep what changes in bpf.state { ... }",
			    "kernel code cannot assign the global '%s'", key_name(key.k));
	else if (t.kinds & IR_BIT(IR_HOST))
		flow_refuse(&in->fl, site, ON_TABLES, "keep what changes in bpf.state { ... } or in a map",
			    "kernel code cannot assign into a captured table");
	else
		diag_operand(flow_error(&in->fl, site, "%s is %s here; a field of it cannot be assigned",
					infer_operand(in, r, 0), infer_a_wrong(in, &t, 0)), 0)->help = infer_instead(in, r, INFER_ASSIGNED);
	return nothing;
}

/* ---- calls ---- */

/* What the row says of itself, by its name. */
static const char *usage(const struct infer *in, const struct ir_lib *row)
{
	const char *call = row->what ? strstr(row->what, row->name) : NULL;
	if (!row->what)
		return NULL;
	return call && call[strlen(row->name)] == '(' ? row->what : arena_printf(in->fl.u->arena, "%s: %s", row->name, row->what);
}

/* Too few, or too many. apart: of the n, what a colon puts before the arguments. */
static void wrong_count(struct infer *in, uint32_t site, const struct ir_lib *row, uint32_t n, uint32_t skip, uint32_t apart,
			const char *help)
{
	bool few = n < row->min + skip;
	uint32_t bound = (uint32_t)(few ? row->min : row->max) + skip - apart;
	flow_error(&in->fl, site, "'%s' takes %s%u argument%s and gets %u", row->name,
		   !few ? "at most " : row->max == row->min ? "" : "at least ", bound, bound == 1 ? "" : "s", n - apart)->help =
		help ? help : usage(in, row);
}

/* Argument i, counted as the nth: what is not known is not judged. */
static bool check_arg(struct infer *in, uint32_t site, const struct ir_lib *row, const struct ir_type *a, uint32_t i, uint64_t want,
		      uint32_t nth, const char *help)
{
	if (type_is_pending(&a[i]))
		return true;
	if (want & IR_BIT(IR_INT) && !(want & IR_BIT(IR_FLOAT)) && a[i].kinds == IR_BIT(IR_FLOAT))
		return flow_refuse(&in->fl, site, ON_VALUES, "write an integer: 1000000 for 1e6",
				   "argument #%u of '%s' is a float here; floats do not exist in the kernel", nth, row->name), false;
	if (!coerce_check(in, row, site, a, i, want, nth))
		return false;
	if (!want || !a[i].kinds || a[i].kinds & want)
		return true;
	const char *advice = help ? help : infer_convert(want, &a[i]);
	flow_error(&in->fl, site, "bad argument #%u to '%s' (%s expected, got %s)", nth, row->name,
		   infer_wrong(in, &(struct ir_type){ .kinds = want }, want & ~IR_BIT(IR_NIL) ? IR_BIT(IR_NIL) : 0),
		   infer_wrong(in, &a[i], want))->help = advice ? advice : usage(in, row);
	return false;
}

/* Arguments are counted as Lua does: what is before a colon is none. help: of any of them, or NULL */
static bool check_args(struct infer *in, uint32_t site, const struct ir_lib *row, uint32_t n,
		       const struct ir_type *a, uint32_t skip, uint32_t apart, const char *help)
{
	if (n < row->min + skip || (row->max >= 0 && n > row->max + skip))
		return wrong_count(in, site, row, n, skip, apart, help), false;
	bool good = true;
	for (uint32_t i = skip; i < n; i++)
		good &= check_arg(in, site, row, a, i, row->args[i - skip < 4 ? i - skip : 3], i + 1 - apart, help);
	return good;
}

/* Of a call that is a statement, but does nothing, or not without what it gives. */
static void warn_unused(struct infer *in, ir_ref r, const struct ir_lib *row)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	bool does = row->effects & IR_E_WRITE && !(row->effects & IR_MATTERS);
	if (!in->fl.report || !(ins->aux & IR_DROPPED) || does || ir_lib_expands(row))
		return;
	struct diag *d = diag_add(in->fl.u->diag, DIAG_WARNING, in->fl.u->sites[ins->site].pos,
				  "what '%s' gives is not used here", row->name);
	d->at = ins->names && ins->names->how != IR_N_NONE ? ins->names->name : row->name;
	d->help = row->effects & IR_MATTERS ? "return it: it is the verdict" : "keep it: local v = ...; or leave the call out";
}

/* Argument i of a call; the object of a method is what could be indexed with its name. */
static struct ir_type argument(const struct infer *in, ir_ref call, uint32_t i)
{
	const struct ir_ins *c = ir_at(in->fl.f, call), *callee = ir_at(in->fl.f, c->args[0]);
	struct ir_type t = infer_arg(in, call, i + 1);
	if (!i && callee->op == IRO(self) && callee->args[0] == c->args[1])
		t.kinds &= kinds_with_method(in->fl.u, &t, ir_at(in->fl.f, callee->args[1])->k->str);
	return t;
}

static bool has_colon(const struct infer *in, const struct ir_ins *call)
{
	return ir_at(in->fl.f, call->args[0])->op == IRO(self) || (call->names && call->names->how == IR_N_METHOD);
}

/* bpf:ktime(): what to write, where a function of a module is called as if it was a method; else NULL. */
static const char *by_colon(struct infer *in, const struct ir_ins *call, const struct ir_lib *row, bool method)
{
	return has_colon(in, call) && !method ? arena_printf(in->fl.u->arena, "write %s(...), with a dot: what is before a colon is an argument, too",
					       row->name) : NULL;
}

static struct ir_type call_row(struct infer *in, ir_ref r, const struct ir_lib *row, bool method)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	uint32_t n = ins->nargs - 1;
	if (ins->aux & IR_OPEN)
		return type_pending(); /* an open argument list: flattened between rounds */
	if (ins->aux & IR_PADDED && !ir_lib_takes_padded(row)) {
		flow_refuse(&in->fl, ins->site, ON_FUNCTIONS, "name them first: local a, b = f(); or put it in "
			    "parentheses to take one", "how many values '%s' gets here differs by the way "
			    "taken", row->name);
		return nothing;
	}
	uint32_t missing = row->effects & IR_CAPS & ~in->fl.u->target->caps;
	if (missing) {
		diag_advise(flow_error(&in->fl, ins->site, "'%s' is not there in %s", row->name, in->fl.u->target->hook),
			    ir_cap_refusal(missing));
		return nothing;
	}
	struct ir_type *a = arena_array(in->fl.u->arena, struct ir_type, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		a[i] = argument(in, r, i);
		if (!a[i].kinds)
			return nothing;
	}
	if (n && infer_arg(in, r, 0).row)
		n = row_heeds(in->fl.u, row, n, a[0].kinds);
	if (row->effects & IR_PART && n > 2 && !a[2].k && !type_is_pending(&a[2]))
		a[2].most = bounds_part(&in->fl, r);
	for (uint32_t i = 0; row->effects & IR_BOUNDED && i < n; i++)
		if (!a[i].k && (a[i].kinds & (IR_BIT(IR_INT) | IR_BIT(IR_MAP))) == IR_BIT(IR_INT))
			a[i].below = bounds_number(&in->fl, ins->block, ins->args[i + 1]);
	for (uint32_t i = 0; i < n; i++)
		if (a[i].kinds & IR_BIT(IR_MSG) && infer_looks_at_bytes(in->fl.u, row))
			return infer_bytes(in);
	if (coerce_waits(&in->fl, r))
		return type_pending();
	if (!check_args(in, ins->site, row, n, a, method, method && has_colon(in, ins), by_colon(in, ins, row, method)))
		return nothing;
	warn_unused(in, r, row);
	in->fl.u->tells |= row->effects & IR_TELLS && !ir_single(a[0].kinds);
	if (ir_lib_expands(row)) {
		if (in->fl.report)
			iterate_report(&in->fl, r, row);
		return type_pending();
	}
	struct ir_type all[IR_RESULTS];
	if (row->effects & IR_SEVERAL) {
		memset(all, 0, sizeof(all));
		return row->type(in, row, ins->site, n, a, all) ? all[0] : nothing;
	}
	struct ir_type out = type_kinds(row->ret ? row->ret : IR_BIT(IR_NIL));
	out.cap = row->cap;
	const struct ir_ins *callee = ir_at(in->fl.f, ins->args[0]);
	bool of_map = n && callee->op == IRO(self) && ir_map_like(in->fl.u, &a[0]);
	in->help = by_colon(in, ins, row, method);
	if (!judged(in, row, ins->site, of_map ? callee->names : NULL, n, a, &out))
		return nothing;
	in->help = NULL;
	return out;
}

/* m.add(1, 2): a method looked up by a dot, and not given what it is a method of. */
static bool lacks_object(struct infer *in, ir_ref r, const struct ir_lib *row)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r), *made_by = ir_at(in->fl.f, ins->args[0]);
	if (made_by->op != IRO(index) || !row_is_method(in->fl.u, row) || ins->aux & IR_OPEN)
		return false;
	struct ir_type self = infer_arg(in, r, 1);
	uint64_t having = 0; /* who calls it of a view looks at no other kind */
	for (uint64_t left = ins->nargs > 1 ? self.kinds : 0; left; left &= left - 1)
		if (type_is_pending(&self) || method_row(in->fl.u, &self, ir_first_kind(left), row->name))
			having |= left & -left;
	if (having && (having == self.kinds || !(having & IR_VIEWS)))
		return false;
	const char *path = made_by->names ? infer_path(in, made_by->names, made_by->args[0]) : NULL;
	struct diag *d = flow_error(&in->fl, ins->site, "'%s' is a method, and called without what it is one of", row->name);
	d->help = arena_printf(in->fl.u->arena, "write %s:%s(%s)", path ? path : "m", row->name, row->max ? "..." : "");
	return true;
}

void infer_certain_call(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	const struct ir_type callee = infer_arg(in, r, 0);
	uint32_t n = ins->nargs - 1;
	if (!callee.row || ins->aux & (IR_OPEN | IR_PADDED) || lacks_object(in, r, callee.row))
		return;
	const struct ir_lib *row = row_called(in->fl.u, callee.row, n);
	bool method = row_is_method(in->fl.u, callee.row);
	struct ir_type *a = arena_array(in->fl.u->arena, struct ir_type, n + 1);
	for (uint32_t i = 0; i < n; i++)
		a[i] = argument(in, r, i);
	if (n && type_is_pending(&a[0]))
		return; /* which row it is, or how many arguments count, may hang on that */
	if (n)
		n = row_heeds(in->fl.u, row, n, a[0].kinds);
	check_args(in, ins->site, row, n, a, method, method && has_colon(in, ins), by_colon(in, ins, row, method));
}

uint32_t infer_results(struct infer *in, ir_ref call, struct ir_type out[IR_RESULTS])
{
	uint32_t n = ir_at(in->fl.f, call)->nargs - 1;
	const struct ir_lib *row = row_called(in->fl.u, infer_arg(in, call, 0).row, n);
	if (!row || !(row->effects & IR_SEVERAL))
		return 0;
	struct ir_type *a = arena_array(in->fl.u->arena, struct ir_type, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		a[i] = argument(in, call, i);
		if (!a[i].kinds || type_is_pending(&a[i]))
			return 0;
	}
	n = n ? row_heeds(in->fl.u, row, n, a[0].kinds) : 0;
	struct infer quiet = *in;
	quiet.fl.report = false;
	memset(out, 0, sizeof(*out) * IR_RESULTS);
	if (n < (uint32_t)row->min + row_is_method(in->fl.u, row) || !row->type(&quiet, row, 0, n, a, out))
		return 0;
	n = 0;
	while (n < IR_RESULTS && out[n].kinds)
		n++;
	return n;
}

void infer_too_many(const struct flow *fl, ir_ref result)
{
	struct flow loud = *fl;
	loud.report = true;
	flow_refuse(&loud, ir_at(fl->f, result)->site, ON_FUNCTIONS, "ask for fewer at a time",
		    "a call of a library function gives at most %d values here", IR_RESULTS - 1);
}

/* A method of a view that may be of several types: each has its own row of that name. */
static struct ir_type call_method_of_union(struct infer *in, ir_ref r, const struct ir_ins *callee)
{
	struct ir_type obj = ir_at(in->fl.f, callee->args[0])->type, out = nothing;
	struct ir_type key = ir_at(in->fl.f, callee->args[1])->type;
	const char *name = key_name(key.k);
	for (unsigned k = 0; name && k < IR_NKINDS; k++) {
		const struct ir_lib *row = obj.kinds & IR_BIT(k) ? method_row(in->fl.u, &obj, k, name) : NULL;
		if (!row)
			continue;
		struct ir_type one = call_row(in, r, row, true);
		type_join(&out, &one);
	}
	return out;
}

/* The library that a function is looked up in, as the source calls it: "math"; "" for a global; NULL: none. */
static const char *library(const struct infer *in, ir_ref call)
{
	const struct ir_ins *c = ir_at(in->fl.f, call), *callee = ir_at(in->fl.f, c->args[0]);
	if (!c->names || (c->names->how != IR_N_FIELD && c->names->how != IR_N_GLOBAL))
		return NULL;
	if (c->names->how == IR_N_GLOBAL)
		return "";
	return callee->names && callee->names->how != IR_N_NONE ? callee->names->name : NULL;
}

/* The function of that library whose name is nearest to the one that is called, as what to write. */
static const char *nearest_function(struct infer *in, ir_ref call)
{
	const char *names[256] = { NULL }, *of[256], *lib = in->fl.report ? library(in, call) : NULL;
	const struct ir_lib *rows = in->fl.u->target->libs;
	uint32_t count = 0;
	for (uint32_t i = 0; lib && rows[i].name && count < 256; i++) {
		const char *dot = strrchr(rows[i].name, '.');
		size_t n = dot ? (size_t)(dot - rows[i].name) : 0;
		if (n != strlen(lib) || strncmp(rows[i].name, lib, n))
			continue;
		of[count] = rows[i].name;
		names[count++] = dot ? dot + 1 : rows[i].name;
	}
	rows = in->fl.u->target->str_rows;
	for (uint32_t i = 0; lib && !strcmp(lib, "string") && rows && rows[i].name && count < 256; i++) {
		of[count] = arena_printf(in->fl.u->arena, "string.%s", rows[i].name);
		names[count++] = rows[i].name;
	}
	const char *near = count ? ir_nearest(ir_at(in->fl.f, call)->names->name, names, count) : NULL;
	for (uint32_t i = 0; near && i < count; i++)
		if (names[i] == near)
			return arena_printf(in->fl.u->arena, "did you mean '%s'?", of[i]);
	return NULL;
}

static void unknown_callee(struct infer *in, ir_ref r, const struct ir_type *callee)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	const pg_value *k = callee->k;
	if (k && k->kind == PG_LIB)
		infer_absent(in, site, k->lib);
	else if (callee->kinds == IR_BIT(IR_NIL) && library(in, r) && !strcmp(library(in, r), "bpf"))
		infer_no_bpf(in, r);
	else if (!(callee->kinds & IR_BIT(IR_FUNC)))
		diag_operand(flow_error(&in->fl, site, "%s %s %s here and is called", infer_operand(in, r, 0), infer_is(in, r),
					infer_a_wrong(in, callee, IR_BIT(IR_FUNC))), 0)->help =
			k && k->kind == PG_TABLE ? "no metamethod is followed but __index: call a function of the table"
			: nearest_function(in, r) ? nearest_function(in, r) : infer_instead(in, r, INFER_CALLED);
	else
		pending_callee(&in->fl, r);
}

struct ir_type infer_call(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	const struct ir_ins *made_by = ir_at(in->fl.f, ins->args[0]);
	struct ir_type callee = infer_arg(in, r, 0);
	if (!callee.kinds)
		return nothing;
	if (callee.row && lacks_object(in, r, callee.row))
		return nothing;
	if (callee.row && ir_lib_expands(callee.row) && callee.row->imm == IR_EXPAND_NEXT) {
		infer_absent(in, ins->site, callee.row->name); /* but in a loop */
		return nothing;
	}
	if (callee.row)
		return call_row(in, r, row_called(in->fl.u, callee.row, ins->nargs - 1),
				row_is_method(in->fl.u, callee.row));
	if ((callee.k && callee.k->kind == PG_FUNC) || (callee.def && callee.kinds == IR_BIT(IR_FUNC)))
		return type_pending(); /* will be inlined */
	if (made_by->op == IRO(self) && callee.kinds == IR_BIT(IR_FUNC))
		return call_method_of_union(in, r, made_by);
	unknown_callee(in, r, &callee);
	return type_pending();
}

/* ---- verdicts ---- */

static bool is_verdict(const struct ir_target *t, int64_t v)
{
	for (const struct ir_verdict *p = t->verdicts; p->neutral; p++)
		if (p->neutral == v)
			return true;
	return t->integer_results && (!t->integer_most || (uint64_t)v <= (uint64_t)t->integer_most);
}

struct ir_type infer_return(struct infer *in, ir_ref r)
{
	const struct ir_target *t = in->fl.u->target;
	struct ir_type v = infer_arg(in, r, 0);
	uint32_t site = ir_at(in->fl.f, r)->site;
	if (!v.kinds || v.kinds & IR_BIT(IR_MULTI)) /* of a call that is refused, nobody knows what it gives */
		return nothing;
	if (!ir_has_results(t)) {
		if (v.kinds & IR_BIT(IR_NIL))
			return nothing;
		struct diag *d = flow_error(&in->fl, site, "%s is returned here, where %s takes no result",
					    infer_a_wrong(in, &v, 0), t->hook);
		d->help = "return nothing; keep what was found in a map, or send it as an event";
		d->at = "return";
		return nothing;
	}
	struct diag *d = NULL;
	bool computed = !(v.kinds & ~IR_BOOL) && ir_at(in->fl.f, ir_at(in->fl.f, r)->args[0])->op != IRO(const);
	bool parted = in->fl.u->sites[site].parted; /* others, with another object, may return something else there */
	if (v.kinds == IR_BIT(IR_FLOAT))
		d = flow_refuse(&in->fl, site, ON_VALUES, "return bpf.PASS or bpf.DROP",
				"a float is returned here; floats do not exist in the kernel");
	else if (!parted && !(v.kinds & (IR_BIT(IR_INT) | IR_BIT(IR_NIL) | (t->if_true ? IR_BOOL : 0))))
		d = flow_error(&in->fl, site, "%s is returned here, where %s wants a verdict",
			       infer_a_wrong(in, &v, 0), t->hook);
	else if (v.k && v.k->kind == PG_INT && v.k->i == PG_REDIRECT)
		flow_error(&in->fl, site, "bpf.REDIRECT alone does not say where to")->help = "return pkt:redirect(dev)";
	else if (v.k && v.k->kind == PG_INT && !is_verdict(t, v.k->i))
		d = flow_error(&in->fl, site, "%s%s is no verdict of %s",
			       pg_verdict_name(v.k->i) ? "bpf." : "", pg_verdict_name(v.k->i) ? pg_verdict_name(v.k->i)
			       : arena_printf(in->fl.u->arena, "%lld", (long long)v.k->i), t->hook);
	if (d) {
		d->help = t->results ? t->results : computed ? "return x and bpf.DROP or bpf.PASS" : "return bpf.PASS or bpf.DROP";
		d->at = "return";
	}
	return nothing;
}
