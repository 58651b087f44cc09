/*
 * map_task.c - storage that processes keep. In bpf(2) its key is a descriptor of the process; here it is the
 * process's number, and the descriptor is open for the one call.
 */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The descriptor of the thread whose number is in m->kbuf; -ESRCH: there is none. */
static int thread(const pg_map *m)
{
	uint32_t tid;
	memcpy(&tid, m->kbuf, sizeof tid);
	return tid && tid <= INT32_MAX ? kern_thread_open((int)tid) : -ESRCH;
}

int task_lookup(pg_map *m, void *value)
{
	int task = thread(m), rc = task < 0 ? task : kern_map_lookup(m->fd, &task, value, 0);
	kern_close(task);
	return rc == -ESRCH ? -ENOENT : rc;
}

int task_update(pg_map *m, const void *value, uint64_t flags)
{
	int task = thread(m), rc = task < 0 ? task : kern_map_update(m->fd, &task, value, flags);
	kern_close(task);
	return rc;
}

int task_delete(pg_map *m)
{
	int task = thread(m), rc = task < 0 ? task : kern_map_delete(m->fd, &task);
	kern_close(task);
	return rc == -ESRCH ? -ENOENT : rc;
}

int map_unlisted(pg_map *m)
{
	return api_fail(m->ctx, -EOPNOTSUPP, "the kernel does not tell which threads keep something in a %s; ask by "
			"number: m[tid]", m->of->name);
}
