/* wire.h - formats of string.pack and unpack: what lies where in bytes. */
#ifndef STDLIB_WIRE_H
#define STDLIB_WIRE_H

#include "ir/target.h"

struct refusal;

enum { WIRE_FIELDS = IR_RESULTS - 2, WIRE_FURTHEST = 4096 };

/* One item: an integer of `size` bytes, a string of so many, one whose length stands before it, one that a zero byte
 * ends, or (skip) none. It begins at a multiple of `align`, counted from the start of all. */
struct wire_field {
	enum { WIRE_INT, WIRE_BYTES, WIRE_PREFIXED, WIRE_ZERO, WIRE_SKIP } what;
	uint32_t size, align;
	bool is_signed, big;
};

/* Up to WIRE_FIELDS of them; what is wrong with the format, or NULL. */
const struct refusal *wire_read(const pg_value *format, struct wire_field *out, uint32_t *count);

/* Zeros before the item where it follows `at` bytes. */
static inline uint32_t wire_gap(const struct wire_field *f, uint32_t at)
{
	return -at & (f->align - 1);
}

#endif
