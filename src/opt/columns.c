/*
 * columns.c - captured tables of many tables: rules, hosts, services. What is read of the one that is found is a table
 * of its own, by the same keys, as if the script had kept its columns and not its rows.
 *
 *   r = rules[k]   if r and r.port == 80       there[k]   if there and port[k] == 80
 */
#include "core/mutant.h"
#include "opt/choose.h"
#include "opt/passes.h"

#include <stdlib.h>

/* A read of what is found: its length; a field, by the same name wherever it is; or by a second key, known only at run time, where the
 * tables found are numbered, and their keys, and what is in them goes by both numbers. */
struct read {
	ir_ref at;
	const pg_value *column; /* by the first key; by numbers, row * width + place, where there is a second one */
	const pg_value *places; /* by the second key, or NULL */
	uint32_t width;
	bool full;              /* whatever is found has it: it is not nil there */
	const pg_value *same;   /* what each of them has, or NULL */
};

struct columns {
	struct choice *c;
	struct read *reads;
	uint32_t n, cap;
	struct uses blind;   /* what sees of a row no more than that it is a table */
	const pg_value *numbers; /* of the tables found, by the first key */
};

/* The row itself, or what a test made of it? */
static bool is_row(const struct choice *c, ir_ref v)
{
	return ir_untested(c->f, v) == c->index;
}

static bool is_nil(const pg_value *k)
{
	return k && k->kind == PG_NIL;
}

/* Is a row there, or not? */
static bool looks(const struct choice *c, const struct ir_ins *i)
{
	if (i->op == IRO(eq))
		return is_nil(ir_at(c->f, i->args[0])->type.k) || is_nil(ir_at(c->f, i->args[1])->type.k);
	return i->op == IRO(pi) || i->op == IRO(branch) || i->op == IRO(not);
}

/* Behind a test that says so it is nil: `r and r.port`. */
static bool is_absent(const struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	return i->op == IRO(pi) && (!((uint64_t)i->imm & IR_BIT(IR_HOST)) || is_absent(c, i->args[0]));
}

/* The row is true or nil from now on: what a test left of tables it leaves of that. */
static void look_for_true(const struct choice *c)
{
	for (uint32_t o = 0; o < c->f->nrpo; o++)
		for (ir_ref r = ir_block(c->f, c->f->rpo[o])->first; r; r = ir_at(c->f, r)->next) {
			struct ir_ins *i = ir_at(c->f, r);
			if (i->op != IRO(pi) || !is_row(c, r))
				continue;
			uint64_t left = (uint64_t)i->imm & ~IR_BIT(IR_TRUE);
			i->imm = (int64_t)(left & IR_BIT(IR_HOST) ? left | IR_BIT(IR_TRUE) : left);
		}
}

/* ---- what is done with whichever table it is ---- */

/* No table has a metatable, which could do something with it. */
static bool all_bare(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!choose_bare(c->pairs[i].value))
			return false;
	return true;
}

/* type(row), row == 5, row + 1, row(): it is the same of each. */
static bool is_blind(struct choice *c, const struct ir_ins *i)
{
	const uint64_t plain = IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FLOAT) | IR_ALL_STRINGS | IR_BIT(IR_IP4) |
			       IR_BIT(IR_IP6) | IR_BIT(IR_MAC);
	uint32_t rows = 0;
	for (uint32_t a = 0; a < i->nargs; a++)
		rows += is_row(c, i->args[a]);
	if (rows != 1)
		return false;
	if (i->op == IRO(eq)) {
		uint64_t other = ir_at(c->f, i->args[is_row(c, i->args[0])])->type.kinds;
		return other && !(other & ~plain);
	}
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(c->f, i->args[0])->type.row : NULL;
	if (i->op == IRO(call) && !is_row(c, i->args[0]))
		return row && row->effects & IR_TELLS && i->nargs == 2;
	return (choose_takes_no_table(i->op) || (i->nargs == 2 && choose_orders(c, i, is_row(c, i->args[0])))) && all_bare(c);
}

static bool goes_on(struct choice *c, const struct ir_ins *i)
{
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (is_row(c, i->succ[s].args[a]) && !is_absent(c, i->succ[s].args[a]) && !choose_goes_on(c, &i->succ[s], a))
				return true;
	return false;
}

