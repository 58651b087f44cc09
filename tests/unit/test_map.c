/* test_map.c - map handles against the running kernel: every type, both modes, state, events. */
#include "api/map.h"
#include "kern/bpf_abi.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define INT(x) ((pg_value){ .kind = PG_INT, .i = (x) })
#define FLT(x) ((pg_value){ .kind = PG_FLOAT, .f = (x) })
#define STR(s) ((pg_value){ .kind = PG_STR, .n = (uint32_t)strlen(s), .str = (s) })
#define IP4(...) ((pg_value){ .kind = PG_IP4, .addr = { __VA_ARGS__ } })
#define NIL ((pg_value){ .kind = PG_NIL })
#define TRUE_ ((pg_value){ .kind = PG_TRUE })

static pg_ctx *ctx;

static pg_map *make(enum pg_map_role role, const char *type, const char *key, const char *value,
		    uint32_t entries)
{
	pg_map *m;
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = role, .type = type, .name = "m",
				       .key = key, .value = value, .entries = entries, .numa = -1);
	if (pg_map_new(ctx, &o, &m))
		fail_msg("%s: %s", type ? type : value, pg_error(ctx));
	return m;
}

static pg_map *map(const char *type, const char *key, const char *value, uint32_t entries)
{
	return make(PG_ROLE_MAP, type, key, value, entries);
}

static void ok(int rc)
{
	if (rc < 0)
		fail_msg("%d: %s", rc, pg_error(ctx));
}

static void set(pg_map *m, pg_value k, pg_value v)
{
	ok(pg_map_set(m, PG_USER, &k, &v));
}

static pg_value get_as(pg_map *m, enum pg_mode mode, pg_value k)
{
	pg_value v;
	ok(pg_map_get(m, mode, &k, &v));
	return v;
}

static pg_value get(pg_map *m, pg_value k)
{
	return get_as(m, PG_USER, k);
}

static void is(pg_value got, pg_value want)
{
	char a[64], b[64];
	if (!pg_value_eq(&got, &want))
		fail_msg("kind %d, %lld, %s; not kind %d, %lld, %s", got.kind, (long long)got.i,
			 pg_addr_text(&got, a, sizeof a), want.kind, (long long)want.i,
			 pg_addr_text(&want, b, sizeof b));
}

static void fails(int rc, int want, const char *says)
{
	if (rc != want || !strstr(pg_error(ctx), says))
		fail_msg("%d \"%s\", not %d \"%s\"", rc, pg_error(ctx), want, says);
}

static struct pg_field_value field(const char *name, pg_value v)
{
	struct pg_field_value f = { .v = v };
	strcpy(f.name, name);
	return f;
}

#define RECORD(...)                                                                          \
	((pg_value){ .kind = PG_RECORD, .rec = &(struct pg_record){                            \
		.n = COUNT(((struct pg_field_value[]){ __VA_ARGS__ })),                        \
		.fields = (struct pg_field_value[]){ __VA_ARGS__ } } })

static pg_value of(pg_value rec, const char *name)
{
	assert_int_equal(rec.kind, PG_RECORD);
	for (uint32_t i = 0; i < rec.rec->n; i++)
		if (!strcmp(rec.rec->fields[i].name, name))
			return rec.rec->fields[i].v;
	fail_msg("no field %s", name);
	return NIL;
}

static void on_cpu(int cpu)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

/* A CPU other than 0 this process may run on, or 0. */
static int another_cpu(void)
{
	cpu_set_t all;
	assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
	for (int i = CPU_SETSIZE - 1; i > 0; i--)
		if (CPU_ISSET((size_t)i, &all))
			return i;
	return 0;
}

/* ---- making ---- */

static void refuses_bad_shapes(void **state)
{
	(void)state;
	static const struct { enum pg_map_role role; const char *type, *key, *value; uint32_t n; const char *says; } rows[] = {
		{ PG_ROLE_MAP, NULL, "u32", "u32", 1, "a map needs a type; types are hash" },
		{ PG_ROLE_MAP, "hahs", "u32", "u32", 1, "there is no map type 'hahs'; did you mean 'hash'?" },
		{ PG_ROLE_MAP, "pile", "u32", "u32", 1, "there is no map type 'pile'; types are hash" },
		{ PG_ROLE_MAP, "prog_array", "u32", "u32", 1, "a prog_array holds programs" },
		{ PG_ROLE_MAP, "hash", NULL, "u32", 1, "a hash map needs a key type" },
		{ PG_ROLE_MAP, "hash", "u32", NULL, 1, "a map needs a value type" },
		{ PG_ROLE_MAP, "hash", "u32", "u32", 0, "greatest number of entries" },
		{ PG_ROLE_MAP, "hash", "u33", "u32", 1, "key type \"u33\": there is no type 'u33'" },
		{ PG_ROLE_MAP, "hash", "u32", "u32?", 1, "value type \"u32?\": '?' is for fields" },
		{ PG_ROLE_MAP, "hash", "ip4/prefix", "u32", 1, "keys are for lpm_trie maps, not hash" },
		{ PG_ROLE_MAP, "hash", "ip4", "ip4/prefix", 1, "not a value" },
		{ PG_ROLE_MAP, "lpm_trie", "ip4", "u32", 1, "the key of an lpm_trie is ip4/prefix" },
		{ PG_ROLE_MAP, "array", "u64", "u32", 1, "the key of an array is u32, not u64" },
		{ PG_ROLE_MAP, "array", "i32", "u32", 1, "the key of an array is u32, not i32" },
		{ PG_ROLE_MAP, "percpu_array", "be32", "u32", 1, "the key of an array is u32" },
		{ PG_ROLE_STATE, NULL, NULL, "u32", 0, "state and events have named fields" },
		{ PG_ROLE_PERCPU, NULL, NULL, "u32", 0, "state and events have named fields" },
		{ PG_ROLE_EVENTS, NULL, NULL, "u32", 0, "state and events have named fields" },
		{ PG_ROLE_EVENTS, NULL, NULL, NULL, 0, "a map needs a value type" },
		{ PG_ROLE_EVENTS, NULL, NULL, "struct { u8 a; }", 0xffffffff, "larger than 1 GiB" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		pg_map *m;
		struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = rows[i].role,
					       .type = rows[i].type, .key = rows[i].key,
					       .value = rows[i].value, .entries = rows[i].n, .numa = -1);
		fails(pg_map_new(ctx, &o, &m), -EINVAL, rows[i].says);
		assert_null(m);
	}
}

