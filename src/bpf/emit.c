/*
 * emit.c - blocks in their layout become bytes: jumps threaded through empty blocks and inverted to
 * fall through, offsets beyond 16 bits by the 32-bit jump, map references and lines recorded.
 */
#include "bpf/be.h"

#include "core/mutant.h"
#include "core/refusal.h"

#include <errno.h>

struct jump { uint32_t insn, target; };

struct em {
	struct be *b;
	uint32_t *to;            /* by block: where a jump to it leads in the end */
	uint32_t *start;         /* by block: its first instruction */
	struct jump *jumps;
	uint32_t njumps, cap_jumps;
	bool *wide;              /* by number of the jump: needs 32 bits */
	uint32_t cap_wide;
	uint32_t cap_insns;
	uint32_t site;
};

/* ---- control flow without empty blocks ---- */

static bool empty(const struct be *b, uint32_t k)
{
	return b->blocks[k].n == 1 && b->ins[b->blocks[k].first].code == BE_JA;
}

static void thread(struct em *e)
{
	const struct be *b = e->b;
	for (uint32_t k = 0; k < b->nblocks; k++) {
		uint32_t t = k, steps = 0;
		while (empty(b, t) && steps++ < b->nblocks)
			t = b->blocks[t].succ[0];
		e->to[k] = steps > b->nblocks ? k : t; /* a loop of nothing stays */
	}
}

/* The block laid out behind k, or nblocks. */
static uint32_t following(const struct em *e, uint32_t k)
{
	do
		k++;
	while (k < e->b->nblocks && e->to[k] != k);
	return k;
}

/* ---- instructions ---- */

static void add(struct em *e, struct bpf_insn i)
{
	struct be_code *c = &e->b->out;
	arena_grow(e->b->arena, c->insns, c->n, e->cap_insns);
	c->insns[c->n] = i;
	c->n++;
}

static void line(struct em *e, uint32_t site)
{
	struct be *b = e->b;
	struct be_code *c = &b->out;
	struct diag_pos pos = b->fn->pos;
	if (c->n && (!site || site == e->site))
		return;
	e->site = site;
	if (site && site < b->unit->nsites)
		pos = b->unit->sites[site].pos;
	if (c->nlines) {
		struct be_line *last = &c->lines[c->nlines - 1];
		if (last->insn == c->n) { /* what it was for needed no instruction */
			last->pos = pos;
			return;
		}
		if (last->pos.line == pos.line && last->pos.file == pos.file)
			return;
	}
	struct be_line l = { c->n + (MUTANT(line_late) && c->n), pos };
	arena_push(b->arena, c->lines, c->nlines, b->cap_lines, l);
}

static void wide_load(struct em *e, const struct be_ins *i)
{
	struct be *b = e->b;
	struct be_code *c = &b->out;
	struct bpf_insn lo = { .code = BE_LD64, .dst_reg = (uint8_t)(i->dst & 15) }, hi = { 0 };
	if (i->off == BE_IMM) {
		lo.imm = (int32_t)i->imm;
		hi.imm = (int32_t)((uint64_t)i->imm >> 32);
	} else {
		static const struct { uint8_t kind, pseudo; } as[] = {
			[BE_MAP] = { BE_MAP_FD, BPF_PSEUDO_MAP_FD }, [BE_MAPADDR] = { BE_MAP_VALUE, BPF_PSEUDO_MAP_VALUE },
			[BE_FUNC] = { BE_FUNCTION, BPF_PSEUDO_FUNC },
		};
		bool value = i->off == BE_MAPADDR;
		struct be_reloc r = { c->n, as[i->off].kind, (uint32_t)i->imm };
		lo.src_reg = as[i->off].pseudo & 15;
		lo.imm = (int32_t)r.map; /* until it is a descriptor */
		hi.imm = value ? (int32_t)((uint64_t)i->imm >> 32) : 0;
		arena_push(b->arena, c->relocs, c->nrelocs, b->cap_relocs, r);
	}
	add(e, lo);
	add(e, hi);
}

