/* maps.c - maps in kernel code: m[k], m[k] = v, m[k] = nil, m:add(k, n), m:get, m:set. */
#include "stdlib/map.h"

#include "core/ctype.h"
#include "core/mutant.h"

enum { MAX_STORED = 4096, NOEXIST = 1, LOCKED = 4 }; /* BPF_NOEXIST, BPF_F_LOCK */

/* ---- types ---- */

static const char *map_text(struct arena *a, const struct map_shape *s)
{
	return *s->name ? arena_printf(a, "map '%s'", s->name) : "map";
}

static const char *type_text(struct arena *a, const struct ctype *t)
{
	char buf[256];
	return arena_printf(a, "%s", ct_text(t, buf, sizeof(buf)));
}

static const char *kind_of(struct infer *in, const struct ir_type *t)
{
	return infer_called(in, t, t->kinds & ~IR_BIT(IR_NIL) ? ~IR_BIT(IR_NIL) : IR_ANY);
}

/* Text is made an address in the user half only. */
static const char *address_help(const struct ctype *t, const struct ir_type *v)
{
	if (v->kinds & ~IR_STRINGS)
		return NULL;
	switch (t->kind) {
	case CT_IP4: return "keys and values are not converted in kernel code: bpf.ip \"10.0.0.1\"";
	case CT_IP6: return "keys and values are not converted in kernel code: bpf.ip \"2001:db8::1\"";
	case CT_MAC: return "keys and values are not converted in kernel code: bpf.mac \"02:00:00:00:00:01\"";
	case CT_PREFIX4: return "keys are not converted in kernel code: bpf.ip \"10.0.0.1\", bpf.cidr \"10.0.0.0/8\"";
	case CT_PREFIX6: return "keys are not converted in kernel code: bpf.ip \"2001:db8::1\", bpf.cidr \"2001:db8::/32\"";
	default: return NULL;
	}
}

/* Could v be stored as t at all? */
bool std_storable(struct infer *in, uint32_t site, const struct map_shape *s, const struct ctype *t,
		     const struct ir_type *v, const char *what)
{
	struct arena *a = infer_unit(in)->arena;
	uint64_t want = lw_type_kinds(t);
	bool cidr = v->kinds & IR_BIT(IR_HOST) && v->k && v->k->kind == PG_CIDR;
	if (t->size > MAX_STORED)
		return infer_refuse(in, site, ON_MAPS, "use smaller or other types", "%ss of type %s are not "
				    "there yet in kernel code", what, type_text(a, t)), false;
	if (v->kinds == IR_BIT(IR_FLOAT))
		return infer_refuse(in, site, ON_VALUES, "write an integer: 1000000 for 1e6",
				    "a float is a %s of %s here; floats do not exist in the kernel", what, map_text(a, s)), false;
	if (!(v->kinds & want) || (v->kinds == IR_BIT(IR_HOST) && !cidr))
		return infer_error(in, site, address_help(t, v), "bad %s for %s (%s expected, got %s)", what, map_text(a, s),
				   type_text(a, t), kind_of(in, v)), false;
	if (v->kinds & want & IR_BIT(IR_ENTRY) && v->layout && !ct_equal(v->layout, t))
		return infer_refuse(in, site, ON_MAPS, "store its fields: m[k] = { a = e.a, b = e.b }",
				    "an entry of another struct is a %s of %s here", what, map_text(a, s)), false;
	return true;
}

static void no_such_field(struct infer *in, uint32_t site, const struct ctype *t, const char *name)
{
	struct arena *a = infer_unit(in)->arena;
	const char *names[64];
	uint32_t n = 0;
	for (; n < t->nfields && n < 64; n++)
		names[n] = t->fields[n].name;
	const char *near = ir_nearest(name, names, n);
	infer_error(in, site, near ? arena_printf(a, "did you mean '%s'?", near)
			    : arena_printf(a, "name one that is there, or add it to the struct: u32 %s;", name),
		    "there is no field '%s' in %s", name, type_text(a, t));
}

/* Could v be stored in the field? One that is nil is left out. */
bool std_field_storable(struct infer *in, uint32_t site, const struct ct_field *f, const struct ir_type *v)
{
	const bool prefix = f->type->kind == CT_PREFIX4 || f->type->kind == CT_PREFIX6;
	uint64_t holds = lw_type_kinds(f->type) | IR_BIT(IR_NIL);
	if (prefix && v->k && v->k->kind != PG_CIDR)
		holds &= ~IR_BIT(IR_HOST);
	return !v->kinds || v->kinds & IR_BIT(IR_MSG) || infer_held(in, site, f->name, holds, v);
}