static bool find_reads(struct columns *k)
{
	struct choice *c = k->c;
	for (uint32_t o = 0; o < c->f->nrpo; o++)
		for (ir_ref r = ir_block(c->f, c->f->rpo[o])->first; r; r = ir_at(c->f, r)->next) {
			const struct ir_ins *i = ir_at(c->f, r);
			bool uses = false;
			for (uint32_t a = 0; a < i->nargs; a++)
				uses |= is_row(c, i->args[a]) && !is_absent(c, i->args[a]);
			if (goes_on(c, i))
				return false;
			if (!uses || looks(c, i))
				continue;
			if (is_blind(c, i)) {
				arena_push(c->fl->u->arena, k->blind.v, k->blind.n, k->blind.cap, r);
				continue;
			}
			if (i->op != IRO(len) && (i->op != IRO(index) || is_row(c, i->args[1])))
				return false;
			arena_push(c->fl->u->arena, k->reads, k->n, k->cap, ((struct read){ .at = r }));
		}
	return true;
}

/* ---- what they read ---- */

const pg_value *columns_table(struct ir_unit *u, const pg_value *kv, uint32_t n)
{
	return const_new(u, (pg_value){ .kind = PG_TABLE, .id = u->source->table(u, kv, n) });
}

const pg_value *columns_numbers(struct ir_unit *u, const struct pair *pairs, uint32_t n, uint32_t first)
{
	pg_value *kv = arena_array(u->arena, pg_value, 2 * n + 1);
	for (uint32_t i = 0; i < n; i++) {
		kv[2 * i] = *pairs[i].key;
		kv[2 * i + 1] = (pg_value){ .kind = PG_INT, .i = first + i };
	}
	return columns_table(u, kv, n);
}

const pg_value *columns_there(struct ir_unit *u, const struct pair *pairs, uint32_t n)
{
	pg_value *kv = arena_array(u->arena, pg_value, 2 * n + 1);
	for (uint32_t i = 0; i < n; i++) {
		kv[2 * i] = *pairs[i].key;
		kv[2 * i + 1] = const_true;
	}
	return columns_table(u, kv, n);
}

/* The value of all n pairs, of which there is one, or NULL. */
static const pg_value *same_value(const pg_value *kv, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (!ir_same_value(&kv[1], &kv[2 * i + 1]))
			return NULL;
	return &kv[1];
}

/* What the tables found have there. False: that is not known. */
static bool read_field(const struct choice *c, const pg_value *field, struct read *r)
{
	struct ir_unit *u = c->fl->u;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * c->n + 1);
	uint32_t n = 0;
	for (uint32_t i = MUTANT(column_short); i < c->n; i++) {
		pg_value v;
		if (u->source->index(u, c->pairs[i].value->id, field, &v) < 0)
			return false;
		if (v.kind == PG_NIL)
			continue;
		kv[2 * n] = *c->pairs[i].key;
		kv[2 * n++ + 1] = v;
	}
	r->column = columns_table(u, kv, n);
	r->full = n == c->n;
	r->same = !n ? &const_nil : r->full ? same_value(kv, n) : NULL;
	return true;
}

/* Their lengths; likewise. */
static bool read_lengths(const struct choice *c, struct read *r)
{
	struct ir_unit *u = c->fl->u;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * c->n + 1);
	for (uint32_t i = 0; i < c->n; i++) {
		int64_t n;
		if (u->source->len(u, c->pairs[i].value->id, &n) < 0)
			return false;
		kv[2 * i] = *c->pairs[i].key;
		kv[2 * i + 1] = (pg_value){ .kind = PG_INT, .i = n };
	}
	r->column = columns_table(u, kv, c->n);
	r->full = true;
	return true;
}

/* All keys of these tables, each once, in order; false: they are not known, or too many. */
static bool all_keys(const struct choice *rows, uint32_t n, struct choice *out)
{
	enum { MOST = 100000 };
	uint32_t total = 0;
	for (uint32_t i = 0; i < n; i++)
		total += rows[i].n;
	if (total > MOST)
		return false;
	out->pairs = arena_array(out->fl->u->arena, struct pair, total + 1);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < rows[i].n; k++)
			out->pairs[out->n++] = rows[i].pairs[k];
	qsort(out->pairs, out->n, sizeof(*out->pairs), choose_by_key);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < out->n; i++)
		if (!kept || choose_by_key(&out->pairs[kept - 1], &out->pairs[i]) != 0)
			out->pairs[kept++] = out->pairs[i];
	out->n = kept;
	return (uint64_t)kept * n <= INT32_MAX;
}

