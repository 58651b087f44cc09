/* args.c - the arguments that a probed function is called with, made by hand: what a twin receives. */
#include "api/api.h"
#include "core/cparam.h"
#include "core/ctype.h"

#include <errno.h>

/* Text stands for its address, as a pointer to it would. */
static int one(pg_ctx *ctx, const struct cparam *type, int i, const pg_value *v, pg_value *out)
{
	bool truth = v->kind == PG_TRUE || v->kind == PG_FALSE;
	bool is_bool = type && type->is_bool, pointer = !type || (type->size == 8 && !type->is_signed);
	if (v->kind == PG_NIL)
		*out = (pg_value){ .kind = is_bool ? PG_FALSE : PG_INT };
	else if (is_bool && truth)
		*out = *v;
	else if (!is_bool && v->kind == PG_INT)
		*out = *v;
	else if (pointer && v->kind == PG_STR)
		*out = (pg_value){ .kind = PG_INT, .i = (int64_t)(uintptr_t)v->str };
	else
		return api_fail(ctx, -EINVAL, "bad argument %d of the probed function (%s expected, got %s)", i + 1,
				is_bool ? "boolean" : "number", ct_value_name(v));
	if (type && !is_bool && cp_value(type, (uint64_t)out->i) != out->i)
		return api_fail(ctx, -ERANGE, "argument %d of the probed function has %u bits and %s sign: %lld does not fit",
				i + 1, type->size * 8, type->is_signed ? "a" : "no", (long long)out->i);
	return 0;
}

static int fill(pg_ctx *ctx, const struct ir_target *t, const pg_value *in, int n, pg_value *out)
{
	static const pg_value absent = { .kind = PG_NIL };
	int r = 0;
	if (n > (int)t->nparams)
		return api_fail(ctx, -EINVAL, "%d arguments for %s, which gives its function %u", n, t->hook, t->nparams);
	for (int i = 0; i < (int)t->nparams && !r; i++)
		r = one(ctx, t->types ? &t->types[i] : NULL, i, i < n ? &in[i] : &absent, &out[i]);
	return r ? r : (int)t->nparams;
}

int pg_twin_args(pg_ctx *ctx, const struct pg_compile_opts *opts, const pg_value *in, int n,
		 pg_value out[PG_MAX_ARGS])
{
	_Static_assert((int)PG_MAX_ARGS >= (int)IR_PARAMS, "room for the parameters of every hook");
	const struct hook *h = hook_find(opts->hook, NULL);
	char err[512] = "";
	struct arena arena;
	jmp_buf oom;
	if (!h || h->family->input != PG_INPUT_ARGS)
		return api_fail(ctx, -EINVAL, "'%s' is no hook that receives arguments", opts->hook);
	arena_init(&arena, 0, &oom);
	struct hook_place at = { .opts = opts, .features = &ctx->features, .arena = &arena };
	const struct ir_target *t;
	int r;
	if (setjmp(oom)) {
		r = api_fail(ctx, -ENOMEM, "out of memory");
	} else {
		r = hook_target(h->family, &at, &t, err, sizeof err);
		r = r < 0 ? api_fail(ctx, r, "%s", err) : fill(ctx, t, in, n, out);
	}
	arena_free(&arena);
	return r;
}
