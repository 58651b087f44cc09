/* cli.h - what the files of the command share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

/* Exit codes. */
enum {
	CLI_OK,
	CLI_SCRIPT, /* the script or a compilation failed */
	CLI_USAGE,
	CLI_KERNEL, /* rights are missing, or the kernel lacks something */
};

struct cli_script {
	const char *mode;  /* NULL: run; "test", "check", "dump" */
	const char *stage; /* of dump */
	bool timing;
	const char *without[8]; /* features of the kernel that are not to be used */
	int nwithout;
	uint32_t share;         /* functions from this size on are called, not copied (pg_share) */
	bool scratch;           /* pg_scratch */
	bool apart;             /* pg_apart */
	const char *code;  /* text given with -e, or NULL */
	int script;        /* argv[script] is the file ("-": standard input), then its arguments */
	int argc;
	char **argv;
	struct cli_tests *tests; /* NULL: it is no file of tests */
};

/* A pass over a file of tests (lua/test.lua). */
struct cli_tests {
	const char *pass;      /* "kernel" or "twin" */
	char *before;          /* what the pass before it found, or NULL; the caller's to free */
	char *why;             /* why programs cannot be loaded, and nothing was run: likewise */
	int passed, failed;
	char *found;           /* what this one found: likewise */
};

int cli_script(const struct cli_script *s);
/* Files of tests, each in the kernel and by the twins. */
int cli_test(int nfiles, char **files);

#endif
