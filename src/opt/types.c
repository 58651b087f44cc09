/* types.c - facts about values: joining them, constants, and which row a method is. */
#include "core/mutant.h"
#include "opt/opt.h"

#include "core/ctype.h"
#include "ir/lower.h"

const pg_value const_nil = { .kind = PG_NIL };
const pg_value const_false = { .kind = PG_FALSE };
const pg_value const_true = { .kind = PG_TRUE };

const pg_value *const_new(struct ir_unit *u, pg_value v)
{
	return arena_copy(u->arena, &v, sizeof(v));
}

const pg_value *const_int(struct ir_unit *u, int64_t v)
{
	return const_new(u, (pg_value){ .kind = PG_INT, .i = v });
}

struct ir_type type_const(const struct ir_target *t, const pg_value *k)
{
	struct ir_type ty = { .kinds = IR_BIT(ir_kind_of(k->kind)), .k = k };
	if (k->kind == PG_STR)
		ty.cap = k->n;
	if (k->kind == PG_LIB)
		ty.row = strncmp(k->lib, "string.", 7) ? NULL : ir_lib_find(t->str_rows, k->lib + 7);
	if (k->kind == PG_LIB && !ty.row)
		ty.row = ir_lib_find(t->libs, k->lib);
	return ty;
}

const pg_value *type_known(const struct ir_type *t)
{
	static const pg_value empty = { .kind = PG_STR, .str = "" };
	bool texts = t->kinds && !(t->kinds & ~IR_STRINGS);
	return t->k || !texts || lw_text_cap(t->kinds, t->cap, t->most) ? t->k : &empty;
}

struct ir_type type_kinds(uint64_t kinds)
{
	struct ir_type ty = { .kinds = kinds };
	if (kinds == IR_BIT(IR_NIL))
		ty.k = &const_nil;
	else if (kinds == IR_BIT(IR_FALSE))
		ty.k = &const_false;
	else if (kinds == IR_BIT(IR_TRUE))
		ty.k = &const_true;
	return ty;
}

static const char *map_called(const pg_map *m)
{
	switch (pg_map_role(m)) {
	case PG_ROLE_STATE: case PG_ROLE_PERCPU: return "state";
	case PG_ROLE_EVENTS: return "events";
	default: return "map";
	}
}

const char *type_called(const struct ir_unit *u, unsigned kind, const pg_value *k)
{
	static const char *const captured[PG_NKINDS] = { [PG_TABLE] = "table", [PG_CIDR] = "cidr" };
	if (kind != IR_HOST || !k)
		return ir_kind_lua(u, kind);
	const char *name = k->kind == PG_MAP ? map_called(k->map) : captured[k->kind];
	return name ? name : ir_kind_lua(u, kind);
}

struct ir_type type_pending(void)
{
	return (struct ir_type){ .kinds = IR_ANY };
}

/* Of a value that meets another: a text with a zero byte in it is kept with its length, and so is a long one. */
static uint64_t kinds_met(const struct ir_type *t)
{
	if (!t->k || t->k->kind != PG_STR || (t->k->n <= LW_MAXSTR && !memchr(t->k->str, 0, t->k->n)))
		return t->kinds;
	return (t->kinds & ~IR_BIT(IR_STR)) | IR_BIT(t->k->n > LW_MAXSTR ? IR_LONG : IR_TEXT);
}

/* A map out of a map of maps, surely no slice? */
static bool is_map(const struct ir_type *t)
{
	return (t->kinds & (IR_BIT(IR_MAP) | IR_BIT(IR_SLICE))) == IR_BIT(IR_MAP);
}

bool type_join(struct ir_type *t, const struct ir_type *with)
{
	if (!with->kinds)
		return false;
	if (!t->kinds) {
		*t = *with;
		return true;
	}
	struct ir_type old = *t;
	if (with->unlike || !type_alike(t, with))
		t->unlike = 1;
	if (t->k && ir_same_value(t->k, with->k)) {
		t->kinds |= with->kinds;
	} else {
		t->kinds = kinds_met(t) | kinds_met(with);
		t->k = NULL;
	}
	if (t->def != with->def)
		t->def = 0;
	if (t->row != with->row)
		t->row = NULL;
	if (with->cap > t->cap)
		t->cap = with->cap;
	if (is_map(&old) && is_map(with) && t->entries != with->entries)
		t->entries = 0; /* an array that differs in length by the way taken */
	else if (with->most > t->most)
		t->most = with->most;
	if (with->layout && !t->layout)
		t->layout = with->layout;
	if (with->model && !t->model)
		t->model = with->model;
	return old.kinds != t->kinds || old.k != t->k || old.def != t->def || old.row != t->row ||
	       old.cap != t->cap || old.most != t->most || old.layout != t->layout || old.unlike != t->unlike;
}

bool type_alike(const struct ir_type *a, const struct ir_type *b)
{
	const uint64_t both = a->kinds & b->kinds;
	if (type_is_pending(a) || type_is_pending(b))
		return true;
	if (both & IR_BIT(IR_ENTRY) && a->layout && b->layout && !ct_equal(a->layout, b->layout))
		return false;
	return !(both & IR_BIT(IR_MAP)) || a->model == b->model;
}

