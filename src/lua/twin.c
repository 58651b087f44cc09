/*
 * twin.c - runs a kernel function under stock Lua by the kernel's rules: the first oracle.
 *
 * Maps are read and written as a program would, the result becomes the hook's verdict, an error the
 * text that a test run gives.
 */
#include "lua/pgl.h"

#include "core/mutant.h"

#include <string.h>

static const char guard_class; /* kernel rules end, whatever happens */

static int guard_close(lua_State *L)
{
	struct pgl **g = lua_touserdata(L, 1);
	if (*g && !--(*g)->kernel && (*g)->ctx)
		pg_hand_renew((*g)->ctx);
	*g = NULL;
	return 0;
}

static void kernel_rules(lua_State *L, struct pgl *s)
{
	struct pgl **g = lua_newuserdatauv(L, sizeof(*g), 0);
	*g = NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &guard_class);
	lua_setmetatable(L, -2);
	*g = s;
	if (!s->kernel++)
		pg_hand_renew(s->ctx);
	lua_toclose(L, -1);
}

/* (function, what it receives...) -> its first result; by kernel rules. */
static int in_twin(lua_State *L)
{
	int n = lua_gettop(L);
	kernel_rules(L, pgl_get(L));
	for (int i = 1; i <= n; i++)
		lua_pushvalue(L, i);
	lua_call(L, n - 1, 1);
	return 1;
}

/* The arguments in a list. Texts in it are given as addresses, which are theirs as long as it holds them. */
static int push_args(lua_State *L, struct pgl *s, const struct pgl_opts *o, int input)
{
	pg_value in[PG_MAX_ARGS], out[PG_MAX_ARGS];
	luaL_checktype(L, input, LUA_TTABLE);
	int n = (int)luaL_len(L, input);
	luaL_argcheck(L, n <= PG_MAX_ARGS, input, "too many arguments");
	for (int i = 0; i < n; i++) {
		lua_geti(L, input, i + 1);
		if (!pgl_simple(L, -1, &in[i]))
			in[i] = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, -1) };
		lua_pop(L, 1);
	}
	n = pg_twin_args(s->ctx, &o->compile, in, n, out);
	if (n < 0)
		pgl_raise(L, s, n);
	for (int i = 0; i < n; i++)
		pgl_push(L, &out[i]);
	return n;
}

static void push_packet(lua_State *L, struct pgl *s, const struct pgl_opts *o, int input)
{
	size_t n;
	pg_view *v;
	if (pgl_type(L, input) == PGL_VIEW) {
		lua_pushvalue(L, input);
		return;
	}
	const char *bytes = luaL_checklstring(L, input, &n);
	int err = pg_packet_new(s->ctx, o->compile.hook, bytes, n, &v);
	if (err)
		pgl_raise(L, s, err);
	pgl_view(L, v);
}

/* Pushes what the function receives; how many values that is. */
static int push_input(lua_State *L, struct pgl *s, const struct pgl_opts *o, int input)
{
	struct pg_hook h = { .input = PG_INPUT_PACKET };
	pg_hook_find(o->compile.hook, &h);
	if (h.input == PG_INPUT_ARGS)
		return push_args(L, s, o, input);
	if (h.input == PG_INPUT_EVENT)
		pgl_event(L, o->compile.hook, input);
	else
		push_packet(L, s, o, input);
	return 1;
}

/* The verdict of the value at the top; false: pg_error says why it is none. */
static bool verdict(lua_State *L, struct pgl *s, const struct pgl_opts *o, int64_t *out)
{
	pg_value v;
	if (!pgl_simple(L, -1, &v))
		v = (pg_value){ .kind = PG_HOST, .str = luaL_typename(L, -1) };
	return pg_twin_verdict(s->ctx, o->compile.hook, &v, out) == 0;
}

static int64_t verdict_on_error(struct pgl *s, const struct pgl_opts *o)
{
	pg_value nil = { .kind = PG_NIL };
	int64_t v = 0;
	if (o->compile.on_error && !MUTANT(twin_on_error))
		return o->compile.on_error;
	pg_twin_verdict(s->ctx, o->compile.hook, &nil, &v);
	return v;
}

/* Why the result is no verdict: an error of the function, not of a line, as in the kernel. */
static void push_no_verdict(lua_State *L, struct pgl *s, int func)
{
	lua_Debug ar;
	lua_pushvalue(L, func);
	lua_getinfo(L, ">S", &ar);
	if (ar.linedefined > 0)
		lua_pushfstring(L, "%s:%d: %s", ar.short_src, ar.linedefined, pg_error(s->ctx));
	else
		lua_pushstring(L, pg_error(s->ctx));
}

/* What the input is afterwards: a packet as it was left, anything else as it came. */
static void push_after(lua_State *L, int first, int input)
{
	size_t n;
	if (pgl_type(L, first) != PGL_VIEW) {
		lua_pushvalue(L, input);
		return;
	}
	const char *bytes = pg_view_packet(pgl_toview(L, first), &n);
	lua_pushlstring(L, bytes, n);
}

/* As the stand-alone lua has it, but that no __tostring is asked, which the kernel could not: texts, up to their first zero
 * byte, numbers and addresses are their text. */
static void push_message(lua_State *L, int error)
{
	if (!lua_isstring(L, error) && pgl_type(L, error) != PGL_ADDR)
		lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, error));
	else {
		lua_pushstring(L, luaL_tolstring(L, error, NULL));
		lua_replace(L, -2);
	}
}

int pgl_twin(lua_State *L, const struct pgl_opts *o, int func, int input)
{
	struct pgl *s = pgl_get(L);
	int64_t out = 0;
	int first = lua_gettop(L) + 1, n = push_input(L, s, o, input);
	luaL_checkstack(L, n + 8, NULL);
	lua_pushcfunction(L, in_twin);
	lua_pushvalue(L, func);
	for (int i = 0; i < n; i++)
		lua_pushvalue(L, first + i);
	uint64_t start = pgl_now();
	int rc = pgl_bounded_call(L, 1 + n, 1);
	uint64_t ns = pgl_now() - start;
	if (rc == LUA_OK && !verdict(L, s, o, &out)) {
		push_no_verdict(L, s, func);
		rc = LUA_ERRRUN;
	}
	if (rc == LUA_ERRMEM)
		return lua_error(L);
	int error = rc == LUA_OK ? 0 : lua_gettop(L);
	lua_pushinteger(L, error ? verdict_on_error(s, o) : out);
	push_after(L, first, input);
	lua_pushinteger(L, (lua_Integer)ns);
	if (error)
		push_message(L, error);
	else
		lua_pushnil(L);
	return 4;
}

void pgl_open_twin(lua_State *L)
{
	pgl_closer(L, &guard_class, guard_close);
}
