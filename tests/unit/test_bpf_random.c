/*
 * test_bpf_random.c - random machine IR, compiled, gives in the small machine and in the kernel what
 * it gives when it is evaluated directly; every machine operation takes part.
 *
 * PERIGEE_SEED=n starts elsewhere, PERIGEE_RUNS=n runs longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../vm-bpf/gen.h"

#include "core/feature.h"
#include "opt/passes.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOG = 1 << 16, LIVE = 46 }; /* more would not fit the stack */

static jmp_buf oom;
static char log_text[LOG];

static const bool features[2][FEAT_COUNT] = {
	{ [FEAT_isa_v4] = true, [FEAT_may_goto] = true }, { [FEAT_isa_v4] = false },
};

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void differ(const struct be_code *c, struct arena *a, struct ir_unit *u, const char *where,
		   uint64_t seed, const char *why)
{
	fprintf(stderr, "%s: %s (PERIGEE_SEED=%llu)\n%s\n%s\n%s\n", where, why, (unsigned long long)seed,
		    ir_print(u), c ? be_disasm(a, c->insns, c->n, NULL, 0) : "", log_text);
	fail();
}

static const char *compare(const struct world *x, const struct world *y)
{
	if (memcmp(x->data, y->data, sizeof(x->data)))
		return "the data map differs";
	if (memcmp(x->array, y->array, sizeof(x->array)))
		return "the array differs";
	if (memcmp(x->pkt, y->pkt, sizeof(x->pkt)))
		return "the packet differs";
	return x->ret != y->ret ? "the result differs" : NULL;
}

/* The passes that have what they look for here; the evaluator has run the program before. */
static void optimise(struct ir_unit *u)
{
	opt_hoist(u);
	opt_stores(u);
	opt_trees(u);
	opt_narrow(u);
}

static void one(const struct gen_opts *o, bool kernel)
{
	struct arena a;
	arena_init(&a, 0, &oom);
	struct diag_list diag = { .arena = &a };
	struct ir_unit *u = gen_unit(&a, &diag, o);
	const char *bad = ir_check(u);
	u->features = features[o->fuel ? 0 : 1];
	if (bad)
		differ(NULL, &a, u, "generator", o->seed, bad);
	enum { WORLDS = 3 };
	struct world in[WORLDS], want[WORLDS];
	for (int k = 0; k < WORLDS; k++) {
		world_fill(&in[k], o->seed * WORLDS + (uint64_t)k + 1);
		want[k] = in[k];
		bad = world_eval(u->main, &want[k]);
		if (bad)
			differ(NULL, &a, u, "evaluator", o->seed, bad);
	}
	if (o->optimised)
		optimise(u);
	if ((bad = ir_check(u)) != NULL)
		differ(NULL, &a, u, "optimiser", o->seed, bad);
	struct be_code *c = world_compile(u, true);
	if (!c)
		differ(NULL, &a, u, "compiler", o->seed, diag_text(&diag, DIAG_ERROR));
	for (int k = 0; k < WORLDS; k++) {
		struct world got = in[k];
		bad = world_vm(c, &got);
		if (!bad)
			bad = compare(&got, &want[k]);
		if (bad)
			differ(c, &a, u, "machine", o->seed, bad);
	}
	if (kernel) {
		bad = world_kernel(c, &in[0], log_text, LOG);
		if (!bad)
			bad = compare(&in[0], &want[0]);
		if (bad)
			differ(c, &a, u, "kernel", o->seed, bad);
	}
	arena_free(&a);
}

static void sweep(uint32_t inputs, uint32_t statements, bool branches, bool helpers, bool loops)
{
	uint64_t first = number("PERIGEE_SEED", 1), runs = number("PERIGEE_RUNS", 40);
	bool kernel = world_kernel_there();
	for (uint64_t k = first; k < first + runs; k++)
		for (int how = 0; how < 4; how++)
			one(&(struct gen_opts){ .seed = k, .inputs = inputs, .live = LIVE,
						.statements = statements,
						.branches = branches, .helpers = helpers, .loops = loops,
						.fuel = how & 1, .optimised = how & 2 }, kernel);
}

static void straight(void **state)
{
	(void)state;
	sweep(3, 40, false, false, false);
}

static void pressure(void **state)
{
	(void)state;
	sweep(45, 60, false, false, false);
}

static void branching(void **state)
{
	(void)state;
	sweep(8, 40, true, false, false);
}

static void calling(void **state)
{
	(void)state;
	sweep(12, 40, true, true, false);
}

static void everything(void **state)
{
	(void)state;
	sweep(30, 50, true, true, true);
}

/* Runs after the others: what they have evaluated. */
static void every_operation(void **state)
{
	(void)state;
	for (int op = 0; op < IR_NOPS; op++) {
		bool gone = op == IRO(pkt) || op == IRO(pktload) || op == IRO(pktstore) || op == IRO(pktlen);
		gone |= op == IRO(mapeach) || op == IRO(mapeachval);
		bool called = op == IRO(arg) || op == IRO(fnref) || op == IRO(loadp); /* by the kernel: tests/lang/each.lua */
		if (ir_ops[op].level == 'M' && !called && !gone && !world_seen[op])
			fail_msg("operation '%s' is not covered", ir_ops[op].name);
	}
}

int main(void)
{
	if (setjmp(oom))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight),   cmocka_unit_test(pressure),
		cmocka_unit_test(branching),  cmocka_unit_test(calling),
		cmocka_unit_test(everything), cmocka_unit_test(every_operation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
