/* probe.h - a root program on a perf event: how tracepoints and probes are attached, replaced, detached. */
#ifndef HOOK_PROBE_H
#define HOOK_PROBE_H

#include "hook/hook.h"

/* Takes perf_fd, -errno included, and closes it on failure. l->name must be set. */
int probe_attach(const struct ir_target *t, int perf_fd, int prog_fd, struct hook_link *l, char *err, size_t errlen);
int probe_replace(struct hook_link *l, int prog_fd, char *err, size_t errlen);
int probe_detach(struct hook_link *l, char *err, size_t errlen);

#endif
