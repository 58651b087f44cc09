/* elf.c - opening a program or library, its segments and its symbol tables, by libelf. */
#include "kern/elf_file.h"
#include "kern/kern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { MACHINE = EM_RISCV };
#elif defined(__s390x__)
enum { MACHINE = EM_S390 };
#elif defined(__powerpc64__)
enum { MACHINE = EM_PPC64 };
#else
enum { MACHINE = EM_NONE };
#endif

int elf_fail(int r, char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return r;
}

/* ---- opening ---- */

static int open_file(struct elf_file *f, char *err, size_t errlen)
{
	struct stat st;
	/* O_NONBLOCK: a pipe of that name must not hold us up */
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st)) {
		int r = -errno;
		return elf_fail(r, err, errlen, "cannot open '%s': %s", f->path, strerror(-r));
	}
	if (!S_ISREG(st.st_mode))
		return elf_fail(-EINVAL, err, errlen, "'%s' is no file that can be run", f->path);
	return 0;
}

static int check_header(const struct elf_file *f, char *err, size_t errlen)
{
	size_t n;
	const char *ident = f->elf ? f->lib.elf_getident(f->elf, &n) : NULL;
	if (!ident || f->lib.elf_kind(f->elf) != ELF_K_ELF)
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is no program or library (not an ELF file)", f->path);
	if (ident[EI_CLASS] == ELFCLASS32)
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is a 32-bit program: arguments of those are not "
				"where 64-bit ones have them, so it is refused", f->path);
	const Elf64_Ehdr *h = f->lib.elf64_getehdr(f->elf);
	if (!h)
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is damaged: its header cannot be read", f->path);
	if (h->e_machine != MACHINE)
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is for another kind of machine", f->path);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is not linked: no process runs it", f->path);
	return 0;
}

static int read_file(struct elf_file *f, char *err, size_t errlen)
{
	int r = libelf_load(&f->lib);
	if (r)
		return elf_fail(r, err, errlen, "looking into '%s' needs the library libelf.so.1 "
				"(Debian: libelf1)", f->path);
	r = open_file(f, err, errlen);
	if (r)
		return r;
	f->elf = f->lib.elf_begin(f->fd, ELF_C_READ, NULL);
	r = check_header(f, err, errlen);
	if (r)
		return r;
	f->segments = f->lib.elf64_getphdr(f->elf);
	if (!f->segments || f->lib.elf_getphdrnum(f->elf, &f->nsegments))
		return elf_fail(-ENOEXEC, err, errlen, "'%s' is damaged: its segments cannot be read", f->path);
	return 0;
}

int elf_open(const char *path, struct elf_file **out, char *err, size_t errlen)
{
	struct elf_file *f = calloc(1, sizeof *f);
	if (!f)
		return elf_fail(-ENOMEM, err, errlen, "out of memory");
	f->fd = -1;
	snprintf(f->path, sizeof f->path, "%s", path);
	int r = read_file(f, err, errlen);
	if (r) {
		elf_close(f);
		f = NULL;
	}
	*out = f;
	return r;
}

void elf_close(struct elf_file *f)
{
	if (f->elf)
		f->lib.elf_end(f->elf);
	kern_close(f->fd);
	free(f);
}

int elf_fd(const struct elf_file *f)
{
	return f->fd;
}

/* ---- segments ---- */

/* The part that is run and has this address, or this offset in the file. */
static const Elf64_Phdr *part_of(const struct elf_file *f, uint64_t at, bool is_offset)
{
	for (size_t i = 0; i < f->nsegments; i++) {
		const Elf64_Phdr *p = &f->segments[i];
		if (p->p_type == PT_LOAD && p->p_flags & PF_X && at - (is_offset ? p->p_offset : p->p_vaddr) < p->p_filesz)
			return p;
	}
	return NULL;
}

static int nowhere(const struct elf_file *f, const char *what, uint64_t at, char *err, size_t errlen)
{
	return elf_fail(-EINVAL, err, errlen, "the %s 0x%llx is in no part of '%s' that is run", what,
			(unsigned long long)at, f->path);
}

int elf_offset(const struct elf_file *f, uint64_t address, uint64_t *offset, char *err, size_t errlen)
{
	const Elf64_Phdr *p = part_of(f, address, false);
	if (!p)
		return nowhere(f, "address", address, err, errlen);
	*offset = address - p->p_vaddr + p->p_offset;
	return 0;
}

