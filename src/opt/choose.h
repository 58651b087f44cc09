/* choose.h - between the files that make comparisons of what is one of few constants. */
#ifndef OPT_CHOOSE_H
#define OPT_CHOOSE_H

#include "opt/opt.h"

enum {
	MAX_USES = 32,         /* keys of a table whose uses are copied */
	MANY_VALUES = 256,     /* different ones in it, where nothing else is known to do */
};

struct pair { const pg_value *key, *value; };

struct arm {
	const pg_value *value;
	ir_blk block;
};

/* Who uses what (choose_users.c). */
struct users {
	uint32_t n;            /* values when it was made: no other one is derived, or used */
	uint32_t *place;       /* by instruction: the order of blocks, from 1 on; 0: it is in none */
	uint32_t *end;         /* by value: the end of its users in `user`, which begin at the end of those of the value before */
	ir_ref *user;
	ir_ref *from;          /* by value: what it is derived from; 0: it is not, or nobody looked */
	bool *used;            /* by instruction: it uses a parameter of the web, and is copied */
};

struct choice {
	struct flow *fl;
	struct ir_fn *f;
	struct users *users;
	ir_ref index, key;
	bool ints;             /* the key is always an integer */
	bool many;             /* more uses than MAX_USES may be copied */
	bool hidden;           /* it may be one of the table's functions or tables */
	bool found;            /* the key is surely one of those of the pairs: no arm is for others */
	struct pair *pairs;    /* by rising key */
	uint32_t n;
	struct arm *arms;      /* one for each value; the last one is for keys that are not there */
	uint32_t narms;
	struct web *web;       /* of a value that comes another way, or NULL */
};

/* Parameters whose values go from one to the other, and the numbers of these values beside them. */
struct web {
	ir_ref *params;
	uint32_t n, cap, seen; /* seen: of these all values are known */
	ir_ref *steps;         /* look-ups in what the parameters are, which lead from one value to the next */
	uint32_t nsteps, cap_steps;
	bool lax;              /* steps that lead to nothing but plain values are followed, too */
	bool ends;             /* what is read of a map or a state is used where it is read, and leads nowhere; functions that
				* captured constants are some like others */
	bool close, parted;    /* steps are followed from what hangs on the web alone: node = node.next; others were met */
	ir_ref *number;
};

/* Order of pairs by their keys, for qsort. */
int choose_by_key(const void *a, const void *b);
/* What table it is and what is in it; false: that is not known. (choose.c) */
bool choose_table(struct choice *c, struct flow *fl, ir_ref index);
/* The table's pairs whose keys may be of these kinds; false: not all are known, or which
 * of them a key is cannot be seen at run time. */
bool choose_pairs(struct choice *c, const pg_value *table, uint64_t kinds);
/* Is r a look-up in a captured table by what is known only at run time? */
bool choose_is(const struct flow *fl, ir_ref r);
bool choose_all_plain(const struct choice *c);
/* The closure operation that v stands for, or 0. */
ir_ref choose_closure(const pg_value *v);
/* The constant that v always is, or what stands for the inner function that it is; NULL: neither. */
const pg_value *choose_fixed(struct choice *c, ir_ref v);
ir_ref choose_make(struct choice *c, ir_blk b, uint32_t site, const pg_value *value);
/* The comparisons before instruction `at`. Returns where the arms may meet: what comes from there on; 0
 * when it ends its block, and is left there behind them. */
ir_blk choose_open(struct choice *c, ir_ref at);
/* The same at the end of a block. */
void choose_part(struct choice *c, ir_blk from);
/* The arm goes on to `rest`, with v, if it is one. */
void choose_meet(struct choice *c, ir_blk arm, ir_blk rest, ir_ref v);

/* How many different values it holds; most + 1: more than `most`. */
uint32_t choose_different(const struct choice *c, uint32_t most);
/* So many keys of a table that are compared, where nothing else is known to do. */
uint32_t choose_most_keys(const struct choice *c);

/* Look-ups in captured tables by what is known only at run time. */
struct found { ir_ref *r; uint32_t n, cap; };

/* Does `what` with all of them; to[] says what stands for what went. Returns what it returns: how many were done. */
int choose_found(struct flow *fl, int (*what)(struct flow *fl, const struct found *found, ir_ref *to));

/* ---- choose_users.c ---- */

/* c->users, of the function as it stands, and of nothing else it is known what is derived from it. */
void users_begin(struct choice *c);
/* Those of v: instructions, in the order of blocks; one is there as often as it uses v. */
const ir_ref *users_of(const struct users *u, ir_ref v, uint32_t *n);
/* The n values, and the users of all, once each, in the order of blocks. n: how many then. */
ir_ref *users_in_order(const struct users *u, struct arena *a, const ir_ref *v, uint32_t *n);

