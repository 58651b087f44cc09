/*
 * test_net_lower.c - the two engines of packet views against each other: every path of fields to a
 * depth, and bytes by offset at its end, compiled to machine operations, evaluated on generated
 * hostile frames, and compared with the twin. The evaluator stops the test when an operation reads
 * outside the frame, or a pointer that no check made.
 */
#include "packets.h"

#include "ir/lower.h"
#include "net/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { DEPTH = 4, FRAMES = 400, STEPS = 20000, MAX_WORDS = 8, BASE = 0x10000000 };

static const struct ir_target target = {
	.hook = "test", .views = net_views, .ctx_data = 0, .ctx_data_end = 4,
};

/* ---- hostile frames ---- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static void put8(struct frame *f, unsigned v) { f->b[f->n++] = (uint8_t)v; }
static void be16(struct frame *f, unsigned v) { put8(f, v >> 8); put8(f, v); }

static void junk(struct frame *f, unsigned n)
{
	while (n--)
		put8(f, rnd(256));
}

/* mostly right, sometimes near, sometimes anything */
static unsigned about(unsigned right, unsigned limit)
{
	switch (rnd(12)) {
	case 0:  return rnd(limit);
	case 1:  return (right + rnd(9) - 4) % limit;
	case 2:  return 0;
	default: return right;
	}
}

static void make_transport(struct frame *f, unsigned proto)
{
	unsigned start = f->n;

	if (proto == 6) {
		unsigned options = rnd(3) ? 0 : rnd(11);
		junk(f, 12);
		put8(f, about(5 + options, 16) << 4);
		junk(f, 7 + options * 4);
	} else if (proto == 17) {
		junk(f, 4);
		be16(f, about(8 + 12, 0x10000));
		junk(f, 2);
	} else {
		junk(f, 8);
	}
	junk(f, rnd(3) ? 12 : rnd(40));
	(void)start;
}

static void make_ip4(struct frame *f, unsigned proto)
{
	unsigned start = f->n, options = rnd(3) ? 0 : rnd(11);

	put8(f, (rnd(20) ? 0x40 : rnd(16) << 4) | (about(5 + options, 16) & 15));
	junk(f, 5);
	be16(f, rnd(4) ? rnd(2) << 13 : rnd(0x10000));
	junk(f, 1);
	put8(f, proto);
	junk(f, 10 + options * 4);
	make_transport(f, proto);
	put16(f->b + start + 2, about(f->n - start, 0x10000));
}

static void make_ip6(struct frame *f, unsigned proto)
{
	static const uint8_t exts[] = { 0, 43, 44, 51, 60, 135, 139, 140 };
	unsigned start = f->n, n = rnd(2) ? 0 : rnd(11), at;

	put8(f, (rnd(20) ? 0x60 : rnd(16) << 4) | rnd(16));
	junk(f, 5);
	at = f->n;
	junk(f, 34);
	for (unsigned i = 0; i < n; i++) {
		unsigned ext = exts[rnd(8)], units = rnd(3);
		f->b[at] = (uint8_t)ext;
		at = f->n;
		put8(f, 0);
		put8(f, ext == 44 ? rnd(256) : about(ext == 51 ? units * 2 : units, 256));
		be16(f, ext == 44 && rnd(4) ? rnd(8) : rnd(0x10000));
		junk(f, 4 + (ext == 44 ? 0 : 8 * units));
	}
	f->b[at] = (uint8_t)proto;
	make_transport(f, proto);
	put16(f->b + start + 4, about(f->n - start - 40, 0x10000));
}

static void make_frame(struct frame *f)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 17, 1, 58, 0, 44, 99 };
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100 }, types[] = { 0x0800, 0x86dd, 0x0806, 0x1234 };
	unsigned ntags = rnd(3) ? 0 : rnd(5), type = types[rnd(20) < 9 ? 0 : rnd(20) < 17 ? 1 : 2 + rnd(2)];

	f->n = 0;
	junk(f, 12);
	for (unsigned i = 0; i < ntags; i++) {
		be16(f, tags[rnd(3)]);
		junk(f, 2);
	}
	be16(f, type);
	if (rnd(30) == 0)
		type = types[rnd(4)];
	if (type == 0x0800)
		make_ip4(f, protos[rnd(sizeof protos)]);
	else if (type == 0x86dd)
		make_ip6(f, protos[rnd(sizeof protos)]);
	else if (type == 0x0806)
		put(f, ARP, 28);
	junk(f, rnd(2) ? 0 : rnd(30));
	if (rnd(3) == 0)
		f->n = rnd(f->n + 1);
	for (unsigned i = rnd(4) ? 0 : 1 + rnd(3); i-- && f->n;)
		f->b[rnd(f->n)] = (uint8_t)rnd(256);
}

/* ---- machine operations, evaluated ---- */

