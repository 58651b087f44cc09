/* source.h - the user's source, for messages. */
#ifndef CORE_SOURCE_H
#define CORE_SOURCE_H

#include "core/arena.h"

/* Line `line` of the file, or NULL; the result is malloc'd. */
char *source_line(const char *file, uint32_t line);

/* All of it, a NUL behind its *n bytes; NULL: it cannot be read, or is too long for what it is wanted for. */
char *source_text(struct arena *a, const char *file, size_t *n);

#endif
