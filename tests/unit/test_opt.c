/*
 * test_opt.c - machine passes keep what a program does: random programs (straight lines, diamonds with
 * tags, bounded loops, packet checks) run by a small evaluator before and after, on random inputs.
 *
 * PG_SEED=n takes another seed, PG_ROUNDS=n that many programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/feature.h"
#include "opt/passes.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t next_random(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- the evaluator ---- */

enum { CTX_WORDS = 64, PACKET_MAX = 64, SLOT_BYTES = 64, STEPS = 20000 };
enum { LOAD_BYTES = 189, STORE_BYTES = 190, PKT_LEN = 188 };
static const uint64_t CTX = 0x10000, SLOTS = 0x20000, PACKET = 0x7f0000000000, MAPS = 0x30000;

struct machine {
	uint64_t ctx[CTX_WORDS];
	uint8_t packet[PACKET_MAX + 16], slots[SLOT_BYTES];
	uint32_t len;
	bool virtual_packet;   /* data and data_end are read at ctx + 0 and + 4 */
	uint64_t trace;        /* what it did to the world, hashed */
	uint64_t calls;
	const char *fault;
};

static void note(struct machine *m, uint64_t v)
{
	m->trace = (m->trace ^ v) * 0x100000001b3u + 1;
}

static uint64_t bytes_at(struct machine *m, const uint8_t *p, unsigned n)
{
	(void)m;
	uint64_t v = 0;
	memcpy(&v, p, n);
	return n == 1 ? (uint8_t)v : n == 2 ? (uint16_t)v : n == 4 ? (uint32_t)v : v;
}

static uint64_t load(struct machine *m, uint64_t at, unsigned n)
{
	if (m->virtual_packet && n == 4 && (at == CTX || at == CTX + 4))
		return PACKET + (at == CTX ? 0 : m->len);
	if (at >= CTX && at + n <= CTX + sizeof(m->ctx))
		return bytes_at(m, (uint8_t *)m->ctx + (at - CTX), n);
	if (at >= SLOTS && at + n <= SLOTS + SLOT_BYTES)
		return bytes_at(m, m->slots + (at - SLOTS), n);
	if (at >= PACKET && at + n <= PACKET + m->len)
		return bytes_at(m, m->packet + (at - PACKET), n);
	m->fault = "load outside";
	return 0;
}

static void store(struct machine *m, uint64_t at, unsigned n, uint64_t v)
{
	if (at >= SLOTS && at + n <= SLOTS + SLOT_BYTES) {
		memcpy(m->slots + (at - SLOTS), &v, n);
	} else if (at >= CTX + 16 && at + n <= CTX + sizeof(m->ctx)) {
		memcpy((uint8_t *)m->ctx + (at - CTX), &v, n);
		note(m, at);
		note(m, load(m, at, n));
	} else if (at >= PACKET && at + n <= PACKET + m->len) {
		memcpy(m->packet + (at - PACKET), &v, n);
	} else {
		m->fault = "store outside";
	}
}

static uint64_t helper(struct machine *m, uint32_t id, uint32_t n, const uint64_t *a)
{
	if (id == PKT_LEN)
		return m->len;
	if (id == LOAD_BYTES) {
		if (n != 4 || a[1] + a[3] > m->len)
			return (uint64_t)-14;
		for (uint64_t i = 0; i < a[3]; i++)
			store(m, a[2] + i, 1, m->packet[a[1] + i]);
		return 0;
	}
	if (id == STORE_BYTES) {
		if (n != 4 || a[1] + a[3] > m->len)
			return (uint64_t)-14;
		for (uint64_t i = 0; i < a[3]; i++)
			m->packet[a[1] + i] = (uint8_t)load(m, a[2] + i, 1);
		return 0;
	}
	note(m, id);
	for (uint32_t i = 0; i < n; i++)
		note(m, a[i]);
	uint64_t s = m->calls++ * 77 + id;
	return next_random(&s) % 5;
}

static bool holds(enum ir_cc cc, uint64_t a, uint64_t b)
{
	switch (cc) {
	case IR_EQ: return a == b;
	case IR_NE: return a != b;
	case IR_ULT: return a < b;
	case IR_UGE: return a >= b;
	case IR_ULE: return a <= b;
	case IR_UGT: return a > b;
	case IR_SLT: return (int64_t)a < (int64_t)b;
	case IR_SGE: return (int64_t)a >= (int64_t)b;
	case IR_SLE: return (int64_t)a <= (int64_t)b;
	case IR_SGT: return (int64_t)a > (int64_t)b;
	case IR_SET: return a & b;
	case IR_CLEAR: return !(a & b);
	}
	return false;
}

