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

#include "core/mutant.h"

#include <errno.h>

enum { ROUNDED = 32 }; /* to so many bytes, where functions call each other */

static const struct be *be_of(const struct be *all, const struct ir_fn *f)
{
	while (all->fn != f)
		all = all->next;
	return all;
}

/* What is on the stack when b runs. */
static uint32_t depth(const struct be *all, const struct be *b)
{
	uint32_t sum = b->out.stack;
	for (const struct ir_fn *f = b->fn->caller; f; f = f->caller)
		sum = (sum + ROUNDED - 1) / ROUNDED * ROUNDED +
		      (be_of(all, f)->out.stack + ROUNDED - 1) / ROUNDED * ROUNDED;
	return sum;
}

static void place(struct be *b)
{
	for (uint32_t n = 0; n < b->nins; n++) {
		struct be_ins *i = &b->ins[n];
		if (i->code != BE_RELOAD && i->code != BE_SPILL)
			continue;
		i->off = (int16_t)(-(int32_t)b->slot_bytes - 8 * ((int32_t)i->imm - MUTANT(frame_overlap)));
		i->imm = 0;
		if (i->code == BE_RELOAD) {
			i->code = BPF_LDX | BPF_MEM | BPF_DW;
			i->src = BE_FP;
		} else {
			i->code = BPF_STX | BPF_MEM | BPF_DW;
			i->dst = BE_FP;
		}
	}
}

int be_frame(struct be *all)
{
	for (struct be *b = all; b; b = b->next)
		b->out.stack = b->slot_bytes + 8 * b->nwords;
	for (struct be *b = all; b; b = b->next) {
		uint32_t bytes = depth(all, b);
		if (bytes > BE_FRAME) {
			diag_add(b->unit->diag, DIAG_ERROR, b->fn->pos,
				 "'%s' needs %u bytes of stack; the kernel allows %d",
				 b->fn->name ? b->fn->name : "?", bytes, BE_FRAME);
			return -E2BIG;
		}
		place(b);
	}
	return 0;
}
