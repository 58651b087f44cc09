/* elems.h - between grow.c and elems.c: lists that lie in scratch memory. */
#ifndef OPT_ELEMS_H
#define OPT_ELEMS_H

#include "opt/lists.h"

/* Where the elements of a list are: in one row of places; where they are tables, in one for each field. */
struct elems {
	const struct rec *rec;
	bool tables;
	const pg_value **fields; /* of tables */
	uint32_t n, cap;         /* rows */
	ir_ref *row;             /* their `elems` */
	ir_ref some;             /* what stands for each of the tables: one without fields */
	/* of tables, by value */
	ir_ref *taken;           /* the `index` that gave it, if it is such an element */
	ir_ref *last;            /* by such an `index`: the last of what reads and writes its fields now ... */
	ir_ref *before;          /* ... and by that: the one before */
	ir_ref *writes;          /* what assigns fields of them */
	uint32_t nwrites, cap_writes;
};

/* Does r assign an element of the list, rather than a field by name? */
bool elems_set(const struct records *s, ir_ref r);
/* Does the list hold tables? */
bool elems_of_tables(const struct records *s, const struct rec *rec);
/* Where the length of one of the tables that the list holds is asked for; or 0. */
ir_ref elems_length_of_one(const struct records *s, const struct rec *rec);
/* Can the list lie there? Then what e says of it is set, but for `row` and `some`. Needs the tree. */
bool elems_may(struct lists *l, const struct rec *rec, struct elems *e);
/* A table that was put into the list, and is looked at by its own name behind that, is looked at there: false: none is. Needs
 * the tree. (through.c) */
bool elems_through(struct lists *l, const struct rec *list);
/* A number by which the list is read, and which may be nil, becomes one at which there is nothing: false: none may be. (nil_key.c) */
bool elems_numbered(struct lists *l, const struct rec *list);
/* Does the list hold numbers that stand for tables of another one? (listed.c) */
bool elems_of_numbers(const struct records *s, const struct rec *rec);
/* A list whose tables all lie in another one becomes one of numbers: false: it is none. Needs the tree. (listed.c) */
bool elems_listed(struct lists *l, const struct rec *list);
/* Makes the rows, with so many places, where the list is made, and puts there what it is made with. */
void elems_make(struct lists *l, struct elems *e, int64_t most);
/* Fields of elements are read, and written, in their rows. */
void elems_use_fields(struct lists *l, const struct elems *e);
/* Appended to block b: puts v, or its fields, at place k; what is at place k, of which it is known that there is something. */
void elems_put(struct gap *g, ir_blk b, const struct elems *e, ir_ref k, ir_ref v);
ir_ref elems_get(struct gap *g, ir_blk b, const struct elems *e, ir_ref k);
/* r reads an element that the list was made with. */
void elems_made(struct lists *l, const struct elems *e, ir_ref r);

#endif
