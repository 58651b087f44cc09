/* mistake.h - what is wrong in Lua, too, with what to write instead. */
#ifndef STDLIB_MISTAKE_H
#define STDLIB_MISTAKE_H

#include "core/refusal.h"

/* Where a function tells both kinds by one result: no row of the table of refusals. */
#define MISTAKE(help_, text_)                                                                      \
	({                                                                                         \
		static const struct refusal mistake_ = { .text = "" text_, .help = "" help_, .mistake = true }; \
		&mistake_;                                                                         \
	})

#endif
