/*
 * object.c - loads an object that clang made for BPF: one program section, maps as structures in section
 * `maps`, global variables as a map for each data section. No CO-RE, no subprograms, and no BTF but what says
 * where in a map's values the lock is.
 */
#include "measure.h"

#include <elf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef R_BPF_64_64
#define R_BPF_64_64 1
#endif

/* As bench/code/bpf.h declares it. */
struct map_def { uint32_t type, key_size, value_size, max_entries, map_flags, lock_at; };

static const struct { const char *section; enum bpf_prog_type type; } programs[] = {
	{ "xdp", BPF_PROG_TYPE_XDP },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT },
	{ "uprobe", BPF_PROG_TYPE_KPROBE },
};
enum { NTYPES = sizeof programs / sizeof *programs, SECTIONS = 64 };

struct object {
	char *bytes;
	const Elf64_Ehdr *head;
	const Elf64_Shdr *sections;
	const Elf64_Sym *symbols;
	const char *names;
	int data_map[SECTIONS]; /* by section: map of its variables, or 0 */
	int map_of[1024];       /* by symbol: its map, or 0 */
};

static const char *section_name(const struct object *o, unsigned i)
{
	return o->bytes + o->sections[o->head->e_shstrndx].sh_offset + o->sections[i].sh_name;
}

/* The types of a map whose values hold a lock, which the kernel finds by its type's name. */
enum { T_U8 = 1, T_KEY, T_U32, T_LOCK, T_VALUE };

static uint32_t lock_types(const struct map_def *d)
{
	static const char names[] = "\0u8\0u32\0bpf_spin_lock\0val\0value\0lock";
	enum { U8 = 1, U32 = 4, LOCK = 8, VAL = 22, VALUE = 26, MEMBER = 32 };
	const uint32_t types[] = {
		U8,    BTF_KIND_INT << 24,        1, 8,
		0,     BTF_KIND_ARRAY << 24,      0, T_U8, T_U32, d->key_size,
		U32,   BTF_KIND_INT << 24,        4, 32,
		LOCK,  BTF_KIND_STRUCT << 24 | 1, 4, VAL, T_U32, 0,
		VALUE, BTF_KIND_STRUCT << 24 | 1, d->value_size, MEMBER, T_LOCK, d->lock_at * 8,
	};
	struct {
		struct btf_header head;
		uint32_t types[sizeof types / sizeof *types];
		char names[sizeof names];
	} b = { { BTF_MAGIC, BTF_VERSION, 0, sizeof b.head, 0, sizeof types, sizeof types, sizeof names }, { 0 }, "" };
	union bpf_attr a = { .btf = (uintptr_t)&b, .btf_size = sizeof b.head + sizeof types + sizeof names };

	memcpy(b.types, types, sizeof types);
	memcpy(b.names, names, sizeof names);
	long fd = sys_bpf(BPF_BTF_LOAD, &a);
	if (fd < 0)
		die("types of a lock: %s", strerror((int)-fd));
	return (uint32_t)fd;
}

static int new_map(const struct map_def *d, const char *name)
{
	union bpf_attr a = { .map_type = d->type, .key_size = d->key_size, .value_size = d->value_size,
			     .max_entries = d->max_entries, .map_flags = d->map_flags };

	if (d->lock_at) {
		a.btf_fd = lock_types(d);
		a.btf_key_type_id = T_KEY;
		a.btf_value_type_id = T_VALUE;
	}
	strncat(a.map_name, name, sizeof a.map_name - 1);
	long fd = sys_bpf(BPF_MAP_CREATE, &a);
	if (fd < 0)
		die("map %s: %s", name, strerror((int)-fd));
	return (int)fd;
}

/* .bss, .data.NAME: an array of one value, filled with what the section says; its name is what follows the
 * last dot. */
static int data_map(struct object *o, unsigned section)
{
	const Elf64_Shdr *h = &o->sections[section];
	uint32_t key = 0;

	if (o->data_map[section])
		return o->data_map[section];
	const char *name = strrchr(section_name(o, section), '.') + 1;
	int fd = new_map(&(struct map_def){ BPF_MAP_TYPE_ARRAY, 4, (uint32_t)h->sh_size, 1, 0, 0 }, name);
	if (h->sh_type != SHT_NOBITS) {
		union bpf_attr a = { .map_fd = (uint32_t)fd, .key = (uintptr_t)&key,
				     .value = (uintptr_t)(o->bytes + h->sh_offset) };
		sys_bpf(BPF_MAP_UPDATE_ELEM, &a);
	}
	return o->data_map[section] = fd;
}