static bool holds32(enum ir_cc cc, uint32_t a, uint32_t b)
{
	if (cc >= IR_SLT && cc <= IR_SGT)
		return holds(cc, (uint64_t)(int64_t)(int32_t)a, (uint64_t)(int64_t)(int32_t)b);
	return holds(cc, a, b);
}

static uint64_t compute(struct machine *m, const struct ir_ins *i, const uint64_t *a)
{
	static const unsigned size[] = { 1, 2, 4, 8 };
	uint64_t x = i->nargs > 0 ? a[0] : 0, y = i->nargs > 1 ? a[1] : 0;
	switch (i->op) {
	case IRO(imm): return (uint64_t)i->imm;
	case IRO(opaque): case IRO(own): return x;
	case IRO(ctx): return CTX;
	case IRO(slot): return SLOTS + i->aux * 8;
	case IRO(mapfd): return MAPS + i->aux;
	case IRO(add64): return x + y;
	case IRO(sub64): return x - y;
	case IRO(mul64): return x * y;
	case IRO(and64): return x & y;
	case IRO(or64): return x | y;
	case IRO(xor64): return x ^ y;
	case IRO(shl64): return x << (y & 63);
	case IRO(shr64): return x >> (y & 63);
	case IRO(sar64): return (uint64_t)((int64_t)x >> (y & 63));
	case IRO(udiv64): case IRO(umod64): case IRO(sdiv64): case IRO(smod64):
		if (!y || (i->op >= IRO(sdiv64) && y == (uint64_t)-1)) {
			m->fault = "division";
			return 0;
		}
		return i->op == IRO(udiv64) ? x / y : i->op == IRO(umod64) ? x % y
		     : i->op == IRO(sdiv64) ? (uint64_t)((int64_t)x / (int64_t)y)
					    : (uint64_t)((int64_t)x % (int64_t)y);
	case IRO(neg64): return -x;
	case IRO(sext8): return (uint64_t)(int64_t)(int8_t)x;
	case IRO(sext16): return (uint64_t)(int64_t)(int16_t)x;
	case IRO(sext32): return (uint64_t)(int64_t)(int32_t)x;
	case IRO(zext8): return (uint8_t)x;
	case IRO(zext16): return (uint16_t)x;
	case IRO(zext32): return (uint32_t)x;
	case IRO(be16): return htobe16((uint16_t)x);
	case IRO(be32): return htobe32((uint32_t)x);
	case IRO(be64): return htobe64(x);
	case IRO(load8): case IRO(load16): case IRO(load32): case IRO(load64):
		return load(m, x + (uint64_t)i->imm, size[i->op - IRO(load8)]);
	case IRO(store8): case IRO(store16): case IRO(store32): case IRO(store64):
		store(m, x + (uint64_t)i->imm, size[i->op - IRO(store8)], y);
		return 0;
	case IRO(helper): return helper(m, i->aux, i->nargs, a);
	case IRO(pktload): return load(m, PACKET + y + (uint64_t)i->imm, i->aux);
	case IRO(pktstore):
		store(m, PACKET + y + (uint64_t)i->imm, i->aux, a[2]);
		return 0;
	case IRO(pktlen): return m->len;
	case IRO(nop): return 0;
	}
	m->fault = ir_ops[i->op].name;
	return 0;
}

/* Which successor; -1: the program ends. */
static int leave(struct machine *m, const struct ir_ins *i, const uint64_t *a)
{
	switch (i->op) {
	case IRO(jmp): case IRO(fuel): return 0;
	case IRO(br): return !holds(i->aux, a[0], a[1]);
	case IRO(br32): return !holds32(i->aux, (uint32_t)a[0], (uint32_t)a[1]);
	case IRO(pkt): return !(a[0] <= m->len && (uint64_t)i->imm <= m->len - a[0]);
	case IRO(ret): note(m, a[0]); return -1;
	}
	m->fault = ir_ops[i->op].name;
	return -1;
}

