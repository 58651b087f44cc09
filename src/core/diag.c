/* diag.c - diagnostics as text, with the source line that each is about. */
#include "core/diag.h"
#include "core/source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct diag_file diag_file(const char *file)
{
	enum { MOST = 59, REST = 56 };
	size_t n = strlen(file);
	return n > MOST ? (struct diag_file){ "...", file + n - REST } : (struct diag_file){ "", file };
}

static bool is_line(const struct diag_pos *a, const struct diag_pos *b)
{
	return a->line == b->line && (a->file == b->file || (a->file && b->file && !strcmp(a->file, b->file)));
}

/* An error may be told of each instruction of a line. */
static bool is_same(const struct diag *a, enum diag_level level, const struct diag_pos *pos, const char *text)
{
	return is_line(&a->pos, pos) && !strcmp(a->text, text) &&
	       (level != DIAG_ERROR || a->level != DIAG_ERROR || !pos->of || a->pos.of != pos->of || a->pos.pc == pos->pc);
}

struct diag *diag_add(struct diag_list *l, enum diag_level level, struct diag_pos pos,
		      const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	for (uint32_t i = 0; i < l->n; i++)
		if (is_same(&l->v[i], level, &pos, text))
			return &l->v[i];
	struct diag d = { .level = level, .pos = pos, .text = text };
	arena_push(l->arena, l->v, l->n, l->cap, d);
	l->errors += level == DIAG_ERROR;
	return &l->v[l->n - 1];
}

/* Is all that there is on the line of d too much of something? */
static bool is_only_much(const struct diag_list *l, const struct diag *d)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].level == DIAG_ERROR && is_line(&l->v[i].pos, &d->pos) && l->v[i].why != DIAG_TOO_MUCH)
			return false;
	return true;
}

/* An error on the line of d, with this text; NULL: any. */
static bool has_error(const struct diag_list *l, const struct diag *d, const char *text)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].level == DIAG_ERROR && is_line(&l->v[i].pos, &d->pos) && (!text || !strcmp(l->v[i].text, text)))
			return true;
	return false;
}

static void take(struct diag_list *l, const struct diag *d)
{
	arena_push(l->arena, l->v, l->n, l->cap, *d);
	l->errors += d->level == DIAG_ERROR;
}

void diag_drop_beside(struct diag_list *l, uint32_t n)
{
	const struct diag_list before = { .v = l->v, .n = n };
	uint32_t kept = n;
	for (uint32_t i = n; i < l->n; i++) {
		const bool drop = has_error(&before, &l->v[i], NULL);
		l->errors -= drop && l->v[i].level == DIAG_ERROR;
		if (!drop)
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

struct diag_list diag_certain(const struct diag_list *first, const struct diag_list *last)
{
	struct diag_list both = { .arena = first->arena, .caret = first->caret, .written = first->written, .caret_arg = first->caret_arg };
	for (uint32_t i = 0; i < last->n; i++)
		if (last->v[i].why == DIAG_TOO_MUCH)
			return *first;
	for (uint32_t i = 0; i < first->n; i++)
		if (first->v[i].level == DIAG_WARNING ? first->v[i].beside
		    : first->v[i].why == DIAG_MISTAKE || has_error(last, &first->v[i], first->v[i].text))
			take(&both, &first->v[i]);
	for (uint32_t i = 0; i < last->n; i++)
		if (last->v[i].level == DIAG_ERROR &&
		    (last->v[i].why == DIAG_MISTAKE ? is_only_much(first, &last->v[i]) : !has_error(first, &last->v[i], NULL)))
			take(&both, &last->v[i]);
	return both.errors ? both : *first;
}

struct diag *diag_operand(struct diag *d, unsigned i)
{
	if (!d->operand)
		d->operand = i + 1;
	return d;
}

uint32_t diag_strict(struct diag_list *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		l->v[i].level = DIAG_ERROR;
	return l->errors = l->n;
}

void diag_strict_beside(struct diag_list *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].beside && l->v[i].level == DIAG_WARNING) {
			l->v[i].level = DIAG_ERROR;
			l->errors++;
		}
}

/* ---- the caret ---- */

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Does the word stand at s, whose line begins at line, by itself: no longer name, no longer operator? */
static bool stands_at(const char *line, const char *s, const char *word, size_t n)
{
	if (strncmp(s, word, n))
		return false;
	char before = s > line ? s[-1] : ' ', after = s[n];
	if (in_name(*word))
		return !in_name(before) && !in_name(after);
	return before != *word && after != word[n - 1] && !strchr("=~<>/", before) && (!after || !strchr("=<>/", after));
}

/* How long the one of these words, between blanks, is that stands at s; 0: none. */
static size_t word_at(const char *line, const char *s, const char *words, size_t n)
{
	for (size_t i = 0, m; i < n; i += m + 1) {
		const char *blank = memchr(words + i, ' ', n - i);
		m = blank ? (size_t)(blank - words) - i : n - i;
		if (stands_at(line, s, words + i, m))
			return m;
	}
	return 0;
}