struct eval {
	const struct ir_fn *fn;
	const struct frame *frame;
	uint64_t *v;
};

static uint64_t swap(uint64_t v, unsigned bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v) >> (64 - 8 * bytes);
#else
	return bytes == 8 ? v : v & (((uint64_t)1 << 8 * bytes) - 1);
#endif
}

static uint64_t load(const struct eval *e, const struct ir_ins *i)
{
	uint64_t ptr = e->v[i->args[0]], off = e->v[i->args[1]] + (uint64_t)i->imm;
	uint8_t b8;
	uint16_t b16;
	uint32_t b32;
	uint64_t b64;

	if (ptr != e->v[i->args[1]] + BASE)
		fail_msg("a load at %llu through pointer %llx", (unsigned long long)off, (unsigned long long)ptr);
	if (off + i->aux > e->frame->n)
		fail_msg("a load of %u bytes at %llu of %u", i->aux, (unsigned long long)off, e->frame->n);
	const uint8_t *p = e->frame->b + off;
	switch (i->aux) {
	case 1: memcpy(&b8, p, 1); return b8;
	case 2: memcpy(&b16, p, 2); return b16;
	case 4: memcpy(&b32, p, 4); return b32;
	default: memcpy(&b64, p, 8); return b64;
	}
}

static uint64_t compute(const struct eval *e, const struct ir_ins *i)
{
	uint64_t a = i->nargs > 0 ? e->v[i->args[0]] : 0, b = i->nargs > 1 ? e->v[i->args[1]] : 0;

	switch (i->op) {
	case IRO(imm):     return (uint64_t)i->imm;
	case IRO(add64):   return a + b;
	case IRO(sub64):   return a - b;
	case IRO(and64):   return a & b;
	case IRO(or64):    return a | b;
	case IRO(xor64):   return a ^ b;
	case IRO(shl64):   assert_true(b < 64); return a << b;
	case IRO(shr64):   assert_true(b < 64); return a >> b;
	case IRO(sar64):   assert_true(b < 64); return (uint64_t)((int64_t)a >> b);
	case IRO(neg64):   return -a;
	case IRO(zext8):   return a & 0xff;
	case IRO(be16):    return swap(a & 0xffff, 2);
	case IRO(be32):    return swap(a & 0xffffffff, 4);
	case IRO(be64):    return swap(a, 8);
	case IRO(opaque):  return a;
	case IRO(ctx):     return 0;
	case IRO(load32):  return i->imm == 12 ? 1 : 0; /* the context: ifindex, queue */
	case IRO(pktlen):  return e->frame->n;
	case IRO(pktload): return load(e, i);
	default:
		fail_msg("operation %s", ir_ops[i->op].name);
		return 0;
	}
}

static bool holds(unsigned cc, uint64_t a, uint64_t b)
{
	switch (cc) {
	case IR_EQ:  return a == b;
	case IR_NE:  return a != b;
	case IR_ULT: return a < b;
	case IR_UGE: return a >= b;
	case IR_ULE: return a <= b;
	case IR_UGT: return a > b;
	case IR_SLT: return (int64_t)a < (int64_t)b;
	case IR_SGE: return (int64_t)a >= (int64_t)b;
	case IR_SLE: return (int64_t)a <= (int64_t)b;
	case IR_SGT: return (int64_t)a > (int64_t)b;
	case IR_SET: return (a & b) != 0;
	default:     return (a & b) == 0;
	}
}

/* Which successor the terminator takes. */
static unsigned choose(struct eval *e, ir_ref r, const struct ir_ins *i)
{
	uint64_t off;

	switch (i->op) {
	case IRO(jmp): return 0;
	case IRO(br):  return holds(i->aux, e->v[i->args[0]], e->v[i->args[1]]) ? 0 : 1;
	case IRO(pkt):
		off = e->v[i->args[0]];
		e->v[r] = off + BASE;
		return off <= NET_REACH - (uint64_t)i->imm && off + (uint64_t)i->imm <= e->frame->n ? 0 : 1;
	default:
		fail_msg("terminator %s", ir_ops[i->op].name);
		return 0;
	}
}

static void take(struct eval *e, const struct ir_edge *edge)
{
	uint64_t args[16];
	const struct ir_block *to = ir_block(e->fn, edge->to);

	assert_int_equal(edge->nargs, to->nparams);
	for (uint32_t k = 0; k < edge->nargs; k++)
		args[k] = e->v[edge->args[k]];
	for (uint32_t k = 0; k < edge->nargs; k++)
		e->v[to->params[k]] = args[k];
}

