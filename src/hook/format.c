/* format.c - reads the format files of tracefs: format.h. */
#include "hook/format.h"

#include "core/mutant.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* ---- C's types ---- */

struct c_type {
	const char *name;
	uint8_t bytes;      /* 0: as many as a register has */
	bool is_signed;
};

/* What a system call's argument holds in the 8 bytes of its register, and what arrays are made of. */
static const struct c_type c_types[] = {
	{ "char", 1, (char)-1 < 0 }, { "signed char", 1, true }, { "unsigned char", 1, false },
	{ "short", 2, true }, { "unsigned short", 2, false }, { "int", 4, true }, { "unsigned int", 4, false },
	{ "unsigned", 4, false }, { "long", 0, true }, { "unsigned long", 0, false }, { "long long", 8, true },
	{ "unsigned long long", 8, false }, { "s8", 1, true }, { "u8", 1, false }, { "s16", 2, true },
	{ "u16", 2, false }, { "s32", 4, true }, { "u32", 4, false }, { "s64", 8, true }, { "u64", 8, false },
	{ "__s8", 1, true }, { "__u8", 1, false }, { "__s16", 2, true }, { "__u16", 2, false },
	{ "__s32", 4, true }, { "__u32", 4, false }, { "__s64", 8, true }, { "__u64", 8, false },
	{ "int8_t", 1, true }, { "uint8_t", 1, false }, { "int16_t", 2, true }, { "uint16_t", 2, false },
	{ "int32_t", 4, true }, { "uint32_t", 4, false }, { "int64_t", 8, true }, { "uint64_t", 8, false },
	{ "pid_t", 4, true }, { "uid_t", 4, false }, { "gid_t", 4, false }, { "umode_t", 2, false },
	{ "key_t", 4, true }, { "clockid_t", 4, true }, { "mqd_t", 4, true }, { "rwf_t", 4, true },
	{ "qid_t", 4, false }, { "key_serial_t", 4, true }, { "uint", 4, false },
};

static const struct c_type *c_type(const char *name)
{
	for (unsigned i = 0; i < sizeof c_types / sizeof *c_types; i++)
		if (!strcmp(c_types[i].name, name))
			return &c_types[i];
	return NULL;
}

static uint32_t c_bytes(const struct c_type *t)
{
	return t->bytes ? t->bytes : sizeof(long);
}

/* ---- one field ---- */

/* Where programs can read n bytes at once: the verifier wants them in their place. */
static bool word_at(uint32_t offset, uint32_t n)
{
	return (n == 1 || n == 2 || n == 4 || n == 8) && offset % n == 0;
}

static void classify_one(struct event_field *f, const char *type, bool pointer)
{
	const struct c_type *t = pointer ? NULL : c_type(type);
	if (!word_at(f->offset, f->size) || (!pointer && !strncmp(type, "struct ", 7)))
		return;
	f->how = !strcmp(type, "bool") && f->size == 1 ? EVENT_BOOL : EVENT_INT;
	if (t && c_bytes(t) < f->size) {
		f->bits = c_bytes(t) * 8;
		f->is_signed = t->is_signed;
	}
}

static void classify_array(struct event_field *f, const char *type, bool pointer)
{
	const struct c_type *t = c_type(type);
	uint32_t one = pointer ? sizeof(void *) : t ? c_bytes(t) : 0;
	if (!one || !f->size || f->size % one)
		return;
	if (!strcmp(type, "char")) {
		f->how = EVENT_TEXT;
	} else if (word_at(f->offset, one)) {
		f->how = EVENT_ARRAY;
		f->count = f->size / one;
		f->size = one;
		f->is_signed = t && t->is_signed;
	}
}

