/* prog.c - from a unit to a program in the kernel. */
#include "api/api.h"

#include "core/mutant.h"
#include "core/refusal.h"
#include "api/map.h"
#include "kern/bpf_abi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pg_prog *prog_ref(pg_prog *p)
{
	p->refs++;
	return p;
}

void prog_unref(pg_prog *p)
{
	if (!p || --p->refs)
		return;
	kern_close(p->fd);
	if (p->sites)
		sites_dead(p->ctx, p->sites);
	prints_dead(p->ctx, p);
	for (uint32_t i = 0; i < p->ntables; i++)
		frozen_drop(p->ctx, p->tables[i]);
	free(p->tables);
	free(p->kind);
	free(p->insns);
	free(p->lines);
	free(p->dump);
	free(p->packet);
	free(p->error);
	ctx_unref(p->ctx);
	free(p);
}

void pg_prog_free(pg_prog *p)
{
	prog_unref(p);
}

int pg_prog_fd(const pg_prog *p)
{
	return p->fd;
}

const struct pg_timing *pg_prog_timing(const pg_prog *p)
{
	return &p->timing;
}

/* ---- relocations ---- */

/* A map's descriptors: as a helper's argument, and for its value's address: an event channel counts
 * what it lost in an array of its own. -1 where none is needed. */
struct map_fds { int map, value; };

static int open_map(pg_map *m, struct map_fds *fds)
{
	fds->map = fds->value = pg_map_fd(m);
	if (fds->map >= 0 && pg_map_role(m) == PG_ROLE_EVENTS)
		fds->value = map_lost_fd(m);
	return fds->map < 0 ? fds->map : fds->value < 0 ? fds->value : 0;
}

/* Its count of each slot is 0 at first; what else is in it means nothing. */
static int open_scratch(pg_ctx *ctx, const struct ir_scratch *m)
{
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .entries = 1, .name = "pg_scratch", .numa = -1,
				   .value_size = m->size * m->slots + IR_SCRATCH_BEHIND };
	int fd = kern_map_create(&s);
	const char *rights = fd == -EPERM ? kern_rights_missing() : NULL;
	if (fd >= 0)
		return fd;
	return rights ? api_fail(ctx, fd, "%s", rights)
		      : api_fail(ctx, fd, "cannot make %u bytes of scratch memory: %s", s.value_size, strerror(-fd));
}

/* A loaded program holds its maps itself; those of captured tables are the context's. */
static void close_fds(const struct ir_unit *ir, struct map_fds *fds)
{
	if (ir->scratch_map.map)
		kern_close(fds[ir->scratch_map.map].map);
	free(fds);
}

/* By the unit's numbers of maps. */
static int map_fds(pg_prog *p, const struct ir_unit *ir, int data_fd, struct map_fds **out)
{
	pg_ctx *ctx = p->ctx;
	uint32_t n = ir->nmaps > IR_MAP_USER ? ir->nmaps : IR_MAP_USER;
	struct map_fds *fds = malloc(n * sizeof *fds);
	for (uint32_t i = 0; fds && i < n; i++)
		fds[i] = (struct map_fds){ -1, -1 };
	int r;
	if (!fds)
		return api_fail(ctx, -ENOMEM, "out of memory");
	fds[IR_MAP_DATA] = (struct map_fds){ data_fd, data_fd };
	fds[IR_MAP_PRINT] = (struct map_fds){ -1, -1 };
	if (ir->uses_print) {
		r = fds[IR_MAP_PRINT].map = prints_ring(ctx);
		if (r < 0)
			goto fail;
	}
	for (uint32_t i = IR_MAP_USER; i < ir->nmaps; i++) {
		r = ir->maps[i] ? open_map(ir->maps[i], &fds[i]) : 0;
		if (r < 0)
			goto fail;
	}
	p->tables = calloc(ir->nfrozen + 1, sizeof *p->tables);
	r = p->tables ? 0 : api_fail(ctx, -ENOMEM, "out of memory");
	for (; r >= 0 && p->ntables < ir->nfrozen; p->ntables++) {
		const struct ir_frozen *f = &ir->frozen[p->ntables];
		r = fds[f->map].map = frozen_take(ctx, f, &p->tables[p->ntables]);
	}
	if (r < 0)
		goto fail;
	if (ir->scratch_map.map) {
		r = open_scratch(ctx, &ir->scratch_map);
		if (r < 0)
			goto fail;
		fds[ir->scratch_map.map] = (struct map_fds){ r, r };
	}
	*out = fds;
	return 0;
fail:
	close_fds(ir, fds);
	return r;
}

