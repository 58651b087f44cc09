/*
 * measure.h - bench/measure: what the kernel functions of bench/code cost, ours beside clang's.
 *
 * A program of bench/code is a pair: NAME.lua returns a hook and a function, NAME.c is the same job as
 * an engineer would write it. Both run on the packets of packets.c, in the small machine of
 * tests/vm-bpf, where instructions can be counted, and in the kernel.
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

/* ---- packets.c ---- */

struct packet {
	const char *name;
	unsigned weight;         /* in the mix */
	uint8_t bytes[256];
	uint32_t n;
};
extern struct packet packets[];
extern const unsigned npackets;
void packets_make(void);

/* ---- world.c: a side in the small machine, with maps of its own ---- */

struct world;
struct world *world_new(const struct side *s);
void world_free(struct world *w);
/* Steps taken, and the verdict. */
uint64_t world_run(struct world *w, const uint8_t *bytes, uint32_t n, uint64_t now, uint64_t *verdict);
/* The first map of a name that both have with different contents, or NULL. */
const char *world_differs(const struct world *a, const struct world *b);

#endif
