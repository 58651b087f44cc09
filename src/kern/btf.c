/*
 * btf.c - structs of the running kernel, by name, from the types that it carries: readable by all.
 *
 *     header | types, one after the other, numbered from 1 | names, each ending with a NUL
 *
 * Nothing in the file is believed: every offset is checked against its part.
 */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct btf {
	void *file;
	size_t len;
	bool mapped;
	const uint8_t *types;
	uint32_t types_len, names_len;
	const char *names;
	uint32_t *at;          /* where each type lies; at[0] is void, nowhere */
	uint32_t n;
};

/* ---- the file ---- */

/* Before 6.16 it can only be read. */
static int read_file(struct btf *b, int fd)
{
	size_t got = 0;
	b->file = malloc(b->len);
	if (!b->file)
		return -ENOMEM;
	for (ssize_t r = 1; r > 0 && got < b->len; got += (size_t)r)
		if ((r = read(fd, (char *)b->file + got, b->len - got)) < 0)
			return -errno;
	b->len = got;
	return 0;
}

static int open_file(struct btf *b, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, &st) ? -errno : 0;
	if (!err) {
		b->len = (size_t)st.st_size;
		b->file = mmap(NULL, b->len, PROT_READ, MAP_PRIVATE, fd, 0);
		b->mapped = b->file != MAP_FAILED;
		err = b->mapped ? 0 : read_file(b, fd);
	}
	kern_close(fd);
	return err;
}

static int parts(struct btf *b)
{
	const struct btf_header *h = b->file;
	if (b->len < sizeof *h || h->magic != BTF_MAGIC || h->hdr_len < sizeof *h || h->hdr_len > b->len)
		return -EINVAL;
	size_t rest = b->len - h->hdr_len;
	if (h->type_off > rest || h->type_len > rest - h->type_off || (h->hdr_len | h->type_off) % 4 ||
	    h->str_off > rest ||
	    !h->str_len || h->str_len > rest - h->str_off)
		return -EINVAL;
	b->types = (const uint8_t *)b->file + h->hdr_len + h->type_off;
	b->types_len = h->type_len;
	b->names = (const char *)b->file + h->hdr_len + h->str_off;
	b->names_len = h->str_len;
	return b->names[b->names_len - 1] ? -EINVAL : 0;
}

/* Bytes of a type by its kind: a head, and so much for each of its vlen parts. */
static const struct { uint8_t head, part; } sizes[] = {
	[BTF_KIND_INT] = { 4, 0 },    [BTF_KIND_PTR] = { 0, 0 },      [BTF_KIND_ARRAY] = { 12, 0 },
	[BTF_KIND_STRUCT] = { 0, 12 }, [BTF_KIND_UNION] = { 0, 12 },  [BTF_KIND_ENUM] = { 0, 8 },
	[BTF_KIND_FWD] = { 0, 0 },    [BTF_KIND_TYPEDEF] = { 0, 0 },  [BTF_KIND_VOLATILE] = { 0, 0 },
	[BTF_KIND_CONST] = { 0, 0 },  [BTF_KIND_RESTRICT] = { 0, 0 }, [BTF_KIND_FUNC] = { 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { 0, 8 }, [BTF_KIND_VAR] = { 4, 0 },  [BTF_KIND_DATASEC] = { 0, 12 },
	[BTF_KIND_FLOAT] = { 0, 0 },  [17 /* decl tag */] = { 4, 0 }, [18 /* type tag */] = { 0, 0 },
	[19 /* enum64 */] = { 0, 12 },
};

static int number_types(struct btf *b)
{
	uint32_t cap = b->types_len / sizeof(struct btf_type) + 2, at = 0;
	b->at = malloc(cap * sizeof *b->at);
	if (!b->at)
		return -ENOMEM;
	for (b->n = 1; at + sizeof(struct btf_type) <= b->types_len; b->n++) {
		const struct btf_type *t = (const void *)(b->types + at);
		unsigned kind = BTF_INFO_KIND(t->info);
		if (!kind || kind >= sizeof sizes / sizeof *sizes)
			break; /* of a newer kernel: what follows cannot be found */
		uint32_t more = sizes[kind].head + sizes[kind].part * BTF_INFO_VLEN(t->info);
		if (more > b->types_len - at - sizeof *t)
			break;
		b->at[b->n] = at;
		at += (uint32_t)sizeof *t + more;
	}
	return 0;
}

static void close_file(struct btf *b)
{
	if (b->mapped)
		munmap(b->file, b->len);
	else if (b->file != MAP_FAILED)
		free(b->file);
	free(b->at);
}

/* ---- types ---- */

static const struct btf_type *type_at(const struct btf *b, uint32_t id)
{
	return id && id < b->n ? (const void *)(b->types + b->at[id]) : NULL;
}

static const char *name_at(const struct btf *b, uint32_t off)
{
	return off < b->names_len ? b->names + off : "";
}

/* The type behind names and qualifiers; NULL: void, or nothing that can be followed. */
static const struct btf_type *resolve(const struct btf *b, uint32_t id)
{
	enum { STEPS = 32 };
	const struct btf_type *t = type_at(b, id);
	for (int i = 0; t && i < STEPS; i++, t = type_at(b, t->type))
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF: case BTF_KIND_VOLATILE: case BTF_KIND_CONST: case BTF_KIND_RESTRICT:
		case 18:
			continue;
		default:
			return t;
		}
	return NULL;
}

