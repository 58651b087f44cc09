/*
 * select.c - machine operations become BPF instructions on virtual registers.
 *
 * A value gets a virtual register when it is first mentioned. Constants, stack addresses and map
 * references are made where they are used, into the argument register if it is for a call; wide
 * ones once per block. Additions of constants fold into the offsets of loads and stores. Edges that
 * carry arguments and leave a branch get a block of their own, so that copies stand before a jump.
 */
#include "bpf/be.h"
#include "ir/target.h"

#include "core/mutant.h"

struct place { ir_blk blk; int edge; uint32_t id; }; /* edge -1: the block itself */

struct wide { enum be_how how; int64_t imm; uint32_t vreg; };

enum { NWIDE = 8, MAX_ARGS = 5 };

struct sel {
	struct be *b;
	struct ir_fn *f;
	uint32_t *uses;          /* by value: how many operands need it in a register */
	uint32_t *vreg;          /* by value */
	struct place *places;    /* in layout order */
	uint32_t nplaces;
	uint32_t *id;            /* by IR block: be block */
	uint32_t (*edge_id)[2];  /* by IR block: be block of each edge that has one, or 0 */
	uint32_t site;
	struct wide wide[NWIDE]; /* constants this block has already made */
	uint32_t nwide;
	int err;
};

static bool s32(int64_t v) { return v == (int32_t)v; }
static bool s16(int64_t v) { return v == (int16_t)v; }

/* ---- what values are ---- */

/* An upper bound of the significant bits of v. */
static unsigned bits(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	switch (i->op) {
	case IRO(load8): case IRO(zext8): return 8;
	case IRO(load16): case IRO(zext16): case IRO(be16): return 16;
	case IRO(load32): case IRO(zext32): case IRO(be32):
	case IRO(add32): case IRO(sub32): case IRO(mul32): case IRO(or32): case IRO(xor32): case IRO(shl32):
		return 32;
	case IRO(imm): return i->imm ? 64 - (unsigned)__builtin_clzll((uint64_t)i->imm) : 1;
	case IRO(and64): {
		const struct ir_ins *m = ir_at(f, i->args[1]);
		return m->op == IRO(imm) && m->imm > 0 ? 64 - (unsigned)__builtin_clzll((uint64_t)m->imm)
						       : 64;
	}
	}
	return 64;
}

_Static_assert(IRO(zext16) == IRO(zext8) + 1 && IRO(zext32) == IRO(zext8) + 2, "extensions are neighbours");

static inline bool is_zext(const struct ir_ins *i)
{
	return i->op >= IRO(zext8) && i->op <= IRO(zext32);
}

/* Zero extensions that change nothing are their argument. A context word read as 32 bits may be a
 * packet pointer, of 64: those must be kept as they are as well, which this does. */
static inline ir_ref canon(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	for (; is_zext(i) && bits(f, i->args[0]) <= 8u << (i->op - IRO(zext8)); i = ir_at(f, v))
		v = i->args[0];
	return v;
}

static bool is_imm(const struct ir_fn *f, ir_ref v, int64_t *out)
{
	const struct ir_ins *i = ir_at(f, canon(f, v));
	if (i->op != IRO(imm))
		return false;
	*out = i->imm;
	return true;
}

/* The address v + *off without the additions of constants in it. */
static ir_ref address(const struct ir_fn *f, ir_ref v, int64_t *off)
{
	for (;;) {
		const struct ir_ins *i = ir_at(f, v);
		int64_t k;
		if (i->op != IRO(add64) || !is_imm(f, i->args[1], &k) || !s16(k) || !s16(*off + k))
			return v;
		*off += k;
		v = i->args[0];
	}
}

/* Certainly no pointer: operands of an addition may then change places. */
static bool scalar(const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = ir_at(f, v);
	switch (i->op) {
	case IRO(param): case IRO(add64): case IRO(sub64): case IRO(ctx): case IRO(slot):
	case IRO(mapfd): case IRO(mapval): case IRO(helper): case IRO(arg): case IRO(loadp): case IRO(fnref):
		return false;
	case IRO(load64):
		return false;
	case IRO(load32): {
		int64_t off = 0;
		return ir_at(f, address(f, i->args[0], &off))->op != IRO(ctx);
	}
	}
	return true;
}

