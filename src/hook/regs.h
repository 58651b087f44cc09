/* regs.h - where a function's arguments and its result are in struct pt_regs, which probes have as context. */
#ifndef HOOK_REGS_H
#define HOOK_REGS_H

#include <stdint.h>

struct regs {
	const char *machine;  /* as uname(2) says */
	uint8_t nargs;        /* integer arguments that registers hold */
	uint16_t args[8];     /* offsets in bytes */
	uint16_t result;
};

extern const struct regs regs_tables[]; /* ends with a NULL machine */
extern const struct regs *const regs_here;

#endif
