/* lower.h - between the files of the lower pass. */
#ifndef OPT_LOWER_H
#define OPT_LOWER_H

#include "ir/lower.h"

/* The value of operand i of Lua-level instruction r. */
const struct lw_val *lower_arg(struct lw *w, ir_ref r, uint32_t i);

/* Operations by theme; each sets w->val[r] when it has a result. */
void lower_arith(struct lw *w, ir_ref r);    /* lower_num.c */
void lower_unary(struct lw *w, ir_ref r);
void lower_forcount(struct lw *w, ir_ref r);
void lower_len(struct lw *w, ir_ref r);      /* lower_access.c */
void lower_concat(struct lw *w, ir_ref r);
void lower_index(struct lw *w, ir_ref r);
void lower_indexed(struct lw *w, ir_ref r);
void lower_setindex(struct lw *w, ir_ref r);
/* A captured table by a key known only at run time. (frozen.c) */
void lower_frozen(struct lw *w, const pg_value *table, const struct lw_val *key, struct lw_val *out);
/* What is added, in place, to what the field holds that r assigns to; 0: it is no such sum. */
ir_ref lower_increment(struct lw *w, ir_ref r); /* increments.c */
/* Warns where the constant v never fits `into`, a t: "the field 'n'"; raises: that is an error, else nothing is found. (misfit.c) */
void lower_warn_misfit(struct lw *w, const struct ctype *t, const char *into, const struct lw_val *v, bool raises);
void lower_call(struct lw *w, ir_ref r);
void lower_return(struct lw *w, ir_ref r);   /* lower_exit.c */
void lower_error_exit(struct lw *w);
void lower_raise(struct lw *w, ir_ref r);    /* lower_error.c */
void lower_located(struct lw *w, ir_ref r);
/* Ends the block: is v, a message, this text? Answered when all errors are numbered, by the other. */
void lower_message_is(struct lw *w, const struct lw_val *v, const pg_value *text, ir_blk yes, ir_blk no);
void lower_messages(struct lw *w);
void lower_elemset(struct lw *w, ir_ref r);  /* lower_elems.c */
void lower_elemget(struct lw *w, ir_ref r);
/* How a value of type t meets others: kinds, and the number of its words. (lower.c) */
struct lw_val lower_shape(struct lw *w, const struct ir_type *t);
/* Values v that go to a loop's parameters, those with a number, as strings that outlive the next turn. (lower_long.c) */
void lower_long_kept(struct lw *w, uint32_t n, const ir_ref *params, struct lw_val *v);
void lower_long_claim(struct lw *w); /* when all is lowered: the slot that long strings are made in */
/* Ends the block: on along an edge of the Lua level. (lower.c) */
void lower_edge(struct lw *w, const struct ir_edge *e);

/* Comparisons and conditions as branches: to yes or no, blocks without parameters. (lower_cond.c) */
void lower_compare_branch(struct lw *w, ir_ref r, ir_blk yes, ir_blk no);
/* Branches on whether a value is true. */
void lower_truth_branch(struct lw *w, ir_ref value, ir_blk yes, ir_blk no);
/* Is r an operation that lower_compare_branch knows? */
bool lower_is_condition(const struct ir_ins *i);
void lower_for_branch(struct lw *w, ir_ref r, ir_blk yes, ir_blk no); /* forskip: yes: skip */

#endif
