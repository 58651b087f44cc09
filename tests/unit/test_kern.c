/* test_kern.c - the kernel edge with hand-written instructions: maps, programs, features, the log. */
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kern/sys.h"
#include "kernel/leak.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof *(v))

static int load(const struct bpf_insn *insns, uint32_t n, char **log)
{
	struct kern_prog_spec s = { .type = BPF_PROG_TYPE_XDP, .insns = insns, .n = n,
				    .name = "t.prog-x" };
	return kern_prog_load(&s, log);
}

/* ---- maps ---- */

static const struct row {
	const char *name;
	uint32_t type, flags;
	bool percpu, full, trie; /* full: every key is there */
} map_rows[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 0, false, false, false },
	{ "array", BPF_MAP_TYPE_ARRAY, 0, false, true, false },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 0, false, false, false },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 0, true, false, false },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 0, true, true, false },
	{ "lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, true, false, false },
	{ "lpm_trie", BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, false, false, true },
};

static void map_of_each_type(void **state)
{
	(void)state;
	size_t cpus = (size_t)kern_ncpus();
	uint64_t *v = calloc(cpus, 8), *back = calloc(cpus, 8);
	for (unsigned i = 0; i < LEN(map_rows); i++) {
		const struct row *t = &map_rows[i];
		struct kern_map_spec s = { .type = t->type, .key_size = t->trie ? 8 : 4, .value_size = 8,
					   .entries = 16, .flags = t->flags, .name = t->name, .numa = -1 };
		uint32_t key[2] = { t->trie ? 32 : 3, 7 }, next[2], absent[2] = { t->trie ? 32 : 99, 8 };
		print_message("%s\n", t->name);
		int fd = kern_map_create(&s);
		assert_true(fd >= 0);
		for (size_t c = 0; c < cpus; c++)
			v[c] = 1000 + c;
		assert_int_equal(kern_map_update(fd, key, v, 0), 0);
		memset(back, 0, cpus * 8);
		assert_int_equal(kern_map_lookup(fd, key, back, 0), 0);
		assert_memory_equal(back, v, (t->percpu ? cpus : 1) * 8);
		assert_int_equal(kern_map_lookup(fd, absent, back, 0), -ENOENT);
		assert_int_equal(kern_map_next_key(fd, NULL, next), 0);
		if (t->full) {
			assert_int_equal(next[0], 0);
			assert_int_equal(kern_map_delete(fd, key), -EINVAL);
		} else {
			assert_memory_equal(next, key, s.key_size);
			assert_int_equal(kern_map_next_key(fd, key, next), -ENOENT);
			assert_int_equal(kern_map_delete(fd, key), 0);
			assert_int_equal(kern_map_delete(fd, key), -ENOENT);
			assert_int_equal(kern_map_lookup(fd, key, back, 0), -ENOENT);
		}
		kern_close(fd);
	}
	free(v);
	free(back);
}

static void map_that_cannot_be(void **state)
{
	(void)state;
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 3, .value_size = 8,
				   .entries = 1, .numa = -1 };
	assert_int_equal(kern_map_create(&s), -EINVAL);
	s.type = 9999;
	assert_int_equal(kern_map_create(&s), -EINVAL);
	s.type = BPF_MAP_TYPE_HASH;
	s.numa = 1000;
	assert_int_equal(kern_map_create(&s), -EINVAL);
}

static void batch_reads_all(void **state)
{
	(void)state;
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
				   .entries = 1000, .numa = -1 };
	uint32_t keys[64], cursor[8], got = 0, n;
	uint64_t values[64], sum = 0;
	int fd = kern_map_create(&s), r = 0;
	for (uint32_t k = 0; k < 1000; k++) {
		uint64_t v = k * 3;
		assert_int_equal(kern_map_update(fd, &k, &v, 0), 0);
	}
	for (bool first = true; r != -ENOENT; first = false) {
		n = 64;
		r = kern_map_lookup_batch(fd, first ? NULL : cursor, cursor, keys, values, &n);
		assert_true(r == 0 || r == -ENOENT);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(values[i], keys[i] * 3);
			sum += keys[i];
		}
		got += n;
	}
	assert_int_equal(got, 1000);
	assert_int_equal(sum, 999 * 1000 / 2);
	kern_close(fd);

	s.type = BPF_MAP_TYPE_PROG_ARRAY;
	s.value_size = 4;
	fd = kern_map_create(&s);
	n = 64;
	r = kern_map_lookup_batch(fd, NULL, cursor, keys, values, &n);
	assert_int_equal(r, -EOPNOTSUPP);
	assert_int_equal(n, 0);
	kern_close(fd);
}

