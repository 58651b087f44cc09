/*
 * irrun - runs the cases of tests/ir: text in, passes, text out.
 *
 *     irrun FILE...            TAP: one line a case, what differs behind it
 *     irrun --actual FILE      the file with what the passes give now in place of what is expected
 *
 * A case:
 *
 *     -- name: pass pass ...   the names of the table below; before them switches: features of the kernel,
 *     text                     copy (packet bytes by helper), pktlen (a helper gives the length), budget=N,
 *                              pieces (packets may lie in several), copied (packet bytes are written by helper)
 *     ----
 *     text expected            the IR; from select on instructions on virtual registers, after emit BPF
 */
#include "bpf/code.h"
#include "core/feature.h"
#include "opt/passes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const struct ir_target plain = {
	.hook = "test", .ctx_data = 0, .ctx_data_end = 4, .helper_load_bytes = 189, .helper_store_bytes = 190,
};
static const struct ir_target with_length = {
	.hook = "test", .ctx_data = 0, .ctx_data_end = 4, .helper_load_bytes = 189, .helper_pkt_len = 188,
};

static const struct ir_target in_pieces = {
	.hook = "test", .ctx_data = 0, .ctx_data_end = 4, .has_len = true, .ctx_len = 8, .helper_load_bytes = 26,
	.helper_pull = 39, .repeatable = (const uint8_t[]){ 1, 0 },
};

struct settings {
	bool features[FEAT_COUNT];
	bool copy, copied, pktlen, pieces;
	uint64_t budget;
};

static const struct ir_target *target_of(const struct settings *s)
{
	return s->pieces ? &in_pieces : s->pktlen ? &with_length : &plain;
}

/* A program on its way: be from select on, done from emit on. */
struct way {
	struct ir_unit *u;
	struct be *be;
	bool done;
};

static int simplify(struct way *w)  { opt_simplify(w->u); return 0; }
static int simplify2(struct way *w) { opt_simplify_last(w->u); return 0; }
/* The text does not say which functions bodies are of. */
static int calls(struct way *w)
{
	struct ir_unit *u = w->u;
	struct ir_fn *f = u->main = u->main ? u->main : u->fns[0];
	for (ir_ref r = 1; r < f->nins; r++)
		while (ir_at(f, r)->op == IRO(subcall) && ir_at(f, r)->aux >= u->nsubs)
			arena_push(u->arena, u->subs, u->nsubs, u->cap_subs, ((struct ir_sub){ .name = "sub" }));
	opt_calls(u);
	return 0;
}

static int outline(struct way *w)   { return opt_outline(w->u); }
static int loops(struct way *w)     { return opt_loops(w->u); }
static int guard(struct way *w)     { return opt_guard(w->u); }
static int locks(struct way *w)     { return opt_locks(w->u); }
static int hoist(struct way *w)     { opt_hoist(w->u); return 0; }
static int checks(struct way *w)    { opt_checks(w->u); return 0; }
static int stores(struct way *w)    { opt_stores(w->u); return 0; }
static int trees(struct way *w)     { opt_trees(w->u); return 0; }
static int narrow(struct way *w)    { opt_narrow(w->u); return 0; }
static int veil(struct way *w)      { opt_veil(w->u); return 0; }
static int legalise(struct way *w)  { be_legalise(w->u); return 0; }
static int select_(struct way *w)
{
	w->u->main = w->u->main ? w->u->main : w->u->fns[0];
	w->be = be_new(w->u);
	return be_select(w->be);
}

static int allocate(struct way *w)  { return be_allocate(w->be); }
static int frame(struct way *w)     { return be_frame(w->be); }
static int emit(struct way *w)      { w->done = true; return be_emit(w->be); }

static const struct { const char *name; int (*run)(struct way *w); } passes[] = {
	{ "calls", calls }, { "simplify", simplify }, { "simplify2", simplify2 }, { "outline", outline }, { "loops", loops },
	{ "guard", guard }, { "checks", checks }, { "hoist", hoist }, { "stores", stores }, { "trees", trees },
	{ "veil", veil }, { "narrow", narrow }, { "locks", locks },
	{ "legalise", legalise }, { "select", select_ }, { "allocate", allocate },
	{ "frame", frame }, { "emit", emit },
};

static const char *const features[FEAT_COUNT] = {
#define FEATURE(name, since, what) [FEAT_##name] = #name,
#include "core/feature.def"
#undef FEATURE
};

static bool setting(struct settings *s, const char *word)
{
	for (unsigned i = 0; i < FEAT_COUNT; i++)
		if (!strcmp(word, features[i])) {
			s->features[i] = true;
			return true;
		}
	if (!strcmp(word, "copy"))
		s->copy = true;
	else if (!strcmp(word, "copied"))
		s->copied = true;
	else if (!strcmp(word, "pktlen"))
		s->pktlen = true;
	else if (!strcmp(word, "pieces"))
		s->pieces = true;
	else if (!strncmp(word, "budget=", 7))
		s->budget = strtoull(word + 7, NULL, 10);
	else
		return false;
	return true;
}