/* What t is, as far as it can be read: kind, sign and size. */
static void describe(const struct btf *b, const struct btf_type *t, struct kern_btf_member *m)
{
	uint32_t how = 0;
	switch (t ? BTF_INFO_KIND(t->info) : 0) {
	case BTF_KIND_INT:
		memcpy(&how, t + 1, sizeof how);
		m->size = t->size;
		m->is_signed = BTF_INT_ENCODING(how) & BTF_INT_SIGNED;
		m->kind = BTF_INT_ENCODING(how) & BTF_INT_BOOL ? KERN_BTF_BOOL
			: !strcmp(name_at(b, t->name_off), "char") ? KERN_BTF_CHAR : KERN_BTF_INT;
		break;
	case BTF_KIND_ENUM: case 19:
		m->size = t->size;
		m->kind = KERN_BTF_INT;
		m->is_signed = BTF_INFO_KFLAG(t->info);
		break;
	case BTF_KIND_PTR:
		m->size = sizeof(void *);
		m->kind = KERN_BTF_PTR;
		break;
	}
}

static void give_member(const struct btf *b, const struct btf_member *in, bool flag,
			void (*each)(void *arg, const struct kern_btf_member *m), void *arg)
{
	struct kern_btf_member m = { .name = name_at(b, in->name_off), .kind = KERN_BTF_OTHER };
	const struct btf_type *t = resolve(b, in->type);
	bool bits = flag && BTF_MEMBER_BITFIELD_SIZE(in->offset);
	m.offset = (flag ? BTF_MEMBER_BIT_OFFSET(in->offset) : in->offset) / 8;
	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY) {
		struct btf_array array;
		memcpy(&array, t + 1, sizeof array);
		m.count = array.nelems;
		m.array = true;
		t = resolve(b, array.type);
	}
	if (!bits)
		describe(b, t, &m);
	each(arg, &m);
}

static int find(const struct btf *b, const char *name, void (*each)(void *arg, const struct kern_btf_member *m),
		void *arg)
{
	for (uint32_t id = 1; id < b->n; id++) {
		const struct btf_type *t = type_at(b, id);
		if (BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT || strcmp(name_at(b, t->name_off), name))
			continue;
		const struct btf_member *m = (const void *)(t + 1);
		for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++)
			give_member(b, &m[i], BTF_INFO_KFLAG(t->info), each, arg);
		return 0;
	}
	return -ENOENT;
}

/* Where a name lies among the names, 0: nowhere. Each is there once, and to look for it here is much faster than at
 * each type. */
static uint32_t place_of(const struct btf *b, const char *name)
{
	size_t len = strlen(name) + 1;
	const char *end = b->names + b->names_len, *at = b->names;
	while ((at = memmem(at, (size_t)(end - at), name, len)) != NULL && at > b->names && at[-1])
		at++;
	return at ? (uint32_t)(at - b->names) : 0;
}

static void find_function(const struct btf *b, const char *name, uint32_t *id)
{
	uint32_t place = place_of(b, name);
	for (uint32_t i = 1; place && i < b->n && !*id; i++) {
		const struct btf_type *t = type_at(b, i);
		if (t->name_off == place && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC)
			*id = i;
	}
}

static int read_types(struct btf *b, const char *file)
{
	int r = open_file(b, file ? file : "/sys/kernel/btf/vmlinux");
	r = r ? r : parts(b);
	return r ? r : number_types(b);
}

int kern_btf_functions(const char *file, const char *const *names, uint32_t *ids, uint32_t n)
{
	struct btf b = { .file = MAP_FAILED };
	int r = read_types(&b, file);
	memset(ids, 0, n * sizeof *ids);
	for (uint32_t i = 0; i < n && !r; i++)
		find_function(&b, names[i], &ids[i]);
	close_file(&b);
	for (uint32_t i = 0; i < n && !r; i++)
		r = ids[i] ? 0 : -ENOENT;
	return r;
}

int kern_kfunc(struct kern_features *f, enum kfunc which, uint32_t *id)
{
	int r = f->kfunc[which] ? 0 : kern_btf_functions(NULL, kfunc_names, f->kfunc, KFUNC_COUNT);
	*id = f->kfunc[which];
	return *id ? 0 : r;
}

int kern_btf_struct(const char *file, const char *name, void (*each)(void *arg, const struct kern_btf_member *m),
		    void *arg)
{
	struct btf b = { .file = MAP_FAILED };
	int r = read_types(&b, file);
	r = r ? r : find(&b, name, each, arg);
	close_file(&b);
	return r;
}
