/*
 * be.h - the back end's own view of a function: BPF instructions on virtual registers.
 *
 * Operands below BE_V0 are the machine's registers, the others virtual ones. `select` makes the
 * code, `allocate` rewrites it until every operand is a register or a stack word and then expands
 * the parallel copies; blocks stand in the order in which they are laid out.
 *
 * Positions: a block of n instructions owns n + 1 gaps, the first before its first instruction. A
 * value defined by instruction i and last read by j is live in the gaps between them, so that a
 * definition may take the register of an operand that dies there.
 */
#ifndef BPF_BE_H
#define BPF_BE_H

#include "bpf/code.h"
#include "core/feature.h"

enum {
	BE_FP = 10,          /* r10, the frame pointer */
	BE_NONE = 15,        /* no operand */
	BE_V0 = 16,          /* the first virtual register */
	BE_NREGS = 10,       /* r0-r9 can be allocated */
	BE_ALL = 0x3ff,
	BE_CLOBBER = 0x03f,  /* r0-r5 die at a call */
	BE_FRAME = 512,
};

/* Pseudo operations, beyond the BPF opcodes. */
enum {
	BE_COPY = 0x100,     /* parallel copy: pairs dst .. dst + src - 1 */
	BE_RELOAD,           /* dst := stack word of virtual register src */
	BE_SPILL,            /* stack word of virtual register dst := src */
};

#define BE_LD64 (BPF_LD | BPF_IMM | BPF_DW)
#define BE_MAY_GOTO (BPF_JMP | 0xe0)
#define BE_GOTOL (BPF_JMP32 | BPF_JA)
#define BE_MOV64X (BPF_ALU64 | BPF_MOV | BPF_X)
#define BE_MOV64K (BPF_ALU64 | BPF_MOV | BPF_K)
#define BE_MOV32X (BPF_ALU | BPF_MOV | BPF_X)
#define BE_MOV32K (BPF_ALU | BPF_MOV | BPF_K)
#define BE_JA (BPF_JMP | BPF_JA)
#define BE_CALL (BPF_JMP | BPF_CALL)
#define BE_EXIT (BPF_JMP | BPF_EXIT)

/* Where a value comes from when it is made afresh. */
enum be_how {
	BE_REG,      /* a register or a stack word */
	BE_IMM,      /* imm */
	BE_FPOFF,    /* r10 + imm */
	BE_MAP,      /* map imm, by descriptor */
	BE_MAPADDR,  /* value of map imm (low half), offset in the high half */
	BE_FUNC,     /* function imm of the unit */
};

/* What imm says of whom a BE_CALL calls. */
enum be_callee {
	BE_CALL_HELPER,      /* its number */
	BE_CALL_FN,          /* a function of the unit */
	BE_CALL_LINKED,      /* how far it is to the function */
	BE_CALL_KFUNC,       /* enum kfunc; loaded: the kernel's number of its type */
};

struct be_ins {
	uint16_t code : 10;  /* BPF opcode or pseudo operation */
	uint16_t part : 1;   /* first of a tied pair: the next one goes on changing dst. Also of what
			      * reloads put between the two */
	int16_t off;         /* BE_LD64: enum be_how */
	uint32_t dst, src;   /* BE_CALL: src is the number of arguments, off an enum be_callee */
	uint32_t site;
	int64_t imm;
};

struct be_pair {
	uint32_t dst, src;   /* registers; src when how is BE_REG */
	enum be_how how;
	int64_t imm;
};

struct be_block {
	uint32_t first, n;   /* instructions; the last is the terminator */
	uint32_t succ[2];    /* taken, not taken; JA and may_goto likewise */
	uint8_t nsucc;
	uint8_t depth;       /* of loops around it, about */
	bool cold;
};

struct be_seg { uint32_t start, end, next; };  /* gaps [start, end) */
struct be_hint { uint32_t other, next; uint32_t weight; };

struct be_vreg {
	uint32_t segs;       /* its live range, rising; 0: none */
	uint32_t hints;
	float weight;        /* what spilling it costs, per gap */
	uint32_t gaps;       /* length of its live range */
	uint32_t end;        /* where that ends; made by colour() */
	uint32_t next;       /* in the list of those that start in one gap */
	uint32_t orig;       /* level 1, 2: the virtual register it stands for */
	uint32_t slot;       /* mem: its stack word, from 1 */
	int64_t imm;         /* how it can be made afresh (how != BE_REG) */
	uint8_t how;
	uint8_t level;       /* 0; 1: of one call-free stretch; 2: of one instruction */
	int8_t reg;          /* -1: none yet */
	int8_t pref;         /* register that a relative got; -1 */
	bool mem;            /* lives in a stack word */
	bool spill;          /* to be spilled in this round */
};