/* Constants and addresses that are made where they are used. */
static bool made(struct sel *s, ir_ref v, enum be_how *how, int64_t *imm)
{
	const struct ir_ins *i = ir_at(s->f, canon(s->f, v));
	switch (i->op) {
	case IRO(imm):
		*how = BE_IMM;
		*imm = i->imm;
		return true;
	case IRO(slot):
		*how = BE_FPOFF;
		*imm = s->f->slots[i->aux].offset;
		return true;
	case IRO(mapfd):
		*how = BE_MAP;
		*imm = i->aux;
		return true;
	case IRO(fnref):
		*how = BE_FUNC;
		*imm = i->aux;
		return true;
	case IRO(mapval):
		*how = BE_MAPADDR;
		*imm = (int64_t)((uint64_t)i->imm << 32 | i->aux);
		return true;
	}
	return false;
}

static bool is_load(unsigned op) { return op >= IRO(load8) && op <= IRO(load64); }
static bool is_store(unsigned op) { return op >= IRO(store8) && op <= IRO(atomadd64); }

/* ---- uses ---- */

static void count(struct sel *s, ir_ref v)
{
	s->uses[canon(s->f, v)]++;
}

static void count_uses(struct sel *s)
{
	struct ir_fn *f = s->f;
	for (uint32_t k = f->nrpo; k-- > 0;)
		for (ir_ref r = ir_block(f, f->rpo[k])->last; r; r = ir_at(f, r)->prev) {
			const struct ir_ins *i = ir_at(f, r);
			const struct ir_opinfo *o = &ir_ops[i->op];
			if (!s->uses[r] && o->ends < 0 && !(o->effects & IR_E_WRITE))
				continue;
			uint32_t a = 0;
			if (is_load(i->op) || is_store(i->op)) {
				int64_t off = i->imm;
				count(s, s16(off) ? address(f, i->args[a], &off) : i->args[a]);
				a++;
			}
			for (; a < i->nargs; a++)
				count(s, i->args[a]);
			for (uint32_t e = 0; e < i->nsucc; e++)
				for (uint32_t n = 0; n < i->succ[e].nargs; n++)
					count(s, i->succ[e].args[n]);
		}
}

/* ---- making instructions ---- */

static void emit(struct sel *s, unsigned code, uint32_t dst, uint32_t src, int off, int64_t imm)
{
	be_push(s->b, (struct be_ins){ .code = (uint16_t)code, .dst = dst, .src = src, .site = s->site,
				       .off = (int16_t)off, .imm = imm });
}

/* The last instruction leaves its result unfinished: the next one changes it. */
static void tie(struct sel *s)
{
	s->b->ins[s->b->nins - 1].part = true;
}

static uint32_t vreg(struct sel *s, ir_ref v)
{
	v = canon(s->f, v);
	if (!s->vreg[v])
		s->vreg[v] = be_vreg(s->b);
	return s->vreg[v];
}

/* A register that holds a made value; wide ones are kept for the rest of the block. */
static uint32_t make(struct sel *s, enum be_how how, int64_t imm)
{
	bool keep = how == BE_MAPADDR || (how == BE_IMM && !s32(imm));
	for (uint32_t i = 0; keep && i < s->nwide; i++)
		if (s->wide[i].how == how && s->wide[i].imm == imm)
			return s->wide[i].vreg;
	uint32_t v = be_vreg(s->b);
	be_make(s->b, v, how, imm, s->site);
	if (keep) {
		s->b->vregs[v].how = (uint8_t)how;
		s->b->vregs[v].imm = imm;
		if (s->nwide < NWIDE)
			s->wide[s->nwide++] = (struct wide){ how, imm, v };
	}
	return v;
}

static uint32_t use(struct sel *s, ir_ref v)
{
	enum be_how how;
	int64_t imm;
	return made(s, v, &how, &imm) ? make(s, how, imm) : vreg(s, v);
}

/* dst := v, to be changed by the next instruction when `part`. */
static void into(struct sel *s, uint32_t dst, ir_ref v, bool part)
{
	enum be_how how;
	int64_t imm;
	if (made(s, v, &how, &imm))
		be_make(s->b, dst, how, imm, s->site);
	else
		emit(s, BE_MOV64X, dst, vreg(s, v), 0, 0);
	if (part)
		tie(s);
}

