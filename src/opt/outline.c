/*
 * outline.c - loops whose body the kernel calls: the body becomes a function of its own.
 *
 * Going over a map is one helper call, which calls the function given for each entry; so is a loop of
 * any length before may_goto. What body and surroundings share lies in a frame of words on the caller's
 * stack, whose address the helper hands on:
 *
 *   word 0   the context
 *   word 1   why the body ended the loop: 0 not at all, else the number of a way out
 *   others   values from outside; variables of the loop; arguments of the ways out; values from inside
 *
 *   head:  stores, helper call          callback:  loads, body
 *          load word 1, branch                     end of a turn: variables back, return 0
 *          loads, on to where it leads             way out: arguments, number, return 1
 *
 * The verifier looks at the callback until what it knows of the frame does not change; so variables of
 * the loop are stored less a zero that it does not know. That a pointer changes from turn to turn it
 * could not follow: such loops are refused.
 */
#include "opt/outline.h"

#include "core/feature.h"
#include "core/refusal.h"
#include "opt/range.h"
#include "opt/webs.h"

#include <errno.h>

enum { CTX_WORD, EXIT_WORD, FIRST_WORD, WORD = 8, HELPER_FOR_EACH = 164, HELPER_LOOP = 181, HELPER_DRAIN = 209,
       HELPER_DYNPTR_READ = 201, MOST_TURNS = 1 << 23 };

struct way {
	ir_blk to, in;         /* in: its block of the callback */
	uint32_t word, nargs;
	ir_ref *outer;         /* by argument: what it is on all edges there, when that is from outside; else 0 */
	struct asked *asked;   /* of values from outside, on all ways there */
	uint32_t nasked;
};

struct outline {
	struct ir_unit *u;
	struct ir_fn *f, *g;   /* the function, and the callback made of it */
	struct webs webs;
	const struct range *range; /* by value of f, as the verifier sees it */
	ir_blk head;
	bool each;
	uint32_t record;       /* each, of a ring that is drained: bytes of one; the callback is given where it is read */
	uint32_t limit, nins;  /* blocks and values of f that there were */
	bool *in;              /* by block of f: in the body */
	ir_blk *blocks;        /* the body, head first */
	uint32_t nblocks;
	ir_ref *ref;           /* by value of f: in g */
	ir_blk *blk;           /* by block of f: in g */
	uint32_t *out_word;    /* by value of f that is used behind the loop: its word, 0: none */
	uint32_t *var_word;    /* by parameter of the head */
	bool *varies;
	struct way *ways;      /* way 0: an error */
	uint32_t nways, cap_ways;
	bool exact;            /* a pointer goes out: then the verifier must know by which way */
	uint32_t nwords, out_end; /* words, and where those for what goes out end */
	ir_ref frame, zero;    /* in g */
	ir_blk begin;          /* in g: where a turn begins */
	ir_ref slot;           /* in f */
	ir_ref nothing;        /* in f: 0, which the verifier does not know; 0 until it is needed */
	bool tags;             /* see web_is_tag */
	uint32_t site;
};

/* ---- the body ---- */

static void add_block(struct outline *o, ir_blk b)
{
	if (o->in[b])
		return;
	o->in[b] = true;
	o->blocks[o->nblocks++] = b;
}

static bool all_inside(const struct outline *o, ir_blk b)
{
	const struct ir_block *k = ir_block(o->f, b);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (!o->in[k->preds[p].from] || (k->preds[p].from == o->head && k->preds[p].succ == 1))
			return false;
	return true;
}

static void find_body(struct outline *o)
{
	struct ir_fn *f = o->f;
	const struct ir_block *h = ir_block(f, o->head);
	o->limit = f->nblocks; /* those made from here on are outside */
	o->in = arena_array(o->u->arena, bool, f->nblocks);
	o->blocks = arena_array(o->u->arena, ir_blk, f->nblocks);
	add_block(o, o->head);
	if (o->each)
		add_block(o, ir_at(f, h->last)->succ[0].to);
	uint32_t with = o->nblocks;
	bool turns = false;
	for (uint32_t p = 0; p < h->npreds; p++)
		if (ir_block(f, h->preds[p].from)->order >= h->order) {
			add_block(o, h->preds[p].from);
			turns = true;
		}
	for (uint32_t k = h->order; !turns && k < f->nrpo; k++) /* one turn at most: all that is behind it alone */
		if (all_inside(o, f->rpo[k]))
			add_block(o, f->rpo[k]);
	if (!turns)
		return;
	for (uint32_t k = with; k < o->nblocks; k++) {
		const struct ir_block *b = ir_block(f, o->blocks[k]);
		for (uint32_t p = 0; p < b->npreds; p++)
			add_block(o, b->preds[p].from);
	}
}

/* ---- what goes in and out ---- */

static bool is_in(const struct outline *o, ir_blk b)
{
	return b < o->limit && o->in[b];
}

static bool is_inside(const struct outline *o, ir_ref r)
{
	return is_in(o, ir_at(o->f, r)->block);
}

static bool is_pointer(struct outline *o, ir_ref r)
{
	const struct ir_fn *f = o->f;
	ir_ref base = web_base(f, r);
	if (is_param(f, base))
		return base < o->webs.n && o->webs.flags[web_root(&o->webs, base)] & WEB_POINTER;
	return web_makes_pointer(f, r);
}

typedef void use_fn(struct outline *o, ir_ref *use, ir_ref at);

