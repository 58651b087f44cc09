/* libelf.c - finding libelf. */
#include "kern/libelf.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define F(name) { #name, offsetof(struct libelf, name) },
	LIBELF_FUNCTIONS(F)
#undef F
};

int libelf_load(struct libelf *out)
{
	void *so = dlopen("libelf.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!so)
		return -ELIBACC;
	int r = 0;
	for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *f = dlsym(so, functions[i].name);
		*(void **)((char *)out + functions[i].at) = f;
		r = f ? r : -ELIBACC;
	}
	dlclose(so); /* RTLD_NODELETE: it stays */
	return r ? r : out->elf_version(EV_CURRENT) == EV_NONE ? -ELIBACC : 0;
}