static void pair(struct sel *s, uint32_t dst, ir_ref v)
{
	struct be_pair p = { .dst = dst, .src = BE_NONE };
	if (!made(s, v, &p.how, &p.imm)) {
		p.how = BE_REG;
		p.src = vreg(s, v);
	}
	arena_push(s->b->arena, s->b->pairs, s->b->npairs, s->b->cap_pairs, p);
}

/* The pairs pushed since `first` as one parallel copy. */
static void copies(struct sel *s, uint32_t first)
{
	if (s->b->npairs > first)
		emit(s, BE_COPY, first, s->b->npairs - first, 0, 0);
}

/* ---- operations ---- */

static const uint8_t alu_code[IR_NOPS] = {
	[IRO(add64)] = BPF_ADD, [IRO(sub64)] = BPF_SUB, [IRO(mul64)] = BPF_MUL,
	[IRO(udiv64)] = BPF_DIV, [IRO(umod64)] = BPF_MOD, [IRO(sdiv64)] = BPF_DIV,
	[IRO(smod64)] = BPF_MOD, [IRO(and64)] = BPF_AND, [IRO(or64)] = BPF_OR,
	[IRO(xor64)] = BPF_XOR, [IRO(shl64)] = BPF_LSH, [IRO(shr64)] = BPF_RSH,
	[IRO(sar64)] = BPF_ARSH,
	[IRO(add32)] = BPF_ADD, [IRO(sub32)] = BPF_SUB, [IRO(mul32)] = BPF_MUL, [IRO(or32)] = BPF_OR,
	[IRO(xor32)] = BPF_XOR, [IRO(shl32)] = BPF_LSH,
};

static bool is_narrow(unsigned op) { return op >= IRO(add32) && op <= IRO(shl32); }
static unsigned alu_class(unsigned op) { return is_narrow(op) ? BPF_ALU : BPF_ALU64; }
_Static_assert(IRO(shl32) - IRO(add32) == 5, "32-bit operations are neighbours");

static bool commutes(const struct sel *s, const struct ir_ins *i)
{
	switch (i->op) {
	case IRO(mul64): case IRO(and64): case IRO(or64): case IRO(xor64):
	case IRO(add32): case IRO(mul32): case IRO(or32): case IRO(xor32):
		return true;
	case IRO(add64):
		return scalar(s->f, i->args[0]) && scalar(s->f, i->args[1]);
	}
	return false;
}

/* Divisions that BPF tells from unsigned ones by an offset of 1. */
static int is_signed(unsigned op) { return op == IRO(sdiv64) || op == IRO(smod64); }
static bool is_shift(unsigned op) { return op >= IRO(shl64) && op <= IRO(sar64); }
static bool is_division(unsigned op) { return op >= IRO(udiv64) && op <= IRO(smod64); }

/* d := d op k, for constants that need no register. */
static bool alu_imm(struct sel *s, const struct ir_ins *i, uint32_t d, ir_ref a, int64_t k)
{
	unsigned op = alu_code[i->op];
	int off = is_signed(i->op);
	bool pow2 = k > 0 && !(k & (k - 1));
	if (is_narrow(i->op))
		k = (int32_t)k;
	if (is_shift(i->op))
		k &= 63;
	if (i->op == IRO(and64) && k >= 0 && k <= 0xffffffff && !s32(k)) {
		if (k == 0xffffffff) { /* a 32-bit move clears the upper half */
			emit(s, BE_MOV32X, d, use(s, a), 0, 0);
			return true;
		}
		into(s, d, a, true);
		emit(s, BPF_ALU | BPF_AND | BPF_K, d, BE_NONE, 0, (int32_t)k);
		return true;
	}
	if (pow2 && (i->op == IRO(udiv64) || (i->op == IRO(umod64) && s32(k - 1)))) {
		op = i->op == IRO(udiv64) ? BPF_RSH : BPF_AND;
		k = i->op == IRO(udiv64) ? __builtin_ctzll((uint64_t)k) : k - 1;
	}
	if (!s32(k) || (is_division(i->op) && !k && op != BPF_RSH && op != BPF_AND))
		return false;
	into(s, d, a, true);
	emit(s, alu_class(i->op) | op | BPF_K, d, BE_NONE, off, k);
	return true;
}

