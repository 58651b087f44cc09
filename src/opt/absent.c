/* absent.c - functions of Lua that kernel code has not, and what to write instead. */
#include "opt/infer.h"

static bool starts(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

#define ABSENT "'%s' is not there in kernel code"

/* Functions of tables, and what to write instead. */
static const struct refusal *absent_of_tables(const char *name)
{
	if (starts(name, "setmetatable") || starts(name, "getmetatable"))
		return REFUSAL(ON_TABLES, "set it in the user half: of captured tables __index is followed; those made "
			       "in kernel code have no metatable: call what it holds by name, Acc.add(a, 3), or give the table its own, "
			       "function a:add(n) ... end", ABSENT);
	if (starts(name, "table.concat"))
		return REFUSAL(ON_STRINGS, "give it a table, a text and integers, tested where they may be something else; or "
			       "put the texts together with ..", ABSENT);
	if (starts(name, "table."))
		return REFUSAL(ON_TABLES, "lists of kernel code are indexed, counted (#t), appended to (t[#t + 1] = v) and "
			       "gone over: the rest is a loop", ABSENT);
	if (starts(name, "rawset"))
		return REFUSAL(ON_TABLES, "assign the field: t.k = v", ABSENT);
	return NULL;
}

/* Functions of Lua that kernel code has not, or not yet. */
static const struct refusal *absent(const char *name)
{
	if (!strcmp(name, "next"))
		return REFUSAL(ON_LOOPS, "go over it: for k, v in pairs(t) do ... end", ABSENT);
	if (starts(name, "utf8."))
		return REFUSAL(ON_STRINGS, "look at the bytes: s:byte(i), s:sub(i, j); what it gives of a text that is known, "
			       "capture", ABSENT);
	if (starts(name, "coroutine."))
		return REFUSAL(ON_FUNCTIONS, "a run goes through without a pause: keep in a map, or in bpf.state, what the "
			       "next run needs", ABSENT);
	if (starts(name, "load") || starts(name, "dofile") || starts(name, "require"))
		return REFUSAL(ON_FUNCTIONS, "load it in the user half, and capture the functions that this gives", ABSENT);
	if (starts(name, "io."))
		return REFUSAL(ON_FUNCTIONS, "print(...), or send an event: the user half writes it", ABSENT);
	if (starts(name, "debug."))
		return REFUSAL(ON_FUNCTIONS, "leave it out: errors name their line by themselves", ABSENT);
	if (!strcmp(name, "os.time") || !strcmp(name, "os.clock"))
		return REFUSAL(ON_FUNCTIONS, "bpf.ktime() gives the nanoseconds since boot", ABSENT);
	if (starts(name, "math.random"))
		return REFUSAL(ON_FUNCTIONS, "bpf.random() gives 32 random bits", ABSENT);
	if (starts(name, "math."))
		return REFUSAL(ON_VALUES, "it computes with floats, which do not exist in the kernel: use integers, or "
			       "capture what it gives", ABSENT);
	if (starts(name, "bpf."))
		return REFUSAL(ON_FUNCTIONS, "it is of the user half: call it there, before the function is compiled, and "
			       "capture what it gives", ABSENT);
	if (starts(name, "collectgarbage"))
		return REFUSAL(ON_FUNCTIONS, "leave it out: kernel code leaves nothing to collect", ABSENT);
	return absent_of_tables(name);
}

void infer_absent(struct infer *in, uint32_t site, const char *name)
{
	const struct refusal *row = absent(name);
	if (starts(name, "string."))
		infer_no_method(in, site, name + strlen("string."));
	else if (row)
		diag_advise(flow_error(&in->fl, site, ABSENT, name), row);
	else
		flow_refuse(&in->fl, site, ON_FUNCTIONS, "call it in the user half and capture its result",
			    "'%s' cannot be called in kernel code", name);
}

/* ---- methods of strings ---- */

#define NO_STRING "there is no string.%s in kernel code"

static const struct refusal *absent_of_strings(const char *name)
{
	if (!strcmp(name, "gsub"))
		return REFUSAL(ON_STRINGS, "go over its parts with s:gmatch(...), or its bytes with s:sub(i, i), and put "
			       "those together with ..", NO_STRING);
	if (!strcmp(name, "reverse"))
		return REFUSAL(ON_STRINGS, "put its bytes together from the end: for i = #s, 1, -1 do r = r .. s:sub(i, i) "
			       "end", NO_STRING);
	return NULL;
}

/* The method that there is whose name is nearest, as what to write; NULL: none is. */
static const char *nearest(struct infer *in, const char *name)
{
	const struct ir_lib *row = in->fl.u->target->str_rows;
	const char *names[64];
	uint32_t n = 0;
	for (; row && row->name && n < 64; row++)
		if (*row->name != '(')
			names[n++] = row->name;
	const char *near = in->fl.report ? ir_nearest(name, names, n) : NULL;
	return near ? arena_printf(in->fl.u->arena, "did you mean '%s'?", near) : NULL;
}

void infer_no_method(struct infer *in, uint32_t site, const char *name)
{
	struct diag *d = flow_error(&in->fl, site, NO_STRING, name);
	const struct refusal *row = absent_of_strings(name), *other =
		REFUSAL(ON_STRINGS, "write it as a function of your own, and call that by its name: f(s)", NO_STRING);
	d->at = name;
	d->help = row ? NULL : nearest(in, name);
	diag_advise(d, row ? row : other);
}