/* `type` without the [..] that may follow the name; dims: there was one. */
static void classify(struct event_field *f, const char *type, bool dims)
{
	bool pointer = strchr(type, '*'), data = !strcmp(type, "__data_loc char[]");
	f->how = EVENT_OPAQUE;
	if (!pointer && !strncmp(type, "const ", 6))
		type += 6;
	if (data || !strcmp(type, "__rel_loc char[]")) {
		if (f->size == 4 && word_at(f->offset, 4))
			f->how = data ? EVENT_DATA : EVENT_REL_DATA;
	} else if (strchr(type, '[')) {
		return; /* other data elsewhere */
	} else if (dims) {
		classify_array(f, type, pointer);
	} else {
		classify_one(f, type, pointer);
	}
}

void event_declare(struct arena *a, struct event_field *f, const char *type, const char *name, const char *dims)
{
	f->name = name;
	f->type = arena_printf(a, "%s%s", type, dims);
	classify(f, type, *dims);
}

static const char *text_of(struct arena *a, const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)to[-1]))
		to--;
	return arena_copy(a, from, (size_t)(to - from));
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "unsigned long args[6]" in [s, end). */
static bool declaration(struct arena *a, const char *s, const char *end, struct event_field *f)
{
	const char *dims = end, *to;
	if (end > s && end[-1] == ']') {
		while (dims > s && *dims != '[')
			dims--;
		if (*dims != '[')
			return false;
	}
	for (to = dims; to > s && isspace((unsigned char)to[-1]); to--)
		;
	const char *name = to;
	while (name > s && name_char(name[-1]))
		name--;
	if (name == to || name == s || isdigit((unsigned char)*name))
		return false;
	const char *type = text_of(a, s, name);
	event_declare(a, f, type, text_of(a, name, to), text_of(a, dims, end));
	return *type;
}

/* The number behind `key` in [s, end), at most `most`. */
static bool number(const char *s, const char *end, const char *key, uint32_t most, uint32_t *out)
{
	size_t n = strlen(key);
	const char *at = memmem(s, (size_t)(end - s), key, n);
	uint64_t v = 0;
	if (!at || (at += n) == end || !isdigit((unsigned char)*at))
		return false;
	for (; at < end && isdigit((unsigned char)*at); at++)
		if ((v = v * 10 + (uint64_t)(*at - '0')) > most)
			return false;
	*out = (uint32_t)v;
	return true;
}

/* A line without its end. */
static bool field_line(struct arena *a, const char *s, const char *end, struct event_field *f)
{
	static const char key[] = "field:";
	const char *at = memmem(s, (size_t)(end - s), key, sizeof key - 1);
	const char *stop = at ? memchr(at, ';', (size_t)(end - at)) : NULL;
	uint32_t sign = 0;
	if (!stop || !number(stop, end, "offset:", EVENT_MOST, &f->offset) ||
	    !number(stop, end, "size:", EVENT_MOST, &f->size))
		return false;
	number(stop, end, "signed:", 1, &sign);
	f->is_signed = sign && !MUTANT(field_unsigned);
	if (f->offset < EVENT_FIRST || f->offset + f->size > EVENT_MOST)
		return false;
	return declaration(a, at + sizeof key - 1, stop, f);
}

int event_format(struct arena *a, const char *text, size_t n, struct event *out)
{
	const char *end = text + n;
	bool head = false;
	*out = (struct event){ .fields = arena_array(a, struct event_field, EVENT_FIELDS + 1) };
	for (const char *s = text, *stop; s < end; s = stop + 1) {
		stop = memchr(s, '\n', (size_t)(end - s));
		stop = stop ? stop : end;
		struct event_field f = { 0 };
		if (!head && stop - s >= 3 && !memcmp(s, "ID:", 3))
			number(s, stop, "ID: ", INT32_MAX, &out->id);
		else if (stop - s >= 7 && !memcmp(s, "format:", 7))
			head = true;
		else if (stop - s >= 10 && !memcmp(s, "print fmt:", 10))
			break;
		else if (head && out->nfields < EVENT_FIELDS && field_line(a, s, stop, &f))
			out->fields[out->nfields++] = f;
	}
	return head ? 0 : -EINVAL;
}
