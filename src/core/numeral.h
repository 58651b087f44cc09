/* numeral.h - texts as numbers. */
#ifndef CORE_NUMERAL_H
#define CORE_NUMERAL_H

#include "core/arena.h"
#include "perigee.h"

#include <stdbool.h>

/* As lua_stringtonumber: an integer, a float or nil. */
pg_value numeral_read(struct arena *a, const pg_value *text);
/* As tonumber(text, base): an integer, or nil. */
pg_value numeral_in_base(const pg_value *text, int base);
/* The integer that an integer or a float is; false: it is none. */
bool numeral_integer(const pg_value *number, int64_t *out);

#endif
