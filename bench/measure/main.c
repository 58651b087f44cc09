/*
 * main.c - bench/measure/main.c: the programs of bench/code, ours beside clang's, as a table.
 *
 *     build/bench/code OBJECTS [NAME...]     OBJECTS: where make put the compiled NAME.o
 *
 * Fails when the two disagree: on the verdict for a packet or for a part of one, on a map that both have
 * by the same name, or on how many errors they count; also when every map and ring is full.
 */
#include "measure.h"
#include "perigee.h"
#include "../wrap.h"

#include <fcntl.h>
#include <glob.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REPEAT = 20000, TIMES = 3, LEAST = 14, TICK = 1000000 };

/* The wrapper has no argument of ours: the longest program loaded is kept here. */
static struct side caught;

long __wrap_syscall(long number, ...);

static void drop(struct side *s)
{
	free(s->insns);
	for (uint32_t m = 0; m < s->nmaps; m++)
		close(s->maps[m].fd);
	if (s->fd)
		close(s->fd);
	*s = (struct side){ 0 };
}

/* The library may close the descriptors of its own maps. */
static void keep_maps(struct side *s)
{
	side_find_maps(s);
	for (uint32_t m = 0; m < s->nmaps; m++) {
		int fd = dup(s->maps[m].fd);
		for (uint32_t i = 0; i < s->n; i++)
			if (s->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && s->insns[i].src_reg &&
			    s->insns[i].imm == s->maps[m].fd)
				s->insns[i].imm = -fd;
		s->maps[m].fd = fd;
	}
	for (uint32_t i = 0; i < s->n; i++)
		if (s->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && s->insns[i].src_reg)
			s->insns[i].imm = -s->insns[i].imm;
}

/* Not what the library asks the kernel by. */
static void catch_load(const union bpf_attr *a, long fd)
{
	if (a->insn_cnt <= caught.n || !strcmp(a->prog_name, "pg_probe"))
		return;
	drop(&caught);
	caught = (struct side){ .n = a->insn_cnt, .fd = dup((int)fd) };
	side_kernel_says(&caught);
	caught.insns = malloc(caught.n * sizeof *caught.insns);
	memcpy(caught.insns, (const void *)(uintptr_t)a->insns, caught.n * sizeof *caught.insns);
	keep_maps(&caught);
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	long r = wrap_pass(number, ap, a);
	va_end(ap);
	if (number == __NR_bpf && r >= 0 && a[0] == BPF_PROG_LOAD)
		catch_load((const union bpf_attr *)a[1], r);
	return r;
}

/* ---- our side ---- */

PG_API int luaopen_perigee(lua_State *L);

static void run(lua_State *L, int err)
{
	if (err)
		die("%s", lua_tostring(L, -1));
}

/* Leaves the hook, the options and the function of bench/code/NAME.lua on the stack. */
static lua_State *open_script(const char *name)
{
	lua_State *L = luaL_newstate();
	char path[256];

	luaL_openlibs(L);
	luaL_requiref(L, "bpf", luaopen_perigee, 1);
	lua_settop(L, 0);
	snprintf(path, sizeof path, "bench/code/%s.lua", name);
	run(L, luaL_loadfile(L, path) || lua_pcall(L, 0, LUA_MULTRET, 0));
	return L;
}

/* bpf.program(hook, ..., function): one result. */
static void program(lua_State *L)
{
	int n = lua_gettop(L);

	lua_getglobal(L, "bpf");
	lua_getfield(L, -1, "program");
	for (int i = 1; i <= n; i++)
		lua_pushvalue(L, i);
	run(L, lua_pcall(L, n, 1, 0));
}

static lua_State *load_ours(const char *name, struct side *s)
{
	lua_State *L = open_script(name);

	caught = (struct side){ 0 };
	program(L);
	*s = caught;
	caught = (struct side){ 0 };
	if (!s->n)
		die("%s: nothing was loaded", name);
	return L;
}

/* What an example says at its end, and what its kernel functions printed, is of no interest here. */
static void close_script(lua_State *L)
{
	int kept[2], nothing = open("/dev/null", O_WRONLY);

	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		kept[fd - 1] = dup(fd);
		dup2(nothing, fd);
	}
	lua_close(L);
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		dup2(kept[fd - 1], fd);
		close(kept[fd - 1]);
	}
	close(nothing);
}

/* ---- one pair ---- */

struct cost { double emitted, bytes, verified, executed, ns; };
struct pair {
	const char *name;
	struct kind kind;
	struct side side[2];
	struct cost cost[2];
};

