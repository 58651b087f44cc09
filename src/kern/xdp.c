/*
 * xdp.c - attaching to XDP: through a BPF link, whose descriptor is the attachment, or through
 * netlink before 5.9 (then the attachment outlives the process unless it is taken away).
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <linux/if_link.h>

static uint32_t mode_flag(enum kern_xdp_mode mode)
{
	return mode == KERN_XDP_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

static int attach(struct kern_features *f, int ifindex, int prog_fd, enum kern_xdp_mode mode,
		  int *link_fd)
{
	*link_fd = -1;
	if (!kern_has(f, FEAT_xdp_link))
		return kern_nl_xdp_set(ifindex, prog_fd, -1,
				       mode_flag(mode) | XDP_FLAGS_UPDATE_IF_NOEXIST);
	KERN_ATTR(a);
	a.link_create.prog_fd = (uint32_t)prog_fd;
	a.link_create.target_ifindex = (uint32_t)ifindex;
	a.link_create.attach_type = BPF_XDP;
	a.link_create.flags = mode_flag(mode);
	int fd = kern_bpf(BPF_LINK_CREATE, &a);
	if (fd < 0)
		return fd;
	*link_fd = fd;
	return 0;
}

int kern_xdp_id(int ifindex, uint32_t *id)
{
	*id = 0;
	return kern_nl_xdp_id(ifindex, id);
}

/* EEXIST is what the kernel says of a program in the other mode, or of any under netlink. */
static bool taken(int err)
{
	return err == -EBUSY || err == -EEXIST;
}

int kern_xdp_attach(struct kern_features *f, int ifindex, int prog_fd, enum kern_xdp_mode mode,
		    int *link_fd, enum kern_xdp_mode *got, uint32_t *other_id)
{
	enum kern_xdp_mode use = mode == KERN_XDP_SKB ? KERN_XDP_SKB : KERN_XDP_NATIVE;
	int r = attach(f, ifindex, prog_fd, use, link_fd);
	if (r < 0 && mode == KERN_XDP_AUTO && !taken(r) && r != -EPERM && r != -ENODEV) {
		use = KERN_XDP_SKB;
		r = attach(f, ifindex, prog_fd, use, link_fd);
	}
	*got = use;
	*other_id = 0;
	if (!taken(r))
		return r;
	kern_xdp_id(ifindex, other_id);
	return -EBUSY;
}

bool kern_xdp_gone(int link_fd)
{
	struct kern_link_info i;
	return link_fd >= 0 && kern_link_info(link_fd, &i) == 0 && !i.ifindex;
}

int kern_xdp_detach(int ifindex, int link_fd, int prog_fd, enum kern_xdp_mode mode)
{
	if (link_fd >= 0)
		return kern_link_detach(link_fd);
	/* only if it is still ours */
	return kern_nl_xdp_set(ifindex, -1, prog_fd, mode_flag(mode) | XDP_FLAGS_REPLACE);
}
