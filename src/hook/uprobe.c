/* uprobe.c - the hooks uprobe and uretprobe: functions of programs and libraries, called and left. */
#include "core/cparam.h"
#include "core/mutant.h"
#include "hook/probe.h"
#include "hook/regs.h"
#include "hook/tracing.h"
#include "ir/lower.h"
#include "kern/elf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- parameters ---- */

static struct lw_val typed(struct lw *w, const struct cparam *p, ir_ref v)
{
	static const enum ir_op extend[2][5] = {
		{ 0, IRO(zext8), IRO(zext16), 0, IRO(zext32) },
		{ 0, IRO(sext8), IRO(sext16), 0, IRO(sext32) },
	};
	if (p->size < 8 - 4 * MUTANT(param_uncut))
		v = lw_op1(w, extend[p->is_signed][p->size], v);
	return p->is_bool ? lw_bool(w, IR_NE, v, lw_imm(w, 0)) : lw_int(v);
}

static void read_reg(struct lw *w, uint32_t at, uint32_t i, struct lw_val *out)
{
	const struct cparam *types = w->unit->target->types;
	ir_ref v = lw_load(w, 8, lw_ctx(w), at);
	*out = types ? typed(w, &types[i], v) : lw_int(v);
}

static void argument(struct lw *w, uint32_t i, struct lw_val *out)
{
	read_reg(w, regs_here->args[i], i, out);
}

static void result(struct lw *w, uint32_t i, struct lw_val *out)
{
	read_reg(w, regs_here->result, i, out);
}

static const struct ir_target called = {
	.hook = "uprobe",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.param = argument,
	TRACING_TARGET,
};

static const struct ir_target left = {
	.hook = "uretprobe",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.param = result,
	TRACING_TARGET,
};

static const char *advice(struct arena *a, const char *args, bool ret, unsigned n)
{
	if (ret && args && !n)
		return "args = \"void\" says that it returns nothing";
	if (ret)
		return "what the probed function returned is all there is; what it was called with, keep by bpf.tid() in "
		       "a map when it is called (bpf.uprobe)";
	if (args)
		return arena_printf(a, "the option args names %u: add what is missing", n);
	return arena_printf(a, "the registers of this machine hold %u: write at most as many", n);
}

static int types_of(const char *args, bool ret, struct cparam *types, char *err, size_t errlen)
{
	char why[256];
	int n = cp_parse(args, types, ret ? 1 : regs_here->nargs, why, sizeof why);
	if (n < 0 && ret)
		snprintf(err, errlen, "option 'args': %s (at the return it is the type of the result alone, as in args = "
			 "\"int\")", why);
	else if (n < 0)
		snprintf(err, errlen, "option 'args': %s", why);
	return n;
}

static int make_target(const struct hook_place *at, bool ret, const struct ir_target **out, char *err, size_t errlen)
{
	struct ir_target *t = arena_new(at->arena, struct ir_target);
	struct cparam *types = arena_array(at->arena, struct cparam, IR_PARAMS);
	const char *args = at->opts->args;
	*t = ret ? left : called;
	int n = args ? types_of(args, ret, types, err, errlen) : ret ? 1 : regs_here->nargs;
	if (n < 0)
		return n;
	t->nparams = (uint32_t)n;
	t->types = args ? types : NULL;
	for (int i = 0; i < n; i++)
		t->params[i] = t->types && types[i].is_bool ? IR_BOOL : IR_BIT(IR_INT);
	t->params_help = advice(at->arena, args, ret, t->nparams);
	*out = t;
	return 0;
}

static int target_called(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen)
{
	return make_target(at, at->opts->ret, out, err, errlen);
}

static int target_left(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen)
{
	return make_target(at, true, out, err, errlen);
}

/* ---- the place ---- */

/* "FILE:FUNCTION", "FILE:FUNCTION+0x10", "FILE:0xADDRESS", "FILE+0xOFFSET" */
struct name {
	char file[PATH_MAX];
	const char *function;  /* or NULL: an address or offset */
	char buf[1024];        /* function's */
	uint64_t number;       /* behind the function, or by itself */
	bool is_offset;        /* number, in the file */
};

static bool number(const char *s, uint64_t *out)
{
	char *end;
	errno = 0;
	*out = strtoull(s, &end, 0);
	return isdigit((unsigned char)*s) && !*end && !errno;
}

static bool cut_file(struct name *n, const char *point, size_t len)
{
	snprintf(n->file, sizeof n->file, "%.*s", (int)len, point);
	return len && len < sizeof n->file;
}