static void each_use(struct outline *o, ir_blk b, use_fn *visit)
{
	struct ir_fn *f = o->f;
	for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next) {
		for (uint32_t a = 0; a < ir_at(f, r)->nargs; a++)
			visit(o, &ir_at(f, r)->args[a], r);
		for (uint32_t e = 0; e < ir_at(f, r)->nsucc; e++)
			for (uint32_t a = 0; a < ir_at(f, r)->succ[e].nargs; a++)
				visit(o, &ir_at(f, r)->succ[e].args[a], r);
	}
}

static ir_ref put(struct outline *o, struct edit *e, enum ir_op op, ir_ref a, uint32_t aux, int64_t imm)
{
	(void)o;
	ir_ref r = edit_op(e, op, a, 0);
	ir_at(e->f, r)->aux = aux;
	ir_at(e->f, r)->imm = imm;
	return r;
}

/* What is made again where it is used, so that the verifier knows what it is. */
static bool is_constant(const struct ir_ins *i)
{
	return i->op == IRO(imm) || i->op == IRO(mapfd) || i->op == IRO(mapval) || i->op == IRO(ctx);
}

static void find_out(struct outline *o, ir_ref *use, ir_ref at)
{
	(void)at;
	if (is_inside(o, *use) && !is_constant(ir_at(o->f, *use)) && !o->out_word[*use])
		o->out_word[*use] = o->nwords++;
}

static ir_ref words_at(struct outline *o, struct edit *e)
{
	ir_ref slot = edit_op(e, IRO(slot), 0, 0);
	ir_at(o->f, slot)->aux = o->slot;
	return slot;
}

static ir_ref load_word(struct outline *o, struct edit *e, uint32_t word, bool pointer)
{
	ir_ref r = edit_op(e, pointer ? IRO(loadp) : IRO(load64), words_at(o, e), 0);
	ir_at(o->f, r)->imm = word * WORD;
	return r;
}

static void store_word(struct outline *o, struct edit *e, uint32_t word, ir_ref v)
{
	edit_store(e, WORD, words_at(o, e), word * WORD, v);
}

/* May r be a tag that the verifier must see, to know what is a pointer? */
static bool is_tag(struct outline *o, ir_ref r)
{
	ir_ref base = web_base(o->f, r);
	return is_param(o->f, base) && base < o->webs.n && web_is_tag(o->webs.flags[web_root(&o->webs, base)], o->tags);
}

/* What left the body by its word: of v, which it is in there. Who asks whether it may be a tag is told (webs.c). */
static ir_ref load_out(struct outline *o, struct edit *e, uint32_t word, ir_ref v)
{
	ir_ref r = load_word(o, e, word, is_pointer(o, v));
	return !is_pointer(o, v) && is_tag(o, v) ? edit_op(e, IRO(own), r, 0) : r;
}

static void take_out(struct outline *o, ir_ref *use, ir_ref at)
{
	if (!is_inside(o, *use))
		return;
	struct edit e = { o->f, at, ir_at(o->f, at)->site };
	ir_ref v = *use; /* edits may move what `use` points into only by block, not by value */
	const struct ir_ins i = *ir_at(o->f, v);
	if (is_constant(&i)) {
		*use = put(o, &e, i.op, 0, i.aux, i.imm);
		return;
	}
	*use = load_out(o, &e, o->out_word[v], v);
}

/* What does not come from the body is not sent through it: the verifier would know less of it. */
static void find_outer(struct outline *o, struct way *y)
{
	const struct ir_block *k = ir_block(o->f, y->to);
	y->outer = arena_array(o->u->arena, ir_ref, y->nargs + 1);
	for (uint32_t i = 0; i < y->nargs; i++) {
		bool first = true;
		for (uint32_t p = 0; p < k->npreds; p++) {
			if (!o->in[k->preds[p].from])
				continue;
			ir_ref r = ir_pred_edge(o->f, &k->preds[p])->args[i];
			y->outer[i] = !is_inside(o, r) && (first || r == y->outer[i]) ? r : 0;
			if (!y->outer[i])
				break;
			first = false;
		}
	}
}

static void find_ways(struct outline *o)
{
	struct ir_fn *f = o->f;
	arena_push(o->u->arena, o->ways, o->nways, o->cap_ways, ((struct way){ .to = edit_failed(o->f) }));
	for (uint32_t k = 0; k < o->nblocks; k++) {
		const struct ir_ins *t = ir_at(f, ir_block(f, o->blocks[k])->last);
		for (uint32_t e = 0; e < t->nsucc; e++) {
			ir_blk to = t->succ[e].to;
			if (is_in(o, to) || to == f->error_exit || (o->each && k == 0))
				continue;
			uint32_t w = 0;
			while (w < o->nways && o->ways[w].to != to)
				w++;
			if (w == o->nways)
				arena_push(o->u->arena, o->ways, o->nways, o->cap_ways,
					   ((struct way){ .to = to, .nargs = t->succ[e].nargs }));
		}
	}
	for (uint32_t w = 0; w < o->nways; w++) {
		o->ways[w].word = o->nwords;
		o->nwords += o->ways[w].nargs;
		find_outer(o, &o->ways[w]);
		o->ways[w].nasked = w ? behind_find(f, o->in, o->head, o->ways[w].to, &o->ways[w].asked) : 0;
	}
}

static bool uses_slot(const struct outline *o, uint32_t slot)
{
	for (uint32_t k = 0; k < o->nblocks; k++)
		for (ir_ref r = ir_block(o->f, o->blocks[k])->first; r; r = ir_at(o->f, r)->next)
			if (ir_at(o->f, r)->op == IRO(slot) && ir_at(o->f, r)->aux == slot)
				return true;
	return false;
}