static void relocate(struct object *o, const Elf64_Rel *r, struct bpf_insn *insns)
{
	const Elf64_Sym *y = &o->symbols[ELF64_R_SYM(r->r_info)];
	struct bpf_insn *i = &insns[r->r_offset / sizeof *insns];

	if (ELF64_R_TYPE(r->r_info) != R_BPF_64_64 || ELF64_R_SYM(r->r_info) >= 1024)
		die("relocation of a kind that is not known");
	if (!strcmp(section_name(o, y->st_shndx), "maps")) {
		int *fd = &o->map_of[ELF64_R_SYM(r->r_info)];
		if (!*fd)
			*fd = new_map((const struct map_def *)(o->bytes + o->sections[y->st_shndx].sh_offset +
							       y->st_value), o->names + y->st_name);
		i->src_reg = BPF_PSEUDO_MAP_FD;
		i->imm = *fd;
		return;
	}
	i[1].imm = i->imm + (int32_t)y->st_value;
	i->src_reg = BPF_PSEUDO_MAP_VALUE;
	i->imm = data_map(o, y->st_shndx);
}

static void load(struct side *s, enum bpf_prog_type type)
{
	static char log[1 << 20];
	union bpf_attr a = { .prog_type = type, .insns = (uintptr_t)s->insns, .insn_cnt = s->n,
			     .license = (uintptr_t)"GPL" };
	long fd = sys_bpf(BPF_PROG_LOAD, &a);

	if (fd < 0) {
		a.log_buf = (uintptr_t)log;
		a.log_size = sizeof log;
		a.log_level = 1;
		fd = sys_bpf(BPF_PROG_LOAD, &a);
	}
	if (fd < 0)
		die("clang's program is rejected: %s\n%s", strerror((int)-fd),
		    strlen(log) > 2000 ? log + strlen(log) - 2000 : log);
	s->fd = (int)fd;
	side_kernel_says(s);
}

static bool read_object(struct object *o, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	size_t n = (size_t)ftell(f);
	rewind(f);
	o->bytes = malloc(n + 1);
	if (!o->bytes || fread(o->bytes, 1, n, f) != n || n < sizeof(Elf64_Ehdr))
		die("%s: cannot be read", path);
	fclose(f);
	o->head = (const Elf64_Ehdr *)o->bytes;
	o->sections = (const Elf64_Shdr *)(o->bytes + o->head->e_shoff);
	if (o->head->e_machine != EM_BPF || o->head->e_shnum > SECTIONS)
		die("%s: no object for BPF", path);
	for (unsigned i = 0; i < o->head->e_shnum; i++)
		if (o->sections[i].sh_type == SHT_SYMTAB) {
			o->symbols = (const Elf64_Sym *)(o->bytes + o->sections[i].sh_offset);
			o->names = o->bytes + o->sections[o->sections[i].sh_link].sh_offset;
		}
	return true;
}

static void load_section(struct object *o, unsigned at, enum bpf_prog_type type, struct side *s)
{
	const Elf64_Shdr *h = &o->sections[at];

	s->n = (uint32_t)(h->sh_size / sizeof *s->insns);
	s->insns = malloc(h->sh_size);
	memcpy(s->insns, o->bytes + h->sh_offset, h->sh_size);
	for (unsigned i = 0; i < o->head->e_shnum; i++) {
		const Elf64_Shdr *r = &o->sections[i];
		if (r->sh_type != SHT_REL || r->sh_info != at)
			continue;
		for (size_t k = 0; k < r->sh_size / sizeof(Elf64_Rel); k++)
			relocate(o, (const Elf64_Rel *)(o->bytes + r->sh_offset) + k, s->insns);
	}
	side_find_maps(s);
	load(s, type);
}

bool object_load(const char *path, struct side *s)
{
	struct object o = { 0 };

	if (!read_object(&o, path))
		return false;
	for (unsigned i = 0; i < o.head->e_shnum; i++)
		for (unsigned t = 0; t < NTYPES; t++)
			if (o.sections[i].sh_type == SHT_PROGBITS &&
			    !strcmp(section_name(&o, i), programs[t].section)) {
				load_section(&o, i, programs[t].type, s);
				free(o.bytes);
				return true;
			}
	die("%s: no program section", path);
}
