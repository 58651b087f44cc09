/*
 * test_elf.c - functions in ELF files, also in damaged ones. The small library that is damaged is the one
 * that the kernel maps into every process (vdso(7)).
 */
#include "kern/elf.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__x86_64__)
#define IN_VDSO "__vdso_clock_gettime"
#else
#define IN_VDSO "__kernel_clock_gettime"
#endif

static char err[1024];

/* The library's bytes: it ends with its section headers. */
static const char *vdso(size_t *n)
{
	const char *at = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)at;
	assert_non_null(at);
	*n = h->e_shoff + (size_t)h->e_shnum * h->e_shentsize;
	return at;
}

/* A file that has no name: its path goes by the descriptor. */
static int unnamed(const void *bytes, size_t n, char path[64])
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, 0), n);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static int look(const char *path, const char *function, uint64_t *address)
{
	struct elf_file *f;
	uint64_t offset, again;
	*err = 0;
	int r = elf_open(path, &f, err, sizeof err);
	if (r)
		return r;
	r = elf_function(f, function, address, err, sizeof err);
	if (!r && !(r = elf_offset(f, *address, &offset, err, sizeof err))) {
		assert_int_equal(elf_address(f, offset, &again, err, sizeof err), 0);
		elf_inside(f, *address + 1);
	}
	elf_close(f);
	return r;
}

static void found(void **state)
{
	(void)state;
	size_t n;
	char path[64];
	const char *bytes = vdso(&n);
	uint64_t plain, version;
	int fd = unnamed(bytes, n, path);
	assert_int_equal(look(path, IN_VDSO, &plain), 0);
	const char *good[] = { IN_VDSO "@LINUX_2.6", IN_VDSO "@@LINUX_2.6" }, *bad = IN_VDSO "@LINUX_2.7";
#ifndef __x86_64__
	good[0] = IN_VDSO "@LINUX_2.6.39", good[1] = IN_VDSO "@@LINUX_2.6.39";
#endif
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(look(path, good[i], &version), 0);
		assert_int_equal(plain, version);
	}
	assert_int_equal(look(path, bad, &version), -ENOENT);
	close(fd);
}

/* Whatever is there, an answer: 0 and a place, or an error and its sentence. */
static void answers(const char *path, const char *what, size_t at)
{
	uint64_t address;
	int r = look(path, IN_VDSO, &address);
	if (r > 0 || (r && !*err))
		fail_msg("%s %zu: %d '%s'", what, at, r, err);
	r = look(path, "ns::no_such(int)", &address);
	if (r >= 0 || !*err)
		fail_msg("%s %zu: %d '%s'", what, at, r, err);
}

static void every_length(void **state)
{
	(void)state;
	size_t n;
	char path[64];
	const char *bytes = vdso(&n);
	int fd = unnamed(bytes, n, path);
	while (n--) {
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		answers(path, "length", n);
	}
	close(fd);
}

static void every_byte(void **state)
{
	(void)state;
	size_t n;
	char path[64];
	const char *bytes = vdso(&n);
	int fd = unnamed(bytes, n, path);
	for (size_t i = 0; i < n; i++) {
		const char worse[] = { (char)0xff, (char)(bytes[i] ^ 0x80), (char)(bytes[i] + 1) };
		for (unsigned k = 0; k < sizeof worse; k++) {
			assert_int_equal(pwrite(fd, worse + k, 1, (off_t)i), 1);
			answers(path, "byte", i);
		}
		assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
	}
	close(fd);
}

static void refused(const void *bytes, size_t n, const char *want)
{
	char path[64];
	uint64_t address;
	int fd = unnamed(bytes, n, path);
	assert_true(look(path, "f", &address) < 0);
	if (!strstr(err, want))
		fail_msg("'%s', not '%s'", err, want);
	close(fd);
}

static void other_files(void **state)
{
	(void)state;
	size_t n;
	const char *bytes = vdso(&n);
	char *copy = malloc(n);
	Elf64_Ehdr *h = (Elf64_Ehdr *)copy;
	assert_non_null(copy);
	refused("", 0, "is no program or library (not an ELF file)");
	refused("#!/bin/sh\n", 10, "is no program or library (not an ELF file)");
	memcpy(copy, bytes, n);
	h->e_ident[EI_CLASS] = ELFCLASS32;
	refused(copy, n, "is a 32-bit program");
	memcpy(copy, bytes, n);
	h->e_machine = EM_MIPS;
	refused(copy, n, "is for another kind of machine");
	memcpy(copy, bytes, n);
	h->e_type = ET_REL;
	refused(copy, n, "is not linked");
	memcpy(copy, bytes, n);
	h->e_shoff = h->e_shnum = h->e_shstrndx = 0;
	refused(copy, n, "has no symbols (it is stripped)");
	free(copy);
}

static void names(void **state)
{
	(void)state;
	char path[PATH_MAX], own[PATH_MAX] = "", want[64];
	struct elf_file *f;
	assert_int_equal(elf_find("/a/b", 0, path, err, sizeof err), 0);
	assert_string_equal(path, "/a/b");
	assert_int_equal(elf_find("libc.so.6", 0, path, err, sizeof err), 0);
	assert_int_equal(elf_open(path, &f, err, sizeof err), 0);
	elf_close(f);
	assert_int_equal(elf_find("sh", 0, path, err, sizeof err), 0);
	assert_non_null(strstr(path, "/sh"));
	assert_int_equal(elf_find("libnosuch.so.1", 0, path, err, sizeof err), -ENOENT);
	assert_int_equal(elf_find("nosuch", 0, path, err, sizeof err), -ENOENT);
	/* what this process runs, as it sees it */
	assert_true(readlink("/proc/self/exe", own, sizeof own - 1) > 0);
	assert_int_equal(elf_find(strrchr(own, '/') + 1, (uint64_t)getpid(), path, err, sizeof err), 0);
	snprintf(want, sizeof want, "/proc/%d/root/", getpid());
	assert_memory_equal(path, want, strlen(want));
	assert_string_equal(path + strlen(want) - 1, own);
	assert_int_equal(elf_find("libc.so", (uint64_t)getpid(), path, err, sizeof err), 0);
	assert_non_null(strstr(path, "/libc.so.6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found), cmocka_unit_test(every_length), cmocka_unit_test(every_byte),
		cmocka_unit_test(other_files), cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
