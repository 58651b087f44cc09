/*
 * weigh.c - which functions are called instead of copied, where nobody says so: by what that saves.
 *
 * `infer` copies each function into its calls, and what constants decide in a copy is gone. So how much the copies
 * of a function come to is known only afterwards, and matters only in programs that have become big. There each
 * inlining is weighed, with those inside it. A function most of whose copies could be left out is noted in
 * u->called, and the program compiled anew (share.c makes one body of it); nothing but inference was done in vain.
 *
 * What it costs: some 20 instructions a call, and what is known of arguments and packet bytes around it. So
 * small functions stay copies, and programs of the usual size have no calls at all.
 */
#include "opt/opt.h"

enum {
	FEW = 3000,        /* values of a program that is not weighed */
	MANY = 20000,      /* the same where calls mean that packet bytes are copied */
	SMALL = 100,       /* instructions of a body that is copied */
	CALL = 20,         /* of a call */
	SHARE = 8,         /* one part in so many of a program must be saved */
	MOST_CHOSEN = 16,
};

struct weigh {
	struct ir_unit *u;
	struct ir_fn *f;
	uint32_t *own, *total; /* by inlining: instructions, without and with those of the inlinings inside */
	struct sum { uint32_t copies, sum, most, biggest; } *of; /* by function; the inlining that is biggest */
	uint32_t all;
};

static void count(struct weigh *w)
{
	struct ir_unit *u = w->u;
	w->own = arena_array(u->scratch, uint32_t, u->ninlines);
	w->total = arena_array(u->scratch, uint32_t, u->ninlines);
	for (uint32_t o = 0; o < w->f->nrpo; o++)
		for (ir_ref r = ir_block(w->f, w->f->rpo[o])->first; r; r = ir_at(w->f, r)->next) {
			uint32_t site = ir_at(w->f, r)->site;
			if (ir_at(w->f, r)->op != IRO(const) && site)
				w->own[u->sites[site].inlined_at]++;
		}
}

static void add_copy(struct sum *s, uint32_t inl, uint32_t size)
{
	s->copies++;
	s->sum += size;
	if (size > s->most) {
		s->most = size;
		s->biggest = inl;
	}
}

/* Sums over the tree of inlinings, whose parents have lower numbers; shared bodies are nobody's part. */
static void add_up(struct weigh *w)
{
	const struct ir_unit *u = w->u;
	w->of = arena_array(u->scratch, struct sum, u->nfns);
	memcpy(w->total, w->own, sizeof(*w->own) * u->ninlines);
	w->all = w->own[0];
	for (uint32_t i = u->ninlines; i-- > 1;) {
		w->all += w->own[i];
		if (u->inlines[i].sub || !w->total[i])
			continue;
		w->total[u->inlines[i].parent] += w->total[i];
		if (u->inlines[i].fn != (uint32_t)IR_NATIVE)
			add_copy(&w->of[u->inlines[i].fn], i, w->total[i]);
	}
}

/* Instructions that the function would save if it was called. */
static uint32_t saving(const struct weigh *w, uint32_t fn)
{
	const struct sum *s = &w->of[fn];
	uint32_t left = s->most + CALL * s->copies;
	return s->copies > 1 && s->sum / s->copies >= SMALL && s->sum > left ? s->sum - left : 0;
}

/* The function that saves most and can be called, where that is worth it. */
static bool best(struct weigh *w, uint32_t *fn)
{
	uint32_t most = w->all / SHARE;
	bool found = false;
	for (uint32_t n = 0; n < w->u->nfns; n++) {
		uint32_t s = saving(w, n);
		if (s <= most || !share_may(w->u, w->u->fns[n]))
			continue;
		most = s;
		*fn = n;
		found = true;
	}
	return found;
}

/* All copies but one are gone, with what is in them. */
static void drop_copies(struct weigh *w, uint32_t fn)
{
	const struct ir_unit *u = w->u;
	bool *gone = arena_array(u->scratch, bool, u->ninlines);
	for (uint32_t i = 1; i < u->ninlines; i++) {
		gone[i] = gone[u->inlines[i].parent] || (u->inlines[i].fn == fn && i != w->of[fn].biggest);
		if (gone[i])
			w->own[i] = 0;
	}
}

static bool is_big(struct ir_unit *u, uint32_t nins)
{
	bool copies = u->target->helper_pull && !u->copy_access && !u->copy_stores;
	if (u->share != IR_SHARE_BY_COST || u->settled || nins < (copies ? MANY : FEW) || nins < u->weigh_at)
		return false;
	u->weigh_at = 2 * nins;
	return true;
}

bool weigh_calls(struct flow *fl)
{
	struct ir_unit *u = fl->u;
	struct weigh w = { .u = u, .f = fl->f };
	uint32_t fn, before = u->called.n;
	if (!is_big(u, fl->f->nins))
		return false;
	count(&w);
	add_up(&w);
	while (u->called.n - before < MOST_CHOSEN && best(&w, &fn)) {
		arena_push(u->arena, u->called.v, u->called.n, u->called.cap, u->fns[fn]->pos);
		drop_copies(&w, fn);
		add_up(&w);
	}
	return u->called.n > before;
}
