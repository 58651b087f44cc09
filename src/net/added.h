/* added.h - protocols that a script adds itself: what added.c and spec.c share. */
#ifndef NET_ADDED_H
#define NET_ADDED_H

#include "core/arena.h"
#include "net/net.h"

enum {
	ADDED_FIXED = 252, /* most bytes of a fixed part */
	ADDED_TEXT = 64,   /* most bytes of a string field */
};

/* What a description says of the header alone. */
struct net_spec {
	struct net_proto *proto; /* its fixed part and its length are filled in */
	struct ir_field *rows;   /* its fields, and room for `spare` more and the end */
	uint32_t nrows;
};

/* Reads "u8 flags; u24 _; mac who". fixed: why its fields are not to be assigned; NULL: they are. */
bool spec_fields(struct arena *a, const char *text, uint32_t spare, const char *fixed, struct net_spec *s, char *err,
		 size_t errlen);
/* Reads "ihl * 4 + 8". */
bool spec_length(struct net_spec *s, const char *text, char *err, size_t errlen);

#endif
