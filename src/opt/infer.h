/* infer.h - between the files of the infer pass: the rules for single operations. */
#ifndef OPT_INFER_H
#define OPT_INFER_H

#include "opt/opt.h"

#include <errno.h>

struct infer {
	struct flow fl;
	const char *at;        /* what the caret is under, where a row refuses what it is given; NULL: what the message quotes */
	const char *help;      /* what to write then, before the row's own advice; or NULL */
	const char *advice;    /* the same for a bad key or value, where the row has none */
	struct diag silent;    /* the entry of what is not said */
};

struct ir_type infer_arg(const struct infer *in, ir_ref r, uint32_t i);
const char *infer_operand(const struct infer *in, ir_ref r, uint32_t i); /* "'n'" or "this value" */
/* "is always", of what is sure of an operand of r; "may be" in a copy for one of several objects (ways.c): it is sure of that one. */
const char *infer_is(const struct infer *in, ir_ref r);
/* The same with its article: "nil", "a boolean", "an ipv4". */
const char *infer_a_wrong(const struct infer *in, const struct ir_type *t, uint64_t wanted);
/* What to do instead, where a number is used as a text (it may be an address), or a view as something else; NULL: nothing. */
const char *infer_use(const struct infer *in, const struct ir_type *t);
/* What makes a value of these kinds a wanted one, as what to write; NULL: nothing does. */
const char *infer_convert(uint64_t want, const struct ir_type *got);
/* What to write instead of an operation on its first operand that only values of other kinds can be given to. Never NULL. */
enum infer_as { INFER_CALLED, INFER_LENGTH, INFER_INDEXED, INFER_ASSIGNED };
const char *infer_instead(const struct infer *in, ir_ref r, enum infer_as as);
/* What is to be done about operand i of r, which is never what it is used as: the nearest name, or a value; NULL: nothing. */
const char *infer_remedy(const struct infer *in, ir_ref r, uint32_t i);
/* "did you mean 'x'?", where operand i of r is what a captured table, or the globals, lack under that name; NULL: no name is
 * near. */
const char *infer_meant(const struct infer *in, ir_ref r, uint32_t i);
/* Of a name that bpf does not have: what to write for the helper of the kernel that C calls so, or for `of`, where the name is
 * "helper" or "kfunc"; NULL: it is none of these. (helpers.c) */
const char *helpers_instead(struct ir_unit *u, const char *name, const char *of);
/* Is it one of these names, which have a blank between? (synonyms.c) */
bool synonym_is_among(const char *name, const char *names);
/* What is meant by a name that the view, a map with these methods, called `map` in the source, or bpf has not, as what to write:
 * the whole help, in the arena, or a constant; NULL: nobody knows. */
const char *synonym_of_view(struct ir_unit *u, const struct ir_view *v, const char *name);
const char *synonym_of_map(struct arena *a, const struct ir_lib *rows, const char *map, const char *name);
const char *synonym_of_bpf(struct arena *a, const char *name);
/* Of a name that bpf does not have: what to write, a helper's, a synonym's or what is near; NULL: nothing is. */
const char *infer_instead_of_bpf(struct ir_unit *u, const char *name);
/* What a map is used by: "its methods are m:get(k) ...". And that it has no method under a key, which is `quoted`, and `name` where it
 * is a constant text, else NULL. (map_methods.c) */
const char *infer_methods_of(struct infer *in, const pg_map *m);
void infer_no_map_method(struct infer *in, ir_ref r, const pg_map *m, const char *name, const char *quoted);
/* That it is called, which is nil. */
void infer_no_bpf(struct infer *in, ir_ref call);
/* What the text is as an address of one of these kinds, as it is written: bpf.ip("10.0.0.1"); NULL: none of them. */
const char *infer_address(struct arena *a, uint64_t kinds, const pg_value *text);
/* What r is called in the source, which `n` names: a variable, or a field of one, "ip.src"; NULL: something else. */
const char *infer_path(const struct infer *in, const struct ir_name *n, ir_ref r);
/* Of a comparison that is never true: what to write instead of operand i, a text beside a number, or a truth beside one. (unequal.c) */
void unequal_text(const struct infer *in, ir_ref r, uint32_t i, struct diag *d);
void unequal_truth(const struct infer *in, ir_ref r, uint32_t i, struct diag *d);
/* "bpf.DROP", the name of bpf's that is nearest, with one letter in `share` another at most; NULL: none is near. */
const char *infer_near_bpf(struct ir_unit *u, const char *name, uint32_t share);
const char *infer_wrong(const struct infer *in, const struct ir_type *t, uint64_t wanted);

/* What an operation gives that looks at the bytes of an error's message: known when that is a text. (messages.c) */
struct ir_type infer_bytes(struct infer *in);
/* May the program use the map that a[0] is, if it is one? Says it where not: the verifier takes no program of some hooks that uses
 * a map with locks at all. */
