/* event.c - events made by hand: perigee.h's host twins of what tracepoints give. */
#include "api/api.h"
#include "core/ctype.h"
#include "hook/event.h"

#include <errno.h>
#include <stdlib.h>

struct pg_event {
	struct arena arena;            /* the target and what is kept of texts */
	const struct ir_view *view;
	struct value { int64_t i; const char *text; uint32_t n; } **values; /* by field and element */
	pg_value *addresses;           /* by field */
};

static const struct event_field *field_of(const struct ir_field *row)
{
	return row->arg;
}

static uint32_t elements(const struct event_field *f)
{
	return f->how == EVENT_ARRAY ? f->count : 1;
}

static int fill(pg_ctx *ctx, const struct hook *h, const char *kind, pg_event *e)
{
	char err[512] = "";
	struct pg_compile_opts opts = PG_OPTS(struct pg_compile_opts, .hook = kind);
	struct hook_place at = { .opts = &opts, .features = &ctx->features, .arena = &e->arena };
	const struct ir_target *t;
	uint32_t n = 0;
	hook_find(kind, &at.point);
	int r = hook_target(h->family, &at, &t, err, sizeof err);
	if (r < 0)
		return api_fail(ctx, r, "%s", err);
	e->view = t->views[0];
	while (e->view->fields[n].name)
		n++;
	e->values = arena_array(&e->arena, struct value *, n + 1);
	e->addresses = arena_array(&e->arena, pg_value, n + 1);
	for (uint32_t i = 0; i < n; i++)
		e->addresses[i] = (pg_value){ .kind = PG_IP4 };
	for (uint32_t i = 0; i < n; i++)
		e->values[i] = arena_array(&e->arena, struct value, elements(field_of(&e->view->fields[i])));
	return 0;
}

int pg_event_new(pg_ctx *ctx, const char *kind, pg_event **out)
{
	jmp_buf oom;
	const struct hook *h = hook_find(kind, NULL);
	*out = NULL;
	if (!h || h->family->input != PG_INPUT_EVENT)
		return api_fail(ctx, -EINVAL, "'%s' is no hook that receives events", kind);
	pg_event *e = calloc(1, sizeof *e);
	if (!e)
		return api_fail(ctx, -ENOMEM, "out of memory");
	arena_init(&e->arena, 0, &oom);
	int r = setjmp(oom) ? api_fail(ctx, -ENOMEM, "out of memory") : fill(ctx, h, kind, e);
	e->arena.oom = NULL;
	if (r < 0)
		pg_event_free(e);
	else
		*out = e;
	return r;
}

void pg_event_free(pg_event *e)
{
	if (!e)
		return;
	arena_free(&e->arena);
	free(e);
}

const char *pg_event_name(const pg_event *e)
{
	return e->view->name;
}

