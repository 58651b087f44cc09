/*
 * test_input.c - everything that reads what others wrote, on whole inputs, on each cut short, and on damaged ones.
 *
 * A reader is a row of `targets` below. Here each gets its samples, their beginnings, and some thousand of them with bytes
 * changed, taken out and put twice, from a fixed seed. `make fuzz-input` builds the same rows for libFuzzer
 * (INPUT_TARGET is the row's name), which starts from the samples that `test_input seeds DIR` writes.
 */
#include "core/cparam.h"
#include "core/ctype.h"
#include "core/diag.h"
#include "front/proto.h"
#include "hook/format.h"
#include "hook/hook.h"
#include "ir/ir.h"
#include "kern/elf.h"
#include "kern/kern.h"
#include "stdlib/pattern.h"

#include <elf.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

struct sample { const void *bytes; size_t n; };

enum { MEMORY = 64 << 20 };

/* ---- the readers: text has a NUL behind it ---- */

static void read_chunk(struct arena *a, const char *text, size_t n)
{
	struct front_proto *p = NULL;
	if (!front_read(a, text, n, &p))
		front_verify(a, p);
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

/* The line that a message shows, and where its caret is: the first line is the message, the second one the source. */
static void read_caret(struct arena *a, const char *text, size_t n)
{
	char path[64];
	const char *line = memchr(text, '\n', n);
	int fd = memfd_create("line", MFD_CLOEXEC);
	if (line && write(fd, line + 1, strlen(line + 1)) > 0) {
		struct diag_list diag = { .arena = a };
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		diag_add(&diag, DIAG_ERROR, (struct diag_pos){ path, 1 }, "%.*s", (int)(line - text), text);
		diag_text(&diag, DIAG_ERROR);
	}
	close(fd);
}

static int file_of(const char *text, size_t n, char path[64])
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, text, n) != (ssize_t)n)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_elf(struct arena *a, const char *text, size_t n)
{
	char path[64], err[512];
	struct elf_file *f;
	uint64_t address, offset;
	(void)a;
	int fd = file_of(text, n, path);
	if (!elf_open(path, &f, err, sizeof err)) {
		if (!elf_function(f, "__vdso_clock_gettime", &address, err, sizeof err))
			elf_offset(f, address, &offset, err, sizeof err);
		elf_function(f, "clock_gettime@LINUX_2.6", &address, err, sizeof err);
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

/* ---- samples ---- */

#define TEXT(s) { s, sizeof(s) - 1 }

static const struct sample irs[] = {
	TEXT("maps 2\nerror \"map full\" @filter.lua:9 loss\ninline @a/b-c.lua:3 fn 0 parent 0\nmain 0\n"
	     "fn 0 \"f\" params 1 at x.lua:9\nb1(v1: pkt):\n    v2 = const 5 : int = 5\n    v3 = const \"u8\"\n"
	     "    v4 = self v1, v3 {local \"p\", constant \"u8\", method \"u8\"} @x.lua:3\n    v5 = call v4, v1, v2 .0\n"
	     "    branch v5 -> b2, b3\nb2:\n    return v2 .0\nb3:\n    return .0\n"),
	TEXT("main 0\nfn 0 \"f\" params 0 machine\nslot 8 align 8\nb1:\n    v1 = ctx\n    v2 = load32 v1 #4\n"
	     "    v3 = imm #-1\n    br v2, v3 ult -> b1, b2\nb2:\n    ret v3\n"),
	TEXT("maps 1000000\n"), /* too many: each was compared with all before it */
};
static const struct sample formats[] = {
	TEXT("name: sched_switch\nID: 316\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	     "\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n\nprint fmt: \"x=%d\", REC->x\n"),
	TEXT("name: sys_enter_openat\nID: 7\nformat:\n\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n"
	     "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"),
};
static const struct sample patterns[] = {
	TEXT("^(%w+)%s*=%s*([^%z,]-)%f[%d]()%b()[]%a-z_]+$"), TEXT("(.-)%1"), TEXT("a*b+c-d?.%%[^a-c%]\xff]*"), TEXT("((()))(a)(b)"),
};
static const struct sample ctypes[] = {
	TEXT("struct { u64 n; u32 a[4]; char s[16]; struct { i16 x; be32 y?; } in; bool b; }"), TEXT("char[64]"),
	TEXT("ip4/prefix"), TEXT("unsigned long long int"), TEXT("struct event { __u32 pid; mac m; ip6 a; u8? z; bytes[3] t; }"),
};
static const struct sample cparams[] = {
	TEXT("int fd, const char *name, unsigned long, size_t n"), TEXT("void"), TEXT("bool on, ..., struct x *p, int (*f)(int)"),
};
static const struct sample carets[] = {
	TEXT("'n' may be nil here and is used as a number\n\thits[ip.src] = 'n' .. n + 1 -- n\n"),
	TEXT("a ''x'' of ==\nif a == b then return \"a\\\"b\" == [[c]] end"), TEXT("'\n'"),
};

static struct sample made[3]; /* chunk, ELF: the library that the kernel gives every process, BTF */

/* ---- all of them ---- */

#define SAMPLES(a) a, sizeof(a) / sizeof((a)[0])

static const struct target {
	const char *name;
	void (*read)(struct arena *a, const char *text, size_t n);
	const struct sample *samples;
	size_t nsamples;
} targets[] = {
	{ "chunk", read_chunk, &made[0], 1 },
	{ "ir", read_ir, SAMPLES(irs) },
	{ "format", read_format, SAMPLES(formats) },
	{ "pattern", read_pattern, SAMPLES(patterns) },
	{ "ctype", read_ctype, SAMPLES(ctypes) },
	{ "cparam", read_cparam, SAMPLES(cparams) },
	{ "caret", read_caret, SAMPLES(carets) },
	{ "elf", read_elf, &made[1], 1 },
	{ "btf", read_btf, &made[2], 1 },
};

enum { TARGETS = sizeof targets / sizeof targets[0] };

/* In memory of just its size, so that a sanitizer sees what is read beyond it. */
static void one(const struct target *t, const void *bytes, size_t n)
{
	struct arena a;
	jmp_buf oom;
	char *text = malloc(n + 1);
	memcpy(text, bytes, n);
	text[n] = 0;
	arena_init(&a, MEMORY, &oom);
	if (!setjmp(oom))
		t->read(&a, text, n);
	arena_free(&a);
	free(text);
}

#ifdef INPUT_TARGET

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < TARGETS; i++)
		if (!strcmp(targets[i].name, INPUT_TARGET))
			one(&targets[i], bytes, n);
	return 0;
}

