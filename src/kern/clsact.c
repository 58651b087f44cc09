/*
 * clsact.c - tc before tcx: a direct-action filter of the clsact qdisc. Nothing of it goes with the
 * process, so it says itself whose it is:
 *
 *   name    "perigee", and "perigee+" where the qdisc is there because of a Perigee: whoever takes away
 *           the last filter of such a qdisc takes the qdisc away too
 *   prio    FIRST + n: filters run in the order in which they were attached
 *   owner   holds a socket bound to an abstract name made of device, direction and prio. The kernel
 *           drops the name with the last descriptor, so a filter of ours whose name is free has lost
 *           its owner (kill -9) and is taken away by the next one that attaches to the device.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FIRST = 0x5047, PLACES = 64, HANDLE = 1 };
static const char own_name[] = "perigee", own_name_made[] = "perigee+";

static uint32_t parent_of(bool egress)
{
	return TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
}

static struct kern_nl request(int ifindex, uint16_t type, uint16_t flags, uint32_t parent)
{
	return (struct kern_nl){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)), .nlmsg_type = type,
			  .nlmsg_flags = NLM_F_REQUEST | flags },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = parent },
	};
}

/* ---- the owner's token ---- */

/* A descriptor, or -EADDRINUSE: the filter has an owner. */
static int take_token(int ifindex, bool egress, uint16_t prio)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "perigee tc %d %d %u", ifindex, egress, prio);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)))
		return fd;
	int r = -errno;
	kern_close(fd);
	return r;
}

/* ---- qdiscs ---- */

static int take_qdisc(void *arg, struct nlmsghdr *h)
{
	struct tcmsg *t = NLMSG_DATA(h);
	struct rtattr *kind = kern_nl_find(TCA_RTA(t), TCA_PAYLOAD(h), TCA_KIND);
	struct kern_tc *out = arg;
	if (t->tcm_ifindex == out->ifindex && t->tcm_parent == TC_H_CLSACT && kind &&
	    !strcmp(RTA_DATA(kind), "clsact"))
		out->prio = 1; /* there is one */
	return 0;
}

/* -EBUSY: its place is taken by another kind (the older `ingress`). */
static int make_qdisc(struct kern_tc *t)
{
	struct kern_nl q = request(t->ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, TC_H_CLSACT);
	q.tc.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	kern_nl_put(&q, NULL, TCA_KIND, "clsact", sizeof "clsact");
	int r = kern_nl_ask(&q, NULL, NULL);
	t->made = !r;
	if (r != -EEXIST)
		return r;
	q = request(t->ifindex, RTM_GETQDISC, NLM_F_DUMP, 0);
	struct kern_tc found = { .ifindex = t->ifindex };
	r = kern_nl_ask(&q, take_qdisc, &found);
	return r < 0 ? r : found.prio ? 0 : -EBUSY;
}

static void drop_qdisc(int ifindex)
{
	struct kern_nl q = request(ifindex, RTM_DELQDISC, NLM_F_ACK, TC_H_CLSACT);
	q.tc.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	kern_nl_put(&q, NULL, TCA_KIND, "clsact", sizeof "clsact");
	kern_nl_ask(&q, NULL, NULL);
}

/* ---- filters ---- */

/* What stands in one direction. */
struct filters {
	unsigned n;                /* of anybody */
	bool taken[PLACES];        /* of ours by prio, or another's at such a prio */
	bool ours[PLACES], made;
	uint32_t id[PLACES];       /* of the program */
};

static int take_filter(void *arg, struct nlmsghdr *h)
{
	struct filters *f = arg;
	struct tcmsg *t = NLMSG_DATA(h);
	uint32_t place = TC_H_MAJ(t->tcm_info) / 0x10000 - FIRST;
	if (h->nlmsg_type != RTM_NEWTFILTER || !t->tcm_handle)
		return 0;
	f->n++;
	if (place >= PLACES)
		return 0;
	f->taken[place] = true;
	struct rtattr *o = kern_nl_find(TCA_RTA(t), TCA_PAYLOAD(h), TCA_OPTIONS);
	struct rtattr *name = o ? kern_nl_find(RTA_DATA(o), RTA_PAYLOAD(o), TCA_BPF_NAME) : NULL;
	struct rtattr *id = o ? kern_nl_find(RTA_DATA(o), RTA_PAYLOAD(o), TCA_BPF_ID) : NULL;
	if (!name || !id || t->tcm_handle != HANDLE)
		return 0;
	bool made = !strcmp(RTA_DATA(name), own_name_made);
	f->ours[place] = made || !strcmp(RTA_DATA(name), own_name);
	f->made |= made;
	memcpy(&f->id[place], RTA_DATA(id), sizeof f->id[place]);
	return 0;
}