static const struct ir_field *find(pg_ctx *ctx, const pg_event *e, const char *name)
{
	const char *names[EVENT_FIELDS], *near;
	uint32_t n = 0;
	const struct ir_field *f = ir_field_find(e->view, name);
	if (f && f->kinds)
		return f;
	for (const struct ir_field *p = e->view->fields; p->name; p++)
		names[n++] = p->name;
	near = f ? NULL : ir_nearest(name, names, n);
	if (f)
		api_fail(ctx, -ENOENT, "the field '%s' is of a type that kernel code cannot read yet", name);
	else
		api_fail(ctx, -ENOENT, "%s has no field '%s'%s%s%s", e->view->name, name,
			 near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return NULL;
}

/* Does it fit what memory and the type hold? */
static bool fits(const struct event_field *f, int64_t v)
{
	unsigned bits = f->bits ? f->bits : f->size * 8;
	if (bits == 64)
		return true;
	if (!f->is_signed)
		return (uint64_t)v < (uint64_t)1 << bits;
	int64_t half = (int64_t)1 << (bits - 1);
	return v >= -half && v < half;
}

static bool is_text(const struct event_field *f)
{
	return f->how == EVENT_TEXT || f->how == EVENT_DATA || f->how == EVENT_REL_DATA;
}

/* Text of the record: up to its NUL, and as much of it as kernel code sees. */
static int put_text(pg_ctx *ctx, pg_event *e, const struct ir_field *row, const pg_value *v, struct value *to)
{
	const struct event_field *f = field_of(row);
	jmp_buf oom;
	if (f->how == EVENT_TEXT && v->n > f->size)
		return api_fail(ctx, -ERANGE, "value does not fit %s (field '%s')", f->type, row->name);
	e->arena.oom = &oom;
	if (setjmp(oom)) {
		e->arena.oom = NULL;
		return api_fail(ctx, -ENOMEM, "out of memory");
	}
	to->n = (uint32_t)strnlen(v->str, v->n < row->cap ? v->n : row->cap);
	to->text = arena_copy(&e->arena, v->str, to->n);
	e->arena.oom = NULL;
	return 0;
}

/* May it hold an address? As in a probed function's arguments, text stands for its own. */
static bool holds_address(const struct event_field *f)
{
	return (f->how == EVENT_INT || f->how == EVENT_ARRAY) && f->size == 8 && !f->bits && !f->is_signed;
}

int pg_event_set(pg_ctx *ctx, pg_event *e, const char *name, int64_t index, const pg_value *v)
{
	const struct ir_field *row = find(ctx, e, name);
	if (!row)
		return -ENOENT;
	const struct event_field *f = field_of(row);
	if ((f->how == EVENT_ARRAY) != (index >= 0))
		return api_fail(ctx, -EINVAL, f->how == EVENT_ARRAY ? "the field '%s' is an array: give it a table"
				: "the field '%s' is no array", name);
	if (index >= elements(f))
		return api_fail(ctx, -ERANGE, "the elements of '%s' have numbers from 0 to %u", name, f->count - 1);
	bool truth = v->kind == PG_TRUE || v->kind == PG_FALSE;
	if (f->how == EVENT_ADDRESS && (v->kind == PG_IP4 || v->kind == PG_IP6)) {
		e->addresses[row - e->view->fields] = *v;
		return 0;
	}
	if (v->kind == PG_STR && holds_address(f)) {
		e->values[row - e->view->fields][index < 0 ? 0 : index].i = (int64_t)(uintptr_t)v->str;
		return 0;
	}
	enum pg_kind want = f->how == EVENT_ADDRESS ? PG_IP4 : is_text(f) ? PG_STR : f->how == EVENT_BOOL ? PG_TRUE : PG_INT;
	if (v->kind != want && !(want == PG_TRUE && truth))
		return api_fail(ctx, -EINVAL, "bad field '%s' (%s expected, got %s)", name, f->type,
				ct_kind_name(v->kind));
	struct value *to = &e->values[row - e->view->fields][index < 0 ? 0 : index];
	if (want == PG_STR)
		return put_text(ctx, e, row, v, to);
	if (want == PG_INT && !fits(f, v->i))
		return api_fail(ctx, -ERANGE, "value does not fit %s (field '%s')", f->type, name);
	to->i = want == PG_INT ? v->i : v->kind == PG_TRUE;
	return 0;
}

int pg_event_get(pg_ctx *ctx, const pg_event *e, const char *name, int64_t index, pg_value *out)
{
	const struct ir_field *row = find(ctx, e, name);
	*out = (pg_value){ .kind = PG_NIL };
	if (!row)
		return -ENOENT;
	const struct event_field *f = field_of(row);
	if (index == PG_EVENT_WHOLE && f->how == EVENT_ARRAY)
		return 2;
	if (index == PG_EVENT_WHOLE)
		index = 0;
	if (index < 0 || index >= elements(f))
		return 1;
	const struct value *v = &e->values[row - e->view->fields][index];
	if (f->how == EVENT_ADDRESS)
		*out = e->addresses[row - e->view->fields];
	else if (is_text(f))
		*out = (pg_value){ .kind = PG_STR, .str = v->text ? v->text : "", .n = v->n };
	else if (f->how == EVENT_BOOL)
		out->kind = v->i ? PG_TRUE : PG_FALSE;
	else
		*out = (pg_value){ .kind = PG_INT, .i = v->i };
	return 1;
}

int pg_event_ip(pg_ctx *ctx, const pg_event *e, const char *name, pg_value *out)
{
	const struct ir_field *row = find(ctx, e, name);
	uint32_t n = row ? event_address(field_of(row)) : 0;
	if (!row)
		return -ENOENT;
	if (!n)
		return api_fail(ctx, -ENOENT, "%s has no field 'ip'", name);
	*out = (pg_value){ .kind = n == 4 ? PG_IP4 : PG_IP6 };
	for (uint32_t i = 0; i < n; i++)
		out->addr[i] = (uint8_t)e->values[row - e->view->fields][i].i;
	return 0;
}