/* ---- programs ---- */

static void program_runs(void **state)
{
	(void)state;
	/* r0 = the first byte of the packet, which is written back plus one */
	const struct bpf_insn insns[] = {
		ABI_INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0),
		ABI_INSN(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0),
		ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 1),
		ABI_MOV_IMM(0, 0),
		ABI_INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 4, 0),
		ABI_INSN(BPF_LDX | BPF_MEM | BPF_B, 0, 2, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 5, 0, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, 5, 0, 0, 1),
		ABI_INSN(BPF_STX | BPF_MEM | BPF_B, 2, 5, 0, 0),
		ABI_EXIT(),
	};
	char *log = (char *)1;
	int fd = load(insns, LEN(insns), &log);
	assert_true(fd >= 0);
	assert_null(log);

	uint8_t in[60] = { 41 }, out[256];
	struct kern_test t = { .in = in, .in_len = sizeof in, .out = out, .out_len = sizeof out };
	assert_int_equal(kern_prog_test(fd, &t), 0);
	assert_int_equal(t.retval, 41);
	assert_int_equal(t.out_len, 60);
	assert_int_equal(out[0], 42);

	t = (struct kern_test){ .in = in, .in_len = 13, .out = out, .out_len = sizeof out };
	assert_int_equal(kern_prog_test(fd, &t), -EINVAL);
	t = (struct kern_test){ .in = in, .in_len = 60, .out = out, .out_len = 20 };
	assert_int_equal(kern_prog_test(fd, &t), -ENOSPC);

	struct kern_prog_info info;
	assert_int_equal(kern_prog_info(fd, &info), 0);
	assert_string_equal(info.name, "t.prog_x");
	assert_true(info.id > 0);
	assert_true(info.verified_insns >= LEN(insns) - 1);
	struct bpf_insn *xlated;
	uint32_t n;
	assert_int_equal(kern_prog_xlated(fd, &xlated, &n), 0);
	assert_true(n >= LEN(insns));
	assert_int_equal(n * sizeof *xlated, info.xlated_len);
	assert_int_equal(xlated[n - 1].code, BPF_JMP | BPF_EXIT);
	free(xlated);

	int again = kern_prog_by_id(info.id);
	assert_true(again >= 0);
	kern_close(again);
	kern_close(fd);
	assert_int_equal(kern_prog_info(fd, &info), -EBADFD);
}

static void rejection_has_a_log(void **state)
{
	(void)state;
	const struct bpf_insn insns[] = { ABI_INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 3, 0, 0), ABI_EXIT() };
	char *log;
	int r = load(insns, LEN(insns), &log);
	assert_int_equal(r, -EACCES);
	assert_non_null(log);
	assert_non_null(strstr(log, "R3 !read_ok"));
	free(log);
	assert_int_equal(load(insns, LEN(insns), NULL), -EACCES);
}

/* A log far beyond the first buffer: its end, which says why, must be there. */
static void long_log_is_whole(void **state)
{
	(void)state;
	enum { N = 4000 };
	struct bpf_insn *insns = calloc(N, sizeof *insns);
	for (int i = 0; i < N; i++)
		insns[i] = ABI_MOV_IMM(0, i);
	insns[N - 2] = ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 9, 0, 0);
	insns[N - 1] = ABI_EXIT();
	char *log;
	assert_int_equal(load(insns, N, &log), -EACCES);
	assert_non_null(log);
	assert_true(strlen(log) > 64 << 10);
	assert_non_null(strstr(log, "0: (b7) r0 = 0"));
	assert_non_null(strstr(log, "R9 !read_ok"));
	free(log);
	free(insns);
}

static void bad_attributes_have_no_log(void **state)
{
	(void)state;
	const struct bpf_insn insns[] = { ABI_MOV_IMM(0, 2), ABI_EXIT() };
	struct kern_prog_spec s = { .type = 9999, .insns = insns, .n = 2, .name = "t" };
	char *log;
	assert_int_equal(kern_prog_load(&s, &log), -EINVAL);
	assert_null(log);
}

