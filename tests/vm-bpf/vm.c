/* vm.c - the machine of vm.h, after the kernel's instruction set document (RFC 9669). */
#include "vm.h"

#include <string.h>

enum { STACK = 512, FP = 10, MEMSX = 0x80 /* BPF_MEMSX of newer headers */ };

struct run {
	struct vm *vm;
	const struct bpf_insn *insns;
	uint32_t n;
	uint64_t r[11];
	uint16_t known;              /* registers that hold something */
	_Alignas(8) uint8_t stack[STACK];
	uint8_t written[STACK];
};

static bool stop(struct run *x, const char *why)
{
	if (!x->vm->error)
		x->vm->error = why;
	return false;
}

static bool get(struct run *x, unsigned reg, uint64_t *out)
{
	if (reg > FP || !(x->known >> reg & 1))
		return stop(x, "register was not written");
	*out = x->r[reg];
	return true;
}

static bool set(struct run *x, unsigned reg, uint64_t v)
{
	if (reg >= FP)
		return stop(x, "register cannot be written");
	x->r[reg] = v;
	x->known |= (uint16_t)(1 << reg);
	return true;
}

/* ---- arithmetic ---- */

static uint64_t shift(unsigned op, uint64_t a, uint64_t b, bool wide)
{
	b &= wide ? 63 : 31;
	switch (op) {
	case BPF_LSH: return a << b;
	case BPF_RSH: return wide ? a >> b : (uint32_t)a >> b;
	}
	return wide ? (uint64_t)((int64_t)a >> b) : (uint32_t)((int32_t)a >> b);
}

static uint64_t divide(unsigned op, uint64_t a, uint64_t b, bool wide, bool sign)
{
	bool quotient = op == BPF_DIV;
	if (!wide) {
		a = sign ? (uint64_t)(int32_t)a : (uint32_t)a;
		b = sign ? (uint64_t)(int32_t)b : (uint32_t)b;
	}
	if (!b)
		return quotient ? 0 : a;
	if (!sign)
		return quotient ? a / b : a % b;
	if (b == ~(uint64_t)0)
		return quotient ? -a : 0;
	return (uint64_t)(quotient ? (int64_t)a / (int64_t)b : (int64_t)a % (int64_t)b);
}

static uint64_t sign_extend(uint64_t v, int bits)
{
	return bits ? (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits)) : v;
}

static uint64_t to_big(uint64_t v, int bits)
{
	static const uint16_t probe = 1;
	bool little = *(const uint8_t *)&probe;
	switch (bits) {
	case 16: return little ? __builtin_bswap16((uint16_t)v) : (uint16_t)v;
	case 32: return little ? __builtin_bswap32((uint32_t)v) : (uint32_t)v;
	}
	return little ? __builtin_bswap64(v) : v;
}

/* Of division and remainder: a sign; of a move between registers: from how many bits on the sign is extended. */
static bool off_is_known(const struct bpf_insn *i, bool wide)
{
	switch (i->code & 0xf8) {
	case BPF_DIV: case BPF_DIV | BPF_X: case BPF_MOD: case BPF_MOD | BPF_X:
		return i->off == 0 || i->off == 1;
	case BPF_MOV | BPF_X:
		return i->off == 0 || i->off == 8 || i->off == 16 || (wide && i->off == 32);
	}
	return i->off == 0;
}

static bool alu(struct run *x, const struct bpf_insn *i)
{
	bool wide = (i->code & 7) == BPF_ALU64;
	unsigned op = i->code & 0xf0;
	uint64_t a = 0, b = (uint64_t)(int64_t)i->imm, v;
	if (!off_is_known(i, wide))
		return stop(x, "unknown arithmetic");
	if (op != BPF_MOV && !get(x, i->dst_reg, &a))
		return false;
	if (op != BPF_END && (i->code & BPF_X) && !get(x, i->src_reg, &b))
		return false;
	switch (op) {
	case BPF_ADD: v = a + b; break;
	case BPF_SUB: v = a - b; break;
	case BPF_MUL: v = a * b; break;
	case BPF_OR:  v = a | b; break;
	case BPF_AND: v = a & b; break;
	case BPF_XOR: v = a ^ b; break;
	case BPF_NEG: v = -a; break;
	case BPF_MOV: v = sign_extend(b, i->off); break;
	case BPF_DIV: case BPF_MOD: v = divide(op, a, b, wide, i->off == 1); break;
	case BPF_LSH: case BPF_RSH: case BPF_ARSH: v = shift(op, a, b, wide); break;
	case BPF_END:
		if (wide || !(i->code & BPF_TO_BE))
			return stop(x, "byte swap of an unknown form");
		return set(x, i->dst_reg, to_big(a, i->imm));
	default:
		return stop(x, "unknown arithmetic");
	}
	return set(x, i->dst_reg, wide ? v : (uint32_t)v);
}

