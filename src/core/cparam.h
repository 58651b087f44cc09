/*
 * cparam.h - the parameters of a C function, from what stands between its parentheses:
 * "const char *path, int flags". Names may be left out. What is passed in integer registers only:
 * integers of all of C's types, bool, enums as int, and pointers, which are 64-bit numbers.
 */
#ifndef CORE_CPARAM_H
#define CORE_CPARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cparam {
	uint8_t size;         /* 1, 2, 4 or 8 bytes of the register count */
	bool is_signed, is_bool;
};

/* How many there are, at most `most`; or -EINVAL with a sentence in err. "" and "void": none. */
int cp_parse(const char *text, struct cparam *out, unsigned most, char *err, size_t errlen);
/* What a register says as that parameter: extended by its sign, or cut; a bool 0 or 1. */
int64_t cp_value(const struct cparam *p, uint64_t reg);

#endif