/* EPERM: no second try, nothing to read, and a sentence on what is missing. */
static void without_rights_no_log(void **state)
{
	(void)state;
	const struct bpf_insn insns[] = { ABI_MOV_IMM(0, 2), ABI_EXIT() };
	pid_t pid = fork();
	if (!pid) {
		char *log;
		if (setgid(65534) || setuid(65534))
			_exit(2);
		int r = load(insns, LEN(insns), &log);
		const char *why = kern_rights_missing();
		_exit(r == -EPERM && !log && why && strstr(why, "CAP_BPF") && strstr(why, "sudo") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_null(kern_rights_missing());
}

static void refused_btf_is_named(void **state)
{
	(void)state;
	const struct bpf_insn insns[] = { ABI_MOV_IMM(0, 2), ABI_EXIT() };
	const uint8_t junk[64] = { 1, 2, 3 };
	struct kern_prog_spec s = { .type = BPF_PROG_TYPE_XDP, .insns = insns, .n = 2, .name = "t",
				    .btf = junk, .btf_len = sizeof junk };
	char *log;
	assert_true(kern_prog_load(&s, &log) < 0);
	assert_non_null(log);
	assert_non_null(strstr(log, "BTF was refused"));
	free(log);
}

/* BTF by hand: function "filter" of file "f.lua", line 12 "local n = 1", line 14 "return n". */
static const struct btf_blob {
	struct btf_header head;
	struct { struct btf_type t; uint32_t bits; } integer;
	struct btf_type proto, func;
	char names[41];
} btf = {
	.head = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof btf.head,
		  .type_len = offsetof(struct btf_blob, names) - sizeof btf.head,
		  .str_off = offsetof(struct btf_blob, names) - sizeof btf.head,
		  .str_len = sizeof btf.names },
	.integer = { { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 }, 32 },
	.proto = { .info = BTF_KIND_FUNC_PROTO << 24, .type = 1 },
	.func = { .name_off = 5, .info = BTF_KIND_FUNC << 24, .type = 2 },
	/*         1    5       12     18           30 */
	.names = "\0int\0filter\0f.lua\0local n = 1\0return n\0",
};

static void load_with_btf(const struct bpf_insn *insns, uint32_t n, int want, char **log)
{
	const struct bpf_func_info func = { .type_id = 3 };
	const struct bpf_line_info lines[] = {
		{ .file_name_off = 12, .line_off = 18, .line_col = 12 << 10 },
		{ .insn_off = 1, .file_name_off = 12, .line_off = 30, .line_col = 14 << 10 },
	};
	struct kern_prog_spec s = {
		.type = BPF_PROG_TYPE_XDP, .insns = insns, .n = n, .name = "filter",
		.btf = &btf, .btf_len = offsetof(struct btf_blob, names) + sizeof btf.names,
		.func_info = &func, .nfunc_info = 1, .line_info = lines, .nline_info = 2,
	};
	int fd = kern_prog_load(&s, log);
	if (*log)
		print_message("%s\n", *log);
	assert_int_equal(fd < 0 ? fd : 0, want);
	kern_close(fd);
}

static void real_log_names_lua_lines(void **state)
{
	(void)state;
	const struct bpf_insn good[] = { ABI_MOV_IMM(0, 1), ABI_EXIT() };
	const struct bpf_insn bad[] = { ABI_MOV_IMM(1, 1),
					ABI_INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 1, 0, 0), ABI_EXIT() };
	char *log;
	load_with_btf(good, 2, 0, &log);
	assert_null(log);
	load_with_btf(bad, 3, -EACCES, &log);
	char *text = kern_log_explain(log);
	const char *last = strstr(text, "f.lua:14: return n\n");
	assert_non_null(strstr(text, "f.lua:12: local n = 1\n"));
	assert_non_null(last);
	assert_non_null(strstr(last, "R1 invalid mem access 'scalar'"));
	assert_null(strstr(text, "processed"));
	free(text);
	free(log);
}

/* ---- memory of one-entry arrays ---- */

static void mapped_value_is_shared(void **state)
{
	(void)state;
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 128,
				   .entries = 1, .flags = BPF_F_MMAPABLE, .numa = -1 };
	int fd = kern_map_create(&s);
	uint64_t *p = kern_map_mmap(fd, 128);
	assert_non_null(p);
	struct bpf_insn insns[] = { /* *(u64 *)(value + 64) += 5, atomically */
		ABI_INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, 0, fd),
		ABI_INSN(0, 0, 0, 0, 64),
		ABI_MOV_IMM(2, 5),
		ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD),
		ABI_MOV_IMM(0, 2),
		ABI_EXIT(),
	};
	int prog = load(insns, LEN(insns), NULL);
	uint8_t in[60] = { 0 };
	struct kern_test t = { .in = in, .in_len = sizeof in, .repeat = 3 };
	assert_int_equal(kern_prog_test(prog, &t), 0);
	assert_int_equal(p[8], 15);
	p[8] = 1;
	assert_int_equal(kern_prog_test(prog, &t), 0);
	assert_int_equal(p[8], 16);
	kern_close(prog);
	kern_map_munmap(p, 128);
	kern_close(fd);

	s.flags = 0;
	fd = kern_map_create(&s);
	assert_null(kern_map_mmap(fd, 128));
	kern_close(fd);
}

