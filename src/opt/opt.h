/* opt.h - the passes of the Lua level and what they share. Machine-level passes: opt/passes.h. */
#ifndef OPT_OPT_H
#define OPT_OPT_H

#include "ir/ir.h"
#include "core/refusal.h"
#include "ir/target.h"

/* Pass `infer`: constants, kinds and call targets to a fixpoint; known calls inlined. Reports what
 * must fail. After it main is one function without calls but of library rows. */
int opt_infer(struct ir_unit *u);
/* Pass `records`: tables that stay become one cell a field, stores become copies. */
int opt_records(struct ir_unit *u);
/* Pass `reuse`: packet fields looked up before are not looked up again. */
int opt_reuse(struct ir_unit *u);
/* Pass `lower`: replaces main by its machine-level form. */
int opt_lower(struct ir_unit *u);

/* ---- pieces of infer ---- */

/* One round of sparse conditional propagation over f: fills every type; blocks that cannot be
 * reached keep order but exec[] stays false. The array is in the arena. Like prune and sweep, it
 * needs ir_order and leaves it right. */
struct flow {
	struct ir_unit *u;
	struct ir_fn *f;
	bool *exec;            /* by block */
	bool report;           /* give diagnostics for what must fail */
	bool refuses;          /* something was wrong, reported or not */
	bool any_key;          /* choose: what is looked up by a key of which nothing is known yet is chosen, too */
	bool foresees;         /* infer_round: what hangs on something unknown, and can be of one type alone, is of that */
	struct users *users;   /* choose: who uses what, as long as nothing is changed; or NULL (choose_users.c) */
	ir_ref doubted;        /* choose: a look-up that is done for, and may find nothing; what raises then is noted (doubts.c). Or 0 */
	bool *waits;           /* by value, in infer_round: refused as things stand, which says nothing of what follows; or NULL */
	uint64_t *guess;       /* by value, of the last infer_round: kinds, as if nothing that it refused had been */
	uint32_t nguess, cap_guess;
};
void infer_round(struct flow *fl);
/* The same for the whole of main as it stands, with what is decided thrown out. Needs ir_order. */
void infer_again(struct ir_unit *u);
bool infer_edge_live(const struct flow *fl, ir_blk from, uint32_t succ);
/* Truth of a value of this type: 1 true, 0 false, -1 either, -2 nothing reaches it. */
int infer_truth(const struct ir_type *t);
/* Warnings about what is about to be folded: a branch that an integer decides, an address compared
 * with what is none. */
void infer_warn_branch(struct flow *fl, ir_ref r);
/* Warns of a way without a verdict through a function that has them elsewhere, the default one too. */
void infer_warn_end(struct flow *fl);
void infer_warn_equal(struct flow *fl, ir_ref r);
/* Warns of a text that type(v), or math.type(v), never gives and that r compares one of them with. (always.c) */
void infer_warn_type(struct flow *fl, ir_ref r);
/* Warns of a division by 0, and of a numeric for whose step is 0: r always raises, and no pcall is around it. (always.c) */
void infer_warn_zero(struct flow *fl, ir_ref r);
/* Warns of a global, or a misspelt field of a captured table, that is nil and returned, compared or stored: r looks it up. (never.c) */
void infer_warn_undefined(struct flow *fl, ir_ref r);
/* Warns of globals that are looked up by an __index function which does nothing but raise. (never.c) */
void infer_warn_raising(struct flow *fl);
/* Warns of an address as the key of a captured table of texts: r looks it up, and none of the keys is of its kind. */
void infer_warn_key(struct flow *fl, ir_ref r);

/* Constants. */
struct ir_type type_const(const struct ir_target *t, const pg_value *k);
/* The constant that it always is, such as the text of a string that never has a byte; NULL: none is known. */
const pg_value *type_known(const struct ir_type *t);
struct ir_type type_kinds(uint64_t kinds);
/* What Lua's messages call a value of that kind, which is k, where that is known: our objects by their __name. */
const char *type_called(const struct ir_unit *u, unsigned kind, const pg_value *k);
struct ir_type type_pending(void); /* anything at all: not judged, not folded */
static inline bool type_is_pending(const struct ir_type *t) { return t->kinds & IR_BIT(IR_PENDING); }
bool type_join(struct ir_type *t, const struct ir_type *with); /* true: t grew */
/* Is what both may be read alike: entries of one struct, maps of one type? */
bool type_alike(const struct ir_type *a, const struct ir_type *b);
const pg_value *const_new(struct ir_unit *u, pg_value v);
const pg_value *const_int(struct ir_unit *u, int64_t v);
extern const pg_value const_nil, const_false, const_true;