static void patch(struct bpf_insn *insns, const struct be_code *code, const struct map_fds *fds)
{
	static const uint8_t pseudo[] = { [BE_MAP_FD] = BPF_PSEUDO_MAP_FD,
					  [BE_MAP_VALUE] = BPF_PSEUDO_MAP_VALUE };
	for (uint32_t i = 0; i < code->nrelocs; i++) {
		const struct be_reloc *r = &code->relocs[i];
		if (r->kind == BE_KFUNC)
			continue;
		insns[r->insn].src_reg = pseudo[r->kind] & 0xf;
		insns[r->insn].imm = r->kind == BE_MAP_FD || MUTANT(reloc_kind) ? fds[r->map].map : fds[r->map].value;
	}
}

static int patch_calls(pg_ctx *ctx, struct bpf_insn *insns, const struct be_code *code)
{
	for (uint32_t i = 0; i < code->nrelocs; i++) {
		const struct be_reloc *r = &code->relocs[i];
		uint32_t id;
		int err = r->kind == BE_KFUNC ? kern_kfunc(&ctx->features, r->map, &id) : 0;
		if (err)
			return api_fail(ctx, err, "the kernel's types do not tell where its function %s is: %s",
					kfunc_names[r->map], strerror(-err));
		if (r->kind == BE_KFUNC)
			insns[r->insn].imm = (int32_t)id;
	}
	return 0;
}

/* ---- what the program keeps of the unit ---- */

/* Line records and, behind them in the same block, the names they point to. */
static bool copy_lines(pg_prog *p, const struct be_code *code)
{
	size_t names = 0;
	const char *last = NULL;
	for (uint32_t i = 0; i < code->nlines; i++) {
		const char *file = code->lines[i].pos.file;
		names += file && file != last ? strlen(file) + 1 : 0;
		last = file;
	}
	p->lines = malloc(code->nlines * sizeof *p->lines + names + 1);
	if (!p->lines)
		return false;
	char *at = (char *)(p->lines + code->nlines);
	const char *copy = last = NULL;
	for (uint32_t i = 0; i < code->nlines; i++) {
		const char *file = code->lines[i].pos.file;
		if (file && file != last) {
			copy = at;
			at = stpcpy(at, file) + 1;
		}
		last = file;
		p->lines[i] = code->lines[i];
		p->lines[i].pos.file = file ? copy : NULL;
	}
	p->nlines = code->nlines;
	return true;
}

/* ---- loading ---- */

static int refused(pg_prog *p, int r, const char *log)
{
	pg_ctx *ctx = p->ctx;
	const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
	if (rights)
		return api_fail(ctx, r, "%s", rights);
	if (r == -EPERM)
		return api_fail(ctx, r, "the kernel refuses programs of this kind to this process: "
				"a security policy, or the kernel's configuration, forbids them");
	if (!log)
		return api_fail(ctx, r, "the kernel refused to load '%s': %s", p->name, strerror(-r));
	char *why = kern_log_explain(log);
	api_fail(ctx, r, "the kernel's verifier rejected '%s' (%s), which Perigee had accepted: this is "
		 "a bug in Perigee, not in the script\n%s\nplease report it to where your Perigee came from, with this text, "
		 "the script that was run, the files that it loads, and what `perigee dump FILE` prints of that script",
		 p->name, strerror(-r), why ? why : log);
	free(why);
	return r;
}

/* The verifier gave up, which says nothing of the program but that it has too many ways. */
static bool too_much(const char *log)
{
	return log && (strstr(log, "is too complex") || strstr(log, "too large. Processed"));
}

/* Where no loop has the kernel's own budget, the verifier walks every turn. What is too much for it then
 * is a loop that this kernel cannot have. */
static bool walked_too_far(const pg_prog *p, const char *log)
{
	return (too_much(log) || (log && strstr(log, "infinite loop detected"))) && !api_has(p->ctx, FEAT_may_goto) &&
	       !api_has(p->ctx, FEAT_iter_num);
}

static bool is_back_jump(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	if (class == BPF_JMP32 && op == BPF_JA)
		return i->imm < 0;
	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT && i->off < 0;
}

