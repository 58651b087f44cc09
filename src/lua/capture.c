/*
 * capture.c - tells the compiler what a Lua function is and what it captured.
 *
 * Objects get numbers in one table, object -> number and number -> object. The collector stands
 * still for the time of a compilation: strings handed out stay where they are.
 */
#include "lua/pgl.h"

#include "core/mutant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	size_t n, cap;
	char *bytes;
};

/* All that indexing a table finds; not those that __index finds; those before an __index that is no table. */
enum pairs_how { PAIRS_ALL, PAIRS_OWN, PAIRS_BEYOND };

/* The pairs of a table, keys and values by turns. */
struct pairs {
	struct pairs *next;
	enum pairs_how how;
	pg_value by, of;     /* BEYOND: the __index that is no table, and the table that has it */
	uint32_t n, cap;
	pg_value *kv;
};

struct capture {
	lua_State *L;
	int ids;             /* stack index of the table */
	uint64_t last;
	struct chunk *chunks;
	struct pairs **pairs; /* of tables asked for so far, by number */
	uint64_t npairs;
	struct pairs *filled; /* the one that is being filled */
	bool native;         /* the function last dumped is what one of C is in Lua */
	bool computed;       /* the last look-up came to an __index function */
	/* the call being made, for its protected half */
	uint64_t id;
	unsigned i;
	const pg_value *key;
	pg_value *out;
	int64_t len;
	const char *text;
	size_t text_len;
};

