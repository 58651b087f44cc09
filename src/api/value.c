/* value.c - Lua's equality over public values, and the names of verdicts. */
#include "perigee.h"

#include <math.h>
#include <string.h>

static const uint8_t addr_bytes[PG_NKINDS] = { [PG_IP4] = 4, [PG_IP6] = 16, [PG_MAC] = 6 };

/* Exact, as Lua compares: 2^53 + 1 is not the float 2^53. */
static bool int_eq_float(int64_t i, double f)
{
	return f >= -0x1p63 && f < 0x1p63 && floor(f) == f && (int64_t)f == i;
}

static bool cidr_eq(const pg_value *a, const pg_value *b)
{
	return a->n == b->n && a->prefix == b->prefix && !memcmp(a->addr, b->addr, a->n);
}

bool pg_value_eq(const pg_value *a, const pg_value *b)
{
	if (a->kind == PG_INT && b->kind == PG_FLOAT)
		return int_eq_float(a->i, b->f);
	if (a->kind == PG_FLOAT && b->kind == PG_INT)
		return int_eq_float(b->i, a->f);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PG_NIL:
	case PG_FALSE:
	case PG_TRUE:
		return true;
	case PG_INT:
		return a->i == b->i;
	case PG_FLOAT:
		return a->f == b->f;
	case PG_STR:
		return a->n == b->n && (!a->n || !memcmp(a->str, b->str, a->n));
	case PG_IP4:
	case PG_IP6:
	case PG_MAC:
		return !memcmp(a->addr, b->addr, addr_bytes[a->kind]);
	case PG_CIDR:
		return cidr_eq(a, b);
	case PG_VIEW:
		return pg_view_eq(a->view, b->view);
	case PG_TABLE:
	case PG_FUNC:
		return a->id == b->id;
	case PG_LIB:
		return !strcmp(a->lib, b->lib);
	case PG_MAP:
		return a->map == b->map;
	case PG_RECORD:
		return a->rec == b->rec;
	default:
		return a->str == b->str;
	}
}

static const char *const verdict_names[PG_VERDICT_END - PG_VERDICT_BASE] = {
	[PG_PASS - PG_VERDICT_BASE] = "PASS",       [PG_DROP - PG_VERDICT_BASE] = "DROP",
	[PG_TX - PG_VERDICT_BASE] = "TX",           [PG_ABORTED - PG_VERDICT_BASE] = "ABORTED",
	[PG_ACCEPT - PG_VERDICT_BASE] = "ACCEPT",   [PG_ALLOW - PG_VERDICT_BASE] = "ALLOW",
	[PG_DENY - PG_VERDICT_BASE] = "DENY",       [PG_REDIRECT - PG_VERDICT_BASE] = "REDIRECT",
};

const char *pg_verdict_name(int64_t v)
{
	return v > PG_VERDICT_BASE && v < PG_VERDICT_END ? verdict_names[v - PG_VERDICT_BASE] : NULL;
}
