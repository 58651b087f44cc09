/*
 * frame.c - the 512 bytes below r10: the function's stack slots, then the words of spilled values.
 *
 *     r10 -> +------------------+ 0
 *            | slot 0 ... slot n | their offsets are known before selection (slots.c)
 *            +------------------+ -slot_bytes
 *            | word 1 ... word n | 8 bytes each
 *            +------------------+ -out.stack
 */
#include "bpf/be.h"

#include <errno.h>

int be_frame(struct be *b)
{
	b->out.stack = b->slot_bytes + 8 * b->nwords;
	if (b->out.stack > BE_FRAME) {
		diag_add(b->unit->diag, DIAG_ERROR, b->fn->pos,
			 "'%s' needs %u bytes of stack; the kernel allows %d",
			 b->fn->name ? b->fn->name : "?", b->out.stack, BE_FRAME);
		return -E2BIG;
	}
	for (uint32_t n = 0; n < b->nins; n++) {
		struct be_ins *i = &b->ins[n];
		if (i->code != BE_RELOAD && i->code != BE_SPILL)
			continue;
		i->off = (int16_t)(-(int32_t)b->slot_bytes - 8 * (int32_t)i->imm);
		i->imm = 0;
		if (i->code == BE_RELOAD) {
			i->code = BPF_LDX | BPF_MEM | BPF_DW;
			i->src = BE_FP;
		} else {
			i->code = BPF_STX | BPF_MEM | BPF_DW;
			i->dst = BE_FP;
		}
	}
	return 0;
}
