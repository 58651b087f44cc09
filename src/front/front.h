/* front.h - from a captured Lua function to SSA: reads its chunk, builds each prototype once, and
 * answers what captured values are. front_open sets u->source to these functions. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "ir/ir.h"

struct front;
struct front_proto;

/* The i-th prototype that was built, from 1 on; NULL past the end. */
const struct front_proto *front_proto_at(const struct ir_unit *u, uint32_t i);

/* Reads the root function's chunk and builds it; u->front keeps the capture and what was read.
 * -errno with a diagnostic in u->diag. */
int front_open(struct ir_unit *u, const struct pg_capture *cap, uint64_t func, struct ir_fn **main);

/* The function of `closure` instructions in `parent` (made by the front end) whose aux is
 * proto_index. Built once per prototype; NULL with a diagnostic. */
struct ir_fn *front_inner(struct ir_unit *u, struct ir_fn *parent, uint32_t proto_index);

/* The function of a captured function value (PG_FUNC). Built once per value; NULL with a diagnostic. */
struct ir_fn *front_host(struct ir_unit *u, uint64_t func);

/* What upvalue i of f holds, when that is a captured value, also through enclosing functions: 0.
 * -ENOENT: it is a local variable of the function around f, to be had from its closure's args. */
int front_upvalue(struct ir_unit *u, struct ir_fn *f, unsigned i, pg_value *out);

/* The source name of upvalue i of f, or "?". */
const char *front_upvalue_name(struct ir_unit *u, const struct ir_fn *f, unsigned i);

/* table[key] of a captured table; under ir_pairs_keys and ir_pairs_values, a list of what pairs() gives of it: -ENOTSUP: not
 * known. */
int front_index(struct ir_unit *u, uint64_t table, const pg_value *key, pg_value *out);
/* s[key] of any text. -ENOTSUP: not known. */
int front_text(struct ir_unit *u, const pg_value *key, pg_value *out);
/* All its pairs. -ENOTSUP: they are not known. */
int front_pairs(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n);
/* What pairs() gives of it, in its order. -ENOTSUP: not known. */
int front_own(struct ir_unit *u, uint64_t table, const pg_value **out, uint32_t *n);
/* What indexing it ends at where that is no table, of which one that is the __index, and all that is found before. -ENOTSUP: it
 * ends at a table. */
int front_beyond(struct ir_unit *u, uint64_t table, pg_value *by, pg_value *of, const pg_value **out, uint32_t *n);
/* A table made up of these keys and values, in what follows like a captured one: its id. */
uint64_t front_table(struct ir_unit *u, const pg_value *kv, uint32_t n);
int front_len(struct ir_unit *u, uint64_t table, int64_t *out);

/* A name like this one that the table has, or, where a line is given, a variable that is to be had there; NULL: none. */
const char *front_meant(struct ir_unit *u, uint64_t table, struct diag_pos at, const char *name);

/* One prototype -> SSA of its own on the Lua level; nothing inlined, nothing optimised. */
struct ir_fn *front_build(struct ir_unit *u, const struct front_proto *p);

#endif
