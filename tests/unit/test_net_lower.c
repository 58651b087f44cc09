/*
 * test_net_lower.c - the two engines of packet views against each other: every path of fields to a
 * depth, and bytes by offset at its end, compiled to machine operations, evaluated on generated
 * hostile frames, and compared with the twin. The evaluator stops the test when an operation reads
 * outside the frame, or through a pointer that no check made.
 */
#include "net_paths.h"

#include "core/feature.h"

enum { DEPTH = 4, FRAMES = 1500, STEPS = 20000, BASE = 0x10000000 };

static const struct ir_target target = {
	.hook = "test", .views = net_views, .ctx_data = 0, .ctx_data_end = 4,
};

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
	case IRO(jmp): case IRO(fuel): return 0;
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

/* ---- the comparison ---- */

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
	const bool features[FEAT_COUNT] = { [FEAT_may_goto] = paths % 2 };
	struct compiled c;

	path_compile(&c, p, &target, features, NULL);
	struct eval e = { .fn = c.w.fn, .v = calloc(c.w.fn->nins, sizeof(uint64_t)) };
	for (unsigned i = 0; i < FRAMES; i++) {
		uint64_t words[LW_MAXWORDS] = { 0 };
		struct net_place at;
		pg_value v;
		e.frame = &frames[i];
		bool there = run(&e) == 1, want = path_twin(&frames[i], p, &v, &at);
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

/* Right frames, cut at every length. */
static const struct { const char *bytes; unsigned n; } whole[] = {
#define BYTES(lit) { lit, sizeof(lit) - 1 }
	BYTES(ETH(T_ARP) ARP),
	BYTES(ETH(T_8021Q) TAG(T_IP4) IP4("\x46", "\0\x34", "\0\0", "\x06") "opt." TCP("\x60", "\2") "opt.data"),
	BYTES(ETH(T_IP4) IP4("\x45", "\0\x20", "\0\0", "\x11") UDP("\0\x0c") "abcd"),
	BYTES(ETH(T_IP4) IP4("\x45", "\0\x1c", "\0\0", "\x01") ICMP("\x08")),
	BYTES(ETH(T_8021AD) TAG(T_8021Q) TAG(T_IP6) IP6("\0\x20", "\0") "\x2c\0\0\0\0\0\0\0"
	      "\x11\0\0\0\0\0\0\0" UDP("\0\x10") "abcdefgh"),
	BYTES(ETH(T_IP6) IP6("\0\x08", "\x3a") ICMP("\x80")),
	BYTES(ETH(T_9100) TAG(T_8021Q) TAG(T_8021Q) TAG(T_IP4)),
};

static void make_frames(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof whole / sizeof *whole; i++)
		for (unsigned len = 0; len <= whole[i].n; len++)
			put(&frames[n++], whole[i].bytes, len);
	assert_true(n < FRAMES / 2);
	while (n < FRAMES)
		make_frame(&frames[n++]);
}

static void engines_agree(void **state)
{
	(void)state;
	struct path p = { .n = 0 };
	print_message("seed 0x%llx\n", (unsigned long long)seed);
	make_frames();
	walk_paths(&p, NET_PKT, DEPTH, try_path);
	print_message("%u paths, %u values there, %u absent\n", paths, found, absent);
	assert_true(found > FRAMES && absent > FRAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(engines_agree) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
