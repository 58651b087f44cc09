/* refusal.c - the table of what is refused, made of the rows that the linker has put side by side. */
#include "core/refusal.h"

/* The linker's own names for both ends of a section. */
extern const struct refusal __start_refusals[] __attribute__((visibility("hidden")));
extern const struct refusal __stop_refusals[] __attribute__((visibility("hidden")));

const char *refusal_on_text(enum refusal_on on)
{
	static const char *const text[REFUSAL_NONS] = {
		[ON_VALUES] = "Values",	     [ON_FUNCTIONS] = "Functions", [ON_LOOPS] = "Loops",
		[ON_STRINGS] = "Strings",    [ON_TABLES] = "Tables and captured values",
		[ON_MAPS] = "Maps and events", [ON_PACKETS] = "Packets",   [ON_SIZE] = "Size",
	};
	return text[on];
}

static int compare(const struct refusal *a, const struct refusal *b)
{
	if (a->on != b->on)
		return a->on < b->on ? -1 : 1;
	int c = strcmp(a->text, b->text);
	return c ? c : strcmp(a->help, b->help);
}

/* The next row behind `last` in the table's order; NULL: none. Asked only to print the table. */
static const struct refusal *next_row(const struct refusal *last)
{
	const struct refusal *best = NULL;
	for (const struct refusal *r = __start_refusals; r < __stop_refusals; r++)
		if ((!last || compare(r, last) > 0) && (!best || compare(r, best) < 0))
			best = r;
	return best;
}

const struct refusal *refusal_at(unsigned i)
{
	const struct refusal *r = next_row(NULL);
	while (r && i--)
		r = next_row(r);
	return r;
}

struct diag *diag_advise(struct diag *d, const struct refusal *row)
{
	if (!d->help)
		d->help = row->help;
	d->why = row->mistake ? DIAG_MISTAKE : row->on == ON_SIZE ? DIAG_TOO_MUCH : DIAG_REFUSED;
	return d;
}
