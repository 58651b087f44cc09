/* ctype_value.c - values in and out of typed memory: exact widths, nothing cut or rounded. */
#include "core/ctype.h"
#include "core/mutant.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
	bool text;
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 3, 4)))
fail(const struct store *s, int rc, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (s->errlen)
		vsnprintf(s->err, s->errlen, fmt, ap);
	va_end(ap);
	return rc;
}

static const char *const kind_names[PG_NKINDS] = {
	[PG_NIL] = "nil",      [PG_FALSE] = "boolean", [PG_TRUE] = "boolean",  [PG_INT] = "number",
	[PG_FLOAT] = "number", [PG_STR] = "string",    [PG_IP4] = "ip4",       [PG_IP6] = "ip6",
	[PG_MAC] = "mac",      [PG_CIDR] = "cidr",     [PG_RECORD] = "table",  [PG_VIEW] = "view",
	[PG_MAP] = "map",      [PG_TABLE] = "table",   [PG_FUNC] = "function", [PG_LIB] = "function",
	[PG_HOST] = "userdata",
};

const char *ct_kind_name(enum pg_kind kind)
{
	return kind < PG_NKINDS ? kind_names[kind] : "?";
}

const char *ct_value_name(const pg_value *v)
{
	if (v->kind == PG_RECORD && v->n)
		return "entry";
	return v->kind == PG_HOST && v->str ? v->str : ct_kind_name(v->kind);
}

/* With its article, as a sentence wants it. */
static const char *const a_kind[PG_NKINDS] = {
	[PG_NIL] = "nil",           [PG_FALSE] = "a boolean",      [PG_TRUE] = "a boolean",
	[PG_INT] = "an integer",    [PG_FLOAT] = "a float",        [PG_STR] = "a string",
	[PG_IP4] = "an IPv4 address", [PG_IP6] = "an IPv6 address", [PG_MAC] = "a MAC address",
	[PG_CIDR] = "a prefix",     [PG_RECORD] = "a table",       [PG_VIEW] = "a packet",
	[PG_MAP] = "a map",         [PG_TABLE] = "a table",        [PG_FUNC] = "a function",
	[PG_LIB] = "a function",    [PG_HOST] = "a userdata",
};

static int wrong_kind(const struct store *s, const struct ctype *t, const pg_value *v)
{
	char name[256];
	const char *what = v->kind < PG_NKINDS ? a_kind[v->kind] : "?";
	if (v->kind == PG_RECORD && v->n)
		what = "an entry";
	return fail(s, -EINVAL, "%s where %s is meant", what, ct_text(t, name, sizeof name));
}

/* ---- integers ---- */

