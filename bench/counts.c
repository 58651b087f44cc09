/*
 * counts.c - what each pass is worth: instructions of the IR after each, and of BPF with each left out, for
 * the examples and the programs of bench/code. Tables for docs/benchmarks.md; no times in them.
 *
 *   counts            both tables
 *   counts FILE...    for these scripts only
 *
 * Nothing is loaded, so it needs no rights. The linker's --wrap puts this file between pg_compile and
 * the pipeline; a script is run once for each thing left out.
 */
#include "compile.h"
#include "opt/passes.h"
#include "perigee.h"

#include <fcntl.h>
#include <glob.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PASSES = 32 };

PG_API int luaopen_perigee(lua_State *L);

/* What the examples want to be called with. */
static const struct { const char *file, *args[4]; } calls[] = {
	{ "examples/ddos.lua",         { "lo" } },
	{ "examples/ports.lua",        { "lo", "22", "80" } },
	{ "examples/protocols.lua",    { "lo" } },
	{ "examples/ttl.lua",          { "lo", "64" } },
	{ "examples/tenants.lua",      { "lo" } },
	{ "examples/sni.lua",          { "lo", "example.org" } },
	{ "examples/agents.lua",       { "lo" } },
	{ "examples/names.lua",        { "lo" } },
	{ "examples/tracking.lua",     { "lo" } },
	{ "examples/limit.lua",        { "lo" } },
	{ "examples/balancer.lua",     { "lo", "10.0.0.1", "80", "10.1.0.2,02:00:00:00:00:01,lo" } },
	{ "examples/chains.lua",       { "lo" } },
	{ "examples/snooping.lua",     { "lo" } },
	{ "examples/connections.lua",  { NULL } },
	{ "examples/syscalls.lua",     { "1" } },
	{ "examples/libc_latency.lua", { "malloc" } },
};
enum { NCALLS = sizeof(calls) / sizeof(*calls) };

/* ---- between pg_compile and the pipeline ---- */

static uint32_t without, parts_without; /* of struct compile, of struct ir_unit */
static unsigned ir[MAX_PASSES], bpf, row;

int __real_compile_run(struct compile *c);
int __wrap_compile_run(struct compile *c);

static void after(struct compile *c, const char *name, void *arg)
{
	const struct ir_fn *f = c->u->main;
	(void)arg;
	while (compile_pass(row, NULL) && strcmp(compile_pass(row, NULL), name))
		row++;
	for (ir_blk b = 1; b < f->nblocks; b++)
		for (ir_ref r = ir_block(f, b)->first; r; r = ir_at(f, r)->next)
			ir[row]++;
}

int __wrap_compile_run(struct compile *c)
{
	c->after = after;
	c->without = without;
	c->u->without = parts_without;
	row = 0;
	int err = __real_compile_run(c);
	bpf += c->code ? c->code->n : 0;
	return err;
}

/* ---- scripts ---- */

static void fail(const char *file, lua_State *L)
{
	fprintf(stderr, "counts: %s: %s\n", file, lua_tostring(L, -1));
	exit(1);
}

