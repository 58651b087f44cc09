/*
 * doings_main.c - does what it is told, an exact number of times, for tests that count it from outside.
 *
 *	doings calls N M            waits for its input's end, then makes N system calls that succeed (getppid)
 *	                            and M that fail (close of nothing)
 *	doings connect N PORT       makes N TCP connections to a listener of its own, on 127.0.0.1 and [::1]
 *	                            by turns; every third of them is refused besides
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int calls(long n, long bad)
{
	char c;
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	for (long i = 0; i < bad; i++)
		syscall(SYS_close, -1);
	return 0;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t loopback(union address *a, bool six, int port)
{
	memset(a, 0, sizeof *a);
	if (six)
		a->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
					       .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	else
		a->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return six ? sizeof a->v6 : sizeof a->v4;
}

static int listener(bool six, int port)
{
	union address a;
	int one = 1, fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = loopback(&a, six, port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (fd < 0 || bind(fd, &a.any, len) || listen(fd, 64))
		fail("listen");
	return fd;
}

static int reach(bool six, int port)
{
	union address a;
	socklen_t len = loopback(&a, six, port);
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = connect(fd, &a.any, len);
	if (!r)
		return fd;
	close(fd);
	return -1;
}

static int connections(long n, int port)
{
	int at[] = { listener(false, port), listener(true, port) };
	for (long i = 0; i < n; i++) {
		int out = reach(i % 2, port), in = accept4(at[i % 2], NULL, NULL, SOCK_CLOEXEC);
		if (out < 0 || in < 0)
			fail("connect");
		close(out);
		close(in);
		if (i % 3 == 0 && reach(i % 2, port + 1) >= 0)
			fail("a connection to nobody");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "calls"))
		return calls(atol(argv[2]), atol(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "connect"))
		return connections(atol(argv[2]), atoi(argv[3]));
	fprintf(stderr, "usage: doings calls N M | connect N PORT\n");
	return 2;
}
