/*
 * tc.c - the tc hook: packets that a device has received, before the network layer sees them, or that
 * it is to send; through a tcx link, or a filter of the clsact qdisc before 6.6.
 *
 * PASS lets the programs behind ours look too, and the packet goes on when none of them objects: TCX_NEXT,
 * which is TC_ACT_UNSPEC. (TC_ACT_OK would let it pass unseen by them.)
 */
#include "hook/hook.h"
#include "hook/pin.h"
#include "hook/skb.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ir_verdict verdicts[] = {
	{ PG_PASS, TC_ACT_UNSPEC },
	{ PG_DROP, TC_ACT_SHOT },
	{ PG_REDIRECT, TC_ACT_REDIRECT },
	{ 0, 0 },
};

/* What calls nobody notices when a program begins again with a packet in one piece. */
static const uint8_t repeatable[] = { HELPER_MAP_LOOKUP, HELPER_KTIME, HELPER_RANDOM, HELPER_CPU, 0 };

static const struct ir_target target = {
	.hook = "tc",
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
	.verdicts = verdicts,
	.default_verdict = PG_PASS,
	SKB_TARGET,
	.ctx_data = offsetof(struct __sk_buff, data),
	.ctx_data_end = offsetof(struct __sk_buff, data_end),
	.helper_store_bytes = ABI_SKB_STORE_BYTES,
	.stores_directly = net_skb_direct,
	.evens_out = net_evens_out,
	.unsummed = 14, /* the Ethernet header */
	.helper_l4_csum = ABI_L4_CSUM_REPLACE,
	.spin_locks = true,
	.helper_csum_update = ABI_CSUM_UPDATE,
	.helper_redirect = ABI_REDIRECT,
	.redirects_in = true,
	.helper_clone = ABI_CLONE_REDIRECT,
	.move_tail = { .helper = ABI_SKB_CHANGE_TAIL, .to = true, .most = 16064 }, /* four pages, less struct skb_shared_info */
	.helper_pull = ABI_SKB_PULL_DATA,
	.caps = IR_CAP_SOCKET,
	.ctx_socket = offsetof(struct __sk_buff, sk),
	.repeatable = repeatable,
};

static int say(int r, const struct pg_attach_opts *o, char *err, size_t errlen)
{
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	if (rights)
		snprintf(err, errlen, "%s", rights);
	else
		snprintf(err, errlen, "cannot attach to tc %s of '%s': %s", o->direction, o->dev, strerror(-r));
	return r;
}

static int check(const struct pg_attach_opts *o, int *ifindex, char *err, size_t errlen)
{
	if (!o->dev || !*o->dev || !o->direction) {
		snprintf(err, errlen, "tc needs the name of a network device and a direction");
		return -EINVAL;
	}
	if (strcmp(o->direction, "ingress") && strcmp(o->direction, "egress")) {
		snprintf(err, errlen, "tc has the directions \"ingress\" and \"egress\", not '%s'", o->direction);
		return -EINVAL;
	}
	return hook_device(o->dev, ifindex, err, errlen);
}

static void leave(struct hook_link *l)
{
	struct kern_tc *t = l->own;
	kern_close(t->link_fd);
	free(t);
	l->own = NULL;
}

static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts,
		  struct hook_link *l, char *err, size_t errlen)
{
	int r = check(opts, &l->ifindex, err, errlen);
	if (r < 0)
		return r;
	struct kern_tc *t = calloc(1, sizeof *t);
	if (!t)
		return say(-ENOMEM, opts, err, errlen);
	*t = (struct kern_tc){ .ifindex = l->ifindex, .egress = *opts->direction == 'e', .link_fd = -1, .token = -1 };
	snprintf(l->name, sizeof l->name, "tc %s %s", opts->dev, opts->direction);
	l->own = t;
	const struct kern_link_info place = { KERN_LINK_TCX, (uint32_t)t->ifindex, t->egress };
	r = l->pin ? pin_take(f, l->pin, &place, prog_fd, &t->link_fd, err, errlen) : 0;
	if (r == 0) {
		r = kern_tc_attach(f, t, prog_fd);
		if (r < 0)
			say(r, opts, err, errlen);
		else if (l->pin)
			r = pin_put(l->pin, t->link_fd, err, errlen);
	}
	l->mode = t->link_fd >= 0 ? "tcx" : "clsact";
	if (r < 0)
		leave(l);
	return r < 0 ? r : 0;
}

static int replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	int r = kern_tc_replace(l->own, prog_fd);
	if (r == -ENODEV || r == -ENOLINK || r == -ENOENT)
		snprintf(err, errlen, "%s is not attached any more: its device is gone, or another process "
			 "took it away", l->name);
	else if (r < 0)
		snprintf(err, errlen, "cannot replace the program at %s: %s", l->name, strerror(-r));
	return r;
}

static int detach(struct hook_link *l, char *err, size_t errlen)
{
	if (l->pin)
		pin_remove(l->pin);
	int r = kern_tc_detach(l->own);
	free(l->own);
	l->own = NULL;
	/* a device that is gone took its programs with it */
	if (r == -ENODEV || r == -ENOLINK || r == -ENOENT)
		return 0;
	if (r < 0)
		snprintf(err, errlen, "cannot detach %s: %s", l->name, strerror(-r));
	return r;
}

const struct hook_family hook_tc = {
	.target = &target,
	.test_min = 14, /* an Ethernet header: net/bpf/test_run.c */
	.attach = attach,
	.replace = replace,
	.detach = detach,
	.leave = leave,
};
