/* spread.c - source, a word a line, through Lua's compiler once more. */
#include "front/spread.h"

#include "core/source.h"

#include <string.h>

struct file {
	const char *name;
	struct tokens t;
	uint32_t *of_line;          /* the token by the line it was put on; 1..nlines */
	uint32_t nlines;
	struct front_proto *chunk;  /* NULL: not to be read */
};

struct known {
	const struct front_proto *p;
	const struct file *file;
	uint32_t n;                 /* how many of the file's functions are it */
	uint32_t *at, first;        /* of one */
};

struct spread {
	struct arena *a;
	const struct pg_capture *cap;
	struct file **files;
	uint32_t nfiles, cap_files;
	struct known *known;
	uint32_t nknown, cap_known;
};

struct spread *spread_new(struct arena *a, const struct pg_capture *cap)
{
	struct spread *c = arena_new(a, struct spread);
	*c = (struct spread){ .a = a, .cap = cap };
	return c;
}

/* The words, one a line; those that have several lines keep them. */
static char *one_a_line(struct spread *c, struct file *f, size_t *n)
{
	size_t room = 1, lines = 1;
	for (uint32_t i = 0; i < f->t.n; i++) {
		room += f->t.v[i].n + 1;
		lines += 1 + f->t.v[i].end_line - f->t.v[i].line;
	}
	char *text = arena_alloc(c->a, room), *to = text;
	f->of_line = arena_array(c->a, uint32_t, lines + 1);
	for (uint32_t i = 0; i < f->t.n; i++) {
		const struct token *t = &f->t.v[i];
		memcpy(to, t->s, t->n);
		to += t->n;
		*to++ = '\n';
		for (uint32_t line = t->line; line <= t->end_line; line++)
			f->of_line[++f->nlines] = i;
	}
	*n = (size_t)(to - text);
	return text;
}

static void read_file(struct spread *c, struct file *f)
{
	size_t n, nbytes;
	const void *bytes;
	char *source = source_text(c->a, f->name, &n);
	if (!source || !tokens_read(c->a, source, n, &f->t))
		return;
	char *text = one_a_line(c, f, &n);
	if (c->cap->load(c->cap->arg, text, n, &bytes, &nbytes) || front_read(c->a, bytes, nbytes, &f->chunk))
		f->chunk = NULL;
}

static const struct file *file_of(struct spread *c, const char *name)
{
	for (uint32_t i = 0; i < c->nfiles; i++)
		if (!strcmp(c->files[i]->name, name))
			return c->files[i];
	struct file *f = arena_new(c->a, struct file);
	f->name = name;
	read_file(c, f);
	arena_push(c->a, c->files, c->nfiles, c->cap_files, f);
	return f;
}

static bool same_constant(const pg_value *a, const pg_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PG_STR:   return a->n == b->n && !memcmp(a->str, b->str, a->n);
	case PG_FLOAT: return !memcmp(&a->f, &b->f, sizeof a->f);
	default:       return a->i == b->i;
	}
}

static bool same_code(const struct front_proto *a, const struct front_proto *b)
{
	bool same = a->ncode == b->ncode && a->nk == b->nk && a->nparams == b->nparams && a->nupvals == b->nupvals &&
		    a->nprotos == b->nprotos && !memcmp(a->code, b->code, a->ncode * sizeof *a->code);
	for (uint32_t i = 0; same && i < a->nk; i++)
		same = same_constant(&a->k[i], &b->k[i]);
	for (uint32_t i = 0; same && i < a->nupvals; i++)
		same = !strcmp(a->upvals[i].name, b->upvals[i].name);
	return same;
}

/* The source line on which the word ends that was put on this one; 0: none. */
static uint32_t line_of(const struct file *f, uint32_t line)
{
	return line && line <= f->nlines ? f->t.v[f->of_line[line]].end_line : 0;
}

/* Is q, whose words have lines of their own, this very function? */
static bool is_it(const struct file *f, const struct front_proto *p, const struct front_proto *q)
{
	bool same = same_code(p, q) && line_of(f, q->line) == p->line && line_of(f, q->last_line) == p->last_line;
	for (uint32_t pc = 0; same && pc < p->ncode; pc++)
		same = line_of(f, q->lines[pc]) == p->lines[pc];
	return same;
}

/* How many below q are it; the last of them. */
static uint32_t find(const struct file *f, const struct front_proto *p, const struct front_proto *q,
		     const struct front_proto **out)
{
	uint32_t n = is_it(f, p, q);
	if (n)
		*out = q;
	for (uint32_t i = 0; i < q->nprotos; i++)
		n += find(f, p, q->protos[i], out);
	return n;
}

static const struct known *known_of(struct spread *c, const struct front_proto *p)
{
	for (uint32_t i = 0; i < c->nknown; i++)
		if (c->known[i].p == p)
			return &c->known[i];
	struct known k = { .p = p, .file = file_of(c, p->file), .first = TOKEN_NONE };
	const struct front_proto *q = NULL;
	k.n = k.file->chunk ? find(k.file, p, k.file->chunk, &q) : 0;
	if (k.n == 1) {
		k.at = arena_array(c->a, uint32_t, p->ncode);
		for (uint32_t pc = 0; pc < p->ncode; pc++)
			k.at[pc] = q->lines[pc] ? k.file->of_line[q->lines[pc]] : TOKEN_NONE;
		k.first = q->line ? k.file->of_line[q->line] : TOKEN_NONE;
	}
	arena_push(c->a, c->known, c->nknown, c->cap_known, k);
	return &c->known[c->nknown - 1];
}

enum spread_found spread_find(struct spread *c, const struct diag_pos *pos, struct spread_at *out)
{
	const struct front_proto *p = pos->of;
	if (!p || !c->cap->load)
		return SPREAD_UNKNOWN;
	const struct known *k = known_of(c, p);
	*out = (struct spread_at){ .t = &k->file->t, .p = p, .pc = pos->pc, .at = k->at, .first = k->first };
	if (k->n != 1)
		return k->n ? SPREAD_UNKNOWN : SPREAD_OTHER;
	return pos->pc == DIAG_WHOLE || pos->pc < p->ncode ? SPREAD_FOUND : SPREAD_UNKNOWN;
}