/* What the user half of a script prints goes nowhere. */
static void quiet(bool on)
{
	static int kept = -1;
	fflush(stdout);
	if (on) {
		int null = open("/dev/null", O_WRONLY);
		kept = dup(STDOUT_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	} else {
		dup2(kept, STDOUT_FILENO);
		close(kept);
	}
}

/* bpf.run: what an example does when it was stopped is not waited for. */
static int stop(lua_State *L)
{
	lua_pushlightuserdata(L, &bpf);
	return lua_error(L);
}

/* The module as `perigee check` has it: nothing is loaded or attached. */
static lua_State *open_state(void)
{
	lua_State *L = luaL_newstate();
	luaL_openlibs(L);
	lua_newtable(L);
	lua_pushstring(L, "check");
	lua_setfield(L, -2, "mode");
	lua_setfield(L, LUA_REGISTRYINDEX, "perigee.options");
	luaL_requiref(L, "bpf", luaopen_perigee, 1);
	lua_pushcfunction(L, stop);
	lua_setfield(L, -2, "run");
	lua_settop(L, 0);
	return L;
}

static void set_args(lua_State *L, const char *file)
{
	lua_newtable(L);
	for (unsigned i = 0; i < NCALLS; i++)
		for (int k = 0; k < 4 && !strcmp(calls[i].file, file) && calls[i].args[k]; k++) {
			lua_pushstring(L, calls[i].args[k]);
			lua_rawseti(L, -2, k + 1);
		}
	lua_setglobal(L, "arg");
}

/* A script of bench/code gives a hook and a function; examples attach by themselves. */
static void run(const char *file)
{
	lua_State *L = open_state();
	memset(ir, 0, sizeof ir);
	bpf = 0;
	set_args(L, file);
	lua_settop(L, 0);
	quiet(true);
	bool failed = luaL_loadfile(L, file) || lua_pcall(L, 0, LUA_MULTRET, 0);
	if (failed && lua_touserdata(L, -1) != &bpf)
		fail(file, L);
	if (!failed && lua_gettop(L) >= 2) {
		lua_getglobal(L, "bpf");
		lua_getfield(L, -1, "program");
		lua_insert(L, 1);
		lua_pop(L, 1);
		if (lua_pcall(L, lua_gettop(L) - 1, 0, 0))
			fail(file, L);
	}
	lua_close(L); /* bpf.on_exit */
	quiet(false);
	if (!bpf) {
		fprintf(stderr, "counts: %s: nothing was compiled\n", file);
		exit(1);
	}
}

/* ---- tables ---- */

static const char *short_name(const char *file)
{
	static char name[64];
	bool example = !strncmp(file, "examples/", 9);
	snprintf(name, sizeof name, "%s%s", example ? "examples/" : "", strrchr(file, '/') + 1);
	*strrchr(name, '.') = 0;
	return name;
}

/* From lower on a function is what is compiled: what was before cannot be compared. */
static unsigned first_pass(void)
{
	unsigned i = 0;
	while (strcmp(compile_pass(i, NULL), "lower"))
		i++;
	return i;
}

static unsigned last_pass(void)
{
	unsigned i = 0;
	while (strcmp(compile_pass(i, NULL), "select"))
		i++;
	return i;
}

static void print_passes(char **files, size_t n)
{
	unsigned first = first_pass(), last = last_pass();
	printf("| program |");
	for (unsigned i = first; i < last; i++)
		printf(" %s |", compile_pass(i, NULL));
	printf(" BPF |\n| --- |");
	for (unsigned i = first; i <= last; i++)
		printf(" ---: |");
	printf("\n");
	for (size_t k = 0; k < n; k++) {
		run(files[k]);
		printf("| %s |", short_name(files[k]));
		for (unsigned i = first; i < last; i++)
			printf(" %u |", ir[i]);
		printf(" %u |\n", bpf);
	}
}

/* What can be left out, one after the other; false past the last. */
static bool leave_out(unsigned i, const char **name)
{
	without = parts_without = 0;
	for (unsigned p = 0; (*name = opt_simplify_part(p)); p++)
		if (!i--) {
			parts_without = 1u << p;
			return true;
		}
	for (unsigned p = 0; (*name = compile_pass(p, NULL)); p++)
		if (compile_optional(p) && !i--) {
			without = 1u << p;
			return true;
		}
	*name = "any of them";
	without = parts_without = ~0u;
	return !i;
}

static void print_without(char **files, size_t n)
{
	const char *name;
	unsigned columns = 0;
	printf("| program | with all |");
	for (; leave_out(columns, &name); columns++)
		printf(" %s |", name);
	printf("\n| --- | ---: |");
	for (unsigned i = 0; i < columns; i++)
		printf(" ---: |");
	printf("\n");
	for (size_t k = 0; k < n; k++) {
		without = parts_without = 0;
		run(files[k]);
		int all = (int)bpf;
		printf("| %s | %d |", short_name(files[k]), all);
		for (unsigned i = 0; leave_out(i, &name); i++) {
			run(files[k]);
			if ((int)bpf == all)
				printf(" |");
			else
				printf(" %+d |", (int)bpf - all);
		}
		printf("\n");
	}
	without = parts_without = 0;
}

int main(int argc, char **argv)
{
	glob_t all = { .gl_pathc = 0 };
	if (argc < 2 && (glob("examples/*.lua", 0, NULL, &all) || glob("bench/code/*.lua", GLOB_APPEND, NULL, &all)))
		return 1;
	char **files = argc < 2 ? all.gl_pathv : argv + 1;
	size_t n = argc < 2 ? 0 : (size_t)argc - 1;
	/* bench/code has the examples once more, function by function; what tests them is for `perigee test` */
	for (size_t i = 0; argc < 2 && i < all.gl_pathc; i++)
		if (!strstr(files[i], "/example_") && !strstr(files[i], "_test.lua"))
			files[n++] = files[i];
	printf("Instructions after each pass, all functions of a script together:\n\n");
	print_passes(files, n);
	printf("\nInstructions of BPF, and how many more (or fewer) there are without one of the parts:\n\n");
	print_without(files, n);
	return 0;
}