/* Runs until `ret`; its argument. */
static uint64_t run(struct eval *e)
{
	ir_blk b = 1;

	for (unsigned steps = 0; steps < STEPS; steps++) {
		ir_ref r = ir_block(e->fn, b)->first;
		for (; r != ir_block(e->fn, b)->last; r = ir_at(e->fn, r)->next)
			e->v[r] = compute(e, ir_at(e->fn, r));
		const struct ir_ins *i = ir_at(e->fn, r);
		if (i->op == IRO(ret))
			return e->v[i->args[0]];
		const struct ir_edge *edge = &i->succ[choose(e, r, i)];
		take(e, edge);
		b = edge->to;
	}
	fail_msg("no end");
	return 0;
}

/* ---- one path ---- */

struct path {
	const struct ir_field *fields[DEPTH]; /* from pkt */
	unsigned n;
	const struct ir_lib *method;  /* at the end, or NULL */
	int64_t arg;
	bool constant;
	bool len;                     /* # at the end */
};

static const char *path_text(const struct path *p)
{
	static char text[256];
	size_t n = (size_t)snprintf(text, sizeof text, "pkt");

	for (unsigned i = 0; i < p->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ".%s", p->fields[i]->name);
	if (p->method)
		snprintf(text + n, sizeof text - n, ":%s(%s%lld)", p->method->name,
			 p->constant ? "" : "n = ", (long long)p->arg);
	if (p->len)
		snprintf(text + n, sizeof text - n, " #");
	return text;
}

struct compiled {
	jmp_buf oom;
	struct arena a;
	struct diag_list diag;
	struct lw w;
	struct lw_val out;
};

static void ret(struct lw *w, int64_t v)
{
	ir_ref n = lw_imm(w, v), r = ir_ins_new(w->fn, IRO(ret), 1, &n);

	ir_append(w->fn, w->cur, r);
	w->cur = 0;
}

static struct lw_val call(struct lw *w, const struct path *p, const struct lw_val *obj)
{
	static pg_value k;
	k = (pg_value){ .kind = PG_INT, .i = p->arg };
	struct ir_type types[2] = { { .kinds = obj->kinds }, { .kinds = IR_BIT(IR_INT) } };
	struct ir_type type = { .kinds = p->method->ret };
	struct lw_val args[2] = { *obj, lw_int(0) };

	if (p->constant) {
		args[1] = lw_const(w, &k);
		types[1].k = &k;
	} else {
		args[1] = lw_int(lw_op1(w, IRO(opaque), lw_imm(w, p->arg)));
	}
	p->method->type(NULL, p->method, 0, 2, types, &type);
	struct lw_val out = { .kinds = type.kinds };
	p->method->lower(w, p->method, 2, args, &out);
	return out;
}

/* Machine code that ends with 1 and the words of the path's value, or 0 where a part of it is nil. */
static void compile(struct compiled *c, const struct path *p)
{
	struct lw *w = &c->w;

	memset(c, 0, sizeof *c);
	arena_init(&c->a, 0, &c->oom);
	if (setjmp(c->oom))
		fail_msg("out of memory");
	c->diag.arena = &c->a;
	w->unit = ir_unit_new(&c->a, &c->diag, &target);
	w->fn = ir_fn_new(w->unit, "path");
	w->fn->machine = true;
	w->unit->main = w->fn;
	lw_enter(w, lw_block(w, 0));
	w->ctx = ir_ins_new(w->fn, IRO(ctx), 0, NULL);
	ir_append(w->fn, w->cur, w->ctx);
	ir_blk none = lw_block(w, 0);
	struct lw_val v = lw_words(IR_VIEW0 + NET_PKT, 0, NULL);
	for (unsigned i = 0; i < p->n; i++) {
		struct lw_val next;
		p->fields[i]->get(w, p->fields[i], &v, &next);
		if (next.kinds & IR_BIT(IR_NIL)) {
			ir_blk some = lw_block(w, 0);
			lw_br_kind(w, &next, IR_BIT(IR_NIL), none, some);
			lw_enter(w, some);
			next = lw_narrow(w, &next, ~IR_BIT(IR_NIL));
		}
		v = next;
	}
	if (p->method)
		v = call(w, p, &v);
	if (p->len)
		net_views[__builtin_ctzll(v.kinds) - IR_VIEW0]->len(w, &v, &v);
	c->out = v;
	ret(w, 1);
	lw_enter(w, none);
	ret(w, 0);
	const char *bad = ir_check(w->unit);
	if (bad)
		fail_msg("%s: %s", path_text(p), bad);
}

/* ---- the twin's answer, and the comparison ---- */

static bool twin(const struct frame *frame, const struct path *p, pg_value *v, struct net_place *at)
{
	struct net_frame f = { frame->b, frame->n };
	struct net_place next;

	*at = (struct net_place){ NET_PKT, 0, NET_OPEN };
	*v = (pg_value){ .kind = PG_VIEW };
	for (unsigned i = 0; i < p->n; i++) {
		net_twin_get(&f, at, p->fields[i], v, &next);
		if (v->kind == PG_NIL)
			return false;
		if (v->kind == PG_VIEW)
			*at = next;
	}
	if (p->method)
		net_twin_bytes(&f, at, p->method, p->arg, v);
	if (p->len)
		*v = (pg_value){ .kind = PG_INT, .i = (int64_t)net_twin_len(&f, at) };
	return true;
}