static int list(int ifindex, bool egress, struct filters *out)
{
	struct kern_nl q = request(ifindex, RTM_GETTFILTER, NLM_F_DUMP, parent_of(egress));
	*out = (struct filters){ 0 };
	return kern_nl_ask(&q, take_filter, out);
}

static struct kern_nl filter(int ifindex, bool egress, uint16_t prio, uint16_t type, uint16_t flags)
{
	struct kern_nl q = request(ifindex, type, flags | NLM_F_ACK, parent_of(egress));
	q.tc.tcm_handle = HANDLE;
	q.tc.tcm_info = TC_H_MAKE((uint32_t)prio << 16, htons(ETH_P_ALL));
	kern_nl_put(&q, NULL, TCA_KIND, "bpf", sizeof "bpf");
	return q;
}

static int put_filter(struct kern_tc *t, int prog_fd, uint16_t flags)
{
	struct kern_nl q = filter(t->ifindex, t->egress, t->prio, RTM_NEWTFILTER, flags);
	const char *name = t->made ? own_name_made : own_name;
	const uint32_t direct = TCA_BPF_FLAG_ACT_DIRECT;
	struct rtattr *o = kern_nl_nest(&q, TCA_OPTIONS);
	kern_nl_put(&q, o, TCA_BPF_FD, &prog_fd, sizeof prog_fd);
	kern_nl_put(&q, o, TCA_BPF_NAME, name, strlen(name) + 1);
	kern_nl_put(&q, o, TCA_BPF_FLAGS, &direct, sizeof direct);
	struct kern_prog_info info;
	int r = kern_prog_info(prog_fd, &info);
	if (r >= 0)
		r = kern_nl_ask(&q, NULL, NULL);
	if (r >= 0)
		t->prog_id = info.id;
	return r;
}

static int drop_filter(int ifindex, bool egress, uint16_t prio)
{
	struct kern_nl q = filter(ifindex, egress, prio, RTM_DELTFILTER, 0);
	return kern_nl_ask(&q, NULL, NULL);
}

/* Takes away what has lost its owner. */
static void sweep(int ifindex, bool egress, struct filters *f)
{
	for (uint16_t i = 0; i < PLACES; i++) {
		int token = f->ours[i] ? take_token(ifindex, egress, FIRST + i) : -EADDRINUSE;
		if (token < 0)
			continue;
		if (!drop_filter(ifindex, egress, FIRST + i))
			f->taken[i] = false;
		kern_close(token);
	}
}

/* Nobody uses it any more. */
static void leave_qdisc(const struct kern_tc *t)
{
	struct filters in, out;
	if (t->made && !list(t->ifindex, false, &in) && !list(t->ifindex, true, &out) && !in.n && !out.n)
		drop_qdisc(t->ifindex);
}

/* ---- attaching ---- */

/* Behind all others of ours, where there is room. */
static int put_last(struct kern_tc *t, const struct filters *f, int prog_fd)
{
	uint16_t last = PLACES;
	while (last && !f->taken[last - 1])
		last--;
	for (uint16_t i = 0; i < PLACES; i++) {
		uint16_t place = (uint16_t)(last + i) % PLACES;
		t->prio = FIRST + place;
		t->token = f->taken[place] ? -1 : take_token(t->ifindex, t->egress, t->prio);
		if (t->token < 0)
			continue;
		int r = put_filter(t, prog_fd, NLM_F_CREATE | NLM_F_EXCL);
		if (!r)
			return 0;
		kern_close(t->token);
		if (r != -EEXIST)
			return r;
	}
	return -ENOSPC;
}

int kern_clsact_attach(struct kern_tc *t, int prog_fd)
{
	struct filters f[2];
	int r = make_qdisc(t);
	for (unsigned egress = 0; egress < 2 && r >= 0; egress++) {
		r = list(t->ifindex, egress, &f[egress]);
		if (r < 0)
			break;
		sweep(t->ifindex, egress, &f[egress]);
		t->made |= f[egress].made;
	}
	if (r >= 0)
		r = put_last(t, &f[t->egress], prog_fd);
	if (r < 0)
		leave_qdisc(t);
	return r;
}

/* -ENOENT: another process took it away, or put its own there. */
static int still_ours(const struct kern_tc *t)
{
	struct filters f;
	uint32_t place = (uint32_t)(t->prio - FIRST);
	int r = list(t->ifindex, t->egress, &f);
	return r < 0 ? r : f.ours[place] && f.id[place] == t->prog_id ? 0 : -ENOENT;
}

int kern_clsact_replace(struct kern_tc *t, int prog_fd)
{
	int r = still_ours(t);
	return r < 0 ? r : put_filter(t, prog_fd, 0);
}

int kern_clsact_detach(struct kern_tc *t)
{
	int r = still_ours(t);
	if (r >= 0)
		r = drop_filter(t->ifindex, t->egress, t->prio);
	leave_qdisc(t);
	kern_close(t->token);
	return r;
}