static void run(struct machine *m, const struct ir_fn *f)
{
	uint64_t *v = calloc(f->nins, sizeof(*v)), a[8];
	ir_ref r = ir_block(f, 1)->first;
	for (int steps = 0; !m->fault; steps++) {
		const struct ir_ins *i = ir_at(f, r);
		if (steps > STEPS)
			m->fault = "endless";
		for (uint32_t k = 0; k < i->nargs; k++)
			a[k] = v[i->args[k]];
		if (ir_ops[i->op].ends < 0) {
			v[r] = compute(m, i, a);
			r = i->next;
			continue;
		}
		int s = leave(m, i, a);
		if (s < 0)
			break;
		if (i->op == IRO(pkt))
			v[r] = PACKET + a[0];
		const struct ir_edge *e = &i->succ[s];
		uint64_t in[64];
		for (uint32_t k = 0; k < e->nargs; k++)
			in[k] = v[e->args[k]];
		for (uint32_t k = 0; k < e->nargs; k++)
			v[ir_block(f, e->to)->params[k]] = in[k];
		r = ir_block(f, e->to)->first;
	}
	for (uint32_t k = 0; k < m->len; k++)
		note(m, m->packet[k]);
	free(v);
}

/* ---- the generator ---- */

enum { VALUES = 40 };

struct gen {
	struct ir_fn *f;
	uint64_t seed;
	ir_blk cur, none;      /* none: where absent packet bytes lead */
	ir_ref ctx;
	ir_ref v[VALUES];
	unsigned n;
	unsigned budget;       /* pieces left to make */
	bool writes;           /* packets, too */
};

static unsigned pick(struct gen *g, unsigned n) { return (unsigned)(next_random(&g->seed) % n); }

static ir_ref emit(struct gen *g, enum ir_op op, uint32_t aux, int64_t imm, ir_ref a, ir_ref b)
{
	ir_ref args[2] = { a, b };
	ir_ref r = ir_ins_new(g->f, op, a ? b ? 2 : 1 : 0, args);
	ir_at(g->f, r)->aux = aux;
	ir_at(g->f, r)->imm = imm;
	ir_append(g->f, g->cur, r);
	return r;
}

static ir_ref constant(struct gen *g)
{
	static const int64_t some[] = { 0, 1, 2, 3, 5, 8, 14, 16, 63, 64, 255, 256, 65535, 65536, -1, -2,
					-8, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, INT64_MIN };
	unsigned n = sizeof(some) / sizeof(*some);
	return emit(g, IRO(imm), 0, some[pick(g, pick(g, 2) ? 5 : n)], 0, 0);
}

static ir_ref any(struct gen *g)
{
	return g->n && pick(g, 4) ? g->v[pick(g, g->n)] : constant(g);
}

static void keep(struct gen *g, ir_ref r)
{
	g->v[g->n < VALUES ? g->n++ : pick(g, VALUES)] = r;
}

static void gen_arithmetic(struct gen *g)
{
	unsigned op = IRO(add64) + pick(g, IRO(be64) - IRO(add64) + 1);
	ir_ref a = any(g), b = any(g);
	if (op >= IRO(neg64)) {
		keep(g, emit(g, op, 0, 0, a, 0));
		return;
	}
	if (op == IRO(udiv64) || op == IRO(umod64))
		b = pick(g, 2) ? emit(g, IRO(or64), 0, 0, b, emit(g, IRO(imm), 0, 1, 0, 0))
			       : emit(g, IRO(imm), 0, 1 + pick(g, 9), 0, 0);
	if (op == IRO(sdiv64) || op == IRO(smod64))
		b = emit(g, IRO(imm), 0, pick(g, 2) ? 1 + (int64_t)pick(g, 9) : -2 - (int64_t)pick(g, 9), 0, 0);
	if (op >= IRO(shl64) && op <= IRO(sar64))
		b = pick(g, 2) ? emit(g, IRO(and64), 0, 0, b, emit(g, IRO(imm), 0, 63, 0, 0))
			       : emit(g, IRO(imm), 0, pick(g, 64), 0, 0);
	keep(g, emit(g, op, 0, 0, a, b));
}