static void kernel_map_comes_late(void **state)
{
	(void)state;
	pg_map *m = map("hash", "u32", "u64", 4);
	assert_int_equal(m->fd, -1);
	assert_string_equal(pg_map_name(m), "m");
	assert_string_equal(pg_map_type(m), "hash");
	int fd = pg_map_fd(m);
	assert_true(fd >= 0);
	assert_int_equal(pg_map_fd(m), fd);
	struct map_shape s;
	map_shape(m, &s);
	assert_false(s.array || s.percpu || s.lpm);
	assert_int_equal(s.entries, 4);
	pg_map_unref(m);

	/* what the kernel refuses is said in words */
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "u32", .value = "u32",
				       .entries = 1, .flags = 1u << 31, .numa = -1);
	assert_int_equal(pg_map_new(ctx, &o, &m), 0);
	fails(pg_map_fd(m), -EINVAL, "cannot make hash map: Invalid argument");
	pg_map_unref(m);
}

static void handles_are_counted(void **state)
{
	(void)state;
	pg_ctx *own;
	pg_map *m;
	assert_int_equal(pg_ctx_new(&own), 0);
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "u32",
				       .value = "u32", .entries = 4, .numa = -1);
	assert_int_equal(pg_map_new(own, &o, &m), 0);
	pg_ctx_free(own); /* the map holds it */
	pg_map_iter *it = NULL;
	pg_value k = INT(1), v = INT(2);
	assert_int_equal(pg_map_set(pg_map_ref(m), PG_USER, &k, &v), 0);
	pg_map_unref(m);
	assert_int_equal(pg_map_next(m, &it, &k, &v), 1);
	pg_map_unref(m); /* the iterator holds the map */
	assert_int_equal(pg_map_next(m, &it, &k, &v), 0);
}

/* ---- every type ---- */

static const struct type_row { const char *type; bool array, lru, percpu; } types[] = {
	{ "hash", false, false, false },       { "array", true, false, false },
	{ "lru_hash", false, true, false },    { "percpu_hash", false, false, true },
	{ "percpu_array", true, false, true }, { "lru_percpu_hash", false, true, true },
};

static void every_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(types); i++) {
		const struct type_row *t = &types[i];
		pg_map *m = map(t->type, "u32", "u64", 64);
		assert_int_equal(pg_map_is_percpu(m), t->percpu);
		is(get(m, INT(3)), t->array ? INT(0) : NIL);
		for (int k = 0; k < 10; k++)
			set(m, INT(k), INT(k * 100));
		set(m, INT(3), INT(-1));
		is(get(m, INT(3)), INT(-1));
		is(get(m, INT(9)), INT(900));
		is(get(m, FLT(9.0)), INT(900));
		is(get(m, INT(64)), NIL);
		is(get(m, INT(-1)), NIL);
		is(get(m, INT(1LL << 32)), NIL);
		assert_int_equal(pg_map_count(m), t->array ? 64 : 10);
		pg_map_iter *it = NULL;
		pg_value k, v;
		int64_t keys = 0, values = 0, n = 0;
		while (pg_map_next(m, &it, &k, &v) > 0) {
			assert_int_equal(k.kind, PG_INT);
			if (t->array)
				assert_int_equal(k.i, n);
			keys += k.i;
			values += v.i;
			n++;
		}
		assert_null(it);
		assert_int_equal(n, t->array ? 64 : 10);
		assert_int_equal(keys, t->array ? 63 * 32 : 45);
		assert_int_equal(values, 4500 - 300 - 1);
		pg_value key = INT(3), nil = NIL, one = INT(1);
		if (t->array) {
			fails(pg_map_set(m, PG_USER, &key, &nil), -EINVAL, "cannot be deleted");
			key = INT(64);
			fails(pg_map_set(m, PG_USER, &key, &one), -E2BIG,
			      "map full: map 'm' has the keys 0 to 63, not 64");
			fails(pg_map_set(m, PG_KERNEL, &key, &one), -E2BIG, "map full");
		} else {
			set(m, INT(3), NIL);
			is(get(m, INT(3)), NIL);
			set(m, INT(3), NIL);
			assert_int_equal(pg_map_count(m), 9);
		}
		key = INT(1LL << 32);
		fails(pg_map_set(m, PG_USER, &key, &one), -ERANGE,
		      "bad key for map 'm': 4294967296 does not fit u32");
		assert_int_equal(pg_map_clear(m), 0);
		is(get(m, INT(9)), t->array ? INT(0) : NIL);
		assert_int_equal(pg_map_count(m), t->array ? 64 : 0);
		pg_map_unref(m);
	}
}