/* The columns of a read by a second key. */
static bool read_by_two(struct columns *k, struct read *r)
{
	struct choice *c = k->c, keys = { .fl = c->fl, .f = c->f };
	struct ir_unit *u = c->fl->u;
	struct choice *rows = arena_array(u->arena, struct choice, c->n + 1);
	const struct ir_ins *key = ir_at(c->f, ir_at(c->f, r->at)->args[1]);
	uint64_t kinds = key->op == IRO(len) ? IR_BIT(IR_INT) : key->type.kinds; /* a length is seen in this round, too */
	uint32_t total = 0, n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		rows[i] = (struct choice){ .fl = c->fl, .f = c->f };
		if (!choose_pairs(&rows[i], c->pairs[i].value, kinds))
			return false;
		total += rows[i].n;
	}
	if (!all_keys(rows, c->n, &keys))
		return false;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * total + 1);
	for (uint32_t i = 0; i < c->n; i++)
		for (uint32_t a = 0, place = 0; a < rows[i].n; a++) {
			while (choose_by_key(&keys.pairs[place], &rows[i].pairs[a]) != 0)
				place++;
			kv[2 * n] = (pg_value){ .kind = PG_INT, .i = (int64_t)i * keys.n + place };
			kv[2 * n++ + 1] = *rows[i].pairs[a].value;
		}
	r->column = columns_table(u, kv, n);
	r->full = (uint64_t)keys.n * c->n == n;
	r->places = columns_numbers(u, keys.pairs, keys.n, 0);
	r->width = keys.n;
	if (!k->numbers)
		k->numbers = columns_numbers(u, c->pairs, c->n, 0);
	return true;
}

/* What has been read before is read of the same column: again.c knows that it is the same, then. False: it has not been. */
static bool was_read(const struct columns *k, uint32_t n, const pg_value *field, struct read *r)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct ir_ins *at = ir_at(k->c->f, k->reads[i].at);
		const pg_value *other = at->op == IRO(len) ? NULL : ir_at(k->c->f, at->args[1])->type.k;
		if (field ? !other || !ir_same_value(other, field) : at->op != IRO(len))
			continue;
		r->column = k->reads[i].column;
		r->full = k->reads[i].full;
		r->same = k->reads[i].same;
		return true;
	}
	return false;
}

struct columns *columns_find(struct choice *c)
{
	struct columns *k = arena_new(c->fl->u->arena, struct columns);
	k->c = c;
	if (!find_reads(k))
		return NULL;
	for (uint32_t i = 0; i < k->n; i++) {
		struct read *r = &k->reads[i];
		const struct ir_ins *at = ir_at(c->f, r->at);
		const pg_value *field = at->op == IRO(len) ? NULL : ir_at(c->f, at->args[1])->type.k;
		if (at->op != IRO(len) && !field && !read_by_two(k, r))
			return NULL;
		if (!r->column && !was_read(k, i, field, r) && !(field ? read_field(c, field, r) : read_lengths(c, r)))
			return NULL;
	}
	return k;
}

/* ---- reading them ---- */

static ir_ref look_up(struct choice *c, ir_blk b, uint32_t site, const pg_value *table, ir_ref key)
{
	ir_ref args[2] = { flow_const(c->fl, b, site, table), key };
	return flow_emit(c->fl, b, site, IRO(index), 2, args);
}

static ir_ref surely(struct choice *c, ir_blk b, uint32_t site, uint64_t kinds, ir_ref v)
{
	ir_ref pi = flow_emit(c->fl, b, site, IRO(pi), 1, &v);
	ir_at(c->f, pi)->imm = (int64_t)kinds;
	return pi;
}

static ir_ref surely_number(struct choice *c, ir_blk b, uint32_t site, ir_ref v)
{
	return surely(c, b, site, IR_BIT(IR_INT), v);
}

/* What the column has by this key. */
static ir_ref look_into(struct choice *c, ir_blk b, uint32_t site, const struct read *r, ir_ref key)
{
	if (r->same)
		return flow_const(c->fl, b, site, r->same);
	ir_ref v = look_up(c, b, site, r->column, key);
	return r->full ? surely(c, b, site, ~IR_BIT(IR_NIL), v) : v;
}