static void alu(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	uint32_t d = vreg(s, r);
	ir_ref a = canon(s->f, i->args[0]), c = canon(s->f, i->args[1]);
	int64_t k;
	/* an addition's constant is never a pointer: put it second in any case */
	bool swap = i->op == IRO(add64) ? is_imm(s->f, a, &k) : commutes(s, i) && is_imm(s->f, a, &k);
	if (!swap && commutes(s, i) && s->uses[c] == 1 && s->uses[a] > 1)
		swap = true;
	if (swap && !(i->op == IRO(add64) && is_imm(s->f, c, &k))) {
		ir_ref t = a;
		a = c;
		c = t;
	}
	if (is_imm(s->f, c, &k) && alu_imm(s, i, d, a, k))
		return;
	/* second operands first: what they need must not come between the tied pair */
	uint32_t y = a == c ? d : use(s, c);
	into(s, d, a, true);
	emit(s, alu_class(i->op) | alu_code[i->op] | BPF_X, d, y, is_signed(i->op), 0);
}

/* Operations on one register: what they are and the width in bits. */
static void unary(struct sel *s, ir_ref r, unsigned code, int64_t imm)
{
	uint32_t d = vreg(s, r);
	into(s, d, ir_at(s->f, r)->args[0], true);
	emit(s, code, d, BE_NONE, 0, imm);
}

static void sext(struct sel *s, ir_ref r, int n)
{
	ir_ref a = ir_at(s->f, r)->args[0];
	uint32_t d = vreg(s, r);
	if (be_has(s->b->unit, FEAT_isa_v4)) {
		emit(s, BE_MOV64X, d, use(s, a), n, 0);
		return;
	}
	into(s, d, a, true);
	emit(s, BPF_ALU64 | BPF_LSH | BPF_K, d, BE_NONE, 0, 64 - n);
	tie(s);
	emit(s, BPF_ALU64 | BPF_ARSH | BPF_K, d, BE_NONE, 0, 64 - n);
}

static void zext(struct sel *s, ir_ref r, unsigned n)
{
	if (canon(s->f, r) != r)
		return;
	if (n == 32)
		emit(s, BE_MOV32X, vreg(s, r), use(s, ir_at(s->f, r)->args[0]), 0, 0);
	else
		unary(s, r, BPF_ALU64 | BPF_AND | BPF_K, (1 << n) - 1);
}

/* ---- memory ---- */

