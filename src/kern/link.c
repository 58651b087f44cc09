/* link.c - what links of any kind share, and the directories that they are pinned in. */
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int kern_link_update(int link_fd, int prog_fd)
{
	KERN_ATTR(a);
	a.link_update.link_fd = (uint32_t)link_fd;
	a.link_update.new_prog_fd = (uint32_t)prog_fd;
	return kern_bpf(BPF_LINK_UPDATE, &a);
}

/* Detached even where a child of the process still holds the descriptor. */
int kern_link_detach(int link_fd)
{
	KERN_ATTR(a);
	a.link_detach.link_fd = (uint32_t)link_fd;
	int r = kern_bpf(BPF_LINK_DETACH, &a);
	kern_close(link_fd);
	return r;
}

bool kern_is_link(int fd)
{
	char path[40], name[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, name, sizeof name - 1);
	name[n > 0 ? n : 0] = 0;
	return strstr(name, "bpf_link") || strstr(name, "bpf-link");
}

/* What links of these kinds say begins alike: the device, then, for tcx, the attach type (linux/bpf.h of 6.6). */
int kern_link_info(int link_fd, struct kern_link_info *out)
{
	struct bpf_link_info info = { 0 };
	uint32_t own[2];
	KERN_ATTR(a);
	a.info.bpf_fd = (uint32_t)link_fd;
	a.info.info = kern_ptr(&info);
	a.info.info_len = sizeof info;
	int r = kern_bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
	if (r < 0)
		return r;
	memcpy(own, &info.xdp, sizeof own);
	*out = (struct kern_link_info){ KERN_LINK_OTHER, 0, false };
	if (info.type == ABI_LINK_XDP)
		*out = (struct kern_link_info){ KERN_LINK_XDP, own[0], false };
	else if (info.type == ABI_LINK_TCX)
		*out = (struct kern_link_info){ KERN_LINK_TCX, own[0], own[1] == ABI_TCX_EGRESS };
	return 0;
}

int kern_pin_lock(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	snprintf(dir, sizeof dir, "%.*s", slash > path ? (int)(slash - path) : 1, slash ? path : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
	while (fd >= 0 && (r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	if (r < 0) {
		r = fd < 0 ? r : -errno;
		kern_close(fd);
		return r;
	}
	return fd;
}
