/* target.c - finding rows of a target by name, and what kinds are called. */
#include "core/near.h"
#include "core/refusal.h"
#include "ir/target.h"

#include <stdio.h>

const struct ir_lib *ir_lib_find(const struct ir_lib *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (!strcmp(rows->name, name))
			return rows;
	return NULL;
}

bool ir_row_of_string(const struct ir_target *t, const struct ir_lib *row)
{
	for (const struct ir_lib *r = t->str_rows; r && r->name; r++)
		if (r == row)
			return true;
	return false;
}

#define NOT_THERE "'%s' is not there in %s"

const struct refusal *ir_cap_refusal(uint32_t missing)
{
	if (missing & IR_CAP_TASK)
		return REFUSAL(ON_PACKETS, "packets have no process: it is there in tracing hooks", NOT_THERE);
	if (missing & IR_CAP_SOCKET)
		return REFUSAL(ON_MAPS, "sockets of packets are known in tc", NOT_THERE);
	if (missing & IR_CAP_INODE)
		return REFUSAL(ON_MAPS, "it needs a hook of the kernel's security (LSM) programs, and there is none yet; use a "
			       "hash with the inode's number as the key", NOT_THERE);
	return REFUSAL(ON_PACKETS, "it is there in tracing hooks", NOT_THERE);
}

const struct ir_field *ir_field_find(const struct ir_view *v, const char *name)
{
	for (const struct ir_field *f = v->fields; f && f->name; f++)
		if (*f->name == *name && !strcmp(f->name, name))
			return f;
	return NULL;
}

const struct ir_view *ir_view_of(const struct ir_target *t, unsigned kind)
{
	if (!t || !t->views || kind < IR_VIEW0)
		return NULL;
	for (unsigned i = 0; t->views[i]; i++)
		if (IR_VIEW0 + i == kind)
			return t->views[i];
	return NULL;
}

const char *ir_nearest(const char *name, const char *const *names, uint32_t n)
{
	const char *best = NULL;
	uint32_t best_at = NEAR_ENOUGH + 1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = near_slip(name, strlen(name), names[i]);
		if (d < best_at && d < strlen(name)) {
			best = names[i];
			best_at = d;
		}
	}
	return best;
}

const char *ir_nearest_field(const struct ir_view *v, const char *name)
{
	const char *names[128];
	uint32_t n = 0;
	for (const struct ir_field *f = v->fields; f && f->name && n < 128; f++)
		names[n++] = f->name;
	for (const struct ir_lib *m = v->methods; m && m->name && n < 128; m++)
		names[n++] = m->name;
	return ir_nearest(name, names, n);
}

const char *ir_no_field(struct arena *a, const struct ir_view *v, const char *name)
{
	const char *near = ir_nearest_field(v, name);
	return near ? arena_printf(a, "%s has no field '%s' (did you mean '%s'?)", v->name, name, near)
		    : arena_printf(a, "%s has no field '%s'", v->name, name);
}

struct kind_name { const char *ir, *lua; };

static const struct kind_name kind_names[IR_VIEW0] = {
	[IR_NIL]   = { "nil",   "nil" },
	[IR_FALSE] = { "false", "boolean" },
	[IR_TRUE]  = { "true",  "boolean" },
	[IR_INT]   = { "int",   "number" },
	[IR_IP4]   = { "ip4",   "ip4" },
	[IR_IP6]   = { "ip6",   "ip6" },
	[IR_MAC]   = { "mac",   "mac" },
	[IR_STR]   = { "str",   "string" },
	[IR_FLOAT] = { "float", "number" },
	[IR_REC]   = { "rec",   "table" },
	[IR_FUNC]  = { "func",  "function" },
	[IR_HOST]  = { "host",  "userdata" },
	[IR_MULTI] = { "multi", "several" },
	[IR_CELL]  = { "cell",  "cell" },
	[IR_ENTRY] = { "entry", "entry" },
	[IR_MSG] = { "message", "string" },
	[IR_PENDING] = { "pending", "value" },
	[IR_SLICE] = { "slice", "string" },
	[IR_TEXT] = { "text", "string" },
	[IR_MAP] = { "map", "map" },
	[IR_LONG] = { "long", "string" },
};

const char *ir_kind_lua(const struct ir_unit *u, unsigned kind)
{
	const struct ir_view *v = ir_view_of(u->target, kind);
	if (v)
		return v->kind ? v->kind : v->name;
	return kind < IR_VIEW0 ? kind_names[kind].lua : "view";
}

static const char *kind_text(struct ir_unit *u, unsigned kind)
{
	const struct ir_view *v = ir_view_of(u->target, kind);
	if (v)
		return v->name;
	return kind < IR_VIEW0 ? kind_names[kind].ir
			       : arena_printf(u->arena, "view%u", kind - IR_VIEW0);
}

/* Sets with most kinds in them are written as what they lack. */
const char *ir_kinds_text(struct ir_unit *u, uint64_t kinds)
{
	if (kinds == IR_ANY || !kinds)
		return kinds ? "any" : "none";
	const char *s = "", *lacks = "";
	if (__builtin_popcountll(kinds) > IR_NKINDS / 2) {
		kinds = ~kinds;
		lacks = "~";
	}
	bool both = (kinds & IR_BOOL) == IR_BOOL;
	for (unsigned k = 0; k < IR_NKINDS; k++) {
		if (!(kinds & IR_BIT(k)) || (both && k == IR_TRUE))
			continue;
		const char *name = both && k == IR_FALSE ? "bool" : kind_text(u, k);
		s = arena_printf(u->arena, "%s%s%s", s, *s ? "|" : "", name);
	}
	return *lacks ? arena_printf(u->arena, "~%s", s) : s;
}

static bool named(const char *is, const char *name, size_t n)
{
	return strlen(is) == n && !memcmp(is, name, n);
}

uint64_t ir_kinds_named(const struct ir_unit *u, const char *name, size_t n)
{
	if (named("any", name, n))
		return IR_ANY;
	if (named("bool", name, n))
		return IR_BOOL;
	for (unsigned k = 0; k < IR_NKINDS; k++) {
		const struct ir_view *v = ir_view_of(u->target, k);
		char spare[16];
		if (v && named(v->name, name, n))
			return IR_BIT(k);
		snprintf(spare, sizeof(spare), "view%u", k - IR_VIEW0);
		if (named(k < IR_VIEW0 ? kind_names[k].ir : spare, name, n))
			return IR_BIT(k);
	}
	return 0;
}

enum ir_kind ir_kind_of(enum pg_kind k)
{
	static const uint8_t kind[PG_NKINDS] = {
		[PG_NIL] = IR_NIL, [PG_FALSE] = IR_FALSE, [PG_TRUE] = IR_TRUE, [PG_INT] = IR_INT,
		[PG_FLOAT] = IR_FLOAT, [PG_STR] = IR_STR, [PG_IP4] = IR_IP4, [PG_IP6] = IR_IP6,
		[PG_MAC] = IR_MAC, [PG_CIDR] = IR_HOST, [PG_RECORD] = IR_HOST, [PG_VIEW] = IR_HOST,
		[PG_MAP] = IR_HOST, [PG_TABLE] = IR_HOST, [PG_FUNC] = IR_FUNC, [PG_LIB] = IR_FUNC,
		[PG_HOST] = IR_HOST,
	};
	return kind[k];
}
