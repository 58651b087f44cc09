/* test_ctype.c - type strings, their layouts, and every type's values at their edges. */
#include "core/ctype.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- type strings ---- */

static const struct { const char *text; enum ct_kind kind; uint32_t size, align; const char *printed; } types[] = {
	{ "u8", CT_INT, 1, 1, "u8" },
	{ "u16", CT_INT, 2, 2, "u16" },
	{ "u32", CT_INT, 4, 4, "u32" },
	{ "u64", CT_INT, 8, 8, "u64" },
	{ "i8", CT_INT, 1, 1, "i8" },
	{ "i16", CT_INT, 2, 2, "i16" },
	{ "i32", CT_INT, 4, 4, "i32" },
	{ "i64", CT_INT, 8, 8, "i64" },
	{ "be16", CT_INT, 2, 2, "be16" },
	{ "be32", CT_INT, 4, 4, "be32" },
	{ "be64", CT_INT, 8, 8, "be64" },
	{ "bool", CT_BOOL, 1, 1, "bool" },
	{ "ip4", CT_IP4, 4, 4, "ip4" },
	{ "ip6", CT_IP6, 16, 4, "ip6" },
	{ "mac", CT_MAC, 6, 1, "mac" },
	{ "char[16]", CT_CHAR, 16, 1, "char[16]" },
	{ " char [ 0x10 ] ", CT_CHAR, 16, 1, "char[16]" },
	{ "bytes[3]", CT_BYTES, 3, 1, "bytes[3]" },
	{ "u8[3]", CT_BYTES, 3, 1, "bytes[3]" },
	{ "unsigned char[4]", CT_BYTES, 4, 1, "bytes[4]" },
	{ "ip4/prefix", CT_PREFIX4, 8, 4, "ip4/prefix" },
	{ "ip6 / prefix", CT_PREFIX6, 20, 4, "ip6/prefix" },
	{ "unsigned", CT_INT, 4, 4, "u32" },
	{ "unsigned int", CT_INT, 4, 4, "u32" },
	{ "int", CT_INT, 4, 4, "i32" },
	{ "signed", CT_INT, 4, 4, "i32" },
	{ "long", CT_INT, 8, 8, "i64" },
	{ "long unsigned int", CT_INT, 8, 8, "u64" },
	{ "unsigned long long", CT_INT, 8, 8, "u64" },
	{ "short", CT_INT, 2, 2, "i16" },
	{ "unsigned short int", CT_INT, 2, 2, "u16" },
	{ "unsigned char", CT_INT, 1, 1, "u8" },
	{ "signed char", CT_INT, 1, 1, "i8" },
	{ "__u32", CT_INT, 4, 4, "u32" },
	{ "__s16", CT_INT, 2, 2, "i16" },
	{ "s64", CT_INT, 8, 8, "i64" },
	{ "uint16_t", CT_INT, 2, 2, "u16" },
	{ "int64_t", CT_INT, 8, 8, "i64" },
	{ "__be32", CT_INT, 4, 4, "be32" },
	{ "size_t", CT_INT, 8, 8, "u64" },
	{ "_Bool", CT_BOOL, 1, 1, "bool" },
	{ "struct { u32 pid; char comm[16]; }", CT_STRUCT, 20, 4, "struct { u32 pid; char comm[16]; }" },
	{ "struct ev { char[16] comm; u32 pid };", CT_STRUCT, 20, 4, "struct { char comm[16]; u32 pid; }" },
	{ "struct { u8 a[6]; bytes b[2]; }", CT_STRUCT, 8, 1, "struct { bytes[6] a; bytes[2] b; }" },
	{ "struct { u32? port; u8 x; }", CT_STRUCT, 8, 4, "struct { u32? port; u8 x; }" },
	{ "struct { char[4]? t; }", CT_STRUCT, 5, 1, "struct { char[4]? t; }" },
	{ "table { u8 z; u64 n; u32 b; u32 a; char[16] comm; }", CT_STRUCT, 40, 8,
	  "struct { char comm[16]; u64 n; u32 a; u32 b; u8 z; }" },
};

