/* input_readers.h - for test_input.c: what reads what others wrote, each as a function of some bytes. Text has a NUL behind it. */
#ifndef TEST_INPUT_READERS_H
#define TEST_INPUT_READERS_H

#include "api/api.h"
#include "bpf/code.h"
#include "core/cparam.h"
#include "core/ctype.h"
#include "core/diag.h"
#include "front/caret.h"
#include "hook/format.h"
#include "hook/hook.h"
#include "ir/ir.h"
#include "kern/elf_file.h"
#include "kern/kern.h"
#include "kern/sys.h"
#include "net/added.h"
#include "stdlib/pattern.h"
#include "stdlib/stdlib.h"
#include "stdlib/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is read has to be memory that may be read: the sum of all bytes goes where no compiler can leave it out. */
static volatile unsigned seen;

static void see(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;
	for (size_t i = 0; i < n; i++)
		seen += b[i];
}

static void see_text(const char *text)
{
	see(text, strlen(text));
}

/* The line that starts at *at, which moves behind it; its end becomes a NUL. */
static char *line_of(char **at)
{
	char *line = *at, *end = strchr(line, '\n');
	*at = end ? end + 1 : line + strlen(line);
	if (end)
		*end = 0;
	return line;
}

/* ---- the front end, and what it leads to ---- */

enum { COMPILED = 300 }; /* instructions of Lua at most: what is longer takes seconds under sanitizers */

static uint32_t instructions(const struct front_proto *p)
{
	uint32_t n = p->ncode;
	for (uint32_t i = 0; i < p->nprotos && n <= COMPILED; i++)
		n += instructions(p->protos[i]);
	return n;
}

static bool verified(struct arena *a, const struct front_proto *p)
{
	bool good = !front_verify(a, p);
	for (uint32_t i = 0; i < p->nprotos && good; i++)
		good = verified(a, p->protos[i]);
	return good;
}

/* For a kernel that has everything, which is not asked: one context for all. */
static pg_ctx *context(void)
{
	static pg_ctx *ctx;
	if (!ctx && pg_ctx_new(&ctx))
		abort();
	memset(ctx->features.state, 1, sizeof ctx->features.state);
	ctx->features.read = true;
	return ctx;
}

static void compile(const char *bytes, size_t n)
{
	pg_unit *u;
	struct pg_chunk chunk = { .bytes = (char *)bytes, .n = n };
	struct pg_compile_opts o = PG_OPTS(struct pg_compile_opts, .hook = n & 1 ? "xdp" : "tc", .check = true);
	if (pg_compile_chunk(context(), &chunk, NULL, &o, &u)) {
		see_text(pg_error(context()));
		return;
	}
	see_text(pg_unit_dump(u, "asm"));
	pg_unit_free(u);
}

static void read_chunk(struct arena *a, const char *text, size_t n)
{
	struct front_proto *p = NULL;
	if (!front_read(a, text, n, &p) && verified(a, p) && instructions(p) <= COMPILED)
		compile(text, n);
}

static void read_ir(struct arena *a, const char *text, size_t n)
{
	(void)n;
	struct diag_list diag = { .arena = a };
	const char *err = NULL;
	const char *point = NULL;
	struct ir_unit *u = ir_read(a, &diag, hook_find("xdp", &point)->family->target, text, &err);
	if (u)
		ir_print(u);
}

/* ---- texts ---- */

static void read_format(struct arena *a, const char *text, size_t n)
{
	struct event e;
	event_format(a, text, n, &e);
}

static void read_pattern(struct arena *a, const char *text, size_t n)
{
	struct pat p;
	if (!pat_read(a, text, n, &p))
		pat_text(a, &p);
}

static void read_ctype(struct arena *a, const char *text, size_t n)
{
	struct ctype *t;
	char buf[4096], err[256];
	(void)a, (void)n;
	if (ct_parse(text, &t, err, sizeof err))
		return;
	ct_text(t, buf, sizeof buf);
	ct_free(t);
}

static void read_cparam(struct arena *a, const char *text, size_t n)
{
	struct cparam out[12];
	char err[256];
	(void)a, (void)n;
	int k = cp_parse(text, out, 12, err, sizeof err);
	for (int i = 0; i < k; i++)
		cp_value(&out[i], UINT64_MAX);
}