static const uint8_t size_code[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* The register and offset of the address v + imm. */
static uint32_t base(struct sel *s, ir_ref v, int64_t imm, int16_t *off)
{
	int64_t o = imm;
	if (s16(o))
		v = address(s->f, v, &o);
	else if (ir_at(s->f, v)->op != IRO(mapval)) {
		s->err = be_fail(s->b, "offset %lld is too far", (long long)imm);
		return BE_FP;
	}
	const struct ir_ins *i = ir_at(s->f, v);
	if (i->op == IRO(slot) && s16(o + s->f->slots[i->aux].offset)) {
		*off = (int16_t)(o + s->f->slots[i->aux].offset);
		return BE_FP;
	}
	if (i->op == IRO(mapval)) {
		int64_t at = i->imm + o;
		bool near = s16(at);
		*off = near ? (int16_t)at : 0;
		return make(s, BE_MAPADDR, (int64_t)((uint64_t)(near ? 0 : at) << 32 | i->aux));
	}
	*off = (int16_t)o;
	return use(s, v);
}

static void load(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	int16_t off = 0;
	uint32_t p = base(s, i->args[0], i->imm, &off);
	emit(s, BPF_LDX | BPF_MEM | size_code[i->op - IRO(load8)], vreg(s, r), p, off, 0);
}

static void store(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	unsigned size = size_code[i->op - IRO(store8)];
	int16_t off = 0;
	int64_t k;
	uint32_t p = base(s, i->args[0], i->imm, &off);
	if (is_imm(s->f, i->args[1], &k) && (size != BPF_DW || s32(k) || MUTANT(wide_constant)))
		emit(s, BPF_ST | BPF_MEM | size, p, BE_NONE, off,
		     size == BPF_B ? (uint8_t)k : size == BPF_H ? (uint16_t)k : (int32_t)k);
	else
		emit(s, BPF_STX | BPF_MEM | size, p, use(s, i->args[1]), off, 0);
}

static void atomadd(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	int16_t off = 0;
	uint32_t p = base(s, i->args[0], i->imm, &off);
	unsigned size = i->op == IRO(atomadd32) ? BPF_W : BPF_DW;
	emit(s, BPF_STX | BPF_ATOMIC | size, p, use(s, i->args[1]), off, BPF_ADD);
}

static void helper(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	uint32_t first = s->b->npairs;
	if (i->nargs > 5) {
		s->err = be_fail(s->b, "helper %u has %u arguments", i->aux, i->nargs);
		return;
	}
	for (uint32_t a = 0; a < i->nargs; a++)
		pair(s, 1 + a, i->args[a]);
	copies(s, first);
	bool kfunc = i->aux >= IR_CALL_KFUNC, ours = !kfunc && i->aux >= IR_CALL_FN;
	emit(s, BE_CALL, BE_NONE, i->nargs, kfunc ? BE_CALL_KFUNC : ours ? BE_CALL_FN : BE_CALL_HELPER,
	     i->aux - (kfunc ? IR_CALL_KFUNC : ours ? IR_CALL_FN : 0));
	if (s->uses[r])
		emit(s, BE_MOV64X, vreg(s, r), 0, 0, 0);
}

/* ---- the ends of blocks ---- */

static const struct { uint8_t code, swapped; } cc_code[] = {
	[IR_EQ] = { BPF_JEQ, IR_EQ },    [IR_NE] = { BPF_JNE, IR_NE },
	[IR_ULT] = { BPF_JLT, IR_UGT },  [IR_UGE] = { BPF_JGE, IR_ULE },
	[IR_ULE] = { BPF_JLE, IR_UGE },  [IR_UGT] = { BPF_JGT, IR_ULT },
	[IR_SLT] = { BPF_JSLT, IR_SGT }, [IR_SGE] = { BPF_JSGE, IR_SLE },
	[IR_SLE] = { BPF_JSLE, IR_SGE }, [IR_SGT] = { BPF_JSGT, IR_SLT },
	[IR_SET] = { BPF_JSET, IR_SET }, [IR_CLEAR] = { BPF_JSET, IR_CLEAR },
};

static uint32_t edge_target(struct sel *s, ir_blk from, const struct ir_ins *i, uint32_t e)
{
	uint32_t id = s->edge_id[from][e];
	return id ? id - 1 : s->id[i->succ[e].to];
}

static void edge_copies(struct sel *s, const struct ir_edge *e)
{
	uint32_t first = s->b->npairs;
	const struct ir_block *to = ir_block(s->f, e->to);
	for (uint32_t n = 0; n < e->nargs; n++)
		if (s->uses[to->params[n]])
			pair(s, vreg(s, to->params[n]), e->args[n]);
	copies(s, first);
}

/* The packet's end, as the context gives it. */
static bool is_end(const struct sel *s, ir_ref v)
{
	const struct ir_ins *i = ir_at(s->f, canon(s->f, v));
	const struct ir_target *t = s->b->unit->target;
	if (!t || !t->ctx_data_end)
		return false;
	if (i->op == IRO(param))
		return s->f->anew && i->block == s->f->anew;
	return i->op == IRO(load32) && i->imm == t->ctx_data_end && ir_at(s->f, i->args[0])->op == IRO(ctx);
}

/* v, to be compared with w. From 5.11 on (and in later 5.10) until 2026 (a8502a79e832) the verifier took what it knew of
 * a pointer beyond the packet's end for less than what it knows of one within: where such ways meet it did not look at
 * the second, and cut out what that one alone comes to. So no compared pointer lives on: a copy is compared. */
static uint32_t compared(struct sel *s, ir_ref v, ir_ref w, ir_blk b)
{
	ir_ref c = canon(s->f, v);
	if (!is_end(s, w) || (s->uses[c] == 1 && ir_at(s->f, c)->block == b))
		return use(s, v);
	uint32_t copy = be_vreg(s->b);
	into(s, copy, v, false);
	return copy;
}

static void branch(struct sel *s, const struct ir_ins *i, struct be_block *bb)
{
	ir_ref a = i->args[0], c = i->args[1];
	unsigned cc = i->aux;
	bool narrow = i->op == IRO(br32);
	int64_t k = 0;
	if (is_imm(s->f, a, &k) && !is_imm(s->f, c, &k)) {
		ir_ref t = a;
		a = c;
		c = t;
		cc = cc_code[cc].swapped;
	}
	unsigned code = (narrow ? BPF_JMP32 : BPF_JMP) | cc_code[cc].code;
	if (cc == IR_CLEAR) {
		uint32_t t = bb->succ[0];
		bb->succ[0] = bb->succ[1];
		bb->succ[1] = t;
	}
	bool imm = is_imm(s->f, c, &k) && (narrow || s32(k) || (MUTANT(constant_extended) && k >> 32 == 0));
	uint32_t x = imm ? use(s, a) : compared(s, a, c, i->block);
	uint32_t y = imm ? BE_NONE : compared(s, c, a, i->block);
	emit(s, code | (imm ? BPF_K : BPF_X), x, y, 0, imm ? (int32_t)k : 0);
}

enum { TOO_FAR = 1 << 29, LINK_DEPTH = 4 }; /* BPF_MAX_VAR_OFF; how far back is looked */

static bool is_near(const struct ir_fn *f, ir_ref v, unsigned depth)
{
	const struct ir_ins *i = ir_at(f, v), *by = i->nargs > 1 ? ir_at(f, i->args[1]) : NULL;
	bool k = by && by->op == IRO(imm);
	switch (i->op) {
	case IRO(imm):
		return i->imm < TOO_FAR && i->imm > -TOO_FAR;
	case IRO(load8): case IRO(load16): case IRO(be16):
		return true;
	case IRO(and64):
		return k && by->imm >= 0 && by->imm < TOO_FAR;
	case IRO(shr64):
		return (k && by->imm >= 35) || (depth && is_near(f, i->args[0], depth - 1));
	case IRO(add64): case IRO(sub64):
		return depth && is_near(f, i->args[0], depth - 1) && is_near(f, i->args[1], depth - 1);
	case IRO(shl64):
		return k && by->imm <= 12 && ir_at(f, i->args[0])->op != IRO(and64) && depth && is_near(f, i->args[0], 0);
	default:
		return false;
	}
}

/* Does the verifier, where it knows what is added in v, remember v as the rest plus a constant, which may be
 * more than it lets anybody add to a pointer? */
static bool is_linked(const struct ir_fn *f, ir_ref v, unsigned depth)
{
	const struct ir_ins *i = ir_at(f, v);
	if (i->op == IRO(add64))
		return !is_near(f, i->args[1], LINK_DEPTH);
	const struct ir_block *k = ir_block(f, i->block);
	for (uint32_t p = 0; i->op == IRO(param) && depth && p < k->npreds; p++)
		if (is_linked(f, ir_pred_edge(f, &k->preds[p])->args[i->aux], depth - 1))
			return true;
	return false;
}

static void own(struct sel *s, ir_ref r)
{
	ir_ref v = ir_at(s->f, r)->args[0];
	into(s, vreg(s, r), v, false);
	if (is_linked(s->f, v, LINK_DEPTH)) /* a second constant makes it forget both */
		emit(s, BPF_ALU64 | BPF_ADD | BPF_K, vreg(s, r), BE_NONE, 0, 0);
}

static void terminator(struct sel *s, ir_blk from, const struct ir_ins *i, struct be_block *bb)
{
	bb->nsucc = i->nsucc;
	for (uint32_t e = 0; e < i->nsucc; e++)
		bb->succ[e] = edge_target(s, from, i, e);
	switch (i->op) {
	case IRO(jmp):
		edge_copies(s, &i->succ[0]);
		emit(s, BE_JA, BE_NONE, BE_NONE, 0, 0);
		return;
	case IRO(br):
	case IRO(br32):
		branch(s, i, bb);
		return;
	case IRO(fuel): {
		uint32_t on = bb->succ[0];
		bb->succ[0] = bb->succ[1]; /* taken when the budget is used up */
		bb->succ[1] = on;
		if (!be_has(s->b->unit, FEAT_may_goto))
			s->err = be_fail(s->b, "loop fuel is left, and there is no may_goto");
		emit(s, BE_MAY_GOTO, BE_NONE, BE_NONE, 0, 0);
		return;
	}
	case IRO(ret): {
		uint32_t first = s->b->npairs;
		pair(s, 0, i->args[0]);
		copies(s, first);
		emit(s, BE_EXIT, BE_NONE, BE_NONE, 0, 0);
		return;
	}
	}
}

static void operation(struct sel *s, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	switch (i->op) {
	case IRO(nop): case IRO(imm): case IRO(slot): case IRO(mapfd): case IRO(mapval):
	case IRO(ctx): case IRO(arg): /* at the entry */
	case IRO(fnref):
		return;
	case IRO(loadp): {
		int16_t off = 0;
		uint32_t p = base(s, i->args[0], i->imm, &off);
		emit(s, BPF_LDX | BPF_MEM | BPF_DW, vreg(s, r), p, off, 0);
		return;
	}
	case IRO(add64): case IRO(sub64): case IRO(mul64): case IRO(udiv64): case IRO(umod64):
	case IRO(sdiv64): case IRO(smod64): case IRO(and64): case IRO(or64): case IRO(xor64):
	case IRO(shl64): case IRO(shr64): case IRO(sar64):
	case IRO(add32): case IRO(sub32): case IRO(mul32): case IRO(or32): case IRO(xor32): case IRO(shl32):
		alu(s, r);
		return;
	case IRO(own): own(s, r); return;
	case IRO(look): /* a jump to the next instruction */
		emit(s, BPF_JMP | BPF_JEQ | BPF_K, use(s, i->args[0]), BE_NONE, 0, 0);
		return;
	case IRO(neg64): unary(s, r, BPF_ALU64 | BPF_NEG, 0); return;
	case IRO(sext8): sext(s, r, 8); return;
	case IRO(sext16): sext(s, r, 16); return;
	case IRO(sext32): sext(s, r, 32); return;
	case IRO(zext8): zext(s, r, 8); return;
	case IRO(zext16): zext(s, r, 16); return;
	case IRO(zext32): zext(s, r, 32); return;
	case IRO(be16): unary(s, r, BPF_ALU | BPF_END | BPF_TO_BE, 16); return;
	case IRO(be32): unary(s, r, BPF_ALU | BPF_END | BPF_TO_BE, 32); return;
	case IRO(be64): unary(s, r, BPF_ALU | BPF_END | BPF_TO_BE, 64); return;
	case IRO(load8): case IRO(load16): case IRO(load32): case IRO(load64):
		load(s, r);
		return;
	case IRO(store8): case IRO(store16): case IRO(store32): case IRO(store64):
		store(s, r);
		return;
	case IRO(atomadd32): case IRO(atomadd64): atomadd(s, r); return;
	case IRO(helper): helper(s, r); return;
	}
	s->err = be_fail(s->b, "operation '%s' has no instruction", ir_ops[i->op].name);
}

/* ---- blocks ---- */

static void add_place(struct sel *s, ir_blk blk, int edge)
{
	uint32_t id = s->nplaces++;
	s->places[id] = (struct place){ blk, edge, id };
	if (edge < 0)
		s->id[blk] = id;
	else
		s->edge_id[blk][edge] = id + 1;
}

/* What only leads to cold blocks, and what only cold blocks lead to, is cold. */
static void spread_cold(struct ir_fn *f)
{
	for (uint32_t o = f->nrpo; o-- > 1;) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		const struct ir_ins *t = ir_at(f, k->last);
		bool cold = t->nsucc > 0;
		for (uint32_t e = 0; e < t->nsucc && cold; e++)
			cold = ir_block(f, t->succ[e].to)->cold;
		k->cold |= cold;
	}
	for (uint32_t o = 1; o < f->nrpo; o++) {
		struct ir_block *k = ir_block(f, f->rpo[o]);
		bool cold = true;
		for (uint32_t p = 0; p < k->npreds && cold; p++)
			cold = ir_block(f, k->preds[p].from)->cold;
		k->cold |= cold;
	}
}