/* Rows: which library row a value's method `name` is, for one kind. NULL: none. */
const struct ir_lib *method_row(const struct ir_unit *u, const struct ir_type *t, unsigned kind,
				const char *name);
/* The kinds of t that can be indexed with that name: not the views that have neither field nor method of it, where
 * others have; which of them it is, is asked at run time. Not a name (NULL): all that can be indexed. */
uint64_t kinds_having(const struct ir_unit *u, const struct ir_type *t, const char *name);
/* The name that a constant key is, or NULL. */
const char *key_name(const pg_value *k);
/* Is it surely a view, and does each that it may be have a field or method of that name? Then to index it raises nothing. */
bool kinds_all_have(const struct ir_unit *u, const struct ir_type *t, const char *name);
/* Those of kinds_having that have such a method: of strings and addresses, too, where it is nil else and nil is called. */
uint64_t kinds_with_method(const struct ir_unit *u, const struct ir_type *t, const char *name);
/* A method's first argument is the object, and not counted. */
bool row_is_method(const struct ir_unit *u, const struct ir_lib *row);
/* The row of the callee that serves a call with so many arguments, self included: a view's own method gives way
 * to the one of strings where it does not take as many. */
const struct ir_lib *row_called(const struct ir_unit *u, const struct ir_lib *row, uint32_t n);
/* How many of n arguments it looks at: Lua's functions take any number, and leave what is too much. self: kinds of the first. */
uint32_t row_heeds(const struct ir_unit *u, const struct ir_lib *row, uint32_t n, uint64_t self);
/* The row that implements reading or writing t[k] for maps, states. */
const struct ir_lib *map_row(const struct ir_unit *u, const pg_map *m, const char *name);

/* Inlines every reachable call whose callee is known. Returns how many; <0: refused. */
int inline_calls(struct flow *fl);
/* Rows that are control flow (ir_lib_expands): the call becomes branches. 1: it did, and *gone stands for
 * it, one value that is several; 0: not yet, or never. */
int expand_call(struct flow *fl, ir_ref call, const struct ir_lib *row, ir_ref *gone);
/* Does the call of the row give its one argument? Then it becomes that: 1, else 0. */
int expand_alone(struct flow *fl, ir_ref call, const struct ir_lib *row);
/* A handler of xpcall that may raise more often than it is there for is called in a loop. 1: one is, 0: none need be. */
int handle_known(struct flow *fl);
int expand_locked(struct flow *fl, ir_ref call, ir_ref *gone);
/* Numeric fors that only fill a table made here are written out: 1, else 0. (fills.c) */
int fills_known(struct flow *fl);
/* Branches right behind a join on what it brings: each way goes where it leads. Returns how many did. */
int untangle(struct flow *fl);
/* Captured tables indexed again by what they were indexed by before: what was found is used. Returns how many. */
int again_known(struct flow *fl);
/* Messages of errors whose bytes are looked at become texts. Returns how many. */
int messages_text(struct flow *fl);
/* Values looked at for one question: ways that meet again and again would be gone through for each. */
enum { BOUNDS_STEPS = 400 };
/* Between which integers v is in block `at`, where it is an integer; false: not known. *left: values that may be looked at. */
bool bounds_span(const struct flow *fl, ir_blk at, ir_ref v, unsigned *left, int64_t *lo, int64_t *hi);
/* What v is less than in block `at`, where it is an integer that is not negative and this is known; else 0. */
uint32_t bounds_number(const struct flow *fl, ir_blk at, ir_ref v);
/* What v is, without tests of it, and where it is the first result of a call, the call. */
ir_ref bounds_base(const struct ir_fn *f, ir_ref v);
/* Does an `index` or a call surely give more than nil, though the compiler does not count on it? */
bool inside_is(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *made);
/* Is the `index` a field of type `T?` of an entry or of state that was tested on each way to it, and then not made nil by this
 * program? Another CPU may have. Needs the order of blocks. */
