/* Lua's patterns read into items: sets, how often, captures, what need not be tried again. */
#include "stdlib/pattern.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static const char *read_text(const char *pattern, size_t n)
{
	struct pat p;
	const struct refusal *wrong = pat_read(arena, pattern, n, &p);
	return wrong ? wrong->text : pat_text(arena, &p);
}

static void items(void **state)
{
	static const struct { const char *pattern, *text; } cases[] = {
		{ "", "" },
		{ "^", "^" },
		{ "a$", "{a} $" },
		{ "a$b", "{a} {$} {b}" },
		{ "a^", "{a} {^}" },
		{ "*a", "{*} {a}" },
		{ "^*", "^ {*}" },
		{ "a*b+c-d?", "{a}*! {b}+! {c}- {d}?!" },
		{ "a*a", "{a}* {a}" },
		{ "a*b*a", "{a}* {b}*! {a}" },
		{ "a?b?c", "{a}?! {b}?! {c}" },
		{ "a*$", "{a}*! $" },
		{ ".*", "{00-ff}*!" },
		{ ".*x", "{00-ff}* {x}" },
		{ "%w+(%s*)=", "{0-9,A-Z,a-z}+! (1 {09-0d,20}*! )1 {=}" },
		{ "()a()", "@1 {a} @2" },
		{ "((a)b)*", "(1 (2 {a} )2 {b} )1 {*}" },
		{ "%b()x*", "b() {x}*!" },
		{ "a*%b()", "{a}*! b()" },
		{ "a*%bab", "{a}* bab" },
		{ "a*%f[b]", "{a}* f{b}" },
		{ "%f[%d]*", "f{0-9} {*}" },
		{ "%%%a%Z", "{%} {A-Z,a-z} {01-ff}" },
		{ "[]]", "{]}" },
		{ "[^]a]", "{00-\\,^-`,b-ff}" },
		{ "[a-c%d_]", "{0-9,_,a-c}" },
		{ "[a-]", "{-,a}" },
		{ "[-a]", "{-,a}" },
		{ "[%a-z]", "{-,A-Z,a-z}" },
		{ "[a-%]]", "{]}" },
		{ "[%]]", "{]}" },
		{ "[z-a]", "{}" },
		{ "[", "malformed pattern (missing ']')" },
		{ "[]", "malformed pattern (missing ']')" },
		{ "[^]", "malformed pattern (missing ']')" },
		{ "[a%", "malformed pattern (missing ']')" },
		{ "[%]", "malformed pattern (missing ']')" },
		{ "%", "malformed pattern (ends with '%')" },
		{ "%b", "malformed pattern (missing arguments to '%b')" },
		{ "%b(", "malformed pattern (missing arguments to '%b')" },
		{ "%fa", "missing '[' after '%f' in pattern" },
		{ "%f", "missing '[' after '%f' in pattern" },
		{ "(", "unfinished capture" },
		{ "(a", "unfinished capture" },
		{ ")", "invalid pattern capture" },
		{ "()())", "invalid pattern capture" },
		{ "(a)%1", "back references (%1) are not there in kernel code" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(read_text(cases[i].pattern, strlen(cases[i].pattern)), cases[i].text);
	assert_string_equal(read_text("a\0*", 3), "{a} {00}*!");
	assert_string_equal(read_text("[\0-\2]", 5), "{00-02}");
}

static void captures(void **state)
{
	char pattern[3 * (PAT_CAPTURES + 1) + 1] = "";
	(void)state;
	for (int i = 0; i < PAT_CAPTURES; i++)
		strcat(pattern, "(a)");
	struct pat p;
	assert_null(pat_read(arena, pattern, strlen(pattern), &p));
	assert_int_equal(p.ncaptures, PAT_CAPTURES);
	strcat(pattern, "(a)");
	assert_string_equal(read_text(pattern, strlen(pattern)), "too many captures");
}

/* Each class is what C says of the C locale, which tests run in. */
static void classes(void **state)
{
	static const struct { char name; int (*is)(int); } all[] = {
		{ 'a', isalpha }, { 'c', iscntrl }, { 'd', isdigit }, { 'g', isgraph }, { 'l', islower }, { 'p', ispunct },
		{ 's', isspace }, { 'u', isupper }, { 'w', isalnum }, { 'x', isxdigit },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pat p, not;
		const char name[2] = { '%', all[i].name }, upper[2] = { '%', (char)(all[i].name - 32) };
		assert_null(pat_read(arena, name, 2, &p));
		assert_null(pat_read(arena, upper, 2, &not));
		for (int c = 0; c < 256; c++) {
			assert_int_equal(pat_has(&p.items[0].set, (unsigned)c), all[i].is(c) != 0);
			assert_int_equal(pat_has(&not.items[0].set, (unsigned)c), all[i].is(c) == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items),
		cmocka_unit_test(captures),
		cmocka_unit_test(classes),
	};
	static struct arena memory;
	jmp_buf oom;
	if (setjmp(oom))
		return 1;
	arena_init(&memory, 64 << 20, &oom);
	arena = &memory;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(&memory);
	return failed;
}
