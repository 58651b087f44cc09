/*
 * bpf_vectors.h - what instructions do, one row an instruction with several inputs: written from RFC 9669, not
 * from a machine that runs them.
 *
 *     before the instruction     r1: a    r2: b    r3: the address of a word in memory that holds a
 *                                the words around that one hold BEFORE and AFTER
 *     want                       r1 behind it; of a store, the word; of a jump, 1: taken, 0: not
 *
 * Numbers in memory are those of a machine that stores the low byte first.
 */
#ifndef TEST_BPF_VECTORS_H
#define TEST_BPF_VECTORS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

struct input { uint64_t a, b, want; };

struct vector {
	const char *text;        /* as the disassembler prints it */
	struct bpf_insn i;
	int32_t high;            /* of a 64-bit constant: the second half */
	bool refused;            /* RFC 9669 gives it a meaning, but no verifier lets it pass */
	unsigned n;
	const struct input *in;
};

#define IN(...)                                                                                     \
	.n = sizeof((const struct input[]){ __VA_ARGS__ }) / sizeof(struct input),                  \
	.in = (const struct input[]){ __VA_ARGS__ }

#define X64(op) (BPF_ALU64 | BPF_X | (op))
#define K64(op) (BPF_ALU64 | BPF_K | (op))
#define X32(op) (BPF_ALU | BPF_X | (op))
#define K32(op) (BPF_ALU | BPF_K | (op))
#define JX(op) (BPF_JMP | BPF_X | (op))
#define JK(op) (BPF_JMP | BPF_K | (op))
#define JX32(op) (BPF_JMP32 | BPF_X | (op))
#define JK32(op) (BPF_JMP32 | BPF_K | (op))
#define MAY_GOTO (BPF_JMP | 0xe0)
#define MEMSX 0x80

/* The second operand in r2, or a constant; with a sign, or extended from so many bits. */
#define REG(what, c, ...) { what, { .code = c, .dst_reg = 1, .src_reg = 2 }, IN(__VA_ARGS__) }
#define NUM(what, c, k, ...) { what, { .code = c, .dst_reg = 1, .imm = k }, IN(__VA_ARGS__) }
#define SREG(what, c, o, ...) { what, { .code = c, .dst_reg = 1, .src_reg = 2, .off = o }, IN(__VA_ARGS__) }
#define SNUM(what, c, k, ...) { what, { .code = c, .dst_reg = 1, .off = 1, .imm = k }, IN(__VA_ARGS__) }
#define BAD(what, c, o, k, ...)                                                                     \
	{ what, { .code = c, .dst_reg = 1, .off = o, .imm = k }, .refused = true, IN(__VA_ARGS__) }
#define SELF(what, c, ...) { what, { .code = c, .dst_reg = 1, .src_reg = 1 }, IN(__VA_ARGS__) }
/* A jump over two instructions. */
#define IF(what, c, ...) { what, { .code = c, .dst_reg = 1, .src_reg = 2, .off = 2 }, IN(__VA_ARGS__) }
#define IFNUM(what, c, k, ...) { what, { .code = c, .dst_reg = 1, .off = 2, .imm = k }, IN(__VA_ARGS__) }
#define WIDE(what, lo, hi, ...)                                                                     \
	{ what, { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = lo }, hi, IN(__VA_ARGS__) }
#define LOAD(what, c, o, ...) { what, { .code = BPF_LDX | (c), .dst_reg = 1, .src_reg = 3, .off = o }, IN(__VA_ARGS__) }
#define STORE(what, c, o, ...)                                                                      \
	{ what, { .code = BPF_STX | BPF_MEM | (c), .dst_reg = 3, .src_reg = 2, .off = o }, IN(__VA_ARGS__) }
#define STNUM(what, c, o, k, ...)                                                                   \
	{ what, { .code = BPF_ST | BPF_MEM | (c), .dst_reg = 3, .off = o, .imm = k }, IN(__VA_ARGS__) }
#define ATOMIC(what, c, o, ...)                                                                     \
	{ what, { .code = BPF_STX | BPF_ATOMIC | (c), .dst_reg = 3, .src_reg = 2, .off = o, .imm = BPF_ADD },   \
	  IN(__VA_ARGS__) }

#define MIN64 0x8000000000000000
#define MAX64 0x7fffffffffffffff
#define ALL 0xffffffffffffffff
#define MIN32 0x80000000
#define HI 0xdeadbeef00000000 /* above a low half, which it must not change */
#define NEG(x) (-(uint64_t)(x))
#define BEFORE 0x0f1e2d3c4b5a6978
#define WORD 0xf1e2d3c4b5a69788
#define AFTER 0x8090a0b0c0d0e0f0

