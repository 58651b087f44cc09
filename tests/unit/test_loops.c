/*
 * test_loops.c - the kernel accepts the form that `loops` chooses for every shape of loop, soon.
 *
 *     test_loops table     prints docs/loops.md's table: each shape as it is (walked), with fuel and
 *                          its constants seen, and in the form chosen
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/code.h"
#include "core/feature.h"
#include "kern/kern.h"
#include "opt/passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAP_BYTES = 128, ARRAY_ENTRIES = 8, SOON = 3000 };

static const struct ir_target xdp = {
	.hook = "xdp", .prog_type = BPF_PROG_TYPE_XDP, .ctx_data_end = 4, .helper_load_bytes = 189,
};

/* Blocks 90-92: no byte there, the error exit, the end. */
#define HEAD "maps 3\nfn 0 \"f\" params 0 error b91 machine\nslot 8 align 8\n" \
	     "slot 4 align 4\nslot 4 align 4\nslot 4 align 4\nslot 4 align 4\n" \
	     "slot 4 align 4\nslot 4 align 4\nslot 4 align 4\nslot 4 align 4\n"
#define TAIL "b90:\n    v900 = imm #1\n    ret v900\n" \
	     "b91(v901) cold:\n    v903 = imm #0\n    ret v903\n" \
	     "b92(v902):\n    ret v902\n"

