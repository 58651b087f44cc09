/* cgroup.c - cgroups of version 2: the one that this process is in, and others by number, the inode of their directory. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HANDLE_KERNFS = 0xfe }; /* FILEID_KERNFS: include/linux/exportfs.h */

bool kern_cgroup_tree(const char *line, char path[PATH_MAX])
{
	char type[64];
	return sscanf(line, "%*s %4095s %63s", path, type) == 2 && !strcmp(type, "cgroup2");
}

/* Where the tree is mounted: 0, or -ENOENT. */
static int mounted(char path[PATH_MAX])
{
	char line[PATH_MAX + 256];
	FILE *f = fopen("/proc/self/mounts", "re");
	int rc = -ENOENT;
	while (f && rc && fgets(line, sizeof line, f))
		if (kern_cgroup_tree(line, path))
			rc = 0;
	if (f)
		fclose(f);
	return rc;
}

int kern_cgroup_number(const char *path, uint64_t *out)
{
	struct stat st;
	if (stat(path, &st))
		return -errno;
	*out = st.st_ino;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int kern_cgroup_own(uint64_t *out)
{
	char path[2 * PATH_MAX], line[PATH_MAX];
	FILE *f = fopen("/proc/self/cgroup", "re");
	int rc = f ? mounted(path) : -errno;
	while (!rc && fgets(line, sizeof line, f))
		if (!strncmp(line, "0::/", 4)) {
			line[strcspn(line, "\n")] = 0;
			snprintf(path + strlen(path), PATH_MAX, "%s", line + 3);
			rc = kern_cgroup_number(path, out);
			break;
		}
	if (f)
		fclose(f);
	return rc;
}

int kern_cgroup_open(uint64_t number)
{
	struct { struct file_handle h; uint64_t number; } to = {
		.h = { .handle_bytes = sizeof number, .handle_type = HANDLE_KERNFS }, .number = number,
	};
	char path[PATH_MAX];
	int rc = mounted(path), tree = rc ? rc : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree < 0)
		return rc ? rc : -errno;
	int fd = open_by_handle_at(tree, &to.h, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -errno : fd;
	kern_close(tree);
	return rc == -ESTALE ? -ENOENT : rc;
}
