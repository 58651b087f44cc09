/*
 * stage.c - the stage of the demo: stage PERIGEE SCRIPT.
 *
 * Two network namespaces and a veth pair; on the victim's side a service of limited strength, on
 * the outside honest clients and a flood from spoofed addresses. Who they are is drawn at random and
 * known only here: the script gets the name of the device and nothing else. The stage measures
 * before the script runs and after it has acted, by the kernel's own counter of received packets
 * and by the answers the honest clients get. It exits 0 only if the flood was stopped and the honest
 * clients were not.
 *
 * Everything it makes is held by its processes and descriptors, so nothing outlives it, however it
 * ends.
 */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MEASURE_MS = 3000,
	REACT_MS = 6000,   /* what the script is given to act */
	GRACE_MS = 300,    /* answers still under way */
	LIMIT_S = 20,
};

enum { SERVICE, FRIENDS, FLOOD, SCRIPT, NCHILDREN };

struct stage {
	struct play play;
	struct counters *c;
	const char *name;        /* the script's */
	pid_t child[NCHILDREN];
	int output;              /* the script's */
	char line[512];          /* of the script's output, under way */
	size_t fill;
	char timing[4][512];     /* the last lines that speak of timing */
	unsigned ntimings;
};

struct sample { uint64_t ms, in, friends_in, flood_sent; };
struct rates { double hostile_in, hostile_sent, honest; };

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

static pid_t start(struct stage *s, int who, int ns, void (*actor)(const struct play *, struct counters *))
{
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_TIMERSLACK, 1);
		if (net_enter(ns))
			_exit(1);
		actor(&s->play, s->c);
	}
	return s->child[who] = pid;
}

/* The script runs in a process group of its own, so that Ctrl-C reaches it through the stage. */
static bool start_script(struct stage *s, const char *perigee, const char *script)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		if (net_enter(s->play.victim_ns) == 0)
			execl(perigee, perigee, "--timing", script, s->play.victim_dev, (char *)NULL);
		fprintf(stderr, "stage: cannot run %s: %s\n", perigee, strerror(errno));
		_exit(127);
	}
	close(pipes[1]);
	s->output = pipes[0];
	fcntl(s->output, F_SETFL, O_NONBLOCK);
	s->child[SCRIPT] = pid;
	return pid > 0;
}

static void show_line(struct stage *s)
{
	s->line[s->fill] = 0;
	printf("  %s | %s\n", s->name, s->line);
	if (strstr(s->line, "capture") && s->ntimings < 4)
		memcpy(s->timing[s->ntimings++], s->line, s->fill + 1);
	s->fill = 0;
}

/* Passes on what the script says, for ms milliseconds or until it has ended. */
static void listen_for(struct stage *s, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	for (uint64_t now = now_ms(); now < end && !stopped; now = now_ms()) {
		struct pollfd p = { .fd = s->output, .events = POLLIN };
		char text[1024];

		if (poll(&p, 1, end - now) <= 0)
			continue;
		ssize_t n = read(s->output, text, sizeof text);
		if (n <= 0) {
			close(s->output);
			s->output = -1;  /* poll ignores it */
			continue;
		}
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] == '\n' || s->fill == sizeof s->line - 1)
				show_line(s);
			if (text[i] != '\n')
				s->line[s->fill++] = text[i];
		}
		fflush(stdout);
	}
}

static struct sample sample(const struct stage *s)
{
	return (struct sample){
		.ms = now_ms(),
		.in = net_packets_in(s->child[SERVICE]),
		.friends_in = atomic_load(&s->c->friends_in),
		.flood_sent = atomic_load(&s->c->flood_sent),
	};
}

/* What came in beyond the honest requests. Those the service never got to count as honest too. */
static double hostile(const struct sample *a, const struct sample *b, uint64_t asked)
{
	double in = b->in - a->in;
	return in > asked ? in - asked : 0;
}

static struct rates measure(struct stage *s, enum phase phase)
{
	struct rates r;
	uint64_t asked, answered;

	atomic_store(&s->c->phase, phase);
	struct sample a = sample(s);
	listen_for(s, MEASURE_MS);
	struct sample b = sample(s);
	asked = atomic_load(&s->c->asked[phase]);
	atomic_store(&s->c->phase, REACT);
	listen_for(s, GRACE_MS);
	answered = atomic_load(&s->c->answered[phase]);

	double seconds = (b.ms - a.ms) / 1000.0;
	r.hostile_in = hostile(&a, &b, asked) / seconds;
	r.hostile_sent = (b.flood_sent - a.flood_sent) / seconds;
	r.honest = asked ? 100.0 * answered / asked : 0;
	return r;
}

/* Waits until next to nothing hostile comes in for half a second, or the time is up. */
static void wait_for_rule(struct stage *s, const struct rates *before)
{
	uint64_t start_ms = now_ms();

	while (now_ms() - start_ms < REACT_MS && !stopped && s->output >= 0) {
		uint64_t asked = atomic_load(&s->c->asked[REACT]);
		struct sample a = sample(s);
		listen_for(s, 500);
		struct sample b = sample(s);
		asked = atomic_load(&s->c->asked[REACT]) - asked;
		double rate = hostile(&a, &b, asked) * 1000 / (b.ms - a.ms);
		if (rate < before->hostile_in / 100) {
			printf("stage: the flood no longer comes in, %.1f s after the script was started\n",
			       (b.ms - start_ms) / 1000.0);
			return;
		}
	}
}

