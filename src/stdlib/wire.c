/* wire.c - reads the formats of string.pack and unpack. */
#include "stdlib/wire.h"

#include "core/refusal.h"
#include "stdlib/stdlib.h"
#include "stdlib/mistake.h"

static const struct { char c; uint8_t size; bool is_signed; } integers[] = {
	{ 'b', 1, true }, { 'B', 1, false }, { 'h', 2, true }, { 'H', 2, false }, { 'i', 4, true }, { 'I', 4, false },
	{ 'l', 8, true }, { 'L', 8, false }, { 'j', 8, true }, { 'J', 8, false }, { 'T', 8, false },
};

static uint32_t number(const char **s, const char *end, uint32_t otherwise)
{
	uint32_t n = 0;
	if (*s >= end || **s < '0' || **s > '9')
		return otherwise;
	for (; *s < end && **s >= '0' && **s <= '9' && n <= WIRE_FURTHEST; ++*s)
		n = n * 10 + (uint32_t)(**s - '0');
	return n;
}

static const struct refusal *too_wide(void)
{
	return REFUSAL(ON_STRINGS, "take longer ones as bytes: c16", "integers have 1 to 8 bytes in kernel code");
}

/* The field that starts with c; what is wrong with it, or NULL. */
static const struct refusal *read_field(char c, const char **s, const char *end, struct wire_field *f)
{
	for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++) {
		if (integers[i].c != c)
			continue;
		*f = (struct wire_field){ WIRE_INT, integers[i].size, 1, integers[i].is_signed, f->big };
		if (c == 'i' || c == 'I')
			f->size = number(s, end, 4);
		return f->size < 1 || f->size > 8 ? too_wide() : NULL;
	}
	*f = (struct wire_field){ .align = 1, .big = f->big }; /* a length before text has no sign */
	f->what = c == 'c' ? WIRE_BYTES : c == 's' ? WIRE_PREFIXED : c == 'z' ? WIRE_ZERO : WIRE_SKIP;
	f->size = c == 'x' || c == 'z' ? 1 : number(s, end, c == 's' ? 8 : WIRE_FURTHEST + 1);
	if (c == 'c' && f->size > WIRE_FURTHEST)
		return MISTAKE("write the size behind it: c4", "missing size for format option 'c'");
	if (c == 's' && (f->size < 1 || f->size > 8))
		return too_wide();
	return strchr("cszx", c) ? NULL : REFUSAL(ON_STRINGS, "kernel code packs and unpacks by < > = ! b B h H i I l L j J T c s z x and X",
						  "this item is not there in kernel code");
}

/* ---- alignment ---- */

enum { MAX_ALIGN = 16, NATIVE_ALIGN = 8 };

/* !n: no item is aligned to more. */
static const struct refusal *read_most(const char **s, const char *end, uint32_t *most)
{
	*most = number(s, end, NATIVE_ALIGN);
	return *most >= 1 && *most <= MAX_ALIGN ? NULL : MISTAKE("write !1, !2, !4, !8 or !16", "integral size of '!' out of limits [1,16]");
}

/* What X aligns to: the size of the item behind it, which is not packed; 0: it has none. */
static uint32_t size_behind(const char **s, const char *end)
{
	char c = *s < end ? *(*s)++ : 0;
	for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
		if (integers[i].c == c)
			return c == 'i' || c == 'I' ? number(s, end, 4) : integers[i].size;
	switch (c) {
	case 'x':
		return 1;
	case 'f':
		return 4;
	case 'd': case 'n':
		return 8;
	case 's':
		return number(s, end, 8);
	default:
		return 0;
	}
}

static const struct refusal *read_aligning(const char **s, const char *end, struct wire_field *f)
{
	*f = (struct wire_field){ .what = WIRE_SKIP, .align = size_behind(s, end) };
	return f->align && f->align <= MAX_ALIGN ? NULL : MISTAKE("write an item behind it, to whose size it aligns: XI4", "invalid next option for option 'X'");
}

/* Integers, and lengths before text, are aligned to their size. */
static const struct refusal *align(struct wire_field *f, bool aligns, uint32_t most)
{
	uint32_t to = aligns ? f->align : f->what == WIRE_INT || f->what == WIRE_PREFIXED ? f->size : 1;
	f->align = to < most ? to : most;
	return f->align & (f->align - 1) ? MISTAKE("write i2, i4 or i8, or leave out the !", "format asks for alignment not power of 2") : NULL;
}

static const struct refusal *read_item(char c, const char **s, const char *end, uint32_t most, struct wire_field *f)
{
	bool aligns = c == 'X';
	const struct refusal *wrong = aligns ? read_aligning(s, end, f) : read_field(c, s, end, f);
	return wrong ? wrong : align(f, aligns, most);
}

const struct refusal *wire_read(const pg_value *k, struct wire_field *out, uint32_t *count)
{
	const char *s = k->str, *end = s + k->n;
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	uint32_t most = 1;
	for (*count = 0; s < end;) {
		char c = *s++;
		const struct refusal *wrong = c == '!' ? read_most(&s, end, &most) : NULL;
		if (wrong)
			return wrong;
		if (c == ' ' || c == '!')
			continue;
		if (c == '<' || c == '>' || c == '=') {
			big = c == '=' ? __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ : c == '>';
			continue;
		}
		if (*count == WIRE_FIELDS || !c)
			return c ? REFUSAL(ON_STRINGS, "do it in parts: s:unpack(format, at), or a .. b",
					   "too many items")
				 : MISTAKE("leave the zero byte out", "invalid format option '\\0'");
		struct wire_field *f = &out[(*count)++];
		f->big = big;
		wrong = read_item(c, &s, end, most, f);
		if (wrong)
			return wrong;
	}
	return NULL;
}
