/*
 * format.c - string.format with a constant format: texts put one behind the other.
 *
 * A conversion becomes up to seven of them: what is before it to make its width, a sign or prefix, zeros, its digits or
 * its text, a point and the zeros of a fraction, and what is behind it. What is longer than a text may be (64 bytes) is two.
 *
 * Of a constant number the text is made here. With %q, and %e %g %a of what is none, it is for print alone (opt/printed.c): the
 * user half makes the text, and what is left to do here is to look at the arguments as Lua does.
 */
#include "stdlib/match.h"
#include "stdlib/stdlib.h"
#include "stdlib/mistake.h"

#include "core/numeral.h"

#include <errno.h>
#include <stdio.h>

#define INT IR_BIT(IR_INT)
#define TEXT IR_BIT(IR_TEXT)

enum { PIECES = 32, TEXTS = 10, NO_PRECISION = -1 };

/* ---- reading it ---- */

enum flag { LEFT = 1, ZERO = 2, PLUS = 4, SPACE = 8, ALTERNATIVE = 16 };
static const char flag_chars[] = "-0+ #";

/* What each conversion takes: as Lua checks it. */
struct conversion {
	char name;
	uint8_t flags;
	bool precision;
	uint8_t base;      /* of digits */
	uint8_t most;      /* digits */
};
static const struct conversion conversions[] = {
	{ 's', LEFT, true, 0, 0 },
	{ 'c', LEFT, false, 0, 1 },
	{ 'd', LEFT | ZERO | PLUS | SPACE, true, 10, 19 },
	{ 'i', LEFT | ZERO | PLUS | SPACE, true, 10, 19 },
	{ 'u', LEFT | ZERO, true, 10, 20 },
	{ 'x', LEFT | ZERO | ALTERNATIVE, true, 16, 16 },
	{ 'X', LEFT | ZERO | ALTERNATIVE, true, 16, 16 },
	{ 'o', LEFT | ZERO | ALTERNATIVE, true, 8, 22 },
	{ 'f', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 10, 19 }, /* of an integer, which is made a float */
	/* what the user half does */
	{ 'q', 0, false, 0, 0 },
	{ 'e', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
	{ 'E', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
	{ 'g', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
	{ 'G', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
	{ 'a', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
	{ 'A', LEFT | ZERO | PLUS | SPACE | ALTERNATIVE, true, 0, 0 },
};

static const char letters[] = "scdiuxXofqeEgGaA"; /* all of them */

/* A part of a format: text, or (conv) an argument, and where its % is. */
struct piece {
	const char *text;
	uint32_t n;
	const struct conversion *conv;
	unsigned flags;
	uint32_t width;
	int precision;
};

static bool is_text(const struct piece *p) { return p->conv->name == 's'; }
static bool is_quoted(const struct piece *p) { return p->conv->name == 'q'; }
static bool is_real(const struct piece *p) { return strchr("feEgGaA", p->conv->name); }
static bool is_printed(const struct piece *p) { return p->conv && strchr("qeEgGaA", p->conv->name); }
static bool is_fixed(const struct piece *p) { return p->conv->name == 'f'; }
static bool is_signed(const struct piece *p) { return p->conv->name == 'd' || p->conv->name == 'i' || is_fixed(p); }
static uint32_t fraction(const struct piece *p) { return p->precision == NO_PRECISION ? 6 : (uint32_t)p->precision; }
static bool plain(const struct piece *p) { return !p->flags && !p->width && p->precision == NO_PRECISION; }

static int two_digits(const char **s, const char *end)
{
	int n = 0;
	for (unsigned i = 0; i < 2 && *s < end && **s >= '0' && **s <= '9'; i++)
		n = n * 10 + *(*s)++ - '0';
	return n;
}

/* Flags and digits of a width that Lua takes together (lstrlib.c, getformat). */
#define MOST_FLAGS 20

/* One conversion behind its %. What is wrong with it, or NULL. */
static const struct refusal *read_conversion(const char **s, const char *end, struct piece *p)
{
	const char *flag, *first = *s;
	*p = (struct piece){ .precision = NO_PRECISION };
	for (; *s < end && **s && (flag = strchr(flag_chars, **s)); ++*s)
		p->flags |= 1u << (flag - flag_chars);
	p->width = (uint32_t)two_digits(s, end);
	if (*s - first > MOST_FLAGS)
		return MISTAKE("a flag says nothing the second time", "invalid format (too long)");
	if (*s < end && **s == '.') {
		++*s;
		p->precision = two_digits(s, end);
	}
	for (unsigned i = 0; i < sizeof(conversions) / sizeof(*conversions) && *s < end; i++)
		if (conversions[i].name == **s)
			p->conv = &conversions[i];
	if (!p->conv)
		return REFUSAL(ON_STRINGS, "kernel code formats by %s %d %i %u %x %X %o %c and %f, with flags, a width and a "
			       "precision; print other values as they are", "this conversion is not there in kernel code");
	++*s;
	if (is_quoted(p) && !plain(p))
		return MISTAKE("leave out what stands between % and q", "specifier '%q' cannot have modifiers");
	if (p->flags & ~(unsigned)p->conv->flags || (p->precision != NO_PRECISION && !p->conv->precision))
		return MISTAKE("leave the flag or the precision out", "a conversion has a flag or a precision that 'format' does not "
				   "take with it");
	if (p->flags & LEFT || (p->precision != NO_PRECISION && !is_fixed(p)))
		p->flags &= ~(unsigned)ZERO;
	return NULL;
}

static const struct refusal *read_format(const pg_value *k, struct piece *out, uint32_t *count)
{
	const char *s = k->str, *end = s + k->n;
	for (*count = 0; s < end;) {
		struct piece *p = &out[(*count)++];
		if (*count == PIECES)
			return REFUSAL(ON_STRINGS, "format it in parts, and put those together with ..",
				       "this format has too many parts");
		const char *percent = memchr(s, '%', (size_t)(end - s));
		if (percent == s && s + 1 < end && s[1] != '%') {
			s++;
			const struct refusal *wrong = read_conversion(&s, end, p);
			if (wrong)
				return wrong;
			p->text = percent;
			continue;
		}
		if (percent == s && s + 1 == end)
			return MISTAKE("write %% for the character", "invalid conversion '%' to 'format'");
		*p = (struct piece){ .text = percent == s ? s + 1 : s,
				     .n = (uint32_t)(percent == s ? 1 : (percent ? percent : end) - s) };
		s = percent == s ? s + 2 : percent ? percent : end;
	}
	return NULL;
}

/* ---- numbers that are constants ---- */

enum { NUMBER_MOST = 512 }; /* bytes: those of the greatest float with 99 behind its point are 409 */

/* The constant number that the conversion takes k for; false: it is none, or not known to the last bit. */
static bool number_of(const struct piece *p, const pg_value *k, pg_value *out)
{
	int64_t whole;
	if (!k || is_text(p) || is_quoted(p) || (k->kind != PG_INT && k->kind != PG_FLOAT))
		return false;
	*out = *k;
	if (is_real(p) && k->kind == PG_INT)
		*out = (pg_value){ .kind = PG_FLOAT, .f = (double)k->i };
	else if (!is_real(p) && k->kind == PG_FLOAT && !numeral_integer(k, &whole))
		return false;
	else if (!is_real(p) && k->kind == PG_FLOAT)
		*out = (pg_value){ .kind = PG_INT, .i = whole };
	return out->kind == PG_INT || out->f == out->f; /* of what is no number, C says the sign */
}

/* The text of a constant number, by C's printf as in Lua: all that stands between % and its letter is C's, too. */
static bool number_text(struct arena *a, const struct piece *p, const pg_value *k, pg_value *out)
{
	pg_value number;
	char buf[NUMBER_MOST];
	if (!number_of(p, k, &number))
		return false;
	const char name = p->conv->name, *fmt = arena_printf(a, "%.*s%s%c", (int)strcspn(p->text, letters), p->text,
							     is_real(p) || name == 'c' ? "" : "ll", name);
	int n = is_real(p) ? snprintf(buf, sizeof(buf), fmt, number.f)
	      : name == 'c' ? snprintf(buf, sizeof(buf), fmt, (int)number.i)
	      : snprintf(buf, sizeof(buf), fmt, (long long)number.i);
	*out = (pg_value){ .kind = PG_STR, .str = arena_copy(a, buf, (size_t)n), .n = (uint32_t)n };
	return true;
}

/* The whole text, where all in it are constants. */
static bool known_text(struct infer *in, const struct piece *p, uint32_t count, const struct ir_type *a, struct ir_type *out)
{
	struct arena *arena = infer_unit(in)->arena;
	pg_value texts[PIECES];
	size_t all = 0, at = 0;
	uint32_t arg = 1;
	for (uint32_t i = 0; i < count; all += texts[i++].n)
		if (!p[i].conv)
			texts[i] = (pg_value){ .str = p[i].text, .n = p[i].n };
		else if (!number_text(arena, &p[i], a[arg++].k, &texts[i]))
			return false;
	if (all > LW_MAXLONG)
		return false;
	char *s = arena_alloc(arena, all + 1);
	for (uint32_t i = 0; i < count; at += texts[i++].n)
		memcpy(s + at, texts[i].str, texts[i].n);
	std_give(in, s, all, out);
	return true;
}

/* ---- its type ---- */

/* Bytes that the conversion gives at most. */
static uint32_t most_of(struct arena *arena, const struct piece *p, const struct ir_type *a)
{
	pg_value text;
	if (number_text(arena, p, a->k, &text))
		return text.n;
	uint32_t n = is_text(p) ? lw_text_cap_below(a->kinds, a->cap, a->most, ir_type_below(a))
		: p->conv->base && ir_type_below(a) ? lw_digits_below(ir_type_below(a), p->conv->base) : p->conv->most;
	uint32_t precision = p->precision == NO_PRECISION ? 0 : (uint32_t)p->precision;
	if (is_text(p))
		n = p->precision != NO_PRECISION && n > precision ? precision : n;
	else if (is_fixed(p))
		n += 2 + fraction(p); /* a sign, a point */
	else
		n = (n > precision ? n : precision) + (is_signed(p) && (!ir_type_below(a) || p->flags & (PLUS | SPACE))) + (p->flags & ALTERNATIVE ? 2 : 0);
	return n > p->width ? n : p->width;
}

/* The first that the user half does, or NULL: of n arguments `a`, where they are known, no constant number. */
static const struct piece *first_printed(const struct piece *p, uint32_t count, const struct ir_type *a, uint32_t n)
{
	pg_value number;
	for (uint32_t i = 0, arg = 1; i < count; arg += p[i++].conv != NULL)
		if (is_printed(&p[i]) && (arg >= n || !number_of(&p[i], a[arg].k, &number)))
			return &p[i];
	return NULL;
}

/* What %q takes. */
static const uint64_t literal = IR_BIT(IR_NIL) | IR_BOOL | INT | IR_STRINGS | IR_BIT(IR_MSG);

/* A captured number with a fraction is there in the user half. */
static bool is_float(const struct piece *p, const pg_value *k)
{
	return is_printed(p) && k && k->kind == PG_FLOAT;
}

/* Can the argument be formatted so? */
static bool argument(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t i, const struct piece *p,
		     const struct ir_type *a)
{
	pg_value number;
	if (is_text(p))
		return std_textual(in, row, site, a);
	if (is_float(p, a->k) || number_of(p, a->k, &number))
		return true;
	if (is_quoted(p) && a->kinds & literal)
		return true;
	if (is_quoted(p))
		return infer_error(in, site, "write it as a text: %s", "argument #%u of 'format' is a %s here, which has no literal form: %%q does not "
				   "take it", i, infer_called(in, a, IR_ANY)), false;
	uint64_t wrong = a->kinds & (IR_ALL_STRINGS | IR_BIT(IR_FLOAT));
	if (!wrong && a->kinds & INT)
		return true;
	/* Lua would convert a text, and a float that is an integer */
	const struct refusal *refused = REFUSAL(ON_STRINGS, "%s takes a text; tonumber(s) is its number",
					    "argument #%u of 'format' is %s %s here, and %%%c takes an integer");
	const bool real = wrong == IR_BIT(IR_FLOAT);
	const char *help = a->kinds & IR_ALL_STRINGS ? refused->help
			 : real ? "write an integer; or format it in the user half and capture the text"
			 : a->kinds & (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))
			 ? "%s takes an address; a:int() is an ip4 or a mac as a number" : "give it an integer, such as a field of it: v.n";
	struct diag *d = infer_error(in, site, help, refused->text, i, wrong && a->kinds & INT ? "perhaps a" : "a",
				     real ? "float" : infer_called(in, a, wrong ? wrong : IR_ANY), p->conv->name);
	if (wrong)
		diag_refused(d);
	return false;
}

bool std_format_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	struct piece p[PIECES];
	uint32_t count, arg = 1, least = 0, all = 0;
	bool good = true;
	if (std_several_constants(&a[0]))
		return infer_refuse(in, site, ON_STRINGS, "let a table hold functions, up to 256 of them: local function by(f) return "
				    "function(n) return f:format(n) end end and t[k] = by(\"%d\") outside, then t[k](n)",
				    "the format of '%s' is one of several constants: more than 256, used too often, or changed by a loop",
				    "format"), false;
	if (!a[0].k || a[0].k->kind != PG_STR)
		return infer_refuse(in, site, ON_STRINGS, "write the format into the call, or capture it",
				    "the format of 'format' is known only at run time"), false;
	const struct refusal *wrong = read_format(a[0].k, p, &count);
	if (wrong)
		return diag_advise(infer_error(in, site, wrong->help, "%s", wrong->text), wrong), false;
	bool looks = ir_same_value(a[n - 1].k, &ir_format_values);
	const struct piece *printed = looks ? NULL : first_printed(p, count, a, n);
	if (printed)
		return infer_refuse(in, site, ON_STRINGS, "give it to print, and to nothing else: print((\"%q\"):format(v))",
				    "the text that '%.2s' makes is there for print alone",
				    (char[]){ '%', printed->conv->name, 0 }), false;
	n -= looks;
	for (uint32_t i = 0; i < count; i++) {
		least += p[i].conv ? p[i].width : p[i].n;
		all += p[i].conv ? 0 : p[i].n;
		if (!p[i].conv)
			continue;
		if (arg >= n)
			return infer_error(in, site, "give it one more argument",
					   "'format' has no argument for %%%c", p[i].conv->name), false;
		good &= argument(in, row, site, arg, &p[i], &a[arg]);
		all += looks ? 0 : most_of(infer_unit(in)->arena, &p[i], &a[arg]);
		arg++;
	}
	if (!good)
		return false;
	if (looks)
		*out = (struct ir_type){ .kinds = INT };
	return looks || known_text(in, p, count, a, out) || std_text_type(in, site, least, all, out);
}

enum ir_taken std_format_takes(const pg_value *format, uint32_t i)
{
	struct piece p[PIECES];
	uint32_t count, arg = 0;
	if (format->kind != PG_STR || read_format(format, p, &count))
		return IR_NOT_TAKEN;
	for (uint32_t k = 0; k < count; k++)
		if (p[k].conv && ++arg == i)
			return strchr("sq", p[k].conv->name) ? IR_NOT_TAKEN : strchr("feEgGaA", p[k].conv->name) ? IR_AS_NUMBER : IR_AS_INTEGER;
	return IR_NOT_TAKEN;
}

int std_format_lacks(const pg_value *format, uint32_t given, pg_value *before)
{
	struct piece p[PIECES];
	uint32_t count;
	if (format->kind != PG_STR || read_format(format, p, &count))
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (!p[i].conv || given--)
			continue;
		*before = *format;
		before->n = (uint32_t)(p[i].text - format->str);
		return 1;
	}
	return 0;
}

bool std_format_prints(const pg_value *format)
{
	struct piece p[PIECES];
	uint32_t count;
	return format->kind == PG_STR && !read_format(format, p, &count) && first_printed(p, count, NULL, 0);
}

/* ---- what a conversion is made of ---- */

struct texts {
	struct lw *w;
	struct lw_val *all;
	uint32_t n;
	const char *callee;
	uint32_t arg;      /* as messages count them */
};

static void put(struct texts *t, struct lw_val v) { t->all[t->n++] = v; }

/* A text of one byte, or none. */
static struct lw_val byte_text(struct lw *w, ir_ref len, ir_ref c)
{
	struct lw_val v = { .kinds = TEXT, .cap = 1, .n = 2 };
	v.w[0] = len;
	v.w[1] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? lw_op2i(w, IRO(shl64), c, 56) : c;
	return v;
}

/* Of a text in words only the first n bytes, of which there are at most `most`. */
static struct lw_val first_bytes(struct lw *w, const struct lw_val *t, ir_ref n, uint32_t most)
{
	struct lw_val v = { .kinds = TEXT, .cap = most, .n = (uint8_t)(1 + (most + 7) / 8) };
	v.w[0] = n;
	for (unsigned i = 1; i < v.n; i++)
		v.w[i] = lw_op2(w, IRO(and64), t->w[i], lw_text_mask(w, n, i - 1));
	return v;
}

/* n bytes c, of which there are at most `most`; none where n is negative. */
static void fill(struct texts *t, ir_ref n, char c, uint32_t most)
{
	struct lw *w = t->w;
	struct lw_val all;
	for (unsigned i = 1; i < LW_MAXWORDS; i++)
		all.w[i] = lw_imm(w, (int64_t)(0x0101010101010101u * (uint8_t)c));
	for (uint32_t before = 0; before < most; before += LW_MAXSTR) {
		uint32_t here = most - before < LW_MAXSTR ? most - before : (uint32_t)LW_MAXSTR;
		ir_ref some = lw_at_most(w, before ? lw_op2i(w, IRO(sub64), n, before) : n, here);
		put(t, first_bytes(w, &all, lw_at_least_0(w, some), here));
	}
}

/* What of the width `len` bytes leave. */
static ir_ref room(struct lw *w, const struct piece *p, ir_ref len)
{
	return lw_op2(w, IRO(sub64), lw_imm(w, p->width), len);
}

static void pad(struct texts *t, const struct piece *p, ir_ref len, bool left)
{
	if (p->width && left == !(p->flags & LEFT))
		fill(t, room(t->w, p, len), ' ', p->width);
}

/* ---- integers ---- */

/* The sign, or what is there in its place. */
static struct lw_val sign_of(struct lw *w, const struct piece *p, ir_ref n)
{
	ir_ref negative = lw_op2i(w, IRO(shr64), n, 63);
	char other = p->flags & PLUS ? '+' : ' ';
	if (!(p->flags & (PLUS | SPACE)))
		return byte_text(w, negative, lw_op2i(w, IRO(mul64), negative, '-'));
	ir_ref c = lw_op2i(w, IRO(add64), lw_op2i(w, IRO(mul64), negative, '-' - other), other);
	return byte_text(w, lw_imm(w, 1), c);
}

/* 0x, but of 0. */
static struct lw_val prefix_of(struct lw *w, const struct piece *p, ir_ref n)
{
	static const pg_value low = { .kind = PG_STR, .str = "0x", .n = 2 }, high = { .kind = PG_STR, .str = "0X", .n = 2 };
	struct lw_val k = lw_const(w, p->conv->name == 'X' ? &high : &low), v = lw_text(w, &k);
	ir_ref zero = lw_imm(w, 0);
	return first_bytes(w, &v, lw_pick(w, IR_EQ, n, zero, zero, lw_imm(w, 2)), 2);
}

/* How many zeros go before so many digits of n. */
static ir_ref zeros_of(struct lw *w, const struct piece *p, ir_ref n, ir_ref digits, ir_ref before, uint32_t *most)
{
	bool octal = p->conv->base == 8 && p->flags & ALTERNATIVE;
	ir_ref zeros = lw_imm(w, 0), one = lw_imm(w, 1);
	*most = octal;
	if (p->precision != NO_PRECISION)
		zeros = lw_at_least_0(w, lw_op2(w, IRO(sub64), lw_imm(w, p->precision), digits));
	else if (p->flags & ZERO)
		zeros = lw_at_least_0(w, room(w, p, lw_op2(w, IRO(add64), before, digits)));
	*most = p->precision > (int)*most ? (uint32_t)p->precision : *most;
	*most = p->flags & ZERO && p->width > *most ? p->width : *most;
	if (!octal)
		return zeros;
	ir_ref need = p->precision == 0 ? one : lw_pick(w, IR_EQ, n, lw_imm(w, 0), n, one);
	return lw_pick(w, IR_ULT, zeros, need, need, zeros);
}

static void put_integer(struct texts *t, const struct piece *p, ir_ref n, uint32_t below)
{
	struct lw *w = t->w;
	ir_ref none = lw_imm(w, 0), magnitude = n, len, zeros;
	struct lw_val before = { .kinds = 0 };
	uint32_t most;
	if (is_signed(p) && (!below || p->flags & (PLUS | SPACE))) {
		ir_ref sign = lw_op2i(w, IRO(sar64), n, 63);
		before = sign_of(w, p, n);
		magnitude = lw_op2(w, IRO(sub64), lw_op2(w, IRO(xor64), n, sign), sign);
	} else if (p->conv->base == 16 && p->flags & ALTERNATIVE) {
		before = prefix_of(w, p, n);
	}
	struct lw_val digits = lw_text_digits(w, magnitude, &(struct lw_digits){ .base = p->conv->base, .upper = p->conv->name == 'X', .below = below });
	if (p->precision == 0)
		digits = first_bytes(w, &digits, lw_pick(w, IR_EQ, n, none, none, digits.w[0]), digits.cap);
	len = before.kinds ? before.w[0] : none;
	zeros = zeros_of(w, p, n, digits.w[0], len, &most);
	len = lw_op2(w, IRO(add64), lw_op2(w, IRO(add64), len, digits.w[0]), zeros);
	pad(t, p, len, true);
	if (before.kinds)
		put(t, before);
	fill(t, zeros, '0', most);
	put(t, digits);
	pad(t, p, len, false);
}

/* The float next to n, which is an integer, too: of 53 bits, and of two as near the even one. */
static ir_ref nearest_float(struct lw *w, ir_ref n)
{
	enum { BITS = 53 };
	ir_ref beyond = lw_imm(w, 0); /* how many bits are too many */
	for (unsigned bit = BITS; bit < 64; bit++) {
		ir_ref above = lw_op2i(w, IRO(shr64), n, bit), minus = lw_op2(w, IRO(sub64), lw_imm(w, 0), above);
		beyond = lw_op2(w, IRO(add64), beyond, lw_op2i(w, IRO(shr64), lw_op2(w, IRO(or64), above, minus), 63));
	}
	ir_ref half = lw_op2i(w, IRO(shr64), lw_op2(w, IRO(shl64), lw_imm(w, 1), beyond), 1);
	ir_ref odd = lw_op2i(w, IRO(and64), lw_op2(w, IRO(shr64), n, beyond), 1);
	ir_ref sum = lw_op2(w, IRO(add64), lw_op2i(w, IRO(sub64), lw_op2(w, IRO(add64), n, half), 1), odd);
	ir_ref rounded = lw_op2(w, IRO(shl64), lw_op2(w, IRO(shr64), sum, beyond), beyond);
	return lw_pick(w, IR_ULT, n, lw_imm(w, (int64_t)1 << BITS), n, rounded);
}

/* %f: an integer has zeros behind its point. */
static void put_fixed(struct texts *t, const struct piece *p, ir_ref n, uint32_t below)
{
	struct lw *w = t->w;
	ir_ref negative = lw_op2i(w, IRO(sar64), n, 63);
	ir_ref magnitude = lw_op2(w, IRO(sub64), lw_op2(w, IRO(xor64), n, negative), negative);
	struct lw_val sign = sign_of(w, p, n), point = byte_text(w, lw_imm(w, 1), lw_imm(w, '.'));
	struct lw_val digits = lw_text_digits(w, below ? n : nearest_float(w, magnitude), &(struct lw_digits){ .base = 10,
		.below = below ? below : ((uint64_t)1 << 63) + 1 });
	bool pointed = fraction(p) || p->flags & ALTERNATIVE;
	ir_ref len = lw_op2i(w, IRO(add64), lw_op2(w, IRO(add64), sign.w[0], digits.w[0]), fraction(p) + pointed);
	ir_ref zeros = p->flags & ZERO ? lw_at_least_0(w, room(w, p, len)) : lw_imm(w, 0);
	len = lw_op2(w, IRO(add64), len, zeros);
	pad(t, p, len, true);
	put(t, sign);
	if (p->flags & ZERO)
		fill(t, zeros, '0', p->width);
	put(t, digits);
	if (pointed)
		put(t, point);
	fill(t, lw_imm(w, fraction(p)), '0', fraction(p));
	pad(t, p, len, false);
}

static void put_char(struct texts *t, const struct piece *p, ir_ref n)
{
	ir_ref one = lw_imm(t->w, 1);
	pad(t, p, one, true);
	put(t, byte_text(t->w, one, lw_op2i(t->w, IRO(and64), n, 255)));
	pad(t, p, one, false);
}

/* ---- texts ---- */

static const char zeros_in_it[] = "bad argument #%u to '%s' (string contains zeros)";

/* Raises where one of the text's bytes is 0. */
static void check_words(struct texts *t, const struct lw_val *v)
{
	struct lw *w = t->w;
	ir_ref found = lw_imm(w, 0);
	for (unsigned i = 1; i < v->n; i++) {
		ir_ref word = lw_op2(w, IRO(or64), v->w[i], lw_op2i(w, IRO(xor64), lw_text_mask(w, v->w[0], i - 1), -1));
		found = lw_op2(w, IRO(or64), found, lw_zero_bytes(w, word));
	}
	lw_raise_if(w, IR_NE, found, lw_imm(w, 0), zeros_in_it, t->arg, t->callee);
}

static void check_bytes(struct texts *t, const struct lw_str *s)
{
	struct pat_item zero = { 0 };
	struct pat p = { .n = 1, .items = &zero };
	struct match m = { .not_at = 0 };
	ir_blk none = lw_block(t->w, 0);
	pat_add(&zero.set, 0);
	match_emit(t->w, &p, s, s->off, &m, none);
	lw_raise(t->w, zeros_in_it, t->arg, t->callee);
	lw_enter(t->w, none);
}

/* May one of its bytes be 0? Those of typed memory end there. */
static bool may_hold_zero(const struct lw_val *v)
{
	if (v->k)
		return v->k->kind == PG_STR && memchr(v->k->str, 0, v->k->n);
	return v->kinds & (IR_BIT(IR_SLICE) | TEXT | IR_BIT(IR_LONG));
}

/* v as a text without zeros, of more than LW_MAXSTR bytes (far) as s. */
static struct lw_val checked_text(struct texts *t, const struct lw_val *v, bool far, struct lw_str *s)
{
	struct lw *w = t->w;
	struct lw_val text = !far ? lw_text(w, v) : ir_single(v->kinds) ? *v : lw_long_of(w, v);
	if (far)
		*s = lw_str_of(w, &text);
	if (may_hold_zero(v) && far)
		check_bytes(t, s);
	else if (may_hold_zero(v))
		check_words(t, &text);
	return text;
}

static void put_text(struct texts *t, const struct piece *p, const struct lw_val *v)
{
	struct lw *w = t->w;
	uint32_t most = lw_text_cap(v->kinds, v->cap, v->most);
	bool cut = p->precision != NO_PRECISION && most > (uint32_t)p->precision, far = most > LW_MAXSTR;
	struct lw_str s = { .len = 0 };
	struct lw_val text = checked_text(t, v, far, &s);
	ir_ref len = far ? s.len : text.w[0];
	if (cut) {
		len = lw_at_most(w, len, p->precision);
		text = far ? lw_str_part(w, &s, s.off, len, (uint32_t)p->precision)
			   : first_bytes(w, &text, len, (uint32_t)p->precision);
	}
	pad(t, p, len, true);
	put(t, text);
	pad(t, p, len, false);
}

static void convert(struct texts *t, const struct piece *p, const struct lw_val *v)
{
	if (is_text(p) && plain(p))
		put(t, *v); /* joining makes it a text */
	else if (is_text(p))
		put_text(t, p, v);
	else if (is_fixed(p))
		put_fixed(t, p, lw_int_word(t->w, v), v->below);
	else if (is_signed(p) && plain(p))
		put(t, lw_text_int(t->w, lw_int_word(t->w, v), v->below));
	else if (p->conv->base)
		put_integer(t, p, lw_int_word(t->w, v), v->below);
	else
		put_char(t, p, lw_int_word(t->w, v));
}

static void check_number(struct texts *t, struct lw_val *v)
{
	*v = lw_check_kind(t->w, v, INT, arena_printf(t->w->unit->arena, "bad argument #%u to '%s' (number expected, got %%K)",
						      t->arg, t->callee));
}

/* What Lua finds wrong with an argument whose text the user half makes. */
static void check_printed(struct texts *t, const struct piece *p, struct lw_val *v)
{
	struct lw_str s;
	pg_value number;
	if (is_float(p, v->k) || number_of(p, v->k, &number))
		return;
	if (is_quoted(p))
		lw_check_kind(t->w, v, literal, arena_printf(t->w->unit->arena, "bad argument #%u to '%s' (value has no literal form)",
							     t->arg, t->callee));
	else if (!is_text(p))
		check_number(t, v);
	else if (!plain(p) && may_hold_zero(v))
		checked_text(t, v, lw_text_cap(v->kinds, v->cap, v->most) > LW_MAXSTR, &s);
}

void std_format_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct piece p[PIECES];
	struct texts t = { .w = w, .all = arena_array(w->unit->scratch, struct lw_val, TEXTS * PIECES),
			   .callee = lw_callee_name(w, row) };
	uint32_t count, arg = 1;
	bool method = ir_at(w->from, w->at->args[0])->op == IRO(self), looks = ir_same_value(args[n - 1].k, &ir_format_values);
	read_format(args[0].k, p, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (looks && !p[i].conv)
			continue;
		if (!p[i].conv) {
			pg_value text = { .kind = PG_STR, .str = p[i].text, .n = p[i].n };
			put(&t, lw_const(w, ir_const(w->unit, text)));
			continue;
		}
		struct lw_val v = args[arg];
		t.arg = arg++ + !method;
		pg_value known;
		if (looks) {
			check_printed(&t, &p[i], &v);
			continue;
		}
		if (number_text(w->unit->arena, &p[i], v.k, &known)) {
			put(&t, lw_const(w, ir_const(w->unit, known)));
			continue;
		}
		if (!is_text(&p[i]))
			check_number(&t, &v);
		convert(&t, &p[i], &v);
	}
	*out = looks ? lw_int(lw_imm(w, 0)) : lw_text_join(w, t.n, t.all, out->cap);
}