/* Asks the script to end, and gives it two seconds. Its exit status. */
static int end_script(struct stage *s)
{
	int status = -1;

	if (s->child[SCRIPT] <= 0)
		return -1;
	kill(s->child[SCRIPT], SIGTERM);
	for (unsigned i = 0; i < 20; i++) {
		stopped = 0;
		if (waitpid(s->child[SCRIPT], &status, WNOHANG) != 0)
			break;
		listen_for(s, 100);
		status = -1;
	}
	listen_for(s, s->output >= 0 ? 100 : 0);
	if (status == -1) {
		kill(s->child[SCRIPT], SIGKILL);
		waitpid(s->child[SCRIPT], NULL, 0);
	}
	s->child[SCRIPT] = 0;
	return status;
}

static void end_actors(struct stage *s)
{
	for (int i = 0; i < NCHILDREN; i++) {
		if (s->child[i] <= 0)
			continue;
		kill(s->child[i], SIGKILL);
		waitpid(s->child[i], NULL, 0);
	}
}

static void print_play(const struct play *p)
{
	unsigned flood = 0, honest = 0;

	for (unsigned i = 0; i < p->nfoes; i++)
		flood += p->foes[i].rate;
	for (unsigned i = 0; i < p->nfriends; i++)
		honest += p->friends[i].rate;
	printf("stage: a service behind %s; %u honest clients, %u requests a second;\n"
	       "       a flood of %u packets a second from %u addresses. The script is told none of it.\n",
	       p->victim_dev, p->nfriends, honest, flood, p->nfoes);
	for (unsigned i = 0; i < p->nfoes; i++) {
		uint32_t a = p->foes[i].addr;
		printf("       %u.%u.%u.%u (%u/s)\n", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255,
		       p->foes[i].rate);
	}
	fflush(stdout);
}

/* SLOW: the machine is emulated, and has trouble with what is sent as it is. */
static bool verdict(const struct stage *s, const struct rates *b, const struct rates *a, int status)
{
	struct { bool good; const char *no; } checks[] = {
		{ b->hostile_in > 1000, "the flood never came in: the stage is broken" },
		{ a->hostile_sent > b->hostile_sent / 2, "the flood ended by itself: the stage is broken" },
		{ a->hostile_in < b->hostile_in / 100, "the flood was not stopped" },
		{ a->honest > (getenv("SLOW") ? 90 : 98), "honest clients were not served" },
		{ status == 0, "the script did not end well" },
	};
	bool good = true;

	printf("\n%-36s %12s %12s\n", "", "before", "after");
	printf("%-36s %10.0f/s %10.0f/s\n", "hostile packets sent", b->hostile_sent, a->hostile_sent);
	printf("%-36s %10.0f/s %10.0f/s\n", "hostile packets let in", b->hostile_in, a->hostile_in);
	printf("%-36s %10.1f %% %10.1f %%\n", "honest requests answered", b->honest, a->honest);
	for (unsigned i = 0; i < s->ntimings; i++)
		printf("%s\n", s->timing[i]);
	putchar('\n');
	for (unsigned i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (!checks[i].good) {
			printf("stage: FAILED: %s\n", checks[i].no);
			good = false;
		}
	}
	if (good)
		printf("stage: the flood was stopped, the honest clients were not\n");
	return good;
}

/* 0 good, 1 bad, 130 and the like when stopped. */
static int perform(struct stage *s, const char *perigee, const char *script)
{
	struct rates before, after = { 0 };
	int status;

	print_play(&s->play);
	start(s, SERVICE, s->play.victim_ns, actor_service);
	start(s, FRIENDS, s->play.outside_ns, actor_friends);
	start(s, FLOOD, s->play.outside_ns, actor_flood);
	listen_for(s, 500);
	before = measure(s, BEFORE);
	if (!stopped)
		printf("stage: let in %.0f hostile packets a second, %.1f %% of honest requests answered\n"
		       "stage: starting %s\n",
		       before.hostile_in, before.honest, script);
	fflush(stdout);
	if (!stopped && start_script(s, perigee, script)) {
		wait_for_rule(s, &before);
		after = measure(s, AFTER);
	}
	int sig = stopped;
	status = end_script(s);
	end_actors(s);
	if (sig) {
		printf("stage: stopped%s\n", sig == SIGALRM ? ": it took too long" : "");
		return sig == SIGALRM ? 1 : 128 + sig;
	}
	return verdict(s, &before, &after, status) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct stage s = { .output = -1 };
	struct sigaction sa = { .sa_handler = on_signal };

	if (argc != 3) {
		fprintf(stderr, "usage: stage PERIGEE SCRIPT\n");
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "stage: network namespaces and XDP need root: run this as root\n");
		return 3;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	alarm(LIMIT_S - 3); /* the script's end takes up to two more */
	s.c = mmap(NULL, sizeof *s.c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.c == MAP_FAILED)
		return 1;
	play_draw(&s.play);
	if (net_open(&s.play))
		return 1;
	s.name = strrchr(argv[2], '/') ? strrchr(argv[2], '/') + 1 : argv[2];
	return perform(&s, argv[1], argv[2]);
}
