/*
 * reuse.c - packet fields and headers looked up twice are looked up once: `pkt.tcp and pkt.tcp.syn`.
 *
 * What a packet view gives depends on nothing but the view and the name while kernel code only reads
 * packets, and a look-up that raises ends the program. So one that another dominates is the same
 * value; below a test of that one it is what the test left of it.
 */
#include "opt/opt.h"

struct seen {
	ir_ref obj, value;
	const char *name;
	ir_blk block;          /* where it was seen */
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
};

static uint32_t hash(ir_ref obj, const char *name)
{
	uint32_t h = obj * 2654435761u;
	while (*name)
		h = h * 31 + (uint8_t)*name++;
	return (h ^ h >> 15) & 63;
}

static void remember(struct reuse *s, ir_ref obj, const char *name, ir_ref value, ir_blk b)
{
	uint32_t h = hash(obj, name);
	struct seen e = { .obj = obj, .value = value, .name = name, .block = b, .next = s->bucket[h] };
	arena_push(s->u->scratch, s->v, s->n, s->cap, e);
	s->bucket[h] = (int32_t)s->n - 1;
}

/* The last one seen that dominates block b. */
static const struct seen *find(const struct reuse *s, ir_ref obj, const char *name, ir_blk b)
{
	for (int32_t i = s->bucket[hash(obj, name)]; i >= 0; i = s->v[i].next)
		if (s->v[i].obj == obj && !strcmp(s->v[i].name, name) && ir_dominates(s->f, s->v[i].block, b))
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

static void visit(struct reuse *s, ir_ref r)
{
	struct ir_ins *i = ir_at(s->f, r);
	if (!is_field(s, i))
		return;
	ir_ref obj = follow(s, i->args[0]);
	const char *name = ir_at(s->f, i->args[1])->type.k->str;
	const struct seen *e = find(s, obj, name, i->block);
	if (!e) {
		remember(s, obj, name, r, i->block);
		return;
	}
	s->any = true;
	if (!known_true(s, e->value, i->block)) {
		s->to[r] = e->value;
		return;
	}
	s->narrowed = true;
	i->op = IRO(pi);
	i->args[0] = e->value;
	i->nargs = 1;
	i->imm = (int64_t)~IR_FALSY;
}

int opt_reuse(struct ir_unit *u)
{
	struct reuse s = { .u = u, .f = u->main };
	ir_dominators(s.f);
	memset(s.bucket, -1, sizeof(s.bucket));
	s.to = arena_array(u->scratch, ir_ref, s.f->nins);
	for (uint32_t o = 0; o < s.f->nrpo; o++)
		for (ir_ref r = ir_block(s.f, s.f->rpo[o])->first; r; r = ir_at(s.f, r)->next)
			visit(&s, r);
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
