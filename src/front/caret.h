/* caret.h - what the caret of a message is under, where it is known which word an instruction comes from. */
#ifndef FRONT_CARET_H
#define FRONT_CARET_H

#include "front/spread.h"

/* The token, on the line of the message; TOKEN_NONE: none is certain. Any tokens may be given, and any place among them. */
uint32_t caret_token(const struct spread_at *c, const struct diag *d);

/* The column of it in the line, as `struct spread` knows them (a diag_caret). */
int caret_column(void *spread, const struct diag *d, const char *line);

/* The operation of the message as the source has it: arithmetic, and comparing for equality (a diag_written). */
bool caret_written(void *spread, const struct diag *d, struct arena *a, struct diag_sides *out);

#endif
