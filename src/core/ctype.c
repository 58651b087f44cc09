/* ctype.c - types of keys, values and events: from text to layout, and back to text. */
#include "core/ctype.h"
#include "core/near.h"
#include "core/mutant.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARRAY = 65536, MAX_FIELDS = 1024, MAX_NAME = 63, MAX_WORD = 64 };

/* The types that are one word. be: big-endian in memory. */
static const struct scalar {
	const char *name;
	enum ct_kind kind;
	uint8_t size, align;
	bool is_signed, big, alias;
} scalars[] = {
	{ "u8", CT_INT, 1, 1, false, false, false },
	{ "u16", CT_INT, 2, 2, false, false, false },
	{ "u32", CT_INT, 4, 4, false, false, false },
	{ "u64", CT_INT, 8, 8, false, false, false },
	{ "i8", CT_INT, 1, 1, true, false, false },
	{ "i16", CT_INT, 2, 2, true, false, false },
	{ "i32", CT_INT, 4, 4, true, false, false },
	{ "i64", CT_INT, 8, 8, true, false, false },
	{ "be16", CT_INT, 2, 2, false, true, false },
	{ "be32", CT_INT, 4, 4, false, true, false },
	{ "be64", CT_INT, 8, 8, false, true, false },
	{ "bool", CT_BOOL, 1, 1, false, false, false },
	{ "ip4", CT_IP4, 4, 4, false, false, false },
	{ "ip6", CT_IP6, 16, 4, false, false, false }, /* as struct in6_addr */
	{ "mac", CT_MAC, 6, 1, false, false, false },
	/* what else a C programmer writes */
	{ "__u8", CT_INT, 1, 1, false, false, true },
	{ "__u16", CT_INT, 2, 2, false, false, true },
	{ "__u32", CT_INT, 4, 4, false, false, true },
	{ "__u64", CT_INT, 8, 8, false, false, true },
	{ "__s8", CT_INT, 1, 1, true, false, true },
	{ "__s16", CT_INT, 2, 2, true, false, true },
	{ "__s32", CT_INT, 4, 4, true, false, true },
	{ "__s64", CT_INT, 8, 8, true, false, true },
	{ "s8", CT_INT, 1, 1, true, false, true },
	{ "s16", CT_INT, 2, 2, true, false, true },
	{ "s32", CT_INT, 4, 4, true, false, true },
	{ "s64", CT_INT, 8, 8, true, false, true },
	{ "__be16", CT_INT, 2, 2, false, true, true },
	{ "__be32", CT_INT, 4, 4, false, true, true },
	{ "__be64", CT_INT, 8, 8, false, true, true },
	{ "uint8_t", CT_INT, 1, 1, false, false, true },
	{ "uint16_t", CT_INT, 2, 2, false, false, true },
	{ "uint32_t", CT_INT, 4, 4, false, false, true },
	{ "uint64_t", CT_INT, 8, 8, false, false, true },
	{ "int8_t", CT_INT, 1, 1, true, false, true },
	{ "int16_t", CT_INT, 2, 2, true, false, true },
	{ "int32_t", CT_INT, 4, 4, true, false, true },
	{ "int64_t", CT_INT, 8, 8, true, false, true },
	{ "size_t", CT_INT, 8, 8, false, false, true },
	{ "pid_t", CT_INT, 4, 4, true, false, true },
	{ "_Bool", CT_BOOL, 1, 1, false, false, true },
};
enum { NSCALARS = sizeof scalars / sizeof scalars[0] };

/* ---- nearest name, for "did you mean" ---- */

static bool nearer(unsigned d, size_t len, unsigned *best)
{
	if (d >= *best || d >= len)
		return false;
	*best = d;
	return true;
}

const char *ct_nearest(const struct ctype *t, const char *name, size_t len)
{
	const char *found = NULL;
	unsigned best = NEAR_ENOUGH + 1;
	for (uint32_t i = 0; i < t->nfields; i++)
		if (nearer(near_slip(name, len, t->fields[i].name), len, &best))
			found = t->fields[i].name;
	return found;
}