/* ---- features ---- */

static char cache_dir[] = "/tmp/pg-test-XXXXXX", cache_file[64];

static int use_cache_dir(void **state)
{
	(void)state;
	strcpy(cache_dir + strlen(cache_dir) - 6, "XXXXXX");
	if (!mkdtemp(cache_dir))
		return -1;
	snprintf(cache_file, sizeof cache_file, "%s/perigee/features", cache_dir);
	return setenv("XDG_CACHE_HOME", cache_dir, 1);
}

static int drop_cache_dir(void **state)
{
	char dir[64];
	(void)state;
	snprintf(dir, sizeof dir, "%s/perigee", cache_dir);
	unlink(cache_file);
	rmdir(dir);
	return rmdir(cache_dir);
}

/* The state that the cache file, if believed, gives feature 0. */
static int from_cache(void)
{
	struct kern_features f = { .read = false };
	kern_cache_read(&f);
	return f.state[0];
}

static void edit_cache(int at, char c)
{
	int fd = open(cache_file, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &c, 1, at < 0 ? lseek(fd, 0, SEEK_END) + at : at), 1);
	close(fd);
}

static void features_are_cached(void **state)
{
	(void)state;
	struct kern_features f = { .read = false };
	assert_int_equal(from_cache(), 0);
	bool has = kern_has(&f, (enum feature)0);
	assert_int_equal(f.state[0], has ? 1 : -1);
	assert_int_equal(f.state[1], 0); /* lazy: nothing else was asked */
	assert_int_equal(from_cache(), f.state[0]);

	kern_probe_all(&f);
	for (int i = 0; i < FEAT_COUNT; i++)
		assert_int_equal(abs(f.state[i]), 1);
	struct kern_features g = { .read = false };
	kern_cache_read(&g);
	assert_memory_equal(f.state, g.state, sizeof f.state);
}

static void damaged_cache_is_rebuilt(void **state)
{
	(void)state;
	static const int places[] = { 0, 17, 22, 60, -3, -18, -20 };
	struct kern_features f = { .read = false };
	for (unsigned i = 0; i < LEN(places); i++) {
		kern_probe_all(&f);
		kern_cache_write(&f);
		assert_int_equal(abs(from_cache()), 1);
		edit_cache(places[i], '!');
		assert_int_equal(from_cache(), 0);
	}
	assert_int_equal(truncate(cache_file, 30), 0);
	assert_int_equal(from_cache(), 0);
	memset(&f, 0, sizeof f);
	kern_has(&f, (enum feature)0);
	assert_int_equal(abs(from_cache()), 1);
	/* what others may write is not believed */
	assert_int_equal(chmod(cache_file, 0666), 0);
	assert_int_equal(from_cache(), 0);
	assert_int_equal(chmod(cache_file, 0600), 0);
	assert_int_equal(abs(from_cache()), 1);
}

