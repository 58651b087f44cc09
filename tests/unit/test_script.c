/* test_script.c - scripts compiled through perigee.h by a host that keeps no Lua values: what their
 * globals are, what is refused, what is said. */
#include "perigee.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static pg_ctx *ctx;
static lua_State *L;

static int setup(void **state)
{
	(void)state;
	L = luaL_newstate();
	return pg_ctx_new(&ctx);
}

static int teardown(void **state)
{
	(void)state;
	pg_ctx_free(ctx);
	lua_close(L);
	return 0;
}

/* The function at the top of the stack, which goes. */
static struct pg_chunk dumped(void)
{
	struct pg_chunk c = { 0 };
	assert_int_equal(lua_dump(L, pg_chunk_write, &c, 0), 0);
	lua_pop(L, 1);
	return c;
}

static struct pg_chunk chunk_of(const char *source)
{
	assert_int_equal(luaL_loadbuffer(L, source, strlen(source), "@filter.lua"), LUA_OK);
	return dumped();
}

static int compile(struct pg_chunk *c, const struct pg_global *globals, pg_unit **out)
{
	struct pg_compile_opts xdp = PG_OPTS(struct pg_compile_opts, .hook = "xdp", .check = true);
	int err = pg_compile_chunk(ctx, c, globals, &xdp, out);
	pg_chunk_free(c);
	return err;
}

/* What the script returns when the kernel runs it on an empty frame. */
static int64_t verdict(const char *source, const struct pg_global *globals)
{
	static const char frame[60];
	struct pg_chunk c = chunk_of(source);
	struct pg_test_result r;
	pg_unit *u;
	pg_prog *p;
	if (compile(&c, globals, &u))
		fail_msg("%s: %s", source, pg_error(ctx));
	if (pg_load(u, &p) || pg_test(p, frame, sizeof frame, &r))
		fail_msg("%s: %s", source, pg_error(ctx));
	if (r.error)
		fail_msg("%s: %s", source, r.error);
	pg_unit_free(u);
	pg_prog_free(p);
	return r.verdict;
}

static void refused(const char *source, const struct pg_global *globals, const char *text)
{
	struct pg_chunk c = chunk_of(source);
	pg_unit *u;
	assert_true(compile(&c, globals, &u) < 0);
	if (!strstr(pg_error(ctx), text))
		fail_msg("%s: said '%s', not '%s'", source, pg_error(ctx), text);
}

static void globals_are_constants(void **state)
{
	pg_value ip;
	(void)state;
	assert_int_equal(pg_parse_ip("10.0.0.1", &ip), 0);
	struct pg_global g[] = {
		{ "limit", { .kind = PG_INT, .i = 60 } },
		{ "strict", { .kind = PG_TRUE } },
		{ "name", { .kind = PG_STR, .str = "eth0", .n = 4 } },
		{ "home", ip },
		{ NULL, { 0 } },
	};
	assert_int_equal(verdict("return (...).len == limit and bpf.DROP", g), PG_DROP);
	assert_int_equal(verdict("return (...).len < limit and bpf.DROP or nil", g), PG_PASS);
	assert_int_equal(verdict("return strict and name == 'eth0' and bpf.TX", g), PG_TX);
	assert_int_equal(verdict("return home == bpf.ip '10.0.0.1' and bpf.DROP", g), PG_DROP);
	assert_int_equal(verdict("return limit and bpf.DROP", g + 1), PG_PASS);
	assert_int_equal(verdict("return limit and bpf.DROP", NULL), PG_PASS);
}

