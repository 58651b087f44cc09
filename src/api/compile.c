/* compile.c - units: a captured function compiled, its texts and times; no kernel object yet. */
#include "compile.h"

#include "api/api.h"
#include "api/map.h"
#include "core/refusal.h"
#include "kern/bpf_abi.h"
#include "net/net.h"
#include "opt/opt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_LIMIT = 256 << 20, MEMORY_ALL = 1 << 30 }; /* bytes, of an attempt to compile and of all */

#ifdef PG_CHECK
enum { ALWAYS_CHECK = 1 };
#else
enum { ALWAYS_CHECK = 0 };
#endif

/* ---- lives ---- */

pg_unit *unit_ref(pg_unit *u)
{
	u->refs++;
	return u;
}

void unit_unref(pg_unit *u)
{
	if (!u || --u->refs)
		return;
	for (uint32_t i = IR_MAP_USER; u->ir && i < u->ir->nmaps; i++)
		pg_map_unref(u->ir->maps[i]);
	arena_free(&u->arena);
	if (u->ctx->pool_user == u)
		u->ctx->pool_user = NULL;
	ctx_unref(u->ctx);
	free(u);
}

void pg_unit_free(pg_unit *u)
{
	unit_unref(u);
}

/* ---- stages ---- */

const char *pg_stage(unsigned i, const char **what)
{
	return compile_pass(i, what);
}

static bool is_stage(const char *name)
{
	const char *s;
	for (unsigned i = 0; (s = compile_pass(i, NULL)); i++)
		if (!strcmp(s, name))
			return true;
	return false;
}

int pg_dump_stage(pg_ctx *ctx, const char *stage)
{
	if (stage && !is_stage(stage))
		return api_fail(ctx, -EINVAL, "there is no stage '%s'", stage);
	char *copy = stage ? strdup(stage) : NULL;
	if (stage && !copy)
		return api_fail(ctx, -ENOMEM, "out of memory");
	free(ctx->keep_stage);
	ctx->keep_stage = copy;
	return 0;
}

static void keep_text(pg_unit *u, const char *name, const char *text)
{
	struct unit_stage s = { .name = name, .text = text };
	arena_push(&u->arena, u->stages, u->nstages, u->cap_stages, s);
}

static void after_pass(struct compile *c, const char *pass, void *arg)
{
	pg_unit *u = arg;
	if (!strcmp(pass, u->ctx->keep_stage))
		keep_text(u, pass, compile_text(c));
}

const char *pg_unit_dump(pg_unit *u, const char *stage)
{
	jmp_buf oom;
	for (uint32_t i = 0; i < u->nstages; i++)
		if (!strcmp(u->stages[i].name, stage))
			return u->stages[i].text;
	bool asm_ = !strcmp(stage, "asm"), ir = !strcmp(stage, "ir");
	if (!asm_ && !ir) {
		api_fail(u->ctx, -EINVAL, is_stage(stage) ? "the text after pass '%s' was not kept"
				: "there is no stage '%s'", stage);
		return NULL;
	}
	u->arena.oom = &oom;
	if (setjmp(oom)) {
		api_fail(u->ctx, -ENOMEM, "out of memory");
		return NULL;
	}
	return asm_ ? be_disasm(&u->arena, u->code->insns, u->code->n, u->code->lines, u->code->nlines)
		    : ir_print(u->ir);
}

const char *pg_unit_warnings(const pg_unit *u)
{
	return u->warnings;
}

const struct pg_timing *pg_unit_timing(const pg_unit *u)
{
	return &u->timing;
}

/* ---- compiling ---- */

