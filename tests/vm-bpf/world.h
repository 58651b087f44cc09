/*
 * world.h - one program in three machines: the IR evaluated directly, its BPF in the small machine
 * of vm.h, and the same bytes in the kernel. Each gets its own copy of a world: a packet and maps.
 */
#ifndef VM_BPF_WORLD_H
#define VM_BPF_WORLD_H

#include "bpf/code.h"

enum { WORLD_PKT = 64, WORLD_DATA = 64, WORLD_ARRAY = 8, WORLD_MAP = IR_MAP_USER };

/* The kernel's XDP context, as far as it is used. */
struct world {
	uint64_t data[WORLD_DATA];    /* the data map: word 0 is 0 */
	uint64_t array[WORLD_ARRAY];  /* map WORLD_MAP: u32 -> u64 */
	uint8_t pkt[WORLD_PKT];
	uint32_t ctx[6];
	uint32_t ret;
	uint64_t fuel;                /* turns the loops may take; the kernel has its own */
};

/* Operations the evaluator has run. */
extern bool world_seen[IR_NOPS];

void world_fill(struct world *w, uint64_t seed);
/* NULL, or what went wrong. */
const char *world_eval(const struct ir_fn *f, struct world *w);
const char *world_vm(const struct be_code *c, struct world *w);
/* Needs rights: world_kernel_there() first. log: 64 KiB. */
bool world_kernel_there(void);
const char *world_kernel(const struct be_code *c, struct world *w, char *log, size_t loglen);
/* The program loaded, with its program BTF; its maps are gone with it. -errno. */
int world_load(const struct be_code *c, struct world *w, char *log, size_t loglen, int maps[2]);
/* All passes of the back end. NULL when one refused. */
struct be_code *world_compile(struct ir_unit *u, bool legalise);

extern const struct ir_target world_target;
static inline uint64_t world_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1d;
}

#endif
