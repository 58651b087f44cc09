/* netlink.c - the two questions of rtnetlink that XDP needs: attach a program, and what is attached. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
	char attrs[64];
};

static void put(struct request *q, struct rtattr *nest, uint16_t type, const void *v, uint16_t n)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), v, n);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	nest->rta_len = (uint16_t)(nest->rta_len + RTA_ALIGN(a->rta_len));
}

/* Sends q and hands the answer to `take`; 0, what take gave, or -errno. */
static int ask(struct request *q, int (*take)(void *arg, struct nlmsghdr *h), void *arg)
{
	union {
		struct nlmsghdr head;
		char bytes[16384];
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	ssize_t n = send(fd, q, q->head.nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, &reply, sizeof reply, 0);
	int r = n < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	struct nlmsghdr *h = &reply.head;
	if (!NLMSG_OK(h, (size_t)n))
		return -EPROTO;
	if (h->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	return take ? take(arg, h) : 0;
}

int kern_nl_xdp_set(int ifindex, int prog_fd, int expected_fd, uint32_t flags)
{
	struct request q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.link), .nlmsg_type = RTM_SETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex },
	};
	struct rtattr *nest = (struct rtattr *)(void *)((char *)&q + q.head.nlmsg_len);
	nest->rta_type = NLA_F_NESTED | IFLA_XDP;
	nest->rta_len = RTA_LENGTH(0);
	q.head.nlmsg_len += RTA_LENGTH(0);
	put(&q, nest, IFLA_XDP_FD, &prog_fd, sizeof prog_fd);
	put(&q, nest, IFLA_XDP_FLAGS, &flags, sizeof flags);
	if (flags & XDP_FLAGS_REPLACE)
		put(&q, nest, IFLA_XDP_EXPECTED_FD, &expected_fd, sizeof expected_fd);
	return ask(&q, NULL, NULL);
}

static struct rtattr *find(struct rtattr *a, int left, int type)
{
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static int take_id(void *arg, struct nlmsghdr *h)
{
	static const int ids[] = { IFLA_XDP_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID,
				   IFLA_XDP_HW_PROG_ID };
	struct ifinfomsg *link = NLMSG_DATA(h);
	struct rtattr *xdp = find(IFLA_RTA(link), (int)IFLA_PAYLOAD(h), IFLA_XDP);
	for (unsigned i = 0; xdp && i < sizeof ids / sizeof *ids; i++) {
		struct rtattr *id = find(RTA_DATA(xdp), (int)RTA_PAYLOAD(xdp), ids[i]);
		if (id) {
			memcpy(arg, RTA_DATA(id), 4);
			return 0;
		}
	}
	return -ENOENT;
}

int kern_nl_xdp_id(int ifindex, uint32_t *prog_id)
{
	struct request q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.link), .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex },
	};
	return ask(&q, take_id, prog_id);
}