static void disagree(const struct pair *p, const struct packet *k, uint32_t n, const uint64_t *v)
{
	die("%s: '%s', %u bytes: ours says %llu, clang's %llu", p->name, k->name, n,
	    (unsigned long long)v[0], (unsigned long long)v[1]);
}

static void same_maps(const struct pair *p, struct world *w[2], const char *input)
{
	const char *map = world_differs(w[0], w[1]);

	if (map)
		die("%s: map %s holds something else%s%s", p->name, map, *input ? " after " : "", input);
	if (world_errors(w[0]) != world_errors(w[1]))
		die("%s: ours counts %llu errors, clang's %llu%s%s", p->name,
		    (unsigned long long)world_errors(w[0]), (unsigned long long)world_errors(w[1]),
		    *input ? " after " : "", input);
}

/* One input, or its first n bytes; counted when it is whole. */
static void execute_one(struct pair *p, struct world *w[2], const struct packet *k, uint32_t n, uint64_t now)
{
	uint64_t v[2];

	for (int s = 0; s < 2; s++) {
		uint64_t steps = world_run(w[s], k, n, now, &v[s]);
		if (n == k->n)
			p->cost[s].executed += (double)(k->weight * steps);
	}
	if ((uint32_t)v[0] != (uint32_t)v[1])
		disagree(p, k, n, v);
	if (p->kind.packets && memcmp(world_packet(w[0]), world_packet(w[1]), n))
		die("%s: '%s', %u bytes: the packets left differ", p->name, k->name, n);
	if (world_target(w[0]) != world_target(w[1]))
		die("%s: '%s', %u bytes: ours goes to device %u, clang's to %u", p->name, k->name, n,
		    world_target(w[0]), world_target(w[1]));
	if (world_events(w[0]) != world_events(w[1]))
		die("%s: '%s', %u bytes: ours sent %u events so far, clang's %u", p->name, k->name, n,
		    world_events(w[0]), world_events(w[1]));
}

static void open_worlds(const struct pair *p, struct world *w[2])
{
	for (int s = 0; s < 2; s++)
		w[s] = world_new(&p->side[s], &p->kind);
}

static void close_worlds(struct world *w[2])
{
	for (int s = 0; s < 2; s++)
		world_free(w[s]);
}

/* Contexts each in a world of its own: a call returns once. */
static void execute_contexts(struct pair *p)
{
	for (unsigned i = 0; i < p->kind.n; i++) {
		const struct packet *in = &p->kind.inputs[i];
		struct world *w[2];
		open_worlds(p, w);
		execute_one(p, w, in, in->n, THEN + in->took);
		same_maps(p, w, in->name);
		close_worlds(w);
	}
}

/* Packets one after the other; `cut`: with each its beginnings too, which is not measured. */
static void execute_packets(struct pair *p, bool cut)
{
	struct world *w[2];
	uint64_t now = 0;

	open_worlds(p, w);
	for (unsigned i = 0; i < p->kind.n; i++) {
		struct packet in = p->kind.inputs[i];
		now += TICK + in.took;
		if (cut)
			in.weight = 0;
		for (uint32_t n = in.n; n >= (cut ? LEAST : in.n); n--)
			execute_one(p, w, &in, n, now);
		same_maps(p, w, in.name);
	}
	close_worlds(w);
}

static void execute(struct pair *p)
{
	double weights = 0;

	if (p->kind.packets) {
		execute_packets(p, false);
		execute_packets(p, true);
	} else {
		execute_contexts(p);
	}
	for (unsigned i = 0; i < p->kind.n; i++)
		weights += p->kind.inputs[i].weight;
	for (int s = 0; s < 2; s++)
		p->cost[s].executed /= weights;
}

/* When nothing fits in: what cannot be kept has to be counted by both. Not measured. */
static void execute_full(struct pair *p)
{
	struct world *w[2];

	for (unsigned i = 0; i < p->kind.n; i++) {
		struct packet in = p->kind.inputs[i];
		in.weight = 0;
		open_worlds(p, w);
		for (int s = 0; s < 2; s++)
			world_fill(w[s]);
		execute_one(p, w, &in, in.n, THEN + in.took);
		same_maps(p, w, in.name);
		close_worlds(w);
	}
}

