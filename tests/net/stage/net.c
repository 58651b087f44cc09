/* net.c - the stage's network: two namespaces joined by a veth pair, and the kernel's own counters. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t draw(uint32_t from, uint32_t to)
{
	uint32_t r;
	if (getrandom(&r, sizeof r, 0) != sizeof r)
		abort();
	return from + r % (to - from + 1);
}

/* An address somewhere in the unicast space, outside the stage's own network. */
static uint32_t draw_stranger(uint32_t network)
{
	for (;;) {
		uint32_t a = draw(1, 223) << 24 | draw(0, 0xffffff);
		if (a >> 24 != 127 && a >> 24 != 10 && (a & ~0xffu) != network && (a & 0xff) != 0)
			return a;
	}
}

void play_draw(struct play *p)
{
	uint32_t network = 10u << 24 | draw(1, 254) << 16 | draw(1, 254) << 8;
	uint32_t host = draw(2, 200);

	p->victim = network | 1;
	p->port = draw(2000, 60000);
	p->nfoes = draw(3, MAX_FOES);
	p->nfriends = draw(2, MAX_FRIENDS);
	for (unsigned i = 0; i < p->nfoes; i++)
		p->foes[i] = (struct source){
			.addr = draw_stranger(network),
			.port = draw(1024, 65000),
			.rate = draw(2000, 7000),
		};
	for (unsigned i = 0; i < p->nfriends; i++)
		p->friends[i] = (struct source){ .addr = network | (host + i), .rate = draw(20, 100) };
	snprintf(p->outside_dev, sizeof p->outside_dev, "out%04x", draw(0, 0xffff));
	snprintf(p->victim_dev, sizeof p->victim_dev, "eth%u", draw(0, 9999));
}

int net_enter(int ns)
{
	return setns(ns, CLONE_NEWNET);
}

/* A new namespace: made by a child, held by the descriptor. */
static int new_namespace(void)
{
	int ready[2], ns = -1;
	char byte, path[64];

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWNET) ? errno : 0;
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	if (child > 0 && read(ready[0], &byte, 1) == 1) {
		snprintf(path, sizeof path, "/proc/%d/ns/net", child);
		if (byte == 0)
			ns = open(path, O_RDONLY | O_CLOEXEC);
		else
			fprintf(stderr, "stage: cannot make a network namespace: %s\n", strerror(byte));
	}
	close(ready[0]);
	close(ready[1]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return ns;
}

/* Runs a shell command in the namespace; true when it succeeded. */
__attribute__((format(printf, 2, 3))) static bool run_in(int ns, const char *fmt, ...)
{
	char command[256];
	int status = -1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (net_enter(ns) == 0)
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "stage: failed: %s\n", command);
		return false;
	}
	return true;
}

#define ADDR "%u.%u.%u.%u"
#define ADDR_OF(a) (a) >> 24, (a) >> 16 & 255, (a) >> 8 & 255, (a) & 255

int net_open(struct play *p)
{
	int out, in;

	p->outside_ns = out = new_namespace();
	p->victim_ns = in = new_namespace();
	if (out < 0 || in < 0)
		return -1;
	if (!run_in(out, "ip link add %s type veth peer name %s netns /proc/%d/fd/%d", p->outside_dev,
		    p->victim_dev, getpid(), in))
		return -1;
	if (!run_in(in, "ip addr add " ADDR "/24 dev %s && ip link set %s up && ip link set lo up",
		    ADDR_OF(p->victim), p->victim_dev, p->victim_dev))
		return -1;
	if (!run_in(out, "ip link set %s up && ip link set lo up", p->outside_dev))
		return -1;
	for (unsigned i = 0; i < p->nfriends; i++)
		if (!run_in(out, "ip addr add " ADDR "/24 dev %s", ADDR_OF(p->friends[i].addr),
			    p->outside_dev))
			return -1;
	/* Strangers must be routable, or the reverse path filter drops the flood for us. */
	if (!run_in(in, "ip route add default via " ADDR, ADDR_OF(p->friends[0].addr)))
		return -1;
	return 0;
}

uint64_t net_packets_in(pid_t inside)
{
	char path[64], line[512];
	uint64_t received = 0;
	bool names = true;

	snprintf(path, sizeof path, "/proc/%d/net/snmp", inside);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, "Ip:", 3) != 0)
			continue;
		if (!names) {
			sscanf(line, "Ip: %*s %*s %" SCNu64, &received);
			break;
		}
		names = false;
	}
	fclose(f);
	return received;
}
