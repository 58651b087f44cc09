/* lower_access.c - indexing and calls: dispatch by kind to fields and library rows. */
#include "opt/lower.h"

#include "core/ctype.h"
#include "core/shape.h"
#include "opt/opt.h"

/* ---- one result from a value of several kinds: each kind by itself ---- */

typedef void by_kind(struct lw *w, void *arg, const struct lw_val *v, unsigned kind, struct lw_val *out);

static struct lw_val dispatch(struct lw *w, const struct lw_val *v, const struct ir_type *result,
			      by_kind *one, void *arg)
{
	struct lw_val out = { .kinds = result->kinds, .cap = result->cap, .most = result->most,
			      .layout = result->layout, .model = result->model };
	if (ir_single(v->kinds)) {
		one(w, arg, v, ir_first_kind(v->kinds), &out);
		return out;
	}
	struct lw_join j = lw_join_new(w, result->kinds, result->cap);
	for (uint64_t left = v->kinds; left; left &= left - 1) {
		unsigned k = ir_first_kind(left);
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		struct lw_val rest = *v;
		rest.kinds = left;
		lw_br_kind(w, &rest, IR_BIT(k), mine, next);
		lw_enter(w, mine);
		struct lw_val x = lw_narrow(w, v, IR_BIT(k)), r = out;
		one(w, arg, &x, k, &r);
		lw_join_add(w, &j, &r);
		lw_enter(w, next);
	}
	lw_raise(w, "%s", "a value of no kind"); /* never reached */
	return lw_join_end(w, &j);
}

/* v, which is argument a, as one of the kinds, or the Lua error; its text is made only where it can be raised. */
static struct lw_val object(struct lw *w, uint32_t a, const struct lw_val *v, uint64_t good, const char *doing)
{
	if (!(v->kinds & ~good))
		return *v;
	return lw_check_kind(w, v, good, arena_printf(w->unit->arena, "attempt to %s a %%K value%s",
						      doing, lw_operand_name(w, a)));
}

/* Of what it is surely one of and may be indexed with the name: raises where that kind has no such field. */
static struct lw_val having(struct lw *w, const struct lw_val *v, const char *name)
{
	const struct ir_type t = { .kinds = v->kinds, .k = v->k, .model = v->model };
	uint64_t good = kinds_having(w->unit, &t, name);
	struct lw_val rest = *v;
	for (uint64_t left = v->kinds & ~good; left; left &= left - 1) {
		unsigned k = ir_first_kind(left);
		ir_blk lacks = lw_block(w, 0), next = lw_block(w, 0);
		lw_br_kind(w, &rest, IR_BIT(k), lacks, next);
		lw_enter(w, lacks);
		lw_raise(w, "%s", ir_no_field(w->unit->arena, ir_view_of(w->unit->target, k), name));
		lw_enter(w, next);
		rest.kinds &= ~IR_BIT(k);
	}
	return lw_narrow(w, v, good);
}

/* ---- #v ---- */

static void len_of(struct lw *w, void *arg, const struct lw_val *v, unsigned kind, struct lw_val *out)
{
	const struct ir_type *t = arg;
	if (IR_BIT(kind) & IR_STRINGS)
		*out = lw_int(lw_str_len(w, v));
	else if (kind == IR_MAP)
		*out = lw_int(lw_imm(w, ir_type_entries(t)));
	else
		ir_view_of(w->unit->target, kind)->len(w, v, out);
}

void lower_len(struct lw *w, ir_ref r)
{
	const struct lw_val *v = lower_arg(w, r, 0);
	struct ir_type *t = &ir_at(w->from, ir_at(w->from, r)->args[0])->type;
	struct lw_val ok = object(w, 0, v, v->kinds & (IR_VIEWS | IR_STRINGS | IR_BIT(IR_MAP)), "get length of");
	w->val[r] = dispatch(w, &ok, &ir_at(w->from, r)->type, len_of, t);
}

/* ---- a .. b ---- */

/* What argument a is less than, where it is an integer. */
static uint32_t below(const struct lw *w, ir_ref r, uint32_t a)
{
	const struct flow fl = { .u = w->unit, .f = w->from };
	const struct ir_ins *i = ir_at(w->from, r);
	return ir_at(w->from, i->args[a])->type.kinds & IR_BIT(IR_INT) ? bounds_number(&fl, i->block, i->args[a]) : 0;
}

