/*
 * sk_msg.c - the sk_msg hook: what programs write to the sockets of a sockmap or sockhash, before TCP has it: it goes on,
 * is refused, or goes to another socket of such a map. Attached to the map, from which a socket takes it when it is put in
 * and keeps it (net/core/sock_map.c): so what is attached is a root.
 */
#include "hook/event.h"
#include "hook/hook.h"
#include "hook/root.h"
#include "hook/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ir_verdict verdicts[] = {
	{ PG_PASS, SK_PASS },
	{ PG_DROP, SK_DROP },
	{ PG_REDIRECT, SK_PASS }, /* the helper has told the kernel where to */
	{ 0, 0 },
};

static const struct ir_target target = {
	.hook = "sk_msg",
	.prog_type = BPF_PROG_TYPE_SK_MSG,
	.attach_type = BPF_SK_MSG_VERDICT,
	.nparams = 1,
	.params = { IR_BIT(IR_VIEW0) },
	.verdicts = verdicts,
	.default_verdict = PG_PASS,
	HOOK_ROWS,
	.helper_redirect_sockmap = BPF_FUNC_msg_redirect_map,
	.helper_redirect_sockhash = BPF_FUNC_msg_redirect_hash,
};

#define AT(member) .offset = offsetof(struct sk_msg_md, member)
#define ADDRESS(v4_, v6_) EVENT_ADDRESS, AT(v4_), .size = 4, .v6 = offsetof(struct sk_msg_md, v6_), \
	.by = offsetof(struct sk_msg_md, family)

static struct event_field fields[] = {
	{ "size",  "u32", EVENT_INT, AT(size), .size = 4 },
	{ "src",   "address", ADDRESS(local_ip4, local_ip6) },
	{ "dst",   "address", ADDRESS(remote_ip4, remote_ip6) },
	{ "sport", "u32", EVENT_INT, AT(local_port), .size = 4 },
	{ "dport", "u16", EVENT_PORT, AT(remote_port), .size = 4 },
	{ 0 },
};

static int say(const struct hook_link *l, int r, char *err, size_t errlen)
{
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	if (rights)
		snprintf(err, errlen, "%s", rights);
	else if (r == -EINVAL || r == -EOPNOTSUPP)
		snprintf(err, errlen, "%s is for the sockets of a sockmap or sockhash, and this map is none", l->name);
	else
		snprintf(err, errlen, "cannot attach %s: %s", l->name, strerror(-r));
	return r;
}

static void close_all(struct hook_link *l)
{
	kern_close(l->link_fd);
	kern_close(l->root_fd);
	kern_close(l->slot_fd);
	l->link_fd = l->root_fd = l->slot_fd = -1;
}

/* l->link_fd is a descriptor of the map. */
static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts, struct hook_link *l, char *err,
		  size_t errlen)
{
	(void)f;
	snprintf(l->name, sizeof l->name, "sk_msg");
	int r = root_new(&target, l->made.flags, prog_fd, &l->root_fd, &l->slot_fd, err, errlen);
	if (r < 0)
		return r;
	l->link_fd = kern_dup(opts->fd);
	r = l->link_fd < 0 ? l->link_fd : kern_map_attach(l->link_fd, l->root_fd, target.attach_type);
	if (r < 0) {
		say(l, r, err, errlen);
		close_all(l);
	}
	return r;
}

static int replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	return root_put(l->slot_fd, prog_fd, err, errlen);
}

/* Sockets that are in the map keep the root, whose slot is empty then. */
static int detach(struct hook_link *l, char *err, size_t errlen)
{
	int r = kern_map_detach(l->link_fd, l->root_fd, target.attach_type);
	close_all(l);
	if (r == -ENOENT) /* another one took its place */
		return 0;
	if (r < 0)
		snprintf(err, errlen, "cannot detach sk_msg: %s", strerror(-r));
	return r;
}

const struct hook_family hook_sk_msg = {
	.target = &target,
	.input = PG_INPUT_EVENT,
	.no_test = true,
	.context = "msg",
	.fields = fields,
	.attach = attach,
	.replace = replace,
	.detach = detach,
};
