/* xdp.c - the XDP hook: packets of a network device, native or generic. */
#include "hook/hook.h"
#include "hook/pin.h"
#include "hook/root.h"
#include "hook/rows.h"
#include "kern/bpf_abi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct ir_verdict verdicts[] = {
	{ PG_PASS, XDP_PASS },
	{ PG_DROP, XDP_DROP },
	{ PG_TX, XDP_TX },
	{ PG_ABORTED, XDP_ABORTED },
	{ PG_REDIRECT, XDP_REDIRECT },
	{ 0, 0 },
};

static const struct ir_target target = {
	.hook = "xdp",
	.prog_type = BPF_PROG_TYPE_XDP,
	.nparams = 1,
	.params = { NET_KIND(NET_PKT) },
	.views = net_views,
	.evens_out = net_evens_out,
	.verdicts = verdicts,
	.default_verdict = PG_PASS,
	HOOK_ROWS,
	.ctx_data = offsetof(struct xdp_md, data),
	.ctx_data_end = offsetof(struct xdp_md, data_end),
	.helper_load_bytes = ABI_XDP_LOAD_BYTES,
	.helper_store_bytes = ABI_XDP_STORE_BYTES,
	.spin_locks = true,
	.helper_redirect = ABI_REDIRECT,
	.helper_redirect_map = ABI_REDIRECT_MAP,
	.move_head = { .helper = ABI_XDP_ADJUST_HEAD },
	.move_tail = { .helper = ABI_XDP_ADJUST_TAIL, .most = 3520 }, /* a page, less headroom and struct skb_shared_info */
	.helper_pkt_len = ABI_XDP_GET_BUFF_LEN,
};

/* Before its helpers came, a frame was whole in the linear part, and data_end is where it ends. */
static int target_at(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen)
{
	(void)err, (void)errlen;
	if (kern_has(at->features, FEAT_xdp_load))
		return 0;
	struct ir_target *t = arena_new(at->arena, struct ir_target);
	*t = target;
	t->helper_load_bytes = t->helper_pkt_len = 0;
	*out = t;
	return 0;
}

static const struct {
	const char *name;
	enum kern_xdp_mode mode;
} modes[] = {
	{ "native", KERN_XDP_NATIVE },
	{ "skb", KERN_XDP_SKB },
};

static int parse_mode(const char *name, enum kern_xdp_mode *out)
{
	*out = KERN_XDP_AUTO;
	if (!name)
		return 0;
	for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strcmp(modes[i].name, name)) {
			*out = modes[i].mode;
			return 0;
		}
	return -EINVAL;
}

static void say_busy(const char *dev, uint32_t id, char *err, size_t errlen)
{
	struct kern_prog_info info = { .name = "" };
	char command[100], by[160] = "no running process";
	int pid = id ? kern_prog_owner(id, command, sizeof command) : 0; /* before this process holds it too */
	int fd = id ? kern_prog_by_id(id) : -1;
	if (fd >= 0)
		kern_prog_info(fd, &info);
	kern_close(fd);
	if (pid == getpid())
		snprintf(by, sizeof by, "this process");
	else if (pid)
		snprintf(by, sizeof by, "process %d (%s)", pid, command);
	snprintf(err, errlen, "another XDP program is attached to '%s' already: '%s' (id %u), held by %s; "
		 "end that, or see `ip link show dev %s`", dev, info.name, id, by, dev);
}

static void say_refused(const char *dev, enum kern_xdp_mode mode, int r, char *err, size_t errlen)
{
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	if (rights)
		snprintf(err, errlen, "%s", rights);
	else if (r == -EOPNOTSUPP && mode == KERN_XDP_NATIVE)
		snprintf(err, errlen, "the driver of '%s' has no native XDP: write mode = \"skb\", or "
			 "leave the mode out", dev);
	else if (r == -ERANGE && mode == KERN_XDP_NATIVE)
		snprintf(err, errlen, "frames of '%s' may be longer than one buffer of its driver: write frags = true, or "
			 "mode = \"skb\"", dev);
	else
		snprintf(err, errlen, "cannot attach to XDP on '%s': %s", dev, strerror(-r));
}

static void close_all(struct hook_link *l)
{
	kern_close(l->link_fd);
	kern_close(l->root_fd);
	kern_close(l->slot_fd);
	l->link_fd = l->root_fd = l->slot_fd = -1;
}

static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts,
		  struct hook_link *l, char *err, size_t errlen)
{
	enum kern_xdp_mode mode, got;
	uint32_t other;
	if (!opts->dev || !*opts->dev) {
		snprintf(err, errlen, "xdp needs the name of a network device");
		return -EINVAL;
	}
	if (parse_mode(opts->mode, &mode)) {
		snprintf(err, errlen, "xdp has no mode '%s': write \"native\", \"skb\", or leave it out",
			 opts->mode);
		return -EINVAL;
	}
	int r = hook_device(opts->dev, &l->ifindex, err, errlen);
	if (r < 0)
		return r;
	snprintf(l->name, sizeof l->name, "xdp %s", opts->dev);
	const struct kern_link_info place = { .kind = KERN_LINK_XDP, .ifindex = (uint32_t)l->ifindex };
	r = l->pin ? pin_take(f, l->pin, &place, prog_fd, &l->link_fd, err, errlen)
		   : root_new(&target, l->made.flags, prog_fd, &l->root_fd, &l->slot_fd, err, errlen);
	if (r)
		return r < 0 ? r : 0;
	r = kern_xdp_attach(f, l->ifindex, l->pin ? prog_fd : l->root_fd, mode, &l->link_fd, &got, &other);
	if (r < 0) {
		close_all(l);
		if (r == -EBUSY)
			say_busy(opts->dev, other, err, errlen);
		else
			say_refused(opts->dev, mode, r, err, errlen);
		return r;
	}
	l->how = got;
	l->mode = got == KERN_XDP_SKB ? "skb" : "native";
	r = l->pin ? pin_put(l->pin, l->link_fd, err, errlen) : 0;
	if (r < 0)
		close_all(l);
	return r;
}

static int replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	if (kern_xdp_gone(l->link_fd)) {
		snprintf(err, errlen, "the device of %s is gone, and what was attached with it", l->name);
		return -ENODEV;
	}
	if (!l->pin)
		return root_put(l->slot_fd, prog_fd, err, errlen);
	int r = kern_link_update(l->link_fd, prog_fd);
	if (r < 0)
		snprintf(err, errlen, "cannot replace the program at %s: %s", l->name, strerror(-r));
	return r;
}

static int detach(struct hook_link *l, char *err, size_t errlen)
{
	if (l->pin)
		pin_remove(l->pin);
	int r = kern_xdp_detach(l->ifindex, l->link_fd, l->root_fd, (enum kern_xdp_mode)l->how);
	l->link_fd = -1;
	close_all(l);
	/* a device that is gone took its programs with it */
	if (r == -ENODEV || r == -ENOLINK)
		return 0;
	if (r < 0)
		snprintf(err, errlen, "cannot detach %s: %s", l->name, strerror(-r));
	return r;
}

const struct hook_family hook_xdp = {
	.target = &target,
	.target_at = target_at,
	.test_min = 14, /* an Ethernet header: net/bpf/test_run.c */
	.test_most = 3072, /* a page, less headroom and what the kernel keeps behind a frame at most: likewise */
	.attach = attach,
	.replace = replace,
	.detach = detach,
	.leave = close_all,
};
