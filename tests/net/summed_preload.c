/*
 * summed_preload.c - preloaded into the command: test runs of programs on tc get a packet whose bytes a card has
 * summed (CHECKSUM_COMPLETE). The kernel adds the packet up anew afterwards, and where its sum was not kept
 * right the run gives EBADMSG.
 */
#include "../preload.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SUMMED = 1 << 2 /* BPF_F_TEST_SKB_CHECKSUM_COMPLETE, Linux 6.11 */, FDS = 1024 };

static bool on_tc[FDS]; /* by descriptor: a program on tc */

long syscall(long number, ...)
{
	long a[6];
	TAKE_ARGUMENTS(number, a);
	union bpf_attr *attr = number == SYS_bpf ? (union bpf_attr *)a[1] : NULL;
	if (attr && a[0] == BPF_PROG_TEST_RUN && on_tc[attr->test.prog_fd])
		attr->test.flags |= SUMMED;
	long r = real_syscall(number, a);
	if (attr && a[0] == BPF_PROG_LOAD && r >= FDS)
		abort();
	if (attr && a[0] == BPF_PROG_LOAD && r >= 0)
		on_tc[r] = attr->prog_type == BPF_PROG_TYPE_SCHED_CLS;
	return r;
}
