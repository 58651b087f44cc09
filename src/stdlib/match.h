/* match.h - a pattern as machine operations. */
#ifndef STDLIB_MATCH_H
#define STDLIB_MATCH_H

#include "ir/lower.h"
#include "stdlib/pattern.h"

/* What a match found, as offsets like those of the string; captures: start and end, or the position. */
struct match {
	ir_ref start, end;
	ir_ref from[PAT_CAPTURES], to[PAT_CAPTURES];
	ir_ref not_at;         /* given: a place where it must not end, or 0 */
};

/* Looks for the pattern in s, from offset `init` on, which is not behind its end. Goes on where it was found;
 * to `none` (no parameters) where it is nowhere. */
void match_emit(struct lw *w, const struct pat *p, const struct lw_str *s, ir_ref init, struct match *m, ir_blk none);

#endif
