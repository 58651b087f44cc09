/* lower_known.c - words that were made on every way to here need not be made again. */
#include "opt/lower.h"

struct word { const void *key; ir_blk at; ir_ref words[2]; }; /* at: Lua-level block */

struct lw_known { struct word *v; uint32_t n, cap; };

static bool is_sure(const struct lw *w)
{
	const struct ir_ins *i = w->at;
	bool access = i && (i->op == IRO(index) || i->op == IRO(setindex) || i->op == IRO(self));
	return access && ir_single(w->val[i->args[0]].kinds);
}

bool lw_recall(struct lw *w, const void *key, ir_ref words[2])
{
	const struct lw_known *k = w->known;
	for (uint32_t i = 0; k && i < k->n; i++)
		if (k->v[i].key == key && ir_dominates(w->from, k->v[i].at, w->at->block)) {
			memcpy(words, k->v[i].words, sizeof(k->v[i].words));
			return true;
		}
	return false;
}

void lw_remember(struct lw *w, const void *key, ir_ref a, ir_ref b)
{
	if (!is_sure(w))
		return;
	ir_need_tree(w->from);
	if (!w->known)
		w->known = arena_new(w->unit->scratch, struct lw_known);
	struct lw_known *k = w->known;
	arena_push(w->unit->scratch, k->v, k->n, k->cap, (struct word){ key, w->at->block, { a, b } });
}