static void call_function(struct em *e, const struct be_ins *i)
{
	struct be_code *c = &e->b->out;
	bool kernel = i->off == BE_CALL_KFUNC;
	struct be_reloc r = { c->n, kernel ? BE_KFUNC : BE_FUNCTION, (uint32_t)i->imm };
	arena_push(e->b->arena, c->relocs, c->nrelocs, e->b->cap_relocs, r);
	add(e, (struct bpf_insn){ .code = BE_CALL, .src_reg = kernel ? BPF_PSEUDO_KFUNC_CALL : BPF_PSEUDO_CALL,
				  .imm = kernel ? (int32_t)i->imm : 0 });
}

/* Helpers that are given a function to call. */
enum { HELPER_FOR_EACH = 164, HELPER_LOOP = 181, HELPER_DRAIN = 209 };

static bool calls_back(const struct be_ins *i)
{
	return i->code == BE_CALL && i->off == BE_CALL_HELPER &&
	       (i->imm == HELPER_FOR_EACH || i->imm == HELPER_LOOP || i->imm == HELPER_DRAIN);
}

/* A way back to the call that was just made, never taken: so the call is a loop to the verifier (ir_unit.called_loops). */
static void close_call(struct em *e)
{
	add(e, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1 });
	add(e, (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 1, .off = -3 });
}

static void plain(struct em *e, const struct be_ins *i)
{
	if (i->code == BE_CALL && i->off) {
		call_function(e, i);
		return;
	}
	if (i->code == BE_LD64) {
		wide_load(e, i);
		return;
	}
	add(e, (struct bpf_insn){
		.code = (uint8_t)i->code,
		.dst_reg = i->dst == BE_NONE ? 0 : (uint8_t)(i->dst & 15),
		.src_reg = i->src == BE_NONE ? 0 : (uint8_t)(i->src & 15),
		.off = i->off,
		.imm = (int32_t)i->imm,
	});
	if (e->b->unit->called_loops && calls_back(i))
		close_call(e);
}

/* ---- jumps ---- */

static const uint8_t inverse[16] = {
	[BPF_JEQ >> 4] = BPF_JNE,   [BPF_JNE >> 4] = BPF_JEQ,
	[BPF_JGT >> 4] = BPF_JLE,   [BPF_JLE >> 4] = BPF_JGT,
	[BPF_JGE >> 4] = BPF_JLT,   [BPF_JLT >> 4] = BPF_JGE,
	[BPF_JSGT >> 4] = BPF_JSLE, [BPF_JSLE >> 4] = BPF_JSGT,
	[BPF_JSGE >> 4] = BPF_JSLT, [BPF_JSLT >> 4] = BPF_JSGE,
};

/* A jump (i: which) to a block; far ones as a short one over or to a 32-bit jump. */
static void jump(struct em *e, struct be_ins i, uint32_t target)
{
	uint32_t number = e->njumps;
	bool far = number < e->cap_wide && e->wide[number];
	if (far && i.code != BE_JA) {
		unsigned inv = inverse[i.code >> 4 & 15];
		i.off = 1;
		if (inv && i.code != BE_MAY_GOTO) {
			i.code = (uint16_t)((i.code & 0x0f) | inv);
			plain(e, &i);
		} else {
			plain(e, &i);
			add(e, (struct bpf_insn){ .code = BE_JA, .off = 1 });
		}
	}
	struct jump j = { e->b->out.n, target };
	arena_push(e->b->scratch, e->jumps, e->njumps, e->cap_jumps, j);
	if (far)
		add(e, (struct bpf_insn){ .code = BE_GOTOL });
	else
		plain(e, &i);
}

/* In place of a jump to block t that only branches, one of its ways to what follows: the branch itself. So a loop
 * that begins with its test is tested at its end. */
static bool repeat(struct em *e, uint32_t t, uint32_t next)
{
	const struct be_block *bb = &e->b->blocks[t];
	struct be_ins i = e->b->ins[bb->first];
	unsigned inv = i.code == BE_MAY_GOTO ? 0 : inverse[i.code >> 4 & 15];
	if (bb->n != 1 || bb->nsucc != 2)
		return false;
	uint32_t yes = e->to[bb->succ[0]], no = e->to[bb->succ[1]];
	if (yes == next && inv) {
		i.code = (uint16_t)((i.code & 0x0f) | inv);
		yes = no;
	} else if (no != next || i.code == BE_MAY_GOTO) {
		return false;
	}
	line(e, i.site);
	jump(e, i, yes);
	return true;
}