/* The fields of a record: the struct has them all, and each could hold what it is given. */
bool std_known_fields(struct infer *in, uint32_t site, const struct ctype *t, const struct ir_type *v)
{
	struct ir_unit *u = infer_unit(in);
	const struct ir_ins *r = v->def ? ir_at(u->main, v->def) : NULL;
	bool good = true;
	for (uint32_t i = 0; r && t->kind == CT_STRUCT && r->op == IRO(record) && i < r->nargs; i++) {
		const struct ct_field *f = ct_field(t, r->list[i], strlen(r->list[i]));
		if (!f)
			no_such_field(in, site, t, r->list[i]);
		good &= f && std_field_storable(in, site, f, &ir_at(u->main, r->args[i])->type);
	}
	return good;
}

bool std_readable(struct infer *in, uint32_t site, const struct ctype *t, struct ir_type *out)
{
	struct ir_type v = type_of_memory(t);
	*out = v;
	out->kinds |= IR_BIT(IR_NIL);
	out->k = NULL;
	if (!v.kinds || v.cap > LW_MAXLONG)
		return infer_refuse(in, site, ON_MAPS, "use integers, addresses, char arrays of up to 4096 "
				    "bytes, or a struct of them", "values of type %s cannot be read yet in "
				    "kernel code", type_text(infer_unit(in)->arena, t)), false;
	return true;
}

static bool get_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	if (!std_readable(in, site, s.value, out))
		return false;
	return std_storable(in, site, &s, s.key, &a[1], "key") && std_known_fields(in, site, s.key, &a[1]);
}

static bool set_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	if (!std_storable(in, site, &s, s.key, &a[1], "key") || !std_known_fields(in, site, s.key, &a[1]))
		return false;
	if (a[2].kinds == IR_BIT(IR_NIL) && s.array)
		return infer_refuse(in, site, ON_MAPS, "write 0", "the entries of %s cannot be deleted, only written",
				    pg_map_type(ir_map_like(infer_unit(in), &a[0]))), false;
	struct ir_type v = a[2];
	if (v.kinds == IR_BIT(IR_NIL))
		return true;
	return std_storable(in, site, &s, s.value, &v, "value") && std_known_fields(in, site, s.value, &v);
}

static bool is_counter(const struct ctype *t)
{
	return t->kind == CT_INT && t->size >= 4 && !t->big;
}

bool std_addable(struct infer *in, uint32_t site, const struct map_shape *s)
{
	if (!is_counter(s->value))
		return infer_refuse(in, site, ON_MAPS, "write m[k] = v; or keep a counter in a map or field of "
				    "its own", "add is for maps of u32, u64, i32 or i64, not of %s",
				    type_text(infer_unit(in)->arena, s->value)), false;
	return true;
}

static bool add_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n, (void)out;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	return std_addable(in, site, &s) && std_storable(in, site, &s, s.key, &a[1], "key") && std_known_fields(in, site, s.key, &a[1]);
}

/* ---- keys ---- */

struct access {
	struct map_shape s;
	ir_ref map;
	ir_ref key;            /* address of the key on the stack */
	ir_ref index;          /* ARRAY: the key */
};

struct lw_val std_check_key(struct lw *w, const struct map_shape *s, const struct lw_val *v)
{
	struct arena *m = w->unit->arena;
	if (!(v->kinds & ~lw_type_kinds(s->key)))
		return *v;
	return lw_check_kind(w, v, lw_type_kinds(s->key), arena_printf(m, "bad key for %s (%s expected, got %%K)",
		map_text(m, s), type_text(m, s->key)));
}

/* Writes the key to the stack. misfit 0: what does not fit raises. */
static void put_key(struct lw *w, struct access *a, const struct lw_val *args, ir_blk misfit)
{
	lw_map_shape(w, &args[0], &a->s);
	a->map = lw_map(w, &args[0]);
	struct lw_val key = std_check_key(w, &a->s, &args[1]);
	a->index = a->s.array ? lw_int_word(w, &key) : 0;
	if (a->s.array && args[0].k)
		lw_warn_element(w, &key, a->s.entries, !misfit);
	a->key = lw_store_room(w, a->s.key, a->s.key->size, &key);
	lw_store_type(w, a->s.key, a->key, 0, &key, misfit, "key");
}

