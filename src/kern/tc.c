/*
 * tc.c - attaching to what a device receives and sends: a tcx link (6.6), whose descriptor is the
 * attachment; before that a filter of the clsact qdisc (clsact.c).
 */
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int kern_ethernet(int ifindex)
{
	struct ifreq q = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool told = fd >= 0 && if_indextoname((unsigned)ifindex, q.ifr_name) && !ioctl(fd, SIOCGIFHWADDR, &q);
	int r = told ? 0 : -errno;
	kern_close(fd);
	if (told && q.ifr_hwaddr.sa_family != ARPHRD_ETHER && q.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		r = -EOPNOTSUPP;
	return r;
}

int kern_tcx_link(int ifindex, bool egress, int prog_fd)
{
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)prog_fd;
	a.link_create.target_ifindex = (uint32_t)ifindex;
	a.link_create.attach_type = egress ? ABI_TCX_EGRESS : ABI_TCX_INGRESS;
	return kern_bpf(BPF_LINK_CREATE, &a);
}

int kern_tc_attach(struct kern_features *f, struct kern_tc *t, int prog_fd)
{
	t->link_fd = -1;
	if (!kern_has(f, FEAT_tcx))
		return kern_clsact_attach(t, prog_fd);
	int fd = kern_tcx_link(t->ifindex, t->egress, prog_fd);
	if (fd < 0)
		return fd;
	t->link_fd = fd;
	return 0;
}

int kern_tc_replace(struct kern_tc *t, int prog_fd)
{
	return t->link_fd >= 0 ? kern_link_update(t->link_fd, prog_fd) : kern_clsact_replace(t, prog_fd);
}

int kern_tc_detach(struct kern_tc *t)
{
	return t->link_fd >= 0 ? kern_link_detach(t->link_fd) : kern_clsact_detach(t);
}