static const bool *features_of(pg_unit *u, enum pg_loops loops)
{
	/* only what lowerings choose by: a probe costs a system call */
	static const enum feature asked[] = { FEAT_may_goto, FEAT_isa_v4, FEAT_spill_range, FEAT_for_each,
					       FEAT_bpf_loop, FEAT_btf_func };
	bool *f = arena_array(&u->arena, bool, FEAT_COUNT);
	for (unsigned i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		f[asked[i]] = api_has(u->ctx, asked[i]);
	f[FEAT_may_goto] &= loops == PG_LOOPS_BEST;
	/* in place of it; asking takes long */
	f[FEAT_iter_num] = !f[FEAT_may_goto] && loops != PG_LOOPS_CALLED && api_has(u->ctx, FEAT_iter_num);
	return f;
}

static int native_verdict(pg_unit *u, int64_t neutral, int64_t *out)
{
	const struct ir_target *t = u->ir->target;
	int64_t want = neutral ? neutral : t->default_verdict;
	if (!want)
		return *out = 0, 0;
	for (const struct ir_verdict *v = t->verdicts; v->neutral; v++)
		if (v->neutral == want && want != PG_REDIRECT)
			return *out = v->native, 0;
	if (t->integer_results)
		return *out = want, 0;
	const char *name = pg_verdict_name(want);
	return api_fail(u->ctx, -EINVAL, "on_error: %s%s is no verdict of %s", name ? "bpf." : "",
			name ? name : "this", t->hook);
}

static void hold_maps(pg_unit *u)
{
	for (uint32_t i = IR_MAP_USER; i < u->ir->nmaps; i++)
		if (u->ir->maps[i])
			pg_map_ref(u->ir->maps[i]);
}

static void name_unit(pg_unit *u, const struct pg_compile_opts *o)
{
	snprintf(u->name, sizeof(u->name), "%s", o->name ? o->name : u->ir->main->name);
}

/* The target with the protocols that the script added. */
static const struct ir_target *with_added(pg_unit *u, const struct ir_target *t)
{
	net_viewset views = t->views ? net_views_with(u->ctx->added, t->views) : NULL;
	if (views == t->views)
		return t;
	struct ir_target *own = arena_new(&u->arena, struct ir_target);
	*own = *t;
	own->views = views;
	return own;
}

/* What the function is compiled for, where it depends on the point. */
static int target_at(pg_unit *u, const struct pg_compile_opts *o, const struct ir_target **out)
{
	char err[512] = "";
	const struct hook_family *family = u->hook->family;
	struct hook_place at = { .opts = o, .features = &u->ctx->features, .arena = &u->arena };
	hook_find(u->kind, &at.point);
	if (at.point && !hook_names(u->hook, "point"))
		return api_fail(u->ctx, -EINVAL, "%s has no points: write \"%s\", not \"%s\"", u->hook->name,
				u->hook->name, u->kind);
	int r = hook_target(family, &at, out, err, sizeof err);
	if (r < 0)
		return api_fail(u->ctx, r, "%s", err);
	if (u->ctx->added)
		*out = with_added(u, *out);
	return 0;
}

static int make_ir(pg_unit *u, struct diag_list *diag, const struct ir_target *target, const struct pg_compile_opts *o)
{
	u->ir = ir_unit_new(&u->arena, diag, target);
	u->ir->features = features_of(u, o->loops);
	u->ir->copy_access = o->copy_access || o->frags;
	u->ir->budget = o->budget;
	u->ir->cpus = kern_ncpus;
	u->ir->only_pid = o->pid;
	u->ir->share = u->ctx->share;
	u->ir->roomy = u->ctx->roomy;
	u->ir->ways = u->ctx->apart ? 2 : 0;
	if (target->caps & IR_CAP_TASK)
		kern_pidns(&u->ir->pidns.dev, &u->ir->pidns.ino);
	u->ir->next_print = api_next_print;
	u->ir->next_print_arg = u->ctx;
	int err = native_verdict(u, o->on_error, &u->ir->on_error);
	if (!err && o->frags && !api_has(u->ctx, FEAT_xdp_load))
		err = api_needs(u->ctx, "frags needs", FEAT_xdp_load);
	if (!err && o->copy_access && !target->helper_load_bytes)
		err = api_needs(u->ctx, "copying packet bytes needs", FEAT_xdp_load);
	return err;
}

enum { MOST_ATTEMPTS = 8 };

/* What is to be said, now that an attempt failed with these; first: what the first one did with. */
static void keep_errors(pg_unit *u, bool strict, const struct diag_list *diag, struct diag_list *first)
{
	if (!first->n)
		*first = *diag;
	struct diag_list certain = diag_certain(first, diag);
	if (strict)
		diag_strict_beside(&certain);
	u->said = diag_text(&certain, DIAG_ERROR);
}

/* What has grown big by copies is compiled anew with calls (opt/weigh.c); what the stack is too small for, with packet bytes read
 * anew, if most of it are such words, or with all that may in scratch memory; what fails with bodies that calls share (opt/share.c),
 * with copies of those that cannot be, or where nobody knows which those are, of all; and what fails then, with copies of what is
 * behind where objects meet (opt/ways.c); for pg_apart these copies come first, and go where it fails with them. Where the packet
 * turns out to be moved, it is compiled anew with that known. What is said is what has to be mended for all that (diag_certain). */
static int compile(pg_unit *u, struct diag_list *diag, const struct pg_compile_opts *o, struct compile *c)
{
	const struct compile start = *c;
	struct diag_list first = { 0 };
	bool apart = u->ir->ways;
	for (unsigned attempt = 1;; attempt++) {
		struct ir_unit *ir = u->ir;
		c->u = ir;
		int err = compile_run(c);
		bool rereads = ir->tight && ir->crowded && !ir->rereads;
		bool tight = rereads || (ir->tight && !ir->roomy), final = err != -EAGAIN && !ir->nsubs && !tight;
		if (!err) {
			u->said = NULL; /* of attempts before */
			return 0;
		}
		if (tight || (final && !apart))
			keep_errors(u, o->strict, diag, &first);
		if (final && !apart && !ir->next_ways)
			return err;
		bool known = (tight || err == -EAGAIN || share_blame(ir)) && attempt < MOST_ATTEMPTS;
		*diag = (struct diag_list){ .arena = diag->arena };
		*c = start;
		u->nstages = 0;
		u->arena.limit = u->arena.used < MEMORY_ALL - MEMORY_LIMIT ? u->arena.used + MEMORY_LIMIT : MEMORY_ALL;
		make_ir(u, diag, ir->target, o);
		u->ir->roomy |= (tight && !rereads) || ir->roomy;
		u->ir->rereads = rereads || ir->rereads;
		u->ir->share = known ? ir->share : UINT32_MAX;
		u->ir->ways = final ? ir->next_ways : ir->ways;
		apart &= !final;
		u->ir->moves_packet = u->ir->moves_known = ir->moves_packet;
		u->ir->copied = ir->copied;
		u->ir->called = ir->called;
	}
}

static int run(pg_unit *u, struct diag_list *diag, const struct pg_capture *cap, uint64_t func,
	       const struct pg_compile_opts *o)
{
	uint64_t start = api_now();
	const struct ir_target *target = u->hook->family->target;
	int err = target_at(u, o, &target);
	if (err)
		return err;
	err = make_ir(u, diag, target, o);
	if (err) {
		u->ir->nmaps = IR_MAP_USER;
		return err;
	}
	struct compile c = { .capture = cap, .func = func, .check = o->check || ALWAYS_CHECK,
			     .after = u->ctx->keep_stage ? after_pass : NULL, .after_arg = u };
	err = compile(u, diag, o, &c);
	if (!err && o->strict && diag_strict(diag))
		err = -EINVAL;
	u->be = c.be;
	u->code = c.code;
	uint64_t end = api_now();
	if (err) {
		const char *text = u->said ? u->said : diag_text(diag, DIAG_ERROR);
		u->ir->nmaps = IR_MAP_USER; /* none of them held */
		return api_fail(u->ctx, err, "%s", *text ? text : "internal error: the compiler gave up");
	}
	hold_maps(u);
	name_unit(u, o);
	u->timing.capture = c.captured - start;
	u->timing.compile = end - c.captured;
	u->timing.insns = u->code->n;
	u->warnings = diag_text(diag, DIAG_WARNING);
	return 0;
}

const char *pg_nearest(const char *name, const char *const *names, unsigned n)
{
	return ir_nearest(name, names, n);
}

int pg_no_hook(pg_ctx *ctx, const char *kind)
{
	const struct hook_absent *absent = hook_absent_find(kind);
	const char *names[64], *near;
	char name[64];
	uint32_t n = 0;
	if (absent)
		return api_fail(ctx, -EINVAL, "this version has no hook '%s'%s%s", absent->name,
				absent->nearest ? ": " : ", and none like it", absent->nearest ? absent->nearest : "");
	for (const struct hook *h; n < 64 && (h = hook_at(n)); n++)
		names[n] = h->name;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(kind, ":"), kind);
	near = ir_nearest(name, names, n);
	if (near)
		return api_fail(ctx, -EINVAL, "there is no hook '%s'; did you mean '%s'?", kind, near);
	return api_fail(ctx, -EINVAL, "there is no hook '%s'", kind);
}

