/* tokens.h - the words of Lua source, for messages: where each stands, and which bracket or `end` closes which. */
#ifndef FRONT_TOKENS_H
#define FRONT_TOKENS_H

#include "core/arena.h"

#include <stdbool.h>

enum token_kind { TOKEN_NAME, TOKEN_KEYWORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_SIGN };
#define TOKEN_NONE UINT32_MAX

struct token {
	const char *s;
	uint32_t n;
	uint32_t line, end_line; /* where it begins and ends, from 1 */
	uint32_t column;         /* in bytes, from 0 */
	uint32_t mate;           /* the token that closes or opens what this one opens or closes; TOKEN_NONE: none */
	enum token_kind kind;
};

struct tokens {
	struct token *v;
	uint32_t n, cap;
};

/* Of a text that a NUL ends, which they point into. False: no Lua, or not to be told apart. Any bytes may be given. */
bool tokens_read(struct arena *a, const char *text, size_t n, struct tokens *out);

/* Is token i this text? No token that there is not (i beyond the end) is any. */
bool token_is(const struct tokens *t, uint32_t i, const char *text);
/* Is it one of these, which have blanks between? */
bool token_among(const struct tokens *t, uint32_t i, const char *texts);

#endif
