/* iterate.h - between the files that make something of generic for loops. */
#ifndef OPT_ITERATE_H
#define OPT_ITERATE_H

#include "opt/opt.h"

/* A new instruction before `at`, at its place in the source. */
ir_ref iterate_insert(struct flow *fl, ir_ref at, enum ir_op op, uint32_t n, const ir_ref *args);
ir_ref iterate_const(struct flow *fl, ir_ref at, const pg_value *k);
/* r becomes `op` with these arguments, in its place. */
void iterate_become(struct flow *fl, ir_ref r, enum ir_op op, uint32_t n, const ir_ref *args);

/* A constant bound of table.unpack: *out is it, or as it was where none is given. false: it is known only at run time. */
bool expand_bound(const struct ir_fn *f, const struct ir_ins *call, uint32_t arg, int64_t *out);
/* How many integers there are from `from` to `to`; UINT64_MAX: all of them. */
uint64_t expand_span(int64_t from, int64_t to);

/* Calls that are control flow (ir_lib_expands), put in their places: false where not enough is known. */
bool iterate_pairs(struct flow *fl, ir_ref call);
bool iterate_ipairs(struct flow *fl, ir_ref call);
/* Does a turn of a loop over what is known, and start where that says? */
bool iterate_starts(struct flow *fl, ir_ref call);
/* One loop of those that `forcall` rows make, where enough is known: 1, else 0. */
int iterate_turns(struct flow *fl);
/* A turn of ipairs, over whatever it is: i = i + 1; v = t[i]; or of pairs, over a list and nothing more. false: it is no
 * such, or starts elsewhere. */
bool iterate_counted(struct flow *fl, ir_ref call, bool pairs);
/* Likewise of those over a table that nothing more will be known of: ipairs of one of several. */
int iterate_found(struct flow *fl);
/* s:gmatch(pattern) becomes an iterator: 1, else 0. A turn of a loop over one, a call of one (*gone stands for it). */
int matches_begin(struct flow *fl, ir_ref call);
bool matches_turn(struct flow *fl, ir_ref call);
int matches_call(struct flow *fl, ir_ref call, ir_ref *gone);
void matches_report(struct flow *fl, ir_ref call);
/* Says why one of them was left. */
void iterate_report(struct flow *fl, ir_ref call, const struct ir_lib *row);
void iterate_report_turn(struct flow *fl, ir_ref call);

/* Copies the body of a numeric for, whose head is block `head`, for so many turns and one more, which nobody goes: false where it is too big. */
bool unroll_turns(struct flow *fl, ir_blk head, uint32_t turns);
/* Copies the body of a loop over a captured table, once for each of its elements: false where it cannot be. */
bool unroll(struct flow *fl, ir_ref call);
/* The same for a table made in the function, which has these keys; their values are looked up in each copy. */
bool unroll_keys(struct flow *fl, ir_ref call, const pg_value **keys, uint32_t n);
void unroll_refuse(struct flow *fl, ir_ref call);
void unroll_refuse_start(struct flow *fl, uint32_t site);
void unroll_refuse_found(struct flow *fl, uint32_t site);
/* Says that pairs cannot go over what is of this type. */
void iterate_refuse_over(struct flow *fl, uint32_t site, const struct ir_type *t);
/* Has the captured table more elements than are written out? */
bool unroll_many(struct flow *fl, ir_ref call);
/* Is it a loop over the elements of a table, from the first one on? */
bool unroll_may(struct flow *fl, ir_ref call);

#endif
