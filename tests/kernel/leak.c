/* leak.c - see leak.h. Talks to bpf(2) itself: what checks the kernel edge does not rest on it. */
#include "kernel/leak.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum bpf_cmd next, open;
	const char *fdinfo; /* how /proc/PID/fdinfo names its id */
} kinds[] = {
	[LEAK_PROG] = { "program", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, "prog_id:" },
	[LEAK_MAP]  = { "map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, "map_id:" },
	[LEAK_LINK] = { "link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, "link_id:" },
	[LEAK_BTF]  = { "BTF", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID, "btf_id:" },
	[LEAK_NETNS] = { "network namespace", 0, 0, NULL },
};
enum { BPF_KINDS = LEAK_NETNS };

static int bpf(enum bpf_cmd cmd, union bpf_attr *a)
{
	return (int)syscall(__NR_bpf, cmd, a, sizeof *a);
}

static bool has(const struct leak_set *s, uint64_t id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->id[i] == id)
			return true;
	return false;
}

static void add(struct leak_set *s, uint64_t id)
{
	if (has(s, id))
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->id = realloc(s->id, s->cap * sizeof *s->id);
		if (!s->id)
			abort();
	}
	s->id[s->n++] = id;
}

void leak_free(struct leak_snapshot *s)
{
	for (int k = 0; k < LEAK_KINDS; k++)
		free(s->set[k].id);
	memset(s, 0, sizeof *s);
}

static int take_ids(enum leak_kind k, struct leak_set *out)
{
	union bpf_attr a;
	memset(&a, 0, sizeof a);
	for (;;) {
		if (bpf(kinds[k].next, &a))
			return errno == ENOENT ? 0 : -errno;
		add(out, a.next_id);
		a.start_id = a.next_id;
	}
}

static void each_in(const char *dir, void (*f)(void *arg, const char *path, const char *name),
		    void *arg)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	while (d && (e = readdir(d))) {
		char *path;
		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", dir, e->d_name) < 0)
			abort();
		f(arg, path, e->d_name);
		free(path);
	}
	if (d)
		closedir(d);
}

static void add_inode(struct leak_set *s, const char *path)
{
	struct stat st;
	if (!stat(path, &st))
		add(s, st.st_ino);
}

static void named_netns(void *set, const char *path, const char *name)
{
	(void)name;
	add_inode(set, path);
}

static void process_netns(void *set, const char *path, const char *name)
{
	char ns[300];
	snprintf(ns, sizeof ns, "%s/ns/net", path);
	if (name[0] >= '0' && name[0] <= '9')
		add_inode(set, ns);
}

int leak_take(struct leak_snapshot *s)
{
	memset(s, 0, sizeof *s);
	for (int k = 0; k < BPF_KINDS; k++) {
		int r = take_ids((enum leak_kind)k, &s->set[k]);
		if (r)
			return r;
	}
	each_in("/run/netns", named_netns, &s->set[LEAK_NETNS]);
	each_in("/proc", process_netns, &s->set[LEAK_NETNS]);
	return 0;
}

/* ---- what others hold ---- */

/*
 * Opening a program array by id just when its last holder closes it makes the kernel (6.18 does) keep
 * it for ever: the array is emptied once more while the first emptying is still queued, and one
 * reference is lost. So maps are opened only when their holder's fdinfo says that they are something
 * else.
 */
struct holders {
	struct leak_snapshot held;
	struct leak_set open;  /* maps that may be opened */
};

static void held_by_fd(void *arg, const char *path, const char *name)
{
	struct holders *h = arg;
	unsigned long type = BPF_MAP_TYPE_PROG_ARRAY;
	char line[256];
	(void)name;
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		sscanf(line, "map_type: %lu", &type);
		for (int k = 0; k < BPF_KINDS; k++) {
			size_t n = strlen(kinds[k].fdinfo);
			if (strncmp(line, kinds[k].fdinfo, n))
				continue;
			add(&h->held.set[k], strtoul(line + n, NULL, 10));
			if (k == LEAK_MAP && type != BPF_MAP_TYPE_PROG_ARRAY)
				add(&h->open, strtoul(line + n, NULL, 10));
		}
	}
	if (f)
		fclose(f);
}

static void held_by_process(void *holders, const char *path, const char *name)
{
	char dir[300];
	snprintf(dir, sizeof dir, "%s/fdinfo", path);
	if (name[0] >= '0' && name[0] <= '9' && atoi(name) != getpid())
		each_in(dir, held_by_fd, holders);
}