static ir_ref look_up(struct lw *w, const struct access *a)
{
	return lw_helper(w, HELPER_MAP_LOOKUP, 2, (ir_ref[]){ a->map, a->key });
}

ir_ref std_look_up(struct lw *w, const struct lw_val *map, const struct lw_val *key, ir_blk misfit)
{
	struct access a;
	put_key(w, &a, (struct lw_val[]){ *map, *key }, misfit);
	return look_up(w, &a);
}

ir_ref std_put_key(struct lw *w, const struct lw_val *map, const struct lw_val *key, ir_blk misfit)
{
	struct access a;
	put_key(w, &a, (struct lw_val[]){ *map, *key }, misfit);
	return a.key;
}

static ir_ref update(struct lw *w, const struct access *a, ir_ref value, int64_t flags)
{
	return lw_helper(w, HELPER_MAP_UPDATE, 4,
			 (ir_ref[]){ a->map, a->key, value, lw_imm(w, flags) });
}

static struct lw_val check_value(struct lw *w, const struct map_shape *s, const struct lw_val *v)
{
	struct arena *m = w->unit->arena;
	if (!(v->kinds & ~lw_type_kinds(s->value)))
		return *v;
	return lw_check_kind(w, v, lw_type_kinds(s->value), arena_printf(m, "bad value for %s (%s expected, got %%K)",
		map_text(m, s), type_text(m, s->value)));
}

ir_ref std_put_value(struct lw *w, const struct map_shape *s, const struct lw_val *v, ir_blk misfit)
{
	struct lw_val ok = check_value(w, s, v);
	ir_ref value = lw_store_room(w, s->value, s->bytes, &ok);
	lw_store_type(w, s->value, value, 0, &ok, misfit, "value");
	for (uint32_t at = s->value->size; at < s->bytes; at++)
		lw_store(w, 1, value, at, lw_imm(w, 0)); /* the lock and what is before it */
	return value;
}

/* ---- m[k] ---- */

static void get_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct access a;
	(void)row, (void)n;
	ir_blk absent = lw_block(w, 0), there = lw_block(w, 0);
	put_key(w, &a, args, absent);
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	ir_ref ptr = look_up(w, &a);
	lw_bri(w, IR_EQ, ptr, 0, absent, there);
	lw_enter(w, there);
	struct lw_val v = lw_load_type(w, a.s.value, ptr, 0), none = lw_nil();
	lw_join_add(w, &j, &v);
	lw_enter(w, absent);
	lw_join_add(w, &j, &none);
	*out = lw_join_end(w, &j);
}

/* ---- m[k] = v ---- */

static void erase(struct lw *w, const struct lw_val *args)
{
	struct access a;
	ir_blk end = lw_block(w, 0);
	put_key(w, &a, args, end);
	lw_helper(w, HELPER_MAP_DELETE, 2, (ir_ref[]){ a.map, a.key });
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

static void write(struct lw *w, const struct lw_val *args, const struct lw_val *v)
{
	struct access a;
	put_key(w, &a, args, 0);
	ir_ref r = update(w, &a, std_put_value(w, &a.s, v, 0), a.s.lock ? LOCKED : 0);
	if (!MUTANT(full_unseen))
		lw_raise_if(w, IR_NE, r, lw_imm(w, 0), "map full");
}

static void set_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	*out = lw_nil();
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0), end = lw_block(w, 0);
	struct lw_val there = lw_narrow(w, &args[2], ~IR_BIT(IR_NIL));
	lw_br_kind(w, &args[2], IR_BIT(IR_NIL), nil, some);
	if (args[2].kinds & IR_BIT(IR_NIL)) {
		struct map_shape s;
		lw_map_shape(w, &args[0], &s);
		lw_enter(w, nil);
		if (s.array) {
			lw_raise(w, "the entries of %s cannot be deleted, only written", s.type);
		} else {
			erase(w, args);
			lw_jmp(w, end, 0, NULL);
		}
	}
	if (there.kinds) {
		lw_enter(w, some);
		write(w, args, &there);
		lw_jmp(w, end, 0, NULL);
	}
	lw_enter(w, end);
}

/* ---- m:add(k, n) ---- */

static void add_at(struct lw *w, const struct ctype *t, ir_ref ptr, ir_ref n)
{
	lw_op2(w, t->size == 8 ? IRO(atomadd64) : IRO(atomadd32), ptr, n);
}

