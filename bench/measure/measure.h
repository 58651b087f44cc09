/*
 * measure.h - bench/measure: what the kernel functions of bench/code cost, ours beside clang's.
 *
 * A program of bench/code is a pair: NAME.lua returns a hook, perhaps options, and a function, NAME.c is the
 * same job as an engineer would write it. Both run on the inputs of their hook, in the small machine of
 * tests/vm-bpf, where instructions can be counted, and in the kernel where it test-runs such programs.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAPS = 16 };
enum { KEY_SIZE = 512, VALUE_SIZE = 4096, CPUS = 256 }; /* most bytes of a key, of a value of one processor; processors */

struct side {                /* one program of a pair, loaded */
	struct bpf_insn *insns;  /* with the descriptors of its maps in them */
	uint32_t n;
	int fd;
	uint32_t verified;       /* instructions the verifier processed */
	uint32_t bytes;          /* of machine code; of BPF, where the kernel interprets that */
	struct { int fd; struct bpf_map_info info; } maps[MAPS];
	uint32_t nmaps;
};

/* bpf(2), and the end of the program when it fails. */
long sys_bpf(int cmd, union bpf_attr *attr);
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- side.c: the loaded program and its maps ---- */

/* The maps that insns refer to, each once. */
void side_find_maps(struct side *s);
/* What maps of the same name hold in `from` is put into those of `to`. */
void side_copy_maps(const struct side *from, const struct side *to);
/* Sets what only the kernel knows of a loaded program. */
void side_kernel_says(struct side *s);

/* ---- object.c: loads what clang made, without libbpf ---- */

bool object_load(const char *path, struct side *s);

/* ---- packets.c, mixes.c, kinds.c: what programs run on ---- */

enum { LONGEST = 640 };      /* bytes of a packet */

struct packet {
	const char *name;
	unsigned weight;         /* in the mix */
	uint8_t bytes[LONGEST];  /* of hooks without packets: the context */
	uint32_t n;
	uint64_t took;           /* the time is so much later: than THEN, or than when the next packet would come */
};
enum { PID = 1234, TID = 1235, THEN = 1000 }; /* who runs; when what it ends began (bench/code/example_*.lua) */
/* Of the mix that has the program's name, and, not measured, a server's; else a server's. The caller frees them. */
struct packet *packets_for(const char *program, unsigned *n);

struct kind {
	const char *hook;        /* as the script names it */
	bool packets;            /* else its inputs are contexts */
	uint32_t data_at, data_end_at, len_at; /* in the context; len_at NO_LEN: it has none */
	unsigned redirect;       /* the verdict that sends a packet elsewhere */
	const struct packet *inputs;
	unsigned n;
};
enum { NO_LEN = 0xffff };
/* Of a hook, with what a program of it runs on; the end of the program when it is none of ours. */
struct kind kind_of(const char *hook, const char *program);
void kind_drop(struct kind *k);
/* Each kind's inputs in a sentence. */
void kinds_print(void);

/* ---- world.c: a side in the small machine, with maps of its own ---- */

struct world;
struct world *world_new(const struct side *s, const struct kind *k);
/* From now on its maps take no new keys, and its rings no events. */
void world_fill(struct world *w);
/* Run-time errors counted so far: where ours counts them, or in the C program's variable `errors`. */
uint64_t world_errors(const struct world *w);
void world_free(struct world *w);
/* Steps taken, and the verdict. The first n bytes of the input, if it is a packet; `now` in nanoseconds. */
uint64_t world_run(struct world *w, const struct packet *p, uint32_t n, uint64_t now, uint64_t *verdict);
/* What the last run left of its packet, and the device it sent it to, or 0. */
const uint8_t *world_packet(const struct world *w);
uint32_t world_target(const struct world *w);
/* How many events were sent so far. */
uint32_t world_events(const struct world *w);
/* The first map of a name that both have with different contents, or NULL. */
const char *world_differs(const struct world *a, const struct world *b);

#endif
