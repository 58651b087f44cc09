/*
 * vm.h - a small user-space BPF machine for tests: runs what the back end emits, where no kernel may
 * be asked. Reads of registers and stack bytes that nothing wrote, accesses outside the regions
 * given and unknown instructions are errors.
 */
#ifndef VM_BPF_VM_H
#define VM_BPF_VM_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_region { const void *base; size_t len; bool writable; };

struct vm {
	void *arg;               /* the caller's own */
	void *ctx;               /* in r1; the caller adds it to the regions */
	const struct vm_region *regions;
	size_t nregions;
	/* Where they are given: 4-byte loads of the context at these offsets give these pointers. */
	const void *data, *data_end;
	uint32_t data_at, data_end_at;
	/* A helper's result. r: r1-r5. What it writes to the program's memory it says in `wrote`. */
	uint64_t (*helper)(struct vm *vm, int32_t id, const uint64_t r[5]);
	struct { uint64_t at; size_t n; } wrote;
	/* What a 64-bit load of map `fd` gives: by descriptor, or its value's address at off. */
	uint64_t (*map)(struct vm *vm, int32_t fd, bool value, uint32_t off);
	uint64_t fuel;           /* may_goto: turns that are left */
	uint64_t steps;          /* instructions run; limit below */
	uint64_t max_steps;      /* 0: a million */
	const char *error;       /* why it stopped, when vm_run is false */
	uint32_t pc;             /* where */
};

bool vm_run(struct vm *vm, const struct bpf_insn *insns, uint32_t n, uint64_t *r0);

#endif
