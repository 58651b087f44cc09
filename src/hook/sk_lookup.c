/*
 * sk_lookup.c - the sk_lookup hook: which socket a connection that comes in, or a packet of UDP, is for, before the
 * kernel looks by address and port. Attached to the network namespace of the script.
 */
#include "hook/event.h"
#include "hook/hook.h"
#include "hook/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ir_verdict verdicts[] = {
	{ PG_PASS, SK_PASS },
	{ PG_DROP, SK_DROP },
	{ 0, 0 },
};

static const struct ir_target target = {
	.hook = "sk_lookup",
	.prog_type = BPF_PROG_TYPE_SK_LOOKUP,
	.attach_type = BPF_SK_LOOKUP,
	.nparams = 1,
	.params = { IR_BIT(IR_VIEW0) },
	.verdicts = verdicts,
	.default_verdict = PG_PASS,
	HOOK_ROWS,
	.helper_sk_assign = HELPER_SK_ASSIGN,
};

#define AT(member) .offset = offsetof(struct bpf_sk_lookup, member)
#define ADDRESS(v4_, v6_) EVENT_ADDRESS, AT(v4_), .size = 4, .v6 = offsetof(struct bpf_sk_lookup, v6_), \
	.by = offsetof(struct bpf_sk_lookup, family)

static struct event_field fields[] = {
	{ "proto",   "u32", EVENT_INT, AT(protocol), .size = 4 },
	{ "src",     "address", ADDRESS(remote_ip4, remote_ip6) },
	{ "dst",     "address", ADDRESS(local_ip4, local_ip6) },
	{ "sport",   "u16", EVENT_PORT, AT(remote_port), .size = 2 },
	{ "dport",   "u32", EVENT_INT, AT(local_port), .size = 4 },
	{ "ifindex", "u32", EVENT_INT, AT(ingress_ifindex), .size = 4 },
	{ 0 },
};

static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts, struct hook_link *l, char *err,
		  size_t errlen)
{
	(void)f, (void)opts;
	snprintf(l->name, sizeof l->name, "sk_lookup");
	l->link_fd = kern_netns_link(prog_fd, target.attach_type);
	if (l->link_fd >= 0)
		return 0;
	const char *rights = l->link_fd == -EPERM ? kern_rights_missing() : NULL;
	snprintf(err, errlen, "%s%s", rights ? rights : "cannot attach sk_lookup: ", rights ? "" : strerror(-l->link_fd));
	return l->link_fd;
}

static int replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	int r = kern_link_update(l->link_fd, prog_fd);
	if (r < 0)
		snprintf(err, errlen, "cannot replace the program of sk_lookup: %s", strerror(-r));
	return r;
}

static int detach(struct hook_link *l, char *err, size_t errlen)
{
	int r = kern_link_detach(l->link_fd);
	l->link_fd = -1;
	if (r < 0)
		snprintf(err, errlen, "cannot detach sk_lookup: %s", strerror(-r));
	return r;
}

const struct hook_family hook_sk_lookup = {
	.target = &target,
	.input = PG_INPUT_EVENT,
	.no_test = true,
	.context = "lookup",
	.fields = fields,
	.attach = attach,
	.replace = replace,
	.detach = detach,
};
