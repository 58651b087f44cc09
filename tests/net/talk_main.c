/* talk_main.c - connections for a script:  talk COMMAND...  runs the command with both ends of three TCP connections, the
 * one that connected and the one that accepted, as descriptors 3 and 4, 5 and 6 (on 127.0.0.1), 7 and 8 (on ::1). The ports
 * that were connected to are in TALK_PORTS. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3, PAIRS = 3, IN_V6 = PAIRS - 1, APART = 20 };

static void failed(const char *what)
{
	perror(what);
	exit(1);
}

/* Both ends, and the port. */
static unsigned connected(int family, int end[2])
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *to = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
	int at = socket(family, SOCK_STREAM, 0);
	end[0] = socket(family, SOCK_STREAM, 0);
	if (bind(at, to, size) || listen(at, 1) || getsockname(at, to, &size) || connect(end[0], to, size))
		failed("talk");
	end[1] = accept(at, NULL, NULL);
	close(at);
	return ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
}

int main(int argc, char **argv)
{
	int end[PAIRS][2];
	unsigned port[PAIRS];
	char text[64];
	if (argc < 2)
		return 2;
	for (int i = 0; i < PAIRS; i++) {
		port[i] = connected(i == IN_V6 ? AF_INET6 : AF_INET, end[i]);
		for (int k = 0; k < 2; k++)
			end[i][k] = dup2(end[i][k], APART + 2 * i + k);
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		if (dup2(end[i / 2][i % 2], FIRST + i) < 0 || close(end[i / 2][i % 2]))
			failed("talk");
	snprintf(text, sizeof text, "%u %u %u", port[0], port[1], port[2]);
	setenv("TALK_PORTS", text, 1);
	execvp(argv[1], argv + 1);
	failed(argv[1]);
}
