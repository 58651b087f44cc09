/* ctype.h - the types of keys, values and events: type strings, layouts, and values in and out.
 *
 * Type strings: u8 u16 u32 u64 i8 i16 i32 i64 bool ip4 ip6 mac char[N] bytes[N] be16 be32 be64,
 * `T?` in fields (holds nil too), ip4/prefix ip6/prefix as LPM keys, "struct { u32 pid; char
 * comm[16]; }" in C's order and padding, "table { u32 pid; char[16] comm; }" with the fields sorted
 * by falling size, then name. C's own names (unsigned long, __u32, uint16_t, u8 x[6] ...) are
 * understood. Alignments are C's: ip6 4 (struct in6_addr), mac, char and bytes 1. */
#ifndef CORE_CTYPE_H
#define CORE_CTYPE_H

#include "perigee.h"

#include <stdbool.h>
#include <stdint.h>

enum ct_kind {
	CT_INT,    /* size 1, 2, 4 or 8; is_signed, big */
	CT_BOOL,   /* 1 byte */
	CT_IP4,    /* 4 bytes, network order */
	CT_IP6,    /* 16 */
	CT_MAC,    /* 6 */
	CT_CHAR,   /* text, NUL-padded to size */
	CT_BYTES,  /* size raw bytes */
	CT_PREFIX4, /* struct { u32 length in bits, host order; u8 addr[4]; } */
	CT_PREFIX6,
	CT_STRUCT,
};

struct ct_field {
	const char *name;
	uint32_t offset;
	uint32_t nil_offset;  /* nullable: offset of a byte that is 1 when the field holds nil; else 0 */
	bool nullable;
	struct ctype *type;
};

struct ctype {
	enum ct_kind kind;
	uint32_t size, align;
	bool is_signed, big;  /* CT_INT */
	uint32_t nfields;     /* CT_STRUCT */
	struct ct_field *fields;
};

/* Parses a type string. On error -EINVAL and a sentence in err. Free with ct_free. */
int ct_parse(const char *text, struct ctype **out, char *err, size_t errlen);
/* A struct from names and type strings in C order given; sort: by falling size, then name. */
int ct_struct(uint32_t n, const char *const *names, const char *const *types, bool sort,
	      struct ctype **out, char *err, size_t errlen);
void ct_free(struct ctype *t);
const struct ct_field *ct_field(const struct ctype *t, const char *name, size_t len);
/* The field whose name is nearest (for "did you mean"), or NULL. */
const char *ct_nearest(const struct ctype *t, const char *name, size_t len);
bool ct_equal(const struct ctype *a, const struct ctype *b);
/* "u32", "struct { u32 pid; char comm[16]; }" */
const char *ct_text(const struct ctype *t, char *buf, size_t n);

/* Writes v as t to dst (t->size bytes, padding zeroed). text: addresses, prefixes as text too.
 * 0; -EINVAL: the kind is wrong; -ERANGE: does not fit; err then holds a sentence. */
int ct_store(const struct ctype *t, void *dst, const pg_value *v, bool text, char *err,
	     size_t errlen);
/* Writes v as the field, its nil byte included; base points at the struct. */
int ct_store_field(const struct ct_field *f, void *base, const pg_value *v, bool text, char *err,
		   size_t errlen);
/* Reads t from src. Strings are copied to buf (t->size + 1 bytes); a record is one block of memory
 * with its strings (ct_record_free), and out is PG_NIL when there is no memory for it. */
void ct_load(const struct ctype *t, const void *src, pg_value *out, char *buf);
void ct_load_field(const struct ct_field *f, const void *base, pg_value *out, char *buf);
const pg_value *ct_record_get(const struct pg_record *rec, const char *name); /* or NULL */
void ct_record_free(struct pg_record *r);
/* "nil", "boolean", "number", "string", "ip4", "table": what compiled code's messages call a value
 * (ir_kind_lua). */
const char *ct_kind_name(enum pg_kind kind);
/* The same of a value; of another host value its type. */
const char *ct_value_name(const pg_value *v);

#endif
