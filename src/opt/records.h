/* records.h - between the files of pass `records`: what is known of the tables that the function makes. */
#ifndef OPT_RECORDS_H
#define OPT_RECORDS_H

#include "opt/opt.h"

/* A value that is a table made here, by its newtable or by the parameter where several of them, or other values, met.
 * Those that are joined by the ways they go are one web, whose data its first one has. */
struct rec {
	ir_ref value;
	uint32_t up;           /* one nearer to the web's first; itself: it is that */
	ir_ref *cells;         /* by key of the web */
	ir_ref *uses;          /* instructions: accesses, and what it is handed to */
	uint32_t nuses, cap_uses;
	/* of the web */
	const pg_value **keys;
	uint32_t n, cap;
	bool *given;           /* by key: it is never nil (set by rewrite) */
	const char **names;    /* fields that are assigned, where others may be nil (likewise) */
	uint32_t nnames, cap_names;
	uint64_t placed;       /* kinds of those keys that are assigned; the others are read only */
	ir_ref held;           /* kept where it cannot be followed yet, such as in a field of another table; or 0 */
	bool passed;           /* held by a parameter of which nothing is known yet */
	ir_ref waits;          /* an access by a key that hangs on something not known yet; or 0 */
	uint32_t length;       /* #t, where that is certain before all keys are known; or 0 */
	bool grows;            /* it is filled from 1 on without holes, by appending alone */
	bool filled;           /* likewise, and by loops */
	bool done;
	bool apart;            /* no parameter of it has any use: all is done to the tables themselves */
};

/* aux of index, self and setindex */
enum {
	LOOK_FOUND = 1,        /* what it gives is that function for all who use it; of setindex: its value is gone (methods.c) */
	LOOK_KEPT,             /* it is read from, or written to, such a variable as well */
	LOOK_THROUGH,          /* it stands for a table that was put there, which is not to be found again (through.c) */
};

struct records {
	struct ir_unit *u;
	struct ir_fn *f;
	struct rec *v;
	uint32_t n, cap;
	uint32_t *of;          /* by value: number + 1 of the table */
};

static inline struct rec *record_of(const struct records *s, ir_ref r)
{
	return s->of[r] ? &s->v[s->of[r] - 1] : NULL;
}

static inline struct rec *record_web(const struct records *s, const struct rec *rec)
{
	while (s->v[rec->up].up != rec->up)
		rec = &s->v[rec->up];
	return &s->v[rec->up];
}

/* The constant that r always is, or NULL; also behind what always raises, where nothing has a type. */
static inline const pg_value *record_const(const struct records *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->type.k || i->op != IRO(const) ? i->type.k : i->k;
}

/* Is it a table and nothing else? */
static inline bool record_sure(const struct records *s, ir_ref r)
{
	return !(ir_at(s->f, r)->type.kinds & ~IR_BIT(IR_REC));
}

/* The number of a key in the web; it is added where it is new. */
uint32_t record_key(struct records *s, struct rec *web, const pg_value *key);
/* What a key known now is in a table, or NULL: no such constant. */
const pg_value *record_key_of(const struct records *s, ir_ref access);
/* Where the table is changed through rec and another value, which is used later, may be the same one; or 0. */
ir_ref record_shared(const struct records *s, const struct rec *rec);

/* Is `i` a call of a function of the library that gives its arguments, or hands them on (select, error, xpcall), and is not
 * expanded yet, or what a loop calls, not known yet? What becomes of a table among them is seen behind that. */
bool record_handed_on(const struct ir_fn *f, const struct ir_ins *i);
/* Why an access is refused of what may be a table made here and may be something else that has fields. */
const struct refusal *record_or_other(uint64_t other);
/* Is r a use of the table that takes more than the name of a field (t[i], #t, a loop, table.unpack)? */
bool lists_uses(const struct records *s, ir_ref r, uint32_t arg);
/* The key is a number known only at run time: the web gets those that it may be; false: that is not seen. */
bool lists_keys(struct records *s, struct rec *web, ir_blk at, ir_ref key);
/* How many elements each table of the web has, always; 0: that is not seen. */
uint32_t full_length(const struct records *s, const struct rec *web);
/* Has the table no holes, for all that is done is to append to it? That is seen before the keys are known, and kept. */
bool full_grows(struct records *s, const struct rec *web);
/* Likewise, but a loop may fill it, too. */
bool full_filled(struct records *s, const struct rec *web);
/* Does the `setindex` set t[i] in a loop that has set all of t[1] to t[i - 1], none to nil? Needs the tree. (filled.c) */
bool filled_in_order(const struct records *s, ir_ref set);
/* Is what the tables of the web hold by that name never nil, and plain? Needs the tree, and all uses of the web. (given.c) */
bool given_always(const struct records *s, const struct rec *web, const pg_value *key);
/* Is `set`, which gives the table that is made a field, done before anything else is done with it but giving it other fields? */
bool given_first(const struct records *s, const struct rec *rec, ir_ref set);
/* Is what r gives called somewhere? */
bool record_called(const struct ir_fn *f, ir_ref r);
/* Is v surely no nil? What calculates gives none, whatever it is of. */
bool record_something(const struct records *s, ir_ref v);
/* Is each value that may be such a table one of the web? A test may give one of which nothing is known yet. */
bool record_followed(const struct records *s, const struct rec *web);
/* Is the table the only value of its web, and made here? */
bool record_alone(const struct records *s, const struct rec *rec);
/* Fields by name are known before other keys, which hang on them: how many changes. */
int named_fields(struct records *s);
/* A single name is parted from the others: likewise. */
int named_one(struct records *s);
/* Such uses of tables whose keys are all known become uses by name: how many, then all is to be looked at anew; <0:
 * refused. */
int lists_expand(struct records *s);
/* Where nothing else is left to do: an assignment that a loop over its table waits for, by a key that this loop counts. 1: one; 0: none, or
 * it is refused. */
int lists_open(struct records *s);
/* A list that a loop appends to, and of which nothing else becomes known, gets room for some elements: how many lists. */
int grow_lists(struct records *s);
/* What is done through a value that may be one of several tables, where that changes one that another variable may hold, is
 * done to the table itself: how many webs; <0: refused. */
int apart_expand(struct records *s);
/* Calls of functions that are kept in tables become calls of those; functions that nobody else asks for go: how many
 * changes. */
int methods_known(struct records *s);
/* What the field of a single table holds that is called, whichever it is, goes into a variable, too: how many changes. */
int methods_kept(struct records *s);
/* Is r such a look-up, and what it found not the only thing that the field may hold? Or one of what is gone? */
bool methods_assigned_again(const struct records *s, const struct rec *web, ir_ref r);

/* Is rec a table where it is made, and no variable of several? */
static inline bool record_made(const struct records *s, const struct rec *rec)
{
	return ir_at(s->f, rec->value)->op == IRO(newtable);
}

#endif
