/* feature.c - the rows of feature.def, for messages. */
#include "core/feature.h"

const struct feature_row feature_rows[FEAT_COUNT] = {
#define FEATURE(name, since, what) [FEAT_##name] = { #name, since, what },
#include "core/feature.def"
#undef FEATURE
};