/* too_much: to walk, which is a known gap. */
static const struct shape { const char *name, *text; uint64_t budget; bool too_much; } shapes[] = {
	{ .name = "`for i = 1, 10 do s = s + i end`",
	  .text = "b1:\n v1 = imm #9\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v1, v4, v2)\n"
	  "b2(v5, v6, v7):\n v8 = add64 v7, v6\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "the same to 100,000",
	  .text = "b1:\n v1 = imm #99999\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v1, v4, v2)\n"
	  "b2(v5, v6, v7):\n v8 = add64 v7, v6\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "the same to 100,000, with a `budget`",
	  .text = "b1:\n v1 = imm #99999\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v1, v4, v2)\n"
	  "b2(v5, v6, v7):\n v8 = add64 v7, v6\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n", .budget = 5000 },
	{ .name = "`for i = 1, n`, n from the packet",
	  .text = "b1:\n v1 = imm #0\n v11 = pkt v1 #4 -> b4, b90\n"
	  "b4:\n v12 = pktload v11, v1 .4 #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v12, v4, v1)\n"
	  "b2(v5, v6, v7):\n v8 = add64 v7, v6\n br v5, v1 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "`while i < 100000 do i = i + 1 end`",
	  .text = "b1:\n v1 = imm #0\n v2 = imm #1\n v3 = imm #100000\n jmp -> b2(v1)\n"
	  "b2(v4):\n br v4, v3 slt -> b3, b92(v4)\n"
	  "b3:\n v5 = add64 v4, v2\n jmp -> b2(v5)\n" },
	{ .name = "`while true do end`",
	  .text = "b1:\n jmp -> b2\nb2:\n jmp -> b2\n" },
	{ .name = "packet bytes by index, 1500 at most",
	  .text = "b1:\n v1 = imm #1499\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n v11 = pkt v6 #1 -> b4, b92(v7)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n v8 = add64 v7, v12\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "packet bytes by index, to `#pkt`",
	  .text = "b1:\n v1 = pktlen\n v2 = imm #0\n v4 = imm #1\n jmp -> b2(v2, v2)\n"
	  "b2(v6, v7):\n br v6, v1 slt -> b5, b92(v7)\n"
	  "b5:\n v11 = pkt v6 #1 -> b4, b90\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n v8 = add64 v7, v12\n v10 = add64 v6, v4\n jmp -> b2(v10, v8)\n" },
	{ .name = "packet bytes, a flag set and tested in the loop",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #2\n"
	  " jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n v11 = pkt v6 #1 -> b4, b92(v7)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n br v7, v15 eq -> b6(v7), b5\n"
	  "b5:\n br v12, v4 eq -> b6(v15), b6(v7)\n"
	  "b6(v8):\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "packet bytes, matches counted, the count tested",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #20\n"
	  " jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n v11 = pkt v6 #1 -> b4, b92(v7)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n br v12, v4 eq -> b5, b6(v7)\n"
	  "b5:\n v13 = add64 v7, v4\n br v13, v15 sgt -> b90, b6(v13)\n"
	  "b6(v8):\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "the same, the count set back to 0 in the loop",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #20\n"
	  " jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n v11 = pkt v6 #1 -> b4, b92(v7)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n br v12, v4 eq -> b5, b6(v2)\n"
	  "b5:\n v13 = add64 v7, v4\n br v13, v15 sgt -> b90, b6(v13)\n"
	  "b6(v8):\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "`if i == 10`, i counting up to n",
	  .text = "b1:\n v1 = imm #0\n v11 = pkt v1 #4 -> b4, b90\n"
	  "b4:\n v12 = pktload v11, v1 .4 #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #10\n"
	  " jmp -> b2(v12, v4, v1)\n"
	  "b2(v5, v6, v7):\n br v6, v15 eq -> b5, b6(v7)\n"
	  "b5:\n v16 = add64 v7, v5\n jmp -> b6(v16)\n"
	  "b6(v8):\n br v5, v1 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "`if i * 2 > 10`, i counting up to 1000",
	  .text = "b1:\n v1 = imm #0\n v2 = imm #999\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #10\n"
	  " jmp -> b2(v2, v4, v1)\n"
	  "b2(v5, v6, v7):\n v17 = shl64 v6, v4\n br v17, v15 sgt -> b5, b6(v7)\n"
	  "b5:\n v16 = add64 v7, v5\n jmp -> b6(v16)\n"
	  "b6(v8):\n br v5, v1 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "packet bytes from the last to the first, absent ones passed over",
	  .text = "b1:\n v1 = imm #1499\n v2 = imm #0\n v3 = imm #-1\n jmp -> b2(v1, v2)\n"
	  "b2(v6, v7):\n v11 = pkt v6 #1 -> b4, b6(v7)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n v8 = add64 v7, v12\n jmp -> b6(v8)\n"
	  "b6(v9):\n br v6, v2 eq -> b92(v9), b3\n"
	  "b3:\n v10 = add64 v6, v3\n jmp -> b2(v10, v9)\n" },
	{ .name = "nested, 100 by 50",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v13 = imm #49\n jmp -> b2(v1, v2)\n"
	  "b2(v4, v5):\n jmp -> b3(v13, v5)\n"
	  "b3(v6, v7):\n v8 = add64 v7, v6\n br v6, v2 eq -> b5, b4\n"
	  "b4:\n v9 = add64 v6, v3\n jmp -> b3(v9, v8)\n"
	  "b5:\n br v4, v2 eq -> b92(v8), b6\n"
	  "b6:\n v10 = add64 v4, v3\n jmp -> b2(v10, v8)\n" },
	{ .name = "nested, 100 by 5",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v13 = imm #4\n jmp -> b2(v1, v2)\n"
	  "b2(v4, v5):\n jmp -> b3(v13, v5)\n"
	  "b3(v6, v7):\n v8 = add64 v7, v6\n br v6, v2 eq -> b5, b4\n"
	  "b4:\n v9 = add64 v6, v3\n jmp -> b3(v9, v8)\n"
	  "b5:\n br v4, v2 eq -> b92(v8), b6\n"
	  "b6:\n v10 = add64 v4, v3\n jmp -> b2(v10, v8)\n" },
	{ .name = "nested, packet bytes by both indexes",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v13 = imm #49\n jmp -> b2(v1, v2)\n"
	  "b2(v4, v5):\n jmp -> b3(v13, v5)\n"
	  "b3(v6, v7):\n v20 = add64 v4, v6\n v21 = pkt v20 #2 -> b7, b90\n"
	  "b7:\n v22 = pktload v21, v20 .2 #0\n v8 = add64 v7, v22\n br v6, v2 eq -> b5, b4\n"
	  "b4:\n v9 = add64 v6, v3\n jmp -> b3(v9, v8)\n"
	  "b5:\n br v4, v2 eq -> b92(v8), b6\n"
	  "b6:\n v10 = add64 v4, v3\n jmp -> b2(v10, v8)\n" },
	{ .name = "a map looked up each turn, key i",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n v20 = slot .0\n store32 v20, v6 #0\n v21 = mapfd .2\n v22 = helper v21, v20 .1\n"
	  " br v22, v2 eq -> b6(v7), b4\n"
	  "b4:\n v23 = load64 v22 #0\n v24 = add64 v7, v23\n jmp -> b6(v24)\n"
	  "b6(v8):\n br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v8)\n" },
	{ .name = "helper calls and a store to a map value",
	  .text = "b1:\n v1 = imm #999\n v2 = imm #0\n v3 = imm #-1\n jmp -> b2(v1, v2)\n"
	  "b2(v5, v7):\n v20 = helper .5\n v21 = mapval .0 #16\n atomadd64 v21, v20 #0\n v8 = xor64 v7, v20\n"
	  " br v5, v2 eq -> b92(v8), b3\n"
	  "b3:\n v9 = add64 v5, v3\n jmp -> b2(v9, v8)\n" },
	{ .name = "a map entry or nil kept from turn to turn (tag and pointer)",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v14 = imm #14\n jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n br v6, v14 eq -> b4, b5\n"
	  "b4:\n v12 = imm #1\n atomadd64 v7, v12 #0\n jmp -> b5\n"
	  "b5:\n v20 = slot .0\n store32 v20, v5 #0\n v21 = mapfd .2\n v22 = helper v21, v20 .1\n"
	  " br v22, v2 eq -> b6(v6, v7), b6(v14, v22)\n"
	  "b6(v30, v31):\n br v5, v2 eq -> b92(v2), b3\n"
	  "b3:\n v9 = add64 v5, v3\n jmp -> b2(v9, v30, v31)\n" },
	{ .name = "an entry's pointer or 0 kept, a count set back beside it",
	  .text = "b1:\n v1 = imm #99\n v2 = imm #0\n v3 = imm #-1\n v14 = imm #1\n jmp -> b2(v1, v2, v2)\n"
	  "b2(v5, v6, v7):\n br v6, v2 ne -> b4, b5(v2)\n"
	  "b4:\n atomadd64 v6, v14 #0\n v15 = add64 v7, v14\n jmp -> b5(v15)\n"
	  "b5(v16):\n v20 = slot .0\n store32 v20, v5 #0\n v21 = mapfd .2\n v22 = helper v21, v20 .1\n"
	  " br v16, v1 sgt -> b90, b6\n"
	  "b6:\n br v5, v2 eq -> b92(v2), b3\n"
	  "b3:\n v9 = add64 v5, v3\n jmp -> b2(v9, v22, v16)\n" },
	{ .name = "a packet view or nil kept from turn to turn",
	  .text = "b1:\n v1 = imm #49\n v2 = imm #0\n v3 = imm #-1\n v14 = imm #16\n jmp -> b2(v1, v2, v2, v2)\n"
	  "b2(v5, v6, v7, v40):\n br v6, v14 eq -> b4, b5(v40)\n"
	  "b4:\n v12 = pktload v7, v5 .1 #0\n v13 = add64 v40, v12\n jmp -> b5(v13)\n"
	  "b5(v41):\n v22 = pkt v5 #4 -> b7, b8\n"
	  "b7:\n jmp -> b6(v14, v22)\n"
	  "b8:\n jmp -> b6(v6, v7)\n"
	  "b6(v30, v31):\n br v5, v2 eq -> b92(v41), b3\n"
	  "b3:\n v9 = add64 v5, v3\n jmp -> b2(v9, v30, v31, v41)\n",
	  .too_much = true },
	{ .name = "headers walked by their lengths, the offset used after the loop",
	  .text = "b1:\n v1 = imm #54\n v2 = imm #43\n v3 = imm #1\n v4 = imm #3\n jmp -> b2(v1, v2)\n"
	  "b2(v5, v6):\n br v6, v2 eq -> b3, b6\n"
	  "b3:\n v7 = pkt v5 #2 -> b4, b90\n"
	  "b4:\n v8 = pktload v7, v5 .1 #0\n v9 = pktload v7, v5 .1 #1\n v10 = add64 v9, v3\n"
	  " v11 = shl64 v10, v4\n v12 = add64 v5, v11\n jmp -> b2(v12, v8)\n"
	  "b6:\n v13 = pkt v5 #8 -> b7, b90\n"
	  "b7:\n v14 = pktload v13, v5 .2 #2\n ret v14\n" },
	{ .name = "six flags, each set in the loop and tested",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #2\n"
	  " jmp -> b2(v1, v2, v4, v4, v4, v4, v4, v4)\n"
	  "b2(v5, v6, v31, v32, v33, v34, v35, v36):\n v11 = pkt v6 #1 -> b10, b92(v31)\n"
#define FLAG(at, next, old, new, k)                                                              \
	"b" #at ":\n br v" #old ", v15 eq -> b" #next "1(v" #old "), b" #at "9\n"                     \
	"b" #at "9:\n v" #k " = imm #" #k "\n br v12, v" #k " eq -> b" #next "1(v15), b" #next "1(v" #old ")\n" \
	"b" #next "1(v" #new "):\n jmp -> b" #next "\n"
	  "b10:\n v12 = pktload v11, v6 .1 #0\n jmp -> b11\n"
	  FLAG(11, 12, 31, 41, 71) FLAG(12, 13, 32, 42, 72) FLAG(13, 14, 33, 43, 73)
	  FLAG(14, 15, 34, 44, 74) FLAG(15, 16, 35, 45, 75) FLAG(16, 17, 36, 46, 76)
	  "b17:\n br v5, v2 eq -> b92(v41), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n jmp -> b2(v9, v10, v41, v42, v43, v44, v45, v46)\n" },
	{ .name = "ten flags and a map written in each of eight branches",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n v15 = imm #2\n"
	  " jmp -> b2(v1, v2, v4, v4, v4, v4, v4, v4, v4, v4, v4, v4)\n"
	  "b2(v5, v6, v31, v32, v33, v34, v35, v36, v37, v38, v39, v40):\n v11 = pkt v6 #1 -> b10, b92(v31)\n"
	  "b10:\n v12 = pktload v11, v6 .1 #0\n jmp -> b11\n"
	  FLAG(11, 12, 31, 341, 71) FLAG(12, 13, 32, 342, 72) FLAG(13, 14, 33, 343, 73)
	  FLAG(14, 15, 34, 344, 74) FLAG(15, 16, 35, 345, 75) FLAG(16, 17, 36, 346, 76)
	  FLAG(17, 18, 37, 347, 77) FLAG(18, 19, 38, 348, 78) FLAG(19, 20, 39, 349, 79)
	  FLAG(20, 21, 40, 350, 80)
#define WRITE(at, next, slot)                                                                     \
	"b" #at ":\n v" #at "1 = imm #" #slot "\n v" #at "2 = and64 v12, v" #at "1\n"             \
	" br v" #at "2, v2 eq -> b" #next ", b" #at "5\n"                                          \
	"b" #at "5:\n v" #at "6 = slot ." #slot "\n store32 v" #at "6, v" #at "1 #0\n"            \
	" v" #at "8 = slot .0\n store64 v" #at "8, v6 #0\n v" #at "7 = mapfd .2\n"                \
	" v" #at "9 = helper v" #at "7, v" #at "6, v" #at "8, v2 .2\n br v" #at "9, v2 ne -> b90, b" #next "\n"
	  WRITE(21, 22, 1) WRITE(22, 23, 2) WRITE(23, 24, 3) WRITE(24, 25, 4) WRITE(25, 26, 5)
	  WRITE(26, 27, 6) WRITE(27, 28, 7) WRITE(28, 29, 8)
	  "b29:\n br v5, v2 eq -> b92(v341), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n"
	  " jmp -> b2(v9, v10, v341, v342, v343, v344, v345, v346, v347, v348, v349, v350)\n" },
	{ .name = "eight sums, more than there are registers",
	  .text = "b1:\n v1 = imm #63\n v2 = imm #0\n v3 = imm #-1\n v4 = imm #1\n"
	  " jmp -> b2(v1, v2, v2, v2, v2, v2, v2, v2, v2, v2)\n"
	  "b2(v5, v6, v31, v32, v33, v34, v35, v36, v37, v38):\n v11 = pkt v6 #8 -> b4, b92(v38)\n"
	  "b4:\n v12 = pktload v11, v6 .1 #0\n v41 = add64 v31, v12\n v42 = add64 v32, v41\n"
	  " v43 = xor64 v33, v42\n v44 = add64 v34, v43\n v45 = xor64 v35, v44\n v46 = add64 v36, v45\n"
	  " v47 = xor64 v37, v46\n v48 = add64 v38, v47\n br v5, v2 eq -> b92(v48), b3\n"
	  "b3:\n v9 = add64 v5, v3\n v10 = add64 v6, v4\n"
	  " jmp -> b2(v9, v10, v41, v42, v43, v44, v45, v46, v47, v48)\n" },
};