/* Layout: reverse post order, edges behind the branches they leave, everything cold last. */
static void lay_out(struct sel *s)
{
	struct ir_fn *f = s->f;
	spread_cold(f);
	for (int cold = 0; cold < 2; cold++)
		for (uint32_t k = 0; k < f->nrpo; k++) {
			ir_blk blk = f->rpo[k];
			const struct ir_ins *t = ir_at(f, ir_block(f, blk)->last);
			bool is_cold = ir_block(f, blk)->cold && k;
			if (is_cold == cold)
				add_place(s, blk, -1);
			for (int e = 0; e < t->nsucc && t->nsucc > 1; e++)
				if (t->succ[e].nargs &&
				    (is_cold || ir_block(f, t->succ[e].to)->cold) == cold)
					add_place(s, blk, e);
		}
}

/* About how many loops are around each block: layout intervals that a back edge closes. */
static void loop_depths(struct sel *s)
{
	struct be *b = s->b;
	for (uint32_t k = 0; k < b->nblocks; k++)
		for (uint32_t e = 0; e < b->blocks[k].nsucc; e++)
			if (b->blocks[k].succ[e] <= k && !b->blocks[k].cold)
				for (uint32_t j = b->blocks[k].succ[e]; j <= k; j++)
					b->blocks[j].depth += b->blocks[j].depth < 4;
}

