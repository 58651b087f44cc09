/* map.c - maps as bpf(2) has them: descriptors, keys and values as bytes. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

int kern_map_create(const struct kern_map_spec *s)
{
	KERN_ATTR(a);
	a.map_type = s->type;
	a.key_size = s->key_size;
	a.value_size = s->value_size;
	a.max_entries = s->entries;
	a.map_flags = s->flags;
	a.inner_map_fd = (uint32_t)s->inner_fd;
	if (s->numa >= 0) {
		a.map_flags |= BPF_F_NUMA_NODE;
		a.numa_node = (uint32_t)s->numa;
	}
	kern_name(a.map_name, s->name);
	if (s->btf_fd > 0) {
		a.btf_fd = (uint32_t)s->btf_fd;
		a.btf_key_type_id = s->btf_key;
		a.btf_value_type_id = s->btf_value;
	}
	return kern_bpf_charged(BPF_MAP_CREATE, &a);
}

int kern_map_info(int fd, struct kern_map_info *out)
{
	struct bpf_map_info i = { 0 };
	KERN_ATTR(a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof i;
	a.info.info = kern_ptr(&i);
	int r = kern_bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
	if (!r)
		*out = (struct kern_map_info){ i.type, i.key_size, i.value_size, i.max_entries, i.map_flags,
					       i.btf_id };
	return r;
}

static int attached(enum bpf_cmd cmd, int fd, int prog_fd, uint32_t attach_type)
{
	KERN_ATTR(a);
	a.target_fd = (uint32_t)fd;
	a.attach_bpf_fd = (uint32_t)prog_fd;
	a.attach_type = attach_type;
	return kern_bpf(cmd, &a);
}

/* Programs of a map of sockets; one that is there is replaced. */
int kern_map_attach(int fd, int prog_fd, uint32_t attach_type)
{
	return attached(BPF_PROG_ATTACH, fd, prog_fd, attach_type);
}

int kern_map_detach(int fd, int prog_fd, uint32_t attach_type)
{
	return attached(BPF_PROG_DETACH, fd, prog_fd, attach_type);
}

int kern_obj_get(const char *path)
{
	KERN_ATTR(a);
	a.pathname = kern_ptr(path);
	return kern_bpf(BPF_OBJ_GET, &a);
}

int kern_obj_pin(int fd, const char *path)
{
	KERN_ATTR(a);
	a.pathname = kern_ptr(path);
	a.bpf_fd = (uint32_t)fd;
	return kern_bpf(BPF_OBJ_PIN, &a);
}

static int element(enum bpf_cmd cmd, int fd, const void *key, const void *value, uint64_t flags)
{
	KERN_ATTR(a);
	a.map_fd = (uint32_t)fd;
	a.key = kern_ptr(key);
	a.value = kern_ptr(value);
	a.flags = flags;
	return kern_bpf(cmd, &a);
}

int kern_map_lookup(int fd, const void *key, void *value, uint64_t flags)
{
	return element(BPF_MAP_LOOKUP_ELEM, fd, key, value, flags);
}

int kern_map_update(int fd, const void *key, const void *value, uint64_t flags)
{
	return element(BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int kern_map_delete(int fd, const void *key)
{
	return element(BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int kern_map_pop(int fd, const void *key, void *value)
{
	return element(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, 0);
}

int kern_map_next_key(int fd, const void *key, void *next)
{
	return element(BPF_MAP_GET_NEXT_KEY, fd, key, next, 0);
}

int kern_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
			  uint32_t *count)
{
	KERN_ATTR(a);
	a.batch.map_fd = (uint32_t)fd;
	a.batch.in_batch = kern_ptr(in_batch);
	a.batch.out_batch = kern_ptr(out_batch);
	a.batch.keys = kern_ptr(keys);
	a.batch.values = kern_ptr(values);
	a.batch.count = *count;
	int r = kern_bpf(BPF_MAP_LOOKUP_BATCH, &a);
	*count = r == 0 || r == -ENOENT ? a.batch.count : 0;
	/* the kernel's own "not supported" number never left the kernel's headers */
	return r == -524 ? -EOPNOTSUPP : r;
}

static int fill_batch(int fd, const void *keys, const void *values, uint32_t n)
{
	KERN_ATTR(a);
	a.batch.map_fd = (uint32_t)fd;
	a.batch.keys = kern_ptr(keys);
	a.batch.values = kern_ptr(values);
	a.batch.count = n;
	return kern_bpf(BPF_MAP_UPDATE_BATCH, &a);
}

int kern_map_fill(int fd, const void *keys, uint32_t key_size, const void *values, uint32_t value_size, uint32_t n)
{
	uint32_t *numbers = keys ? NULL : malloc(n * sizeof *numbers + 1);
	if (!keys && !numbers)
		return -ENOMEM;
	for (uint32_t i = 0; numbers && i < n; i++)
		numbers[i] = i;
	const char *k = keys ? keys : numbers, *v = values;
	int r = fill_batch(fd, k, v, n);
	for (uint32_t i = 0; r < 0 && r != -EPERM && i < n; i++) {
		int one = kern_map_update(fd, k + (size_t)i * key_size, v + (size_t)i * value_size, 0);
		if (one < 0 || i + 1 == n)
			r = one;
		if (one < 0)
			break;
	}
	free(numbers);
	return r;
}

int kern_map_freeze(int fd)
{
	KERN_ATTR(a);
	a.map_fd = (uint32_t)fd;
	return kern_bpf(BPF_MAP_FREEZE, &a);
}

void *kern_map_mmap(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

void kern_map_munmap(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}
