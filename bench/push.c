/*
 * push.c - how long a Lua function takes to become the verdict in force, beside the bare system calls.
 *
 * Runs the Lua module in a network namespace of its own and pushes the filters of push.lua to its
 * loopback device. The linker's --wrap puts this file between the module and the library, and
 * between the library and the kernel: each stage is timed as it happens, and each BPF_PROG_LOAD and
 * slot write is repeated on the spot with the same attributes, which is what it is compared with.
 *
 *   first   medians over processes that push once
 *   warm    medians over the pushes of several processes, the first few of each left out
 */
#include "filters.h"
#include "wrap.h"

#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 25, PROCESSES = 5, EACH = 1000, WARM = PROCESSES * EACH, UNCOUNTED = 20, REPEAT = 3 };

enum what { CAPTURE, COMPILE, LOAD, SWAP, PUSH, BARE_LOAD, BARE_INSNS, BARE_SLOT, NWHAT };

static const char *const names[NWHAT] = {
	[CAPTURE] = "capture", [COMPILE] = "compile", [LOAD] = "load", [SWAP] = "swap",
	[PUSH] = "whole push, called from Lua",
	[BARE_LOAD] = "bare `BPF_PROG_LOAD`, same instructions and records",
	[BARE_INSNS] = "bare `BPF_PROG_LOAD`, same instructions alone",
	[BARE_SLOT] = "bare slot write",
};

struct push { uint64_t ns[NWHAT]; unsigned insns; };

/* The wrappers have no argument of ours: what they write is here. */
static struct push now;
static bool loading, replacing;

/* ---- between the library and the kernel ---- */

long __wrap_syscall(long number, ...);

static uint64_t timed_bpf(int cmd, union bpf_attr *attr, unsigned size)
{
	uint64_t t = clock_ns();
	long r = __real_syscall(__NR_bpf, cmd, attr, size);
	t = clock_ns() - t;
	if (r >= 0 && cmd == BPF_PROG_LOAD)
		close(r);
	return r < 0 ? 0 : t;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a && a < b ? a : b;
}

static uint64_t repeat_load(union bpf_attr attr, unsigned size)
{
	uint64_t best = UINT64_MAX;
	for (unsigned i = 0; i < REPEAT; i++)
		best = least(timed_bpf(BPF_PROG_LOAD, &attr, size), best);
	return best;
}

/* Writing what is there already costs nothing, so the slot changes hands each time. */
static uint64_t repeat_slot(union bpf_attr attr, unsigned size)
{
	static int previous = -1;
	int new = *(const int *)(uintptr_t)attr.value;
	union bpf_attr back = attr;
	uint64_t best = UINT64_MAX;

	back.value = (uintptr_t)&previous;
	for (unsigned i = 0; i < REPEAT && previous >= 0; i++) {
		timed_bpf(BPF_MAP_UPDATE_ELEM, &back, size);
		best = least(timed_bpf(BPF_MAP_UPDATE_ELEM, &attr, size), best);
	}
	if (previous >= 0)
		close(previous);
	previous = dup(new);
	return best;
}

/* Probes and the root are loaded too: the program is the longest, inside pg_load. */
static void measure_bare(int cmd, const union bpf_attr *attr, unsigned size)
{
	union bpf_attr a = *attr;

	if (cmd == BPF_PROG_LOAD && loading && a.insn_cnt > now.insns) {
		now.insns = a.insn_cnt;
		now.ns[BARE_LOAD] = repeat_load(a, size);
		a.prog_btf_fd = a.func_info_cnt = a.line_info_cnt = 0;
		now.ns[BARE_INSNS] = repeat_load(a, size);
	} else if (cmd == BPF_MAP_UPDATE_ELEM && replacing) {
		now.ns[BARE_SLOT] = repeat_slot(a, size);
	}
}

static uint64_t bare_ns; /* what the measurements took out of the stage under way */

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	long r = wrap_pass(number, ap, a);
	va_end(ap);
	if (number == __NR_bpf && r >= 0) {
		uint64_t t = clock_ns();
		measure_bare(a[0], (const union bpf_attr *)a[1], a[2]);
		bare_ns += clock_ns() - t;
	}
	return r;
}

/* ---- between the module and the library ---- */

int __real_pg_compile(pg_ctx *, const struct pg_capture *, uint64_t, const struct pg_compile_opts *, pg_unit **);
int __wrap_pg_compile(pg_ctx *, const struct pg_capture *, uint64_t, const struct pg_compile_opts *, pg_unit **);
int __real_pg_load(pg_unit *, pg_prog **);
int __wrap_pg_load(pg_unit *, pg_prog **);
int __real_pg_link_replace(pg_link *, pg_prog *, uint64_t *);
int __wrap_pg_link_replace(pg_link *, pg_prog *, uint64_t *);

int __wrap_pg_compile(pg_ctx *ctx, const struct pg_capture *cap, uint64_t func,
		      const struct pg_compile_opts *opts, pg_unit **out)
{
	uint64_t t = clock_ns();
	int r = __real_pg_compile(ctx, cap, func, opts, out);
	t = clock_ns() - t;
	if (r == 0) {
		now.ns[CAPTURE] = pg_unit_timing(*out)->capture;
		now.ns[COMPILE] = t - now.ns[CAPTURE];
	}
	return r;
}

