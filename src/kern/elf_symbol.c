/* elf_symbol.c - a function by its symbol; what to say where there is none, or more than one. */
#include "core/near.h"
#include "kern/elf_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = sizeof((struct elf_hits *)0)->v / sizeof(struct elf_hit) };

/* ---- what was found ---- */

int elf_hit_add(struct elf_hits *h, uint64_t address, const char *fmt, ...)
{
	va_list ap;
	for (unsigned i = 0; i < h->n; i++)
		if (h->v[i].address == address)
			return 0;
	if (h->n == MOST) {
		h->more++;
		return 0;
	}
	va_start(ap, fmt);
	int r = vasprintf(&h->v[h->n].text, fmt, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	h->v[h->n++].address = address;
	return 0;
}

void elf_hits_clear(struct elf_hits *h)
{
	while (h->n)
		free(h->v[--h->n].text);
	h->more = 0;
}

int elf_hits_list(const struct elf_hits *h, char *err, size_t errlen, const char *tail, const char *fmt, ...)
{
	char *text = NULL;
	size_t size;
	va_list ap;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return elf_fail(-ENOMEM, err, errlen, "out of memory");
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < h->n; i++)
		fprintf(out, "%s%s", i ? ", " : " ", h->v[i].text);
	if (h->more)
		fprintf(out, " and %u more", h->more);
	fprintf(out, "%s", tail);
	fclose(out);
	elf_fail(0, err, errlen, "%s", text);
	free(text);
	return -EINVAL;
}

/* ---- by symbol ---- */

struct search {
	struct elf_file *f;
	const char *name, *version;  /* version: after the name's '@', or NULL */
	size_t n;                    /* bytes of the name alone */
	struct elf_hits hits;
	bool only_hidden;            /* of all hits so far: versions that nothing new is linked to */
	bool imported, indirect;
	size_t seen;                 /* functions that the file itself has */
};

static const char *version_of(struct search *s, const struct elf_symbol *sym)
{
	const char *at = strchr(sym->name, '@'); /* .symtab has it in the name */
	if (at)
		return at + 1 + (at[1] == '@');
	return sym->version > 1 ? elf_version_name(s->f, sym->version) : NULL;
}

static bool fits(struct search *s, const struct elf_symbol *sym)
{
	char end = strncmp(sym->name, s->name, s->n) ? 'x' : sym->name[s->n];
	if (end && end != '@')
		return false;
	const char *v = s->version ? version_of(s, sym) : NULL;
	return !s->version || (v && !strcmp(v, s->version));
}

static int consider(void *arg, const struct elf_symbol *sym)
{
	struct search *s = arg;
	s->seen += !sym->imported;
	if (!fits(s, sym))
		return 0;
	if (sym->imported) {
		s->imported = true;
		return 0;
	}
	const char *at = strchr(sym->name, '@');
	bool hidden = !s->version && (sym->is_hidden || (at && at[1] != '@'));
	if (hidden && s->hits.n && !s->only_hidden)
		return 0;
	if (!hidden && s->only_hidden)
		elf_hits_clear(&s->hits);
	s->only_hidden = hidden;
	s->indirect |= sym->indirect;
	const char *v = hidden ? version_of(s, sym) : NULL;
	if (v)
		return elf_hit_add(&s->hits, sym->address, "%.*s@%s", (int)s->n, s->name, v);
	return elf_hit_add(&s->hits, sym->address, "0x%llx", (unsigned long long)sym->address);
}

static int found(struct search *s, uint64_t *address, char *err, size_t errlen)
{
	if (s->indirect)
		return elf_fail(-EINVAL, err, errlen, "'%s' in '%s' stands for one of several functions, which each "
				"process chooses at its start (IFUNC): name the one that is meant", s->name, s->f->path);
	if (s->hits.n == 1) {
		*address = s->hits.v[0].address;
		return 0;
	}
	return elf_hits_list(&s->hits, err, errlen, "; write one of these in place of the name",
			     "there are %u functions '%s' in '%s':", s->hits.n + s->hits.more, s->name, s->f->path);
}

/* ---- none ---- */

struct nearest {
	struct elf_file *f;
	const char *name;
	size_t n;
	bool cxx;
	unsigned best;
	char text[256];
};

static int consider_near(void *arg, const struct elf_symbol *sym)
{
	struct nearest *s = arg;
	if (sym->imported)
		return 0;
	char *cxx = s->cxx ? elf_cxx_name(s->f, sym->name) : NULL;
	const char *name = cxx ? cxx : sym->name;
	unsigned d = near_slip(s->name, s->n, name);
	if (d < s->best && d < s->n) {
		s->best = d;
		snprintf(s->text, sizeof s->text, "%s", name);
	}
	free(cxx);
	return 0;
}

static int not_found(struct search *s, char *err, size_t errlen)
{
	bool cxx = strstr(s->name, "::") || strchr(s->name, '(');
	struct nearest near = { .f = s->f, .name = s->name, .cxx = cxx, .best = NEAR_ENOUGH + 1,
				.n = strcspn(s->name, "(@") };
	if (s->imported)
		return elf_fail(-ENOENT, err, errlen, "'%s' only calls '%s': name the library that has it",
				s->f->path, s->name);
	if (!s->seen)
		return elf_fail(-ENOENT, err, errlen, "'%s' has no symbols (it is stripped): write an address, FILE:0x..., "
				"or an offset, FILE+0x...", s->f->path);
	elf_each_symbol(s->f, consider_near, &near);
	if (*near.text)
		return elf_fail(-ENOENT, err, errlen, "there is no function '%s' in '%s'; did you mean '%s'?", s->name,
				s->f->path, near.text);
	if (cxx && !elf_cxx_known(s->f))
		return elf_fail(-ENOENT, err, errlen, "there is no symbol '%s' in '%s', and C++ names can be read only where "
				"libstdc++.so.6 or libc++abi.so.1 is: write the name as nm prints it", s->name, s->f->path);
	return elf_fail(-ENOENT, err, errlen, "there is no function '%s' in '%s'", s->name, s->f->path);
}

int elf_function(struct elf_file *f, const char *name, uint64_t *address, char *err, size_t errlen)
{
	size_t n = strcspn(name, "@");
	const char *version = name[n] ? name + n + 1 + (name[n + 1] == '@') : NULL;
	struct search s = { .f = f, .name = name, .n = n, .version = version };
	int r = elf_each_symbol(f, consider, &s);
	if (!r && s.hits.n)
		r = found(&s, address, err, errlen);
	else if (!r)
		r = elf_cxx_function(f, name, address, err, errlen);
	if (r == -ENOENT)
		r = not_found(&s, err, errlen);
	if (r == -ENOMEM)
		elf_fail(r, err, errlen, "out of memory");
	elf_hits_clear(&s.hits);
	return r;
}

/* ---- the other way round ---- */

struct inside {
	uint64_t address;
	const char *name;
};

static int consider_inside(void *arg, const struct elf_symbol *sym)
{
	struct inside *s = arg;
	if (sym->imported || s->address - sym->address >= sym->size)
		return 0;
	s->name = s->address == sym->address ? NULL : sym->name;
	return s->address == sym->address; /* a start is a start, whatever else covers it */
}

const char *elf_inside(struct elf_file *f, uint64_t address)
{
	struct inside s = { .address = address };
	elf_each_symbol(f, consider_inside, &s);
	return s.name;
}
