/* feature.c - what the kernel has: answered from the context, then the cache file, then a probe. */
#include "kern/kern.h"
#include "kern/sys.h"

static const struct {
	const char *name, *since, *what;
} rows[FEAT_COUNT] = {
#define FEATURE(name, since, what) [FEAT_##name] = { #name, since, what },
#include "core/feature.def"
#undef FEATURE
};

const char *kern_feature_name(enum feature which)
{
	return rows[which].name;
}

const char *kern_feature_since(enum feature which)
{
	return rows[which].since;
}

const char *kern_feature_what(enum feature which)
{
	return rows[which].what;
}

/* Returns true when something was learnt that the cache file does not hold. */
static bool learn(struct kern_features *f, enum feature which)
{
	if (f->state[which])
		return false;
	if (!f->read) {
		f->read = true;
		kern_cache_read(f);
		if (f->state[which])
			return false;
	}
	f->state[which] = (int8_t)kern_probe(which);
	return f->state[which];
}

bool kern_has(struct kern_features *f, enum feature which)
{
	if (learn(f, which))
		kern_cache_write(f);
	return f->state[which] >= 0;
}

void kern_probe_all(struct kern_features *f)
{
	bool news = false;
	for (unsigned i = 0; i < FEAT_COUNT; i++)
		news |= learn(f, (enum feature)i);
	if (news)
		kern_cache_write(f);
}