static void gen_memory(struct gen *g)
{
	unsigned w = pick(g, 4);
	int64_t at = 16 + 8 * (int64_t)pick(g, 6);
	if (pick(g, 3))
		keep(g, emit(g, IRO(load8) + w, 0, at, g->ctx, 0));
	else
		emit(g, IRO(store8) + w, 0, at, g->ctx, any(g));
	if (!pick(g, 6)) {
		ir_ref args[2] = { any(g), any(g) };
		ir_ref r = ir_ins_new(g->f, IRO(helper), pick(g, 3), args);
		ir_at(g->f, r)->aux = 5 + pick(g, 3);
		ir_append(g->f, g->cur, r);
		keep(g, r);
	}
}

static ir_blk block(struct gen *g, uint32_t nparams)
{
	ir_blk b = ir_block_new(g->f);
	for (uint32_t i = 0; i < nparams; i++)
		ir_param_add(g->f, b);
	return b;
}

static void jump(struct gen *g, ir_blk to)
{
	ir_ref args[8];
	uint32_t n = ir_block(g->f, to)->nparams;
	for (uint32_t i = 0; i < n; i++)
		args[i] = pick(g, 2) ? constant(g) : any(g);
	ir_ref t = emit(g, IRO(jmp), 0, 0, 0, 0);
	ir_succ(g->f, t, 0, to, n, args);
}

static void branch(struct gen *g, ir_blk yes, ir_blk no)
{
	unsigned narrow = !pick(g, 8);
	ir_ref t = emit(g, narrow ? IRO(br32) : IRO(br), pick(g, IR_CLEAR + 1), 0, any(g), any(g));
	ir_succ(g->f, t, 0, yes, 0, NULL);
	ir_succ(g->f, t, 1, no, 0, NULL);
}

static void gen_code(struct gen *g, unsigned depth);

/* A join's parameters are often constants, and often branched on at once. */
static void gen_diamond(struct gen *g, unsigned depth)
{
	ir_blk yes = block(g, 0), no = block(g, 0), join = block(g, pick(g, 4));
	unsigned n = g->n;
	branch(g, yes, no);
	for (int side = 0; side < 2; side++) {
		g->cur = side ? no : yes;
		g->n = n;
		if (pick(g, 2))
			gen_code(g, depth + 1);
		jump(g, join);
	}
	g->n = n;
	g->cur = join;
	for (uint32_t i = 0; i < ir_block(g->f, join)->nparams; i++)
		keep(g, ir_block(g->f, join)->params[i]);
	if (!ir_block(g->f, join)->nparams || pick(g, 2))
		return;
	ir_blk one = block(g, 0), two = block(g, 0), after = block(g, 1);
	ir_ref t = emit(g, IRO(br), pick(g, 2), 0, ir_block(g->f, join)->params[0], constant(g));
	if (pick(g, 2)) { /* nothing but the branch: the constant lives in the entry */
		ir_ref k = ir_at(g->f, t)->args[1];
		ir_remove(g->f, k);
		ir_insert_before(g->f, ir_block(g->f, 1)->first, k);
	}
	ir_succ(g->f, t, 0, one, 0, NULL);
	ir_succ(g->f, t, 1, two, 0, NULL);
	n = g->n;
	for (int side = 0; side < 2; side++) {
		g->cur = side ? two : one;
		g->n = n;
		if (pick(g, 2))
			gen_arithmetic(g);
		jump(g, after);
	}
	g->n = n;
	g->cur = after;
	keep(g, ir_block(g->f, after)->params[0]);
}

/* A counted loop with variables that change in it. */
static void gen_loop(struct gen *g, unsigned depth)
{
	uint32_t vars = pick(g, 4), n;
	ir_blk head = block(g, vars + 1), body = block(g, 0), out = block(g, 0);
	ir_ref args[8] = { emit(g, IRO(imm), 0, pick(g, 6), 0, 0) };
	for (uint32_t i = 0; i < vars; i++)
		args[i + 1] = any(g);
	ir_ref t = emit(g, IRO(jmp), 0, 0, 0, 0);
	ir_succ(g->f, t, 0, head, vars + 1, args);
	g->cur = head;
	ir_ref count = ir_block(g->f, head)->params[0];
	for (uint32_t i = 0; i < vars; i++)
		keep(g, ir_block(g->f, head)->params[i + 1]);
	n = g->n;
	ir_ref zero = emit(g, IRO(imm), 0, 0, 0, 0);
	t = emit(g, IRO(br), IR_EQ, 0, count, zero);
	ir_succ(g->f, t, 0, out, 0, NULL);
	ir_succ(g->f, t, 1, body, 0, NULL);
	g->cur = body;
	gen_code(g, depth + 1);
	args[0] = emit(g, IRO(add64), 0, 0, count, emit(g, IRO(imm), 0, -1, 0, 0));
	for (uint32_t i = 0; i < vars; i++)
		args[i + 1] = pick(g, 3) ? any(g) : ir_block(g->f, head)->params[i + 1];
	t = emit(g, IRO(jmp), 0, 0, 0, 0);
	ir_succ(g->f, t, 0, head, vars + 1, args);
	g->cur = out;
	g->n = n;
}