static const char *nearest_type(const char *word)
{
	const char *found = NULL;
	unsigned best = NEAR_ENOUGH + 1;
	for (unsigned i = 0; i < NSCALARS && !scalars[i].alias; i++)
		if (nearer(near_distance(word, strlen(word), scalars[i].name), strlen(word), &best))
			found = scalars[i].name;
	return found;
}

/* ---- the reader ---- */

struct reader {
	const char *at;
	char word[MAX_WORD];
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 2, 3))) fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (r->errlen)
		vsnprintf(r->err, r->errlen, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void skip(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool accept(struct reader *r, char c)
{
	skip(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The next identifier, not consumed; its length, 0 when there is none. */
static size_t peek(struct reader *r)
{
	skip(r);
	size_t n = 0;
	if (!isdigit((unsigned char)*r->at))
		while (is_word(r->at[n]))
			n++;
	size_t keep = n < MAX_WORD - 1 ? n : MAX_WORD - 1;
	memcpy(r->word, r->at, keep);
	r->word[keep] = 0;
	return n;
}

/* What stands here, for messages: a word or a character. */
static int expected(struct reader *r, const char *what)
{
	size_t n = peek(r);
	if (n)
		return fail(r, "expected %s, found '%s'", what, r->word);
	if (*r->at)
		return fail(r, "expected %s, found '%c'", what, *r->at);
	return fail(r, "expected %s at the end", what);
}

static struct ctype *type_new(enum ct_kind kind, uint32_t size, uint32_t align)
{
	struct ctype *t = calloc(1, sizeof *t);
	if (t)
		*t = (struct ctype){ .kind = kind, .size = size, .align = align };
	return t;
}

static int give(struct ctype *t, struct ctype **out)
{
	*out = t;
	return t ? 0 : -ENOMEM;
}

/* ---- scalars ---- */

/* Words of C's own integer types, in any order: "unsigned long int". */
enum { W_UNSIGNED = 1, W_SIGNED = 2, W_SHORT = 4, W_LONG = 8, W_INT = 16, W_CHAR = 32 };
static const char *const c_words[] = { "unsigned", "signed", "short", "long", "int", "char" };

static unsigned c_word(const char *word)
{
	for (unsigned i = 0; i < sizeof c_words / sizeof c_words[0]; i++)
		if (!strcmp(word, c_words[i]))
			return 1u << i;
	return 0;
}

static int read_c_integer(struct reader *r, struct ctype **out, bool *is_char)
{
	unsigned seen = 0, longs = 0;
	for (unsigned w; peek(r) && (w = c_word(r->word)); r->at += strlen(r->word)) {
		longs += w == W_LONG;
		if ((seen & w && w != W_LONG) || longs > 2)
			return fail(r, "'%s' once too often", r->word);
		seen |= w;
	}
	unsigned sizes = seen & (W_SHORT | W_LONG | W_CHAR);
	if ((sizes & (sizes - 1)) || (seen & (W_SIGNED | W_UNSIGNED)) == (W_SIGNED | W_UNSIGNED) ||
	    (seen & W_CHAR && seen & W_INT))
		return fail(r, "no such C integer type; write u8 to u64 or i8 to i64");
	*is_char = seen == W_CHAR;
	uint32_t size = seen & W_CHAR ? 1 : seen & W_SHORT ? 2 : seen & W_LONG ? 8 : 4;
	int rc = give(type_new(CT_INT, size, size), out);
	if (!rc)
		(*out)->is_signed = !(seen & W_UNSIGNED);
	return rc;
}

static int read_prefix(struct reader *r, enum ct_kind of, struct ctype **out)
{
	if (!peek(r) || strcmp(r->word, "prefix"))
		return expected(r, "'prefix' after '/'");
	r->at += strlen("prefix");
	if (of == CT_IP4)
		return give(type_new(CT_PREFIX4, 8, 4), out);
	if (of == CT_IP6)
		return give(type_new(CT_PREFIX6, 20, 4), out);
	return fail(r, "only ip4/prefix and ip6/prefix are prefixes");
}

static int read_named(struct reader *r, struct ctype **out)
{
	for (unsigned i = 0; i < NSCALARS; i++) {
		const struct scalar *s = &scalars[i];
		if (strcmp(r->word, s->name))
			continue;
		r->at += strlen(s->name);
		if (accept(r, '/'))
			return read_prefix(r, s->kind, out);
		int rc = give(type_new(s->kind, s->size, s->align), out);
		if (!rc) {
			(*out)->is_signed = s->is_signed;
			(*out)->big = s->big;
		}
		return rc;
	}
	const char *near = nearest_type(r->word);
	if (near)
		return fail(r, "there is no type '%s'; did you mean '%s'?", r->word, near);
	return fail(r, "there is no type '%s'; types are u8 to u64, i8 to i64, bool, ip4, ip6, mac, "
		       "char[N], bytes[N], be16, be32, be64", r->word);
}

/* "[N]": 1, or 0 when there is none. */
static int read_length(struct reader *r, uint32_t *n)
{
	if (!accept(r, '['))
		return 0;
	skip(r);
	char *end;
	unsigned long v = isdigit((unsigned char)*r->at) ? strtoul(r->at, &end, 0) : 0;
	if (!v || v > MAX_ARRAY)
		return fail(r, "a length is a number from 1 to %d", MAX_ARRAY);
	r->at = end;
	*n = (uint32_t)v;
	return accept(r, ']') ? 1 : expected(r, "']'");
}

/* What is read of a type before its length may follow. */
struct base {
	struct ctype *type;
	bool text, bytes; /* char, bytes: need a length */
};

static int read_base(struct reader *r, struct base *b)
{
	*b = (struct base){ 0 };
	if (!peek(r))
		return expected(r, "a type");
	if (!strcmp(r->word, "struct") || !strcmp(r->word, "table") || !strcmp(r->word, "union"))
		return fail(r, "a %s inside a struct has no place in a map or event; "
			       "write its fields one by one", r->word);
	if (!strcmp(r->word, "bytes")) {
		r->at += strlen("bytes");
		b->bytes = true;
		return give(type_new(CT_INT, 1, 1), &b->type);
	}
	return c_word(r->word) ? read_c_integer(r, &b->type, &b->text) : read_named(r, &b->type);
}

/* Makes the base an array of n (0: none). */
static int apply_length(struct reader *r, struct base *b, uint32_t n)
{
	struct ctype *t = b->type;
	if (!n && (b->text || b->bytes))
		return fail(r, b->text ? "char needs a length: char[16]; a number of one byte is i8 or u8"
				       : "bytes needs a length: bytes[16]");
	if (!n)
		return 0;
	if (t->kind != CT_INT || t->size != 1 || (t->is_signed && !b->text)) {
		char name[64];
		return fail(r, "an array of %s has no place in a map or event; arrays are char[N] "
			       "and bytes[N]", ct_text(t, name, sizeof name));
	}
	*t = (struct ctype){ .kind = b->text ? CT_CHAR : CT_BYTES, .size = n, .align = 1 };
	return 0;
}

/* A type with its length behind it; *nullable may be NULL: '?' is not for here. */
static int read_type(struct reader *r, struct ctype **out, bool *nullable)
{
	struct base b;
	uint32_t n = 0;
	int rc = read_base(r, &b);
	if (!rc)
		rc = read_length(r, &n);
	if (rc >= 0)
		rc = apply_length(r, &b, n);
	if (!rc && accept(r, '?')) {
		if (nullable)
			*nullable = true;
		else
			rc = fail(r, "'?' is for fields of structs and events: here absent is nil anyway");
	}
	if (rc) {
		ct_free(b.type);
		return rc;
	}
	*out = b.type;
	return 0;
}

/* ---- structs ---- */

static int add_field(struct reader *r, struct ctype *s, const char *name, struct ctype *type,
		     bool nullable)
{
	size_t len = strlen(name);
	int rc = 0;
	if (s->nfields == MAX_FIELDS)
		rc = fail(r, "more than %d fields", MAX_FIELDS);
	else if (len > MAX_NAME)
		rc = fail(r, "the name '%.20s...' is longer than %d characters", name, MAX_NAME);
	else if (ct_field(s, name, len))
		rc = fail(r, "field '%s' is there twice", name);
	else if (type->kind == CT_PREFIX4 || type->kind == CT_PREFIX6)
		rc = fail(r, "a prefix is a whole key of an lpm_trie, not a field ('%s')", name);
	if (rc) {
		ct_free(type);
		return rc;
	}
	struct ct_field *grown = realloc(s->fields, (s->nfields + 1) * sizeof *grown);
	char *copy = strdup(name);
	if (grown)
		s->fields = grown;
	if (!grown || !copy) {
		free(copy);
		ct_free(type);
		return -ENOMEM;
	}
	s->fields[s->nfields++] = (struct ct_field){ .name = copy, .type = type, .nullable = nullable };
	return 0;
}

/* "u32 pid", "char comm[16]", "char[16] comm", "u32? port". */
static int read_field(struct reader *r, struct ctype *s)
{
	struct base b;
	uint32_t n = 0, after = 0;
	bool nullable = false;
	char name[MAX_WORD + 1];
	int rc = read_base(r, &b);
	if (!rc)
		rc = read_length(r, &n);
	if (rc < 0)
		goto out;
	nullable = accept(r, '?');
	rc = 0;
	if (accept(r, '*'))
		rc = fail(r, "a pointer has no place in a map or event; u64 holds its number");
	size_t len = rc ? 1 : peek(r);
	if (!len)
		rc = expected(r, "a field's name");
	if (rc)
		goto out;
	snprintf(name, sizeof name, "%s", r->word);
	r->at += len;
	if (len > MAX_NAME) {
		rc = fail(r, "the name '%.20s...' is longer than %d characters", name, MAX_NAME);
		goto out;
	}
	rc = read_length(r, &after);
	if (rc > 0 && n)
		rc = fail(r, "field '%s' has two lengths", name);
	if (rc >= 0)
		rc = apply_length(r, &b, n ? n : after);
	if (!rc && accept(r, ':'))
		rc = fail(r, "bit-fields have no place in a map or event (field '%s')", name);
	if (!rc && accept(r, ','))
		rc = fail(r, "write a type before each field: '; ' instead of ',' after '%s'", name);
	if (!rc)
		return add_field(r, s, name, b.type, nullable);
out:
	ct_free(b.type);
	return rc < 0 ? rc : -EINVAL;
}

static int by_size_then_name(const void *a, const void *b)
{
	const struct ct_field *x = a, *y = b;
	if (x->type->size != y->type->size)
		return x->type->size > y->type->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static uint32_t align_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

/* C's rules; the bytes that say nil come after all fields. */
static void lay_out(struct ctype *s, bool sort)
{
	if (sort)
		qsort(s->fields, s->nfields, sizeof *s->fields, by_size_then_name);
	for (uint32_t i = 0; i < s->nfields; i++) {
		struct ct_field *f = &s->fields[i];
		f->offset = align_up(s->size, f->type->align);
		s->size = f->offset + f->type->size;
		if (f->type->align > s->align)
			s->align = f->type->align;
	}
	for (uint32_t i = 0; i < s->nfields; i++)
		if (s->fields[i].nullable)
			s->fields[i].nil_offset = s->size++;
	s->size = align_up(s->size, MUTANT(struct_end) ? 1 : s->align);
}

/* After "struct" or "table". */
static int read_struct(struct reader *r, bool sort, struct ctype **out)
{
	r->at += peek(r); /* a tag */
	if (!accept(r, '{'))
		return expected(r, "'{'");
	struct ctype *s = type_new(CT_STRUCT, 0, 1);
	if (!s)
		return -ENOMEM;
	int rc = 0;
	while (!rc && !accept(r, '}')) {
		rc = read_field(r, s);
		if (!rc && !accept(r, ';')) {
			skip(r);
			if (*r->at != '}')
				rc = expected(r, "';'");
		}
	}
	if (!rc && !s->nfields)
		rc = fail(r, "a struct needs at least one field");
	if (rc) {
		ct_free(s);
		return rc;
	}
	lay_out(s, sort);
	*out = s;
	return 0;
}

static int finish(struct reader *r, int rc, struct ctype **out)
{
	if (!rc) {
		accept(r, ';');
		skip(r);
		if (*r->at)
			rc = expected(r, "the end");
		if (rc)
			ct_free(*out);
	}
	if (rc == -ENOMEM)
		fail(r, "out of memory");
	if (rc)
		*out = NULL;
	return rc;
}

int ct_parse(const char *text, struct ctype **out, char *err, size_t errlen)
{
	struct reader r = { .at = text, .err = err, .errlen = errlen };
	*out = NULL;
	size_t n = peek(&r);
	bool is_struct = !strcmp(r.word, "struct"), is_table = !strcmp(r.word, "table");
	if (!is_struct && !is_table)
		return finish(&r, read_type(&r, out, NULL), out);
	r.at += n;
	return finish(&r, read_struct(&r, is_table, out), out);
}

int ct_struct(uint32_t n, const char *const *names, const char *const *types, bool sort,
	      struct ctype **out, char *err, size_t errlen)
{
	struct reader r = { .at = "", .err = err, .errlen = errlen };
	struct ctype *s = type_new(CT_STRUCT, 0, 1);
	int rc = s ? 0 : -ENOMEM;
	for (uint32_t i = 0; !rc && i < n; i++) {
		struct ctype *t = NULL;
		bool nullable = false;
		r.at = types[i];
		rc = finish(&r, read_type(&r, &t, &nullable), &t);
		if (!rc)
			rc = add_field(&r, s, names[i], t, nullable);
	}
	if (!rc && !n)
		rc = fail(&r, "a struct needs at least one field");
	if (rc) {
		ct_free(s);
		*out = NULL;
		return rc;
	}
	lay_out(s, sort);
	*out = s;
	return 0;
}

/* ---- what there is ---- */

void ct_free(struct ctype *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->nfields; i++) {
		free((char *)(uintptr_t)t->fields[i].name);
		ct_free(t->fields[i].type);
	}
	free(t->fields);
	free(t);
}

const struct ct_field *ct_field(const struct ctype *t, const char *name, size_t len)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (strlen(t->fields[i].name) == len && !memcmp(t->fields[i].name, name, len))
			return &t->fields[i];
	return NULL;
}

bool ct_equal(const struct ctype *a, const struct ctype *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->size != b->size || a->is_signed != b->is_signed ||
	    a->big != b->big || a->nfields != b->nfields)
		return false;
	for (uint32_t i = 0; i < a->nfields; i++) {
		const struct ct_field *x = &a->fields[i], *y = &b->fields[i];
		if (strcmp(x->name, y->name) || x->offset != y->offset ||
		    x->nil_offset != y->nil_offset || !ct_equal(x->type, y->type))
			return false;
	}
	return true;
}

struct writer {
	char *at;
	size_t left;
};

static void __attribute__((format(printf, 2, 3))) put(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(w->at, w->left, fmt, ap);
	va_end(ap);
	size_t wrote = n < 0 ? 0 : (size_t)n < w->left ? (size_t)n : w->left ? w->left - 1 : 0;
	w->at += wrote;
	w->left -= wrote;
}

/* The row that prints t; aliases come later in the table. */
static const char *scalar_name(const struct ctype *t)
{
	for (unsigned i = 0; i < NSCALARS; i++) {
		const struct scalar *s = &scalars[i];
		if (s->kind == t->kind && s->size == t->size && s->is_signed == t->is_signed &&
		    s->big == t->big)
			return s->name;
	}
	return "?";
}

static void put_type(struct writer *w, const struct ctype *t)
{
	switch (t->kind) {
	case CT_CHAR:
		put(w, "char[%u]", t->size);
		return;
	case CT_BYTES:
		put(w, "bytes[%u]", t->size);
		return;
	case CT_PREFIX4:
		put(w, "ip4/prefix");
		return;
	case CT_PREFIX6:
		put(w, "ip6/prefix");
		return;
	case CT_STRUCT:
		break;
	default:
		put(w, "%s", scalar_name(t));
		return;
	}
	put(w, "struct {");
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ct_field *f = &t->fields[i];
		const char *nil = f->nullable ? "?" : "";
		if (f->type->kind == CT_CHAR && !f->nullable) {
			put(w, " char %s[%u];", f->name, f->type->size);
		} else {
			put(w, " ");
			put_type(w, f->type);
			put(w, "%s %s;", nil, f->name);
		}
	}
	put(w, " }");
}

const char *ct_text(const struct ctype *t, char *buf, size_t n)
{
	struct writer w = { buf, n };
	if (n)
		*buf = 0;
	put_type(&w, t);
	return buf;
}
