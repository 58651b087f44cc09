/*
 * denied_main.c - runs a command, and denies it one of its system calls, whoever makes it:
 *
 *   denied [-k KIND] [-f END] [-n FILE] AT ERRNO COMMAND...   the AT-th call gives this error (0: none does)
 *   denied [-k KIND] [-f END] [-n FILE] AT kill COMMAND...    the command is killed instead of the AT-th call
 *
 *   -k KIND   which calls are counted: `bpf` (bpf(2), and those that let go of what it made), `other` (all but bpf(2)
 *             and perf_event_open(2)), `all` (what they are if nothing is said)
 *   -f END    from the one on that opens a file whose name ends so
 *   -n FILE   is given "calls number": how many there were, and the number of the one denied
 *
 * What cannot fail, and what the command says itself, is never denied. Ends as the command did, with 137 where it was
 * killed. The kernel asks this process about each call (seccomp_unotify(2), Linux 5.5), so that calls inside of libc
 * and of the dynamic loader count, too, and nothing is loaded into the command.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BPF = 1, PERF = 2, ENDS = 4, OTHER = 8 };

/* Calls that are not OTHER alone. */
static const struct {
	int number;
	unsigned kinds; /* 0: never denied */
} rows[] = {
	{ SYS_bpf, BPF },
	{ SYS_perf_event_open, PERF },
	{ SYS_unlinkat, ENDS | OTHER },
#ifdef SYS_unlink
	{ SYS_unlink, ENDS | OTHER },
#endif
	{ SYS_close, ENDS }, /* its errors tell of what was written before */
	{ SYS_exit_group, ENDS },
	{ SYS_exit, 0 },
	{ SYS_rt_sigreturn, 0 },
	{ SYS_restart_syscall, 0 },
	{ SYS_brk, 0 }, /* has no errors; allocations are refused by fail_preload.c */
	{ SYS_munmap, 0 },
	{ SYS_futex, 0 },
	{ SYS_getpid, 0 },
	{ SYS_gettid, 0 },
	{ SYS_getuid, 0 },
	{ SYS_geteuid, 0 },
	{ SYS_getgid, 0 },
	{ SYS_rt_sigprocmask, 0 },
	{ SYS_rt_sigaction, 0 },
};
enum { ROWS = sizeof rows / sizeof *rows };

static struct {
	unsigned kinds;
	const char *from, *count;
	unsigned long at, seen;
	int error; /* 0: killed */
	int denied;
	bool begun;
	pid_t pid;
} run = { .kinds = BPF | OTHER | PERF, .denied = -1 };

static unsigned kinds_of(int number)
{
	for (unsigned i = 0; i < ROWS; i++)
		if (rows[i].number == number)
			return rows[i].kinds;
	return OTHER;
}

/* ---- the command's side ---- */

/* Asks about all but what is never denied. */
static int filter(void)
{
	struct sock_filter code[2 * ROWS + 2];
	unsigned n = 0;
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < ROWS; i++)
		if (!rows[i].kinds) {
			code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)rows[i].number, 0, 1);
			code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = code };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/* From its filter on it waits for an answer, so the descriptor is told by memory that both share. */
static void command(volatile int *listener, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	*listener = filter();
	if (*listener >= 0)
		execvp(*argv, argv);
	_exit(126);
}

/* ---- this side ---- */

static bool opens(const struct seccomp_notif *q)
{
	char name[4096] = "";
	uint64_t at = q->data.nr == SYS_openat ? q->data.args[1] : 0;
#ifdef SYS_open
	if (q->data.nr == SYS_open)
		at = q->data.args[0];
#endif
	if (!at)
		return false;
	struct iovec to = { name, sizeof name - 1 }, from = { (void *)(uintptr_t)at, 256 };
	if (process_vm_readv((pid_t)q->pid, &to, 1, &from, 1, 0) < 0)
		return false;
	size_t n = strlen(name), end = strlen(run.from);
	return n >= end && !strcmp(name + n - end, run.from);
}

static bool counts(const struct seccomp_notif *q)
{
	bool says = q->data.nr == SYS_write && (q->data.args[0] == 1 || q->data.args[0] == 2);
	if ((pid_t)q->pid != run.pid || says || !(kinds_of(q->data.nr) & run.kinds))
		return false;
	return run.begun;
}

static void answer(int listener, const struct seccomp_notif *q)
{
	struct seccomp_notif_resp to = { .id = q->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	run.begun = run.begun || !run.from || opens(q);
	if (counts(q) && ++run.seen == run.at) {
		run.denied = q->data.nr;
		if (!run.error) {
			kill(run.pid, SIGKILL);
			return;
		}
		to.flags = 0;
		to.error = -run.error;
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &to);
}

static void serve(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		struct seccomp_notif q = { 0 };
		if (p.revents & POLLIN && !ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &q))
			answer(listener, &q);
		else if (p.revents & POLLHUP)
			return;
	}
}

static int ended(void)
{
	int status;
	FILE *out = run.count ? fopen(run.count, "w") : NULL;
	if (out) {
		fprintf(out, "%lu %d\n", run.seen, run.denied);
		fclose(out);
	}
	waitpid(run.pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int usage(void)
{
	fputs("denied [-k bpf|other|all] [-f END] [-n FILE] AT ERRNO|kill COMMAND...\n", stderr);
	return 2;
}

static unsigned kinds_called(const char *name)
{
	return !strcmp(name, "bpf") ? BPF | ENDS : !strcmp(name, "other") ? OTHER : BPF | OTHER | PERF;
}

int main(int argc, char **argv)
{
	volatile int *listener = mmap(NULL, sizeof *listener, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int o; (o = getopt(argc, argv, "+k:f:n:")) != -1;)
		switch (o) {
		case 'k': run.kinds = kinds_called(optarg); break;
		case 'f': run.from = optarg; break;
		case 'n': run.count = optarg; break;
		default: return usage();
		}
	if (argc - optind < 3 || listener == MAP_FAILED)
		return usage();
	run.at = strtoul(argv[optind], NULL, 10);
	run.error = atoi(argv[optind + 1]);
	*listener = -1;
	run.pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!run.pid)
		command(listener, argv + optind + 2);
	while (*listener < 0 && !waitpid(run.pid, NULL, WNOHANG))
		usleep(100);
	if (*listener < 0)
		return 126;
	serve(*listener);
	return ended();
}