static void reads_types(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(types); i++) {
		struct ctype *t, *again;
		char err[256] = "", text[256];
		if (ct_parse(types[i].text, &t, err, sizeof err))
			fail_msg("%s: %s", types[i].text, err);
		assert_string_equal(ct_text(t, text, sizeof text), types[i].printed);
		assert_int_equal(t->kind, types[i].kind);
		assert_int_equal(t->size, types[i].size);
		assert_int_equal(t->align, types[i].align);
		assert_int_equal(ct_parse(text, &again, err, sizeof err), 0);
		assert_true(ct_equal(t, again));
		ct_free(again);
		ct_free(t);
	}
}

static const struct { const char *text, *says; } refused[] = {
	{ "", "expected a type at the end" },
	{ "u33", "there is no type 'u33'; did you mean 'u32'?" },
	{ "string", "there is no type 'string'; types are u8" },
	{ "char", "char needs a length: char[16]" },
	{ "bytes", "bytes needs a length" },
	{ "char[0]", "a length is a number from 1 to 65536" },
	{ "char[65537]", "a length is a number" },
	{ "char[-1]", "a length is a number" },
	{ "char[8", "expected ']' at the end" },
	{ "u32[4]", "an array of u32 has no place" },
	{ "i8[4]", "an array of i8 has no place" },
	{ "u32?", "'?' is for fields" },
	{ "u32 x", "expected the end, found 'x'" },
	{ "u32/prefix", "only ip4/prefix and ip6/prefix" },
	{ "ip4/mask", "expected 'prefix' after '/', found 'mask'" },
	{ "unsigned signed", "no such C integer type" },
	{ "long long long", "'long' once too often" },
	{ "short long", "no such C integer type" },
	{ "char int", "no such C integer type" },
	{ "struct", "expected '{' at the end" },
	{ "struct { }", "at least one field" },
	{ "struct { u32 a; ", "expected a type at the end" },
	{ "struct { u32 a u32 b; }", "expected ';', found 'u32'" },
	{ "struct { u32; }", "expected a field's name, found ';'" },
	{ "struct { u32 a; u16 a; }", "field 'a' is there twice" },
	{ "struct { u32 a, b; }", "write a type before each field" },
	{ "struct { u32 a : 3; }", "bit-fields" },
	{ "struct { char *p; }", "a pointer has no place" },
	{ "struct { char[4] a[4]; }", "field 'a' has two lengths" },
	{ "struct { struct { u8 b; } a; }", "a struct inside a struct" },
	{ "struct { ip4/prefix a; }", "a prefix is a whole key" },
	{ "struct { u32 a23456789012345678901234567890123456789012345678901234567890abcd; }", "longer than 63" },
};

static void refuses_types(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(refused); i++) {
		struct ctype *t;
		char err[400] = "";
		assert_int_equal(ct_parse(refused[i].text, &t, err, sizeof err), -EINVAL);
		assert_null(t);
		if (!strstr(err, refused[i].says))
			fail_msg("\"%s\": says \"%s\", not \"%s\"", refused[i].text, err, refused[i].says);
	}
}

/* ---- layouts, against the C compiler's ---- */

struct c_a { uint8_t a; uint64_t b; uint16_t c; char d[3]; uint32_t e; uint8_t f; };
struct c_b { uint8_t m[6]; uint16_t p; uint8_t x; uint32_t ip[4]; _Bool y; };

