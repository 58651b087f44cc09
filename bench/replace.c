/* replace.c - what it costs to replace a running program, by hook and by way: the table of docs/hooks.md.
 * Each way on a device of a network namespace of its own; and what a packet pays for a root. */
#include "hook/hook.h"
#include "hook/root.h"
#include "kern/bpf_abi.h"
#include "kern/kern.h"

#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 200, RUNS = 1000000 };

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void need(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "replace: %s: %s\n", what, strerror(-r));
	exit(1);
}

static int prog(uint32_t type, int verdict)
{
	const struct bpf_insn insns[] = { ABI_MOV_IMM(0, verdict), ABI_EXIT() };
	struct kern_prog_spec s = { .type = type, .insns = insns, .n = 2, .name = "bench" };
	int fd = kern_prog_load(&s, NULL);
	need(fd, "load");
	return fd;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* A row: the median and the 90th percentile of `put` with one and the other program by turns. */
static void row(const char *hook, const char *way, uint32_t type, int verdict,
		int (*put)(void *arg, int prog_fd), void *arg, unsigned turns)
{
	uint64_t ns[TURNS];
	int progs[] = { prog(type, verdict), prog(type, verdict) };
	for (unsigned i = 0; i < turns; i++) {
		uint64_t start = now();
		need(put(arg, progs[i % 2]), way);
		ns[i] = now() - start;
	}
	qsort(ns, turns, sizeof *ns, by_number);
	printf("| %s | %s | %.1f | %.1f |\n", hook, way, (double)ns[turns / 2] / 1e3,
	       (double)ns[turns * 9 / 10] / 1e3);
	kern_close(progs[0]);
	kern_close(progs[1]);
}

static int put_slot(void *arg, int fd) { char err[256]; return root_put(*(int *)arg, fd, err, sizeof err); }
static int put_link(void *arg, int fd) { return kern_link_update(*(int *)arg, fd); }
static int put_tc(void *arg, int fd) { return kern_tc_replace(arg, fd); }
static int put_socket(void *arg, int fd) { return kern_socket_attach(*(int *)arg, fd); }

struct root { int fd, slot, prog; };

static struct root root_of(const char *hook, uint32_t type, int verdict)
{
	char err[256];
	struct root r = { .prog = prog(type, verdict) };
	need(root_new(hook_find(hook, NULL)->family->target, 0, r.prog, &r.fd, &r.slot, err, sizeof err), err);
	return r;
}

static double ns_of(int fd)
{
	static uint8_t packet[64];
	struct kern_test t = { .in = packet, .in_len = sizeof packet, .repeat = RUNS };
	need(kern_prog_test(fd, &t), "test run");
	return t.ns;
}

static void xdp(struct kern_features *f, int dev)
{
	struct root r = root_of("xdp", BPF_PROG_TYPE_XDP, XDP_PASS);
	enum kern_xdp_mode mode;
	uint32_t other;
	int link;
	need(kern_xdp_attach(f, dev, r.fd, KERN_XDP_AUTO, &link, &mode, &other), "xdp");
	row("xdp", "**slot of a root**", BPF_PROG_TYPE_XDP, XDP_PASS, put_slot, &r.slot, TURNS);
	row("xdp", "update of the link", BPF_PROG_TYPE_XDP, XDP_PASS, put_link, &link, TURNS / 4);
	kern_xdp_detach(dev, link, r.fd, mode);
}

static void tc(struct kern_features *f, int dev)
{
	struct root r = root_of("tc", BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC);
	for (int way = 0; way < 2; way++) {
		struct kern_tc t = { .ifindex = dev };
		f->state[FEAT_tcx] = way ? -2 : 1;
		need(kern_tc_attach(f, &t, r.fd), "tc");
		row("tc", way ? "**filter of clsact** (where there is no tcx)" : "**update of the tcx link**",
		    BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC, put_tc, &t, TURNS);
		if (!way)
			row("tc", "slot of a root", BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC, put_slot, &r.slot,
			    TURNS);
		kern_tc_detach(&t);
	}
}

int main(void)
{
	struct kern_features f = { 0 };
	if (unshare(CLONE_NEWNET) || system("ip link add va type veth peer name vb && ip link set va up && "
					    "ip link set vb up"))
		return 1;
	int dev = (int)if_nametoindex("va"), filter = prog(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	puts("| hook | way | median, us | 9 of 10 under, us |\n| --- | --- | ---: | ---: |");
	xdp(&f, dev);
	tc(&f, dev);
	int s = kern_packet_socket(dev, filter);
	need(s, "socket");
	row("socket", "**filter of the socket**", BPF_PROG_TYPE_SOCKET_FILTER, 0, put_socket, &s, TURNS);
	struct root r = root_of("xdp", BPF_PROG_TYPE_XDP, XDP_PASS);
	double bare = ns_of(r.prog), behind = ns_of(r.fd);
	printf("\nA packet pays %.0f ns for a root (two instructions: %.0f ns; behind a root: %.0f ns).\n",
	       behind - bare, bare, behind);
	return 0;
}
