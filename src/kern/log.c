/*
 * log.c - the verifier's log for someone who wrote Lua: its last relevant lines, under the Lua lines
 * they belong to.
 *
 * The log interleaves source lines ("; hits[k] = n @ filter.lua:14"; before 6.8 without the place),
 * instructions ("12: (79) r1 = ...") and remarks, and ends with the complaint and statistics.
 */
#include "kern/kern.h"

#include "core/mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP = 12 };

struct line { const char *at; size_t n; };

static bool starts(struct line l, const char *with)
{
	size_t n = strlen(with);
	return l.n >= n && !memcmp(l.at, with, n);
}

/* Statistics and the like, which say nothing of what is wrong. */
static bool noise(struct line l)
{
	static const char *const words[] = { "processed ", "verification time", "stack depth",
					     "mark_precise:", "arg#", "func#", "Live regs",
					     "Validating " };
	if (!l.n)
		return true;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (starts(l, words[i]))
			return true;
	return false;
}

static bool next(const char **at, struct line *l)
{
	if (!**at)
		return false;
	l->at = *at;
	l->n = strcspn(*at, "\n");
	*at += l->n + ((*at)[l->n] == '\n');
	return true;
}

/* "; text @ file:line" -> "file:line: text"; without a place "; text" -> "text". */
static void print_source(FILE *out, struct line l)
{
	const char *text = l.at + 2, *end = l.at + l.n, *place = NULL;
	for (const char *p = text; p + 3 < end; p++)
		if (!memcmp(p, " @ ", 3))
			place = p;
	if (place)
		fprintf(out, "  %.*s: ", (int)(end - place - 3), place + 3);
	else
		fprintf(out, "  ");
	fprintf(out, "%.*s\n", (int)((place ? place : end) - text), text);
}

char *kern_log_explain(const char *log)
{
	struct line ring[KEEP], source = { NULL, 0 }, l;
	unsigned n = 0;
	for (const char *at = log; next(&at, &l);) {
		if (noise(l))
			continue;
		if (n >= KEEP && starts(ring[n % KEEP], "; "))
			source = MUTANT(log_place) ? source : ring[n % KEEP]; /* pushed out: still what the first kept lines belong to */
		ring[n++ % KEEP] = l;
	}
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	unsigned first = n > KEEP ? n - KEEP : 0;
	if (source.at && !starts(ring[first % KEEP], "; "))
		print_source(out, source);
	for (unsigned i = first; i < n; i++) {
		l = ring[i % KEEP];
		if (starts(l, "; "))
			print_source(out, l);
		else
			fprintf(out, "      %.*s\n", (int)l.n, l.at);
	}
	fclose(out);
	if (text && size && text[size - 1] == '\n')
		text[size - 1] = 0;
	return text;
}
