/*
 * perf.c - programs on perf events. The event's descriptor is what is attached to, the link's (5.15)
 * the attachment; where there are no such links the program hangs on the event itself. Both go with
 * their descriptors, so nothing outlives the process.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int event_open(struct perf_event_attr *a, int cpu)
{
	int fd = (int)syscall(__NR_perf_event_open, a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A tracepoint runs its programs on every CPU, whichever one the event was opened for. */
int kern_perf_tracepoint(uint32_t id)
{
	struct perf_event_attr a = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof a, .config = id,
				     .sample_period = 1, .wakeup_events = 1 };
	int fd = -ENODEV;
	for (int cpu = 0; cpu < kern_ncpus() && fd == -ENODEV; cpu++)
		fd = event_open(&a, cpu); /* ENODEV: that one is off */
	return fd;
}

static int without_link(int perf_fd, int prog_fd)
{
	if (ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd))
		return -errno;
	return ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

int kern_perf_attach(int perf_fd, int prog_fd, int *link_fd)
{
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)prog_fd;
	a.link_create.target_fd = (uint32_t)perf_fd;
	a.link_create.attach_type = BPF_PERF_EVENT;
	*link_fd = -1;
	int fd = kern_bpf(BPF_LINK_CREATE, &a);
	if (fd == -EINVAL || fd == -EOPNOTSUPP)
		return without_link(perf_fd, prog_fd);
	if (fd < 0)
		return fd;
	*link_fd = fd;
	return 0;
}
