/*
 * passes.c - where a compilation's time goes: by pass, for the filters of push.lua, and what each leaves.
 *
 *   passes                    a table for each filter, for docs/benchmarks.md
 *   passes FILTER [TURNS]     of one filter, by number from 0; warm figures from so many turns
 *
 * Nothing is loaded, so it needs no rights. The linker's --wrap puts this file between pg_compile and
 * the pipeline, which calls back after each pass.
 */
#include "compile.h"
#include "filters.h"
#include "lua/pgl.h"

#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 25, WARM = 200, UNCOUNTED = 20, MAX_ROWS = 32 };

/* [0]: what stands before and behind the passes. */
struct sample { uint64_t ns[MAX_ROWS]; };
struct size { uint32_t ins, blocks; size_t bytes; };

static struct sample now;
static struct size sizes[MAX_ROWS];
static unsigned row;
static uint64_t last;
static const char *start;  /* where the arena stood */
static bool counting;

/* ---- between pg_compile and the pipeline ---- */

int __real_compile_run(struct compile *c);
int __wrap_compile_run(struct compile *c);

static struct size count(const struct compile *c)
{
	const struct ir_fn *f = c->u->main;
	struct size n = { .bytes = (size_t)(c->u->arena->at - start) };
	for (ir_blk b = 1; b < f->nblocks; b++) {
		n.blocks += ir_block(f, b)->first != 0;
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
			n.ins++;
	}
	return n;
}

static void after(struct compile *c, const char *name, void *arg)
{
	(void)name, (void)arg;
	if (++row >= MAX_ROWS)
		exit(1);
	now.ns[row] = clock_ns() - last;
	if (counting)
		sizes[row] = count(c);
	last = clock_ns();
}

int __wrap_compile_run(struct compile *c)
{
	c->after = after;
	row = 0;
	start = c->u->arena->at;
	now.ns[0] = clock_ns() - last;
	last = clock_ns();
	return __real_compile_run(c);
}

/* ---- the runs ---- */

static struct sample compile(lua_State *L, int maker)
{
	struct pgl_opts o = { .compile = PG_OPTS(struct pg_compile_opts) };
	pg_unit *u;

	o.compile.hook = "xdp";
	filter_make(L, maker);
	last = clock_ns();
	if (pgl_compile(L, lua_gettop(L), &o, &u)) {
		lua_pushstring(L, pg_error(pgl_get(L)->ctx));
		filter_fail(L);
	}
	now.ns[0] += clock_ns() - last;
	pg_unit_free(u);
	lua_pop(L, 1);
	return now;
}

/* In a process of its own. */
static struct sample first(unsigned filter)
{
	struct sample s = { 0 };
	int fd[2];

	if (pipe(fd))
		exit(1);
	pid_t child = fork();
	if (child == 0) {
		lua_State *L = luaL_newstate();
		filter_open(L, filter);
		s = compile(L, lua_gettop(L));
		_exit(write(fd[1], &s, sizeof s) == sizeof s ? 0 : 1);
	}
	close(fd[1]);
	if (read(fd[0], &s, sizeof s) != sizeof s)
		exit(1);
	close(fd[0]);
	waitpid(child, NULL, 0);
	return s;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The rows from..to added up, in microseconds. */
static double median(const struct sample *s, unsigned n, unsigned from, unsigned to)
{
	uint64_t *v = calloc(n, sizeof *v);

	for (unsigned i = 0; i < n; i++)
		for (unsigned r = from; r <= to; r++)
			v[i] += s[i].ns[r];
	qsort(v, n, sizeof *v, by_size);
	double m = (double)v[n / 2] / 1e3;
	free(v);
	return m;
}

static void print_rows(const char *name, const struct sample *f, const struct sample *w, unsigned turns)
{
	printf("\n### %s\n\n| pass | first | warm | IR instructions | blocks | KB |\n", name);
	printf("| --- | ---: | ---: | ---: | ---: | ---: |\n");
	for (unsigned r = 0; r <= row; r++)
		printf("| %s | %.1f | %.1f | %u | %u | %zu |\n", r ? compile_pass(r - 1, NULL) : "(round them)",
		       median(f, FIRST, r, r), median(w, turns, r, r), sizes[r].ins, sizes[r].blocks,
		       sizes[r].bytes >> 10);
	printf("| together | %.1f | %.1f | | | |\n", median(f, FIRST, 0, row), median(w, turns, 0, row));
}

static bool run_filter(unsigned filter, unsigned turns)
{
	struct sample f[FIRST], *w = calloc(turns, sizeof *w);
	lua_State *L = luaL_newstate();
	bool there = filter_open(L, filter);
	int maker = lua_gettop(L);

	for (unsigned i = 0; there && i < FIRST; i++)
		f[i] = first(filter);
	for (unsigned i = 0; there && i < UNCOUNTED; i++) {
		counting = !i;
		compile(L, maker);
	}
	for (unsigned i = 0; there && i < turns; i++)
		w[i] = compile(L, maker);
	if (there)
		print_rows(lua_tostring(L, maker - 1), f, w, turns);
	lua_close(L);
	free(w);
	return there;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return !run_filter((unsigned)atoi(argv[1]), argc > 2 ? (unsigned)atoi(argv[2]) : WARM);
	for (unsigned i = 0; run_filter(i, WARM); i++)
		;
	return 0;
}
