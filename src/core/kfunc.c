/* kfunc.c - the names of kfunc.def. */
#include "core/kfunc.h"

const char *const kfunc_names[KFUNC_COUNT] = {
#define KFUNC(name) [KFUNC_##name] = "bpf_" #name,
#include "core/kfunc.def"
#undef KFUNC
};
