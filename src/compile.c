/* compile.c - the pipeline: a table of passes, in the order in which they run, and nothing else. */
#include "compile.h"

#include "front/front.h"
#include "opt/opt.h"
#include "opt/passes.h"

#include <errno.h>
#include <time.h>

/* What a program is made of at some point; each pass requires one form and leaves one. */
enum form { NOTHING, LUA, FLAT, MACHINE, GUARDED, VIRTUAL, PLACED, CODE };

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int run_build(struct compile *c)
{
	int err = front_open(c->u, c->capture, c->func, &c->u->main);
	c->captured = now();
	return err;
}

static int run_infer(struct compile *c)    { return opt_infer(c->u); }
static int run_records(struct compile *c)  { return opt_records(c->u); }
static int run_reuse(struct compile *c)    { return opt_reuse(c->u); }
static int run_lower(struct compile *c)    { return opt_lower(c->u); }
static int run_calls(struct compile *c)    { if (c->u->nsubs) opt_calls(c->u); return 0; }
static int run_last(struct compile *c)     { return opt_simplify_last(c->u), 0; }
static int run_loops(struct compile *c)
{
	int err = opt_outline(c->u);
	return err || !c->loops ? err : opt_loops(c->u);
}

static int run_guard(struct compile *c)    { return opt_guard(c->u); }
static int run_locks(struct compile *c)    { return c->u->locks ? opt_locks(c->u) : 0; }
static int run_scratch(struct compile *c)  { return opt_scratch(c->u); }
static int run_doubts(struct compile *c)   { return opt_doubts(c->u); }
static int run_veil(struct compile *c)     { if (c->loops) opt_veil(c->u); return 0; }
static int run_hoist(struct compile *c)    { if (c->loops) opt_hoist(c->u); return 0; }
static int run_checks(struct compile *c)   { if (!c->loops) opt_checks(c->u); return 0; }
static int run_stores(struct compile *c)   { if (!c->loops) opt_stores(c->u); return 0; }
static int run_trees(struct compile *c)    { return opt_trees(c->u), 0; }
static int run_narrow(struct compile *c)   { return opt_narrow(c->u), opt_ordered(c->u), 0; }
static int run_legalise(struct compile *c) { return be_legalise(c->u), 0; }
static int run_allocate(struct compile *c) { return be_allocate(c->be); }
static int run_frame(struct compile *c)    { return be_frame(c->be); }
static int run_annotate(struct compile *c) { return be_annotate(c->be); }

/* Where it pays: both passes that follow go by what the program looks like. */
static int run_early(struct compile *c)
{
	c->loops = c->u->loops = opt_has_loops(c->u);
	c->u->copy_access |= c->loops && (opt_may_call(c->u) || c->u->copy_stores);
	if (c->loops || c->u->copy_access || c->u->copy_stores)
		opt_simplify(c->u);
	return 0;
}

static int run_select(struct compile *c)
{
	opt_drop_unused(c->u); /* passes behind the last simplifying one decide branches, too */
	c->be = be_new(c->u);
	return be_select(c->be);
}

static int run_emit(struct compile *c)
{
	int err = be_emit(c->be);
	c->code = err ? NULL : be_code(c->be);
	return err;
}

