/* input_samples.h - for test_input.c: what its readers get whole, before it is cut short and damaged. */
#ifndef TEST_INPUT_SAMPLES_H
#define TEST_INPUT_SAMPLES_H

#include "input_readers.h"

#include <elf.h>
#include <linux/btf.h>
#include <sys/auxv.h>

struct sample { const void *bytes; size_t n; };

#define TEXT(s) { s, sizeof(s) - 1 }
#define SAMPLES(a) .samples = a, .nsamples = sizeof(a) / sizeof((a)[0])

static const struct sample irs[] = {
	TEXT("maps 2\nerror \"map full\" @filter.lua:9 loss\ninline @a/b-c.lua:3 fn 0 parent 0\nmain 0\n"
	     "fn 0 \"f\" params 1 at x.lua:9\nb1(v1: pkt):\n    v2 = const 5 : int = 5\n    v3 = const \"u8\"\n"
	     "    v4 = self v1, v3 {local \"p\", constant \"u8\", method \"u8\"} @x.lua:3\n    v5 = call v4, v1, v2 .0\n"
	     "    branch v5 -> b2, b3\nb2:\n    return v2 .0\nb3:\n    return .0\n"),
	TEXT("main 0\nfn 0 \"f\" params 0 machine\nslot 8 align 8\nb1:\n    v1 = ctx\n    v2 = load32 v1 #4\n"
	     "    v3 = imm #-1\n    br v2, v3 ult -> b1, b2\nb2:\n    ret v3\n"),
	TEXT("maps 1000000\n"), /* too many: each was compared with all before it */
};
static const struct sample formats[] = {
	TEXT("name: sched_switch\nID: 316\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	     "\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n\nprint fmt: \"x=%d\", REC->x\n"),
	TEXT("name: sys_enter_openat\nID: 7\nformat:\n\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n"
	     "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"),
};
static const struct sample patterns[] = {
	TEXT("^(%w+)%s*=%s*([^%z,]-)%f[%d]()%b()[]%a-z_]+$"), TEXT("(.-)%1"), TEXT("a*b+c-d?.%%[^a-c%]\xff]*"), TEXT("((()))(a)(b)"),
};
static const struct sample ctypes[] = {
	TEXT("struct { u64 n; u32 a[4]; char s[16]; struct { i16 x; be32 y?; } in; bool b; }"), TEXT("char[64]"),
	TEXT("ip4/prefix"), TEXT("unsigned long long int"), TEXT("struct event { __u32 pid; mac m; ip6 a; u8? z; bytes[3] t; }"),
};
static const struct sample cparams[] = {
	TEXT("int fd, const char *name, unsigned long, size_t n"), TEXT("void"), TEXT("bool on, ..., struct x *p, int (*f)(int)"),
};
static const struct sample packs[] = { TEXT("<I2 >i3 =j s1 z x c16 bBhH"), TEXT("c4096 i8 T l L s") };
static const struct sample strformats[] = { TEXT("%-5s|%05d|%#x|%+.3i %%"), TEXT("%c%5.2s% d%o%X%u"), TEXT("%9.9.9d") };
static const struct sample addrs[] = {
	TEXT("192.0.2.1"), TEXT("2001:db8::192.0.2.1"), TEXT("2001:db8:0:1:1::/61"), TEXT("10.255.0.0/9"), TEXT("52-54-00-12-ab-CD"),
};
static const struct sample values[] = {
	TEXT("struct { u8? a; char[4] s; ip6 x; mac m; bool b; be16 p; }\n\1abcdefghijklmnopqrstuvwxyz0123456789"),
	TEXT("ip4/prefix\n10.1.2.3/8"), TEXT("ip6/prefix\n2001:db8::/33"), TEXT("mac\n52:54:00:12:34:56"), TEXT("i8\n\xff"),
	TEXT("char[4]\nabcd"), TEXT("bytes[3]\na\0b"),
};
static const struct sample carets[] = {
	TEXT("'n' may be nil here and is used as a number\n\thits[ip.src] = 'n' .. n + 1 -- n\n"),
	TEXT("a ''x'' of ==\nif a == b then return \"a\\\"b\" == [[c]] end"), TEXT("'\n'"),
	TEXT("bad argument #2 to 'f.n'\nlocal a, n = {f.n(1, n[2](n)):x'n'.n}, #n for n = 1, n, 3 do n.n, n[n] = n .. n .. -n > not n end"),
	TEXT("argument #1 of print\n#!x\n--[==[]]]==] repeat local function f(...) if n < 2 then goto n elseif n then break end end until [[\n]]"),
	TEXT("'n' of '+'\nreturn function() return (n + n) * n ^ -n >= n.n and n'\\z\n' or 0x1p-3 // 1e+5 end"),
};
static const struct sample logs[] = {
	TEXT("func#0 @0\n0: R1=ctx() R10=fp0\n; hits[k] = n @ filter.lua:14\n0: (79) r1 = *(u64 *)(r1 +0)\n"
	     "; local a @ b @ x.lua:3\n1: (bf) r2 = r1\nR1 invalid mem access 'scalar'\nverification time 12 usec\n"
	     "stack depth 0\nprocessed 2 insns (limit 1000000)\n"),
	TEXT("; \n;  @ \n; @\n"),
	TEXT("; a @ f:1\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n"),
};
static const struct sample procs[] = {
	TEXT("7f12-7f13 r-xp 00000000 08:01 123   /usr/lib/libc.so.6\n7f13-7f14 rw-p 00000000 00:00 0   [heap]\n"
	     "7f12-7f13 r-xp 00000000 08:01 123   /usr/lib/libc.so.6 (deleted)\n"),
	TEXT("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\nproc /proc proc rw 0 0\nx /a\\040b tmpfs rw 0 0\n"),
};
static const struct sample protos[] = {
	TEXT("vx\nudp\n4789\nu8 flags; u24 _; u24 vni; u8 _\n\neth\n"
	     "\x52\x54\0\x12\x34\x56\x02\0\0\0\0\x01\x08\0\x45\0\0\x2c\0\0\0\0\x40\x11\0\0\xc0\0\2\1\xc6\x33\x64\7"
	     "\x10\0\x12\xb5\0\x18\0\0\x08\0\0\0\0\0\x2a\0\x52\x54\0\x12\x34\x56\x02\0"),
	TEXT("lv\neth\n35000\nu4 words; u4 v; le16 x; char[3] name; bytes[2] b; mac m\nwords * 4 + 2\nipv4\n"
	     "\x52\x54\0\x12\x34\x56\x02\0\0\0\0\x01\x88\xb8\x41\1\2abc\3\4\x52\x54\0\x12\x34\x56\x45\0\0\x14\0\0"),
	TEXT("op\nip\n253\nu32 a; ip4 b; ip6 c; u1 f; u7 g\ng + 9\n\n"),
};

