/* elf_file.h - inside kern/: an open file, for those who look for symbols in it. */
#ifndef KERN_ELF_FILE_H
#define KERN_ELF_FILE_H

#include "kern/elf.h"
#include "kern/libelf.h"

struct elf_file {
	struct libelf lib;
	Elf *elf;
	int fd;
	Elf64_Phdr *segments;  /* libelf's */
	size_t nsegments;
	char path[PATH_MAX];
	char *(*demangle)(const char *, char *, size_t *, int *); /* elf_cxx.c */
};

int elf_fail(int r, char *err, size_t errlen, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A function, or what may be one; imported: it is another file's. */
struct elf_symbol {
	const char *name;
	uint64_t address, size;
	bool imported, indirect, is_hidden;
	uint16_t version; /* number of its version; 0, 1: none */
};

/* Calls `each` for every function of the file's symbol tables until it gives something else than 0; gives
 * that. Names are libelf's. */
int elf_each_symbol(struct elf_file *f, int (*each)(void *arg, const struct elf_symbol *s), void *arg);
/* The name of version `number`, or NULL. */
const char *elf_version_name(struct elf_file *f, uint16_t number);

/* The functions that were found for a name, each once: texts to choose by, malloc'd. */
struct elf_hits {
	struct elf_hit {
		uint64_t address;
		char *text;
	} v[8];
	unsigned n, more;
};
int elf_hit_add(struct elf_hits *h, uint64_t address, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void elf_hits_clear(struct elf_hits *h);
/* -EINVAL, and the sentence that lists them between its head (fmt) and its tail: "there are 2 functions 'f' in
 * 'a.out': 0x1139, 0x1150; write one of ..." */
int elf_hits_list(const struct elf_hits *h, char *err, size_t errlen, const char *tail, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* What elf_find looks into, as bytes that are not trusted. The next file that ld.so.cache has for a name, the entries
 * counted by *next, from 0 on; NULL: no more. */
const char *elf_cached(const char *cache, size_t n, const char *name, size_t *next);
/* The file of a line of /proc/PID/maps, if its name is `name`, or goes on behind it with a version (libc.so for
 * libc.so.6); else NULL. */
const char *elf_mapped(const char *line, const char *name);

/* C++ names. */
bool elf_cxx_known(struct elf_file *f); /* can they be read here? */
/* 0; -ENOENT, without a sentence: nothing is called so; others with one. */
int elf_cxx_function(struct elf_file *f, const char *name, uint64_t *address, char *err, size_t errlen);
/* The name without its parameters, malloc'd; NULL: no C++ name, or nobody here can tell. */
char *elf_cxx_name(struct elf_file *f, const char *mangled);

#endif