/* Is a pointer read from the stack outside that a loop inside, a call by now, left there? */
static bool leaves_pointer(const struct outline *o)
{
	for (uint32_t k = 0; k < o->f->nrpo; k++)
		for (ir_ref r = o->in[o->f->rpo[k]] ? 0 : ir_block(o->f, o->f->rpo[k])->first; r; r = ir_at(o->f, r)->next) {
			const struct ir_ins *i = ir_at(o->f, r), *at = i->op == IRO(loadp) ? ir_at(o->f, i->args[0]) : NULL;
			if (at && at->op == IRO(slot) && uses_slot(o, at->aux))
				return true;
		}
	return false;
}

/* The verifier knows the way out where that decides what is a pointer. */
static void find_exact(struct outline *o)
{
	o->exact = leaves_pointer(o);
	for (uint32_t w = 1; w < o->nways; w++)
		for (uint32_t i = 0; i < o->ways[w].nargs; i++)
			o->exact |= !o->ways[w].outer[i] && is_pointer(o, ir_block(o->f, o->ways[w].to)->params[i]);
	for (ir_ref r = 1; r < o->nins; r++)
		o->exact |= o->out_word[r] && is_pointer(o, r);
	o->out_end = o->nwords;
}

enum { STACK = 32 }; /* flag of a web: an address on the callback's stack enters it */

static void mark_stack(struct outline *o)
{
	for (uint32_t k = 0; k < o->nblocks; k++) {
		const struct ir_ins *t = ir_at(o->f, ir_block(o->f, o->blocks[k])->last);
		for (uint32_t s = 0; s < t->nsucc; s++)
			for (uint32_t a = 0; a < t->succ[s].nargs; a++) {
				ir_ref to = ir_block(o->f, t->succ[s].to)->params[a];
				if (ir_at(o->f, web_base(o->f, t->succ[s].args[a]))->op == IRO(slot) && to < o->webs.n)
					o->webs.flags[web_root(&o->webs, to)] |= STACK;
			}
	}
}

static bool is_joined_on_stack(struct outline *o, ir_ref r)
{
	ir_ref base = web_base(o->f, r);
	return is_inside(o, r) && is_param(o->f, base) && base < o->webs.n && o->webs.flags[web_root(&o->webs, base)] & STACK;
}

/* Does what goes out come from several ways in the body, one of which makes an address on its stack? (By itself such an
 * address is made again outside.) */
static bool leaves_stack(struct outline *o)
{
	bool any = false;
	mark_stack(o);
	for (ir_ref r = 1; r < o->nins; r++)
		any |= o->out_word[r] && is_joined_on_stack(o, r);
	for (uint32_t w = 0; w < o->nways; w++) {
		const struct ir_block *to = ir_block(o->f, o->ways[w].to);
		for (uint32_t p = 0; p < to->npreds; p++)
			for (uint32_t a = 0; o->in[to->preds[p].from] && a < o->ways[w].nargs; a++)
				any |= is_joined_on_stack(o, ir_pred_edge(o->f, &to->preds[p])->args[a]);
	}
	return any;
}

static bool find_variables(struct outline *o)
{
	struct ir_fn *f = o->f;
	const struct ir_block *h = ir_block(f, o->head);
	o->var_word = arena_array(o->u->arena, uint32_t, h->nparams + 1);
	o->varies = arena_array(o->u->arena, bool, h->nparams + 1);
	for (uint32_t i = 0; i < h->nparams; i++) {
		o->var_word[i] = o->nwords++;
		for (uint32_t p = 0; p < h->npreds; p++)
			o->varies[i] |= o->in[h->preds[p].from] &&
					ir_pred_edge(f, &h->preds[p])->args[i] != h->params[i];
		if (o->varies[i] && is_pointer(o, h->params[i]))
			return false;
	}
	return true;
}

/* ---- the callback ---- */

/* May the verifier not know what r is? */
static bool is_kept(struct outline *o, ir_ref r)
{
	return !is_pointer(o, r) && !is_tag(o, r) && ir_at(o->f, r)->op != IRO(own);
}

/* Stores what no turn changes. The verifier does not always look at the callback anew where only such a word differs:
 * what it knew of it would decide branches there for good. */
static void store_kept(struct outline *o, struct edit *head, uint32_t word, ir_ref r)
{
	if (is_kept(o, r)) {
		if (!o->nothing)
			o->nothing = edit_op(head, IRO(opaque), edit_imm(head, 0), 0);
		r = edit_op(head, IRO(sub64), r, o->nothing);
	}
	store_word(o, head, word, r);
}

/* What an offset is at most decided, before it was here, whether it needs a mask where it is added to an address. */
static ir_ref bounded(struct outline *o, struct edit *e, ir_ref r, ir_ref loaded)
{
	uint64_t most = range_seen(&o->range[r]), mask = 1;
	if (most < 2 || most > INT32_MAX)
		return loaded;
	while (mask <= most)
		mask *= 2;
	return edit_op(e, IRO(and64), loaded, edit_imm(e, (int64_t)(mask - 1)));
}

/* A value from outside, in the callback: made again, or loaded from a word that the head stores. */
static ir_ref bring_in(struct outline *o, struct edit *e, struct edit *head, ir_ref r)
{
	const struct ir_ins i = *ir_at(o->f, r);
	if (is_constant(&i))
		return put(o, e, i.op, 0, i.aux, i.imm);
	uint32_t word = o->nwords++;
	store_kept(o, head, word, r);
	if (is_pointer(o, r))
		return put(o, e, IRO(loadp), o->frame, 0, word * WORD);
	ir_ref loaded = put(o, e, IRO(load64), o->frame, 0, word * WORD);
	if (is_tag(o, r)) /* `veil` hides no copy of it */
		return put(o, e, IRO(own), loaded, 0, 0);
	return bounded(o, e, r, loaded);
}

