/* map.h - what the rows of the kinds of maps share. */
#ifndef STDLIB_MAP_H
#define STDLIB_MAP_H

#include "stdlib/stdlib.h"

#include "core/shape.h"

/* Could v be stored as t at all? what: "key", "value". Diagnostics given. */
bool std_storable(struct infer *in, uint32_t site, const struct map_shape *s, const struct ctype *t,
		  const struct ir_type *v, const char *what);
/* Could v, what a record has in it, be stored in the field? Diagnostics given. */
bool std_field_storable(struct infer *in, uint32_t site, const struct ct_field *f, const struct ir_type *v);
/* Has t all the fields of the record v, and could each hold what the record has in it? Diagnostics given. */
bool std_known_fields(struct infer *in, uint32_t site, const struct ctype *t, const struct ir_type *v);
/* A t out of a map, or nil: *out. false: kernel code cannot read one. */
bool std_readable(struct infer *in, uint32_t site, const struct ctype *t, struct ir_type *out);
/* v as a key of the map, or the error of a wrong kind. */
struct lw_val std_check_key(struct lw *w, const struct map_shape *s, const struct lw_val *v);
/* May m:add be used with values of this type? Diagnostics given. */
bool std_addable(struct infer *in, uint32_t site, const struct map_shape *s);
/* Here m:add found no room: counted, and the program goes on. */
void std_count_loss(struct lw *w, const struct map_shape *s);
/* What the map holds at the key, an address or 0; a key that does not fit goes to `misfit`. */
ir_ref std_look_up(struct lw *w, const struct lw_val *map, const struct lw_val *key, ir_blk misfit);
/* The key on the stack, its address; one that does not fit goes to `misfit`. */
ir_ref std_put_key(struct lw *w, const struct lw_val *map, const struct lw_val *key, ir_blk misfit);
/* Address of v as a value of the map, on the stack. misfit 0: what does not fit raises. */
ir_ref std_put_value(struct lw *w, const struct map_shape *s, const struct lw_val *v, ir_blk misfit);

#endif
