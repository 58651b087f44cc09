/*
 * test_threads.c - contexts share nothing: two threads compile at the same time, and get what one
 * alone gets. Under the thread sanitizer (make TSAN=1) a word that both touch is a failure.
 */
#include "perigee.h"

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 2, ROUNDS = 20 };

/* Many parts of the compiler: headers, maps, loops, errors, print, several results; and refusals. */
static const char *const scripts[] = {
	"local pkt = ...\n"
	"local ip = pkt.ipv4\n"
	"if ip and ip.udp and ip.udp.dport == 53 then hits:add(ip.src, 1) return bpf.DROP end\n",
	"local pkt = ...\n"
	"local sum = 0\n"
	"for i = 0, pkt.len - 1 do sum = sum * 31 + (pkt:u8(i) or 0) end\n"
	"print('sum', sum, pkt.len)\n"
	"return sum % 7 == 3 and bpf.DROP or bpf.PASS\n",
	"local pkt = ...\n"
	"local function two(a, b) if a > b then return b, a end return a, b end\n"
	"local a, b = two(pkt:u8(0), pkt:u8(1))\n"
	"if hits[bpf.ip(a << 8 | b)] + 1 > 3 then error 'often' end\n",
	"local pkt = ...\n"
	"return pkt.len / 2, nosuch.field\n",
};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

/* One thread's: what the last round gave, a text for each script. */
struct worker {
	pthread_t thread;
	char *text[SCRIPTS];
	bool failed;
};

static char *result(pg_ctx *ctx, lua_State *L, const char *source, const struct pg_global *globals)
{
	struct pg_compile_opts xdp = PG_OPTS(struct pg_compile_opts, .hook = "xdp", .check = true);
	struct pg_chunk c = { 0 };
	pg_unit *u;
	if (luaL_loadbuffer(L, source, strlen(source), "@script.lua") || lua_dump(L, pg_chunk_write, &c, 0))
		return NULL;
	lua_pop(L, 1);
	int err = pg_compile_chunk(ctx, &c, globals, &xdp, &u);
	char *text = strdup(err ? pg_error(ctx) : pg_unit_dump(u, "asm"));
	if (!err)
		pg_unit_free(u);
	pg_chunk_free(&c);
	return text;
}

static bool round_of(struct worker *w, lua_State *L)
{
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "ip4", .value = "u64",
				       .entries = 4, .numa = -1);
	struct pg_global globals[] = { { .name = "hits", .value = { .kind = PG_MAP } }, { .name = NULL } };
	pg_ctx *ctx;
	if (pg_ctx_new(&ctx) || pg_map_new(ctx, &o, &globals[0].value.map))
		return false;
	for (int i = 0; i < SCRIPTS; i++) {
		free(w->text[i]);
		w->text[i] = result(ctx, L, scripts[i], globals);
	}
	pg_map_unref(globals[0].value.map);
	pg_ctx_free(ctx);
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	lua_State *L = luaL_newstate();
	for (int i = 0; i < ROUNDS && !w->failed; i++)
		w->failed = !round_of(w, L);
	lua_close(L);
	return NULL;
}

static void two_at_once(void **state)
{
	struct worker alone = { 0 }, w[THREADS] = { 0 };
	(void)state;
	work(&alone);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
	assert_non_null(strstr(alone.text[SCRIPTS - 1], "script.lua:2: error:"));
	for (int s = 0; s < SCRIPTS; s++) {
		for (int i = 0; i < THREADS; i++) {
			assert_false(w[i].failed);
			assert_string_equal(w[i].text[s], alone.text[s]);
			free(w[i].text[s]);
		}
		free(alone.text[s]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(two_at_once) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