static uint64_t number(struct capture *c, int idx)
{
	lua_State *L = c->L;
	idx = lua_absindex(L, idx);
	lua_pushvalue(L, idx);
	if (lua_rawget(L, 1) == LUA_TNIL) {
		c->last++;
		lua_pushvalue(L, idx);
		lua_pushinteger(L, (lua_Integer)c->last);
		lua_rawset(L, 1);
		lua_pushvalue(L, idx);
		lua_rawseti(L, 1, (lua_Integer)c->last);
		lua_pop(L, 1);
		return c->last;
	}
	uint64_t id = (uint64_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return id;
}

static void describe_function(struct capture *c, int idx, pg_value *out)
{
	lua_State *L = c->L;
	idx = lua_absindex(L, idx);
	if (!lua_iscfunction(L, idx)) {
		*out = (pg_value){ .kind = PG_FUNC, .id = number(c, idx) };
		return;
	}
	pgl_table(L, PGL_LIB);
	lua_pushvalue(L, idx);
	int how = lua_rawget(L, -2);
	if (how == LUA_TSTRING)
		*out = (pg_value){ .kind = PG_LIB, .lib = lua_tostring(L, -1) };
	else if (how == LUA_TFUNCTION)
		*out = (pg_value){ .kind = PG_FUNC, .id = number(c, -1) };
	else
		*out = (pg_value){ .kind = PG_HOST, .str = "C function" };
	lua_pop(L, 2);
}

/* Our own userdata are called by their class: "link", "program". */
static void describe_host(lua_State *L, int idx, pg_value *out)
{
	if (pgl_type(L, idx) == PGL_OTHER)
		return;
	if (luaL_getmetafield(L, idx, "__name") == LUA_TSTRING)
		out->str = lua_tostring(L, -1);
	lua_pop(L, 1);
}

static void describe_table(struct capture *c, pg_value *out)
{
	*out = (pg_value){ .kind = PG_TABLE, .id = number(c, -1) };
	if (!lua_getmetatable(c->L, -1))
		return;
	lua_pop(c->L, 1);
	out->n = PG_TABLE_META;
	if (luaL_getmetafield(c->L, -1, "__eq") != LUA_TNIL) {
		out->n |= PG_TABLE_EQ;
		lua_pop(c->L, 1);
	}
}

/* What the value at the top is. */
static void describe(struct capture *c, pg_value *out)
{
	lua_State *L = c->L;
	if (lua_istable(L, -1))
		describe_table(c, out);
	else if (lua_isfunction(L, -1))
		describe_function(c, -1, out);
	else
		pgl_simple(L, -1, out);
	if (out->kind == PG_HOST && lua_isuserdata(L, -1))
		describe_host(L, -1, out);
}

/* ---- protected halves: stack 1 is the table of numbers, 2 the capture ---- */

static struct capture *inside(lua_State *L)
{
	struct capture *c = lua_touserdata(L, 2);
	luaL_checkstack(L, 10, NULL);
	return c;
}

static int writer(lua_State *L, const void *bytes, size_t n, void *arg)
{
	struct chunk *k = arg;
	(void)L;
	if (k->n + n > k->cap) {
		size_t cap = (k->n + n) * 2 + 512;
		char *p = realloc(k->bytes, cap);
		if (!p)
			return 1;
		k->bytes = p;
		k->cap = cap;
	}
	memcpy(k->bytes + k->n, bytes, n);
	k->n += n;
	return 0;
}

static int in_chunk(lua_State *L)
{
	struct capture *c = inside(L);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	pgl_table(L, PGL_LIB);
	lua_pushvalue(L, -2);
	c->native = lua_rawget(L, -2) == LUA_TBOOLEAN;
	lua_pop(L, 2);
	if (lua_dump(L, writer, c->chunks, 0))
		return luaL_error(L, "out of memory");
	return 0;
}

static int in_load(lua_State *L)
{
	struct capture *c = inside(L);
	if (luaL_loadbufferx(L, c->text, c->text_len, "=source", "t") || lua_dump(L, writer, c->chunks, 0))
		return lua_error(L);
	return 0;
}

static int in_upvalue(lua_State *L)
{
	struct capture *c = inside(L);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	if (!lua_getupvalue(L, -1, (int)c->i + 1))
		return luaL_error(L, "there is no such upvalue");
	describe(c, c->out);
	return 0;
}

enum { CHAIN = 100 }; /* tables that an __index may lead through */

static void push_key(lua_State *L, const pg_value *key)
{
	if (key->kind == PG_TABLE || key->kind == PG_FUNC)
		lua_rawgeti(L, 1, (lua_Integer)key->id);
	else if (key->kind == PG_LIB || key->kind == PG_HOST)
		luaL_error(L, "which of them it is, is not known");
	else
		pgl_push(L, key);
}

/* What the table at the top gives for the key below it, by way of those that __index leads to. */
static int find_field(lua_State *L, struct capture *c)
{
	for (int i = 0; i < CHAIN; i++) { /* key, table */
		lua_pushvalue(L, -2);
		if (lua_rawget(L, -2) != LUA_TNIL) {
			describe(c, c->out);
			return 0;
		}
		lua_pop(L, 1);
		if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL) {
			*c->out = (pg_value){ .kind = PG_NIL };
			return 0;
		}
		if (!lua_istable(L, -1))
			break;
		lua_replace(L, -2);
	}
	c->computed = true;
	return luaL_error(L, "an __index metamethod finds it");
}

static int in_index(lua_State *L)
{
	struct capture *c = inside(L);
	push_key(L, c->key);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	return find_field(L, c);
}

static int in_text(lua_State *L)
{
	struct capture *c = inside(L);
	if (c->key)
		push_key(L, c->key);
	lua_pushliteral(L, "");
	if (luaL_getmetafield(L, -1, "__index") != LUA_TTABLE)
		return luaL_error(L, "no table is the __index of texts");
	lua_remove(L, -2);
	if (c->key)
		return find_field(L, c);
	describe(c, c->out);
	return 0;
}

static void add_pair(lua_State *L, struct capture *c, struct pairs *p)
{
	if (p->n == p->cap) {
		uint32_t cap = p->cap ? p->cap * 2 : 16;
		pg_value *kv = realloc(p->kv, sizeof(*kv) * 2 * cap);
		if (!kv)
			luaL_error(L, "out of memory");
		p->kv = kv;
		p->cap = cap;
	}
	pg_value *key = &p->kv[2 * p->n++], *value = key + 1;
	*key = *value = (pg_value){ .kind = PG_NIL };
	describe(c, value);
	lua_pushvalue(L, -2);
	describe(c, key);
	lua_pop(L, 1);
}

