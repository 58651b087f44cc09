/*
 * elf_cxx.c - functions by their C++ names. Mangled names are read by the C++ library that programs on
 * this system use themselves, loaded when such a name is first asked for: a reader of our own would be
 * as big as all of src/kern and never as right.
 */
#include "kern/elf_file.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1024 }; /* of a mangled name: readers go as deep as the name is long */

bool elf_cxx_known(struct elf_file *f)
{
	static const char *const libraries[] = { "libstdc++.so.6", "libc++abi.so.1" };
	for (unsigned i = 0; i < 2 && !f->demangle; i++) {
		void *so = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
		if (!so)
			continue;
		*(void **)&f->demangle = dlsym(so, "__cxa_demangle");
		dlclose(so);
	}
	return f->demangle;
}

/* Compilers' variants of a function ("_Z1fv.cold") have a '.', and are not what is meant by its name. */
static bool is_mangled(const char *symbol)
{
	return !strncmp(symbol, "_Z", 2) && !strpbrk(symbol, ".@") && strlen(symbol) <= LONGEST;
}

static char *demangle(struct elf_file *f, const char *symbol)
{
	int status;
	if (!is_mangled(symbol) || !elf_cxx_known(f))
		return NULL;
	return f->demangle(symbol, NULL, NULL, &status);
}

/* ---- demangled text ---- */

static size_t starts(const char *s, const char *with)
{
	size_t n = strlen(with);
	return strncmp(s, with, n) ? 0 : n;
}

/* What looks like brackets or a space and is part of a name: its length, else 0. */
static size_t name_part(const char *s)
{
	size_t n = starts(s, "(anonymous namespace)");
	if (n || !(n = starts(s, "operator")))
		return n;
	size_t k = starts(s + n, "()");
	if (s[n] == ' ') /* operator new, operator unsigned long */
		return n + strcspn(s + n, "(");
	return n + (k ? k : strspn(s + n, "<>=!+-*/%^&|~,[]"));
}

/* Bytes before the parameters: "ns::f<int>(int) const" -> "ns::f<int>". */
static size_t name_length(const char *s)
{
	int depth = 0;
	size_t n = 0;
	for (size_t k; s[n]; n += k ? k : 1) {
		k = name_part(s + n);
		if (k)
			continue;
		if (s[n] == '(' && !depth)
			break;
		depth += s[n] == '<' || s[n] == '(' ? 1 : s[n] == '>' || s[n] == ')' ? -1 : 0;
	}
	return n;
}

/* Behind the type of the result, which templates' texts start with: "int max<int>(int)" -> "max<int>(int)". */
static const char *behind_result(const char *s)
{
	const char *name = s;
	int depth = 0;
	size_t end = name_length(s);
	for (size_t n = 0, k; n < end; n += k ? k : 1) {
		k = name_part(s + n);
		if (k)
			continue;
		if (s[n] == ' ' && !depth)
			name = s + n + 1;
		depth += s[n] == '<' ? 1 : s[n] == '>' ? -1 : 0;
	}
	return name;
}

/* Are the first bytes of both the same, but for spaces? */
static bool same(const char *a, size_t n, const char *b, size_t m)
{
	for (;;) {
		while (n && *a == ' ')
			a++, n--;
		while (m && *b == ' ')
			b++, m--;
		if (!n || !m)
			return n == m;
		if (*a != *b)
			return false;
		a++, b++, n--, m--;
	}
}

char *elf_cxx_name(struct elf_file *f, const char *mangled)
{
	char *text = demangle(f, mangled);
	if (!text)
		return NULL;
	const char *name = behind_result(text);
	char *out = strndup(name, name_length(name));
	free(text);
	return out;
}

/* ---- looking for one ---- */

struct search {
	struct elf_file *f;
	const char *name;
	size_t n;                  /* bytes before the parameters */
	char word[128];            /* that the mangled name must have in it, or "" */
	struct elf_hits named, all; /* of that name; and with those parameters too */
};

/* The function's own name is found as it is in the mangled name, except where it is no plain word. */
static void last_word(struct search *s)
{
	size_t end = s->n, n = 0;
	while (n < end && (s->name[end - n - 1] == '_' || strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
								  "0123456789", s->name[end - n - 1])))
		n++;
	if (n < sizeof s->word && !strstr(s->name, "operator"))
		snprintf(s->word, sizeof s->word, "%.*s", (int)n, s->name + end - n);
}

static int consider(void *arg, const struct elf_symbol *sym)
{
	struct search *s = arg;
	if (sym->imported || !is_mangled(sym->name) || !strstr(sym->name, s->word))
		return 0;
	char *text = demangle(s->f, sym->name);
	if (!text)
		return 0;
	const char *name = behind_result(text);
	size_t n = name_length(name);
	int r = 0;
	if (same(name, n, s->name, s->n) || same(text, name_length(text), s->name, s->n)) {
		bool whole = same(name, strlen(name), s->name, strlen(s->name)) ||
			     same(text, strlen(text), s->name, strlen(s->name));
		r = elf_hit_add(&s->named, sym->address, "%s (%s)", text, sym->name);
		if (!r && whole)
			r = elf_hit_add(&s->all, sym->address, "%s (%s)", text, sym->name);
	}
	free(text);
	return r;
}

static int choose(const struct search *s, uint64_t *address, char *err, size_t errlen)
{
	const struct elf_hits *from = s->name[s->n] ? &s->all : &s->named;
	if (!s->named.n)
		return -ENOENT;
	if (from->n == 1) {
		*address = from->v[0].address;
		return 0;
	}
	static const char tail[] = "; write one of these, or its symbol (in parentheses)";
	if (!from->n)
		return elf_hits_list(&s->named, err, errlen, tail, "there is no function '%s' in '%s', of that name "
				     "there is:", s->name, s->f->path);
	return elf_hits_list(from, err, errlen, tail, "there are %u functions '%s' in '%s':", from->n + from->more,
			     s->name, s->f->path);
}

int elf_cxx_function(struct elf_file *f, const char *name, uint64_t *address, char *err, size_t errlen)
{
	struct search s = { .f = f, .name = name, .n = name_length(name) };
	last_word(&s);
	int r = elf_each_symbol(f, consider, &s);
	r = r ? r : choose(&s, address, err, errlen);
	elf_hits_clear(&s.named);
	elf_hits_clear(&s.all);
	return r;
}
