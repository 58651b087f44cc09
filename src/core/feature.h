/* feature.h - the numbers of the kernel features that lowerings choose by. */
#ifndef CORE_FEATURE_H
#define CORE_FEATURE_H

enum feature {
#define FEATURE(name, since, what) FEAT_##name,
#include "core/feature.def"
#undef FEATURE
	FEAT_COUNT
};

/* By enum feature: what messages say. */
extern const struct feature_row { const char *name, *since, *what; } feature_rows[FEAT_COUNT];

#endif