static const char *text_of(const struct way *w)
{
	if (!w->done)
		return w->be ? be_print(w->be) : ir_print(w->u);
	const struct be_code *c = be_code(w->be);
	return be_disasm(w->u->arena, c->insns, c->n, NULL, 0);
}

/* What the passes make of the text, or a sentence on what went wrong. */
static const char *transform(struct arena *a, const char *how, const char *text)
{
	struct settings s = { 0 };
	struct diag_list diag = { .arena = a };
	const char *err;
	char *words = arena_copy(a, how, strlen(how)), *save = NULL;
	struct way way = { 0 };
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (!way.u && setting(&s, w))
			continue;
		if (!way.u) {
			struct ir_unit *u = way.u = ir_read(a, &diag, target_of(&s), text, &err);
			if (!u)
				return arena_printf(a, "input: %s\n", err);
			if ((err = ir_check(u)) != NULL)
				return arena_printf(a, "input: %s\n", err);
			u->features = s.features;
			u->copy_access = s.copy;
			u->copy_stores = s.copied;
			u->budget = s.budget;
		}
		unsigned i = 0;
		while (i < sizeof(passes) / sizeof(*passes) && strcmp(passes[i].name, w))
			i++;
		if (i == sizeof(passes) / sizeof(*passes))
			return arena_printf(a, "no such pass: %s\n", w);
		if (passes[i].run(&way))
			return arena_printf(a, "%s: %s\n", w, diag.n ? diag.v[0].text : "failed");
		if (!way.be && (err = ir_check(way.u)) != NULL)
			return arena_printf(a, "after %s: %s\n%s", w, err, ir_print(way.u));
	}
	return way.u ? text_of(&way) : "no pass\n";
}

/* ---- files ---- */

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(2);
	}
	size_t n = 0, cap = 1 << 16;
	char *s = malloc(cap);
	for (size_t got; s && (got = fread(s + n, 1, cap - n - 1, f)) > 0;) {
		n += got;
		if (cap - n < 2)
			s = realloc(s, cap *= 2);
	}
	fclose(f);
	if (!s)
		exit(2);
	s[n] = 0;
	return s;
}

struct one { char *name, *how, *in, *want; };

/* Cuts the next case out of *at. */
static bool next_case(char **at, struct one *c)
{
	char *s = *at;
	if (strncmp(s, "-- ", 3)) {
		s = strstr(s, "\n-- ");
		if (!s)
			return false;
		s++;
	}
	c->name = s + 3;
	char *eol = strchr(c->name, '\n');
	if (!eol)
		return false;
	*eol = 0;
	char *colon = strrchr(c->name, ':');
	if (!colon)
		return false;
	*colon = 0;
	c->how = colon + 1;
	c->in = eol + 1;
	char *middle = strstr(c->in, "----\n");
	if (!middle)
		return false;
	*middle = 0;
	c->want = middle + 5;
	char *end = strncmp(c->want, "-- ", 3) ? strstr(c->want, "\n-- ") : c->want;
	if (end && end != c->want)
		*end++ = 0;
	*at = end ? end : c->want + strlen(c->want);
	return true;
}

static const char *trimmed(struct arena *a, const char *s)
{
	while (*s == '\n')
		s++;
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return arena_copy(a, s, n);
}

/* Lines that are only in one of the two, in order (both are short). */
static void show_difference(const char *want, const char *got)
{
	printf("# expected:\n");
	for (const char *p = want; *p; p += strcspn(p, "\n"), p += *p == '\n')
		printf("#   %.*s\n", (int)strcspn(p, "\n"), p);
	printf("# got:\n");
	for (const char *p = got; *p; p += strcspn(p, "\n"), p += *p == '\n')
		printf("#   %.*s\n", (int)strcspn(p, "\n"), p);
}

static jmp_buf no_memory;

static int run_file(const char *path, bool actual, unsigned *count)
{
	char *text = read_file(path), *at = text;
	struct one c;
	int failed = 0;
	while (next_case(&at, &c)) {
		struct arena a;
		arena_init(&a, 0, &no_memory);
		const char *got = trimmed(&a, transform(&a, c.how, c.in));
		const char *want = trimmed(&a, c.want);
		bool same = !strcmp(got, want);
		if (actual)
			printf("-- %s:%s\n%s\n----\n%s\n\n", c.name, c.how, trimmed(&a, c.in), got);
		else
			printf("%s %s\n", same ? "ok" : "not ok", c.name);
		if (!same && !actual)
			show_difference(want, got);
		failed += !same;
		++*count;
		arena_free(&a);
	}
	if (*at && strspn(at, " \n") != strlen(at))
		printf("not ok %s: no case: %.40s\n", path, at), failed++, ++*count;
	free(text);
	return failed;
}

int main(int argc, char **argv)
{
	static unsigned count;
	static int failed;
	bool actual = argc > 1 && !strcmp(argv[1], "--actual");
	if (argc < 2 + actual) {
		fprintf(stderr, "usage: irrun [--actual] FILE...\n");
		return 2;
	}
	if (setjmp(no_memory))
		return 2;
	for (int i = 1 + actual; i < argc; i++)
		failed += run_file(argv[i], actual, &count);
	if (!actual)
		printf("1..%u\n", count);
	return failed && !actual;
}