/* Pieces are checked as Lua does: the last two, then from right to left. */
void lower_concat(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	struct lw_val *pieces = arena_array(w->unit->scratch, struct lw_val, i->nargs);
	if (i->type.k) {
		w->val[r] = lw_const(w, i->type.k);
		return;
	}
	for (uint32_t k = i->nargs; k-- > 0;) {
		uint32_t at = k == i->nargs - 1 ? k - 1 : k == i->nargs - 2 ? k + 1 : k;
		pieces[at] = object(w, at, lower_arg(w, r, at), IR_STRINGS | IR_BIT(IR_INT), "concatenate");
		pieces[at].below = below(w, r, at);
	}
	w->val[r] = lw_text_join(w, i->nargs, pieces, i->type.cap);
}

/* ---- v[k] ---- */

struct access {
	ir_ref r;
	const struct lw_val *key;
	const struct ir_type *obj;
};

static void call_row(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	row->lower(w, row, n, args, out);
}

/* m[k] and st.f are rows: "get" of maps, "[]" of states. */
static void index_host(struct lw *w, struct access *a, const struct lw_val *v, struct lw_val *out)
{
	const struct ir_type t = { .kinds = v->kinds, .k = v->k, .model = v->model };
	const pg_map *m = ir_map_like(w->unit, &t);
	const struct ir_lib *get = map_row(w->unit, m, "get");
	struct lw_val args[2] = { *v, *a->key };
	call_row(w, get ? get : map_row(w->unit, m, "[]"), 2, args, out);
}

static void index_one(struct lw *w, void *arg, const struct lw_val *v, unsigned kind, struct lw_val *out)
{
	struct access *a = arg;
	const char *name = key_name(a->key->k);
	struct ir_type t = { .kinds = IR_BIT(kind), .k = v->k, .model = v->model };
	bool map = kind == IR_MAP || (kind == IR_HOST && v->k->kind == PG_MAP);
	if (kind >= IR_VIEW0) {
		const struct ir_view *view = ir_view_of(w->unit->target, kind);
		const struct ir_field *f = name ? ir_field_find(view, name) : NULL;
		if (!name) {
			struct lw_val args[2] = { *v, *a->key };
			call_row(w, view->at, 2, args, out);
		} else if (f) {
			out->kinds = f->kinds;
			out->cap = f->cap;
			f->get(w, f, v, out);
		}
	} else if (IR_BIT(kind) & IR_ALL_STRINGS) {
		*out = lw_nil(); /* not what the library has: of_text.c */
	} else if (kind == IR_ENTRY) {
		const struct ct_field *f = ct_field(v->layout, name, strlen(name));
		*out = lw_load_field(w, f, lw_word(w, v, 0), 0);
	} else if (map && !(name && method_row(w->unit, &t, kind, name))) {
		index_host(w, a, v, out);
	} else if (kind == IR_HOST && v->k->kind == PG_TABLE) {
		lower_frozen(w, v->k, a->key, out);
	}
}

static uint64_t indexable(const struct lw_val *v)
{
	return v->kinds & (IR_VIEWS | IR_BIT(IR_ENTRY) | IR_BIT(IR_REC) | IR_BIT(IR_HOST) | IR_BIT(IR_MAP) | IR_ALL_STRINGS |
			   IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC));
}

/* What r indexes, of these kinds; or, where pairs goes over it, a table of the kind `table`. */
static struct lw_val indexed(struct lw *w, ir_ref r, uint64_t kinds, unsigned table)
{
	const struct lw_val *v = lower_arg(w, r, 0);
	if (ir_is_half(lower_arg(w, r, 1)->k))
		return lw_check_kind(w, v, IR_BIT(table), arena_printf(w->unit->arena, IR_NO_TABLE, "%K"));
	return object(w, 0, v, kinds, "index");
}

void lower_index(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	struct lw_val ok = indexed(w, r, indexable(lower_arg(w, r, 0)), IR_HOST);
	ok = having(w, &ok, key_name(lower_arg(w, r, 1)->k));
	struct access a = { .r = r, .key = lower_arg(w, r, 1) };
	if (i->type.k) {
		w->val[r] = lw_const(w, i->type.k);
		return;
	}
	if (i->type.kinds == IR_BIT(IR_FUNC)) {
		w->val[r] = (struct lw_val){ .kinds = IR_BIT(IR_FUNC) };
		return;
	}
	w->val[r] = dispatch(w, &ok, &i->type, index_one, &a);
}