static bool parse(const char *point, struct name *n)
{
	*n = (struct name){ 0 };
	const char *colon = strchr(point, ':'), *plus = strrchr(point, '+');
	if (!colon) {
		n->is_offset = true;
		return plus && number(plus + 1, &n->number) && cut_file(n, point, (size_t)(plus - point));
	}
	if (!cut_file(n, point, (size_t)(colon - point)) || strlen(colon) >= sizeof n->buf)
		return false;
	if (number(colon + 1, &n->number))
		return true;
	strcpy(n->buf, colon + 1);
	n->function = n->buf;
	plus = strrchr(n->buf, '+');
	if (plus && number(plus + 1, &n->number))
		n->buf[plus - n->buf] = 0;
	return *n->buf;
}

static int find_address(struct elf_file *f, const struct name *n, uint64_t *address, char *err, size_t errlen)
{
	*address = n->number;
	if (n->is_offset)
		return elf_address(f, n->number, address, err, errlen);
	int r = n->function ? elf_function(f, n->function, address, err, errlen) : 0;
	if (!r && n->function)
		*address += n->number;
	return r;
}

/* A return is caught by changing the return address, which lies where it is taken to lie at a start only. */
static int check_start(struct elf_file *f, const struct name *n, uint64_t address, char *err, size_t errlen)
{
	const char *in = elf_inside(f, address);
	if (!in)
		return 0;
	snprintf(err, errlen, "uretprobe takes the start of a function, and this is the middle of '%s' in '%s'", in, n->file);
	return -EINVAL;
}

static int find_offset(struct elf_file *f, const struct name *n, bool ret, uint64_t *offset, char *err, size_t errlen)
{
	uint64_t address;
	int r = find_address(f, n, &address, err, errlen);
	if (!r && ret)
		r = check_start(f, n, address, err, errlen);
	return r ? r : elf_offset(f, address, offset, err, errlen);
}

/* ---- attaching ---- */

/* By the descriptor: the very file that was looked into, whatever the path names by now. */
static int open_event(struct elf_file *f, uint64_t offset, bool ret, uint64_t pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", elf_fd(f));
	return kern_perf_uprobe(path, offset, ret, pid);
}

static void say_refused(const struct hook_link *l, int r, char *err, size_t errlen)
{
	const char *rights = r == -EPERM || r == -EACCES ? kern_rights_missing() : NULL;
	if (rights)
		snprintf(err, errlen, "%s", rights);
	else if (r == -ENODEV)
		snprintf(err, errlen, "this kernel has no uprobes, or /sys is not mounted");
	else if (r == -ESRCH)
		snprintf(err, errlen, "there is no process %llu", (unsigned long long)l->made.pid);
	else
		snprintf(err, errlen, "the kernel cannot put a probe at %s: %s", l->name, strerror(-r));
}

static int attach_in(struct elf_file *f, const struct name *n, bool ret, int prog_fd, struct hook_link *l, char *err,
		     size_t errlen)
{
	uint64_t offset;
	int r = find_offset(f, n, ret, &offset, err, errlen);
	if (r)
		return r;
	int perf = open_event(f, offset, ret, l->made.pid);
	if (perf < 0) {
		say_refused(l, perf, err, errlen);
		return perf;
	}
	return probe_attach(ret ? &left : &called, perf, prog_fd, l, err, errlen);
}

static int attach(bool ret, int prog_fd, const struct pg_attach_opts *opts, struct hook_link *l, char *err,
		  size_t errlen)
{
	const char *hook = ret ? left.hook : called.hook;
	struct name n;
	struct elf_file *f;
	char path[PATH_MAX];
	if (!opts->point || !parse(opts->point, &n)) {
		snprintf(err, errlen, "a %s is named by a file and a function in it, as in \"/bin/bash:readline\", or by an "
			 "address (\"/bin/bash:0x1234\") or an offset in the file (\"/bin/bash+0x1234\")", hook);
		return -EINVAL;
	}
	snprintf(l->name, sizeof l->name, "%s %s", hook, opts->point);
	int r = elf_find(n.file, l->made.pid, path, err, errlen);
	if (!r)
		r = elf_open(path, &f, err, errlen);
	if (r)
		return r;
	r = attach_in(f, &n, ret, prog_fd, l, err, errlen);
	elf_close(f);
	return r;
}

static int attach_called(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts, struct hook_link *l,
			 char *err, size_t errlen)
{
	(void)f;
	return attach(l->made.ret, prog_fd, opts, l, err, errlen);
}

static int attach_left(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts, struct hook_link *l,
		       char *err, size_t errlen)
{
	(void)f;
	return attach(true, prog_fd, opts, l, err, errlen);
}

const struct hook_family hook_uprobe = {
	.target = &called,
	.input = PG_INPUT_ARGS,
	.no_test = true,
	.target_at = target_called,
	.attach = attach_called,
	.replace = probe_replace,
	.detach = probe_detach,
};

const struct hook_family hook_uretprobe = {
	.target = &left,
	.input = PG_INPUT_ARGS,
	.no_test = true,
	.target_at = target_left,
	.attach = attach_left,
	.replace = probe_replace,
	.detach = probe_detach,
};
