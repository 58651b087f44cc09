/*
 * frozen.c - captured tables with many keys: maps that the program cannot write, filled when it is loaded.
 *
 * Each kind of key has a map of its own: integers that lie close an array, all others a hash. A value is a
 * tag and as many words as the widest in the table needs, as a value of several kinds is elsewhere; a tag
 * of 0, what an array holds between its keys, is nil. Texts of more than 64 bytes, or with zero bytes, are copied to
 * scratch memory by who finds them: their length is the first word, of all texts of such a table.
 */
#include "core/ctype.h"
#include "opt/lower.h"
#include "opt/opt.h"

#include <stdlib.h>

enum {
	HELPER_LOOKUP = 1, SPARSE = 4, ALWAYS_DENSE = 1024,
	LONGEST_KEY = 512,     /* of a hash (MAX_BPF_STACK: kernel/bpf/hashtab.c) */
	LONGEST_TEXT = 512,    /* every value has room for one */
};

/* What is known of a table, read once. */
struct table_shape {
	struct table_shape *next;
	uint64_t id;
	const pg_value *pairs; /* keys and values by turns */
	uint32_t n;            /* pairs */
	bool plain;            /* all values have a form at run time */
	uint64_t keys;         /* kinds of keys that values known only at run time can equal ... */
	uint32_t count;        /* ... and how many of these there are */
	uint32_t cap;          /* longest text among the values */
	bool zeros;            /* one of them has a zero byte */
};

static bool is_key(const pg_value *k)
{
	if (k->kind == PG_STR)
		return k->n <= LONGEST_KEY && !(k->n && memchr(k->str, 0, k->n));
	return k->kind == PG_FALSE || k->kind == PG_TRUE || k->kind == PG_INT || k->kind == PG_IP4 || k->kind == PG_IP6 ||
	       k->kind == PG_MAC;
}

static bool is_value(const pg_value *v)
{
	return choose_plain(v) && (v->kind != PG_STR || v->n <= LONGEST_TEXT);
}

static bool has_long_texts(const struct table_shape *s)
{
	return s->cap > LW_MAXSTR || s->zeros;
}

static const struct table_shape *shape_of(struct ir_unit *u, uint64_t id)
{
	struct table_shape *s = u->shapes;
	while (s && s->id != id)
		s = s->next;
	if (s)
		return s;
	s = arena_new(u->arena, struct table_shape);
	*s = (struct table_shape){ .next = u->shapes, .id = id };
	u->shapes = s;
	s->plain = u->source->pairs(u, id, &s->pairs, &s->n) >= 0;
	for (uint32_t i = 0; i < s->n && s->plain; i++) {
		const pg_value *k = &s->pairs[2 * i], *v = k + 1;
		s->plain = is_value(v);
		s->cap = v->kind == PG_STR && v->n > s->cap ? v->n : s->cap;
		s->zeros |= v->kind == PG_STR && v->n && memchr(v->str, 0, v->n);
		if (!is_key(k))
			continue;
		s->keys |= IR_BIT(ir_kind_of(k->kind));
		s->count++;
	}
	return s;
}

bool frozen_type(struct ir_unit *u, const pg_value *table, uint64_t kinds, struct ir_type *out)
{
	const struct table_shape *s = shape_of(u, table->id);
	uint32_t n = 0;
	if (!s->plain || choose_few(s->count, false))
		return false;
	*out = (struct ir_type){ .kinds = IR_BIT(IR_NIL), .cap = s->cap };
	for (uint32_t i = 0; i < s->n; i++) {
		const pg_value *k = &s->pairs[2 * i];
		if (choose_hidden(k, kinds))
			return false;
		if (!is_key(k) && k->kind == PG_STR && kinds & IR_STRINGS & ~IR_BIT(IR_STR))
			return false; /* those may be such a key */
		if (!is_key(k) || !(ir_alike(kinds) & IR_BIT(ir_kind_of(k->kind))))
			continue;
		out->kinds |= IR_BIT(ir_kind_of(k[1].kind));
		n++;
	}
	if (has_long_texts(s) && out->kinds & IR_BIT(IR_STR))
		out->kinds ^= IR_BIT(IR_STR) | IR_BIT(IR_LONG);
	return !choose_few(n, kinds == IR_BIT(IR_INT));
}

bool frozen_needs_text(struct ir_unit *u, const struct ir_type *object, const struct ir_type *key)
{
	struct ir_type out;
	if (!(key->kinds & IR_BIT(IR_MSG)) || key->k || type_is_pending(key))
		return false;
	return object->k && object->k->kind == PG_TABLE && shape_of(u, object->k->id)->keys & IR_BIT(IR_STR) &&
	       frozen_type(u, object->k, key->kinds | IR_BIT(IR_TEXT), &out);
}

/* ---- what the map holds ---- */

static unsigned words_of(const pg_value *v)
{
	return v->kind == PG_STR ? (v->n + 7) / 8 : v->kind == PG_IP6 ? 2 : v->kind >= PG_INT ? 1 : 0;
}

