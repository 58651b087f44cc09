/* source.c - reads the user's source again, when there is something to say of it. */
#include "core/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *source_line(const char *file, uint32_t line)
{
	FILE *f = file && line ? fopen(file, "re") : NULL;
	if (!f)
		return NULL;
	char *text = NULL;
	size_t cap = 0;
	ssize_t got = 0;
	for (uint32_t i = 0; i < line && got >= 0; i++)
		got = getline(&text, &cap, f);
	fclose(f);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[strcspn(text, "\r\n")] = 0;
	return text;
}

char *source_text(struct arena *a, const char *file, size_t *n)
{
	enum { MOST = 1 << 20 }; /* as words it takes up to eighty times as much, of the memory that there is for the program */
	struct stat st;
	FILE *f = fopen(file, "re");
	if (!f)
		return NULL;
	char *text = NULL;
	if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode) && st.st_size <= MOST) {
		text = arena_alloc(a, (size_t)st.st_size + 1);
		*n = fread(text, 1, (size_t)st.st_size, f);
		text[*n] = 0;
	}
	fclose(f);
	return text;
}