static void lays_out_as_c(void **state)
{
	(void)state;
	static const struct { const char *text; size_t size; size_t at[6]; } rows[] = {
		{ "struct { u8 a; __u64 b; unsigned short c; char d[3]; be32 e; u8 f; }",
		  sizeof(struct c_a), { offsetof(struct c_a, a), offsetof(struct c_a, b),
		  offsetof(struct c_a, c), offsetof(struct c_a, d), offsetof(struct c_a, e),
		  offsetof(struct c_a, f) } },
		{ "struct { mac m; u16 p; u8 x; ip6 ip; bool y; }", sizeof(struct c_b),
		  { offsetof(struct c_b, m), offsetof(struct c_b, p), offsetof(struct c_b, x),
		    offsetof(struct c_b, ip), offsetof(struct c_b, y) } },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct ctype *t;
		char err[256] = "";
		if (ct_parse(rows[i].text, &t, err, sizeof err))
			fail_msg("%s", err);
		assert_int_equal(t->size, rows[i].size);
		for (uint32_t f = 0; f < t->nfields; f++)
			assert_int_equal(t->fields[f].offset, rows[i].at[f]);
		ct_free(t);
	}
}

static void nil_bytes_follow_the_fields(void **state)
{
	(void)state;
	struct ctype *t;
	char err[256];
	assert_int_equal(ct_parse("struct { u8? a; u32 b; u16? c; }", &t, err, sizeof err), 0);
	assert_int_equal(t->fields[2].offset, 8);
	assert_int_equal(t->fields[0].nil_offset, 10);
	assert_int_equal(t->fields[2].nil_offset, 11);
	assert_int_equal(t->fields[1].nil_offset, 0);
	assert_int_equal(t->size, 12);
	ct_free(t);
}

static void structs_from_names(void **state)
{
	(void)state;
	static const char *const names[] = { "b", "pid", "a" }, *const ts[] = { "u8", "u32", "u8?" };
	static const char *const twice[] = { "b", "b" };
	struct ctype *t;
	char err[256], text[256];
	assert_int_equal(ct_struct(3, names, ts, true, &t, err, sizeof err), 0);
	assert_string_equal(ct_text(t, text, sizeof text), "struct { u32 pid; u8? a; u8 b; }");
	ct_free(t);
	assert_int_equal(ct_struct(3, names, ts, false, &t, err, sizeof err), 0);
	assert_string_equal(ct_text(t, text, sizeof text), "struct { u8 b; u32 pid; u8? a; }");
	assert_string_equal(ct_nearest(t, "pdi", 3), "pid");
	assert_null(ct_nearest(t, "unlike", 6));
	assert_string_equal(ct_text(t, text, 10), "struct { ");
	ct_free(t);
	assert_int_equal(ct_struct(2, twice, ts, true, &t, err, sizeof err), -EINVAL);
	assert_int_equal(ct_struct(0, NULL, NULL, true, &t, err, sizeof err), -EINVAL);
}

static void tells_types_apart(void **state)
{
	(void)state;
	static const char *const all[] = {
		"u32", "i32", "be32", "u64", "ip4", "char[4]", "bytes[4]", "char[5]", "ip4/prefix",
		"struct { u32 a; }", "struct { u32 b; }", "struct { i32 a; }", "struct { u32? a; }",
		"struct { u8 a; u32 b; }", "struct { u8 a; u8 c; u32 b; }",
	};
	struct ctype *t[COUNT(all)];
	char err[256];
	for (unsigned i = 0; i < COUNT(all); i++)
		assert_int_equal(ct_parse(all[i], &t[i], err, sizeof err), 0);
	for (unsigned i = 0; i < COUNT(all); i++)
		for (unsigned j = 0; j < COUNT(all); j++)
			assert_int_equal(ct_equal(t[i], t[j]), i == j);
	for (unsigned i = 0; i < COUNT(all); i++)
		ct_free(t[i]);
}

/* ---- values in and out ---- */