/* Where the program's first loop ends in the source. */
static const struct be_line *loop_line(const pg_prog *p)
{
	const struct be_line *l = NULL;
	uint32_t at = 0;
	while (at < p->ninsns && !is_back_jump(&p->insns[at]))
		at += p->insns[at].code == (BPF_LD | BPF_DW | BPF_IMM) ? 2 : 1;
	for (uint32_t i = 0; at < p->ninsns && i < p->nlines && p->lines[i].insn <= at; i++)
		if (p->lines[i].pos.file)
			l = &p->lines[i];
	return l;
}

static int loop_refused(pg_prog *p, const struct be_line *l)
{
	const struct refusal *r = REFUSAL(ON_LOOPS, "give it a small constant bound; any other loop needs an iterator",
					  "this loop may take more turns than this kernel's verifier walks");
	return api_refuse(p->ctx, -EOPNOTSUPP, l->pos, r, p->name, kern_feature_since(FEAT_iter_num));
}

static int refuse_ways(pg_prog *p)
{
	uint32_t i = 0;
	while (i < p->nlines && !p->lines[i].pos.file)
		i++;
	const struct refusal *r = REFUSAL(ON_SIZE, "it follows each combination of branches whose outcome matters later; "
					  "test less of what was set before under an if, or split the function",
					  "'%s' has more ways through it than this kernel's verifier looks at");
	return api_refuse(p->ctx, -E2BIG, i < p->nlines ? p->lines[i].pos : (struct diag_pos){ 0 }, r, p->name, NULL);
}

static int load_insns(pg_prog *p, const struct ir_unit *ir, const struct be_code *code)
{
	bool btf = code->btf && api_has(p->ctx, FEAT_btf_func);
	struct kern_prog_spec s = {
		.type = ir->target->prog_type,
		.attach_type = ir->target->attach_type,
		.insns = p->insns,
		.n = p->ninsns,
		.flags = p->made.flags,
		.name = p->name,
		.btf = btf ? code->btf : NULL,
		.btf_len = code->btf_len,
		.func_info = code->func_info,
		.nfunc_info = code->nfunc_info,
		.line_info = code->line_info,
		.nline_info = code->nline_info,
	};
	char *log;
	int r = p->fd = kern_prog_load(&s, &log);
	const struct be_line *loop = r < 0 && walked_too_far(p, log) ? loop_line(p) : NULL;
	if (r < 0)
		r = loop ? loop_refused(p, loop) : too_much(log) ? refuse_ways(p) : refused(p, r, log);
	free(log);
	return r < 0 ? r : 0;
}

/* A copy of the code for p, with the descriptors in place. */
static int take_code(pg_prog *p, const struct be_code *code, const struct map_fds *fds)
{
	free(p->insns);
	free(p->lines);
	p->lines = NULL;
	p->ninsns = code->n;
	p->insns = malloc(code->n * sizeof *p->insns);
	if (!p->insns || !copy_lines(p, code))
		return api_fail(p->ctx, -ENOMEM, "out of memory");
	memcpy(p->insns, code->insns, code->n * sizeof *p->insns);
	patch(p->insns, code, fds);
	return patch_calls(p->ctx, p->insns, code);
}

/* The machine's code is made behind the verifier; a kernel whose JIT cannot settle the distances of jumps gets others
 * (bpf/emit.c). */
enum { NO_JIT = -524, LAYOUTS = 4 };

static int load_code(pg_prog *p, pg_unit *u, const struct map_fds *fds)
{
	int r = NO_JIT;
	for (uint32_t layout = 0; r == NO_JIT && layout < LAYOUTS; layout++) {
		r = layout ? unit_lay_out(u, layout) : 0;
		r = r ? r : take_code(p, u->code, fds);
		r = r ? r : load_insns(p, u->ir, u->code);
	}
	return r != NO_JIT ? r : api_fail(p->ctx, r, "the kernel's verifier accepted '%s', but its compiler for this machine's "
					  "processor gave up (see dmesg); a function with fewer loops may pass", p->name);
}