struct be {
	struct ir_unit *unit;
	struct ir_fn *fn;
	struct be *next;         /* the program's next function; main comes first */
	struct arena *arena, *scratch; /* the unit's */
	struct be_ins *ins;
	uint32_t nins, cap_ins;
	struct be_pair *pairs;
	uint32_t npairs, cap_pairs;
	struct be_block *blocks;
	uint32_t nblocks;
	struct be_vreg *vregs;   /* entries below BE_V0 belong to the machine's registers */
	uint32_t nvregs, cap_vregs;
	uint32_t *held, nheld, most_held; /* of colour(): those with a register, rising, and some that have ended */
	/* made by be_live */
	struct be_seg *segs;     /* from 1 */
	uint32_t nsegs, cap_segs;
	struct be_hint *hints;   /* from 1 */
	uint32_t nhints, cap_hints;
	uint32_t wanted[BE_V0];  /* by machine register: moves from and to it */
	uint32_t ngaps;
	uint32_t *gap0;          /* by block: its first gap */
	uint16_t *fixed, *busy;  /* by gap: registers taken by the machine / by anyone */
	uint32_t above, frames;  /* stack bytes of those that call it, at most, and how many they are */
	uint32_t slot_bytes;     /* of the function's own stack slots */
	uint32_t nwords;         /* stack words for spilled values */
	struct be_code out;
	uint32_t cap_relocs, cap_lines;
};

/* ---- operands ---- */

static inline bool be_is_alu(unsigned code)
{
	return code < 0x100 && ((code & 7) == BPF_ALU || (code & 7) == BPF_ALU64);
}

static inline bool be_is_jump(unsigned code)
{
	return code < 0x100 && ((code & 7) == BPF_JMP || (code & 7) == BPF_JMP32);
}

/* A conditional jump on registers. */
static inline bool be_is_cond(unsigned code)
{
	unsigned op = code & 0xf0;
	return be_is_jump(code) && op != BPF_JA && op != BPF_CALL && op != BPF_EXIT && op != 0xe0;
}

enum { BE_RD_DST = 1, BE_RD_SRC = 2, BE_WR_DST = 4 };

/* Which operands an instruction reads and writes (copies, calls and exits apart). */
static inline unsigned be_operands(const struct be_ins *i)
{
	unsigned code = i->code;
	switch (code) {
	case BE_RELOAD: return BE_WR_DST | BE_RD_SRC;
	case BE_SPILL: return BE_WR_DST | BE_RD_SRC;
	case BE_COPY: return 0;
	}
	unsigned x = code & BPF_X ? BE_RD_SRC : 0;
	switch (code & 7) {
	case BPF_LD: return BE_WR_DST;
	case BPF_LDX: return BE_WR_DST | BE_RD_SRC;
	case BPF_ST: return BE_RD_DST;
	case BPF_STX: return BE_RD_DST | BE_RD_SRC;
	case BPF_ALU:
	case BPF_ALU64:
		if ((code & 0xf0) == BPF_MOV)
			return BE_WR_DST | x;
		if ((code & 0xf0) == BPF_END || (code & 0xf0) == BPF_NEG)
			return BE_RD_DST | BE_WR_DST;
		return BE_RD_DST | BE_WR_DST | x;
	}
	return be_is_cond(code) ? BE_RD_DST | x : 0;
}

/* The fuel of f's loops, where an iterator counts it. */
void be_turns(struct ir_fn *f);

static inline bool be_has(const struct ir_unit *u, enum feature f)
{
	return u->features && u->features[f];
}

/* ---- between the files of the back end ---- */

int be_fail(struct be *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline uint32_t be_vreg(struct be *b)
{
	uint32_t v = b->nvregs;
	arena_grow(b->arena, b->vregs, b->nvregs, b->cap_vregs);
	b->nvregs++;
	b->vregs[v] = (struct be_vreg){ .reg = v < BE_V0 ? (int8_t)v : -1, .pref = -1 };
	return v;
}

static inline void be_push(struct be *b, struct be_ins i)
{
	arena_grow(b->arena, b->ins, b->nins, b->cap_ins);
	b->ins[b->nins++] = i;
}

/* Makes `how` in dst: 1 or 2 instructions. */
void be_make(struct be *b, uint32_t dst, enum be_how how, int64_t imm, uint32_t site);
void be_live(struct be *b);                  /* segs, hints, weights, gaps, fixed */
void be_rewrite(struct be *b);               /* spills what is marked */
void be_words(struct be *b);                 /* stack words for what was spilled */
void be_resolve(struct be *b);               /* copies -> moves; virtual -> machine registers */
void be_slots(struct be *b);                 /* offsets of the function's stack slots */
/* One instruction as text: registers by number, virtual ones as v16... */
int be_text(char *buf, size_t n, const struct be_ins *i);

#endif