/* ---- memory ---- */

static const uint8_t width[4] = { 4, 2, 1, 8 };

static bool inside(const void *base, size_t len, uint64_t at, size_t n)
{
	uint64_t b = (uint64_t)(uintptr_t)base;
	return at >= b && at - b <= len && len - (at - b) >= n;
}

static void *reach(struct run *x, uint64_t at, size_t n, bool write)
{
	if (inside(x->stack, STACK, at, n)) {
		uint8_t *w = x->written + (at - (uint64_t)(uintptr_t)x->stack);
		for (size_t k = 0; k < n; k++)
			if (write)
				w[k] = 1;
			else if (!w[k])
				return stop(x, "stack byte was not written"), NULL;
		return (void *)(uintptr_t)at;
	}
	for (size_t k = 0; k < x->vm->nregions; k++) {
		const struct vm_region *r = &x->vm->regions[k];
		if (inside(r->base, r->len, at, n) && (r->writable || !write))
			return (void *)(uintptr_t)at;
	}
	return stop(x, "access outside of every region"), NULL;
}

static bool load(struct run *x, const struct bpf_insn *i)
{
	size_t n = width[i->code >> 3 & 3];
	bool sign = (i->code & 0xe0) == MEMSX;
	uint64_t base, v = 0;
	if (((i->code & 0xe0) != BPF_MEM && !(sign && n < 8)) || !get(x, i->src_reg, &base))
		return stop(x, "unknown load");
	const struct vm *vm = x->vm;
	bool end = i->off == (int64_t)vm->data_end_at;
	if (vm->data && n == 4 && base == (uint64_t)(uintptr_t)vm->ctx && (end || i->off == (int64_t)vm->data_at))
		return set(x, i->dst_reg, (uint64_t)(uintptr_t)(end ? vm->data_end : vm->data));
	const void *p = reach(x, base + (uint64_t)(int64_t)i->off, n, false);
	if (!p)
		return false;
	memcpy((char *)&v + (to_big(1, 64) == 1 ? 8 - n : 0), p, n);
	return set(x, i->dst_reg, sign ? sign_extend(v, (int)n * 8) : v);
}

static void put(void *p, uint64_t v, size_t n)
{
	switch (n) {
	case 1: *(uint8_t *)p = (uint8_t)v; break;
	case 2: memcpy(p, &(uint16_t){ (uint16_t)v }, 2); break;
	case 4: memcpy(p, &(uint32_t){ (uint32_t)v }, 4); break;
	case 8: memcpy(p, &v, 8); break;
	}
}

static bool store(struct run *x, const struct bpf_insn *i)
{
	size_t n = width[i->code >> 3 & 3];
	unsigned mode = i->code & 0xe0;
	uint64_t base, v = (uint64_t)(int64_t)i->imm;
	bool atomic = mode == BPF_ATOMIC;
	if ((mode != BPF_MEM && !atomic) || (atomic && (n < 4 || i->imm != BPF_ADD)))
		return stop(x, "unknown store");
	if (!get(x, i->dst_reg, &base))
		return false;
	if ((i->code & 7) == BPF_STX && !get(x, i->src_reg, &v))
		return false;
	uint64_t at = base + (uint64_t)(int64_t)i->off;
	if (atomic && (at % n || !reach(x, at, n, false)))
		return stop(x, "atomic operation on an odd address");
	void *p = reach(x, at, n, true);
	if (!p)
		return false;
	if (atomic) {
		uint32_t half;
		uint64_t whole;
		memcpy(&half, p, 4);
		memcpy(&whole, p, n);
		v += n == 4 ? half : whole;
	}
	put(p, v, n);
	return true;
}

