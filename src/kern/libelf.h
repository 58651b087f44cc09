/*
 * libelf.h - libelf, loaded when first asked: linked, it would cost every start of the command a
 * quarter of its time, and most scripts never look into a file.
 */
#ifndef KERN_LIBELF_H
#define KERN_LIBELF_H

#include <libelf.h>

#define LIBELF_FUNCTIONS(F) \
	F(elf_version) F(elf_begin) F(elf_end) F(elf_kind) F(elf_getident) F(elf_getphdrnum) F(elf64_getehdr) \
	F(elf64_getphdr) F(elf_nextscn) F(elf_getscn) F(elf64_getshdr) F(elf_getdata) F(elf_strptr)

struct libelf {
#define F(name) __typeof__(name) *name;
	LIBELF_FUNCTIONS(F)
#undef F
};

/* 0, or -ENOENT: there is none. Stays loaded until the process ends. */
int libelf_load(struct libelf *out);

#endif
