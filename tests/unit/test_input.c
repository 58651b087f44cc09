/*
 * test_input.c - everything that reads what others wrote, on whole inputs, on each cut short, and on damaged ones.
 *
 * A reader is a row of `targets` below (input_readers.h). Here each gets its samples (input_samples.h), their beginnings, and
 * some thousand of them with bytes changed, taken out and put twice, from a fixed seed; and what libFuzzer found to reach
 * something new in it, which tests/fuzz/corpus keeps: a file for each reader, a line of hexadecimal digits for each input.
 * `make fuzz-input` builds the same rows for libFuzzer (INPUT_FUZZ; the program's own name is the row's), which starts from
 * what `test_input seeds DIR` writes.
 */
#include "input_samples.h"

#include <setjmp.h>
#include <stdarg.h>

enum { MEMORY = 64 << 20 };

static const struct target {
	const char *name;
	void (*read)(struct arena *a, const char *text, size_t n);
	const struct sample *samples;
	size_t nsamples;
	size_t nown;            /* those that are ours; 0: all. The tree keeps nothing that came of others */
} targets[] = {
	{ "chunk", read_chunk, SAMPLES(chunks) },
	{ "ir", read_ir, SAMPLES(irs) },
	{ "format", read_format, SAMPLES(formats) },
	{ "pattern", read_pattern, SAMPLES(patterns) },
	{ "ctype", read_ctype, SAMPLES(ctypes) },
	{ "cparam", read_cparam, SAMPLES(cparams) },
	{ "pack", read_pack, SAMPLES(packs) },
	{ "strformat", read_strformat, SAMPLES(strformats) },
	{ "addr", read_addr, SAMPLES(addrs) },
	{ "value", read_value, SAMPLES(values) },
	{ "caret", read_caret, SAMPLES(carets) },
	{ "elf", read_elf, SAMPLES(elfs), .nown = 1 },
	{ "btf", read_btf, SAMPLES(btfs) },
	{ "ldcache", read_ldcache, SAMPLES(ldcaches) },
	{ "proc", read_proc, SAMPLES(procs) },
	{ "features", read_features, SAMPLES(featureses) },
	{ "log", read_log, SAMPLES(logs) },
	{ "ring", read_ring, SAMPLES(rings) },
	{ "disasm", read_disasm, SAMPLES(programs) },
	{ "packet", read_packet, SAMPLES(packets) },
	{ "proto", read_proto, SAMPLES(protos) },
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

#ifdef INPUT_FUZZ

static const struct target *chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *slash = strrchr((*argv)[0], '/'), *name = slash ? slash + 1 : (*argv)[0];
	(void)argc;
	make_samples();
	for (size_t i = 0; i < TARGETS; i++)
		if (!strcmp(targets[i].name, name))
			chosen = &targets[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	one(chosen, bytes, n);
	return 0;
}

#else

#include "lua_chunk.h"

#include <cmocka.h>

static struct sample chunk_from(const char *source)
{
	lua_State *L = luaL_newstate();
	struct chunk c = chunk_of(L, source, "@x.lua");
	lua_close(L);
	return (struct sample){ c.bytes, c.n };
}

/* One of which all is read, but which is no kernel code; two that are. */
static void make_chunks(void)
{
	chunks[0] = chunk_from("local t, u = 5, { 1, 2.5, 'short', x = 3 }\nlocal function f(a, ...)\n"
		"for i = 1, 10 do if i > 3 and a then goto out end t = t .. i end ::out::\n"
		"return function() t = -a return u[1] end, ... end\nfor k, v in pairs(u) do print(k, v) end return f");
	chunks[1] = chunk_from("local pkt = ...\nlocal ip, n = pkt.ipv4, 0\nif not ip then return bpf.PASS end\n"
		"for i = 0, 3 do n = n + (pkt:u8(14 + i) or 0) * i end\nif n > 100 and ip.proto ~= 6 then return bpf.DROP end");
	chunks[2] = chunk_from("local pkt = ...\nlocal udp = pkt.udp\nlocal function port(h) return h and h.dport // 2 end\n"
		"local t = { 53, 80, a = 'x' }\nif port(udp) == t[1] and #t.a < 2 then return bpf.DROP end");
}

/* ---- what the tree keeps ---- */

enum { LONGEST = 16384 };

/* Calls `each` for every line of the target's file, as bytes; how many there are. */
static size_t each_kept(const struct target *t, void (*each)(void *arg, const struct target *t, const uint8_t *b, size_t n),
			void *arg)
{
	char path[256], *line = NULL;
	size_t room = 0, count = 0;
	snprintf(path, sizeof path, "tests/fuzz/corpus/%s", t->name);
	FILE *f = fopen(path, "r");
	for (ssize_t len; f && (len = getline(&line, &room, f)) > 0; count++) {
		size_t n = (size_t)len / 2;
		uint8_t *bytes = malloc(n + 1);
		for (size_t i = 0; i < n; i++)
			if (sscanf(line + 2 * i, "%2hhx", &bytes[i]) != 1)
				fail_msg("%s:%zu: no hexadecimal digits", path, count + 1);
		each(arg, t, bytes, n);
		free(bytes);
	}
	free(line);
	if (f)
		fclose(f);
	return count;
}

/* ---- damage ---- */

enum { CHANGED = 1500, CHANGED_KEPT = 10 };

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

static void read_changed(const struct target *t, const void *bytes, size_t n, uint32_t times)
{
	uint8_t *copy = malloc(LONGEST);
	size_t most = n < LONGEST ? n : LONGEST;
	state = 7;
	while (times--) {
		memcpy(copy, bytes, most);
		one(t, copy, change(copy, most));
	}
	free(copy);
}

static void read_kept(void *arg, const struct target *t, const uint8_t *bytes, size_t n)
{
	(void)arg;
	one(t, bytes, n);
	read_changed(t, bytes, n, CHANGED_KEPT);
}

static void read_all(void **arg)
{
	const struct target *t = *arg;
	for (size_t s = 0; s < t->nsamples; s++) {
		const struct sample *whole = &t->samples[s];
		for (size_t cut = 0; cut <= whole->n; cut += whole->n / 700 + 1)
			one(t, whole->bytes, cut);
		read_changed(t, whole->bytes, whole->n, (uint32_t)(CHANGED / t->nsamples));
	}
	if (!each_kept(t, read_kept, NULL))
		fail_msg("tests/fuzz/corpus/%s: nothing is there", t->name);
}

/* ---- what libFuzzer starts from ---- */

struct seeds {
	const char *dir;
	unsigned n;
	bool failed;
};

static void write_seed(void *arg, const struct target *t, const uint8_t *bytes, size_t n)
{
	struct seeds *s = arg;
	char path[4096];
	snprintf(path, sizeof path, "%s/%s.%u", s->dir, t->name, s->n++);
	FILE *f = fopen(path, "w");
	s->failed |= !f || fwrite(bytes, 1, n, f) != n || fclose(f);
}

static int write_seeds(const char *dir)
{
	struct seeds to = { .dir = dir };
	for (size_t i = 0; i < TARGETS; i++) {
		const struct target *t = &targets[i];
		for (size_t s = 0; s < (t->nown ? t->nown : t->nsamples); s++)
			write_seed(&to, t, t->samples[s].bytes, t->samples[s].n);
		each_kept(t, write_seed, &to);
	}
	return to.failed;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[TARGETS];
	make_samples();
	make_chunks();
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