static void leave(struct em *e, const struct be_block *bb, struct be_ins i, uint32_t next)
{
	const struct be_ins go = { .code = BE_JA, .dst = BE_NONE, .src = BE_NONE };
	if (i.code == BE_EXIT) {
		plain(e, &i);
		return;
	}
	uint32_t t = e->to[bb->succ[0]], f = bb->nsucc > 1 ? e->to[bb->succ[1]] : t;
	if (t != f) {
		unsigned inv = i.code == BE_MAY_GOTO ? 0 : inverse[i.code >> 4 & 15];
		if (t == next && inv) {
			i.code = (uint16_t)((i.code & 0x0f) | inv);
			t = f;
			f = next;
		}
		jump(e, i, t);
	}
	if (f != next && !repeat(e, f, next))
		jump(e, go, f);
}

/* Does i write dst, whatever was in it? */
static bool overwrites(const struct be_ins *i)
{
	unsigned operands = be_operands(i);
	return operands & BE_WR_DST && !(operands & BE_RD_DST) && !(operands & BE_RD_SRC && i->src == i->dst);
}

/* The x86 JIT decides anew in each of 20 passes which jumps are short, by where the pass before had put what lies ahead, and
 * this one what lies behind. Two jumps of which one spans the other can go to and fro between lengths for good, and then it
 * gives up ("unexpected jmp_cond padding", ENOTSUPP). So such a program comes again with longer loops: a register that is
 * about to be written is written in vain before. */
static void lengthen(struct em *e, const struct be_ins *i)
{
	for (uint32_t n = 0; n < e->b->unit->layout; n++)
		add(e, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (uint8_t)(i->dst & 15),
					  .imm = INT32_MAX });
}

static void block(struct em *e, uint32_t k)
{
	const struct be_block *bb = &e->b->blocks[k];
	bool longer = e->b->unit->layout && bb->depth;
	e->start[k] = e->b->out.n;
	for (uint32_t n = bb->first; n < bb->first + bb->n; n++) {
		const struct be_ins *i = &e->b->ins[n];
		line(e, i->site);
		if (longer && overwrites(i)) {
			lengthen(e, i);
			longer = false;
		}
		if (n + 1 == bb->first + bb->n)
			leave(e, bb, *i, following(e, k));
		else
			plain(e, i);
	}
}

/* What the kernel may make of one instruction before it runs; a jump over many must still fit then (bpf_patch_insn_data). */
enum { GROWN_CALL = 8, GROWN_LOOP = 24, GROWN_TURN = 16, GROWN_DIVISION = 6, GROWN_MOST = 24 };

static uint32_t grown(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	if (i->code == BE_CALL)
		return !i->src_reg && i->imm == HELPER_LOOP ? GROWN_LOOP : GROWN_CALL;
	if (i->code == BE_MAY_GOTO)
		return GROWN_TURN;
	return (class == BPF_ALU || class == BPF_ALU64) && (op == BPF_DIV || op == BPF_MOD) ? GROWN_DIVISION : 1;
}

/* By instruction: how many the kernel makes of those before it at most. NULL: there are too few to matter. */
static const uint32_t *grown_before(struct em *e)
{
	const struct be_code *c = &e->b->out;
	if (c->n <= INT16_MAX / GROWN_MOST)
		return NULL;
	uint32_t *sum = arena_array(e->b->scratch, uint32_t, (size_t)c->n + 1);
	for (uint32_t k = 0; k < c->n; k++)
		sum[k + 1] = sum[k] + grown(&c->insns[k]);
	return sum;
}

/* Offsets into the jumps. Returns how many did not fit 16 bits; they are marked. */
static uint32_t link_jumps(struct em *e)
{
	uint32_t over = 0;
	const uint32_t *sum = grown_before(e);
	if (e->cap_wide < e->njumps) {
		bool *w = arena_array(e->b->scratch, bool, e->njumps);
		if (e->cap_wide)
			memcpy(w, e->wide, e->cap_wide);
		e->wide = w;
		e->cap_wide = e->njumps;
	}
	for (uint32_t k = 0; k < e->njumps; k++) {
		struct bpf_insn *i = &e->b->out.insns[e->jumps[k].insn];
		int64_t off = (int64_t)e->start[e->jumps[k].target] - e->jumps[k].insn - 1;
		int64_t most = sum ? (int64_t)sum[e->start[e->jumps[k].target]] - sum[e->jumps[k].insn + 1] : off;
		off += MUTANT(jump_late) && off < 0;
		if (i->code == BE_GOTOL) {
			i->imm = (int32_t)off + MUTANT(long_jump);
		} else if (most == (int16_t)most) {
			i->off = (int16_t)off;
		} else {
			e->wide[k] = true;
			over++;
		}
	}
	return over;
}