bool infer_may_lock(struct infer *in, uint32_t site, uint32_t n, const struct ir_type *a);
/* Does a function look at the bytes of the strings that it is given? Does what is indexed, or assigned to, take some? */
bool infer_looks_at_bytes(const struct ir_unit *u, const struct ir_lib *row);
bool infer_takes_bytes(const struct ir_unit *u, const struct ir_type *object);

/* Texts given for numbers, and numbers for texts (coerce.c). Is one known, and not replaced yet? */
bool coerce_waits(struct flow *fl, ir_ref call);
/* Puts what those that are known become in their places: 1, else 0. */
int coerce_texts(struct flow *fl, ir_ref call);
/* May argument i, which is to be of these kinds, be such a one, or a float? Then it is refused; `counted`: as Lua counts it. */
bool coerce_check(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a, uint32_t i, uint64_t want,
		  uint32_t counted);

/* That a result is asked for that is beyond those which a row gives. */
void infer_too_many(const struct flow *fl, ir_ref result);
/* The results of a call of a row that gives several: how many, and their types; 0: not known, or one. */
uint32_t infer_results(struct infer *in, ir_ref call, struct ir_type out[IR_RESULTS]);

/* That kernel code has no such function of Lua, or method of strings, and what to write instead. (absent.c) */
void infer_absent(struct infer *in, uint32_t site, const char *name);
void infer_no_method(struct infer *in, uint32_t site, const char *name);

/* Elements of lists in scratch memory: elemset, elemget, and what elemget r gives by what is known so far. (elems.c) */
struct ir_type infer_elemset(struct infer *in, ir_ref r);
struct ir_type infer_elemget(struct infer *in, ir_ref r);
struct ir_type elems_type(struct flow *fl, ir_ref r);

/* What a function is refused with whose callee is not known: the row of those that choose who is called next; what a call says
 * of its callee; and, when nothing else is wrong, whatever still hangs on something unknown. (pending.c) */
const struct refusal *pending_state(void);
void pending_callee(struct flow *fl, ir_ref call);
void pending_refuse(struct flow *fl);

/* What is wrong with r, which hangs on an operand that was refused, whatever that is. (certain.c) */
void infer_certain(struct infer *in, ir_ref r);
/* Says what is wrong with r, by what its operands are known to be, if anything is. (infer.c) */
void infer_mistaken(const struct flow *fl, ir_ref r);
/* Of one operand of an arithmetic operation or a numeric for, and of a piece of a text. */
void infer_certain_operand(struct infer *in, ir_ref r, uint32_t i);
void infer_certain_piece(struct infer *in, ir_ref r, uint32_t i);
/* Of a call: how many arguments there are, and those that are known. */
void infer_certain_call(struct infer *in, ir_ref r);

struct ir_type infer_arith(struct infer *in, ir_ref r);    /* infer_num.c */
struct ir_type infer_float(struct infer *in, ir_ref r);
struct ir_type infer_compare(struct infer *in, ir_ref r);
struct ir_type infer_for(struct infer *in, ir_ref r);
struct ir_type infer_index(struct infer *in, ir_ref r);    /* infer_access.c */
struct ir_type infer_field_of_text(struct infer *in, ir_ref r, const struct ir_type *t, const struct ir_type *key); /* of_text.c */
/* Is r a field that no text has (there it is nil), asked of what may be a text and may be a table made in the function, or is
 * there again for a text? */
bool infer_text_lacks(const struct flow *fl, ir_ref r);
/* Have texts something under that constant? True, too, where that is not known. */
bool infer_text_has(const struct flow *fl, const pg_value *key);
/* May assigning by such a key to a table made in the function raise? There is room for all keys that are known, which are neither
 * nil nor NaN; what a key that is known only at run time may be is not known before the keys of the table are. */
bool lists_set_raises(const struct ir_type *key);
/* Have texts nothing under any key that `key`, known only at run time, may be? */
bool infer_text_lacks_any(const struct flow *fl, ir_ref key);
/* Are checksums before a tunnel right, too, when this field of obj is assigned? (tunnel.c) */
bool tunnel_keeps_sums(const struct flow *fl, ir_ref obj, uint64_t kinds, const char *name);
struct ir_type infer_setindex(struct infer *in, ir_ref r);
struct ir_type infer_call(struct infer *in, ir_ref r);
struct ir_type infer_return(struct infer *in, ir_ref r);

/* What is said of the loop and of the function that gives it what it walks: one text, said once. */

/* Lua's integer arithmetic on constants; false: it would raise. */
bool fold_arith(enum ir_op op, int64_t a, int64_t b, int64_t *out);
/* Lua's == and order of constants; -1: it would raise or is not a matter of numbers. */
int fold_compare(enum ir_op op, const pg_value *a, const pg_value *b);

#endif
