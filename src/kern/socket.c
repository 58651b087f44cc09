/* socket.c - socket filters. Attaching again replaces: one pointer, old or new. */
#include "kern/kern.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

int kern_socket_attach(int fd, int prog_fd)
{
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof prog_fd) ? -errno : 0;
}

int kern_socket_detach(int fd)
{
	int none = 0;
	return setsockopt(fd, SOL_SOCKET, SO_DETACH_BPF, &none, sizeof none) ? -errno : 0;
}

uint64_t kern_socket_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;
	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) ? 0 : cookie;
}

int kern_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return copy < 0 ? -errno : copy;
}

/* The filter first: bound without it, the socket would be given packets already. The least of buffers:
 * one that is full costs a packet nothing behind the filter. */
int kern_packet_socket(int ifindex, int prog_fd)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
					.sll_ifindex = ifindex };
	int least = 0, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int r = kern_socket_attach(fd, prog_fd);
	if (!r && (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least) ||
		   bind(fd, (const struct sockaddr *)&to, sizeof to)))
		r = -errno;
	if (!r)
		return fd;
	kern_close(fd);
	return r;
}

int kern_packet_device(int fd)
{
	struct sockaddr_ll a = { 0 };
	socklen_t n = sizeof a, len = sizeof(int);
	int domain = 0, type = 0;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -errno;
	if (domain != AF_PACKET || type != SOCK_RAW)
		return -EPROTOTYPE;
	if (getsockname(fd, (struct sockaddr *)&a, &n))
		return -errno;
	return a.sll_ifindex ? a.sll_ifindex : -EDESTADDRREQ;
}
