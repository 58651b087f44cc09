/* embed.c - a C program whose filter is a Lua script: attached, replaced while it runs, its map read.
 *   cc -o embed embed.c $(pkg-config --cflags --libs perigee lua5.4)
 *   ./embed eth0 count.lua block.lua        (Enter goes on) */
#include <err.h>
#include <lauxlib.h>
#include <perigee.h>
#include <stdio.h>

static pg_ctx *ctx;
#define MUST(call) ((call) ? errx(1, "%s", pg_error(ctx)) : (void)0)

static pg_prog *load(lua_State *L, const char *file, const struct pg_global *globals)
{
	struct pg_compile_opts xdp = PG_OPTS(struct pg_compile_opts, .hook = "xdp");
	struct pg_chunk chunk = { 0 };
	pg_unit *unit;
	pg_prog *prog;
	if (luaL_loadfile(L, file) || lua_dump(L, pg_chunk_write, &chunk, 0))
		errx(1, "%s", lua_tostring(L, -1));
	MUST(pg_compile_chunk(ctx, &chunk, globals, &xdp, &unit) || pg_load(unit, &prog));
	pg_chunk_free(&chunk);
	pg_unit_free(unit);
	return prog;
}

int main(int argc, char **argv)
{
	struct pg_map_opts shape = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "ip4", .value = "u64",
					   .entries = 1024, .numa = -1);
	struct pg_global globals[] = { { .name = "hits", .value = { .kind = PG_MAP } }, { .name = NULL } };
	pg_map **hits = &globals[0].value.map;
	pg_map_iter *at = NULL;
	pg_value ip, n;
	pg_link *link = NULL;
	lua_State *L = luaL_newstate();
	MUST(pg_ctx_new(&ctx) || pg_map_new(ctx, &shape, hits));
	for (int i = 2; i < argc; i++, getchar()) {
		pg_prog *prog = load(L, argv[i], globals);
		MUST(link ? pg_link_replace(link, prog, NULL)
			  : pg_attach(prog, &PG_OPTS(struct pg_attach_opts, .dev = argv[1]), &link));
		pg_prog_free(prog);
		printf("%s: %s runs\n", pg_link_name(link), argv[i]);
		fflush(stdout);
	}
	for (char text[64]; pg_map_next(*hits, &at, &ip, &n) > 0;)
		printf("%s %lld\n", pg_addr_text(&ip, text, sizeof(text)), (long long)n.i);
	pg_link_free(link);
	pg_map_unref(*hits);
	pg_ctx_free(ctx);
	lua_close(L);
	return 0;
}
