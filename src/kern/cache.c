/*
 * cache.c - the feature cache: one line of text, valid for one boot, one set of rights and one
 * feature table. A file that is not exactly what would be written (another boot, other rights,
 * damaged) is not used, and is written anew with what is probed next.
 *
 *     perigee-features 1 <boot id> <euid> <capabilities> <hash of the table> <states> <hash of the line>
 *
 * States: '+' there, '-' absent, '?' not probed. It lies in $XDG_CACHE_HOME/perigee, else for root in
 * /run/perigee, else in ~/.cache/perigee. Nothing here fails: without a cache, features are probed.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = KERN_CACHE_LINE, PATH = 512 };

static uint64_t hash(uint64_t h, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * 0x100000001b3u;
	return h;
}

static uint64_t table_hash(void)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (unsigned i = 0; i < FEAT_COUNT; i++)
		h = hash(h, kern_feature_name((enum feature)i),
			 strlen(kern_feature_name((enum feature)i)) + 1);
	return h;
}

static bool read_file(const char *path, int flags, char *buf, size_t n)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return false;
	/* what another user could have written is not believed */
	bool ok = fstat(fd, &st) == 0 && (!flags || (st.st_uid == geteuid() && !(st.st_mode & 022)));
	ssize_t got = ok ? read(fd, buf, n - 1) : -1;
	close(fd);
	if (got <= 0)
		return false;
	buf[got] = 0;
	return true;
}

/* The directory the file lies in; its parent must be there, itself is made by `make`. */
static bool directory(char out[PATH], bool make)
{
	const char *xdg = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int n;
	if (xdg && *xdg == '/')
		n = snprintf(out, PATH, "%s", xdg);
	else if (geteuid() == 0)
		n = snprintf(out, PATH, "/run");
	else if (home && *home == '/')
		n = snprintf(out, PATH, "%s/.cache", home);
	else
		return false;
	if (n < 0 || n > PATH - 64)
		return false;
	if (make)
		mkdir(out, 0700);
	strcpy(out + n, "/perigee");
	if (make)
		mkdir(out, 0700);
	return true;
}

/* Everything of the line that must be as it is now; false when the boot id cannot be told. */
static int line_start(char line[LINE])
{
	char boot[64];
	if (!read_file("/proc/sys/kernel/random/boot_id", 0, boot, sizeof boot))
		return 0;
	boot[strcspn(boot, "\n")] = 0;
	return snprintf(line, LINE, "perigee-features 1 %s %u %llx %llx ", boot, (unsigned)geteuid(),
			(unsigned long long)kern_capabilities(), (unsigned long long)table_hash());
}

static int line_end(char line[LINE], int n)
{
	return n + snprintf(line + n, (size_t)(LINE - n), " %llx\n",
			    (unsigned long long)hash(0xcbf29ce484222325u, line, (size_t)n));
}

int kern_cache_put(char line[LINE], int n, const int8_t *state)
{
	for (int i = 0; i < FEAT_COUNT; i++)
		line[n + i] = state[i] == 1 ? '+' : state[i] == -1 ? '-' : '?';
	return line_end(line, n + FEAT_COUNT);
}

bool kern_cache_take(const char *have, const char *start, int8_t *state)
{
	char want[LINE];
	size_t n = strlen(start);
	if (strlen(have) < n + FEAT_COUNT || memcmp(have, start, n))
		return false;
	memcpy(want, have, n + FEAT_COUNT);
	line_end(want, (int)n + FEAT_COUNT);
	if (strcmp(have, want))
		return false;
	for (int i = 0; i < FEAT_COUNT; i++)
		if (!state[i])
			state[i] = have[n + (size_t)i] == '+' ? 1 : have[n + (size_t)i] == '-' ? -1 : 0;
	return true;
}

void kern_cache_read(struct kern_features *f)
{
	char path[PATH], have[LINE], start[LINE];
	if (!directory(path, false))
		return;
	strcat(path, "/features");
	if (!read_file(path, O_NOFOLLOW, have, sizeof have))
		return;
	if (line_start(start))
		kern_cache_take(have, start, f->state);
}

void kern_cache_write(const struct kern_features *f)
{
	char path[PATH], temp[PATH + 16], line[LINE];
	int n = line_start(line);
	if (!n || !directory(path, true))
		return;
	strcat(path, "/features");
	n = kern_cache_put(line, n, f->state);
	snprintf(temp, sizeof temp, "%s.%d", path, (int)getpid());
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	bool ok = write(fd, line, (size_t)n) == n;
	if (close(fd) || !ok || rename(temp, path))
		unlink(temp);
}