bool tested_before(struct ir_unit *u, struct ir_fn *f, const struct ir_ins *read);
/* One more than the most bytes that a call of sub gives, by what is known of its two numbers; 0: they may be any. */
uint32_t bounds_part(const struct flow *fl, ir_ref call);
/* What tests of a value's kind by its name say of it becomes known where they lead. Returns how many times. */
int told_known(struct flow *fl);
/* Look-ups in captured tables that an __index function answers become calls of it: 1, else 0. (computed.c) */
int computed_known(struct flow *fl);
/* Likewise in what is one of several of them. (parts.c) */
int parts_known(struct flow *fl);
/* Keys of tables made here that a test says are a constant are that one. Returns how many. */
int equal_known(struct flow *fl);
/* From which argument on the last ones are all that one call gives which may give fewer, as byte, find and match do; 0: they are none. */
uint32_t counted_from(const struct ir_fn *f, const struct ir_ins *i);
/* A call that gets, last, what byte, find or match give is made once for each number of them. Returns how many. */
int counted_known(struct flow *fl);
/* Texts formatted by what kernel code cannot do, and then only printed, are formatted by the user half. Returns how many. */
int printed_known(struct flow *fl);
/* Calls of Lua's functions lose the arguments that those do not look at. Returns how many. */
int counted_surplus(struct flow *fl);
/* Tables made here of constants, which are only read, and may be captured ones, too, are constants. Returns how many. */
int fixed_known(struct flow *fl);
/* Captured tables indexed by what is known at run time become comparisons. Returns how many. */
int choose_known(struct flow *fl);
/* pairs over a map that may be none, or that is one of several which a loop kept: that is asked before it. 1: of one, else 0. */
int over_known(struct flow *fl);
/* Also tables of functions and tables under keys of which nothing is known before what they give is:
 * `state = states[state](c)` in a loop. Only where nothing else brings the function on. */
int choose_waiting(struct flow *fl);
/* In a program that is refused otherwise: what is known though what it hangs on is not. Below 0: an error; else how many. */
int foresee_known(struct flow *fl);
/* What a look-up in a captured table of numbers, booleans and texts, small enough for comparisons, gives.
 * false: it is none. */
bool choose_plain_type(struct flow *fl, ir_ref index, struct ir_type *out);
/* The kinds of what such a look-up, or a parameter that is one of few constants, gives; k: a table, where all host values
 * are such. false: it is none. */
bool choose_type(struct flow *fl, ir_ref r, struct ir_type *out);
/* What a captured table gives that is too big for comparisons and whose values have a form at run time: a
 * frozen map is made of it. false: another kind of table. */
bool frozen_type(struct ir_unit *u, const pg_value *table, uint64_t kinds, struct ir_type *out);
/* Is this key, which may be a message, sought by its bytes there? */
bool frozen_needs_text(struct ir_unit *u, const struct ir_type *object, const struct ir_type *key);
/* Can a value meet others: has it a form at run time? */
bool choose_plain(const pg_value *v);
/* Is it a key that values of these kinds, known only at run time, may be, of which that is not seen there? */
bool choose_hidden(const pg_value *key, uint64_t kinds);
/* So many keys of a kind are compared at most. */
bool choose_few(uint32_t n, bool ints);
/* In a program that is refused otherwise: what one of few of them gives is a parameter. Returns how many. */
int choose_arms(struct flow *fl);
/* Would it, if the program was refused otherwise? */
bool choose_may_open(struct flow *fl);
/* Likewise: what is behind where several objects meet is copied, for each of them. Returns how many. */
int ways_apart(struct flow *fl);
/* Of patterns and formats that are one of several constants the calls are copied, one for each. */
int ways_asked(struct flow *fl);
/* Where they are found in a bigger table, its values are compared. */
int choose_asked(struct flow *fl);
/* And what cannot but fail in one of the copies raises there. Returns how many did. */
int choose_failing(struct flow *fl);
/* Uses of what is found in bigger tables are copied, too: once for each different table or function. */
int choose_many(struct flow *fl);
/* Where many keys lead to few different objects these are numbered, and looked up by their number. Returns how many tables. */
int sorts_number(struct flow *fl);
/* At the end of the rounds: from which u->ways on one of both would do something more. */
void ways_note(struct flow *fl);
/* Values made in the blocks in[] and used elsewhere become cells. false: one cannot. */
bool carry_out(struct flow *fl, const bool *in);
/* A way is to lead past block b to `from`, which b leads to: what is then come to by both ways, by block. NULL: it uses something of
 * b's that there is not without it. */
