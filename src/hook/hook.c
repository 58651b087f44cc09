/* hook.c - the table of hooks, from hooks.def. */
#include "hook/hook.h"

#include "hook/event.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define HOOK(name, replace, args, what) extern const struct hook_family hook_##name;
#include "hook/hooks.def"
#undef HOOK

static const struct hook hooks[] = {
#define HOOK(name, replace, args, what) { #name, replace, args, what, &hook_##name },
#include "hook/hooks.def"
#undef HOOK
};

enum { NHOOKS = sizeof hooks / sizeof *hooks };

static const struct hook_absent absents[] = {
#define ABSENT(name, nearest) { #name, nearest },
#include "hook/absent.def"
#undef ABSENT
};

const struct hook *hook_at(unsigned i)
{
	return i < NHOOKS ? &hooks[i] : NULL;
}

const struct hook *hook_find(const char *kind, const char **point)
{
	size_t n = strcspn(kind, ":");
	if (point)
		*point = kind[n] ? kind + n + 1 : NULL;
	for (unsigned i = 0; i < NHOOKS; i++)
		if (!strncmp(hooks[i].name, kind, n) && !hooks[i].name[n])
			return &hooks[i];
	return NULL;
}

const struct hook_absent *hook_absent_at(unsigned i)
{
	return i < sizeof absents / sizeof *absents ? &absents[i] : NULL;
}

const struct hook_absent *hook_absent_find(const char *kind)
{
	const struct hook_absent *a;
	size_t n = strcspn(kind, ":");
	for (unsigned i = 0; (a = hook_absent_at(i)); i++)
		if (!strncmp(a->name, kind, n) && !a->name[n])
			return a;
	return NULL;
}

bool hook_names(const struct hook *h, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = h->args; (at = strstr(at, word)); at += n)
		if ((at == h->args || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

int hook_target(const struct hook_family *f, const struct hook_place *at, const struct ir_target **out, char *err,
		size_t errlen)
{
	struct event all = { .fields = f->fields };
	*out = f->target;
	if (f->target_at)
		return f->target_at(at, out, err, errlen);
	while (all.fields && all.fields[all.nfields].name)
		all.nfields++;
	if (all.fields)
		*out = event_target(at->arena, f->target, f->context, &all);
	return 0;
}

int hook_device(const char *name, int *ifindex, char *err, size_t errlen)
{
	*ifindex = (int)if_nametoindex(name);
	int r = *ifindex ? kern_ethernet(*ifindex) : -errno;
	if (r == 0)
		return 0;
	if (r == -EOPNOTSUPP)
		snprintf(err, errlen, "'%s' carries no Ethernet frames, and others are not there yet", name);
	else if (r == -ENODEV)
		snprintf(err, errlen, "there is no network device '%s'", name);
	else
		snprintf(err, errlen, "cannot look for the network device '%s': %s", name, strerror(-r));
	return r;
}

int64_t hook_neutral(const struct ir_target *t, int64_t native)
{
	for (const struct ir_verdict *v = t->verdicts; v->neutral; v++)
		if (v->native == native)
			return v->neutral;
	return native;
}
