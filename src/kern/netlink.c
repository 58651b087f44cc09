/* netlink.c - rtnetlink: requests and answers, and the two questions that XDP needs: attach a program,
 * and what is attached. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

struct rtattr *kern_nl_nest(struct kern_nl *q, uint16_t type)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
	a->rta_type = NLA_F_NESTED | type;
	a->rta_len = RTA_LENGTH(0);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_LENGTH(0);
	return a;
}

void kern_nl_put(struct kern_nl *q, struct rtattr *nest, uint16_t type, const void *v, size_t n)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), v, n);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	if (nest)
		nest->rta_len = (uint16_t)(nest->rta_len + RTA_ALIGN(a->rta_len));
}

struct rtattr *kern_nl_find(struct rtattr *a, size_t left, int type)
{
	for (int n = (int)left; RTA_OK(a, n); a = RTA_NEXT(a, n))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

/* Hands the messages of one datagram on. 1: more will come; 0: that was all. */
static int take_all(struct nlmsghdr *h, size_t n, int (*take)(void *arg, struct nlmsghdr *h), void *arg)
{
	int r = 0;
	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
		if (take && (r = take(arg, h)) < 0)
			return r;
		if (!(h->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

/*
 * What is attached by netlink stays when this process ends: a request that takes it away is not given up because there
 * was no memory for it once, and neither is an answer, for by then the request is carried out.
 */
enum { TRIES = 5 };

static int open_socket(void)
{
	int fd = -1;
	for (int i = 0; fd < 0 && i < TRIES; i++)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd;
}

static ssize_t ask(int fd, const struct kern_nl *q)
{
	ssize_t n = -1;
	for (int i = 0; n < 0 && i < TRIES; i++)
		n = send(fd, q, q->head.nlmsg_len, 0);
	return n;
}

static ssize_t hear(int fd, void *reply, size_t size)
{
	ssize_t n = -1;
	for (int i = 0; n < 0 && i < TRIES; i++)
		n = recv(fd, reply, size, 0);
	return n;
}

int kern_nl_ask(const struct kern_nl *q, int (*take)(void *arg, struct nlmsghdr *h), void *arg)
{
	union {
		struct nlmsghdr head;
		char bytes[32768]; /* what a dump's datagram is at most */
	} reply;
	int fd = open_socket(), r = 1;
	if (fd < 0)
		return -errno;
	ssize_t n = ask(fd, q);
	while (r > 0) {
		if (n >= 0)
			n = hear(fd, &reply, sizeof reply);
		if (n < 0)
			r = -errno;
		else
			r = NLMSG_OK(&reply.head, (size_t)n) ? take_all(&reply.head, (size_t)n, take, arg) : -EPROTO;
	}
	close(fd);
	return r;
}

int kern_nl_xdp_set(int ifindex, int prog_fd, int expected_fd, uint32_t flags)
{
	struct kern_nl q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.link), .nlmsg_type = RTM_SETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex },
	};
	struct rtattr *nest = kern_nl_nest(&q, IFLA_XDP);
	kern_nl_put(&q, nest, IFLA_XDP_FD, &prog_fd, sizeof prog_fd);
	kern_nl_put(&q, nest, IFLA_XDP_FLAGS, &flags, sizeof flags);
	if (flags & XDP_FLAGS_REPLACE)
		kern_nl_put(&q, nest, IFLA_XDP_EXPECTED_FD, &expected_fd, sizeof expected_fd);
	return kern_nl_ask(&q, NULL, NULL);
}

static int take_id(void *arg, struct nlmsghdr *h)
{
	static const int ids[] = { IFLA_XDP_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID,
				   IFLA_XDP_HW_PROG_ID };
	struct ifinfomsg *link = NLMSG_DATA(h);
	struct rtattr *xdp = kern_nl_find(IFLA_RTA(link), IFLA_PAYLOAD(h), IFLA_XDP);
	for (unsigned i = 0; xdp && i < sizeof ids / sizeof *ids; i++) {
		struct rtattr *id = kern_nl_find(RTA_DATA(xdp), RTA_PAYLOAD(xdp), ids[i]);
		if (id) {
			memcpy(arg, RTA_DATA(id), 4);
			return 0;
		}
	}
	return -ENOENT;
}

int kern_nl_xdp_id(int ifindex, uint32_t *prog_id)
{
	struct kern_nl q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.link), .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex },
	};
	return kern_nl_ask(&q, take_id, prog_id);
}
