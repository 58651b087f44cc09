/* test_format.c - the format files of tracefs: what the kernel writes, and what nobody should. */
#include "hook/format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena arena;
static jmp_buf oom;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 0, &oom);
	return setjmp(oom);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* ---- what the kernel writes ---- */

static const struct {
	const char *decl;
	uint32_t offset, size, sign;
	struct event_field want;
} lines[] = {
	{ "int pid", 8, 4, 1, { "pid", "int", EVENT_INT, 8, 4, 0, true, 0, 0, 0 } },
	{ "u64 now", 16, 8, 0, { "now", "u64", EVENT_INT, 16, 8, 0, false, 0, 0, 0 } },
	{ "const void * skaddr", 8, 8, 0, { "skaddr", "const void *", EVENT_INT, 8, 8, 0, false, 0, 0, 0 } },
	{ "const char *name", 8, 8, 0, { "name", "const char *", EVENT_INT, 8, 8, 0, false, 0, 0, 0 } },
	{ "enum zone_type z", 8, 4, 0, { "z", "enum zone_type", EVENT_INT, 8, 4, 0, false, 0, 0, 0 } },
	{ "unsigned char c", 13, 1, 0, { "c", "unsigned char", EVENT_INT, 13, 1, 0, false, 0, 0, 0 } },
	/* an argument of a system call has its register's width, and its own type */
	{ "int dfd", 16, 8, 0, { "dfd", "int", EVENT_INT, 16, 8, 32, true, 0, 0, 0 } },
	{ "unsigned int fd", 16, 8, 0, { "fd", "unsigned int", EVENT_INT, 16, 8, 32, false, 0, 0, 0 } },
	{ "umode_t mode", 40, 8, 0, { "mode", "umode_t", EVENT_INT, 40, 8, 16, false, 0, 0, 0 } },
	{ "const clockid_t which", 16, 8, 0, { "which", "const clockid_t", EVENT_INT, 16, 8, 32, true, 0, 0, 0 } },
	{ "size_t count", 16, 8, 0, { "count", "size_t", EVENT_INT, 16, 8, 0, false, 0, 0, 0 } },
	{ "bool on", 9, 1, 0, { "on", "bool", EVENT_BOOL, 9, 1, 0, false, 0, 0, 0 } },
	{ "char comm[16]", 38, 16, 0, { "comm", "char[16]", EVENT_TEXT, 38, 16, 0, false, 0, 0, 0 } },
	{ "const char name[8]", 8, 8, 0, { "name", "const char[8]", EVENT_TEXT, 8, 8, 0, false, 0, 0, 0 } },
	{ "char comm[TASK_COMM_LEN]", 8, 16, 0, { "comm", "char[TASK_COMM_LEN]", EVENT_TEXT, 8, 16, 0, false, 0, 0, 0 } },
	{ "unsigned long args[6]", 16, 48, 0, { "args", "unsigned long[6]", EVENT_ARRAY, 16, 8, 0, false, 6, 0, 0 } },
	{ "int v[3]", 8, 12, 1, { "v", "int[3]", EVENT_ARRAY, 8, 4, 0, true, 3, 0, 0 } },
	{ "__u8 saddr[4]", 22, 4, 0, { "saddr", "__u8[4]", EVENT_ARRAY, 22, 1, 0, false, 4, 0, 0 } },
	{ "__data_loc char[] filename", 8, 4, 0,
	  { "filename", "__data_loc char[]", EVENT_DATA, 8, 4, 0, false, 0, 0, 0 } },
	{ "__rel_loc char[] name", 8, 4, 0, { "name", "__rel_loc char[]", EVENT_REL_DATA, 8, 4, 0, false, 0, 0, 0 } },
	/* there, and not to be read */
	{ "__data_loc u64[] addrs", 8, 4, 0, { "addrs", "__data_loc u64[]", EVENT_OPAQUE, 8, 4, 0, false, 0, 0, 0 } },
	{ "__data_loc char[] odd", 8, 8, 0, { "odd", "__data_loc char[]", EVENT_OPAQUE, 8, 8, 0, false, 0, 0, 0 } },
	{ "int unaligned", 10, 4, 0, { "unaligned", "int", EVENT_OPAQUE, 10, 4, 0, false, 0, 0, 0 } },
	{ "u16 odd[2]", 9, 4, 0, { "odd", "u16[2]", EVENT_OPAQUE, 9, 4, 0, false, 0, 0, 0 } },
	{ "struct sockaddr sa", 8, 8, 0, { "sa", "struct sockaddr", EVENT_OPAQUE, 8, 8, 0, false, 0, 0, 0 } },
	{ "struct page pages[2]", 8, 128, 0, { "pages", "struct page[2]", EVENT_OPAQUE, 8, 128, 0, false, 0, 0, 0 } },
	{ "u8 odd", 8, 3, 0, { "odd", "u8", EVENT_OPAQUE, 8, 3, 0, false, 0, 0, 0 } },
	{ "unsigned long args[]", 24, 0, 0, { "args", "unsigned long[]", EVENT_OPAQUE, 24, 0, 0, false, 0, 0, 0 } },
	{ "int v[3]", 8, 11, 1, { "v", "int[3]", EVENT_OPAQUE, 8, 11, 0, true, 0, 0, 0 } },
};

static struct event read_text(const char *text)
{
	struct event ev;
	assert_int_equal(event_format(&arena, text, strlen(text), &ev), 0);
	return ev;
}