static const struct pass {
	const char *name;
	enum form needs, makes;
	bool optional; /* it only makes programs better */
	int (*run)(struct compile *c);
	const char *what;
} passes[] = {
	{ "build",     NOTHING, LUA,     false, run_build,    "Lua bytecode as SSA, each prototype by itself" },
	{ "infer",     LUA,     LUA,     false, run_infer,    "constants, kinds and call targets; known calls inlined" },
	{ "records",   LUA,     FLAT,    false, run_records,  "tables that stay become values; what must fail is reported" },
	{ "reuse",     FLAT,    FLAT,    true,  run_reuse,    "packet fields looked up once" },
	{ "lower",     FLAT,    MACHINE, false, run_lower,    "checks, tags, fields and errors as machine operations" },
	{ "calls",     MACHINE, MACHINE, false, run_calls,    "bodies that calls share as functions of the program" },
	{ "simplify",  MACHINE, MACHINE, false, run_early,    "simplify2, before loops are judged and packet bytes copied" },
	{ "loops",     MACHINE, MACHINE, false, run_loops,    "every loop in a form that ends and verifies" },
	{ "guard",     MACHINE, GUARDED, false, run_guard,    "packet bytes as checked loads or helper copies" },
	{ "locks",     GUARDED, GUARDED, false, run_locks,    "what was locked, unlocked on every way out" },
	{ "scratch",   GUARDED, GUARDED, false, run_scratch,  "scratch memory given back on every way out" },
	{ "simplify2", GUARDED, GUARDED, false, run_last,     "folding, value numbering, dead code, branch threading" },
	{ "doubts",    GUARDED, GUARDED, false, run_doubts,   "what may be nil and is used all the same: warnings" },
	{ "checks",    GUARDED, GUARDED, true,  run_checks,   "packet checks hoisted" },
	{ "hoist",     GUARDED, GUARDED, true,  run_hoist,    "what no turn of a loop changes, before it" },
	{ "stores",    GUARDED, GUARDED, true,  run_stores,   "the stack written once, and early" },
	{ "trees",     GUARDED, GUARDED, true,  run_trees,    "chains of comparisons as balanced trees" },
	{ "veil",      GUARDED, GUARDED, false, run_veil,     "what the verifier need not know of loops" },
	{ "narrow",    GUARDED, GUARDED, true,  run_narrow,   "32-bit operations and comparisons" },
	{ "legalise",  GUARDED, GUARDED, false, run_legalise, "what the instruction set has not" },
	{ "select",    GUARDED, VIRTUAL, false, run_select,   "BPF instructions on virtual registers" },
	{ "allocate",  VIRTUAL, VIRTUAL, false, run_allocate, "registers, spills" },
	{ "frame",     VIRTUAL, PLACED,  false, run_frame,    "stack layout" },
	{ "emit",      PLACED,  CODE,    false, run_emit,     "block layout, jumps, relocations" },
	{ "annotate",  CODE,    CODE,    false, run_annotate, "function and line records as BTF" },
};
enum { NPASSES = sizeof(passes) / sizeof(*passes) };

const char *compile_pass(unsigned i, const char **what)
{
	if (i >= NPASSES)
		return NULL;
	if (what)
		*what = passes[i].what;
	return passes[i].name;
}

bool compile_optional(unsigned i)
{
	return i < NPASSES && passes[i].optional;
}

const char *compile_text(struct compile *c)
{
	if (c->code)
		return be_disasm(c->u->arena, c->code->insns, c->code->n, c->code->lines, c->code->nlines);
	return c->be ? be_print(c->be) : ir_print(c->u);
}

static int check(struct compile *c, const struct pass *p)
{
	const char *wrong = p->makes < VIRTUAL ? ir_check(c->u) : NULL;
	if (!wrong)
		return 0;
	diag_add(c->u->diag, DIAG_ERROR, c->u->main->pos,
		 "internal error: after pass '%s': %s; please report this", p->name, wrong);
	return -EFAULT;
}

int compile_run(struct compile *c)
{
	enum form form = NOTHING;
	for (unsigned i = 0; i < NPASSES; i++) {
		const struct pass *p = &passes[i];
		if (form != p->needs)
			return -EFAULT; /* the table contradicts itself */
		if (p->optional && c->without >> i & 1)
			continue;
		struct arena_mark mark = arena_mark(c->u->scratch);
		int err = p->run(c);
		arena_release(c->u->scratch, mark);
		if (!err && c->u->diag->errors)
			err = -EINVAL;
		if (!err && c->check)
			err = check(c, p);
		if (err)
			return err;
		form = p->makes;
		if (c->after)
			c->after(c, p->name, c->after_arg);
	}
	return 0;
}