/* Nanoseconds; 0: not a packet that the kernel test-runs (to skb hooks, an IPv4 header that is not whole). */
static uint32_t kernel_run(const struct side *s, const struct packet *k, uint32_t repeat, uint64_t *verdict)
{
	static uint8_t out[2 * LONGEST];
	union bpf_attr a = { .test = { .prog_fd = (uint32_t)s->fd, .data_in = (uintptr_t)k->bytes,
				       .data_size_in = k->n, .data_out = (uintptr_t)out,
				       .data_size_out = sizeof out, .repeat = repeat } };

	*verdict = 0;
	if (sys_bpf(BPF_PROG_TEST_RUN, &a) < 0)
		return 0;
	*verdict = a.test.retval;
	return a.test.duration ? a.test.duration : 1;
}

static void time_it(struct pair *p)
{
	double weights = 0;

	for (unsigned i = 0; i < p->kind.n; i++) {
		const struct packet *k = &p->kind.inputs[i];
		if (!k->weight)
			continue;
		uint32_t best[2] = { UINT32_MAX, UINT32_MAX };
		uint64_t v[2];
		bool runs[2];
		for (int s = 0; s < 2; s++)
			runs[s] = kernel_run(&p->side[s], k, 1, &v[s]) != 0;
		if (!runs[0] && !runs[1])
			continue;
		if (v[0] != v[1] || runs[0] != runs[1])
			disagree(p, k, k->n, v);
		for (int t = 0; t < TIMES; t++)
			for (int s = 0; s < 2; s++) {
				uint32_t ns = kernel_run(&p->side[s], k, REPEAT, &v[s]);
				if (ns < best[s])
					best[s] = ns;
			}
		weights += k->weight;
		for (int s = 0; s < 2; s++)
			p->cost[s].ns += (double)k->weight * best[s];
	}
	for (int s = 0; s < 2; s++)
		p->cost[s].ns /= weights;
}

static void print_column(double a, double b, int digits)
{
	printf(" %.*f | %.*f | %s%.2f%s |", digits, a, digits, b, a > 1.15 * b ? "**" : "", a / b,
	       a > 1.15 * b ? "**" : "");
}

static void print_head(void)
{
	static const char *const columns[] = { "emitted", "bytes", "verified", "executed", "ns" };
	enum { COLUMNS = sizeof columns / sizeof *columns };

	printf("| program |");
	for (unsigned i = 0; i < COLUMNS; i++)
		printf(" %s | clang | |", columns[i]);
	printf("\n| --- |");
	for (unsigned i = 0; i < COLUMNS; i++)
		printf(" ---: | ---: | ---: |");
	printf("\n");
}

static void print_row(const struct pair *p)
{
	const struct cost *a = &p->cost[0], *b = &p->cost[1];

	printf("| %s |", p->name);
	print_column(a->emitted, b->emitted, 0);
	print_column(a->bytes, b->bytes, 0);
	print_column(a->verified, b->verified, 0);
	print_column(a->executed, b->executed, 1);
	if (b->ns > 0)
		print_column(a->ns, b->ns, 0);
	else
		printf(" | | |");
	printf("\n");
	fflush(stdout);
}

static void measure(const char *objects, const char *name)
{
	struct pair p = { .name = name };
	char path[256];

	snprintf(path, sizeof path, "%s/%s.o", objects, name);
	lua_State *L = load_ours(name, &p.side[0]);
	p.kind = kind_of(lua_tostring(L, 1), name);
	if (!object_load(path, &p.side[1]))
		die("%s is not there", path);
	side_copy_maps(&p.side[0], &p.side[1]);
	execute(&p);
	execute_full(&p);
	if (p.kind.packets)
		time_it(&p);
	for (int s = 0; s < 2; s++) {
		p.cost[s].emitted = p.side[s].n;
		p.cost[s].bytes = p.side[s].bytes;
		p.cost[s].verified = p.side[s].verified;
	}
	print_row(&p);
	for (int s = 0; s < 2; s++)
		drop(&p.side[s]);
	kind_drop(&p.kind);
	close_script(L);
}

int main(int argc, char **argv)
{
	glob_t all;

	if (argc < 2)
		die("where are the objects?");
	print_head();
	for (int i = 2; i < argc; i++)
		measure(argv[1], argv[i]);
	if (argc == 2 && glob("bench/code/*.lua", 0, NULL, &all) == 0)
		for (size_t i = 0; i < all.gl_pathc; i++) {
			char *name = strrchr(all.gl_pathv[i], '/') + 1;
			*strrchr(name, '.') = 0;
			measure(argv[1], name);
		}
	kinds_print();
	return 0;
}
