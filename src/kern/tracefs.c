/*
 * tracefs.c - the kernel's event descriptions. Where nobody mounted tracefs it is mounted for this
 * process alone: on a descriptor, attached to no directory, gone with it.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20 };

/* A directory that is not tracefs is the empty place where it would be mounted. */
static int usual(const char *path)
{
	struct statfs fs;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fs.f_type != TRACEFS_MAGIC) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

/* fsopen(2) and its like: 5.2 */
static int private(void)
{
	int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	int mnt = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!mnt)
		mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	int err = mnt < 0 ? -errno : 0;
	close(fs);
	return err ? err : mnt;
}

int kern_tracefs(struct kern_features *f)
{
	if (f->tracefs)
		return f->tracefs - 1;
	int fd = usual("/sys/kernel/tracing");
	if (fd < 0)
		fd = usual("/sys/kernel/debug/tracing");
	if (fd < 0)
		fd = private();
	f->tracefs = fd < 0 ? 0 : fd + 1;
	return fd;
}

void kern_tracefs_close(struct kern_features *f)
{
	kern_close(f->tracefs - 1);
	f->tracefs = 0;
}

static int grow(char **text, size_t *cap)
{
	size_t most = *cap ? *cap * 2 : 8192;
	char *more = most > FILE_MOST ? NULL : realloc(*text, most);
	if (!more)
		return most > FILE_MOST ? -EFBIG : -ENOMEM;
	*text = more;
	*cap = most;
	return 0;
}

static int read_all(int fd, char **text, size_t *got)
{
	size_t cap = 0;
	for (ssize_t r = 1; r > 0; *got += (size_t)r) {
		int err = *got + 1 < cap ? 0 : grow(text, &cap);
		if (err)
			return err;
		r = read(fd, *text + *got, cap - *got - 1);
		if (r < 0)
			return -errno;
	}
	(*text)[*got] = 0;
	return 0;
}

int kern_tracefs_read(int dir, const char *path, char **out, size_t *n)
{
	char *text = NULL;
	size_t got = 0;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err = fd < 0 ? -errno : read_all(fd, &text, &got);
	kern_close(fd);
	if (err) {
		free(text);
		return err;
	}
	*out = text;
	*n = got;
	return 0;
}

bool kern_tracefs_has(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, 0) == 0;
}

int kern_tracefs_list(int dir, const char *path, void (*each)(void *arg, const char *name), void *arg)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int err = -errno;
		kern_close(fd);
		return err;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.' && e->d_type == DT_DIR)
			each(arg, e->d_name);
	closedir(d);
	return 0;
}
