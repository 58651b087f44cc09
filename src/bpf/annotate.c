/*
 * annotate.c - program BTF, written by hand: what the kernel, its verifier's log and bpftool show of
 * the Lua source.
 *
 *     1 INT "int"                        5 FUNC "<the Lua function>", of 4
 *     2 STRUCT "<context>", empty        and, where there are other functions,
 *     3 PTR to 2                         6 FUNC_PROTO int ()
 *     4 FUNC_PROTO int (3 "ctx")         7 ... FUNC "<the Lua function>_loop", static, of 6
 *
 * The context's struct has the name that the kernel expects for the program type, so that the
 * function passes for a proper entry point.
 */
#include "bpf/be.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/target.h"

enum { T_INT = 1, T_CTX, T_PTR, T_PROTO, T_FUNC };
enum { MAX_SOURCE = 1 << 22, MAX_TEXT = 160, MAX_NAME = 127 };

/* A source file: its text, where the lines begin, and what was already put into the strings. */
struct source {
	const char *file;
	char *text;
	size_t len;
	uint32_t name;           /* offset of the file's name in the strings */
	uint32_t nlines;
	uint32_t *at;            /* by line, from 1: offset in text */
	uint32_t *str;           /* by line: offset in the strings, or 0 */
};

struct note {
	struct be *b;
	char *str;
	uint32_t nstr, cap_str;
	struct source *sources;
	uint32_t nsources, cap_sources;
};

static uint32_t add_string(struct note *n, const char *s, size_t len)
{
	uint32_t at = n->nstr;
	if (!len)
		return 0;
	if (n->cap_str - n->nstr < len + 1) {
		n->cap_str = 2 * n->cap_str + (uint32_t)len + 1;
		char *more = arena_room(n->b->scratch, n->cap_str);
		memcpy(more, n->str, n->nstr);
		n->str = more;
	}
	memcpy(n->str + at, s, len);
	n->str[at + len] = 0;
	n->nstr += (uint32_t)len + 1;
	return at;
}

/* ---- the source's lines ---- */

static void read_text(struct note *n, struct source *s)
{
	struct stat st;
	int fd = s->file && *s->file != '[' ? open(s->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= MAX_SOURCE) {
		s->text = arena_room(n->b->scratch, (size_t)st.st_size);
		ssize_t got = read(fd, s->text, (size_t)st.st_size);
		s->len = got > 0 ? (size_t)got : 0;
	}
	close(fd);
}

static void find_lines(struct note *n, struct source *s, uint32_t max)
{
	uint32_t at = 0;
	s->at = arena_array(n->b->scratch, uint32_t, (size_t)max + 2);
	s->str = arena_array(n->b->scratch, uint32_t, (size_t)max + 2);
	while (at < s->len && s->nlines < max) {
		s->at[++s->nlines] = at;
		const char *end = memchr(s->text + at, '\n', s->len - at);
		at = end ? (uint32_t)(end - s->text) + 1 : (uint32_t)s->len;
	}
}

static struct source *source_of(struct note *n, const char *file)
{
	const struct be_code *c = &n->b->out;
	for (uint32_t k = 0; k < n->nsources; k++)
		if (n->sources[k].file == file || (file && n->sources[k].file &&
						   !strcmp(n->sources[k].file, file)))
			return &n->sources[k];
	struct source s = { .file = file };
	uint32_t max = 0;
	for (uint32_t k = 0; k < c->nlines; k++)
		if (c->lines[k].pos.line > max && c->lines[k].pos.line < MAX_SOURCE)
			max = c->lines[k].pos.line;
	s.name = add_string(n, file ? file : "?", file ? strlen(file) : 1);
	read_text(n, &s);
	find_lines(n, &s, max);
	arena_push(n->b->scratch, n->sources, n->nsources, n->cap_sources, s);
	return &n->sources[n->nsources - 1];
}

static uint32_t line_text(struct note *n, struct source *s, uint32_t line)
{
	if (!line || line > s->nlines)
		return 0;
	if (!s->str[line]) {
		const char *t = s->text + s->at[line], *end = s->text + s->len;
		size_t len = 0;
		while (t < end && (*t == ' ' || *t == '\t'))
			t++;
		while (t + len < end && len < MAX_TEXT && t[len] != '\n' && t[len] != '\r' && t[len])
			len++;
		s->str[line] = add_string(n, t, len);
	}
	return s->str[line];
}

static void line_records(struct note *n)
{
	struct be_code *c = &n->b->out;
	c->line_info = arena_array(n->b->arena, struct bpf_line_info, c->nlines);
	for (uint32_t k = 0; k < c->nlines; k++) {
		const struct diag_pos *pos = &c->lines[k].pos;
		struct source *s = source_of(n, pos->file);
		c->line_info[k] = (struct bpf_line_info){
			.insn_off = c->lines[k].insn,
			.file_name_off = s->name,
			.line_off = line_text(n, s, pos->line),
			.line_col = pos->line < 1u << 22 ? pos->line << 10 : 0,
		};
	}
	c->nline_info = c->nlines;
}

