/* event.c - a tracepoint's event as a view: fields read from the context, arrays by index. */
#include "hook/event.h"

#include "ir/lower.h"
#include "stdlib/stdlib.h"

#include <sys/socket.h>

/* An array of the event is a view of its own; its row for a[i] is found back by where it lies. */
struct array {
	struct ir_view view; /* first: found back from the view too */
	struct ir_lib at;
	const struct event_field *field;
};

static const struct array *array_of_row(const struct ir_lib *row)
{
	return (const struct array *)((const char *)row - offsetof(struct array, at));
}

/* ---- reading ---- */

/* The bits of v that count, as Lua's integer. */
static struct lw_val integer(struct lw *w, const struct event_field *f, ir_ref v)
{
	static const enum ir_op narrow[][2] = {
		[1] = { IRO(zext8), IRO(sext8) }, [2] = { IRO(zext16), IRO(sext16) },
		[4] = { IRO(zext32), IRO(sext32) },
	};
	uint32_t bytes = f->bits ? f->bits / 8 : f->size;
	if (bytes < 8 && (f->bits || f->is_signed))
		v = lw_op1(w, narrow[bytes][f->is_signed], v);
	return lw_int(v);
}

static void get_int(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	(void)obj;
	*out = integer(w, f, lw_load(w, f->size, lw_ctx(w), f->offset));
}

static void get_bool(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	(void)obj;
	*out = lw_bool(w, IR_NE, lw_load(w, 1, lw_ctx(w), f->offset), lw_imm(w, 0));
}

/* Up to its first NUL: what follows it in the array may be anything. */
static void get_text(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	(void)obj;
	ir_ref slot = std_text_slot(w, row->cap);
	ir_ref from = lw_op2i(w, IRO(add64), lw_ctx(w), f->offset);
	lw_helper(w, HELPER_PROBE_READ_KERNEL_STR, 3, (ir_ref[]){ slot, lw_imm(w, row->cap + 1), from });
	*out = std_text(w, slot, row->cap);
}

static void copy_text(struct lw *w, ir_ref slot, ir_ref size, ir_ref from, ir_blk end)
{
	lw_helper(w, HELPER_PROBE_READ_KERNEL_STR, 3, (ir_ref[]){ slot, size, from });
	lw_jmp(w, end, 0, NULL);
}

/* Text elsewhere in the record, of the length said there: it need not end with a NUL. */
static void get_data(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	(void)obj;
	ir_ref slot = std_text_slot(w, row->cap), loc = lw_load(w, 4, lw_ctx(w), f->offset);
	ir_ref off = lw_op2i(w, IRO(and64), loc, 0xffff);
	if (f->how == EVENT_REL_DATA)
		off = lw_op2i(w, IRO(add64), off, f->offset + 4);
	ir_ref from = lw_op2(w, IRO(add64), lw_ctx(w), off);
	ir_ref n = lw_op1(w, IRO(own), lw_op2i(w, IRO(shr64), loc, 16));
	ir_blk fits = lw_block(w, 0), longer = lw_block(w, 0), end = lw_block(w, 0);
	lw_bri(w, IR_ULE, n, row->cap, fits, longer);
	lw_enter(w, fits);
	copy_text(w, slot, lw_op2i(w, IRO(add64), n, 1), from, end);
	lw_enter(w, longer);
	copy_text(w, slot, lw_imm(w, row->cap + 1), from, end);
	lw_enter(w, end);
	*out = std_text(w, slot, row->cap);
}

static void get_array(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	(void)w, (void)obj;
	*out = lw_words(ir_first_kind(row->kinds), 0, NULL);
}

static void get_port(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	(void)obj;
	*out = lw_int(lw_op1(w, f->size == 2 ? IRO(be16) : IRO(be32), lw_load(w, f->size, lw_ctx(w), f->offset)));
}

static void get_address(struct lw *w, const struct ir_field *row, const struct lw_val *obj, struct lw_val *out)
{
	const struct event_field *f = row->arg;
	struct lw_join j = lw_join_new(w, row->kinds, 0);
	ir_blk v4 = lw_block(w, 0), v6 = lw_block(w, 0);
	ir_ref words[4];
	(void)obj;
	lw_bri(w, IR_EQ, lw_load(w, 4, lw_ctx(w), f->by), AF_INET6, v6, v4);
	lw_enter(w, v4);
	words[0] = lw_load(w, 4, lw_ctx(w), f->offset);
	struct lw_val v = lw_words(IR_IP4, 1, words);
	lw_join_add(w, &j, &v);
	lw_enter(w, v6);
	for (unsigned i = 0; i < 4; i++) /* the context has them as four words */
		words[i] = lw_load(w, 4, lw_ctx(w), f->v6 + 4 * i);
	for (unsigned i = 0; i < 2; i++)
		words[i] = lw_op2(w, IRO(or64), words[2 * i], lw_op2i(w, IRO(shl64), words[2 * i + 1], 32));
	v = lw_words(IR_IP6, 2, words);
	lw_join_add(w, &j, &v);
	*out = lw_join_end(w, &j);
}

