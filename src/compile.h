/* compile.h - the pipeline, from a captured function to BPF instructions. */
#ifndef COMPILE_H
#define COMPILE_H

#include "bpf/code.h"
#include "ir/ir.h"

struct compile {
	struct ir_unit *u;
	const struct pg_capture *capture;
	uint64_t func;
	struct be *be;
	struct be_code *code;
	bool loops;                /* the script's code goes round somewhere */
	uint32_t without;          /* passes left out, one bit each, for measuring: those with compile_optional */
	bool check;                /* run the IR checker after every pass */
	/* called after every pass when set: the program as it stands */
	void (*after)(struct compile *c, const char *pass, void *arg);
	void *after_arg;
	uint64_t captured;         /* monotonic ns when the capture had been read */
};

/* 0, or -errno with diagnostics in u->diag. */
int compile_run(struct compile *c);
/* The program as text, as it stands now; in the arena. */
const char *compile_text(struct compile *c);
/* Name and description of pass i; NULL past the end. */
const char *compile_pass(unsigned i, const char **what);
/* Is pass i there only to make programs better? */
bool compile_optional(unsigned i);

#endif
