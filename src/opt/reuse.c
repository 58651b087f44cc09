/*
 * reuse.c - packet fields and headers looked up twice are looked up once: `pkt.tcp and pkt.tcp.syn`.
 *
 * What a packet view gives depends on nothing but the view, the name and what was written to the
 * packet before, and a look-up that raises ends the program. So one that another dominates, with
 * nothing written between them that matters, is the same value; below a test of that one it is what
 * the test left of it. To where headers are, only a write to what leads to them matters; to those that are found by a port,
 * one to a port, too.
 */
#include "opt/opt.h"

#include <stddef.h>

/* What was written last, by number: to any byte, to bytes that lead to headers, and to those or ports. A number that
 * several ways lead to with different last writes is its own. */
struct writes { uint32_t any, leading, carrying; };

struct seen {
	ir_ref obj, value;
	const char *name;
	ir_blk block;          /* where it was seen */
	uint32_t write;        /* the last write before it that matters to it */
	int32_t next;          /* in the same bucket; -1: none */
};

struct reuse {
	struct ir_unit *u;
	struct ir_fn *f;
	struct seen *v;
	uint32_t n, cap;
	int32_t bucket[64];
	ir_ref *to;
	bool any, narrowed;
	struct writes *after;  /* by block: at its end; NULL: nothing writes packets */
	struct writes now;
	uint32_t nwrites;
};

static uint32_t hash(ir_ref obj, const char *name)
{
	uint32_t h = obj * 2654435761u;
	while (*name)
		h = h * 31 + (uint8_t)*name++;
	return (h ^ h >> 15) & 63;
}

static void remember(struct reuse *s, ir_ref obj, const char *name, ir_ref value, uint32_t write)
{
	uint32_t h = hash(obj, name);
	struct seen e = { .obj = obj, .value = value, .name = name, .block = ir_at(s->f, value)->block,
			  .write = write, .next = s->bucket[h] };
	arena_push(s->u->scratch, s->v, s->n, s->cap, e);
	s->bucket[h] = (int32_t)s->n - 1;
}

/* The last one seen that dominates block b. */
static const struct seen *find(const struct reuse *s, ir_ref obj, const char *name, ir_blk b, uint32_t write)
{
	for (int32_t i = s->bucket[hash(obj, name)]; i >= 0; i = s->v[i].next)
		if (s->v[i].obj == obj && s->v[i].write == write && !strcmp(s->v[i].name, name) &&
		    ir_dominates(s->f, s->v[i].block, b))
			return &s->v[i];
	return NULL;
}

static ir_ref follow(const struct reuse *s, ir_ref r)
{
	while (s->to[r])
		r = s->to[r];
	return r;
}

static bool is_field(const struct reuse *s, const struct ir_ins *i)
{
	if (i->op != IRO(index) || i->type.k || i->type.kinds == IR_BIT(IR_FUNC))
		return false;
	uint64_t kinds = ir_at(s->f, i->args[0])->type.kinds;
	const pg_value *key = ir_at(s->f, i->args[1])->type.k;
	return key && key->kind == PG_STR && kinds & IR_VIEWS && !(kinds & ~(IR_VIEWS | IR_BIT(IR_NIL)));
}

/* Is block b only reached where a branch found v true? */
static bool known_true(const struct reuse *s, ir_ref v, ir_blk b)
{
	for (ir_blk top = ir_at(s->f, v)->block; b != top; b = ir_block(s->f, b)->idom) {
		const struct ir_ins *t = ir_at(s->f, ir_block(s->f, ir_block(s->f, b)->idom)->last);
		if (t->op == IRO(branch) && t->args[0] == v && t->succ[0].to == b && ir_block(s->f, b)->npreds == 1)
			return true;
	}
	return false;
}

/* ---- writes ---- */

/* Of all rows of this name that the kinds have: does one have what `has` asks? */
static bool any_row(const struct reuse *s, uint64_t kinds, const char *name, bool (*has)(const struct ir_field *))
{
	for (uint64_t left = kinds & IR_VIEWS; left; left &= left - 1) {
		const struct ir_view *v = ir_view_of(s->u->target, ir_first_kind(left));
		const struct ir_field *f = v ? ir_field_find(v, name) : NULL;
		if (f && has(f))
			return true;
	}
	return false;
}

