/*
 * regs.c - the calling conventions of Linux on 64-bit machines, and each one's registers as the kernel
 * shows them to programs (bpf_user_pt_regs_t: arch/.../include/uapi/asm/ptrace.h, bpf_perf_event.h).
 */
#include "hook/regs.h"

#include <stddef.h>

#if defined(__x86_64__)
enum { HERE = 0 };
#elif defined(__aarch64__)
enum { HERE = 1 };
#elif defined(__riscv) && __riscv_xlen == 64
enum { HERE = 2 };
#elif defined(__s390x__)
enum { HERE = 3 };
#elif defined(__powerpc64__)
enum { HERE = 4 };
#elif defined(__loongarch_lp64)
enum { HERE = 5 };
#else
#error "regs.c: where does this machine pass arguments?"
#endif

#define AT(first, n) ((first) + 8 * (n))

const struct regs regs_tables[] = {
	/* rdi rsi rdx rcx r8 r9; rax */
	{ "x86_64", 6, { AT(0, 14), AT(0, 13), AT(0, 12), AT(0, 11), AT(0, 9), AT(0, 8) }, AT(0, 10) },
	/* x0 to x7; x0 */
	{ "aarch64", 8, { AT(0, 0), AT(0, 1), AT(0, 2), AT(0, 3), AT(0, 4), AT(0, 5), AT(0, 6), AT(0, 7) }, AT(0, 0) },
	/* a0 to a7, which is x10 to x17, pc in the place of x0; a0 */
	{ "riscv64", 8, { AT(80, 0), AT(80, 1), AT(80, 2), AT(80, 3), AT(80, 4), AT(80, 5), AT(80, 6), AT(80, 7) },
	  AT(80, 0) },
	/* r2 to r6, behind one word and the PSW; r2 */
	{ "s390x", 5, { AT(24, 2), AT(24, 3), AT(24, 4), AT(24, 5), AT(24, 6) }, AT(24, 2) },
	/* r3 to r10; r3 */
	{ "ppc64le", 8, { AT(0, 3), AT(0, 4), AT(0, 5), AT(0, 6), AT(0, 7), AT(0, 8), AT(0, 9), AT(0, 10) }, AT(0, 3) },
	/* a0 to a7, which is r4 to r11; a0 */
	{ "loongarch64", 8, { AT(0, 4), AT(0, 5), AT(0, 6), AT(0, 7), AT(0, 8), AT(0, 9), AT(0, 10), AT(0, 11) },
	  AT(0, 4) },
	{ 0 },
};

const struct regs *const regs_here = &regs_tables[HERE];
