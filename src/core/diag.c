/* diag.c - diagnostics as text, with the source line that each is about. */
#include "core/diag.h"

#include <stdio.h>
#include <stdlib.h>

struct diag *diag_add(struct diag_list *l, enum diag_level level, struct diag_pos pos,
		      const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].pos.line == pos.line && !strcmp(l->v[i].text, text))
			return &l->v[i];
	struct diag d = { .level = level, .pos = pos, .text = text };
	arena_push(l->arena, l->v, l->n, l->cap, d);
	l->errors += level == DIAG_ERROR;
	return &l->v[l->n - 1];
}

/* Line `line` of the file, or NULL; the result is malloc'd. */
static char *source_line(const char *file, uint32_t line)
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

static const char *one_text(struct arena *a, const struct diag *d)
{
	static const char *const level_name[] = { "error", "warning" };
	const char *where = d->pos.line ? arena_printf(a, "%s:%u: ", d->pos.file, d->pos.line)
					: "";
	char *s = arena_printf(a, "%s%s: %s", where, level_name[d->level], d->text);
	char *src = source_line(d->pos.file, d->pos.line);
	if (src)
		s = arena_printf(a, "%s\n%5u | %s", s, d->pos.line, src);
	free(src);
	if (d->note)
		s = arena_printf(a, "%s\n  note: %s", s, d->note);
	if (d->help)
		s = arena_printf(a, "%s\n  help: %s", s, d->help);
	return s;
}

static int by_line(const void *x, const void *y)
{
	const struct diag *const *a = x, *const *b = y;
	if ((*a)->pos.line != (*b)->pos.line)
		return (*a)->pos.line < (*b)->pos.line ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

const char *diag_text(const struct diag_list *l, enum diag_level level)
{
	const struct diag **order = arena_array(l->arena, const struct diag *, l->n + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].level == level)
			order[n++] = &l->v[i];
	qsort(order, n, sizeof(*order), by_line);
	const char *s = "";
	for (uint32_t i = 0; i < n; i++)
		s = arena_printf(l->arena, "%s%s%s", s, i ? "\n" : "", one_text(l->arena, order[i]));
	return s;
}
