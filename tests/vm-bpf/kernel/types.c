/* types.c - names in the kernel's own BTF (Documentation/bpf/btf.rst), read once. */
#include "kernel.h"

#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *read_all(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t room = 0, got = 1;
	for (*n = 0; f && got; *n += got) {
		if (*n == room)
			p = realloc(p, room = room * 2 + (1 << 20));
		got = fread(p + *n, 1, room - *n, f);
	}
	if (f)
		fclose(f);
	return p;
}

static size_t behind(const struct btf_type *t)
{
	static const uint8_t each[] = {
		[BTF_KIND_ARRAY] = 0, [BTF_KIND_STRUCT] = 12, [BTF_KIND_UNION] = 12, [BTF_KIND_ENUM] = 8,
		[BTF_KIND_FUNC_PROTO] = 8, [BTF_KIND_DATASEC] = 12, [19 /* ENUM64 */] = 12,
	};
	static const uint8_t once[] = {
		[BTF_KIND_INT] = 4, [BTF_KIND_ARRAY] = 12, [BTF_KIND_VAR] = 4, [17 /* DECL_TAG */] = 4,
	};
	unsigned kind = BTF_INFO_KIND(t->info);
	return sizeof(*t) + (kind < sizeof(once) ? once[kind] : 0) +
	       (kind < sizeof(each) ? (size_t)each[kind] * BTF_INFO_VLEN(t->info) : 0);
}

const char *kernel_type(uint32_t id)
{
	static uint8_t *file;
	static size_t size;
	struct btf_header h;
	if (!file)
		file = read_all("/sys/kernel/btf/vmlinux", &size);
	if (!file || size < sizeof(h))
		return NULL;
	memcpy(&h, file, sizeof(h));
	const uint8_t *p = file + h.hdr_len + h.type_off, *end = p + h.type_len;
	while (--id && p < end)
		p += behind((const struct btf_type *)(const void *)p);
	if (p >= end)
		return NULL;
	return (const char *)file + h.hdr_len + h.str_off + ((const struct btf_type *)(const void *)p)->name_off;
}