static void full_maps(void **state)
{
	(void)state;
	static const struct { const char *type, *key; bool lru; } rows[] = {
		{ "hash", "u32", false }, { "percpu_hash", "u32", false }, { "lru_hash", "u32", true },
		{ "lpm_trie", "ip4/prefix", false },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		pg_map *m = map(rows[i].type, rows[i].key, "u32", 16);
		bool lpm = rows[i].key[0] == 'i';
		int rc = 0;
		for (int k = 0; k < 16; k++)
			set(m, lpm ? IP4(1, 1, 1, (uint8_t)k) : INT(k), INT(k));
		pg_value key = lpm ? IP4(2) : INT(99), v = INT(1);
		rc = pg_map_set(m, PG_USER, &key, &v);
		if (rows[i].lru) {
			assert_int_equal(rc, 0);
		} else {
			fails(rc, -E2BIG, "map full: map 'm' holds 16 entries at most");
			fails(pg_map_set(m, PG_KERNEL, &key, &v), -E2BIG, "map full");
			assert_string_equal(pg_error(ctx), "map full");
		}
		if (!rows[i].lru && !lpm) {
			assert_int_equal(pg_map_add(m, PG_KERNEL, &key, 1), 0); /* left out, as in kernel code */
			assert_int_equal(pg_map_add(m, PG_USER, &key, 1), -E2BIG);
		}
		pg_map_unref(m);
	}
}