int __wrap_pg_load(pg_unit *u, pg_prog **out)
{
	uint64_t t = clock_ns(), before = bare_ns;
	now.insns = 0;
	loading = true;
	int r = __real_pg_load(u, out);
	loading = false;
	now.ns[LOAD] = clock_ns() - t - (bare_ns - before);
	return r;
}

int __wrap_pg_link_replace(pg_link *l, pg_prog *p, uint64_t *ns)
{
	uint64_t t = clock_ns(), before = bare_ns;
	replacing = true;
	int r = __real_pg_link_replace(l, p, ns);
	replacing = false;
	now.ns[SWAP] = clock_ns() - t - (bare_ns - before);
	return r;
}

/* ---- the runs ---- */

/* link = bpf.xdp("lo", { mode = "skb" }, f) */
static void attach(lua_State *L, int maker)
{
	lua_getglobal(L, "bpf");
	lua_getfield(L, -1, "xdp");
	lua_pushliteral(L, "lo");
	lua_newtable(L);
	lua_pushliteral(L, "skb");
	lua_setfield(L, -2, "mode");
	filter_make(L, maker);
	if (lua_pcall(L, 3, 1, 0))
		filter_fail(L);
	lua_setglobal(L, "link");
	lua_pop(L, 1);
}

static struct push replace(lua_State *L, int maker)
{
	lua_getglobal(L, "link");
	lua_getfield(L, -1, "replace");
	lua_insert(L, -2);
	filter_make(L, maker);
	uint64_t t = clock_ns(), before = bare_ns;
	if (lua_pcall(L, 2, 0, 0))
		filter_fail(L);
	now.ns[PUSH] = clock_ns() - t - (bare_ns - before);
	return now;
}

/* ---- processes: they write what they measured to memory that is shared ---- */

typedef void work(lua_State *L, int maker, struct push *out);

static void in_child(unsigned filter, work *f, struct push *out)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		lua_State *L = luaL_newstate();
		filter_open(L, filter);
		f(L, lua_gettop(L), out);
		lua_close(L);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		exit(1);
}

/* One push: the compile and load of the attachment, the swap of the first replace. */
static void push_first(lua_State *L, int maker, struct push *out)
{
	uint64_t t = clock_ns(), before = bare_ns;
	attach(L, maker);
	uint64_t whole = clock_ns() - t - (bare_ns - before);
	*out = now;
	out->ns[SWAP] = replace(L, maker).ns[SWAP];
	out->ns[BARE_SLOT] = replace(L, maker).ns[BARE_SLOT];
	out->ns[PUSH] = whole;
}

static void push_often(lua_State *L, int maker, struct push *out)
{
	attach(L, maker);
	for (unsigned i = 0; i < UNCOUNTED; i++) /* the first bare slot write needs a predecessor */
		replace(L, maker);
	for (unsigned i = 0; i < EACH; i++)
		out[i] = replace(L, maker);
}

/* ---- what is shown ---- */

struct spread { double low, median, high; }; /* tenth, middle, ninetieth of a hundred */

static double ratio(const struct push *p)
{
	return (double)p->ns[PUSH] / (double)(p->ns[BARE_LOAD] + p->ns[BARE_SLOT]);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of a stage in microseconds; what == NWHAT: of the ratio. */
static struct spread spread(const struct push *p, unsigned n, enum what what)
{
	double *v = malloc(n * sizeof *v);
	for (unsigned i = 0; i < n; i++)
		v[i] = what == NWHAT ? ratio(&p[i]) : (double)p[i].ns[what] / 1e3;
	qsort(v, n, sizeof *v, by_size);
	struct spread s = { v[n / 10], v[n / 2], v[n * 9 / 10] };
	free(v);
	return s;
}

static void print_rows(const char *name, const struct push *first, const struct push *warm)
{
	printf("\n### %s (%u instructions)\n\n", name, warm[0].insns);
	printf("| microseconds | first | (10 %% - 90 %%) | warm | (10 %% - 90 %%) |\n");
	printf("| --- | ---: | ---: | ---: | ---: |\n");
	for (enum what w = 0; w < NWHAT; w++) {
		struct spread f = spread(first, FIRST, w), s = spread(warm, WARM, w);
		printf("| %s%s | %.1f | %.1f - %.1f | %.1f | %.1f - %.1f |\n", names[w],
		       w == PUSH ? " (first: attached too)" : "", f.median, f.low, f.high, s.median,
		       s.low, s.high);
	}
	struct spread r = spread(warm, WARM, NWHAT);
	printf("| whole push / bare load and slot write | | | %.2f | %.2f - %.2f |\n", r.median, r.low, r.high);
}

static bool run_filter(unsigned filter, struct push *shared)
{
	struct push *first = shared, *warm = shared + FIRST;
	lua_State *L = luaL_newstate();
	bool there = filter_open(L, filter);

	for (unsigned i = 0; there && i < FIRST; i++)
		in_child(filter, push_first, &first[i]);
	for (unsigned i = 0; there && i < PROCESSES; i++)
		in_child(filter, push_often, &warm[i * EACH]);
	if (there)
		print_rows(lua_tostring(L, -2), first, warm);
	lua_close(L);
	return there;
}

static int loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	r.ifr_flags = IFF_UP;
	int err = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
	return err;
}

int main(void)
{
	if (unshare(CLONE_NEWNET) || loopback_up()) {
		perror("push: a network namespace (this needs root)");
		return 3;
	}
	struct push *shared = mmap(NULL, sizeof *shared * (FIRST + WARM), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; run_filter(i, shared); i++)
		;
	return 0;
}