/* ---- packets ---- */

#define ETH "\x52\x54\x00\x12\x34\x56\x02\x00\x00\x00\x00\x01"
#define IP4_TO(len, proto) "\x45\x2e" len "\xbe\xef\x40\x00\x3d" proto "\xab\xcd\xc0\x00\x02\x01\xc6\x33\x64\x07"
#define IP6_TO(len, next)                                                                             \
	"\x6a\x5b\xcd\xef" len next "\x3e\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"

static const struct sample packets[] = {
	TEXT(ETH "\x81\x00\xb1\x23\x08\x00" IP4_TO("\0\x30", "\x06") "\x12\x34\x01\xbb\x89\xab\xcd\xef\xfe\xdc\xba\x98\x50\x12\x72\x10"
	     "\x55\x66\0\0GET / HT"),
	TEXT(ETH "\x86\xdd" IP6_TO("\0\x20", "\0") "\x2c\0\x05\x02\0\0\0\0\x11\0\0\0\xca\xfe\0\1\x12\x34\0\x35\0\x10\x11\x22"
	     "\x12\x34\1\0\0\1\0\0"),
	TEXT(ETH "\x08\x06\0\1\x08\0\6\4\0\1\2\0\0\0\0\1\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2\2"),
	TEXT(ETH "\x08\x00" IP4_TO("\0\x4e", "\x11") "\x12\x34\x12\xb5\0\x3a\0\0\x08\0\0\0\0\0\x2a\0" ETH "\x08\x00"
	     IP4_TO("\0\x1c", "\x01") "\x08\0\x11\x22\0\1\0\2"),
	TEXT(ETH "\x08\x00" IP4_TO("\0\x40", "\x2f") "\xb0\0\x65\x58\0\0\0\0\0\0\0\1\0\0\0\2" ETH "\x88\x47\0\x01\x21\x40\0\x02\x31\x40"),
};

