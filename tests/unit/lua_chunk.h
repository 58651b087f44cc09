/* lua_chunk.h - Lua sources as the front end gets them: compiled by stock Lua, dumped, captured. */
#ifndef TEST_LUA_CHUNK_H
#define TEST_LUA_CHUNK_H

#include "front/front.h"
#include "front/proto.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>

struct chunk {
	char *bytes;
	size_t n, cap;
};

static int chunk_write(lua_State *L, const void *p, size_t n, void *arg)
{
	struct chunk *c = arg;
	(void)L;
	if (c->n + n > c->cap)
		c->bytes = realloc(c->bytes, c->cap = (c->n + n) * 2);
	memcpy(c->bytes + c->n, p, n);
	c->n += n;
	return 0;
}

/* The main function of the source, left on the stack of L; name as luaL_loadbuffer takes it. */
static inline struct chunk chunk_of(lua_State *L, const char *source, const char *name)
{
	struct chunk c = { 0 };
	if (luaL_loadbuffer(L, source, strlen(source), name) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		abort();
	}
	lua_dump(L, chunk_write, &c, 0);
	return c;
}

static int chunk_give(void *arg, uint64_t func, const void **bytes, size_t *n)
{
	struct chunk *c = arg;
	(void)func;
	*bytes = c->bytes;
	*n = c->n;
	return c->bytes ? 0 : -1;
}

/* What a test of chunks works with; its own setup fills it. */
struct fixture {
	struct arena a;
	struct diag_list diag;
	lua_State *L;
	struct chunk c;
};

static inline int teardown(void **state)
{
	struct fixture *x = *state;
	arena_free(&x->a);
	lua_close(x->L);
	free(x->c.bytes);
	return 0;
}

/* Nothing of what these chunks capture is known. */
static inline int chunk_captures(void *arg, uint64_t func, unsigned i, pg_value *out)
{
	(void)arg, (void)func, (void)i, (void)out;
	return -1;
}

/* Builds every function of the chunk, inner ones included. NULL when it is refused. */
static inline struct ir_unit *chunk_build(struct arena *a, struct diag_list *diag, struct chunk *c)
{
	struct pg_capture *cap = arena_new(a, struct pg_capture);
	struct ir_unit *u = ir_unit_new(a, diag, NULL);
	struct ir_fn *main_fn;
	*cap = (struct pg_capture){ .arg = c, .chunk = chunk_give, .upvalue = chunk_captures };
	if (front_open(u, cap, 1, &main_fn))
		return NULL;
	for (uint32_t i = 0; i < u->nfns; i++)
		for (uint32_t inner = 0; u->source->inner(u, u->fns[i], inner); inner++)
			;
	return u;
}

#endif
