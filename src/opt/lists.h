/* lists.h - uses of tables made in the function that become branches: an instruction is taken out of its block, and what
 * goes there is built in its place. */
#ifndef OPT_LISTS_H
#define OPT_LISTS_H

#include "opt/between.h"
#include "opt/records.h"

struct lists {
	struct records *s;
	struct flow fl;
	struct ir_fn *f;
	ir_ref *to;            /* by value: what it is now */
	uint32_t nto;
	struct bounds **keys;  /* by access: between which integers its key lies, or NULL */
	bool failed;
};

/* What was taken out is what `to` says. */
void lists_rename(struct lists *l);

/* An instruction that is taken out: the block that it ended, and the one of what followed. */
struct gap {
	struct lists *l;
	ir_ref was;
	uint32_t site;
	ir_ref table;
	ir_blk before, rest;
};

struct gap gap_open(struct lists *l, ir_ref r, bool gives);
/* Ends block b: on to another, with v, if it is one. */
void gap_on(struct gap *g, ir_blk b, ir_blk to, ir_ref v);
/* What the table has there. */
ir_ref gap_get(struct gap *g, ir_blk b, const pg_value *key);
/* Ends block b: on in a new one, which is returned, where it is so, else in the other. */
ir_blk gap_part(struct gap *g, ir_blk b, ir_ref is, ir_blk other);
/* Ends block b: where v is k, *yes, else the block that is returned. */
ir_blk gap_when(struct gap *g, ir_blk b, ir_ref v, const pg_value *k, ir_blk *yes);
/* Where argument arg of r may be no table, Lua's error comes before what is made of it: r is of a table, then. false:
 * refused. */
bool lists_sure(struct lists *l, ir_ref r, uint32_t arg);
/* Is r surely an integer, though some of what it hangs on is not known yet? */
bool lists_integer(const struct ir_fn *f, ir_ref r);

#endif
