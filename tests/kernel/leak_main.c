/*
 * leak_main.c - `leak COMMAND...`: runs a command and says what it left in the kernel, or running.
 *
 * Exits with the command's status, with 99 when something leaked, with 77 when the kernel does not let
 * this process look.
 */
#include "kernel/leak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAKED = 99, CANNOT = 77, WAIT_MS = 30000 };

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Orphans of the command become our children: those still there after a while are left behind. */
static int left_running(void)
{
	for (int ms = 0; ms < WAIT_MS; ms += 20) {
		pid_t p = waitpid(-1, NULL, WNOHANG);
		if (p < 0)
			return 0;
		if (!p)
			usleep(20000);
	}
	fprintf(stderr, "leaked: a process that the command started still runs\n");
	return 1;
}

int main(int argc, char **argv)
{
	struct leak_snapshot before;
	int status;
	if (argc < 2) {
		fprintf(stderr, "usage: leak COMMAND [ARGUMENTS]\n");
		return 2;
	}
	int r = leak_take(&before);
	if (r) {
		fprintf(stderr, "leak: cannot list kernel objects: %s\n", strerror(-r));
		return CANNOT;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		fprintf(stderr, "leak: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	while (pid < 0 || (waitpid(pid, &status, 0) < 0 && errno == EINTR))
		if (pid < 0)
			return 1;
	int leaks = left_running();
	leaks += leak_compare(&before, WAIT_MS, stderr);
	leak_free(&before);
	return leaks ? LEAKED : status_of(status);
}