struct bring { struct edit *e, *head; };

static void copy_numbers(struct outline *o)
{
	struct ir_fn *f = o->f, *g = o->g;
	for (uint32_t k = 0; k < o->nblocks; k++) {
		ir_blk b = o->blocks[k], n = o->blk[b] = edit_copy_block(f, b, g, o->ref);
		ir_block(g, n)->walked &= b != o->head;
	}
}

static void bring_args(struct outline *o, const struct bring *b, uint32_t n, ir_ref *args)
{
	for (uint32_t i = 0; i < n; i++) {
		ir_ref r = args[i];
		if (!o->ref[r])
			o->ref[r] = bring_in(o, b->e, b->head, r);
		args[i] = o->ref[r];
	}
}

static ir_ref *own_refs(struct outline *o, uint32_t n, const ir_ref *args)
{
	return n ? arena_copy(o->u->arena, args, sizeof(*args) * n) : NULL;
}

static ir_blk way_in(struct outline *o, ir_blk to)
{
	uint32_t w = 0;
	if (to == o->f->error_exit)
		return o->g->error_exit;
	while (o->ways[w].to != to)
		w++;
	return o->ways[w].in;
}

static void copy_contents(struct outline *o, const struct bring *b, ir_blk turn)
{
	struct ir_fn *f = o->f, *g = o->g;
	for (uint32_t k = 0; k < o->nblocks; k++)
		for (ir_ref r = ir_block(f, o->blocks[k])->first; r; r = ir_at(f, r)->next) {
			ir_ref c = o->ref[r];
			ir_at(g, c)->args = own_refs(o, ir_at(g, c)->nargs, ir_at(f, r)->args);
			bring_args(o, b, ir_at(g, c)->nargs, ir_at(g, c)->args);
			uint8_t nsucc = ir_at(g, c)->nsucc;
			struct ir_edge *s = nsucc ? arena_copy(o->u->arena, ir_at(f, r)->succ, sizeof(*s) * nsucc) : NULL;
			ir_at(g, c)->succ = s;
			for (uint32_t e = 0; e < nsucc; e++) {
				ir_blk to = s[e].to;
				if (o->each && k == 0 && e == 1)
					continue; /* goes below */
				s[e].args = own_refs(o, s[e].nargs, s[e].args);
				bring_args(o, b, s[e].nargs, s[e].args);
				s[e].to = to == o->head ? turn : is_in(o, to) ? o->blk[to] : way_in(o, to);
			}
		}
}

/* The slots that only the body uses become the callback's; of others it gets the address. */
static void move_slots(struct outline *o, struct edit *head)
{
	struct ir_fn *f = o->f, *g = o->g;
	bool *kept = arena_array(o->u->arena, bool, f->nslots + 1);
	uint32_t *now = arena_array(o->u->arena, uint32_t, f->nslots + 1);
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == IRO(slot) && !is_in(o, b))
				kept[ir_at(f, r)->aux] = true;
	for (uint32_t k = 0; k < o->nblocks; k++)
		for (ir_ref r = ir_block(f, o->blocks[k])->first; r; r = ir_at(f, r)->next) {
			uint32_t s = ir_at(f, r)->aux;
			if (ir_at(f, r)->op != IRO(slot))
				continue;
			if (!now[s] && kept[s]) {
				ir_ref address = put(o, head, IRO(slot), 0, s, 0);
				now[s] = o->nwords++;
				store_word(o, head, now[s], address);
			} else if (!now[s]) {
				now[s] = ir_slot(g, f->slots[s].size, f->slots[s].align) + 1;
			}
			struct ir_ins *i = ir_at(g, o->ref[r]);
			i->aux = kept[s] ? 0 : now[s] - 1;
			if (!kept[s])
				continue;
			i->op = IRO(loadp);
			i->imm = now[s] * WORD;
			i->nargs = 1;
			i->args = own_refs(o, 1, &o->frame);
		}
}

/* Ends block b of the callback: `why` into its word, and the helper's answer. */
static void leave(struct outline *o, ir_blk b, uint32_t why)
{
	struct ir_fn *g = o->g;
	ir_ref zero = ir_ins_new(g, IRO(imm), 0, NULL);
	ir_at(g, zero)->imm = why != 0;
	ir_append(g, b, zero);
	ir_ref t = edit_end(g, b, o->site, IRO(ret), 0, zero, 0);
	struct edit e = { g, t, o->site };
	ir_ref number = edit_imm(&e, why);
	edit_store(&e, 8, o->frame, EXIT_WORD * WORD, o->exact ? number : edit_op(&e, IRO(add64), number, o->zero));
}

/* Into a word that the verifier need know nothing of, unless it is a pointer. */
static void store_out(struct outline *o, struct edit *e, uint32_t word, ir_ref v)
{
	if (!o->exact)
		v = edit_op(e, IRO(add64), v, o->zero);
	edit_store(e, 8, o->frame, word * WORD, v);
}

static void end_turns(struct outline *o, ir_blk turn)
{
	struct ir_fn *g = o->g;
	leave(o, turn, 0);
	struct edit e = { g, ir_block(g, turn)->first, o->site };
	for (uint32_t i = 0; i < ir_block(g, turn)->nparams; i++)
		if (o->varies[i]) {
			ir_ref v = edit_op(&e, IRO(add64), ir_block(g, turn)->params[i], o->zero);
			edit_store(&e, 8, o->frame, o->var_word[i] * WORD, v);
		}
}

