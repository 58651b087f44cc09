/* events.c - event channels in kernel code: ev:send { ... } and print, both through ring buffers. */
#include "stdlib/map.h"

#include "core/ctype.h"

enum { HEADER = 8, MAX_EVENT = 4096, MAX_RECORD = 320, MAX_LONG_RECORD = 8192, EVENT_MAGIC = 0x50474556,
       FORMAT_LEADS = 3 /* the mark of a format, it, and how many values it takes */ };

/* Sends size bytes; counts them lost in the u64 at `lost` when the ring is full. */
static void output(struct lw *w, uint32_t map, ir_ref data, ir_ref size, uint32_t lost_map, int64_t lost_off)
{
	ir_ref r = lw_helper(w, HELPER_RINGBUF_OUTPUT, 4, (ir_ref[]){ lw_mapfd(w, map), data, size, lw_imm(w, 0) });
	ir_blk lost = lw_block(w, 0), end = lw_block(w, 0);
	lw_bri(w, IR_EQ, r, 0, end, lost);
	lw_enter(w, lost);
	ir_block(w->fn, lost)->cold = true;
	lw_op2(w, IRO(atomadd64), lw_mapval(w, lost_map, lost_off), lw_imm(w, 1));
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

/* ---- ev:send { ... } ---- */

static void no_such_field(struct infer *in, uint32_t site, const struct ctype *t, const char *name)
{
	struct arena *a = infer_unit(in)->arena;
	const char *near = ct_nearest(t, name, strlen(name)), *all = NULL;
	for (uint32_t i = 0; i < t->nfields; i++)
		all = arena_printf(a, "%s%s%s", all ? all : "it has ", all ? ", " : "", t->fields[i].name);
	infer_error(in, site, near ? arena_printf(a, "did you mean '%s'?", near) : all, "the event has no field '%s'", name);
}

static bool send_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		      const struct ir_type *a, struct ir_type *out)
{
	struct map_shape s;
	struct ir_unit *u = infer_unit(in);
	(void)row, (void)n, (void)out;
	map_shape(a[0].k->map, &s);
	const struct ir_ins *r = a[1].def ? ir_at(u->main, a[1].def) : NULL;
	if (s.value->size > MAX_EVENT)
		return infer_refuse(in, site, ON_MAPS, "send fewer or shorter fields", "an event of %u bytes; those of "
				    "kernel code have at most %d", s.value->size, MAX_EVENT), false;
	for (uint32_t i = 0; r && r->op == IRO(record) && i < r->nargs; i++) {
		const struct ct_field *f = ct_field(s.value, r->list[i], strlen(r->list[i]));
		if (!f)
			return no_such_field(in, site, s.value, r->list[i]), false;
		if (!std_field_storable(in, site, f, &ir_at(u->main, r->args[i])->type))
			return false;
	}
	return true;
}

static void send_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	struct map_shape s;
	(void)row, (void)n;
	*out = lw_nil();
	map_shape(args[0].k->map, &s);
	uint32_t map = ir_map(w->unit, args[0].k->map);
	ir_ref data = lw_store_room(w, s.value, HEADER + s.value->size, &args[1]);
	lw_store(w, 4, data, 0, lw_imm(w, EVENT_MAGIC));
	lw_store(w, 4, data, 4, lw_imm(w, s.value->size));
	lw_store_record(w, s.value, data, HEADER, &args[1]);
	output(w, map, data, lw_imm(w, HEADER + s.value->size), map, 0);
}

const struct ir_lib stdlib_event_rows[] = {
	{ "send", 1, 1, { IR_BIT(IR_REC) }, 0, 0, IR_E_WRITE, send_type, send_lower, 0,
	  "ev:send { field = value, ... }" },
	{ 0 },
};

/* ---- print(...) ---- */

static const uint64_t printable = IR_BIT(IR_NIL) | IR_BOOL | IR_BIT(IR_INT) | IR_BIT(IR_IP4) |
				  IR_BIT(IR_IP6) | IR_BIT(IR_MAC) | IR_STRINGS | IR_BIT(IR_MSG);

