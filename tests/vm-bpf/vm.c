/* vm.c - the machine of vm.h, after the kernel's instruction set document (RFC 9669). */
#include "vm.h"

#include <string.h>

enum { STACK = 512, FP = 10, FRAMES = 8, MEMSX = 0x80 /* BPF_MEMSX of newer headers */ };

/* A function's own: registers 6 to 10 are what its caller gets back. */
struct frame {
	uint64_t r[11];
	uint16_t known;              /* registers that hold something */
	_Alignas(8) uint8_t stack[STACK];
	uint8_t written[STACK];
};

struct vm_run {
	struct vm *vm;
	const struct bpf_insn *insns;
	uint32_t n, depth;
	struct frame *f;             /* the one that runs, of frames */
	struct frame frames[FRAMES];
};

/* What a function is as a value: no address of memory, and its place in the program. */
static const uint64_t FUNCTION = (uint64_t)0xf7 << 56;

static bool stop(struct vm_run *x, const char *why)
{
	if (!x->vm->error)
		x->vm->error = why;
	return false;
}

static bool get(struct vm_run *x, unsigned reg, uint64_t *out)
{
	if (reg > FP || !(x->f->known >> reg & 1))
		return stop(x, "register was not written");
	*out = x->f->r[reg];
	return true;
}