int elf_address(const struct elf_file *f, uint64_t offset, uint64_t *address, char *err, size_t errlen)
{
	const Elf64_Phdr *p = part_of(f, offset, true);
	if (!p)
		return nowhere(f, "offset", offset, err, errlen);
	*address = offset - p->p_offset + p->p_vaddr;
	return 0;
}

/* ---- symbol tables ---- */

static Elf_Data *data_of(struct elf_file *f, Elf_Scn *s)
{
	return s ? f->lib.elf_getdata(s, NULL) : NULL;
}

static Elf_Scn *next_of(struct elf_file *f, Elf_Scn *after, Elf64_Word type)
{
	while ((after = f->lib.elf_nextscn(f->elf, after))) {
		const Elf64_Shdr *h = f->lib.elf64_getshdr(after);
		if (h && h->sh_type == type)
			return after;
	}
	return NULL;
}

struct table {
	const Elf64_Sym *syms;
	size_t n;
	uint32_t strings;         /* section */
	const Elf64_Half *versions;
	size_t nversions;
};

static bool read_table(struct elf_file *f, Elf_Scn *s, bool dynamic, struct table *t)
{
	const Elf64_Shdr *h = f->lib.elf64_getshdr(s);
	const Elf_Data *d = data_of(f, s);
	*t = (struct table){ 0 };
	if (!h || !d || !d->d_buf)
		return false;
	t->syms = d->d_buf;
	t->n = d->d_size / sizeof *t->syms;
	t->strings = h->sh_link;
	d = dynamic ? data_of(f, next_of(f, NULL, SHT_GNU_versym)) : NULL;
	if (d && d->d_buf) {
		t->versions = d->d_buf;
		t->nversions = d->d_size / sizeof *t->versions;
	}
	return true;
}

/* Functions, and in assembler's files what has no type. */
static bool may_be_function(const Elf64_Sym *s)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);
	return type == STT_FUNC || type == STT_GNU_IFUNC ||
	       (type == STT_NOTYPE && s->st_shndx != SHN_ABS && s->st_name);
}

static int each_of(struct elf_file *f, const struct table *t, int (*each)(void *, const struct elf_symbol *),
		   void *arg)
{
	for (size_t i = 1; i < t->n; i++) {
		const Elf64_Sym *s = &t->syms[i];
		if (!may_be_function(s))
			continue;
		Elf64_Half v = i < t->nversions ? t->versions[i] : 0;
		struct elf_symbol out = {
			.name = f->lib.elf_strptr(f->elf, t->strings, s->st_name),
			.address = s->st_value, .size = s->st_size,
			.imported = s->st_shndx == SHN_UNDEF,
			.indirect = ELF64_ST_TYPE(s->st_info) == STT_GNU_IFUNC,
			.is_hidden = v & 0x8000, .version = v & 0x7fff,
		};
		int r = out.name && *out.name ? each(arg, &out) : 0;
		if (r)
			return r;
	}
	return 0;
}

int elf_each_symbol(struct elf_file *f, int (*each)(void *arg, const struct elf_symbol *s), void *arg)
{
	static const Elf64_Word types[] = { SHT_DYNSYM, SHT_SYMTAB };
	struct table t;
	for (unsigned i = 0; i < 2; i++)
		for (Elf_Scn *s = NULL; (s = next_of(f, s, types[i]));) {
			int r = read_table(f, s, types[i] == SHT_DYNSYM, &t) ? each_of(f, &t, each, arg) : 0;
			if (r)
				return r;
		}
	return 0;
}

/* ---- versions ---- */

/* The definitions are a chain of records, each a step from the one before; steps are the file's. */
const char *elf_version_name(struct elf_file *f, uint16_t number)
{
	Elf_Scn *s = next_of(f, NULL, SHT_GNU_verdef);
	const Elf64_Shdr *h = s ? f->lib.elf64_getshdr(s) : NULL;
	const Elf_Data *d = data_of(f, s);
	size_t size = h && d && d->d_buf ? d->d_size : 0, at = 0;
	while (at % 4 == 0 && at < size && size - at >= sizeof(Elf64_Verdef)) {
		const Elf64_Verdef *v = (const Elf64_Verdef *)((const char *)d->d_buf + at);
		size_t aux = at + v->vd_aux;
		if (v->vd_ndx == number && aux % 4 == 0 && aux < size && size - aux >= sizeof(Elf64_Verdaux))
			return f->lib.elf_strptr(f->elf, h->sh_link,
						 ((const Elf64_Verdaux *)((const char *)d->d_buf + aux))->vda_name);
		if (!v->vd_next)
			break;
		at += v->vd_next;
	}
	return NULL;
}