/* Behind the text that begins at s with a quote. */
static const char *behind_text(const char *s)
{
	char quote = *s++;
	for (; *s && *s != quote; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

/* Where the word, or one of several, is in the line's code, if any is there, and once; else NULL. */
static const char *only_place(const char *line, const char *words, size_t n)
{
	const char *found = NULL;
	for (const char *s = line; *s && strncmp(s, "--", 2);) {
		if (*s == '"' || *s == '\'') {
			s = behind_text(s);
			continue;
		}
		size_t m = word_at(line, s, words, n);
		if (m && found)
			return NULL;
		found = m ? s : found;
		s++;
	}
	return found;
}

/* What the caret is under: the word that is named, or the first of those that the message quotes. */
static const char *place(const struct diag *d, const char *line)
{
	if (d->at)
		return only_place(line, d->at, strlen(d->at));
	for (const char *q = strchr(d->text, '\''), *end; q; q = strchr(end + 1, '\'')) {
		end = strchr(q + 1, '\'');
		if (!end)
			return NULL;
		const char *found = end > q + 1 ? only_place(line, q + 1, (size_t)(end - q - 1)) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

/* Does the line before end with an operator? That one may be meant, and be of this line for Lua. */
static bool goes_over(const struct diag *d)
{
	char *before = d->pos.line > 1 ? source_line(d->pos.file, d->pos.line - 1) : NULL;
	size_t n = before ? strlen(before) : 0;
	while (n && isspace((unsigned char)before[n - 1]))
		n--;
	bool operator = n && strchr("=~<>+-*/%&|^.", before[n - 1]);
	free(before);
	return operator;
}

/* A line that ends with the caret; tabs stay tabs. */
static const char *caret(const struct diag_list *l, const struct diag *d, const char *line)
{
	int column = l->caret ? l->caret(l->caret_arg, d, line) : CARET_UNKNOWN;
	const char *at = column >= 0 ? line + column : NULL;
	if (column == CARET_UNKNOWN && !(d->at && !in_name(*d->at) && goes_over(d)))
		at = place(d, line);
	if (!at)
		return "";
	char *s = arena_alloc(l->arena, (size_t)(at - line) + 2);
	for (size_t i = 0; line + i < at; i++)
		s[i] = line[i] == '\t' ? '\t' : ' ';
	s[at - line] = '^';
	s[at - line + 1] = 0;
	return arena_printf(l->arena, "\n      | %s", s);
}

/* ---- the line to write ---- */

static const char *filled(struct arena *a, const char *line, const struct diag_sides *as)
{
	const char *other = !strcmp(as->operator, "==") ? "~=" : "==";
	const char *const texts[] = { as->operand[0], as->operand[1], as->operator, other };
	const char *s = "";
	for (size_t n; *line; line += n + (line[n] != 0)) {
		n = strcspn(line, DIAG_FIRST DIAG_SECOND DIAG_OPERATOR DIAG_OTHERWISE);
		s = arena_printf(a, "%s%.*s%s", s, (int)n, line, line[n] ? texts[line[n] - 1] : "");
	}
	return s;
}

static const char *help_of(const struct diag_list *l, const struct diag *d)
{
	struct diag_sides as;
	bool known = d->line && l->written && l->written(l->caret_arg, d, l->arena, &as);
	return known ? filled(l->arena, d->line, &as) : d->help;
}

static const char *one_text(const struct diag_list *l, const struct diag *d)
{
	struct arena *a = l->arena;
	static const char *const level_name[] = { "error", "warning" };
	const char *where = d->pos.line ? arena_printf(a, "%s:%u: ", d->pos.file, d->pos.line)
					: "";
	char *s = arena_printf(a, "%s%s: %s", where, level_name[d->level], d->text);
	char *src = source_line(d->pos.file, d->pos.line);
	if (src)
		s = arena_printf(a, "%s\n%5u | %s%s", s, d->pos.line, src, caret(l, d, src));
	free(src);
	if (d->note)
		s = arena_printf(a, "%s\n  note: %s", s, d->note);
	const char *help = help_of(l, d);
	if (help)
		s = arena_printf(a, "%s\n  help: %s", s, help);
	return s;
}

static int by_line(const void *x, const void *y)
{
	const struct diag *const *a = x, *const *b = y;
	if ((*a)->pos.line != (*b)->pos.line)
		return (*a)->pos.line < (*b)->pos.line ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* Of two instructions that come of one word, or where no caret shows which word it is. */
static bool is_told(const struct diag *const *order, const char *const *texts, uint32_t i)
{
	for (uint32_t before = i; before-- && is_line(&order[before]->pos, &order[i]->pos);)
		if (!strcmp(texts[before], texts[i]))
			return true;
	return false;
}

const char *diag_text(const struct diag_list *l, enum diag_level level)
{
	const struct diag **order = arena_array(l->arena, const struct diag *, l->n + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].level == level || (level == DIAG_ERROR && l->v[i].beside))
			order[n++] = &l->v[i];
	qsort(order, n, sizeof(*order), by_line);
	const char **texts = arena_array(l->arena, const char *, n + 1), *s = "";
	for (uint32_t i = 0; i < n; i++) {
		texts[i] = one_text(l, order[i]);
		if (!is_told(order, texts, i))
			s = arena_printf(l->arena, "%s%s%s", s, i ? "\n" : "", texts[i]);
	}
	return s;
}