static int load(pg_prog *p, pg_unit *u, int data_fd)
{
	struct map_fds *fds = NULL;
	int r = map_fds(p, u->ir, data_fd, &fds);
	if (r < 0)
		return r;
	r = load_code(p, u, fds);
	close_fds(u->ir, fds);
	if (r < 0)
		return r;
	r = sites_new(p->ctx, u->ir, data_fd, &p->sites);
	if (r >= 0 && u->ir->uses_print)
		r = prints_add(p->ctx, u->ir, p);
	if (r < 0)
		api_fail(p->ctx, r, "cannot keep what '%s' needs: %s", p->name, strerror(-r));
	return r;
}

int pg_load(pg_unit *u, pg_prog **out)
{
	uint64_t start = api_now();
	struct kern_map_spec data = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				      .value_size = (uint32_t)sites_bytes(u->ir), .entries = 1,
				      .flags = BPF_F_MMAPABLE, .name = "pg_data", .numa = -1 };
	pg_prog *p = calloc(1, sizeof *p);
	*out = NULL;
	if (!p)
		return api_fail(u->ctx, -ENOMEM, "out of memory");
	p->refs = 1;
	p->fd = -1;
	p->ctx = ctx_ref(u->ctx);
	p->hook = u->hook;
	p->timing = u->timing;
	p->made = u->made;
	memcpy(p->name, u->name, sizeof p->name);
	p->kind = strdup(u->kind);

	int data_fd = p->kind ? kern_map_create(&data) : -ENOMEM;
	int r = data_fd < 0 ? refused(p, data_fd, NULL) : load(p, u, data_fd);
	kern_close(data_fd);
	if (r < 0) {
		prog_unref(p);
		return r;
	}
	p->timing.load = api_now() - start;
	*out = p;
	return 0;
}

/* ---- dumps ---- */

/* insns as text, malloc'd; NULL when memory runs out. */
static char *disasm(const struct bpf_insn *insns, uint32_t n, const struct be_line *lines,
		    uint32_t nlines)
{
	jmp_buf oom;
	struct arena a;
	char *volatile text = NULL;
	arena_init(&a, 0, &oom);
	if (!setjmp(oom)) {
		const char *t = be_disasm(&a, insns, n, lines, nlines);
		text = t ? strdup(t) : NULL;
	}
	arena_free(&a);
	return text;
}

static int dump_asm(pg_prog *p, char **text)
{
	*text = disasm(p->insns, p->ninsns, p->lines, p->nlines);
	return 0;
}

static int dump_xlated(pg_prog *p, char **text)
{
	struct bpf_insn *insns;
	uint32_t n;
	int r = kern_prog_xlated(p->fd, &insns, &n);
	if (r < 0)
		return r;
	*text = disasm(insns, n, NULL, 0);
	free(insns);
	return 0;
}

/* Bytes of the machine's code, 16 on a line: a disassembler reads them (objdump -b binary). */
static int dump_jited(pg_prog *p, char **text)
{
	uint8_t *code;
	uint32_t n;
	int r = kern_prog_jited(p->fd, &code, &n);
	if (r < 0)
		return r;
	char *at = *text = malloc((size_t)n * 3 + (n / 16 + 1) * 12 + 1);
	for (uint32_t i = 0; at && i < n; i++) {
		if (i % 16 == 0)
			at += sprintf(at, "%s%6x:", i ? "\n" : "", i);
		at += sprintf(at, " %02x", code[i]);
	}
	if (at)
		strcpy(at, "\n");
	free(code);
	return 0;
}

static const struct dump { const char *name; int (*make)(pg_prog *p, char **text); } dumps[] = {
	{ "asm", dump_asm }, { "xlated", dump_xlated }, { "jited", dump_jited },
};

const char *pg_prog_dump(pg_prog *p, const char *what)
{
	const struct dump *d = dumps;
	char *text = NULL;
	while (d < dumps + sizeof dumps / sizeof *dumps && strcmp(d->name, what))
		d++;
	if (d == dumps + sizeof dumps / sizeof *dumps) {
		api_fail(p->ctx, -EINVAL, "a program has no dump '%s': write \"asm\", \"xlated\" or \"jited\"", what);
		return NULL;
	}
	int r = d->make(p, &text);
	if (r < 0) {
		api_fail(p->ctx, r, "cannot read '%s' back from the kernel: %s", p->name,
			 r == -ENODATA ? "it is not there as machine code" : strerror(-r));
		return NULL;
	}
	if (!text) {
		api_fail(p->ctx, -ENOMEM, "out of memory");
		return NULL;
	}
	free(p->dump);
	return p->dump = text;
}