/* The first `op` with these immediates that is used; the others are the same register. */
static ir_ref given(struct sel *s, enum ir_op op, uint32_t aux)
{
	struct ir_fn *f = s->f;
	ir_ref first = 0;
	for (uint32_t k = 0; k < f->nrpo; k++)
		for (ir_ref r = ir_block(f, f->rpo[k])->first; r; r = ir_at(f, r)->next)
			if (ir_at(f, r)->op == op && ir_at(f, r)->aux == aux && s->uses[r]) {
				if (first)
					s->vreg[r] = vreg(s, first);
				else
					first = r;
			}
	return first;
}

/* What a function gets: main the context, others arguments, one of which leads to the context. */
static void entry(struct sel *s)
{
	struct ir_fn *f = s->f;
	ir_ref ctx = given(s, IRO(ctx), 0);
	if (!f->caller) {
		if (ctx)
			emit(s, BE_MOV64X, vreg(s, ctx), 1, 0, 0);
		return;
	}
	uint32_t frame = BE_NONE;
	for (uint32_t a = 0; a < MAX_ARGS; a++) {
		ir_ref r = given(s, IRO(arg), a);
		bool leads = a + 1 == f->frame_arg && ctx;
		if (!r && !leads)
			continue;
		uint32_t v = r ? vreg(s, r) : be_vreg(s->b);
		emit(s, BE_MOV64X, v, 1 + a, 0, 0);
		frame = leads ? v : frame;
	}
	if (ctx)
		emit(s, BPF_LDX | BPF_MEM | BPF_DW, vreg(s, ctx), frame, 0, 0);
}