static void reads_declarations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[256];
		snprintf(text, sizeof text, "format:\n\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%u;\n", lines[i].decl,
			 lines[i].offset, lines[i].size, lines[i].sign);
		struct event ev = read_text(text);
		const struct event_field *f = ev.fields, *want = &lines[i].want;
		if (ev.nfields != 1 || strcmp(f->name, want->name) || strcmp(f->type, want->type))
			fail_msg("%s: read as '%s' of '%s'", lines[i].decl, f->name, f->type);
		if (f->how != want->how || f->offset != want->offset || f->size != want->size ||
		    f->bits != want->bits || f->is_signed != want->is_signed || f->count != want->count)
			fail_msg("%s: how %d offset %u size %u bits %u signed %d count %u", lines[i].decl, f->how,
				 f->offset, f->size, f->bits, f->is_signed, f->count);
	}
}

static const char whole[] =
	"name: sched_switch\nID: 372\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
	"\n\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n\n"
	"print fmt: \"prev_comm=%s\", REC->prev_comm\n\tfield:int late;\toffset:40;\tsize:4;\tsigned:1;\n";

/* The tracer's own fields are none of the program's; what follows the print format is no field. */
static void reads_a_file(void **state)
{
	(void)state;
	struct event ev = read_text(whole);
	assert_int_equal(ev.id, 372);
	assert_int_equal(ev.nfields, 3);
	assert_string_equal(ev.fields[0].name, "prev_comm");
	assert_string_equal(ev.fields[1].name, "prev_pid");
	assert_string_equal(ev.fields[2].name, "prev_state");
	assert_null(ev.fields[3].name);
}

/* ---- what nobody should write ---- */

static const char *const broken[] = {
	"field:int a;offset:8;size:4", /* the head is not there */
	"format:\n\tfield:int a\toffset:8\tsize:4\n",
	"format:\n\tfield:int a;\tsize:4;\tsigned:0;\n",
	"format:\n\tfield:int a;\toffset:8;\tsigned:0;\n",
	"format:\n\tfield:int a;\toffset:-8;\tsize:4;\n",
	"format:\n\tfield:int a;\toffset:8192;\tsize:4;\n",
	"format:\n\tfield:int a;\toffset:8190;\tsize:4;\n",
	"format:\n\tfield:int a;\toffset:7;\tsize:4;\n",
	"format:\n\tfield:int a;\toffset:8;\tsize:99999999999999999999;\n",
	"format:\n\tfield:int a;\toffset:4294967304;\tsize:4;\n",
	"format:\n\tfield:;\toffset:8;\tsize:4;\n",
	"format:\n\tfield:a;\toffset:8;\tsize:4;\n",
	"format:\n\tfield:int 8a;\toffset:8;\tsize:4;\n",
	"format:\n\tfield:int a];\toffset:8;\tsize:4;\n",
	"format:\n\tfield:];\toffset:8;\tsize:4;\n",
	"format:\n\tfield:[];\toffset:8;\tsize:4;\n",
	"format:\n\tfield:int +;\toffset:8;\tsize:4;\n",
	"format:\n\tfield:int a;\toffset:;\tsize:;\n",
	"format:\n\tfield:", "format:\n\tfield:int", "format:\n\tfield:int a;\toffset:",
};

static void drops_what_is_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct event ev;
		int r = event_format(&arena, broken[i], strlen(broken[i]), &ev);
		if (ev.nfields)
			fail_msg("case %zu was read", i);
		assert_int_equal(r, i ? 0 : -EINVAL);
	}
	struct event ev;
	assert_int_equal(event_format(&arena, "", 0, &ev), -EINVAL);
}

static void keeps_to_its_limit(void **state)
{
	(void)state;
	char *text = malloc(1 << 20), *at = text + sprintf(text, "format:\n");
	for (int i = 0; i < EVENT_FIELDS + 10; i++)
		at += sprintf(at, "\tfield:int f%d;\toffset:%d;\tsize:4;\tsigned:1;\n", i, 8 + 4 * i);
	struct event ev = read_text(text);
	free(text);
	assert_int_equal(ev.nfields, EVENT_FIELDS);
	assert_null(ev.fields[EVENT_FIELDS].name);
}

/* Whatever is in the file: a field lies inside the record, and an integer has an integer's size. */
static bool sound(const struct event_field *f)
{
	uint32_t all = f->how == EVENT_ARRAY ? f->size * f->count : f->size;
	bool word = (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8) && f->offset % f->size == 0;
	if (f->offset < EVENT_FIRST || f->offset + all > EVENT_MOST || !*f->name)
		return false;
	if (f->how == EVENT_INT)
		return word && f->bits < f->size * 8;
	if (f->how == EVENT_DATA || f->how == EVENT_REL_DATA)
		return f->size == 4;
	return f->how == EVENT_ARRAY ? word && f->count : f->how != EVENT_BOOL || f->size == 1;
}

static void survives_damage(void **state)
{
	(void)state;
	static const char bits[] = "field:;[]*\t\n 0123456789offsetsizecharint__data_loc\0\x80\xff";
	uint32_t seed = 12345, n = sizeof whole - 1;
	for (int round = 0; round < 20000; round++) {
		char text[sizeof whole];
		memcpy(text, whole, sizeof whole);
		for (int k = 0; k < 6; k++) {
			seed = seed * 1664525 + 1013904223;
			text[(seed >> 8) % n] = bits[(seed >> 20) % (sizeof bits - 1)];
		}
		struct event ev;
		char *exact = malloc(n); /* its end is the memory's end: the sanitizer sees a step beyond */
		memcpy(exact, text, n);
		event_format(&arena, exact, n - seed % 7, &ev);
		free(exact);
		for (uint32_t i = 0; i < ev.nfields; i++)
			assert_true(sound(&ev.fields[i]));
		if (round % 100 == 0) {
			arena_free(&arena);
			setup(NULL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_declarations, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(drops_what_is_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_to_its_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(survives_damage, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