/* Is r there on this edge? What ends a block and gives a value gives it to its edge 0. */
static bool there_on(struct outline *o, ir_ref r, const struct ir_pred *p)
{
	const struct ir_ins *i = ir_at(o->f, r);
	if (i->nsucc && i->block == p->from)
		return !p->succ;
	return ir_dominates(o->f, i->nsucc ? i->succ[0].to : i->block, p->from);
}

/* Is r there on everything in the body that leads to `to`? */
static bool there_at(struct outline *o, ir_ref r, ir_blk to)
{
	const struct ir_block *k = ir_block(o->f, to);
	for (uint32_t p = 0; p < k->npreds; p++)
		if (o->in[k->preds[p].from] && !there_on(o, r, &k->preds[p]))
			return false;
	return true;
}

static void end_ways(struct outline *o)
{
	struct ir_fn *g = o->g;
	for (uint32_t w = 0; w < o->nways; w++) {
		ir_blk b = o->ways[w].in;
		leave(o, b, w + 1);
		struct edit e = { g, ir_block(g, b)->first, o->site };
		for (uint32_t i = 0; i < o->ways[w].nargs; i++)
			if (!o->ways[w].outer[i])
				store_out(o, &e, o->ways[w].word + i, ir_block(g, b)->params[i]);
		for (ir_ref r = 1; w && r < o->nins; r++)
			if (o->out_word[r] && there_at(o, r, o->ways[w].to))
				store_out(o, &e, o->out_word[r], o->ref[r]);
	}
}

/* Once the loop was left the callback stops again: a verifier that goes on calling it all the same (since 6.7) forgets
 * what numbers it left behind, such as the tags of pointers, but not by which way. */
static ir_blk stop_again(struct outline *o, ir_blk entry)
{
	struct ir_fn *g = o->g;
	ir_blk gone = ir_block_new(g), on = ir_block_new(g);
	ir_ref one = ir_ins_new(g, IRO(imm), 0, NULL);
	ir_at(g, one)->imm = 1;
	ir_append(g, gone, one);
	edit_end(g, gone, o->site, IRO(ret), 0, one, 0);
	struct edit e = { g, ir_block(g, entry)->last, o->site };
	ir_ref left = edit_op(&e, IRO(own), edit_load(&e, 8, o->frame, EXIT_WORD * WORD), 0);
	edit_terminator(g, e.at, IRO(br), IR_NE, left, edit_imm(&e, 0));
	ir_succ(g, e.at, 0, gone, 0, NULL);
	ir_succ(g, e.at, 1, on, 0, NULL);
	edit_end(g, on, o->site, IRO(jmp), 0, 0, 0);
	return on;
}

static void start_callback(struct outline *o)
{
	struct ir_fn *g = o->g = ir_fn_new(o->u, o->f->name);
	g->machine = true;
	g->caller = o->f;
	g->frame_arg = o->each && !o->record ? 4 : 2;
	g->pos = o->u->sites[o->site].pos;
	ir_blk b = ir_block_new(g);
	ir_ref t = edit_end(g, b, o->site, IRO(jmp), 0, 0, 0);
	struct edit e = { g, t, o->site };
	o->frame = put(o, &e, IRO(arg), 0, g->frame_arg - 1, 0);
	o->zero = edit_op(&e, IRO(opaque), edit_imm(&e, 0), 0);
	o->begin = o->exact ? stop_again(o, b) : b;
	for (uint32_t w = 0; w < o->nways; w++) {
		o->ways[w].in = ir_block_new(g);
		ir_block(g, o->ways[w].in)->cold = w == 0;
		for (uint32_t i = 0; i < o->ways[w].nargs; i++)
			ir_param_add(g, o->ways[w].in);
	}
	g->failed = o->ways[0].in;
	edit_count_errors(g, g->failed);
}

/* A record of the ring as a key, on the callback's stack; a shorter one ends with zeros. */
static ir_ref read_record(struct outline *o, struct edit *e)
{
	struct ir_fn *g = o->g;
	uint32_t slot = ir_slot(g, (o->record + 7) & ~7u, 8);
	ir_ref from = put(o, e, IRO(arg), 0, 0, 0), key = put(o, e, IRO(slot), 0, slot, 0);
	for (uint32_t at = 0; at < o->record; at += 8)
		edit_store(e, 8, key, at, edit_imm(e, 0));
	ir_ref args[5] = { key, edit_imm(e, o->record), from, edit_imm(e, 0), edit_imm(e, 0) };
	ir_ref r = ir_ins_new(g, IRO(helper), 5, args);
	ir_at(g, r)->aux = HELPER_DYNPTR_READ;
	ir_at(g, r)->site = o->site;
	ir_insert_before(g, e->at, r);
	return key;
}

/* The key comes as an argument, and the turn is on. */
static void enter_each(struct outline *o)
{
	struct ir_fn *g = o->g;
	ir_ref old = ir_block(o->f, o->head)->last, t = o->ref[old];
	struct ir_edge on = ir_at(g, t)->succ[0];
	struct edit e = { g, ir_block(g, 1)->first, o->site };
	ir_ref key = o->record ? read_record(o, &e) : put(o, &e, IRO(arg), 0, 1, 0);
	ir_ref value = o->record ? 0 : put(o, &e, IRO(arg), 0, 2, 0);
	edit_terminator(g, t, IRO(jmp), 0, 0, 0);
	ir_at(g, t)->succ[0] = on;
	ir_ref *to = arena_array(o->u->arena, ir_ref, g->nins);
	for (ir_blk b = 1; b < g->nblocks; b++)
		for (ir_ref r = ir_block(g, b)->first, next; r; r = next) {
			next = ir_at(g, r)->next;
			if (ir_at(g, r)->op != IRO(mapeachval) || ir_at(g, r)->args[0] != t)
				continue;
			to[r] = value;
			ir_remove(g, r);
		}
	to[t] = key;
	ir_order(g);
	ir_rename(g, to);
}