static void the_librarys_own(void **state)
{
	(void)state;
	assert_int_equal(verdict("return math.ult((...).len, -1) and bpf.DROP", NULL), PG_DROP);
	assert_int_equal(verdict("return math.maxinteger + 1 == math.mininteger and bpf.DROP", NULL), PG_DROP);
	assert_int_equal(verdict("return type(...) ~= 'nil' and bpf.ABORTED", NULL), PG_ABORTED);
	/* what is no row is not there, and a name with a dot names none */
	assert_int_equal(verdict("return (math.sin or bpf.nothing or os or _ENV['math.ult']) and bpf.DROP", NULL),
			 PG_PASS);
	assert_int_equal(verdict("return (math.PASS or bpf.maxinteger or _G) and bpf.DROP", NULL), PG_PASS);
	/* the host's own go before */
	struct pg_global g[] = { { "math", { .kind = PG_INT, .i = 7 } }, { NULL, { 0 } } };
	assert_int_equal(verdict("return math == 7 and bpf.DROP", g), PG_DROP);
}

static void maps_are_shared(void **state)
{
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "u32", .value = "u64",
				       .entries = 4, .numa = -1);
	struct pg_global g[] = { { .name = "m", .value = { .kind = PG_MAP } }, { .name = NULL } };
	pg_value key = { .kind = PG_INT, .i = 60 }, got;
	(void)state;
	assert_int_equal(pg_map_new(ctx, &o, &g[0].value.map), 0);
	verdict("m:add((...).len, 5)", g);
	verdict("local pkt = ...  m[pkt.len] = m[pkt.len] * 2", g);
	assert_int_equal(pg_map_get(g[0].value.map, PG_USER, &key, &got), 0);
	assert_int_equal(got.i, 10);
	pg_map_unref(g[0].value.map);
}

static void what_cannot_be_given(void **state)
{
	(void)state;
	struct pg_global g[] = { { "t", { .kind = PG_TABLE, .id = 2 } }, { NULL, { 0 } } };
	refused("return t.x", g, "the global 't'");
	g[0].value.kind = PG_FUNC;
	refused("return t()", g, "the global 't'");
	g[0].value.kind = PG_NKINDS;
	refused("return t", g, "the global 't'");
}

static void captured_locals_have_no_value(void **state)
{
	pg_unit *u;
	(void)state;
	assert_int_equal(luaL_dostring(L, "local limit = 3 return function(pkt) return pkt.len > limit end"), 0);
	struct pg_chunk c = dumped();
	assert_int_equal(compile(&c, NULL, &u), -EINVAL);
	assert_non_null(strstr(pg_error(ctx), "captured 'limit'"));
}

static void errors_name_their_place(void **state)
{
	(void)state;
	refused("local pkt = ...\nreturn pkt.len / 2", NULL, "filter.lua:2: error:");
	refused("local pkt = ...\nreturn nosuch(pkt)", NULL, "filter.lua:2: error: 'nosuch' is always nil");
	refused("hits:add(1, 1)", NULL, "filter.lua:1: error:");
}

static void chunks_that_are_none(void **state)
{
	struct pg_chunk none = { 0 }, whole = chunk_of("local pkt = ...  return pkt.len > 99 and bpf.DROP");
	pg_unit *u;
	(void)state;
	assert_int_equal(compile(&none, NULL, &u), -EINVAL);
	for (size_t n = 0; n < whole.n; n++) {
		struct pg_chunk c = { 0 };
		assert_int_equal(pg_chunk_write(L, whole.bytes, n, &c), 0);
		assert_int_equal(compile(&c, NULL, &u), -EINVAL);
		assert_true(*pg_error(ctx));
	}
	struct pg_compile_opts nowhere = PG_OPTS(struct pg_compile_opts, .hook = "nowhere");
	assert_int_equal(pg_compile_chunk(ctx, &whole, NULL, &nowhere, &u), -EINVAL);
	assert_non_null(strstr(pg_error(ctx), "there is no hook 'nowhere'"));
	nowhere.hook = NULL;
	assert_int_equal(pg_compile_chunk(ctx, &whole, NULL, &nowhere, &u), -EINVAL);
	pg_chunk_free(&whole);
	assert_null(whole.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globals_are_constants),
		cmocka_unit_test(the_librarys_own),
		cmocka_unit_test(maps_are_shared),
		cmocka_unit_test(what_cannot_be_given),
		cmocka_unit_test(captured_locals_have_no_value),
		cmocka_unit_test(errors_name_their_place),
		cmocka_unit_test(chunks_that_are_none),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