static void put_int(const struct ctype *t, uint8_t *to, uint64_t v)
{
	bool big = t->big;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	big = true;
#endif
	for (uint32_t i = 0; i < t->size; i++)
		to[big ? t->size - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

static int64_t get_int(const struct ctype *t, const uint8_t *from)
{
	bool big = t->big;
	uint64_t v = 0;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	big = true;
#endif
	for (uint32_t i = 0; i < t->size; i++)
		v |= (uint64_t)from[big ? t->size - 1 - i : i] << (8 * i);
	if (t->is_signed && t->size < 8 - 4 * MUTANT(host_sign_lost)) {
		unsigned shift = 64 - 8 * t->size;
		return (int64_t)(v << shift) >> shift;
	}
	return (int64_t)v;
}

static bool int_fits(const struct ctype *t, int64_t v)
{
	if (t->size == 8)
		return true; /* any 64-bit pattern: u64 reads back negative from 2^63 on */
	unsigned bits = 8 * t->size;
	if (t->is_signed)
		return v >= -((int64_t)1 << (bits - 1)) && v < (int64_t)1 << (bits - 1);
	return v >= 0 && v < (int64_t)1 << bits;
}

static int store_int(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	int64_t i = v->i;
	if (v->kind == PG_FLOAT && s->text) {
		/* as Lua normalises a float key; both limits are exact doubles */
		if (!(v->f >= -0x1p63 && v->f < 0x1p63 && floor(v->f) == v->f))
			return fail(s, -EINVAL, "%.14g has no integer representation", v->f);
		i = (int64_t)v->f;
	} else if (v->kind != PG_INT) {
		return wrong_kind(s, t, v);
	}
	char name[16];
	if (!int_fits(t, i))
		return fail(s, -ERANGE, "%lld does not fit %s", (long long)i,
			    ct_text(t, name, sizeof name));
	put_int(t, to, (uint64_t)i);
	return 0;
}

/* ---- bool, text ---- */

static int store_bool(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	if (v->kind != PG_TRUE && v->kind != PG_FALSE)
		return wrong_kind(s, t, v);
	*to = v->kind == PG_TRUE;
	return 0;
}

static int store_char(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	if (v->kind != PG_STR)
		return wrong_kind(s, t, v);
	if (v->n > t->size)
		return fail(s, -ERANGE, "a string of %u bytes does not fit char[%u]", v->n, t->size);
	if (v->n && memchr(v->str, 0, v->n))
		return fail(s, -ERANGE, "a string with a zero byte in it does not fit char[%u]; "
					"bytes[N] holds any", t->size);
	if (v->n)
		memcpy(to, v->str, v->n);
	return 0;
}

static int store_bytes(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	if (v->kind != PG_STR)
		return wrong_kind(s, t, v);
	if (v->n > t->size)
		return fail(s, -ERANGE, "a string of %u bytes does not fit bytes[%u]", v->n, t->size);
	if (v->n)
		memcpy(to, v->str, v->n);
	return 0;
}

/* ---- addresses ---- */

typedef int parse_fn(const char *text, pg_value *out);

static const struct addr_form {
	enum pg_kind kind;
	parse_fn *parse;
	const char *what;
} addr_forms[] = {
	[CT_IP4] = { PG_IP4, pg_parse_ip, "an IPv4 address" },
	[CT_IP6] = { PG_IP6, pg_parse_ip, "an IPv6 address" },
	[CT_MAC] = { PG_MAC, pg_parse_mac, "a MAC address" },
	[CT_PREFIX4] = { PG_CIDR, pg_parse_cidr, "an IPv4 prefix" },
	[CT_PREFIX6] = { PG_CIDR, pg_parse_cidr, "an IPv6 prefix" },
};

/* The address itself, or what its text says. */
static int as_addr(const struct store *s, const struct addr_form *form, const pg_value *v,
		   pg_value *out)
{
	char text[64];
	*out = *v;
	if (v->kind != PG_STR || !s->text)
		return 0;
	size_t n = v->n < sizeof text ? v->n : sizeof text - 1;
	memcpy(text, v->str, n);
	text[n] = 0;
	if (v->n >= sizeof text || memchr(text, 0, n) || form->parse(text, out))
		return fail(s, -EINVAL, "'%s' is not %s", text, form->what);
	return 0;
}

static int store_addr(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	const struct addr_form *form = &addr_forms[t->kind];
	pg_value a;
	int rc = as_addr(s, form, v, &a);
	if (rc)
		return rc;
	if (a.kind == form->kind) {
		memcpy(to, a.addr, t->size);
		return 0;
	}
	if (v->kind == PG_STR && s->text)
		return fail(s, -EINVAL, "'%.*s' is not %s", (int)v->n, v->str, form->what);
	return wrong_kind(s, t, v);
}

/* An address alone is a prefix of full length: that is how a look-up is written. */
static int store_prefix(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	uint32_t bytes = t->size - 4;
	pg_value a;
	int rc = as_addr(s, &addr_forms[t->kind], v, &a);
	if (rc)
		return rc;
	uint32_t bits = bytes * 8;
	if (a.kind == PG_CIDR && a.n == bytes)
		bits = a.prefix;
	else if (a.kind != (bytes == 4 ? PG_IP4 : PG_IP6))
		return v->kind == PG_STR && s->text
		       ? fail(s, -EINVAL, "'%.*s' is not %s", (int)v->n, v->str,
			      addr_forms[t->kind].what)
		       : wrong_kind(s, t, v);
	if (bits > bytes * 8)
		return fail(s, -ERANGE, "a prefix of %u bits does not fit %u", bits, bytes * 8);
	memcpy(to, &bits, 4);
	for (uint32_t i = 0; i < bytes; i++) {
		uint32_t keep = bits > i * 8 ? bits - i * 8 : 0;
		to[4 + i] = keep >= 8 || MUTANT(prefix_host_bits) ? a.addr[i] : (uint8_t)(a.addr[i] & (0xff00u >> keep));
	}
	return 0;
}

/* ---- records ---- */

static int store_any(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v);

static int store_field(const struct store *s, const struct ct_field *f, uint8_t *base,
		       const pg_value *v)
{
	memset(base + f->offset, 0, f->type->size);
	if (f->nil_offset)
		base[f->nil_offset] = v->kind == PG_NIL;
	if (v->kind == PG_NIL && f->nullable)
		return 0;
	int rc = store_any(s, f->type, base + f->offset, v);
	if (rc && s->errlen) {
		size_t n = strlen(s->err);
		snprintf(s->err + n, s->errlen - n, " (field '%s')", f->name);
	}
	return rc;
}

static int no_field(const struct store *s, const struct ctype *t, const char *name)
{
	const char *near = ct_nearest(t, name, strlen(name));
	if (near)
		return fail(s, -EINVAL, "there is no field '%s'; did you mean '%s'?", name, near);
	char text[256];
	return fail(s, -EINVAL, "there is no field '%s' in %s", name, ct_text(t, text, sizeof text));
}

const pg_value *ct_record_get(const struct pg_record *rec, const char *name)
{
	for (uint32_t i = 0; i < rec->n; i++)
		if (!strcmp(rec->fields[i].name, name))
			return &rec->fields[i].v;
	return NULL;
}

static int store_struct(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	if (v->kind != PG_RECORD)
		return wrong_kind(s, t, v);
	for (uint32_t i = 0; i < v->rec->n; i++) {
		const char *name = v->rec->fields[i].name;
		if (!ct_field(t, name, strlen(name)))
			return no_field(s, t, name);
	}
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ct_field *f = &t->fields[i];
		const pg_value *fv = ct_record_get(v->rec, f->name);
		if (fv && fv->kind != PG_NIL) {
			int rc = store_field(s, f, to, fv);
			if (rc)
				return rc;
		} else if (f->nil_offset) {
			to[f->nil_offset] = 1;
		}
	}
	return 0;
}

typedef int store_fn(const struct store *, const struct ctype *, uint8_t *, const pg_value *);

static store_fn *const stores[] = {
	[CT_INT] = store_int,       [CT_BOOL] = store_bool,     [CT_IP4] = store_addr,
	[CT_IP6] = store_addr,      [CT_MAC] = store_addr,      [CT_CHAR] = store_char,
	[CT_BYTES] = store_bytes,   [CT_PREFIX4] = store_prefix, [CT_PREFIX6] = store_prefix,
	[CT_STRUCT] = store_struct,
};

static int store_any(const struct store *s, const struct ctype *t, uint8_t *to, const pg_value *v)
{
	memset(to, 0, t->size);
	return stores[t->kind](s, t, to, v);
}

int ct_store(const struct ctype *t, void *dst, const pg_value *v, bool text, char *err,
	     size_t errlen)
{
	struct store s = { text, err, errlen };
	return store_any(&s, t, dst, v);
}

int ct_store_field(const struct ct_field *f, void *base, const pg_value *v, bool text, char *err,
		   size_t errlen)
{
	struct store s = { text, err, errlen };
	return store_field(&s, f, base, v);
}

/* ---- reading ---- */

static const uint8_t *bytes_of(const void *p)
{
	return p;
}

static void load_text(const struct ctype *t, const void *src, pg_value *out, char *buf)
{
	size_t n = t->kind == CT_CHAR ? strnlen(src, t->size) : t->size;
	memcpy(buf, src, n);
	buf[n] = 0;
	*out = (pg_value){ .kind = PG_STR, .n = (uint32_t)n, .str = buf };
}

static void load_addr(enum pg_kind kind, const void *src, uint32_t n, pg_value *out)
{
	*out = (pg_value){ .kind = kind, .n = kind == PG_CIDR ? n : 0 };
	memcpy(out->addr, src, n);
}

static void load_prefix(const struct ctype *t, const uint8_t *src, pg_value *out)
{
	uint32_t bits;
	memcpy(&bits, src, 4);
	load_addr(PG_CIDR, src + 4, t->size - 4, out);
	out->prefix = (uint8_t)bits;
}

static void load_record(const struct ctype *t, const void *src, pg_value *out)
{
	size_t fields = t->nfields * sizeof(struct pg_field_value), text = 0;
	for (uint32_t i = 0; i < t->nfields; i++)
		text += t->fields[i].type->size + 1;
	struct pg_record *r = malloc(sizeof *r + fields + text);
	*out = (pg_value){ .kind = PG_NIL };
	if (!r)
		return;
	r->n = t->nfields;
	r->fields = (struct pg_field_value *)(r + 1);
	char *buf = (char *)r + sizeof *r + fields;
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ct_field *f = &t->fields[i];
		struct pg_field_value *fv = &r->fields[i];
		snprintf(fv->name, sizeof fv->name, "%s", f->name);
		fv->buf[0] = 0;
		ct_load_field(f, src, &fv->v, buf);
		buf += f->type->size + 1;
	}
	*out = (pg_value){ .kind = PG_RECORD, .rec = r };
}

void ct_load_field(const struct ct_field *f, const void *base, pg_value *out, char *buf)
{
	if (f->nil_offset && bytes_of(base)[f->nil_offset])
		*out = (pg_value){ .kind = PG_NIL };
	else
		ct_load(f->type, bytes_of(base) + f->offset, out, buf);
}

void ct_load(const struct ctype *t, const void *src, pg_value *out, char *buf)
{
	switch (t->kind) {
	case CT_INT:
		*out = (pg_value){ .kind = PG_INT, .i = get_int(t, src) };
		break;
	case CT_BOOL:
		*out = (pg_value){ .kind = *bytes_of(src) ? PG_TRUE : PG_FALSE };
		break;
	case CT_IP4:
	case CT_IP6:
	case CT_MAC:
		load_addr(addr_forms[t->kind].kind, src, t->size, out);
		break;
	case CT_CHAR:
	case CT_BYTES:
		load_text(t, src, out, buf);
		break;
	case CT_PREFIX4:
	case CT_PREFIX6:
		load_prefix(t, src, out);
		break;
	case CT_STRUCT:
		load_record(t, src, out);
		break;
	}
}

void ct_record_free(struct pg_record *r)
{
	free(r);
}
