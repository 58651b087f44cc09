/*
 * format.h - the fields of a tracepoint's event, from the text that tracefs has of it.
 *
 * A line of that text is
 *
 *     	field:unsigned long args[6];	offset:16;	size:48;	signed:0;
 *
 * and the kernel's module, or whoever mounted something in its place, wrote it: nothing in it is
 * believed. What cannot be made sense of is a field that cannot be read, not an error.
 */
#ifndef HOOK_FORMAT_H
#define HOOK_FORMAT_H

#include "core/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum event_how {
	EVENT_OPAQUE,   /* kernel code cannot read it */
	EVENT_INT,      /* 1, 2, 4 or 8 bytes; pointers and enums too */
	EVENT_BOOL,
	EVENT_TEXT,     /* char[size], ends at its first NUL */
	EVENT_ARRAY,    /* count integers */
	EVENT_DATA,     /* text elsewhere in the record: 16 bits of length, 16 of offset from its start */
	EVENT_REL_DATA, /* the same, offset from behind this field */
	EVENT_PORT,     /* 2 or 4 bytes in network order */
	EVENT_ADDRESS,  /* of IPv4, 4 bytes, or of IPv6, the 16 at `v6`, as the family at `by` says */
};

struct event_field {
	const char *name, *type;    /* "args", "unsigned long[6]" */
	enum event_how how;
	uint32_t offset, size;      /* in the record; of one element */
	uint32_t bits;              /* of an integer: those that count; 0: all */
	bool is_signed;
	uint32_t count;             /* EVENT_ARRAY */
	uint32_t by, v6;            /* EVENT_ADDRESS: where the family and the IPv6 address lie */
};

enum {
	EVENT_FIRST = 8,            /* what lies before is the tracer's own; programs do not see it */
	EVENT_MOST = 8192,          /* PERF_MAX_TRACE_SIZE: bytes of a record */
	EVENT_FIELDS = 256,
};

struct event {
	uint32_t id;                /* what perf_event_open(2) calls it; 0: not known */
	struct event_field *fields; /* ends with a NULL name */
	uint32_t nfields;
};

/* Fills in f what follows from C's declaration, "unsigned long" "args" "[6]" (dims may be ""); offset,
 * size in all and sign are set already. The texts are kept. */
void event_declare(struct arena *a, struct event_field *f, const char *type, const char *name, const char *dims);
/* Reads the whole text of a `format` file. -EINVAL: it is none. */
int event_format(struct arena *a, const char *text, size_t n, struct event *out);

#endif
