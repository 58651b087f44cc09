/* cparam.c - reads C parameter lists. */
#include "core/cparam.h"
#include "core/ctype.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 8, MAX_WORD = 40 };

/* What ctype does not know, for it has no place in maps: C's other names, on 64-bit systems. */
static const struct {
	const char *name;
	struct cparam as;
} others[] = {
	{ "char",        { 1, CHAR_MIN < 0, false } },
	{ "ssize_t",     { 8, true, false } },
	{ "off_t",       { 8, true, false } },
	{ "off64_t",     { 8, true, false } },
	{ "loff_t",      { 8, true, false } },
	{ "intptr_t",    { 8, true, false } },
	{ "uintptr_t",   { 8, false, false } },
	{ "ptrdiff_t",   { 8, true, false } },
	{ "intmax_t",    { 8, true, false } },
	{ "uintmax_t",   { 8, false, false } },
	{ "time_t",      { 8, true, false } },
	{ "useconds_t",  { 4, false, false } },
	{ "clockid_t",   { 4, true, false } },
	{ "mode_t",      { 4, false, false } },
	{ "uid_t",       { 4, false, false } },
	{ "gid_t",       { 4, false, false } },
	{ "dev_t",       { 8, false, false } },
	{ "ino_t",       { 8, false, false } },
	{ "socklen_t",   { 4, false, false } },
	{ "nfds_t",      { 8, false, false } },
	{ "pthread_t",   { 8, false, false } },
	{ "wchar_t",     { 4, (wchar_t)-1 < 0, false } },
	{ "char16_t",    { 2, false, false } },
	{ "char32_t",    { 4, false, false } },
};

struct decl {
	const char *text;
	int n;                       /* bytes of text */
	char word[MAX_WORDS][MAX_WORD]; /* but for qualifiers */
	unsigned nwords;
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 2, 3))) fail(struct decl *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(d->err, d->errlen, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

static bool is_qualifier(const char *word)
{
	static const char *const list[] = { "const", "volatile", "restrict", "__restrict", "register", NULL };
	return is_one_of(word, list);
}

static bool has(const struct decl *d, const char *chars)
{
	for (int i = 0; i < d->n; i++)
		if (strchr(chars, d->text[i]))
			return true;
	return false;
}

/* Words up to the first mark that only pointers have. */
static int read_words(struct decl *d)
{
	for (int i = 0, n; i < d->n && !strchr("*&[", d->text[i]); i += n) {
		for (n = 0; i + n < d->n && (isalnum((unsigned char)d->text[i + n]) || d->text[i + n] == '_');)
			n++;
		if (!n && !isspace((unsigned char)d->text[i]) && !has(d, "*&["))
			return fail(d, "there is a '%c' in the parameter '%.*s'", d->text[i], d->n, d->text);
		if (!n) {
			n = 1;
			continue;
		}
		if (d->nwords == MAX_WORDS || n >= MAX_WORD)
			return fail(d, "the parameter '%.*s' is too long", d->n, d->text);
		snprintf(d->word[d->nwords], MAX_WORD, "%.*s", n, d->text + i);
		d->nwords += !is_qualifier(d->word[d->nwords]);
	}
	return d->nwords ? 0 : fail(d, "expected a parameter's type, found '%.*s'", d->n, d->text);
}

static bool is_c_word(const char *word)
{
	static const char *const list[] = { "unsigned", "signed", "short", "long", "int", "char", NULL };
	return is_one_of(word, list);
}

static int refuse_kind(struct decl *d)
{
	static const char *const floats[] = { "float", "double", "_Complex", "_Float16", "__float128", NULL };
	static const char *const structs[] = { "struct", "union", "class", NULL };
	for (unsigned i = 0; i < d->nwords; i++)
		if (is_one_of(d->word[i], floats))
			return fail(d, "'%.*s' travels in a floating-point register, which programs cannot read: "
				    "leave it out, the others keep their places", d->n, d->text);
	if (is_one_of(d->word[0], structs))
		return fail(d, "'%.*s' is a %s passed by value: write what its registers hold, as in "
			    "\"long, long\", or its pointer", d->n, d->text, d->word[0]);
	return 0;
}

static bool find_other(const char *type, struct cparam *out)
{
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(others[i].name, type)) {
			*out = others[i].as;
			return true;
		}
	return false;
}

/* The type is all words but the last, which is the name unless it is a type by itself. */
static int read_integer(struct decl *d, struct cparam *out)
{
	char type[MAX_WORDS * MAX_WORD] = "", why[160];
	struct ctype *t;
	if (!strcmp(d->word[0], "enum")) {
		*out = (struct cparam){ 4, true, false };
		return 0;
	}
	unsigned n = d->nwords > 1 && !is_c_word(d->word[d->nwords - 1]) ? d->nwords - 1 : d->nwords;
	for (unsigned i = 0; i < n; i++)
		snprintf(type + strlen(type), sizeof type - strlen(type), "%s%s", i ? " " : "", d->word[i]);
	if (find_other(type, out))
		return 0;
	bool ok = !ct_parse(type, &t, why, sizeof why) && (t->kind == CT_INT || t->kind == CT_BOOL) && !t->big;
	if (ok)
		*out = (struct cparam){ (uint8_t)t->size, t->is_signed, t->kind == CT_BOOL };
	ct_free(t);
	return ok ? 0 : fail(d, "'%s' is no type of an argument: write an integer (int, unsigned long, uint32_t "
			     "...), bool, or a pointer (%s *)", type, type);
}

static int read_param(struct decl *d, struct cparam *out)
{
	while (d->n && isspace((unsigned char)*d->text))
		d->text++, d->n--;
	while (d->n && isspace((unsigned char)d->text[d->n - 1]))
		d->n--;
	if (d->n == 3 && !memcmp(d->text, "...", 3))
		return fail(d, "'...' says nothing of types: write those that are passed");
	if (has(d, "("))
		return fail(d, "'%.*s': for a pointer to a function write void *", d->n, d->text);
	int r = read_words(d);
	if (!r && has(d, "*&["))
		*out = (struct cparam){ 8, false, false };
	else if (!r)
		r = (r = refuse_kind(d)) ? r : read_integer(d, out);
	return r;
}

static bool is_none(const char *text)
{
	char word[8] = "";
	int end = 0;
	sscanf(text, " %7s %n", word, &end);
	return !*word || (!strcmp(word, "void") && !text[end]);
}

/* Up to the next comma that is not inside parentheses or <>. */
static size_t until_comma(const char *s)
{
	size_t n = 0;
	for (int depth = 0; s[n] && (s[n] != ',' || depth); n++)
		depth += strchr("(<", s[n]) ? 1 : strchr(")>", s[n]) ? -1 : 0;
	return n;
}

int cp_parse(const char *text, struct cparam *out, unsigned most, char *err, size_t errlen)
{
	unsigned n = 0;
	if (is_none(text))
		return 0;
	for (const char *at = text;; at++) {
		size_t len = until_comma(at);
		struct decl d = { .text = at, .n = len < 4096 ? (int)len : 4096, .err = err, .errlen = errlen };
		if (n == most)
			return fail(&d, "more than the %u argument%s that registers hold", most, most == 1 ? "" : "s");
		int r = read_param(&d, &out[n++]);
		if (r)
			return r;
		at += len;
		if (!*at)
			return (int)n;
	}
}

int64_t cp_value(const struct cparam *p, uint64_t reg)
{
	unsigned drop = 64 - 8u * p->size;
	reg <<= drop;
	if (p->is_bool)
		return reg != 0;
	return p->is_signed ? (int64_t)reg >> drop : (int64_t)(reg >> drop);
}
