/*
 * behind.c - what the body of a loop that the kernel calls found out of values from outside is asked again where it was
 * left.
 *
 *     local u = p.udp
 *     for port, to in pairs(m) do if u and u.dport == port then u.dport = to break end end
 *
 * Who comes out by `break` has found that u is there. The verifier has not: it knows of the callback no more than by which
 * way it was left, and u is tested nowhere else. So the way begins with the same question, which no run answers otherwise.
 */
#include "opt/outline.h"

/* What edge `succ` of a branch tells, where that is of a value from outside and a constant. */
static bool tells(const struct ir_fn *f, const bool *in, ir_ref term, uint32_t succ, struct asked *a)
{
	const struct ir_ins *t = ir_at(f, term);
	if (t->op != IRO(br) || !is_imm(f, t->args[1]) || is_imm(f, t->args[0]) || in[ir_at(f, t->args[0])->block])
		return false;
	*a = (struct asked){ t->args[0], ir_at(f, t->args[1])->imm, t->aux, succ == 0 };
	return true;
}

static bool is_same(const struct asked *a, const struct asked *b)
{
	return a->of == b->of && a->with == b->with && a->how == b->how && a->yes == b->yes;
}

/* What is known on the edge by what was asked on all ways there since the loop's head; a: room for `most`. */
static uint32_t known_on(const struct ir_fn *f, const bool *in, ir_blk head, const struct ir_pred *p, struct asked *a,
			 uint32_t most)
{
	ir_blk from = p->from;
	uint32_t n = tells(f, in, ir_block(f, from)->last, p->succ, a);
	while (from != head && n < most) {
		const struct ir_block *k = ir_block(f, from);
		if (k->npreds == 1)
			n += tells(f, in, ir_block(f, k->preds[0].from)->last, k->preds[0].succ, &a[n]);
		from = k->idom;
	}
	return n;
}

static uint32_t common(struct asked *a, uint32_t n, const struct asked *b, uint32_t m)
{
	uint32_t both = 0;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < m; k++)
			if (is_same(&a[i], &b[k])) {
				a[both++] = a[i];
				break;
			}
	return both;
}

uint32_t behind_find(struct ir_fn *f, const bool *in, ir_blk head, ir_blk to, struct asked **out)
{
	enum { MOST = 64 };
	const struct ir_block *k = ir_block(f, to);
	struct asked *all = arena_array(f->unit->arena, struct asked, MOST), *one = arena_array(f->unit->arena, struct asked, MOST);
	bool first = true;
	uint32_t n = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		if (!in[k->preds[p].from])
			continue;
		uint32_t m = known_on(f, in, head, &k->preds[p], first ? all : one, MOST);
		n = first ? m : common(all, n, one, m);
		first = false;
	}
	*out = all;
	return n;
}

ir_blk behind_ask(struct ir_fn *f, ir_blk b, const struct asked *a, ir_blk never, uint32_t site)
{
	ir_blk on = ir_block_new(f);
	ir_ref with = ir_ins_new(f, IRO(imm), 0, NULL);
	ir_at(f, with)->imm = a->with;
	ir_append(f, b, with);
	ir_ref t = edit_end(f, b, site, IRO(br), a->how, a->of, with);
	ir_succ(f, t, !a->yes, on, 0, NULL);
	ir_succ(f, t, a->yes, never, 0, NULL);
	return on;
}

void behind_returns(struct ir_fn *f, const ir_blk *blocks, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		ir_ref t = ir_block(f, blocks[k])->last;
		if (ir_at(f, t)->op != IRO(ret))
			continue;
		ir_ref v = ir_at(f, t)->args[0];
		ir_blk b = ir_block_new(f);
		ir_ref param = ir_param_add(f, b);
		edit_end(f, b, ir_at(f, t)->site, IRO(ret), 0, param, 0);
		edit_terminator(f, t, IRO(jmp), 0, 0, 0);
		ir_succ(f, t, 0, b, 1, &v);
	}
}

bool behind_again(const struct ir_fn *f, const bool *in, uint32_t limit, ir_blk head)
{
	bool *seen = arena_array(f->unit->arena, bool, f->nblocks), again = false;
	ir_blk *work = arena_array(f->unit->arena, ir_blk, f->nblocks);
	uint32_t n = 0;
	seen[head] = true;
	work[n++] = head;
	while (n && !again) {
		ir_blk b = work[--n];
		const struct ir_ins *t = ir_at(f, ir_block(f, b)->last);
		for (uint32_t s = 0; s < t->nsucc; s++) {
			ir_blk to = t->succ[s].to;
			again |= to == head && (b >= limit || !in[b]);
			if (!seen[to])
				work[n++] = to;
			seen[to] = true;
		}
	}
	return again;
}
