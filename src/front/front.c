/* front.c - captured functions by their ids, each prototype built once. */
#include "core/mutant.h"
#include "front/caret.h"
#include "front/front.h"
#include "front/proto.h"

#include <errno.h>

enum { FIELDS = 16 };

struct front {
	const struct pg_capture *cap;
	struct front_proto **protos; /* 1..n-1, by ir_fn.proto */
	uint32_t n, cap_protos;
	struct field { uint64_t table; const char *key; uint32_t n; pg_value v; }
		fields[FIELDS]; /* of tables, asked for last */
	uint32_t nfields;
	struct front_list { pg_value *pairs; uint32_t n; bool keyed; } *lists; /* made up; keyed: not by 1 to n */
	uint32_t nlists, cap_lists;
	struct halves { uint64_t table, keys, values, parts; } *halves; /* found by a hash of the table; size: a power of two, or 0 */
	uint32_t nhalves, size_halves;
};

static struct ir_fn *build(struct ir_unit *u, struct front_proto *p)
{
	struct front *front = u->front;
	if (p->fn)
		return p->fn;
	p->number = front->n;
	arena_push(u->arena, front->protos, front->n, front->cap_protos, p);
	p->fn = front_build(u, p);
	p->fn->host = p->parent ? 0 : p->host;
	return p->fn;
}

static struct front_proto *proto_of(const struct ir_unit *u, const struct ir_fn *f)
{
	return f->proto && f->proto < u->front->n ? u->front->protos[f->proto] : NULL;
}

const struct front_proto *front_proto_at(const struct ir_unit *u, uint32_t i)
{
	return i < u->front->n ? u->front->protos[i] : NULL;
}

struct ir_fn *front_inner(struct ir_unit *u, struct ir_fn *parent, uint32_t proto_index)
{
	struct front_proto *p = proto_of(u, parent);
	return p && proto_index < p->nprotos ? build(u, p->protos[proto_index]) : NULL;
}

static struct front_proto *chunk(struct ir_unit *u, uint64_t func)
{
	const struct pg_capture *cap = u->front->cap;
	const void *bytes;
	size_t n;
	struct front_proto *p = NULL;
	int none = cap->chunk(cap->arg, func, &bytes, &n);
	if (none == -ENOMEM)
		longjmp(*u->arena->oom, 1); /* as when memory for the compilation itself runs out */
	const char *err = none < 0 ? "the function's code cannot be had (is it a C function?)"
			       : front_read(u->arena, bytes, n, &p);
	if (err) {
		struct diag *d = diag_add(u->diag, DIAG_ERROR, (struct diag_pos){ 0 }, "%s", err);
		d->help = "give a Lua function, compiled by Lua 5.4 with debug information";
		return NULL;
	}
	p->host = func;
	p->native = none > 0;
	for (uint32_t pc = 0; p->native && pc < p->ncode; pc++)
		p->lines[pc] = 0;
	return p;
}

struct ir_fn *front_host(struct ir_unit *u, uint64_t func)
{
	for (uint32_t i = 1; i < u->front->n; i++)
		if (!u->front->protos[i]->parent && u->front->protos[i]->host == func)
			return u->front->protos[i]->fn;
	struct front_proto *p = chunk(u, func);
	return p ? build(u, p) : NULL;
}

/* Asked once: what a function captured does not change while it is compiled, and asking is slow. */
static int captured(struct ir_unit *u, struct front_proto *p, unsigned i, pg_value *out)
{
	if (!p->captured)
		p->captured = arena_array(u->arena, struct front_captured, p->nupvals);
	struct front_captured *c = &p->captured[i];
	if (!c->asked)
		c->err = u->front->cap->upvalue(u->front->cap->arg, p->host, i, &c->v);
	c->asked = true;
	*out = c->v;
	return c->err;
}

int front_upvalue(struct ir_unit *u, struct ir_fn *f, unsigned i, pg_value *out)
{
	struct front_proto *p = proto_of(u, f);
	for (; p && i < p->nupvals; p = p->parent) {
		if (!p->parent)
			return captured(u, p, i, out);
		if (p->upvals[i].instack)
			return -ENOENT;
		i = p->upvals[i].idx;
	}
	return -ENOENT;
}