const bool *carry_past_may(struct flow *fl, ir_blk b, ir_blk from);
/* In these blocks b's parameters become cells, which in block `past`, on the way there, are set to args. */
void carry_past(struct flow *fl, ir_blk b, const bool *late, ir_blk past, const ir_ref *args);
/* Could what i gives, whichever way it is looked at? */
bool carry_may(const struct ir_ins *i);
/* Says why such a look-up did not. */
void choose_refuse(struct flow *fl, ir_ref index);
/* Code appended to a block: an operation, a constant, what raises a value or Lua's own error with its
 * position where `like` stands, for which it does so; both end the block. */
ir_ref flow_emit(struct flow *fl, ir_blk b, uint32_t site, enum ir_op op, uint32_t n, const ir_ref *args);
ir_ref flow_const(struct flow *fl, ir_blk b, uint32_t site, const pg_value *k);
/* One text behind the other. */
const pg_value *infer_located(struct ir_unit *u, const pg_value *position, const pg_value *text);
/* Returns the raise; 0: what like raises is caught. */
ir_ref flow_raise_value(struct flow *fl, ir_blk b, ir_ref like, ir_ref v);
/* Where a library function at `site` works, or calls from: a place of no line, which messages do not name. */
uint32_t flow_native_site(struct ir_unit *u, uint32_t site);
bool flow_is_native(const struct ir_unit *u, uint32_t site);
void flow_raise(struct flow *fl, ir_blk b, ir_ref like, const char *message);
/* "pkt.ip", "hits[ip.src]": a look-up as the source has it; NULL where that has other parts than names, fields and numbers. (doubts.c) */
const char *doubts_source(struct arena *a, const struct ir_fn *f, const struct ir_ins *made);
/* The look-up `index` in a captured table is about to be done for, and may find nothing: sets fl->doubted. Not where a reader sees
 * that something was asked of it or of its key. Builds the tree of loops. (asking.c) */
void asking_of(struct flow *fl, ir_ref index);
/* Is a look-up that the source has so tested somewhere? NULL: one that doubts_source does not know. (asking.c) */
bool asking_is(const struct ir_unit *u, const char *source);
/* That `raise` says this of `like` where fl->doubted, an operand of it, is nil: the pass `doubts` warns of it. (doubts.c) */
void doubts_note(const struct flow *fl, ir_ref raise, ir_ref like, const char *message);
/* v with the position before it that error adds at this level, when v is text. */
ir_ref flow_located(struct flow *fl, ir_blk b, uint32_t site, int64_t level, ir_ref v);
/* Guards what was appended to block b last, and may raise: `raised` of a guard with the same edge as that
 * of `like`. Goes on in the block returned. */
ir_blk flow_guard(struct flow *fl, ir_blk b, ir_ref like, ir_ref *raised);
/* The call becomes a subcall of a body that all such calls of g share, where that pays and can be: true, and
 * *gone stands for its results. (share.c) */
