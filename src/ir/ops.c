/* ops.c - the operations as a table, and the names of conditions. */
#include "ir/ir.h"

enum { LEVEL_L = 'L', LEVEL_M = 'M', LEVEL_B = 'B' };
enum { RESULT_N = 'N', RESULT_V = 'V', RESULT_W = 'W', RESULT_P = 'P' };
enum { IMM_0 = 0, IMM_I = 'I', IMM_A = 'A', IMM_X = 'X', IMM_S = 'S', IMM_K = 'K' };

const struct ir_opinfo ir_ops[IR_NOPS] = {
#define IR_OP(name, level, nargs, result, immediate, effects, ends, what) \
	[IR_##name##_] = { #name, LEVEL_##level, nargs, RESULT_##result, IMM_##immediate, effects, ends, what },
#include "ir/ops.def"
#undef IR_OP
};

const char *const ir_cc_name[] = {
	[IR_EQ] = "eq",   [IR_NE] = "ne",   [IR_ULT] = "ult", [IR_UGE] = "uge",
	[IR_ULE] = "ule", [IR_UGT] = "ugt", [IR_SLT] = "slt", [IR_SGE] = "sge",
	[IR_SLE] = "sle", [IR_SGT] = "sgt", [IR_SET] = "set", [IR_CLEAR] = "clear",
};

_Static_assert((IR_EQ ^ 1) == IR_NE && (IR_ULT ^ 1) == IR_UGE && (IR_ULE ^ 1) == IR_UGT &&
	       (IR_SLT ^ 1) == IR_SGE && (IR_SLE ^ 1) == IR_SGT && (IR_SET ^ 1) == IR_CLEAR,
	       "the complement of a condition is c ^ 1");