static const uint8_t kind_of[PG_NKINDS] = {
	[PG_NIL] = IR_NIL, [PG_FALSE] = IR_FALSE, [PG_TRUE] = IR_TRUE, [PG_INT] = IR_INT,
	[PG_IP4] = IR_IP4, [PG_IP6] = IR_IP6, [PG_MAC] = IR_MAC,
};

static bool same(struct compiled *c, const uint64_t *words, uint64_t tag, const pg_value *v,
		 const struct net_place *at)
{
	uint64_t kinds = c->out.kinds;
	unsigned kind = kinds & (kinds - 1) ? (unsigned)tag : (unsigned)__builtin_ctzll(kinds);
	uint64_t want[2] = { 0 };

	if (kind != (v->kind == PG_VIEW ? IR_VIEW0 + (unsigned)at->view : kind_of[v->kind]))
		return false;
	switch (v->kind) {
	case PG_INT: return words[0] == (uint64_t)v->i;
	case PG_IP4: case PG_IP6:
		memcpy(want, v->addr, v->kind == PG_IP4 ? 4 : 16);
		return words[0] == want[0] && (v->kind == PG_IP4 || words[1] == want[1]);
	case PG_MAC:
		for (unsigned i = 6; i--;)
			want[0] = want[0] << 8 | v->addr[i];
		return words[0] == want[0];
	case PG_VIEW:
		if (at->view == NET_PKT)
			return true;
		return words[at->view == NET_PAYLOAD ? 0 : 1] == at->off;
	default:
		return true;
	}
}

static struct frame frames[FRAMES];
static unsigned paths, found, absent;

static void try_path(const struct path *p)
{
	struct compiled c;

	compile(&c, p);
	struct eval e = { .fn = c.w.fn, .v = calloc(c.w.fn->nins, sizeof(uint64_t)) };
	for (unsigned i = 0; i < FRAMES; i++) {
		uint64_t words[MAX_WORDS] = { 0 };
		struct net_place at;
		pg_value v;
		e.frame = &frames[i];
		bool there = run(&e) == 1, want = twin(&frames[i], p, &v, &at);
		for (unsigned k = 0; k < c.out.n; k++)
			words[k] = e.v[c.out.w[k]];
		if (there != want || (there && !same(&c, words, c.out.tag ? e.v[c.out.tag] : 0, &v, &at)))
			fail_msg("%s: frame %u of %u bytes: twin %s kind %d %lld, compiled %s %llu", path_text(p),
				 i, frames[i].n, want ? "there" : "absent", v.kind, (long long)v.i,
				 there ? "there" : "absent", (unsigned long long)words[0]);
		*(there ? &found : &absent) += 1;
	}
	paths++;
	free(e.v);
	arena_free(&c.a);
}

/* ---- all paths ---- */

static void try_bytes(struct path *p)
{
	static const int64_t offsets[] = { 0, 1, 2, 4, 7, 8, 12, 13, 14, 19, 20, 21, 24, 39, 40, 60, -1, -2, -8,
					   -20, 100, 65527, 65528, 65535, 65536, INT64_MAX, INT64_MIN };

	for (const struct ir_lib *m = net_byte_rows; m->name; m++)
		for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
			/* all of one byte and of eight, some of the others */
			if (m->imm != 1 && m->imm != 8 && !(m->imm & NET_ROW_INDEX) && rnd(6))
				continue;
			p->method = m;
			p->arg = offsets[i];
			p->constant = rnd(2);
			try_path(p);
		}
	p->method = NULL;
}

static void walk(struct path *p, enum net_view view)
{
	p->len = true;
	try_path(p);
	p->len = false;
	if (p->n < 3)
		try_bytes(p);
	for (const struct ir_field *f = net_views[view]->fields; f->name && p->n < DEPTH; f++) {
		const struct net_field *own = f->arg;
		p->fields[p->n++] = f;
		try_path(p);
		if (own->how == NET_HEADER)
			walk(p, own->view);
		else if (own->how == NET_REST)
			walk(p, NET_PAYLOAD);
		p->n--;
	}
}

static void engines_agree(void **state)
{
	(void)state;
	struct path p = { .n = 0 };
	print_message("seed 0x%llx\n", (unsigned long long)seed);
	for (unsigned i = 0; i < FRAMES; i++)
		make_frame(&frames[i]);
	walk(&p, NET_PKT);
	print_message("%u paths, %u values there, %u absent\n", paths, found, absent);
	assert_true(found > FRAMES && absent > FRAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(engines_agree) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
