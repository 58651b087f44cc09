/* mutant.c - which fault was asked for: read once, before main, in the build for `make mutate` alone. */
#include "core/mutant.h"

#ifdef PG_MUTATE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mutant mutant_chosen;

__attribute__((constructor)) static void choose(void)
{
	static const char *const names[] = {
		"",
#define MUTANT_ROW(name, tests, unseen, what) #name,
#include "core/mutant.def"
#undef MUTANT_ROW
	};
	const char *name = getenv("PG_MUTANT");
	unsigned n = sizeof(names) / sizeof(*names);
	if (!name || !*name)
		return;
	while (--n && strcmp(names[n], name))
		;
	if (!n) {
		fprintf(stderr, "there is no mutant '%s'\n", name);
		abort();
	}
	mutant_chosen = n;
}
#endif
