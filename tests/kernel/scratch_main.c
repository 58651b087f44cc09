/*
 * scratch_main.c - the counts of slots in scratch memory (src/opt/lower_long.c), seen and changed from outside, as if
 * other runs had them.
 *
 *	scratch SLOTS get           prints what the slots of the newest map called pg_scratch count, added up
 *	scratch SLOTS add N EVERY   adds N to the count of each slot whose number EVERY divides
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BEHIND = 16384 }; /* IR_SCRATCH_BEHIND */

static int bpf(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof *a);
}

static int open_map(uint32_t id, struct bpf_map_info *info)
{
	union bpf_attr a = { .map_id = id }, b = { .info.info_len = sizeof *info };
	int fd = bpf(BPF_MAP_GET_FD_BY_ID, &a);
	b.info.bpf_fd = (uint32_t)fd;
	memset(info, 0, sizeof *info);
	b.info.info = (uintptr_t)info;
	if (fd >= 0 && !bpf(BPF_OBJ_GET_INFO_BY_FD, &b) && !strcmp(info->name, "pg_scratch"))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The sum of the counts, after n was added to every so many of them. */
static uint64_t count(int fd, uint32_t size, uint32_t slots, uint64_t n, uint32_t every)
{
	uint32_t zero = 0, slot = (size - BEHIND) / slots;
	uint64_t sum = 0;
	char *value = malloc(size);
	union bpf_attr a = { .map_fd = (uint32_t)fd, .key = (uintptr_t)&zero, .value = (uintptr_t)value };
	if (!value || bpf(BPF_MAP_LOOKUP_ELEM, &a))
		exit(1);
	for (uint32_t i = 0; i < slots; i++) {
		uint64_t *at = (uint64_t *)(void *)(value + (size_t)i * slot);
		*at += i % every ? 0 : n;
		sum += *at;
	}
	if (n && bpf(BPF_MAP_UPDATE_ELEM, &a))
		exit(1);
	free(value);
	return sum;
}

int main(int argc, char **argv)
{
	uint32_t slots = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
	uint64_t n = argc > 3 ? (uint64_t)atoll(argv[3]) : 0, sum = 0;
	union bpf_attr a = { 0 };
	struct bpf_map_info info = { 0 }, one;
	int newest = -1;
	for (; slots && !bpf(BPF_MAP_GET_NEXT_ID, &a); a.start_id = a.next_id) {
		int fd = open_map(a.next_id, &one);
		if (fd < 0)
			continue;
		if (newest >= 0)
			close(newest);
		newest = fd;
		info = one;
	}
	if (newest >= 0)
		sum = count(newest, info.value_size, slots, n, argc > 4 ? (uint32_t)atoi(argv[4]) : 1);
	printf("%llu\n", (unsigned long long)sum);
	return !slots;
}
