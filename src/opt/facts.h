/* facts.h - what a reader sees by the branches on the way to a place. Only warnings may hang on it: nothing is proved. */
#ifndef OPT_FACTS_H
#define OPT_FACTS_H

#include "opt/opt.h"

enum { FACTS_DEEP = 4 };

/* What is asked of each branch that was passed: does that `cond` came out true, or false, show what is sought? */
struct facts {
	const struct ir_fn *f;
	bool (*shows)(struct facts *s, ir_ref cond, bool is);
	bool (*comes)(struct facts *s); /* or by the last of the ways; or NULL */
	void *arg;
	/* where a variable tells the way taken: the blocks where it got its value, and by which predecessor */
	struct facts_way { ir_blk b; uint32_t pred; } ways[FACTS_DEEP];
	uint32_t nways;
	uint32_t depth;        /* of blocks where ways meet */
	uint32_t steps;
};

/* Does a branch that each way to block `at` passes show it? Needs the tree. */
bool facts_show(struct facts *s, ir_blk at);
/* The same of what goes this way to a block. */
bool facts_show_way(struct facts *s, const struct ir_pred *way);
/* Does the branch that this way begins with? */
bool facts_side_shows(struct facts *s, const struct ir_pred *way);
/* What value v is on these ways. */
ir_ref facts_value(const struct facts *s, ir_ref v);
/* Does a branch on each way to instruction `at` show that v is no nil? */
bool facts_tested(struct ir_fn *f, const struct ir_ins *at, ir_ref v);
/* What came out of a test of a variable: it is true, or equal to `k` where that is not NULL; or it is not. */
struct came { bool is; const pg_value *k; };
bool facts_may_be(const struct ir_type *t, struct came c);
/* Does one on each way that goes this way? Needs the tree. */
bool facts_way_tests(struct ir_fn *f, const struct ir_pred *way, ir_ref v);
/* Was a variable tested before block `at` that is set together with v, a variable, too? Needs the tree. (together.c) */
bool facts_set_together(struct ir_fn *f, ir_blk at, ir_ref v);
/* Does the condition, a branch's that came out so, show that v is no nil? */
bool facts_something(const struct ir_fn *f, ir_ref cond, bool is, ir_ref v);

/* Does what was tested before `at` leave no way on which v, a variable, is nil? Needs the tree. (contrary.c) */
bool facts_never_nil(const struct ir_fn *f, ir_blk at, ir_ref v);
/* Is block `at` never come to: do the branches passed before it contradict each other? (contrary.c) */
bool facts_never(struct ir_fn *f, ir_blk at);

/* Is the header that `index` looks up in the packet one that other tests show to be there? (headers.c) */
bool headers_are_there(struct ir_fn *f, const struct ir_ins *index);

/* A list that only grows, a text, or what has `made` elements and is_it is NULL. */
struct there {
	const struct ir_fn *f;
	bool (*is_it)(const void *arg, ir_ref table);
	/* Of a text: does the condition, a branch's that came out so, show that *v + *behind is at most its length? */
	bool (*known)(const void *arg, ir_ref cond, bool is, ir_ref *v, int64_t *behind);
	const void *arg;
	int64_t made;          /* elements that it is made with */
	ir_blk begin;          /* where it is made */
};

/* Is v, in block `at`, at least `first`, and v + behind at most the length? Needs the tree of loops. (there.c) */
bool there_are(const struct there *list, ir_blk at, ir_ref v, int64_t first, int64_t behind);
/* Is what `index` reads of the list surely one of its elements? Needs the tree of loops. (there.c) */
bool there_is(const struct there *list, const struct ir_ins *index);
/* Is what `made`, a call or a result of one, has read of a text surely there, as block `at` sees it? (reads.c) */
bool reads_are_there(struct ir_fn *f, ir_blk at, const struct ir_ins *made);

#endif