const char *front_upvalue_name(struct ir_unit *u, const struct ir_fn *f, unsigned i)
{
	const struct front_proto *p = proto_of(u, f);
	return p && i < p->nupvals ? p->upvals[i].name : "?";
}

/* ---- tables made up: the keys and values of captured ones as lists ---- */

enum { MADE_UP_BIT = 63 };

static const struct front_list *made_up(const struct ir_unit *u, uint64_t table)
{
	return table >> MADE_UP_BIT ? &u->front->lists[table & 0xffffffff] : NULL;
}

static uint64_t make_up(struct ir_unit *u, struct front_list list)
{
	struct front *front = u->front;
	arena_push(u->arena, front->lists, front->nlists, front->cap_lists, list);
	return (uint64_t)1 << MADE_UP_BIT | (front->nlists - 1);
}

uint64_t front_table(struct ir_unit *u, const pg_value *kv, uint32_t n)
{
	return make_up(u, (struct front_list){ arena_copy(u->arena, kv, 2 * n * sizeof(*kv)), n, true });
}

static uint64_t list_of(struct ir_unit *u, const pg_value *v, uint32_t n, uint32_t step)
{
	struct front_list list = { arena_array(u->arena, pg_value, 2 * n + 1), n, false };
	for (uint32_t i = 0; i < n; i++) {
		list.pairs[2 * i] = (pg_value){ .kind = PG_INT, .i = (int64_t)i + 1 };
		list.pairs[2 * i + 1] = v[i * step];
	}
	return make_up(u, list);
}

/* Of n pairs the keys (0) or the values (1). */
static uint64_t half(struct ir_unit *u, const pg_value *kv, uint32_t n, unsigned which)
{
	return list_of(u, kv + which, n, 2);
}

static void list_index(const struct front_list *list, const pg_value *key, pg_value *out)
{
	*out = (pg_value){ .kind = PG_NIL };
	for (uint32_t i = 0; list->keyed && i < list->n; i++)
		if (ir_same_value(&list->pairs[2 * i], key))
			*out = list->pairs[2 * i + 1];
	if (list->keyed)
		return;
	bool inside = key->kind == PG_INT && key->i >= 1 && key->i <= (int64_t)list->n;
	*out = inside ? list->pairs[2 * key->i - 1] : (pg_value){ .kind = PG_NIL };
}

/* -ENOTSUP: it has a hole, and Lua may find one end or the other. */
static int list_len(const struct front_list *list, int64_t *out)
{
	int64_t ints = 0, most = 0;
	for (uint32_t i = 0; i < list->n; i++) {
		const pg_value *key = &list->pairs[2 * i];
		ints += key->kind == PG_INT && key->i > 0;
		most = key->kind == PG_INT && key->i > most ? key->i : most;
	}
	*out = ints;
	return ints == most || MUTANT(border_short) ? 0 : -ENOTSUP;
}

/* The place of the table's halves, or where they are to be put. */
static struct halves *halves_at(struct front *front, uint64_t table)
{
	uint64_t hash = table * 0x9e3779b97f4a7c15 >> 32;
	uint32_t mask = front->size_halves - 1, i = (uint32_t)hash & mask;
	while (front->halves[i].table && front->halves[i].table != table)
		i = (i + 1) & mask;
	return &front->halves[i];
}

static void halves_grow(struct ir_unit *u)
{
	struct front *front = u->front;
	struct halves *old = front->halves;
	uint32_t n = front->size_halves;
	front->size_halves = n ? 2 * n : 16;
	front->halves = arena_array(u->arena, struct halves, front->size_halves);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].table)
			*halves_at(front, old[i].table) = old[i];
}

static struct halves *halves(struct ir_unit *u, uint64_t table)
{
	struct front *front = u->front;
	if (2 * front->nhalves >= front->size_halves)
		halves_grow(u);
	struct halves *h = halves_at(front, table);
	front->nhalves += !h->table;
	h->table = table;
	return h;
}

static int half_index(struct ir_unit *u, uint64_t table, const pg_value *key, pg_value *out)
{
	struct halves *h = halves(u, table);
	const pg_value *kv;
	uint32_t n;
	if (!h->keys) {
		if (front_own(u, table, &kv, &n) < 0)
			return -ENOTSUP;
		h->keys = half(u, kv, n, 0);
		h->values = half(u, kv, n, 1);
	}
	*out = (pg_value){ .kind = PG_TABLE, .id = ir_same_value(key, &ir_pairs_keys) ? h->keys : h->values };
	return 0;
}

