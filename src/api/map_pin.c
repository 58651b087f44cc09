/* map_pin.c - maps that outlive the process: found at their path in a bpf file system, or put there. */
#include "api/api.h"
#include "api/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPE = 2400, FLAGS_OF_USE = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_NUMA_NODE };

int map_pin_path(pg_map *m, const char *pin)
{
	return api_pin_path(m->ctx, pin, &m->pin);
}

static void shape_text(const char *type, const char *types, uint32_t entries, uint32_t flags, char *buf, size_t n)
{
	char more[32] = "";
	if (flags)
		snprintf(more, sizeof more, ", flags 0x%x", flags);
	snprintf(buf, n, "%s of %s, %u entries%s", type, types, entries, more);
}

static void sizes_text(const struct kern_map_info *i, char *buf, size_t n)
{
	if (i->key_size)
		snprintf(buf, n, "%u bytes -> %u bytes", i->key_size, i->value_size);
	else
		snprintf(buf, n, "%u bytes", i->value_size);
}

/* What there is at the path must be what the script means: 0 or -EEXIST with a text. */
static int check(pg_map *m, int fd)
{
	struct kern_map_info i;
	char has[SHAPE], wants[SHAPE], types[SHAPE - 100];
	const char *type = NULL;
	int rc = kern_map_info(fd, &i);
	if (rc)
		return map_fail(m, rc, "read what is pinned of");
	type = map_type_name(i.type);
	map_types_text(m, types, sizeof types);
	shape_text(m->of->name, types, m->entries, m->flags, wants, sizeof wants);
	bool same_size = i.key_size == map_kernel_key_size(m) && i.value_size == (m->lock ? m->slot : m->value->size);
	if (!map_btf_text(i.btf_id, types, sizeof types) && !same_size)
		sizes_text(&i, types, sizeof types);
	shape_text(type ? type : "another type", types, i.entries, i.flags & ~(uint32_t)FLAGS_OF_USE, has, sizeof has);
	if (same_size && !strcmp(has, wants))
		return 0;
	return api_fail(m->ctx, -EEXIST, "the map pinned at %s is another one: a %s; this script wants a %s. Use "
			"another pin, or remove that file", m->pin, has, wants);
}

static int failed(pg_map *m, int rc, const char *doing)
{
	const char *rights = rc == -EPERM ? kern_rights_missing() : NULL;
	return api_fail(m->ctx, rc, "cannot %s %s: %s; %s", doing, m->pin, strerror(-rc), rights ? rights :
			"pins live in a bpf file system: mount -t bpf bpf /sys/fs/bpf");
}

int map_pin_find(pg_map *m)
{
	int fd = kern_obj_get(m->pin);
	if (fd < 0)
		return fd == -ENOENT ? fd : failed(m, fd, "open the map pinned at");
	int rc = check(m, fd);
	if (!rc)
		return fd;
	kern_close(fd);
	return rc;
}

/* 0; -EEXIST: another process was faster; -errno with a text. */
int map_pin_put(pg_map *m, int fd)
{
	int rc = kern_obj_pin(fd, m->pin);
	return !rc || rc == -EEXIST ? rc : failed(m, rc, "pin the map at");
}
