/*
 * choose_users.c - who uses what: lists made once for a function as it stands, for each value that is looked for in it what is
 * derived from it, and what uses that, in the order of blocks.
 */
#include "opt/choose.h"

#include <stdlib.h>

typedef void use_fn(struct users *u, ir_ref user, ir_ref v);

static void each_use(struct users *u, const struct ir_fn *f, use_fn *visit)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				visit(u, r, i->args[a]);
			for (uint32_t s = 0; s < i->nsucc; s++)
				for (uint32_t a = 0; a < i->succ[s].nargs; a++)
					visit(u, r, i->succ[s].args[a]);
		}
}

static void count(struct users *u, ir_ref user, ir_ref v)
{
	(void)user;
	u->end[v]++;
}

static void enter(struct users *u, ir_ref user, ir_ref v)
{
	u->user[u->end[v]++] = user;
}

static void number_places(struct users *u, const struct ir_fn *f)
{
	uint32_t place = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
			u->place[r] = ++place;
}

static struct users *users_new(struct arena *a, const struct ir_fn *f)
{
	struct users *u = arena_new(a, struct users);
	u->n = f->nins;
	u->place = arena_array(a, uint32_t, u->n);
	u->end = arena_array(a, uint32_t, u->n);
	u->from = arena_spare(a, ir_ref, u->n);
	u->used = arena_spare(a, bool, u->n);
	number_places(u, f);
	each_use(u, f, count);
	uint32_t all = 0;
	for (ir_ref v = 0; v < u->n; v++) { /* where they begin, until all are entered */
		uint32_t n = u->end[v];
		u->end[v] = all;
		all += n;
	}
	u->user = arena_spare(a, ir_ref, all);
	each_use(u, f, enter);
	return u;
}

void users_begin(struct choice *c)
{
	if (!c->fl->users)
		c->fl->users = users_new(c->fl->u->scratch, c->f);
	c->users = c->fl->users;
	memset(c->users->from, 0, sizeof(*c->users->from) * c->users->n);
	memset(c->users->used, 0, sizeof(*c->users->used) * c->users->n);
}

const ir_ref *users_of(const struct users *u, ir_ref v, uint32_t *n)
{
	const uint32_t begin = v ? u->end[v - 1] : 0;
	*n = u->end[v] - begin;
	return u->user + begin;
}

struct placed { uint32_t place; ir_ref r; };

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

ir_ref *users_in_order(const struct users *u, struct arena *a, const ir_ref *v, uint32_t *n)
{
	struct placed *all = NULL;
	uint32_t nall = 0, cap = 0, out = 0;
	for (uint32_t i = 0; i < *n; i++) {
		uint32_t m;
		const ir_ref *user = users_of(u, v[i], &m);
		arena_push(a, all, nall, cap, (struct placed){ u->place[v[i]], v[i] });
		for (uint32_t k = 0; k < m; k++)
			arena_push(a, all, nall, cap, (struct placed){ u->place[user[k]], user[k] });
	}
	if (nall)
		qsort(all, nall, sizeof(*all), by_place);
	ir_ref *r = arena_spare(a, ir_ref, nall);
	for (uint32_t i = 0; i < nall; i++)
		if (all[i].place && (!i || all[i].r != all[i - 1].r))
			r[out++] = all[i].r;
	*n = out;
	return r;
}