#define INT(x) { .kind = PG_INT, .i = (x) }
#define FLT(x) { .kind = PG_FLOAT, .f = (x) }
#define STR(s) { .kind = PG_STR, .n = sizeof(s) - 1, .str = (s) }
#define ADDR(k, ...) { .kind = (k), .addr = { __VA_ARGS__ } }
#define CIDR(len, bits, ...) { .kind = PG_CIDR, .n = (len), .prefix = (bits), .addr = { __VA_ARGS__ } }
#define NIL { .kind = PG_NIL }
#define TRUE_ { .kind = PG_TRUE }
#define FALSE_ { .kind = PG_FALSE }
#define FITS(t, v, hex) { .type = (t), .in = v, .bytes = (hex) }
#define NO(t, v, err, text) { .type = (t), .in = v, .rc = (err), .says = (text) }
#define KNO(t, v, err, text) { .type = (t), .in = v, .rc = (err), .says = (text), .kernel = true }

static const struct store_row {
	const char *type;
	pg_value in;
	const char *bytes; /* hex of what is in memory, or NULL: refused */
	int rc;
	const char *says;
	bool kernel; /* no text, no floats */
} stores[] = {
	FITS("u8", INT(0), "00"), FITS("u8", INT(255), "ff"),
	NO("u8", INT(256), -ERANGE, "256 does not fit u8"),
	NO("u8", INT(300), -ERANGE, "300 does not fit u8"),
	NO("u8", INT(-1), -ERANGE, "-1 does not fit u8"),
	FITS("i8", INT(127), "7f"), FITS("i8", INT(-128), "80"),
	NO("i8", INT(128), -ERANGE, "128 does not fit i8"),
	NO("i8", INT(-129), -ERANGE, "-129 does not fit i8"),
	FITS("u16", INT(65535), "ffff"), FITS("u16", INT(258), "0201"),
	NO("u16", INT(65536), -ERANGE, "65536 does not fit u16"),
	NO("u16", INT(-1), -ERANGE, "-1 does not fit u16"),
	FITS("i16", INT(32767), "ff7f"), FITS("i16", INT(-32768), "0080"),
	NO("i16", INT(32768), -ERANGE, "32768 does not fit i16"),
	NO("i16", INT(-32769), -ERANGE, "-32769 does not fit i16"),
	FITS("u32", INT(4294967295), "ffffffff"),
	NO("u32", INT(4294967296), -ERANGE, "4294967296 does not fit u32"),
	NO("u32", INT(-1), -ERANGE, "-1 does not fit u32"),
	FITS("i32", INT(2147483647), "ffffff7f"), FITS("i32", INT(-2147483648), "00000080"),
	NO("i32", INT(2147483648), -ERANGE, "2147483648 does not fit i32"),
	NO("i32", INT(-2147483649), -ERANGE, "-2147483649 does not fit i32"),
	FITS("u64", INT(INT64_MAX), "ffffffffffffff7f"), FITS("u64", INT(-1), "ffffffffffffffff"),
	FITS("u64", INT(INT64_MIN), "0000000000000080"),
	FITS("i64", INT(INT64_MIN), "0000000000000080"), FITS("i64", INT(72623859790382856), "0807060504030201"),
	FITS("be16", INT(258), "0102"), NO("be16", INT(65536), -ERANGE, "65536 does not fit be16"),
	FITS("be32", INT(4278255360), "ff00ff00"), NO("be32", INT(-1), -ERANGE, "-1 does not fit be32"),
	FITS("be64", INT(72623859790382856), "0102030405060708"), FITS("be64", INT(-1), "ffffffffffffffff"),
	NO("u32", TRUE_, -EINVAL, "a boolean where u32 is meant"),
	NO("u32", NIL, -EINVAL, "nil where u32 is meant"),
	NO("u32", STR("5"), -EINVAL, "a string where u32 is meant"),
	NO("u32", ADDR(PG_IP4, 1, 2, 3, 4), -EINVAL, "an IPv4 address where u32 is meant"),
	FITS("u32", FLT(7.0), "07000000"),
	KNO("u32", FLT(7.0), -EINVAL, "a float where u32 is meant"),
	NO("u32", FLT(7.5), -EINVAL, "7.5 has no integer representation"),
	NO("u32", FLT(1e10), -ERANGE, "10000000000 does not fit u32"),
	FITS("i64", FLT(-0x1p63), "0000000000000080"),
	NO("i64", FLT(0x1p63), -EINVAL, "has no integer representation"),
	NO("i64", FLT(__builtin_nan("")), -EINVAL, "has no integer representation"),
	FITS("bool", TRUE_, "01"), FITS("bool", FALSE_, "00"),
	NO("bool", INT(1), -EINVAL, "an integer where bool is meant"),
	FITS("ip4", ADDR(PG_IP4, 10, 0, 0, 1), "0a000001"), FITS("ip4", STR("10.0.0.1"), "0a000001"),
	KNO("ip4", STR("10.0.0.1"), -EINVAL, "a string where ip4 is meant"),
	NO("ip4", STR("10.0.0"), -EINVAL, "'10.0.0' is not an IPv4 address"),
	NO("ip4", STR("10.0.0.1\0"), -EINVAL, "'10.0.0.1' is not an IPv4 address"),
	NO("ip4", STR("::1"), -EINVAL, "'::1' is not an IPv4 address"),
	NO("ip4", ADDR(PG_IP6, 1), -EINVAL, "an IPv6 address where ip4 is meant"),
	NO("ip4", INT(1), -EINVAL, "an integer where ip4 is meant"),
	FITS("ip6", STR("2001:db8::1"), "20010db8000000000000000000000001"),
	NO("ip6", STR("10.0.0.1"), -EINVAL, "'10.0.0.1' is not an IPv6 address"),
	FITS("mac", STR("52:54:00:12:34:56"), "525400123456"),
	FITS("mac", ADDR(PG_MAC, 1, 2, 3, 4, 5, 6), "010203040506"),
	NO("mac", STR("52:54"), -EINVAL, "'52:54' is not a MAC address"),
	FITS("char[4]", STR(""), "00000000"), FITS("char[4]", STR("ab"), "61620000"),
	FITS("char[4]", STR("abcd"), "61626364"),
	NO("char[4]", STR("abcde"), -ERANGE, "a string of 5 bytes does not fit char[4]"),
	NO("char[4]", STR("a\0b"), -ERANGE, "a string with a zero byte"),
	NO("char[4]", INT(1), -EINVAL, "an integer where char[4] is meant"),
	FITS("bytes[4]", STR("a\0\0b"), "61000062"),
	FITS("bytes[4]", STR("abc"), "61626300"),
	NO("bytes[4]", STR("abcde"), -ERANGE, "5 bytes does not fit bytes[4]"),
	NO("bytes[4]", NIL, -EINVAL, "nil where bytes[4] is meant"),
	FITS("ip4/prefix", CIDR(4, 8, 10, 0, 0, 0), "080000000a000000"),
	FITS("ip4/prefix", CIDR(4, 9, 10, 255, 1, 1), "090000000a800000"),
	FITS("ip4/prefix", CIDR(4, 0, 1, 2, 3, 4), "0000000000000000"),
	NO("ip4/prefix", CIDR(4, 33, 1, 2, 3, 4), -ERANGE, "a prefix of 33 bits does not fit 32"),
	FITS("ip4/prefix", ADDR(PG_IP4, 1, 2, 3, 4), "2000000001020304"),
	FITS("ip4/prefix", STR("1.2.3.4/24"), "1800000001020300"),
	FITS("ip4/prefix", STR("1.2.3.4"), "2000000001020304"),
	KNO("ip4/prefix", STR("1.2.3.0/24"), -EINVAL, "a string where ip4/prefix is meant"),
	NO("ip4/prefix", STR("1.2.3.4/33"), -EINVAL, "'1.2.3.4/33' is not an IPv4 prefix"),
	NO("ip4/prefix", STR("::/0"), -EINVAL, "'::/0' is not an IPv4 prefix"),
	NO("ip4/prefix", CIDR(16, 8, 1), -EINVAL, "a prefix where ip4/prefix is meant"),
	FITS("ip6/prefix", STR("2001:db8::ff/32"), "2000000020010db8000000000000000000000000"),
	FITS("ip6/prefix", ADDR(PG_IP6, 1), "8000000001000000000000000000000000000000"),
};