static void other_rights_do_not_share_the_cache(void **state)
{
	(void)state;
	struct kern_features f = { .read = false };
	kern_probe_all(&f);
	kern_cache_write(&f);
	chmod(cache_dir, 0755);
	pid_t pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		struct kern_features g = { .read = false };
		/* may not probe: taken to be there, and not recorded */
		_exit(kern_has(&g, FEAT_may_goto) && g.state[FEAT_may_goto] == 0 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void feature_switched_off(void **state)
{
	(void)state;
	struct kern_features f = { .read = false };
	f.state[FEAT_ringbuf] = -2;
	assert_false(kern_has(&f, FEAT_ringbuf));
	kern_probe_all(&f);
	assert_int_equal(f.state[FEAT_ringbuf], -2);
	struct kern_features g = { .read = false };
	kern_cache_read(&g);
	assert_int_equal(g.state[FEAT_ringbuf], 0); /* off is this context's, not the kernel's */
	assert_true(g.state[FEAT_xdp_load] != 0);
}

/* The probe must be able to say no: a helper and a feature that no kernel has. */
static void probes_agree_with_the_kernel(void **state)
{
	(void)state;
	const struct bpf_insn none[] = { ABI_CALL(9999), ABI_EXIT() };
	assert_int_equal(load(none, 2, NULL), -EINVAL);
	for (unsigned i = 0; i < FEAT_COUNT; i++) {
		int r = kern_probe(i);
		print_message("%s: %d\n", kern_feature_name((enum feature)i), r);
		assert_true(r == 1 || r == -1);
		assert_non_null(kern_feature_since((enum feature)i));
		assert_non_null(kern_feature_what((enum feature)i));
	}
}

/* ---- the log against Lua ---- */

static void log_names_lua_lines(void **state)
{
	(void)state;
	static const struct { const char *log, *want; } rows[] = {
		{ "func#0 @0\n0: R1=ctx() R10=fp0\n; local n = hits[ip.src] @ filter.lua:13\n0: (85) call 1\n"
		  "; hits[ip.src] = n + 1 @ filter.lua:14\n1: (79) r1 = *(u64 *)(r0 +0)\n"
		  "R0 invalid mem access 'map_value_or_null'\nverification time 12 usec\nstack depth 0\n"
		  "processed 2 insns (limit 1000000) max_states_per_insn 0\n",
		  "      0: R1=ctx() R10=fp0\n  filter.lua:13: local n = hits[ip.src]\n"
		  "      0: (85) call 1\n  filter.lua:14: hits[ip.src] = n + 1\n"
		  "      1: (79) r1 = *(u64 *)(r0 +0)\n      R0 invalid mem access 'map_value_or_null'" },
		{ "; a = b\n0: (b7) r0 = 0\nbad\n", "  a = b\n      0: (b7) r0 = 0\n      bad" },
		{ "; first @ f.lua:1\n0: x\n1: x\n2: x\n3: x\n4: x\n5: x\n6: x\n7: x\n8: x\n9: x\n10: x\n"
		  "11: x\n12: x\nbad\n",
		  "  f.lua:1: first\n      2: x\n      3: x\n      4: x\n      5: x\n      6: x\n      7: x\n"
		  "      8: x\n      9: x\n      10: x\n      11: x\n      12: x\n      bad" },
		{ "", "" },
		{ "no newline", "      no newline" },
		{ "; \n;\n", "  \n      ;" },
	};
	for (unsigned i = 0; i < LEN(rows); i++) {
		char *text = kern_log_explain(rows[i].log);
		assert_string_equal(text, rows[i].want);
		free(text);
	}
}

static void names_are_cleaned(void **state)
{
	(void)state;
	static const struct { const char *in, *out; } rows[] = {
		{ "filter", "filter" }, { "a b/c:14", "a_b_c_14" }, { NULL, "" }, { "", "" },
		{ "0123456789abcdefgh", "0123456789abcde" }, { "x.y_z", "x.y_z" }, { "\xc3\xa9t", "__t" },
	};
	for (unsigned i = 0; i < LEN(rows); i++) {
		char out[BPF_OBJ_NAME_LEN];
		kern_name(out, rows[i].in);
		assert_string_equal(out, rows[i].out);
	}
}

static struct leak_snapshot before;

static int start(void **state)
{
	(void)state;
	return leak_take(&before);
}

/* Last: a failing teardown would not make the program fail. */
static void nothing_is_left(void **state)
{
	(void)state;
	int leaks = leak_compare(&before, 2000, stderr);
	leak_free(&before);
	assert_int_equal(leaks, 0);
}

int main(void)
{
#define CACHED(f) cmocka_unit_test_setup_teardown(f, use_cache_dir, drop_cache_dir)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_of_each_type),
		cmocka_unit_test(map_that_cannot_be),
		cmocka_unit_test(batch_reads_all),
		cmocka_unit_test(program_runs),
		cmocka_unit_test(rejection_has_a_log),
		cmocka_unit_test(long_log_is_whole),
		cmocka_unit_test(bad_attributes_have_no_log),
		cmocka_unit_test(without_rights_no_log),
		cmocka_unit_test(refused_btf_is_named),
		cmocka_unit_test(real_log_names_lua_lines),
		cmocka_unit_test(mapped_value_is_shared),
		CACHED(features_are_cached),
		CACHED(damaged_cache_is_rebuilt),
		CACHED(other_rights_do_not_share_the_cache),
		CACHED(feature_switched_off),
		cmocka_unit_test(probes_agree_with_the_kernel),
		cmocka_unit_test(log_names_lua_lines),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(nothing_is_left),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