/* The formats of string.pack and unpack, and of string.format. */
static void read_pack(struct arena *a, const char *text, size_t n)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count;
	pg_value format = { .kind = PG_STR, .str = text, .n = (uint32_t)n }, before;
	(void)a;
	if (!wire_read(&format, f, &count))
		see(f, count * sizeof *f);
	std_pack_lacks(&format, 2, &before);
}

static void read_strformat(struct arena *a, const char *text, size_t n)
{
	pg_value format = { .kind = PG_STR, .str = text, .n = (uint32_t)n }, before;
	(void)a;
	for (uint32_t given = 0; given < 4; given++)
		std_format_lacks(&format, given, &before);
}

/* Addresses: what is printed of one reads back as the same. */
static void read_addr(struct arena *a, const char *text, size_t n)
{
	static int (*const forms[])(const char *, pg_value *) = { pg_parse_ip, pg_parse_mac, pg_parse_cidr };
	pg_value v, again;
	char buf[64];
	(void)a, (void)n;
	for (unsigned i = 0; i < 3; i++)
		if (!forms[i](text, &v) && (forms[i](pg_addr_text(&v, buf, sizeof buf), &again) || !pg_value_eq(&v, &again)))
			abort();
}

/* A line is a type, what follows a value of it: as memory has it (a map's, an event's), and as text that becomes a key. */
static void read_value(struct arena *a, const char *text, size_t n)
{
	enum { LARGEST = 1 << 16 };
	struct ctype *t;
	char err[256], *at = arena_copy(a, text, n), *end = at + n, *type = line_of(&at);
	if (ct_parse(type, &t, err, sizeof err))
		return;
	if (t->size <= LARGEST) {
		uint8_t *raw = calloc(1, t->size + 1), *back = malloc(t->size);
		char *buf = malloc(t->size + 1);
		size_t given = (size_t)(end - at);
		pg_value v, key = { .kind = PG_STR, .str = at, .n = (uint32_t)given };
		memcpy(raw, at, given < t->size ? given : t->size);
		ct_load(t, raw, &v, buf);
		if (v.kind == PG_STR)
			see(v.str, v.n);
		ct_store(t, back, &v, false, err, sizeof err);
		if (v.kind == PG_RECORD)
			ct_record_free(v.rec);
		ct_store(t, back, &key, true, err, sizeof err);
		free(raw), free(back), free(buf);
	}
	ct_free(t);
}

/* What the caret would be under, were the source of an instruction of each kind, and of each word. */
static void read_words(struct arena *a, const struct diag *d, const char *source)
{
	enum { MOST = 40, ROOM = 4096 };
	struct tokens t;
	pg_value k[] = { { .kind = PG_STR, .str = "n", .n = 1 } };
	struct front_upval up[] = { { .name = "n" } };
	uint32_t code[2], at[2];
	struct front_proto p = { .code = code, .ncode = 2, .k = k, .nk = 1, .upvals = up, .nupvals = 1 };
	if (!tokens_read(a, source, strlen(source), &t) || t.n > ROOM)
		return;
	for (uint32_t i = 0; i < t.n && i < MOST; i++) {
		for (uint32_t op = 0; op < LUA_NOPS; op++) {
			code[0] = LUA_CALL;
			code[1] = op | (i & 3) << 16;
			at[0] = at[1] = i;
			struct spread_at s = { .t = &t, .p = &p, .pc = i & 4 ? 0 : 1, .at = at, .first = i };
			uint32_t got = caret_token(&s, d);
			if (got != TOKEN_NONE && (got >= t.n || t.v[got].line != d->pos.line))
				abort();
		}
		caret_token(&(struct spread_at){ .t = &t, .p = &p, .pc = DIAG_WHOLE, .at = at, .first = i }, d);
	}
}

/* The line that a message shows, and where its caret is: the first line is the message, the second one the source. */
static void read_caret(struct arena *a, const char *text, size_t n)
{
	char path[64];
	const char *line = memchr(text, '\n', n);
	int fd = memfd_create("line", MFD_CLOEXEC);
	if (line && write(fd, line + 1, strlen(line + 1)) > 0) {
		struct diag_list diag = { .arena = a };
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		diag_add(&diag, DIAG_ERROR, (struct diag_pos){ .file = path, .line = 1 }, "%.*s", (int)(line - text), text);
		diag_text(&diag, DIAG_ERROR);
		for (unsigned operand = 0; operand < 5; operand++) {
			diag.v[0].operand = operand;
			read_words(a, &diag.v[0], line + 1);
		}
	}
	close(fd);
}