/* The table's parts: itself alone where no function is asked. */
static int parts_index(struct ir_unit *u, uint64_t table, pg_value *out)
{
	struct halves *h = halves(u, table);
	const pg_value *kv;
	uint32_t n;
	if (!h->parts) {
		pg_value parts[3] = { { .kind = PG_TABLE, .id = table, .n = PG_TABLE_META } };
		if (front_beyond(u, table, &parts[1], &parts[2], &kv, &n) == 0)
			parts[0] = (pg_value){ .kind = PG_TABLE, .id = front_table(u, kv, n) };
		h->parts = list_of(u, parts, 3, 1);
	}
	*out = (pg_value){ .kind = PG_TABLE, .id = h->parts };
	return 0;
}

/* ---- captured ones ---- */

int front_index(struct ir_unit *u, uint64_t table, const pg_value *key, pg_value *out)
{
	const struct front_list *list = made_up(u, table);
	if (ir_is_half(key))
		return half_index(u, table, key, out);
	if (ir_same_value(key, &ir_parts))
		return parts_index(u, table, out);
	if (list)
		return list_index(list, key, out), 0;
	struct front *front = u->front;
	const char *text = key->kind == PG_STR ? key->str : NULL; /* a name in the source is one text */
	for (uint32_t i = 0; text && i < FIELDS; i++)
		if (front->fields[i].key == text && front->fields[i].n == key->n && front->fields[i].table == table)
			return *out = front->fields[i].v, 0;
	int err = front->cap->index(front->cap->arg, table, key, out);
	if (!err && text)
		front->fields[front->nfields++ % FIELDS] = (struct field){ table, text, key->n, *out };
	return err;
}

int front_text(struct ir_unit *u, const pg_value *key, pg_value *out)
{
	const struct pg_capture *cap = u->front->cap;
	return cap->text ? cap->text(cap->arg, key, out) : -ENOTSUP;
}

int front_pairs(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n)
{
	const struct pg_capture *cap = u->front->cap;
	const struct front_list *list = made_up(u, table);
	if (list)
		return *out = list->pairs, *n = list->n, 0;
	return cap->pairs ? cap->pairs(cap->arg, table, out, n) : -ENOTSUP;
}

int front_own(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n)
{
	const struct pg_capture *cap = u->front->cap;
	const struct front_list *list = made_up(u, table);
	if (list)
		return *out = list->pairs, *n = list->n, 0;
	return cap->own ? cap->own(cap->arg, table, out, n) : -ENOTSUP;
}

int front_beyond(struct ir_unit *u, uint64_t table, pg_value *by, pg_value *of, const pg_value **out, uint32_t *n)
{
	const struct pg_capture *cap = u->front->cap;
	return cap->beyond && !made_up(u, table) ? cap->beyond(cap->arg, table, by, of, out, n) : -ENOTSUP;
}

int front_len(struct ir_unit *u, uint64_t table, int64_t *out)
{
	const struct pg_capture *cap = u->front->cap;
	const struct front_list *list = made_up(u, table);
	if (list)
		return list_len(list, out);
	return cap->len ? cap->len(cap->arg, table, out) : -ENOTSUP;
}

static const struct ir_source source = {
	.inner = front_inner,
	.host = front_host,
	.upvalue = front_upvalue,
	.index = front_index,
	.pairs = front_pairs,
	.own = front_own,
	.beyond = front_beyond,
	.table = front_table,
	.text = front_text,
	.len = front_len,
	.meant = front_meant,
};

int front_open(struct ir_unit *u, const struct pg_capture *cap, uint64_t func, struct ir_fn **main)
{
	struct front *front = arena_new(u->arena, struct front);
	front->cap = cap;
	arena_push(u->arena, front->protos, front->n, front->cap_protos, NULL);
	u->front = front;
	u->source = &source;
	u->diag->caret = caret_column;
	u->diag->written = caret_written;
	u->diag->caret_arg = spread_new(u->arena, cap);
	*main = u->main = front_host(u, func);
	return *main ? 0 : -EINVAL;
}