static bool walks(const struct ir_field *f) { return f->walks; }
static bool stays(const struct ir_field *f) { return !f->walks; }
static bool leads(const struct ir_field *f) { return f->leads; }
static bool carries(const struct ir_field *f) { return f->carries; }
static bool is_carried(const struct ir_field *f) { return f->carried; }

/* Notes what instruction i writes. */
static void note_write(struct reuse *s, const struct ir_ins *i)
{
	bool set = i->op == IRO(setindex);
	if (i->op == IRO(subcall)) { /* who knows what it does */
		s->now.any = ++s->nwrites;
		s->now.leading = s->now.carrying = ++s->nwrites;
	}
	if (!set && !(i->op == IRO(call) && i->nargs > 1))
		return;
	uint64_t kinds = ir_at(s->f, i->args[set ? 0 : 1])->type.kinds;
	const struct ir_lib *row = set ? NULL : ir_at(s->f, i->args[0])->type.row;
	if (!(kinds & IR_VIEWS) || (row && !(row->effects & IR_E_WRITE)))
		return;
	const pg_value *key = set ? ir_at(s->f, i->args[1])->type.k : NULL;
	s->now.any = ++s->nwrites;
	if (!key || any_row(s, kinds, key->str, leads))
		s->now.leading = s->now.carrying = ++s->nwrites;
	else if (any_row(s, kinds, key->str, carries))
		s->now.carrying = ++s->nwrites;
}

/* One number of a block's predecessors (which: offset in struct writes), or one of its own. */
static uint32_t common(struct reuse *s, const struct ir_block *k, size_t which)
{
	uint32_t same = 0;
	for (uint32_t p = 0; p < k->npreds; p++) {
		uint32_t w = *(const uint32_t *)((const char *)&s->after[k->preds[p].from] + which);
		if (!w || (same && w != same))
			return ++s->nwrites; /* back from a loop, or different */
		same = w;
	}
	return same ? same : ++s->nwrites;
}

static void enter(struct reuse *s, ir_blk b)
{
	const struct ir_block *k = ir_block(s->f, b);
	s->now.any = common(s, k, offsetof(struct writes, any));
	s->now.leading = common(s, k, offsetof(struct writes, leading));
	s->now.carrying = common(s, k, offsetof(struct writes, carrying));
}

/* The last write that what `name` of such a view gives depends on. */
static uint32_t depends(const struct reuse *s, uint64_t kinds, const char *name)
{
	if (!any_row(s, kinds, name, walks) || any_row(s, kinds, name, stays))
		return s->now.any;
	return any_row(s, kinds, name, is_carried) ? s->now.carrying : s->now.leading;
}

static void visit(struct reuse *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	if (s->after)
		note_write(s, i);
	if (!is_field(s, i))
		return;
	ir_ref obj = follow(s, i->args[0]);
	const char *name = ir_at(s->f, i->args[1])->type.k->str;
	uint32_t write = s->after ? depends(s, ir_at(s->f, i->args[0])->type.kinds, name) : 0;
	const struct seen *e = find(s, obj, name, i->block, write);
	if (!e) {
		remember(s, obj, name, r, write);
		return;
	}
	s->any = true;
	if (!known_true(s, e->value, i->block)) {
		s->to[r] = e->value;
		return;
	}
	s->narrowed = true;
	i->op = IRO(pi);
	i->raised = 0;
	i->aux = 0;
	i->args[0] = e->value;
	i->nargs = 1;
	i->imm = (int64_t)~IR_FALSY;
}

int opt_reuse(struct ir_unit *u)
{
	struct reuse s = { .u = u, .f = u->main };
	ir_need_tree(s.f);
	memset(s.bucket, -1, sizeof(s.bucket));
	s.to = arena_array(u->scratch, ir_ref, s.f->nins);
	s.after = u->writes_packet || u->writes_beside ? arena_array(u->scratch, struct writes, s.f->nblocks) : NULL;
	for (uint32_t o = 0; o < s.f->nrpo; o++) {
		ir_blk b = s.f->rpo[o];
		if (s.after)
			enter(&s, b);
		for (ir_ref r = ir_block(s.f, b)->first; r; r = ir_at(s.f, r)->next)
			visit(&s, r);
		if (s.after)
			s.after[b] = s.now;
	}
	if (!s.any)
		return 0;
	ir_rename(s.f, s.to);
	for (ir_ref r = 1; r < s.f->nins; r++)
		if (s.to[r])
			ir_remove(s.f, r);
	if (s.narrowed) /* else every value is of the type that it was */
		infer_again(u);
	return 0;
}
