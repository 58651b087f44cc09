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

struct side {                /* one program of a pair, loaded */
	struct bpf_insn *insns;  /* with the descriptors of its maps in them */
	uint32_t n;
	int fd;
	uint32_t verified;       /* instructions the verifier processed */
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
uint32_t side_verified(int fd);

/* ---- object.c: loads what clang made, without libbpf ---- */

bool object_load(const char *path, struct side *s);

/* ---- packets.c, kinds.c: what programs run on ---- */

struct packet {
	const char *name;
	unsigned weight;         /* in the mix */
	uint8_t bytes[256];      /* of hooks without packets: the context */
	uint32_t n;
	uint64_t took;           /* the time is so much later than THEN */
};
enum { PID = 1234, TID = 1235, THEN = 1000 }; /* who runs; when what it ends began (bench/code/example_*.lua) */
extern struct packet packets[];
extern const unsigned npackets;
void packets_make(void);

struct kind {
	const char *hook;        /* as the script names it */
	bool packets;            /* else its inputs are contexts */
	uint32_t data_at, data_end_at, len_at; /* in the context; len_at NO_LEN: it has none */
	const struct packet *inputs;
	unsigned n;
};
enum { NO_LEN = 0xffff };
/* Of a hook; the end of the program when it is none of ours. */
const struct kind *kind_of(const char *hook);
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
/* What the last run left of its packet. */
const uint8_t *world_packet(const struct world *w);
/* The first map of a name that both have with different contents, or NULL. */
const char *world_differs(const struct world *a, const struct world *b);

#endif