enum form { WALKED, SEEN, CHOSEN };

struct outcome { bool accepted, refused; uint32_t insns; };

static jmp_buf oom;

/* Takes the hiding away: what fuel alone would give. */
static void show_constants(struct ir_fn *f)
{
	ir_ref *to = arena_array(f->unit->arena, ir_ref, f->nins);
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref r = ir_block(f, b)->first, next; r; r = next) {
			next = ir_at(f, r)->next;
			if (ir_at(f, r)->op == IRO(opaque)) {
				to[r] = ir_at(f, r)->args[0];
				ir_remove(f, r);
			}
		}
	ir_rename(f, to);
}

static struct be_code *compile(struct ir_unit *u, enum form form)
{
	opt_simplify(u);
	if (form != WALKED && opt_loops(u))
		return NULL;
	if (form == SEEN)
		show_constants(u->main);
	opt_simplify(u);
	if (opt_guard(u))
		return NULL;
	opt_simplify(u);
	if (form == CHOSEN)
		opt_veil(u);
	const char *wrong = ir_check(u);
	if (wrong)
		fail_msg("%s", wrong);
	be_legalise(u);
	struct be *b = be_new(u);
	return be_select(b) || be_allocate(b) || be_frame(b) || be_emit(b) ? NULL : be_code(b);
}

