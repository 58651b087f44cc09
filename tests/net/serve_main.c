/* serve_main.c - sockets for a script:  serve COMMAND...  runs the command with two that listen to TCP on 127.0.0.1 as
 * descriptors 3 and 4, one on ::1 as 5, and one of UDP on 127.0.0.1 as 6. Whoever connects is told which it
 * is, its descriptor; what is sent by UDP is the name of a file that tells it, for an answer would come from another
 * port than was asked. */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, N = 4, UDP = N - 1, IN_V6 = N - 2 };

static int bound(int family, int type)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, type, 0);
	int rc = family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof v4) : bind(fd, (struct sockaddr *)&v6, sizeof v6);
	if (rc || (type == SOCK_STREAM && listen(fd, 8))) {
		perror("serve");
		exit(1);
	}
	return fd;
}

static void answer(int fd, int which)
{
	char file[256] = "";
	int to = which == UDP && recv(fd, file, sizeof file - 1, 0) > 0 ? open(file, O_WRONLY | O_CREAT, 0600)
		 : which == UDP ? -1 : accept(fd, NULL, NULL);
	dprintf(to, "%d\n", FIRST + which);
	close(to);
}

int main(int argc, char **argv)
{
	struct pollfd of[N];
	int status;
	if (argc < 2)
		return 2;
	for (int i = 0; i < N; i++) {
		int fd = bound(i == IN_V6 ? AF_INET6 : AF_INET, i == UDP ? SOCK_DGRAM : SOCK_STREAM);
		of[i] = (struct pollfd){ .fd = dup2(fd, 20 + i), .events = POLLIN };
		close(fd);
	}
	pid_t child = fork();
	if (!child) {
		for (int i = 0; i < N; i++)
			dup2(of[i].fd, FIRST + i);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (!waitpid(child, &status, WNOHANG)) {
		poll(of, N, 20);
		for (int i = 0; i < N; i++)
			if (of[i].revents & POLLIN)
				answer(of[i].fd, i);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
