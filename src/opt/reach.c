/* reach.c - forward search for a use, block by block. */
#include "opt/reach.h"

struct search {
	struct ir_fn *f;
	ir_ref def;
	bool (*is_use)(const void *arg, ir_ref r);
	const void *arg;
};

/* From r to the end of its block: the first use, or 0; *renewed: def came before. */
static ir_ref scan(const struct search *s, ir_ref r, bool *renewed)
{
	*renewed = false;
	for (; r; r = ir_at(s->f, r)->next) {
		if (r == s->def) {
			*renewed = true;
			return 0;
		}
		if (s->is_use(s->arg, r))
			return r;
	}
	return 0;
}

/* A block parameter is made anew where its block is entered. */
static bool makes_anew(const struct search *s, ir_blk b)
{
	const struct ir_ins *d = ir_at(s->f, s->def);
	return d->op == IRO(param) && d->block == b;
}

/* From the end of a shared body to behind every call of it. */
static uint32_t go_back(const struct search *s, uint32_t sub, bool *seen, ir_blk *work, uint32_t n, ir_ref *use)
{
	struct ir_fn *f = s->f;
	for (uint32_t o = 0; o < f->nrpo && !*use; o++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, f->rpo[o])->last);
		ir_blk to = t->op == IRO(subcall) && t->aux == sub ? t->succ[0].to : 0;
		bool renewed;
		if (!to || seen[to])
			continue;
		seen[to] = true;
		*use = scan(s, ir_block(f, to)->first, &renewed);
		if (!renewed)
			work[n++] = to;
	}
	return n;
}

ir_ref reach_use(struct ir_fn *f, ir_ref from, ir_ref def, bool (*is_use)(const void *arg, ir_ref r),
		 const void *arg)
{
	struct search s = { f, def, is_use, arg };
	struct arena *a = f->unit->scratch;
	bool *seen = arena_array(a, bool, f->nblocks), renewed;
	ir_blk *work = arena_array(a, ir_blk, f->nblocks + 1);
	uint32_t n = 0;
	ir_ref use = scan(&s, ir_at(f, from)->next, &renewed);
	if (!use && !renewed)
		work[n++] = ir_at(f, from)->block;
	while (n && !use) {
		const struct ir_ins *t = ir_at(f, ir_block(f, work[--n])->last);
		if (t->op == IRO(subret))
			n = go_back(&s, t->aux, seen, work, n, &use);
		for (uint32_t e = 0; e < t->nsucc && !use; e++) {
			ir_blk to = t->succ[e].to;
			if (seen[to] || makes_anew(&s, to))
				continue;
			seen[to] = true;
			use = scan(&s, ir_block(f, to)->first, &renewed);
			if (!renewed)
				work[n++] = to;
		}
	}
	return use;
}

bool reach_is(const void *arg, ir_ref r)
{
	return *(const ir_ref *)arg == r;
}

bool reach_again(struct ir_fn *f, ir_ref r)
{
	return reach_use(f, r, 0, reach_is, &r);
}

struct kept { const struct ir_fn *f; ir_ref value; };

static bool is_nil(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->type.kinds == IR_BIT(IR_NIL);
}

/* Is it no use, or only one that asks whether it is there? What a test made of it is it. */
static bool asks_whether(const struct ir_fn *f, const struct ir_ins *i)
{
	return i->op == IRO(branch) || i->op == IRO(not) || i->op == IRO(isof) || i->op == IRO(pi) ||
	       (i->op == IRO(eq) && (is_nil(f, i->args[0]) || is_nil(f, i->args[1])));
}

static bool is_kept(const struct kept *k, ir_ref r)
{
	return ir_untested(k->f, r) == k->value && (r == k->value || ir_at(k->f, r)->type.kinds & ~IR_FALSY);
}

