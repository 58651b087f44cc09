/* test_kern_ring.c - the ring buffer's reader, fed by programs: records, discarded ones, wrapping, full. */
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kernel/leak.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof *(v))

enum { PAGE = 4096, OUTPUT = 130, RESERVE = 131, SUBMIT = 132, DISCARD = 133 };

struct fixture {
	int map, prog;
	struct kern_ring *ring;
};

static int make_ring(struct fixture *f)
{
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_RINGBUF, .entries = PAGE, .name = "ring",
				   .numa = -1 };
	f->map = kern_map_create(&s);
	f->prog = -1;
	return f->map < 0 ? f->map : kern_ring_new(f->map, PAGE, &f->ring);
}

static void load(struct fixture *f, const struct bpf_insn *insns, uint32_t n)
{
	struct kern_prog_spec s = { .type = BPF_PROG_TYPE_XDP, .insns = insns, .n = n, .name = "ring" };
	char *log;
	f->prog = kern_prog_load(&s, &log);
	if (log)
		print_message("%s", log);
	free(log);
	assert_true(f->prog >= 0);
}

static void drop(struct fixture *f)
{
	kern_ring_free(f->ring);
	kern_close(f->prog);
	kern_close(f->map);
}

/* r0 of the program for a packet that starts with v. */
static uint32_t run(const struct fixture *f, uint64_t v)
{
	uint8_t in[64] = { 0 };
	memcpy(in, &v, sizeof v);
	struct kern_test t = { .in = in, .in_len = sizeof in };
	assert_int_equal(kern_prog_test(f->prog, &t), 0);
	return t.retval;
}

/* Copies the packet to the stack and sends `size` bytes of it; its result is the helper's. */
static void load_sender(struct fixture *f, int size)
{
	const struct bpf_insn insns[] = {
		ABI_MOV_IMM(2, 0),
		ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -64),
		ABI_MOV_IMM(4, 64),
		ABI_CALL(ABI_XDP_LOAD_BYTES),
		ABI_LD_MAP_FD(1, f->map),
		ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		ABI_INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -64),
		ABI_MOV_IMM(3, size),
		ABI_MOV_IMM(4, 0),
		ABI_CALL(OUTPUT),
		ABI_EXIT(),
	};
	load(f, insns, LEN(insns));
}

struct seen { uint64_t first[1024]; size_t n, bytes; };

static void note(void *arg, const void *data, size_t n)
{
	struct seen *s = arg;
	memcpy(&s->first[s->n++], data, 8);
	s->bytes += n;
}

static void records_come_in_order(void **state)
{
	(void)state;
	struct fixture f;
	struct seen s = { .n = 0 };
	assert_int_equal(make_ring(&f), 0);
	load_sender(&f, 20);
	assert_int_equal(kern_ring_read(f.ring, note, &s), 0);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(run(&f, 100 + i), 0);
	assert_int_equal(kern_ring_read(f.ring, note, &s), 5);
	assert_int_equal(s.bytes, 5 * 20);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(s.first[i], 100 + i);
	assert_int_equal(kern_ring_read(f.ring, note, &s), 0);
	drop(&f);
}

/* Records that do not divide the ring come to lie across its end. */
static void records_wrap(void **state)
{
	(void)state;
	struct fixture f;
	struct seen s = { .n = 0 };
	uint64_t sent = 0;
	assert_int_equal(make_ring(&f), 0);
	load_sender(&f, 61); /* 72 with its header */
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 37; i++)
			assert_int_equal(run(&f, sent++), 0);
		assert_int_equal(kern_ring_read(f.ring, note, &s), 37);
	}
	assert_int_equal(s.n, 370);
	assert_int_equal(s.bytes, 370 * 61);
	for (uint64_t i = 0; i < sent; i++)
		assert_int_equal(s.first[i], i);
	drop(&f);
}

static void full_ring_refuses_and_recovers(void **state)
{
	(void)state;
	struct fixture f;
	struct seen s = { .n = 0 };
	uint32_t sent = 0;
	assert_int_equal(make_ring(&f), 0);
	load_sender(&f, 56); /* 64 with its header: 63 of them leave less than one free */
	while (sent < 100 && run(&f, sent) == 0)
		sent++;
	assert_in_range(sent, 60, 64);
	assert_int_equal((int32_t)run(&f, 1), -EAGAIN);
	assert_int_equal(kern_ring_read(f.ring, note, &s), sent);
	assert_int_equal(s.first[sent - 1], sent - 1);
	assert_int_equal(run(&f, 7), 0);
	assert_int_equal(kern_ring_read(f.ring, note, &s), 1);
	assert_int_equal(s.first[sent], 7);
	drop(&f);
}

/* Reserves 16 bytes, writes 5 there, then discards; reserves again, writes 6, submits. */
static void discarded_records_are_skipped(void **state)
{
	(void)state;
#define RESERVED(value, end)                                     \
	ABI_LD_MAP_FD(1, f.map), ABI_MOV_IMM(2, 16), ABI_MOV_IMM(3, 0), \
	ABI_CALL(RESERVE),                                       \
	ABI_INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0),         \
	ABI_MOV_IMM(0, 1), ABI_EXIT(),                           \
	ABI_INSN(BPF_ST | BPF_MEM | BPF_DW, 0, 0, 0, value),     \
	ABI_INSN(BPF_ST | BPF_MEM | BPF_DW, 0, 0, 8, 0),         \
	ABI_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0),       \
	ABI_MOV_IMM(2, 0), ABI_CALL(end)
	struct fixture f;
	struct seen s = { .n = 0 };
	assert_int_equal(make_ring(&f), 0);
	const struct bpf_insn insns[] = {
		RESERVED(5, DISCARD), RESERVED(6, SUBMIT), ABI_MOV_IMM(0, 2), ABI_EXIT(),
	};
	load(&f, insns, LEN(insns));
	for (int i = 0; i < 3; i++)
		assert_int_equal(run(&f, 0), 2);
	assert_int_equal(kern_ring_read(f.ring, note, &s), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(s.first[i], 6);
	assert_int_equal(s.bytes, 3 * 16);
	drop(&f);
}

static void sizes_that_cannot_be(void **state)
{
	(void)state;
	struct fixture f;
	struct kern_ring *r;
	static const uint32_t sizes[] = { 0, 100, PAGE - 1, PAGE + 1, 3 * PAGE };
	assert_int_equal(make_ring(&f), 0);
	for (unsigned i = 0; i < LEN(sizes); i++)
		assert_int_equal(kern_ring_new(f.map, sizes[i], &r), -EINVAL);
	assert_true(kern_ring_new(f.map, 2 * PAGE, &r) < 0);
	assert_int_equal(kern_ring_new(-1, PAGE, &r), -EBADF);
	drop(&f);
	kern_ring_free(NULL);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order),
		cmocka_unit_test(records_wrap),
		cmocka_unit_test(full_ring_refuses_and_recovers),
		cmocka_unit_test(discarded_records_are_skipped),
		cmocka_unit_test(sizes_that_cannot_be),
		cmocka_unit_test(nothing_is_left),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