/* Every type of key and value through the kernel and back. */
static void every_scalar(void **state)
{
	(void)state;
	const pg_value ip6 = { .kind = PG_IP6, .addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	const pg_value mac = { .kind = PG_MAC, .addr = { 1, 2, 3, 4, 5, 6 } };
	const struct { const char *type; pg_value in, back; bool text; } rows[] = {
		{ "u8", INT(255), INT(255), false }, { "i8", INT(-128), INT(-128), false },
		{ "u16", INT(65535), INT(65535), false }, { "i16", INT(-32768), INT(-32768), false },
		{ "u32", INT(0xffffffff), INT(0xffffffff), false },
		{ "i32", INT(INT32_MIN), INT(INT32_MIN), false },
		{ "u64", INT(-1), INT(-1), false }, { "i64", INT(INT64_MIN), INT(INT64_MIN), false },
		{ "be16", INT(0x1234), INT(0x1234), false }, { "be32", INT(0x12345678), INT(0x12345678), false },
		{ "be64", INT(INT64_MIN), INT(INT64_MIN), false },
		{ "bool", TRUE_, TRUE_, false },
		{ "ip4", IP4(10, 0, 0, 1), IP4(10, 0, 0, 1), false }, { "ip4", STR("10.0.0.1"), IP4(10, 0, 0, 1), true },
		{ "ip6", ip6, ip6, false }, { "ip6", STR("2001:db8::1"), ip6, true },
		{ "mac", mac, mac, false }, { "mac", STR("01:02:03:04:05:06"), mac, true },
		{ "char[4]", STR("abcd"), STR("abcd"), false }, { "char[4]", STR(""), STR(""), false },
		{ "bytes[2]", STR("xy"), STR("xy"), false },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		pg_map *m = map("hash", rows[i].type, rows[i].type, 4);
		pg_value k, v;
		pg_map_iter *it = NULL;
		set(m, rows[i].in, rows[i].in);
		is(get(m, rows[i].in), rows[i].back);
		is(get_as(m, PG_KERNEL, rows[i].back), rows[i].back);
		assert_int_equal(pg_map_next(m, &it, &k, &v), 1);
		is(k, rows[i].back);
		is(v, rows[i].back);
		pg_map_iter_free(it);
		if (rows[i].text)
			fails(pg_map_get(m, PG_KERNEL, &rows[i].in, &v), -EINVAL, "got string)");
		pg_map_unref(m);
	}
}

/* ---- what is wrong, in both modes' words ---- */

static void wrong_values(void **state)
{
	(void)state;
	const struct { const char *key, *value; enum pg_mode mode; pg_value k, v; int rc; const char *says; } rows[] = {
		{ "ip4", "u8", PG_KERNEL, NIL, INT(1), -EINVAL, "bad key for map 'm' (ip4 expected, got nil)" },
		{ "ip4", "u8", PG_KERNEL, STR("1.2.3.4"), INT(1), -EINVAL, "bad key for map 'm' (ip4 expected, got string)" },
		{ "u32", "u8", PG_KERNEL, TRUE_, INT(1), -EINVAL, "bad key for map 'm' (u32 expected, got boolean)" },
		{ "u32", "u8", PG_KERNEL, IP4(1), INT(1), -EINVAL, "bad key for map 'm' (u32 expected, got ip4)" },
		{ "u8", "u8", PG_KERNEL, INT(256), INT(1), -ERANGE, "key does not fit u8" },
		{ "u8", "u8", PG_KERNEL, INT(1), INT(256), -ERANGE, "value does not fit u8" },
		{ "u8", "u8", PG_KERNEL, INT(1), TRUE_, -EINVAL, "bad value for map 'm' (u8 expected, got boolean)" },
		{ "u8", "struct { u8 x; }", PG_KERNEL, INT(1), INT(1), -EINVAL,
		  "bad value for map 'm' (struct { u8 x; } expected, got number)" },
		{ "u8", "struct { u8 x; }", PG_KERNEL, INT(1), RECORD(field("x", INT(256))), -ERANGE,
		  "value does not fit u8 (field 'x')" },
		{ "u8", "struct { u8 x; u8 y; }", PG_KERNEL, INT(1),
		  RECORD(field("y", INT(256)), field("x", INT(-1))), -ERANGE,
		  "value does not fit u8 (field 'x')" },
		{ "u8", "struct { u8 x; }", PG_KERNEL, INT(1), RECORD(field("x", TRUE_)), -EINVAL,
		  "bad field 'x' (u8 expected, got boolean)" },
		{ "u8", "struct { u8 x; }", PG_KERNEL, INT(1), RECORD(field("xx", INT(1))), -EINVAL,
		  "there is no field 'xx'; did you mean 'x'?" },
		{ "struct { u8 x; }", "u8", PG_KERNEL, RECORD(field("x", INT(256))), INT(1), -ERANGE,
		  "value does not fit u8 (field 'x')" },
		{ "ip4", "u8", PG_USER, STR("1.2.3"), INT(1), -EINVAL, "bad key for map 'm': '1.2.3' is not an IPv4 address" },
		{ "u32", "u8", PG_USER, TRUE_, INT(1), -EINVAL, "bad key for map 'm': a boolean where u32 is meant" },
		{ "u32", "u8", PG_USER, FLT(1.5), INT(1), -EINVAL, "bad key for map 'm': 1.5 has no integer" },
		{ "u8", "u8", PG_USER, INT(-1), INT(1), -ERANGE, "bad key for map 'm': -1 does not fit u8" },
		{ "u8", "u8", PG_USER, INT(1), INT(300), -ERANGE, "bad value for map 'm': 300 does not fit u8" },
		{ "u8", "struct { u8 x; }", PG_USER, INT(1), RECORD(field("x", INT(300))), -ERANGE,
		  "bad value for map 'm': 300 does not fit u8 (field 'x')" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		pg_map *m = map("hash", rows[i].key, rows[i].value, 4);
		pg_value out;
		fails(pg_map_set(m, rows[i].mode, &rows[i].k, &rows[i].v), rows[i].rc, rows[i].says);
		assert_string_equal(strstr(pg_error(ctx), rows[i].says), pg_error(ctx));
		assert_int_equal(pg_map_count(m), 0);
		/* reading with a key that does not fit finds nothing; one of the wrong kind is an error */
		int rc = pg_map_get(m, rows[i].mode, &rows[i].k, &out);
		if (rows[i].rc == -ERANGE || !strstr(rows[i].says, "key"))
			assert_int_equal(rc, 0);
		else
			fails(rc, -EINVAL, rows[i].says);
		pg_map_unref(m);
	}
}

/* ---- add ---- */

static void add_wraps(void **state)
{
	(void)state;
	static const struct { const char *type; int64_t from, n, to; } rows[] = {
		{ "u32", 0xffffffff, 1, 0 }, { "u32", 0, -1, 0xffffffff }, { "u32", 5, 1LL << 32, 5 },
		{ "i32", INT32_MAX, 1, INT32_MIN }, { "u64", -1, 1, 0 },
		{ "u64", INT64_MAX, 1, INT64_MIN }, { "i64", INT64_MIN, -1, INT64_MAX },
	};
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (unsigned t = 0; t < COUNT(types); t++)
			for (enum pg_mode mode = PG_USER; mode <= PG_KERNEL; mode++) {
				pg_map *m = map(types[t].type, "u32", rows[i].type, 8);
				pg_value k = INT(1), v = INT(rows[i].from), wide = INT(1LL << 32);
				ok(pg_map_set(m, mode, &k, &v));
				ok(pg_map_add(m, mode, &k, rows[i].n));
				is(get_as(m, mode, k), INT(rows[i].to));
				k = INT(2); /* made at n */
				ok(pg_map_add(m, mode, &k, 7));
				ok(pg_map_add(m, mode, &k, 7));
				is(get(m, k), INT(14));
				assert_int_equal(pg_map_add(m, mode, &wide, 1), -ERANGE);
				pg_map_unref(m);
			}
	static const char *const not[] = { "u8", "i16", "be32", "bool", "ip4", "char[8]", "struct { u64 a; }" };
	for (unsigned i = 0; i < COUNT(not); i++) {
		pg_map *m = map("hash", "u32", not[i], 8);
		pg_value k = INT(1);
		fails(pg_map_add(m, PG_USER, &k, 1), -EINVAL, "add is for maps of u32, u64, i32 or i64");
		pg_map_unref(m);
	}
}

/* ---- per-CPU ---- */

static void each_cpu_has_its_own(void **state)
{
	(void)state;
	cpu_set_t before;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	int other = another_cpu(), n;
	static const char *const forms[] = { "percpu_hash", "percpu_array", "lru_percpu_hash" };
	for (unsigned i = 0; i < COUNT(forms); i++) {
		pg_map *m = map(forms[i], "u32", "u32", 8);
		pg_value k = INT(2), v = INT(10), *all;
		on_cpu(0);
		ok(pg_map_set(m, PG_KERNEL, &k, &v));
		on_cpu(other);
		v = INT(0xffffffff);
		ok(pg_map_set(m, PG_KERNEL, &k, &v));
		is(get_as(m, PG_KERNEL, k), INT(0xffffffff));
		is(get(m, k), other ? INT(0xffffffffLL + 10) : INT(0xffffffff)); /* sums do not wrap */
		ok(pg_map_add(m, PG_KERNEL, &k, 3));
		is(get_as(m, PG_KERNEL, k), INT(2));
		ok(pg_map_each(m, &k, NULL, &all, &n));
		assert_int_equal(n, kern_ncpus());
		is(all[other], INT(2));
		if (other)
			is(all[0], INT(10));
		set(m, k, INT(5)); /* the sum is what was written */
		is(get(m, k), INT(5));
		k = INT(200);
		ok(pg_map_each(m, &k, NULL, &all, &n));
		assert_null(all);
		pg_map_unref(m);
	}
	pg_map *h = map("hash", "u32", "u32", 8);
	pg_value k = INT(1), *all;
	fails(pg_map_each(h, &k, NULL, &all, &n), -EINVAL, "each is for per-CPU maps");
	pg_map_unref(h);
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void per_cpu_structs(void **state)
{
	(void)state;
	cpu_set_t before;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	int other = another_cpu(), n;
	pg_map *m = map("percpu_hash", "u32", "struct { u32 n; char who[8]; bool up; i8? d; }", 8);
	pg_value k = INT(1), *all;
	on_cpu(0);
	pg_value rec = RECORD(field("n", INT(4)), field("who", STR("zero")), field("d", INT(-1)));
	ok(pg_map_set(m, PG_KERNEL, &k, &rec));
	on_cpu(other);
	rec = RECORD(field("n", INT(5)), field("up", TRUE_), field("d", INT(-2)));
	ok(pg_map_set(m, PG_KERNEL, &k, &rec));
	if (other) {
		pg_value sum = get(m, k);
		is(of(sum, "n"), INT(9));
		is(of(sum, "who"), STR("zero"));
		is(of(sum, "up"), TRUE_);
		is(of(sum, "d"), INT(-3));
	}
	is(of(get_as(m, PG_KERNEL, k), "n"), INT(5));
	ok(pg_map_each(m, &k, "n", &all, &n));
	is(all[other], INT(5));
	ok(pg_map_each(m, &k, NULL, &all, &n));
	is(of(all[other], "up"), TRUE_);
	set(m, k, RECORD(field("n", INT(100)), field("who", STR("all"))));
	rec = get(m, k);
	is(of(rec, "n"), INT(100));
	is(of(rec, "who"), STR("all"));
	is(of(rec, "d"), NIL);
	assert_int_equal(pg_map_each(m, &k, "nn", &all, &n), -EINVAL);
	pg_map_unref(m);
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

/* ---- LPM ---- */

static void longest_prefix(void **state)
{
	(void)state;
	pg_map *m = map("lpm_trie", "ip4/prefix", "u32", 64);
	set(m, STR("10.9.9.9/8"), INT(8)); /* host bits do not count */
	set(m, STR("10.1.0.0/16"), INT(16));
	set(m, STR("10.1.2.3"), INT(32));
	is(get(m, STR("10.1.2.3")), INT(32));
	is(get_as(m, PG_KERNEL, IP4(10, 1, 2, 4)), INT(16));
	is(get(m, IP4(10, 2, 0, 0)), INT(8));
	is(get(m, STR("11.0.0.0")), NIL);
	assert_int_equal(pg_map_count(m), 3);
	pg_map_iter *it = NULL;
	pg_value k, v;
	int n = 0;
	while (pg_map_next(m, &it, &k, &v) > 0) {
		assert_int_equal(k.kind, PG_CIDR);
		assert_int_equal(k.prefix, v.i);
		n++;
		set(m, k, NIL);
	}
	assert_int_equal(n, 3);
	assert_int_equal(pg_map_count(m), 0);
	/* a deleted key is not walked, though a shorter one would answer for it */
	set(m, STR("0.0.0.0/0"), INT(0));
	set(m, STR("10.0.0.0/8"), INT(8));
	set(m, STR("10.1.0.0/16"), INT(16));
	assert_int_equal(pg_map_next(m, &it, &k, &v), 1);
	is(v, INT(16)); /* the trie is walked from its leaves */
	set(m, STR("10.0.0.0/8"), NIL);
	assert_int_equal(pg_map_next(m, &it, &k, &v), 1);
	is(v, INT(0));
	assert_int_equal(k.prefix, 0);
	assert_int_equal(pg_map_next(m, &it, &k, &v), 0);
	assert_int_equal(pg_map_clear(m), 0);
	pg_map_unref(m);

	m = map("lpm_trie", "ip6/prefix", "bool", 8);
	set(m, STR("2001:db8::/32"), TRUE_);
	is(get(m, STR("2001:db8:1::1")), TRUE_);
	is(get(m, STR("2001:db9::1")), NIL);
	pg_value v4 = IP4(1, 2, 3, 4);
	fails(pg_map_get(m, PG_KERNEL, &v4, &v), -EINVAL, "(ip6/prefix expected, got ip4)");
	pg_map_unref(m);
}

/* ---- structs ---- */

static void struct_fields(void **state)
{
	(void)state;
	pg_map *m = map("hash", "struct { u8 a; u32 b; }", "struct { u8 n; char who[8]; u16? port; }", 8);
	pg_value k = RECORD(field("a", INT(1)), field("b", INT(2))), v;
	assert_true(pg_map_value_is_struct(m));
	set(m, k, RECORD(field("n", INT(7))));
	v = get(m, k);
	is(of(v, "n"), INT(7));
	is(of(v, "who"), STR(""));
	is(of(v, "port"), NIL);
	set(m, k, v); /* a record that the handle gave out */
	pg_value port = INT(80), bad = INT(256), nil = NIL, who = STR("me");
	ok(pg_map_set_field(m, PG_USER, &k, "port", &port));
	ok(pg_map_set_field(m, PG_KERNEL, &k, "who", &who));
	ok(pg_map_get_field(m, PG_USER, &k, "who", &v));
	is(v, STR("me"));
	ok(pg_map_get_field(m, PG_KERNEL, &k, "port", &v));
	is(v, INT(80));
	is(of(get(m, k), "n"), INT(7));
	ok(pg_map_set_field(m, PG_USER, &k, "port", &nil));
	ok(pg_map_get_field(m, PG_USER, &k, "port", &v));
	is(v, NIL);
	fails(pg_map_set_field(m, PG_USER, &k, "n", &bad), -ERANGE, "256 does not fit u8 (field 'n')");
	fails(pg_map_set_field(m, PG_KERNEL, &k, "n", &bad), -ERANGE, "value does not fit u8 (field 'n')");
	fails(pg_map_set_field(m, PG_KERNEL, &k, "n", &nil), -EINVAL, "bad field 'n' (u8 expected, got nil)");
	fails(pg_map_get_field(m, PG_USER, &k, "prot", &v), -EINVAL, "did you mean 'port'?");
	is(of(get(m, k), "n"), INT(7));
	pg_map_iter *it = NULL;
	pg_value key;
	assert_int_equal(pg_map_next(m, &it, &key, &v), 1);
	is(of(key, "b"), INT(2));
	is(of(v, "who"), STR("me"));
	pg_map_iter_free(it);
	k = RECORD(field("a", INT(9)));
	fails(pg_map_get_field(m, PG_USER, &k, "n", &v), -ENOENT, "attempt to index a nil value");
	fails(pg_map_set_field(m, PG_USER, &k, "n", &port), -ENOENT, "attempt to index a nil value");
	pg_map_unref(m);

	/* arrays are there from the start, with nil where nil can be */
	m = map("array", NULL, "struct { u32? a; u32 b; }", 3);
	k = INT(2);
	ok(pg_map_get_field(m, PG_USER, &k, "a", &v));
	is(v, NIL);
	ok(pg_map_get_field(m, PG_USER, &k, "b", &v));
	is(v, INT(0));
	set(m, k, RECORD(field("a", INT(0))));
	is(of(get(m, k), "a"), INT(0));
	ok(pg_map_clear(m));
	is(of(get(m, k), "a"), NIL);
	pg_map_unref(m);
}

/* ---- state ---- */

#define STATE_TYPE "struct { u8 a; u16 b; u32 c; u64 d; char e[5]; be32 f; ip6 g; u32? h; bool i; }"

static void shared_state(void **state)
{
	(void)state;
	pg_map *m = make(PG_ROLE_STATE, NULL, NULL, STATE_TYPE, 0);
	const pg_value ip6 = { .kind = PG_IP6, .addr = { 1, [15] = 2 } };
	const struct { const char *name; pg_value born, v; } rows[] = {
		{ "a", INT(0), INT(255) }, { "b", INT(0), INT(65535) }, { "c", INT(0), INT(0xfffffffe) },
		{ "d", INT(0), INT(-2) }, { "e", STR(""), STR("hello") }, { "f", INT(0), INT(0x01020304) },
		{ "g", { .kind = PG_IP6 }, ip6 }, { "h", NIL, INT(0) }, { "i", { .kind = PG_FALSE }, TRUE_ },
	};
	uint8_t *raw = malloc(m->value->size);
	pg_value v;
	uint32_t zero = 0;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		ok(pg_map_get_field(m, PG_USER, NULL, rows[i].name, &v));
		is(v, rows[i].born);
		ok(pg_map_set_field(m, PG_USER, NULL, rows[i].name, &rows[i].v));
	}
	/* the kernel sees what was written, all of it */
	assert_int_equal(kern_map_lookup(pg_map_fd(m), &zero, raw, 0), 0);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		char text[32];
		ct_load_field(ct_field(m->value, rows[i].name, 1), raw, &v, text);
		is(v, rows[i].v);
		ok(pg_map_get_field(m, PG_KERNEL, NULL, rows[i].name, &v));
		is(v, rows[i].v);
		is(of(get(m, NIL), rows[i].name), rows[i].v);
	}
	/* and we see what the kernel writes */
	raw[m->value->fields[2].offset] = 7;
	assert_int_equal(kern_map_update(pg_map_fd(m), &zero, raw, 0), 0);
	ok(pg_map_get_field(m, PG_USER, NULL, "c", &v));
	is(v, INT(0xffffff07));
	free(raw);
	v = INT(256);
	fails(pg_map_set_field(m, PG_USER, NULL, "a", &v), -ERANGE, "256 does not fit u8 (field 'a')");
	fails(pg_map_set_field(m, PG_KERNEL, NULL, "a", &v), -ERANGE, "value does not fit u8 (field 'a')");
	fails(pg_map_get_field(m, PG_USER, NULL, "z", &v), -EINVAL, "there is no field 'z' in struct { u8 a;");
	pg_map_iter *it = NULL;
	fails(pg_map_next(m, &it, &v, &v), -EINVAL, "state has fields");
	v = NIL;
	fails(pg_map_set(m, PG_USER, NULL, &v), -EINVAL, "cannot be deleted");
	ok(pg_map_clear(m));
	ok(pg_map_get_field(m, PG_USER, NULL, "h", &v));
	is(v, NIL);
	pg_map_unref(m);
}

static void per_cpu_state(void **state)
{
	(void)state;
	cpu_set_t before;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	pg_map *m = make(PG_ROLE_PERCPU, NULL, NULL, "struct { u32 n; u64? last; }", 0);
	int other = another_cpu(), n;
	pg_value v, one = INT(1), two = INT(2), *all;
	assert_string_equal(pg_map_type(m), "percpu_array");
	ok(pg_map_get_field(m, PG_USER, NULL, "last", &v));
	is(v, NIL);
	on_cpu(0);
	ok(pg_map_set_field(m, PG_KERNEL, NULL, "n", &one));
	on_cpu(other);
	ok(pg_map_set_field(m, PG_KERNEL, NULL, "n", &two));
	v = INT(0); /* is more than nil */
	ok(pg_map_set_field(m, PG_KERNEL, NULL, "last", &v));
	ok(pg_map_get_field(m, PG_USER, NULL, "last", &v));
	is(v, INT(0));
	ok(pg_map_set_field(m, PG_KERNEL, NULL, "last", &one));
	ok(pg_map_get_field(m, PG_KERNEL, NULL, "n", &v));
	is(v, two);
	ok(pg_map_get_field(m, PG_USER, NULL, "n", &v));
	is(v, INT(other ? 3 : 2));
	ok(pg_map_get_field(m, PG_USER, NULL, "last", &v));
	is(v, one);
	ok(pg_map_each(m, NULL, "n", &all, &n));
	is(all[other], two);
	ok(pg_map_set_field(m, PG_USER, NULL, "n", &two));
	ok(pg_map_get_field(m, PG_USER, NULL, "n", &v));
	is(v, two);
	pg_map_unref(m);
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

/* ---- walking ---- */

static void walks_many(void **state)
{
	(void)state;
	enum { N = 3000 };
	static const char *const forms[] = { "hash", "percpu_hash", "lru_hash" };
	for (unsigned f = 0; f < COUNT(forms); f++) {
		pg_map *m = map(forms[f], "u32", "u32", 2 * N);
		bool seen[N] = { false };
		pg_map_iter *it = NULL;
		pg_value k, v;
		int n = 0;
		for (int i = 0; i < N; i++)
			set(m, INT(i), INT(i));
		while (pg_map_next(m, &it, &k, &v) > 0) {
			assert_in_range(k.i, 0, N - 1);
			assert_false(seen[k.i]);
			seen[k.i] = true;
			n++;
			if (k.i % 2)
				set(m, k, NIL); /* as it comes by */
		}
		assert_int_equal(n, N);
		assert_int_equal(pg_map_count(m), N / 2);
		assert_int_equal(pg_map_clear(m), 0);
		assert_int_equal(pg_map_count(m), 0);
		pg_map_unref(m);
	}
}

static void walks_a_trie_once(void **state)
{
	(void)state;
	enum { N = 700 };
	pg_map *m = map("lpm_trie", "ip4/prefix", "u32", N);
	bool seen[N] = { false };
	pg_map_iter *it = NULL;
	pg_value k, v;
	int n = 0;
	for (int i = 0; i < N; i++)
		set(m, IP4(10, 0, (uint8_t)(i >> 8), (uint8_t)i), INT(i));
	while (pg_map_next(m, &it, &k, &v) > 0) {
		assert_false(seen[v.i]);
		seen[v.i] = true;
		n++;
		if (v.i % 3)
			set(m, k, NIL);
	}
	assert_int_equal(n, N);
	pg_map_unref(m);
}

static void walks_see_changes(void **state)
{
	(void)state;
	pg_map *m = map("hash", "u32", "u32", 64);
	pg_map_iter *it = NULL, *second = NULL;
	pg_value k, v;
	for (int i = 0; i < 20; i++)
		set(m, INT(i), INT(1));
	assert_int_equal(pg_map_next(m, &it, &k, &v), 1);
	assert_int_equal(pg_map_next(m, &second, &k, &v), 1);
	for (int i = 0; i < 20; i++)
		if (i != k.i)
			set(m, INT(i), i < 10 ? NIL : INT(2));
	int64_t first = k.i;
	int n = 0;
	while (pg_map_next(m, &it, &k, &v) > 0) {
		assert_true(k.i >= 10);
		is(v, INT(k.i == first ? 1 : 2));
		n++;
	}
	assert_int_equal(n, first < 10 ? 10 : 9);
	pg_map_iter_free(second); /* in the middle */
	pg_map_iter_free(NULL);
	pg_map_unref(m);
}

/* ---- events ---- */

struct seen { int n; int64_t sum; char last[16]; };

static void see(void *arg, const struct pg_record *rec)
{
	struct seen *s = arg;
	assert_int_equal(rec->n, 2);
	assert_string_equal(rec->fields[0].name, "pid");
	assert_string_equal(rec->fields[1].name, "comm");
	s->n++;
	s->sum += rec->fields[0].v.i;
	snprintf(s->last, sizeof s->last, "%s", rec->fields[1].v.str);
}

/* Sends { pid = 7, comm = "abcd" } with the given header, counts what finds no room. */
static int load_sender(pg_map *m, uint32_t magic, uint32_t size)
{
	const int lost = map_lost_fd(m), ring = pg_map_fd(m);
	assert_true(lost >= 0 && ring >= 0);
	const struct bpf_insn code[] = {
		ABI_INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -16, (int)magic),
		ABI_INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -12, (int)size),
		ABI_INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -8, 7),
		ABI_INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0x64636261),
		ABI_LD_MAP_FD(BPF_REG_1, ring),
		ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -16),
		ABI_MOV_IMM(BPF_REG_3, 16),
		ABI_MOV_IMM(BPF_REG_4, 0),
		ABI_CALL(BPF_FUNC_ringbuf_output),
		ABI_INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 4, 0),
		ABI_INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, lost),
		ABI_INSN(0, 0, 0, 0, 0),
		ABI_MOV_IMM(BPF_REG_2, 1),
		ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_1, BPF_REG_2, 0, BPF_ADD),
		ABI_MOV_IMM(BPF_REG_0, 2),
		ABI_EXIT(),
	};
	struct kern_prog_spec s = { .type = BPF_PROG_TYPE_XDP, .insns = code, .n = COUNT(code), .name = "send" };
	char *log = NULL;
	int fd = kern_prog_load(&s, &log);
	if (fd < 0)
		fail_msg("%d: %s", fd, log ? log : "");
	return fd;
}

