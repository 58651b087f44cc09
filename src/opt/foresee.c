/*
 * foresee.c - what hangs on itself, by way of what waits until it is known: the look-up becomes comparisons when the kind of its
 * key is known, the call is made when it is known how many values `sub` gives, the table becomes variables when its fields are.
 *
 *   state = next[state] or 0                              what the table holds, whatever the key
 *   r = r + (tonumber((r .. ""):sub(1, 2)) or 5)          a sum is an integer, and a .. b a text, whatever it is of
 *
 * In programs only that are refused otherwise: one round of inference goes by that, what can be done then is, and the next one
 * knows it by itself.
 */
#include "opt/opt.h"
#include "opt/passes.h"
#include "opt/records.h"

int foresee_known(struct flow *fl)
{
	fl->foresees = true;
	infer_round(fl);
	int done = several_normalise(fl);
	done = done ? done : told_known(fl);
	done = done ? done : choose_known(fl);
	done = done ? done : records_promote(fl->u, fl->f);
	fl->foresees = false;
	if (!done)
		infer_round(fl);
	return done;
}