static bool wide_load(struct run *x, const struct bpf_insn *i)
{
	if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || x->vm->pc + 1 >= x->n)
		return stop(x, "unknown 64-bit load");
	x->vm->pc++;
	uint64_t v = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;
	if (i->src_reg) {
		if (!x->vm->map)
			return stop(x, "no maps here");
		v = x->vm->map(x->vm, i->imm, i->src_reg == BPF_PSEUDO_MAP_VALUE, (uint32_t)i[1].imm);
	}
	return set(x, i->dst_reg, v);
}

/* ---- control ---- */

static bool holds(unsigned op, uint64_t a, uint64_t b, bool wide)
{
	int64_t sa = wide ? (int64_t)a : (int32_t)a, sb = wide ? (int64_t)b : (int32_t)b;
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case BPF_JEQ:  return a == b;
	case BPF_JNE:  return a != b;
	case BPF_JGT:  return a > b;
	case BPF_JGE:  return a >= b;
	case BPF_JLT:  return a < b;
	case BPF_JLE:  return a <= b;
	case BPF_JSET: return a & b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case BPF_JSLT: return sa < sb;
	}
	return sa <= sb;
}

static bool call(struct run *x, const struct bpf_insn *i)
{
	if (i->src_reg || !x->vm->helper)
		return stop(x, "unknown call");
	x->vm->wrote.n = 0;
	uint64_t v = x->vm->helper(x->vm, i->imm, &x->r[1]);
	if (x->vm->wrote.n && !reach(x, x->vm->wrote.at, x->vm->wrote.n, true))
		return false;
	x->known &= (uint16_t)~0x3f;
	return !x->vm->error && set(x, 0, v);
}

static bool jump_is_known(uint8_t code)
{
	unsigned op = code & 0xf0;
	bool wide = (code & 7) == BPF_JMP;
	if (op == BPF_JA || op == BPF_CALL || op == 0xe0)
		return !(code & BPF_X) && (wide || op == BPF_JA);
	return op != BPF_EXIT && op <= BPF_JSLE;
}

static bool jump(struct run *x, const struct bpf_insn *i)
{
	bool wide = (i->code & 7) == BPF_JMP;
	uint64_t a, b = (uint64_t)(int64_t)i->imm;
	if (!jump_is_known(i->code))
		return stop(x, "unknown jump");
	switch (i->code & 0xf0) {
	case BPF_JA:
		x->vm->pc += (uint32_t)(wide ? i->off : i->imm);
		return true;
	case BPF_CALL:
		return call(x, i);
	case 0xe0:
		if (x->vm->fuel)
			x->vm->fuel--;
		else
			x->vm->pc += (uint32_t)(int32_t)i->off;
		return true;
	}
	if (!get(x, i->dst_reg, &a) || ((i->code & BPF_X) && !get(x, i->src_reg, &b)))
		return false;
	if (holds(i->code & 0xf0, a, b, wide))
		x->vm->pc += (uint32_t)(int32_t)i->off;
	return true;
}

static bool step(struct run *x, const struct bpf_insn *i)
{
	switch (i->code & 7) {
	case BPF_ALU:
	case BPF_ALU64: return alu(x, i);
	case BPF_JMP:
	case BPF_JMP32: return jump(x, i);
	case BPF_LDX:   return load(x, i);
	case BPF_LD:    return wide_load(x, i);
	}
	return store(x, i);
}

bool vm_run(struct vm *vm, const struct bpf_insn *insns, uint32_t n, uint64_t *r0)
{
	struct run x = { .vm = vm, .insns = insns, .n = n, .known = 1 << FP | 1 << 1 };
	uint64_t limit = vm->max_steps ? vm->max_steps : 1000000;
	x.r[FP] = (uint64_t)(uintptr_t)(x.stack + STACK);
	x.r[1] = (uint64_t)(uintptr_t)vm->ctx;
	vm->error = NULL;
	vm->steps = 0;
	for (vm->pc = 0; vm->pc < n; vm->pc++) {
		if (vm->steps++ >= limit)
			return stop(&x, "too many steps");
		if (insns[vm->pc].code == (BPF_JMP | BPF_EXIT))
			return get(&x, 0, r0);
		if (!step(&x, &insns[vm->pc]))
			return false;
	}
	return stop(&x, "left the program");
}