static int emit_function(struct be *b)
{
	struct em e = { .b = b };
	struct be_code *c = &b->out;
	e.to = arena_array(b->scratch, uint32_t, 2 * (size_t)b->nblocks);
	e.start = e.to + b->nblocks;
	e.cap_insns = b->nins + 32;
	c->insns = arena_spare(b->arena, struct bpf_insn, e.cap_insns);
	thread(&e);
	if (following(&e, UINT32_MAX) != e.to[0])
		e.to[0] = 0; /* the program begins with a jump */
	for (;;) {
		c->n = c->nlines = c->nrelocs = e.njumps = e.site = 0;
		for (uint32_t k = 0; k < b->nblocks; k++)
			if (e.to[k] == k)
				block(&e, k);
		if (!link_jumps(&e))
			return 0;
		if (!be_has(b->unit, FEAT_isa_v4)) {
			diag_refuse(b->unit->diag, b->fn->pos, ON_SIZE, "split the function between two programs",
				    "'%s' is too long: it jumps over more than 32767 instructions, "
				    "which needs Linux 6.6 or later", b->fn->name ? b->fn->name : "?");
			return -E2BIG;
		}
	}
}

/* ---- several functions ---- */

static const struct be_start *start_of(const struct be_code *c, uint32_t fn)
{
	uint32_t i = 0;
	while (c->starts[i].fn->id != fn)
		i++;
	return &c->starts[i];
}

/* References to functions become distances. */
static void link_functions(struct be_code *c)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->nrelocs; i++) {
		struct be_reloc r = c->relocs[i];
		if (r.kind == BE_FUNCTION)
			c->insns[r.insn].imm = (int32_t)(start_of(c, r.map)->insn - r.insn - 1);
		else
			c->relocs[n++] = r;
	}
	c->nrelocs = n;
}

static void append(struct be *all, const struct be *b)
{
	struct be_code *to = &all->out;
	const struct be_code *from = &b->out;
	uint32_t at = to->n;
	memcpy(to->insns + at, from->insns, sizeof(*to->insns) * from->n);
	to->n += from->n;
	for (uint32_t i = 0; i < from->nrelocs; i++) {
		struct be_reloc r = from->relocs[i];
		r.insn += MUTANT(reloc_of_second) ? 0 : at;
		arena_push(all->arena, to->relocs, to->nrelocs, all->cap_relocs, r);
	}
	for (uint32_t i = 0; i < from->nlines; i++) {
		struct be_line l = { from->lines[i].insn + at, from->lines[i].pos };
		arena_push(all->arena, to->lines, to->nlines, all->cap_lines, l);
	}
	to->starts[to->nstarts++] = (struct be_start){ at, b->fn };
}

int be_emit(struct be *all)
{
	struct be_code *c = &all->out;
	uint32_t n = 0, insns = 0;
	for (struct be *b = all; b; b = b->next) {
		int err = emit_function(b);
		if (err)
			return err;
		insns += b->out.n;
		n++;
	}
	c->nstarts = 0;
	c->starts = arena_array(all->arena, struct be_start, n);
	c->starts[c->nstarts++] = (struct be_start){ 0, all->fn };
	if (!all->next)
		return 0;
	struct bpf_insn *room = arena_spare(all->arena, struct bpf_insn, insns);
	memcpy(room, c->insns, sizeof(*room) * c->n);
	c->insns = room;
	for (const struct be *b = all->next; b; b = b->next)
		append(all, b);
	link_functions(c);
	return 0;
}

int be_lay_out(struct be *all, uint32_t layout)
{
	all->unit->layout = layout;
	int err = be_emit(all);
	return err ? err : be_annotate(all);
}
