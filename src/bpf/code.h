/*
 * code.h - what the back end makes: a plain, position-independent value that compile hands to load.
 */
#ifndef BPF_CODE_H
#define BPF_CODE_H

#include "ir/ir.h"

#include <linux/bpf.h>

enum be_reloc_kind { BE_MAP_FD, BE_MAP_VALUE, BE_FUNCTION, BE_KFUNC };

struct be_reloc {
	uint32_t insn;      /* of a 16-byte ld_imm64, or a call of a function; its imm is the map's number until it is replaced by a
			       descriptor; its second imm is the offset for BE_MAP_VALUE. Of a kernel function's call: its imm is
			       the enum's until it is replaced by the number of the function's type */
	enum be_reloc_kind kind;
	uint32_t map;       /* number in unit->maps; of a function, in unit->fns: gone once all lie in one piece; enum kfunc */
};

struct be_line { uint32_t insn; struct diag_pos pos; };

struct be_code {
	struct bpf_insn *insns;
	uint32_t n;
	struct be_reloc *relocs;
	uint32_t nrelocs;
	struct be_line *lines;  /* by rising insn; the first is insn 0 */
	uint32_t nlines;
	uint32_t stack;         /* bytes of frame used */
	struct be_start { uint32_t insn; struct ir_fn *fn; } *starts; /* of its functions, main's first */
	uint32_t nstarts;
	/* program BTF: the blob for BPF_BTF_LOAD and the arrays for BPF_PROG_LOAD */
	void *btf;
	uint32_t btf_len;
	struct bpf_func_info *func_info;
	uint32_t nfunc_info;
	struct bpf_line_info *line_info;
	uint32_t nline_info;
};

/* Machine IR -> BPF, pass by pass; each works in the unit's arena. */
struct be;
void be_legalise(struct ir_unit *u);      /* machine IR -> machine IR */
/* All functions of the unit; main first. */
struct be *be_new(struct ir_unit *u);
int be_select(struct be *all);
int be_allocate(struct be *all);
int be_frame(struct be *all);             /* -E2BIG with a diagnostic: more than 512 bytes */
int be_emit(struct be *all);
int be_annotate(struct be *all);
/* The last two passes once more, for the kernel's sake with other distances: layout 1, 2, ... Same errors as be_emit. */
int be_lay_out(struct be *all, uint32_t layout);
struct be_code *be_code(struct be *b);
const char *be_print(struct be *b);       /* the virtual-register code, for dump --stage */
/* BPF instructions as text, one a line: "   0: r6 = r1"; lines may be NULL. In arena a. */
const char *be_disasm(struct arena *a, const struct bpf_insn *insns, uint32_t n,
		      const struct be_line *lines, uint32_t nlines);

#endif