struct ir_type type_of_memory(const struct ctype *t)
{
	static const uint64_t kinds[] = {
		[CT_INT] = IR_BIT(IR_INT), [CT_BOOL] = IR_BOOL, [CT_IP4] = IR_BIT(IR_IP4),
		[CT_IP6] = IR_BIT(IR_IP6), [CT_MAC] = IR_BIT(IR_MAC), [CT_CHAR] = IR_BIT(IR_STR),
		[CT_BYTES] = IR_BIT(IR_TEXT), [CT_STRUCT] = IR_BIT(IR_ENTRY),
		[CT_PREFIX4] = 0, [CT_PREFIX6] = 0,
	};
	struct ir_type ty = { .kinds = kinds[t->kind] };
	if (t->kind == CT_CHAR || t->kind == CT_BYTES)
		ty.cap = t->size;
	if (ty.cap > LW_MAXSTR)
		ty.kinds = IR_BIT(IR_LONG);
	if (t->kind == CT_STRUCT)
		ty.layout = t;
	return ty;
}

const struct ir_lib *map_row(const struct ir_unit *u, const pg_map *m, const char *name)
{
	const struct ir_lib *const *rows = u->target->map_rows;
	return rows ? ir_lib_find(rows[pg_map_role(m)], name) : NULL;
}

const struct ir_lib *method_row(const struct ir_unit *u, const struct ir_type *t, unsigned kind,
				const char *name)
{
	if (kind >= IR_VIEW0) {
		const struct ir_view *v = ir_view_of(u->target, kind);
		const struct ir_lib *own = v ? ir_lib_find(v->methods, name) : NULL;
		return own || !v || !v->bytes ? own : ir_lib_find(u->target->str_rows, name);
	}
	if (IR_BIT(kind) & IR_STRINGS)
		return ir_lib_find(u->target->str_rows, name);
	if (kind == IR_IP4 || kind == IR_IP6 || kind == IR_MAC)
		return ir_lib_find(u->target->addr_rows, name);
	if (kind == IR_HOST && t->k && t->k->kind == PG_CIDR)
		return ir_lib_find(u->target->cidr_rows, name);
	const pg_map *map = kind == IR_MAP || kind == IR_HOST ? ir_map_like(u, t) : NULL;
	return map ? map_row(u, map, name) : NULL;
}

#define INDEXABLE (IR_VIEWS | IR_ALL_STRINGS | IR_BIT(IR_ENTRY) | IR_BIT(IR_REC) | IR_BIT(IR_HOST) | IR_BIT(IR_MAP) | \
		   IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC) | IR_BIT(IR_PENDING))

uint64_t kinds_having(const struct ir_unit *u, const struct ir_type *t, const char *name)
{
	uint64_t all = t->kinds & INDEXABLE, having = all;
	for (uint64_t left = name && !ir_single(all) ? all & IR_VIEWS : 0; left; left &= left - 1) {
		unsigned k = ir_first_kind(left);
		if (!ir_field_find(ir_view_of(u->target, k), name) && !method_row(u, t, k, name))
			having &= ~IR_BIT(k);
	}
	return having ? having : all;
}

const char *key_name(const pg_value *k)
{
	return k && k->kind == PG_STR && !memchr(k->str, 0, k->n) ? k->str : NULL;
}

bool kinds_all_have(const struct ir_unit *u, const struct ir_type *t, const char *name)
{
	return name && !(t->kinds & ~IR_VIEWS) && (kinds_having(u, t, name) == t->kinds || MUTANT(field_of_some));
}

uint64_t kinds_with_method(const struct ir_unit *u, const struct ir_type *t, const char *name)
{
	static const uint64_t values = IR_STRINGS | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC);
	uint64_t having = kinds_having(u, t, name), called = having;
	for (uint64_t left = name ? having & values : 0; left; left &= left - 1)
		if (!method_row(u, t, ir_first_kind(left), name))
			called &= ~(left & -left);
	return called ? called : having;
}

const struct ir_lib *row_called(const struct ir_unit *u, const struct ir_lib *row, uint32_t n)
{
	if (!row || row->max < 0 || !row_is_method(u, row) || ir_lib_find(u->target->addr_rows, row->name) == row)
		return row;
	const struct ir_lib *of_strings = ir_lib_find(u->target->str_rows, row->name);
	bool fewer = of_strings && n <= (uint32_t)row->min && of_strings->min < row->min;
	bool more = of_strings && n > (uint32_t)row->max + 1 && of_strings->max > row->max;
	return fewer || more ? of_strings : row;
}

bool row_is_method(const struct ir_unit *u, const struct ir_lib *row)
{
	for (const struct ir_lib *r = u->target->libs; r->name; r++)
		if (r == row)
			return false;
	return true;
}

/* One of Lua's own? table.insert raises where it gets too many. */
static bool is_luas(const struct ir_unit *u, const struct ir_lib *row)
{
	if (ir_row_of_string(u->target, row))
		return row->name[0] != '(';
	return !row_is_method(u, row) && row->name[0] != '(' && strncmp(row->name, "bpf.", 4) && strcmp(row->name, "table.insert");
}

uint32_t row_heeds(const struct ir_unit *u, const struct ir_lib *row, uint32_t n, uint64_t self)
{
	if (!row || row->max < 0 || !is_luas(u, row) || (row_is_method(u, row) && self & IR_VIEWS))
		return n;
	uint32_t most = (uint32_t)row->max + row_is_method(u, row);
	return n < most ? n : most;
}
