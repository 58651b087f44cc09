/* tokens.c - Lua source to words, by the rules of its manual (3.1). */
#include "front/tokens.h"

#include <ctype.h>
#include <string.h>

struct scan {
	const char *at, *end, *line_at;
	uint32_t line;
};

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_word(const char *s, size_t n, const char *words)
{
	for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
		if (strcspn(w, " ") == n && !memcmp(w, s, n))
			return true;
	return false;
}

/* One character; \r\n and \n\r are one end of a line. */
static void step(struct scan *s)
{
	char c = *s->at++;
	if (c != '\n' && c != '\r')
		return;
	s->at += s->at < s->end && (*s->at == '\n' || *s->at == '\r') && *s->at != c;
	s->line++;
	s->line_at = s->at;
}

/* The level of the long bracket that begins here; -1: none does. */
static int long_level(const struct scan *s)
{
	const char *p = s->at + 1;
	while (p < s->end && *p == '=')
		p++;
	return *s->at == '[' && p < s->end && *p == '[' ? (int)(p - s->at - 1) : -1;
}

static bool long_bracket(struct scan *s, int level)
{
	for (s->at += level + 2; s->at < s->end; step(s)) {
		const char *p = s->at + 1;
		if (*s->at != ']')
			continue;
		while (p < s->end && *p == '=')
			p++;
		if (p < s->end && *p == ']' && p - s->at - 1 == level) {
			s->at = p + 1;
			return true;
		}
	}
	return false;
}

static bool quoted(struct scan *s)
{
	char quote = *s->at++;
	while (s->at < s->end && *s->at != quote) {
		if (*s->at == '\n' || *s->at == '\r')
			return false;
		if (*s->at != '\\') {
			s->at++;
			continue;
		}
		if (++s->at < s->end && *s->at == 'z')
			for (s->at++; s->at < s->end && isspace((unsigned char)*s->at);)
				step(s);
		else if (s->at < s->end)
			step(s);
	}
	return s->at++ < s->end;
}

static void number(struct scan *s)
{
	bool hex = s->at + 1 < s->end && *s->at == '0' && (s->at[1] == 'x' || s->at[1] == 'X');
	while (s->at < s->end && (in_name(*s->at) || *s->at == '.')) {
		char c = (char)tolower((unsigned char)*s->at++);
		if (c == (hex ? 'p' : 'e') && s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
	}
}

static bool sign(struct scan *s)
{
	static const char *const signs[] = { "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>" };
	for (unsigned i = 0; i < sizeof signs / sizeof *signs; i++) {
		size_t n = strlen(signs[i]);
		if ((size_t)(s->end - s->at) >= n && !memcmp(s->at, signs[i], n)) {
			s->at += n;
			return true;
		}
	}
	return *s->at && strchr("+-*/%^#&~|<>=(){}[];:,.", *s->at++);
}

static void blanks(struct scan *s)
{
	while (s->at < s->end) {
		if (isspace((unsigned char)*s->at)) {
			step(s);
		} else if (s->end - s->at > 1 && s->at[0] == '-' && s->at[1] == '-') {
			s->at += 2;
			int level = s->at < s->end ? long_level(s) : -1;
			if (level >= 0 && !long_bracket(s, level))
				s->at = s->end;
			while (level < 0 && s->at < s->end && *s->at != '\n' && *s->at != '\r')
				s->at++;
		} else {
			return;
		}
	}
}

static const char keywords[] = "and break do else elseif end false for function goto if in local nil not or repeat return then true "
			       "until while";

static bool one(struct scan *s, struct token *t)
{
	const char *from = s->at;
	char c = *from, next = from + 1 < s->end ? from[1] : 0;
	*t = (struct token){ .s = from, .line = s->line, .column = (uint32_t)(from - s->line_at), .mate = TOKEN_NONE,
			     .kind = TOKEN_SIGN };
	bool good = true;
	if (isalpha((unsigned char)c) || c == '_') {
		while (s->at < s->end && in_name(*s->at))
			s->at++;
		t->kind = is_word(from, (size_t)(s->at - from), keywords) ? TOKEN_KEYWORD : TOKEN_NAME;
	} else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)next))) {
		t->kind = TOKEN_NUMBER;
		number(s);
	} else if (c == '"' || c == '\'' || long_level(s) >= 0) {
		t->kind = TOKEN_STRING;
		good = c == '[' ? long_bracket(s, long_level(s)) : quoted(s);
	} else {
		good = sign(s);
	}
	t->n = (uint32_t)(s->at - from);
	t->end_line = s->line;
	return good;
}

/* Is token i, a `do`, that of the loop which is open? Its head is marked by it then, until its end is known. */
static bool of_loop(struct tokens *t, uint32_t i, uint32_t open)
{
	if (!token_is(t, i, "do") || !token_among(t, open, "for while") || t->v[open].mate != TOKEN_NONE)
		return false;
	t->v[open].mate = i;
	return true;
}

static const char *closer(const struct tokens *t, uint32_t open)
{
	switch (*t->v[open].s) {
	case '(': return ")";
	case '[': return "]";
	case '{': return "}";
	default:  return token_is(t, open, "repeat") ? "until" : "end";
	}
}

/* What opens and what closes it. */
static bool pair_up(struct arena *a, struct tokens *t)
{
	uint32_t *open = arena_array(a, uint32_t, t->n + 1), n = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->v[i].kind == TOKEN_STRING || (n && of_loop(t, i, open[n - 1])))
			continue;
		if (token_among(t, i, "( [ { function if for while repeat do")) {
			open[n++] = i;
		} else if (token_among(t, i, ") ] } end until")) {
			if (!n || !token_is(t, i, closer(t, open[n - 1])))
				return false;
			t->v[i].mate = open[--n];
			t->v[open[n]].mate = i;
		}
	}
	return !n;
}

bool tokens_read(struct arena *a, const char *text, size_t n, struct tokens *out)
{
	struct scan s = { .at = text, .end = text + n, .line_at = text, .line = 1 };
	*out = (struct tokens){ 0 };
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		s.at += 3;
	if (s.at < s.end && *s.at == '#')
		while (s.at < s.end && *s.at != '\n')
			s.at++;
	for (blanks(&s); s.at < s.end; blanks(&s)) {
		struct token t;
		if (!one(&s, &t))
			return false;
		arena_push(a, out->v, out->n, out->cap, t);
	}
	return pair_up(a, out);
}

bool token_is(const struct tokens *t, uint32_t i, const char *text)
{
	return i < t->n && t->v[i].n == strlen(text) && !memcmp(t->v[i].s, text, t->v[i].n);
}

bool token_among(const struct tokens *t, uint32_t i, const char *texts)
{
	return i < t->n && is_word(t->v[i].s, t->v[i].n, texts);
}