/* Asks for the verifier's figures alone: a log of a million instructions takes a minute to write. */
static struct outcome load(const struct be_code *c)
{
	static char log[1 << 16];
	struct outcome o = { 0 };
	union bpf_attr a = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = c->n, .insns = (uintptr_t)c->insns,
		.license = (uintptr_t)"Dual MIT/GPL", .log_level = getenv("PG_LOG") ? 1 : 4,
		.log_buf = (uintptr_t)log, .log_size = sizeof(log),
	};
	*log = 0;
	long fd = syscall(__NR_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	const char *processed = strstr(log, "processed ");
	o.accepted = fd >= 0;
	o.insns = processed ? (uint32_t)strtoul(processed + 10, NULL, 10) : 0;
	if (fd >= 0)
		close((int)fd);
	else if (getenv("PG_LOG"))
		fprintf(stderr, "%s", log);
	return o;
}

/* What ends loops: may_goto, an iterator, or nothing (each turn is walked). */
enum ender { FUEL = 1 << FEAT_may_goto, ITERATOR = 1 << FEAT_iter_num, NONE = 0 };

static void link_code(struct be_code *c, const int *maps)
{
	static struct kern_features kernel;
	for (uint32_t i = 0; i < c->nrelocs; i++) {
		const struct be_reloc *r = &c->relocs[i];
		uint32_t id = 0;
		if (r->kind == BE_KFUNC)
			assert_int_equal(kern_kfunc(&kernel, r->map, &id), 0);
		c->insns[r->insn].imm = r->kind == BE_KFUNC ? (int32_t)id : maps[r->map];
	}
}

