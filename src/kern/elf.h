/*
 * elf.h - programs and libraries: the file that a name means, and a function's place in it. Files are
 * not trusted. Functions that give 0 or -errno put a sentence into err on failure.
 */
#ifndef KERN_ELF_H
#define KERN_ELF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

/* Paths as they are; names of libraries as the dynamic loader finds them ("libc.so.6"), those of programs
 * in PATH. pid not 0: what that process has mapped under the name comes first. */
int elf_find(const char *name, uint64_t pid, char path[PATH_MAX], char *err, size_t errlen);
int elf_open(const char *path, struct elf_file **out, char *err, size_t errlen);
void elf_close(struct elf_file *f);
/* Of the file itself, whatever its path names by now; owned by f. */
int elf_fd(const struct elf_file *f);

/* The address of a function by its symbol: "readline", "open@GLIBC_2.2.5", "ns::Class::method(int)". */
int elf_function(struct elf_file *f, const char *name, uint64_t *address, char *err, size_t errlen);
/* Addresses, as nm prints them, and offsets in the file; both must lie in executable parts. */
int elf_offset(const struct elf_file *f, uint64_t address, uint64_t *offset, char *err, size_t errlen);
int elf_address(const struct elf_file *f, uint64_t offset, uint64_t *address, char *err, size_t errlen);
/* Is it in the middle of a function that the file has a symbol of? Then its name, else NULL; owned by f. */
const char *elf_inside(struct elf_file *f, uint64_t address);

#endif