static void block(struct sel *s, const struct place *p)
{
	struct be *b = s->b;
	struct ir_fn *f = s->f;
	struct be_block *bb = &b->blocks[p->id];
	const struct ir_ins *t = ir_at(f, ir_block(f, p->blk)->last);
	bb->first = b->nins;
	bb->cold = ir_block(f, p->blk)->cold;
	s->nwide = 0;
	if (p->edge >= 0) {
		s->site = t->site;
		bb->cold |= ir_block(f, t->succ[p->edge].to)->cold;
		edge_copies(s, &t->succ[p->edge]);
		emit(s, BE_JA, BE_NONE, BE_NONE, 0, 0);
		bb->nsucc = 1;
		bb->succ[0] = s->id[t->succ[p->edge].to];
	} else {
		if (!p->id)
			entry(s);
		for (ir_ref r = ir_block(f, p->blk)->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			s->site = i->site;
			if (ir_ops[i->op].ends >= 0)
				terminator(s, p->blk, i, bb);
			else if (s->uses[r] || (ir_ops[i->op].effects & IR_E_WRITE))
				operation(s, r);
		}
	}
	bb->n = b->nins - bb->first;
}

static int select_function(struct be *b)
{
	struct ir_fn *f = b->fn;
	struct sel s = { .b = b, .f = f };
	if (!f->machine)
		return be_fail(b, "it is not machine code yet");
	ir_need_order(f);
	be_slots(b);
	s.uses = arena_array(b->scratch, uint32_t, f->nins);
	s.vreg = arena_array(b->scratch, uint32_t, f->nins);
	s.id = arena_array(b->scratch, uint32_t, f->nblocks);
	s.edge_id = arena_alloc(b->scratch, sizeof(*s.edge_id) * f->nblocks);
	s.places = arena_spare(b->scratch, struct place, (size_t)f->nrpo * 3);
	count_uses(&s);
	lay_out(&s);
	b->nblocks = s.nplaces;
	b->blocks = arena_array(b->arena, struct be_block, s.nplaces);
	for (uint32_t k = 0; k < s.nplaces && !s.err; k++)
		block(&s, &s.places[k]);
	if (!s.err)
		loop_depths(&s);
	return s.err;
}

int be_select(struct be *all)
{
	int err = 0;
	for (struct be *b = all; b && !err; b = b->next)
		err = select_function(b);
	return err;
}