#else

#include "lua_chunk.h"

#include <cmocka.h>

/* struct event { int pid; } */
static size_t make_btf(uint8_t *out)
{
	static const char names[] = "\0int\0event\0pid\0start";
	const uint32_t types[] = {
		1, (uint32_t)BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32,
		5, (uint32_t)BTF_KIND_STRUCT << 24 | 1, 4, 11, 1, 0,
		0, (uint32_t)BTF_KIND_FUNC_PROTO << 24 | 1, 1, 11, 1,
		15, (uint32_t)BTF_KIND_FUNC << 24, 3,
	};
	struct btf_header h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof h, .type_len = sizeof types,
				.str_off = sizeof types, .str_len = sizeof names };
	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, types, sizeof types);
	memcpy(out + sizeof h + sizeof types, names, sizeof names);
	return sizeof h + sizeof types + sizeof names;
}

static void make_samples(void)
{
	static uint8_t btf[512];
	static const char source[] = "local t, u = 5, { 1, 2.5, 'short', x = 3 }\nlocal function f(a, ...)\n"
		"for i = 1, 10 do if i > 3 and a then goto out end t = t .. i end ::out::\nreturn function() t = -a return u[1] end, ... end\n"
		"for k, v in pairs(u) do print(k, v) end return f";
	lua_State *L = luaL_newstate();
	struct chunk c = chunk_of(L, source, "@x.lua");
	lua_close(L);
	const char *elf = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)elf;
	made[0] = (struct sample){ c.bytes, c.n };
	made[1] = (struct sample){ elf, elf ? h->e_shoff + (size_t)h->e_shnum * h->e_shentsize : 0 };
	made[2] = (struct sample){ btf, make_btf(btf) };
}

enum { CHANGED = 1500, LONGEST = 16384 };

static uint32_t state;

static uint32_t draw(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)state * n >> 32);
}

/* Some bytes changed, a piece taken out or put twice; how many there are now. */
static size_t change(uint8_t *b, size_t n)
{
	for (uint32_t k = 0, most = 1 + draw(4); k < most && n; k++) {
		uint32_t at = draw((uint32_t)n), len = 1 + draw(8);
		len = at + len > n ? (uint32_t)n - at : len;
		switch (draw(5)) {
		case 0: b[at] ^= (uint8_t)(1 << draw(8)); break;
		case 1: b[at] = (uint8_t)draw(256); break;
		case 2: memset(b + at, draw(2) ? 0xff : 0, len); break;
		case 3: memmove(b + at, b + at + len, n - at - len); n -= len; break;
		default:
			if (n + len > LONGEST)
				break;
			memmove(b + at + len, b + at, n - at);
			n += len;
		}
	}
	return n;
}

static void read_all(void **arg)
{
	const struct target *t = *arg;
	uint8_t *copy = malloc(LONGEST);
	for (size_t s = 0; s < t->nsamples; s++) {
		size_t n = t->samples[s].n, most = n < LONGEST ? n : LONGEST;
		size_t step = n / 700 + 1;
		for (size_t cut = 0; cut <= n; cut += step)
			one(t, t->samples[s].bytes, cut);
		state = 7;
		for (uint32_t k = 0; k < CHANGED / t->nsamples; k++) {
			memcpy(copy, t->samples[s].bytes, most);
			one(t, copy, change(copy, most));
		}
	}
	free(copy);
}

static int write_seeds(const char *dir)
{
	for (size_t i = 0; i < TARGETS; i++)
		for (size_t s = 0; s < targets[i].nsamples; s++) {
			char path[4096];
			snprintf(path, sizeof path, "%s/%s.%zu", dir, targets[i].name, s);
			FILE *f = fopen(path, "w");
			if (!f || !fwrite(targets[i].samples[s].bytes, targets[i].samples[s].n, 1, f) || fclose(f))
				return 1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[TARGETS];
	make_samples();
	if (argc == 3 && !strcmp(argv[1], "seeds"))
		return write_seeds(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "names")) {
		for (size_t i = 0; i < TARGETS; i++)
			puts(targets[i].name);
		return 0;
	}
	for (size_t i = 0; i < TARGETS; i++)
		tests[i] = (struct CMUnitTest){ targets[i].name, read_all, NULL, NULL, (void *)&targets[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
