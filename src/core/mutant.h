/*
 * mutant.h - single faults, put in on purpose: what `make mutate` shows the tests to catch.
 *
 * MUTANT(name) says whether the fault of that name (mutant.def) is asked for by PG_MUTANT in the environment. Only a
 * build with -DPG_MUTATE asks; in all others it is the constant false.
 */
#ifndef CORE_MUTANT_H
#define CORE_MUTANT_H

enum mutant {
	MUTANT_none,
#define MUTANT_ROW(name, tests, unseen, what) MUTANT_##name,
#include "core/mutant.def"
#undef MUTANT_ROW
};

#ifdef PG_MUTATE
extern enum mutant mutant_chosen;
#define MUTANT(name) (mutant_chosen == MUTANT_##name)
#else
#define MUTANT(name) ((void)MUTANT_##name, 0)
#endif

#endif