/* Bytes of an argument in the record: a tag when it may be of several kinds, then its words. */
static uint32_t arg_size(uint64_t kinds, const pg_value *k, uint32_t cap, uint32_t most)
{
	uint32_t words = 0;
	if (k)
		return 0;
	if (kinds & (IR_BIT(IR_INT) | IR_BIT(IR_IP4) | IR_BIT(IR_MAC) | IR_BIT(IR_MSG)))
		words = 1;
	if (kinds & IR_BIT(IR_LONG))
		words = 1; /* its length; its bytes lie behind all words */
	if (kinds & IR_BIT(IR_IP6))
		words = 2;
	if (kinds & IR_BIT(IR_STR) && (cap + 7) / 8 > words)
		words = (cap + 7) / 8;
	if (kinds & IR_BIT(IR_SLICE) && (most + 7) / 8 >= words)
		words = 1 + (most + 7) / 8; /* its length first */
	if (kinds & IR_BIT(IR_TEXT) && (cap + 7) / 8 >= words)
		words = 1 + (cap + 7) / 8;
	return 8 * (words + !ir_single(kinds));
}

/* Is it sent as a long string? */
static bool is_far(uint64_t kinds, uint32_t most)
{
	return kinds & IR_BIT(IR_LONG) || (kinds & IR_BIT(IR_SLICE) && most > LW_MAXSTR);
}

static bool not_printed(struct infer *in, uint32_t site, uint32_t arg, const struct ir_type *t, uint64_t kinds)
{
	const unsigned kind = ir_first_kind(t->kinds & kinds);
	const char *name = infer_called(in, t, kinds);
	const struct ir_view *view = ir_view_of(infer_unit(in)->target, kind);
	if (kind == IR_ENTRY || kind == IR_REC || view)
		infer_refuse_by(in, site, view ? view->use : NULL, ON_STRINGS, "print its fields", "argument #%u of print is "
				"of the kind %s; kernel code cannot print that", arg, name);
	else
		infer_refuse(in, site, ON_STRINGS, "print what it gives or holds, or a text that names it", "argument #%u of "
			     "print is of the kind %s; kernel code cannot print that", arg, name);
	return false;
}

bool std_print_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out)
{
	uint32_t size = HEADER, bytes = 0, arg = 1, within = 0; /* within a format: of its arguments, so many more */
	(void)row, (void)out;
	for (uint32_t i = 0; i < n; i++) {
		bool format = ir_same_value(a[i].k, &ir_format_values), known = a[i].k && (a[i].k->kind < PG_CIDR || format);
		if (!known && a[i].kinds & ~printable)
			return not_printed(in, site, arg, &a[i], ~printable);
		within = format ? FORMAT_LEADS + (uint32_t)a[i + 2].k->i : within;
		within -= within > 0;
		arg += !within;
		bool far = !known && is_far(a[i].kinds, a[i].most);
		uint32_t most = lw_text_cap(a[i].kinds & IR_STRINGS, a[i].cap, a[i].most);
		bytes += !far ? 0 : most < LW_MAXLONG ? most + 8 : (uint32_t)LW_MAXLONG;
		size += far ? 16 : arg_size(a[i].kinds, known ? a[i].k : NULL, a[i].cap, a[i].most);
	}
	if (size > MAX_RECORD)
		return infer_refuse(in, site, ON_SIZE, "print less at once", "what is printed here is too big "
				    "for the kernel's stack"), false;
	if (bytes > MAX_LONG_RECORD)
		return infer_refuse(in, site, ON_SIZE, "print less at once, or first bytes: s:sub(1, 1000)",
				    "the strings printed here may have %u bytes; there is room for %d at once", bytes,
				    MAX_LONG_RECORD), false;
	return true;
}

/* The length of a long string, or the words of what else it may be. */
static void store_long(struct lw *w, ir_ref data, uint32_t at, uint32_t end, const struct lw_val *v)
{
	struct lw_val mine = lw_narrow(w, v, IR_BIT(IR_LONG)), rest = lw_narrow(w, v, ~IR_BIT(IR_LONG));
	ir_blk is = lw_block(w, 0), other = lw_block(w, 0), done = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_LONG), is, other);
	lw_enter(w, is);
	for (uint32_t i = at; i < end; i += 8)
		lw_store(w, 8, data, i, i == at ? lw_word(w, &mine, 1) : lw_imm(w, 0));
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, other);
	for (unsigned i = 0; rest.kinds && at < end; i++, at += 8)
		lw_store(w, 8, data, at, lw_word(w, &rest, i));
	lw_jmp(w, done, 0, NULL);
	lw_enter(w, done);
}