static bool set(struct vm_run *x, unsigned reg, uint64_t v)
{
	if (reg >= FP)
		return stop(x, "register cannot be written");
	x->f->r[reg] = v;
	x->f->known |= (uint16_t)(1 << reg);
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

static bool alu(struct vm_run *x, const struct bpf_insn *i)
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

/* NULL: not on this stack. */
static void *on_stack(struct vm_run *x, struct frame *f, uint64_t at, size_t n, bool write)
{
	if (!inside(f->stack, STACK, at, n))
		return NULL;
	uint8_t *w = f->written + (at - (uint64_t)(uintptr_t)f->stack);
	for (size_t k = 0; k < n; k++)
		if (write)
			w[k] = 1;
		else if (!w[k])
			stop(x, "stack byte was not written");
	return (void *)(uintptr_t)at;
}

static void *reach(struct vm_run *x, uint64_t at, size_t n, bool write)
{
	for (uint32_t k = x->depth + 1; k-- > 0;) {
		void *p = on_stack(x, &x->frames[k], at, n, write);
		if (p)
			return x->vm->error ? NULL : p;
	}
	for (size_t k = 0; k < x->vm->nregions; k++) {
		const struct vm_region *r = &x->vm->regions[k];
		if (inside(r->base, r->len, at, n) && (r->writable || !write))
			return (void *)(uintptr_t)at;
	}
	if (x->vm->more && x->vm->more(x->vm, at, n, write))
		return (void *)(uintptr_t)at;
	return stop(x, "access outside of every region"), NULL;
}

static bool load(struct vm_run *x, const struct bpf_insn *i)
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

static bool store(struct vm_run *x, const struct bpf_insn *i)
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

static bool wide_load(struct vm_run *x, const struct bpf_insn *i)
{
	if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || x->vm->pc + 1 >= x->n)
		return stop(x, "unknown 64-bit load");
	uint64_t v = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;
	if (i->src_reg == BPF_PSEUDO_FUNC)
		v = FUNCTION | (x->vm->pc + 1 + (uint32_t)i->imm);
	else if (i->src_reg) {
		if (!x->vm->map)
			return stop(x, "no maps here");
		v = x->vm->map(x->vm, i->imm, i->src_reg == BPF_PSEUDO_MAP_VALUE, (uint32_t)i[1].imm);
	}
	x->vm->pc++;
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

static bool function(struct vm_run *x, uint32_t at, const uint64_t r[5], uint16_t known, uint64_t *r0);

/* A helper, or a function of the kernel's. */
static bool outside(struct vm_run *x, const struct bpf_insn *i)
{
	struct vm *vm = x->vm;
	uint64_t (*f)(struct vm *, int32_t, const uint64_t[5]) = i->src_reg ? vm->kfunc : vm->helper;
	if (!f || (i->src_reg && i->src_reg != BPF_PSEUDO_KFUNC_CALL))
		return stop(x, "unknown call");
	vm->wrote.n = 0;
	uint64_t v = f(vm, i->imm, &x->f->r[1]);
	if (vm->wrote.n && !reach(x, vm->wrote.at, vm->wrote.n, true))
		return false;
	x->f->known &= (uint16_t)~0x3f;
	return !vm->error && set(x, 0, v);
}

static bool call(struct vm_run *x, const struct bpf_insn *i)
{
	uint64_t v;
	if (i->src_reg != BPF_PSEUDO_CALL)
		return outside(x, i);
	if (!function(x, x->vm->pc + 1 + (uint32_t)i->imm, &x->f->r[1], x->f->known & 0x3e, &v))
		return false;
	x->f->known &= (uint16_t)~0x3f;
	return set(x, 0, v);
}

static bool jump_is_known(uint8_t code)
{
	unsigned op = code & 0xf0;
	bool wide = (code & 7) == BPF_JMP;
	if (op == BPF_JA || op == BPF_CALL || op == 0xe0)
		return !(code & BPF_X) && (wide || op == BPF_JA);
	return op != BPF_EXIT && op <= BPF_JSLE;
}

static bool jump(struct vm_run *x, const struct bpf_insn *i)
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

static bool step(struct vm_run *x, const struct bpf_insn *i)
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

/* From vm->pc to the function's end. */
static bool run(struct vm_run *x, uint64_t *r0)
{
	struct vm *vm = x->vm;
	uint64_t limit = vm->max_steps ? vm->max_steps : 1000000;
	for (; vm->pc < x->n; vm->pc++) {
		if (vm->steps++ >= limit)
			return stop(x, "too many steps");
		if (x->insns[vm->pc].code == (BPF_JMP | BPF_EXIT))
			return get(x, 0, r0);
		if (!step(x, &x->insns[vm->pc]))
			return false;
	}
	return stop(x, "left the program");
}

static void enter(struct vm_run *x, const uint64_t r[5], uint16_t known)
{
	struct frame *f = x->f = &x->frames[x->depth];
	memset(f->written, 0, sizeof(f->written));
	memcpy(&f->r[1], r, 5 * sizeof(*r));
	f->r[FP] = (uint64_t)(uintptr_t)(f->stack + STACK);
	f->known = known | 1 << FP;
}

static bool function(struct vm_run *x, uint32_t at, const uint64_t r[5], uint16_t known, uint64_t *r0)
{
	uint32_t back = x->vm->pc;
	if (x->depth + 1 == FRAMES)
		return stop(x, "calls too deep");
	x->depth++;
	enter(x, r, known);
	x->vm->pc = at;
	bool ok = run(x, r0);
	if (!ok)
		return false;
	x->f = &x->frames[--x->depth];
	x->vm->pc = back;
	return true;
}

bool vm_callback(struct vm *vm, uint64_t fn, const uint64_t r[5], uint64_t *r0)
{
	if ((fn ^ FUNCTION) >> 32)
		return stop(vm->run, "no function is called");
	bool ok = function(vm->run, (uint32_t)fn, r, 0x3e, r0);
	vm->wrote.n = 0; /* by helpers that it called */
	return ok;
}

bool vm_may(struct vm *vm, uint64_t at, size_t n, bool write)
{
	return reach(vm->run, at, n, write);
}

bool vm_run(struct vm *vm, const struct bpf_insn *insns, uint32_t n, uint64_t *r0)
{
	struct vm_run x = { .vm = vm, .insns = insns, .n = n };
	enter(&x, (const uint64_t[5]){ (uint64_t)(uintptr_t)vm->ctx }, 1 << 1);
	vm->run = &x;
	vm->error = NULL;
	vm->steps = 0;
	vm->pc = 0;
	return run(&x, r0);
}
