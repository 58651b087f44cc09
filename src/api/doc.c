/* doc.c - tables of the compiler as documentation. */
#include "ir/ir.h"

#include <errno.h>
#include <stdio.h>

static const char *result_text(char r)
{
	switch (r) {
	case 'V': return "a Lua value";
	case 'W': return "a word";
	case 'P': return "a pointer";
	default: return "";
	}
}

static const char *effects_text(uint8_t e, char *buf, size_t n)
{
	snprintf(buf, n, "%s%s%s", e & IR_E_READ ? "reads " : "", e & IR_E_WRITE ? "writes " : "",
		 e & IR_E_RAISE ? "may raise" : "");
	return buf;
}

/* A bar would end the table's cell. */
static const char *escaped(const char *s, char *buf, size_t n)
{
	size_t at = 0;
	for (; *s && at + 2 < n; s++) {
		if (*s == '|')
			buf[at++] = '\\';
		buf[at++] = *s;
	}
	buf[at] = 0;
	return buf;
}

int pg_operation_row(int i, char *buf, size_t n)
{
	char args[16], ends[32], effects[32], what[384];
	if (i < 0) {
		snprintf(buf, n, "| operation | level | arguments | gives | effects | ends its block | what it does |\n"
			 "| --- | --- | --- | --- | --- | --- | --- |");
		return 0;
	}
	if (i >= IR_NOPS)
		return -ENOENT;
	const struct ir_opinfo *op = &ir_ops[i];
	snprintf(args, sizeof(args), op->nargs < 0 ? "any" : "%d", op->nargs);
	ends[0] = 0;
	if (op->ends >= 0)
		snprintf(ends, sizeof(ends), "%d successors", op->ends);
	snprintf(buf, n, "| `%s` | %c | %s | %s | %s | %s | %s |", op->name, op->level, args, result_text(op->result),
		 effects_text(op->effects, effects, sizeof(effects)), ends, escaped(op->what, what, sizeof(what)));
	return 0;
}
