/* gen.h - random machine IR that the verifier accepts: every operation, branches, loops, helpers. */
#ifndef VM_BPF_GEN_H
#define VM_BPF_GEN_H

#include "world.h"

struct gen_opts {
	uint64_t seed;
	uint32_t inputs;     /* values loaded at the start */
	uint32_t live;       /* the first so many values of all are needed at the end */
	uint32_t statements;
	bool branches, helpers, loops;
	bool fuel;           /* loops may be of the may_goto form */
	bool optimised;      /* compiled after passes of the optimiser */
};

struct ir_unit *gen_unit(struct arena *a, struct diag_list *diag, const struct gen_opts *o);

#endif