/* Its words at data + at; a slice as its length and its bytes. */
static void store_words(struct lw *w, ir_ref data, uint32_t at, uint32_t end, const struct lw_val *v)
{
	if (v->kinds & IR_BIT(IR_LONG)) {
		store_long(w, data, at, end, v);
		return;
	}
	if (!(v->kinds & IR_BIT(IR_SLICE))) {
		for (unsigned i = 0; at < end; i++, at += 8)
			lw_store(w, 8, data, at, lw_word(w, v, i));
		return;
	}
	ir_blk slice = lw_block(w, 0), other = lw_block(w, 0), done = lw_block(w, 0);
	struct lw_val bytes = lw_narrow(w, v, IR_BIT(IR_SLICE)), rest = lw_narrow(w, v, ~IR_BIT(IR_SLICE));
	lw_br_kind(w, v, IR_BIT(IR_SLICE), slice, other);
	if (bytes.kinds) {
		lw_enter(w, slice);
		struct lw_str s = lw_str_of(w, &bytes);
		ir_blk longer = lw_block(w, 0);
		lw_store(w, 8, data, at, s.len);
		for (uint32_t i = at + 8; i < end; i += 8)
			lw_store(w, 8, data, i, lw_imm(w, 0));
		lw_str_copy(w, &s, data, at + 8, s.most, longer);
		lw_jmp(w, done, 0, NULL);
		lw_enter(w, longer);
		lw_raise(w, "string too long"); /* never reached */
	}
	if (rest.kinds) {
		lw_enter(w, other);
		for (unsigned i = 0; at < end; i++, at += 8)
			lw_store(w, 8, data, at, lw_word(w, &rest, i));
		lw_jmp(w, done, 0, NULL);
	}
	lw_enter(w, done);
}

static uint32_t store_arg(struct lw *w, ir_ref data, uint32_t at, const struct lw_val *v,
			  struct ir_print_arg *arg)
{
	*arg = (struct ir_print_arg){ .kinds = v->kinds, .k = v->k, .cap = v->cap, .most = v->most,
				       .offset = at };
	if (v->k)
		return at;
	if (v->tag) {
		lw_store(w, 8, data, at, v->tag);
		at += 8;
	}
	uint32_t end = arg->offset + arg_size(v->kinds, NULL, v->cap, v->most);
	store_words(w, data, at, end, v);
	return end;
}

/* The record in scratch memory, and the bytes of long strings behind its words. */
static void send_long(struct lw *w, struct ir_print *p, const struct lw_val *args)
{
	uint32_t at = HEADER, most = 0;
	for (uint32_t i = 0; i < p->nargs; i++)
		most += args[i].kinds & IR_BIT(IR_LONG) ? args[i].cap + 8 : 0;
	ir_ref room = lw_long_room(w, p->size + most), end = lw_op2i(w, IRO(add64), room, p->size);
	ir_ref head = lw_long_at(w, room);
	lw_store(w, 4, head, 0, lw_imm(w, p->id));
	lw_store(w, 4, head, 4, lw_imm(w, p->size));
	for (uint32_t i = 0; i < p->nargs; i++) {
		at = store_arg(w, lw_long_at(w, room), at, &args[i], &p->args[i]);
		end = lw_long_put(w, end, &args[i]);
	}
	ir_ref size = lw_op2i(w, IRO(and64), lw_op2(w, IRO(sub64), end, room), 2 * MAX_LONG_RECORD - 1);
	output(w, IR_MAP_PRINT, lw_long_at(w, room), size, IR_MAP_DATA, IR_DATA_LOST);
}

static void send_short(struct lw *w, struct ir_print *p, const struct lw_val *args)
{
	ir_ref data = lw_room(w, p->size);
	lw_store(w, 4, data, 0, lw_imm(w, p->id));
	lw_store(w, 4, data, 4, lw_imm(w, p->size));
	uint32_t at = HEADER;
	for (uint32_t i = 0; i < p->nargs; i++)
		at = store_arg(w, data, at, &args[i], &p->args[i]);
	output(w, IR_MAP_PRINT, data, lw_imm(w, p->size), IR_MAP_DATA, IR_DATA_LOST);
}

void std_print_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	struct ir_unit *u = w->unit;
	struct ir_print p = { .nargs = n, .size = HEADER };
	struct lw_val *v = arena_array(u->scratch, struct lw_val, n + 1);
	bool far = false;
	(void)row;
	*out = lw_nil();
	p.id = u->next_print ? u->next_print(u->next_print_arg) : u->nprints + 1;
	p.args = arena_array(u->arena, struct ir_print_arg, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		bool mine = !args[i].k && is_far(args[i].kinds, args[i].most);
		v[i] = mine ? lw_long_strings(w, &args[i]) : args[i];
		far |= mine;
		p.size += arg_size(v[i].kinds, v[i].k, v[i].cap, v[i].most);
	}
	if (far)
		send_long(w, &p, v);
	else
		send_short(w, &p, v);
	u->uses_print = true;
	arena_push(u->arena, u->prints, u->nprints, u->cap_prints, p);
}