static void make_callback(struct outline *o, struct edit *head)
{
	struct ir_fn *f = o->f, *g = o->g;
	const struct ir_block *h = ir_block(f, o->head);
	copy_numbers(o);
	ir_blk turn = ir_block_new(g);
	for (uint32_t i = 0; i < h->nparams; i++)
		ir_param_add(g, turn);
	ir_ref t = ir_block(g, o->begin)->last;
	struct edit e = { g, t, o->site };
	struct bring b = { &e, head };
	ir_ref *in = arena_array(o->u->arena, ir_ref, h->nparams + 1);
	for (uint32_t i = 0; i < h->nparams; i++)
		in[i] = put(o, &e, is_pointer(o, h->params[i]) ? IRO(loadp) : IRO(load64), o->frame, 0,
			    o->var_word[i] * WORD);
	copy_contents(o, &b, turn);
	ir_succ(g, t, 0, o->blk[o->head], ir_block(f, o->head)->nparams, in);
	move_slots(o, head);
	end_turns(o, turn);
	end_ways(o);
	if (o->each)
		enter_each(o);
}

/* ---- the head ---- */

/* Where the loop ends by itself, in block b: its variables as the last turn left them, what the head makes of
 * them, and on. */
static void go_done(struct outline *o, ir_blk b, const struct ir_ins *list, uint32_t n, const ir_ref *numbers,
		    const struct ir_edge *done)
{
	struct ir_fn *f = o->f;
	ir_ref t = edit_end(f, b, o->site, IRO(jmp), 0, 0, 0);
	struct edit e = { f, t, o->site };
	ir_ref *now = arena_array(o->u->arena, ir_ref, f->nins);
	const struct ir_block *h = ir_block(f, o->head);
	uint32_t nparams = h->nparams;
	for (uint32_t i = 0; i < nparams; i++) {
		ir_ref p = ir_block(f, o->head)->params[i];
		now[p] = load_word(o, &e, o->var_word[i], is_pointer(o, p));
	}
	for (uint32_t k = 0; k < n; k++) {
		struct ir_ins i = list[k];
		i.prev = i.next = i.block = 0;
		i.args = own_refs(o, i.nargs, i.args);
		for (uint32_t a = 0; a < i.nargs; a++)
			i.args[a] = now[i.args[a]] ? now[i.args[a]] : i.args[a];
		arena_push(o->u->arena, f->ins, f->nins, f->cap_ins, i);
		ir_insert_before(f, t, f->nins - 1);
		now[numbers[k]] = f->nins - 1;
		if (o->out_word[numbers[k]])
			store_word(o, &e, o->out_word[numbers[k]], f->nins - 1);
	}
	for (uint32_t i = 0; i < nparams; i++) {
		ir_ref p = ir_block(f, o->head)->params[i];
		if (o->out_word[p])
			store_word(o, &e, o->out_word[p], now[p]);
	}
	ir_ref *args = own_refs(o, done->nargs, done->args);
	for (uint32_t a = 0; a < done->nargs; a++)
		args[a] = now[args[a]] ? now[args[a]] : args[a];
	ir_succ(f, t, 0, done->to, done->nargs, args);
}

/* Where way w leads: its arguments come from their words. What decides whether a pointer may be followed is asked again. */
static ir_blk way_on(struct outline *o, uint32_t w)
{
	struct ir_fn *f = o->f;
	const struct way *y = &o->ways[w];
	ir_blk on = ir_block_new(f), last = on;
	ir_block(f, on)->cold = w == 0;
	for (uint32_t i = 0; i < y->nasked; i++)
		if (is_pointer(o, y->asked[i].of) || is_tag(o, y->asked[i].of))
			last = behind_ask(f, last, &y->asked[i], o->ways[0].to, o->site);
	ir_ref j = edit_end(f, last, o->site, IRO(jmp), 0, 0, 0);
	struct edit e = { f, j, o->site };
	ir_ref *args = arena_array(o->u->arena, ir_ref, y->nargs + 1);
	for (uint32_t i = 0; i < y->nargs; i++)
		args[i] = y->outer[i] ? y->outer[i]
			: load_out(o, &e, y->word + i, ir_block(f, y->to)->params[i]);
	ir_succ(f, j, 0, y->to, y->nargs, args);
	return on;
}

/* From block b, whose last instruction is `mark`: to where the word says that the body went. */
static void dispatch(struct outline *o, ir_blk b, ir_ref mark, ir_blk done)
{
	struct ir_fn *f = o->f;
	struct edit e = { f, mark, o->site };
	ir_ref word = load_word(o, &e, EXIT_WORD, false);
	if (o->exact) /* `veil` hides no copy of it: each test tells */
		word = edit_op(&e, IRO(own), word, 0);
	ir_remove(f, mark);
	ir_blk on = done;
	for (uint32_t w = 0; w < o->nways; w++) {
		ir_ref k = ir_ins_new(f, IRO(imm), 0, NULL);
		ir_at(f, k)->imm = w ? w + 1 : 0; /* none, then the ways but the first, which is left */
		ir_append(f, b, k);
		ir_ref t = edit_end(f, b, o->site, IRO(br), IR_EQ, word, k);
		ir_blk next = w + 1 < o->nways ? ir_block_new(f) : way_on(o, 0);
		ir_succ(f, t, 0, w ? way_on(o, w) : on, 0, NULL);
		ir_succ(f, t, 1, next, 0, NULL);
		b = next;
	}
}