bool share_call(struct flow *fl, ir_ref call, struct ir_fn *g, ir_ref *gone);
/* Can all calls of g share a body, and do they not yet? */
bool share_may(struct ir_unit *u, struct ir_fn *g);
/* Notes in u->called which functions are better called. true: the program is to be compiled anew. (weigh.c) */
bool weigh_calls(struct flow *fl);
/* The type of result r, a subres. */
struct ir_type share_result(const struct flow *fl, ir_ref r);
/* May what was shared stay so? Reports where it cannot: then it is compiled without. */
void share_check(struct flow *fl);
/* After an error: which shared bodies cannot be joins u->copied. How many. */
uint32_t share_blame(struct ir_unit *u);
/* Is b where a shared body begins? */
static inline bool share_is_entry(const struct ir_fn *f, ir_blk b)
{
	const struct ir_pred *p = ir_block(f, b)->preds;
	return ir_block(f, b)->npreds && p->succ == 1 && ir_at(f, ir_block(f, p->from)->last)->op == IRO(subcall);
}
/* A copy of g's body, whose returns give their values to block exit; its first block, the parameters of which
 * are g's. `call` says what catches its errors. (inline.c) */
ir_blk inline_shared(struct flow *fl, ir_ref call, struct ir_fn *g, uint32_t inl, ir_blk exit);
/* The function that a value is, if that is known, or NULL; and the closure that it is, 0: a captured one. (inline.c) */
struct ir_fn *inline_callee(struct flow *fl, ir_ref callee, ir_ref *closure);
/* Turns upvalues of a root function into constants. */
int inline_bind_root(struct ir_unit *u, struct ir_fn *f);
/* Cells with no user but get and set become values. Returns how many went. */
int cells_promote(struct ir_fn *f);
/* Reads of what is left of them that can only give one value: how many were found. */
int cells_known(struct ir_unit *u, struct ir_fn *f);
/* Functions that only blocks held which nothing reaches share no variables any more: how many are values now. */
int cells_freed(struct ir_fn *f);
/* What gives a cell its only value, when nothing else can assign it: one assignment, when it was made empty, or the cell
 * itself, which is then never assigned. Else 0. */
ir_ref cells_only_set(struct ir_unit *u, struct ir_fn *f, ir_ref cell);
/* In a program that is refused otherwise: variables of a function that a loop makes, and that is called later as one of
 * several, become values of that function. Returns how many. */
int kept_known(struct flow *fl);
/* Likewise: what is read of captured tables that meet tables made here where a loop begins is read of tables made of them.
 * Returns how often. */
int alike_known(struct flow *fl);
/* Records made and used up in f become cells and `record` snapshots: how many; <0: refused. */
int records_promote(struct ir_unit *u, struct ir_fn *f);
/* Refuses live map entries that are used after a write to their map. */
void entries_check(struct flow *fl);
/* The map that r writes or deletes in, or NULL. */
const pg_map *entries_written(const struct flow *fl, ir_ref r);
/* Is the entry sure to be of another map than the one that `write` writes to? */
bool entries_unlike(const struct flow *fl, ir_ref view, ir_ref write);
/* Of entries that a loop over a map keeps past the turn the key is kept, where nothing else writes to the map. Returns how
 * many. */
int remember_known(struct flow *fl);
/* Copies strings that are bytes of the packet and used after a write to it: true where there were some. Types are to be
 * found anew then. */
bool slices_keep(struct flow *fl);
/* A header that is used after the packet was moved is looked up anew where that moves it. Not yet: see that it is called again. */
bool anew_find(struct flow *fl);
/* Refuses views that are used after the packet's bytes were moved. */
void slices_check(struct flow *fl);
/* Refuses values that differ by the way taken and have no form at run time. */
void joins_check(struct flow *fl);
/* Block parameters that always get the same value go; unreachable blocks are emptied of edges. */
void prune(struct flow *fl);
/* Drops pure operations without uses. */
void sweep(struct ir_fn *f);
/* Flattens `several`: fixed results, open argument lists, parameters that carry several. */
int several_normalise(struct flow *fl);
/* Where what a call gives hangs on itself: of byte one value or none; for a function as many as it has parameters. How many times. */
int several_at_most(struct flow *fl);

/* The limit f of a for loop as the integer that Lua clips it to; *skip: such a loop never runs. */
int64_t for_limit(double f, bool up, bool *skip);
struct diag *flow_error(struct flow *fl, uint32_t site, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for what is legal Lua: a row of the table of refusals. */
#define flow_refuse(fl, site, on, help, text, ...)                                                 \
	diag_advise(flow_error(fl, site, text, ##__VA_ARGS__), REFUSAL(on, help, text))

#endif
