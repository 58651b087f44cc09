/* owner.c - whose a program is: the process that holds it open, for messages. */
#include "kern/kern.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What there is of a small file, as text; 0 when it cannot be read. */
static size_t slurp(const char *path, char *buf, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, n - 1);
	kern_close(fd);
	buf[got > 0 ? got : 0] = 0;
	return got > 0 ? (size_t)got : 0;
}

/* fdinfo of a program, or of a link that runs it, has a line "prog_id:\tN". */
static bool holds(const char *pid, const char *line)
{
	char path[64], file[400], text[1024];
	struct dirent *e;
	bool found = false;
	snprintf(path, sizeof path, "/proc/%.16s/fdinfo", pid);
	DIR *d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		snprintf(file, sizeof file, "%s/%s", path, e->d_name);
		found = *e->d_name != '.' && slurp(file, text, sizeof text) && strstr(text, line);
	}
	if (d)
		closedir(d);
	return found;
}

static void command_line(const char *pid, char *out, size_t n)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid);
	size_t len = slurp(path, out, n);
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
}

int kern_prog_owner(uint32_t id, char *command, size_t n)
{
	char line[32];
	struct dirent *e;
	int pid = 0;
	snprintf(line, sizeof line, "\nprog_id:\t%u\n", id);
	DIR *d = opendir("/proc");
	while (d && !pid && (e = readdir(d)))
		if (*e->d_name >= '1' && *e->d_name <= '9' && holds(e->d_name, line)) {
			pid = atoi(e->d_name);
			command_line(e->d_name, command, n);
		}
	if (d)
		closedir(d);
	return pid;
}