/* ---- what is put together when it is wanted ---- */

/* In the order of this machine, which is little-endian where such files are read in the tests. */
struct elf_sample {
	Elf64_Ehdr head;
	Elf64_Phdr code;
	Elf64_Shdr parts[7];
	Elf64_Sym symbols[7];
	Elf64_Half versions[8];
	Elf64_Verdef version;
	Elf64_Verdaux version_name;
	char names[128];
};

#define ELF_PART(t, member, lnk, entry)                                                                \
	{ .sh_type = t, .sh_offset = offsetof(struct elf_sample, member), .sh_link = lnk,              \
	  .sh_size = sizeof((struct elf_sample *)0)->member, .sh_entsize = entry, .sh_addralign = 8 }
#define ELF_FUNCTION(name, at)                                                                         \
	{ .st_name = name, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1, .st_value = at, .st_size = 16 }

/* A library with C++ names and a version, of this machine's kind: what the kernel's own library, a sample too, has not. */
static void make_elf(struct elf_sample *out, uint16_t machine)
{
	static const char names[] = "\0_ZN2ns1fEi\0_ZN2ns1fEd\0_Z4mostIiET_S0_S0_\0f\0V1\0f@@V2\0__vdso_clock_gettime";
	enum { INT = 1, DOUBLE = 12, MOST = 23, F = 42, V1 = 44, F_V2 = 47, CLOCK = 53 }; /* where each begins */
	*out = (struct elf_sample){
		.head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_DYN,
			  .e_machine = machine, .e_version = EV_CURRENT, .e_phoff = offsetof(struct elf_sample, code),
			  .e_shoff = offsetof(struct elf_sample, parts), .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 7, .e_shstrndx = 6 },
		.code = { .p_type = PT_LOAD, .p_flags = PF_X | PF_R, .p_vaddr = 0x1000, .p_filesz = sizeof *out, .p_memsz = sizeof *out },
		.parts = { [1] = ELF_PART(SHT_DYNSYM, symbols, 3, sizeof(Elf64_Sym)), [2] = ELF_PART(SHT_SYMTAB, symbols, 3, sizeof(Elf64_Sym)),
			   [3] = ELF_PART(SHT_STRTAB, names, 0, 0), [4] = ELF_PART(SHT_GNU_versym, versions, 1, 2),
			   [5] = ELF_PART(SHT_GNU_verdef, version, 3, 0), [6] = ELF_PART(SHT_STRTAB, names, 0, 0) },
		.symbols = { { 0 }, ELF_FUNCTION(INT, 0x1010), ELF_FUNCTION(DOUBLE, 0x1020), ELF_FUNCTION(MOST, 0x1030),
			     ELF_FUNCTION(F, 0x1040), ELF_FUNCTION(F_V2, 0x1050), ELF_FUNCTION(CLOCK, 0x1060) },
		.versions = { 0, 1, 1, 1, 2 | 0x8000, 1, 1 },
		.version = { .vd_version = 1, .vd_ndx = 2, .vd_cnt = 1, .vd_aux = sizeof(Elf64_Verdef) },
		.version_name = { .vda_name = V1 },
	};
	out->parts[5].sh_size += sizeof out->version_name;
	memcpy(out->names, names, sizeof names);
}

