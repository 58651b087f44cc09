/* diag.h - compile-time diagnostics: collected, sorted by line, shown with their source line. */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include "core/arena.h"

#include <stdbool.h>

#define DIAG_ELSEWHERE UINT32_MAX

enum diag_level { DIAG_ERROR, DIAG_WARNING };

/* Of an error: whether Lua would have it, too, which no other way of compiling mends; whether it is legal Lua, which may be
 * there when it is compiled in another way; or whether it is only too much, which may come of that way. */
enum diag_why { DIAG_MISTAKE, DIAG_REFUSED, DIAG_TOO_MUCH };

struct diag_pos {
	const char *file; /* as Lua names the chunk: "filter.lua"; "[string ...]" for text */
	uint32_t line;    /* 0: none */
	uint32_t pc;      /* which instruction of the prototype `of`; DIAG_WHOLE: of all of it */
	const void *of;   /* NULL: not known */
};
#define DIAG_WHOLE UINT32_MAX

/* How messages of Lua name a file, whose names of more than 59 bytes they cut at the beginning: "...", and the rest. */
struct diag_file {
	const char *dots, *rest;
};
struct diag_file diag_file(const char *file);

struct diag {
	enum diag_level level;
	enum diag_why why;
	struct diag_pos pos;
	bool beside;      /* a warning that is told beside errors, too, for it may be what they come of */
	const char *text; /* "'n' may be nil here and is used as a number" */
	const char *at;   /* word of the source line that the caret is under, or several, with blanks between, one of which is
			   * there; NULL: the first that text quotes */
	unsigned operand; /* which operand of the operation it is about, from 1; 0: any; DIAG_ELSEWHERE: of another than pos names */
	const char *note; /* or NULL */
	const char *help; /* what to write instead, or NULL */
	const char *line; /* the same as a line, with DIAG_FIRST and the like for what the source has there; it is shown in place of
			   * help where that is known. Or NULL */
};
/* In `line`: an operand of the operation as it is written, its operator, and of == and ~= the other one. */
#define DIAG_FIRST "\1"
#define DIAG_SECOND "\2"
#define DIAG_OPERATOR "\3"
#define DIAG_OTHERWISE "\4"

/* What knows the columns of instructions: where in the line the caret is. */
enum { CARET_NONE = -1, CARET_UNKNOWN = -2 };
typedef int diag_caret(void *arg, const struct diag *d, const char *line);
/* What an operation with two operands is written as; false: it is not known, or too long to be shown. In the arena. */
struct diag_sides {
	const char *operand[2], *operator;
};
typedef bool diag_written(void *arg, const struct diag *d, struct arena *a, struct diag_sides *out);

struct diag_list {
	struct arena *arena;
	diag_caret *caret; /* NULL: nothing does */
	diag_written *written; /* likewise */
	void *caret_arg;       /* of both */
	struct diag *v;
	uint32_t n, cap;
	uint32_t errors;
};

/* The same text on the same line is kept once, or where it is an error once for each instruction, and told once for each word.
 * Returns the entry for .note and .help. */
struct diag *diag_add(struct diag_list *l, enum diag_level level, struct diag_pos pos,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* It is about operand i, from 0, of its instruction; where it was said before it stays about what it was. */
struct diag *diag_operand(struct diag *d, unsigned i);
/* Takes those from the n-th on away that are on a line with an error before them in the list. */
void diag_drop_beside(struct diag_list *l, uint32_t n);
/* Warnings become errors. Returns how many errors there are now. */
uint32_t diag_strict(struct diag_list *l);
/* What is to be said of a function that failed to compile in one way, and then in another that can do more: the errors that
 * surely have to be mended. Those are mistakes (of the second in lines where the first had too much of something, or nothing), what both refuse, and
 * what the second refuses in lines that the first knew nothing of; all of the first where there are none, or where the second was only too much.
 * And the warnings of the first that are told beside errors. */
struct diag_list diag_certain(const struct diag_list *first, const struct diag_list *last);
/* Warnings that are told beside errors become errors. */
void diag_strict_beside(struct diag_list *l);
/* All entries of the level, with errors those warnings that are told beside them, in the order of their lines, in the form of the language's section 5:
 *
 *     filter.lua:14: error: 'n' may be nil ...
 *        14 |   hits[ip.src] = n + 1
 *           |                  ^
 *       note: ...
 *       help: ...
 *
 * The source line is read from the file when it is there. Where it is not known which word the instruction comes from
 * the caret is left out when the message's is not in the line, or in it twice. No final newline. In the list's arena. */
const char *diag_text(const struct diag_list *l, enum diag_level level);

#endif
