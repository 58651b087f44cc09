/* test_addr.c - addresses from and to text, prefixes, equality, verdict names. */
#include "perigee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef int parse_fn(const char *, pg_value *);

static const struct { parse_fn *parse; const char *text, *printed; enum pg_kind kind; } rows[] = {
	{ pg_parse_ip, "10.0.0.1", "10.0.0.1", PG_IP4 },
	{ pg_parse_ip, "255.255.255.255", "255.255.255.255", PG_IP4 },
	{ pg_parse_ip, "0.0.0.0", "0.0.0.0", PG_IP4 },
	{ pg_parse_ip, "2001:DB8:0:0:0:0:0:1", "2001:db8::1", PG_IP6 },
	{ pg_parse_ip, "2001:db8::0:1", "2001:db8::1", PG_IP6 },
	{ pg_parse_ip, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", PG_IP6 },  /* the longest run */
	{ pg_parse_ip, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", PG_IP6 }, /* the first of equals */
	{ pg_parse_ip, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", PG_IP6 }, /* one is not shortened */
	{ pg_parse_ip, "::", "::", PG_IP6 },
	{ pg_parse_ip, "::1", "::1", PG_IP6 },
	{ pg_parse_ip, "::ffff:192.0.2.1", "::ffff:192.0.2.1", PG_IP6 },
	{ pg_parse_mac, "52:54:00:AB:cd:ef", "52:54:00:ab:cd:ef", PG_MAC },
	{ pg_parse_mac, "52-54-00-12-34-56", "52:54:00:12:34:56", PG_MAC },
	{ pg_parse_cidr, "10.0.0.0/8", "10.0.0.0/8", PG_CIDR },
	{ pg_parse_cidr, "10.1.2.3/8", "10.0.0.0/8", PG_CIDR },
	{ pg_parse_cidr, "10.255.0.0/9", "10.128.0.0/9", PG_CIDR },
	{ pg_parse_cidr, "1.2.3.4", "1.2.3.4/32", PG_CIDR },
	{ pg_parse_cidr, "0.0.0.0/0", "0.0.0.0/0", PG_CIDR },
	{ pg_parse_cidr, "2001:db8::ffff/33", "2001:db8::/33", PG_CIDR },
	{ pg_parse_cidr, "::1/128", "::1/128", PG_CIDR },
};

static const struct { parse_fn *parse; const char *text; } refused[] = {
	{ pg_parse_ip, "" },          { pg_parse_ip, "10.0.0" },     { pg_parse_ip, "10.0.0.256" },
	{ pg_parse_ip, "10.0.0.1 " }, { pg_parse_ip, "1:2" },        { pg_parse_ip, "::1%lo" },
	{ pg_parse_ip, "10.0.0.0/8" }, { pg_parse_ip, "010.0.0.1x" },
	{ pg_parse_mac, "" },         { pg_parse_mac, "52:54:00:12:34" },
	{ pg_parse_mac, "52:54:00:12:34:5" }, { pg_parse_mac, "52:54:00:12:34:5g" },
	{ pg_parse_mac, "52:54-00:12:34:56" }, { pg_parse_mac, "52.54.00.12.34.56" },
	{ pg_parse_mac, "52:54:00:12:34:567" },
	{ pg_parse_cidr, "10.0.0.0/" }, { pg_parse_cidr, "10.0.0.0/33" }, { pg_parse_cidr, "10.0.0.0/-1" },
	{ pg_parse_cidr, "10.0.0.0/08" }, { pg_parse_cidr, "10.0.0.0/8 " }, { pg_parse_cidr, "::/129" },
	{ pg_parse_cidr, "/8" }, { pg_parse_cidr, "10.0.0.0/4294967304" }, { pg_parse_cidr, "10/8" },
};

static void text_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		pg_value v, again;
		char buf[64];
		if (rows[i].parse(rows[i].text, &v))
			fail_msg("%s refused", rows[i].text);
		assert_int_equal(v.kind, rows[i].kind);
		assert_string_equal(pg_addr_text(&v, buf, sizeof buf), rows[i].printed);
		assert_int_equal(rows[i].parse(buf, &again), 0);
		assert_true(pg_value_eq(&v, &again));
	}
}

static void refuses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(refused); i++) {
		pg_value v;
		if (!refused[i].parse(refused[i].text, &v))
			fail_msg("'%s' accepted", refused[i].text);
	}
}

static void within(void **state)
{
	(void)state;
	static const struct { const char *addr, *cidr; bool is; } tests[] = {
		{ "10.1.2.3", "10.0.0.0/8", true },     { "11.1.2.3", "10.0.0.0/8", false },
		{ "10.127.0.0", "10.0.0.0/9", true },   { "10.128.0.0", "10.0.0.0/9", false },
		{ "1.2.3.4", "0.0.0.0/0", true },       { "1.2.3.4", "1.2.3.4/32", true },
		{ "1.2.3.5", "1.2.3.4/32", false },     { "1.2.3.5", "1.2.3.4/31", true },
		{ "2001:db8::1", "2001:db8::/32", true }, { "2001:db9::1", "2001:db8::/32", false },
		{ "::ffff:10.0.0.1", "10.0.0.0/8", false }, { "10.0.0.1", "::/0", false },
	};
	for (unsigned i = 0; i < COUNT(tests); i++) {
		pg_value a, c;
		assert_int_equal(pg_parse_ip(tests[i].addr, &a), 0);
		assert_int_equal(pg_parse_cidr(tests[i].cidr, &c), 0);
		if (pg_within(&a, &c) != tests[i].is)
			fail_msg("%s in %s", tests[i].addr, tests[i].cidr);
	}
	pg_value c, mac;
	assert_int_equal(pg_parse_cidr("0.0.0.0/0", &c), 0);
	assert_int_equal(pg_parse_mac("00:00:00:00:00:00", &mac), 0);
	assert_false(pg_within(&mac, &c));
	/* made by hand, host bits and all */
	pg_value a = { .kind = PG_IP4, .addr = { 10, 9, 9, 9 } };
	assert_true(pg_within(&a, &(pg_value){ .kind = PG_CIDR, .n = 4, .prefix = 8, .addr = { 10, 1 } }));
}

