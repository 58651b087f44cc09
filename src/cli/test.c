/* test.c - `perigee test`: each file of tests runs twice, in the kernel and by the twins of its programs. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int pass(char *file, const char *mode, struct cli_tests *t)
{
	char *argv[] = { "perigee", file };
	struct cli_script s = { .mode = mode, .stage = "asm", .argc = 2, .argv = argv, .script = 1, .tests = t };
	return cli_script(&s);
}

/* Adds up what was found; whether all went well. */
static int one(char *file, int *passed, int *failed, bool *twins_alone)
{
	struct cli_tests kernel = { .pass = "kernel" }, twin = { .pass = "twin" };
	int code = pass(file, "test", &kernel);
	if (!code && kernel.why)
		*twins_alone = true;
	twin.before = kernel.found;
	if (!code)
		code = pass(file, kernel.why ? "check" : "test", &twin);
	if (!code && !twin.passed && !twin.failed) {
		fprintf(stderr, "perigee: %s has no tests: bpf.test(name, function() ... end)\n", file);
		code = CLI_SCRIPT;
	}
	*passed += twin.passed;
	*failed += twin.failed;
	free(kernel.found);
	free(kernel.why);
	free(twin.why);
	free(twin.found);
	return code;
}

int cli_test(int nfiles, char **files)
{
	int passed = 0, failed = 0, code = CLI_OK;
	bool twins_alone = false;
	for (int i = 0; i < nfiles; i++) {
		if (nfiles > 1)
			printf("%s\n", files[i]);
		fflush(stdout);
		int c = one(files[i], &passed, &failed, &twins_alone);
		code = code ? code : c;
	}
	printf("%d passed, %d failed, %s\n", passed, failed,
	       twins_alone ? "by the twins alone: programs cannot be loaded here" : "in the kernel and by the twins");
	return code ? code : failed ? CLI_SCRIPT : CLI_OK;
}
