/* test_cparam.c - C parameter lists, what registers mean by them, and where those registers are. */
#include "core/cparam.h"
#include "hook/regs.h"

#include <asm/ptrace.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct { const char *text; int n; struct cparam p[4]; } good[] = {
	{ "", 0, { { 0 } } },
	{ " void ", 0, { { 0 } } },
	{ "int", 1, { { 4, true, false } } },
	{ "int fd", 1, { { 4, true, false } } },
	{ "unsigned", 1, { { 4, false, false } } },
	{ "unsigned flags", 1, { { 4, false, false } } },
	{ "long unsigned int n", 1, { { 8, false, false } } },
	{ "long long", 1, { { 8, true, false } } },
	{ "short s, signed char c, unsigned char u", 3, { { 2, true, false }, { 1, true, false }, { 1, false, false } } },
	{ "uint8_t a,int16_t b , u32 c,i64 d", 4, { { 1, false, false }, { 2, true, false }, { 4, false, false },
						    { 8, true, false } } },
	{ "bool yes, _Bool no", 2, { { 1, false, true }, { 1, false, true } } },
	{ "const char *path, int flags, mode_t mode", 3, { { 8, false, false }, { 4, true, false }, { 4, false, false } } },
	{ "FILE*f", 1, { { 8, false, false } } },
	{ "struct stat *restrict st", 1, { { 8, false, false } } },
	{ "void *", 1, { { 8, false, false } } },
	{ "char *argv[]", 1, { { 8, false, false } } },
	{ "double v[3], int n", 2, { { 8, false, false }, { 4, true, false } } },
	{ "std::map<int, long> const &m, size_t n", 2, { { 8, false, false }, { 8, false, false } } },
	{ "enum kind k", 1, { { 4, true, false } } },
	{ "ssize_t r, socklen_t n, off_t at", 3, { { 8, true, false }, { 4, false, false }, { 8, true, false } } },
	{ "const volatile int v", 1, { { 4, true, false } } },
	{ "char c", 1, { { 1, (char)-1 < 0, false } } },
};

static void lists(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(good); i++) {
		struct cparam p[4] = { { 0 } };
		char err[256] = "";
		int n = cp_parse(good[i].text, p, 4, err, sizeof err);
		if (n != good[i].n || memcmp(p, good[i].p, sizeof p[0] * (size_t)good[i].n))
			fail_msg("\"%s\": %d (%s), size %u", good[i].text, n, err, p[0].size);
	}
}

static const struct { const char *text, *err; } bad[] = {
	{ "int a, float b", "'float b' travels in a floating-point register" },
	{ "long double x", "'long double x' travels in a floating-point register" },
	{ "struct timespec t", "'struct timespec t' is a struct passed by value" },
	{ "foo_t x", "'foo_t' is no type of an argument" },
	{ "char *fmt, ...", "'...' says nothing of types" },
	{ "void (*done)(int), int b", "for a pointer to a function write void *" },
	{ "int a,", "expected a parameter's type" },
	{ ",", "expected a parameter's type" },
	{ "*", "expected a parameter's type" },
	{ "int a; int b", "there is a ';' in the parameter 'int a; int b'" },
	{ "int a, int b, int c, int d, int e", "more than the 4 arguments that registers hold" },
	{ "u64x", "'u64x' is no type of an argument" },
	{ "ip4 a", "'ip4' is no type of an argument" },
	{ "be32 a", "'be32' is no type of an argument" },
	{ "char c[", NULL }, /* a pointer all the same */
	{ "a b c d e f g h i", "is too long" },
	{ "void x", "'void' is no type of an argument" },
};

static void refusals(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		struct cparam p[4];
		char err[256] = "";
		int n = cp_parse(bad[i].text, p, 4, err, sizeof err);
		if (bad[i].err ? n != -EINVAL || !strstr(err, bad[i].err) : n < 0)
			fail_msg("\"%s\": %d (%s)", bad[i].text, n, err);
	}
}

static void values(void **state)
{
	static const struct { struct cparam p; uint64_t reg; int64_t value; } v[] = {
		{ { 1, true, false }, 0x5a5a5a5a000000ff, -1 },    { { 1, false, false }, 0x5a5a5a5a000001ff, 255 },
		{ { 2, true, false }, 0xffff8000, -32768 },        { { 2, false, false }, 0xfffff8000, 0x8000 },
		{ { 4, true, false }, 0x180000000, INT32_MIN },    { { 4, false, false }, 0x180000000, 0x80000000 },
		{ { 8, true, false }, 1ull << 63, INT64_MIN },     { { 8, false, false }, UINT64_MAX, -1 },
		{ { 1, false, true }, 0xff00, 0 },                 { { 1, false, true }, 0xff02, 1 },
	};
	(void)state;
	for (unsigned i = 0; i < COUNT(v); i++)
		assert_int_equal(cp_value(&v[i].p, v[i].reg), v[i].value);
}

static void registers(void **state)
{
	(void)state;
	struct utsname u;
	assert_int_equal(uname(&u), 0);
	assert_string_equal(regs_here->machine, u.machine);
#ifdef __x86_64__
	const uint16_t want[] = { offsetof(struct pt_regs, rdi), offsetof(struct pt_regs, rsi), offsetof(struct pt_regs, rdx),
				  offsetof(struct pt_regs, rcx), offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9) };
	assert_int_equal(regs_here->nargs, COUNT(want));
	assert_memory_equal(regs_here->args, want, sizeof want);
	assert_int_equal(regs_here->result, offsetof(struct pt_regs, rax));
#elif defined(__aarch64__)
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(regs_here->args[i], offsetof(struct user_pt_regs, regs[i]));
	assert_int_equal(regs_here->result, offsetof(struct user_pt_regs, regs[0]));
#endif
	for (const struct regs *r = regs_tables; r->machine; r++) {
		assert_in_range(r->nargs, 1, 8);
		for (unsigned i = 0; i < r->nargs; i++)
			assert_int_equal(r->args[i] % 8, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists), cmocka_unit_test(refusals), cmocka_unit_test(values), cmocka_unit_test(registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