/* Every pair of these differs; each equals its copy. */
static void equality(void **state)
{
	(void)state;
	int object, other;
	const pg_value vs[] = {
		{ .kind = PG_NIL }, { .kind = PG_FALSE }, { .kind = PG_TRUE },
		{ .kind = PG_INT, .i = 0 }, { .kind = PG_INT, .i = INT64_MIN + 1 },
		{ .kind = PG_INT, .i = INT64_MAX }, { .kind = PG_INT, .i = (1LL << 53) + 1 },
		{ .kind = PG_FLOAT, .f = 0x1p53 }, { .kind = PG_FLOAT, .f = 0x1p63 },
		{ .kind = PG_FLOAT, .f = -0x1p63 }, { .kind = PG_FLOAT, .f = 0.5 },
		{ .kind = PG_STR, .n = 0, .str = NULL }, { .kind = PG_STR, .n = 1, .str = "a" },
		{ .kind = PG_STR, .n = 2, .str = "a" }, { .kind = PG_STR, .n = 8, .str = "10.0.0.1" },
		{ .kind = PG_IP4, .addr = { 10, 0, 0, 1 } }, { .kind = PG_IP4, .addr = { 10, 0, 0, 2 } },
		{ .kind = PG_IP6, .addr = { 10, 0, 0, 1 } },
		{ .kind = PG_IP6, .addr = { 10, 0, 0, 1, [15] = 1 } },
		{ .kind = PG_MAC, .addr = { 10, 0, 0, 1 } }, { .kind = PG_MAC, .addr = { 10, 0, 0, 1, 0, 1 } },
		{ .kind = PG_CIDR, .n = 4, .prefix = 8, .addr = { 10 } },
		{ .kind = PG_CIDR, .n = 4, .prefix = 9, .addr = { 10 } },
		{ .kind = PG_CIDR, .n = 16, .prefix = 8, .addr = { 10 } },
		{ .kind = PG_TABLE, .id = 1 }, { .kind = PG_TABLE, .id = 2 }, { .kind = PG_FUNC, .id = 1 },
		{ .kind = PG_LIB, .lib = "math.ult" }, { .kind = PG_LIB, .lib = "math.abs" },
		{ .kind = PG_MAP, .map = (pg_map *)&object }, { .kind = PG_MAP, .map = (pg_map *)&other },
	};
	for (unsigned i = 0; i < COUNT(vs); i++)
		for (unsigned j = 0; j < COUNT(vs); j++) {
			pg_value copy = vs[j];
			if (pg_value_eq(&vs[i], &copy) != (i == j))
				fail_msg("values %u and %u", i, j);
		}
	static const struct { int64_t i; double f; bool eq; } mixed[] = {
		{ 0, -0.0, true }, { 1LL << 53, 0x1p53, true }, { INT64_MIN, -0x1p63, true },
		{ INT64_MAX, 0x1p63, false }, { 1, 1.5, false }, { 0, __builtin_nan(""), false },
		{ INT64_MAX, __builtin_inf(), false },
	};
	for (unsigned i = 0; i < COUNT(mixed); i++) {
		pg_value a = { .kind = PG_INT, .i = mixed[i].i }, b = { .kind = PG_FLOAT, .f = mixed[i].f };
		assert_int_equal(pg_value_eq(&a, &b), mixed[i].eq);
		assert_int_equal(pg_value_eq(&b, &a), mixed[i].eq);
	}
	pg_value nan = { .kind = PG_FLOAT, .f = __builtin_nan("") };
	assert_false(pg_value_eq(&nan, &nan));
}

static void verdicts(void **state)
{
	(void)state;
	static const struct { int64_t v; const char *name; } names[] = {
		{ PG_PASS, "PASS" }, { PG_DROP, "DROP" }, { PG_TX, "TX" }, { PG_ABORTED, "ABORTED" },
		{ PG_ACCEPT, "ACCEPT" }, { PG_ALLOW, "ALLOW" }, { PG_DENY, "DENY" },
		{ PG_REDIRECT, "REDIRECT" },
	};
	for (unsigned i = 0; i < COUNT(names); i++)
		assert_string_equal(pg_verdict_name(names[i].v), names[i].name);
	assert_int_equal(COUNT(names), PG_VERDICT_END - PG_VERDICT_BASE - 1);
	assert_null(pg_verdict_name(PG_VERDICT_BASE));
	assert_null(pg_verdict_name(PG_VERDICT_END));
	assert_null(pg_verdict_name(0));
	assert_null(pg_verdict_name(PG_PASS + (1LL << 32)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_both_ways), cmocka_unit_test(refuses), cmocka_unit_test(within),
		cmocka_unit_test(equality), cmocka_unit_test(verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
