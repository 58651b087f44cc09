/* doc.c - tables of the compiler as documentation. */
#include "core/refusal.h"
#include "hook/hook.h"
#include "ir/ir.h"
#include "perigee.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* ---- hooks ---- */

static const char *replace_text(enum hook_replace r)
{
	static const char *const text[] = {
		[HOOK_LINK] = "in place", [HOOK_ROOT] = "behind a root", [HOOK_SWAP] = "new, then old",
	};
	return text[r];
}

/* "dev, direction, " for bpf.tc(dev, direction, f) */
static const char *args_text(const char *args, char *buf, size_t n)
{
	size_t at = 0;
	buf[0] = 0;
	for (; *args; args += strspn(args, " ")) {
		size_t len = strcspn(args, " ");
		at += (size_t)snprintf(buf + at, n - at, "%.*s, ", (int)len, args);
		args += len;
	}
	return buf;
}

static const char *results_text(const struct ir_target *t, char *buf, size_t n)
{
	size_t at = 0;
	buf[0] = 0;
	for (const struct ir_verdict *v = t->verdicts; v && v->neutral; v++)
		at += (size_t)snprintf(buf + at, n - at, "%s`%s`", at ? " " : "", pg_verdict_name(v->neutral));
	if (t->if_true)
		at += (size_t)snprintf(buf + at, n - at, " true false");
	if (t->integer_results)
		snprintf(buf + at, n - at, " integers");
	return *buf ? buf : "none";
}

int pg_hook_row(int i, char *buf, size_t n)
{
	char args[64], results[128], test[64] = "no";
	if (i < 0) {
		snprintf(buf, n, "| hook | packets or events | results | replaced | test run |\n"
			 "| --- | --- | --- | --- | --- |");
		return 0;
	}
	const struct hook *h = hook_at((unsigned)i);
	if (!h)
		return -ENOENT;
	if (h->family->test_min)
		snprintf(test, sizeof(test), "from %u bytes on", h->family->test_min);
	snprintf(buf, n, "| `bpf.%s(%s[options,] f)` | %s | %s | %s | %s |", h->name,
		 args_text(h->args, args, sizeof(args)), h->what,
		 results_text(h->family->target, results, sizeof(results)), replace_text(h->replace), test);
	return 0;
}

/* ---- refusals ---- */

/* A message with what differs left out: "recursive call of '...'". */
static const char *without_conversions(const char *text, char *buf, size_t n)
{
	size_t at = 0;
	while (*text && at + 6 < n) {
		size_t flags = *text == '%' ? strspn(text + 1, ".*0123456789l") : 0;
		if (*text != '%' || !strchr("sducg", text[1 + flags])) {
			text += text[0] == '%' && text[1] == '%';
			buf[at++] = *text++;
			continue;
		}
		at += (size_t)snprintf(buf + at, n - at, "...");
		text += flags + 2;
	}
	buf[at] = 0;
	return buf;
}

int pg_refusal_row(int i, char *buf, size_t n)
{
	char text[400], shown[400], help[400];
	if (i < 0) {
		snprintf(buf, n, "What Lua can do and kernel code cannot. These are the compiler's own rows, as `perigee dump --refusals` "
			 "prints them, all that there are; ... stands for what differs.");
		return 0;
	}
	const struct refusal *r = refusal_at((unsigned)i), *before = i ? refusal_at((unsigned)i - 1) : NULL;
	if (!r)
		return -ENOENT;
	size_t at = 0;
	if (!before || before->on != r->on)
		at = (size_t)snprintf(buf, n, "\n### %s\n\n| Refused with | What to do |\n| --- | --- |\n", refusal_on_text(r->on));
	if (at < n)
		snprintf(buf + at, n - at, "| %s | %s |", escaped(without_conversions(r->text, text, sizeof(text)), shown,
			 sizeof(shown)), escaped(r->help, help, sizeof(help)));
	return 0;
}
