/* value.c - constants compared. */
#include "ir/ir.h"

#include <string.h>

static bool same_bytes(const void *a, const void *b, size_t n)
{
	return !n || !memcmp(a, b, n);
}

/* Keys that no Lua program has. */
const pg_value ir_pairs_keys = { .kind = PG_LIB, .lib = "(keys)" }, ir_pairs_values = { .kind = PG_LIB, .lib = "(values)" };
const pg_value ir_parts = { .kind = PG_LIB, .lib = "(parts)" };
const pg_value ir_format_values = { .kind = PG_LIB, .lib = "(format)" };

bool ir_is_half(const pg_value *key)
{
	return key && (ir_same_value(key, &ir_pairs_keys) || ir_same_value(key, &ir_pairs_values));
}

bool ir_same_value(const pg_value *a, const pg_value *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PG_NIL: case PG_FALSE: case PG_TRUE:
		return true;
	case PG_INT:
		return a->i == b->i;
	case PG_FLOAT:
		return same_bytes(&a->f, &b->f, sizeof(a->f));
	case PG_STR:
		return a->n == b->n && same_bytes(a->str, b->str, a->n);
	case PG_IP4:
		return same_bytes(a->addr, b->addr, 4);
	case PG_MAC:
		return same_bytes(a->addr, b->addr, 6);
	case PG_IP6:
		return same_bytes(a->addr, b->addr, 16);
	case PG_CIDR:
		return a->n == b->n && a->prefix == b->prefix && same_bytes(a->addr, b->addr, a->n);
	case PG_MAP:
		return a->map == b->map;
	case PG_TABLE: case PG_FUNC:
		return a->id == b->id;
	case PG_LIB:
		return a->n == b->n && !strcmp(a->lib, b->lib);
	default:
		return false;
	}
}
