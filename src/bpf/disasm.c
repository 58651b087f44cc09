/* disasm.c - instructions as text, the way the verifier's log shows them. */
#include "bpf/be.h"

#include "core/kfunc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const alu_op[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "=", "s>>=", "", "", "",
};
static const char *const jump_op[16] = {
	"", "==", ">", ">=", "&", "!=", "s>", "s>=", "", "", "<", "<=", "s<", "s<=", "", "",
};
static const char *const size_name[4] = { "u32", "u16", "u8", "u64" };
static const char *const signed_size[4] = { "s32", "s16", "s8", "s64" };

#ifdef ___BPF_FUNC_MAPPER
#define HELPER(name, id, ...) [id] = #name,
static const char *const helper_name[] = { ___BPF_FUNC_MAPPER(HELPER, 0) };
#else
#define HELPER(name) [BPF_FUNC_##name] = #name
static const char *const helper_name[] = { __BPF_FUNC_MAPPER(HELPER) };
#endif

struct reg { char s[14]; };

static struct reg reg(uint32_t v, bool half)
{
	struct reg r;
	snprintf(r.s, sizeof(r.s), "%s%u", v < BE_V0 ? half ? "w" : "r" : half ? "wv" : "v", v);
	return r;
}

static int alu_text(char *buf, size_t n, const struct be_ins *i)
{
	bool half = (i->code & 7) == BPF_ALU;
	unsigned op = i->code >> 4 & 15;
	struct reg dst = reg(i->dst, half), src = reg(i->src, half);
	if (op == BPF_NEG >> 4)
		return snprintf(buf, n, "%s = -%s", dst.s, dst.s);
	if (op == BPF_END >> 4) {
		struct reg r = reg(i->dst, false);
		const char *how = !half ? "bswap" : i->code & BPF_TO_BE ? "be" : "le";
		return snprintf(buf, n, "%s = %s%d %s", r.s, how, (int)i->imm, r.s);
	}
	const char *sign = i->off == 1 && (op == BPF_DIV >> 4 || op == BPF_MOD >> 4) ? "s" : "";
	if (!(i->code & BPF_X))
		return snprintf(buf, n, "%s %s%s %d", dst.s, sign, alu_op[op], (int)i->imm);
	if (op == BPF_MOV >> 4 && i->off)
		return snprintf(buf, n, "%s = (s%d)%s", dst.s, i->off, src.s);
	return snprintf(buf, n, "%s %s%s %s", dst.s, sign, alu_op[op], src.s);
}

static int call_text(char *buf, size_t n, const struct be_ins *i)
{
	switch (i->off) {
	case BE_CALL_LINKED:
		return snprintf(buf, n, "call pc%+d", (int)i->imm);
	case BE_CALL_FN:
		return snprintf(buf, n, "call function %d", (int)i->imm);
	case BE_CALL_KFUNC:
		if (i->imm >= 0 && i->imm < KFUNC_COUNT)
			return snprintf(buf, n, "call %s", kfunc_names[i->imm]);
		return snprintf(buf, n, "call kernel function %d", (int)i->imm);
	}
	if (i->imm > 0 && (size_t)i->imm < sizeof(helper_name) / sizeof(*helper_name) && helper_name[i->imm])
		return snprintf(buf, n, "call bpf_%s#%d", helper_name[i->imm], (int)i->imm);
	return snprintf(buf, n, "call #%d", (int)i->imm);
}

static int jump_text(char *buf, size_t n, const struct be_ins *i)
{
	bool half = (i->code & 7) == BPF_JMP32;
	unsigned op = i->code >> 4 & 15;
	struct reg dst = reg(i->dst, half), src = reg(i->src, half);
	switch (i->code) {
	case BE_JA:
		return snprintf(buf, n, "goto pc%+d", i->off);
	case BE_GOTOL:
		return snprintf(buf, n, "gotol pc%+d", (int)i->imm);
	case BE_MAY_GOTO:
		return snprintf(buf, n, "may_goto pc%+d", i->off);
	case BE_EXIT:
		return snprintf(buf, n, "exit");
	case BE_CALL:
		return call_text(buf, n, i);
	}
	if (i->code & BPF_X)
		return snprintf(buf, n, "if %s %s %s goto pc%+d", dst.s, jump_op[op], src.s, i->off);
	return snprintf(buf, n, "if %s %s 0x%x goto pc%+d", dst.s, jump_op[op], (unsigned)i->imm, i->off);
}