static void emit_store(struct gen *g, unsigned w, int64_t at, ir_ref p, ir_ref off)
{
	ir_ref r = ir_ins_new(g->f, IRO(pktstore), 3, (ir_ref[]){ p, off, any(g) });
	ir_at(g->f, r)->aux = w;
	ir_at(g->f, r)->imm = at;
	ir_append(g->f, g->cur, r);
}

static void gen_packet(struct gen *g)
{
	static const unsigned widths[] = { 1, 2, 4, 8 };
	if (!pick(g, 4)) {
		keep(g, emit(g, IRO(pktlen), 0, 0, 0, 0));
		return;
	}
	ir_ref off = pick(g, 2) ? emit(g, IRO(imm), 0, pick(g, 40), 0, 0) : any(g);
	int64_t size = pick(g, 12);
	ir_blk ok = block(g, 0), absent = pick(g, 2) ? g->none : block(g, 0);
	ir_ref p = emit(g, IRO(pkt), 0, size, off, 0);
	ir_succ(g->f, p, 0, ok, 0, NULL);
	ir_succ(g->f, p, 1, absent, 0, NULL);
	if (absent != g->none) {
		ir_ref t;
		g->cur = absent;
		t = emit(g, IRO(jmp), 0, 0, 0, 0);
		ir_succ(g->f, t, 0, g->none, 0, NULL);
	}
	g->cur = ok;
	for (unsigned k = pick(g, g->writes ? 8 : 3) + 1; k--;) {
		unsigned w = widths[pick(g, 4)];
		if (w > size)
			continue;
		int64_t at = pick(g, (unsigned)(size - w) + 1);
		if (g->writes && !pick(g, 3))
			emit_store(g, w, at, p, off);
		else
			keep(g, emit(g, IRO(pktload), w, at, p, off));
	}
}

static void gen_code(struct gen *g, unsigned depth)
{
	for (unsigned k = 1 + pick(g, 5); k-- && g->budget;) {
		g->budget--;
		switch (pick(g, depth < 3 ? 8 : 4)) {
		case 0: case 1: case 2: gen_arithmetic(g); break;
		case 3: gen_memory(g); break;
		case 4: case 5: gen_diamond(g, depth); break;
		case 6: gen_loop(g, depth); break;
		case 7: gen_packet(g); break;
		}
	}
}

static struct ir_unit *generate(struct arena *a, struct diag_list *diag, const struct ir_target *t,
				uint64_t seed)
{
	struct ir_unit *u = ir_unit_new(a, diag, t);
	struct gen g = { .f = ir_fn_new(u, "random"), .seed = seed, .budget = 25, .writes = seed % 2 };
	u->writes_packet = g.writes;
	g.f->machine = true;
	u->main = g.f;
	g.cur = ir_block_new(g.f);
	g.none = ir_block_new(g.f);
	g.ctx = emit(&g, IRO(ctx), 0, 0, 0, 0);
	for (unsigned i = 0; i < 4; i++)
		keep(&g, emit(&g, IRO(load64), 0, 16 + 8 * i, g.ctx, 0));
	while (g.budget)
		gen_code(&g, 0);
	emit(&g, IRO(ret), 0, 0, any(&g), 0);
	g.cur = g.none;
	emit(&g, IRO(ret), 0, 0, emit(&g, IRO(imm), 0, 4711, 0, 0), 0);
	g.cur = g.f->error_exit = block(&g, 1);
	ir_ref number = ir_block(g.f, g.cur)->params[0], base = emit(&g, IRO(ctx), 0, 0, 0, 0);
	emit(&g, IRO(store64), 0, 64, base, number);
	emit(&g, IRO(ret), 0, 0, emit(&g, IRO(add64), 0, 0, number, emit(&g, IRO(imm), 0, 1, 0, 0)), 0);
	return u;
}

/* ---- the comparison ---- */

