/* root.h - for hooks that are replaced through a root: a program that tail-calls what stands in its
 * slot, and falls back to the hook's safe verdict while nothing does. */
#ifndef HOOK_ROOT_H
#define HOOK_ROOT_H

#include "ir/target.h"

#include <stddef.h>

/* Makes the slot with prog_fd in it, and the root. The caller owns both descriptors. */
int root_new(const struct ir_target *t, uint32_t flags, int prog_fd, int *root_fd, int *slot_fd, char *err,
	     size_t errlen);
/* Old or new, never neither: one write of the slot. */
int root_put(int slot_fd, int prog_fd, char *err, size_t errlen);

#endif
