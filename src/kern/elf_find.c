/*
 * elf_find.c - the file that a name means: "libc.so.6" as the dynamic loader finds it, "bash" in PATH.
 *
 * /etc/ld.so.cache, as glibc has written it since 2.2 (its dl-cache.h):
 *
 *     "glibc-ld.so.cache1.1"  u32 n  u32 bytes of text  u8 flags  ...          48 bytes
 *     n times: i32 flags  u32 name  u32 path  u32 os  u64 hwcap                24 bytes; name, path: offsets
 */
#include "kern/elf.h"
#include "kern/elf_file.h"
#include "kern/kern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CACHE_HEAD = 48, CACHE_ENTRY = 24, CACHE_MOST = 16 << 20 };

static const char cache_magic[] = "glibc-ld.so.cache1.1";
static const char *const usual[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", NULL };

struct search {
	char *path; /* what was found */
	int r;      /* of the first that is there and was not taken, or of a file that says where to look; and why */
	char why[512];
};

static void note(struct search *s, int r, const char *why)
{
	if (!s->r && r != -ENOENT && r != -ENOTDIR)
		s->r = elf_fail(r, s->why, sizeof s->why, "%s", why);
}

static void unread(struct search *s, int r, const char *file)
{
	char why[128];
	snprintf(why, sizeof why, "cannot read '%s': %s", file, strerror(-r));
	note(s, r, why);
}

/* Is it a program or library of this machine's kind? Others of the same name stand beside them. */
static bool good(struct search *s)
{
	struct elf_file *f;
	char why[sizeof s->why];
	int r = elf_open(s->path, &f, why, sizeof why);
	if (!r)
		elf_close(f);
	else
		note(s, r, why);
	return !r;
}

static bool take(struct search *s, const char *dir, size_t n, const char *name)
{
	int k = snprintf(s->path, PATH_MAX, "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
	return k > 0 && k < PATH_MAX && good(s);
}

/* ---- the loader's cache ---- */

static uint32_t word(const char *cache, size_t at)
{
	uint32_t v;
	memcpy(&v, cache + at, sizeof v);
	return v;
}

/* The text at an offset, if it ends inside. */
static const char *text_at(const char *cache, size_t n, uint32_t at)
{
	return at < n && memchr(cache + at, 0, n - at) ? cache + at : NULL;
}

const char *elf_cached(const char *cache, size_t n, const char *name, size_t *next)
{
	const char *head = memmem(cache, n, cache_magic, sizeof cache_magic - 1); /* behind the older form, if any */
	if (!head || n - (size_t)(head - cache) < CACHE_HEAD)
		return NULL;
	n -= (size_t)(head - cache);
	size_t entries = word(head, sizeof cache_magic - 1), room = (n - CACHE_HEAD) / CACHE_ENTRY;
	while (*next < entries && *next < room) {
		size_t at = CACHE_HEAD + (*next)++ * CACHE_ENTRY;
		const char *key = text_at(head, n, word(head, at + 4)), *value = text_at(head, n, word(head, at + 8));
		if (key && value && !strcmp(key, name))
			return value;
	}
	return NULL;
}

static bool in_cache(const char *cache, size_t n, const char *name, struct search *s)
{
	size_t next = 0;
	for (const char *file; (file = elf_cached(cache, n, name, &next));)
		if (take(s, "", 0, file))
			return true;
	return false;
}

static bool look_in_cache(const char *file, const char *name, struct search *s)
{
	char *cache = NULL;
	ssize_t n = -1;
	bool found = false;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (cache = malloc(CACHE_MOST)))
		n = read(fd, cache, CACHE_MOST);
	if (n < 0)
		unread(s, -errno, file);
	else
		found = in_cache(cache, (size_t)n, name, s);
	free(cache);
	kern_close(fd);
	return found;
}

/* ---- directories ---- */

static bool look_in_usual(const char *name, struct search *s)
{
	for (const char *const *dir = usual; *dir; dir++)
		if (take(s, *dir, strlen(*dir), name))
			return true;
	return false;
}

static bool look_in_path(const char *name, struct search *s)
{
	const char *at = getenv("PATH");
	for (size_t n; at && *at; at += n + (at[n] == ':')) {
		n = strcspn(at, ":");
		if (n && take(s, at, n, name))
			return true;
	}
	return false;
}

/* ---- what a process has mapped ---- */

/* "7f12-7f13 r-xp 00000000 08:01 123   /usr/lib/libc.so.6": the file's name is `name`, or goes on behind it
 * with a version (libc.so for libc.so.6). */
const char *elf_mapped(const char *line, const char *name)
{
	const char *file = strchr(line, '/'), *base = file ? strrchr(file, '/') + 1 : NULL;
	if (!base || strncmp(base, name, strlen(name)) || (base[strlen(name)] && base[strlen(name)] != '.'))
		return NULL;
	return file;
}

static bool maps_line(const char *line, const char *name, uint64_t pid, struct search *s)
{
	const char *file = elf_mapped(line, name);
	char root[64];
	if (!file)
		return false;
	int k = snprintf(root, sizeof root, "/proc/%llu/root", (unsigned long long)pid); /* as the process sees it */
	return take(s, root, (size_t)k, file + 1);
}

static bool look_in_process(uint64_t pid, const char *name, struct search *s)
{
	char file[64], line[PATH_MAX + 128];
	bool found = false;
	snprintf(file, sizeof file, "/proc/%llu/maps", (unsigned long long)pid);
	FILE *in = fopen(file, "re");
	if (!in)
		unread(s, -errno, file);
	while (in && !found && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = 0;
		found = maps_line(line, name, pid, s);
	}
	if (in)
		fclose(in);
	return found;
}

int elf_find(const char *name, uint64_t pid, char path[PATH_MAX], char *err, size_t errlen)
{
	bool library = strstr(name, ".so");
	struct search s = { .path = path };
	if (strlen(name) >= PATH_MAX)
		return elf_fail(-ENAMETOOLONG, err, errlen, "the name of the file is too long");
	if (strchr(name, '/')) {
		strcpy(path, name);
		return 0;
	}
	if (pid && look_in_process(pid, name, &s))
		return 0;
	if (library && (look_in_cache("/etc/ld.so.cache", name, &s) || look_in_usual(name, &s)))
		return 0;
	if (!library && look_in_path(name, &s))
		return 0;
	if (s.r)
		return elf_fail(s.r, err, errlen, "%s", s.why);
	return elf_fail(-ENOENT, err, errlen, library ? "there is no library '%s' where the dynamic loader looks: write "
			"its path" : "there is no program '%s' in PATH: write its path, or a library's whole name "
			"(libc.so.6)", name);
}
