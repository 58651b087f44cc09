/* test_btf.c - structs read from BTF: of a file made here, of the running kernel, and damaged ones. */
#include "kern/kern.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the types below are, in C:
 *     struct event { struct { } ent; pid_t pid; _Bool on; char comm[16]; unsigned long args[6]; void *p;
 *                    enum e how; unsigned int bits : 3; }; */
static const char names[] = "\0int\0pid_t\0_Bool\0char\0long unsigned int\0event\0ent\0pid\0on\0comm\0args\0p\0"
			    "how\0bits\0e";

static uint32_t name(const char *s)
{
	for (const char *at = names; at < names + sizeof names; at += strlen(at) + 1)
		if (!strcmp(at, s))
			return (uint32_t)(at - names);
	fail_msg("no name %s", s);
	return 0;
}

#define INFO(kind, flag, vlen) ((uint32_t)(flag) << 31 | (uint32_t)(kind) << 24 | (vlen))
#define INT(encoding, bits) ((uint32_t)(encoding) << 24 | (bits))

static size_t make(uint8_t *out)
{
	const uint32_t types[] = {
		/* 1 */ name("int"), INFO(BTF_KIND_INT, 0, 0), 4, INT(BTF_INT_SIGNED, 32),
		/* 2 */ name("pid_t"), INFO(BTF_KIND_TYPEDEF, 0, 0), 1,
		/* 3 */ name("_Bool"), INFO(BTF_KIND_INT, 0, 0), 1, INT(BTF_INT_BOOL, 8),
		/* 4 */ name("char"), INFO(BTF_KIND_INT, 0, 0), 1, INT(BTF_INT_SIGNED, 8),
		/* 5 */ name("long unsigned int"), INFO(BTF_KIND_INT, 0, 0), 8, INT(0, 64),
		/* 6 */ 0, INFO(BTF_KIND_ARRAY, 0, 0), 0, 4, 1, 16,
		/* 7 */ 0, INFO(BTF_KIND_ARRAY, 0, 0), 0, 5, 1, 6,
		/* 8 */ 0, INFO(BTF_KIND_PTR, 0, 0), 0,
		/* 9 */ name("ent"), INFO(BTF_KIND_STRUCT, 0, 0), 0,
		/* 10 */ name("e"), INFO(BTF_KIND_ENUM, 0, 1), 4, name("on"), 1,
		/* 11 */ 0, INFO(BTF_KIND_VOLATILE, 0, 0), 2,
		/* 12 */ name("event"), INFO(BTF_KIND_STRUCT, 1, 8), 104,
		name("ent"), 9, 0, name("pid"), 11, 64, name("on"), 3, 96, name("comm"), 6, 104, name("args"), 7, 256,
		name("p"), 8, 640, name("how"), 10, 704, name("bits"), 1, 3u << 24 | 736,
	};
	struct btf_header h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof h, .type_len = sizeof types,
				.str_off = sizeof types, .str_len = sizeof names };
	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, types, sizeof types);
	memcpy(out + sizeof h + sizeof types, names, sizeof names);
	return sizeof h + sizeof types + sizeof names;
}

struct seen {
	unsigned n;
	struct kern_btf_member m[16];
	char name[16][32];
};

static void each(void *arg, const struct kern_btf_member *m)
{
	struct seen *s = arg;
	if (s->n == 16)
		return;
	snprintf(s->name[s->n], sizeof s->name[0], "%s", m->name);
	s->m[s->n++] = *m;
}

/* A file of these bytes, read. */
static int read_back(const uint8_t *bytes, size_t n, struct seen *s)
{
	char path[] = "/tmp/test_btf.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
	*s = (struct seen){ 0 };
	int r = kern_btf_struct(path, "event", each, s);
	unlink(path);
	return r;
}