static void from_hex(const char *hex, uint8_t *out)
{
	for (unsigned x; sscanf(hex, "%2x", &x) == 1; hex += 2)
		*out++ = (uint8_t)x;
}

/* What reading gives for what was stored: the same, but for text, floats and bare addresses. */
static bool reads_back(const struct store_row *row, const pg_value *out)
{
	const pg_value *in = &row->in;
	if (in->kind == PG_FLOAT)
		return out->kind == PG_INT && (double)out->i == in->f;
	if (in->kind == PG_STR && out->kind != PG_STR)
		return true; /* the bytes were compared */
	if (!strncmp(row->type, "bytes", 5)) /* zeros behind it, where it is shorter */
		return out->kind == PG_STR && out->n >= in->n && !memcmp(out->str, in->str, in->n);
	if (out->kind == PG_CIDR)
		return in->kind == PG_CIDR ? in->prefix == out->prefix : out->prefix == out->n * 8;
	return pg_value_eq(in, out);
}

static void stores_values(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(stores); i++) {
		const struct store_row *row = &stores[i];
		struct ctype *t;
		char err[400] = "", buf[64];
		uint8_t got[64], want[64];
		pg_value out;
		assert_int_equal(ct_parse(row->type, &t, err, sizeof err), 0);
		memset(got, 0xa5, sizeof got);
		int rc = ct_store(t, got, &row->in, !row->kernel, err, sizeof err);
		if (rc != row->rc || (row->says && !strstr(err, row->says)))
			fail_msg("row %u, %s: %d \"%s\"", i, row->type, rc, err);
		assert_int_equal(got[t->size], 0xa5);
		if (row->bytes) {
			from_hex(row->bytes, want);
			assert_int_equal(strlen(row->bytes), t->size * 2);
			if (memcmp(got, want, t->size))
				fail_msg("row %u, %s: other bytes", i, row->type);
			ct_load(t, got, &out, buf);
			if (!reads_back(row, &out))
				fail_msg("row %u, %s: reads back as kind %d, %lld", i, row->type, out.kind,
					 (long long)out.i);
		}
		ct_free(t);
	}
}

