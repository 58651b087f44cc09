/* numeral.c - texts as numbers, as Lua's own reader takes them: what is known of them when it is compiled. */
#include "core/numeral.h"

#include "core/mutant.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text without the blanks around it. */
static const char *trimmed(const pg_value *text, const char **end)
{
	const char *s = text->str, *e = s + text->n;
	while (s < e && isspace((unsigned char)*s))
		s++;
	while (e > s && isspace((unsigned char)e[-1]))
		e--;
	*end = e;
	return s;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isalpha((unsigned char)c) ? toupper((unsigned char)c) - 'A' + 10 : 99;
}

/* Digits of a base, which wrap; false: there are others, or none. */
static bool digits(const char *s, const char *e, int base, uint64_t *out)
{
	*out = 0;
	for (const char *c = s; c < e; c++) {
		if (digit(*c) >= base)
			return false;
		*out = *out * (uint64_t)base + (uint64_t)digit(*c);
	}
	return s < e;
}

static const char *sign(const char *s, const char *e, bool *minus)
{
	*minus = s < e && *s == '-';
	return s < e && (*s == '-' || *s == '+') ? s + 1 : s;
}

/* Decimal integers that do not fit are floats. */
static bool fits(const char *s, const char *e, bool minus)
{
	static const char most[] = "9223372036854775807";
	while (s < e - 1 && *s == '0')
		s++;
	size_t n = (size_t)(e - s), m = sizeof(most) - 1;
	if (n != m)
		return n < m;
	int order = memcmp(s, most, m - 1);
	return order < 0 || (!order && e[-1] <= (minus && !MUTANT(least_integer) ? '8' : '7'));
}

pg_value numeral_read(struct arena *a, const pg_value *text)
{
	const char *e, *s = trimmed(text, &e), *from = s;
	bool minus;
	uint64_t v;
	s = sign(s, e, &minus);
	bool hex = e - s > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	if (hex ? digits(s + 2, e, 16, &v) : digits(s, e, 10, &v) && fits(s, e, minus))
		return (pg_value){ .kind = PG_INT, .i = (int64_t)(minus ? 0 - v : v) };
	size_t n = (size_t)(e - from);
	if (!n || memchr(from, 0, n) || memchr(from, 'n', n) || memchr(from, 'N', n))
		return (pg_value){ .kind = PG_NIL };
	char *all = arena_copy(a, from, n), *end;
	double d = strtod(all, &end);
	return end == all + n ? (pg_value){ .kind = PG_FLOAT, .f = d } : (pg_value){ .kind = PG_NIL };
}

pg_value numeral_in_base(const pg_value *text, int base)
{
	const char *e, *s = trimmed(text, &e);
	bool minus;
	uint64_t v;
	if (!digits(sign(s, e, &minus), e, base, &v))
		return (pg_value){ .kind = PG_NIL };
	return (pg_value){ .kind = PG_INT, .i = (int64_t)(minus ? 0 - v : v) };
}

bool numeral_integer(const pg_value *number, int64_t *out)
{
	if (number->kind == PG_INT)
		*out = number->i;
	if (number->kind != PG_FLOAT)
		return number->kind == PG_INT;
	bool whole = number->f >= -0x1p63 && number->f < 0x1p63 && number->f == floor(number->f);
	if (whole)
		*out = (int64_t)number->f;
	return whole;
}
