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
struct vm_run;

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
	/* The same of a function of the kernel's, by the number of its type. */
	uint64_t (*kfunc)(struct vm *vm, int32_t id, const uint64_t r[5]);
	/* Memory beside the regions, or NULL: may these bytes be read, or written? */
	bool (*more)(struct vm *vm, uint64_t at, size_t n, bool write);
	/* What a 64-bit load of map `fd` gives: by descriptor, or its value's address at off. */
	uint64_t (*map)(struct vm *vm, int32_t fd, bool value, uint32_t off);
	uint64_t fuel;           /* may_goto: turns that are left */
	uint64_t steps;          /* instructions run; limit below */
	uint64_t max_steps;      /* 0: a million */
	const char *error;       /* why it stopped, when vm_run is false */
	uint32_t pc;             /* where */
	struct vm_run *run;      /* the machine's own, while it runs */
};

bool vm_run(struct vm *vm, const struct bpf_insn *insns, uint32_t n, uint64_t *r0);

/* For helpers: calls the program's function fn, as the helper got it, with r1-r5. False, and vm->error says why,
 * when it came to no end. */
bool vm_callback(struct vm *vm, uint64_t fn, const uint64_t r[5], uint64_t *r0);

/* For helpers: may the program have n bytes at `at` read, or written? Those of its stack count as written then. False, and
 * vm->error says why, when it may not. */
bool vm_may(struct vm *vm, uint64_t at, size_t n, bool write);

#endif
