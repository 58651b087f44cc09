/* netns.c - programs of a network namespace: BPF links to it (5.9). */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>

int kern_netns_link(int prog_fd, uint32_t attach_type)
{
	int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return -errno;
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)prog_fd;
	a.link_create.target_fd = (uint32_t)ns;
	a.link_create.attach_type = attach_type;
	int fd = kern_bpf(BPF_LINK_CREATE, &a);
	kern_close(ns);
	return fd;
}
