/* source.h - lines of the user's source, for messages. */
#ifndef CORE_SOURCE_H
#define CORE_SOURCE_H

#include <stdint.h>

/* Line `line` of the file, or NULL; the result is malloc'd. */
char *source_line(const char *file, uint32_t line);

#endif
