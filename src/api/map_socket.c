/*
 * map_socket.c - maps of sockets, of which bpf(2) takes a descriptor. It gives back nothing (xskmap) or the number
 * that the kernel knows the socket by (its cookie); so the handle keeps which descriptors it put in. A socket that is
 * closed leaves the map by itself; its descriptor may then be another one.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdlib.h>

/* Does the kernel give back cookies? */
static bool tells(const pg_map *m)
{
	return m->of->type != BPF_MAP_TYPE_XSKMAP;
}

/* The descriptor that this handle put there, if it still is that socket; else -1. */
static int known(const pg_map *m)
{
	const struct map_held *h = held_at(m);
	return h && kern_socket_cookie(h->fd) == h->cookie ? h->fd : -1;
}

int socket_fetch(pg_map *m)
{
	int rc = tells(m) ? kern_map_lookup(m->fd, m->kbuf, m->vbuf, 0) : known(m) < 0 ? -ENOENT : 0;
	return !rc ? 1 : rc == -ENOENT ? 0 : rc;
}

void socket_get(const pg_map *m, pg_value *out)
{
	int fd = known(m);
	if (fd < 0 || (tells(m) && held_at(m)->cookie != map_number(m->vbuf, m->slot)))
		*out = (pg_value){ .kind = PG_TRUE };
	else
		*out = (pg_value){ .kind = PG_INT, .i = fd };
}

static int refused(pg_map *m, int fd, int rc)
{
	static const char *const xsk = "sockets of AF_XDP", *const any = "sockets of TCP that are connected or listen, and bound "
									 "ones of UDP";
	if (rc != -EOPNOTSUPP && rc != -EPROTOTYPE && rc != -EPROTONOSUPPORT && rc != -ENOTSOCK)
		return map_fail(m, rc, "write");
	return api_fail(m->ctx, rc, "a %s holds %s, and descriptor %d is none", m->of->name, tells(m) ? any : xsk, fd);
}

/* m->kbuf, and the descriptor in m->tmp. */
int socket_set(pg_map *m)
{
	uint64_t given = map_number(m->tmp, m->slot);
	int fd = given <= INT32_MAX ? (int)given : -1;
	struct map_held *h = held_prepare(m);
	if (!h)
		return api_fail(m->ctx, -ENOMEM, "out of memory");
	h->fd = fd;
	h->cookie = kern_socket_cookie(fd);
	m->changes++;
	int rc = kern_map_update(m->fd, m->kbuf, m->tmp, BPF_ANY);
	if (rc) {
		free(h);
		return rc == -E2BIG ? rc : refused(m, fd, rc);
	}
	held_put(m, h);
	return 0;
}
