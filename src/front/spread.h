/* spread.h - which word of the source an instruction comes from: bytecode has lines, and no columns.
 *
 * The file's words are put on lines of their own and given to Lua's compiler again. That makes the same code of them,
 * and its lines say which word each instruction is of: the last that was read when it was made, or an operator. Where
 * the code or its lines differ the file is not what was loaded, and nothing is known. */
#ifndef FRONT_SPREAD_H
#define FRONT_SPREAD_H

#include "front/proto.h"
#include "front/tokens.h"

struct spread_at {
	const struct tokens *t;
	const struct front_proto *p;
	uint32_t pc;           /* DIAG_WHOLE: of the function itself */
	const uint32_t *at;    /* by pc: the token */
	uint32_t first;        /* the function's: `function`, or the parenthesis behind it */
};

struct spread;
struct spread *spread_new(struct arena *a, const struct pg_capture *cap);

/* Of the instruction that pos names. SPREAD_OTHER: the file has it no longer, or not on these lines. */
enum spread_found { SPREAD_UNKNOWN, SPREAD_OTHER, SPREAD_FOUND };
enum spread_found spread_find(struct spread *c, const struct diag_pos *pos, struct spread_at *out);

#endif
