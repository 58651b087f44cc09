/* sys.c - bpf(2) itself, and what the process may do with it. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 5 };

int kern_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	for (int i = 0;; i++) {
		long r = syscall(__NR_bpf, cmd, attr, sizeof *attr);
		if (r >= 0)
			return (int)r;
		if (errno != EAGAIN || i == TRIES)
			return -errno;
	}
}

int kern_bpf_charged(enum bpf_cmd cmd, union bpf_attr *attr)
{
	int r = kern_bpf(cmd, attr);
	struct rlimit was;
	if (r != -EPERM || getrlimit(RLIMIT_MEMLOCK, &was) || was.rlim_cur == RLIM_INFINITY)
		return r;
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	if (setrlimit(RLIMIT_MEMLOCK, &all))
		return r;
	return kern_bpf(cmd, attr);
}

void kern_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void kern_name(char out[BPF_OBJ_NAME_LEN], const char *name)
{
	memset(out, 0, BPF_OBJ_NAME_LEN);
	for (unsigned i = 0; name && name[i] && i < BPF_OBJ_NAME_LEN - 1; i++) {
		char c = name[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '_' || c == '.';
		out[i] = ok ? c : '_';
	}
}

/* "0-3,8-11": the highest number and one. Gaps count: per-CPU values have a slot for them too. */
static int parse_cpus(const char *s)
{
	int most = 0;
	while (*s >= '0' && *s <= '9') {
		char *end;
		int n = (int)strtol(s, &end, 10);
		if (n + 1 > most)
			most = n + 1;
		s = *end ? end + 1 : end;
	}
	return most;
}

int kern_ncpus(void)
{
	char buf[256];
	int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t got = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);
	kern_close(fd);
	if (got > 0) {
		buf[got] = 0;
		n = parse_cpus(buf);
	}
	return n > 0 ? n : (int)sysconf(_SC_NPROCESSORS_CONF);
}

uint64_t kern_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

#define HOW ": run it as root (sudo), or once `setcap cap_bpf,cap_perfmon,cap_net_admin+ep` on the command"

const char *kern_rights_missing(void)
{
	uint64_t caps = kern_capabilities();
	bool admin = caps >> CAP_SYS_ADMIN & 1;
	bool bpf = admin || (caps >> CAP_BPF & 1), net = caps >> CAP_NET_ADMIN & 1;

	KERN_ATTR(a);
	int r = kern_bpf(BPF_PROG_GET_NEXT_ID, &a);
	if (r == -ENOSYS)
		return "this kernel was built without bpf(2) (CONFIG_BPF_SYSCALL)";
	if (!bpf && !net)
		return "loading kernel programs needs the capabilities CAP_BPF and CAP_NET_ADMIN" HOW;
	if (!bpf)
		return "loading kernel programs needs the capability CAP_BPF" HOW;
	if (!net)
		return "network hooks need the capability CAP_NET_ADMIN" HOW;

	struct kern_map_spec tiny = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				      .entries = 1, .name = "pg_rights", .numa = -1 };
	int fd = kern_map_create(&tiny);
	kern_close(fd);
	if (fd == -EPERM)
		return "this process has the capabilities, but the kernel still refuses bpf(2): run it "
		       "outside the container, or allow bpf(2) in its seccomp profile";
	return NULL;
}