/* What is indexed must be a table, or may be a text, too; what its fields hold is known already. */
void lower_indexed(struct lw *w, ir_ref r)
{
	indexed(w, r, IR_BIT(IR_REC) | (ir_at(w->from, r)->aux ? IR_ALL_STRINGS : 0), IR_REC);
}

/* ---- v[k] = x ---- */

/* obj is an entry or a state. */
static void increment(struct lw *w, ir_ref r, const struct lw_val *obj, ir_ref by)
{
	const pg_value *name = lower_arg(w, r, 1)->k;
	const struct ctype *layout = obj->layout;
	struct map_shape s;
	ir_ref ptr;
	if (obj->kinds == IR_BIT(IR_ENTRY)) {
		ptr = lw_word(w, obj, 0);
	} else {
		map_shape(obj->k->map, &s);
		layout = s.value;
		ptr = lw_mapval(w, ir_map(w->unit, obj->k->map), 0);
	}
	ir_ref add = lw_op2(w, IRO(atomadd64), ptr, by);
	ir_at(w->fn, add)->imm = ct_field(layout, name->str, name->n)->offset;
}

struct assignment {
	const char *name;
	const struct lw_val *v;
};

static void set_one(struct lw *w, void *arg, const struct lw_val *obj, unsigned kind, struct lw_val *out)
{
	const struct assignment *a = arg;
	const struct ir_field *f = ir_field_find(ir_view_of(w->unit->target, kind), a->name);
	f->set(w, f, obj, a->v);
	*out = lw_nil();
}

void lower_setindex(struct lw *w, ir_ref r)
{
	const struct lw_val *v = lower_arg(w, r, 0), *key = lower_arg(w, r, 1), *x = lower_arg(w, r, 2);
	uint64_t good = v->kinds & (IR_VIEWS | IR_BIT(IR_ENTRY) | IR_BIT(IR_HOST) | IR_BIT(IR_MAP));
	struct lw_val ok = object(w, 0, v, good, "index");
	if (ok.kinds & IR_VIEWS) {
		ok = having(w, &ok, key_name(key->k));
		struct assignment a = { key_name(key->k), x };
		dispatch(w, &ok, &(struct ir_type){ .kinds = IR_BIT(IR_NIL) }, set_one, &a);
		return;
	}
	ir_ref by = lower_increment(w, r);
	if (by) {
		increment(w, r, &ok, by);
		return;
	}
	if (ok.kinds == IR_BIT(IR_ENTRY)) {
		const char *name = key_name(key->k);
		lw_store_field(w, ct_field(ok.layout, name, strlen(name)), lw_word(w, &ok, 0), 0, x);
		return;
	}
	const pg_map *m = ir_map_like(w->unit, &(struct ir_type){ .kinds = ok.kinds, .k = ok.k, .model = ok.model });
	const struct ir_lib *set = map_row(w->unit, m, "set");
	struct lw_val args[3] = { ok, *key, *x }, out = lw_nil();
	call_row(w, set ? set : map_row(w->unit, m, "[]="), 3, args, &out);
}

/* ---- calls ---- */

struct call {
	ir_ref r;
	uint32_t n;            /* arguments, self included */
	struct lw_val *args;
	const char *method;    /* by name where the object may be of several types */
};

/* From the first one that is counted in row->args on, which Lua counts as number `counted`. */
static void check_args(struct lw *w, const struct ir_lib *row, struct call *c, uint32_t first, uint32_t counted)
{
	for (uint32_t i = first; i < c->n && !(row->effects & IR_IN_TURN); i++) {
		uint64_t want = row->args[i - first < 4 ? i - first : 3];
		if (!want || !(c->args[i].kinds & ~want))
			continue;
		uint64_t named = want & ~IR_BIT(IR_NIL) ? want & ~IR_BIT(IR_NIL) : want;
		const char *name = ir_kind_lua(w->unit, ir_first_kind(named));
		c->args[i] = lw_check_kind(w, &c->args[i], want, arena_printf(w->unit->arena,
			"bad argument #%u to '%s' (%s expected, got %%K)", i - first + counted, lw_callee_name(w, row), name));
	}
}

