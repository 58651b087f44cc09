/* probe.c - what hooks on perf events share. The link's `how` is the event's descriptor. */
#include "hook/probe.h"
#include "hook/root.h"

#include <stdio.h>
#include <string.h>

static void close_all(struct hook_link *l)
{
	kern_close(l->link_fd);
	kern_close(l->how);
	kern_close(l->root_fd);
	kern_close(l->slot_fd);
	l->link_fd = l->root_fd = l->slot_fd = l->how = -1;
}

int probe_attach(const struct ir_target *t, int perf_fd, int prog_fd, struct hook_link *l, char *err, size_t errlen)
{
	l->how = perf_fd;
	*err = 0;
	int r = perf_fd < 0 ? perf_fd : root_new(t, 0, prog_fd, &l->root_fd, &l->slot_fd, err, errlen);
	if (r >= 0)
		r = kern_perf_attach(l->features, perf_fd, l->root_fd, &l->link_fd);
	if (r < 0 && !*err)
		snprintf(err, errlen, "cannot attach to %s: %s", l->name, strerror(-r));
	if (r < 0)
		close_all(l);
	return r;
}

int probe_replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	return root_put(l->slot_fd, prog_fd, err, errlen);
}

/* The slot first: it ends at once, even where a child of the process still holds the descriptors. */
int probe_detach(struct hook_link *l, char *err, size_t errlen)
{
	(void)err, (void)errlen;
	uint32_t zero = 0;
	kern_map_delete(l->slot_fd, &zero);
	close_all(l);
	return 0;
}