/* ---- files ---- */

static int file_of(const char *text, size_t n, char path[64])
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, text, n) != (ssize_t)n)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* Names of every form, which are there in the samples, or nearly. */
static void read_elf(struct arena *a, const char *text, size_t n)
{
	static const char *const names[] = { "__vdso_clock_gettime", "clock_gettime@LINUX_2.6", "ns::f(int)", "most<int>(int, int)",
					     "ns::g", "f@V1" };
	char path[64], err[512];
	struct elf_file *f;
	uint64_t address, offset;
	(void)a;
	int fd = file_of(text, n, path);
	if (!elf_open(path, &f, err, sizeof err)) {
		for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
			if (!elf_function(f, names[i], &address, err, sizeof err) &&
			    !elf_offset(f, address, &offset, err, sizeof err))
				elf_address(f, offset, &address, err, sizeof err);
		elf_inside(f, 0x100);
		elf_close(f);
	}
	close(fd);
}

static void each_member(void *arg, const struct kern_btf_member *m)
{
	*(size_t *)arg += strlen(m->name);
}

static void read_btf(struct arena *a, const char *text, size_t n)
{
	char path[64];
	size_t sum = 0;
	uint32_t ids[2];
	(void)a;
	int fd = file_of(text, n, path);
	kern_btf_struct(path, "event", each_member, &sum);
	kern_btf_functions(path, (const char *const[]){ "start", "event" }, ids, 2);
	close(fd);
}

/* /etc/ld.so.cache */
static void read_ldcache(struct arena *a, const char *text, size_t n)
{
	char *exact = malloc(n + !n); /* without the NUL */
	size_t next = 0;
	(void)a;
	memcpy(exact, text, n);
	for (const char *file; (file = elf_cached(exact, n, "libc.so.6", &next));)
		see_text(file);
	free(exact);
}

/* Lines of /proc/PID/maps and /proc/self/mounts. */
static void read_proc(struct arena *a, const char *text, size_t n)
{
	char tree[PATH_MAX], *at = arena_copy(a, text, n);
	while (*at) {
		const char *line = line_of(&at), *file = elf_mapped(line, "libc.so");
		if (file)
			see_text(file);
		if (kern_cgroup_tree(line, tree))
			see_text(tree);
	}
}

#define FEATURES_START "perigee-features 1 boot 0 0 0 "

static void read_features(struct arena *a, const char *text, size_t n)
{
	int8_t state[FEAT_COUNT] = { 0 };
	(void)a, (void)n;
	if (kern_cache_take(text, FEATURES_START, state))
		see(state, sizeof state);
}

/* ---- what the kernel, or who shares a map with us, says ---- */

static void read_log(struct arena *a, const char *text, size_t n)
{
	(void)a, (void)n;
	char *out = kern_log_explain(text);
	see_text(out);
	free(out);
}

static void each_record(void *arg, const void *data, size_t n)
{
	(void)arg;
	see(data, n);
}

