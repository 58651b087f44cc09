/*
 * map_storage.c - storage that hangs on something of the kernel's, and goes with it. In bpf(2) the key is a
 * descriptor of what it hangs on; here it is a number that names it, and the descriptor is open for the one call.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- what holds it: a descriptor of it, or -ESRCH, -ENOENT: it is not there any more ---- */

static int thread(uint64_t tid)
{
	return tid && tid <= INT32_MAX ? kern_thread_open((int)tid) : -ESRCH;
}

static int descriptor(uint64_t fd)
{
	return fd <= INT32_MAX ? kern_dup((int)fd) : -EBADF;
}

static const struct holder {
	int (*open)(uint64_t key);
	const char *name, *key; /* as messages call it */
} holders[] = {
	[MAP_HELD_BY_TASK] = { thread, "thread", "number: m[tid]" },
	[MAP_HELD_BY_SOCKET] = { descriptor, "socket", "descriptor: m[fd]" },
	[MAP_HELD_BY_CGROUP] = { kern_cgroup_open, "cgroup", "number: m[bpf.cgroup_id()]" },
	[MAP_HELD_BY_INODE] = { descriptor, "file", "descriptor: m[fd]" },
};

static int holder(const pg_map *m)
{
	return holders[m->of->holder].open(map_number(m->kbuf, m->key->size));
}

static int gone(int rc)
{
	return rc == -ESRCH ? -ENOENT : rc;
}

int storage_lookup(pg_map *m, void *value)
{
	int fd = holder(m), rc = fd < 0 ? fd : kern_map_lookup(m->fd, &fd, value, 0);
	kern_close(fd);
	return gone(rc);
}

int storage_update(pg_map *m, const void *value, uint64_t flags)
{
	int fd = holder(m), rc = fd < 0 ? fd : kern_map_update(m->fd, &fd, value, flags);
	kern_close(fd);
	return rc;
}

int storage_delete(pg_map *m)
{
	int fd = holder(m), rc = fd < 0 ? fd : kern_map_delete(m->fd, &fd);
	kern_close(fd);
	return gone(rc);
}

const char *storage_holder(const pg_map *m)
{
	return holders[m->of->holder].name;
}

int map_unlisted(pg_map *m)
{
	const struct holder *h = &holders[m->of->holder];
	return api_fail(m->ctx, -EOPNOTSUPP, "the kernel does not tell which %ss keep something in a %s; ask by %s", h->name,
			m->of->name, h->key);
}

int storage_named(pg_map *m, const pg_value *name)
{
	char path[4096];
	uint64_t number = 0;
	snprintf(path, sizeof path, "%.*s", (int)name->n, name->str);
	int rc = kern_cgroup_number(path, &number);
	memcpy(m->kbuf, &number, sizeof number);
	return rc ? api_fail(m->ctx, rc, "there is no cgroup %s: %s", path, strerror(-rc)) : 0;
}

/* ---- making ---- */

struct member { const char *name; uint32_t at; bool found; };

static void take(void *arg, const struct kern_btf_member *m)
{
	struct member *want = arg;
	if (strcmp(m->name, want->name))
		return;
	want->at = m->offset;
	want->found = true;
}

/* Where in a task is the pointer to what holds the pointer to its cgroup, and where in that. */
static int way_to_cgroup(pg_map *m)
{
	static const char *const types[] = { "task_struct", "css_set" }, *const names[] = { "cgroups", "dfl_cgrp" };
	for (unsigned i = 0; i < 2; i++) {
		struct member want = { .name = names[i] };
		int rc = kern_btf_struct(NULL, types[i], take, &want);
		if (rc || !want.found)
			return api_fail(m->ctx, -EOPNOTSUPP, "a %s needs the kernel's types (BTF), to find the cgroup of a "
					"thread", m->of->name);
		m->way[i] = want.at;
	}
	return 0;
}

int storage_new(pg_map *m)
{
	return m->of->holder == MAP_HELD_BY_CGROUP ? way_to_cgroup(m) : 0;
}

/* ---- the one of whoever runs ---- */

/* Packets made by hand belong to a socket, too, so that a function can be tried out: as the kernel's test run has it. */
static int hand_socket(pg_ctx *ctx)
{
	if (ctx->hand_socket < 0)
		ctx->hand_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return ctx->hand_socket < 0 ? api_fail(ctx, -errno, "cannot make a socket: %s", strerror(errno)) : ctx->hand_socket;
}

int pg_map_own(pg_map *m, pg_value *key)
{
	uint64_t number = 0;
	int rc = 0;
	switch (m->of->holder) {
	case MAP_HELD_BY_TASK:
		number = (uint64_t)gettid();
		break;
	case MAP_HELD_BY_SOCKET:
		rc = hand_socket(m->ctx);
		number = (uint64_t)rc;
		break;
	case MAP_HELD_BY_CGROUP:
		rc = kern_cgroup_own(&number);
		if (rc)
			api_fail(m->ctx, rc, "this process is in no cgroup of version 2 that can be seen: %s", strerror(-rc));
		break;
	default:
		rc = api_fail(m->ctx, -EINVAL, "there is no %s of this thread's own: m[fd]", m->of->name);
	}
	*key = (pg_value){ .kind = PG_INT, .i = (int64_t)number };
	return rc < 0 ? rc : 0;
}

void pg_hand_renew(pg_ctx *ctx)
{
	kern_close(ctx->hand_socket);
	ctx->hand_socket = -1;
	ctx->hand_cpu = sched_getcpu();
}
