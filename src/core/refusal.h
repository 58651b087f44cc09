/* refusal.h - what is legal Lua and refused all the same: each place that refuses holds a row of one table. */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "core/diag.h"

/* What the user meant to use; a heading of the table. */
enum refusal_on { ON_VALUES, ON_FUNCTIONS, ON_LOOPS, ON_STRINGS, ON_TABLES, ON_MAPS, ON_PACKETS, ON_SIZE, REFUSAL_NONS };

struct refusal {
	enum refusal_on on;
	const char *text; /* the message, a format for printf */
	const char *help; /* what to do instead */
	bool mistake;     /* wrong in Lua, too: no row of the table */
};

/* A row, where it is used: the linker puts all of them side by side. Both texts are literals. */
#define REFUSAL(on_, help_, text_)                                                                 \
	({                                                                                         \
		static const struct refusal row_ __attribute__((section("refusals"), used,         \
								aligned(8))) = {                   \
			.on = (on_), .text = "" text_, .help = "" help_                            \
		};                                                                                 \
		&row_;                                                                             \
	})

/* Rows of a text that gets its help from elsewhere, such as from what it is about: `REFUSAL_ROWS(name) = { REFUSED(...), };` */
#define REFUSAL_ROWS(name)                                                                         \
	static const struct refusal name[] __attribute__((section("refusals"), used, aligned(8)))
#define REFUSED(on_, help_, text_) { .on = (on_), .text = "" text_, .help = "" help_ }

/* What is refused by one of those. */
static inline struct diag *diag_refused(struct diag *d)
{
	d->why = DIAG_REFUSED;
	return d;
}

/* The i-th row in the order of the table: by what it is about, then by its text; NULL past the end. Each text once. */
const struct refusal *refusal_at(unsigned i);
const char *refusal_on_text(enum refusal_on on);

/* That it is what this row refuses; gives it the row's help, where it has none of its own. */
struct diag *diag_advise(struct diag *d, const struct refusal *row);

/* Refuses at a place in the source: the entry. */
#define diag_refuse(list, pos, on, help, text, ...)                                                \
	diag_advise(diag_add(list, DIAG_ERROR, pos, text, ##__VA_ARGS__), REFUSAL(on, help, text))

#endif