enum { INPUTS = 6 };

static void fill(struct machine *m, uint64_t seed)
{
	static const uint64_t some[] = { 0, 1, 2, 3, 14, 20, 255, (uint64_t)-1, INT64_MIN, 65535 };
	*m = (struct machine){ 0 };
	for (unsigned i = 0; i < CTX_WORDS; i++)
		m->ctx[i] = next_random(&seed) % 3 ? some[next_random(&seed) % 10] : next_random(&seed);
	for (unsigned i = 0; i < PACKET_MAX; i++)
		m->packet[i] = (uint8_t)(next_random(&seed) % 2 ? next_random(&seed) % 4 : next_random(&seed));
	m->len = (uint32_t)(next_random(&seed) % (PACKET_MAX + 1));
}

struct variant { const char *name; bool may_goto, copy, pktlen, loops, guard; uint64_t budget; };
static const struct variant variants[] = {
	{ .name = "simplify" },
	{ .name = "direct", .may_goto = true, .loops = true, .guard = true },
	{ .name = "walked, budget", .loops = true, .guard = true, .budget = 1000000 },
	{ .name = "copy", .may_goto = true, .copy = true, .loops = true, .guard = true },
	{ .name = "copy, length by helper", .copy = true, .pktlen = true, .guard = true },
};

static jmp_buf oom;

static void must_be_well(struct ir_unit *u, uint64_t seed, const char *after)
{
	const char *wrong = ir_check(u);
	if (wrong)
		fail_msg("seed %llu after %s: %s\n%s", (unsigned long long)seed, after, wrong, ir_print(u));
}

static void one_program(const struct variant *x, uint64_t seed)
{
	struct arena a;
	struct diag_list diag = { .arena = &a };
	struct ir_target target = { .hook = "test", .ctx_data_end = 4, .helper_load_bytes = LOAD_BYTES,
				    .helper_store_bytes = STORE_BYTES };
	bool features[FEAT_COUNT] = { [FEAT_may_goto] = x->may_goto };
	uint64_t want[INPUTS];
	struct machine m;
	target.helper_pkt_len = x->pktlen ? PKT_LEN : 0;
	arena_init(&a, 64 << 20, &oom);
	struct ir_unit *u = generate(&a, &diag, &target, seed);
	u->features = features;
	u->copy_access = x->copy;
	u->budget = x->budget;
	must_be_well(u, seed, "making");
	const char *before = ir_print(u);
	for (unsigned k = 0; k < INPUTS; k++) {
		fill(&m, seed * INPUTS + k);
		run(&m, u->main);
		want[k] = m.trace;
		if (m.fault && strcmp(m.fault, "endless"))
			fail_msg("seed %llu: generator: %s\n%s", (unsigned long long)seed, m.fault, before);
		if (m.fault)
			want[k] = 0;
	}
	opt_simplify(u);
	must_be_well(u, seed, "simplify");
	if (x->loops) {
		assert_int_equal(opt_loops(u), 0);
		must_be_well(u, seed, "loops");
		opt_simplify(u);
		must_be_well(u, seed, "simplify after loops");
	}
	if (x->guard) {
		assert_int_equal(opt_guard(u), 0);
		must_be_well(u, seed, "guard");
		opt_simplify(u);
		must_be_well(u, seed, "simplify after guard");
	}
	for (unsigned k = 0; k < INPUTS; k++) {
		fill(&m, seed * INPUTS + k);
		m.virtual_packet = x->guard;
		run(&m, u->main);
		if (want[k] && (m.fault || m.trace != want[k]))
			fail_msg("seed %llu, %s, input %u: %s\n%s\nbefore:\n%s", (unsigned long long)seed,
				 x->name, k, m.fault ? m.fault : "differs", ir_print(u), before);
	}
	arena_free(&a);
}

static void test_equivalence(void **state)
{
	const char *s = getenv("PG_SEED"), *r = getenv("PG_ROUNDS");
	const uint64_t seed = s ? strtoull(s, NULL, 10) : 1, rounds = r ? strtoull(r, NULL, 10) : 400;
	(void)state;
	if (setjmp(oom))
		fail_msg("out of memory");
	for (uint64_t i = 0; i < rounds; i++)
		for (unsigned x = 0; x < sizeof(variants) / sizeof(*variants); x++)
			one_program(&variants[x], seed + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_equivalence) };
	return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
