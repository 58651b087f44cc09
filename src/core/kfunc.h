/* kfunc.h - the kernel functions that programs call, by numbers of our own. */
#ifndef CORE_KFUNC_H
#define CORE_KFUNC_H

enum kfunc {
#define KFUNC(name) KFUNC_##name,
#include "core/kfunc.def"
#undef KFUNC
	KFUNC_COUNT
};

/* By enum kfunc: the kernel's name. */
extern const char *const kfunc_names[KFUNC_COUNT];

#endif
