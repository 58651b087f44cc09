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
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_HEAD = 48, CACHE_ENTRY = 24, CACHE_MOST = 16 << 20 };

static const char cache_magic[] = "glibc-ld.so.cache1.1";
static const char *const usual[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", NULL };

/* Is it a program or library of this machine's kind? Others of the same name stand beside them. */
static bool good(const char *path)
{
	struct elf_file *f;
	char err[512];
	if (elf_open(path, &f, err, sizeof err))
		return false;
	elf_close(f);
	return true;
}

static bool take(char path[PATH_MAX], const char *dir, size_t n, const char *name)
{
	int k = snprintf(path, PATH_MAX, "%.*s%s%s", (int)n, dir, n ? "/" : "", name);
	return k > 0 && k < PATH_MAX && good(path);
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

static bool in_cache(const char *cache, size_t n, const char *name, char path[PATH_MAX])
{
	size_t next = 0;
	for (const char *file; (file = elf_cached(cache, n, name, &next));)
		if (take(path, "", 0, file))
			return true;
	return false;
}

static bool look_in_cache(const char *file, const char *name, char path[PATH_MAX])
{
	struct stat st;
	bool found = false;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	size_t n = fd >= 0 && !fstat(fd, &st) && st.st_size <= CACHE_MOST ? (size_t)st.st_size : 0;
	char *cache = n ? malloc(n) : NULL;
	if (cache && read(fd, cache, n) == (ssize_t)n)
		found = in_cache(cache, n, name, path);
	free(cache);
	kern_close(fd);
	return found;
}

/* ---- directories ---- */

static bool look_in_usual(const char *name, char path[PATH_MAX])
{
	for (const char *const *dir = usual; *dir; dir++)
		if (take(path, *dir, strlen(*dir), name))
			return true;
	return false;
}

static bool look_in_path(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");
	for (size_t n; at && *at; at += n + (at[n] == ':')) {
		n = strcspn(at, ":");
		if (n && take(path, at, n, name))
			return true;
	}
	return false;
}

/* ---- what a process has mapped ---- */

/* "7f12-7f13 r-xp 00000000 08:01 123   /usr/lib/libc.so.6" */
const char *elf_mapped(const char *line, const char *name)
{
	const char *file = strchr(line, '/'), *base = file ? strrchr(file, '/') + 1 : NULL;
	if (!base || strncmp(base, name, strlen(name)) || (base[strlen(name)] && base[strlen(name)] != '.'))
		return NULL;
	return file;
}

static bool maps_line(const char *line, const char *name, uint64_t pid, char path[PATH_MAX])
{
	const char *file = elf_mapped(line, name);
	char root[64];
	if (!file)
		return false;
	int k = snprintf(root, sizeof root, "/proc/%llu/root", (unsigned long long)pid); /* as the process sees it */
	return take(path, root, (size_t)k, file + 1);
}

static bool look_in_process(uint64_t pid, const char *name, char path[PATH_MAX])
{
	char file[64], line[PATH_MAX + 128];
	bool found = false;
	snprintf(file, sizeof file, "/proc/%llu/maps", (unsigned long long)pid);
	FILE *in = fopen(file, "re");
	while (in && !found && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = 0;
		found = maps_line(line, name, pid, path);
	}
	if (in)
		fclose(in);
	return found;
}

int elf_find(const char *name, uint64_t pid, char path[PATH_MAX], char *err, size_t errlen)
{
	bool library = strstr(name, ".so");
	if (strlen(name) >= PATH_MAX)
		return elf_fail(-ENAMETOOLONG, err, errlen, "the name of the file is too long");
	if (strchr(name, '/')) {
		strcpy(path, name);
		return 0;
	}
	if (pid && look_in_process(pid, name, path))
		return 0;
	if (library && (look_in_cache("/etc/ld.so.cache", name, path) || look_in_usual(name, path)))
		return 0;
	if (!library && look_in_path(name, path))
		return 0;
	return elf_fail(-ENOENT, err, errlen, library ? "there is no library '%s' where the dynamic loader looks: write "
			"its path" : "there is no program '%s' in PATH: write its path, or a library's whole name "
			"(libc.so.6)", name);
}