static const struct vector vectors[] = {
	/* ---- 64 bits, two registers ---- */
	REG("r1 += r2", X64(BPF_ADD), { 3, ALL, 2 }, { MAX64, 1, MIN64 }, { 0xffffffff, 1, 0x100000000 }, { MIN64, MIN64, 0 }),
	REG("r1 -= r2", X64(BPF_SUB), { 3, 5, NEG(2) }, { 0x100000000, 1, 0xffffffff }, { MIN64, 1, MAX64 }, { 0, MIN64, MIN64 }),
	REG("r1 *= r2", X64(BPF_MUL), { 0x4000000000000000, 6, MIN64 }, { ALL, ALL, 1 }, { MIN64, ALL, MIN64 },
	    { 0xffffffff, 0xffffffff, 0xfffffffe00000001 }),
	REG("r1 /= r2", X64(BPF_DIV), { ALL, 2, MAX64 }, { 5, 0, 0 }, { HI | 5, 0, 0 }, { MIN64, ALL, 0 }, { ALL, ALL, 1 },
	    { 0x100000000, 0x10, 0x10000000 }, { 5, HI, 0 }),
	REG("r1 %= r2", X64(BPF_MOD), { ALL, 10, 5 }, { 5, 0, 5 }, { HI | 5, 0, HI | 5 }, { MIN64, ALL, MIN64 },
	    { 0x100000007, 0x100000000, 7 }),
	SREG("r1 s/= r2", X64(BPF_DIV), 1, { NEG(7), 2, NEG(3) }, { 7, NEG(2), NEG(3) }, { NEG(7), NEG(2), 3 },
	     { MIN64, ALL, MIN64 }, { MIN64, 0, 0 }, { MIN64, 1, MIN64 }, { MAX64, ALL, NEG(MAX64) },
	     { 0xffffffff, ALL, NEG(0xffffffff) }),
	SREG("r1 s%= r2", X64(BPF_MOD), 1, { NEG(7), 2, NEG(1) }, { 7, NEG(2), 1 }, { MIN64, ALL, 0 }, { NEG(7), 0, NEG(7) },
	     { MIN64, 0, MIN64 }, { MIN64, MAX64, NEG(1) }, { MIN64, 1, 0 }),
	REG("r1 |= r2", X64(BPF_OR), { 5, 10, 15 }, { MIN64, 1, MIN64 | 1 }, { HI, 0xf0, HI | 0xf0 }),
	REG("r1 &= r2", X64(BPF_AND), { 5, 10, 0 }, { ALL, HI, HI }, { MIN64 | 5, MIN64 | 4, MIN64 | 4 }),
	REG("r1 ^= r2", X64(BPF_XOR), { 5, 6, 3 }, { ALL, HI, 0x21524110ffffffff }, { HI, HI, 0 }),
	REG("r1 <<= r2", X64(BPF_LSH), { 1, 65, 2 }, { 1, 63, MIN64 }, { HI | 1, 64, HI | 1 }, { 3, 31, 0x180000000 },
	    { HI | 1, 32, 0x100000000 }, { 1, ALL, MIN64 }, { 5, HI, 5 }),
	REG("r1 >>= r2", X64(BPF_RSH), { MIN64, 63, 1 }, { MIN64, 64, MIN64 }, { MIN64, 31, 0x100000000 }, { HI, 32, 0xdeadbeef },
	    { ALL, ALL, 1 }, { ALL, 65, MAX64 }),
	REG("r1 s>>= r2", X64(BPF_ARSH), { MIN64, 63, ALL }, { MIN64, 64, MIN64 }, { MIN64, 31, 0xffffffff00000000 },
	    { HI, 32, 0xffffffffdeadbeef }, { MAX64, 62, 1 }, { MIN32, 31, 1 }, { MIN64, ALL, ALL }),
	REG("r1 = r2", X64(BPF_MOV), { 1, MIN64, MIN64 }, { ALL, 0, 0 }, { 0, HI | 5, HI | 5 }),
	SELF("r1 -= r1", X64(BPF_SUB), { ALL, 0, 0 }, { MIN64, 0, 0 }),
	SELF("r1 *= r1", X64(BPF_MUL), { NEG(3), 0, 9 }, { 0x100000000, 0, 0 }),
	SELF("r1 /= r1", X64(BPF_DIV), { 7, 0, 1 }, { 0, 0, 0 }),

	/* ---- 64 bits, a constant: 32 bits whose sign is extended, of unsigned operations, too ---- */
	NUM("r1 += -1", K64(BPF_ADD), -1, { 0, 0, ALL }, { MIN64, 0, MAX64 }, { 0x100000000, 0, 0xffffffff }),
	NUM("r1 += 2147483647", K64(BPF_ADD), INT32_MAX, { 0x7fffffff, 0, 0xfffffffe }, { ALL, 0, 0x7ffffffe }),
	NUM("r1 += -2147483648", K64(BPF_ADD), INT32_MIN, { 0, 0, 0xffffffff80000000 }, { MIN32, 0, 0 }),
	NUM("r1 -= -1", K64(BPF_SUB), -1, { ALL, 0, 0 }, { MAX64, 0, MIN64 }, { 0xffffffff, 0, 0x100000000 }),
	NUM("r1 -= -2147483648", K64(BPF_SUB), INT32_MIN, { 0, 0, MIN32 }),
	NUM("r1 *= -1", K64(BPF_MUL), -1, { MIN64, 0, MIN64 }, { 1, 0, ALL }, { 5, 0, NEG(5) }),
	NUM("r1 *= 2147483647", K64(BPF_MUL), INT32_MAX, { 2, 0, 0xfffffffe }, { ALL, 0, 0xffffffff80000001 }),
	NUM("r1 /= -1", K64(BPF_DIV), -1, { ALL, 0, 1 }, { MIN64, 0, 0 }, { 0xffffffff, 0, 0 }),
	NUM("r1 /= 7", K64(BPF_DIV), 7, { ALL, 0, 0x2492492492492492 }, { 6, 0, 0 }),
	BAD("r1 /= 0", K64(BPF_DIV), 0, 0, { 5, 0, 0 }, { ALL, 0, 0 }),
	NUM("r1 %= -1", K64(BPF_MOD), -1, { ALL, 0, 0 }, { MIN64, 0, MIN64 }, { 0xffffffff, 0, 0xffffffff }),
	NUM("r1 %= 7", K64(BPF_MOD), 7, { ALL, 0, 1 }, { 6, 0, 6 }),
	BAD("r1 %= 0", K64(BPF_MOD), 0, 0, { HI | 5, 0, HI | 5 }),
	SNUM("r1 s/= -1", K64(BPF_DIV), -1, { MIN64, 0, MIN64 }, { 5, 0, NEG(5) }, { MAX64, 0, NEG(MAX64) }),
	SNUM("r1 s/= -2", K64(BPF_DIV), -2, { NEG(7), 0, 3 }, { 7, 0, NEG(3) }, { MIN64, 0, 0x4000000000000000 }),
	BAD("r1 s/= 0", K64(BPF_DIV), 1, 0, { NEG(5), 0, 0 }, { MIN64, 0, 0 }),
	SNUM("r1 s%= -1", K64(BPF_MOD), -1, { MIN64, 0, 0 }, { 5, 0, 0 }),
	SNUM("r1 s%= -4", K64(BPF_MOD), -4, { NEG(7), 0, NEG(3) }, { 7, 0, 3 }),
	SNUM("r1 s%= 4", K64(BPF_MOD), 4, { NEG(7), 0, NEG(3) }, { MIN64, 0, 0 }),
	BAD("r1 s%= 0", K64(BPF_MOD), 1, 0, { NEG(7), 0, NEG(7) }),
	NUM("r1 |= -16", K64(BPF_OR), -16, { 0, 0, NEG(16) }, { HI | 5, 0, 0xfffffffffffffff5 }),
	NUM("r1 |= 2147483647", K64(BPF_OR), INT32_MAX, { HI, 0, HI | 0x7fffffff }),
	NUM("r1 &= -16", K64(BPF_AND), -16, { ALL, 0, NEG(16) }, { HI | 0x1f, 0, HI | 0x10 }),
	NUM("r1 &= 255", K64(BPF_AND), 255, { HI | 0x1ff, 0, 0xff }),
	NUM("r1 &= -2147483648", K64(BPF_AND), INT32_MIN, { ALL, 0, 0xffffffff80000000 }),
	NUM("r1 ^= -1", K64(BPF_XOR), -1, { HI, 0, 0x21524110ffffffff }, { 0, 0, ALL }),
	NUM("r1 ^= 2147483647", K64(BPF_XOR), INT32_MAX, { ALL, 0, 0xffffffff80000000 }),
	NUM("r1 <<= 0", K64(BPF_LSH), 0, { HI | 5, 0, HI | 5 }),
	NUM("r1 <<= 31", K64(BPF_LSH), 31, { 1, 0, MIN32 }, { 3, 0, 0x180000000 }),
	NUM("r1 <<= 32", K64(BPF_LSH), 32, { HI | 5, 0, 0x500000000 }),
	NUM("r1 <<= 63", K64(BPF_LSH), 63, { 1, 0, MIN64 }, { 2, 0, 0 }, { ALL, 0, MIN64 }),
	BAD("r1 <<= 64", K64(BPF_LSH), 0, 64, { 5, 0, 5 }),
	NUM("r1 >>= 31", K64(BPF_RSH), 31, { MIN64, 0, 0x100000000 }, { ALL, 0, 0x1ffffffff }),
	NUM("r1 >>= 32", K64(BPF_RSH), 32, { HI, 0, 0xdeadbeef }),
	NUM("r1 >>= 63", K64(BPF_RSH), 63, { MIN64, 0, 1 }, { MAX64, 0, 0 }),
	BAD("r1 >>= 64", K64(BPF_RSH), 0, 64, { ALL, 0, ALL }),
	NUM("r1 s>>= 31", K64(BPF_ARSH), 31, { MIN64, 0, 0xffffffff00000000 }, { MIN32, 0, 1 }),
	NUM("r1 s>>= 32", K64(BPF_ARSH), 32, { HI, 0, 0xffffffffdeadbeef }, { MAX64, 0, 0x7fffffff }),
	NUM("r1 s>>= 63", K64(BPF_ARSH), 63, { MIN64, 0, ALL }, { MAX64, 0, 0 }),
	BAD("r1 s>>= 64", K64(BPF_ARSH), 0, 64, { MIN64, 0, MIN64 }),
	NUM("r1 = -1", K64(BPF_MOV), -1, { 0, 0, ALL }),
	NUM("r1 = 2147483647", K64(BPF_MOV), INT32_MAX, { ALL, 0, 0x7fffffff }),
	NUM("r1 = -2147483648", K64(BPF_MOV), INT32_MIN, { 0, 0, 0xffffffff80000000 }),

	/* ---- 32 bits, two registers: the upper halves do not matter, and are 0 afterwards ---- */
	REG("w1 += w2", X32(BPF_ADD), { HI | 3, HI | 0xffffffff, 2 }, { HI | 0x7fffffff, 1, MIN32 }, { ALL, ALL, 0xfffffffe },
	    { MIN64, HI, 0 }),
	REG("w1 -= w2", X32(BPF_SUB), { HI | 3, HI | 5, 0xfffffffe }, { HI, HI | MIN32, MIN32 }, { HI | 7, 7, 0 }, { 0, 1, 0xffffffff }),
	REG("w1 *= w2", X32(BPF_MUL), { HI | 0xffffffff, HI | 0xffffffff, 1 }, { 0x10000, 0x10000, 0 },
	    { HI | MIN32, 0xffffffff, MIN32 }, { HI | 0x12345, 0x10001, 0x23462345 }),
	REG("w1 /= w2", X32(BPF_DIV), { HI | 7, HI | 2, 3 }, { HI | 0xffffffff, 2, 0x7fffffff }, { HI | 5, HI, 0 },
	    { HI | MIN32, 0xffffffff, 0 }, { ALL, HI | 0xffffffff, 1 }),
	REG("w1 %= w2", X32(BPF_MOD), { HI | 7, HI | 4, 3 }, { HI | 0xffffffff, 10, 5 }, { HI | 5, HI, 5 }, { HI | MIN32, ALL, MIN32 }),
	SREG("w1 s/= w2", X32(BPF_DIV), 1, { HI | 0xfffffff9, HI | 2, 0xfffffffd }, { HI | 7, 0xfffffffe, 0xfffffffd },
	     { HI | MIN32, HI | 0xffffffff, MIN32 }, { HI | MIN32, HI, 0 }, { 0xfffffff9, HI | 0xfffffffe, 3 }, { HI | MIN32, 1, MIN32 }),
	SREG("w1 s%= w2", X32(BPF_MOD), 1, { HI | 0xfffffff9, HI | 2, 0xffffffff }, { HI | 7, 0xfffffffe, 1 },
	     { HI | MIN32, HI | 0xffffffff, 0 }, { HI | 0xfffffff9, HI, 0xfffffff9 }, { HI | MIN32, 0x7fffffff, 0xffffffff }),
	REG("w1 |= w2", X32(BPF_OR), { HI | 5, HI | 10, 15 }, { HI, MIN32, MIN32 }),
	REG("w1 &= w2", X32(BPF_AND), { ALL, HI | 0xf0, 0xf0 }, { HI | MIN32 | 1, ALL, MIN32 | 1 }),
	REG("w1 ^= w2", X32(BPF_XOR), { HI | 5, 6, 3 }, { HI, ALL, 0xffffffff }, { ALL, 0xffffffff, 0 }),
	REG("w1 <<= w2", X32(BPF_LSH), { HI | 1, 31, MIN32 }, { HI | 5, 32, 5 }, { HI | 1, 33, 2 }, { HI | 5, 63, MIN32 },
	    { HI | 5, 64, 5 }, { HI | 3, HI | 0xffffffff, MIN32 }),
	REG("w1 >>= w2", X32(BPF_RSH), { HI | MIN32, 31, 1 }, { HI | MIN32, 32, MIN32 }, { ALL, 63, 1 }, { HI | 5, 64, 5 },
	    { HI | 0xffffffff, 4, 0x0fffffff }, { HI, 4, 0 }),
	REG("w1 s>>= w2", X32(BPF_ARSH), { HI | MIN32, 31, 0xffffffff }, { HI | MIN32, 32, MIN32 }, { MIN32, 63, 0xffffffff },
	    { HI | 0x7fffffff, 30, 1 }, { HI | 5, 64, 5 }, { MIN32, 4, 0xf8000000 }),
	REG("w1 = w2", X32(BPF_MOV), { 0, ALL, 0xffffffff }, { ALL, HI | 5, 5 }, { ALL, MIN32, MIN32 }),
	SELF("w1 = w1", X32(BPF_MOV), { ALL, 0, 0xffffffff }, { HI | MIN32, 0, MIN32 }),
	SELF("w1 += w1", X32(BPF_ADD), { HI | MIN32, 0, 0 }),

	/* ---- 32 bits, a constant ---- */
	NUM("w1 += -1", K32(BPF_ADD), -1, { HI, 0, 0xffffffff }, { HI | 1, 0, 0 }),
	NUM("w1 += 2147483647", K32(BPF_ADD), INT32_MAX, { HI | 0x7fffffff, 0, 0xfffffffe }),
	NUM("w1 -= -1", K32(BPF_SUB), -1, { HI | 0xffffffff, 0, 0 }, { HI | 0x7fffffff, 0, MIN32 }),
	NUM("w1 *= -1", K32(BPF_MUL), -1, { HI | MIN32, 0, MIN32 }, { HI | 5, 0, 0xfffffffb }),
	NUM("w1 /= -1", K32(BPF_DIV), -1, { ALL, 0, 1 }, { HI | MIN32, 0, 0 }),
	NUM("w1 /= 7", K32(BPF_DIV), 7, { HI | 0xffffffff, 0, 0x24924924 }),
	BAD("w1 /= 0", K32(BPF_DIV), 0, 0, { HI | 5, 0, 0 }),
	NUM("w1 %= -1", K32(BPF_MOD), -1, { ALL, 0, 0 }, { HI | MIN32, 0, MIN32 }),
	NUM("w1 %= 7", K32(BPF_MOD), 7, { HI | 0xffffffff, 0, 3 }),
	BAD("w1 %= 0", K32(BPF_MOD), 0, 0, { HI | 5, 0, 5 }),
	SNUM("w1 s/= -1", K32(BPF_DIV), -1, { HI | MIN32, 0, MIN32 }, { HI | 5, 0, 0xfffffffb }),
	SNUM("w1 s/= -2", K32(BPF_DIV), -2, { HI | 0xfffffff9, 0, 3 }, { HI | 7, 0, 0xfffffffd }),
	BAD("w1 s/= 0", K32(BPF_DIV), 1, 0, { HI | 0xfffffff9, 0, 0 }),
	SNUM("w1 s%= -1", K32(BPF_MOD), -1, { HI | MIN32, 0, 0 }),
	SNUM("w1 s%= -4", K32(BPF_MOD), -4, { HI | 0xfffffff9, 0, 0xfffffffd }, { HI | 7, 0, 3 }),
	BAD("w1 s%= 0", K32(BPF_MOD), 1, 0, { HI | 0xfffffff9, 0, 0xfffffff9 }),
	NUM("w1 |= -16", K32(BPF_OR), -16, { HI | 5, 0, 0xfffffff5 }),
	NUM("w1 |= 1", K32(BPF_OR), 1, { HI, 0, 1 }),
	NUM("w1 &= -16", K32(BPF_AND), -16, { ALL, 0, 0xfffffff0 }),
	NUM("w1 &= 255", K32(BPF_AND), 255, { HI | 0x1ff, 0, 0xff }),
	NUM("w1 ^= -1", K32(BPF_XOR), -1, { HI, 0, 0xffffffff }, { ALL, 0, 0 }),
	NUM("w1 <<= 0", K32(BPF_LSH), 0, { HI | 5, 0, 5 }),
	NUM("w1 <<= 1", K32(BPF_LSH), 1, { HI | MIN32 | 1, 0, 2 }),
	NUM("w1 <<= 31", K32(BPF_LSH), 31, { HI | 3, 0, MIN32 }, { HI | 2, 0, 0 }),
	BAD("w1 <<= 32", K32(BPF_LSH), 0, 32, { HI | 5, 0, 5 }),
	NUM("w1 >>= 4", K32(BPF_RSH), 4, { HI | 5, 0, 0 }, { HI | MIN32, 0, 0x08000000 }),
	NUM("w1 >>= 31", K32(BPF_RSH), 31, { HI | MIN32, 0, 1 }, { HI | 0x7fffffff, 0, 0 }),
	BAD("w1 >>= 32", K32(BPF_RSH), 0, 32, { HI | 5, 0, 5 }),
	NUM("w1 s>>= 4", K32(BPF_ARSH), 4, { MIN32, 0, 0xf8000000 }, { HI | 0x70, 0, 7 }),
	NUM("w1 s>>= 31", K32(BPF_ARSH), 31, { HI | MIN32, 0, 0xffffffff }, { HI | 0x7fffffff, 0, 0 }),
	BAD("w1 s>>= 32", K32(BPF_ARSH), 0, 32, { HI | MIN32, 0, MIN32 }),
	NUM("w1 = -1", K32(BPF_MOV), -1, { ALL, 0, 0xffffffff }),
	NUM("w1 = 5", K32(BPF_MOV), 5, { ALL, 0, 5 }),
	NUM("w1 = -2147483648", K32(BPF_MOV), INT32_MIN, { ALL, 0, MIN32 }),

	/* ---- one operand: negation, signs extended, the order of bytes ---- */
	NUM("r1 = -r1", BPF_ALU64 | BPF_NEG, 0, { 5, 0, NEG(5) }, { MIN64, 0, MIN64 }, { 0, 0, 0 }, { MIN32, 0, 0xffffffff80000000 }),
	NUM("w1 = -w1", BPF_ALU | BPF_NEG, 0, { HI | 5, 0, 0xfffffffb }, { HI | MIN32, 0, MIN32 }, { HI, 0, 0 }),
	SREG("r1 = (s8)r2", X64(BPF_MOV), 8, { 0, 0x180, NEG(128) }, { ALL, 0x7f, 0x7f }, { 0, HI | 0xff, ALL }, { ALL, 0xff00, 0 }),
	SREG("r1 = (s16)r2", X64(BPF_MOV), 16, { 0, 0x18000, NEG(32768) }, { ALL, HI | 0x7fff, 0x7fff }, { ALL, 0xffff0080, 0x80 }),
	SREG("r1 = (s32)r2", X64(BPF_MOV), 32, { 0, MIN32, 0xffffffff80000000 }, { ALL, HI | 0x7fffffff, 0x7fffffff }),
	SREG("w1 = (s8)w2", X32(BPF_MOV), 8, { ALL, HI | 0x80, 0xffffff80 }, { ALL, HI | 0x17f, 0x7f }),
	SREG("w1 = (s16)w2", X32(BPF_MOV), 16, { ALL, HI | 0x8000, 0xffff8000 }, { ALL, HI | 0x17fff, 0x7fff }),
	NUM("r1 = be16 r1", BPF_ALU | BPF_END | BPF_TO_BE, 16, { 0x99abcd, 0, 0xcdab }, { ALL, 0, 0xffff }, { HI | 0x80, 0, 0x8000 }),
	NUM("r1 = be32 r1", BPF_ALU | BPF_END | BPF_TO_BE, 32, { 0x9912345678, 0, 0x78563412 }, { HI | 0x80, 0, MIN32 }),
	NUM("r1 = be64 r1", BPF_ALU | BPF_END | BPF_TO_BE, 64, { 1, 0, 0x0100000000000000 },
	    { 0x0123456789abcdef, 0, 0xefcdab8967452301 }),

	/* ---- jumps that compare 64 bits ---- */
	IF("if r1 == r2 goto pc+2", JX(BPF_JEQ), { 4, 4, 1 }, { 4, 5, 0 }, { 0x100000000, 0, 0 }, { ALL, 0xffffffff, 0 }),
	IF("if r1 != r2 goto pc+2", JX(BPF_JNE), { 4, 4, 0 }, { 0x100000000, 0, 1 }, { HI, HI, 0 }),
	IF("if r1 > r2 goto pc+2", JX(BPF_JGT), { MIN64, 1, 1 }, { 1, MIN64, 0 }, { 5, 5, 0 }, { 0x100000000, 0xffffffff, 1 }),
	IF("if r1 >= r2 goto pc+2", JX(BPF_JGE), { 1, MIN64, 0 }, { 5, 5, 1 }, { ALL, MAX64, 1 }, { 0xffffffff, 0x100000000, 0 }),
	IF("if r1 < r2 goto pc+2", JX(BPF_JLT), { 1, MIN64, 1 }, { MIN64, 1, 0 }, { 5, 5, 0 }, { 0xffffffff, 0x100000000, 1 }),
	IF("if r1 <= r2 goto pc+2", JX(BPF_JLE), { MIN64, 1, 0 }, { 5, 5, 1 }, { 1, ALL, 1 }, { 0x100000000, 0xffffffff, 0 }),
	IF("if r1 s> r2 goto pc+2", JX(BPF_JSGT), { MIN64, 1, 0 }, { 1, MIN64, 1 }, { 5, 5, 0 }, { 0, ALL, 1 }, { MIN32, 0, 1 }),
	IF("if r1 s>= r2 goto pc+2", JX(BPF_JSGE), { 1, MIN64, 1 }, { MIN64, MIN64, 1 }, { ALL, 0, 0 }, { MIN32, 0, 1 }),
	IF("if r1 s< r2 goto pc+2", JX(BPF_JSLT), { MIN64, 1, 1 }, { 1, MIN64, 0 }, { 5, 5, 0 }, { ALL, 0, 1 }, { MIN32, 0, 0 }),
	IF("if r1 s<= r2 goto pc+2", JX(BPF_JSLE), { 1, MIN64, 0 }, { 5, 5, 1 }, { MIN64, MAX64, 1 }, { MIN32, 0, 0 }),
	IF("if r1 & r2 goto pc+2", JX(BPF_JSET), { 6, 2, 1 }, { 6, 9, 0 }, { MIN64, MIN64, 1 }, { HI, 0xffffffff, 0 }),
	IFNUM("if r1 == 0xffffffff goto pc+2", JK(BPF_JEQ), -1, { ALL, 0, 1 }, { 0xffffffff, 0, 0 }),
	IFNUM("if r1 == 0x0 goto pc+2", JK(BPF_JEQ), 0, { 0, 0, 1 }, { 0x100000000, 0, 0 }),
	IFNUM("if r1 != 0xffffffff goto pc+2", JK(BPF_JNE), -1, { ALL, 0, 0 }, { 0xffffffff, 0, 1 }),
	IFNUM("if r1 > 0xfffffffe goto pc+2", JK(BPF_JGT), -2, { ALL, 0, 1 }, { 0xffffffff, 0, 0 }, { NEG(2), 0, 0 }),
	IFNUM("if r1 > 0x5 goto pc+2", JK(BPF_JGT), 5, { 6, 0, 1 }, { 5, 0, 0 }, { MIN64, 0, 1 }),
	IFNUM("if r1 >= 0xffffffff goto pc+2", JK(BPF_JGE), -1, { ALL, 0, 1 }, { 0xffffffff, 0, 0 }),
	IFNUM("if r1 >= 0x5 goto pc+2", JK(BPF_JGE), 5, { 5, 0, 1 }, { 4, 0, 0 }, { 0x100000000, 0, 1 }),
	IFNUM("if r1 < 0xffffffff goto pc+2", JK(BPF_JLT), -1, { 0xffffffff, 0, 1 }, { ALL, 0, 0 }),
	IFNUM("if r1 < 0x5 goto pc+2", JK(BPF_JLT), 5, { 4, 0, 1 }, { 5, 0, 0 }, { MIN64, 0, 0 }, { 0x100000000, 0, 0 }),
	IFNUM("if r1 <= 0xfffffffe goto pc+2", JK(BPF_JLE), -2, { ALL, 0, 0 }, { NEG(2), 0, 1 }, { MAX64, 0, 1 }),
	IFNUM("if r1 <= 0x5 goto pc+2", JK(BPF_JLE), 5, { 5, 0, 1 }, { 6, 0, 0 }, { MIN64, 0, 0 }),
	IFNUM("if r1 s> 0xffffffff goto pc+2", JK(BPF_JSGT), -1, { 0, 0, 1 }, { ALL, 0, 0 }, { MIN64, 0, 0 }, { 0xffffffff, 0, 1 }),
	IFNUM("if r1 s>= 0xffffffff goto pc+2", JK(BPF_JSGE), -1, { ALL, 0, 1 }, { NEG(2), 0, 0 }, { 0xffffffff, 0, 1 }),
	IFNUM("if r1 s< 0xffffffff goto pc+2", JK(BPF_JSLT), -1, { NEG(2), 0, 1 }, { ALL, 0, 0 }, { MAX64, 0, 0 }, { 0xfffffffe, 0, 0 }),
	IFNUM("if r1 s<= 0xffffffff goto pc+2", JK(BPF_JSLE), -1, { ALL, 0, 1 }, { 0, 0, 0 }, { MIN64, 0, 1 }, { 0xffffffff, 0, 0 }),
	IFNUM("if r1 & 0x80000000 goto pc+2", JK(BPF_JSET), INT32_MIN, { MIN64, 0, 1 }, { MIN32, 0, 1 }, { 0x7fffffff, 0, 0 },
	      { 0x100000000, 0, 1 }),
	IFNUM("if r1 & 0x9 goto pc+2", JK(BPF_JSET), 9, { 6, 0, 0 }, { HI | 8, 0, 1 }, { HI, 0, 0 }),

	/* ---- jumps that compare the low 32 bits ---- */
	IF("if w1 == w2 goto pc+2", JX32(BPF_JEQ), { HI | 4, 4, 1 }, { HI | 4, HI | 5, 0 }, { 0x100000000, 0, 1 }),
	IF("if w1 != w2 goto pc+2", JX32(BPF_JNE), { HI | 4, 4, 0 }, { 4, 5, 1 }, { HI, 0, 0 }),
	IF("if w1 > w2 goto pc+2", JX32(BPF_JGT), { HI | 1, 2, 0 }, { MIN32, HI | 1, 1 }, { 5, HI | 5, 0 }, { HI | 5, 5, 0 }),
	IF("if w1 >= w2 goto pc+2", JX32(BPF_JGE), { HI | 1, 2, 0 }, { 5, HI | 5, 1 }, { MIN32, HI | 0x7fffffff, 1 }),
	IF("if w1 < w2 goto pc+2", JX32(BPF_JLT), { HI | 1, 2, 1 }, { 2, HI | 1, 0 }, { 5, HI | 5, 0 }, { HI | 0x7fffffff, MIN32, 1 }),
	IF("if w1 <= w2 goto pc+2", JX32(BPF_JLE), { HI | 1, 2, 1 }, { HI | 5, 5, 1 }, { MIN32, HI | 0x7fffffff, 0 }),
	IF("if w1 s> w2 goto pc+2", JX32(BPF_JSGT), { HI | MIN32, 1, 0 }, { 1, MIN32, 1 }, { 5, HI | 5, 0 }, { HI | 5, 5, 0 },
	   { 0x7fffffff, HI | MIN32, 1 }),
	IF("if w1 s>= w2 goto pc+2", JX32(BPF_JSGE), { 1, MIN32, 1 }, { MIN32, 0, 0 }, { HI | 5, 5, 1 }, { HI | 5, 6, 0 }),
	IF("if w1 s< w2 goto pc+2", JX32(BPF_JSLT), { MIN32, 0, 1 }, { 0, HI | MIN32, 0 }, { HI | 5, 5, 0 }, { 0xffffffff, 0, 1 }),
	IF("if w1 s<= w2 goto pc+2", JX32(BPF_JSLE), { MIN32, 0, 1 }, { 0, MIN32, 0 }, { 5, HI | 5, 1 }, { 0x7fffffff, 0xffffffff, 0 }),
	IF("if w1 & w2 goto pc+2", JX32(BPF_JSET), { HI | 6, HI | 9, 0 }, { HI | 6, 2, 1 }, { ALL, MIN32, 1 }, { HI, HI, 0 }),
	IFNUM("if w1 == 0xffffffff goto pc+2", JK32(BPF_JEQ), -1, { 0xffffffff, 0, 1 }, { ALL, 0, 1 }, { HI, 0, 0 }),
	IFNUM("if w1 == 0x0 goto pc+2", JK32(BPF_JEQ), 0, { HI, 0, 1 }, { 1, 0, 0 }),
	IFNUM("if w1 != 0xffffffff goto pc+2", JK32(BPF_JNE), -1, { HI | 0xffffffff, 0, 0 }, { HI | 0xfffffffe, 0, 1 }),
	IFNUM("if w1 > 0xfffffffe goto pc+2", JK32(BPF_JGT), -2, { 0xffffffff, 0, 1 }, { HI | 0xfffffffe, 0, 0 }),
	IFNUM("if w1 > 0x5 goto pc+2", JK32(BPF_JGT), 5, { HI | 5, 0, 0 }, { HI | 6, 0, 1 }, { MIN32, 0, 1 }),
	IFNUM("if w1 >= 0xffffffff goto pc+2", JK32(BPF_JGE), -1, { 0xffffffff, 0, 1 }, { NEG(2), 0, 0 }),
	IFNUM("if w1 < 0xffffffff goto pc+2", JK32(BPF_JLT), -1, { HI | 0xffffffff, 0, 0 }, { HI | 0xfffffffe, 0, 1 }),
	IFNUM("if w1 < 0x5 goto pc+2", JK32(BPF_JLT), 5, { HI | 4, 0, 1 }, { HI | 5, 0, 0 }, { MIN32, 0, 0 }),
	IFNUM("if w1 <= 0xfffffffe goto pc+2", JK32(BPF_JLE), -2, { 0xffffffff, 0, 0 }, { HI | 0xfffffffe, 0, 1 }),
	IFNUM("if w1 s> 0xffffffff goto pc+2", JK32(BPF_JSGT), -1, { 0xffffffff, 0, 0 }, { HI, 0, 1 }, { MIN32, 0, 0 }),
	IFNUM("if w1 s>= 0xffffffff goto pc+2", JK32(BPF_JSGE), -1, { 0xffffffff, 0, 1 }, { 0xfffffffe, 0, 0 }, { HI | 0x7fffffff, 0, 1 }),
	IFNUM("if w1 s< 0xffffffff goto pc+2", JK32(BPF_JSLT), -1, { 0xfffffffe, 0, 1 }, { HI | 0xffffffff, 0, 0 }, { HI | 5, 0, 0 }),
	IFNUM("if w1 s<= 0xffffffff goto pc+2", JK32(BPF_JSLE), -1, { 0xffffffff, 0, 1 }, { HI, 0, 0 }, { MIN32, 0, 1 }),
	IFNUM("if w1 & 0x80000000 goto pc+2", JK32(BPF_JSET), INT32_MIN, { HI | MIN32, 0, 1 }, { HI | 0x7fffffff, 0, 0 },
	      { 0x100000000, 0, 0 }),

	/* ---- jumps without a condition: those that b == 0 leads to ---- */
	{ "goto pc+2", { .code = BPF_JMP | BPF_JA, .off = 2 }, IN({ 0, 0, 1 }, { 0, 1, 0 }) },
	{ "gotol pc+2", { .code = BPF_JMP32 | BPF_JA, .imm = 2 }, IN({ 0, 0, 1 }, { 0, 1, 0 }) },
	/* with turns left */
	{ "may_goto pc+2", { .code = MAY_GOTO, .off = 2 }, IN({ 0, 0, 0 }) },

	/* ---- constants of 64 bits ---- */
	WIDE("r1 = 0x8000000000000001 ll", 1, INT32_MIN, { ALL, 0, MIN64 | 1 }),
	WIDE("r1 = 0xffffffff ll", -1, 0, { ALL, 0, 0xffffffff }),
	WIDE("r1 = 0xffffffff00000000 ll", 0, -1, { 0, 0, 0xffffffff00000000 }),
	WIDE("r1 = 0x123456789abcdef ll", (int32_t)0x89abcdef, 0x01234567, { ALL, 0, 0x0123456789abcdef }),

	/* ---- loads: what is above them is 0, or the sign ---- */
	LOAD("r1 = *(u8 *)(r3 +0)", BPF_MEM | BPF_B, 0, { WORD, 0, 0x88 }, { ALL, 0, 0xff }, { 0x1200, 0, 0 }),
	LOAD("r1 = *(u8 *)(r3 +7)", BPF_MEM | BPF_B, 7, { WORD, 0, 0xf1 }),
	LOAD("r1 = *(u8 *)(r3 -1)", BPF_MEM | BPF_B, -1, { WORD, 0, 0x0f }),
	LOAD("r1 = *(u8 *)(r3 +8)", BPF_MEM | BPF_B, 8, { WORD, 0, 0xf0 }),
	LOAD("r1 = *(u16 *)(r3 +0)", BPF_MEM | BPF_H, 0, { WORD, 0, 0x9788 }, { ALL, 0, 0xffff }),
	LOAD("r1 = *(u16 *)(r3 +6)", BPF_MEM | BPF_H, 6, { WORD, 0, 0xf1e2 }),
	LOAD("r1 = *(u16 *)(r3 -2)", BPF_MEM | BPF_H, -2, { WORD, 0, 0x0f1e }),
	LOAD("r1 = *(u32 *)(r3 +0)", BPF_MEM | BPF_W, 0, { WORD, 0, 0xb5a69788 }, { ALL, 0, 0xffffffff }),
	LOAD("r1 = *(u32 *)(r3 +4)", BPF_MEM | BPF_W, 4, { WORD, 0, 0xf1e2d3c4 }),
	LOAD("r1 = *(u32 *)(r3 +8)", BPF_MEM | BPF_W, 8, { WORD, 0, 0xc0d0e0f0 }),
	LOAD("r1 = *(u64 *)(r3 +0)", BPF_MEM | BPF_DW, 0, { WORD, 0, WORD }, { MIN64, 0, MIN64 }),
	LOAD("r1 = *(u64 *)(r3 -8)", BPF_MEM | BPF_DW, -8, { WORD, 0, BEFORE }),
	LOAD("r1 = *(u64 *)(r3 +8)", BPF_MEM | BPF_DW, 8, { WORD, 0, AFTER }),
	LOAD("r1 = *(s8 *)(r3 +0)", MEMSX | BPF_B, 0, { WORD, 0, 0xffffffffffffff88 }, { 0xff7f, 0, 0x7f }),
	LOAD("r1 = *(s8 *)(r3 -1)", MEMSX | BPF_B, -1, { WORD, 0, 0x0f }),
	LOAD("r1 = *(s16 *)(r3 +0)", MEMSX | BPF_H, 0, { WORD, 0, 0xffffffffffff9788 }, { 0xffff7fff, 0, 0x7fff }),
	LOAD("r1 = *(s32 *)(r3 +0)", MEMSX | BPF_W, 0, { WORD, 0, 0xffffffffb5a69788 }, { HI | 0x7fffffff, 0, 0x7fffffff }),
	LOAD("r1 = *(s32 *)(r3 +4)", MEMSX | BPF_W, 4, { WORD, 0, 0xfffffffff1e2d3c4 }),

	/* ---- stores: so many low bytes, and none beside them ---- */
	STORE("*(u8 *)(r3 +0) = r2", BPF_B, 0, { ALL, HI | 0x1234, 0xffffffffffffff34 }, { 0, ALL, 0xff }),
	STORE("*(u8 *)(r3 +7) = r2", BPF_B, 7, { 5, 0x180, MIN64 | 5 }),
	STORE("*(u16 *)(r3 +0) = r2", BPF_H, 0, { ALL, HI | 0x51234, 0xffffffffffff1234 }, { 0, ALL, 0xffff }),
	STORE("*(u16 *)(r3 +6) = r2", BPF_H, 6, { 5, 0x18000, MIN64 | 5 }),
	STORE("*(u32 *)(r3 +0) = r2", BPF_W, 0, { ALL, HI | 5, 0xffffffff00000005 }, { 0, ALL, 0xffffffff }),
	STORE("*(u32 *)(r3 +4) = r2", BPF_W, 4, { 5, HI | MIN32, MIN64 | 5 }),
	STORE("*(u64 *)(r3 +0) = r2", BPF_DW, 0, { ALL, HI | 5, HI | 5 }, { 0, MIN64, MIN64 }),
	STNUM("*(u8 *)(r3 +0) = -1", BPF_B, 0, -1, { 0, 0, 0xff }),
	STNUM("*(u8 *)(r3 +7) = 200", BPF_B, 7, 200, { ALL, 0, 0xc8ffffffffffffff }),
	STNUM("*(u16 *)(r3 +0) = -2", BPF_H, 0, -2, { 0, 0, 0xfffe }),
	STNUM("*(u16 *)(r3 +6) = 4660", BPF_H, 6, 0x1234, { ALL, 0, 0x1234ffffffffffff }),
	STNUM("*(u32 *)(r3 +0) = -1", BPF_W, 0, -1, { 0, 0, 0xffffffff }),
	STNUM("*(u32 *)(r3 +4) = -2147483648", BPF_W, 4, INT32_MIN, { ALL, 0, 0x80000000ffffffff }),
	STNUM("*(u64 *)(r3 +0) = -1", BPF_DW, 0, -1, { 0, 0, ALL }),
	STNUM("*(u64 *)(r3 +0) = 2147483647", BPF_DW, 0, INT32_MAX, { ALL, 0, 0x7fffffff }),
	STNUM("*(u64 *)(r3 +0) = -2147483648", BPF_DW, 0, INT32_MIN, { 0, 0, 0xffffffff80000000 }),

	/* ---- added in one go: of 4 bytes nothing is carried into the next 4 ---- */
	ATOMIC("lock *(u64 *)(r3 +0) += r2", BPF_DW, 0, { MAX64, 1, MIN64 }, { ALL, ALL, 0xfffffffffffffffe },
	       { 0xffffffff, 1, 0x100000000 }),
	ATOMIC("lock *(u32 *)(r3 +0) += w2", BPF_W, 0, { HI | 0xffffffff, 1, HI }, { HI | 3, HI | 5, HI | 8 }),
	ATOMIC("lock *(u32 *)(r3 +4) += w2", BPF_W, 4, { 0xffffffff00000005, HI | 1, 5 }, { 5, MIN32, MIN64 | 5 }),
};

#endif