static unsigned most_words(const struct table_shape *s, unsigned kind, bool keys)
{
	unsigned most = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const pg_value *k = &s->pairs[2 * i];
		bool counts = keys ? is_key(k) && ir_kind_of(k->kind) == kind : true;
		unsigned n = words_of(keys ? k : k + 1);
		most = counts && n > most ? n : most;
	}
	return most;
}

/* Texts so long that they are no words: their keys are char[N]. */
static bool has_long_keys(const struct ir_frozen *f)
{
	return f->kind == IR_STR && f->key_size > LW_MAXSTR;
}

static void put_words(uint8_t *to, const pg_value *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int64_t word = i < words_of(v) ? lw_const_word(v, i) : 0;
		memcpy(to + 8 * i, &word, 8);
	}
}

static void put_value(const struct ir_frozen *f, uint32_t at, const pg_value *v, bool long_texts)
{
	uint8_t *to = (uint8_t *)f->values + (size_t)at * f->value_size;
	const uint64_t head[2] = { ir_kind_of(v->kind), v->n };
	unsigned words = long_texts && v->kind == PG_STR ? 2 : 1;
	memcpy(to, head, 8 * words);
	put_words(to + 8 * words, v, f->value_size / 8 - words);
}

/* How long an array would be; 0: the keys lie too far apart. */
static uint32_t dense(const struct table_shape *s, uint32_t n)
{
	int64_t most = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const pg_value *k = &s->pairs[2 * i];
		if (k->kind == PG_INT && k->i < 0)
			return 0;
		most = k->kind == PG_INT && k->i > most ? k->i : most;
	}
	return most < (int64_t)SPARSE * n + ALWAYS_DENSE ? (uint32_t)most + 1 : 0;
}

static void fill(struct ir_unit *u, struct ir_frozen *f, const struct table_shape *s)
{
	uint32_t at = 0;
	f->values = arena_array(u->arena, uint8_t, (size_t)f->n * f->value_size);
	uint8_t *keys = f->array ? NULL : arena_array(u->arena, uint8_t, (size_t)f->n * f->key_size);
	f->keys = keys;
	for (uint32_t i = 0; i < s->n; i++) {
		const pg_value *k = &s->pairs[2 * i];
		if (!is_key(k) || ir_kind_of(k->kind) != f->kind)
			continue;
		if (keys && has_long_keys(f))
			memcpy(keys + (size_t)at * f->key_size, k->str, k->n);
		else if (keys)
			put_words(keys + (size_t)at * f->key_size, k, f->key_size / 8);
		put_value(f, f->array ? (uint32_t)k->i : at, k + 1, has_long_texts(s));
		at++;
	}
}

static const struct ir_frozen *frozen_for(struct ir_unit *u, const struct table_shape *s, unsigned kind)
{
	for (uint32_t i = 0; i < u->nfrozen; i++)
		if (u->frozen[i].table == s->id && u->frozen[i].kind == kind)
			return &u->frozen[i];
	struct ir_frozen f = { .table = s->id, .kind = kind, .map = u->nmaps };
	for (uint32_t i = 0; i < s->n; i++)
		f.n += is_key(&s->pairs[2 * i]) && ir_kind_of(s->pairs[2 * i].kind) == kind;
	uint32_t array = kind == IR_INT ? dense(s, f.n) : 0;
	unsigned words = most_words(s, kind, true);
	f.array = array;
	f.n = array ? array : f.n;
	f.key_size = array ? 4 : 8 * (words ? words : 1); /* the one text may be the empty one */
	f.value_size = 8 * (1 + has_long_texts(s) + most_words(s, 0, false));
	fill(u, &f, s);
	arena_push(u->arena, u->maps, u->nmaps, u->cap_maps, NULL);
	arena_push(u->arena, u->frozen, u->nfrozen, u->cap_frozen, f);
	return &u->frozen[u->nfrozen - 1];
}

/* ---- the look-up ---- */

/* As char[N], in scratch memory where the stack is too small; likewise. */
static ir_ref put_long_key(struct lw *w, const struct ir_frozen *f, const struct lw_val *key, ir_blk absent)
{
	struct ctype *t = arena_new(w->unit->arena, struct ctype);
	*t = (struct ctype){ .kind = CT_CHAR, .size = f->key_size, .align = 1 };
	ir_ref room = lw_store_room(w, t, t->size, key);
	lw_store_type(w, t, room, 0, key, absent, "key");
	return room;
}

/* The key on the stack; to `absent` where no key of the table can be it. */
static ir_ref put_key(struct lw *w, const struct ir_frozen *f, const struct lw_val *key, ir_blk absent)
{
	if (has_long_keys(f))
		return put_long_key(w, f, key, absent);
	ir_ref slot = lw_room(w, f->key_size < 8 ? 8 : f->key_size);
	if (f->array) {
		ir_blk inside = lw_block(w, 0);
		lw_bri(w, IR_ULT, lw_word(w, key, 0), f->n, inside, absent);
		lw_enter(w, inside);
		lw_store(w, 4, slot, 0, lw_word(w, key, 0));
		return slot;
	}
	for (unsigned i = f->key_size / 8; i < key->n; i++) { /* longer texts than the table has */
		ir_blk on = lw_block(w, 0);
		lw_bri(w, IR_EQ, lw_word(w, key, i), 0, on, absent);
		lw_enter(w, on);
	}
	for (unsigned i = 0; i < f->key_size / 8; i++)
		lw_store(w, 8, slot, 8 * i, lw_word(w, key, i));
	return slot;
}

