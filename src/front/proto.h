/* proto.h - a Lua 5.4 binary chunk as a tree of prototypes, every field of it checked. */
#ifndef FRONT_PROTO_H
#define FRONT_PROTO_H

#include "core/arena.h"
#include "core/diag.h"
#include "perigee.h"

enum lua_op {
#define LUA_OP(name, format, a, b, c, next, build, op) LUA_##name,
#include "front/opcodes.def"
#undef LUA_OP
	LUA_NOPS
};
_Static_assert(LUA_NOPS == 83, "Lua 5.4 has 83 instructions");

struct front_upval {
	const char *name;     /* "?" when the chunk has none */
	bool instack;         /* a register of the enclosing function, else one of its upvalues */
	uint8_t idx;
};

struct front_local {
	const char *name;
	uint32_t start, end;  /* lives at start <= pc < end */
	uint32_t reg;         /* UINT32_MAX: none */
};

struct ir_fn;

struct front_proto {
	const char *file;     /* as messages name it */
	uint32_t line, last_line;
	uint8_t nparams, nregs;
	bool vararg;
	bool native;          /* stands for a function of C, and has no lines */
	uint32_t *code, ncode;
	uint32_t *lines;      /* by pc */
	pg_value *k;          /* nil, booleans, numbers, strings (a NUL behind them) */
	uint32_t nk;
	struct front_upval *upvals;
	uint32_t nupvals;
	struct front_proto **protos;
	uint32_t nprotos;
	struct front_local *locals;
	uint32_t nlocals;
	/* what the front end adds */
	struct front_proto *parent; /* NULL: the chunk's function */
	uint64_t host;        /* the capture's id of the function value the chunk is of */
	const char *name;     /* where the source gives it one, else NULL */
	uint32_t number;      /* ir_fn.proto */
	struct ir_fn *fn;     /* once built */
	struct front_captured { bool asked; int err; pg_value v; } *captured; /* by upvalue, of the chunk's function */
};

static inline uint32_t lua_op(uint32_t i) { return i & 0x7f; }
static inline uint32_t lua_a(uint32_t i) { return i >> 7 & 0xff; }
static inline bool lua_k(uint32_t i) { return i >> 15 & 1; }
static inline uint32_t lua_b(uint32_t i) { return i >> 16 & 0xff; }
static inline uint32_t lua_c(uint32_t i) { return i >> 24; }
static inline uint32_t lua_bx(uint32_t i) { return i >> 15; }
static inline uint32_t lua_ax(uint32_t i) { return i >> 7; }
static inline int32_t lua_sb(uint32_t i) { return (int32_t)lua_b(i) - 127; }
static inline int32_t lua_sc(uint32_t i) { return (int32_t)lua_c(i) - 127; }
static inline int32_t lua_sbx(uint32_t i) { return (int32_t)lua_bx(i) - 65535; }
static inline int32_t lua_sj(uint32_t i) { return (int32_t)lua_ax(i) - 16777215; }

/* Where control goes from pc: returns how many targets (0 to 2); *jumps: whether it is a jump,
 * not just the next instruction. For tests, t[0] is where they jump when the condition equals k. */
unsigned front_next(const struct front_proto *p, uint32_t pc, uint32_t t[2], bool *jumps);

/* Reads a chunk into the arena. NULL, or a sentence that says what is wrong with it. The bytes may
 * go afterwards. */
const char *front_read(struct arena *a, const void *bytes, size_t n, struct front_proto **out);

/* The code of p alone (not of its inner functions): NULL or what is wrong with it. */
const char *front_verify(struct arena *a, const struct front_proto *p);

#endif