/* ---- a[i]: from 0; nil outside ---- */

static bool at_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out)
{
	const struct array *v = array_of_row(row);
	const pg_value *k = a[1].k;
	(void)n;
	if (!(a[1].kinds & IR_BIT(IR_INT)))
		return infer_error(in, site, arena_printf(infer_unit(in)->arena, "write %s[0]", v->view.name),
				   "'%s' is an array; its elements have numbers, from 0 to %u", v->view.name, v->field->count - 1), false;
	*out = (struct ir_type){ .kinds = IR_BIT(IR_INT) };
	if (k && (uint64_t)k->i >= v->field->count)
		out->kinds = IR_BIT(IR_NIL);
	else if (!k)
		out->kinds |= IR_BIT(IR_NIL);
	return true;
}

/* Element number i, which is one: by a copy, for the context has no addresses made at run time. */
static struct lw_val element(struct lw *w, const struct event_field *f, ir_ref i)
{
	ir_ref slot = lw_slot(w, 8, 8);
	ir_ref off = lw_op2i(w, IRO(add64), lw_op2i(w, IRO(mul64), i, f->size), f->offset);
	ir_ref from = lw_op2(w, IRO(add64), lw_ctx(w), off);
	lw_helper(w, HELPER_PROBE_READ_KERNEL, 3, (ir_ref[]){ slot, lw_imm(w, f->size), from });
	return integer(w, f, lw_load(w, f->size, slot, 0));
}

static void at_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	const struct event_field *f = array_of_row(row)->field;
	(void)n;
	if (args[1].k) {
		uint32_t i = (uint32_t)args[1].k->i;
		*out = out->kinds == IR_BIT(IR_NIL) ? lw_nil()
			: integer(w, f, lw_load(w, f->size, lw_ctx(w), f->offset + i * f->size));
		return;
	}
	struct lw_join j = lw_join_new(w, out->kinds, 0);
	ir_blk number = lw_block(w, 0), there = lw_block(w, 0), none = lw_block(w, 0);
	struct lw_val nil = lw_nil(), key = lw_narrow(w, &args[1], IR_BIT(IR_INT));
	lw_br_kind(w, &args[1], IR_BIT(IR_INT), number, none);
	lw_enter(w, number);
	ir_ref i = lw_op1(w, IRO(own), lw_int_word(w, &key));
	lw_bri(w, IR_ULT, i, f->count, there, none);
	lw_enter(w, there);
	struct lw_val v = element(w, f, i);
	lw_join_add(w, &j, &v);
	lw_enter(w, none);
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}

/* ---- a:ip(): an array of 4 or 16 bytes as an address ---- */

static void ip_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	const struct array *v = (const struct array *)ir_view_of(w->unit->target, ir_first_kind(args[0].kinds));
	uint32_t word = row->imm == 4 ? 4 : 8, off = v->field->offset;
	ir_ref from = lw_ctx(w), words[2];
	(void)n;
	if (off % word) { /* the context is read in aligned words only */
		ir_ref slot = lw_slot(w, 16, 8), at = lw_op2i(w, IRO(add64), from, off);
		lw_helper(w, HELPER_PROBE_READ_KERNEL, 3, (ir_ref[]){ slot, lw_imm(w, row->imm), at });
		from = slot;
		off = 0;
	}
	for (uint32_t i = 0; i < row->imm / word; i++)
		words[i] = lw_load(w, word, from, off + i * word);
	*out = lw_words(row->imm == 4 ? IR_IP4 : IR_IP6, row->imm / word, words);
}

static const struct ir_lib no_methods[1], ip4_methods[] = {
	{ "ip", 0, 0, { 0 }, IR_BIT(IR_IP4), 0, IR_E_READ, NULL, ip_lower, 4, "a:ip(): 4 bytes as an address" },
	{ 0 },
}, ip6_methods[] = {
	{ "ip", 0, 0, { 0 }, IR_BIT(IR_IP6), 0, IR_E_READ, NULL, ip_lower, 16, "a:ip(): 16 bytes as an address" },
	{ 0 },
};

