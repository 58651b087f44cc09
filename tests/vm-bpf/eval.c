/* eval.c - machine IR evaluated as it stands: what every other way of running it must agree with. */
#include "world.h"

#include "ir/target.h"

#include <stdio.h>
#include <stdlib.h>

bool world_seen[IR_NOPS];
const struct ir_target world_target = { .hook = "xdp", .prog_type = BPF_PROG_TYPE_XDP };

struct eval {
	const struct ir_fn *f;
	struct world *w;
	uint64_t *v;
	uint8_t (*slots)[64];
	const char *error;
};

static uint64_t ptr(const void *p) { return (uint64_t)(uintptr_t)p; }

/* ---- operations ---- */

static uint64_t ext(uint64_t v, unsigned bits, bool sign)
{
	v <<= 64 - bits;
	return sign ? (uint64_t)((int64_t)v >> (64 - bits)) : v >> (64 - bits);
}

static uint64_t arith(unsigned op, uint64_t a, uint64_t b)
{
	switch (op) {
	case IRO(add64): return a + b;
	case IRO(sub64): return a - b;
	case IRO(mul64): return a * b;
	case IRO(udiv64): return a / b;
	case IRO(umod64): return a % b;
	case IRO(sdiv64): return (uint64_t)((int64_t)a / (int64_t)b);
	case IRO(smod64): return (uint64_t)((int64_t)a % (int64_t)b);
	case IRO(and64): return a & b;
	case IRO(or64): return a | b;
	case IRO(xor64): return a ^ b;
	case IRO(shl64): return a << (b & 63);
	case IRO(shr64): return a >> (b & 63);
	case IRO(sar64): return (uint64_t)((int64_t)a >> (b & 63));
	case IRO(add32): return (uint32_t)(a + b);
	case IRO(sub32): return (uint32_t)(a - b);
	case IRO(mul32): return (uint32_t)(a * b);
	case IRO(or32): return (uint32_t)(a | b);
	case IRO(xor32): return (uint32_t)(a ^ b);
	case IRO(shl32): return (uint32_t)(a << (b & 31));
	case IRO(neg64): return -a;
	case IRO(sext8): return ext(a, 8, true);
	case IRO(sext16): return ext(a, 16, true);
	case IRO(sext32): return ext(a, 32, true);
	case IRO(zext8): return ext(a, 8, false);
	case IRO(zext16): return ext(a, 16, false);
	case IRO(zext32): return ext(a, 32, false);
	case IRO(be16): return __builtin_bswap16((uint16_t)a);
	case IRO(be32): return __builtin_bswap32((uint32_t)a);
	case IRO(be64): return __builtin_bswap64(a);
	}
	return a; /* opaque */
}

static bool compare(unsigned cc, uint64_t a, uint64_t b, bool narrow)
{
	int64_t sa = narrow ? (int32_t)a : (int64_t)a, sb = narrow ? (int32_t)b : (int64_t)b;
	if (narrow) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (cc) {
	case IR_EQ: return a == b;
	case IR_NE: return a != b;
	case IR_ULT: return a < b;
	case IR_UGE: return a >= b;
	case IR_ULE: return a <= b;
	case IR_UGT: return a > b;
	case IR_SLT: return sa < sb;
	case IR_SGE: return sa >= sb;
	case IR_SLE: return sa <= sb;
	case IR_SGT: return sa > sb;
	case IR_SET: return a & b;
	}
	return !(a & b);
}

static uint64_t load(struct eval *e, uint64_t at, unsigned n)
{
	uint64_t v = 0;
	if (n == 4 && at == ptr(e->w->ctx))
		return ptr(e->w->pkt);
	if (n == 4 && at == ptr(e->w->ctx + 1))
		return ptr(e->w->pkt + WORLD_PKT);
	memcpy(&v, (const void *)(uintptr_t)at, n);
	return v;
}

static void store(uint64_t at, uint64_t v, unsigned n, bool add)
{
	uint64_t old = 0;
	memcpy(&old, (const void *)(uintptr_t)at, n);
	v += add ? old : 0;
	memcpy((void *)(uintptr_t)at, &v, n);
}

static uint64_t helper(struct eval *e, uint32_t id, const uint64_t *a)
{
	uint32_t key = 0;
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
		memcpy(&key, (const void *)(uintptr_t)a[1], 4);
		break;
	case BPF_FUNC_csum_diff:
	case BPF_FUNC_get_prandom_u32:
		return 0; /* the programs mask it away */
	default:
		e->error = "unknown helper";
		return 0;
	}
	if (id == BPF_FUNC_map_lookup_elem)
		return key < WORLD_ARRAY ? ptr(&e->w->array[key]) : 0;
	if (key >= WORLD_ARRAY)
		return (uint64_t)-7;
	memcpy(&e->w->array[key], (const void *)(uintptr_t)a[2], 8);
	return 0;
}

