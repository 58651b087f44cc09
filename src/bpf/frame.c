/*
 * frame.c - the 512 bytes below r10: the function's stack slots, then the words of spilled values.
 *
 *     r10 -> +------------------+ 0
 *            | slot 0 ... slot n | their offsets are known before selection
 *            +------------------+ -slot_bytes
 *            | word 1 ... word n | 8 bytes each
 *            +------------------+ -out.stack
 */
#include "bpf/be.h"

#include <errno.h>

void be_slots(struct be *b)
{
	struct ir_fn *f = b->fn;
	for (uint32_t k = 0; k < f->nslots; k++) {
		uint32_t size = f->slots[k].size;
		b->slot_bytes += (size + 7) & ~7u;
		f->slots[k].offset = -(int32_t)b->slot_bytes;
		/* behind the start of its word: the verifier then remembers no constant stored there */
		if (size == 1 || size == 2 || size == 4)
			f->slots[k].offset += (int32_t)(8 - size);
	}
}

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