/* ---- sorts.c ---- */

/* Are there many, of several sorts: with a form at run time, tables, other objects? */
bool sorts_are_mixed(const struct choice *c);
/* One look-up for each sort; returns what stands for c->index. */
ir_ref sorts_open(struct choice *c);
/* It is looked up by number, and the number by its key: MANY_VALUES different values at most. */
void sorts_number_values(struct choice *c);

/* ---- ways.c ---- */

/* By value: it is the pattern of a call, or becomes it. NULL: there is none that is not known. */
bool *ways_find_asked(const struct flow *fl);

/* ---- choose_uses.c ---- */

/* What was known when it was found, before blocks were parted: the kinds of its operands; is it guarded (choose_guard.c)? */
struct how { const uint64_t *kinds; bool guarded; };
struct uses {
	ir_ref *v;             /* the users of derived values that are to be copied */
	uint32_t n, cap;
	struct how *how;       /* of each */
	uint32_t nhow, cap_how;
	ir_ref *fail;          /* the derived ones that may fail */
	uint32_t nfail, cap_fail;
	ir_ref *derived;       /* all that follows from the look-up */
	uint32_t nderived, cap_derived;
};

/* The uses of c->index; false: one of them cannot be copied. Needs users_begin. */
bool choose_find_uses(struct choice *c, struct uses *out);
/* What `v`, made from c->index by fields and tests, is in the arm of `value`; NULL: it is not had there. */
const pg_value *choose_value_in(const struct choice *c, ir_ref v, const pg_value *value);
void choose_copy_uses(struct choice *c, const struct uses *uses, ir_ref *to);
bool choose_uses(struct choice *c, ir_ref *to);
ir_ref choose_copy(struct choice *c, ir_blk b, ir_ref r);

/* Is v had from c->index by fields and tests, and copied into the arms together with what uses it? */
bool choose_derived(const struct choice *c, ir_ref v);
/* The error in the arm of `value` if v, which is derived, is not had there; or NULL. */
const char *choose_stops(struct choice *c, ir_ref v, const pg_value *value);
/* What Lua calls it: "table". */
const char *choose_kind_name(const struct ir_unit *u, const pg_value *of);
/* Does it raise where an operand is a table without a metatable? */
bool choose_takes_no_table(enum ir_op op);
/* A table without a metatable. */
bool choose_bare(const pg_value *of);
/* Is v, which is derived, a table wherever it is had, or nil? What is wrong in any case is refused. */
bool choose_tables_alone(struct choice *c, ir_ref v);

/* What Lua says where operand a of i is `of` and this cannot be done to it; NULL: it can, or that is judged later. kinds: of all
 * operands, which a sum alone looks at (else NULL will do). */
const char *choose_operand_fails(struct choice *c, const struct ir_ins *i, const uint64_t *kinds, uint32_t a, const pg_value *of);
/* How many of its first operands it is done to. */
uint32_t choose_operands(const struct ir_ins *i);
/* Does pairs go over what it indexes? */
bool choose_goes_over(const struct choice *c, const struct ir_ins *i);

/* "attempt to index a nil value (local 'v')": what `of` cannot be done to, as the first operand of i. */
const char *choose_failure_text(struct choice *c, const struct ir_ins *i, const char *what, const pg_value *of);

/* The same of a look-up; NULL: it can be indexed. */
const char *choose_index_failure(struct choice *c, const struct ir_ins *i, const pg_value *of);

/* ---- choose_blame.c ---- */

#define CHOOSE_NUMBER (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT) | IR_ALL_STRINGS)

/* What copies may be made of, and for which kinds of operands that are no objects; what Lua says of others. */
struct operation {
	const char *what;      /* is done to them: "index" */
	uint64_t good;
	bool copied;
	const char *sum;       /* what Lua calls it where a text is an operand */
};
extern const struct operation choose_operations[];

/* The kinds that an operand may be of; of what is a sum it is known before anything else is. To be asked for before blocks are
 * parted, as it follows edges. */