/* each: the mapeach that it was, of a loop over a map. */
static ir_ref call_helper(struct outline *o, struct edit *e, const struct ir_ins *each)
{
	struct ir_fn *f = o->f;
	ir_ref args[4];
	args[0] = !o->each ? edit_imm(e, MOST_TURNS) : each->nargs ? each->args[0] : put(o, e, IRO(mapfd), 0, each->aux, 0);
	args[1] = put(o, e, IRO(fnref), 0, o->g->id, 0);
	args[2] = put(o, e, IRO(slot), 0, o->slot, 0);
	args[3] = edit_imm(e, 0);
	ir_ref r = ir_ins_new(f, IRO(helper), 4, args);
	ir_at(f, r)->aux = o->record ? HELPER_DRAIN : o->each ? HELPER_FOR_EACH : HELPER_LOOP;
	ir_at(f, r)->site = o->site;
	ir_insert_before(f, e->at, r);
	return r;
}

/* The head keeps its parameters and loses what it did. */
static ir_ref clear_head(struct outline *o)
{
	struct ir_fn *f = o->f;
	struct ir_block *h = ir_block(f, o->head);
	h->first = h->last = 0;
	ir_ref last = ir_ins_new(f, IRO(nop), 0, NULL);
	ir_append(f, o->head, last);
	return last;
}

static void empty_body(struct outline *o)
{
	for (uint32_t k = 1; k < o->nblocks; k++) {
		struct ir_block *b = ir_block(o->f, o->blocks[k]);
		b->first = b->last = 0;
		b->nparams = 0;
	}
}

/* The words that the callback fills. Behind it the verifier takes a number that was another one at the call for any number
 * (since 6.7), a pointer for what it is: a tag would be forgotten, not the pointer beside it. So where that matters they
 * hold neither at the call, nor what the loop left the last time: of each the second half is written. */
static void clear_words(struct outline *o, struct edit *e)
{
	unsigned bytes = o->exact ? WORD / 2 : WORD;
	for (uint32_t k = FIRST_WORD; k < o->out_end; k++) {
		ir_ref none = edit_imm(e, 0);
		edit_store(e, bytes, words_at(o, e), (k + 1) * WORD - bytes, none);
	}
}

static void write_head(struct outline *o, struct edit *e)
{
	struct ir_fn *f = o->f;
	store_word(o, e, CTX_WORD, put(o, e, IRO(ctx), 0, 0, 0));
	ir_ref none = edit_imm(e, 0);
	store_word(o, e, EXIT_WORD, o->exact ? edit_op(e, IRO(own), none, 0) : none); /* likewise */
	if (!o->exact || behind_again(f, o->in, o->limit, o->head))
		clear_words(o, e);
	for (uint32_t i = 0; i < ir_block(f, o->head)->nparams; i++) {
		ir_ref v = ir_block(f, o->head)->params[i];
		if (o->varies[i])
			store_word(o, e, o->var_word[i], edit_op(e, IRO(opaque), v, 0));
		else
			store_kept(o, e, o->var_word[i], v);
	}
}

static int refuse(struct outline *o)
{
	if (!o->each)
		return -EINVAL; /* who asked says so */
	diag_refuse(o->u->diag, o->u->sites[o->site].pos, ON_LOOPS, "keep its key and what you compare, and look it "
		    "up behind the loop: if not most or e.n > most then most, key = e.n, k end ... local best = key and m[key]", "an entry of a map or a packet view is kept from "
		    "one turn of this loop to the next; that is not there yet");
	return -EINVAL;
}

static bool one_way_in(const struct outline *o)
{
	for (uint32_t k = 0; k < o->nblocks; k++)
		if (!ir_dominates(o->f, o->head, o->blocks[k]))
			return false;
	return true;
}

static void open_tables(struct outline *o)
{
	struct ir_fn *f = o->f;
	struct arena *m = o->u->arena;
	o->limit = f->nblocks;
	o->nins = f->nins;
	o->in = arena_array(m, bool, f->nblocks);
	for (uint32_t k = 0; k < o->nblocks; k++)
		o->in[o->blocks[k]] = true;
	o->nwords = FIRST_WORD;
	o->out_word = arena_array(m, uint32_t, f->nins);
	o->ref = arena_array(m, ir_ref, f->nins);
	o->blk = arena_array(m, ir_blk, f->nblocks);
}

static void each_use_outside(struct outline *o, use_fn *visit)
{
	for (uint32_t k = 0; k < o->f->nrpo; k++)
		if (!o->in[o->f->rpo[k]])
			each_use(o, o->f->rpo[k], visit);
}

/* The head's instructions as they were: of a loop over a map they are made again where it is over. */
struct was { struct ir_ins *list; ir_ref *numbers; uint32_t n; };

