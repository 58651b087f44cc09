/* bpf_abi.h - numbers of the kernel's interface that the build machine's headers may not have yet. */
#ifndef KERN_BPF_ABI_H
#define KERN_BPF_ABI_H

#include <linux/bpf.h>

/* may_goto (6.9): a conditional jump of class BPF_JMP; include/uapi/linux/bpf.h */
#define ABI_JCOND 0xe0

/* Signed division and modulo (6.6): offset 1 of BPF_DIV, BPF_MOD; instruction-set.rst */
#define ABI_OFF_SIGNED 1

/* Types of links, as their information names them; tcx is of 6.6. */
enum { ABI_LINK_XDP = 6, ABI_LINK_TCX = 11 };

/* Attach types of tcx links (6.6). */
enum { ABI_XDP_HAS_FRAGS = 1 << 5 };
enum { ABI_TCX_INGRESS = 46, ABI_TCX_EGRESS = 47 };

/* Types of maps. */
enum { ABI_MAP_CGRP_STORAGE = 32 }; /* 6.2 */

/* Helpers, by number: stable interface. */
enum {
	ABI_SKB_STORE_BYTES = 9,
	ABI_L4_CSUM_REPLACE = 11,
	ABI_TAIL_CALL = 12,
	ABI_CLONE_REDIRECT = 13,
	ABI_REDIRECT = 23,
	ABI_SKB_LOAD_BYTES = 26,
	ABI_SKB_CHANGE_TAIL = 38,
	ABI_SKB_PULL_DATA = 39,
	ABI_CSUM_UPDATE = 40,
	ABI_XDP_ADJUST_HEAD = 44,
	ABI_REDIRECT_MAP = 51,
	ABI_XDP_ADJUST_TAIL = 65,
	ABI_FOR_EACH = 164,
	ABI_LOOP = 181,
	ABI_XDP_GET_BUFF_LEN = 188,
	ABI_XDP_LOAD_BYTES = 189,
	ABI_XDP_STORE_BYTES = 190,
};

#define ABI_INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define ABI_MOV_IMM(d, i) ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ABI_CALL(id) ABI_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
/* A function of the kernel, by the number of its type. */
#define ABI_CALL_KFUNC(id) ABI_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, (int)(id))
/* r1 := the address of an iterator, 8 bytes on the stack. Two instructions. */
#define ABI_ITERATOR() \
	ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0), ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -8)
#define ABI_EXIT() ABI_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Two instructions. */
#define ABI_LD_MAP_FD(d, fd) \
	ABI_INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), ABI_INSN(0, 0, 0, 0, 0)

#endif
