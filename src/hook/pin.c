/*
 * pin.c - links that outlive their process: found at their path in a bpf file system, or put there.
 *
 * The program of such a link stands in the link itself, not behind a root: a root's slot would be a second thing to
 * pin, and a process that is killed between the two would leave one without the other.
 */
#include "hook/pin.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "xdp eth0" */
static const char *link_text(const struct kern_link_info *i, char *buf, size_t n)
{
	char dev[IF_NAMESIZE] = "?";
	if_indextoname(i->ifindex, dev);
	if (i->kind == KERN_LINK_XDP)
		snprintf(buf, n, "xdp %s", dev);
	else if (i->kind == KERN_LINK_TCX)
		snprintf(buf, n, "tc %s %s", dev, i->egress ? "egress" : "ingress");
	else
		snprintf(buf, n, "a link of another kind");
	return buf;
}

static int failed(const char *path, int r, const char *doing, char *err, size_t errlen)
{
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	snprintf(err, errlen, "cannot %s %s: %s; %s", doing, path, strerror(-r), rights ? rights :
		 "pins live in a bpf file system: mount -t bpf bpf /sys/fs/bpf");
	return r;
}

static int another(const char *path, const struct kern_link_info *has, const struct kern_link_info *want, char *err,
		   size_t errlen)
{
	char is[64] = "no link", wanted[64];
	if (has)
		link_text(has, is, sizeof is);
	snprintf(err, errlen, "what is pinned at %s is another one: %s; this script wants %s. Use another pin, or remove "
		 "that file", path, is, link_text(want, wanted, sizeof wanted));
	return -EEXIST;
}

static int needs(enum feature which, char *err, size_t errlen)
{
	snprintf(err, errlen, "a pinned link needs %s (Linux %s or later)", kern_feature_what(which), kern_feature_since(which));
	return -EOPNOTSUPP;
}

/* As pin_take, of what is open. */
static int take(const char *path, const struct kern_link_info *want, int prog_fd, int fd, char *err, size_t errlen)
{
	struct kern_link_info has;
	int r = kern_is_link(fd) ? kern_link_info(fd, &has) : -EINVAL;
	if (r < 0 || has.kind != want->kind)
		return another(path, r < 0 ? NULL : &has, want, err, errlen);
	if (!has.ifindex) {
		pin_remove(path);
		return 0;
	}
	if (has.ifindex != want->ifindex || has.egress != want->egress)
		return another(path, &has, want, err, errlen);
	r = kern_link_update(fd, prog_fd);
	return r < 0 ? failed(path, r, "replace the program of the link pinned at", err, errlen) : 1;
}

int pin_take(struct kern_features *f, const char *path, const struct kern_link_info *want, int prog_fd, int *link_fd,
	     char *err, size_t errlen)
{
	enum feature which = want->kind == KERN_LINK_XDP ? FEAT_xdp_link : FEAT_tcx;
	if (!kern_has(f, which))
		return needs(which, err, errlen);
	int fd = kern_obj_get(path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(path, fd, "open the link pinned at", err, errlen);
	int r = take(path, want, prog_fd, fd, err, errlen);
	if (r <= 0)
		kern_close(fd);
	else
		*link_fd = fd;
	return r;
}

int pin_put(const char *path, int link_fd, char *err, size_t errlen)
{
	int r = kern_obj_pin(link_fd, path);
	return r < 0 ? failed(path, r, "pin the link at", err, errlen) : 0;
}

void pin_remove(const char *path)
{
	unlink(path);
}