static uint64_t value(struct eval *e, const struct ir_ins *i)
{
	uint64_t a[5] = { 0 };
	for (uint32_t k = 0; k < i->nargs && k < 5; k++)
		a[k] = e->v[i->args[k]];
	switch (i->op) {
	case IRO(imm): return (uint64_t)i->imm;
	case IRO(load8): return load(e, a[0] + (uint64_t)i->imm, 1);
	case IRO(load16): return load(e, a[0] + (uint64_t)i->imm, 2);
	case IRO(load32): return load(e, a[0] + (uint64_t)i->imm, 4);
	case IRO(load64): return load(e, a[0] + (uint64_t)i->imm, 8);
	case IRO(store8): return store(a[0] + (uint64_t)i->imm, a[1], 1, false), 0;
	case IRO(store16): return store(a[0] + (uint64_t)i->imm, a[1], 2, false), 0;
	case IRO(store32): return store(a[0] + (uint64_t)i->imm, a[1], 4, false), 0;
	case IRO(store64): return store(a[0] + (uint64_t)i->imm, a[1], 8, false), 0;
	case IRO(atomadd32): return store(a[0] + (uint64_t)i->imm, a[1], 4, true), 0;
	case IRO(atomadd64): return store(a[0] + (uint64_t)i->imm, a[1], 8, true), 0;
	case IRO(ctx): return ptr(e->w->ctx);
	case IRO(slot): return ptr(e->slots[i->aux]);
	case IRO(mapfd): return i->aux;
	case IRO(mapval): return ptr(e->w->data) + (uint64_t)i->imm;
	case IRO(helper): return helper(e, i->aux, a);
	case IRO(fact): return 0; /* the programs mask it away */
	}
	return arith(i->op, a[0], a[1]);
}

/* ---- control ---- */

static uint32_t successor(struct eval *e, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(br):
	case IRO(br32):
		return !compare(i->aux, e->v[i->args[0]], e->v[i->args[1]], i->op == IRO(br32));
	case IRO(fuel):
		return e->w->fuel ? e->w->fuel--, 0 : 1;
	}
	return 0;
}

static ir_blk follow(struct eval *e, const struct ir_edge *edge)
{
	const struct ir_block *to = ir_block(e->f, edge->to);
	uint64_t args[64];
	for (uint32_t k = 0; k < edge->nargs; k++)
		args[k] = e->v[edge->args[k]];
	for (uint32_t k = 0; k < edge->nargs; k++)
		e->v[to->params[k]] = args[k];
	return edge->to;
}

const char *world_eval(const struct ir_fn *f, struct world *w)
{
	struct eval e = { .f = f, .w = w };
	e.v = calloc(f->nins, sizeof(*e.v));
	e.slots = calloc(f->nslots + 1, sizeof(*e.slots));
	ir_blk b = 1;
	ir_ref r = ir_block(f, b)->first;
	for (uint32_t steps = 0; !e.error; steps++) {
		const struct ir_ins *i = ir_at(f, r);
		world_seen[i->op] = true;
		if (steps > 1000000)
			e.error = "too many steps";
		if (i->op == IRO(ret)) {
			w->ret = (uint32_t)e.v[i->args[0]];
			break;
		}
		if (ir_ops[i->op].ends >= 0) {
			b = follow(&e, &i->succ[successor(&e, i)]);
			r = ir_block(f, b)->first;
			continue;
		}
		if (i->op != IRO(nop))
			e.v[r] = value(&e, i);
		r = i->next;
	}
	free(e.v);
	free(e.slots);
	return e.error;
}

void world_fill(struct world *w, uint64_t seed)
{
	static const uint64_t corner[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x8000, 0xffff, 0x7fffffff,
					   0x80000000, 0xffffffff, INT64_MAX, (uint64_t)INT64_MIN,
					   UINT64_MAX, UINT64_MAX - 1 };
	*w = (struct world){ .fuel = 100000 };
	for (uint32_t k = 1; k < WORLD_DATA; k++) {
		uint64_t v = world_random(&seed);
		w->data[k] = v & 1 ? corner[(v >> 8) % (sizeof(corner) / sizeof(*corner))] : v >> (v >> 58);
	}
	for (uint32_t k = 0; k < WORLD_ARRAY; k++)
		w->array[k] = world_random(&seed);
	for (uint32_t k = 0; k < WORLD_PKT; k++)
		w->pkt[k] = (uint8_t)world_random(&seed);
}