/* The table at the top: its pairs whose keys no table before it had (their set at `seen`). */
static void add_table(lua_State *L, struct capture *c, struct pairs *p, int seen)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		bool known = lua_rawget(L, seen) != LUA_TNIL;
		lua_pop(L, 1);
		if (known && !MUTANT(pair_twice))
			continue;
		lua_pushvalue(L, -2);
		lua_pushboolean(L, 1);
		lua_rawset(L, seen);
		add_pair(L, c, p);
	}
}

static int in_pairs(lua_State *L)
{
	struct capture *c = inside(L);
	bool beyond = c->filled->how == PAIRS_BEYOND;
	lua_newtable(L);
	int seen = lua_gettop(L);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	for (int i = 0; i < CHAIN; i++) {
		add_table(L, c, c->filled, seen);
		if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL)
			return beyond ? luaL_error(L, "no __index metamethod finds any") : 0;
		if (!lua_istable(L, -1))
			break;
		lua_replace(L, -2);
	}
	if (!beyond || lua_istable(L, -1))
		return luaL_error(L, "an __index metamethod finds them");
	describe(c, &c->filled->by);
	lua_pop(L, 1);
	describe(c, &c->filled->of);
	return 0;
}

static int in_own(lua_State *L)
{
	struct capture *c = inside(L);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	if (luaL_getmetafield(L, -1, "__pairs") != LUA_TNIL)
		return luaL_error(L, "a __pairs metamethod gives them");
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		add_pair(L, c, c->filled);
	return 0;
}

static int in_len(lua_State *L)
{
	struct capture *c = inside(L);
	lua_rawgeti(L, 1, (lua_Integer)c->id);
	if (luaL_getmetafield(L, -1, "__len") != LUA_TNIL)
		return luaL_error(L, "a __len metamethod gives it");
	c->len = (int64_t)lua_rawlen(L, -1);
	return 0;
}

static int protect(struct capture *c, lua_CFunction f)
{
	lua_State *L = c->L;
	if (!lua_checkstack(L, 4))
		return -ENOMEM;
	lua_pushcfunction(L, f);
	lua_pushvalue(L, c->ids);
	lua_pushlightuserdata(L, c);
	int rc = lua_pcall(L, 2, 0, 0);
	if (rc == LUA_OK)
		return 0;
	lua_pop(L, 1);
	return rc == LUA_ERRMEM ? -ENOMEM : -EINVAL;
}

/* ---- callbacks ---- */

/* What f dumps, as long as the capture. */
static int dumped(struct capture *c, lua_CFunction f, const void **bytes, size_t *n)
{
	struct chunk *k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->next = c->chunks;
	c->chunks = k;
	int err = protect(c, f);
	*bytes = k->bytes;
	*n = k->n;
	return err;
}

static int cb_chunk(void *arg, uint64_t func, const void **bytes, size_t *n)
{
	struct capture *c = arg;
	c->id = func;
	int err = dumped(c, in_chunk, bytes, n);
	return err ? err : c->native;
}

static int cb_load(void *arg, const char *text, size_t len, const void **bytes, size_t *n)
{
	struct capture *c = arg;
	c->text = text;
	c->text_len = len;
	return dumped(c, in_load, bytes, n);
}

static int cb_upvalue(void *arg, uint64_t func, unsigned i, pg_value *out)
{
	struct capture *c = arg;
	c->id = func;
	c->i = i;
	c->out = out;
	return protect(c, in_upvalue);
}

static int cb_index(void *arg, uint64_t table, const pg_value *key, pg_value *out)
{
	struct capture *c = arg;
	c->id = table;
	c->key = key;
	c->out = out;
	c->computed = false;
	int err = protect(c, in_index);
	return c->computed ? -ENOTSUP : err;
}

static int cb_text(void *arg, const pg_value *key, pg_value *out)
{
	struct capture *c = arg;
	c->key = key;
	c->out = out;
	return protect(c, in_text);
}