/* A ring of one page, mapped twice in a row, and nothing behind it; it stays. */
static struct kern_ring_pages *ring(void)
{
	static unsigned long positions[2];
	static struct kern_ring_pages m = { .consumer = &positions[0], .producer = &positions[1] };
	if (!m.data) {
		int fd = memfd_create("ring", MFD_CLOEXEC);
		m.page = m.size = (size_t)sysconf(_SC_PAGESIZE);
		m.data = mmap(NULL, 3 * m.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (ftruncate(fd, (off_t)m.size))
			abort();
		for (int i = 0; i < 2; i++)
			if (mmap(m.data + i * m.size, m.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
				abort();
		close(fd);
	}
	return &m;
}

/* Two positions of 8 bytes, and the data: of a ring that the kernel writes, and of one that it reads. Positions may be anything,
 * for each process that has the map can write one of them. */
static void read_ring(struct arena *a, const char *text, size_t n)
{
	struct kern_ring_pages *m = ring();
	char taken[64];
	(void)a;
	if (n < 16)
		return;
	memcpy(m->consumer, text, 8);
	memcpy(m->producer, text + 8, 8);
	memset(m->data, 0, m->size);
	memcpy(m->data, text + 16, n - 16 < m->size ? n - 16 : m->size);
	for (int i = 0; i < 4 && !kern_user_ring_back(m, taken, sizeof taken); i++)
		;
	kern_ring_take(m, each_record, NULL);
}

/* Programs as the kernel gives them. */
static void read_disasm(struct arena *a, const char *text, size_t n)
{
	struct bpf_insn *insns = malloc(n + !n);
	memcpy(insns, text, n);
	see_text(be_disasm(a, insns, (uint32_t)(n / sizeof *insns), NULL, 0));
	free(insns);
}

/* ---- packets ---- */

enum { DEEPEST = 3 }; /* headers that are found from each other: at four, most of the time goes into the same ones again */

static void bytes_of(struct net_frame *f, const struct net_place *p, const struct ir_lib *row)
{
	int64_t len = (int64_t)net_twin_len(f, p);
	const int64_t offsets[] = { 0, 1, len - 1, len, -1, -len, NET_REACH - 1, INT64_MAX, INT64_MIN };
	pg_value out;
	for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++)
		net_twin_bytes(f, p, row, offsets[i], 0x0102, &out);
}

/* The value that it has, written: what it covers is added up anew. */
static void assign(struct net_frame *f, const struct net_place *p, const struct ir_field *row, const pg_value *v)
{
	char text[160];
	pg_value other = *v;
	other.i ^= v->kind == PG_INT;
	if (row->set && !net_twin_set(f, p, row, &other, "number", text, sizeof text))
		see_text(text);
}

/* All fields of a header, and all headers that are found from it. */
static void walk(struct net_frame *f, const struct net_place *p, unsigned depth, bool write)
{
	const struct ir_view *view = f->views[p->view];
	struct net_place at;
	pg_value v;
	for (const struct ir_field *row = view->fields; row->name; row++) {
		if (!row->kinds)
			continue;
		net_twin_get(f, p, row, &v, &at);
		if (v.kind == PG_STR)
			see(v.str, v.n);
		if (v.kind == PG_VIEW && depth < DEEPEST)
			walk(f, &at, depth + 1, write);
		if (write)
			assign(f, p, row, &v);
	}
	for (const struct ir_lib *row = view->methods; row->name; row++)
		if (row->imm & NET_ROW_SIZE && (write || !(row->imm & NET_ROW_WRITES)))
			bytes_of(f, p, row);
}

/* The frame in memory of just its size, as often as it takes to read it, write it, and move its ends. */
static void walk_frame(const char *bytes, size_t n, net_viewset views)
{
	enum { ROOM = 16 };
	const struct net_place all = { .view = NET_PKT, .end = NET_OPEN };
	uint8_t *memory = malloc(n + 2 * ROOM);
	memcpy(memory, bytes, n);
	struct net_frame f = { .bytes = memory, .n = n, .views = views };
	memory = f.bytes = realloc(memory, n + !n);
	walk(&f, &all, 0, false);
	walk(&f, &all, 0, true);
	memory = realloc(memory, n + 2 * ROOM);
	memmove(memory + ROOM, memory, n);
	f = (struct net_frame){ .bytes = memory + ROOM, .n = n, .views = views, .room = { ROOM, ROOM } };
	for (int by = -2 * ROOM; by <= 2 * ROOM; by += ROOM / 2)
		if (net_twin_move(&f, by & 8, by))
			walk(&f, &all, DEEPEST - 1, true);
	free(memory);
}

static void read_packet(struct arena *a, const char *text, size_t n)
{
	(void)a;
	walk_frame(text, n, n & 1 ? net_skb_views : net_views);
}

/* A script's own header: six lines (name, over, number, fields, length, next), and a frame that may have it. */
static void read_proto(struct arena *a, const char *text, size_t n)
{
	char *at = arena_copy(a, text, n), *end = at + n, *line[6], err[512];
	for (unsigned i = 0; i < 6; i++)
		line[i] = line_of(&at);
	struct pg_numbers number = { 1, { (uint32_t)atoi(line[2]) } };
	struct net_added *list = NULL;
	struct pg_proto_opts o = PG_OPTS(struct pg_proto_opts, .name = line[0], .over = *line[1] ? line[1] : NULL,
					 .fields = line[3], .length = *line[4] ? line[4] : NULL, .next = *line[5] ? line[5] : NULL);
	*(!strcmp(line[1], "eth") ? &o.type : !strcmp(line[1], "ip") ? &o.proto : &o.port) = number;
	if (!net_add(&list, &o, err, sizeof err))
		see_text(err);
	else
		walk_frame(at, (size_t)(end - at), net_views_with(list, net_views));
	net_added_free(list);
}

#endif