static struct outcome attempt(const struct shape *s, enum form form, enum ender ender, bool copy)
{
	struct outcome o = { 0 };
	struct arena a;
	struct diag_list diag = { .arena = &a };
	bool features[FEAT_COUNT] = { [FEAT_may_goto] = ender == FUEL, [FEAT_iter_num] = ender == ITERATOR };
	const char *err;
	arena_init(&a, 0, &oom);
	const char *text = arena_printf(&a, HEAD "%s" TAIL, s->text);
	struct ir_unit *u = ir_read(&a, &diag, &xdp, text, &err);
	if (!u || (err = ir_check(u)) != NULL)
		fail_msg("%s: %s", s->name, err);
	u->main = u->fns[0];
	u->features = features;
	u->copy_access = copy;
	u->budget = form == WALKED ? 0 : s->budget;
	struct be_code *c = compile(u, form);
	if (!c && ender == NONE && diag.n && strstr(diag.v[0].text, "needs an iterator")) {
		arena_free(&a);
		return (struct outcome){ .refused = true };
	}
	if (!c)
		fail_msg("%s: %s", s->name, diag.n ? diag.v[0].text : "not compiled");
	struct kern_map_spec data = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = MAP_BYTES,
				      .entries = 1, .numa = -1 };
	struct kern_map_spec array = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				       .entries = ARRAY_ENTRIES, .numa = -1 };
	int maps[3] = { kern_map_create(&data), -1, kern_map_create(&array) };
	link_code(c, maps);
	o = load(c);
	kern_close(maps[0]);
	kern_close(maps[2]);
	arena_free(&a);
	return o;
}