static void run(int prog, uint32_t times)
{
	uint8_t packet[64] = { 0 }, out[256];
	struct kern_test t = { .in = packet, .in_len = sizeof packet, .out = out, .out_len = sizeof out,
			       .repeat = times };
	assert_int_equal(kern_prog_test(prog, &t), 0);
}

static void events(void **state)
{
	(void)state;
	pg_map *m = make(PG_ROLE_EVENTS, NULL, NULL, "struct { u32 pid; char comm[4]; }", 0);
	struct seen s = { 0 };
	assert_int_equal(m->entries, 256 * 1024);
	assert_string_equal(pg_map_type(m), "ringbuf");
	assert_int_equal(pg_events_read(m, see, &s), 0); /* nothing there, nothing made */
	assert_int_equal(m->fd, -1);
	pg_map_unref(m);

	m = make(PG_ROLE_EVENTS, NULL, NULL, "struct { u32 pid; char comm[4]; }", 5000);
	assert_int_equal(m->entries, 8192);
	int prog = load_sender(m, MAP_EVENT_MAGIC, 8);
	run(prog, 3);
	assert_int_equal(pg_events_read(m, see, &s), 3);
	assert_int_equal(s.sum, 21);
	assert_string_equal(s.last, "abcd");
	assert_int_equal(pg_events_read(m, see, &s), 0);
	assert_int_equal(pg_events_lost(m), 0);
	run(prog, 1000); /* 24 bytes each: more than there is room for */
	int got = pg_events_read(m, see, &s);
	assert_in_range(got, 300, 342);
	assert_int_equal(pg_events_lost(m), 1000 - got);
	kern_close(prog);

	/* what another version of the layout sent is not taken for ours */
	uint64_t lost = pg_events_lost(m);
	prog = load_sender(m, MAP_EVENT_MAGIC, 9);
	run(prog, 1);
	kern_close(prog);
	prog = load_sender(m, 1, 8);
	run(prog, 1);
	kern_close(prog);
	assert_int_equal(pg_events_read(m, see, &s), 0);
	assert_int_equal(pg_events_lost(m), lost + 2);
	pg_value v = NIL, k = INT(1);
	fails(pg_map_get(m, PG_USER, &k, &v), -EINVAL, "events are read in their order");
	pg_map_unref(m);
}

