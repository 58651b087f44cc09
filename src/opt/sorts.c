/*
 * sorts.c - captured tables of many keys that hold tables and functions beside numbers and texts, or few different objects.
 *
 * What has a form at run time, tables, and other objects (functions, maps) are found by a look-up each, and the ways part
 * (ways.c): of tables what is read is found in columns (columns.c). Where many keys lead to few different objects, these are
 * numbered; the number is looked up, and it chooses:
 *
 *   h = handlers[k]         n = numbers[k]  h = few[n]          numbers: k -> 1, 2, 3   few: f, g, h
 */
#include "opt/choose.h"
#include "opt/passes.h"

enum { MANY_RUNS = 64 }; /* of neighbours with one value, whose ends are sought as fast as a number is looked up */

enum sort { PLAIN, TABLES, OTHERS, NSORTS };

static enum sort sort_of(const pg_value *v)
{
	return choose_plain(v) ? PLAIN : v->kind == PG_TABLE ? TABLES : OTHERS;
}

/* The pairs whose values are of this sort. */
static struct choice only(const struct choice *c, enum sort sort, struct arena *a)
{
	struct choice out = *c;
	out.pairs = arena_array(a, struct pair, c->n + 1);
	out.n = 0;
	for (uint32_t i = 0; i < c->n; i++)
		if (sort_of(c->pairs[i].value) == sort)
			out.pairs[out.n++] = c->pairs[i];
	return out;
}

bool sorts_are_mixed(const struct choice *c)
{
	bool has[NSORTS] = { 0 };
	for (uint32_t i = 0; i < c->n; i++)
		has[sort_of(c->pairs[i].value)] = true;
	if (has[PLAIN] + has[TABLES] + has[OTHERS] < 2)
		return false;
	struct arena_mark mark = arena_mark(c->fl->u->scratch);
	struct choice others = only(c, OTHERS, c->fl->u->scratch);
	bool few = choose_different(&others, MAX_USES) <= MAX_USES;
	arena_release(c->fl->u->scratch, mark);
	return few;
}

static ir_ref find_sort(const struct choice *c, ir_blk b, const struct choice *sort)
{
	struct ir_unit *u = c->fl->u;
	uint32_t site = ir_at(c->f, c->index)->site;
	pg_value *kv = arena_array(u->arena, pg_value, 2 * sort->n + 1);
	for (uint32_t i = 0; i < sort->n; i++) {
		kv[2 * i] = *sort->pairs[i].key;
		kv[2 * i + 1] = *sort->pairs[i].value;
	}
	ir_ref table = flow_const(c->fl, b, site, columns_table(u, kv, sort->n));
	ir_ref r = flow_emit(c->fl, b, site, IRO(index), 2, (ir_ref[]){ table, c->key });
	ir_at(c->f, r)->names = ir_at(c->f, c->index)->names; /* what is said of it names what the script looks up */
	return r;
}

/* v = numbers[k] if v == nil then v = tables[k] if v == nil then v = functions[k] end end */
ir_ref sorts_open(struct choice *c)
{
	uint32_t site = ir_at(c->f, c->index)->site;
	ir_blk b = ir_at(c->f, c->index)->block, rest = edit_split(c->f, c->index);
	ir_remove(c->f, c->index);
	ir_ref all = ir_param_add(c->f, rest);
	struct arena *a = c->fl->u->arena;
	struct choice sorts[NSORTS] = { only(c, PLAIN, a), only(c, TABLES, a), only(c, OTHERS, a) };
	enum sort last = sorts[OTHERS].n ? OTHERS : TABLES;
	for (enum sort sort = PLAIN; sort < last; sort++) {
		if (!sorts[sort].n)
			continue;
		ir_blk found = ir_block_new(c->f), next = ir_block_new(c->f);
		ir_ref v = find_sort(c, b, &sorts[sort]);
		ir_ref none = flow_emit(c->fl, b, site, IRO(eq), 2, (ir_ref[]){ v, flow_const(c->fl, b, site, &const_nil) });
		ir_ref t = flow_emit(c->fl, b, site, IRO(branch), 1, &none);
		ir_succ(c->f, t, 0, next, 0, NULL);
		ir_succ(c->f, t, 1, found, 0, NULL);
		ir_ref there = flow_emit(c->fl, found, site, IRO(pi), 1, &v);
		ir_at(c->f, there)->imm = (int64_t)~IR_BIT(IR_NIL);
		choose_meet(c, found, rest, there);
		b = next;
	}
	choose_meet(c, b, rest, find_sort(c, b, &sorts[last]));
	return all;
}

/* ---- few by many keys ---- */

/* Neighbours that have the same value are one run; by key. */
static uint32_t count_runs(const struct choice *c)
{
	uint32_t n = c->n > 0;
	for (uint32_t i = 1; i < c->n; i++) {
		const struct pair *a = &c->pairs[i - 1], *b = &c->pairs[i];
		n += a->key->kind != PG_INT || b->key->kind != PG_INT || b->key->i - 1 != a->key->i || !ir_same_value(a->value, b->value);
	}
	return n;
}

static bool all_functions(const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (ir_kind_of(c->pairs[i].value->kind) != IR_FUNC)
			return false;
	return true;
}

/* Few different objects by many keys, which are not found faster by comparing the keys; or functions, by more keys than are compared:
 * as many as numbers lead to. */
static bool are_few_of_many(const struct choice *c)
{
	const bool many = c->n > choose_most_keys(c);
	const uint32_t most = many && all_functions(c) ? MANY_VALUES : MAX_USES;
	return c->n > MAX_USES && !choose_all_plain(c) && choose_different(c, most) <= most && (many || count_runs(c) > MANY_RUNS);
}

void sorts_number_values(struct choice *c)
{
	struct ir_unit *u = c->fl->u;
	pg_value *numbers = arena_array(u->arena, pg_value, 2 * c->n), few[2 * MANY_VALUES];
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t same = 0;
		while (same < n && !ir_same_value(&few[2 * same + 1], c->pairs[i].value))
			same++;
		if (same == n) {
			few[2 * n] = (pg_value){ .kind = PG_INT, .i = n + 1 };
			few[2 * n++ + 1] = *c->pairs[i].value;
		}
		numbers[2 * i] = *c->pairs[i].key;
		numbers[2 * i + 1] = few[2 * same];
	}
	ir_ref by_key = choose_const_before(c, c->index, columns_table(u, numbers, c->n));
	ir_ref number = ir_ins_new(c->f, IRO(index), 2, (ir_ref[]){ by_key, c->key });
	ir_at(c->f, number)->site = ir_at(c->f, c->index)->site;
	ir_insert_before(c->f, c->index, number);
	ir_ref by_number = choose_const_before(c, c->index, columns_table(u, arena_copy(u->arena, few, sizeof(*few) * 2 * n), n));
	ir_at(c->f, c->index)->args[0] = by_number;
	ir_at(c->f, c->index)->args[1] = number;
}

static int number_one(struct flow *fl, const struct found *found, ir_ref *to)
{
	struct choice c;
	(void)to;
	for (uint32_t i = 0; i < found->n; i++)
		if (choose_table(&c, fl, found->r[i]) && are_few_of_many(&c)) {
			sorts_number_values(&c);
			return 1;
		}
	return 0;
}

int sorts_number(struct flow *fl)
{
	return choose_found(fl, number_one);
}