/* Every shape passes within so many instructions of the verifier. */
static void passes(enum feature feature, enum ender ender, uint32_t most)
{
	struct kern_features f = { 0 };
	if (kern_rights_missing() || !kern_has(&f, feature))
		skip();
	unsigned wrong = 0;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		for (int copy = 0; copy < 2; copy++) {
			struct outcome o = attempt(&shapes[i], CHOSEN, ender, copy);
			if (o.accepted && o.insns <= most)
				continue;
			print_error("%s%s: %s after %u (PG_LOG=1 shows the log)\n", shapes[i].name,
				    copy ? " (copy)" : "", o.accepted ? "accepted" : "rejected", o.insns);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static void test_chosen(void **state)
{
	(void)state;
	passes(FEAT_may_goto, FUEL, SOON);
}

static void test_iterator(void **state)
{
	(void)state;
	passes(FEAT_iter_num, ITERATOR, 8 * SOON);
}

/* Kernels before 6.4: what is not refused passes. */
static void test_walked(void **state)
{
	(void)state;
	if (kern_rights_missing())
		skip();
	unsigned wrong = 0, refused = 0;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct outcome o = attempt(&shapes[i], CHOSEN, NONE, false);
		refused += o.refused;
		if (o.refused || o.accepted || shapes[i].too_much)
			continue;
		print_error("%s: rejected after %u (PG_LOG=1 shows the log)\n", shapes[i].name, o.insns);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	assert_in_range(refused, 1, sizeof(shapes) / sizeof(*shapes) / 2);
}

static void print_outcome(struct outcome o)
{
	if (o.refused)
		printf(" refused |");
	else if (o.accepted)
		printf(" %u |", o.insns);
	else
		printf(" rejected (%u) |", o.insns);
}

static int table(void)
{
	printf("| shape | walked | fuel, constants seen | form chosen | with an iterator | before 6.4 |\n"
	       "| --- | --- | --- | --- | --- | --- |\n");
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		printf("| %s |", shapes[i].name);
		print_outcome(attempt(&shapes[i], WALKED, FUEL, false));
		print_outcome(attempt(&shapes[i], SEEN, FUEL, false));
		print_outcome(attempt(&shapes[i], CHOSEN, FUEL, false));
		print_outcome(attempt(&shapes[i], CHOSEN, ITERATOR, false));
		print_outcome(attempt(&shapes[i], CHOSEN, NONE, false));
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "table"))
		return table();
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chosen), cmocka_unit_test(test_iterator),
					    cmocka_unit_test(test_walked) };
	return cmocka_run_group_tests_name("loops", tests, NULL, NULL);
}
