/* task.c - what the kernel calls this process. */
#include "kern/kern.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { FIRST_PIDNS = 0xEFFFFFFC }; /* PROC_PID_INIT_INO: include/linux/proc_ns.h */

void kern_pidns(uint64_t *dev, uint64_t *ino)
{
	struct stat st;
	bool other = stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != FIRST_PIDNS;
	/* the kernel compares with its own form of a device number: minor in 20 bits */
	*dev = other ? (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev) : 0;
	*ino = other ? st.st_ino : 0;
}

/* pidfd_open (5.3), of a thread that is no process of its own since 6.9 with PIDFD_THREAD, which is O_EXCL. */
int kern_thread_open(int tid)
{
	long fd = syscall(SYS_pidfd_open, tid, 0);
	if (fd < 0 && errno != ESRCH)
		fd = syscall(SYS_pidfd_open, tid, O_EXCL);
	return fd < 0 ? -errno : (int)fd;
}
