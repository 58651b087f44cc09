/*
 * chunk.c - scripts of hosts that have no Lua module: one kernel function as a binary chunk, whose
 * globals are what the host says and what the library's rows add.
 */
#include "api/api.h"
#include "front/proto.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the chunk ---- */

int pg_chunk_write(struct lua_State *L, const void *bytes, size_t n, void *chunk)
{
	struct pg_chunk *c = chunk;
	(void)L;
	if (!n) /* Lua writes nothing, from nowhere, too */
		return 0;
	if (c->room - c->n < n) {
		size_t room = (c->n + n) * 2;
		char *p = realloc(c->bytes, room);
		if (!p)
			return 1;
		c->bytes = p;
		c->room = room;
	}
	memcpy(c->bytes + c->n, bytes, n);
	c->n += n;
	return 0;
}

void pg_chunk_free(struct pg_chunk *c)
{
	free(c->bytes);
	*c = (struct pg_chunk){ 0 };
}

/* ---- its globals ---- */

/* Ids of tables: _ENV, then the library's own, each by the first row that is in it. */
enum { MAIN = 1, ENV, LIBRARY };

struct script {
	const struct pg_chunk *chunk;
	const struct pg_global *globals;
	const struct ir_lib *rows;
};

static int give_chunk(void *arg, uint64_t func, const void **bytes, size_t *n)
{
	const struct script *s = arg;
	(void)func;
	*bytes = s->chunk->bytes;
	*n = s->chunk->n;
	return s->chunk->bytes ? 0 : -EINVAL;
}

static int give_env(void *arg, uint64_t func, unsigned i, pg_value *out)
{
	(void)arg, (void)func, (void)i;
	*out = (pg_value){ .kind = PG_TABLE, .id = ENV };
	return 0;
}

static bool given(const struct pg_global *g, const char *name, pg_value *out)
{
	for (; g && g->name; g++)
		if (!strcmp(g->name, name))
			return *out = g->value, true;
	return false;
}

/* "math" is a table because there is a row "math.ult". */
static bool library(const struct ir_lib *rows, const char *name, pg_value *out)
{
	size_t n = strlen(name);
	for (unsigned i = 0; rows[i].name; i++)
		if (!strncmp(rows[i].name, name, n) && rows[i].name[n] == '.')
			return *out = (pg_value){ .kind = PG_TABLE, .id = LIBRARY + i }, true;
	return false;
}

static bool row(const struct ir_lib *rows, const char *name, pg_value *out)
{
	const struct ir_lib *r = strchr(name, '.') ? NULL : ir_lib_find(rows, name);
	if (r)
		*out = (pg_value){ .kind = PG_LIB, .lib = r->name };
	return r;
}

static bool constant(const char *table, const char *name, pg_value *out)
{
	static const struct { const char *name; int64_t i; } limits[] = {
		{ "maxinteger", INT64_MAX }, { "mininteger", INT64_MIN },
	};
	for (int64_t v = PG_VERDICT_BASE + 1; v < PG_VERDICT_END && !strcmp(table, "bpf"); v++)
		if (pg_verdict_name(v) && !strcmp(pg_verdict_name(v), name))
			return *out = (pg_value){ .kind = PG_INT, .i = v }, true;
	for (unsigned i = 0; i < sizeof limits / sizeof *limits && !strcmp(table, "math"); i++)
		if (!strcmp(limits[i].name, name))
			return *out = (pg_value){ .kind = PG_INT, .i = limits[i].i }, true;
	return false;
}

static void member(const struct ir_lib *rows, const char *of, const char *name, pg_value *out)
{
	char table[32], full[96];
	int n = (int)strcspn(of, ".");
	snprintf(table, sizeof table, "%.*s", n, of);
	if (constant(table, name, out))
		return;
	snprintf(full, sizeof full, "%s.%s", table, name);
	const struct ir_lib *r = ir_lib_find(rows, full);
	if (r)
		*out = (pg_value){ .kind = PG_LIB, .lib = r->name };
}

static int give_global(void *arg, uint64_t table, const pg_value *key, pg_value *out)
{
	const struct script *s = arg;
	*out = (pg_value){ .kind = PG_NIL };
	if (key->kind != PG_STR || memchr(key->str, 0, key->n))
		return 0;
	if (table >= LIBRARY)
		member(s->rows, s->rows[table - LIBRARY].name, key->str, out);
	else if (!given(s->globals, key->str, out) && !row(s->rows, key->str, out))
		library(s->rows, key->str, out);
	return 0;
}

/* ---- compiling ---- */

/* A global can be what means the same to every host: not a table or function of the host's own. */
static int check_globals(pg_ctx *ctx, const struct pg_global *g)
{
	for (; g && g->name; g++)
		if (g->value.kind == PG_TABLE || g->value.kind == PG_FUNC || g->value.kind == PG_VIEW ||
		    g->value.kind == PG_RECORD || (unsigned)g->value.kind >= PG_NKINDS)
			return api_fail(ctx, -EINVAL, "the global '%s' is of a kind that a script cannot be given",
					g->name);
	return 0;
}

/* Whose _ENV is the table of globals, and nothing else is. A chunk that cannot be read is left to the
 * compiler, which says so. */
static int upvalues(pg_ctx *ctx, const struct pg_chunk *c, struct arena *a)
{
	struct front_proto *p = NULL;
	if (!c->bytes || front_read(a, c->bytes, c->n, &p))
		return 0;
	for (uint32_t i = 0; i < p->nupvals; i++)
		if (strcmp(p->upvals[i].name, "_ENV"))
			return api_fail(ctx, -EINVAL, "the function captured '%s', and the host has no value "
					"for it: give a script's main function, and '%s' as a global",
					p->upvals[i].name, p->upvals[i].name);
	return 0;
}

static int check_upvalues(pg_ctx *ctx, const struct pg_chunk *c)
{
	struct arena a;
	jmp_buf oom;
	volatile int err;
	arena_init(&a, 0, &oom);
	if (setjmp(oom))
		err = api_fail(ctx, -ENOMEM, "out of memory");
	else
		err = upvalues(ctx, c, &a);
	arena_free(&a);
	return err;
}

int pg_compile_chunk(pg_ctx *ctx, const struct pg_chunk *chunk, const struct pg_global *globals,
		     const struct pg_compile_opts *opts, pg_unit **out)
{
	const struct hook *h = hook_find(opts->hook ? opts->hook : "", NULL);
	struct script s = { .chunk = chunk, .globals = globals, .rows = h ? h->family->target->libs : NULL };
	struct pg_capture cap = { .arg = &s, .chunk = give_chunk, .upvalue = give_env, .index = give_global };
	int err = check_globals(ctx, globals);
	if (!err)
		err = check_upvalues(ctx, chunk);
	return err ? err : pg_compile(ctx, &cap, MAIN, opts, out); /* which says that there is no such hook */
}
