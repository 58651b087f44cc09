/* main.c - the command: a table of subcommands. */
#include "cli/cli.h"
#include "perigee.h"

#include <errno.h>
#include <lua.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
	const char *name, *args, *what;
	const char *help; /* what --help says below the usage line */
	int (*run)(const struct command *c, int argc, char **argv, int first); /* first word after it */
};

static const struct command commands[];

/* ---- usage ---- */

static void usage_line(FILE *to, const struct command *c)
{
	fprintf(to, "usage: perigee %s%s%s\n", c->name, *c->args ? " " : "", c->args);
}

__attribute__((format(printf, 2, 3))) static int bad_usage(const struct command *c, const char *fmt,
							   ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("perigee: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	usage_line(stderr, c);
	return CLI_USAGE;
}

static void list_commands(FILE *to)
{
	fputs("usage: perigee FILE [ARGUMENTS]\n"
	      "       perigee -e CODE\n"
	      "       perigee COMMAND ...\n\n",
	      to);
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-10s%s\n", c->name, c->what);
	fputs("\n"
	      "  --timing   with FILE, -e or run: what each push of a program took\n"
	      "  --version  the version\n"
	      "  --help     this; after a command: about that command\n\n"
	      "exit status: 0 all went well, 1 the script or a compilation failed, 2 wrong usage,\n"
	      "3 rights are missing or the kernel lacks something\n",
	      to);
}

/* ---- scripts: run, check, dump ---- */

static bool known_stage(const char *name)
{
	const char *stage;
	if (!strcmp(name, "ir") || !strcmp(name, "asm"))
		return true;
	for (unsigned i = 0; (stage = pg_stage(i, NULL)); i++)
		if (!strcmp(stage, name))
			return true;
	return false;
}

static void list_stages(FILE *to)
{
	const char *name, *what;
	for (unsigned i = 0; (name = pg_stage(i, &what)); i++)
		fprintf(to, "  %-12s%s\n", name, what ? what : "");
	fprintf(to, "  %-12s%s\n", "ir", "the last IR, before instructions are chosen");
	fprintf(to, "  %-12s%s\n", "asm", "the BPF instructions");
}

/* The tables of docs/ir.md, docs/hooks.md and docs/language.md. */
static int list_rows(int (*row_of)(int i, char *buf, size_t n))
{
	char row[1024];
	for (int i = -1; row_of(i, row, sizeof(row)) == 0; i++)
		puts(row);
	return CLI_OK;
}

static int bad_stage(const char *stage)
{
	bool list = !strcmp(stage, "list");
	FILE *to = list ? stdout : stderr;
	if (!list)
		fprintf(to, "perigee: there is no stage '%s'; there are\n", stage);
	list_stages(to);
	return list ? CLI_OK : CLI_USAGE;
}

/* --name=value and --name value; advances *i over the value. NULL: another option. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
	size_t n = strlen(name);
	if (strncmp(argv[*i], name, n))
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	return argv[*i][n] || *i + 1 >= argc ? NULL : argv[++*i];
}

/* --share=N: from 1 on, or "none". */
static bool size_from(const char *text, uint32_t *out)
{
	char *end;
	bool none = !strcmp(text, "none");
	unsigned long long n = none ? UINT32_MAX : strtoull(text, &end, 10);
	*out = (uint32_t)n;
	return none || (*text >= '0' && *text <= '9' && !*end && n > 0 && n < UINT32_MAX);
}

static int script(const struct command *c, int argc, char **argv, int first)
{
	struct cli_script s = { .argc = argc, .argv = argv, .stage = "asm" };
	bool dump = !strcmp(c->name, "dump");
	const char *wrong = NULL;
	int i;
	if (strcmp(c->name, "run"))
		s.mode = c->name;
	for (i = first; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *stage, *feature, *share;
		if (!strcmp(argv[i], "-e") && i + 1 < argc && !s.code)
			s.code = argv[++i];
		else if (!strcmp(argv[i], "--timing") && !s.mode)
			s.timing = true;
		else if (dump && (stage = value_of("--stage", argc, argv, &i)))
			s.stage = stage;
		else if (dump && !strcmp(argv[i], "--operations"))
			return list_rows(pg_operation_row);
		else if (dump && !strcmp(argv[i], "--hooks"))
			return list_rows(pg_hook_row);
		else if (dump && !strcmp(argv[i], "--refusals"))
			return list_rows(pg_refusal_row);
		else if ((share = value_of("--share", argc, argv, &i)))
			wrong = size_from(share, &s.share) ? wrong : share;
		else if (!strcmp(argv[i], "--scratch"))
			s.scratch = true;
		else if (!strcmp(argv[i], "--apart"))
			s.apart = true;
		else if (s.nwithout < 8 && (feature = value_of("--without", argc, argv, &i)))
			s.without[s.nwithout++] = feature;
		else if (!strcmp(argv[i], "--") && ++i)
			break;
		else
			return bad_usage(c, "'%s' is no option here, or lacks its value", argv[i]);
	}
	s.script = i;
	if (wrong)
		return bad_usage(c, "--share=%s: a number of instructions from 1 on, or none, is expected", wrong);
	if (dump && !known_stage(s.stage))
		return bad_stage(s.stage);
	if (s.code) /* `arg` numbers the words from the code on */
		s.script = i - 1;
	else if (i >= argc)
		return bad_usage(c, "which script?");
	return cli_script(&s);
}

/* ---- the others ---- */

static int test(const struct command *c, int argc, char **argv, int first)
{
	if (first < argc && argv[first][0] == '-' && argv[first][1])
		return bad_usage(c, "'%s' is no option here", argv[first]);
	if (first >= argc)
		return bad_usage(c, "which file of tests?");
	return cli_test(argc - first, argv + first);
}

static void feature(void *arg, const char *name, bool there, const char *since, const char *what)
{
	(void)arg;
	printf("  %-3s  %-12s %s (Linux %s)\n", there ? "yes" : "no", name, what, since);
}

static int features(const struct command *c, int argc, char **argv, int first)
{
	pg_ctx *ctx;
	if (first < argc)
		return bad_usage(c, "'%s' is too much", argv[first]);
	int err = pg_ctx_new(&ctx);
	if (err) {
		fprintf(stderr, "perigee: %s\n", strerror(-err));
		return CLI_SCRIPT;
	}
	err = pg_features(ctx, feature, NULL);
	if (err)
		fprintf(stderr, "perigee: %s\n", pg_error(ctx));
	pg_ctx_free(ctx);
	return err ? CLI_KERNEL : CLI_OK;
}

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int help(const struct command *c, int argc, char **argv, int first)
{
	if (first >= argc) {
		list_commands(stdout);
		return CLI_OK;
	}
	const struct command *about = find(argv[first]);
	if (!about)
		return bad_usage(c, "there is no command '%s'", argv[first]);
	usage_line(stdout, about);
	printf("\n%s\n%s", about->what, about->help);
	return CLI_OK;
}

static const struct command commands[] = {
	{ "run", "[--timing] [--without=FEATURE] (FILE | - | -e CODE) [ARGUMENTS]",
	  "runs a script; `perigee FILE` is the same",
	  "\nThe script is Lua 5.4 with the module in the global `bpf`; `arg` holds its arguments.\n"
	  "FILE may be - for standard input. Programs it attached detach when it ends; SIGINT and\n"
	  "SIGTERM end bpf.run.\n\n"
	  "  -e CODE    runs this text instead of a file\n"
	  "  --timing   prints what each push of a program took: capture, compile, load, swap\n"
	  "  --without=FEATURE  compiles as for a kernel that lacks it (perigee features lists them)\n"
	  "  --share=N  functions of N instructions and more are called, not copied for each call; without it\n"
	  "             those that make a big program much smaller so; none: all are copied\n"
	  "  --scratch  puts texts, keys and records into scratch memory; without it those of functions that the\n"
	  "             stack is too small for\n"
	  "  --apart    compiles what follows where tables or functions meet for each of them; without it that is\n"
	  "             done where a program is refused otherwise\n",
	  script },
	{ "check", "(FILE | - | -e CODE) [ARGUMENTS]",
	  "compiles every program of a script, loads none",
	  "\nThe script's user half does run, but the kernel is at arm's length: programs are compiled\n"
	  "and not attached, maps are tables in memory, bpf.run returns at once and timers never\n"
	  "fire. Needs no rights. What was compiled is listed; every refusal is shown.\n",
	  script },
	{ "dump", "[--stage=NAME] (FILE | - | -e CODE) [ARGUMENTS]",
	  "shows what the programs of a script become",
	  "\nRuns the user half as `check` does and prints each program as it is after one stage of the\n"
	  "compiler. --stage=list lists the stages; without --stage: asm, the BPF instructions.\n"
	  "`perigee dump --operations` prints the operations of the IR, as in docs/ir.md,\n"
	  "`perigee dump --hooks` the hooks, as in docs/hooks.md,\n"
	  "`perigee dump --refusals` what is legal Lua and refused, as in docs/language.md.\n",
	  script },
	{ "test", "FILE...",
	  "runs tests of kernel functions",
	  "\nA file of tests is a script that calls bpf.test(name, function() ... end) for each of them; one that\n"
	  "raises an error has failed (assert is enough). In it\n\n"
	  "  bpf.program(kind, f):test(input)  runs a function on a packet: verdict, packet, ns, error\n"
	  "  bpf.test.packet { ip = { src = \"10.0.0.7\" }, tcp = { dport = 22 }, payload = \"...\" }  makes one\n"
	  "  for bytes, time in bpf.test.pcap(FILE) do ... end  reads those of a capture, pcap or pcapng\n"
	  "  bpf.test.script(FILE, ARGUMENTS...)  runs a script that attaches nothing, and gives its programs\n"
	  "                                       in a list, and by name what they capture: maps and the like\n\n"
	  "All tests run twice: in the kernel, and by the twins of the programs under stock Lua. The two must agree,\n"
	  "and which lines of kernel functions never ran is said. Without rights the twins run alone, on maps that\n"
	  "are plain tables.\n",
	  test },
	{ "features", "", "lists what this kernel has, probed now",
	  "\nOne line for each kernel feature that Perigee makes use of.\n", features },
	{ "help", "[COMMAND]", "about the command, or one of its commands", "", help },
	{ NULL, NULL, NULL, NULL, NULL },
};

static bool asks_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		list_commands(stderr);
		return CLI_USAGE;
	}
	if (asks_help(argv[1])) {
		list_commands(stdout);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("perigee " PG_VERSION " (" LUA_RELEASE ")");
		return CLI_OK;
	}
	const struct command *c = find(argv[1]);
	if (!c) /* perigee [options] FILE */
		return script(find("run"), argc, argv, 1);
	if (argc > 2 && asks_help(argv[2]))
		return help(find("help"), 2, argv, 1);
	return c->run(c, argc, argv, 2);
}