static int too_much(const pg_unit *u)
{
	const struct refusal *r = REFUSAL(ON_SIZE, "split the program, or keep what is repeated in a loop",
					  "the function takes too much memory to compile");
	struct diag_pos pos = u->ir && u->ir->main ? u->ir->main->pos : (struct diag_pos){ 0 };
	if (u->said)
		return api_fail(u->ctx, -EINVAL, "%s", u->said);
	return api_refuse(u->ctx, -ENOMEM, pos, r, "", NULL);
}

int pg_compile(pg_ctx *ctx, const struct pg_capture *cap, uint64_t func, const struct pg_compile_opts *opts,
	       pg_unit **out)
{
	jmp_buf oom;
	struct pg_compile_opts o = PG_OPTS(struct pg_compile_opts);
	memcpy(&o, opts, opts->size < sizeof(o) ? opts->size : sizeof(o));
	const struct hook *hook = hook_find(o.hook ? o.hook : "", NULL);
	if (!hook)
		return pg_no_hook(ctx, o.hook ? o.hook : "");
	pg_unit *u = calloc(1, sizeof(*u));
	if (!u)
		return api_fail(ctx, -ENOMEM, "out of memory");
	u->refs = 1;
	u->ctx = ctx_ref(ctx);
	u->hook = hook;
	u->warnings = "";
	arena_init(&u->arena, MEMORY_LIMIT, &oom);
	if (ctx->pool && !ctx->pool_user) {
		ctx->pool_user = u;
		arena_lend(&u->arena, ctx->pool, API_POOL);
	}
	struct diag_list diag = { .arena = &u->arena };
	int err;
	if (setjmp(oom)) {
		if (u->ir)
			u->ir->nmaps = IR_MAP_USER;
		err = too_much(u);
	} else {
		u->kind = arena_printf(&u->arena, "%s", o.hook);
		u->made = (struct hook_made){ .pid = o.pid, .ret = o.ret, .flags = o.frags ? ABI_XDP_HAS_FRAGS : 0 };
		err = run(u, &diag, cap, func, &o);
	}
	u->arena.oom = NULL;
	if (u->ir)
		u->ir->diag = NULL; /* it was this call's */
	if (err) {
		unit_unref(u);
		return err;
	}
	*out = u;
	return 0;
}

int unit_lay_out(pg_unit *u, uint32_t layout)
{
	jmp_buf oom;
	int err = -ENOMEM;
	u->arena.oom = &oom;
	if (!setjmp(oom))
		err = be_lay_out(u->be, layout);
	u->arena.oom = NULL;
	return err;
}
