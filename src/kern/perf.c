/*
 * perf.c - programs on perf events. The event's descriptor is what is attached to, the link's (5.15)
 * the attachment; where there are no such links the program hangs on the event itself. Both go with
 * their descriptors, so nothing outlives the process.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int event_open(struct perf_event_attr *a, pid_t pid, int cpu)
{
	int fd = (int)syscall(__NR_perf_event_open, a, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Tracepoints and probes run their programs on every CPU, whichever one the event was opened for. */
static int event_anywhere(struct perf_event_attr *a)
{
	int fd = -ENODEV;
	for (int cpu = 0; cpu < kern_ncpus() && fd == -ENODEV; cpu++)
		fd = event_open(a, -1, cpu); /* ENODEV: that one is off */
	return fd;
}

int kern_perf_tracepoint(uint32_t id)
{
	struct perf_event_attr a = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof a, .config = id,
				     .sample_period = 1, .wakeup_events = 1 };
	return event_anywhere(&a);
}

/* A number in a file of the uprobe device, behind a word: "6", "config:0". */
static int device_number(const char *file, const char *format, unsigned *out)
{
	char path[96];
	snprintf(path, sizeof path, "/sys/bus/event_source/devices/uprobe/%s", file);
	FILE *in = fopen(path, "re");
	if (!in)
		return errno == ENOENT ? -ENODEV : -errno;
	int n = fscanf(in, format, out), r = n == 1 ? 0 : ferror(in) ? -errno : -ENODEV;
	fclose(in);
	return r;
}

/* perf_event_open(2), and Documentation/ABI/testing/sysfs-bus-event_source-devices-uprobe: config1 is the
 * path, config2 the offset. */
int kern_perf_uprobe(const char *path, uint64_t offset, bool ret, uint64_t pid)
{
	unsigned type, bit = 0;
	int r = device_number("type", "%u", &type);
	if (!r && ret)
		r = device_number("format/retprobe", "config:%u", &bit);
	if (r)
		return r;
	struct perf_event_attr a = { .type = type, .size = sizeof a, .sample_period = 1, .wakeup_events = 1,
				     .config = ret ? 1ull << bit : 0, .config1 = kern_ptr(path),
				     .config2 = offset };
	return pid ? event_open(&a, (pid_t)pid, -1) : event_anywhere(&a);
}

static int without_link(int perf_fd, int prog_fd)
{
	if (ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd))
		return -errno;
	return ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

int kern_perf_attach(struct kern_features *f, int perf_fd, int prog_fd, int *link_fd)
{
	*link_fd = -1;
	if (!kern_has(f, FEAT_perf_link))
		return without_link(perf_fd, prog_fd);
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)prog_fd;
	a.link_create.target_fd = (uint32_t)perf_fd;
	a.link_create.attach_type = BPF_PERF_EVENT;
	int fd = kern_bpf(BPF_LINK_CREATE, &a);
	if (fd < 0)
		return fd;
	*link_fd = fd;
	return 0;
}