/* ---- types ---- */

static const struct { uint32_t type; const char *ctx; } contexts[] = {
	{ BPF_PROG_TYPE_XDP, "xdp_md" },
	{ BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff" },
	{ BPF_PROG_TYPE_SCHED_CLS, "__sk_buff" },
	{ BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff" },
};

static const char *context_name(const struct be *b)
{
	const struct ir_target *t = b->unit->target;
	for (size_t k = 0; t && k < sizeof(contexts) / sizeof(*contexts); k++)
		if (contexts[k].type == t->prog_type)
			return contexts[k].ctx;
	return "context";
}

/* The function's name as an identifier: what is none becomes '_'. */
static size_t identifier(char *out, const char *name)
{
	size_t n = 0;
	for (; name && *name && n < MAX_NAME; name++) {
		char c = *name;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		bool digit = c >= '0' && c <= '9' && n;
		out[n++] = letter || digit ? c : '_';
	}
	if (!n)
		out[n++] = '_';
	return n;
}

static uint32_t info(unsigned kind, unsigned vlen) { return kind << 24 | vlen; }

/* A function that others call has its own name, what a helper calls main's and a suffix. */
static uint32_t function_name(struct note *n, const struct ir_fn *f)
{
	static const char suffix[] = "_loop";
	char name[MAX_NAME];
	bool called = f->frame_arg == 1;
	size_t len = identifier(name, called ? f->name : n->b->fn->name);
	if (!called) {
		len = len > MAX_NAME - sizeof(suffix) ? MAX_NAME - sizeof(suffix) : len;
		memcpy(name + len, suffix, sizeof(suffix));
		len += sizeof(suffix) - 1;
	}
	return add_string(n, name, len);
}

static uint32_t put_functions(struct note *n, uint32_t *t)
{
	uint32_t *start = t;
	*t++ = 0;
	*t++ = info(BTF_KIND_FUNC_PROTO, 0);
	*t++ = T_INT;
	for (uint32_t k = 1; k < n->b->out.nstarts; k++) {
		*t++ = function_name(n, n->b->out.starts[k].fn);
		*t++ = info(BTF_KIND_FUNC, BTF_FUNC_STATIC);
		*t++ = T_FUNC + 1;
	}
	return (uint32_t)(t - start);
}

static uint32_t put_types(struct note *n, uint32_t *t)
{
	char name[MAX_NAME];
	const char *ctx = context_name(n->b);
	uint32_t k = 0, s_int = add_string(n, "int", 3), s_ctx = add_string(n, ctx, strlen(ctx)),
		 s_arg = add_string(n, "ctx", 3),
		 s_name = add_string(n, name, identifier(name, n->b->fn->name));
	const uint32_t words[] = {
		s_int, info(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
		s_ctx, info(BTF_KIND_STRUCT, 0), 0,
		0, info(BTF_KIND_PTR, 0), T_CTX,
		0, info(BTF_KIND_FUNC_PROTO, 1), T_INT, s_arg, T_PTR,
		s_name, info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL), T_PROTO,
	};
	for (; k < sizeof(words) / sizeof(*words); k++)
		t[k] = words[k];
	if (n->b->out.nstarts > 1)
		k += put_functions(n, t + k);
	return k * (uint32_t)sizeof(*t);
}

int be_annotate(struct be *b)
{
	struct note n = { .b = b, .cap_str = 512, .nstr = 1 };
	struct be_code *c = &b->out;
	uint32_t *types = arena_array(b->scratch, uint32_t, 32 + 3 * c->nstarts);
	n.str = arena_room(b->scratch, n.cap_str);
	n.str[0] = 0;
	uint32_t len = put_types(&n, types);
	line_records(&n);
	struct btf_header h = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h),
		.type_len = len, .str_off = len, .str_len = n.nstr,
	};
	c->btf_len = (uint32_t)sizeof(h) + len + n.nstr;
	char *blob = c->btf = arena_room(b->arena, c->btf_len);
	memcpy(blob, &h, sizeof(h));
	memcpy(blob + sizeof(h), types, len);
	memcpy(blob + sizeof(h) + len, n.str, n.nstr);
	c->func_info = arena_array(b->arena, struct bpf_func_info, c->nstarts);
	for (uint32_t k = 0; k < c->nstarts; k++)
		c->func_info[k] = (struct bpf_func_info){ c->starts[k].insn, k ? T_FUNC + 1 + k : T_FUNC };
	c->nfunc_info = c->nstarts;
	return 0;
}
