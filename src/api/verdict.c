/* verdict.c - what a hook's function returned under stock Lua, as the verdict a kernel run gives. */
#include "api/api.h"
#include "core/ctype.h"

#include <errno.h>

static bool is_verdict(const struct ir_target *t, int64_t v)
{
	for (const struct ir_verdict *p = t->verdicts; p->neutral; p++)
		if (p->neutral == v)
			return true;
	return t->integer_results && (!t->integer_most || (uint64_t)v <= (uint64_t)t->integer_most);
}

int pg_twin_verdict(pg_ctx *ctx, const char *hook, const pg_value *ret, int64_t *out)
{
	const struct hook *h = hook_find(hook, NULL);
	if (!h)
		return api_fail(ctx, -EINVAL, "there is no hook '%s'", hook);
	const struct ir_target *t = h->family->target;
	*out = t->default_verdict;
	if (ret->kind == PG_NIL)
		return 0;
	if (!ir_has_results(t))
		return api_fail(ctx, -EINVAL, "a %s value was returned, where %s takes no result",
				ct_value_name(ret), t->hook);
	if (t->if_true && (ret->kind == PG_TRUE || ret->kind == PG_FALSE)) {
		*out = ret->kind == PG_TRUE ? t->if_true : t->if_false;
		return 0;
	}
	if (ret->kind != PG_INT)
		return api_fail(ctx, -EINVAL, "a %s value was returned, where %s wants a verdict",
				ct_value_name(ret), t->hook);
	if (!is_verdict(t, ret->i))
		return api_fail(ctx, -EINVAL, "the integer returned is no verdict of %s", t->hook);
	*out = hook_neutral(t, ret->i); /* 0 bytes to keep are a DROP */
	return 0;
}