uint64_t choose_kinds(const struct choice *c, ir_ref v);
/* Is it surely of one of these? */
bool choose_is_all(const struct choice *c, ir_ref v, uint64_t kinds);
/* Operand a of a calculation or a concatenation is wrong. Is it known, or seen at run time, which one Lua complains of? */
bool blame_told(const struct choice *c, const struct ir_ins *i, uint32_t a);
/* The kinds of all operands of r; to be asked for before blocks are parted. */
const uint64_t *blame_kinds(struct choice *c, ir_ref r);
/* Raises that, which ends block b. kind: what Lua calls that of operand a. */
void blame_raise(struct choice *c, ir_blk b, ir_ref r, const uint64_t *kinds, uint32_t a, const char *kind);
/* The first one that is wrong, of which it is told (none: nargs); wrong: what Lua calls its kind, or NULL. */
uint32_t blame_first(struct choice *c, const struct ir_ins *i, const char *(*wrong)(struct choice *c, const struct ir_type *t));
/* "attempt to perform arithmetic on a nil value (local 'v')": what cannot be done to operand a. */
const char *blame_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *what, const char *kind);
/* What Lua calls the first of these kinds, and all that it calls so, which are taken from `left`. */
const char *blame_next(const struct ir_unit *u, uint64_t *left, uint64_t *same);
/* Ends block b: on to `such` where v is of one of these kinds, else to the block returned. */
ir_blk blame_ask(struct choice *c, ir_blk b, uint32_t site, ir_ref v, uint64_t kinds, ir_blk *such);

/* ---- choose_guard.c ---- */

/* Does it take numbers and texts alone, so that it is known what Lua says where its one derived operand is something else? */
bool choose_guards(struct choice *c, ir_ref use);
/* Says that there, and does it to what is left. Returns what stands for the use. */
ir_ref choose_guarded(struct choice *c, ir_ref use, const uint64_t *kinds);
/* Is it asked for the order of something and its operand `other`, which has one: a number or a text? */
bool choose_orders(const struct choice *c, const struct ir_ins *i, uint32_t other);
/* Likewise of what surely has no order, or is a table made in the function, or a function: which operand of r is one and complained of
 * (none: nargs), and what Lua says then, which ends block b. */
uint32_t choose_blamed(struct choice *c, ir_ref r);
void choose_blame(struct choice *c, ir_blk b, ir_ref r, const uint64_t *kinds, uint32_t a);
/* Stands for such a table in what Lua says. */
extern const pg_value choose_made;

/* ---- columns.c ---- */

/* What is read of the tables found becomes look-ups of its own: true, and to[] likewise; false: something else is done with
 * them. */
bool choose_columns(struct choice *c, ir_ref *to);

/* The reads of the tables that c->index is one of, and the columns to read instead. */
struct columns;
/* NULL: something else is done with them, or what is in them is not known. */
struct columns *columns_find(struct choice *c);
/* Needs the key by which it is found, c->key. */
void columns_read(struct columns *k, ir_ref *to);
/* A captured table of n pairs: keys and values by turns. */
const pg_value *columns_table(struct ir_unit *u, const pg_value *kv, uint32_t n);
/* By the keys of n pairs: true. */
const pg_value *columns_there(struct ir_unit *u, const struct pair *pairs, uint32_t n);
/* By the keys of n pairs: the numbers from `first` on. */
const pg_value *columns_numbers(struct ir_unit *u, const struct pair *pairs, uint32_t n, uint32_t first);

/* ---- rows.c ---- */

/* One parameter that is one of many tables: true, and to[] says what stands for what went. */
bool choose_rows(struct flow *fl, bool few, ir_ref *to);

/* ---- choose_web.c ---- */

/* Which kinds the tests that v went through left. */
uint64_t choose_left(const struct ir_fn *f, ir_ref v);
bool choose_object(const struct flow *fl, ir_ref param);
/* Its place in the web; web->n: it is not in it. */
uint32_t choose_place(const struct web *web, ir_ref param);
/* What the parameter may be, and by way of which others it comes; false: something else, too.
 * how: what may be part of it (lax, close, ends). */
bool choose_web_open(struct choice *c, struct web *web, struct flow *fl, ir_ref param, struct web how);
/* An edge that a value comes by: found again by its terminator, which look-ups split off from its block. */
struct way { ir_ref term; uint32_t which, arg; bool live; };

/* The edges that lead to the web's parameters, in the order of these. Returns how many. out may be NULL. */
uint32_t choose_ways(struct choice *c, struct way *out);
void choose_take_in(struct choice *c, ir_ref param);
/* A constant before instruction `at`. */
ir_ref choose_const_before(struct choice *c, ir_ref at, const pg_value *k);
/* Does argument a of this edge only go on to another parameter of the web? One that may be it is taken into it. */
bool choose_goes_on(struct choice *c, const struct ir_edge *e, uint32_t a);
/* One parameter that is one of few constants: true, and to[] says what stands for what went. `parted` in: fields of whatever else
 * may lead to it; else of what hangs on it alone, and out: there were others. */
bool choose_param(struct flow *fl, bool *parted, ir_ref *to);
/* Likewise, in a program that is refused otherwise, where what is read of maps ends the web, and functions may have captured
 * something. */
bool choose_ends(struct flow *fl, ir_ref *to);

#endif