static int cb_len(void *arg, uint64_t table, int64_t *out)
{
	struct capture *c = arg;
	c->id = table;
	int err = protect(c, in_len);
	*out = c->len;
	return err;
}

/* Where the pairs of a table begin; NULL: out of memory. Its number is one of those that were given from 1 on. */
static struct pairs **pairs_at(struct capture *c, uint64_t table)
{
	if (table >= c->npairs) {
		uint64_t n = table < 32 ? 64 : 2 * table;
		struct pairs **all = realloc(c->pairs, n * sizeof(*all));
		if (!all)
			return NULL;
		memset(all + c->npairs, 0, (n - c->npairs) * sizeof(*all));
		c->pairs = all;
		c->npairs = n;
	}
	return &c->pairs[table];
}

static int find_pairs(struct capture *c, uint64_t table, enum pairs_how how, struct pairs **out)
{
	struct pairs **at = pairs_at(c, table), *p = at ? *at : NULL;
	while (p && p->how != how)
		p = p->next;
	if (!p) {
		p = at ? calloc(1, sizeof(*p)) : NULL;
		if (!p)
			return -ENOMEM;
		*p = (struct pairs){ .next = *at, .how = how };
		*at = c->filled = p;
		c->id = table;
		int err = protect(c, how == PAIRS_OWN ? in_own : in_pairs);
		if (err) {
			c->pairs[table] = p->next;
			free(p->kv);
			free(p);
			return err;
		}
	}
	*out = p;
	return 0;
}

static int pairs_of(struct capture *c, uint64_t table, enum pairs_how how, const pg_value **out, uint32_t *n)
{
	struct pairs *p;
	int err = find_pairs(c, table, how, &p);
	if (err)
		return err;
	*out = p->kv;
	*n = p->n;
	return 0;
}

static int cb_pairs(void *arg, uint64_t table, const pg_value **out, uint32_t *n)
{
	return pairs_of(arg, table, PAIRS_ALL, out, n);
}

static int cb_own(void *arg, uint64_t table, const pg_value **out, uint32_t *n)
{
	return pairs_of(arg, table, PAIRS_OWN, out, n);
}

static int cb_beyond(void *arg, uint64_t table, pg_value *by, pg_value *of, const pg_value **out, uint32_t *n)
{
	struct pairs *p;
	int err = find_pairs(arg, table, PAIRS_BEYOND, &p);
	if (err)
		return err;
	*by = p->by;
	*of = p->of;
	*out = p->kv;
	*n = p->n;
	return 0;
}

static void free_all(struct capture *c)
{
	for (struct chunk *k; (k = c->chunks);) {
		c->chunks = k->next;
		free(k->bytes);
		free(k);
	}
	for (uint64_t table = 0; table < c->npairs; table++)
		for (struct pairs *p; (p = c->pairs[table]);) {
			c->pairs[table] = p->next;
			free(p->kv);
			free(p);
		}
	free(c->pairs);
}

int pgl_compile(lua_State *L, int idx, const struct pgl_opts *o, pg_unit **out)
{
	struct pgl *s = pgl_get(L);
	luaL_checkstack(L, 10, NULL);
	lua_newtable(L);
	lua_pushvalue(L, idx < 0 ? idx - 1 : idx);
	lua_rawseti(L, -2, 1);
	lua_pushvalue(L, idx < 0 ? idx - 1 : idx);
	lua_pushinteger(L, 1);
	lua_rawset(L, -3);

	struct capture c = { .L = L, .ids = lua_gettop(L), .last = 1 };
	struct pg_capture cap = { .arg = &c, .chunk = cb_chunk, .upvalue = cb_upvalue,
				  .index = cb_index, .pairs = cb_pairs, .own = cb_own, .len = cb_len, .text = cb_text,
				  .load = cb_load, .beyond = cb_beyond };
	int running = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	int err = pg_compile(s->ctx, &cap, 1, &o->compile, out);
	if (running)
		lua_gc(L, LUA_GCRESTART);
	free_all(&c);
	lua_pop(L, 1);
	return err;
}