static bool uses_value(const void *arg, ir_ref r)
{
	const struct kept *k = arg;
	const struct ir_ins *i = ir_at(k->f, r);
	for (uint32_t a = 0; a < i->nargs && !asks_whether(k->f, i); a++)
		if (is_kept(k, i->args[a]))
			return true;
	uint32_t asked = i->op == IRO(branch) && is_kept(k, i->args[0]); /* the other way it is nil */
	for (uint32_t e = 0; e < i->nsucc - asked; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (is_kept(k, i->succ[e].args[a]))
				return true;
	return false;
}

static bool is_made_before(struct ir_fn *f, ir_ref value, ir_ref write)
{
	const struct ir_ins *d = ir_at(f, value);
	ir_ref start = d->op == IRO(param) ? ir_block(f, d->block)->first : value;
	return start == write || reach_use(f, start, 0, reach_is, &write);
}

ir_ref reach_outlived(struct ir_fn *f, ir_ref value, ir_ref write)
{
	struct kept k = { f, value };
	ir_ref use = reach_use(f, write, value, uses_value, &k);
	return use && is_made_before(f, value, write) ? use : 0;
}

/* What one search after another follows: the parameters that a value was handed on to, each of them once. */
struct joins {
	struct kept k;
	bool *seen;
	ir_ref *todo;
	uint32_t n;
};

static void hand_to(struct joins *j, ir_ref param)
{
	if (!j->seen[param])
		j->todo[j->n++] = param;
	j->seen[param] = true;
}

/* Is it read, or handed on by something else than a plain way to a join? Those joins are taken down. */
static bool is_read(const void *arg, ir_ref r)
{
	struct joins *j = *(struct joins *const *)arg;
	const struct ir_ins *i = ir_at(j->k.f, r);
	bool plain = i->op == IRO(jmp) || i->op == IRO(branch);
	uint32_t asked = i->op == IRO(branch) && is_kept(&j->k, i->args[0]); /* the other way it is nil */
	if (!plain)
		return uses_value(&j->k, r);
	for (uint32_t e = 0; e < i->nsucc - asked; e++)
		for (uint32_t a = 0; a < i->succ[e].nargs; a++)
			if (is_kept(&j->k, i->succ[e].args[a]))
				hand_to(j, ir_block(j->k.f, i->succ[e].to)->params[a]);
	return false;
}

static ir_ref read_from_join(struct ir_fn *f, struct joins *j, ir_ref param)
{
	ir_ref first = ir_block(f, ir_at(f, param)->block)->first;
	j->k.value = param;
	return is_read(&j, first) ? first : reach_use(f, first, param, is_read, &j);
}

ir_ref reach_read(struct ir_fn *f, ir_ref value, ir_ref write)
{
	struct arena *a = f->unit->scratch;
	if (!reach_outlived(f, value, write))
		return 0;
	struct joins j = { { f, value }, arena_array(a, bool, f->nins), arena_array(a, ir_ref, f->nins), 0 };
	struct joins *arg = &j;
	ir_ref use = reach_use(f, write, value, is_read, &arg);
	while (j.n && !use)
		use = read_from_join(f, &j, j.todo[--j.n]);
	return use;
}

bool reach_before(const struct ir_fn *f, ir_ref a, ir_ref b)
{
	if (ir_at(f, a)->block != ir_at(f, b)->block)
		return ir_dominates(f, ir_at(f, a)->block, ir_at(f, b)->block);
	for (ir_ref r = ir_at(f, a)->next; r; r = ir_at(f, r)->next)
		if (r == b)
			return true;
	return false;
}

static bool go_on(const struct ir_fn *f, ir_ref r, bool *is, bool (*may)(const struct ir_type *t))
{
	const struct ir_ins *i = ir_at(f, r);
	bool any = i->op == IRO(pi) && is[i->args[0]] && !is[r] && (!may || may(&i->type));
	if (any)
		is[r] = true;
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++) {
			bool *to = &is[ir_block(f, i->succ[s].to)->params[a]];
			any |= is[i->succ[s].args[a]] && !*to;
			*to |= is[i->succ[s].args[a]];
		}
	return any;
}

void reach_values(struct ir_fn *f, bool *is, bool (*may)(const struct ir_type *t))
{
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = 0; o < f->nrpo; o++)
			for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next)
				more |= go_on(f, r, is, may);
	}
}