/* struct event { int pid; } */
static size_t make_btf(uint8_t *out)
{
	static const char names[] = "\0int\0event\0pid\0start";
	const uint32_t types[] = {
		1, (uint32_t)BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32,
		5, (uint32_t)BTF_KIND_STRUCT << 24 | 1, 4, 11, 1, 0,
		0, (uint32_t)BTF_KIND_FUNC_PROTO << 24 | 1, 1, 11, 1,
		15, (uint32_t)BTF_KIND_FUNC << 24, 3,
	};
	struct btf_header h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof h, .type_len = sizeof types,
				.str_off = sizeof types, .str_len = sizeof names };
	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, types, sizeof types);
	memcpy(out + sizeof h + sizeof types, names, sizeof names);
	return sizeof h + sizeof types + sizeof names;
}

/* Two entries, of which the second one is asked for. */
static size_t make_ldcache(char *out)
{
	static const char texts[] = "libm.so.6\0/lib/libm.so.6\0libc.so.6\0/lib/libc.so.6";
	const uint32_t head[7] = { 2, sizeof texts }, at = 48 + 2 * 24;
	const uint32_t entries[2][6] = { { 3, at, at + 10 }, { 3, at + 25, at + 35 } };
	memcpy(out, "glibc-ld.so.cache1.1", 20);
	memcpy(out + 20, head, sizeof head);
	memcpy(out + 48, entries, sizeof entries);
	memcpy(out + at, texts, sizeof texts);
	return at + sizeof texts;
}

static size_t make_features(char line[KERN_CACHE_LINE])
{
	int8_t state[FEAT_COUNT];
	for (int i = 0; i < FEAT_COUNT; i++)
		state[i] = (int8_t)(i % 3 - 1);
	return (size_t)kern_cache_put(line, snprintf(line, KERN_CACHE_LINE, FEATURES_START), state);
}

/* Three records of 5, 0 and 16 bytes: one thrown away, one not there yet. */
static size_t make_ring(uint64_t *out)
{
	const uint64_t ring[] = {
		0, 48, 5, 0x6f6c6c6568, BPF_RINGBUF_DISCARD_BIT, 0 | (uint64_t)16, 1, 2, BPF_RINGBUF_BUSY_BIT | 8u, 3,
	};
	memcpy(out, ring, sizeof ring);
	return sizeof ring;
}

static size_t make_program(struct bpf_insn *out)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 3 }, { .imm = 0 },
		{ .code = BPF_LDX | BPF_W | BPF_MEM, .dst_reg = 2, .src_reg = 1, .off = 4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC, .dst_reg = 1, .src_reg = 2, .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_END, .dst_reg = 1, .imm = 32 }, { .code = BPF_JMP32 | BPF_JSLT | BPF_X, .dst_reg = 1, .off = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	memcpy(out, program, sizeof program);
	return sizeof program;
}

static struct sample chunks[3], elfs[2], btfs[1], ldcaches[1], featureses[1], rings[3], programs[1];

/* Chunks: test_input.c, which has Lua. */
static void make_samples(void)
{
	static uint8_t btf[512];
	static char ldcache[512], features[KERN_CACHE_LINE];
	static uint64_t records[16];
	/* positions that another process wrote: so far behind that reading took for ever; within a record's head */
	static const uint64_t far[3] = { 0, (uint64_t)1 << 62, BPF_RINGBUF_DISCARD_BIT }, within[3] = { 4, 24 };
	static struct bpf_insn program[16];
	static struct elf_sample library;
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)vdso;
	make_elf(&library, h ? h->e_machine : EM_X86_64);
	elfs[0] = (struct sample){ &library, sizeof library };
	elfs[1] = (struct sample){ vdso, vdso ? h->e_shoff + (size_t)h->e_shnum * h->e_shentsize : 0 };
	btfs[0] = (struct sample){ btf, make_btf(btf) };
	ldcaches[0] = (struct sample){ ldcache, make_ldcache(ldcache) };
	featureses[0] = (struct sample){ features, make_features(features) };
	rings[0] = (struct sample){ records, make_ring(records) };
	rings[1] = (struct sample){ far, sizeof far };
	rings[2] = (struct sample){ within, sizeof within };
	programs[0] = (struct sample){ program, make_program(program) };
}

#endif
