/* side.c - a loaded program: its maps, what they hold, what the verifier says of it. */
#include "measure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Noreturn void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench/code: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	exit(1);
}

long sys_bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(__NR_bpf, cmd, attr, sizeof *attr);

	return r < 0 ? -errno : r;
}

static void info_of(int fd, void *info, uint32_t size)
{
	union bpf_attr a = { .info = { .bpf_fd = (uint32_t)fd, .info_len = size,
				       .info = (uintptr_t)info } };

	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a) < 0)
		die("no information on descriptor %d: %s", fd, strerror(errno));
}

void side_kernel_says(struct side *s)
{
	struct bpf_prog_info info = { 0 };

	info_of(s->fd, &info, sizeof info);
	s->verified = info.verified_insns;
	s->bytes = info.jited_prog_len ? info.jited_prog_len : info.xlated_prog_len;
}

static void add_map(struct side *s, int fd)
{
	for (uint32_t m = 0; m < s->nmaps; m++)
		if (s->maps[m].fd == fd)
			return;
	if (s->nmaps == MAPS)
		die("more than %d maps", MAPS);
	s->maps[s->nmaps].fd = fd;
	info_of(fd, &s->maps[s->nmaps++].info, sizeof(struct bpf_map_info));
}

void side_find_maps(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
			if (s->insns[i].src_reg)
				add_map(s, s->insns[i].imm);
			i++;
		}
}

static void copy_map(int from, int to, uint32_t key_size)
{
	static _Alignas(8) uint8_t value[CPUS * VALUE_SIZE];
	_Alignas(8) uint8_t key[2][KEY_SIZE];
	union bpf_attr a = { .map_fd = (uint32_t)from, .key = 0, .next_key = (uintptr_t)key[0] };

	if (key_size > sizeof key[0])
		die("a key of %u bytes", key_size);
	for (unsigned k = 0; sys_bpf(BPF_MAP_GET_NEXT_KEY, &a) == 0; k ^= 1) {
		union bpf_attr v = { .map_fd = (uint32_t)from, .key = (uintptr_t)key[k],
				     .value = (uintptr_t)value };
		if (sys_bpf(BPF_MAP_LOOKUP_ELEM, &v) == 0) {
			v.map_fd = (uint32_t)to;
			sys_bpf(BPF_MAP_UPDATE_ELEM, &v);
		}
		a.key = (uintptr_t)key[k];
		a.next_key = (uintptr_t)key[k ^ 1];
	}
}

void side_copy_maps(const struct side *from, const struct side *to)
{
	for (uint32_t t = 0; t < to->nmaps; t++)
		for (uint32_t f = 0; f < from->nmaps; f++)
			if (*to->maps[t].info.name &&
			    !strcmp(from->maps[f].info.name, to->maps[t].info.name))
				copy_map(from->maps[f].fd, to->maps[t].fd, to->maps[t].info.key_size);
}