/* False: one of them does what must not be done again. */
static bool keep_head(struct outline *o, struct was *w)
{
	struct ir_fn *f = o->f;
	const struct ir_block *h = ir_block(f, o->head);
	uint32_t n = 0;
	for (ir_ref r = h->first; r; r = ir_at(f, r)->next)
		n++;
	*w = (struct was){ arena_array(o->u->arena, struct ir_ins, n), arena_array(o->u->arena, ir_ref, n), 0 };
	for (ir_ref r = h->first; r; r = ir_at(f, r)->next) {
		w->list[w->n] = *ir_at(f, r);
		w->numbers[w->n++] = r;
		if (o->each && ir_at(f, r)->op != IRO(mapeach) && ir_ops[ir_at(f, r)->op].effects & IR_E_WRITE)
			return false;
	}
	return true;
}

/* `stores`, behind which the frame is full, goes on to `call`, or past it to `end`. */
static void lead_to_call(struct outline *o, struct edit *head, ir_ref stores, const struct was *w, ir_blk call,
			 ir_blk end)
{
	struct ir_fn *f = o->f;
	if (o->each) {
		go_done(o, end, w->list, w->n - 1, w->numbers, &w->list[w->n - 1].succ[1]);
		ir_ref hidden = edit_op(head, IRO(opaque), edit_imm(head, 0), 0), zero = edit_imm(head, 0);
		edit_terminator(f, stores, IRO(br), IR_NE, hidden, zero);
		ir_succ(f, stores, 0, end, 0, NULL);
		ir_succ(f, stores, 1, call, 0, NULL);
		return;
	}
	ir_blk raise = edit_raise(f, o->site, "loop budget exhausted");
	ir_ref t = edit_end(f, end, o->site, IRO(jmp), 0, 0, 0);
	ir_succ(f, t, 0, raise, 0, NULL);
	ir_succ(f, stores, 0, call, 0, NULL);
}

/* The loop's place: the head fills the frame, then the kernel is called, then comes the way out. */
static void put_call(struct outline *o, const struct was *w)
{
	struct ir_fn *f = o->f;
	ir_blk pre = ir_block_new(f);
	ir_ref stores = edit_end(f, pre, o->site, IRO(jmp), 0, 0, 0);
	struct edit head = { f, stores, o->site };
	write_head(o, &head);
	if (o->each)
		ir_at(f, ir_block(f, o->head)->last)->nargs = 0; /* the callback is not told */
	make_callback(o, &head);
	ir_ref last = clear_head(o);
	empty_body(o);
	ir_remove(f, last);
	ir_ref to_pre = edit_end(f, o->head, o->site, IRO(jmp), 0, 0, 0);
	ir_succ(f, to_pre, 0, pre, 0, NULL);
	ir_blk call = ir_block_new(f), end = ir_block_new(f);
	lead_to_call(o, &head, stores, w, call, end);
	ir_ref mark = ir_ins_new(f, IRO(nop), 0, NULL);
	ir_append(f, call, mark);
	struct edit c = { f, mark, o->site };
	call_helper(o, &c, &w->list[w->n - 1]);
	dispatch(o, call, mark, end);
	f->slots[o->slot].size = o->nwords * WORD;
}

static int outline(struct outline *o)
{
	struct ir_fn *f = o->f;
	struct was head;
	ir_need_tree(f);
	webs_find(f, &o->webs);
	o->tags = webs_have_tags(&o->webs, WEB_POINTER);
	find_body(o);
	if (!one_way_in(o))
		return refuse(o);
	behind_returns(f, o->blocks, o->nblocks);
	ir_need_tree(f);
	o->range = range_all(o->u->arena, f);
	if (outline_outward(f, o->in, o->limit, o->range)) {
		f->ordered = false;
		ir_need_tree(f);
		o->range = range_all(o->u->arena, f);
	}
	open_tables(o);
	find_ways(o);
	each_use_outside(o, find_out);
	find_exact(o);
	if (leaves_stack(o) || !find_variables(o))
		return refuse(o);
	o->slot = ir_slot(f, 0, WORD);
	each_use_outside(o, take_out);
	if (!keep_head(o, &head))
		return refuse(o);
	start_callback(o);
	put_call(o, &head);
	return 0;
}

/* ---- going over maps ---- */

static int lacking(struct ir_unit *u, uint32_t site)
{
	if (!u->features || (u->features[FEAT_for_each] && u->features[FEAT_btf_func]))
		return 0;
	diag_refuse(u->diag, u->sites[site].pos, ON_LOOPS, "go over it in the user half, or keep what you look "
		    "for in an array", "going over a map needs %s (Linux %s or later)",
		    feature_rows[FEAT_for_each].what, feature_rows[FEAT_for_each].since);
	return -EOPNOTSUPP;
}

static int outline_fn(struct ir_unit *u, struct ir_fn *f)
{
	for (bool more = true; more;) {
		more = false;
		ir_need_order(f);
		for (uint32_t k = 0; k < f->nrpo && !more; k++) {
			ir_ref t = ir_block(f, f->rpo[k])->last;
			if (ir_at(f, t)->op != IRO(mapeach))
				continue;
			struct outline o = { .u = u, .f = f, .head = f->rpo[k], .each = true, .site = ir_at(f, t)->site,
					     .record = (uint32_t)ir_at(f, t)->imm };
			int err = lacking(u, o.site);
			err = err ? err : outline(&o);
			if (err)
				return err;
			more = true;
		}
	}
	return 0;
}

int opt_outline(struct ir_unit *u)
{
	int err = 0;
	for (uint32_t i = 0; i < u->nfns && !err; i++)
		if (u->fns[i] && u->fns[i]->machine)
			err = outline_fn(u, u->fns[i]);
	return err;
}

int outline_loop(struct ir_unit *u, struct ir_fn *f, ir_blk head, uint32_t site)
{
	struct outline o = { .u = u, .f = f, .head = head, .site = site };
	return outline(&o);
}