static int atomic_text(char *buf, size_t n, const struct be_ins *i)
{
	bool half = BPF_SIZE(i->code) == BPF_W;
	const char *size = size_name[i->code >> 3 & 3];
	struct reg dst = reg(i->dst, false), src = reg(i->src, half);
	if (i->imm != BPF_ADD)
		return snprintf(buf, n, "lock op 0x%x *(%s *)(%s %+d), %s", (unsigned)i->imm, size, dst.s,
				i->off, src.s);
	return snprintf(buf, n, "lock *(%s *)(%s %+d) += %s", size, dst.s, i->off, src.s);
}

static int memory_text(char *buf, size_t n, const struct be_ins *i)
{
	unsigned mode = i->code & 0xe0;
	const char *size = size_name[i->code >> 3 & 3];
	struct reg dst = reg(i->dst, false), src = reg(i->src, false);
	switch (i->code & 7) {
	case BPF_LDX:
		if (mode == 0x80)
			size = signed_size[i->code >> 3 & 3];
		return snprintf(buf, n, "%s = *(%s *)(%s %+d)", dst.s, size, src.s, i->off);
	case BPF_ST:
		return snprintf(buf, n, "*(%s *)(%s %+d) = %d", size, dst.s, i->off, (int)i->imm);
	}
	if (mode == BPF_ATOMIC)
		return atomic_text(buf, n, i);
	return snprintf(buf, n, "*(%s *)(%s %+d) = %s", size, dst.s, i->off, src.s);
}

static int wide_text(char *buf, size_t n, const struct be_ins *i)
{
	struct reg dst = reg(i->dst, false);
	switch (i->off) {
	case BE_MAP:
		return snprintf(buf, n, "%s = map[%u]", dst.s, (uint32_t)i->imm);
	case BE_MAPADDR:
		return snprintf(buf, n, "%s = map[%u]+%u", dst.s, (uint32_t)i->imm,
				(uint32_t)((uint64_t)i->imm >> 32));
	}
	return snprintf(buf, n, "%s = 0x%" PRIx64 " ll", dst.s, (uint64_t)i->imm);
}

int be_text(char *buf, size_t n, const struct be_ins *i)
{
	switch (i->code) {
	case BE_LD64:
		return wide_text(buf, n, i);
	case BE_RELOAD:
		return snprintf(buf, n, "%s = word of %s", reg(i->dst, false).s, reg(i->src, false).s);
	case BE_SPILL:
		return snprintf(buf, n, "word of %s = %s", reg(i->dst, false).s, reg(i->src, false).s);
	}
	if (be_is_alu(i->code))
		return alu_text(buf, n, i);
	if (be_is_jump(i->code))
		return jump_text(buf, n, i);
	if (i->code < 0x100 && (i->code & 7) != BPF_LD)
		return memory_text(buf, n, i);
	return snprintf(buf, n, "(%02x) r%u r%u %+d 0x%x", i->code, i->dst, i->src, i->off,
			(unsigned)i->imm);
}

/* A bpf_insn (the first of two for a 64-bit constant) in the back end's own form. */
static struct be_ins decode(const struct bpf_insn *i, bool second)
{
	struct be_ins r = { .code = i->code, .dst = i->dst_reg, .src = i->src_reg, .off = i->off,
			    .imm = i->imm };
	if (i->code == BE_CALL)
		r.off = i->src_reg == BPF_PSEUDO_CALL ? BE_CALL_LINKED
		      : i->src_reg == BPF_PSEUDO_KFUNC_CALL ? BE_CALL_KFUNC : BE_CALL_HELPER;
	if (i->code == BE_LD64 && second) {
		r.off = i->src_reg == BPF_PSEUDO_MAP_FD ? BE_MAP
		      : i->src_reg == BPF_PSEUDO_MAP_VALUE ? BE_MAPADDR : BE_IMM;
		r.imm = (int64_t)((uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm);
	}
	return r;
}

const char *be_disasm(struct arena *a, const struct bpf_insn *insns, uint32_t n,
		      const struct be_line *lines, uint32_t nlines)
{
	char *text = NULL, one[160];
	size_t len = 0;
	uint32_t l = 0;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return "";
	for (uint32_t k = 0; k < n; k++) {
		struct be_ins i = decode(&insns[k], k + 1 < n);
		for (; lines && l < nlines && lines[l].insn <= k; l++)
			fprintf(f, "; %s:%u\n", lines[l].pos.file ? lines[l].pos.file : "?",
				lines[l].pos.line);
		be_text(one, sizeof(one), &i);
		fprintf(f, "%4u: %s\n", k, one);
		k += i.code == BE_LD64;
	}
	fclose(f);
	const char *copy = arena_copy(a, text, len);
	free(text);
	return copy;
}
