/* code.c - the back end's state: making it, adding instructions and registers, giving the result. */
#include "bpf/be.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct be *one_new(struct ir_unit *u, struct ir_fn *f)
{
	struct be *b = arena_new(u->arena, struct be);
	b->unit = u;
	b->fn = f;
	b->arena = u->arena;
	b->scratch = u->scratch;
	b->cap_ins = 2 * f->nins + 16;
	b->ins = arena_spare(b->arena, struct be_ins, b->cap_ins);
	b->cap_vregs = f->nins + 2 * BE_V0;
	b->vregs = arena_spare(b->arena, struct be_vreg, b->cap_vregs);
	while (b->nvregs < BE_V0)
		be_vreg(b);
	return b;
}

struct be *be_new(struct ir_unit *u)
{
	struct be *all = one_new(u, u->main), **end = &all->next;
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine && u->fns[i] != u->main) {
			*end = one_new(u, u->fns[i]);
			end = &(*end)->next;
		}
	return all;
}

struct be_code *be_code(struct be *b)
{
	return &b->out;
}

int be_fail(struct be *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(b->arena, fmt, ap);
	va_end(ap);
	diag_add(b->unit->diag, DIAG_ERROR, b->fn->pos, "internal error in '%s': %s",
		 b->fn->name ? b->fn->name : "?", text);
	return -EINVAL;
}

static bool s32(int64_t v) { return v == (int32_t)v; }

void be_make(struct be *b, uint32_t dst, enum be_how how, int64_t imm, uint32_t site)
{
	struct be_ins i = { .dst = dst, .src = BE_NONE, .site = site, .imm = imm };
	switch (how) {
	case BE_REG:
		return;
	case BE_IMM:
		i.code = s32(imm) ? BE_MOV64K : imm == (uint32_t)imm ? BE_MOV32K : BE_LD64;
		i.imm = i.code == BE_MOV32K ? (int32_t)imm : imm;
		i.off = i.code == BE_LD64 ? BE_IMM : 0;
		break;
	case BE_FPOFF:
		i.code = BE_MOV64X;
		i.src = BE_FP;
		i.imm = 0;
		if (!imm)
			break;
		i.part = true;
		be_push(b, i);
		i = (struct be_ins){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst = dst, .src = BE_NONE,
				     .site = site, .imm = imm };
		break;
	case BE_MAP:
	case BE_MAPADDR:
	case BE_FUNC:
		i.code = BE_LD64;
		i.off = (int16_t)how;
		break;
	}
	be_push(b, i);
}

static const char *operand(char *buf, size_t n, uint32_t v)
{
	snprintf(buf, n, v < BE_V0 ? "r%u" : "v%u", v);
	return buf;
}

static void print_copy(struct be *b, FILE *f, const struct be_ins *i)
{
	static const char *const how[] = { "", "", "fp", "map ", "map value ", "function " };
	char d[16], s[16];
	fprintf(f, "copy");
	for (uint32_t k = i->dst; k < i->dst + i->src; k++) {
		const struct be_pair *p = &b->pairs[k];
		fprintf(f, "%s %s = ", k > i->dst ? "," : "", operand(d, sizeof(d), p->dst));
		if (p->how == BE_REG)
			fprintf(f, "%s", operand(s, sizeof(s), p->src));
		else if (p->how == BE_FPOFF)
			fprintf(f, "fp%+lld", (long long)p->imm);
		else
			fprintf(f, "%s%lld", how[p->how], (long long)p->imm);
	}
}

static void print_block(struct be *b, FILE *f, uint32_t k)
{
	const struct be_block *bb = &b->blocks[k];
	char text[128];
	fprintf(f, "b%u:%s\n", k, bb->cold ? " ; cold" : "");
	for (uint32_t n = bb->first; n < bb->first + bb->n; n++) {
		fputs("    ", f);
		if (b->ins[n].code == BE_COPY)
			print_copy(b, f, &b->ins[n]);
		else if (be_text(text, sizeof(text), &b->ins[n]) >= 0)
			fputs(text, f);
		if (n + 1 == bb->first + bb->n)
			for (uint32_t e = 0; e < bb->nsucc; e++)
				fprintf(f, "%s b%u", e ? " else" : " ->", bb->succ[e]);
		fputc('\n', f);
	}
}

const char *be_print(struct be *b)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		return "";
	for (struct be *x = b; x; x = x->next) {
		if (x != b)
			fprintf(f, "function %u:\n", x->fn->id);
		for (uint32_t k = 0; k < x->nblocks; k++)
			print_block(x, f, k);
	}
	fclose(f);
	const char *copy = arena_copy(b->arena, text, n);
	free(text);
	return copy;
}