/* What found no room is counted as an error is, and ends nothing. */
void std_count_loss(struct lw *w, const struct map_shape *s)
{
	struct ir_unit *u = w->unit;
	const char *text = arena_printf(u->arena, "map full: nothing was added%s%s%s", *s->name ? " (map '" : "", s->name,
					*s->name ? "')" : "");
	uint32_t number = ir_error(u, u->sites[w->site].pos, text);
	u->errors[number].loss = true;
	ir_block(w->fn, w->cur)->cold = true;
	lw_op2(w, IRO(atomadd64), lw_mapval(w, IR_MAP_DATA, IR_DATA_ERRORS + 8 * (int64_t)number), lw_imm(w, 1));
}

/* Atomic; creates the entry at n. Two programs may both find it missing: whoever loses the race to
 * create it adds. What finds no room is left out. */
static void add_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct access a;
	(void)row, (void)n;
	*out = lw_nil();
	put_key(w, &a, args, 0);
	ir_ref by = lw_int_word(w, &args[2]);
	ir_blk there = lw_block(w, 1), make = lw_block(w, 0), again = lw_block(w, 0), end = lw_block(w, 0);
	ir_blk found = lw_block(w, 0), late = lw_block(w, 0), full = lw_block(w, 0);
	ir_ref ptr = look_up(w, &a);
	lw_bri(w, IR_NE, ptr, 0, found, a.s.array ? full : make);
	lw_enter(w, found);
	lw_jmp(w, there, 1, &ptr);
	if (!a.s.array) {
		lw_enter(w, make);
		ir_ref value = lw_slot(w, a.s.value->size, 8);
		lw_store(w, a.s.value->size, value, 0, by);
		lw_bri(w, IR_EQ, update(w, &a, value, NOEXIST), 0, end, again);
		lw_enter(w, again);
		ptr = look_up(w, &a);
		lw_bri(w, MUTANT(null_unchecked) ? IR_UGE : IR_NE, ptr, 0, late, full);
		lw_enter(w, late);
		lw_jmp(w, there, 1, &ptr);
	}
	lw_enter(w, full);
	if (a.s.array && args[0].k) { /* of a key that is surely inside nothing is lost; the verifier does not know */
		ir_blk beyond = lw_block(w, 0);
		lw_bri(w, IR_UGE, a.index, a.s.entries, beyond, end);
		lw_enter(w, beyond);
	}
	std_count_loss(w, &a.s);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, there);
	add_at(w, a.s.value, lw_param(w, there, 0), by);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

const struct ir_lib stdlib_keyed_rows[] = {
	{ "get", 1, 1, { 0 }, IR_BIT(IR_NIL), 0, IR_E_READ, get_type, get_lower, 0, "m:get(k): m[k]" },
	{ "set", 2, 2, { 0 }, 0, 0, IR_E_WRITE | IR_KEYED, set_type, set_lower, 0, "m:set(k, v): m[k] = v" },
	{ "add", 2, 2, { 0, IR_BIT(IR_INT) }, 0, 0, IR_E_WRITE | IR_KEYED, add_type, add_lower, 0,
	  "m:add(k, n): adds n atomically, creates the entry at n" },
	{ "locked", 2, 2, { 0, IR_BIT(IR_FUNC) }, IR_BOOL, 0, 0, NULL, NULL, IR_EXPAND_LOCKED,
	  "m:locked(k, f): f(m[k]) while nobody else has it locked; false when there is no k" },
	{ 0 },
};

const struct ir_lib *const stdlib_map_rows[PG_ROLE_END] = {
	[PG_ROLE_MAP] = stdlib_keyed_rows,    [PG_ROLE_STATE] = stdlib_state_rows,
	[PG_ROLE_PERCPU] = stdlib_state_rows, [PG_ROLE_EVENTS] = stdlib_event_rows,
	[PG_ROLE_QUEUE] = stdlib_queue_rows,  [PG_ROLE_FILTER] = stdlib_filter_rows,
	[PG_ROLE_REDIRECT] = stdlib_redirect_rows, [PG_ROLE_OUTER] = stdlib_outer_rows,
	[PG_ROLE_STORAGE] = stdlib_storage_rows, [PG_ROLE_SOCKETS] = stdlib_socket_rows,
	[PG_ROLE_RING] = stdlib_ring_rows,
};
