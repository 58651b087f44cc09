/* cli.h - what the files of the command share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

/* Exit codes. */
enum {
	CLI_OK,
	CLI_SCRIPT, /* the script or a compilation failed */
	CLI_USAGE,
	CLI_KERNEL, /* rights are missing, or the kernel lacks something */
};

struct cli_script {
	const char *mode;  /* NULL: run; "check", "dump" */
	const char *stage; /* of dump */
	bool timing;
	const char *without[8]; /* features of the kernel that are not to be used */
	int nwithout;
	const char *code;  /* text given with -e, or NULL */
	int script;        /* argv[script] is the file ("-": standard input), then its arguments */
	int argc;
	char **argv;
};

int cli_script(const struct cli_script *s);

#endif
