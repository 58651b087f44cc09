/* hook.c - the table of hooks, from hooks.def. */
#include "hook/hook.h"

#include <string.h>

#define HOOK(name, replace, what) extern const struct hook_family hook_##name;
#include "hook/hooks.def"
#undef HOOK

static const struct hook hooks[] = {
#define HOOK(name, replace, what) { #name, replace, what, &hook_##name },
#include "hook/hooks.def"
#undef HOOK
};

enum { NHOOKS = sizeof hooks / sizeof *hooks };

const struct hook *hook_at(unsigned i)
{
	return i < NHOOKS ? &hooks[i] : NULL;
}

const struct hook *hook_find(const char *name)
{
	for (unsigned i = 0; i < NHOOKS; i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return NULL;
}

const struct ir_target *hook_target(const char *name)
{
	const struct hook *h = hook_find(name);
	return h ? h->family->target : NULL;
}

int64_t hook_neutral(const struct ir_target *t, int64_t native)
{
	for (const struct ir_verdict *v = t->verdicts; v->neutral; v++)
		if (v->native == native)
			return v->neutral;
	return native;
}