static bool info_of(enum leak_kind k, uint64_t id, void *info, uint32_t len)
{
	union bpf_attr a;
	memset(&a, 0, sizeof a);
	a.start_id = (uint32_t)id;
	int fd = bpf(kinds[k].open, &a);
	if (fd < 0)
		return false;
	memset(&a, 0, sizeof a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info = (uint64_t)(uintptr_t)info;
	a.info.info_len = len;
	bool good = !bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
	close(fd);
	return good;
}

static void held_by_prog(struct leak_snapshot *held, uint64_t id)
{
	uint32_t maps[64];
	struct bpf_prog_info i;
	memset(&i, 0, sizeof i);
	i.nr_map_ids = 64;
	i.map_ids = (uint64_t)(uintptr_t)maps;
	if (!info_of(LEAK_PROG, id, &i, sizeof i))
		return;
	for (uint32_t m = 0; m < i.nr_map_ids && m < 64; m++)
		add(&held->set[LEAK_MAP], maps[m]);
	if (i.btf_id)
		add(&held->set[LEAK_BTF], i.btf_id);
}

static void held_by_map(struct leak_snapshot *held, uint64_t id)
{
	struct bpf_map_info i;
	memset(&i, 0, sizeof i);
	if (info_of(LEAK_MAP, id, &i, sizeof i) && i.btf_id)
		add(&held->set[LEAK_BTF], i.btf_id);
}

static void held_by_link(struct leak_snapshot *held, uint64_t id)
{
	struct bpf_link_info i;
	memset(&i, 0, sizeof i);
	if (info_of(LEAK_LINK, id, &i, sizeof i))
		add(&held->set[LEAK_PROG], i.prog_id);
}

static void held_by_others(struct leak_snapshot *held)
{
	struct holders h;

	memset(&h, 0, sizeof h);
	each_in("/proc", held_by_process, &h);
	*held = h.held;
	for (size_t i = 0; i < held->set[LEAK_LINK].n; i++)
		held_by_link(held, held->set[LEAK_LINK].id[i]);
	for (size_t i = 0; i < held->set[LEAK_PROG].n; i++)
		held_by_prog(held, held->set[LEAK_PROG].id[i]);
	for (size_t i = 0; i < h.open.n; i++)
		held_by_map(held, h.open.id[i]);
	free(h.open.id);
}

/* ---- comparing ---- */

static size_t total(const struct leak_snapshot *s)
{
	size_t n = 0;
	for (int k = 0; k < LEAK_KINDS; k++)
		n += s->set[k].n;
	return n;
}

static void name_of(enum leak_kind k, uint64_t id, char *out, size_t n)
{
	struct bpf_prog_info p;
	struct bpf_map_info m;
	memset(&p, 0, sizeof p);
	memset(&m, 0, sizeof m);
	if (k == LEAK_PROG)
		info_of(k, id, &p, sizeof p);
	else if (k == LEAK_MAP)
		info_of(k, id, &m, sizeof m);
	snprintf(out, n, "%s", k == LEAK_PROG ? p.name : m.name);
}

/* The kernel's own: of a module that was loaded meanwhile. */
static bool of_kernel(enum leak_kind k, uint64_t id)
{
	struct bpf_btf_info i;
	memset(&i, 0, sizeof i);
	return k == LEAK_BTF && info_of(k, id, &i, sizeof i) && i.kernel_btf;
}

/* Drops from `left` what has gone, what was there before, and what somebody living holds. */
static int thin_out(struct leak_snapshot *left, const struct leak_snapshot *before)
{
	struct leak_snapshot now, held;
	int r = leak_take(&now);

	if (r)
		return r;
	held_by_others(&held);
	for (int k = 0; k < LEAK_KINDS; k++) {
		struct leak_set *s = &left->set[k];
		size_t n = 0;
		for (size_t i = 0; i < s->n; i++)
			if (has(&now.set[k], s->id[i]) && !has(&before->set[k], s->id[i]) &&
			    !has(&held.set[k], s->id[i]) && !of_kernel((enum leak_kind)k, s->id[i]))
				s->id[n++] = s->id[i];
		s->n = n;
	}
	leak_free(&now);
	leak_free(&held);
	return 0;
}

static void show(const struct leak_snapshot *left, FILE *out)
{
	for (int k = 0; k < LEAK_KINDS; k++)
		for (size_t i = 0; i < left->set[k].n; i++) {
			uint64_t id = left->set[k].id[i];
			char name[32];
			name_of((enum leak_kind)k, id, name, sizeof name);
			fprintf(out, "leaked: %s %llu %s\n", kinds[k].name, (unsigned long long)id, name);
		}
}

/* What appears from now on is not the command's any more: only what is here already can be a leak,
 * and only as long as it stays. */
int leak_compare(const struct leak_snapshot *before, int wait_ms, FILE *out)
{
	enum { STEP_MS = 20 };
	struct leak_snapshot left;

	if (leak_take(&left))
		return -1;
	int r = thin_out(&left, before);
	for (; !r && total(&left) && wait_ms > 0; wait_ms -= STEP_MS) {
		usleep(STEP_MS * 1000);
		r = thin_out(&left, before);
	}
	int leaks = r ? -1 : (int)total(&left);
	if (leaks > 0 && out)
		show(&left, out);
	leak_free(&left);
	return leaks;
}