static void go_on(struct choice *c, ir_blk b, uint32_t site, ir_blk rest, ir_ref v)
{
	ir_ref t = flow_emit(c->fl, b, site, IRO(jmp), 0, NULL);
	ir_succ(c->f, t, 0, rest, 1, &v);
}

static void part_by(struct choice *c, ir_blk b, uint32_t site, ir_ref cond, ir_blk yes, ir_blk no)
{
	ir_ref t = flow_emit(c->fl, b, site, IRO(branch), 1, &cond);
	ir_succ(c->f, t, 0, yes, 0, NULL);
	ir_succ(c->f, t, 1, no, 0, NULL);
}

/* numbers[key] * width + places[second], looked up where that key has a place. */
static void emit_by_two(const struct columns *k, const struct read *r, ir_blk there, uint32_t site, ir_ref second, ir_blk rest)
{
	struct choice *c = k->c;
	ir_ref place = look_up(c, there, site, r->places, second);
	ir_blk has = ir_block_new(c->f), none = ir_block_new(c->f);
	part_by(c, there, site, place, has, none);
	ir_ref row = surely_number(c, has, site, look_up(c, has, site, k->numbers, c->key));
	ir_ref times[2] = { row, flow_const(c->fl, has, site, const_int(c->fl->u, r->width)) };
	ir_ref sum[2] = { flow_emit(c->fl, has, site, IRO(mul), 2, times), surely_number(c, has, site, place) };
	go_on(c, has, site, rest, look_into(c, has, site, r, flow_emit(c->fl, has, site, IRO(add), 2, sum)));
	go_on(c, none, site, rest, flow_const(c->fl, none, site, &const_nil));
}

/* Where there is no table, Lua's error. */
static ir_ref emit_read(const struct columns *k, const struct read *r)
{
	struct choice *c = k->c;
	const struct ir_ins old = *ir_at(c->f, r->at);
	ir_blk b = old.block, rest = edit_split(c->f, r->at), there = ir_block_new(c->f), none = ir_block_new(c->f);
	ir_remove(c->f, r->at);
	ir_ref all = ir_param_add(c->f, rest);
	part_by(c, b, old.site, old.args[0], there, none);
	if (r->places)
		emit_by_two(k, r, there, old.site, old.args[1], rest);
	else
		go_on(c, there, old.site, rest, look_into(c, there, old.site, r, c->key));
	flow_raise(c->fl, none, r->at, old.op == IRO(len) ? choose_failure_text(c, &old, "get length of", &const_nil)
							  : choose_index_failure(c, &old, &const_nil));
	return all;
}

/* One of the tables, where there is one: then it is known which, and its uses are copied (choose_uses.c). */
static void show_one(const struct columns *k, ir_ref use)
{
	struct choice *c = k->c;
	struct ir_unit *u = c->fl->u;
	uint32_t a = 0;
	while (!is_row(c, ir_at(c->f, use)->args[a]))
		a++;
	const pg_value kv[2] = { const_true, *c->pairs[0].value };
	ir_ref one = choose_const_before(c, use, columns_table(u, arena_copy(u->arena, kv, sizeof(kv)), 1));
	ir_ref v = ir_ins_new(c->f, IRO(index), 2, (ir_ref[]){ one, ir_at(c->f, use)->args[a] });
	ir_at(c->f, v)->site = ir_at(c->f, use)->site;
	ir_insert_before(c->f, use, v);
	ir_at(c->f, use)->args[a] = v;
}

void columns_read(struct columns *k, ir_ref *to)
{
	asking_of(k->c->fl, k->c->index);
	look_for_true(k->c);
	for (uint32_t i = 0; i < k->blind.n; i++)
		show_one(k, k->blind.v[i]);
	for (uint32_t i = 0; i < k->n; i++)
		to[k->reads[i].at] = emit_read(k, &k->reads[i]);
	k->c->fl->doubted = 0;
}

bool choose_columns(struct choice *c, ir_ref *to)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->pairs[i].value->kind != PG_TABLE)
			return false;
	struct columns *k = columns_find(c);
	if (!k)
		return false;
	columns_read(k, to);
	ir_ref there = choose_const_before(c, c->index, columns_there(c->fl->u, c->pairs, c->n));
	ir_at(c->f, c->index)->args[0] = there;
	return true;
}