uint32_t event_address(const struct event_field *f)
{
	return f->how == EVENT_ARRAY && f->size == 1 && (f->count == 4 || f->count == 16) ? f->count : 0;
}

/* ---- rows ---- */

static const struct {
	uint64_t kinds;
	void (*get)(struct lw *w, const struct ir_field *f, const struct lw_val *obj, struct lw_val *out);
} how[] = {
	[EVENT_INT] = { IR_BIT(IR_INT), get_int },
	[EVENT_BOOL] = { IR_BOOL, get_bool },
	[EVENT_TEXT] = { IR_BIT(IR_STR), get_text },
	[EVENT_ARRAY] = { 0, get_array }, /* the kind is its view's */
	[EVENT_DATA] = { IR_BIT(IR_STR), get_data },
	[EVENT_REL_DATA] = { IR_BIT(IR_STR), get_data },
	[EVENT_PORT] = { IR_BIT(IR_INT), get_port },
	[EVENT_ADDRESS] = { IR_BIT(IR_IP4) | IR_BIT(IR_IP6), get_address },
};

static const struct ir_field no_fields[1];

static const char *array_use(struct arena *a, const struct event_field *f)
{
	const char *ip = event_address(f) ? arena_printf(a, ", and %s:ip() the address in it", f->name) : "";
	return arena_printf(a, "its elements are %s[0] to %s[%u]%s", f->name, f->name, f->count - 1, ip);
}

static const struct ir_view *array_view(struct arena *a, const struct event_field *f)
{
	static const struct ir_lib *const methods[] = { [0] = no_methods, [4] = ip4_methods, [16] = ip6_methods };
	struct array *v = arena_new(a, struct array);
	v->view = (struct ir_view){ .name = f->name, .kind = "array", .use = array_use(a, f), .fields = no_fields,
				    .methods = methods[event_address(f)], .at = &v->at, .count = f->count };
	v->at = (struct ir_lib){ .name = "[]", .min = 1, .max = 1, .effects = IR_E_READ, .type = at_type,
				 .lower = at_lower, .what = "a[i]" };
	v->field = f;
	return &v->view;
}

static uint32_t text_cap(const struct event_field *f)
{
	if (f->how == EVENT_TEXT)
		return f->size < LW_MAXSTR ? f->size : LW_MAXSTR;
	return f->how == EVENT_DATA || f->how == EVENT_REL_DATA ? LW_MAXSTR : 0;
}

/* Of a pointer, what can be done with it. */
static const char *at_address(struct arena *a, const struct event_field *f)
{
	const char *star = f->how == EVENT_INT ? strchr(f->type, '*') : NULL;
	if (!star)
		return NULL;
	return strstr(f->type, "char *") && !strchr(star + 1, '*')
		? arena_printf(a, "the text at this address is bpf.str(e.%s), in the kernel's memory bpf.kstr(e.%s)", f->name, f->name)
		: "it is an address, and kernel code reads text at addresses alone: bpf.str(p)";
}

const struct ir_target *event_target(struct arena *a, const struct ir_target *base, const char *name,
				     const struct event *ev)
{
	enum { VIEWS = IR_NKINDS - IR_VIEW0 };
	struct ir_target *t = arena_copy(a, base, sizeof(*base));
	const struct ir_view **views = arena_array(a, const struct ir_view *, VIEWS + 1);
	struct ir_view *self = arena_new(a, struct ir_view);
	struct ir_field *rows = arena_array(a, struct ir_field, ev->nfields + 1);
	unsigned nviews = 1;
	for (uint32_t i = 0; i < ev->nfields; i++) {
		const struct event_field *f = &ev->fields[i];
		rows[i] = (struct ir_field){ .name = f->name, .kinds = how[f->how].kinds, .cap = text_cap(f),
					     .get = how[f->how].get, .address = at_address(a, f), .arg = f };
		if (f->how == EVENT_ARRAY && nviews < VIEWS) {
			rows[i].kinds = IR_BIT(IR_VIEW0 + nviews);
			views[nviews++] = array_view(a, f);
		}
	}
	*self = (struct ir_view){ .name = name, .kind = name, .fields = rows, .methods = no_methods };
	views[0] = self;
	t->views = views;
	return t;
}
