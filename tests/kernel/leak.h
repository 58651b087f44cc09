/*
 * leak.h - what kernel objects there are, before and after: programs, maps, links, BTF, and network
 * namespaces. What another living process holds, or what hangs on that, is not a leak of ours.
 */
#ifndef KERNEL_LEAK_H
#define KERNEL_LEAK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum leak_kind { LEAK_PROG, LEAK_MAP, LEAK_LINK, LEAK_BTF, LEAK_NETNS, LEAK_KINDS };

struct leak_set {
	uint64_t *id;
	size_t n, cap;
};

struct leak_snapshot { struct leak_set set[LEAK_KINDS]; };

int leak_take(struct leak_snapshot *s); /* 0 or -errno */
void leak_free(struct leak_snapshot *s);
/* How many objects there are now and were not at the snapshot; each is named on `out` (may be NULL).
 * The kernel frees some things late, so it is asked again for up to wait_ms; what others make
 * meanwhile does not count. Negative: the kernel does not let us look. */
int leak_compare(const struct leak_snapshot *before, int wait_ms, FILE *out);

#endif