static void text_reads_up_to_its_end(void **state)
{
	(void)state;
	struct ctype *t;
	char err[64], buf[8];
	pg_value out;
	assert_int_equal(ct_parse("char[4]", &t, err, sizeof err), 0);
	ct_load(t, "ab\0c", &out, buf);
	assert_int_equal(out.n, 2);
	ct_load(t, "abcd", &out, buf);
	assert_int_equal(out.n, 4);
	assert_string_equal(out.str, "abcd");
	ct_free(t);
}

/* ---- records ---- */

static struct pg_field_value field(const char *name, pg_value v)
{
	struct pg_field_value f = { .v = v };
	strcpy(f.name, name);
	return f;
}

static const pg_value *get(const pg_value *rec, const char *name)
{
	for (uint32_t i = 0; i < rec->rec->n; i++)
		if (!strcmp(rec->rec->fields[i].name, name))
			return &rec->rec->fields[i].v;
	return NULL;
}

static void records(void **state)
{
	(void)state;
	struct ctype *t;
	char err[400] = "";
	assert_int_equal(ct_parse("struct { u8 a; u32 b; char c[100]; u16? d; u16? e; bool f; ip4 g; }",
				  &t, err, sizeof err), 0);
	uint8_t *mem = malloc(t->size);
	memset(mem, 0xff, t->size);
	char text[] = "seventy characters are more than what a field value itself has room for";
	struct pg_field_value some[] = {
		field("b", (pg_value)INT(7)),
		field("c", (pg_value){ .kind = PG_STR, .n = sizeof text - 1, .str = text }),
		field("d", (pg_value)INT(9)),
		field("a", (pg_value)NIL),
	};
	struct pg_record rec = { 4, some };
	pg_value in = { .kind = PG_RECORD, .rec = &rec }, out;
	assert_int_equal(ct_store(t, mem, &in, false, err, sizeof err), 0);
	assert_int_equal(mem[1] | mem[2] | mem[3], 0); /* padding */
	assert_int_equal(mem[t->size - 1], 0);
	ct_load(t, mem, &out, NULL);
	assert_int_equal(out.kind, PG_RECORD);
	assert_int_equal(out.rec->n, 7);
	assert_int_equal(get(&out, "a")->kind, PG_INT);
	assert_int_equal(get(&out, "a")->i, 0);
	assert_int_equal(get(&out, "b")->i, 7);
	assert_string_equal(get(&out, "c")->str, text);
	assert_int_equal(get(&out, "d")->i, 9);
	assert_int_equal(get(&out, "e")->kind, PG_NIL);
	assert_int_equal(get(&out, "f")->kind, PG_FALSE);
	assert_int_equal(get(&out, "g")->kind, PG_IP4);
	ct_record_free(out.rec);

	static const struct { const char *name; pg_value v; int rc; const char *says; } bad[] = {
		{ "a", INT(300), -ERANGE, "300 does not fit u8 (field 'a')" },
		{ "d", INT(-1), -ERANGE, "-1 does not fit u16 (field 'd')" },
		{ "b", TRUE_, -EINVAL, "a boolean where u32 is meant (field 'b')" },
		{ "bb", INT(1), -EINVAL, "there is no field 'bb'; did you mean 'b'?" },
		{ "counter", INT(1), -EINVAL, "there is no field 'counter' in struct { u8 a; u32 b;" },
	};
	for (unsigned i = 0; i < COUNT(bad); i++) {
		struct pg_field_value one = field(bad[i].name, bad[i].v);
		rec = (struct pg_record){ 1, &one };
		assert_int_equal(ct_store(t, mem, &in, false, err, sizeof err), bad[i].rc);
		if (!strstr(err, bad[i].says))
			fail_msg("says \"%s\", not \"%s\"", err, bad[i].says);
	}
	/* of several, the first in the struct's order, whatever the record's */
	struct pg_field_value two[] = { field("d", (pg_value)INT(-1)), field("a", (pg_value)INT(-1)) };
	rec = (struct pg_record){ 2, two };
	assert_int_equal(ct_store(t, mem, &in, false, err, sizeof err), -ERANGE);
	assert_non_null(strstr(err, "(field 'a')"));
	assert_int_equal(ct_store(t, mem, &(pg_value)INT(1), false, err, sizeof err), -EINVAL);

	const struct ct_field *d = ct_field(t, "d", 1);
	assert_int_equal(ct_store_field(d, mem, &(pg_value)INT(5), false, err, sizeof err), 0);
	ct_load_field(d, mem, &out, NULL);
	assert_int_equal(out.i, 5);
	assert_int_equal(ct_store_field(d, mem, &(pg_value)NIL, false, err, sizeof err), 0);
	ct_load_field(d, mem, &out, NULL);
	assert_int_equal(out.kind, PG_NIL);
	assert_int_equal(ct_store_field(ct_field(t, "b", 1), mem, &(pg_value)NIL, false, err, sizeof err),
			 -EINVAL);
	free(mem);
	ct_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_types),
		cmocka_unit_test(refuses_types),
		cmocka_unit_test(lays_out_as_c),
		cmocka_unit_test(nil_bytes_follow_the_fields),
		cmocka_unit_test(structs_from_names),
		cmocka_unit_test(tells_types_apart),
		cmocka_unit_test(stores_values),
		cmocka_unit_test(text_reads_up_to_its_end),
		cmocka_unit_test(records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