static void reads_members(void **state)
{
	static const struct { const char *name; struct kern_btf_member m; } want[] = {
		{ "ent", { NULL, KERN_BTF_OTHER, 0, 0, false, false, 0 } },
		{ "pid", { NULL, KERN_BTF_INT, 8, 4, true, false, 0 } },
		{ "on", { NULL, KERN_BTF_BOOL, 12, 1, false, false, 0 } },
		{ "comm", { NULL, KERN_BTF_CHAR, 13, 1, true, true, 16 } },
		{ "args", { NULL, KERN_BTF_INT, 32, 8, false, true, 6 } },
		{ "p", { NULL, KERN_BTF_PTR, 80, 8, false, false, 0 } },
		{ "how", { NULL, KERN_BTF_INT, 88, 4, false, false, 0 } },
		{ "bits", { NULL, KERN_BTF_OTHER, 92, 0, false, false, 0 } },
	};
	uint8_t bytes[1024];
	struct seen s;
	(void)state;
	assert_int_equal(read_back(bytes, make(bytes), &s), 0);
	assert_int_equal(s.n, 8);
	for (unsigned i = 0; i < s.n; i++) {
		const struct kern_btf_member *got = &s.m[i], *m = &want[i].m;
		if (strcmp(s.name[i], want[i].name) || got->kind != m->kind || got->offset != m->offset ||
		    got->size != m->size || got->is_signed != m->is_signed || got->array != m->array ||
		    got->count != m->count)
			fail_msg("member %u: %s kind %d offset %u size %u count %u", i, s.name[i], got->kind,
				 got->offset, got->size, got->count);
	}
}

static void refuses_what_is_none(void **state)
{
	uint8_t bytes[1024];
	struct seen s;
	size_t n = make(bytes);
	(void)state;
	assert_int_equal(kern_btf_struct("/nonexistent", "event", each, &s), -ENOENT);
	assert_int_equal(read_back(bytes, 0, &s), -EINVAL);
	assert_int_equal(read_back(bytes, 10, &s), -EINVAL);
	bytes[n - 1] = 'x'; /* the last name has no end */
	assert_int_equal(read_back(bytes, n, &s), -EINVAL);
	make(bytes);
	bytes[0] ^= 1;
	assert_int_equal(read_back(bytes, n, &s), -EINVAL);
}

/* Any byte another, any length: an answer or an error, and no step outside (the sanitizer looks). */
static void survives_damage(void **state)
{
	uint8_t whole[1024], bytes[1024];
	size_t n = make(whole);
	uint32_t seed = 7;
	struct seen s;
	(void)state;
	for (size_t len = 0; len < n; len++)
		assert_true(read_back(whole, len, &s) <= 0);
	for (int round = 0; round < 4000; round++) {
		memcpy(bytes, whole, n);
		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			bytes[(seed >> 8) % n] = (uint8_t)(seed >> 3);
		}
		assert_true(read_back(bytes, n, &s) <= 0);
	}
}

/* A type that is made of itself. */
static void ends_in_a_circle(void **state)
{
	uint8_t bytes[1024];
	struct seen s;
	size_t n = make(bytes);
	uint32_t itself = 2; /* pid_t: the third word of type 2, behind the four of type 1 */
	(void)state;
	memcpy(bytes + sizeof(struct btf_header) + 6 * 4, &itself, 4);
	assert_int_equal(read_back(bytes, n, &s), 0);
	assert_int_equal(s.m[1].kind, KERN_BTF_OTHER);
}

static void reads_the_kernel(void **state)
{
	struct seen s = { 0 };
	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return;
	assert_int_equal(kern_btf_struct(NULL, "trace_event_raw_sys_enter", each, &s), 0);
	assert_string_equal(s.name[1], "id");
	assert_int_equal(s.m[1].offset, 8);
	assert_string_equal(s.name[2], "args");
	assert_int_equal(s.m[2].count, 6);
	assert_int_equal(kern_btf_struct(NULL, "trace_event_raw_of_nothing", each, &s), -ENOENT);
}

/* A name is all of a name, and a function's. */
static void finds_functions(void **state)
{
	static const char *const functions[] = { "vfs_read", "fs_read", "task_struct", "vfs_read_of_nothing", "vfs_write" };
	uint32_t ids[5];
	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return;
	assert_int_equal(kern_btf_functions(NULL, functions, ids, 1), 0);
	assert_int_not_equal(ids[0], 0);
	assert_int_equal(kern_btf_functions(NULL, functions, ids, 5), -ENOENT);
	assert_int_equal(ids[1] | ids[2] | ids[3], 0);
	assert_true(ids[4] && ids[4] != ids[0]);
	assert_int_equal(kern_btf_functions("/nonexistent", functions, ids, 1), -ENOENT);
	assert_int_equal(ids[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_members),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(ends_in_a_circle),
		cmocka_unit_test(reads_the_kernel),
		cmocka_unit_test(finds_functions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