/* The text there, copied. */
static void join_long(struct lw *w, struct lw_join *j, const struct table_shape *s, const struct ir_frozen *f, ir_ref ptr)
{
	struct ctype *t = arena_new(w->unit->arena, struct ctype);
	*t = (struct ctype){ .kind = s->zeros ? CT_BYTES : CT_CHAR, .size = f->value_size - 16, .align = 8 };
	struct lw_val v = lw_long_load(w, t, ptr, 16);
	v = lw_long(lw_word(w, &v, 0), lw_load(w, 8, ptr, 8), s->cap);
	lw_join_add(w, j, &v);
}

/* The value there, which is one of all that the look-up may give. */
static void join_value(struct lw *w, struct lw_join *j, const struct table_shape *s, const struct ir_frozen *f, ir_ref ptr)
{
	struct lw_val v = { .kinds = j->as.kinds & ~IR_BIT(IR_LONG), .cap = j->as.cap, .n = j->as.n };
	if (!v.kinds) {
		join_long(w, j, s, f, ptr);
		return;
	}
	if (v.kinds != j->as.kinds) {
		ir_blk text = lw_block(w, 0), other = lw_block(w, 0);
		lw_bri(w, IR_EQ, lw_load(w, 8, ptr, 0), IR_STR, text, other);
		lw_enter(w, text);
		join_long(w, j, s, f, ptr);
		lw_enter(w, other);
	}
	v.tag = lw_load(w, 8, ptr, 0);
	for (unsigned i = 0; i < v.n; i++)
		v.w[i] = 8 * (i + 2) <= f->value_size ? lw_load(w, 8, ptr, 8 * (i + 1)) : lw_imm(w, 0);
	lw_join_add(w, j, &v);
}

static void join_boolean(struct lw *w, struct lw_join *j, const struct table_shape *s, unsigned kind)
{
	struct lw_val v = lw_nil();
	for (uint32_t i = 0; i < s->n; i++)
		if (ir_kind_of(s->pairs[2 * i].kind) == kind)
			v = lw_const(w, &s->pairs[2 * i + 1]);
	v = lw_text_as(w, &v, j->as.kinds);
	lw_join_add(w, j, &v);
}

static void look_up(struct lw *w, struct lw_join *j, const struct table_shape *s, const struct lw_val *key,
		    ir_blk absent)
{
	unsigned kind = key->kinds & IR_STRINGS ? IR_STR : ir_first_kind(key->kinds);
	if (!(s->keys & IR_BIT(kind))) {
		lw_jmp(w, absent, 0, NULL);
		return;
	}
	if (kind == IR_FALSE || kind == IR_TRUE) {
		join_boolean(w, j, s, kind);
		return;
	}
	const struct ir_frozen *f = frozen_for(w->unit, s, kind);
	uint32_t map = f->map;
	struct lw_val text = *key;
	if (!has_long_keys(f) && key->kinds & IR_STRINGS & ~IR_BIT(IR_STR)) /* what cannot be a text of the table is absent */
		text = lw_str_text(w, key, LW_MAXSTR, absent);
	ir_ref slot = put_key(w, f, &text, absent);
	ir_ref ptr = lw_helper(w, HELPER_LOOKUP, 2, (ir_ref[]){ lw_mapfd(w, map), slot });
	ir_blk there = lw_block(w, 0);
	lw_bri(w, IR_EQ, ptr, 0, absent, there);
	lw_enter(w, there);
	join_value(w, j, s, f, ptr);
}

void lower_frozen(struct lw *w, const pg_value *table, const struct lw_val *key, struct lw_val *out)
{
	const struct table_shape *s = shape_of(w->unit, table->id);
	struct lw_join j = lw_join_new(w, lw_text_meets(out->kinds), out->cap); /* the key may have been one, known, before */
	ir_blk absent = lw_block(w, 0);
	struct lw_val rest = *key;
	for (; rest.kinds; rest.kinds &= rest.kinds - 1) {
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		uint64_t kind = IR_BIT(ir_first_kind(rest.kinds));
		lw_br_kind(w, &rest, kind, mine, next);
		lw_enter(w, mine);
		struct lw_val one = lw_narrow(w, key, kind);
		look_up(w, &j, s, &one, absent);
		lw_enter(w, next);
	}
	lw_jmp(w, absent, 0, NULL); /* never */
	lw_enter(w, absent);
	struct lw_val nil = lw_nil();
	lw_join_add(w, &j, &nil);
	*out = lw_join_end(w, &j);
}