static void method_of(struct lw *w, void *arg, const struct lw_val *v, unsigned kind, struct lw_val *out)
{
	struct call *c = arg, mine = *c;
	struct ir_type t = { .kinds = IR_BIT(kind), .k = v->k };
	const struct ir_lib *row = method_row(w->unit, &t, kind, c->method);
	mine.args = arena_copy(w->unit->arena, c->args, sizeof(*c->args) * c->n);
	mine.args[0] = *v;
	check_args(w, row, &mine, 1, 1);
	out->kinds = row->ret ? row->ret : IR_BIT(IR_NIL);
	call_row(w, row, mine.n, mine.args, out);
}

/* What a method is called of: where it is something else looking the method up raised, or gave nil. */
static struct lw_val *object_of(struct lw *w, struct call *c, const char *name)
{
	const struct ir_type t = { .kinds = c->args[0].kinds, .k = c->args[0].k, .model = c->args[0].model };
	uint64_t good = kinds_with_method(w->unit, &t, name);
	struct lw_val had = lw_narrow(w, &c->args[0], kinds_having(w->unit, &t, name));
	if (had.kinds & ~good) {
		ir_blk is = lw_block(w, 0), nil = lw_block(w, 0);
		lw_br_kind(w, &had, good, is, nil);
		lw_enter(w, nil);
		lw_raise(w, "attempt to call a nil value (method '%s')", name);
		lw_enter(w, is);
	}
	c->args[0] = lw_narrow(w, &had, good);
	return &c->args[0];
}

/* string.NAME(s, ...) and s:NAME(...), where s is a string or has the bytes of one. */
static void string_row(struct lw *w, const struct ir_lib *row, struct call *c, bool method)
{
	const struct ir_type *t = &ir_at(w->from, c->r)->type;
	struct lw_val *out = &w->val[c->r];
	struct lw_val self = method ? *object_of(w, c, row->name) : lw_check_kind(w, &c->args[0], IR_STRINGS,
		arena_printf(w->unit->arena, "bad argument #1 to '%s' (string expected, got %%K)", lw_callee_name(w, row)));
	c->args[0] = lw_str_one(w, &self);
	check_args(w, row, c, 1, method ? 1 : 2);
	if (row->effects & IR_SEVERAL)
		out = w->results[c->r] = arena_array(w->unit->scratch, struct lw_val, IR_RESULTS);
	*out = (struct lw_val){ .kinds = t->kinds, .cap = t->cap, .most = t->most };
	call_row(w, row, c->n, c->args, out);
	w->val[c->r] = *out;
}

void lower_call(struct lw *w, ir_ref r)
{
	const struct ir_ins *i = ir_at(w->from, r);
	const struct ir_ins *callee = ir_at(w->from, i->args[0]);
	struct call c = { .r = r, .n = i->nargs - 1 };
	if (i->type.k && callee->type.row && !(callee->type.row->effects & ~(uint32_t)(IR_CALM | IR_TELLS | IR_BYTES))) {
		w->val[r] = lw_const(w, i->type.k);
		return;
	}
	c.args = arena_array(w->unit->arena, struct lw_val, c.n + 1);
	for (uint32_t k = 0; k < c.n; k++)
		c.args[k] = *lower_arg(w, r, k + 1);
	const struct ir_lib *row = row_called(w->unit, callee->type.row, c.n);
	for (uint32_t k = 0; row && row->effects & IR_BOUNDED && k < c.n; k++)
		c.args[k].below = below(w, r, k + 1);
	if (row && ir_row_of_string(w->unit->target, row)) {
		string_row(w, row, &c, callee->op == IRO(self));
		return;
	}
	if (callee->op == IRO(self)) {
		c.method = ir_at(w->from, callee->args[1])->type.k->str;
		struct lw_val self = *object_of(w, &c, c.method);
		if (self.kinds & (IR_VIEWS | IR_STRINGS | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))) {
			w->val[r] = dispatch(w, &self, &i->type, method_of, &c);
			return;
		}
	}
	const bool dot = row_is_method(w->unit, row) && !(i->names && i->names->how == IR_N_METHOD) && callee->op != IRO(self);
	check_args(w, row, &c, row_is_method(w->unit, row), dot ? 2 : 1);
	w->val[r] = (struct lw_val){ .kinds = i->type.kinds, .cap = i->type.cap, .most = i->type.most,
				    .layout = i->type.layout, .model = i->type.model };
	call_row(w, row, c.n, c.args, &w->val[r]);
}
