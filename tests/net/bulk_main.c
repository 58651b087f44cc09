/* bulk_main.c - moves bytes that tell where they stand through TCP, in segments as big as the devices
 * let them be; and single frames.
 *
 *	bulk send ADDRESS PORT N | bulk receive PORT N
 *	bulk offload DEVICE tso|gso|gro|tx|rx on|off
 *	bulk frame DEVICE HEX...
 *	bulk tap DEVICE COMMAND...     runs it with a packet socket on the device as descriptor 9, then says
 *	                               how long the packets are that the socket was given
 *	bulk udp|cooked|unbound COMMAND...   with a socket of another kind */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 1 << 18 };
static unsigned char chunk[CHUNK];

static unsigned char pattern(size_t at)
{
	return (unsigned char)(at * 7 + (at >> 8) * 13);
}

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int tcp(const char *ip, const char *port, struct sockaddr_in *a)
{
	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)) };
	inet_pton(AF_INET, ip, &a->sin_addr);
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int send_bytes(const char *ip, const char *port, size_t n)
{
	struct sockaddr_in a;
	int s = tcp(ip, port, &a);
	for (int tries = 0; connect(s, (struct sockaddr *)&a, sizeof a); tries++) {
		if (tries == 100)
			return failed("connect");
		usleep(20000);
	}
	for (size_t at = 0, some; at < n; at += some) {
		some = n - at < CHUNK ? n - at : CHUNK;
		for (size_t i = 0; i < some; i++)
			chunk[i] = pattern(at + i);
		for (size_t done = 0; done < some;) {
			ssize_t r = write(s, chunk + done, some - done);
			if (r < 0)
				return failed("write");
			done += (size_t)r;
		}
	}
	shutdown(s, SHUT_WR);
	return read(s, chunk, 1) == 0 ? 0 : failed("read");
}

static int receive_bytes(const char *port, size_t n)
{
	struct sockaddr_in a;
	int one = 1, l = tcp("0.0.0.0", port, &a);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 1))
		return failed("listen");
	int s = accept(l, NULL, NULL);
	size_t at = 0, wrong = 0;
	for (ssize_t r; (r = read(s, chunk, CHUNK)) > 0; at += (size_t)r)
		for (ssize_t i = 0; i < r; i++)
			wrong += chunk[i] != pattern(at + (size_t)i);
	return at == n && !wrong ? 0 : 1;
}

static int offload(const char *dev, const char *what, const char *to)
{
	static const struct { const char *name; unsigned set; } all[] = {
		{ "tso", ETHTOOL_STSO }, { "gso", ETHTOOL_SGSO }, { "gro", ETHTOOL_SGRO },
		{ "tx", ETHTOOL_STXCSUM }, { "rx", ETHTOOL_SRXCSUM },
	};
	struct ethtool_value v = { .data = !strcmp(to, "on") };
	struct ifreq q = { .ifr_data = (char *)&v };
	snprintf(q.ifr_name, sizeof q.ifr_name, "%s", dev);
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(what, all[i].name))
			v.cmd = all[i].set;
	return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCETHTOOL, &q) ? failed(what) : 0;
}

static int send_frame(const char *dev, const char *hex)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(dev) };
	size_t n = 0;
	for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		chunk[n++] = (unsigned char)byte;
	return sendto(s, chunk, n, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)n ? 0 : failed("sendto");
}

enum { TAP = 9 };

static int tap(int type, const char *dev, char **command)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = dev ? (int)if_nametoindex(dev) : 0 };
	int s = socket(AF_PACKET, type, 0), status = 0;
	if (dup2(s, TAP) < 0 || (dev && bind(TAP, (struct sockaddr *)&at, sizeof at)))
		return failed("tap");
	pid_t child = fork();
	if (!child) {
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(child, &status, 0);
	for (ssize_t n; (n = recv(TAP, chunk, CHUNK, MSG_DONTWAIT)) >= 0;)
		printf("%zd\n", n);
	return WEXITSTATUS(status);
}

int main(int n, char **v)
{
	alarm(30);
	if (n == 5 && !strcmp(v[1], "send"))
		return send_bytes(v[2], v[3], strtoul(v[4], NULL, 10));
	if (n == 4 && !strcmp(v[1], "receive"))
		return receive_bytes(v[2], strtoul(v[3], NULL, 10));
	if (n >= 4 && !strcmp(v[1], "frame")) {
		for (int i = 3; i < n; i++)
			if (send_frame(v[2], v[i]))
				return 1;
		return 0;
	}
	if (n > 3 && !strcmp(v[1], "tap"))
		return tap(SOCK_RAW, v[2], v + 3);
	if (n > 2 && !strcmp(v[1], "cooked"))
		return tap(SOCK_DGRAM, NULL, v + 2);
	if (n > 2 && !strcmp(v[1], "unbound"))
		return tap(SOCK_RAW, NULL, v + 2);
	if (n > 2 && !strcmp(v[1], "udp"))
		return dup2(socket(AF_INET, SOCK_DGRAM, 0), TAP) < 0 || execvp(v[2], v + 2);
	return n == 5 && !strcmp(v[1], "offload") ? offload(v[2], v[3], v[4]) : 2;
}