static void twins_send_events(void **state)
{
	(void)state;
	pg_map *m = make(PG_ROLE_EVENTS, NULL, NULL, "struct { u32 pid; char comm[4]; }", 4096);
	struct seen s = { 0 };
	pg_value rec = RECORD(field("pid", INT(5)), field("comm", STR("xy")));
	pg_value bad = RECORD(field("pid", INT(-5))), none = RECORD(field("pdi", INT(1)));
	ok(pg_map_set(m, PG_KERNEL, NULL, &rec));
	ok(pg_map_set(m, PG_KERNEL, NULL, &rec));
	fails(pg_map_set(m, PG_KERNEL, NULL, &bad), -ERANGE, "value does not fit u32 (field 'pid')");
	fails(pg_map_set(m, PG_KERNEL, NULL, &none), -EINVAL, "there is no field 'pdi'; did you mean 'pid'?");
	assert_int_equal(pg_events_read(m, see, &s), 2);
	assert_int_equal(s.sum, 10);
	assert_string_equal(s.last, "xy");
	assert_int_equal(pg_events_read(m, see, &s), 0);
	for (int i = 0; i < 1000; i++)
		ok(pg_map_set(m, PG_KERNEL, NULL, &rec));
	assert_int_equal(pg_events_lost(m), 1000 - 4096 / 24);
	pg_map_unref(m); /* with what is left unread */
	m = map("hash", "u32", "u32", 1);
	fails(pg_events_read(m, see, &s), -EINVAL, "not an event channel");
	fails(map_lost_fd(m), -EINVAL, "not an event channel");
	pg_map_unref(m);
}

static int setup(void **state)
{
	(void)state;
	return pg_ctx_new(&ctx);
}

static int teardown(void **state)
{
	(void)state;
	pg_ctx_free(ctx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_bad_shapes),   cmocka_unit_test(kernel_map_comes_late),
		cmocka_unit_test(handles_are_counted),  cmocka_unit_test(every_type),
		cmocka_unit_test(full_maps),            cmocka_unit_test(every_scalar),
		cmocka_unit_test(wrong_values),         cmocka_unit_test(add_wraps),
		cmocka_unit_test(each_cpu_has_its_own), cmocka_unit_test(per_cpu_structs),
		cmocka_unit_test(longest_prefix),       cmocka_unit_test(struct_fields),
		cmocka_unit_test(shared_state),         cmocka_unit_test(per_cpu_state),
		cmocka_unit_test(walks_many),           cmocka_unit_test(walks_a_trie_once),
		cmocka_unit_test(walks_see_changes),
		cmocka_unit_test(events),               cmocka_unit_test(twins_send_events),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
