/*
 * socket.c - the socket hook: a filter on a packet socket, which says how much of each packet the socket
 * is given. Named by a device, the socket is our own, for programs that only look: it is there to be
 * filtered, and nobody reads from it. A descriptor is the script's own socket; the filter goes with it.
 *
 * Sockets of other kinds are refused: what their filters see begins elsewhere than with the frame.
 */
#include "hook/hook.h"
#include "hook/skb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ir_verdict verdicts[] = {
	{ PG_PASS, -1 }, /* as many bytes as there are */
	{ PG_DROP, 0 },
	{ 0, 0 },
};

#define READ_ONLY "a socket filter says how much of a packet is kept; bpf.tc can change it"

REFUSAL_ROWS(refused) = { REFUSED(ON_PACKETS, READ_ONLY, IR_READ_ONLY) };

static const struct ir_target target = {
	.hook = "socket",
	.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
	.verdicts = verdicts,
	.default_verdict = PG_PASS,
	.integer_results = true,
	.integer_most = INT32_MAX,
	.if_true = PG_PASS,
	.if_false = PG_DROP,
	.results = "return true, false, or how many bytes to keep",
	.read_only = READ_ONLY,
	SKB_TARGET,
};

static int say(int r, const char *name, char *err, size_t errlen)
{
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	if (rights)
		snprintf(err, errlen, "%s", rights);
	else if (r == -EBADF || r == -ENOTSOCK)
		snprintf(err, errlen, "%s is no socket", name);
	else if (r == -EPROTOTYPE)
		snprintf(err, errlen, "%s: a filter goes on packet sockets of type SOCK_RAW; where the packets of "
			 "other sockets begin is not known", name);
	else if (r == -EDESTADDRREQ)
		snprintf(err, errlen, "%s is bound to no device, so what its packets begin with is not known: bind "
			 "it first", name);
	else if (r == -EOPNOTSUPP)
		snprintf(err, errlen, "%s: its device carries no Ethernet frames, and others are not there yet",
			 name);
	else
		snprintf(err, errlen, "cannot attach %s: %s", name, strerror(-r));
	return r;
}

static int on_socket(struct hook_link *l, int fd, int prog_fd)
{
	l->ifindex = kern_packet_device(fd);
	if (l->ifindex < 0)
		return l->ifindex;
	int r = kern_ethernet(l->ifindex);
	if (r < 0)
		return r;
	l->how = kern_dup(fd);
	r = l->how < 0 ? l->how : kern_socket_attach(l->how, prog_fd);
	if (r < 0)
		kern_close(l->how);
	return r;
}

static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts,
		  struct hook_link *l, char *err, size_t errlen)
{
	int r;
	(void)f;
	if (!opts->dev) {
		snprintf(l->name, sizeof l->name, "socket %d", opts->fd);
		r = on_socket(l, opts->fd, prog_fd);
		return r < 0 ? say(r, l->name, err, errlen) : 0;
	}
	snprintf(l->name, sizeof l->name, "socket %s", opts->dev);
	r = hook_device(opts->dev, &l->ifindex, err, errlen);
	if (r < 0)
		return r;
	l->how = kern_packet_socket(l->ifindex, prog_fd);
	return l->how < 0 ? say(l->how, l->name, err, errlen) : 0;
}

static int replace(struct hook_link *l, int prog_fd, char *err, size_t errlen)
{
	int r = kern_socket_attach(l->how, prog_fd);
	if (r < 0)
		snprintf(err, errlen, "cannot replace the filter of %s: %s", l->name, strerror(-r));
	return r;
}

/* Off first: a child of the process may still hold the socket, and the script holds its own. */
static int detach(struct hook_link *l, char *err, size_t errlen)
{
	int r = kern_socket_detach(l->how);
	kern_close(l->how);
	l->how = -1;
	if (r == -ENOENT) /* another one took it off */
		return 0;
	if (r < 0)
		snprintf(err, errlen, "cannot detach %s: %s", l->name, strerror(-r));
	return r;
}

const struct hook_family hook_socket = {
	.target = &target,
	.test_min = 1,   /* an empty packet is refused: net/bpf/test_run.c */
	.test_skip = 14, /* its Ethernet header is taken off for programs of this type */
	.attach = attach,
	.replace = replace,
	.detach = detach,
};
