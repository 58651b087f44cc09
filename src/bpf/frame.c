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
#include "core/refusal.h"

#include <errno.h>

enum { ROUNDED = 32, MOST_FRAMES = 8 }; /* frames count in so many bytes, where functions call each other */

/* As the verifier counts it: a function that needs none takes some, too. */
static uint32_t rounded(uint32_t bytes)
{
	bytes += !bytes;
	return (bytes + ROUNDED - 1) / ROUNDED * ROUNDED;
}

static struct be *be_of(struct be *all, uint32_t fn)
{
	while (all->fn->id != fn)
		all = all->next;
	return all;
}

/* The function that r refers to, or NULL. */
static struct be *called(struct be *all, const struct ir_ins *i)
{
	if (i->op == IRO(fnref))
		return be_of(all, i->aux);
	return ir_calls_fn(i) ? be_of(all, i->aux - IR_CALL_FN) : NULL;
}

/* What is on the stack when b runs, at most, to what it calls. */
static void deepen(struct be *all, struct be *b)
{
	const struct ir_fn *f = b->fn;
	uint32_t bytes = b->above + rounded(b->out.stack);
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			struct be *to = called(all, ir_at(f, r));
			if (!to || (to->above >= bytes && to->frames > b->frames))
				continue;
			to->above = bytes > to->above ? bytes : to->above;
			to->frames = b->frames + 1 > to->frames ? b->frames + 1 : to->frames;
			deepen(all, to);
		}
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

/* Are most of what lies on the stack words of values that got no register? */
static bool is_crowded(const struct be *all)
{
	uint32_t words = 0, slots = 0;
	for (const struct be *b = all; b; b = b->next) {
		words += 8 * b->nwords;
		slots += b->slot_bytes;
	}
	return words > slots;
}

static int too_big(struct be *all, const struct be *b, uint32_t bytes)
{
	struct diag *d = diag_refuse(b->unit->diag, b->fn->pos, ON_SIZE, "keep fewer strings and big entries at the same time, "
				     "or shorter ones: s:sub(1, 16)", "'%s' needs %u bytes of stack; the kernel allows %d",
				     b->fn->name ? b->fn->name : "?", bytes, BE_FRAME);
	b->unit->tight = true;
	b->unit->crowded = is_crowded(all);
	if (b->unit->crowded)
		d->help = "keep fewer values at the same time: read them where they are used, or put them into a map";
	return -E2BIG;
}

static int check(struct be *all, const struct be *b)
{
	uint32_t bytes = all->next ? b->above + rounded(b->out.stack) : b->out.stack;
	if (bytes > BE_FRAME)
		return too_big(all, b, bytes);
	if (b->frames < MOST_FRAMES)
		return 0;
	diag_refuse(b->unit->diag, b->fn->pos, ON_SIZE, "let functions call each other less deep",
		    "'%s' is called %u calls deep; the kernel allows %d", b->fn->name ? b->fn->name : "?", b->frames, MOST_FRAMES - 1);
	return -E2BIG;
}

int be_frame(struct be *all)
{
	int err = 0;
	for (struct be *b = all; b; b = b->next)
		b->out.stack = b->slot_bytes + 8 * b->nwords;
	if (all->next)
		deepen(all, all);
	for (struct be *b = all; b && !err; b = b->next) {
		err = check(all, b);
		place(b);
	}
	return err;
}
